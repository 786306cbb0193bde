"""Toolbox of creators and vendors: numbers for the head, brute force beside the solver, planted effects, refusals."""

import itertools

import numpy as np
import pandas as pd
import pytest

from mktlib.creators import (
    audience,
    contract_cost,
    creator_map,
    dose,
    lift,
    needs,
    portfolio,
    reached,
    screening,
    standardised,
    suspicion,
)
from mktlib.inputs import BadValue, ColumnMissing


def listed(**columns):
    return pd.DataFrame(columns, index=["a", "b", "c"])


# Screening


def test_suspicion_is_the_mean_of_three_traces_in_standard_units():
    found = suspicion(listed(comment_entropy=[6, 7, 8], first_10min_pct=[30, 20, 10], burst_pct=[0, 10, 20]))
    assert found["words"].tolist() == [1, 0, -1]  # poor wording is suspicious
    assert found["at_once"].tolist() == [1, 0, -1] and found["bursts"].tolist() == [-1, 0, 1]
    assert found["score"].tolist() == pytest.approx([1 / 3, 0, -1 / 3])


def test_a_screen_refuses_what_it_cannot_compare():
    good = listed(comment_entropy=[6, 7, 8], first_10min_pct=[30, 20, 10], burst_pct=[0, 10, 20])
    with pytest.raises(ColumnMissing, match="burst_pct"):
        suspicion(good.drop(columns="burst_pct"))
    with pytest.raises(BadValue, match="three creators"):
        suspicion(good.assign(burst_pct=5))


def test_precision_divides_by_the_flagged_and_recall_by_the_true():
    names = list("abcdef")
    flagged = pd.Series([True, True, True, False, False, False], names)
    truth = pd.Series([True, False, False, True, False, False], names)
    found = screening(flagged, truth.sample(frac=1, random_state=1))
    assert found.to_dict() == {"flagged": 3, "found": 1, "precision": 1 / 3, "recall": 1 / 2}
    assert np.isnan(screening(flagged & False, truth)["precision"])
    with pytest.raises(BadValue, match="same creators"):
        screening(flagged.iloc[:3], truth)


# Lift


def notes(*rows):
    return pd.DataFrame(rows, columns=["published_at", "clicks"]).assign(
        published_at=lambda table: pd.to_datetime(table["published_at"])
    )


def test_a_dose_spreads_clicks_over_the_days_after_and_forgets_what_lies_outside():
    days = pd.date_range("2025-01-01", periods=4)
    found = dose(notes(("2025-01-01 20:00", 8), ("2025-01-04 09:00", 4)), days, [2, 1, 1])
    assert found.tolist() == [4, 2, 2, 2]  # of the last note, half lies beyond the end
    with pytest.raises(BadValue, match="shares by day"):
        dose(notes(("2025-01-01", 8)), days, [0, 0])


def test_lift_finds_what_was_planted_where_days_without_a_control_do_not():
    rng = np.random.default_rng(4)
    days = pd.DataFrame(
        {"month": np.repeat(np.arange(12), 30)}, index=pd.date_range("2025-01-01", periods=360)
    )
    season = np.where(days["month"] == 5, 60.0, 0.0)
    days["dose"] = rng.poisson(
        np.where(days["month"] == 5, 12, 4)
    )  # more is published when more is bought anyway
    days["control"] = 100 + season + rng.normal(0, 3, 360)
    days["visits"] = 20 + 0.5 * days["control"] + 1.5 * days["dose"] + rng.normal(0, 4, 360)
    found = lift(days, "visits", "dose", "control")
    assert found["low"] < 1.5 * days["dose"].sum() < found["high"]
    assert found["per_unit"] == pytest.approx(1.5, rel=0.15)
    assert np.polyfit(days["dose"], days["visits"], 1)[0] > 2 * found["per_unit"]  # the tempting answer


def test_lift_needs_days_and_a_dose_that_differs():
    days = pd.DataFrame({"v": range(200), "dose": 1.0, "control": range(200), "month": 1})
    with pytest.raises(BadValue, match="the same on all days"):
        lift(days, "v", "dose", "control")
    with pytest.raises(BadValue, match="120 days"):
        lift(days.head(50), "v", "dose", "control")


# Portfolio


def two_clusters():
    people = pd.Series([100.0, 100.0], ["x", "y"])
    return pd.DataFrame({"x": [0.5, 0.5, 0.0], "y": [0.0, 0.0, 0.4]}, index=["a", "b", "c"]), people


def test_who_sees_two_creators_counts_once():
    shares, people = two_clusters()
    assert reached(shares, people, ["a", "b"]) == 75 and reached(shares, people, ["a", "c"]) == 90
    assert reached(shares, people, []) == 0
    with pytest.raises(BadValue, match="no creator 'aa'"):
        reached(shares, people, ["aa"])


def test_an_audience_is_views_by_cluster_over_its_people():
    creators = pd.DataFrame({"median_views": [1000, 500]}, index=["C1", "C2"])
    overlap = pd.DataFrame({
        "creator_id": ["C1", "C1", "C2", "C2"], "child_stage": "0-6 months", "city": ["tier 1-2", "tier 3-4"] * 2,
        "cluster_people": [1000, 100] * 2, "viewers_pct": [20.0, 30.0, 40.0, 10.0],
    })  # fmt: skip
    shares, people = audience(creators, overlap)
    assert shares.to_numpy().tolist() == [[0.2, 0.95], [0.2, 0.5]]  # nobody reaches more than 95 of 100
    assert people.tolist() == [1000, 100]
    with pytest.raises(BadValue, match="no rows for C3"):
        audience(creators.rename(index={"C2": "C3"}), overlap)


@pytest.mark.parametrize("seed", range(8))
def test_the_portfolio_is_the_best_of_all_sets(seed):
    rng = np.random.default_rng(seed)
    names = [f"C{n:02d}" for n in range(12)]
    shares = pd.DataFrame(rng.beta(1, 4, (12, 4)), names)
    people = pd.Series(rng.integers(100, 1000, 4).astype(float))
    cost = pd.Series(rng.integers(100, 900, 12).astype(float), names)
    sets = [
        list(s) for n in (3, 4, 5) for s in itertools.combinations(names, n) if cost[list(s)].sum() <= 1500
    ]
    best = max(sets, key=lambda one: reached(shares, people, one))
    found = portfolio(shares, people, cost, 1500)
    assert found["chosen"] == best and found["reached"] == pytest.approx(
        reached(shares, people, best), rel=1e-9
    )
    assert found["cost"] == cost[best].sum() <= 1500


def test_best_by_the_yuan_is_not_best_together():
    shares, people = two_clusters()
    cost = pd.Series([1.0, 1.0, 2.0], shares.index)
    found = portfolio(shares, people, cost, 3, fewest=2, most=2)
    assert found["chosen"] in (["a", "c"], ["b", "c"])
    assert (
        found["reached"] == 90 > reached(shares, people, ["a", "b"])
    )  # a and b are the cheapest by the person


def test_no_set_fits_a_budget_that_is_too_small():
    shares, people = two_clusters()
    with pytest.raises(BadValue, match="the cheapest 3 cost 30"):
        portfolio(shares, people, pd.Series(10.0, shares.index), 20)


# Vendors


def vendors():
    return pd.DataFrame({
        "vendor": ["A", "A", "B", "B"], "audience": ["core", "broad"] * 2,
        "revenue": [360, 10, 100, 120], "cost": [90, 10, 20, 80],
    })  # fmt: skip


def test_the_same_audiences_turn_the_ranking():
    found = standardised(vendors(), "revenue", "cost", "vendor", "audience")
    assert found["raw"].tolist() == [3.7, 2.2]
    assert found.loc["A", "adjusted"] == pytest.approx(4 * 0.55 + 1 * 0.45)
    assert found.loc["B", "adjusted"] == pytest.approx(5 * 0.55 + 1.5 * 0.45)  # better at both audiences
    with pytest.raises(BadValue, match="'B' has nothing"):
        standardised(vendors().head(3), "revenue", "cost", "vendor", "audience")


# Contracts


def test_a_guarantee_is_paid_in_low_months_and_topped_up_in_high_ones():
    assert contract_cost([60, 130], [6, 6], 8, guaranteed=100, above=10) == 6 * 800 + 6 * (800 + 300)
    assert (
        contract_cost([60, 130], [6, 6], 10) == 6 * 600 + 6 * 1300
    )  # spot is dearer by the unit, cheaper by the year
    assert contract_cost([[60, 130], [0, 0]], [6, 6], 8, 100, 10).tolist() == [11400, 9600]
    with pytest.raises(BadValue, match="above=spot price"):
        contract_cost([60], [12], 8, guaranteed=100)
    with pytest.raises(BadValue, match="one number per season"):
        contract_cost([60], [6, 6], 8)


def test_drawn_needs_have_the_mean_and_the_limits_that_were_given():
    offers = pd.DataFrame({"need_low": [800.0], "need_expected": [1004.0], "need_high": [1241.0]})
    drawn = needs(offers, years=40_000)
    assert drawn.mean() == pytest.approx(1004, rel=0.01)
    assert np.quantile(drawn, [0.1, 0.9]) == pytest.approx([800, 1241], rel=0.02)
    with pytest.raises(BadValue, match="below need_high"):
        needs(offers.assign(need_low=2000))


def test_the_map_speaks_to_those_who_cannot_see_it():
    people, score = pd.Series([100, 1000, 10], list("abc")), pd.Series([0.1, 1.2, -0.5], list("abc"))
    drawn = creator_map(people, score, ["c"], 0.6, "One is not believed", alt="Three dots, one crossed.")
    assert drawn.figure.axes[0].get_title(loc="left") == "One is not believed"
