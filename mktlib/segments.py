"""Segments, targets, position, personas: what a survey may say of a country and a map of a market. Earned in M02.

Five habits: let an answer count for the households it stands for; scale before a distance is taken; cut the sample in two
and see whether the segments come again; turn the weights of a scorecard before believing its winner; and hold a persona
to the difference of two effects, never to one rate.
"""

import os

import numpy as np
import pandas as pd

from mktlib import plots
from mktlib.errors import did_you_mean
from mktlib.inputs import BadValue, check_columns
from mktlib.social import content_effects

# Read by scikit-learn when it is imported: on a survey, threads cost more than they give. A learner's own value stays.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# ---------------------------------------------------------------- who answered, and for whom


def cell_weights(answers, population, cells, size):
    """What each respondent stands for: the size of her cell in the population over the answers in it.

    answers      one row per respondent
    population   one row per cell, with its size in the column `size` (e.g. thousand households)
    cells        names of columns that both tables have, e.g. ["app_user", "city_tier", "parity"]
    Returns a Series with the index of answers, in the unit of `size`; it adds up to the population.
    Raises ColumnMissing, and BadValue for a cell that stands twice in the population, or only in one of the tables.
    Source: post-stratification (Holt and Smith 1979, Post stratification, JRSS A 142).
    """
    cells = [cells] if isinstance(cells, str) else list(cells)
    check_columns(answers, cells)
    check_columns(population, [*cells, size])
    if population.duplicated(cells).any():
        raise BadValue(
            f"a cell stands in the population more than once; add up its {size} by {', '.join(cells)} first."
        )
    counts = answers.groupby(cells).size().rename("_answers").reset_index()
    both = population[[*cells, size]].merge(counts, on=cells, how="outer")
    for column, where in ((size, "population"), ("_answers", "answers")):
        if both[column].isna().any():
            lost = both.loc[both[column].isna(), cells].iloc[0].to_dict()
            raise BadValue(f"the cell {lost} is not in the {where}; join it with a neighbour in both tables.")
    found = answers[cells].merge(both, on=cells, how="left")
    return pd.Series((found[size] / found["_answers"]).to_numpy(), index=answers.index, name="weight")


def effective_size(weights):
    """How many answers of equal weight would tell as much: sum of weights squared over sum of squares (Kish 1965)."""
    weights = np.asarray(weights, dtype=float)
    if not weights.size or not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
        raise BadValue("weights are numbers from 0 up, not all 0; one is missing or negative.")
    return weights.sum() ** 2 / (weights**2).sum()


def weighted_share(hit, weights):
    """Share of the population that a survey estimates, with its 95 % interval.

    hit       True or False for each respondent; weights as from cell_weights
    Returns a Series: share, low, high (fractions), effective_size. Interval: 1.96 standard errors of a share, with the
    effective size in place of the number of rows (Kish), cut at 0 and 1; poor below some 30. It holds chance, not a bias that the cells do not know of.
    """
    size = effective_size(weights)
    if len(hit) != len(weights) or pd.isna(hit).any():
        raise BadValue(
            f"{len(weights)} weights need as many answers of True or False; {len(hit)} came, or one is missing."
        )
    share = float(np.average(np.asarray(hit, dtype=float), weights=weights))
    half = 1.96 * np.sqrt(share * (1 - share) / size)
    return pd.Series(
        {
            "share": share,
            "low": max(share - half, 0.0),
            "high": min(share + half, 1.0),
            "effective_size": size,
        }
    )


def cronbach_alpha(items):
    """How well several questions about one thing hang together, up to 1: k / (k - 1) * (1 - sum of variances / variance of the sum).

    items   one row per respondent, one column per question, all in the same direction; at least two
    Source: Cronbach (1951), Psychometrika 16. From 0.7 the mean of the questions is commonly used as one number.
    """
    k = items.shape[1]
    if k < 2:
        raise BadValue(f"{k} question cannot agree with another; give at least two columns.")
    return k / (k - 1) * (1 - items.var().sum() / items.sum(axis=1).var())


# ---------------------------------------------------------------- segments


def scaled(table):
    """Each column less its mean, over its standard deviation: afterwards every question has one vote in a distance."""
    spread = table.std(ddof=0)
    if table.isna().any().any() or not (spread > 0).all():
        raise BadValue("a column has missing values, or one value only; it cannot be scaled. Leave it out.")
    return (table - table.mean()) / spread


def segments(table, k, seed=1):
    """k segments by k-means on scaled columns: a Series of whole numbers from 0, the largest segment first.

    table   one row per respondent, numbers; scaled here, so that yuan do not outvote a scale from 1 to 7
    seed    of the ten starts; the same seed gives the same segments
    Source: Lloyd (1982), k-means++ starts, as in scikit-learn.
    """
    from sklearn.cluster import KMeans

    found = pd.Series(
        KMeans(k, n_init=10, random_state=seed).fit_predict(scaled(table).to_numpy()), index=table.index
    )
    rank = {label: place for place, label in enumerate(found.value_counts().index)}
    return found.map(rank).rename("segment")


def stability(table, ks, rounds=10, seed=1):
    """Do the segments come again? Cut the sample in two, find segments in each half, let both sort everybody, compare.

    table    as in segments; ks: the numbers of segments to try, e.g. range(2, 7)
    rounds   how often the sample is cut
    Returns a DataFrame, one row per round and one column per k: adjusted Rand index of the two sortings, 1 if they are the
    same, 0 on average if they have nothing but chance in common.
    Source: Hubert and Arabie (1985); halves as in Tibshirani and Walther (2005), prediction strength.
    """
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score

    values, rng = scaled(table).to_numpy(), np.random.default_rng(seed)
    rows = []
    for turn in range(rounds):
        halves = np.array_split(rng.permutation(len(values)), 2)
        sort = {
            k: [KMeans(k, n_init=3, random_state=turn).fit(values[h]).predict(values) for h in halves]
            for k in ks
        }
        rows.append({k: adjusted_rand_score(*both) for k, both in sort.items()})
    return pd.DataFrame(rows).rename_axis(index="round", columns="k")


# ---------------------------------------------------------------- targets


def points(facts, less_is_better=()):
    """Each criterion on one scale: 0 for the worst segment, 1 for the best.

    facts            one row per segment, one column per criterion
    less_is_better   criteria where a small value is good, e.g. ["cost_to_win"]
    Returns a DataFrame of the same shape. Raises ColumnMissing, and BadValue for a criterion in which all are equal.
    """
    check_columns(facts, less_is_better)
    low, high = facts.min(), facts.max()
    if facts.isna().any().any() or (low == high).any():
        raise BadValue(
            "a criterion is missing somewhere, or the same for all: it decides nothing. Leave it out."
        )
    found = (facts - low) / (high - low)
    return found.assign(**{one: 1 - found[one] for one in less_is_better})


def target_scores(table, weights):
    """Weighted sum of points, weights made to add up to 1: a Series by segment, best first.

    table   from points; weights: {criterion: weight}, a criterion that is not named counts 0
    """
    weights = pd.Series(weights, dtype=float)
    for name in weights.index.difference(table.columns):
        raise BadValue(f"there is no criterion {name!r}{did_you_mean(name, list(table.columns))}")
    if (weights < 0).any() or not weights.sum() > 0:
        raise BadValue("weights are numbers from 0 up, and at least one is above 0.")
    return (table[weights.index] @ (weights / weights.sum())).sort_values(ascending=False)


def weight_space(table, draws=20_000, seed=1):
    """In which share of all possible weights does each segment win?

    table   from points, one row per segment
    draws   sets of weights, drawn evenly from all that are positive and add up to 1 (flat Dirichlet distribution)
    Returns a Series of fractions by segment. A winner with half of the space owes its place to the weights.
    Source: rank acceptability (Lahdelma, Hokkanen and Salminen 1998, SMAA).
    """
    weights = np.random.default_rng(seed).dirichlet(np.ones(table.shape[1]), draws)
    winner = (weights @ table.to_numpy(dtype=float).T).argmax(axis=1)
    return pd.Series(np.bincount(winner, minlength=len(table)) / draws, index=table.index, name="wins")


# ---------------------------------------------------------------- position


def perceptual_map(ratings, attributes, brand="brand"):
    """Brands and attributes on the two axes along which single ratings differ most (principal components).

    ratings      one row per respondent and brand; attributes: columns of one scale
    Returns a dict: brands (DataFrame x, y by brand: means), attributes (DataFrame x, y: direction of each), explained
    (share of the variance of single ratings on the two axes), means (mean rating by brand, all attributes).
    The signs are set so that the directions of the attributes add up to a positive number on each axis.
    Source: Pearson (1901); computed from the covariance matrix, attributes not scaled, since they share one scale.
    """
    check_columns(ratings, [*attributes, brand])
    values = ratings[attributes].to_numpy(dtype=float)
    middle = values.mean(axis=0)
    size, axes = np.linalg.eigh(np.cov(values.T))
    plane = axes[:, ::-1][:, :2]
    plane = plane * np.where(plane.sum(axis=0) < 0, -1, 1)
    means = ratings.groupby(brand)[attributes].mean()
    return {
        "brands": pd.DataFrame((means.to_numpy() - middle) @ plane, means.index, ["x", "y"]),
        "attributes": pd.DataFrame(plane, attributes, ["x", "y"]),
        "explained": size[::-1][:2].sum() / size.sum(),
        "means": means,
    }


def distances(positions, name):
    """Straight-line distance of every other row to the row `name`, nearest first: over as many columns as there are."""
    if name not in positions.index:
        raise BadValue(f"there is no {name!r}{did_you_mean(name, list(positions.index))}")
    gaps = positions.drop(index=name) - positions.loc[name]
    return ((gaps**2).sum(axis=1) ** 0.5).sort_values().rename(f"distance to {name}")


def draw_map(found, title, highlight, alt=None):
    """The map as a picture: brands as dots, attributes as arrows from the middle, the share explained on the axes' label.

    found   from perceptual_map; highlight: a brand, drawn as a square; title, alt as in mktlib.plots. Returns a Picture.
    """
    from matplotlib.figure import Figure

    brands, arrows = found["brands"], found["attributes"]
    tips = arrows * 0.9 * brands.abs().to_numpy().max() / arrows.abs().to_numpy().max()
    both = pd.concat([brands, tips])
    heights = _apart(tips["y"], 0.075 * np.ptp(both["y"]))
    with plots.style():
        figure = Figure(figsize=(7.5, 5.6))
        axes = figure.subplots()
        axes.plot(both["x"], both["y"], linestyle="none")  # room for arrows, too
        for name, (x, y) in tips.iterrows():
            axes.annotate("", (x, y), (0, 0), arrowprops={"arrowstyle": "->", "color": plots.GREY})
            side = "left" if x >= 0 else "right"
            axes.text(1.04 * x, heights[name], name, color="#555555", fontsize=10.5, ha=side, va="center")
        for name, (x, y) in brands.iterrows():
            mark, colour = ("s", plots.ORANGE) if name == highlight else ("o", plots.BLUE)
            axes.plot(x, y, mark, color=colour, markersize=10, zorder=4)
            place, across, up = (
                ((-9, 0), "right", "center") if name == highlight else ((0, 9), "center", "bottom")
            )
            axes.annotate(
                name, (x, y), place, textcoords="offset points", ha=across, va=up, weight="bold", zorder=5,
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1},
            )  # fmt: skip
        figure.suptitle(title, x=0.01, ha="left")
        held = f"the two axes hold {found['explained']:.0%} of what differs between ratings"
        axes.set(xlabel=f"first axis ({held})", ylabel="second axis")
        axes.margins(0.15)
    return plots.picture(figure, alt)


def _apart(heights, distance):
    """Heights moved up from the lowest until neighbours keep their distance."""
    placed, last = {}, -np.inf
    for name, height in heights.sort_values().items():
        placed[name] = last = max(height, last + distance)
    return placed


# ---------------------------------------------------------------- personas


def interaction(test, audience, of, content, base):
    """Does a content work better for one audience than for another? The difference of two effects.

    test      drawn by lot: the column `audience`, content, impressions, clicks
    of        (one, other): two values of `audience`; content, base: two contents
    Returns a Series: effect_one, effect_other (CTR of content less CTR of base, within the audience), difference (one
    less other), low, high (95 % interval of the difference: 1.96 times the root of the sum of the four variances).
    A persona is supported if the interval leaves out 0; a high rate of one audience supports nothing.
    Raises ColumnMissing, BadValue.
    """
    effects = content_effects(test, base, audience)
    for name in of:
        if name not in set(test[audience]):
            raise BadValue(f"nobody has {audience} {name!r}{did_you_mean(name, sorted(set(test[audience])))}")
    if content == base or content not in set(test["content"]):
        raise BadValue(
            f"{content!r} is no content beside {base!r}{did_you_mean(content, sorted(set(test['content'])))}"
        )
    one, other = (effects.loc[(content, name)] for name in of)
    difference, half = one["effect"] - other["effect"], np.hypot(one["half_width"], other["half_width"])
    return pd.Series({
        "effect_one": one["effect"], "effect_other": other["effect"], "difference": difference,
        "low": difference - half, "high": difference + half,
    })  # fmt: skip
