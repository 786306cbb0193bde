"""M05 Channels together: claims, windows, rules, removal effects. Lesson: lessons/2_mid/M05_channels_together.md."""

import pandas as pd

from mktlib.attribution import credit, markov
from mktlib.course import exercise, per_world, prediction, wrong
from mktlib.course.text import count, percent, times, yuan

START, END = "2025-03-01", "2025-07-01"
GRAIN = "one row of touchpoints is one touch; a journey has several, and an order ends it"
BUDGET = 100_000  # what Director Shen has to give away


@per_world
def own(orders):
    """Orders of the own shop, March to June 2025, paid or not."""
    return orders[(orders["store"] == "own") & orders["ordered_at"].between(START, END, inclusive="left")]


@per_world
def by_platform(platform_reports):
    """Cost and claims by platform over the four months."""
    columns = ["cost", "orders", "revenue", "orders_7d_click", "revenue_7d_click"]
    return platform_reports.groupby("platform")[columns].sum()


@per_world
def paths(touchpoints):
    """Touches of journeys that end in an order, in order."""
    return touchpoints[touchpoints["order_id"].notna()].sort_values(["journey_id", "touch"])


@per_world
def last_touches(touchpoints):
    """The touch in which each order was placed."""
    return paths(touchpoints).drop_duplicates("journey_id", keep="last")


@per_world
def chain(touchpoints):
    """Removal effects over all journeys."""
    return markov(touchpoints)


# ---------------------------------------------------------------- two questions from before


@exercise(
    "M05.r1",
    title="When may an article and a search ad be compared?",
    kind="choice",
    practises=["R076"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "now: both had the same four weeks, and the same money",
        "b": "once the visits of the article no longer grow, over the time that each yuan works",
        "c": "never: organic visits are free, so every order of the article is a gain",
    },
)
def article_and_ad():
    """An ad works while it is paid for, an article for as long as it is found: each is judged over its own time."""
    return "b"


@article_and_ad.mistake(
    "HORIZON_MISMATCH", repair="How many weeks does an article of J05 need until its visits stop growing?"
)
def _():
    """You compare equal calendar weeks. In four weeks an ad has done all of its work, an article has hardly begun."""
    return "a"


@article_and_ad.mistake("COST_PARTIAL", repair="Who wrote the article, and who paid for the links?")
def _(budget):
    """You count only what is paid per click. Writing, links and the agency cost money; it is paid before the visits come."""
    spent = budget[(budget["channel"] == "SEO") & budget["date"].between(START, END, inclusive="left")][
        "spent"
    ].sum()
    return wrong(
        "c", shows={"budget of SEO, March to June 2025": yuan(spent), "price of an organic click": yuan(0)}
    )


article_and_ad.hints(
    "Which of the two still brings visits when nobody pays any more?",
    "Think of the curve of visits of an article in J05.",
    "Compare over the time in which each of them works.",
)


@exercise(
    "M05.r2",
    title="Which figure says what the brand keywords bring?",
    kind="choice",
    practises=["R065"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "orders in the paused cities beside those of the other cities, each against its own weeks before",
        "b": "the keyword report of the weeks before: orders and revenue per yuan of the brand keywords",
        "c": "orders in the paused cities during the pause beside those of the same cities in the weeks before",
    },
)
def brand_pause():
    """What the ad brings is what is missing without it, and the other cities say what the weeks would have been like."""
    return "a"


@brand_pause.mistake(
    "LASTCLICK_AS_INCREMENTAL", repair="Where did people who searched the brand click while the ad was off?"
)
def _(truth):
    """You read the last click as the cause. The report counts who came through the ad, not who came because of it."""
    found = truth["T05"]["found"]
    return wrong("b", shows={"orders reported in 2025": count(found["reported_orders_2025"]),
                             "of them opened in J04 as due to the ad": count(found["incremental_orders_2025"])})  # fmt: skip


@brand_pause.mistake("POST_HOC", repair="What did the orders of the other cities do in the same weeks?")
def _():
    """You let the calendar take part. Whatever else changed between the two times, a promotion or a holiday, is in that
    difference, too."""
    return "c"


brand_pause.hints(
    "What would have happened in these cities without the pause?",
    "Who lived through the same weeks with the ad on?",
    "Two differences: paused against others, during against before.",
)


# ---------------------------------------------------------------- claims


@prediction(
    "M05.a",
    title="Orders claimed by the platforms per order of the own shop",
    unit="times",
    practises=["R217"],
    bounds=(0, None),
    section="More claims than orders",
)
def guess_claims(platform_reports, orders):
    """Each platform sees its own touches alone, and an order has several; nobody tells a platform what the others claim."""
    return platform_reports["orders"].sum() / len(own(orders))


@exercise(
    "M05.1",
    title="Orders behind the claims of nine platforms",
    kind="number",
    unit="count",
    minutes=(4, 7),
    practises=["R093", "R217"],
    bounds=(0, None),
    section="More claims than orders",
    selfcheck={
        "grain": "one row of orders is one order",
        "store": "the platforms speak of the own shop; marketplaces and live rooms keep their own books",
        "window": "1 March to 30 June 2025, both days in",
        "filter": "paid or not, as the platforms count",
    },
)
def orders_behind(orders):
    """The shop's own table counts each order once. What the platforms claim beyond it was claimed twice or more."""
    return len(own(orders))


@orders_behind.mistake(
    "DOUBLE_CREDIT", repair="How many of the nine may have met the same buyer before the order?"
)
def _(platform_reports, orders):
    """You added up claims. A claim is a view of an order, not an order: one that met three channels can stand
    in three reports."""
    sums = by_platform(platform_reports)
    extra = sums["revenue"].sum() - own(orders)["amount"].sum()
    return wrong(
        sums["orders"].sum(),
        shows={"platforms that claim": count(len(sums)), "amount of all claims": yuan(sums["revenue"].sum()),
               "amount of the own shop's orders": yuan(own(orders)["amount"].sum())},
        cost=f"A plan built on the claims counts {yuan(extra)} of sales in four months that the shop never had.",
    )  # fmt: skip


@orders_behind.mistake("DEF_MISMATCH", repair="Through which shop does a click on our ads lead?")
def _(orders):
    """You counted the orders of all stores. Tmall, JD and the live rooms keep books of their own; the reports speak of the own shop."""
    everywhere = orders[orders["ordered_at"].between(START, END, inclusive="left")]
    elsewhere = everywhere[everywhere["store"] != "own"]
    return wrong(
        len(everywhere),
        shows={"stores in the table": count(everywhere["store"].nunique()), "orders elsewhere": count(len(elsewhere))},
        cost=f"{yuan(elsewhere['amount'].sum())} of marketplace and live-room sales would be shared out to ads that never led there.",
    )  # fmt: skip


@orders_behind.slip("filter")
def _(orders):
    """You kept paid orders only. The platforms count unpaid ones as well, so the comparison does, too."""
    return int((own(orders)["status"] == "paid").sum())


orders_behind.hints(
    "Which table knows each order once?",
    "Filter orders by store and by time; do not add up anything.",
    'load("orders", start=..., end=...), rows with store "own", len().',
)


# ---------------------------------------------------------------- windows


@exercise(
    "M05.2",
    title="Return of Douyin and search under one window",
    kind="table",
    unit="times",
    minutes=(4, 7),
    practises=["R217", "R228"],
    section="Two windows",
    selfcheck={
        "numerator and denominator": "revenue claimed under seven days after a click, over cost",
        "window": "the same for both: columns that end in 7d_click",
        "grain": "sum the four months first, divide once",
    },
)
def aligned_roas(platform_reports):
    """Under one window both are measured with the same ruler; the ranking of the own reports does not survive it."""
    sums = by_platform(platform_reports).loc[["Douyin", "search ads"]]
    return (sums["revenue_7d_click"] / sums["cost"]).to_dict()


@aligned_roas.mistake("WINDOW_MISMATCH", repair="Which touches may Douyin claim that search may not?")
def _(platform_reports):
    """You compared two rulers. Douyin's report counts orders after a mere view, search only clicks, though for longer."""
    sums = by_platform(platform_reports).loc[["Douyin", "search ads"]]
    douyin = sums.loc["Douyin"]
    gap = (douyin["revenue"] - douyin["revenue_7d_click"]) / douyin["cost"]
    return wrong(
        (sums["revenue"] / sums["cost"]).to_dict(),
        shows={"Douyin's claims in its report": count(douyin["orders"]), "of them within seven days of a click": count(douyin["orders_7d_click"])},
        cost=f"Qiao would move {yuan(BUDGET)} to Douyin for {yuan(gap * BUDGET)} of claimed sales that followed no click of seven days.",
    )  # fmt: skip


@aligned_roas.mistake("ROAS_AS_ROI", repair="Is the question for what comes back, or for what is left?")
def _(platform_reports):
    """You took the spend off first. That is a return on investment of revenue; the platforms' figure is revenue per yuan."""
    sums = by_platform(platform_reports).loc[["Douyin", "search ads"]]
    return wrong(
        (sums["revenue_7d_click"] / sums["cost"] - 1).to_dict(),
        shows={"cost of Douyin": yuan(sums.loc["Douyin", "cost"]), "claimed revenue, seven days": yuan(sums.loc["Douyin", "revenue_7d_click"])},
        cost=f"Beside a break-even ROAS, each {yuan(BUDGET)} of spend looks {yuan(BUDGET)} poorer than it was, and is cut too early.",
    )  # fmt: skip


@aligned_roas.slip("window")
def _(platform_reports):
    """You set Douyin to seven days after a click and left search at its thirty."""
    sums = by_platform(platform_reports)
    return {"Douyin": sums.loc["Douyin", "revenue_7d_click"] / sums.loc["Douyin", "cost"],
            "search ads": sums.loc["search ads", "revenue"] / sums.loc["search ads", "cost"]}  # fmt: skip


aligned_roas.hints(
    "Which two columns of platform_reports were counted under the same window?",
    "Sum revenue and cost of the four months by platform, then divide.",
    'sums["revenue_7d_click"] / sums["cost"], for the two platforms.',
)


# ---------------------------------------------------------------- last click


@exercise(
    "M05.3",
    title="Last click says brand search is best. Move the budget there?",
    kind="choice",
    minutes=(3, 6),
    practises=["R065", "R218"],
    section="The last click",
    options={
        "a": "yes: per yuan no other line of the account closes nearly as many orders",
        "b": "no, and stop the brand ads today: most of their orders had an earlier touch",
        "c": "no: first pause the brand ads in some cities and count what goes missing there",
    },
)
def move_to_brand():
    """Credit says where an order was closed. What a yuan adds is known once the ad is off somewhere, and on elsewhere."""
    return "c"


@move_to_brand.mistake(
    "LASTCLICK_AS_INCREMENTAL",
    repair="Who types the name of a shop into a search line, and what would they do without the ad?",
)
def _(truth, touchpoints, orders):
    """You read who closed an order as who caused it. Whoever searches the brand was on the way to it already."""
    found = truth["T05"]["found"]
    last = last_touches(touchpoints)
    brand = last[last["campaign_group"] == "brand"]
    length = paths(touchpoints).groupby("journey_id").size().reindex(brand["journey_id"])
    return wrong(
        "a",
        shows={"orders closed by the brand ads": count(len(brand)), "of them with an earlier touch": count((length > 1).sum())},
        cost=f"Of {yuan(BUDGET)} moved there, {yuan(max(0, 1 - found['incremental_roas_2025']) * BUDGET)} would not even come back as revenue, "
        "by the pause that J04 read.",
    )  # fmt: skip


@move_to_brand.mistake(
    "CAUSAL_WORDS", repair="Would you also stop the till, because everybody had been in the shop before?"
)
def _(touchpoints, orders):
    """You took an earlier touch for a proof that the later one does nothing. Both may have been needed; journeys cannot tell,
    in either direction."""
    last = last_touches(touchpoints)
    brand = last[last["campaign_group"] == "brand"]
    at_stake = own(orders).set_index("order_id")["amount"].reindex(brand["order_id"]).sum()
    return wrong(
        "b",
        shows={
            "orders closed by the brand ads": count(len(brand)),
            "tests of a pause in these four months": "0",
        },
        cost=f"Orders of {yuan(at_stake)} would be put at stake in all cities at once, with no city left to compare with.",
    )


move_to_brand.hints(
    "What would show you the orders that need the ad?",
    "Options a and b both read cause from journeys.",
    "Think of the second question at the top.",
)


# ---------------------------------------------------------------- rules


@per_world
def two_touches(touchpoints):
    """Touches of converting journeys with two of them."""
    rows = paths(touchpoints)
    return rows[rows.groupby("journey_id")["touch"].transform("size") == 2]


@exercise(
    "M05.4",
    title="Position-based credit on journeys with two touches",
    kind="number",
    unit="times",
    minutes=(4, 8),
    practises=["R217"],
    bounds=(0, None),
    section="Six rules for one order",
    selfcheck={
        "grain": "one row is one touch; two rows make one order",
        "sum": "the credit of a journey sums to one order",
        "filter": "journeys with an order and two touches",
    },
)
def two_touch_credit(touchpoints):
    """Without a middle its fifth has nowhere to go, so first and last share the whole order: half and half."""
    return credit(two_touches(touchpoints), "position")["feed ads"]


@two_touch_credit.mistake(
    "CREDIT_NOT_SUM1", repair="What do 0.4 and 0.4 sum to, and where is the rest of the order?"
)
def _(touchpoints, orders):
    """You gave 0.4 to each end and nothing to nobody. A fifth of every such order is then credited to no channel."""
    rows = two_touches(touchpoints)
    journeys = rows["journey_id"].nunique()
    lost = own(orders).set_index("order_id")["amount"].reindex(rows["order_id"].unique()).sum() * 0.2
    return wrong(
        0.4 * (rows["channel"] == "feed ads").sum(),
        shows={
            "journeys with two touches": count(journeys),
            "orders given away by 0.4 and 0.4": count(0.8 * journeys),
        },
        cost=f"{yuan(lost)} of real sales would belong to no channel, and each would be cut for it.",
    )


@two_touch_credit.mistake("DOUBLE_CREDIT", repair="How many orders does a journey end in?")
def _(touchpoints, orders):
    """You gave a whole order to both ends. Two touches are two claims on one order."""
    rows = two_touches(touchpoints)
    amount = own(orders).set_index("order_id")["amount"].reindex(rows["order_id"].unique()).sum()
    return wrong(
        float((rows["channel"] == "feed ads").sum()),
        shows={"orders of these journeys": count(rows["journey_id"].nunique()), "orders given away by one each": count(len(rows))},
        cost=f"The channels together would show {yuan(amount)} more than these journeys brought.",
    )  # fmt: skip


@two_touch_credit.slip("filter")
def _(touchpoints):
    """You took journeys of any length."""
    return credit(touchpoints, "position")["feed ads"]


two_touch_credit.hints(
    "How much of the order does each of the two touches get, so that nothing is left?",
    "Keep the journeys of two rows, give each row its part, add up the rows of feed ads.",
    'two["part"] = 0.5, then two.loc[two["channel"] == "feed ads", "part"].sum().',
)


@exercise(
    "M05.5",
    title="Linear credit of the private domain, by touch and by channel",
    kind="table",
    unit="times",
    minutes=(5, 9),
    practises=["R151", "R217"],
    section="Touch or channel",
    selfcheck={
        "grain": "by touch: one part per row; by channel: one part per different channel of a journey",
        "sum": "each way, the parts of a journey sum to one",
        "filter": "journeys with an order",
    },
)
def linear_two_ways(touchpoints):
    """A group message, another one and a visit are three touches and one channel: what is counted decides who is paid."""
    return {"by touch": credit(touchpoints, "linear")["private domain"],
            "by channel": credit(touchpoints, "linear", by="channel")["private domain"]}  # fmt: skip


def repeated(rows):
    """How often the private domain touches a journey that it touches at all."""
    mine = rows[rows["channel"] == "private domain"]
    return len(mine) / mine["journey_id"].nunique()


@linear_two_ways.mistake("TOUCH_VS_CHANNEL", repair="How often does one journey meet the private domain?")
def _(touchpoints, orders):
    """What you give by channel is the credit by touch. A channel that knocks three times has three votes by
    touch and one by channel."""
    one, other = linear_two_ways.compute(touchpoints).values()
    value = own(orders)["amount"].mean()
    return wrong(
        {"by touch": one, "by channel": one},
        shows={"touches of the private domain per journey with it": times(repeated(paths(touchpoints))), "votes by channel": "1"},
        cost=f"The team would be paid for {yuan((one - other) * value)} of orders that it has by knocking more often.",
    )  # fmt: skip


@linear_two_ways.mistake("DOUBLE_CREDIT", repair="How many other channels did the same journeys pass?")
def _(touchpoints, orders):
    """You counted every order that the channel took part in. Others took part, too, and an order can be given away once."""
    rows = paths(touchpoints)
    met = rows.loc[rows["channel"] == "private domain", "journey_id"].nunique()
    share = credit(touchpoints, "linear", by="channel")["private domain"]
    passed = rows.drop_duplicates(["journey_id", "channel"]).shape[0]
    return wrong(
        {"by touch": float(met), "by channel": float(met)},
        shows={"orders of the own shop": count(rows["journey_id"].nunique()), "orders, if each channel counts all it took part in": count(passed)},
        cost=f"The private domain would claim {yuan((met - share) * own(orders)['amount'].mean())} that other channels are paid for as well.",
    )  # fmt: skip


@linear_two_ways.mistake(
    "CREDIT_NOT_SUM1", repair="What do the parts of one journey sum to after the repeated rows are gone?"
)
def _(touchpoints, orders):
    """By channel you kept one row per journey and channel, and divided by all touches of the journey as
    before. The parts of the rows that you dropped are then nobody's."""
    rows = paths(touchpoints)
    part = 1 / rows.groupby("journey_id")["touch"].transform("size")
    once = ~rows.duplicated(["journey_id", "channel"])
    all_orders, given = rows["journey_id"].nunique(), part[once].sum()
    value = own(orders)["amount"].mean()
    return wrong(
        {"by touch": credit(touchpoints, "linear")["private domain"],
         "by channel": part[once & (rows["channel"] == "private domain")].sum()},
        shows={"orders of the own shop": count(all_orders), "orders that your parts give away": count(given)},
        cost=f"{yuan((all_orders - given) * value)} of real sales would belong to no channel.",
    )  # fmt: skip


linear_two_ways.hints(
    "How many rows has a journey, and how many different channels?",
    "By channel: drop_duplicates on journey_id and channel first, then do the same as by touch.",
    'part = 1 / rows.groupby("journey_id")["channel"].transform("size"), summed over the rows of the private domain.',
)


# ---------------------------------------------------------------- chain


@exercise(
    "M05.6",
    title="Markov credit of e-mail/SMS",
    kind="number",
    unit="times",
    minutes=(6, 11),
    practises=["R217"],
    bounds=(0, None),
    section="What if a channel were gone",
    selfcheck={
        "filter": "journeys with and without an order",
        "weight": "a null journey stands for as many as its weight says",
        "sum": "over the channels the credit sums to the orders",
    },
)
def mail_credit(touchpoints):
    """The chain knows where people buy nothing; a removal effect then says what the way through a channel adds."""
    return chain(touchpoints).loc["e-mail/SMS", "orders"]


@mail_credit.mistake("SURVIVOR_PATHS", repair="What share of the journeys in your chain ends in an order?")
def _(touchpoints, orders):
    """You kept the journeys that ended well. Among them every way leads to an order, so an effect says how often a channel is
    passed and not whether people buy more behind it."""
    alone = markov(paths(touchpoints)).loc["e-mail/SMS", "orders"]
    nulls = touchpoints[touchpoints["order_id"].isna()].drop_duplicates("journey_id")["weight"].sum()
    gap = abs(alone - chain(touchpoints).loc["e-mail/SMS", "orders"]) * own(orders)["amount"].mean()
    return wrong(
        alone,
        shows={"journeys with an order": count(len(own(orders))), "journeys without": count(nulls)},
        cost=f"{yuan(gap)} of credit would change hands because the people who did not buy were left out.",
    )


@mail_credit.mistake("DOUBLE_CREDIT", repair="What do the removal effects of all channels sum to?")
def _(touchpoints, orders):
    """You multiplied the removal effect by all orders. Two channels of one journey both lose it when they go, so the
    effects sum to more than one and have to share."""
    found = chain(touchpoints)
    effect = found["removal_effect"]
    extra = (effect.sum() - 1) * own(orders)["amount"].sum()
    return wrong(
        effect["e-mail/SMS"] * len(own(orders)),
        shows={"sum of all removal effects": f"{effect.sum():.2f}", "sum that credit may have": "1.00"},
        cost=f"Over all channels {yuan(extra)} would be credited beyond what was sold.",
    )


@mail_credit.slip("weight")
def _(touchpoints):
    """You counted each null journey once. They are a sample: one browser in twelve was kept, and each stands for twelve."""
    return markov(touchpoints.drop(columns="weight")).loc["e-mail/SMS", "orders"]


@mail_credit.slip("sum")
def _(touchpoints):
    """You took what the map of journeys with an order loses without the channel, times the orders. Journeys
    without an order are missing there, and the effects of all channels sum to more than one."""
    rows = paths(touchpoints)
    return markov(rows).loc["e-mail/SMS", "removal_effect"] * rows["journey_id"].nunique()


mail_credit.hints(
    "Which journeys does the chain need, besides those that end in an order?",
    "Fill the gaps: all journeys in the moves, weights summed, effects divided by their sum.",
    'orders * effect["e-mail/SMS"] / effect.sum()',
)


# ---------------------------------------------------------------- affiliates


@per_world
def affiliate_closings(touchpoints):
    """Orders that an affiliate's link closed: minutes since the click before it in the journey; NaN where there was none."""
    clicks = touchpoints[touchpoints["kind"] == "click"].sort_values(["journey_id", "touch"])
    before = clicks.groupby("journey_id")["touch_at"].shift()
    minutes = (clicks["touch_at"] - before).dt.total_seconds() / 60
    closing = clicks["order_id"].notna() & ~clicks["journey_id"].duplicated(keep="last")
    return minutes[closing & (clicks["channel"] == "affiliate")]


def detour(touchpoints):
    """How many orders the affiliates closed, and how many of them less than 45 minutes after another visit."""
    minutes = affiliate_closings(touchpoints)
    return len(minutes), int((minutes < 45).sum())


@prediction(
    "M05.b",
    title="Share of the affiliates' orders whose browser was in the shop less than 45 minutes before",
    unit="fraction",
    practises=["R098"],
    bounds=(0, 1),
    section="The coupon at the till",
)
def guess_detour(touchpoints):
    """Most of them stood at the till, looked for a coupon, and came back through the page that had one."""
    closed, soon = detour(touchpoints)
    return soon / closed


@exercise(
    "M05.7",
    title="What an affiliate order costs that was not at the till already",
    kind="number",
    unit="CNY",
    minutes=(6, 11),
    practises=["R097", "R098", "R042"],
    bounds=(0, None),
    section="The coupon at the till",
    selfcheck={
        "numerator and denominator": "all that was paid to affiliates, over the orders that they may have brought",
        "filter": "orders closed by an affiliate, without those whose browser clicked less than 45 minutes before",
        "window": "March to June 2025",
    },
)
def affiliate_order_cost(platform_reports, touchpoints):
    """The commission is paid on all orders they close; only those of people who were not in the shop can be new."""
    closed, soon = detour(touchpoints)
    return by_platform(platform_reports).loc["affiliate", "cost"] / (closed - soon)


@affiliate_order_cost.mistake(
    "COUPON_HIJACK", repair="Where was the browser half an hour before it came through the coupon page?"
)
def _(platform_reports, touchpoints):
    """You paid for every order that they closed as if they had brought it. Most of these people were in the shop and left
    the till to look for a coupon."""
    cost = by_platform(platform_reports).loc["affiliate", "cost"]
    closed, soon = detour(touchpoints)
    return wrong(
        cost / closed,
        shows={
            "orders closed by affiliates": count(closed),
            "of them within 45 minutes of another visit": count(soon),
        },
        cost=f"{yuan(cost * soon / closed)} of commission in four months went to people who were buying already.",
    )


@affiliate_order_cost.mistake(
    "DOUBLE_CREDIT", repair="Who else claims an order with a thirty-day-old cookie on it?"
)
def _(platform_reports, touchpoints):
    """You divided by the orders in the affiliates' report. A cookie of thirty days claims orders that other channels closed."""
    row = by_platform(platform_reports).loc["affiliate"]
    closed, soon = detour(touchpoints)
    gap = row["cost"] / (closed - soon) - row["cost"] / row["orders"]
    return wrong(
        row["cost"] / row["orders"],
        shows={
            "orders in the affiliates' report": count(row["orders"]),
            "orders that they closed": count(closed),
        },
        cost=f"Each order looks cheaper than it is; {yuan(gap * (closed - soon))} of the payout would look well spent.",
    )


@affiliate_order_cost.mistake(
    "NULL_DROP", repair="How many minutes before stands with a buyer who had no visit before?"
)
def _(platform_reports, touchpoints, orders):
    """You left out the orders with no visit before, whose minutes are missing. Nobody is less likely to have
    stood at the till already."""
    cost = by_platform(platform_reports).loc["affiliate", "cost"]
    minutes = affiliate_closings(touchpoints)
    alone = touchpoints.loc[minutes.index[minutes.isna()], "order_id"]
    sales = own(orders).set_index("order_id")["amount"].reindex(alone).sum()
    return wrong(
        cost / (minutes >= 45).sum(),
        shows={
            "orders closed with a visit before": count(minutes.notna().sum()),
            "with none": count(minutes.isna().sum()),
        },
        cost=f"Orders of {yuan(sales)} that the affiliates may have brought would be missing when they are judged.",
    )


@affiliate_order_cost.slip("filter")
def _(platform_reports, touchpoints):
    """You divided by the orders that were at the till already; the others are asked for."""
    return by_platform(platform_reports).loc["affiliate", "cost"] / detour(touchpoints)[1]


affiliate_order_cost.hints(
    "Which of the orders that they closed can be new to the shop?",
    "Count closings whose last click came 45 minutes or more before, or had no click before.",
    "cost of the platform affiliate / (closings - closings with minutes < 45)",
)


# ---------------------------------------------------------------- beyond the first order


@per_world
def paid_with_margin(orders, order_items, products):
    """Paid orders with their margin (amount - goods - shipping), age in days since the customer's first, and first channel and store."""
    lines = order_items[["order_id", "sku", "quantity"]].merge(products[["sku", "unit_cost"]], on="sku")
    goods = (lines["quantity"] * lines["unit_cost"]).groupby(lines["order_id"]).sum()
    paid = orders[orders["status"] == "paid"].sort_values("ordered_at")
    first = paid.drop_duplicates("customer_id").set_index("customer_id")
    who = paid["customer_id"]
    began = who.map(first["ordered_at"])
    return pd.DataFrame({
        "customer_id": who, "began": began, "days": (paid["ordered_at"] - began).dt.days, "amount": paid["amount"],
        "first": paid["order_id"] == who.map(first["order_id"]),
        "margin": paid["amount"] - paid["order_id"].map(goods) - paid["shipping_cost"],
        "channel": who.map(first["channel"]), "store": who.map(first["store"]),
        "ordered_over": paid["channel"], "ordered_in": paid["store"],
    })  # fmt: skip


def newcomers(rows, start, end):
    """Orders of the own shop's new customers who began in [start, end)."""
    return rows[(rows["store"] == "own") & rows["began"].between(start, end, inclusive="left")]


COHORT = ("2024-07-01", "2025-07-01")  # a year of newcomers, each with 180 days behind them
COMPARED = ["SEM", "Xiaohongshu", "feed ads"]


def per_newcomer(rows, column="margin", days=180):
    """Sum of a column in the first `days` days per new customer, by channel of the first order."""
    size = rows.groupby("channel")["customer_id"].nunique()
    return rows[rows["days"] < days].groupby("channel")[column].sum() / size


@per_world
def year_of_newcomers(orders, order_items, products):
    return newcomers(paid_with_margin(orders, order_items, products), *COHORT)


@exercise(
    "M05.8",
    title="Margin of 180 days per new customer, by channel",
    kind="table",
    unit="CNY",
    minutes=(6, 11),
    practises=["R218", "R220"],
    section="Beyond the first order",
    tolerance=0.002,
    selfcheck={
        "numerator and denominator": "margin of days 0 to 179 over all new customers, those who never came back among them",
        "window": "first paid order from 1 July 2024 to 30 June 2025",
        "filter": "first order in the own shop; later orders in any store",
    },
)
def half_year_margin(orders, order_items, products):
    """Half a year of orders shows what a first order hides: who comes back."""
    return per_newcomer(year_of_newcomers(orders, order_items, products))[COMPARED].to_dict()


@half_year_margin.mistake(
    "FIRST_ORDER_ONLY", repair="What do customers of each channel do after their first order?"
)
def _(orders, order_items, products):
    """You valued a customer by the first basket. Xiaohongshu's first baskets are the smallest, and its readers come back most."""
    rows = year_of_newcomers(orders, order_items, products)
    first = (
        rows[rows["first"]].groupby("channel")["margin"].sum()
        / rows.groupby("channel")["customer_id"].nunique()
    )[COMPARED]
    lost = (per_newcomer(rows)["Xiaohongshu"] - first["Xiaohongshu"]) * rows.loc[
        rows["channel"] == "Xiaohongshu", "customer_id"
    ].nunique()
    again = (
        rows[~rows["first"] & (rows["days"] < 180)].groupby("channel").size()
        / rows.groupby("channel")["customer_id"].nunique()
    )
    return wrong(
        first.to_dict(),
        shows={"further orders in 180 days per customer, Xiaohongshu": f"{again['Xiaohongshu']:.2f}", "feed ads": f"{again['feed ads']:.2f}"},
        cost=f"Xiaohongshu would be cut as the worst of the three, and with a year of its newcomers go {yuan(lost)} of margin after their first order.",
    )  # fmt: skip


@half_year_margin.mistake(
    "MARGIN_IGNORED", repair="What of an order's amount is paid on for goods and for shipping?"
)
def _(orders, order_items, products):
    """You counted revenue. Goods and shipping are paid from it, so it lets every channel bid more than it earns."""
    rows = year_of_newcomers(orders, order_items, products)
    revenue = per_newcomer(rows, "amount")[COMPARED]
    gap = (revenue - per_newcomer(rows)[COMPARED])["feed ads"]
    return wrong(
        revenue.to_dict(),
        shows={"revenue of 180 days, these newcomers": yuan(rows.loc[rows["days"] < 180, "amount"].sum()),
               "goods and shipping in it": yuan((rows["amount"] - rows["margin"])[rows["days"] < 180].sum())},
        cost=f"A bid on feed ads could go {yuan(gap)} above what a customer leaves, and lose it each time.",
    )  # fmt: skip


@half_year_margin.mistake(
    "SURVIVORSHIP", repair="How many of them never ordered again, and where do they stand in your mean?"
)
def _(orders, order_items, products):
    """You averaged over those who came back. The channel paid for the others, too."""
    rows = year_of_newcomers(orders, order_items, products)
    half = rows[rows["days"] < 180]
    back = half[half["customer_id"].isin(half.loc[~half["first"], "customer_id"])]
    gap = per_newcomer(back)["feed ads"] - per_newcomer(rows)["feed ads"]
    return wrong(
        per_newcomer(back)[COMPARED].to_dict(),
        shows={"new customers": count(rows["customer_id"].nunique()), "of them with a second order in time": count(back["customer_id"].nunique())},
        cost=f"A newcomer of feed ads would look {yuan(gap)} richer than the average one is, and be bought at that price.",
    )  # fmt: skip


@half_year_margin.slip("window")
def _(orders, order_items, products):
    """You let every order count, however late. Newcomers of July 2024 then have had twice the time of those of June 2025."""
    return per_newcomer(year_of_newcomers(orders, order_items, products), days=2000)[COMPARED].to_dict()


@half_year_margin.slip("numerator and denominator")
def _(orders, order_items, products):
    """You grouped by the channel of each order. A customer won by a note who orders again over a mail is then
    counted there."""
    rows = year_of_newcomers(orders, order_items, products)
    return per_newcomer(rows[rows["days"] < 180].assign(channel=rows["ordered_over"]))[COMPARED].to_dict()


@half_year_margin.slip("filter")
def _(orders, order_items, products):
    """You counted orders in the own shop only. Its newcomers order in the marketplaces, too."""
    rows = year_of_newcomers(orders, order_items, products)
    here = rows[(rows["days"] < 180) & (rows["ordered_in"] == "own")]
    size = rows.groupby("channel")["customer_id"].nunique()
    return (here.groupby("channel")["margin"].sum() / size)[COMPARED].to_dict()


half_year_margin.hints(
    "Which orders of a customer lie in the first 180 days, and who stands below the line?",
    "Keep days below 180, sum the margin by channel, divide by the different customers of the channel.",
    'newcomers[newcomers["days"] < 180].groupby("channel")["margin"].sum() / newcomers.groupby("channel")["customer_id"].nunique()',
)


# ---------------------------------------------------------------- mixed case, memo

MIXES = {
    "a": {"feed ads": 0.7, "Xiaohongshu": 0.1, "private domain": 0.2},
    "b": {"feed ads": 0.6, "Xiaohongshu": 0.2, "private domain": 0.2},
    "c": {"feed ads": 0.5, "Xiaohongshu": 0.3, "private domain": 0.2},
    "d": {"feed ads": 0.3, "Xiaohongshu": 0.5, "private domain": 0.2},
    "e": {"feed ads": 0.2, "Xiaohongshu": 0.6, "private domain": 0.2},
    "f": {"feed ads": 0.1, "Xiaohongshu": 0.7, "private domain": 0.2},
}
HALF_YEAR = ("2024-07-01", "2025-01-01")  # newcomers whose 365 days lie within the data


@per_world
def half_year_of_newcomers(orders, order_items, products):
    return newcomers(paid_with_margin(orders, order_items, products), *HALF_YEAR)


def cost_per_newcomer(rows, budget, items=None):
    """All money of the budget in the six months over the new customers, by channel."""
    spent = budget[budget["date"].between(*HALF_YEAR, inclusive="left")]
    if items:
        spent = spent[spent["item"].isin(items)]
    return spent.groupby("channel")["spent"].sum() / rows.groupby("channel")["customer_id"].nunique()


def returns(rows, cost, column="margin"):
    """What BUDGET brings back by mix after 30 and after 365 days, in yuan."""
    mixes = pd.DataFrame(MIXES).T
    per_yuan = {
        days: per_newcomer(rows, column, days)[mixes.columns] / cost[mixes.columns] for days in (30, 365)
    }
    return pd.DataFrame({days: BUDGET * mixes @ per_yuan[days] for days in per_yuan})


def best_mixes(found):
    """The answer's form: best mix and what it brings back, after 30 and after 365 days."""
    return {
        "mix after 30 days": found[30].idxmax(), "back after 30 days": found[30].max(),
        "mix after 365 days": found[365].idxmax(), "back after 365 days": found[365].max(),
    }  # fmt: skip


@exercise(
    "M05.9",
    title="Six mixes, after a month and after a year",
    kind="table",
    unit={
        "mix after 30 days": "text",
        "back after 30 days": "CNY",
        "mix after 365 days": "text",
        "back after 365 days": "CNY",
    },
    minutes=(10, 18),
    points=2,
    practises=["R036", "R042", "R220", "R228"],
    section="Mixed case: six mixes",
    selfcheck={
        "numerator and denominator": "margin per new customer over all cost per new customer, by channel",
        "window": "first paid order from July to December 2024; days 0 to 29, and 0 to 364",
        "filter": "first order in the own shop; all items of the budget in these six months",
    },
)
def two_best_mixes(orders, order_items, products, budget):
    """The money that comes back first and the money that comes back most lie in different mixes."""
    rows = half_year_of_newcomers(orders, order_items, products)
    return best_mixes(returns(rows, cost_per_newcomer(rows, budget)))


@two_best_mixes.mistake("FIRST_ORDER_ONLY", repair="Which mix stands first when everybody has had a year?")
def _(orders, order_items, products, budget):
    """You kept the mix of the first month for the year. It is first because its customers pay early, not because they pay most."""
    rows = half_year_of_newcomers(orders, order_items, products)
    found = returns(rows, cost_per_newcomer(rows, budget))
    early, late = found[30].idxmax(), found[365].idxmax()
    return wrong(
        best_mixes(found) | {"mix after 365 days": early, "back after 365 days": found.loc[early, 365]},
        shows={"days of the first look": "30", "days of a budget year": "365"},
        cost=f"After a year {yuan(found.loc[late, 365] - found.loc[early, 365])} less would have come back from {yuan(BUDGET)}.",
    )  # fmt: skip


@two_best_mixes.mistake("CAC_MEDIA_ONLY", repair="Who else is paid for a new customer, besides the platform?")
def _(orders, order_items, products, budget):
    """You divided by media money. The agency, the creators and the newcomers' coupons are paid for these customers, too."""
    rows = half_year_of_newcomers(orders, order_items, products)
    spent = budget[
        budget["date"].between(*HALF_YEAR, inclusive="left")
        & budget["channel"].isin(pd.DataFrame(MIXES).index)
    ]
    rest = spent.loc[spent["item"] != "media", "spent"].sum()
    return wrong(
        best_mixes(returns(rows, cost_per_newcomer(rows, budget, ["media"]))),
        shows={
            "all items, these channels": yuan(spent["spent"].sum()),
            "media among them": yuan(spent["spent"].sum() - rest),
        },
        cost=f"{yuan(rest)} of half a year's bills would be missing from the plan.",
    )


@two_best_mixes.mistake("MARGIN_IGNORED", repair="What of the amount is left after goods and shipping?")
def _(orders, order_items, products, budget):
    """You let revenue come back. More than half of it goes on to suppliers and carriers."""
    rows = half_year_of_newcomers(orders, order_items, products)
    cost = cost_per_newcomer(rows, budget)
    found, right = returns(rows, cost, "amount"), returns(rows, cost)
    return wrong(
        best_mixes(found),
        shows={"revenue of a year, these newcomers": yuan(rows.loc[rows["days"] < 365, "amount"].sum()),
               "margin in it": yuan(rows.loc[rows["days"] < 365, "margin"].sum())},
        cost=f"The plan would promise {yuan(found[365].max() - right[365].max())} that are not Heyu's to keep.",
    )  # fmt: skip


@two_best_mixes.slip("numerator and denominator")
def _(orders, order_items, products, budget):
    """You took the money spent off what came back. Asked is the margin that comes back."""
    rows = half_year_of_newcomers(orders, order_items, products)
    return best_mixes(returns(rows, cost_per_newcomer(rows, budget)) - BUDGET)


two_best_mixes.hints(
    "What does a yuan in each channel bring back, after 30 and after 365 days?",
    "Per channel: margin per new customer over cost per new customer. Per mix: shares times these.",
    "mixes @ per_yuan for each age, times 100,000; idxmax names the mix.",
)


@prediction(
    "M05.c",
    title="Share of the own shop's orders that an ad, a note or a mail caused",
    unit="fraction",
    practises=["R217"],
    bounds=(0, 1),
    section="The answer key",
)
def guess_caused(truth):
    """Customers come back by themselves, and people find a shop that they heard of; few orders hang on the ad that came last."""
    found = truth["touch"]["found"]
    return 1 - found["orders_due_to_no_channel"] / found["own_orders"]


@exercise(
    "M05.10",
    title="Memo: how many orders the platforms claim too many",
    kind="memo",
    unit="count",
    minutes=(5, 8),
    points=2,
    practises=["R217", "R228"],
    section="The memo",
    selfcheck={
        "line 1": "claims beyond the own shop's orders, March to June 2025",
        "line 2": "a number of its own: touches, windows, or what the answer key says",
        "line 3": "the ask: who should do what, by when",
    },
)
def claims_memo(platform_reports, orders):
    """Director Shen can check the number, sees why it is so, and has something to decide."""
    return by_platform(platform_reports)["orders"].sum() - len(own(orders))


@claims_memo.mistake("DOUBLE_CREDIT", repair="How many of these orders did the shop pack?")
def _(platform_reports, orders):
    """Your first line carries the sum of all claims. It is no number of orders, and none of orders too many either."""
    sums = by_platform(platform_reports)
    share = 1 - len(own(orders)) / sums["orders"].sum()
    return wrong(
        sums["orders"].sum(),
        shows={
            "platforms that claim": count(len(sums)),
            "share of the claims without an order of their own": percent(share, 0),
        },
        cost=f"Bonuses on claimed revenue would be paid on {yuan(sums['revenue'].sum() - own(orders)['amount'].sum())} twice.",
    )


@claims_memo.mistake("NO_ACTION", repair="Who should do what by when, now that the number is known?")
def _():
    """Your third line asks for nothing. A report without a decision is filed, not used."""
    return None


claims_memo.hints(
    "Three lines: number, evidence, ask.",
    "Line 2 needs a number of its own, such as the touches of a journey that ends in an order.",
    "Line 3 begins with a verb: test, pause, approve, set; and says by when.",
)
