"""Pages of the shop as a crawler sees them, articles and what they cost, the log of SEO work.

All of it belongs to the brand, not to people: it comes from streams that are the same in every part of a large world.
"""

from functools import cache

import numpy as np
import pandas as pd

from . import clock, products

CRAWLED_ON = "2025-07-14"
HOST = "https://www.heyu.example"

# url, title, h1, description, keyword aimed at
SECTIONS = [
    ("/", "禾屿官网_母婴用品直营_纸尿裤湿巾洗护辅食", "禾屿官网：陪宝宝慢慢长大", "禾屿官网直营纸尿裤、湿巾、婴儿洗护、奶瓶与辅食，正品保障，满99元包邮。", "禾屿官网"),
    ("/c/diapers", "纸尿裤拉拉裤_婴儿尿不湿_禾屿官网", "纸尿裤与拉拉裤", "禾屿纸尿裤、拉拉裤从NB到XXL全系列，柔薄透气，按体重选码，官方直营包邮。", "纸尿裤"),
    ("/c/wipes", "婴儿湿巾棉柔巾_手口专用_禾屿官网", "婴儿湿巾与棉柔巾", "婴儿湿巾、棉柔巾、湿厕纸，无香精无酒精，手口臀分区使用，整箱囤货更划算。", "婴儿湿巾"),
    ("/c/skin-care", "婴儿面霜润肤乳护臀膏_禾屿官网", "婴儿面霜与洗护", "婴儿面霜、润肤乳、护臀膏、洗发沐浴，成分表公开，附敏感肌试用装。", "婴儿面霜"),
    ("/c/bottles", "婴儿奶瓶_玻璃PPSU奶瓶吸管杯_禾屿官网", "婴儿奶瓶与水杯", "婴儿奶瓶、奶嘴、吸管杯、热奶器，按月龄选流量，配件可单买。", "婴儿奶瓶"),
    ("/c/food", "婴儿辅食_高铁米粉果泥溶豆_禾屿官网", "婴儿辅食：六个月起", "婴儿辅食按月龄分阶段：高铁米粉、果泥、溶豆、面条，配料表干净，批次可查。", "婴儿辅食"),
    ("/c/maternity", "待产包_产褥垫防溢乳垫孕妇枕_禾屿官网", "待产包与孕产用品", "待产包26件套、产褥垫、防溢乳垫、哺乳内衣，入院要用的一次配齐。", "待产包"),
    ("/offers", "禾屿优惠券与本月活动_禾屿官网", "禾屿优惠券与活动", "领取禾屿优惠券，查看本月满减、整箱囤货价与新人专享。", "禾屿优惠券"),
    ("/guide/diapers", "纸尿裤怎么选怎么换_尿布指南_禾屿育儿", "纸尿裤怎么选、怎么换", "纸尿裤怎么选、用多少、怎么换、什么时候戒，一页看懂。", "纸尿裤怎么选"),
    ("/guide/care", "新生儿护理指南_洗澡抚触红屁股_禾屿育儿", "新生儿护理指南", "新生儿护理：洗澡、脐带、皮肤、奶具清洁，由儿科护士审校。", "新生儿护理"),
    ("/guide/food", "宝宝辅食添加指南_月龄食谱_禾屿育儿", "宝宝辅食添加指南", "宝宝辅食从什么时候加、先加什么、怎么排敏，附月龄食谱。", "宝宝辅食"),
    ("/guide/pregnancy", "孕晚期注意事项与待产清单_禾屿育儿", "孕晚期注意事项与待产", "孕晚期注意事项、待产包清单、入院时间表，提前两个月看。", "孕晚期注意事项"),
]  # fmt: skip
# section, slug, kind, h1, description, keyword aimed at, month of publication
ARTICLES = [
    ("diapers", "size", "checklist", "纸尿裤尺码对照表：按体重选NB到XXL", "一张纸尿裤尺码对照表，按体重、腰围和腿围选NB到XXL，附换码信号。", "纸尿裤尺码", "2023-03"),
    ("diapers", "change", "how-to", "纸尿裤怎么换：五步图解", "纸尿裤怎么换才不漏？五步图解，男宝女宝的区别和夜里的小技巧。", "纸尿裤怎么换", "2023-05"),
    ("diapers", "how-many", "checklist", "新生儿一天几片尿不湿：按月龄的用量表", "新生儿一天几片尿不湿？按月龄给出用量，算出一箱能用几天。", "新生儿一天几片尿不湿", "2023-10"),
    ("diapers", "night", "solution article", "夜用纸尿裤怎么选：吸收量、腰围和侧漏", "夜用纸尿裤怎么选？看吸收量、回渗和腰围，解决侧漏和夜醒。", "夜用纸尿裤怎么选", "2024-02"),
    ("diapers", "potty", "how-to", "宝宝戒尿不湿：信号、步骤和常见误区", "宝宝戒尿不湿什么时候开始？三个信号、四周步骤、两个常见误区。", "宝宝戒尿不湿", "2024-06"),
    ("diapers", "pull-ups", "solution article", "拉拉裤和纸尿裤的区别：什么时候该换", "拉拉裤和纸尿裤的区别在哪，几个月换、白天夜里怎么搭配。", "拉拉裤和纸尿裤的区别", "2024-11"),
    ("diapers", "white-paper", "white paper", "纸尿裤测评白皮书：12款吸收与透气实测", "纸尿裤测评：12款产品的吸收速度、回渗量与透气率，方法与数据全公开。", "纸尿裤测评", "2024-04"),
    ("care", "nappy-rash", "solution article", "红屁股怎么办：三步护理，什么时候看医生", "红屁股怎么办？清洁、晾干、隔离三步护理，出现这些情况请就医。", "红屁股怎么办", "2023-02"),
    ("care", "wash-bottle", "how-to", "奶瓶怎么洗：清洗、消毒、晾干的顺序", "奶瓶怎么洗才干净？拆、刷、冲、消毒、晾干的顺序和频率。", "奶瓶怎么洗", "2023-04"),
    ("care", "bath", "how-to", "新生儿洗澡水温多少合适：步骤与时长", "新生儿洗澡水温多少合适？水温、室温、时长和顺序一次说清。", "新生儿洗澡水温", "2023-08"),
    ("care", "cream", "solution article", "婴儿面霜怎么选：看懂成分表的五个词", "婴儿面霜怎么选？先看这五类成分，再看质地和季节。", "婴儿面霜怎么选", "2023-11"),
    ("care", "eczema", "solution article", "宝宝湿疹护理：保湿、洗澡与衣物", "宝宝湿疹护理的日常：保湿频率、洗澡方式与衣物选择，不替代医嘱。", "宝宝湿疹护理", "2024-03"),
    ("care", "wipes-face", "how-to", "湿巾能擦脸吗：分区使用的三条原则", "湿巾能擦脸吗？手口、臀部与擦脸要分开，三条原则。", "湿巾能擦脸吗", "2024-08"),
    ("care", "sunscreen", "solution article", "儿童防晒怎么选：月龄、指数与卸除", "儿童防晒怎么选？几个月能用、指数多少、怎么洗掉。", "儿童防晒怎么选", "2024-05"),
    ("care", "navel", "how-to", "新生儿脐带护理：消毒、穿衣与脱落时间", "新生儿脐带护理怎么做？消毒方法、纸尿裤穿法和脱落时间。", "新生儿脐带护理", "2025-02"),
    ("food", "when", "solution article", "宝宝几个月加辅食：五个信号和时间表", "宝宝几个月加辅食？看五个信号，附六到十二个月时间表。", "宝宝几个月加辅食", "2023-03"),
    ("food", "first", "how-to", "第一口辅食吃什么：顺序、稠度和用量", "第一口辅食吃什么？从米粉开始的顺序、稠度和用量。", "第一口辅食吃什么", "2023-07"),
    ("food", "cereal", "how-to", "高铁米粉怎么冲：水温、比例和勺子测试", "高铁米粉怎么冲不结块？水温、比例和勺子倾斜测试。", "高铁米粉怎么冲", "2023-12"),
    ("food", "menu", "checklist", "八个月宝宝辅食食谱：一周七天不重样", "八个月宝宝辅食食谱，一周七天，附采购清单和冷冻方法。", "八个月宝宝辅食食谱", "2024-01"),
    ("food", "allergy", "checklist", "辅食排敏表：三天观察法可打印", "一张可打印的辅食排敏表，三天观察法，常见食材顺序。", "辅食排敏表", "2024-09"),
    ("food", "finger", "how-to", "手指食物几个月吃：从软到硬的十种", "手指食物几个月吃？从软到硬的十种选择和防噎要点。", "手指食物几个月吃", "2025-04"),
    ("pregnancy", "bag", "checklist", "待产包清单：妈妈、宝宝、证件三张表", "待产包清单分妈妈、宝宝、证件三张表，标出医院会发的和不用买的。", "待产包清单", "2023-02"),
    ("pregnancy", "when", "how-to", "什么时候准备待产包：孕周时间表", "什么时候准备待产包？按孕周的时间表，双胎和剖宫产提前。", "什么时候准备待产包", "2023-09"),
    ("pregnancy", "pads", "how-to", "防溢乳垫怎么用：更换频率与洗护", "防溢乳垫怎么用？一次性与可洗的区别、更换频率。", "防溢乳垫怎么用", "2024-07"),
    ("pregnancy", "pillow", "solution article", "孕妇枕什么时候用：侧睡姿势与枕型", "孕妇枕什么时候用？从孕中期开始的侧睡姿势与三种枕型。", "孕妇枕什么时候用", "2024-10"),
    ("pregnancy", "white-paper", "white paper", "孕产用品清单与采购白皮书：1,200位妈妈的复盘", "孕产用品清单：1,200位妈妈买了什么、用上了什么、后悔了什么。", "孕产用品清单", "2024-12"),
]  # fmt: skip
# sku, keyword aimed at, selling point
PRODUCTS = [
    ("HY-D01", "NB码纸尿裤", "新生儿护脐"), ("HY-D03", "薄款纸尿裤", "夏天透气"), ("HY-D05", "拉拉裤L码", "学步不掉"),
    ("HY-D07", "夜用拉拉裤", "整夜干爽"), ("HY-D10", "游泳纸尿裤", "防漏不吸水"), ("HY-W01", "手口湿巾", "无香无酒精"),
    ("HY-W02", "加厚棉柔巾", "干湿两用"), ("HY-S03", "护臀膏", "隔离好推开"), ("HY-S05", "儿童防晒霜", "清水可卸"),
    ("HY-B02", "PPSU奶瓶", "耐摔防胀气"), ("HY-B04", "吸管杯", "重力球不漏"), ("HY-F02", "高铁米粉", "细腻好冲"),
    ("HY-M01", "待产包套装", "二十六件齐"),
]  # fmt: skip
OTHERS = [  # url, title, h1: pages that aim at no keyword
    ("/member", "会员中心_禾屿官网", "会员中心"), ("/lp/welcome", "新人礼包_禾屿官网", "新人见面礼"),
    ("/lp/618", "618囤货节_禾屿官网", "618囤货节"), ("/lp/double-11", "双11狂欢_禾屿官网", "双11整箱价"),
]  # fmt: skip
BAIT = ["新手爸妈一定要知道的事", "看完这篇就够了", "千万别再这样做了", "超全攻略建议收藏", "妈妈圈都在转的干货", "原来大家都做错了",
        "儿科护士的真心话", "带娃省心的小秘密"]  # fmt: skip
LONG_TAIL = "_新手爸妈必看的超全攻略建议收藏转发_母婴好物推荐_禾屿育儿官方网站"
BOILERPLATE = "禾屿官方直营，正品保障，满99元包邮，七天无理由退换，欢迎选购。"
FAULTS = {  # how many pages carry it
    "title without keyword": 7, "title too long": 5, "title missing": 1, "h1 without keyword": 6, "h1 missing": 3,
    "description missing": 6, "description repeated": 4, "thin": 4, "canonical missing": 4, "canonical to home page": 1,
    "orphan": 4, "images without alt": 7, "keyword stuffed": 10, "keyword hardly used": 8,
}  # fmt: skip

CONTENT_COST = {"how-to": (1900, 3700), "solution article": (3100, 5500), "checklist": (1700, 3300),
                "white paper": (12000, 19000)}  # fmt: skip
CONTENT_WORDS = {"how-to": 1300, "solution article": 2200, "checklist": 1000, "white paper": 6500}

UPDATE_DAYS = ["2024-11-19", "2025-04-23", "2025-08-01"]  # the search engine announces a new algorithm
REWRITES, REWRITE_DAYS = 8, ("2024-10-08", "2025-02-20")
TITLE_CHANGES, TITLE_DAYS = 6, ("2024-09-10", "2025-05-30")
STUFFING_DAY = "2025-03-31"


def day_number(date):
    """Number of a date."""
    return int(clock.DAYS.get_loc(pd.Timestamp(date)))


def chosen(rng, among, count):
    """`count` different elements of a list, in the list's order."""
    return [among[i] for i in sorted(rng.choice(len(among), count, replace=False))]


def articles(streams):
    """The articles: url, section, day of publication, cost items."""
    rng = streams.common("seo articles")
    columns = ["section", "slug", "kind", "title", "description", "keyword", "month"]
    frame = pd.DataFrame(ARTICLES, columns=columns)
    frame["section"] = "/guide/" + frame["section"]
    frame["url"] = frame["section"] + "/" + frame["slug"]
    month = pd.to_datetime(frame["month"] + "-01")
    frame["published_on"] = month + pd.to_timedelta(rng.integers(2, 24, len(frame)), unit="D")
    frame["day"] = clock.DAYS.get_indexer(frame["published_on"])
    low, high = (
        frame["kind"].map({kind: cost[end] for kind, cost in CONTENT_COST.items()}) for end in (0, 1)
    )
    writing = low + (high - low) * rng.beta(2, 2, len(frame))
    frame["writing"] = np.round(writing * 0.68, -1)
    frame["review"] = np.round(np.where(frame["section"] == "/guide/diapers", 0.0, 300) + writing * 0.06, -1)
    frame["pictures"] = np.round(writing * rng.uniform(0.12, 0.3, len(frame)), -1)
    words = frame["kind"].map(CONTENT_WORDS) * np.exp(rng.normal(0, 0.22, len(frame)))
    frame["words"] = np.round(words, -1).astype(np.int64)
    return frame.sort_values("published_on", ignore_index=True)


def content_costs(made, scale):
    """The table content_costs."""
    frame = made.rename(columns={"url": "article", "section": "landing_page"})
    for cost in ("writing", "review", "pictures"):
        frame[cost] = np.round(frame[cost] * scale, 2)
    return frame


@cache
def good_pages():
    """Every page that aims at a keyword, without faults: dict url -> [kind, title, h1, description, keyword]."""
    goods = products.table().set_index("sku")
    pages = {url: ["section", *row] for url, *row in SECTIONS}
    for section, slug, _, h1, description, keyword, _ in ARTICLES:
        pages[f"/guide/{section}/{slug}"] = ["article", f"{h1}_禾屿育儿", h1, description, keyword]
    for sku, keyword, point in PRODUCTS:
        name = goods.loc[sku, "name_zh"]
        h1 = name if keyword in name.replace(" ", "") else f"{keyword} {name}"
        text = (
            f"{keyword}：{name}，{point}，¥{goods.loc[sku, 'list_price']:.0f}，官方直营，支持七天无理由退换。"
        )
        pages["/p/" + sku.lower()] = ["product", f"{h1}_{point}_禾屿官网", h1, text, keyword]
    return pages


def faults(streams, made, easy):
    """Which pages carry which fault: dict fault -> urls. `easy` are older pages whose keyword few others fight for.

    The agency filled pages with their keyword where it ranked well already: so keyword-rich pages look successful.
    """
    rng, pages = streams.common("seo page faults"), good_pages()
    by_kind = {
        kind: [url for url, page in pages.items() if page[0] == kind]
        for kind in ("section", "article", "product")
    }
    plain = by_kind["article"] + by_kind["product"]
    found, free = {}, list(plain)
    for fault in (
        "title without keyword",
        "title too long",
        "title missing",
        "h1 without keyword",
        "h1 missing",
    ):
        found[fault] = chosen(rng, free, FAULTS[fault])
        free = [url for url in free if url not in found[fault]]
    found["keyword stuffed"] = chosen(rng, [url for url in plain if url in easy], FAULTS["keyword stuffed"])
    rest = [url for url in plain + by_kind["section"][1:] if url not in found["keyword stuffed"]]
    found["keyword hardly used"] = chosen(rng, rest, FAULTS["keyword hardly used"])
    found["description missing"] = chosen(rng, by_kind["article"], FAULTS["description missing"])
    found["description repeated"] = chosen(rng, by_kind["product"], FAULTS["description repeated"])
    for fault, among in (("thin", by_kind["product"]), ("orphan", by_kind["article"]), ("images without alt", plain),
                         ("canonical missing", plain)):  # fmt: skip
        found[fault] = chosen(rng, among, FAULTS[fault])
    lost = made.loc[made["published_on"].between("2024-06-01", "2024-12-01"), "url"]
    lost = [url for url in lost if url not in found["canonical missing"]]
    found["canonical to home page"] = chosen(rng, lost, 1)
    return found


def seo_log(streams, made, faulty):
    """What was done to pages, and the engine's announced updates: (table, with helper column day)."""
    rng = streams.common("seo work")
    early = set(made.loc[made["published_on"] < "2024-05-01", "url"])
    pages = [
        url for url, page in good_pages().items() if url != "/" and (page[0] != "article" or url in early)
    ]
    pages = [url for url in pages if url not in faulty["keyword stuffed"] + faulty["canonical to home page"]]
    rows = [
        (day, "algorithm update", None, "engine announces a core update, roll-out about a week")
        for day in UPDATE_DAYS
    ]
    unlike = {
        "rewritten": ("thin", "images without alt"),
        "retitled": ("title without keyword", "title too long", "title missing"),
    }
    rewritten = chosen(rng, without(pages, faulty, unlike["rewritten"]), REWRITES)
    retitled = chosen(
        rng,
        without([url for url in pages if url not in rewritten], faulty, unlike["retitled"]),
        TITLE_CHANGES,
    )
    working = (clock.DAY_OF_WEEK < 5) & (np.abs(clock.cny_offset()) > 8)
    for kind, urls, days, note in (
        ("page rewritten", rewritten, REWRITE_DAYS, "new structure, tables and pictures, facts checked"),
        ("title changed", retitled, TITLE_DAYS, "keyword moved to the front of the title"),
    ):
        first, last = map(day_number, days)
        when = rng.choice(np.flatnonzero(working[first:last]), len(urls), replace=False) + first
        rows += [(clock.DAYS[day], kind, url, note) for day, url in zip(when, urls, strict=True)]
    note = "agency raises keyword density"
    rows += [(STUFFING_DAY, "keywords added", url, note) for url in faulty["keyword stuffed"]]
    rows.append(("2025-06-02", "link campaign", None, "agency places 20 articles on other sites"))
    frame = pd.DataFrame(rows, columns=["date", "kind", "page", "note"])
    frame["date"] = pd.to_datetime(frame["date"])
    frame["day"] = clock.DAYS.get_indexer(frame["date"])
    return frame.sort_values(["date", "kind", "page"], ignore_index=True)


def without(urls, faulty, names):
    """The urls that carry none of the faults `names`."""
    return [url for url in urls if not any(url in faulty[name] for name in names)]


def page_crawl(streams, made, faulty, log):
    """The crawler's table: 60 pages with their faults."""
    rng, pages = streams.common("seo crawl"), good_pages()
    frame = pd.DataFrame.from_dict(
        pages, orient="index", columns=["kind", "title", "h1", "meta_description", "target_keyword"]
    )
    frame = frame.rename_axis("url").reset_index()
    size, kind = len(frame), frame["kind"]
    words = made.set_index("url")["words"]
    typical = kind.map({"section": 620, "article": 0, "product": 540}) * np.exp(rng.normal(0, 0.25, size))
    frame["word_count"] = np.round(frame["url"].map(words).fillna(typical)).astype(np.int64)
    links = kind.map({"section": 46, "article": 6, "product": 11}) * np.exp(rng.normal(0, 0.45, size))
    frame["internal_links_in"] = 1 + np.round(links).astype(np.int64)
    frame["images"] = 2 + rng.poisson(kind.map({"section": 18, "article": 6, "product": 9}))
    frame["images_without_alt"] = np.minimum(rng.binomial(frame["images"], 0.08), frame["images"] // 3)
    frame["keyword_repetitions"] = np.clip(2 + rng.poisson(2.2, size), 2, 8)
    frame["status_code"], frame["canonical"] = 200, frame["url"]
    frame["last_modified"] = last_modified(rng, made, frame, log)
    frame = with_faults(rng, frame, faulty)
    frame = pd.concat([frame, other_pages(rng)], ignore_index=True)
    frame["title_length"] = frame["title"].str.len().fillna(0).astype(np.int64)
    frame["faults"] = [
        fault_names(url, status, faulty)
        for url, status in zip(frame["url"], frame["status_code"], strict=True)
    ]
    frame["age_days"] = (pd.Timestamp(CRAWLED_ON) - frame["last_modified"]).dt.days
    return frame.sort_values("url", ignore_index=True)


def fault_names(url, status, faulty):
    """All faults of a page in one text."""
    found = [fault for fault, urls in faulty.items() if url in urls]
    return "; ".join(found + {301: ["moved"], 404: ["gone"]}.get(status, []))


def last_modified(rng, made, frame, log):
    """Day of the last change of each page: its publication, or the last work on it."""
    born = made.set_index("url")["published_on"]
    old = pd.Timestamp("2025-07-01") - pd.to_timedelta(np.round(rng.gamma(1.6, 260, len(frame))), unit="D")
    old = pd.Series(np.maximum(old, pd.Timestamp("2022-03-01")), index=frame.index)
    work = frame["url"].map(log.dropna(subset=["page"]).groupby("page")["date"].max())
    published = frame["url"].map(born)
    return pd.concat([published.fillna(old), work], axis=1).max(axis=1)


def with_faults(rng, frame, faulty):
    """The pages with their faults written into the columns that show them."""
    where = {fault: frame["url"].isin(urls) for fault, urls in faulty.items()}

    def put(fault, column, values):
        frame.loc[where[fault], column] = values

    bait = rng.permutation(BAIT)
    put("title without keyword", "title", [f"{text}_禾屿育儿" for text in [*bait[:6], bait[0]]])
    put("h1 without keyword", "h1", list(bait[:6]))
    long = where["title too long"]
    frame.loc[long, "title"] = frame.loc[long, "h1"] + LONG_TAIL
    put("title missing", "title", None)
    put("h1 missing", "h1", None)
    put("description missing", "meta_description", None)
    put("description repeated", "meta_description", BOILERPLATE)
    put("thin", "word_count", rng.integers(90, 280, int(where["thin"].sum())))
    put("canonical missing", "canonical", None)
    put("canonical to home page", "canonical", "/")
    put("orphan", "internal_links_in", 0)
    bad = where["images without alt"]
    frame.loc[bad, "images_without_alt"] = np.ceil(
        frame.loc[bad, "images"] * rng.uniform(0.6, 1, int(bad.sum()))
    ).astype(np.int64)
    put("keyword stuffed", "keyword_repetitions", rng.integers(16, 39, int(where["keyword stuffed"].sum())))
    put(
        "keyword hardly used",
        "keyword_repetitions",
        rng.integers(0, 2, int(where["keyword hardly used"].sum())),
    )
    return frame


def other_pages(rng):
    """Pages without a keyword, addresses that moved or are gone, and one that differs by its sorting only."""
    rows = [
        dict(url=url, kind="landing page", title=title, h1=h1, status_code=200, canonical=url)
        for url, title, h1 in OTHERS
    ]
    rows += [
        dict(url="/c/diapers?sort=sales", kind="parameter", title=SECTIONS[1][1], h1=SECTIONS[1][2],
             meta_description=SECTIONS[1][3], status_code=200, canonical="/c/diapers"),
        dict(url="/c/diaper", kind="moved", status_code=301, canonical="/c/diapers"),
        dict(url="/guide/care/hongpigu", kind="moved", status_code=301, canonical="/guide/care/nappy-rash"),
        dict(url="/p/hy-d00", kind="gone", status_code=404),
        dict(url="/guide/food/recipes-2022", kind="gone", status_code=404),
    ]  # fmt: skip
    frame = pd.DataFrame(rows)
    live, size = frame["status_code"] == 200, len(frame)
    frame["word_count"] = np.where(live, rng.integers(160, 620, size), 0)
    frame["internal_links_in"] = 1 + rng.poisson(5, size)
    frame["images"] = np.where(live, 3 + rng.poisson(9, size), 0)
    frame["images_without_alt"] = np.minimum(rng.binomial(frame["images"], 0.1), frame["images"] // 3)
    frame["keyword_repetitions"] = 0
    back = pd.to_timedelta(rng.integers(20, 700, size), unit="D")
    frame["last_modified"] = pd.Timestamp(CRAWLED_ON) - back
    return frame
