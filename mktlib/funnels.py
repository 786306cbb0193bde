"""Funnels: who went which step, in order and in time; and the five stages AARRR of one cohort. Earned in J08.

A funnel has a unit (a visitor), an order, a clock that starts at the first step, and an end of the log: whoever began too
late has not had the time. All four are arguments here or checked.
"""

import numpy as np
import pandas as pd

from mktlib.events import check_events, counted, events, in_order, in_words, numbered, parts, ticks
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
        return _times(hits, steps, days, starts_before)
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
    _, reached = _walk(log, steps, days, starts_before, keys)
    if not keys:
        return _rates(pd.DataFrame([map(len, reached)], columns=steps)).droplevel(0)
    group = reached[0]
    people = {step: group[rows.index].value_counts() for step, rows in zip(steps, reached, strict=True)}
    people = _groups(log, keys).join(pd.DataFrame(people).fillna(0).astype("int64"), how="inner")
    people = people.set_index(people.columns[: len(keys)].tolist()).sort_index()
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


# ---------------------------------------------------------------- a walk through the rows of any table

NEVER, ENDLESS = np.iinfo("int64").min, np.iinfo("int64").max  # numpy keeps NaT by the least number


def _opened(hits, steps, keys=()):
    log = events(hits, "visitor_id", "at", ["event", *keys])
    with in_words(log.name):
        known = [row[0] for row in log.relation.project("event").distinct().fetchall()]
    return log, _steps(known, steps)


def _times(hits, steps, days, starts_before):
    """funnel() of a file or relation."""
    log, steps = _opened(hits, steps)
    people, reached = _walk(log, steps, days, starts_before)
    first = reached[0].index
    times = {step: tick.reindex(first, fill_value=NEVER) for step, tick in zip(steps, reached, strict=True)}
    kinds = log.relation.project(f"{log.who}, {log.time.format(log.tick)}").limit(1).df().dtypes
    ids = people.take(first).astype(kinds.iloc[0]).rename("visitor_id")
    return pd.DataFrame(times).astype(kinds.iloc[1]).set_axis(ids)


def _groups(log, keys):
    """by0, by1, ... of the groups, indexed by group_id."""
    columns = ", ".join(f"{quoted(key)} AS by{i}" for i, key in enumerate(keys))
    groups = log.relation.project(f"{_group_id(map(quoted, keys))}, {columns}").distinct()
    return counted(log, groups).set_index("group_id")


def _group_id(columns):
    """SQL of a number by which groups are told apart; missing values have one, too."""
    return f"hash({', '.join(columns)}) AS group_id"


def _walk(log, steps, days, starts_before, keys=()):
    """Ids of the visitors by number; and of each step a Series by number of the visitors who reached it, in order of time: the tick, or with
    keys the group_id of the row.
    """
    late = ENDLESS if starts_before is None else ticks(log, moment(starts_before))
    window = int(_days(days).as_unit("ns").value) * log.second // 10**9
    people, rows, number = numbered(log, _rows(log, steps, keys))
    as_they_stand = rows.project("* EXCLUDE place") if log.from_file else rows
    for stream in (as_they_stand, rows.order("tick, place")):
        walk = _Walk(len(people), len(steps), window, late, "group_id" if keys else "tick")
        try:
            for part in parts(log, stream):
                walk.on(part, number(part["who"]))
            return people, [pd.concat(reached) for reached in walk.reached]
        except _Disorder:
            continue


def _rows(log, steps, keys):
    """who, tick, place, step (from 1; 0 is another event) and, where there are keys, group_id of each row."""
    names = ", ".join("'" + str(step).replace("'", "''") + "'" for step in steps)
    step = f"CAST(coalesce(list_position([{names}], CAST(event AS VARCHAR)), 0) AS SMALLINT) AS step"
    groups = {f"by{i}": key for i, key in enumerate(keys)}
    wanted = ["who", "tick", "place", step, *([_group_id(groups)] if keys else [])]
    return in_order(log, {"event": "event"} | groups).project(", ".join(wanted))


class _Disorder(Exception):
    """A row comes before one that it should follow."""


class _Walk:
    """Visitors on their way through the rows, which come part by part.

    people   how many visitors there are, numbered from 0
    steps    how many there are
    window   ticks from a visitor's first step to the last moment that counts
    late     the first tick at which nobody begins any more
    kept     the column to keep of the rows where steps are reached
    """

    def __init__(self, people, steps, window, late, kept):
        self.window, self.late, self.kept = window, late, kept
        self.done = np.zeros(people, "int16")  # steps of each visitor
        self.last = np.zeros(people, "int64")  # the row at which the last of them was reached
        self.began = np.zeros(people, "int64")  # tick of the first of them
        self.rows, self.tick, self.place = 0, np.zeros(0, "int64"), np.zeros(0, "int64")
        self.reached = [[] for _ in range(steps)]

    def on(self, part, who):
        """Take the next rows, of visitors by number. Raises _Disorder."""
        self._check_order(part)
        tick, step, kept = (part[name].to_numpy() for name in ("tick", "step", self.kept))
        ahead = np.flatnonzero(step > self.done.take(who))
        ahead = ahead[::-1].copy()  # of a visitor's rows the first is written last, and stays
        for number, reached in enumerate(self.reached):
            row = ahead.compress(step.take(ahead) == number + 1)
            row = row.compress(self._count(number, who.take(row), tick.take(row), self.rows + row))
            row = row.compress(self._first(who.take(row), self.rows + row))[::-1]
            self.done[who.take(row)] = number + 1
            if number == 0:
                self.began[who.take(row)] = tick.take(row)
            reached.append(pd.Series(kept.take(row), who.take(row)))
        self.rows += len(part)

    def _count(self, number, who, tick, row):
        """Whether rows of a step count for their visitors, who have not reached it before."""
        if number == 0:
            return tick < self.late
        in_time = tick - self.began.take(who) <= self.window
        return in_time & (self.done.take(who) == number) & (row > self.last.take(who))

    def _first(self, who, row):
        """Whether rows are the first of their visitors; rows come backwards."""
        self.last[who] = row
        return self.last.take(who) == row

    def _check_order(self, part):
        tick = np.append(self.tick, part["tick"])
        falls = tick[1:] < tick[:-1]
        if "place" in part:
            place = np.append(self.place, part["place"])
            falls |= (tick[1:] == tick[:-1]) & (place[1:] < place[:-1])
            self.place = place[-1:]
        if falls.any():
            raise _Disorder
        self.tick = tick[-1:]
