"""People, their visits and their orders, day by day.

A prospect arrives through an ad or by himself and may buy; then he is a customer, whose child uses things up. When
the stock runs low (earlier if a promotion invites to fill it) he shops again, in his usual store or another, at Heyu
or elsewhere. All tables of visits and orders are counted from what happens here.

Every order knows its hidden cause: the channel without which it would not have been placed, or none. Where an ad is
switched off (a geo test, weeks without brand keywords), orders that it would have caused do not come; the people who
would have bought anyway find another way. So what a lesson estimates is what the world does.
"""

import copy
from dataclasses import dataclass

import numpy as np

from . import clock, geo, site
from .people import (
    AFFILIATE,
    CITIES_BY_STORE,
    DIRECT,
    FEED,
    JD,
    LIVE,
    MAIL,
    MARKET,
    NOTES,
    OWN,
    PRIVATE,
    SEM,
    SEO,
    STREAM,
    TMALL,
    Log,
    People,
)  # fmt: skip
from .streams import pick, pick_by_row

# Prospects who come to the own shop without a paid click: visits a day in mid-2024, chance to buy.
VISITS = {SEO: (50, 0.017), NOTES: (12, 0.045), MAIL: (16, 0.034), PRIVATE: (22, 0.06), DIRECT: (26, 0.016),
          AFFILIATE: (18, 0.026)}  # fmt: skip
NOTES_BUY = VISITS[NOTES][1]
# New customers of the other stores a day in mid-2024: (channel, store, people); more come through money spent.
NEWCOMERS = [
    (MARKET, TMALL, 4.2),
    (MARKET, JD, 2.4),
    (LIVE, STREAM, 4.0),
    (AFFILIATE, TMALL, 2.2),
    (NOTES, TMALL, 0.3),
]
# Money works later than it is spent (share kept to the next day) and less and less (power).
NOTES_CARRY, NOTES_POWER = 0.93, 0.7
NOTES_RESPONSE = 0.47  # Xiaohongshu: visits a day = base + 0.47 x (carried spend)^0.7
CREATORS_TMALL = 0.02  # new tmall customers per visit that a creator's note brings to the own shop
NOTES_TMALL = 0.0097  # the same for new customers of the tmall store
LIVE_CARRY, LIVE_POWER = 0.35, 0.75
LIVE_RESPONSE = 0.036  # new customers of the live room a day = base + 0.036 x (carried spend)^0.75
DEVICE_OF_VISITOR = np.array([  # prospects by channel: android, ios, computer
    [0.30, 0.25, 0.45], [0.56, 0.40, 0.04], [0.30, 0.25, 0.45], [0.40, 0.56, 0.04], [0.30, 0.40, 0.30],
    [0.45, 0.55, 0.00], [0.28, 0.32, 0.40], [0.40, 0.30, 0.30], [0.62, 0.38, 0.00], [0.55, 0.40, 0.05],
])  # fmt: skip
DEVICE_BUY = np.array([0.5, 1.25, 1.75])
DEVICE_NEED = np.array([0.5, 1.25, 1.4])  # customers: the shop is slow on many Android phones
SLOW_BUY = 0.8  # chance to buy on Android while pages load slowly (T06)
CHECKOUT_DAY, CHECKOUT_LIFT = "2025-09-01", 1.33
CLICK_LOST, CLICK_AGAIN = 0.12, 0.08  # clicks that never load the page; second clicks within one visit
SOURCE_OF_NEED = {SEO: 0.14, NOTES: 0.06, MAIL: 0.18, PRIVATE: 0.24, DIRECT: 0.34, AFFILIATE: 0.04}
STORE_OF_NEED = {OWN: (0.86, 0.07, 0.04, 0.03), TMALL: (0.1, 0.8, 0.06, 0.04), JD: (0.08, 0.1, 0.8, 0.02),
                 STREAM: (0.09, 0.16, 0.05, 0.7)}  # fmt: skip
NEED_BUY = 0.24  # chance that a customer's visit with a need ends in an order
ACT = 0.30  # chance that a customer with a need shops on an ordinary day
WILLING_ON_PROMO, WILLING_ON_PEAK = 1.12, 1.35  # factors on promotion days, beside that of demand
WILLING = 9.0  # people a day in mid-2024 who would buy on a visit without any ad, most of them caught by ads
UNPAID = np.array([0.085, 0.07, 0.065, 0.08])  # by store
COUPON_DETOUR = (
    0.20  # own-shop orders of prospects that leave at the till, look for a coupon and return by an affiliate
)
READERS_RETURN, READERS_AFTER = (
    0.08,
    9.0,
)  # visitors from informational keywords who later search the brand; mean days
LANDING_TEST, LANDING_LIFT = ("2025-02-17", "2025-04-20"), {SEM: 1.2, FEED: 1.02}
AFFILIATE_INCREMENTAL = 0.25
POP_UP_VISITS, POP_UP_BUY, POP_UP_NEAR = (
    9.0,
    0.22,
    0.2,
)  # visits a day and store, chance to buy, pull next door


@dataclass
class Market:
    """What the days bring: arrays by day. A fork replaces it to see the world without a promotion."""

    demand: np.ndarray
    will: np.ndarray
    peak: np.ndarray
    pull: np.ndarray
    ready: np.ndarray

    @classmethod
    def usual(cls, demand):
        """The days as they were."""
        ready = clock.new_year_dip() * np.where(clock.after_effect() < 0.95, 0.75, 1)
        return cls(demand, clock.willingness(), clock.promo_windows()[1], clock.pull(), ready)


def carried(spent, carry):
    """Daily spend as it works: each day keeps a share `carry` of the day before; the sum over days stays the same."""
    kept = np.empty(len(spent))
    level = spent[0]
    for day, money in enumerate(spent):
        level = carry * level + (1 - carry) * money
        kept[day] = level
    return kept


def arm(visitor, test):
    """0 or 1 for each visitor number: a coin that always falls the same way for a visitor and a test."""
    mixed = (np.asarray(visitor, dtype=np.uint64) + np.uint64(test * 7919)) * np.uint64(0x9E3779B97F4A7C15)
    return ((mixed >> np.uint64(33)) & np.uint64(1)).astype(np.int64)


class Shop:
    """Three years of the brand. `ads` holds clicks by cell and day and what visits from them are worth.

    `media` is the money spent per day: "Xiaohongshu" and "live", CNY at scale 1. `extra_notes` are further visits a day
    from collaborations with creators. `actors` act each day before anybody shops: `act(day, shop)`.
    """

    def __init__(self, streams, demand, ads, media, extra_notes, scale, actors=()):
        self.streams, self.ads, self.scale = streams, ads, scale
        self.market = Market.usual(demand)
        self.notes = carried(media["Xiaohongshu"], NOTES_CARRY) ** NOTES_POWER
        self.live = carried(media["live"], LIVE_CARRY) ** LIVE_POWER
        self.extra_notes = extra_notes
        self.actors = {actor.name: actor for actor in actors}
        self.people = People(max(2000, int(60_000 * scale)))
        for actor in actors:
            for name, empty in actor.fields.items():
                self.people.add_field(name, empty)
        self.clear_logs()
        self.visitors = 0
        self.recent = np.zeros((0, 2), dtype=np.int64)  # visitors of the last days: number, device
        self.stockers = np.zeros((0, 3), dtype=np.int64)  # buyers of the star campaign: day, customer, ad
        self.readers = {}  # day -> visitors who will search the brand then
        self.site = np.where(clock.between(CHECKOUT_DAY, clock.END), CHECKOUT_LIFT, 1.0)
        promo, peak, _ = clock.promo_windows()
        self.eager = np.where(peak, WILLING_ON_PEAK, np.where(promo != "", WILLING_ON_PROMO, 1.0))
        self.found = site.organic_reach()
        self.slow = clock.between(*site.LCP_FAULT_DAYS)
        self.testing = clock.between(*LANDING_TEST)
        self.geo_test = clock.between(*geo.GEO_TEST)
        self.held_out = np.isin(np.arange(geo.N_CITIES), geo.holdout(streams))
        self.pop_up = clock.between(*geo.POP_UP_DAYS)
        self.not_shown = np.zeros(len(ads.day), dtype=np.int64)  # clicks that held-out cities did not make

    def clear_logs(self):
        """Start with empty logs of visits and orders."""
        self.visits = Log("day", "visitor", "customer", "channel", "ad", "device", "order", "after")
        self.orders = Log("day", "customer", "store", "channel", "ad", "paid", "visit", "cause")

    def fork(self):
        """A copy that lives on by itself from the same state, with empty logs; shares only what never changes."""
        visits, orders, ads, self.visits, self.orders, self.ads = (
            self.visits,
            self.orders,
            self.ads,
            None,
            None,
            None,
        )
        twin = copy.deepcopy(self)
        self.visits, self.orders, self.ads, twin.ads = visits, orders, ads, ads
        twin.clear_logs()
        return twin

    def run(self, days):
        """Live through `days` (numbers in order); returns self."""
        for day in days:
            for actor in self.actors.values():
                actor.act(day, self)
            self.ad_visits(day)
            self.free_visits(day)
            self.pop_up_visits(day)
            self.other_stores(day)
            self.needs(day)
        return self

    def rate(self, per_day, day):
        """Expected number of events of the day for a rate in mid-2024."""
        return per_day * self.market.demand[day] * self.scale

    # Visits to the own shop

    def ad_visits(self, day):
        """Clicks on ads become visits of prospects and of customers."""
        ads, rng = self.ads, self.streams("visits from ads")
        rows = ads.rows_of(day)
        clicks = np.repeat(rows, ads.clicks[rows])
        city = np.full(len(clicks), -1)
        dark = ads.dark[clicks]
        if self.geo_test[day]:
            feed = ads.channel[clicks] == FEED
            city[feed] = pick(rng, CITIES_BY_STORE[OWN], int(feed.sum()))
            hidden = feed & self.held_out[city]
            np.add.at(self.not_shown, clicks[hidden], 1)
            dark = dark | hidden
        loads = rng.random(len(clicks)) < (1 - CLICK_LOST) * (1 - CLICK_AGAIN)
        ad, city, dark = clicks[loads], city[loads], dark[loads]
        known = rng.random(len(ad)) < ads.existing[ad]
        self.stock_up_again(day, ad, known, dark)
        self.customers_click(day, ad[known & ~dark])
        fresh = ~known & (ad >= 0)
        ad, city, dark = ad[fresh], city[fresh], dark[fresh]
        incremental = rng.random(len(ad)) < ads.incremental[ad]
        stays = ~(dark & incremental)  # where an ad is not shown, the people it would have won stay away
        ad, city, dark, incremental = ad[stays], city[stays], dark[stays], incremental[stays]
        channel = np.where(dark, np.where(rng.random(len(ad)) < geo.BY_SEARCH, SEO, DIRECT), ads.channel[ad])
        device = pick_by_row(rng, ads.devices, ads.device_row[ad])
        cause = np.where(incremental, ads.channel[ad], -1)
        self.captured = ads.buy[ad[~incremental & ~ads.star[ad]]].sum()
        visitor = self.returning_readers(day, ad, dark, device)
        self.prospects(
            day, channel, np.where(dark, -1, ad), device, ads.buy[ad], cause, city, visitor, ads.channel[ad]
        )

    def returning_readers(self, day, ad, dark, device):
        """People who once came through an informational keyword take some of the brand's clicks; -1: a new visitor."""
        visitor = np.full(len(ad), -1)
        due = self.readers.pop(day, None)
        if due is not None:
            spots = np.flatnonzero(self.ads.brand[ad] & ~dark)[: len(due)]
            visitor[spots], device[spots] = due[: len(spots), 0], due[: len(spots), 1]
        return visitor

    def plan_return(self, rng, day, visitor, device):
        """Some readers of an informational page will search the brand in the coming weeks."""
        back = rng.random(len(visitor)) < READERS_RETURN
        when = day + 2 + rng.exponential(READERS_AFTER, int(back.sum())).astype(np.int64)
        rows = np.stack([visitor[back], device[back]], 1)
        for late in np.unique(when):
            self.readers[int(late)] = np.concatenate(
                [self.readers.get(int(late), rows[:0]), rows[when == late]]
            )

    def free_visits(self, day):
        """Prospects who come by search, content, links, mail, groups or by typing the address."""
        rng = self.streams("visits without ads")
        per_day = np.array([self.rate(visits, day) for visits, _ in VISITS.values()])
        paid = (
            NOTES_RESPONSE * self.notes[day] * self.market.demand[day] ** 0.4 + self.extra_notes[day]
        ) * self.scale
        spot = list(VISITS).index(NOTES)
        bought = paid / (paid + per_day[spot])
        per_day[spot] += paid
        left = max(
            self.rate(WILLING, day) - self.captured, 0
        )  # of those who come anyway, ads caught the others
        for source, (_, often) in ((SEO, VISITS[SEO]), (DIRECT, VISITS[DIRECT])):
            per_day[list(VISITS).index(source)] += left / 2 / often
        per_day[list(VISITS).index(SEO)] *= self.found[day]
        sizes = rng.poisson(per_day)
        channel = np.repeat(list(VISITS), sizes)
        buy = np.repeat([buy for _, buy in VISITS.values()], sizes)
        device = pick_by_row(rng, DEVICE_OF_VISITOR, channel)
        u, cause = rng.random(len(channel)), np.full(len(channel), -1)
        cause[(channel == NOTES) & (u < bought)] = NOTES
        cause[(channel == AFFILIATE) & (u < AFFILIATE_INCREMENTAL)] = AFFILIATE
        none = np.full(len(channel), -1)
        self.prospects(day, channel, none, device, buy, cause, none, none)

    def pop_up_visits(self, day):
        """Around a pop-up store people of the city, and a few from next door, type the address."""
        if not self.pop_up[day]:
            return
        rng = self.streams("pop-up")
        cities, pull = geo.pop_up_reach(POP_UP_NEAR)
        city = np.repeat(cities, rng.poisson(self.rate(POP_UP_VISITS, day) * pull))
        channel = np.full(len(city), DIRECT)
        device = pick_by_row(rng, DEVICE_OF_VISITOR, channel)
        none = np.full(len(city), -1)
        self.prospects(day, channel, none, device, np.full(len(city), POP_UP_BUY), none, city, none)

    def prospects(self, day, channel, ad, device, buy, cause, city, visitor, like=None):
        """Visits of people who are not customers yet; some were here in the last days, some buy, a few register.

        `visitor` is -1 for people without a number, `city` -1 where it does not matter; `like` is the channel whose
        people they are, if it is not the one they came through.
        """
        rng, size, market = self.streams("prospects"), len(channel), self.market
        back = (rng.random(size) < 0.16) & (len(self.recent) > 0) & (visitor < 0)
        fresh = ~back & (visitor < 0)
        visitor = np.where(fresh, self.visitors + np.cumsum(fresh) - 1, visitor)
        self.visitors += int(fresh.sum())
        if back.any():
            chosen = self.recent[rng.integers(0, len(self.recent), int(back.sum()))]
            visitor[back] = chosen[:, 0]
            device = device.copy()
            device[back] = chosen[:, 1]
        self.recent = np.concatenate([self.recent, np.stack([visitor, device], 1)])[
            -int(6000 * self.scale + 200) :
        ]
        chance = (
            buy
            * self.device_buy(DEVICE_BUY, device, day)
            * np.where(back, 1.4, 0.93)
            * market.will[day]
            * self.site[day]
        )
        if self.testing[day]:
            chance = chance * self.landing_lift(channel, visitor)
        u = rng.random(size)
        first_seen = np.zeros(size, bool)
        first_seen[np.unique(visitor, return_index=True)[1]] = True
        buys = (u < chance) & first_seen
        joins = (~buys) & (u > 0.9975) & first_seen
        reads = self.ads.informational[ad] & (ad >= 0) & ~buys & ~joins
        if reads.any():
            self.plan_return(rng, day, visitor[reads], device[reads])
        who = np.flatnonzero(buys | joins)
        customer = np.full(size, -1)
        if len(who):
            customer[who] = self.people.join(
                rng,
                day,
                channel[who],
                np.full(len(who), OWN),
                device[who],
                visitor[who],
                cause[who],
                city[who],
                channel[who] if like is None else like[who],
            )
            self.recent = self.recent[~np.isin(self.recent[:, 0], visitor[who])]
        idle = customer[joins]
        self.people.need[idle] = day + np.where(
            rng.random(len(idle)) < 0.3, 2 + rng.exponential(25, len(idle)), np.inf
        )
        self.enter(day, visitor, customer, channel, ad, device, buys, cause)

    def device_buy(self, factor, device, day):
        """Factor on the chance to buy by device; Android suffers while its pages are slow."""
        found = factor[device]
        return np.where(device == 0, found * SLOW_BUY, found) if self.slow[day] else found

    def landing_lift(self, channel, visitor):
        """Factor on the chance to buy of those who see landing page B, by channel."""
        lift = np.ones(len(channel))
        for one, factor in LANDING_LIFT.items():
            lift[(channel == one) & (arm(visitor, 1) == 1)] = factor
        return lift

    def enter(self, day, visitor, customer, channel, ad, device, buys, cause):
        """Write visits down, and the orders of those who buy; some make a detour to a coupon site first."""
        rng, size = self.streams("coupon detour"), len(channel)
        detour = np.flatnonzero(buys & (channel != AFFILIATE) & (rng.random(size) < COUPON_DETOUR))
        start = self.visits.rows
        rows = np.concatenate([np.arange(size), detour])
        late = np.concatenate([np.full(size, -1), start + detour])
        via = np.where(late >= 0, AFFILIATE, channel[rows])
        spot = np.where(late >= 0, -1, ad[rows])
        self.visits.add(len(rows), day=day, visitor=visitor[rows], customer=customer[rows], channel=via, ad=spot,
                        device=device[rows], order=-1, after=late)  # fmt: skip
        at = np.arange(size)
        at[detour] = size + np.arange(len(detour))
        at = at[buys]
        self.place(day, customer[buys], OWN, via[at], spot[at], start + at, cause[buys])

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
        chance = 0.26 * np.exp(-gap / 18) * self.device_buy(DEVICE_NEED, people.device[who], day)
        buys = rng.random(len(who)) < chance * self.market.will[day] * self.site[day]
        self.customer_visits(day, who, self.ads.channel[ad[keep]], ad[keep], buys)

    def stock_up_again(self, day, ad, known, dark):
        """Buyers of the last days come back through the star campaign's retargeting, to fill the cupboard."""
        self.stockers = self.stockers[self.stockers[:, 0] > day - 7]
        spots = np.flatnonzero(self.ads.star[ad] & ~dark)
        if not len(self.stockers) or not len(spots):
            return
        rng = self.streams("stock up again")
        who = np.unique(self.stockers[self.stockers[:, 0] < day, 1])
        who = who[rng.random(len(who)) < 0.03][: len(spots)]
        taken = rng.permutation(spots)[: len(who)]
        self.customer_visits(day, who, self.ads.channel[ad[taken]], ad[taken], rng.random(len(who)) < 0.6)
        known[taken] = False
        ad[taken] = -9

    def customer_visits(self, day, who, channel, ad, buys, cause=None):
        """Visits of known people; about two thirds of those who do not buy are logged in. `who` are distinct."""
        rng, people, size = self.streams("customer visits"), self.people, len(who)
        fresh = (people.visitor[who] < 0) | (rng.random(size) < 0.06)
        people.visitor[who] = np.where(fresh, self.visitors + np.cumsum(fresh) - 1, people.visitor[who])
        self.visitors += int(fresh.sum())
        named = buys | (rng.random(size) < 0.65)
        cause = np.full(size, -1) if cause is None else cause
        start = self.visits.add(size, day=day, visitor=people.visitor[who], customer=np.where(named, who, -1),
                                channel=channel, ad=ad, device=people.device[who], order=-1, after=-1)  # fmt: skip
        self.place(day, who[buys], OWN, channel[buys], ad[buys], start + np.flatnonzero(buys), cause[buys])

    # Other stores, needs, orders

    def other_stores(self, day):
        """People who meet Heyu in a marketplace, in a live room, through an affiliate or a note that links there."""
        rng = self.streams("newcomers elsewhere")
        for channel, store, people in NEWCOMERS:
            per_day, paid = self.rate(people, day), 0.0
            if (channel, store) == (NOTES, TMALL):
                seen = NOTES_TMALL * self.notes[day] + CREATORS_TMALL * self.extra_notes[day]
                paid = seen * self.scale * self.market.will[day]
            elif channel == LIVE:
                paid = LIVE_RESPONSE * self.live[day] * self.scale * self.market.will[day]
            size = rng.poisson(per_day + paid)
            if not size:
                continue
            share = AFFILIATE_INCREMENTAL if channel == AFFILIATE else paid / (per_day + paid)
            cause = np.where(rng.random(size) < share, channel, -1)
            device = pick(rng, DEVICE_OF_VISITOR[channel], size)
            none = np.full(size, -1)
            new = self.people.join(
                rng,
                day,
                np.full(size, channel),
                np.full(size, store),
                device,
                none,
                cause,
                none,
                np.full(size, channel),
            )
            self.place(day, new, store, np.full(size, channel), none, none, cause)

    def needs(self, day):
        """Customers whose stock is low shop; in a promotion also some whose stock lasts: up to 29 days at Double 11."""
        rng, people, market = self.streams("needs"), self.people, self.market
        need = people.need[: people.count]
        early = need <= day + market.pull[day] * 160
        who = np.flatnonzero(early)
        act = ACT * market.ready[day] * clock.WEEKDAY[clock.DAY_OF_WEEK[day]]
        act = np.where(need[who] <= day, act * (1.6 if market.peak[day] else 1), market.pull[day])
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
            none = np.full(len(chosen), -1)
            self.place(day, chosen, other, np.where(from_links, AFFILIATE, channel), none, none, none)

    def needs_own(self, day, who):
        """Customers with a need who visit the own shop without an ad; members of the private domain often from there."""
        rng, people = self.streams("needs in the own shop"), self.people
        sources = np.array(list(SOURCE_OF_NEED))
        weights = np.array(list(SOURCE_OF_NEED.values()))
        outside = np.where(sources == PRIVATE, 0, weights)
        inside = np.where(sources == PRIVATE, 2.2 * weights, weights)
        channel = sources[
            pick_by_row(rng, np.stack([outside, inside]), (people.member[who] > 0).astype(np.int64))
        ]
        channel[(channel == SEO) & (rng.random(len(who)) >= self.found[day])] = DIRECT
        chance = NEED_BUY * self.device_buy(DEVICE_NEED, people.device[who], day)
        buys = rng.random(len(who)) < np.minimum(chance * self.market.will[day] * self.site[day], 0.9)
        self.customer_visits(day, who, channel, np.full(len(who), -1), buys)

    def place(self, day, who, store, channel, ad, visit, cause):
        """Orders of customers `who`; some are never paid, and then the need is still there tomorrow."""
        if not len(who):
            return
        rng, people = self.streams("orders"), self.people
        paid = rng.random(len(who)) >= UNPAID[store]
        start = self.orders.add(len(who), day=day, customer=who, store=store, channel=channel, ad=ad, paid=paid,
                                visit=visit, cause=cause)  # fmt: skip
        self.link(visit, start)
        later = who[~paid]
        people.need[later] = day + np.where(
            rng.random(len(later)) < 0.5, 1 + rng.exponential(3, len(later)), 90
        )
        people.bought(rng, who[paid], day, self.market.peak[day])
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
