import html.parser
import math
import subprocess
import sys

import duckdb
import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from pandas.testing import assert_frame_equal, assert_series_equal

from mktlib import metrics
from mktlib.metrics import (
    BadValue,
    ColumnMissing,
    MetricUnknown,
    NotAdditive,
    break_even_cpc,
    break_even_roas,
    glossary,
    kpi,
    ratio,
    totals,
)


def ads(**columns):
    table = pd.DataFrame(
        {
            "campaign": ["A", "B", "A"],
            "impressions": [100, 1000, 300],
            "clicks": [10, 20, 10],
            "cost": [5.0, 30.0, 15.0],
        }
    ).assign(**columns)
    table.attrs["name"] = "feed_ads_daily"
    return table


ROW = st.fixed_dictionaries(
    {
        "group": st.sampled_from(["a", "b", "c", None]),
        "clicks": st.integers(0, 10_000),
        "impressions": st.integers(0, 1_000_000),
        "cents": st.integers(-500, 100_000),
    }
)


def made_of(rows):
    frame = pd.DataFrame(rows, columns=["group", "clicks", "impressions", "cents"])
    return frame.astype({"group": "str", "clicks": "int64", "impressions": "int64"}).assign(
        cost=frame["cents"] / 100
    )


@pytest.fixture(scope="module")
def as_parquet(tmp_path_factory):
    path = tmp_path_factory.mktemp("a folder 数据 [x]") / "days.parquet"

    def write(frame):
        duckdb.from_df(frame).write_parquet(str(path))
        return path

    return write


# --- what a rate is


def test_a_month_is_not_the_mean_of_its_days():
    days = pd.DataFrame({"impressions": [100, 900], "clicks": [10, 9]})
    assert ratio(days, "clicks", "impressions") == 19 / 1000
    assert (days["clicks"] / days["impressions"]).mean() == pytest.approx(0.055)  # the tempting answer


def test_a_ratio_is_a_plain_float():
    assert type(ratio(ads(), "clicks", "impressions")) is float


def test_a_ratio_by_group_is_a_series_in_the_order_of_the_groups():
    by_campaign = ratio(ads(), "clicks", "impressions", by="campaign")
    assert by_campaign.to_dict() == {"A": 20 / 400, "B": 20 / 1000}
    assert list(by_campaign.index) == ["A", "B"] and by_campaign.index.name == "campaign"


def test_nothing_to_divide_by_is_nan_and_never_zero():
    none_shown = ads(impressions=[0, 1000, 0])
    assert math.isnan(ratio(none_shown.query("campaign == 'A'"), "clicks", "impressions"))
    by_campaign = ratio(none_shown, "clicks", "impressions", by="campaign")
    assert math.isnan(by_campaign["A"]) and by_campaign["B"] == 0.02


def test_an_empty_table_adds_up_to_zero_and_has_no_rate():
    empty = ads().head(0)
    assert totals(empty, "clicks")["clicks"] == 0
    assert math.isnan(ratio(empty, "clicks", "impressions"))
    assert len(ratio(empty, "clicks", "impressions", by="campaign")) == 0
    assert math.isnan(ratio(pd.DataFrame({"clicks": [], "impressions": []}), "clicks", "impressions"))


def test_a_row_that_is_there_twice_counts_twice():
    twice = pd.concat([ads(), ads().head(1)])  # the index label 0 occurs twice, too
    assert totals(twice, "clicks")["clicks"] == 50
    assert kpi(twice, "cpc", by="campaign")["cpc"].to_dict() == {"A": 25 / 30, "B": 1.5}


def test_rows_without_a_group_are_kept_and_come_last():
    sums = totals(ads(campaign=["A", None, "A"]), "clicks", by="campaign")
    assert sums["clicks"].tolist() == [20, 20] and pd.isna(sums.index[-1])


def test_whole_numbers_stay_whole():
    sums = totals(ads(), ["clicks", "cost"], by="campaign")
    assert sums.dtypes.astype(str).to_dict() == {"clicks": "int64", "cost": "float64"}
    nullable = totals(ads(clicks=pd.array([10, 20, 10], dtype="Int64")), "clicks", by="campaign")
    assert nullable["clicks"].dtype == "int64"


def test_the_table_given_is_not_changed():
    table, before = ads(), ads()
    kpi(table, ["ctr", "cpm"], by="campaign")
    assert_frame_equal(table, before)


# --- properties


@given(st.lists(ROW, min_size=1, max_size=12))
def test_a_ratio_lies_between_the_lowest_and_the_highest_of_its_groups(rows):
    table = made_of(rows).query("impressions > 0")
    whole, parts = (
        ratio(table, "clicks", "impressions"),
        ratio(table, "clicks", "impressions", by="group"),
    )
    if len(table):
        assert parts.min() * (1 - 1e-12) <= whole <= parts.max() * (1 + 1e-12)


@given(st.lists(ROW, max_size=12), st.integers(0, 12))
def test_cutting_a_table_in_two_does_not_change_its_totals(rows, cut):
    table, columns = made_of(rows), ["clicks", "impressions", "cost"]
    halves = totals(table.iloc[:cut], columns) + totals(table.iloc[cut:], columns)
    assert_series_equal(halves, totals(table, columns), check_dtype=False)


@given(st.lists(ROW, min_size=1, max_size=12))
def test_by_group_equals_filter_then_ratio(rows):
    table = made_of(rows)
    for group, value in ratio(table, "clicks", "impressions", by="group").items():
        alone = table[table["group"].isna()] if pd.isna(group) else table[table["group"] == group]
        assert value == pytest.approx(ratio(alone, "clicks", "impressions"), nan_ok=True)


def random_rows(seed):
    rng = np.random.default_rng(seed)
    count = [0, 1, 5, 12, 200][seed]
    return {
        "group": rng.choice(["a", "b", "c", None], count),
        "clicks": rng.integers(0, 50, count),
        "impressions": rng.integers(0, 3, count) * 1000,
        "cents": rng.integers(-500, 100_000, count),
    }


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("form", ["relation", "file", "name of a file"])
def test_frame_and_file_and_relation_give_the_same_answer_with_the_same_types(as_parquet, form, seed):
    frame, columns, two = (
        made_of(random_rows(seed)),
        ["clicks", "impressions", "cost"],
        ["group", "clicks"],
    )
    table = {
        "relation": duckdb.from_df,
        "file": as_parquet,
        "name of a file": lambda f: str(as_parquet(f)),
    }[form](frame)
    assert_series_equal(totals(table, columns), totals(frame, columns))
    assert_frame_equal(totals(table, columns, by="group"), totals(frame, columns, by="group"))
    assert_series_equal(kpi(table, ["ctr", "cpm"]), kpi(frame, ["ctr", "cpm"]))
    assert_frame_equal(kpi(table, "ctr", by=two), kpi(frame, "ctr", by=two))


# --- files and relations


def test_a_csv_that_excel_opens_is_read_like_the_frame(tmp_path):
    path = tmp_path / "report 报表.csv"
    ads().to_csv(path, index=False, encoding="utf-8-sig")
    columns = ["clicks", "cost"]
    assert_frame_equal(totals(path, columns, "campaign"), totals(ads(), columns, "campaign"))


def test_files_of_several_years_are_one_table(tmp_path):
    for year in (2024, 2025):
        duckdb.from_df(ads()).write_parquet(str(tmp_path / f"sessions_{year}.parquet"))
    assert totals(str(tmp_path / "sessions_*.parquet"), "clicks")["clicks"] == 80


def test_money_stored_as_decimal_comes_back_as_float():
    relation = duckdb.sql("SELECT 0.10::DECIMAL(9, 2) AS cost UNION ALL SELECT 0.20")
    assert (
        totals(relation, "cost")["cost"] == pytest.approx(0.3) and totals(relation, "cost").dtype == "float64"
    )


def test_names_with_quotes_and_spaces_reach_duckdb_unharmed():
    odd = ads().rename(columns={"clicks": 'the "clicks"', "campaign": "the campaign"})
    assert totals(duckdb.from_df(odd), 'the "clicks"', by="the campaign").iloc[:, 0].tolist() == [20, 20]


def test_a_column_named_in_other_capitals_is_missing_in_a_relation_as_in_a_frame():
    for table in (ads(), duckdb.from_df(ads())):
        with pytest.raises(ColumnMissing, match="did you mean 'clicks'"):
            totals(table, "Clicks")


def test_a_missing_file_is_named_with_the_remedy():
    with pytest.raises(FileNotFoundError, match=r"no file 'orders'.*load\('orders'\)"):
        totals("orders", "amount")


def test_a_file_that_is_no_table_is_named(tmp_path):
    (tmp_path / "broken.parquet").write_bytes(b"not a table")
    with pytest.raises(ValueError, match=r"broken\.parquet' cannot be read"):
        totals(tmp_path / "broken.parquet", "clicks")


def test_something_that_is_no_table_is_named():
    with pytest.raises(TypeError, match="not dict"):
        totals({"clicks": [1]}, "clicks")


# --- errors that name column, row and remedy


def test_a_missing_column_is_answered_with_the_closest_one():
    with pytest.raises(ColumnMissing) as error:
        ratio(ads(), "click", "impressions")
    assert str(error.value) == "feed_ads_daily has no column 'click'; did you mean 'clicks'?"


def test_a_table_without_a_name_is_called_the_table():
    with pytest.raises(ColumnMissing, match=r"^the table has no column"):
        ratio(pd.DataFrame({"clicks": [1]}), "clicks", "impressions")


def test_a_column_that_is_like_none_is_answered_with_the_list():
    with pytest.raises(ColumnMissing, match=r"; there are: campaign, impressions, clicks, cost\."):
        totals(ads(), "xyz")


def test_a_group_in_the_index_is_answered_with_reset_index():
    with pytest.raises(ColumnMissing, match=r"in its index.*reset_index\(\)"):
        ratio(ads().set_index("campaign"), "clicks", "impressions", by="campaign")


def test_two_columns_of_one_name_are_refused():
    table = pd.concat([ads(), ads()[["clicks"]]], axis="columns")
    with pytest.raises(BadValue, match="2 columns named 'clicks'"):
        totals(table, "clicks")


BAD = {
    "text": (
        ["10", "1,204", "7"],
        r"'clicks': '1,204' at (index 1|row 2) is not a number.*pd\.to_numeric",
    ),
    "digits as text": (["10", "12", "7"], r"'clicks': '10' at (index 0|row 1) is not a number"),
    "missing": (
        [10.0, 3.0, None],
        r"'clicks': 1 missing value, the first at (index 2|row 3).*dropna.*fillna",
    ),
    "infinite": ([10.0, math.inf, 3.0], r"'clicks': 1 infinite value, the first at (index 1|row 2)"),
    "negative": ([10, -5, -7], r"'clicks': -5 at (index 1|row 2)\. A count"),
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("form", ["frame", "relation", "file"])
def test_a_value_that_cannot_be_added_is_named(kind, form, as_parquet):
    values, message = BAD[kind]
    frame = ads(clicks=values)
    table = {"frame": lambda f: f, "relation": duckdb.from_df, "file": as_parquet}[form](frame)
    with pytest.raises(BadValue, match=message):
        ratio(table, "clicks", "impressions")


def test_missing_is_not_zero_in_a_denominator():
    gap = ads(impressions=[100, None, 300])
    with pytest.raises(BadValue, match="'impressions': 1 missing value, the first at index 1"):
        ratio(gap, "clicks", "impressions")
    assert gap["clicks"].sum() / gap["impressions"].sum() == 0.1  # what quietly skipping would claim


def test_the_row_is_named_by_its_label():
    with pytest.raises(BadValue, match="index 2025-06-02"):
        totals(ads(clicks=[1, -1, 1]).set_axis(["2025-06-01", "2025-06-02", "2025-06-03"]), "clicks")


def test_a_mixed_column_is_named_at_its_first_word():
    with pytest.raises(BadValue, match="'n/a' at index 1"):
        totals(ads(clicks=[10, "n/a", 3]), "clicks")


def test_a_credit_note_lowers_the_cost_but_is_nothing_to_divide_by():
    credited = ads(cost=[5.0, -2.0, 15.0])
    assert totals(credited, "cost")["cost"] == 18
    with pytest.raises(BadValue, match="'cost': -2 at index 1"):
        ratio(credited, "clicks", "cost")


def test_people_cannot_be_added_like_clicks():
    with pytest.raises(NotAdditive, match="count different people"):
        totals(ads(reach=[80, 700, 200]), "reach", by="campaign")


# --- metrics by definition


def test_every_kpi_of_an_ad_report():
    report = pd.DataFrame(
        {"impressions": [10_000], "clicks": [200], "cost": [300.0], "orders": [6], "revenue": [1200.0]}
    ).assign(contribution=480.0, visits=[180])
    wanted = {
        "ctr": 0.02, "cpc": 1.5, "cpm": 30.0, "cpa": 50.0, "cvr_click": 0.03, "cvr": 6 / 180,
        "roas": 4.0, "roi": 0.6, "break_even_cpc": 2.4,
    }  # fmt: skip
    assert kpi(report, list(wanted)).to_dict() == pytest.approx(wanted)


def order_table():
    return pd.DataFrame(
        {
            "order_id": [1, 2, 3, 4],
            "store": ["own", "own", "live", "live"],
            "status": ["paid", "paid", "paid", "unpaid"],
            "amount": [100.0, 300.0, 200.0, 400.0],
            "refunded": [0.0, 100.0, 0.0, None],
            "goods_cost": [50.0, 100.0, 80.0, 200.0],
            "shipping_cost": [10.0, 10.0, 10.0, 0.0],
        }
    )


@pytest.mark.parametrize("form", [lambda frame: frame, duckdb.from_df], ids=["frame", "relation"])
def test_unpaid_orders_are_in_gmv_and_in_nothing_else(form):
    keys = ["gmv", "net_revenue", "aov", "refund_rate", "contribution_margin", "break_even_roas"]
    values = kpi(form(order_table()), keys)
    assert values[["gmv", "net_revenue", "aov"]].tolist() == [1000, 500, 200]
    assert values["refund_rate"] == pytest.approx(100 / 600)
    assert values["contribution_margin"] == pytest.approx((500 - 230 - 30) / 500)
    assert values["break_even_roas"] == pytest.approx(break_even_roas(values["contribution_margin"]))
    by_store = kpi(form(order_table()), ["gmv", "aov"], by="store")
    assert by_store.to_dict("index") == {
        "live": {"gmv": 600, "aov": 200},
        "own": {"gmv": 400, "aov": 200},
    }


def test_cac_takes_all_spending_and_only_new_customers():
    channel = pd.DataFrame({"spent": [800.0, 200.0], "new_customers": [4, 1], "orders": [9, 3]})
    assert kpi(channel, "cac")["cac"] == 200
    assert ratio(channel, "spent", "orders") == pytest.approx(83.33, abs=0.01)  # the tempting answer


@pytest.mark.parametrize("form", [lambda frame: frame, duckdb.from_df], ids=["frame", "relation"])
def test_people_are_counted_not_added(form):
    log = pd.DataFrame({"date": ["mon", "mon", "tue"], "device_id": [7, 8, 7], "impressions": [2, 1, 3]})
    assert kpi(form(log), ["reach", "frequency"]).to_dict() == {"reach": 2, "frequency": 3}
    assert (
        kpi(form(log), "reach", by="date")["reach"].sum() == 3
    )  # the tempting answer: somebody counts twice


@pytest.mark.parametrize("form", [lambda frame: frame, duckdb.from_df], ids=["frame", "relation"])
def test_visits_and_orders_are_counted_from_their_ids(form):
    sessions = pd.DataFrame(
        {
            "session_id": [1, 2, 3, 4],
            "order_id": pd.array([None, 51, None, None], dtype="Int64"),
            "device": list("aabb"),
        }
    )
    assert kpi(form(sessions), "cvr")["cvr"] == 0.25
    assert kpi(form(sessions), "cvr", by="device")["cvr"].to_dict() == {"a": 0.5, "b": 0.0}


def test_lines_of_an_order_are_one_order():
    lines = pd.DataFrame({"order_id": [1, 1, 2], "amount": [10.0, 20.0, 30.0]})
    assert kpi(lines, "aov")["aov"] == 30


def test_reach_of_an_ad_report_sends_you_to_the_log():
    with pytest.raises(NotAdditive, match=r"^frequency: .*feed_exposures"):
        kpi(ads(reach=[80, 700, 200]), "frequency")


def test_a_metric_is_found_in_any_capitals_and_a_slip_is_named():
    assert kpi(ads(), "CTR").index.tolist() == ["ctr"]
    with pytest.raises(MetricUnknown) as error:
        kpi(ads(), "crt")
    assert str(error.value) == "there is no metric 'crt'; did you mean 'ctr'?"


def test_a_column_that_must_be_made_comes_with_the_recipe():
    with pytest.raises(
        ColumnMissing, match=r"roi needs contribution before advertising.*To make it: assign\("
    ):
        kpi(ads(), "roi")


def test_break_even_roas_is_one_over_the_margin():
    assert break_even_roas(0.42) == pytest.approx(2.38, abs=0.001)
    assert break_even_roas(0) == math.inf and break_even_roas(-0.1) == math.inf
    assert math.isnan(break_even_roas(math.nan))
    by_store = break_even_roas(pd.Series({"own": 0.5, "live": 0.0}))
    assert by_store.to_dict() == {"own": 2.0, "live": math.inf}


def test_break_even_cpc_is_margin_times_orders_per_click():
    assert break_even_cpc(120, 0.03) == pytest.approx(3.6)
    assert break_even_cpc(100, pd.Series([0.01, 0.02])).tolist() == [1, 2]


def test_percent_instead_of_a_fraction_is_refused():
    with pytest.raises(ValueError, match=r"0\.42, not 42"):
        break_even_roas(42)
    with pytest.raises(ValueError, match="cvr is a fraction"):
        break_even_cpc(120, 3)


@given(st.floats(0.01, 1), st.floats(1, 1000), st.floats(0.001, 1))
def test_at_the_break_even_price_the_roas_is_the_break_even_roas(margin, order_value, cvr):
    clicks = pd.DataFrame(
        {"cost": [break_even_cpc(order_value * margin, cvr)], "revenue": [order_value * cvr]}
    )
    assert kpi(clicks, "roas")["roas"] == pytest.approx(break_even_roas(margin))
    assert kpi(clicks.assign(contribution=clicks["revenue"] * margin), "roi")["roi"] == pytest.approx(
        0, abs=1e-9
    )


# --- definitions and glossary


def test_every_definition_is_complete_and_uses_known_columns():
    known = metrics.definitions()
    for key, metric in known["metrics"].items():
        needed = {
            "name",
            "zh",
            "numerator",
            "unit",
            "grain",
            "careful",
            "other_conventions",
            "source",
            "earned_in",
        }
        assert needed <= metric.keys(), key
        assert metric["unit"] in {"fraction", "CNY", "count", "times"}, key
        assert metric["other_conventions"] and all(
            o.keys() == {"name", "formula", "used_by"} for o in metric["other_conventions"]
        ), key
        for side in ("numerator", "denominator"):
            assert all(term in known["columns"] for _, term in metrics._terms(metric.get(side, "clicks"))), (
                key
            )


def test_metrics_of_mail_web_and_social_agree_with_the_toolboxes_that_teach_them():
    from mktlib import load
    from mktlib.mail import mail_rates
    from mktlib.social import engagement_rate, follower_cost

    sends = load("message_sends", end="2025-03-31")
    sends = sends[sends["channel"] == "e-mail"]
    mails = sends.assign(sent=1, opened=sends["opens"] > 0, clicked=sends["clicks"] > 0)
    ours, theirs = kpi(mails, ["delivery_rate", "open_rate", "click_rate"]), mail_rates(sends)
    assert ours.tolist() == pytest.approx(theirs[["delivered", "opened", "clicked"]].tolist())
    posts = load("social_posts").rename(columns={"reach": "post_reach"})
    posts["engagements"] = posts[["likes", "comments", "shares", "saves"]].sum(axis=1)
    rates = engagement_rate(load("social_posts"), per="reach", by="platform")
    assert kpi(posts, "engagement_rate", by="platform")["engagement_rate"].to_dict() == pytest.approx(
        rates.to_dict()
    )
    days = load("followers_daily").query("promotion != ''")
    cost = follower_cost(days)["per_kept"]
    assert kpi(days, "follower_cost", by="promotion")["follower_cost"].to_dict() == pytest.approx(
        cost.to_dict()
    )
    traffic = load("traffic_daily", start="2025-05-01", end="2025-05-31")
    rate = traffic["one_page_visits"].sum() / traffic["visits"].sum()
    assert kpi(traffic, "bounce_rate")["bounce_rate"] == pytest.approx(rate)


def test_every_indicator_of_the_documents_kpi_table_has_one_definition():
    asked = "visits unique_visitors source_share cpc cpm cac ctr time_on_page bounce_rate cvr valid_leads net_revenue roi roas"
    assert set(asked.split()) <= set(metrics.definitions()["metrics"])


def test_the_glossary_says_formula_unit_and_other_conventions():
    table = glossary(["cpm", "contribution_margin"])
    assert list(table.columns) == ["term", "zh", "formula", "unit", "careful"]
    assert table.loc["cpm", ["zh", "formula", "unit"]].tolist() == [
        "千次展示成本",
        "1000 x ad cost / impressions",
        "CNY",
    ]
    assert table.loc["contribution_margin", "formula"] == (
        "(order amount - refunds - cost of the goods that buyers kept - shipping cost) / (order amount - refunds), "
        "rows with status = paid only"
    )
    assert "viewable CPM" in table.loc["cpm", "careful"]
    assert len(glossary()) == len(metrics.definitions()["metrics"])


def test_the_glossary_shows_whole_sentences_and_well_formed_html():
    table, opened = glossary(), []
    assert "..." not in repr(table) and "..." not in table._repr_html_()

    class Balance(html.parser.HTMLParser):
        def handle_starttag(self, tag, attrs):
            opened.append(tag)

        def handle_endtag(self, tag):
            assert opened.pop() == tag

    Balance().feed(table._repr_html_())
    assert opened == []


def test_the_glossary_escapes_what_it_shows():
    row = pd.Series({"term": "<b>", "zh": "&"})
    assert "&lt;b&gt;" in metrics._html_row(row) and "&amp;" in metrics._html_row(row)


def test_importing_metrics_leaves_the_heavy_libraries_alone():
    heavy = {"matplotlib", "duckdb", "ipywidgets", "yaml"}
    code = f"import sys, mktlib.metrics; print({heavy} & set(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert result.stdout.strip() == "set()"
