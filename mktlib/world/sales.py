"""From what happened to tables: sessions, customers, orders, lines, money, refunds."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from . import clock, geo, products, site, tracking
from .people import BANDS, CHANNELS, DEVICES, NOTES, PRIVATE, SEO, STORES, STREAM
from .streams import pick, pick_by_row

HOURS = np.array(
    [14, 7, 4, 3, 3, 6, 14, 26, 38, 46, 52, 50, 54, 50, 44, 42, 42, 42, 46, 60, 84, 92, 72, 36], float
)
LIVE_HOURS = np.array(
    [8, 2, 1, 1, 1, 1, 2, 4, 8, 14, 20, 18, 18, 16, 16, 16, 16, 18, 30, 80, 130, 130, 80, 30], float
)
PRICE_OF_STORE = np.array([1.0, 1.0, 1.02, 0.9])
DISCOUNT_OF_STORE = np.array([0.05, 0.06, 0.06, 0.11])
COUPON = {"SEM": 30, "feed ads": 30, "SEO": 20, "Xiaohongshu": 30, "e-mail/SMS": 30, "private domain": 20, "live": 20,
          "affiliate": 25}  # fmt: skip
BASKET_OF_LOYAL = 1.2  # people who come back also buy more at a time: log size per unit of loyalty
BASKET_OF_FIRST, BASKET_OF_FIRST_NOTE = 0.85, 0.55  # a first order is a trial, most of all after a note
COUPON_FROM = 99  # least amount on which the new-customer coupon counts
REFUND_SHARE = {"live": 0.38, "other": 0.09}  # of paid value, once all refunds are in
REFUND_DAYS = 15
REASONS = {
    "live": (["changed my mind", "not as shown in the live room", "wrong size", "damaged", "late delivery"],
             [0.42, 0.27, 0.17, 0.08, 0.06]),
    "other": (["wrong size", "changed my mind", "damaged", "late delivery", "skin reaction"],
              [0.33, 0.28, 0.19, 0.12, 0.08]),
}  # fmt: skip
INTERRUPTED = (
    0.35  # share of visits in which a parent lays the phone aside, for minutes, after some of the pages
)
SLOW_BOUNCE = 0.07  # more one-page visits on Android while pages load slowly (T06)
FIRST_ORDER, FIRST_CUSTOMER, FIRST_SESSION, FIRST_REFUND = 2_000_001, 100_001, 1, 1
IDS_A_PART = 10_000_000  # parts of a large world number their people and orders apart


def first_customer(streams):
    """Number of the first customer in this part of the world."""
    return FIRST_CUSTOMER + streams.part * IDS_A_PART


@dataclass
class Ads:
    """Clicks by cell and day, and what a visit from the cell is worth. All arrays have one entry per cell."""

    day: np.ndarray
    channel: np.ndarray
    campaign: np.ndarray
    landing: np.ndarray
    clicks: np.ndarray
    buy: np.ndarray
    existing: np.ndarray
    incremental: np.ndarray
    star: np.ndarray
    brand: np.ndarray
    informational: np.ndarray
    dark: np.ndarray
    device_row: np.ndarray
    devices: np.ndarray

    def __post_init__(self):
        self.order = np.argsort(self.day, kind="stable")
        self.edges = np.searchsorted(self.day[self.order], np.arange(clock.N_DAYS + 1))

    def rows_of(self, day):
        """Numbers of the cells that ran on `day`."""
        return self.order[self.edges[day] : self.edges[day + 1]]


def seconds(rng, hours, size):
    """Seconds since midnight, drawn from weights by hour."""
    return pick(rng, hours, size) * 3600 + rng.integers(0, 3600, size)


def stamp(day, second):
    """Local time from day number and second of the day, as datetime64[s]."""
    return clock.DAYS.to_numpy().astype("datetime64[s]")[day] + second.astype("timedelta64[s]")


def landing_pages(rng, channel, ad, ads):
    """Address of the first page of each visit."""
    guides = np.array(["/guide/diapers", "/guide/care", "/guide/food", "/guide/pregnancy"])
    shelves = np.array(
        ["/", "/c/diapers", "/c/wipes", "/c/skin-care", "/c/bottles", "/c/food", "/c/maternity", "/offers"]
    )
    size = len(channel)
    page = shelves[pick(rng, [50, 12, 5, 6, 5, 6, 4, 12], size)].astype(object)
    for number, weights in ((SEO, [5, 6, 5, 4]), (NOTES, [3, 8, 3, 6])):
        here = (channel == number) & (rng.random(size) < (0.7 if number == SEO else 0.3))
        page[here] = guides[pick(rng, weights, int(here.sum()))]
    member = channel == PRIVATE
    page[member] = np.where(rng.random(int(member.sum())) < 0.6, "/member", "/offers")
    page[ad >= 0] = ads.landing[ad[ad >= 0]]
    return page.astype(str)


def stays(rng, visits):
    """Pages really seen and seconds of each visit."""
    size, bought = len(visits["day"]), visits["order"] >= 0
    stay = np.array([0.56, 0.69, 0.52, 0.54, 0.5, 0.44, 0.48, 0.54])[visits["channel"]]
    slow = clock.between(*site.LCP_FAULT_DAYS)[visits["day"]] & (visits["device"] == 0)
    stay = np.where(slow, stay + SLOW_BOUNCE, stay)
    pages = np.where(rng.random(size) < stay, 1, 1 + rng.geometric(0.28, size))
    pages = np.where(bought, 4 + rng.geometric(0.22, size), np.minimum(pages, 60))
    left = visits["after"][visits["after"] >= 0]  # left at the till, to look for a coupon
    pages[left] = 2 + rng.geometric(0.3, len(left))
    long = np.exp(rng.normal(3.35, 0.8, size))
    length = np.where(pages == 1, long * 0.45, long * pages**0.9)
    pauses = rng.binomial(pages - 1, np.where(rng.random(size) < INTERRUPTED, 0.4, 0.0))
    length += np.minimum(120 * pauses + rng.gamma(pauses, 540), 1500 * pauses)
    return pages, np.clip(np.round(length), 1, 7200).astype(np.int64)


def sessions(rng, visits, ads):
    """The visits in order of time: (frame with raw keys, new position of each visit)."""
    size = len(visits["day"])
    pages, length = stays(rng, visits)
    second = tracking.start_times(rng, visits, length, lambda number: seconds(rng, HOURS, number))
    order = np.lexsort((second, visits["day"]))
    v = {name: values[order] for name, values in visits.items()}
    _, first, back = np.unique(v["visitor"], return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    source = np.array([*CHANNELS[:7], "referral"])[v["channel"]]
    frame = pd.DataFrame({
        "session_id": np.arange(size) + FIRST_SESSION,
        "visitor_id": rank[back] + 1,
        "customer": v["customer"],
        "started_at": stamp(v["day"], second[order]),
        "source": source,
        "campaign": np.where(v["ad"] >= 0, ads.campaign[v["ad"]], ""),
        "device": np.array(DEVICES)[v["device"]],
        "landing_page": landing_pages(rng, v["channel"], v["ad"], ads),
        "pageviews": pages[order],
        "seconds": length[order],
        "order": v["order"],
        "ad": v["ad"],
        "day": v["day"],
        "visitor": v["visitor"],
        "channel": v["channel"],
        "device_number": v["device"],
    })  # fmt: skip
    frame["pageviews"] = tracking.recorded_pageviews(frame)
    where = np.empty(size, dtype=np.int64)
    where[order] = np.arange(size)
    return frame, where


def order_times(rng, o, frame, where):
    """Second of the day of every order: at the end of its visit, or drawn for the other stores."""
    size = len(o["day"])
    second = np.where(o["store"] == STREAM, seconds(rng, LIVE_HOURS, size), seconds(rng, HOURS, size))
    own = o["visit"] >= 0
    visit = where[o["visit"][own]]
    started = frame["started_at"].to_numpy()[visit]
    midnight = clock.DAYS.to_numpy().astype("datetime64[s]")[o["day"][own]]
    begun = (started - midnight).astype(np.int64)
    second[own] = np.minimum(begun + (frame["seconds"].to_numpy()[visit] * 0.85).astype(np.int64), 86_399)
    return second


def lines(rng, o, people):
    """Order lines by the child's age: frame with order (position), sku, quantity, unit_price, gross."""
    goods = products.table()
    size = len(o["day"])
    age = np.clip(people.age(o["customer"], o["day"]), products.AGES[0], products.AGES[-1])
    peak = clock.promo_windows()[1][o["day"]]
    large = np.exp(BASKET_OF_LOYAL * (people.loyalty[o["customer"]] - 0.64)) * np.where(
        o["first"], np.where(o["channel"] == NOTES, BASKET_OF_FIRST_NOTE, BASKET_OF_FIRST), 1.0
    )
    count = np.minimum(1 + rng.poisson(1.36 * large, size), 9)
    order = np.repeat(np.arange(size), count)
    sku = pick_by_row(rng, products.weights(), (age - products.AGES[0])[order])
    sku = available(goods, sku, o["day"][order])
    _, keep = np.unique(order * len(goods) + sku, return_index=True)
    keep = np.sort(keep)
    order, sku = order[keep], sku[keep]
    appetite = np.exp(rng.normal(-0.12, 0.65, size)) * large * np.where(peak, 1.45, 1.0)
    once = np.isin(goods["category"].to_numpy()[sku], ["maternity", "bottles"]) | (
        goods["list_price"].to_numpy()[sku] > 250
    )
    quantity = 1 + rng.poisson(np.where(once, 0.06, 0.72) * appetite[order])
    price = np.round(goods["list_price"].to_numpy()[sku] * PRICE_OF_STORE[o["store"][order]], 1)
    return pd.DataFrame({"order": order, "sku": goods["sku"].to_numpy()[sku], "quantity": quantity, "unit_price": price,
                         "gross": np.round(quantity * price, 2), "cost": quantity * goods["unit_cost"].to_numpy()[sku]})  # fmt: skip


def available(goods, sku, day):
    """Replace articles that were not launched yet by the first article of their category."""
    launched = goods["launched_on"].to_numpy()[sku] <= clock.DAYS.to_numpy()[day]
    first = goods.reset_index().groupby("category")["index"].min()
    substitute = goods["category"].map(first).to_numpy()[sku]
    return np.where(launched, sku, substitute)


def money(rng, o, gross, people):
    """Discount, coupon, amount and shipping cost of each order, CNY with two decimals."""
    promo, peak, _ = clock.promo_windows()
    day, size = o["day"], len(gross)
    base = DISCOUNT_OF_STORE[o["store"]] + np.where(peak, 0.10, np.where(promo != "", 0.035, 0))[day]
    used = rng.random(size) < np.where(peak[day], 0.95, 0.6)
    share = np.where(used, base / np.where(peak[day], 0.95, 0.6) * rng.gamma(9, 1 / 9, size), 0)
    discount = np.floor(gross * np.clip(share, 0, 0.4))
    value = np.array([COUPON.get(name, 0) for name in CHANNELS])[o["channel"]]
    asked = rng.random(size) < 0.86
    coupon = np.where(o["first"] & asked & (gross - discount >= COUPON_FROM), value, 0).astype(float)
    amount = np.round(gross - discount - coupon, 2)
    cost = 4.2 + 0.9 * people.tier[o["customer"]] + 0.007 * gross + rng.gamma(4, 0.35, size)
    return discount + coupon, coupon, amount, np.where(o["paid"], np.round(cost, 2), 0.0)


def priced(streams, o, people):
    """Lines, gross value and (discount, coupon, amount, shipping) of the orders `o`."""
    items = lines(streams("baskets"), o, people)
    gross = np.round(np.bincount(items["order"], items["gross"], len(o["day"])), 2)
    return items, gross, money(streams("discounts"), o, gross, people)


def refunds(rng, orders):
    """All refunds that the paid orders will ever cause, whatever day the data end."""
    paid = orders[orders["status"] == "paid"]
    live = (paid["store"] == "live").to_numpy()
    whole, part = 0.8, 0.5  # share of full refunds; mean part of a partial one
    target = np.where(live, REFUND_SHARE["live"], REFUND_SHARE["other"])
    hit = rng.random(len(paid)) < target / (whole + (1 - whole) * part)
    some, live = paid[hit], live[hit]
    part = np.where(rng.random(len(some)) < whole, 1.0, rng.uniform(0.15, 0.85, len(some)))
    delay = 0.4 + (REFUND_DAYS - 0.4) * rng.beta(np.where(live, 1.7, 1.9), np.where(live, 2.1, 2.6))
    reason = np.empty(len(some), dtype=object)
    for kind, here in (("live", live), ("other", ~live)):
        names, weights = REASONS[kind]
        reason[here] = np.array(names)[pick(rng, weights, int(here.sum()))]
    made = pd.DataFrame({
        "order_id": some["order_id"].to_numpy(),
        "refunded_at": some["ordered_at"].to_numpy() + (delay * 86_400).astype(np.int64).astype("timedelta64[s]"),
        "amount": np.round(some["amount"].to_numpy() * part, 2),
        "reason": reason.astype(str),
        "full_wait": delay,
    })  # fmt: skip
    made = made[made["amount"] > 0].sort_values(["refunded_at", "order_id"], ignore_index=True)
    made.insert(0, "refund_id", np.arange(len(made)) + FIRST_REFUND)
    return made


def tables(streams, shop, ads):
    """customers, orders, order_items, refunds (all), web_sessions; orders keep the helper columns ad and cost."""
    people, o = shop.people, shop.orders.columns()
    frame, where = sessions(streams("times of visits"), shop.visits.columns(), ads)
    second = order_times(streams("times of orders"), o, frame, where)
    rank = np.lexsort((second, o["day"]))
    o = {name: values[rank] for name, values in o.items()}
    o["first"] = first_paid(o)
    items, gross, (discount, coupon, amount, shipping) = priced(streams, o, people)
    number = np.arange(len(rank)) + FIRST_ORDER
    orders = pd.DataFrame({
        "order_id": number, "customer_id": o["customer"] + FIRST_CUSTOMER, "ordered_at": stamp(o["day"], second[rank]),
        "store": np.array(STORES)[o["store"]], "channel": np.array(CHANNELS)[o["channel"]],
        "campaign": np.where(o["ad"] >= 0, ads.campaign[o["ad"]], ""),
        "status": np.where(o["paid"], "paid", "unpaid"), "gross_amount": gross, "discount": discount,
        "new_customer_coupon": coupon, "amount": amount, "shipping_cost": shipping, "ad": o["ad"], "day": o["day"],
        "cause": o["cause"], "origin": people.origin[o["customer"]], "city": people.city[o["customer"]],
    })  # fmt: skip
    position = np.empty(len(rank), dtype=np.int64)
    position[rank] = np.arange(len(rank))
    bought = frame["order"].to_numpy()
    frame["order_id"] = nullable(np.where(bought >= 0, number[position[bought]], -1))
    frame["customer_id"] = nullable(np.where(frame["customer"] >= 0, frame["customer"] + FIRST_CUSTOMER, -1))
    items["order_id"] = number[items["order"]]
    items["line"] = items.groupby("order").cumcount() + 1
    made = {"customers": customers(people, orders), "orders": orders, "order_items": items,
            "refunds": refunds(streams("refunds"), orders), "web_sessions": frame}  # fmt: skip
    return renumbered(made, streams.part)


def renumbered(tables, part):
    """The tables with numbers that no other part of a large world uses."""
    if part:
        for frame in tables.values():
            for column in set(frame.columns) & {
                "order_id",
                "customer_id",
                "session_id",
                "visitor_id",
                "refund_id",
            }:
                frame[column] = frame[column] + part * IDS_A_PART
    return tables


def first_paid(o):
    """True for each customer's first paid order; orders are in order of time."""
    paid = np.flatnonzero(o["paid"])
    first = np.zeros(len(o["paid"]), dtype=bool)
    first[paid[np.unique(o["customer"][paid], return_index=True)[1]]] = True
    return first


def nullable(values):
    """Integers in which -1 means missing."""
    return (
        pd.array(values, dtype="Int64").copy()
        if (values >= 0).all()
        else pd.Series(values).where(values >= 0).astype("Int64")
    )


def customers(people, orders):
    """The customers table; store is that of the first order, empty for those who registered and never ordered."""
    count = np.arange(people.count)
    first = orders.drop_duplicates("customer_id").set_index("customer_id")["store"]
    year, month = people.birth[count] // 12, people.birth[count] % 12 + 1
    frame = pd.DataFrame({
        "customer_id": count + FIRST_CUSTOMER,
        "registered_on": clock.DAYS[people.since[count]],
        "store": "",
        "city": geo.cities()["city"].to_numpy()[people.city[count]],
        "city_tier": people.tier[count],
        "birth_year_band": np.array(BANDS)[people.band[count]],
        "child_birth_month": [f"{y}-{m:02d}" for y, m in zip(year.tolist(), month.tolist(), strict=True)],
        "parity": np.where(people.second[count] == 1, "second or later", "first"),
        "device": np.array(DEVICES)[people.device[count]],
        "acquired_by": np.array(CHANNELS)[people.first_channel[count]],
    })  # fmt: skip
    frame["store"] = frame["customer_id"].map(first).fillna("")
    return frame


def counted(cells, orders, first_ad):
    """Last-click orders and revenue of each ad cell, counted from the orders."""
    mine = orders[(orders["ad"] >= first_ad) & (orders["ad"] < first_ad + len(cells))]
    where = mine["ad"].to_numpy() - first_ad
    return np.bincount(where, minlength=len(cells)), np.round(
        np.bincount(where, mine["amount"], len(cells)), 2
    )
