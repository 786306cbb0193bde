"""The benchmarks: tables that are the same everywhere, ways that give one answer, results and page that can be read."""

import math
import sys
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from benchmarks import __main__ as benchmarks
from benchmarks import environments, generate, report
from benchmarks.cases import CASES, ENVIRONMENTS
from mktlib.lifetime import fit_bgnbd

ROOT = Path(__file__).resolve().parents[1]
ROWS = 10_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("benchmarks")


@pytest.fixture(scope="module")
def tables(folder):
    """{name: DataFrame} of every table at 10,000 units."""
    paths = {name: generate.write(name, ROWS, folder / f"{name}-{ROWS}.parquet") for name in generate.TABLES}
    return {name: duckdb.read_parquet(str(path)).df() for name, path in paths.items()}


def test_a_table_is_the_same_on_every_machine_and_in_every_version(tables):
    found = {
        "ads": tables["ads"][["impressions", "clicks", "orders"]].sum().tolist(),
        "hits": [tables["hits"]["visitor_id"].sum(), (tables["hits"]["event"] == "purchase").sum()],
        "orders": [tables["orders"]["customer_id"].sum(), (tables["orders"]["status"] == "paid").sum()],
        "journeys": [tables["journeys"]["order_id"].count(), (tables["journeys"]["channel"] == "SEM").sum()],
    }
    assert found == {
        "ads": [2765342, 37447, 1069],
        "hits": [3754875, 538],
        "orders": [10021622, 9319],
        "journeys": [4396, 7415],
    }


def test_a_table_has_as_many_units_as_asked_for(tables):
    assert [len(tables[name]) for name in ("ads", "hits", "orders", "customers")] == [ROWS] * 4
    assert tables["journeys"]["journey_id"].nunique() == ROWS


@pytest.mark.parametrize("n", [1, 37])
def test_a_table_of_an_odd_length_has_no_more_and_no_less(n, tmp_path):
    found = {
        name: duckdb.read_parquet(str(generate.write(name, n, tmp_path / f"{name}.parquet"))).df()
        for name in generate.TABLES
    }
    assert [len(found[name]) for name in ("ads", "hits", "orders", "customers")] == [n] * 4
    assert found["journeys"]["journey_id"].tolist()[-1] == found["journeys"]["journey_id"].nunique() == n


def test_nothing_is_missing_but_the_orders_of_journeys_without_one(tables):
    for name, table in tables.items():
        gaps = table.columns[table.isna().any()].tolist()
        assert gaps == (["order_id"] if name == "journeys" else []), name


def test_ad_rows_are_what_an_ad_can_do(tables):
    ads = tables["ads"]
    assert not ads.duplicated(["date", "ad"]).any()
    assert (ads["clicks"] <= ads["impressions"]).all() and (ads["orders"] <= ads["clicks"] + 1).all()
    assert (ads[["clicks", "cost", "orders", "revenue"]] >= 0).all(axis=None)
    assert ads["channel"].nunique() == 10 and ads["date"].nunique() > 700


def test_hits_stand_in_order_of_time_and_visits_begin_at_a_page(tables):
    hits = tables["hits"]
    assert hits["at"].is_monotonic_increasing and (hits["at"] < pd.Timestamp("2026-07-06 01:00")).all()
    first = hits.drop_duplicates("visitor_id")
    assert (first["event"] == "page_view").all() and (first["referrer"] != "shop.heyu.example").all()
    shares = hits["event"].value_counts(normalize=True)
    assert list(shares.index) == generate.FUNNEL and shares["purchase"] > 0.03


def test_journeys_number_their_touches_in_order_of_time_and_have_one_order_or_none(tables):
    journeys = tables["journeys"]
    by = journeys.groupby("journey_id")
    assert (by.cumcount() + 1 == journeys["touch"]).all()
    assert (by["touch_at"].diff().dropna() > pd.Timedelta(0)).all()
    assert (by["order_id"].nunique(dropna=False) == 1).all()
    assert 3.4 < len(journeys) / ROWS < 3.6 and 0.1 < by["order_id"].first().notna().mean() < 0.15
    assert journeys["channel"].nunique() == 10


def test_customers_come_from_the_model_that_is_fitted(tables):
    assert (tables["customers"]["recency"] <= tables["customers"]["T"]).all()
    model = fit_bgnbd(generate.customers(100_000))
    for name, true in generate.BGNBD.items():
        assert getattr(model, name) == pytest.approx(true, rel=0.05), name


def test_one_command_measures_all_cases_and_goes_on_where_it_was(folder, tables, capsys):
    small = ["--rows", str(ROWS), "--data", str(folder), "--results", str(folder / "results.csv")]
    arguments = [*small, "--page-folder", str(folder), "--only", "kpi", "markov"]
    assert benchmarks.main(arguments) == 0
    rows = report.read(folder / "results.csv")
    assert [(row["case"], row["way"]) for row in rows] == [
        (case, way) for case in ("kpi", "markov") for way in ("mktlib", "pandas")
    ]
    for row in rows:
        assert not row["note"] and 0 < float(row["seconds"]) < 60 and 30 < float(row["peak_mb"]) < 2000, row
        assert int(row["runs"]) == 5 and float(row["reading"]) <= float(row["seconds"])
        assert (row["way"] == "mktlib") == (row["differs"] == "")
        assert row["way"] == "mktlib" or float(row["differs"]) < 1e-9
    said = capsys.readouterr().out
    assert "cores" in said and "duckdb" in said and "Python" in said
    assert "| 10,000 | pandas |" in (folder / "speed.md").read_text(encoding="utf-8")
    assert benchmarks.main(arguments) == 0
    assert report.read(folder / "results.csv") == rows


@pytest.mark.parametrize("name", [name for name in CASES if name not in ("kpi", "markov", "bgnbd")])
def test_ours_and_pandas_give_one_answer(name, folder, tables):
    class Clock:
        def read(self): ...
        def done(self): ...

    path = str(folder / f"{CASES[name].table}-{ROWS}.parquet")
    ours, theirs = (CASES[name].ways[way].run(path, Clock()) for way in ("mktlib", "pandas"))
    assert len(ours) >= 4 and set(ours) <= set(theirs)
    assert float(benchmarks.difference(theirs, ours)) < 1e-9


def test_growth_is_the_slope_between_logarithms():
    rows = [
        {"case": case, "way": "mktlib", "rows": str(n), "seconds": str(3e-7 * n**power)}
        for case, power in (("kpi", 1.0), ("rfm", 1.3))
        for n in (10**6, 10**7, 10**8)
    ]
    rows += [{"case": "web", "way": "mktlib", "rows": "1000000", "seconds": "1"}]
    rows += [{"case": "kpi", "way": "pandas", "rows": "1000000", "seconds": "9"}]
    rows += [{"case": "kpi", "way": "mktlib", "rows": "1000000000", "seconds": ""}]
    assert report.slopes(rows) == {"kpi": pytest.approx(1.0), "rfm": pytest.approx(1.3)}


def test_the_results_are_complete_and_their_page_is_theirs():
    rows = report.read(ROOT / "benchmarks" / "results.csv")
    assert rows, "run python -m benchmarks"
    for row in rows:
        assert set(row) == set(benchmarks.COLUMNS)
        assert row["way"] in CASES[row["case"]].ways and int(row["rows"]) > 0
        assert bool(row["seconds"]) != bool(row["note"]), row
        if row["seconds"]:
            assert math.isfinite(float(row["seconds"])) and float(row["reading"]) <= float(row["seconds"])
    keys = [(row["case"], row["way"], row["rows"]) for row in rows]
    assert len(set(keys)) == len(keys)
    assert {row["case"] for row in rows} == set(CASES)
    assert (ROOT / "docs" / "speed.md").read_text(encoding="utf-8") == report.page(rows)


def test_a_size_is_not_tried_that_a_tenth_of_it_shows_to_be_too_large():
    rows = [
        {"case": "kpi", "way": "pandas", "rows": "1000000", "seconds": "13", "peak_mb": "900", "note": ""}
    ]
    assert benchmarks.beyond(rows, "kpi", "pandas", 10**7) == "not tried: 13 s at 1,000,000"
    assert benchmarks.beyond(rows, "kpi", "mktlib", 10**7) is None
    rows[0] |= {"seconds": "2"}
    assert benchmarks.beyond(rows, "kpi", "pandas", 10**7) is None
    rows[0] |= {"peak_mb": "1e9"}
    assert "GB at 1,000,000" in benchmarks.beyond(rows, "kpi", "pandas", 10**7)


def test_a_way_that_hangs_or_fails_is_said_in_words(tmp_path, monkeypatch):
    monkeypatch.setattr(benchmarks, "ROOT", ROOT)
    worker = benchmarks.Worker("kpi", "pandas", Path(sys.executable))
    assert worker.run(tmp_path / "none.parquet", patience=60)["error"]
    assert worker.process.poll() is not None
    worker = benchmarks.Worker("kpi", "pandas", Path(sys.executable))
    assert worker.run(tmp_path / "none.parquet", patience=0) == {"error": "more than 0 seconds"}


def test_a_peer_that_needs_a_newer_python_is_said_in_words(tmp_path, monkeypatch):
    monkeypatch.setattr(environments, "interpreter", lambda lowest: None)
    assert environments.make("pymc-marketing", tmp_path) == "needs Python 3.12 or newer, which is not here"


def test_every_way_has_an_environment_that_can_be_made():
    used = {way.environment for case in CASES.values() for way in case.ways.values()} - {None}
    assert used == set(ENVIRONMENTS)
