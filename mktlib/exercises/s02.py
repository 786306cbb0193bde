"""S02 Lifetime value, CAC and payback: past and future, a model and its holdout, margin and time. Lesson: lessons/3_senior/S02_lifetime_value.md."""

import numpy as np
import pandas as pd

from mktlib.course import exercise, per_world, prediction, wrong
from mktlib.course.text import count, percent, yuan
from mktlib.lifetime import (
    discounted,
    expected_orders,
    expected_spend,
    fit_bgnbd,
    fit_gamma_gamma,
    fit_steps,
    life_in_steps,
    orders_ahead,
    probability_alive,
    recency_frequency,
    roll_forward,
)
from mktlib.private_domain import orders_within

NOW, END = "2025-01-01", "2025-12-31"  # calibration ends before NOW; the holdout is the 52 weeks before END
WEEKS = 52
BUDGET = 100_000
GRAIN = "one row is a customer, from the day of the first paid order on"


@per_world
def paid_orders(orders, order_items, products):
    """Paid orders in order of time with margin (amount - goods - shipping), days since the customer's first, its channel and store."""
    cost = (
        order_items["sku"].map(products.set_index("sku")["unit_cost"]).astype(float) * order_items["quantity"]
    )
    goods = cost.groupby(order_items["order_id"]).sum()
    paid = orders[orders["status"] == "paid"].sort_values("ordered_at")
    paid = paid[
        ["order_id", "customer_id", "ordered_at", "store", "channel", "amount", "shipping_cost", "status"]
    ].copy()
    paid["margin"] = paid["amount"] - paid["order_id"].map(goods) - paid["shipping_cost"]
    first = paid.drop_duplicates("customer_id").set_index("customer_id")
    for name, column in [("began", "ordered_at"), ("first_channel", "channel"), ("first_store", "store")]:
        paid[name] = paid["customer_id"].map(first[column])
    paid["days"] = (paid["ordered_at"] - paid["began"]).dt.days
    return paid


@per_world
def calibration(orders):
    """Summary of customers known before NOW, and the BG/NBD model of it."""
    summary = recency_frequency(orders, NOW)
    return summary, fit_bgnbd(summary)


@per_world
def holdout(orders):
    """Days with an order in the 52 weeks from NOW on, by customer of the calibration."""
    days = orders[(orders["status"] == "paid") & (orders["ordered_at"] >= NOW) & (orders["ordered_at"] < END)]
    days = days.assign(day=days["ordered_at"].dt.normalize()).drop_duplicates(["customer_id", "day"])
    return days["customer_id"].value_counts().reindex(calibration(orders)[0].index, fill_value=0)


@per_world
def forecast_by_steps(orders, customers, cadence_test):
    """Expected orders of the 52 weeks by customer: drop-out by silence, child's age and mails, rolled forward in 13 steps."""
    return _rolled(orders, customers, cadence_test, ["written_to", "child_age"])


@per_world
def forecast_without_age(orders, customers, cadence_test):
    return _rolled(orders, customers, cadence_test, ["written_to"])


def _rolled(orders, customers, cadence_test, known):
    panel = life_in_steps(orders, NOW)
    born = pd.to_datetime(customers.set_index("customer_id")["child_birth_month"])
    enrolled = cadence_test.set_index("customer_id")["enrolled_on"]

    def known_at(rows):
        middle = rows["start"] + pd.Timedelta(days=14)
        since = (middle - rows["customer_id"].map(enrolled)).dt.days
        age = (middle - rows["customer_id"].map(born)).dt.days / 30.44
        return rows.assign(written_to=since.between(0, 364), child_age=age)[[*rows.columns, *known]]

    past, now = panel[panel["orders"].notna()], panel[panel["start"] == NOW]
    per_step = past["orders"].sum() / (past["orders"] > 0).sum()
    coming = [
        known_at(now.assign(start=start))[known] for start in pd.date_range(NOW, periods=13, freq="28D")
    ]
    expected = roll_forward(fit_steps(known_at(past)), now, coming, per_step)
    return expected.sum(axis=1).set_axis(now["customer_id"])


@per_world
def age_at_start(customers, orders):
    """Age of the child in months on NOW, by customer of the calibration."""
    born = pd.to_datetime(customers.set_index("customer_id")["child_birth_month"])
    return (pd.Timestamp(NOW) - born.reindex(calibration(orders)[0].index)).dt.days / 30.44


def margin_per_order(orders, order_items, products):
    """Mean margin of the paid orders of 2025, in yuan."""
    paid = paid_orders(orders, order_items, products)
    return paid.loc[paid["ordered_at"] >= NOW, "margin"].mean()


# ---------------------------------------------------------------- two questions from before


@exercise(
    "S02.r1",
    title="How long do customers of the last months stay?",
    kind="choice",
    practises=["R198"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "leave out whoever has not come back yet, because their waiting time is unknown",
        "b": "count them as waiting for as long as they have been watched, and no longer",
        "c": "count them as lost: after the usual gap between two orders nobody returns",
    },
)
def still_silent():
    """Who is still silent has told us one thing: not yet, so far. That belongs in the denominator for as long as it was seen."""
    return "b"


@still_silent.mistake(
    "SURVIVORSHIP", repair="Who is left when everybody without a second order is taken out?"
)
def _():
    """You keep those who came back. They are the quick ones, so every waiting time looks short and every cohort loyal."""
    return "a"


@still_silent.mistake(
    "RIGHT_CENSOR", repair="How long has a customer of December been watched by the end of the year?"
)
def _():
    """You take "not yet" for "never". The youngest customers then look the worst, because they had the least time."""
    return "c"


still_silent.hints(
    "What do you know of somebody who first bought three weeks ago?",
    "Think of the curve of silence in M03: who leaves the denominator, and when?",
    "They count for as long as they were watched.",
)


@exercise(
    "S02.r2",
    title="A channel costs more per customer than the average. Cut it?",
    kind="choice",
    practises=["R198"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "yes: the average is the price at which customers can be had elsewhere",
        "b": "yes, unless its first baskets are larger than those of the other channels",
        "c": "not yet: compare its next customers' cost with what they leave over the years",
    },
)
def dear_channel():
    """The next yuan is decided by what it buys next, and a customer is worth more than the first basket."""
    return "c"


@dear_channel.mistake("AVG_VS_MARGINAL", repair="What would the next customer of a cheaper channel cost?")
def _():
    """You compare with an average. The cheap channels may be full; their next customer costs more than the last thousand did."""
    return "a"


@dear_channel.mistake(
    "FIRST_ORDER_ONLY", repair="Which channel had the smallest first baskets in M05, and what came after?"
)
def _(truth):
    """You judge by the first basket. What comes after it differs more between channels than the basket does."""
    found = truth["acquisition"]["orders_in_first_365_days_by_channel"]
    return wrong(
        "b",
        shows={
            "orders in the first year, Xiaohongshu": f"{found['Xiaohongshu']:.1f}",
            "live": f"{found['live']:.1f}",
        },
    )


dear_channel.hints(
    "Which yuan is to be decided: those spent, or the next one?",
    "Two words of J02 and one of M05: marginal, capacity, repeat.",
    "Neither the average cost nor the first basket decides.",
)


# ---------------------------------------------------------------- past and future


@exercise(
    "S02.1",
    title="Revenue of a customer in the first 18 months",
    kind="number",
    unit="CNY",
    minutes=(4, 8),
    practises=["R198"],
    bounds=(0, None),
    section="What a customer was worth so far",
    selfcheck={
        "grain": GRAIN,
        "numerator and denominator": "amounts of days 0 to 547 over the customers who had 548 days",
        "window": "first paid order before 1 July 2024",
        "filter": "paid orders in any store",
    },
)
def first_18_months(orders, order_items, products):
    """Each of these customers has had the whole time; what stands above the line belongs to those below it."""
    paid = paid_orders(orders, order_items, products)
    ripe = paid[paid["began"] < "2024-07-01"]
    return ripe.loc[ripe["days"] < 548, "amount"].sum() / ripe["customer_id"].nunique()


@first_18_months.mistake(
    "HIST_AS_FUTURE", repair="How many days has the average customer of this table been one?"
)
def _(orders, order_items, products):
    """You took another time than 18 months: all that ever came in over all who ever came, which is an average over ages,
    from three years to a day, and falls whenever many new customers come; or the first year alone."""
    paid = paid_orders(orders, order_items, products)
    first = paid.drop_duplicates("customer_id")
    young = first["began"] >= "2025-01-01"
    searched = (young & (first["first_channel"] == "SEM")).sum()
    so_far = paid["amount"].sum() / len(first)
    gap = (
        first_18_months.right(
            lambda name: {"orders": orders, "order_items": order_items, "products": products}[name]
        )
        - so_far
    )
    return wrong(
        so_far,
        shows={"customers in it": count(len(first)), "of them younger than a year": percent(young.mean(), 0)},
        cost=f"Bids for the newcomers that SEM brought in 2025 would leave {yuan(gap * searched)} of their 18 months out of sight.",
    )


@first_18_months.mistake(
    "RIGHT_CENSOR", repair="Which of these customers cannot have an order on day 500 yet?"
)
def _(orders, order_items, products):
    """You kept the window of 18 months and divided by everybody. Most have not had the time; what they have not
    spent yet counts as zero."""
    paid = paid_orders(orders, order_items, products)
    first = paid.drop_duplicates("customer_id")
    return wrong(
        paid.loc[paid["days"] < 548, "amount"].sum() / len(first),
        shows={
            "customers below the line": count(len(first)),
            "with 548 days behind them": count((first["began"] < "2024-07-01").sum()),
        },
    )


@first_18_months.slip("window")
def _(orders, order_items, products):
    """You let every order of the old customers count, those after day 547, too."""
    paid = paid_orders(orders, order_items, products)
    ripe = paid[paid["began"] < "2024-07-01"]
    return ripe["amount"].sum() / ripe["customer_id"].nunique()


@first_18_months.slip("filter")
def _(orders, order_items, products):
    """You summed all orders that were placed, unpaid ones among them."""
    first = paid_orders(orders, order_items, products).drop_duplicates("customer_id")
    began = first[first["began"] < "2024-07-01"].set_index("customer_id")["began"]
    days = (orders["ordered_at"] - orders["customer_id"].map(began)).dt.days
    return orders.loc[days.between(0, 547), "amount"].sum() / len(began)


first_18_months.hints(
    "Which customers have had 548 days by the end of 2025?",
    "Keep those who began before July 2024, and their orders of days below 548.",
    'ripe.loc[ripe["days"] < 548, "amount"].sum() / ripe["customer_id"].nunique()',
)


# ---------------------------------------------------------------- ratio to CAC


@per_world
def first_years(orders, order_items, products, budget):
    """By channel of the own shop's newcomers of 2024: people, revenue and margin of 365 days, all cost and media alone."""
    paid = paid_orders(orders, order_items, products)
    new = paid[(paid["first_store"] == "own") & paid["began"].between("2024-01-01", NOW, inclusive="left")]
    year = new[new["days"] < 365].groupby("first_channel")[["amount", "margin"]].sum()
    spent = budget[budget["date"].between("2024-01-01", NOW, inclusive="left")]
    year["people"] = new.groupby("first_channel")["customer_id"].nunique()
    year["cost"] = spent.groupby("channel")["spent"].sum()
    year["media"] = spent[spent["item"] == "media"].groupby("channel")["spent"].sum()
    return year.loc[["Xiaohongshu", "feed ads"]]


@exercise(
    "S02.2",
    title="First-year value over CAC of two channels",
    kind="table",
    unit="times",
    minutes=(5, 9),
    practises=["R198", "R012"],
    section="Three to one",
    selfcheck={
        "numerator and denominator": "margin of 365 days over all that the channel's budget spent in 2024",
        "window": "first paid order in 2024; days 0 to 364",
        "filter": "first order in the own shop",
    },
)
def value_over_cac(orders, order_items, products, budget):
    """A yuan of cost is paid from margin. What goes on to suppliers and carriers pays nobody back."""
    year = first_years(orders, order_items, products, budget)
    return (year["margin"] / year["cost"]).to_dict()


@value_over_cac.mistake("LTV_REVENUE", repair="Who gets the rest of a yuan that a customer pays?")
def _(orders, order_items, products, budget):
    """You set revenue against cost. The rule of three to one is one of software firms, whose revenue is nearly all margin."""
    year = first_years(orders, order_items, products, budget)
    feed = year.loc["feed ads"]
    return wrong(
        (year["amount"] / year["cost"]).to_dict(),
        shows={
            "revenue of the year, feed ads": yuan(feed["amount"]),
            "goods and shipping in it": yuan(feed["amount"] - feed["margin"]),
        },
        cost=f"Feed ads would seem to bring back their cost {feed['amount'] / feed['cost']:.1f} times; between that cost and the "
        f"year's margin lie {yuan(abs(feed['margin'] - feed['cost']))}.",
    )


@value_over_cac.mistake("CAC_MEDIA_ONLY", repair="Who else is paid for a newcomer of Xiaohongshu?")
def _(orders, order_items, products, budget):
    """You divided by media money. Agency, creators and newcomers' coupons are paid for the same people."""
    year = first_years(orders, order_items, products, budget)
    notes = year.loc["Xiaohongshu"]
    return wrong(
        (year["margin"] / year["media"]).to_dict(),
        shows={"budget of Xiaohongshu in 2024": yuan(notes["cost"]), "media in it": yuan(notes["media"])},
        cost=f"{yuan(notes['cost'] - notes['media'])} of bills would stand in no ratio.",
    )


@value_over_cac.slip("window")
def _(orders, order_items, products, budget):
    """You summed all that these newcomers have left so far, beyond their first 365 days."""
    paid = paid_orders(orders, order_items, products)
    new = paid[(paid["first_store"] == "own") & paid["began"].between("2024-01-01", NOW, inclusive="left")]
    year = first_years(orders, order_items, products, budget)
    return (new.groupby("first_channel")["margin"].sum()[year.index] / year["cost"]).to_dict()


value_over_cac.hints(
    "What of the revenue is left to pay the channel with?",
    "Margin of the first 365 days of the newcomers of 2024, over every item of the channel's budget of 2024.",
    'year["margin"] / budget_2024.groupby("channel")["spent"].sum()',
)


# ---------------------------------------------------------------- contract or not


@per_world
def quarters(orders):
    """Buyers of the third and of the fourth quarter of 2024, and paid orders of the fourth."""
    paid = orders[orders["status"] == "paid"]
    third = paid[paid["ordered_at"].between("2024-07-01", "2024-10-01", inclusive="left")]
    fourth = paid[paid["ordered_at"].between("2024-10-01", NOW, inclusive="left")]
    return set(third["customer_id"]), set(fourth["customer_id"]), len(fourth)


@exercise(
    "S02.3",
    title="Orders that the model expects in the next 52 weeks",
    kind="number",
    unit="times",
    minutes=(4, 8),
    practises=["R012", "R198"],
    bounds=(0, None),
    section="Nobody gives notice",
    selfcheck={
        "grain": GRAIN,
        "window": "the 52 weeks from 1 January 2025 on, of customers known before that day",
        "method": "the fitted model, customer by customer, then the sum",
    },
)
def expected_next_year(orders):
    """The model weighs each customer's silence against their own rhythm; nobody has to be declared lost."""
    summary, model = calibration(orders)
    return orders_ahead(model, summary, WEEKS).sum()


@expected_next_year.mistake(
    "CONTRACTUAL_FORMULA", repair="How many of those whom you count as lost ordered again in 2025?"
)
def _(orders, order_items, products):
    """You divided by a churn rate. A subscription knows who left; here "no order this quarter" is a pause for many, and
    the formula takes them out of the books for good."""
    third, fourth, placed = quarters(orders)
    lost = third - fourth
    churn = len(lost) / len(third)
    back = (holdout(orders).reindex(list(lost)) > 0).sum()
    worth = holdout(orders).reindex(list(lost)).sum() * margin_per_order(orders, order_items, products)
    return wrong(
        placed / churn,
        shows={
            "buyers of the summer called lost": count(len(lost)),
            "of them with an order in 2025": count(back),
        },
        cost=f"People who left {yuan(worth)} of margin in 2025 would have been written off.",
    )


@expected_next_year.mistake(
    "HIST_AS_FUTURE",
    repair="Which of the orders of 2024 were first orders, or of people who have gone since?",
)
def _(orders, order_items, products):
    """You let last year repeat itself. Its orders contain the newcomers' first ones, and some who placed them are gone."""
    paid = orders[
        (orders["status"] == "paid") & orders["ordered_at"].between("2024-01-01", NOW, inclusive="left")
    ]
    summary = calibration(orders)[0]
    gap = len(paid) - holdout(orders).sum()
    return wrong(
        len(paid),
        shows={
            "paid orders of 2024": count(len(paid)),
            "first orders among them": count((summary["first_on"] >= "2024-01-01").sum()),
        },
        cost=f"The plan would count on {yuan(gap * margin_per_order(orders, order_items, products))} of margin that did not come from them.",
    )


expected_next_year.hints(
    "Which function says what each customer will do in a number of weeks?",
    "orders_ahead for 52 weeks gives one number per customer.",
    "orders_ahead(model, summary, 52).sum()",
)


# ---------------------------------------------------------------- alive


def two_customers(recency=80 - 200 / 7):
    return pd.DataFrame({"frequency": [12, 2], "recency": recency, "T": 80.0}, index=["twelve", "two"])


@exercise(
    "S02.4",
    title="Two customers, silent for 200 days",
    kind="table",
    unit="fraction",
    minutes=(3, 6),
    practises=["R198"],
    section="Alive, with a probability",
    selfcheck={
        "recency": "weeks from the first order to the last one, not from the last one to today",
        "T": "80 weeks for both",
        "unit": "weeks everywhere: 200 days are 200 / 7",
    },
)
def alive_of_two(orders):
    """Who used to come every month and has been away for seven is gone, most likely; who came twice in a year may be on time."""
    return probability_alive(calibration(orders)[1], two_customers()).to_dict()


@alive_of_two.mistake(
    "PROB_ALIVE", repair="How often would each of the two have ordered in 200 days by their own rhythm?"
)
def _(orders, order_items, products):
    """You let the twelve orders speak and not the silence. The more often somebody came, the more a silence says."""
    model = calibration(orders)[1]
    right = probability_alive(model, two_customers())
    margin = 1000 * 2 * (0.9 - right["twelve"]) * margin_per_order(orders, order_items, products)
    return wrong(
        probability_alive(model, two_customers(80.0)).to_dict(),
        shows={
            "weeks between orders before, twelve": f"{(80 - 200 / 7) / 12:.1f}",
            "weeks of silence now": f"{200 / 7:.1f}",
        },
        cost=f"A thousand such customers, courted as the best, would be planned with about {yuan(margin)} too much at two orders each.",
    )


@alive_of_two.mistake("RECENCY_DIRECTION", repair="What is the recency of somebody who ordered today?")
def _(orders):
    """You gave the weeks since the last order. In RFM tables recency means that; in this model it is the age at the last
    order, so your customers stopped after four of twenty months."""
    return wrong(
        probability_alive(calibration(orders)[1], two_customers(200 / 7)).to_dict(),
        shows={"weeks since the last order": f"{200 / 7:.1f}", "weeks from the first order to now": "80"},
    )


@alive_of_two.slip("T")
def _(orders):
    """You let the silence begin after 80 weeks. The 80 weeks are the age now, with the silence in it."""
    later = two_customers(80.0).assign(T=80 + 200 / 7)
    return probability_alive(calibration(orders)[1], later).to_dict()


alive_of_two.hints(
    "When, in weeks of their age, was the last order of the two?",
    "frequency 12 and 2, T 80, recency 80 - 200 / 7.",
    "probability_alive(model, pd.DataFrame({'frequency': [12, 2], 'recency': ..., 'T': 80}))",
)


# ---------------------------------------------------------------- value of an order


@per_world
def spends(orders):
    """Value of a repeat day of the frequent: their own, and as the Gamma-Gamma model of all expects it; the frequent."""
    summary = calibration(orders)[0]
    frequent = summary[summary["frequency"] >= 8]
    everybody = expected_spend(fit_gamma_gamma(summary), frequent)
    weight = frequent["frequency"]
    return (
        (frequent["monetary_value"] * weight).sum() / weight.sum(),
        (everybody * weight).sum() / weight.sum(),
        frequent,
    )


@exercise(
    "S02.5",
    title="Value of a coming order of the frequent",
    kind="number",
    unit="CNY",
    minutes=(5, 9),
    practises=["R198"],
    bounds=(0, None),
    section="What an order is worth",
    selfcheck={
        "filter": "customers with eight or more repeat days before 2025",
        "numerator and denominator": "the money of their repeat days over the number of these days",
        "method": "their own past: with eight days and more a mean needs no help from others",
    },
)
def frequent_spend(orders):
    """Eight and more days speak for themselves, and nobody is pulled to a mean that is not theirs."""
    return spends(orders)[0]


@frequent_spend.mistake("ASSUMPTION_SKIP", repair="Do those who order often spend what the others do?")
def _(orders):
    """You fitted one model to everybody. It takes for granted that the value of an order has nothing to do with how often
    somebody orders; here the two rise together, and the frequent are pulled down to the rest."""
    right, pooled, frequent = spends(orders)
    summary = calibration(orders)[0]
    placed = holdout(orders).reindex(frequent.index).sum()
    once = summary[summary["frequency"] == 1]
    return wrong(
        pooled,
        shows={
            "customers with one repeat day": yuan(once["monetary_value"].mean()),
            "with eight or more": yuan(frequent["monetary_value"].mean()),
        },
        cost=f"On their orders of 2025 that is {yuan((right - pooled) * placed)} of revenue left out of the plan.",
    )


@frequent_spend.mistake("NULL_AS_ZERO", repair="What does a monetary value of 0 stand for in this table?")
def _(orders):
    """You averaged the column over all customers. Who never came back has a 0 there, which means "not known" and no order of CNY 0."""
    summary = calibration(orders)[0]
    mean, frequent = summary["monetary_value"].mean(), spends(orders)[2]
    few = (frequent["monetary_value"] <= mean).sum()
    return wrong(
        mean,
        shows={"customers": count(len(summary)), "with a 0 there": count((summary["frequency"] == 0).sum())},
        cost=f"An order would be planned at {yuan(mean)}; of the {count(len(frequent))} frequent customers {count(few)} "
        f"spend so little.",
    )


frequent_spend.hints(
    "Whom does the model pull to whose mean?",
    "monetary_value x frequency is the money of the repeat days; sum it over the frequent, divide by their days.",
    '(frequent["monetary_value"] * frequent["frequency"]).sum() / frequent["frequency"].sum()',
)


# ---------------------------------------------------------------- validation


@prediction(
    "S02.a",
    title="Share of the customers of 2023 and 2024 who order in 2025",
    unit="fraction",
    practises=["R198"],
    bounds=(0, 1),
    section="Nobody gives notice",
)
def guess_back(orders):
    """Many first orders stay the only one, and a silence of months is seldom a pause."""
    return (holdout(orders) > 0).mean()


@prediction(
    "S02.b",
    title="Model's holdout total over what came",
    unit="times",
    practises=["R198"],
    bounds=(0, None),
    section="The year it has not seen",
)
def guess_error(orders):
    """The picture of the past was fitted to the past; the year after it had other mails and older children."""
    summary, model = calibration(orders)
    return orders_ahead(model, summary, WEEKS).sum() / holdout(orders).sum()


@exercise(
    "S02.6",
    title="How far off is the model?",
    kind="number",
    unit="fraction",
    minutes=(4, 7),
    practises=["R198"],
    section="The year it has not seen",
    selfcheck={
        "numerator and denominator": "expected orders of the 52 weeks over those placed, minus 1",
        "window": "1 January to 30 December 2025: 52 weeks after the calibration",
        "filter": "customers of the calibration; days with an order, paid",
    },
)
def holdout_error(orders):
    """Only a year that the fit has not seen can say whether the model knows the next one."""
    summary, model = calibration(orders)
    return orders_ahead(model, summary, WEEKS).sum() / holdout(orders).sum() - 1


@holdout_error.mistake("IN_SAMPLE", repair="Which orders had the fit already seen?")
def _(orders, order_items, products):
    """You compared the model with the orders that it was fitted to. Four parameters were chosen so that this total fits."""
    summary, model = calibration(orders)
    gap = orders_ahead(model, summary, WEEKS).sum() - holdout(orders).sum()
    return wrong(
        expected_orders(model, summary["T"].to_numpy()).sum() / summary["frequency"].sum() - 1,
        shows={
            "repeat days that the fit has seen": count(summary["frequency"].sum()),
            "orders after it": count(holdout(orders).sum()),
        },
        cost=f"The plan of 2025 would have counted on {yuan(gap * margin_per_order(orders, order_items, products))} of margin that never came.",
    )


@holdout_error.mistake("DEF_MISMATCH", repair="Which customers did the model know on 1 January 2025?")
def _(orders):
    """You set the forecast beside all orders of the year. The newcomers of 2025 hide what the old customers did not do."""
    summary, model = calibration(orders)
    year = orders[(orders["status"] == "paid") & (orders["ordered_at"] >= NOW) & (orders["ordered_at"] < END)]
    new = ~year["customer_id"].isin(summary.index)
    return wrong(
        orders_ahead(model, summary, WEEKS).sum() / len(year) - 1,
        shows={"paid orders of the 52 weeks": count(len(year)), "of them by newcomers": count(new.sum())},
        cost=f"{yuan(year.loc[new, 'amount'].sum())} of newcomers' sales would be credited to customers who stayed away.",
    )


@holdout_error.slip("window")
def _(orders):
    """You took the end of the chart: the orders up to the last days of 2024, which the fit has seen, and none of 2025."""
    summary, model = calibration(orders)
    last = pd.Timestamp("2024-12-29")
    days = orders[(orders["status"] == "paid") & (orders["ordered_at"] < last)]
    days = days.assign(day=days["ordered_at"].dt.normalize()).drop_duplicates(["customer_id", "day"])
    came = (days["day"] > days["customer_id"].map(summary["first_on"])).sum()
    weeks = np.maximum((last - summary["first_on"]) / np.timedelta64(7, "D"), 0)
    return expected_orders(model, weeks.to_numpy()).sum() / came - 1


holdout_error.hints(
    "What came from these customers in the 52 weeks, and what had been expected?",
    "Count days with a paid order in the 52 weeks for customers of the summary; divide the expectation by it.",
    "orders_ahead(model, summary, 52).sum() / placed.sum() - 1",
)


# ---------------------------------------------------------------- children grow


@exercise(
    "S02.7",
    title="Orders of families whose child is three",
    kind="number",
    unit="times",
    minutes=(7, 12),
    points=2,
    practises=["R198"],
    bounds=(0, None),
    section="Children grow, mails end",
    selfcheck={
        "filter": "children of 36 months and more on 1 January 2025",
        "window": "the 13 steps from 1 January 2025 on",
        "method": "chances by silence, mails and age, rolled forward",
    },
)
def grown_orders(orders, customers, cadence_test):
    """With age in the model these families fade as the child grows; a constant rate knows of no child."""
    return forecast_by_steps(orders, customers, cadence_test)[age_at_start(customers, orders) >= 36].sum()


@grown_orders.mistake("LIFECYCLE_BLIND", repair="What does a child of four need of what Heyu sells?")
def _(orders, customers, order_items, products, cadence_test):
    """You kept the constant rates. The model knows how often they came, and not that the reason to come grows out of the product."""
    summary, model = calibration(orders)
    grown = age_at_start(customers, orders) >= 36
    said = orders_ahead(model, summary, WEEKS)[grown].sum()
    gap = said - holdout(orders)[grown].sum()
    return wrong(
        said,
        shows={
            "families": count(grown.sum()),
            "of them with an order in 2025": count((holdout(orders)[grown] > 0).sum()),
        },
        cost=f"Stock and coupons would wait for {yuan(gap * margin_per_order(orders, order_items, products))} of margin that grew up.",
    )


@grown_orders.mistake("HIST_AS_FUTURE", repair="How old were these children in 2024?")
def _(orders, customers):
    """You took their orders of last year. A year is a third of the time that a child needs what we sell."""
    grown = age_at_start(customers, orders) >= 36
    last = orders[
        (orders["status"] == "paid") & orders["ordered_at"].between("2024-01-01", NOW, inclusive="left")
    ]
    mine = last["customer_id"].isin(grown.index[grown])
    return wrong(
        mine.sum(),
        shows={
            "their orders in 2024": count(mine.sum()),
            "a year before": count(_year_before(orders, grown)),
        },
    )


def _year_before(orders, grown):
    paid = orders[(orders["status"] == "paid") & (orders["ordered_at"] < "2024-01-01")]
    return paid["customer_id"].isin(grown.index[grown]).sum()


@grown_orders.slip("method")
def _(orders, customers, cadence_test):
    """You rolled forward with the mails and without the child's age."""
    return forecast_without_age(orders, customers, cadence_test)[age_at_start(customers, orders) >= 36].sum()


grown_orders.hints(
    "Which of the two forecasts knows how old the child is?",
    "Sum the rolled forecast over the customers whose child is 36 months or older on the first day.",
    "forecast[age >= 36].sum(), with age in months on 1 January 2025 by customer",
)


# ---------------------------------------------------------------- payback


@per_world
def two_year_cohort(orders, order_items, products, budget):
    """By channel, own-shop newcomers of July to December 2023: people, margin of 730 days plain and discounted, cost, media."""
    paid = paid_orders(orders, order_items, products)
    new = paid[
        (paid["first_store"] == "own") & paid["began"].between("2023-07-01", "2024-01-01", inclusive="left")
    ]
    rows = new[new["days"] < 730].assign(today=lambda t: discounted(t["margin"], t["days"], 0.12))
    table = rows.groupby("first_channel")[["margin", "today"]].sum()
    table["people"] = new.groupby("first_channel")["customer_id"].nunique()
    spent = budget[budget["date"].between("2023-07-01", "2024-01-01", inclusive="left")]
    table["cost"] = spent.groupby("channel")["spent"].sum()
    table["media"] = spent[spent["item"] == "media"].groupby("channel")["spent"].sum()
    return table


@exercise(
    "S02.8",
    title="What a newcomer of Xiaohongshu leaves after two years",
    kind="number",
    unit="CNY",
    minutes=(6, 11),
    points=2,
    practises=["R198", "R012"],
    section="Payback",
    selfcheck={
        "numerator and denominator": "discounted margin of days 0 to 729, minus all cost, per newcomer",
        "window": "first paid order and cost from July to December 2023",
        "filter": "channel of the first order Xiaohongshu, first order in the own shop",
        "discount": "12 % a year, by the days since the first order",
    },
)
def net_of_two_years(orders, order_items, products, budget):
    """One channel, one cohort with its own cost, margin in yuan of the day on which the cost was paid."""
    row = two_year_cohort(orders, order_items, products, budget).loc["Xiaohongshu"]
    return (row["today"] - row["cost"]) / row["people"]


@net_of_two_years.mistake(
    "DISCOUNT_IGNORED", repair="What does money cost Heyu that comes back two years later?"
)
def _(orders, order_items, products, budget):
    """You added yuan of three years as if they were one. The cost is paid on the first day, the margin comes over two years."""
    row = two_year_cohort(orders, order_items, products, budget).loc["Xiaohongshu"]
    gap = (row["margin"] - row["today"]) / row["people"]
    return wrong(
        (row["margin"] - row["cost"]) / row["people"],
        shows={"a yuan of the last day, on the first": f"CNY {1.12 ** (-729 / 365):.2f}"},
        cost=f"Bids could go too high, by {yuan(gap * row['people'])} for the newcomers of this half year.",
    )


@net_of_two_years.mistake(
    "MIX_UNADJUSTED", repair="Which channels' customers stand in your average, and which cost?"
)
def _(orders, order_items, products, budget):
    """You averaged over the channels, and the large ones fill the average; it says nothing of the next newcomer from
    Xiaohongshu. Or you discounted all margin by the full two years, though most of it comes sooner."""
    table = two_year_cohort(orders, order_items, products, budget)
    right = table.loc["Xiaohongshu"]
    blended = (table["today"].sum() - table["cost"].sum()) / table["people"].sum()
    return wrong(
        blended,
        shows={
            "newcomers of all channels": count(table["people"].sum()),
            "of Xiaohongshu": count(right["people"]),
        },
        cost=f"The {yuan(right['cost'])} that the half year spent on Xiaohongshu would be judged by such a figure.",
    )


@net_of_two_years.mistake("CAC_MEDIA_ONLY", repair="Which items of the budget are not media?")
def _(orders, order_items, products, budget):
    """You took media for the whole cost. Creators, agency and coupons are paid for the same newcomers."""
    row = two_year_cohort(orders, order_items, products, budget).loc["Xiaohongshu"]
    return wrong(
        (row["today"] - row["media"]) / row["people"],
        shows={"all items": yuan(row["cost"]), "media": yuan(row["media"])},
        cost=f"{yuan(row['cost'] - row['media'])} of bills would be paid from a profit that is none.",
    )


net_of_two_years.hints(
    "Which day is the cost paid on, and on which days does the margin come?",
    "Discount each order's margin by its days since the first order, sum, subtract the budget of the half year, divide by newcomers.",
    'discounted(rows["margin"], rows["days"], 0.12).sum()',
)


# ---------------------------------------------------------------- mixed case: members


@per_world
def lots(orders, private_holdout, wecom_contacts):
    """People of the holdout test with orders in their 60 days and whether they joined in them."""
    rows = private_holdout.copy()
    paid = orders[orders["status"] == "paid"]
    rows["orders"] = orders_within(paid, rows["customer_id"], rows["start"], 60)
    added = wecom_contacts.dropna(subset=["customer_id"]).groupby("customer_id")["added_at"].min()
    rows["joined"] = rows["customer_id"].map(added) < rows["start"] + pd.Timedelta(days=60)
    return rows


def by_lot(rows):
    """1 + effect of joining, by the lot, as a ratio to those held out."""
    arms = rows.groupby("arm")[["orders", "joined"]].mean()
    more = arms.loc["invited"] - arms.loc["held out"]
    return 1 + more["orders"] / more["joined"] / arms.loc["held out", "orders"]


def by_looks(rows):
    """Orders of those invited who joined, over those who did not."""
    mean = rows[rows["arm"] == "invited"].groupby("joined")["orders"].mean()
    return mean[True] / mean[False]


@exercise(
    "S02.9",
    title="Are members worth more, or do the better ones join?",
    kind="table",
    unit="times",
    minutes=(9, 16),
    points=2,
    practises=["R157"],
    section="Mixed case: the members",
    selfcheck={
        "grain": "one row of private_holdout is a customer who was invited, or held out by lot",
        "window": "paid orders in the 60 days from start on; joined within the same 60 days",
        "numerator and denominator": "difference of the arms over the difference of their shares of members, over the mean held out",
    },
)
def members_worth(orders, private_holdout, wecom_contacts):
    """Who joins was the better customer before. Only the lot compares people who were alike."""
    rows = lots(orders, private_holdout, wecom_contacts)
    return {"members over others": by_looks(rows), "due to joining": by_lot(rows)}


@members_worth.mistake(
    "SELECTION_AS_EFFECT", repair="What would these members have ordered without the group?"
)
def _(orders, private_holdout, wecom_contacts, order_items, products):
    """You took the difference between people for the effect of joining. Those who mean to come back scan the card."""
    rows = lots(orders, private_holdout, wecom_contacts)
    looks, effect = by_looks(rows), by_lot(rows)
    joined = rows["joined"].sum()
    held = rows.loc[rows["arm"] == "held out", "orders"].mean()
    worth = (looks - effect) * held * joined * margin_per_order(orders, order_items, products)
    return wrong(
        {"members over others": looks, "due to joining": looks},
        shows={"orders in 60 days, invited and joined": f"{rows.loc[rows['joined'] & (rows['arm'] == 'invited'), 'orders'].mean():.2f}",
               "held out": f"{held:.2f}"},
        cost=f"The desk would be credited with {yuan(worth)} of margin in 60 days that came by itself.",
    )  # fmt: skip


@members_worth.mistake("SURVIVORSHIP", repair="How many people of each arm placed no order at all?")
def _(orders, private_holdout, wecom_contacts):
    """You averaged over those who ordered. Whether somebody orders at all is most of what joining changes."""
    rows = lots(orders, private_holdout, wecom_contacts)
    active = rows[rows["orders"] > 0]
    return wrong(
        {"members over others": by_looks(active), "due to joining": by_lot(active)},
        shows={"people in the test": count(len(rows)), "with an order in their 60 days": count(len(active))},
    )


@members_worth.slip("numerator and denominator")
def _(orders, private_holdout, wecom_contacts):
    """You set all who were invited against all held out. That is what an invitation does; some of the invited did not join."""
    rows = lots(orders, private_holdout, wecom_contacts)
    arms = rows.groupby("arm")["orders"].mean()
    return {"members over others": by_looks(rows), "due to joining": arms["invited"] / arms["held out"]}


members_worth.hints(
    "Which two groups of this test were made by lot?",
    "Invited against held out; not all who were invited joined, so divide by the difference of the shares.",
    "1 + (orders invited - orders held out) / (joined invited - joined held out) / orders held out",
)


# ---------------------------------------------------------------- growth


@per_world
def levers(orders):
    """Paid orders of 2024 and 2025 by lever: first ones, repeats within 112 days of the one before, repeats after a longer silence."""
    paid = orders[orders["status"] == "paid"].sort_values("ordered_at")
    gap = (paid["ordered_at"] - paid.groupby("customer_id")["ordered_at"].shift()).dt.days
    lever = pd.Series(
        np.select([gap.isna(), gap <= 112], ["acquisition", "retention"], "resurrection"), index=paid.index
    )
    return pd.crosstab(lever, paid["ordered_at"].dt.year)[[2024, 2025]]


@exercise(
    "S02.11",
    title="Which lever moved the growth of 2025?",
    kind="table",
    unit="count",
    minutes=(5, 9),
    practises=["R011"],
    section="Which lever moved",
    selfcheck={
        "grain": "one row of orders is one order; the order before it may lie in an earlier year",
        "window": "2025 minus 2024",
        "filter": "paid orders; up to 112 days after the one before is retention, more is resurrection",
    },
)
def growth_by_lever(orders):
    """Each order has one lever, so the three changes add up to the growth."""
    table = levers(orders)
    return (table[2025] - table[2024]).to_dict()


@growth_by_lever.mistake(
    "FILTER_BEFORE_MIN", repair="Was the first order of the year the first order of the customer?"
)
def _(orders, order_items, products):
    """You looked for the order before within each year. Old customers become new every January, and acquisition gets what
    retention earned."""
    paid = orders[(orders["status"] == "paid") & (orders["ordered_at"] >= "2024-01-01")].sort_values(
        "ordered_at"
    )
    year = paid["ordered_at"].dt.year
    gap = (paid["ordered_at"] - paid["ordered_at"].groupby([paid["customer_id"], year]).shift()).dt.days
    lever = pd.Series(
        np.select([gap.isna(), gap <= 112], ["acquisition", "retention"], "resurrection"), index=paid.index
    )
    table = pd.crosstab(lever, year)
    extra = table.loc["acquisition", 2025] - levers(orders).loc["acquisition", 2025]
    return wrong(
        (table[2025] - table[2024]).to_dict(),
        shows={"customers whose first order of 2025 was not their first": count(extra), "margin of an order": yuan(margin_per_order(orders, order_items, products))},
        cost=f"Acquisition would be credited with {yuan(extra * margin_per_order(orders, order_items, products))} of margin from people whom Heyu had.",
    )  # fmt: skip


@growth_by_lever.slip("filter")
def _(orders):
    """You drew the line at 90 days."""
    paid = orders[orders["status"] == "paid"].sort_values("ordered_at")
    gap = (paid["ordered_at"] - paid.groupby("customer_id")["ordered_at"].shift()).dt.days
    lever = pd.Series(
        np.select([gap.isna(), gap <= 90], ["acquisition", "retention"], "resurrection"), index=paid.index
    )
    table = pd.crosstab(lever, paid["ordered_at"].dt.year)
    return (table[2025] - table[2024]).to_dict()


@growth_by_lever.mistake("GMV_AS_REVENUE", repair="Which of these orders were ever paid?")
def _(orders):
    """You counted orders that were placed. Unpaid ones bring nothing, and a customer with only unpaid ones is none yet."""
    rows = orders.sort_values("ordered_at")
    gap = (rows["ordered_at"] - rows.groupby("customer_id")["ordered_at"].shift()).dt.days
    lever = pd.Series(
        np.select([gap.isna(), gap <= 112], ["acquisition", "retention"], "resurrection"), index=rows.index
    )
    table = pd.crosstab(lever, rows["ordered_at"].dt.year)
    unpaid = rows[(rows["status"] != "paid") & (rows["ordered_at"] >= NOW)]
    return wrong(
        (table[2025] - table[2024]).to_dict(),
        shows={
            "orders of 2025": count((rows["ordered_at"] >= NOW).sum()),
            "of them never paid": count(len(unpaid)),
        },
        cost=f"Growth would be told with {yuan(unpaid['amount'].sum())} of baskets that nobody paid.",
    )


growth_by_lever.hints(
    "What was the order before each order, in any year?",
    "Days since the customer's order before: none is acquisition, up to 112 retention, more resurrection; count by year.",
    'paid["ordered_at"] - paid.groupby("customer_id")["ordered_at"].shift()',
)


# ---------------------------------------------------------------- memo


@exercise(
    "S02.10",
    title="Memo: orders that the plain model promised too many",
    kind="memo",
    unit="count",
    minutes=(5, 8),
    points=2,
    practises=["R198", "R011"],
    section="The memo",
    selfcheck={
        "line 1": "orders of the 52 weeks that the BG/NBD model expected beyond those that came",
        "line 2": "a number of its own: why, or what the repaired forecast said",
        "line 3": "the ask: who should do what, by when",
    },
)
def lifetime_memo(orders):
    """Director Shen sees how far the proud figure was off, why, and which one to plan with."""
    summary, model = calibration(orders)
    return round(orders_ahead(model, summary, WEEKS).sum() - holdout(orders).sum())


@lifetime_memo.mistake("IN_SAMPLE", repair="Which of these orders lie after the calibration?")
def _(orders):
    """Your first line carries what the model makes of the years that it was fitted to. Nobody asked about those."""
    summary, model = calibration(orders)
    off = abs(expected_orders(model, summary["T"].to_numpy()).sum() - summary["frequency"].sum())
    return wrong(
        round(off),
        shows={
            "repeat days in the calibration": count(summary["frequency"].sum()),
            "orders in the holdout": count(holdout(orders).sum()),
        },
    )


@lifetime_memo.mistake("NO_ACTION", repair="Who should do what by when, now that the number is known?")
def _(orders, order_items, products):
    """Your third line asks for nothing. A figure without a decision leaves last year's bids as they are."""
    summary, model = calibration(orders)
    gap = orders_ahead(model, summary, WEEKS).sum() - holdout(orders).sum()
    return wrong(
        None,
        cost=f"Bids that count on {yuan(gap * margin_per_order(orders, order_items, products))} of margin stay in the plan.",
    )


lifetime_memo.hints(
    "Three lines: number, evidence, ask.",
    "Line 1: expected minus placed orders of the 52 weeks, as a whole number.",
    "Line 3 begins with a verb: set, replace, test; and says by when.",
)
