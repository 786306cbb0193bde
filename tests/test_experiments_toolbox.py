"""Toolbox of experiments: numbers of other programs, M04's claims played in the open, and what is refused."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mktlib.experiments import (
    benjamini_hochberg,
    boundaries,
    cuped,
    false_alarms,
    holm,
    power,
    race,
    sample_size,
)
from mktlib.inputs import BadValue, ColumnMissing

# base, absolute difference, pooled-average (Fleiss), unpooled; 80 % power, 5 % two-sided
SIZES = [
    (0.20, 0.05, 1093.7390457661654, 1090.994283074524),
    (0.20, 0.02, 6509.466678513718, 6506.721299775401),
    (0.05, 0.01, 8157.73144784927, 8154.986043988699),
    (0.03, 0.003, 53210.301207008255, 53207.55571915238),
    (0.50, 0.05, 1564.6720527749499, 1561.927067135466),
    (0.10, 0.01, 14750.790469044954, 14748.045020841953),
]
OBF = {2: 1.9774309796, 3: 2.0040355786, 4: 2.0242954996, 5: 2.0400731748, 10: 2.0865021807}
POCOCK = {2: 2.1782720911, 3: 2.2894780658, 4: 2.3612978934, 5: 2.4131762209, 10: 2.5550127891}
OBF_FIVE_LOOKS = [4.5617422980, 3.2256389130, 2.6337231437, 2.2808711490, 2.0400731748]
PEEKING = {1: 0.05, 2: 0.083118, 3: 0.107256, 5: 0.141689, 10: 0.193357, 20: 0.247911}
TEN = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216]
TEN_HOLM = [0.01, 0.072, 0.312, 0.312, 0.312, 0.312, 0.312, 0.615, 0.615, 0.615]
TEN_BH = [0.01, 0.04, 0.084, 0.084, 0.084, 0.1, 0.10571428571428572, 0.216, 0.216, 0.216]


# Size and power


@pytest.mark.parametrize(("base", "difference", "fleiss", "unpooled"), SIZES)
def test_sizes_are_those_of_the_formulas_named(base, difference, fleiss, unpooled):
    assert sample_size(base, base + difference) == pytest.approx(fleiss, rel=1e-9)
    assert sample_size(base, base + difference, pooled=False) == pytest.approx(unpooled, rel=1e-9)


def test_five_to_six_per_cent_needs_eight_thousand_an_arm_and_four_hundred_find_it_seldom():
    assert math.ceil(sample_size(0.05, 0.06)) == 8158
    assert power(0.05, 0.06, 400) < 0.1  # the tempting rule of thumb


@pytest.mark.parametrize("pooled", [True, False])
def test_power_and_size_are_each_other_s_inverse(pooled):
    for wanted in (0.5, 0.8, 0.95):
        size = sample_size(0.1, 0.13, power=wanted, alpha=0.01, pooled=pooled)
        assert power(0.1, 0.13, size, alpha=0.01, pooled=pooled) == pytest.approx(wanted, abs=1e-6)


def test_without_an_effect_the_power_is_the_rate_of_false_alarms():
    assert power(0.1, 0.1, 1000) == pytest.approx(0.05)


def test_size_does_not_care_which_arm_is_better_and_half_the_difference_needs_four_times_the_units():
    assert sample_size(0.06, 0.05) == pytest.approx(sample_size(0.05, 0.06))
    assert sample_size(0.50, 0.51) / sample_size(0.50, 0.52) == pytest.approx(4, rel=0.01)


def test_power_is_what_playing_the_test_gives():
    rng, size = np.random.default_rng(1), 8158
    a, b = (rng.binomial(size, rate, 20_000) / size for rate in (0.05, 0.06))
    z = (b - a) / np.sqrt((a + b) * (1 - (a + b) / 2) / size)
    assert (np.abs(z) > 1.959964).mean() == pytest.approx(0.8, abs=0.012)  # four standard errors


def test_winners_of_small_tests_show_six_times_the_truth_as_the_cut_normal_says():
    rng, size, base, lift = np.random.default_rng(6), 3000, 0.05, 0.05
    a, b = rng.binomial(size, base, 20_000), rng.binomial(size, base * (1 + lift), 20_000)
    both = (a + b) / (2 * size)
    z = (b - a) / size / np.sqrt(2 * both * (1 - both) / size)
    error = math.sqrt(2 * base * (1 - base) / size) / base  # of the lift
    cut = stats.truncnorm((1.96 * error - lift) / error, np.inf, loc=lift, scale=error)
    shown = (b / a - 1)[z > 1.96].mean()
    assert shown == pytest.approx(cut.mean(), rel=0.15) and shown > 5 * lift
    assert (z > 1.96).mean() == pytest.approx(1 - stats.norm.cdf(1.96 - lift / error), abs=0.008)
    assert b.sum() / a.sum() - 1 == pytest.approx(lift, abs=0.004)  # all together are not cursed


# Looks


@pytest.mark.parametrize(("looks", "chance"), PEEKING.items())
def test_looking_raises_the_false_alarms_as_computed_elsewhere(looks, chance):
    assert false_alarms([1.959963984540054] * looks).iloc[-1] == pytest.approx(chance, abs=1e-6)


def test_fourteen_mornings_are_neither_five_per_cent_nor_fourteen_independent_tests():
    exact = false_alarms([1.959963984540054] * 14).iloc[-1]
    assert exact == pytest.approx(0.2196, abs=3e-4)
    assert 0.05 < exact < 1 - 0.95**14  # both tempting answers


def test_looking_is_what_playing_it_gives_with_people_instead_of_formulas():
    rng, tests, per_day = np.random.default_rng(14), 20_000, 600
    a, b = (rng.binomial(per_day, 0.05, (tests, 14)).cumsum(axis=1) for _ in "AB")
    size = per_day * np.arange(1, 15)
    p = (a + b) / (2 * size)
    z = (b - a) / size / np.sqrt(2 * p * (1 - p) / size)
    played = np.maximum.accumulate(np.abs(z) > 1.959964, axis=1).mean(axis=0)
    assert played == pytest.approx(false_alarms([1.959964] * 14).to_numpy(), abs=0.013)
    kept = (np.abs(z[:, [2, 5, 8, 11, 13]]) > boundaries(5).to_numpy()).any(axis=1).mean()
    assert 0.03 < kept < 0.06  # five looks under O'Brien-Fleming, nearly equally spaced


@pytest.mark.parametrize("looks", OBF)
def test_boundaries_are_the_published_ones(looks):
    assert boundaries(looks).iloc[-1] == pytest.approx(OBF[looks], abs=2e-7)
    assert boundaries(looks, "pocock").to_numpy() == pytest.approx([POCOCK[looks]] * looks, abs=2e-7)
    for rule in ("obrien-fleming", "pocock"):
        assert false_alarms(boundaries(looks, rule)).iloc[-1] == pytest.approx(0.05, abs=1e-8)


def test_five_looks_of_o_brien_and_fleming():
    assert boundaries(5).to_numpy() == pytest.approx(OBF_FIVE_LOOKS, abs=1e-6)


def test_one_look_is_the_ordinary_test_and_a_second_costs_something():
    assert boundaries(1).tolist() == pytest.approx([1.959964]) == boundaries(1, "pocock").tolist()
    assert boundaries(3, alpha=0.01).iloc[-1] > boundaries(3).iloc[-1] > boundaries(2).iloc[-1] > 1.96


@pytest.mark.parametrize("rule", ["obrien-fleming", "pocock"])
@pytest.mark.parametrize(("looks", "alpha"), [(2, 0.5), (20, 0.2), (50, 0.05), (5, 0.001), (3, 1e-4)])
def test_all_looks_together_give_alpha_whatever_it_is(rule, looks, alpha):
    assert false_alarms(boundaries(looks, rule, alpha)).iloc[-1] == pytest.approx(alpha, rel=1e-8)


def test_false_alarms_only_grow_and_many_looks_are_still_computed():
    found = false_alarms([1.96] * 100)
    assert found.is_monotonic_increasing and found.iloc[-1] < 0.5
    assert found[20] == pytest.approx(PEEKING[20], abs=1e-4)


# Several questions


def test_ten_p_values_are_adjusted_as_statsmodels_adjusts_them():
    assert holm(TEN).tolist() == pytest.approx(TEN_HOLM)
    assert benjamini_hochberg(TEN).tolist() == pytest.approx(TEN_BH)


def test_adjusted_values_stay_with_their_names_in_any_order():
    p = pd.Series({"tier 1": 0.5, "tier 2": 0.01, "tier 3": 0.03})
    assert holm(p).to_dict() == pytest.approx({"tier 1": 0.5, "tier 2": 0.03, "tier 3": 0.06})
    assert benjamini_hochberg(p).to_dict() == pytest.approx({"tier 1": 0.5, "tier 2": 0.03, "tier 3": 0.045})
    assert holm(TEN[::-1]).tolist() == pytest.approx(TEN_HOLM[::-1])


def test_adjusted_values_are_never_above_one_and_one_question_costs_nothing():
    assert holm([0.9, 0.8]).tolist() == [1, 1] and benjamini_hochberg([0.9, 0.8]).tolist() == [0.9, 0.9]
    assert holm([0.04]).tolist() == [0.04] == benjamini_hochberg([0.04]).tolist() and holm([]).empty


def test_twelve_segments_without_effect_are_played():
    p = np.random.default_rng(12).uniform(size=(1500, 12))
    some = (p < 0.05).any(axis=1).mean()
    after = np.mean([(holm(row) < 0.05).any() for row in p])
    assert some == pytest.approx(
        1 - 0.95**12, abs=0.032
    )  # independent here: the formula that fails for looks holds
    assert after == pytest.approx(0.05, abs=0.023)


# Less noise


def people(effect=0.0, size=4000, seed=3):
    rng = np.random.default_rng(seed)
    before = rng.gamma(2, 10, size)
    arm = np.where(np.arange(size) % 2, "B", "A")
    after = 0.8 * before + rng.normal(0, 9, size) + effect * (arm == "B")
    return pd.DataFrame({"arm": arm, "before": before, "after": after})


def test_what_was_known_before_takes_its_share_of_the_variance_out():
    log = people(effect=1.0)
    found = cuped(log, "after", "before")
    correlation = np.corrcoef(log["before"], log["after"])[0, 1]
    assert found["variance_left"] == pytest.approx(1 - correlation**2)
    assert found["theta"] == pytest.approx(np.polyfit(log["before"], log["after"], 1)[0])
    raw = cuped(log.assign(nothing=1.0), "after", "nothing")
    assert raw["difference"] == raw["raw"] == found["raw"] and raw["theta"] == 0
    width = (found["high"] - found["low"]) / (raw["high"] - raw["low"])
    assert width == pytest.approx(math.sqrt(1 - correlation**2), rel=0.02)


def test_the_adjusted_test_is_welch_s_on_adjusted_outcomes():
    log = people(effect=1.0)
    found = cuped(log, "after", "before")
    adjusted = log["after"] - found["theta"] * (log["before"] - log["before"].mean())
    welch = stats.ttest_ind(adjusted[log["arm"] == "B"], adjusted[log["arm"] == "A"], equal_var=False)
    assert found["z"] == pytest.approx(welch.statistic) and found["p"] == pytest.approx(
        welch.pvalue, abs=1e-4
    )


def test_adjustment_keeps_the_effect_and_the_rate_of_false_alarms():
    effects = [cuped(people(effect=1.0, size=600, seed=seed), "after", "before") for seed in range(300)]
    assert np.mean([one["difference"] for one in effects]) == pytest.approx(1, abs=0.17)
    alarms = np.mean(
        [cuped(people(size=600, seed=seed), "after", "before")["p"] < 0.05 for seed in range(400)]
    )
    assert 0.02 < alarms < 0.09


def test_a_column_of_afterwards_takes_the_effect_out():
    log = people(effect=10.0).assign(later=lambda x: x["after"])
    assert cuped(log, "after", "later")["difference"] == pytest.approx(0, abs=1e-9)


# What is drawn, what is refused


def test_the_race_draws_a_line_per_test_and_stops_the_winners():
    picture = race([[0.5, 0.2, 0.1], [1.0, 3.0, 0.0]], [1.96] * 3, "One of two", alt="Two tests.")
    axes = picture.figure.axes[0]
    lengths = sorted(len(line.get_xdata()) for line in axes.lines)
    assert lengths == [1, 2, 3, 3, 3]  # the cross, the winner up to look 2, the other test, two limits


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: sample_size(5, 6), "fraction"),
        (lambda: sample_size(0.05, 0.05), "equal"),
        (lambda: sample_size(0.05, 0.06, power=80), "power"),
        (lambda: power(0.05, 0.06, 0), "per_arm"),
        (lambda: false_alarms([]), "limits"),
        (lambda: false_alarms([1.96, -1]), "limits"),
        (lambda: boundaries(0), "looks"),
        (lambda: boundaries(5, "haybittle"), "obrien-fleming, pocock"),
        (lambda: holm([0.2, 1.2]), "between 0 and 1"),
        (lambda: benjamini_hochberg([0.2, math.nan]), "missing"),
        (lambda: cuped(people().assign(arm="A"), "after", "before"), "B 0"),
        (lambda: cuped(people().assign(before=math.nan), "after", "before"), "'before' has missing"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(call, says):
    with pytest.raises(BadValue, match=says):
        call()


def test_a_missing_column_is_named():
    with pytest.raises(ColumnMissing, match="'arm'"):
        cuped(people().drop(columns="arm"), "after", "before")
