"""The private domain: who scans which code, who stays, and what it does to them.

From July 2023 Heyu asks customers and strangers to add an adviser on WeCom: by a card in the parcel, in the official
account, on its Douyin profile, in the live room, at stands. Good customers join more often; joining itself makes
people order somewhat sooner and keeps some who would have gone. In 2025 a random tenth of those who would get their
first card gets none for sixty days.
"""

import numpy as np
import pandas as pd

from . import clock, geo, sales
from .people import OWN, PRIVATE, Log
from .streams import pick

SOURCES = ["parcel card", "official account", "Douyin profile", "live room", "offline"]
CARD, ACCOUNT, DOUYIN, ROOM, STAND = range(5)
HOOKS = ["mothers' group", "size adviser", "free trial", "scan for CNY 20"]
GROUP, ADVISER, TRIAL, CASH = range(4)
OPENED = "2023-07-03"

# Joining: needs come sooner, some who would have drifted away stay, flash sales bring a need forward.
SPEED, KEPT = 1.12, 0.10
LOST_FROM = 100  # a need that is so many days away means: gone
FLASH_WEEKDAYS, FLASH_DAYS, FLASH_LOOK, FLASH_BUY = (2, 4), 14, 0.018, 0.5

EFFECT = 1.22  # what the numbers above amount to: orders in the 60 days after joining over those without (many worlds)

# Cards: in some parcels at first, in all from 2025; the hidden quality of a customer and whether they mean to come back count.
CARD_SHARE, CARD_JOIN, CARD_JOIN_POWER = (0.1, 0.34), 0.25, 0.65
TEST, TEST_ARM, TEST_DAYS = ("2025-03-03", "2025-09-21"), 0.10, 60
TEST_JOIN, TEST_QUALITY, TEST_STAYS = 0.78, 0.025, 0.03
AGAIN_JOIN = 0.10  # of those who left a first card unread
CARD_HOOKS = (0.45, 0.25, 0.30, 0.0)

# Other places, at mid-2024: views a day, adds per view, share of adds who are customers already.
VIEWS = np.array([440, 900, 1250, 42])
ADD_RATE = np.array([0.0090, 0.0037, 0.0021, 0.040])
CUSTOMERS = np.array([0.5, 0.12, 0.35, 0.2])
HOOK_SHARE = np.array(
    [[0.40, 0.25, 0.15, 0.20], [0.30, 0.10, 0.20, 0.40], [0.15, 0.25, 0.25, 0.35], [0.25, 0.15, 0.35, 0.25]]
)
HOOK_ADD = np.array([0.75, 0.6, 1.15, 2.1])
HOOK_CUSTOMERS = np.array([1.1, 1.6, 0.8, 0.15])
QR_DAYS = ("2025-05-12", "2025-05-20")  # T13: the code on the Douyin profile leads nowhere

# Leaving: blocked within seven days, then a chance per day.
QUICK = np.array([0.035, 0.02, 0.07, 0.41])
QUICK_DAYS = np.array([0.34, 0.2, 0.15, 0.11, 0.08, 0.07, 0.05])
LATER = np.array([900.0, 1100.0, 550.0, 250.0])
# Strangers who become customers: a new customer of the channel is one of those who added an adviser in the last weeks.
BUYER, POOL_DAYS, LINK_OTHERS = np.array([1.0, 1.5, 1.7, 0.22]), 45, 0.05
DEAL_LOYALTY = 0.5  # factor for customers who came for the CNY 20

CHATS_FROM, CHATS = "2025-01-01", 20.0  # one-to-one chats a day in mid-2025
CHAT_KINDS = ["asked", "chosen", "rota"]
CHAT_SHARE, CHAT_SIGNS = (0.58, 0.28, 0.14), 3.4
CHAT_NEAR, CHAT_LOOK, CHAT_BUY = 3, 0.5, 0.5  # of those with a need now: follow the adviser's link, buy there


def quality(people, who):
    """How good customers are, hidden: loyal ones with short distances between orders; about standard normal."""
    return 0.65 * (people.loyalty[who] - 0.63) / 0.18 + 0.75 * np.log(42 / people.cycle[who]) / 0.5


def ramp():
    """How far the private domain is built up, 0 to 1; shape (days,)."""
    since = np.arange(clock.N_DAYS) - np.flatnonzero(clock.between(OPENED, clock.END))[0]
    return np.where(since < 0, 0.0, np.clip(0.3 + 0.7 * since / 420, 0, 1))


def stands():
    """Visitors of Heyu's stands over those of a usual day: fairs and hospital classes on weekends, pop-ups; shape (days,)."""
    usual = np.where(clock.DAY_OF_WEEK >= 5, 2.1, 0.55)
    return usual * np.where(clock.between(*geo.POP_UP_DAYS), 3.0, 1.0)


class Private:
    """The actor: `shop.people.member` is 1 while an adviser is among a customer's contacts.

    Contacts of strangers do not depend on what customers do: they are drawn for all days at once, before the others.
    """

    name = "private"
    fields = {"contact": -1, "enrolled": -1, "card_from": 0}  # noqa: RUF012  read as in people.People

    def __init__(self, streams, scale):
        self.scale = scale
        self.contacts = Log("day", "customer", "source", "hook", "blocked")
        self.links = Log("contact", "customer")
        self.shown = Log("day", "hook")  # cards
        self.test = Log("start", "day", "customer", "invited")
        self.chats = Log("day", "contact", "customer", "kind")
        self.scans = np.zeros((0, 4), np.int64)  # codes that customers will scan: day, customer, source, hook
        self.leaves = {}  # day -> members who will block their adviser
        self.members = []  # blocks of people who became members
        self.views = None
        self.done = 0  # blocks of the shop's orders that were looked at
        self.known = 0  # customers that were looked at
        self.open, self.level = clock.between(OPENED, clock.END), ramp()
        self.testing, self.chatting = clock.between(*TEST), clock.between(CHATS_FROM, clock.END)
        self.flash = np.isin(clock.DAY_OF_WEEK, FLASH_WEEKDAYS)

    def act(self, day, shop):
        """What happens before anybody shops."""
        if not self.open[day]:
            self.done, self.known = len(shop.orders.blocks["day"]), shop.people.count
            return
        if self.views is None:
            self.put_up_codes(shop)
        self.leave(day, shop.people)
        buyers, own, paid = self.yesterday(shop)
        self.stay(day, shop, buyers)
        self.recognise(day, shop, own)
        self.cards(day, shop, paid)
        if day % 7 == 0:
            self.volunteers(day, shop)
        self.join(day, shop)
        visited = self.flash_sale(day, shop) if self.flash[day] else np.zeros(0, np.int64)
        if self.chatting[day]:
            self.talk(day, shop, visited)

    def yesterday(self, shop):
        """Since the last look: customers who paid in any store, who ordered in the own shop, who paid there (distinct people)."""
        blocks = shop.orders.blocks
        if len(blocks["day"]) < self.done:  # a fork starts with empty logs
            self.done = 0
        start, self.done = self.done, len(blocks["day"])
        if start == self.done:
            return (np.zeros(0, np.int64),) * 3
        who, store, paid = (np.concatenate(blocks[name][start:]) for name in ("customer", "store", "paid"))
        own, paid = store == OWN, paid.astype(bool)
        return who[paid], who[own], np.unique(who[own & paid])

    # Joining and leaving

    def put_up_codes(self, shop):
        """Views and adds of the codes outside the parcels for all days: (days, place, hook); strangers become contacts."""
        luck, rng = shop.streams.common("private codes"), shop.streams("private codes")
        weeks = (np.arange(clock.N_DAYS) + 6) // 7
        mix = np.stack([luck.dirichlet(12 * row, weeks[-1] + 1) for row in HOOK_SHARE], axis=1)[weeks]
        views = VIEWS * ramp()[:, None] * np.exp(luck.normal(0, 0.22, (clock.N_DAYS, 4)))
        views[:, STAND - 1] *= stands()
        self.views = rng.poisson(views[:, :, None] * mix * shop.market.demand[:, None, None] * self.scale)
        rate = ADD_RATE[:, None] * HOOK_ADD * np.exp(luck.normal(0, 0.1, (clock.N_DAYS, 4, 4)))
        rate[clock.between(*QR_DAYS), DOUYIN - 1] = 0
        adds = rng.binomial(self.views, np.minimum(rate, 0.5))
        self.mine = rng.binomial(adds, np.minimum(CUSTOMERS[:, None] * HOOK_CUSTOMERS, 0.9)).reshape(
            -1, 16
        )  # by customers
        cells = np.repeat(np.arange(adds.size), (adds - self.mine.reshape(adds.shape)).ravel())
        self.strangers = cells // 16, cells % 4  # day and hook; the contact's number is the position
        self.add(shop, cells // 16, np.full(len(cells), -1), cells // 4 % 4 + 1, cells % 4)
        self.linked, self.stranger_blocks = np.zeros(len(cells), bool), self.contacts.blocks["blocked"][0]

    def add(self, shop, day, customer, source, hook):
        """New contacts, customer -1 for strangers: (numbers, day on which each will block the adviser)."""
        rng, size = shop.streams("private leaving"), len(hook)
        wait = np.where(
            rng.random(size) < QUICK[hook], pick(rng, QUICK_DAYS, size), 7 + rng.exponential(LATER[hook])
        )
        blocked = day + wait.astype(np.int64)
        first = self.contacts.add(size, day=day, customer=customer, source=source, hook=hook, blocked=blocked)
        return np.arange(first, first + size), blocked

    def join(self, day, shop):
        """Customers who add an adviser today."""
        due = self.scans[:, 0] <= day
        if not due.any():
            return
        people, rows, self.scans = shop.people, self.scans[due], self.scans[~due]
        rows = rows[np.unique(rows[:, 1], return_index=True)[1]]
        _, who, source, hook = rows[people.contact[rows[:, 1]] < 0].T
        people.contact[who], blocked = self.add(shop, day, who, source, hook)
        self.become_member(day, shop, who, blocked)

    def volunteers(self, day, shop):
        """Customers who will come by themselves in the next seven days: good ones, who still shop here."""
        rng, people = shop.streams("private volunteers"), shop.people
        week = self.mine[day : day + 7].ravel()
        cells = np.repeat(np.arange(len(week)), week)
        who = np.unique(rng.integers(0, max(people.count, 1), 60 * len(cells)))
        who = who[(people.contact[who] < 0) & (who < people.count)]
        weight = (
            0.95 * quality(people, who)
            - 2.5 * (people.need[who] >= day + LOST_FROM)
            + rng.gumbel(size=len(who))
        )
        who = who[np.argsort(-weight, kind="stable")[: len(cells)]]
        cells = rng.permutation(cells)[: len(who)]
        rows = np.stack([day + cells // 16, who, cells // 4 % 4 + 1, cells % 4], 1)
        self.scans = np.concatenate([self.scans, rows])

    def become_member(self, day, shop, who, blocked):
        """What joining does: the next need and all later ones come sooner, some of the lost are won back."""
        people = shop.people
        people.member[who] = 1
        self.members.append(who)
        people.cycle[who] /= SPEED
        gap = people.need[who] - day
        near = (gap > 0) & (gap < LOST_FROM)
        people.need[who[near]] = day + gap[near] / SPEED
        self.keep(shop.streams("private effect"), day, people, who[gap >= LOST_FROM])
        for one, end in zip(who.tolist(), np.maximum(blocked, day + 1).tolist(), strict=True):
            self.leaves.setdefault(end, []).append(one)

    def leave(self, day, people):
        """Members who block their adviser today (or did so within a day of adding)."""
        who = self.leaves.pop(day, None)
        if who:
            people.member[who] = 0
            people.cycle[who] *= SPEED

    @staticmethod
    def keep(rng, day, people, lost):
        """Some of those who were about to go stay: their next need is a usual distance away."""
        won = lost[rng.random(len(lost)) < KEPT]
        people.need[won] = day + np.maximum(people.cycle[won] * np.exp(rng.normal(0, 0.3, len(won))), 3)

    def stay(self, day, shop, who):
        """Members who ordered yesterday and would not come again: the adviser keeps some."""
        people = shop.people
        lost = who[(people.member[who] > 0) & (people.need[who] >= day - 1 + LOST_FROM)]
        self.keep(shop.streams("private effect"), day, people, lost)

    def recognise(self, day, shop, ordered):
        """New customers who added an adviser before they ordered: the channel's own, and a few of the others."""
        people = shop.people
        rng, known, self.known = shop.streams("private links"), self.known, people.count
        new = np.unique(ordered[(ordered >= known) & (people.contact[ordered] < 0)])
        new = new[(people.first_channel[new] == PRIVATE) | (rng.random(len(new)) < LINK_OTHERS)]
        if not len(new):
            return
        added, hooks = self.strangers
        pool = np.arange(*np.searchsorted(added, [day - POOL_DAYS, day - 1]))
        pool = pool[~self.linked[pool] & (self.stranger_blocks[pool] >= day)]
        weight = np.log(BUYER)[hooks[pool]] + added[pool] / 20 + rng.gumbel(size=len(pool))
        pool = rng.permutation(pool[np.argsort(-weight, kind="stable")[: len(new)]])
        new = rng.permutation(new)[: len(pool)]
        self.links.add(len(new), contact=pool, customer=new)
        self.linked[pool], people.contact[new] = True, pool
        people.loyalty[new] *= np.where(hooks[pool] == CASH, DEAL_LOYALTY, 1.0)
        self.become_member(day, shop, new, self.stranger_blocks[pool])

    # Cards

    def cards(self, day, shop, who):
        """Cards go into yesterday's parcels of the own shop; in the test a random tenth of new addressees gets none."""
        rng, people = shop.streams("private cards"), shop.people
        who = who[(people.contact[who] < 0) & (people.card_from[who] <= day)]
        arrives = day + 1 + rng.integers(0, 3, len(who))
        luck, again = rng.random((len(who), 2)), people.enrolled[who] >= 0
        if self.testing[day]:
            keep = again.copy()
            keep[~again] = self.enrol(day, shop, who[~again], arrives[~again])
        else:
            keep = luck[:, 0] < np.interp(self.level[day], [0.3, 1], CARD_SHARE)
        who, arrives, luck, again = who[keep], arrives[keep], luck[keep, 1], again[keep]
        hook = pick(rng, CARD_HOOKS, len(who))
        self.shown.add(len(who), day=arrives, hook=hook)
        joins = luck < self.card_chance(day, people, who, again)
        when = arrives[joins] + rng.geometric(0.55, int(joins.sum())) - 1
        rows = np.stack([when, who[joins], np.full(len(when), CARD), hook[joins]], 1)
        self.scans = np.concatenate([self.scans, rows])

    def card_chance(self, day, people, who, again):
        """Chance that a card is scanned and the adviser added."""
        score, stays = quality(people, who), people.need[who] < day + LOST_FROM
        if not self.testing[day]:
            return np.minimum(CARD_JOIN * np.exp(CARD_JOIN_POWER * score) * np.where(stays, 1.2, 0.7), 0.9)
        first = TEST_JOIN + TEST_QUALITY * score + np.where(stays, TEST_STAYS, -1.5 * TEST_STAYS)
        declined = again & (people.card_from[who] == 1)
        return np.where(declined, AGAIN_JOIN, np.clip(first, 0.2, 0.97))

    def enrol(self, day, shop, who, start):
        """The lots of the test, drawn once; True for those who are invited.

        Every tenth is held out, counted from a random start along the day's parcels in order of need: with lots so
        balanced a test of this size finds the effect in every world.
        """
        people = shop.people
        place = np.empty(len(who))
        place[np.argsort(people.need[who], kind="stable")] = np.arange(len(who))
        place = place * TEST_ARM + shop.streams("private holdout").random()
        invited = np.floor(place) == np.floor(place + TEST_ARM)
        self.test.add(len(who), start=start, day=day - 1, customer=who, invited=invited)
        people.enrolled[who] = day
        people.card_from[who] = np.where(invited, 1, start + TEST_DAYS)
        return invited

    # What advisers do

    def flash_sale(self, day, shop):
        """Two evenings a week groups get an offer: members with a need in the next two weeks may take it; returns them."""
        rng, people = shop.streams("private flash sales"), shop.people
        everybody = np.concatenate(self.members) if self.members else np.zeros(0, np.int64)
        self.members = [everybody[people.member[everybody] > 0]]
        who = self.members[0]
        gap = people.need[who] - day
        who = who[(gap > 0) & (gap <= FLASH_DAYS) & (rng.random(len(who)) < FLASH_LOOK)]
        if len(who):
            none = np.full(len(who), -1)
            shop.customer_visits(day, who, none * 0 + PRIVATE, none, rng.random(len(who)) < FLASH_BUY)
        return who

    def talk(self, day, shop, visited):
        """One-to-one chats: people who ask, people an adviser chose because their stock must be low, and a rota."""
        rng, people = shop.streams("private chats"), shop.people
        rate = CHATS * self.scale * clock.WEEKDAY[clock.DAY_OF_WEEK[day]] * shop.market.demand[day] ** 0.5
        sizes = np.cumsum(rng.multinomial(rng.poisson(rate), CHAT_SHARE[::-1]))
        if not self.members or not len(self.members[0]):
            return
        who = np.unique(self.members[0][rng.integers(0, len(self.members[0]), 25 * sizes[-1])])
        who = rng.permutation(who[people.member[who] > 0])
        gap, due = people.need[who] - day, people.last[who] + people.cycle[who] - day
        luck, rank = rng.gumbel(size=(2, len(who))), np.arange(len(who))
        for number, signs in enumerate(
            (np.abs(due) < 8, gap <= 1)
        ):  # after the rota's come the chosen, then those who ask
            rest = rank[sizes[number] :]
            rank[sizes[number] :] = rest[
                np.argsort(-(CHAT_SIGNS * signs[rest] + luck[number, rest]), kind="stable")
            ]
        rank = rank[: sizes[-1]]
        kind = 2 - np.searchsorted(sizes, np.arange(len(rank)), side="right")
        who, gap = who[rank], gap[rank]
        self.chats.add(len(who), day=day, contact=people.contact[who], customer=who, kind=kind)
        near = who[(gap <= CHAT_NEAR) & (rng.random(len(who)) < CHAT_LOOK) & ~np.isin(who, visited)]
        if len(near):
            none = np.full(len(near), -1)
            shop.customer_visits(day, near, none * 0 + PRIVATE, none, rng.random(len(near)) < CHAT_BUY)


# Tables and what can be found in them


def tables(life):
    """wecom_contacts, hook_funnel_daily, groups, group_days, adviser_chats, points_ledger, private_holdout."""
    from . import groups  # which needs the names above

    people, orders = groups.contacts(life), groups.lean(life)
    group_table, days = groups.groups(life, people, orders)
    return {
        "wecom_contacts": people,
        "hook_funnel_daily": groups.funnel(life, people, orders),
        "groups": group_table,
        "group_days": days,
        "adviser_chats": groups.chats(life, people, orders),
        "points_ledger": groups.ledger(life, people, orders),
        "private_holdout": groups.holdout(life, orders),
    }


def hidden(life):
    """wecom_people: who is behind each contact, and whether it is a second account, a relative, a second adviser."""
    people = life.tables["wecom_contacts"]
    return {
        "wecom_people": people[["contact_id", "person", "relation"]].rename(columns={"person": "person_id"})
    }


def paid_after(orders, customers, start, days):
    """Paid orders of each of `customers` in the `days` after `start` (day numbers, the first included)."""
    key = np.sort(orders["customer_id"].to_numpy() * 10_000 + orders["day"].to_numpy())
    first = np.asarray(customers) * 10_000 + np.asarray(start)
    return np.searchsorted(key, first + days) - np.searchsorted(key, first)


def joined_on(contacts):
    """Day number on which each customer first added an adviser; Series by customer."""
    known = contacts.dropna(subset=["customer_id"])
    return known.groupby(known["customer_id"].astype("int64"))["day"].min()


def raw_ratio(life, paid, since="2025-10-01"):
    """Paid value in the fourth quarter per own-shop customer of before: members on its first day over the others."""
    contacts, first = life.tables["wecom_contacts"], pd.Timestamp(since)
    before = paid[(paid["ordered_at"] < first) & (paid["store"] == "own")]["customer_id"].unique()
    inside = contacts[(contacts["added_at"] < first) & ~(contacts["blocked_at"] < first)]["customer_id"]
    spent = (
        paid[paid["ordered_at"] >= first].groupby("customer_id")["amount"].sum().reindex(before, fill_value=0)
    )
    member = np.isin(before, inside.dropna())
    return spent[member].mean() / spent[~member].mean()


def matched_ratio(life, paid):
    """Orders in the 60 days after an own-shop order of 2025: those who joined within ten days of it over others alike.

    Alike: number of earlier orders, days since the last one, age of the child, first channel; held-out people left out.
    """
    start, end = (clock.DAYS.get_loc(pd.Timestamp(day)) for day in ("2025-01-01", "2025-11-01"))
    test, joined = life.tables["private_holdout"], joined_on(life.tables["wecom_contacts"])
    every = paid.sort_values(["customer_id", "day"], kind="stable")
    rows = every.assign(nth=every.groupby("customer_id").cumcount().clip(upper=4),
                        gap=every["day"] - every.groupby("customer_id")["day"].shift())  # fmt: skip
    rows = rows[(rows["store"] == "own") & (rows["day"] >= start) & (rows["day"] < end)]
    rows = rows[~rows["customer_id"].isin(test.loc[test["arm"] == "held out", "customer_id"])]
    when = rows["customer_id"].map(joined).fillna(99_999)
    rows, when = rows[when > rows["day"]], when[when > rows["day"]]
    who = rows["customer_id"].to_numpy() - sales.first_customer(life.streams)
    frame = pd.DataFrame({
        "nth": rows["nth"].to_numpy(), "gap": np.digitize(rows["gap"].fillna(-1), [0, 30, 60, 120]),
        "age": np.digitize(life.people.age(who, rows["day"].to_numpy()), [0, 6, 12, 24, 36]),
        "channel": life.people.first_channel[who], "joins": (when <= rows["day"] + 10).to_numpy(),
        "orders": paid_after(paid, rows["customer_id"], rows["day"] + 1, 60),
    })  # fmt: skip
    cells = (
        frame.groupby(["nth", "gap", "age", "channel", "joins"])["orders"]
        .agg(["sum", "size"])
        .unstack(fill_value=0)
    )
    size, total = cells["size"], cells["sum"]
    both = (size.reindex(columns=[False, True], fill_value=0) > 0).all(axis=1)
    if not both.any():
        return np.nan
    size, total = size[both], total[both]
    return total[True].sum() / (total[False] / size[False] * size[True]).sum()


def holdout_ratio(life, paid):
    """The test: orders in sixty days by arm, share who joined, effect of joining on those who join when invited."""
    test, joined = life.tables["private_holdout"], joined_on(life.tables["wecom_contacts"])
    start = (test["start"] - pd.Timestamp(clock.START)).dt.days
    orders = pd.Series(paid_after(paid, test["customer_id"], start, TEST_DAYS), index=test.index)
    joins = test["customer_id"].map(joined).fillna(99_999) < start + TEST_DAYS
    invited = test["arm"] == "invited"
    if invited.all() or not invited.any():
        return {}
    arms = {True: orders[invited], False: orders[~invited]}
    share = {arm: joins[invited == arm].mean() for arm in (True, False)}
    comply = share[True] - share[False]
    effect = (arms[True].mean() - arms[False].mean()) / comply
    error = np.sqrt(sum(one.var() / len(one) for one in arms.values())) / comply
    never = orders[invited & ~joins].mean()
    base = (arms[False].mean() - (1 - share[True]) * never - share[False] * arms[True].mean()) / comply
    return {"people": {"invited": len(arms[True]), "held out": len(arms[False])},
            "orders_in_60_days": {"invited": arms[True].mean(), "held out": arms[False].mean()},
            "share_who_joined": {"invited": share[True], "held out": share[False]},
            "invited_over_held_out": arms[True].mean() / arms[False].mean(),
            "effect_of_joining": 1 + effect / arms[False].mean(), "standard_error": error / arms[False].mean(),
            "effect_on_those_who_join_when_invited": 1 + effect / base}  # fmt: skip


def hooks_found(life, paid):
    """T13: each hook outside the parcels in 2025: adds per view, blocked within seven days, margin of thirty days per add."""
    tables = life.tables
    contacts, cells = tables["wecom_contacts"], tables["hook_funnel_daily"]
    cells = cells[cells["source"] != SOURCES[CARD]]
    sums = cells.groupby("hook")[["impressions", "adds"]].sum()
    mine = contacts[(contacts["source"] != SOURCES[CARD]) & (contacts["added_at"] >= "2025-01-01")]
    early = mine[mine["added_at"] < "2025-12-25"]
    quick = (early["blocked_at"] - early["added_at"] < pd.Timedelta(days=7)).groupby(early["hook"]).mean()
    mine = mine[mine["added_at"] < "2025-12-01"]
    one = mine.dropna(subset=["customer_id"]).drop_duplicates("customer_id").astype({"customer_id": "int64"})
    sold = paid.merge(one[["customer_id", "hook", "added_at"]], on="customer_id")
    sold = sold[
        (sold["ordered_at"] >= sold["added_at"])
        & (sold["ordered_at"] < sold["added_at"] + pd.Timedelta(days=30))
    ]
    costs = tables["order_items"].groupby("order_id")["cost"].sum()
    back = tables["all_refunds"].groupby("order_id")["amount"].sum()
    left = (
        sold["amount"]
        - sold["shipping_cost"]
        - sold["order_id"].map(costs)
        - sold["order_id"].map(back).fillna(0)
    )
    cost = cells[cells["date"] < "2025-12-01"].groupby("hook")["hook_cost"].sum()
    margin = (left.groupby(sold["hook"]).sum().reindex(cost.index, fill_value=0) - cost) / mine.groupby(
        "hook"
    ).size()
    return {"adds_per_view": (sums["adds"] / sums["impressions"]).to_dict(), "blocked_within_7_days": quick.to_dict(),
            "margin_of_30_days_per_add": margin.to_dict()}  # fmt: skip


def truth(life):
    """T12, T13, points, groups."""
    from . import groups

    paid = life.tables["orders"].query("status == 'paid'")
    return {
        "T12": {
            "what": "Members of the private domain spend 2.7 times as much as other customers and order 1.5 times as much as others "
            "alike, but joining makes them order only about 1.22 times as much: good customers join.",
            "cause": {"needs_come_sooner_by": SPEED, "share_of_lost_who_stay": KEPT, "members_with_a_need_in_a_flash_sale": FLASH_LOOK,
                      "effect_of_joining": EFFECT, "hidden_quality_and_joining": [CARD_JOIN_POWER, TEST_QUALITY, TEST_STAYS]},
            "found": {"spend_of_members_over_others_2025_q4": raw_ratio(life, paid), "orders_over_others_alike": matched_ratio(life, paid),
                      **holdout_ratio(life, paid)},
        },
        "T13": {
            "what": "'Scan for CNY 20' adds fastest and loses most; from 12 to 20 May 2025 the code on the Douyin profile was broken.",
            "cause": {"blocked_within_7_days": dict(zip(HOOKS, QUICK, strict=True)), "adds_factor": dict(zip(HOOKS, HOOK_ADD, strict=True)),
                      "broken": {"source": SOURCES[DOUYIN], "from": QR_DAYS[0], "to": QR_DAYS[1]}},
            "found": hooks_found(life, paid),
        },
        "points": groups.points_found(life),
        "groups": groups.groups_found(life),
    }  # fmt: skip
