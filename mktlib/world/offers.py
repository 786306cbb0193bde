"""The test of three offers: who answers to which, who buys anyway, whom it puts off (S03)."""

from typing import ClassVar

import numpy as np
import pandas as pd

from . import clock, demand, sales
from .mailing import Visits, evenly
from .people import AFFILIATE, CHANNELS, FEED, LIVE, MAIL, OWN, Log

# Three waves, customers of the last year, each person once.
OFFER_DAYS, OFFER_PEOPLE, OFFER_WINDOW = ("2025-07-14", "2025-08-11", "2025-09-08"), 6800, 30
OFFERS = ["none", "coupon", "gift", "advice call"]
KINDS = ["persuadable", "sure thing", "lost cause", "sleeping dog"]
PERSUADABLE, SURE, LOST, DOG = range(4)
FUZZ = 0.07  # share of people who are of another kind than they look
SURE_DAYS, SURE_ORDERS, COOL_DAYS = 45, 3, 150
DOG_AGE, DOG_ORDERS, YOUNG = 30, 2, 12  # child's age in months
DEALS = (FEED, LIVE, AFFILIATE)  # channels of bargain hunters
# Chance of an extra order of persuadables: others, those whom it suits.
COUPON_LIFT, GIFT_LIFT, CALL_LIFT = (0.06, 0.26), (0.04, 0.20), (0.0, 0.24)
LOST_LIFT = 0.004
DOG_OFF, DOG_DAYS = (0.0, 0.75, 0.55, 0.70), 50  # chance to put off an order, by offer, and for how long
OFFER_COST = (
    (0.0, 0.0),
    (20.0, 0.0),
    (14.0, 0.0),
    (0.0, 3.5),
)  # CNY for an order in the window; for everybody
LEAK_AFTER = 37  # days after the assignment: the file was closed, and days_since_last_order added


def lots(rng, arms, *alike):
    """Arms by lot within blocks of people next to each other in the order of `alike` (arrays, the first counts most)."""
    order, size = np.lexsort(alike[::-1]), len(alike[0])
    found = np.empty(size, dtype=np.int64)
    found[order] = np.argsort(rng.random((size // arms + 1, arms)), axis=1).ravel()[:size]
    return found


class Offers:
    """Gives three offers, and none, by lot; what they do depends on the kind of person."""

    name = "offers"
    fields: ClassVar = {"offered": -1}

    def __init__(self, streams, scale):
        self.log = Log("day", "customer", "offer", "kind", "suits", "member")
        self.visits, self.size = Visits(), round(OFFER_PEOPLE * scale)
        self.days = {clock.DAYS.get_loc(day) for day in OFFER_DAYS}

    def act(self, day, shop):
        """Bring whom offers bring; assign on the days of the test."""
        self.visits.arrive(day, shop)
        if day in self.days:
            self.assign(day, shop)

    def assign(self, day, shop):
        """Draw people and offers, and let the offers work."""
        people, rng = shop.people, shop.streams("offer lots")
        count = people.count
        ago = day - people.last[:count]
        fits = (people.last[:count] >= 0) & (ago > 0) & (ago <= 365) & (people.offered[:count] < 0)
        who = np.sort(rng.permutation(np.flatnonzero(fits))[: self.size])
        people.offered[who] = day
        kind, suits = kinds(rng, day, people, who)
        offer = lots(rng, 4, kind, people.need[who], people.cycle[who])
        self.log.add(len(who), day=day, customer=who, offer=offer, kind=kind, suits=suits @ [1, 2, 4],
                     member=people.member[who])  # fmt: skip
        lift = lifts(kind, suits)[np.arange(len(who)), offer]
        woken = evenly(rng, lift, kind * 4 + offer)
        when = day + rng.integers(1, 22, int(woken.sum()))
        self.visits.plan(when, day, who[woken], MAIL, True, True)
        dogs = who[(kind == DOG) & (people.need[who] <= day + OFFER_WINDOW)]
        off = np.array(DOG_OFF)[offer[np.isin(who, dogs)]]
        dogs = dogs[evenly(rng, off, 0)]
        people.need[dogs] = np.maximum(people.need[dogs], day) + DOG_DAYS


def kinds(rng, day, people, who):
    """Kind of each person, and whether coupon, gift and call suit him: (people,) and bool (people, 3)."""
    ago, orders, age = day - people.last[who], people.orders[who], people.age(who, day)
    kind = np.where(ago <= COOL_DAYS, PERSUADABLE, LOST)
    kind = np.where((ago <= SURE_DAYS) & (orders >= SURE_ORDERS), SURE, kind)
    kind = np.where((ago <= COOL_DAYS) & (age >= DOG_AGE) & (orders >= DOG_ORDERS), DOG, kind)
    kind = np.where(rng.random(len(who)) < FUZZ, rng.integers(0, 4, len(who)), kind)
    deals = np.isin(people.first_channel[who], DEALS)
    return kind, np.stack([deals, age < YOUNG, (age < YOUNG) & (people.second[who] == 0)], axis=1)


def lifts(kind, suits):
    """Chance that an offer brings an order that would not have come: (people, offers)."""
    pairs = (COUPON_LIFT, GIFT_LIFT, CALL_LIFT)
    suited = np.stack([np.where(suits[:, n], pair[1], pair[0]) for n, pair in enumerate(pairs)])
    found = np.zeros((len(kind), 4))
    found[:, 1:] = np.where(kind == PERSUADABLE, suited, np.where(kind == LOST, LOST_LIFT, 0.0)).T
    return found


def after(orders, first, customer, day, window):
    """Paid orders and their margin from `day` on within `window` days, by row of `customer` (positions)."""
    at, when = orders["customer_id"].to_numpy() - first, orders["day"].to_numpy()
    key = at * 10_000 + when
    order = np.argsort(key, kind="stable")
    cents = np.round(orders["margin"].to_numpy()[order] * 100).astype(np.int64)
    key, total = key[order], np.concatenate([[0], np.cumsum(cents)])
    low = np.searchsorted(key, customer * 10_000 + day)
    high = np.searchsorted(key, customer * 10_000 + day + window)
    return high - low, (total[high] - total[low]) / 100


def table(life, orders):
    """One row per person of the test of offers, with what was known on the day, and one column that was not."""
    first, log = sales.first_customer(life.streams), life.shop.actors["offers"].log.columns()
    who, day, people = log["customer"], log["day"], life.people
    count, margin = after(orders, first, who, day, OFFER_WINDOW)
    each, everybody = np.array(OFFER_COST)[log["offer"]].T
    past = before(life, first, who, day)
    return pd.DataFrame({
        "customer_id": who + first,
        "assigned_on": clock.DAYS[day],
        "offer": pd.Categorical.from_codes(log["offer"], OFFERS),
        "recency_days": day - past["last"],
        "orders_365d": past["orders"],
        "spend_365d": np.round(past["spend"]),
        "discount_share": np.round(past["discount"] / np.maximum(past["gross"], 1), 2),
        "child_age_months": people.age(who, day),
        "tier": pd.Categorical.from_codes(stage(day - past["last"], past["ever"]), STAGES),
        "channel": np.array(CHANNELS)[people.first_channel[who]],
        "member": log["member"] > 0,
        "days_since_last_order": day + LEAK_AFTER - past["latest"],
        "ordered_30d": count > 0,
        "margin_30d": margin,
        "offer_cost": np.where(count > 0, each, 0.0) + everybody,
        "kind": log["kind"], "suits": log["suits"],
    })  # fmt: skip


STAGES = ["loyal", "active", "cooling", "dormant"]


def stage(ago, orders):
    """Tier of a customer by days since the last paid order and number of paid orders."""
    return np.where(ago > 120, 3, np.where(ago > 60, 2, np.where(orders >= SURE_ORDERS, 0, 1)))


def before(life, first, who, day):
    """What the paid orders before `day` (of the last 365 days) amount to, by person; `latest` when the file was closed."""
    orders, at = life.tables["orders"], np.full(life.people.count, -1)
    at[who] = np.arange(len(who))
    paid = orders[
        (orders["status"] == "paid").to_numpy() & (at[orders["customer_id"].to_numpy() - first] >= 0)
    ]
    row, when = at[paid["customer_id"].to_numpy() - first], paid["day"].to_numpy()
    found = {"last": np.full(len(who), -1), "latest": np.full(len(who), -1)}
    known, year = when < day[row], (when < day[row]) & (when >= day[row] - 365)
    np.maximum.at(found["last"], row[known], when[known])
    leaked = when < day[row] + LEAK_AFTER
    np.maximum.at(found["latest"], row[leaked], when[leaked])
    found["ever"] = np.bincount(row[known], minlength=len(who))
    found["orders"] = np.bincount(row[year], minlength=len(who))
    for name, column in (("spend", "amount"), ("discount", "discount"), ("gross", "gross_amount")):
        found[name] = np.bincount(row[year], paid[column].to_numpy()[year], len(who))
    return found


def hidden(life):
    """offer_test: kind of each person, and what each offer does to the chance of a paid order in 30 days."""
    test, first = life.tables["offer_test"], sales.first_customer(life.streams)
    kind, who = test["kind"].to_numpy(), test["customer_id"].to_numpy() - first
    suits = (test["suits"].to_numpy()[:, None] >> np.arange(3)) & 1 > 0
    none = (test["offer"] == "none").to_numpy()
    group = kind * 8 + np.where(kind == PERSUADABLE, test["suits"], 0)
    usual = np.bincount(group[none], test["ordered_30d"][none], 32) / np.maximum(
        np.bincount(group[none], minlength=32), 1
    )
    usual, paid = usual[group], 1 - demand.UNPAID[OWN]
    effect = lifts(kind, suits) * (1 - usual)[:, None] * paid
    effect -= np.where((kind == DOG)[:, None], np.array(DOG_OFF) * usual[:, None], 0)
    return {"offer_test": pd.DataFrame({
        "customer_id": who + first, "kind": np.array(KINDS)[kind],
        **{f"effect_{name.replace(' ', '_')}": np.round(effect[:, n], 4) for n, name in enumerate(OFFERS) if n},
    })}  # fmt: skip


def effect(rows, column, arm, treated, control):
    """Difference of means between two arms, with its standard error."""
    one, other = (rows.loc[rows[arm] == name, column].astype(float) for name in (treated, control))
    error = np.sqrt(one.var() / max(len(one), 1) + other.var() / max(len(other), 1))
    return {
        treated: one.mean(),
        control: other.mean(),
        "effect": one.mean() - other.mean(),
        "standard_error": error,
    }


def truth(life):
    """What the offers do by kind of person."""
    test = life.tables["offer_test"]
    test = test.assign(net=test["margin_30d"] - test["offer_cost"])
    by_kind = {name: {offer: {"ordered": effect(rows, "ordered_30d", "offer", offer, "none"),
                              "margin_less_offer": effect(rows, "net", "offer", offer, "none")} for offer in OFFERS[1:]}
               for name, rows in [*((KINDS[n], rows) for n, rows in test.groupby("kind")), ("all", test)]}  # fmt: skip
    return {
        "what": "Three offers: persuadables answer to the one that suits them, sure things only cost money, sleeping "
                "dogs put their order off. truth('offer_test') is a table of the kind of each person.",
        "cause": {"extra_order_of_persuadables_others_and_suited": {
                      "coupon": COUPON_LIFT, "gift": GIFT_LIFT, "advice call": CALL_LIFT},
                  "suited": {"coupon": [CHANNELS[one] for one in DEALS], "gift": f"child under {YOUNG} months",
                             "advice call": f"first child, under {YOUNG} months"},
                  "sleeping_dogs_put_off": dict(zip(OFFERS, DOG_OFF, strict=True)),
                  "cost_an_order_and_a_person": dict(zip(OFFERS, OFFER_COST, strict=True))},
        "found": by_kind,
    }  # fmt: skip
