"""S05 Media mix: what a week's money brings, and where the next yuan belongs. Lesson: lessons/3_senior/S05_media_mix.md."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from mktlib import board, mmm
from mktlib.board import DAYS, FEEDS, FLIGHT, LEVERS, STEPS, TEST
from mktlib.course import exercise, per_world, prediction, wrong
from mktlib.course.text import count, percent, times, yuan
from mktlib.geo import iroas

MEDIA = [*LEVERS, "affiliate"]
BEFORE = [("2025-03-03", "2025-04-30"), ("2025-06-01", "2025-10-12")]
TEN_MILLION, TWO_YEARS = 10_000_000, 104
FITTED = [*LEVERS, "flight"]
CURVES = pd.DataFrame({"alpha": 0.2, "half": 2.0}, index=FITTED)
CURVES.loc["notes", "alpha"] = 0.6
CURVES.loc["flight", "half"] = np.inf


# ---------------------------------------------------------------- the mart


@per_world
def mart(orders, budget, feed_ads_daily, calendar):
    """What the lesson builds in the open: sales, spend (eight media), x (levers and flight), controls, claims."""
    first = board.first_orders(orders, feed_ads_daily)
    media = budget[budget["item"] == "media"]
    channel = media["channel"].astype(object)
    name = channel.where(channel != "feed ads", media["platform"].astype(object) + " feed").replace(
        "Xiaohongshu", "notes"
    )
    spend = mmm.by_week(
        media.assign(medium=name).pivot_table(index="date", columns="medium", values="spent", aggfunc="sum"),
        DAYS,
    )[MEDIA]
    ads = feed_ads_daily[feed_ads_daily["campaign"] == FLIGHT]
    flight = mmm.by_week(ads.groupby("date")["cost"].sum(), DAYS)
    sales = mmm.by_week(first.groupby("date")["amount"].sum(), DAYS)
    x = spend[LEVERS].assign(flight=flight)
    x["Douyin feed"] -= flight
    within = first[first["date"].between(DAYS[0], DAYS[-1])]
    claims = within.groupby("medium")["amount"].sum() / x.assign(affiliate=spend["affiliate"]).sum()
    return SimpleNamespace(
        sales=sales, spend=spend, x=x, first=within, claims=claims[[*FITTED, "affiliate"]],
        controls=mmm.controls(calendar, DAYS, board.growth(sales, calendar), STEPS),
    )  # fmt: skip


@per_world
def geo_test(geo_daily):
    """Return of all feed ads by the holdout of cities, and its jackknife error over cities."""
    columns = ["new_revenue", "feed_cost"]
    dark = geo_daily.drop_duplicates("city").set_index("city")["group"].sort_index() == "holdout"
    early = np.any([geo_daily["date"].between(*one) for one in BEFORE], axis=0)
    before = geo_daily[early].groupby("city")[columns].sum()
    during = geo_daily[geo_daily["date"].between(*TEST, inclusive="left")].groupby("city")[columns].sum()
    tested = iroas(
        before["new_revenue"], during["new_revenue"], before["feed_cost"], during["feed_cost"], dark
    )
    return tested["iroas"], tested["standard_error"]


@per_world
def beliefs(orders, budget, feed_ads_daily, calendar, geo_daily):
    """Mean and sd of each return: claims times the share of a claim that was caused, measured for feed ads, guessed for others."""
    one, (return_, error) = mart(orders, budget, feed_ads_daily, calendar), geo_test(geo_daily)
    here = one.first["date"].between(*TEST, inclusive="left") & one.first["medium"].isin([*FEEDS, "flight"])
    cost = one.spend.loc[TEST[0] : "2025-11-17", FEEDS].sum().sum()
    claimed = one.first.loc[here, "amount"].sum() / cost
    share = pd.DataFrame({"mean": 0.6, "sd": 0.5}, index=one.claims.index)
    share.loc["notes"] = [1.0, 0.7]
    share.loc[[*FEEDS, "flight"]] = [return_ / claimed, np.hypot(error / claimed, 0.2)]
    return share.mul(one.claims, axis=0)


@per_world
def calibrated(orders, budget, feed_ads_daily, calendar, geo_daily):
    """Draws of the calibrated model, its mean curves, and the weekly spend of the last quarter."""
    one = mart(orders, budget, feed_ads_daily, calendar)
    held = beliefs(orders, budget, feed_ads_daily, calendar, geo_daily).loc[FITTED]
    draws = mmm.draws(one.sales, one.x, one.controls, CURVES, held)
    curves = mmm.response(one.x[LEVERS], draws[LEVERS].mean(), CURVES)
    return SimpleNamespace(draws=draws, curves=curves, today=one.x[LEVERS].tail(13).mean())


@per_world
def worth(orders, order_items, products):
    """Per yuan of first order, newcomers of 2024, by lever: margin of 365 days, margin of the first order, revenue of 365 days."""
    paid = orders[orders["status"] == "paid"].sort_values("ordered_at")
    goods = (
        (order_items["quantity"] * order_items["sku"].map(products.set_index("sku")["unit_cost"]))
        .groupby(order_items["order_id"])
        .sum()
    )
    first = paid.drop_duplicates("customer_id").set_index("customer_id")
    began = paid["customer_id"].map(first["ordered_at"])
    rows = pd.DataFrame({
        "channel": paid["customer_id"].map(first["channel"]).astype(object), "days": (paid["ordered_at"] - began).dt.days,
        "first": ~paid["customer_id"].duplicated(), "amount": paid["amount"],
        "margin": paid["amount"] - paid["order_id"].map(goods) - paid["shipping_cost"],
    })[began.between("2024-01-01", "2025-01-01", inclusive="left") & ((paid["ordered_at"] - began).dt.days < 365)]  # fmt: skip
    base = rows[rows["first"]].groupby("channel")["amount"].sum()
    by_channel = pd.DataFrame({
        "year": rows.groupby("channel")["margin"].sum() / base,
        "first": rows[rows["first"]].groupby("channel")["margin"].sum() / base,
        "revenue": rows.groupby("channel")["amount"].sum() / base,
    })  # fmt: skip
    names = {"live": "live", "notes": "Xiaohongshu", "SEM": "SEM"}
    return by_channel.loc[[names.get(one, "feed ads") for one in LEVERS]].set_axis(LEVERS)


def ols(sales, columns):
    """Slopes of ordinary least squares with an intercept, by column, and the intercept under 'one'."""
    design = columns.assign(one=1.0)
    return pd.Series(np.linalg.lstsq(design.to_numpy(), sales.to_numpy(), rcond=None)[0], design.columns)


def weighted(sales, columns):
    """Slopes of least squares whose weeks weigh 1 / sales."""
    weight = 1 / np.sqrt(sales.to_numpy())
    design = columns.to_numpy() * weight[:, None]
    return pd.Series(np.linalg.lstsq(design, sales.to_numpy() * weight, rcond=None)[0], columns.columns)


# ---------------------------------------------------------------- two questions from before


@exercise(
    "S05.r1",
    title="Which figure may a budget rest on?",
    kind="choice",
    practises=["R041"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "revenue of last clicks per yuan: each order stands in it once, so nothing is counted twice",
        "b": "sales missing where the ads were dark, against cities where they ran, per yuan not spent",
        "c": "sales of the weeks after the ads were raised less the weeks before, per yuan more spent",
    },
)
def figure_to_rest_on():
    """What an ad brings is what is missing without it. Credit divides orders, a test finds out which would not have come."""
    return "b"


@figure_to_rest_on.mistake(
    "LASTCLICK_AS_INCREMENTAL", repair="Which of these orders would have come by another way?"
)
def _(truth):
    """You take the order's last way in for its cause. Bookkeeping that adds up is still bookkeeping."""
    found = truth["T05"]["found"]
    return wrong("a", shows={"return of the brand keywords by last click": times(found["reported_roas_2025"]),
                             "return by the book of causes": times(found["incremental_roas_2025"])})  # fmt: skip


@figure_to_rest_on.mistake("POST_HOC", repair="Why were the ads raised in these weeks and not in others?")
def _():
    """You let the calendar take part. Money is raised when sales are expected, so the rise belongs to both."""
    return "c"


figure_to_rest_on.hints(
    "What would have happened in the same weeks without the ads?",
    "Who lived through these weeks with the ads on, and who without?",
    "The holdout of cities.",
)


@exercise(
    "S05.r2",
    title="Where does the next yuan belong?",
    kind="choice",
    practises=["R041"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "where the last yuan added still brought more than it would have brought elsewhere",
        "b": "where the whole year's money brought most per yuan, all of it taken together",
        "c": "where the channel's sales are largest, because a percent more of them is most",
    },
)
def next_yuan():
    """The next yuan is decided at the margin. Averages hold the cheap first yuan that nobody can spend again."""
    return "a"


@next_yuan.mistake("AVG_VS_MARGINAL", repair="What did the dearest yuan in that average bring?")
def _():
    """You judge by the average. The first yuan of a channel is its best one, and the next is worse than all before it."""
    return "b"


@next_yuan.mistake("SIZE_ONLY", repair="What does a further percent of the largest channel cost?")
def _():
    """You look at size. A large channel is large because much was spent on it; that says nothing of the next yuan."""
    return "c"


next_yuan.hints(
    "What changes when one yuan moves?",
    "Think of the curve that bends in J02.",
    "Compare slopes, not heights.",
)


# ---------------------------------------------------------------- together


@prediction(
    "S05.a",
    title="Correlation of Douyin feed money and live money by week",
    unit="fraction",
    practises=["R041"],
    bounds=(-1, 1),
    section="The answer of a regression",
)
def guess_together(orders, budget, feed_ads_daily, calendar):
    """The same people buy both at the same time, so the weeks hardly ever show one without the other."""
    spend = mart(orders, budget, feed_ads_daily, calendar).spend
    return np.corrcoef(spend["Douyin feed"], spend["live"])[0, 1]


@exercise(
    "S05.1",
    title="What the raw regression says of Douyin and live together",
    kind="number",
    unit="times",
    minutes=(6, 10),
    practises=["R041"],
    section="Two that move as one",
    selfcheck={
        "grain": "one row is a full week; money and sales in yuan",
        "numerator and denominator": "what both coefficients say of both sums of money, over these sums",
        "filter": "all eight media in one regression with an intercept",
    },
)
def pair_return(orders, budget, feed_ads_daily, calendar):
    """The regression knows the pair and cannot divide it: whatever it takes from one coefficient it gives to the other."""
    one = mart(orders, budget, feed_ads_daily, calendar)
    pair = ["Douyin feed", "live"]
    money = one.spend[pair].sum()
    return (ols(one.sales, one.spend)[pair] * money).sum() / money.sum()


@pair_return.mistake("COLLINEAR_COEF", repair="In which weeks did live money move without Douyin money?")
def _(orders, budget, feed_ads_daily, calendar):
    """You read one coefficient by itself. It answers what live brings while Douyin stands still, and it hardly ever stood still."""
    one = mart(orders, budget, feed_ads_daily, calendar)
    slope, together = (
        ols(one.sales, one.spend)["live"],
        np.corrcoef(one.spend["Douyin feed"], one.spend["live"])[0, 1],
    )
    year = one.spend["live"].tail(52).sum()
    return wrong(
        slope,
        shows={
            "share of live's ups and downs that Douyin's explain": percent(together**2, 0),
            "live money of 52 weeks": yuan(year),
        },
        cost=f"Live money of {yuan(year)} a year would be decided by the few weeks in which the two did "
        f"not move together.",
    )


@pair_return.mistake(
    "DOUBLE_CREDIT", repair="Whose effect does live's coefficient carry when Douyin is not in the model?"
)
def _(orders, budget, feed_ads_daily, calendar):
    """You left media out of the fit, the partner or all the others. What stays in takes over what those
    left out bring."""
    one = mart(orders, budget, feed_ads_daily, calendar)
    money = one.spend[["Douyin feed", "live"]].sum()
    alone = pd.Series({
        "Douyin feed": ols(one.sales, one.spend.drop(columns="live"))["Douyin feed"],
        "live": ols(one.sales, one.spend.drop(columns="Douyin feed"))["live"],
    })  # fmt: skip
    both = ols(one.sales, one.spend)[money.index]
    twice = ((alone - both) * money).sum()
    return wrong(
        (alone * money).sum() / money.sum(),
        shows={
            "live without Douyin in the model": f"{alone['live']:.2f}",
            "live beside Douyin": f"{both['live']:.2f}",
        },
        cost=f"With each fitted without its partner, {yuan(twice)} of sales in three years would be booked "
        f"twice.",
    )


@pair_return.slip("numerator and denominator")
def _(orders, budget, feed_ads_daily, calendar):
    """You added the two coefficients. Each is per yuan of its own medium; a yuan of the pair is a part of
    each."""
    one = mart(orders, budget, feed_ads_daily, calendar)
    return ols(one.sales, one.spend)[["Douyin feed", "live"]].sum()


pair_return.hints(
    "How much of sales does the model give to the two, in yuan?",
    "Coefficient times money, for each; add; divide by the money of both.",
    'pair = ["Douyin feed", "live"]; (slopes[pair] * spend[pair].sum()).sum() / spend[pair].sum().sum()',
)


# ---------------------------------------------------------------- adstock


@exercise(
    "S05.2",
    title="Notes money of the last quarter that works later",
    kind="number",
    unit="CNY",
    minutes=(6, 10),
    practises=["R123"],
    bounds=(0, None),
    section="Money that works later",
    selfcheck={
        "window": "the last 13 full weeks; what was spent before them does not count",
        "numerator and denominator": "money of these weeks less what of it works within them",
        "grain": "weights 1, 0.6, 0.36, ... over eight weeks, divided by their sum",
    },
)
def still_to_work(orders, budget, feed_ads_daily, calendar):
    """A year's books close before a year's notes do. What is still to work belongs to the plan of the next quarter."""
    notes = mart(orders, budget, feed_ads_daily, calendar).spend["notes"].tail(13)
    return notes.sum() - mmm.geometric(notes, 0.6).sum()


@still_to_work.mistake("NO_ADSTOCK", repair="When is a note of the last week of December read?")
def _(orders, budget, feed_ads_daily, calendar):
    """You let money work in its own week alone. A note is found and read for weeks after it was paid for."""
    notes = mart(orders, budget, feed_ads_daily, calendar).spend["notes"].tail(13)
    return wrong(
        0.0,
        shows={
            "notes money of the last week": yuan(notes.iloc[-1]),
            "share of it at work in that week": percent(1 / (0.6 ** np.arange(8)).sum(), 0),
        },
        cost=f"The quarter's {yuan(notes.sum())} of notes would be judged by the part that works before the books close, and be cut for it.",
    )


@still_to_work.mistake("DOUBLE_CREDIT", repair="What do the weights of one yuan sum to?")
def _(orders, budget, feed_ads_daily, calendar):
    """You kept the weights as they are. They sum to more than one, so each yuan spent becomes more than two at work."""
    notes = mart(orders, budget, feed_ads_daily, calendar).spend["notes"].tail(13)
    raw = mmm.geometric(notes, 0.6, normalise=False).sum()
    return wrong(
        raw - notes.sum(),
        shows={"spent in the quarter": yuan(notes.sum()), "at work in it, by these weights": yuan(raw)},
        cost=f"{yuan(raw - notes.sum())} would be at work that nobody paid.",
    )


@still_to_work.slip("window")
def _(orders, budget, feed_ads_daily, calendar):
    """You carried over the last week's money only, and by one week."""
    return 0.6 * mart(orders, budget, feed_ads_daily, calendar).spend["notes"].iloc[-1]


@still_to_work.slip("grain")
def _(orders, budget, feed_ads_daily, calendar):
    """You took what falls behind the end with weights that are not divided by their sum."""
    notes = mart(orders, budget, feed_ads_daily, calendar).spend["notes"].tail(13)
    longer = np.concatenate([notes.to_numpy(), np.zeros(8)])
    return mmm.geometric(longer, 0.6, normalise=False)[13:].sum()


still_to_work.hints(
    "What of a yuan is at work in its own week, in the next one, and so on?",
    "Spread the 13 weeks with normalised weights; what falls behind their end is missing from the sum.",
    'notes = spend["notes"].tail(13); notes.sum() - geometric(notes, 0.6).sum()',
)


# ---------------------------------------------------------------- R2


@exercise(
    "S05.3",
    title="R² of the raw regression in a year it has not seen",
    kind="number",
    unit="fraction",
    minutes=(5, 9),
    practises=["R041"],
    bounds=(None, 1),
    section="A fit that flatters",
    selfcheck={
        "window": "fitted on the first 104 weeks, judged on the last 52",
        "numerator and denominator": "1 - squared errors over squared distances from the mean of the 52 weeks",
    },
)
def unseen_r2(orders, budget, feed_ads_daily, calendar):
    """A model that knew the causes would keep its fit in the next year. This one knew which weeks are strong."""
    one = mart(orders, budget, feed_ads_daily, calendar)
    return r2(one.sales[104:], seen(one)[104:])


def r2(sales, foretold):
    return 1 - ((sales - foretold) ** 2).sum() / ((sales - sales.mean()) ** 2).sum()


def seen(one):
    """Sales of all weeks as the raw regression of the first 104 foretells them."""
    slopes = ols(one.sales[:104], one.spend[:104])
    return slopes["one"] + one.spend @ slopes[MEDIA]


@unseen_r2.mistake("R2_WORSHIP", repair="Which weeks had the model seen before it was judged?")
def _(orders, budget, feed_ads_daily, calendar):
    """You judged a model by weeks that it was fitted on, those of the third year among them. Eight columns
    that rise with every promotion fit any sales that do."""
    one = mart(orders, budget, feed_ads_daily, calendar)
    slopes = ols(one.sales, one.spend)
    knew = slopes["one"] + one.spend[104:] @ slopes[MEDIA]
    missed = (one.sales[104:] - seen(one)[104:]).abs().mean()
    return wrong(
        r2(one.sales[104:], knew),
        shows={
            "mean miss of a week of the third year, fitted with it": yuan(
                (one.sales[104:] - knew).abs().mean()
            ),
            "fitted without it": yuan(missed),
        },
        cost=f"A plan of the third year would have been off by {yuan(missed)} in a mean week.",
    )


@unseen_r2.mistake("DEF_MISMATCH", repair="What does a correlation say of a forecast that is twice too high?")
def _(orders, budget, feed_ads_daily, calendar):
    """You squared the correlation. It forgives a wrong level and a wrong slope, and a budget does not."""
    one = mart(orders, budget, feed_ads_daily, calendar)
    foretold = seen(one)[104:]
    off = foretold.mean() - one.sales[104:].mean()
    return wrong(
        np.corrcoef(one.sales[104:], foretold)[0, 1] ** 2,
        shows={"mean week foretold": yuan(foretold.mean()), "mean week sold": yuan(one.sales[104:].mean())},
        cost=f"The year's plan would be {yuan(abs(off) * 52)} off, and the correlation would not show it.",
    )


unseen_r2.hints(
    "Which weeks may the model learn from, and which is it asked about?",
    "Fit on [:104], foretell [104:], compare squared errors with squared distances from the mean.",
    "1 - ((sold - foretold) ** 2).sum() / ((sold - sold.mean()) ** 2).sum()",
)


# ---------------------------------------------------------------- endogeneity


@exercise(
    "S05.4",
    title="What search ads bring when promotions have columns of their own",
    kind="number",
    unit="times",
    minutes=(5, 9),
    practises=["R041"],
    section="Money that knows the calendar",
    selfcheck={
        "grain": "weeks, each weighing 1 / sales",
        "filter": "columns: SEM money, the flight, and all controls, the twelve of the promotions among them",
        "numerator and denominator": "new customers' first orders, in yuan, per yuan of SEM",
    },
)
def search_return(orders, budget, feed_ads_daily, calendar):
    """Search money is planned after the calendar of promotions. With the promotions in the model, it no longer gets paid for them."""
    one = mart(orders, budget, feed_ads_daily, calendar)
    return weighted(one.sales, one.controls.join(one.x[["SEM", "flight"]]))["SEM"]


def promotions(controls):
    return [name for name in controls if ", " in name]


@search_return.mistake("ENDOGENOUS_SPEND", repair="Who decides when search money doubles, and by what?")
def _(orders, budget, feed_ads_daily, calendar):
    """You let money stand for the promotion. It is raised in the weeks in which people would buy more anyway."""
    one = mart(orders, budget, feed_ads_daily, calendar)
    bare = one.controls.drop(columns=promotions(one.controls))
    slope = weighted(one.sales, bare.join(one.x[["SEM", "flight"]]))["SEM"]
    right = weighted(one.sales, one.controls.join(one.x[["SEM", "flight"]]))["SEM"]
    peak = one.controls[[name for name in one.controls if name.endswith("peak")]].sum(axis=1) > 0
    return wrong(
        slope,
        shows={
            "SEM money of a week with a peak day": yuan(one.x.loc[peak, "SEM"].mean()),
            "of another week": yuan(one.x.loc[~peak, "SEM"].mean()),
        },
        cost=f"{yuan((slope - right) * one.x['SEM'].sum() / 3)} of sales a year would be promised that the promotions bring.",
    )


@search_return.mistake("GMV_AS_REVENUE", repair="Whose orders can search for a stranger bring?")
def _(orders, budget, feed_ads_daily, calendar):
    """You explained the orders of everybody, unpaid ones too. What old customers do in a week moves the
    slope, and search ads are to win strangers."""
    one = mart(orders, budget, feed_ads_daily, calendar)
    everything = mmm.by_week(orders.groupby(orders["ordered_at"].dt.normalize())["amount"].sum(), DAYS)
    slope = weighted(everything, one.controls.join(one.x[["SEM", "flight"]]))["SEM"]
    return wrong(
        slope,
        shows={
            "amount of all orders in a mean week": yuan(everything.mean()),
            "first paid orders among them": yuan(one.sales.mean()),
        },
    )


@search_return.slip("grain")
def _(orders, budget, feed_ads_daily, calendar):
    """You gave each week the same weight, so that the great weeks of the promotions speak loudest."""
    one = mart(orders, budget, feed_ads_daily, calendar)
    columns = one.controls.join(one.x[["SEM", "flight"]])
    slopes = np.linalg.lstsq(columns.to_numpy(), one.sales.to_numpy(), rcond=None)[0]
    return slopes[columns.columns.get_loc("SEM")]


search_return.hints(
    "Which columns tell the model that a week was a promotion?",
    "All controls, SEM and the flight; each row and its sales times 1 / √sales.",
    'least_squares(sales, controls.join(x[["SEM", "flight"]]))["SEM"]',
)


# ---------------------------------------------------------------- three returns


@exercise(
    "S05.5",
    title="What the next yuan a week brings",
    kind="table",
    unit="times",
    minutes=(6, 10),
    practises=["R041"],
    section="Contribution, average, margin",
    selfcheck={
        "window": "at the mean weekly spend of the last 13 weeks",
        "numerator and denominator": "slope of top x / (x + half) at this spend: top half / (x + half)²",
    },
)
def margins(orders, budget, feed_ads_daily, calendar, geo_daily):
    """The slope says what a yuan more brings; all that was spent before it no longer counts."""
    one = calibrated(orders, budget, feed_ads_daily, calendar, geo_daily)
    return mmm.marginal(one.curves, one.today)[["Douyin feed", "live", "notes", "SEM"]].to_dict()


@margins.mistake("AVG_VS_MARGINAL", repair="Did the first yuan of the week and the last one bring the same?")
def _(orders, budget, feed_ads_daily, calendar, geo_daily):
    """You divided all that comes by all that is spent. The average is above the margin wherever a curve bends."""
    one = calibrated(orders, budget, feed_ads_daily, calendar, geo_daily)
    average = mmm.brings(one.curves, one.today) / one.today
    more = 0.2 * one.today.sum() * 52
    gap = (average - mmm.marginal(one.curves, one.today)) @ (one.today / one.today.sum())
    return wrong(
        average[["Douyin feed", "live", "notes", "SEM"]].to_dict(),
        shows={
            "what the seven levers bring per yuan": f"{average @ one.today / one.today.sum():.2f}",
            "a fifth more of them in a year": yuan(more),
        },
        cost=f"A fifth more money would be promised up to {yuan(gap * more)} of first orders that it does not bring.",
    )


@margins.mistake("CONTRIB_AS_ROI", repair="What was paid for the largest share?")
def _(orders, budget, feed_ads_daily, calendar, geo_daily):
    """You gave each medium's share of what all bring. It is large where much is spent; it holds no yuan in its denominator."""
    one = calibrated(orders, budget, feed_ads_daily, calendar, geo_daily)
    brings, slope = mmm.brings(one.curves, one.today), mmm.marginal(one.curves, one.today)
    gap = slope.max() - slope[brings.idxmax()]
    return wrong(
        (brings / brings.sum())[["Douyin feed", "live", "notes", "SEM"]].to_dict(),
        shows={
            "spend of a week": yuan(one.today[brings.idxmax()]),
            "smallest spend of a lever": yuan(one.today.min()),
        },
        cost=f"Each CNY 1,000 a week that goes to {brings.idxmax()} for its share forgoes {yuan(gap * 52_000)} of first orders in a year.",
    )


@margins.slip("window")
def _(orders, budget, feed_ads_daily, calendar, geo_daily):
    """You took the slope at the mean week of all three years. Today's spend is that of the last 13 weeks."""
    one, x = (
        calibrated(orders, budget, feed_ads_daily, calendar, geo_daily),
        mart(orders, budget, feed_ads_daily, calendar).x,
    )
    return mmm.marginal(one.curves, x[LEVERS].mean())[["Douyin feed", "live", "notes", "SEM"]].to_dict()


margins.hints(
    "How much more comes when the weekly spend rises by one yuan?",
    "Derive top x / (x + half) by x, and put in today's spend.",
    'curves["top"] * curves["half"] / (today + curves["half"]) ** 2',
)


# ---------------------------------------------------------------- the optimiser


@exercise(
    "S05.6",
    title="The same money, placed where it brings most",
    kind="table",
    unit="CNY",
    minutes=(7, 12),
    practises=["R041"],
    section="An optimiser in its bounds",
    selfcheck={
        "window": "a week; the budget is what the seven levers cost today",
        "filter": "each lever between its low and high in curves",
        "numerator and denominator": "sales of first orders are made largest, not a ratio",
    },
)
def best_plan(orders, budget, feed_ads_daily, calendar, geo_daily):
    """Between its bounds each lever now has the same marginal return; where a bound holds, it says that more would be a guess."""
    one = calibrated(orders, budget, feed_ads_daily, calendar, geo_daily)
    return mmm.allocate(one.curves, one.today.sum(), one.curves["low"], one.curves["high"]).to_dict()


@best_plan.mistake("EXTRAP_SATURATION", repair="How often was that much spent on one medium in a week?")
def _(orders, budget, feed_ads_daily, calendar, geo_daily):
    """You followed the average return as a straight line, and it leads to one medium. Nobody has seen a week with all money there."""
    one = calibrated(orders, budget, feed_ads_daily, calendar, geo_daily)
    returns = one.draws[LEVERS].mean()
    top, money = returns.idxmax(), one.today.sum()
    alone = pd.Series(0.0, LEVERS)
    alone[top] = money
    promised, comes = returns[top] * money, mmm.brings(one.curves, alone).sum()
    return wrong(
        alone.to_dict(),
        shows={
            f"most that a week of {top} ever saw": yuan(one.curves.loc[top, "high"]),
            "the plan's week of it": yuan(money),
        },
        cost=f"The line promises {yuan(promised)} a week; where the curve bends, {yuan(comes)} come, {yuan((promised - comes) * 52)} less in a year.",
    )


@best_plan.mistake("GREEDY_ROI", repair="What does the last yuan bring in the lever that you filled first?")
def _(orders, budget, feed_ads_daily, calendar, geo_daily):
    """You filled levers to the brim by their average. The last yuan of the first one brings less than the first of the others."""
    one = calibrated(orders, budget, feed_ads_daily, calendar, geo_daily)
    plan, left = one.curves["low"].copy(), one.today.sum() - one.curves["low"].sum()
    for name in (mmm.brings(one.curves, one.today) / one.today).sort_values(ascending=False).index:
        more = min(left, one.curves.loc[name, "high"] - plan[name])
        plan[name], left = plan[name] + more, left - more
    best = mmm.allocate(one.curves, one.today.sum(), one.curves["low"], one.curves["high"])
    lost = mmm.brings(one.curves, best).sum() - mmm.brings(one.curves, plan).sum()
    slopes = mmm.marginal(one.curves, plan)
    return wrong(
        plan.to_dict(),
        shows={"marginal returns of this plan, from": f"{slopes.min():.2f}", "to": f"{slopes.max():.2f}"},
        cost=f"{yuan(lost * 52)} of first orders a year less than the same money can bring.",
    )


best_plan.hints(
    "What holds for the margins of two levers, if no yuan may gain by moving?",
    "allocate takes the curves, the budget of a week and the bounds.",
    'allocate(curves, today.sum(), curves["low"], curves["high"])',
)


# ---------------------------------------------------------------- mediators

COLUMNS = {
    "Douyin feed", "live", "notes", "SEM", "affiliate commission", "brand searches", "organic visits", "promotions", "season and growth", "new checkout",
}  # fmt: skip


@exercise(
    "S05.7",
    title="What belongs in the model",
    kind="set",
    minutes=(4, 7),
    practises=["R041", "R123"],
    section="On the way from the ad to the order",
    selfcheck={
        "grain": "a column is a driver if it can move sales and no medium moves it",
        "filter": "money that we set, and what happens to us",
    },
)
def columns_of_the_model():
    """Money that we set, and weeks that happen to us. What media move themselves stays out, and so does what orders pay."""
    return sorted(COLUMNS - {"brand searches", "organic visits", "affiliate commission"})


@columns_of_the_model.mistake("MEDIATOR", repair="Why do people search for the brand after a note?")
def _(truth):
    """You put a step of the way beside its start. A reader of a note searches the brand and buys: the search then gets what the note did."""
    shares = truth["T28"]["found"]["share_that_searches_the_brand_within_60_days"]
    notes = truth["T19"]["found"]["return_on_spend"]["Xiaohongshu"]
    return wrong(
        sorted(COLUMNS - {"affiliate commission"}),
        shows={
            "readers of informational ads who search the brand later": percent(shares["informational"]),
            "after category ads": percent(shares["category"]),
        },
        cost=f"Media that work through a later search, such as notes ({yuan(notes['spent'])} in three years), would be cut for the search's sake.",
    )


@columns_of_the_model.mistake("REVERSE_CAUSE", repair="What happens first: the order or the commission?")
def _(budget):
    """You let the bill explain the sale. A commission is a share of orders that are placed already; it moves with sales whatever it does."""
    paid = budget[(budget["channel"] == "affiliate") & (budget["item"] == "media")]["spent"].sum()
    return wrong(
        sorted(COLUMNS - {"brand searches", "organic visits"}),
        shows={"commission of three years": yuan(paid), "orders before which it was paid": "0"},
        cost=f"{yuan(paid)} of commission would get the credit for growth, season and everybody else's ads.",
    )


@columns_of_the_model.mistake(
    "ENDOGENOUS_SPEND", repair="What else happens in the weeks in which money doubles?"
)
def _(orders, budget, feed_ads_daily, calendar):
    """You left the promotions out, since ads run for them. But the weeks would be strong without ads, too, and money follows them."""
    one = mart(orders, budget, feed_ads_daily, calendar)
    peak = one.controls[[name for name in one.controls if name.endswith("peak")]].sum(axis=1) > 0
    return wrong(
        sorted(COLUMNS - {"brand searches", "organic visits", "affiliate commission", "promotions"}),
        shows={
            "media money of a week with a peak day": yuan(one.x[peak].sum(axis=1).mean()),
            "of another week": yuan(one.x[~peak].sum(axis=1).mean()),
        },
    )


columns_of_the_model.hints(
    "Draw the arrows: which column is moved by which other one?",
    "Keep what we set or what happens to us; leave out what comes after an ad, and what is paid after an order.",
    "Seven of the ten stay.",
)


# ---------------------------------------------------------------- ten million


def gain_of(one, plan, value, weeks):
    """Margin of a newcomers' first year less money, of a plan against today's, by draw, in yuan over so many weeks."""
    unit = one.curves["top"] / one.draws[LEVERS].mean()
    more = unit * value * (plan / (plan + one.curves["half"]) - one.today / (one.today + one.curves["half"]))
    return one.draws[LEVERS] * more * weeks, (plan.sum() - one.today.sum()) * weeks


@per_world
def plans(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """The two plans of exercise 8 and their gains by draw."""
    one, value = (
        calibrated(orders, budget, feed_ads_daily, calendar, geo_daily),
        worth(orders, order_items, products)["year"],
    )
    low, high = one.curves["low"], one.curves["high"]
    same = mmm.allocate(one.curves, one.today.sum(), low, high, value)
    large = mmm.allocate(one.curves, TEN_MILLION / TWO_YEARS, low, high, value)
    parts, _ = gain_of(one, same, value, 52)
    many, cost = gain_of(one, large, value, TWO_YEARS)
    return SimpleNamespace(
        same=same,
        large=large,
        parts=parts,
        year=parts.sum(axis=1),
        two_years=many.sum(axis=1) - cost,
        value=value,
        one=one,
    )


@exercise(
    "S05.8",
    title="Two plans for Director Shen, with their risk",
    kind="table",
    unit="CNY",
    minutes=(10, 18),
    points=2,
    practises=["R043", "R041"],
    section="Ten million",
    selfcheck={
        "numerator and denominator": "first-year margin of the newcomers gained, less the money spent more",
        "window": "52 weeks for the same money; 104 weeks for CNY 10 million",
        "grain": "one gain per draw; mean and 5 % point over the draws",
    },
)
def two_plans(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """One row of draws is one world that may be ours; a plan has a gain in each of them, and the poor ones belong in the request."""
    found = plans(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    return {
        "same money, mean": found.year.mean(),
        "same money, 5 % point": found.year.quantile(0.05),
        "10 million, mean": found.two_years.mean(),
    }


@two_plans.mistake("POINT_ONLY", repair="What does the plan bring in the worst twentieth of the draws?")
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You put the mean where the downside was asked. A plan with one number looks safe, and nobody asks for the test."""
    found = plans(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    mean, worst = found.year.mean(), found.year[found.year <= found.year.quantile(0.1)].mean()
    return wrong(
        {"same money, mean": mean, "same money, 5 % point": mean, "10 million, mean": found.two_years.mean()},
        shows={
            "draws in which the plan loses": percent((found.year < 0).mean(), 0),
            "draws": count(len(found.year)),
        },
        cost=f"In the worst tenth of the draws the plan brings {yuan(worst)} a year on average, and nobody "
        f"was told of it.",
    )


@two_plans.mistake("INTERVAL_SUM", repair="How often do all seven levers have their worst draw at once?")
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You added the 5 % points of the levers. They do not all go wrong in the same draw; the sum is far
    worse than the 5 % point of the whole."""
    found = plans(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    total = found.parts.quantile(0.05).sum()
    return wrong(
        {
            "same money, mean": found.year.mean(),
            "same money, 5 % point": total,
            "10 million, mean": found.two_years.mean(),
        },
        shows={
            "draws below your downside": percent((found.year < total).mean(), 1),
            "draws meant to lie below it": percent(0.05, 0),
        },
        cost=f"A good plan would be turned down for a loss of {yuan(-total)} that hardly a draw shows.",
    )


@two_plans.mistake("AVG_VS_MARGINAL", repair="What does the last of the ten million bring?")
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You let the new money work as the old did on average. It is the dearest money of all: every lever's curve has bent by then."""
    found = plans(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    one = found.one
    average = (mmm.brings(one.curves, one.today) * found.value).sum() / one.today.sum()
    more = TEN_MILLION - one.today.sum() * TWO_YEARS
    promised = (average - 1) * more
    most = (found.large - one.today).idxmax()
    slope = (mmm.marginal(one.curves, found.large) * found.value)[most]
    return wrong(
        {
            "same money, mean": found.year.mean(),
            "same money, 5 % point": found.year.quantile(0.05),
            "10 million, mean": promised,
        },
        shows={"first-year margin per yuan today": f"{average:.2f}", "money more in two years": yuan(more)},
        cost=f"{most} takes most of the new money: of the last {yuan(100)} for it {yuan(100 * slope)} of "
        f"margin come back, not {yuan(100 * average)}.",
    )


@two_plans.slip("numerator and denominator")
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You took off the whole ten million. A gain is against today, so only the money spent beyond today's
    is taken off."""
    found = plans(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    return {
        "same money, mean": found.year.mean(),
        "same money, 5 % point": found.year.quantile(0.05),
        "10 million, mean": found.two_years.mean() - found.one.today.sum() * TWO_YEARS,
    }


two_plans.hints(
    "What does one draw say that each plan gains over today's?",
    "Per draw: sum over levers of return x worth x change of the curve, less the money spent more. Then mean and quantile.",
    "gain(plan, 52).mean(), gain(plan, 52).quantile(0.05), gain(large, 104).mean()",
)


# ---------------------------------------------------------------- mixed case, memo


@exercise(
    "S05.9",
    title="A thousand yuan a week, moved",
    kind="table",
    unit={"from": "text", "to": "text", "gain a year": "CNY"},
    minutes=(10, 16),
    points=2,
    practises=["R041", "R123"],
    section="Mixed case: now and later",
    selfcheck={
        "numerator and denominator": "first-year margin per further yuan a week",
        "window": "today's weekly spend; 52 weeks; newcomers of 2024 and their first 365 days",
        "filter": "the seven levers",
    },
)
def moved(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """A brand lives on what newcomers do in their first year. At the margin, money belongs where that is most."""
    return shifted(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)


def shifted(
    orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products, column="year", average=False
):
    one, value = (
        calibrated(orders, budget, feed_ads_daily, calendar, geo_daily),
        worth(orders, order_items, products)[column],
    )
    per_yuan = (
        mmm.brings(one.curves, one.today) / one.today if average else mmm.marginal(one.curves, one.today)
    )
    earned = per_yuan * value
    return {
        "from": earned.idxmin(),
        "to": earned.idxmax(),
        "gain a year": 52_000 * (earned.max() - earned.min()),
    }


def goods_of_100(value):
    """How much of newcomers' revenue is paid on, in words; value: the table of worth()."""
    notes = value.loc["notes"]
    return (
        f"Of each {yuan(100)} of such revenue from newcomers of notes, "
        f"{yuan(100 * (1 - notes['year'] / notes['revenue']))} go"
    )


@moved.mistake("FIRST_ORDER_ONLY", repair="What do the newcomers of notes do after their first basket?")
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You stopped at the first order. Media that win people who come back look like media that win a basket."""
    tables = (orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    value, answer = worth(orders, order_items, products), shifted(*tables, column="first")
    later = 1 - value.loc["notes", "first"] / value.loc["notes", "year"]
    return wrong(
        answer,
        shows={
            "first-year margin per yuan of first order, notes": f"{value.loc['notes', 'year']:.2f}",
            "live": f"{value.loc['live', 'year']:.2f}",
        },
        cost=f"Of each {yuan(100)} that newcomers of notes leave in their first year, {yuan(100 * later)} "
        f"come after the first order and would not count.",
    )


@moved.mistake("AVG_VS_MARGINAL", repair="Which yuan is moved: the mean one or the last one?")
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You used average returns. What moves is the last thousand of one lever and the next of another."""
    tables = (orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    answer, one = shifted(*tables, average=True), calibrated(*tables[:5])
    slope, average = mmm.marginal(one.curves, one.today), mmm.brings(one.curves, one.today) / one.today
    to = answer["to"]
    return wrong(
        answer,
        shows={
            "levers whose margin lies below their average": f"{(slope < average).sum()} of {len(slope)}",
            "moved in a year": yuan(52_000),
        },
        cost=f"Of each {yuan(100)} that the average of {to} promises, its next yuan brings "
        f"{yuan(100 * slope[to] / average[to])}.",
    )


@moved.mistake("MARGIN_IGNORED", repair="Who is paid from a newcomer's revenue before Heyu is?")
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """You counted revenue. Goods and shipping are paid from it first."""
    tables = (orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    value, answer = worth(orders, order_items, products), shifted(*tables, column="revenue")
    return wrong(
        answer,
        shows={
            "first-year revenue per yuan of first order, notes": f"{value.loc['notes', 'revenue']:.2f}",
            "margin in it": f"{value.loc['notes', 'year']:.2f}",
        },
        cost=f"{goods_of_100(value)} for goods and shipping.",
    )


@moved.slip("numerator and denominator")
def _(orders, budget, feed_ads_daily, calendar, geo_daily):
    """You compared yuan of first orders. What stays of them, and what newcomers leave later in the year, is
    not in them."""
    one = calibrated(orders, budget, feed_ads_daily, calendar, geo_daily)
    slope = mmm.marginal(one.curves, one.today)
    return {"from": slope.idxmin(), "to": slope.idxmax(), "gain a year": 52_000 * (slope.max() - slope.min())}


moved.hints(
    "What does one further yuan of a lever leave in the first year of those whom it wins?",
    "Marginal return times first-year margin per yuan of first order; the largest less the smallest, times 52,000.",
    "earned = marginal(curves, today) * value; earned.idxmin(), earned.idxmax(), 52_000 * (earned.max() - earned.min())",
)


@per_world
def truths(orders, budget, feed_ads_daily, calendar, channel_weeks):
    """True return at once of the eight media; orders that a coupon link closed are shared out by the week's platforms."""
    wide = channel_weeks.pivot_table(index="week", columns="medium", values="amount", aggfunc="sum").fillna(
        0.0
    )
    feeds = [f"feed ads {one.removesuffix(' feed')}" for one in FEEDS]
    closed = wide.pop("feed ads, closed by a coupon") if "feed ads, closed by a coupon" in wide else 0.0
    wide[feeds] += (
        wide[feeds].div(wide[feeds].sum(axis=1).replace(0, np.nan), axis=0).fillna(0.0).mul(closed, axis=0)
    )
    names = dict(zip(feeds, FEEDS, strict=True)) | {"Xiaohongshu": "notes"}
    spend = mart(orders, budget, feed_ads_daily, calendar).spend
    return wide.sum().rename(index=names).reindex(MEDIA) / spend.sum()


@prediction(
    "S05.b",
    title="Raw intervals, of eight, that hold the true return",
    unit="count",
    practises=["R041"],
    bounds=(0, 8),
    section="The answer key",
)
def guess_covered(orders, budget, feed_ads_daily, calendar):
    """A 95 % interval speaks of luck alone. Where the model leaves out what moves money and sales together, it is sure of the wrong value."""
    from mktlib import world

    one = mart(orders, budget, feed_ads_daily, calendar)
    true = truths(orders, budget, feed_ads_daily, calendar, world.truth("channel_weeks"))
    low, high = raw_intervals(one)
    return int(((low <= true) & (true <= high)).sum())


def raw_intervals(one):
    design = one.spend.assign(one=1.0)
    slopes = ols(one.sales, one.spend)
    left = one.sales - design @ slopes
    noise = (left @ left) / (len(left) - design.shape[1])
    error = pd.Series(np.sqrt(noise * np.diag(np.linalg.inv(design.T @ design))), design.columns)
    return (slopes - 1.96 * error)[MEDIA], (slopes + 1.96 * error)[MEDIA]


@exercise(
    "S05.10",
    title="Memo: what the same money gains",
    kind="memo",
    unit="CNY",
    minutes=(5, 9),
    points=2,
    practises=["R043", "R041"],
    section="The memo",
    selfcheck={
        "line 1": "mean gain a year of the plan of exercise 8 with today's money, first-year margin",
        "line 2": "its downside (5 % point), or what CNY 10 million would do",
        "line 3": "the ask: who should test or move what, by when",
    },
)
def mix_memo(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """The director sees the gain, what it may cost, and what would make it surer."""
    return plans(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products).year.mean()


@mix_memo.mistake(
    "MARGIN_IGNORED", repair="What of a newcomer's first year is paid on for goods and shipping?"
)
def _(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products):
    """Your first line carries revenue of the first year. Suppliers and carriers are paid from it before the plan gains a yuan."""
    found = plans(orders, budget, feed_ads_daily, calendar, geo_daily, order_items, products)
    value = worth(orders, order_items, products)
    revenue = gain_of(found.one, found.same, value["revenue"], 52)[0].sum(axis=1).mean()
    return wrong(
        revenue,
        shows={
            "first-year revenue per yuan of first order, notes": f"{value.loc['notes', 'revenue']:.2f}",
            "margin in it": f"{value.loc['notes', 'year']:.2f}",
        },
        cost=f"{goods_of_100(value)} for goods and shipping: they are not Heyu's to keep.",
    )


@mix_memo.mistake("NO_ACTION", repair="Who should do what by when, now that the number is known?")
def _():
    """Your third line asks for nothing. A plan with a downside needs a decision: what to move now, what to test first."""
    return None


mix_memo.hints(
    "Three lines: number, evidence, ask.",
    "Line 2 needs a number of its own, such as the 5 % point.",
    "Line 3 begins with a verb: approve, move, test; and says by when.",
)
