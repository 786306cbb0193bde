"""SC The annual plan: the senior capstone. Lesson: lessons/3_senior/SC_annual_plan.md.

What each task asks for was earned in S01 to S07 and before; here nothing says which method applies. The mix, the sealed quarter and
its scores stand in mktlib/board.py, the rubric in mktlib/rubrics/sc.py.
"""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from mktlib import board, forecast, geo, layer, mmm
from mktlib.course import exercise, per_world, prediction, unless_near, wrong
from mktlib.course.text import count, percent, times, yuan
from mktlib.creators import audience, reached, suspicion
from mktlib.lifetime import discounted
from mktlib.rubrics.sc import CRITERIA, facts

LEVERS, FEEDS = board.LEVERS, board.FEEDS
DARK = ("2025-10-13", "2025-11-23")
BEFORE = [("2025-03-03", "2025-04-30"), ("2025-06-01", "2025-10-12")]
RATE = 0.12  # a year, what money costs Heyu
TEN_MILLION = 10_000_000
WEEKS = 52
CHANNELS = ["SEM", "feed ads", "Xiaohongshu"]
MODULES = {
    "strategy_budget": 1.0,
    "ad_placement": 1.2,
    "analysis_reporting": 2.0,
    "content_seo": 2.5,
    "social_partners": 3.0,
}
LAUNCHED = ["HY-M06", "HY-B06", "HY-D10", "HY-F07"]
LAUNCH_COST, PILOT_ERROR = 70_000, 15_000
MIXES = {
    "search": {"SEM": 1.5},
    "feed": dict.fromkeys(FEEDS, 1.5),
    "live": {"live": 2.0},
    "notes": {"notes": 1.4},
    "Douyin": {"Douyin feed": 1.4, "live": 1.4},
    "notes and search": {"notes": 1.3, "SEM": 1.3},
}


# ---------------------------------------------------------------- what several answers need


@per_world
def history(orders, order_items, products):
    """Paid orders with margin, first day and first channel of their customer, in order of time."""
    paid = orders[orders["status"] == "paid"].sort_values("ordered_at", kind="stable")
    cost = order_items["sku"].map(products.set_index("sku")["unit_cost"]).astype(float)
    goods = (order_items["quantity"] * cost).groupby(order_items["order_id"]).sum()
    first = paid.drop_duplicates("customer_id").set_index("customer_id")
    began = paid["customer_id"].map(first["ordered_at"])
    return paid.assign(
        margin=paid["amount"] - paid["order_id"].map(goods) - paid["shipping_cost"], began=began,
        won_by=paid["customer_id"].map(first["channel"].astype(object)), first_store=paid["customer_id"].map(first["store"].astype(object)),
        days=(paid["ordered_at"] - began).dt.days, is_first=~paid["customer_id"].duplicated(),
    )  # fmt: skip


@per_world
def worth(orders, order_items, products):
    """Per yuan of first order, newcomers of 2024, by lever: margin of 365 days, margin of the first order, revenue of 365 days."""
    paid = history(orders, order_items, products)
    rows = paid[paid["began"].between("2024-01-01", "2025-01-01", inclusive="left") & (paid["days"] < 365)]
    first = rows[rows["is_first"]].groupby("won_by")
    base = first["amount"].sum()
    table = pd.DataFrame({"year": rows.groupby("won_by")["margin"].sum() / base, "first": first["margin"].sum() / base,
                          "revenue": rows.groupby("won_by")["amount"].sum() / base})  # fmt: skip
    names = {"live": "live", "notes": "Xiaohongshu", "SEM": "SEM"}
    return table.loc[[names.get(one, "feed ads") for one in LEVERS]].set_axis(LEVERS)


@per_world
def city_test(geo_daily):
    """What the city test found: geo.iroas over first orders and feed cost."""
    dark = geo_daily.drop_duplicates("city").set_index("city")["group"].sort_index() == "holdout"
    early = np.any([geo_daily["date"].between(*one) for one in BEFORE], axis=0)
    columns = ["new_revenue", "feed_cost"]
    before = geo_daily[early].groupby("city")[columns].sum()
    during = geo_daily[geo_daily["date"].between(*DARK)].groupby("city")[columns].sum()
    return geo.iroas(
        before["new_revenue"], during["new_revenue"], before["feed_cost"], during["feed_cost"], dark
    )


@per_world
def mart(orders, budget, feed_ads_daily, calendar):
    return board.mart_of(orders, budget, feed_ads_daily, calendar)


@per_world
def mix(orders, budget, feed_ads_daily, calendar, geo_daily):
    """Draws, curves and today's weekly money of the calibrated mix."""
    found = city_test(geo_daily)
    return board.calibrated(
        mart(orders, budget, feed_ads_daily, calendar), found["iroas"], found["standard_error"]
    )


@per_world
def decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """Everything that the money tasks share: curve, today, draws, value of a first order, the best split, what the curves carry."""
    one = mix(orders, budget, feed_ads_daily, calendar, geo_daily)
    value, curve, today = worth(orders, order_items, products)["year"], one.curve, one.today
    best = mmm.allocate(curve, today.sum(), curve["low"], curve["high"], worth=value)
    return SimpleNamespace(
        curve=curve, today=today, draws=one.draws, value=value, best=best, carried=carried_at(curve, value)
    )


def carried_at(curve, value):
    """Weekly spend by lever up to which the next yuan is back, inside low and high."""
    spend = np.sqrt(curve["top"] * curve["half"] * value) - curve["half"]
    return spend.clip(curve["low"], curve["high"])


def gains(one, plan, by_lever=False):
    """First-year margin less money, beyond today's split, in a year: one value a draw (and lever)."""
    unit = one.curve.assign(top=one.curve["top"] / one.draws.mean())
    change = (mmm.brings(unit, plan) - mmm.brings(unit, one.today)) * one.value
    rows = (one.draws * change - (plan - one.today)) * WEEKS
    return rows if by_lever else rows.sum(axis=1)


def year_of(orders, year):
    paid = orders[orders["status"] == "paid"]
    return paid[paid["ordered_at"].dt.year == year]


# ---------------------------------------------------------------- 1: goals


@exercise(
    "SC.1",
    title="Five sub-goals that add up",
    kind="set",
    minutes=(6, 9),
    points=2,
    practises=["R001"],
    section="What the board means",
    selfcheck={
        "grain": "a part of a total holds each order once; goals that cut the same orders another way do not belong beside it",
        "filter": "parts of paid sales of all stores, less what is paid back",
        "form": 'a set of single letters, each in its own quotes: {"a", "h"}',
    },
)
def goals():
    """Each order stands in one part, and the parts sum to what the board will see: strangers won, customers kept, money given back."""
    return {"a", "b", "c", "d", "e"}


@goals.mistake(
    "DOUBLE_CREDIT",
    repair="Whose orders are those of the members: in which of your other parts do they stand already?",
)
def _(orders, wecom_contacts):
    """You added the members' orders to a sum that holds them. Members are new or old customers like others; the tree cuts orders by
    that, not by where people can be reached."""
    members = wecom_contacts["customer_id"].dropna().unique()
    rows = year_of(orders, 2025)
    twice = rows.loc[rows["customer_id"].isin(members), "amount"].sum()
    return wrong(
        set("abcdef"),
        shows={"paid sales of 2025": yuan(rows["amount"].sum()), "of customers who are members": yuan(twice)},
        cost=f"The plan would promise {yuan(0.25 * twice)} of growth that is counted twice.",
    )


@goals.mistake("VANITY_ENG", repair="Which line of the profit and loss account does a follower stand in?")
def _(followers_daily):
    """You took followers for a part of sales. They may help a part to grow; they are no yuan of it."""
    new = followers_daily.loc[followers_daily["date"] >= "2025-01-01", "new"].sum()
    return wrong(set("abcdeh"), shows={"followers won in 2025": count(new), "yuan among them": "0"})


@goals.mistake("GMV_AS_REVENUE", repair="Of what is paid, how much goes back to the customers?")
def _(orders, refunds):
    """You left out what is paid back. A plan that grows by live sales grows its refunds first."""
    rows = year_of(orders, 2025)
    back = refunds.loc[refunds["order_id"].isin(rows["order_id"]), "amount"].sum()
    return wrong(
        set("abcd"),
        shows={"paid in 2025": yuan(rows["amount"].sum()), "of it paid back": yuan(back)},
        cost=f"{yuan(1.25 * back)} of next year's plan would go back to customers.",
    )


@goals.slip("form")
def _():
    """You wrote several letters as one text, and one text is one label."""
    return {"abcde"}


goals.hints(
    "Which of the eight hold orders, and do any two of them hold the same order?",
    "Cut paid orders once by new or old customer, new by what won them, old by the time since the order before; then take refunds off.",
    "Members and coupon orders cut the same orders another way, followers are no orders: a to e remain.",
)


# ---------------------------------------------------------------- 2: twelve quarters


def growths(orders, market_index):
    """Growth of the market's searches (mean week) and of Heyu's own paid sales, 2025 over 2024, as fractions."""
    searches = market_index.set_index("week_start")["category_searches"]
    sold = [year_of(orders, year)["amount"].sum() for year in (2024, 2025)]
    return searches["2025"].mean() / searches["2024"].mean() - 1, sold[1] / sold[0] - 1


def twelve(base, growth):
    return base * sum((1 + growth) ** year for year in (1, 2, 3))


@exercise(
    "SC.2",
    title="Twelve quarters, low and high",
    kind="table",
    unit="CNY",
    minutes=(7, 11),
    points=2,
    practises=["R024"],
    section="What the board means",
    selfcheck={
        "grain": "each quarter is the same quarter of the year before, grown; twelve of them summed",
        "numerator and denominator": "growth of the market: the mean week of 2025 over the mean week of 2024",
        "window": "base: paid sales of 2025; growth: 2025 over 2024",
        "filter": "paid orders of all stores, refunds not taken off; searches of the category in market_index",
    },
)
def quarters(orders, market_index):
    """A range whose ends have a reason each: no better than the market, or on as in the last year. What is between them is the strategy."""
    low, high = growths(orders, market_index)
    base = year_of(orders, 2025)["amount"].sum()
    return {"low": twelve(base, low), "high": twelve(base, high)}


@quarters.mistake("PROMO_BASE", repair="What stands in the last quarter that the other three do not have?")
def _(orders, market_index):
    """You took the last quarter four times. It holds Double 11, and a year has one of them."""
    low, high = growths(orders, market_index)
    rows = year_of(orders, 2025)
    last = rows.loc[rows["ordered_at"].dt.quarter == 4, "amount"].sum()
    return wrong(
        {"low": twelve(4 * last, low), "high": twelve(4 * last, high)},
        shows={
            "last quarter of 2025": yuan(last),
            "mean of the other three": yuan((rows["amount"].sum() - last) / 3),
        },
        cost=f"Stock for {yuan((1 + low) * last)} would be bought for a spring that sells like any spring.",
    )


@quarters.mistake("HIST_AS_FUTURE", repair="How old was the shop in the first of these years?")
def _(orders, market_index):
    """You carried the growth since the opening on. A shop of which nobody knows grows by being found, once."""
    low, _ = growths(orders, market_index)
    sold = [year_of(orders, year)["amount"].sum() for year in (2023, 2025)]
    young = np.sqrt(sold[1] / sold[0]) - 1
    right = quarters.compute(orders, market_index)
    return wrong(
        {"low": right["low"], "high": twelve(sold[1], young)},
        shows={"growth a year since 2023": percent(young, 0), "growth of the market": percent(low, 0)},
        cost=f"Stock and people of 2028 would be planned for {yuan(sold[1] * (1 + young) ** 3)} of sales.",
    )


@quarters.mistake(
    "INCOMPLETE_PERIOD", repair="How many weeks of market_index begin in 2024, and how many in 2025?"
)
def _(orders, market_index):
    """You compared sums of unlike numbers of weeks. The one year has more Mondays in the table than the other, so the market seems to
    grow less than it does."""
    searches = market_index.set_index("week_start")["category_searches"]
    growth = searches["2025"].sum() / searches["2024"].sum() - 1
    right = quarters.compute(orders, market_index)
    base = year_of(orders, 2025)["amount"].sum()
    low = twelve(base, growth)
    return wrong(
        right | {"low": low},
        shows={"weeks of 2024 in the table": count(len(searches["2024"])), "weeks of 2025": count(len(searches["2025"]))},
        cost=f"With the low case for the plan of 2026, stock for {yuan((1 + growth) * base)} would be bought, and run out before the year does.",
    )  # fmt: skip


@quarters.slip("filter")
def _(orders, market_index, refunds):
    """You took refunds off, of base and growth alike."""
    low, _ = growths(orders, market_index)
    net = {}
    for year in (2024, 2025):
        rows = year_of(orders, year)
        net[year] = (
            rows["amount"].sum() - refunds.loc[refunds["order_id"].isin(rows["order_id"]), "amount"].sum()
        )
    return {"low": twelve(net[2025], low), "high": twelve(net[2025], net[2025] / net[2024] - 1)}


@quarters.slip("filter")
def _(orders, market_index):
    """You took all orders, unpaid and cancelled ones, too; sales are what was paid."""
    low, _ = growths(orders, market_index)
    sold = [orders.loc[orders["ordered_at"].dt.year == year, "amount"].sum() for year in (2024, 2025)]
    return {"low": twelve(sold[1], low), "high": twelve(sold[1], sold[1] / sold[0] - 1)}


@quarters.slip("grain")
def _(orders, market_index):
    """You took one year's growth three times over; the second year grows on the first, and the third on the second."""
    low, high = growths(orders, market_index)
    base = year_of(orders, 2025)["amount"].sum()
    return {"low": 3 * base * (1 + low), "high": 3 * base * (1 + high)}


quarters.hints(
    "What is the least that a brand of this market may expect, and what the most that it has shown as a grown shop?",
    "Low: growth of the mean week of category searches, 2025 over 2024. High: growth of own paid sales. Three years, each on top of the one before.",
    "base * sum((1 + g) ** year for year in (1, 2, 3)), base: paid sales of 2025",
)


# ---------------------------------------------------------------- 3: evidence


@exercise(
    "SC.3",
    title="What feed ads return, with its interval and its reason",
    kind="table",
    unit={"return": "times", "low": "times", "high": "times", "why": "text"},
    minutes=(10, 15),
    points=3,
    practises=["R043", "R123"],
    section="What money does",
    selfcheck={
        "numerator and denominator": "return: first orders lost in the dark cities x first-year margin per yuan of first order, per yuan of feed ads not spent",
        "grain": "low and high: cities are what the lot drew, so the error comes from leaving out one of them at a time",
        "window": "dark 13 October to 23 November; before: 3 March to 30 April and 1 June to 12 October 2025; newcomers of 2024 for the margin",
        "filter": "margin: feed ads' newcomers, all orders of their first 365 days",
    },
)
def feed_return(geo_daily, orders, order_items, products):
    """The lot broke the tie between money and calendar, and the margin of a year is what the yuan is to be held against."""
    return feed_times(geo_daily, worth(orders, order_items, products).loc["Douyin feed", "year"])


def feed_times(geo_daily, value):
    """The city test's return and interval, times what a yuan of first order is worth."""
    found = city_test(geo_daily)
    return {
        "return": found["iroas"] * value,
        "low": found["low"] * value,
        "high": found["high"] * value,
        "why": "b",
    }


@feed_return.mistake(
    "MARGIN_IGNORED", repair="In which money is the city test's return, and in which one is the question?"
)
def _(geo_daily, orders, order_items, products):
    """You gave the return of the city test as it comes: revenue of first orders per yuan. Goods and parcels are not paid yet, and
    what these customers buy later is not in it."""
    table, found = worth(orders, order_items, products).loc["Douyin feed"], city_test(geo_daily)
    return wrong(
        feed_times(geo_daily, 1.0),
        shows={"a yuan of first order, revenue": times(1), "its margin, first order": times(table["first"]), "its margin, first year": times(table["year"])},
        cost=f"{yuan(100_000)} of feed ads would be told {yuan(100_000 * found['iroas'] * (table['year'] - 1))} poorer than they are after a year.",
    )  # fmt: skip


@feed_return.mistake("FIRST_ORDER_ONLY", repair="What do these customers order in the rest of the year?")
def _(geo_daily, orders, order_items, products):
    """You valued a newcomer by the margin of the first order. The question counts the year, in which most of the margin comes."""
    table, found = worth(orders, order_items, products).loc["Douyin feed"], city_test(geo_daily)
    return wrong(
        feed_times(geo_daily, table["first"]),
        shows={"margin of the first order, per yuan of it": times(table["first"]), "of the first year": times(table["year"])},
        cost=f"{yuan(100_000)} of feed ads would be told {yuan(100_000 * found['iroas'] * (table['year'] - table['first']))} poorer than they are after a year.",
    )  # fmt: skip


@feed_return.mistake("LTV_REVENUE", repair="Who pays for goods and parcels?")
def _(geo_daily, orders, order_items, products):
    """You valued first orders by a year's revenue. More than half of it goes to goods and parcels before it can pay an ad."""
    table, found = worth(orders, order_items, products).loc["Douyin feed"], city_test(geo_daily)
    return wrong(
        feed_times(geo_daily, table["revenue"]),
        shows={"a year's revenue per yuan of first order": times(table["revenue"]), "a year's margin": times(table["year"])},
        cost=f"{yuan(100_000)} of feed ads would seem to bring {yuan(100_000 * found['iroas'] * (table['revenue'] - table['year']))} more than they leave.",
    )  # fmt: skip


@feed_return.mistake(
    "LASTCLICK_AS_INCREMENTAL",
    repair="Which of the orders that the platforms report would have come without their ads?",
)
def _(geo_daily, orders, order_items, products, feed_ads_daily):
    """You took the platforms' own figures for what was caused. The dark cities lost far less than their reports say."""
    right = feed_return.compute(geo_daily, orders, order_items, products)
    value = worth(orders, order_items, products).loc["Douyin feed", "year"]
    rows = feed_ads_daily[feed_ads_daily["date"].between(*DARK)]
    claim = rows["revenue"].sum() / rows["cost"].sum() * value
    return wrong(
        right | {"return": claim},
        shows={"revenue per yuan, as the platforms report it": times(claim / value), "missing in the dark cities per yuan": times(right["return"] / value)},
        cost=f"Of each {yuan(100_000)} of feed ads, {yuan(100_000 * (claim - right['return']))} of margin would be planned that was not caused.",
    )  # fmt: skip


@feed_return.mistake(
    "PRE_POST", repair="What did the lit cities do from the weeks before to the weeks after?"
)
def _(geo_daily, orders, order_items, products):
    """You held the dark cities against their own weeks before. Season and Double 11 lie between the two, and move all cities."""
    value = worth(orders, order_items, products).loc["Douyin feed", "year"]
    right = feed_return.compute(geo_daily, orders, order_items, products)
    days, naive = before_after(geo_daily)
    return wrong(
        right | {"return": naive * value},
        shows={name: yuan(one) for name, one in days.items()},
        cost=f"Of each {yuan(100_000)} of feed ads, {yuan(100_000 * abs(naive * value - right['return']))} of margin would be put down to the wrong cause.",
    )  # fmt: skip


def before_after(geo_daily):
    """First orders of a lit and a dark city's day before and during the test, CNY; and the dark cities' change per yuan not spent."""
    early = np.any([geo_daily["date"].between(*one) for one in BEFORE], axis=0)
    late = geo_daily["date"].between(*DARK).to_numpy()
    dark = (geo_daily["group"] == "holdout").to_numpy()
    columns = ["new_revenue", "feed_cost"]
    day = {
        (place, time): geo_daily.loc[where & when, columns].mean()
        for place, where in (("lit", ~dark), ("dark", dark))
        for time, when in (("before", early), ("during", late))
    }
    change = day["dark", "during"] - day["dark", "before"]
    told = {f"a day of a {place} city, {time}": one["new_revenue"] for (place, time), one in day.items()}
    return told, change["new_revenue"] / change["feed_cost"]


@feed_return.mistake(
    "COLLINEAR_COEF", repair="Which of the three would still be there if there were one medium only?"
)
def _(geo_daily, orders, order_items, products):
    """You named another fault of regressions: two media that move as one. Endogeneity needs no second medium; it needs somebody
    who plans money by the sales to come."""
    return wrong(feed_return.compute(geo_daily, orders, order_items, products) | {"why": "a"})


feed_return.hints(
    "Which evidence about feed ads did a lot produce, and in which money is a board's yuan counted?",
    "geo.iroas gives return and interval in first orders; multiply all three by the first-year margin per yuan of first order of feed ads' newcomers.",
    "iroas(before, during, cost_before, cost, dark) on sums by city; value: margin of 365 days / first orders, newcomers of 2024 won by feed ads",
)


# ---------------------------------------------------------------- 4: the forecast


@per_world
def before_quarter(orders):
    """Paid sales of the complete weeks before the sealed quarter."""
    paid = orders[orders["status"] == "paid"]
    by_day = paid.groupby(paid["ordered_at"].dt.normalize())["amount"].sum()
    return forecast.complete_weeks(by_day.reindex(pd.date_range("2023-01-01", "2025-12-31"), fill_value=0))


@exercise(
    "SC.4",
    title="The first quarter of 2026, before it is opened",
    kind="table",
    unit="text",
    minutes=(15, 25),
    points=4,
    practises=["R024"],
    section="What will come",
    selfcheck={
        "grain": "one row is a week, Monday to Sunday; paid orders of all stores; 13 Mondays from 29 December 2025",
        "filter": "nothing of 2026 but what the calendar knows",
        "bar": "last year's weeks, grown (growing_naive), as all three quantiles; and a flat line, the mean of the last eight weeks from 0.8 to 1.25",
    },
)
def handed_in():
    """Below the bar, with ranges that hold and that somebody can order by: such a forecast may carry stock and money."""
    return {"pinball loss": "at least 20 % below", "80 % ranges": "hold"}


@handed_in.mistake("GOODHART", repair="What would purchasing order for your widest week?")
def _(orders):
    """You have a week whose upper end is more than three times its lower one. Any week falls into such a range, and nobody can order
    by it: the share of weeks inside was bought with width."""
    last = year_of(orders, 2025)
    week = last.loc[last["ordered_at"] >= "2025-10-01", "amount"].sum() / 13.1
    return wrong(
        {"pinball loss": "at least 20 % below", "80 % ranges": "too wide to order by"},
        shows={"q90 over q10, the most that is asked for": times(board.WIDEST), "weeks that an 80 % range should hold": "about 10 of 13"},
        cost=f"Around a mean week of last autumn, {yuan(week)}, ends at half and at twice of it leave open stock for {yuan(1.5 * week)}.",
    )  # fmt: skip


@handed_in.mistake(
    "NO_BASELINE",
    repair="How near does somebody come who lets last year's weeks grow, and knows no calendar?",
)
def _(orders):
    """Your forecast loses more than last year's weeks, grown by what the last eight lay above theirs. Nobody had held it against that
    bar before it was handed in."""
    weeks = before_quarter(orders)
    grown, last = forecast.growing_naive(weeks, board.WEEKS), forecast.seasonal_naive(weeks, board.WEEKS)
    return wrong(
        {"pinball loss": "not below", "80 % ranges": "hold"},
        shows={
            "a week of the bar, on average": yuan(grown.mean()),
            "the same week a year before": yuan(last.mean()),
        },
        cost=f"Who orders for last year's weeks, without their growth, has {yuan(grown.sum() - last.sum())} too little in the quarter, by the bar.",
    )


@handed_in.mistake(
    "POINT_ONLY", repair="How often did your ranges hold when you made them on earlier Mondays?"
)
def _(orders):
    """Your ranges hold fewer weeks than they promise. Errors of quiet weeks, or of calm years, are too small for the quarter after a step."""
    last = year_of(orders, 2025)
    week = last.loc[last["ordered_at"] >= "2025-10-01", "amount"].sum() / 13.1
    return wrong(
        {"pinball loss": "at least 20 % below", "80 % ranges": "too narrow"},
        shows={"weeks that an 80 % range should hold": "about 10 of 13", "weeks asked for here": "9 or more"},
        cost=f"A week of about {yuan(week)} whose upper end is a tenth too low sells out {yuan(0.1 * week)} early.",
    )


@handed_in.slip("bar")
def _():
    """Your loss is below that of the bar, by less than 20 %."""
    return {"pinball loss": "below, by less", "80 % ranges": "hold"}


@handed_in.slip("bar")
def _():
    """Your loss lies below the bar, but not 10 % below that of a flat line, which knows no calendar: New Year is not in it, or in another week."""
    return {"pinball loss": "no better than a flat line", "80 % ranges": "hold"}


handed_in.hints(
    "Which forecast of S04 beat the bar on all Mondays, and which errors tell how wide a range thirteen weeks ahead has to be?",
    "rolling_origin with regression and calendar_features at a horizon of 13, then bands: the row of the last origin.",
    "bands(rolling_origin(sales, method, '2024-02-26', horizon=13), step=0), origin 2025-12-29: lower, forecast, upper as q10, q50, q90",
)


# ---------------------------------------------------------------- 5: ceilings


def newcomers(paid, until="2025-01-01"):
    """Customers of the own shop who came from 2024 on, before `until`: their orders."""
    return paid[(paid["first_store"] == "own") & paid["began"].between("2024-01-01", until, inclusive="left")]


def costs(budget, item=None, year=("2024-01-01", "2025-01-01")):
    rows = budget[budget["date"].between(*year, inclusive="left")]
    return (
        (rows if item is None else rows[rows["item"] == item])
        .groupby(rows["channel"].astype(object))["spent"]
        .sum()
    )


def ceilings_of(rows, money, column="margin", rate=RATE):
    """{channel ceiling, channel back}: discounted money of the first year per newcomer, and over what a newcomer cost."""
    year = rows[rows["days"] < 365]
    today = discounted(year[column], year["days"], rate).groupby(year["won_by"]).sum()
    people = rows[rows["is_first"]].groupby("won_by").size()
    found = {f"{one} ceiling": today[one] / people[one] for one in CHANNELS}
    return found | {f"{one} back": today[one] / money[one] for one in CHANNELS}


@exercise(
    "SC.5",
    title="What a newcomer may cost",
    kind="table",
    unit={f"{one.lower()} ceiling": "CNY" for one in CHANNELS}
    | {f"{one.lower()} back": "times" for one in CHANNELS},
    minutes=(10, 15),
    points=3,
    practises=["R043", "R001"],
    section="What a customer may cost",
    selfcheck={
        "grain": "a newcomer is a customer of the own shop whose first paid order fell into 2024, under the channel of that order",
        "numerator and denominator": "ceiling: discounted margin of days 0 to 364 per newcomer; back: the same sum over all that was spent on the channel in 2024",
        "window": "newcomers of 2024, 365 days each; 12 % a year",
        "filter": "all later orders of these people, in any store; all items of the budget",
    },
)
def ceilings(orders, order_items, products, budget):
    """Targets that a channel can be held to: what may be paid if the money is to be back within a year, and how far it was."""
    return ceilings_of(newcomers(history(orders, order_items, products)), costs(budget))


@ceilings.mistake("LTV_REVENUE", repair="What is left of a yuan of revenue when goods and parcel are paid?")
def _(orders, order_items, products, budget):
    """You set the ceiling by revenue. Whoever bids up to it pays out more than a customer leaves."""
    right = ceilings.compute(orders, order_items, products, budget)
    naive = ceilings_of(newcomers(history(orders, order_items, products)), costs(budget), "amount")
    gap = naive["SEM ceiling"] - right["SEM ceiling"]
    return wrong(
        naive,
        shows={
            "a newcomer of SEM, revenue of a year": yuan(naive["SEM ceiling"]),
            "goods and parcels of it": percent(gap / naive["SEM ceiling"], 0),
        },
        cost=f"Of each {yuan(100)} paid for a newcomer up to that ceiling, about {yuan(100 * gap / naive['SEM ceiling'], 0)} would not be back after a year.",
    )


@ceilings.mistake("RIGHT_CENSOR", repair="How many of your newcomers have had 365 days?")
def _(orders, order_items, products, budget):
    """You took everybody who came since 2024. Those of 2025 have not had their year yet, and look poorer than they are."""
    rows = newcomers(history(orders, order_items, products), "2026-01-01")
    money = costs(budget, year=("2024-01-01", "2026-01-01"))
    young = (rows.loc[rows["is_first"], "began"] >= "2025-01-01").mean()
    return wrong(
        ceilings_of(rows, money),
        shows={"newcomers with less than a year behind them": percent(young, 0)},
        cost="The ceiling would be too low, and channels would be cut that pay.",
    )


@ceilings.mistake("FIRST_ORDER_ONLY", repair="What do these people order in the months after?")
def _(orders, order_items, products, budget):
    """You counted the first order alone. The channels differ least there, and most in whether people come back."""
    rows = newcomers(history(orders, order_items, products))
    naive = ceilings_of(rows[rows["is_first"]], costs(budget))
    return wrong(
        naive,
        shows={f"{one}, margin of the first order": yuan(naive[f"{one} ceiling"]) for one in ("SEM", "Xiaohongshu")},
        cost=f"No channel would be allowed to pay its price; the {yuan(costs(budget)['Xiaohongshu'])} of 2024 for Xiaohongshu, whose newcomers come back most, would be cut first.",
    )  # fmt: skip


@ceilings.mistake(
    "CAC_MEDIA_ONLY", repair="Which items of the budget are paid for a channel beside its media?"
)
def _(orders, order_items, products, budget):
    """You set the margin against the media bill alone. Fees and coupons of a channel are spent on its newcomers, too."""
    rows = newcomers(history(orders, order_items, products))
    media, whole = costs(budget, "media"), costs(budget)
    return wrong(
        ceilings_of(rows, media),
        shows={f"{one}, media": yuan(media[one]) for one in ("feed ads", "Xiaohongshu")} | {f"{one}, all items": yuan(whole[one]) for one in ("feed ads", "Xiaohongshu")},
        cost=f"{yuan((whole - media)[CHANNELS].sum())} of fees and coupons a year would be spent that no target has to earn.",
    )  # fmt: skip


@ceilings.slip("numerator and denominator")
def _(orders, order_items, products, budget):
    """You did not discount: a yuan of month eleven counts as one of the first day."""
    rows = newcomers(history(orders, order_items, products))
    return ceilings_of(rows, costs(budget), rate=0.0)


@ceilings.slip("numerator and denominator")
def _(orders, order_items, products, budget):
    """You took revenue, and did not discount it."""
    rows = newcomers(history(orders, order_items, products))
    return ceilings_of(rows, costs(budget), "amount", rate=0.0)


@ceilings.slip("filter")
def _(orders, order_items, products, budget):
    """You left out what these people ordered in other stores later."""
    paid = history(orders, order_items, products)
    own = orders.loc[orders["store"] == "own", "order_id"]
    return ceilings_of(newcomers(paid[paid["order_id"].isin(own)]), costs(budget))


@ceilings.slip("grain")
def _(orders, order_items, products, budget):
    """You took newcomers of all stores."""
    paid = history(orders, order_items, products)
    rows = paid[paid["began"].between("2024-01-01", "2025-01-01", inclusive="left")]
    return ceilings_of(rows, costs(budget))


ceilings.hints(
    "What does a newcomer leave in the first year, in money of the first day, and what did the channel cost for each?",
    "Newcomers of 2024 of the own shop by first channel; margin of days 0 to 364, discounted at 12 % a year; budget of 2024, all items.",
    "discounted(margin, days, 0.12) summed by won_by, over people: ceiling; the same sum over budget spent of the channel: back",
)


# ---------------------------------------------------------------- 6: strategies


def mix_results(one, values, rate=None, scaled=True):
    """First-order sales of each mix at today's money x values: CNY a week beyond today's split, by mix.

    rate   first orders per yuan moved, by lever: a straight line in place of the curves (for wrong answers)
    """
    found = {}
    for name, factors in MIXES.items():
        plan = one.today * pd.Series(factors).reindex(LEVERS).fillna(1.0)
        plan = plan * one.today.sum() / plan.sum() if scaled else plan
        curved = mmm.brings(one.curve, plan) - mmm.brings(one.curve, one.today)
        found[name] = ((curved if rate is None else rate * (plan - one.today)) * values).sum()
    return pd.Series(found)


def two_horizons(one, value, **other):
    return pd.DataFrame({"month 1": mix_results(one, value["first"], **other), "month 12": mix_results(one, value["year"], **other)})  # fmt: skip


@exercise(
    "SC.6",
    title="Six mixes, two horizons",
    kind="table",
    unit="CNY",
    tolerance=0.02,
    minutes=(10, 15),
    points=3,
    practises=["R025", "R036", "R123"],
    section="What to choose, and what to refuse",
    selfcheck={
        "grain": "yuan a week; a mix is today's weekly money with some levers multiplied, then scaled back to the same sum",
        "numerator and denominator": "what the curves bring more than today's split, x margin per yuan of first order",
        "window": "month 1: margin of the first order; month 12: margin of 365 days; newcomers of 2024",
    },
)
def mixes(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """The same money, two horizons, two orders of rank: the month and the year need not name the same winner."""
    one, value = (
        decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products),
        worth(orders, order_items, products),
    )
    return two_horizons(one, value)


@mixes.mistake("HORIZON_MISMATCH", repair="When does a newcomer won by notes order again?")
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You judged the year by the month. First orders leave about the same whoever won them; the difference comes later."""
    right = mixes.compute(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    value = worth(orders, order_items, products)
    return wrong(
        right.assign(**{"month 12": right["month 1"]}),
        shows={"a year's margin per yuan of first order, notes": times(value.loc["notes", "year"]), "live": times(value.loc["live", "year"])},
        cost=f"The year's gain of notes would be told {yuan(WEEKS * (right.loc['notes', 'month 12'] - right.loc['notes', 'month 1']))} too small, and nobody would choose it.",
    )  # fmt: skip


@mixes.mistake("LTV_REVENUE", repair="Which part of a year's revenue is there to be compared?")
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You compared revenue. The board spends margin."""
    one, value = (
        decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products),
        worth(orders, order_items, products),
    )
    right = mixes.compute(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    naive = mix_results(one, value["revenue"])
    return wrong(
        right.assign(**{"month 12": naive}),
        shows={"notes, month 12 in revenue": yuan(naive["notes"]), "goods and parcels of it": yuan(naive["notes"] - right.loc["notes", "month 12"])},
        cost=f"The gain of notes would be told {yuan(WEEKS * (naive['notes'] - right.loc['notes', 'month 12']))} a year too high.",
    )  # fmt: skip


@mixes.mistake("AVG_VS_MARGINAL", repair="Does the yuan that is added bring what the yuan before it brought?")
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You moved money at average returns. What is added to a lever brings less than its average, and what is taken from it costs less."""
    one, value = (
        decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products),
        worth(orders, order_items, products),
    )
    average, margin = mmm.brings(one.curve, one.today) / one.today, mmm.marginal(one.curve, one.today)
    naive, right = two_horizons(one, value, rate=average)["month 12"], mix_results(one, value["year"])
    return wrong(
        two_horizons(one, value, rate=average),
        shows={
            "notes, average return on first orders": times(average["notes"]),
            "its next yuan": times(margin["notes"]),
        },
        cost=f"The year's gain of notes would be told {yuan(WEEKS * (naive['notes'] - right['notes']))} too high.",
    )


@mixes.mistake(
    "EXTRAP_SATURATION",
    repair="How far does the next yuan's return hold when a lever gets half as much again?",
)
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You moved money at the return of the next yuan. That holds for one yuan; over thousands the curve bends under it."""
    one, value = (
        decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products),
        worth(orders, order_items, products),
    )
    margin = mmm.marginal(one.curve, one.today)
    naive, right = two_horizons(one, value, rate=margin)["month 12"], mix_results(one, value["year"])
    after = mmm.marginal(one.curve, one.today * pd.Series(MIXES["notes"]).reindex(LEVERS).fillna(1.0))
    return wrong(
        two_horizons(one, value, rate=margin),
        shows={
            "notes, next yuan today": times(margin["notes"]),
            "next yuan with 40 % more": times(after["notes"]),
        },
        cost=f"The year's gain of notes would be told {yuan(WEEKS * (naive['notes'] - right['notes']))} too high.",
    )


@mixes.slip("grain")
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You gave yuan a year; a week is asked for."""
    one = decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    return WEEKS * two_horizons(one, worth(orders, order_items, products))


@mixes.slip("grain")
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You did not scale the mixes back to today's sum, so each of them spends more than today."""
    one = decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    return two_horizons(one, worth(orders, order_items, products), scaled=False)


mixes.hints(
    "What changes between the two horizons: what the curves bring, or what a first order is worth?",
    "For each mix: today x factors, scaled to today's sum; brings of the curves less brings today; times the margin of the horizon.",
    "plan = today * factors; plan *= today.sum() / plan.sum(); ((brings(curve, plan) - brings(curve, today)) * value).sum()",
)


# ---------------------------------------------------------------- 7: the split


@exercise(
    "SC.7",
    title="The year's money, placed at the margin",
    kind="table",
    unit="CNY",
    tolerance=0.02,
    minutes=(8, 12),
    points=2,
    practises=["R043", "R036"],
    section="What to choose, and what to refuse",
    selfcheck={
        "grain": "one row a lever; yuan a year of 52 weeks; they sum to today's weekly money x 52",
        "numerator and denominator": "what is made largest: first orders x first-year margin of the lever",
        "filter": "each lever between the least and the most that was ever seen at work (low and high of its curve)",
    },
)
def split(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """Inside its bounds each lever's last yuan leaves the same; what stands at a bound asks for a test, not for belief."""
    return (
        decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products).best * WEEKS
    ).to_dict()


def at_average(one):
    """Levers filled up to their highest spend by average return, from the best one on."""
    average = mmm.brings(one.curve, one.today) / one.today * one.value
    plan, left = one.curve["low"].copy(), one.today.sum() - one.curve["low"].sum()
    for name in average.sort_values(ascending=False).index:
        more = min(left, one.curve.loc[name, "high"] - plan[name])
        plan[name], left = plan[name] + more, left - more
    return plan


@split.mistake("AVG_VS_MARGINAL", repair="What does the last yuan of the lever bring that you filled first?")
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You filled one lever after the other, from the best return on. Its first yuan makes a return fine, and the plan buys last ones."""
    one = decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    plan = at_average(one)
    slope = mmm.marginal(one.curve, plan) * one.value
    lost = WEEKS * ((mmm.brings(one.curve, one.best) - mmm.brings(one.curve, plan)) * one.value).sum()
    return wrong(
        (plan * WEEKS).to_dict(),
        shows={"best last yuan in your plan": times(slope.max()), "poorest last yuan": times(slope.min())},
        cost=f"The same money would leave {yuan(lost)} less in a year.",
    )


@split.mistake("CONTRIB_AS_ROI", repair="Is a lever large because it works, or because it was given much?")
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You divided the money as contributions are divided. That pays levers for the money they had."""
    one = decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    share = mmm.brings(one.curve, one.today) / mmm.brings(one.curve, one.today).sum()
    plan = share * one.today.sum()
    lost = WEEKS * ((mmm.brings(one.curve, one.best) - mmm.brings(one.curve, plan)) * one.value).sum()
    return wrong(
        (plan * WEEKS).to_dict(),
        shows={"largest share of contribution": f"{share.idxmax()} {percent(share.max(), 0)}"},
        cost=f"The same money would leave {yuan(lost)} less in a year.",
    )


@split.mistake(
    "EXTRAP_SATURATION", repair="How many weeks has anybody seen with so much, or so little, on one lever?"
)
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You let the optimiser go where nobody has been. Beyond the largest week a curve is a formula."""
    one = decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    plan = mmm.allocate(
        one.curve, one.today.sum(), 0 * one.today, one.today * 0 + one.today.sum(), worth=one.value
    )
    out = plan[(plan > one.curve["high"]) | (plan < one.curve["low"])]
    return wrong(
        (plan * WEEKS).to_dict(),
        shows={"levers outside what was seen": count(len(out)), "money on levers beyond their largest week": percent(plan[plan > one.curve["high"]].sum() / plan.sum(), 0)},
        cost=f"{yuan(WEEKS * plan[out.index].sum())} a year would be placed by a formula.",
    )  # fmt: skip


@split.mistake(
    "MARGIN_IGNORED", repair="In which money do the curves count, and in which one does the board?"
)
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You placed the money by first orders, the money of the curves. What they leave in a year differs by lever, and that decides."""
    one = decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    plan = mmm.allocate(one.curve, one.today.sum(), one.curve["low"], one.curve["high"])
    lost = WEEKS * ((mmm.brings(one.curve, one.best) - mmm.brings(one.curve, plan)) * one.value).sum()
    return wrong(
        (plan * WEEKS).to_dict(),
        shows={
            f"first-year margin per yuan of first order, {name}": times(one.value[name])
            for name in ("live", "notes")
        },
        cost=f"The same money would leave {yuan(lost)} less in a year.",
    )


@split.slip("grain")
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You gave yuan a week; a year is asked for."""
    return decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products).best.to_dict()


split.hints(
    "Where does the next yuan leave most, and how far may it go there?",
    "mmm.allocate with the curves, today's sum, their low and high, worth= the first-year margin by lever; times 52.",
    "(allocate(curve, today.sum(), curve['low'], curve['high'], worth=value) * 52).to_dict()",
)


# ---------------------------------------------------------------- 8: the ask


@prediction(
    "SC.a",
    title="First-year margin that the last yuan of ten million a year leaves",
    unit="times",
    practises=["R043"],
    bounds=(0, None),
    section="What to ask for",
)
def guess_ten(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """The curves have bent long before. A budget's size is no argument; its last yuan is."""
    return last_yuan(decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products))


def last_yuan(one):
    """What the last yuan of ten million a year leaves, all levers free to take any of it."""
    weekly = TEN_MILLION / WEEKS
    plan = mmm.allocate(one.curve, weekly, 0 * one.today, 0 * one.today + weekly, worth=one.value)
    return (mmm.marginal(one.curve, plan) * one.value).max()


@guess_ten.mistake("AVG_VS_MARGINAL", repair="Which yuan of today's budget is the average made of?")
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """Your guess lies nearer to what an average yuan of today leaves than to the last one."""
    one = decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    return (mmm.brings(one.curve, one.today) * one.value).sum() / one.today.sum()


@exercise(
    "SC.8",
    title="What the curves carry, and what ten million would earn",
    kind="table",
    unit={"ask": "CNY", "last yuan of ten million": "times", "mean": "CNY", "one in twenty": "CNY"},
    tolerance=0.02,
    minutes=(10, 15),
    points=3,
    practises=["R043"],
    section="What to ask for",
    selfcheck={
        "grain": "yuan a year of 52 weeks; the last yuan: first-year margin per yuan",
        "numerator and denominator": "ask: each lever up to where its next yuan leaves one yuan, inside low and high",
        "window": "mean and one in twenty: gain over today's split, kept for a year, over the 200 draws, 5 % point",
    },
)
def ask(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """Up to here each yuan that is added is back within a year, as far as the curves can be believed; a lever at its lowest stays there
    because nobody has seen less. A larger request rests on later years or on belief, and has to say so."""
    return request_of(decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products))


def request_of(one):
    gain = gains(one, one.carried)
    return {
        "ask": one.carried.sum() * WEEKS,
        "last yuan of ten million": last_yuan(one),
        "mean": gain.mean(),
        "one in twenty": gain.quantile(0.05),
    }


def valued_at(one, value):
    """The decision, had a yuan of first order another value (Series by lever)."""
    return SimpleNamespace(**vars(one) | {"value": value, "carried": carried_at(one.curve, value)})


@ask.mistake("LTV_REVENUE", repair="What is left of a year's revenue when goods and parcels are paid?")
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You valued all of it by a year's revenue. The curves then carry a sum that margin does not pay back."""
    one, table = (
        decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products),
        worth(orders, order_items, products),
    )
    naive = valued_at(one, table["revenue"])
    return wrong(
        request_of(naive),
        shows={"a year's revenue per yuan of first order, SEM": times(table.loc["SEM", "revenue"]), "a year's margin": times(table.loc["SEM", "year"])},
        cost=f"In margin, your request would leave {yuan(gains(one, one.carried).mean() - gains(one, naive.carried).mean())} less in a year than the right one.",
    )  # fmt: skip


@ask.mistake("MARGIN_IGNORED", repair="In which money are the curves, and in which one is a yuan back?")
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You left everything in first orders, the money of the curves. A yuan of first order is no yuan of first-year margin: for some
    levers it is less, for others more than three."""
    one, table = (
        decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products),
        worth(orders, order_items, products),
    )
    naive = valued_at(one, 0 * one.value + 1)
    return wrong(
        request_of(naive),
        shows={f"a year's margin per yuan of first order, {name}": times(table.loc[name, "year"]) for name in ("live", "notes")},
        cost=f"In margin, your request would leave {yuan(gains(one, one.carried).mean() - gains(one, naive.carried).mean())} less in a year than the right one.",
    )  # fmt: skip


@ask.mistake("FIRST_ORDER_ONLY", repair="Over which time is a yuan to be back?")
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You counted the margin of the first order alone. Within its first weeks hardly any medium is back, and within a year some are."""
    one, table = (
        decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products),
        worth(orders, order_items, products),
    )
    naive = valued_at(one, table["first"])
    return wrong(
        request_of(naive),
        shows={"notes, margin of the first order": times(table.loc["notes", "first"]), "of the first year": times(table.loc["notes", "year"])},
        cost=f"In first-year margin, your request would leave {yuan(gains(one, one.carried).mean() - gains(one, naive.carried).mean())} less than the right one.",
    )  # fmt: skip


@ask.mistake("AVG_VS_MARGINAL", repair="At your request, what does the last yuan of each lever leave?")
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You went on until the average yuan is back. Long before, the next one is not."""
    one = decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    even = (one.curve["top"] * one.value - one.curve["half"]).clip(one.curve["low"], one.curve["high"])
    right = ask.compute(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    lost = gains(one, one.carried).mean() - gains(one, even).mean()
    return wrong(
        right | {"ask": even.sum() * WEEKS},
        shows={
            "poorest last yuan in your request": times((mmm.marginal(one.curve, even) * one.value).min()),
            "what it cost": times(1),
        },
        cost=f"The money beyond would lose {yuan(lost)} in the year.",
    )


@ask.mistake(
    "EXTRAP_SATURATION", repair="How many weeks has anybody seen with so much, or so little, on one lever?"
)
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You let the levers go to where nobody has been. Below the least and beyond the largest week a curve is a formula."""
    one = decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    free = (np.sqrt(one.curve["top"] * one.curve["half"] * one.value) - one.curve["half"]).clip(0)
    out = free[(free > one.curve["high"]) | (free < one.curve["low"])]
    return wrong(
        request_of(SimpleNamespace(**vars(one) | {"carried": free})),
        shows={"levers outside what was seen": count(len(out)), "of them dropped to nothing": count((out == 0).sum())},
        cost=f"{yuan(WEEKS * (out - one.today[out.index]).abs().sum())} a year would be moved by a formula.",
    )  # fmt: skip


@ask.mistake("INTERVAL_SUM", repair="How likely is it that all seven levers have their bad year at once?")
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You added up seven bad cases. A bad draw for one lever is mostly none for the others, so the sum is a case that hardly comes."""
    one = decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    low = gains(one, one.carried, by_lever=True).quantile(0.05).sum()
    right = ask.compute(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    return wrong(
        right | {"one in twenty": low},
        shows={
            "draws below your downside": percent((gains(one, one.carried) < low).mean(), 1),
            "draws that should be": "5.0%",
        },
        cost=f"{yuan(right['one in twenty'] - low)} of reserves would lie idle for a case that does not come.",
    )


@ask.mistake("POINT_ONLY", repair="What happens if the returns are those of one of the poorer draws?")
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You gave the mean as the downside. Half of all draws lie below it."""
    one = decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    right = ask.compute(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    below = (gains(one, one.carried) < right["mean"]).mean()
    return wrong(
        right | {"one in twenty": right["mean"]},
        shows={"draws below the mean": percent(below, 0), "draws that a downside leaves below it": "5%"},
    )


@ask.slip("numerator and denominator")
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You counted what the plan brings more or less, and left out the money that it spends more or less."""
    one = decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    gross = gains(one, one.carried) + WEEKS * (one.carried - one.today).sum()
    return request_of(one) | {"mean": gross.mean(), "one in twenty": gross.quantile(0.05)}


@ask.slip("grain")
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You gave what a yuan of ten million leaves on average; its last one is asked for."""
    one = decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    weekly = TEN_MILLION / WEEKS
    plan = mmm.allocate(one.curve, weekly, 0 * one.today, 0 * one.today + weekly, worth=one.value)
    average = (mmm.brings(one.curve, plan) * one.value).sum() / plan.sum()
    return request_of(one) | {"last yuan of ten million": average}


ask.hints(
    "Up to which spend is the next yuan of a lever back, and what do 200 draws say of the whole?",
    "top half value / (x + half)² = 1 gives x = √(top half value) − half; cut at low and high. The gain of each draw bends the curves' tops.",
    "carried = (np.sqrt(curve['top'] * curve['half'] * value) - curve['half']).clip(curve['low'], curve['high']); change = (brings(unit, carried) - "
    "brings(unit, today)) * value with unit = curve.assign(top=curve['top'] / draws.mean()); gain = 52 * ((draws * change).sum(axis=1) - (carried - "
    "today).sum()). Ten million: allocate(curve, 1e7 / 52, 0 * today, 0 * today + 1e7 / 52, worth=value), then the largest marginal * value.",
)


# ---------------------------------------------------------------- 9: the next experiment


def tests_worth(one):
    """What a test of each lever is worth at a year of today's money, with an error of 0.2 in first orders."""
    drawn = one.draws * one.value
    return pd.Series({name: mmm.value_of_test(drawn[name].mean(), drawn[name].std(), 0.2 * one.value[name], 1.0, WEEKS * one.today[name]) for name in LEVERS})  # fmt: skip


@exercise(
    "SC.9",
    title="The experiment to run first",
    kind="table",
    unit={"lever": "text", "worth": "CNY"},
    tolerance=0.02,
    minutes=(6, 10),
    points=2,
    practises=["R255", "R043"],
    section="What to ask for",
    selfcheck={
        "grain": "one test is of one lever; what it moves is that lever's year",
        "numerator and denominator": "belief: mean and sd of draw x value; error 0.2 x value; break-even one yuan back",
        "window": "stake: 52 weeks of today's spend on the lever",
    },
)
def next_test(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """Money at stake, doubt, and nearness to break-even make the worth together, and no one of them decides it. It is the most that the
    test may cost."""
    found = tests_worth(decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products))
    return {"lever": found.idxmax().lower(), "worth": found.max()}


@next_test.mistake("SIZE_ONLY", repair="Which money changes its place when the test of one lever is read?")
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You put the whole budget at stake. A test of one lever decides about that lever's money."""
    one = decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    right = tests_worth(one)
    name = right.idxmax()
    return wrong(
        {"lever": name.lower(), "worth": right.max() * one.today.sum() / one.today[name]},
        shows={"share of the budget on your lever": percent(one.today[name] / one.today.sum(), 0), "share that you let it decide": "100%"},
        cost="The test could be bought for several times what it can bring.",
    )  # fmt: skip


@next_test.mistake(
    "POINT_ONLY", repair="In how many draws does the lever lie on the other side of break-even?"
)
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You hold the mean for known, so a test seems worth nothing. It is worth what it changes in the draws where the mean misleads."""
    one = decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    right = tests_worth(one)
    name = right.idxmax()
    returns = one.draws[name] * one.value[name]
    other = ((returns > 1) != (returns.mean() > 1)).mean()
    return wrong(
        {"lever": name.lower(), "worth": 0.0},
        shows={"draws on the other side of break-even": percent(other, 0)},
        cost=f"{yuan(WEEKS * one.today[name])} a year would stay where a mean has put it, unasked.",
    )


def tests_otherwise(one, value, error):
    """tests_worth with another value of a first order, or another error of the test."""
    drawn = one.draws * value
    found = {
        name: mmm.value_of_test(
            drawn[name].mean(), drawn[name].std(), error[name], 1.0, WEEKS * one.today[name]
        )
        for name in LEVERS
    }
    best, right = max(found, key=found.get), tests_worth(one)
    same = best == right.idxmax() and unless_near(found[best], right.max(), within=0.02) is None
    return None if same else {"lever": best.lower(), "worth": found[best]}


@next_test.slip("numerator and denominator")
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You left the error of the test in first orders beside a belief in margin; both have to be in the same money."""
    one = decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    return tests_otherwise(one, one.value, 0 * one.value + 0.2)


@next_test.slip("numerator and denominator")
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You judged by first orders, the money of the curves; a yuan is back when a year's margin says so."""
    one = decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    return tests_otherwise(one, 0 * one.value + 1, 0 * one.value + 0.2)


next_test.hints(
    "What decision would change after the test, and how much money does it move?",
    "mmm.value_of_test for each lever: mean and sd of draw x value, error 0.2 x value, break-even 1, stake 52 weeks of today's spend.",
    "value_of_test((draws[name] * value[name]).mean(), (draws[name] * value[name]).std(), 0.2 * value[name], 1.0, 52 * today[name])",
)


# ---------------------------------------------------------------- 10: reach


@per_world
def partners(creators, creator_audience_overlap):
    """(chosen creators, shares, people, table): believed ones with most views, two of Xiaohongshu and one of each other platform."""
    every = creators.set_index("creator_id")
    fine = every[suspicion(every)["score"] <= 0.6].sort_values("median_views", ascending=False)
    wanted = {"Xiaohongshu": 2, "Douyin": 1, "Bilibili": 1}
    chosen = [one for name, many in wanted.items() for one in fine.index[fine["platform"] == name][:many]]
    shares, people = audience(every.loc[chosen], creator_audience_overlap)
    return chosen, shares, people, every.loc[chosen]


@exercise(
    "SC.10",
    title="A launch on several platforms: mothers reached",
    kind="number",
    unit="times",
    tolerance=0.01,
    minutes=(6, 10),
    points=2,
    practises=["R045"],
    section="Campaign, category, governance",
    selfcheck={
        "grain": "a mother counts once, however many of the four she sees",
        "filter": "suspicion at most 0.6; most median views: two of Xiaohongshu, one of Douyin, one of Bilibili; mothers only",
    },
)
def launch_reach(creators, creator_audience_overlap):
    """Deduplicated within clusters of mothers alike: the same screens show the same people."""
    chosen, shares, people, _ = partners(creators, creator_audience_overlap)
    return reached(shares, people, chosen)


@launch_reach.mistake("SUM_UNIQUES", repair="How many mothers follow two of the four?")
def _(creators, creator_audience_overlap):
    """You added up four audiences. Who sees two of them is reached once."""
    chosen, shares, people, _ = partners(creators, creator_audience_overlap)
    total = sum(reached(shares, people, [one]) for one in chosen)
    once = reached(shares, people, chosen)
    return wrong(
        total,
        shows={"largest of the four alone": count(max(reached(shares, people, [one]) for one in chosen)), "all mothers in the clusters": count(people.sum())},
        cost=f"At CNY 0.3 a mother, {yuan(0.3 * (total - once))} of fees would pay for people who were reached already.",
    )  # fmt: skip


@launch_reach.mistake("FOLLOWERS_AS_REACH", repair="How many of the followers see a post?")
def _(creators, creator_audience_overlap):
    """You added up followers. A post is shown to a part of them, and the followers of four are no sum either."""
    chosen, shares, people, table = partners(creators, creator_audience_overlap)
    return wrong(
        float(table["followers"].sum()),
        shows={"followers of the four": count(table["followers"].sum()), "median views of their posts": count(table["median_views"].sum())},
        cost=f"At CNY 0.3 a head, {yuan(0.3 * (table['followers'].sum() - reached(shares, people, chosen)))} would be paid for people who see nothing.",
    )  # fmt: skip


@launch_reach.slip("filter")
def _(creators, creator_audience_overlap):
    """You took the largest accounts without looking whether their people are real: suspicion above 0.6 is out."""
    every = creators.set_index("creator_id").sort_values("median_views", ascending=False)
    wanted = {"Xiaohongshu": 2, "Douyin": 1, "Bilibili": 1}
    chosen = [one for name, many in wanted.items() for one in every.index[every["platform"] == name][:many]]
    shares, people = audience(every.loc[chosen], creator_audience_overlap)
    right = launch_reach.compute(creators, creator_audience_overlap)
    return unless_near(reached(shares, people, chosen), right)


@launch_reach.slip("grain")
def _(creators, creator_audience_overlap):
    """You added up views. Not all who see a post are mothers, and one of them may see several."""
    return float(partners(creators, creator_audience_overlap)[3]["median_views"].sum())


launch_reach.hints(
    "Who sees the four, and who sees two of them?",
    "Score all creators first and leave out who is above 0.6; audience gives shares by cluster for the four chosen; reached counts each mother once.",
    "shares, people = audience(every.loc[chosen], load('creator_audience_overlap')); reached(shares, people, chosen)",
)


# ---------------------------------------------------------------- 11: governance


@exercise(
    "SC.11",
    title="Rules that go into the memo",
    kind="set",
    minutes=(5, 8),
    points=2,
    practises=["R255"],
    section="Campaign, category, governance",
    selfcheck={
        "grain": "a rule says who may do what with which data, and how one would see that it failed",
        "law and health": "what a law forbids or what may harm a child is no matter of profit: prices by person, customers' rows given away, answers about health",
    },
)
def rules():
    """Each of them can be checked by somebody else and has an owner; the others trade a risk for a figure that looks good."""
    return {"a", "c", "e", "f", "h"}


@rules.mistake("PROXY_METRIC", repair="What does a dialogue that stayed with the bot say about its answer?")
def _(ai_service_logs):
    """You let the bot answer health questions because few customers ask for a person. Contained is not correct."""
    allergy = ai_service_logs[ai_service_logs["topic"] == "allergy"]
    return wrong(
        set("abcefh"),
        shows={"dialogues kept by the bot": percent(ai_service_logs["contained"].mean(), 0), "wrong answers about allergies": percent(1 - allergy["correct"].mean(), 0)},
        cost=f"Of 1,000 questions about allergies, {count(1000 * (1 - allergy['correct'].mean()))} would be answered wrongly; one recall of a batch costs about CNY 200,000.",
    )  # fmt: skip


@rules.mistake(
    "LAW_BLIND", repair="What does PIPL say of prices that differ by what a model knows of a person?"
)
def _():
    """You allowed prices by predicted loyalty. PIPL Art. 24 forbids unreasonable differential treatment, and the loyal pay for their loyalty."""
    return wrong(
        set("acdefh"),
        shows={"article": "PIPL Art. 24", "who pays more": "those who come anyway"},
        cost="The law's fine goes up to five per cent of last year's turnover; for Heyu's, that is more than the whole media budget of a quarter.",
    )


@rules.mistake("PROMPT_PII", repair="Whose machine reads the prompt, and what stands in it?")
def _():
    """You let customer rows go into a public model. A prompt is a transfer of data to somebody else, for a purpose nobody agreed to."""
    return wrong(
        set("acefgh"), shows={"who agreed to the transfer": "nobody", "how it is undone": "it is not"}
    )


rules.hints(
    "Which of the eight would you defend before a customer, and which before a regulator?",
    "Three of them look efficient: the bot on health, prices by loyalty, rows in a public model.",
    "a, c, e, f and h stay.",
)


# ---------------------------------------------------------------- 12: a new category


@per_world
def launches(orders, order_items, products):
    """Four launches, first 365 days: list margin of what was sold, and the part bought by people who had bought the category."""
    table = products.set_index("sku")
    lines = order_items.merge(
        orders.loc[orders["status"] == "paid", ["order_id", "customer_id", "ordered_at"]], on="order_id"
    )
    lines["sku"] = lines["sku"].astype(object)
    lines["category"] = lines["sku"].map(table["category"].astype(object))
    found = {}
    for sku in LAUNCHED:
        day = table.loc[sku, "launched_on"]
        sold = lines[
            (lines["sku"] == sku)
            & lines["ordered_at"].between(day, day + pd.Timedelta(days=365), inclusive="left")
        ]
        old = lines[(lines["category"] == table.loc[sku, "category"]) & (lines["sku"] != sku)]
        old = old[old["ordered_at"].between(day - pd.Timedelta(days=180), day, inclusive="left")]
        margin = sold["quantity"] * (table.loc[sku, "list_price"] - table.loc[sku, "unit_cost"])
        taken = margin[sold["customer_id"].isin(old["customer_id"])].sum()
        revenue = (sold["quantity"] * table.loc[sku, "list_price"]).sum()
        found[sku] = {"margin": margin.sum(), "taken": taken, "revenue": revenue}
    return pd.DataFrame(found).T


def pilot(values, ddof=1):
    """{net margin, worth of a pilot} of a launch whose first-year margins were `values`."""
    mean, sd = values.mean(), values.std(ddof=ddof)
    return {
        "net margin": mean,
        "worth of a pilot": mmm.value_of_test(mean, sd, PILOT_ERROR, LAUNCH_COST, 1.0),
    }


@exercise(
    "SC.12",
    title="A new category: a pilot first?",
    kind="table",
    unit="CNY",
    minutes=(8, 12),
    points=2,
    practises=["R044", "R255"],
    section="Campaign, category, governance",
    selfcheck={
        "grain": "one launch is one article; four of them are what we know",
        "numerator and denominator": "quantity x (list price less unit cost); net: without buyers who had bought other articles of the category",
        "belief": "mean and sample standard deviation (.std() of pandas) of the four; break-even is what a launch costs, the stake is 1",
        "window": "sold: 365 days from the launch; bought before: the 180 days before it",
        "filter": "paid orders",
    },
)
def new_category(orders, order_items, products):
    """The mean launch stands near its cost, so a look before the leap is worth money; that is all that an option is."""
    table = launches(orders, order_items, products)
    return pilot(table["margin"] - table["taken"])


@new_category.mistake(
    "TOTAL_VS_NET", repair="What would the buyers of the new article have bought without it?"
)
def _(orders, order_items, products):
    """You counted all that the new articles sold. A part of it was taken from our own shelf."""
    table = launches(orders, order_items, products)
    return wrong(
        pilot(table["margin"]),
        shows={"margin of the four launches": yuan(table["margin"].sum()), "of it by buyers of the same category": percent(table["taken"].sum() / table["margin"].sum(), 0)},
        cost=f"The best-selling of the four alone would be praised for {yuan(table.loc[table['margin'].idxmax(), 'taken'])} that other articles lost.",
    )  # fmt: skip


@new_category.mistake("POINT_ONLY", repair="How far apart did the four launches end?")
def _(orders, order_items, products):
    """You decide by the mean, so a pilot can tell you nothing. Four launches that ended so far apart say that it can."""
    table = launches(orders, order_items, products)
    net = table["margin"] - table["taken"]
    return wrong(
        pilot(net) | {"worth of a pilot": 0.0},
        shows={"poorest launch": yuan(net.min()), "best launch": yuan(net.max())},
        cost=f"The poorest launch alone lost {yuan(LAUNCH_COST - net.min())} against its cost.",
    )


@new_category.slip("belief")
def _(orders, order_items, products):
    """You took the standard deviation of the four as if there were no others (division by 4, as numpy does)."""
    table = launches(orders, order_items, products)
    return pilot(table["margin"] - table["taken"], ddof=0)


@new_category.slip("numerator and denominator")
def _(orders, order_items, products):
    """You counted revenue; goods have to be paid of it."""
    table = launches(orders, order_items, products)
    return pilot((table["margin"] - table["taken"]) * table["revenue"] / table["margin"])


new_category.hints(
    "What did the four launches leave beyond what they took from us, and how near is that to the cost of the next?",
    "Mean and standard deviation of the four net margins; mmm.value_of_test with the pilot's error, the launch's cost as break-even, stake 1.",
    "value_of_test(net.mean(), net.std(), 15_000, 70_000, 1.0)",
)


# ---------------------------------------------------------------- 13: layer and erasure

SIGNED = """
    select max(customer_id) as who from crm_contacts where marketed_on is not null
      and phone_md5 in (select phone_md5 from crm_contacts where phone_md5 <> '' group by 1 having count(distinct customer_id) = 1)
      and email_md5 in (select email_md5 from crm_contacts where customer_id is null and email_md5 <> '')
      and customer_id in (select customer_id from wecom_contacts) and customer_id in (select customer_id from offer_test)
"""


def _by_number(con, table, who):
    """Rows of a table that hold her customer number."""
    columns = [one for one in con.table(table).columns if one.endswith("customer_id")]
    tests = " or ".join(f"{one} = {who}" for one in columns)
    return con.sql(f"select count(*) as n from {table} where {tests}").fetchall()[0][0] if columns else 0


@per_world
def erasure():
    """The person who wrote: (tables that hold her, rows in them, rows by her number alone, tables of the CRM team among them)."""
    con = layer.rehearsal(views=True)
    who = int(con.sql(SIGNED).df()["who"][0])
    ids = layer.ids_of(con, who)
    every = layer.traces(con, ids, per="table")
    plain = [n for n in (_by_number(con, table, who) for table in every["table"]) if n]
    crm = every["table"].isin(["customers", "crm_contacts", "consent_log"]).sum()
    return SimpleNamespace(
        tables=len(every),
        rows=int(every["rows"].sum()),
        plain=sum(plain),
        plain_tables=len(plain),
        crm=int(crm),
        names=sum(map(len, ids.values())) - 1,
        in_columns=int(layer.traces(con, ids)["rows"].sum()),
        orders=int(every.set_index("table").loc["orders", "rows"]),
    )


def layer_cac():
    return float(layer.query("cac", start="2025-01-01", end="2025-12-31").iloc[0])


@exercise(
    "SC.13",
    title="One definition, and nothing left of her",
    kind="table",
    unit={"cac 2025": "CNY", "tables": "count", "rows": "count", "rows left": "count"},
    minutes=(8, 12),
    points=2,
    practises=["R243"],
    section="What it stands on",
    selfcheck={
        "grain": "a row of a table counts once, however many of its columns name her; rows left are those that still name her",
        "numerator and denominator": "CAC as the metric layer defines it, for 2025",
        "filter": "all names that links give her, in all tables of the rehearsal; orders stay, their customer emptied",
    },
)
def proof():
    """The number that both teams read, and a search that finds nothing: that is evidence; a receipt is a claim."""
    found = erasure()
    return {"CAC 2025": layer_cac(), "tables": found.tables, "rows": found.rows, "rows left": 0}


@proof.mistake("PARTIAL_ERASURE", repair="Which tables did nobody of the CRM team make?")
def _():
    """You stopped where the CRM team stops. Marts, uploaded lists and browser logs hold her still."""
    found = erasure()
    left = found.tables - found.crm
    return wrong(
        proof.compute() | {"rows left": left},
        shows={"tables of the CRM team": count(found.crm), "other tables that hold her": count(left)},
        cost=f"If one customer in a thousand asks, each of {count(left)} tables is a complaint; a lawyer's letter answered costs about CNY 5,000.",
    )


@proof.mistake("KEY_TRUST", repair="Under which other names do the tables know her?")
def _():
    """You looked for her customer number alone. A hash of her phone and a browser are names as well."""
    found = erasure()
    return wrong(
        proof.compute() | {"tables": found.plain_tables, "rows": found.plain},
        shows={"rows under her number": count(found.plain), "names that links give her": count(found.names)},
        cost="The list that was uploaded with her hash would go on buying her, at CNY 60 a thousand impressions.",
    )


@proof.mistake("CAC_MEDIA_ONLY", repair="Which items of the budget does the definition's numerator hold?")
def _(budget, orders):
    """You counted media alone. The layer's definition holds everything spent, and that is why there is one."""
    rows = budget[budget["date"].dt.year == 2025]
    media = rows.loc[rows["item"] == "media", "spent"].sum()
    cac = layer_cac() * media / rows["spent"].sum()
    return wrong(
        proof.compute() | {"CAC 2025": cac},
        shows={"media": yuan(media), "fees, coupons and the rest": yuan(rows["spent"].sum() - media)},
        cost=f"1,000 newcomers would be planned for {yuan(1000 * (layer_cac() - cac))} less than they cost.",
    )


@proof.slip("numerator and denominator")
def _(budget, customers):
    """You gave the growth desk's figure: media and coupons over registrations. It is another metric under the same name."""
    rows = budget[budget["date"].dt.year == 2025]
    spent = rows.loc[rows["item"].isin(["media", "new-customer coupons"]), "spent"].sum()
    return proof.compute() | {"CAC 2025": spent / (customers["registered_on"].dt.year == 2025).sum()}


@proof.slip("grain")
def _():
    """You counted a row once for each column that names her; a row counts once."""
    return proof.compute() | {"rows": erasure().in_columns}


@proof.slip("filter")
def _():
    """Her orders still name her: they are to be kept without their customer (keep=)."""
    return proof.compute() | {"rows left": erasure().orders}


proof.hints(
    "Where is the definition that both teams read, and which search proves that somebody is gone?",
    "layer.query for the metric; rehearsal, ids_of, traces(per='table'), erase with keep for orders, traces again.",
    "layer.erase(copy, ids, keep={'orders': 'customer_id'}); len(layer.traces(copy, ids))",
)


# ---------------------------------------------------------------- 14: twelve people


@per_world
def desk(timesheets, work_requests):
    """Second half of 2025: hours by module a week, net and contract hours of a person a week, reworked hours by module."""
    rows = timesheets[timesheets["week_start"] >= "2025-07-01"]
    weeks, people = rows["week_start"].nunique(), len(rows)
    net = (rows["contract_hours"] - rows["leave_hours"] - rows["teamwork_learning"]).sum() / people
    back = work_requests[work_requests["rework"] > 0].groupby("module")["hours"].sum()
    return SimpleNamespace(
        by_module=rows[list(MODULES)].sum() / weeks,
        net=net,
        contract=rows["contract_hours"].sum() / people,
        back=back,
    )


def staffed(one, a_person):
    needed = one.by_module * pd.Series(MODULES) / a_person
    return needed.to_dict() | {"left of twelve": 12 - needed.sum(), "train first": one.back.idxmax()}


@exercise(
    "SC.14",
    title="Twelve people by module",
    kind="table",
    unit={"train first": "text"},
    tolerance=0.01,
    minutes=(8, 12),
    points=2,
    practises=["R231", "R232"],
    section="What it stands on",
    selfcheck={
        "grain": "one row of timesheets is a person and a week",
        "numerator and denominator": "hours of the module a week x its factor, over the hours that a person has for modules in a week",
        "window": "weeks that start from 1 July 2025 on",
        "filter": "a person's hours: contract less leave less teamwork and learning; training: hours of requests that came back",
    },
)
def twelve_people(timesheets, work_requests):
    """Hours first, heads after: a plan that does not fit its people is a wish, and rework says where teaching pays."""
    one = desk(timesheets, work_requests)
    return staffed(one, one.net)


@twelve_people.mistake(
    "CAPACITY_BLIND", repair="Who is on leave, in a meeting or in training in a usual week?"
)
def _(timesheets, work_requests):
    """You planned with contract hours. Leave, meetings and learning take theirs first."""
    one = desk(timesheets, work_requests)
    short = (one.by_module * pd.Series(MODULES)).sum() * (1 / one.net - 1 / one.contract)
    return wrong(
        staffed(one, one.contract),
        shows={"contract hours a week": f"{one.contract:.1f}", "hours for modules": f"{one.net:.1f}"},
        cost=f"{short:.1f} people would be missing; at CNY 180,000 a year each, {yuan(180_000 * short)} of work that nobody does.",
    )


@twelve_people.mistake("AVERAGE_PLAN", repair="Do all modules grow alike under your strategy?")
def _(timesheets, work_requests):
    """You scaled today's desk up to twelve. The strategy changes what is done, not only how much."""
    one = desk(timesheets, work_requests)
    people = 12 * one.by_module / one.by_module.sum()
    right = staffed(one, one.net)
    ads = people["ad_placement"] - right["ad_placement"]
    return wrong(
        people.to_dict() | {"left of twelve": 0.0, "train first": right["train first"]},
        shows={
            "factor of partners": times(MODULES["social_partners"]),
            "factor of ads": times(MODULES["ad_placement"]),
        },
        cost=f"{ads:.1f} people too many would place ads: {yuan(180_000 * ads)} a year.",
    )


@twelve_people.slip("filter")
def _(timesheets, work_requests):
    """You took leave off, and left teamwork and learning in; they are no hours for modules."""
    rows = timesheets[timesheets["week_start"] >= "2025-07-01"]
    hours = (rows["contract_hours"] - rows["leave_hours"]).sum() / len(rows)
    return staffed(desk(timesheets, work_requests), hours)


@twelve_people.slip("filter")
def _(timesheets, work_requests):
    """You named the module with most requests that came back; hours are asked for, and a large request that comes back costs more."""
    one = desk(timesheets, work_requests)
    many = work_requests.loc[work_requests["rework"] > 0, "module"].value_counts().idxmax()
    return None if many == one.back.idxmax() else staffed(one, one.net) | {"train first": many}


twelve_people.hints(
    "How many hours a week has a person for the five modules, and how many does each module need in 2026?",
    "Hours by module a week x factor, over (contract − leave − teamwork and learning) per person and week.",
    "rows[modules].sum() / rows['week_start'].nunique() * factors / net; train first: hours of requests with rework > 0, by module, idxmax",
)


# ---------------------------------------------------------------- memo and rubric


@exercise(
    "SC.15",
    title="Three lines on top of the memo",
    kind="memo",
    unit="thousand CNY",
    minutes=(6, 10),
    points=2,
    practises=["R043", "R001"],
    section="The memo for the board",
    selfcheck={
        "grain": "line 1: the request for the seven levers in 2026, in thousand yuan, as a limit",
        "line 2": "a figure of your own: the downside, the worth of the test, or what ten million would earn",
        "line 3": "it begins with a verb (approve, decide, test): who does what, by when",
    },
)
def top_lines(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """Decision first: a sum whose last yuan can be defended. The two pages below have to hold it."""
    found = ask.compute(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    return found["ask"] / 1000


@top_lines.mistake("SIZE_ONLY", repair="What would the last yuan of your sum leave?")
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You asked for the sum that the document names. Ten-million level is another brand's size; ours has curves."""
    one = decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    spent = budget.loc[(budget["item"] == "media") & (budget["date"].dt.year == 2025), "spent"].sum()
    weekly = TEN_MILLION / WEEKS
    plan = mmm.allocate(one.curve, weekly, 0 * one.today, 0 * one.today + weekly, worth=one.value)
    return wrong(
        TEN_MILLION / 1000,
        shows={"all media of 2025": yuan(spent), "the sum that was asked for": yuan(TEN_MILLION)},
        cost=f"By the curves, a year of it would leave {yuan(-gains(one, plan).mean())} less than today's split.",
    )


@top_lines.mistake("HIST_AS_FUTURE", repair="What does the last yuan of today's plan leave?")
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You asked for what was spent. A budget that repeats itself was never decided."""
    one = decision(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    slope = mmm.marginal(one.curve, one.today) * one.value
    return wrong(
        one.today.sum() * WEEKS / 1000,
        shows={"best last yuan of today's plan": times(slope.max()), "poorest": times(slope.min())},
        cost=f"By the curves, {yuan(gains(one, one.carried).mean())} of the year would stay on the table.",
    )


@top_lines.mistake("NO_ACTION", repair="Who should decide what, and by when?")
def _():
    """Your third line asks for nothing. A board that is asked nothing decides nothing. Begin line 3 with a verb, and give a person and a
    day."""
    return None


top_lines.hints(
    "Which sum of exercise 8 can you defend to its last yuan?",
    "Line 1 is the ask; line 2 the one in twenty, or the worth of the first test; line 3 begins with approve, test or hold.",
    'f"We ask for CNY {asked / 1000:,.0f} thousand ..." / a second figure / "Approve by 31 January ..."',
)


@exercise(
    "SC.16",
    title="Your plan, judged by six criteria",
    kind="rubric",
    minutes=(20, 30),
    points=24,
    practises=["R025", "R043", "R231", "R243"],
    section="How good is it?",
    criteria=CRITERIA,
    page="annual_plan.html",
    selfcheck={
        "grain": "one level for each criterion, 1 to 4, for the memo as it is and not as it was meant"
    },
)
def judged(budget, orders, order_items, products, calendar, quarter_goals, ai_service_logs):
    """Levels from one to four are saved with the date; judge again after you have mended what comes first below."""
    past = before_2025(orders, order_items, products, budget, calendar)
    return facts(budget, orders, quarter_goals, ai_service_logs, past)


def before_2025(orders, order_items, products, budget, calendar):
    """What a plan for 2025 could know, for the rubric's paragraphs: the forecast on the Mondays of 2024, newcomers of 2023."""
    weeks, features = before_quarter(orders)[:"2024-12-23"], forecast.calendar_features(calendar)
    made = forecast.rolling_origin(
        weeks, lambda past, ahead: forecast.regression(past, ahead, features), "2024-02-26"
    )
    bar = forecast.rolling_origin(weeks, forecast.growing_naive, "2024-02-26")
    rows = history(orders, order_items, products)
    rows = rows[
        (rows["first_store"] == "own") & rows["began"].between("2023-01-01", "2024-01-01", inclusive="left")
    ]
    found = ceilings_of(rows, costs(budget, year=("2023-01-01", "2024-01-01")))
    return {
        "skill": forecast.skill(made, bar), "held": forecast.coverage(forecast.bands(made, step=0)),
        "back_search": found["SEM back"], "back_feeds": found["feed ads back"], "back_notes": found["Xiaohongshu back"],
        "first_notes": rows.loc[rows["is_first"] & (rows["won_by"] == "Xiaohongshu"), "margin"].mean(), "year_notes": found["Xiaohongshu ceiling"],
    }  # fmt: skip
