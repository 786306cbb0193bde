"""The terms that Heyu tracks in organic search, their seasons, and the click rate of a rank."""

import numpy as np
import pandas as pd

from . import clock, seo_pages

CTR = np.array([0.265, 0.145, 0.094, 0.062, 0.043, 0.031, 0.0228, 0.0175, 0.0150, 0.0138])  # of ranks 1 to 10
CTR_SECOND, CTR_FALL, CTR_LEAST = 0.0058, 0.075, 0.0002  # rank 11, loss per rank after it, least
BRAND = "禾屿"
# page: term, searches relative to the other terms of the page, difficulty 0-100, article that answers it
TERMS = {
    "/": [("禾屿", 100, 5), ("禾屿官网", 40, 4), ("禾屿母婴", 28, 5), ("heyu母婴", 7, 5), ("禾屿旗舰店", 16, 14), ("禾屿怎么样", 14, 22),
          ("禾屿纸尿裤怎么样", 10, 24), ("禾屿拉拉裤", 12, 8), ("禾屿客服电话", 4, 4), ("禾屿是哪里的品牌", 6, 16), ("母婴用品", 120, 88),
          ("母婴用品网站", 25, 78), ("母婴品牌推荐", 22, 74)],
    "/c/diapers": [("纸尿裤", 900, 92), ("纸尿裤推荐", 150, 80), ("新生儿纸尿裤", 80, 72), ("拉拉裤", 340, 84), ("夜用拉拉裤", 26, 53),
                   ("薄款纸尿裤", 28, 56), ("NB码纸尿裤", 14, 40), ("拉拉裤L码", 9, 36), ("纸尿裤囤货", 8, 42), ("游泳纸尿裤", 8, 45),
                   ("尿不湿什么牌子好", 60, 82), ("禾屿纸尿裤", 3, 6)],
    "/c/wipes": [("婴儿湿巾", 160, 78), ("手口湿巾", 26, 58), ("棉柔巾", 380, 88), ("加厚棉柔巾", 9, 45), ("宝宝湿厕纸", 8, 40),
                 ("婴儿湿巾推荐", 20, 70), ("禾屿湿巾", 1.5, 6)],
    "/c/skin-care": [("婴儿面霜", 190, 80), ("护臀膏", 34, 60), ("宝宝润肤乳", 24, 66), ("儿童防晒霜", 170, 84),
                     ("婴儿洗发沐浴二合一", 8, 44), ("婴儿按摩油", 7, 46), ("禾屿面霜", 1.5, 6)],
    "/c/bottles": [("婴儿奶瓶", 330, 86), ("新生儿奶瓶", 40, 74), ("防胀气奶瓶", 24, 64), ("吸管杯", 30, 76), ("PPSU奶瓶", 20, 64),
                   ("温奶器", 18, 74), ("奶瓶清洗剂", 9, 44), ("玻璃奶瓶", 16, 60)],
    "/c/food": [("婴儿辅食", 260, 84), ("高铁米粉", 28, 60), ("宝宝米粉", 40, 76), ("果泥", 16, 58), ("宝宝零食", 180, 86), ("溶豆", 12, 50),
                ("儿童面条", 10, 54)],
    "/c/maternity": [("待产包", 300, 82), ("待产包套装", 16, 56), ("产褥垫", 14, 54), ("孕妇枕", 90, 80), ("哺乳内衣", 110, 80),
                     ("防溢乳垫", 14, 58)],
    "/offers": [("禾屿优惠券", 16, 14), ("禾屿会员", 5, 8), ("母婴618", 11, 58), ("双11纸尿裤", 9, 56), ("纸尿裤优惠", 14, 60),
                ("母婴囤货清单", 6, 42)],
    "/guide/diapers": [("纸尿裤怎么选", 60, 64), ("纸尿裤尺码", 50, 50, "size"), ("纸尿裤尺码对照表", 22, 42, "size"),
                       ("纸尿裤怎么换", 34, 44, "change"), ("新生儿一天几片尿不湿", 30, 38, "how-many"),
                       ("新生儿纸尿裤穿多久", 9, 34, "how-many"), ("夜用纸尿裤怎么选", 12, 38, "night"),
                       ("纸尿裤漏尿怎么办", 10, 34, "night"), ("宝宝戒尿不湿", 26, 46, "potty"), ("几岁戒尿不湿", 18, 44, "potty"),
                       ("拉拉裤和纸尿裤的区别", 40, 48, "pull-ups"), ("什么时候换拉拉裤", 16, 38, "pull-ups"),
                       ("纸尿裤测评", 44, 72, "white-paper")],
    "/guide/care": [("新生儿护理", 58, 68), ("红屁股怎么办", 80, 55, "nappy-rash"), ("红屁股用什么", 30, 50, "nappy-rash"),
                    ("奶瓶怎么洗", 44, 45, "wash-bottle"), ("奶瓶多久消毒一次", 16, 38, "wash-bottle"),
                    ("新生儿洗澡水温", 28, 40, "bath"), ("新生儿多久洗一次澡", 18, 38, "bath"), ("婴儿面霜怎么选", 20, 52, "cream"),
                    ("宝宝湿疹护理", 60, 66, "eczema"), ("湿疹用什么润肤", 14, 50, "eczema"), ("湿巾能擦脸吗", 9, 31, "wipes-face"),
                    ("儿童防晒怎么选", 18, 54, "sunscreen"), ("新生儿脐带护理", 30, 50, "navel"), ("脐带多久脱落", 22, 46, "navel")],
    "/guide/food": [("宝宝辅食", 60, 70), ("宝宝几个月加辅食", 70, 56, "when"), ("四个月可以加辅食吗", 24, 48, "when"),
                    ("辅食什么时候加盐", 10, 40, "when"), ("第一口辅食吃什么", 34, 50, "first"), ("宝宝不爱吃辅食怎么办", 20, 46, "first"),
                    ("高铁米粉怎么冲", 16, 34, "cereal"), ("米粉吃到几个月", 14, 35, "cereal"), ("八个月宝宝辅食食谱", 40, 54, "menu"),
                    ("十个月宝宝辅食食谱", 36, 56, "menu"), ("辅食排敏表", 14, 36, "allergy"), ("手指食物几个月吃", 12, 34, "finger")],
    "/guide/pregnancy": [("孕晚期注意事项", 50, 68), ("待产包清单", 80, 60, "bag"), ("入院待产包", 18, 46, "bag"),
                         ("生孩子要带什么", 26, 48, "bag"), ("顺产待产包", 12, 44, "bag"), ("什么时候准备待产包", 30, 40, "when"),
                         ("防溢乳垫怎么用", 14, 33, "pads"), ("孕妇枕什么时候用", 16, 36, "pillow"), ("孕妇枕怎么用", 8, 31, "pillow"),
                         ("孕产用品清单", 24, 55, "white-paper")],
}  # fmt: skip
SEASONS = {"儿童防晒霜": (180, 0.6), "儿童防晒怎么选": (175, 0.6), "游泳纸尿裤": (190, 0.7), "婴儿面霜": (350, 0.25),
           "婴儿面霜怎么选": (350, 0.3), "护臀膏": (200, 0.2), "红屁股怎么办": (200, 0.15)}  # fmt: skip
PROMO_TERMS = {"母婴618": ("618", 9.0), "双11纸尿裤": ("Double 11", 9.0), "纸尿裤囤货": ("", 2.2), "母婴囤货清单": ("", 2.2),
               "禾屿优惠券": ("", 1.6), "纸尿裤优惠": ("", 1.8)}  # fmt: skip
# Terms that nobody works on yet: searches a month on Baidu, difficulty.
CANDIDATES = [
    ("新生儿黄疸护理", 3200, 58), ("宝宝厌奶期怎么办", 2600, 44), ("婴儿枕头什么时候用", 1500, 36), ("宝宝出牙顺序", 2900, 48),
    ("新生儿衣服怎么洗", 1100, 32), ("尿布疹和湿疹的区别", 820, 35), ("宝宝磨牙棒推荐", 1300, 62), ("六个月宝宝辅食时间表", 4100, 57),
    ("婴儿推车怎么选", 3600, 70), ("产后恢复时间表", 1900, 55), ("宝宝几个月会爬", 3400, 50), ("婴儿睡袋怎么选", 1700, 52),
    ("月子餐食谱", 5200, 74), ("防吐奶枕有用吗", 640, 33), ("宝宝指甲怎么剪", 900, 30), ("奶嘴多久换一次", 760, 31),
]  # fmt: skip
BRAND_PULL, BRAND_CARRY = 0.3, 0.9  # brand searches ~ (carried media spend)^0.3
QUOTED = (3200, 5900)  # what the two tools say of the first candidate
TOOL_A_LUCK, TOOL_B_LUCK = 0.09, 0.2
TOOL_B_WIDER = {
    "brand": 1.4,
    "category": 1.85,
    "informational": 2.25,
}  # other engines and close variants, over Baidu


def ctr(rank):
    """Click rate of a rank; 0 where there is no rank (nan)."""
    rank = np.asarray(rank, dtype=float)
    first = CTR[np.clip(np.nan_to_num(rank, nan=1) - 1, 0, 9).astype(int)]
    later = np.maximum(CTR_SECOND * np.exp(-CTR_FALL * (rank - 11)), CTR_LEAST)
    return np.where(np.isnan(rank), 0.0, np.where(rank <= 10, first, later))


def terms():
    """The tracked terms: page, kind, relative searches, difficulty, address of the page that aims at the term."""
    rows = [
        (page, *row[:3], row[3] if len(row) > 3 else "") for page, group in TERMS.items() for row in group
    ]
    frame = pd.DataFrame(rows, columns=["page", "term", "weight", "difficulty", "article"])
    guide = frame["page"].str.startswith("/guide/")
    kind = np.where(
        guide, "informational", np.where(frame["term"].str.contains(BRAND + "|heyu"), "brand", "category")
    )
    frame["kind"] = kind
    target = {page[4]: url for url, page in seo_pages.good_pages().items()}
    own = np.where(frame["article"] == "", "", frame["page"] + "/" + frame["article"])
    frame["target"] = frame["term"].map(target).fillna("")
    frame["article"] = own
    frame["answer"] = frame["article"].where(
        own != "", frame["target"].where(frame["target"] != "", frame["page"])
    )
    return frame


def tides(streams, words, pull):
    """Searches of each term over its yearly mean: season, promotions, trend of its own, media; shape (terms, days)."""
    rng, count = streams.common("seo tides"), len(words)
    year = 2 * np.pi * clock.DAYS.day_of_year.to_numpy() / 365.25
    promo, peak, _ = clock.promo_windows()
    phase, height = rng.uniform(0, 2 * np.pi, count), rng.uniform(0.02, 0.1, count)
    trend = rng.normal(0, 0.07, count)[:, None] * (np.arange(clock.N_DAYS) - clock.MIDDLE) / 365
    made = np.exp(height[:, None] * np.cos(year - phase[:, None]) + trend)
    for number, term in enumerate(words["term"]):
        if term in SEASONS:
            top, size = SEASONS[term]
            made[number] = np.exp(size * np.cos(year - 2 * np.pi * top / 365.25))
        if term in PROMO_TERMS:
            name, lift = PROMO_TERMS[term]
            during = promo == name if name else promo != ""
            made[number] = np.where(during, lift * np.where(peak, 1.3, 1), 0.35 if name else 0.85)
    made[(words["kind"] == "brand").to_numpy()] *= pull
    return made


def brand_pull(life):
    """Brand searches follow the money spent on feed ads, Xiaohongshu and live rooms, with a delay; 1 on average."""
    budget = life.tables["budget"]
    paid = budget[(budget["item"] == "media") & budget["channel"].isin(["feed ads", "Xiaohongshu", "live"])]
    days = clock.DAYS.get_indexer(paid["date"])
    spent = np.bincount(days, paid["spent"], clock.N_DAYS)
    level = spent[: 2 * 7].mean()
    carried = np.empty(clock.N_DAYS)
    for day in range(clock.N_KNOWN):
        level = BRAND_CARRY * level + (1 - BRAND_CARRY) * spent[day]
        carried[day] = level
    carried[clock.N_KNOWN :] = level
    growth = np.exp(
        np.polyval(
            np.polyfit(np.arange(clock.N_KNOWN), np.log(carried[: clock.N_KNOWN] + 1), 1),
            np.arange(clock.N_DAYS),
        )
    )
    pull = ((carried + 1) / growth) ** BRAND_PULL
    return pull / pull[: clock.N_KNOWN].mean()
