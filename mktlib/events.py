"""Who did something when: tables of hits or orders, tested, and made ready for DuckDB. Used by web, funnels and cohorts.

A DataFrame, a file and a relation are held to the same rules, so that what is counted in them is the same. Rows count as they
stand, in any order; a row that is there twice counts twice.
"""

from collections import namedtuple
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from mktlib.inputs import (
    NARROW,
    BadValue,
    as_relation,
    check_columns,
    database,
    first_row,
    local_time,
    open_table,
    quoted,
    streamed,
    table_name,
)

# relation as it came; name of its column of times; SQL of who, of its time as whole ticks, and of ticks as a time; ticks in a
# second; is it an instant? was it a file?
Events = namedtuple("Events", "relation name at who tick time second zone from_file")
CLOCKS = {
    "TIMESTAMP_NS": ("epoch_ns({})", "make_timestamp_ns({})"),
    "TIMESTAMP WITH TIME ZONE": ("epoch_us({})", "make_timestamptz({})"),
}
ZONED = {"TIMESTAMP WITH TIME ZONE"}
TIMES = {"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE", "DATE"}


def events(table, who, time, others=()):
    """A table of who and when as DuckDB reads it.

    table       DataFrame, path or relation
    who, time   its columns of ids and of times: naive ones, days, or instants with a time zone
    others      further columns that are needed
    Returns Events. Raises ColumnMissing; BadValue, which names column and row, where who or time is missing, where times are text or
    numbers, and where a DataFrame's column mixes texts with something else.
    """
    source = open_table(table)
    columns = list(dict.fromkeys([who, time, *others]))
    if isinstance(source, pd.DataFrame):
        check_events(source, who, time, others)
        name = table_name(source)
        if not len(source):  # a column of nothing may have any type
            source = source.assign(**{time: pd.to_datetime(source[time])})
        source = as_relation(source, columns)
    else:
        check_columns(source, columns)
        name = table_name(source)
        _check_relation(source, name, who, time)
    kind = _types(source)[time]
    clock, back = CLOCKS.get(kind, ("epoch_us(CAST({} AS TIMESTAMP))", "make_timestamp({})"))
    second = 10**9 if kind == "TIMESTAMP_NS" else 10**6
    tick, from_file = clock.format(quoted(time)), isinstance(table, (str, Path))
    return Events(source, name, time, quoted(who), tick, back, second, kind in ZONED, from_file)


def check_events(frame, who, time, others=()):
    """Raise for a DataFrame as `events` does."""
    columns = list(dict.fromkeys([who, time, *others]))
    check_columns(frame, columns)
    name = table_name(frame)
    for column in (who, time):
        missing = frame[column].isna().to_numpy()
        if missing.any():
            raise BadValue(_missing(name, column, missing.sum(), f"index {frame.index[missing.argmax()]}"))
    for column in columns:
        _refuse_mixture(frame, column, name)
    if len(frame) and not pd.api.types.is_datetime64_any_dtype(frame[time]):
        unread = pd.to_datetime(frame[time], errors="coerce", format="mixed", utc=True).isna().to_numpy()
        first = int(unread.argmax())
        value = frame[time].iloc[first]
        kind = "text" if isinstance(value, str) else f"a {type(value).__name__}"
        raise BadValue(_no_time(name, time, value, kind, f"index {frame.index[first]}"))


def in_order(log, others):
    """Its rows as who, tick, others ({name: column}), and place, which grows with each row: files of a path by their names."""
    wanted = [f"{quoted(column)} AS {name}" for name, column in others.items()]
    wanted += [f"{log.who} AS who", f"{log.tick} AS tick", f"{_place(log.relation)} AS place"]
    return log.relation.project(", ".join(wanted))


def _place(relation):
    """SQL of a row's place. Parquet knows it; to count rows takes one thread. Narrow numbers are sorted in half the time."""
    import duckdb

    if {"file_index", "file_row_number"} & set(relation.columns):
        return "row_number() OVER ()"
    try:
        known = relation.project("file_index, file_row_number").aggregate("max(file_index), count(*)")
    except duckdb.BinderException:
        return "row_number() OVER ()"
    last_file, rows = known.fetchall()[0]
    kind = "UINTEGER" if ((last_file or 0) + 1) * rows < 2**32 else "BIGINT"
    return f"CAST(file_index * {rows} + file_row_number AS {kind})"


def numbered(log, rows):
    """People by whole numbers from 0.

    Returns an Index of the ids by number (not each of them need have a row); rows of in_order with another who; and a function that makes
    numbers of those. Ids that lie close together are numbered by subtraction, others by their hash, which is read in a third of the time.
    """
    if _types(rows)["who"] in NARROW:
        low, high, count = rows.aggregate("min(who), max(who), count(*)").fetchall()[0]
        if count and high - low < 4 * count + 1_000_000:
            return (
                pd.RangeIndex(low, high + 1),
                rows.project(f"* REPLACE (who::BIGINT - {low} AS who)"),
                np.asarray,
            )
    ids = counted(log, rows.project("who AS id").distinct().project("id, hash(id) AS key"))
    # of two ids with one hash get_indexer would complain; among ten million people that happens once in 300,000 tables
    return pd.Index(ids["id"]), rows.project("* REPLACE (hash(who) AS who)"), pd.Index(ids["key"]).get_indexer


def parts(log, rows, vectors=250):
    """Rows of a relation made of the table's as DataFrames of at most 2,048 x vectors rows. A file is read as they are asked for."""
    size = 2_048 * vectors
    with in_words(log.name):
        if log.from_file:
            yield from streamed(database().cursor().execute, rows.sql_query(), vectors)
            return
        whole = rows.fetchnumpy()  # a relation gives all or nothing
        for start in range(0, len(whole["who"]), size):
            yield pd.DataFrame({name: values[start : start + size] for name, values in whole.items()})


def counted(log, relation):
    """The rows of a query as a DataFrame. What DuckDB cannot do is said in words."""
    with in_words(log.name):
        return relation.df()


@contextmanager
def in_words(name):
    """BadValue in place of an error of DuckDB."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        raise BadValue(f"{name} cannot be counted: {str(error).splitlines()[0]}") from None


def ticks(log, moment):
    """A Timestamp as the clock of a table shows it. Raises BadValue where one of the two has a time zone and the other has not."""
    zoned = moment.tzinfo is not None
    if zoned != log.zone:
        has, lacks = (f"{moment}", f"the times of {log.name}")[:: 1 if zoned else -1]
        raise BadValue(f"{has} come with a time zone, {lacks} without. {local_time(log.at)}")
    return int(moment.as_unit("ns").value) // (10**9 // log.second)


def _types(relation):
    return dict(zip(relation.columns, map(str, relation.types), strict=True))


def _check_relation(relation, name, who, time):
    types = _types(relation)
    gone = [f"{quoted(who)} IS NULL", f"{quoted(time)} IS NULL"]
    if types[who] in ("FLOAT", "DOUBLE"):
        gone[0] += f" OR isnan({quoted(who)})"
    if types[time] in TIMES:
        gone[1] += f" OR {quoted(time)} = 'infinity' OR {quoted(time)} = '-infinity'"
    with in_words(name):
        if relation.filter(" OR ".join(gone)).limit(1).fetchall():
            for column, condition in zip((who, time), gone, strict=True):
                _refuse_missing(relation, name, column, condition)
        if types[time] not in TIMES:
            _refuse_times(relation, name, time, types[time])


def _refuse_missing(relation, name, column, condition):
    found = first_row(partial(relation.query, "mktlib_rows"), column, condition)
    if found:
        raise BadValue(_missing(name, column, found[2], f"row {found[1]}"))


def _refuse_times(relation, name, time, kind):
    unread = f"try_cast(CAST({quoted(time)} AS VARCHAR) AS TIMESTAMP) IS NULL"
    rows = partial(relation.query, "mktlib_rows")
    found = first_row(rows, time, unread) or first_row(rows, time, "true")
    if found:
        kind = "text" if kind == "VARCHAR" else f"a {kind}"
        raise BadValue(_no_time(name, time, found[0], kind, f"row {found[1]}"))


def _refuse_mixture(frame, column, name):
    if frame[column].dtype != object or not pd.api.types.infer_dtype(frame[column]).startswith("mixed"):
        return
    values = frame[column].dropna()
    kinds = values.map(lambda value: type(value).__name__)
    other = kinds != kinds.iloc[0]
    first, odd = values.iloc[0], values.index[other.to_numpy().argmax()]
    raise BadValue(
        f"{name}, column {column!r} mixes types: {first!r} at index {values.index[0]} and {values[other].iloc[0]!r} at "
        f"index {odd}. 1 and '1' would be two: make all of them texts with astype('str'), or all numbers with pd.to_numeric."
    )


def _missing(name, column, count, place):
    return (
        f"{name}, column {column!r}: {count} missing, the first at {place}. What nobody did, or at no time, cannot be counted: leave "
        f"these rows out (dropna(subset=[{column!r}]); in SQL WHERE {quoted(column)} IS NOT NULL), and say how many they were."
    )


def _no_time(name, column, value, kind, place):
    return (
        f"{name}, column {column!r}: {str(value)!r} at {place} is no time but {kind}. "
        f"Make times of the column: pd.to_datetime(table[{column!r}]), in SQL CAST({quoted(column)} AS TIMESTAMP)."
    )
