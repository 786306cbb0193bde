"""Incrementality by place: what went missing where an ad was off, and how sure cities can be of it. Earned in S06.

Before a test: `lots` draws cities within strata, `placebo` plays the test in weeks when nothing was off, `power` reads the
chance to see an effect from it. After it: `lost` and `iroas` (scaled difference in differences, cities left out in turn), `did`
(difference in differences of rows with errors by cluster), `synthetic` (a weighted sum of other cities). In the end
`by_precision` joins estimates of one quantity. `design_picture` draws what a design can see.
"""

import math
from collections import namedtuple

import numpy as np
import pandas as pd

from mktlib import plots
from mktlib.inputs import BadValue, check_columns

Z95 = 1.959963984540054
FEWEST = 2  # cities in a group, below which no spread between them is known

Synthetic = namedtuple("Synthetic", "expected weights")


# --- what went missing ---------------------------------------------------------------


def lost(before, after, dark):
    """What the dark cities lost, if without the test they had gone the way of the others.

    before, after   sums by city (Series with the same index), before and during the test; any two lengths of time
    dark            True for each city in which the ad was off (Series with that index)
    Returns a Series: expected, actual, lost (expected - actual), share (lost / expected).
    Formula: expected = before[dark] x after[lit] / before[lit], sums over cities. It is a difference in differences of
    logarithms of sums: the cities may differ in size, not in how the season moves them.
    Raises BadValue for another index, missing values, a group below 2 cities, or nothing before in the lit ones.
    """
    before, after, off = _columns(dark, before=before, after=after)
    return pd.Series(_lost(before, after, off))


def iroas(before, after, cost_before, cost, dark):
    """Incremental return on ad spend (iROAS) of a geo test: revenue lost over cost saved, with cities as the units of chance.

    before, after       revenue by city before and during the test (Series with the same index)
    cost_before, cost   ad cost by city in the same times; 0 in dark cities during the test
    dark                True for each city in which the ad was off
    Returns a Series: iroas, standard_error, low, high (95 %), lost and saved (in the currency of the columns).
    Formula: saved is to cost what lost is to revenue: cost_before[dark] x cost[lit] / cost_before[lit] - cost[dark].
    The standard error is the jackknife's: each city left out once, √((n - 1) / n Σ(e_i - ē)²) over n cities (Efron 1982).
    The ratio follows Vaver and Koehler (2011), Measuring ad effectiveness using geo experiments, Google. Raises BadValue.
    """
    values = *columns, off = _columns(dark, before=before, after=after, cost_before=cost_before, cost=cost)
    found = _iroas(*values)
    if not found["saved"] > 0:
        raise BadValue("No cost was saved in the dark cities: is `dark` the wrong way round?")
    left_out = []
    for city in range(len(off)):
        kept = np.arange(len(off)) != city
        left_out.append(_iroas(*(column[kept] for column in columns), off[kept])["iroas"])
    error = math.sqrt((len(off) - 1) * np.var(left_out))
    value = found.pop("iroas")
    return pd.Series({"iroas": value, "standard_error": error, "low": value - Z95 * error, "high": value + Z95 * error, **found})  # fmt: skip


def did(rows, outcome, cluster="city"):
    """Difference in differences of rows, with an error that knows which rows belong together.

    rows      columns treated and after (True or False), the outcome, and the cluster: one row per city and week, say
    outcome   name of a number column: a rate, or a logarithm, so that cities of any size may be averaged
    cluster   column of the units that were drawn (cities); None takes each row for a unit of its own
    Returns a Series: effect, standard_error, low, high (95 %, t with clusters - 1), p, clusters.
    Formula: effect = (treated after - before) - (others after - before), means of rows. Its error is the sandwich of
    the regression on treated, after and both, clustered, with the factor G / (G - 1) x (n - 1) / (n - 4) (CR1; Liang and
    Zeger 1986; why it matters: Bertrand, Duflo and Mullainathan 2004). Raises ColumnMissing, BadValue.
    """
    from scipy.special import stdtr, stdtrit

    check_columns(rows, ["treated", "after", outcome, *([cluster] if cluster else [])])
    values = rows[outcome].to_numpy(float)
    if not np.isfinite(values).all():
        raise BadValue(f"'{outcome}' has missing or infinite values; a logarithm of zero is one.")
    treated, after = rows["treated"].to_numpy(bool), rows["after"].to_numpy(bool)
    unit = pd.factorize(rows[cluster])[0] if cluster else np.arange(len(rows))
    sides = [len(set(unit[treated == side])) for side in (True, False)]
    if min(sides) < FEWEST:
        raise BadValue(f"{sides[0]} treated units and {sides[1]} others; two at least are needed in each.")
    effect, pull = 0.0, np.zeros(len(rows))
    for in_group in (True, False):
        for in_time in (True, False):
            cell = (treated == in_group) & (after == in_time)
            if not cell.any():
                raise BadValue(
                    "One of the four cells is empty: treated and others need rows before and after."
                )
            sign = 1 if in_group == in_time else -1
            effect += sign * values[cell].mean()
            pull[cell] = sign * (values[cell] - values[cell].mean()) / cell.sum()
    n, units = len(rows), len(set(unit))
    factor = units / (units - 1) * (n - 1) / (n - 4) if n > 4 else 1.0
    error = math.sqrt(factor * (np.bincount(unit, pull) ** 2).sum())
    half = stdtrit(units - 1, 0.975) * error
    p = 2 * stdtr(units - 1, -abs(effect) / error) if error else math.nan
    return pd.Series({"effect": effect, "standard_error": error, "low": effect - half, "high": effect + half, "p": p, "clusters": units})  # fmt: skip


# --- before the test -----------------------------------------------------------------


def lots(strata, held_out, draws, seed=1):
    """Assignments of a geo test as the lot could have drawn them: so many dark cities in each stratum.

    strata     Series indexed by city: tier, or a block of cities that are alike
    held_out   dark cities per stratum: a number for all strata, or a dict or Series {stratum: number}
    draws      how many assignments
    seed       of the lot; the same seed draws the same
    Returns a DataFrame of True (dark) and False: one row an assignment, one column a city. Raises BadValue.
    """
    names, places = strata.unique(), strata.to_numpy()
    per = {name: held_out for name in names} if np.isscalar(held_out) else dict(held_out)
    keys = np.random.default_rng(seed).random((int(draws), len(strata)))
    dark = np.zeros(keys.shape, dtype=bool)
    for name in names:
        members = np.flatnonzero(places == name)
        many = per.get(name, 0)
        if not 0 <= many <= len(members):
            raise BadValue(f"Stratum {name!r} has {len(members)} cities; {many} cannot be held out of them.")
        first = np.argsort(keys[:, members], axis=1, kind="stable")[:, : int(many)]
        np.put_along_axis(dark, members[first], True, axis=1)
    return pd.DataFrame(dark, columns=strata.index)


def placebo(before, after, assignments):
    """Share lost in tests that never were: `lost` for many assignments, in times when the ad was on everywhere.

    before, after   sums by city (Series with the same index), both from times without a test
    assignments     DataFrame of `lots`, columns in the order of the index
    Returns an array of shares, one per assignment. Whatever is not 0 is chance, or a bias of the design.
    Raises BadValue where columns and index differ.
    """
    if list(assignments.columns) != list(before.index) or not before.index.equals(after.index):
        raise BadValue(
            "The columns of assignments and the index of before and after must be the same cities."
        )
    dark = assignments.to_numpy(float)
    expected = (
        dark
        @ before.to_numpy(float)
        / ((1 - dark) @ before.to_numpy(float))
        * ((1 - dark) @ after.to_numpy(float))
    )
    return 1 - dark @ after.to_numpy(float) / expected


def power(placebos, effect, alpha=0.05):
    """Chance that a test sees an effect, read from its placebos: no formula, no assumption of independent users.

    placebos   what the test gives when nothing happened (array of `placebo`)
    effect     the true share lost that one wants to see, 0.1 for a tenth
    alpha      share of placebos that may lie beyond the limit
    Returns a fraction. The limit is the 1 - alpha quantile of |placebos|; power is the share of |placebos + effect| beyond it.
    A biased design has a high limit, and pays for it here. Raises BadValue.
    """
    placebos = np.asarray(placebos, dtype=float)
    if placebos.ndim != 1 or len(placebos) < 20 or not np.isfinite(placebos).all():
        raise BadValue("placebos is a list of 20 numbers or more, none of them missing.")
    if not 0 < alpha < 1:
        raise BadValue(f"alpha is a fraction between 0 and 1, such as 0.05; it is {alpha!r}.")
    limit = np.quantile(np.abs(placebos), 1 - alpha)
    return float((np.abs(placebos + effect) > limit).mean())


# --- one city against many -----------------------------------------------------------


def synthetic(series, donors, fit):
    """A city that never was: the weighted sum of others that moves as this one did when nothing happened to it.

    series   outcome of the treated city or group in time (Series), as a rate, so that sizes do not matter
    donors   DataFrame with that index, one column per city that nothing happened to
    fit      True for the times to fit on (without treatment), a Series or array along the index
    Returns (expected, weights): expected is a Series along the index, weights a Series by donor, each ≥ 0, their sum 1.
    Formula: series and donors less their means over the times of fit; weights on the simplex that minimise the sum of squares
    (Abadie, Diamond and Hainmueller 2010; demeaned: Ferman and Pinto 2021). The level comes from the series' own mean, so a city
    that is always higher than all others has a synthetic one, too. Solved by scipy's non-negative least squares, the sum held by a
    heavy row. Raises BadValue.
    """
    from scipy.optimize import nnls

    fit = np.asarray(fit, dtype=bool)
    y, x = series.to_numpy(float), donors.to_numpy(float)
    if len(y) != len(x) or len(fit) != len(y) or not (np.isfinite(y).all() and np.isfinite(x).all()):
        raise BadValue("series, donors and fit need the same times, and no missing values.")
    if fit.sum() < 3 or x.shape[1] < 1:
        raise BadValue(
            f"{fit.sum()} times to fit on and {x.shape[1]} donors; three times and one donor at least."
        )
    y0, x0 = y[fit] - y[fit].mean(), x[fit] - x[fit].mean(axis=0)
    heavy = 1e4 * max(np.abs(x0).max(), np.abs(y0).max(), 1e-12)
    weights, _ = nnls(np.vstack([x0, np.full(x.shape[1], heavy)]), np.append(y0, heavy))
    weights /= weights.sum()
    expected = y[fit].mean() + (x - x[fit].mean(axis=0)) @ weights
    return Synthetic(
        pd.Series(expected, index=series.index, name="expected"), pd.Series(weights, index=donors.columns)
    )


# --- several sources -----------------------------------------------------------------


def by_precision(estimates, errors):
    """One value from several estimates of the same quantity: each weighs by how sure it is.

    estimates, errors   values and their standard errors (Series or lists of one length), of one quantity over one window
    Returns a Series: value, standard_error, low, high (95 %), chi2 (how far the sources contradict each other; about one
    less than their number if they do not). Formula: weights 1 / error², error 1 / √Σ weights (inverse variance; for two
    normal sources it is Bayes' rule, one the prior of the other). What differs in kind has to be converted first.
    Raises BadValue for errors that are not above 0, or lists of different length.
    """
    values, errors = np.asarray(estimates, dtype=float), np.asarray(errors, dtype=float)
    if values.shape != errors.shape or values.ndim != 1 or not len(values):
        raise BadValue("estimates and errors are lists of the same length, one entry per source.")
    if not (np.isfinite(values).all() and np.isfinite(errors).all() and (errors > 0).all()):
        raise BadValue("Each estimate is a number, and each standard error a number above 0.")
    weights = 1 / errors**2
    value, error = (weights * values).sum() / weights.sum(), 1 / math.sqrt(weights.sum())
    chi2 = (weights * (values - value) ** 2).sum()
    return pd.Series({"value": value, "standard_error": error, "low": value - Z95 * error, "high": value + Z95 * error, "chi2": chi2})  # fmt: skip


# --- picture -------------------------------------------------------------------------


def design_picture(cities, dark, placebos, effect, title, alt=None):
    """Where a geo test goes dark, and what it would see: a map of the cities beside the placebos of the design.

    cities     columns latitude, longitude, audience; one row a city
    dark       True for each city that is held out (array or Series, in that order)
    placebos   array of `placebo`; effect: the share lost that one wants to see, drawn as a line
    title, alt as in mktlib.plots
    Returns a Picture. Raises AltMissing, ColumnMissing.
    """
    from matplotlib.figure import Figure

    check_columns(cities, ["latitude", "longitude", "audience"])
    alt, dark, placebos = (
        plots.one_sentence(alt),
        np.asarray(dark, dtype=bool),
        np.asarray(placebos, dtype=float),
    )
    limit = np.quantile(np.abs(placebos), 0.95)
    with plots.style():
        figure = Figure(figsize=(9.5, 4.2))
        place, chance = figure.subplots(1, 2)
        for group, colour, marker, words in [(~dark, plots.BLUE, "o", "on"), (dark, plots.RED, "s", "dark")]:
            some = cities[group]
            place.scatter(some["longitude"], some["latitude"], s=8 + 3 * some["audience"], c=colour, marker=marker, alpha=0.75, label=f"{words}: {group.sum()}")  # fmt: skip
        place.legend(loc="upper left", fontsize=10)
        place.set(xlabel="degrees east", ylabel="degrees north")
        chance.hist(100 * placebos, bins=30, color=plots.GREY)
        for side in (-1, 1):
            chance.axvline(100 * side * limit, color=plots.INK, linestyle="--", linewidth=1.5)
        chance.axvline(100 * effect, color=plots.RED, linewidth=2.5)
        chance.annotate("loss to see", (100 * effect, 1), (-4, -4), xycoords=("data", "axes fraction"), textcoords="offset points", va="top",
            ha="right", color=plots.RED)  # fmt: skip
        chance.set(xlabel="% lost where nothing was off (dashed: limit)", ylabel="placebos")
        reach = 100 * max(abs(effect), np.abs(placebos).max()) * 1.25
        chance.set_xlim(-reach, reach)
        figure.suptitle(title, x=0.01, ha="left")
    return plots.picture(figure, alt)


# --- helpers -------------------------------------------------------------------------


def _columns(dark, **columns):
    """Columns as arrays in the order of dark, and dark itself; checked."""
    off = dark.to_numpy(bool)
    if min(off.sum(), (~off).sum()) < FEWEST:
        raise BadValue(
            f"{off.sum()} cities are dark and {(~off).sum()} are not; two at least are needed in each."
        )
    found = []
    for name, column in columns.items():
        if set(column.index) != set(dark.index) or len(column) != len(dark):
            raise BadValue(f"'{name}' and `dark` are not of the same cities.")
        values = column.reindex(dark.index).to_numpy(float)
        if not np.isfinite(values).all():
            raise BadValue(f"'{name}' has missing values: a city without an order has a zero, not a gap.")
        found.append(values)
    if not found[0][~off].sum() > 0:
        raise BadValue("Nothing happened before in the lit cities, so there is no scale.")
    return *found, off


def _lost(before, after, off):
    expected = before[off].sum() * after[~off].sum() / before[~off].sum()
    actual = after[off].sum()
    return {
        "expected": expected,
        "actual": actual,
        "lost": expected - actual,
        "share": (expected - actual) / expected,
    }


def _iroas(before, after, cost_before, cost, off):
    gone, saved = _lost(before, after, off)["lost"], _lost(cost_before, cost, off)["lost"]
    return {"iroas": gone / saved if saved else math.nan, "lost": gone, "saved": saved}
