"""Customers as growing arrays: who they are, what they need next, what becomes of them."""

from typing import ClassVar

import numpy as np

from . import clock, geo
from .streams import pick, pick_by_row

CHANNELS = ["SEM", "feed ads", "SEO", "Xiaohongshu", "e-mail/SMS", "private domain", "direct", "affiliate", "live",
            "marketplace"]  # fmt: skip
SEM, FEED, SEO, NOTES, MAIL, PRIVATE, DIRECT, AFFILIATE, LIVE, MARKET = range(10)
STORES = ["own", "tmall", "jd", "live"]
OWN, TMALL, JD, STREAM = range(4)
DEVICES = ["android", "ios", "computer"]

# Chance that a customer goes on after an order, by first channel; and the order's usual distance.
LOYALTY = np.array([0.60, 0.55, 0.64, 0.82, 0.66, 0.76, 0.66, 0.48, 0.38, 0.59])
LOYALTY_SPREAD = 7.0
GROWN_AGE, GROWN_STAY = [26, 36, 50], [1, 0.86, 0.6]  # child's age in months; factor on the chance to go on
RETURN = 0.25  # share of those who drift away that think of Heyu again, 120 days later or more
CYCLE_DAYS, CYCLE_SPREAD = 42, 0.5
BIRTHS = (-7, 36)
TIERS = {OWN: (0.22, 0.33, 0.27, 0.18), TMALL: (0.19, 0.31, 0.29, 0.21), JD: (0.25, 0.34, 0.25, 0.16),
         STREAM: (0.10, 0.24, 0.34, 0.32)}  # fmt: skip
BANDS = ["before 1985", "1985-1989", "1990-1994", "1995-1999", "2000-2004"]


BAND_WEIGHTS = np.array([[0.07, 0.21, 0.41, 0.27, 0.04], [0.12, 0.33, 0.38, 0.15, 0.02]])
TIER_OF_CITY = geo.cities()["tier"].to_numpy()
CITY_SHARE = geo.cities()["population_share"].to_numpy()
CITIES_BY_STORE = np.stack([  # chance of each city by store: the store's tiers, then the city's size within its tier
    np.array(TIERS[store])[TIER_OF_CITY - 1] * CITY_SHARE / np.bincount(TIER_OF_CITY, CITY_SHARE)[TIER_OF_CITY]
    for store in range(4)
])  # fmt: skip


def draw_cities(rng, store):
    """A city for each element of `store`: people of a store live as its tiers do."""
    found = np.empty(len(store), dtype=np.int64)
    for one in np.unique(store):
        here = store == one
        found[here] = pick(rng, CITIES_BY_STORE[one], int(here.sum()))
    return found


def channel_names(numbers):
    """Names of channels from their numbers; empty for -1, none."""
    return np.array([*CHANNELS, ""])[np.asarray(numbers)]


class Log:
    """Columns that grow by blocks."""

    def __init__(self, *names):
        self.blocks, self.rows = {name: [] for name in names}, 0

    def add(self, size, **columns):
        """Append `size` rows; scalars are repeated. Returns the position of the first new row."""
        for name, values in columns.items():
            self.blocks[name].append(values if np.ndim(values) else np.full(size, values))
        self.rows += size
        return self.rows - size

    def columns(self):
        """All columns as one array each; empty arrays if nothing was added."""
        return {
            name: np.concatenate(blocks) if blocks else np.zeros(0, np.int64)
            for name, blocks in self.blocks.items()
        }


class People:
    """Customers; position is the person. `origin` is the channel without which the person would not be a customer."""

    FIELDS: ClassVar = {
        "since": -1, "first_channel": 0, "store": 0, "device": 0, "birth": 0, "second": 0, "tier": 0, "band": 0, "city": 0,
        "need": np.inf, "cycle": 0.0, "loyalty": 0.0, "visitor": -1, "orders": 0, "last": -1, "origin": -1, "member": 0,
    }  # fmt: skip

    def __init__(self, capacity):
        self.count, self.capacity, self.fields = 0, 0, dict(self.FIELDS)
        self._resize(capacity)

    def _resize(self, capacity):
        for name in self.fields:
            self._grow(name, capacity)
        self.capacity = capacity

    def _grow(self, name, capacity):
        empty = self.fields[name]
        fresh = np.full(capacity, empty, dtype=float if isinstance(empty, float) else np.int64)
        if hasattr(self, name):
            fresh[: self.capacity] = getattr(self, name)
        setattr(self, name, fresh)

    def add_field(self, name, empty):
        """A further array by person, for a mechanism that keeps something about people; `empty` tells its type."""
        self.fields[name] = empty
        self._grow(name, self.capacity)

    def join(self, rng, day, channel, store, device, visitor, origin, city, like):
        """New customers; arrays of equal length, city -1 where it is not known yet. Returns their numbers.

        `like` is the channel whose people they are: it tells how loyal they will be.
        """
        size = len(channel)
        while self.count + size > self.capacity:
            self._resize(self.capacity * 2)
        new = np.arange(self.count, self.count + size)
        self.count += size
        self.since[new], self.first_channel[new], self.store[new] = day, channel, store
        self.device[new], self.visitor[new], self.origin[new] = device, visitor, origin
        age = np.round(rng.gamma(2.0, 7.5, size) - 8)
        age = np.where((age < BIRTHS[0]) | (age > BIRTHS[1]), rng.integers(BIRTHS[0], BIRTHS[1], size), age)
        self.birth[new] = clock.MONTH[day] - age
        self.second[new] = rng.random(size) < 0.36
        drawn = draw_cities(rng, store)
        self.city[new] = np.where(city >= 0, city, drawn)
        self.tier[new] = TIER_OF_CITY[self.city[new]]
        self.band[new] = pick_by_row(rng, BAND_WEIGHTS, self.second[new])
        mean = LOYALTY[like]
        self.loyalty[new] = rng.beta(mean * LOYALTY_SPREAD, (1 - mean) * LOYALTY_SPREAD)
        self.cycle[new] = (
            CYCLE_DAYS * np.exp(rng.normal(0, CYCLE_SPREAD, size)) * np.array([1, 1, 1, 1.2])[store]
        )
        return new

    def age(self, who, day):
        """Age of the child in months; negative before birth."""
        return clock.MONTH[day] - self.birth[who]

    def bought(self, rng, who, day, stocked):
        """After a paid order: next need, later if they stocked up; or none, as people and children move on."""
        stays = rng.random(len(who)) < self.loyalty[who] * np.interp(
            self.age(who, day), GROWN_AGE, GROWN_STAY
        )
        wait = self.cycle[who] * np.exp(rng.normal(0, 0.3, len(who))) * np.where(stocked, 1.45, 1)
        away = np.where(rng.random(len(who)) < RETURN, 120 + rng.exponential(300, len(who)), np.inf)
        self.need[who] = day + np.where(stays, np.maximum(wait, 3), away)
        self.orders[who] += 1
        self.last[who] = day
