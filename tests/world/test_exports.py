"""Export files of platforms: read by hand, byte by byte as the platform writes them, they give the world's numbers."""

import csv
import io
import json
import zipfile

import pandas as pd
import pytest

from tests.conftest import ROOT


@pytest.fixture(scope="module", params=["standard", "small"])
def world(request):
    """A World with export files: the shipped one and a small one."""
    from tests.world.conftest import World

    return World(ROOT / "data" if request.param == "standard" else request.getfixturevalue("small_world"))


def content(world, name):
    return (world.folder / "exports" / name).read_bytes()


def lines(text):
    return list(csv.reader(io.StringIO(text)))


def number(cell):
    return float(cell.replace(",", "").rstrip("%")) if cell.strip() not in ("--", "", "-") else 0.0


def may(frame):
    return frame[(frame["date"] >= "2025-05-01") & (frame["date"] <= "2025-05-31")]


def test_baidu_keywords_are_gbk_with_a_preamble_and_a_total_that_doubles_a_careless_sum(world):
    raw = content(world, "baidu_keywords_2025-05.csv")
    with pytest.raises(UnicodeDecodeError):
        raw.decode("utf-8")
    rows = lines(raw.decode("gbk"))
    assert (
        rows[0][0].startswith("数据生成时间：")
        and rows[2] == ["1. 时间范围：20250501-20250531"]
        and rows[7] == []
    )
    header, body, total = rows[8], rows[9:-1], rows[-1]
    assert header[:3] == ["日期", "账户", "推广计划"] and total[0] == "合计"
    cells = may(world["sem_keyword_daily"]).query("engine == 'Baidu'")
    place = {name: header.index(name) for name in ("展现", "点击", "消费", "总转化量")}
    for name, column in (
        ("展现", "impressions"),
        ("点击", "clicks"),
        ("消费", "cost"),
        ("总转化量", "orders"),
    ):
        found = sum(number(row[place[name]]) for row in body)
        assert found == pytest.approx(cells[column].sum(), abs=0.006)
        assert number(total[place[name]]) == pytest.approx(found, abs=0.006)
    assert len(body) == len(cells) and all(len(row) == len(header) for row in [*body, total])


def test_baidu_search_terms_add_up_to_their_keywords(world):
    rows = lines(content(world, "baidu_search_terms_2025-04_05.csv").decode("gbk"))
    header, body = rows[8], rows[9:]
    assert header[4] == "搜索词" and {row[0] for row in body} == {"2025-04-01至2025-05-31"}
    words = world["sem_keyword_daily"].query("engine == 'Baidu' and '2025-04-01' <= date <= '2025-05-31'")
    sums = words.groupby("keyword")[["impressions", "clicks", "cost", "orders"]].sum()
    mine = pd.DataFrame(
        [[row[3], *map(float, row[6:9]), float(row[10])] for row in body], columns=["keyword", *sums.columns]
    )
    found = mine.groupby("keyword").sum()
    pd.testing.assert_frame_equal(found, sums.astype(float), atol=0.006, check_like=True)


def test_360_writes_the_day_as_a_formula(world):
    text = content(world, "360_keywords_2025-05.csv").decode("utf-8")
    head, *body = text.split("\r\n")[:-1]
    cells = may(world["sem_keyword_daily"]).query("engine == '360'")
    assert head.startswith("时间,推广计划,推广组,关键词") and all(
        line.startswith('="2025-05-') for line in body
    )
    cost = [float(line.split(",")[7]) for line in body]
    assert sum(cost) == pytest.approx(cells["cost"].sum(), abs=0.006) and len(body) == len(cells)


def test_ocean_engine_has_a_mark_long_ids_and_percent_without_sign(world):
    raw = content(world, "ocean_engine_units_2025-05.csv")
    assert raw.startswith(b"\xef\xbb\xbf")
    header, *body = lines(raw.decode("utf-8-sig"))
    cells = may(world["feed_ads_daily"]).query("platform == 'Douyin'")
    at = header.index
    assert sum(float(row[at("消耗")]) for row in body) == pytest.approx(cells["cost"].sum(), abs=0.006)
    assert sum(int(row[at("转化数")]) for row in body) == cells["orders"].sum()
    assert {len(row[at("单元ID")]) for row in body} == {19}
    units = {(row[at("项目名称")], row[at("单元名称")]) for row in body}
    assert len({row[at("单元ID")] for row in body}) == len(units)
    one = max(body, key=lambda row: int(row[at("展示数")]))
    assert float(one[at("点击率%")]) == pytest.approx(
        100 * int(one[at("点击数")]) / int(one[at("展示数")]), abs=0.006
    )


def test_xiaohongshu_has_a_total_row_and_its_interactions_are_no_clicks(world):
    header, total, *body = lines(content(world, "xiaohongshu_ads_2025-05.csv").decode("utf-8-sig"))
    cells = may(world["feed_ads_daily"]).query("platform == 'Xiaohongshu'")
    at = header.index
    assert total[0] == "合计" and number(total[at("消费")]) == pytest.approx(cells["cost"].sum(), abs=0.006)
    assert (
        sum(number(row[at("点击量")]) for row in body) == number(total[at("点击量")]) == cells["clicks"].sum()
    )
    for row in [total, *body]:
        parts = [number(row[at(name)]) for name in ("点赞", "评论", "收藏", "关注", "分享")]
        assert sum(parts) == number(row[at("互动量")]) and row[at("点击率")].endswith("%")


def abroad(world, platform):
    return may(world["overseas_ads_daily"]).query("platform == @platform")


def test_google_counts_carry_commas_money_does_not_and_the_account_is_more_than_its_rows(world):
    rows = lines(content(world, "google_ads_campaigns_2025-05.csv").decode("utf-8"))
    assert rows[0] == ["Campaign report"] and rows[1] == ["May 1, 2025 - May 31, 2025"]
    header, at = rows[2], rows[2].index
    body = [row for row in rows[3:] if not row[0].startswith("Total")]
    totals = {row[0]: row for row in rows[3:] if row[0].startswith("Total")}
    cells = abroad(world, "Google Ads")
    assert number(totals["Total: Account"][at("Cost")]) == pytest.approx(cells["cost_usd"].sum(), abs=0.006)
    assert sum(number(row[at("Cost")]) for row in body) == pytest.approx(
        number(totals["Total: Campaigns"][at("Cost")]), abs=0.03
    )
    assert number(totals["Total: Campaigns"][at("Cost")]) < number(totals["Total: Account"][at("Cost")])
    kinds = [
        number(row[at("Cost")])
        for name, row in totals.items()
        if name not in ("Total: Account", "Total: Campaigns")
    ]
    assert sum(kinds) == pytest.approx(number(totals["Total: Account"][at("Cost")]), abs=0.03)
    assert totals["Total: Campaigns"][1] == " --" and totals["Total: Account"][1] == ""
    text = content(world, "google_ads_campaigns_2025-05.csv").decode("utf-8")
    assert "< 10%" in text and "> 90%" in text and '" --"' not in text
    assert any("," in row[at("Impr.")] for row in body) and not any("," in row[at("Cost")] for row in body)
    row = totals["Total: Account"]
    rate = 100 * number(row[at("Conversions")]) / number(row[at("Interactions")])
    assert number(row[at("Conv. rate")]) == pytest.approx(rate, abs=0.01) and header[1] == "Campaign"


def test_google_for_excel_is_utf_16_with_tabs(world):
    raw = content(world, "google_ads_ad_groups_2025-05_excel.csv")
    assert raw.startswith(b"\xff\xfe")
    rows = list(csv.reader(io.StringIO(raw.decode("utf-16")), delimiter="\t"))
    at = rows[2].index
    cost = sum(number(row[at("Cost")]) for row in rows[3:] if not row[0].startswith("Total"))
    shown = abroad(world, "Google Ads").query("campaign != 'SG | Search | Maternity'")
    assert cost == pytest.approx(shown["cost_usd"].sum(), abs=0.006)
    assert "baby wipes, fragrance-free" in {row[at("Ad group")] for row in rows[3:]}


def test_meta_keeps_the_currency_in_the_header_and_results_of_different_kinds(world):
    header, *body = lines(content(world, "meta_ads_2025-05.csv").decode("utf-8-sig"))
    at, cells = header.index, abroad(world, "Meta")
    assert sum(number(row[at("Amount spent (USD)")]) for row in body) == pytest.approx(
        cells["cost_usd"].sum(), abs=0.006
    )
    assert {row[at("Reporting starts")] for row in body} == {"2025-05-01"}
    assert len({row[at("Result indicator")] for row in body}) == 3
    assert sum(number(row[at("Clicks (all)")]) for row in body) > 1.2 * sum(
        number(row[at("Link clicks")]) for row in body
    )
    day_header, *days = lines(content(world, "meta_ads_by_day_2025-05.csv").decode("utf-8-sig"))
    spent = day_header.index("Amount spent (USD)")
    assert sum(number(row[spent]) for row in days) == pytest.approx(cells["cost_usd"].sum(), abs=0.006)


def visits_of_may(world):
    visits = world["web_sessions"]
    return visits[(visits["started_at"] >= "2025-05-01") & (visits["started_at"] < "2025-06-01")]


def test_ga4_reports_have_comment_lines_fractions_and_seconds(world):
    text = content(world, "ga4_landing_pages_2025-05.csv").decode("utf-8")
    head = [line for line in text.splitlines() if line.startswith("#")]
    assert "# Start date: 20250501" in head and "# End date: 20250531" in head
    header, *body = lines(text[text.index("Landing page,") :])
    visits = visits_of_may(world)
    assert sum(int(row[1]) for row in body) == len(visits)
    assert sum(int(row[4]) for row in body) == visits["order_id"].notna().sum()
    assert sum(int(row[2]) for row in body) > visits["visitor_id"].nunique()  # users do not add up over pages
    amount = world["orders"].set_index("order_id")["amount"]
    assert sum(float(row[5]) for row in body) == pytest.approx(
        visits["order_id"].dropna().map(amount).sum(), abs=0.02
    )
    assert all(0 <= float(row[6]) <= 1 for row in body) and header[0] == "Landing page"


def test_ga4_snapshot_holds_several_tables_and_marks_what_is_not_seen_yet(world):
    text = content(world, "ga4_reports_snapshot_2025-05.csv").decode("utf-8")
    assert text.count("# Start date: 20250501") == 4 and "Nth day,Active users\n0000," in text
    cohorts = lines(text[text.index("Cohort,Week 0") :])
    assert cohorts[-1][-1] == "-1" and all(row[1] == "1" for row in cohorts[1:])


def test_ga4_exploration_starts_with_a_total_that_is_one_field_too_long(world):
    text = content(world, "ga4_exploration_2025-05.csv").decode("utf-8")
    header, total, *body = lines(text[text.index("Session default") :])
    assert len(total) == len(header) + 1 and total[-1] == "Grand total" and total[:2] == ["", ""]
    assert sum(int(row[2]) for row in body) == int(total[2]) == len(visits_of_may(world))


def test_ga4_events_are_hits_of_one_beijing_day_in_utc_microseconds(world):
    hits = [
        json.loads(line) for line in content(world, "ga4_events_20250514.jsonl").decode("utf-8").splitlines()
    ]
    assert {hit["event_date"] for hit in hits} == {"20250514"}
    at = pd.to_datetime([int(hit["event_timestamp"]) for hit in hits], unit="us") + pd.Timedelta(hours=8)
    assert set(at.strftime("%Y%m%d")) == {"20250514"}
    assert {"page_view"} <= {hit["event_name"] for hit in hits}
    orders = world["orders"].set_index("order_id")["amount"]
    for hit in hits:
        if "ecommerce" in hit:
            assert orders[int(hit["ecommerce"]["transaction_id"])] == hit["ecommerce"]["purchase_revenue"]


@pytest.mark.parametrize(
    ("name", "queries", "days"), [("", "Queries.csv", "Chart.csv"), ("_zh", "查询数.csv", "图表.csv")]
)
def test_search_console_withholds_rare_queries(world, name, queries, days):
    with zipfile.ZipFile(io.BytesIO(content(world, f"search_console_2025-05{name}.zip"))) as bundle:
        files = {one: lines(bundle.read(one).decode("utf-8-sig")) for one in bundle.namelist()}
    ranks = may(world["seo_rank_daily"])
    clicks = ranks.loc[ranks["rank"].notna(), "clicks"].sum()
    assert sum(int(row[1]) for row in files[days][1:]) == clicks
    assert 0 <= sum(int(row[1]) for row in files[queries][1:]) <= clicks
    assert len(files) == 4


def test_mail_reports_divide_by_deliveries(world):
    header, *body = lines(content(world, "mail_campaigns_2025-q2.csv").decode("utf-8"))
    at = header.index
    sends = world["message_sends"].query("channel == 'e-mail' and '2025-04-01' <= sent_at < '2025-07-01'")
    assert sum(int(row[at("Total Recipients")]) for row in body) == len(sends)
    assert sum(int(row[at("Unique Opens")]) for row in body) == (sends["opens"] > 0).sum()
    for row in body:
        if int(row[at("Successful Deliveries")]):
            rate = 100 * int(row[at("Unique Opens")]) / int(row[at("Successful Deliveries")])
            assert number(row[at("Open Rate")]) == pytest.approx(rate, abs=0.006)
        assert row[at("Total Revenue")] == "n/a"
    assert "Email Campaign Report" in content(world, "mail_campaign_report.csv").decode("utf-8")


def test_useless_terms_are_there_and_most_terms_have_too_few_clicks_to_tell(world_tables):
    terms, labels = world_tables["sem_search_terms"], world_tables.hidden("sem_search_terms")
    both = terms.groupby(["keyword", "search_term"])[["clicks", "cost", "orders"]].sum().reset_index()
    both = both.merge(labels, on=["keyword", "search_term"])
    useless = both[both["factor"] == 0]
    assert (useless["orders"] == 0).all() and (useless["cost"] > 200).sum() >= 4
    zero = both[(both["orders"] == 0) & (both["factor"] > 0)]
    rate = both["orders"].sum() / both["clicks"].sum()
    assert len(zero) > 5 * (useless["cost"] > 200).sum() and (zero["clicks"] * rate < 1).mean() > 0.6
    wholesale = both[both["search_term"].str.contains("批发")]
    assert (wholesale["factor"] == 0).any() and wholesale.loc[wholesale["factor"] > 0, "orders"].sum() > 0
