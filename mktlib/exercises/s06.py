"""S06 Incrementality: geo tests, holdouts, DiD, calibration. Lesson: lessons/3_senior/S06_incrementality.md."""

import numpy as np
import pandas as pd

from mktlib.course import exercise, per_world, prediction, wrong
from mktlib.course.text import count, percent, yuan
from mktlib.geo import by_precision, iroas, lost, lots, placebo, power

DAY = pd.Timedelta(days=1)
TEST = ("2025-10-13", "2025-11-23")
SIX_WEEKS_BEFORE = ("2025-09-01", "2025-10-12")
FIRST_DAY = "2025-03-03"
STARTS = pd.date_range("2025-07-14", "2025-09-01")  # of placebos of six weeks that end before the test
POP_UP, BEFORE_POP_UP = ("2025-05-01", "2025-05-25"), ("2025-03-10", "2025-04-28")
PAUSES = [("2024-09-02", "2024-09-15"), ("2025-07-14", "2025-07-27")]
LOSS = 0.10  # what the next test has to see
LOOKS = range(2, 7)  # weeks after which the dashboard is read
BUDGET = 100_000  # what Director Shen would add
MODEL, MODEL_ERROR = 2.4, 0.6  # the vendor's mix model: revenue of 180 days per yuan


@per_world
def panel(geo_daily, cities):
    """Day by city tables of counts and money, and what is known of the cities, all in the order of `cities`."""
    known = cities.set_index("city")
    near = set("|".join(known.loc[known["pop_up"], "neighbours"]).split("|"))
    known["near"] = known.index.isin(near) & ~known["pop_up"]
    order = known.sort_values(["tier", "audience"], ascending=[True, False]).index
    known["block"] = pd.Series(np.arange(len(order)) // 3, order)
    found = {"cities": known, "dark": known["group"] == "holdout"}
    for column in ("new_customers", "new_revenue", "feed_cost"):
        table = geo_daily.pivot(index="date", columns="city", values=column)[known.index]
        found[column] = table
        found[column, "quiet"] = table.drop(table.loc["2025-05-01":"2025-05-31"].index)
    return found


def before_and_during(data, column):
    """Sums by city before the test (without May) and during it."""
    return data[column, "quiet"].loc[: pd.Timestamp(TEST[0]) - DAY].sum(), data[column].loc[
        TEST[0] : TEST[1]
    ].sum()


@per_world
def readings(geo_daily, cities):
    """The test read in three ways: revenue lost, and what each yuan brought."""
    data = panel(geo_daily, cities)
    dark = data["dark"]
    before, after = before_and_during(data, "new_revenue")
    cost_before, cost = before_and_during(data, "feed_cost")
    six_weeks = data["new_revenue"].loc[SIX_WEEKS_BEFORE[0] : SIX_WEEKS_BEFORE[1]].sum()
    right = iroas(before, after, cost_before, cost, dark)
    customers_before, customers = before_and_during(data, "new_customers")
    return {
        "right": right,
        "customers": lost(customers_before, customers, dark),
        "expected": lost(before, after, dark)["expected"],
        "six weeks": six_weeks[dark].sum(),
        "after": after[dark].sum(),
        "lit mean": after[~dark].mean(),
        "dark mean": after[dark].mean(),
        "post only": (after[~dark].mean() - after[dark].mean()) * dark.sum(),
        "pre post": six_weeks[dark].sum() - after[dark].sum(),
        "cost": cost.sum(),
        "audience": data["cities"]["audience"].groupby(dark).mean(),
    }


@per_world
def platform(feed_ads_daily):
    """What the feed platform reports for the six weeks: cost, orders, revenue."""
    return feed_ads_daily[feed_ads_daily["date"].between(*TEST)][["cost", "orders", "revenue"]].sum()


def signed(found):
    """A sentence on the money that a figure decides about: nothing in it can be turned into the right
    answer."""
    return (
        f"The agency's doubling, {yuan(found['cost'])} more in six weeks, would be signed on a figure "
        "that the cities did not give."
    )


def promised(gap):
    """A sentence on money that a loss promises and that does not come, per BUDGET: only where the answer is
    no return per yuan."""
    return f"Of {yuan(BUDGET)} more for feed ads, your figure promises {yuan(gap * BUDGET)} of first orders that the test did not see."


# ---------------------------------------------------------------- two questions from before


@exercise(
    "S06.r1",
    title="A wide interval",
    kind="choice",
    practises=["R213"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "no effect: zero lies in the interval, so the page may be dropped",
        "b": "not known yet: nothing at all and more than what matters are both in the interval",
        "c": "probably a win: most of the interval lies above zero, so nine chances in ten are for the page",
    },
)
def wide_interval():
    """An interval that holds zero and the lift that matters has decided nothing; a larger test would."""
    return "b"


@wide_interval.mistake("UNDERPOWERED_NULL", repair="Which lifts does the interval not exclude?")
def _(test_ideas):
    """You read "not proven" as "not there". The same interval also holds the lift that you were looking for."""
    cost = test_ideas["cost"].median()
    return wrong(
        "a",
        shows={"lower end": "-2%", "upper end": "+11%"},
        cost=f"The idea's usual cost of {yuan(cost)} is written off although nobody knows whether it works.",
    )


@wide_interval.mistake("PVALUE_AS_PROB", repair="What was drawn by lot: the page's effect, or the visitors?")
def _():
    """You read an interval as betting odds. It says what samples do, and knows nothing of how often such pages work."""
    return "c"


wide_interval.hints(
    "Which true lifts would be compatible with this result?",
    "Is zero in the interval? Is +5% in it?",
    "Both are in it, so neither is decided.",
)


@exercise(
    "S06.r2",
    title="Three models give feed ads credit",
    kind="choice",
    practises=["R217"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "without feed ads this order would be missing, wholly or in part",
        "b": "feed ads were on the way of this order; whether it needed them is open",
        "c": "three models agree, so at least the smallest of the three credits is due to feed ads",
    },
)
def three_models():
    """Credit divides an order that is there among those who were on the way; none of the models saw a day without the ad."""
    return "b"


@three_models.mistake(
    "LASTCLICK_AS_INCREMENTAL", repair="Did any of the three models see a city without feed ads?"
)
def _(feed_ads_daily):
    """You read who was there as who was needed. A touch on the way stands in the log either way."""
    found = platform(feed_ads_daily)
    return wrong("a", shows={"orders that the platform claims in six weeks": count(found["orders"]), "cost of one, as claimed": yuan(found["cost"] / found["orders"])})  # fmt: skip


@three_models.mistake(
    "CAUSAL_WORDS", repair="Can three witnesses who saw the same scene confirm what none of them saw?"
)
def _():
    """You took agreement for evidence. The models divide the same journeys, so they share what journeys cannot show."""
    return "c"


three_models.hints(
    "What did every model of M05 divide?",
    "Orders that came. What would it take to see one that did not come?",
    "Credit says who was on the way.",
)


# ---------------------------------------------------------------- lost, and per yuan


@prediction(
    "S06.a",
    title="First orders that a yuan of feed ads brings",
    unit="times",
    practises=["R099"],
    bounds=(None, None),
    section="The question in data",
)
def guess_iroas(geo_daily, cities):
    """The platform counts whoever ordered after an ad; the cities count who is missing without it."""
    return float(readings(geo_daily, cities)["right"]["iroas"])


@guess_iroas.mistake(
    "LASTCLICK_AS_INCREMENTAL", repair="Which of the claimed orders would have come by another way?"
)
def _(feed_ads_daily):
    """You took the platform's claim for the effect. Those who would have bought anyway see ads, too."""
    found = platform(feed_ads_daily)
    return float(found["revenue"] / found["cost"])


@exercise(
    "S06.1",
    title="First-order revenue that the dark cities lost",
    kind="number",
    unit="CNY",
    minutes=(5, 9),
    practises=["R099"],
    section="Two answers before lunch",
    selfcheck={
        "grain": "sums over the twenty dark and the forty lit cities",
        "window": "before: the quiet days up to 12 October; during: 13 October to 23 November",
        "comparison": "what the dark cities had before, times what the lit ones did since",
    },
)
def lost_revenue(geo_daily, cities):
    """Each group is compared with itself, then the two changes with each other: size and season drop out."""
    return float(readings(geo_daily, cities)["right"]["lost"])


@lost_revenue.mistake("POST_ONLY", repair="How large were the two groups before anything was switched off?")
def _(geo_daily, cities):
    """You compared cities after the start alone. The lit cities are larger on average, and were so before."""
    found = readings(geo_daily, cities)
    gap = (found["post only"] - found["right"]["lost"]) / found["right"]["saved"]
    return wrong(
        float(found["post only"]),
        shows=two_audiences(found),
        cost=promised(gap),
    )


@lost_revenue.mistake("PRE_POST", repair="What did the lit cities do in the same weeks?")
def _(geo_daily, cities):
    """You compared the dark cities with their own six weeks before. What fell in all cities, the season above all, is in that difference, too."""
    found, data = readings(geo_daily, cities), panel(geo_daily, cities)
    lit = data["new_revenue"].loc[:, ~data["dark"]].sum(axis=1)
    gap = (found["pre post"] - found["right"]["lost"]) / found["right"]["saved"]
    return wrong(
        float(found["pre post"]),
        shows={
            "lit cities, six weeks before": yuan(lit.loc[SIX_WEEKS_BEFORE[0] : SIX_WEEKS_BEFORE[1]].sum()),
            "lit cities, during the test, with their ads on": yuan(lit.loc[TEST[0] : TEST[1]].sum()),
        },
        cost=promised(gap),
    )


@lost_revenue.slip("window")
def _(geo_daily, cities):
    """You took the six weeks before as the time before. That is noisier than all quiet days."""
    data = panel(geo_daily, cities)
    before = data["new_revenue"].loc[SIX_WEEKS_BEFORE[0] : SIX_WEEKS_BEFORE[1]].sum()
    return float(lost(before, data["new_revenue"].loc[TEST[0] : TEST[1]].sum(), data["dark"])["lost"])


@lost_revenue.slip("comparison")
def _(geo_daily, cities):
    """You subtracted yuan from yuan, city for city. The same season moves a large city by more yuan than a
    small one; carry the dark cities on in proportion."""
    data = panel(geo_daily, cities)
    dark, quiet = data["dark"], data["new_revenue", "quiet"].loc[: pd.Timestamp(TEST[0]) - DAY]
    during = data["new_revenue"].loc[TEST[0] : TEST[1]]
    fall = (quiet.mean() - during.mean()) * len(during)
    return float((fall[dark].mean() - fall[~dark].mean()) * dark.sum())


lost_revenue.hints(
    "What would the dark cities have sold if they had gone the way of the lit ones?",
    "Revenue before in the dark cities, times (during / before) of the lit ones, less what came.",
    "before[dark].sum() * after[~dark].sum() / before[~dark].sum() - after[dark].sum()",
)


def two_audiences(found):
    return {
        "audience of a lit city, thousands": f"{found['audience'][False]:.1f}",
        "of a dark city": f"{found['audience'][True]:.1f}",
    }


def per_yuan_after(found):
    """Qiao's first slide: what a lit city sells more than a dark one, per yuan of its feed cost."""
    return float((found["lit mean"] - found["dark mean"]) / (found["cost"] / 40))


@exercise(
    "S06.2",
    title="Incremental return of feed ads",
    kind="number",
    unit="times",
    minutes=(4, 8),
    practises=["R099"],
    section="Per yuan that was not spent",
    selfcheck={
        "numerator": "first-order revenue that the dark cities lost",
        "denominator": "feed cost that the dark cities did not have, expected the same way",
        "window": "the same days for revenue and cost",
    },
)
def feed_iroas(geo_daily, cities):
    """What was lost over what was saved, both against cities that lived through the same weeks."""
    return float(readings(geo_daily, cities)["right"]["iroas"])


@feed_iroas.mistake(
    "LASTCLICK_AS_INCREMENTAL", repair="Which of these orders would have come without the ad?"
)
def _(geo_daily, cities, feed_ads_daily):
    """You divided what the platform claims by what it cost. A claim holds everybody who saw an ad and ordered, with or without need of it."""
    claimed = platform(feed_ads_daily)
    return wrong(
        float(claimed["revenue"] / claimed["cost"]),
        shows={
            "orders claimed in six weeks": count(claimed["orders"]),
            "cities without ads in the report": "0",
        },
        cost=signed(readings(geo_daily, cities)),
    )


@feed_iroas.mistake("PRE_POST", repair="Which part of the fall did the lit cities have as well?")
def _(geo_daily, cities):
    """You divided the whole fall of the dark cities by what they saved. Most of this fall was the season, and came to the lit cities, too."""
    found = readings(geo_daily, cities)
    return wrong(
        float(found["pre post"] / found["right"]["saved"]),
        shows={"dark cities, six weeks before": yuan(found["six weeks"]), "dark cities, during the test": yuan(found["after"])},
        cost=signed(found),
    )  # fmt: skip


@feed_iroas.mistake("WRONG_DENOM", repair="In which cities was the money saved that brought the loss?")
def _(geo_daily, cities):
    """You divided by the cost of the lit cities. That money was spent; the loss belongs to the money that was not."""
    found = readings(geo_daily, cities)
    return wrong(
        float(found["right"]["lost"] / found["cost"]),
        shows={"feed cost of the lit cities": yuan(found["cost"]), "feed cost of the dark cities": yuan(0)},
        cost=f"Feed ads for {yuan(found['cost'])} in six weeks would be cut on a return that is put too low.",
    )


@feed_iroas.mistake("POST_ONLY", repair="How did dark and lit cities differ before 13 October?")
def _(geo_daily, cities):
    """You took the gap per yuan of the first slide. It compares cities after the start alone, and they were
    of different size before."""
    found = readings(geo_daily, cities)
    return wrong(
        per_yuan_after(found),
        shows=two_audiences(found),
        cost=signed(found),
    )  # fmt: skip


feed_iroas.hints(
    "Which cost did the dark cities not have?",
    "What they had before, times (during / before) of the cost in the lit cities.",
    "saved = cost_before[dark].sum() * cost[~dark].sum() / cost_before[~dark].sum(); lost / saved",
)


# ---------------------------------------------------------------- cities are the units


@per_world
def rates(geo_daily, cities):
    """New customers per 10,000 inhabitants during the test: difference of the groups, and three standard errors of it."""
    data = panel(geo_daily, cities)
    dark, people = data["dark"], data["cities"]["population"]
    daily = data["new_customers"].loc[TEST[0] : TEST[1]]
    new = daily.sum()
    rate = new / people
    groups = (dark, ~dark)
    city_days = [(len(daily) * daily / people).loc[:, one].to_numpy().ravel() for one in groups]
    return {
        "difference": rate[~dark].mean() - rate[dark].mean(),
        "cities": float(np.sqrt(sum(rate[one].var() / one.sum() for one in groups))),
        "users": float(np.sqrt(sum(new[one].sum() / people[one].sum() ** 2 for one in groups))),
        "city days": float(np.sqrt(sum(one.var(ddof=1) / len(one) for one in city_days))),
        "people": people.sum() * 10_000,
        "new": new.sum(),
    }


@per_world
def alarms(geo_daily, cities):
    """Share of lots that find a difference in six weeks in which nothing was off, with errors of users and of cities."""
    data = panel(geo_daily, cities)
    known, dark = data["cities"], data["dark"]
    drawn = lots(known["tier"], known[dark].groupby("tier").size(), 1000).to_numpy()
    new = data["new_customers"].loc[SIX_WEEKS_BEFORE[0] : SIX_WEEKS_BEFORE[1]].sum().to_numpy(float)
    people = known["population"].to_numpy(float)
    z = {"users": [], "cities": []}
    for off in drawn:
        pooled = [(new[one].sum(), people[one].sum()) for one in (~off, off)]
        error = np.sqrt(sum(n / p**2 for n, p in pooled))
        z["users"].append((pooled[0][0] / pooled[0][1] - pooled[1][0] / pooled[1][1]) / error)
        rate = [new[one] / people[one] for one in (~off, off)]
        error = np.sqrt(sum(one.var(ddof=1) / len(one) for one in rate))
        z["cities"].append((rate[0].mean() - rate[1].mean()) / error)
    return {name: float((np.abs(values) > 1.96).mean()) for name, values in z.items()}


@prediction(
    "S06.b",
    title="Lots that find something where nothing was off, with inhabitants as units",
    unit="fraction",
    practises=["R099"],
    bounds=(0, 1),
    section="Sixty, not millions",
)
def guess_alarms(geo_daily, cities):
    """Inhabitants of one city share its habits, so millions of them are one draw of the lot."""
    return alarms(geo_daily, cities)["users"]


@guess_alarms.mistake("CLUSTER_SE", repair="What did the lot draw: inhabitants, or cities?")
def _():
    """You trusted the level of the test. It holds if the units are those of the lot, and here they are not."""
    return 0.05


@exercise(
    "S06.3",
    title="Standard error with the units of the lot",
    kind="number",
    unit="times",
    minutes=(4, 8),
    practises=["R099"],
    bounds=(0, None),
    section="Sixty, not millions",
    selfcheck={
        "unit": "one city is one draw of the lot",
        "formula": "square root of the sum over both groups of variance / number of units",
        "window": "new customers of the six weeks of the test per 10,000 inhabitants",
    },
)
def city_error(geo_daily, cities):
    """The lot drew cities, so the spread between cities says how far two groups differ by luck."""
    return rates(geo_daily, cities)["cities"]


def false_cost(geo_daily, cities):
    share = alarms(geo_daily, cities)["users"]
    return f"By inhabitants, {percent(share, 0)} of tests without any effect look proven: each may move {yuan(BUDGET)} for nothing, {yuan(share * BUDGET)} a test on average."


@city_error.mistake("CLUSTER_SE", repair="If one city has a habit of its own, how many inhabitants share it?")
def _(geo_daily, cities):
    """You counted inhabitants as units. People of a city share its shops, its prices and how well Heyu is known there; the lot moved them together."""
    found = rates(geo_daily, cities)
    return wrong(
        found["users"],
        shows={"units in your error": count(found["people"]), "tickets in the lot": "60"},
        cost=false_cost(geo_daily, cities),
    )


@city_error.mistake(
    "UNIT_MISMATCH", repair="Does the same city's Tuesday tell anything that its Monday did not?"
)
def _(geo_daily, cities):
    """You counted days of cities as units. A city that buys much on Monday buys much on Tuesday, too; forty-two days of it are not forty-two draws."""
    found = rates(geo_daily, cities)
    return wrong(
        found["city days"],
        shows={"rows in your error": count(60 * 42), "tickets in the lot": "60"},
    )


city_error.hints(
    "How many tickets were in the drum?",
    "One rate per city; the variance of the dark ones over 20, plus that of the lit ones over 40; the root.",
    "(rate[dark].var() / dark.sum() + rate[~dark].var() / (~dark).sum()) ** 0.5",
)


# ---------------------------------------------------------------- design


def played(data, assignments, weeks=6):
    """Placebos of a design: each assignment in each start of STARTS."""
    quiet, found = data["new_customers", "quiet"], []
    for start in STARTS:
        before, during = (
            quiet.loc[: start - DAY].sum(),
            quiet.loc[start : start + 7 * weeks * DAY - DAY].sum(),
        )
        found.append(placebo(before, during, assignments))
    return np.concatenate(found)


@per_world
def designs(geo_daily, cities):
    """Placebos of three designs with twenty dark cities, and the share of the audience that goes dark."""
    data = panel(geo_daily, cities)
    known = data["cities"]
    rank = known["audience"].rank(ascending=False)
    assignments = {
        "blocks": lots(known["block"], 1, 100),
        "biggest": pd.DataFrame([rank <= 20]),
        "smallest": pd.DataFrame([rank > 40]),
    }
    share = {
        name: float((one * known["audience"]).sum(axis=1).mean() / known["audience"].sum())
        for name, one in assignments.items()
    }
    return {name: played(data, one) for name, one in assignments.items()}, share


@exercise(
    "S06.4",
    title="Sign a design, and say what it can see",
    kind="table",
    unit={"design": "text", "power": "fraction"},
    minutes=(5, 9),
    points=2,
    practises=["R099"],
    section="Which cities go dark",
    selfcheck={
        "design": "the one whose errors average out because a lot is drawn; blocks, biggest or smallest",
        "power": "share of its placebos that a loss of a tenth carries beyond the limit of 5%",
        "window": "tests of six weeks",
    },
)
def signed_design(geo_daily, cities):
    """Blocks make the groups alike, the lot makes what is left an error of known size, and the placebos measure it."""
    return {"design": "blocks", "power": power(designs(geo_daily, cities)[0]["blocks"], LOSS)}


@signed_design.mistake(
    "CONVENIENCE_GEO", repair="Which cities are left to say what the biggest would have done?"
)
def _(geo_daily, cities):
    """You chose the cities where most is sold. Nothing that is left is like them, and a set that is always the same has an error that never averages out."""
    found, share = designs(geo_daily, cities)
    sold = panel(geo_daily, cities)["new_revenue"].loc[SIX_WEEKS_BEFORE[0] : SIX_WEEKS_BEFORE[1]].sum().sum()
    return wrong(
        {"design": "biggest", "power": power(found["biggest"], LOSS)},
        shows={
            "audience that goes dark": percent(share["biggest"], 0),
            "with blocks": percent(share["blocks"], 0),
        },
        cost=f"In six weeks like the last quiet ones, a loss of a tenth costs {yuan((share['biggest'] - share['blocks']) * sold * LOSS)} more first orders than in the blocks.",
    )


@signed_design.mistake(
    "PVALUE_AS_PROB", repair="A test that never says yes errs rarely: how often does it find something?"
)
def _(geo_daily, cities):
    """You took one minus the level for the power. The level says how often nothing looks like something; power says how often something is seen."""
    value = designs(geo_daily, cities)[0]["blocks"]
    limit = np.quantile(np.abs(value), 0.95)
    return wrong(
        {"design": "blocks", "power": 0.95},
        shows={"loss to see": percent(LOSS), "limit that luck stays below": percent(limit)},
        cost=f"Planned as nearly sure, the test misses a true loss of a tenth often; {yuan(BUDGET)} is then moved on a result that says nothing.",
    )


@signed_design.slip("power")
def _(geo_daily, cities):
    """You asked for the power to see a loss of a fifth. A tenth is asked for."""
    return {"design": "blocks", "power": power(designs(geo_daily, cities)[0]["blocks"], 2 * LOSS)}


@signed_design.slip("design")
def _(geo_daily, cities):
    """You signed the smallest cities. No lot is drawn, so whatever moves small cities alone stays in the
    result, and may lift the power or crush it."""
    return {"design": "smallest", "power": power(designs(geo_daily, cities)[0]["smallest"], LOSS)}


signed_design.hints(
    "Which of the three would fall differently if you drew again?",
    "power(placebos of the design, the loss to see).",
    '{"design": "blocks", "power": power(placebos["blocks"], 0.10)}',
)


# ---------------------------------------------------------------- neighbours


@per_world
def may(geo_daily, cities):
    """New customers before and during the pop-up stores, by kind of city: store, near, far."""
    data = panel(geo_daily, cities)
    known = data["cities"]
    kind = np.select([known["pop_up"], known["near"]], ["store", "near"], "far")
    sums = {
        "before": data["new_customers"].loc[BEFORE_POP_UP[0] : BEFORE_POP_UP[1]].sum(),
        "during": data["new_customers"].loc[POP_UP[0] : POP_UP[1]].sum(),
    }
    return pd.DataFrame(sums).groupby(kind).sum()


def gain(table, chosen, control):
    """New customers in the chosen kinds of cities beyond what the control kinds let expect."""
    have, others = table.loc[chosen].sum(), table.loc[control].sum()
    return float(have["during"] - have["before"] * others["during"] / others["before"])


@per_world
def feed_value(orders, order_items, products):
    """Feed customers of the own shop, July 2024 to June 2025: number, margin of the first order and of 180 days, first orders' share of revenue."""
    paid = orders[orders["status"] == "paid"].sort_values(["ordered_at", "order_id"])
    lines = order_items.merge(products[["sku", "unit_cost"]], on="sku")
    goods = (lines["quantity"] * lines["unit_cost"]).groupby(lines["order_id"]).sum()
    first = paid.drop_duplicates("customer_id").set_index("customer_id")
    chosen = first[(first["channel"] == "feed ads") & (first["store"] == "own")]
    chosen = chosen[chosen["ordered_at"].between("2024-07-01", "2025-07-01", inclusive="left")]
    rows = paid[paid["customer_id"].isin(chosen.index)]
    margin = rows["amount"] - rows["order_id"].map(goods) - rows["shipping_cost"]
    begin = rows["customer_id"].map(chosen["ordered_at"])
    young, is_first = (rows["ordered_at"] - begin).dt.days < 180, rows["order_id"].isin(chosen["order_id"])
    return {
        "customers": len(chosen),
        "first margin": margin[is_first].sum() / len(chosen),
        "margin": margin[young].sum() / len(chosen),
        "revenue": rows.loc[young, "amount"].sum() / len(chosen),
        "orders": young.sum() / len(chosen),
        "share": rows.loc[is_first, "amount"].sum() / rows.loc[young, "amount"].sum(),
    }


@exercise(
    "S06.5",
    title="New customers that the pop-up stores brought, wherever they live",
    kind="number",
    unit="times",
    minutes=(5, 9),
    practises=["R099"],
    bounds=(0, None),
    section="Neighbours",
    selfcheck={
        "cities": "the six with a store and those next door, against those that are neither",
        "window": "before: 10 March to 28 April; during: 1 to 25 May 2025",
        "comparison": "what they had before, times what the far cities did since",
    },
)
def stores_brought(geo_daily, cities):
    """What spills over is a part of the effect: it is counted, and kept out of the control."""
    return gain(may(geo_daily, cities), ["store", "near"], ["far"])


@stores_brought.mistake(
    "SPILLOVER",
    repair="Where do visitors of a pop-up store come from, and in which of your groups do they live?",
)
def _(geo_daily, cities, orders, order_items, products):
    """You took all other cities for untouched. Those next door gained as well: they make the control too high, and their gain is booked for nobody."""
    table, each = may(geo_daily, cities), feed_value(orders, order_items, products)["first margin"]
    grown = table["during"] / table["before"]
    value = gain(table, ["store"], ["near", "far"])
    hidden = gain(table, ["store", "near"], ["far"]) - value
    return wrong(
        value,
        shows={"next door: new customers in May per 100 before": count(100 * grown["near"]), "far away": count(100 * grown["far"])},
        cost=f"{yuan(hidden * each)} of margin on first orders would be missing when the next pop-up is decided (at the margin of a feed customer's first order).",
    )  # fmt: skip


@stores_brought.mistake("POST_ONLY", repair="Who would have come in May without a store?")
def _(geo_daily, cities, orders, order_items, products):
    """You counted everybody who came in the cities that the stores reached. Many of them come in any month."""
    table, each = may(geo_daily, cities), feed_value(orders, order_items, products)["first margin"]
    value = float(table.loc[["store", "near"], "during"].sum())
    gap = value - gain(table, ["store", "near"], ["far"])
    return wrong(
        value,
        shows={"these cities in 50 days before": count(table.loc[["store", "near"], "before"].sum()), "in 25 days of May": count(value)},
        cost=(
            f"Customers of every May, worth {yuan(gap * each)} of margin on first orders, would be booked "
            "for the stores."
        ),
    )  # fmt: skip


@stores_brought.slip("cities")
def _(geo_daily, cities):
    """You counted the gain of the six cities with a store alone. Who travels to a store lives next door."""
    return gain(may(geo_daily, cities), ["store"], ["far"])


stores_brought.hints(
    "Which cities did nothing reach?",
    "Sum before and during over store and near; multiply before by the far cities' ratio; subtract.",
    "reached = store | near; during[reached].sum() - before[reached].sum() * during[far].sum() / before[far].sum()",
)


# ---------------------------------------------------------------- looking


@per_world
def looks(geo_daily, cities):
    """Placebos of 2,000 lots from 1 September on, read after two to six weeks: one column a look."""
    data = panel(geo_daily, cities)
    quiet, first = data["new_customers", "quiet"], pd.Timestamp("2025-09-01")
    drawn, before = lots(data["cities"]["block"], 1, 2000, seed=2), quiet.loc[: first - DAY].sum()
    return pd.DataFrame({weeks: placebo(before, quiet.loc[first : first + 7 * weeks * DAY - DAY].sum(), drawn) for weeks in LOOKS})  # fmt: skip


def ever_green(geo_daily, cities):
    found = looks(geo_daily, cities).abs()
    return float((found > found.quantile(0.95)).any(axis=1).mean())


@exercise(
    "S06.6",
    title="False alarms of a test that is extended until it is significant",
    kind="number",
    unit="fraction",
    minutes=(3, 6),
    practises=["R099"],
    bounds=(0, 1),
    section="Two more weeks",
    selfcheck={
        "grain": "one row is one lot, one column one look",
        "numerator": "lots that are beyond the limit of a look at one look or more",
        "window": "all five looks, after two to six weeks",
    },
)
def extended(geo_daily, cities):
    """Who may stop at any of five looks has five chances, and they resemble each other because each holds the one before."""
    return ever_green(geo_daily, cities)


@extended.mistake("PEEKING", repair="How many times may this test be declared won?")
def _():
    """You counted each look by itself. Its limit is made for a test that is read once, at a time that was
    fixed before; here a lot may pass at any of five."""
    return wrong(
        0.05,
        shows={"looks that may end the test": "5", "looks that each limit was made for": "1"},
        cost=f"Each alarm at another look, which you did not count, moves {yuan(BUDGET)} for nothing.",
    )


@extended.mistake("INDEP_LOOKS", repair="How much of week three's total was there in week two?")
def _(geo_daily, cities):
    """You multiplied five independent chances. A total of six weeks holds that of five, so looks agree far more often."""
    return wrong(
        1 - 0.95**5,
        shows={"share of the last total that the look before had": percent(5 / 6, 0), "if the looks were independent": percent(0, 0)},
    )  # fmt: skip


@extended.slip("numerator")
def _():
    """You added up the looks. A lot that is beyond its limit at three looks is one false alarm, not three."""
    return 5 * 0.05


extended.hints(
    "What counts: a cell beyond its limit, or a row with such a cell?",
    "Compare the absolute shares with the limits, then ask for any in each row.",
    "(looks.abs() > limits).any(axis=1).mean()",
)


# ---------------------------------------------------------------- the brand


@per_world
def paused(orders):
    """Paid orders in the two pauses, and the mean of the fortnights before and after, by kind."""
    paid = orders[orders["status"] == "paid"]
    own = paid["store"] == "own"
    kinds = {
        "own": own,
        "other": ~own,
        "brand": own & (paid["channel"] == "SEM") & (paid["campaign"] == "brand"),
    }
    found = pd.DataFrame(0.0, index=kinds, columns=["off", "beside"])
    for first, last in PAUSES:
        start, size = pd.Timestamp(first), pd.Timestamp(last) + DAY - pd.Timestamp(first)
        off = paid["ordered_at"].between(start, start + size, inclusive="left")
        beside = paid["ordered_at"].between(start - size, start + 2 * size, inclusive="left") & ~off
        for name, kind in kinds.items():
            found.loc[name] += np.array([(off & kind).sum(), (beside & kind).sum() / 2])
    return found


@per_world
def brand_money(sem_keyword_daily):
    """Cost of the brand keywords and revenue per reported order, 2025."""
    rows = sem_keyword_daily[
        (sem_keyword_daily["campaign"] == "brand") & (sem_keyword_daily["date"] >= "2025-01-01")
    ]
    sums = rows[["cost", "orders", "revenue"]].sum()
    return sums["cost"], sums["revenue"] / sums["orders"]


def pause_cost(orders):
    found = paused(orders)
    own, other = found.loc["own"], found.loc["other"]
    return float(own["beside"] * other["off"] / other["beside"] - own["off"])


@exercise(
    "S06.7",
    title="Orders that the pauses of the brand keywords cost",
    kind="number",
    unit="times",
    minutes=(4, 8),
    practises=["R122"],
    section="The brand, switched off",
    selfcheck={
        "outcome": "all paid orders of the own shop: whoever does not find the ad may come another way",
        "comparison": "fortnights beside the pauses, carried on by what the other stores did",
        "sign": "orders missing are positive",
    },
)
def pause_lost(orders):
    """The shop's own total, against stores to which these keywords do not lead: what the calendar moves drops out."""
    return pause_cost(orders)


@pause_lost.mistake(
    "LASTCLICK_AS_INCREMENTAL", repair="Through which door do people come who type the name and find no ad?"
)
def _(orders, sem_keyword_daily):
    """You counted the keywords' own orders as lost. They left the keyword report; whether they left the shop is another question."""
    found = paused(orders)
    spent, basket = brand_money(sem_keyword_daily)
    reported = found.loc["brand", "beside"]
    return wrong(
        float(reported),
        shows={"keyword orders in the pauses": count(found.loc["brand", "off"]), "own-shop orders in the pauses": count(found.loc["own", "off"])},
        cost=(
            f"Orders for {yuan(reported * basket)} in four weeks would be booked as the ads' doing because "
            f"they carried its click; 2025 paid {yuan(spent)} for such clicks."
        ),
    )  # fmt: skip


@pause_lost.mistake("PRE_POST", repair="What did Tmall, JD and live rooms do in the same fortnights?")
def _(orders):
    """You compared the pauses with the fortnights beside them alone. Whatever moved all stores in these weeks is then taken for the ad."""
    found = paused(orders)
    own, other = found.loc["own"], found.loc["other"]
    return wrong(
        float(own["beside"] - own["off"]),
        shows={"other stores, in the pauses": count(other["off"]), "other stores, fortnights beside": count(other["beside"])},
    )  # fmt: skip


pause_lost.hints(
    "What would the own shop have had in these fortnights with the ads on?",
    "The fortnights beside, times (off / beside) of the other stores, less what came.",
    'own["beside"] * other["off"] / other["beside"] - own["off"]',
)


@per_world
def brand_weeks(seo_rank_daily, budget):
    """Daily searches of the brand and of informational terms, and media money as spent and as remembered (0.9 a day)."""
    searches = seo_rank_daily.pivot_table(index="date", columns="kind", values="searches", aggfunc="sum")
    media = budget[(budget["item"] == "media") & budget["channel"].isin(["feed ads", "Xiaohongshu", "live"])]
    money = media.groupby("date")["spent"].sum()
    days = pd.DataFrame({"money": money, "kept": money.ewm(alpha=0.1).mean()}).reindex(searches.index)
    return days.assign(brand=searches["brand"], share=searches["brand"] / searches["informational"])


def slope(searches, money):
    """Elasticity from weekly logarithms less their half-year means."""
    weeks = np.log(pd.DataFrame({"searches": searches, "money": money}).resample("W").mean())
    moved = weeks - weeks.rolling(26, center=True, min_periods=8).mean()
    return float(np.polyfit(moved["money"], moved["searches"], 1)[0])


@exercise(
    "S06.11",
    title="Brand searches and the money that was spent",
    kind="number",
    unit="times",
    minutes=(4, 8),
    practises=["R122"],
    section="The brand, built",
    selfcheck={
        "outcome": "brand searches beside informational ones, which move with the season as well",
        "dose": "money with its memory: nine tenths of each day's kept to the next",
        "grain": "weekly means, logarithms, deviations from the half-year around",
    },
)
def search_lift(seo_rank_daily, budget):
    """A season moves both kinds of searches and drops out of their ratio; money works for days after it is spent."""
    days = brand_weeks(seo_rank_daily, budget)
    return slope(days["share"], days["kept"])


@search_lift.mistake(
    "WINDOW_MISMATCH", repair="On which day does somebody search who met the brand last week?"
)
def _(seo_rank_daily, budget):
    """You laid searches beside the money of the same week. People remember for days, so a part of what money did falls into weeks with less of it."""
    days = brand_weeks(seo_rank_daily, budget)
    value = slope(days["share"], days["money"])
    fifth = 0.2 * days["money"].mean() * 365
    return wrong(
        value,
        shows={"weeks in which the money was counted": "1", "share of its effect that is left after a week": percent(0.9**7, 0)},
        cost=(
            f"A cut of a fifth saves {yuan(fifth)} a year and loses more of the brand's searches than you "
            "expect."
        ),
    )  # fmt: skip


@search_lift.mistake("NO_CONTROL", repair="What do searches do in a big promotion that nobody pays for?")
def _(seo_rank_daily, budget):
    """You let the season take part. Money and searches rise together before every promotion, and the informational searches rise with them."""
    days = brand_weeks(seo_rank_daily, budget)
    value = slope(days["brand"], days["kept"])
    return wrong(
        value,
        shows={"spread of weekly brand searches (log)": f"{np.log(days['brand'].resample('W').mean()).std():.2f}",
               "of their ratio to informational ones": f"{np.log(days['share'].resample('W').mean()).std():.2f}"},
        cost=(
            f"A fifth more money costs {yuan(0.2 * days['money'].mean() * 365)} a year, and a part of the "
            "searches that you promise with it would come anyway."
        ),
    )  # fmt: skip


@search_lift.slip("outcome")
def _(seo_rank_daily, budget):
    """You took searches and money as they stand. The season is still in the searches, and what people
    remember is not in the money."""
    days = brand_weeks(seo_rank_daily, budget)
    return slope(days["brand"], days["money"])


search_lift.hints(
    "What moves searches besides our money, and how long does money work?",
    "slope(a ratio that the season leaves alone, money that is remembered).",
    'slope(days["brand"] / days["informational"], days["kept"])',
)


# ---------------------------------------------------------------- calibration


@per_world
def calibrated(geo_daily, cities, orders, order_items, products):
    """The test and the vendor's model on the footing of first orders, joined by precision."""
    test, share = readings(geo_daily, cities)["right"], feed_value(orders, order_items, products)["share"]
    return by_precision([test["iroas"], MODEL * share], [test["standard_error"], MODEL_ERROR * share])


@exercise(
    "S06.8",
    title="One figure from a test and a model",
    kind="number",
    unit="times",
    minutes=(5, 9),
    points=2,
    practises=["R041"],
    section="Two figures, one decision",
    selfcheck={
        "window": "first, the model's 180 days brought to first orders: value and standard error times the first orders' share",
        "weights": "then 1 / standard error squared",
        "grain": "first-order revenue per yuan of feed ads",
    },
)
def joined(geo_daily, cities, orders, order_items, products):
    """First the same quantity, then each source by how sure it is: what is left of a contradiction after that is news."""
    return float(calibrated(geo_daily, cities, orders, order_items, products)["value"])


@joined.mistake(
    "AVERAGE_EVIDENCE",
    repair="Which of the two has the narrower interval, and do they count the same orders?",
)
def _(geo_daily, cities):
    """You met in the middle. Half and half says that both are equally sure of the same thing; the test is the
    surer one, and they count different orders."""
    found = readings(geo_daily, cities)
    test = found["right"]
    return wrong(
        float((test["iroas"] + MODEL) / 2),
        shows={
            "standard error of the test": f"{test['standard_error']:.2f}",
            "of the model": f"{MODEL_ERROR:.2f}",
        },
        cost=signed(found),
    )


@joined.mistake("WINDOW_MISMATCH", repair="Which orders does each of the two count for a customer?")
def _(geo_daily, cities):
    """You weighed two different quantities. The model counts what a customer buys in 180 days, the test the first order only."""
    test = readings(geo_daily, cities)["right"]
    value = by_precision([test["iroas"], MODEL], [test["standard_error"], MODEL_ERROR])["value"]
    return wrong(
        float(value),
        shows={"days that the model follows a customer": "180", "orders of a customer in the test": "1"},
        cost=(
            f"The next {yuan(BUDGET)} would be decided by a figure of which one part counts half a year and "
            "the other a first order."
        ),
    )


joined.hints(
    "Do both count the same orders? If not, how do you get from one to the other?",
    "Multiply the model's value and its standard error by the share of first orders; then weights 1 / error².",
    "by_precision([test, 2.4 * share], [test_error, 0.6 * share])",
)


# ---------------------------------------------------------------- mixed case, memo


@exercise(
    "S06.9",
    title="What an incremental customer costs and earns",
    kind="table",
    unit="CNY",
    minutes=(7, 12),
    points=2,
    practises=["R099", "R178"],
    section="Mixed case: is a customer worth it",
    tolerance=0.002,  # with day 180 the margin comes within 0.3 %
    selfcheck={
        "cost": "feed cost saved in the dark cities, over the new customers lost there",
        "margin": "amount less goods less shipping, per customer, in days 0 to 179 of each",
        "filter": "paid orders; first paid order by feed ads in the own shop, July 2024 to June 2025",
    },
)
def worth_it(geo_daily, cities, orders, order_items, products):
    """Both sides count customers: those who would not have come on one, what such customers leave in half a year on the other."""
    found = readings(geo_daily, cities)
    value = feed_value(orders, order_items, products)
    return {
        "cost": float(found["right"]["saved"] / found["customers"]["lost"]),
        "margin": float(value["margin"]),
    }


@worth_it.mistake("LASTCLICK_AS_INCREMENTAL", repair="Who is in the platform's count of orders?")
def _(orders, order_items, products, feed_ads_daily):
    """You divided by the orders that the platform claims. Old customers and those who would have come anyway are among them."""
    claimed = platform(feed_ads_daily)
    value = claimed["cost"] / claimed["orders"]
    return wrong(
        {"cost": float(value), "margin": float(feed_value(orders, order_items, products)["margin"])},
        shows={"orders claimed in six weeks": count(claimed["orders"]), "all feed cost in six weeks": yuan(claimed["cost"])},
        cost=(
            f"{yuan(BUDGET)} would be planned with {count(BUDGET / value)} new customers, as if every "
            "claimed order were one."
        ),
    )  # fmt: skip


@worth_it.mistake("FIRST_ORDER_ONLY", repair="What else does a customer buy in the first half year?")
def _(geo_daily, cities, orders, order_items, products):
    """You stopped at the first order. Diapers run out; a customer is worth what comes back within the time that the firm can wait."""
    found, value = readings(geo_daily, cities), feed_value(orders, order_items, products)
    cost = found["right"]["saved"] / found["customers"]["lost"]
    return wrong(
        {"cost": float(cost), "margin": float(value["first margin"])},
        shows={"days counted of each customer": "1", "days asked for": "180"},
        cost=(
            f"The next {yuan(BUDGET)} would be decided without the later orders of "
            f"{count(value['customers'])} feed customers of a year."
        ),
    )


@worth_it.mistake(
    "MARGIN_IGNORED", repair="What of an order's amount is left when the goods are paid and sent?"
)
def _(geo_daily, cities, orders, order_items, products):
    """You counted what customers pay. Goods and shipping are paid from it before anything is left that could
    pay for an ad."""
    found, value = readings(geo_daily, cities), feed_value(orders, order_items, products)
    return wrong(
        {
            "cost": float(found["right"]["saved"] / found["customers"]["lost"]),
            "margin": float(value["revenue"]),
        },
        shows={
            "paid orders of such a customer in 180 days": f"{value['orders']:.1f}",
            "of which you took off goods and shipping": "0",
        },
        cost=f"The next {yuan(BUDGET)} would be spent as if each customer left all that is paid at the till.",
    )  # fmt: skip


worth_it.hints(
    "What did the dark cities save, and how many new customers did they lose?",
    "iroas(...)['saved'] over lost(...)['lost'] of new_customers; margin of paid orders in days 0 to 179 per customer.",
    '{"cost": saved / lost_customers, "margin": margin[days < 180].sum() / customers}',
)


@exercise(
    "S06.10",
    title="Memo: what feed ads bring",
    kind="memo",
    unit="times",
    minutes=(6, 10),
    points=2,
    practises=["R099"],
    section="The memo",
    selfcheck={
        "line 1": "first-order revenue per yuan of feed ads, by the cities",
        "line 2": "how sure that is: interval, placebos, or the break-even beside it",
        "line 3": "the ask: what is done with the money, what is tested next, by when",
    },
)
def feed_memo(geo_daily, cities):
    """A figure with its interval and its unit of chance can be decided on; a platform's claim cannot."""
    return float(readings(geo_daily, cities)["right"]["iroas"])


@feed_memo.mistake(
    "LASTCLICK_AS_INCREMENTAL", repair="Which figure in your first line has seen a city without ads?"
)
def _(geo_daily, cities, feed_ads_daily):
    """Your first line is the platform's claim. It cannot know who would have come anyway."""
    claimed = platform(feed_ads_daily)
    return wrong(
        float(claimed["revenue"] / claimed["cost"]),
        shows={"orders claimed": count(claimed["orders"]), "dark cities in the claim": "0"},
        cost=signed(readings(geo_daily, cities)),
    )


@feed_memo.mistake("POST_ONLY", repair="How did dark and lit cities differ before 13 October?")
def _(geo_daily, cities):
    """Your first line compares cities after the start alone. They were of different size before."""
    found = readings(geo_daily, cities)
    return wrong(
        per_yuan_after(found),
        shows=two_audiences(found),
        cost=signed(found),
    )  # fmt: skip


@feed_memo.mistake("NO_ACTION", repair="Who does what with the budget by when, and which test comes next?")
def _():
    """Your third line asks for nothing. A figure without an ask leaves the budget where it was."""
    return None


feed_memo.hints(
    "Three lines: number, evidence, ask.",
    "Line 1: the iROAS of exercise 2; line 2: its interval with cities as units.",
    "Line 3 begins with a verb: hold, cut, test; and says by when.",
)
