"""Visits, funnels and cohorts at work size: one answer whatever the table comes as, or an error that names column and row."""

from functools import partial

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from mktlib.cohorts import pooled, retention, triangle
from mktlib.events import parts
from mktlib.funnels import funnel, funnel_counts, step_rates
from mktlib.inputs import BadValue, ColumnMissing, database
from mktlib.metrics import NotAdditive, kpi
from mktlib.web import sessionise, visits

STEPS = ["view", "cart", "pay"]
START = pd.Timestamp("2025-03-30 22:00")  # a Sunday: visits, weeks and months end soon

HIT = st.tuples(
    st.sampled_from([7, 8, 9]),  # few people and few times: many ties
    st.sampled_from([0, 1, 29, 30, 59, 60, 1439, 1440, 1441, 10080, 10081, 43200]),
    st.sampled_from([*STEPS, "other"]),
    st.sampled_from(["", "shop.example", "WWW.shop.example", " www.baidu.com", None]),
)
HITS = st.lists(HIT, min_size=5, max_size=40)
each = settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def log(rows, start=START):
    """Hits of (visitor, minutes after the start, event, referrer)."""
    frame = pd.DataFrame(rows, columns=["visitor_id", "minute", "event", "referrer"])
    at = start + pd.to_timedelta(frame.pop("minute"), unit="min")
    return frame.astype({"event": "str", "referrer": "str"}).assign(at=at.astype("datetime64[us]"))


def write(frame, path):
    """The frame as a Parquet file."""
    texts = {name: object for name in frame.select_dtypes("str")}
    database().cursor().from_df(frame.astype(texts)).to_parquet(str(path))
    return str(path)


def given_as(form, frame, folder):
    """The same table in another form than a DataFrame."""
    if form == "csv":
        frame.to_csv(folder / "t.csv", index=False)
        return folder / "t.csv"
    if form == "glob":
        cuts = np.linspace(0, len(frame), 4).astype(int)
        for number in range(3):
            write(frame[cuts[number] : cuts[number + 1]], folder / f"part-{number}.parquet")
        return str(folder / "part-*.parquet")
    relation = database().cursor().from_df(frame)
    turned = relation.filter("event IS NOT NULL").project('"at", event, visitor_id, referrer')
    return {"relation": relation, "query": turned}.get(form) or write(frame, folder / "t.parquet")


FORMS = ["parquet", "csv", "glob", "relation", "query"]


def forms(frame, folder):
    return {form: given_as(form, frame, folder) for form in FORMS}


def by_hand(hits, **rules):
    """Visits by grouping what sessionise numbers."""
    rows = hits.assign(number=sessionise(hits, **rules))
    found = rows.groupby(["visitor_id", "number"])["at"].agg(["min", "max", "count"]).reset_index()
    visit = found.groupby("visitor_id").cumcount() + 1
    return pd.DataFrame({
        "visitor_id": found["visitor_id"], "visit": visit, "started_at": found["min"], "ended_at": found["max"], "hits": found["count"],
    })  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@each
@given(
    rows=HITS, rules=st.sampled_from([{}, {"minutes": 1}, {"minutes": 1440.5}, {"own_site": "shop.example"}])
)
def test_visits_are_those_of_sessionise_whatever_the_table_comes_as(tmp_path, form, rows, rules):
    hits = log(rows)
    wanted = by_hand(hits, **rules)
    assert_frame_equal(visits(hits, **rules), wanted)
    assert_frame_equal(visits(given_as(form, hits, tmp_path), **rules).df(), wanted, check_dtype=False)


@pytest.mark.parametrize("form", FORMS)
@each
@given(rows=HITS, days=st.sampled_from([0.02, 1, 7, 100]), late=st.sampled_from([None, "2025-03-31"]))
def test_a_funnel_is_the_same_whatever_the_table_comes_as(tmp_path, form, rows, days, late):
    hits = log([*rows, *((5, 0, step, None) for step in STEPS)])
    wanted = funnel(hits, STEPS, days, late)
    counts = step_rates(wanted)
    assert_frame_equal(funnel_counts(hits, STEPS, days, late), counts)
    table = given_as(form, hits, tmp_path)
    assert_frame_equal(funnel(table, STEPS, days, late).sort_index(), wanted.sort_index(), check_dtype=False)
    assert_frame_equal(funnel_counts(table, STEPS, days, late), counts)


@pytest.mark.parametrize("form", FORMS)
@each
@given(rows=HITS, every=st.sampled_from(["week", "month"]), days=st.sampled_from([None, 1, 10]))
def test_a_triangle_is_the_same_whatever_the_table_comes_as(tmp_path, form, rows, every, days):
    hits, rules = log(rows), {"every": every, "days": days, "who": "visitor_id", "at": "at", "status": None}
    wanted = triangle(hits, "2025-06-01", **rules)
    for cohort, row in wanted.iterrows():  # one cell after the other, as the docstring says it
        begin = pd.Timestamp(cohort)
        end = begin + (pd.Timedelta(days=7) if every == "week" else pd.offsets.MonthBegin())
        day = hits["at"].dt.normalize()
        first = day.groupby(hits["visitor_id"]).transform("min")
        inside = hits[(first >= begin) & (first < end)]
        assert row["people"] == inside["visitor_id"].nunique()
        ages = (day - first).dt.days // (days or {"week": 7, "month": 30}[every])
        for age, value in row.drop("people").dropna().items():
            assert value == inside.loc[ages[inside.index] == age, "visitor_id"].nunique()
    assert_frame_equal(triangle(given_as(form, hits, tmp_path), "2025-06-01", **rules), wanted)


def many(n):
    """Hits in no order of time, many of them at one time."""
    draw = np.random.default_rng(20261122)
    return pd.DataFrame({
        "visitor_id": draw.integers(0, 10_000, n), "event": draw.choice([*STEPS, "other"], n),
        "at": (START + pd.to_timedelta(draw.integers(0, 40_000, n), unit="min")).astype("datetime64[us]"),
        "referrer": draw.choice(["", "shop.example", "baidu.com"], n),
    }).astype({"event": "str", "referrer": "str"})  # fmt: skip


def test_a_large_file_in_many_row_groups_keeps_its_order(tmp_path):
    hits = many(150_000)  # two row groups, two threads: a wrong order would show
    hits.loc[:5000, "visitor_id"] = 3  # a visitor with very many hits, many of them at one time
    path = write(hits, tmp_path / "hits.parquet")
    for rules in ({}, {"own_site": "shop.example"}):
        assert_frame_equal(visits(path, **rules).df(), by_hand(hits, **rules))
    wanted = funnel(hits, STEPS, 7)
    assert_frame_equal(funnel(path, STEPS, 7).sort_index(), wanted.sort_index(), check_dtype=False)
    assert_frame_equal(funnel_counts(path, STEPS, 7), step_rates(wanted))


def far(hits):
    """The hits with ids of other kinds, by name; the order of the ids is the same."""
    return {
        "text": hits.assign(visitor_id="v" + hits["visitor_id"].astype("str").str.zfill(6)),
        "far apart": hits.assign(visitor_id=hits["visitor_id"] * 10**12 - 7),
        "below 0": hits.assign(visitor_id=hits["visitor_id"] - 9_000),
    }


@pytest.mark.parametrize("order", ["as they come", "by time"])
def test_a_funnel_of_many_parts_is_the_one_of_a_frame_whatever_the_ids_are(tmp_path, order):
    hits = many(150_000)  # two row groups
    hits = hits.sort_values("at", kind="stable", ignore_index=True) if order == "by time" else hits
    for name, table in {"whole": hits, **far(hits)}.items():
        path = write(table, tmp_path / f"{name}.parquet")
        wanted = funnel(table, STEPS, 7, "2025-04-20")
        found = funnel(path, STEPS, 7, "2025-04-20")
        assert_frame_equal(found.sort_index(), wanted.sort_index())
        assert found["view"].is_monotonic_increasing
        assert_frame_equal(funnel_counts(path, STEPS, 7, "2025-04-20"), step_rates(wanted))
        assert_frame_equal(funnel_counts(table, STEPS, 7, "2025-04-20"), step_rates(wanted))


def test_a_step_at_the_end_of_a_part_is_before_the_next_at_the_same_time(tmp_path, monkeypatch):
    monkeypatch.setattr("mktlib.funnels.parts", partial(parts, vectors=1))  # 2,048 rows
    hits = log([(1, 0, "other", ""), *[(2, 0, "other", "")] * 2046, (1, 0, "view", ""), (1, 0, "cart", "")])
    assert funnel_counts(write(hits, tmp_path / "t.parquet"), STEPS[:2], 1)["people"].tolist() == [1, 1]
    back = hits.iloc[[*range(2047), 2048, 2047]]
    assert funnel_counts(write(back, tmp_path / "b.parquet"), STEPS[:2], 1)["people"].tolist() == [1, 0]


def test_many_small_parts_give_the_funnel_of_a_frame(tmp_path, monkeypatch):
    monkeypatch.setattr("mktlib.funnels.parts", partial(parts, vectors=1))
    hits = many(20_000).sort_values("at", kind="stable", ignore_index=True)
    late = hits.iloc[
        [*range(10_000, 20_000), *range(10_000)]
    ]  # each part in order, but not one after the other
    for name, table in {"sorted": hits, "late": late}.items():
        found = funnel(write(table, tmp_path / f"{name}.parquet"), STEPS, 7)
        assert_frame_equal(found.sort_index(), funnel(table, STEPS, 7).sort_index())


def test_tables_of_the_same_connection_are_not_mistaken_for_the_one_that_is_given():
    con, hits = duckdb.connect(), log([(1, 0, "view", ""), (1, 60, "cart", "")])
    for name in ("hits", "rows", "named", "seen", "first", "ordered"):
        con.from_df(hits[:0].astype(str)).create(name)
    con.execute("SET preserve_insertion_order = false")
    con.from_df(hits).create("ours")
    for relation in (con.table("ours"), con.sql("SELECT * FROM ours WHERE visitor_id = 1")):
        assert visits(relation)["hits"].fetchall() == [(1,), (1,)]
        assert funnel_counts(relation, ["view", "cart"], 1)["people"].tolist() == [1, 1]
        assert triangle(relation, "2025-06-01", who="visitor_id", at="at", status=None)[
            "people"
        ].tolist() == [1]


def test_one_visitor_with_a_million_hits_has_his_visits(tmp_path):
    path = (tmp_path / "one.parquet").as_posix()
    duckdb.sql(f"""COPY (SELECT 1 AS visitor_id, TIMESTAMP '2025-01-01' + INTERVAL (i // 2) MINUTE AS "at", 'view' AS event
        FROM range(1000000) t(i) WHERE i % 100 < 20) TO '{path}' (FORMAT parquet)""")  # fmt: skip
    found = visits(path).aggregate("count(*), sum(hits), min(hits), max(hits)").fetchall()
    assert found == [(10_000, 200_000, 20, 20)]
    assert funnel_counts(path, ["view"], 1)["people"].tolist() == [1]


def test_who_belongs_where_his_first_step_was(tmp_path):
    hits = log(
        [
            (1, 0, "view", "a"),
            (1, 1, "cart", "b"),
            (2, 0, "view", "b"),
            (3, 0, "pay", "c"),
            (3, 1, "view", None),
            (3, 2, "view", "a"),
        ]
    )
    for table in (hits, write(hits, tmp_path / "t.parquet")):
        found = funnel_counts(table, ["view", "cart"], 1, by="referrer")
        assert found["people"].to_dict() == {
            ("a", "view"): 1, ("a", "cart"): 1, ("b", "view"): 1, ("b", "cart"): 0, (np.nan, "view"): 1, (np.nan, "cart"): 0,
        }  # fmt: skip
        assert found.index.names == ["referrer", "step"]
    two = funnel_counts(hits.assign(all="x"), ["view", "cart"], 1, by=["all", "referrer"])
    assert two["people"].tolist() == found["people"].tolist()


def test_a_hit_that_is_there_twice_counts_twice_in_a_visit_and_once_among_people(tmp_path):
    once = log([(1, 0, "view", None), (1, 1, "cart", None)])
    twice = pd.concat([once, once], ignore_index=True)
    for table in (twice, *forms(twice, tmp_path).values()):
        found = visits(table)
        found = found if isinstance(found, pd.DataFrame) else found.df()
        assert found["hits"].tolist() == [4]
        assert funnel_counts(table, ["view", "cart"], 1)["people"].tolist() == [1, 1]


@pytest.mark.parametrize("unit", ["s", "ms", "ns"])
def test_times_of_any_fineness_give_one_answer(tmp_path, unit):
    hits = log([(1, 0, "view", ""), (1, 30, "cart", ""), (2, 59, "view", "")]).astype(
        {"at": f"datetime64[{unit}]"}
    )
    path = write(hits, tmp_path / "t.parquet")
    wanted = by_hand(hits)
    assert_frame_equal(visits(hits), wanted)
    assert_frame_equal(visits(path).df(), wanted, check_dtype=False)
    assert funnel_counts(path, ["view", "cart"], 1)["people"].tolist() == [2, 1]


def test_days_are_times_and_times_before_1970_are_cut_alike(tmp_path):
    hits = log(
        [(1, 0, "view", ""), (1, 29, "view", ""), (1, 59, "view", ""), (1, 1440, "view", "")],
        pd.Timestamp("1969-12-31 23:45"),
    )
    assert_frame_equal(visits(write(hits, tmp_path / "t.parquet")).df(), by_hand(hits), check_dtype=False)
    days = database().cursor().from_df(hits).project('visitor_id, CAST("at" AS DATE) AS "at", event')
    assert visits(days).df()["hits"].tolist() == [1, 3]


# ---------------------------------------------------------------- time zones


def instants():
    return log([(1, 0, "view", ""), (1, 29, "cart", ""), (1, 59, "view", "")]).assign(
        at=lambda hits: hits["at"].dt.tz_localize("Asia/Shanghai")
    )


def test_instants_give_the_visits_and_funnels_of_the_same_times_without_zone(tmp_path):
    hits = instants()
    naive = hits.assign(at=hits["at"].dt.tz_localize(None))
    path = write(hits, tmp_path / "t.parquet")
    assert visits(hits)["started_at"].dt.tz_localize(None).tolist() == visits(naive)["started_at"].tolist()
    assert visits(path).df()["ended_at"].tolist() == visits(hits)["ended_at"].tolist()
    for late in (None, pd.Timestamp("2025-03-31", tz="Asia/Shanghai")):
        wanted = funnel_counts(naive, ["view", "cart"], 1, late and late.tz_localize(None))
        assert_frame_equal(funnel_counts(path, ["view", "cart"], 1, late), wanted)
        assert_frame_equal(step_rates(funnel(hits, ["view", "cart"], 1, late)), wanted)


def test_where_an_answer_would_hang_on_the_zone_it_is_asked_for(tmp_path):
    hits = instants()
    for table in (hits, write(hits, tmp_path / "t.parquet")):
        with pytest.raises(BadValue, match=r"'at'.*tz_convert"):
            triangle(table, "2025-06-01", who="visitor_id", at="at", status=None)
        for ask in (funnel, funnel_counts):
            with pytest.raises(BadValue, match="time zone"):
                ask(table, ["view"], 1, starts_before="2025-04-01")
    naive = hits.assign(at=hits["at"].dt.tz_localize(None))
    with pytest.raises(BadValue, match="time zone"):
        funnel_counts(naive, ["view"], 1, starts_before=pd.Timestamp("2025-04-01", tz="UTC"))


# ---------------------------------------------------------------- what cannot be counted


def ways(table):
    """Every question about a table of hits."""
    yield lambda: visits(table)
    yield lambda: funnel(table, ["view"], 1)
    yield lambda: funnel_counts(table, ["view"], 1)
    yield lambda: triangle(table, "2025-06-01", who="visitor_id", at="at", status=None)


GOOD = [(1, 0, "view", ""), (2, 1, "view", ""), (3, 2, "view", "")]
DAMAGED = {
    "no visitor": (lambda hits: hits.assign(visitor_id=[1.0, np.nan, 3]), "'visitor_id': 1 missing, the first at (row 2|index 1)"),
    "no time": (lambda hits: hits.assign(at=hits["at"].where([True, True, False])), "'at': 1 missing, the first at (row 3|index 2)"),
    "text for a time": (
        lambda hits: hits.assign(at=["2025-03-30 22:00", "someday", "2025-03-30 22:02"]), "'at': 'someday' at (row 2|index 1) is no time but text",
    ),
    "numbers for times": (lambda hits: hits.assign(at=[1, 2, 3]), "'at': '1' at (row 1|index 0) is no time but"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGED)
def test_damage_is_told_by_column_and_row_whatever_the_table_comes_as(tmp_path, damage):
    change, said = DAMAGED[damage]
    hits = change(log(GOOD))
    for table in (hits, *forms(hits, tmp_path).values()):
        for ask in ways(table):
            with pytest.raises(BadValue, match=said):
                ask()


def test_a_missing_column_is_told_with_the_nearest_one(tmp_path):
    hits = log(GOOD).rename(columns={"visitor_id": "visitor"})
    path = write(hits, tmp_path / "t.parquet")
    for table in (hits, path):
        for ask in ways(table):
            with pytest.raises(ColumnMissing, match="'visitor_id'; did you mean 'visitor'"):
                ask()
    orders = log(GOOD).rename(columns={"visitor_id": "customer_id", "at": "ordered_at"})
    with pytest.raises(ColumnMissing, match="'status'"):
        triangle(orders, "2025-06-01")


def test_ids_of_two_types_are_no_ids():
    hits = log(GOOD).assign(visitor_id=pd.Series([1, "1", 2], dtype=object))
    for ask in (lambda: sessionise(hits), *ways(hits)):
        with pytest.raises(BadValue, match="'visitor_id' mixes types: 1 at index 0 and '1' at index 1"):
            ask()


def test_a_time_without_end_is_no_time():
    relation = duckdb.sql(
        "SELECT 1 AS visitor_id, 'view' AS event, '' AS referrer, TIMESTAMP 'infinity' AS \"at\""
    )
    for ask in ways(relation):
        with pytest.raises(BadValue, match="row 1"):
            ask()


def test_an_empty_table_has_no_visits_and_no_cohorts(tmp_path):
    empty = log(GOOD)[:0]
    assert visits(empty, own_site="shop.example").empty
    for name, table in {"frame": empty, **forms(empty, tmp_path)}.items():
        found = visits(table)
        assert len(found if name == "frame" else found.df()) == 0
        assert triangle(table, "2025-06-01", who="visitor_id", at="at", status=None).empty
        with pytest.raises(BadValue, match="no hit is called 'view'"):
            funnel_counts(table, ["view"], 1)


def test_unpaid_orders_are_never_counted_unasked(tmp_path):
    orders = log([(1, 0, "paid", ""), (2, 0, "unpaid", ""), (1, 43200, "unpaid", "")])
    orders = orders.rename(columns={"visitor_id": "customer_id", "at": "ordered_at", "event": "status"})
    for table in (orders, write(orders, tmp_path / "t.parquet")):
        assert triangle(table, "2025-06-01").loc["2025-03"].tolist() == [1, 1, 0]
        assert triangle(table, "2025-06-01", status=None).loc["2025-03"].tolist() == [2, 2, 1]


def test_weeks_begin_on_mondays_and_a_week_that_runs_is_not_shown():
    hits = log(
        [(1, 0, "view", ""), (2, 120, "view", ""), (1, 10080, "view", "")]
    )  # Sunday evening, Monday, Sunday
    weekly = {"every": "week", "who": "visitor_id", "at": "at", "status": None}
    table = triangle(hits, "2025-04-14", **weekly)
    assert table.index.tolist() == ["2025-03-24", "2025-03-31"] and np.isnan(table.loc["2025-03-31", 1])
    assert table.loc["2025-03-24", ["people", 0, 1]].tolist() == [1, 1, 1]
    assert triangle(hits, "2025-04-06", **weekly).index.tolist() == ["2025-03-24"]
    assert retention(table)[1]["2025-03-24"] == pooled(table, 1) == 1
    with pytest.raises(BadValue, match="week"):
        triangle(hits, "2025-04-06", every="day")


def test_sessionise_sends_files_to_visits(tmp_path):
    with pytest.raises(BadValue, match=r"visits\("):
        sessionise(write(log(GOOD), tmp_path / "t.parquet"))


def test_visits_of_a_file_are_counted_when_they_are_asked_and_can_be_written(tmp_path):
    path, out = write(log(GOOD), tmp_path / "t.parquet"), tmp_path / "visits.parquet"
    found = visits(path)
    assert found.aggregate("count(*)").fetchall() == [(3,)]
    found.to_parquet(str(out))
    assert (
        triangle(out, "2025-06-01", every="week", who="visitor_id", at="started_at", status=None)[
            "people"
        ].sum()
        == 3
    )


def test_different_visitors_are_counted_from_files_and_never_added(tmp_path):
    hits = log([(1, 0, "view", "a"), (1, 1, "view", "b"), (2, 2, "view", "a"), (2, 2, "view", "a")])
    for table in (hits, *forms(hits, tmp_path).values()):
        assert kpi(table, "unique_visitors")["unique_visitors"] == 2
        assert kpi(table, "unique_visitors", by="referrer")["unique_visitors"].to_dict() == {"a": 2, "b": 1}
    with pytest.raises(NotAdditive):
        kpi(write(hits.rename(columns={"visitor_id": "reach"}), tmp_path / "u.parquet"), "reach")
