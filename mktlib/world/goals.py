"""Goals of the own shop: GMV by quarter, targets by channel, the weekly plan with its control limits."""

import numpy as np
import pandas as pd

from . import clock

QUARTERS = ["2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4"]
GOAL_TEMPER = (1.01, 0.98, 1.02, 0.99)  # goal over what an ordinary quarter would bring
OWNERS = {
    "SEM": "Lin", "feed ads": "Zhou", "SEO": "He", "Xiaohongshu": "He", "e-mail/SMS": "Wu", "private domain": "Wu",
    "direct": "Qiao", "affiliate": "Wu",
}  # fmt: skip
PADDED = {"SEM": 10, "feed ads": 24, "SEO": 4, "Xiaohongshu": 17, "e-mail/SMS": 9, "private domain": 26, "direct": 6,
          "affiliate": 13}  # fmt: skip
TARGET_SUM = 1.12  # channel targets of Q3 over the goal
WEEKS = pd.date_range("2025-01-06", "2025-12-22", freq="7D")
UNPLANNED = ("2025-09-01", "2025-10-05")  # campaign HY-AUT-N was not in the plan of the year
DIP_OF_GMV, DIP_OF_VISITS = (
    0.6,
    0.75,
)  # customers who shop at New Year are those in need: powers of the market's dip
RUSH = {
    "618": (1.1, 1.75, 1.25),
    "Double 11": (1.3, 1.28, 1.3),
}  # visits on other and peak days, GMV on peak days
STOCKED = {"618": (40, 0.92), "Double 11": (24, 0.84)}  # days after it, GMV then


def tables(life):
    """quarter_goals, channel_targets, weekly_targets."""
    gmv = own_gmv(life)
    goals = quarter_goals(gmv)
    return {
        "quarter_goals": goals,
        "channel_targets": channel_targets(life, goals),
        "weekly_targets": weekly_targets(own_visits(life), gmv, goals),
    }


def nice(value, digits=3):
    """A number as people set it: a few digits that count."""
    if value <= 0:
        return 0.0
    step = 10.0 ** (int(np.floor(np.log10(value))) - digits + 1)
    return float(np.round(np.round(value / step) * step, 2))


def own_gmv(life):
    """GMV of the own shop by day, CNY; shape (days,)."""
    orders = life.tables["orders"]
    own = (orders["store"] == "own").to_numpy()
    return np.bincount(orders["day"].to_numpy()[own], orders["amount"].to_numpy()[own], clock.N_DAYS)


def own_visits(life):
    """Visits to the own shop by day; shape (days,)."""
    return np.bincount(life.tables["web_sessions"]["day"], minlength=clock.N_DAYS).astype(float)


def in_quarter(year, number):
    """True on the days of a quarter, 0 to 3."""
    return np.asarray((clock.DAYS.year == year) & (clock.DAYS.quarter == number + 1))


def quarter_goals(gmv):
    """GMV goals of the own shop: what the plan's shape of the year and the shop's usual level give, and GMV a year before."""
    worth = day_shape()[1]
    level = levels(gmv, worth)
    goal = [
        nice((worth * level)[in_quarter(2025, number)].sum() * more, 2)
        for number, more in enumerate(GOAL_TEMPER)
    ]
    last = [gmv[in_quarter(2024, number)].sum() for number in range(4)]
    return pd.DataFrame({"quarter": QUARTERS, "gmv_goal": goal, "gmv_last_year": np.round(last, 2)})


def levels(actual, shape):
    """Usual ratio of a day to its shape, by quarter of 2025: the median of its weeks, weeks out of plan left out."""
    level, weeks = np.ones(clock.N_DAYS), (np.arange(clock.N_DAYS) - clock.DAY_OF_WEEK) // 7
    weeks -= weeks.min()
    for number in range(4):
        here = in_quarter(2025, number) & ~clock.between(*UNPLANNED)
        ratio = np.bincount(weeks[here], actual[here]) / np.maximum(
            np.bincount(weeks[here], shape[here]), 1e-9
        )
        level[in_quarter(2025, number)] = np.median(ratio[np.unique(weeks[here])])
    return level


def channel_targets(life, goals):
    """Q3 2025: what each channel is to bring, how it converts by plan, and the target its owner handed in."""
    days, visits, orders = (
        clock.between("2025-04-01", "2025-06-30"),
        life.tables["web_sessions"],
        life.tables["orders"],
    )
    seen = visits.loc[days[visits["day"]], "source"].value_counts().rename({"referral": "affiliate"})
    orders = orders.loc[days[orders["day"]] & (orders["store"] == "own").to_numpy(), ["channel", "amount"]]
    orders = orders.groupby("channel")["amount"].agg(["size", "sum"])
    channels = list(PADDED)
    seen, orders = seen.reindex(channels, fill_value=0), orders.reindex(channels, fill_value=0)
    share = whole_percent(orders["sum"].to_numpy())
    cvr = np.round(100 * orders["size"].to_numpy() / np.maximum(seen.to_numpy(), 1), 1).clip(0.1)
    aov = np.round(orders["sum"].to_numpy() / np.maximum(orders["size"].to_numpy(), 1)).clip(50)
    goal = float(goals.loc[2, "gmv_goal"])
    padded = np.array([PADDED[channel] for channel in channels], dtype=float)
    padded = 1 + padded * (TARGET_SUM - 1) * 100 / (share @ padded)
    target = np.round(goal * share / 100 * padded, -2)
    return pd.DataFrame({
        "quarter": "2025-Q3", "channel": channels, "owner": [OWNERS[channel] for channel in channels],
        "goal_share": share, "planned_cvr": cvr, "planned_aov": aov,
        "planned_visits": np.round(target / (cvr / 100 * aov)).astype(np.int64), "target_gmv": target,
    })  # fmt: skip


def whole_percent(values):
    """Shares in whole per cent that sum to 100: the largest remainders are rounded up."""
    exact = 100 * np.asarray(values, dtype=float) / max(np.sum(values), 1e-9)
    share = np.floor(exact)
    most = np.argsort(share - exact, kind="stable")[: int(100 - share.sum())]
    share[most] += 1
    return share


def day_shape():
    """What planners expect of a day, visits and GMV up to a level: trend, season, week, promotions, New Year."""
    season = 1 + 0.06 * np.cos(2 * np.pi * (clock.DAYS.day_of_year - 320) / 365.25)
    (promo, peak, lift), dip = clock.promo_windows(), clock.new_year_dip()
    usual = np.asarray(
        clock.growth() * season * clock.WEEKDAY[clock.DAY_OF_WEEK] * lift * clock.after_effect()
    )
    visits, gmv = usual * dip**DIP_OF_VISITS, usual * dip**DIP_OF_GMV * clock.willingness()
    for name, (other, top, worth) in RUSH.items():
        visits = visits * np.where(promo == name, np.where(peak, top, other), 1)
        gmv = gmv * np.where((promo == name) & peak, worth, 1)
        many, left = STOCKED[name]
        last = np.flatnonzero((promo == name) & peak)
        since = (
            np.arange(clock.N_DAYS) - np.insert(last, 0, -999)[np.searchsorted(last, np.arange(clock.N_DAYS))]
        )
        gmv = gmv * np.where((since > 0) & (since <= many) & (promo != name), left, 1)
    return visits, gmv


def by_week(values):
    """Sums of an array by day over the weeks of the plan."""
    first = clock.DAYS.get_loc(WEEKS[0])
    return np.add.reduceat(values, first + 7 * np.arange(len(WEEKS) + 1))[:-1]


def spread(actual, plan):
    """Robust standard deviation of a week around its plan, relative: 1.48 x the median of the absolute deviations."""
    away = np.abs(by_week(actual) / np.maximum(by_week(plan), 1e-9) - 1)
    return float(np.clip(np.round(1.4826 * np.median(away), 2), 0.03, 0.5))


def weekly_targets(visits, gmv, goals):
    """Plan of visits and GMV of the own shop by week of 2025, with control limits at three standard deviations."""
    seen, worth = day_shape()
    seen = seen * levels(visits, seen)
    for number in range(4):
        here = in_quarter(2025, number)
        worth[here] *= goals.loc[number, "gmv_goal"] / worth[here].sum()
    frame = pd.DataFrame({"week_start": WEEKS})
    for name, actual, plan, digits in (("visits", visits, seen, -1), ("gmv", gmv, worth, -2)):
        limit = 3 * spread(actual, plan)
        for column, factor in (("plan", 1), ("lower", max(1 - limit, 0)), ("upper", 1 + limit)):
            frame[f"{name}_{column}"] = np.round(by_week(plan) * factor, digits)
    return frame.astype({name: np.int64 for name in frame.columns if name.startswith("visits")})


def target_sum(tables):
    """M10: channel targets against the goal, and what one conversion rate and order value for all would plan."""
    plan, goal = tables["channel_targets"], float(tables["quarter_goals"].loc[2, "gmv_goal"])
    return {
        "what": "Owners hand in targets that add up to 112 % of the goal of Q3 2025.",
        "cause": {"sum_over_goal": TARGET_SUM},
        "found": {"goal": goal, "sum_over_goal": plan["target_gmv"].sum() / max(goal, 1), "goal_shares": plan["goal_share"].sum()},
    }  # fmt: skip


def special_weeks(life):
    """M10: weeks outside three standard deviations have a cause; many more are outside one."""
    plan = life.tables["weekly_targets"]
    actual = {"gmv": by_week(own_gmv(life)), "visits": by_week(own_visits(life))}
    found = {}
    for name, values in actual.items():
        middle, width = (
            plan[f"{name}_plan"].to_numpy(),
            (plan[f"{name}_upper"] - plan[f"{name}_plan"]).to_numpy() / 3,
        )
        away = (values - middle) / np.maximum(width, 1)
        found[name] = {
            "outside_three_sd": plan["week_start"][np.abs(away) > 3].dt.strftime("%Y-%m-%d").tolist(),
            "weeks_outside_one_sd": int((np.abs(away) > 1).sum()), "weeks": len(away),
        }  # fmt: skip
    return {
        "what": "Campaign HY-AUT-N (September 2025) takes the own shop far outside its control limits; hardly another week leaves them.",
        "found": found,
    }
