"""The same metrics on Apache Spark, with the same numbers; needs the extra `spark` and Java 17."""

import shutil

import pandas as pd
import pytest

pytest.importorskip("pyspark", reason="pyspark is not installed: pip install 'mktlib[spark]'")
if not shutil.which("java"):
    pytest.skip("Spark needs Java 17 or newer, and there is no java here", allow_module_level=True)

from mktlib import layer, metrics, world
from mktlib.layer import LayerError

MAILS = ["delivery_rate", "open_rate", "click_rate", "unsubscribe_rate"]
ORDERS = ["gmv", "net_revenue", "aov", "refund_rate", "contribution_margin", "break_even_roas"]
ASKED = {
    "ads by month": (
        ["ctr", "cvr_click", "cpc", "cpm", "cpa", "roas"],
        ["platform", "month"],
        {"where": {"month": ["2025-05", "2025-06"]}},
    ),
    "visits since a day": (
        ["cvr", "visits", "unique_visitors", "bounce_rate"],
        "device",
        {"start": "2025-12-01"},
    ),
    "orders by what customers are": (ORDERS, ["city_tier", "quarter"], {"where": {"store": "own"}}),
    "cost, customers and leads": (
        ["cac", "valid_leads"],
        ["channel", "quarter"],
        {"start": "2024-10-01", "end": "2025-03-31"},
    ),
    "pages by day": ("time_on_page", ["date", "page"], {}),
    "mails and people reached by week": ([*MAILS, "reach", "frequency"], "week_start", {}),
    "posts and followers": (["engagement_rate", "follower_cost"], "platform", {}),
    "the whole table": (["gmv", "cpc"], None, {}),
}

# tiny tables: what costs is starting, planning and compiling, so everything that serves large ones is off
QUICK = {
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.shuffle.partitions": "1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """A session with nothing in it, far from the time zone of the data."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[1]").appName("mktlib").config(map=QUICK)
    builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
    builder = builder.config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
    session = builder.config("spark.sql.session.timeZone", "America/Los_Angeles").getOrCreate()
    yield session
    session.stop()


@pytest.fixture(scope="module")
def spark(session, small_world):
    """The session over a small world, which is the active one for both engines."""
    world.use(small_world)
    yield layer.connect(session)
    world.use(None)


@pytest.fixture
def own(session, tmp_path):
    """A function that puts ads of one's own, as Parquet, under the name that the layer reads into a session of their own."""
    mine = session.newSession()

    def put(**columns):
        rows = {
            "date": pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-02"]).date,
            "platform": ["A", "A", "B"],
        }
        rows |= {"cost": [10.0, 5.5, 3.0], "clicks": [5, 2, 0]} | columns
        table = pd.DataFrame({name: column for name, column in rows.items() if column is not None})
        path = str(tmp_path / f"{len(list(tmp_path.iterdir()))}.parquet")
        layer.connect().from_df(table).write_parquet(path)
        mine.read.parquet(path).createOrReplaceTempView("fact_ads")
        return path

    put.session = mine
    return put


@pytest.mark.parametrize("what", ASKED)
def test_spark_and_duckdb_count_the_same(spark, what):
    metric, by, more = ASKED[what]
    ours, theirs = (layer.query(metric, by, engine=engine, **more) for engine in (None, spark))
    assert len(ours) > 0 and ours.notna().any().all()
    compare = pd.testing.assert_series_equal if by is None else pd.testing.assert_frame_equal
    compare(theirs, ours, rtol=1e-12)


def test_every_metric_of_the_layer_was_counted_on_both():
    asked = {
        key for metric, _, _ in ASKED.values() for key in ([metric] if isinstance(metric, str) else metric)
    }
    assert asked == set(layer.catalogue().query("formula != ''").index)


def test_a_session_gets_only_what_the_metrics_asked_for_read(session):
    lent = layer.connect(session.newSession(), "cpc")
    views = {row.tableName for row in lent.sql("show tables").collect()}
    assert views == {"calendar", "dim_date", "fact_ads", "feed_ads_daily", "sem_keyword_daily"}
    assert layer.query("cpc", engine=lent)["cpc"] == pytest.approx(layer.query("cpc")["cpc"])


def test_ads_of_ones_own_are_counted_on_spark_as_by_kpi(own):
    path = own()
    wanted = metrics.kpi(path, ["cpc"], by="platform")
    found = layer.query("cpc", by="platform", engine=own.session)
    pd.testing.assert_frame_equal(found, wanted, check_index_type=False)


REFUSED = {
    "a table that is not there": (
        None,
        r"Spark session has no table or view 'fact_ads'.*clicks, cost.*connect\(spark\)",
    ),
    "a column that is not there": ({"clicks": None}, "'fact_ads' has no column 'clicks'"),
    "an empty value": (
        {"cost": [10.0, None, 3.0]},
        "'fact_ads', column 'cost': 1 rows are empty, the first on 2026-01-02",
    ),
    "numbers as text": ({"cost": ["10", "5.5", "3"]}, "'fact_ads', column 'cost' is text"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_data_that_cannot_be_counted_on_spark_are_refused_in_words(own, what):
    columns, message = REFUSED[what]
    if columns is not None:
        own(**columns)
    with pytest.raises(LayerError, match=message):
        layer.query("cpc", engine=own.session)
