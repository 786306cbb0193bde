"""J08 Funnels, AARRR, and a clean A/B. Lesson: lessons/1_junior/J08_funnels_and_ab.md."""

import math
from itertools import pairwise

import pandas as pd

from mktlib.ab import per_visit, two_rates
from mktlib.course import exercise, per_world, prediction, wrong
from mktlib.course.text import count, percent, yuan
from mktlib.funnels import funnel, step_rates

BEIJING = pd.Timedelta(hours=8)
STEPS = ["view_item", "add_to_cart", "begin_checkout", "purchase"]
NAMES = ["cart", "checkout", "order"]
WEEK, LATEST = 7, "2025-05-26"  # days of the funnel; first steps from that day on have no full week
FORTNIGHT = ("2025-05-12", "2025-05-26")  # each window: first day, day after the last
COHORT = ("2025-04-01", "2025-07-01")
QUARTER_DAYS = 90
PLAN_MARGIN = 0.42  # finance's planning figure, given in J02
# What the product team expects of its repairs, written down beforehand, as it stands in the lesson
GAINS = {"product page": 0.005, "cart": 0.03, "checkout": 0.03}
MONTHS = 3  # with each form
Z95 = 1.959964


@per_world
def hits_2025(events):
    """The three weeks of hits of May 2025 in order of time, by the shop's clock."""
    hits = events[events["event_time_utc"] >= "2025"].sort_values("event_id", ignore_index=True)
    return hits.assign(at=hits["event_time_utc"] + BEIJING)


@per_world
def cart_road(events):
    """The closed funnel of the fortnight: people and rates by step."""
    return step_rates(funnel(hits_2025(events), STEPS, WEEK, starts_before=LATEST))


@per_world
def by_any_road(events):
    """People at each step in the fortnight, whatever they did before, and the share of them that ordered within a week."""
    found = {}
    for step in STEPS[:3]:
        rates = step_rates(funnel(hits_2025(events), [step, "purchase"], WEEK, starts_before=LATEST))
        found[step] = {"people": rates["people"].iloc[0], "then order": rates["of_first"].iloc[1]}
    return pd.DataFrame(found).T


def within(rows, column, window):
    """Rows whose time lies in a window (first day, day after the last)."""
    return rows[(rows[column] >= window[0]) & (rows[column] < window[1])]


@per_world
def per_order(orders, refunds):
    """What is left of an order placed in the own shop in the fortnight, after refunds, goods and shipping."""
    placed = within(orders, "ordered_at", FORTNIGHT)
    placed = placed[placed["store"] == "own"]
    paid = placed.loc[placed["status"] == "paid", "amount"].sum()
    back = refunds.loc[refunds["order_id"].isin(placed["order_id"]), "amount"].sum()
    return (paid - back) * PLAN_MARGIN / len(placed)


def rates_of(people_by_step):
    """Rates of the step before, of a row of counts."""
    return {
        name: after / before for name, (before, after) in zip(NAMES, pairwise(people_by_step), strict=True)
    }


def arms(log, hits="converted", unit=None):
    """What `two_rates` takes: hits and units of A, then of B. Units are rows, or the sum of a column."""
    found = []
    for arm in "AB":
        rows = log[log["arm"] == arm]
        found += [int(rows[hits].sum()), len(rows) if unit is None else int(rows[unit].sum())]
    return found


def wald(hits_a, size_a, hits_b, size_b):
    """Difference of two rates with its unpooled 95 % interval: (difference, low, high)."""
    a, b = hits_a / size_a, hits_b / size_b
    half = Z95 * math.sqrt(a * (1 - a) / size_a + b * (1 - b) / size_b)
    return b - a, b - a - half, b - a + half


# ---------------------------------------------------------------- two questions from before


@exercise(
    "J08.r1",
    title="Seven days of visitors",
    kind="choice",
    practises=["R174"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "6,300, because each day has its own 900 visitors",
        "b": "between 900 and 6,300, and only the log of visits can say how many",
        "c": "900, because they are the same people every day",
    },
)
def week_of_visitors():
    """Who comes on several days is one person of the week; how many do so stands in no daily figure."""
    return "b"


@week_of_visitors.mistake("SUM_UNIQUES", repair="In how many daily figures is somebody who came every day?")
def _():
    """You added people up over days. Whoever came on Monday and on Thursday is two in that sum and one in the week."""
    return "a"


@week_of_visitors.mistake("HORIZON_MISMATCH", repair="Did nobody come on one day only?")
def _():
    """You took a day's figure for the week's. Some came on one day only, so the week has more people than any of its days."""
    return "c"


week_of_visitors.hints(
    "Can people be added up like clicks?",
    "Think of somebody who comes every day, and of seven people who come once.",
    "Both cases give the same daily figures in part, and very different weeks.",
)


@exercise(
    "J08.r2",
    title="Subject A or subject B",
    kind="choice",
    practises=["R131"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "A, because its mails are opened more often by people",
        "b": "B, by mails with a click per mail opened",
        "c": "the one with more orders per mail delivered",
    },
)
def better_subject():
    """The lot made those equal who got the mail; and an order is what the mail is for."""
    return "c"


@better_subject.mistake("PROXY_METRIC", repair="What would you do with an open?")
def _():
    """You let a stand-in decide. An open pays nobody; the subject may promise what the mail does not hold."""
    return "a"


@better_subject.mistake("POST_TREATMENT_DENOM", repair="Who decided which people stand below that line?")
def _():
    """You divided by the mails opened. The subject itself sorted these people, so the two denominators are not alike."""
    return "b"


better_subject.hints(
    "Which people has the lot made alike?",
    "Below the line: what the subject cannot have changed. Above it: what the mail is for.",
    "Per mail delivered; and not opens, not clicks.",
)


# ---------------------------------------------------------------- a funnel has an order and a clock


@prediction(
    "J08.a",
    title="People at the checkout per person with a cart, each counted alone",
    unit="times",
    practises=["R215"],
    bounds=(0, None),
    section="Every step by itself",
)
def guess_open(events):
    """More people are seen at the checkout than with a cart: many buy at once, without it."""
    return open_rates(events)["checkout"]


@guess_open.mistake("OPEN_FUNNEL", repair="May somebody come to the checkout without the cart?")
def _(events):
    """You took the steps for a pipe in which nobody can enter halfway. A page can be reached by more than one road."""
    return cart_road(events)["of_step_before"]["begin_checkout"]


def open_rates(events):
    """Different people at each step in the fortnight, each step by itself, as rates of the step before."""
    hits = within(hits_2025(events), "at", FORTNIGHT)
    return rates_of([hits.loc[hits["event"] == step, "visitor_id"].nunique() for step in STEPS])


@exercise(
    "J08.1",
    title="Step rates of the road by the cart",
    kind="table",
    unit="fraction",
    minutes=(6, 12),
    practises=["R215", "R192"],
    section="In order, and in time",
    selfcheck={
        "grain": "one visitor counts once at each step",
        "numerator and denominator": "people at a step after the step before it, over people at the step before",
        "window": "seven days (168 hours) from the visitor's first view_item in the log; first views from 12 to 25 May",
        "filter": "view_item, add_to_cart, begin_checkout, purchase, in this order",
    },
)
def step_conversion(events):
    """Everybody stands at a step only after the step before it, and all had the same seven days. No rate can exceed one."""
    return cart_road(events)["of_step_before"].iloc[1:].set_axis(NAMES).to_dict()


@step_conversion.mistake("OPEN_FUNNEL", repair="How many of the people at the checkout had a cart before it?")
def _(events, orders, refunds):
    """You counted each step by itself. People who buy at once stand at the checkout and never had a cart, so the rate of a step
    can rise above one and says nothing about those who had one."""
    road, roads = cart_road(events), by_any_road(events)
    hits = within(hits_2025(events), "at", FORTNIGHT)
    first = hits.groupby(["visitor_id", "event"])["event_id"].min().unstack()
    there = first[first["begin_checkout"].notna()]
    before = (there["add_to_cart"] < there["begin_checkout"]).mean()
    lost = road["people"]["add_to_cart"] - road["people"]["begin_checkout"]
    worth = lost * roads.loc["begin_checkout", "then order"] * per_order(orders, refunds)
    return wrong(
        open_rates(events),
        shows={
            "people at the checkout": count(len(there)),
            "of them with a cart before it": percent(before, 0),
        },
        cost="With a step above one, nothing seems to be lost between cart and checkout. Had all people "
        f"with a cart come to the checkout within their week, {yuan(worth)} more would have been left.",
    )


@step_conversion.mistake("ROWS_AS_PEOPLE", repair="How often did the busiest visitor look at an article?")
def _(events, orders, refunds):
    """You counted hits. Somebody who looks at nine articles and puts one into the cart is one person who did both, and nine hits
    against one."""
    hits = within(hits_2025(events), "at", FORTNIGHT)
    rates = rates_of([int((hits["event"] == step).sum()) for step in STEPS])
    views = hits.loc[hits["event"] == "view_item", "visitor_id"].value_counts()
    right = step_conversion.compute(events)
    road, roads = cart_road(events), by_any_road(events)
    missing = road["people"]["view_item"] * max(right["cart"] - rates["cart"], 0)
    worth = missing * roads.loc["add_to_cart", "then order"] * per_order(orders, refunds)
    return wrong(
        rates,
        shows={
            "views of one visitor, at most": count(views.max()),
            "views of one visitor, on average": f"{views.mean():.1f}",
        },
        cost="The product page seems to lose more people than it does; a repair would be promised up to "
        f"{yuan(worth)} that are not there.",
    )


@step_conversion.slip("window")
def _(events):
    """You let everybody in, up to the last day of the log. Who first looked at an article on 31 May had one day, not seven."""
    rates = step_rates(funnel(hits_2025(events), STEPS, WEEK))["of_step_before"]
    return rates.iloc[1:].set_axis(NAMES).to_dict()


@step_conversion.slip("window")
def _(events):
    """You gave everybody all the time that the log has."""
    rates = step_rates(funnel(hits_2025(events), STEPS, 100, starts_before=LATEST))["of_step_before"]
    return rates.iloc[1:].set_axis(NAMES).to_dict()


@step_conversion.slip("numerator and denominator")
def _(events):
    """You divided each step by the first one, by all viewers; asked for is each step by the one before it."""
    return cart_road(events)["of_first"].iloc[1:].set_axis(NAMES).to_dict()


step_conversion.hints(
    "Who may be counted at the checkout: everybody who was there, or who came there after the cart?",
    "From step to step keep the people, the time of their first view and the last hit that counted; the next hit must come after it and "
    "within seven days of the first view.",
    "reach each next event with to_next_step(...), then divide the lengths of neighbouring tables.",
)


@exercise(
    "J08.2",
    title="Lost on the whole road",
    kind="number",
    unit="fraction",
    minutes=(2, 4),
    practises=["R215", "R002"],
    bounds=(0, None),
    section="From steps to the whole",
    selfcheck={
        "grain": "one viewer",
        "numerator and denominator": "viewers who did not come to an order by the cart, over all viewers",
        "window": "seven days from the first view; first views from 12 to 25 May",
        "filter": "the road by the cart, in order",
    },
)
def lost_overall(events):
    """Rates of steps are multiplied, since each is a share of those whom the step before left over; the rest is lost."""
    return 1 - cart_road(events)["of_first"].iloc[-1]


@lost_overall.mistake(
    "ADD_RATES", repair="Of whom is the last step's loss a share: of all viewers, or of those left?"
)
def _(events, orders, refunds):
    """You added up the losses of the steps. Each has another denominator, those whom the step before left over, and so the sum can even exceed
    everybody."""
    road = cart_road(events)
    losses = 1 - road["of_step_before"].iloc[1:]
    people = road["people"]
    claimed = losses.sum() * people.iloc[0]
    return wrong(
        losses.sum(),
        shows={
            "viewers": count(people.iloc[0]),
            "people below the line of the last step": count(people.iloc[-2]),
        },
        cost=f"By the sum {count(claimed)} of {count(people.iloc[0])} viewers were lost. Priced at what "
        f"an order leaves, a plan could hope for {yuan(claimed * per_order(orders, refunds))} from "
        "winning them back.",
    )


@lost_overall.mistake("AVG_OF_RATIOS", repair="How many people stand behind each of the three rates?")
def _(events):
    """You averaged the losses of the steps. The steps come one after the other, each with fewer people, so the whole road loses more
    than any step of it."""
    road = cart_road(events)
    losses = 1 - road["of_step_before"].iloc[1:]
    return wrong(
        losses.mean(),
        shows={"largest loss of one step": percent(losses.max(), 0), "steps": count(len(losses))},
    )


lost_overall.hints(
    "Of 100 viewers, how many are left after each step?",
    "Multiply the step rates: that is the share that arrives.",
    "1 - people at the order / people at the first step",
)


# ---------------------------------------------------------------- what a leak is worth


def worth_of_repairs(events, orders, refunds):
    """What each repair would leave in a fortnight: people there x gain x share that then orders x what an order leaves."""
    roads = by_any_road(events)
    people = roads["people"].to_numpy()
    then = [roads.loc["add_to_cart", "then order"], roads.loc["begin_checkout", "then order"], 1.0]
    each = [
        n * gain * share * per_order(orders, refunds)
        for n, gain, share in zip(people, GAINS.values(), then, strict=True)
    ]
    return pd.Series(each, index=list(GAINS))


def ordered(values):
    """Names from the largest value to the smallest."""
    return values.sort_values(ascending=False).index.tolist()


@exercise(
    "J08.3",
    title="Which leak first",
    kind="ranking",
    minutes=(6, 10),
    practises=["R216", "R140", "R240", "R088"],
    section="Which leak first?",
    selfcheck={
        "volume": "people at the step in the fortnight by any road, those included who buy at once",
        "gain": "the product team's estimate in percentage points",
        "what follows": "the share of the people at the next step who then order within a week",
    },
)
def leaks_by_profit(events, orders, refunds):
    """People at the step, times the points that can be won there, times the share that then orders, times what an order leaves."""
    return ordered(worth_of_repairs(events, orders, refunds))


@leaks_by_profit.mistake(
    "LOWEST_RATE", repair="How many points of the lowest rate does anybody know how to win?"
)
def _(events, orders, refunds):
    """You began where the rate is lowest, at the product page. Many look at one who do not want to buy
    today, so its rate is low in every shop; what counts is how much of it can be won, and what that is
    worth."""
    value, road = worth_of_repairs(events, orders, refunds), cart_road(events)
    return wrong(
        ["product page", "cart", "checkout"],
        shows={
            "orders from the product page's repair, a fortnight": count(
                value["product page"] / per_order(orders, refunds)
            ),
            "rate there, which looks so bad": percent(road["of_step_before"].iloc[1], 0),
        },
        cost=f"The product page's repair leaves {yuan(value.max() - value['product page'])} less in a fortnight than the best of "
        "the three.",
    )


@leaks_by_profit.mistake("SIZE_ONLY", repair="What share of the viewers who take a cart then orders?")
def _(events, orders, refunds):
    """You ranked by the number of people. Many pass the first step, but a point won there still has all the later losses before it."""
    value, roads = worth_of_repairs(events, orders, refunds), by_any_road(events)
    names = dict(zip(STEPS, GAINS, strict=False))
    return wrong(
        ordered(roads["people"].rename(names)),
        shows={
            "of people with a cart, then order": percent(roads.loc["add_to_cart", "then order"], 0),
            "of people at the checkout": percent(roads.loc["begin_checkout", "then order"], 0),
        },
        cost=f"Begun at the widest step, the work leaves {yuan(value.max() - value['product page'])} less in a fortnight.",
    )


@leaks_by_profit.slip("volume")
def _(events, orders, refunds):
    """You took the people of the road by the cart for the checkout, too; more than half of the people there never had a cart."""
    people = cart_road(events)["people"]
    rates = cart_road(events)["of_step_before"]
    then = [rates.iloc[2] * rates.iloc[3], rates.iloc[3], 1.0]
    return ordered(
        pd.Series(
            [n * gain * share for n, gain, share in zip(people, GAINS.values(), then, strict=False)],
            index=list(GAINS),
        )
    )


leaks_by_profit.hints(
    "How many people more would order, if each repair did what the team expects?",
    "People at the step x gain x share of the people at the next step who then order. For the checkout the next step is the order itself.",
    'stations["people"] * stations["gain"] * stations["then order"].shift(-1).fillna(1), sorted from the top',
)


# ---------------------------------------------------------------- AARRR


@per_world
def activated(customers, orders):
    """First paid order of the customers who joined in the second quarter of 2025 and ordered within seven days; their paid orders."""
    joined = within(customers, "registered_on", COHORT).set_index("customer_id")["registered_on"]
    paid = orders[(orders["status"] == "paid") & orders["customer_id"].isin(joined.index)]
    first = paid.groupby("customer_id")["ordered_at"].min()
    first = first[first < joined.reindex(first.index) + pd.Timedelta(days=7)]
    paid = paid[paid["customer_id"].isin(first.index)]
    return first, paid.assign(began=first.reindex(paid["customer_id"]).to_numpy()), len(joined)


def came_back(customers, orders, days=QUARTER_DAYS):
    """Later paid orders within so many days of the first."""
    _, paid, _ = activated(customers, orders)
    return paid[
        (paid["ordered_at"] > paid["began"]) & (paid["ordered_at"] <= paid["began"] + pd.Timedelta(days=days))
    ]


@exercise(
    "J08.4",
    title="Retention of those who joined in spring",
    kind="number",
    unit="fraction",
    minutes=(4, 8),
    practises=["R209"],
    bounds=(0, 1),
    tolerance=0.0015,  # 90 days from the wrong day are 0.3 % away
    section="Five questions about one cohort",
    selfcheck={
        "grain": "one customer, who counts once however often the next orders come",
        "numerator and denominator": "activated customers with another paid order, over activated customers",
        "window": "joined from 1 April to 30 June 2025; 90 days from each one's own first order",
        "filter": "paid orders, all stores",
    },
)
def retention(customers, orders):
    """The same people stand above and below the line, and each had the same 90 days."""
    return came_back(customers, orders)["customer_id"].nunique() / len(activated(customers, orders)[0])


@retention.also("of all who joined")
def _(customers, orders):
    return came_back(customers, orders)["customer_id"].nunique() / activated(customers, orders)[2]


@retention.mistake(
    "RETENTION_DENOM", repair="Can somebody who joined two years ago, for newborn diapers, still be kept?"
)
def _(customers, orders):
    """You divided the active customers of a month by everybody who ever joined. That base grows with each customer won, so the figure
    sinks the more, the better acquisition works, whatever the new ones do."""
    last_month = within(orders, "ordered_at", ("2025-12-01", "2026-01-01"))
    active = last_month.loc[last_month["status"] == "paid", "customer_id"].nunique()
    ever = len(customers)
    first, _, _ = activated(customers, orders)
    again = came_back(customers, orders)
    each = again["amount"].sum() / len(first) * PLAN_MARGIN
    return wrong(
        active / ever,
        shows={
            "customers below your line": count(ever),
            "of them, joined before 2025": percent((customers["registered_on"] < "2025").sum() / ever, 0),
        },
        cost=f"A new customer's later orders within 90 days leave {yuan(each)} on average. A figure that "
        "sinks with each new customer would cut the bids for them.",
    )


@retention.mistake("ROWS_AS_PEOPLE", repair="How many customers made these later orders?")
def _(customers, orders):
    """You counted later orders. Who came back three times is kept once; a share of people has people above the line."""
    again, first = came_back(customers, orders), activated(customers, orders)[0]
    return wrong(
        len(again) / len(first),
        shows={
            "later orders of one customer, at most": count(again["customer_id"].value_counts().max()),
            "customers": count(len(first)),
        },
        cost="A voucher of CNY 10 for each customer who was kept would be budgeted at "
        f"{yuan(10 * len(again))}, one for each order; a part of it would find nobody.",
    )


@retention.slip("window")
def _(customers, orders):
    """You let any later order count, up to the end of the file; who joined in April has then two months more than who joined in June."""
    again = came_back(customers, orders, days=1000)
    return again["customer_id"].nunique() / len(activated(customers, orders)[0])


@retention.slip("numerator and denominator")
def _(customers, orders):
    """You divided by all who registered. Whoever never ordered cannot come back: asked for is a share of
    the activated. The other one is accepted with check(..., convention="of all who joined")."""
    return came_back(customers, orders)["customer_id"].nunique() / activated(customers, orders)[2]


retention.hints(
    "Whose return is in question, and since when has each of them had time?",
    "Take the activated customers; look for another paid order in the 90 days after each one's own first one; count customers.",
    'later = (paid["ordered_at"] > began) & (paid["ordered_at"] <= began + pd.Timedelta(days=90)), then nunique of customers / len(active)',
)


# ---------------------------------------------------------------- the button


@per_world
def button(ab_tests):
    """The log of the button test."""
    return ab_tests[ab_tests["test"] == "button_colour"]


@prediction(
    "J08.b",
    title="Lots without any effect that differ as much as the two buttons",
    unit="fraction",
    practises=["R211"],
    bounds=(0, 1),
    section="Luck has a size",
)
def guess_luck(ab_tests):
    """With so few clicks, arms that are alike differ that much again and again."""
    return float(two_rates(*arms(button(ab_tests)))["p"])


@guess_luck.mistake(
    "NO_UNCERTAINTY", repair="Toss a coin a thousand times, twice: do you get the same number of heads?"
)
def _():
    """You left hardly any room for luck: a difference seen is then an effect. Two lots of the same people never give the same rate."""
    return 0.02


def limits(difference, low, high):
    """Limits of the extra clicks per 1,000 visitors."""
    return {"at least": 1000 * low, "at most": 1000 * high}


@exercise(
    "J08.5",
    title="What may be promised of the orange button",
    kind="table",
    unit="times",
    minutes=(5, 9),
    practises=["R211", "R009"],
    section="How large may the effect be?",
    selfcheck={
        "grain": "one visitor, who clicked or did not",
        "numerator and denominator": "visitors who clicked over visitors of the arm, B less A, times 1,000",
        "interval": "95 %: difference -/+ 1.96 standard errors, unpooled",
        "filter": "the rows of button_colour, all days",
    },
)
def button_limits(ab_tests):
    """The interval holds zero, a lift worth having, and a loss. That is what so few clicks can tell: little."""
    return limits(*wald(*arms(button(ab_tests))))


@button_limits.also("Newcombe")
def _(ab_tests):
    found = two_rates(*arms(button(ab_tests)))
    return limits(found["difference"], found["low"], found["high"])


@button_limits.mistake(
    "NO_UNCERTAINTY",
    repair="If the same week were lived again with another lot, would you see the same difference?",
)
def _(ab_tests):
    """You promised what was seen. A difference between two lots of people is one draw: with these few clicks another draw may have
    the other sign."""
    hits_a, size_a, hits_b, size_b = arms(button(ab_tests))
    seen = 1000 * (hits_b / size_b - hits_a / size_a)
    return wrong(
        {"at least": seen, "at most": seen},
        shows={
            "clickers, A": f"{count(hits_a)} of {count(size_a)}",
            "clickers, B": f"{count(hits_b)} of {count(size_b)}",
        },
    )


@button_limits.mistake(
    "UNDERPOWERED_NULL", repair="How many visitors an arm does the plan ask for, and how many were there?"
)
def _(ab_tests, ab_test_plan):
    """You read "not proven" as "no effect". A test as small as this one cannot see a lift that would be worth having, so its silence says
    nothing."""
    _, size_a, _, size_b = arms(button(ab_tests))
    needed = ab_test_plan.set_index("test").loc["button_colour", "needed_per_arm"]
    return wrong(
        {"at least": 0.0, "at most": 0.0},
        shows={"visitors an arm, planned": count(needed), "in the smaller arm": count(min(size_a, size_b))},
    )


@button_limits.mistake("INTERVAL_SUM", repair="Is one arm unlucky just when the other is lucky?")
def _(ab_tests):
    """You added the two standard errors, or set the lowest limit of B against the highest of A, which is
    the same. The luck of one arm knows nothing of the other's, so their squares add up, and the interval
    is narrower."""
    hits_a, size_a, hits_b, size_b = arms(button(ab_tests))
    a, b = hits_a / size_a, hits_b / size_b
    half = Z95 * sum(math.sqrt(rate * (1 - rate) / size) for rate, size in ((a, size_a), (b, size_b)))
    return wrong(
        limits(b - a, b - a - half, b - a + half),
        shows={"two errors of 3 and 4, added": "7", "as luck adds them up": "5"},
    )


@button_limits.slip("interval")
def _(ab_tests):
    """You gave Newcombe's limits, those of two_rates, which the lesson shows further down; here the
    difference minus and plus 1.96 standard errors is asked for. Newcombe's are accepted with check(...,
    convention="Newcombe")."""
    found = two_rates(*arms(button(ab_tests)))
    return limits(found["difference"], found["low"], found["high"])


@button_limits.slip("interval")
def _(ab_tests):
    """You went one standard error to each side; that holds two times of three, not nineteen of twenty."""
    difference, _, high = wald(*arms(button(ab_tests)))
    error = (high - difference) / Z95
    return limits(difference, difference - error, difference + error)


button_limits.hints(
    "By how much does a rate of so many visitors vary from lot to lot?",
    "Standard error of the difference: the root of the sum of rate x (1 - rate) / visitors over both arms.",
    "difference - 1.96 x error and difference + 1.96 x error, each times 1,000",
)


# ---------------------------------------------------------------- who is missing


@exercise(
    "J08.6",
    title="The badge, and a split of 52 to 48",
    kind="choice",
    minutes=(3, 5),
    practises=["R214", "R211"],
    section="Count the arms before you read them",
    options={
        "a": "B wins: its rate is higher, the p-value is below 0.05, and 52 to 48 is as close to half as a lot comes",
        "b": "Rates do not depend on how many are in each arm, so weigh both arms by a half and read the difference",
        "c": "Nothing: people of one arm are missing from the log, so find out who and why, mend it, and test anew",
        "d": "Let it run two weeks more: with more visitors an uneven split comes back to half, and the rates settle",
    },
)
def badge_split():
    """A lot of that size never splits like that. Those who are missing are not like those who stayed, so no arithmetic brings them back."""
    return "c"


@per_world
def badge(ab_tests):
    return ab_tests[ab_tests["test"] == "till_badge"]


def badge_claim(ab_tests, events, orders, refunds):
    """What the badge would seem to leave, for all people of the test's four weeks."""
    log = badge(ab_tests)
    extra = two_rates(*arms(log))["difference"] * len(log)
    return extra * by_any_road(events).loc["add_to_cart", "then order"] * per_order(orders, refunds)


@badge_split.mistake("SRM_IGNORED", repair="How far from half may a lot of that size fall?")
def _(ab_tests, events, orders, refunds):
    """You judged the split by eye. Two points are luck among a hundred people and impossible among tens of thousands: the standard error of the
    share falls with the root of their number."""
    log = badge(ab_tests)
    share, error = (log["arm"] == "A").mean(), 0.5 / math.sqrt(len(log))
    return wrong(
        "a",
        shows={
            "share of A, away from half": f"{(share - 0.5) * 100:.1f} points",
            "standard error of such a share": f"{error * 100:.2f} points",
        },
        cost=f"The badge would be credited with {yuan(badge_claim(ab_tests, events, orders, refunds))} in four weeks for these visitors; "
        "the people whose absence made it look good have bought nothing.",
    )


@badge_split.mistake("SURVIVORSHIP", repair="Which people left before anybody counted them?")
def _(ab_tests, events, orders, refunds):
    """You mended the numbers and not the people. Those who are missing left at once, so they would have stood below B's line without
    putting anything into the cart; weights do not bring them back."""
    _, size_a, hits_b, size_b = arms(badge(ab_tests))
    return wrong(
        "b",
        shows={
            "cart rate of B, as logged": percent(hits_b / size_b, 2),
            "if the missing stood there without a cart": percent(hits_b / max(size_a, size_b), 2),
        },
        cost=f"Weighed or not, the same {yuan(badge_claim(ab_tests, events, orders, refunds))} in four weeks would be reported.",
    )


@badge_split.mistake(
    "NOISE_AS_SIGNAL", repair="If every twelfth visitor of B is lost, what share is lost of twice as many?"
)
def _(ab_tests):
    """You took a fault for luck. Luck evens out with more visitors; a log that loses people of one arm loses the same share of the next ones."""
    log = badge(ab_tests)
    week = (log["first_seen_on"] - log["first_seen_on"].min()).dt.days // 7
    share = (log["arm"] == "A").groupby(week).mean()
    return wrong(
        "d",
        shows={"share of A, first week": percent(share.iloc[0]), "fourth week": percent(share.iloc[-1])},
    )


badge_split.hints(
    "Is a split like this one possible by lot, with so many people?",
    "Compute the chi-square and its p-value, and look at the split by device.",
    "If people are missing, does any arithmetic on those who are there help?",
)


# ---------------------------------------------------------------- the unit of the lot


def ratio_error(log, arm):
    """Standard error of an arm's rate per visit, between persons."""
    people = log[log["arm"] == arm]
    rate = people["conversions"].sum() / people["visits"].sum()
    rest = people["conversions"] - rate * people["visits"]
    return rest.std() / math.sqrt(len(people)) / people["visits"].mean()


@per_world
def banner(ab_tests):
    """The log of the banner test: one row per person."""
    return ab_tests[ab_tests["test"] == "member_banner"]


@prediction(
    "J08.c",
    title="Width of the interval by person, per width by visit",
    unit="times",
    practises=["R211"],
    bounds=(0, None),
    section="Ten visits of one person",
)
def guess_width(ab_tests):
    """Visits of one person are alike, so they tell less than as many visits of different people."""
    _, low, high = wald(*arms(banner(ab_tests), "conversions", "visits"))
    by_person = per_visit(banner(ab_tests))
    return float((by_person["high"] - by_person["low"]) / (high - low))


@guess_width.mistake(
    "UNIT_MISMATCH", repair="Does somebody's tenth visit tell as much as another person's first?"
)
def _():
    """A ratio of one means that a person's visits are independent of each other. Who used the banner yesterday uses it today."""
    return 1.0


@exercise(
    "J08.7",
    title="z of the banner, by the unit of the lot",
    kind="number",
    unit="times",
    minutes=(4, 8),
    practises=["R211"],
    section="Ten visits of one person",
    selfcheck={
        "grain": "one row is one person; persons were drawn by lot, visits were not",
        "numerator and denominator": "visits with the banner used over visits, both summed over the persons of an arm; B less A",
        "spread": "between persons: conversions less rate x visits of each person",
        "filter": "the rows of member_banner",
    },
)
def banner_z(ab_tests):
    """Each person is one draw of the lot, whatever the number of visits; the spread between persons is the one that luck has."""
    return float(per_visit(banner(ab_tests))["z"])


@banner_z.mistake("UNIT_MISMATCH", repair="How many persons stand behind the visits?")
def _(ab_tests, events, orders, refunds):
    """You tested visits, and persons were drawn. One person's visits are alike, so the visits hold less evidence than their number says,
    and the standard error comes out too small."""
    log = banner(ab_tests)
    found = two_rates(*arms(log, "conversions", "visits"))
    people = log[log["visits"] >= 5]
    all_or_none = ((people["conversions"] == 0) | (people["conversions"] == people["visits"])).mean()
    extra = found["difference"] * log["visits"].sum()
    return wrong(
        float(found["z"]),
        shows={
            "visits": count(log["visits"].sum()),
            "persons": count(len(log)),
            "persons with five visits or more who used it always or never": percent(all_or_none, 0),
        },
        cost=f"The banner would be built in for {count(extra)} more uses in ten weeks. If every fifth of them ended in an order, that "
        f"would be {yuan(extra * 0.2 * per_order(orders, refunds))} booked on what luck can make.",
    )


@banner_z.mistake(
    "INTERVAL_SUM", repair="Are both arms lucky at once as a rule, or is one luck independent of the other?"
)
def _(ab_tests):
    """You added the two standard errors. The luck of one arm knows nothing of the other's and often goes against it, so the squares add up, and the
    error of the difference is smaller than the sum."""
    one, other = ratio_error(banner(ab_tests), "A"), ratio_error(banner(ab_tests), "B")
    return wrong(
        float(per_visit(banner(ab_tests))["difference"]) / (one + other),
        shows={
            "two errors of 3 and 4, added": "7",
            "as luck adds them up": "5",
        },
    )


banner_z.hints(
    "What was drawn by lot?",
    "For each person: conversions less rate of the arm x visits. Their spread, over the root of the persons and the mean visits, is the "
    "standard error of the arm's rate.",
    "z = (rate B - rate A) / root(error A squared + error B squared)",
)


# ---------------------------------------------------------------- the form


@per_world
def form_months(leads, sales_followup):
    """Per form: forms sent, valid, accepted and first orders, and their value, a month."""
    both = leads.merge(sales_followup, on="lead_id", how="left")
    both = both.assign(
        valid=both["number_ok"] & ~both["contact_id"].duplicated(), accepted=both["outcome"] == "accepted"
    )
    found = both.groupby("form").agg(
        sent=("lead_id", "size"),
        valid=("valid", "sum"),
        accepted=("accepted", "sum"),
        orders=("order_value", "count"),
        value=("order_value", "sum"),
    )
    return found / MONTHS


def form_change(leads, sales_followup, column):
    """Relative change of a monthly figure, four fields against nine."""
    months = form_months(leads, sales_followup)[column]
    return months["4 fields"] / months["9 fields"] - 1


@exercise(
    "J08.8",
    title="Was the form cut a success?",
    kind="number",
    unit="fraction",
    minutes=(4, 7),
    practises=["R184", "R185", "R239", "R161"],
    bounds=(-1, None),
    section="More leads, fewer customers",
    selfcheck={
        "grain": "one row of leads is one form sent; sales_followup has those that may be called",
        "numerator and denominator": "leads accepted by sales a month with four fields, over the same with nine, minus 1",
        "window": "May to July 2025 with nine fields, August to October with four: three months each",
        "filter": "outcome is accepted",
    },
)
def accepted_change(leads, sales_followup):
    """More forms came, fewer of them were people with whom sales could work; the count at the end of the road fell."""
    return form_change(leads, sales_followup, "accepted")


@accepted_change.also("first orders")
def _(leads, sales_followup):
    return form_change(leads, sales_followup, "orders")


@accepted_change.mistake("PROXY_METRIC", repair="Who is better off with one more form?")
def _(leads, sales_followup):
    """You let the number of forms decide. A form is a stand-in for a customer, and the shorter form made it cheaper to send one without
    wanting anything."""
    months = form_months(leads, sales_followup)
    lost = months["value"]["9 fields"] - months["value"]["4 fields"]
    valid = months["valid"] / months["sent"]
    return wrong(
        form_change(leads, sales_followup, "sent"),
        shows={
            "valid of the forms sent, nine fields": percent(valid["9 fields"], 0),
            "four fields": percent(valid["4 fields"], 0),
        },
        cost=f"The cut would be celebrated, and copied to the other forms, while first orders from these leads fell by {yuan(lost)} a month.",
    )


@accepted_change.mistake("WRONG_DENOM", repair="Does a rate tell how many contacts sales can work with?")
def _(leads, sales_followup):
    """You compared accepted leads per form sent. The short form adds forms below the line, so the rate falls further than the number of
    people with whom sales can work."""
    months = form_months(leads, sales_followup)
    rate = months["accepted"] / months["sent"]
    claimed = (1 - rate["4 fields"] / rate["9 fields"]) * months["value"]["9 fields"]
    lost = months["value"]["9 fields"] - months["value"]["4 fields"]
    return wrong(
        rate["4 fields"] / rate["9 fields"] - 1,
        shows={
            "forms sent a month, nine fields": count(months["sent"]["9 fields"]),
            "four fields": count(months["sent"]["4 fields"]),
        },
        cost=f"The loss would be put at {yuan(claimed)} of first orders a month; it was {yuan(lost)}.",
    )


@accepted_change.slip("numerator and denominator")
def _(leads, sales_followup):
    """You compared valid leads. They can be called and are new; with how many of them sales can work, the
    column outcome tells."""
    return form_change(leads, sales_followup, "valid")


@accepted_change.slip("numerator and denominator")
def _(leads, sales_followup):
    """You compared first orders. They stand one step further down the road and are accepted with
    check(..., convention="first orders"); asked for are those with whom sales can work."""
    return form_change(leads, sales_followup, "orders")


accepted_change.hints(
    "What is a form for, and how far down the road can you count it?",
    "Join the outcome of sales to the leads, count the accepted ones by form, and compare three months with three.",
    '(outcome == "accepted") summed by form: four fields / nine fields - 1',
)


# ---------------------------------------------------------------- mixed case, memo


@per_world
def landing(ab_tests):
    """The log of the landing page test."""
    return ab_tests[ab_tests["test"] == "landing_page"]


def by_source(ab_tests, unit=None):
    """Limits by source, of extra conversions per 1,000 units."""
    log, found = landing(ab_tests), {}
    for source in ("SEM", "feed ads"):
        row = two_rates(*arms(log[log["source"] == source], unit=unit))
        found |= {f"{source}, at least": 1000 * row["low"], f"{source}, at most": 1000 * row["high"]}
    return found


@exercise(
    "J08.9",
    title="Landing page B, by source",
    kind="table",
    unit="times",
    minutes=(6, 10),
    points=2,
    practises=["R214", "R211", "R009"],
    section="Mixed case: where does page B belong?",
    selfcheck={
        "grain": "one visitor, as drawn by lot; not one visit",
        "numerator and denominator": "visitors with a conversion over visitors of the arm, B less A, times 1,000",
        "window": "the whole test, as planned",
        "filter": "landing_page; SEM and feed ads apart",
    },
)
def page_by_source(ab_tests):
    """Two kinds of visitors, two effects: for searchers the lower limit is far above zero, for feed visitors zero lies inside."""
    return by_source(ab_tests)


@page_by_source.mistake(
    "ROLLOUT_GENERALISE", repair="Do people who search want the same as people who scroll?"
)
def _(ab_tests, events, orders, refunds):
    """You gave both sources the limits of the whole test. The total is a mean of two kinds of visitors: it promises too little for the one and too
    much for the other."""
    log = landing(ab_tests)
    total = two_rates(*arms(log))
    feed = log[log["source"] == "feed ads"]
    own = two_rates(*arms(feed))
    size = len(feed)
    each = by_any_road(events).loc["add_to_cart", "then order"] * per_order(orders, refunds)
    extra = (total["difference"] - own["difference"]) * size
    return wrong(
        {
            f"{source}, {name}": 1000 * total[limit]
            for source in ("SEM", "feed ads")
            for name, limit in (("at least", "low"), ("at most", "high"))
        },
        shows={
            "visitors from SEM": count(len(log) - size),
            "visitors from feed ads": count(size),
        },
        cost=f"For {count(size)} visitors from feed ads the total's difference promises {count(extra)} conversions more than their own. If they "
        f"ordered as often as people with a cart, {yuan(extra * each)} of a plan would not come.",
    )


@page_by_source.mistake("NO_UNCERTAINTY", repair="Would another lot give the same difference?")
def _(ab_tests):
    """You reported what was seen, as its own limit. A difference is one draw; the limits say between which values the effect may lie."""
    log, seen = landing(ab_tests), {}
    for source in ("SEM", "feed ads"):
        found = 1000 * two_rates(*arms(log[log["source"] == source]))["difference"]
        seen |= {f"{source}, at least": found, f"{source}, at most": found}
    sizes = log["source"].value_counts()
    return wrong(
        seen,
        shows={f"visitors from {source}": count(sizes[source]) for source in ("SEM", "feed ads")},
    )


@page_by_source.mistake("UNIT_MISMATCH", repair="What did the lot draw: visits or visitors?")
def _(ab_tests):
    """You divided by visits. The lot drew visitors, and one who comes three times sees the same page three times."""
    log = landing(ab_tests)
    return wrong(
        by_source(ab_tests, unit="visits"),
        shows={"visits": count(log["visits"].sum()), "visitors": count(len(log))},
    )


@page_by_source.mistake(
    "UNDERPOWERED_NULL", repair="What is the largest effect that the interval still holds?"
)
def _(ab_tests, events, orders, refunds):
    """You wrote zero for the feed ads, as if an effect not proven were no effect. Zero is one value of
    the interval; a loss and a gain lie in it, too."""
    log = landing(ab_tests)
    feed = log[log["source"] == "feed ads"]
    each = by_any_road(events).loc["add_to_cart", "then order"] * per_order(orders, refunds)
    return wrong(
        by_source(ab_tests) | {"feed ads, at least": 0.0, "feed ads, at most": 0.0},
        shows={
            "visitors from feed ads": count(len(feed)),
            "of them converted": count(feed["converted"].sum()),
        },
        cost="One conversion more or fewer per 1,000 of these visitors is "
        f"{yuan(len(feed) / 1000 * each)}; your row says that not even that is possible.",
    )


page_by_source.hints(
    "What did the plan draw by lot, and how many kinds of visitors are in the test?",
    "Check the split of each source, then read each source by itself with its interval.",
    "two_rates(hits_a, size_a, hits_b, size_b) for the rows of each source, low and high times 1,000",
)


@exercise(
    "J08.10",
    title="Memo: what do we roll out?",
    kind="memo",
    unit="fraction",
    minutes=(5, 9),
    points=2,
    practises=["R009", "R211", "R216"],
    section="The memo",
    selfcheck={
        "line 1": "page B's relative lift for visitors from SEM, as observed",
        "line 2": "the evidence: the interval, or what feed visitors did",
        "line 3": "the ask: what goes live where, and what is tested anew, by when",
    },
)
def rollout_memo(ab_tests):
    """One finding that holds, for the people for whom it holds; the rest is mended, tested anew or taken back."""
    log = landing(ab_tests)
    return float(two_rates(*arms(log[log["source"] == "SEM"]))["lift"])


@rollout_memo.mistake("ROLLOUT_GENERALISE", repair="For whom was the effect found?")
def _(ab_tests, events, orders, refunds):
    """Your first line carries the lift of both sources together. It belongs to no visitor: searchers gain more, feed visitors hardly anything."""
    log = landing(ab_tests)
    feed, total = log[log["source"] == "feed ads"], two_rates(*arms(log))
    each = by_any_road(events).loc["add_to_cart", "then order"] * per_order(orders, refunds)
    extra = (total["difference"] - two_rates(*arms(feed))["difference"]) * len(feed)
    return wrong(
        float(total["lift"]),
        shows={
            "visitors from feed ads in that figure": percent(len(feed) / len(log), 0),
            "p-value of their own difference": f"{two_rates(*arms(feed))['p']:.2f}",
        },
        cost=f"Rolled out to feed visitors with that promise, {yuan(extra * each)} of a plan would not come.",
    )


@rollout_memo.mistake(
    "NO_ACTION", repair="Who should do what by when, with page B and with each of the others?"
)
def _():
    """No ask was found in your third line. Begin it with a verb such as launch, keep, test or stop; a
    test that changes no page was played, not run."""
    return None


rollout_memo.hints(
    "Three lines: number, evidence, ask.",
    "Line 1: the lift of page B for SEM. Line 2 needs a number of its own, such as a limit of the interval or feed's figure.",
    "Line 3 begins with a verb: launch, keep, test, stop; and says by when.",
)
