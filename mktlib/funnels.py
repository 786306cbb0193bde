"""Funnels: who went which step, in order and in time; and the five stages AARRR of one cohort. Earned in J08.

A funnel has a unit (a visitor), an order, a clock that starts at the first step, and an end of the log: whoever began too
late has not had the time. All four are arguments here or checked.
"""

import pandas as pd

from mktlib.events import check_events, counted, events, in_order, in_words, ticks
from mktlib.inputs import BadValue, check_columns, moment, quoted


def funnel(hits, steps, days, starts_before=None):
    """How far each visitor came: one row per visitor of the first step.

    hits           DataFrame, path (a star names many files) or DuckDB relation; one row per hit, in any order: visitor_id,
                   event, at (a time); of two hits at one time the one that stands first in the table came first
    steps          names of events, in order; each at most once
    days           a step counts up to this many days (24 hours) after the visitor's first hit of the first step
    starts_before  visitors whose first step lies at or after this moment are left out, because their days would reach beyond
                   the log; None keeps all
    Returns a DataFrame indexed by visitor_id with one column per step: the time it was reached, NaT if never. A step counts
    only after the step before it, by order and time; earlier and other hits are passed over. Column sums of notna() never
    rise, so step rates lie between 0 and 1.
    Raises ColumnMissing; BadValue for an unknown, missing or repeated step, or a missing visitor or time.
    Source: closed funnel with a conversion window, as GA4's funnel exploration (closed, indirectly followed by).
    """
    if not isinstance(hits, pd.DataFrame):
        return _funnel(hits, steps, days, starts_before)
    check_events(hits, "visitor_id", "at", ["event"])
    steps = _steps(hits["event"].unique(), steps)
    window = _days(days)
    rows = hits.loc[hits["event"].isin(steps), ["visitor_id", "event", "at"]]
    rows = rows.sort_values("at", kind="stable", ignore_index=True).reset_index(names="place")
    reached = _first(rows[rows["event"] == steps[0]])
    if starts_before is not None:
        reached = reached[reached["at"] < _zoned_alike(hits, moment(starts_before))]
    times = reached[["at"]].set_axis(steps[:1], axis="columns")
    until = reached["at"] + window
    for step in steps[1:]:
        later = rows[(rows["event"] == step) & rows["visitor_id"].isin(reached.index)]
        after = later["place"].to_numpy() > reached["place"].reindex(later["visitor_id"]).to_numpy()
        in_time = later["at"].to_numpy() <= until.reindex(later["visitor_id"]).to_numpy()
        reached = _first(later[after & in_time])
        times[step] = reached["at"].reindex(times.index)
    return times


def funnel_counts(hits, steps, days, starts_before=None, by=None):
    """step_rates of a funnel without its row per visitor, for tables of any size.

    hits, steps, days, starts_before   as in funnel
    by      column or columns of hits, such as "device": a visitor belongs where his first hit of the first step does; None
            takes all together
    Returns what step_rates returns; with `by` for each group in ascending order, indexed by group and step. Raises as funnel does.
    """
    keys = [by] if isinstance(by, str) else list(by or [])
    log, steps = _opened(hits, steps, keys)
    groups = [f"by{i}" for i in range(len(keys))]
    counts = " UNION ALL ".join(_count(step, groups) for step in range(len(steps)))
    found = _ask(log, steps, days, starts_before, keys, counts)
    people = found.set_index([*groups, "step"])["people"]
    if not keys:
        return _rates(people.sort_index().set_axis(steps).to_frame().T).droplevel(0)
    people = people.unstack("step", fill_value=0).sort_index()
    people = people.reindex(columns=range(len(steps)), fill_value=0).set_axis(steps, axis="columns")
    return _rates(people).rename_axis([*keys, "step"])


def step_rates(times):
    """A funnel in numbers: people, of_step_before, of_first by step, as fractions; `times` is what `funnel` returns.

    Nothing to divide by gives NaN. The first step has of_step_before NaN: it has no step before it.
    """
    return _rates(times.notna().sum().to_frame().T).droplevel(0)


def aarrr(customers, orders, referrals, start, end, days=90, first_days=7):
    """The five stages of one cohort: acquisition, activation, retention, revenue, referral (获客、激活、留存、变现、推荐).

    customers   one row per customer: customer_id, registered_on
    orders      one row per order: customer_id, ordered_at, status, amount; unpaid orders are no orders
    referrals   one row per invitation: inviter_customer_id, invited_at, accepted_at
    start, end  first day of the cohort's registrations, and the day after the last
    days        each customer is watched for so many days (24 hours) from the first order on; the orders must reach that far
    first_days  within so many days of registration the first order has to come
    Returns a Series: acquired (customers registered), activated (fraction of acquired: first paid order in time), retained
    (fraction of activated: another paid order within `days`), revenue (CNY of paid orders within `days` per activated, first
    order included, refunds not taken off), referred (fraction of activated: an invitation sent within `days` was accepted).
    Raises ColumnMissing; BadValue where the orders end before the last customer's days are over.
    Source: McClure (2007), Startup metrics for pirates; the windows are ours.
    """
    check_columns(customers, ["customer_id", "registered_on"])
    check_columns(orders, ["customer_id", "ordered_at", "status", "amount"])
    check_columns(referrals, ["inviter_customer_id", "invited_at", "accepted_at"])
    start, end, window = pd.Timestamp(start), pd.Timestamp(end), _days(days)
    if orders["ordered_at"].max() < end + _days(first_days) + window - pd.Timedelta(days=1):
        raise BadValue(
            f"The orders end on {orders['ordered_at'].max():%Y-%m-%d}; customers of up to {end:%Y-%m-%d} have not had "
            f"{days} days by then. Take an earlier cohort or fewer days."
        )
    joined = customers[(customers["registered_on"] >= start) & (customers["registered_on"] < end)]
    joined = joined.set_index("customer_id")["registered_on"]
    paid = orders[(orders["status"] == "paid") & orders["customer_id"].isin(joined.index)]
    first = paid.groupby("customer_id")["ordered_at"].min()
    first = first[first < joined.reindex(first.index) + _days(first_days)]
    began = first.reindex(paid["customer_id"]).to_numpy()
    inside = paid[(paid["ordered_at"] >= began) & (paid["ordered_at"] <= began + window)]
    again = inside["customer_id"].value_counts() > 1
    invited = first.reindex(referrals["inviter_customer_id"]).to_numpy()
    led = (referrals["invited_at"] >= invited) & (referrals["invited_at"] <= invited + window)
    friends = referrals.loc[led & referrals["accepted_at"].notna(), "inviter_customer_id"].nunique()
    active = len(first) or float("nan")
    return pd.Series({
        "acquired": float(len(joined)), "activated": len(first) / (len(joined) or float("nan")), "retained": again.sum() / active,
        "revenue": inside["amount"].sum() / active, "referred": friends / active,
    })  # fmt: skip


def _first(rows):
    """The earliest row of each visitor; rows are in order of time."""
    return rows.drop_duplicates("visitor_id").set_index("visitor_id")


def _rates(people):
    """People by group (rows) and step (columns), as step_rates gives them, step below step."""
    before, first = people.shift(axis="columns"), people.iloc[:, 0]
    table = {
        "people": people,
        "of_step_before": people / before.where(before > 0),
        "of_first": people.div(first.where(first > 0), axis="index"),
    }
    return pd.DataFrame({name: numbers.stack() for name, numbers in table.items()})


def _steps(known, steps):
    steps = list(steps)
    if not steps or len(set(steps)) < len(steps):
        raise BadValue(f"steps are names of events, at least one and each once; they are {steps}.")
    if unknown := [step for step in steps if step not in known]:
        there = ", ".join(sorted(str(name) for name in known if not pd.isna(name)))
        raise BadValue(f"no hit is called {unknown[0]!r}; there are: {there}.")
    return steps


def _days(days):
    if not days > 0:
        raise BadValue(f"days is a length of time, more than 0; it is {days!r}.")
    return pd.Timedelta(days=days)


def _zoned_alike(hits, day):
    """The moment, if it and the times of the hits are both with or both without a time zone."""
    ticks(events(hits.iloc[:0], "visitor_id", "at"), day)
    return day


# ---------------------------------------------------------------- in DuckDB

# The table is read twice: for the first step, and for what lies in its days. Only that is kept, and steps 2, 3, ... are taken from it.
# key is time and place in one number, so that the least of them is the first hit.
CHAIN = """
    WITH named AS (
        SELECT *, list_position([{names}], CAST(event AS VARCHAR)) AS step, tick::HUGEINT * 4611686018427387904 + place AS key FROM mktlib_hits),
    reached0 AS MATERIALIZED (
        SELECT who, min(key) AS key, min(tick) AS tick{groups} FROM named WHERE step = 1 GROUP BY who {too_late}),
    later AS MATERIALIZED (
        SELECT named.who, named.step, named.key, named.tick FROM named JOIN reached0 USING (who)
        WHERE step > 1 AND named.key > reached0.key AND named.tick <= reached0.tick + {window}),
    reached1 AS MATERIALIZED (SELECT who, min(key) AS key, min(tick) AS tick FROM later WHERE step = 2 GROUP BY who)
"""
REACHED = """, reached{i} AS MATERIALIZED (
        SELECT later.who, min(later.key) AS key, min(later.tick) AS tick FROM later JOIN reached{before} USING (who)
        WHERE step = {i} + 1 AND later.key > reached{before}.key GROUP BY later.who)
"""


def _opened(hits, steps, keys=()):
    log = events(hits, "visitor_id", "at", ["event", *keys])
    with in_words(log.name):
        known = [row[0] for row in log.relation.project("event").distinct().fetchall()]
    return log, _steps(known, steps)


def _funnel(hits, steps, days, starts_before):
    """funnel() of a file or relation."""
    log, steps = _opened(hits, steps)
    times = [f"{log.time.format(f'r{i}.tick')} AS {quoted(step)}" for i, step in enumerate(steps)]
    joins = "".join(f" LEFT JOIN reached{i} r{i} ON r{i}.who = r0.who" for i in range(1, len(steps)))
    rows = f"SELECT r0.who AS visitor_id, {', '.join(times)} FROM reached0 r0{joins} ORDER BY r0.key"
    return _ask(log, steps, days, starts_before, (), rows).set_index("visitor_id")


def _count(step, groups):
    """SQL: how many reached a step, counting from 0, by group."""
    columns = "".join(f"{group}, " for group in groups)
    reached = f"reached{step}" if not groups or step == 0 else f"reached{step} JOIN reached0 USING (who)"
    counted_by = "GROUP BY ALL" if groups else ""
    return f"SELECT {step} AS step, {columns}count(*) AS people FROM {reached} {counted_by}"


def _ask(log, steps, days, starts_before, keys, question):
    """The answer to a question about the tables reached0, reached1, ...: who, key and tick of the visitors who came to a step."""
    late = f"HAVING min(tick) < {ticks(log, moment(starts_before))}" if starts_before is not None else ""
    filled = {
        "names": ", ".join("'" + str(step).replace("'", "''") + "'" for step in steps),
        "groups": "".join(f", arg_min_null(by{i}, key) AS by{i}" for i in range(len(keys))),
        "too_late": late,
        "window": int(_days(days).as_unit("ns").value) * log.second // 10**9,
    }
    sql = CHAIN.format(**filled) + "".join(REACHED.format(i=i, before=i - 1) for i in range(2, len(steps)))
    hits = in_order(log, {"event": "event"} | {f"by{i}": key for i, key in enumerate(keys)})
    return counted(log, hits.query("mktlib_hits", sql + question))
