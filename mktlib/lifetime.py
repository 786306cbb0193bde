"""Lifetime value: how often customers will order again, what an order will be worth, when a customer has paid back. Earned in S02.

Nobody gives notice in a shop, so whether a silent customer is gone is a probability. BG/NBD describes it with four numbers: while alive
a customer orders at random at a rate of his own (gamma: shape r, rate alpha), and after each order is gone with a chance of his own
(beta: a, b). Gamma-Gamma describes the value of an order with three. Both are fitted by maximum likelihood with an
analytic gradient, in logarithms of the parameters.

A summary has one row per customer, in the words of the trade: frequency (days with an order after the first one), recency (weeks from the
first to the last order), T (weeks from the first order to the end of what is known), monetary_value (mean value of the
repeat days, 0 without any). Nothing of the day `until` or later is known.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import betainc, betaln, digamma, expit, gammaln, hyp2f1
from threadpoolctl import ThreadpoolController

from mktlib.customers import DAYS, LATEST, Sums, checked_orders, first_of_each, paid_orders
from mktlib.errors import Told
from mktlib.inputs import check_columns, moment

WEEK = 7.0
SUMMARY = ["frequency", "recency", "T"]


class LifetimeError(Told, ValueError):
    """A summary or a model that nothing can be computed from; the message names the column, the row and the remedy."""


class BgNbd(NamedTuple):
    """Four parameters of the BG/NBD model (alpha in weeks, if the summary is) and the log-likelihood of the fit."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float = float("nan")


class GammaGamma(NamedTuple):
    """Three parameters of the Gamma-Gamma model (v in the unit of monetary_value) and the log-likelihood of the fit."""

    p: float
    q: float
    v: float
    log_likelihood: float = float("nan")


# ---------------------------------------------------------------- summary


def recency_frequency(orders, until, value="amount"):
    """The summary of each customer from paid orders before `until`: ten million orders in seconds.

    orders   customer_id, ordered_at, status and the value column; a DataFrame, the path of a file, or a DuckDB relation
    until    date or text such as "2025-01-01"; orders from that day on are not known
    value    column in CNY that monetary_value averages, e.g. "amount" or "margin"
    Orders of one day are one (a basket that was forgotten is no new need). Returns a DataFrame by customer_id: first_on,
    frequency, recency, T (weeks), monetary_value (CNY; 0 where frequency is 0). Raises ColumnMissing, LifetimeError.
    """
    day = moment(until).normalize()
    people, parts = paid_orders(orders, day, value=value)
    parts = list(parts)
    money, first_money = Sums(len(people)), Sums(len(people))
    for visit, value in parts:
        money.add(visit >> DAYS, value)
    visits = np.concatenate([visit for visit, _ in parts] or [np.zeros(0, "int64")])
    visits.sort()
    visits = visits[first_of_each(visits)]
    if not len(visits):
        raise LifetimeError(f"No paid order lies before {day:%Y-%m-%d}: there is no customer to describe.")
    who = visits >> DAYS
    starts = np.flatnonzero(first_of_each(who))  # by customer: latest visit first, earliest last
    ends = np.append(starts[1:], len(visits)) - 1
    here, frequency = who[ends], ends - starts
    opening = np.zeros(len(people), "int64")
    opening[here] = visits[ends]
    for visit, value in parts:
        opens = visit == opening[visit >> DAYS]
        first_money.add(visit[opens] >> DAYS, value[opens])
    first, last = visits[ends] & LATEST, visits[starts] & LATEST
    repeated = money.total()[here] - first_money.total()[here]
    summary = {
        "first_on": day.as_unit("us") - pd.to_timedelta(first, unit="D"),
        "frequency": frequency,
        "recency": (first - last) / WEEK,
        "T": first / WEEK,
        "monetary_value": np.where(frequency > 0, repeated / np.maximum(frequency, 1), 0.0),
    }
    return pd.DataFrame(summary, index=people[here])


# ---------------------------------------------------------------- how many orders


def fit_bgnbd(summary):
    """The BG/NBD model of a summary, by maximum likelihood.

    summary   one row per customer: frequency, recency, T (as from recency_frequency), any unit of time
    Returns a BgNbd. Equal rows are counted, not repeated; 100,000 customers take under a second. Raises ColumnMissing,
    LifetimeError for values that cannot be, for nobody who ever came back, and where the search does not arrive.
    Source: Fader, Hardie, Lee (2005), "Counting your customers" the easy way, Marketing Science 24, equation 6.
    """
    _check(summary)
    rows = summary[SUMMARY].astype("float64").groupby(SUMMARY, sort=False).size()
    x, recency, age = (rows.index.get_level_values(name).to_numpy() for name in SUMMARY)
    if not x.any():
        raise LifetimeError(
            "Nobody in the summary came back: frequency is 0 in each row, and no rate can be seen."
        )
    scale = age.max()  # time in units of the oldest customer: all four logarithms then have the same size
    data = (x, recency / scale, age / scale, rows.to_numpy(dtype=float))
    found = _climb(_bgnbd, np.log([0.5, 0.2, 1.0, 2.0]), _prepared(*data), len(summary))
    r, alpha, a, b = np.exp(found.x)
    level = -found.fun * len(summary) - (x * rows.to_numpy()).sum() * np.log(scale)
    return BgNbd(float(r), float(alpha * scale), float(a), float(b), float(level))


class _Rows(NamedTuple):
    """Rows of a summary as the likelihood needs them: x has few values, so special functions are computed once for each."""

    x: np.ndarray
    recency: np.ndarray
    age: np.ndarray
    weight: np.ndarray
    back: np.ndarray
    steps: np.ndarray
    size: np.ndarray
    at: np.ndarray
    total: float


def _prepared(x, recency, age, weight):
    steps, at = np.unique(x, return_inverse=True)
    back = np.flatnonzero(x > 0)
    return _Rows(x, recency[back], age, weight, back, steps, np.bincount(at, weight), at, weight.sum())


def _bgnbd(logs, rows):
    """Log-likelihood and its gradient by the logarithms of (r, alpha, a, b); rows are counted `weight` times.

    Per customer: ln G(r+x) - ln G(r) + r ln alpha + ln B(a, b+x) - ln B(a, b) + ln(A3 + A4), where
    A3 = (alpha+T)^-(r+x) is "still alive" and A4 = a/(b+x-1) (alpha+t_x)^-(r+x), only for x > 0, "gone after the last order".
    """
    r, alpha, a, b = np.exp(logs)
    steps, size, back = rows.steps, rows.size, rows.back
    shape = r + rows.x
    log_age, log_recency = np.log(alpha + rows.age), np.log(alpha + rows.recency)
    after = np.log(a) - np.log(b + np.maximum(steps, 1) - 1)
    odds = after[rows.at[back]] + shape[back] * (log_age[back] - log_recency)  # ln of gone over alive, x > 0
    small = np.exp(-np.abs(odds))
    gone = np.where(odds > 0, 1, small) / (1 + small) * rows.weight[back]
    level = size @ (
        gammaln(r + steps) - gammaln(r) + betaln(a, b + steps) - betaln(a, b)
    ) + rows.total * r * np.log(alpha)
    level += _dot(rows.weight[back], np.maximum(odds, 0) + np.log1p(small)) - _dot(
        rows.weight * shape, log_age
    )
    per_age, per_recency = 1 / (alpha + rows.age), 1 / (alpha + rows.recency)
    both = digamma(a + b) - digamma(a + b + steps)
    gone_by_step = np.bincount(rows.at[back], gone, len(steps))
    gradient = [
        size @ (digamma(r + steps) - digamma(r)) + rows.total * np.log(alpha)
        - _dot(rows.weight, log_age) + _dot(gone, log_age[back] - log_recency),
        rows.total * r / alpha - _dot(rows.weight * shape, per_age) + _dot(gone * shape[back], per_age[back] - per_recency),
        size @ both + gone.sum() / a,
        size @ (both + digamma(b + steps) - digamma(b)) - gone_by_step @ (1 / (b + np.maximum(steps, 1) - 1)),
    ]  # fmt: skip
    return level, np.array(gradient) * [r, alpha, a, b]


@cache
def _blas():
    """Vectors of four numbers need no second thread; one that waits for them costs ten times what the search does."""
    return ThreadpoolController()


def _dot(a, b):
    """Sum of products in one thread: for vectors of this length, waking the others costs more than the sum."""
    return np.einsum("i,i->", a, b)


def _climb(likelihood, start, rows, total):
    """The highest point of a log-likelihood, by L-BFGS-B on the mean over `total` customers."""

    def down(logs):
        level, gradient = likelihood(logs, rows)
        return -level / total, -gradient / total

    limits = [(-18, 18)] * len(start)
    with _blas().limit(limits=1, user_api="blas"):
        found = minimize(
            down,
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=limits,
            options={"ftol": 1e-15, "gtol": 1e-7, "maxiter": 1000},
        )
    if not np.isfinite(found.fun) or np.abs(found.x).max() > 17:
        raise LifetimeError(
            "The likelihood has no top: a parameter runs away. Are there customers enough, some who came back and some who did not?"
        )
    return found


def probability_alive(model, summary):
    """The chance that each customer has not gone for good. Without a second order it is 1: nobody leaves before ordering again.

    Returns a Series with the index of summary, fractions. Raises ColumnMissing, LifetimeError.
    Formula: 1 / (1 + a/(b+x-1) ((alpha+T)/(alpha+t_x))^(r+x)) for x > 0.
    """
    x, recency, age = _numbers(summary)
    return pd.Series(_alive(model, x, recency, age), index=summary.index, name="alive")


def _alive(model, x, recency, age):
    r, alpha, a, b, _ = model
    back = x > 0
    odds = (
        np.log(a)
        - np.log(np.where(back, b + x - 1, 1))
        + (r + x) * (np.log(alpha + age) - np.log(alpha + recency))
    )
    return np.where(back, expit(-odds), 1.0)


def orders_ahead(model, summary, weeks):
    """How many orders each customer will place in the `weeks` after T (in the unit of the summary).

    Returns a Series with the index of summary. Raises ColumnMissing, LifetimeError.
    Formula: equation 10 of the paper, E[Y(t) | x, t_x, T]; the hypergeometric function is turned by Euler's formula, so that neither it
    nor its factor overflows: 2F1(r+x, b+x; c; z) = (1-z)^(a-1-r-x) 2F1(a+b-1-r, a-1; c; z), c = a+b+x-1, z = t/(alpha+T+t).
    """
    x, recency, age = _numbers(summary)
    if not weeks >= 0:
        raise LifetimeError(f"weeks is {weeks}: give a length of time, 0 or more.")
    return pd.Series(
        _alive(model, x, recency, age) * _if_alive(model, x, age, weeks), index=summary.index, name="orders"
    )


def _if_alive(model, x, age, weeks):
    """Expected orders in `weeks` of a customer who is alive at `age`."""
    r, alpha, a, b, _ = model
    if abs(a - 1) < 1e-6:  # 0/0 at a = 1: the value lies midway between its neighbours
        return (
            _if_alive(model._replace(a=1 - 1e-4), x, age, weeks)
            + _if_alive(model._replace(a=1 + 1e-4), x, age, weeks)
        ) / 2
    z = weeks / (alpha + age + weeks)
    left = (1 - z) ** (a - 1) * hyp2f1(a + b - 1 - r, a - 1, a + b + x - 1, z)
    return (a + b + x - 1) / (a - 1) * (1 - left)


def expected_orders(model, weeks):
    """How many orders a new customer will place in the `weeks` after the first one, whom nothing is known of.

    weeks   a number, or an array of them
    Returns an array of the same shape. Formula: equation 9 of the paper, E[X(t)].
    """
    weeks = np.asarray(weeks, dtype=float)
    return _if_alive(model, 0.0, 0.0, weeks)


def count_probability(model, orders, weeks):
    """The chance that a new customer places exactly `orders` orders in the `weeks` after the first one.

    orders   a whole number from 0 on, or an array. Returns fractions. Formula: equation 8 of the paper, P(X(t) = x).
    """
    r, alpha, a, b, _ = model
    x = np.asarray(orders, dtype=float)
    z = weeks / (alpha + weeks)
    stays = gammaln(r + x) - gammaln(r) - gammaln(x + 1) + r * np.log1p(-z) + x * np.log(z)
    alive = np.exp(betaln(a, b + x) - betaln(a, b) + stays)
    back = np.where(x > 0, x, 1)
    gone = np.exp(betaln(a + 1, b + back - 1) - betaln(a, b)) * betainc(back, r, z)
    return alive + np.where(x > 0, gone, 0)


# ---------------------------------------------------------------- what an order is worth


def fit_gamma_gamma(summary):
    """The Gamma-Gamma model of the mean order values of those who came back, by maximum likelihood.

    summary   frequency and monetary_value, one row per customer; rows with frequency 0 say nothing and are passed over
    Returns a GammaGamma. The model takes for granted that the value of an order has nothing to do with how often
    somebody orders: look at the correlation first. Raises ColumnMissing, LifetimeError.
    Source: Fader and Hardie (2013), The Gamma-Gamma model of monetary value, note 25 at brucehardie.com.
    """
    check_columns(summary, ["frequency", "monetary_value"])
    back = summary.loc[summary["frequency"] > 0, ["frequency", "monetary_value"]].astype("float64")
    _refuse(
        back, "monetary_value", ~(back["monetary_value"] > 0), "above 0; leave out who only returned goods"
    )
    if len(back) < 3:
        raise LifetimeError("Fewer than three customers came back: the value of an order cannot be modelled.")
    x, m = back["frequency"].to_numpy(), back["monetary_value"].to_numpy()
    scale = m.mean()
    found = _climb(_gamma_gamma, np.log([2.0, 3.0, 1.0]), (x, m / scale, np.ones(len(x))), len(x))
    p, q, v = np.exp(found.x)
    return GammaGamma(
        float(p), float(q), float(v * scale), float(-found.fun * len(x) - len(x) * np.log(scale))
    )


def _gamma_gamma(logs, rows):
    """Log-likelihood and its gradient by the logarithms of (p, q, v); rows are (x, m, weight)."""
    x, m, weight = rows
    p, q, v = np.exp(logs)
    steps, at = np.unique(x, return_inverse=True)
    size = np.bincount(at, weight)
    total, log_sum = weight.sum(), np.log(x * m + v)
    level = size @ (gammaln(p * steps + q) - gammaln(p * steps)) - total * (gammaln(q) - q * np.log(v))
    level += _dot(weight, (p * x - 1) * np.log(m) + p * x * np.log(x) - (p * x + q) * log_sum)
    up = digamma(p * steps + q)
    gradient = [
        (size * steps) @ (up - digamma(p * steps)) + _dot(weight, x * (np.log(m) + np.log(x) - log_sum)),
        size @ up - total * (digamma(q) - np.log(v)) - _dot(weight, log_sum),
        total * q / v - _dot(weight, (p * x + q) / (x * m + v)),
    ]
    return level, np.array(gradient) * [p, q, v]


def expected_spend(model, summary):
    """The value that each customer's coming orders will have on the mean: own past and everybody's, weighed.

    Returns a Series with the index of summary, in the unit of monetary_value; with frequency 0 it is the mean of all customers.
    Raises ColumnMissing, LifetimeError. Formula: p (v + x m) / (p x + q - 1).
    """
    check_columns(summary, ["frequency", "monetary_value"])
    p, q, v, _ = model
    if not q > 1:
        raise LifetimeError(
            f"q is {q:.3f}: at 1 or below the mean value of an order does not exist. Look for a few huge baskets."
        )
    x, m = summary["frequency"].astype("float64"), summary["monetary_value"].astype("float64")
    return (p * (v + x * m) / (p * x + q - 1)).rename("spend")


def value_ahead(orders_model, spend_model, summary, months, monthly_rate=0.0):
    """What each customer's coming orders are worth today: the orders of each month x the value of one, discounted month by month.

    months         whole number; a month has 4.345 weeks
    monthly_rate   discount rate of a month, a fraction; (1 + annual rate)^(1/12) - 1
    Returns a Series with the index of summary, in the unit of monetary_value: of revenue if that is revenue, of margin if margin.
    Raises ColumnMissing, LifetimeError. Formula: sum over months i of (E[Y(i)] - E[Y(i-1)]) E[M] / (1 + rate)^i.
    """
    ahead = [orders_ahead(orders_model, summary, 4.345 * month) for month in range(months + 1)]
    worth = sum((ahead[i] - ahead[i - 1]) / (1 + monthly_rate) ** i for i in range(1, months + 1))
    return (worth * expected_spend(spend_model, summary)).rename("value")


# ---------------------------------------------------------------- steps of four weeks, where rates are not constant


def life_in_steps(orders, until, days=28):
    """One row per customer and step of `days`, counted back from `until`: what was known when it began, what was bought in it.

    orders, until   as in recency_frequency
    Returns a DataFrame in order of customer_id and start: customer_id, start (first day), so_far (steps with an order before, from 1
    on), silence (whole steps since the last one with an order), lapses (times that an order came after a silence of four steps or more)
    and orders (days with an order in the step). The last row of each customer starts on `until`, its orders are not known (NaN).
    A customer's first row is the step after the one of the first order. Raises ColumnMissing, LifetimeError.
    """
    rows, paid = checked_orders(orders)
    day, on = moment(until).normalize(), f"{rows.of['ordered_at']}::DATE"
    found = rows.query(f"""
        SELECT customer_id, (DATE '{day:%Y-%m-%d}' - {on} - 1) // {int(days)} AS back, count(DISTINCT {on}) AS orders
        FROM mktlib_rows WHERE {paid} AND {on} < DATE '{day:%Y-%m-%d}' GROUP BY ALL ORDER BY customer_id, back DESC""")  # fmt: skip
    if found.empty:
        raise LifetimeError(f"No paid order lies before {day:%Y-%m-%d}: there is nobody to follow.")
    people, row = np.unique(found["customer_id"], return_inverse=True)
    steps = int(found["back"].max()) + 1
    bought = np.zeros((len(people), steps + 1))
    bought[row, steps - 1 - found["back"].to_numpy()] = found["orders"]
    state = _State(*(np.zeros(len(people), dtype=int) for _ in range(3)))
    seen = []
    for step in range(steps + 1):
        seen.append(np.stack(state))
        state = state.after(bought[:, step] > 0)
    so_far, silence, lapses = np.stack(seen).transpose(1, 2, 0)
    at = so_far > 0
    starts = day - pd.to_timedelta(np.arange(steps, -1, -1) * int(days), unit="D")
    bought[:, -1] = np.nan
    return pd.DataFrame({
        "customer_id": np.repeat(people, at.sum(axis=1)), "start": starts.to_numpy()[np.nonzero(at)[1]], "so_far": so_far[at],
        "silence": silence[at], "lapses": lapses[at], "orders": bought[at],
    })  # fmt: skip


class _State(NamedTuple):
    """What is known of customers when a step begins: arrays of whole numbers."""

    so_far: np.ndarray
    silence: np.ndarray
    lapses: np.ndarray

    def after(self, buys):
        known = self.so_far > 0
        lapsed = buys & known & (self.silence >= LATE)
        return _State(self.so_far + buys, np.where(buys | ~known, 0, self.silence + 1), self.lapses + lapsed)


LATE = 4  # steps of silence from which a customer counts as lapsed
GROWN = (26.0, 60.0)  # child's age in months between which the need fades


def fit_steps(past):
    """The chance of an order in a step by what was known when it began: a logistic regression over all steps of all customers.

    past   rows of life_in_steps whose orders are known, with up to two columns more: written_to (True where wake-up mails went to the
           customer in the step) and child_age (months). What is not there has no part in the model.
    Returns a Series of coefficients by name (log odds). Raises ColumnMissing, LifetimeError.
    Source: Singer and Willett (1993), It's about time, J. Educ. Stat. 18: discrete-time survival is a logistic regression.
    """
    check_columns(past, ["so_far", "silence", "lapses", "orders"])
    if past["orders"].isna().any():
        raise LifetimeError(
            "The orders of some steps are not known: keep the rows that start before the day of the forecast."
        )
    known = ["so_far", "silence", "lapses", *[name for name in ("written_to", "child_age") if name in past]]
    frame = past[known].copy()
    if "child_age" in frame:
        frame["child_age"] = frame["child_age"].clip(*GROWN).round()
    cells = (past["orders"] > 0).groupby([frame[name] for name in known]).agg(["sum", "size"]).reset_index()
    design = _design(cells)
    beta, matrix = np.zeros(design.shape[1]), design.to_numpy()
    for _ in range(30):
        chance = expit(np.einsum("ij,j->i", matrix, beta))
        weight = (cells["size"] * chance * (1 - chance)).to_numpy()
        move = np.linalg.solve(
            np.einsum("ni,nj->ij", matrix, matrix * weight[:, None]) + 1e-6 * np.eye(len(beta)),
            np.einsum("ni,n->i", matrix, (cells["sum"] - cells["size"] * chance).to_numpy()),
        )
        beta = beta + move
        if np.abs(move).max() < 1e-9:
            break
    return pd.Series(beta, index=design.columns)


def step_chances(coefficients, rows):
    """The chance of an order in a step for each row, by the coefficients of fit_steps. Returns a Series with the index of rows."""
    design = _design(rows)
    if list(design.columns) != list(coefficients.index):
        odd = set(coefficients.index) ^ set(design.columns)
        raise LifetimeError(
            f"Coefficients and rows do not fit together: {', '.join(sorted(odd))}. Give both the same columns."
        )
    return pd.Series(
        expit(np.einsum("ij,j->i", design.to_numpy(), coefficients.to_numpy())),
        index=rows.index,
        name="chance",
    )


def _design(rows):
    """Columns of the regression: silence, experience and lapses, each for the fresh and for the lapsed; mails and age where given."""
    silence = rows["silence"].to_numpy()
    late = silence >= LATE
    long = np.where(late, np.log(np.maximum(silence, LATE) / LATE), 0)
    much, lapses = np.log(rows["so_far"].to_numpy()), np.log1p(rows["lapses"].to_numpy())
    found = {"all": np.ones(len(rows)), "silent 1": silence == 1, "silent 2": silence == 2, "silent 3": silence == 3,
             "lapsed": late, "lapsed x ln silence": long, "ln so far": much * ~late, "lapsed x ln so far": much * late,
             "ln lapses": lapses * ~late, "lapsed x ln lapses": lapses * late}  # fmt: skip
    if "child_age" in rows:
        grown = (np.clip(rows["child_age"].to_numpy(dtype=float), *GROWN) - GROWN[0]) / 12
        found |= {"years above 26 months": grown, "lapsed x years above": grown * late}
    if "written_to" in rows:
        written = rows["written_to"].to_numpy(dtype=bool)
        found |= {"written to": written & (silence >= LATE - 1), "written to x ln silence": written * long}
    return pd.DataFrame(found, index=rows.index, dtype=float)


def roll_forward(coefficients, now, conditions, orders_per_step, seed=0):
    """Orders that each customer is expected to place step by step, when the clock of fit_steps is turned on.

    now               the rows of life_in_steps that start on the day of the forecast
    conditions        list with one DataFrame per coming step, rows as in now: written_to, child_age, whatever the model knows; None where it
                      knows neither
    orders_per_step   orders in a step that has one, such as 1.04
    Whether somebody orders decides the next state, so it is drawn (seed); what is added up are chances, not draws. Returns a
    DataFrame with the index of now and a column per step from 0. Raises as step_chances.
    """
    rng = np.random.default_rng(seed)
    state = _State(*(now[name].to_numpy() for name in _State._fields))
    expected = {}
    for step, given in enumerate(conditions):
        rows = pd.DataFrame(state._asdict(), index=now.index)
        if given is not None:
            rows = rows.assign(**{name: given[name].to_numpy() for name in given})
        chance = step_chances(coefficients, rows).to_numpy()
        expected[step] = chance * orders_per_step
        state = state.after(rng.random(len(rows)) < chance)
    return pd.DataFrame(expected, index=now.index)


# ---------------------------------------------------------------- money over time


def discounted(amounts, ages, annual_rate):
    """Amounts that come after so many days, in yuan of today: amount / (1 + annual rate)^(days / 365). Arrays or Series."""
    if not annual_rate > -1:
        raise LifetimeError(f"annual_rate is {annual_rate}: give a fraction, such as 0.12 for 12 % a year.")
    return amounts / (1 + annual_rate) ** (ages / 365)


def payback(margins, cost):
    """The first age at which the margin per customer, added up, has brought the cost back; None where it never does.

    margins   Series of margin per customer by age (a column of months, say), ascending; discounted or not
    Returns the label of that age. Raises LifetimeError for ages out of order.
    """
    if not margins.index.is_monotonic_increasing:
        raise LifetimeError("The ages are not in order: sort the margins by their index first.")
    paid = margins.cumsum() >= cost
    return paid.idxmax() if paid.any() else None


# ---------------------------------------------------------------- checks


def _check(summary):
    check_columns(summary, SUMMARY)
    if not len(summary):
        raise LifetimeError("The summary has no row. Which filter leaves no customer?")
    for column in SUMMARY:
        _refuse(summary, column, ~(summary[column] >= 0) | ~np.isfinite(summary[column]), "0 or more")
    _refuse(
        summary,
        "frequency",
        summary["frequency"] % 1 != 0,
        "a whole number: repeat orders, the first one left out",
    )
    _refuse(
        summary,
        "recency",
        summary["recency"] > summary["T"] * (1 + 1e-9),
        "at most T: both count from the first order",
    )
    alone = (summary["frequency"] == 0) & (summary["recency"] != 0)
    _refuse(
        summary,
        "recency",
        alone,
        "0 where frequency is 0: the time from the first to the last order, not since the last",
    )
    late = (summary["frequency"] > 0) & (summary["recency"] == 0)
    _refuse(summary, "recency", late, "above 0 where frequency is: orders of the first day are one")


def _refuse(summary, column, bad, should):
    if bad.any():
        row = bad.idxmax()
        raise LifetimeError(
            f"The column {column!r} is {summary.loc[row, column]} for customer {row} ({int(bad.sum())} rows in all); it has to be {should}."
        )


def _numbers(summary):
    _check(summary)
    return (summary[column].to_numpy(dtype=float) for column in SUMMARY)
