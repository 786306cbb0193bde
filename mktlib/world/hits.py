"""Raw hits of the shop's pages: what visitors did page by page, as the tracker sent it.

A visit of `web_sessions` is played out: pages in order, seconds on each, steps towards an order. The tracker then sends
hits. It never sees how long a visit's last page is read, and in two releases it has a fault (T01, payment_info).
"""

import numpy as np
import pandas as pd

from . import clock
from .people import DEVICES
from .streams import pick, pick_by_row

# Raw hits are kept for these days only.
WINDOWS = [("2024-02-26", "2024-03-05"), ("2025-05-12", "2025-06-01")]
IDLE = 1800  # seconds without a hit that end a visit
# T01: from a release to its repair page_view fires twice in half of the browsers.
DOUBLE_FIRE = ("2024-03-01", "2024-04-21")
DOUBLE_SECOND = 0.3  # share of second hits that are sent one second later
PAYMENT_LOST_FROM = "2025-05-19"  # since this release of the iOS app payment_info is not sent
LONGEST_GAP = 1740  # seconds between two hits of a visit, at most
# Seconds a page beyond which somebody laid the phone aside; for how long, and at most.
STEADY, PAUSE, ASIDE = 34, 900, 1650

EVENTS = ["page_view", "view_item", "add_to_cart", "begin_checkout", "payment_info", "purchase"]
VIEW, ITEM, ADD, CHECKOUT, PAYMENT, PURCHASE = range(6)

PAGES = ["landing", "product", "shelf", "guide", "/", "/offers", "/member", "/search", "/cart", "/checkout",
         "/order/done"]  # fmt: skip
LANDING, PRODUCT, SHELF, GUIDE, HOME, OFFERS, MEMBER, SEARCH, CART, TILL, DONE = range(11)
BROWSING = np.array([0, 46, 27, 7, 7, 6, 3, 4, 0, 0, 0], float)  # where people go who look around
READING = np.array([0, 22, 14, 46, 6, 4, 3, 5, 0, 0, 0], float)  # the same after landing on a guide
PATIENCE = np.array([1.0, 1.3, 0.8, 2.2, 0.6, 0.9, 0.9, 0.5, 0.7, 1.7, 0.5])  # usual time on a page, relative
PATIENCE_SPREAD = 0.9

# How a visit ends: its last pages, and whether the first of them adds to the cart.
ENDS = {
    "looks": ((), False), "adds": ((PRODUCT,), True), "leaves at the cart": ((PRODUCT, CART), True),
    "leaves at the till": ((PRODUCT, CART, TILL), True), "leaves at the till, no cart": ((PRODUCT, TILL), False),
    "orders by cart": ((PRODUCT, CART, TILL, DONE), True), "orders at once": ((PRODUCT, TILL, DONE), False),
    "orders what was in the cart": ((CART, TILL, DONE), False),
}  # fmt: skip
LOOKS, ADDS, AT_CART, AT_TILL, AT_TILL_NO_CART, BY_CART, AT_ONCE, FROM_BEFORE = range(8)
# Kinds of page from the last one backwards, by end.
TAILS = np.array([[*pages[::-1], -1, -1, -1, -1][:4] for pages, _ in ENDS.values()])
TAIL_LENGTH = np.array([len(pages) for pages, _ in ENDS.values()])
TAIL_ADDS = np.array([adds for _, adds in ENDS.values()])
# Visits without an order that end as ADDS, AT_CART, AT_TILL, AT_TILL_NO_CART.
GIVES_UP = np.array([0.055, 0.055, 0.03, 0.04])
ENDS_AT_DEVICE = np.array([0.8, 1.15, 1.1])
BUYS = np.array([0.38, 0.42, 0.20])  # orders that end as BY_CART, AT_ONCE, FROM_BEFORE
FROM_LIST = 0.18  # articles that are put into the cart from a list, without a look at them
PAYMENT_SHARE = {
    "order": 0.93,
    "no order": 0.45,
}  # visits at the till that choose how to pay; some have it saved

SHELVES = {"/c/diapers": "D", "/c/wipes": "W", "/c/skin-care": "S", "/c/bottles": "B", "/c/food": "F",
           "/c/maternity": "M"}  # fmt: skip
GUIDES = ["/guide/diapers", "/guide/care", "/guide/food", "/guide/pregnancy"]
SHELF_WEIGHT, GUIDE_WEIGHT = [30, 14, 16, 14, 16, 10], [5, 6, 5, 4]
OWN_SITE = "shop.heyu.example"
# Referrer of a visit's first hit by channel: hosts with weights; None: the browser sent none.
REFERRERS = [
    {"www.baidu.com": 46, "m.baidu.com": 30, "www.so.com": 8, "www.sogou.com": 5, "baidu.com": 3, None: 8},
    {"www.douyin.com": 30, "WWW.DOUYIN.COM": 3, "v.kuaishou.com": 8, "www.xiaohongshu.com": 8, "weibo.com": 4, None: 47},
    {"www.baidu.com": 36, "m.baidu.com": 34, "cn.bing.com": 8, "www.so.com": 7, "www.sogou.com": 4, "baidu.com": 3, None: 8},
    {"www.xiaohongshu.com": 38, "xhslink.com": 14, "Xiaohongshu.com": 2, None: 46},
    {"mail.qq.com": 22, "mail.163.com": 9, None: 69},
    {"servicewechat.com": 34, None: 66},
    {None: 1},
    {"quan.shengmama.example": 62, "www.quanduoduo.example": 38},
]  # fmt: skip


def lot(visitor, number):
    """A number from 0 to 1 for each visitor and mechanism, always the same (the last step of splitmix64)."""
    mixed = np.asarray(visitor, dtype=np.uint64) + np.uint64(1 + 1_000_003 * number)
    mixed = mixed * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (mixed >> np.uint64(40)).astype(float) / 2**24


def doubled(visitor):
    """True for browsers in which page_view fires twice while T01 lasts: half of them, always the same."""
    return lot(visitor, 1) < 0.5


def faulty(frame):
    """True for visits whose page views were counted twice."""
    found = clock.between(*DOUBLE_FIRE)[frame["day"]]
    found[found] = doubled(frame["visitor"].to_numpy()[found])
    return found


def span(visits, first, last):
    """Visits of the days `first` to `last` (numbers), both included; visits are in order of time."""
    start, end = np.searchsorted(visits["day"].to_numpy(), [first, last + 1])
    return visits.iloc[start:end]


def visits_of(life, first, last):
    """Visits of a window as arrays, sorted by visitor and time; times in seconds from 1970, offsets from the start."""
    frame = span(life.tables["web_sessions"], *np.flatnonzero(clock.between(first, last))[[0, -1]])
    frame = frame.iloc[np.argsort(frame["visitor_id"].to_numpy(), kind="stable")]
    order = frame["order_id"].fillna(-1).to_numpy(np.int64)
    orders = life.tables["orders"]
    start = seconds_of(frame["started_at"])
    spot = np.minimum(np.searchsorted(orders["order_id"], order), max(len(orders) - 1, 0))
    placed = seconds_of(orders["ordered_at"])[spot] if len(orders) else start
    visitor, channel = frame["visitor_id"].to_numpy(), frame["channel"].to_numpy()
    same = np.append(visitor[1:] == visitor[:-1], False)
    detour = same & np.append((channel[1:] == 7) & (order[1:] >= 0), False)
    gap = np.append(np.diff(start), 0)
    detour &= gap < 2 * IDLE
    room = np.where(same, np.maximum(gap - np.where(detour, 15, IDLE + 1), 0), 10**6)
    faults = faulty(frame)
    landing, landings = pd.factorize(frame["landing_page"])
    return {
        "visitor": visitor, "customer": frame["customer_id"].array, "day": frame["day"].to_numpy(), "start": start,
        "seconds": frame["seconds"].to_numpy(), "pages": np.maximum(frame["pageviews"].to_numpy() // (1 + faults), 1), "faulty": faults,
        "channel": channel, "device": frame["device_number"].to_numpy(), "landing": landing, "landings": list(landings),
        "order": order, "placed": np.where(order >= 0, placed - start, -1), "room": room, "same": same,
        "detour": detour, "came_back": np.insert(detour, 0, False)[: len(detour)],
    }  # fmt: skip


def seconds_of(times):
    """A column of times as seconds from 1970."""
    return times.to_numpy().astype("datetime64[s]").astype(np.int64)


def ends(rng, v):
    """How each visit ends: a row of ENDS. A cart filled before was filled in the visitor's last visit, if there is one."""
    size, pages, bought = len(v["pages"]), v["pages"], v["order"] >= 0
    chance = np.cumsum(GIVES_UP)[:, None] * ENDS_AT_DEVICE[v["device"]]
    deep = (rng.random(size) < chance).sum(0)
    end = np.where(deep > 0, len(GIVES_UP) + 1 - deep, LOOKS)
    end = np.where((end == AT_TILL) & (pages < 4), AT_CART, end)
    end[(pages < 2) | ((end > ADDS) & (pages < 3))] = LOOKS
    end[v["detour"] & (pages >= 3)] = AT_TILL_NO_CART
    end[v["detour"] & (pages >= 4)] = AT_TILL
    end[bought] = BY_CART + pick(rng, BUYS, int(bought.sum()))
    end[bought & v["came_back"]] = FROM_BEFORE
    before = np.append((end == FROM_BEFORE)[1:], False) & v["same"] & (end == LOOKS) & (pages >= 2)
    end[before] = ADDS
    return end


def walk(rng, v, end, articles):
    """Pages of all visits: (visit, position from the end, kind of page, page, whether it adds to the cart) by row."""
    pages = v["pages"]
    visit = np.repeat(np.arange(len(pages)), pages)
    first = np.cumsum(pages) - pages
    place = np.arange(len(visit)) - first[visit]
    left = pages[visit] - 1 - place
    reader = np.array([page.startswith("/guide") for page in v["landings"]])[v["landing"]]
    kind = np.where(reader[visit], pick(rng, READING, len(visit)), pick(rng, BROWSING, len(visit)))
    kind[place == 0] = LANDING
    tail = np.where(left < 4, TAILS[end[visit], np.minimum(left, 3)], -1)
    scripted = (tail >= 0) & (place > 0)
    kind[scripted] = tail[scripted]
    added = scripted & TAIL_ADDS[end[visit]] & (left == TAIL_LENGTH[end[visit]] - 1)
    kind[added & (rng.random(len(visit)) < FROM_LIST)] = SHELF
    ordered = scripted & (kind == PRODUCT) & (end[visit] >= BY_CART)
    return visit, left, kind, pages_of(rng, v, visit, kind, ordered, articles), added


def pages_of(rng, v, visit, kind, ordered, articles):
    """Number of each page, as `addresses` counts them. `articles`: (codes, how often each is bought, first article of each order)."""
    skus, popular, of_order = articles
    page = kind + len(v["landings"])
    page[kind == LANDING] = v["landing"][visit[kind == LANDING]]
    shelves = len(v["landings"]) + len(PAGES)
    for number, first, weights in (
        (SHELF, shelves, SHELF_WEIGHT),
        (GUIDE, shelves + len(SHELVES), GUIDE_WEIGHT),
    ):
        here = kind == number
        page[here] = first + pick(rng, weights, int(here.sum()))
    here = np.flatnonzero(kind == PRODUCT)
    letter = np.array([sku[3] for sku in skus])
    shelf = np.array([SHELVES.get(one, "") for one in v["landings"]])
    table = popular * np.where((letter == shelf[:, None]) & (shelf[:, None] != ""), 9, 1)
    chosen = pick_by_row(rng, table, v["landing"][visit[here]]) if len(skus) else here * 0
    mine = ordered[here]
    bought = of_order.reindex(v["order"][visit[here[mine]]]).to_numpy()
    chosen[mine] = np.searchsorted(skus, bought)
    page[here] = shelves + len(SHELVES) + len(GUIDES) + chosen
    return page


def addresses(page, landings, skus):
    """Pages by number as a column of texts."""
    every = [*landings, *PAGES, *SHELVES, *GUIDES, *("/p/" + sku for sku in skus)]
    texts, number = np.unique(every, return_inverse=True)
    return pd.Categorical.from_codes(number[page], texts)


def articles_of(life, first, last):
    """What was bought in a window: articles, how often, and the first article of each order."""
    items, orders = life.tables["order_items"], life.tables["orders"]
    inside = clock.between(first, last)[orders["day"]]
    mine = orders["order_id"].to_numpy()[inside]
    items = items[items["order_id"].between(mine.min(), mine.max())] if len(mine) else items[:0]
    often = items["sku"].value_counts().sort_index()
    heads = items[items["line"] == 1].set_index("order_id")["sku"]
    return often.index.to_numpy(dtype=str), often.to_numpy(dtype=float), heads.astype(object)


def times(rng, v, visit, left, kind):
    """Seconds from the start of the visit to each page, whole numbers.

    An order falls on its visit's last page. Other visits end with a page whose reading nobody sees.
    """
    pages, bought = v["pages"], v["order"] >= 0
    first = np.cumsum(pages) - pages
    weight = np.exp(rng.normal(0, PATIENCE_SPREAD, len(visit))) * PATIENCE[kind]
    weight[bought[visit] & (left == 0)] = 0
    weight /= np.add.reduceat(weight, first)[visit]
    total = np.where(bought, v["placed"], np.minimum(v["seconds"], v["room"])).astype(float)
    pause = pauses(rng, visit, first, pages - bought, total)
    gap = weight * (total - np.add.reduceat(pause, first))[visit] + pause
    gap = np.where(bought[visit], evened(gap, visit, first, pages - 1, total), np.minimum(gap, LONGEST_GAP))
    reached = np.cumsum(gap) - gap
    at = np.floor(reached - reached[first][visit] + 1e-6).astype(np.int64)
    last = first + pages - 1
    at[last[bought]] = v["placed"][bought]
    return np.minimum(at, np.maximum(total[visit], 0)).astype(np.int64)


def pauses(rng, visit, first, gaps, total):
    """Seconds that somebody laid the phone aside after each page, drawn from what a visit is too long for its pages."""
    extra = np.maximum(total - STEADY * gaps, 0)
    count = np.minimum(np.ceil(extra / PAUSE), gaps)
    place = np.arange(len(visit)) - first[visit]
    lot = np.where(place < gaps[visit], rng.random(len(visit)), 2)
    rank = np.empty(len(visit), dtype=np.int64)
    rank[np.lexsort((lot, visit))] = place
    share = np.where(rank < count[visit], rng.exponential(1.0, len(visit)), 0)
    share /= np.maximum(np.add.reduceat(share, first), 1e-9)[visit]
    found = share * extra[visit]
    return np.where(found > ASIDE, rng.uniform(ASIDE / 3, ASIDE, len(visit)), found)


def evened(gap, visit, first, count, total):
    """Gaps of a visit drawn towards their mean until none is longer than LONGEST_GAP; their sum stays."""
    longest = np.maximum.reduceat(gap, first)
    mean = total / np.maximum(count, 1)
    pull = np.clip((longest - LONGEST_GAP) / np.maximum(longest - mean, 1), 0, 1)[visit]
    return np.where(gap > 0, (1 - pull) * gap + pull * mean[visit], 0)


def recorded(rng, v, end, visit, left, kind, added, at):
    """The hits that reach the tracker: (row of pages, event, seconds from the start of the visit, whether sent first)."""
    row, bought = np.arange(len(visit)), v["order"] >= 0
    following = np.append(at[1:], 0)
    stay = np.where(left > 0, following - at, 30)
    twice = row[v["faulty"][visit]]
    late = (rng.random(len(twice)) < DOUBLE_SECOND) & (stay[twice] > 1)
    till = row[kind == TILL]
    pays = rng.random(len(till)) < np.where(bought[visit[till]], *PAYMENT_SHARE.values())
    lost = (v["device"] == DEVICES.index("ios")) & clock.between(PAYMENT_LOST_FROM, clock.END)[v["day"]]
    paying = till[pays & ~lost[visit[till]]]
    adding, buying = row[added], row[(left == 0) & bought[visit]]
    hits = [
        (row, VIEW, at), (twice, VIEW, at[twice] + late), (row[kind == PRODUCT], ITEM, at[kind == PRODUCT]),
        (adding, ADD, at[adding] + part(rng, stay[adding])), (till, CHECKOUT, at[till]),
        (paying, PAYMENT, at[paying] + part(rng, stay[paying])), (buying, PURCHASE, at[buying]),
    ]  # fmt: skip
    rows = np.concatenate([rows for rows, _, _ in hits])
    event = np.concatenate([np.full(len(rows), event) for rows, event, _ in hits])
    again = np.arange(len(rows)) - len(row)
    return rows, event, np.concatenate([when for _, _, when in hits]), (again < 0) | (again >= len(twice))


def part(rng, stay):
    """A moment while a page is read, at most two minutes after it came."""
    return np.minimum((stay * rng.uniform(0.25, 0.9, len(stay))).astype(np.int64), 120)


def referrers(rng, v):
    """Where each visit's first hit says it came from: (number of the host, -1 where the browser sent nothing; hosts)."""
    hosts = [*sorted({host for group in REFERRERS for host in group if host}), OWN_SITE]
    found = np.full(len(v["pages"]), -1)
    for channel, group in enumerate(REFERRERS):
        here = v["channel"] == channel
        number = np.array([hosts.index(host) if host else -1 for host in group])
        found[here] = number[pick(rng, list(group.values()), int(here.sum()))]
    return found, hosts


def window(life, first, last):
    """Hits of one window."""
    rng, v = life.streams("hits"), visits_of(life, first, last)
    if not len(v["pages"]):
        return pd.DataFrame()
    end = ends(rng, v)
    articles = articles_of(life, first, last)
    visit, left, kind, page, added = walk(rng, v, end, articles)
    at = times(rng, v, visit, left, kind)
    row, event, when, first_sent = recorded(rng, v, end, visit, left, kind, added, at)
    source, hosts = referrers(rng, v)
    one = visit[row]
    moment = v["start"][one] + when
    order = np.lexsort((~first_sent, event, row, v["visitor"][one], moment))
    row, event, one, moment = row[order], event[order], one[order], moment[order]
    entry = (left[row] == v["pages"][one] - 1) & (event == VIEW) & first_sent[order]
    number = np.where(event == PURCHASE, v["order"][one], -1)
    return pd.DataFrame({
        "event_time_utc": (moment - 8 * 3600).astype("datetime64[s]"),
        "visitor_id": v["visitor"][one],
        "customer_id": v["customer"][one],
        "event": pd.Categorical.from_codes(event, EVENTS),
        "page": addresses(page[row], v["landings"], articles[0]),
        "device": pd.Categorical.from_codes(v["device"][one], DEVICES),
        "referrer": pd.Categorical.from_codes(np.where(entry, source[one], len(hosts) - 1), hosts),
        "order_id": pd.Series(number).where(number >= 0).astype("Int64"),
    })  # fmt: skip


def events(life):
    """The table of raw hits, in order of time."""
    frame = pd.concat([window(life, *days) for days in WINDOWS], ignore_index=True)
    frame.insert(0, "event_id", np.arange(len(frame)) + 1 + life.streams.part * 10_000_000)
    return frame
