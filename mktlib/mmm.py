"""Media mix: what a week's money brings, when it brings it, and where the next yuan belongs. Earned in S05.

Money works later than it is spent (adstock) and less and less (saturation). Both are given, not estimated: three years of weeks
do not tell them apart. `fit` estimates returns of media in yuan per yuan and holds each near what an experiment said, as far
as the experiment was sure; `draws` repeats that with other weeks, other outcomes of the experiments and other curves.

A mart has a row per full week (indexed by its Monday), what is to be explained, media money in yuan, and controls. All
randomness comes from a seed.
"""

from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import pandas as pd

from mktlib.errors import Told, did_you_mean
from mktlib.inputs import check_columns

NORMAL = NormalDist()
LAGS = 8  # weeks in which a week's money may work


class MixError(Told, ValueError):
    """Money, curves or beliefs that no mix model can be made from; the message says what is wrong, and the remedy."""


# ---------------------------------------------------------------- later: adstock


def geometric(spend, alpha, lags=LAGS, normalise=True):
    """Each period keeps the share `alpha` of the one before: weights 1, alpha, alpha², ... over `lags` periods, its own included.

    spend      money per period, array or Series, oldest first; before it there is none
    alpha      0 (all at once) to below 1
    normalise  True divides by the sum of the weights, so that money keeps its size; False lets the weights stand
    Returns an array as long as spend. Source: Jin, Wang, Sun, Chan and Koehler (2017), Google. Raises MixError.
    """
    _within("alpha", alpha, 0, 1)
    return _spread_out(spend, alpha ** np.arange(_lags(lags), dtype=float), normalise)


def delayed(spend, alpha, theta, lags=LAGS, normalise=True):
    """As geometric, but the peak comes `theta` periods later: weights alpha^((lag - theta)²). Same source. Raises MixError."""
    _within("alpha", alpha, 0, 1)
    if not 0 <= theta < _lags(lags):
        raise MixError(f"theta is {theta}: give the lag of the peak, from 0 to lags - 1 ({lags - 1}).")
    return _spread_out(spend, float(alpha) ** ((np.arange(lags) - theta) ** 2), normalise)


def weibull(spend, scale, form, lags=LAGS, normalise=True, kind="pdf"):
    """Weights from a Weibull distribution of the delay, of this scale (periods) and form.

    kind   pdf: its density at 1, 2, ... stretched from 0 to 1, can rise before it falls. cdf: the share still at work, multiplied up, from lag 0 to `lags`.
    Source: Robyn (Meta, 2021), as pymc-marketing 0.19.2 computes it. Raises MixError.
    """
    if not (scale > 0 and form > 0):
        raise MixError(f"scale {scale} and form {form}: both have to lie above 0.")
    if kind not in ("pdf", "cdf"):
        raise MixError(f"kind is {kind!r}; there are pdf and cdf.")
    lag = np.arange(1, _lags(lags) + 1, dtype=float)
    at_work = np.exp(-((lag / scale) ** form))
    if kind == "cdf":
        return _spread_out(spend, np.cumprod(np.r_[1.0, at_work]), normalise)
    density = form / scale * (lag / scale) ** (form - 1) * at_work
    return _spread_out(spend, (density - density.min()) / np.ptp(density), normalise)


# ---------------------------------------------------------------- less and less: saturation


def hill(x, slope, half):
    """x^slope / (x^slope + half^slope): 0 at 0, a half at `half`, 1 far out; slope above 1 gives an S. Raises MixError."""
    _above(half=half, slope=slope)
    powered = _money("x", x) ** slope
    return powered / (powered + float(half) ** slope)


def logistic(x, rate):
    """(1 - e^(-rate x)) / (1 + e^(-rate x)): 0 at 0, 1 far out, concave throughout. Raises MixError."""
    _above(rate=rate)
    return np.tanh(float(rate) * _money("x", x) / 2)


def michaelis_menten(x, top, half):
    """top x / (x + half): approaches `top`, has half of it at `half`; a Hill curve of slope 1. Raises MixError."""
    _above(half=half)
    x = _money("x", x)
    return top * x / (x + half)


# ---------------------------------------------------------------- the weekly mart


def by_week(daily, days):
    """Sums by full week (Monday to Sunday) of a Series or DataFrame by day; days without a row count 0.

    days   DatetimeIndex from a Monday to a Sunday. Raises MixError.
    """
    if days[0].day_of_week != 0 or days[-1].day_of_week != 6:
        raise MixError(
            f"{days[0].date()} to {days[-1].date()} is not from a Monday to a Sunday: part of a week looks like a bad week."
        )
    weekly = daily.reindex(days).fillna(0.0).resample("W-MON", closed="left", label="left").sum()
    return weekly.rename_axis("week")


def controls(calendar, days, growth, steps=None):
    """What moves sales apart from media, by week: trend, season, New Year's rest, each promotion, and steps that stay.

    calendar   the table calendar      days   as in by_week
    growth     share by which the business grows in a year (log): promotions and seasons grow with it
    steps      {"checkout": ("2025-09-01", None), "pop-up": ("2025-05-01", "2025-05-25")}: first and last day, None if it stays
    Returns a DataFrame by week. Raises ColumnMissing, MixError.
    """
    check_columns(calendar, ["date", "promo", "promo_peak", "cny_offset"])
    day = calendar.set_index("date").reindex(days)
    level = np.exp(growth * np.arange(len(days)) / 365.25)
    rest = level * np.interp(day["cny_offset"], [-12, -4, 0, 6, 10, 20], [1, 0.6, 0.3, 0.7, 0.9, 1])
    angle = 2 * np.pi * days.day_of_year / 365.25
    found = {"base": rest, "sine": rest * np.sin(angle), "cosine": rest * np.cos(angle)}
    for name, (first, last) in (steps or {}).items():
        found[name] = rest * ((days >= first) & (days <= (last or days[-1])))
    peak = day["promo_peak"].to_numpy(dtype=bool)
    for promo in sorted(set(day["promo"]) - {""}):
        runs = (day["promo"] == promo).to_numpy()
        found |= {f"{promo}, peak": level * (runs & peak), f"{promo}, other days": level * (runs & ~peak)}
    return by_week(pd.DataFrame(found, index=days), days)


# ---------------------------------------------------------------- the fit


class Fit(NamedTuple):
    """A fitted mix: returns (yuan per yuan, by medium), explained (Series by week), noise (per root of a yuan of a week's sales)."""

    returns: pd.Series
    explained: pd.Series
    noise: float


def effective(spend, curves):
    """Money as it works: carried over, saturated, and brought back to its sum, so that a coefficient is an average return.

    spend    DataFrame, one column a medium, a row a week
    curves   DataFrame by medium with alpha (share kept to the next week) and half (spend at which half of the most is reached,
             as a multiple of the mean week; infinite means a straight line)
    Raises MixError.
    """
    missing = [name for name in spend if name not in curves.index]
    if missing:
        raise MixError(f"curves has no row for {missing[0]!r}{did_you_mean(missing[0], curves.index)}")
    shape = curves.loc[list(spend), ["alpha", "half"]].to_numpy(dtype=float)
    return pd.DataFrame(_worked(_money("spend", spend), *shape.T), spend.index, spend.columns)


def fit(sales, spend, controls, curves, beliefs=None):
    """Returns of media that explain weekly sales best, none below 0, each held near its belief by a penalty.

    sales, controls   Series and DataFrame by week; controls are free in sign
    beliefs           DataFrame by medium: mean and sd of its return before these weeks; None holds nothing
    Minimises sum((sales - explained)² / (noise² sales)) + sum((return - mean)² / sd²): a week's variance grows with its sales.
    This is the mode of the posterior with normal beliefs cut at 0; the noise is estimated in three rounds. Returns a Fit.
    Raises MixError.
    """
    media, noise = effective(spend, curves), np.sqrt(sales.mean())
    _check_fit(sales, media, controls, beliefs)
    sold = sales.to_numpy(dtype=float)
    level = np.sqrt(sold)
    held = None if beliefs is None else (beliefs["mean"].to_numpy(), beliefs["sd"].to_numpy())
    for _ in range(3):
        slopes, explained = _solve(sold, media.to_numpy(), controls.to_numpy(dtype=float), held, noise, level)
        left = (sold - explained) / level
        noise = np.sqrt(left @ left / max(1, len(sales) - controls.shape[1] - media.shape[1]))
    return Fit(pd.Series(slopes, media.columns), pd.Series(explained, sales.index), noise)


def draws(sales, spend, controls, curves, beliefs, times=200, block=4, seed=5):
    """Returns that could as well be true: the fit repeated with other noise, other beliefs and other curves.

    Each time the left-over noise is drawn anew in blocks of `block` neighbouring weeks, each belief's mean is drawn from the
    belief, alpha is moved by up to 0.2 and half multiplied by 0.5 to 2. Approximates the posterior (randomised maximum a
    posteriori). Returns a DataFrame, a row a repetition, a column a medium; its quantiles are intervals. Raises MixError.
    """
    first, random = fit(sales, spend, controls, curves, beliefs), np.random.default_rng(seed)
    level, many, base = np.sqrt(sales.to_numpy(dtype=float)), len(sales), controls.to_numpy(dtype=float)
    sold, money = first.explained.to_numpy(), spend.to_numpy(dtype=float)
    left = (sales.to_numpy() - sold) / level
    alpha, half = curves.loc[list(spend), ["alpha", "half"]].to_numpy(dtype=float).T
    mean, sd, found = beliefs["mean"].to_numpy(), beliefs["sd"].to_numpy(), []
    for _ in range(times):
        starts = random.integers(0, many, -(-many // block))
        weeks = (starts[:, None] + np.arange(block)).ravel()[:many] % many
        later = np.clip(alpha + random.uniform(-0.2, 0.2, len(alpha)), 0, 0.9)
        media = _worked(money, later, half * np.exp(random.uniform(-np.log(2), np.log(2), len(half))))
        held = (random.normal(mean, sd), sd)
        found.append(_solve(sold + left[weeks] * level, media, base, held, first.noise, level)[0])
    return pd.DataFrame(found, columns=spend.columns)


# ---------------------------------------------------------------- the decision


def response(spend, returns, curves):
    """Curve of each medium at a steady weekly spend x: top x / (x + half), in yuan a week.

    spend as in effective; returns by medium, average over these weeks. Returns a DataFrame by medium: top, half (yuan a week), low
    and high (least and most carried spend that was ever seen: outside of them the curve is a guess). Raises MixError.
    """
    found = {}
    for name in returns.index:
        alpha, half = curves.loc[name, ["alpha", "half"]]
        carried, total = geometric(spend[name], alpha), spend[name].sum()
        half = half * spend[name].mean()
        if not np.isfinite(half):
            raise MixError(
                f"the curve of {name!r} is a straight line; give a finite half, or leave the medium out."
            )
        top = returns[name] * total / michaelis_menten(carried, 1, half).sum()
        found[name] = {"top": top, "half": half, "low": carried[LAGS:].min(), "high": carried[LAGS:].max()}
    return pd.DataFrame(found).T


def brings(curves, plan):
    """What a weekly plan brings by medium, yuan a week: top x / (x + half). Plan: Series by medium, yuan a week."""
    return curves["top"] * plan / (plan + curves["half"])


def marginal(curves, plan):
    """What the next yuan a week brings by medium: top half / (x + half)²; the average return is brings / plan."""
    return curves["top"] * curves["half"] / (plan + curves["half"]) ** 2


def allocate(curves, budget, low, high, worth=1.0):
    """Weekly plan of `budget` yuan that brings most, each medium between its bounds (scipy, SLSQP).

    curves      from response; low, high  Series by medium, yuan a week; worth  yuan that a yuan of sales is worth, number or Series
    Returns a Series by medium that sums to the budget. Inside its bounds each medium then has the same marginal return.
    Raises MixError where the bounds do not let the budget in.
    """
    from scipy.optimize import minimize

    low, high = low.reindex(curves.index), high.reindex(curves.index)
    if not low.sum() <= budget <= high.sum():
        raise MixError(
            f"the bounds allow {low.sum():,.0f} to {high.sum():,.0f} yuan a week, the budget is {budget:,.0f}: widen them."
        )
    worth = np.broadcast_to(np.asarray(worth, dtype=float), len(curves))
    top, half = (curves["top"] * worth / budget).to_numpy(), (curves["half"] / budget).to_numpy()
    best = minimize(
        lambda x: -(top * x / (x + half)).sum(), ((low + (high - low) * (budget - low.sum()) / (high - low).sum()) / budget).to_numpy(),
        jac=lambda x: -top * half / (x + half) ** 2, bounds=list(zip(low / budget, high / budget, strict=True)), method="SLSQP",
        constraints={"type": "eq", "fun": lambda x: x.sum() - 1, "jac": np.ones_like}, options={"ftol": 1e-13, "maxiter": 500},
    )  # fmt: skip
    return pd.Series(best.x * budget, curves.index)


def value_of_test(mean, sd, error, break_even, stake):
    """What a test of a return is worth before it is run, in yuan: the mean gain of deciding after it, not before.

    mean, sd     belief about the return, normal     error   standard error that the test will have; 0 means perfect knowledge
    break_even   return at which it is all the same whether the stake is spent   stake   yuan that the decision moves
    With s = sd² / √(sd² + error²) and d = |mean - break_even| / s: value = stake × s × (φ(d) - d Φ(-d)). Source: Raiffa and
    Schlaifer (1961), unit normal loss. Raises MixError.
    """
    if not (sd > 0 and error >= 0 and stake >= 0):
        raise MixError(
            f"sd {sd}, error {error}, stake {stake}: the first lies above 0, the others not below."
        )
    spread = sd**2 / np.hypot(sd, error)
    gap = abs(mean - break_even) / spread
    return float(stake * spread * (NORMAL.pdf(gap) - gap * NORMAL.cdf(-gap)))


def triangle(curves, budget, worth, title, alt=None, steps=40):
    """What a weekly budget brings in every split among three media: a triangle, each corner a medium that gets all of it.

    curves   rows of response for three media; budget  yuan a week; worth  yuan that a yuan of sales is worth, Series by medium
    Splits outside the spends ever seen are hatched: there the curve is a guess. Returns a picture (mktlib.plots). Raises MixError.
    """
    from mktlib import plots

    if len(curves) != 3:
        raise MixError(f"a triangle has three corners, not {len(curves)}: give three media.")
    parts = np.array([(i, j, steps - i - j) for i in range(steps + 1) for j in range(steps + 1 - i)]) / steps
    plans = parts * budget
    gain = (
        curves["top"].to_numpy()
        * plans
        / (plans + curves["half"].to_numpy())
        * worth[curves.index].to_numpy()
    ).sum(axis=1)
    seen = ((plans >= curves["low"].to_numpy()) & (plans <= curves["high"].to_numpy())).all(axis=1)
    with plots.style():
        return plots.picture(_triangle_figure(curves, parts, gain, seen, title), alt)


def intervals(models, truth, title, alt=None):
    """Intervals of returns of several models by medium, beside the value that each should hold.

    models   {name: DataFrame by medium with columns low and high}; truth  Series by medium; both in yuan per yuan
    The axis shows what lies within six times the largest truth; an arrow says that an interval goes on. Returns a picture.
    """
    from mktlib import plots

    with plots.style():
        return plots.picture(_interval_figure(models, truth, title), alt)


# ---------------------------------------------------------------- inside


def _interval_figure(models, truth, title):
    from matplotlib.figure import Figure

    from mktlib.plots import PALETTE

    figure = Figure(figsize=(8, 0.6 * len(truth) + 1.2), layout="constrained")
    axes = figure.add_subplot()
    edge = 6 * truth.max()
    for number, (name, table) in enumerate(models.items()):
        height = np.arange(len(truth)) + 0.26 * (number - (len(models) - 1) / 2)
        low, high = (table.loc[truth.index, one].clip(-edge, edge).to_numpy() for one in ("low", "high"))
        axes.hlines(height, low, high, color=PALETTE[number], linewidth=4, label=name)
        cut = (table.loc[truth.index, "high"] > edge).to_numpy()
        axes.plot(high[cut], height[cut], ">", color=PALETTE[number])
        cut = (table.loc[truth.index, "low"] < -edge).to_numpy()
        axes.plot(low[cut], height[cut], "<", color=PALETTE[number])
    axes.plot(truth, np.arange(len(truth)), "D", color="black", markersize=6, label="truth")
    axes.set_yticks(np.arange(len(truth)), truth.index)
    axes.invert_yaxis()
    axes.axvline(0, color="grey", linewidth=0.8)
    axes.set_xlabel("first-order sales per yuan of media")
    figure.legend(loc="outside lower center", ncols=len(models) + 1)
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def _triangle_figure(curves, parts, gain, seen, title):
    from matplotlib.figure import Figure

    x, y = parts[:, 1] + parts[:, 2] / 2, parts[:, 2] * np.sqrt(3) / 2
    figure = Figure(figsize=(6.4, 5.2), layout="constrained")
    axes = figure.add_subplot()
    filled = axes.tricontourf(x, y, gain, levels=12, cmap="cividis")
    axes.tricontourf(x, y, (~seen).astype(float), levels=[0.5, 1.5], colors="none", hatches=["///"])
    best = np.where(seen, gain, -np.inf).argmax()
    axes.plot(x[best], y[best], "o", color="white", markeredgecolor="black", markersize=10)
    figure.colorbar(filled, ax=axes, label="CNY a week", shrink=0.8)
    for name, (across, up) in zip(curves.index, [(0, -0.07), (1, -0.07), (0.5, 0.9)], strict=True):
        axes.text(across, up, f"all to {name}", ha="center")
    axes.set_xlim(-0.15, 1.15)
    axes.set_ylim(-0.12, 0.97)
    axes.set_aspect("equal")
    axes.set_axis_off()
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def _worked(money, alpha, half):
    """Columns of money, weeks by media, carried over, bent and brought back to their sums; alpha and half by medium."""
    weights = alpha ** np.arange(LAGS)[:, None]
    carried = np.zeros_like(money)
    for lag, weight in enumerate((weights / weights.sum(axis=0))[: len(money)]):
        carried[lag:] += weight * money[: len(money) - lag]
    half = half * np.maximum(money.mean(axis=0), 1e-9)
    bent = np.where(np.isfinite(half), carried / (carried + np.where(np.isfinite(half), half, 1)), carried)
    return bent * (money.sum(axis=0) / np.maximum(bent.sum(axis=0), 1e-9))


def _solve(sales, media, controls, beliefs, noise, level):
    """Non-negative least squares for media once what controls explain is taken out of everything (Frisch, Waugh, Lovell).

    level   standard deviation of a week but for noise, array by week. Returns (slopes of media, explained sales).
    """
    from scipy.optimize import nnls

    by = (noise * level)[:, None]
    basis = np.linalg.qr(controls / by)[0]
    columns, target = media / by, sales / by[:, 0]
    rows, left = columns - basis @ (basis.T @ columns), target - basis @ (basis.T @ target)
    if beliefs is not None:
        mean, sd = beliefs
        rows, left = np.vstack([rows, np.diag(1 / sd)]), np.r_[left, mean / sd]
    size = np.linalg.norm(rows, axis=0)
    size[size == 0] = 1
    slopes = nnls(rows / size, left)[0] / size
    rest = target - columns @ slopes
    return slopes, (columns @ slopes + basis @ (basis.T @ rest)) * by[:, 0]


def _check_fit(sales, media, controls, beliefs):
    for name, table in (("spend", media), ("controls", controls)):
        if not table.index.equals(sales.index):
            raise MixError(
                f"{name} and sales do not have the same weeks; take both from by_week over the same days."
            )
    if not (sales > 0).all():
        raise MixError(f"sales are not above 0 in the week of {sales.idxmin()}: is the week complete?")
    if beliefs is not None and (list(beliefs.index) != list(media.columns) or not (beliefs["sd"] > 0).all()):
        raise MixError(
            f"beliefs need a row for each of {', '.join(media.columns)}, in this order, with an sd above 0."
        )


def _spread_out(spend, weights, normalise):
    money = _money("spend", spend)
    return np.convolve(money, weights / weights.sum() if normalise else weights)[: len(money)]


def _money(name, values):
    values = np.asarray(values, dtype=float)
    if not (np.isfinite(values).all() and (values >= 0).all()):
        raise MixError(f"{name} holds a missing, infinite or negative value; money spent is 0 or more.")
    return values


def _above(**numbers):
    for name, number in numbers.items():
        if not number > 0:
            raise MixError(f"{name} is {number}; it has to lie above 0.")


def _within(name, number, low, high):
    if not low <= number < high:
        raise MixError(f"{name} is {number}; give {low} or more, below {high}.")


def _lags(lags):
    if lags != int(lags) or lags < 1:
        raise MixError(f"lags is {lags}: give whole periods, 1 or more.")
    return int(lags)
