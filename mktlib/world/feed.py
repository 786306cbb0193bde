"""Feed ads: campaigns bid in an auction for the attention of three audiences; impressions and clicks are counted.

Every campaign but one is simulated by cell (campaign x creative x audience x day). HY-618-A is simulated person by
person, and its cells are counted from that log.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from . import clock, plan

AUDIENCES = ["core", "look-alike", "broad"]
AUDIENCE_CTR = np.array([0.0255, 0.0132, 0.0064])
AUDIENCE_POOL = np.array([30_000, 160_000, 1_500_000])  # devices that can be reached
AUDIENCE_EXISTING = np.array([0.22, 0.04, 0.01])  # share of clicks that come from customers
AUDIENCE_BUY = np.array([1.25, 1.0, 0.7])
AUDIENCE_INCREMENTAL = np.array([0.4, 0.6, 0.75])  # share of buyers who would not have bought without the ad
CROWDING = 0.15  # CTR falls with this power of the day's budget over the campaign's usual one
DOUYIN_LUCK, DOUYIN_MEMORY = (
    0.13,
    0.6,
)  # weekly luck of delivery on Douyin (log sd), and how much of it stays a week
DOUYIN_RUSH = 1.36  # T17: billed above plan in the third quarter of 2025
DOUYIN_RUSH_DAYS = ("2025-07-01", "2025-09-30")
CREATIVE = {  # factor on CTR, factor on the chance to buy
    "science video": (0.95, 1.15), "unboxing": (1.15, 1.0), "mother's diary": (1.1, 1.05), "price banner": (0.9, 0.95),
    "value list": (0.85, 1.15), "stock-up countdown": (1.2, 1.1), "baby laughs": (1.35, 0.75),
}  # fmt: skip
PLATFORM = {  # market price per 1,000 impressions (CNY), factor on CTR, factor on the chance to buy
    "Douyin": (54, 1.0, 1.0), "Kuaishou": (41, 0.9, 0.85), "Xiaohongshu": (72, 1.15, 1.2), "Weibo": (36, 0.65, 0.8),
}  # fmt: skip
BUY = 0.025  # chance that a prospect's visit from a feed ad ends in an order, before the factors
ACTIVITY = 0.6  # shape of the gamma distribution of people's activity: few see very much

STAR = "HY-618-A"
STAR_DAYS = ("2025-05-26", "2025-06-30")
STAR_POOL = np.array([14_000, 64_000, 420_000])
STAR_ORDINARY = np.array([2_500, 7_100, 0])  # impressions wanted a day, by audience
STAR_PEAK = np.array([19_000, 41_000, 192_000])
STAR_CTR = np.array([0.062, 0.028, 0.0100])
STAR_CREATIVES = ["stock-up countdown", "unboxing", "science video"]
STAR_PEAK_BID = 1.75  # price paid on peak days over that of other days
STAR_LOG = ("2025-06-09", "2025-06-22")
BROAD_PHONES = "HY-AUT-N"  # from 1 September 2025: cheap traffic, nearly all of it from Android phones


@dataclass
class Campaign:
    """One campaign as its owner set it up; `a_day` is the planned cost in CNY on an ordinary day of mid-2024."""

    name: str
    platform: str
    first: str
    last: str
    a_day: float
    creatives: tuple
    audiences: tuple = (0, 1)
    buy: float = 1.0
    ctr: float = 1.0
    steep: float = 0.35
    android: float = 0.56
    incremental: float = 0.0  # 0: as usual in its audiences


def campaigns():
    """All campaigns but HY-618-A, in order of their first day."""
    found = [
        Campaign(
            "HY-BASE-D",
            "Douyin",
            clock.START,
            clock.END,
            620,
            ("science video", "unboxing", "baby laughs"),
            (0, 1, 2),
        ),
        Campaign(
            "HY-BASE-X",
            "Xiaohongshu",
            clock.START,
            clock.END,
            330,
            ("mother's diary", "science video"),
            android=0.42,
        ),
        Campaign(
            "HY-BASE-K", "Kuaishou", clock.START, clock.END, 170, ("price banner", "baby laughs"), android=0.7
        ),
        Campaign("HY-BASE-W", "Weibo", clock.START, clock.END, 85, ("unboxing", "value list")),
    ]
    found.append(
        Campaign(
            "HY-AUT-D",
            "Douyin",
            "2025-10-13",
            "2025-11-23",
            2400,
            ("science video", "value list"),
            (1, 2),
            buy=1.25,
            steep=0.1,
            incremental=0.85,
        )
    )
    for year, tag in ((2023, "23"), (2024, "24"), (2025, ""), (2026, "26")):
        found += season(year, f"HY{tag}")
    found.append(
        Campaign(BROAD_PHONES, "Douyin", "2025-09-01", "2025-09-30", 4000, ("baby laughs", "price banner"), (1, 2),
                 buy=3.4, ctr=2.94, steep=0.1, android=0.965, incremental=1.0)
    )  # fmt: skip
    return sorted((one for one in found if one.first <= clock.END), key=lambda one: (one.first, one.name))


def season(year, brand):
    """The campaigns around the promotions of one year."""
    new_year = {2023: "2023-01-22", 2024: "2024-02-10", 2025: "2025-01-29", 2026: "2026-02-17"}[year]
    day = pd.Timestamp(new_year)
    cny = [max(day - pd.Timedelta(days=n), pd.Timestamp(clock.START)).strftime("%Y-%m-%d") for n in (23, 8)]
    douyin, notes = ("stock-up countdown", "unboxing", "price banner"), ("mother's diary", "value list")
    made = [
        Campaign(f"{brand}-CNY-A", "Douyin", *cny, 620, ("price banner", "unboxing"), steep=0.6),
        Campaign(f"{brand}-38-A", "Xiaohongshu", f"{year}-02-24", f"{year}-03-10", 640, ("mother's diary", "unboxing"), android=0.42),
        Campaign(f"{brand}-61-A", "Douyin", f"{year}-05-20", f"{year}-06-02", 560, ("baby laughs", "value list")),
        Campaign(f"{brand}-618-B", "Kuaishou", f"{year}-06-01", f"{year}-06-20", 520, ("price banner", "value list"), android=0.7),
        Campaign(f"{brand}-D11-A", "Douyin", f"{year}-10-20", f"{year}-11-13", 900, douyin, (0, 1, 2), steep=0.6),
        Campaign(f"{brand}-D11-B", "Xiaohongshu", f"{year}-10-20", f"{year}-11-11", 560, notes, steep=0.55, android=0.42),
        Campaign(f"{brand}-D12-A", "Douyin", f"{year}-12-05", f"{year}-12-13", 620, douyin, steep=0.6),
    ]  # fmt: skip
    if year != 2025:
        made.append(
            Campaign(f"{brand}-618-A", "Douyin", f"{year}-06-01", f"{year}-06-20", 800, douyin, (0, 1, 2))
        )
    return made


def market_price():
    """Factor on the price of attention: all brands bid more around promotions; shape (days,)."""
    promo, peak, _ = clock.promo_windows()
    return np.where(peak, 1.32, np.where(promo != "", 1.07, 0.98)) * np.exp(
        0.05 * (np.arange(clock.N_DAYS) / 365 - 1.5)
    )


def fatigue(days, first, rng):
    """Factor on CTR as a creative grows old: halves its surplus in 30 days, refreshed every 40-80 days."""
    length = rng.integers(40, 80)
    age = (days - first + rng.integers(0, 25)) % length
    return 0.72 + 0.42 * np.exp(-age / 30)


def planned(campaign):
    """Planned cost per day, CNY; 0 on days the campaign does not run; shape (days,)."""
    running = clock.between(campaign.first, campaign.last)
    trend = 1.0 if "-AUT-" in campaign.name else clock.growth()
    return np.round(campaign.a_day * trend * plan.promo_factor() ** campaign.steep * running, 0)


def douyin_pace(streams):
    """What is billed over what was planned on Douyin, one luck a week; shape (days,)."""
    weeks = (np.arange(clock.N_DAYS) + 6) // 7  # 1 January 2023 was a Sunday
    luck, shocks = (
        np.zeros(weeks[-1] + 1),
        streams.common("douyin weeks").normal(0, DOUYIN_LUCK, weeks[-1] + 1),
    )
    for week in range(1, len(luck)):
        luck[week] = DOUYIN_MEMORY * luck[week - 1] + np.sqrt(1 - DOUYIN_MEMORY**2) * shocks[week]
    rush = clock.between(*DOUYIN_RUSH_DAYS)
    return np.where(rush, DOUYIN_RUSH * np.exp(0.35 * luck[weeks]), np.exp(luck[weeks]))


def douyin_plan():
    """Planned feed cost on Douyin, CNY per day at scale 1; shape (days,)."""
    return sum((planned(one) for one in campaigns() if one.platform == "Douyin"), star_plan(1.0))


def run_campaign(campaign, rng, luck, pace, scale):
    """Auction results of one campaign: one row per creative x audience x day; and its planned cost per day.

    `luck` draws what hits the whole brand (prices, taste), `rng` what single people do; `pace` is billed over planned.
    """
    wanted = planned(campaign)
    days = np.flatnonzero(wanted)
    price, platform_ctr, platform_buy = PLATFORM[campaign.platform]
    share = np.array([0.3, 0.55, 0.15])[list(campaign.audiences)]
    pace = pace[days] * np.exp(luck.normal(0, 0.06, len(days)))
    noise = np.exp(luck.normal(0, 0.08, len(days)))
    crowd = (wanted[days] * pace / np.median(wanted[days])) ** -CROWDING
    parts = []
    for number, creative in enumerate(campaign.creatives):
        tired = fatigue(days, days[0], luck)
        for audience, part in zip(campaign.audiences, share / share.sum(), strict=True):
            split = part * luck.dirichlet(np.full(len(campaign.creatives), 8.0), len(days))[:, number]
            cpm = price * (1.35, 1.0, 0.62)[audience] * market_price()[days] * noise
            taste = np.exp(luck.normal(0, 0.1, len(days)))
            shown = rng.poisson(wanted[days] * pace * split / cpm * 1000 * scale)
            seen = AUDIENCE_POOL[audience] * scale
            reach = seen * (1 - (1 + shown / (seen * ACTIVITY)) ** -ACTIVITY)
            rate = (
                AUDIENCE_CTR[audience] * CREATIVE[creative][0] * platform_ctr * campaign.ctr * tired * crowd
            )
            parts.append(pd.DataFrame({
                "day": days, "platform": campaign.platform, "campaign": campaign.name, "creative": creative,
                "audience": audience, "impressions": shown,
                "reach": np.clip(np.round(reach * np.exp(rng.normal(0, 0.01, len(days)))), 1, np.maximum(shown, 1)),
                "clicks": rng.binomial(shown, np.clip(rate * taste, 0, 0.5)),
                "cost": np.round(shown * cpm / 1000, 2),
                "buy": BUY * platform_buy * CREATIVE[creative][1] * AUDIENCE_BUY[audience] * campaign.buy,
                "android": campaign.android, "incremental": campaign.incremental or AUDIENCE_INCREMENTAL[audience],
            }))  # fmt: skip
    return pd.concat(parts), wanted


def star_devices(scale):
    """Devices of each audience of HY-618-A: broad holds a share of the look-alikes as well."""
    core, alike, broad = (STAR_POOL * scale).astype(int)
    return [np.arange(core), core + np.arange(alike), core + int(0.8 * alike) + np.arange(broad)]


def star_impressions(rng, luck_of_day, scale):
    """Every impression of HY-618-A: frame with day, device, audience, creative, clicked.

    On the three peak days of 618 the campaign bids up and opens to the broad audience; on others only people who
    know the brand, and people like them, see it.
    """
    devices = star_devices(scale)
    active = rng.gamma(ACTIVITY, 1 / ACTIVITY, max(pool[-1] for pool in devices) + 1)
    _, peak, _ = clock.promo_windows()
    parts = []
    for day in np.flatnonzero(clock.between(*STAR_DAYS)):
        luck = np.exp(luck_of_day.normal(0, 0.08))
        top = peak[day] and clock.DAYS[day].month == 6
        for audience, amount in enumerate(STAR_PEAK if top else STAR_ORDINARY):
            if not amount:
                continue
            people = devices[audience]
            seen = rng.poisson(amount * scale * luck / len(people) * active[people])
            device = np.repeat(people, seen)
            nth = np.arange(len(device)) - np.repeat(np.cumsum(seen) - seen, seen)
            creative = rng.choice(3, len(device), p=[0.45, 0.3, 0.25])
            liked = np.array([CREATIVE[name][0] for name in STAR_CREATIVES])[creative]
            rate = STAR_CTR[audience] * liked * 0.86**nth * np.exp(rng.normal(0, 0.07)) * (0.85 if top else 1)
            clicked = rng.random(len(device)) < rate
            parts.append(pd.DataFrame({"day": day, "device": device, "audience": audience, "creative": creative,
                                       "clicked": clicked}))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def star_cells(log, rng):
    """HY-618-A as its platform reports it: the log counted by creative x audience x day."""
    keys = ["day", "creative", "audience"]
    cells = log.groupby(keys).agg(
        impressions=("clicked", "size"), clicks=("clicked", "sum"), reach=("device", "nunique")
    )
    cells = cells.reset_index()
    luck = np.exp(rng.normal(0, 0.06, clock.N_DAYS))[cells["day"]]
    _, peak, _ = clock.promo_windows()
    cpm = (
        44
        * np.array([1.35, 1.0, 0.7])[cells["audience"]]
        * np.where(peak[cells["day"]], STAR_PEAK_BID, 1.0)
        * luck
    )
    cells["cost"] = np.round(cells["impressions"] * cpm / 1000, 2)
    names = np.array(STAR_CREATIVES)[cells["creative"]]
    bought = np.array([CREATIVE[name][1] for name in STAR_CREATIVES])[cells["creative"]]
    cells["buy"] = BUY * 1.1 * bought * AUDIENCE_BUY[cells["audience"]]
    return cells.assign(
        creative=names,
        platform="Douyin",
        campaign=STAR,
        android=0.56,
        incremental=AUDIENCE_INCREMENTAL[cells["audience"]],
    )


def star_plan(scale):
    """Planned cost of HY-618-A per day, CNY; shape (days,)."""
    _, peak, _ = clock.promo_windows()
    running = clock.between(*STAR_DAYS)
    cpm = 44 * np.array([1.35, 1.0, 0.7]) / 1000 * scale
    top = peak & (clock.DAYS.month == 6)
    return np.round(np.where(top, STAR_PEAK @ cpm * STAR_PEAK_BID, STAR_ORDINARY @ cpm) * running, 0)


def exposures(log, rng, part=0):
    """The person-day log of HY-618-A over two weeks; device ids are shuffled so that they say nothing."""
    shuffled = rng.permutation(log["device"].max() + 1) + 100_001 + part * 10_000_000
    first, last = (clock.DAYS.get_loc(pd.Timestamp(day)) for day in STAR_LOG)
    part = log[(log["day"] >= first) & (log["day"] <= last)]
    days = part.groupby(["day", "device"], as_index=False).agg(
        impressions=("clicked", "size"), clicks=("clicked", "sum")
    )
    days["device_id"] = shuffled[days["device"]]
    days["date"] = clock.DAYS[days["day"]]
    days = days.sort_values(["date", "device_id"])
    return days[["date", "device_id", "impressions", "clicks"]].astype(
        {"impressions": "int32", "clicks": "int32"}
    )


def run(streams, scale):
    """All feed ads: (cells, exposures, planned cost per day by platform)."""
    parts, total = [], {"Douyin": star_plan(scale)}
    douyin, usual = douyin_pace(streams), np.ones(clock.N_DAYS)
    for campaign in campaigns():
        name, pace = f"feed {campaign.name}", douyin if campaign.platform == "Douyin" else usual
        cells, wanted = run_campaign(campaign, streams(name), streams.common(name), pace, scale)
        parts.append(cells)
        total[campaign.platform] = total.get(campaign.platform, 0) + wanted * scale
    log = star_impressions(streams("feed person log"), streams.common("feed person log"), scale)
    parts.append(star_cells(log, streams.common("feed star prices")))
    cells = pd.concat(parts, ignore_index=True)
    cells = cells[cells["impressions"] > 0]
    order = ["day", "platform", "campaign", "creative", "audience"]
    cells = cells.sort_values(order, ignore_index=True)
    return (
        cells,
        exposures(log, streams("feed device ids"), streams.part),
        {name: np.round(plan, 2) for name, plan in total.items()},
    )
