"""Search ads: people search, keywords bid, the better rank is seen and clicked more."""

import numpy as np
import pandas as pd

from . import clock, geo, plan, rival

# ad group, keyword, match, searches a day, market click price (CNY), chance to buy, our bid over the market's
BRAND = [
    ("brand core", "禾屿", "exact", 62, 0.9, 0.105, 2.2), ("brand core", "禾屿官网", "exact", 24, 0.8, 0.125, 2.4),
    ("brand core", "禾屿母婴", "phrase", 20, 0.9, 0.1, 2.2), ("brand core", "heyu母婴", "exact", 7, 0.8, 0.09, 2.2),
    ("brand product", "禾屿纸尿裤", "phrase", 26, 1.3, 0.1, 1.9), ("brand product", "禾屿拉拉裤", "phrase", 15, 1.3, 0.1, 1.9),
    ("brand product", "禾屿湿巾", "phrase", 8, 1.1, 0.08, 1.9), ("brand product", "禾屿面霜", "phrase", 6, 1.2, 0.075, 1.9),
    ("brand product", "禾屿优惠券", "exact", 9, 0.9, 0.13, 2.0), ("brand product", "禾屿怎么样", "phrase", 12, 1.2, 0.035, 1.8),
]  # fmt: skip
CATEGORY = [
    ("diapers", "纸尿裤", "broad", 170, 6.6, 0.020, 0.95), ("diapers", "纸尿裤推荐", "phrase", 90, 6.8, 0.027, 1.0),
    ("diapers", "新生儿纸尿裤", "phrase", 74, 6.2, 0.036, 1.05), ("diapers", "拉拉裤", "broad", 80, 5.6, 0.024, 0.95),
    ("diapers", "拉拉裤 夜用", "phrase", 28, 4.7, 0.038, 1.0), ("diapers", "薄款纸尿裤", "phrase", 30, 5.0, 0.034, 1.0),
    ("diapers", "红屁股 纸尿裤", "phrase", 22, 3.9, 0.041, 1.05), ("diapers", "纸尿裤 囤货", "exact", 16, 4.2, 0.06, 1.1),
    ("diapers", "游泳纸尿裤", "exact", 9, 2.4, 0.03, 1.0), ("diapers", "纸尿裤 尺码", "phrase", 18, 2.9, 0.012, 0.9),
    ("wipes", "婴儿湿巾", "broad", 52, 3.9, 0.017, 0.95), ("wipes", "手口湿巾", "phrase", 28, 3.4, 0.023, 1.0),
    ("wipes", "棉柔巾", "broad", 56, 4.3, 0.012, 0.9), ("wipes", "湿厕纸 宝宝", "phrase", 11, 2.6, 0.021, 1.0),
    ("skin care", "婴儿面霜", "broad", 48, 6.1, 0.019, 0.95), ("skin care", "护臀膏", "phrase", 34, 4.1, 0.03, 1.0),
    ("skin care", "宝宝润肤乳", "phrase", 26, 5.3, 0.021, 0.95), ("skin care", "儿童防晒", "broad", 30, 7.2, 0.011, 0.9),
    ("skin care", "婴儿洗发沐浴", "phrase", 19, 4.4, 0.02, 0.95), ("bottles", "奶瓶", "broad", 82, 5.7, 0.013, 0.9),
    ("bottles", "新生儿奶瓶", "phrase", 42, 5.2, 0.028, 1.0), ("bottles", "防胀气奶瓶", "phrase", 26, 4.9, 0.03, 1.0),
    ("bottles", "吸管杯", "phrase", 26, 3.5, 0.024, 1.0), ("bottles", "温奶器", "phrase", 18, 6.3, 0.011, 0.9),
    ("food", "宝宝米粉", "broad", 40, 4.6, 0.024, 0.95), ("food", "高铁米粉", "phrase", 26, 4.1, 0.034, 1.05),
    ("food", "婴儿辅食", "broad", 56, 5.2, 0.014, 0.9), ("food", "果泥", "phrase", 19, 3.1, 0.022, 1.0),
    ("food", "宝宝零食", "broad", 28, 4.5, 0.010, 0.9), ("maternity", "待产包", "broad", 60, 5.9, 0.031, 1.05),
    ("maternity", "待产包 清单", "phrase", 46, 3.1, 0.013, 1.0), ("maternity", "产褥垫", "phrase", 15, 2.8, 0.03, 1.0),
    ("maternity", "孕妇枕", "phrase", 22, 5.4, 0.012, 0.9), ("maternity", "防溢乳垫", "phrase", 15, 2.9, 0.034, 1.05),
]  # fmt: skip
COMPETITOR = [  # invented rivals
    ("rivals", "青橙宝贝纸尿裤", "phrase", 40, 6.1, 0.012, 0.9), ("rivals", "柚柚熊拉拉裤", "phrase", 28, 5.6, 0.012, 0.9),
    ("rivals", "小麦芽湿巾", "phrase", 19, 4.4, 0.009, 0.9), ("rivals", "贝朵奶瓶", "exact", 20, 5.1, 0.008, 0.85),
    ("rivals", "青橙宝贝 怎么样", "phrase", 15, 3.9, 0.017, 0.95), ("rivals", "米粒家米粉", "phrase", 15, 4.3, 0.01, 0.9),
]  # fmt: skip
INFORMATION = [
    ("care", "奶瓶 怎么洗", "phrase", 46, 1.3, 0.0016, 1.0), ("care", "红屁股 怎么办", "phrase", 66, 1.6, 0.0032, 1.0),
    ("care", "宝宝 几个月 加辅食", "phrase", 60, 1.2, 0.0018, 1.0), ("care", "纸尿裤 怎么换", "phrase", 22, 1.0, 0.0018, 1.0),
    ("care", "新生儿 一天 几片 尿不湿", "phrase", 26, 1.1, 0.003, 1.0), ("care", "什么时候 准备 待产包", "phrase", 28, 1.3, 0.003, 1.0),
    ("care", "宝宝 戒尿不湿", "phrase", 17, 1.0, 0.001, 1.0), ("care", "湿疹 护理", "broad", 40, 2.2, 0.0012, 1.0),
]  # fmt: skip
GROUPS = {"brand": BRAND, "category": CATEGORY, "competitor": COMPETITOR, "informational": INFORMATION}
EXISTING = {"brand": 0.5, "category": 0.06, "competitor": 0.03, "informational": 0.01}
FULL_CTR = {"brand": 0.44, "category": 0.062, "competitor": 0.045, "informational": 0.07}  # of an ad on top
ENGINE = {"Baidu": 1.0, "360": 0.16, "Sogou": 0.11}  # searches relative to Baidu
SMALL_ENGINES = {
    "360": ["禾屿", "禾屿官网", "纸尿裤", "新生儿纸尿裤", "待产包"],
    "Sogou": ["禾屿", "禾屿官网", "纸尿裤推荐"],
}
INCREMENTAL = {
    "brand": 0.02,
    "category": 0.7,
    "competitor": 0.8,
    "informational": 0.9,
}  # of their prospects' orders
RIVAL_FROM = ("category", "competitor")  # campaigns whose clicks became dearer when the rival came
RIVAL_BRAND = 0.95  # searches of the brand after the rival came, over before
FAULT_DAY = "2024-06-12"
FAULT_FACTOR = (
    3.4  # a script wrote bids without a decimal point; the account's ceiling, 3.4 times plan, stopped it
)


def keywords():
    """All bought keywords, one row per engine x keyword."""
    rows = []
    for engine, size in ENGINE.items():
        for campaign, group in GROUPS.items():
            for ad_group, word, match, searches, price, buy, bid in group:
                if engine == "Baidu" or word in SMALL_ENGINES[engine]:
                    cheaper = 1.0 if engine == "Baidu" else 0.75
                    rows.append(
                        (engine, campaign, ad_group, word, match, searches * size, price * cheaper, buy, bid)
                    )
    names = ["engine", "campaign", "ad_group", "keyword", "match_type", "searches", "price", "buy", "bid"]
    return pd.DataFrame(rows, columns=names)


def search_volume(words, demand, rng):
    """Expected searches per keyword and day: the market's demand, each keyword's own tide; shape (keywords, days)."""
    day = np.arange(clock.N_DAYS)
    phase, height = rng.uniform(0, 2 * np.pi, len(words)), rng.uniform(0.03, 0.14, len(words))
    tide = 1 + height[:, None] * np.sin(2 * np.pi * day / 365.25 + phase[:, None])
    trend = np.exp(rng.normal(0, 0.08, len(words))[:, None] * (day / 365 - 1.5))
    brand = (words["campaign"] == "brand").to_numpy()[:, None]
    shape = np.where(brand, demand**1.15 * np.where(rival.present(), RIVAL_BRAND, 1.0), demand**0.75)
    return words["searches"].to_numpy()[:, None] * tide * trend * shape


def auction(words, bid):
    """Position (1 is the top), share of searches in which the ad is shown, and price over the market's.

    `bid` is ours over the market's, shape (keywords, days); quality is in it. A second-price auction: the price
    follows the bid with a lag.
    """
    win = bid**2.2 / (1 + bid**2.2)
    return 1 + 3.2 * (1 - win), np.clip(0.18 + 0.82 * win, 0, 1), bid**0.55


def run(streams, demand, scale):
    """Search ads: (cells with one row per keyword x day, planned cost per day).

    Cost follows the plan within the day's luck: the account manager opens and closes coverage so that it does. On
    the day of the script fault nobody does, until the account's ceiling ends the day.
    """
    rng, luck_of_day = streams("search"), streams.common("search")
    words = keywords()
    volume = search_volume(words, demand, luck_of_day)
    wanted = plan.media("SEM")
    push = plan.promo_factor() ** 0.22
    fault = clock.between(FAULT_DAY, FAULT_DAY)
    push = np.where(fault, 2.6, push)
    place, shown, price = auction(words, words["bid"].to_numpy()[:, None] * push)
    top = words["campaign"].map(FULL_CTR).to_numpy()[:, None]
    rate = (
        top * (0.28 + 0.72 * np.exp(-0.55 * (place - 1))) * np.exp(luck_of_day.normal(0, 0.1, volume.shape))
    )
    paid = words["price"].to_numpy()[:, None] * price * np.exp(luck_of_day.normal(0, 0.07, volume.shape))
    paid = paid * np.where(clock.promo_windows()[1], 1.15, 1.0)
    contested = words["campaign"].isin(RIVAL_FROM).to_numpy()[:, None]
    paid = paid * np.where(contested & rival.present(), rival.RIVAL_CPC, 1.0)
    expected = volume * shown * rate * paid
    luck = np.where(fault, FAULT_FACTOR * 1.3, np.exp(luck_of_day.normal(0, 0.05, clock.N_DAYS)))
    brand = (words["campaign"] == "brand").to_numpy()[:, None]
    own = np.minimum(1, 0.5 * wanted * luck / (expected * brand).sum(0))
    rest = (wanted * luck - own * (expected * brand).sum(0)) / (expected * ~brand).sum(0)
    cover = np.where(brand, own, rest)
    impressions = rng.poisson(np.maximum(volume * shown * cover * scale, 0))
    clicks = rng.binomial(impressions, np.clip(rate, 0, 0.9))
    day = int(np.flatnonzero(fault)[0])
    kept = until_ceiling(rng, clicks[:, day], paid[:, day], wanted[day] * FAULT_FACTOR * scale)
    impressions[:, day] = np.ceil(impressions[:, day] * kept.sum() / max(clicks[:, day].sum(), 1))
    impressions[:, day] = np.maximum(impressions[:, day], kept)
    clicks[:, day] = kept
    cost = np.round(clicks * paid, 2)
    seen = np.round(np.clip(place + luck_of_day.normal(0, 0.15, volume.shape), 1, 9), 1)
    long = cells(words, impressions, clicks, cost, seen)
    long["dark"] = (long["campaign"] == "brand") & brand_off()[long["day"]]
    return long, np.round(wanted * scale, 2)


def brand_off():
    """True on the days on which the brand's keywords were switched off; shape (days,)."""
    return np.any([clock.between(*days) for days in geo.BRAND_OFF], axis=0)


def until_ceiling(rng, clicks, price, ceiling):
    """Clicks by keyword that come, in random order, before their cost reaches the account's ceiling for the day."""
    order = rng.permutation(np.repeat(np.arange(len(clicks)), clicks))
    return np.bincount(order[np.cumsum(price[order]) <= ceiling], minlength=len(clicks))


def cells(words, impressions, clicks, cost, position):
    """The matrices (keywords x days) as a long table; days on which a keyword was not shown have no row."""
    day, word = np.nonzero(impressions.T)
    columns = words.iloc[word].reset_index(drop=True)
    long = columns.drop(columns=["searches", "price", "bid"]).assign(day=day, word=word)
    for name, matrix in {
        "impressions": impressions,
        "clicks": clicks,
        "cost": cost,
        "position": position,
    }.items():
        long[name] = matrix[word, day]
    return long
