"""M01 The customer base: golden record, tags, tiers, RFM. Lesson: lessons/2_mid/M01_customer_base.md."""

import duckdb
import numpy as np
import pandas as pd

from mktlib import data, world
from mktlib.course import exercise, per_world, prediction, wrong
from mktlib.course.text import count, percent, yuan
from mktlib.customers import (
    linked,
    mid_rank_quintiles,
    pair_scores,
    rfm,
    score,
    tiers,
    value_per_cell,
)
from mktlib.mail import agreed

END, HALF = "2026-01-01", "2025-07-01"  # the two mornings on which we look
R_CUTS, F_CUTS, M_CUTS = [15, 45, 120, 240], [1, 2, 3, 5], [100, 200, 400, 800]
COUPON, BOX, CALL = 20, 14, 3.5  # CNY
SENT_AT = pd.Timestamp("2026-01-01 09:00")
CHAMPION, RECENT = "champion", "one recent order"
CELLS = [CHAMPION, RECENT, "in between", "asleep"]
STAY, SLEEP = "still loyal", "dormant"
ONE_ROW = "one row of orders is one order; a customer may have several"


def cell_of(recency_days, orders):
    """The four cells of the lesson from days since the last order and orders of the year."""
    rules = [(recency_days <= 45) & (orders >= 3), (recency_days <= 120) & (orders == 1), recency_days <= 120]
    return np.select(rules, CELLS[:3], CELLS[3])


@per_world
def paid_orders(orders):
    """Paid orders of all three years, in order of time."""
    return orders[orders["status"] == "paid"]


@per_world
def base(orders):
    """RFM of the buyers of 2025, on the morning of 1 January 2026."""
    return rfm(orders, END)


@per_world
def july(orders):
    """RFM on the morning of 1 July 2025 with scores, their sum, and whether an order followed within 90 days."""
    table = rfm(orders, HALF)
    table["R"] = score(table["recency_days"], R_CUTS, best="low")
    table["F"] = score(table["orders"], F_CUTS)
    table["M"] = score(table["spend"], M_CUTS)
    later = paid_orders(orders)
    later = later[later["ordered_at"].between(HALF, "2025-09-29", inclusive="left")]
    later = later.groupby("customer_id")["amount"].sum()
    return table.assign(again=table.index.isin(later.index), later=later.reindex(table.index).fillna(0))


@per_world
def coupon_test(offer_test):
    """The test of offers with the cell of each customer and the margin left after the offer."""
    net = offer_test["margin_30d"] - offer_test["offer_cost"]
    return offer_test.assign(net=net, cell=cell_of(offer_test["recency_days"], offer_test["orders_365d"]))


@per_world
def values(offer_test):
    """What the coupon adds per customer, by cell."""
    return value_per_cell(coupon_test(offer_test), "cell", "offer", "coupon", "net")


# ---------------------------------------------------------------- two questions from before


@exercise(
    "M01.r1",
    title="Dormant on 1 June: which orders may you look at?",
    kind="choice",
    practises=["R138"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "all paid orders in the file, because the last order tells how long somebody was silent",
        "b": "paid orders placed before 1 June, because nobody knew a later one on that day",
        "c": "paid orders up to today, without those of customers who registered after 1 June",
    },
)
def orders_to_look_at():
    """A segment has a date. What came after it was not known, and would decide who is on the list."""
    return "b"


@orders_to_look_at.mistake(
    "SNAPSHOT_LEAK",
    repair="Where does a customer stand in your list who was silent in May and ordered in June?",
)
def _(orders):
    """You took the last order of the whole file. Whoever woke up after 1 June has a late last order and drops out of
    a list on which the customer belonged."""
    paid = paid_orders(orders)
    before = paid[paid["ordered_at"] < "2025-06-01"]["customer_id"]
    after = paid[paid["ordered_at"] >= "2025-06-01"]["customer_id"]
    both = pd.Index(before.unique()).isin(after)
    return wrong(
        "a",
        shows={
            "customers with an order before 1 June": count(len(both)),
            "of them with a later order as well": count(both.sum()),
        },
    )


@orders_to_look_at.mistake("FUTURE_LEAK", repair="Are new customers the only ones who order after 1 June?")
def _():
    """You took out the newcomers and kept the later orders of the others. Old customers order after that day, too, and
    nobody knew of it."""
    return "c"


orders_to_look_at.hints(
    "What did the shop know in the early morning of 1 June?",
    "An order of 5 June belongs to the future of that list.",
    "Cut the orders at the day first, then look for the last one.",
)


@exercise(
    "M01.r2",
    title="What is left of an order that a coupon brought?",
    kind="choice",
    practises=["R210"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "CNY 180: the order less the coupon",
        "b": "CNY 64: the margin of the order less the coupon",
        "c": "CNY 84: the margin of the order, because the coupon is marketing's budget",
    },
)
def what_is_left():
    """Margin first: 42 fen of each yuan, less what the coupon took."""
    return "b"


@what_is_left.mistake("MARGIN_IGNORED", repair="Who pays for the goods in the parcel?")
def _():
    """You took revenue for profit. Goods and shipping are paid before anybody earns."""
    return "a"


@what_is_left.mistake("TOTAL_VS_NET", repair="Would the coupon be paid if the order had not come?")
def _():
    """You left the coupon out because another budget pays it. It is the price of this order, whoever books it."""
    return "c"


what_is_left.hints(
    "Which part of the revenue stays after goods and shipping?",
    "Margin of the order, then take off what it cost to get it.",
    "0.42 times the order, minus the coupon.",
)


# ---------------------------------------------------------------- orders, not lines


@exercise(
    "M01.1",
    title="Frequency of the buyers of 2025",
    kind="number",
    unit="times",
    minutes=(3, 6),
    practises=["R210"],
    bounds=(1, None),
    section="Orders, not lines",
    selfcheck={
        "grain": ONE_ROW,
        "numerator and denominator": "paid orders per customer who has at least one of them",
        "window": "the year 2025",
        "filter": "status paid",
    },
)
def frequency(orders):
    """Paid orders of the year over the customers who placed them."""
    return base(orders)["orders"].mean()


@frequency.mistake("LINES_AS_ORDERS", repair="How many rows of order_items has a basket of three products?")
def _(orders, order_items):
    """You counted lines of baskets. A customer with one order of three products looks like a regular, and the regulars
    are whom the team wants to find."""
    paid = paid_orders(orders)
    year = paid.loc[paid["ordered_at"] >= "2025-01-01", ["order_id", "customer_id"]]
    lines = year.merge(order_items[["order_id"]], on="order_id")["customer_id"].value_counts()
    seeming, real = (lines >= 3).sum(), (base(orders)["orders"] >= 3).sum()
    return wrong(
        lines.mean(),
        shows={"lines of paid orders in 2025": count(lines.sum()), "paid orders in 2025": count(len(year))},
        cost=f"A box at {yuan(BOX)} for everybody with three orders would go to {count(seeming)} customers instead of "
        f"{count(real)}: {yuan((seeming - real) * BOX)} for people who ordered less often.",
    )


@frequency.mistake("WRONG_DENOM", repair="Did everybody who is registered order in 2025?")
def _(orders, customers):
    """You divided by all registered customers. Many of them did not order in 2025: they have no frequency to be
    averaged, they are another group."""
    return wrong(
        len(base(orders)) * base(orders)["orders"].mean() / len(customers),
        shows={
            "registered customers": count(len(customers)),
            "with a paid order in 2025": count(len(base(orders))),
        },
    )


@frequency.slip("filter")
def _(orders):
    """You counted orders that were never paid."""
    year = orders[orders["ordered_at"] >= "2025-01-01"]
    return len(year) / year["customer_id"].nunique()


@frequency.slip("window")
def _(orders):
    """You took all three years."""
    return len(paid_orders(orders)) / paid_orders(orders)["customer_id"].nunique()


frequency.hints(
    "What is one row of the table that you count?",
    "Paid orders of 2025, over the different customers among them.",
    'len(paid_2025) / paid_2025["customer_id"].nunique()',
)


# ---------------------------------------------------------------- recency has a direction


def recency_scores(recency_days):
    """How many customers have the best and the worst R score."""
    found = score(recency_days, R_CUTS, best="low")
    return {"R5": int((found == 5).sum()), "R1": int((found == 1).sum())}


@exercise(
    "M01.2",
    title="Customers with the best and the worst R score",
    kind="table",
    unit="count",
    minutes=(4, 7),
    practises=["R210"],
    section="Recency has a direction",
    selfcheck={
        "grain": "one customer with a paid order in 2025",
        "window": "full days from the last paid order to 1 January 2026, 0:00",
        "cut points": "up to 15, 45, 120, 240 days, then more; the upper end belongs to the step",
    },
)
def recency(orders):
    """Few days since the last order are good, so few days get the high score."""
    return recency_scores(base(orders)["recency_days"])


@recency.mistake(
    "RECENCY_DIRECTION", repair="Who is nearer to the next order: 3 days after the last, or 300?"
)
def _(orders):
    """You gave 5 to the largest number of days. In RFM a high score is a good customer; here the longest silent ones would
    stand on top of the list."""
    found = recency_scores(base(orders)["recency_days"])
    silent = base(orders)["recency_days"] > R_CUTS[-1]
    return wrong(
        {"R5": found["R1"], "R1": found["R5"]},
        shows={
            "shortest silence of your best group": f"{R_CUTS[-1] + 1} days",
            "longest silence of your worst group": f"{R_CUTS[0]} days",
        },
        cost=f"Thank-you calls to your best group would reach customers who have been silent for most of a year: "
        f"{yuan(silent.sum() * CALL)} for {yuan(CALL)} a call.",
    )


@recency.mistake("FIRST_ORDER_ONLY", repair="Which of a customer's orders does drop_duplicates keep?")
def _(orders):
    """You measured from the first order of the year. drop_duplicates keeps the first row unless it is told otherwise, and
    the rows stand in order of time."""
    paid = paid_orders(orders)
    first = paid[paid["ordered_at"] >= "2025-01-01"].groupby("customer_id")["ordered_at"].min()
    days = (pd.Timestamp(END) - first).dt.days
    old = (score(days, R_CUTS, best="low") == 1) & (base(orders)["recency_days"] <= 45).reindex(days.index)
    return wrong(
        recency_scores(days),
        shows={
            "median of days in your measure": count(days.median()),
            "median of days since the last order": count(base(orders)["recency_days"].median()),
        },
        cost=f"{count(old.sum())} customers who ordered within the last 45 days would get a win-back coupon: up to "
        f"{yuan(old.sum() * COUPON)}.",
    )


recency.hints(
    "Which number of days is the good one?",
    "Last paid order per customer, days to 1 January 2026, then count the two ends.",
    "R5 are those with at most 15 days, R1 those with more than 240.",
)


# ---------------------------------------------------------------- equals get equal scores


@prediction(
    "M01.a",
    title="Share of the buyers of 2025 with exactly one order in that year",
    unit="fraction",
    practises=["R210"],
    bounds=(0, 1),
    section="Equals get equal scores",
)
def guess_once(orders):
    """Nearly half bought once. Any rule that wants five equal groups has to cut through people who are alike."""
    return (base(orders)["orders"] == 1).mean()


@guess_once.mistake("QUINTILE_TIES", repair="How many groups of one fifth fit into those who ordered once?")
def _():
    """A fifth with the fewest orders is what quintiles promise. Counts of orders do not come in fifths."""
    return 0.2


def people_by_score(scores):
    """Customers with each score from 1 to 5, zeros included."""
    return {f"F{n}": int((scores == n).sum()) for n in range(1, 6)}


@exercise(
    "M01.3",
    title="Customers by F score, equals together",
    kind="table",
    unit="count",
    minutes=(5, 9),
    practises=["R210"],
    section="Equals get equal scores",
    selfcheck={
        "grain": "one customer with a paid order in 2025",
        "rule": "the middle of the ranks of those who are equal, as a share of all customers, times five, rounded up",
        "check": "all customers with the same number of orders have the same score",
    },
)
def frequency_scores(orders):
    """Each number of orders scores once, by the middle of its equals. A score may stay empty: there is no honest fifth."""
    return people_by_score(mid_rank_quintiles(base(orders)["orders"]))


@frequency_scores.mistake(
    "QUINTILE_TIES", repair="How many different numbers come out, and what happened to the other scores?"
)
def _(orders):
    """You let qcut drop the edges that coincide. Five scores became three without a word, and customers with one order
    and with two share the lowest."""
    often = base(orders)["orders"]
    found = pd.qcut(often, 5, labels=False, duplicates="drop") + 1
    twice = (often == 2).sum()
    return wrong(
        people_by_score(found),
        shows={"scores asked for": "5", "scores that came": str(found.nunique())},
        cost=f"A coupon for the second order, sent to the lowest group, costs up to {yuan((found == 1).sum() * COUPON)}, and "
        f"{percent(twice / (found == 1).sum(), 0)} of the group have placed that order already.",
    )


@frequency_scores.mistake(
    "ARBITRARY_TIES", repair="Take two customers with one order each: do they have the same score?"
)
def _(orders):
    """Your five groups are equally large. Numbers of orders allow that only if customers with the same number get
    different scores, by the order of the rows or by something else than how often they ordered."""
    often = base(orders)["orders"]
    found = pd.qcut(often.rank(method="first"), 5, labels=False) + 1
    calls = ((found == 1) & (often == 1)).sum() * CALL
    return wrong(
        people_by_score(found),
        shows={
            "customers with one order": percent((often == 1).mean(), 0),
            "largest share that one of your scores can hold": "20%",
        },
        cost=f"Calls to the customers with one order in your lowest score would cost {yuan(calls)}; others with one order "
        "would not be called.",
    )


@frequency_scores.slip("rule")
def _(orders):
    """You scored by fixed cut points. They keep equals together, too, and are another rule."""
    return people_by_score(score(base(orders)["orders"], F_CUTS))


frequency_scores.hints(
    "What do customers with the same number of orders have in common?",
    'Rank with method="average": equals get the middle of their places. Subtract one half, divide by the customers.',
    "np.ceil(5 * (ranks - 0.5) / len(ranks)), then count how many have 1, 2, 3, 4 and 5.",
)


# ---------------------------------------------------------------- a score has a date


@exercise(
    "M01.4",
    title="Champions on the morning of 1 July 2025",
    kind="number",
    unit="count",
    minutes=(4, 8),
    practises=["R210", "R138"],
    bounds=(0, None),
    section="A score has a date",
    selfcheck={
        "grain": "one customer",
        "window": "365 days before 1 July 2025, 0:00; nothing from that day on",
        "filter": "paid orders; last one at most 45 full days ago, three or more in the window",
    },
)
def champions_of_july(orders):
    """Both measures from what was known on that morning."""
    table = july(orders)
    return int(((table["recency_days"] <= 45) & (table["orders"] >= 3)).sum())


@champions_of_july.mistake(
    "SNAPSHOT_LEAK", repair="What is the last order, in the whole file, of a champion who went on buying?"
)
def _(orders):
    """You took each customer's last order from the whole file. The best customers ordered again after 1 July, so they
    seem to have no order before it that counts, and leave the list."""
    table, paid = july(orders), paid_orders(orders)
    last = paid.groupby("customer_id")["ordered_at"].max()
    days = (pd.Timestamp(HALF) - last).dt.days.reindex(table.index)
    seen = days.between(0, 45) & (table["orders"] >= 3)
    missed = (table["recency_days"] <= 45) & (table["orders"] >= 3) & ~seen
    return wrong(
        int(seen.sum()),
        shows={
            "days from 1 July to the latest 'last order' in the file": count(-days.min()),
            "share of the champions you lost who ordered in the next 90 days": percent(
                table.loc[missed, "again"].mean(), 0
            ),
        },
        cost=f"The customers left out spent {yuan(table.loc[missed, 'later'].sum())} in the next 90 days: your list holds "
        "those of the best who did not come back.",
    )


@champions_of_july.mistake("WINDOW_MISMATCH", repair="In which 365 days were the three orders counted?")
def _(orders):
    """You measured recency on 1 July and counted the orders of the whole year 2025. The second half of that year had not
    happened yet."""
    table = july(orders)
    often = base(orders)["orders"].reindex(table.index).fillna(0)
    seeming = int(((table["recency_days"] <= 45) & (often >= 3)).sum())
    inside = table.index[(table["recency_days"] <= 45) & (often >= 3)]
    later = paid_orders(orders)
    later = later[(later["ordered_at"] >= HALF) & later["customer_id"].isin(inside)]
    return wrong(
        seeming,
        shows={
            "window of your recency ends": "30 June 2025",
            "window of your orders ends": "31 December 2025",
        },
        cost=f"Boxes for your champions cost {yuan(seeming * BOX)}, and the list counts {count(len(later))} orders that "
        "nobody had seen on that morning.",
    )


@champions_of_july.slip("window")
def _(orders):
    """You counted orders since the shop opened, not of 365 days."""
    paid = paid_orders(orders)
    often = paid[paid["ordered_at"] < HALF]["customer_id"].value_counts()
    table = july(orders)
    return int(((table["recency_days"] <= 45) & (often.reindex(table.index) >= 3)).sum())


@champions_of_july.slip("window")
def _(orders):
    """You let days below zero pass as recent. They belong to orders after 1 July, which nobody knew that morning."""
    table, paid = july(orders), paid_orders(orders)
    days = (pd.Timestamp(HALF) - paid.groupby("customer_id")["ordered_at"].max()).dt.days
    return int(((days.reindex(table.index) <= 45) & (table["orders"] >= 3)).sum())


champions_of_july.hints(
    "Which orders did the shop know when 1 July began?",
    "Cut the orders at both ends of the window first; then last order and number of orders per customer.",
    'known = paid[paid["ordered_at"].between("2024-07-01", "2025-07-01", inclusive="left")], then groupby("customer_id").',
)


# ---------------------------------------------------------------- nine is not nine

FRESH, FADED = "R 4 or 5", "R 1 or 2"


@per_world
def nines(orders):
    """Customers with the sum nine on 1 July whose R is high or low: group, and whether they ordered again."""
    table = july(orders)
    nine = table[(table["R"] + table["F"] + table["M"] == 9) & (table["R"] != 3)]
    return nine.assign(group=np.where(nine["R"] >= 4, FRESH, FADED))


@exercise(
    "M01.5",
    title="Two ways to a sum of nine",
    kind="table",
    unit="fraction",
    minutes=(4, 8),
    practises=["R210"],
    section="Nine is not nine",
    selfcheck={
        "grain": "one customer with R + F + M = 9 on 1 July 2025",
        "numerator and denominator": "customers of the group who ordered again within 90 days, over customers of the group",
        "filter": "R of 3 is in neither group",
    },
)
def sum_of_nine(orders):
    """The same sum, and very different futures: the sum forgets which of the three it was made of."""
    return nines(orders).groupby("group")["again"].mean().to_dict()


@sum_of_nine.mistake("SCORE_SUM", repair="What do 5-2-2 and 2-2-5 have in common beside their sum?")
def _(orders):
    """You let the sum speak for both groups. R, F and M are no points of one game: a recent order says far more about the
    next one than a large basket of last year."""
    rows = nines(orders)
    pooled, rates = rows["again"].mean(), rows.groupby("group")["again"].agg(["mean", "size"])
    basket = july(orders).query("again")["later"].mean()
    promised = (pooled - rates.loc[FADED, "mean"]) * rates.loc[FADED, "size"]
    return wrong(
        {FRESH: pooled, FADED: pooled},
        shows={
            "customers in the one group": count(rates.loc[FRESH, "size"]),
            "customers in the other": count(rates.loc[FADED, "size"]),
        },
        cost=f"A plan with that rate for both expects about {yuan(promised * basket)} of revenue that the silent group "
        "does not bring in these 90 days.",
    )


@sum_of_nine.mistake(
    "WRONG_DENOM", repair="Of whom do you want the share: of a group, or of those who ordered?"
)
def _(orders):
    """You divided by all who ordered again. That says where the buyers come from; what a customer of a group will do has
    the group below the line."""
    rows = nines(orders)
    again = rows.groupby("group")["again"].sum()
    return wrong(
        (again / again.sum()).to_dict(),
        shows={
            "your two shares add up to": "100%",
            "shares of two different groups": "need not add up to anything",
        },
    )


@sum_of_nine.slip("numerator and denominator")
def _(orders):
    """You divided by all customers with the sum nine. Each group has only itself below the line."""
    table = july(orders)
    nine = table[table[["R", "F", "M"]].sum(axis=1) == 9]
    again = nines(orders).groupby("group")["again"].sum()
    return (again / len(nine)).to_dict()


sum_of_nine.hints(
    "How large is each group, and how many of it ordered again?",
    "Two groups among those with the sum nine, by R; then the mean of `again` in each.",
    'nine[nine["R"] >= 4]["again"].mean(), and the same with R <= 2.',
)


# ---------------------------------------------------------------- who gets the coupon


@prediction(
    "M01.b",
    title="What the coupon adds per champion, in yuan (minus if it costs more than it brings)",
    unit="CNY",
    practises=["R210"],
    section="Who gets the coupon?",
)
def guess_value(offer_test):
    """Champions order anyway. The coupon is paid on orders that would have come, and some of them put off an order."""
    return values(offer_test).loc[CHAMPION, "value"]


@guess_value.mistake(
    "RESPONSE_AS_UPLIFT", repair="What did champions without a coupon bring in the same 30 days?"
)
def _(offer_test):
    """You looked at what champions with a coupon bring. Those without one bring as much, or more."""
    return values(offer_test).loc[CHAMPION, "with_action"]


def two_cells(column):
    """A column of a table by cell, for the two cells of the question."""
    return {name: float(column[name]) for name in (CHAMPION, RECENT)}


@exercise(
    "M01.6",
    title="What the coupon adds per customer, in two cells",
    kind="table",
    unit="CNY",
    minutes=(5, 10),
    practises=["R210", "R138"],
    section="Who gets the coupon?",
    selfcheck={
        "grain": "one customer of the test; coupon and none were drawn by lot",
        "numerator and denominator": "margin of 30 days less the offer's cost, per customer of the arm, buyers or not",
        "comparison": "arm coupon minus arm none, within the cell",
    },
)
def value_of_coupon(offer_test):
    """With the coupon minus without it, its cost taken off: only the lot can tell what would have happened anyway."""
    return two_cells(values(offer_test)["value"])


@value_of_coupon.mistake(
    "RESPONSE_AS_UPLIFT", repair="What did customers of the same cell bring who got nothing?"
)
def _(offer_test, orders):
    """You looked at those with the coupon alone. The best customers bring most with any offer, because they bring most
    without one, too."""
    test, found = coupon_test(offer_test), values(offer_test)
    champions = (cell_of(base(orders)["recency_days"], base(orders)["orders"]) == CHAMPION).sum()
    without = test[(test["cell"] == CHAMPION) & (test["offer"] == "none")]["ordered_30d"].mean()
    bill = champions * without * COUPON
    return wrong(
        two_cells(found["with_action"]),
        shows={
            "champions with the coupon who ordered": percent(
                test[(test["cell"] == CHAMPION) & (test["offer"] == "coupon")]["ordered_30d"].mean(), 0
            ),
            "champions without any offer who ordered": percent(without, 0),
        },
        cost=f"Of today's {count(champions)} champions, {count(champions * without)} would order without a coupon. Giving it "
        f"to them costs {yuan(bill)} for orders that come anyway.",
    )


@value_of_coupon.mistake(
    "TOTAL_VS_NET", repair="Who pays the CNY 20 that each order with the coupon takes off?"
)
def _(offer_test):
    """You compared margins before the coupon. It is paid back on every order of that arm, also on those that would have
    come without it."""
    test = coupon_test(offer_test)
    gross = value_per_cell(test, "cell", "offer", "coupon", "margin_30d")["value"]
    arm = test[test["offer"] == "coupon"]
    return wrong(
        two_cells(gross),
        shows={
            "cost of the coupons in the test, CNY": count(arm["offer_cost"].sum()),
            "customers in that arm": count(len(arm)),
        },
        cost=f"In the test alone {yuan(arm['offer_cost'].sum())} of coupons stay out of the calculation.",
    )


@value_of_coupon.slip("numerator and denominator")
def _(offer_test):
    """You took the full price of a coupon off for everybody who got one. It is paid only where an order cashes it in;
    offer_cost says where."""
    gross = value_per_cell(coupon_test(offer_test), "cell", "offer", "coupon", "margin_30d")["value"]
    return two_cells(gross - COUPON)


value_of_coupon.hints(
    "What would these customers have done without the coupon, and where can you see it?",
    "Within a cell: mean of margin less offer cost of the arm coupon, minus the mean of the arm none.",
    'test.groupby(["cell", "offer"])["net"].mean().unstack("offer"), then coupon minus none.',
)


# ---------------------------------------------------------------- who is one person


@prediction(
    "M01.c",
    title="Of the pairs of contacts with the same phone: share that are one person",
    unit="fraction",
    practises=["R135"],
    bounds=(0, 1),
    section="Who is one person?",
)
def guess_precision(crm_contacts):
    """A phone is a good key and no proof: families share one, and numbers are given out again."""
    return phone_scores(crm_contacts)["precision"]


@guess_precision.mistake(
    "KEY_TRUST", repair="Whose phone does a grandmother give when she orders for the baby?"
)
def _():
    """You took one phone for one person. In a family it is not."""
    return 1.0


@per_world
def labels():
    """Who each contact really is: a Series by contact number."""
    return world.truth("crm_contacts").set_index("contact_id")["person"]


@per_world
def phone_scores(crm_contacts):
    """Precision and recall of the rule that one phone is one person."""
    contacts = crm_contacts.set_index("contact_id")
    return pair_scores(linked(contacts, "phone_md5"), labels())


def own_phone(contacts):
    """The phone where it belongs to at most one customer, else empty."""
    owners = contacts[contacts["phone_md5"] != ""].groupby("phone_md5")["customer_id"].nunique()
    return contacts["phone_md5"].where(contacts["phone_md5"].map(owners) <= 1, "")


@per_world
def surplus(crm_contacts):
    """Contacts less people by three rules: guarded, every phone trusted, without phones."""
    contacts = crm_contacts.assign(own_phone=own_phone(crm_contacts))
    rules = {
        "guarded": ["wechat_id", "email_md5", "own_phone"],
        "trusting": ["wechat_id", "email_md5", "phone_md5"],
        "strong": ["wechat_id", "email_md5"],
    }
    return {name: len(contacts) - linked(contacts, keys).nunique() for name, keys in rules.items()}


@exercise(
    "M01.7",
    title="Contacts too many",
    kind="number",
    unit="count",
    minutes=(5, 10),
    practises=["R135"],
    bounds=(0, None),
    section="Who is one person?",
    selfcheck={
        "grain": "one row of crm_contacts is one contact; a person may have several",
        "rule": "same WeChat, same e-mail, or same phone where at most one customer orders with that phone",
        "filter": "empty values join nobody",
    },
)
def contacts_too_many(crm_contacts):
    """Contacts less people, where a phone counts only while no second customer contradicts it."""
    return surplus(crm_contacts)["guarded"]


@contacts_too_many.mistake("KEY_TRUST", repair="How many customers order with one and the same phone?")
def _(crm_contacts, orders):
    """You joined everybody with the same phone. Two customers with orders of their own became one person, because they gave
    the same phone."""
    person = linked(crm_contacts, ["wechat_id", "email_md5", "phone_md5"])
    matched = crm_contacts.assign(person=person).dropna(subset=["customer_id"])
    lost = matched[matched.duplicated("person")]["customer_id"].astype("int64")
    spend = base(orders)["spend"].reindex(lost).sum()
    owners = matched[matched["phone_md5"] != ""].groupby("phone_md5")["customer_id"].nunique()
    return wrong(
        surplus(crm_contacts)["trusting"],
        shows={
            "phones with one customer": count((owners == 1).sum()),
            "phones with two or more customers": count((owners > 1).sum()),
        },
        cost=f"{count(len(lost))} customers would vanish into a relative's record, and with them {yuan(spend)} of orders "
        "in 2025 that nobody could thank them for.",
    )


@contacts_too_many.mistake("NULL_SEMANTICS", repair="Whom do all contacts without a phone have in common?")
def _(crm_contacts):
    """You counted different phones, and an empty field is one of them. Everybody whose phone is not known became one
    single person."""
    empty = (crm_contacts["phone_md5"] == "").sum()
    return wrong(
        len(crm_contacts) - crm_contacts["phone_md5"].nunique(),
        shows={"contacts without a phone": count(empty), "people that they are in your count": "1"},
    )


@contacts_too_many.slip("rule")
def _(crm_contacts):
    """No phone joins anybody in your count; only WeChat and e-mail do."""
    return surplus(crm_contacts)["strong"]


@contacts_too_many.slip("rule")
def _(crm_contacts):
    """You joined by the phone alone, whoever stands behind it."""
    return len(crm_contacts) - linked(crm_contacts, "phone_md5").nunique()


@contacts_too_many.slip("grain")
def _(crm_contacts):
    """You gave the contacts without a customer. Whether such a contact is somebody whom another contact holds, the keys
    have to tell."""
    return len(crm_contacts) - crm_contacts["customer_id"].nunique()


contacts_too_many.hints(
    "When does a phone prove that two contacts are one person, and when does it prove the contrary?",
    "Empty the phones with two customers or more; then link by WeChat, e-mail and what is left of the phones.",
    'len(contacts) - linked(contacts, ["wechat_id", "email_md5", "own_phone"]).nunique()',
)


# ---------------------------------------------------------------- where did the loyal go


@per_world
def tier_counts(customers, orders):
    """Customers by tier on 1 July (rows) and 1 January (columns)."""
    before, after = tiers(customers, orders, HALF), tiers(customers, orders, END)
    return pd.crosstab(before, after.reindex(before.index))


def loyal_row(table):
    """The two cells of the question."""
    return {STAY: float(table.loc["loyal", "loyal"]), SLEEP: float(table.loc["loyal", "dormant"])}


@exercise(
    "M01.8",
    title="Where the loyal of July are in January",
    kind="table",
    unit="fraction",
    minutes=(4, 8),
    practises=["R138"],
    section="Where did the loyal go?",
    selfcheck={
        "grain": "one customer who was loyal on 1 July 2025",
        "numerator and denominator": "customers in the tier of January, over all who were loyal in July",
        "window": "tiers of 1 July 2025 and of 1 January 2026",
    },
)
def fate_of_loyal(customers, orders):
    """Of all who were loyal in July: the denominator is the tier they started from."""
    counts = tier_counts(customers, orders)
    return loyal_row(counts.div(counts.sum(axis=1), axis=0))


@fate_of_loyal.mistake(
    "MATRIX_DENOM", repair="Do your shares add up to one along the row or down the column?"
)
def _(customers, orders):
    """You divided by the column. That says where today's loyal and dormant customers came from; what became of July's
    loyal has July's loyal below the line."""
    counts = tier_counts(customers, orders)
    found = loyal_row(counts / counts.sum())
    loyal = counts.loc["loyal"].sum()
    budget = found[SLEEP] * loyal * COUPON
    return wrong(
        found,
        shows={
            "loyal in July": count(loyal),
            "loyal in January": count(counts["loyal"].sum()),
            "dormant in January": count(counts["dormant"].sum()),
        },
        cost=f"A budget of {yuan(COUPON)} a head to win back the loyal who fell asleep would be set at {yuan(budget)}, and "
        "run out long before everybody was written to.",
    )


@fate_of_loyal.mistake("WRONG_DENOM", repair="Can a customer who was dormant in July stop being loyal?")
def _(customers, orders):
    """You divided by all customers. The result depends on how many dormant customers the file holds, not on what the
    loyal did."""
    counts = tier_counts(customers, orders)
    return wrong(
        loyal_row(counts / counts.to_numpy().sum()),
        shows={
            "customers in the whole table": count(counts.to_numpy().sum()),
            "of them loyal in July": count(counts.loc["loyal"].sum()),
        },
    )


fate_of_loyal.hints(
    "Of whom do you want the share?",
    "Take the row of July's loyal and divide it by its own sum.",
    'counts.loc["loyal"] / counts.loc["loyal"].sum()',
)


# ---------------------------------------------------------------- tags with a date


@per_world
def visits_of_autumn():
    """Visits from October to December 2025: customer (missing if not logged in), source, number."""
    file = str(data.folder() / "web_sessions_2025_h2.parquet").replace("'", "''")
    return duckdb.sql(f"""
        SELECT customer_id, source, count(*) AS visits FROM read_parquet('{file}')
        WHERE started_at >= '2025-10-01' GROUP BY ALL
    """).df()


@per_world
def last_store(orders):
    """Store of each customer's last paid order."""
    return paid_orders(orders).drop_duplicates("customer_id", keep="last").set_index("customer_id")["store"]


@per_world
def tag_quality(orders, customers):
    """Number of buyers seen in autumn, of buyers with another store than their tag, of buyers, of customers."""
    buyers = base(orders).index
    tag = customers.set_index("customer_id")["store"]
    seen = buyers.isin(visits_of_autumn()["customer_id"].dropna().astype("int64"))
    other = last_store(orders)[buyers] != tag[buyers]
    return int(seen.sum()), int(other.sum()), len(buyers), len(customers)


@exercise(
    "M01.11",
    title="Coverage and conflict of two tags",
    kind="table",
    unit="fraction",
    minutes=(5, 9),
    practises=["R057", "R136"],
    section="Tags with a date",
    selfcheck={
        "grain": "one customer with a paid order in 2025",
        "numerator and denominator": "buyers seen in a logged-in visit of October to December, over all buyers; buyers whose "
        "last paid order was in another store than their tag says, over all buyers",
        "filter": "visits without a customer belong to nobody we know",
    },
)
def quality_of_tags(orders, customers):
    """Both are shares of the people whom the tags are to describe."""
    seen, other, buyers, _ = tag_quality(orders, customers)
    return {"coverage": seen / buyers, "conflict": other / buyers}


@quality_of_tags.mistake(
    "ROWS_AS_PEOPLE", repair="Who fills more rows: somebody who visits once, or every week?"
)
def _(orders, customers):
    """You counted visits and orders. A tag describes people, and people who come often fill many rows."""
    visits = visits_of_autumn()
    known = visits.loc[visits["customer_id"].notna(), "visits"].sum()
    paid = paid_orders(orders)
    year = paid[paid["ordered_at"] >= "2025-01-01"]
    tag = year["customer_id"].map(customers.set_index("customer_id")["store"])
    return wrong(
        {"coverage": known / visits["visits"].sum(), "conflict": (year["store"] != tag).mean()},
        shows={
            "visits of the three months": count(visits["visits"].sum()),
            "buyers of the year": count(len(base(orders))),
        },
    )


@quality_of_tags.mistake(
    "WRONG_DENOM", repair="Whom is the profile to describe: all in the file, or the buyers of 2025?"
)
def _(orders, customers):
    """You divided by everybody in the customer file. Those who did not order in 2025 are not in the question, and they
    make both shares look small."""
    seen, other, buyers, everybody = tag_quality(orders, customers)
    return wrong(
        {"coverage": seen / everybody, "conflict": other / everybody},
        shows={"customers in the file": count(everybody), "buyers of 2025": count(buyers)},
    )


@quality_of_tags.slip("filter")
def _(orders, customers):
    """You counted all customers seen over the buyers. Some whom the visits know did not order in 2025."""
    seen = visits_of_autumn()["customer_id"].dropna().nunique()
    _, other, buyers, _ = tag_quality(orders, customers)
    return {"coverage": seen / buyers, "conflict": other / buyers}


quality_of_tags.hints(
    "Whom do the tags describe, and how many are they?",
    "Coverage: which buyers occur among the logged-in visits? Conflict: which buyers' last store differs from the tag?",
    'buyers.isin(seen["customer_id"]).mean(), and (last_store[buyers] != tag[buyers]).mean()',
)


@per_world
def feed_people(orders, customers):
    """Buyers seen in autumn: whether of the persona, and whether seen in a visit from feed ads."""
    visits = visits_of_autumn().dropna(subset=["customer_id"]).astype({"customer_id": "int64"})
    visits = visits[visits["customer_id"].isin(base(orders).index)]
    people = customers.set_index("customer_id").loc[visits["customer_id"].unique()]
    young = people["birth_year_band"].isin(["1990-1994", "1995-1999", "2000-2004"])
    feed = people.index.isin(visits.loc[visits["source"] == "feed ads", "customer_id"])
    return pd.DataFrame({"persona": young & (people["parity"] == "first"), "feed": feed}, index=people.index)


@exercise(
    "M01.12",
    title="Does the persona live in the feed?",
    kind="number",
    unit="times",
    minutes=(4, 8),
    practises=["R053"],
    bounds=(0, None),
    section="Tags with a date",
    selfcheck={
        "grain": "one buyer of 2025 seen in a logged-in visit of October to December",
        "numerator and denominator": "share with a visit from feed ads within the persona, over the same share of all",
        "filter": "persona: first child, parent born in 1990 or later",
    },
)
def index_of_persona(orders, customers):
    """A trait describes a persona when it is more frequent there than elsewhere. Near one it describes everybody."""
    people = feed_people(orders, customers)
    return people.loc[people["persona"], "feed"].mean() / people["feed"].mean()


@index_of_persona.mistake("NO_COMPARISON", repair="And how many of all the other buyers came from feed ads?")
def _(orders, customers):
    """You gave the persona's own share. It sounds like a trait until somebody asks what the others do."""
    people = feed_people(orders, customers)
    return wrong(
        people.loc[people["persona"], "feed"].mean(),
        shows={
            "persona among the buyers seen": percent(people["persona"].mean(), 0),
            "buyers seen": count(len(people)),
        },
        cost=feed_bill(orders, customers),
    )


def feed_bill(orders, customers):
    """What one thank-you call to each of the persona's feed visitors would cost."""
    people = feed_people(orders, customers)
    calls = (people["persona"] & people["feed"]).sum()
    return (
        f"A call campaign 'for the feed persona' rings {count(calls)} people at {yuan(CALL)} each, {yuan(calls * CALL)}, chosen "
        "by a trait that sets nobody apart."
    )


@index_of_persona.mistake(
    "WRONG_DENOM", repair="Is the question what the persona does, or who the feed's visitors are?"
)
def _(orders, customers):
    """You took the persona's share among feed visitors. That grows with the size of the persona, whatever it likes."""
    people = feed_people(orders, customers)
    return wrong(
        people.loc[people["feed"], "persona"].mean(),
        shows={
            "persona among all buyers seen": percent(people["persona"].mean(), 0),
            "feed visitors among all buyers seen": percent(people["feed"].mean(), 0),
        },
    )


index_of_persona.hints(
    "What would the number be if the persona were like everybody else?",
    "Two shares of people: within the persona, and among all. Then the one over the other.",
    "feed[persona].mean() / feed.mean()",
)


# ---------------------------------------------------------------- the mixed case


@per_world
def send_list(orders, consent_log):
    """Customers of the cell on 1 January: all, with consent for SMS at nine, with any last event that says given."""
    table = base(orders)
    who = table.index[cell_of(table["recency_days"], table["orders"]) == RECENT]
    asked = pd.DataFrame({"customer_id": who, "channel": "SMS", "at": SENT_AT})
    known = consent_log[consent_log["recorded_at"] < SENT_AT].sort_values("recorded_at", kind="stable")
    latest = known.drop_duplicates("customer_id", keep="last").set_index("customer_id")["state"]
    return {
        "all": len(who),
        "agreed": int(agreed(consent_log, asked).sum()),
        "bundled": int((latest.reindex(who) == "given").sum()),
    }


def plan(people, each):
    """The row of the plan: whom it may reach, and what it adds."""
    return {"people": people, "extra margin": float(people * each)}


def anyway_bill(offer_test, people):
    """Yuan of coupons for the orders that as many people of the cell place without one."""
    test = coupon_test(offer_test)
    return people * test[(test["cell"] == RECENT) & (test["offer"] == "none")]["ordered_30d"].mean() * COUPON


@exercise(
    "M01.9",
    title="The New Year coupon",
    kind="table",
    unit={"people": "count", "extra margin": "CNY"},
    minutes=(7, 13),
    practises=["R138", "R210", "R136"],
    section="Mixed case: the New Year coupon",
    selfcheck={
        "grain": "one customer of the cell 'one recent order' on 1 January 2026",
        "numerator and denominator": "what the coupon adds per customer of that cell in the test, times the people it may reach",
        "window": "consent in force at 9:00 on 1 January 2026",
        "filter": "marketing by SMS",
    },
)
def new_year_coupon(orders, consent_log, offer_test):
    """People of the cell who may be written to, times what the coupon adds to one of them."""
    return plan(send_list(orders, consent_log)["agreed"], values(offer_test).loc[RECENT, "value"])


@new_year_coupon.mistake("CONSENT_BUNDLED", repair="To what did the customer say yes, and by which channel?")
def _(orders, consent_log, offer_test):
    """You took the last event of any purpose and channel. A yes to order messages, or to e-mail, is no yes to advertising by
    SMS."""
    found = send_list(orders, consent_log)
    return wrong(
        plan(found["bundled"], values(offer_test).loc[RECENT, "value"]),
        shows={
            "customers of the cell": count(found["all"]),
            "of your list without consent for this message": count(found["bundled"] - found["agreed"]),
        },
    )


@new_year_coupon.mistake("RESPONSE_AS_UPLIFT", repair="What would the same people bring without the message?")
def _(orders, consent_log, offer_test):
    """You multiplied what customers with a coupon bring. Most of it comes without a coupon, and cannot be credited to it."""
    people, found = send_list(orders, consent_log)["agreed"], values(offer_test).loc[RECENT]
    return wrong(
        plan(people, found["with_action"]),
        shows={
            "customers on your list": count(people),
            "of their margin, comes without the coupon": percent(found["without"] / found["with_action"], 0),
        },
        cost=f"{yuan(anyway_bill(offer_test, people))} of coupons would go to orders that come anyway, and the plan would "
        "count these orders as gained.",
    )


@new_year_coupon.mistake("TOTAL_VS_NET", repair="How many coupons will be cashed in, and at which price?")
def _(orders, consent_log, offer_test):
    """You left the coupons' cost out. Everybody who orders cashes one in, also those who would have ordered anyway."""
    test, people = coupon_test(offer_test), send_list(orders, consent_log)["agreed"]
    gross = value_per_cell(test, "cell", "offer", "coupon", "margin_30d").loc[RECENT, "value"]
    cashed = test[(test["cell"] == RECENT) & (test["offer"] == "coupon")]["ordered_30d"].mean()
    anyway = test[(test["cell"] == RECENT) & (test["offer"] == "none")]["ordered_30d"].mean()
    return wrong(
        plan(people, gross),
        shows={
            "share that cashes in a coupon": percent(cashed, 0),
            "share that orders without one": percent(anyway, 0),
        },
        cost=f"For orders that would come anyway alone, coupons of {yuan(anyway_bill(offer_test, people))} would be paid; "
        "they stand in no line of the plan.",
    )


@new_year_coupon.slip("filter")
def _(orders, consent_log, offer_test):
    """You wrote to the whole cell. Nobody may be sent advertising by SMS without having agreed to that."""
    found, test = send_list(orders, consent_log), coupon_test(offer_test)
    mine = plan(found["all"], values(offer_test).loc[RECENT, "value"])
    gross = value_per_cell(test, "cell", "offer", "coupon", "margin_30d").loc[RECENT, "value"]
    near = abs(mine["extra margin"] / (found["agreed"] * gross) - 1) < 0.05
    return None if near else mine  # in such a world the sum is that of TOTAL_VS_NET


new_year_coupon.hints(
    "Whom may the message reach, and what does it change in what they do?",
    "Cell as of 1 January, consent at nine for SMS and marketing, then people times the value of the coupon in that cell.",
    'agreed(consent_log, asked).sum() with channel "SMS", and the value of exercise 6 for "one recent order".',
)


@exercise(
    "M01.10",
    title="The memo",
    kind="memo",
    minutes=(6, 12),
    practises=["R210", "R138"],
    section="The memo",
    selfcheck={
        "numerator and denominator": "line 1 states the extra margin of the New Year coupon in yuan, as in exercise 9",
        "evidence": "line 2 has a figure of its own",
        "ask": "line 3 begins with a verb",
    },
)
def memo(orders, consent_log, offer_test):
    """What the coupon adds, whom it must not be given to, and what to decide."""
    return new_year_coupon.compute(orders, consent_log, offer_test)["extra margin"]


@memo.mistake("RESPONSE_AS_UPLIFT", repair="Which part of that sum would come without the coupon?")
def _(orders, consent_log, offer_test):
    """Your number is what these customers bring, not what the coupon adds. Director Shen would book margin that comes
    anyway as the coupon's success."""
    people, found = send_list(orders, consent_log)["agreed"], values(offer_test).loc[RECENT]
    return wrong(
        people * found["with_action"],
        shows={
            "customers with the coupon": count(people),
            "of their margin, comes without it": percent(found["without"] / found["with_action"], 0),
        },
        cost=f"{yuan(anyway_bill(offer_test, people))} of coupons would go to orders that come anyway.",
    )


@memo.mistake("NO_ACTION", repair="What should Director Shen decide, and by when?")
def _():
    """Your last line asks for nothing. A number without a decision is filed."""
    return wrong(None)


memo.hints(
    "What does Director Shen have to decide?",
    "Line 1: the extra margin of the coupon in the cell. Line 2: champions, or the error of the estimate. Line 3: a verb.",
    "Take the extra margin of exercise 9, the value per champion of exercise 6, and begin line 3 with 'Send' or 'Approve'.",
)


# ---------------------------------------------------------------- opening the books


@exercise(
    "M01.13",
    title="Precision and recall of 'one phone, one person'",
    kind="table",
    unit="fraction",
    minutes=(5, 9),
    practises=["R135"],
    section="Open the books",
    selfcheck={
        "grain": "one pair of contacts",
        "numerator and denominator": "pairs with the same phone that are one person; over the pairs with the same phone "
        "(precision), over the pairs of one person (recall)",
        "filter": "an empty phone joins nobody",
    },
)
def quality_of_phone(crm_contacts):
    """Precision looks at what the rule joined, recall at what it should have joined."""
    found = phone_scores(crm_contacts)
    return {"precision": found["precision"], "recall": found["recall"]}


@quality_of_phone.mistake("WRONG_DENOM", repair="Which of the two asks: how much of what I joined is right?")
def _(crm_contacts):
    """You exchanged the two denominators. Precision stands on the pairs that the rule joined, recall on the pairs that
    there are."""
    found = phone_scores(crm_contacts)
    return wrong(
        {"precision": found["recall"], "recall": found["precision"]},
        shows={
            "pairs that the rule joined": count(found["pairs"]),
            "pairs that are one person": count(pairs_of(labels())),
        },
    )


def pairs_of(groups):
    """Pairs within the groups of a Series."""
    size = groups.value_counts()
    return int((size * (size - 1) // 2).sum())


@quality_of_phone.mistake(
    "NULL_SEMANTICS", repair="How many pairs do the contacts without a phone make among themselves?"
)
def _(crm_contacts):
    """You let the empty field join. Contacts whose phone nobody knows do not share one; they make more false pairs than all
    phones together."""
    contacts = crm_contacts.set_index("contact_id")
    found = pair_scores(contacts["phone_md5"], labels())
    empty = (contacts["phone_md5"] == "").sum()
    return wrong(
        {"precision": found["precision"], "recall": found["recall"]},
        shows={
            "contacts without a phone": count(empty),
            "pairs that they make": count(empty * (empty - 1) / 2),
        },
    )


quality_of_phone.hints(
    "How many pairs are there in a group of three contacts?",
    "Three counts of pairs: same phone; same person; same phone and same person.",
    "n * (n - 1) / 2 over groupby sizes; precision is both over phone, recall is both over person.",
)
