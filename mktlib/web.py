"""Web analytics: from raw hits to visits, and from referrers to sources. Earned in J03, used again in J08 and S01.

A hit is one row that the tracker sent: somebody, somewhere, at some time. Visits and sources are not in it; they are
made by rules, and the rules are arguments here, so that a report can say which ones it used.
"""

import pandas as pd

from mktlib.inputs import BadValue, check_columns

NO_REFERRER = "no referrer"
OTHER_SITE = "other site"


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
    columns = ["visitor_id", "at"] + (["referrer"] if own_site else [])
    check_columns(hits, columns)
    if not minutes > 0:
        raise ValueError(f"minutes is how long a silence ends a visit, more than 0; it is {minutes!r}.")
    for column in ("visitor_id", "at"):
        if hits[column].isna().any():
            raise BadValue(
                f"hits, column {column!r}: {hits[column].isna().sum()} missing. A hit of nobody or of no time belongs to "
                f"no visit: leave these rows out with dropna(subset=[{column!r}]), and say how many they were."
            )
    ordered = hits[columns].reset_index(drop=True).sort_values(["visitor_id", "at"], kind="stable")
    silence = ordered["at"] - ordered.groupby("visitor_id")["at"].shift()
    starts = silence.isna() | (silence >= pd.Timedelta(minutes=minutes))
    if own_site:
        host = _hosts(ordered["referrer"])
        starts |= ~host.isin(["", _hosts(pd.Series([own_site]))[0]])
    return starts.cumsum().sort_index().set_axis(hits.index).rename("visit")


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
