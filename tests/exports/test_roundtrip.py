"""The world's own exports, read back, give the world's own numbers: exactly where the file tells all digits, else to its last one."""

import numpy as np
import pandas as pd
import pytest

from mktlib import data, exports, world
from tests.conftest import ROOT

MAY = ("2025-05-01", "2025-05-31 23:59:59")
ZH = {"品牌词": "brand", "品类词": "category", "竞品词": "competitor", "信息词": "informational"}


@pytest.fixture(scope="module", params=["standard", "small"])
def here(request, small_world):
    """Folder of a world that is active: the shipped one, and a small one of another seed."""
    folder = ROOT / "data" if request.param == "standard" else small_world
    world.use(folder)
    yield folder / "exports"
    world.use(None)


def may(name, column="date"):
    table = data.load(name)
    return table[table[column].between(*MAY)]


def same(one, other, columns, keys):
    """Two tables hold the same rows, whatever their order; money to the cent."""
    one, other = (frame.groupby(keys, dropna=False)[columns].sum().sort_index() for frame in (one, other))
    assert len(one) and one.index.equals(other.index)
    for name in columns:
        np.testing.assert_allclose(
            one[name].astype(float), other[name].astype(float), rtol=0, atol=1e-6, err_msg=name
        )


def test_every_export_is_known_and_none_of_its_rows_is_lost(here):
    expected = {"baidu": 2, "360": 1, "ocean_engine": 1, "xiaohongshu": 1, "google_ads": 2, "meta": 2, "ga4": 4,
                "search_console": 2, "mailchimp": 2}  # fmt: skip
    seen = []
    for path in sorted(here.iterdir()):
        guess = exports.sniff(path)
        seen.append(guess.platform)
        assert guess.confidence >= 0.5, path.name
        for name in guess.tables:
            rows = exports.read(path, table=name).attrs["rows"]
            assert (
                rows["in"] == rows["out"] + rows["totals"] + rows["set_aside"] and rows["set_aside"] == 0
            ), path.name
    assert {name: seen.count(name) for name in expected} == expected and len(seen) == 17


def test_baidu_keywords_are_those_of_the_search_account(here):
    ads = exports.read(here / "baidu_keywords_2025-05.csv")
    cells = may("sem_keyword_daily").query("engine == 'Baidu'").rename(columns={"orders": "conversions"})
    ads["campaign"] = ads["campaign"].map(ZH)
    same(ads, cells, ["impressions", "clicks", "cost", "conversions"], ["date", "campaign", "keyword"])
    assert (
        ads.attrs["encoding"] == "gb18030"
        and ads.attrs["currency"] == "CNY"
        and ads.attrs["period"] == ("2025-05-01", "2025-05-31")
    )
    assert exports.reconcile(ads)["agrees"].all() and ads.attrs["rows"]["totals"] == 1
    np.testing.assert_allclose(ads["ctr"], ads["ctr_reported"].where(ads["impressions"] > 0), atol=5e-5)


def test_baidu_search_terms_stand_for_two_months_and_not_for_a_day(here):
    terms = exports.read(here / "baidu_search_terms_2025-04_05.csv")
    table = data.load("sem_search_terms").rename(columns={"orders": "conversions"})
    same(terms, table, ["impressions", "clicks", "cost", "conversions"], ["keyword", "search_term"])
    assert terms["date"].isna().all() and set(terms["period_end"]) == {pd.Timestamp("2025-05-31")}


def test_360_reads_its_formulas(here):
    ads = exports.read(here / "360_keywords_2025-05.csv")
    cells = (
        may("sem_keyword_daily")
        .query("engine == '360'")
        .rename(columns={"orders": "conversions", "avg_position": "position"})
    )
    same(ads, cells, ["impressions", "clicks", "cost", "conversions", "position"], ["date", "keyword"])


def test_ocean_engine_ids_keep_their_digits(here):
    ads = exports.read(here / "ocean_engine_units_2025-05.csv")
    cells = may("feed_ads_daily").query("platform == 'Douyin'")
    cells = cells.assign(ad_group=cells["creative"] + "-" + cells["audience"], conversions=cells["orders"])
    same(ads, cells, ["impressions", "clicks", "cost", "conversions"], ["date", "campaign", "ad_group"])
    assert (
        ads["ad_group_id"].str.fullmatch(r"\d{19}").all()
        and ads["campaign_id"].str.fullmatch(r"\d{19}").all()
    )
    np.testing.assert_allclose(ads["ctr"].fillna(0), ads["ctr_reported"], atol=5.1e-5)


def test_xiaohongshu_without_its_total(here):
    ads = exports.read(here / "xiaohongshu_ads_2025-05.csv")
    cells = may("feed_ads_daily").query("platform == 'Xiaohongshu'")
    cells = cells.assign(ad_group=cells["creative"] + "（" + cells["audience"] + "）")
    same(ads, cells, ["impressions", "clicks", "cost"], ["date", "campaign", "ad_group"])
    assert (ads["engagements"] == ads[["likes", "comments", "saves", "follows", "shares"]].sum(axis=1)).all()
    assert exports.reconcile(ads)["agrees"].all()


@pytest.mark.parametrize(
    "name", ["google_ads_campaigns_2025-05.csv", "google_ads_ad_groups_2025-05_excel.csv"]
)
def test_google_rows_are_the_account_without_the_removed_campaign(here, name):
    ads = exports.read(here / name)
    rows = may("overseas_ads_daily").query("platform == 'Google Ads'")
    rows = rows.rename(columns={"cost_usd": "cost", "revenue_usd": "revenue"})
    shown = rows[rows["campaign"].isin(ads["campaign"])]
    keys = ["date", "campaign", "ad_group"] if "date" in ads else ["campaign"]
    columns = ["impressions", "clicks", "interactions", "cost", "revenue"]
    same(ads, shown, columns, keys)
    np.testing.assert_allclose(ads["conversions"].sum(), shown["conversions"].sum(), atol=0.006 * len(ads))
    assert ads.attrs["currency"] == "USD" and set(ads["currency"]) == {"USD"}
    check = exports.reconcile(ads).set_index(["total", "column"])
    types = check[check["of"] != "all"].groupby("column")["difference"].sum()
    if "campaigns" in name:  # the removed campaign is in the total of its type only
        assert types["cost"] == pytest.approx(check.loc[("Total: Account", "cost"), "difference"], abs=0.02)
    else:
        assert types.empty
    account = check.loc["Total: Account"]
    assert check.loc[["Total: Campaigns" if "campaigns" in name else "Total: Ad groups"], "agrees"].all()
    assert (
        account.loc["cost", "stated"] == pytest.approx(rows["cost"].sum(), abs=0.006)
        and account.loc["cost", "difference"] > 0
    )


def test_google_rates_are_made_from_counts_and_its_own_conversion_rate_divides_by_interactions(here):
    ads = exports.read(here / "google_ads_campaigns_2025-05.csv")
    clicks = ads["conversions"] / ads["clicks"]
    np.testing.assert_allclose(ads["cvr"], clicks)
    np.testing.assert_allclose(ads["Conv. rate"], ads["conversions"] / ads["interactions"], atol=5.1e-5)
    assert set(ads["impression_share_censored"].dropna()) == {"< 10%", "> 90%"}
    censored = ads["impression_share_censored"].notna()
    assert ads.loc[censored, "impression_share"].isna().all() and ads[
        "impression_share"
    ].max() == pytest.approx(0.7132)


@pytest.mark.parametrize("name", ["meta_ads_2025-05.csv", "meta_ads_by_day_2025-05.csv"])
def test_meta_is_the_shop_abroad_by_day_or_by_period(here, name):
    ads = exports.read(here / name)
    rows = may("overseas_ads_daily").query("platform == 'Meta'")
    rows = rows.rename(columns={"cost_usd": "cost", "interactions": "all_clicks"})
    same(ads, rows, ["impressions", "clicks", "cost", "all_clicks"], ["campaign", "ad_group"])
    assert ads.attrs["currency"] == "USD" and ads["result_indicator"].nunique() > 1
    assert (
        ads["date"].notna().all() == ("by_day" in name)
        and "reach must not be added up over rows." in ads.attrs["notes"]
    )
    np.testing.assert_allclose(ads["ctr"], ads["ctr_reported"], rtol=1e-5, atol=1e-8)
    with pytest.raises(exports.ExportError, match=r"conversions of meta .* mean several things"):
        exports.canonical([ads], without=["reach", "frequency"])


def visits():
    table = may("web_sessions", "started_at")
    return table.assign(
        revenue=table["order_id"].map(data.load("orders").set_index("order_id")["amount"]).fillna(0.0)
    )


def test_ga4_landing_pages_are_the_visits_of_may(here):
    pages = exports.read(here / "ga4_landing_pages_2025-05.csv").set_index("page")
    by = visits().groupby("landing_page").agg(
        sessions=("session_id", "size"), users=("visitor_id", "nunique"), conversions=("order_id", "count"),
        revenue=("revenue", "sum"), duration=("seconds", "mean"))  # fmt: skip
    assert set(pages.index) == set(by.index)
    for name in by:
        np.testing.assert_allclose(
            pages[name].astype(float), by[name].reindex(pages.index).astype(float), rtol=1e-6
        )


def test_ga4_snapshot_has_four_tables_days_and_what_is_not_seen_yet_is_missing(here):
    path = here / "ga4_reports_snapshot_2025-05.csv"
    days = exports.read(path)
    counted = visits().groupby(visits()["started_at"].dt.normalize())["visitor_id"].nunique()
    assert (days.set_index("date")["users"] == counted.reindex(days["date"])).all()
    assert len(days.attrs["tables"]) == 4
    cohorts = exports.read(path, table=3)
    weeks = cohorts.select_dtypes("number")
    assert not (weeks == -1).any().any() and weeks.isna().any().any() and (weeks.iloc[:, 0] == 1).all()


def test_ga4_exploration_sets_its_grand_total_aside(here):
    free = exports.read(here / "ga4_exploration_2025-05.csv")
    assert free["sessions"].sum() == len(visits()) and free["revenue"].sum() == pytest.approx(
        visits()["revenue"].sum(), abs=0.01
    )
    assert exports.reconcile(free).set_index("column").loc["sessions", "agrees"]
    assert free.attrs["totals"][0]["users"] == visits()["visitor_id"].nunique() < free["users"].sum()


def test_ga4_events_are_hits_in_utc(here):
    events = exports.read(here / "ga4_events_20250514.jsonl")
    hits = data.load("events")
    same_time = hits[hits["event_time_utc"].isin(events["created_at"])]
    assert len(same_time) >= len(events) and set(events["event"]) <= set(hits["event"])
    assert set(events["date"]) == {pd.Timestamp("2025-05-14")} and events["created_at"].min() < pd.Timestamp(
        "2025-05-14"
    )
    bought = events[events["event"] == "purchase"]
    amount = data.load("orders").set_index("order_id")["amount"]
    for row in bought.itertuples():
        assert row.revenue == amount[int(row.order_id)]


@pytest.mark.parametrize("name", ["search_console_2025-05.zip", "search_console_2025-05_zh.zip"])
def test_search_console_withholds_queries_and_its_days_do_not(here, name):
    queries = exports.read(here / name)
    ranks = may("seo_rank_daily")
    ranks = ranks[ranks["rank"].notna()]
    days = exports.read(here / name, table=2)
    assert (
        days["clicks"].sum() == ranks["clicks"].sum() and days["impressions"].sum() == ranks["searches"].sum()
    )
    by = ranks.groupby("term")[["clicks", "searches"]].sum()
    for row in queries.itertuples():
        assert (row.clicks, row.impressions) == tuple(by.loc[row.search_term])
    check = exports.reconcile(queries).set_index("column")
    assert check.loc["clicks", "stated"] == ranks["clicks"].sum() and check.loc["clicks", "difference"] >= 0


def test_mail_reports_are_the_messages(here):
    mails = exports.read(here / "mail_campaigns_2025-q2.csv")
    sends = data.load("message_sends")
    sends = sends[
        (sends["channel"] == "e-mail") & sends["sent_at"].between("2025-04-01", "2025-06-30 23:59:59")
    ]
    by = sends.assign(opened=sends["opens"] > 0, clicked=sends["clicks"] > 0).groupby("campaign").agg(
        sent=("customer_id", "size"), delivered=("delivered", "sum"), opens=("opened", "sum"), mail_clicks=("clicked", "sum"),
        unsubscribes=("unsubscribed", "sum"), all_opens=("opens", "sum"))  # fmt: skip
    mails = mails.set_index("title")
    assert set(mails.index) == set(by.index)
    for name in by:
        assert (mails[name].astype(float) == by[name].reindex(mails.index).astype(float)).all(), name
    np.testing.assert_allclose(mails["open_rate"], mails["open_rate_reported"], atol=5.1e-5)
    single = exports.read(here / "mail_campaign_report.csv").iloc[0]
    assert single["sent"] == mails.loc[single["title"], "sent"] == mails["sent"].max()
    assert single["opens"] == mails.loc[single["title"], "opens"]


def test_two_accounts_in_one_currency_stack_and_two_currencies_do_not(here):
    baidu, so = (
        exports.read(here / name) for name in ("baidu_keywords_2025-05.csv", "360_keywords_2025-05.csv")
    )
    google = exports.read(here / "google_ads_ad_groups_2025-05_excel.csv")
    with pytest.raises(exports.ExportError, match=r"currencies differ: baidu .* CNY, google_ads .* USD"):
        exports.canonical([baidu, google], without=["conversions", "revenue"])
    with pytest.raises(exports.ExportError, match="conversions are claims by windows"):
        exports.canonical([baidu, so], without="position")
    both = exports.canonical([baidu, so], without=["conversions", "position"])
    assert both["cost"].sum() == pytest.approx(
        may("sem_keyword_daily").query("engine in ['Baidu', '360']")["cost"].sum()
    )
    assert set(both["platform"]) == {"baidu", "360"} and "conversions" not in both
