"""Toolbox of the weekly report: faults with row and column, limits of chance, bridges that add up, waiting with open cases."""

import numpy as np
import pandas as pd
import pytest

from mktlib.inputs import BadValue, ColumnMissing
from mktlib.weekly import (
    WeeklyError,
    answered_by,
    bridge_ratio,
    bridge_total,
    control_limits,
    log_faults,
    service_level,
    share_limits,
)

NOW = "2025-03-02 00:00"
NAMES = {"channel": ["search", "feed"]}


def log(**changes):
    """Two lines a day for four days, 10 yuan each; line numbers from 1; changes: {column: {line: value}}."""
    days = pd.date_range("2025-05-01", periods=4).repeat(2)
    table = pd.DataFrame(
        {"line": range(1, 9), "date": days, "channel": ["search", "feed"] * 4, "spend": 10.0}
    )
    table = table.set_index("line")
    for column, values in changes.items():
        for line, value in values.items():
            table.loc[line, column] = value
    return table


def found(table, **more):
    faults = log_faults(table, "channel", names=NAMES, **more)
    return list(zip(faults["row"], faults["column"], faults["fault"], strict=True))


# The log


def test_a_right_log_has_no_fault():
    assert found(log()) == []


def test_a_fault_names_row_and_column():
    assert found(log(spend={4: np.nan})) == [(4, "spend", "missing")]
    assert found(log(spend={5: 100.0})) == [(5, "spend", "over 5 times its neighbours")]
    assert found(log(channel={6: "feeds"})) == [(6, "channel", "unknown name")]


def test_a_line_typed_twice_is_found_once_and_the_first_one_is_kept():
    table = pd.concat([log(), log().loc[[3]].set_axis([9])])
    assert found(table) == [(9, "spend", "typed twice")]


def test_a_line_that_was_not_typed_has_a_day_and_no_row():
    faults = log_faults(log().drop(index=[3]), "channel", names=NAMES)
    assert faults[["date", "line", "fault"]].values.tolist() == [
        [pd.Timestamp("2025-05-02"), "search", "not typed"]
    ]
    assert faults["row"].isna().all()


def test_a_day_without_any_line_is_a_gap_of_each():
    assert len(found(log().drop(index=[3, 4]))) == 2


def test_while_a_name_is_unknown_nothing_else_is_tested():
    assert found(log(channel={6: "feeds"}, spend={4: np.nan})) == [(6, "channel", "unknown name")]


def test_a_promotion_of_two_days_is_no_jump_and_a_fall_is_none():
    assert found(log(spend={3: 90.0, 5: 100.0})) == []
    assert found(log(spend={3: 1.0})) == []


def test_the_first_and_the_last_day_have_one_neighbour():
    assert found(log(spend={1: 51.0})) == [(1, "spend", "over 5 times its neighbours")]
    assert found(log(spend={1: 49.0})) == []


def test_the_threshold_is_the_callers():
    assert found(log(spend={5: 100.0}), jump=11) == []
    with pytest.raises(WeeklyError, match="above 1"):
        found(log(), jump=1)


def test_a_line_may_be_made_of_two_columns_one_of_them_empty():
    table = log().assign(platform=[None, "Douyin"] * 4)
    table.loc[5, "spend"] = np.nan
    faults = log_faults(table, ["channel", "platform"])
    assert faults["line"].tolist() == ["search"] and faults["row"].tolist() == [5]


def test_a_missing_column_of_the_log_is_named():
    with pytest.raises(ColumnMissing, match="'spend'"):
        log_faults(log().drop(columns="spend"), "channel")
    with pytest.raises(WeeklyError, match="'chanel'"):
        log_faults(log(), "channel", names={"chanel": []})


# Limits


def test_limits_are_the_mean_and_2_66_mean_moving_ranges():
    limits = control_limits(pd.Series([10.0, 12, 10, 12, 10, 12]))
    assert limits.to_dict() == pytest.approx({"center": 11, "lower": 11 - 5.32, "upper": 11 + 5.32})


def test_a_shift_inside_the_baseline_hardly_widens_the_limits():
    series = pd.Series([10.0, 12, 10, 12, 10, 12, 50, 52, 50, 52, 50, 52])
    limits = control_limits(series)
    assert limits["upper"] - limits["lower"] < 6 * series.std() / 3
    assert (series > limits["upper"]).sum() == 6


def test_limits_come_from_the_baseline_alone():
    series = pd.Series([10.0, 12, 10, 12, 10, 12, 500])
    assert control_limits(series, slice(0, 5)).equals(control_limits(series.iloc[:6]))


def test_too_few_periods_and_missing_ones_are_refused():
    with pytest.raises(WeeklyError, match="at least 6"):
        control_limits(pd.Series([1.0, 2, 3]))
    with pytest.raises(BadValue, match="Missing is not zero"):
        control_limits(pd.Series([1.0, 2, 3, np.nan, 5, 6]))


def test_the_limits_of_a_share_are_narrow_where_many_stand_below_it():
    table = share_limits(pd.Series([20, 50, 2000]), pd.Series([100, 100, 10_000]), baseline=[0, 2])
    assert table["center"].tolist() == [0.2] * 3
    assert table["upper"].tolist() == pytest.approx([0.32, 0.32, 0.212])
    assert table["outside"].tolist() == [False, True, False]


def test_limits_of_a_share_stay_between_0_and_1_and_a_day_without_cases_is_not_outside():
    table = share_limits(pd.Series([1, 0]), pd.Series([4, 0]))
    assert table.loc[0, "lower"] == 0 and pd.isna(table.loc[1, "share"]) and not table["outside"].any()


def test_a_share_above_one_is_refused():
    with pytest.raises(WeeklyError, match="changed places"):
        share_limits(pd.Series([5]), pd.Series([4]))


# Bridges


def week(visits, orders, source=("search", "feed")):
    return pd.DataFrame({"source": list(source), "visits": visits, "orders": orders})


def test_more_visits_at_equal_rates_are_volume_alone():
    steps = bridge_total(week([100, 100], [10, 2]), week([200, 200], [20, 4]), "source")
    assert steps.to_dict() == pytest.approx({"before": 12, "volume": 12, "mix": 0, "rate": 0, "after": 24})


def test_visits_that_move_to_the_weaker_source_are_mix_alone():
    old, new = week([100, 100], [10, 2]), week([50, 150], [5, 3])
    assert bridge_ratio(old, new, "source").to_dict() == pytest.approx(
        {"before": 0.06, "mix": -0.02, "rate": 0, "after": 0.04}
    )


def test_simpsons_reversal_is_a_bridge_with_two_signs():
    steps = bridge_ratio(week([100, 100], [10, 2]), week([50, 350], [6, 10]), "source")
    assert steps["after"] < steps["before"] and steps["rate"] > 0 > steps["mix"]


def test_bridges_add_up_exactly_for_any_weeks():
    rng = np.random.default_rng(1)
    for _ in range(30):
        old, new = (week(rng.integers(1, 900, 2), rng.integers(0, 90, 2)) for _ in range(2))
        for steps in (bridge_total(old, new, "source"), bridge_ratio(old, new, "source")):
            assert steps.iloc[:-1].sum() == pytest.approx(steps["after"], rel=1e-12)
        assert bridge_total(old, new, "source")["after"] == new["orders"].sum()


def test_a_source_that_comes_new_is_mix_and_not_rate():
    steps = bridge_ratio(week([100], [10], ["search"]), week([100, 100], [10, 2]), "source")
    assert steps["rate"] == pytest.approx(0) and steps["mix"] == pytest.approx(-0.04)


def test_rows_of_several_days_are_added_up_before_dividing():
    days = pd.concat([week([50, 50], [5, 1])] * 2)
    assert bridge_total(days, days, "source")["before"] == 12


def test_a_week_without_visits_has_no_bridge():
    with pytest.raises(WeeklyError, match="'before'"):
        bridge_total(week([0, 0], [0, 0]), week([1, 1], [1, 0]), "source")


# Waiting


def cases(*waits):
    """Cases that were opened so many hours before NOW and answered after so many hours (None: not yet)."""
    now = pd.Timestamp(NOW)
    opened = pd.Series([now - pd.Timedelta(hours=ago) for ago, _ in waits])
    answered = pd.Series(
        [
            one + pd.Timedelta(hours=w) if w is not None else pd.NaT
            for one, (_, w) in zip(opened, waits, strict=True)
        ]
    )
    return opened, answered.astype("datetime64[ns]")


def test_without_open_cases_the_service_level_is_a_plain_share():
    level = service_level(*cases((99, 1), (99, 2), (99, 30), (99, 40)), NOW)
    assert level.to_dict() == {"within": 0.5, "median": 2, "p90": 40, "cases": 4, "waiting": 0}


def test_an_old_open_case_counts_as_not_answered():
    opened, answered = cases((99, 1), (99, 2), (99, None), (99, None))
    level = service_level(opened, answered, NOW)
    assert level["within"] == 0.5 and level["waiting"] == 2 and np.isnan(level["p90"])
    assert ((answered - opened).dropna().dt.total_seconds() <= 86_400).mean() == 1  # the tempting answer


def test_a_case_opened_three_hours_ago_is_neither_success_nor_failure():
    curve = answered_by(*cases((99, 1), (99, 10), (3, None)), NOW)
    assert curve.to_dict() == pytest.approx({0: 0, 1: 1 / 3, 3: 1 / 3, 10: 1})


def test_an_answer_after_the_end_of_the_data_is_not_known_yet():
    opened, answered = cases((30, 29), (30, 2))
    assert (
        service_level(opened, answered, pd.Timestamp(NOW) - pd.Timedelta(hours=10), hours=15)["within"] == 0.5
    )


def test_a_case_opened_after_the_end_of_the_data_is_no_case():
    opened, answered = cases((99, 1), (5, 1))
    assert service_level(opened, answered, pd.Timestamp(NOW) - pd.Timedelta(hours=10))["cases"] == 1


def test_a_promise_that_no_case_is_old_enough_for_has_no_level():
    assert np.isnan(service_level(*cases((5, 1), (5, None)), NOW)["within"])


def test_times_that_cannot_be_are_refused():
    with pytest.raises(BadValue, match="row 0"):
        answered_by(*cases((9, -1)), NOW)
    with pytest.raises(WeeklyError, match="No case"):
        answered_by(*cases((-9, None)), NOW)
