"""A/B tests of 2025: who was in which arm, and who did what the test counts.

Participants are visitors of web_sessions. The landing page's arms and its effect on orders live in the core
(demand.arm, demand.LANDING_LIFT); the steps before an order are lifted here by the same factors. Four of the six tests
have no effect at all: what is seen in them is luck, a fault of the log, or the wrong unit.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from . import clock, demand
from .hits import lot, span
from .people import CHANNELS, DEVICES, FEED, SEM

SOURCES = [*CHANNELS[:7], "referral"]
DEVICE_TASTE = np.array([0.85, 1.1, 1.1])  # chance to do what is counted, by device, relative
LANDING_BASE = {SEM: 0.125, FEED: 0.09}
LANDING_LUCK = 0.006  # log sd of a rate beside its cause
SRM_SHARE = 0.521  # share of arm A in the test whose log lost people of B
# Lift on the first day, mean days it lasts, what stays.
NOVELTY_START, NOVELTY_DAYS, NOVELTY_LASTING = 0.75, 4.0, 0.03
# Correlation of a person's visits where the log is by visit; standard errors by person.
HABIT, HABIT_Z = 0.7, 1.5
LUCK_SPREAD, NOVELTY_LUCK = 0.06, 0.012  # luck of a test's z, of the rate of an arm and week (log sd)
# Standard errors between arms that are alike.
LUCK_Z = {"aa_check": -0.6, "button_colour": 0.75, "till_badge": 0.0}
# Ways to draw the arms, of which the one is kept that looks as the lesson needs; their number times visitors, at most.
LOTS, LOTS_SIZE = 600, 1_000_000
POWER_Z = 1.959964 + 0.841621  # 5 % two-sided, power 80 %


@dataclass
class Test:
    """One test as it was planned.

    `base` is the expected share of visitors (or visits) that do what is counted, `smallest` the smallest relative lift
    that matters; `people` are the participants wanted at scale 1, 0 is everybody; an order implies what is counted
    where `buyers_count`.
    """

    name: str
    name_zh: str
    days: tuple
    base: float
    smallest: float
    hypothesis: str
    falsifier: str
    metric: str
    population: str
    people: int = 0
    channels: tuple = ()
    by_visit: bool = False
    buyers_count: bool = False

    def needed(self):
        """Visitors an arm for power 80 % at 5 % two-sided, if visitors are independent; unpooled variances."""
        one, other = self.base, self.base * (1 + self.smallest)
        return int(np.ceil(POWER_Z**2 * (one * (1 - one) + other * (1 - other)) / (other - one) ** 2))


TESTS = [
    Test("aa_check", "A/A 校验", ("2025-01-06", "2025-01-19"), 0.12, 0.15,
         "Both arms see the same page: they differ by chance only.", "A difference beyond chance: the tool is broken.",
         "Puts an article into the cart.", "All visitors.", people=11_000, buyers_count=True),
    Test("landing_page", "落地页首屏改版", demand.LANDING_TEST, 0.11, 0.20,
         "A first screen that offers a sample makes more visitors from ads ask for one.",
         "A lift below 20 % at the planned size.", "Opens the form for a sample, or puts an article into the cart.",
         "Visitors from SEM and feed ads.", channels=(SEM, FEED), buyers_count=True),
    Test("button_colour", "加顾问按钮颜色", ("2025-04-22", "2025-04-28"), 0.03, 0.20,
         "An orange button is clicked more than a green one.", "A lift below 20 % at the planned size.",
         "Clicks the button 加顾问领尺码表 (add the adviser, get the size chart).",
         "Visitors of one week, as many as there were.", people=2_200),
    Test("member_banner", "会员价横幅", ("2025-06-23", "2025-08-31"), 0.17, 0.20,
         "A banner that shows the member's price is used more than a plain one.", "A lift below 20 % at the planned size.",
         "Uses the banner in a visit.", "Customers who were logged in.", by_visit=True),
    Test("home_stream", "首页猜你喜欢", ("2025-07-07", "2025-08-03"), 0.12, 0.10,
         "Recommendations on the home page make more visitors open an article.",
         "A lift below 10 % in the fourth week.", "Opens an article that the home page shows.", "All visitors."),
    Test("till_badge", "结算页正品标识", ("2025-09-01", "2025-09-28"), 0.10, 0.10,
         "A badge for authentic goods makes more visitors put something into the cart.",
         "A lift below 10 % at the planned size.", "Puts an article into the cart.", "A share of all visitors.",
         people=41_680, buyers_count=True),
]  # fmt: skip
SHARES = {test.name: number for number, test in enumerate(TESTS, start=11)}  # lots of a test


def evenly(rng, chance):
    """True with the given chances, spread evenly over the visitors: as many as the chances add up to, give or take one."""
    order = rng.permutation(len(chance))
    reached = np.cumsum(chance[order]) + rng.random()
    found = np.empty(len(chance), dtype=bool)
    found[order] = np.floor(reached) > np.floor(reached - chance[order])
    return found


def participants(life, test):
    """Visitors of a test in order of their first visit, as arrays."""
    first, last = np.flatnonzero(clock.between(*test.days))[[0, -1]]
    columns = ["visitor_id", "day", "channel", "device_number", "visitor", "order", "customer"]
    part = span(life.tables["web_sessions"], first, last)[columns]
    if test.channels:
        part = part[part["channel"].isin(test.channels)]
    if test.by_visit:
        part = part[part["customer"] >= 0]
    visitor, start, back, count = np.unique(
        part["visitor"].to_numpy(), return_index=True, return_inverse=True, return_counts=True
    )
    order = np.argsort(start, kind="stable")
    bought = np.bincount(back, part["order"].to_numpy() >= 0, len(visitor)).astype(np.int64)
    found = {name: part[name].to_numpy()[start] for name in columns[:4]}
    found |= {"visitor": visitor, "visits": count, "bought": bought}
    found = {name: values[order] for name, values in found.items()}
    found["since"] = found["day"] - first
    return found


def taking_part(p, keep):
    """The participants `keep`."""
    return {name: values[keep] for name, values in p.items()}


def share_of(p, test, scale):
    """Participants of a test that takes only a share of the visitors."""
    wanted, size = test.people * scale, len(p["visitor"])
    if not wanted or size <= wanted:
        return p
    return taking_part(p, lot(p["visitor"], SHARES[test.name]) < wanted / size)


def acts(rng, p, chance, group, buyers_count=False):
    """Who does what is counted: in each group as many as `chance` (by participant) adds up to; buyers always, if they count."""
    done = (p["bought"] > 0) & buyers_count
    each = chance * DEVICE_TASTE[p["device_number"]]
    for one in np.unique(group):
        here = np.flatnonzero(group == one)
        rest = here[~done[here]]
        left = max(chance[here].sum() - done[here].sum(), 0)
        done[rest] = evenly(rng, np.minimum(each[rest] * left / max(each[rest].sum(), 1e-9), 0.95))
    return done.astype(np.int64)


def z_of(acted, out_of, in_b):
    """z of the difference of two ratios, units independent (delta method); `in_b` may hold many ways to draw arms.

    Formula: Deng, Knoblich and Lu (2018), Applying the delta method in metric analytics.
    """
    facts = np.stack([np.ones(len(acted)), acted, out_of, acted**2, acted * out_of, out_of**2], 1)
    sums_b = np.atleast_2d(in_b).astype(float) @ facts

    def arm(sums):
        count, acts, base, acts_2, both, base_2 = np.maximum(sums, 1e-9).T
        rate = acts / base
        square = acts_2 - 2 * rate * both + rate**2 * base_2
        return rate, square * count / np.maximum(count - 1, 1) / base**2

    (a, spread_a), (b, spread_b) = arm(facts.sum(0) - sums_b), arm(sums_b)
    return (b - a) / np.sqrt(np.maximum(spread_a + spread_b, 1e-12))


def arms_that_look(rng, acted, out_of, wanted):
    """Arms by lot without any effect: of many ways to draw them the one whose z comes closest to `wanted`."""
    wanted = wanted + rng.normal(0, LUCK_SPREAD)
    lots = rng.random((int(np.clip(LOTS_SIZE // max(len(acted), 1), 24, LOTS)), len(acted))) < 0.5
    best = np.abs(z_of(acted.astype(float), out_of.astype(float), lots) - wanted).argmin()
    return lots[best].astype(np.int64)


def landing_page(rng, p, test):
    """T11: the core's arms; the step before an order is lifted as orders are."""
    p["arm"] = demand.arm(p["visitor"], 1)
    chance = np.zeros(len(p["arm"]))
    for channel in test.channels:
        for arm, factor in ((0, 1.0), (1, demand.LANDING_LIFT[channel])):
            here = (p["channel"] == channel) & (p["arm"] == arm)
            chance[here] = LANDING_BASE[channel] * factor * np.exp(rng.normal(0, LANDING_LUCK))
    p["conversions"] = acts(rng, p, chance, chance, test.buyers_count)
    return p


def no_effect(wanted):
    """A test of nothing whose arms, by luck, are `wanted` standard errors apart."""

    def run(rng, p, test):
        size = len(p["day"])
        p["conversions"] = acts(rng, p, np.full(size, test.base), np.zeros(size), test.buyers_count)
        p["arm"] = arms_that_look(rng, p["conversions"], np.ones(size), wanted)
        return p

    return run


def member_banner(rng, p, test):
    """Drawn by person, logged by visit: people use a banner always or never, so visits tell less than they count."""
    parts = 1 / HABIT - 1
    often = rng.beta(test.base * parts, (1 - test.base) * parts, len(p["day"]))
    p["conversions"] = rng.binomial(p["visits"], often)
    p["arm"] = arms_that_look(rng, p["conversions"], p["visits"], HABIT_Z)
    return p


def home_stream(rng, p, test):
    """What is new is tried because it is new; after two weeks little is left."""
    p["arm"] = (lot(p["visitor"], SHARES[test.name]) < 0.5).astype(np.int64)
    lift = NOVELTY_LASTING + NOVELTY_START * np.exp(-p["since"] / NOVELTY_DAYS)
    group = p["since"] // 7 * 2 + p["arm"]
    luck = np.exp(rng.normal(0, NOVELTY_LUCK, group.max(initial=0) + 1))
    p["conversions"] = acts(rng, p, test.base * (1 + p["arm"] * lift) * luck[group], group)
    return p


def till_badge(rng, p, test):
    """Sample ratio mismatch: B comes by a redirect, and on Android people leave before anybody has counted them."""
    p = no_effect(LUCK_Z["till_badge"])(rng, p, test)
    in_b = p["arm"] == 1
    share = SRM_SHARE + rng.normal(0, 0.0005)
    lost = in_b.sum() - (~in_b).sum() * (1 - share) / share
    leaves = in_b & (p["device_number"] == 0) & (p["conversions"] == 0) & (p["visits"] == 1)
    chance = np.clip(lost / max(leaves.sum(), 1), 0, 1)
    return taking_part(p, ~evenly(rng, np.where(leaves, chance, 0.0)))


RUN = {"aa_check": no_effect(LUCK_Z["aa_check"]), "landing_page": landing_page,
       "button_colour": no_effect(LUCK_Z["button_colour"]), "member_banner": member_banner, "home_stream": home_stream, "till_badge": till_badge}  # fmt: skip


def assignments(life):
    """The log of all tests: one row per test and visitor."""
    parts = []
    for test in TESTS:
        rng = life.streams(f"A/B test {test.name}")
        p = RUN[test.name](rng, share_of(participants(life, test), test, life.scale), test)
        parts.append(pd.DataFrame({
            "test": np.full(len(p["day"]), TESTS.index(test)),
            **{name: p[name] for name in ("visitor_id", "arm", "day", "channel", "device_number", "visits", "conversions")},
        }))  # fmt: skip
    log = pd.concat(parts, ignore_index=True)
    names = [test.name for test in TESTS]
    return pd.DataFrame({
        "test": pd.Categorical.from_codes(log["test"], names),
        "visitor_id": log["visitor_id"],
        "arm": pd.Categorical.from_codes(log["arm"], ["A", "B"]),
        "first_seen_on": clock.DAYS[log["day"]],
        "source": pd.Categorical.from_codes(log["channel"], SOURCES),
        "device": pd.Categorical.from_codes(log["device_number"], DEVICES),
        "visits": log["visits"],
        "conversions": log["conversions"],
        "converted": log["conversions"] > 0,
    })  # fmt: skip


def plan():
    """What was written down before each test began."""
    return pd.DataFrame([{
        "test": test.name, "name_zh": test.name_zh, "hypothesis": test.hypothesis, "falsifier": test.falsifier,
        "metric": test.metric, "population": test.population, "randomised_by": "visitor",
        "logged_by": "visit" if test.by_visit else "visitor", "planned_share_b": 0.5,
        "starts_on": pd.Timestamp(test.days[0]), "ends_on": pd.Timestamp(test.days[1]),
        "expected_rate": test.base, "smallest_lift": test.smallest, "needed_per_arm": test.needed(),
    } for test in TESTS])  # fmt: skip


def tables(life):
    """ab_tests and ab_test_plan."""
    return {"ab_tests": assignments(life), "ab_test_plan": plan()}


# Truth


def readout(log):
    """Visitors and rate by arm, relative lift and z by visitor; of rows of one test."""
    b = (log["arm"] == "B").to_numpy()
    acted = log["converted"].to_numpy(float)
    size, hit = [int((~b).sum()), int(b.sum())], [acted[~b].sum(), acted[b].sum()]
    rate = [one / max(many, 1) for one, many in zip(hit, size, strict=True)]
    pooled = sum(hit) / max(sum(size), 1)
    error = np.sqrt(max(pooled * (1 - pooled), 1e-12) * sum(1 / max(many, 1) for many in size))
    spread = min(np.sqrt(sum((1 - r) / max(r * n, 1e-9) for r, n in zip(rate, size, strict=True))), 5.0)
    lift = rate[1] / max(rate[0], 1e-9)
    return {
        "visitors": size, "rate": rate, "lift": lift - 1, "z": (rate[1] - rate[0]) / error,
        "lift_interval_95": [lift * np.exp(-1.96 * spread) - 1, lift * np.exp(1.96 * spread) - 1],
    }  # fmt: skip


def truth(life):
    """T11 with the test whose log lost people, and "ab": what is true of the other tests."""
    log = life.tables["ab_tests"]
    part = {test.name: log[log["test"] == test.name] for test in TESTS}
    landing, badge, member = (part[name] for name in ("landing_page", "till_badge", "member_banner"))
    home = part["home_stream"]
    week = (home["first_seen_on"] - pd.Timestamp(TESTS[4].days[0])).dt.days // 7
    android = badge[badge["device"] == "android"]
    chi = (2 * (badge["arm"] == "B").sum() - len(badge)) ** 2 / max(len(badge), 1)
    arms = (member["arm"] == "B").to_numpy()
    acted, visits = member["conversions"].to_numpy(float), member["visits"].to_numpy(float)
    lots = np.stack([arms])
    a, b = (acted[side].sum() / max(visits[side].sum(), 1) for side in (~arms, arms))
    pooled = acted.sum() / max(visits.sum(), 1)
    by_visit = (b - a) / np.sqrt(
        max(pooled * (1 - pooled), 1e-12) * (1 / max(visits[arms].sum(), 1) + 1 / max(visits[~arms].sum(), 1))
    )
    return {
        "T11": {
            "what": "Landing page B is better for people who search and hardly for people from feed ads; one of six "
                    "tests lost people of one arm.",
            "cause": {
                "lift_by_source": {CHANNELS[c]: lift - 1 for c, lift in demand.LANDING_LIFT.items()},
                "mismatch": {"test": "till_badge", "share_of_a": SRM_SHARE,
                             "why": "arm B comes by a redirect; Android visitors leave before they are counted"},
            },
            "found": {
                **{CHANNELS[c]: readout(landing[landing["source"] == CHANNELS[c]]) for c in (SEM, FEED)},
                "mismatch": {**readout(badge), "share_of_a": float((badge["arm"] == "A").mean()), "chi_square": chi,
                             "share_of_a_android": float((android["arm"] == "A").mean())},
            },
        },
        "ab": {
            "what": "Four of six tests have no effect: what they show is luck, a log that lost people, or visits taken "
                    "for people. A fifth wears off.",
            "cause": {
                "true_lift": {"aa_check": 0.0, "button_colour": 0.0, "member_banner": 0.0, "till_badge": 0.0,
                              "home_stream": {"first_day": NOVELTY_START + NOVELTY_LASTING, "mean_days": NOVELTY_DAYS,
                                              "lasting": NOVELTY_LASTING}},
                "correlation_of_visits": HABIT,
            },
            "found": {
                "aa_check": readout(part["aa_check"]),
                "button_colour": readout(part["button_colour"]),
                "member_banner": {"z_by_visit": by_visit, "z_by_person": float(z_of(acted, visits, lots)[0]),
                                  "lift": b / max(a, 1e-9) - 1},
                "home_stream": {f"week_{number + 1}": readout(home[week == number]) for number in range(4)},
            },
        },
    }  # fmt: skip
