"""What the private domain leaves behind: contacts, the funnel of its codes, groups, chats, points, the list of the test."""

import heapq

import numpy as np
import pandas as pd

from . import clock, private, sales
from .private import ACCOUNT, CARD, CASH, DOUYIN, GROUP, HOOKS, ROOM, SOURCES, STAND
from .streams import Streams, pick, pick_by_row

UNITS = 10_000_000  # ids of each part of a large world start at a multiple of this
STAFF = {2023: 2, 2024: 4, 2025: 7}
STAND_HOURS = np.array([0] * 9 + [4, 9, 12, 9, 7, 10, 12, 11, 7, 3] + [0] * 5, float)
NIGHT_END = 9 * 60  # minute of the day from which advisers work

# One phone, two WeChat ids (S01.6): share of contacts that get a second row, and whose it is.
SECOND = {"second account": 0.030, "family": 0.040, "second adviser": 0.020}
GENDER = {"self": (0.85, 0.09, 0.06), "family": (0.25, 0.62, 0.13)}  # f, m, not told

GIFT = np.array([2.6, 1.2, 9.0, 20.0])  # CNY per add; the last one to the cent
PLACE = np.array([0.55, 0.02, 0.01, 0.008, 0.35])  # CNY per view: print, posters, stands
CLICKS = {ACCOUNT: 2.3, DOUYIN: 2.8, ROOM: 1.9}  # taps per expected add; cards and stands do not tell
AD_SHARE = {
    DOUYIN: ("feed_ads_daily", 0.08),
    ROOM: ("budget", 0.015),
}  # public traffic that was sent to the code

KINDS = ["mothers", "trial", "flash sale"]
NAMES = {"mothers": "禾屿宝妈交流{}群", "trial": "禾屿试用官{}群", "flash sale": "禾屿囤货福利{}群"}
KIND_OF_HOOK = np.array([[0.8, 0.0, 0.2], [0.7, 0.0, 0.3], [0.1, 0.65, 0.25], [0.0, 0.0, 1.0]])
GROUP_JOIN = np.array([0.80, 0.45, 0.55, 0.66])
PATIENCE = 900.0  # minutes: an invitation that comes late is not taken
GROUP_SIZE, LARGE, LARGE_FROM, LARGE_SIZE = 185, 2001, 120, 480
DENSITY, LARGE_DENSITY = (
    (0.42, 0.55),
    4.0,
)  # messages per member and day: median and log sd; the largest group
TOP6, LARGE_TOP6 = (0.27, 0.46), 0.70
LEAVE, LEAVE_POWER, LOUDEST = (
    0.0013,
    0.44,
    7.0,
)  # chance to leave a day, times exp(power x density), as far as it counts
TAPS = 0.072  # of members who open an offer

POINTS_FROM, POINTS_PER_YUAN, POINTS_AFTER, POINTS_LIFE = "2024-01-01", 2, 16, 365
NEVER, REDEEM_DAYS = 0.27, (60.0, 420.0)
GOODS = {
    "wipes travel pack": 0.41,
    "diaper trial pack": 0.50,
    "CNY 5 off": 0.78,
}  # cost per yuan of face value


def lean(life):
    """Orders with what is asked of them here: numbers, and True for own shop, paid, through the private domain."""
    orders = life.tables["orders"]
    made = orders[["order_id", "customer_id", "ordered_at", "day", "amount", "new_customer_coupon"]]
    return made.assign(own=(orders["store"] == "own").to_numpy(), paid=(orders["status"] == "paid").to_numpy(),
                       inside=(orders["channel"] == "private domain").to_numpy())  # fmt: skip


def known(when):
    """Times after the last day that is told become missing."""
    return when.where(when < pd.Timestamp(clock.KNOWN) + pd.Timedelta(days=1))


def minute(rng, day, source):
    """Clock time to the minute for each event; the place tells the hour."""
    second = sales.seconds(rng, sales.HOURS, len(day))
    for place, hours in ((ROOM, sales.LIVE_HOURS), (STAND, STAND_HOURS)):
        here = source == place
        second[here] = sales.seconds(rng, hours, int(here.sum()))
    return pd.Series(sales.stamp(day, second // 60 * 60))


def base(life):
    """First contacts as the actor logged them, known ones; frame with day, customer (-1), source, hook, blocked (day)."""
    actor = life.shop.actors["private"]
    frame = pd.DataFrame(actor.contacts.columns()).reset_index(names="number")
    links = actor.links.columns()
    frame.loc[links["contact"], "customer"] = links["customer"]
    frame.loc[frame["blocked"] >= clock.N_DAYS, "blocked"] = -1
    since = life.people.since[frame["customer"]]
    frame.loc[since >= clock.N_KNOWN, "customer"] = -1
    return frame[frame["day"] < clock.N_KNOWN].reset_index(drop=True)


def seconds_of_people(rng, first):
    """Further rows: second accounts, relatives with the same phone, people who added two advisers."""
    row = np.flatnonzero(rng.random(len(first)) < sum(SECOND.values()))
    kind = pick(rng, list(SECOND.values()), len(row))
    more = first.iloc[row].assign(row=row, relation=np.array(list(SECOND))[kind])
    more["day"] += 1 + rng.exponential(45, len(more)).astype(np.int64)
    quick = rng.random(len(more)) < private.QUICK[more["hook"]]
    more["blocked"] = np.where(quick, more["day"] + pick(rng, private.QUICK_DAYS, len(more)), -1)
    dead = (more["source"] == DOUYIN) & clock.between(*private.QR_DAYS)[
        np.minimum(more["day"], clock.N_DAYS - 1)
    ]
    return more[(more["day"] < clock.N_KNOWN) & ~dead]


def contacts(life):
    """The contacts table in order of time, with helpers: number (of the actor's contact), person, relation, day."""
    rng, first = life.streams("private contacts"), base(life)
    first = first.assign(row=np.arange(len(first)), relation="self")
    u = rng.random((len(first), 4))
    first["sex"] = np.array(["f", "m", ""])[pick(rng, GENDER["self"], len(first))]
    told = u[:, 0] < np.where(first["customer"] >= 0, 0.62, 0.35)
    born = np.where(first["customer"] >= 0, life.people.birth[first["customer"]],
                    clock.MONTH[first["day"]] - np.round(16 * u[:, 1] - 4).astype(int))  # fmt: skip
    first["born"] = np.where(told, born, -1)
    first["phoned"] = u[:, 2] < np.where(first["customer"] >= 0, 0.95, 0.76)
    both = pd.concat([first, seconds_of_people(rng, first)], ignore_index=True)
    family = (both["relation"] == "family").to_numpy()
    both.loc[family, "sex"] = np.array(["f", "m", ""])[pick(rng, GENDER["family"], int(family.sum()))]
    other = both["relation"] != "self"
    both.loc[other & (rng.random(len(both)) < 0.45), "born"] = -1
    both["phoned"] &= ~((both["relation"] == "second adviser") & (rng.random(len(both)) < 0.3))
    both["person"] = np.where(family, len(first) + np.arange(len(both)), both["row"])
    both["account"] = np.where(
        both["relation"].isin(["second account", "family"]), len(first) + np.arange(len(both)), both["row"]
    )
    return dressed(life, rng, both)


def dressed(life, rng, both):
    """Times, ids, adviser and the later steps of each contact."""
    size, day, part = len(both), both["day"].to_numpy(), life.streams.part * UNITS
    added = minute(rng, day, both["source"].to_numpy())
    blocked = both["blocked"].to_numpy()
    left = minute(rng, np.maximum(blocked, 0), np.full(size, CARD))
    soon = added + pd.to_timedelta(np.ceil(1 + rng.exponential(35, size)), unit="min")
    both["added_at"] = added
    both["blocked_at"] = known(left.where(blocked != day, soon).where(blocked >= 0))
    clock_minute = (added - added.dt.normalize()).dt.total_seconds() / 60
    night = np.where(
        clock_minute < NIGHT_END,
        NIGHT_END - clock_minute,
        np.where(clock_minute > 1290, 1980 - clock_minute, 0),
    )
    both["group_invite_minutes"] = np.ceil(night + 14 * np.exp(rng.normal(0, 1.25, size))).astype(np.int64)
    staff = np.array([STAFF[year] for year in clock.DAYS.year[day]])
    both["adviser"] = np.char.add("K0", (1 + np.floor(rng.random(size) * staff)).astype(int).astype(str))
    opened = np.where(both["customer"] >= 0, 0.92, 0.2) > rng.random(size)
    first_order = np.maximum(life.people.since[both["customer"]], day)
    both["opened"] = np.where(both["customer"] >= 0, first_order, day) + rng.geometric(0.5, size) - 1
    both["mini_program_on"] = known(
        pd.Series(clock.DAYS[np.minimum(both["opened"], clock.N_DAYS - 1)])
    ).where(opened)
    both = both.sort_values(["added_at", "row"], kind="stable", ignore_index=True)
    both["contact_id"] = part + 1 + np.arange(size)
    both["person"] += part + 1
    both["wechat_id"] = part + 1 + pd.factorize(both["account"])[0]
    both["phone_id"] = sales.nullable(np.where(both["phoned"], part + 1 + pd.factorize(both["row"])[0], -1))
    both["customer_id"] = sales.nullable(
        np.where(both["customer"] >= 0, both["customer"] + sales.first_customer(life.streams), -1)
    )
    both["gender"] = both["sex"]
    born = both["born"].to_numpy()
    month = np.char.add(
        np.char.add((born // 12).astype(str), "-"), np.char.zfill((born % 12 + 1).astype(str), 2)
    )
    both["child_birth_month"] = pd.Series(month).where(born >= 0)
    both["source"], both["hook"] = np.array(SOURCES)[both["source"]], np.array(HOOKS)[both["hook"]]
    return both


# The funnel of the codes


def shared(total, weights):
    """`total` (days,) split over the last axis of `weights` (days, cells), to the cent; the first cell if all weigh nothing."""
    weights = weights + 1e-9 * (np.arange(weights.shape[1]) == 0)
    edges = np.round(np.cumsum(weights, 1) / weights.sum(1, keepdims=True) * total[:, None], 2)
    return np.round(np.diff(edges, axis=1, prepend=0), 2)


def by_day(frame, column, first):
    """Sum of a column per day from `first` to the last that is told."""
    day = (frame["date"] - pd.Timestamp(clock.START)).dt.days
    return np.bincount(day, frame[column], clock.N_KNOWN)[first : clock.N_KNOWN]


def funnel(life, people, orders):
    """hook_funnel_daily: the codes of 2025; hook costs add up to the channel's media money of the day."""
    rng, first = life.streams("private funnel"), clock.DAYS.get_loc(pd.Timestamp("2025-01-01"))
    days = clock.N_KNOWN - first
    cells = np.zeros((4, days, 5, 4))  # views, adds, coupons, clicks
    actor = life.shop.actors["private"]
    cards, card_hook = actor.shown.columns().values()
    told = (cards >= first) & (cards < clock.N_KNOWN)
    np.add.at(cells[0], (cards[told] - first, CARD, card_hook[told]), 1)
    cells[0, :, 1:] = actor.views[first : clock.N_KNOWN]
    source, hook = (
        pd.Categorical(people["source"], SOURCES).codes,
        pd.Categorical(people["hook"], HOOKS).codes,
    )
    late = (people["day"] >= first).to_numpy()
    np.add.at(cells[1], (people["day"][late] - first, source[late], hook[late]), 1)
    cells[0] = np.maximum(cells[0], cells[1])
    one = (
        people.assign(s=source, h=hook)
        .dropna(subset=["customer_id"])
        .drop_duplicates("customer_id")
        .set_index("customer_id")
    )
    given = orders[orders["inside"] & (orders["new_customer_coupon"] > 0) & (orders["day"] >= first)]
    who = one.reindex(given["customer_id"])[["s", "h"]].fillna({"s": ACCOUNT, "h": GROUP}).astype(int)
    np.add.at(cells[2], (given["day"].to_numpy() - first, who["s"], who["h"]), given["new_customer_coupon"])
    for place, often in CLICKS.items():
        rate = np.minimum(private.ADD_RATE[place - 1] * private.HOOK_ADD * often, 0.6)
        cells[3, :, place] = np.maximum(
            rng.binomial(cells[0, :, place].astype(int), rate), cells[1, :, place]
        )
    budget, dates = life.tables["budget"], np.repeat(clock.DAYS[first : clock.N_KNOWN], 20)
    budget = budget[(budget["item"] == "media") & budget["channel"].isin(["private domain", "live"])]
    spent = by_day(budget[budget["channel"] == "private domain"], "spent", first)
    cash = np.minimum(
        np.round(cells[1, :, :, CASH] * GIFT[CASH], 2), shared(0.8 * spent, cells[1, :, :, CASH])
    )
    rest = cells[0] * PLACE[:, None] + cells[1] * np.where(np.arange(4) == CASH, 0, GIFT)
    cost = shared(spent - cash.sum(1), rest.reshape(days, 20)).reshape(days, 5, 4)
    cost[:, :, CASH] += cash
    ads = np.zeros((days, 5, 4))
    for place, (table, share) in AD_SHARE.items():
        money = budget if table == "budget" else life.tables[table]
        money = (
            money[money["channel"] == "live"]
            if table == "budget"
            else money[money["campaign"] == "HY-BASE-D"]
        )
        total = np.round(by_day(money, "spent" if table == "budget" else "cost", first) * share, 2)
        ads[:, place] = shared(total, cells[0, :, place])
    frame = pd.DataFrame({
        "date": dates, "source": np.tile(np.repeat(SOURCES, 4), days), "hook": np.tile(HOOKS, days * 5),
        "impressions": cells[0].ravel().astype(np.int64), "adds": cells[1].ravel().astype(np.int64),
        "clicks": pd.Series(cells[3].ravel()).astype("Int64"), "hook_cost": np.round(cost.ravel(), 2),
        "coupon_cost": cells[2].ravel(), "ad_cost": ads.ravel(),
    })  # fmt: skip
    frame.loc[~frame["source"].isin([SOURCES[place] for place in CLICKS]), "clicks"] = pd.NA
    return frame[(frame[["impressions", "hook_cost", "coupon_cost", "ad_cost"]] > 0).any(axis=1)].reset_index(
        drop=True
    )


# Groups


def admitted(came, leaves):
    """True for those who find a free seat in the large group: `came` sorted days, `leaves` the day each would leave."""
    inside, lucky = [], np.zeros(len(came), bool)
    for number, (day, end) in enumerate(zip(came.tolist(), leaves.tolist(), strict=True)):
        while inside and inside[0] <= day:
            heapq.heappop(inside)
        if len(inside) < LARGE_SIZE:
            heapq.heappush(inside, end)
            lucky[number] = True
    return lucky


def seat(rng, people, leaves_large):
    """A group for those who take the invitation: kind x 1000 + number within the kind, -1 without; shape (contacts,).

    Groups of a kind fill one after the other; the second flash-sale group is the one everybody is sent to while it has seats.
    """
    hook, came = pd.Categorical(people["hook"], HOOKS).codes, people["join_day"].to_numpy()
    takes = rng.random(len(people)) < GROUP_JOIN[hook] * np.exp(
        -people["group_invite_minutes"].to_numpy() / PATIENCE
    )
    kind, key = np.where(takes, pick_by_row(rng, KIND_OF_HOOK, hook), -1), np.full(len(people), -1)
    for one, name in enumerate(KINDS):
        rows = np.flatnonzero(kind == one)
        rows = rows[np.argsort(came[rows], kind="stable")]
        skipped = 0
        if name == "flash sale":
            late = rows[LARGE_FROM:]
            large = late[admitted(came[late], leaves_large[late])]
            key[large] = LARGE
            rows, skipped = rows[~np.isin(rows, large)], GROUP_SIZE - LARGE_FROM
        ends = np.cumsum(np.maximum(rng.normal(GROUP_SIZE, 28, len(rows) // 100 + 2), 60))
        number = np.searchsorted(ends, np.arange(len(rows)) + skipped, side="right")
        key[rows] = one * 1000 + np.where((name == "flash sale") & (number > 0), number + 1, number)
    return key


def activity(rng, common, key):
    """Messages per member on each day of a group, shape (days,), and the share that its six busiest members write."""
    _, peak, _ = clock.promo_windows()
    flash = np.isin(clock.DAY_OF_WEEK, private.FLASH_WEEKDAYS)
    shape = np.where(flash, 1.3, 0.9) * np.where(peak, 1.5, 1.0) * np.exp(common)
    shape = shape * np.exp(rng.normal(0, 0.22, clock.N_DAYS))
    if key == LARGE:
        return LARGE_DENSITY * shape, LARGE_TOP6
    lively = 1.5 if key >= 2000 else 1.0
    return DENSITY[0] * np.exp(rng.normal(0, DENSITY[1])) * lively * shape, rng.uniform(*TOP6)


def until(density, came, patience, gone):
    """Day on which each member leaves a group: the denser its messages, the sooner; at the latest when they block."""
    hazard = np.cumsum(LEAVE * np.exp(LEAVE_POWER * np.minimum(density, LOUDEST)))
    last = np.minimum(came, clock.N_DAYS - 1)
    return np.minimum(np.searchsorted(hazard, hazard[last] + patience), gone)


def groups(life, people, orders):
    """(groups, group_days); adds group_id, group_joined_on and group_left_on to the contacts."""
    rng, common = (
        life.streams("private groups"),
        life.streams.common("private groups").normal(0, 0.12, clock.N_DAYS),
    )
    wait = people["group_invite_minutes"].to_numpy() + rng.exponential(420, len(people))
    start, minutes = pd.Timestamp(clock.START), pd.to_timedelta(np.ceil(wait), unit="min")
    came = (people["added_at"] + minutes - start).dt.days.to_numpy()
    gone = (people["blocked_at"].fillna(pd.Timestamp(clock.END)) - start).dt.days.to_numpy()
    people["join_day"], patience = came, rng.exponential(1, len(people))
    large = activity(rng, common, LARGE)
    key = seat(rng, people, until(large[0], came, patience, gone))
    key[came >= np.minimum(clock.N_KNOWN, gone + 1)] = -1
    names, found = np.unique(key[key >= 0], return_inverse=True)
    opened = np.full(len(names), clock.N_DAYS)
    np.minimum.at(opened, found, came[key >= 0])
    leaves, where, days, facts = np.full(len(people), clock.N_DAYS), np.full(len(people), -1), [], []
    for group, spot in enumerate(np.lexsort((names, opened))):
        rows = np.flatnonzero(key == names[spot])
        density, top6 = large if names[spot] == LARGE else activity(rng, common, int(names[spot]))
        where[rows], leaves[rows] = group, until(density, came[rows], patience[rows], gone[rows])
        days.append(group_days(rng, group, came[rows], leaves[rows], density, top6))
        kind, nth = KINDS[names[spot] // 1000], names[spot] % 1000 + 1
        facts.append((NAMES[kind].format(nth), kind, clock.DAYS[opened[spot]], f"K0{1 + group % 7}"))
    unit, inside = life.streams.part * UNITS + 1, where >= 0
    dates = np.append(clock.DAYS.to_numpy(), np.datetime64("NaT"))
    people["where"], people["leave_day"] = where, leaves
    people["group_id"] = sales.nullable(np.where(inside, where + unit, -1))
    people["group_joined_on"] = dates[np.where(inside, came, -1)]
    people["group_left_on"] = dates[np.where(inside & (leaves < clock.N_KNOWN), leaves, -1)]
    table = pd.DataFrame(facts, columns=["name_zh", "kind", "opened_on", "adviser"])
    table.insert(0, "group_id", np.arange(len(table)) + unit)
    nobody = np.zeros(0, np.int64)
    each = pd.concat(days or [group_days(rng, 0, nobody, nobody, *large)], ignore_index=True)
    return table, each.assign(orders=orders_of(people, orders, each), group_id=each["group"] + unit)


def group_days(rng, group, came, left, density, top6):
    """What a group did on each day from 2025 on."""
    first = max(
        int(came.min()) if len(came) else clock.N_KNOWN, clock.DAYS.get_loc(pd.Timestamp("2025-01-01"))
    )
    day = np.arange(first, clock.N_KNOWN)
    joined, away = (
        np.bincount(np.minimum(one, clock.N_DAYS), minlength=clock.N_DAYS + 1) for one in (came, left)
    )
    members = np.cumsum(joined - away)[day]
    messages = rng.poisson(members * density[day])
    talks = np.clip(
        rng.binomial(members, 1 - np.exp(-0.22 * density[day] ** 0.6)), np.minimum(messages, 1), messages
    )
    top = np.where(
        talks <= 6, messages, rng.binomial(messages, np.clip(top6 + rng.normal(0, 0.04, len(day)), 0.1, 0.9))
    )
    flash = np.isin(clock.DAY_OF_WEEK[day], private.FLASH_WEEKDAYS)
    offers = np.where(flash, 1 + rng.poisson(0.4, len(day)), rng.poisson(0.15, len(day)))
    taps = np.where(offers > 0, rng.binomial(members, TAPS * np.where(flash, 1.15, 0.8)), 0)
    work = np.round(2 + 4 * offers + 0.015 * messages + rng.gamma(3, 1, len(day))).astype(np.int64)
    return pd.DataFrame({"date": clock.DAYS[day], "day": day, "group": group, "members": members, "joined": joined[day],
                         "left": away[day], "messages": messages, "senders": talks, "messages_top6": np.maximum(top, np.minimum(messages, 1)),
                         "offers": offers, "offer_taps": taps, "adviser_minutes": work})  # fmt: skip


def orders_of(people, orders, each):
    """Paid orders through the private domain of the people who were in the group that day."""
    seated = people.loc[
        (people["where"] >= 0) & people["customer_id"].notna(),
        ["customer_id", "where", "join_day", "leave_day"],
    ]
    bought = orders.loc[orders["inside"] & orders["paid"], ["customer_id", "day"]]
    pairs = bought.merge(seated.astype({"customer_id": "int64"}), on="customer_id")
    pairs = pairs[(pairs["join_day"] <= pairs["day"]) & (pairs["day"] <= pairs["leave_day"])]
    counts = np.zeros((int(each["group"].max()) + 1 if len(each) else 1, clock.N_DAYS), np.int64)
    np.add.at(counts, (pairs["where"], pairs["day"]), 1)
    return counts[each["group"], each["day"]]


def chats(life, people, orders):
    """adviser_chats: one-to-one chats since 2025; somebody who bought after a chat bought within minutes or days."""
    rng = life.streams("private chat times")
    frame = pd.DataFrame(life.shop.actors["private"].chats.columns())
    frame = frame[frame["day"] < clock.N_KNOWN].reset_index(drop=True)
    known_as = people[people["relation"] == "self"].set_index("number")
    minutes = np.floor(rng.uniform(9 * 60, 21.5 * 60, len(frame)))
    bought = orders.loc[
        orders["own"] & (orders["day"] >= frame["day"].min()), ["customer_id", "day", "ordered_at"]
    ]
    at = frame.assign(customer_id=frame["customer"] + sales.first_customer(life.streams)).merge(
        bought.drop_duplicates(["customer_id", "day"], keep="last"), on=["customer_id", "day"], how="left"
    )["ordered_at"]
    before = (at - at.dt.normalize()).dt.total_seconds() / 60 - rng.uniform(4, 70, len(frame))
    minutes = np.floor(np.maximum(np.where(before.notna(), before, minutes), 0))
    earliest = frame["contact"].map(known_as["added_at"]) + pd.Timedelta(minutes=3)
    frame["started_at"] = np.maximum(
        pd.Series(clock.DAYS[frame["day"]]) + pd.to_timedelta(minutes, unit="min"), earliest
    )
    frame["contact_id"] = frame["contact"].map(known_as["contact_id"])
    frame["adviser"] = frame["contact"].map(known_as["adviser"])
    frame["lead"] = np.array(private.CHAT_KINDS)[frame["kind"].to_numpy(dtype=np.int64)]
    frame["minutes"] = np.ceil(2 + 10 * np.exp(rng.normal(0, 0.6, len(frame)))).astype(np.int64)
    frame = frame[~(frame["started_at"] > frame["contact"].map(known_as["blocked_at"]))]
    frame = frame.dropna(subset=["contact_id"]).sort_values(["started_at", "contact_id"], ignore_index=True)
    frame["chat_id"] = np.arange(len(frame)) + 1 + life.streams.part * UNITS
    return frame.astype({"contact_id": "int64"})


# Points


def lots(life, people, orders):
    """Points earned by each order of a mini-program member, with their fate: day earned, day redeemed or lost, redeemed."""
    tables = life.tables
    rng = Streams(life.streams.seed, life.streams.part)("private points")  # a fresh one: asked for twice
    member = people.dropna(subset=["mini_program_on", "customer_id"]).drop_duplicates("customer_id")
    since = member.set_index(member["customer_id"].astype("int64"))["mini_program_on"]
    orders = orders[orders["own"] & orders["paid"] & (orders["ordered_at"] >= POINTS_FROM)]
    orders = orders[orders["ordered_at"] >= orders["customer_id"].map(since)]
    back = tables["all_refunds"].groupby("order_id")["amount"].sum()
    points = np.floor(
        POINTS_PER_YUAN * (orders["amount"] - orders["order_id"].map(back).fillna(0)) + 1e-6
    ).astype(int)
    lot = pd.DataFrame({"customer_id": orders["customer_id"], "order_id": orders["order_id"],
                        "earned": orders["day"] + POINTS_AFTER, "points": points})  # fmt: skip
    lot = lot[(lot["points"] > 0) & (lot["earned"] < clock.N_KNOWN)].reset_index(drop=True)
    who, row = np.unique(lot["customer_id"], return_inverse=True)
    pause = np.exp(rng.uniform(*np.log(REDEEM_DAYS), len(who)))
    dates = np.cumsum(rng.exponential(1, (len(who), 40)) * pause[:, None], axis=1) + clock.DAYS.get_loc(
        pd.Timestamp(POINTS_FROM)
    )
    dates[rng.random(len(who)) < NEVER] = 99_999
    keys = (np.minimum(dates, 99_999) + 100_000 * np.arange(len(who))[:, None]).ravel()
    spot = np.minimum(np.searchsorted(keys, lot["earned"] + 100_000 * row), len(keys) - 1)
    when = (
        (keys[spot] // 100_000 == row) * (keys[spot] % 100_000).astype(np.int64)
        if len(lot)
        else lot["earned"]
    )
    lot["redeemed"] = (when > 0) & (when <= lot["earned"] + POINTS_LIFE)
    lot["end"] = np.where(lot["redeemed"], when, lot["earned"] + POINTS_LIFE + 1)
    return lot


def ledger(life, people, orders):
    """points_ledger: earned 16 days after an order, taken for goods all at once, lost after a year."""
    lot, rng = lots(life, people, orders), life.streams("private goods")
    lost, used = lot[~lot["redeemed"]], lot[lot["redeemed"]]
    taken = used.groupby(["customer_id", "end"], as_index=False)["points"].sum()
    goods = pick(rng, (0.4, 0.35, 0.25), len(taken))
    cost = np.round(taken["points"] / 100 * np.array(list(GOODS.values()))[goods], 2)
    parts = [
        pd.DataFrame({"customer_id": lot["customer_id"], "day": lot["earned"], "kind": "earned", "points": lot["points"], "order_id": lot["order_id"]}),
        pd.DataFrame({"customer_id": taken["customer_id"], "day": taken["end"], "kind": "redeemed", "points": -taken["points"],
                      "order_id": -1, "goods": np.array(list(GOODS))[goods], "cost": cost}),
        pd.DataFrame({"customer_id": lost["customer_id"], "day": lost["end"], "kind": "expired", "points": -lost["points"], "order_id": lost["order_id"]}),
    ]  # fmt: skip
    frame = pd.concat(parts, ignore_index=True)
    frame = frame[frame["day"] < clock.N_KNOWN].sort_values(
        ["day", "kind", "customer_id", "order_id"], ignore_index=True
    )
    frame["entry_id"] = np.arange(len(frame)) + 1 + life.streams.part * UNITS
    frame["date"], frame["order_id"] = clock.DAYS[frame["day"]], sales.nullable(frame["order_id"].to_numpy())
    frame["goods"], frame["cost"] = frame["goods"].fillna(""), frame["cost"].fillna(0.0)
    return frame


def holdout(life, orders):
    """private_holdout: the lots of the test, with the order whose parcel had the card or would have had it."""
    test = pd.DataFrame(life.shop.actors["private"].test.columns())
    test = test[test["start"] < clock.N_KNOWN]
    bought = orders.loc[
        orders["own"] & orders["paid"] & orders["day"].isin(test["day"].unique()),
        ["customer_id", "day", "order_id"],
    ]
    test["customer_id"] = test["customer"] + sales.first_customer(life.streams)
    test = test.merge(bought.drop_duplicates(["customer_id", "day"]), on=["customer_id", "day"])
    test["start"] = clock.DAYS[test["start"]]
    test["arm"] = np.where(test["invited"], "invited", "held out")
    return test.sort_values("order_id", ignore_index=True)


# What can be found


def points_found(life):
    """Share of points that are ever redeemed: of those earned in 2024, whose fate is known, and of all in the end."""
    book = life.tables["points_ledger"]
    lot = lots(life, life.tables["wecom_contacts"], lean(life))
    totals = (
        book.groupby("kind")["points"].sum().abs().reindex(["earned", "redeemed", "expired"], fill_value=0)
    )
    old = book[(book["kind"] == "earned") & (book["date"] < "2024-12-31")]
    lost = book[(book["kind"] == "expired") & book["order_id"].isin(old["order_id"])]
    share = 1 + lost["points"].sum() / max(old["points"].sum(), 1)
    cost = book["cost"].sum() / max(totals["redeemed"], 1)
    return {
        "what": "About 60 % of the points are ever redeemed, for goods that cost Heyu about half of their face value.",
        "cause": {"members_who_never_redeem": NEVER, "days_between_redemptions": REDEEM_DAYS, "cost_of_goods_over_face_value": GOODS,
                  "points_per_yuan": POINTS_PER_YUAN, "face_value_of_100_points": 1.0, "life_days": POINTS_LIFE},
        "found": {"earned": totals["earned"], "redeemed": totals["redeemed"], "expired": totals["expired"],
                  "redeemed_over_earned_so_far": totals["redeemed"] / max(totals["earned"], 1),
                  "share_redeemed_of_2024": share, "cost_per_point": cost, "cost_of_all_points_earned": totals["earned"] * share * cost,
                  "face_value_of_all_points_earned": totals["earned"] / 100},
        "final": {"share_redeemed": (lot["points"] * lot["redeemed"]).sum() / max(lot["points"].sum(), 1)},
    }  # fmt: skip


def groups_found(life):
    """How fast people leave quiet and loud groups, the largest group, orders per chat and per tap on an offer."""
    days, talks = life.tables["group_days"].query("members >= 30"), life.tables["adviser_chats"]
    density = days["messages"] / days["members"]
    rate = {name: days.loc[here, "left"].sum() / max(days.loc[here, "members"].sum(), 1)
            for name, here in (("below 0.8 messages a member", density < 0.8), ("above 3 messages a member", density > 3))}  # fmt: skip
    large = (
        days[days["group_id"] == days.groupby("group_id")["members"].mean().idxmax()] if len(days) else days
    )
    offers = days[days["offers"] > 0]
    own = life.tables["orders"].query("store == 'own' and status == 'paid'")[["customer_id", "ordered_at"]]
    who = life.tables["wecom_contacts"].set_index("contact_id")["customer_id"]
    pairs = talks.assign(customer_id=talks["contact_id"].map(who).astype("Int64"))[
        ["chat_id", "customer_id", "started_at"]
    ]
    pairs = pairs.merge(own.astype({"customer_id": "Int64"}), on="customer_id")
    wait = pairs["ordered_at"] - pairs["started_at"]
    bought = talks["chat_id"].isin(
        pairs.loc[(wait >= pd.Timedelta(0)) & (wait < pd.Timedelta(days=3)), "chat_id"]
    )
    return {
        "what": "Leaving rises with the density of messages; the largest group is six people talking; chats convert well because those "
        "who want to buy ask, and an hour of them sells less than an hour spent on groups.",
        "cause": {"chance_to_leave_a_day": LEAVE, "times_exp_of_density_x": LEAVE_POWER, "top6_of_the_largest": LARGE_TOP6,
                  "chats_by_lead": dict(zip(private.CHAT_KINDS, private.CHAT_SHARE, strict=True))},
        "found": {"leave_rate_a_day": rate, "largest_group": {
                      "members": large["members"].mean(), "messages_a_day": large["messages"].mean(),
                      "top6_share": large["messages_top6"].sum() / max(large["messages"].sum(), 1)},
                  "orders_within_3_days_per_chat": {"all": bought.mean(), **bought.groupby(talks["lead"]).mean().to_dict()},
                  "orders_per_tap_on_days_with_offers": offers["orders"].sum() / max(offers["offer_taps"].sum(), 1),
                  "orders_per_hour": {"chats": bought.sum() / max(talks["minutes"].sum() / 60, 1e-9),
                                      "groups": days["orders"].sum() / max(days["adviser_minutes"].sum() / 60, 1e-9)}},
    }  # fmt: skip
