"""Media mix: adstock and saturation against pymc-marketing 0.19.2, the fit on weeks whose returns are known."""

import numpy as np
import pandas as pd
import pytest

from mktlib import mmm
from mktlib.mmm import MixError

X = [100, 0, 0, 50, 0, 200, 10, 0, 0, 0]
U = [0, 0.1, 0.25, 0.5, 1, 2, 5]


@pytest.mark.parametrize(
    "alpha, lags, normalise, known",
    [
        (0.3, 4, False, [100, 30, 9, 52.7, 15, 204.5, 71.35, 21, 6.3, 0.27]),
        (0.7, 4, False, [100, 70, 49, 84.3, 35, 224.5, 167.15, 105, 73.5, 3.43]),
        (0.5, 10, False, [100, 50, 25, 62.5, 31.25, 215.625, 117.8125, 58.90625, 29.453125, 14.7265625]),
        (0.3, 4, True, [70.57163020465772, 21.171489061397317, 6.3514467184191945, 37.19124911785462, 10.585744530698658,
                        144.31898376852504, 50.352858151023284, 14.82004234297812, 4.446012702893436, 0.19054340155257585]),
        (0.7, 4, True, [39.478878799842086, 27.63521515988946, 19.34465061192262, 33.280694828266874, 13.81760757994473,
                        88.63008290564548, 65.98894591393605, 41.45282273983419, 29.01697591788393, 1.3541255428345833]),
    ],
)  # fmt: skip
def test_geometric_adstock_is_the_published_one(alpha, lags, normalise, known):
    assert mmm.geometric(X, alpha, lags, normalise) == pytest.approx(known, rel=1e-12)


def test_delayed_adstock_peaks_two_periods_later():
    known = [12.96, 60, 100, 66.48, 42.96, 75.92, 151.296, 212.48, 130, 31.92]
    assert mmm.delayed(X, 0.6, 2, 5, normalise=False) == pytest.approx(known, rel=1e-12)
    known = [5.27000650618087, 24.398178269355885, 40.66363044892648, 27.03318152244632, 17.46909564085881, 30.87182823682498,
             61.522446324007795, 86.40208197787899, 52.86271958360442, 12.979830839297328]  # fmt: skip
    assert mmm.delayed(X, 0.6, 2, 5) == pytest.approx(known, rel=1e-12)


def test_weibull_adstock_by_density_and_by_share_still_at_work():
    density = [100, 72.40398528389895, 35.33400071150408, 61.418791382554076, 36.201992641949474, 217.66700035575204,
               160.51736625907492, 77.90839995139805, 26.370982836258555, 1.1418791382554074]  # fmt: skip
    at_work = [100, 70.21885013265596, 25.832071346502733, 54.114426631893274, 35.35261132408043, 212.92070483971045,
               152.49491358125854, 58.80762083514728, 10.814394981666364, 0.897815178694221]  # fmt: skip
    assert mmm.weibull(X, 2, 1.5, 5, normalise=False) == pytest.approx(density, rel=1e-12)
    assert mmm.weibull(X, 2, 1.5, 5, normalise=False, kind="cdf") == pytest.approx(at_work, rel=1e-12)


def test_saturation_curves_are_the_published_ones():
    assert mmm.logistic(U, 3) == pytest.approx(
        [
            0,
            0.14888503362331798,
            0.35835739835078595,
            0.6351489523872873,
            0.9051482536448665,
            0.9950547536867306,
            0.9999993881955461,
        ]
    )
    assert mmm.logistic(U, 0.5) == pytest.approx(
        [
            0,
            0.024994792968420682,
            0.06241874674751255,
            0.1243530017715962,
            0.24491866240370913,
            0.46211715726000974,
            0.8482836376,
        ]
    )
    steep = [0, 0.03846153846153855, 0.2, 0.5, 0.8, 0.9411764705882353, 0.9900990099009901]
    assert mmm.hill(U, 2, 0.5) == pytest.approx(steep)
    assert mmm.hill(U, 1, 1) == pytest.approx([0, 1 / 11, 1 / 5, 1 / 3, 1 / 2, 2 / 3, 5 / 6])
    assert mmm.michaelis_menten(U, 2, 0.5) == pytest.approx([0, 1 / 3, 2 / 3, 1, 4 / 3, 1.6, 20 / 11])


def test_a_normalised_carry_over_keeps_the_money_and_moves_it():
    later = mmm.geometric([70, 0, 0, 0], 0.5, lags=3)
    assert later.tolist() == pytest.approx([40, 20, 10, 0])
    assert later.sum() == pytest.approx(70)


# ---------------------------------------------------------------- the fit

WEEKS = pd.date_range("2023-01-02", periods=156, freq="W-MON")


def invented(seed=1, together=0.0):
    """Two media of return 2 and 0.5 over a base that doubles in promotion weeks, when money rises, too."""
    random = np.random.default_rng(seed)
    promo = (np.arange(156) % 13 == 0).astype(float)
    one = 100 * np.exp(random.normal(0, 0.5, 156)) * (1 + 2 * promo)
    two = together * one + (1 - together) * 100 * np.exp(random.normal(0, 0.5, 156))
    spend = pd.DataFrame({"one": one, "two": two}, index=WEEKS)
    rest = pd.DataFrame({"base": 1.0, "promo": promo}, index=WEEKS)
    sales = 1000 + 1000 * promo + 2 * one + 0.5 * two + random.normal(0, 20, 156)
    return pd.Series(sales, WEEKS), spend, rest


LINES = pd.DataFrame({"alpha": 0.0, "half": np.inf}, index=["one", "two"])
WIDE = pd.DataFrame({"mean": 1.0, "sd": 10.0}, index=["one", "two"])


def test_the_fit_finds_known_returns_and_without_the_promotion_it_does_not():
    sales, spend, rest = invented()
    found = mmm.fit(sales, spend, rest, LINES, WIDE)
    assert found.returns.to_dict() == pytest.approx({"one": 2, "two": 0.5}, abs=0.1)
    assert (
        mmm.fit(sales, spend, rest[["base"]], LINES, WIDE).returns["one"] > 3
    )  # the promotion's sales are given to money


def test_no_return_is_negative_and_a_sure_belief_wins():
    sales, spend, rest = invented()
    assert mmm.fit(sales - 1.5 * spend["two"], spend, rest, LINES, WIDE).returns["two"] == 0
    sure = WIDE.assign(mean=[3.0, 0.5], sd=[1e-4, 10])
    assert mmm.fit(sales, spend, rest, LINES, sure).returns["one"] == pytest.approx(3, abs=0.01)


def test_an_effective_column_keeps_its_sum_and_a_curve_flattens_it():
    spend = pd.DataFrame({"one": [10.0, 20, 10, 200, 10, 10, 10, 10]})
    bent = mmm.effective(spend, pd.DataFrame({"alpha": [0.0], "half": [1.0]}, index=["one"]))["one"]
    assert bent.sum() == pytest.approx(280)
    assert bent[3] < 200 and bent[0] > 10
    assert (
        mmm.effective(spend, pd.DataFrame({"alpha": [0.0], "half": [np.inf]}, index=["one"]))["one"].tolist()
        == spend["one"].tolist()
    )


def test_intervals_of_media_that_move_together_are_wide_and_hold_the_truth():
    curves = LINES.assign(alpha=0.0, half=50.0)
    apart, together = (mmm.draws(*invented(2, share), curves, WIDE, times=60) for share in (0.0, 0.97))
    low, high = together.quantile(0.025), together.quantile(0.975)
    assert (low <= [2, 0.5]).all() and (high >= [2, 0.5]).all()
    assert (high - low)["two"] > 3 * (apart.quantile(0.975) - apart.quantile(0.025))["two"]
    assert mmm.draws(*invented(2, 0.97), curves, WIDE, times=60).equals(together)


# ---------------------------------------------------------------- the decision

CURVES = pd.DataFrame({"top": [100.0, 400.0], "half": [100.0, 100.0]}, index=["one", "two"])


def test_the_best_plan_has_equal_marginal_returns():
    free = mmm.allocate(CURVES, 200, pd.Series(0.0, CURVES.index), pd.Series(1e9, CURVES.index))
    assert free.to_dict() == pytest.approx(
        {"one": 100 / 3, "two": 500 / 3}, rel=1e-4
    )  # (x + 100) in the ratio 1 to 2
    assert mmm.marginal(CURVES, free).round(4).nunique() == 1
    capped = mmm.allocate(CURVES, 200, pd.Series(0.0, CURVES.index), pd.Series(120.0, CURVES.index))
    assert capped.to_dict() == pytest.approx({"one": 80, "two": 120}, rel=1e-4)
    assert mmm.brings(CURVES, free).sum() > mmm.brings(CURVES, capped).sum()


def test_a_response_curve_goes_through_what_was_seen():
    spend = pd.DataFrame({"one": [50.0, 150] * 20})
    shape = pd.DataFrame({"alpha": [0.0], "half": [2.0]}, index=["one"])
    curve = mmm.response(spend, pd.Series({"one": 3.0}), shape)
    total = sum(mmm.brings(curve, pd.Series({"one": money})).iloc[0] for money in spend["one"])
    assert total == pytest.approx(3 * spend["one"].sum())
    assert curve.loc["one", ["half", "low", "high"]].tolist() == [200, 50, 150]
    assert mmm.marginal(curve, pd.Series({"one": 100.0})).iloc[0] < 3 < curve.loc["one", "top"] / 200


def test_a_test_is_worth_most_where_the_decision_hangs_in_the_balance():
    even = mmm.value_of_test(1.0, 0.5, 0.0, 1.0, 1000)
    assert even == pytest.approx(1000 * 0.5 * 0.3989423)  # half of the mean distance from break-even
    assert mmm.value_of_test(1.0, 0.5, 0.5, 1.0, 1000) == pytest.approx(even / 2**0.5)
    assert mmm.value_of_test(3.0, 0.5, 0.5, 1.0, 1000) < 0.001 * even
    random = np.random.default_rng(1)
    true = random.normal(1.2, 0.5, 400_000)
    seen = true + random.normal(0, 0.3, true.size)
    after = (1.2 / 0.25 + seen / 0.09) / (1 / 0.25 + 1 / 0.09)
    gain = 1000 * (np.where(after > 1, true - 1, 0).mean() - 0.2)
    assert mmm.value_of_test(1.2, 0.5, 0.3, 1.0, 1000) == pytest.approx(gain, rel=0.05)


def test_the_triangle_hatches_what_was_never_spent():
    three = pd.DataFrame(
        {"top": [100.0, 400, 200], "half": 100.0, "low": 10.0, "high": 150.0}, index=["one", "two", "three"]
    )
    drawn = mmm.triangle(
        three, 200, pd.Series(1.0, three.index), "Two takes most", alt="A triangle of splits."
    )
    texts = [text.get_text() for text in drawn.figure.axes[0].texts]
    assert texts == ["all to one", "all to two", "all to three"]


def test_the_picture_of_intervals_draws_each_model_and_the_truth():
    truth = pd.Series({"one": 1.0, "two": 0.5})
    table = pd.DataFrame({"low": [0.5, -20], "high": [1.5, 20]}, index=truth.index)
    axes = mmm.intervals(
        {"raw": table, "calibrated": table}, truth, "Raw misses", alt="Intervals."
    ).figure.axes[0]
    assert axes.get_legend_handles_labels()[1] == ["raw", "calibrated", "truth"]
    assert axes.get_xlim()[1] < 10  # an interval far outside does not hide the others


# ---------------------------------------------------------------- weeks, and what is refused


def test_weeks_run_from_monday_to_sunday_and_missing_days_count_nothing():
    days = pd.date_range("2024-01-01", "2024-01-14")
    daily = pd.Series([1.0, 2, 4], index=pd.to_datetime(["2024-01-01", "2024-01-07", "2024-01-08"]))
    assert mmm.by_week(daily, days).tolist() == [3, 4]
    assert mmm.by_week(daily, days).index[0] == pd.Timestamp("2024-01-01")
    with pytest.raises(MixError, match="part of a week"):
        mmm.by_week(daily, pd.date_range("2024-01-02", "2024-01-14"))


def test_controls_grow_and_name_each_promotion():
    days = pd.date_range("2024-01-01", "2024-12-29")
    calendar = pd.DataFrame({"date": days, "promo": "", "promo_peak": False, "cny_offset": 90})
    calendar.loc[200:205, "promo"], calendar.loc[203:204, "promo_peak"] = "618", True
    found = mmm.controls(calendar, days, 0.2, {"checkout": ("2024-12-02", None)})
    assert list(found) == ["base", "sine", "cosine", "checkout", "618, peak", "618, other days"]
    assert found["checkout"].gt(0).sum() == 4
    assert found["618, peak"].sum() == pytest.approx(2 * np.exp(0.2 * 203.5 / 365.25), rel=1e-4)


@pytest.mark.parametrize(
    "call, says",
    [
        (lambda: mmm.geometric([1, -2], 0.3), "negative"),
        (lambda: mmm.geometric([1], 1.0), "alpha is 1.0"),
        (lambda: mmm.geometric([1], 0.3, lags=0), "lags is 0"),
        (lambda: mmm.delayed([1], 0.3, 9), "theta is 9"),
        (lambda: mmm.weibull([1], 1, 1, kind="ppf"), "'ppf'"),
        (lambda: mmm.weibull([1], 0, 1), "above 0"),
        (lambda: mmm.hill([1], 1, 0), "half is 0"),
        (lambda: mmm.triangle(CURVES, 100, CURVES["top"], "t"), "three corners"),
        (
            lambda: mmm.allocate(CURVES, 500, pd.Series(0.0, CURVES.index), pd.Series(10.0, CURVES.index)),
            "widen them",
        ),
        (lambda: mmm.value_of_test(1, 0, 1, 1, 1), "sd 0"),
        (
            lambda: mmm.response(pd.DataFrame({"one": [1.0] * 9}), pd.Series({"one": 1.0}), LINES),
            "straight line",
        ),
        (lambda: mmm.effective(pd.DataFrame({"tow": [1.0]}), LINES), "did you mean 'two'"),
    ],
)
def test_what_cannot_be_computed_is_told(call, says):
    with pytest.raises(MixError, match=says):
        call()


def test_a_fit_asks_for_the_same_weeks_and_a_belief_for_each_medium():
    sales, spend, rest = invented()
    with pytest.raises(MixError, match="same weeks"):
        mmm.fit(sales, spend, rest.iloc[1:], LINES, WIDE)
    with pytest.raises(MixError, match="beliefs need a row"):
        mmm.fit(sales, spend, rest, LINES, WIDE.iloc[:1])
    with pytest.raises(MixError, match="complete"):
        mmm.fit(sales * 0, spend, rest, LINES, WIDE)
