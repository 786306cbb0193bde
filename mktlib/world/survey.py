"""A survey of parents: who they are, what they need, which brands they see how; drawn from a panel that is not the country.

A population is made first; the panel then takes too many users of the brand's app and too many people of large cities.
What is true of the population is therefore known.
"""

import numpy as np
import pandas as pd

from . import phrases
from .people import BANDS
from .streams import pick, pick_by_row

PEOPLE, SAMPLE = 24_000, 1_800
HOUSEHOLDS = 420  # thousand households that the population stands for
FIELD = ("2025-09-08", 12)  # first day of the interviews, days
APP = 0.12  # share of app users in the population
TIERS = np.array([[0.17, 0.28, 0.31, 0.24], [0.31, 0.35, 0.22, 0.12]])  # others, app users
SECOND = np.array([0.50, 0.41])  # share with a second or later child: others, app users
INVITED = np.array(
    [[1.9, 1.0, 0.6, 0.45], [8.4, 6.2, 4.2, 3.6]]
)  # chance to be in the panel: others, app users x tier
BAND_OF_CHILD = np.array([[0.05, 0.18, 0.40, 0.31, 0.06], [0.13, 0.35, 0.37, 0.13, 0.02]])

SEGMENTS = ["safety", "value", "convenience", "social"]
SEGMENT_ZH = ["成分安心", "囤货实惠", "省心效率", "种草社交"]
SEGMENT_WEIGHT = {  # how often, before app use, tier and child tilt it
    "base": [0.26, 0.27, 0.24, 0.20], "app": [1.35, 0.9, 0.95, 0.75], "second": [0.62, 1.75, 1.05, 0.55],
    "tier": [[1.3, 0.7, 1.35, 1.0], [1.1, 0.9, 1.1, 1.0], [0.9, 1.1, 0.9, 1.0], [0.7, 1.35, 0.7, 1.05]],
}  # fmt: skip
NEEDS = {
    "safety": ["ingredients", "certificates", "science"], "value": ["price", "bulk", "promotions"],
    "convenience": ["delivery", "one_stop", "service"], "social": ["design", "word_of_mouth", "community"],
}  # fmt: skip
FACTOR = np.array([  # mean of each need factor by segment
    [6.2, 4.3, 4.6, 4.0], [4.6, 6.2, 4.5, 3.8], [4.7, 4.4, 6.2, 3.6], [4.7, 4.6, 4.3, 6.0],
])  # fmt: skip
FACTOR_SPREAD, ITEM_SPREAD, STYLE_SPREAD = 0.62, 0.85, 0.38
LOADING = np.array([1.0, 0.95, 0.85])  # of the three items of a factor

BRANDS = ["Heyu", "Qingcheng", "Youyou Bear", "Xiaomaiya", "Beiduo", "Xu'an"]
BRAND_ZH = ["禾屿", "青橙宝贝", "柚柚熊", "小麦芽", "贝朵", "絮安"]
KNOWN = np.array([0.62, 0.80, 0.72, 0.55, 0.50, 0.42])  # share of people who know the brand
PREFERENCE = np.array([  # appeal of the brands by segment
    [0.20, 0.26, 0.10, 0.06, 0.18, 0.20], [0.14, 0.22, 0.27, 0.22, 0.07, 0.08],
    [0.17, 0.32, 0.18, 0.11, 0.14, 0.08], [0.10, 0.18, 0.26, 0.09, 0.14, 0.23],
])  # fmt: skip
APP_APPEAL = 5.0  # appeal of Heyu among users of its app, over that among others
TIER_APPEAL = np.array([1.25, 1.1, 0.9, 0.75])  # appeal of Heyu by city tier
FEAR = np.array([0.72, 0.19, 0.26, 0.28])  # share that worries about additives, by segment

ATTRIBUTES = ["safe", "gentle", "leak_proof", "value", "easy_to_buy", "trusted", "stylish", "helpful"]
IMAGE = np.array([  # mean rating of each brand on each attribute: what people think they see
    [5.15, 5.00, 4.15, 4.55, 4.45, 4.65, 4.20, 4.95], [5.15, 4.75, 5.35, 4.60, 4.75, 5.10, 4.05, 3.85],
    [4.25, 4.45, 4.60, 5.05, 4.75, 4.45, 5.05, 4.30], [4.10, 4.15, 4.25, 5.25, 4.50, 4.15, 3.85, 4.35],
    [4.95, 5.10, 4.30, 3.95, 4.15, 4.75, 4.65, 4.70], [4.95, 4.80, 4.65, 4.35, 4.20, 3.95, 5.00, 4.40],
])  # fmt: skip
HALO, CONTRAST, RATING_NOISE = (
    0.72,
    0.42,
    1.06,
)  # log-free sd: liking all of a brand, safety against value, luck
CONTRAST_SIGN = np.array([1, 1, 0, -1, -1, 1, 0, 0])

CONTENT = ["science video", "value list", "mother's diary", "unboxing", "live deals"]
CONTENT_OF = np.array([[0.46, 0.10, 0.22, 0.12, 0.10], [0.13, 0.37, 0.14, 0.12, 0.24],
                       [0.24, 0.28, 0.16, 0.14, 0.18], [0.20, 0.10, 0.28, 0.28, 0.14]])  # fmt: skip
SCIENCE_TILT, VALUE_TILT = 1.9, 1.6  # first child, born in the 1990s; second child, born in the 1980s
PLATFORMS = ["Douyin", "Xiaohongshu", "WeChat", "Kuaishou", "Bilibili", "Weibo"]
PLATFORM_OF = np.array([[0.34, 0.08, 0.36, 0.15, 0.02, 0.05], [0.37, 0.15, 0.27, 0.13, 0.03, 0.05], [0.36, 0.27, 0.17, 0.09, 0.06, 0.05],
                        [0.30, 0.36, 0.10, 0.06, 0.13, 0.05], [0.24, 0.34, 0.06, 0.05, 0.26, 0.05]])  # fmt: skip
INCOMES = ["below 8k", "8k-15k", "15k-25k", "above 25k"]  # CNY of the household a month
INCOME_OF = np.array(
    [[0.12, 0.30, 0.33, 0.25], [0.18, 0.38, 0.29, 0.15], [0.28, 0.42, 0.22, 0.08], [0.38, 0.42, 0.15, 0.05]]
)
SPEND_OF_INCOME = np.array([260.0, 400.0, 590.0, 880.0])
SPEND_OF_SEGMENT = np.array([1.12, 0.96, 1.05, 0.95])
SPEND_SPREAD = 0.5

# What the finance desk says of the segments: margin of what they buy, cost to win one, share of buyers that can be won.
TARGET = pd.DataFrame({
    "segment": SEGMENTS, "segment_zh": SEGMENT_ZH, "growth_a_year": [0.09, 0.01, 0.06, 0.11], "margin": [0.46, 0.33, 0.43, 0.39],
    "cost_to_win": [205.0, 148.0, 262.0, 231.0], "strongest_rival": ["Qingcheng", "Youyou Bear", "Qingcheng", "Youyou Bear"],
    "reachable": [0.56, 0.71, 0.46, 0.58], "share_of_wallet": [0.43, 0.30, 0.40, 0.29],
})  # fmt: skip


def population(rng):
    """Everybody: (frame with who they are, their segment, what they prefer, fear, watch and spend; brands they know)."""
    app = (rng.random(PEOPLE) < APP).astype(int)
    tier = pick_by_row(rng, TIERS, app)
    second = (rng.random(PEOPLE) < SECOND[app]).astype(int)
    w = {name: np.array(values) for name, values in SEGMENT_WEIGHT.items()}
    weight = (
        w["base"]
        * w["tier"][tier]
        * np.where(app[:, None], w["app"], 1)
        * np.where(second[:, None], w["second"], 1)
    )
    segment = pick_by_row(rng, weight, np.arange(PEOPLE))
    band = pick_by_row(rng, BAND_OF_CHILD, second)
    income = pick_by_row(rng, INCOME_OF, tier)
    known = rng.random((PEOPLE, len(BRANDS))) < KNOWN
    known[:, 0] |= app == 1
    known[~known.any(axis=1), 1] = True
    appeal = PREFERENCE[segment] * known
    appeal[:, 0] *= np.where(app, APP_APPEAL, 1) * TIER_APPEAL[tier]
    spend = SPEND_OF_INCOME[income] * SPEND_OF_SEGMENT[segment] * np.exp(rng.normal(0, SPEND_SPREAD, PEOPLE))
    content = CONTENT_OF[segment]
    content[:, 0] *= np.where((second == 0) & np.isin(band, [2, 3]), SCIENCE_TILT, 1)
    content[:, 1] *= np.where((second == 1) & (band <= 1), VALUE_TILT, 1)
    frame = pd.DataFrame({
        "app": app, "tier": tier, "second": second, "segment": segment, "band": band, "income": income,
        "preferred": pick_by_row(rng, appeal + 1e-9, np.arange(PEOPLE)), "spend": np.round(spend, -1),
        "fear": rng.random(PEOPLE) < FEAR[segment], "content": pick_by_row(rng, content, np.arange(PEOPLE)),
        "platform": pick_by_row(rng, PLATFORM_OF, band),
    })  # fmt: skip
    return frame, known


def margins(people):
    """The country in cells, as the statistics office gives it: app use x tier x child, thousand households."""
    cells = people.groupby(["app", "tier", "second"]).size().rename("households_thousand").reset_index()
    cells["households_thousand"] = np.round(cells["households_thousand"] * HOUSEHOLDS / PEOPLE, 1)
    return cells.assign(
        app_user=cells["app"] == 1,
        city_tier=cells["tier"] + 1,
        parity=np.array(["first", "second or later"])[cells["second"]],
    )


def panel(rng, people):
    """Positions of those who answer, in the order in which they did."""
    chance = INVITED[people["app"], people["tier"]]
    key = rng.exponential(1.0, len(people)) / chance
    return rng.permutation(np.argsort(key, kind="stable")[:SAMPLE])


def needs(rng, segment):
    """Answers to the twelve need questions, 1-7: shape (people, 12); a person's style moves all of them."""
    factor = FACTOR[segment] + rng.normal(0, FACTOR_SPREAD, (len(segment), 4))
    style = rng.normal(0, STYLE_SPREAD, (len(segment), 1))
    raw = 4 + np.repeat(factor - 4, 3, axis=1) * np.tile(LOADING, 4)
    raw = raw + style + rng.normal(0, ITEM_SPREAD, (len(segment), 12))
    return np.clip(np.round(raw), 1, 7).astype(np.int64)


def respondents(rng, who):
    """The survey as it was handed in, with the helper column `segment`."""
    start = pd.Timestamp(FIELD[0])
    day = np.sort(pick(rng, np.exp(-0.12 * np.arange(FIELD[1])), len(who)))
    frame = pd.DataFrame({
        "respondent_id": np.arange(len(who)) + 1,
        "answered_on": start + pd.to_timedelta(day, unit="D"),
        "app_user": who["app"].to_numpy() == 1,
        "city_tier": who["tier"].to_numpy() + 1,
        "birth_year_band": np.array(BANDS)[who["band"]],
        "parity": np.array(["first", "second or later"])[who["second"]],
        "income_band": np.array(INCOMES)[who["income"]],
        "spend_month": who["spend"].to_numpy(),
        "main_platform": np.array(PLATFORMS)[who["platform"]],
        "preferred_content": np.array(CONTENT)[who["content"]],
        "preferred_brand": np.array(BRANDS)[who["preferred"]],
        "worries_about_additives": who["fear"].to_numpy(),
    })  # fmt: skip
    items = [f"need_{item}" for group in NEEDS.values() for item in group]
    frame[items] = needs(rng, who["segment"].to_numpy())
    return frame.assign(segment=np.array(SEGMENTS)[who["segment"]])


def ratings(rng, who, known):
    """Ratings of every brand that a respondent knows, one row per respondent and brand."""
    person, brand = np.nonzero(known)
    liked = who["preferred"].to_numpy()[person] == brand
    halo = rng.normal(0, HALO, len(person)) + np.where(liked, 0.45, -0.08)
    contrast = rng.normal(0, CONTRAST, len(person))[:, None] * CONTRAST_SIGN
    raw = (
        IMAGE[brand] + halo[:, None] + contrast + rng.normal(0, RATING_NOISE, (len(person), len(ATTRIBUTES)))
    )
    frame = pd.DataFrame(np.clip(np.round(raw), 1, 7).astype(np.int64), columns=ATTRIBUTES)
    frame.insert(0, "brand", np.array(BRANDS)[brand])
    frame.insert(0, "respondent_id", person + 1)
    return frame


def targets(people):
    """What each segment is worth as a target: the survey's households and spend, the finance desk's margins and costs."""
    by = people.groupby("segment")
    size = (by.size() * HOUSEHOLDS / PEOPLE).to_numpy()
    likes = people["preferred"].eq(0).groupby(people["segment"]).mean().to_numpy()
    return TARGET.assign(
        households_thousand=np.round(size, 0).astype(np.int64),
        spend_month=np.round(by["spend"].mean().to_numpy(), 0),
        prefer_heyu=np.round(likes, 2),
    )


def value(target):
    """Yearly contribution, in thousand CNY, of the households of a segment that can be won, after what it costs to win them."""
    won = target["households_thousand"] * target["reachable"] * target["prefer_heyu"]
    year = target["spend_month"] * 12 * target["share_of_wallet"] * target["margin"]
    return won * (year - target["cost_to_win"])


def talks():
    """Eight interviews, one row per quote, each coded by two people."""
    rows = []
    for talk in phrases.bank("interviews"):
        person, age, tier, child, source = talk["who"]
        for number, (coded, english) in enumerate(talk["quotes"], 1):
            code_a, code_b, chinese = coded.split("; ", 2)
            rows.append((person, number, age, tier, child, source, code_a, code_b, chinese, english))
    names = [
        "interview",
        "quote",
        "age",
        "city_tier",
        "child",
        "recruited_through",
        "code_a",
        "code_b",
        "text_zh",
        "text_en",
    ]
    return pd.DataFrame(rows, columns=names)
