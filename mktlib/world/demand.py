"""People, their visits and their orders, day by day.

A prospect arrives through an ad or by himself and may buy; then he is a customer, whose child uses things up. When
the stock runs low (earlier if a promotion invites to fill it) he shops again, in his usual store or another, at Heyu
or elsewhere. All tables of visits and orders are counted from what happens here.
"""

from typing import ClassVar

import numpy as np

from . import clock
from .streams import pick, pick_by_row

CHANNELS = ["SEM", "feed ads", "SEO", "Xiaohongshu", "e-mail/SMS", "private domain", "direct", "affiliate", "live",
            "marketplace"]  # fmt: skip
SEM, FEED, SEO, NOTES, MAIL, PRIVATE, DIRECT, AFFILIATE, LIVE, MARKET = range(10)
STORES = ["own", "tmall", "jd", "live"]
OWN, TMALL, JD, STREAM = range(4)
DEVICES = ["android", "ios", "computer"]

# Prospects who come to the own shop without a paid click: visits a day in mid-2024, chance to buy.
VISITS = {SEO: (66, 0.017), NOTES: (12, 0.045), MAIL: (16, 0.034), PRIVATE: (22, 0.06), DIRECT: (40, 0.016),
          AFFILIATE: (18, 0.026)}  # fmt: skip
NOTES_RESPONSE = 0.47  # Xiaohongshu: visits a day = base + 0.47 x (media spend of the day)^0.7
NOTES_POWER = 0.7
NOTES_TMALL = 0.0097  # the same for new customers of the tmall store
# New customers of the other stores a day in mid-2024: (channel, store, people).
NEWCOMERS = [
    (MARKET, TMALL, 4.2),
    (MARKET, JD, 2.4),
    (LIVE, STREAM, 6.4),
    (AFFILIATE, TMALL, 2.2),
    (NOTES, TMALL, 0.3),
]
DEVICE_OF_VISITOR = np.array([  # prospects by channel: android, ios, computer
    [0.30, 0.25, 0.45], [0.56, 0.40, 0.04], [0.30, 0.25, 0.45], [0.40, 0.56, 0.04], [0.30, 0.40, 0.30],
    [0.45, 0.55, 0.00], [0.28, 0.32, 0.40], [0.40, 0.30, 0.30], [0.62, 0.38, 0.00], [0.55, 0.40, 0.05],
])  # fmt: skip
DEVICE_BUY = np.array([0.5, 1.25, 1.75])
DEVICE_NEED = np.array([0.5, 1.25, 1.4])  # customers: the shop is slow on many Android phones
CHECKOUT_DAY, CHECKOUT_LIFT = "2025-09-01", 1.33
CLICK_LOST, CLICK_AGAIN = 0.12, 0.08  # clicks that never load the page; second clicks within one visit

# Chance that a customer goes on after an order, by first channel; and the order's usual distance.
LOYALTY = np.array([0.60, 0.55, 0.64, 0.82, 0.66, 0.76, 0.66, 0.48, 0.38, 0.59])
LOYALTY_SPREAD = 7.0
RETURN = 0.25  # share of those who drift away that think of Heyu again, 120 days later or more
CYCLE_DAYS, CYCLE_SPREAD = 42, 0.5
STORE_OF_NEED = {OWN: (0.86, 0.07, 0.04, 0.03), TMALL: (0.1, 0.8, 0.06, 0.04), JD: (0.08, 0.1, 0.8, 0.02),
                 STREAM: (0.09, 0.16, 0.05, 0.7)}  # fmt: skip
SOURCE_OF_NEED = {SEO: 0.14, NOTES: 0.06, MAIL: 0.18, PRIVATE: 0.24, DIRECT: 0.34, AFFILIATE: 0.04}
NEED_BUY = 0.24  # chance that a customer's visit with a need ends in an order
ACT = 0.30  # chance that a customer with a need shops on an ordinary day
UNPAID = np.array([0.085, 0.07, 0.065, 0.08])  # by store
BIRTHS = (-7, 36)
TIERS = {OWN: (0.22, 0.33, 0.27, 0.18), TMALL: (0.19, 0.31, 0.29, 0.21), JD: (0.25, 0.34, 0.25, 0.16),
         STREAM: (0.10, 0.24, 0.34, 0.32)}  # fmt: skip
BANDS = ["before 1985", "1985-1989", "1990-1994", "1995-1999", "2000-2004"]


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
        """All columns as one array each."""
        return {name: np.concatenate(blocks) for name, blocks in self.blocks.items()}


class People:
    """Customers as growing arrays; position is the person."""

    FIELDS: ClassVar = {"since": -1, "first_channel": 0, "store": 0, "device": 0, "birth": 0, "second": 0, "tier": 0, "band": 0,
              "need": np.inf, "cycle": 0.0, "loyalty": 0.0, "visitor": -1, "orders": 0}  # fmt: skip

    def __init__(self, capacity):
        self.count, self.capacity = 0, 0
        self._resize(capacity)

    def _resize(self, capacity):
        for name, empty in self.FIELDS.items():
            fresh = np.full(capacity, empty, dtype=float if isinstance(empty, float) else np.int64)
            if self.capacity:
                fresh[: self.capacity] = getattr(self, name)
            setattr(self, name, fresh)
        self.capacity = capacity

    def join(self, rng, day, channel, store, device, visitor):
        """New customers; arrays of equal length. Returns their numbers."""
        size = len(channel)
        while self.count + size > self.capacity:
            self._resize(self.capacity * 2)
        new = np.arange(self.count, self.count + size)
        self.count += size
        self.since[new], self.first_channel[new], self.store[new] = day, channel, store
        self.device[new], self.visitor[new] = device, visitor
        age = np.round(rng.gamma(2.0, 7.5, size) - 8)
        age = np.where((age < BIRTHS[0]) | (age > BIRTHS[1]), rng.integers(BIRTHS[0], BIRTHS[1], size), age)
        self.birth[new] = clock.MONTH[day] - age
        self.second[new] = rng.random(size) < 0.36
        self.tier[new] = pick_by_row(rng, np.array([TIERS[s] for s in range(4)]), store) + 1
        bands = np.array([[0.07, 0.21, 0.41, 0.27, 0.04], [0.12, 0.33, 0.38, 0.15, 0.02]])
        self.band[new] = pick_by_row(rng, bands, self.second[new])
        mean = LOYALTY[channel]
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
        age = self.age(who, day)
        stays = rng.random(len(who)) < self.loyalty[who] * np.interp(age, [26, 36, 50], [1, 0.86, 0.6])
        wait = self.cycle[who] * np.exp(rng.normal(0, 0.3, len(who))) * np.where(stocked, 1.45, 1)
        away = np.where(rng.random(len(who)) < RETURN, 120 + rng.exponential(300, len(who)), np.inf)
        self.need[who] = day + np.where(stays, np.maximum(wait, 3), away)
        self.orders[who] += 1


class Shop:
    """The three years. `ads` holds the clicks by cell and day and what visits from them are worth."""

    def __init__(self, streams, demand, ads, notes_spend, scale):
        self.streams, self.demand, self.ads, self.scale = streams, demand, ads, scale
        self.notes_spend = notes_spend
        self.people = People(max(2000, int(60_000 * scale)))
        self.visits = Log("day", "visitor", "customer", "channel", "ad", "device", "order")
        self.orders = Log("day", "customer", "store", "channel", "ad", "paid", "visit")
        self.visitors = 0
        self.recent = np.zeros((0, 2), dtype=np.int64)  # visitors of the last days: number, device
        self.stockers = np.zeros((0, 3), dtype=np.int64)  # buyers of the star campaign: day, customer, ad
        self.will, self.peak = clock.willingness(), clock.promo_windows()[1]
        self.ready = clock.new_year_dip() * np.where(clock.after_effect() < 0.95, 0.75, 1)
        self.site = np.where(clock.between(CHECKOUT_DAY, clock.END), CHECKOUT_LIFT, 1.0)
        self.pull = clock.pull()

    def run(self, progress=iter):
        """Live through all days; returns self."""
        for day in progress(range(clock.N_DAYS)):
            self.ad_visits(day)
            self.free_visits(day)
            self.other_stores(day)
            self.needs(day)
        return self

    def rate(self, per_day, day):
        """Expected number of events of the day for a rate in mid-2024."""
        return per_day * self.demand[day] * self.scale

    # Visits to the own shop

    def ad_visits(self, day):
        """Clicks on ads become visits of prospects and of customers."""
        ads, rng = self.ads, self.streams("visits from ads")
        rows = ads.rows_of(day)
        clicks = np.repeat(rows, ads.clicks[rows])
        ad = clicks[rng.random(len(clicks)) < (1 - CLICK_LOST) * (1 - CLICK_AGAIN)]
        known = rng.random(len(ad)) < ads.existing[ad]
        self.stock_up_again(day, ad, known)
        self.customers_click(day, ad[known])
        ad = ad[~known & (ad >= 0)]
        device = pick_by_row(rng, ads.devices, ads.device_row[ad])
        self.prospects(day, ads.channel[ad], ad, device, ads.buy[ad])

    def free_visits(self, day):
        """Prospects who come by search, content, links, mail, groups or by typing the address."""
        rng = self.streams("visits without ads")
        per_day = np.array([self.rate(visits, day) for visits, _ in VISITS.values()])
        spent = self.notes_spend[day] ** NOTES_POWER * self.demand[day] ** 0.4
        per_day[list(VISITS).index(NOTES)] += NOTES_RESPONSE * spent * self.scale
        sizes = rng.poisson(per_day)
        channel = np.repeat(list(VISITS), sizes)
        buy = np.repeat([buy for _, buy in VISITS.values()], sizes)
        device = pick_by_row(rng, DEVICE_OF_VISITOR, channel)
        self.prospects(day, channel, np.full(len(channel), -1), device, buy)

    def prospects(self, day, channel, ad, device, buy):
        """Visits of people who are not customers yet; some were here in the last days, some buy, a few register."""
        rng, size = self.streams("prospects"), len(channel)
        back = (rng.random(size) < 0.16) & (len(self.recent) > 0)
        visitor = self.visitors + np.cumsum(~back) - 1
        self.visitors += int((~back).sum())
        if back.any():
            chosen = self.recent[rng.integers(0, len(self.recent), int(back.sum()))]
            visitor[back] = chosen[:, 0]
            device = device.copy()
            device[back] = chosen[:, 1]
        self.recent = np.concatenate([self.recent, np.stack([visitor, device], 1)])[
            -int(6000 * self.scale + 200) :
        ]
        chance = buy * DEVICE_BUY[device] * np.where(back, 1.4, 0.93) * self.will[day] * self.site[day]
        u = rng.random(size)
        first_seen = np.zeros(size, bool)
        first_seen[np.unique(visitor, return_index=True)[1]] = True
        buys = (u < chance) & first_seen
        joins = (~buys) & (u > 0.9975) & first_seen
        start = self.visits.add(
            size, day=day, visitor=visitor, customer=-1, channel=channel, ad=ad, device=device, order=-1
        )
        who = np.flatnonzero(buys | joins)
        if not len(who):
            return
        new = self.people.join(rng, day, channel[who], np.full(len(who), OWN), device[who], visitor[who])
        customer = np.full(size, -1)
        customer[who] = new
        self.visits.blocks["customer"][-1] = customer
        ordering = buys[who]
        idle = new[~ordering]
        self.people.need[idle] = day + np.where(
            rng.random(len(idle)) < 0.3, 2 + rng.exponential(25, len(idle)), np.inf
        )
        self.recent = self.recent[~np.isin(self.recent[:, 0], visitor[who])]
        self.place(day, new[ordering], OWN, channel[who][ordering], ad[who][ordering], start + who[ordering])

    def customers_click(self, day, ad):
        """Clicks on ads by people who are customers of the own shop; they buy if their stock is low."""
        rng, people = self.streams("customers on ads"), self.people
        if not people.count or not len(ad):
            return
        near = np.abs(people.need[: people.count] - day)
        weight = np.where(people.store[: people.count] == OWN, 1 / (1 + np.minimum(near, 400) / 12), 0)
        if not weight.any():
            return
        who, keep = np.unique(pick(rng, weight, len(ad)), return_index=True)
        gap = np.maximum(people.need[who] - day, 0)
        chance = 0.26 * np.exp(-gap / 18) * DEVICE_NEED[people.device[who]] * self.will[day] * self.site[day]
        self.customer_visits(day, who, self.ads.channel[ad[keep]], ad[keep], rng.random(len(who)) < chance)

    def stock_up_again(self, day, ad, known):
        """Buyers of the last days come back through the star campaign's retargeting, to fill the cupboard."""
        self.stockers = self.stockers[self.stockers[:, 0] > day - 7]
        spots = np.flatnonzero(self.ads.star[ad])
        if not len(self.stockers) or not len(spots):
            return
        rng = self.streams("stock up again")
        who = np.unique(self.stockers[self.stockers[:, 0] < day, 1])
        who = who[rng.random(len(who)) < 0.03][: len(spots)]
        taken = rng.permutation(spots)[: len(who)]
        self.customer_visits(day, who, self.ads.channel[ad[taken]], ad[taken], rng.random(len(who)) < 0.6)
        known[taken] = False
        ad[taken] = -9

    def customer_visits(self, day, who, channel, ad, buys):
        """Visits of known people; about two thirds of those who do not buy are logged in."""
        rng, people, size = self.streams("customer visits"), self.people, len(who)
        fresh = (people.visitor[who] < 0) | (rng.random(size) < 0.06)
        people.visitor[who] = np.where(fresh, self.visitors + np.cumsum(fresh) - 1, people.visitor[who])
        self.visitors += int(fresh.sum())
        named = buys | (rng.random(size) < 0.65)
        start = self.visits.add(size, day=day, visitor=people.visitor[who], customer=np.where(named, who, -1),
                                channel=channel, ad=ad, device=people.device[who], order=-1)  # fmt: skip
        if buys.any():
            self.place(day, who[buys], OWN, channel[buys], ad[buys], start + np.flatnonzero(buys))

    # Other stores, needs, orders

    def other_stores(self, day):
        """People who meet Heyu in a marketplace, in a live room, through an affiliate or a note that links there."""
        rng = self.streams("newcomers elsewhere")
        for channel, store, people in NEWCOMERS:
            per_day = self.rate(people, day)
            if (channel, store) == (NOTES, TMALL):
                per_day += NOTES_TMALL * self.notes_spend[day] ** NOTES_POWER * self.scale * self.will[day]
            size = rng.poisson(per_day)
            if size:
                device = pick(rng, DEVICE_OF_VISITOR[channel], size)
                new = self.people.join(
                    rng, day, np.full(size, channel), np.full(size, store), device, np.full(size, -1)
                )
                self.place(day, new, store, np.full(size, channel), np.full(size, -1), np.full(size, -1))

    def needs(self, day):
        """Customers whose stock is low shop; in a promotion also some whose stock lasts: up to 29 days at Double 11."""
        rng, people = self.streams("needs"), self.people
        need = people.need[: people.count]
        early = need <= day + self.pull[day] * 160
        who = np.flatnonzero(early)
        act = ACT * self.ready[day] * clock.WEEKDAY[clock.DAY_OF_WEEK[day]]
        act = np.where(need[who] <= day, act * (1.6 if self.peak[day] else 1), self.pull[day])
        who = who[rng.random(len(who)) < act]
        table = np.array([STORE_OF_NEED[store] for store in range(4)])
        store = pick_by_row(rng, table, people.store[who])
        elsewhere = rng.random(len(who)) < 0.05  # bought from a rival
        people.need[who[elsewhere]] = day + people.cycle[who[elsewhere]]
        who, store = who[~elsewhere], store[~elsewhere]
        self.needs_own(day, who[store == OWN])
        for other, channel in ((TMALL, MARKET), (JD, MARKET), (STREAM, LIVE)):
            chosen = who[store == other]
            from_links = (rng.random(len(chosen)) < 0.1) & (other == TMALL)
            self.place(day, chosen, other, np.where(from_links, AFFILIATE, channel), np.full(len(chosen), -1),
                       np.full(len(chosen), -1))  # fmt: skip

    def needs_own(self, day, who):
        """Customers with a need who visit the own shop without an ad."""
        rng = self.streams("needs in the own shop")
        sources = np.array(list(SOURCE_OF_NEED))
        channel = sources[pick(rng, np.array(list(SOURCE_OF_NEED.values())), len(who))]
        buys = rng.random(len(who)) < np.minimum(
            NEED_BUY * DEVICE_NEED[self.people.device[who]] * self.will[day] * self.site[day], 0.9
        )
        self.customer_visits(day, who, channel, np.full(len(who), -1), buys)

    def place(self, day, who, store, channel, ad, visit):
        """Orders of customers `who`; some are never paid, and then the need is still there tomorrow."""
        if not len(who):
            return
        rng, people = self.streams("orders"), self.people
        paid = rng.random(len(who)) >= UNPAID[store]
        start = self.orders.add(len(who), day=day, customer=who, store=store, channel=channel, ad=ad, paid=paid,
                                visit=visit)  # fmt: skip
        self.link(visit, start)
        later = who[~paid]
        people.need[later] = day + np.where(
            rng.random(len(later)) < 0.5, 1 + rng.exponential(3, len(later)), 90
        )
        people.bought(rng, who[paid], day, self.peak[day])
        star = paid & (ad >= 0)
        star[star] = self.ads.star[ad[star]]
        if star.any():
            rows = np.stack([np.full(int(star.sum()), day), who[star], ad[star]], 1)
            self.stockers = np.concatenate([self.stockers, rows])

    def link(self, visit, start):
        """Note the order in its visit, which is in the last block of visits."""
        if visit[0] < 0:
            return
        size = len(self.visits.blocks["order"][-1])
        numbers = np.full(size, -1)
        numbers[visit - (self.visits.rows - size)] = start + np.arange(len(visit))
        self.visits.blocks["order"][-1] = numbers
