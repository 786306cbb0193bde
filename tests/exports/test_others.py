"""Exports that are no ad platform's: analytics, search, social, shops, mail, keyword tools, customers."""

import csv
import io
import json
import math
import zipfile

import pandas as pd
import pytest
import xlsxwriter
import xlwt

from mktlib import exports
from mktlib.exports import ExportError

# Builders


def cells(text):
    return text.split(",")


def sheet(rows, sep=",", every=False):
    """CSV text of rows."""
    out = io.StringIO()
    quoting = csv.QUOTE_ALL if every else csv.QUOTE_MINIMAL
    csv.writer(out, delimiter=sep, lineterminator="\r\n", quoting=quoting).writerows(rows)
    return out.getvalue()


def resaved(text, width):
    """A text as Excel saves it again: every row padded to one width, blank rows too, with a BOM."""
    rows = [row + [""] * (width - len(row)) for row in csv.reader(io.StringIO(text))]
    return sheet(rows).encode("utf-8-sig")


def packed(members):
    """Bytes of a zip of texts by name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as pack:
        for name, data in members.items():
            pack.writestr(name, data if isinstance(data, bytes) else data.encode("utf-8"))
    return out.getvalue()


def xls(rows):
    """Bytes of an old workbook."""
    book = xlwt.Workbook()
    page = book.add_sheet("Sheet1")
    for y, row in enumerate(rows):
        for x, cell in enumerate(row):
            page.write(y, x, cell)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def xlsx(rows, before=None):
    """Bytes of a workbook, with another sheet before if asked for."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        if before:
            book.add_worksheet("说明").write_column(0, 0, before)
        page = book.add_worksheet("数据")
        for y, row in enumerate(rows):
            page.write_row(y, 0, row)
    return out.getvalue()


def load(data, platform, **options):
    """A frame read from text or bytes; sniff must know the platform, and no row may be lost."""
    data = data if isinstance(data, bytes) else data.encode("utf-8")
    guess, frame = exports.sniff(data), exports.read(data, **options)
    assert guess.platform == platform and guess.confidence >= 0.4
    assert frame.attrs["platform"] == platform
    rows = frame.attrs["rows"]
    assert rows["in"] == rows["out"] + rows["totals"] + rows["set_aside"]
    assert rows["out"] == len(frame) and rows["set_aside"] == len(frame.attrs["set_aside"])
    assert all(one["reason"] and one["row"] > 0 for one in frame.attrs["set_aside"])
    return frame


def reasons(frame):
    return [one["reason"] for one in frame.attrs["set_aside"]]


def days(column):
    return column.dt.strftime("%Y-%m-%d").tolist()


# GA4


def ga4_head(
    title="Pages and screens: Page path and screen class", start="20260301", end="20260331", gap=True
):
    bar = "# ----------------------------------------"
    lines = [
        bar,
        f"# {title}",
        "# Account: Heyu, Ltd",
        "# Property: heyu shop - GA4",
        bar,
        "#",
        "# All Users",
    ]
    return "\n".join([*lines, f"# Start date: {start}", f"# End date: {end}", *([""] if gap else [])]) + "\n"


PAGES = [
    ["Page path and screen class", "Views", "Active users", "Key events", "Total revenue", "Bounce rate"],
    ["/", "900", "400", "12", "1200.5", "0.670124481"],
    ["/faq#size", "100", "80", "3", "10.25", "0.5"],
    ["#/app, old", "50", "20", "0", "0", "0"],
]


@pytest.mark.parametrize("gap", [True, False])
def test_ga4_report(gap):
    frame = load(ga4_head(gap=gap) + sheet(PAGES), "ga4")
    assert frame["page"].tolist() == ["/", "/faq#size", "#/app, old"]
    assert frame["pageviews"].sum() == 1050 and frame["pageviews"].dtype == "int64"
    assert frame["conversions"].sum() == 15 and frame["revenue"].sum() == 1210.75
    assert frame["bounce_rate"].tolist() == [0.670124481, 0.5, 0]
    about = frame.attrs
    assert about["title"] == "Pages and screens: Page path and screen class"
    assert about["period"] == ("2026-03-01", "2026-03-31") and about["encoding"] == "utf-8"
    assert about["totals"] == [] and about["set_aside"] == [] and about["currency"] is None
    assert about["header_row"] == (11 if gap else 10) and about["decimal"] == "."
    assert about["rows"] == {"in": 3, "out": 3, "totals": 0, "set_aside": 0, "blank": 0}
    assert any("users must not be added" in note for note in about["notes"])
    assert exports.reconcile(frame).empty


def test_ga4_resaved_by_excel():
    plain = load(ga4_head() + sheet(PAGES), "ga4")
    again = load(resaved(ga4_head() + sheet(PAGES), 6), "ga4")
    pd.testing.assert_frame_equal(plain, again)
    assert again.attrs["encoding"] == "utf-8-sig" and again.attrs["title"] == plain.attrs["title"]
    assert again.attrs["period"] == plain.attrs["period"] and again.attrs["tables"] == plain.attrs["tables"]


def test_ga4_blank_lines_do_not_cut_a_table():
    text = ga4_head() + sheet([PAGES[0], [], PAGES[1], [], [], *PAGES[2:], []])
    frame = load(text, "ga4")
    assert frame["page"].tolist() == ["/", "/faq#size", "#/app, old"] and len(frame.attrs["tables"]) == 1


def test_ga4_header_only():
    frame = load(ga4_head() + sheet(PAGES[:1]), "ga4")
    assert frame.empty and {"page", "pageviews", "users", "conversions", "revenue"} <= set(frame)
    assert frame.attrs["rows"]["in"] == 0 and frame["pageviews"].sum() == 0


def snapshot():
    cohort = [
        ["Cohort", "Week 0", "Week 1", "Week 2"],
        ["Week 0", "1", "0.25", "0.125"],
        ["Week 1", "1", "0.2", "-1"],
        ["Week 2", "1", "-1", "-1"],
    ]
    channel = [
        ["Session primary channel group (Default channel group)", "Sessions"],
        ["Direct", "70"],
        ["Email", "30"],
    ]
    own = "# Start date: 20260201\n# End date: 20260228\n"
    nth = [["Nth day", "Active users"], ["0000", "5"], ["0001", "7"], ["0030", "9"]]
    week = [["Nth week", "Sessions"], ["0000", "70"], ["0001", "80"], ["0004", "30"]]
    parts = [
        sheet(nth),
        own + sheet(channel),
        sheet([["Country", "Active users"]]),
        sheet(week),
        sheet(cohort),
    ]
    return ga4_head("Reports snapshot", gap=False) + "\n".join(parts)


def test_ga4_snapshot_tables():
    data = snapshot().encode()
    names = exports.tables(data)
    assert names == [
        "Active users by Date",
        "Sessions by Session primary channel group (Default channel group)",
        "Active users by Country",
        "Sessions by Date",
        "Week 2 by Cohort",
    ]
    by_name = {name: exports.read(data, table=name) for name in names}
    first = load(data, "ga4")
    assert days(first["date"]) == ["2026-03-01", "2026-03-02", "2026-03-31"]
    assert first["users"].tolist() == [5, 7, 9] and first.attrs["tables"] == names
    channel = by_name[names[1]]
    assert channel["channel"].tolist() == ["Direct", "Email"] and channel["sessions"].sum() == 100
    assert channel.attrs["period"] == ("2026-02-01", "2026-02-28")
    assert by_name[names[2]].empty and list(by_name[names[2]]) == ["country", "users"]
    pd.testing.assert_frame_equal(channel, exports.read(data, table=1))
    with pytest.raises(ExportError, match="no table"):
        exports.read(data, table="Sessions by Cuntry")


def test_ga4_nth_week_is_a_period_that_ends_with_the_report():
    weeks = exports.read(snapshot().encode(), table=3)
    assert days(weeks["period_start"]) == ["2026-03-01", "2026-03-08", "2026-03-29"]
    assert days(weeks["period_end"]) == ["2026-03-07", "2026-03-14", "2026-03-31"]
    assert weeks["date"].isna().all() and weeks["sessions"].tolist() == [70, 80, 30]


def test_ga4_cohort_minus_one_is_missing():
    cohort = exports.read(snapshot().encode(), table="Week 2 by Cohort")
    assert cohort["Week 1"].tolist()[:2] == [0.25, 0.2] and math.isnan(cohort["Week 1"].iloc[2])
    assert cohort["Week 2"].mean() == 0.125 and cohort["Week 0"].sum() == 3
    assert not (cohort[["Week 0", "Week 1", "Week 2"]] == -1).any().any()


def test_ga4_nth_day_without_start_date():
    text = "# ----\n# Report\n\nNth day,Active users,Sessions\n0000,5,6\n"
    with pytest.raises(ExportError, match="start date"):
        exports.read(text.encode())


EXPLORED = [
    ["Session default channel group", "Device category", "Sessions", "Active users", "Total revenue"],
    ["", "", "175", "140", "1234.5", "Grand total"],
    ["Direct", "mobile", "100", "80", "1000.25"],
    ["Email", "desktop", "75", "70", "234.25"],
]


def explored(rows=None, sep=","):
    bar = "# ----------------------------------------"
    head = [bar, "# heyu shop - GA4", "# Free form-Free form 1", "# 20260301-20260331", bar, ""]
    return "\n".join(head) + "\n" + sheet(rows or EXPLORED, sep)


def test_ga4_exploration_total():
    frame = load(explored(), "ga4")
    assert frame["sessions"].tolist() == [100, 75] and frame["revenue"].sum() == 1234.5
    (total,) = frame.attrs["totals"]
    assert total["label"] == "Grand total" and total["sessions"] == 175 and total["row"] == 8
    found = exports.reconcile(frame)
    assert found["column"].tolist() == ["revenue", "sessions"] or set(found["column"]) == {
        "revenue",
        "sessions",
    }
    assert found["agrees"].all() and frame.attrs["period"] == ("2026-03-01", "2026-03-31")


def test_ga4_exploration_total_that_does_not_agree_and_total_only():
    wrong = [EXPLORED[0], ["", "", "200", "140", "1234.5", "Grand total"], *EXPLORED[2:]]
    found = exports.reconcile(load(explored(wrong), "ga4")).set_index("column")
    assert found.loc["sessions", "difference"] == 25 and not found.loc["sessions", "agrees"]
    assert found.loc["revenue", "agrees"]
    only = load(explored(EXPLORED[:2]), "ga4")
    assert only.empty and only.attrs["rows"]["totals"] == 1 and only.attrs["totals"][0]["sessions"] == 175


def test_ga4_exploration_padded_by_excel():
    frame = load(resaved(explored(), 6), "ga4")
    assert frame["sessions"].sum() == 175 and frame.attrs["totals"][0]["label"] == "Grand total"


def test_ga4_german():
    rows = [
        ["Sitzung – Standard-Channelgruppe", "Gerätekategorie", "Sitzungen", "Aktive Nutzer", "Gesamtumsatz"],
        ["", "", "1.175", "140", "12.345,50", "Gesamtsumme"],
        ["Direct", "mobile", "1.100", "80", "10.000,25"],
        ["Email", "desktop", "75", "70", "2.345,25"],
    ]
    for header in (rows[0], EXPLORED[0]):
        frame = load(explored([header, *rows[1:]], ";"), "ga4")
        assert frame["revenue"].tolist() == [10000.25, 2345.25] and frame["sessions"].tolist() == [1100, 75]
        assert frame.attrs["decimal"] == "," and frame.attrs["delimiter"] == ";"
        assert frame.attrs["totals"][0]["label"] == "Gesamtsumme" and exports.reconcile(frame)["agrees"].all()


@pytest.mark.parametrize(
    "names",
    [
        ["Session default channel group", "Users", "Sessions", "Conversions", "Session conversion rate"],
        [
            "Session primary channel group (Default Channel Group)",
            "Active users",
            "Sessions",
            "Key events",
            "Session key event rate",
        ],
        [
            "session primary channel group (default channel group)",
            "ACTIVE USERS",
            "sessions",
            "Key Events",
            "session key event rate",
        ],
    ],
)
def test_ga4_names_of_several_years(names):
    text = ga4_head("Report CSV Export", "20230625", "20230702") + sheet(
        [names, ["Direct", "8", "10", "2", "0.2"]]
    )
    frame = load(text, "ga4")
    assert frame.loc[0, ["channel", "users", "sessions", "conversions"]].tolist() == ["Direct", 8, 10, 2]
    assert frame[names[4]].tolist() == [0.2] and frame.attrs["period"] == ("2023-06-25", "2023-07-02")


def test_ga4_dates_are_compact():
    text = ga4_head() + sheet(
        [["Date", "Sessions", "New users"], ["20260302", "4", "1"], ["20260301", "6", "2"]]
    )
    frame = load(text, "ga4")
    assert days(frame["date"]) == ["2026-03-02", "2026-03-01"] and frame["sessions"].sum() == 10


def event(name, person, session, moment="1772412300000000", **more):
    params = [
        {"key": "ga_session_id", "value": {"int_value": session}},
        {"key": "session_engaged", "value": {"string_value": "1", "int_value": None}},
        {"key": "page_location", "value": {"string_value": "https://x.example/#a"}},
        {"key": "engagement_time_msec", "value": {"float_value": 1500.0}},
        {"key": "value", "value": {"double_value": 12.5}},
    ]
    return {
        "event_date": "20260302",
        "event_timestamp": moment,
        "event_name": name,
        "event_params": params,
        "user_pseudo_id": person,
        "device": {"category": "mobile", "web_info": {"browser": "Safari"}},
        "geo": {"country": "China", "region": "Zhejiang", "city": "Hangzhou"},
        "traffic_source": {"source": "first-ever", "medium": "cpc"},
        "session_traffic_source_last_click": {"manual_campaign": {"source": "mail", "medium": "email"}},
        **more,
    }


def test_ga4_events():
    shop = {"ecommerce": {"purchase_revenue": 99.5, "transaction_id": "0012"}}
    many = [
        event("page_view", "11.22", "1772412000"),
        event("purchase", "33.44", "1772412000", **shop),
        event("scroll", "33.44", "1772412000"),
    ]
    frame = load("\n".join(map(json.dumps, many)) + "\n\n", "ga4")
    assert frame["event"].tolist() == ["page_view", "purchase", "scroll"]
    assert frame["session_id"].nunique() == 1
    assert frame.groupby(["user_id", "session_id"]).ngroups == 2
    assert frame["user_id"].tolist() == ["11.22", "33.44", "33.44"]
    assert frame["session_id"].tolist() == ["1772412000"] * 3
    assert days(frame["date"]) == ["2026-03-02"] * 3
    assert frame["created_at"].iloc[0] == pd.Timestamp("2026-03-02 00:45:00")
    assert set(frame["channel"]) == {"mail"} and set(frame["device"]) == {"mobile"}
    assert set(frame["country"]) == {"China"} and set(frame["page"]) == {"https://x.example/#a"}
    assert frame["revenue"].sum() == 99.5 and frame["revenue"].isna().sum() == 2
    assert frame["order_id"].dropna().tolist() == ["0012"]
    assert frame["value"].sum() == 37.5 and frame["engagement_time_msec"].sum() == 4500


@pytest.mark.parametrize("bad", ['{"event_name": "x"', "[1, 2]", '{"event_name": "x"}', '"text"'])
def test_ga4_broken_event(bad):
    text = json.dumps(event("page_view", "1", "2")) + "\n" + bad + "\n"
    with pytest.raises(ExportError) as caught:
        exports.read(text.encode())
    assert caught.value.row == 2 and caught.value.platform == "ga4" and "Row 2" in str(caught.value)


# Search Console

QUERIES = [
    ["Top queries", "Clicks", "Impressions", "CTR", "Position"],
    ["diapers", "45", "1000", "4.5%", "3.2"],
    ["baby #1, soft", "5", "500", "1%", "12.15"],
]
SITE_PAGES = [
    ["Top pages", "Clicks", "Impressions", "CTR", "Position"],
    ["https://x.example/#a", "60", "2000", "3%", "5"],
]
CHART = [
    ["Date", "Clicks", "Impressions", "CTR", "Position"],
    ["2026-03-01", "30", "900", "3.33%", "4.1"],
    ["2026-03-02", "40", "1200", "3.33%", "4"],
]
FILTERS = [["Filter", "Value"], ["Search type", "Web"], ["Date", "Mar 1, 2026-Mar 2, 2026"]]
CHINESE = {
    "Top queries": "热门查询",
    "Top pages": "排名靠前的网页",
    "Date": "日期",
    "Clicks": "点击次数",
    "Impressions": "展示",
    "CTR": "点击率",
    "Position": "排名",
}


def translated(rows, words):
    return [[words.get(cell, cell) for cell in rows[0]], *rows[1:]]


def bundle(chart="Chart.csv", sep=",", filters=FILTERS):
    parts = {"Filters.csv": filters, "Pages.csv": SITE_PAGES, chart: CHART, "Queries.csv": QUERIES}
    return packed({name: sheet(rows, sep) for name, rows in parts.items()})


def chinese_bundle():
    filters = [["过滤器", "值"], ["搜索类型", "网络"], ["日期", "过去 28 天"]]
    parts = {"过滤器.csv": filters} | {
        name: translated(rows, CHINESE)
        for name, rows in (("网页.csv", SITE_PAGES), ("图表.csv", CHART), ("查询数.csv", QUERIES))
    }
    return packed({name: sheet(rows).encode("utf-8-sig") for name, rows in parts.items()})


@pytest.mark.parametrize(
    "data",
    [bundle(), bundle("Dates.csv"), bundle(sep=";"), chinese_bundle()],
    ids=["chart", "dates", "semicolon", "zh"],
)
def test_search_console_bundle(data):
    frame = load(data, "search_console")
    assert frame["search_term"].tolist() == ["diapers", "baby #1, soft"]
    assert frame["clicks"].tolist() == [45, 5] and frame["impressions"].dtype == "int64"
    assert frame["ctr"].tolist() == [0.045, 0.01] and frame["ctr_reported"].tolist() == [0.045, 0.01]
    assert frame["position"].tolist() == [3.2, 12.15]
    assert frame.attrs["encoding"] == "zip" and len(frame.attrs["tables"]) == 3
    assert frame.attrs["period"] == ("2026-03-01", "2026-03-02")
    assert frame.attrs["rows"] == {"in": 2, "out": 2, "totals": 0, "set_aside": 0, "blank": 0}


@pytest.mark.parametrize("data", [bundle(), chinese_bundle()], ids=["en", "zh"])
def test_search_console_queries_sum_below_the_days(data):
    queries = exports.reconcile(exports.read(data)).set_index("column")
    assert queries.loc["clicks", ["rows", "stated", "difference"]].tolist() == [50, 70, 20]
    assert queries.loc["impressions", ["rows", "stated", "difference"]].tolist() == [1500, 2100, 600]
    assert set(queries["total"]) == {"sum of days"} and not queries["agrees"].any()
    pages = exports.reconcile(exports.read(data, table=1)).set_index("column")
    assert pages["difference"].to_dict() == {"impressions": 100, "clicks": 10}
    chart = exports.read(data, table=2)
    assert days(chart["date"]) == ["2026-03-01", "2026-03-02"] and chart.attrs["totals"] == []


def test_search_console_totals_need_readable_days():
    broken = [CHART[0], ["someday", "30", "900", "3.33%", "4.1"]]
    data = packed({"Queries.csv": sheet(QUERIES), "Chart.csv": sheet(broken), "Pages.csv": sheet(SITE_PAGES)})
    frame = load(data, "search_console")
    assert frame.attrs["totals"] == [] and frame["clicks"].sum() == 50


def test_search_console_filters():
    assert exports.read(bundle()).attrs["preamble"][:2] == [
        "Search type: Web",
        "Date: Mar 1, 2026-Mar 2, 2026",
    ]
    assert exports.read(chinese_bundle()).attrs["preamble"][0] == "搜索类型: 网络"
    assert (
        "preamble" in exports.read(packed({"Queries.csv": sheet(QUERIES), "Chart.csv": sheet(CHART)})).attrs
    )


@pytest.mark.parametrize("table", ["Pages", "pages", 1])
def test_search_console_table_by_name(table):
    frame = exports.read(bundle(), table=table)
    assert frame["page"].tolist() == ["https://x.example/#a"] and frame["clicks"].sum() == 60


def test_search_console_single_file():
    frame = load(sheet(QUERIES), "search_console")
    assert frame["clicks"].sum() == 50 and frame.attrs["totals"] == [] and frame.attrs["period"] is None
    again = load(resaved(sheet([*QUERIES[:2], [], *QUERIES[2:], []]), 5), "search_console")
    pd.testing.assert_frame_equal(frame, again)
    assert again.attrs["rows"]["blank"] == 2
    empty = load(sheet(QUERIES[:1]), "search_console")
    assert empty.empty and {"search_term", "clicks", "impressions", "ctr", "position"} <= set(empty)


def test_search_console_decimal_commas():
    rows = [QUERIES[0], ["pleny", "45", "1000", "4,5%", "3,2"], ["mýdlo", "5", "500", "1%", "12,15"]]
    frame = load(sheet(rows, ";"), "search_console")
    assert frame["position"].tolist() == [3.2, 12.15] and frame["ctr_reported"].tolist() == [0.045, 0.01]
    assert frame.attrs["decimal"] == "," and frame.attrs["delimiter"] == ";"


def test_search_console_japanese():
    rows = [
        ["上位のクエリ", "クリック数", "表示回数", "CTR", "掲載順位"],
        ["おむつ", "45", "1000", "4.5%", "3.2"],
    ]
    frame = load(sheet(rows), "search_console")
    assert frame.loc[0, ["search_term", "clicks", "impressions", "position"]].tolist() == [
        "おむつ",
        45,
        1000,
        3.2,
    ]


def test_search_console_unknown_language():
    rows = [["Legnépszerűbb lekérdezések", "Kattintások", "Megjelenítések"], ["a", "1", "2"]]
    with pytest.raises(ExportError) as caught:
        exports.read(sheet(rows).encode())
    assert "Kattintások" in str(caught.value) and "aliases" in str(caught.value)
    names = {rows[0][0]: "search_term", rows[0][1]: "clicks", rows[0][2]: "impressions"}
    frame = exports.read(sheet(rows).encode(), platform="search_console", aliases=names)
    assert frame["ctr"].tolist() == [0.5]


# WeChat

ARTICLES = [
    cells("内容标题,发表时间,总阅读人数,总阅读次数,总分享人数,总分享次数,阅读后关注人数,送达人数,公众号消息阅读次数,送达阅读率,首次分享次数,分享产生阅读次数,首次分享率,每次分享带来阅读次数,阅读完成率,内容url"),
    ["夏日, 新品", "20260301", 900, 1200, 10, 12, 3, 8000, 700, "8.75%", 5, 90, "0.71%", 18.0, "61.5%", "https://mp.weixin.qq.com/s/a"],
    ["护肤指南", "20260305", 100, 150, 1, 2, 0, 8010, 80, "1%", 1, 10, "1.25%", 10.0, "--", "https://mp.weixin.qq.com/s/b"],
]  # fmt: skip
TRAFFIC = [
    cells(
        "日期,渠道,阅读次数,阅读人数,分享次数,分享人数,阅读原文次数,阅读原文人数,收藏次数,收藏人数,群发篇数"
    ),
    ["2026-03-01", "公众号消息", 500, 400, 9, 8, 3, 3, 2, 2, 1],
    ["2026-03-02", "朋友圈", 50, 45, 1, 1, 0, 0, 0, 0, 0],
]


@pytest.mark.parametrize("write", [xls, xlsx], ids=["xls", "xlsx"])
def test_wechat_articles(write):
    frame = load(write(ARTICLES), "wechat")
    assert frame["title"].tolist() == ["夏日, 新品", "护肤指南"] and frame["reads"].tolist() == [1200, 150]
    assert frame["readers"].sum() == 1000 and frame["shares"].sum() == 14 and frame["follows"].sum() == 3
    assert days(frame["created_at"]) == ["2026-03-01", "2026-03-05"]
    assert frame["送达阅读率"].tolist() == [0.0875, 0.01] and frame["阅读完成率"].isna().tolist() == [
        False,
        True,
    ]
    assert frame["page"].iloc[1].endswith("/b") and frame.attrs["encoding"] == write.__name__
    assert any("readers must not be added" in note for note in frame.attrs["notes"])
    assert frame.attrs["period"] == ("2026-03-01", "2026-03-05")


@pytest.mark.parametrize(
    "write", [xls, xlsx, lambda rows: xlsx(rows, ["数据说明"])], ids=["xls", "xlsx", "two sheets"]
)
def test_wechat_traffic(write):
    frame = load(write(TRAFFIC), "wechat")
    assert frame["channel"].tolist() == ["公众号消息", "朋友圈"] and frame["reads"].sum() == 550
    assert frame["saves"].sum() == 2 and frame["收藏人数"].sum() == 2
    assert days(frame["date"]) == ["2026-03-01", "2026-03-02"] and frame["群发篇数"].dtype == "int64"


def test_wechat_empty_and_total():
    assert load(xls(TRAFFIC[:1]), "wechat").empty
    frame = load(xlsx([*TRAFFIC, ["合计", "", 550, "", 10, "", 3, "", 2, "", 1]]), "wechat")
    assert len(frame) == 2 and exports.reconcile(frame)["agrees"].all() and len(exports.reconcile(frame)) == 3


# Shops

SHOPIFY = cells(
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,Billing Zip,Shipping Name,Shipping Zip,Shipping Province,Shipping Country,Shipping Phone,Notes,Refunded Amount,Id,Source"
)


def shopify_row(**given):
    assert {name.replace("_", " ") for name in given} <= set(SHOPIFY)
    return [given.get(name.replace(" ", "_"), "") for name in SHOPIFY]


def shopify():
    order = dict(Email="li@x.example", Financial_Status="paid", Currency="EUR", Subtotal="40.00", Shipping="5.00",
                 Taxes="3.00", Paid_at="2026-05-14 11:24:00 +0100", Created_at="2026-05-14 11:23:45 +0100",
                 Billing_Name="Li Wei", Billing_Zip="'01234", Shipping_Name="Li Wei", Shipping_Zip="'01234",
                 Shipping_Country="DE", Shipping_Province="BY", Source="web", Shipping_Phone="'+49 1",
                 Refunded_Amount="0.00")  # fmt: skip
    return [
        SHOPIFY,
        shopify_row(Name="#1001", Total="48.00", Id="5550001112223", Lineitem_quantity="2", Lineitem_name="Soap, 2 pack",
                    Lineitem_price="10.00", Lineitem_sku="00017", **order),
        shopify_row(Name="#1001", Email="li@x.example", Lineitem_quantity="1", Lineitem_name="Cream", Lineitem_price="20.00",
                    Lineitem_sku="A-2", Created_at="2026-05-14 11:23:45 +0100"),
        shopify_row(Name="#1002", Total="1234.50", Id="5550001112224", Lineitem_quantity="1", Lineitem_name="Chair",
                    Lineitem_price="1229.50", Lineitem_sku="00018", **{**order, "Financial_Status": "pending", "Paid_at": "", "Shipping_Country": "AT"}),
    ]  # fmt: skip


def test_shopify():
    frame = load(sheet(shopify()), "shopify")
    assert frame["order_id"].tolist() == ["#1001", "#1001", "#1002"]
    assert frame["revenue"].sum() == 1282.5 and frame["revenue"].isna().tolist() == [False, True, False]
    assert (frame["quantity"] * frame["price"]).sum() == 1269.5 and frame["quantity"].sum() == 4
    assert frame["status"].tolist() == ["paid", "paid", "pending"]
    assert frame["country"].tolist() == ["DE", "DE", "AT"] and frame["channel"].tolist() == ["web"] * 3
    assert frame["sku"].tolist() == ["00017", "A-2", "00018"]
    assert frame["Id"].dropna().tolist() == ["5550001112223", "5550001112224"]
    assert frame["created_at"].iloc[1] == pd.Timestamp("2026-05-14 11:23:45")
    assert frame["paid_at"].isna().tolist() == [False, False, True]
    assert frame.attrs["time_zone"] == "+0100" and frame.attrs["currency"] == "EUR"
    assert frame.attrs["period"] == ("2026-05-14", "2026-05-14")


def test_shopify_personal_data():
    frame = load(sheet(shopify()), "shopify")
    private = {
        "Email",
        "Billing Name",
        "Billing Zip",
        "Shipping Name",
        "Shipping Zip",
        "Shipping Phone",
        "Notes",
    }
    assert set(frame.attrs["dropped_columns"]) == private and not private & set(frame)
    assert "Li Wei" not in frame.to_csv() and "li@x.example" not in frame.to_csv()
    full = load(sheet(shopify()), "shopify", personal_data=True)
    assert full["Shipping Zip"].iloc[0] == "01234" and full["Email"].iloc[0] == "li@x.example"
    assert full.attrs["dropped_columns"] == [] and len(full.columns) == len(frame.columns) + len(private)


def test_shopify_resaved_and_empty():
    frame, again = (
        load(sheet(shopify()), "shopify"),
        load(resaved(sheet([*shopify(), []]), len(SHOPIFY) + 2), "shopify"),
    )
    pd.testing.assert_frame_equal(frame, again)
    empty = load(sheet(shopify()[:1]), "shopify")
    assert empty.empty and {"order_id", "revenue", "quantity", "created_at"} <= set(empty)


def test_personal_data_is_not_in_set_aside_rows():
    rows = shopify()
    rows[3][SHOPIFY.index("Lineitem price")] = "many"
    frame = load(sheet(rows), "shopify")
    assert len(frame) == 2 and "many" in reasons(frame)[0] and frame.attrs["set_aside"][0]["row"] == 4
    assert "Li Wei" not in str(frame.attrs) and "li@x.example" not in str(frame.attrs)


TAOBAO = cells(
    "订单编号,买家会员名,买家支付宝账号,买家应付货款,买家应付邮费,总金额,买家实际支付金额,订单状态,收货人姓名,收货地址,联系手机,订单创建时间,订单付款时间,宝贝标题,宝贝种类,物流单号,宝贝总数量,店铺Id,店铺名称"
)


def taobao(wrap):
    def order(number, paid, status, moment):
        return [
            wrap(number), "会员甲", "a@x.example", "118.00", "0.00", "1,118.00", paid, status, "张三", "杭州 1 号", "'13800000000",
            "2026-03-01 10:00:00", moment, "纸尿裤, L", "1", "'SF1", "2", "123456", "禾屿旗舰店",
        ]  # fmt: skip

    return [
        TAOBAO,
        order("2345678901234567891", "1,100.00", "交易成功", "2026-03-01 10:01:00"),
        order("2345678901234567892", "100.50", "卖家已发货，等待买家确认", "2026/3/2 9:05"),
        order("234567890123456789", "0.00", "买家已付款，等待卖家发货", "0000-00-00 00:00:00"),
        order("345678901234567891", "0.00", "交易关闭", ""),
    ]


@pytest.mark.parametrize(
    "wrap",
    [lambda number: f'="{number}"', lambda number: f"'{number}", str],
    ids=["formula", "apostrophe", "bare"],
)
def test_taobao(wrap):
    frame = load(sheet(taobao(wrap)).encode("gbk"), "taobao")
    assert frame["order_id"].tolist() == [
        "2345678901234567891",
        "2345678901234567892",
        "234567890123456789",
        "345678901234567891",
    ]
    assert frame["status"].tolist() == [row[7] for row in taobao(wrap)[1:]]
    assert frame["revenue"].sum() == 1200.5 and frame["order_amount"].sum() == 4472
    assert (frame["revenue"] == 0).sum() == 2 and frame["revenue"].isna().sum() == 0
    assert frame["paid_at"].isna().tolist() == [False, False, True, True]
    assert frame["店铺Id"].tolist() == ["123456"] * 4 and frame["product"].iloc[0] == "纸尿裤, L"
    about = frame.attrs
    assert about["currency"] == "CNY" and about["encoding"] == "gb18030" and about["set_aside"] == []
    assert set(about["dropped_columns"]) == {
        "买家会员名",
        "买家支付宝账号",
        "收货人姓名",
        "收货地址",
        "联系手机",
        "物流单号",
    }
    assert "张三" not in frame.to_csv()
    assert "13800000000" in load(sheet(taobao(wrap)).encode("gbk"), "taobao", personal_data=True).to_csv()


def test_taobao_ids_rounded_by_excel_are_told():
    frame = load(sheet(taobao(lambda _: "2.34568E+18")).encode("gbk"), "taobao")
    assert any("cannot be trusted" in note for note in frame.attrs["notes"])


def test_taobao_header_only():
    frame = load(sheet(taobao(str)[:1]).encode("gbk"), "taobao")
    assert frame.empty and {"order_id", "status", "revenue", "paid_at"} <= set(frame)


JD = cells(
    "订单号,商品ID,商品名称,订购数量,支付方式,下单时间,京东价,订单金额,结算金额,应付金额,订单状态,下单帐号,客户姓名,客户地址,联系电话,货号,付款确认时间"
)


def jd():
    def line(order, sku, name, pieces, price, amount):
        return [
            order, sku, name, pieces, "在线支付", "2026-03-01 10:00:00", price, amount, amount, amount, "完成", "jd_a", "李四", "北京", "138",
            "H1", "2026-03-01 10:01:00",
        ]  # fmt: skip

    return [
        JD,
        line("300000000001", "10001", "奶瓶", "1", "30.00", "100.00"),
        line("300000000001", "10002", "纸尿裤", "2", "35.00", "100.00"),
        line("300000000002", "10001", "奶瓶", "1", "30.00", "30.00"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_jd_amount_once_an_order(encoding):
    frame = load(sheet(jd()).encode(encoding), "jd")
    assert frame["order_amount"].sum() == 130 and frame["revenue"].sum() == 130
    assert frame["order_amount"].isna().tolist() == [False, True, False]
    assert frame["quantity"].sum() == 4 and frame["sku"].tolist() == ["10001", "10002", "10001"]
    assert (frame["quantity"] * frame["price"]).sum() == 130 and frame["order_id"].nunique() == 2
    assert set(frame.attrs["dropped_columns"]) == {"下单帐号", "客户姓名", "客户地址", "联系电话"}
    assert any("1 rows repeat their order" in note for note in frame.attrs["notes"])
    assert frame.attrs["currency"] == "CNY" and load(sheet(jd()[:1]), "jd").empty


# Mailchimp

MAIL = cells(
    "Title,Subject,List,Send Date,Send Weekday,Total Recipients,Successful Deliveries,Soft Bounces,Hard Bounces,Total Bounces,Unique Opens,Open Rate,Total Opens,Unique Clicks,Click Rate,Total Clicks,Unsubscribes,Abuse Complaints,Unique Id,Total Orders,Total Gross Sales,Total Revenue"
)


def mails(audience="List"):
    header = [audience if cell == "List" else cell for cell in MAIL]
    first = "June news|Hello, you|Customers|Jun 09, 2018 09:30 pm|Saturday|110|108|1|1|2|30|27.78%|45|7|6.48%|9|1|0|ab12|n/a|n/a|n/a"
    second = 'July news|Hi|Customers|Jul 10, 2018 12:05 am|Tuesday|1,200|1,100|60|40|100|220|20%|300|11|1%|12|4|1|00123|3|"1,050.50"|1000'
    return [header, first.split("|"), [cell.strip('"') for cell in second.split("|")]]


@pytest.mark.parametrize("audience", ["List", "Audience"])
def test_mailchimp(audience):
    frame = load(sheet(mails(audience)), "mailchimp")
    assert frame["sent"].sum() == 1310 and frame["delivered"].sum() == 1208 and frame["bounces"].sum() == 102
    assert frame["open_rate"].round(4).tolist() == [0.2778, 0.2]
    assert frame["open_rate_reported"].tolist() == [0.2778, 0.2]
    assert frame["mail_ctr"].round(4).tolist() == [0.0648, 0.01]
    assert frame["mail_ctr_reported"].tolist() == pytest.approx([0.0648, 0.01])
    assert frame["orders"].isna().tolist() == [True, False] and frame["revenue"].sum(min_count=1) == 1050.5
    assert frame["audience"].tolist() == ["Customers"] * 2 and frame["campaign_id"].tolist() == [
        "ab12",
        "00123",
    ]
    assert frame["date"].tolist() == [pd.Timestamp("2018-06-09 21:30"), pd.Timestamp("2018-07-10 00:05")]
    assert frame.attrs["period"] == ("2018-06-09", "2018-07-10")
    empty = load(sheet(mails(audience)[:1]), "mailchimp")
    assert empty.empty and {"sent", "opens", "mail_clicks", "audience"} <= set(empty)


def mail_report():
    return sheet(
        [
            ["Email Campaign Report"],
            ["Title:", "June news"],
            ["Subject Line:", "Hello, you"],
            ["Delivery Date/Time:", "Jun 09, 2018 09:30 pm"],
            [],
            ["Overall Stats"],
            ["Total Recipients:", "1,000"],
            ["Successful Deliveries:", "995"],
            ["Bounces:", "5 (0.50%)"],
            ["Times Forwarded:", "0"],
            ["Recipients Who Opened:", "350 (35.18%)"],
            ["Total Opens:", "1,500"],
            ["Last Open Date:", "6/12/18 5:03PM"],
            ["Recipients Who Clicked:", "25 (2.51%)"],
            ["Total Clicks:", "40"],
            ["Total Unsubs:", "2"],
            ["Total Abuse Complaints:", "0"],
            ["Times Liked on Facebook:", "0"],
            [],
            ["Clicks by URL"],
            ["URL", "Total Clicks", "Unique Clicks"],
            ["https://x.example/a", "30", "20"],
        ]
    )


def test_mailchimp_report_of_one_campaign():
    frame = load(mail_report(), "mailchimp")
    assert len(frame) == 1
    row = frame.iloc[0]
    assert row[["title", "subject", "sent", "delivered", "bounces", "opens", "all_opens", "mail_clicks", "all_mail_clicks"]].tolist() == [
        "June news", "Hello, you", 1000, 995, 5, 350, 1500, 25, 40,
    ]  # fmt: skip
    assert row["open_rate"] == pytest.approx(350 / 995) and row["unsubscribes"] == 2
    assert row["date"] == pd.Timestamp("2018-06-09 21:30") and frame.attrs["title"] == "Email Campaign Report"
    again = load(resaved(mail_report(), 5), "mailchimp")
    pd.testing.assert_frame_equal(frame, again)


# Keyword tools

EXPLORER = [
    cells("#,Keyword,Country,Difficulty,Volume,CPC,CPS,Parent Keyword,Last Update,SERP Features,Global volume,Traffic potential,Global traffic potential,First seen,Intents"),
    ["1", "diapers", "us", "45", "90000", "1.20", "0.95", "diaper", "2026-06-01 10:00:00", "Sitelinks, Video", "250000", "30000", "60000", "2015-09-01", "Commercial"],
    ["2", "baby soap", "us", "", "1200", "", "", "baby soap", "2026-06-02 10:00:00", "", "5000", "900", "1500", "2016-01-01", ""],
]  # fmt: skip
SITE = [
    cells("Keyword,Volume,KD,CPC,Previous organic traffic,Current organic traffic,Organic traffic change,Previous position,Current position,Position change,Current URL,Previous URL,Branded"),
    ["diapers", "90000", "45", "1.2", "100", "150", "50", "5", "3", "2", "https://x.example/a", "https://x.example/a", "false"],
    ["soap", "1200", "5", "", "", "10", "", "", "9", "", "https://x.example/b", "", "false"],
]  # fmt: skip


def both_ways(rows):
    return [("\ufeff" + sheet(rows, "\t")).encode("utf-16-le"), sheet(rows).encode()]


@pytest.mark.parametrize("data", both_ways(EXPLORER), ids=["utf-16", "utf-8"])
def test_ahrefs_keywords_explorer(data):
    frame = load(data, "ahrefs")
    assert frame["keyword"].tolist() == ["diapers", "baby soap"] and frame["search_volume"].tolist() == [
        90000,
        1200,
    ]
    assert frame["Global volume"].sum() == 255000 and frame["country"].tolist() == ["us", "us"]
    assert frame["CPC"].tolist()[0] == 1.2 and math.isnan(frame["CPC"].iloc[1]) and "cpc" not in frame
    assert frame["Difficulty"].isna().sum() == 1 and frame["SERP Features"].iloc[0] == "Sitelinks, Video"
    assert frame.attrs["encoding"] == ("utf-16" if data[:2] == b"\xff\xfe" else "utf-8")
    assert frame.attrs["delimiter"] == ("\t" if data[:2] == b"\xff\xfe" else ",")


@pytest.mark.parametrize("data", both_ways(SITE), ids=["utf-16", "utf-8"])
def test_ahrefs_site_explorer(data):
    frame = load(data, "ahrefs")
    assert frame["position"].tolist() == [3, 9] and frame["page"].iloc[1] == "https://x.example/b"
    assert (
        frame["Current organic traffic"].sum() == 160 and frame["Previous organic traffic"].isna().sum() == 1
    )
    assert frame["KD"].tolist() == [45, 5] and frame["Previous URL"].isna().tolist() == [False, True]


def test_keyword_tools_header_only():
    for rows, platform in ((EXPLORER, "ahrefs"), (SITE, "ahrefs"), (MAGIC, "semrush"), (RANKS, "semrush")):
        frame = load(sheet(rows[:1]), platform)
        assert frame.empty and {"keyword", "search_volume"} <= set(frame)


MAGIC = [
    cells("Keyword,Intent,Volume,Trend,Keyword Difficulty,CPC (USD),Competitive Density,SERP Features,Number of Results"),
    ["diapers", "Commercial", "90500", "0.81,1.00,0.67", "71", "1.35", "1.00", "Sitelinks, Reviews", "412000000"],
    ["soap", "Informational", "880", "0.5,0.5", "20", "0.00", "0.35", "", "1000"],
]  # fmt: skip
RANKS = [
    cells("Keyword,Position,Previous position,Search Volume,Keyword Difficulty,CPC,URL,Traffic,Traffic (%),Traffic Cost,Competition,Number of Results,Trends,Timestamp,SERP Features by Keyword,Keyword Intents,Position Type"),
    ["diapers", "3", "5", "90500", "71", "1.35", "https://x.example/a", "1200", "12.50", "1620", "1.00", "412000000", "[81,100,67]", "2026-06-01", "Sitelinks", "commercial", "Organic"],
    ["diapers", "9", "0", "90500", "71", "1.35", "https://x.example/b", "90", "0.94", "121", "1.00", "412000000", "[81,100,67]", "2026-06-01", "", "commercial", "Organic"],
]  # fmt: skip


def test_semrush_keyword_magic():
    frame = load(sheet(MAGIC), "semrush")
    assert frame["search_volume"].tolist() == [90500, 880] and frame["Keyword Difficulty"].tolist() == [
        71,
        20,
    ]
    assert frame["CPC (USD)"].tolist() == [1.35, 0] and frame.attrs["currency"] == "USD"
    assert (
        frame["Trend"].tolist() == ["0.81,1.00,0.67", "0.5,0.5"]
        and frame["Number of Results"].sum() == 412001000
    )
    pd.testing.assert_frame_equal(frame, load(resaved(sheet(MAGIC), 12), "semrush"))


def test_semrush_positions():
    frame = load(sheet(RANKS), "semrush")
    assert frame["position"].tolist() == [3, 9] and frame["page"].nunique() == 2
    assert frame["Traffic"].sum() == 1290 and frame["Traffic (%)"].tolist() == [12.5, 0.94]
    assert days(frame["date"]) == ["2026-06-01"] * 2 and frame["Trends"].iloc[0] == "[81,100,67]"


def test_5118():
    header = "关键词,指数,移动指数,360指数,长尾词数量,竞价公司数量,竞价价格,竞价竞争度,PC检索量,移动检索量,推荐出价 min,推荐出价 max,推荐出价 avg"
    rows = [
        header.split(","),
        ["纸尿裤", "1200", "900", "80", "5000", "30", "2.5", "3", "400", "2100", "1.1", "4.5", "2.3"],
    ]
    for data in (sheet(rows).encode("gbk"), sheet(rows).encode("utf-8-sig"), xlsx(rows)):
        frame = load(data, "5118")
        assert frame["keyword"].tolist() == ["纸尿裤"] and frame["指数"].tolist() == [1200]
        assert frame["移动检索量"].sum() == 2100 and frame["竞价价格"].tolist() == [2.5]
        assert frame["推荐出价 avg"].tolist() == [2.3] and frame.attrs["currency"] == "CNY"
    english = "keyword,index,mobileIndex,haosouIndex,longKeywordCount,bidCompanyCount,cpc,competition,pcSearchVolume,mobileSearchVolume"
    frame = load(
        sheet([english.split(","), ["纸尿裤", "1200", "900", "80", "5000", "30", "2.5", "3", "400", "--"]]),
        "5118",
    )
    assert frame["longKeywordCount"].sum() == 5000 and frame["mobileSearchVolume"].isna().all()
    assert load(sheet(rows[:1]), "5118").empty


# Customers

FOOTER = [
    [],
    [],
    ["Grand Totals (5700 records)"],
    [],
    ["Confidential Information - Do Not Distribute"],
    ["Copyright (c) 2000-2026 salesforce.com, inc. All rights reserved."],
]
DEALS = cells(
    "Opportunity ID,Opportunity Name,Stage,Close Date,Created Date,Amount,Opportunity Owner,Account Name,Lead Source,Probability (%)"
)


def salesforce(created, closed="", footer=FOOTER, every=True):
    rows = [
        ["0065g00000AbCdE", "Total care, year 1", "Closed Won", closed, one, amount, "Ann Lee", "Müller GmbH", "Web", chance]
        for one, amount, chance in zip(created, ("1,200.50", "800", ""), ("100", "60", "10"), strict=False)
    ]  # fmt: skip
    return sheet([DEALS, *rows, *footer], every=every)


def test_salesforce_footer_is_set_aside():
    text = salesforce(["2026-03-05", "2026-03-06", "2026-03-07"])
    frame = load(text, "salesforce")
    assert len(frame) == 3 and frame["Amount"].sum() == 2000.5 and frame["Amount"].isna().sum() == 1
    assert frame.attrs["totals"] == [] and reasons(frame) == ["footer"] * 3
    assert [one["row"] for one in frame.attrs["set_aside"]] == [7, 9, 10]
    assert frame.attrs["set_aside"][0]["cells"][0] == "Grand Totals (5700 records)"
    assert (
        frame["Probability (%)"].tolist() == [1.0, 0.6, 0.1] and frame["deal_id"].iloc[0] == "0065g00000AbCdE"
    )
    assert frame["deal"].iloc[0] == "Total care, year 1" and frame["channel"].tolist() == ["Web"] * 3
    assert frame.attrs["dropped_columns"] == ["Opportunity Owner"] and "Ann Lee" not in frame.to_csv()
    assert frame.attrs["rows"] == {"in": 6, "out": 3, "totals": 0, "set_aside": 3, "blank": 3}
    assert exports.reconcile(frame).empty


def test_salesforce_footer_padded_by_excel():
    text = salesforce(["2026-03-05", "2026-03-06"], every=False)
    frame = load(resaved(text, len(DEALS)), "salesforce")
    assert len(frame) == 2 and reasons(frame) == ["footer"] * 3 and frame.attrs["totals"] == []
    assert days(frame["created_at"]) == ["2026-03-05", "2026-03-06"]


def test_salesforce_without_rows():
    frame = load(salesforce([]), "salesforce")
    assert frame.empty and {"deal_id", "stage", "created_at", "Amount"} <= set(frame)
    assert reasons(frame) == ["footer"] * 3


@pytest.mark.parametrize(
    ("text", "options", "moment"),
    [
        ("3/5/2026 2:15:33 PM", {"dayfirst": False}, "2026-03-05 14:15:33"),
        ("3/5/2026 2:15:33 PM", {"dayfirst": True}, "2026-05-03 14:15:33"),
        ("3/25/2026 12:15 AM", {}, "2026-03-25 00:15"),
        ("25.3.2026 14:15", {}, "2026-03-25 14:15"),
        ("05-Mar-2026", {}, "2026-03-05"),
        ("2026-03-05T14:15:33+01:00", {}, "2026-03-05 14:15:33"),
        ("2026-03-05T14:15:33.000Z", {}, "2026-03-05 14:15:33"),
    ],
)
def test_salesforce_dates(text, options, moment):
    frame = load_dates(text, **options)
    assert frame["created_at"].tolist() == [pd.Timestamp(moment)]


def load_dates(text, **options):
    frame = exports.read(salesforce([text]).encode(), **options)
    assert exports.sniff(salesforce([text]).encode()).platform == "salesforce" and len(frame) == 1
    return frame


def test_salesforce_ambiguous_dates():
    with pytest.raises(ExportError, match="dayfirst") as caught:
        exports.read(salesforce(["3/5/2026 2:15:33 PM", "4/6/2026 1:00:00 PM"]).encode())
    assert caught.value.platform == "salesforce" and "3/5/2026" in str(caught.value)
    with pytest.raises(ExportError, match="day first"):
        exports.read(salesforce(["3/25/2026", "25/3/2026"]).encode())


def test_salesforce_order_of_days_is_one_for_the_file():
    frame = exports.read(salesforce(["3/5/2026", "4/6/2026"], closed="12/31/2026").encode())
    assert (
        days(frame["created_at"]) == ["2026-03-05", "2026-04-06"]
        and days(frame["Close Date"]) == ["2026-12-31"] * 2
    )


def test_salesforce_offset_is_the_time_zone():
    assert load_dates("2026-03-05T14:15:33+01:00").attrs["time_zone"] == "+01:00"
    assert load_dates("05-Mar-2026").attrs["time_zone"] is None


def test_salesforce_latin_1():
    frame = load(salesforce(["2026-03-05", "2026-03-06"]).encode("latin-1"), "salesforce")
    assert frame["Account Name"].tolist() == ["Müller GmbH"] * 2


HUBSPOT = [
    ["Record ID", "Deal Name", "Deal Stage", "Amount", "Deal owner", "Close Date", "Create Date", "Pipeline", "Associated Company IDs",
     "Associated Contact IDs", "Original Source", 'Date entered "Demo (Sales Pipeline)"'],
    ["12345678901", "Year, 1", "Demo", "1200.5", "Ann Lee", "2026-12-01 00:00", "2026-03-01 09:30", "Sales Pipeline", "111", "222;333", "Organic Search", "2026-03-09 10:00"],
    ["12345678902", "Pilot", "Won", "", "Ann Lee", "", "2026-03-02 09:30", "Sales Pipeline", "112", "444", "Direct Traffic", ""],
]  # fmt: skip


def test_hubspot_deals():
    frame = load(sheet(HUBSPOT), "hubspot")
    assert frame["deal_id"].tolist() == ["12345678901", "12345678902"]
    assert frame["Associated Contact IDs"].tolist() == ["222;333", "444"]
    assert frame["Associated Company IDs"].tolist() == ["111", "112"]
    assert frame["Amount"].iloc[0] == 1200.5 and math.isnan(frame["Amount"].iloc[1])
    entered = frame['Date entered "Demo (Sales Pipeline)"']
    assert entered.iloc[0] == pd.Timestamp("2026-03-09 10:00") and pd.isna(entered.iloc[1])
    assert frame["Close Date"].iloc[0] == pd.Timestamp("2026-12-01")
    assert frame["stage"].tolist() == ["Demo", "Won"] and frame["channel"].iloc[0] == "Organic Search"
    assert frame.attrs["dropped_columns"] == ["Deal owner"] and "Ann Lee" not in str(frame.attrs)
    assert frame.attrs["period"] == ("2026-03-01", "2026-03-02")
    empty = load(sheet(HUBSPOT[:1]), "hubspot")
    assert empty.empty and {"deal_id", "deal", "stage", "Amount"} <= set(empty)


def test_hubspot_contacts():
    rows = [
        ["Record ID", "First Name", "Last Name", "Email", "Phone Number", "Lifecycle Stage", "Create Date", "Original Source"],
        ["101", "Ann", "Lee", "ann@x.example", "+49 1", "lead", "2026-03-01 09:30", "Direct Traffic"],
        ["102", "Bo", "Wu", "", "", "customer", "2026-03-03 09:30", "Email Marketing"],
    ]  # fmt: skip
    frame = load(sheet(rows), "hubspot")
    assert list(frame) == ["channel", "deal_id", "stage", "created_at"] or set(frame) == {
        "channel",
        "deal_id",
        "stage",
        "created_at",
    }
    assert frame.attrs["dropped_columns"] == ["First Name", "Last Name", "Email", "Phone Number"]
    assert frame["deal_id"].tolist() == ["101", "102"] and frame["stage"].tolist() == ["lead", "customer"]
    full = load(resaved(sheet(rows), 9), "hubspot", personal_data=True)
    assert full["Email"].iloc[0] == "ann@x.example" and pd.isna(full["Email"].iloc[1])
