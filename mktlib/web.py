"""Web analytics: from raw hits to visits, and from referrers to sources. Earned in J03, used again in J08 and S01.

A hit is one row that the tracker sent: somebody, somewhere, at some time. Visits and sources are not in it; they are
made by rules, and the rules are arguments here, so that a report can say which ones it used.
"""

import math

import pandas as pd

from mktlib.events import check_events, counted, events, in_order
from mktlib.inputs import BadValue

NO_REFERRER = "no referrer"
OTHER_SITE = "other site"
BLANKS = "".join(
    map(
        chr,
        [*range(9, 14), *range(28, 33), 133, 160, 5760, *range(8192, 8203), 8232, 8233, 8239, 8287, 12288],
    )
)


def sessionise(hits, minutes=30, own_site=None):
    """The number of the visit to which each hit belongs, by the silence before it.

    hits       one row per hit, in any order, with visitor_id and at (when it happened); of two hits at the same time
               the one that stands first in the table came first
    minutes    so much silence of a visitor, or more, ends the visit
    own_site   host of the shop itself. If given, a hit whose referrer is another site starts a visit too, and hits need
               the column referrer (empty or missing: the browser sent none)
    Returns a Series of whole numbers from 1, named "visit", with the index of hits; one visitor's visits are numbered in
    order of time. Raises ColumnMissing; BadValue where a visitor or a time is missing; ValueError for no positive minutes.
    Source: session of GA4 and Baidu Tongji (30 minutes without a hit end it); with own_site as Universal Analytics.
    """
    if not isinstance(hits, pd.DataFrame):
        raise BadValue(
            "sessionise numbers the hits of a DataFrame, one by one. Of a file or relation ask visits(...): one row per visit."
        )
    columns = _columns(own_site)
    check_events(hits, "visitor_id", "at", columns[2:])
    _check_minutes(minutes)
    ordered = hits[columns].reset_index(drop=True).sort_values(["visitor_id", "at"], kind="stable")
    silence = ordered["at"] - ordered.groupby("visitor_id")["at"].shift()
    starts = silence.isna() | (silence >= pd.Timedelta(minutes=minutes))
    if own_site:
        host = _hosts(ordered["referrer"])
        starts |= ~host.isin(["", _hosts(pd.Series([own_site]))[0]])
    return starts.cumsum().sort_index().set_axis(hits.index).rename("visit")


def visits(hits, minutes=30, own_site=None):
    """One row per visit, cut where sessionise cuts.

    hits       DataFrame, path (a star names many files) or DuckDB relation with visitor_id and at, as in sessionise; hits at the
               same time came in the order of the rows, files in the order of their names
    minutes, own_site   as in sessionise
    Returns visitor_id, visit (1 is the visitor's first), started_at, ended_at (times of its first and last hit) and hits, in
    order of visitor and visit: of a DataFrame a DataFrame, else a DuckDB relation, which counts when it is asked. It never
    has to fit into memory: .to_parquet("visits.parquet"), .aggregate(...), or .df() where it does. Raises as sessionise does.
    """
    _check_minutes(minutes)
    log = events(hits, *_columns(own_site)[:2], _columns(own_site)[2:])
    pause = -(-pd.Timedelta(minutes=minutes).as_unit("ns").value * log.second // 10**9)
    pieces = _each_hit(log, own_site) if own_site else _short_spans(log, pause)
    times = {"started_at": log.time.format("first_tick"), "ended_at": log.time.format("last_tick")}
    found = pieces.query("mktlib_pieces", VISITS.format(pause=pause, **times))
    if not isinstance(hits, pd.DataFrame):
        return found
    frame = counted(log, found).astype({"visitor_id": hits["visitor_id"].dtype})
    return frame.astype(dict.fromkeys(["started_at", "ended_at"], hits["at"].dtype))


# Windows without PARTITION look at neighbours only: of millions of rows in order, DuckDB holds a few.
VISITS = """
    WITH ordered AS (
        SELECT who, last_tick, lead(who) OVER () AS next_who, lead(first_tick) OVER () AS next_tick, lead(enters) OVER () AS enters,
            first_value(first_tick) OVER () AS very_first, sum(hits) OVER (ROWS UNBOUNDED PRECEDING) AS total
        FROM (FROM mktlib_pieces ORDER BY who, first_tick, place)),
    ended AS (
        SELECT who, lag(who) OVER () IS DISTINCT FROM who AS new, row_number() OVER () AS number,
            coalesce(lag(next_tick) OVER (), very_first) AS first_tick, last_tick,
            total - coalesce(lag(total) OVER (), 0) AS hits
        FROM ordered WHERE next_who IS DISTINCT FROM who OR next_tick - last_tick >= {pause} OR enters)
    SELECT who AS visitor_id, number - max(CASE WHEN new THEN number END) OVER (ROWS UNBOUNDED PRECEDING) + 1 AS visit,
        {started_at} AS started_at, {ended_at} AS ended_at, CAST(hits AS BIGINT) AS hits
    FROM ended
"""


def _short_spans(log, pause):
    """Hits of a visitor within a span no longer than the pause are of one visit: one row, which leaves few to be put in order."""
    return log.relation.query("mktlib_hits", f"""
        WITH ticked AS (SELECT {log.who} AS who, {log.tick} AS tick FROM mktlib_hits)
        SELECT who, min(tick) AS first_tick, max(tick) AS last_tick, count(*) AS hits, 0 AS place, false AS enters
        FROM ticked GROUP BY who, tick // {pause} - CASE WHEN tick < 0 THEN 1 ELSE 0 END""")  # fmt: skip


def _each_hit(log, own_site):
    """Every hit in a row of its own, for a referrer may cut between any two."""
    own = _hosts(pd.Series([own_site]))[0].replace("'", "''")
    host = f"lower(trim(CAST(referrer AS VARCHAR), '{BLANKS}'))"
    return in_order(log, {"referrer": "referrer"}).query("mktlib_hits", f"""
        SELECT who, tick AS first_tick, tick AS last_tick, 1 AS hits, place,
            coalesce({host} NOT IN ('', 'www.', '{own}', 'www.{own}'), false) AS enters
        FROM mktlib_hits""")  # fmt: skip


def _columns(own_site):
    return ["visitor_id", "at"] + (["referrer"] if own_site else [])


def _check_minutes(minutes):
    if not 0 < minutes < math.inf:
        raise BadValue(f"minutes is how long a silence ends a visit, more than 0; it is {minutes!r}.")


def clean_source(referrers, sites):
    """The group of sources to which each referrer belongs, however the browser spelled it.

    referrers   Series of hosts, such as "WWW.Baidu.com"; empty or missing: the browser sent none
    sites       {host: group}, such as {"baidu.com": "search"}; a host takes in what stands before it (m.baidu.com), and
                the longest host that fits decides
    Returns a Series of texts with the index of referrers, named "source": the group, "no referrer", or "other site" for
    a host that is not in `sites`. Nothing is dropped, so shares add up to one. Raises BadValue for a host of two groups.
    """
    groups = {}
    for host, group in sites.items():
        name = _hosts(pd.Series([host]))[0]
        if groups.setdefault(name, group) != group:
            raise BadValue(f"sites puts {name!r} into two groups, {groups[name]!r} and {group!r}; keep one.")
    hosts = _hosts(referrers)
    found = {host: _group(host, groups) for host in hosts.unique()}
    return hosts.map(found).rename("source")


def _hosts(referrers):
    """Hosts in small letters, without blanks and www; a missing one is ''."""
    return (
        referrers.astype("str").where(referrers.notna(), "").str.strip().str.lower().str.removeprefix("www.")
    )


def _group(host, groups):
    if host == "":
        return NO_REFERRER
    parts = host.split(".")
    parents = (".".join(parts[first:]) for first in range(len(parts)))
    return next((groups[parent] for parent in parents if parent in groups), OTHER_SITE)
