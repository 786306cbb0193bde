"""Attribution: who gets the credit for an order that many touches came before. Earned in M05.

Journeys are one row per touch: journey_id, touch (the order in time), channel, order_id (missing in null journeys, which ended in
nothing) and, where a sample needs it, weight (journeys for which this one stands). `credit` and `claims` also need
touch_at, `claims` also kind ("click" or "view"). A table is a DataFrame, the path of a .parquet or .csv file, or a DuckDB relation; moves
and sets of channels are counted inside DuckDB, so a million journeys need neither time nor memory.

Credit is bookkeeping: it divides the orders there are. No function here says which orders would not have come.
"""

import math

import numpy as np
import pandas as pd

from mktlib.errors import Told, did_you_mean
from mktlib.inputs import check_columns, open_table, query

START, ORDER, NOTHING = "start", "order", "nothing"
RULES = ["last", "first", "linear", "position", "time decay", "last non-direct"]
TROUBLE = {
    "missing": "Their journey_id, touch or channel is missing; a touch needs all three.",
    "unweighted": "They have no weight, or a negative one; a journey stands for itself (1) or for more.",
    "twice": "They repeat a journey_id and touch: the same number twice in a journey. Which came first? Number the touches from 1.",
}
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
    paths = _paths(journeys, ["touch_at"])
    channels = paths["channel"].unique()
    paths = _within(paths, window)
    paths["first"] = ~paths["journey_id"].duplicated()
    paths["last"] = ~paths["journey_id"].duplicated(keep="last")
    paths["part"] = _parts(paths, rule, by, half_life)
    whole = paths.groupby("journey_id")["part"].transform("sum")
    orders = (paths["weight"] * paths["part"] / whole).groupby(paths["channel"]).sum()
    return orders.reindex(channels, fill_value=0.0).sort_values(ascending=False).rename("orders")


def claims(journeys, click_days, view_days=0.0):
    """Orders that each channel may claim when it looks at its own touches alone, as a platform does.

    journeys     with touch_at and kind
    click_days   an order may be claimed that came up to so many days (24 hours) after a click; view_days: after a view;
                 0 days of views are none at all
    Returns a Series of orders by channel, largest first. They do not sum to the orders: an order with two claimants stands there twice.
    Raises ColumnMissing, AttributionError.
    """
    paths = _paths(journeys, ["touch_at", "kind"])
    days = np.where(paths["kind"] == "click", click_days, view_days)
    mine = paths[(paths["days"] <= days) & (days > 0)].drop_duplicates(["journey_id", "channel"])
    orders = mine.groupby("channel")["weight"].sum()
    return (
        orders.reindex(paths["channel"].unique(), fill_value=0).sort_values(ascending=False).rename("orders")
    )


def moves(journeys):
    """How often a journey goes from one place to the next: the counts of a Markov chain.

    Returns a DataFrame: rows "start" and the channels, columns the channels, "order" and "nothing"; weighted counts. What
    flows into a channel flows out of it. Rows that do not stand in order are sorted first. Raises ColumnMissing, and
    AttributionError for a missing channel or touch, a weight that is missing or negative, and two touches of one number.
    """
    source = open_table(journeys)
    names = _channels(source)
    if taken := {START, ORDER, NOTHING} & set(names):
        raise AttributionError(
            f"A channel is called {min(taken)!r}, the name of an end of the chain: rename it."
        )
    rows = _counted(source, names)
    if not rows["fine"].all():
        _check_touches(source)
        rows = _counted(source, names, "ORDER BY journey_id, touch")
    places = pd.Index([*names, ORDER, NOTHING])
    table = (
        rows["weight"].groupby([places[rows["here"]], places[rows["there"]]]).sum().unstack(fill_value=0.0)
    )
    table = table.reindex(index=[START, *names], columns=places, fill_value=0.0)
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
        raise AttributionError("No journey ends in an order: there is nothing to give credit for.")
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
    source = open_table(journeys)
    names = _channels(source)
    if len(names) > MOST_CHANNELS:
        raise AttributionError(
            f"{len(names)} channels make {2 ** len(names):,} sets; put small ones together until {MOST_CHANNELS} are left."
        )
    sets = _sets(source, names, only_orders=worth == "orders")
    size = 1 << len(names)
    orders = _over_subsets(np.bincount(sets["channels"], sets["orders"], size))
    if not orders[-1]:
        raise AttributionError("No journey ends in an order: there is nothing to give credit for.")
    value = orders
    if worth == "rate":
        among = _over_subsets(np.bincount(sets["channels"], sets["journeys"], size))
        value = np.divide(orders, among, out=np.zeros(size), where=among > 0)
        value = value * orders[-1] / value[-1]
    found = pd.Series(
        _shapley_values(value, len(names)), index=pd.Index(names, name="channel"), name="orders"
    )
    return found.sort_values(ascending=False)


# --- rules ---------------------------------------------------------------------------


def _paths(journeys, more):
    """Touches of converting journeys in order, with weight and days (before the journey's last touch)."""
    source = open_table(journeys)
    columns = ["journey_id", "touch", "channel", "order_id", *more]
    check_columns(source, columns)
    if not isinstance(source, pd.DataFrame):
        source = source.filter("order_id IS NOT NULL").df()
    paths = source[source["order_id"].notna()]
    paths = paths[[*columns, *(["weight"] if "weight" in paths else [])]]
    paths = paths.sort_values(["journey_id", "touch"], ignore_index=True)
    if paths.empty:
        raise AttributionError("No journey ends in an order: there is nothing to give credit for.")
    if bad := [column for column in columns if paths[column].isna().any()]:
        raise AttributionError(f"The column {bad[0]!r} has missing values; a touch needs one on each row.")
    end = paths.groupby("journey_id")["touch_at"].transform("last")
    days = (end - paths["touch_at"]).dt.total_seconds() / 86_400
    return paths.assign(days=days, weight=paths.get("weight", 1))


def _within(paths, window):
    if window is not None and not window >= 0:
        raise AttributionError(f"window is {window}: give days, 0 or more, or None for the whole journey.")
    return paths.copy() if window is None else paths[paths["days"] <= window].copy()


def _parts(paths, rule, by, half_life):
    """What each touch gets before the parts of a journey are made to sum to 1."""
    counts = (
        paths["last"] | True if by == "touch" else ~paths.duplicated(["journey_id", "channel"], keep="last")
    )
    if rule in ("last", "first"):
        return paths[rule].astype(float)
    if rule == "linear":
        return counts.astype(float)
    if rule == "time decay":
        return counts * 0.5 ** (paths["days"] / half_life)
    if rule == "last non-direct":
        named = paths[paths["channel"] != "direct"]
        chosen = named.index[~named["journey_id"].duplicated(keep="last")]
        without = ~paths["journey_id"].isin(named["journey_id"]) & paths["last"]
        return (paths.index.isin(chosen) | without).astype(float)
    return 0.4 * paths["first"] + 0.4 * paths["last"] + 0.2 * _between(paths, counts, by)


def _between(paths, counts, by):
    """Equal parts, together 1, of what lies between first and last: touches, or channels that are neither."""
    middle = counts & ~paths["first"] & ~paths["last"]
    if by == "channel":
        for end in ("first", "last"):
            channel = paths["channel"].where(paths[end]).groupby(paths["journey_id"]).transform(end)
            middle &= paths["channel"] != channel
    return middle / middle.groupby(paths["journey_id"]).transform("sum").clip(lower=1)


# --- chain ---------------------------------------------------------------------------


def _channels(source):
    """Names of the channels, ascending."""
    check_columns(source, ["journey_id", "touch", "channel", "order_id"])
    names = _query(source, "SELECT DISTINCT channel FROM journeys ORDER BY channel")["channel"].tolist()
    if not names:
        raise AttributionError("There is no touch in the table. Which filter leaves no row?")
    if any(pd.isna(name) for name in names):
        raise AttributionError("A channel is missing; each touch needs the name of one.")
    return names


def _number(names):
    """SQL for the position of the channel among the names, from 0."""
    listed = ", ".join("'" + str(name).replace("'", "''") + "'" for name in names)
    return f"(list_position([{listed}], channel) - 1)::USMALLINT"


def _counted(source, names, order=""):
    """Touches by here (number of the channel) and there (of the next one, of an order or of nothing), counted in DuckDB
    in one pass over the rows. fine is False where a value is missing or the rows do not stand in order.
    """
    return _query(source, f"""
        WITH rows AS (
            SELECT journey_id, touch, {_number(names)} AS here, order_id IS NOT NULL AS bought, {_weight(source)} AS weight
            FROM journeys {order}
        ), pairs AS (
            SELECT *, lead(journey_id) OVER () AS journey_after, lead(touch) OVER () AS touch_after,
                lead(here) OVER () AS here_after FROM rows
        )
        SELECT here, CASE WHEN journey_after = journey_id THEN here_after WHEN bought THEN {len(names)} ELSE {len(names) + 1} END
            AS there, coalesce(sum(weight), 0) AS weight,
            bool_and(coalesce(weight >= 0 AND touch IS NOT NULL AND journey_id IS NOT NULL AND (journey_after > journey_id
                OR (journey_after = journey_id AND touch_after > touch) OR journey_after IS NULL), false)) AS fine
        FROM pairs GROUP BY ALL""")  # fmt: skip


def _weight(source):
    return "weight::DOUBLE" if "weight" in source.columns else "1::DOUBLE"


def _check_touches(source):
    """Raise for values that no order of the rows mends."""
    found = _query(source, f"""
        SELECT count(*) FILTER (journey_id IS NULL OR touch IS NULL OR channel IS NULL) AS missing,
            count(*) FILTER (NOT coalesce({_weight(source)} >= 0, false)) AS unweighted,
            count(*) - count(DISTINCT (journey_id, touch)) AS twice FROM journeys""").iloc[0]  # fmt: skip
    for trouble, words in TROUBLE.items():
        if found[trouble]:
            raise AttributionError(f"Rows with trouble: {found[trouble]}. {words}")


def _query(source, sql):
    """Rows of a query over `journeys` as a DataFrame."""
    known = ["journey_id", "touch", "channel", "order_id", "weight"]
    return query(source, "journeys", sql, [column for column in known if column in source.columns])


def _reaches(inner, end):
    """Chance to reach an order from the start, the first place."""
    return np.linalg.solve(np.eye(len(end)) - inner, end)[0]


def _without(inner, place):
    cut = inner.copy()
    cut[:, place] = 0
    return cut


# --- sets of channels ----------------------------------------------------------------


def _sets(source, names, only_orders):
    """For each set of channels (bits of a number) its journeys and orders, weighted."""
    where = "WHERE order_id IS NOT NULL" if only_orders else ""
    return _query(source, f"""
        WITH journey AS (
            SELECT bit_or((1 << {_number(names)}::INTEGER)::INTEGER) AS channels, count(order_id) > 0 AS bought,
                max({_weight(source)}) AS weight FROM journeys {where} GROUP BY journey_id
        )
        SELECT channels, sum(weight) AS journeys, coalesce(sum(weight) FILTER (bought), 0) AS orders
        FROM journey GROUP BY channels""")  # fmt: skip


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
