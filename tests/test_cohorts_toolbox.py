"""Toolbox of cohorts: age and not calendar, "not yet" is no "no", nothing of the future."""

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mktlib.cohorts import absent, at, gaps, lexis, lives, pooled, retention, silence, triangle
from mktlib.errors import Told
from mktlib.inputs import BadValue, ColumnMissing
from mktlib.plots import AltMissing


def book(*rows):
    """Orders from (customer, day), all paid unless a third value says otherwise."""
    rows = [(*row, "paid")[:3] for row in rows]
    table = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "status"])
    return table.assign(ordered_at=pd.to_datetime(table["ordered_at"], format="ISO8601"))


FOUR = book(
    (1, "2025-01-01 23:50"),
    (1, "2025-01-31 00:10"),  # day 30: age 1
    (2, "2025-01-31"),
    (2, "2025-03-01"),  # day 29: still age 0
    (3, "2025-01-15"),
    (4, "2025-02-10"),
    (4, "2025-03-20"),  # day 38: age 1
)


def test_age_counts_whole_days_from_the_first_paid_order():
    orders = book((1, "2025-01-01", "unpaid"), (1, "2025-01-05 22:00"), (1, "2025-01-07 01:00"))
    assert lives(orders, "2025-02-01")["age"].tolist() == [0, 2]
    assert set(lives(orders, "2025-02-01")["cohort"]) == {"2025-01"}


def test_what_happened_today_is_not_known_yet():
    assert len(lives(FOUR, "2025-03-20")) == 6
    assert len(lives(FOUR, "2025-03-21")) == 7


def test_a_triangle_follows_ages_and_not_months():
    table = triangle(FOUR, "2025-05-01")
    assert table.loc["2025-01"].tolist()[:3] == [3, 3, 1]  # people, age 0, age 1
    assert table.loc["2025-02", ["people", 0, 1]].tolist() == [1, 1, 1]


def test_a_cell_is_empty_until_it_is_over_for_the_youngest():
    # the youngest of January came on the 31st: age 1 is over when 60 days have passed, on the morning of 1 April
    assert 1 not in triangle(FOUR, "2025-03-31").columns
    assert triangle(FOUR, "2025-04-01")[1]["2025-01"] == 1
    assert triangle(FOUR, "2025-04-01")[1].isna()["2025-02"]


def test_over_without_a_buyer_is_zero_and_not_empty():
    assert triangle(FOUR, "2025-06-01").loc["2025-01", 3] == 0


def test_a_cohort_whose_month_runs_is_not_shown():
    assert triangle(FOUR, "2025-02-15").index.tolist() == ["2025-01"]


@settings(max_examples=30)
@given(st.integers(0, 200))
def test_a_cell_once_filled_never_changes(later):
    then = triangle(FOUR, "2025-04-05")
    now = triangle(FOUR, pd.Timestamp("2025-04-05") + pd.Timedelta(days=later))
    both = now.loc[then.index, then.columns].where(then.notna())
    pd.testing.assert_frame_equal(both, then.astype("float64"), check_dtype=False)


def test_an_early_day_gives_an_empty_triangle():
    assert list(triangle(FOUR, "2024-01-01").columns) == ["people"]
    assert triangle(FOUR, "2024-01-01").empty


def test_retention_names_its_denominator():
    table = pd.DataFrame({"people": [100], 0: [100.0], 1: [40.0], 2: [30.0]}, index=["2025-01"])
    assert retention(table).loc["2025-01"].tolist() == [1, 0.4, 0.3]
    assert retention(table, of=1).loc["2025-01", 2] == 0.75  # the tempting answer
    with pytest.raises(BadValue, match="no column 'persons'"):
        retention(table, of="persons")


def test_a_pooled_rate_has_the_same_cohorts_above_and_below():
    table = pd.DataFrame({"people": [100, 300, 600], 1: [40.0, 60.0, math.nan]}, index=list("abc"))
    assert pooled(table, 1) == 100 / 400  # and not 100 / 1000
    with pytest.raises(BadValue, match="oldest age is 1"):
        pooled(table, 2)


def test_gaps_know_the_next_order_and_leave_it_open():
    rows = gaps(FOUR, "2025-05-01")
    one = rows[rows["customer_id"] == 1]
    assert one["number"].tolist() == [1, 2]
    assert one["next_at"].iloc[0] == pd.Timestamp("2025-01-31 00:10") and pd.isna(one["next_at"].iloc[1])


def test_silence_lets_the_young_leave_the_count():
    # A returns after 10 days, B is silent for 100, C came 5 days ago: of the two who could be seen on day 10, one returned
    orders = book((1, "2025-01-01"), (1, "2025-01-11"), (2, "2025-01-01"), (3, "2025-04-06"))
    first = gaps(orders, "2025-04-11").query("number == 1")
    curve = silence(first, "2025-04-11")
    assert (at(curve, 9), at(curve, 10), at(curve, 99)) == (1, 0.5, 0.5)
    assert first["next_at"].notna().mean() == 1 / 3  # the tempting answer
    assert math.isnan(at(curve, 200))


def test_without_open_silences_the_curve_is_the_plain_share():
    orders = book((1, "2025-01-01"), (1, "2025-01-11"), (2, "2025-01-01"), (2, "2025-01-21"))
    curve = silence(gaps(orders, "2026-01-01").query("number == 1"), "2026-01-01")
    assert (at(curve, 15), at(curve, 20), at(curve, 500)) == (0.5, 0, 0)


PEOPLE = pd.DataFrame(
    {
        "customer_id": [1, 2, 3, 4],
        "registered_on": pd.to_datetime(["2025-01-01", "2025-01-01", "2025-01-01", "2025-06-01"]),
    }
)
VISITS = pd.DataFrame(
    {
        "customer_id": pd.array([1, 1, 2, pd.NA], dtype="Int64"),
        "started_at": pd.to_datetime(["2025-05-20", "2025-06-05", "2025-05-25", "2025-05-30"]),
    }
)


def test_a_later_login_erases_nobody_and_the_never_seen_are_absent():
    assert list(absent(PEOPLE, VISITS, "2025-06-01")) == [1, 3]


def test_the_first_of_the_days_counts():
    assert 2 in absent(PEOPLE, VISITS, "2025-06-02")
    assert 2 not in absent(PEOPLE, VISITS, "2025-06-01")


def test_errors_name_the_column_and_the_remedy():
    with pytest.raises(ColumnMissing, match="'started_at'"):
        absent(PEOPLE, VISITS.drop(columns="started_at"), "2025-06-01")
    with pytest.raises(BadValue, match="2026-01-01"):
        lives(FOUR, "someday")
    for bad in (lambda: triangle(FOUR, "2025-05-01", days=0), lambda: at(pd.Series([1.0], index=[0.0]), -1)):
        with pytest.raises(Told):
            bad()
    with pytest.raises(BadValue, match="above 0"):
        absent(PEOPLE, VISITS, "2025-06-01", days=0)


def test_the_lexis_diagram_fills_what_is_over_on_its_day():
    table = triangle(FOUR, "2025-06-01")
    filled = [
        len(lexis(table, day, "t", alt="A diagram.").figure.axes[0].collections[0].get_paths())
        for day in ("2025-01-15", "2025-04-02", "2025-06-01")
    ]
    assert filled == [0, 3, int(table.drop(columns="people").notna().to_numpy().sum())]
    with pytest.raises(AltMissing):
        lexis(table, "2025-04-02", "t")
