"""Complaints: what goes wrong after an order, who writes where, how long an answer takes, and which tickets nobody owns."""

import numpy as np
import pandas as pd

from . import clock, phrases
from .streams import pick, pick_by_row

FAR = 1e6  # hours: never
TICKETS_FROM = "2024-07-01"
COMPLAINS, COMPLAINS_AFTER_REFUND, COMPLAINS_LIVE = (
    0.019,
    0.09,
    1.5,
)  # chance by paid order; if refunded; factor of the live room
STUCK = 0.17  # share of tickets that no desk owns: they need the factory, the lab or the carrier
STUCK_BY_SEVERITY = np.array([0.6, 1.0, 2.2])
STUCK_FIRST_ANSWER = [(0.14, 6.0), (0.18, 46.0), (0.68, FAR)]  # chance, median hours
QUICK, SLOW = (
    (0.865, 1.25, 0.8),
    (0.135, 25.0, 0.4),
)  # share, median hours, log sd of the first answer of the others
CLOSES_AFTER = (17.0, 1.0)  # median hours from first answer to end, log sd
SLA_HOURS = 24
OFFICE = (9, 22)  # people answer between these hours
MORNING_QUEUE = 1.1  # mean hours until the work of the night is done
KINDS = ["leak", "skin", "delivery", "damaged", "wrong item", "refund", "price", "not as told", "call back"]
KIND_BY_CATEGORY = {
    "diapers": [26, 10, 16, 6, 8, 9, 13, 4, 8], "wipes": [0, 9, 18, 16, 10, 11, 18, 8, 10], "skin care": [0, 26, 14, 14, 7, 11, 12, 7, 9],
    "bottles": [0, 0, 15, 30, 12, 14, 12, 8, 9], "complementary food": [0, 6, 18, 20, 8, 10, 12, 16, 10],
    "maternity": [0, 2, 18, 8, 24, 16, 14, 9, 9],
}  # fmt: skip
KIND_OF_REASON = {
    "damaged": 3,
    "skin reaction": 1,
    "late delivery": 2,
    "not as shown in the live room": 7,
    "wrong size": 4,
    "changed my mind": 5,
}
SEVERITY = np.array([[0.45, 0.45, 0.10], [0.05, 0.40, 0.55], [0.50, 0.40, 0.10], [0.40, 0.45, 0.15], [0.60, 0.35, 0.05],
                     [0.35, 0.45, 0.20], [0.70, 0.25, 0.05], [0.55, 0.40, 0.05], [0.20, 0.45, 0.35]])  # fmt: skip
DAYS_UNTIL = np.array([9.0, 6.0, 4.5, 3.5, 3.5, 11.0, 2.5, 4.0, 12.0])  # median days from order to complaint
DESKS = {
    "own": ["mini-program", "phone", "WeCom"],
    "tmall": ["store chat", "phone"],
    "jd": ["store chat", "phone"],
    "live": ["store chat", "WeCom"],
}
DESK_WEIGHT = {"own": [0.55, 0.2, 0.25], "tmall": [0.85, 0.15], "jd": [0.8, 0.2], "live": [0.75, 0.25]}
HOURS = np.array(
    [10, 6, 4, 3, 3, 4, 10, 20, 34, 48, 52, 50, 46, 44, 44, 44, 42, 42, 46, 58, 76, 80, 56, 26], float
)

BATCH_SKU, BATCH_DAYS = (
    "HY-D06",
    ("2025-05-20", "2025-05-23"),
)  # a faulty batch comes up; people who had it speak out on these days
BATCH_TICKETS, BATCH_REVIEWS = 46, 62  # at scale 1
FIRST_TICKET, FIRST_REVIEW = 500_001, 700_001


def products_of(life, orders):
    """SKU, category and short names of the line that a buyer speaks of: the dearest of each order."""
    items = life.tables["order_items"]
    lines = items[items["order_id"].isin(orders["order_id"])].sort_values(
        ["order_id", "gross"], ascending=[True, False], kind="stable"
    )
    sku = orders["order_id"].map(lines.drop_duplicates("order_id").set_index("order_id")["sku"]).to_numpy()
    category = life.tables["products"].set_index("sku")["category"].reindex(sku).to_numpy()
    return sku.astype(str), category.astype(str)


def known(frame, column):
    """Rows until the last second that is known."""
    return frame[frame[column] < pd.Timestamp(clock.KNOWN) + pd.Timedelta(days=1)]


def complaints(life, rng):
    """Orders that somebody complains about: frame with order, sku, kind (number) and when."""
    orders = life.tables["orders"]
    orders = orders[
        (orders["status"] == "paid")
        & (orders["ordered_at"] >= pd.Timestamp(TICKETS_FROM) - pd.Timedelta(days=20))
    ]
    refunds = life.tables["refunds"].drop_duplicates("order_id").set_index("order_id")["reason"]
    reason = orders["order_id"].map(refunds)
    chance = np.where(reason.notna(), COMPLAINS_AFTER_REFUND, COMPLAINS) * np.where(
        orders["store"] == "live", COMPLAINS_LIVE, 1
    )
    hit = rng.random(len(orders)) < chance
    found, reason = orders.loc[hit, ["order_id", "ordered_at", "store"]].reset_index(drop=True), reason[hit]
    found["sku"], category = products_of(life, found)
    names = list(KIND_BY_CATEGORY)
    table = np.array([KIND_BY_CATEGORY[name] for name in names], dtype=float)
    kind = pick_by_row(rng, table, np.array([names.index(c) for c in category], dtype=int))
    told = reason.map(KIND_OF_REASON).fillna(-1).to_numpy().astype(int)
    found["kind"] = np.where((told >= 0) & (rng.random(len(found)) < 0.6), told, kind)
    wait = DAYS_UNTIL[found["kind"]] * np.exp(rng.normal(0, 0.45, len(found)))
    found["batch"] = False
    return at_hours(rng, found, wait)


def at_hours(rng, found, wait):
    """`opened_at`: `wait` days after the order, at an hour at which people write."""
    day = (found["ordered_at"] + pd.to_timedelta(wait, unit="D")).dt.normalize()
    second = pick(rng, HOURS, len(found)) * 3600 + rng.integers(0, 3600, len(found))
    when = (day + pd.to_timedelta(second, unit="s")).astype("datetime64[s]")
    return found.assign(
        opened_at=np.maximum(when.to_numpy(), (found["ordered_at"] + pd.Timedelta(hours=1)).to_numpy())
    )


def batch(life, rng, size, column):
    """Buyers of the faulty batch who speak out: like `complaints`, but on the days on which it comes up."""
    orders, items = life.tables["orders"], life.tables["order_items"]
    first = pd.Timestamp(BATCH_DAYS[0])
    ids = items.loc[items["sku"] == BATCH_SKU, "order_id"]
    near = orders[
        (orders["ordered_at"] >= first - pd.Timedelta(days=40))
        & (orders["ordered_at"] < first - pd.Timedelta(days=4))
    ]
    near = near[near["order_id"].isin(ids) & (near["status"] == "paid")]
    chosen = np.sort(rng.permutation(len(near))[: round(size * life.scale)])
    found = near.iloc[chosen][["order_id", "ordered_at", "store"]].reset_index(drop=True)
    days = pick(rng, [0.45, 0.32, 0.15, 0.08], len(found))
    second = pick(rng, HOURS, len(found)) * 3600 + rng.integers(0, 3600, len(found))
    when = first + pd.to_timedelta(days * 86_400 + second, unit="s")
    return found.assign(sku=BATCH_SKU, kind=0, batch=True, **{column: when.astype("datetime64[s]")})


def office(rng, opened, hours):
    """Hours until a person answers: work that would be done at night waits for its turn in the morning."""
    start = opened.hour + opened.minute / 60
    first, last = OFFICE
    closed = np.where(start >= last, 24 + first - start, np.where(start < first, first - start, 0.0))
    late = (start + closed + hours) % 24
    asleep = np.where(late >= last, 24 + first - late, np.where(late < first, first - late, 0.0))
    turn = np.minimum(rng.exponential(MORNING_QUEUE, len(hours)), 6)
    return np.where(hours >= FAR, FAR, hours + closed + asleep + turn * (asleep > 0))


def answers(rng, opened, severity):
    """Hours from opening to the first answer and to the end, and whether the ticket is stuck; FAR means never."""
    size = len(opened)
    score = rng.random(size) ** (1 / STUCK_BY_SEVERITY[severity - 1])
    stuck = phrases.balanced(rng, np.full(size, STUCK), score)
    slow = phrases.balanced(rng, np.full(size, SLOW[0]))
    spread = rng.normal(0, 1, size)
    first = np.where(slow, SLOW[1] * np.exp(SLOW[2] * spread), QUICK[1] * np.exp(QUICK[2] * spread))
    share, median = np.array(STUCK_FIRST_ANSWER).T
    some = median[spread_out(rng, share, stuck)]
    first = np.where(stuck, np.where(some < FAR, some * np.exp(0.5 * spread), FAR), first)
    first = office(rng, pd.DatetimeIndex(opened), first)
    end = np.where(stuck, FAR, first + CLOSES_AFTER[0] * np.exp(rng.normal(0, CLOSES_AFTER[1], size)))
    return first, end, stuck


def spread_out(rng, share, rows):
    """Columns drawn with weights `share`, in nearly these proportions among `rows`; shape of `rows`."""
    place = np.cumsum(rows) * 0.6180339887 + rng.random()
    return np.searchsorted(np.cumsum(share) / np.sum(share), place % 1, side="right").clip(0, len(share) - 1)


def stamp(opened, hours):
    """`opened` plus hours; missing if that is after what is known."""
    when = opened + pd.to_timedelta(np.round(hours * 3600), unit="s")
    return when.where(when < pd.Timestamp(clock.KNOWN) + pd.Timedelta(days=1)).astype("datetime64[s]")


def tell(rng, kind, sku, is_batch):
    """What the customer writes: (Chinese, English) arrays."""
    size = len(kind)
    luck, more = rng.random((size, 3)), rng.random(size)
    made = []
    for n in range(size):
        zh, en = phrases.short_names(sku[n])
        lines = phrases.fitting("tickets", ("batch" if is_batch[n] else KINDS[kind[n]],), zh)
        parts = [lines[int(luck[n, 0] * len(lines))]]
        for number, part, wanted in ((1, "details", more[n] < 0.62), (2, "requests", more[n] > 0.3)):
            fit = phrases.fitting("tickets", (part,), KINDS[kind[n]])
            parts += [fit[int(luck[n, number] * len(fit))]] if wanted else []
        made.append(
            (
                "，".join(p[0] for p in parts).replace("{p}", zh),
                ". ".join(p[1] for p in parts).replace("{p}", en[0].upper() + en[1:]),
            )
        )
    return np.array(made, dtype=object).reshape(-1, 2).T


def tickets(life):
    """Complaints from July 2024 on, with their clock; helper columns stuck and batch."""
    rng = life.streams("tickets")
    found = complaints(life, rng)
    found = pd.concat([found, batch(life, rng, BATCH_TICKETS, "opened_at")], ignore_index=True)
    found = known(found[found["opened_at"] >= TICKETS_FROM], "opened_at")
    found = found.sort_values(["opened_at", "order_id"], kind="stable", ignore_index=True)
    severity = pick_by_row(rng, SEVERITY, found["kind"].to_numpy(dtype=int)) + 1
    first, end, stuck = answers(rng, found["opened_at"], severity)
    chinese, english = tell(
        rng, found["kind"].to_numpy(dtype=int), found["sku"].to_numpy(), found["batch"].to_numpy()
    )
    desk = np.empty(len(found), dtype=object)
    for store, desks in DESKS.items():
        here = (found["store"] == store).to_numpy()
        desk[here] = np.array(desks)[pick(rng, DESK_WEIGHT[store], int(here.sum()))]
    return pd.DataFrame({
        "ticket_id": np.arange(len(found)) + FIRST_TICKET + life.streams.part * 10_000_000,
        "opened_at": found["opened_at"], "order_id": found["order_id"], "desk": desk.astype(str), "sku": found["sku"],
        "category": np.array(KINDS)[found["kind"].to_numpy(dtype=int)], "severity": severity, "text_zh": chinese, "text_en": english,
        "first_response_at": stamp(found["opened_at"], first), "closed_at": stamp(found["opened_at"], end),
        "stuck": stuck, "batch": found["batch"].to_numpy(dtype=bool),
    })  # fmt: skip


def sla(part):
    """Shares answered within 24 hours, of those closed and of all that are old enough to tell, and hours of the answered."""
    end = pd.Timestamp(clock.KNOWN) + pd.Timedelta(days=1)
    hours = (part["first_response_at"] - part["opened_at"]).dt.total_seconds() / 3600
    in_time = hours <= SLA_HOURS
    told = part["first_response_at"].notna() | (part["opened_at"] <= end - pd.Timedelta(hours=SLA_HOURS))
    closed = part["closed_at"].notna()
    return {
        "of_closed": in_time[closed].mean(), "of_all": in_time[told].mean(), "mean_hours": hours.mean(),
        "median_hours": hours.median(), "open": int((~closed).sum()), "tickets": len(part),
    }  # fmt: skip
