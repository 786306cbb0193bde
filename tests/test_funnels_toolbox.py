"""Toolbox of funnels: order, time, one row a visitor; pandas and SQL agree; stages of one cohort."""

import duckdb
import pandas as pd
import pytest

from mktlib import data
from mktlib.funnels import aarrr, funnel, step_rates
from mktlib.inputs import BadValue, ColumnMissing

STEPS = ["view", "cart", "pay"]


def log(*rows):
    """Hits from (visitor, event, hours after 1 May)."""
    frame = pd.DataFrame(rows, columns=["visitor_id", "event", "hours"])
    return frame.assign(at=pd.Timestamp("2025-05-01") + pd.to_timedelta(frame["hours"], unit="h"))


def people(*rows, days=1, **options):
    return funnel(log(*rows), STEPS, days, **options).notna().sum().tolist()


EVERYTHING = [(9, "view", 0), (9, "cart", 1), (9, "pay", 2)]


def test_who_goes_all_steps_in_order_and_in_time_is_counted_at_each():
    assert people(*EVERYTHING) == [1, 1, 1]


def test_a_visitor_who_goes_a_step_three_times_is_one():
    assert people(*EVERYTHING, (9, "view", 3), (9, "cart", 4), (9, "cart", 5)) == [1, 1, 1]


def test_a_step_before_the_step_before_it_does_not_count():
    assert people(*EVERYTHING, (1, "cart", 0), (1, "view", 1)) == [2, 1, 1]
    assert people(*EVERYTHING, (1, "view", 0), (1, "pay", 1), (1, "cart", 2)) == [2, 2, 1]


def test_who_skips_a_step_is_out_of_the_later_ones():
    assert people(*EVERYTHING, (1, "view", 0), (1, "pay", 1), (2, "pay", 1)) == [2, 1, 1]


def test_an_early_step_does_not_hide_a_later_one_that_counts():
    assert people(*EVERYTHING, (1, "cart", 0), (1, "view", 1), (1, "cart", 2), (1, "pay", 3)) == [2, 2, 2]


def test_the_clock_starts_at_the_first_step_and_does_not_start_again():
    assert people(*EVERYTHING, (1, "view", 0), (1, "cart", 20), (1, "pay", 25)) == [2, 2, 1]
    assert people(*EVERYTHING, (1, "view", 0), (1, "view", 20), (1, "cart", 25)) == [2, 1, 1]


def test_the_last_moment_of_the_window_counts():
    assert people(*EVERYTHING, (1, "view", 0), (1, "cart", 24)) == [2, 2, 1]


def test_of_two_hits_at_one_time_the_one_that_stands_first_came_first():
    assert people(*EVERYTHING, (1, "view", 0), (1, "cart", 0)) == [2, 2, 1]
    assert people(*EVERYTHING, (1, "cart", 0), (1, "view", 0)) == [2, 1, 1]


def test_who_began_too_late_is_left_out():
    late = [(1, "view", 30), (1, "cart", 31)]
    assert people(*EVERYTHING, *late) == [2, 2, 1]
    assert people(*EVERYTHING, *late, starts_before="2025-05-02 06:00") == [1, 1, 1]


def test_rows_may_stand_in_any_order_and_other_events_between():
    rows = log(*EVERYTHING, (9, "other", 0.5))
    found = funnel(rows.iloc[::-1], STEPS, 1)
    assert found.loc[9].tolist() == rows["at"].head(3).tolist()


def test_rates_of_the_step_before_and_of_the_first():
    times = funnel(log(*EVERYTHING, (1, "view", 0), (1, "cart", 1), (2, "view", 0), (3, "view", 0)), STEPS, 1)
    rates = step_rates(times)
    assert rates["people"].tolist() == [4, 2, 1]
    assert rates["of_step_before"].tolist()[1:] == [0.5, 0.5] and pd.isna(rates["of_step_before"].iloc[0])
    assert rates["of_first"].tolist() == [1, 0.5, 0.25]


def test_nobody_at_a_step_is_no_rate():
    rates = step_rates(funnel(log((1, "view", 0), (2, "cart", 0), (2, "pay", 1)), STEPS, 1))
    assert rates["people"].tolist() == [1, 0, 0] and pd.isna(rates["of_step_before"].iloc[2])


def test_a_name_that_no_hit_has_is_refused():
    with pytest.raises(BadValue, match="'basket'"):
        funnel(log(*EVERYTHING), ["view", "basket"], 1)
    with pytest.raises(BadValue, match="each once"):
        funnel(log(*EVERYTHING), ["view", "view"], 1)
    with pytest.raises(BadValue, match="days"):
        funnel(log(*EVERYTHING), STEPS, 0)
    with pytest.raises(BadValue, match="1 missing"):
        funnel(log(*EVERYTHING, (None, "view", 1)), STEPS, 1)
    with pytest.raises(ColumnMissing, match="'at'"):
        funnel(log(*EVERYTHING).drop(columns="at"), STEPS, 1)


IN_SQL = """
    with viewed as (
        select visitor_id, min("at") as began, min(event_id) as last from hits where event = 'view_item'
        group by visitor_id having began < timestamp '2025-05-26'),
    carted as (
        select visitor_id, any_value(began) as began, min(event_id) as last
        from hits join viewed using (visitor_id)
        where event = 'add_to_cart' and event_id > last and "at" <= began + interval 7 days group by visitor_id),
    at_checkout as (
        select visitor_id, any_value(began) as began, min(event_id) as last
        from hits join carted using (visitor_id)
        where event = 'begin_checkout' and event_id > last and "at" <= began + interval 7 days group by visitor_id),
    bought as (
        select distinct visitor_id from hits join at_checkout using (visitor_id)
        where event = 'purchase' and event_id > last and "at" <= began + interval 7 days)
    select (select count(*) from viewed), (select count(*) from carted), (select count(*) from at_checkout),
        (select count(*) from bought)
"""


def test_pandas_and_sql_count_the_same_people_in_the_shop_s_log():
    hits = data.load("events", ["event_id", "visitor_id", "event", "event_time_utc"], start="2025-05-01")
    hits = hits.sort_values("event_id").assign(at=hits["event_time_utc"] + pd.Timedelta(hours=8))
    steps = ["view_item", "add_to_cart", "begin_checkout", "purchase"]
    found = funnel(hits, steps, 7, starts_before="2025-05-26").notna().sum().tolist()
    assert found == list(duckdb.sql(IN_SQL).fetchall()[0]) and found[-1] > 100


def cohort():
    """Three join in January: one orders twice, one once, one never pays; a fourth joins in February."""
    customers = pd.DataFrame({
        "customer_id": [1, 2, 3, 4],
        "registered_on": pd.to_datetime(["2025-01-01", "2025-01-31", "2025-01-05", "2025-02-01"]),
    })  # fmt: skip
    orders = pd.DataFrame({
        "customer_id": [1, 1, 1, 2, 3, 4],
        "ordered_at": pd.to_datetime(["2025-01-01", "2025-01-20", "2025-12-31", "2025-02-02", "2025-01-05", "2025-02-01"]),
        "status": ["paid"] * 4 + ["unpaid", "paid"],
        "amount": [100.0, 50.0, 999.0, 30.0, 70.0, 80.0],
    })  # fmt: skip
    referrals = pd.DataFrame({
        "inviter_customer_id": [2, 2, 1, 4],
        "invited_at": pd.to_datetime(["2025-02-10", "2025-02-11", "2025-01-10", "2025-02-10"]),
        "accepted_at": pd.to_datetime(["2025-02-12", "2025-02-12", None, "2025-02-12"]),
    })  # fmt: skip
    return customers, orders, referrals


def test_each_stage_has_its_own_denominator():
    stages = aarrr(*cohort(), "2025-01-01", "2025-02-01")
    assert stages.to_dict() == {
        "acquired": 3, "activated": 2 / 3, "retained": 1 / 2, "revenue": 90.0, "referred": 1 / 2,
    }  # fmt: skip


def test_an_order_after_the_days_retains_nobody():
    assert aarrr(*cohort(), "2025-01-01", "2025-02-01", days=10)["retained"] == 0


def test_a_first_order_that_comes_late_activates_nobody():
    assert aarrr(*cohort(), "2025-01-01", "2025-02-01", first_days=1)["activated"] == pytest.approx(1 / 3)


def test_a_cohort_too_young_is_refused():
    with pytest.raises(BadValue, match="earlier cohort"):
        aarrr(*cohort(), "2025-10-01", "2025-11-01")


def test_a_cohort_of_nobody_has_no_rates():
    stages = aarrr(*cohort(), "2024-01-01", "2024-02-01")
    assert stages["acquired"] == 0 and stages.drop("acquired").isna().all()
