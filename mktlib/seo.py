"""Organic search: what a place among the results is worth (J05).

A table has one row per search term and day (or any grain whose counts may be added) with the columns rank, searches and
clicks. A missing rank means that the page is not among the results that were looked at, the first hundred: such a row
brings nothing, but people searched all the same, so it stays below the line.
"""

import numpy as np
import pandas as pd

from mktlib.errors import Told
from mktlib.inputs import check_columns
from mktlib.metrics import totals

PLACES = 100


class NoCurve(Told, ValueError):
    """There is nothing from which a curve could be made; the message says what is missing."""


class BadPlace(Told, ValueError):
    """A place among the results is below 1 or beyond the last that is counted."""


def click_curve(table):
    """Share of searches that end in a click, by place among the results.

    table        DataFrame with the columns rank, searches, clicks; rows without a rank teach nothing here
    Returns a Series of fractions indexed by place 1 to 100. At each place it is sum of clicks over sum of searches; where
    a lower place seems to do better than a higher one, both get their common rate (pool adjacent violators, weighted by
    searches), so the curve never rises. Places that nobody held lie on the line between their neighbours, or take the
    nearest one's rate. Leave brand terms out: whoever types the brand clicks whatever the place.
    Raises ColumnMissing, BadValue (metrics), BadPlace, and NoCurve where no row has rank and searches.
    Earned in J05. Source of the pooling: Ayer et al. 1955, Ann. Math. Stat. 26, 641-647.
    """
    check_columns(table, ["rank", "searches", "clicks"])
    held = table[table["rank"].notna()]
    _check_places(held["rank"])
    sums = totals(held, ["searches", "clicks"], by="rank")
    sums = sums[sums["searches"] > 0]
    if sums.empty:
        raise NoCurve(
            "No row has both a rank and searches, so no place has a click rate. Which filter left none?"
        )
    rates = _never_rising(sums["clicks"] / sums["searches"], sums["searches"])
    places = np.arange(1, PLACES + 1)
    curve = np.interp(places, sums.index.to_numpy(float), rates)
    return pd.Series(curve, index=pd.Index(places, name="rank"), name="click_rate")


def visibility(table, curve, by=None):
    """Share of all searches that would end on the shop's pages if each place got the clicks that the curve gives it.

    table        DataFrame with the columns rank and searches
    curve        click rate by place, from click_curve
    by           column or columns to group by; None gives a single number
    Returns a float or a Series, as a fraction: sum of searches x click rate over the sum of all searches. A row without
    a rank counts with 0 above the line and with its searches below it. Nothing searched gives NaN.
    Raises ColumnMissing, BadValue, BadPlace. Earned in J05; SEO tools call it visibility index (可见度).
    """
    check_columns(table, ["rank", "searches"])
    expected = table["searches"].astype(float) * click_rate(curve, table["rank"])
    sums = totals(table.assign(expected=expected), ["expected", "searches"], by=by)
    shown, searched = sums["expected"], sums["searches"]
    if by is None:
        return float(shown / searched) if searched else float("nan")
    return (shown / searched.where(searched != 0)).rename("visibility")


def extra_visits(curve, searches, before, after):
    """Visits more (or less, negative) when a page moves from one place to another: searches x difference of click rates.

    curve        click rate by place, from click_curve
    searches     searches in the period; number or Series
    before, after   places; numbers or Series, fractions of a place allowed (a mean over days); missing means not shown
    Returns a float or Series. Raises BadPlace. Earned in J05.
    """
    return searches * (click_rate(curve, after) - click_rate(curve, before))


def click_rate(curve, rank):
    """The curve read at a place, or at each place of a Series; between two places on the line, 0 where rank is missing."""
    _check_places(rank)
    there = _series(rank).astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    read = np.nan_to_num(np.interp(there, curve.index.to_numpy(float), curve.to_numpy(float)))
    return pd.Series(read, index=rank.index) if isinstance(rank, pd.Series) else float(read[0])


def _check_places(rank):
    places = _series(rank).dropna().astype(float)
    wrong = places[~places.between(1, PLACES)]
    if len(wrong):
        raise BadPlace(
            f"{wrong.iloc[0]:g} is no place among the first {PLACES} results; a page that is not among them has a "
            "missing rank (NaN), neither 0 nor 101."
        )


def _series(rank):
    return rank if isinstance(rank, pd.Series) else pd.Series([rank])


def _never_rising(rates, weights):
    """Nearest series that does not rise: neighbours that do are pooled, by their weights."""
    blocks = []
    for rate, weight in zip(rates.to_numpy(float), weights.to_numpy(float), strict=True):
        block = [rate, weight, 1]
        while blocks and blocks[-1][0] < block[0]:
            above = blocks.pop()
            both = above[1] + block[1]
            block = [(above[0] * above[1] + block[0] * block[1]) / both, both, above[2] + block[2]]
        blocks.append(block)
    return np.repeat([rate for rate, _, _ in blocks], [size for _, _, size in blocks])
