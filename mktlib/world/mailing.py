"""E-mail and SMS: who is written to, who opens, clicks, comes and buys, who has enough of it.

The actor `Mail` writes to customers day by day. Dormant ones are in a randomised test of one, two or four wake-up mails
a month (T09): a mail may wake somebody, too many of them drive people away for good. A click is a visit of the next day.
What the mail tool knows of it is told in `mail.py`, who had agreed to it in `consent.py`.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from . import clock
from .demand import DEVICE_NEED
from .people import DIRECT, MAIL, SEO, Log

# The test of cadence: dormant on the first of a month, then written to for a year while (again) dormant.
WAKE_AFTER = 90  # days without a paid order
ENROL = ("2024-01-01", "2024-09-30")
TEST_DAYS = 365
CADENCE = (1, 2, 4)  # wake-up mails a month, by arm
WAKE_DAYS = ((11,), (4, 18), (4, 11, 18, 25))  # days of the month, by arm
WAKE_HOUR = 10
WAKE_OPEN = np.array([0.215, 0.205, 0.160])  # chance to open, by arm: frequent mails are looked at less
WAKE_CLICK = 0.12  # of those who open
WAKE_BUY = np.array([0.22, 0.22, 0.12])  # orders of those who click, by arm
WAKE_LATER = np.array([0.115, 0.115, 0.048])  # others who open and order within days, by search or typing
LATER_DAYS, LATER_DIRECT = (1, 6), 0.6
TIRED = np.array([0.0012, 0.0025, 0.0160])  # chance of a mail to be one too many, by arm
TIRED_LEAVE = (0.55, 0.13)  # of them: unsubscribe, complain; the others stop reading
TIRED_NEVER, TIRED_LOYALTY = 0.9, 0.35  # share who never buy again; factor on the loyalty of all

# The newsletter: half of its readers get it at an hour drawn by lot, the others as usual.
NEWS_FROM, NEWS_READERS, NEWS_ACTIVE = "2024-04-01", 0.45, 90
NEWS_HOURS = {8: 0.85, 10: 1.0, 13: 1.5, 16: 0.95, 20: 1.0}  # factor on opens, the same for all people
LOYAL_ORDERS, LOYAL_OPEN, USUAL_HOURS = 4, 3.6, (10, 20)  # the loyal open more; they get it at 20:00
NEWS_OPEN, NEWS_CLICK = 0.125, 0.12
NEWS_BUY, NEWS_GAP = 0.55, 18.0  # chance to buy if stock is out; it falls with the days until then
NEWS_LEAVE = 0.0010
SUBJECT_FROM = "2025-01-01"  # subject A promises a surprise, B says what is in the mail
SUBJECT_OPEN, SUBJECT_CLICK = (1.22, 0.92), (0.62, 1.55)
BATCH_LEAVE = 0.004  # DORM and NEW, each; a second mail on the same day irritates more
OVERLAP_LEAVE = 6.0

# Lists that overlap: both are mailed on one morning.
TWO_LISTS_DAY, NEW_DAYS, LIST_OPEN, LIST_CLICK, LIST_BUY = "2025-03-12", 101, 0.20, 0.12, 0.35

# SMS: day, kind, price each, days since the last order (from, to), chance to click, chance to buy then.
TEXTS = [
    ("2025-06-16", "SMS", (0, 90), 0.011, 0.22),
    ("2025-10-16", "video SMS", (60, 400), 0.019, 0.125),
    ("2025-11-09", "SMS", (0, 90), 0.012, 0.22),
    ("2025-12-04", "video SMS", (60, 400), 0.019, 0.125),
]
TEXT_LEAVE = 0.003
PRICE = {"e-mail": 0.01, "SMS": 0.05, "video SMS": 0.45}  # CNY each
MAILBOX_FULL, BOUNCE = 0.05, 0.013  # addresses that never take a mail; single mails that come back
TASTE = 1.3  # shape of the gamma distribution of how much people read mails
LUCK = 0.07  # log sd of a campaign's luck

SEGMENTS = ["dormant", "new registrant", "active", "loyal"]
DORMANT, NEW, ACTIVE, LOYAL = range(4)
SLICES = ["", "random", "usual"]
SUBJECTS = ["", "A", "B"]


def hits(rng, chance):
    """True with the given chances, spread evenly: the number of hits is the sum of the chances, give or take one."""
    edges = np.floor(np.cumsum(chance) + rng.random()).astype(np.int64)
    return np.diff(edges, prepend=0) > 0


def evenly(rng, chance, group):
    """`hits` within groups of people (array of small integers), in no other order."""
    order = np.argsort(group + rng.random(len(chance)))
    found = np.zeros(len(chance), bool)
    found[order] = hits(rng, np.minimum(chance[order], 0.95))
    return found


class Visits:
    """Visits to come: whom messages will bring to the shop, and when."""

    def __init__(self):
        self.due = {}

    def plan(self, day, after, who, channel, buys, caused):
        """`who` will visit on `day` (one for all, or an array) and buy where `buys`, unless they order from `after` on."""
        columns = [np.broadcast_to(one, len(who)) for one in (who, channel, buys, caused, after)]
        days = np.broadcast_to(day, len(who))
        for one in np.unique(days):
            at = days == one
            self.due.setdefault(int(one), []).append([column[at] for column in columns])

    def arrive(self, day, shop):
        """Today's visits, each person once."""
        due = self.due.pop(day, [])
        if not due:
            return
        who, channel, buys, caused, after = (np.concatenate(column) for column in zip(*due, strict=True))
        buys = buys & (shop.people.last[who] < after)
        order = np.lexsort((~buys, who))
        who, first = np.unique(who[order], return_index=True)
        at = order[first]
        cause = np.where(caused[at] & buys[at], MAIL, -1)
        shop.customer_visits(day, who, channel[at], np.full(len(who), -1), buys[at], cause)


@dataclass
class Batch:
    """One mailing: arrays by receiver, and what they do."""

    name: str
    kind: str
    who: np.ndarray
    open_chance: np.ndarray
    click_chance: np.ndarray
    segment: np.ndarray
    hour: np.ndarray
    leave: np.ndarray
    arm: np.ndarray
    slice: np.ndarray
    subject: np.ndarray

    @classmethod
    def plain(cls, name, kind, who, open_chance, click_chance, **more):
        """A mailing without tests: numbers are repeated for all."""
        usual = {"segment": DORMANT, "hour": WAKE_HOUR, "leave": 0.0, "arm": -1, "slice": 0, "subject": 0}
        columns = {"open_chance": open_chance, "click_chance": click_chance, **usual, **more}
        whole = {key: np.broadcast_to(np.asarray(value), who.shape) for key, value in columns.items()}
        return cls(name, kind, who, **whole)


class Mail:
    """Sends messages; keeps in `log` what came of each, in `names` and `kinds` the campaigns by number."""

    name = "mail"
    fields: ClassVar = {
        "taste": 0.0,
        "mailbox": 0,
        "reader": 0,
        "cadence": -1,
        "enrolled": -1,
        "mail_off": -1,
        "text_off": -1,
    }

    def __init__(self, streams, scale):
        self.log = Log("day", "customer", "campaign", "segment", "arm", "hour", "slice", "subject", "delivered",
                       "opened", "clicked", "left")  # fmt: skip
        self.names, self.kinds = [], []
        self.known = 0
        self.visits = Visits()
        self.enrol_days = set(np.flatnonzero(clock.between(*ENROL) & (clock.DAYS.day == 1)).tolist())
        self.test_days = clock.between(ENROL[0], "2025-09-30")
        second_thursday = (clock.DAY_OF_WEEK == 3) & (clock.DAYS.day > 7) & (clock.DAYS.day <= 14)
        self.news_days = second_thursday & clock.between(NEWS_FROM, clock.END)
        self.lists_day = clock.DAYS.get_loc(TWO_LISTS_DAY)
        self.texts = {clock.DAYS.get_loc(row[0]): row[1:] for row in TEXTS}

    def act(self, day, shop):
        """Yesterday's clicks arrive, then the day's messages go out."""
        self.meet(shop)
        self.visits.arrive(day, shop)
        if day in self.enrol_days:
            self.enrol(day, shop)
        if self.test_days[day] and clock.DAYS[day].day in WAKE_DAYS[2]:
            self.wake(day, shop)
        if self.news_days[day]:
            self.newsletter(day, shop)
        if day == self.lists_day:
            self.two_lists(day, shop)
        if day in self.texts:
            self.text(day, shop, *self.texts[day])

    def meet(self, shop):
        """Tastes of people who are new since yesterday."""
        people, size = shop.people, shop.people.count - self.known
        if not size:
            return
        rng, new = shop.streams("mail readers"), slice(self.known, shop.people.count)
        people.taste[new] = rng.gamma(TASTE, 1 / TASTE, size)
        people.mailbox[new] = rng.random(size) < MAILBOX_FULL
        people.reader[new] = rng.random(size) < NEWS_READERS
        self.known = people.count

    def enrol(self, day, shop):
        """Customers who have become dormant get an arm by lot, in blocks of three who are alike."""
        people, rng = shop.people, shop.streams("cadence lots")
        count = people.count
        silent = (people.last[:count] >= 0) & (day - people.last[:count] >= WAKE_AFTER)
        new = np.flatnonzero(silent & (people.cadence[:count] < 0) & (people.mail_off[:count] < 0))
        new = new[np.lexsort((people.loyalty[new], people.need[new]))]
        lots = np.argsort(rng.random((len(new) // 3 + 1, 3)), axis=1).ravel()[: len(new)]
        people.cadence[new], people.enrolled[new] = lots, day

    def wake(self, day, shop):
        """Wake-up mails of the day to those in the test who are dormant and still want mails."""
        people, count = shop.people, shop.people.count
        due = np.array([clock.DAYS[day].day in days for days in WAKE_DAYS])
        arm = people.cadence[:count]
        dormant = (day - people.last[:count] >= WAKE_AFTER) & (day - people.enrolled[:count] < TEST_DAYS)
        who = np.flatnonzero((arm >= 0) & due[arm] & dormant & (people.mail_off[:count] < 0))
        arm = arm[who]
        batch = Batch.plain("WAKE", "e-mail", who, WAKE_OPEN[arm] * people.taste[who], WAKE_CLICK, arm=arm)
        opened, clicked = self.send(day, shop, batch)
        rng = shop.streams("woken by mail")
        caller = np.flatnonzero(clicked)
        buys = evenly(rng, WAKE_BUY[arm[caller]], arm[caller])
        self.visits.plan(day + 1, day, who[caller], MAIL, buys, True)
        reader = np.flatnonzero(opened & ~clicked)
        later = reader[evenly(rng, WAKE_LATER[arm[reader]], arm[reader])]
        channel = np.where(rng.random(len(later)) < LATER_DIRECT, DIRECT, SEO)
        when = day + rng.integers(LATER_DAYS[0], LATER_DAYS[1] + 1, len(later))
        self.visits.plan(when, day, who[later], channel, True, True)
        tired = rng.random(len(who)) < TIRED[arm]
        self.tire(day, shop, who, tired)

    def tire(self, day, shop, who, tired):
        """One mail too many: these people leave the list or stop reading, and most never buy again."""
        rng, people, gone = shop.streams("tired of mail"), shop.people, np.flatnonzero(tired)
        u = rng.random(len(gone))
        left = np.where(u < TIRED_LEAVE[0], 1, np.where(u < sum(TIRED_LEAVE), 2, 0))
        self.log.blocks["left"][-1][gone] = left
        gone, left = who[gone], left
        people.mail_off[gone[left > 0]] = day
        people.taste[gone] = 0
        people.loyalty[gone] *= TIRED_LOYALTY
        people.need[gone[rng.random(len(gone)) < TIRED_NEVER]] = np.inf

    def newsletter(self, day, shop):
        """The month's newsletter to its readers among the customers of the last three months."""
        people, count, rng = shop.people, shop.people.count, shop.streams("newsletter lots")
        last = people.last[:count]
        active = (last >= 0) & (day - last <= NEWS_ACTIVE) & (people.reader[:count] > 0)
        who = np.flatnonzero(active & (people.mail_off[:count] < 0))
        loyal = people.orders[who] >= LOYAL_ORDERS
        size = len(who)
        by_lot = rng.random(size) < 0.5
        hours = np.array(list(NEWS_HOURS))
        hour = np.where(by_lot, hours[rng.integers(0, len(hours), size)], np.array(USUAL_HOURS)[loyal * 1])
        subject = np.where(clock.DAYS[day] >= np.datetime64(SUBJECT_FROM), 1 + (rng.random(size) < 0.5), 0)
        reads = NEWS_OPEN * people.taste[who] * np.where(loyal, LOYAL_OPEN, 1)
        reads = reads * np.array(list(NEWS_HOURS.values()))[np.searchsorted(hours, hour)]
        batch = Batch.plain(
            "NEWS", "e-mail", who, reads * np.array([1, *SUBJECT_OPEN])[subject],
            NEWS_CLICK * np.array([1, *SUBJECT_CLICK])[subject], segment=np.where(loyal, LOYAL, ACTIVE), hour=hour,
            leave=NEWS_LEAVE, slice=2 - by_lot, subject=subject,
        )  # fmt: skip
        _, clicked = self.send(day, shop, batch)
        self.visit_by_need(day, shop, who, clicked, NEWS_BUY)

    def two_lists(self, day, shop):
        """New registrants and dormant customers are mailed on one morning; some people are both."""
        people, count = shop.people, shop.people.count
        since, last = people.since[:count], people.last[:count]
        open_to = (people.mail_off[:count] < 0) & (people.cadence[:count] < 0)
        new = np.flatnonzero(open_to & (day - since <= NEW_DAYS))
        dormant = np.flatnonzero(open_to & (last >= 0) & (day - last >= WAKE_AFTER))
        both = np.intersect1d(new, dormant)
        for name, who, segment, hour in (("NEW", new, NEW, 9), ("DORM", dormant, DORMANT, 11)):
            leave = np.where(np.isin(who, both), OVERLAP_LEAVE, 1) * BATCH_LEAVE
            batch = Batch.plain(name, "e-mail", who, LIST_OPEN * people.taste[who], LIST_CLICK,
                                segment=segment, hour=hour, leave=leave)  # fmt: skip
            _, clicked = self.send(day, shop, batch)
            self.visit_by_need(day, shop, who, clicked, LIST_BUY)

    def text(self, day, shop, kind, window, click, buy):
        """An SMS with a link to customers whose last order lies in `window` (days ago)."""
        people, count = shop.people, shop.people.count
        ago = day - people.last[:count]
        wanted = (people.last[:count] >= 0) & (ago >= window[0]) & (ago <= window[1])
        who = np.flatnonzero(wanted & (people.text_off[:count] < 0))
        loyal = people.orders[who] >= LOYAL_ORDERS
        segment = np.where(ago[who] >= 60, DORMANT, np.where(loyal, LOYAL, ACTIVE))
        batch = Batch.plain("SMS" if kind == "SMS" else "VIDEO", kind, who, 1.0, click, segment=segment,
                            hour=11, leave=TEXT_LEAVE)  # fmt: skip
        _, clicked = self.send(day, shop, batch)
        caller = np.flatnonzero(clicked)
        buys = evenly(shop.streams("buyers by text"), np.full(len(caller), buy), 0)
        near = people.need[who[caller]] <= day + 14
        self.visits.plan(day + 1, day, who[caller], MAIL, buys, ~near)

    def visit_by_need(self, day, shop, who, clicked, chance):
        """Clicks become visits; those whose stock is nearly out buy."""
        people, rng = shop.people, shop.streams("buyers by mail")
        who = who[clicked]
        gap = np.maximum(people.need[who] - day, 0)
        chance = chance * np.exp(-gap / NEWS_GAP) * DEVICE_NEED[people.device[who]] * shop.market.will[day]
        self.visits.plan(day + 1, day, who, MAIL, rng.random(len(who)) < chance, gap > 14)

    def send(self, day, shop, batch):
        """Send a batch and log it; returns who opened and who clicked (bool arrays)."""
        people, rng, who = shop.people, shop.streams("mail answers"), batch.who
        luck = np.exp(shop.streams.common("mail luck").normal(0, LUCK, 2))
        text = batch.kind != "e-mail"
        back = rng.random(len(who)) < BOUNCE
        delivered = ~back if text else ~back & (people.mailbox[who] == 0)
        group = ((batch.segment * 3 + batch.subject) * 24 + batch.hour) * 12 + batch.slice * 4 + batch.arm + 1
        opened = delivered & evenly(rng, batch.open_chance * (1 if text else luck[0]) * delivered, group)
        clicked = evenly(rng, batch.click_chance * luck[1] * opened, group)
        leaves = delivered & (rng.random(len(who)) < batch.leave)
        left = np.where(leaves, np.where(rng.random(len(who)) < 0.88, 1, 2), 0)
        (people.text_off if text else people.mail_off)[who[leaves]] = day
        self.names.append(f"{batch.name}-{clock.DAYS[day]:%Y-%m-%d}")
        self.kinds.append(batch.kind)
        self.log.add(len(who), day=day, customer=who, campaign=len(self.names) - 1, segment=batch.segment,
                     arm=batch.arm, hour=batch.hour, slice=batch.slice, subject=batch.subject, delivered=delivered,
                     opened=opened, clicked=clicked, left=left)  # fmt: skip
        return opened, clicked
