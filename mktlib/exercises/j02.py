"""J02 What it costs and what it returns: from CPM to break-even. Lesson: lessons/1_junior/J02_cost_and_return.md."""

import pandas as pd

from mktlib.course import exercise, per_world, prediction, unless_near, wrong
from mktlib.course.text import count, percent, yuan

GOOD, POOR = "HY-618-A", "HY-618-B"
JUNE = ("2025-06-01", "2025-07-01")  # each window: first day, day after the last
QUARTER = ("2025-04-01", "2025-07-01")
MATURE = ("2025-01-01", "2025-12-01")  # orders of 2025 whose refunds are all in
AUTUMN = ("2025-10-01", "2025-12-01")
LATE = ("2025-12-22", "2025-12-29")  # the last complete week of the data
JUDGED = ("2025-12-08", "2025-12-15")  # the last week that is older than the 15 days of refunds
ENDING = ("2025-12-29", "2026-01-01")
DATA_END = pd.Timestamp(ENDING[1])
DAYS_365 = pd.Timedelta(days=365)
PLAN_MARGIN = 0.42  # finance's planning figure, given in the lesson


def within(rows, column, window):
    """Rows whose day lies in a window (first day, day after the last)."""
    return rows[(rows[column] >= window[0]) & (rows[column] < window[1])]


@per_world
def campaign_days(feed_ads_daily):
    """The good campaign in June 2025: impressions, clicks and cost, one row a day."""
    rows = within(feed_ads_daily, "date", JUNE)
    return rows[rows["campaign"] == GOOD].groupby("date")[["impressions", "clicks", "cost"]].sum()


def paid_orders(orders, refunds):
    """Paid orders of all years with what was refunded, what stayed (net), and whether it is the person's first."""
    paid = orders[orders["status"] == "paid"].sort_values("ordered_at", kind="stable")
    refunded = paid["order_id"].map(refunds.groupby("order_id")["amount"].sum()).fillna(0.0)
    first = ~paid.duplicated("customer_id")
    return paid.assign(refunded=refunded, net=paid["amount"] - refunded, is_first=first)


def with_goods(paid, order_items, products):
    """Adds goods (cost of what was sent) and goods_kept (without what came back and is sold again)."""
    lines = order_items[order_items["order_id"].isin(paid["order_id"])]
    cost = lines["quantity"] * lines["sku"].map(products.set_index("sku")["unit_cost"])
    goods = paid["order_id"].map(cost.groupby(lines["order_id"]).sum())
    return paid.assign(goods=goods, goods_kept=goods * (1 - paid["refunded"] / paid["amount"]))


def earns(amount):
    """'leaves CNY 1,000' or 'loses CNY 1,000', to the thousand: the size of a decision, not its last digit."""
    return f"{'leaves' if amount >= 0 else 'loses'} {yuan(abs(round(amount, -3)))}"


# ---------------------------------------------------------------- two questions from before


@exercise(
    "J02.r1",
    title="The CTR of two days together",
    kind="choice",
    practises=["R177"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "2.5%, the mean of 4% and 1%",
        "b": "5%, the two days' rates added up",
        "c": "1.3%, all clicks over all impressions",
    },
)
def two_days():
    """130 clicks, 10,000 impressions. The second day holds most of the impressions, so the rate lies near its own."""
    return "c"


@two_days.mistake("AVG_OF_RATIOS", repair="How many impressions stand behind each of the two rates?")
def _():
    """You gave both days the same vote. The second one holds nine tenths of the impressions."""
    return wrong("a", shows={"impressions of day 1": count(1000), "impressions of day 2": count(9000)})


@two_days.mistake("ADD_RATES", repair="Four days with 30% each: would that make 120%?")
def _():
    """You added two rates. Clicks may be added and impressions may be added; their quotients may not."""
    return wrong("b", shows={"clicks added": count(40 + 90), "impressions added": count(1000 + 9000)})


two_days.hints(
    "What is counted, and per what?",
    "Add up the clicks, add up the impressions.",
    "130 clicks over 10,000 impressions.",
)


@exercise(
    "J02.r2",
    title="Points or percent",
    kind="choice",
    practises=["R179"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "it rose by half a point, which is a quarter of what it was",
        "b": "it rose by half a percent of what it was",
        "c": "it rose by half a point, which is a fifth of what it was",
    },
)
def half_a_point():
    """2.5% minus 2.0% is half a percentage point; half of 2 is a quarter of where it started."""
    return "a"


@half_a_point.mistake("PCT_VS_PP", repair="What is half a percent of 2.0%?")
def _():
    """You took points for percent. Half a percent of the old rate is a change that nobody would see."""
    return wrong("b", shows={"half a point more than 2.0%": "2.5%", "half a percent more than 2.0%": "2.01%"})


@half_a_point.mistake("WRONG_DENOM", repair="Compared with which of the two rates?")
def _():
    """You measured the change against where it ended. It is told against where it started."""
    return wrong("c", shows={"start": "2.0%", "end": "2.5%"})


half_a_point.hints(
    "Points are a difference; percent need a base.",
    "The base is the rate before.",
    "0.5 points over 2.0.",
)


# ---------------------------------------------------------------- the price of attention


@exercise(
    "J02.1",
    title="CPM of the June campaign",
    kind="number",
    unit="CNY",
    minutes=(3, 6),
    practises=["R177", "R176"],
    bounds=(0, None),
    section="The price of attention",
    selfcheck={
        "grain": "one row of feed_ads_daily is one creative, shown to one audience, on one day",
        "numerator and denominator": "cost per thousand impressions, both summed over the month",
        "window": "1 to 30 June 2025",
        "filter": f"campaign {GOOD} only",
    },
)
def june_cpm(feed_ads_daily):
    """Cost of the month over impressions of the month, times a thousand."""
    days = campaign_days(feed_ads_daily)
    return days["cost"].sum() / days["impressions"].sum() * 1000


@june_cpm.mistake(
    "UNITS_CPM", repair="The M stands for mille. How many impressions does one unit of the price buy?"
)
def _(feed_ads_daily):
    """You left out the thousand. A single impression costs a few hundredths of a yuan; the trade quotes a thousand."""
    days = campaign_days(feed_ads_daily)
    one = days["cost"].sum() / days["impressions"].sum()
    return wrong(
        one,
        shows={"impressions that your price buys": "1", "impressions that a CPM buys": "1,000"},
        cost=f"Typed into a plan as a CPM it gives a month like this one a thousandth of its budget of {yuan(days['cost'].sum())}.",
    )


@june_cpm.mistake("AVG_OF_RATIOS", repair="On which days were the impressions bought, and at which price?")
def _(feed_ads_daily):
    """You averaged thirty daily prices. On the promotion days attention is dear, and most of it was bought then."""
    days = campaign_days(feed_ads_daily)
    naive = (days["cost"] / days["impressions"]).mean() * 1000
    top = days["cost"].nlargest(3)
    gap = days["cost"].sum() - naive / 1000 * days["impressions"].sum()
    return wrong(
        naive,
        shows={
            "share of the three dearest days in the days": percent(3 / len(days), 0),
            "their share in the bill": percent(top.sum() / days["cost"].sum(), 0),
        },
        cost=f"A budget for the same impressions at that price is {yuan(round(gap, -2))} short of the bill.",
    )


@june_cpm.slip("filter")
def _(feed_ads_daily):
    """You took all campaigns of June."""
    rows = within(feed_ads_daily, "date", JUNE)
    return rows["cost"].sum() / rows["impressions"].sum() * 1000


june_cpm.hints(
    "Per what is a CPM quoted?",
    "Cost of the month over impressions of the month, then per thousand.",
    'rows["cost"].sum() / rows["impressions"].sum() * 1000',
)


# ---------------------------------------------------------------- what a customer costs


def quarter_cost(budget):
    """Budget rows of Q2 2025."""
    return within(budget, "date", QUARTER)


@per_world
def quarter_orders(orders):
    """Paid orders of Q2 2025; is_first looks at all years."""
    paid = orders[orders["status"] == "paid"].sort_values("ordered_at", kind="stable")
    return within(paid.assign(is_first=~paid.duplicated("customer_id")), "ordered_at", QUARTER)


@prediction(
    "J02.a",
    title="What a new customer cost the brand in Q2 2025, in yuan",
    unit="CNY",
    practises=["R178"],
    bounds=(0, None),
    section="What a customer costs",
)
def guess_cac(budget, orders):
    """Only a part of the orders comes from new customers, and all acquisition cost was spent to win them."""
    return quarter_cost(budget)["spent"].sum() / quarter_orders(orders)["is_first"].sum()


@guess_cac.mistake("CAC_ALL_ORDERS", repair="Which share of a quarter's orders do new customers place?")
def _(budget, orders):
    """You guessed nearer to the cost per order. Most orders come from customers who have ordered before."""
    return quarter_cost(budget)["spent"].sum() / len(quarter_orders(orders))


@exercise(
    "J02.2",
    title="CAC of the brand in Q2 2025",
    kind="number",
    unit="CNY",
    minutes=(4, 8),
    practises=["R178"],
    bounds=(0, None),
    section="What a customer costs",
    selfcheck={
        "grain": "one row of budget is one day, channel and kind of cost; one row of orders is one order",
        "numerator and denominator": "all acquisition cost that was spent, per new customer",
        "window": "1 April to 30 June 2025 for both; whether an order is the first is looked up in all years",
        "filter": "paid orders; all channels and all kinds of cost",
    },
)
def q2_cac(budget, orders):
    """Everything that was spent to win customers, over the people whose first paid order fell into the quarter."""
    return guess_cac.compute(budget, orders)


@q2_cac.mistake(
    "CAC_ALL_ORDERS", repair="Which of these orders were placed by someone who had ordered before?"
)
def _(budget, orders):
    """You divided by all orders. That is the cost of an order; those who came back had been won before."""
    spent, rows = quarter_cost(budget)["spent"].sum(), quarter_orders(orders)
    naive, new = spent / len(rows), rows["is_first"].sum()
    return wrong(
        naive,
        shows={
            "paid orders of the quarter": count(len(rows)),
            "of them by people who had ordered before": percent(1 - new / len(rows), 0),
        },
        cost=f"A plan for as many new customers again, at that price, asks for {yuan(naive * new)}: a small part of what "
        "they did cost.",
    )


@q2_cac.mistake(
    "CAC_MEDIA_ONLY", repair="Would these customers have come without agency, creators and coupon?"
)
def _(budget, orders):
    """You counted the media bill alone. Agencies, creators and the coupon for the first order also won these customers."""
    rows, new = quarter_cost(budget), quarter_orders(orders)["is_first"].sum()
    by_item = rows.groupby("item")["spent"].sum()
    return wrong(
        by_item["media"] / new,
        shows={f"{item} in the quarter": yuan(spent) for item, spent in by_item.items()},
        cost=f"{yuan(by_item.sum() - by_item['media'])} of the quarter's cost stand in no plan made with that figure.",
    )


@q2_cac.mistake(
    "FILTER_BEFORE_MIN", repair="A mother ordered in 2024 and again in May 2025: is she new in May?"
)
def _(budget, orders):
    """You looked for first orders inside the quarter only. There, everybody's first order of the quarter looks like
    the first of a lifetime."""
    spent, rows = quarter_cost(budget)["spent"].sum(), quarter_orders(orders)
    buyers, new = rows["customer_id"].nunique(), rows["is_first"].sum()
    return wrong(
        spent / buyers,
        shows={
            "people who ordered in the quarter": count(buyers),
            "of them with an order before it": percent(1 - new / buyers, 0),
        },
        cost="Customers of old would be counted as won once more. At that figure they seem to have cost "
        f"{yuan(round((buyers - new) * spent / buyers, -4))} in this quarter; nobody had to win them.",
    )


@q2_cac.slip("window")
def _(budget, orders):
    """You computed the first quarter, the one that the lesson works through."""
    window = ("2025-01-01", "2025-04-01")
    paid = orders[orders["status"] == "paid"].sort_values("ordered_at", kind="stable")
    new = within(paid.assign(is_first=~paid.duplicated("customer_id")), "ordered_at", window)[
        "is_first"
    ].sum()
    return within(budget, "date", window)["spent"].sum() / new


@q2_cac.slip("window")
def _(budget, orders):
    """You looked for first orders in 2025 only. A customer of 2024 who ordered again looks new there."""
    paid = orders[(orders["status"] == "paid") & (orders["ordered_at"] >= "2025-01-01")]
    paid = paid.sort_values("ordered_at", kind="stable")
    new = within(paid.assign(is_first=~paid.duplicated("customer_id")), "ordered_at", QUARTER)["is_first"]
    return quarter_cost(budget)["spent"].sum() / new.sum()


q2_cac.hints(
    "Who is a new customer, and which kinds of cost went into winning one?",
    "All that was spent in the quarter, over people whose first paid order of all years fell into the quarter.",
    'Mark first orders before you filter the quarter: paid["is_first"] = ~paid.duplicated("customer_id").',
)


# ---------------------------------------------------------------- an action is not a customer

MAIL = "e-mail/SMS"


def mail(budget, orders):
    """(media cost, all cost, paid orders, new customers) of the channel in the quarter."""
    cost, rows = quarter_cost(budget), quarter_orders(orders)
    cost, rows = cost[cost["channel"] == MAIL], rows[rows["channel"] == MAIL]
    media = cost.loc[cost["item"] == "media", "spent"].sum()
    return media, cost["spent"].sum(), len(rows), rows["is_first"].sum()


@exercise(
    "J02.3",
    title="CPA and CAC of one channel",
    kind="table",
    unit="CNY",
    minutes=(4, 8),
    practises=["R179", "R178", "R089"],
    section="An action is not a customer",
    selfcheck={
        "numerator and denominator": "CPA: media cost per paid order. CAC: all cost per new customer",
        "window": "1 April to 30 June 2025; whether an order is a person's first is looked up in all orders",
        "filter": f"channel {MAIL}, in budget as in orders",
    },
)
def cpa_and_cac(budget, orders):
    """One channel, one quarter: media cost per order, and all cost per person who ordered for the first time."""
    media, spent, actions, new = mail(budget, orders)
    return {"CPA": media / actions, "CAC": spent / new}


@cpa_and_cac.mistake("CPA_VS_CAC", repair="How many of these orders came from somebody new?")
def _(budget, orders):
    """Your CAC is what an order costs in media. An order is an action; only some actions win a customer."""
    media, _, actions, new = mail(budget, orders)
    cpa = media / actions
    return wrong(
        {"CPA": cpa, "CAC": cpa},
        shows={"paid orders by e-mail and SMS": count(actions), "of them first orders": count(new)},
        cost=f"With the quarter's creator fees moved to mail Lin expects {count(creators(budget) / cpa)} new customers. "
        f"The whole channel won {count(new)} in the quarter.",
    )


def creators(budget):
    """Creator fees of the quarter, all channels."""
    rows = quarter_cost(budget)
    return rows.loc[rows["item"] == "creator fee", "spent"].sum()


@cpa_and_cac.mistake(
    "CAC_ALL_ORDERS", repair="Whom does a mail reach: strangers, or people who bought before?"
)
def _(budget, orders):
    """You divided all cost by all orders. A mail goes to people whose address the shop has; most of them bought before."""
    media, spent, actions, new = mail(budget, orders)
    return wrong(
        {"CPA": media / actions, "CAC": spent / actions},
        shows={"paid orders by e-mail and SMS": count(actions), "of them first orders": count(new)},
        cost=f"{yuan(creators(budget))} of creator fees, moved to mail, seem to buy "
        f"{count(creators(budget) / (spent / actions))} customers. The whole channel won {count(new)} in the quarter.",
    )


@cpa_and_cac.mistake("CAC_MEDIA_ONLY", repair="Who paid the coupon on the first order?")
def _(budget, orders):
    """You left the coupons out of the second line. They are part of what a first order costs the brand."""
    media, spent, actions, new = mail(budget, orders)
    return wrong(
        {"CPA": media / actions, "CAC": media / new},
        shows={"media": yuan(media), "new-customer coupons": yuan(spent - media)},
    )


@cpa_and_cac.slip("filter")
def _(budget, orders):
    """You took all channels."""
    cost, rows = quarter_cost(budget), quarter_orders(orders)
    media = cost.loc[cost["item"] == "media", "spent"].sum()
    return {"CPA": media / len(rows), "CAC": cost["spent"].sum() / rows["is_first"].sum()}


@cpa_and_cac.slip("window")
def _(budget, orders):
    """You looked for first orders within the channel. Who had ordered before by another way is not new."""
    media, spent, actions, _ = mail(budget, orders)
    paid = orders[(orders["status"] == "paid") & (orders["channel"] == MAIL)]
    paid = paid.sort_values("ordered_at", kind="stable")
    new = within(paid.assign(is_first=~paid.duplicated("customer_id")), "ordered_at", QUARTER)["is_first"]
    return {"CPA": media / actions, "CAC": spent / new.sum()}


cpa_and_cac.hints(
    "Two questions: what does an order cost, what does a new customer cost?",
    "CPA: media over paid orders. CAC: all items over first orders. Same channel, same quarter.",
    'Filter both tables by channel; then rows["is_first"].sum() stands below the second line.',
)


# ---------------------------------------------------------------- a return is not a profit


@per_world
def campaign_b(orders, refunds, feed_ads_daily):
    """(reported revenue, net revenue, cost) of the Kuaishou campaign in June 2025."""
    ads = within(feed_ads_daily, "date", JUNE)
    ads = ads[ads["campaign"] == POOR]
    rows = within(orders[(orders["campaign"] == POOR) & (orders["status"] == "paid")], "ordered_at", JUNE)
    back = refunds.loc[refunds["order_id"].isin(rows["order_id"]), "amount"].sum()
    return ads["revenue"].sum(), rows["amount"].sum() - back, ads["cost"].sum()


@exercise(
    "J02.4",
    title="ROI of campaign HY-618-B",
    kind="number",
    unit="fraction",
    tolerance=0.01,
    minutes=(4, 8),
    practises=["R187", "R188"],
    bounds=(-1, None),
    section="A return is not a profit",
    selfcheck={
        "numerator and denominator": "net revenue x margin - cost, per yuan of cost",
        "window": "June 2025",
        "filter": f"paid orders of campaign {POOR}, less their refunds",
    },
)
def roi_b(orders, refunds, feed_ads_daily):
    """What the orders left after goods and shipping, minus the ads, per yuan of ads."""
    _, net, cost = campaign_b(orders, refunds, feed_ads_daily)
    return (net * PLAN_MARGIN - cost) / cost


@roi_b.also("投产比")
def _(orders, refunds, feed_ads_daily):
    _, net, cost = campaign_b(orders, refunds, feed_ads_daily)
    return net / cost


@roi_b.mistake("ROAS_AS_ROI", repair="Can your figure ever be negative? Can a campaign ever lose money?")
def _(orders, refunds, feed_ads_daily):
    """You divided revenue by cost. That is the ROAS, which much practice writing calls 投产比 or ROI; it cannot show a loss.
    If you mean it, name it: check("J02.4", roi_b, convention="投产比")."""
    _, net, cost = campaign_b(orders, refunds, feed_ads_daily)
    return wrong(
        net / cost,
        shows={
            "net revenue": yuan(net),
            "of it for goods and shipping": percent(1 - PLAN_MARGIN, 0),
        },
        cost=f"Read as a profit, it doubles the budget: {yuan(cost)} more, which {earns(net * PLAN_MARGIN - cost)} in the month.",
    )


@roi_b.mistake("MARGIN_IGNORED", repair="Who pays for the diapers in the parcel?")
def _(orders, refunds, feed_ads_daily):
    """You took all revenue for profit. Goods and shipping were paid from it before a yuan was left for the ads."""
    _, net, cost = campaign_b(orders, refunds, feed_ads_daily)
    return wrong(
        (net - cost) / cost,
        shows={"net revenue": yuan(net), "of it for goods and shipping": yuan(net * (1 - PLAN_MARGIN))},
        cost=f"Lin would keep a campaign that seems to earn {yuan(round(net - cost, -3))} and "
        f"{earns(net * PLAN_MARGIN - cost)}.",
    )


@roi_b.mistake("GMV_AS_REVENUE", repair="Which of the orders in the platform's report were paid and kept?")
def _(orders, refunds, feed_ads_daily):
    """You used the platform's revenue. It counts orders when they are placed, paid or not, kept or sent back."""
    reported, net, cost = campaign_b(orders, refunds, feed_ads_daily)
    return wrong(
        (reported * PLAN_MARGIN - cost) / cost,
        shows={"revenue in the platform's report": yuan(reported), "revenue that stayed": yuan(net)},
        cost=f"{yuan(round(reported - net, -2))} of the report never reached the bank.",
    )


@roi_b.slip("numerator and denominator")
def _(orders, refunds, feed_ads_daily):
    """You divided the revenue in the report by the cost, as Vendor A does. That is a ROAS, and of revenue that has not all
    stayed."""
    reported, _, cost = campaign_b(orders, refunds, feed_ads_daily)
    return reported / cost


roi_b.hints(
    "What is left of a yuan of net revenue before the ads are paid?",
    "Contribution is net revenue times margin; profit is contribution minus cost; ROI is profit per yuan of cost.",
    "(net_b * plan_margin - cost_b) / cost_b",
)


# ---------------------------------------------------------------- how much must come back


@per_world
def mature_sums(orders, refunds, order_items, products):
    """Sums over paid orders of January to November 2025: net, goods, goods_kept, shipping_cost."""
    rows = with_goods(within(paid_orders(orders, refunds), "ordered_at", MATURE), order_items, products)
    return rows[["net", "goods", "goods_kept", "shipping_cost"]].sum()


@prediction(
    "J02.b",
    title="The ROAS at which an ad neither earns nor loses",
    unit="times",
    practises=["R188"],
    bounds=(0, None),
    section="How much must come back",
)
def guess_break_even(orders, refunds, order_items, products):
    """A yuan of revenue leaves the margin. So one over the margin must come back for each yuan of ads."""
    return break_even.compute(orders, refunds, order_items, products)


@guess_break_even.mistake("MARGIN_IGNORED", repair="Which costs does an order have before any ad is paid?")
def _():
    """Your guess is nearer to one than to the line. At a ROAS of one the ads are covered, and goods and shipping are not."""
    return 1.0


@exercise(
    "J02.5",
    title="Break-even ROAS of the brand",
    kind="number",
    unit="times",
    tolerance=0.0025,
    minutes=(5, 8),
    practises=["R188", "R187"],
    bounds=(1, None),
    section="How much must come back",
    selfcheck={
        "numerator and denominator": "net revenue per yuan of contribution; contribution is net - goods_kept - shipping_cost",
        "window": "orders of January to November 2025",
        "filter": "paid orders of all stores",
    },
)
def break_even(orders, refunds, order_items, products):
    """One over the contribution margin: net revenue over what it leaves after goods and shipping."""
    sums = mature_sums(orders, refunds, order_items, products)
    return sums["net"] / (sums["net"] - sums["goods_kept"] - sums["shipping_cost"])


@break_even.also("returned goods written off")
def _(orders, refunds, order_items, products):
    sums = mature_sums(orders, refunds, order_items, products)
    return sums["net"] / (sums["net"] - sums["goods"] - sums["shipping_cost"])


@break_even.mistake("MARGIN_IGNORED", repair="At that ROAS, from which yuan do you pay the goods?")
def _(orders, refunds, order_items, products, feed_ads_daily):
    """You set the line where revenue covers the ads. Goods and shipping are not paid there yet."""
    sums = mature_sums(orders, refunds, order_items, products)
    rows = within(paid_orders(orders, refunds), "ordered_at", MATURE)
    lost = between_the_lines(rows, feed_ads_daily, sums)
    return wrong(
        1.0,
        shows={"net revenue": yuan(sums["net"]), "cost of goods in it": yuan(sums["goods_kept"])},
        cost=f"By that line every feed campaign of the year that returned more than it cost would be kept; the losers among "
        f"them cost {yuan(lost)} more than their orders left.",
    )


def between_the_lines(rows, feed_ads_daily, sums):
    """What feed campaigns with a net ROAS between 1 and break-even lost, January to November 2025, in yuan."""
    cost = within(feed_ads_daily, "date", MATURE).groupby("campaign")["cost"].sum()
    net = rows.groupby("campaign")["net"].sum().reindex(cost.index).fillna(0)
    profit = net * (sums["net"] - sums["goods_kept"] - sums["shipping_cost"]) / sums["net"] - cost
    return -profit[(net > cost) & (profit < 0)].sum()


@break_even.mistake(
    "WRONG_DENOM", repair="Which part of a yuan is left for the ads: the margin, or the rest?"
)
def _(orders, refunds, order_items, products):
    """You divided by one minus the margin, the part that goods and shipping take. The ads are paid from the other part."""
    sums = mature_sums(orders, refunds, order_items, products)
    taken = (sums["goods_kept"] + sums["shipping_cost"]) / sums["net"]
    ads = 100_000
    return wrong(
        1 / taken,
        shows={
            "contribution wanted for 100 yuan of ads": yuan(100),
            "contribution at your line": yuan(100 / taken * (1 - taken)),
        },
        cost=f"A campaign that is kept at your line {earns(ads / taken * (1 - taken) - ads)} on {yuan(ads)} of ads.",
    )


@break_even.mistake("COST_PARTIAL", repair="Who carries the parcel, and who pays for that?")
def _(orders, refunds, order_items, products):
    """You took off the goods and left the parcels out. Every order is packed and shipped, also the ones that come back."""
    sums = mature_sums(orders, refunds, order_items, products)
    return wrong(
        sums["net"] / (sums["net"] - sums["goods_kept"]),
        shows={"cost of goods": yuan(sums["goods_kept"]), "shipping": yuan(sums["shipping_cost"])},
        cost=f"Shipping took {yuan(sums['shipping_cost'])} in these months; campaigns kept at your line do not pay for it.",
    )


@break_even.slip("numerator and denominator")
def _(orders, refunds, order_items, products):
    """You took one over finance's planning margin. The question asks what the orders themselves left."""
    value, right = 1 / PLAN_MARGIN, break_even.compute(orders, refunds, order_items, products)
    return unless_near(value, right, within=0.005)


@break_even.slip("numerator and denominator")
def _(orders, refunds, order_items, products):
    """You paid for all goods that were sent, also for those that came back and were sold again."""
    sums = mature_sums(orders, refunds, order_items, products)
    return sums["net"] / (sums["net"] - sums["goods"] - sums["shipping_cost"])


break_even.hints(
    "Which costs does an order have before any ad?",
    "Contribution = net revenue - goods kept - shipping. Margin = contribution over net revenue.",
    'mature["net"].sum() over the contribution: that is one over the margin.',
)


# ---------------------------------------------------------------- which revenue


@per_world
def live_quarter(orders, refunds, budget):
    """Sums of the live rooms in Q2 2025: gmv, paid, net, only_refunded (what an inner join leaves), cost."""
    placed = within(orders[orders["store"] == "live"], "ordered_at", QUARTER)
    rows = paid_orders(placed, refunds)
    cost = quarter_cost(budget)
    cost = cost[(cost["channel"] == "live") & (cost["item"] != "new-customer coupons")]
    return {
        "gmv": placed["amount"].sum(),
        "paid": rows["amount"].sum(),
        "net": rows["net"].sum(),
        "only_refunded": rows.loc[rows["refunded"] > 0, "net"].sum(),
        "cost": cost["spent"].sum(),
    }


@prediction(
    "J02.c",
    title="Net revenue of the live rooms as a share of their GMV",
    unit="fraction",
    practises=["R186"],
    bounds=(0, 1),
    section="Which revenue",
)
def guess_net_share(orders, refunds, budget):
    """In a live room people buy fast and send back much; some orders are not paid at all."""
    sums = live_quarter(orders, refunds, budget)
    return sums["net"] / sums["gmv"]


@guess_net_share.mistake("GMV_AS_REVENUE", repair="What happens to a parcel after the live show?")
def _():
    """You expected far more to stay than did. GMV counts an order when it is placed, before anybody pays or sends back."""
    return 1.0


@guess_net_share.mistake("AGG_HIDES", repair="Do people buy in a live room as they do in the own shop?")
def _(orders, refunds):
    """You guessed near what the other stores keep. An average over all stores hides the live rooms."""
    others = within(orders[orders["store"] != "live"], "ordered_at", QUARTER)
    return paid_orders(others, refunds)["net"].sum() / others["amount"].sum()


@exercise(
    "J02.6",
    title="Revenue and ROAS of the live rooms",
    kind="table",
    unit={"gmv": "CNY", "net revenue": "CNY", "roas": "times"},
    minutes=(4, 8),
    practises=["R186", "R188", "R012"],
    section="Which revenue",
    selfcheck={
        "grain": "one row of orders is one order, paid or not; an order without a refund has no row in refunds",
        "numerator and denominator": "ROAS: net revenue per yuan of media and creator fees",
        "window": "orders of April to June 2025, with all refunds of these orders",
        "filter": "store live, paid orders except for GMV; channel live in budget",
    },
)
def live_revenue(orders, refunds, budget):
    """Placed, then paid, then kept: the ROAS counts the yuan that stayed."""
    sums = live_quarter(orders, refunds, budget)
    return {"GMV": sums["gmv"], "net revenue": sums["net"], "ROAS": sums["net"] / sums["cost"]}


def wrong_revenue(orders, refunds, budget, which, shows, cost):
    """The answer with another revenue in its two lower lines."""
    sums = live_quarter(orders, refunds, budget)
    value = {"GMV": sums["gmv"], "net revenue": sums[which], "ROAS": sums[which] / sums["cost"]}
    return wrong(value, shows=shows(sums), cost=cost(sums))


@per_world
def live_margin(orders, refunds, order_items, products):
    """Contribution margin of the live rooms' orders in Q2 2025."""
    rows = within(paid_orders(orders[orders["store"] == "live"], refunds), "ordered_at", QUARTER)
    sums = with_goods(rows, order_items, products)[["net", "goods_kept", "shipping_cost"]].sum()
    return 1 - (sums["goods_kept"] + sums["shipping_cost"]) / sums["net"]


@live_revenue.mistake(
    "GMV_AS_REVENUE", repair="Which of these orders were paid, and which stayed with the customer?"
)
def _(orders, refunds, budget, order_items, products):
    """You took GMV for revenue. It counts each order at the moment it is placed, unpaid and returned ones with the rest."""
    margin = live_margin(orders, refunds, order_items, products)
    return wrong_revenue(
        orders,
        refunds,
        budget,
        "gmv",
        shows=lambda s: {"GMV": yuan(s["gmv"]), "paid": yuan(s["paid"])},
        cost=lambda s: (
            f"By GMV the live rooms seem to leave {yuan(round(s['gmv'] * margin - s['cost'], -3))} after their ads "
            f"and get more of them. The quarter {earns(s['net'] * margin - s['cost'])}."
        ),
    )


@live_revenue.mistake(
    "TOTAL_VS_NET", repair="Where do refunds stand in the data, and up to when do they arrive?"
)
def _(orders, refunds, budget, order_items, products):
    """You stopped at paid orders. In the live rooms a large part of the paid money goes back within two weeks."""
    margin = live_margin(orders, refunds, order_items, products)
    return wrong_revenue(
        orders,
        refunds,
        budget,
        "paid",
        shows=lambda s: {"GMV": yuan(s["gmv"]), "paid": yuan(s["paid"])},
        cost=lambda s: (
            f"By paid orders the quarter seems to leave {yuan(round(s['paid'] * margin - s['cost'], -3))} after the "
            f"ads. It {earns(s['net'] * margin - s['cost'])}."
        ),
    )


@live_revenue.mistake("LEFT_TO_INNER", repair="What becomes of an order without a refund in your join?")
def _(orders, refunds, budget):
    """You joined orders with refunds and lost every order that has none. An order without a refund is the best kind."""
    placed = within(orders[orders["store"] == "live"], "ordered_at", QUARTER)
    rows = paid_orders(placed, refunds)
    return wrong_revenue(
        orders,
        refunds,
        budget,
        "only_refunded",
        shows=lambda s: {
            "paid orders": count(len(rows)),
            "of them with a refund": count((rows["refunded"] > 0).sum()),
        },
        cost=lambda s: (
            f"The report would lose {yuan(round(s['net'] - s['only_refunded'], -3))} of revenue that is in the bank."
        ),
    )


@live_revenue.slip("filter")
def _(orders, refunds, budget):
    """You took refunds off GMV. Orders that were never paid have no refund, and bring no money either."""
    sums = live_quarter(orders, refunds, budget)
    kept = sums["gmv"] - (sums["paid"] - sums["net"])
    return {"GMV": sums["gmv"], "net revenue": kept, "ROAS": kept / sums["cost"]}


live_revenue.hints(
    "Which orders are in GMV and bring no money?",
    "Paid orders minus their refunds; an order without a refund keeps all of its amount.",
    'Filter paid, then subtract refunds: the column net of the lesson. Below the line: media and creator fee of "live".',
)


# ---------------------------------------------------------------- young weeks


def live_paid(orders, refunds, window):
    """Paid orders of the live rooms in a window, with refunded and net as recorded."""
    return within(paid_orders(orders[orders["store"] == "live"], refunds), "ordered_at", window)


def refund_share(rows):
    """Refunded over paid."""
    return rows["refunded"].sum() / rows["amount"].sum()


@exercise(
    "J02.7",
    title="What will be left of the last complete week",
    kind="number",
    unit="CNY",
    minutes=(5, 8),
    practises=["R186"],
    bounds=(0, None),
    section="Young weeks look best",
    selfcheck={
        "numerator and denominator": "paid amount of the week, less the share that comes back once all refunds are in",
        "window": "orders of 22 to 28 December 2025; the share from orders of October and November 2025",
        "filter": "paid orders of store live, for both",
    },
)
def net_when_mature(orders, refunds):
    """What was paid, less the share that comes back from live orders that have had their fifteen days."""
    paid = live_paid(orders, refunds, LATE)["amount"].sum()
    return paid * (1 - refund_share(live_paid(orders, refunds, AUTUMN)))


@net_when_mature.also("recorded plus still to come")
def _(orders, refunds):
    week, autumn = live_paid(orders, refunds, LATE), live_paid(orders, refunds, AUTUMN)
    back = refunds.merge(autumn[["order_id", "ordered_at"]], on="order_id")
    wait = back["refunded_at"] - back["ordered_at"]
    later = [back.loc[wait > age, "amount"].sum() for age in DATA_END - week["ordered_at"]]
    return week["net"].sum() - (week["amount"] * later).sum() / autumn["amount"].sum()


@net_when_mature.mistake(
    "LAG_IMMATURE", repair="How old are the orders of that week, and how old is the oldest refund?"
)
def _(orders, refunds):
    """You took the week as it stands in the file. Its orders are a few days old; most of their refunds are still to come."""
    week, month = live_paid(orders, refunds, LATE), live_paid(orders, refunds, ("2025-12-01", "2026-01-01"))
    promised = (refund_share(live_paid(orders, refunds, AUTUMN)) - refund_share(week)) * month["amount"].sum()
    return wrong(
        week["net"].sum(),
        shows={
            "days since the oldest order of that week": "10",
            "days until the last refund of an order": "15",
            "share of the paid amount refunded so far": percent(refund_share(week), 0),
        },
        cost=f"A bonus on that week, held for all of a month like December, pays for {yuan(round(promised, -3))} of revenue "
        "that goes back to the buyers.",
    )


@net_when_mature.mistake("WRONG_DENOM", repair="The share of October and November is a share of what?")
def _(orders, refunds):
    """You took the share off what is still there. It is a share of what was paid, and some of it has gone back already."""
    week = live_paid(orders, refunds, LATE)
    share = refund_share(live_paid(orders, refunds, AUTUMN))
    twice = week["refunded"].sum() * (1 - share) / (week["amount"].sum() * share)
    return wrong(
        week["net"].sum() * (1 - share),
        shows={
            "paid in that week": yuan(week["amount"].sum()),
            "there at the end of the file": yuan(week["net"].sum()),
        },
        cost=f"You take off {percent(twice, 0)} more than comes back by that share, and a week that is like the others would "
        "be called a bad one.",
    )


@net_when_mature.slip("filter")
def _(orders, refunds):
    """You took the share that comes back over all stores. In the live rooms far more comes back."""
    week = live_paid(orders, refunds, LATE)
    everywhere = refund_share(within(paid_orders(orders, refunds), "ordered_at", AUTUMN))
    return unless_near(week["amount"].sum() * (1 - everywhere), week["net"].sum(), within=0.02)


net_when_mature.hints(
    "How much of what was paid in October and November has come back?",
    "Refunded over paid for live orders of October and November; that share of the young week will come back too.",
    'week["amount"].sum() * (1 - autumn["refunded"].sum() / autumn["amount"].sum())',
)


# ---------------------------------------------------------------- the next yuan


@per_world
def by_channel(orders, refunds, order_items, products, budget):
    """One row per channel: cac in 2025 Q2; first and year: contribution of a customer of 2024 with the first order and in
    365 days, in yuan. Coupons stand in cac, so they are put back into contribution."""
    paid = paid_orders(orders, refunds)
    firsts = paid[paid["is_first"]]
    won = within(firsts, "ordered_at", ("2024-01-01", "2025-01-01")).set_index("customer_id")
    theirs = paid[paid["customer_id"].isin(won.index)]
    year = theirs[theirs["ordered_at"] < theirs["customer_id"].map(won["ordered_at"]) + DAYS_365]
    year = with_goods(year, order_items, products)
    left = year["net"] - year["goods_kept"] - year["shipping_cost"] + year["new_customer_coupon"]
    won_by, people = year["customer_id"].map(won["channel"]), won["channel"].value_counts()
    new = within(firsts, "ordered_at", QUARTER)["channel"].value_counts()
    return {
        "cac": quarter_cost(budget).groupby("channel")["spent"].sum() / new,
        "first": left.where(year["is_first"]).groupby(won_by).sum() / people,
        "year": left.groupby(won_by).sum() / people,
    }


NOTES = "Xiaohongshu"


@exercise(
    "J02.8",
    title="A dear channel: cut it?",
    kind="choice",
    minutes=(3, 6),
    practises=["R089", "R178"],
    section="The next yuan",
    options={
        "a": "cut it: the first order of its customers leaves less than it costs to win them",
        "b": "cut it: a new customer costs far more there than the brand pays on average",
        "c": "shrink it and raise live: a new customer costs far less there",
        "d": "keep it: within a year its customers leave more than even the next one costs",
    },
)
def cut_or_keep(truth, orders, refunds, order_items, products, budget):
    """The next customer costs a certain sum and leaves a larger one within a year. What the average costs decides nothing."""
    value = by_channel(orders, refunds, order_items, products, budget)["year"][NOTES]
    return "d" if value > truth["acquisition"]["xiaohongshu"]["marginal_cac_2025"] else "b"


@cut_or_keep.mistake(
    "FIRST_ORDER_ONLY", repair="When do these customers order for the second time, and the third?"
)
def _(orders, refunds, order_items, products, budget):
    """You judged customers by their first order. Hardly any channel wins a customer for less than one order leaves."""
    table = by_channel(orders, refunds, order_items, products, budget)
    dearer = (table["cac"] > table["first"]).sum()
    return wrong(
        "a",
        shows={
            "channels with a cost in the quarter": count(table["cac"].notna().sum()),
            "whose first order does not pay for the customer": count(dearer),
        },
        cost=lost_by_cutting(orders, refunds, order_items, products, budget),
    )


def lost_by_cutting(orders, refunds, order_items, products, budget):
    """What a year without the channel's customers of one quarter costs, after its spend is saved."""
    table = by_channel(orders, refunds, order_items, products, budget)
    new = quarter_orders(orders)
    people = (new["is_first"] & (new["channel"] == NOTES)).sum()
    saved, lost = table["cac"][NOTES] * people, table["year"][NOTES] * people
    return (
        f"The quarter's {count(people)} new customers from {NOTES} cost {yuan(round(saved, -3))} and leave about "
        f"{yuan(round(lost, -3))} within a year. Cutting the channel gives up the difference, {yuan(round(lost - saved, -3))}."
    )


@cut_or_keep.mistake(
    "AVG_VS_MARGINAL", repair="What does the next customer cost, and what does this one bring?"
)
def _(orders, refunds, order_items, products, budget):
    """You compared with the average. It holds the customers who came without any ad, and says nothing about the next yuan."""
    rows = quarter_orders(orders)
    free = rows["is_first"] & rows["channel"].isin(["direct", "marketplace"])
    return wrong(
        "b",
        shows={
            "new customers of the quarter": count(rows["is_first"].sum()),
            "of them through channels without a budget": count(free.sum()),
        },
        cost=lost_by_cutting(orders, refunds, order_items, products, budget),
    )


@cut_or_keep.mistake("LOWEST_RATE", repair="What does a customer from a live room leave within a year?")
def _(orders, refunds, order_items, products, budget):
    """You went where a customer is cheaper. A customer of the live rooms sends much back and leaves little."""
    table = by_channel(orders, refunds, order_items, products, budget)
    budget_moved = 100_000
    return wrong(
        "c",
        shows={
            "a live customer costs": yuan(table["cac"]["live"], 0),
            "and leaves within a year": yuan(table["year"]["live"], 0),
        },
        cost=f"{yuan(budget_moved)} moved to the live rooms "
        f"{earns(budget_moved * (table['year']['live'] / table['cac']['live'] - 1))} within a year at their average; "
        f"in {NOTES} the same sum {earns(budget_moved * (table['year'][NOTES] / table['cac'][NOTES] - 1))}.",
    )


cut_or_keep.hints(
    "Which two numbers belong to the next customer: one cost, one return?",
    "Compare what the next customer costs with what a customer leaves within a year.",
    "Look at the last two lines before the question: is the second larger than the first?",
)


# ---------------------------------------------------------------- mixed case, memo


def search_week(sem_keyword_daily, orders, refunds, window):
    """The category campaign in a week: its Monday, CPC, and break-even CPC at the planning margin."""
    ads = within(sem_keyword_daily[sem_keyword_daily["campaign"] == "category"], "date", window)
    rows = paid_orders(within(orders[orders["campaign"] == "category"], "ordered_at", window), refunds)
    clicks = ads["clicks"].sum()
    return {
        "week": window[0],
        "cpc": ads["cost"].sum() / clicks,
        "break-even cpc": rows["net"].sum() * PLAN_MARGIN / clicks,
    }


@exercise(
    "J02.9",
    title="May Qiao raise the bids?",
    kind="table",
    unit={"week": "date", "cpc": "CNY", "break-even cpc": "CNY"},
    tolerance=0.01,
    minutes=(6, 10),
    points=2,
    practises=["R176", "R186", "R188"],
    section="Mixed case: may Qiao raise the bids?",
    selfcheck={
        "grain": "one row of sem_keyword_daily is one keyword on one engine on one day",
        "numerator and denominator": "cost per click; contribution of the week's orders per click",
        "window": "a whole week, Monday to Sunday, whose orders are all at least fifteen days old",
        "filter": "campaign category, in ads as in orders; paid orders less refunds",
    },
)
def raise_bids(sem_keyword_daily, orders, refunds):
    """The last week that is whole and mature: what a click cost, and what it left."""
    return search_week(sem_keyword_daily, orders, refunds, JUDGED)


@raise_bids.mistake("LAG_IMMATURE", repair="Up to which order day are all refunds in the file?")
def _(sem_keyword_daily, orders, refunds):
    """You took the last whole week. It is whole, and too young: refunds of its orders arrive until the middle of January."""
    return wrong(
        search_week(sem_keyword_daily, orders, refunds, LATE),
        shows={"days since the last order of that week": "3", "days until the last refund of an order": "15"},
    )


@raise_bids.mistake("INCOMPLETE_PERIOD", repair="On which weekday do the data end?")
def _(sem_keyword_daily, orders, refunds):
    """You took the week in which the data end. It has three days, and hardly a refund."""
    rows = within(orders[orders["campaign"] == "category"], "ordered_at", ENDING)
    whole = within(orders[orders["campaign"] == "category"], "ordered_at", JUDGED)
    return wrong(
        search_week(sem_keyword_daily, orders, refunds, ENDING),
        shows={
            "orders in those three days": count(len(rows)),
            "orders in a whole week of December": count(len(whole)),
        },
    )


@raise_bids.mistake("MARGIN_IGNORED", repair="Which part of an order's revenue may a click cost?")
def _(sem_keyword_daily, orders, refunds):
    """You let a click cost as much as the revenue it brings. Goods and shipping are paid from that revenue first."""
    week = search_week(sem_keyword_daily, orders, refunds, JUDGED)
    ads = within(sem_keyword_daily[sem_keyword_daily["campaign"] == "category"], "date", JUDGED)
    raised = ads["cost"].sum() * 1.2
    return wrong(
        week | {"break-even cpc": week["break-even cpc"] / PLAN_MARGIN},
        shows={"of 100 yuan net revenue, goods and shipping take": yuan(100 * (1 - PLAN_MARGIN))},
        cost=f"Qiao would raise the bids by a fifth. With the same clicks the week "
        f"{earns(week['break-even cpc'] * ads['clicks'].sum() - raised)} instead of what it "
        f"{earns(week['break-even cpc'] * ads['clicks'].sum() - ads['cost'].sum())} now.",
    )


@raise_bids.slip("numerator and denominator")
def _(sem_keyword_daily, orders, refunds):
    """You averaged the price of each row. A keyword with one cheap click got the same vote as one with many."""
    ads = within(sem_keyword_daily[sem_keyword_daily["campaign"] == "category"], "date", JUDGED)
    ads = ads[ads["clicks"] > 0]
    return search_week(sem_keyword_daily, orders, refunds, JUDGED) | {
        "cpc": (ads["cost"] / ads["clicks"]).mean()
    }


@raise_bids.slip("window")
def _(sem_keyword_daily, orders, refunds):
    """You took the week from 15 to 21 December. Refunds of its later orders are still on their way when the file ends."""
    return search_week(sem_keyword_daily, orders, refunds, ("2025-12-15", "2025-12-22"))


@raise_bids.slip("window")
def _(sem_keyword_daily, orders, refunds):
    """You took the first week of December. It is whole and old enough, and a later one is so as well."""
    return search_week(sem_keyword_daily, orders, refunds, ("2025-12-01", "2025-12-08"))


raise_bids.hints(
    "Which weeks are whole, and which of them are old enough?",
    "Refunds arrive for fifteen days, and the file ends on 31 December: the week must end by the 16th.",
    "cpc: cost over clicks. break-even cpc: net revenue of the week's orders x plan_margin, over the same clicks.",
)


@exercise(
    "J02.10",
    title="Memo: double campaign HY-618-B?",
    kind="memo",
    unit="times",
    minutes=(5, 8),
    points=2,
    practises=["R188", "R187", "R089"],
    section="The memo",
    selfcheck={
        "line 1": "the ROAS on net revenue, with campaign and month",
        "line 2": "the evidence: the ROAS at which it would break even, or a sister campaign's",
        "line 3": "the ask: who should do what, by when",
    },
)
def budget_memo(orders, refunds, feed_ads_daily):
    """Line 1 holds, line 2 brings a figure, line 3 asks for something. Read once more: is the figure the line that the
    return has to reach, and does the ask follow from the two?"""
    _, net, cost = campaign_b(orders, refunds, feed_ads_daily)
    return net / cost


@budget_memo.mistake("GMV_AS_REVENUE", repair="Does line 1 count orders placed, or money that stayed?")
def _(orders, refunds, feed_ads_daily):
    """Your first line carries the platform's figure. It holds orders that were never paid or came back."""
    reported, net, cost = campaign_b(orders, refunds, feed_ads_daily)
    return wrong(
        reported / cost,
        shows={"revenue in the report": yuan(reported), "revenue that stayed": yuan(net)},
        cost=f"{yuan(round(reported - net, -2))} of the return in your memo is not there; the campaign "
        f"{earns(net * PLAN_MARGIN - cost)} in the month, and would be doubled.",
    )


@budget_memo.mistake("NO_ACTION", repair="Should the budget be doubled, held or moved, by whom and when?")
def _():
    """Your third line asks for nothing. Director Shen decides on Friday; a report without a decision is filed."""
    return None


budget_memo.hints(
    "Three lines: number, evidence, ask.",
    "Line 2 needs a number of its own, such as the break-even ROAS or the ROAS of HY-618-A.",
    "Line 3 begins with a verb: hold, move, pause, approve; and says by when.",
)
