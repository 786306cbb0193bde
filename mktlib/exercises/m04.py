"""M04 Experiments that can be trusted: the "+20%" lesson. Lesson: lessons/2_mid/M04_experiments.md."""

import numpy as np
import pandas as pd

from mktlib.ab import srm, two_rates
from mktlib.course import exercise, per_world, prediction, wrong
from mktlib.course.text import count, percent, yuan
from mktlib.experiments import cuped, false_alarms, power, sample_size

PLAN_MARGIN = 0.42  # finance's planning figure, given in J02
AUTUMN = "2025-10-13"  # from here on test_ideas counts base rates and visits
BASE, HOPED = 0.05, 0.06  # orders per visitor: the test that Qiao plans next
HABIT = 400  # visitors an arm, the team's rule of thumb
Z95 = 1.959964
MORNINGS, SEGMENTS = 14, 12
SMALL_TEST = {"tests": 20_000, "per_arm": 3000, "base": 0.05, "true_lift": 0.05}
EIGHT = ["T17", "T18", "T19", "T20", "T22", "T24", "T29", "T31"]
DAYS = 120


@per_world
def per_order(orders):
    """What is left of an order placed in the own shop since October 2025, after goods and shipping."""
    placed = orders[(orders["ordered_at"] >= AUTUMN) & (orders["store"] == "own")]
    return placed.loc[placed["status"] == "paid", "amount"].sum() * PLAN_MARGIN / len(placed)


def orders_a_month(test_ideas, traffic):
    """Orders in thirty days from a kind of visits, as test_ideas counts them."""
    row = test_ideas[(test_ideas["traffic"] == traffic) & (test_ideas["metric"] == "CVR")].iloc[0]
    return 30 * row["units_a_day"] * row["base_rate"] / 100


def readout(log):
    """`two_rates` of the visitors of a log, B against A."""
    arms = log.groupby("arm")["converted"].agg(["sum", "size"])
    return two_rates(*arms.loc["A"], *arms.loc["B"])


@per_world
def parts(ab_tests):
    """The four logs that are read in this lesson."""
    of = {name: rows for name, rows in ab_tests.groupby("test")}
    page = of["landing_page"]
    return {
        "SEM": page[page["source"] == "SEM"],
        "feed ads": page[page["source"] == "feed ads"],
        "button": of["button_colour"],
        "badge": of["till_badge"],
        "home stream": of["home_stream"],
    }


PLANS = {"SEM": "landing_page", "feed ads": "landing_page", "button": "button_colour", "badge": "till_badge"}


# ---------------------------------------------------------------- two questions from before


@exercise(
    "M04.r1",
    title="A lot that drew visitors",
    kind="choice",
    practises=["R211"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "the split of visitors is checked first, then rates with a spread between visitors are read",
        "b": "visits are tested, since there are more of them and the interval gets narrower",
        "c": "the rates are read first, and the split is looked at when they surprise",
    },
)
def order_of_reading():
    """First who is there, then what they did; the unit is what the lot drew."""
    return "a"


@order_of_reading.mistake("UNIT_MISMATCH", repair="Does somebody's tenth visit tell as much as the first?")
def _():
    """You counted visits as draws. One person's visits are alike, so the narrow interval is narrower than the evidence."""
    return "b"


@order_of_reading.mistake("SRM_IGNORED", repair="Would you look at the split of a result that you like?")
def _():
    """You check the split only when the rates surprise. A log that loses people of one arm makes results that please nobody's doubt."""
    return "c"


order_of_reading.hints(
    "What can make both arms unlike before anybody acts?",
    "A split that the lot cannot make tells that people are missing.",
    "Split first, then the unit of the lot.",
)


@exercise(
    "M04.r2",
    title="Which metric of the subject test decides",
    kind="choice",
    practises=["R212"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "opens, because the subject is all that people see before they open",
        "b": "clicks per delivered mail, named in the plan, because machines open mails and click nothing",
        "c": "whichever of opens, clicks and orders has the smallest p-value in the end",
    },
)
def subject_metric():
    """A test of two proportions on one metric that was named beforehand and that people, not machines, make."""
    return "b"


@subject_metric.mistake("PROXY_METRIC", repair="Who opened the mails of October 2024?")
def _():
    """You let opens decide. They stand in for interest, machines make many of them, and a subject may promise what the mail lacks."""
    return "a"


@subject_metric.mistake("MULTI_COMPARE", repair="How many chances to win has a test with three metrics?")
def _():
    """You chose the metric after the result. Three metrics are three tickets in the lottery, and the smallest p-value is the luckiest one."""
    return "c"


subject_metric.hints(
    "What would a mail program do without its owner?",
    "A metric is named before the mails go out.",
    "Per delivered mail, and made by people.",
)


# ---------------------------------------------------------------- twenty per cent of what


@exercise(
    "M04.1",
    title="The rate that +20% promises",
    kind="number",
    unit="fraction",
    minutes=(2, 4),
    practises=["R213", "R009"],
    bounds=(0, 1),
    section="Twenty per cent of what?",
    selfcheck={
        "grain": "one visitor, as drawn by lot",
        "numerator and denominator": "visitors with a conversion over visitors of arm A, then the promise",
        "filter": "landing_page, source SEM, arm A for the base",
    },
)
def promised_rate(ab_tests):
    """A relative lift multiplies the base: a fifth more of what was there."""
    return float(readout(parts(ab_tests)["SEM"])["rate_a"] * 1.2)


@promised_rate.mistake(
    "PCT_VS_PP", repair="Of 100 visitors, how many converted on page A, and how many is a fifth of those?"
)
def _(ab_tests, test_ideas, orders):
    """You added twenty percentage points. The slide speaks of a fifth of the old rate, which is a small part of those points."""
    base = readout(parts(ab_tests)["SEM"])["rate_a"]
    now = orders_a_month(test_ideas, "SEM")
    claimed, meant = now * 0.2 / base, now * 0.2
    return wrong(
        float(base + 0.2),
        shows={
            "rate of page A": percent(base),
            "your promise, as a multiple of it": f"{(base + 0.2) / base:.1f}",
        },
        cost=f"If orders followed, a plan for SEM would hold {count(claimed)} more orders a month instead of {count(meant)}: "
        f"{yuan((claimed - meant) * per_order(orders))} of margin that nobody promised.",
    )


@promised_rate.mistake("DEF_MISMATCH", repair="Is 20% the new rate, or the step up to it?")
def _(ab_tests, test_ideas, orders):
    """You read the lift as the new rate. One figure with a plus says how far, not where to."""
    base = readout(parts(ab_tests)["SEM"])["rate_a"]
    extra = orders_a_month(test_ideas, "SEM") * (0.2 / base - 1.2)
    return wrong(
        0.2,
        shows={
            "rate of page A": percent(base),
            "lift that 20% as a rate would be": percent(0.2 / base - 1, 0),
        },
        cost=f"If orders followed, {yuan(extra * per_order(orders))} a month would be planned too much for SEM.",
    )


@promised_rate.slip("filter")
def _(ab_tests):
    """You took the base of feed ads."""
    return float(readout(parts(ab_tests)["feed ads"])["rate_a"] * 1.2)


promised_rate.hints(
    "Twenty per cent of what?",
    "Take page A's rate, and add a fifth of it.",
    "rate of A on SEM * (1 + 0.20)",
)


# ---------------------------------------------------------------- how many


@prediction(
    "M04.a",
    title="Share of tests with 400 visitors an arm that find a lift from 5% to 6%",
    unit="fraction",
    practises=["R213"],
    bounds=(0, 1),
    section="How many visitors?",
)
def guess_power():
    """So few visitors hardly ever see a step of one point: the spread of the difference is larger than the step."""
    return power(BASE, HOPED, HABIT)


@guess_power.mistake("N_BY_HABIT", repair="By how much does a rate of 400 visitors vary from lot to lot?")
def _():
    """You trusted the rule of thumb to do what a test is for. A round number of visitors knows nothing of the base or the lift."""
    return 0.8


@exercise(
    "M04.2",
    title="Visitors per arm, from 5% to 6%",
    kind="number",
    unit="times",
    minutes=(4, 8),
    practises=["R213"],
    bounds=(1, None),
    section="How many visitors?",
    selfcheck={
        "grain": "visitors in one arm",
        "formula": "pooled average: p the mean of both rates under the first root",
        "power": "80% power (z 0.8416), 5% two-sided (z 1.9600)",
        "rates": "5% in A, 6% in B: a lift of a fifth",
    },
)
def visitors_per_arm():
    """Spread of luck over the step to be seen, squared: that is what a test costs."""
    return sample_size(BASE, HOPED)


@visitors_per_arm.also("old rate's spread")
def _():
    z_alpha, z_power = 1.9599639845, 0.8416212336
    at_zero, at_effect = (2 * BASE * (1 - BASE)) ** 0.5, (BASE * (1 - BASE) + HOPED * (1 - HOPED)) ** 0.5
    return ((z_alpha * at_zero + z_power * at_effect) / (HOPED - BASE)) ** 2


@visitors_per_arm.mistake("N_BY_HABIT", repair="Which share of tests of that size would find the lift?")
def _(test_ideas, orders):
    """You took the rule of thumb. With that many visitors an arm the lift drowns in luck, and the test is a lottery ticket with a report."""
    missed = 1 - power(BASE, HOPED, HABIT)
    worth = orders_a_month(test_ideas, "SEM") * 0.2 * per_order(orders)
    return wrong(
        HABIT,
        shows={
            "standard error of the difference, points": f"{100 * (BASE * (1 - BASE) / HABIT + HOPED * (1 - HOPED) / HABIT) ** 0.5:.1f}",
            "difference to be seen, points": f"{100 * (HOPED - BASE):.1f}",
        },
        cost=f"A page with a fifth more orders on SEM is worth {yuan(worth)} a month; a test of that size passes it over "
        f"{percent(missed, 0)} of the times.",
    )


@visitors_per_arm.mistake("N_TOTAL", repair="The formula counts visitors of what?")
def _(test_ideas):
    """You gave both arms together. A plan that fills each arm with that many buys twice the traffic, or runs twice the time."""
    a_day = test_ideas.loc[test_ideas["traffic"] == "SEM", "units_a_day"].iloc[0]
    size = sample_size(BASE, HOPED)
    return wrong(
        2 * size,
        shows={"arms in the test": "2", "SEM visits a day, both arms": count(a_day)},
    )


@visitors_per_arm.mistake("PCT_VS_PP", repair="Which rate does +20% lead to from 5%?")
def _(test_ideas, orders):
    """You sized for a step of twenty points. So large a step a few dozen visitors would show, and nobody expects it."""
    size = sample_size(BASE, BASE + 0.2)
    worth = orders_a_month(test_ideas, "SEM") * 0.2 * per_order(orders)
    return wrong(
        size,
        shows={
            "orders expected in arm A with so few": f"{size * BASE:.1f}",
            "in arm B": f"{size * HOPED:.1f}",
        },
        cost=f"The lift worth {yuan(worth)} a month would be found {percent(power(BASE, HOPED, size), 0)} of the times, hardly more than a false alarm.",
    )


@visitors_per_arm.slip("rates")
def _():
    """You took a base of three per cent, as the button's plan did. A rarer act needs more visitors for the same relative lift."""
    return sample_size(0.03, 0.036)


@visitors_per_arm.slip("power")
def _():
    """You left the power out: with that size every second test passes the lift over."""
    return sample_size(BASE, HOPED, power=0.5)


@visitors_per_arm.slip("formula")
def _():
    """You left out the second root: the spread with the effect stands under a root as the one without it does."""
    middle = (BASE + HOPED) / 2
    without, spread = (2 * middle * (1 - middle)) ** 0.5, BASE * (1 - BASE) + HOPED * (1 - HOPED)
    return ((1.96 * without + 0.8416 * spread) / (HOPED - BASE)) ** 2


visitors_per_arm.hints(
    "How large is the step, and how large is the luck of one visitor?",
    "Two roots: one for luck without effect with 1.96 before it, one for luck with the effect with 0.84; their sum over the step, squared.",
    "((1.96 * (2*p*(1-p))**0.5 + 0.8416 * (pa*(1-pa) + pb*(1-pb))**0.5) / (pb - pa)) ** 2",
)


# ---------------------------------------------------------------- looking


def after_mornings(days=MORNINGS):
    """Chance that a test without effect is green on at least one of so many mornings."""
    return float(false_alarms([Z95] * days).iloc[-1])


@prediction(
    "M04.b",
    title="Tests without effect that are green on one of fourteen mornings",
    unit="fraction",
    practises=["R211"],
    bounds=(0, 1),
    section="Looking every morning",
)
def guess_peeking():
    """Each morning is another chance to be lucky, and a chance that resembles the one before."""
    return after_mornings()


@guess_peeking.mistake("PEEKING", repair="How many chances to stop has somebody who looks each morning?")
def _():
    """You took the limit of one look for that of fourteen. Who may stop at any of them has fourteen chances."""
    return 0.05


@guess_peeking.mistake("INDEP_LOOKS", repair="How much of Tuesday's total was there on Monday already?")
def _():
    """You took mornings for fourteen tests of their own. Each total holds the one before, so lucky mornings come in a row."""
    return 1 - 0.95**MORNINGS


@exercise(
    "M04.3",
    title="False winners of fourteen mornings",
    kind="number",
    unit="fraction",
    tolerance=0.05,
    minutes=(4, 8),
    practises=["R211", "R213"],
    bounds=(0, 1),
    section="Looking every morning",
    selfcheck={
        "grain": "one row of z is one test, one column one morning",
        "numerator and denominator": "tests with |z| above 1.96 on at least one morning, over all tests",
        "window": "all fourteen mornings",
    },
)
def false_winners():
    """Any green morning stops the test: it is the row that counts, not the cell."""
    return after_mornings()


def wasted(test_ideas, orders, share):
    """What a year of false winners costs: twelve tests without effect, each thought to bring a tenth more orders on SEM for a quarter."""
    return 12 * share * 0.1 * 3 * orders_a_month(test_ideas, "SEM") * per_order(orders)


@false_winners.mistake("PEEKING", repair="On how many mornings could the test have been stopped?")
def _(test_ideas, orders):
    """Five in a hundred is the chance of one look. The limit of 1.96 promises it to somebody who looks once, at a time that was fixed."""
    gap = after_mornings() - 0.05
    return wrong(
        0.05,
        shows={"chances to be green": str(MORNINGS), "chances that the limit was made for": "1"},
        cost=f"Of twelve tests a year without effect, more become winners than you plan for. Each booked as a tenth more orders on SEM for a "
        f"quarter, these are {yuan(wasted(test_ideas, orders, gap))} that do not come.",
    )


@false_winners.mistake(
    "INDEP_LOOKS", repair="How much of the second morning's total had been there on the first?"
)
def _(test_ideas, orders):
    """You multiplied fourteen independent chances. Totals of neighbouring mornings share most of their visitors, so the looks agree far more often."""
    gap = 1 - 0.95**MORNINGS - after_mornings()
    return wrong(
        1 - 0.95**MORNINGS,
        shows={
            "share of the 14th morning's visitors that the 13th had": percent(13 / 14, 0),
            "shared, if looks were independent": "0%",
        },
        cost=f"Of twelve results a year you would write off more than luck explains; at a tenth more orders on SEM for a quarter each, "
        f"{yuan(wasted(test_ideas, orders, gap))} of good news would be thrown away.",
    )


@per_world
def played():
    """z of the tests of the lesson: a row a test, a column a morning."""
    lots = np.random.default_rng(4)
    a, b = (lots.binomial(600, BASE, (20_000, MORNINGS)).cumsum(axis=1) for _ in "AB")
    seen = 600 * np.arange(1, MORNINGS + 1)
    p = (a + b) / (2 * seen)
    return (b - a) / seen / np.sqrt(2 * p * (1 - p) / seen)


@false_winners.slip("numerator and denominator")
def _():
    """You counted one side only. A and B are alike here, so a morning that crowns A is as false as one that crowns B."""
    return (played() > 1.96).any(axis=1).mean()


@false_winners.slip("window")
def _():
    """You counted the tests that are green on one morning. Who looks each morning stops at any of them."""
    return (np.abs(played()[:, -1]) > 1.96).mean()


@false_winners.slip("window")
def _():
    """You looked on five mornings, not on fourteen."""
    return after_mornings(5)


false_winners.hints(
    "When does somebody stop who looks each morning?",
    "A test is a false winner if any of its fourteen columns passes 1.96 on either side.",
    "(np.abs(z) > 1.96).any(axis=1).mean()",
)


# ---------------------------------------------------------------- what 0.03 means


@exercise(
    "M04.4",
    title="What p = 0.03 means",
    kind="choice",
    minutes=(2, 4),
    practises=["R211"],
    section="What 0.03 means",
    options={
        "a": "B is better than A with a probability of 97 in 100; three in 100 is the risk that it is not",
        "b": "Of 100 repetitions of this test about 97 would show B ahead with p below 0.05 again",
        "c": "Were A and B alike, about three of 100 such tests would differ this much or more",
        "d": "B's true lift lies within three per cent of the lift on the slide, at this size",
    },
)
def meaning_of_p():
    """It is computed as if there were no effect, and so cannot be the probability of one."""
    return "c"


def false_share(works=0.1):
    """Share of wins without effect, where one idea in ten works and tests have 80 % power."""
    return (1 - works) * 0.05 / ((1 - works) * 0.05 + works * 0.8)


@meaning_of_p.mistake("PVALUE_AS_PROB", repair="Of all ideas that are tested, how many work?")
def _(test_ideas, orders):
    """You turned the condition round. How probable B's success is depends on how many such ideas work, and the p-value does not know it."""
    worth = 3 * 0.1 * orders_a_month(test_ideas, "SEM") * per_order(orders)
    return wrong(
        "a",
        shows={
            "wins with p below 0.05 that are false, if one idea in ten works": percent(false_share(), 0),
            "if every second idea works": percent(false_share(0.5), 0),
        },
        cost=f"If one idea in ten works, {10 * false_share():.1f} of ten wins are luck. Booked as a tenth more orders on SEM for a quarter, they "
        f"would put {yuan(10 * false_share() * worth)} too much into the plan.",
    )


@meaning_of_p.mistake(
    "NO_UNCERTAINTY", repair="If the true lift is what was seen, how often would the next z exceed 1.96?"
)
def _():
    """You took one draw for the middle of all draws. Even if the true effect were what was seen, z would scatter around it."""
    from statistics import NormalDist

    z = NormalDist().inv_cdf(1 - 0.03 / 2)
    return wrong(
        "b",
        shows={
            "z of p = 0.03": f"{z:.2f}",
            "wins in 100 repetitions, if the lift seen were the true one": f"{100 * NormalDist().cdf(z - Z95):.0f}",
        },
    )


@meaning_of_p.mistake(
    "DEF_MISMATCH", repair="Which of the two gets smaller with more visitors, the lift or its uncertainty?"
)
def _(ab_tests):
    """You read a probability as a margin. How far the truth may lie from the slide is told by the interval, in other units."""
    found = readout(parts(ab_tests)["SEM"])
    return wrong(
        "d",
        shows={
            "p of page B on SEM": f"{found['p']:.5f}",
            "width of its lift's interval, points of lift": f"{100 * (found['high'] - found['low']) / found['rate_a']:.0f}",
        },
    )


meaning_of_p.hints(
    "Under which assumption is a p-value computed?",
    "J08 played it: games without any effect, and how many differ as much.",
    "It speaks of tests in which A and B are alike.",
)


# ---------------------------------------------------------------- verdicts


def verdict_of(log, smallest):
    """One of broken, works, too small, not known."""
    sizes = log["arm"].value_counts()
    if srm(sizes["A"], sizes["B"])["p"] < 0.001:
        return "broken"
    found = readout(log)
    low, high = found["low"] / found["rate_a"], found["high"] / found["rate_a"]
    return "works" if low > 0 else "too small" if high < smallest else "not known"


@per_world
def verdicts(ab_tests, ab_test_plan):
    """Verdict by log."""
    smallest = ab_test_plan.set_index("test")["smallest_lift"]
    return {name: verdict_of(parts(ab_tests)[name], smallest[test]) for name, test in PLANS.items()}


@exercise(
    "M04.5",
    title="Four results against the smallest lift of interest",
    kind="table",
    unit="text",
    minutes=(6, 10),
    practises=["R009", "R211"],
    section="Not significant is not nothing",
    selfcheck={
        "split": "chi-square of the arms' visitors first: p below 0.001 is broken",
        "interval": "low and high of two_rates over A's rate: limits of the relative lift",
        "filter": "the smallest lift stands in the plan of each test",
    },
)
def four_verdicts(ab_tests, ab_test_plan):
    """The split says whether to read at all; the interval, laid beside zero and the smallest lift, says what is known."""
    return verdicts(ab_tests, ab_test_plan)


@four_verdicts.mistake(
    "UNDERPOWERED_NULL", repair="Does the button's interval leave out a lift that you would want?"
)
def _(ab_tests, ab_test_plan, test_ideas, orders):
    """You read "not significant" as "no effect". The button's test was so small that its interval holds a loss and a lift well worth having."""
    plan = ab_test_plan.set_index("test").loc["button_colour"]
    sizes = parts(ab_tests)["button"]["arm"].value_counts()
    chance = power(plan["expected_rate"], plan["expected_rate"] * 1.2, sizes.min())
    worth = 0.01 * 3 * orders_a_month(test_ideas, "all visits") * per_order(orders)
    return wrong(
        verdicts(ab_tests, ab_test_plan) | {"button": "too small"},
        shows={
            "visitors an arm, planned": count(plan["needed_per_arm"]),
            "in the smaller arm": count(sizes.min()),
        },
        cost=f"A lift as planned had a chance of {percent(chance, 0)} to be seen. If advice brought one more order in a hundred, burying the "
        f"idea would give up {yuan(worth)} a quarter.",
    )


@four_verdicts.mistake("SRM_IGNORED", repair="How many visitors stand in each arm of the badge's log?")
def _(ab_tests, ab_test_plan, test_ideas, orders):
    """You read a broken log. The lot cannot have split so many people so unevenly; those who are missing left without a cart."""
    log = parts(ab_tests)["badge"]
    sizes, found = log["arm"].value_counts(), readout(log)
    claimed = found["lift"] * 3 * orders_a_month(test_ideas, "all visits") * per_order(orders)
    return wrong(
        verdicts(ab_tests, ab_test_plan) | {"badge": "works"},
        shows={"visitors of A": count(sizes["A"]), "visitors of B": count(sizes["B"])},
        cost=f"If orders followed the carts, {yuan(claimed)} a quarter would be planned on people who are not in the log.",
    )


@four_verdicts.mistake("NO_UNCERTAINTY", repair="How many clickers stand behind the button's lift?")
def _(ab_tests, ab_test_plan):
    """You took the button's lift for its effect. It is about as large as the slide's, and made of a few dozen clicks."""
    clicks = parts(ab_tests)["button"].groupby("arm")["converted"].sum()
    return wrong(
        verdicts(ab_tests, ab_test_plan) | {"button": "works"},
        shows={"clickers, A": count(clicks["A"]), "clickers, B": count(clicks["B"])},
    )


@four_verdicts.slip("interval")
def _(ab_tests, ab_test_plan):
    """You called feed ads open because zero lies inside. Look at the other end: is the smallest lift inside, too?"""
    return verdicts(ab_tests, ab_test_plan) | {"feed ads": "not known"}


@four_verdicts.slip("interval")
def _(ab_tests, ab_test_plan):
    """You called SEM open because the smallest lift lies inside. By the rule it works as soon as all of the interval lies above zero."""
    return verdicts(ab_tests, ab_test_plan) | {"SEM": "not known"}


four_verdicts.hints(
    "May the log be read? Then: is zero inside the interval, and is the smallest lift?",
    "srm for the arms; two_rates for the interval; low and high divided by rate_a are limits of the relative lift.",
    "p of srm < 0.001: broken; low > 0: works; high < smallest lift: too small; else not known",
)


# ---------------------------------------------------------------- novelty


def week_lift(ab_tests, week):
    log = parts(ab_tests)["home stream"]
    return float(
        readout(log[(log["first_seen_on"] - log["first_seen_on"].min()).dt.days // 7 == week])["lift"]
    )


@prediction(
    "M04.c",
    title="Lift of the recommendations among visitors of the fourth week",
    unit="fraction",
    practises=["R211", "R009"],
    bounds=(-1, None),
    section="What is new wears off",
)
def guess_fourth_week(ab_tests):
    """The first week carries the mean; what is left in the fourth is hardly to be told from nothing."""
    return week_lift(ab_tests, 3)


@guess_fourth_week.mistake("AGG_HIDES", repair="Is a mean of four weeks what the fifth will bring?")
def _(ab_tests):
    """You guessed near the mean of all weeks. A mean over a fall describes none of its weeks, least of all the coming ones."""
    return float(readout(parts(ab_tests)["home stream"])["lift"])


# ---------------------------------------------------------------- winner's curse


@per_world
def small_tests():
    """Lift of the wins, and of all tests together, among many small tests of the same true lift: as the lesson plays them."""
    lots = np.random.default_rng(6)
    size, base = SMALL_TEST["per_arm"], SMALL_TEST["base"]
    a = lots.binomial(size, base, SMALL_TEST["tests"])
    b = lots.binomial(size, base * (1 + SMALL_TEST["true_lift"]), SMALL_TEST["tests"])
    both = (a + b) / (2 * size)
    z = (b - a) / size / np.sqrt(2 * both * (1 - both) / size)
    return {
        "shown by winners": float((b / a - 1)[z > 1.96].mean()),
        "to plan with": float(b.sum() / a.sum() - 1),
        "share": float((z > 1.96).mean()),
        "mean of lifts": float((b / a - 1).mean()),
        "both sides": float((b / a - 1)[np.abs(z) > 1.96].mean()),
    }


@exercise(
    "M04.6",
    title="What winners show, and what to plan with",
    kind="table",
    unit="fraction",
    tolerance=0.003,
    minutes=(4, 7),
    practises=["R213", "R009"],
    section="The winner's curse",
    selfcheck={
        "grain": "one row is one test of the same page",
        "numerator and denominator": "winners: mean of their lifts; all: conversions of all B over those of all A, minus 1",
        "filter": "winners have z above 1.96; the second figure takes all tests",
    },
)
def winners_and_truth():
    """Only lucky tests pass a limit that lies above the truth; all tests together show what the page does."""
    found = small_tests()
    return {name: found[name] for name in ("shown by winners", "to plan with")}


@winners_and_truth.mistake("WINNERS_CURSE", repair="Which tests never reach a slide?")
def _(test_ideas, orders):
    """You plan with what the winner showed. In a small test only luck carries a lift over the limit, and luck does not come along to the roll-out."""
    found = small_tests()
    month = orders_a_month(test_ideas, "SEM")
    gap = (found["shown by winners"] - found["to plan with"]) * 3 * month * per_order(orders)
    return wrong(
        {name: found["shown by winners"] for name in ("shown by winners", "to plan with")},
        shows={
            "wins of B among all tests": percent(found["share"]),
            "visitors an arm": count(SMALL_TEST["per_arm"]),
        },
        cost=f"A quarter of SEM orders planned with the winner's lift would miss its margin by {yuan(gap)}.",
    )


@winners_and_truth.mistake("UNDERPOWERED_NULL", repair="What do all the tests together show?")
def _(test_ideas, orders):
    """You plan with nothing, because most tests show nothing. Most are too small to show what is there."""
    found = small_tests()
    given_up = found["to plan with"] * 3 * orders_a_month(test_ideas, "SEM") * per_order(orders)
    return wrong(
        {"shown by winners": found["shown by winners"], "to plan with": 0.0},
        shows={
            "tests that find nothing": percent(1 - found["share"], 0),
            "tests that would find nothing, if nothing were there": "97.5%",
        },
        cost=f"A real lift of this size brings {yuan(given_up)} a quarter on SEM; it would be given up.",
    )


@winners_and_truth.mistake(
    "NO_UNCERTAINTY", repair="How large must a lift be to pass 1.96 in so small a test?"
)
def _():
    """You expect winners to show the true lift. With so few visitors a lift as small as that never passes the limit."""
    found = small_tests()
    base, size = SMALL_TEST["base"], SMALL_TEST["per_arm"]
    least = 1.96 * (2 * base * (1 - base) / size) ** 0.5 / base
    return wrong(
        {name: found["to plan with"] for name in ("shown by winners", "to plan with")},
        shows={
            "smallest lift that is significant here, about": percent(least, 0),
            "visitors an arm": count(size),
        },
    )


@winners_and_truth.mistake(
    "AVG_OF_RATIOS", repair="Which way does the lift go further: when A was unlucky or when it was lucky?"
)
def _(test_ideas, orders):
    """You took the mean of all lifts. Each divides by a rate of A that luck has moved, and an unlucky A raises the lift by more
    than a lucky one lowers it."""
    found = small_tests()
    gap = (found["mean of lifts"] - found["to plan with"]) * 3 * orders_a_month(test_ideas, "SEM")
    return wrong(
        {"shown by winners": found["shown by winners"], "to plan with": found["mean of lifts"]},
        shows={"lift, if B has 150 orders and A 125": "20%", "and if A has 175": "-14%"},
        cost=f"A quarter of SEM orders planned with it would hold {yuan(gap * per_order(orders))} of margin too much.",
    )


@winners_and_truth.slip("filter")
def _():
    """Among your winners are tests in which A is significantly ahead. A winner has z above 1.96, not below -1.96."""
    found = small_tests()
    return {"shown by winners": found["both sides"], "to plan with": found["to plan with"]}


winners_and_truth.hints(
    "Which tests are seen by somebody who reads winners only?",
    "Filter z above 1.96 for the first figure; add up all conversions of B and of A for the second.",
    '{"shown by winners": lifts[z > 1.96].mean(), "to plan with": b.sum() / a.sum() - 1}',
)


# ---------------------------------------------------------------- for whom

CHANNELS = ["SEM", "feed ads", "Xiaohongshu", "SEO"]


@per_world
def places(ab_tests, ab_test_plan):
    """Decision by channel: roll out, keep page A, or test first where nobody was tested."""
    smallest = ab_test_plan.set_index("test").loc["landing_page", "smallest_lift"]
    page = ab_tests[ab_tests["test"] == "landing_page"]
    decision = {"works": "roll out", "too small": "keep", "not known": "test", "broken": "test"}
    return {
        channel: decision[verdict_of(page[page["source"] == channel], smallest)]
        if (page["source"] == channel).any()
        else "test"
        for channel in CHANNELS
    }


@exercise(
    "M04.7",
    title="Page B: roll out, keep, or test",
    kind="table",
    unit="text",
    minutes=(4, 7),
    practises=["R213"],
    section="For whom does it hold?",
    selfcheck={
        "population": "whose visitors were in the lot: the column source of the log",
        "interval": "the limits of the relative lift of that channel, beside zero and the plan's smallest lift",
    },
)
def where_b_goes(ab_tests, ab_test_plan):
    """A result belongs to the people in the lot: it is used where it was found, dropped where it was excluded, and tested where nobody was."""
    return places(ab_tests, ab_test_plan)


@where_b_goes.mistake(
    "ROLLOUT_GENERALISE", repair="Who of these channels was in the lot, and what did each show?"
)
def _(ab_tests, ab_test_plan, test_ideas, orders):
    """You rolled out for all. People who search come with a wish, people who scroll are interrupted, and two channels were never drawn."""
    found = readout(parts(ab_tests)["feed ads"])
    gap = (0.2 - found["lift"]) * 3 * orders_a_month(test_ideas, "feed ads") * per_order(orders)
    page = ab_tests[ab_tests["test"] == "landing_page"]
    return wrong(
        dict.fromkeys(CHANNELS, "roll out"),
        shows={
            "channels in your roll-out": str(len(CHANNELS)),
            "channels in the lot": str(page["source"].nunique()),
        },
        cost=f"Twenty per cent more orders from feed ads alone, for a quarter, would be planned {yuan(gap)} above what their own test shows, "
        "if orders follow the page.",
    )


@where_b_goes.mistake("MISSING_AS_ZERO", repair="What does a test say about somebody who was not in it?")
def _(ab_tests, ab_test_plan, test_ideas, orders):
    """You took "not tested" for "no effect". These channels' visitors stand in no arm; the log says nothing about them."""
    each = [orders_a_month(test_ideas, channel) for channel in ("Xiaohongshu", "SEO")]
    return wrong(
        places(ab_tests, ab_test_plan) | {"Xiaohongshu": "keep", "SEO": "keep"},
        shows={"visitors from Xiaohongshu in the log": "0", "visitors from SEO in the log": "0"},
        cost=f"If page B did there half of what the slide says, {yuan(0.1 * 3 * sum(each) * per_order(orders))} a quarter would be left lying.",
    )


@where_b_goes.slip("interval")
def _(ab_tests, ab_test_plan):
    """You test feed ads anew. Its test was larger than planned, and its interval leaves the smallest lift out."""
    return places(ab_tests, ab_test_plan) | {"feed ads": "test"}


where_b_goes.hints(
    "Whose visitors did the lot draw?",
    "Three cases: found, excluded, never looked at.",
    "roll out where the interval lies above zero, keep where it leaves out the smallest lift, test where no visitor was in the lot",
)


# ---------------------------------------------------------------- several questions


@exercise(
    "M04.8",
    title="Twelve segments without effect",
    kind="table",
    unit="fraction",
    tolerance=0.03,
    minutes=(4, 7),
    practises=["R211", "R213"],
    section="Twelve segments",
    selfcheck={
        "grain": "one segment is one test; the segments share no visitor, so their luck is independent",
        "at least one": "one minus the chance that none is below 0.05",
        "limit each": "the p-value that each must stay below, so that all twelve together err in 5 of 100 cases at most",
    },
)
def twelve_segments():
    """Twelve tickets win far more often than one; a limit about twelve times as strict brings the family back to one ticket."""
    return {"at least one": 1 - 0.95**SEGMENTS, "limit each": 0.05 / SEGMENTS}


def target_cost(test_ideas, orders):
    worth = 3 * 0.2 * orders_a_month(test_ideas, "feed ads") / SEGMENTS * per_order(orders)
    return (
        f"A segment of a twelfth of the feed visitors, planned with a fifth more orders for a quarter, is {yuan(worth)} of margin, "
        "planned on luck in far more of such hunts than you think."
    )


@twelve_segments.mistake("MULTI_COMPARE", repair="How many chances has somebody with twelve tickets?")
def _(test_ideas, orders):
    """You counted one test. Whoever looks at twelve and reports the best has had twelve chances to be lucky."""
    return wrong(
        {"at least one": 0.05, "limit each": 0.05},
        shows={"segments looked at": str(SEGMENTS), "segments reported": "1"},
        cost=target_cost(test_ideas, orders),
    )


@twelve_segments.mistake("ADD_RATES", repair="By this sum, what would the chance be with thirty segments?")
def _():
    """You added the chances up. That counts twice whenever two segments are green at once, and with enough of them passes one."""
    return wrong(
        {"at least one": 0.05 * SEGMENTS, "limit each": 0.05 / SEGMENTS},
        shows={"your sum with 30 segments": f"{0.05 * 30:.1f}", "a chance, at most": "1"},
    )


@twelve_segments.slip("at least one")
def _():
    """You computed the chance of exactly one. Two or three false alarms are an alarm, too."""
    return {"at least one": SEGMENTS * 0.05 * 0.95 ** (SEGMENTS - 1), "limit each": 0.05 / SEGMENTS}


twelve_segments.hints(
    "What is the chance that none of the twelve is green?",
    "Segments share no visitor, so chances may be multiplied here; for the limit, think of how many tickets there are.",
    '{"at least one": 1 - 0.95 ** 12, "limit each": 0.05 / 12}',
)


# ---------------------------------------------------------------- less noise


@per_world
def coupon_test(offer_test):
    """The offer test's customers with a coupon (B) and without any offer (A)."""
    rows = offer_test[offer_test["offer"].isin(["none", "coupon"])]
    return rows.assign(
        arm=np.where(rows["offer"] == "coupon", "B", "A"), ordered=rows["ordered_30d"].astype(float)
    )


def saved(rows, before):
    return float(np.corrcoef(rows[before], rows["ordered"])[0, 1] ** 2)


@exercise(
    "M04.11",
    title="Customers that CUPED saves",
    kind="number",
    unit="fraction",
    minutes=(4, 7),
    practises=["R211", "R213"],
    bounds=(0, 1),
    section="Take out what was known before",
    selfcheck={
        "grain": "one row is one customer, with a coupon or without any offer",
        "column": "settled in the morning of the lot, before any order that counts",
        "size": "needed customers go with the variance: what is left is 1 - correlation squared",
    },
)
def customers_saved(offer_test):
    """The share of variance that was known before is the share of customers that the same precision can do without."""
    return saved(coupon_test(offer_test), "recency_days")


@customers_saved.mistake("FUTURE_LEAK", repair="On which day was each column written?")
def _(offer_test, orders):
    """You used a column that was written 37 days after the lot. It knows who ordered, and so it takes a part of the offer's effect out, too."""
    rows = coupon_test(offer_test)
    good, leaky = cuped(rows, "ordered", "recency_days"), cuped(rows, "ordered", "days_since_last_order")
    lost = (good["raw"] - leaky["difference"]) * 10_000
    return wrong(
        saved(rows, "days_since_last_order"),
        shows={
            "orders more per 1,000 customers, unadjusted": f"{1000 * good['raw']:.1f}",
            "adjusted with your column": f"{1000 * leaky['difference']:.1f}",
        },
        cost=f"For 10,000 customers your adjusted effect hides {count(lost)} orders that the coupon brought: {yuan(lost * per_order(orders))} "
        "before the coupon, missing in the case for it.",
    )


@customers_saved.mistake(
    "PROXY_METRIC", repair="What follows the variance: the width, or the number of customers?"
)
def _(offer_test):
    """You let the interval's width stand in for the size. Width goes with the root of the customers, so a little narrower saves twice as many."""
    rows = coupon_test(offer_test)
    found, raw = (
        cuped(rows, "ordered", "recency_days"),
        readout(rows.assign(converted=rows["ordered"].astype(bool))),
    )
    return wrong(
        1 - (1 - saved(rows, "recency_days")) ** 0.5,
        shows={
            "width in points, unadjusted": f"{100 * (raw['high'] - raw['low']):.2f}",
            "adjusted": f"{100 * (found['high'] - found['low']):.2f}",
        },
    )


@customers_saved.slip("size")
def _(offer_test):
    """You gave the correlation itself. What it explains is its square."""
    return saved(coupon_test(offer_test), "recency_days") ** 0.5


@customers_saved.slip("column")
def _(offer_test):
    """You took last year's spending. It was known before, too, and foretells less than the other column of that morning."""
    return saved(coupon_test(offer_test), "spend_365d")


customers_saved.hints(
    "Which of the columns was known in the morning of the lot, and foretells most?",
    "Compute the correlation of recency_days and ordered; what it explains of the variance need not be averaged away by more customers.",
    'rows["recency_days"].corr(rows["ordered"]) ** 2',
)


# ---------------------------------------------------------------- mixed case, memo


@per_world
def ideas(test_ideas):
    """The eight ideas with rates, days of a test with both arms, and score."""
    rows = test_ideas[test_ideas["idea_id"].isin(EIGHT)].set_index("idea_id")
    base = rows["base_rate"] / 100
    rows = rows.assign(
        per_arm=[
            sample_size(p, p * (1 + lift / 100)) for p, lift in zip(base, rows["expected_lift"], strict=True)
        ],
        a_day=rows["units_a_day"] * rows["traffic_share"] / 100,
        score=rows["expected_lift"] * rows["confidence"] * rows["ease"],
    )
    return rows.assign(days=2 * rows["per_arm"] / rows["a_day"]).sort_values("score", ascending=False)


@exercise(
    "M04.9",
    title="Which ideas can be tested by the end of April",
    kind="ranking",
    minutes=(8, 14),
    points=2,
    practises=["R010", "R213"],
    section="Mixed case: eight ideas, four months",
    selfcheck={
        "rate": "base_rate is in percent; expected_lift is relative",
        "days": "visitors of both arms, over units_a_day x traffic_share",
        "window": "120 days at most",
        "order": "by expected_lift x confidence x ease, the highest first",
    },
)
def feasible(test_ideas):
    """The score says what one would like to know, the days say what one can; a test that cannot end is a cost without an answer."""
    rows = ideas(test_ideas)
    return rows.index[rows["days"] <= DAYS].tolist()


def unreadable_cost(rows, chosen):
    late = rows.loc[[one for one in chosen if rows.loc[one, "days"] > DAYS]]
    return (
        f"{len(late)} of your ideas could not be read in time; building and running them costs {yuan(late['cost'].sum())}, and the longest "
        f"would hold its traffic for {count(late['days'].max())} days."
    )


@feasible.mistake(
    "CAPACITY_BLIND", repair="How many visitors a day does each idea have, and how many does it need?"
)
def _(test_ideas):
    """You took the four best scores. A score counts wishes, and one of these ideas has too few visitors to end in time."""
    rows = ideas(test_ideas)
    chosen = rows.index[:4].tolist()
    slow = rows.loc[chosen, "days"].idxmax()
    return wrong(
        chosen,
        shows={
            f"units a day of {slow}": count(rows.loc[slow, "a_day"]),
            "units that it needs, both arms": count(2 * rows.loc[slow, "per_arm"]),
        },
        cost=unreadable_cost(rows, chosen),
    )


@feasible.mistake("N_TOTAL", repair="How many arms have to be filled from one day's visitors?")
def _(test_ideas):
    """You filled one arm. The formula gives visitors per arm, and both are filled from the same traffic, so a test takes twice as long."""
    rows = ideas(test_ideas)
    chosen = rows.index[rows["days"] / 2 <= DAYS].tolist()
    return wrong(
        chosen,
        shows={"arms to be filled": "2", "arms in your days": "1"},
        cost=unreadable_cost(rows, chosen),
    )


@feasible.mistake("PCT_VS_PP", repair="To which rate does a lift of 12 lead from a base of 14?")
def _(test_ideas):
    """In your list every idea fits. All would if the lifts were points added to the base; a lift is a share of the base, and so small
    a step takes far more days to see."""
    rows = ideas(test_ideas)
    return wrong(
        rows.index.tolist(),
        shows={"ideas in your list": str(len(rows)), "ideas asked about": str(len(EIGHT))},
        cost=unreadable_cost(rows, rows.index),
    )


@feasible.slip("order")
def _(test_ideas):
    """You sorted by days. The plan asks for the best score first, among those that can end."""
    rows = ideas(test_ideas)
    return rows[rows["days"] <= DAYS].sort_values("days").index.tolist()


feasible.hints(
    "What does each idea need per arm, and how many units a day may be in its test?",
    "sample_size for base and base x (1 + lift), twice, over units a day x share; keep 120 days and less; sort by the product of lift, confidence and ease.",
    "days = 2 * per_arm / (units_a_day * traffic_share / 100); rows[days <= 120].sort_values(score, descending)",
)


@per_world
def days_on_notes(test_ideas):
    """Days and rates of a test of +20 % orders per visit among visits from Xiaohongshu."""
    row = test_ideas[(test_ideas["traffic"] == "Xiaohongshu") & (test_ideas["metric"] == "CVR")].iloc[0]
    base = row["base_rate"] / 100
    return pd.Series({
        "days": 2 * sample_size(base, 1.2 * base) / row["units_a_day"],
        "base": base,
        "a_day": row["units_a_day"],
    })  # fmt: skip


@exercise(
    "M04.10",
    title="Memo: how long page B has to be tested on Xiaohongshu",
    kind="memo",
    unit="times",
    minutes=(6, 10),
    points=2,
    practises=["R213", "R010"],
    section="The memo",
    selfcheck={
        "line 1": "the days that a test of +20% orders per visit needs with all visits from Xiaohongshu in two arms",
        "line 2": "the evidence: what page B did for SEM and feed ads, or false winners of fourteen mornings",
        "line 3": "the ask: where B goes live, what is tested, with which stop rule, by when",
    },
)
def days_memo(test_ideas):
    """A date that follows from base, lift and traffic can be planned with; a wish for the eighth of March cannot."""
    return float(days_on_notes(test_ideas)["days"])


@days_memo.mistake("N_TOTAL", repair="From how many visits a day are both arms filled?")
def _(test_ideas, orders):
    """Your first line fills one arm. Both arms share the visits of a day."""
    found = days_on_notes(test_ideas)
    size = found["days"] / 4 * found["a_day"]
    chance = power(found["base"], 1.2 * found["base"], size)
    worth = 0.2 * 3 * orders_a_month(test_ideas, "Xiaohongshu") * per_order(orders)
    return wrong(
        float(found["days"] / 2),
        shows={"visits a day": count(found["a_day"]), "of them for each arm": count(found["a_day"] / 2)},
        cost=f"Stopped then, the test finds a lift of a fifth {percent(chance, 0)} of the times; missed, it gives up {yuan(worth)} a quarter.",
    )


@days_memo.mistake(
    "DEF_MISMATCH", repair="What does page B's log count as a conversion, and what must decide now?"
)
def _(ab_tests, test_ideas, orders):
    """Your first line starts from page A's rate on SEM. There a form or a cart was a conversion; the test on Xiaohongshu counts
    orders per visit."""
    found, base = days_on_notes(test_ideas), readout(parts(ab_tests)["SEM"])["rate_a"]
    days = 2 * sample_size(base, 1.2 * base) / found["a_day"]
    chance = power(found["base"], 1.2 * found["base"], days / 2 * found["a_day"])
    worth = 0.2 * 3 * orders_a_month(test_ideas, "Xiaohongshu") * per_order(orders)
    return wrong(
        float(days),
        shows={
            "forms or carts per visitor, page A on SEM": percent(base),
            "visits a day": count(found["a_day"]),
        },
        cost=f"Stopped then, the test finds a lift of a fifth {percent(chance, 0)} of the times; missed, it gives up {yuan(worth)} a quarter.",
    )


@days_memo.mistake("N_BY_HABIT", repair="How many visits will stand in each arm after two weeks?")
def _(test_ideas, orders):
    """Your first line is two weeks, as always. The calendar does not know how many visits a day bring."""
    found = days_on_notes(test_ideas)
    chance = power(found["base"], 1.2 * found["base"], 7 * found["a_day"])
    worth = 0.2 * 3 * orders_a_month(test_ideas, "Xiaohongshu") * per_order(orders)
    return wrong(
        14,
        shows={
            "visits an arm after two weeks": count(7 * found["a_day"]),
            "orders expected in arm A by then": count(7 * found["a_day"] * found["base"]),
        },
        cost=f"Two weeks find a lift of a fifth {percent(chance, 0)} of the times; missed, it gives up {yuan(worth)} a quarter.",
    )


@days_memo.mistake("NO_ACTION", repair="Who does what by when, with page B and with the dashboard?")
def _():
    """Your third line asks for nothing. A plan without a date and a stop rule is decided by the first green morning."""
    return None


days_memo.hints(
    "Three lines: number, evidence, ask.",
    "Line 1: sample_size for base and base x 1.2, both arms, over the visits of a day.",
    "Line 3 begins with a verb: roll out, keep, test, stop; and says by when.",
)
