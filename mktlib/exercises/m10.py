"""M10 Manage the quarter: targets, budget, pacing, review loop, team scores. Lesson: lessons/2_mid/M10_manage_the_quarter.md."""

import numpy as np
import pandas as pd

from mktlib.course import exercise, per_world, prediction, unless_near, wrong
from mktlib.course.text import count, percent, times, yuan
from mktlib.quarter import day_kinds, hours_left, kpi_scores, next_yuan, pace_plan, target_tree
from mktlib.search import overspent, pacing
from mktlib.weekly import bridge_total, service_level

QUARTER = "2025-Q3"
Q3 = ("2025-07-01", "2025-09-30")
EVENING = "2025-11-11"  # the evening on which finance asked to stop
MARGIN = 0.42  # finance's planning figure, given in J02
HOUR = 120  # what finance books for an hour of the team, CNY; the lesson says so
BONUS = 20_000  # for the first of the KPI list, CNY; the lesson says so
YEAR_END = "2025-12-31"
REQUEST_WEEKS = 26
BOOK = {
    "strategy_budget": (15, 20),
    "ad_placement": (25, 35),
    "analysis_reporting": (20, 25),
    "content_seo": (15, 20),
    "social_partners": (10, 15),
    "teamwork_learning": (5, 10),
}


def between(table, column, start, end):
    """Rows of whole days, both included."""
    days = table[column].dt.normalize()
    return table[(days >= start) & (days <= end)]


# ---------------------------------------------------------------- two questions from before


@exercise(
    "M10.r1",
    title="Which return pays for a yuan of media",
    kind="choice",
    practises=["R220"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "above 1, because then more comes in than was spent",
        "b": "above one over the margin, because only the margin of the revenue is there to pay for it",
        "c": "above the return of last year, because that is what the channel can do",
    },
)
def paying_return():
    """A yuan of revenue leaves its margin, so break-even ROAS is one over the margin."""
    return "b"


@paying_return.mistake("MARGIN_IGNORED", repair="What is left of a yuan of revenue after goods and shipping?")
def _():
    """You let revenue pay for media. Goods and shipping are paid from it first."""
    return "a"


@paying_return.mistake("NO_COMPARISON", repair="Can last year's return have been a loss?")
def _():
    """You held the channel to its own past. A channel may get better every year and still lose money on each order."""
    return "c"


paying_return.hints(
    "What does a yuan of revenue have to pay for?",
    "Revenue x margin pays for media; where are the two equal?",
    "Break-even ROAS = 1 / margin.",
)


@exercise(
    "M10.r2",
    title="What a bridge says",
    kind="choice",
    practises=["R224"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "why the gap came about, because each effect is a cause",
        "b": "which effect is beyond chance, because small bars are noise",
        "c": "where the gap sits, in parts that add up to it, and not yet why",
    },
)
def bridge_says():
    """Volume, mix and rate add up to the gap. Each still needs its cause, with evidence of its own."""
    return "c"


@bridge_says.mistake("CAUSAL_WORDS", repair="Does a fall of the rate say who or what lowered it?")
def _():
    """You took the parts of a sum for causes. A bridge is arithmetic: it names the place, not the reason."""
    return "a"


@bridge_says.mistake(
    "NOISE_AS_SIGNAL", repair="Which number of a bridge tells how much weeks differ by luck?"
)
def _():
    """You read chance from the size of a bar. Nothing in a bridge knows how much such a part moves when nothing happens."""
    return "b"


bridge_says.hints(
    "What do the bars of a bridge add up to?",
    "Does arithmetic tell a cause?",
    "Place, not reason; chance is the control chart's question.",
)


# ---------------------------------------------------------------- targets that close


@per_world
def plan_of(channel_targets):
    """The plan of the quarter by channel, shares and rates as fractions."""
    table = channel_targets.set_index("channel")
    return pd.DataFrame(
        {
            "share": table["goal_share"] / 100,
            "cvr": table["planned_cvr"] / 100,
            "aov": table["planned_aov"],
            "handed_in": table["target_gmv"],
            "visits_handed_in": table["planned_visits"],
        }
    )


def goal_of(quarter_goals):
    return float(quarter_goals.set_index("quarter").loc[QUARTER, "gmv_goal"])


@exercise(
    "M10.1",
    title="From the goal to visits per channel",
    kind="table",
    unit="times",
    minutes=(4, 6),
    practises=["R001", "R026", "R027"],
    section="A tree that closes",
    selfcheck={
        "grain": "one row is a channel of the own shop",
        "numerator and denominator": "the channel's share of the goal, over its own orders per visit and its own yuan per order",
        "filter": "shares of the goal, not the targets handed in",
    },
)
def visits_needed(channel_targets, quarter_goals):
    """Each channel's share of the goal over what a visit of that channel is worth: multiplied back, the leaves give the goal."""
    return target_tree(goal_of(quarter_goals), plan_of(channel_targets))["visits"].to_dict()


@visits_needed.mistake(
    "AVERAGE_PLAN", repair="What is a visit from e-mail worth by plan, and what one from feed ads?"
)
def _(channel_targets, quarter_goals):
    """You gave a visit of every channel the same worth. A visit that follows a mail buys several times as often as
    one that follows an ad, so the ads get far too few visits and the mails far more than their part of the goal needs."""
    plan, goal = plan_of(channel_targets), goal_of(quarter_goals)
    visits = goal * plan["share"] / (plan["cvr"].mean() * plan["aov"].mean())
    brings = (visits * plan["cvr"] * plan["aov"]).sum()
    return wrong(
        visits.to_dict(),
        shows={
            "orders per visit by plan, feed ads": percent(plan["cvr"]["feed ads"]),
            "e-mail/SMS": percent(plan["cvr"]["e-mail/SMS"]),
        },
        cost=f"If every channel brought these visits at its own rates, the quarter would end at {yuan(brings)}, "
        f"{yuan(abs(goal - brings))} {'above' if brings > goal else 'below'} the goal with every visit delivered, and nobody would know why.",
    )


@visits_needed.mistake("TARGET_SUM", repair="What do the targets of all owners add up to, beside the goal?")
def _(channel_targets, quarter_goals):
    """You planned for the targets that the owners handed in. Each put a little on top for safety or for show, and together they
    are another goal than the one that was set."""
    plan, goal = plan_of(channel_targets), goal_of(quarter_goals)
    total = plan["handed_in"].sum()
    return wrong(
        plan["visits_handed_in"].to_dict(),
        shows={
            "targets handed in, of the goal": percent(total / goal),
            "shares of the goal": percent(plan["share"].sum()),
        },
        cost=f"Stock and media would be planned for {yuan(total - goal)} that no goal asks for.",
    )


@visits_needed.slip("numerator and denominator")
def _(channel_targets, quarter_goals):
    """You divided by the value of a visit over all channels together, not by the channel's own."""
    tree = target_tree(goal_of(quarter_goals), plan_of(channel_targets))
    return (tree["gmv"] / (tree["gmv"].sum() / tree["visits"].sum())).to_dict()


visits_needed.hints(
    "What is one visit of a channel worth, by plan?",
    "GMV = visits x orders per visit x yuan per order; solve it for the visits, channel by channel.",
    'goal * plan["share"] / (plan["cvr"] * plan["aov"])',
)


# ---------------------------------------------------------------- Douyin at forty per cent


@per_world
def media_q3(budget):
    """Media of Q3 2025: date, week, platform, planned, spent."""
    media = between(budget[budget["item"] == "media"], "date", *Q3)
    days = media["date"]
    return media.assign(week=days - pd.to_timedelta(days.dt.day_of_week, unit="D"))


def douyin_share(media, column):
    return media.loc[media["platform"] == "Douyin", column].sum() / media[column].sum()


@prediction(
    "M10.a",
    title="Douyin's share of the media billed in Q3 2025",
    unit="fraction",
    practises=["R038"],
    bounds=(0, 1),
    section="Is Douyin at forty per cent?",
)
def guess_share(budget):
    """The plan held its forty per cent, the bills did not: all through the quarter Douyin billed more than its plan, and nobody took it from
    another channel."""
    return douyin_share(media_q3(budget), "spent")


@guess_share.mistake("PLAN_AS_ACTUAL", repair="Which column says what was paid?")
def _(budget):
    """You guessed the plan. A plan is what was decided; nobody's bill has to know of it."""
    return douyin_share(media_q3(budget), "planned")


@exercise(
    "M10.2",
    title="Douyin's share of the quarter, planned and billed",
    kind="table",
    unit="fraction",
    minutes=(3, 6),
    practises=["R038", "R039"],
    section="Is Douyin at forty per cent?",
    selfcheck={
        "grain": "one row of budget is a day, channel, platform and item",
        "numerator and denominator": "media on the platform Douyin, feed ads and live; all media of the quarter below it",
        "window": "1 July to 30 September 2025",
        "filter": "item media; fees and coupons left out",
    },
)
def two_shares(budget):
    """Sums of the quarter above and below the line, once from the plan and once from the bills."""
    media = media_q3(budget)
    return {"planned": douyin_share(media, "planned"), "billed": douyin_share(media, "spent")}


@two_shares.mistake(
    "AVG_OF_RATIOS",
    repair="How much media was billed in the smallest week of the quarter, and in the largest?",
)
def _(budget):
    """You averaged the shares of the weeks. Each week got one vote, though some weeks spent several times as much as others, and
    those were Douyin's."""
    media = media_q3(budget)
    weekly = media.groupby("week").apply(
        lambda week: pd.Series(
            {"planned": douyin_share(week, "planned"), "billed": douyin_share(week, "spent")}
        )
    )
    spent = media.groupby("week")["spent"].sum()
    return wrong(
        weekly.mean().to_dict(),
        shows={"media of the smallest week": yuan(spent.min()), "of the largest": yuan(spent.max())},
        cost=f"The report would call {yuan(weekly['billed'].mean() * spent.sum())} of the bills Douyin's, and the rest of Douyin's somebody else's.",
    )


@two_shares.mistake("PLAN_AS_ACTUAL", repair="Which column says what the platforms were paid?")
def _(budget):
    """You took the plan for what happened. Most lines stayed near it; Douyin's did not, and it is Douyin that Director Shen asks about."""
    media = media_q3(budget)
    share = douyin_share(media, "planned")
    douyin = media[media["platform"] == "Douyin"]
    return wrong(
        {"planned": share, "billed": share},
        shows={
            "planned for Douyin": yuan(douyin["planned"].sum()),
            "billed by Douyin": yuan(douyin["spent"].sum()),
        },
        cost=f"{yuan(douyin['spent'].sum() - douyin['planned'].sum())} of overspend would not stand in the report.",
    )


@two_shares.mistake("COST_PARTIAL", repair="Which channels have rows with the platform Douyin?")
def _(budget):
    """You counted Douyin's feed ads alone. The traffic for the live rooms is bought on Douyin as well and comes on the same bill."""
    media = media_q3(budget)
    feed = media[media["channel"] == "feed ads"]
    part = {
        name: feed.loc[feed["platform"] == "Douyin", column].sum() / media[column].sum()
        for name, column in (("planned", "planned"), ("billed", "spent"))
    }
    live = media.loc[media["channel"] == "live", "spent"].sum()
    return wrong(
        part,
        shows={"channels with media on Douyin": "2", "channels in your sum": "1"},
        cost=f"{yuan(live)} of Douyin's bills would be left out.",
    )


@two_shares.slip("filter")
def _(budget):
    """You divided by all of the budget, fees and coupons included."""
    rows = between(budget, "date", *Q3)
    douyin = rows[rows["platform"] == "Douyin"]
    return {
        "planned": douyin["planned"].sum() / rows["planned"].sum(),
        "billed": douyin["spent"].sum() / rows["spent"].sum(),
    }


@two_shares.slip("filter")
def _(budget):
    """You counted the feed ads and the live rooms with all their platforms, not Douyin's rows alone."""
    media = media_q3(budget)
    part = media[media["channel"].isin(["feed ads", "live"])]
    return {
        "planned": part["planned"].sum() / media["planned"].sum(),
        "billed": part["spent"].sum() / media["spent"].sum(),
    }


@two_shares.slip("numerator and denominator")
def _(budget):
    """You divided what Douyin billed by what was planned for all. A share of the bills has the bills below the line."""
    media = media_q3(budget)
    billed = media.loc[media["platform"] == "Douyin", "spent"].sum()
    return {"planned": douyin_share(media, "planned"), "billed": billed / media["planned"].sum()}


two_shares.hints(
    "Which rows of the budget are money paid to Douyin?",
    "Filter item and dates; sum over the platform above the line, sum over all below it.",
    'media.loc[media["platform"] == "Douyin", "spent"].sum() / media["spent"].sum()',
)


# ---------------------------------------------------------------- pacing


@per_world
def fourth_quarters(budget, calendar):
    """Media of Q4 2025 and the plan by kind of day, with what the kinds of day spent in Q4 2024."""
    media = budget[budget["item"] == "media"]
    kinds = day_kinds(calendar)
    last = between(media, "date", "2024-10-01", "2024-12-31").groupby("date")["spent"].sum()
    weights = last.groupby(kinds.reindex(last.index)).mean()
    now = between(media, "date", "2025-10-01", YEAR_END).groupby("date")[["planned", "spent"]].sum()
    plan = pace_plan(now["planned"].sum(), kinds["2025-10-01":YEAR_END], weights)
    return {"now": now, "weights": weights, "plan": plan, "budget": now["planned"].sum()}


def spent_so_far(quarter):
    return quarter["now"].loc[:EVENING, "spent"].sum()


@prediction(
    "M10.b",
    title="Share of Q4's media budget that should be spent by the evening of 11 November",
    unit="fraction",
    practises=["R039"],
    bounds=(0, 1),
    section="Day forty-two of ninety-two",
)
def guess_pace(budget, calendar):
    """The days of Double 11 weigh several ordinary days each, and by that evening all of them have been."""
    quarter = fourth_quarters(budget, calendar)
    return quarter["plan"].loc[:EVENING].sum() / quarter["budget"]


@guess_pace.mistake("PACING_LINEAR", repair="Which days of the quarter lie before that evening?")
def _():
    """You took days gone over days in the quarter. Days do not spend alike, and the dear ones come first here."""
    return 42 / 92


@exercise(
    "M10.3",
    title="The pace on the evening of 11 November",
    kind="number",
    unit="times",
    tolerance=0.003,
    minutes=(4, 7),
    practises=["R039", "R017"],
    bounds=(0, None),
    section="Day forty-two of ninety-two",
    selfcheck={
        "numerator and denominator": "spent so far over what the plan by kind of day allows so far",
        "window": "1 October to 11 November 2025, that day included",
        "filter": "media of all channels; weights from Q4 of 2024",
    },
)
def pace(budget, calendar):
    """What was spent, over what a plan that knows the promotion days would have spent by then."""
    quarter = fourth_quarters(budget, calendar)
    return spent_so_far(quarter) / quarter["plan"].loc[:EVENING].sum()


@pace.mistake("PACING_LINEAR", repair="How many ordinary days does a peak day of Double 11 weigh?")
def _(budget, calendar):
    """You spread the budget evenly over ninety-two days. It was never meant to be spent evenly, so a quarter that runs by plan
    looks like one that has run away."""
    quarter = fourth_quarters(budget, calendar)
    even, so_far = quarter["budget"] * 42 / 92, spent_so_far(quarter)
    weights = quarter["weights"]
    return wrong(
        so_far / even,
        shows={
            "media of an ordinary day in Q4 2024": yuan(weights["ordinary"]),
            "of a peak day": yuan(weights["peak"]),
        },
        cost=f"To get back to the straight line, {yuan(so_far - even)} would be taken from the weeks up to Double 12, "
        f"which ended the year with {yuan(quarter['budget'] - quarter['now']['spent'].sum())} unspent as it was.",
    )


@pace.mistake("INCOMPLETE_PERIOD", repair="What should have been spent by that evening?")
def _(budget, calendar):
    """You divided by the budget of the whole quarter. Half of a budget spent is neither much nor little until somebody says by when."""
    quarter = fourth_quarters(budget, calendar)
    return wrong(
        spent_so_far(quarter) / quarter["budget"],
        shows={"days in the numerator": "42", "days in the denominator": "92"},
        cost=f"Read as a pace, it says that {yuan(quarter['budget'] - spent_so_far(quarter))} are missing on that evening, and asks to spend them.",
    )


@pace.also("daily plan")
def _(budget, calendar):
    now = fourth_quarters(budget, calendar)["now"].loc[:EVENING]
    return now["spent"].sum() / now["planned"].sum()


pace.hints(
    "What would a plan that knows the promotion have spent by then?",
    "Spread the budget over the days by weights, add up to 11 November, divide what was spent by it.",
    'spent[:"2025-11-11"].sum() / plan[:"2025-11-11"].sum()',
)


@exercise(
    "M10.11",
    title="The alert that rings in 2024",
    kind="set",
    minutes=(3, 5),
    practises=["R040", "R004"],
    section="Day forty-two of ninety-two",
    selfcheck={
        "grain": "one row is a day: media of search, planned and spent",
        "window": "all of 2024",
        "filter": "days that spent more than one and a half times the plan of that day",
    },
)
def alarm_days(budget, calendar):
    """The plan of the day has the promotions in it, so Double 11 stays quiet and the script error rings."""
    days = overspent(pacing(search_2024(budget), calendar), limit=1.5)
    return named(days.index)


def search_2024(budget):
    media = budget[(budget["item"] == "media") & (budget["channel"] == "SEM")]
    return between(media, "date", "2024-01-01", "2024-12-31")


def named(days):
    return {f"{day:%Y-%m-%d}" for day in days}


@alarm_days.mistake("ALERT_NO_BASELINE", repair="What was planned for the days that rang?")
def _(budget):
    """You rang for days that are high for a day. Days of a promotion are meant to be high, and the error of an ordinary day hides
    below them."""
    spent = search_2024(budget).groupby("date")[["planned", "spent"]].sum()
    days = spent.index[spent["spent"] > spent["spent"].mean() + 2 * spent["spent"].std()]
    return wrong(
        named(days),
        shows={
            "alerts": count(len(days)),
            "most that one of these days spent over its plan": times(
                (spent["spent"] / spent["planned"])[days].max(), 2
            ),
        },
        cost=f"Answered by a pause, they stop {yuan(spent.loc[days, 'planned'].sum())} of search that was planned for the best days.",
    )


@alarm_days.mistake("PACING_LINEAR", repair="Is each day of November planned at a thirtieth of the month?")
def _(budget):
    """You held each day to an even share of its month. In a month with a promotion no day is planned at that."""
    days = search_2024(budget).groupby("date")[["planned", "spent"]].sum()
    even = days["planned"].groupby(days.index.to_period("M")).transform("mean")
    rang = days.index[days["spent"] > 1.5 * even]
    return wrong(
        named(rang),
        shows={"alerts in the year": count(len(rang))},
        cost=f"{count(len(rang))} alarms, an hour each to look into, are {yuan(len(rang) * HOUR)} of the team's time, "
        "and by autumn nobody looks.",
    )


@alarm_days.slip("filter")
def _(budget):
    """You held each day to one and a half times the mean day of the year. The alert holds it to the plan of that day."""
    spent = search_2024(budget).groupby("date")["spent"].sum()
    return named(spent.index[spent > 1.5 * spent.mean()])


alarm_days.hints(
    "What is each day to be compared with?",
    "Spent over planned, day by day; J04 has a function for it.",
    "overspent(pacing(search, calendar), limit=1.5).index",
)


# ---------------------------------------------------------------- the next yuan


@per_world
def live_weeks(budget, calendar, orders):
    """Whole ordinary weeks up to September 2025: live media planned and spent, revenue of first orders and of all live orders."""
    start = calendar.groupby("week_start").agg(
        days=("date", "size"),
        promo=("promo", lambda promo: (promo != "").any()),
        near=("cny_offset", lambda days: (days.abs() <= 14).any()),
    )
    usual = start.index[(start["days"] == 7) & ~start["promo"] & ~start["near"]]
    usual = usual[(usual >= "2023-02-20") & (usual <= "2025-09-22")]
    media = budget[(budget["item"] == "media") & (budget["channel"] == "live")]
    week = calendar.set_index("date")["week_start"]
    weeks = media.groupby(media["date"].map(week))[["planned", "spent"]].sum()
    paid = orders[orders["status"] == "paid"].sort_values("ordered_at")
    first = paid.drop_duplicates("customer_id")
    for name, rows in (("revenue", first), ("all_revenue", paid)):
        rows = rows[rows["channel"] == "live"]
        weeks[name] = rows.groupby(rows["ordered_at"].dt.normalize().map(week))["amount"].sum()
    return weeks.reindex(usual).fillna(0.0)


@prediction(
    "M10.c",
    title="Revenue from new customers that one more yuan of live media brings",
    unit="times",
    practises=["R041"],
    bounds=(0, None),
    section="The best channel, and its next yuan",
)
def guess_next(budget, calendar, orders):
    """Weeks that spent more by luck brought a little more. Most of what the rooms sell comes without the extra yuan."""
    return next_yuan(live_weeks(budget, calendar, orders))["marginal"]


@guess_next.mistake(
    "AVG_VS_MARGINAL", repair="What would the rooms sell to new customers without bought traffic?"
)
def _(budget, calendar, orders):
    """You expected of the next yuan what all yuan brought on average. The average counts customers who would have come anyway."""
    return next_yuan(live_weeks(budget, calendar, orders))["average"]


@exercise(
    "M10.4",
    title="What the next yuan of live media brings",
    kind="number",
    unit="times",
    minutes=(5, 8),
    practises=["R041", "R089"],
    bounds=(0, None),
    section="The best channel, and its next yuan",
    selfcheck={
        "grain": "one row is an ordinary week",
        "numerator and denominator": "difference of the mean first-order revenue of the two halves; difference of their mean spend",
        "filter": "halves split at the median of spent over planned",
    },
)
def marginal_live(budget, calendar, orders):
    """What luck in the pace spent more, and what the weeks brought more: the ratio of two differences, not of two sums."""
    return next_yuan(live_weeks(budget, calendar, orders))["marginal"]


def promise_of_moving(weeks, budget, promised):
    """A tenth of a quarter's media, the gain that is promised of it in live, and in words what would come."""
    moved = 0.1 * media_q3(budget)["planned"].sum()
    loses = next_yuan(weeks)["marginal"] * MARGIN < 1
    comes = "it would end in a loss" if loses else "much less would come"
    return moved, moved * (promised * MARGIN - 1), comes


@marginal_live.mistake("AVG_VS_MARGINAL", repair="What would these weeks have sold with no extra yuan?")
def _(budget, calendar, orders):
    """You divided all revenue by all spend. That is what an average yuan goes with; the next one meets people who are harder to win,
    and takes credit for nobody who comes anyway."""
    weeks = live_weeks(budget, calendar, orders)
    found = next_yuan(weeks)
    moved, promised, comes = promise_of_moving(weeks, budget, found["average"])
    at_pace = weeks["spent"] / weeks["planned"]
    low = weeks[at_pace <= at_pace.median()].mean()
    return wrong(
        found["average"],
        shows={
            "mean live media of the weeks below the median pace": yuan(low["spent"]),
            "mean first-order revenue of these weeks": yuan(low["revenue"]),
        },
        cost=f"{yuan(moved)} moved on this promise would be booked as a gain of {yuan(promised)}, and {comes}.",
    )


@marginal_live.mistake(
    "RESPONSE_AS_UPLIFT",
    repair="Which orders of a live room come from customers who were there last week, too?",
)
def _(budget, calendar, orders):
    """You credited every order in the rooms to the traffic that was bought. Most viewers follow the host already and need no ad to come."""
    weeks = live_weeks(budget, calendar, orders)
    moved, promised, comes = promise_of_moving(
        weeks, budget, weeks["all_revenue"].sum() / weeks["spent"].sum()
    )
    return wrong(
        weeks["all_revenue"].sum() / weeks["spent"].sum(),
        shows={
            "revenue of the rooms, all orders": yuan(weeks["all_revenue"].sum()),
            "first orders of new customers": yuan(weeks["revenue"].sum()),
        },
        cost=f"On {yuan(moved)} moved, the sheet would promise a gain of {yuan(promised)}, and {comes}.",
    )


@marginal_live.slip("filter")
def _(budget, orders):
    """You took the ratio of the table: all orders of three years over all media, in promotion weeks, too, and of old customers."""
    media = budget[(budget["item"] == "media") & (budget["channel"] == "live")]
    sold = orders[(orders["channel"] == "live") & (orders["status"] == "paid")]
    return sold["amount"].sum() / media["spent"].sum()


def halves(weeks, by):
    """Means of the weeks above the median of `by`, and of the others."""
    above = by > by.median()
    return weeks[above].mean(), weeks[~above].mean()


@marginal_live.slip("numerator and denominator")
def _(budget, calendar, orders):
    """You divided the upper half's revenue by its spend: an average again. Asked for is difference over difference."""
    weeks = live_weeks(budget, calendar, orders)
    high, _ = halves(weeks, weeks["spent"] / weeks["planned"])
    return high["revenue"] / high["spent"]


@marginal_live.slip("filter")
def _(budget, calendar, orders):
    """You split the weeks by what they spent. The plan knew which weeks would be strong; spent over planned takes that out."""
    weeks = live_weeks(budget, calendar, orders)
    high, low = halves(weeks, weeks["spent"])
    found = (high["revenue"] - low["revenue"]) / (high["spent"] - low["spent"])
    return unless_near(found, marginal_live.compute(budget, calendar, orders), within=0.02)


marginal_live.hints(
    "Which weeks spent more than planned, and what else differed in them?",
    "Split at the median pace; difference in revenue over difference in spend.",
    '(high["revenue"].mean() - low["revenue"].mean()) / (high["spent"].mean() - low["spent"].mean())',
)


# ---------------------------------------------------------------- the bridge


@per_world
def plan_and_actual(channel_targets, quarter_goals, traffic_daily, orders):
    """(plan, actual) of Q3: channel, gmv, visits."""
    tree = target_tree(goal_of(quarter_goals), plan_of(channel_targets))
    seen = (
        between(traffic_daily, "date", *Q3)
        .groupby("source")["visits"]
        .sum()
        .rename({"referral": "affiliate"})
    )
    own = between(orders[orders["store"] == "own"], "ordered_at", *Q3)
    actual = pd.DataFrame({"gmv": own.groupby("channel")["amount"].sum(), "visits": seen}).reindex(tree.index)
    return tree[["gmv", "visits"]].reset_index(), actual.reset_index(names="channel")


@exercise(
    "M10.5",
    title="Why the quarter ended above its goal",
    kind="table",
    unit="CNY",
    minutes=(5, 8),
    practises=["R039", "R224"],
    section="Above the goal, and why",
    selfcheck={
        "grain": "one row a channel, plan and actual",
        "numerator and denominator": "yuan of GMV over visits",
        "filter": "volume, then mix, then rate; they add up to the gap",
        "window": "Q3 2025",
    },
)
def gap_parts(channel_targets, quarter_goals, traffic_daily, orders):
    """Volume at the plan's value of a visit, then the mix of channels, then each channel's own value: they add up to the gap."""
    steps = bridge_total(
        *plan_and_actual(channel_targets, quarter_goals, traffic_daily, orders),
        by="channel",
        numerator="gmv",
        denominator="visits",
    )
    return steps[["volume", "mix", "rate"]].to_dict()


def sums(plan, actual):
    return plan[["gmv", "visits"]].sum(), actual[["gmv", "visits"]].sum()


@gap_parts.mistake(
    "NO_BRIDGE", repair="Did the visits, the channels they came from, or what each is worth, move?"
)
def _(channel_targets, quarter_goals, traffic_daily, orders):
    """You explained the gap by one thing. Visits rose, their mix became cheaper and their worth changed, and one number hides that
    these pull in different directions."""
    plan, actual = plan_and_actual(channel_targets, quarter_goals, traffic_daily, orders)
    old, new = sums(plan, actual)
    return wrong(
        {"volume": new["gmv"] - old["gmv"], "mix": 0.0, "rate": 0.0},
        shows={
            "visits, actual over plan": times(new["visits"] / old["visits"], 2),
            "GMV, actual over plan": times(new["gmv"] / old["gmv"], 2),
        },
        cost=f"Planned on at that, each visit more would be worth {yuan(old['gmv'] / old['visits'])}; "
        f"the visits that came were worth {yuan(new['gmv'] / new['visits'])}.",
    )


@gap_parts.mistake("SIMPSON", repair="What is a visit worth, channel by channel, by plan and in fact?")
def _(channel_targets, quarter_goals, traffic_daily, orders):
    """You left out the mix, so the whole change of GMV per visit became a change of rate. Channels with cheap visits grew; that
    lowers the total without any channel getting worse."""
    plan, actual = plan_and_actual(channel_targets, quarter_goals, traffic_daily, orders)
    old, new = sums(plan, actual)
    volume = (new["visits"] - old["visits"]) * old["gmv"] / old["visits"]
    feed = {
        name: table.set_index("channel").loc["feed ads", "visits"] / table["visits"].sum()
        for name, table in (("plan", plan), ("fact", actual))
    }
    fall = new["gmv"] - old["gmv"] - volume
    return wrong(
        {"volume": volume, "mix": 0.0, "rate": fall},
        shows={
            "feed ads among the visits, plan": percent(feed["plan"], 0),
            "in fact": percent(feed["fact"], 0),
        },
        cost=f"{yuan(-fall)} would be looked for in a shop that sells as well as before.",
    )


@gap_parts.mistake("DECOMP_RESIDUAL", repair="Do your three numbers add up to the gap?")
def _(channel_targets, quarter_goals, traffic_daily, orders):
    """You valued the extra visits at what a visit turned out to be worth. The change of worth is counted again in mix and rate, so
    the three do not add up."""
    plan, actual = plan_and_actual(channel_targets, quarter_goals, traffic_daily, orders)
    old, new = sums(plan, actual)
    right = gap_parts.compute(channel_targets, quarter_goals, traffic_daily, orders)
    volume = (new["visits"] - old["visits"]) * new["gmv"] / new["visits"]
    return wrong(
        right | {"volume": volume},
        shows={"your three together": yuan(volume + right["mix"] + right["rate"])},
        cost="Director Shen adds up three lines and finds another gap than the one that she asked about.",
    )


@gap_parts.slip("filter")
def _(channel_targets, quarter_goals, traffic_daily, orders):
    """You valued each channel's extra visits at its own worth: that is volume and mix in one."""
    right = gap_parts.compute(channel_targets, quarter_goals, traffic_daily, orders)
    return right | {"volume": right["volume"] + right["mix"], "mix": 0.0}


gap_parts.hints(
    "What would the extra visits have brought at the plan's value of a visit?",
    "Then keep the new number of visits and change the shares; then change the worth of each channel's visit.",
    "volume = (visits_new - visits_old) * worth_old; mix = visits_new * sum((share_new - share_old) * worth_of_channel_old)",
)


# ---------------------------------------------------------------- watch, review, adjust


@per_world
def half_year(weekly_targets, orders):
    """Weeks of the second half of 2025: gmv, plan and its limits, and the distance in standard deviations."""
    plan = weekly_targets.set_index("week_start")["2025-06-30":]
    own = orders[(orders["store"] == "own") & (orders["ordered_at"] >= plan.index[0])]
    day = own["ordered_at"].dt.normalize()
    week = day - pd.to_timedelta(day.dt.day_of_week, unit="D")
    table = plan[["gmv_plan", "gmv_lower", "gmv_upper"]].assign(gmv=own.groupby(week)["amount"].sum())
    return table.assign(
        away=(table["gmv"] - table["gmv_plan"]) / ((table["gmv_upper"] - table["gmv_plan"]) / 3)
    )


@exercise(
    "M10.6",
    title="Weeks that call for a reason",
    kind="set",
    minutes=(3, 5),
    practises=["R223", "R225"],
    section="Watch, review, adjust",
    selfcheck={
        "grain": "one row is a week of the own shop",
        "filter": "GMV outside the limits of that week's plan",
        "window": "weeks from 30 June to 22 December 2025",
    },
)
def weeks_to_explain(weekly_targets, orders):
    """Beyond three standard deviations chance is a poor explanation. Few weeks are there, they stand together, and they have a cause."""
    table = half_year(weekly_targets, orders)
    return named(table.index[(table["gmv"] > table["gmv_upper"]) | (table["gmv"] < table["gmv_lower"])])


def moved_in_vain(weekly_targets, orders, budget, weeks):
    """Media that a tenth of each of these weeks' plan would have moved."""
    media = budget[budget["item"] == "media"]
    week = media["date"] - pd.to_timedelta(media["date"].dt.day_of_week, unit="D")
    quiet = set(weeks) - set(half_year(weekly_targets, orders).query("away.abs() > 3").index)
    return len(quiet), 0.1 * media.groupby(week)["planned"].sum().reindex(list(quiet)).sum()


@weeks_to_explain.mistake(
    "NOISE_AS_SIGNAL",
    repair="How many weeks of twenty-six lie beyond one standard deviation when nothing happens?",
)
def _(weekly_targets, orders, budget):
    """You asked for a reason beyond one standard deviation. Every third week lies there by chance alone, and a reason can be found for
    anything."""
    table = half_year(weekly_targets, orders)
    weeks = table.index[table["away"].abs() > 1]
    extra, money = moved_in_vain(weekly_targets, orders, budget, weeks)
    return wrong(
        named(weeks),
        shows={"weeks you would explain": count(len(weeks)), "weeks in the half-year": count(len(table))},
        cost=f"In {count(extra)} weeks without a cause, a tenth of the media would be moved: {yuan(money)} chasing luck.",
    )


@weeks_to_explain.mistake(
    "OVER_TUNE", repair="What does a plan say about next week if it changes every week?"
)
def _(weekly_targets, orders, budget):
    """You would answer every week. A plan that follows each week's luck moves away from the best guess each time; the rhythm is to
    watch weekly, review monthly, adjust quarterly."""
    table = half_year(weekly_targets, orders)
    extra, money = moved_in_vain(weekly_targets, orders, budget, table.index)
    return wrong(
        named(table.index),
        shows={
            "changes of plan in your half-year": count(len(table)),
            "quarterly adjustments in a half-year": "2",
        },
        cost=f"{count(extra)} changes without a cause move {yuan(money)} of media to and fro.",
    )


@weeks_to_explain.slip("filter")
def _(weekly_targets, orders):
    """You asked for a reason wherever a week lay a tenth off its plan. The table has limits for each week."""
    table = half_year(weekly_targets, orders)
    return named(table.index[(table["gmv"] / table["gmv_plan"] - 1).abs() > 0.1])


weeks_to_explain.hints(
    "How far from plan does a week lie when nothing happens?",
    "weekly_targets has a lower and an upper limit for each week.",
    'table.index[(table["gmv"] > table["gmv_upper"]) | (table["gmv"] < table["gmv_lower"])]',
)


@exercise(
    "M10.12",
    title="The loop card of the September alert",
    kind="parsons",
    minutes=(3, 5),
    practises=["R003", "R004", "R023", "R225"],
    section="Watch, review, adjust",
    lines={
        "a": "alert: GMV of the week is outside the limits of its plan",
        "b": "diagnose: the bridge puts the gap into visits from feed ads; HY-AUT-N runs since 1 September",
        "c": "decide, by the trigger written in July: a campaign out of plan gets a test before it gets a second month",
        "d": "act: Zhou holds out four cities for three weeks from Monday",
        "e": "check: on the fourth Monday, orders per inhabitant inside against outside, limits named today",
        "f": "keep, stop, start: write goal, result, cause and evidence into the file that the next quarter is planned from",
        "g": "report: send the chart to everybody and close the ticket",
        "h": "tune: raise or cut the plan by last week's gap, every Monday",
    },
)
def loop_card():
    """An alert, a diagnosis, a decision by a trigger named before, an act with an owner, a check, and a note for the next plan."""
    return ["a b c d e f"]


@loop_card.mistake(
    "REPORT_AS_FEEDBACK", repair="What would be different next Monday because the chart was sent?"
)
def _():
    """You closed the loop by sending a chart. A loop is closed when somebody does another thing and a check says whether it worked."""
    return "g"


@loop_card.mistake("OVER_TUNE", repair="If a week lies above plan by luck, where will the next one lie?")
def _(weekly_targets, orders, budget):
    """You let the plan follow each week. Correcting by last week's gap adds last week's luck to this week's."""
    weeks = half_year(weekly_targets, orders).index
    extra, money = moved_in_vain(weekly_targets, orders, budget, weeks)
    return wrong(
        "h",
        shows={"Mondays in the half-year": count(len(weeks))},
        cost=f"A tenth of the media moved on {count(extra)} quiet Mondays is {yuan(money)}.",
    )


loop_card.hints(
    "What comes between an alarm and an act?",
    "Diagnose, decide by a trigger that was there before, act, check, write down.",
    "Two of the eight lines are not needed: one only shows, one never rests.",
)


@exercise(
    "M10.13",
    title="The click price rises by a third: the manager's move",
    kind="choice",
    minutes=(2, 3),
    practises=["R007", "R225"],
    section="Watch, review, adjust",
    options={
        "a": "open the account, pause the dearest ads and write new creatives before the evening",
        "b": "ask whether it is outside its limits and in which part, name who tests what by when, and keep the money within the quarter's bands",
        "c": "take feed ads out of next year's plan, since their price only knows one direction",
    },
)
def managers_move():
    """The specialist repairs the account, the director shapes the year; the manager makes sure that the right one acts, on evidence."""
    return "b"


@managers_move.mistake(
    "NOISE_AS_SIGNAL", repair="Whose account is it, and what says that the rise is more than chance?"
)
def _(budget):
    """You did the specialist's work, on a number that nobody has held against its limits. Then two people work in the account and none
    on the question."""
    media = budget[(budget["item"] == "media") & (budget["channel"] == "feed ads")]
    day = between(media, "date", *Q3)["planned"].sum() / 92
    return wrong("a", cost=f"Every day of pause takes {yuan(day)} of planned feed media out of the quarter.")


@managers_move.mistake("OVER_TUNE", repair="Which question is decided once a year, and by whom?")
def _(budget):
    """You answered a week with a year. The mix of the year is the director's question, and one week's price says little about it."""
    media = budget[(budget["item"] == "media") & (budget["channel"] == "feed ads")]
    return wrong(
        "c",
        cost=f"It would take {yuan(between(media, 'date', '2025-01-01', YEAR_END)['planned'].sum())} out of a year's plan because of a few days.",
    )


managers_move.hints(
    "Three people could act. Which one are you?",
    "Specialist: the account. Manager: the quarter. Director: the year.",
    "Limits, part, owner, date, within the bands of the quarter.",
)


# ---------------------------------------------------------------- scores


def sheets_q3(team_kpi):
    sheet = team_kpi[team_kpi["quarter"] == QUARTER]
    return sheet.assign(done=sheet["actual"] / sheet["target"])


@exercise(
    "M10.7",
    title="Scores of four people for Q3",
    kind="table",
    unit="times",
    minutes=(4, 7),
    practises=["R233"],
    section="Who did well?",
    selfcheck={
        "grain": "one row is a person and a KPI",
        "numerator and denominator": "actual over target, at most 1.2; times weight / 100; times difficulty; summed by person",
        "filter": "the quarter 2025-Q3",
    },
)
def scores(team_kpi):
    """The cap keeps an easy KPI from paying for missed ones, weights say what matters, difficulty what was hard."""
    return kpi_scores(sheets_q3(team_kpi)).to_dict()


def first_of(values):
    return max(values, key=values.get)


@scores.mistake("KPI_UNCAPPED", repair="What does completion of 240 % on one KPI do to the mean of a sheet?")
def _(team_kpi):
    """You averaged raw completion. One easy KPI far above its target pays for three missed ones, and the sheet says the reverse of the
    quarter."""
    sheet = sheets_q3(team_kpi)
    found = sheet.groupby("person")["done"].mean().to_dict()
    top = sheet[sheet["person"] == first_of(found)]
    return wrong(
        found,
        shows={
            f"highest completion on {first_of(found)}'s sheet": percent(top["done"].max(), 0),
            "its weight": f"{top.loc[top['done'].idxmax(), 'weight']} of 100",
            "KPIs of that sheet below 90%": count((top["done"] < 0.9).sum()),
        },
        cost=f"The bonus of {yuan(BONUS)} would go to {first_of(found)}, for {top.loc[top['done'].idxmax(), 'kpi']}.",
    )


@scores.mistake("KPI_UNWEIGHTED", repair="Do notes published and new customers weigh the same on the sheet?")
def _(team_kpi):
    """You gave each KPI one vote and forgot how hard it was. The agreed weights say which results the quarter needed, the difficulty
    what each took."""
    sheet = sheets_q3(team_kpi)
    found = sheet["done"].clip(upper=1.2).groupby(sheet["person"]).mean().to_dict()
    return wrong(
        found,
        shows={
            "smallest weight on a sheet": f"{sheet['weight'].min()} of 100",
            "largest": f"{sheet['weight'].max()} of 100",
        },
        cost=f"The bonus of {yuan(BONUS)} would go to {first_of(found)}.",
    )


@scores.slip("numerator and denominator")
def _(team_kpi):
    """You capped and weighted, and left out the difficulty."""
    return kpi_scores(sheets_q3(team_kpi).assign(difficulty=1.0)).to_dict()


@scores.slip("numerator and denominator")
def _(team_kpi):
    """You let each KPI count as far as it went, without the cap of 120 %."""
    sheet = sheets_q3(team_kpi)
    parts = sheet["done"] * sheet["weight"] / 100 * sheet["difficulty"]
    return parts.groupby(sheet["person"]).sum().to_dict()


@scores.slip("filter")
def _(team_kpi):
    """You scored the fourth quarter."""
    return kpi_scores(team_kpi[team_kpi["quarter"] == "2025-Q4"]).to_dict()


scores.hints(
    "How much may one KPI count at most?",
    "clip(upper=1.2), times weight over 100, times difficulty, then sum by person.",
    '(done.clip(upper=1.2) * sheet["weight"] / 100 * sheet["difficulty"]).groupby(sheet["person"]).sum()',
)


@exercise(
    "M10.14",
    title="What next quarter's sheet should say about check-ins",
    kind="choice",
    minutes=(2, 3),
    practises=["R233"],
    section="Who did well?",
    options={
        "a": "double the target of check-ins, so that the same work counts half",
        "b": "replace check-ins by orders of members who were not asked to check in, so that only what the groups sell counts",
        "c": "replace check-ins by the order rate of members against the hold-out of M06, and keep check-ins in the report without a weight",
    },
)
def next_sheet():
    """Pay for the effect, measured against people who were left alone, and watch the activity without paying for it."""
    return "c"


@next_sheet.mistake("GOODHART", repair="What would you do if check-ins were half as easy and still paid?")
def _(team_kpi, orders):
    """You made the measure harder and left it a target. Whoever is paid for check-ins makes check-ins; a higher bar makes more of
    them, not more orders."""
    sheet = sheets_q3(team_kpi).set_index("kpi")
    missing = (
        sheet["target"]["orders from the private domain"] - sheet["actual"]["orders from the private domain"]
    )
    own = orders[(orders["channel"] == "private domain") & (orders["status"] == "paid")]
    worth = between(own, "ordered_at", *Q3)["amount"].mean()
    return wrong(
        "a",
        shows={
            "check-ins, of their target": percent(sheet["done"]["group check-ins"], 0),
            "orders of the same groups, of theirs": percent(
                sheet["done"]["orders from the private domain"], 0
            ),
        },
        cost=f"While check-ins were paid for, {count(missing)} orders were missing: {yuan(missing * worth)}.",
    )


@next_sheet.mistake("SELECTION_AS_EFFECT", repair="Who decides which members are not asked?")
def _(team_kpi):
    """You pay for orders of people whom the paid person picks. It is easy to leave alone those who buy anyway."""
    return wrong("b", cost=f"{yuan(BONUS)} would be paid for choosing whom to ask.")


next_sheet.hints(
    "What will people do who are paid for this number?",
    "A number that one makes oneself, or whose group one picks, is no measure of an effect.",
    "Compare with people drawn by lot who were left alone.",
)


# ---------------------------------------------------------------- time and capacity


def middles():
    return pd.Series({name: (low + high) / 200 for name, (low, high) in BOOK.items()})


@per_world
def qiaos_hours(timesheets):
    return timesheets[timesheets["person"] == "Qiao"]


@exercise(
    "M10.8",
    title="The book's week, and Qiao's",
    kind="table",
    unit={"sum of mid-points": "fraction", "analysis share": "fraction", "hours above the book": "times"},
    minutes=(3, 6),
    practises=["R234", "R005"],
    section="Where the hours go",
    selfcheck={
        "grain": "one row of the sheets is a person and a week",
        "numerator and denominator": "a mid-point over the sum of all mid-points; hours of a module over hours of all modules",
        "window": "all weeks of 2025",
        "filter": "Qiao",
    },
)
def book_week(timesheets):
    """Shares that do not sum to one are made to, before anything is compared with them."""
    return against_book(timesheets, middles() / middles().sum(), middles().sum())


def against_book(timesheets, book, total):
    hours = qiaos_hours(timesheets)[list(BOOK)].sum()
    return {
        "sum of mid-points": total,
        "analysis share": book["analysis_reporting"],
        "hours above the book": hours["analysis_reporting"] - book["analysis_reporting"] * hours.sum(),
    }


@book_week.mistake("TRUST_TABLE", repair="What do the six mid-points add up to?")
def _(timesheets):
    """You believed that a table of shares sums to one. Its lows sum to less and its highs to more; whoever plans a week by the
    mid-points plans more hours than the week has."""
    found = against_book(timesheets, middles(), 1.0)
    lows = sum(low for low, _ in BOOK.values()) / 100
    return wrong(
        found,
        shows={
            "the lows sum to": percent(lows, 0),
        },
        cost=f"Each hour that is planned beyond the week is overtime at CNY {HOUR}.",
    )


@book_week.mistake(
    "WRONG_DENOM", repair="Which hours does the book divide up: those of the contract or those worked?"
)
def _(timesheets):
    """You held hours worked against contract hours. Overtime stands above the line and not below it, so every module looks too large."""
    rows = qiaos_hours(timesheets)
    book = middles() / middles().sum()
    present = (rows["contract_hours"] - rows["leave_hours"]).sum()
    hours = rows["analysis_reporting"].sum()
    right = book_week.compute(timesheets)
    found = hours - book["analysis_reporting"] * present
    return wrong(
        right | {"hours above the book": found},
        shows={
            "hours worked": count(rows[list(BOOK)].sum().sum()),
            "hours of the contract less leave": count(present),
        },
        cost=f"A part of the year's overtime, {yuan((rows[list(BOOK)].sum().sum() - present) * HOUR)} in all, would be booked as too many reports.",
    )


@book_week.slip("numerator and denominator")
def _(timesheets):
    """You took the mid-point of analysis as it stands. The six do not sum to one, and are brought to it first."""
    return against_book(timesheets, middles(), middles().sum())


@book_week.slip("numerator and denominator")
def _(timesheets):
    """You held hours worked against contract hours, leave included."""
    rows, right = qiaos_hours(timesheets), book_week.compute(timesheets)
    book = right["analysis share"] * rows["contract_hours"].sum()
    return right | {"hours above the book": rows["analysis_reporting"].sum() - book}


book_week.hints(
    "Do the six shares sum to one?",
    "Divide each mid-point by the sum of all; then multiply by Qiao's hours worked.",
    'middle / middle.sum(); hours["analysis_reporting"] - share * hours.sum()',
)


@exercise(
    "M10.15",
    title="Whose verb is it?",
    kind="table",
    unit="text",
    minutes=(2, 4),
    practises=["R005"],
    section="Where the hours go",
    selfcheck={"grain": "one verb for each entry: plan, implement, monitor or optimise"},
)
def verbs():
    """Plan decides before, implement does, monitor looks without touching, optimise changes something because of what was seen."""
    return {
        "share the quarter's budget among channels": "plan",
        "brief the creators for June": "implement",
        "read the pace of all lines on Monday": "monitor",
        "hand out the dashboard on Tuesday": "monitor",
        "move the guarantee from Weibo to a test": "optimise",
        "write the triggers for the review": "plan",
        "upload the new creatives": "implement",
        "stop the ad set that failed its test": "optimise",
    }


@verbs.mistake("REPORT_AS_FEEDBACK", repair="What is different after the dashboard was handed out?")
def _(timesheets):
    """You called it optimising to hand out a dashboard. Nothing has changed yet: optimising begins with the decision that follows."""
    hours = qiaos_hours(timesheets)["analysis_reporting"].sum()
    return wrong(
        verbs.compute() | {"hand out the dashboard on Tuesday": "optimise"},
        cost=f"Qiao's {count(hours)} hours of analysis and reports, {yuan(hours * HOUR)}, would all count as improvement.",
    )


@verbs.mistake("PLAN_AS_ACTUAL", repair="Does a trigger do anything on the day it is written?")
def _():
    """You called it monitoring to write a trigger. It is decided before there is anything to see, and that is its whole worth."""
    return verbs.compute() | {"write the triggers for the review": "monitor"}


@verbs.slip("grain")
def _():
    """You called it planning to brief the creators. The plan stands already; a brief sets somebody to work by it."""
    return verbs.compute() | {"brief the creators for June": "plan"}


@verbs.slip("grain")
def _():
    """You called it implementing to hand out a dashboard. It changes nothing in the market; it lets people see."""
    return verbs.compute() | {"hand out the dashboard on Tuesday": "implement"}


verbs.hints(
    "Is something decided, done, seen or changed?",
    "Before it happens: plan. Seen without touching: monitor. Changed because of what was seen: optimise.",
    "Two entries belong to each verb.",
)


@per_world
def queue_of_he(work_requests):
    """Requests whose owner is He, open ones and finished ones."""
    mine = work_requests[work_requests["owner"] == "He"]
    return {
        "all": mine,
        "open": mine[mine["finished_on"].isna()],
        "done": mine.dropna(subset=["finished_on"]),
    }


def kept(rows):
    return float(service_level(rows["requested_on"], rows["finished_on"], YEAR_END, hours=7 * 24)["within"])


def overrun(rows):
    return rows["hours"].sum() / rows["estimated_hours"].sum()


@exercise(
    "M10.16",
    title="He's queue: the promise kept, and the hours that wait",
    kind="table",
    unit={"within a week": "fraction", "hours waiting": "times"},
    minutes=(4, 7),
    practises=["R168", "R230", "R238"],
    section="Where the hours go",
    selfcheck={
        "grain": "one row is a request",
        "numerator and denominator": "finished within 7 days among all requests, open ones with the days they wait; open estimates times what estimates turned out to take",
        "filter": "owner He",
        "window": "requests of July to December 2025, known at the end of 2025",
    },
)
def he_queue(work_requests):
    """Open requests are part of the promise, and an estimate is worth what estimates proved to be worth."""
    queue = queue_of_he(work_requests)
    return {
        "within a week": kept(queue["all"]),
        "hours waiting": queue["open"]["estimated_hours"].sum() * overrun(queue["done"]),
    }


@he_queue.mistake("SLA_CENSORED", repair="How many requests have no day of the end?")
def _(work_requests):
    """You judged the promise by requests that are finished. Those that wait longest are the ones that are not."""
    queue = queue_of_he(work_requests)
    done = queue["done"]
    share = ((done["finished_on"] - done["requested_on"]).dt.days <= 7).mean()
    rest = queue["open"]["estimated_hours"].sum()
    return wrong(
        he_queue.compute(work_requests) | {"within a week": share},
        shows={"finished": count(len(done)), "still open at the end of the year": count(len(queue["open"]))},
        cost=f"Open requests, by their estimates alone {yuan(rest * HOUR)} of work, would stand in no report.",
    )


@he_queue.mistake("PLAN_AS_ACTUAL", repair="What did finished requests take, over what was estimated?")
def _(work_requests):
    """You took the estimates for hours. On the requests that are finished they were too low, and nothing says that the open ones are
    different."""
    queue = queue_of_he(work_requests)
    estimate = queue["open"]["estimated_hours"].sum()
    done = queue["done"]
    late = (done["hours"] > done["estimated_hours"]).sum()
    return wrong(
        he_queue.compute(work_requests) | {"hours waiting": estimate},
        shows={
            "finished requests": count(len(done)),
            "of them that took more than estimated": count(late),
        },
        cost=f"A freelancer hired for {yuan(estimate * HOUR)} goes home before the queue is empty.",
    )


@he_queue.slip("numerator and denominator")
def _(work_requests):
    """You averaged the ratios of single requests. A small request got the vote of a large one; sum hours and estimates first."""
    queue = queue_of_he(work_requests)
    ratios = queue["done"]["hours"] / queue["done"]["estimated_hours"]
    right = he_queue.compute(work_requests)
    found = unless_near(
        queue["open"]["estimated_hours"].sum() * ratios.mean(), right["hours waiting"], within=0.02
    )
    return None if found is None else right | {"hours waiting": found}


he_queue.hints(
    "Who is missing in a table of finished requests?",
    "J10's service_level counts those who still wait; a week is 168 hours.",
    'service_level(mine["requested_on"], mine["finished_on"], "2025-12-31", hours=7 * 24)["within"]',
)


@per_world
def asked_a_week(work_requests):
    """Hours a week that requests took and were estimated at, by owner."""
    return work_requests.groupby("owner")[["hours", "estimated_hours"]].sum() / REQUEST_WEEKS


@per_world
def first_quarter(timesheets):
    """Sheets of the four for the thirteen weeks from 6 January 2025."""
    weeks = timesheets["week_start"].between("2025-01-06", "2025-03-31")
    return timesheets[weeks & (timesheets["person"] != "Qiao")]


@exercise(
    "M10.17",
    title="Hours that the first quarter's plan may use",
    kind="table",
    unit="times",
    minutes=(3, 5),
    practises=["R229", "R018"],
    section="Where the hours go",
    selfcheck={
        "grain": "one row of the sheets is a person and a week",
        "numerator and denominator": "contract hours less leave, less 13 weeks of the hours that requests take",
        "window": "thirteen weeks from 6 January 2025; requests of 26 weeks",
        "filter": "the four of the team, without Qiao",
    },
)
def free_hours(timesheets, work_requests):
    """At work, less what others ask for: what is left is what a plan may hand out."""
    return hours_left(first_quarter(timesheets), asked_a_week(work_requests)["hours"], 13)["left"].to_dict()


@free_hours.mistake("CAPACITY_BLIND", repair="How many working days do the weeks around New Year have?")
def _(timesheets, work_requests):
    """You planned forty hours in each of thirteen weeks. New Year takes a week of them, leave some more, and other departments a
    part of every one."""
    right = free_hours.compute(timesheets, work_requests)
    gap = sum(13 * 40 - value for value in right.values())
    present = first_quarter(timesheets)["contract_hours"].groupby(first_quarter(timesheets)["person"]).sum()
    return wrong(
        dict.fromkeys(right, 13 * 40.0),
        shows={"13 x 40 hours": "520", "most contract hours of anybody in these weeks": count(present.max())},
        cost=f"{count(gap)} hours that nobody has would be promised: {yuan(gap * HOUR)} of overtime or of late work.",
    )


@free_hours.mistake("PLAN_AS_ACTUAL", repair="What did requests take, and what were they estimated at?")
def _(timesheets, work_requests):
    """You took off the hours that requests were estimated at. They took more, and the difference comes out of your plan."""
    right = free_hours.compute(timesheets, work_requests)
    found = hours_left(first_quarter(timesheets), asked_a_week(work_requests)["estimated_hours"], 13)[
        "left"
    ].to_dict()
    gap = sum(found.values()) - sum(right.values())
    asked = asked_a_week(work_requests).sum()
    return wrong(
        found,
        shows={
            "hours a week, estimated": f"{asked['estimated_hours']:.1f}",
            "taken": f"{asked['hours']:.1f}",
        },
        cost=f"{count(gap)} hours of the quarter would be handed out twice, {yuan(gap * HOUR)}.",
    )


@free_hours.slip("numerator and denominator")
def _(timesheets, work_requests):
    """You counted the hours at work, and took nothing off for requests."""
    return hours_left(first_quarter(timesheets), asked_a_week(work_requests)["hours"] * 0, 13)[
        "present"
    ].to_dict()


@free_hours.slip("numerator and denominator")
def _(timesheets, work_requests):
    """You took the contract's hours, and left the leave in them."""
    sheets = first_quarter(timesheets).assign(leave_hours=0)
    return hours_left(sheets, asked_a_week(work_requests)["hours"], 13)["left"].to_dict()


@free_hours.slip("window")
def _(timesheets, work_requests):
    """You took the requests of 26 weeks off the hours of thirteen."""
    asked = asked_a_week(work_requests)["hours"] * REQUEST_WEEKS / 13
    return hours_left(first_quarter(timesheets), asked, 13)["left"].to_dict()


free_hours.hints(
    "Who is at work in these weeks, and for how long?",
    "Contract less leave by person; requests: hours of 26 weeks, over 26, times 13.",
    "hours_left(weeks, asked, 13)",
)


# ---------------------------------------------------------------- a plan that can be kept

TASKS = [
    ("creatives", "Zhou", "2025-05-12", "2025-05-16", 16, "", "2025-06-02"),
    ("page copy", "He", "2025-05-12", "2025-05-23", 30, "", "2025-06-02"),
    ("keyword list", "Lin", "2025-05-19", "2025-05-23", 12, "", "2025-06-02"),
    ("landing page", "He", "2025-05-19", "2025-05-30", 48, "page copy", "2025-06-02"),
    ("posters", "He", "2025-05-19", "2025-05-23", 24, "", "2025-06-02"),
    ("ads uploaded", "Zhou", "2025-05-26", "2025-05-29", 10, "creatives", "2025-06-02"),
    ("group notice", "Wu", "2025-05-26", "2025-05-30", 12, "posters", "2025-06-02"),
    ("coupons set up", "Wu", "2025-06-03", "2025-06-05", 9, "", "2025-06-16"),
]


def launch_plan():
    """The plan as it stands in the lesson: task, owner, start, end, hours, needs, due."""
    columns = ["task", "owner", "start", "end", "hours", "needs", "due"]
    plan = pd.DataFrame(TASKS, columns=columns)
    return plan.assign(**{name: pd.to_datetime(plan[name]) for name in ("start", "end", "due")})


def too_early(plan):
    ends = plan.set_index("task")["end"]
    return set(plan.loc[plan["start"] <= plan["needs"].map(ends), "task"])


def overloaded(plan, timesheets):
    """Owners with more hours in a week than they are at work."""
    days = plan.apply(lambda row: pd.bdate_range(row["start"], row["end"]), axis=1)
    rows = plan.assign(day=days, a_day=plan["hours"] / days.map(len)).explode("day")
    rows["week"] = pd.to_datetime(rows["day"]) - pd.to_timedelta(
        pd.to_datetime(rows["day"]).dt.day_of_week, unit="D"
    )
    load = rows.groupby(["week", "owner"])["a_day"].sum()
    sheet = timesheets.set_index(["week_start", "person"])
    present = (sheet["contract_hours"] - sheet["leave_hours"]).reindex(load.index)
    return load, present


def begins(calendar):
    return calendar.loc[(calendar["promo"] == "618") & (calendar["date"] >= "2025-01-01"), "date"].min()


@exercise(
    "M10.18",
    title="Conflicts in the plan for 618",
    kind="set",
    minutes=(5, 7),
    practises=["R018", "R017", "R037"],
    section="A plan that can be kept",
    selfcheck={
        "grain": "one row of the plan is a task",
        "filter": "tasks that start before what they need has ended; tasks that end after 618 has begun; people with too many hours in a week",
        "window": "618 of 2025, as the calendar has it",
    },
)
def conflicts(timesheets, calendar):
    """Dependencies, dates and hours are three tests of a plan, and code runs them in a second."""
    plan = launch_plan()
    load, present = overloaded(plan, timesheets)
    late = set(plan.loc[plan["end"] >= begins(calendar), "task"])
    return too_early(plan) | late | set(load[load > present].index.get_level_values("owner"))


@conflicts.mistake("CAPACITY_BLIND", repair="Whose hours of a week are more than they are at work in it?")
def _(timesheets, calendar):
    """You named tasks and no person. A plan whose every arrow is right can still ask one person for two weeks in one."""
    plan = launch_plan()
    load, present = overloaded(plan, timesheets)
    over = (load - present).max()
    return wrong(
        too_early(plan) | set(plan.loc[plan["end"] >= begins(calendar), "task"]),
        shows={
            "largest load of a week": f"{load.max():.0f} hours",
            "hours at work in that week": f"{present[load.idxmax()]:.0f}",
        },
        cost=f"{over:.0f} hours too many in one week are {yuan(over * HOUR)} of overtime before a single promotion day.",
    )


@conflicts.mistake("TRUST_TABLE", repair="On which day does 618 begin, by the calendar?")
def _(timesheets, calendar):
    """You found no task that ends too late. For one task the column due names the main days of the promotion; by the calendar it
    begins two weeks earlier."""
    plan = launch_plan()
    load, present = overloaded(plan, timesheets)
    return (
        too_early(plan)
        | set(plan.loc[plan["end"] >= plan["due"], "task"])
        | set(load[load > present].index.get_level_values("owner"))
    )


conflicts.hints(
    "Which three things can be wrong with a date?",
    "Compare start with the end of what is needed, end with the first day of 618, hours of a week with hours at work.",
    'plan["start"] <= plan["needs"].map(plan.set_index("task")["end"])',
)


@exercise(
    "M10.19",
    title="What the brief does not say",
    kind="set",
    minutes=(2, 3),
    practises=["R015", "R028"],
    section="A plan that can be kept",
    selfcheck={
        "filter": "of background, purpose, need, audience, budget, expected result: those without a fact that can be checked later"
    },
)
def missing_fields():
    """A field is there when somebody could later say that it was kept or not: an amount, a number with a window, a group of people."""
    return {"budget", "expected result"}


@missing_fields.mistake("PROXY_METRIC", repair="How many likes are a lot, by when, and whose job are they?")
def _():
    """You accepted a lot of likes as the expected result. It has no number, no window and no owner, and likes are not what the
    campaign is paid for."""
    return {"budget"}


@missing_fields.mistake("CAPACITY_BLIND", repair="How many yuan is the same as last time?")
def _(budget):
    """You accepted the same as last time as a budget. Last time has a plan and a bill, and they differ."""
    rows = between(budget[budget["item"] == "media"], "date", "2024-05-20", "2024-06-18")[
        ["planned", "spent"]
    ].sum()
    return wrong(
        {"expected result"},
        shows={"media planned for 618 of 2024": yuan(rows["planned"]), "billed": yuan(rows["spent"])},
        cost=f"Sales and finance would part by {yuan(abs(rows['spent'] - rows['planned']))} before the first ad.",
    )


missing_fields.hints(
    "Go through the six fields: which message fills each?",
    "A field is filled by a fact that can be checked afterwards.",
    "Two of the six have only words.",
)


# ---------------------------------------------------------------- the content calendar

HOURS_A_WEEK = 80
VIDEO_SHARE = 2 / 3


@per_world
def notes_2025(social_posts):
    """Xiaohongshu posts of the second half of 2025: hours a post and reach, by form."""
    rows = social_posts[
        (social_posts["platform"] == "Xiaohongshu") & (social_posts["published_at"] >= "2025-07-01")
    ]
    return rows.groupby("form").agg(hours=("person_hours", "mean"), cost=("production_cost", "mean"))


@exercise(
    "M10.20",
    title="Posts a week from eighty hours",
    kind="number",
    unit="times",
    minutes=(3, 4),
    practises=["R037", "R101", "R110"],
    bounds=(0, None),
    section="A plan that can be kept",
    selfcheck={
        "numerator and denominator": "hours a week over the mean hours of a post at the planned mix",
        "window": "posts of July to December 2025",
        "filter": "Xiaohongshu; two of three posts are short videos",
    },
)
def posts_a_week(social_posts):
    """Hours over the hours of the average planned post: weigh the hours, not the outputs."""
    hours = notes_2025(social_posts)["hours"]
    return HOURS_A_WEEK / (VIDEO_SHARE * hours["short video"] + (1 - VIDEO_SHARE) * hours["graphic"])


@posts_a_week.mistake(
    "AVG_OF_RATIOS",
    repair="How many hours would the posts of your answer take, at two videos to one graphic?",
)
def _(social_posts):
    """The quick form got too much of your week. Two of three posts are videos: these shares weigh the hours of a post, not posts an
    hour, and the two forms are not weighed alike."""
    table = notes_2025(social_posts)
    found = HOURS_A_WEEK * (
        VIDEO_SHARE / table["hours"]["short video"] + (1 - VIDEO_SHARE) / table["hours"]["graphic"]
    )
    return wrong(
        found,
        shows={
            "hours of a short video": f"{table['hours']['short video']:.1f}",
            "of a graphic": f"{table['hours']['graphic']:.1f}",
        },
        cost=f"A calendar of {count(13 * found)} posts in 13 weeks cannot be kept; each post that is bought outside costs {yuan(table['cost'].mean())}.",
    )


@posts_a_week.mistake("CAPACITY_BLIND", repair="What does a calendar of graphics alone leave of the plan?")
def _(social_posts):
    """You counted as if every post were the quick form. The plan asks for two videos of three posts."""
    table = notes_2025(social_posts)
    found = HOURS_A_WEEK / table["hours"]["graphic"]
    video = table["hours"]["short video"]
    return wrong(
        found,
        cost=f"Of the {count(13 * found)} posts of 13 weeks two thirds would be videos at {yuan(video * HOUR)} of work each, for which no hour is left.",
    )


@posts_a_week.slip("filter")
def _(social_posts):
    """You gave two of three posts to the graphics."""
    hours = notes_2025(social_posts)["hours"]
    return HOURS_A_WEEK / ((1 - VIDEO_SHARE) * hours["short video"] + VIDEO_SHARE * hours["graphic"])


@posts_a_week.slip("window")
def _(social_posts):
    """You took the mean hours of all years."""
    hours = social_posts[social_posts["platform"] == "Xiaohongshu"].groupby("form")["person_hours"].mean()
    found = HOURS_A_WEEK / (VIDEO_SHARE * hours["short video"] + (1 - VIDEO_SHARE) * hours["graphic"])
    return unless_near(found, posts_a_week.compute(social_posts), within=0.02)


posts_a_week.hints(
    "How many hours does the average post of this plan take?",
    "Two thirds of a video's hours and one third of a graphic's; then divide the week by it.",
    '80 / (2 / 3 * hours["short video"] + 1 / 3 * hours["graphic"])',
)


@per_world
def slots(social_posts):
    """Xiaohongshu posts with their log reach, evening and weekend of the slot."""
    rows = social_posts[social_posts["platform"] == "Xiaohongshu"]
    return pd.DataFrame(
        {
            "account": rows["account"],
            "evening": rows["planned_at"].dt.hour >= 19,
            "weekend": rows["planned_at"].dt.day_of_week >= 5,
            "log_reach": np.log(rows["reach"] / rows["followers"]),
        }
    )


def evening_effect(posts, within=()):
    """How much more evening posts reach, as a fraction, within groups weighted by their posts."""
    if not within:
        level = posts.groupby("evening")["log_reach"].mean()
        return np.exp(level[True] - level[False]) - 1
    level = posts.groupby([*within, "evening"])["log_reach"].mean().unstack().dropna()
    size = posts.groupby(list(within)).size().reindex(level.index)
    return np.exp(((level[True] - level[False]) * size).sum() / size.sum()) - 1


@exercise(
    "M10.21",
    title="What the evening adds",
    kind="number",
    unit="fraction",
    minutes=(4, 6),
    practises=["R110"],
    section="A plan that can be kept",
    selfcheck={
        "grain": "one row is a post",
        "numerator and denominator": "mean log reach per follower of evening posts less that of others, back by exp, less 1",
        "filter": "Xiaohongshu; compared within account and within weekend or not, weighted by posts",
    },
)
def evening(social_posts):
    """Compared within account and kind of day, the evening adds far less than it seems: the calendar had put it where reach was high already."""
    return evening_effect(slots(social_posts), ["account", "weekend"])


def evening_cost(social_posts, effect):
    quarter = 13 * posts_a_week.compute(social_posts) * notes_2025(social_posts)["cost"].mean()
    return (
        f"On a quarter's content for {yuan(quarter)}, the hour would be credited with {yuan(effect * quarter)}, "
        "a good part of it for reach that the hour does not bring."
    )


@evening.mistake(
    "CONFOUND_SLOT", repair="On which days, and on which account, are posts put into the evening?"
)
def _(social_posts):
    """You compared evenings with other hours as they are. Evenings are weekends more often, and accounts get them unequally; both
    change reach at any hour."""
    posts = slots(social_posts)
    share = posts.groupby("weekend")["evening"].mean()
    effect = evening_effect(posts)
    return wrong(
        effect,
        shows={"evening posts on weekdays": percent(share[False], 0), "on weekends": percent(share[True], 0)},
        cost=evening_cost(social_posts, effect),
    )


@evening.mistake("MIX_UNADJUSTED", repair="Do all accounts post in the evening equally often?")
def _(social_posts):
    """You compared within weekdays and weekends, and across accounts. The accounts get evenings
    unequally, and one that gets few reaches less at any hour."""
    posts = slots(social_posts)
    share = posts.groupby("account")["evening"].mean()
    effect = evening_effect(posts, ["weekend"])
    return wrong(
        effect,
        shows={"least evening posts of an account": percent(share.min(), 0), "most": percent(share.max(), 0)},
        cost=evening_cost(social_posts, effect),
    )


@evening.slip("filter")
def _(social_posts):
    """You compared within accounts, with weekdays and weekends together."""
    return unless_near(
        evening_effect(slots(social_posts), ["account"]), evening.compute(social_posts), within=0.02
    )


@evening.slip("numerator and denominator")
def _(social_posts):
    """You gave the difference of the logs, and did not bring it back with exp."""
    return np.log1p(evening.compute(social_posts))


evening.hints(
    "What else differs between an evening slot and another?",
    "Compare within account and weekend, then average the differences weighted by posts.",
    'level = posts.groupby(["account", "weekend", "evening"])["log_reach"].mean().unstack()',
)


@exercise(
    "M10.22",
    title="What to train first",
    kind="ranking",
    minutes=(2, 3),
    practises=["R232"],
    section="A plan that can be kept",
    selfcheck={
        "grain": "one row is a kind of error",
        "numerator and denominator": "times it happened x yuan each time",
    },
)
def training():
    """An error's claim on training time is what it costs in a quarter: how often, times how much."""
    return (
        errors()
        .assign(total=lambda t: t["times"] * t["yuan"])
        .sort_values("total", ascending=False)["error"]
        .tolist()
    )


def errors():
    return pd.DataFrame(
        {
            "error": [
                "a day typed twice",
                "average of rates",
                "budget line without plan",
                "claim not checked",
            ],
            "times": [14, 9, 3, 2],
            "yuan": [60, 300, 2600, 900],
        }
    )


@training.mistake("SIZE_ONLY", repair="What does the most frequent error cost each time?")
def _():
    """You ranked by how often it happens. The error that everybody makes is the one that costs least here."""
    table = errors()
    total = table["times"] * table["yuan"]
    return wrong(
        table.sort_values("times", ascending=False)["error"].tolist(),
        shows={"times, most frequent error": "14", "its cost in the quarter": yuan(total.iloc[0])},
        cost=f"The first afternoon would go to an error of {yuan(total.min())} a quarter, and {yuan(total.max())} would wait.",
    )


@training.mistake("SINGLE_CAUSE", repair="How often does the dearest error happen?")
def _():
    """You ranked by the cost of one case. A dear error that hardly happens waits behind a cheaper one that happens weekly."""
    table = errors()
    return table.sort_values("yuan", ascending=False)["error"].tolist()


training.hints(
    "What does an error cost in a quarter?",
    "Times it happened, multiplied by yuan each time.",
    "Sort the products, largest first.",
)


# ---------------------------------------------------------------- mixed case, memo


@per_world
def october(orders, refunds, budget):
    """Live in October 2025: paid revenue, refunds in the end and those booked by the month's end, all costs."""
    sold = between(
        orders[(orders["channel"] == "live") & (orders["status"] == "paid")],
        "ordered_at",
        "2025-10-01",
        "2025-10-31",
    )
    back = refunds[refunds["order_id"].isin(sold["order_id"])]
    cost = between(budget[budget["channel"] == "live"], "date", "2025-10-01", "2025-10-31")["spent"].sum()
    return {
        "paid": sold["amount"].sum(),
        "back": back["amount"].sum(),
        "back_soon": back.loc[back["refunded_at"] < "2025-11-01", "amount"].sum(),
        "orders": len(sold),
        "refunds": len(back),
        "refunds_soon": int((back["refunded_at"] < "2025-11-01").sum()),
        "cost": cost,
    }


def return_on(revenue, cost):
    return (revenue * MARGIN - cost) / cost


@exercise(
    "M10.9",
    title="October of the live rooms",
    kind="number",
    unit="fraction",
    minutes=(4, 6),
    points=2,
    practises=["R220", "R089"],
    section="Mixed case: October of the live rooms",
    selfcheck={
        "numerator and denominator": "money left after margin and cost, over cost: media, fees and coupons of the channel",
        "window": "orders of October 2025, refunds whenever they came",
        "filter": "paid orders of the channel live",
    },
)
def october_roi(orders, refunds, budget):
    """Revenue that stayed, times the margin, less every cost of the channel, over that cost."""
    month = october(orders, refunds, budget)
    return return_on(month["paid"] - month["back"], month["cost"])


def fake_profit(month, roi):
    return f"The month would be paid a bonus on {yuan(roi * month['cost'])} of profit, a good part of which it did not earn."


@october_roi.mistake("GMV_AS_REVENUE", repair="Which part of what the rooms sold was sent back?")
def _(orders, refunds, budget):
    """You counted all that was paid. In live rooms a third and more comes back, and the money goes with it."""
    month = october(orders, refunds, budget)
    roi = return_on(month["paid"], month["cost"])
    return wrong(
        roi,
        shows={"paid orders": count(month["orders"]), "refunds of them": count(month["refunds"])},
        cost=fake_profit(month, roi),
    )


@october_roi.mistake(
    "LAG_IMMATURE", repair="On which day did the refunds of the last week of October arrive?"
)
def _(orders, refunds, budget):
    """You took the refunds that had come by the end of the month. Those of the last two weeks were still on their way."""
    month = october(orders, refunds, budget)
    roi = return_on(month["paid"] - month["back_soon"], month["cost"])
    return wrong(
        roi,
        shows={"refunds by 31 October": count(month["refunds_soon"]), "in the end": count(month["refunds"])},
        cost=fake_profit(month, roi),
    )


@october_roi.mistake("ROAS_AS_ROI", repair="What does a return of zero mean in your measure?")
def _(orders, refunds, budget):
    """You divided revenue by cost. That is ROAS; a return on investment counts what is left, and zero means that nothing was lost."""
    month = october(orders, refunds, budget)
    roas = (month["paid"] - month["back"]) / month["cost"]
    return wrong(
        roas,
        shows={
            "break-even of your measure at this margin": times(1 / MARGIN, 2),
            "break-even of a return on investment": "0",
        },
        cost=f"Read as a return, it promises {yuan(roas * month['cost'])} of profit on {yuan(month['cost'])}.",
    )


@october_roi.mistake("MARGIN_IGNORED", repair="Who pays for the goods in the parcels?")
def _(orders, refunds, budget):
    """You counted all revenue that stayed as money left. Goods and shipping take the larger part of it."""
    month = october(orders, refunds, budget)
    stayed = month["paid"] - month["back"]
    return wrong(
        (stayed - month["cost"]) / month["cost"],
        shows={"of each yuan to goods and shipping": f"{100 * (1 - MARGIN):.0f} fen"},
        cost=f"{yuan(stayed - month['cost'])} would be called profit, of which goods and shipping took a good part.",
    )


@october_roi.slip("numerator and denominator")
def _(orders, refunds, budget):
    """You counted media alone as the cost. The budget books fees and coupons of the channel as well."""
    month = october(orders, refunds, budget)
    rows = between(budget[budget["channel"] == "live"], "date", "2025-10-01", "2025-10-31")
    return return_on(month["paid"] - month["back"], rows.loc[rows["item"] == "media", "spent"].sum())


@october_roi.slip("numerator and denominator")
def _(orders, refunds, budget):
    """You gave what came back of each yuan. What was left lies above it or below: the one is still in your number."""
    month = october(orders, refunds, budget)
    stayed, rows = month["paid"] - month["back"], between(budget, "date", "2025-10-01", "2025-10-31")
    media = rows.loc[(rows["channel"] == "live") & (rows["item"] == "media"), "spent"].sum()
    return unless_near(1 + return_on(stayed, month["cost"]), return_on(stayed, media), within=0.02)


@october_roi.slip("filter")
def _(orders, budget):
    """You took all orders of the channel, paid or not, and no refund off them."""
    sold = between(orders[orders["channel"] == "live"], "ordered_at", "2025-10-01", "2025-10-31")
    cost = between(budget[budget["channel"] == "live"], "date", "2025-10-01", "2025-10-31")["spent"].sum()
    return return_on(sold["amount"].sum(), cost)


october_roi.hints(
    "What is left of the revenue, and what did the channel cost in all?",
    "Paid less refunded of the same orders, times 0.42, less media, fees and coupons, over that cost.",
    "((paid - back) * 0.42 - cost) / cost",
)


@exercise(
    "M10.10",
    title="Memo: a tenth of the media into live",
    kind="memo",
    unit="times",
    minutes=(4, 6),
    points=2,
    practises=["R041", "R225"],
    section="The memo",
    selfcheck={
        "line 1": "revenue of new customers that the next yuan brings, with its unit and weeks",
        "line 2": "the evidence: the average, or the break-even that it is held against",
        "line 3": "the ask: who does what, by when, and what would change it",
    },
)
def live_memo(budget, calendar, orders):
    """A number about the next yuan, what it is held against, and a decision with a date and a trigger."""
    return next_yuan(live_weeks(budget, calendar, orders))["marginal"]


@live_memo.mistake(
    "AVG_VS_MARGINAL", repair="Is the number of line 1 about the yuan that was spent, or about the next one?"
)
def _(budget, calendar, orders):
    """Your first line carries the average. Director Shen asks about a tenth more, and that is the next yuan."""
    weeks = live_weeks(budget, calendar, orders)
    found = next_yuan(weeks)
    moved, promised, comes = promise_of_moving(weeks, budget, found["average"])
    return wrong(
        found["average"],
        cost=f"It promises a gain of {yuan(promised)} on {yuan(moved)} moved, and {comes}.",
    )


@live_memo.mistake("NO_ACTION", repair="Who should do what by when, now that the number is known?")
def _():
    """Your third line asks for nothing. A review that ends in a number has not reviewed anything."""
    return None


live_memo.hints(
    "Three lines: number, evidence, ask.",
    "Line 2 needs a number of its own, such as the break-even at the margin.",
    "Line 3 begins with a verb: keep, hold, move, test; and says by when.",
)
