"""Attribution: who gets the credit for an order that many touches came before. Earned in M05.

Journeys are one row per touch: journey_id, touch (the order in time), channel, order_id (the same on all touches of a journey, missing
in null journeys, which ended in nothing) and, where a sample needs it, weight (journeys for which this one stands). `credit` and
`claims` also need touch_at, `claims` also kind ("click" or "view"). A table is a DataFrame, the path of a .parquet or .csv file, or a
DuckDB relation; all of it is counted inside DuckDB, so a million journeys need neither time nor memory.

Credit is bookkeeping: it divides the orders there are. No function here says which orders would not have come.
"""

import math
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from mktlib.checks import Checked
from mktlib.customers import Sums
from mktlib.errors import Told, did_you_mean
from mktlib.inputs import WHOLE

START, ORDER, NOTHING = "start", "order", "nothing"
RULES = ["last", "first", "linear", "position", "time decay", "last non-direct"]
KINDS = {"journey_id": "any", "touch": "order", "channel": "text", "order_id": "any"}
# Which column it takes, if not all tables have it; a query of the first trouble among `numbered` touches; what it means
TROUBLE = [
    (None, "SELECT number FROM numbered WHERE journey_id IS NULL OR touch IS NULL OR coalesce(channel, '') = ''",
     "In row {} (the first is 1) journey_id, touch or channel is missing; a touch needs all three."),
    (None, "SELECT number FROM numbered WHERE NOT coalesce(weight >= 0 AND isfinite(weight), false)",
     "In row {} (the first is 1) the weight is missing or negative; a journey stands for itself (1) or for more."),
    ("touch_at", "SELECT number FROM numbered WHERE bought AND touch_at IS NULL",
     "In row {} (the first is 1) touch_at is missing; without a time nobody knows how long before the order the touch was."),
    ("kind", "SELECT number, kind FROM numbered WHERE bought AND coalesce(kind, '') NOT IN ('click', 'view')",
     "In row {} (the first is 1) kind is {!r}; a touch is a 'click' or a 'view'."),
    (None, "SELECT journey_id, touch FROM numbered GROUP BY ALL HAVING count(*) > 1",
     "Journey {} has the same number twice in a journey, touch {}. Which came first? Leave out rows that are there twice; number touches from 1."),
    (None, "SELECT journey_id FROM numbered GROUP BY ALL HAVING count(*) FILTER (bought) NOT IN (0, count(*)) OR min(order_id) <> max(order_id)",
     "Journey {} has its order on some touches only, or two orders; give all touches of a journey its one order_id."),
    (None, "SELECT journey_id FROM numbered GROUP BY ALL HAVING min(weight) <> max(weight)",
     "Journey {} has several weights; a journey has one."),
    ("touch_at", "SELECT journey_id, touch FROM (SELECT *, lag(touch_at) OVER (PARTITION BY journey_id ORDER BY touch) AS before FROM numbered) "
     "WHERE touch_at < before", "In journey {} the time of touch {} is before that of the touch it follows. Number the touches by time."),
]  # fmt: skip
NO_ORDER = "No journey ends in an order: there is nothing to give credit for."
MOST_CHANNELS = 16  # 65,536 sets of channels


class AttributionError(Told, ValueError):
    """Journeys that no credit can be computed from, or an unknown rule; the message says what is wrong, and the remedy."""


def credit(journeys, rule, by="touch", window=None, half_life=7.0):
    """Orders credited to each channel by one of six rules; over the channels they sum to the orders.

    journeys   with touch_at; null journeys are passed over
    rule       last: all to the last touch. first: all to the first. linear: equal parts. position: 0.4 to the first, 0.4 to the
               last, 0.2 shared by those between; where nothing is between, half and half; one alone takes all. time decay: half
               as much for each `half_life` days before the order. last non-direct: the last that is not direct, if there is one.
    by         touch: each touch is one. channel: each different channel is one, at its latest touch (linear, time decay);
               position then gives 0.4 to the channel of the first touch, 0.4 to that of the last, 0.2 to the other channels.
    window     days before the last touch that count (24 hours each, both ends in); None takes the whole journey
    Returns a Series of orders by channel, largest first; channels without credit stand there with 0. Raises ColumnMissing,
    AttributionError.
    """
    if rule not in RULES:
        raise AttributionError(f"there is no rule {rule!r}{did_you_mean(rule, RULES)}")
    if by not in ("touch", "channel"):
        raise AttributionError(f"by is {by!r}; count by 'touch' or by 'channel'.")
    if not half_life > 0:
        raise AttributionError(f"half_life is {half_life}: give days above 0, such as 7.")
    if window is not None and not window >= 0:
        raise AttributionError(f"window is {window}: give days, 0 or more, or None for the whole journey.")
    rows = _opened(journeys, {"touch_at": "instant"})

    def credited(paths, names):
        part = _parts(paths, names, rule, by, window, half_life)
        whole = np.add.reduceat(part, paths.starts)
        return paths.channel, paths.weight * part / whole[paths.journey]

    return _added_up(rows, credited)


def claims(journeys, click_days, view_days=0.0):
    """Orders that each channel may claim when it looks at its own touches alone, as a platform does.

    journeys     with touch_at and kind
    click_days   an order may be claimed that came up to so many days (24 hours) after a click; view_days: after a view;
                 0 days of views are none at all
    Returns a Series of orders by channel, largest first. They do not sum to the orders: an order with two claimants stands there twice.
    Raises ColumnMissing, AttributionError.
    """
    rows = _opened(journeys, {"touch_at": "instant", "kind": "text"})

    def claimed(paths, names):
        limit = np.where(paths.click, click_days, view_days)
        mine = np.flatnonzero((paths.days <= limit) & (limit > 0))
        mine = mine[
            np.unique(paths.place(len(names))[mine], return_index=True)[1]
        ]  # a channel claims an order once
        return paths.channel[mine], paths.weight[mine]

    orders = _added_up(rows, claimed)
    return orders.astype("int64") if rows.types.get("weight", "BIGINT") in WHOLE else orders


def moves(journeys):
    """How often a journey goes from one place to the next: the counts of a Markov chain.

    Returns a DataFrame: rows "start" and the channels, columns the channels, "order" and "nothing"; weighted counts. What
    flows into a channel flows out of it. Rows that do not stand in order are sorted first. Raises ColumnMissing, and
    AttributionError for a missing channel or touch, a weight that is missing or negative, and two touches of one number.
    """
    rows = _opened(journeys)
    shares = _shares(rows, journeys)
    names = _channels(rows, "LIMIT 100000")
    counts = _counted(rows, names, shares)
    if counts["here"].isna().any():  # a channel that the first rows do not have
        names = _channels(rows)
        counts = _counted(rows, names, shares)
    if taken := {START, ORDER, NOTHING} & set(names):
        raise AttributionError(
            f"A channel is called {min(taken)!r}, the name of an end of the chain: rename it."
        )
    places = [*names, ORDER, NOTHING]
    if (counts["there"] == len(places)).any():
        _refuse(rows)
        counts = _counted(rows, names, ["ORDER BY journey_id, touch"])
    table = np.zeros((len(names) + 1, len(places)))
    np.add.at(table, (counts["here"] + 1, counts["there"]), counts["weight"])
    table = pd.DataFrame(table, index=[START, *names], columns=places)
    table.loc[START, names] = (table.loc[names].sum(axis=1) - table.loc[names, names].sum()).to_numpy()
    return table.rename_axis(index="place", columns="next")


def markov(journeys):
    """Credit by removal effects in a first-order Markov chain, exact: solved, not simulated.

    journeys   converting and null journeys. Without the null ones every journey ends in an order, and a removal effect says how
               often a channel is passed, not what it adds.
    Returns a DataFrame indexed by channel: removal_effect (share of the orders that the chain loses when whoever would go to the channel goes
    away instead) and orders (removal effects scaled so that they sum to the orders), largest first. Removal effects themselves sum
    to more than 1. Raises as moves does, and AttributionError where no journey ends in an order.
    Source: Anderl, Becker, von Wangenheim, Schumann (2016), Mapping the customer journey, IJRM 33. The chance to reach an
    order from each place solves (I - Q) x = r, Q the chances to go on, r those to order.
    """
    counts = moves(journeys)
    orders = counts[ORDER].sum()
    if not orders:
        raise AttributionError(NO_ORDER)
    chance = counts.div(counts.sum(axis=1), axis=0)
    inner = chance.reindex(columns=counts.index, fill_value=0.0).to_numpy()
    end = chance[ORDER].to_numpy()
    whole = _reaches(inner, end)
    effect = [1 - _reaches(_without(inner, i), end) / whole for i in range(1, len(counts))]
    found = pd.DataFrame({"removal_effect": effect}, index=counts.index[1:].rename("channel"))
    found["orders"] = orders * found["removal_effect"] / found["removal_effect"].sum()
    return found.sort_values("orders", ascending=False)


def shapley(journeys, worth="orders"):
    """Credit by Shapley values: what a channel adds to a set of others, averaged over all orders in which a set can grow.

    worth   what a set S of channels is worth, v(S). "orders": the orders of journeys whose channels all lie in S. "rate": the orders per journey
            among these journeys, null ones included; scaled so that all channels together are worth all orders. Another
            v(S) is another answer: always say which.
    Returns a Series of orders by channel, largest first; it sums to the orders. With "orders" it has a closed form, each order
    split equally over its different channels: credit(journeys, "linear", by="channel"). With "rate" it may be negative.
    Raises ColumnMissing; AttributionError for more than 16 channels, no orders, or another worth.
    Source: Shapley (1953); phi_i = sum over S without i of |S|! (n - |S| - 1)! / n! x (v(S with i) - v(S)).
    """
    if worth not in ("orders", "rate"):
        raise AttributionError(f"worth is {worth!r}; v(S) is 'orders' or 'rate'.")
    rows = _opened(journeys)
    names = _channels(rows)
    if len(names) > MOST_CHANNELS:
        raise AttributionError(
            f"{len(names)} channels make {2 ** len(names):,} sets; put small ones together until {MOST_CHANNELS} are left."
        )
    sets = _sets(rows, names, only_orders=worth == "orders")
    size = 1 << len(names)
    orders = _over_subsets(np.bincount(sets["channels"], sets["orders"], size))
    if not orders[-1]:
        raise AttributionError(NO_ORDER)
    value = orders
    if worth == "rate":
        among = _over_subsets(np.bincount(sets["channels"], sets["journeys"], size))
        value = np.divide(orders, among, out=np.zeros(size), where=among > 0)
        value = value * orders[-1] / value[-1]
    found = pd.Series(
        _shapley_values(value, len(names)), index=pd.Index(names, name="channel"), name="orders"
    )
    return found.sort_values(ascending=False)


# --- tables --------------------------------------------------------------------------


def _opened(journeys, more=()):
    return Checked(journeys, KINDS | dict(more), optional={"weight": "number"})


def _touches(rows):
    """SQL of the touches: journey_id, touch, channel, order_id, bought, weight and, where asked for, touch_at and kind."""
    order = f"nullif({rows.of['order_id']}, '')" if rows.types["order_id"] == "VARCHAR" else "order_id"
    others = "".join(f", {rows.of[column]} AS {column}" for column in ("touch_at", "kind") if column in rows)
    return f"""SELECT journey_id, {rows.of["touch"]} AS touch, {rows.of["channel"]} AS channel, {order} AS order_id,
        {order} IS NOT NULL AS bought, {rows.of.get("weight", "1::DOUBLE")} AS weight{others} FROM mktlib_rows"""  # fmt: skip


def _channels(rows, clause="", empty="There is no touch in the table. Which filter leaves no row?"):
    """Names of the channels, ascending, of the touches that a clause leaves."""
    found = rows.query(
        f"SELECT DISTINCT channel FROM (SELECT channel FROM ({_touches(rows)}) {clause}) ORDER BY channel"
    )
    names = found["channel"].tolist()
    if not names:
        raise AttributionError(empty)
    if any(pd.isna(name) or name == "" for name in names):
        _refuse(rows)
    return names


def _refuse(rows):
    """Raise for the first trouble that no order of the rows mends."""
    for column, sql, words in TROUBLE:
        if column is None or column in rows:
            found = rows.first(f"""
                WITH numbered AS (SELECT *, row_number() OVER () AS number FROM ({_touches(rows)}))
                {sql} ORDER BY ALL LIMIT 1""")  # fmt: skip
            if found:
                raise AttributionError(words.format(*found))


def _refuse_torn(rows):
    """Raise if a journey with an order has touches without it, which a filter for orders would drop unseen."""
    # counted: a LIMIT over this join makes DuckDB 2.0 wait for ever where the rows are a DataFrame
    (torn,) = rows.first(f"""
        SELECT count(*) FROM ({_touches(rows)})
        WHERE NOT bought AND journey_id IN (SELECT journey_id FROM ({_touches(rows)}) WHERE bought)""")
    if torn:
        _refuse(rows)


# --- rules ---------------------------------------------------------------------------


class _Paths(NamedTuple):
    """Touches of whole journeys with an order, in order: arrays with a value per touch; starts and ends with one per journey."""

    channel: np.ndarray
    weight: np.ndarray
    click: np.ndarray
    days: np.ndarray  # before the last touch of the journey
    journey: np.ndarray
    starts: np.ndarray
    ends: np.ndarray

    def place(self, channels):
        """A number for each pair of journey and channel."""
        return self.journey * channels + self.channel


class _Disorder(Exception):
    """The rows do not stand in order."""


def _added_up(rows, credited):
    """Orders by channel, largest first: channels and orders that a function gives for paths and names, added up part by part."""
    _refuse_torn(rows)
    names = _channels(rows, "WHERE bought", NO_ORDER)
    for order in ("", "ORDER BY journey_id, touch"):
        orders = Sums(len(names))
        try:
            for paths in _paths(rows, names, order):
                orders.add(*credited(paths, names))
            break
        except _Disorder:
            continue
    else:
        _refuse(rows)
    found = pd.Series(orders.total(), index=pd.Index(names, name="channel"), name="orders")
    return found.sort_values(ascending=False, kind="stable")


def _paths(rows, names, order):
    """Paths of the journeys with an order, some journeys at a time. Raises _Disorder, and AttributionError for a value that is missing."""
    order_id = "order_id" if rows.types["order_id"] in WHOLE else "hash(order_id)"
    click = "kind = 'click'" if "kind" in rows else "true"
    known = "kind IN ('click', 'view')" if "kind" in rows else "true"
    sql = f"""
        SELECT journey_id, touch, {_number(names, "channel")} AS channel, touch_at, weight, {order_id} AS order_id, {click} AS click,
            coalesce({known} AND journey_id IS NOT NULL AND touch IS NOT NULL AND touch_at IS NOT NULL AND weight >= 0
                AND isfinite(weight), false) AS fit
        FROM ({_touches(rows)}) WHERE bought {order}"""
    rest = None
    for part in rows.parts(sql):
        if not part.pop("fit").all():
            _refuse(rows)
        touches = {name: part[name].to_numpy() for name in part}
        if rest:
            touches = {name: np.concatenate([rest[name], touches[name]]) for name in touches}
        starts = _starts(touches)
        rest = {
            name: values[starts[-1] :] for name, values in touches.items()
        }  # it may go on in the next part
        if len(starts) > 1:
            yield _arranged(touches, starts[:-1], starts[-1])
    if rest:
        yield _arranged(rest, np.zeros(1, int), len(rest["touch"]))


def _starts(touches):
    """Positions of the first touch of each journey. Raises _Disorder."""
    before, after = (
        {name: values[part] for name, values in touches.items()} for part in (slice(None, -1), slice(1, None))
    )
    new = after["journey_id"] > before["journey_id"]
    goes_on = (after["journey_id"] == before["journey_id"]) & (after["touch"] > before["touch"])
    goes_on &= after["touch_at"] >= before["touch_at"]
    for name in ("order_id", "weight"):
        goes_on &= after[name] == before[name]
    if not (new | goes_on).all():
        raise _Disorder
    return np.append(0, np.flatnonzero(new) + 1)


def _arranged(touches, starts, stop):
    """Paths of the first `stop` touches."""
    ends = np.append(starts[1:], stop) - 1
    journey = np.repeat(np.arange(len(starts)), ends - starts + 1)
    at = touches["touch_at"][:stop]
    days = (at[ends][journey] - at) / 86.4e9
    channel = touches["channel"][:stop].astype(int)
    return _Paths(channel, touches["weight"][:stop], touches["click"][:stop], days, journey, starts, ends)


def _parts(paths, names, rule, by, window, half_life):
    """What each touch gets before the parts of a journey are made to sum to 1."""
    inside = np.ones(len(paths.days), bool) if window is None else paths.days <= window
    first, last = inside.copy(), np.zeros(len(inside), bool)
    first[1:] &= ~inside[:-1]
    first[paths.starts] = inside[paths.starts]
    last[paths.ends] = True
    if rule in ("last", "first"):
        return (last if rule == "last" else first).astype(float)
    if rule == "last non-direct":
        named = inside & (paths.channel != (names.index("direct") if "direct" in names else -1))
        chosen = np.maximum.reduceat(np.where(named, np.arange(len(named)), -1), paths.starts)
        part = np.zeros(len(named))
        part[np.where(chosen < 0, paths.ends, chosen)] = 1
        return part
    counts = inside & _latest(paths, names) if by == "channel" else inside
    if rule == "linear":
        return counts.astype(float)
    if rule == "time decay":
        return counts * 0.5 ** (paths.days / half_life)
    middle = counts & ~first & ~last
    if by == "channel":
        for end in (first, last):
            middle &= paths.channel != paths.channel[np.flatnonzero(end)][paths.journey]
    between = np.add.reduceat(middle.astype(int), paths.starts)[paths.journey]
    return 0.4 * first + 0.4 * last + 0.2 * middle / np.maximum(between, 1)


def _latest(paths, names):
    """Whether a touch is the last one of its channel in its journey."""
    backwards = paths.place(len(names))[::-1]
    latest = np.zeros(len(backwards), bool)
    latest[len(latest) - 1 - np.unique(backwards, return_index=True)[1]] = True
    return latest


# --- chain ---------------------------------------------------------------------------


def _number(names, channel):
    """SQL for the position of the channel among the names, from 0."""
    listed = ", ".join("'" + str(name).replace("'", "''") + "'" for name in names)
    return f"(list_position([{listed}], {channel}) - 1)::{_small(names)}"


def _small(names):
    """The smallest type for numbers of channels, and three more: DuckDB counts fastest by it."""
    return "UTINYINT" if len(names) < 250 else "USMALLINT"


def _shares(rows, journeys):
    """Clauses that deal out the journeys of a Parquet file, so that each thread reads row groups of its own."""
    parquet = isinstance(journeys, (str, Path)) and str(journeys).endswith(".parquet")
    if not parquet or rows.types["journey_id"] not in WHOLE:
        return [""]
    low, high, missing, threads = rows.first("""
        SELECT min(journey_id), max(journey_id), count(*) - count(journey_id), current_setting('threads') FROM mktlib_rows""")  # fmt: skip
    if missing:
        return [""]
    cuts = [low + (high + 1 - low) * share // threads for share in range(threads + 1)]
    return [f"WHERE journey_id >= {start} AND journey_id < {stop}" for start, stop in pairwise(cuts)]


def _counted(rows, names, clauses):
    """Touches by here (number of the channel) and there (of the next one; then of an order, of nothing, of trouble), counted in
    one pass over the rows as they stand. There is trouble where a value is missing or the rows do not stand in order.
    """
    order, nothing, trouble = (f"{len(names) + more}::{_small(names)}" for more in range(3))
    extra, same, good, total = "", "", "", "count(*)::DOUBLE"
    if "weight" in rows:
        extra, same = ", lead(weight) OVER () AS weight_after", " AND weight_after = weight"
        good, total = " AND weight >= 0 AND isfinite(weight)", "coalesce(sum(weight), 0)"
    counts = [f"""
        SELECT here, CASE
            WHEN journey_after = journey_id THEN if(touch_after > touch AND bought_after = bought{same}, here_after, {trouble})
            WHEN (journey_after > journey_id OR journey_after IS NULL) AND journey_id IS NOT NULL AND touch IS NOT NULL{good}
                THEN if(bought, {order}, {nothing})
            ELSE {trouble} END AS there, {total} AS weight
        FROM (
            SELECT *, lead(journey_id) OVER () AS journey_after, lead(touch) OVER () AS touch_after,
                lead(here) OVER () AS here_after, lead(bought) OVER () AS bought_after{extra}
            FROM (SELECT *, {_number(names, "channel")} AS here FROM ({_touches(rows)}) {clause})
        ) GROUP BY ALL""" for clause in clauses]  # fmt: skip
    return rows.query(" UNION ALL ".join(f"({one})" for one in counts))


def _reaches(inner, end):
    """Chance to reach an order from the start, the first place."""
    return np.linalg.solve(np.eye(len(end)) - inner, end)[0]


def _without(inner, place):
    cut = inner.copy()
    cut[:, place] = 0
    return cut


# --- sets of channels ----------------------------------------------------------------


def _sets(rows, names, only_orders):
    """For each set of channels (bits of a number) its journeys and orders, weighted."""
    weighted = "weight" in rows
    weight = "max(weight)" if weighted else "1"
    bad = "NOT coalesce(min(weight) >= 0 AND isfinite(max(weight)) AND min(weight) = max(weight) AND count(*) = count(weight), false)"
    found = rows.query(f"""
        SELECT channels, sum(weight)::DOUBLE AS journeys, coalesce(sum(weight) FILTER (bought), 0)::DOUBLE AS orders, bool_or(bad) AS bad FROM (
            SELECT bit_or((1 << {_number(names, "channel")}::INTEGER)::INTEGER) AS channels, bool_or(bought) AS bought,
                {weight} AS weight, journey_id IS NULL OR {bad if weighted else "false"} AS bad
            FROM ({_touches(rows)}) {"WHERE bought" if only_orders else ""} GROUP BY journey_id
        ) GROUP BY channels""")  # fmt: skip
    if found["bad"].any():
        _refuse(rows)
    _refuse_torn(rows)
    return found


def _over_subsets(values):
    """For each set the sum over its subsets; sets are the bits of the position."""
    values = values.astype(float)
    for bit in range(len(values).bit_length() - 1):
        pairs = values.reshape(-1, 2, 1 << bit)
        pairs[:, 1] += pairs[:, 0]
    return values


def _shapley_values(value, n):
    sets = np.arange(len(value))
    size = np.array([int(one).bit_count() for one in sets])
    weight = np.array([math.factorial(s) * math.factorial(n - s - 1) / math.factorial(n) for s in range(n)])
    found = []
    for one in range(n):
        without = sets[(sets >> one) & 1 == 0]
        found.append((weight[size[without]] * (value[without | 1 << one] - value[without])).sum())
    return found
