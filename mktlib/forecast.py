"""Forecasts that are judged before they are believed: bars to beat, rolling origins, moving feasts, ranges. Earned in S04.

A forecast is made on a Monday, its *origin*, from complete weeks before that day, for a number of weeks from that day on: its
horizon 1 is the week that begins at the origin. A *method* is a function (history, weeks) -> forecasts, where history is a Series of
past weeks and weeks are the Mondays to be foretold; it is never shown more, so it cannot know the future by accident.
Errors are taken on the log scale, log(actual / forecast): they are shares of the level, whatever the level has grown to.
"""

import numpy as np
import pandas as pd

from mktlib.errors import Told
from mktlib.inputs import check_columns

WEEK = pd.Timedelta(days=7)
MEMORY = 120  # weeks that a regression looks back: a young shop's first months tell little about today
PEAKS = ("618", "8 March", "CNY", "Children's Day", "Double 11", "Double 12")
LONG = ("618", "CNY", "Double 11")  # promotions of more than a week
FULL_CUPBOARDS = {
    "618": 14,
    "Double 11": 28,
}  # days after the last main day in which people still have enough
NEW_YEAR = {
    "days -10 to -4": (-10, -4),
    "days -3 to 3": (-3, 3),
    "days 4 to 10": (4, 10),
    "days 11 to 17": (11, 17),
}


class ForecastError(Told, ValueError):
    """A forecast or its score has no meaning in what was given; the message says what is missing."""


# ---------------------------------------------------------------- weeks and what the calendar knows of them


def complete_weeks(daily):
    """Sums by week (Monday to Sunday), indexed by Monday; a week of which days are missing at either end is left out.

    daily   Series indexed by day, a day without sales is 0. Raises ForecastError for days that are missing in between.
    """
    days = pd.DatetimeIndex(daily.index)
    if len(days) != (days.max() - days.min()).days + 1 or not days.is_monotonic_increasing:
        raise ForecastError(
            "Days are missing, double or not in order; reindex to all days from the first to the last, with 0."
        )
    monday = days - pd.to_timedelta(days.day_of_week, unit="D")
    sums = daily.groupby(monday).agg(["sum", "size"])
    return sums.loc[sums["size"] == 7, "sum"].rename(daily.name).rename_axis("week_start").asfreq("7D")


def calendar_features(calendar):
    """What the calendar knows of each week, years ahead: shares of its seven days, indexed by Monday, with a yearly wave.

    calendar   the table calendar: date, promo, promo_peak, cny_offset
    Columns: main days of each promotion; the other days of the long ones; the days after 618 (14) and Double 11 (28) in which
    cupboards are full; four spans of days around Chinese New Year's day, wherever it falls; sine and cosine of the year.
    Complete weeks only. Raises ColumnMissing.
    """
    check_columns(calendar, ["date", "promo", "promo_peak", "cny_offset"])
    days = calendar.set_index("date")
    table = {f"{name} peak": (days["promo"] == name) & days["promo_peak"] for name in PEAKS}
    table |= {f"{name} days": (days["promo"] == name) & ~days["promo_peak"] for name in LONG}
    for name, length in FULL_CUPBOARDS.items():
        peak = table[f"{name} peak"]
        recent = peak.astype(int).rolling(length + 1, min_periods=1).sum() > 0
        table[f"after {name}"] = recent & ~peak
    table |= {f"New Year {name}": days["cny_offset"].between(*span) for name, span in NEW_YEAR.items()}
    features = pd.DataFrame(
        {name: complete_weeks(marked.astype(float)) / 7 for name, marked in table.items()}
    )
    angle = 2 * np.pi * features.index.day_of_year / 365.25
    return features.assign(sine=np.sin(angle), cosine=np.cos(angle))


# ---------------------------------------------------------------- methods


def seasonal_naive(history, weeks):
    """The bar that every forecast has to beat: the same week a year (52 weeks) before. A Series indexed by weeks.

    Reaches 52 weeks ahead and needs 52 weeks of history; raises ForecastError otherwise.
    """
    return _year_before(history, weeks)


def growing_naive(history, weeks, recent=8):
    """The higher bar: the week a year before, times how much the last weeks (eight) lie above the same weeks of that year."""
    last = history.index[-recent:]
    growth = history.iloc[-recent:].sum() / _year_before(history.iloc[:-recent], last).sum()
    return _year_before(history, weeks) * growth


def _year_before(history, weeks):
    before = pd.DatetimeIndex(weeks) - 52 * WEEK
    if not before.isin(history.index).all():
        raise ForecastError(
            f"The week of {before[~before.isin(history.index)][0]:%d %B %Y} is not in the history; a year before every "
            "forecast week has to be known."
        )
    return pd.Series(history.loc[before].to_numpy(dtype=float), index=pd.DatetimeIndex(weeks))


def regression(history, weeks, features, recent=13, knots=26, ridge=0.01):
    """Log-linear regression on calendar features and a bent trend; the level is that of the last weeks.

    history    Series of positive values by Monday; weeks: Mondays to be foretold
    features   DataFrame indexed by Monday that holds both: calendar_features(calendar)
    recent     weeks whose mean residual is added, so that the forecast starts where sales stand
    knots      weeks between two bends of the trend; after the origin it is flat, as nobody knows where growth ends
    ridge      penalty on the calendar's effects (a tenth of it on the trend): with two or three New Years each is little known
    log y = a + trend + features b, solved as (X'X + penalty) beta = X'y over the last 120 weeks. Returns a Series of yuan indexed by weeks: the middle
    of the range (median), not its mean. Raises ForecastError for values not above 0 and for weeks without features.
    """
    history, weeks = history.iloc[-MEMORY:], pd.DatetimeIndex(weeks)
    design = _design(history.index, weeks, features, knots)
    beta, rest = _fit(design[: len(history)], _logs(history), features.shape[1], ridge)
    return pd.Series(np.exp(design[len(history) :] @ beta + rest[-recent:].mean()), index=weeks)


def effects(history, features, knots=26, ridge=0.01):
    """What regression() found: the change of a week's sales if all its seven days were of this kind, as a fraction, by column."""
    history = history.iloc[-MEMORY:]
    design = _design(history.index, pd.DatetimeIndex([]), features, knots)
    beta, _ = _fit(design, _logs(history), features.shape[1], ridge)
    return pd.Series(np.exp(beta[-features.shape[1] :]) - 1, index=features.columns)


def _fit(past, log, kinds, ridge):
    """Coefficients, and what they leave of each week; the last `kinds` columns are the calendar's."""
    trend = past.shape[1] - kinds - 1
    penalty = np.r_[0, np.full(trend, ridge / 10), np.full(kinds, ridge)]
    beta = np.linalg.solve(past.T @ past + np.diag(penalty), past.T @ log)
    return beta, log - past @ beta


def _logs(history):
    if not (history > 0).all():
        raise ForecastError(
            f"The week of {history.index[~(history > 0)][0]:%d %B %Y} is not above 0 and has no log."
        )
    return np.log(history.to_numpy(dtype=float))


def _design(past, weeks, features, knots):
    """Rows for past weeks and weeks to be foretold: level, trend with bends, features. Weeks are counted from the origin."""
    every = past.append(weeks)
    missing = every[~every.isin(features.index)]
    if len(missing):
        raise ForecastError(f"There are no features for the week of {missing[0]:%d %B %Y}.")
    t = np.minimum((every - past[-1]) / WEEK - 1, 0).to_numpy()
    bends = [np.minimum(t + back, 0) / 52 for back in range(0, max(1, len(past) - 8), knots)]
    return np.column_stack([np.ones(len(every)), *bends, features.loc[every].to_numpy(dtype=float)])


def smoothing(history, weeks):
    """Simple exponential smoothing of logs (ETS(A,N,N) of statsmodels): follows the level, flat ahead, knows no calendar."""
    from statsmodels.tsa.holtwinters import SimpleExpSmoothing

    fitted = SimpleExpSmoothing(_logs(history), initialization_method="estimated").fit()
    return pd.Series(np.exp(fitted.forecast(len(weeks))), index=pd.DatetimeIndex(weeks))


def arima(history, order=(0, 1, 1), seasonal_order=(0, 0, 0, 0)):
    """SARIMA on logs: the fitted model of statsmodels, with params, llf and forecast(steps), which gives logs.

    The airline model, order (0, 1, 1) and (0, 1, 1, 12), on Box and Jenkins' airline passengers has theta 0.402, Theta 0.557 and
    log-likelihood 244.696. A fit takes a tenth of a second to two seconds. Raises ForecastError for values not above 0.
    """
    from statsmodels.tsa.statespace.sarimax import SARIMAX
    from threadpoolctl import threadpool_limits

    model = SARIMAX(_logs(history), order=order, seasonal_order=seasonal_order)
    with threadpool_limits(1):  # on a model this small, threads wait for each other: twelve times slower
        return model.fit(disp=False, cov_type="none")


def without_calendar(method, features):
    """A method that knows no calendar, taught one: effects() are taken out of the history, and put back into its forecasts.

    method      (history, weeks) -> forecasts, such as smoothing; features: as in regression
    Returns a method of the same kind.
    """

    def taught(history, weeks):
        strength = np.log1p(effects(history, features))
        quiet = history / np.exp(features.loc[history.index] @ strength)
        return np.asarray(method(quiet, weeks)) * np.exp(features.loc[weeks] @ strength)

    return taught


# ---------------------------------------------------------------- rolling origin and scores


def rolling_origin(series, method, first, horizon=8, every=1):
    """Forecasts as they would have been made, Monday after Monday: one row per origin and horizon.

    series    weekly values by Monday; method: (history, weeks) -> forecasts; first: earliest origin (a Monday)
    horizon   weeks ahead; every: weeks between two origins
    Returns origin, horizon, week, actual, forecast. The last origin is the Monday after the last week of series; weeks that are not yet
    lived have no actual (NaN) and count in no score. Raises ForecastError for an origin that is no Monday of the series.
    Source: Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 5.10.
    """
    origins = series.index.append(pd.DatetimeIndex([series.index[-1] + WEEK]))
    if pd.Timestamp(first) not in origins[1:]:
        raise ForecastError(
            f"{first} is no Monday with history before it; weeks begin on {series.index[0]:%A %d %B %Y}."
        )
    rows = []
    for n in range(origins.get_loc(pd.Timestamp(first)), len(origins), every):
        weeks = pd.date_range(origins[n], periods=horizon, freq="7D")
        made = np.asarray(method(series.iloc[:n], weeks), dtype=float)
        actual = series.reindex(weeks).to_numpy()
        rows.append(pd.DataFrame({"origin": origins[n], "horizon": range(1, horizon + 1), "week": weeks, "actual": actual, "forecast": made}))  # fmt: skip
    return pd.concat(rows, ignore_index=True)


def wape(actual, forecast):
    """Weighted absolute percentage error: sum |actual - forecast| / sum actual, a fraction. Has a meaning where days are zero, MAPE has none.

    Pairs without an actual are left out. Raises ForecastError if the actuals sum to nothing.
    """
    actual, forecast = np.asarray(actual, dtype=float), np.asarray(forecast, dtype=float)
    known = ~np.isnan(actual)
    if not actual[known].sum() > 0:
        raise ForecastError("The actual values sum to nothing, so no error can be a share of them.")
    return float(np.abs(actual - forecast)[known].sum() / actual[known].sum())


def skill(backtest, bar, by=None):
    """1 - mean absolute error / that of the bar, over the same origins and weeks: 0.2 is a fifth better, below 0 is worse.

    backtest, bar   two results of rolling_origin; by: None for one number, "horizon" for a Series
    Raises ForecastError where they do not hold the same origins and horizons.
    """
    both = backtest.merge(bar, on=["origin", "horizon"], suffixes=("", "_bar")).dropna(subset="actual")
    if len(both) != backtest["actual"].notna().sum() or len(both) != bar["actual"].notna().sum():
        raise ForecastError(
            "The two were not made at the same origins; a comparison needs the same weeks on both sides."
        )
    sizes = pd.DataFrame(
        {
            "one": (both["actual"] - both["forecast"]).abs(),
            "bar": (both["actual"] - both["forecast_bar"]).abs(),
        }
    )
    sums = sizes.sum() if by is None else sizes.groupby(both[by]).sum()
    return (
        float(1 - sums["one"] / sums["bar"])
        if by is None
        else (1 - sums["one"] / sums["bar"]).rename("skill")
    )


def pinball(actual, quantile, level):
    """Mean pinball loss of a quantile forecast: level x (actual - q) above it, (1 - level) x (q - actual) below. Unit of actual.

    The smallest is reached by the true quantile; at level 0.5 it is half the mean absolute error. Pairs without an actual are left out.
    Raises ForecastError for a level outside 0 to 1. Source: Koenker and Bassett 1978.
    """
    if not 0 < level < 1:
        raise ForecastError(
            f"The level of a quantile lies between 0 and 1, not at {level}; the upper tenth is 0.9."
        )
    gap = np.asarray(actual, dtype=float) - np.asarray(quantile, dtype=float)
    return float(np.nanmean(np.maximum(level * gap, (level - 1) * gap)))


# ---------------------------------------------------------------- ranges


def bands(backtest, level=0.8, first=12, step=0.2):
    """Ranges from errors already made: adds lower and upper to a backtest, by horizon, from earlier origins alone.

    Half-width on the log scale is the empirical quantile of |log(actual / forecast)| of all earlier origins whose week at this
    horizon was over (split conformal: rank (n + 1) level, upwards), times a factor. The factor starts at 1; after each week it is
    multiplied by exp(step (miss - (1 - level))): a miss widens, a hit narrows a little, so that misses come at their rate in the
    long run, also where the world changes. step=0 leaves the plain empirical quantile.
    first   errors needed before a range is given (NaN before). Raises ForecastError for a level outside 0 to 1.
    Sources: Vovk 2005; Gibbs and Candes 2021; Angelopoulos, Candes and Tibshirani 2023 (quantile tracking).
    """
    if not 0 < level < 1:
        raise ForecastError(f"A range covers a share between 0 and 1, not {level}; 80 % is 0.8.")
    check_columns(backtest, ["origin", "horizon", "week", "actual", "forecast"])
    width = pd.Series(np.nan, index=backtest.index)
    for _, rows in backtest.groupby("horizon"):
        rows = rows.sort_values("origin")
        width[rows.index] = _widths(rows, level, first, step)
    return backtest.assign(
        lower=backtest["forecast"] * np.exp(-width), upper=backtest["forecast"] * np.exp(width)
    )


def _widths(rows, level, first, step):
    """Half-widths of one horizon, each from the weeks that were over at its origin."""
    size = np.abs(np.log(rows["actual"] / rows["forecast"])).to_numpy()
    over = (rows["week"] + WEEK).to_numpy()
    widths, factor, seen = np.full(len(rows), np.nan), 1.0, 0
    for i, origin in enumerate(rows["origin"].to_numpy()):
        while seen < i and over[seen] <= origin and not np.isnan(size[seen]):
            if not np.isnan(widths[seen]):
                factor *= np.exp(step * ((size[seen] > widths[seen]) - (1 - level)))
            seen += 1
        if seen >= first:
            rank = min(seen, int(np.ceil((seen + 1) * level - 1e-9)))
            widths[i] = factor * np.sort(size[:seen])[rank - 1]
    return widths


def coverage(ranges, by=None):
    """Share of actual values inside lower to upper, a fraction; rows without an actual or without a range are left out."""
    check_columns(ranges, ["actual", "lower", "upper"])
    known = ranges.dropna(subset=["actual", "lower", "upper"])
    inside = known["actual"].between(known["lower"], known["upper"])
    return float(inside.mean()) if by is None else inside.groupby(known[by]).mean()


def paths(backtest, origin):
    """Futures of one origin: its forecast times the errors that earlier origins made, each taken whole. Rows are futures, columns weeks.

    Errors of one origin belong together: who was too low in the first week was mostly too low in the next, too. A path keeps that;
    quantiles of paths.sum(axis=1) are the range of a total. Bounds added up (all weeks bad at once) or weeks drawn one by one (luck
    cancels) are not. Uses origins whose last week was over at `origin`. Raises ForecastError with fewer than ten of them.
    """
    origin = pd.Timestamp(origin)
    now = backtest[backtest["origin"] == origin].sort_values("horizon").set_index("week")["forecast"]
    if now.empty:
        raise ForecastError(f"There is no forecast of {origin:%d %B %Y} in this backtest.")
    error = backtest.assign(error=np.log(backtest["actual"] / backtest["forecast"]))
    errors = error.pivot(index="origin", columns="horizon", values="error").dropna()
    known = errors[errors.index + len(now) * WEEK <= origin]
    if len(known) < 10:
        raise ForecastError(
            f"Only {len(known)} earlier origins are over by {origin:%d %B %Y}; ten are needed."
        )
    return pd.DataFrame(now.to_numpy() * np.exp(known.to_numpy()), index=known.index, columns=now.index)


# ---------------------------------------------------------------- acting early


def leads(series, indicator, most=4):
    """Correlation of the weekly changes (of logs) of an indicator with those of a series some weeks later, by weeks of lead 0..most.

    Levels that both grow correlate whatever they are; changes do only if one tells about the other.
    Both are indexed by Monday; the weeks that both have count. Returns a Series. Raises ForecastError with fewer than 20 such weeks.
    """
    both = pd.concat({"series": series, "indicator": indicator}, axis=1).dropna().sort_index()
    if len(both) < 20:
        raise ForecastError(f"The two share {len(both)} weeks; 20 are needed.")
    changes = np.log(both).diff()
    return pd.Series(
        {k: changes["series"].corr(changes["indicator"].shift(k)) for k in range(most + 1)},
        name="correlation",
    )


def fired(ranges, side="below", horizon=1, run=2):
    """Weeks in which a trigger fires: the actual lay outside its range, on this side, for the run-th week in a row.

    ranges    result of bands(); side: "below" or "above"; horizon: which forecast of a week is meant
    Returns a DatetimeIndex of Mondays; a spell fires once. Raises ForecastError for another side.
    """
    if side not in ("below", "above"):
        raise ForecastError(f"A trigger watches the side 'below' or 'above', not {side!r}.")
    rows = ranges[ranges["horizon"] == horizon].dropna(subset=["actual", "lower"]).sort_values("week")
    out = rows["actual"] < rows["lower"] if side == "below" else rows["actual"] > rows["upper"]
    spell = out.groupby((~out).cumsum()).cumsum()
    return pd.DatetimeIndex(rows.loc[spell == run, "week"])
