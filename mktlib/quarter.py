"""Manage a quarter: targets that close, a budget paced by kind of day, what the next yuan brings, scores, hours. Earned in M10.

A quarter is planned from a goal down to visits, paced by the calendar, judged by what moved (`weekly.bridge_total`) and by what
is more than chance (`weekly.control_limits`), and worked by people whose hours end. Alerts of single days are J04's
`search.pacing` and `search.overspent`.
"""

import numpy as np
import pandas as pd

from mktlib.errors import Told
from mktlib.inputs import check_columns


class QuarterError(Told, ValueError):
    """A plan does not close, or a question about the quarter has no answer in what was given; the message says why."""


def target_tree(goal, channels):
    """A goal taken down to what each channel has to bring: money, orders, visits.

    goal       GMV of the quarter in yuan
    channels   DataFrame indexed by channel with share (of the goal), cvr (orders per visit) and aov (yuan per order); share and
               cvr as fractions
    Returns a DataFrame by channel of gmv = goal x share, orders = gmv / aov, visits = orders / cvr, not rounded: visits x cvr x aov
    adds up to the goal again. Each channel keeps its own cvr and aov; one average for all plans too many visits for channels that
    convert well and too few for the others. Raises ColumnMissing, and QuarterError where the shares do not sum to 1 (to 0.1 %) or a
    rate is not above 0.
    """
    check_columns(channels, ["share", "cvr", "aov"])
    total = channels["share"].sum()
    if not abs(total - 1) <= 0.001:
        raise QuarterError(
            f"The shares sum to {total:.1%} of the goal, so the targets do not close. Shares are fractions that sum to 1: "
            "divide by their sum, or ask who added what."
        )
    for column in ("cvr", "aov"):
        if not (channels[column] > 0).all():
            name = channels.index[~(channels[column] > 0)][0]
            raise QuarterError(
                f"{name}: {column} is {channels[column][name]}; no visits reach a goal at that."
            )
    if (channels["cvr"] > 1).any():
        name = channels["cvr"].idxmax()
        raise QuarterError(f"{name}: cvr is {channels['cvr'][name]:g}. A fraction is meant: 5.3 % is 0.053.")
    gmv = goal * channels["share"]
    orders = gmv / channels["aov"]
    return pd.DataFrame({"gmv": gmv, "orders": orders, "visits": orders / channels["cvr"]})


def day_kinds(calendar):
    """The kind of each day as planners see it: a Series of 'peak', 'promotion', 'ordinary', indexed by date.

    calendar   the calendar with date, promo and promo_peak. Raises ColumnMissing.
    """
    check_columns(calendar, ["date", "promo", "promo_peak"])
    kinds = np.where(
        calendar["promo_peak"], "peak", np.where(calendar["promo"] != "", "promotion", "ordinary")
    )
    return pd.Series(kinds, index=pd.DatetimeIndex(calendar["date"]), name="kind")


def pace_plan(budget, kinds, weights):
    """A budget spread over its days, each kind of day at its weight.

    budget    yuan of the whole period
    kinds     Series of the kind of each day of the period, indexed by date: day_kinds(calendar)
    weights   {kind: what such a day spends, in any unit}; only their ratios count
    Returns a Series of yuan by date that sums to the budget: budget x weight of the day / sum of weights. With equal weights it is
    the straight line. Raises QuarterError for a kind without a weight, and for a negative one.
    """
    missing = [kind for kind in kinds.unique() if kind not in dict(weights)]
    if missing:
        raise QuarterError(f"There is no weight for days of kind {missing[0]!r}; give one, such as 1.")
    weight = kinds.map(dict(weights)).astype(float)
    if (weight < 0).any() or not weight.sum() > 0:
        raise QuarterError("Weights are not negative, and one day at least has one above 0.")
    return (budget * weight / weight.sum()).rename("planned")


def next_yuan(weeks, revenue="revenue"):
    """What an extra yuan brings, from periods whose spend ran above and below plan by luck.

    weeks     one row per period with planned, spent and the column of revenue
    Splits the periods at the median of spent / planned and returns a Series: spend_gap and revenue_gap (means of the upper half
    less those of the lower), marginal = revenue_gap / spend_gap, average = sum of revenue / sum of spend, and se, the standard error
    of marginal. It is causal only as far as the pace is luck, not an answer to demand; leave promotions out. Raises ColumnMissing, and
    QuarterError for fewer than 8 periods or halves that spend the same.
    Source: the grouping estimator of A. Wald (1940), Annals of Mathematical Statistics 11; se by the delta method without the small
    term of the spend gap's own variance.
    """
    check_columns(weeks, ["planned", "spent", revenue])
    if len(weeks) < 8:
        raise QuarterError(
            f"{len(weeks)} periods are too few to split in halves; take 8 at least, better 40."
        )
    pace = weeks["spent"] / weeks["planned"]
    above = pace > pace.median()
    high, low = weeks[above], weeks[~above]
    spend = high["spent"].mean() - low["spent"].mean()
    if not spend > 0:
        raise QuarterError(
            "The half that ran above plan did not spend more in yuan, so it cannot tell what a yuan brings."
        )
    gain = high[revenue].mean() - low[revenue].mean()
    spread = np.sqrt(
        sum((half[revenue] - gain / spend * half["spent"]).var() / len(half) for half in (high, low))
    )
    return pd.Series(
        {
            "spend_gap": spend,
            "revenue_gap": gain,
            "marginal": gain / spend,
            "average": weeks[revenue].sum() / weeks["spent"].sum(),
            "se": spread / spend,
        }
    )


def kpi_scores(sheets, by="person", cap=1.2):
    """Scores of people from their KPI sheets: completion with a cap, times weight, times difficulty.

    sheets   one row per person and KPI with target, actual, weight (%, sums to 100 a sheet) and difficulty (1 is usual)
    by       the column whose values are scored
    cap      the completion that counts at most: 1.2 is 120 %
    Returns a Series by person, best first: sum of min(actual / target, cap) x weight / 100 x difficulty. The cap keeps an easy KPI
    from paying for missed ones. Raises ColumnMissing, QuarterError for weights that do not sum to 100 and targets of 0.
    """
    check_columns(sheets, [by, "target", "actual", "weight", "difficulty"])
    weights = sheets.groupby(by)["weight"].sum()
    if (abs(weights - 100) > 0.5).any():
        name = weights.index[abs(weights - 100) > 0.5][0]
        raise QuarterError(
            f"{name}: the weights sum to {weights[name]:g}, not to 100. Is it one quarter's sheet?"
        )
    if not (sheets["target"] > 0).all():
        raise QuarterError("A target is 0 or less, so completion has no meaning there.")
    done = (sheets["actual"] / sheets["target"]).clip(upper=cap)
    points = done * sheets["weight"] / 100 * sheets["difficulty"]
    return points.groupby(sheets[by]).sum().sort_values(ascending=False).rename("score")


def hours_left(timesheets, asked, weeks, by="person"):
    """Hours of each person that a plan may use: at work, less what others usually ask for.

    timesheets   one row per person and week with contract_hours and leave_hours, of the weeks that are planned (or the same weeks of a
                 year before, which hold the same holidays)
    asked        Series by person: hours a week that requests took
    weeks        how many weeks are planned
    Returns a DataFrame by person of present, asked and left = present - asked, in hours. Nobody asked is 0. Raises ColumnMissing,
    QuarterError where the sheets hold another number of weeks.
    """
    check_columns(timesheets, [by, "contract_hours", "leave_hours"])
    rows = timesheets.groupby(by).size()
    if (rows != weeks).any():
        name = rows.index[rows != weeks][0]
        raise QuarterError(f"{name} has {rows[name]} weeks in the sheets, and {weeks} are planned.")
    present = (timesheets["contract_hours"] - timesheets["leave_hours"]).groupby(timesheets[by]).sum()
    table = pd.DataFrame({"present": present, "asked": weeks * asked.reindex(present.index).fillna(0)})
    return table.assign(left=table["present"] - table["asked"])


def cockpit(planned, spent, day, live, kept, break_even):
    """The explorer's picture: pace of a quarter up to a day, and what the next yuan of a channel brings at other budgets.

    planned, spent   Series of yuan by date, of the same days
    day              the day of the quarter that it is now, from 1
    live             Series of marginal and average, as next_yuan gives it
    kept             the channel's money as a multiple of today's
    break_even       the return at which a yuan pays for itself
    The curve goes through today's marginal return with the elasticity marginal / average: revenue grows as money ** elasticity, so
    the next yuan brings marginal x kept ** (elasticity - 1); an assumption away from today. Returns (Figure, sentence). The bands are a
    tenth on either side of the plan.
    """
    from matplotlib.figure import Figure

    if not 1 <= day <= len(planned):
        raise QuarterError(f"The quarter has {len(planned)} days; day {day} is none of them.")
    line, real = planned.cumsum() / planned.sum(), spent.cumsum() / planned.sum()
    even = np.arange(1, len(line) + 1) / len(line)
    pace, straight = real.iloc[day - 1] / line.iloc[day - 1], real.iloc[day - 1] / even[day - 1]
    elasticity = live["marginal"] / live["average"]
    money = np.linspace(0.2, 2, 60)
    brings = live["marginal"] * kept ** (elasticity - 1)
    said = (
        f"Day {day}: {pace:.2f} of the plan by kind of day, {straight:.2f} of the straight line; at {kept:.1f} times its money "
        f"the next yuan of live brings {brings:.2f}"
    )
    figure = Figure(figsize=(9.6, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    days = np.arange(1, len(line) + 1)
    left.fill_between(
        days,
        0.9 * line,
        1.1 * line,
        color="#9aa4b2",
        alpha=0.3,
        linewidth=0,
        label="plan, a tenth either side",
    )
    left.plot(days, even, color="#666666", linestyle=":", label="straight line")
    left.plot(days[:day], real.iloc[:day], color="#1b3f86", linewidth=2.4, label="spent")
    left.set(xlabel="day of the quarter", ylabel="part of the budget", ylim=(0, 1.1))
    left.legend(loc="upper left", frameon=False)
    right.plot(money, live["marginal"] * money ** (elasticity - 1), color="#1b3f86", linewidth=2.4)
    right.axhline(break_even, color="#b5482a", linestyle="--")
    right.annotate("break-even", (2, break_even), ha="right", va="bottom", color="#b5482a")
    right.plot([kept], [brings], "o", color="#1b3f86", markersize=10)
    right.set(xlabel="money for live, times today's", ylabel="revenue of the next yuan, CNY", ylim=(0, None))
    figure.suptitle(said.replace("; at", ";\nat"), x=0.01, ha="left")
    return figure, f"{said}."
