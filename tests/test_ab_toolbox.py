"""Toolbox of A/B tests: numbers of other programs, cases that can be checked in the head, and what is refused."""

import math

import numpy as np
import pandas as pd
import pytest

from mktlib.ab import per_visit, srm, two_rates, wilson
from mktlib.inputs import BadValue, ColumnMissing

# 200 of 1,000 against 250 of 1,000, as scipy 1.17.1 and statsmodels 0.15.0 compute them
Z_POOLED, P_POOLED, CHI_SQUARE = 2.677398, 0.00741965, 7.168459
NEWCOMBE, WALD, WILSON_200 = (0.0133960, 0.0864510), (0.0134636, 0.0865364), (0.1763771, 0.2259189)


def test_difference_of_two_rates_agrees_with_statsmodels():
    found = two_rates(200, 1000, 250, 1000)
    assert found["z"] == pytest.approx(Z_POOLED, abs=1e-6) and found["p"] == pytest.approx(P_POOLED, abs=1e-8)
    assert found["z"] ** 2 == pytest.approx(CHI_SQUARE, abs=1e-6)
    assert (found["difference"], found["lift"]) == pytest.approx((0.05, 0.25))


def test_interval_is_newcombe_s_and_not_wald_s():
    found = two_rates(200, 1000, 250, 1000)
    assert (found["low"], found["high"]) == pytest.approx(NEWCOMBE, abs=1e-7)
    assert (found["low"], found["high"]) != pytest.approx(WALD, abs=1e-5)


def test_newcombe_s_own_example():
    # Newcombe (1998), table II, case a: 56 of 70 against 48 of 80, method 10: 0.0524 to 0.3339
    found = two_rates(48, 80, 56, 70)
    assert (found["low"], found["high"]) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_interval_of_one_rate_agrees_with_statsmodels():
    assert wilson(200, 1000) == pytest.approx(WILSON_200, abs=1e-7)


def test_wilson_stays_within_zero_and_one():
    low, high = wilson(0, 10)
    assert low == pytest.approx(0, abs=1e-12) and 0.2 < high < 0.3  # z^2 / (n + z^2) = 3.84 / 13.84
    assert wilson(10, 10) == pytest.approx((1 - high, 1))


def test_arms_that_change_names_change_the_sign_alone():
    one, other = two_rates(30, 1000, 36, 1000), two_rates(36, 1000, 30, 1000)
    assert one["p"] == other["p"] and one["z"] == -other["z"]
    assert (one["low"], one["high"]) == pytest.approx((-other["high"], -other["low"]))


def test_thirty_against_thirty_six_of_a_thousand_is_no_finding():
    found = two_rates(30, 1000, 36, 1000)
    assert (
        found["lift"] == pytest.approx(0.2) and round(found["z"], 2) == 0.75 and round(found["p"], 2) == 0.45
    )
    assert found["low"] < 0 < found["high"]


def test_a_wider_level_gives_a_wider_interval():
    narrow, wide = two_rates(30, 1000, 36, 1000, level=0.8), two_rates(30, 1000, 36, 1000, level=0.99)
    assert wide["low"] < narrow["low"] < narrow["high"] < wide["high"]


def test_where_nobody_did_it_there_is_an_interval_and_no_z():
    found = two_rates(0, 100, 0, 100)
    assert math.isnan(found["z"]) and math.isnan(found["p"]) and math.isnan(found["lift"])
    assert found["low"] < 0 < found["high"]


def test_split_agrees_with_scipy():
    assert srm(50_210, 49_790)["chi_square"] == pytest.approx(1.764)
    assert srm(50_210, 49_790)["p"] == pytest.approx(0.1841263727849757, rel=1e-9)
    assert srm(10_000, 9_700)["p"] == pytest.approx(0.032564536909434845, rel=1e-9)


def test_the_same_shares_are_luck_among_few_and_a_fault_among_many():
    assert srm(521, 479)["p"] > 0.1
    assert srm(20_840, 19_160)["p"] < 1e-15


def test_split_is_held_to_its_plan():
    assert srm(900, 100, share_b=0.1)["p"] == 1 and srm(900, 100)["p"] < 1e-100


def test_one_visit_a_person_is_the_test_of_two_rates_unpooled():
    people = pd.DataFrame({"arm": ["A"] * 1000 + ["B"] * 1000, "visits": 1})
    people["conversions"] = [1] * 200 + [0] * 800 + [1] * 250 + [0] * 750
    found = per_visit(people)
    # statsmodels' unpooled z is 2.682209 with n, ours divides by n - 1
    assert found["z"] == pytest.approx(2.6822089, rel=1e-3)
    assert (found["low"], found["high"]) == pytest.approx(WALD, abs=3e-5)


def test_ten_visits_of_one_person_who_always_does_it_are_one_piece_of_evidence():
    arms = pd.DataFrame(
        {"arm": ["A"] * 100 + ["B"] * 100, "conversions": [1] * 20 + [0] * 80 + [1] * 30 + [0] * 70}
    )
    once, ten = (
        per_visit(arms.assign(visits=1)),
        per_visit(arms.assign(visits=10, conversions=arms["conversions"] * 10)),
    )
    assert ten["z"] == pytest.approx(once["z"]) and ten["difference"] == pytest.approx(once["difference"])
    by_visit = two_rates(200, 1000, 300, 1000)
    assert by_visit["z"] > 3 * ten["z"]  # the tempting answer: ten times the visits, sqrt(10) times the z


def test_with_arms_alike_five_in_a_hundred_are_significant_by_person_and_far_more_by_visit():
    rng = np.random.default_rng(8)
    by_person = by_visit = 0
    for _ in range(400):
        often, visits = rng.beta(0.5, 2, 600), rng.poisson(3, 600) + 1
        people = pd.DataFrame(
            {"arm": ["A", "B"] * 300, "visits": visits, "conversions": rng.binomial(visits, often)}
        )
        sums = people.groupby("arm")[["conversions", "visits"]].sum()
        by_person += per_visit(people)["p"] < 0.05
        by_visit += two_rates(*sums.loc["A"], *sums.loc["B"])["p"] < 0.05
    assert 8 <= by_person <= 34 and by_visit > 50  # 20 are expected of 400


@pytest.mark.parametrize("counts", [(11, 10, 1, 10), (1, 0, 1, 10), (-1, 10, 1, 10), (0.2, 10, 1, 10)])
def test_rates_and_visits_above_people_are_refused(counts):
    with pytest.raises(BadValue):
        two_rates(*counts)


def test_what_cannot_be_read_is_refused():
    with pytest.raises(BadValue, match="share_b"):
        srm(10, 10, share_b=50)
    with pytest.raises(BadValue, match="Both arms are empty"):
        srm(0, 0)
    with pytest.raises(BadValue, match="level"):
        two_rates(1, 10, 2, 10, level=95)
    people = pd.DataFrame({"visitor_id": [1, 1, 2, 3], "arm": list("AABB"), "visits": 1, "conversions": 0})
    with pytest.raises(BadValue, match="several rows"):
        per_visit(people)
    with pytest.raises(BadValue, match="Arm 'B' has 0 people"):
        per_visit(people[people["arm"] == "A"].drop(columns="visitor_id"))
    with pytest.raises(ColumnMissing, match="'conversions'"):
        per_visit(people.drop(columns="conversions"))
