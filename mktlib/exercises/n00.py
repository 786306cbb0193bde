"""N00 Start here: prequestions, what a row is, complete weeks, the loop, roles. Lesson: lessons/0_start/N00_start_here.md."""

from types import SimpleNamespace

import pandas as pd

from mktlib import data, plots
from mktlib.course import exercise, per_world, prediction, wrong
from mktlib.course.text import count, percent, yuan

QUARTER = ("2025-10-01", "2026-01-01")
GIFT = 10  # yuan: a thank-you gift for each customer, to make a wrong count of people cost something


def quarter(orders):
    """Orders placed in the last quarter of 2025."""
    return orders[orders["ordered_at"].between(*QUARTER, inclusive="left")]


def lines_of(order_items, orders):
    """Rows of order_items that belong to some of the orders."""
    return order_items[order_items["order_id"].isin(orders["order_id"])]


# ---------------------------------------------------------------- what you already believe

QUESTIONS = {
    "j1": {
        "a": "3 %, the mean of the three days",
        "b": "2.5 %, half way between the two rates",
        "c": "a little more than 1 %, near the rate of the promotion day",
    },
    "j2": {
        "a": "2,700, the sum of the three days",
        "b": "somewhere from 1,000 to 2,700, which the three figures leave open",
        "c": "1,000, the best of the three days",
    },
    "j3": {
        "a": "it earned CNY 10,000, the sales minus the ad",
        "b": "it earned CNY 8,000, the sales minus goods and shipping",
        "c": "it lost CNY 2,000, the sales minus goods, shipping and the ad",
    },
    "j4": {
        "a": "that it is too early to say, whatever these two weeks show",
        "b": "that the new size guide works, since refunds fell when it came",
        "c": "that December's buyers are content, since they keep what they buy",
    },
    "m1": {
        "a": "the shop's system loses about a quarter of its orders",
        "b": "several platforms count one and the same order as theirs",
        "c": "the platforms count orders that were cancelled afterwards",
    },
    "m2": {
        "a": "everybody whose last order in today's table is older than 3 March of last year",
        "b": "everybody without an order from 3 March to 31 May of last year, whatever came later",
        "c": "everybody without an order in the 90 days before today, because habits stay",
    },
    "m3": {
        "a": "stop and take B: the risk of a false winner is the 5 % that you agreed to",
        "b": "stop and take B: a lead that holds for five days is no accident",
        "c": "go on to day fourteen: who may stop on any good day crowns false winners often",
    },
    "m4": {
        "a": "less than 2.7 times, but how much less cannot be read from this comparison",
        "b": "2.7 times, because both figures are counted from the same shop's orders",
        "c": "2.7 times minus the running cost of the groups, which has to be paid",
    },
    "s1": {
        "a": "the customers with the highest risk, where there is most to rescue",
        "b": "the customers with the lowest risk, who are the easiest to please",
        "c": "the customers whom a coupon changes most, whatever their risk is",
    },
    "s2": {
        "a": "they fall by about twelve yuan for each yuan that is saved",
        "b": "they hardly change, because most of these people find the shop anyway",
        "c": "they fall by half of that, because every second person gives up",
    },
    "s3": {
        "a": "move the live budget to Douyin, as the model separates the two",
        "b": "give both the mean of 4.0 and 0.2, as the model is unsure",
        "c": "change one without the other, as these data cannot tell them apart",
    },
    "s4": {
        "a": "from 380 to 420, because good and bad weeks partly cancel out",
        "b": "from 360 to 440, because four times each bound must hold",
        "c": "from 340 to 460, because uncertainty grows with each week",
    },
}

# kept out of the function, whose source solution("N00.1") shows: the questions stay open until their lessons
PLACEMENT = {
    "j1": "c", "j2": "b", "j3": "c", "j4": "a",
    "m1": "b", "m2": "b", "m3": "c", "m4": "a",
    "s1": "c", "s2": "b", "s3": "c", "s4": "a",
}  # fmt: skip


@exercise(
    "N00.1",
    title="What you already believe: twelve questions",
    kind="quiz",
    minutes=(7, 12),
    practises=["R006", "R008"],
    section="What you already believe",
    options=QUESTIONS,
)
def beliefs():
    """Twelve questions that later lessons answer, with your confidence before you have learned anything about them."""
    return dict(PLACEMENT)


# ---------------------------------------------------------------- what a row is


@exercise(
    "N00.2",
    title="Orders of the last quarter of 2025",
    kind="number",
    unit="count",
    minutes=(2, 4),
    practises=["R003"],
    section="What is one row?",
    selfcheck={
        "grain": "which table has one row per order?",
        "window": "1 October to 31 December 2025, both days included",
        "filter": "none: orders that were never paid have been placed, too",
    },
)
def orders_placed(orders):
    """In orders, one row is one order: its number stands there once, so its rows may be counted as orders."""
    return len(quarter(orders))


@orders_placed.mistake(
    "LINES_AS_ORDERS", repair="Take the order number of the first row: in how many rows does it stand?"
)
def _(orders, order_items):
    """You counted the rows of order_items. Such a row is one product in a basket, so a basket of four products counts as
    four orders."""
    mine = quarter(orders)
    per_order = lines_of(order_items, mine)["order_id"].value_counts()
    parcel = mine.loc[mine["status"] == "paid", "shipping_cost"].mean()
    return wrong(
        int(per_order.sum()),
        shows={
            "rows of the longest order": count(per_order.max()),
            "orders that have one row only": percent((per_order == 1).mean(), 0),
        },
        cost=f"A warehouse that plans one parcel per row would book {yuan(parcel * (per_order.sum() - len(mine)))} of "
        "shipping for parcels that do not exist.",
    )


@orders_placed.mistake(
    "KEY_TRUST", repair="Which column has a value of its own in every row, and what does it name?"
)
def _(orders):
    """You counted different customers. Somebody who ordered three times is one customer and placed three orders; the
    number of an order is order_id."""
    mine = quarter(orders)
    each = mine["customer_id"].value_counts()
    gap = mine["amount"].sum() / len(each) - mine["amount"].mean()
    return wrong(
        len(each),
        shows={
            "most orders of one customer": count(each.max()),
            "customers with more than one order": percent((each > 1).mean(), 0),
        },
        cost=f"An average order would look {yuan(gap)} larger than it is. A free-shipping limit set by it would be that much too high.",
    )


@orders_placed.slip("filter")
def _(orders):
    """You counted paid orders only. The question asks for orders that were placed."""
    return (quarter(orders)["status"] == "paid").sum()


@orders_placed.slip("window")
def _(orders):
    """You counted the orders of all three years."""
    return len(orders)


orders_placed.hints(
    "Look at the two tables again: in which one does an order number stand in one row only?",
    "Count the rows of the table that has one row per order.",
    "len(table) counts the rows of a table; here the table is quarter.",
)


@prediction(
    "N00.a",
    title="Orders per ordering customer in three months",
    unit="times",
    bounds=(1, None),
    section="Rows and people",
)
def guess_orders_per_customer(orders):
    """Orders of the quarter over the different customers who placed them. Most people order once in three months, some
    come back several times, and the mean lies between."""
    mine = quarter(orders)
    return len(mine) / mine["customer_id"].nunique()


@guess_orders_per_customer.mistake("ROWS_AS_PEOPLE", repair="How many rows of orders can one customer fill?")
def _(orders):
    """A guess near one says that a row of orders is a person. Whoever comes back fills a second row."""
    each = quarter(orders)["customer_id"].value_counts()
    return wrong(1.0, shows={"customers with more than one order": percent((each > 1).mean(), 0)})


@guess_orders_per_customer.mistake(
    "PERSONA_STEREOTYPE", repair="Does everybody who buys from Heyu buy diapers, and only from Heyu?"
)
def _(orders):
    """A guess of three or more pictures the parent who needs diapers every month. Such customers exist, but most of those
    who order are not like them."""
    each = quarter(orders)["customer_id"].value_counts()
    return wrong(3.0, shows={"customers with three orders or more": percent((each >= 3).mean(), 0)})


@exercise(
    "N00.3",
    title="Customers who ordered in the last quarter of 2025",
    kind="number",
    unit="count",
    minutes=(2, 4),
    practises=["R003"],
    section="Rows and people",
    selfcheck={
        "grain": "one row of orders is one order; a customer may have several",
        "window": "1 October to 31 December 2025, by the day of the order",
        "filter": "everybody who placed an order in these months, whenever they registered",
    },
)
def customers_who_ordered(orders):
    """Different customer numbers among the orders of the quarter: everybody is counted once, however often they came."""
    return quarter(orders)["customer_id"].nunique()


@customers_who_ordered.mistake("ROWS_AS_PEOPLE", repair="How often does the most frequent customer_id occur?")
def _(orders):
    """You counted rows of orders as people. Whoever ordered five times stands there five times."""
    each = quarter(orders)["customer_id"].value_counts()
    extra = each.sum() - len(each)
    return wrong(
        int(each.sum()),
        shows={
            "most orders of one customer": count(each.max()),
            "customers with more than one order": percent((each > 1).mean(), 0),
        },
        cost=f"A thank-you gift of CNY {GIFT} per customer would be budgeted {yuan(GIFT * extra)} too high.",
    )


@customers_who_ordered.mistake(
    "LINES_AS_ORDERS", repair="What does one row of the table that you counted stand for?"
)
def _(orders, order_items):
    """You counted the products in the baskets. Between such a row and a person stand two steps: several rows make an order,
    and several orders may be one customer's."""
    mine = quarter(orders)
    rows = lines_of(order_items, mine)
    extra = len(rows) - mine["customer_id"].nunique()
    return wrong(
        len(rows),
        shows={
            "rows per order, on average": f"{len(rows) / len(mine):.1f}",
            "orders per customer, on average": f"{len(mine) / mine['customer_id'].nunique():.1f}",
        },
        cost=f"A thank-you gift of CNY {GIFT} per customer would be budgeted {yuan(GIFT * extra)} too high.",
    )


@customers_who_ordered.mistake(
    "TRUST_TABLE", repair="What happened on the day registered_on: an order, or a registration?"
)
def _(orders, customers):
    """You counted the people who registered in these months, because the table is called customers. Most of those who
    ordered had registered earlier, and some who register never order."""
    mine = quarter(orders)
    new = customers.loc[customers["registered_on"].between(*QUARTER, inclusive="left"), "customer_id"]
    left_out = mine.loc[~mine["customer_id"].isin(new), "amount"].sum()
    return wrong(
        len(new),
        shows={
            "ordered now, registered earlier": percent(
                (~mine["customer_id"].drop_duplicates().isin(new)).mean(), 0
            ),
            "registered now, no order in these months": percent((~new.isin(mine["customer_id"])).mean(), 0),
        },
        cost=f"Orders worth {yuan(left_out)} came from people whom this count leaves out; a thank-you mail would not reach them.",
    )


@customers_who_ordered.slip("filter")
def _(orders):
    """You counted those who paid. The question asks who placed an order."""
    mine = quarter(orders)
    return mine.loc[mine["status"] == "paid", "customer_id"].nunique()


@customers_who_ordered.slip("window")
def _(orders):
    """You counted the customers of all three years."""
    return orders["customer_id"].nunique()


customers_who_ordered.hints(
    "What tells you that two rows of orders belong to the same person?",
    "Take the orders of the quarter, look at customer_id, and count its different values.",
    '.nunique() counts different values: quarter["customer_id"].nunique()',
)


# ---------------------------------------------------------------- complete weeks


def monday_on_or_after(day):
    return day + pd.Timedelta(days=-day.weekday() % 7)


def span(orders):
    """(first day, last day) with an order in the data."""
    return orders["ordered_at"].min().normalize(), orders["ordered_at"].max().normalize()


def full_weeks(orders):
    """(Monday of the first complete week, Sunday of the last one)."""
    first, last = span(orders)
    return monday_on_or_after(first), monday_on_or_after(last - pd.Timedelta(days=6)) - pd.Timedelta(days=1)


def in_days(orders, first, last):
    """Orders from the day `first` to the day `last`, both included."""
    return orders[orders["ordered_at"].between(first, last + pd.Timedelta(days=1), inclusive="left")]


def last_full_week(orders):
    """Orders of the last complete week."""
    sunday = full_weeks(orders)[1]
    return in_days(orders, sunday - pd.Timedelta(days=6), sunday)


def week_begun(orders):
    """Orders of the days after the last complete week."""
    return in_days(orders, full_weeks(orders)[1] + pd.Timedelta(days=1), span(orders)[1])


@prediction(
    "N00.b",
    title="Orders per day in the last week, as a share of the week before",
    unit="times",
    bounds=(0, None),
    section="The cliff at the end of the chart",
)
def guess_daily_share(orders):
    """Orders per day of the days that the data hold, over orders per day of the week before. The calendar made most of
    the cliff: a few days were held against seven."""
    days = (span(orders)[1] - full_weeks(orders)[1]).days
    return (len(week_begun(orders)) / days) / (len(last_full_week(orders)) / 7)


@guess_daily_share.mistake("INCOMPLETE_PERIOD", repair="How many days does each of the two bars hold?")
def _(orders):
    """You read the height of the last bar. It is a sum over fewer days than the others, so it tells how long the week is
    in the data and not how well it went."""
    days = (span(orders)[1] - full_weeks(orders)[1]).days
    return wrong(
        len(week_begun(orders)) / len(last_full_week(orders)),
        shows={"days in the last bar": str(days), "days in the bar before": "7"},
    )


@exercise(
    "N00.4",
    title="First and last day of the complete weeks",
    kind="table",
    unit="date",
    minutes=(3, 5),
    practises=["R003"],
    section="The cliff at the end of the chart",
    selfcheck={
        "grain": "a week is seven days, from Monday to Sunday",
        "window": "from the Monday of the first complete week to the Sunday of the last one",
    },
)
def complete_weeks(orders):
    """From the first Monday to the last Sunday in the data: between them every week has its seven days."""
    week = orders["ordered_at"].dt.to_period("W").dt.start_time
    days = orders["ordered_at"].dt.normalize().groupby(week).nunique()
    complete = days[days == 7].index
    return {"first": complete[0], "last": complete[-1] + pd.Timedelta(days=6)}


@complete_weeks.mistake("INCOMPLETE_PERIOD", repair="On which weekday do the data end?")
def _(orders):
    """You took the last day in the data for the end of a week. The week it stands in has begun and is not over, so its sums
    are too small beside the others."""
    last = span(orders)[1]
    part, whole = week_begun(orders), last_full_week(orders)
    missing = whole["amount"].sum() - part["amount"].sum()
    return wrong(
        complete_weeks.compute(orders) | {"last": last},
        shows={
            "days of that week in the data": str(last.weekday() + 1),
            "orders in them": count(len(part)),
            "orders of the week before": count(len(whole)),
        },
        cost=f"Beside the week before, {yuan(missing)} of orders seem to be missing. A rescue discount against this gap would "
        "be given on orders that come anyway.",
    )


@complete_weeks.mistake(
    "WINDOW_MISMATCH", repair="On which weekday do the data begin, and whose week is that?"
)
def _(orders):
    """You let the first week begin with the first day in the data, a Sunday. On this desk a week runs from Monday to Sunday,
    and six days of that week lie before the data begin."""
    first = span(orders)[0]
    alone = in_days(orders, first, full_weeks(orders)[0] - pd.Timedelta(days=1))
    next_week = in_days(orders, full_weeks(orders)[0], full_weeks(orders)[0] + pd.Timedelta(days=6))
    return wrong(
        complete_weeks.compute(orders) | {"first": first},
        shows={
            "orders of the first day": count(len(alone)),
            "orders of the seven days after": count(len(next_week)),
        },
    )


@complete_weeks.slip("window")
def _(orders):
    """You gave the Monday of the last complete week. That is its name; its last day is the Sunday after."""
    right = complete_weeks.compute(orders)
    return right | {"last": pd.Timestamp(right["last"]) - pd.Timedelta(days=6)}


complete_weeks.hints(
    "On which weekday does the first day in the data fall, and on which the last?",
    "Take the first Monday and the last Sunday that the data hold.",
    'weeks[weeks["days"] == 7] keeps the complete weeks. Its index holds their Mondays; the last week ends six days after '
    "its Monday.",
)


# ---------------------------------------------------------------- the loop


@exercise(
    "N00.5",
    title="Four verbs on eight tasks of a week",
    kind="table",
    unit="text",
    minutes=(3, 5),
    practises=["R003"],
    section="The loop",
    selfcheck={
        "plan": "a number is written down before anything is done",
        "feedback": "a result is held against that number, and something is learned",
        "iterate": "the next plan is changed because of what was learned",
    },
)
def loop_verbs():
    """Plan says the number first, execute does it, feedback holds result against number, iterate changes the next plan."""
    return {
        "a": "execute",
        "b": "plan",
        "c": "execute",
        "d": "iterate",
        "e": "feedback",
        "f": "plan",
        "g": "iterate",
        "h": "feedback",
    }


@loop_verbs.mistake(
    "REPORT_AS_FEEDBACK",
    repair="Which number that somebody had written down before was held against the dashboard?",
)
def _(budget):
    """You called sending a dashboard feedback. It shows a result, but nobody has held it against what was expected; until
    then it is one more task carried out."""
    search = budget[(budget["channel"] == "SEM") & (budget["item"] == "media")]
    worst = search.loc[(search["spent"] - search["planned"]).idxmax()]
    return wrong(
        loop_verbs.compute() | {"c": "feedback"},
        shows={"people who got it": "eleven", "numbers it was compared with": "none"},
        cost=f"On one day of these three years, search ads spent {yuan(worst['spent'])} where {yuan(worst['planned'])} had been "
        f"planned. A number sent round stops no such day: {yuan(worst['spent'] - worst['planned'])} was gone by the evening.",
    )


@loop_verbs.mistake("PLAN_AS_ACTUAL", repair="Is anything being decided in this task, or is it being done?")
def _(budget):
    """You called it planning because the word plan stands there. What the plan says is being carried out, and from this
    hour on money goes out."""
    media = (
        budget[(budget["item"] == "media") & (budget["date"] >= QUARTER[0])]
        .groupby("channel")[["planned", "spent"]]
        .sum()
    )
    gap = (media["spent"] - media["planned"]).abs().sum()
    return wrong(
        loop_verbs.compute() | {"a": "plan"},
        shows={
            "media planned in the quarter": yuan(media["planned"].sum()),
            "media spent in the quarter": yuan(media["spent"].sum()),
        },
        cost=f"Whoever takes the plan for what was done misses {yuan(gap)} in one quarter: so far apart lie plan and bill, "
        "channel by channel.",
    )


@loop_verbs.mistake("NO_ACTION", repair="What is different next week because of this task?")
def _():
    """You called it feedback, and the loop would stop there. Here the next plan changes because something was learned."""
    return wrong(loop_verbs.compute() | {"d": "feedback"}, shows={"loops closed by learning alone": "none"})


loop_verbs.hints(
    "For each task: is a number said before, is something done, is a result compared, or is the next plan changed?",
    "A report that is sent out is something done. A plan that changes because of a result is not the first step but the last.",
    "Each of the four verbs stands twice. Three tasks are tempting: a, c and d.",
)


# ---------------------------------------------------------------- elsewhere

JOBS = {"applications": [90, 30, 10], "interviews": [6, 4, 6], "offers": [1, 1, 3]}
WEEK = 1200  # yuan that a week of job search costs Wei
PER_WEEK = 10  # applications that Wei sends in a week


def job_search():
    """The job-search table of the lesson."""
    return pd.DataFrame(JOBS, index=["job board", "company site", "friends"])


def savings_short(rate):
    """Yuan by which Wei's savings fall short if the success rate is believed to be `rate`."""
    return WEEK / PER_WEEK * (1 / success_rate.compute() - 1 / rate)


@exercise(
    "N00.6",
    title="The success rate of applying",
    kind="number",
    unit="fraction",
    minutes=(2, 4),
    practises=["R014"],
    bounds=(0, 1),
    section="The same thinking elsewhere",
    selfcheck={
        "numerator and denominator": "what came out at the end, over what went in at the beginning",
        "filter": "all three sources together",
    },
)
def success_rate():
    """All offers over all applications: a success rate of applying counts per application, and sums before it divides."""
    total = job_search().sum()
    return total["offers"] / total["applications"]


@success_rate.mistake("WRONG_DENOM", repair="Of how many applications does your rate know nothing?")
def _():
    """You divided by interviews. That is the success rate of an interview; the applications that were never answered have
    dropped out of it."""
    total = job_search().sum()
    rate = total["offers"] / total["interviews"]
    return wrong(
        rate,
        shows={
            "applications": count(total["applications"]),
            "of these, without an interview": count(total["applications"] - total["interviews"]),
        },
        cost=f"At {PER_WEEK} applications and CNY {WEEK:,} a week, Wei would set aside {yuan(savings_short(rate))} less than the search "
        "takes on average.",
    )


@success_rate.mistake(
    "ADD_RATES",
    repair="What would the sum be if every application led to an interview, and every interview to an offer?",
)
def _():
    """You added the rates of the two steps. Steps follow each other, so their rates multiply; added up, they can pass one."""
    total = job_search().sum()
    step1, step2 = total["interviews"] / total["applications"], total["offers"] / total["interviews"]
    return wrong(
        step1 + step2,
        shows={"first step": percent(step1), "second step": percent(step2)},
        cost=f"Wei would set aside {yuan(savings_short(step1 + step2))} less than the search takes on average.",
    )


@success_rate.mistake("AVG_OF_RATIOS", repair="How many applications stand behind each of the three rates?")
def _():
    """You averaged the rates of the three sources. The few applications through friends weigh as much as the many to the
    job board."""
    table = job_search()
    rate = (table["offers"] / table["applications"]).mean()
    return wrong(
        rate,
        shows={
            "applications through friends": count(table.loc["friends", "applications"]),
            "applications to the job board": count(table.loc["job board", "applications"]),
        },
        cost=f"Wei would set aside {yuan(savings_short(rate))} less than the search takes on average.",
    )


success_rate.hints(
    "Success of what? Say the sentence with 'out of': so many offers out of so many ...",
    "Add up the offers of all sources, add up the applications of all sources, divide once.",
    'search["offers"].sum() / search["applications"].sum()',
)


# ---------------------------------------------------------------- the loop card


@exercise(
    "N00.7",
    title="Loop card: the last complete week",
    kind="memo",
    unit="count",
    minutes=(4, 7),
    points=2,
    practises=["R003"],
    section="The loop card",
    selfcheck={
        "line 1": "the metric with its number: orders of the last complete week",
        "line 2": "the evidence: another number that you held it against",
        "line 3": "the decision and the next test; begin with a verb and say by when",
    },
)
def loop_card(orders):
    """A number that can be checked, what it was held against, and a decision with its next test: the loop can go on."""
    return len(last_full_week(orders))


@loop_card.mistake("INCOMPLETE_PERIOD", repair="How many days does the number of your first line hold?")
def _(orders):
    """Your first line carries the orders of the week that is not over. A few days stand there under the name of a week."""
    part, whole = week_begun(orders), last_full_week(orders)
    from_ads = whole.loc[whole["channel"].isin(["SEM", "feed ads"]), "amount"].sum()
    return wrong(
        len(part),
        shows={"days in your number": str(span(orders)[1].weekday() + 1), "days in a week": "7"},
        cost=f"Ads would be stopped that brought orders worth {yuan(from_ads)} in the last complete week.",
    )


@loop_card.mistake("LINES_AS_ORDERS", repair="Which table did you count in, and what is one row of it?")
def _(orders, order_items):
    """Your first line counts products in baskets. Director Shen reads it as orders, and takes the week for much better than
    it was."""
    whole = last_full_week(orders)
    rows = lines_of(order_items, whole)
    parcel = whole.loc[whole["status"] == "paid", "shipping_cost"].mean()
    return wrong(
        len(rows),
        shows={"rows of order_items per order": f"{len(rows) / len(whole):.1f}"},
        cost=f"Next week's parcels would be budgeted {yuan(parcel * (len(rows) - len(whole)))} too high.",
    )


@loop_card.mistake(
    "NO_ACTION",
    repair="What shall be done, by whom and by when, and which number will tell whether it was right?",
)
def _():
    """Your third line asks for nothing. A card without a decision and a next test ends the loop in the middle."""
    return None


loop_card.hints(
    "Three lines: the metric with its number, what you held it against, the decision with the next test.",
    "Line 1: orders of the last week with seven days. Line 2: the week before, or the orders per day. Line 3 begins with a verb, "
    "such as keep, test or review.",
    "Line 3 could say: keep the ads running, and review on Monday whether the whole week reaches the number of line 1.",
)


# ---------------------------------------------------------------- one event, three desks


@per_world
def figures(orders, order_items, products, refunds, budget, sem_keyword_daily):
    """What three desks look at: .groups (ad groups), .leaves (CNY per customer), .channels, .year (CNY), .year_search (CNY).

    groups       search ads of the quarter by ad group: cost, orders
    leaves       what a customer who ordered in 2025 left in that year after refunds, goods and shipping, before marketing
    channels     the quarter by channel: spent (all items), media, new (customers with their first paid order), cac
    year         what 2025 leaves after all marketing; year_search: its bill for search clicks
    Coupons are part of the discount, so the year does not pay them twice.
    """
    recent = sem_keyword_daily[sem_keyword_daily["date"] >= QUARTER[0]]
    groups = recent.groupby("ad_group")[["cost", "orders"]].sum()
    placed = orders[orders["ordered_at"] >= "2025-01-01"]
    left = contribution(placed[placed["status"] == "paid"], order_items, products, refunds)
    bill = budget[budget["date"] >= "2025-01-01"]
    marketing = bill.loc[bill["item"] != "new-customer coupons", "spent"].sum()
    clicks = bill.loc[(bill["channel"] == "SEM") & (bill["item"] == "media"), "spent"].sum()
    return SimpleNamespace(
        groups=groups[groups["orders"] > 0],
        leaves=left / placed["customer_id"].nunique(),
        channels=by_channel(orders, budget),
        year=left - marketing,
        year_search=clicks,
    )


def contribution(paid, order_items, products, refunds):
    """Yuan that paid orders leave after refunds, cost of goods and shipping."""
    lines = lines_of(order_items, paid).merge(products[["sku", "unit_cost"]])
    back = refunds.loc[refunds["order_id"].isin(paid["order_id"]), "amount"].sum()
    goods = (lines["quantity"] * lines["unit_cost"]).sum()
    return paid["amount"].sum() - back - goods - paid["shipping_cost"].sum()


def by_channel(orders, budget):
    """Quarter by channel: spent, media, new customers and their cost each (cac)."""
    bill = budget[budget["date"] >= QUARTER[0]]
    first = orders[orders["status"] == "paid"].sort_values("ordered_at").drop_duplicates("customer_id")
    table = pd.DataFrame(
        {
            "spent": bill.groupby("channel")["spent"].sum(),
            "media": bill[bill["item"] == "media"].groupby("channel")["spent"].sum(),
            "new": quarter(first)["channel"].value_counts(),
        }
    )
    table = table.dropna(subset=["spent", "new"]).fillna(0)
    return table.assign(cac=table["spent"] / table["new"])


TABLES = ("orders", "order_items", "products", "refunds", "budget", "sem_keyword_daily")


def career(role, rise):
    """The picture and the sentence of one role when clicks on search ads cost `rise` percent more.

    role   "specialist", "manager" or "director";   rise   percent, 0 to 100
    Returns (Picture, sentence). Computed from the active world; the explorer of N00.
    """
    draw = {"specialist": specialist, "manager": manager, "director": director}[role]
    event = f"Clicks {rise} % dearer" if rise else "Clicks at today's price"
    return draw(figures(*map(data.load, TABLES)), 1 + rise / 100, event)


def specialist(desk, factor, event):
    """Cost per order of each ad group against what a customer leaves in a year."""
    groups = desk.groups.sort_values("cost", ascending=False)
    per_order = groups["cost"] * factor / groups["orders"]
    over = per_order[per_order > desk.leaves]
    said = (
        f"{event}: in {len(over)} of {len(groups)} ad groups an order costs more than the {yuan(desk.leaves, 0)} that a customer "
        "leaves in a year (dashed line). The specialist lowers the bids of these ad groups, tonight."
    )
    drawn = plots.bars(
        per_order,
        title=f"{event}: {len(over)} of {len(groups)} ad groups over the line",
        ylabel="search ads: cost per order (CNY)",
        highlight=list(over.index),
        alt=said,
    )
    return held(drawn, 2.3 * (per_order / factor).max(), line=desk.leaves), said


def manager(desk, factor, event):
    """Cost per new customer of each channel; search pays more for its clicks."""
    table = desk.channels.sort_values("spent", ascending=False)
    search, bill = table.loc["SEM"], table["spent"] + (factor - 1) * table["media"]
    cac = table["cac"].where(table.index != "SEM", bill / table["new"])
    place = (cac > cac["SEM"]).sum() + 1
    said = (
        f"{event}: a new customer from search (SEM) costs {yuan(cac['SEM'], 0)}, today {yuan(search['cac'], 0)}. From the dearest "
        f"channel down, search is number {place} of {len(table)}. The manager asks where the next CNY 10,000 wins most new "
        "customers, and tests that this month."
    )
    drawn = plots.bars(
        cac,
        title=f"{event}: search pays {yuan(cac['SEM'], 0)} per new customer",
        ylabel="all cost per new customer (CNY)",
        highlight="SEM",
        alt=said,
    )
    return held(
        drawn, 1.2 * max(table["cac"].max(), (search["spent"] + search["media"]) / search["new"])
    ), said


def director(desk, factor, event):
    """What the year leaves, with the clicks of search ads dearer for a whole year."""
    lost = (factor - 1) * desk.year_search
    left = pd.Series({"the year as it was": desk.year, "with dearer clicks": desk.year - lost}) / 1000
    said = (
        f"{event} for a whole year: {yuan(lost)} less, {percent(lost / desk.year)} of what the year leaves after all marketing. "
        "The director keeps the year's plan, and names the loss at which the question comes back."
    )
    drawn = plots.bars(
        left,
        title=f"{event}: {percent(lost / desk.year)} of the year's result goes",
        ylabel="left in 2025 (CNY 1,000)",
        highlight="with dearer clicks",
        alt=said,
    )
    return held(drawn, 1.2 * desk.year / 1000), said


def held(drawn, top, line=None):
    """The picture with its value axis held still, so that a moving slider moves bars and not the scale."""
    axes = drawn.figure.axes[0]
    across = axes.yaxis_inverted()
    (axes.set_xlim if across else axes.set_ylim)(0, top)
    if line is not None:
        (axes.axvline if across else axes.axhline)(line, color=plots.INK, linestyle="--", linewidth=1.8)
        for value in axes.texts:
            value.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 1})
    return drawn


RISE = 1.3


@exercise(
    "N00.8",
    title="Three roles, three actions",
    kind="table",
    unit="text",
    minutes=(2, 4),
    practises=["R007"],
    section="One event, three desks",
    selfcheck={
        "window": "tonight for the specialist, this month for the manager, this year for the director",
        "filter": "each role acts on what it can change: bids, budgets between channels, the plan of the year",
    },
)
def roles():
    """The specialist changes bids, the manager moves a little money as a test, the director holds the year's plan."""
    return {"specialist": "b", "manager": "c", "director": "f"}


@roles.mistake("AGG_HIDES", repair="Which ad groups still earn more than they cost after the rise?")
def _(orders, order_items, products, refunds, budget, sem_keyword_daily):
    """You paused all search ads because clicks became dearer on average. By their own reports, some ad groups still bring in
    more than they cost, and the mean hides them."""
    desk = figures(orders, order_items, products, refunds, budget, sem_keyword_daily)
    left = desk.groups["orders"] * desk.leaves - desk.groups["cost"] * RISE
    return wrong(
        roles.compute() | {"specialist": "a"},
        shows={
            "ad groups below the line at 30 % more": count((left > 0).sum()),
            "all ad groups with orders": count(len(left)),
        },
        cost=f"By their own reports, the ad groups below the line are worth {yuan(left[left > 0].sum())} in three months, after "
        "the dearer clicks.",
    )


@roles.mistake(
    "AVG_VS_MARGINAL", repair="What would the second CNY 10,000 bring there, which nobody has spent yet?"
)
def _(orders, budget):
    """You moved everything to the channel with the lowest average cost. That average was paid for the few yuan spent there so
    far; it says nothing about the next ones."""
    channels = by_channel(orders, budget)
    cheapest = channels["cac"].drop("SEM").idxmin()
    return wrong(
        roles.compute() | {"manager": "d"},
        shows={
            f"spent on {cheapest} in the quarter": yuan(channels.loc[cheapest, "spent"]),
            "spent on search in the quarter": yuan(channels.loc["SEM", "spent"]),
        },
        cost=f"{yuan(channels.loc['SEM', 'spent'])} would follow a price that was only ever seen for "
        f"{yuan(channels.loc[cheapest, 'spent'])}.",
    )


@roles.mistake(
    "REPORT_AS_FEEDBACK", repair="Which number in that report would make the director do something?"
)
def _(budget):
    """You let the director watch. A report without a number at which something happens changes nothing."""
    bill = budget[
        (budget["date"] >= "2025-01-01") & (budget["channel"] == "SEM") & (budget["item"] == "media")
    ]
    return wrong(
        roles.compute() | {"director": "e"},
        shows={"reports a month": "30", "decisions prepared by them": "none"},
        cost=f"While the reports are read, the dearer clicks cost {yuan((RISE - 1) * bill['spent'].sum() / 12)} a month.",
    )


roles.hints(
    "What can each role change tonight, this month, this year?",
    "Two actions stand for each role. In each pair, one of them acts on a mean or on nothing at all.",
    "Bids where an order costs more than it brings; a small test between channels; a limit for the year.",
)
