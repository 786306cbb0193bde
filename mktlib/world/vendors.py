"""The agencies that run the feed ads, and what they try: accounts and contracts, a content test, edits, frequency.

The always-on campaigns (HY-BASE-*) of 2025 are divided between vendors A and B; every impression, yuan and order of
`feed_ads_daily` belongs to one of them. The tests ran in accounts of their own.
"""

import numpy as np
import pandas as pd

from . import clock, feed
from .creators import luck
from .people import BAND_WEIGHTS, BANDS

YEAR = ("2025-01-01", "2025-12-31")
A_SHARE = {"core": 0.62, "look-alike": 0.22, "broad": 0.06}  # T18: vendor A's part of each audience
A_ROI = 0.925  # vendor A's revenue per yuan over vendor B's, at the same audience

# T07: chance of a click on a neutral content by birth-year band, and what contents add to it, in points.
BASE_CTR = np.array([0.040, 0.043, 0.047, 0.051, 0.055])
SECOND_CHILD = -0.002
CONTENTS = ["science video", "value list", "mother's diary", "price banner", "baby laughs"]
NEUTRAL = "mother's diary"
FOR_FIRST, FOR_SECOND, BANNER = 0.011, 0.009, -0.0075
LAUGHS_OLDER, LAUGHS_YOUNGER = -0.0215, -0.0005  # the joke is lost on those born before 1990
TEST_WEEKS = pd.date_range("2025-03-31", periods=6, freq="7D")
TEST_IMPRESSIONS, FIRST_CHILD = 1_600_000, 0.64

# J06: edits of ads. Two desks with 60 ads each; desk A edits its ten worst of every week, desk B none.
EDIT_WEEKS = pd.date_range("2025-02-10", periods=20, freq="7D")
ADS_A_DESK, EDITED = 60, 10
AD_SPREAD, WEEK_LUCK = 0.15, 0.16  # log sd of an ad's own CTR, and of its luck in a week
EDIT_EFFECT, LEARNING_CVR, LEARNING_CPM = 1.03, 0.78, 1.08  # in the week after the edit

# J06: fatigue. Each contact multiplies the chance of a click by `keeps`; pool and share of impressions by audience and week.
FIRST_OF_BAND = {"1": 1, "2": 2, "3-4": 3, "5-7": 5, "8+": 8}
AUDIENCE_CTR = {"core": 0.030, "look-alike": 0.0155, "broad": 0.0075}
AUDIENCE_POOL = {"core": 60_000, "look-alike": 300_000, "broad": 1_800_000}
AUDIENCE_PRICE = {"core": 1.3, "look-alike": 1.0, "broad": 0.65}
AUDIENCE_CVR = {"core": 0.05, "look-alike": 0.03, "broad": 0.018}
ACTIVITY = 1.1
FATIGUE_WEEKS = pd.date_range("2025-07-07", periods=12, freq="7D")
WIDER = [(1.0, 0.9, 0.6, 0.3, 0.2, 0.15), (0, 0.1, 0.4, 0.5, 0.4, 0.3), (0, 0, 0, 0.2, 0.4, 0.55)]
NARROWER = [(0.15, 0.2, 0.35, 0.55, 0.8, 1.0), (0.35, 0.4, 0.45, 0.4, 0.2, 0), (0.5, 0.4, 0.2, 0.05, 0, 0)]
STEADY, ONLY_CORE = [(0.35,) * 6, (0.65,) * 6, (0,) * 6], [(1.0,) * 6, (0,) * 6, (0,) * 6]
FATIGUE_ADS = [  # ad, platform, creative, audiences over time, impressions a week, keeps, CPM
    ("AD-701", "Douyin", "science video", WIDER, 44_000, 0.992, 52), ("AD-702", "Douyin", "stock-up countdown", ONLY_CORE, 24_000, 0.84, 71),
    ("AD-703", "Xiaohongshu", "mother's diary", NARROWER, 46_000, 0.87, 66), ("AD-704", "WeChat Moments", "unboxing", STEADY, 44_000, 0.80, 78),
    ("AD-705", "Kuaishou", "baby laughs", STEADY, 52_000, 0.95, 40), ("AD-706", "Weibo", "value list", WIDER, 40_000, 0.93, 35),
]  # fmt: skip

SEASONS = {"low": (1, 2, 3, 4, 7, 8), "middle": (5, 9, 12), "peak": (6, 10, 11)}
GROWTH = 1.15  # need of 2026 over that of 2025
GUARANTEE, DISCOUNT, PEAK_PRICE = (
    1.12,
    0.88,
    1.05,
)  # volume over mean need; unit price, and that of the peak, over spot
TICKETS = {  # vendor: (tickets of the year, hours per urgency high, middle, low; share of work that is accepted at once)
    "A": (128, (26.0, 12.0, 0.8), 0.80), "B": (104, (5.0, 12.0, 13.0), 0.91), "C": (52, (16.0, 18.0, 14.0), 0.86),
}  # fmt: skip
PROMISED = {"high": 8, "middle": 24, "low": 72}
TASKS = ["report", "creative delivery", "account fix", "bid change", "tracking question"]


def tables(life):
    """vendor_monthly, vendor_contracts, vendor_service_log, content_test, ad_edits, ad_frequency_weekly."""
    common = life.streams.common
    return {
        "vendor_monthly": by_vendor(life),
        "vendor_contracts": contracts(life),
        "vendor_service_log": service_log(common("vendor service")),
        "content_test": content_test(life),
        "ad_edits": ad_edits(common("ad edits")),
        "ad_frequency_weekly": frequency(life),
    }


# Vendors


def by_vendor(life):
    """The always-on campaigns by month, vendor, campaign and audience; both vendors add up to feed_ads_daily."""
    rng, keys = life.streams("vendors"), ["month", "campaign", "audience"]
    cells = life.feed_cells
    here = cells["campaign"].str.startswith("HY-BASE") & cells["date"].between(*YEAR)
    cells = cells[here].assign(month=cells.loc[here, "date"].dt.strftime("%Y-%m"))
    total = cells.groupby(keys)[["impressions", "clicks", "cost"]].sum().reset_index()
    part = total["audience"].map(A_SHARE).to_numpy()
    wobble = life.streams.common("vendor months").normal(0, 0.12, len(total))
    part = 1 / (1 + (1 / part - 1) * np.exp(-wobble))
    shown = np.round(total["impressions"] * part).astype(int)
    clicks = rng.binomial(total["clicks"], shown / np.maximum(total["impressions"], 1))
    cost = np.round(total["cost"] * part, 2)
    a = total.assign(vendor="A", impressions=shown, clicks=np.minimum(clicks, shown), cost=cost)
    b = total.assign(vendor="B", impressions=total["impressions"] - shown, clicks=total["clicks"] - a["clicks"],
                     cost=np.round(total["cost"] - a["cost"], 2))  # fmt: skip
    both = pd.concat([a, b], ignore_index=True)
    sold = orders_by_vendor(rng, life, cells, total.assign(part=part))
    both = both.merge(sold, on=[*keys, "vendor"], how="left").fillna({"orders": 0, "revenue": 0.0})
    both = both[(both["impressions"] > 0) | (both["orders"] > 0)]
    return both.sort_values(["month", "vendor", "campaign", "audience"], ignore_index=True)


def orders_by_vendor(rng, life, cells, total):
    """Orders and revenue by month, campaign, audience and vendor.

    Within an audience the vendors get every n-th order by size, so that chance does not decide who looks better.
    """
    orders = life.tables["orders"]
    mine = orders[orders["ad"].isin(cells.index)]
    found = cells.loc[mine["ad"].to_numpy(), ["month", "campaign", "audience"]].reset_index(drop=True)
    found["amount"] = mine["amount"].to_numpy()
    keys = ["month", "campaign", "audience"]
    found = found.merge(total[[*keys, "part"]], on=keys, how="left")
    found = found.sort_values(["audience", "amount"], kind="stable", ignore_index=True)
    chance = found["part"] * A_ROI / (found["part"] * A_ROI + 1 - found["part"])
    steps = chance.groupby(found["audience"]).cumsum() + rng.random()
    taken = np.floor(steps) > np.floor(steps - chance)
    found["vendor"] = np.where(taken, "A", "B")
    sold = found.groupby([*keys, "vendor"])["amount"].agg(orders="size", revenue="sum")
    return sold.reset_index().round({"revenue": 2})


def contracts(life):
    """Offers for 2026: feed volume at spot or guaranteed, by season; and an MCN's year against single posts."""
    rng = life.streams.common("vendor contracts")
    cells = life.feed_cells
    year = cells[cells["date"].between(*YEAR) & (cells["campaign"] != feed.BROAD_PHONES)]
    need = year.groupby(year["date"].dt.month)["impressions"].sum().reindex(range(1, 13), fill_value=0)
    need = need / 1000 * GROWTH
    amount = np.maximum(np.round(GUARANTEE * need.mean(), -1), 1)
    rows = []
    for vendor, price in (("A", 57.0), ("B", 54.5)):
        for season, months in SEASONS.items():
            mean = need[list(months)].mean()
            spot = round(price * (PEAK_PRICE if season == "peak" else 1.0), 2)
            low, high = mean * np.exp(-0.2 - 0.1 * rng.random()), mean * np.exp(0.2 + 0.1 * rng.random())
            rows += [(vendor, "spot", season, len(months), "1000 impressions", spot, 0, low, mean, high),
                     (vendor, "guaranteed", season, len(months), "1000 impressions", round(price * DISCOUNT, 2), amount, low, mean, high)]  # fmt: skip
    for kind, price, promised in (("single posts", 1900.0, 0), ("annual frame", 1520.0, 60)):
        rows.append(("C", kind, "all year", 12, "post", price, promised / 12, 24 / 12, 42 / 12, 63 / 12))
    names = "vendor kind season months unit unit_price guaranteed_a_month need_low need_expected need_high"
    frame = pd.DataFrame(rows, columns=names.split()).round(
        {"need_low": 1, "need_expected": 1, "need_high": 1}
    )
    frame.insert(0, "offer_id", [f"V{n:02d}" for n in range(1, len(frame) + 1)])
    return frame


def service_log(rng):
    """What the vendors were asked in 2025, when it was due and when it was done."""
    parts, days = [], np.flatnonzero(clock.between(*YEAR) & (clock.DAY_OF_WEEK < 5))
    for vendor, (size, hours, accepted) in TICKETS.items():
        urgency = rng.choice(3, size, p=[0.22, 0.38, 0.40] if vendor != "A" else [0.15, 0.29, 0.56])
        task = rng.choice(len(TASKS), size, p=[0.24, 0.3, 0.16, 0.18, 0.12])
        opened = clock.DAYS.to_numpy().astype("datetime64[s]")[rng.choice(days, size)]
        opened = opened + rng.integers(9 * 3600, 18 * 3600, size).astype("timedelta64[s]")
        needed = np.array(hours)[urgency] * np.exp(rng.normal(-0.15, 0.6, size))
        done = opened + (needed * 3600).astype("timedelta64[s]")
        hour = done.astype("datetime64[h]").astype(int) % 24  # nobody works at night
        wait = np.where(hour >= 21, 33 - hour, np.where(hour < 8, 9 - hour, 0))
        parts.append(pd.DataFrame({
            "vendor": vendor, "task": np.array(TASKS)[task], "urgency": np.array(list(PROMISED))[urgency], "opened_at": opened,
            "due_at": opened + (np.array(list(PROMISED.values()))[urgency] * 3600).astype("timedelta64[s]"),
            "done_at": done + (wait * 3600).astype("timedelta64[s]"),
            "pieces": np.where(task == 1, 1 + rng.poisson(3.2, size), 0),
            "accepted": rng.random(size) < accepted,
        }))  # fmt: skip
    frame = pd.concat(parts).sort_values("opened_at", kind="stable", ignore_index=True)
    frame["done_at"] = frame["done_at"].where(frame["done_at"] <= pd.Timestamp(clock.KNOWN))
    frame.insert(0, "ticket_id", [f"T{n:03d}" for n in range(1, len(frame) + 1)])
    return frame


# Tests and habits of the desks


def content_test(life):
    """Five contents shown by lot to ten personas for six weeks, on Douyin."""
    rng, brand = life.streams("content test clicks"), life.streams.common("content test weeks")
    grid = pd.MultiIndex.from_product([TEST_WEEKS, BANDS, ["first", "second or later"], CONTENTS])
    grid = grid.to_frame(index=False, name=["week_start", "birth_year_band", "parity", "content"])
    band = grid["birth_year_band"].map({name: n for n, name in enumerate(BANDS)}).to_numpy()
    second = (grid["parity"] != "first").to_numpy()
    people = BAND_WEIGHTS[second.astype(int), band] * np.where(second, 1 - FIRST_CHILD, FIRST_CHILD)
    shown = rng.poisson(TEST_IMPRESSIONS * life.scale * people / len(CONTENTS) / len(TEST_WEEKS))
    added = np.select([grid["content"] == name for name in CONTENTS], [
        np.where(second, 0, FOR_FIRST), np.where(second, FOR_SECOND, 0), 0.0, BANNER, np.where(band < 2, LAUGHS_OLDER, LAUGHS_YOUNGER),
    ])  # fmt: skip
    week = np.repeat(luck(brand, 0.04, len(TEST_WEEKS)), len(grid) // len(TEST_WEEKS))
    rate = (BASE_CTR[band] + SECOND_CHILD * second + added) * week * luck(brand, 0.02, len(grid))
    grid["impressions"], grid["clicks"] = shown, rng.binomial(shown, rate)
    price = 47 * luck(brand, 0.05, len(grid))
    return grid.assign(cost=np.round(shown * price / 1000, 2))[shown > 0].reset_index(drop=True)


def ad_edits(rng):
    """Results of 120 small ads by week, and which were edited when it ended."""
    size = 2 * ADS_A_DESK
    own = np.log(0.0135) + rng.normal(0, AD_SPREAD, size)
    volume = 9000 * luck(rng, 0.35, size)
    desk = np.repeat(["A", "B"], ADS_A_DESK)[rng.permutation(size)]
    fresh, edited, parts = np.ones(size, bool), np.zeros(size, bool), []
    for week in EDIT_WEEKS:
        shown = rng.poisson(volume * luck(rng, 0.15, size))
        rate = np.exp(own + rng.normal(0, WEEK_LUCK, size)) * np.where(edited, EDIT_EFFECT, 1.0)
        clicks = rng.binomial(shown, np.clip(rate, 0, 0.3))
        bought = rng.binomial(clicks, np.where(fresh, LEARNING_CVR, 1.0) * 0.042)
        cost = shown * 48 / 1000 * np.where(fresh, LEARNING_CPM, 1.0) * luck(rng, 0.06, size)
        rank = np.where(desk == "A", clicks / np.maximum(shown, 1), np.inf)
        edited = np.zeros(size, bool)
        edited[np.argsort(rank, kind="stable")[:EDITED]] = True
        parts.append(pd.DataFrame({
            "week_start": week, "ad": [f"AE-{n:03d}" for n in range(1, size + 1)], "desk": desk, "impressions": shown, "clicks": clicks,
            "conversions": bought, "cost": np.round(cost, 2), "learning_phase": fresh, "edited_after": edited,
        }))  # fmt: skip
        fresh = edited
    return pd.concat(parts, ignore_index=True)


def frequency(life):
    """Impressions of six ads by week, audience and how often the person had seen the ad before."""
    rng, brand = life.streams("ad frequency"), life.streams.common("ad frequency weeks")
    parts = []
    for ad, platform, creative, audiences, a_week, keeps, cpm in FATIGUE_ADS:
        week_luck = luck(brand, 0.03, len(FATIGUE_WEEKS))
        for audience, shares in zip(feed.AUDIENCES, audiences, strict=True):
            share = np.interp(np.linspace(0, 5, len(FATIGUE_WEEKS)), np.arange(6), shares)
            if share.any():
                cells = contacts(a_week * share, AUDIENCE_POOL[audience], keeps)
                cells = cells.assign(ad=ad, platform=platform, creative=creative, audience=audience)
                shown = rng.poisson(cells["expected"] * life.scale)
                liked = feed.CREATIVE[creative][0] * AUDIENCE_CTR[audience] * week_luck[cells["week"]]
                rate = liked * cells["kept"] * luck(brand, 0.03, len(cells))
                clicks = rng.binomial(shown, np.clip(rate, 0, 0.5))
                cost = np.round(shown * cpm * AUDIENCE_PRICE[audience] / 1000, 2)
                bought = rng.binomial(clicks, AUDIENCE_CVR[audience])
                parts.append(cells.assign(impressions=shown, clicks=clicks, conversions=bought, cost=cost))
    frame = pd.concat(parts, ignore_index=True)
    frame["week_start"] = FATIGUE_WEEKS[frame["week"]]
    return frame[frame["impressions"] > 0].reset_index(drop=True)


def contacts(a_week, pool, keeps):
    """Expected impressions by week and contact: how many of them are a person's 1st, 2nd, 3rd to 4th ... of the ad.

    People's activity is gamma distributed, so their contacts after some weeks are negative binomial. `kept` is the
    mean of keeps^(contact - 1) over the impressions of the row.
    """
    n = np.arange(1, 61)
    mean = np.cumsum(a_week) / pool
    p = (mean / (mean + ACTIVITY))[:, None]
    none = (1 - p) ** ACTIVITY
    share = none * np.cumprod(p * (ACTIVITY + n - 1) / n, axis=1)  # of people with exactly n contacts
    reached = 1 - none - np.cumsum(share, axis=1) + share  # with at least n
    new = np.maximum(np.diff(reached, axis=0, prepend=np.zeros((1, 60))), 0) * pool
    edges = [first - 1 for first in FIRST_OF_BAND.values()]
    seen = np.add.reduceat(new, edges, axis=1)
    kept = np.add.reduceat(new * keeps ** (n - 1), edges, axis=1) / np.maximum(seen, 1e-9)
    week, band = np.divmod(np.arange(seen.size), len(edges))
    contact = np.array(list(FIRST_OF_BAND))[band]
    return pd.DataFrame({"week": week, "contact": contact, "expected": seen.ravel(), "kept": kept.ravel()})


def truth(life):
    """What was put into vendors, tests and ads, and what a right count gives."""
    tables = life.tables
    vendor = tables["vendor_monthly"].groupby(["audience", "vendor"])[["cost", "revenue"]].sum()
    weight = vendor["cost"].groupby("audience").sum() / vendor["cost"].sum()
    roi = (vendor["revenue"] / vendor["cost"]).unstack()
    total = vendor.groupby("vendor").sum()
    mothers = rates(tables["content_test"], ["parity", "content"]).unstack()
    mothers = mothers.sub(mothers[NEUTRAL], axis=0)
    offers = tables["vendor_contracts"].query("unit != 'post'").set_index(["vendor", "kind", "season"])
    over = np.maximum(offers["need_expected"] - offers["guaranteed_a_month"], 0)
    spot = offers["unit_price"].xs("spot", level="kind").reindex(offers.index.droplevel("kind")).to_numpy()
    paid = offers["months"] * (offers["guaranteed_a_month"] * offers["unit_price"] + over * spot)
    return {
        "T07": {
            "what": "Science videos work for mothers of a first child, value lists for mothers of a second; age matters little.",
            "cause": {"science_video_first_child": FOR_FIRST, "value_list_second_child": FOR_SECOND, "price_banner": BANNER,
                      "baby_laughs": {"born_before_1990": LAUGHS_OLDER, "younger": LAUGHS_YOUNGER}},
            "found": {parity: row.to_dict() for parity, row in mothers.iterrows()},
        },
        "T18": {
            "what": "Vendor A looks better because it runs the retargeting; at the same audiences it is a little worse.",
            "cause": {"share_of_vendor_a": A_SHARE, "roi_of_a_over_b_at_the_same_audience": A_ROI},
            "found": {"roi": (total["revenue"] / total["cost"]).to_dict(), "adjusted_gap": ((roi["A"] - roi["B"]) * weight).sum(),
                      "core_share_of_a": vendor.loc[("core", "A"), "cost"] / total.loc["A", "cost"]},
        },
        "ad_edits": {
            "what": "The worst ads of a week recover whether or not somebody edits them.",
            "cause": {"factor_on_ctr_in_the_week_after": EDIT_EFFECT, "log_sd_of_ads": AD_SPREAD, "log_sd_of_weeks": WEEK_LUCK,
                      "conversion_factor_while_learning": LEARNING_CVR},
        },
        "ad_fatigue": {
            "what": "What one more contact with an ad does to the chance of a click; audiences that change hide or feign it.",
            "cause": {ad: keeps for ad, *_, keeps, _ in FATIGUE_ADS},
        },
        "guaranteed_volume": {
            "what": "The guaranteed unit is cheaper, but it is paid in the low season, too.",
            "found": {f"{vendor} {kind}": cost for (vendor, kind), cost in paid.groupby(level=[0, 1]).sum().items()},
        },
    }  # fmt: skip


def rates(table, keys):
    """Clicks over impressions by `keys`."""
    total = table.groupby(keys)[["clicks", "impressions"]].sum()
    return total["clicks"] / total["impressions"]
