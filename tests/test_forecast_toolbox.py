"""mktlib.forecast: no method sees the future, bars and scores are what they say, ranges come from errors already made."""

import numpy as np
import pandas as pd
import pytest

from mktlib import forecast
from mktlib.forecast import ForecastError, bands, coverage, paths, pinball, rolling_origin, skill, wape

PASSENGERS = """
112 118 132 129 121 135 148 148 136 119 104 118 115 126 141 135 125 149 170 170 158 133 114 140 145 150 178 163 172 178 199 199 184 162
146 166 171 180 193 181 183 218 230 242 209 191 172 194 196 196 236 235 229 243 264 272 237 211 180 201 204 188 235 227 234 264 302 293
259 229 203 229 242 233 267 269 270 315 364 347 312 274 237 278 284 277 317 313 318 374 413 405 355 306 271 306 315 301 356 348 355 422
465 467 404 347 305 336 340 318 362 348 363 435 491 505 404 359 310 337 360 342 406 396 420 472 548 559 463 407 362 405 417 391 419 461
472 535 622 606 508 461 390 432
"""  # Box and Jenkins, series G: thousands of airline passengers a month, 1949 to 1960


def weeks(values, first="2023-01-02"):
    return pd.Series(np.asarray(values, dtype=float), pd.date_range(first, periods=len(values), freq="7D"))


def last_week(history, ahead):
    return np.repeat(history.iloc[-1], len(ahead))


def made(actual, forecast_, horizon=1):
    """A backtest of one forecast a week, horizon weeks ahead."""
    week = pd.date_range("2024-01-01", periods=len(actual), freq="7D")
    origin = week - (horizon - 1) * forecast.WEEK
    return pd.DataFrame(
        {"origin": origin, "horizon": horizon, "week": week, "actual": actual, "forecast": forecast_},
        dtype=None,
    )


# ---------------------------------------------------------------- weeks and the calendar


def test_a_week_that_began_before_the_data_is_left_out():
    daily = pd.Series(1.0, pd.date_range("2023-01-01", "2023-01-17"))  # a Sunday, two weeks, two days
    assert forecast.complete_weeks(daily).to_dict() == {
        pd.Timestamp("2023-01-02"): 7,
        pd.Timestamp("2023-01-09"): 7,
    }


def test_a_day_that_is_missing_is_not_taken_for_a_day_without_sales():
    with pytest.raises(ForecastError, match="reindex"):
        forecast.complete_weeks(pd.Series(1.0, pd.date_range("2023-01-01", "2023-01-17").delete(5)))


def small_calendar():
    days = pd.date_range("2024-01-29", "2024-03-03")
    offset = (days - pd.Timestamp("2024-02-10")).days
    peak = days == pd.Timestamp("2024-02-02")
    return pd.DataFrame(
        {"date": days, "promo": np.where(peak, "618", ""), "promo_peak": peak, "cny_offset": offset}
    )


def test_new_year_stands_where_it_falls_and_cupboards_are_full_after_a_promotion():
    features = forecast.calendar_features(small_calendar())
    new_year = features["New Year days -3 to 3"]
    assert new_year.loc["2024-02-05":"2024-02-12"].tolist() == pytest.approx(
        [5 / 7, 2 / 7]
    )  # 7 to 13 February
    assert features["618 peak"].tolist() == pytest.approx([1 / 7, 0, 0, 0, 0])
    assert features["after 618"].tolist() == pytest.approx([2 / 7, 1, 5 / 7, 0, 0])  # 3 to 16 February


# ---------------------------------------------------------------- methods


def test_the_bar_is_the_same_week_a_year_before():
    series = weeks(np.arange(1, 61))
    assert forecast.seasonal_naive(series, pd.date_range("2024-02-26", periods=2, freq="7D")).tolist() == [
        9,
        10,
    ]
    with pytest.raises(ForecastError, match="year before"):
        forecast.seasonal_naive(series[:40], pd.date_range("2023-10-09", periods=2, freq="7D"))


def test_the_higher_bar_grows_as_the_last_weeks_did():
    series = weeks(np.r_[np.full(52, 10.0), np.full(10, 15.0)])
    following = pd.date_range(series.index[-1] + forecast.WEEK, periods=3, freq="7D")
    assert forecast.growing_naive(series, following).tolist() == pytest.approx([15, 15, 15])


def features_of(index, marked):
    return pd.DataFrame({"feast": np.isin(np.arange(len(index)), marked).astype(float)}, index)


def test_regression_finds_a_feast_that_moves_and_puts_it_where_it_comes_next():
    index = pd.date_range("2023-01-02", periods=112, freq="7D")
    features = features_of(index, [5, 58, 107])
    history = pd.Series(100 * np.where(features["feast"] == 1, 0.5, 1.0), index)[:104]
    ahead = forecast.regression(history, index[104:], features, ridge=1e-6)
    assert ahead.to_numpy() == pytest.approx([100, 100, 100, 50, 100, 100, 100, 100], rel=1e-3)
    assert forecast.effects(history, features, ridge=1e-6)["feast"] == pytest.approx(-0.5, abs=1e-3)
    assert forecast.seasonal_naive(history, index[104:])[index[107]] == 100  # the tempting answer


def test_the_trend_is_followed_and_not_drawn_on():
    index = pd.date_range("2023-01-02", periods=112, freq="7D")
    history = pd.Series(100 * 2 ** (np.arange(112) / 52), index)[:104]
    ahead = forecast.regression(history, index[104:], features_of(index, []), ridge=1e-6)
    assert ahead.to_numpy() == pytest.approx(history.iloc[-1], rel=0.05)


def test_a_week_without_sales_has_no_log():
    with pytest.raises(ForecastError, match="09 January 2023 is not above 0"):
        forecast.smoothing(weeks([1, 0, 2]), [pd.Timestamp("2023-01-23")])


def test_a_method_that_knows_no_calendar_can_be_taught_one():
    index = pd.date_range("2023-01-02", periods=112, freq="7D")
    features = features_of(index, [5, 58, 107])
    history = pd.Series(100 * np.where(features["feast"] == 1, 0.5, 1.0), index)[:104]
    taught = forecast.without_calendar(last_week, features)(history, index[104:])
    assert taught.to_numpy() == pytest.approx([100, 100, 100, 50, 100, 100, 100, 100], rel=0.02)


def test_smoothing_of_a_flat_series_is_flat():
    series = weeks(100 + np.tile([1.0, -1.0], 30))
    ahead = pd.date_range(series.index[-1] + forecast.WEEK, periods=4, freq="7D")
    assert forecast.smoothing(series, ahead).to_numpy() == pytest.approx(np.full(4, 100), rel=0.02)


def test_the_airline_model_of_box_and_jenkins():
    series = pd.Series(
        np.array(PASSENGERS.split(), dtype=float), pd.date_range("1949-01-01", periods=144, freq="MS")
    )
    fitted = forecast.arima(series, seasonal_order=(0, 1, 1, 12))
    theta, seasonal_theta, _ = fitted.params
    assert (-theta, -seasonal_theta) == pytest.approx((0.4019, 0.5571), abs=3e-4)
    assert fitted.llf == pytest.approx(244.696, abs=2e-3)


# ---------------------------------------------------------------- rolling origin and scores


def test_no_method_is_shown_the_week_that_it_foretells():
    seen = []

    def spy(history, ahead):
        seen.append((history.index[-1], ahead[0]))
        return last_week(history, ahead)

    table = rolling_origin(weeks(range(10)), spy, "2023-02-13", horizon=2)
    assert all(last + forecast.WEEK == first for last, first in seen) and len(seen) == 5
    assert table["forecast"].tolist() == [5, 5, 6, 6, 7, 7, 8, 8, 9, 9]
    assert table["actual"].isna().sum() == 3  # the weeks that nobody has lived


def test_an_origin_is_a_monday_with_a_past():
    for origin in ("2023-02-14", "2023-01-02"):
        with pytest.raises(ForecastError, match="Monday"):
            rolling_origin(weeks(range(10)), last_week, origin)


def test_wape_has_an_answer_where_a_day_is_zero():
    assert wape([0, 1, 9, np.nan], [1, 1, 7, 5]) == pytest.approx(0.3)
    with pytest.raises(ForecastError, match="nothing"):
        wape([0, 0], [1, 1])


def test_skill_is_the_share_of_the_bars_error_that_is_saved():
    series = weeks([10, 20, 30, 40, 50, 60])
    bar = rolling_origin(series, last_week, "2023-01-23", horizon=1)  # wrong by 10 each week
    better = bar.assign(forecast=bar["forecast"] + 8)
    assert skill(better, bar) == pytest.approx(0.8) and skill(bar, better) == pytest.approx(-4)
    assert skill(better, bar, by="horizon").to_dict() == pytest.approx({1: 0.8})
    with pytest.raises(ForecastError, match="same origins"):
        skill(better.iloc[1:], bar)


def test_pinball_of_the_middle_is_half_the_error_and_the_true_quantile_is_cheapest():
    demand = np.arange(1, 101)
    assert pinball([10, 20], [12, 14], 0.5) == pytest.approx((2 + 6) / 4)
    costs = {q: pinball(demand, np.full(100, q), 0.9) for q in (50, 80, 90, 100)}
    assert min(costs, key=costs.get) == 90
    with pytest.raises(ForecastError, match=r"0\.9"):
        pinball([1], [1], 90)


# ---------------------------------------------------------------- ranges


def test_the_plain_range_is_the_empirical_quantile_of_earlier_errors():
    ratios = np.arange(1, 11) / 100
    ranges = bands(made(100 * np.exp(np.r_[ratios, 0.5]), 100.0), first=10, step=0)
    assert ranges["upper"].notna().sum() == 1
    assert np.log(ranges["upper"].iloc[-1] / 100) == pytest.approx(0.09)  # rank 8.8 of 10, upwards


def test_a_range_knows_only_weeks_that_were_over():
    wild = made(np.r_[np.full(20, 101.0), 1e6, np.full(5, 101.0)], 100.0, horizon=3)
    ranges = bands(wild, first=5)
    at = ranges.index[20]
    assert (ranges["upper"][at : at + 2] < 102).all() and ranges["upper"][at + 3] > ranges["upper"][at + 2]


def test_tracked_ranges_keep_their_rate_when_the_world_becomes_wilder():
    random = np.random.default_rng(1)
    size = np.r_[np.full(100, 0.05), np.full(200, 0.25)]
    table = made(100 * np.exp(size * random.normal(size=300)), 100.0)
    after = table["week"] >= table["week"].iloc[100]
    assert coverage(bands(table)[after]) == pytest.approx(0.8, abs=0.05)
    assert coverage(bands(table, step=0)[after]) < 0.72
    with pytest.raises(ForecastError, match=r"0\.8"):
        bands(table, level=80)


def test_a_total_keeps_the_errors_of_one_origin_together():
    origins = pd.date_range("2024-01-01", periods=22, freq="7D")
    series = weeks(np.full(22, 100.0), "2024-01-01")
    sign = {
        origin: 0.1 if i % 2 else -0.1
        for i, origin in enumerate(origins.append(origins[-1:] + forecast.WEEK))
    }
    table = rolling_origin(
        series, lambda history, ahead: np.full(2, 100 / np.exp(sign[ahead[0]])), "2024-01-08", horizon=2
    )
    table.loc[table["origin"] == table["origin"].max(), "forecast"] = 100.0
    futures = paths(table, table["origin"].max())
    assert futures.shape == (20, 2)
    assert sorted(set(futures.sum(axis=1).round(1))) == [
        round(200 * np.exp(-0.1), 1),
        round(200 * np.exp(0.1), 1),
    ]
    with pytest.raises(ForecastError, match="ten"):
        paths(table, "2024-02-05")


# ---------------------------------------------------------------- acting early


def test_an_indicator_that_leads_by_two_weeks_is_found_and_a_common_trend_is_not():
    random = np.random.default_rng(2)
    demand = np.exp(np.cumsum(random.normal(size=120)) / 10)
    trend = np.exp(np.arange(120) / 30)
    series, early = weeks((demand * trend)[:-2]), weeks((demand * trend)[2:])
    other = weeks((trend * np.exp(random.normal(size=120) / 10))[:-2])
    assert forecast.leads(series, early).idxmax() == 2
    assert np.log(series).corr(np.log(other)) > 0.9 and forecast.leads(series, other).abs().max() < 0.3
    with pytest.raises(ForecastError, match="share 5 weeks"):
        forecast.leads(series[:5], early)


def test_a_trigger_fires_once_a_spell_and_not_after_one_bad_week():
    table = made(np.array([9, 5, 9, 5, 5, 5, 9.0]), 9.0).assign(lower=8.0, upper=10.0)
    assert forecast.fired(table).tolist() == [table["week"][4]]
    assert forecast.fired(table, "above").empty
    with pytest.raises(ForecastError, match="below"):
        forecast.fired(table, "under")
