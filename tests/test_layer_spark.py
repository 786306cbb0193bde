"""The same metrics on Apache Spark, with the same numbers; needs the extra `spark` and Java 17."""

import pytest

pytest.importorskip("pyspark")

from mktlib import layer

ASKED = [
    (["aov", "refund_rate", "contribution_margin"], "store", {}),
    ("cac", ["channel", "quarter"], {"start": "2024-10-01", "end": "2025-03-31"}),
    (["ctr", "cpc", "roas"], "platform", {"where": {"month": ["2025-05", "2025-06"]}}),
    (["cvr", "bounce_rate", "unique_visitors"], "device", {"start": "2025-12-01"}),
    ("time_on_page", None, {}),
    ("valid_leads", "channel", {}),
    ("reach", "day_type", {}),
    ("aov", "city_tier", {"where": {"store": "own"}, "start": "2025-01-01"}),
]


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    from pyspark.sql import SparkSession

    session = (
        SparkSession.builder.master("local[1]")
        .appName("mktlib")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.warehouse.dir", str(tmp_path_factory.mktemp("warehouse")))
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.mark.parametrize(("metric", "by", "more"), ASKED, ids=[str(one[0]) for one in ASKED])
def test_spark_and_duckdb_count_the_same(spark, metric, by, more):
    ours = layer.query(metric, by, **more)
    theirs = layer.query(metric, by, engine=spark, **more)
    assert list(map(str, theirs.index)) == list(map(str, ours.index)) and len(ours) > 0
    assert theirs.to_numpy() == pytest.approx(ours.to_numpy(), nan_ok=True)


def test_every_metric_of_the_layer_runs_on_spark(spark):
    every = list(layer.catalogue().query("formula != ''").index)
    assert layer.query(every, engine=spark).to_dict() == pytest.approx(layer.query(every).to_dict())
