"""Where customers live: sixty cities, the feed-ads holdout of autumn 2025, pop-up stores, weeks without brand keywords.

A city stands for its surroundings, too: everybody lives in one of the sixty. The cities are constants; which of them
went dark is drawn, once per seed. `geo_daily` is counted from orders and from the cost of feed ads.
"""

from functools import cache

import numpy as np
import pandas as pd

from . import clock
from .streams import Streams

# Tiers 1 to 4: name, Chinese, region, inhabitants (10,000, census of 2020), weight of its young families, how well
# Heyu is known there, degrees north, degrees east. Tiers hold 20, 33, 28 and 19 % of the target group.
CITIES = [
    [
        ("Shanghai", "上海", "East", 2487, 58, 1.28, 31.2, 121.5), ("Beijing", "北京", "North", 2189, 54, 0.92, 39.9, 116.4),
        ("Guangzhou", "广州", "South", 1868, 46, 0.84, 23.1, 113.3), ("Shenzhen", "深圳", "South", 1749, 42, 1.04, 22.5, 114.1),
    ],
    [
        ("Chengdu", "成都", "Southwest", 2094, 34, 1.18, 30.7, 104.1), ("Chongqing", "重庆", "Southwest", 3205, 33, 0.74, 29.6, 106.6),
        ("Hangzhou", "杭州", "East", 1194, 29, 1.62, 30.3, 120.2), ("Wuhan", "武汉", "Central", 1245, 26, 0.97, 30.6, 114.3),
        ("Suzhou", "苏州", "East", 1275, 25, 1.22, 31.3, 120.6), ("Xian", "西安", "Northwest", 1296, 24, 0.83, 34.3, 108.9),
        ("Nanjing", "南京", "East", 932, 21, 1.16, 32.1, 118.8), ("Zhengzhou", "郑州", "Central", 1260, 21, 0.71, 34.7, 113.6),
        ("Tianjin", "天津", "North", 1387, 20, 0.78, 39.1, 117.2), ("Changsha", "长沙", "Central", 1005, 19, 1.09, 28.2, 113.0),
        ("Dongguan", "东莞", "South", 1047, 18, 0.68, 23.0, 113.8), ("Ningbo", "宁波", "East", 940, 16, 1.38, 29.9, 121.6),
        ("Hefei", "合肥", "East", 937, 16, 0.99, 31.8, 117.3), ("Qingdao", "青岛", "East", 1011, 15, 1.06, 36.1, 120.4),
        ("Foshan", "佛山", "South", 950, 13, 0.8, 23.0, 113.1),
    ],
    [
        ("Quanzhou", "泉州", "South", 878, 18, 0.79, 24.9, 118.6), ("Shijiazhuang", "石家庄", "North", 1064, 18, 0.66, 38.0, 114.5),
        ("Jinan", "济南", "East", 920, 17, 0.94, 36.7, 117.0), ("Shenyang", "沈阳", "Northeast", 903, 16, 0.73, 41.8, 123.4),
        ("Harbin", "哈尔滨", "Northeast", 1001, 16, 0.62, 45.8, 126.6), ("Wenzhou", "温州", "East", 957, 16, 1.31, 28.0, 120.7),
        ("Fuzhou", "福州", "South", 829, 15, 0.98, 26.1, 119.3), ("Wuxi", "无锡", "East", 746, 15, 1.34, 31.6, 120.3),
        ("Nanning", "南宁", "South", 874, 14, 0.72, 22.8, 108.4), ("Kunming", "昆明", "Southwest", 846, 14, 0.9, 25.0, 102.7),
        ("Changchun", "长春", "Northeast", 907, 13, 0.7, 43.9, 125.3), ("Xuzhou", "徐州", "East", 908, 13, 1.01, 34.3, 117.2),
        ("Nanchang", "南昌", "Central", 626, 13, 1.12, 28.7, 115.9), ("Dalian", "大连", "Northeast", 745, 12, 1.05, 38.9, 121.6),
        ("Huizhou", "惠州", "South", 606, 11, 0.85, 23.1, 114.4), ("Xiamen", "厦门", "South", 516, 11, 1.27, 24.5, 118.1),
        ("Guiyang", "贵阳", "Southwest", 599, 11, 0.88, 26.6, 106.7), ("Taiyuan", "太原", "North", 530, 10, 0.81, 37.9, 112.5),
        ("Yantai", "烟台", "East", 710, 10, 1.1, 37.5, 121.4), ("Jiaxing", "嘉兴", "East", 540, 9, 1.55, 30.7, 120.8),
        ("Changzhou", "常州", "East", 528, 8, 1.24, 31.8, 120.0),
    ],
    [
        ("Baoding", "保定", "North", 924, 15, 0.69, 38.9, 115.5), ("Linyi", "临沂", "East", 1102, 14, 0.86, 35.1, 118.4),
        ("Fuyang", "阜阳", "East", 820, 12, 0.77, 32.9, 115.8), ("Ganzhou", "赣州", "Central", 897, 12, 0.82, 25.8, 114.9),
        ("Weifang", "潍坊", "East", 939, 12, 1.03, 36.7, 119.1), ("Tangshan", "唐山", "North", 772, 11, 0.75, 39.6, 118.2),
        ("Luoyang", "洛阳", "Central", 706, 11, 0.87, 34.6, 112.5), ("Zunyi", "遵义", "Southwest", 661, 10, 0.65, 27.7, 106.9),
        ("Xiangyang", "襄阳", "Central", 526, 9, 0.95, 32.0, 112.1), ("Xianyang", "咸阳", "Northwest", 396, 9, 0.91, 34.3, 108.7),
        ("Yueyang", "岳阳", "Central", 505, 9, 1.04, 29.4, 113.1), ("Guilin", "桂林", "South", 493, 9, 0.84, 25.3, 110.3),
        ("Mianyang", "绵阳", "Southwest", 487, 8, 1.08, 31.5, 104.7), ("Liuzhou", "柳州", "South", 416, 8, 0.76, 24.3, 109.4),
        ("Yichang", "宜昌", "Central", 402, 8, 1.15, 30.7, 111.3), ("Zhuzhou", "株洲", "Central", 390, 8, 1.2, 27.8, 113.1),
        ("Deyang", "德阳", "Southwest", 346, 7, 1.13, 31.1, 104.4), ("Baoji", "宝鸡", "Northwest", 332, 7, 0.89, 34.4, 107.1),
        ("Wuhu", "芜湖", "East", 364, 6, 1.33, 31.4, 118.4), ("Huzhou", "湖州", "East", 337, 5, 1.7, 30.9, 120.1),
    ],
]  # fmt: skip
N_CITIES = 60

GEO_TEST = ("2025-10-13", "2025-11-23")  # six weeks without feed ads in twenty cities
HELD_OUT = (1, 4, 7, 8)  # cities by tier
DARK_SHARE = (0.275, 0.31)  # of the target group: enough to see, and what the director would let go dark
BRAND_OFF = [
    ("2024-09-02", "2024-09-15"),
    ("2025-07-14", "2025-07-27"),
]  # brand keywords paused, in calm weeks

POP_UP_DAYS = ("2025-05-01", "2025-05-25")
POP_UP_CITIES = ("Chengdu", "Wuhan", "Xian", "Nanjing", "Changsha", "Qingdao")

GEO_DAYS = ("2025-03-03", "2025-12-14")  # what geo_daily holds
BEFORE_TEST = ("2025-06-01", "2025-10-12")
SIX_WEEKS_BEFORE = ("2025-09-01", "2025-10-12")
BEFORE_POP_UP = (
    "2025-03-10",
    "2025-04-28",
)  # as many weekends to a day as the pop-up stores were open: twice as long
AUDIENCE = 1500  # thousand people whom feed ads can reach
BY_SEARCH = 0.6  # of those who come without the ad, by organic search; the others type the address
DELIVERY = 0.13  # daily luck of a city's share of the feed ads (log sd)


@cache
def _facts():
    """All columns of the cities; position is the city's number: by tier, in each tier the largest first."""
    rows = [(*row, tier) for tier, group in enumerate(CITIES, start=1) for row in group]
    names = ["city", "name_zh", "region", "population", "weight", "known", "latitude", "longitude", "tier"]
    facts = pd.DataFrame(rows, columns=names)
    wanted, whole = facts["weight"] * facts["known"], facts.groupby("tier")["weight"].transform("sum")
    share = np.round(wanted * whole / wanted.groupby(facts["tier"]).transform("sum") / 1000, 5)
    share[0] = np.round(1 - share[1:].sum(), 5)
    facts["population_share"] = share
    facts["neighbours"] = ["|".join(facts["city"].to_numpy()[near]) for near in _neighbours(facts)]
    facts["pop_up"] = facts["city"].isin(POP_UP_CITIES)
    return facts.sort_values(["tier", "population_share"], ascending=[True, False], ignore_index=True)


def _neighbours(facts):
    """Numbers of the two nearest cities of each, and of the third if it is closer than 200 km."""
    north, east = np.deg2rad(facts["latitude"].to_numpy()), np.deg2rad(facts["longitude"].to_numpy())
    half = (
        np.sin((north[:, None] - north) / 2) ** 2
        + np.cos(north[:, None]) * np.cos(north) * np.sin((east[:, None] - east) / 2) ** 2
    )
    for city, row in enumerate(np.round(2 * 6371 * np.arcsin(np.sqrt(half)))):
        nearest = np.argsort(row, kind="stable")
        nearest = nearest[nearest != city][:3]
        yield nearest[: 3 if row[nearest[2]] < 200 else 2]


def cities():
    """The sixty cities; population_share is the share of the target group that lives there, a fraction."""
    return _facts().drop(columns=["weight", "known"])


def holdout(streams):
    """Numbers of the 20 cities without feed ads, sorted: one lot in each block of cities alike in tier and size."""
    return _lots(streams.seed)


@cache
def _lots(seed):
    """Stratified lots, drawn again until the share of the target group that goes dark is as wanted."""
    rng = Streams(seed).common("geo holdout")
    tier, share = _facts()["tier"].to_numpy(), _facts()["population_share"].to_numpy()
    blocks = [
        block
        for number, count in enumerate(HELD_OUT, start=1)
        for block in np.array_split(np.flatnonzero(tier == number), count)
    ]
    while True:
        lots = np.array([block[int(rng.random() * len(block))] for block in blocks])
        if DARK_SHARE[0] <= share[lots].sum() <= DARK_SHARE[1]:
            return np.sort(lots)


@cache
def pop_up_reach(near):
    """Cities that a pop-up store reaches, and how much of one store's pull each gets: 1 in its own, `near` next door."""
    facts = _facts()
    number = dict(zip(facts["city"], range(N_CITIES), strict=True))
    pull = facts["pop_up"].to_numpy().astype(float)
    for names in facts.loc[facts["pop_up"], "neighbours"]:
        for name in names.split("|"):
            pull[number[name]] += near
    reached = np.flatnonzero(pull)
    return reached, pull[reached]


def tables(life):
    """The cities, with their group in the test, and the days of each city."""
    group = np.full(N_CITIES, "control", dtype=object)
    group[holdout(life.streams)] = "holdout"
    known = cities().assign(group=group.astype(str))
    known["audience"] = np.round(known["population_share"] * AUDIENCE, 2)
    return {"cities": known, "geo_daily": city_days(life, known)}


def city_days(life, known):
    """Orders and new customers counted by day and city, and the cost of feed ads shared over the cities."""
    first, last = (clock.DAYS.get_loc(pd.Timestamp(day)) for day in GEO_DAYS)
    days = np.arange(first, last + 1)
    paid = life.tables["orders"].query("status == 'paid'")
    new = paid.drop_duplicates("customer_id")
    many, revenue = by_city_day(paid, first, len(days))
    new_many, new_revenue = by_city_day(new, first, len(days))
    where = np.tile(np.arange(N_CITIES), len(days))
    return pd.DataFrame({
        "date": clock.DAYS[np.repeat(days, N_CITIES)],
        "city": known["city"].to_numpy()[where],
        "group": known["group"].to_numpy()[where],
        "pop_up": known["pop_up"].to_numpy()[where],
        "orders": many, "revenue": revenue, "new_customers": new_many, "new_revenue": new_revenue,
        "feed_cost": shared_cost(life, days).ravel(),
    })  # fmt: skip


def by_city_day(orders, first, days):
    """Number and amount of orders in each cell of day x city, from day number `first` on."""
    day = orders["day"].to_numpy() - first
    here = (day >= 0) & (day < days)
    cell = day[here] * N_CITIES + orders["city"].to_numpy()[here]
    amount = np.bincount(cell, orders["amount"].to_numpy()[here], days * N_CITIES)
    return np.bincount(cell, minlength=days * N_CITIES), np.round(amount, 2)


def shared_cost(life, days):
    """Cost of feed ads of each day, in proportion to the target group of the cities that see them; shape (days, 60).

    Whole cents: each city gets what the running total gains, so that the cities add up to the day.
    """
    ads = life.tables["feed_ads_daily"]
    cents = np.round(np.bincount(ads["day"], ads["cost"], clock.N_DAYS)[days] * 100)
    luck = np.exp(life.streams("delivery by city").normal(0, DELIVERY, (len(days), N_CITIES)))
    weight = _facts()["population_share"].to_numpy() * luck
    dark = np.isin(np.arange(N_CITIES), holdout(life.streams))
    weight[np.ix_(clock.between(*GEO_TEST)[days], dark)] = 0
    whole = np.cumsum(weight, axis=1)
    running = np.round(whole / whole[:, -1:] * cents[:, None])
    return np.diff(running, axis=1, prepend=0) / 100


# What a right count finds


def truth(life):
    """T20 and what else the cities tell: spillover of the pop-up stores, the weeks without brand keywords."""
    days = life.tables["geo_daily"]
    return {"T20": feed_test(life, days), "pop_up": pop_up(life, days), "brand_off": brand_off(life)}


def per_city(days, column, first, last):
    """Sum of a column from day `first` to day `last`, both included, by city in the order of `cities`."""
    part = days[(days["date"] >= first) & (days["date"] <= last)]
    return part.groupby("city")[column].sum().reindex(_facts()["city"]).to_numpy()


def before_test(days, column):
    """Sum by city of the days before the test, those of the pop-up stores left out."""
    return per_city(days, column, GEO_DAYS[0], "2025-04-30") + per_city(days, column, *BEFORE_TEST)


def feed_roas(before, after, cost_before, cost, dark):
    """What the held-out cities lost, over what they did not spend; both against the other cities, scaled by the time before."""
    lit = ~dark
    lost = before[dark].sum() / before[lit].sum() * after[lit].sum() - after[dark].sum()
    return lost / (cost_before[dark].sum() / cost_before[lit].sum() * cost[lit].sum())


def jackknife(estimate, units):
    """Standard error of `estimate(kept)` over independent units, each left out once."""
    found = np.array([estimate(np.arange(units) != one) for one in range(units)])
    return np.sqrt((units - 1) / units * ((found - found.mean()) ** 2).sum())


def feed_test(life, days):
    """T20: what a yuan of feed ads brings in first orders, by the test and in tempting ways; the platform claims far more."""
    dark = np.isin(np.arange(N_CITIES), holdout(life.streams))
    cost, after = per_city(days, "feed_cost", *GEO_TEST), per_city(days, "new_revenue", *GEO_TEST)
    earlier, cost_earlier = before_test(days, "new_revenue"), before_test(days, "feed_cost")
    saved = cost[~dark].sum() * cost_earlier[dark].sum() / max(cost_earlier[~dark].sum(), 1)

    def estimate(kept):
        return feed_roas(earlier[kept], after[kept], cost_earlier[kept], cost[kept], dark[kept])

    found, error = estimate(np.full(N_CITIES, True)), jackknife(estimate, N_CITIES)
    six_weeks = per_city(days, "new_revenue", *SIX_WEEKS_BEFORE)
    ads = life.tables["feed_ads_daily"]
    ads = ads[clock.between(*GEO_TEST)[ads["day"]]]
    return {
        "what": "Feed ads were off in 20 of 60 cities for six weeks: what a yuan of them brings in first orders.",
        "cause": {"days": GEO_TEST, "held_out": _facts()["city"][dark].tolist(), **caused(life, cost.sum())},
        "found": {
            "iroas": found, "standard_error": error, "interval_95": [found - 1.96 * error, found + 1.96 * error],
            "post_only": (after[~dark].mean() - after[dark].mean()) / max(cost[~dark].mean(), 1),
            "pre_post": (six_weeks[dark].sum() - after[dark].sum()) / max(saved, 1),
            "platform_roas": ads["revenue"].sum() / max(ads["cost"].sum(), 1),
            "share_of_audience_held_out": _facts()["population_share"][dark].sum(),
            **rates(per_city(days, "new_customers", *GEO_TEST), dark),
        },
    }  # fmt: skip


def caused(life, cost):
    """What feed ads really brought in first paid orders during the test, by the hidden cause of each order.

    Who came by an ad and would have come anyway got the coupon of feed ads; without the ad some would have had the
    smaller one of organic search, others none. That difference is taken off.
    """
    from . import people, sales  # they need the cities, so not at the top

    new = life.tables["orders"].query("status == 'paid'").drop_duplicates("customer_id")
    new = new[clock.between(*GEO_TEST)[new["day"]]]
    mine = new[new["cause"] == people.FEED]
    anyway = new[(new["channel"] == "feed ads") & (new["cause"] != people.FEED)]
    needless = anyway["new_customer_coupon"].sum() * (
        1 - BY_SEARCH * sales.COUPON["SEO"] / sales.COUPON["feed ads"]
    )
    return {"new_customers": len(mine), "new_revenue": mine["amount"].sum(), "needless_coupons": needless,
            "feed_cost": cost, "iroas": (mine["amount"].sum() - needless) / max(cost, 1)}  # fmt: skip


def rates(after, dark):
    """New customers per 10,000 inhabitants in both groups, and the difference's standard error by city and by person."""
    people = _facts()["population"].to_numpy()
    groups, each = (dark, ~dark), after / people
    by_city = np.sqrt(sum(each[g].var(ddof=1) / g.sum() for g in groups))
    by_person = np.sqrt(sum(after[g].sum() / people[g].sum() ** 2 for g in groups))
    return {"new_customers_per_10000": {"control": each[~dark].mean(), "holdout": each[dark].mean()},
            "its_standard_error": {"cities": by_city, "persons": by_person}}  # fmt: skip


def pop_up(life, days):
    """S06.5: cities next to a pop-up store gain as well, so as controls they hide part of what it does."""
    facts = _facts()
    names = set("|".join(facts.loc[facts["pop_up"], "neighbours"]).split("|"))
    store = facts["pop_up"].to_numpy()
    near = facts["city"].isin(names).to_numpy() & ~store
    before = per_city(days, "new_customers", *BEFORE_POP_UP)
    during = per_city(days, "new_customers", *POP_UP_DAYS)

    def gain(cities, control):
        return during[cities].sum() - before[cities].sum() * during[control].sum() / max(
            before[control].sum(), 1
        )

    far = ~store & ~near
    return {
        "what": "Six pop-up stores in May 2025 bring new customers in their city and next door.",
        "cause": {"days": POP_UP_DAYS, "cities": POP_UP_CITIES},
        "found": {
            "gain_in_their_cities": gain(store, far), "gain_next_door": gain(near, far),
            "gain_if_neighbours_are_the_control": gain(store, near),
            "gain_if_all_other_cities_are_the_control": gain(store, ~store),
        },
    }  # fmt: skip


def brand_off(life):
    """S06.7: while the brand's keywords are off, their orders are gone; nearly all of them come another way."""
    orders = life.tables["orders"].query("status == 'paid'")
    brand = (orders["channel"] == "SEM") & (orders["campaign"] == "brand")
    kinds = {"brand_keywords": brand, "own_shop": orders["store"] == "own", "all": brand | True}
    found = {name: np.zeros(2) for name in kinds}
    for first, last in BRAND_OFF:
        start, end = (clock.DAYS.get_loc(pd.Timestamp(day)) for day in (first, last))
        size = end - start + 1
        off = orders["day"].between(start, end)
        beside = orders["day"].between(start - size, end + size) & ~off
        for name, kind in kinds.items():
            found[name] += (off & kind).sum(), (beside & kind).sum() / 2
    return {
        "what": "Brand keywords were switched off twice for two weeks; neighbouring weeks say what was lost.",
        "cause": {"days": BRAND_OFF},
        "found": {
            **{name: {"off": off, "beside": beside, "change": off / max(beside, 1) - 1} for name, (off, beside) in found.items()},
            "change_if_every_brand_order_were_lost": -found["brand_keywords"][1] / max(found["all"][1], 1),
            "the_same_of_the_own_shop": -found["brand_keywords"][1] / max(found["own_shop"][1], 1),
        },
    }  # fmt: skip
