"""A/B tests: the split, the difference with its interval, and visits of one person. Earned in J08, used again in M04 and S06.

The unit is what was drawn by lot, mostly a visitor. A test is read in this order: is the split as planned, how large may
the difference be, is that worth a decision. All tests here are for two arms, two-sided.
"""

import math
from statistics import NormalDist

import numpy as np
import pandas as pd

from mktlib.inputs import BadValue, check_columns


def srm(count_a, count_b, share_b=0.5):
    """Sample ratio mismatch (SRM): could the lot alone have split the units so far from plan?

    count_a, count_b   units in each arm, as drawn by lot (visitors, not visits)
    share_b            planned share of B
    Returns a Series: share_b (found), chi_square, p. A p below 0.001 means that the log is broken: look for who is
    missing, and do not read the test.
    Formula: Pearson's chi-square of goodness of fit, one degree of freedom, no continuity correction.
    Source: Fabijan et al. (2019), Diagnosing sample ratio mismatch in online controlled experiments, KDD.
    """
    _whole("count_a", count_a)
    _whole("count_b", count_b)
    if not 0 < share_b < 1:
        raise BadValue(f"share_b is the planned share of B, between 0 and 1; it is {share_b!r}.")
    size = count_a + count_b
    if not size:
        raise BadValue("Both arms are empty: there is no split to look at.")
    chi_square = (count_b - size * share_b) ** 2 / (size * share_b * (1 - share_b))
    return pd.Series(
        {"share_b": count_b / size, "chi_square": chi_square, "p": math.erfc(math.sqrt(chi_square / 2))}
    )


def wilson(hits, size, level=0.95):
    """Interval of one rate: (low, high). Formula: Wilson (1927), score interval, no continuity correction."""
    _arm("the arm", hits, size)
    z = _critical(level)
    rate, spread = hits / size, z**2 / size
    middle = rate + spread / 2
    half = z * math.sqrt(rate * (1 - rate) / size + spread / (4 * size))
    return (middle - half) / (1 + spread), (middle + half) / (1 + spread)


def two_rates(hits_a, size_a, hits_b, size_b, level=0.95):
    """B against A, each unit counted once: did it or did not.

    hits, size   units of the arm that did what is counted, and all units of the arm
    Returns a Series: rate_a, rate_b, difference (b - a), low, high (interval of the difference), lift (difference /
    rate_a, NaN if rate_a is 0), z, p (two-sided). z and p are NaN where nobody or everybody did it.
    Formulas: z with the pooled rate in its standard error, as the hypothesis of no difference says; its square is
    Pearson's chi-square of the fourfold table. Interval: Newcombe (1998), Interval estimation for the difference between
    independent proportions, Statistics in Medicine 17, method 10 (hybrid score, from two Wilson intervals).
    Holds for units that are independent: for visits of people who come twice use `per_visit`.
    """
    _arm("A", hits_a, size_a)
    _arm("B", hits_b, size_b)
    rate_a, rate_b = hits_a / size_a, hits_b / size_b
    difference = rate_b - rate_a
    (low_a, high_a), (low_b, high_b) = wilson(hits_a, size_a, level), wilson(hits_b, size_b, level)
    pooled = (hits_a + hits_b) / (size_a + size_b)
    error = math.sqrt(pooled * (1 - pooled) * (1 / size_a + 1 / size_b))
    z = difference / error if error else math.nan
    return pd.Series({
        "rate_a": rate_a,
        "rate_b": rate_b,
        "difference": difference,
        "low": difference - math.hypot(rate_b - low_b, high_a - rate_a),
        "high": difference + math.hypot(high_b - rate_b, rate_a - low_a),
        "lift": difference / rate_a if rate_a else math.nan,
        "z": z,
        "p": math.erfc(abs(z) / math.sqrt(2)),
    })  # fmt: skip


def per_visit(people, level=0.95):
    """B against A where a rate is counted per visit and the lot was drawn by person.

    people   one row per person: arm ("A" or "B"), visits (1 or more), conversions (visits in which it happened)
    Returns a Series as `two_rates` does: rates are conversions / visits, both summed; the spread is that between people.
    Formula: delta method for a ratio of means. Within an arm, variance = var(conversions - rate x visits) / people /
    mean(visits)^2; the variances of both arms add up (unpooled), and low and high are difference -/+ z x standard error.
    Source: Deng, Knoblich and Lu (2018), Applying the delta method in metric analytics, KDD.
    Raises ColumnMissing; BadValue for a person in two rows (where there is visitor_id), or an arm with fewer than two people.
    """
    check_columns(people, ["arm", "visits", "conversions"])
    if "visitor_id" in people.columns and people["visitor_id"].duplicated().any():
        raise BadValue(
            "A visitor stands in several rows; one row per person is needed: group by visitor_id first."
        )
    (rate_a, error_a), (rate_b, error_b) = (_ratio_of(people[people["arm"] == arm], arm) for arm in "AB")
    difference, error = rate_b - rate_a, math.hypot(error_a, error_b)
    z = difference / error if error else math.nan
    half = _critical(level) * error
    return pd.Series({
        "rate_a": rate_a,
        "rate_b": rate_b,
        "difference": difference,
        "low": difference - half,
        "high": difference + half,
        "lift": difference / rate_a if rate_a else math.nan,
        "z": z,
        "p": math.erfc(abs(z) / math.sqrt(2)),
    })  # fmt: skip


def _ratio_of(people, arm):
    """Rate per visit of an arm and its standard error between people."""
    visits, acts = people["visits"].to_numpy(float), people["conversions"].to_numpy(float)
    if len(visits) < 2 or visits.sum() <= 0:
        raise BadValue(f"Arm {arm!r} has {len(visits)} people; two at least, with visits, are needed.")
    rate = acts.sum() / visits.sum()
    return rate, np.std(acts - rate * visits, ddof=1) / math.sqrt(len(visits)) / visits.mean()


def _critical(level):
    if not 0 < level < 1:
        raise BadValue(f"level is a share such as 0.95; it is {level!r}.")
    return NormalDist().inv_cdf((1 + level) / 2)


def _arm(name, hits, size):
    _whole(f"size of {name}", size)
    _whole(f"hits of {name}", hits)
    if size == 0 or hits > size:
        raise BadValue(
            f"{name}: {hits} hits of {size} units. Each unit counts once, so hits lie between 0 and the units, and an arm "
            "has at least one."
        )


def _whole(name, number):
    if not (number >= 0 and number == int(number)):
        raise BadValue(
            f"{name} is a count, 0 or more; it is {number!r}. Rates come out of it, they do not go in."
        )
