"""S01 The marketing data model: joins, windows, identity, one layer, erasure. Lesson: lessons/3_senior/S01_data_model.md."""

import pandas as pd

from mktlib import layer
from mktlib.course import exercise, per_world, prediction, wrong
from mktlib.course.text import count, percent, yuan

SPRING = ("2025-03-01", "2025-07-01")
QUARTER = ("2025-04-01", "2025-07-01")
CRM = ["customers", "crm_contacts", "consent_log"]


def within(times, window):
    return times.between(*window, inclusive="left")


@per_world
def paid_orders(orders):
    """Paid orders in order of time."""
    return orders[orders["status"] == "paid"].sort_values(["ordered_at", "order_id"])


@per_world
def spring_orders(orders):
    """Paid orders of the own shop, March to June 2025."""
    rows = paid_orders(orders)
    return rows[(rows["store"] == "own") & within(rows["ordered_at"], SPRING)]


@per_world
def touched(touchpoints, orders):
    """The touches of these orders, each with the amount of its order."""
    rows = touchpoints[touchpoints["order_id"].notna()][["order_id", "touch", "channel"]]
    return rows.merge(spring_orders(orders)[["order_id", "amount"]], on="order_id")


# ---------------------------------------------------------------- two questions from before


@exercise(
    "S01.r1",
    title="Six rules of attribution: what stays the same?",
    kind="choice",
    practises=["R093"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "the sum: each rule shares out the orders that the shop had, and no rule adds one",
        "b": "the order of the channels: a strong one is strong under each of the rules",
        "c": "the cause: where all rules agree on a channel, its orders came because of it",
    },
)
def same_under_rules():
    """Credit divides what is there. Whichever rule: the parts of an order sum to one, or rows were multiplied on the way."""
    return "a"


@same_under_rules.mistake("TOUCH_VS_CHANNEL", repair="Whom does the first touch pay, and whom the last one?")
def _(touchpoints, orders):
    """You expect the strong to stay strong. Rules look at different ends of a journey, and channels stand at different ends."""
    rows = touched(touchpoints, orders)
    first, last = (
        rows.drop_duplicates("order_id", keep=keep)["channel"].value_counts() for keep in ("first", "last")
    )
    return wrong(
        "b",
        shows={
            "orders that feed ads opened": count(first["feed ads"]),
            "orders that they closed": count(last["feed ads"]),
        },
    )


@same_under_rules.mistake(
    "LASTCLICK_AS_INCREMENTAL", repair="What would show that an order had not come otherwise?"
)
def _(truth):
    """You read agreement as proof. All rules look at the same journeys, and none at an order that would have come anyway."""
    found = truth["touch"]["found"]
    return wrong("c", shows={"orders that every rule shares out": count(found["own_orders"]),
                             "of them due to no channel (M05)": count(found["orders_due_to_no_channel"])})  # fmt: skip


same_under_rules.hints(
    "What did we sum in M05 to see whether a rule was computed right?",
    "Each column of the table of rules had the same total.",
    "Credit is bookkeeping.",
)


@exercise(
    "S01.r2",
    title="What does a contact's phone prove?",
    kind="choice",
    practises=["R135"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "that two contacts are one person, because a number belongs to one SIM card at a time",
        "b": "nothing, so that contacts are merged by customer number alone",
        "c": "that two contacts are one person, unless different customers stand behind the number",
    },
)
def phone_proves():
    """A phone may serve a family or have been given out again; where two customers use it, it joins nobody."""
    return "c"


@phone_proves.mistake("KEY_TRUST", repair="Who else may read a message that is sent to this number?")
def _(crm_contacts):
    """You trust a key because it is a key. In M01 families shared numbers, and operators had given some out again."""
    owners = crm_contacts[crm_contacts["phone_md5"] != ""].groupby("phone_md5")["customer_id"].nunique()
    return wrong(
        "a",
        shows={
            "phones with a customer": count((owners > 0).sum()),
            "with two or more": count((owners > 1).sum()),
        },
    )


@phone_proves.mistake("NULL_DROP", repair="Which contacts have no customer number, and what becomes of them?")
def _(crm_contacts):
    """You let only the number of the shop count. Contacts without it, the doubles of M01 among them, are then never merged."""
    return wrong(
        "b",
        shows={
            "contacts": count(len(crm_contacts)),
            "without a customer number": count(crm_contacts["customer_id"].isna().sum()),
        },
    )


phone_proves.hints(
    "Which rule did M01 use to merge contacts?",
    "A WeChat or an e-mail joins, a phone joins under a condition.",
    "The condition counts the customers behind a number.",
)


# ---------------------------------------------------------------- joins


@prediction(
    "S01.a",
    title="Revenue after the join with touches, per yuan of revenue",
    unit="times",
    practises=["R206"],
    bounds=(0, None),
    section="A join that sells",
)
def guess_fanout(touchpoints, orders):
    """Each order comes back once for each of its touches, with its whole amount."""
    rows = touched(touchpoints, orders)
    return rows["amount"].sum() / rows.drop_duplicates("order_id")["amount"].sum()


@guess_fanout.mistake("JOIN_FANOUT", repair="How many rows of touchpoints has one order?")
def _():
    """You expected a join to add columns only. It adds rows as well, one for each match."""
    return 1.0


SHOWN = ["feed ads", "SEM", "private domain"]


@exercise(
    "S01.1",
    title="Revenue by channel, after a join with touches",
    kind="table",
    unit="CNY",
    minutes=(6, 10),
    practises=["R093", "R206", "R208"],
    section="A join that sells",
    selfcheck={
        "grain": "one row after the join is one touch; an order has several",
        "sum": "over all channels the parts sum to the revenue of the orders",
        "filter": "paid orders of the own shop, March to June 2025; tmall, JD and live rooms are not in it",
    },
)
def shared_revenue(touchpoints, orders):
    """Allocated first and joined afterwards, each yuan stands in one row, and the total is the shop's."""
    rows = touched(touchpoints, orders)
    part = rows["amount"] / rows.groupby("order_id")["touch"].transform("size")
    return part.groupby(rows["channel"]).sum()[SHOWN].to_dict()


@shared_revenue.mistake(
    "JOIN_FANOUT", repair="How often does the amount of an order with four touches stand in the joined table?"
)
def _(touchpoints, orders):
    """You joined and summed. The amount belongs to the order, the row to a touch: an order with four touches sold four times."""
    rows = touched(touchpoints, orders)
    real = rows.drop_duplicates("order_id")["amount"].sum()
    return wrong(
        rows.groupby("channel")["amount"].sum()[SHOWN].to_dict(),
        shows={"revenue of these orders": yuan(real), "revenue over all channels after the join": yuan(rows["amount"].sum())},
        cost=f"Targets set on that table would ask the channels for {yuan(rows['amount'].sum() - real)} that nobody pays.",
    )  # fmt: skip


@shared_revenue.mistake(
    "DOUBLE_CREDIT", repair="An order met feed ads and SEM: how much of it does each get in your table?"
)
def _(touchpoints, orders):
    """You took distinct pairs of order and channel. That removes repeated touches; the order still stands whole under each channel."""
    rows = touched(touchpoints, orders)
    once = rows.drop_duplicates(["order_id", "channel"])
    real = rows.drop_duplicates("order_id")["amount"].sum()
    return wrong(
        once.groupby("channel")["amount"].sum()[SHOWN].to_dict(),
        shows={"orders": count(rows["order_id"].nunique()), "pairs of order and channel": count(len(once))},
        cost=f"{yuan(once['amount'].sum() - real)} would be paid out in bonuses twice or more.",
    )


@shared_revenue.mistake(
    "CREDIT_NOT_SUM1", repair="Two orders of the same amount: does your sum see one or two?"
)
def _(touchpoints, orders):
    """You wrote sum(distinct amount). It drops repeated amounts, and two orders of one price are one amount."""
    rows = touched(touchpoints, orders)
    pairs = rows.drop_duplicates(["channel", "amount"])
    twins = spring_orders(orders)["amount"].duplicated().sum()
    lost = rows.drop_duplicates(["order_id", "channel"])["amount"].sum() - pairs["amount"].sum()
    return wrong(
        pairs.groupby("channel")["amount"].sum()[SHOWN].to_dict(),
        shows={
            "orders": count(len(spring_orders(orders))),
            "whose amount an earlier order has, too": count(twins),
        },
        cost=f"{yuan(lost)} of real orders vanish from the channels, and others are counted under each.",
    )


@shared_revenue.slip("grain")
def _(touchpoints, orders):
    """You gave each order to its last touch, the channel that stands in orders. Here every touch gets an equal part."""
    last = touched(touchpoints, orders).sort_values("touch").drop_duplicates("order_id", keep="last")
    return last.groupby("channel")["amount"].sum()[SHOWN].to_dict()


@shared_revenue.slip("grain")
def _(touchpoints, orders):
    """You shared each order among its channels. Here it is shared among its touches: a channel met twice gets two parts."""
    rows = touched(touchpoints, orders).drop_duplicates(["order_id", "channel"])
    part = rows["amount"] / rows.groupby("order_id")["channel"].transform("size")
    return part.groupby(rows["channel"]).sum()[SHOWN].to_dict()


shared_revenue.hints(
    "Which part of its order should a touch carry, so that the parts sum to one?",
    "A window function counts the touches of an order without making the rows fewer: count(*) over (partition by order_id).",
    "sum(amount / touches) by channel, with touches = count(*) over (partition by order_id) in a subquery.",
)


@per_world
def newcomers(customers, orders):
    """Customers registered from January to June 2025, and their paid orders of October to December."""
    joined = customers[within(customers["registered_on"], ("2025-01-01", "2025-07-01"))]["customer_id"]
    rows = paid_orders(orders)
    rows = rows[within(rows["ordered_at"], ("2025-10-01", "2026-01-01")) & rows["customer_id"].isin(joined)]
    return joined, rows


@exercise(
    "S01.2",
    title="Orders per newcomer in the fourth quarter",
    kind="number",
    unit="times",
    minutes=(4, 8),
    practises=["R206"],
    bounds=(0, None),
    section="A join that loses people",
    selfcheck={
        "numerator and denominator": "paid orders of October to December 2025, over everybody registered from January to June",
        "grain": "one row of customers is one person; those without an order count below the line",
        "filter": "status and time of the orders belong to the join",
    },
)
def orders_per_newcomer(customers, orders):
    """With the conditions in ON, who did not order keeps a row, with NULL for the order, and count(order_id) passes over it."""
    joined, rows = newcomers(customers, orders)
    return len(rows) / len(joined)


@orders_per_newcomer.mistake(
    "LEFT_TO_INNER", repair="What is status of somebody who has no order, and is it equal to 'paid'?"
)
def _(customers, orders):
    """You wrote the conditions into WHERE. It runs after the join, NULL is equal to nothing, and who has no order is gone."""
    joined, rows = newcomers(customers, orders)
    buyers = rows["customer_id"].nunique()
    per = rows["amount"].sum() / len(rows)
    return wrong(
        len(rows) / buyers,
        shows={"registered from January to June": count(len(joined)), "left after WHERE": count(buyers)},
        cost=f"Planned at that rate, {count(len(joined))} newcomers owe {yuan((len(rows) / buyers - len(rows) / len(joined)) * len(joined) * per)} "
        "more in a quarter than they bring.",
    )  # fmt: skip


@orders_per_newcomer.mistake(
    "NULL_SEMANTICS", repair="Which row does count(*) see for somebody without an order?"
)
def _(customers, orders):
    """You counted rows with count(*). The left join gives one row to each who did not order, and you took it for an order."""
    joined, rows = newcomers(customers, orders)
    none = len(joined) - rows["customer_id"].nunique()
    return wrong(
        (len(rows) + none) / len(joined),
        shows={"rows of the join without an order": percent(none / (len(rows) + none), 0)},
        cost=f"The plan would count on {yuan(none * rows['amount'].mean())}, at the usual basket, of orders that nobody placed.",
    )


@orders_per_newcomer.slip("numerator and denominator")
def _(customers, orders):
    """You divided by the rows of the join. Who ordered three times then stands three times below the line."""
    joined, rows = newcomers(customers, orders)
    return len(rows) / (len(rows) + len(joined) - rows["customer_id"].nunique())


@orders_per_newcomer.slip("filter")
def _(customers, orders):
    """You wrote the month of registration into ON, too. The left side is not filtered there: customers of all other
    months stand below the line, with no order each."""
    return len(newcomers(customers, orders)[1]) / len(customers)


orders_per_newcomer.hints(
    "What has to be true of an order, and what of a customer?",
    "Conditions on the order stand in ON, those on the customer in WHERE.",
    "count(o.order_id) / count(distinct c.customer_id) from customers c left join orders o on ... and o.status = 'paid' and ...",
)


# ---------------------------------------------------------------- NULL


@per_world
def live_summer(orders, refunds):
    """Orders of the live rooms, July to September 2025, with their refund or NaN."""
    rows = orders[(orders["store"] == "live") & within(orders["ordered_at"], ("2025-07-01", "2025-10-01"))]
    return rows.assign(refund=rows["order_id"].map(refunds.groupby("order_id")["amount"].sum()))


@exercise(
    "S01.3",
    title="Refund per paid order of the live rooms",
    kind="table",
    unit={"refund per order": "CNY", "orders with a refund": "count"},
    minutes=(4, 7),
    practises=["R206"],
    section="What NULL does to a count",
    selfcheck={
        "numerator and denominator": "money returned, over all paid orders, those that kept everything among them",
        "window": "ordered from July to September 2025",
        "filter": "paid orders of store live",
    },
)
def refund_per_order(orders, refunds):
    """No refund is zero yuan here, and the query has to say so: coalesce before avg, count(column) for those who have one."""
    paid = live_summer(orders, refunds).query("status == 'paid'")
    return {
        "refund per order": paid["refund"].sum() / len(paid),
        "orders with a refund": int(paid["refund"].notna().sum()),
    }


def live_autumn(orders):
    """How many paid orders the live rooms had in the quarter after: what a reserve is held for."""
    return (
        (orders["store"] == "live")
        & (orders["status"] == "paid")
        & within(orders["ordered_at"], ("2025-10-01", "2026-01-01"))
    ).sum()


@refund_per_order.mistake(
    "NULL_SEMANTICS", repair="How many rows does avg divide by where the refund is NULL?"
)
def _(orders, refunds):
    """You left NULL to avg. It passes over it, so your mean is one over refunded orders alone; an order that was kept returned
    zero yuan."""
    paid = live_summer(orders, refunds).query("status == 'paid'")
    fat = paid["refund"].mean() - paid["refund"].sum() / len(paid)
    return wrong(
        {
            "refund per order": paid["refund"].mean(),
            "orders with a refund": int(paid["refund"].notna().sum()),
        },
        shows={"paid orders where the refund is NULL": count(paid["refund"].isna().sum())},
        cost=f"At that rate {yuan(fat * live_autumn(orders))} too much would be held back for the orders of October to December.",
    )


@refund_per_order.slip("numerator and denominator")
def _(orders, refunds):
    """You counted the rows of the join. An order without a refund has a row, too, with NULL in it."""
    paid = live_summer(orders, refunds).query("status == 'paid'")
    return {"refund per order": paid["refund"].sum() / len(paid), "orders with a refund": len(paid)}


@refund_per_order.mistake("DEF_MISMATCH", repair="Which orders could be refunded at all, and until when?")
def _(orders, refunds):
    """Your rate is too thin. Either unpaid orders stand below the line, for which nothing was paid and nothing can come back; or
    refunds count by their own date, and those that these orders got after September are missing."""
    rows = live_summer(orders, refunds)
    paid = (rows["status"] == "paid").sum()
    lean = rows["refund"].sum() / paid - rows["refund"].sum() / len(rows)
    return wrong(
        {
            "refund per order": rows["refund"].sum() / len(rows),
            "orders with a refund": int(rows["refund"].notna().sum()),
        },
        shows={"share of these orders that was paid": percent(paid / len(rows), 0)},
        cost=f"At that rate the reserve for the paid orders of October to December is {yuan(lean * live_autumn(orders))} short.",
    )


refund_per_order.hints(
    "What is the refund of an order that was kept, in money, and what does the left join write there?",
    "avg(coalesce(r.amount, 0)) divides by all rows; count(r.amount) counts those that are not NULL.",
    "from orders o left join refunds r using (order_id) where o.status = 'paid' and o.store = 'live' and ...",
)


# ---------------------------------------------------------------- windows


@per_world
def hits(events):
    """Hits of the second window in order of visitor, time and number, cut into visits of half an hour's silence."""
    rows = events[events["event_time_utc"] >= "2025-05-01"].sort_values(
        ["visitor_id", "event_time_utc", "event_id"]
    )
    silence = rows.groupby("visitor_id")["event_time_utc"].diff()
    first = silence.isna()
    long = silence >= pd.Timedelta(minutes=30)
    return rows.assign(first=first, long=long, visit=(first | long).cumsum())


@exercise(
    "S01.4",
    title="Visits, and those that end at the checkout",
    kind="table",
    unit="count",
    minutes=(7, 12),
    practises=["R206"],
    section="Windows",
    selfcheck={
        "grain": "one row of events is one hit; a visit has one or more",
        "order": "by time, and within a second by event_id",
        "window": "hits from May 2025 on; half an hour of silence or more ends a visit",
    },
)
def checkout_ends(events):
    """The first hit of a visitor has NULL before it and opens a visit; the last hit is the last only in a complete order."""
    rows = hits(events)
    return {
        "visits": rows["visit"].nunique(),
        "end at the checkout": int((rows.groupby("visit")["event"].last() == "begin_checkout").sum()),
    }


@checkout_ends.mistake(
    "NULL_SEMANTICS",
    repair="What is the silence before the first hit of a visitor, and is it at least half an hour?",
)
def _(events, orders):
    """You counted hits after a long silence. Before the first hit of a visitor stands NULL, NULL is not >= anything, and the
    first visit of everybody is lost."""
    rows = hits(events)
    ends = rows.groupby("visit").agg(last=("event", "last"), first=("first", "first"))
    visits = int(rows["long"].sum())
    lost = ends[ends["first"]]
    basket = spring_orders(orders)["amount"].mean()
    return wrong(
        {"visits": visits, "end at the checkout": int((ends["last"] == "begin_checkout").sum())},
        shows={"hits": count(len(rows)), "hits after a long silence": count(visits)},
        cost=f"Baskets of {yuan((lost['last'] == 'begin_checkout').sum() * basket)}, at the usual price, were left on such a "
        "first visit.",
    )


@checkout_ends.mistake(
    "WINDOW_ORDER", repair="Two hits bear the same second: which one is last in your window?"
)
def _(events, orders):
    """You ordered by time alone, or let last_value look no farther than its own row. Hits of one second then stand in any
    order, and a page of the checkout passes for the end, or for none."""
    rows = hits(events)
    unlucky = rows.sort_values(["visit", "event_time_utc", "event"])
    ends = unlucky.groupby("visit")["event"].last()
    found = int((rows.groupby("visit")["event"].last() == "begin_checkout").sum())
    tied = rows.duplicated(["visitor_id", "event_time_utc"], keep=False).sum()
    basket = spring_orders(orders)["amount"].mean()
    return wrong(
        {"visits": rows["visit"].nunique(), "end at the checkout": int((ends == "begin_checkout").sum())},
        shows={"hits": count(len(rows)), "hits that share a second with another of the visitor": count(tied)},
        cost=f"Left baskets of {yuan(found * basket)}, at the usual price, would be missing from the list of the reminder.",
    )


@checkout_ends.slip("grain")
def _(events):
    """You counted hits at the checkout: last_value without a frame ends at the row itself, so each hit is its own last one."""
    rows = hits(events)
    return {
        "visits": rows["visit"].nunique(),
        "end at the checkout": int((rows["event"] == "begin_checkout").sum()),
    }


@checkout_ends.slip("grain")
def _(events):
    """You counted visits with a checkout and no purchase. Some went on to other pages; the last hit is asked for."""
    visits = hits(events).groupby("visit")["event"].agg(set)
    left = visits.map(lambda seen: "begin_checkout" in seen and "purchase" not in seen)
    return {"visits": len(visits), "end at the checkout": int(left.sum())}


checkout_ends.hints(
    "Which hits open a visit, and what does lag give before the first hit of all?",
    "Number the visits with a running sum, then take the last hit of each by time and event_id.",
    "sum(case when silence < interval 30 minutes then 0 else 1 end) over (partition by visitor_id order by event_time_utc, event_id); "
    "then row_number() over (partition by visitor_id, visit order by event_time_utc desc, event_id desc) = 1.",
)


@per_world
def cohort(orders):
    """Paid orders, each with the day on which its customer began."""
    rows = paid_orders(orders)
    return rows.assign(began=rows.groupby("customer_id")["ordered_at"].transform("min"))


def again(rows, began, days=90, until=None):
    """New customers of a table, and the share with a further order within `days`."""
    size = rows.loc[within(began, QUARTER), "customer_id"].nunique()
    later = rows[
        within(began, QUARTER)
        & (rows["ordered_at"] > began)
        & (rows["ordered_at"] < began + pd.Timedelta(days=days))
    ]
    if until:
        later = later[later["ordered_at"] < until]
    return {"new customers": size, "ordered again": later["customer_id"].nunique() / size}


@exercise(
    "S01.5",
    title="New customers of a quarter, and who came back",
    kind="table",
    unit={"new customers": "count", "ordered again": "fraction"},
    minutes=(6, 10),
    practises=["R206"],
    section="Cohorts",
    selfcheck={
        "grain": "one customer counts once",
        "window": "first paid order of a lifetime from April to June 2025; a further one less than 90 days later, whenever that is",
        "filter": "paid orders, all stores",
    },
)
def quarter_cohort(orders):
    """First the first order of everybody, from all years; only then the quarter."""
    rows = cohort(orders)
    return again(rows, rows["began"])


@quarter_cohort.mistake("FILTER_BEFORE_MIN", repair="Where does your query see an order of 2023?")
def _(orders, budget):
    """You filtered the quarter first. min() then finds the first order of the quarter, and customers of years look new."""
    rows = cohort(orders)
    inside = rows[within(rows["ordered_at"], QUARTER)]
    began = rows["customer_id"].map(inside.groupby("customer_id")["ordered_at"].min())
    found, right = again(rows, began), again(rows, rows["began"])
    spent = budget[within(budget["date"], QUARTER)]["spent"].sum()
    return wrong(
        found,
        shows={"who ordered in the quarter": count(inside["customer_id"].nunique()), "of them never before": percent(right["new customers"] / inside["customer_id"].nunique(), 0)},
        cost=f"A new customer would seem to cost {yuan(spent / found['new customers'])} instead of {yuan(spent / right['new customers'])}, and be bid for as such.",
    )  # fmt: skip


@quarter_cohort.mistake(
    "RIGHT_CENSOR", repair="How many days had somebody who began on 29 June, in your query?"
)
def _(orders):
    """You let the window of the quarter hold for the second order, too. Who began in June had hardly any time to come back."""
    rows = cohort(orders)
    found, right = again(rows, rows["began"], until=QUARTER[1]), again(rows, rows["began"])
    missed = (right["ordered again"] - found["ordered again"]) * right["new customers"]
    basket = rows.loc[within(rows["ordered_at"], QUARTER), "amount"].mean()
    return wrong(
        found,
        shows={"days of somebody who began on 1 April": "90", "of somebody who began on 29 June": "1"},
        cost=f"Customers who came back, {yuan(missed * basket)} at one usual basket each, would be taken for lost.",
    )


quarter_cohort.hints(
    "Which rows must min() see, and which customers belong to the quarter?",
    "A first query: min(ordered_at) by customer over all paid orders. A second one filters its result.",
    "with began as (select customer_id, min(ordered_at) as began from orders where status = 'paid' group by 1) ... left join orders.",
)


# ---------------------------------------------------------------- identity


@per_world
def accounts(wecom_contacts):
    """One row per WeChat account: phone, and the gender of its profile."""
    phones = (
        wecom_contacts.dropna(subset=["phone_id"])
        .drop_duplicates("wechat_id")
        .set_index("wechat_id")["phone_id"]
    )
    rows = wecom_contacts.sort_values(["wechat_id", "gender"]).drop_duplicates("wechat_id", keep="last")
    return rows.set_index("wechat_id")[["gender"]].assign(phone_id=phones)


def second_accounts(rows):
    """Accounts whose phone, and no other gender, stands behind an earlier account."""
    known = rows.dropna(subset=["phone_id"])
    genders = known[known["gender"] != ""].groupby("phone_id")["gender"].nunique()
    behind = known.groupby("phone_id").size()
    people = genders.reindex(behind.index).fillna(1).clip(lower=1)
    return int((behind - people).sum())


@exercise(
    "S01.6",
    title="Second accounts in the private domain",
    kind="number",
    unit="count",
    minutes=(7, 12),
    practises=["R135", "R206"],
    bounds=(0, None),
    section="Who is one person",
    selfcheck={
        "grain": "one row of wecom_contacts is one account with one adviser; first make one row per account",
        "rule": "same known phone, unless the profiles name different genders",
        "filter": "a phone that is not known joins nobody",
    },
)
def double_accounts(wecom_contacts):
    """A phone joins accounts only where nothing speaks against it, and a missing phone is no phone that many share."""
    return second_accounts(accounts(wecom_contacts))


@double_accounts.mistake(
    "KEY_TRUST", repair="A woman and a man use one phone number: whom does the newest account overwrite?"
)
def _(wecom_contacts, orders):
    """You kept the newest account of each phone. Where a couple shares a number, one of them overwrites the other."""
    rows = accounts(wecom_contacts).dropna(subset=["phone_id"])
    found = len(rows) - rows["phone_id"].nunique()
    couples = found - second_accounts(rows)
    year = orders[(orders["status"] == "paid") & (orders["ordered_at"] >= "2025-01-01")]
    members = wecom_contacts["customer_id"].dropna().unique()
    worth = year.loc[year["customer_id"].isin(members), "amount"].sum() / len(members)
    return wrong(
        found,
        shows={
            "accounts with a phone": count(len(rows)),
            "different phones": count(rows["phone_id"].nunique()),
        },
        cost=f"People who spent about {yuan(couples * worth)} in 2025 would vanish from the lists of the advisers.",
    )


@double_accounts.mistake(
    "NULL_SEMANTICS", repair="Into which group does PARTITION BY put the accounts without a phone?"
)
def _(wecom_contacts):
    """You partitioned by phone and forgot those without one. NULL makes one group: row_number keeps one of all of them."""
    rows = accounts(wecom_contacts)
    missing = int(rows["phone_id"].isna().sum())
    return wrong(
        second_accounts(rows) + missing - 1,
        shows={"share of accounts without a phone": percent(missing / len(rows), 0)},
    )


@double_accounts.slip("rule")
def _(wecom_contacts):
    """You let the newest win: one account per phone, couples or not, and one of all accounts without a phone."""
    rows = accounts(wecom_contacts)
    return len(rows) - rows["phone_id"].nunique() - 1


@double_accounts.mistake("ROWS_AS_PEOPLE", repair="What is one row of wecom_contacts?")
def _(wecom_contacts):
    """You compared rows with accounts. A row is an account with an adviser; two advisers do not make a second account."""
    return wrong(
        len(wecom_contacts) - wecom_contacts["wechat_id"].nunique(),
        shows={
            "rows": count(len(wecom_contacts)),
            "different WeChat accounts": count(wecom_contacts["wechat_id"].nunique()),
        },
    )


double_accounts.hints(
    "How many people may stand behind a phone with two accounts?",
    "One row per account; then by phone: accounts less people, where two genders make two people.",
    "group by phone_id having phone_id is not null: count(*) - greatest(1, count(distinct nullif(gender, ''))), summed.",
)


# ---------------------------------------------------------------- erasure


@per_world
def rehearsal():
    """The mother who asks, and the tables that hold her: under all her names, and under her number alone."""
    con = layer.rehearsal(views=True)
    ((mother,),) = con.sql(ASKS).fetchall()
    ids = layer.ids_of(con, mother)
    held = {
        "all": layer.traces(con, ids, per="table").set_index("table")["rows"],
        "number": layer.traces(con, {"customer_id": ids["customer_id"]}, per="table").set_index("table")[
            "rows"
        ],
    }
    con.close()
    return mother, held


ASKS = """
    select min(customer_id) from crm_contacts where marketed_on is not null
      and phone_md5 in (select phone_md5 from crm_contacts where phone_md5 <> '' group by 1 having count(distinct customer_id) = 1)
      and email_md5 in (select email_md5 from crm_contacts where customer_id is null and email_md5 <> '')
      and customer_id in (select customer_id from wecom_contacts) and customer_id in (select customer_id from recall_test)
      and customer_id in (select customer_id from offer_test) and customer_id in (select inviter_customer_id from referrals)
"""


def size(rows):
    return {"tables": len(rows), "rows": int(rows.sum())}


def grave_case(orders):
    """The ceilings of PIPL Art. 66 for grave cases, in words; turnover: the paid orders of 2025."""
    year = orders[(orders["status"] == "paid") & (orders["ordered_at"] >= "2025-01-01")]
    turnover = yuan(year["amount"].sum() / 20)
    return f"In grave cases PIPL Art. 66 goes up to CNY 50 million, or a twentieth of a year's turnover (here {turnover})."


@prediction(
    "S01.b",
    title="Tables that still hold a person after the CRM has deleted her",
    unit="count",
    practises=["R246", "R247"],
    bounds=(0, None),
    section="Forget me",
)
def guess_left():
    """Marts, lists, logs and training tables were made by copying, and a copy does not know that its source was deleted."""
    _, held = rehearsal()
    return len(held["all"].index.difference(CRM))


@guess_left.mistake("PARTIAL_ERASURE", repair="Which teams have copied her row since 2023?")
def _():
    """You expected deletion to travel by itself. It stays where it was done."""
    return 1


@exercise(
    "S01.7",
    title="Where she stands",
    kind="table",
    unit="count",
    minutes=(6, 11),
    practises=["R246", "R247"],
    section="Forget me",
    selfcheck={
        "grain": "a row of a table counts once, however many of its columns name her",
        "ids": "all names: customer number, hashes, WeChat, browsers, chats, what her orders link to",
        "tables": "every table of the copy, the derived ones among them",
    },
)
def where_she_stands():
    """A request concerns the person. Her number is one of her names, and the CRM is one of the places."""
    return size(rehearsal()[1]["all"])


@where_she_stands.mistake(
    "PARTIAL_ERASURE", repair="Who has copied from the CRM, and was told of the deletion?"
)
def _(orders):
    """You searched the CRM. Marts, uploaded lists and the training table of a model were copied from it and know nothing of a deletion."""
    held = rehearsal()[1]["all"]
    crm = held[held.index.isin(CRM)]
    return wrong(
        size(crm),
        shows={"rows in the CRM": count(crm.sum()), "messages sent to her": count(held.get("message_sends", 0))},
        cost=grave_case(orders),
    )  # fmt: skip


@where_she_stands.mistake(
    "ANON_AS_SAFE", repair="Which list holds her phone as a hash, and to whom was it sent?"
)
def _(orders):
    """You searched her customer number. A hash of her phone, her browser and her WeChat account name her as well as the number does."""
    held = rehearsal()[1]
    return wrong(
        size(held["number"]),
        shows={
            name: "not found by her number" if name not in held["number"].index else "found"
            for name in ["upload_lookalike_2025_q4", "mart_customer_value"]
        },
        cost=f"Her answer would say deleted, and it would be untrue. {grave_case(orders)}",
    )


where_she_stands.hints(
    "Under how many names do the tables know her?",
    "ids_of follows the links from the customer number to all other names; traces searches every table for them.",
    'traces(copy, ids, per="table"): its length, and the sum of rows.',
)


# ---------------------------------------------------------------- one layer


@per_world
def two_cacs(budget, orders, customers):
    """The CAC of Q2 2025 as the growth desk counts it, and as controlling does."""
    spent = budget[within(budget["date"], QUARTER)].groupby("item")["spent"].sum()
    registered = int(within(customers["registered_on"], QUARTER).sum())
    began = paid_orders(orders).groupby("customer_id")["ordered_at"].min()
    new = int(within(began, QUARTER).sum())
    return {"desk": (spent["media"] + spent["new-customer coupons"]) / registered, "controlling": spent.sum() / new,
            "spent": spent, "registered": registered, "new": new}  # fmt: skip


@exercise(
    "S01.8",
    title="Two teams, two CACs: who is right?",
    kind="choice",
    minutes=(3, 5),
    practises=["R208"],
    section="One layer",
    options={
        "a": "controlling: its cost comes from the books, and books are audited; the desk shall take over that figure",
        "b": "neither yet: agree on what is above and below the line, name an owner, and let both read it from one place",
        "c": "both within limits: publish the mean of the two, with the distance between them as the uncertainty",
    },
)
def who_is_right():
    """Both counted without an error, and answered different questions. A definition with an owner ends it, for all later quarters."""
    return "b"


@who_is_right.mistake(
    "TOOL_TRUTH", repair="Did the auditors decide whether a registration is a new customer?"
)
def _(budget, orders, customers):
    """You made a source right. Audited books know what was paid; who is a new customer is not in them, and the next quarrel comes
    with the next figure."""
    both = two_cacs(budget, orders, customers)
    return wrong(
        "a",
        shows={"CAC of the desk": yuan(both["desk"]), "CAC of controlling": yuan(both["controlling"])},
        cost=f"In this quarter alone the two readings differ by {yuan((both['controlling'] - both['desk']) * both['new'])} for the same customers.",
    )


@who_is_right.mistake("POINT_ONLY", repair="Would the distance shrink if both counted more customers?")
def _(budget, orders, customers):
    """You treated a difference of definition as noise. More data do not shrink it, and the mean answers nobody's question."""
    both = two_cacs(budget, orders, customers)
    middle = (both["desk"] + both["controlling"]) / 2
    return wrong(
        "c",
        shows={
            "registered in the quarter": count(both["registered"]),
            "first paid orders": count(both["new"]),
        },
        cost=f"At the mean, {yuan((both['controlling'] - middle) * both['new'])} of the quarter's bill for new customers stand in nobody's figure.",
    )


who_is_right.hints(
    "Did one of the two make an error of arithmetic?",
    "Look at what stands above the line and what below it, in each of the two.",
    "What would keep the same meeting from coming back in October?",
)


# ---------------------------------------------------------------- mixed case, memo

PAID_CHANNELS = ["SEM", "feed ads", "Xiaohongshu"]


@per_world
def newcomer_value(orders, refunds):
    """Paid orders of the quarter's newcomers in their first 90 days, with refund and the channel of their first order."""
    rows = cohort(orders)
    rows = rows[within(rows["began"], QUARTER)]
    first = rows.drop_duplicates("customer_id").set_index("customer_id")["channel"]
    rows = rows[rows["ordered_at"] < rows["began"] + pd.Timedelta(days=90)]
    refund = rows["order_id"].map(refunds.groupby("order_id")["amount"].sum()).fillna(0)
    return rows.assign(refund=refund, first=rows["customer_id"].map(first)), first.value_counts()


def back_per_yuan(money, size, budget, items=None):
    spent = budget[within(budget["date"], QUARTER)]
    if items:
        spent = spent[spent["item"].isin(items)]
    cac = spent.groupby("channel")["spent"].sum() / size
    return (money / size / cac)[PAID_CHANNELS].to_dict()


@exercise(
    "S01.9",
    title="What a yuan of acquisition brings back in 90 days",
    kind="table",
    unit="times",
    minutes=(10, 18),
    points=2,
    practises=["R206", "R207", "R208"],
    section="Mixed case: a page for the board",
    selfcheck={
        "numerator and denominator": "net revenue of the first 90 days per new customer, over the CAC of the channel of the first order",
        "window": "first paid order from April to June 2025; the 90 days may reach into September",
        "filter": "paid orders in all stores, less their refunds; all items of the budget",
    },
)
def ninety_day_return(orders, refunds, budget):
    """First orders from all years, refunds summed per order before the join, all cost: each number stands at its own grain."""
    rows, size = newcomer_value(orders, refunds)
    return back_per_yuan((rows["amount"] - rows["refund"]).groupby(rows["first"]).sum(), size, budget)


@ninety_day_return.mistake(
    "JOIN_FANOUT", repair="How many lines has an order, and how often does its amount stand after the join?"
)
def _(orders, refunds, order_items, budget):
    """You joined the order lines before you summed. The amount of an order then stands once for each article in it."""
    rows, size = newcomer_value(orders, refunds)
    lines = rows["order_id"].map(order_items.groupby("order_id").size())
    net = rows["amount"] - rows["refund"]
    return wrong(
        back_per_yuan((net * lines).groupby(rows["first"]).sum(), size, budget),
        shows={"orders": count(len(rows)), "their lines": count(lines.sum())},
        cost=f"The page would show {yuan((net * (lines - 1)).sum())} of revenue that no customer paid.",
    )


@ninety_day_return.mistake("FILTER_BEFORE_MIN", repair="Where does your query see an order of 2023?")
def _(orders, refunds, budget):
    """You looked for first orders inside the quarter. Old customers become new, and the good ones pay for your channels."""
    rows = cohort(orders)
    inside = rows[within(rows["ordered_at"], QUARTER)].drop_duplicates("customer_id").set_index("customer_id")
    began = rows["customer_id"].map(inside["ordered_at"])
    rows = rows[(rows["ordered_at"] >= began) & (rows["ordered_at"] < began + pd.Timedelta(days=90))]
    refund = rows["order_id"].map(refunds.groupby("order_id")["amount"].sum()).fillna(0)
    size = inside["channel"].value_counts()
    true_size = newcomer_value(orders, refunds)[1]
    net = (rows["amount"] - refund).groupby(rows["customer_id"].map(inside["channel"])).sum()
    old = rows["customer_id"].nunique() - true_size.sum()
    return wrong(
        back_per_yuan(net, size, budget),
        shows={"buyers of the quarter": count(size.sum()), "of them new": count(true_size.sum())},
        cost=f"Orders of {count(old)} customers who were won in earlier years, {yuan(net.sum() - (lambda r: (r['amount'] - r['refund']).sum())(newcomer_value(orders, refunds)[0]))}, "
        "would be credited to this quarter's budget.",
    )  # fmt: skip


@ninety_day_return.mistake(
    "CAC_MEDIA_ONLY", repair="Who else was paid for these customers, besides the platforms?"
)
def _(orders, refunds, budget):
    """You divided by media money. Agencies, creators and coupons won these customers, too."""
    rows, size = newcomer_value(orders, refunds)
    spent = budget[within(budget["date"], QUARTER) & budget["channel"].isin(PAID_CHANNELS)]
    rest = spent.loc[spent["item"] != "media", "spent"].sum()
    return wrong(
        back_per_yuan(
            (rows["amount"] - rows["refund"]).groupby(rows["first"]).sum(), size, budget, ["media"]
        ),
        shows={
            "all items, these channels": yuan(spent["spent"].sum()),
            "media among them": yuan(spent["spent"].sum() - rest),
        },
        cost=f"{yuan(rest)} of the quarter's bills would stand on no page of the board.",
    )


@ninety_day_return.slip("filter")
def _(orders, refunds, budget):
    """You left the refunds in."""
    rows, size = newcomer_value(orders, refunds)
    return back_per_yuan(rows.groupby("first")["amount"].sum(), size, budget)


@ninety_day_return.slip("window")
def _(orders, refunds, budget):
    """You took the first orders alone, and left out what came in the 90 days after them."""
    rows, size = newcomer_value(orders, refunds)
    rows = rows[rows["ordered_at"] == rows["began"]]
    return back_per_yuan((rows["amount"] - rows["refund"]).groupby(rows["first"]).sum(), size, budget)


ninety_day_return.hints(
    "Which grain has each of the four tables, and at which grain do you divide?",
    "CAC by channel comes from the layer. Net revenue: first orders from all years, then orders within 90 days, refunds left-joined per order.",
    'layer.query("cac", by="channel", start=..., end=...); money per channel / new customers / cac.',
)


@exercise(
    "S01.10",
    title="Memo: one CAC for the quarter",
    kind="memo",
    unit="CNY",
    minutes=(5, 8),
    points=2,
    practises=["R207", "R208"],
    section="The memo",
    selfcheck={
        "line 1": "CAC of April to June 2025 as the layer defines it: all cost over first paid orders",
        "line 2": "a number of its own that says where the other figure comes from",
        "line 3": "the ask: who should do what, by when",
    },
)
def cac_memo(budget, orders, customers):
    """One figure, the reason for the other one, and a decision that keeps the meeting from coming back."""
    return two_cacs(budget, orders, customers)["controlling"]


@cac_memo.mistake(
    "DEF_MISMATCH", repair="Which cost and which people stand in the layer's line of this metric?"
)
def _(budget, orders, customers):
    """Your first line carries the desk's figure: media and coupons over registrations. It is another metric under the same name."""
    both = two_cacs(budget, orders, customers)
    missing = both["spent"].sum() - both["spent"]["media"] - both["spent"]["new-customer coupons"]
    return wrong(
        both["desk"],
        shows={
            "registered in the quarter": count(both["registered"]),
            "first paid orders": count(both["new"]),
        },
        cost=f"{yuan(missing)} of fees are in the books and not in that figure.",
    )


@cac_memo.mistake("NO_ACTION", repair="Who should do what by when, now that there is one definition?")
def _():
    """Your third line asks for nothing. A report without a decision is filed, not used."""
    return None


cac_memo.hints(
    "Three lines: number, evidence, ask.",
    "Line 2 needs a number of its own, such as the fees that the desk leaves out, or the customers it counts otherwise.",
    "Line 3 begins with a verb: adopt, name, approve, delete; and says by when.",
)
