"""Funnels: who went which step, in order and in time; and the five stages AARRR of one cohort. Earned in J08.

A funnel has a unit (a visitor), an order, a clock that starts at the first step, and an end of the log: whoever began too
late has not had the time. All four are arguments here or checked.
"""

import pandas as pd

from mktlib.inputs import BadValue, check_columns


def funnel(hits, steps, days, starts_before=None):
    """How far each visitor came: one row per visitor of the first step.

    hits           one row per hit, in any order: visitor_id, event, at (a time); of two hits at one time the one that stands
                   first in the table came first
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
    check_columns(hits, ["visitor_id", "event", "at"])
    steps = _steps(hits, steps)
    window = _days(days)
    for column in ("visitor_id", "at"):
        if hits[column].isna().any():
            raise BadValue(
                f"hits, column {column!r}: {hits[column].isna().sum()} missing. A hit of nobody or of no time is no step: "
                f"leave these rows out with dropna(subset=[{column!r}]), and say how many they were."
            )
    rows = hits.loc[hits["event"].isin(steps), ["visitor_id", "event", "at"]]
    rows = rows.sort_values("at", kind="stable", ignore_index=True).reset_index(names="place")
    reached = _first(rows[rows["event"] == steps[0]])
    if starts_before is not None:
        reached = reached[reached["at"] < pd.Timestamp(starts_before)]
    times = reached[["at"]].set_axis(steps[:1], axis="columns")
    until = reached["at"] + window
    for step in steps[1:]:
        later = rows[(rows["event"] == step) & rows["visitor_id"].isin(reached.index)]
        after = later["place"].to_numpy() > reached["place"].reindex(later["visitor_id"]).to_numpy()
        in_time = later["at"].to_numpy() <= until.reindex(later["visitor_id"]).to_numpy()
        reached = _first(later[after & in_time])
        times[step] = reached["at"].reindex(times.index)
    return times


def step_rates(times):
    """A funnel in numbers: people, of_step_before, of_first by step, as fractions; `times` is what `funnel` returns.

    Nothing to divide by gives NaN. The first step has of_step_before NaN: it has no step before it.
    """
    people = times.notna().sum()
    before, first = people.shift(), people.iloc[0]
    return pd.DataFrame({
        "people": people, "of_step_before": people / before.where(before > 0),
        "of_first": people / first if first else float("nan"),
    })  # fmt: skip


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


def _steps(hits, steps):
    steps = [steps] if isinstance(steps, str) else list(steps)
    if not steps or len(set(steps)) < len(steps):
        raise BadValue(f"steps are names of events, at least one and each once; they are {steps}.")
    known = hits["event"].unique()
    if unknown := [step for step in steps if step not in known]:
        raise BadValue(f"no hit is called {unknown[0]!r}; there are: {', '.join(map(str, sorted(known)))}.")
    return steps


def _days(days):
    if not days > 0:
        raise BadValue(f"days is a length of time, more than 0; it is {days!r}.")
    return pd.Timedelta(days=days)
