"""Creators and vendors: whose audience is real, what a note moved, whom to book together, whom to pay for what. Earned in M07.

Five habits: three traces together before a follower counts; a lift beside a control before an order is credited; people reached
once are counted once; vendors are compared at the same audiences; a lower unit price is multiplied by what will be used.
"""

import numpy as np
import pandas as pd

from mktlib import plots
from mktlib.errors import did_you_mean
from mktlib.inputs import BadValue, check_columns

TRACES = {"comment_entropy": -1, "first_10min_pct": 1, "burst_pct": 1}  # sign: which end is suspicious
Z90 = 1.281552
NEAR = 1e-7  # an upper bound this near, relatively, to what a set reaches proves that no set reaches more
MOST_CUTS = 60


# Screening


def suspicion(creators):
    """Three traces of bought followers in standard units, and their mean; higher is more suspicious.

    creators   one row per creator: comment_entropy (copied comments lower it), first_10min_pct (bots comment at once),
               burst_pct (followers who came in bursts)
    Returns a DataFrame with the creators' index: words, at_once, bursts, score. Each trace is (value - mean) / standard
    deviation over the list, turned so that more is worse. Scores compare the creators of one list with each other; they are no
    probability, and honest accounts show one trace or another. Raises ColumnMissing, BadValue.
    """
    check_columns(creators, list(TRACES))
    values = creators[list(TRACES)].astype("float64")
    if values.isna().any().any() or len(values) < 3 or (values.std() == 0).any():
        raise BadValue(
            "a screen needs three creators or more, no value missing, and some difference in each trace."
        )
    units = (values - values.mean()) / values.std() * pd.Series(TRACES)
    units.columns = ["words", "at_once", "bursts"]
    return units.assign(score=units.mean(axis=1))


def screening(flagged, truth):
    """How good a screen is, where the truth is known: found, precision, recall.

    flagged, truth   boolean Series over the same creators
    Returns a Series: flagged, found (flagged and true), precision (found / flagged), recall (found / true). Nothing flagged:
    precision NaN. Raises BadValue if the two speak of different creators.
    """
    if not flagged.index.sort_values().equals(truth.index.sort_values()) or not flagged.index.is_unique:
        raise BadValue("flagged and truth need the same creators as their index, each once.")
    flagged, truth = flagged.astype(bool), truth.reindex(flagged.index).astype(bool)
    found = int((flagged & truth).sum())
    return pd.Series(
        {"flagged": int(flagged.sum()), "found": found, "precision": _over(found, flagged.sum()), "recall": _over(found, truth.sum())}
    )  # fmt: skip


# Lift


def dose(notes, days, pattern, weight="clicks"):
    """What notes bring on each day if their weight arrives after the pattern: a Series indexed by day.

    notes     one row per note: published_at and `weight`, e.g. its link clicks
    days      DatetimeIndex of all days, without gaps
    pattern   shares of the weight by days after publication (0, 1, 2, ...), e.g. those of code orders; they are made to sum to 1
    Days outside are left out. Raises ColumnMissing, BadValue.
    """
    check_columns(notes, ["published_at", weight])
    shares = np.asarray(pattern, dtype=float)
    if shares.ndim != 1 or not (shares >= 0).all() or shares.sum() <= 0:
        raise BadValue(
            "pattern is a list of shares by day after publication, none negative, such as [0.5, 0.3, 0.2]."
        )
    shares = shares / shares.sum()
    known = pd.Series(0.0, index=days)
    came = notes.groupby(notes["published_at"].dt.normalize())[weight].sum().reindex(days, fill_value=0.0)
    for after, share in enumerate(shares):
        known += share * came.shift(after, fill_value=0.0)
    return known


def lift(days, outcome, dose, control, within="month"):
    """What a unit of dose adds to the outcome beyond what the control and the season explain.

    days      one row per day, in order: outcome, dose (see `dose`), control (moves with the market and not with the notes), `within`
    Returns a Series: per_unit, total (per_unit x all dose), low, high (95 % interval of the total).
    Method: least squares of the outcome on one level per `within`, control and dose. The interval takes the standard deviation of
    the effect over false dates: the dose moved round the calendar by 30 days, 37, 44 and so on (a placebo in time). So it needs at least
    120 days. Raises ColumnMissing, BadValue.
    """
    check_columns(days, [outcome, dose, control, within])
    if len(days) < 120:
        raise BadValue(
            f"lift needs 120 days or more to know what false dates show; it was given {len(days)}."
        )
    levels = pd.get_dummies(days[within].astype(str)).to_numpy(float)
    rest = np.column_stack([levels, days[control].to_numpy(float)])
    axes, sizes, _ = np.linalg.svd(rest, full_matrices=False)
    axes = axes[:, sizes > 1e-10 * sizes[0]]
    given = days[dose].to_numpy(float)
    if np.ptp(given) == 0:
        raise BadValue(f"'{dose}' is the same on all days: nothing to compare.")
    false_dates = [np.roll(given, by) for by in range(30, len(days) - 30, 7)]
    doses = _beside(np.column_stack([given, *false_dates]), axes)
    slopes = doses.T @ days[outcome].to_numpy(float) / (doses**2).sum(axis=0)
    total, half = slopes[0] * given.sum(), 1.96 * np.std(slopes[1:]) * given.sum()
    return pd.Series({"per_unit": slopes[0], "total": total, "low": total - half, "high": total + half})


def _beside(values, axes):
    """What is left of values when all that lies along the axes (orthonormal columns) is taken out."""
    return values - axes @ (axes.T @ values)


# Portfolio


def audience(creators, overlap):
    """Who sees a post of each creator: creators x clusters, as shares of the cluster's people; and the people of each cluster.

    creators   indexed by creator_id: median_views
    overlap    one row per creator and cluster: creator_id, child_stage, city, cluster_people, viewers_pct (percent of the viewers)
    Returns (shares, people): a DataFrame of fractions, at most 0.95, and a Series. Raises ColumnMissing, BadValue.
    """
    check_columns(creators, ["median_views"])
    check_columns(overlap, ["creator_id", "child_stage", "city", "cluster_people", "viewers_pct"])
    cluster = ["child_stage", "city"]
    parts = overlap.pivot(index="creator_id", columns=cluster, values="viewers_pct")
    unknown = creators.index.difference(parts.index)
    if len(unknown):
        raise BadValue(
            f"overlap has no rows for {', '.join(map(str, unknown[:3]))}: creators needs creator_id as its index."
        )
    people = overlap.drop_duplicates(cluster).set_index(cluster)["cluster_people"].reindex(parts.columns)
    views = parts.loc[creators.index].mul(creators["median_views"], axis=0) / 100
    return (views / people).clip(upper=0.95), people


def reached(shares, people, chosen):
    """People whom at least one of the chosen creators reaches: who sees two counts once.

    shares, people   as `audience` gives them; chosen   creator_ids
    Formula: sum over clusters of people x (1 - product of (1 - share)): within a cluster, whoever sees one creator is as likely
    as anybody to see another. Raises BadValue.
    """
    unknown = [one for one in chosen if one not in shares.index]
    if unknown:
        raise BadValue(f"there is no creator {unknown[0]!r}{did_you_mean(unknown[0], shares.index)}")
    return float((people * (1 - (1 - shares.loc[list(chosen)]).prod())).sum())


def portfolio(shares, people, cost, budget, fewest=3, most=5):
    """The creators who together reach most people within the budget, each person counted once; exact.

    shares, people   as `audience` gives them
    cost             Series, CNY per creator (fee x fewest posts sold), same index as shares
    Returns a Series: chosen (list, sorted), cost, reached. Raises BadValue if no set fits.
    Method: what is missed multiplies, so its logarithm adds up: people x (1 - exp(-sum of -log(1 - share))), concave in the sum. Its
    tangents are linear and lie above it; scipy.optimize.milp takes the set with the highest tangents, and each answer adds
    the tangents at its own point until the bound is what the set reaches (outer approximation; Duran and Grossmann 1986).
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    if not cost.index.equals(shares.index) or not (cost > 0).all():
        raise BadValue("cost needs one price above 0 per creator, in the order of shares.")
    n, k = shares.shape
    size, weights = people.to_numpy(float), -np.log1p(-shares.to_numpy(float))
    rules = [
        LinearConstraint(np.append(cost.to_numpy(float), np.zeros(k))[None], -np.inf, budget),
        LinearConstraint(np.append(np.ones(n), np.zeros(k))[None], fewest, most),
    ]
    goal, whole = np.append(np.zeros(n), -np.ones(k)), np.append(np.ones(n), np.zeros(k))
    bounds = Bounds(np.zeros(n + k), np.append(np.ones(n), size))
    best, chosen = -1.0, None
    for point in [np.full(k, at) for at in (0.0, 0.1, 0.3, 0.7)]:
        rules.append(_tangents(point, size, weights))
    for _ in range(MOST_CUTS):
        found = milp(goal, constraints=rules, bounds=bounds, integrality=whole, options={"mip_rel_gap": 0})
        if found.x is None:
            raise BadValue(
                f"no {fewest} to {most} creators cost {budget:,.0f} or less; the cheapest {fewest} cost "
                f"{cost.nsmallest(fewest).sum():,.0f}."
            )
        rows = np.flatnonzero(found.x[:n] > 0.5)
        point = weights[rows].sum(axis=0)
        value = float((size * -np.expm1(-point)).sum())
        if value > best:
            best, chosen = value, rows
        if -found.fun - best <= NEAR * best:
            break
        rules.append(_tangents(point, size, weights))
    names = sorted(shares.index[chosen])
    return pd.Series({"chosen": names, "cost": float(cost.loc[names].sum()), "reached": best})


def _tangents(point, size, weights):
    """reach_k <= size_k (1 - e^-t + e^-t (sum of weights - t)), one row per cluster."""
    from scipy.optimize import LinearConstraint

    steep = size * np.exp(-point)
    left = np.hstack([-(weights * steep).T, np.eye(len(size))])
    return LinearConstraint(left, -np.inf, size * -np.expm1(-point) - steep * point)


# Vendors


def standardised(table, numerator, denominator, of, within):
    """Ratio of each group if all had the same mix of strata: direct standardisation.

    table         numerator and denominator (counts or money that add up), the group `of` (vendor), the strata `within` (audience)
    Returns a DataFrame indexed by group: raw (sum over sum), adjusted (ratios within strata, weighted by each stratum's share of
    the whole denominator). Raises ColumnMissing, and BadValue if a group lacks a stratum: it says nothing about it.
    Source: direct standardisation as in epidemiology (Breslow and Day 1987, volume II, chapter 2).
    """
    strata = [within] if isinstance(within, str) else list(within)
    check_columns(table, [numerator, denominator, of, *strata])
    sums = table.groupby([*strata, of])[[numerator, denominator]].sum()
    ratios = (sums[numerator] / sums[denominator].where(sums[denominator] != 0)).unstack(of)
    if ratios.isna().any().any():
        group = ratios.columns[ratios.isna().any()][0]
        raise BadValue(
            f"{of} {group!r} has nothing in some {' and '.join(strata)}: compare only where all groups are."
        )
    weights = sums[denominator].groupby(strata).sum()
    raw = table.groupby(of)[[numerator, denominator]].sum()
    adjusted = ratios.mul(weights / weights.sum(), axis=0).sum()
    return pd.DataFrame({"raw": raw[numerator] / raw[denominator], "adjusted": adjusted})


# Contracts


def needs(offers, years=10_000, seed=1):
    """Years of need drawn from what is expected: array of shape (years, seasons), units a month.

    offers   one row per season: need_low, need_expected, need_high (one chance in ten below, mean, one in ten above)
    Log-normal with the mean need_expected and the spread of the two limits: log sd = ln(high / low) / (2 x 1.2816). One draw
    moves all seasons of a year together, since a year that sells well does so in all seasons. Raises ColumnMissing, BadValue.
    """
    check_columns(offers, ["need_low", "need_expected", "need_high"])
    low, mean, high = (offers[f"need_{name}"].to_numpy(float) for name in ("low", "expected", "high"))
    if not ((low > 0) & (low < high) & (mean > 0)).all():
        raise BadValue("need_low has to lie above 0 and below need_high, in each season.")
    spread = np.log(high / low) / (2 * Z90)
    luck = np.random.default_rng(seed).normal(size=(years, 1))
    return mean * np.exp(spread * luck - spread**2 / 2)


def contract_cost(need, months, unit_price, guaranteed=0.0, above=None):
    """Cost of a year: the guaranteed volume is paid each month, used or not; what is needed above it costs `above`.

    need         units a month by season; shape (seasons,) or (years, seasons)
    months       months of each season; unit_price, guaranteed, above   numbers, or one per season
    guaranteed=0 is spot: all at unit_price. Returns a number, or one per year, CNY. Raises BadValue.
    """
    need, months = np.asarray(need, dtype=float), np.asarray(months, dtype=float)
    price, sure = np.asarray(unit_price, dtype=float), np.asarray(guaranteed, dtype=float)
    if need.shape[-1:] != months.shape:
        raise BadValue(
            f"need has {need.shape[-1:]} seasons and months {months.shape}: give one number per season."
        )
    if above is None and (sure > 0).any():
        raise BadValue("what is needed above the guaranteed volume has a price, too: above=spot price.")
    over = np.clip(need - sure, 0, None) * (price if above is None else np.asarray(above, dtype=float))
    year = (months * (sure * price + over)).sum(axis=-1)
    return float(year) if year.ndim == 0 else year


# The explorer's picture


def creator_map(people, score, chosen, limit, title, alt):
    """Creators on the plane of reach and suspicion: chosen ones named, those above the limit crossed.

    people   Series, mothers whom one post reaches; score   Series, as `suspicion` gives it; chosen   creator_ids
    limit    score above which an audience is not believed. Returns a Picture. Raises AltMissing.
    """
    alt = plots.one_sentence(alt)
    import matplotlib.pyplot as plt

    with plots.style():
        figure, axes = plt.subplots(figsize=(9, 5), layout="constrained")
        bad, taken = score > limit, score.index.isin(list(chosen))
        axes.scatter(people[~bad], score[~bad], s=34, color="#9aa5b1", label="believed")
        axes.scatter(people[bad], score[bad], s=44, marker="x", color="#b5541c", label="not believed")
        axes.scatter(
            people[taken],
            score[taken],
            s=130,
            facecolors="none",
            edgecolors="#1f4e8c",
            linewidths=2,
            label="chosen",
        )
        for name in score.index[taken]:
            axes.annotate(name, (people[name], score[name]), xytext=(7, 7), textcoords="offset points")
        axes.axhline(limit, color="#333333", linestyle="--", linewidth=1)
        axes.set(
            xscale="log",
            xlabel="mothers whom a post reaches (logarithmic)",
            ylabel="suspicion, standard units",
            title=title,
        )
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False)
        axes.set_title(title, pad=34)
    return plots.Picture(figure, alt)


def _over(part, whole):
    return float(part) / float(whole) if whole else float("nan")
