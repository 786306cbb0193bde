"""Metrics: counts that are added up, and rates made from the sums.

J01 earns `totals`, `ratio` and the counting metrics, J02 the cost and return metrics. What a metric means
stands in metric_definitions.yml, once; `kpi` and `glossary` read it there.

A table is a DataFrame, the path of a .parquet or .csv file, or a DuckDB relation. For the last two the sums
are made inside DuckDB, and only one row per group comes back. The answer is the same, up to the 15th digit.

Rules that hold for every function here:
- Missing is not zero. A missing or infinite value in a column that is added up raises BadValue.
- A count, and any row of a denominator, must not be negative. Money may be (a credit note lowers the sum).
- Text is not a number, even if it looks like one.
- Rows are added as they stand: a row that is there twice counts twice.
- Nothing to divide by gives NaN, never 0.
"""

import html
import math
from collections import namedtuple
from functools import cache, partial
from numbers import Number
from pathlib import Path

import numpy as np
import pandas as pd

from mktlib.errors import Told, did_you_mean
from mktlib.inputs import (
    WHOLE,
    BadValue,
    ColumnMissing,
    check_columns,
    first_row,
    no_column,
    open_table,
    quoted,
    read_yaml,
    table_name,
)

# One thing to add up: how is "sum" or "distinct", filters are (column, value) pairs that a row must meet.
Part = namedtuple("Part", "how column filters")


class MetricUnknown(Told, KeyError):
    """There is no such metric; the message names the closest one."""


class NotAdditive(Told, ValueError):
    """People were to be added like clicks."""


def totals(table, columns, by=None):
    """Sums of count or money columns.

    table        DataFrame, path to .parquet or .csv, or DuckDB relation; any grain whose values may be added
    columns      name or list of names
    by           column or columns to group by; None adds everything
    Returns a Series indexed by column, or with `by` a DataFrame with one row per group, ascending (rows
    without a group last). int64 for whole numbers, float64 else. No rows add up to 0.
    Raises ColumnMissing, BadValue, and NotAdditive for columns that count people (reach).
    Earned in J01.
    """
    return _table(_totals(table, _names(columns), by), by)


def ratio(table, numerator, denominator, by=None):
    """Sum of one count over the sum of another: the only way this package makes a rate.

    table        one row per ad and day, or any grain whose counts may be added
    numerator, denominator   names of count or money columns, e.g. "clicks", "impressions"
    by           column or columns to group by; None gives a single number
    Returns a float, or a Series indexed by group, as a fraction (0.016, not 1.6). Nothing to divide by gives
    NaN, never 0. Raises ColumnMissing, which names the closest column there is, and BadValue.
    Earned in J01; defined as in metric_definitions.yml.
    """
    sums = _totals(table, [numerator, denominator], by, never_negative=[denominator])
    return _divide(sums[numerator], sums[denominator])


def kpi(table, metrics, by=None):
    """Metrics of metric_definitions.yml, each from sums, in one pass over the table.

    table        DataFrame, path or relation with the columns of the metrics. Where it has ids instead of
                 counts, the different ids are counted (visits from session_id, orders from order_id).
    metrics      key or list of keys: "ctr", ["cpc", "cpm"]; glossary() lists them
    by           column or columns to group by; None takes the whole table
    Returns a Series indexed by metric, or with `by` a DataFrame with one column per metric. Units as in
    glossary(metrics): rates are fractions, money is yuan. Nothing to divide by gives NaN.
    Raises MetricUnknown, ColumnMissing, BadValue, NotAdditive.
    Earned in J02.
    """
    keys = [known_metric(metric) for metric in _names(metrics)]
    source = open_table(table)
    name = table_name(source)
    plans = {key: _plan(key, list(source.columns), name) for key in keys}
    parts = [part for plan in plans.values() for _, _, part in plan]
    sums = _add_up(source, name, parts, by, never_negative=_counts() | _whole_denominators(plans))
    return _table({key: _evaluate(key, plans[key], sums) for key in keys}, by)


def glossary(metrics=None):
    """The terms, as a table that a notebook shows well.

    metrics      key or list of keys; None takes all
    Returns a DataFrame indexed by key with the columns term, zh, formula (in words), unit, careful (the usual
    slip, and other conventions under the same name). Raises MetricUnknown.
    """
    keys = list(definitions()["metrics"]) if metrics is None else [known_metric(m) for m in _names(metrics)]
    rows = {key: _glossary_row(definitions()["metrics"][key]) for key in dict.fromkeys(keys)}
    table = Glossary(pd.DataFrame.from_dict(rows, orient="index"))
    table.index.name = "key"
    return table


def break_even_roas(margin):
    """The return on ad spend at which advertising neither earns nor loses: 1 / margin.

    margin       contribution margin before advertising, a fraction of revenue: 0.42, not 42.
                 Number, array or Series.
    Returns times (2.38 at 0.42); infinity where the margin is 0 or less, because no revenue is enough there.
    Raises ValueError for a margin above 1. Earned in J02, from ROI = (revenue x margin - cost) / cost = 0.
    """
    _check_fraction(margin, "margin")
    with np.errstate(divide="ignore"):
        roas = 1 / np.abs(np.clip(margin, 0, None))
    return float(roas) if np.ndim(roas) == 0 else roas


def break_even_cpc(margin_per_order, cvr):
    """The highest price of a click that an order still pays for: margin per order x orders per click.

    margin_per_order   contribution of one order before advertising, in yuan; number, array or Series
    cvr                orders per click as a fraction: 0.03, not 3. Not per visit: clicks are what is paid.
    Returns yuan per click. Raises ValueError for a rate outside 0 to 1. Earned in J02.
    """
    _check_fraction(cvr, "cvr", lowest=0)
    return margin_per_order * cvr


class Glossary(pd.DataFrame):
    """A DataFrame of terms that shows whole sentences, in a notebook and as text."""

    @property
    def _constructor(self):
        return pd.DataFrame

    def _repr_html_(self):
        head = "".join(f'<th scope="col" style="text-align:left">{name}</th>' for name in self.columns)
        body = "".join(_html_row(row) for _, row in self.iterrows())
        return f'<table class="mktlib-glossary"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'

    def __repr__(self):
        lines = (f"{t.term} {t.zh} = {t.formula} [{t.unit}]\n    {t.careful}" for t in self.itertuples())
        return "\n".join(lines)


# --- definitions ---------------------------------------------------------------------


@cache
def definitions():
    """What metric_definitions.yml says: {"columns": {...}, "metrics": {...}}."""
    return read_yaml(Path(__file__).with_name("metric_definitions.yml"))


def _of_kind(kind):
    return {name for name, column in definitions()["columns"].items() if column["kind"] == kind}


def _counts():
    return _of_kind("count")


def known_metric(metric):
    """The key of a metric, however it was typed ("CTR "). Raises MetricUnknown, which names the closest one."""
    known = definitions()["metrics"]
    key = str(metric).strip().lower()
    if key not in known:
        raise MetricUnknown(f"there is no metric {metric!r}{did_you_mean(key, known)}")
    return key


def _terms(expression):
    """Signed column names of "amount - refunded"."""
    words = expression.split()
    signs = [1] + [{"+": 1, "-": -1}[sign] for sign in words[1::2]]
    return list(zip(signs, words[::2], strict=True))


def _plan(key, columns, name):
    """What to add up for a metric: (side, sign, part) triples."""
    metric = definitions()["metrics"][key]
    filters = tuple((c, value) for c, value in metric.get("filters", {}).items() if c in columns)
    sides = [side for side in ("numerator", "denominator") if side in metric]
    return [
        (side, sign, _part(term, columns, filters, name, key))
        for side in sides
        for sign, term in _terms(metric[side])
    ]


def _part(term, columns, filters, name, key):
    column = definitions()["columns"][term]
    if term in columns and column["kind"] != "people":
        return Part("sum", term, filters)
    counted_as = column.get("counted_as")
    if counted_as in columns:
        return Part("distinct", counted_as, filters)
    if column["kind"] == "people" and "reach" in columns:
        raise NotAdditive(_people_message(name, key))
    raise ColumnMissing(_missing_for_metric(term, columns, name, key))


def _missing_for_metric(term, columns, name, key):
    column = definitions()["columns"][term]
    text = f"{key} needs {column['words']}: {no_column(name, term, columns)}"
    if "counted_as" in column:
        text += f" An id to count would do as well: {column['counted_as']!r}."
    return text + (f" To make it: {column['made_from']}." if "made_from" in column else "")


def _people_message(name, wanted):
    return (
        f"{wanted}: the column 'reach' of {name} counts people, and people cannot be added: who came on two "
        "days, or saw two ads, would count twice. Take a table with one row per person and day, such as "
        "feed_exposures, and count different people: kpi(feed_exposures, 'reach', by=...)."
    )


def _whole_denominators(plans):
    """Columns that stand alone under the line: no row may be negative there. A row of a difference may."""
    columns = set()
    for plan in plans.values():
        below = [part.column for side, _, part in plan if side == "denominator"]
        columns |= set(below) if len(below) == 1 else set()
    return columns


def _evaluate(key, plan, sums):
    numerator = sum(sign * sums[part] for side, sign, part in plan if side == "numerator")
    below = [sign * sums[part] for side, sign, part in plan if side == "denominator"]
    if not below:
        return numerator
    return definitions()["metrics"][key].get("scale", 1) * _divide(numerator, sum(below))


def _divide(numerator, denominator):
    if isinstance(denominator, pd.Series):
        return numerator / denominator.where(denominator != 0)
    return float(numerator / denominator) if denominator else math.nan


def _check_fraction(value, name, lowest=-math.inf):
    largest, smallest = np.nanmax(np.append(value, -math.inf)), np.nanmin(np.append(value, math.inf))
    if largest > 1:
        raise ValueError(f"{name} is a fraction: 42 percent is 0.42, not 42. The value here is {largest:g}.")
    if smallest < lowest:
        raise ValueError(f"{name} must not be negative; the value here is {smallest:g}.")


def _formula(metric):
    sides = [_side(metric[side]) for side in ("numerator", "denominator") if side in metric]
    scale = f"{metric['scale']} x " if "scale" in metric else ""
    filters = [f", rows with {name} = {value} only" for name, value in metric.get("filters", {}).items()]
    return scale + " / ".join(sides) + "".join(filters)


def _side(expression):
    columns = definitions()["columns"]
    words = [{1: " + ", -1: " - "}[sign] + columns[term]["words"] for sign, term in _terms(expression)]
    text = "".join(words).removeprefix(" + ")
    return f"({text})" if len(words) > 1 else text


def _glossary_row(metric):
    others = [f"{o['name']} = {o['formula']} [{o['used_by']}]" for o in metric["other_conventions"]]
    return {
        "term": metric["name"],
        "zh": metric["zh"],
        "formula": _formula(metric),
        "unit": metric["unit"],
        "careful": f"{metric['careful']} Other conventions: {'; '.join(others)}.",
    }


def _html_row(row):
    style = 'style="text-align:left;vertical-align:top;white-space:{}"'
    kept, wrapped = style.format("nowrap") + ' lang="zh"', style.format("normal")
    cells = [
        f"<td {kept if name == 'zh' else wrapped}>{html.escape(value)}</td>" for name, value in row.items()
    ]
    return f"<tr>{''.join(cells)}</tr>"


# --- adding up -----------------------------------------------------------------------


def _totals(table, columns, by, never_negative=()):
    source = open_table(table)
    name = table_name(source)
    people = [c for c in columns if c in _of_kind("people") and c in list(source.columns)]
    if people:
        raise NotAdditive(_people_message(name, f"total of {people[0]}"))
    parts = {column: Part("sum", column, ()) for column in columns}
    sums = _add_up(source, name, list(parts.values()), by, _counts() | set(never_negative))
    return {column: sums[part] for column, part in parts.items()}


def _table(values, by):
    """Named numbers as a Series; named Series, which share their groups, as a DataFrame."""
    return pd.Series(values) if by is None else pd.DataFrame(values)


def _add_up(source, name, parts, by, never_negative):
    """Part -> its sum: a number, or with `by` a Series indexed by group."""
    parts, keys = list(dict.fromkeys(parts)), _names(by)
    check_columns(source, [part.column for part in parts] + keys)
    if not parts:
        raise ValueError("name at least one column or metric")
    add = _add_rows if isinstance(source, pd.DataFrame) else _push_down
    groups, numbers = add(source, name, parts, keys, never_negative)
    if keys:
        groups = [groups[key] for key in keys] if len(keys) > 1 else groups[keys[0]]
        sums = numbers.groupby(groups, sort=True, dropna=False, observed=True).sum()
        return {part: sums[i] for i, part in enumerate(parts)}
    return {part: numbers[i].sum() for i, part in enumerate(parts)}


def _add_rows(frame, name, parts, keys, never_negative):
    """DataFrame: the group columns, and one column of numbers a part, row by row."""
    numbers = [_part_of_rows(frame, part, keys, name, part.column in never_negative) for part in parts]
    return frame[keys].reset_index(drop=True), pd.DataFrame(dict(enumerate(numbers)))


def _part_of_rows(frame, part, keys, name, never_negative):
    keep = np.ones(len(frame), dtype=bool)
    for column, value in part.filters:
        keep &= (frame[column] == value).fillna(False).to_numpy(dtype=bool)
    if part.how == "distinct":
        return _first_of_each(frame, [*keys, part.column], keep & frame[part.column].notna().to_numpy())
    kept = _numbers(frame.loc[keep, part.column], name, never_negative)
    values = np.zeros(len(frame), dtype=kept.dtype)
    values[keep] = kept
    return values


def _first_of_each(frame, columns, keep):
    """1 in the first row of each different combination, so that the different ones can be added up."""
    first = np.zeros(len(frame), dtype="int64")
    first[keep] = ~frame.loc[keep, list(dict.fromkeys(columns))].duplicated().to_numpy()
    return first


def _numbers(values, name, never_negative):
    """A column as an int64 or float64 array, or BadValue with the first row that cannot be added up."""
    _refuse(~_is_number(values) & values.notna(), values, name, "text")
    _refuse(values.isna(), values, name, "missing")
    whole = pd.api.types.is_integer_dtype(values) or pd.api.types.is_bool_dtype(values)
    values = values.astype("int64" if whole else "float64")
    _refuse(~np.isfinite(values), values, name, "infinite")
    if never_negative:
        _refuse(values < 0, values, name, "negative")
    return values.to_numpy()


def _is_number(values):
    if values.dtype == object:
        return values.map(lambda value: isinstance(value, (Number, np.bool_)))
    numeric = pd.api.types.is_numeric_dtype(values)
    if not numeric and pd.api.types.is_string_dtype(values) and values.notna().any():
        unreadable = pd.to_numeric(values, errors="coerce").isna() & values.notna()
        return ~unreadable if unreadable.any() else pd.Series(False, index=values.index)
    return pd.Series(numeric, index=values.index)


def _refuse(bad, values, name, kind):
    bad = bad.to_numpy(dtype=bool)
    if bad.any():
        first = int(bad.argmax())
        place = f"index {values.index[first]}"
        raise BadValue(_complaint(kind, name, values.name, place, values.iloc[first], int(bad.sum())))


def _complaint(kind, name, column, place, value, count):
    if kind == "text":
        fact = f"{str(value)!r} at {place} is not a number"
        remedy = f"If it is text, make numbers of it: pd.to_numeric(table[{column!r}].str.replace(',', ''))"
    elif kind == "negative":
        fact = f"{float(value):g} at {place}"
        remedy = "A count, or what is divided by, is never negative. Find out what the row means; correct it"
    elif kind == "infinite":
        fact = f"{count} infinite value{'s' * (count > 1)}, the first at {place}"
        remedy = "A division by zero made it: add up the counts first and divide afterwards"
    else:
        fact = f"{count} missing value{'s' * (count > 1)}, the first at {place}"
        remedy = (
            f"Missing is not zero: leave the rows out with dropna(subset=[{column!r}]), or, if nothing "
            f"happened there, say so with fillna({{{column!r}: 0}})"
        )
    return f"{name}, column {column!r}: {fact}. {remedy}."


# --- relations ------------------------------------------------------------------------


def _push_down(relation, name, parts, keys, never_negative):
    """Relation: groups and numbers as above, but added up in DuckDB, one row per group."""
    types = dict(zip(relation.columns, map(str, relation.types), strict=True))
    for part in parts:
        if part.how == "sum" and not _is_numeric_type(types[part.column]):
            _refuse_rows(relation, name, part, TEXT)
    selects = [f"{quoted(key)} AS k{i}" for i, key in enumerate(keys)]
    selects += [f"{_sum(part, types[part.column])} AS part{i}" for i, part in enumerate(parts)]
    summed = [part for part in parts if part.how == "sum"]
    watched = [part for part in summed if part.column in never_negative]
    selects += _watch(summed, [part for part in watched if _has_sign(types[part.column])])
    sums = relation.aggregate(", ".join(selects), ", ".join(map(quoted, keys))).df()
    numbers = sums[[f"part{i}" for i in range(len(parts))]].set_axis(range(len(parts)), axis="columns")
    if not (sums["fit"].all() and np.isfinite(numbers.to_numpy(dtype="float64")).all()):
        for part in summed:
            _refuse_rows(relation, name, part, UNFIT if part in watched else UNFIT[:2])
    groups = sums[[f"k{i}" for i in range(len(keys))]].set_axis(keys, axis="columns")
    groups = groups.astype(
        {key: "str" for key in keys if types[key] == "VARCHAR"}
    )  # object, if there are no rows
    return groups, numbers


def _sum(part, type_name):
    """SQL that adds a part up; fsum loses nothing to rounding."""
    if part.how == "distinct":
        return f"count(DISTINCT {_kept(part, 'NULL')})"
    if type_name in WHOLE or type_name == "BOOLEAN":
        number = f"{_kept(part)}::TINYINT" if type_name == "BOOLEAN" else _kept(part)
        return f"coalesce(sum({number}), 0)::BIGINT"
    return f"coalesce(fsum({_kept(part)}::DOUBLE), 0)"  # a text column gets here only if it is empty


def _watch(summed, watched):
    """SQL of what tells in the same pass whether every row of a group fits: nothing missing, no negative count."""
    tests = [f"{_kept(part)} {'>= 0' if part in watched else 'IS NOT NULL'}" for part in summed]
    return [f"count(*) = count_if({' AND '.join(tests)}) AS fit"] if tests else ["true AS fit"]


def _kept(part, other="0"):
    """SQL for the value of a part in a row that meets its filters, `other` in one that does not."""
    return (
        f"CASE WHEN {_where(part)} THEN {quoted(part.column)} ELSE {other} END"
        if part.filters
        else quoted(part.column)
    )


def _where(part):
    return " AND ".join(f"{quoted(column)} = '{value}'" for column, value in part.filters) or "true"


def _is_numeric_type(type_name):
    return type_name == "BOOLEAN" or _has_sign(type_name)


def _has_sign(type_name):
    return type_name in WHOLE | {"FLOAT", "DOUBLE"} or type_name.startswith("DECIMAL")


def _refuse_rows(relation, name, part, conditions):
    """Raise for the first of the (kind, condition) pairs that some row meets."""
    for kind, condition in conditions:
        rows = partial(relation.query, "mktlib_rows")
        found = first_row(rows, part.column, f"{_where(part)} AND {condition.format(quoted(part.column))}")
        if found:
            value, row, count = found
            raise BadValue(_complaint(kind, name, part.column, f"row {row}", value, count))


TEXT = [
    ("text", "({0} IS NOT NULL AND try_cast({0}::VARCHAR AS DOUBLE) IS NULL)"),
    ("text", "{0} IS NOT NULL"),
]
UNFIT = [
    ("missing", "({0} IS NULL OR isnan({0}::DOUBLE))"),
    ("infinite", "isinf({0}::DOUBLE)"),
    ("negative", "{0} < 0"),
]


def _names(names):
    if names is None:
        return []
    return [names] if isinstance(names, str) else list(names)
