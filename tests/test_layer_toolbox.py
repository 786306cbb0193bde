"""The metric layer counts what kpi counts, in SQL; erasure leaves no trace of a person and every yuan of the orders."""

import duckdb
import pandas as pd
import pytest

from mktlib import data, layer, load, metrics
from mktlib.layer import LayerError

COUNTED = [key for key, one in metrics.definitions()["metrics"].items() if "not_in_layer" not in one]
ONE_FACT = [key for key in COUNTED if len(layer._facts_of([key])) == 1]
APRIL_TO_JUNE = {"start": "2025-04-01", "end": "2025-06-30"}


@pytest.fixture(scope="module")
def con():
    return layer.connect()


# --- the layer and kpi


@pytest.mark.parametrize("key", ONE_FACT)
def test_the_sql_of_a_metric_gives_what_kpi_gives_for_its_fact_table(con, key):
    fact = con.table(layer._facts_of([key])[0])
    assert layer.query(key)[key] == pytest.approx(metrics.kpi(fact, key)[key])


def orders_of_the_quarter():
    """The same facts by pandas, as J02 makes them."""
    orders = load("orders", start="2025-04-01", end="2025-06-30")
    refunded = load("refunds").groupby("order_id")["amount"].sum()
    lines = load("order_items").merge(load("products"), on="sku")
    goods = (lines["quantity"] * lines["unit_cost"]).groupby(lines["order_id"]).sum()
    orders["refunded"] = orders["order_id"].map(refunded).fillna(0)
    orders["goods_cost"] = orders["order_id"].map(goods) * (1 - orders["refunded"] / orders["amount"])
    return orders


def test_money_metrics_agree_with_kpi_on_tables_made_by_pandas():
    keys = ["gmv", "net_revenue", "aov", "refund_rate", "contribution_margin", "break_even_roas"]
    wanted = metrics.kpi(orders_of_the_quarter(), keys, by="store")
    found = layer.query(keys, by="store", **APRIL_TO_JUNE)
    pd.testing.assert_frame_equal(found, wanted.astype("float64"), check_names=False, check_index_type=False)


def test_cac_agrees_with_kpi_by_channel():
    orders = load("orders").query("status == 'paid'").sort_values(["ordered_at", "order_id"])
    first = orders.drop_duplicates("customer_id")
    first = first[first["ordered_at"].between("2025-04-01", "2025-07-01", inclusive="left")]
    budget = load("budget", **APRIL_TO_JUNE)
    both = (
        budget.groupby("channel")[["spent"]]
        .sum()
        .join(first.groupby("channel").size().rename("new_customers"))
    )
    wanted = metrics.kpi(both.reset_index(), "cac", by="channel")["cac"]
    found = layer.query("cac", by="channel", **APRIL_TO_JUNE)["cac"]
    assert found[wanted.index].to_dict() == pytest.approx(wanted.to_dict())
    assert layer.query("cac", **APRIL_TO_JUNE)["cac"] == pytest.approx(budget["spent"].sum() / len(first))


def test_visits_agree_with_kpi_by_device():
    visits = load(
        "web_sessions", ["session_id", "visitor_id", "order_id", "device"], "2025-12-01", "2025-12-31"
    )
    keys = ["visits", "unique_visitors", "cvr"]
    found = layer.query(keys, by="device", start="2025-12-01", end="2025-12-31")
    pd.testing.assert_frame_equal(
        found, metrics.kpi(visits, keys, by="device").astype("float64"), check_index_type=False
    )


def test_time_on_page_agrees_with_the_visits_of_the_web_toolbox():
    from mktlib.web import sessionise

    hits = load("events").rename(columns={"event_time_utc": "at"})
    hits["visit"] = sessionise(hits, own_site="shop.heyu.example")
    views = hits[hits["event"] == "page_view"].sort_values(["visit", "at", "event_id"])
    seconds = (views.groupby("visit")["at"].shift(-1) - views["at"]).dt.total_seconds()
    assert layer.query("time_on_page")["time_on_page"] == pytest.approx(seconds.mean())


def test_mail_rates_leave_the_machine_out():
    from mktlib.mail import mail_rates

    mails = load("message_sends").query("channel == 'e-mail'")
    wanted = mail_rates(mails, machines=["Mozilla/5.0"])
    found = layer.query(["delivery_rate", "open_rate", "click_rate"])
    assert found.tolist() == pytest.approx(wanted[["delivered", "opened", "clicked"]].tolist())


# --- sums before ratios, no fan-out


def test_a_ratio_is_a_ratio_of_sums_on_every_level():
    by_store = layer.query("aov", by="store")["aov"]
    paid = load("orders").query("status == 'paid'")
    assert layer.query("aov")["aov"] == pytest.approx(paid["amount"].sum() / len(paid))
    assert by_store.mean() != pytest.approx(layer.query("aov")["aov"], rel=0.005)  # the tempting answer


@pytest.mark.parametrize("fact", layer._known()["fact_tables"])
def test_joining_dimensions_never_changes_the_number_of_facts(con, fact):
    reach = {table for table in layer._reach(fact).values() if table}
    keys = layer._known()["dimension_tables"]
    joins = " ".join(f"left join {table} using ({keys[table]['key']})" for table in reach)
    ((alone,),) = con.sql(f"select count(*) from {fact}").fetchall()
    ((joined,),) = con.sql(f"select count(*) from {fact} {joins}").fetchall()
    assert alone == joined > 0


def test_every_fact_has_one_row_per_event(con):
    for fact, table, kept in [("fact_orders", "orders", ""), ("fact_visits", "web_sessions", ""),
                              ("fact_mails", "message_sends", "where channel = 'e-mail'")]:  # fmt: skip
        assert (
            con.sql(f"select count(*) from {fact}").fetchall()
            == con.sql(f"select count(*) from {table} {kept}").fetchall()
        )


def test_sides_of_two_facts_are_stacked_so_a_channel_without_customers_keeps_its_cost():
    text = layer.sql("cac", by="channel")
    assert "UNION ALL" in text and "JOIN" not in text
    assert "NULLIF(SUM(cac_denominator), 0)" in text


def test_several_metrics_come_in_one_table_with_dates_places_and_filters():
    table = layer.query(
        ["aov", "refund_rate"],
        ["quarter", "city_tier"],
        {"store": ["own", "tmall"]},
        "2025-01-01",
        "2025-06-30",
    )
    assert table.index.names == ["quarter", "city_tier"]
    assert table.index.get_level_values("quarter").unique().tolist() == ["2025-Q1", "2025-Q2"]
    paid = load("orders", start="2025-01-01", end="2025-03-31").query(
        "status == 'paid' and store in ['own', 'tmall']"
    )
    tier = paid["customer_id"].map(load("customers").set_index("customer_id")["city_tier"])
    assert table.loc[("2025-Q1", 2), "aov"] == pytest.approx(paid.loc[tier == 2, "amount"].mean())


# --- dialects, catalogue, refusals


@pytest.mark.parametrize("dialect", ["spark", "postgres", "mysql", "bigquery", "snowflake"])
def test_every_metric_and_view_is_written_in_other_dialects(dialect):
    for key in COUNTED:
        assert layer.sql(key, by="date", dialect=dialect).upper().startswith(("SELECT", "WITH"))
    assert set(layer.views(dialect)) == set(layer._star())


def test_dialects_differ_where_engines_do():
    assert "STRFTIME(date, '%Y-%m')" in layer.views()["dim_date"]
    assert "DATE_FORMAT(date, 'yyyy-MM')" in layer.views("spark")["dim_date"]


def test_views_made_from_the_text_answer_the_text():
    con = duckdb.connect()
    for name in ("sem_keyword_daily", "feed_ads_daily"):
        con.register(name, load(name, start="2025-06-01", end="2025-06-30"))
    con.execute(layer.views()["fact_ads"])
    june = {"start": "2025-06-01", "end": "2025-06-30"}
    assert layer.query("ctr", engine=con)["ctr"] == pytest.approx(layer.query("ctr", **june)["ctr"])


def test_every_metric_has_an_owner_and_a_table_or_a_reason():
    for key, one in metrics.definitions()["metrics"].items():
        assert one["owner"] and ("table" in one) != ("not_in_layer" in one), key
    for name, one in layer._star().items():
        assert one["grain"] and one["owner"] and set(one["tables"]) <= set(data.tables()), name


def test_the_catalogue_and_the_glossary_say_the_same_names():
    table = layer.catalogue()
    assert table["name"].tolist() == metrics.glossary()["term"].tolist()
    assert table["zh"].tolist() == metrics.glossary()["zh"].tolist()
    assert table.loc["cpm", "formula"] == "1000 * cast(sum(cost) as double) / nullif(sum(impressions), 0)"
    assert table.loc["aov", ["filters", "owner"]].tolist() == ["status = paid", "shop operations"]
    assert table.loc["roi", "formula"] == "" and "margin" in table.loc["roi", "table"]


REFUSED = {
    "a metric nobody defined": (lambda: layer.sql("crt"), "did you mean 'ctr'"),
    "a dimension that one side lacks": (
        lambda: layer.sql("cac", by="item"),
        r"fact_new_customers .*no such dimension",
    ),
    "a slip in a dimension": (lambda: layer.sql("aov", by="stor"), "did you mean 'store'"),
    "a slip in a filter": (lambda: layer.sql("aov", where={"chanel": "SEM"}), "did you mean 'channel'"),
    "a dialect": (lambda: layer.sql("aov", dialect="sparc"), "did you mean 'spark'"),
    "what only a margin makes": (lambda: layer.sql("roi"), "margin that somebody has to set"),
    "nothing": (lambda: layer.sql([]), "name at least one metric"),
    "a light that is not drawn": (lambda: layer.lineage_map("cac", "aov"), "'cac' is not drawn"),
    "a customer nobody is": (lambda: layer.ids_of(layer.connect(), 5), "nobody has the customer number 5"),
    "a search for nobody": (lambda: layer.traces(layer.connect(), {}), "no id was given"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_answered_is_refused_in_words(what):
    ask, message = REFUSED[what]
    with pytest.raises((LayerError, metrics.MetricUnknown), match=message):
        ask()


def test_text_in_a_filter_stays_text():
    assert layer.query("gmv", where={"store": "own' or '1'='1"})["gmv"] == 0


def test_lineage_names_tables_facts_and_the_metric():
    steps = layer.lineage("cac")
    assert set(steps["from"]) == {"budget", "orders", "fact_spend", "fact_new_customers"}
    assert set(steps.loc[steps["to"] == "cac", "from"]) == {"fact_spend", "fact_new_customers"}
    assert "owner: marketing controlling" in layer.lineage_map("cac").alt
    board = ["cac", "aov", "net_revenue", "ctr"]
    assert "refunds feeds 2 metrics of 2 owners" in layer.lineage_map("refunds", board).alt


# --- erasure


@pytest.fixture(scope="module")
def copy():
    return layer.rehearsal()


@pytest.fixture(scope="module")
def mother(copy):
    """A customer whom many tables know: in the private domain, in tests, with points, and twice in the CRM."""
    return copy.sql("""
        select customer_id from wecom_contacts join points_ledger using (customer_id) join recall_test using (customer_id)
        join crm_contacts using (customer_id)
        where crm_contacts.wechat_id in (select wechat_id from crm_contacts where customer_id is null and wechat_id <> '')
        order by 1 limit 1
    """).fetchall()[0][0]


def test_a_person_has_more_names_than_a_customer_number(copy, mother):
    ids = layer.ids_of(copy, mother)
    assert ids["customer_id"] == [mother] and len(ids["crm_contacts.contact_id"]) > 1
    assert {"phone_md5", "visitor_id", "wecom_contacts.wechat_id"} <= ids.keys()


def test_the_search_finds_hashes_under_any_name_and_numbers_in_their_own_place_only():
    con = duckdb.connect()
    con.execute(
        "create table uploaded as select unnest(['ab12', 'cd34']) as hash, unnest([7, 8]) as visitor_id"
    )
    con.execute("create table referrals as select unnest([7, 9, 7]) as inviter_customer_id")
    found = layer.traces(con, {"customer_id": [7], "phone_md5": ["ab12"]})
    assert found.values.tolist() == [
        ["referrals", "inviter_customer_id", "customer_id", 2],
        ["uploaded", "hash", "phone_md5", 1],
    ]


def test_erasing_in_the_crm_alone_leaves_the_person_everywhere_else(copy, mother):
    crm = {"customers", "crm_contacts", "consent_log"}
    left = set(layer.traces(copy, layer.ids_of(copy, mother))["table"]) - crm
    assert {"mart_customer_value", "train_churn_2025", "message_sends", "web_sessions", "orders"} <= left


def test_after_erasure_nothing_is_found_and_no_yuan_is_missing(copy, mother):
    ids = layer.ids_of(copy, mother)
    before = copy.sql("select count(*), round(sum(amount), 2) from orders").fetchall()
    others = copy.sql(f"select count(*) from customers where customer_id <> {mother}").fetchall()
    done = layer.erase(copy, ids, keep={"orders": "customer_id"})
    assert layer.traces(copy, ids).empty and len(done) >= 8
    assert copy.sql("select count(*), round(sum(amount), 2) from orders").fetchall() == before
    assert copy.sql("select count(*) from customers").fetchall() == others
    assert mother in load("customers")["customer_id"].to_numpy()  # the files are as they were


def test_a_row_that_holds_a_person_twice_counts_once_per_table(copy):
    con = duckdb.connect()
    con.execute("create table lists as select 'ab' as phone_md5, 7 as customer_id")
    ids = {"customer_id": [7], "phone_md5": ["ab"]}
    assert len(layer.traces(con, ids)) == 2
    assert layer.traces(con, ids, per="table").values.tolist() == [["lists", 1]]


def test_keeping_the_wrong_column_is_refused_because_a_trace_is_left():
    con = duckdb.connect()
    con.execute("create table orders as select 7 as customer_id, 7 as payer_customer_id, 10.0 as amount")
    with pytest.raises(LayerError, match="orders still holds the person in payer_customer_id"):
        layer.erase(con, {"customer_id": [7]}, keep={"orders": "customer_id"})
    assert len(layer.traces(con, {"customer_id": [7]})) == 2  # as it was


def test_what_cannot_be_erased_whole_is_not_erased_at_all(con):
    temporary = layer.connect()
    with pytest.raises(LayerError, match="nothing was erased"):
        layer.erase(temporary, {"customer_id": [100030]})


def test_importing_the_layer_leaves_the_heavy_libraries_alone():
    import subprocess
    import sys

    code = (
        "import sys, mktlib.layer; print({'matplotlib', 'duckdb', 'sqlglot', 'pyspark'} & set(sys.modules))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert result.stdout.strip() == "set()"


# --- engines over data of one's own


ADS = {"date": ["2026-01-01", "2026-01-02"], "platform": ["A", "B"], "cost": [10.0, 5.0], "clicks": [4, 0]}
NOT_COUNTED = {
    "no table": (
        None,
        r"connection has no table or view 'fact_ads' \(.*with clicks, cost, platform; .*connect\(\)",
    ),
    "no column": (
        {"clicks": None},
        "'fact_ads' has no column 'clicks'; .*cpc needs clicks, cost, platform there",
    ),
    "nothing where numbers belong": (
        {"cost": [10.0, None]},
        "'fact_ads', column 'cost': 1 rows are empty, the first on 2026-01-02. Missing is not zero",
    ),
    "text where numbers belong": ({"cost": ["10", "5"]}, r"column 'cost' is text.*cast\(cost as double\)"),
}


def holding(**columns):
    con, table = duckdb.connect(), pd.DataFrame({k: v for k, v in (ADS | columns).items() if v is not None})
    con.register("given", table.assign(date=pd.to_datetime(table["date"])))
    con.execute("create view fact_ads as select * from given")
    return con


@pytest.mark.parametrize("what", NOT_COUNTED)
def test_data_of_ones_own_that_cannot_be_counted_are_refused_in_words(what):
    columns, message = NOT_COUNTED[what]
    con = duckdb.connect() if columns is None else holding(**columns)
    with pytest.raises(LayerError, match=message):
        layer.query("cpc", by="platform", engine=con)


def test_an_empty_value_that_a_filter_leaves_out_disturbs_nobody():
    con = holding(cost=[10.0, None])
    assert layer.query("cpc", where={"platform": "A"}, engine=con)["cpc"] == 2.5
    assert layer.query("cpc", end="2026-01-01", engine=con)["cpc"] == 2.5


def test_gaps_of_one_of_two_facts_are_found():
    con = duckdb.connect()
    con.execute(
        "create table fact_spend as select date '2026-01-01' as date, 'SEM' as channel, null::double as spent"
    )
    con.execute(
        "create table fact_new_customers as select date '2026-01-01' as date, 'SEM' as channel, 1 as new_customers"
    )
    with pytest.raises(LayerError, match="'fact_spend', column 'spent': 1 rows are empty"):
        layer.query("cac", by="channel", engine=con)


def test_the_engine_of_the_active_world_answers_as_none_does(con):
    asked = (["cac", "aov"], ["channel", "week_start"])
    pd.testing.assert_frame_equal(layer.query(*asked, engine=con), layer.query(*asked))
