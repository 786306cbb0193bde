"""The quarter's toolbox: targets close, budgets follow the calendar, scores have a cap, hours end."""

import pandas as pd
import pytest

from mktlib.inputs import ColumnMissing
from mktlib.quarter import (
    QuarterError,
    cockpit,
    day_kinds,
    hours_left,
    kpi_scores,
    next_yuan,
    pace_plan,
    target_tree,
)


def channels(**columns):
    given = {"share": [0.5, 0.5], "cvr": [0.01, 0.10], "aov": [100, 200]} | columns
    return pd.DataFrame(given, index=["feed", "mail"])


def test_each_channel_gets_the_visits_that_its_own_rate_and_basket_ask_for():
    tree = target_tree(10_000, channels())
    assert tree["visits"].to_dict() == pytest.approx({"feed": 5000, "mail": 250})
    average = 10_000 / tree["visits"].sum()  # one value of a visit for all
    assert 5000 / average == pytest.approx(2625)  # the tempting plan for either channel


def test_the_leaves_multiply_back_to_the_goal():
    plan, tree = channels(), target_tree(10_000, channels())
    assert (tree["visits"] * plan["cvr"] * plan["aov"]).sum() == pytest.approx(10_000)


def test_targets_that_sum_to_112_per_cent_are_refused():
    with pytest.raises(QuarterError, match=r"112\.0%"):
        target_tree(10_000, channels(share=[0.52, 0.60]))


def test_a_rate_of_zero_or_in_per_cent_is_refused_by_name():
    with pytest.raises(QuarterError, match="feed: cvr is 0"):
        target_tree(100, channels(cvr=[0, 0.1]))
    with pytest.raises(QuarterError, match=r"mail: cvr is 5\.3"):
        target_tree(100, channels(cvr=[0.1, 5.3]))
    with pytest.raises(ColumnMissing):
        target_tree(100, channels().drop(columns="aov"))


def june():
    return pd.DataFrame({
        "date": pd.date_range("2025-06-01", periods=4), "promo": ["", "618", "618", ""],
        "promo_peak": [False, False, True, False],
    })  # fmt: skip


def test_a_promotion_day_weighs_more_than_an_ordinary_one():
    kinds = day_kinds(june())
    assert kinds.tolist() == ["ordinary", "promotion", "peak", "ordinary"]
    plan = pace_plan(1000, kinds, {"ordinary": 1, "promotion": 2, "peak": 6})
    assert plan.tolist() == [100, 200, 600, 100]
    assert plan.cumsum().iloc[1] == 300  # a straight line says 500


def test_equal_weights_give_the_straight_line_and_a_missing_weight_is_named():
    kinds = day_kinds(june())
    assert pace_plan(100, kinds, dict.fromkeys(kinds, 7)).tolist() == [25] * 4
    with pytest.raises(QuarterError, match="'peak'"):
        pace_plan(100, kinds, {"ordinary": 1, "promotion": 2})
    with pytest.raises(QuarterError, match="negative"):
        pace_plan(100, kinds, {"ordinary": 1, "promotion": 2, "peak": -1})


def lucky_weeks(extra):
    """Ten weeks planned at 100 that spent 80 or 120 in turn; each brings 1,000 anyway and `extra` a yuan."""
    spent = [80, 120] * 5
    return pd.DataFrame({"planned": 100, "spent": spent, "revenue": [1000 + extra * one for one in spent]})


def test_the_next_yuan_is_not_the_average_yuan():
    found = next_yuan(lucky_weeks(extra=1.5))
    assert found["marginal"] == pytest.approx(1.5) and found["se"] == pytest.approx(0)
    assert found["average"] == pytest.approx(11.5)  # the tempting answer


def test_noise_widens_the_standard_error_and_too_few_weeks_are_refused():
    weeks = lucky_weeks(1.5)
    weeks["revenue"] += [30, -30, -30, 30, 0, 0, 30, -30, -30, 30]
    assert next_yuan(weeks)["se"] > 0.3
    with pytest.raises(QuarterError, match="6 periods"):
        next_yuan(weeks.head(6))
    with pytest.raises(QuarterError, match="did not spend more"):
        next_yuan(weeks.assign(planned=weeks["spent"]))


def sheet(**columns):
    given = {
        "person": ["Wu", "Wu", "Lin", "Lin"], "target": [100, 100, 100, 100], "actual": [240, 80, 100, 100],
        "weight": [10, 90, 50, 50], "difficulty": [0.8, 1, 1.2, 1],
    } | columns  # fmt: skip
    return pd.DataFrame(given)


def test_a_cap_keeps_one_easy_kpi_from_hiding_a_miss():
    score = kpi_scores(sheet())
    assert score.index.tolist() == ["Lin", "Wu"]
    assert score.to_dict() == pytest.approx({"Lin": 1.1, "Wu": 1.2 * 0.1 * 0.8 + 0.8 * 0.9})
    raw = (sheet()["actual"] / 100).groupby(sheet()["person"]).mean()
    assert raw["Wu"] == pytest.approx(1.6) and raw["Lin"] == 1  # the tempting ranking is the other way round


def test_weights_must_make_a_whole_sheet():
    with pytest.raises(QuarterError, match="Wu: the weights sum to 60"):
        kpi_scores(sheet(weight=[10, 50, 50, 50]))
    with pytest.raises(QuarterError, match="target"):
        kpi_scores(sheet(target=[0, 100, 100, 100]))


def test_hours_that_others_ask_for_are_not_left_for_the_plan():
    weeks = pd.DataFrame(
        {"person": ["He"] * 2 + ["Lin"] * 2, "contract_hours": [40, 24, 40, 24], "leave_hours": [0, 0, 8, 0]}
    )
    left = hours_left(weeks, pd.Series({"He": 19.0}), weeks=2)
    assert left.loc["He"].to_dict() == {"present": 64, "asked": 38, "left": 26}
    assert left.loc["Lin", "left"] == 56  # contract hours alone would promise 80 each
    with pytest.raises(QuarterError, match="He has 2 weeks"):
        hours_left(weeks, pd.Series({"He": 19.0}), weeks=13)


def test_the_cockpit_says_both_paces_and_the_next_yuan():
    plan = pd.Series([100.0, 100, 600, 200], index=pd.date_range("2025-06-15", periods=4))
    live = pd.Series({"marginal": 1.0, "average": 4.0})
    said = cockpit(plan, plan, 3, live, kept=1.0, break_even=2.38)[1]
    assert (
        "1.00 of the plan by kind of day, 1.07 of the straight line" in said
    )  # 80 % spent after 3 of 4 days
    assert "the next yuan of live brings 1.00" in said
    less = cockpit(plan, plan, 3, live, kept=0.25, break_even=2.38)[1]
    assert "brings 2.83" in less  # 0.25 ** -0.75: less money, dearer yuan spared
    with pytest.raises(QuarterError, match="day 5"):
        cockpit(plan, plan, 5, live, 1.0, 2.38)
