"""Search ads: rates of rare events, what a click may cost, why a cost per order moved, and which day spent too much.

Every function is earned in J04, where the lesson does the thing in the open before it shows the call. The highest price of a
click itself is `metrics.break_even_cpc`, from J02.
"""

import numpy as np
import pandas as pd

from mktlib.errors import Told
from mktlib.inputs import check_columns


class SearchError(Told, ValueError):
    """A question about search ads that the numbers given cannot answer; the message says which, and the remedy."""


def shrunk_rate(events, chances, like=100, rate=None):
    """Rates drawn towards the rate of their group, the more the fewer chances stand behind them.

    events       orders, say: number, array or Series
    chances      clicks, in the same form; never below the events by meaning, never negative
    like         weight of the group: how many chances at its rate each row is given beforehand
    rate         the group's rate as a fraction; None takes all events over all chances
    Returns (events + like x rate) / (chances + like), as a fraction, in the form of `events`. A row without any chance
    gets the group's rate. Raises SearchError for negative counts, a weight of 0 or less, and no chances at all.
    Source: mean of a Beta(like x rate, like x (1 - rate)) prior after binomial data (Gelman et al., Bayesian Data Analysis,
    section 2.4).
    """
    if np.min(events) < 0 or np.min(chances) < 0:
        raise SearchError("A count is negative; orders and clicks are counted from 0 upwards.")
    if like <= 0:
        raise SearchError(
            f"like is {like}: give the number of clicks that the group's rate weighs, such as 100."
        )
    if rate is None and np.sum(chances) == 0:
        raise SearchError("There is not one chance, so the group has no rate; give it as rate=.")
    rate = np.sum(events) / np.sum(chances) if rate is None else rate
    return (events + like * rate) / (chances + like)


def bid_curve(clicks, cpc, bids):
    """What a keyword would get at other bids, as an estimator (出价预估) tells it.

    clicks, cpc  clicks of a period and their mean price in yuan, at the bid of today
    bids         bids to look at, as multiples of today's: 1.2 is a fifth more
    Returns a DataFrame indexed by bid with clicks, cpc and cost of the period (cost = clicks x cpc). A higher bid is shown more
    often and higher on the page, and pays more for each of its clicks: win = b^2.2 / (1 + b^2.2), shown in 0.18 + 0.82 win
    of the searches, at place 1 + 3.2 (1 - win), where a click's chance is 0.28 + 0.72 exp(-0.55 (place - 1)) of the top's;
    the price follows b^0.55. Today's bid is taken to equal the market's. The curve is that of the course's own world; a real
    account reads it from its estimator or from a test of bids. Raises SearchError for bids or clicks that are not above 0.
    """
    bids = np.asarray(bids, dtype=float)
    if bids.size == 0 or bids.min() <= 0:
        raise SearchError("Bids are multiples of today's bid and lie above 0: 0.8 is a fifth less.")
    if clicks <= 0 or cpc <= 0:
        raise SearchError("A keyword without clicks or without cost has no curve yet: let it run first.")
    curve = pd.DataFrame({"clicks": clicks * _reach(bids) / _reach(1.0), "cpc": cpc * bids**0.55})
    return curve.assign(cost=curve["clicks"] * curve["cpc"]).set_axis(pd.Index(bids.round(6), name="bid"))


def decompose_cpa(before, after, by="campaign"):
    """Why the cost per order moved: through the mix of clicks, the price of a click, the conversion of a click.

    before, after   tables with clicks, cost and orders of two periods, at any grain that has the column `by`
    by              the parts whose share of the clicks is the mix, such as "campaign"
    Returns a Series of before, mix, cpc, cvr, after, in yuan per order. The three steps change the shares first, then each
    part's cost per click, then its orders per click, and add up to the difference exactly. A part without clicks in one
    period keeps its price and rate of the other one. Raises ColumnMissing, and SearchError where a period has no order.
    """
    old, new = _parts(before, by), _parts(after, by)
    old, new = old.align(new)
    old, new = _filled(old, new), _filled(new, old)
    steps = [
        _cpa(old["share"], old["cpc"], old["cvr"]),
        _cpa(new["share"], old["cpc"], old["cvr"]),
        _cpa(new["share"], new["cpc"], old["cvr"]),
        _cpa(new["share"], new["cpc"], new["cvr"]),
    ]
    mix, cpc, cvr = np.diff(steps)
    return pd.Series({"before": steps[0], "mix": mix, "cpc": cpc, "cvr": cvr, "after": steps[3]})


def pacing(days, calendar):
    """What each day spent of its plan, with its kind of day.

    days         DataFrame with date, planned and spent; several rows of a date are added up
    calendar     the calendar, with date and day_type
    Returns a DataFrame indexed by date with planned, spent, pace (spent / planned; NaN without a plan) and day_type. A plan
    that is made by kind of day has the promotions in it, so one limit of pace serves all days: overspent(pacing(...)).
    Raises ColumnMissing.
    """
    check_columns(days, ["date", "planned", "spent"])
    check_columns(calendar, ["date", "day_type"])
    found = days.groupby("date")[["planned", "spent"]].sum()
    found["pace"] = found["spent"] / found["planned"].where(found["planned"] > 0)
    return found.join(calendar.set_index("date")["day_type"])


def overspent(paced, limit=1.5):
    """The days that spent more than `limit` times their plan, as rows of pacing(...), worst first.

    A day that spends without any plan is one of them. Raises ColumnMissing, and SearchError for a limit of 1 or less.
    """
    check_columns(paced, ["planned", "spent", "pace"])
    if limit <= 1:
        raise SearchError(
            f"With a limit of {limit} every second day would ring; take one above 1, such as 1.5."
        )
    over = paced[(paced["pace"] > limit) | (paced["pace"].isna() & (paced["spent"] > 0))]
    return over.sort_values("pace", ascending=False, na_position="first")


# --- behind them ---------------------------------------------------------------------------------


def _reach(bid):
    """Clicks at a bid, in a unit of its own."""
    win = bid**2.2 / (1 + bid**2.2)
    return (0.18 + 0.82 * win) * (0.28 + 0.72 * np.exp(-0.55 * 3.2 * (1 - win)))


def _parts(table, by):
    check_columns(table, [by, "clicks", "cost", "orders"])
    sums = table.groupby(by)[["clicks", "cost", "orders"]].sum()
    if sums["orders"].sum() == 0 or sums["clicks"].sum() == 0:
        raise SearchError("One of the periods has no order, so it has no cost per order; take a longer one.")
    clicks = sums["clicks"].where(sums["clicks"] > 0)
    return pd.DataFrame(
        {
            "share": sums["clicks"] / sums["clicks"].sum(),
            "cpc": sums["cost"] / clicks,
            "cvr": sums["orders"] / clicks,
        }
    )


def _filled(part, other):
    return part.assign(
        share=part["share"].fillna(0),
        cpc=part["cpc"].fillna(other["cpc"]),
        cvr=part["cvr"].fillna(other["cvr"]),
    )


def _cpa(share, cpc, cvr):
    return (share * cpc).sum() / (share * cvr).sum()
