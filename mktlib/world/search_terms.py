"""What people really typed before a search ad of Heyu came: Baidu, April and May 2025, a half month and term a row.

A keyword's impressions, clicks, cost and orders are shared out over the terms that its match type lets in, so the terms add
up to the keyword. Some terms can never sell (adult diapers, jobs); most have too few clicks to tell.
"""

import numpy as np
import pandas as pd

PERIOD = ("2025-04-01", "2025-05-31")
WASTED = {  # words that a broad or phrase match lets in and that never sell: (term, weight)
    "纸尿裤": [("成人纸尿裤", 2.6), ("宠物纸尿裤", 1.3), ("纸尿裤 批发 进货", 1.6), ("纸尿裤 工厂 招聘", 0.5), ("老人纸尿裤 医保", 0.9)],
    "拉拉裤": [("成人拉拉裤", 2.2), ("拉拉裤 代加工", 0.8), ("拉拉裤 批发 进货", 1.0)],
    "婴儿湿巾": [("湿巾 代加工 厂家", 1.8), ("汽车 湿巾", 0.8)], "棉柔巾": [("棉柔巾 生产设备", 1.7), ("棉柔巾 厂家 招商", 1.2)],
    "婴儿面霜": [("成人 面霜 推荐", 2.0), ("婴儿面霜 备案 查询", 0.7)], "儿童防晒": [("防晒衣 儿童", 2.1), ("防晒霜 男士", 0.9)],
    "奶瓶": [("奶瓶 简笔画", 1.5), ("奶瓶 图片 卡通", 1.1), ("宠物 奶瓶", 0.9)], "宝宝米粉": [("米粉 做法 桂林", 2.2), ("米粉店 加盟", 1.1)],
    "婴儿辅食": [("辅食机 维修", 1.2), ("辅食 食谱 大全 pdf", 1.5)], "宝宝零食": [("零食店 加盟", 2.0), ("零食 批发", 1.0)],
    "待产包": [("待产包 免费 领取", 1.9), ("待产包 医院 发放", 0.9)],
}  # fmt: skip
GOOD = ["{} 囤货 整箱 批发价", "{} 哪个牌子好", "{} 官方旗舰店", "{} 敏感肌", "{} 新生儿", "{} 试用装", "{} 夏季 薄款", "{} 日本 进口 对比",
        "{} 怎么选", "{} 性价比", "{} 推荐 2025", "{} 孕妈 必备", "{} 价格", "{} 多少钱", "{} 测评", "{} 红屁股 怎么办", "{} 活动", "{} 优惠券",
        "{} 妈妈 推荐", "{} 旅行装", "便宜 {}", "{} 二胎", "{} 六个月", "{} 一岁", "{} 会员 价", "{} 正品", "{} 包邮", "{} 宝宝 过敏"]  # fmt: skip
LIKED = {
    "批发价": 2.2,
    "旗舰店": 1.8,
    "囤货": 2.2,
    "优惠券": 1.9,
    "红屁股": 1.5,
    "怎么选": 0.5,
    "测评": 0.5,
    "日本": 0.3,
    "图片": 0.1,
}
OWN_SHARE = {
    "exact": 1.0,
    "phrase": 0.5,
    "broad": 0.24,
}  # share of a keyword's searches that are the keyword itself


def terms_of(rng, keyword, match):
    """Terms of a keyword, their shares of its searches and factors on the chance to buy (0: never)."""
    if match == "exact":
        return [keyword], np.ones(1), np.ones(1)
    wasted = WASTED.get(keyword, []) if match == "broad" else []
    count = 8 if match == "phrase" else 22
    chosen = [GOOD[i].format(keyword) for i in np.sort(rng.permutation(len(GOOD))[:count])]
    likes = [next((factor for word, factor in LIKED.items() if word in term), 1.0) for term in chosen]
    weight = np.concatenate([rng.pareto(1.1, count) + 0.05, [w * 3.2 for _, w in wasted]])
    share = np.concatenate([[OWN_SHARE[match]], (1 - OWN_SHARE[match]) * weight / weight.sum()])
    factor = np.concatenate(
        [[1.0], np.array(likes) * np.exp(rng.normal(0, 0.3, count)), np.zeros(len(wasted))]
    )
    return [keyword, *chosen, *(term for term, _ in wasted)], share, factor


def split_money(total, weight):
    """`total` yuan shared in proportion to `weight`, in cents that add up."""
    if weight.sum() == 0:
        return np.zeros(len(weight))
    cents = round(total * 100)
    edges = np.round(np.cumsum(weight) / weight.sum() * cents)
    return np.diff(edges, prepend=0) / 100


def share_out(rng, row, share, factor):
    """Impressions, clicks, cost and orders of one keyword and half month by term."""
    clicks = rng.multinomial(row.clicks, share)
    shown = clicks + rng.multinomial(row.impressions - row.clicks, share)
    orders = np.zeros(len(share), dtype=np.int64)
    able = np.repeat(np.arange(len(share)), clicks * (factor > 0))
    if row.orders and len(able):
        chance = factor[able] / factor[able].sum()
        bought = rng.choice(able, min(row.orders, len(able)), replace=False, p=chance)
        orders = np.bincount(bought, minlength=len(share))
        orders[0] += row.orders - orders.sum()  # an order after several clicks of one visit
    return shown, clicks, split_money(row.cost, clicks * np.exp(rng.normal(0, 0.08, len(share)))), orders


def made(life):
    """The table with the hidden column `factor`."""
    cells = life.tables["sem_keyword_daily"]
    cells = cells[(cells["engine"] == "Baidu") & (cells["date"] >= PERIOD[0]) & (cells["date"] <= PERIOD[1])]
    half = cells["date"].dt.strftime("%Y-%m-") + np.where(cells["date"].dt.day <= 15, "01", "16")
    keys = ["campaign", "ad_group", "keyword", "match_type"]
    total = cells.groupby([pd.to_datetime(half).rename("half_month"), *keys])
    total = total[["impressions", "clicks", "cost", "orders"]].sum().reset_index()
    meant, rng, parts = life.streams.common("meaning of search terms"), life.streams("search terms"), []
    known = {}
    for row in total.itertuples():
        if row.keyword not in known:
            known[row.keyword] = terms_of(meant, row.keyword, row.match_type)
        terms, share, factor = known[row.keyword]
        shown, clicks, cost, orders = share_out(rng, row, share, factor)
        parts.append(pd.DataFrame({
            "half_month": row.half_month, "campaign": row.campaign, "ad_group": row.ad_group, "keyword": row.keyword,
            "match_type": row.match_type, "search_term": terms, "impressions": shown, "clicks": clicks, "cost": cost,
            "orders": orders, "factor": factor,
        }))  # fmt: skip
    frame = pd.concat(parts, ignore_index=True)
    return frame[frame["impressions"] > 0].reset_index(drop=True)


def tables(life):
    """sem_search_terms."""
    return {"sem_search_terms": made(life)}


def hidden(life):
    """True factor of each term on its keyword's chance to buy; 0 means that it can never sell."""
    found = life.tables["sem_search_terms"].drop_duplicates(["keyword", "search_term"])
    return {"sem_search_terms": found[["keyword", "search_term", "factor"]].round({"factor": 3})}
