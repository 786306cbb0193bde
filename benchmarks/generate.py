"""Tables of any length, equal for equal length and seed on every system, streamed to Parquet by DuckDB.

Each value is computed from the number of its row, so no table is ever in memory and no join is needed. Random numbers are an
integer hash of row number and stream, because DuckDB's own hash() may change from version to version.

    ads        one row per day and ad: date, channel, campaign, ad, impressions, clicks, cost, orders, revenue (CNY); two years
    hits       one row per hit, in order of time: visitor_id, at, event, referrer; half a year, five hits a visit
    orders     one row per order, in order of time: order_id, customer_id, ordered_at, status, amount (CNY); three years
    journeys   one row per touch, 3.5 a journey: journey_id, touch, channel, kind, touch_at, order_id; one journey in eight buys
    customers  one row per customer, as lifetime.recency_frequency describes them, drawn from the BG/NBD model itself
"""

import shutil
from pathlib import Path

import duckdb
import numpy as np

SEED = 20261122
CHANNELS = [
    "SEM",
    "feed ads",
    "SEO",
    "live",
    "KOL",
    "e-mail",
    "affiliate",
    "display",
    "WeChat group",
    "direct",
]
FUNNEL = ["page_view", "view_item", "add_to_cart", "purchase"]
REFERRERS = ["", "www.baidu.com", "m.douyin.com", "www.xiaohongshu.com", "mp.weixin.qq.com"]
VISITS = [4, 1, 11, 2, 7]  # hits of five visits in turn: 25 rows
JOURNEYS = [1, 5, 2, 3, 1, 8, 2, 4, 3, 6]  # touches of ten journeys in turn: 35 rows
BGNBD = {
    "r": 0.243,
    "alpha": 4.414,
    "a": 0.793,
    "b": 2.426,
}  # weeks; Fader, Hardie, Lee (2005) found them for CDNOW
DAY = 86_400
START = {"hits": "2026-01-05", "orders": "2023-01-01", "journeys": "2026-01-01"}
TABLES = ["ads", "hits", "orders", "journeys", "customers"]
DAYS = {"ads": 730, "hits": 182, "orders": 1096, "journeys": 181}

# Thomas Mueller's integer hash: two rounds of shift and multiply on 32 bits, in 64 without overflow
MACROS = """
CREATE MACRO half(x) AS (xor(x, x >> 16) * 73244475) & 4294967295;
CREATE MACRO whole(x) AS xor(x, x >> 16) / 4294967296.0;
"""


def u(row, stream, seed=SEED):
    """SQL of a random number from 0 up to 1 that belongs to a row number and a stream."""
    return f"whole(half(half(xor({row}, {(seed + 1640531527 * stream) & 0xFFFFFFFF}))))"


def skewed(row, stream):
    """SQL of a random number of which small values are likelier: u to the power 1.5, without a power (exact everywhere)."""
    return f"({u(row, stream)} * sqrt({u(row, stream)}))"


def one_of(names, number):
    """SQL of the name at a number from 0."""
    listed = ", ".join(f"'{name}'" for name in names)
    return f"[{listed}][1 + {number}]"


def since(start, seconds):
    """SQL of a time, so many whole seconds after midnight of a day."""
    return f"make_timestamp(epoch_us(TIMESTAMP '{start}') + 1000000 * ({seconds})::BIGINT)"


def ads(n):
    each = -(-n // DAYS["ads"])
    together = min(max(each // 10, 1), 50)
    return f"""
        WITH ad AS (SELECT i, i % {each} AS ad, i % {each} // {together} AS campaign FROM range({n}) t(i)),
        shown AS (SELECT *, campaign % 10 AS channel, (50 / ({u("i", 1)} + 0.004))::INTEGER AS impressions FROM ad),
        clicked AS (SELECT *, (impressions * (1 + channel) * 0.006 * {u("i", 2)})::INTEGER AS clicks FROM shown),
        sold AS (SELECT *, (clicks * 0.06 * {u("i", 3)} + 0.4 * {u("i", 4)})::INTEGER AS orders FROM clicked)
        SELECT DATE '2024-01-01' + (i // {each})::INTEGER AS date, {one_of(CHANNELS, "channel")} AS channel,
            concat('C', campaign) AS campaign, ad::INTEGER AS ad, impressions, clicks,
            round(clicks * (0.4 + 3 * {u("i", 5)}), 2) AS cost, orders, round(orders * (80 + 200 * {u("i", 6)}), 2) AS revenue
        FROM sold"""


def hits(n):
    visit, step = _turns(VISITS)
    start = f"{DAYS['hits'] * DAY} * {u('visit', 1)} + 40 * step + 39 * {u('i', 2)}"
    event = f"CASE WHEN step = 0 OR {u('i', 3)} < 0.5 THEN 0 WHEN {u('i', 3)} < 0.8 THEN 1 WHEN {u('i', 3)} < 0.93 THEN 2 ELSE 3 END"
    return f"""
        WITH hit AS (SELECT i, i // 25 * 5 + {visit}[1 + i % 25] AS visit, {step}[1 + i % 25] AS step FROM range({n}) t(i))
        SELECT 1 + ({max(n // 10, 1)} * {skewed("visit", 4)})::BIGINT AS visitor_id, {since(START["hits"], start)} AS "at",
            {one_of(FUNNEL, event)} AS event,
            CASE WHEN step > 0 THEN 'shop.heyu.example' ELSE {one_of(REFERRERS, f"floor(5 * {u('visit', 5)})::INTEGER")} END AS referrer
        FROM hit ORDER BY "at", visitor_id, i"""


def orders(n):
    return f"""
        SELECT i + 1 AS order_id, 1 + ({max(n // 4, 1)} * {skewed("i", 1)})::BIGINT AS customer_id,
            {since(START["orders"], f"i * {DAYS['orders'] * DAY} // {n}")} AS ordered_at,
            CASE WHEN {u("i", 2)} < 0.93 THEN 'paid' ELSE 'unpaid' END AS status,
            round(30 + 60 / ({u("i", 3)} + 0.08), 2) AS amount
        FROM range({n}) t(i)"""


def journeys(n):
    journey, touch = _turns(JOURNEYS)
    rows = n // 10 * 35 + sum(JOURNEYS[: n % 10])
    named = f"CASE WHEN {u('i', 1)} < 0.3 THEN floor(10 * {skewed('i - touch', 2)}) ELSE floor(10 * {skewed('i', 2)}) END"
    last = f"floor(10 * {skewed('i - touch + touches - 1', 2)})"
    at = f"journey * {DAYS['journeys'] * DAY} // {n} + {DAY} * touch + floor(80000 * {u('i', 3)})"
    return f"""
        WITH turn AS (SELECT i, i // 35 * 10 + {journey}[1 + i % 35] AS journey, {touch}[1 + i % 35] AS touch FROM range({rows}) t(i)),
        touched AS (SELECT *, {JOURNEYS}[1 + journey % 10] AS touches FROM turn)
        SELECT journey + 1 AS journey_id, (touch + 1)::INTEGER AS touch, {one_of(CHANNELS, f"({named})::INTEGER")} AS channel,
            CASE WHEN {u("i", 4)} < 0.7 THEN 'click' ELSE 'view' END AS kind, {since(START["journeys"], at)} AS touch_at,
            CASE WHEN {u("journey", 5)} < 0.18 - 0.015 * {last} THEN 5000000000 + journey END AS order_id
        FROM touched"""


def customers(n, seed=SEED, weeks=104):
    """A DataFrame of n customers: customer_id, frequency, recency, T (weeks, on whole days) of a shop that is `weeks` old."""
    import pandas as pd

    draw = np.random.default_rng(seed)
    rate = draw.gamma(BGNBD["r"], 1 / BGNBD["alpha"], n)
    leaves = draw.beta(BGNBD["a"], BGNBD["b"], n)
    age = draw.integers(7, 7 * weeks, n, endpoint=True) / 7
    frequency, last, now = np.zeros(n, dtype=np.int64), np.zeros(n), np.zeros(n)
    alive = np.arange(n)
    while len(alive):
        now[alive] += draw.exponential(1, len(alive)) / rate[alive]
        alive = alive[now[alive] < age[alive]]
        frequency[alive] += 1
        last[alive] = now[alive]
        alive = alive[draw.random(len(alive)) >= leaves[alive]]
    recency = np.where(frequency > 0, np.clip(np.ceil(last * 7), 1, age * 7) / 7, 0.0)
    return pd.DataFrame(
        {"customer_id": np.arange(1, n + 1), "frequency": frequency, "recency": recency, "T": age}
    )


def write(table, n, path, memory="3GB"):
    """Write the Parquet file of a table with n units (rows; for journeys, journeys). An existing file is left as it is."""
    path = Path(path)
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    half, spill = path.with_suffix(".half"), path.with_suffix(".spill")
    shutil.rmtree(spill, ignore_errors=True)  # of a run that was stopped
    with duckdb.connect(config={"memory_limit": memory, "temp_directory": str(spill)}) as db:
        db.execute(MACROS)
        source = db.from_df(customers(n)) if table == "customers" else db.sql(globals()[table](n))
        source.to_parquet(str(half))
    shutil.rmtree(spill, ignore_errors=True)
    half.replace(path)
    return path


def _turns(lengths):
    """Number of the group, and place in it, of each row of groups of the given lengths."""
    group = [number for number, length in enumerate(lengths) for _ in range(length)]
    return group, [place for length in lengths for place in range(length)]
