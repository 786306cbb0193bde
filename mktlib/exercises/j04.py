"""J04 The SEM desk: keywords, negatives, bids, overspend alert. Lesson: lessons/1_junior/J04_sem_desk.md."""

from itertools import permutations

import numpy as np
import pandas as pd

from mktlib.course import exercise, per_world, prediction, wrong
from mktlib.course.text import count, percent, times, yuan
from mktlib.search import bid_curve, decompose_cpa, shrunk_rate

MAY = ("2025-05-01", "2025-05-31")
SEPTEMBER, NOVEMBER = ("2025-09-01", "2025-09-30"), ("2025-11-01", "2025-11-30")
MATURE = ("2025-01-01", "2025-12-01")  # orders of 2025 whose refunds are all in; day after the last
PAUSES = [("2024-09-02", "2024-09-15"), ("2025-07-14", "2025-07-27")]
PLAN_MARGIN = 0.42  # finance's planning figures, given in J02 and in the lesson
FOLLOW_UP = 2.4  # first-year orders behind one order from a category keyword
YUAN_PER_DOLLAR = 7.2
LIKE = 100
BEFORE, KEYWORD, DEAREST = "待产包", "新生儿纸尿裤", "纸尿裤"
BIDS = np.arange(4, 31) / 10
STRANGERS = "成人|老人|男士|宠物|汽车|防晒衣|批发 进货|零食 批发|代加工|厂家|工厂|设备|招商|加盟|备案|图片|简笔画|做法|pdf|维修|免费|发放"
DIAPERS = ["禾屿纸尿裤", "青橙宝贝纸尿裤", "纸尿裤 怎么换", "纸尿裤 囤货"]


def within(rows, window):
    """Rows whose date lies between two days, both included."""
    return rows[rows["date"].between(*window)]


@per_world
def baidu_may(sem_keyword_daily):
    """Keyword-days on Baidu in May 2025: what the export holds."""
    return within(sem_keyword_daily, MAY).query("engine == 'Baidu'")


@per_world
def baidu_year(sem_keyword_daily):
    """Clicks, cost, orders and revenue of Baidu's keywords in 2025, indexed by keyword, with the campaign."""
    rows = sem_keyword_daily[
        (sem_keyword_daily["date"] >= "2025-01-01") & (sem_keyword_daily["engine"] == "Baidu")
    ]
    sums = rows.groupby(["campaign", "keyword"])[["clicks", "cost", "orders", "revenue"]].sum()
    return sums.reset_index("campaign")


@per_world
def category_terms(sem_search_terms):
    """Search terms of the category campaign, both months together, with the orders to expect at the campaign's rate."""
    rows = sem_search_terms[sem_search_terms["campaign"] == "category"]
    terms = rows.groupby(["keyword", "search_term"])[["clicks", "cost", "orders"]].sum().reset_index()
    rate = terms["orders"].sum() / terms["clicks"].sum()
    return terms.assign(
        cvr=terms["orders"] / terms["clicks"].where(terms["clicks"] > 0), expected=terms["clicks"] * rate
    )


@per_world
def candidates(sem_search_terms):
    """Terms of the category campaign that are no keywords yet, with their raw and their shrunk rate."""
    terms = category_terms(sem_search_terms)
    shrunk = shrunk_rate(terms["orders"], terms["clicks"], like=LIKE)
    return terms.assign(shrunk=shrunk)[~terms["search_term"].isin(terms["keyword"])]


@per_world
def order_margin(orders, refunds):
    """(mean amount, margin) of an order from a category keyword, January to November 2025, in yuan."""
    rows = orders[(orders["ordered_at"] >= MATURE[0]) & (orders["ordered_at"] < MATURE[1])]
    won = rows[(rows["channel"] == "SEM") & (rows["campaign"] == "category")]
    paid = won.loc[won["status"] == "paid", "amount"].sum()
    back = refunds.loc[refunds["order_id"].isin(won["order_id"]), "amount"].sum()
    return won["amount"].mean(), PLAN_MARGIN * (paid - back) / len(won)


def order_worth(orders, refunds):
    """What an order from a category keyword leaves in a year, by finance's rule, in yuan."""
    return FOLLOW_UP * order_margin(orders, refunds)[1]


# ---------------------------------------------------------------- two questions from before


@exercise(
    "J04.r1",
    title="The highest price of a click",
    kind="choice",
    practises=["R061"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "CNY 4.80, what an order brings times the rate",
        "b": "CNY 3.00, what goods and shipping take of an order times the rate",
        "c": "CNY 1.80, what an order leaves times the rate",
    },
)
def price_of_a_click():
    """A click may cost what it leaves on average: margin per order times orders per click."""
    return "c"


@price_of_a_click.mistake("MARGIN_IGNORED", repair="Who pays for the diapers in the parcel?")
def _():
    """You paid the ad out of the whole order. The part that goods and shipping take is gone before the ad is paid."""
    return wrong("a", shows={"an order brings": "CNY 240", "an order leaves": "CNY 90"})


@price_of_a_click.mistake("TOTAL_VS_NET", repair="Which part of the order can still be spent on ads?")
def _():
    """You took the part that is already spent. What may go to the click is what is left after it."""
    return "b"


price_of_a_click.hints(
    "How many clicks does one order take?",
    "What one order leaves has to pay for all of these clicks.",
    "Margin per order times orders per click.",
)


@exercise(
    "J04.r2",
    title="A total against its parts",
    kind="choice",
    practises=["R069"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "the clicks moved towards campaigns that convert less",
        "b": "one of the figures is wrong: a total moves with its parts",
        "c": "the campaigns rose by chance, the account fell for a reason",
    },
)
def total_against_campaigns():
    """The account's rate is a mean of the campaigns' rates, weighted by clicks: the weights moved."""
    return "a"


@total_against_campaigns.mistake("SIMPSON", repair="Which weights stand behind the account's rate?")
def _():
    """You took the total for a sum of its parts. A rate of the whole is a weighted mean, and weights can move it down."""
    return "b"


@total_against_campaigns.mistake("NOISE_AS_SIGNAL", repair="Would chance lift all of the campaigns at once?")
def _():
    """You called the parts chance and the total a fact. Both are counted from the same clicks."""
    return "c"


total_against_campaigns.hints(
    "What is the account's rate a mean of?",
    "Two things move such a mean: the rates and the weights.",
    "All rates rose, so the weights must have moved.",
)


# ---------------------------------------------------------------- the file from Baidu


@exercise(
    "J04.1",
    title="Cost and click-through rate of May, from the export",
    kind="table",
    unit={"cost": "CNY", "ctr": "fraction"},
    minutes=(4, 7),
    practises=["R067"],
    section="The file from Baidu",
    selfcheck={
        "grain": "one row of the file is one keyword on one day; the last row is none of them",
        "numerator and denominator": "clicks over impressions, both summed",
        "window": "May 2025, which is what the file holds",
        "filter": "all rows but the total",
    },
)
def export_of_may(sem_keyword_daily):
    """The keywords' days, each once; the file's last line repeats them all and is left out."""
    rows = baidu_may(sem_keyword_daily)
    return {"cost": rows["cost"].sum(), "ctr": rows["clicks"].sum() / rows["impressions"].sum()}


@export_of_may.mistake("TOTAL_ROW", repair="What stands in the first column of the file's last row?")
def _(sem_keyword_daily):
    """You added every line of the file. Its last line is the sum of all others, so every yuan came twice. A rate
    hides it: above and below the line, everything doubled."""
    rows, right = baidu_may(sem_keyword_daily), export_of_may.compute(sem_keyword_daily)
    return wrong(
        right | {"cost": 2 * right["cost"]},
        shows={"rows that are a keyword's day": count(len(rows)), "rows in the file": count(len(rows) + 1)},
        cost="Lin would report as much again as was charged, and ask the agency where it went.",
    )


@export_of_may.mistake("AVG_OF_RATIOS", repair="How many impressions stand behind each of the rates?")
def _(sem_keyword_daily):
    """You averaged rates, the file's column or one for each keyword. A brand keyword that is shown ten times a day got the same
    vote as a broad one that is shown hundreds of times."""
    rows, right = baidu_may(sem_keyword_daily), export_of_may.compute(sem_keyword_daily)
    naive = (rows["clicks"] / rows["impressions"]).mean()
    clicks, shown = rows["clicks"].sum(), rows["impressions"].sum()
    missing, price = (naive - right["ctr"]) * shown, rows["cost"].sum() / clicks
    return wrong(
        right | {"ctr": naive},
        shows={
            "fewest impressions behind a rate": count(rows["impressions"].min()),
            "most": count(rows["impressions"].max()),
        },
        cost=f"June's plan would expect {count(missing)} clicks more than these impressions bring; bought at May's price they "
        f"cost {yuan(missing * price)}.",
    )


@export_of_may.slip("filter")
def _(sem_keyword_daily):
    """You took all engines, 360 and Sogou included."""
    rows = within(sem_keyword_daily, MAY)
    return {"cost": rows["cost"].sum(), "ctr": rows["clicks"].sum() / rows["impressions"].sum()}


export_of_may.hints(
    "How many rows does the file have for the whole account?",
    "Leave out the row whose first column says 合计, then sum cost, clicks and impressions.",
    'rows = file[file["日期"] != "合计"]; then rows["消费"].sum(), and rows["点击"].sum() over rows["展现"].sum().',
)


# ---------------------------------------------------------------- rates of rare events


@exercise(
    "J04.2",
    title="The five best search terms that are no keywords yet",
    kind="ranking",
    minutes=(5, 9),
    practises=["R059", "R063"],
    section="One order from one click",
    selfcheck={
        "grain": "one row is a search term, both months together",
        "numerator and denominator": "orders plus 100 times the campaign's rate, over clicks plus 100",
        "filter": "terms of the category campaign that are no keywords yet",
    },
)
def best_terms(sem_search_terms):
    """Terms that keep a high rate although each was given a hundred ordinary clicks beforehand."""
    return candidates(sem_search_terms).nlargest(5, "shrunk")["search_term"].tolist()


def behind(terms, sem_search_terms):
    """(clicks, orders, shrunk rates) of a list of terms, for what a mistake shows."""
    rows = candidates(sem_search_terms).set_index("search_term").loc[terms]
    return rows["clicks"].sum(), rows["orders"].sum(), rows["shrunk"]


@best_terms.mistake("TOP_N_SMALL", repair="How many clicks has the first term of your list?")
def _(sem_search_terms, orders, refunds):
    """You ranked by the raw rate. One order from one click is a rate of one, and the next click will tell: the top of such a
    list belongs to the terms with the fewest clicks."""
    naive = candidates(sem_search_terms).nlargest(5, "cvr")["search_term"].tolist()
    clicks, bought, shrunk = behind(naive, sem_search_terms)
    worth = order_worth(orders, refunds)
    return wrong(
        naive,
        shows={"clicks behind your five": count(clicks), "orders behind them": count(bought)},
        cost=f"A bid by these rates would pay up to {yuan(bought / clicks * worth)} for a click; by what is known of the terms, "
        f"a click is worth about {yuan(shrunk.mean() * worth)}.",
    )


@best_terms.mistake(
    "SIZE_ONLY", repair="How many clicks did the first term of your list need for its orders?"
)
def _(sem_search_terms):
    """You ranked by orders. Much-searched terms bring many orders at an ordinary rate; asked was the rate."""
    naive = candidates(sem_search_terms).nlargest(5, "orders")["search_term"].tolist()
    clicks, bought, _ = behind(naive, sem_search_terms)
    return wrong(naive, shows={"orders behind your five": count(bought), "clicks behind them": count(clicks)})


@best_terms.slip("numerator and denominator")
def _(sem_search_terms):
    """You ranked by the raw rate, orders per click. Asked is the shrunk one."""
    terms = candidates(sem_search_terms)
    naive = terms.nlargest(5, "cvr")["search_term"].tolist()
    found = terms.sort_values("cvr", ascending=False)["search_term"].head(5).tolist()
    return None if found == naive else found  # equals may stand in another order than above


best_terms.hints(
    "What would you believe of a term before it had its first click?",
    "Give each term a hundred clicks at the campaign's rate, then add its own.",
    '(orders + 100 * rate) / (clicks + 100), then .nlargest(5, ...) among the terms that are not in "keyword".',
)


# ---------------------------------------------------------------- negatives


@prediction(
    "J04.a",
    title="Orders to expect from the middle one of the terms without an order",
    unit="times",
    practises=["R062"],
    bounds=(0, None),
    section="No order yet",
)
def guess_expected(sem_search_terms):
    """Half of these terms had so few clicks that even a good term would have sold nothing."""
    terms = category_terms(sem_search_terms)
    return terms.loc[terms["orders"] == 0, "expected"].median()


@guess_expected.mistake(
    "ZERO_AS_BAD", repair="How many clicks does one order take, and how many did the term get?"
)
def _():
    """You guessed about an order, or more. That would make zero telling; these terms never had the clicks for one."""
    return 1.5


@exercise(
    "J04.3",
    title="The first negatives",
    kind="set",
    minutes=(5, 9),
    practises=["R062"],
    section="No order yet",
    selfcheck={
        "grain": "one row is a search term, both months together",
        "filter": "no order, more than CNY 200, and a word of people who look for something else",
    },
)
def first_negatives(sem_search_terms):
    """Money spent, nothing sold, and words that say why: these searches can be blocked without a buyer lost."""
    terms = category_terms(sem_search_terms)
    shortlist = terms[(terms["orders"] == 0) & (terms["cost"] > 200)]
    return shortlist.loc[shortlist["search_term"].str.contains(STRANGERS), "search_term"].tolist()


def buyers_lost(blocked, orders, refunds):
    """What blocking terms turns away: those that people who do want diapers type, at the campaign's rate."""
    sellable = blocked[~blocked["search_term"].str.contains(STRANGERS)]
    expected = sellable["expected"].sum()
    return (
        f"{count(len(sellable))} of the blocked terms are typed by people who look for what Heyu sells. At the campaign's rate "
        f"their clicks bring {count(expected)} orders in two months, worth {yuan(expected * order_worth(orders, refunds))}."
    )


@first_negatives.mistake(
    "ZERO_AS_BAD", repair="How many orders would you expect from a good term with ten clicks?"
)
def _(sem_search_terms, orders, refunds):
    """You blocked whatever has no order. For most of these terms fewer than one order was to be expected: zero is what a good
    term shows, too."""
    terms = category_terms(sem_search_terms)
    zero = terms[terms["orders"] == 0]
    return wrong(
        zero["search_term"].tolist(),
        shows={
            "terms without an order": count(len(zero)),
            "of these, fewer than one order was to be expected": percent((zero["expected"] < 1).mean(), 0),
        },
        cost=buyers_lost(zero, orders, refunds),
    )


@first_negatives.mistake("NOISE_AS_SIGNAL", repair="How likely is no order where one was to be expected?")
def _(sem_search_terms, orders, refunds):
    """You blocked the whole shortlist. Where one order is to be expected, none comes in more than a third of all cases: money
    and zero draw up the list, the words decide."""
    terms = category_terms(sem_search_terms)
    shortlist = terms[(terms["orders"] == 0) & (terms["cost"] > 200)]
    return wrong(
        shortlist["search_term"].tolist(),
        shows={
            "orders to expect from the middle term of the list": f"{shortlist['expected'].median():.1f}",
            "chance of none at that": percent(np.exp(-shortlist["expected"].median()), 0),
        },
        cost=buyers_lost(shortlist, orders, refunds),
    )


@first_negatives.slip("filter")
def _(sem_search_terms):
    """You took all terms with such a word, whatever they cost."""
    terms = category_terms(sem_search_terms)
    return terms.loc[terms["search_term"].str.contains(STRANGERS), "search_term"].tolist()


@first_negatives.slip("filter")
def _(sem_search_terms):
    """You took the shortlist's terms without such a word. Those are typed by people who may buy; asked are the others."""
    terms = category_terms(sem_search_terms)
    shortlist = terms.loc[(terms["orders"] == 0) & (terms["cost"] > 200), "search_term"]
    return shortlist[~shortlist.str.contains(STRANGERS)].tolist()


@first_negatives.slip("grain")
def _(sem_search_terms):
    """You gave the keywords that let these searches in. They are what the shop buys; asked are the search terms."""
    terms = category_terms(sem_search_terms)
    mine = terms["search_term"].isin(first_negatives.compute(sem_search_terms))
    return terms.loc[mine, "keyword"].unique().tolist()


first_negatives.hints(
    "Which terms cost enough to matter, and which of them do you understand?",
    "Filter by orders and cost first, then by the words of the list.",
    'shortlist[shortlist["search_term"].str.contains("|".join(words))]["search_term"]',
)


# ---------------------------------------------------------------- questions that sell later


@exercise(
    "J04.4",
    title="Informational keywords: block them?",
    kind="choice",
    minutes=(3, 6),
    practises=["R062", "R065"],
    section="People who only ask",
    options={
        "a": "block all of them: by last click the campaign sells next to nothing",
        "b": "keep them at a low price, and judge them by who searches the brand later",
        "c": "keep them, and block the word 怎么 (how) in all other campaigns instead",
        "d": "raise their bids: nowhere else in the account is a click so cheap",
    },
)
def informational():
    """Last click counts the end of the way; some of these readers come back by the brand's name, which the table shows."""
    return "b"


@informational.mistake(
    "LASTCLICK_AS_INCREMENTAL",
    repair="Under which keyword is an order booked that a reader places nine days later?",
)
def _(sem_keyword_daily, truth):
    """You judged a first contact by the last click. What these readers do later is booked under the brand's name."""
    year = baidu_year(sem_keyword_daily)
    info, other = year[year["campaign"] == "informational"], year[year["campaign"] == "category"]
    share = truth["T28"]["found"]["share_that_searches_the_brand_within_60_days"]
    later = info["clicks"].sum() * share["informational"]
    price = other["cost"].sum() / other["clicks"].sum() / share["category"]
    return wrong(
        "a",
        shows={
            "readers of three years who search the brand within 60 days": percent(share["informational"]),
            "the same after a category keyword": percent(share["category"]),
        },
        cost=f"The campaign cost {yuan(info['cost'].sum())} on Baidu in 2025 and sent about {count(later)} people who searched "
        f"the brand later, at {yuan(info['cost'].sum() / later)} each. Through category keywords one such person costs {yuan(price)}.",
    )


@informational.mistake(
    "NEGATIVE_TOO_BROAD", repair="Which terms of the category campaign hold that word, and did they sell?"
)
def _(sem_search_terms, orders, refunds):
    """You blocked a word where you meant a question. It also stands in terms like "怎么选", how to choose, typed by people who are
    about to buy."""
    terms = category_terms(sem_search_terms)
    hit = terms[terms["search_term"].str.contains("怎么")]
    return wrong(
        "c",
        shows={
            "category terms with that word": count(len(hit)),
            "their orders in two months": count(hit["orders"].sum()),
        },
        cost=f"These orders are worth {yuan(hit['orders'].sum() * order_worth(orders, refunds))}; their clicks cost "
        f"{yuan(hit['cost'].sum())}.",
    )


@informational.mistake("LOWEST_RATE", repair="What does a cheap click lead to, and how often?")
def _(sem_keyword_daily):
    """You bought what is cheap. A low price per click says nothing about what comes after the click."""
    year = baidu_year(sem_keyword_daily).groupby("campaign")[["clicks", "cost", "orders"]].sum()
    cpc = year["cost"] / year["clicks"]
    rate = year["orders"] / year["clicks"]
    return wrong(
        "d",
        shows={
            "cost per click, informational": yuan(cpc["informational"]),
            "clicks for one order by last click": count(1 / rate["informational"]),
        },
    )


informational.hints(
    "When does somebody who asks how to wash a bottle buy diapers?",
    "Compare the two shares of the table: who searches the brand later?",
    "The campaign is worth something, at a price, and not by last click.",
)


# ---------------------------------------------------------------- bids


def best_bid(curve, worth_of_a_click):
    """The bid with the largest profit, by a curve of clicks and cost."""
    return (curve["clicks"] * worth_of_a_click - curve["cost"]).idxmax()


@per_world
def keyword_curve(sem_keyword_daily):
    """(orders per click, curve of a week) of the keyword on Baidu, 2025."""
    year = baidu_year(sem_keyword_daily).loc[KEYWORD]
    return year["orders"] / year["clicks"], bid_curve(
        year["clicks"] / 52, year["cost"] / year["clicks"], BIDS
    )


def weekly_profit(curve, worth_of_a_click, bid):
    """Yuan a week at a bid."""
    return curve["clicks"][bid] * worth_of_a_click - curve["cost"][bid]


@exercise(
    "J04.5",
    title="Highest price of a click, and the bid",
    kind="table",
    unit={"max_cpc": "CNY", "bid": "times"},
    minutes=(5, 9),
    practises=["R061", "R065"],
    section="What a click may cost",
    selfcheck={
        "grain": "one row of the curve is one bid; its clicks and cost are those of a week",
        "numerator and denominator": "orders per click of the keyword, times what an order is worth",
        "window": "the keyword's 2025 on Baidu",
        "filter": f"keyword {KEYWORD}",
    },
)
def bid_for_keyword(sem_keyword_daily, orders, refunds):
    """The highest price is the worth of a click; the bid stops where the next click costs more than that."""
    cvr, curve = keyword_curve(sem_keyword_daily)
    most = order_worth(orders, refunds) * cvr
    return {"max_cpc": most, "bid": best_bid(curve, most)}


def year_lost(curve, most, bid):
    """Yuan a year that a bid leaves on the table beside the best one."""
    return 52 * (weekly_profit(curve, most, best_bid(curve, most)) - weekly_profit(curve, most, bid))


@bid_for_keyword.mistake(
    "MARGIN_IGNORED", repair="How much of an order's amount is left when goods and shipping are paid?"
)
def _(sem_keyword_daily, orders, refunds):
    """You let the click cost what the order brings. Goods, shipping and refunds are paid from the same yuan."""
    cvr, curve = keyword_curve(sem_keyword_daily)
    amount, margin = order_margin(orders, refunds)
    bid = best_bid(curve, amount * cvr)
    return wrong(
        {"max_cpc": amount * cvr, "bid": bid},
        shows={"an order brings": yuan(amount), "an order leaves": yuan(margin)},
        cost=f"That bid earns {yuan(year_lost(curve, order_worth(orders, refunds) * cvr, bid))} less a year on this one keyword.",
    )


@bid_for_keyword.mistake(
    "AVG_VS_MARGINAL", repair="What does the last step up cost, divided by the clicks that it adds?"
)
def _(sem_keyword_daily, orders, refunds):
    """You raised the bid as long as the average click paid. A higher bid also makes the clicks dearer that you had before, so
    the last ones added cost more than they bring."""
    cvr, curve = keyword_curve(sem_keyword_daily)
    most = order_worth(orders, refunds) * cvr
    bid = curve.index[curve["cpc"] <= most].max()
    step = curve.diff().loc[bid]
    return wrong(
        {"max_cpc": most, "bid": bid},
        shows={
            "average price of a click at your bid": yuan(curve["cpc"][bid]),
            "price of a click that the last step added": yuan(step["cost"] / step["clicks"]),
        },
        cost=f"Beside the best bid it gives away {yuan(year_lost(curve, most, bid))} a year.",
    )


@bid_for_keyword.slip("numerator and denominator")
def _(sem_keyword_daily, orders, refunds):
    """You counted the first order's margin only, not the year that finance counts."""
    cvr, curve = keyword_curve(sem_keyword_daily)
    most = order_margin(orders, refunds)[1] * cvr
    return {"max_cpc": most, "bid": best_bid(curve, most)}


@bid_for_keyword.slip("filter")
def _(sem_keyword_daily, orders, refunds):
    """Your bid is that of 待产包: the names curve and profit still hold its week."""
    packing = baidu_year(sem_keyword_daily).loc[BEFORE]
    curve = bid_curve(packing["clicks"] / 52, packing["cost"] / packing["clicks"], BIDS)
    worth = order_worth(orders, refunds) * packing["orders"] / packing["clicks"]
    right = bid_for_keyword.compute(sem_keyword_daily, orders, refunds)
    return right | {"bid": best_bid(curve, worth)}


bid_for_keyword.hints(
    "What does one click leave, if so many of a hundred become an order?",
    "max_cpc is order_worth times the keyword's orders per click. The bid is the one with the largest profit of the week.",
    'profit = curve["clicks"] * max_cpc - curve["cost"]; then profit.idxmax().',
)


# ---------------------------------------------------------------- a CPA taken apart


def campaign_parts(rows):
    """Share of clicks, cost per click and orders per click by campaign."""
    sums = rows.groupby("campaign")[["clicks", "cost", "orders"]].sum()
    return {
        "mix": sums["clicks"] / sums["clicks"].sum(),
        "cpc": sums["cost"] / sums["clicks"],
        "cvr": sums["orders"] / sums["clicks"],
    }


def cost_per_order(parts):
    return (parts["mix"] * parts["cpc"]).sum() / (parts["mix"] * parts["cvr"]).sum()


@per_world
def autumn(sem_keyword_daily):
    """(September, November): the parts of each month."""
    return tuple(campaign_parts(within(sem_keyword_daily, window)) for window in (SEPTEMBER, NOVEMBER))


@exercise(
    "J04.6",
    title="November's CPA taken apart",
    kind="table",
    unit="CNY",
    minutes=(6, 10),
    practises=["R022", "R069"],
    section="Why an order became dearer",
    selfcheck={
        "grain": "one row is a campaign, with its share of the clicks, its cost per click and its orders per click",
        "numerator and denominator": "share times cost per click, summed, over share times orders per click, summed",
        "window": "September and November 2025, whole months",
        "filter": "all engines and campaigns; each step keeps what was changed before",
    },
)
def cpa_parts(sem_keyword_daily):
    """Three steps, each on top of the one before, add up to the whole difference."""
    found = decompose_cpa(within(sem_keyword_daily, SEPTEMBER), within(sem_keyword_daily, NOVEMBER))
    return found[["mix", "cpc", "cvr"]].to_dict()


@cpa_parts.also("average of all orders")
def _(sem_keyword_daily):
    old, new = autumn(sem_keyword_daily)
    found = dict.fromkeys(["mix", "cpc", "cvr"], 0.0)
    for order in permutations(found):
        now = dict(old)
        for step in order:
            before = cost_per_order(now)
            now[step] = new[step]
            found[step] += (cost_per_order(now) - before) / 6
    return found


@cpa_parts.mistake(
    "SINGLE_CAUSE", repair="What did the shares of the four campaigns do between the two months?"
)
def _(sem_keyword_daily):
    """You saw that a click became dearer and gave it all the blame. The account's click is also dearer because fewer of the
    clicks were cheap brand clicks, and those convert best."""
    old, new = autumn(sem_keyword_daily)
    rise = cost_per_order(new) - cost_per_order(old)
    bought = within(sem_keyword_daily, NOVEMBER)["orders"].sum()
    return wrong(
        {"mix": 0.0, "cpc": rise, "cvr": 0.0},
        shows={
            "brand's share of clicks, September": percent(old["mix"]["brand"], 0),
            "November": percent(new["mix"]["brand"], 0),
        },
        cost=f"Lower bids would be asked to bring back {yuan(rise * bought)} of November's bill, what the smaller share of brand "
        "clicks had caused included.",
    )


@cpa_parts.mistake("MIX_UNADJUSTED", repair="Did any campaign's conversion rate move as the account's did?")
def _(sem_keyword_daily):
    """You took the account's cost per click and conversion rate. Both moved with the mix, so its effect hides in the two others."""
    old, new = autumn(sem_keyword_daily)
    cpc = [(part["mix"] * part["cpc"]).sum() for part in (old, new)]
    cvr = [(part["mix"] * part["cvr"]).sum() for part in (old, new)]
    price = cpc[1] / cvr[0] - cpc[0] / cvr[0]
    bought = within(sem_keyword_daily, NOVEMBER)["orders"].sum()
    rest = cost_per_order(new) - cost_per_order(old) - price
    return wrong(
        {"mix": 0.0, "cpc": price, "cvr": rest},
        shows={
            "orders per click, account, change": percent(cvr[1] / cvr[0] - 1),
            "the same within category": percent(new["cvr"]["category"] / old["cvr"]["category"] - 1),
        },
        cost=f"The shop's pages would be blamed for {yuan(rest * bought)} of November's bill, and rebuilt for it.",
    )


@cpa_parts.mistake("DECOMP_RESIDUAL", repair="What do your three effects add up to, and what did the CPA do?")
def _(sem_keyword_daily):
    """You changed one thing at a time, each from September. What two changes do together is then in none of the three, and the
    parts do not add up."""
    old, new = autumn(sem_keyword_daily)
    start = cost_per_order(old)
    alone = {name: cost_per_order(old | {name: new[name]}) - start for name in ("mix", "cpc", "cvr")}
    bought = within(sem_keyword_daily, NOVEMBER)["orders"].sum()
    rest = cost_per_order(new) - start - sum(alone.values())
    return wrong(
        alone,
        shows={
            "sum of your three": yuan(sum(alone.values())),
            "rise of the CPA": yuan(cost_per_order(new) - start),
        },
        cost=f"Of November's bill {yuan(abs(rest) * bought)} stay without a cause.",
    )


@cpa_parts.slip("filter")
def _(sem_keyword_daily):
    """You gave the price all that the mix leaves. The rates moved as well, and have a part of their own."""
    old, new = autumn(sem_keyword_daily)
    mix = cpa_parts.compute(sem_keyword_daily)["mix"]
    return {"mix": mix, "cpc": cost_per_order(new) - cost_per_order(old) - mix, "cvr": 0.0}


@cpa_parts.slip("filter")
def _(sem_keyword_daily):
    """You took the step of the price from September's shares, and the rest as that of the rates."""
    old, new = autumn(sem_keyword_daily)
    start, mix = cost_per_order(old), cpa_parts.compute(sem_keyword_daily)["mix"]
    price = cost_per_order(old | {"cpc": new["cpc"]}) - start
    return {"mix": mix, "cpc": price, "cvr": cost_per_order(new) - start - mix - price}


@cpa_parts.slip("filter")
def _(sem_keyword_daily):
    """You measured each state from September, so a later effect holds all the earlier ones."""
    old, new = autumn(sem_keyword_daily)
    start, mix = cost_per_order(old), cpa_parts.compute(sem_keyword_daily)["mix"]
    both = cost_per_order(old | {"mix": new["mix"], "cpc": new["cpc"]}) - start
    return {"mix": mix, "cpc": both, "cvr": cost_per_order(new) - start}


cpa_parts.hints(
    "Which three things make the account's CPA?",
    "Change the shares first, then the prices on top of it, then the conversion rates on top of both.",
    'mix: cpa(new["share"], old["cpc"], old["cvr"]) less cpa(old["share"], old["cpc"], old["cvr"]); the next step starts there.',
)


# ---------------------------------------------------------------- the alert


@per_world
def days_2024(budget, calendar):
    """Media of search by day of 2024: planned, spent, and the kind of day."""
    rows = budget[(budget["channel"] == "SEM") & (budget["item"] == "media")]
    days = rows[rows["date"].between("2024-01-01", "2024-12-31")].groupby("date")[["planned", "spent"]].sum()
    return days.join(calendar.set_index("date")["day_type"])


def named(index):
    return [f"{day:%Y-%m-%d}" for day in index]


@exercise(
    "J04.7",
    title="The days on which the alert should have rung",
    kind="set",
    minutes=(4, 8),
    practises=["R040"],
    section="An alert that rings once",
    selfcheck={
        "grain": "one row is a day: media of search, planned and spent",
        "numerator and denominator": "spent over planned of the same day",
        "window": "all days of 2024",
        "filter": "more than 1.5 times the plan",
    },
)
def alert_days(budget, calendar):
    """Measured against its own day's plan, only a fault stands out."""
    days = days_2024(budget, calendar)
    return named(days.index[days["spent"] > 1.5 * days["planned"]])


def fault(budget, calendar):
    """Yuan spent beyond plan on the worst day of 2024."""
    days = days_2024(budget, calendar)
    return (days["spent"] - days["planned"])[(days["spent"] / days["planned"]).idxmax()]


@alert_days.mistake("ALERT_NO_BASELINE", repair="What was planned for the days on which your alert rings?")
def _(budget, calendar):
    """You held all days to one amount. Days with a large plan ring though they keep to it; a day with a small plan can spend
    several times as much and stay below the line."""
    days = days_2024(budget, calendar)
    naive = days[days["spent"] > days["spent"].mean() + 2 * days["spent"].std()]
    return wrong(
        named(naive.index),
        shows={
            "days on which it rings": count(len(naive)),
            "of these, within a third of their plan": count((naive["spent"] < 1.33 * naive["planned"]).sum()),
        },
        cost=f"It sleeps through {yuan(fault(budget, calendar))} beyond plan on one day. Had somebody paused the ads on its days, "
        f"{yuan(naive['planned'].sum())} of planned promotion money would not have been spent.",
    )


@alert_days.mistake(
    "PACING_LINEAR", repair="Is a yuan planned for 11 November the same as one for an ordinary Tuesday?"
)
def _(budget, calendar):
    """You held each day to the mean of the year, as if the money were spread evenly. A plan with promotions in it is no straight
    line."""
    days = days_2024(budget, calendar)
    naive = days[days["spent"] > 1.5 * days["planned"].mean()]
    false = naive[naive["spent"] < 1.5 * naive["planned"]]
    return wrong(
        named(naive.index),
        shows={
            "days on which it rings": count(len(naive)),
            "of these, promotion days": count((naive["day_type"] == "promo").sum()),
        },
        cost=f"{count(len(false))} of its alarms are false, on days with {yuan(false['planned'].sum())} of plan. After the third one "
        "nobody reads them.",
    )


@alert_days.slip("window")
def _(budget, calendar):
    """You looked at days above plan, however little."""
    days = days_2024(budget, calendar)
    return named(days.index[days["spent"] > days["planned"]])


alert_days.hints(
    "Which number says what a day should have spent?",
    "Divide what each day spent by its own plan.",
    'days.index[days["spent"] / days["planned"] > 1.5]',
)


# ---------------------------------------------------------------- the brand's keywords


@per_world
def own_days(orders):
    """Paid orders of the own shop by day."""
    paid = orders[(orders["store"] == "own") & (orders["status"] == "paid")]
    return paid.groupby(paid["ordered_at"].dt.normalize()).size()


def neighbours(first, last):
    """The fortnights before and after a pause."""
    first, last = pd.Timestamp(first), pd.Timestamp(last)
    days = pd.Timedelta(days=14)
    return [(first - days, last - days), (first + days, last + days)]


@per_world
def pause(orders):
    """(own-shop orders in the pauses, mean of the fortnights beside them)."""
    days = own_days(orders)
    off = sum(days[first:last].sum() for first, last in PAUSES)
    beside = sum(days[a:b].sum() for first, last in PAUSES for a, b in neighbours(first, last)) / 2
    return off, beside


@per_world
def brand_beside(sem_keyword_daily):
    """(orders, cost) that the brand campaign reports in the fortnights beside the pauses, mean of before and after."""
    brand = sem_keyword_daily[sem_keyword_daily["campaign"] == "brand"]
    rows = pd.concat([within(brand, window) for first, last in PAUSES for window in neighbours(first, last)])
    return rows["orders"].sum() / 2, rows["cost"].sum() / 2


@prediction(
    "J04.b",
    title="Change of the own shop's orders while the brand keywords were off, as a fraction",
    unit="fraction",
    practises=["R063"],
    bounds=(-1, 1),
    section="A keyword that returns too much",
)
def guess_pause(orders):
    """The people had typed the brand's name already; without the ad they took the next line of the page."""
    off, beside = pause(orders)
    return off / beside - 1


@guess_pause.mistake(
    "BRAND_CANNIBAL", repair="Where does somebody click who typed the brand's name and sees no ad?"
)
def _(orders, sem_keyword_daily):
    """You guessed that orders were lost with these keywords. The keywords report them; that does not make them theirs."""
    return -brand_beside(sem_keyword_daily)[0] / pause(orders)[1]


@exercise(
    "J04.8",
    title="The bid of the brand keywords",
    kind="choice",
    minutes=(3, 6),
    practises=["R063", "R061"],
    section="A keyword that returns too much",
    options={
        "a": "raise it: no other campaign returns as much for a yuan",
        "b": "leave it, and cut the other campaigns until all of them return as much",
        "c": "lower it step by step, and watch the own shop's orders, not the campaign's",
    },
)
def brand_bid():
    """The pause is the experiment: what did not fall when the ads were off was not caused by them."""
    return "c"


@brand_bid.mistake(
    "BRAND_CANNIBAL", repair="How many orders of the own shop were missing while the ads were off?"
)
def _(orders, sem_keyword_daily):
    """You read a reported return as an effect. Who types the brand's name is on the way to the shop; the ad is the door that
    stands nearest."""
    off, beside = pause(orders)
    reported, _ = brand_beside(sem_keyword_daily)
    brand = baidu_year(sem_keyword_daily).query("campaign == 'brand'")
    return wrong(
        "a",
        shows={
            "orders that the keywords report in four weeks": count(reported),
            "own shop, four weeks without them": count(off),
            "own shop, four weeks with them": count(beside),
        },
        cost=f"On Baidu the brand keywords cost {yuan(brand['cost'].sum())} in 2025; a quarter more on their bids adds about "
        f"{yuan(0.25 * brand['cost'].sum())} a year for orders that come anyway.",
    )


@brand_bid.mistake(
    "AVG_VS_MARGINAL", repair="What would the category campaigns' buyers have done without the ad?"
)
def _(sem_keyword_daily):
    """You compared averages of two kinds of people. The other campaigns reach strangers, who cost more, and most of
    whom would not have come."""
    year = baidu_year(sem_keyword_daily).groupby("campaign")[["cost", "orders", "revenue"]].sum()
    roas = year["revenue"] / year["cost"]
    return wrong(
        "b",
        shows={"ROAS of brand": times(roas["brand"]), "ROAS of category": times(roas["category"])},
        cost=f"The category campaign's {count(year['orders']['category'])} orders of 2025 would be given up for a number; they "
        f"reported {yuan(year['revenue']['category'])}.",
    )


brand_bid.hints(
    "Who types the name of a brand?",
    "Compare the shop's orders with and without the ads, not the campaign's.",
    "If hardly anything is missing in the pause, hardly anything is bought by a higher bid.",
)


# ---------------------------------------------------------------- a place for each keyword


@exercise(
    "J04.11",
    title="Four keywords, four campaigns",
    kind="table",
    unit="text",
    minutes=(2, 4),
    practises=["R060", "R065"],
    section="A place for each keyword",
    selfcheck={
        "grain": "one row is a keyword",
        "filter": "what the searcher has in mind, not which product is named",
    },
)
def places(sem_keyword_daily):
    """A campaign holds people with one thing in mind, so that one bid and one budget fit all of them."""
    found = sem_keyword_daily.drop_duplicates("keyword").set_index("keyword")["campaign"]
    return found[DIAPERS].to_dict()


@places.mistake(
    "AGG_HIDES",
    repair="What does one bid do to keywords of which one converts fifty times as often as another?",
)
def _(sem_keyword_daily, orders, refunds):
    """You sorted by product. All four name diapers; what the four searchers want could hardly differ more, and one average rate
    hides it."""
    year = baidu_year(sem_keyword_daily)
    ask, name = year.loc["纸尿裤 怎么换"], year.loc["禾屿纸尿裤"]
    four, worth = year.loc[DIAPERS].sum(numeric_only=True), order_worth(orders, refunds)
    return wrong(
        dict.fromkeys(DIAPERS, "category"),
        shows={
            "orders per 1,000 clicks, 纸尿裤 怎么换": count(1000 * ask["orders"] / ask["clicks"]),
            "orders per 1,000 clicks, 禾屿纸尿裤": count(1000 * name["orders"] / name["clicks"]),
        },
        cost=f"A bid made from the common rate of the four would value the year's clicks on 纸尿裤 怎么换 at "
        f"{yuan(ask['clicks'] * four['orders'] / four['clicks'] * worth)}; their own orders were worth {yuan(ask['orders'] * worth)}.",
    )


@places.mistake("DEF_MISMATCH", repair="Whose brand did the searcher type?")
def _(sem_keyword_daily):
    """You put a rival's name beside our own. Who types it looks for somebody else; only the campaign of our own name is called
    brand."""
    return wrong(
        places.compute(sem_keyword_daily) | {"青橙宝贝纸尿裤": "brand"},
        shows={
            "orders per 1,000 clicks, 青橙宝贝纸尿裤": count(
                1000 * _rate(sem_keyword_daily, "青橙宝贝纸尿裤")
            ),
            "orders per 1,000 clicks, 禾屿纸尿裤": count(1000 * _rate(sem_keyword_daily, "禾屿纸尿裤")),
        },
    )


def _rate(sem_keyword_daily, keyword):
    row = baidu_year(sem_keyword_daily).loc[keyword]
    return row["orders"] / row["clicks"]


places.hints(
    "Which of the four have already chosen a shop?",
    "Own name, another's name, a question, a purchase: one campaign each.",
    "禾屿 is Heyu, 青橙宝贝 a rival, 怎么换 means how to change, 囤货 to stock up.",
)


# ---------------------------------------------------------------- mixed case, memo


@per_world
def platforms(sem_keyword_daily, overseas_ads_daily):
    """Sums of May 2025 by platform, as the rows of the three exports hold them, in the currency of each."""
    rows = within(sem_keyword_daily, MAY)
    found = rows.groupby("engine")[["clicks", "cost", "orders"]].sum().loc[["Baidu", "360"]].astype(float)
    google = within(overseas_ads_daily, MAY).query(
        "platform == 'Google Ads' and campaign != 'SG | Search | Maternity'"
    )
    sums = google[["clicks", "interactions", "cost_usd", "conversions"]].sum()
    found.loc["Google"] = [sums["clicks"], sums["cost_usd"], sums["conversions"]]
    return found.assign(interactions=[0, 0, sums["interactions"]])


def platform_row(sums, dollar=YUAN_PER_DOLLAR):
    """Cost, cost per click and cost per conversion in yuan."""
    cost = sums["cost"] * pd.Series({"Baidu": 1.0, "360": 1.0, "Google": dollar})
    return pd.DataFrame({"cost": cost, "cpc": cost / sums["clicks"], "cpa": cost / sums["orders"]}).loc[
        ["Baidu", "360", "Google"]
    ]


@exercise(
    "J04.9",
    title="Three platforms in one table",
    kind="table",
    unit="CNY",
    minutes=(6, 12),
    points=2,
    practises=["R066", "R068"],
    section="Mixed case: three platforms, one table",
    selfcheck={
        "grain": "rows of a day and keyword on Baidu and 360, of a month and campaign on Google",
        "numerator and denominator": "cost over clicks, cost over conversions, all summed first",
        "window": "May 2025",
        "filter": "the campaigns that the files list; dollars made yuan",
    },
)
def three_platforms(sem_keyword_daily, overseas_ads_daily):
    """One currency, one meaning of a click, sums before rates: only then may three bills stand in one table."""
    return platform_row(platforms(sem_keyword_daily, overseas_ads_daily))


@three_platforms.mistake("UNIT_MIX", repair="In which currency does each file state its cost?")
def _(sem_keyword_daily, overseas_ads_daily):
    """You set dollars beside yuan. A number without its currency looks seven times cheaper than it is."""
    sums = platforms(sem_keyword_daily, overseas_ads_daily)
    cost = sums["cost"]["Google"]
    return wrong(
        platform_row(sums, dollar=1.0),
        shows={"currency of the Google file": "USD", "currency of the two others": "CNY"},
        cost=f"{yuan((YUAN_PER_DOLLAR - 1) * cost)} of Google's bill would be missing from the table.",
    )


@three_platforms.mistake(
    "DEF_MISMATCH", repair="What does Google count as an interaction that is no click on an ad?"
)
def _(sem_keyword_daily, overseas_ads_daily):
    """You divided Google's cost by its interactions. Views of a video and swipes are among them; the two others count clicks."""
    sums = platforms(sem_keyword_daily, overseas_ads_daily)
    right = platform_row(sums)
    right.loc["Google", "cpc"] = YUAN_PER_DOLLAR * sums["cost"]["Google"] / sums["interactions"]["Google"]
    gap = sums["interactions"]["Google"] - sums["clicks"]["Google"]
    return wrong(
        right,
        shows={
            "interactions": count(sums["interactions"]["Google"]),
            "clicks": count(sums["clicks"]["Google"]),
        },
        cost=f"{count(gap)} views would count as visits; at Google's price per click that is "
        f"{yuan(gap * YUAN_PER_DOLLAR * sums['cost']['Google'] / sums['clicks']['Google'])} of visits that never came.",
    )


@three_platforms.mistake(
    "AVG_OF_RATIOS", repair="How many clicks has the smallest row of each file, how many the largest?"
)
def _(sem_keyword_daily, overseas_ads_daily):
    """You averaged the column of prices. Each row got one vote, whether one click stood behind it or a thousand."""
    right = platform_row(platforms(sem_keyword_daily, overseas_ads_daily))
    rows = within(sem_keyword_daily, MAY)
    rows = rows[rows["clicks"] > 0]
    mean = (rows["cost"] / rows["clicks"]).groupby(rows["engine"]).mean()
    google = within(overseas_ads_daily, MAY).query(
        "platform == 'Google Ads' and campaign != 'SG | Search | Maternity'"
    )
    parts = google.groupby("campaign")[["cost_usd", "clicks"]].sum()
    right["cpc"] = [
        mean["Baidu"],
        mean["360"],
        YUAN_PER_DOLLAR * (parts["cost_usd"] / parts["clicks"]).mean(),
    ]
    return wrong(
        right,
        shows={
            "fewest clicks of a Google campaign": count(parts["clicks"].min()),
            "most clicks of one": count(parts["clicks"].max()),
        },
    )


three_platforms.hints(
    "In which unit does each file count money, and what does it call a click?",
    "Sum cost, clicks and conversions of each file; multiply Google's cost by the exchange rate; divide last.",
    'For each file: cost = frame["cost"].sum() * rate; cpc = cost / frame["clicks"].sum(); cpa = cost / frame["conversions"].sum().',
)


@exercise(
    "J04.10",
    title="Memo: what the dearest keyword loses",
    kind="memo",
    unit="CNY",
    minutes=(5, 8),
    points=2,
    practises=["R064", "R022"],
    section="The memo",
    selfcheck={
        "line 1": "the loss in yuan, with the keyword and the year",
        "line 2": "the evidence: what a click costs and what it may cost",
        "line 3": "the ask: who should do what, by when",
    },
)
def keyword_memo(sem_keyword_daily, orders, refunds):
    """A loss that can be checked, a figure beside it, and one decision asked for."""
    year = baidu_year(sem_keyword_daily).loc[DEAREST]
    return year["cost"] - year["orders"] * order_worth(orders, refunds)


@keyword_memo.mistake(
    "MARGIN_IGNORED",
    repair="What is left of the keyword's revenue when goods, shipping and refunds are paid?",
)
def _(sem_keyword_daily, orders, refunds):
    """Your first line sets the cost against what the orders bring. That money pays for goods and parcels
    first, and some of it goes back."""
    year = baidu_year(sem_keyword_daily).loc[DEAREST]
    amount, margin = order_margin(orders, refunds)
    return wrong(
        year["cost"] - year["orders"] * amount,
        shows={"an order brings": yuan(amount), "an order leaves": yuan(margin)},
        cost=f"A loss that looks small changes no bid, and the keyword would go on costing {yuan(year['cost'])} a year.",
    )


@keyword_memo.mistake(
    "FIRST_ORDER_ONLY", repair="What do people who come through a category keyword do in the year after?"
)
def _(sem_keyword_daily, orders, refunds):
    """You counted the first order alone. Finance counts the first year, as most who come this way are new and order again."""
    year = baidu_year(sem_keyword_daily).loc[DEAREST]
    _, margin = order_margin(orders, refunds)
    return wrong(
        year["cost"] - year["orders"] * margin,
        shows={
            "orders by last click": count(year["orders"]),
            "orders that finance counts for them": count(FOLLOW_UP * year["orders"]),
        },
        cost=f"By this count a click may cost no more than {yuan(margin * year['orders'] / year['clicks'])}. The keyword would be "
        "switched off where a lower bid may do.",
    )


@keyword_memo.mistake("NO_ACTION", repair="Who should set which bid, by when?")
def _():
    """Your third line asks for nothing. A keyword that loses money goes on losing it until somebody changes a bid."""
    return None


keyword_memo.hints(
    "Three lines: number, evidence, ask.",
    "Line 1: cost less orders times what an order is worth, in yuan. Line 2: cost per click beside the highest price.",
    "Line 3 begins with a verb: lower, pause, test; and says by when.",
)
