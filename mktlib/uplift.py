"""Uplift: whom an offer changes, what a policy of offers earns, and whether a prediction knew the future. Earned in S03.

A prediction has a time line: traits are known in a morning, the outcome falls into the days after it. A policy gives each
person one arm of a test ("none" among them). Where arms were drawn by lot, `policy_value` says what any policy would have
earned, from the people whose lot happens to agree with it.

Models are scikit-learn estimators; a classifier gives chances (predict_proba), a regressor amounts. Everybody is scored by
models that never saw him: `fold` says which people are scored together.
"""

import math
from statistics import NormalDist

import numpy as np
import pandas as pd

from mktlib import plots
from mktlib.errors import Told, did_you_mean
from mktlib.inputs import check_columns, moment


class UpliftError(Told, ValueError):
    """A prediction or a policy that cannot be computed or judged as asked; the message says why, and the remedy."""


# ---------------------------------------------------------------- the time line


def snapshots(orders, mornings, window, today):
    """What was known of each customer in some mornings, and what happened in the days after: a table to learn churn from.

    orders     one row per order: customer_id, ordered_at, status, amount; paid ones count
    mornings   days such as "2025-07-01"; orders of that day and later are not known
    window     days after the morning (that day included) in which a paid order means "not silent"
    today      orders from this day on do not exist yet; a window that ends later is refused
    Returns one row per morning and customer with a paid order in the 365 days before it: morning, customer_id, recency_days,
    orders_365d, spend_365d (CNY), days_known (since the first paid order), silent (no paid order in the window).
    Raises ColumnMissing, BadValue, UpliftError.
    """
    check_columns(orders, ["customer_id", "ordered_at", "status", "amount"])
    if not window > 0:
        raise UpliftError(f"window is a number of days above 0; it is {window!r}.")
    today = moment(today).normalize()
    paid = orders.loc[orders["status"] == "paid", ["customer_id", "ordered_at", "amount"]]
    paid = paid.assign(day=paid["ordered_at"].dt.normalize())
    first = paid.groupby("customer_id")["day"].min()
    return pd.concat(
        [_snapshot(paid, first, moment(one).normalize(), window, today) for one in mornings],
        ignore_index=True,
    )


def _snapshot(paid, first, morning, window, today):
    end = morning + pd.Timedelta(days=window)
    if end > today:
        raise UpliftError(
            f"The window of {morning:%Y-%m-%d} ends on {end:%Y-%m-%d}, after today ({today:%Y-%m-%d}): who is silent is "
            "not known yet. Take an earlier morning or a shorter window."
        )
    year = paid[(paid["day"] < morning) & (paid["day"] >= morning - pd.Timedelta(days=365))]
    people = year.groupby("customer_id").agg(
        last=("day", "max"), orders_365d=("day", "size"), spend_365d=("amount", "sum")
    )
    later = paid.loc[(paid["day"] >= morning) & (paid["day"] < end), "customer_id"]
    known = pd.DataFrame({
        "morning": morning, "customer_id": people.index, "recency_days": (morning - people["last"]).dt.days,
        "orders_365d": people["orders_365d"], "spend_365d": people["spend_365d"],
        "days_known": (morning - first.reindex(people.index)).dt.days,
    })  # fmt: skip
    return known.assign(silent=~known["customer_id"].isin(later))


def alone(table, label):
    """A first test for leaks: how well does each column, alone, sort those with the label from those without?

    table    traits, one row per person; columns of numbers and of True and False are read, others passed over
    label    True or False by row
    Returns a Series of areas under the ROC curve by column, in the direction that sorts better (0.5 sorts nothing, 1 all),
    highest first. Behaviour is never foretold by one column at 0.95: ask when that column was written.
    Raises UpliftError if everybody has the label, or nobody.
    Formula: chance that a person with the label stands above one without, ties half (Mann and Whitney 1947).
    """
    label = np.asarray(label, dtype=bool)
    if label.all() or not label.any():
        raise UpliftError("Everybody has the label, or nobody has: there is nothing to sort.")
    found = {}
    for name in table.select_dtypes(["number", "bool"]).columns:
        rank = table[name].astype(float).rank().to_numpy()
        size = label.sum()
        area = (rank[label].sum() - size * (size + 1) / 2) / (size * (~label).sum())
        found[name] = max(area, 1 - area)
    return pd.Series(found, dtype=float).sort_values(ascending=False)


def steps(table, cuts):
    """Traits as columns of 0 and 1: a number by the step it falls on, a text by its value.

    cuts     {column: [edges]}: with [30, 60] the steps are below 30, 30 to below 60, 60 and more; {column: None} takes each
             value of a text or True/False column
    Returns a DataFrame of floats on the rows of table, columns "recency_days 30" (from 30 on), "channel SEM".
    Linear models can then bend at the edges. Raises ColumnMissing, UpliftError.
    """
    check_columns(table, list(cuts))
    parts = {}
    for name, edges in cuts.items():
        if edges is None:
            parts |= {
                f"{name} {value}": table[name] == value for value in sorted(table[name].unique(), key=str)
            }
            continue
        if list(edges) != sorted(set(edges)):
            raise UpliftError(f"The edges of {name!r} have to rise: {list(edges)}.")
        place = np.searchsorted(edges, table[name].to_numpy(), side="right")
        parts |= {f"{name} {edge}": place == k for k, edge in enumerate(["low", *edges])}
    return pd.DataFrame(parts, index=table.index).astype(float)


# ---------------------------------------------------------------- learners


def two_models(model, traits, arm, outcome, fold):
    """One model for each arm: what each person would do under each of them.

    model     scikit-learn estimator, copied for each fit; traits: columns of numbers; arm, outcome, fold: by person
    fold      people of one value are scored by models learned from all others (cross-fitting)
    Returns a DataFrame of predictions, persons by arm; the difference of two columns is the uplift. Raises UpliftError.
    Called a T-learner by Künzel, Sekhon, Bickel and Yu (2019), PNAS 116.
    """
    traits, arm, outcome, fold = _aligned(traits, arm, outcome, fold)
    names = sorted(pd.unique(arm), key=str)
    found = pd.DataFrame(np.nan, index=traits.index, columns=names)
    for new in _folds(fold):
        for name in names:
            old = ~new & (arm == name)
            if not old.any():
                raise UpliftError(
                    f"Outside of one fold nobody is in the arm {name!r}: nothing to learn from."
                )
            found.loc[new, name] = _predicted(model, traits[old], outcome[old], traits[new])
    return found


def transformed_outcome(model, traits, treated, outcome, fold, chance=None):
    """One model for the uplift itself, by an outcome whose mean is the uplift.

    model     scikit-learn regressor; treated: True or False by person; the rest as in two_models
    chance    chance to be treated, by lot; None takes the share
    Returns a Series of uplifts by person. Raises UpliftError.
    Formula: z = y (t - e) / (e (1 - e)), t 1 or 0 and e the chance: y / e for the treated, -y / (1 - e) for the others.
    Source: Athey and Imbens (2016), Recursive partitioning for heterogeneous causal effects, PNAS 113.
    """
    traits, treated, outcome, fold = _aligned(traits, treated, outcome, fold)
    treated = treated.astype(bool)
    chance = treated.mean() if chance is None else chance
    if not 0 < chance < 1:
        raise UpliftError("Treated and untreated are both needed, by a lot with a chance between 0 and 1.")
    z = outcome.astype(float) * (treated - chance) / (chance * (1 - chance))
    found = pd.Series(np.nan, index=traits.index, name="uplift")
    for new in _folds(fold):
        found[new] = _predicted(model, traits[~new], z[~new], traits[new])
    return found


def _predicted(model, x, y, new):
    from sklearn.base import clone

    fitted = clone(model).fit(x, y)
    return fitted.predict_proba(new)[:, 1] if hasattr(fitted, "predict_proba") else fitted.predict(new)


def _folds(fold):
    names = pd.unique(fold)
    if len(names) < 2:
        raise UpliftError(
            "fold has one value: nobody is left to learn from. Give two or more, such as waves."
        )
    return [np.asarray(fold == name) for name in names]


def _aligned(traits, *columns):
    """The traits as they are, and each column as an array of the same length."""
    arrays = [np.asarray(one) for one in columns]
    if any(len(one) != len(traits) for one in arrays):
        raise UpliftError(
            f"Traits have {len(traits):,} rows, another column has another number; give the same people."
        )
    return [traits, *arrays]


# ---------------------------------------------------------------- curves


def profit_curve(score, payoff):
    """What acting on the first so many earns, those with the highest score first.

    score    by person; payoff: what acting on this person earns in yuan, which may be negative
    Returns a Series in yuan, indexed by the share of the people acted on, from 0 to 1. Equal scores are acted on together.
    Raises UpliftError.
    """
    score, payoff = _arrays(score, payoff)
    order = np.argsort(-score, kind="stable")
    total, last = np.cumsum(payoff[order]), _ends(score[order])
    share = np.concatenate([[0], (last + 1) / len(score)])
    return pd.Series(np.concatenate([[0], total[last]]), index=pd.Index(share, name="share"), name="profit")


def qini(score, treated, outcome):
    """Qini curve: what the treatment adds when the first so many get it, those with the highest score first.

    score, treated, outcome   by person of a randomised test: the ranking to be judged, True with the treatment, and what counts
                              (an order as 0 and 1, or margin less cost in yuan)
    Returns a Series of gain per head of everybody, indexed by share, from 0 to 1. Equal scores are treated together.
    Formula, Radcliffe (2007), Using control groups to target on predicted lift, Direct Marketing Analytics Journal: R_t - R_c n_t / n_c
    among the first, divided by all treated. R are sums of the outcome, n people with and without the treatment.
    Its last value is the effect of treating all. Raises UpliftError.
    """
    score, treated, outcome = _arrays(score, treated, outcome)
    treated = treated.astype(bool)
    if treated.all() or not treated.any():
        raise UpliftError("Treated and untreated people are both needed, drawn by lot.")
    order = np.argsort(-score, kind="stable")
    t, y = treated[order], outcome[order]
    last = _ends(score[order])
    n_t, n_c = np.cumsum(t)[last], np.cumsum(~t)[last]
    r_t, r_c = np.cumsum(y * t)[last], np.cumsum(y * ~t)[last]
    gain = (r_t - np.where(n_c > 0, r_c * n_t / np.maximum(n_c, 1), 0)) / treated.sum()
    share = np.concatenate([[0], (last + 1) / len(score)])
    return pd.Series(np.concatenate([[0], gain]), index=pd.Index(share, name="share"), name="gain")


def qini_coefficient(score, treated, outcome):
    """Area between the Qini curve and the straight line to its end: what the ranking adds to treating at random.

    Arguments and errors as in qini. Returns a float in units of the outcome per head: 0 for a ranking by lot, negative for one
    that puts first whom the treatment puts off. Packages divide the area by other things: compare under one of them only.
    """
    curve = qini(score, treated, outcome)
    x, y = curve.index.to_numpy(), curve.to_numpy()
    return float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2) - y[-1] / 2)


def _arrays(*columns):
    arrays = [np.asarray(one, dtype=float) for one in columns]
    if len({len(one) for one in arrays}) > 1 or not len(arrays[0]):
        raise UpliftError("Give the same people in each column, and at least one.")
    if any(not np.isfinite(one).all() for one in arrays):
        raise UpliftError("A score, a label or an amount is missing. Everybody in the ranking needs one.")
    return arrays


def _ends(ordered):
    """Position of the last of each run of equal values."""
    return np.append(np.flatnonzero(np.diff(ordered) != 0), len(ordered) - 1)


# ---------------------------------------------------------------- policies


def policy_value(choice, arm, outcome, chance=None, level=0.95):
    """What a policy earns per person, from a log whose arms were drawn by lot.

    choice    the arm that the policy gives to each person; arm: the one that the lot gave; outcome: what came of it (CNY)
    chance    {arm: chance of the lot}; None takes the shares in the log
    Returns a Series: value, standard_error, low, high, people (whose lot agrees with the policy).
    Formula, inverse-probability weighting: w = 1 / chance where choice = arm, else 0; value = sum w y / sum w (Hájek);
    standard error by the delta method: sd of w (y - value) / mean w, over √n.
    Holds if the choice does not depend on the outcome: learn it from other people. Raises UpliftError.
    """
    return _interval(*_influence(choice, arm, outcome, chance), level)


def policy_gain(choice, other, arm, outcome, chance=None, level=0.95):
    """What a policy earns per person beyond another policy, from the same people.

    Arguments, result and errors as in policy_value; `other` is an array, or one arm for all ("none"). `people` are those for whom
    the policies differ. Where they agree they have the same people, so the interval is narrower than that of two values apart.
    """
    other = np.full(len(np.asarray(arm)), other, dtype=object) if isinstance(other, str) else other
    one, here, _ = _influence(choice, arm, outcome, chance)
    two, there, _ = _influence(other, arm, outcome, chance)
    return _interval(one - two, here - there, int((np.asarray(choice) != np.asarray(other)).sum()), level)


def _influence(choice, arm, outcome, chance):
    """(value, influence of each person on it, people whose lot agrees)."""
    choice, arm = np.asarray(choice, dtype=object), np.asarray(arm, dtype=object)
    outcome = np.asarray(outcome, dtype=float)
    if not len(choice) == len(arm) == len(outcome):
        raise UpliftError("choice, arm and outcome have to be of the same people, row by row.")
    if not len(choice) or not np.isfinite(outcome).all():
        raise UpliftError("There are no people, or an outcome is missing.")
    chance = pd.Series(arm).value_counts(normalize=True).to_dict() if chance is None else dict(chance)
    for name in pd.unique(choice):
        if not 0 < chance.get(name, 0) <= 1:
            raise UpliftError(
                f"The policy gives {name!r}, and the lot never did{did_you_mean(name, chance)} A log tells "
                "nothing of what was not tried."
            )
    agree = choice == arm
    weight = np.where(agree, 1 / pd.Series(choice).map(chance).to_numpy(dtype=float), 0.0)
    if not agree.any():
        raise UpliftError("The lot agrees with the policy for nobody: its value is not known.")
    value = (weight * outcome).sum() / weight.sum()
    return value, weight * (outcome - value) / weight.mean(), int(agree.sum())


def _interval(value, influence, people, level):
    if not 0 < level < 1:
        raise UpliftError(f"level is a fraction between 0 and 1, such as 0.95; it is {level!r}.")
    error = float(influence.std(ddof=1) / math.sqrt(len(influence))) if len(influence) > 1 else math.nan
    half = NormalDist().inv_cdf(0.5 + level / 2) * error
    return pd.Series(
        {"value": value, "standard_error": error, "low": value - half, "high": value + half, "people": people}
    )


# ---------------------------------------------------------------- the picture


def board(without, offered, chosen, title, alt=None, limit=0.7):
    """The four quadrants: each person by the chance to order without the offer (right) and with it (up).

    without, offered   predicted chances, as fractions; chosen: True for whom the policy picks
    limit              end of both axes
    Above the diagonal the offer wins an order (persuadables), below it puts one off (sleeping dogs); on it, left are lost
    causes, right sure things. At most 1,500 people are drawn, spread evenly. Returns a plots.Picture. Raises AltMissing, UpliftError.
    """
    from matplotlib.figure import Figure

    alt = plots.one_sentence(alt)
    x, y, chosen = _arrays(without, offered, chosen)
    some = np.unique(np.linspace(0, len(x) - 1, 1500).astype(int))
    x, y, chosen = x[some], y[some], chosen[some] > 0
    with plots.style():
        figure = Figure(figsize=(7.5, 5.2))
        axes = figure.subplots()
        axes.plot([0, limit], [0, limit], color=plots.INK, linewidth=1.2)
        axes.scatter(x[~chosen], y[~chosen], s=10, color=plots.FAINT, marker="o", label="not chosen")
        axes.scatter(x[chosen], y[chosen], s=14, color=plots.BLUE, marker="^", label="chosen")
        for across, up, name in [(0.22, 0.88, "persuadables"), (0.8, 0.3, "sleeping dogs"),
                                 (0.3, 0.02, "lost causes"), (0.84, 0.95, "sure things")]:  # fmt: skip
            axes.text(across * limit, up * limit, name, ha="center", color=plots.INK, weight="bold")
        axes.set(
            xlim=(0, limit),
            ylim=(0, limit),
            xlabel="chance to order without it",
            ylabel="chance to order with it",
        )
        axes.legend(loc="lower right", fontsize=10.5)
        axes.set_title(title, fontsize=12.5)
    return plots.Picture(figure, alt)
