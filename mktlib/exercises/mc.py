"""MC Own the quarter: the mid capstone. Lesson: lessons/2_mid/MC_own_the_quarter.md.

What each task asks for was earned in M01 to M10; the quarter itself is played by mktlib.simulator. The rubric stands in mktlib/rubrics/mc.py.
"""

from itertools import combinations

import numpy as np
import pandas as pd

from mktlib import simulator
from mktlib.attribution import credit, shapley
from mktlib.course import exercise, per_world, prediction, wrong
from mktlib.course.text import count, percent, yuan
from mktlib.creators import audience, portfolio, reached, standardised, suspicion
from mktlib.fission import ring_sizes
from mktlib.private_domain import holdout_effect, orders_within
from mktlib.quarter import hours_left, kpi_scores, target_tree
from mktlib.rubrics.mc import CRITERIA, facts
from mktlib.segments import cell_weights, interaction, points, weight_space

MARGIN = 0.42  # of revenue, as the tasks state it
Q3 = ("2025-06-30", "2025-09-29")  # thirteen weeks: from, up to but not including
REVIEW = ("2025-06-30", "2025-07-28")
CELLS = ["app_user", "city_tier", "parity"]
CRITERIA_OF_CARD = ["households_thousand", "growth_a_year", "margin", "reachable", "cost_to_win"]
PEOPLE = ["Lin", "Zhou", "He", "Wu"]
BELIEVED, FEES = 0.6, 12_000
LIMIT = 1.15


def within(table, column, period):
    """Rows whose time lies in [first, last)."""
    return table[table[column].between(*period, inclusive="left")]


def beside(one, value):
    """A right value a hair off, so that a mistake is named only where this cell is right, too, and no other answer is met by chance."""
    return value * (1 + 1.1 * one.tolerance)


# ---------------------------------------------------------------- for whom


def first_child(survey, weights=None):
    """Share of the households with a first child that prefer Heyu."""
    here = survey["parity"] == "first"
    likes = (survey["preferred_brand"] == "Heyu")[here]
    return likes.mean() if weights is None else (likes * weights[here]).sum() / weights[here].sum()


def first_year(segment_targets):
    """Thousand yuan that the winnable households of each segment leave in their first year."""
    t = segment_targets.set_index("segment")
    won = t["households_thousand"] * t["reachable"] * t["prefer_heyu"]
    return won * household(t)


def household(t):
    """Yuan that a household won leaves in its first year, by segment."""
    return 12 * t["spend_month"] * t["share_of_wallet"] * t["margin"] - t["cost_to_win"]


def wins(segment_targets):
    """Share of all sets of weights in which each segment wins the card of M02."""
    card = points(segment_targets.set_index("segment")[CRITERIA_OF_CARD], less_is_better=["cost_to_win"])
    return weight_space(card)


def video(content_test):
    return interaction(
        content_test, "parity", ("first", "second or later"), "science video", "mother's diary"
    )


@exercise(
    "MC.1",
    title="For whom the plan is made",
    kind="table",
    unit={"prefer heyu": "fraction", "video, at least": "fraction"},
    tolerance=0.02,
    minutes=(10, 15),
    points=3,
    practises=["R035", "R047", "R048", "R049", "R051", "R052", "R054", "R055", "R056"],
    section="For whom: segment, target, message",
    selfcheck={
        "grain": "one row of survey is a respondent, who stands for the households of her cell",
        "numerator and denominator": "all households with a first child are below the line, whoever answered for them",
        "worth": "households that can be reached and prefer Heyu, times what one leaves: margin of twelve months less the cost to win",
        "criteria": "five criteria, of which one is the better the lower it is",
        "filter": "the share: households with a first child; the message: both audiences, the science video and the diary",
    },
)
def target(survey, survey_population, segment_targets, content_test):
    """The target is worth most in yuan; its place on a card depends on the weights, and the message rests on a difference of two effects."""
    worth = first_year(segment_targets)
    weights = cell_weights(survey, survey_population, CELLS, "households_thousand")
    return {
        "prefer Heyu": first_child(survey, weights),
        "worth": worth.max(),
        "wins": wins(segment_targets)[worth.idxmax()],
        "video, at least": video(content_test)["low"],
    }


@target.mistake(
    "SAMPLE_BIAS", repair="How many of the answers came from users of our app, and how many households are?"
)
def _(survey, survey_population, segment_targets, content_test):
    """You took the answers as they came. Users of our app answered far more often than they exist, and they like us."""
    right = target.compute(survey, survey_population, segment_targets, content_test)
    raw = first_child(survey)
    households = survey_population["households_thousand"][survey_population["parity"] == "first"].sum()
    extra = (raw - right["prefer Heyu"]) * households
    return wrong(
        right | {"prefer Heyu": raw},
        shows={"app users among the answers": percent(survey["app_user"].mean(), 0), "among the households": percent(
            survey_population.groupby("app_user")["households_thousand"].sum()[True] / survey_population["households_thousand"].sum(), 0)},
        cost=f"The plan would count on {count(1000 * extra)} households too many; at CNY 205 to win one, {yuan(205_000 * extra)} would look for them.",
    )  # fmt: skip


@target.mistake(
    "SIZE_ONLY", repair="How many of these households prefer Heyu, and what does one of them leave?"
)
def _(survey, survey_population, segment_targets, content_test):
    """You chose the largest segment. Most of its households neither prefer Heyu nor leave much margin, so it is worth less."""
    right = target.compute(survey, survey_population, segment_targets, content_test)
    worth = first_year(segment_targets)
    t = segment_targets.set_index("segment")
    largest = t["households_thousand"].idxmax()
    spent = 100_000 * household(t) / t["cost_to_win"]
    return wrong(
        right | {"worth": worth[largest], "wins": wins(segment_targets)[largest]},
        shows={"largest segment": largest, "its margin": percent(segment_targets.set_index("segment").loc[largest, "margin"], 0)},
        cost=f"CNY 100,000 spent on winning its households would leave {yuan(spent[largest])} in their first year; "
        f"spent on those of another segment, {yuan(spent.max())}.",
    )  # fmt: skip


@target.mistake("NO_UNCERTAINTY", repair="By how much less could it be, if the lot had fallen differently?")
def _(survey, survey_population, segment_targets, content_test):
    """You gave what was observed: the difference of the two audiences, or the effect on one of them. Asked for is the lower end of the
    difference's interval (`low`): so much you may promise."""
    right = target.compute(survey, survey_population, segment_targets, content_test)
    found = video(content_test)
    return wrong(
        right | {"video, at least": found["difference"]},
        shows={"effect on mothers of a first child": f"{100 * found['effect_one']:.2f} points", "on the others": f"{100 * found['effect_other']:.2f} points"},
    )  # fmt: skip


@target.slip("filter")
def _(survey, survey_population, segment_targets, content_test):
    """You weighted all households. The share is asked for those with a first child."""
    right = target.compute(survey, survey_population, segment_targets, content_test)
    weights = cell_weights(survey, survey_population, CELLS, "households_thousand")
    return right | {"prefer Heyu": (weights * (survey["preferred_brand"] == "Heyu")).sum() / weights.sum()}


@target.slip("criteria")
def _(survey, survey_population, segment_targets, content_test):
    """Your card gives points for a high cost to win."""
    right = target.compute(survey, survey_population, segment_targets, content_test)
    card = weight_space(points(segment_targets.set_index("segment")[CRITERIA_OF_CARD]))
    return right | {"wins": card[first_year(segment_targets).idxmax()]}


@target.slip("worth")
def _(survey, survey_population, segment_targets, content_test):
    """You did not take off what it costs to win a household."""
    t = segment_targets.set_index("segment")
    won = t["households_thousand"] * t["reachable"] * t["prefer_heyu"]
    right = target.compute(survey, survey_population, segment_targets, content_test)
    return right | {"worth": (won * (household(t) + t["cost_to_win"])).max()}


@target.slip("worth")
def _(survey, survey_population, segment_targets, content_test):
    """You counted every household that prefers Heyu. Not all of them can be reached."""
    t = segment_targets.set_index("segment")
    right = target.compute(survey, survey_population, segment_targets, content_test)
    return right | {"worth": (t["households_thousand"] * t["prefer_heyu"] * household(t)).max()}


target.hints(
    "Which of the four asks about households, which about yuan, which about weights, which about a difference?",
    "cell_weights for the share; households won times what one leaves; points and weight_space; interaction and its low end.",
    "interaction(content_test, 'parity', ('first', 'second or later'), 'science video', \"mother's diary\")['low']",
)


# ---------------------------------------------------------------- channels together

SPRING = ("2025-03-01", "2025-07-01")
SHOWN = ["Douyin", "Xiaohongshu", "search ads"]


@per_world
def claims_of(platform_reports):
    return platform_reports.groupby("platform")[["cost", "orders", "orders_7d_click"]].sum()


@per_world
def spring_orders(orders):
    return int((within(orders, "ordered_at", SPRING)["store"] == "own").sum())


@per_world
def credit_of(touchpoints):
    return shapley(touchpoints)


@exercise(
    "MC.2",
    title="One window for all platforms",
    kind="table",
    unit={"claimed": "times", "feed ads": "fraction"}
    | dict.fromkeys([name.lower() for name in SHOWN], "CNY"),
    tolerance=0.01,
    minutes=(8, 12),
    points=3,
    practises=["R228", "R210", "R035", "R098", "R192"],
    section="Channels together",
    selfcheck={
        "grain": "one row of platform_reports is a platform and a day; a row of touchpoints is a touch",
        "numerator and denominator": "cost over orders; claims over orders of the own shop, paid or not",
        "window": "March to June 2025; seven days after a click for every platform",
        "filter": "orders of the own shop, placed in these months",
        "v(S)": "feed ads: Shapley credit over the credit of all channels, a fraction; v(S) the orders of journeys whose channels all lie in S, "
        "which is worth='orders'. With worth='rate', or by the Markov chain, it is another answer",
    },
)
def aligned(platform_reports, orders, touchpoints):
    """In one window the platforms can be compared, and by journeys the credit sums to the orders there are. Cause it is not."""
    table, own = claims_of(platform_reports), spring_orders(orders)
    cost = table["cost"] / table["orders_7d_click"]
    credit = credit_of(touchpoints)
    return (
        {"claimed": table["orders"].sum() / own}
        | cost[SHOWN].to_dict()
        | {"feed ads": credit["feed ads"] / credit.sum()}
    )


@aligned.mistake(
    "WINDOW_MISMATCH", repair="After how many days may each platform claim an order, and after what?"
)
def _(platform_reports, orders, touchpoints):
    """You took each platform's own window. One counts a view of a day, another a click of a month, so their costs stand on different ground."""
    right, table = aligned.compute(platform_reports, orders, touchpoints), claims_of(platform_reports)
    own = (table["cost"] / table["orders"])[SHOWN]
    gap = table.loc["Douyin", "orders"] - table.loc["Douyin", "orders_7d_click"]
    return wrong(
        right | own.to_dict(),
        shows={"Douyin's orders in its own window": count(table.loc["Douyin", "orders"]), "within seven days of a click": count(table.loc["Douyin", "orders_7d_click"])},
        cost=f"{count(gap)} orders of Douyin would be bought again; at the aligned cost of one, {yuan(gap * right['Douyin'])}.",
    )  # fmt: skip


@aligned.mistake("DOUBLE_CREDIT", repair="Who else claimed the orders that the feed platforms claim?")
def _(platform_reports, orders, touchpoints):
    """You added up what the four feed platforms claim. Each looks at its own touches alone, so an order may stand in several of their sums."""
    right, table = aligned.compute(platform_reports, orders, touchpoints), claims_of(platform_reports)
    share = table.loc[["Douyin", "Kuaishou", "Xiaohongshu", "Weibo"], "orders"].sum() / spring_orders(orders)
    extra = (share - right["feed ads"]) * spring_orders(orders)
    return wrong(
        right | {"feed ads": share},
        shows={"orders claimed by nine platforms": count(table["orders"].sum()), "orders of the own shop": count(spring_orders(orders))},
        cost=f"{count(extra)} orders would be credited twice; at CNY 140 of margin each, {yuan(140 * extra)} that nobody earned.",
    )  # fmt: skip


@aligned.slip("v(S)")
def _(platform_reports, orders, touchpoints):
    """You gave the share of feed ads by last click. The last touch takes the whole order there, whoever came before."""
    last = credit(touchpoints, "last")
    return aligned.compute(platform_reports, orders, touchpoints) | {
        "feed ads": last["feed ads"] / last.sum()
    }


@aligned.slip("v(S)")
def _(platform_reports, orders, touchpoints):
    """You gave the share of feed ads by first touch. The first takes the whole order there, whoever came later."""
    first = credit(touchpoints, "first")
    return aligned.compute(platform_reports, orders, touchpoints) | {
        "feed ads": first["feed ads"] / first.sum()
    }


@aligned.slip("v(S)")
def _(platform_reports, orders, touchpoints):
    """You took the share of journeys that end in an order for v(S), and not the orders."""
    by_rate = shapley(touchpoints, worth="rate")
    right = aligned.compute(platform_reports, orders, touchpoints)
    return right | {"feed ads": by_rate["feed ads"] / by_rate.sum()}


@aligned.slip("filter")
def _(platform_reports, orders, touchpoints):
    """You held the claims to the orders of all stores. The platforms lead to the own shop."""
    right, table = aligned.compute(platform_reports, orders, touchpoints), claims_of(platform_reports)
    return right | {"claimed": table["orders"].sum() / len(within(orders, "ordered_at", SPRING))}


@aligned.slip("window")
def _(platform_reports, orders, touchpoints):
    """You compared the claims of the seven-day window, and not what the platforms report, with the orders."""
    right, table = aligned.compute(platform_reports, orders, touchpoints), claims_of(platform_reports)
    return right | {"claimed": table["orders_7d_click"].sum() / spring_orders(orders)}


@aligned.slip("numerator and denominator")
def _(platform_reports, orders, touchpoints):
    """You held the claims to the paid orders. Platforms claim an order when it is placed, so those that were never paid stand in their sums."""
    right, table = aligned.compute(platform_reports, orders, touchpoints), claims_of(platform_reports)
    own = within(orders, "ordered_at", SPRING).query("store == 'own' and status == 'paid'")
    return right | {"claimed": table["orders"].sum() / len(own)}


aligned.hints(
    "Which column of the reports has one window for all?",
    "orders_7d_click for the costs, orders for the claims; journeys for the credit.",
    "shapley(touchpoints)['feed ads'] over its sum",
)


# ---------------------------------------------------------------- the plan's arithmetic


YEAR_AGO = ("2024-07-01", "2024-10-01")


def year_ago_channels(channel_targets, traffic_daily, orders):
    """By channel of the targets: share of the goal, CVR and AOV of the own shop in the third quarter of 2024; index is the channel."""
    return channels_in(YEAR_AGO, channel_targets, traffic_daily, orders)


def channels_in(period, channel_targets, traffic_daily, orders):
    """The same for any period."""
    visits = (
        within(traffic_daily, "date", period)
        .groupby("source")["visits"]
        .sum()
        .rename({"referral": "affiliate"})
    )
    own = within(orders, "ordered_at", period).query("store == 'own'")
    sold = own.groupby("channel")["amount"].agg(["size", "mean"])
    share = channel_targets.set_index("channel")["goal_share"]
    table = pd.DataFrame(
        {"share": share / share.sum(), "orders": sold["size"], "visits": visits, "aov": sold["mean"]}
    )
    return table.loc[share.index].assign(cvr=lambda t: t["orders"] / t["visits"])


def goal_of(quarter_goals):
    return float(quarter_goals.set_index("quarter").loc["2025-Q3", "gmv_goal"])


@exercise(
    "MC.3",
    title="The tree from what the channels do",
    kind="table",
    unit="times",
    tolerance=0.01,
    minutes=(8, 12),
    points=3,
    practises=["R035", "R028", "R029", "R026", "R234", "R038"],
    section="The plan's arithmetic",
    selfcheck={
        "grain": "one row is a channel of channel_targets",
        "numerator and denominator": "CVR is orders per visit, AOV is amount per order, each channel its own",
        "window": "July to September 2024, own shop; the goal of the third quarter of 2025",
        "filter": "all orders of the own shop, unpaid ones too: the goal is GMV",
    },
)
def visits_needed(channel_targets, quarter_goals, traffic_daily, orders):
    """Multiplied back, the visits give the goal. What a channel does is measured; what its owner hopes is not."""
    table = year_ago_channels(channel_targets, traffic_daily, orders)
    return target_tree(goal_of(quarter_goals), table)["visits"].to_dict()


@visits_needed.mistake(
    "AVERAGE_PLAN", repair="What is one visit from feed ads worth, and what one from e-mail?"
)
def _(channel_targets, quarter_goals, traffic_daily, orders):
    """You planned all channels with one rate and one basket. Channels whose visits are worth little then get too few of them and the
    others more than their part of the goal needs, so the plan leads to another sum than the goal."""
    table = year_ago_channels(channel_targets, traffic_daily, orders)
    worth = (table["orders"] * table["aov"]).sum() / table["visits"].sum()
    goal = goal_of(quarter_goals)
    found = goal * table["share"] / worth
    got = found * table["cvr"] * table["aov"] / (goal * table["share"])
    many, few = ", ".join(got.index[got > 1.1]) or "none", ", ".join(got.index[got < 0.9]) or "none"
    total = (goal * table["share"] * got).sum()
    return wrong(
        found.to_dict(),
        shows={"GMV of a visit from feed ads": yuan((table["cvr"] * table["aov"])["feed ads"], 2), "of an average visit": yuan(worth, 2)},
        cost=f"With these visits the quarter would bring {yuan(total)}, and the goal is {yuan(goal)}: "
        f"too many visits for {many}, too few for {few}.",
    )  # fmt: skip


@visits_needed.mistake("TARGET_SUM", repair="To what do the targets of the owners add up?")
def _(channel_targets, quarter_goals, traffic_daily, orders):
    """You took down the owners' own targets. Each added a little to be safe, so their sum is another goal."""
    table, goal = year_ago_channels(channel_targets, traffic_daily, orders), goal_of(quarter_goals)
    handed_in = channel_targets.set_index("channel")["target_gmv"]
    return wrong(
        (handed_in / (table["cvr"] * table["aov"])).to_dict(),
        shows={"sum of the owners' targets over the goal": f"{handed_in.sum() / goal:.3f}"},
        cost=f"Goods and media would be ordered for {yuan(handed_in.sum() - goal)} that nobody asked for.",
    )


@visits_needed.slip("window")
def _(channel_targets, quarter_goals):
    """You took the rates and baskets of spring: the second quarter of 2025, or the owners' plan, which lies close to it. Asked for are those
    of the third quarter of 2024, which had the season of the goal."""
    t = channel_targets.set_index("channel")
    worth = t["planned_cvr"] / 100 * t["planned_aov"]
    return (goal_of(quarter_goals) * t["goal_share"] / t["goal_share"].sum() / worth).to_dict()


@visits_needed.slip("numerator and denominator")
def _(channel_targets):
    """You took the visits that the table holds already: the owners' own rates, and their own targets."""
    return channel_targets.set_index("channel")["planned_visits"].to_dict()


@visits_needed.slip("window")
def _(channel_targets, quarter_goals, traffic_daily, orders):
    """You took the rates and baskets of spring: the second quarter of 2025, or the owners' plan, which lies close to it. Asked for are those
    of the third quarter of 2024, which had the season of the goal."""
    table = channels_in(("2025-04-01", "2025-07-01"), channel_targets, traffic_daily, orders)
    return target_tree(goal_of(quarter_goals), table)["visits"].to_dict()


@visits_needed.slip("filter")
def _(channel_targets, quarter_goals, traffic_daily, orders):
    """You counted paid orders alone. The goal is GMV, which is booked when an order is placed."""
    table = year_ago_channels(channel_targets, traffic_daily, orders[orders["status"] == "paid"])
    return target_tree(goal_of(quarter_goals), table)["visits"].to_dict()


visits_needed.hints(
    "What was a visit of each channel worth a year ago?",
    "A table with share, cvr and aov by channel; target_tree does the rest. traffic_daily calls affiliates referral.",
    "target_tree(goal, channels)['visits'], with cvr = orders / visits and aov = mean amount, by channel",
)


@per_world
def douyin_four_weeks(budget):
    """Media on Douyin by channel, planned and spent until the review; and the quarter's plan."""
    media = budget[(budget["item"] == "media") & (budget["platform"] == "Douyin")]
    until = within(media, "date", REVIEW).groupby("channel")[["planned", "spent"]].sum()
    return until.assign(quarter=within(media, "date", Q3).groupby("channel")["planned"].sum())


@exercise(
    "MC.4",
    title="The pace after four weeks",
    kind="table",
    unit="times",
    tolerance=0.002,
    minutes=(5, 8),
    points=2,
    practises=["R039", "R089", "R224", "R027"],
    section="The plan's arithmetic",
    selfcheck={
        "grain": "one row of budget is a day, channel, platform and item",
        "numerator and denominator": "spent over what the plan says for the same days",
        "window": "30 June to 27 July 2025, both ends in",
        "filter": "item media, platform Douyin",
    },
)
def pace(budget):
    """Held to its own days' plan, Douyin runs far above; the September campaign had made the whole quarter's line look calm."""
    table = douyin_four_weeks(budget)
    return (table["spent"] / table["planned"])[["feed ads", "live"]].to_dict()


@pace.mistake("PACING_LINEAR", repair="In which weeks did the owners plan to spend most?")
def _(budget):
    """You spread the quarter evenly over its days. The plan puts most of the Douyin money into September, so an even line hides an overspend in July."""
    table = douyin_four_weeks(budget)
    over = (table["spent"] - table["planned"]).sum()
    return wrong(
        (table["spent"] / (table["quarter"] * 4 / 13))[["feed ads", "live"]].to_dict(),
        shows={"feed ads, planned for these four weeks": yuan(table.loc["feed ads", "planned"]), "four thirteenths of its quarter": yuan(table.loc["feed ads", "quarter"] * 4 / 13)},
        cost=f"{yuan(over)} over plan in four weeks would look like money left.",
    )  # fmt: skip


@pace.mistake("AGG_HIDES", repair="Which channels make up the total, and do they all run alike?")
def _(budget):
    """You gave the pace of all media. Channels that keep their plan hide the two that do not."""
    media = within(budget[budget["item"] == "media"], "date", REVIEW)[["planned", "spent"]].sum()
    table = douyin_four_weeks(budget)
    over = (table["spent"] - table["planned"]).sum()
    whole = media["spent"] / media["planned"]
    return wrong(
        {"feed ads": whole, "live": whole},
        shows={"all media, spent": yuan(media["spent"]), "all media, planned": yuan(media["planned"])},
        cost=f"The {yuan(over)} over plan on Douyin would be looked for nowhere.",
    )


@pace.slip("numerator and denominator")
def _(budget):
    """You averaged the ratios of the days, so that a day with little money counts as much as one with a lot."""
    media = budget[(budget["item"] == "media") & (budget["platform"] == "Douyin")]
    days = within(media, "date", REVIEW).groupby(["channel", "date"])[["planned", "spent"]].sum()
    return (days["spent"] / days["planned"]).groupby("channel").mean()[["feed ads", "live"]].to_dict()


@pace.slip("window")
def _(budget):
    """You took July, the month; the review follows the fourth full week."""
    media = budget[(budget["item"] == "media") & (budget["platform"] == "Douyin")]
    table = within(media, "date", ("2025-07-01", "2025-08-01")).groupby("channel")[["planned", "spent"]].sum()
    return (table["spent"] / table["planned"])[["feed ads", "live"]].to_dict()


@pace.slip("filter")
def _(budget):
    """You took feed ads on all platforms. Only Douyin is asked for."""
    media = within(budget[budget["item"] == "media"], "date", REVIEW)
    table = media.groupby("channel")[["planned", "spent"]].sum()
    return (table["spent"] / table["planned"])[["feed ads", "live"]].to_dict()


@pace.slip("window")
def _(budget):
    """You held four weeks of bills to the plan of the whole quarter."""
    table = douyin_four_weeks(budget)
    return (table["spent"] / table["quarter"])[["feed ads", "live"]].to_dict()


@pace.slip("window")
def _(budget):
    """You took the whole quarter, and the review follows its fourth week."""
    media = budget[(budget["item"] == "media") & (budget["platform"] == "Douyin")]
    table = within(media, "date", Q3).groupby("channel")[["planned", "spent"]].sum()
    return (table["spent"] / table["planned"])[["feed ads", "live"]].to_dict()


pace.hints(
    "What did the plan say for these days?",
    "Sum planned and spent of the same 28 days by channel, then divide.",
    "budget rows with item media and platform Douyin, 2025-06-30 to 2025-07-27: spent over planned by channel",
)


@per_world
def douyin_months(budget, orders, feed_ads_daily):
    """August and September 2025, Douyin feed: media, coupons of feed ads, new customers and orders by last click."""
    campaigns = feed_ads_daily.loc[feed_ads_daily["platform"] == "Douyin", "campaign"].unique()
    paid = orders[orders["status"] == "paid"].sort_values("ordered_at", kind="stable")
    mine = paid.assign(new=~paid["customer_id"].duplicated())
    mine = mine[mine["campaign"].isin(campaigns) & (mine["channel"] == "feed ads")]
    rows = {}
    for month, period in {
        "August": ("2025-08-01", "2025-09-01"),
        "September": ("2025-09-01", "2025-10-01"),
        "quarter": ("2025-07-01", "2025-10-01"),
    }.items():
        money = within(budget, "date", period).query("channel == 'feed ads'")
        sold = within(mine, "ordered_at", period)
        media = money.loc[(money["item"] == "media") & (money["platform"] == "Douyin"), "spent"].sum()
        coupons = sold.loc[sold["new"], "new_customer_coupon"].sum()
        rows[month] = {"media": media, "coupons": coupons, "new": sold["new"].sum(), "orders": len(sold)}
    return pd.DataFrame(rows).T


@exercise(
    "MC.5",
    title="The next customer on Douyin",
    kind="number",
    unit="CNY",
    tolerance=0.01,
    minutes=(8, 12),
    points=3,
    practises=["R041", "R042", "R088", "R220", "R035"],
    section="Is Douyin worth forty per cent?",
    selfcheck={
        "grain": "one row of orders is an order; a new customer is a first paid order ever",
        "numerator and denominator": "what September cost more than August, over the new customers that it brought more",
        "window": "August and September 2025, the calendar months",
        "filter": "feed ads on Douyin: media of the platform and coupons of these first orders; orders by the campaign's platform",
    },
)
def next_customer(budget, orders, feed_ads_daily):
    """Last click counts people who would have come anyway, and misses those who saw the ad and came back another way: a reading, not a
    bound. The geo test of autumn and the play say how far to believe it."""
    t = douyin_months(budget, orders, feed_ads_daily)
    more = t.loc["September"] - t.loc["August"]
    return (more["media"] + more["coupons"]) / more["new"]


@next_customer.mistake(
    "AVG_VS_MARGINAL", repair="Which of these customers had come before the extra money was spent?"
)
def _(budget, orders, feed_ads_daily):
    """You divided September's money by September's customers. A part of both had come without the money that was added, as August shows;
    the question is about what was added."""
    t = douyin_months(budget, orders, feed_ads_daily)
    usual, right = t.loc["August"], next_customer.compute(budget, orders, feed_ads_daily)
    average = (t.loc["September", "media"] + t.loc["September", "coupons"]) / t.loc["September", "new"]
    gap = 100_000 / right - 100_000 / average
    return wrong(
        average,
        shows={"a customer of August cost": yuan((usual["media"] + usual["coupons"]) / usual["new"]), "new customers of August": count(usual["new"]), "of September": count(t.loc["September", "new"])},
        cost=f"CNY 100,000 cut from Douyin on that average would give up some {count(abs(gap))} new customers "
        f"{'more' if gap > 0 else 'fewer'} than the plan says; at CNY 140 of margin in a first order each, {yuan(140 * abs(gap))}.",
    )  # fmt: skip


@next_customer.mistake("CAC_MEDIA_ONLY", repair="What did each of them take off the first order?")
def _(budget, orders, feed_ads_daily):
    """You left out the coupons. Each new customer got one, and it was promised by the same ad."""
    t = douyin_months(budget, orders, feed_ads_daily)
    more = t.loc["September"] - t.loc["August"]
    return wrong(
        more["media"] / more["new"],
        shows={"media more": yuan(more["media"]), "coupons more": yuan(more["coupons"])},
        cost=f"{yuan(more['coupons'])} of the month would belong to nobody.",
    )


@next_customer.mistake("CAC_ALL_ORDERS", repair="How many of the orders were a customer's first?")
def _(budget, orders, feed_ads_daily):
    """You counted every order as a customer. Some were placed by customers whom we had, and their coupon did not exist."""
    t = douyin_months(budget, orders, feed_ads_daily)
    more = t.loc["September"] - t.loc["August"]
    return wrong(
        (more["media"] + more["coupons"]) / more["orders"],
        shows={
            "orders of September": count(t.loc["September", "orders"]),
            "of them first orders ever": count(t.loc["September", "new"]),
        },
    )


@next_customer.slip("window")
def _(budget, orders, feed_ads_daily):
    """You divided the whole quarter's money by its customers: an average of three months, and not what September added to August."""
    t = douyin_months(budget, orders, feed_ads_daily).loc["quarter"]
    return (t["media"] + t["coupons"]) / t["new"]


@next_customer.slip("numerator and denominator")
def _(budget, orders, feed_ads_daily):
    """You divided September's media by its new customers: an average of the month, and without their coupons."""
    t = douyin_months(budget, orders, feed_ads_daily).loc["September"]
    return t["media"] / t["new"]


@next_customer.slip("window")
def _(budget, orders, feed_ads_daily):
    """You gave what a new customer of August cost, before the money was added."""
    t = douyin_months(budget, orders, feed_ads_daily).loc["August"]
    return (t["media"] + t["coupons"]) / t["new"]


next_customer.hints(
    "What did September cost more than August, and what did it bring more?",
    "Media of Douyin's feed ads and the coupons of their first orders, September less August, over first paid orders, September less August.",
    "(media_sep - media_aug + coupons_sep - coupons_aug) / (new_sep - new_aug)",
)


# ---------------------------------------------------------------- private domain, creators, fission


@per_world
def lot(private_holdout, orders, wecom_contacts):
    """People of the lot with orders of sixty days and whether they joined."""
    first = (
        wecom_contacts.dropna(subset=["customer_id"])
        .drop_duplicates("customer_id")
        .set_index("customer_id")["added_at"]
    )
    test = private_holdout.copy()
    test["orders"] = orders_within(orders, test["customer_id"], test["start"], days=60)
    test["joined"] = test["customer_id"].map(first) < test["start"] + pd.Timedelta(days=60)
    return test


@per_world
def members_order(orders):
    """Mean amount of a paid order through the private domain in 2025, CNY."""
    rows = orders[
        (orders["status"] == "paid")
        & (orders["channel"] == "private domain")
        & (orders["ordered_at"] >= "2025-01-01")
    ]
    return rows["amount"].mean()


@exercise(
    "MC.6",
    title="What a thousand joiners are worth",
    kind="table",
    unit={"orders": "times", "margin": "CNY"},
    tolerance=0.01,
    minutes=(8, 12),
    points=3,
    practises=["R149", "R153", "R154", "R035", "R228"],
    section="From public to private",
    selfcheck={
        "grain": "one row of private_holdout is a customer who was in the lot",
        "numerator and denominator": "difference of the arms in orders, over their difference in who joined",
        "window": "sixty days from each person's start, for joining and for orders",
        "filter": "all orders of the sixty days, whatever the channel; the mean amount of those through the private domain",
    },
)
def joiners(private_holdout, orders, wecom_contacts):
    """By the lot, and in margin: this may be spent to win a thousand joiners, and no more."""
    found = holdout_effect(lot(private_holdout, orders, wecom_contacts), "orders")["per_joining"]
    return thousand(found, orders)


def thousand(each, orders):
    """Orders of a thousand people who place `each`, and the margin that these leave, CNY."""
    return {"orders": 1000 * each, "margin": 1000 * each * MARGIN * members_order(orders)}


def misplanned(found, *tables):
    """Yuan of margin between an answer and the right one, for all who joined in the lot; tables as `joiners` takes them."""
    gap = abs(found["margin"] - joiners.compute(*tables)["margin"])
    return yuan(gap * lot(*tables)["joined"].sum() / 1000)


@joiners.mistake(
    "SELECTION_AS_EFFECT", repair="Who of the invited joined, and how did these people buy before?"
)
def _(private_holdout, orders, wecom_contacts):
    """You compared joiners with the others inside the invited arm. The lot says who is invited and not who joins: good customers do, so
    most of that gap was there before."""
    test = lot(private_holdout, orders, wecom_contacts)
    means = test[test["arm"] == "invited"].groupby("joined")["orders"].mean()
    found = thousand(means[True] - means[False], orders)
    return wrong(
        found,
        shows={"orders in sixty days, invited and joined": f"{means[True]:.3f}", "invited, did not join": f"{means[False]:.3f}"},
        cost=f"{misplanned(found, private_holdout, orders, wecom_contacts)} would be misplanned on those who joined "
        "in the lot alone.",
    )  # fmt: skip


@joiners.mistake("CONFOUND_SEGMENT", repair="In which arm are most of those who did not join?")
def _(private_holdout, orders, wecom_contacts):
    """You compared all who joined with all who did not, as if there had been no lot. They are other people: who joins is a better
    customer, card or no card."""
    test = lot(private_holdout, orders, wecom_contacts)
    means = test.groupby("joined")["orders"].mean()
    found = thousand(means[True] - means[False], orders)
    return wrong(
        found,
        shows={"orders in sixty days, joined": f"{means[True]:.3f}", "did not join": f"{means[False]:.3f}"},
        cost=f"{misplanned(found, private_holdout, orders, wecom_contacts)} would be misplanned on those who joined "
        "in the lot alone.",
    )


@joiners.mistake(
    "RESPONSE_AS_UPLIFT", repair="How many orders would the same people have placed without joining?"
)
def _(private_holdout, orders, wecom_contacts):
    """You counted all that joiners order. Most of it they would have ordered without an adviser; joining adds a part."""
    test = lot(private_holdout, orders, wecom_contacts)
    found = thousand(test.loc[test["joined"], "orders"].mean(), orders)
    return wrong(
        found,
        shows={"orders in sixty days, invited": f"{test.loc[test['arm'] == 'invited', 'orders'].mean():.3f}", "held out": f"{test.loc[test['arm'] == 'held out', 'orders'].mean():.3f}"},
        cost=f"For those who joined in the lot alone, {misplanned(found, private_holdout, orders, wecom_contacts)} "
        "of samples and red packets would pay for orders that come anyway.",
    )  # fmt: skip


@joiners.mistake("MARGIN_IGNORED", repair="What is left of an order when the goods and the parcel are paid?")
def _(private_holdout, orders, wecom_contacts):
    """You gave the amounts of the orders that joining adds. A part of each pays for goods and shipping; 42 % of it is left."""
    right = joiners.compute(private_holdout, orders, wecom_contacts)
    found = {"orders": beside(joiners, right["orders"]), "margin": right["margin"] / MARGIN}
    return wrong(
        found,
        shows={"mean order through the private domain": yuan(members_order(orders)), "of it left": yuan(MARGIN * members_order(orders))},
        cost=f"For those who joined in the lot alone, {misplanned(found, private_holdout, orders, wecom_contacts)} "
        "would be spent that has gone to suppliers.",
    )  # fmt: skip


@joiners.slip("numerator and denominator")
def _(private_holdout, orders, wecom_contacts):
    """You gave what a thousand invitations are worth; not all who are invited join, and some join uninvited."""
    found = holdout_effect(lot(private_holdout, orders, wecom_contacts), "orders")["per_invitation"]
    return thousand(found, orders)


@joiners.slip("numerator and denominator")
def _(private_holdout, orders, wecom_contacts):
    """You took `extra`, by what part the invited order more than those held out. A relative rise is no number of orders, and it is one of
    all who were invited, joined or not."""
    found = holdout_effect(lot(private_holdout, orders, wecom_contacts), "orders")["extra"]
    return thousand(found, orders)


@joiners.slip("filter")
def _(private_holdout, orders, wecom_contacts):
    """You counted the orders through the private domain alone. Who joins orders in other ways, too, and some of these orders only moved."""
    test = lot(private_holdout, orders, wecom_contacts).copy()
    inside = orders[orders["channel"] == "private domain"]
    test["orders"] = orders_within(inside, test["customer_id"], test["start"], days=60)
    return thousand(holdout_effect(test, "orders")["per_joining"], orders)


joiners.hints(
    "Which people were held out by lot?",
    "holdout_effect gives orders per joining, for the first number; an order leaves 42 % of its amount, for the second.",
    "holdout_effect(test, 'orders')['per_joining'] * 1000; times 0.42 and the mean amount of a paid private-domain order of 2025",
)


@per_world
def offers_of(creators, creator_audience_overlap):
    """Creators of Xiaohongshu: (suspicion, shares, people, cost), indexed by creator_id."""
    every = creators.set_index("creator_id")
    score = suspicion(every)["score"]
    here = every[every["platform"] == "Xiaohongshu"]
    shares, people = audience(here, creator_audience_overlap)
    return score[here.index], shares, people, here["quoted_fee"] * here["minimum_posts"]


@per_world
def booked(creators, creator_audience_overlap):
    score, shares, people, cost = offers_of(creators, creator_audience_overlap)
    fine = score.index[score <= BELIEVED]
    return portfolio(shares.loc[fine], people, cost[fine], FEES)["chosen"]


@exercise(
    "MC.7",
    title="Three to five creators",
    kind="set",
    minutes=(8, 12),
    points=3,
    practises=["R112", "R113", "R114", "R117", "R120", "R035"],
    section="Creators and a mechanic",
    selfcheck={
        "grain": "one row of creators is a creator; a booking is the fee times the fewest posts",
        "reach": "each mother counted once: `reached` of the set, not the sum of its audiences",
        "filter": "Xiaohongshu, suspicion at most 0.6, together at most CNY 12,000",
    },
)
def creators_booked(creators, creator_audience_overlap):
    """Best together: each mother counts once, whoever shows her the note, and nobody above the limit is booked. Whether the limit changed
    the set, only the set without it tells; money it costs as soon as a bought audience looks cheap."""
    return set(booked(creators, creator_audience_overlap))


def filled(value, cost, money=FEES):
    """Creators by value per yuan, until five are booked or the money ends."""
    found = []
    for name in (value / cost).sort_values(ascending=False).index:
        if len(found) < 5 and cost[name] <= money:
            found, money = [*found, name], money - cost[name]
    return found


@creators_booked.mistake("VANITY_ENG", repair="Who wrote the likes and comments of the first on your list?")
def _(creators, creator_audience_overlap):
    """You booked likes and comments for the money. They are what bought followers leave, and no mother is behind them."""
    score, shares, people, cost = offers_of(creators, creator_audience_overlap)
    applause = creators.set_index("creator_id").loc[cost.index, ["likes", "comments"]].sum(axis=1)
    found = filled(applause, cost)
    bad = [name for name in found if score[name] > BELIEVED]
    return wrong(
        set(found),
        shows={"booked with a suspicion above 0.6": count(len(bad)), "mothers reached, as their pages say": count(reached(shares, people, found))},
        cost=f"{yuan(cost[bad].sum())} of the fees would go to audiences that were bought.",
    )  # fmt: skip


@creators_booked.mistake("GREEDY_ROI", repair="How many mothers see two of your creators?")
def _(creators, creator_audience_overlap):
    """You filled the list by reach per yuan. The cheap ones stand first and leave money over, and their readers are partly the same."""
    score, shares, people, cost = offers_of(creators, creator_audience_overlap)
    fine = score.index[score <= BELIEVED]
    found, best = (
        filled(shares.loc[fine].mul(people).sum(axis=1), cost[fine]),
        booked(creators, creator_audience_overlap),
    )
    gap = reached(shares, people, best) - reached(shares, people, found)
    return wrong(
        set(found),
        shows={
            "money left over": yuan(FEES - cost[found].sum()),
            "mothers reached": count(reached(shares, people, found)),
        },
        cost=f"{count(gap)} mothers would not be reached; at CNY 300 for 1,000 views by mothers, {yuan(0.3 * gap)} of reach a note.",
    )


@creators_booked.mistake("FOLLOWERS_AS_REACH", repair="How many of the followers see a median note?")
def _(creators, creator_audience_overlap):
    """You booked followers for the money. Followers are a number on a page, and some were bought; views by mothers reach somebody."""
    score, shares, people, cost = offers_of(creators, creator_audience_overlap)
    size = creators.set_index("creator_id")["followers"][cost.index]
    found = filled(size, cost)
    return wrong(
        set(found),
        shows={"followers": count(size[found].sum()), "mothers reached, as their pages say": count(reached(shares, people, found)),
               "booked with a suspicion above 0.6": count((score[found] > BELIEVED).sum())},
    )  # fmt: skip


@per_world
def by_plain_sum(creators, creator_audience_overlap):
    """The set within the money whose audiences add up to most, whoever stands in two of them; creator_ids."""
    score, shares, people, cost = offers_of(creators, creator_audience_overlap)
    fine = score.index[score <= BELIEVED]
    views, fees = shares.loc[fine].mul(people).sum(axis=1).to_numpy(), cost[fine].to_numpy()
    best = {}
    for size in (3, 4, 5):
        sets = np.array(list(combinations(range(len(fine)), size)))
        sums = np.where(fees[sets].sum(axis=1) <= FEES, views[sets].sum(axis=1), -1.0)
        best[sums.max()] = sets[sums.argmax()]
    return set(fine[best[max(best)]])


@creators_booked.slip("reach")
def _(creators, creator_audience_overlap):
    """You added up the audiences. A mother who sees two of your creators is counted twice there."""
    return by_plain_sum(creators, creator_audience_overlap)


@creators_booked.slip("filter")
def _(creators, creator_audience_overlap):
    """You looked for the best set on all platforms. Asked for are creators of Xiaohongshu."""
    every = creators.set_index("creator_id")
    fine = every[suspicion(every)["score"] <= BELIEVED]
    shares, people = audience(fine, creator_audience_overlap)
    return set(portfolio(shares, people, fine["quoted_fee"] * fine["minimum_posts"], FEES)["chosen"])


@creators_booked.slip("grain")
def _(creators, creator_audience_overlap):
    """You paid each creator for one post. Nobody sells fewer posts than `minimum_posts`."""
    score, shares, people, _ = offers_of(creators, creator_audience_overlap)
    fine = score.index[score <= BELIEVED]
    fees = creators.set_index("creator_id")["quoted_fee"].astype(float)[fine]
    return set(portfolio(shares.loc[fine], people, fees, FEES)["chosen"])


@creators_booked.slip("filter")
def _(creators, creator_audience_overlap):
    """Your set reaches most, and it costs more than there is for it."""
    score, shares, people, cost = offers_of(creators, creator_audience_overlap)
    fine = score.index[score <= BELIEVED]
    return set(portfolio(shares.loc[fine], people, cost[fine], cost.sum())["chosen"])


creators_booked.hints(
    "Whom do you believe, what does a booking cost, and who is seen twice?",
    "suspicion, then audience over those who are left, then portfolio with the fee times the fewest posts.",
    "portfolio(shares, people, cost, 12_000)['chosen'] over creators of Xiaohongshu with a score of at most 0.6",
)


@per_world
def sign_ups(referrals, orders):
    """Sign-ups until the end of September with reward, ring size, paid amounts of ninety days after signing up (all, the first of them), and
    what the first order ever (`first_order_id`) was paid."""
    rows = referrals[referrals["accepted_at"] < "2025-10-01"].copy()
    rows["group"] = ring_sizes(rows)
    paid = orders[orders["status"] == "paid"]
    rows["customer"] = rows["first_order_id"].map(orders.set_index("order_id")["customer_id"])
    sold = paid[["customer_id", "ordered_at", "amount"]].merge(
        rows.dropna(subset=["customer"])[["customer", "accepted_at"]],
        left_on="customer_id",
        right_on="customer",
    )
    days = (sold["ordered_at"] - sold["accepted_at"]).dt.total_seconds() / 86_400
    ever, sold = sold[days >= 0], sold[(days >= 0) & (days < 90)].sort_values("ordered_at")
    rows["amount"] = rows["customer"].map(sold.groupby("customer_id")["amount"].sum()).fillna(0.0)
    rows["ever"] = rows["customer"].map(ever.groupby("customer_id")["amount"].sum()).fillna(0.0)
    rows["first"] = rows["customer"].map(sold.groupby("customer_id")["amount"].first()).fillna(0.0)
    rows["first_ever"] = rows["first_order_id"].map(paid.set_index("order_id")["amount"]).fillna(0.0)
    return rows


MECHANICS = ["cut price", "gift card", "group buy", "try free"]


@exercise(
    "MC.8",
    title="What a sign-up leaves, by mechanic",
    kind="table",
    unit="CNY",
    tolerance=0.02,
    minutes=(8, 12),
    points=3,
    practises=["R158", "R159", "R160", "R162", "R035"],
    section="Creators and a mechanic",
    selfcheck={
        "grain": "one row of referrals is an invitation; a sign-up is one that was accepted",
        "numerator and denominator": "42 % of what the invited paid, less all rewards, over all sign-ups, false ones included",
        "window": "signed up before 1 October 2025; orders of the ninety days after signing up",
        "filter": "paid orders of the person whose first order the invitation holds",
    },
)
def per_sign_up(referrals, orders):
    """False friends cost rewards and buy nothing; per sign-up, rewards included, they show as what they are."""
    rows = sign_ups(referrals, orders)
    sums = rows.groupby("mechanic")[["amount", "reward_cost"]].sum()
    return ((MARGIN * sums["amount"] - sums["reward_cost"]) / rows.groupby("mechanic").size())[
        MECHANICS
    ].to_dict()


@per_sign_up.mistake(
    "FAKE_IGNORED",
    repair="How many of the sign-ups of cut price stand alone, with a phone and an address of their own?",
)
def _(referrals, orders):
    """You gave every sign-up what a buyer leaves. Many are one person with many phones, and never buy."""
    rows = sign_ups(referrals, orders)
    bought = rows[rows["amount"] > 0]
    value = (
        MARGIN * bought.groupby("mechanic")["amount"].mean() - rows.groupby("mechanic")["reward_cost"].mean()
    )
    cut = rows[rows["mechanic"] == "cut price"]
    return wrong(
        value[MECHANICS].to_dict(),
        shows={"sign-ups of cut price": count(len(cut)), "in groups of three or more by phone or address": count((cut["group"] >= 3).sum()), "that ever paid": count((cut["amount"] > 0).sum())},
        cost=f"A thousand sign-ups of cut price would be planned with {yuan(1000 * value['cut price'])} that do not come.",
    )  # fmt: skip


@per_sign_up.mistake("TOTAL_VS_NET", repair="Who pays for the gifts?")
def _(referrals, orders):
    """You counted what came in and not the rewards. They are paid for each sign-up, whoever it was."""
    rows = sign_ups(referrals, orders)
    value = MARGIN * rows.groupby("mechanic")["amount"].mean()
    reward = rows.groupby("mechanic")["reward_cost"].mean()
    return wrong(
        value[MECHANICS].to_dict(),
        shows={
            "reward for a sign-up of try free": yuan(reward["try free"], 2),
            "of gift card": yuan(reward["gift card"], 2),
        },
        cost=f"Rewards of {yuan(rows['reward_cost'].sum())} would stand in nobody's plan.",
    )


@per_sign_up.mistake("FIRST_ORDER_ONLY", repair="How often do friends order within ninety days?")
def _(referrals, orders):
    """You stopped at the first order. Who was brought by a friend orders again, and that is a part of what the reward bought."""
    rows = sign_ups(referrals, orders)
    return wrong(
        by_first_order(rows, "first_ever"),
        shows={
            "paid in ninety days": yuan(rows["amount"].sum()),
            "of it first orders": yuan(rows["first"].sum()),
        },
    )


def by_first_order(rows, first):
    """What the column `first` leaves per sign-up, rewards paid; dict by mechanic."""
    means = rows.groupby("mechanic")[[first, "reward_cost"]].mean()
    return (MARGIN * means[first] - means["reward_cost"])[MECHANICS].to_dict()


@per_sign_up.mistake("MARGIN_IGNORED", repair="Who pays for the goods in the parcels?")
def _(referrals, orders):
    """You took all that the invited paid. Goods and shipping come out of it before the reward does; 42 % is left."""
    rows = sign_ups(referrals, orders)
    means = rows.groupby("mechanic")[["amount", "reward_cost"]].mean()
    gap = (1 - MARGIN) * rows["amount"].sum()
    return wrong(
        (means["amount"] - means["reward_cost"])[MECHANICS].to_dict(),
        shows={
            "paid in ninety days": yuan(rows["amount"].sum()),
            "of it margin": yuan(MARGIN * rows["amount"].sum()),
        },
        cost=f"{yuan(gap)} that suppliers and couriers got would be planned as earned.",
    )


@per_sign_up.mistake("WRONG_DENOM", repair="Whom do we pay a reward for, and whom do you divide by?")
def _(referrals, orders):
    """You divided by those who bought. A plan pays for sign-ups, and most of them never buy, so nobody gets a buyer for one sign-up's price."""
    rows = sign_ups(referrals, orders)
    sums = rows.groupby("mechanic")[["amount", "reward_cost"]].sum()
    buyers = (rows["amount"] > 0).groupby(rows["mechanic"]).sum()
    value = (MARGIN * sums["amount"] - sums["reward_cost"]) / buyers
    right = pd.Series(per_sign_up.compute(referrals, orders))
    gap = ((value - right) * rows.groupby("mechanic").size()).sum()
    return wrong(
        value[MECHANICS].to_dict(),
        shows={"sign-ups": count(len(rows)), "of them bought": count(buyers.sum())},
        cost=f"As many sign-ups again, by all four mechanics together, would be planned with {yuan(gap)} "
        "too much.",
    )


@per_sign_up.slip("numerator and denominator")
def _(referrals, orders):
    """You stopped at the first order within the ninety days; all paid orders of these days count."""
    return by_first_order(sign_ups(referrals, orders), "first")


@per_sign_up.slip("window")
def _(referrals, orders):
    """You counted all orders until the end of the books. Ninety days are asked for, so that early and late sign-ups are alike."""
    return by_first_order(sign_ups(referrals, orders), "ever")


per_sign_up.hints(
    "Who signed up, who of them ever paid, and who got a reward?",
    "By mechanic: 42 % of the paid amounts of ninety days, less the rewards, over the accepted invitations.",
    "first_order_id leads to the customer, the customer to the orders between accepted_at and ninety days later",
)


# ---------------------------------------------------------------- vendors and team


@per_world
def second_half(vendor_monthly):
    """Ad accounts of the vendors A and B in the second half of 2025: cost and revenue by audience and vendor."""
    rows = vendor_monthly[(vendor_monthly["month"] >= "2025-07") & vendor_monthly["vendor"].isin(["A", "B"])]
    return rows.groupby(["audience", "vendor"])[["cost", "revenue"]].sum()


@exercise(
    "MC.9",
    title="The vendors at equal audiences",
    kind="table",
    unit="times",
    tolerance=0.005,
    minutes=(6, 9),
    points=3,
    practises=["R235", "R236", "R237", "R238"],
    section="Vendors and the team",
    selfcheck={
        "grain": "one row of vendor_monthly is a month, vendor, campaign and audience",
        "numerator and denominator": "revenue over cost within each audience, weighted by both vendors' cost on that audience",
        "window": "July to December 2025",
    },
)
def vendors(vendor_monthly):
    """At equal audiences the lead shrinks or turns: it was the list of easy people, not the work."""
    sums = second_half(vendor_monthly)
    cost = sums["cost"].groupby("audience").sum()
    ratio = (sums["revenue"] / sums["cost"]).unstack()
    return ratio.mul(cost / cost.sum(), axis=0).sum().to_dict()


@vendors.mistake("MIX_UNADJUSTED", repair="On whom did each vendor spend the money?")
def _(vendor_monthly):
    """You compared the vendors on audiences that are not alike: all revenue over all cost, or made equal by something else, such as the
    campaign. A vendor that spends on people who know us looks better whatever it does."""
    sums = second_half(vendor_monthly)
    raw = sums.groupby("vendor").sum()
    core = sums["cost"].unstack().loc["core"] / raw["cost"]
    right, found = vendors.compute(vendor_monthly), (raw["revenue"] / raw["cost"]).to_dict()
    return wrong(
        found,
        shows={"A's money on people who know us": percent(core["A"], 0), "B's": percent(core["B"], 0)},
        cost=f"CNY 100,000 moved from B to A would be expected to bring {yuan(100_000 * (found['A'] - found['B']))} more; at equal audiences it is "
        f"{yuan(100_000 * (right['A'] - right['B']))}.",
    )  # fmt: skip


@vendors.slip("numerator and denominator")
def _(vendor_monthly):
    """You averaged the ratios of the audiences. Each audience then counts the same, however little is spent on it."""
    sums = second_half(vendor_monthly)
    return (sums["revenue"] / sums["cost"]).unstack().mean().to_dict()


def adjusted(vendor_monthly, first, last):
    """Revenue per yuan of both at equal audiences, months from first to last; dict."""
    rows = vendor_monthly[
        vendor_monthly["month"].between(first, last) & vendor_monthly["vendor"].isin(["A", "B"])
    ]
    return standardised(rows, "revenue", "cost", of="vendor", within="audience")["adjusted"].to_dict()


@vendors.slip("window")
def _(vendor_monthly):
    """You took July to September. The second half of the year is asked for."""
    return adjusted(vendor_monthly, "2025-07", "2025-09")


@vendors.slip("window")
def _(vendor_monthly):
    """You took the whole year. Its second half is asked for."""
    return adjusted(vendor_monthly, "2025-01", "2025-12")


vendors.hints(
    "What would both have returned with the same audiences?",
    "standardised weighs the ratios within audiences by the whole cost on each.",
    "standardised(rows, 'revenue', 'cost', of='vendor', within='audience')['adjusted']",
)


@per_world
def hours(timesheets, work_requests):
    """Hours of the four that a plan of the thirteen weeks may use: DataFrame of hours_left."""
    sheets = within(timesheets, "week_start", Q3)
    sheets = sheets[sheets["person"].isin(PEOPLE)]
    return hours_left(sheets, work_requests.groupby("owner")["hours"].sum() / 26, weeks=13)


def sheet(team_kpi):
    rows = team_kpi[team_kpi["quarter"] == "2025-Q2"]
    return rows.assign(done=rows["actual"] / rows["target"])


@exercise(
    "MC.10",
    title="Four people: what they did, what they can do",
    kind="table",
    tolerance=0.01,
    minutes=(6, 9),
    points=2,
    practises=["R230", "R232", "R233", "R234", "R239"],
    section="Vendors and the team",
    selfcheck={
        "grain": "one row of team_kpi is a person and a KPI; one of timesheets a person and a week",
        "numerator and denominator": "completion up to 120 %, times weight / 100, times difficulty; hours: contract less leave less requests",
        "window": "KPI of 2025-Q2; the thirteen weeks from 30 June 2025; requests of 26 weeks",
        "filter": "Lin, Zhou, He and Wu, not Qiao",
    },
)
def team(team_kpi, timesheets, work_requests):
    """Capped, weighted, by difficulty; and no plan for hours that others have taken already."""
    left = hours(timesheets, work_requests)["left"]
    return pd.DataFrame({"score": kpi_scores(sheet(team_kpi)), "hours left": left}).loc[PEOPLE]


@team.mistake(
    "KPI_UNCAPPED", repair="Which KPI of the sheet is far above its target, and what is its weight?"
)
def _(team_kpi, timesheets, work_requests):
    """You averaged raw completion. One easy KPI then pays for the others, and the sheet rewards whoever had it."""
    right, rows = team.compute(team_kpi, timesheets, work_requests), sheet(team_kpi)
    raw = rows.groupby("person")["done"].mean()
    return wrong(
        right.assign(score=raw),
        shows={"first by raw completion": raw.idxmax(), "highest completion of that sheet": percent(rows.loc[rows["person"] == raw.idxmax(), "done"].max(), 0)},
        cost=f"A bonus of {yuan(20_000)} would go to {raw.idxmax()}.",
    )  # fmt: skip


@team.mistake("KPI_UNWEIGHTED", repair="Do all KPIs of a sheet weigh the same, and were they equally hard?")
def _(team_kpi, timesheets, work_requests):
    """You capped and gave each KPI one vote. Weight and difficulty were agreed with the target."""
    right, rows = team.compute(team_kpi, timesheets, work_requests), sheet(team_kpi)
    capped = rows["done"].clip(upper=1.2).groupby(rows["person"]).mean()
    return wrong(
        right.assign(score=capped),
        shows={"smallest weight": f"{rows['weight'].min()}", "largest weight": f"{rows['weight'].max()}"},
        cost=f"A bonus of {yuan(20_000)} would go to {capped.idxmax()}.",
    )


@team.mistake("CAPACITY_BLIND", repair="What else do the four do in a week?")
def _(team_kpi, timesheets, work_requests):
    """You planned all hours at work. Other departments' requests take a part of them every week, and nobody asks the plan."""
    right, table = team.compute(team_kpi, timesheets, work_requests), hours(timesheets, work_requests)
    return wrong(
        right.assign(**{"hours left": table["present"]}),
        shows={
            "hours at work": count(table["present"].sum()),
            "taken by requests in a week": f"{table['asked'].sum() / 13:.0f}",
        },
        cost=f"{count(table['asked'].sum())} hours would be planned twice; at CNY 120 an hour, {yuan(120 * table['asked'].sum())}.",
    )


@team.slip("numerator and denominator")
def _(team_kpi, timesheets, work_requests):
    """You weighted by weight and difficulty, but let completion above 120 % count in full."""
    return team.compute(team_kpi, timesheets, work_requests).assign(
        score=kpi_scores(sheet(team_kpi), cap=float("inf"))
    )


@team.slip("numerator and denominator")
def _(team_kpi, timesheets, work_requests):
    """You left the difficulty out of the scores."""
    right = team.compute(team_kpi, timesheets, work_requests)
    return right.assign(score=kpi_scores(sheet(team_kpi).assign(difficulty=1.0)))


@team.slip("numerator and denominator")
def _(team_kpi, timesheets, work_requests):
    """You did not take off the hours of leave."""
    right = team.compute(team_kpi, timesheets, work_requests)
    sheets = within(timesheets, "week_start", Q3).groupby("person")
    return right.assign(**{"hours left": right["hours left"] + sheets["leave_hours"].sum()})


@team.slip("window")
def _(team_kpi, timesheets, work_requests):
    """You took off what requests took in 26 weeks; the plan has thirteen."""
    table = hours(timesheets, work_requests)
    return team.compute(team_kpi, timesheets, work_requests).assign(
        **{"hours left": table["present"] - 2 * table["asked"]}
    )


team.hints(
    "What counts at most on a sheet, and which hours belong to the plan?",
    "kpi_scores for the sheets of the quarter; hours_left for the four and thirteen weeks, requests over 26 weeks.",
    "hours_left(sheets, work_requests.groupby('owner')['hours'].sum() / 26, weeks=13)['left'], sheets those of the four",
)


# ---------------------------------------------------------------- the play

HALVED = [{"after_week": 4, "change": {"live": 0.5}}]


@per_world
def owners():
    """The owners' plan, played under seed 1."""
    return simulator.play(simulator.reference())


@per_world
def halved():
    """The same with half the live money from the fifth week on."""
    return simulator.play(simulator.reference() | {"reviews": HALVED})


@per_world
def live_effect():
    return simulator.effect(halved(), owners()).loc["live"]


def paces(money, linear=False):
    """Spent over planned so far at each review, by channel; DataFrame week x channel."""
    sums = money.pivot(index="week", columns="channel", values="spent").cumsum()
    planned = money.pivot(index="week", columns="channel", values="planned")
    line = pd.DataFrame(
        {name: planned[name].sum() * planned.index / 13 for name in planned}, index=planned.index
    )
    return (sums / (line if linear else planned.cumsum())).loc[[4, 8]]


def rung(table):
    return {f"{channel} {week}" for week, row in table.iterrows() for channel in row.index[row > LIMIT]}


@exercise(
    "MC.11",
    title="Where the trigger fires",
    kind="set",
    minutes=(6, 9),
    points=3,
    practises=["R224", "R225", "R027", "R089", "R223"],
    section="The quarter is played",
    selfcheck={
        "grain": "one row of play.money is a week and a channel",
        "numerator and denominator": "spent so far over planned so far, since the first week",
        "window": "up to and with week 4, up to and with week 8",
        "names": "channel and week as they stand in play.money, with one space between",
    },
)
def fired():
    """Only what stands above the limit, held to its own plan, calls for action. The rest runs."""
    return rung(paces(owners().money))


@fired.mistake("PACING_LINEAR", repair="Is a quarter's money spent evenly?")
def _():
    """You held each channel to an even share of its quarter. The plan puts Douyin's money into September, so July looks thrifty on that line."""
    table, own = paces(owners().money, linear=True), owners().money
    douyin = own[(own["channel"] == "Douyin feed") & (own["week"] <= 4)][["planned", "spent"]].sum()
    return wrong(
        rung(table) or {"none"},
        shows={"Douyin feed, planned until week 4": yuan(douyin["planned"]), "spent": yuan(douyin["spent"])},
        cost=f"{yuan(douyin['spent'] - douyin['planned'])} over plan would pass the first review.",
    )


@fired.mistake("NOISE_AS_SIGNAL", repair="How far from its plan does a quiet channel run by luck?")
def _():
    """You let every channel ring that is above its plan. Bills never meet a plan to the yuan, and a review that answers luck runs after noise."""
    table = paces(owners().money)
    names = {f"{channel} {week}" for week, row in table.iterrows() for channel in row.index[row > 1]}
    quiet = table.to_numpy()[(table.to_numpy() > 1) & (table.to_numpy() <= LIMIT)]
    return wrong(
        names,
        shows={
            "readings between 1 and the limit": count(len(quiet)),
            "the smallest of them": f"{quiet.min():.3f}",
        },
        cost=f"{count(len(quiet))} times somebody would cut a channel that keeps its plan; at CNY 120 for an hour of talk, {yuan(120 * len(quiet))} and a plan that nobody trusts.",
    )


@fired.slip("numerator and denominator")
def _():
    """Your set is empty. Did you hold each channel to an even share of its quarter? The plan puts Douyin's money into September, so July
    looks thrifty on that line."""
    return set()


@fired.slip("window")
def _():
    """You took the weeks 4 and 8 by themselves; the trigger looks at all that was spent since the first week."""
    weeks = owners().money[owners().money["week"].isin([4, 8])]
    weeks = weeks[weeks["spent"] > LIMIT * weeks["planned"]]
    return set(weeks["channel"] + " " + weeks["week"].astype(str))


@fired.slip("window")
def _():
    """You looked at the first review only, and there are two."""
    return rung(paces(owners().money).loc[[4]])


def renamed(change):
    """The right set with each name changed."""
    return {change(name) for name in rung(paces(owners().money))}


@fired.slip("names")
def _():
    """You named the channel without its week."""
    return renamed(lambda name: name.rpartition(" ")[0])


@fired.slip("names")
def _():
    """You took the platform's name. In `owners.money` the channel is called otherwise."""
    return renamed(lambda name: name.replace("Douyin feed", "Douyin"))


@fired.slip("names")
def _():
    """You took the channels of `budget`. In `owners.money` feed ads are divided."""
    return renamed(lambda name: name.replace("Douyin feed", "feed ads"))


@fired.slip("names")
def _():
    """You named the week in which the action begins. A review is called by the week that it follows."""
    return renamed(lambda name: f"{name.rpartition(' ')[0]} {int(name.rpartition(' ')[2]) + 1}")


fired.hints(
    "So far, or this week?",
    "Add up spent and planned by channel to the review's week, divide, and keep what is above 1.15.",
    "money = played.money; cumulate by channel, take weeks 4 and 8; names such as 'live 4'",
)


@prediction(
    "MC.a",
    title="What halving live from the fifth week on is worth, money saved included, CNY",
    section="The quarter is played",
    unit="CNY",
)
def guess_live():
    """Most people who buy in a live room would have come without the traffic that was bought, and much of what they buy comes back."""
    return live_effect()["net"]


@guess_live.mistake("LASTCLICK_AS_INCREMENTAL", repair="Who of the viewers would have been there anyway?")
def _():
    """You expected to lose what stands in the books of the rooms. Most of it is bought by people who follow the host already."""
    books = owners().weeks.query("channel == 'live' and week > 4")
    return -0.5 * MARGIN * books["revenue"].sum()


@exercise(
    "MC.12",
    title="What the review's action did",
    kind="table",
    unit="CNY",
    tolerance=0.01,
    minutes=(8, 12),
    points=3,
    practises=["R228", "R030", "R031", "R226", "R221"],
    section="The quarter is played",
    selfcheck={
        "grain": "a play is a quarter; two plays of one seed share their luck",
        "numerator and denominator": "caused less spent, halved less owners' plan; what is saved is spent with a minus",
        "average": "the halved quarter against the owners', from the fifth week on",
        "filter": "the lever live",
    },
)
def retro():
    """The same quarter without the action is what it is compared with; only a simulator or a lot has it. `caused` may be above zero though
    less was spent: on average an order of the rooms leaves a loss when refunds, goods and shipping are paid, and fewer were brought."""
    found = live_effect()
    return {"spent": found["spent"], "caused": found["caused"], "net": found["net"]}


def live_revenue(play):
    """Revenue of the rooms by week, by last click; Series."""
    return play.weeks.query("channel == 'live'").set_index("week")["revenue"]


def by_books():
    """What the difference in the rooms' revenue would mean at the planning margin, CNY."""
    return MARGIN * (live_revenue(halved()).sum() - live_revenue(owners()).sum())


@retro.mistake("PRE_POST", repair="What else changed between July and September?")
def _():
    """You compared the weeks after with the weeks before. Season, checkout and campaign moved as well, and all of it is booked on your action."""
    sold, spent = live_revenue(halved()), live_effect()["spent"]
    before, after = sold[sold.index <= 4].mean(), sold[sold.index > 4].mean()
    caused = 9 * MARGIN * (after - before)
    return wrong(
        {"spent": spent, "caused": caused, "net": caused - spent},
        shows={
            "revenue of the rooms, first four weeks": yuan(sold.head(4).sum()),
            "last four weeks": yuan(sold.tail(4).sum()),
        },
        cost=f"The file for the next quarter would hold {yuan(caused - spent)} instead of what the action did.",
    )


@retro.mistake(
    "LASTCLICK_AS_INCREMENTAL",
    repair="Do the books of the rooms know who would have bought anyway, and what came back?",
)
def _():
    """You took the difference in the books of the rooms, at the planning margin. They hold everybody who buys there and the luck of single
    orders, and more than a third of it is sent back."""
    spent, caused = live_effect()["spent"], by_books()
    return wrong(
        {"spent": spent, "caused": caused, "net": caused - spent},
        shows={"refunds of the rooms": yuan(owners().channels.loc["live", "refunds"]), "their revenue": yuan(owners().channels.loc["live", "revenue"])},
        cost=f"Live would be judged by {yuan(abs(caused))} of margin {'lost' if caused < 0 else 'won'} "
        "that the books alone show.",
    )  # fmt: skip


@retro.mistake("NO_UNCERTAINTY", repair="What else differs between two quarters than what you did?")
def _():
    """You took the difference in `worth`. It holds the luck of two quarters beside what the action did, and `effect` takes that luck out."""
    found = halved().result["worth"] - owners().result["worth"]
    spread = [simulator.play(simulator.reference(), seed).result["worth"] for seed in (1, 2, 3)]
    return wrong(
        {"spent": beside(retro, live_effect()["spent"]), "caused": live_effect()["caused"], "net": found},
        shows={f"worth of the owners' plan, seed {n}": yuan(value) for n, value in enumerate(spread, 1)},
        cost=f"Between these three quarters, with nothing done, lie {yuan(max(spread) - min(spread))}: so much luck "
        "can stand in the file as the work of a review.",
    )


@retro.mistake("MARGIN_IGNORED", repair="What is left of the rooms' revenue after refunds and goods?")
def _():
    """You counted revenue. In the rooms more than a third comes back, and the goods are paid for."""
    spent, caused = live_effect()["spent"], by_books() / MARGIN
    return wrong(
        {"spent": spent, "caused": caused, "net": caused - spent},
        shows={"revenue of the rooms": yuan(owners().channels.loc["live", "revenue"]), "their margin": yuan(owners().channels.loc["live", "margin"])},
    )  # fmt: skip


@retro.slip("average")
def _():
    """You took what a yuan of live causes on average, and let the yuan that were saved take it along. The next yuan is not the average one."""
    spent, whole = live_effect()["spent"], simulator.effect(owners()).loc["live"]
    caused = spent * whole["caused"] / whole["spent"]
    return {"spent": spent, "caused": caused, "net": caused - spent}


@retro.slip("average")
def _():
    """You halved the whole quarter of live. The action begins with the fifth week, and half of the money is not half of what it causes."""
    whole = simulator.effect(owners()).loc["live"] / 2
    return {"spent": -whole["spent"], "caused": -whole["caused"], "net": whole["spent"] - whole["caused"]}


@retro.slip("numerator and denominator")
def _():
    """You counted the money saved alone, as if live had caused nothing. What it caused, more or less than before, belongs to the action."""
    return {"spent": live_effect()["spent"], "caused": 0.0, "net": -live_effect()["spent"]}


retro.hints(
    "With what is a quarter compared that had the action?",
    "Play both plans under one seed, and let effect take them apart.",
    "effect(play(base | {'reviews': [...]}), play(base)).loc['live', ['spent', 'caused', 'net']]",
)


@exercise(
    "MC.13",
    title="Three lines for Director Shen",
    kind="memo",
    unit="CNY",
    tolerance=0.02,
    minutes=(8, 12),
    points=2,
    practises=["R221", "R035", "R220", "R031"],
    section="The page for Director Shen",
    selfcheck={
        "line 1": "the `net` of exercise 12 in yuan, and beside what: the owners' quarter",
        "line 2": "a figure of your own: what your plan added to the owners', with its error",
        "line 3": "begins with a verb and says who should do what, by when",
    },
)
def memo():
    """Line 1 is right, and the three lines are there. Is the error there, in line 2? Look yourself. Whether the plan is wise, no check can
    tell: let somebody read it."""
    return live_effect()["net"]


@memo.mistake("LASTCLICK_AS_INCREMENTAL", repair="Does line 1 compare two quarters, or two books?")
def _():
    """Your first line comes from the books of the rooms. Director Shen asks what the action did."""
    found = by_books() - live_effect()["spent"]
    return wrong(
        found,
        shows={"standard error of the action's effect": yuan(live_effect()["error"])},
        cost=f"The next plan would be off by {yuan(abs(found - live_effect()['net']))} a quarter.",
    )


@memo.mistake("TOTAL_VS_NET", repair="What happened to the money that live did not get?")
def _():
    """Your first line gives the margin that was caused. What the action is worth is that and the money saved: the `net`."""
    found = live_effect()
    return wrong(
        found["caused"],
        shows={"spent more (a minus: saved)": yuan(found["spent"])},
        cost=f"{yuan(-found['spent'])} that the action saved would stand in nobody's retro.",
    )


@memo.mistake("NO_UNCERTAINTY", repair="What else differs between two quarters than what you did?")
def _():
    """Your first line gives the difference in `worth`. It holds the luck of two quarters beside what the action did; `effect` takes the luck out."""
    found = halved().result["worth"] - owners().result["worth"]
    gap = abs(found - live_effect()["net"])
    return wrong(
        found,
        shows={
            "worth, live halved": yuan(halved().result["worth"]),
            "of the owners": yuan(owners().result["worth"]),
        },
        cost=f"Luck of {yuan(gap)} would stand in the file as the work of a review.",
    )


@memo.mistake("NO_ACTION", repair="Who should do what by when, now that the quarter is known?")
def _():
    """Your third line asks for nothing. A retro that asks for nothing is filed."""
    return None


memo.hints(
    "Which number of the retro would Director Shen repeat tomorrow?",
    "Line 1 is the net of exercise 12; line 2 what your plan added, and its error; line 3 begins with a verb: who should do what, by when.",
    "effect(...).loc['live', 'net'] in line 1, with the words: more than without the action",
)


@exercise(
    "MC.14",
    title="Your quarter, judged by seven criteria",
    kind="rubric",
    page="own_the_quarter.html",
    minutes=(15, 25),
    points=24,
    practises=["R035", "R221", "R228"],
    section="How good is it?",
    criteria=CRITERIA,
    selfcheck={
        "grain": "one level for each criterion, 1 to 4, for the page as it is and not as it was meant"
    },
)
def judged(budget, recall_test, survey, survey_population, segment_targets, team_kpi, hook_funnel_daily):
    """Levels from one to four are saved with the date; judge again after you have mended what comes first below."""
    card = segment_targets.set_index("segment")[CRITERIA_OF_CARD]
    target = first_year(segment_targets).idxmax()
    return facts(budget, recall_test, survey, survey_population, card, target, team_kpi, hook_funnel_daily)
