"""Exports of ad platforms: Baidu and 360 search ads, Ocean Engine, Xiaohongshu, Google Ads, Meta. May 2025, mostly."""

import csv
import io
from zlib import crc32

import numpy as np

from .abroad import REMOVED

FIRST, LAST = "2025-05-01", "2025-05-31"
ACCOUNT = "禾屿母婴旗舰"
CAMPAIGN_ZH = {"brand": "品牌词", "category": "品类词", "competitor": "竞品词", "informational": "信息词"}
GROUP_ZH = {"brand core": "品牌-核心", "brand product": "品牌-产品", "diapers": "纸尿裤", "wipes": "湿巾", "skin care": "洗护",
            "bottles": "奶瓶", "food": "辅食", "maternity": "待产", "care": "护理知识", "rivals": "竞品"}  # fmt: skip


def text(rows, delimiter=",", end="\r\n"):
    """Rows as delimited text."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
    return out.getvalue()


def number_of(*names):
    """An id of 19 digits that always belongs to the same names."""
    return str(
        1_700_000_000_000_000_000
        + crc32("|".join(names).encode()) * 1_000_003
        + crc32(names[-1].encode()) % 999_983
    )


def percent(part, whole, digits=2):
    """A rate as `3.21%`; `0.00%` where there is nothing to divide by."""
    return f"{100 * part / whole if whole else 0:.{digits}f}%"


def per(part, whole, digits=2, none="0.00"):
    """A quotient as text."""
    return f"{part / whole:.{digits}f}" if whole else none


def month(frame):
    """Rows of the exported period."""
    return frame[(frame["date"] >= FIRST) & (frame["date"] <= LAST)]


# Baidu and 360


def baidu_preamble(generated, period, unit):
    """The lines above the header of a Baidu report."""
    return [[f"数据生成时间：{generated}"], ["数据生成条件："], [f"1. 时间范围：{period}"], [f"2. 时间单位：{unit}"], ["3. 推广设备：移动设备，计算机"],
            ["4. 投放网络：全部"], ["5. 投放物料：全部"], []]  # fmt: skip


def baidu_keywords(life):
    """Keyword report by day: GBK, preamble, thousands separators, a total at the end."""
    cells = month(life.tables["sem_keyword_daily"]).query("engine == 'Baidu'")
    header = [
        "日期",
        "账户",
        "推广计划",
        "推广单元",
        "关键词",
        "展现",
        "点击",
        "消费",
        "点击率",
        "平均点击价格",
        "总转化量",
    ]
    rows = [
        [f"{r.date:%Y-%m-%d}", ACCOUNT, CAMPAIGN_ZH[r.campaign], GROUP_ZH[r.ad_group], r.keyword, f"{r.impressions:,}",
         f"{r.clicks:,}", f"{r.cost:,.2f}", percent(r.clicks, r.impressions), per(r.cost, r.clicks, none="--"), r.orders]
        for r in cells.itertuples()
    ]  # fmt: skip
    shown, clicks, cost = cells["impressions"].sum(), cells["clicks"].sum(), cells["cost"].sum()
    total = ["合计", ACCOUNT, "--", "--", "--", f"{shown:,}", f"{clicks:,}", f"{cost:,.2f}", percent(clicks, shown), per(cost, clicks),
             cells["orders"].sum()]  # fmt: skip
    top = baidu_preamble("2025-06-01 09:12", "20250501-20250531", "分日")
    return text([*top, header, *rows, total]).encode("gbk")


def baidu_search_terms(life):
    """Search-term report over two months, dates as one period: GBK."""
    keys = ["campaign", "ad_group", "keyword", "search_term"]
    sums = life.tables["sem_search_terms"].groupby(keys)[["impressions", "clicks", "cost", "orders"]].sum()
    sums = sums.reset_index().sort_values(["cost", "search_term"], ascending=[False, True])
    header = [
        "日期",
        "推广计划",
        "推广单元",
        "关键词",
        "搜索词",
        "当前单元的添加状态",
        "展现",
        "点击",
        "消费",
        "点击率",
        "总转化量",
        "精确匹配扩展(地域词扩展)触发",
        "高级精确匹配触发",
    ]
    rows = [
        ["2025-04-01至2025-05-31", CAMPAIGN_ZH[r.campaign], GROUP_ZH[r.ad_group], r.keyword, r.search_term,
         "已添加" if r.search_term == r.keyword else "未添加", r.impressions, r.clicks, f"{r.cost:.2f}", percent(r.clicks, r.impressions),
         r.orders, "否", "否"]
        for r in sums.itertuples()
    ]  # fmt: skip
    return text([*baidu_preamble("2025-06-01 09:20", "20250401-20250531", "合计"), header, *rows]).encode(
        "gbk"
    )


def so_keywords(life):
    """360 keyword report: UTF-8, the day as a formula that keeps Excel from changing it."""
    cells = month(life.tables["sem_keyword_daily"]).query("engine == '360'")
    lines = [
        "时间,推广计划,推广组,关键词,展示次数,点击次数,点击率,总费用,平均每次点击费用,平均排名(移动),浅层转化数,转化数"
    ]
    lines += [
        f'="{r.date:%Y-%m-%d}",{CAMPAIGN_ZH[r.campaign]},{GROUP_ZH[r.ad_group]},{r.keyword},{r.impressions},{r.clicks},'
        f"{percent(r.clicks, r.impressions)},{r.cost:.2f},{per(r.cost, r.clicks)},{r.avg_position:.1f},{r.orders},{r.orders}"
        for r in cells.itertuples()
    ]
    return ("\r\n".join(lines) + "\r\n").encode("utf-8")


# Ocean Engine and Xiaohongshu


def ocean_engine(life):
    """Unit report of Douyin campaigns by day: BOM, percent as plain numbers, ids of 19 digits."""
    cells = month(life.tables["feed_ads_daily"]).query("platform == 'Douyin'")
    header = [
        "时间-天",
        "项目ID",
        "项目名称",
        "单元名称",
        "单元ID",
        "消耗",
        "展示数",
        "平均千次展现费用(元)",
        "点击数",
        "点击率%",
        "平均点击单价(元)",
        "转化数",
        "平均转化成本",
        "转化率%",
    ]
    rows = [
        [f"{r.date:%Y-%m-%d}", number_of(r.campaign), r.campaign, f"{r.creative}-{r.audience}", number_of(r.campaign, r.creative, r.audience),
         f"{r.cost:.2f}", r.impressions, per(1000 * r.cost, r.impressions), r.clicks, per(100 * r.clicks, r.impressions),
         per(r.cost, r.clicks), r.orders, per(r.cost, r.orders), per(100 * r.orders, r.clicks)]
        for r in cells.itertuples()
    ]  # fmt: skip
    return text([header, *rows]).encode("utf-8-sig")


def xiaohongshu(life):
    """Ad report of Xiaohongshu by day and unit: BOM, a 合计 row first, likes and the rest beside the clicks."""
    cells = month(life.tables["feed_ads_daily"]).query("platform == 'Xiaohongshu'")
    rng = life.streams("engagement in exports")
    header = [
        "时间",
        "计划名称",
        "单元名称",
        "消费",
        "展现量",
        "点击量",
        "点击率",
        "平均点击成本",
        "平均千次展示费用",
        "点赞",
        "评论",
        "收藏",
        "关注",
        "分享",
        "互动量",
        "平均互动成本",
    ]
    shares = np.array([0.34, 0.05, 0.2, 0.04, 0.03])  # likes, comments, saves, follows, shares per click
    acts = rng.poisson(cells["clicks"].to_numpy()[:, None] * shares)
    rows = []
    for r, act in zip(cells.itertuples(), acts.tolist(), strict=True):
        rows.append(
            [
                f"{r.date:%Y-%m-%d}",
                r.campaign,
                f"{r.creative}（{r.audience}）",
                *xhs_numbers(r.cost, r.impressions, r.clicks, act),
            ]
        )
    sums = cells[["cost", "impressions", "clicks"]].sum()
    total = [
        "合计",
        "",
        "",
        *xhs_numbers(sums["cost"], int(sums["impressions"]), int(sums["clicks"]), acts.sum(axis=0).tolist()),
    ]
    return text([header, total, *rows]).encode("utf-8-sig")


def xhs_numbers(cost, shown, clicks, acts):
    """The figures of one row."""
    return [f"{cost:.2f}", shown, clicks, percent(clicks, shown), per(cost, clicks), per(1000 * cost, shown), *acts, sum(acts),
            per(cost, sum(acts))]  # fmt: skip


# Google Ads and Meta, for the shop abroad

NUMBERS = ["impressions", "interactions", "clicks", "cost_usd", "conversions", "revenue_usd"]
CENSORED = ("< 10%", "> 90%")


def google_sums(life, keys):
    """Google rows of the month summed by `keys`, without the removed campaign; and the whole account."""
    rows = month(life.tables["overseas_ads_daily"]).query("platform == 'Google Ads'")
    shown = rows[rows["campaign"] != REMOVED].groupby(keys, sort=True)[NUMBERS].sum().reset_index()
    return shown, rows


def google_numbers(r):
    """The metric cells of a Google row: counts with thousands separators, money without."""
    return [f"{r['impressions']:,.0f}", f"{r['clicks']:,.0f}", percent(r["clicks"], r["impressions"]), f"{r['interactions']:,.0f}",
            percent(r["interactions"], r["impressions"]), per(r["cost_usd"], r["interactions"]), per(r["cost_usd"], r["clicks"]),
            f"{r['cost_usd']:.2f}", f"{r['conversions']:,.2f}", percent(r["conversions"], r["interactions"]),
            per(r["cost_usd"], r["conversions"]), f"{r['revenue_usd']:.2f}", per(r["revenue_usd"], r["cost_usd"])]  # fmt: skip


def google_campaigns(life):
    """Campaign report: title, range, ` --` for missing, totals by campaign, account and type at the end."""
    sums, rows = google_sums(life, ["campaign", "campaign_type"])
    header = ["Campaign status", "Campaign", "Campaign ID", "Campaign type", "Currency code", "Impr.", "Clicks", "CTR", "Interactions",
              "Interaction rate", "Avg. cost", "Avg. CPC", "Cost", "Conversions", "Conv. rate", "Cost / conv.", "Conv. value",
              "Conv. value / cost", "Search impr. share"]  # fmt: skip
    share = {"Search": ("71.32%", CENSORED[1]), "Performance Max": (CENSORED[0], CENSORED[0])}
    body = [
        ["Enabled", r["campaign"], number_of(r["campaign"])[:11], r["campaign_type"], "USD", *google_numbers(r),
         share.get(r["campaign_type"], (" --", " --"))["Brand" in r["campaign"]]]
        for r in sums.to_dict("records")
    ]  # fmt: skip
    account = rows[NUMBERS].sum()
    totals = [["Total: Campaigns", " --", " --", " --", "USD", *google_numbers(sums[NUMBERS].sum()), " --"]]
    totals.append(["Total: Account", "", "", "", "USD", *google_numbers(account), ""])
    for kind, part in rows.groupby("campaign_type", sort=True):
        totals.append([f"Total: {kind}", "", "", "", "USD", *google_numbers(part[NUMBERS].sum()), ""])
    top = [["Campaign report"], ["May 1, 2025 - May 31, 2025"]]
    return text([*top, header, *body, *totals], end="\n").encode("utf-8")


def google_keywords(life):
    """Ad-group report as the download for Excel writes it: UTF-16, tabs, by day."""
    sums, rows = google_sums(life, ["date", "campaign", "ad_group"])
    header = ["Day", "Campaign", "Ad group", "Currency code", "Impr.", "Clicks", "CTR", "Interactions", "Interaction rate", "Avg. cost",
              "Avg. CPC", "Cost", "Conversions", "Conv. rate", "Cost / conv.", "Conv. value", "Conv. value / cost"]  # fmt: skip
    body = [
        [f"{r['date']:%Y-%m-%d}", r["campaign"], r["ad_group"], "USD", *google_numbers(r)]
        for r in sums.to_dict("records")
    ]
    totals = [
        ["Total: Ad groups", " --", " --", "USD", *google_numbers(sums[NUMBERS].sum())],
        ["Total: Account", "", "", "USD", *google_numbers(rows[NUMBERS].sum())],
    ]
    top = [["Ad group report"], ["May 1, 2025 - May 31, 2025"]]
    return b"\xff\xfe" + text([*top, header, *body, *totals], delimiter="\t", end="\n").encode("utf-16-le")


INDICATOR = {"Sales": "actions:offsite_conversion.fb_pixel_purchase", "Leads": "actions:onsite_conversion.lead_grouped",
             "Awareness": "reach"}  # fmt: skip


def meta_rows(life, keys):
    """Meta rows of the month summed by `keys`."""
    rows = month(life.tables["overseas_ads_daily"]).query("platform == 'Meta'")
    return (
        rows.groupby([*keys, "campaign", "campaign_type", "ad_group"], sort=True)[NUMBERS].sum().reset_index()
    )


def meta_cells(r, start, end):
    """One row of a Meta report. Results mean purchases, leads or reach, as the row's indicator says."""
    kind, reach = r["campaign_type"], int(r["impressions"] / 1.7)
    results = reach if kind == "Awareness" else int(r["conversions"])
    bought = int(r["conversions"]) if kind == "Sales" else ""
    value = f"{r['revenue_usd']:.2f}" if kind == "Sales" else ""
    return [start, end, r["campaign"], r["ad_group"], "7-day click or 1-day view" if kind != "Awareness" else "", results,
            INDICATOR[kind], reach, r["impressions"], per(r["impressions"], reach, 6), per(r["cost_usd"], results, 8, none=""),
            f"{r['cost_usd']:.2f}", r["clicks"], r["interactions"], per(100 * r["clicks"], r["impressions"], 6),
            per(r["cost_usd"], r["clicks"], 6, none=""), bought, value,
            per(r["revenue_usd"], r["cost_usd"], 6) if kind == "Sales" else ""]  # fmt: skip


META_HEADER = ["Reporting starts", "Reporting ends", "Campaign name", "Ad set name", "Attribution setting", "Results", "Result indicator",
               "Reach", "Impressions", "Frequency", "Cost per results", "Amount spent (USD)", "Link clicks", "Clicks (all)",
               "CTR (link click-through rate)", "CPC (cost per link click) (USD)", "Purchases", "Purchases conversion value",
               "Purchase ROAS (return on ad spend)"]  # fmt: skip


def meta_ads(life):
    """Ad-set report of the month: every row spans the whole period."""
    rows = [meta_cells(r, FIRST, LAST) for r in meta_rows(life, []).to_dict("records")]
    return text([META_HEADER, *rows], end="\n").encode("utf-8-sig")


def meta_ads_by_day(life):
    """The same by day."""
    rows = [
        [f"{r['date']:%Y-%m-%d}", *meta_cells(r, f"{r['date']:%Y-%m-%d}", f"{r['date']:%Y-%m-%d}")]
        for r in meta_rows(life, ["date"]).to_dict("records")
    ]
    return text([["Day", *META_HEADER], *rows], end="\n").encode("utf-8-sig")


FILES = {
    "baidu_keywords_2025-05.csv": baidu_keywords,
    "baidu_search_terms_2025-04_05.csv": baidu_search_terms,
    "360_keywords_2025-05.csv": so_keywords,
    "ocean_engine_units_2025-05.csv": ocean_engine,
    "xiaohongshu_ads_2025-05.csv": xiaohongshu,
    "google_ads_campaigns_2025-05.csv": google_campaigns,
    "google_ads_ad_groups_2025-05_excel.csv": google_keywords,
    "meta_ads_2025-05.csv": meta_ads,
    "meta_ads_by_day_2025-05.csv": meta_ads_by_day,
}
