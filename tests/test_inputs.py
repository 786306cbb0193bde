"""What the toolbox takes as a table: one file or many, frame or relation, and the same numbers from each."""

import os
import subprocess
import sys

import duckdb
import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from mktlib.inputs import MEMORY, BadValue, ColumnMissing, close_database, database, open_table
from mktlib.metrics import kpi

ADS = pd.DataFrame({
    "channel": ["feed", "search", "feed", "search", "feed"], "impressions": [1000, 400, 900, 0, 50],
    "clicks": [10, 40, 9, 0, 1], "cost": [12.5, 80.25, 9.1, 0.0, 0.35],
})  # fmt: skip
ASKED = ["ctr", "cpc", "cpm"]


@pytest.fixture
def files(tmp_path):
    """Paths of the same rows: one Parquet, one CSV, and stars over three files of each whose columns differ in order."""
    ADS.to_csv(tmp_path / "all.csv", index=False)
    write(ADS, tmp_path / "all.parquet")
    for place, rows in enumerate([ADS[:2], ADS[2:3], ADS[3:]]):
        turned = rows[list(np.roll(ADS.columns, place))]
        turned.to_csv(tmp_path / f"part-{place}.csv", index=False)
        write(turned, tmp_path / f"part-{place}.parquet")
    return [tmp_path / name for name in ("all.csv", "all.parquet", "part-*.csv", "part-*.parquet")]


def write(frame, path):
    frame = frame.astype({column: object for column in frame if frame[column].dtype == "str"})
    duckdb.from_df(frame).write_parquet(str(path))


def test_files_stars_and_relations_give_the_numbers_of_the_frame(files):
    wanted = kpi(ADS, ASKED, by="channel")
    for path in files:
        assert_frame_equal(kpi(path, ASKED, by="channel"), wanted)
        assert_frame_equal(kpi(str(path), ASKED, by="channel"), wanted)
    assert_frame_equal(kpi(open_table(files[1]).filter("true"), ASKED, by="channel"), wanted)


def test_a_column_that_one_of_many_files_lacks_is_missing_there_and_not_nothing(files, tmp_path):
    write(ADS.drop(columns="cost"), tmp_path / "part-9.parquet")
    with pytest.raises(BadValue, match=r"'cost'.* missing value.*row 6"):
        kpi(files[3], ASKED)


@pytest.mark.parametrize("column", ["impressions", "clicks"])
@pytest.mark.parametrize(("value", "word"), [(np.nan, "missing"), (-1, "-1"), (np.inf, "infinite")])
def test_a_row_that_cannot_be_added_up_is_named_whatever_the_table_is(tmp_path, column, value, word):
    frame = ADS.astype({column: float})
    frame.loc[3, column] = value
    write(frame, tmp_path / "bad.parquet")
    for table, place in ((frame, "index 3"), (tmp_path / "bad.parquet", "row 4")):
        with pytest.raises(BadValue, match=f"column '{column}'.*{word}.*|{word}") as told:
            kpi(table, ASKED, by="channel")
        assert place in str(told.value) and word in str(told.value)


def test_a_text_among_numbers_of_a_csv_is_named(tmp_path):
    (tmp_path / "odd.csv").write_text(
        "channel,impressions,clicks\nfeed,10,1\nfeed,many,2\n", encoding="utf-8"
    )
    with pytest.raises(BadValue, match="'many' at row 2 is not a number"):
        kpi(tmp_path / "odd.csv", "ctr")


def test_an_empty_file_adds_up_to_nothing_and_an_unreadable_one_is_said(tmp_path):
    (tmp_path / "empty.csv").write_text("channel,impressions,clicks\n", encoding="utf-8")
    assert np.isnan(kpi(tmp_path / "empty.csv", "ctr")["ctr"])
    (tmp_path / "not.parquet").write_bytes(b"no table")
    with pytest.raises(ValueError, match="cannot be read as a table"):
        open_table(tmp_path / "not.parquet")
    with pytest.raises(FileNotFoundError, match="there is no file"):
        open_table(tmp_path / "gone.csv")
    with pytest.raises(ColumnMissing, match="clicks"):
        kpi(ADS.rename(columns={"clicks": "click"}), "ctr")


def test_what_memory_cannot_hold_is_laid_outside_of_the_folder_one_works_in(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    one = database().cursor()
    assert one.execute("SELECT current_setting('memory_limit')").fetchone()[0].startswith(("1.8", MEMORY[0]))
    one.execute("SET memory_limit = '60MB'")
    try:
        count = one.execute(
            "SELECT count(*) FROM (SELECT hash(range) AS h, range FROM range(6_000_000) ORDER BY h)"
        )
        assert count.fetchone() == (6_000_000,)
    finally:
        one.execute(f"SET memory_limit = '{MEMORY}'")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_child_of_a_process_whose_database_was_closed_can_read():
    code = (
        "import os\nfrom mktlib import load\nfrom mktlib.inputs import close_database\n"
        "load('orders'); close_database()\n"
        "child = os.fork()\n"
        "if child == 0: os._exit(len(load('products')) == 0)\n"
        "raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
    close_database()
    assert database().execute("SELECT 1").fetchone() == (1,)


def test_a_table_of_the_users_connection_is_not_taken_for_the_rows():
    from mktlib.attribution import markov
    from mktlib.customers import rfm
    from mktlib.lifetime import recency_frequency

    con = duckdb.connect()
    orders = "SELECT range // 2 AS customer_id, TIMESTAMP '2025-03-01' + INTERVAL (range) DAY AS ordered_at, 'paid' AS status, 10.0 AS amount FROM range(8)"
    journeys = "SELECT range // 2 AS journey_id, range % 2 AS touch, ['a', 'b', 'c'][range % 3 + 1] AS channel, CASE WHEN range < 6 THEN 1 END AS order_id FROM range(8)"
    for name in ("rows", "orders", "journeys", "hits", "source"):
        con.execute(
            f"CREATE TABLE {name} AS SELECT * FROM ({orders}), (SELECT 1 AS journey_id, 1 AS touch, 'x' AS channel, 1 AS order_id) LIMIT 1"
        )
    for function, sql, more in (
        (rfm, orders, ["2026-01-01"]),
        (recency_frequency, orders, ["2026-01-01"]),
        (markov, journeys, []),
    ):
        relation = con.sql(sql)
        assert_frame_equal(function(relation, *more), function(relation.df(), *more))
