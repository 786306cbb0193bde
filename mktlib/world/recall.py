"""The weekly recall of own-shop customers who have not logged in for 7 days, a randomised test (T10).

An offer changes what a person does in the days after it: some come who would not have come, some were coming anyway and
take the present along, some feel pestered and stay away. The actor acts on people; `tables` counts from the orders what
came of it. The test of three offers is in `offers.py`.
"""

from typing import ClassVar

import numpy as np
import pandas as pd

from . import clock, offers, sales
from .mail import value
from .mailing import Visits, evenly
from .offers import Offers, after, effect, lots
from .people import MAIL, OWN, Log

__all__ = ["Offers", "Recall", "hidden", "tables", "truth"]

# The recall test: a list every Sunday; the offer, a gift with the next order, goes out by SMS at 10:00.
WAVES = ("2025-01-05", "2025-06-29")
NO_LOGIN, WINDOW = 7, 14  # days without login; days in which orders count
TIERS = ["newly dormant", "loyal", "lapsed", "never bought"]
NEWLY, LOYAL, LAPSED, NEVER = range(4)
LOYAL_DAYS, LOYAL_ORDERS, NEWLY_DAYS, NEVER_DAYS = 60, 3, 120, 45
REST = np.array([28, 14, 28, 7])  # days until a person may be tested again, by tier
PART = np.array([0.65, 0.7, 0.08, 1.0])  # share of the list that is tested
TARGET = np.array([0.031, 0.0, 0.004, -0.004])  # effect on the share with a paid order, as it should come out
WOKEN = np.array([0.0355, 0.0, 0.0045, 0.0])  # chance that the offer brings an order that would not have come
PESTERED = 0.31  # of those who never bought and are about to: driven away
COMPLAIN = np.array([0.0015, 0.001, 0.003, 0.021])
LEAVE = np.array([0.006, 0.004, 0.012, 0.038])
LOOK = 0.03  # come and look
COMES_WITHIN = 9  # days
GIFT = 22.0  # cost of the gift with an order in the window, CNY


class Recall:
    """Lists, every Sunday, own-shop customers without a login for 7 days; half of the tested get the offer."""

    name = "recall"
    fields: ClassVar = {"login": -1, "listed": -999, "text_off": -1}

    def __init__(self, streams, scale):
        self.log = Log("day", "customer", "tier", "treated", "left", "complained")
        self.visits, self.blocks = Visits(), 0
        self.waves = set(np.flatnonzero(clock.between(*WAVES) & (clock.DAY_OF_WEEK == 6)).tolist())

    def act(self, day, shop):
        """Note who logged in until yesterday, bring whom earlier offers bring, list on Sundays."""
        self.note_logins(day, shop)
        self.visits.arrive(day, shop)
        if day in self.waves:
            self.wave(day, shop)

    def note_logins(self, day, shop):
        """Read the visits since the last time; the log starts anew in a fork."""
        customers, days = shop.visits.blocks["customer"], shop.visits.blocks["day"]
        self.blocks = self.blocks if self.blocks <= len(customers) else 0
        while self.blocks < len(customers) and (not len(days[self.blocks]) or days[self.blocks][0] < day):
            who = customers[self.blocks]
            if len(who):
                shop.people.login[who[who >= 0]] = days[self.blocks][0]
            self.blocks += 1

    def tiers(self, day, people):
        """Tier of every person on the day; -1 for those whom no list takes."""
        count = people.count
        ago, orders = day - people.last[:count], people.orders[:count]
        bought = people.last[:count] >= 0
        tier = np.full(count, -1)
        tier[bought & (ago > LOYAL_DAYS)] = NEWLY
        tier[bought & (ago > NEWLY_DAYS)] = LAPSED
        tier[bought & (ago <= LOYAL_DAYS) & (orders >= LOYAL_ORDERS)] = LOYAL
        tier[~bought & (day - people.since[:count] >= NEVER_DAYS)] = NEVER
        return tier

    def wave(self, day, shop):
        """List, lots and what the offer does."""
        people, rng = shop.people, shop.streams("recall lots")
        count, tier = people.count, self.tiers(day, shop.people)
        silent = day - people.login[:count]
        fits = (
            (tier >= 0) & (silent > NO_LOGIN) & (people.last[:count] < day)
        )  # somebody may have come today already
        fits &= (people.store[:count] == OWN) & (people.text_off[:count] < 0)
        fits &= (day - people.listed[:count] >= REST[tier]) & (rng.random(count) < PART[tier])
        who = np.flatnonzero(fits)
        tier, people.listed[who] = tier[who], day
        treated = lots(rng, 2, tier, people.need[who], people.cycle[who]) == 1
        u = rng.random((2, len(who)))
        complained = treated & (u[0] < COMPLAIN[tier])
        left = treated & ~complained & (u[1] < LEAVE[tier])
        self.log.add(len(who), day=day, customer=who, tier=tier, treated=treated, left=left,
                     complained=complained)  # fmt: skip
        people.text_off[who[left | complained]] = day
        self.answer(day, shop, who[treated], tier[treated])

    def answer(self, day, shop, who, tier):
        """Some come and buy, some only look, some are driven away."""
        rng, people = shop.streams("recall answers"), shop.people
        woken = evenly(rng, WOKEN[tier], tier)
        looks = ~woken & (rng.random(len(who)) < LOOK)
        comes = woken | looks
        when = day + 1 + np.minimum(rng.geometric(0.3, int(comes.sum())), COMES_WITHIN) - 1
        self.visits.plan(when, day, who[comes], MAIL, woken[comes], True)
        about = who[(tier == NEVER) & (people.need[who] <= day + WINDOW)]
        people.need[about[evenly(rng, np.full(len(about), PESTERED), 0)]] = np.inf


# Tables, counted from orders


def tables(life):
    """recall_test and offer_test."""
    orders = value(life)
    return {"recall_test": recall_table(life, orders), "offer_test": offers.table(life, orders)}


def recall_table(life, orders):
    """One row per person and wave of the recall test."""
    first, log = sales.first_customer(life.streams), life.shop.actors["recall"].log.columns()
    count, margin = after(orders, first, log["customer"], log["day"], WINDOW)
    return pd.DataFrame({
        "wave_on": clock.DAYS[log["day"]],
        "customer_id": log["customer"] + first,
        "tier": pd.Categorical.from_codes(log["tier"], TIERS),
        "arm": pd.Categorical.from_codes(log["treated"] * 1, ["holdout", "offer"]),
        "ordered_14d": count > 0,
        "margin_14d": margin,
        "offer_cost": np.where(log["treated"].astype(bool) & (count > 0), GIFT, 0.0),
        "opted_out": log["left"].astype(bool),
        "complained": log["complained"].astype(bool),
    })  # fmt: skip


def hidden(life):
    """The kinds of people in the test of offers."""
    return offers.hidden(life)


def truth(life):
    """T10, and what the three offers do by kind of person."""
    rows = life.tables["recall_test"]
    rows = rows.assign(net=rows["margin_14d"] - rows["offer_cost"])
    measures = {
        "ordered": "ordered_14d",
        "margin_less_offer": "net",
        "opted_out": "opted_out",
        "complained": "complained",
    }
    tiers = {name: {key: effect(some, column, "arm", "offer", "holdout") for key, column in measures.items()}
             for name, some in [*rows.groupby("tier", observed=True), ("all", rows)]}  # fmt: skip
    return {
        "T10": {
            "what": "The recall offer works on the newly dormant, gives the loyal a present for what they do anyway, and "
                    "drives away those who never bought.",
            "cause": {"chance_of_an_extra_order": dict(zip(TIERS, WOKEN, strict=True)),
                      "never_bought_and_about_to_driven_away": PESTERED,
                      "effect_on_orders": dict(zip(TIERS, TARGET, strict=True)),
                      "complain": dict(zip(TIERS, COMPLAIN, strict=True)), "opt_out": dict(zip(TIERS, LEAVE, strict=True)),
                      "gift": GIFT},
            "found": tiers,
        },
        "offer_test": offers.truth(life),
    }  # fmt: skip
