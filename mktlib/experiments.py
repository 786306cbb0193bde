"""Experiments that can be trusted: how many units, how many looks, how many questions, how little noise. Earned in M04.

Before a test: `sample_size`, `power`. While it runs: `false_alarms` of looking, `boundaries` that allow it. After it:
`holm` and `benjamini_hochberg` for several questions, `cuped` for an outcome that can be foretold. All for two arms of equal
size, two-sided. Reading two arms is mktlib.ab's task.
"""

import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import pandas as pd

from mktlib import plots
from mktlib.inputs import BadValue, check_columns

NORMAL = NormalDist()
NODES = 161  # of the Gauss-Legendre rule; 81 agree with it to 1e-9 for up to 20 looks
MOST_LOOKS = 200


def sample_size(rate_a, rate_b, power=0.8, alpha=0.05, pooled=True):
    """Units per arm, so that a test of two rates finds the difference; round up, and take it twice for both arms.

    rate_a, rate_b   rates of the arms, as fractions; the difference is the smallest one worth a decision
    power            chance that the test says so, if the difference is there
    alpha            chance that a test of equal arms says so, two-sided
    Formula, pooled-average (Fleiss, Levin and Paik 2003, Statistical Methods for Rates and Proportions, without
    continuity correction), p the mean of both rates, q = 1 - p, z for alpha / 2 and for power:
        n = (z_alpha √(2 p q) + z_power √(p_a q_a + p_b q_b))² / (p_b - p_a)²
    pooled=False puts p_a q_a + p_b q_b under the first root, too (unpooled). Calculators that put 2 p_a q_a under the
    first root give 6 % less for 5 against 6 %. Raises BadValue.
    """
    _rates(rate_a, rate_b)
    if rate_a == rate_b:
        raise BadValue("rate_a and rate_b are equal: no test finds a difference of zero.")
    _share("power", power), _share("alpha", alpha)
    z_alpha, z_power = NORMAL.inv_cdf(1 - alpha / 2), NORMAL.inv_cdf(power)
    at_zero, at_effect = _spreads(rate_a, rate_b, pooled)
    return ((z_alpha * at_zero + z_power * at_effect) / (rate_b - rate_a)) ** 2


def power(rate_a, rate_b, per_arm, alpha=0.05, pooled=True):
    """Chance that a test with so many units per arm finds the difference, in either direction. Formula as in sample_size."""
    _rates(rate_a, rate_b), _share("alpha", alpha)
    if not per_arm >= 1:
        raise BadValue(f"per_arm is a number of units, 1 or more; it is {per_arm!r}.")
    at_zero, at_effect = _spreads(rate_a, rate_b, pooled)
    limit, shift = (
        NORMAL.inv_cdf(1 - alpha / 2) * at_zero / at_effect,
        abs(rate_b - rate_a) * math.sqrt(per_arm) / at_effect,
    )
    return NORMAL.cdf(shift - limit) + NORMAL.cdf(-shift - limit)


def false_alarms(limits):
    """Chance that |z| of a test without effect passes its limit at one look or another.

    limits   one z per look, the looks after equal numbers of new units: [1.96] * 14 for fourteen mornings
    Returns the cumulated chance as a Series indexed by look; the last one belongs to the whole test.
    Method: recursive numerical integration of the sum of scores over the region in which the test goes on (Armitage,
    McPherson and Rowe 1969, Repeated significance tests on accumulating data, JRSS A 132).
    Exact for a normal z; rates of a few hundred units an arm are near enough. Raises BadValue.
    """
    limits = np.asarray(limits, dtype=float)
    if limits.ndim != 1 or not 1 <= len(limits) <= MOST_LOOKS or not (limits > 0).all():
        raise BadValue(
            f"limits is a list of 1 to {MOST_LOOKS} numbers above 0, one per look, such as [1.96] * 5."
        )
    nodes, weights = _rule()
    ends = limits * np.sqrt(np.arange(1, len(limits) + 1))
    passed, at, mass = [2 * NORMAL.cdf(-limits[0])], ends[0] * nodes, None
    mass = ends[0] * weights * _density(at)
    for end in ends[1:]:
        next_at = end * nodes
        step = _density(next_at[:, None] - at)
        going_on = end * weights * (step @ mass)
        passed.append(1 - going_on.sum())
        at, mass = next_at, going_on
    return pd.Series(passed, index=pd.RangeIndex(1, len(limits) + 1, name="look"), name="false alarms")


def boundaries(looks, rule="obrien-fleming", alpha=0.05):
    """Limits of |z| for so many equally spaced looks, such that all looks together give alpha false alarms.

    rule   "obrien-fleming": hard at first, near 1.96 at the last look (c √(looks / look)); "pocock": the same at every look (c)
    Returns a Series indexed by look. Sources: O'Brien and Fleming (1979), Biometrics 35; Pocock (1977), Biometrika 64.
    The number of looks is fixed beforehand; looks after unequal numbers of units need a spending function. Raises BadValue.
    """
    if not (looks == int(looks) and 1 <= looks <= 50):
        raise BadValue(f"looks is a whole number from 1 to 50; it is {looks!r}.")
    _share("alpha", alpha)
    look = np.arange(1, int(looks) + 1)
    shapes = {"obrien-fleming": np.sqrt(looks / look), "pocock": np.ones(int(looks))}
    if rule not in shapes:
        raise BadValue(f"rule is one of {', '.join(shapes)}; it is {rule!r}.")
    constant = _constant(shapes[rule], alpha) if looks > 1 else NORMAL.inv_cdf(1 - alpha / 2)
    return pd.Series(constant * shapes[rule], index=pd.RangeIndex(1, int(looks) + 1, name="look"), name=rule)


def _constant(shape, alpha):
    """The c for which limits of c x shape give alpha false alarms: secants, halving where a secant leaves the bracket."""

    def off(c):
        return math.log(max(false_alarms(c * shape).iloc[-1], 1e-12) / alpha)

    low, high = (
        NORMAL.inv_cdf(1 - alpha / 2),
        NORMAL.inv_cdf(1 - alpha / (2 * len(shape))),
    )  # one look, Bonferroni
    before, c, off_before = low, 0.8 * low + 0.2 * high, off(low)
    for _ in range(60):
        off_now = off(c)
        if abs(off_now) < 1e-10 or high - low < 1e-12:
            break
        low, high = (c, high) if off_now > 0 else (low, c)
        slope = (off_now - off_before) / (c - before)
        before, off_before, c = c, off_now, c - off_now / slope if slope else high
        c = c if low < c < high else (low + high) / 2
    return c


def holm(p):
    """p-values adjusted for their number, so that one false alarm among all is as rare as a single test's would be.

    p   list or Series of p-values; Returns a Series with the same index.
    Formula: sorted from the smallest, the i-th of m is multiplied by m - i + 1; none may be below the one before it, or above 1.
    Source: Holm (1979), Scandinavian Journal of Statistics 6. Holds whether the questions are related or not.
    """
    p, order = _p_values(p)
    factor = np.arange(len(p), 0, -1)
    return _placed(np.maximum.accumulate(np.sort(p.to_numpy()) * factor), order, p.index)


def benjamini_hochberg(p):
    """p-values adjusted so that, of all called findings, the expected share of false ones stays below the limit.

    p   list or Series of p-values; Returns a Series with the same index.
    Formula: sorted from the smallest, the i-th of m is multiplied by m / i; none may be above the one after it, or above 1.
    Source: Benjamini and Hochberg (1995), JRSS B 57. For questions that are independent or go together.
    """
    p, order = _p_values(p)
    scaled = np.sort(p.to_numpy()) * len(p) / np.arange(1, len(p) + 1)
    return _placed(np.minimum.accumulate(scaled[::-1])[::-1], order, p.index)


def cuped(people, outcome, before):
    """B against A in an outcome that can be foretold in part: what was known before the lot is taken out.

    people    one row per unit: arm ("A" or "B"), and the columns named by outcome and before
    before    name of a column that was settled before the lot was drawn, such as last year's orders
    Returns a Series: difference (B - A, adjusted), low, high (95 %), z, p, raw (difference without adjustment), theta,
    variance_left (share of the outcome's variance that is left: 1 - correlation²).
    Formula: outcome - theta (before - its mean), theta = covariance / variance over both arms; then two means, unpooled.
    Source: Deng, Xu, Kohavi and Walker (2013), Improving the sensitivity of online controlled experiments by utilizing
    pre-experiment data, WSDM. A column that the treatment can change would take the effect out, too.
    Raises ColumnMissing; BadValue for missing values, or an arm with fewer than two units.
    """
    check_columns(people, ["arm", outcome, before])
    values, known = people[outcome].to_numpy(float), people[before].to_numpy(float)
    for name, column in ((outcome, values), (before, known)):
        if not np.isfinite(column).all():
            raise BadValue(
                f"'{name}' has missing values: who did nothing has a zero, not a gap; fill it first."
            )
    in_b = (people["arm"] == "B").to_numpy()
    in_a = (people["arm"] == "A").to_numpy()
    if min(in_a.sum(), in_b.sum()) < 2:
        raise BadValue(f"A has {in_a.sum()} units and B {in_b.sum()}; two at least are needed in each.")
    spread = known.var()
    theta = ((values - values.mean()) * (known - known.mean())).mean() / spread if spread else 0.0
    adjusted = values - theta * (known - known.mean())
    difference = adjusted[in_b].mean() - adjusted[in_a].mean()
    error = math.sqrt(sum(adjusted[arm].var(ddof=1) / arm.sum() for arm in (in_a, in_b)))
    z = difference / error if error else math.nan
    half = NORMAL.inv_cdf(0.975) * error
    return pd.Series({
        "difference": difference,
        "low": difference - half,
        "high": difference + half,
        "z": z,
        "p": math.erfc(abs(z) / math.sqrt(2)),
        "raw": values[in_b].mean() - values[in_a].mean(),
        "theta": theta,
        "variance_left": adjusted.var() / values.var() if values.var() else math.nan,
    })  # fmt: skip


def race(z, limits, title, alt=None):
    """Tests as lines from look to look, with the limits that they must not pass.

    z        array, one row per test, one column per look
    limits   one |z| per look; a test that passes it stops there, and its line is drawn strong with a cross at its end
    title, alt   as in mktlib.plots
    Returns a Picture.
    """
    from matplotlib.figure import Figure

    z, limits = np.asarray(z, dtype=float), np.asarray(limits, dtype=float)
    look = np.arange(1, z.shape[1] + 1)
    green = np.abs(z) > limits
    with plots.style():
        figure = Figure(figsize=(7.5, 4.4))
        axes = figure.subplots()
        for path, won in zip(z, green, strict=True):
            end = won.argmax() + 1 if won.any() else len(look)
            colour, width = (plots.RED, 1.6) if won.any() else (plots.GREY, 0.6)
            axes.plot(look[:end], path[:end], color=colour, linewidth=width, zorder=3 if won.any() else 2)
            if won.any():
                axes.plot(end, path[end - 1], "X", color=plots.RED, markersize=7, zorder=4)
        for side in (-1, 1):
            axes.plot(look, side * limits, color=plots.INK, linestyle="--", linewidth=1.8, zorder=5)
        figure.suptitle(title, x=0.01, ha="left")
        axes.set(xlabel="look", ylabel="z of B against A", ylim=(-5.2, 5.2))
        axes.locator_params(axis="x", integer=True)
    return plots.picture(figure, alt)


@lru_cache(maxsize=1)
def _rule():
    """Nodes and weights on [-1, 1]."""
    return np.polynomial.legendre.leggauss(NODES)


def _density(x):
    return np.exp(-0.5 * x**2) / math.sqrt(2 * math.pi)


def _spreads(rate_a, rate_b, pooled):
    mean = (rate_a + rate_b) / 2
    at_effect = math.sqrt(rate_a * (1 - rate_a) + rate_b * (1 - rate_b))
    return (math.sqrt(2 * mean * (1 - mean)) if pooled else at_effect), at_effect


def _rates(*rates):
    for rate in rates:
        if not 0 < rate < 1:
            raise BadValue(f"A rate is a fraction between 0 and 1, 0.05 for 5 %; it is {rate!r}.")


def _share(name, value):
    if not 0 < value < 1:
        raise BadValue(f"{name} is a fraction between 0 and 1, such as 0.8; it is {value!r}.")


def _p_values(p):
    p = pd.Series(p, dtype=float)
    if not p.between(0, 1).all():
        raise BadValue("p-values lie between 0 and 1, and none may be missing.")
    return p, np.argsort(p.to_numpy(), kind="stable")


def _placed(adjusted, order, index):
    """Sorted values back in their places, none above 1."""
    found = np.empty(len(adjusted))
    found[order] = np.minimum(adjusted, 1)
    return pd.Series(found, index=index)
