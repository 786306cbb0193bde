"""Tables as the toolbox takes them: a DataFrame, the path of a .parquet or .csv file, or a DuckDB relation.

A path may name many files with a star ("orders-*.parquet"); columns are matched by name. What is counted in files or relations
is counted inside DuckDB, which reads as it counts and lays on disk what does not fit into its share of memory.
"""

import secrets
import tempfile
from functools import cache
from pathlib import Path

import pandas as pd

from mktlib.errors import Told, did_you_mean

MEMORY = (
    "2GB"  # DuckDB's share; what does not fit goes to a temporary folder, so ten times the rows need no more
)


WHOLE = {"INTEGER", "UINTEGER"} | {
    sign + size + "INT" for sign in ("", "U") for size in ("TINY", "SMALL", "BIG", "HUGE")
}  # DuckDB's types of whole numbers
NARROW = WHOLE - {"UBIGINT", "HUGEINT", "UHUGEINT"}  # what a BIGINT holds
MIXED = ("mixed", "mixed-integer")


class ColumnMissing(Told, KeyError):
    """A table lacks a column; the message names the closest one there is."""


class BadValue(Told, ValueError):
    """A value cannot be used: text for a number, missing, infinite, or a negative count.

    The message names the column, the first such row and the remedy.
    """


def open_table(table):
    """A DataFrame or relation as it is, a path as a relation. Raises TypeError, FileNotFoundError, ValueError."""
    if isinstance(table, (str, Path)):
        return _open_file(str(table))
    if isinstance(table, pd.DataFrame) or (hasattr(table, "aggregate") and hasattr(table, "alias")):
        return table
    known = "a DataFrame, the path of a .parquet or .csv file, or a DuckDB relation"
    raise TypeError(f"a table is {known}, not {type(table).__name__}")


def as_relation(source, columns):
    """A relation with these columns of what open_table gave: a DataFrame is read where it lies, not copied."""
    if not isinstance(source, pd.DataFrame):
        return source
    return database().cursor().from_df(as_objects(source[list(dict.fromkeys(columns))]))


def as_objects(frame):
    """Texts as objects. Objects of several kinds as texts: DuckDB takes the kind from a sample, and stumbles over the first other one."""
    change = {}
    for column in frame:
        if isinstance(frame[column].dtype, pd.StringDtype):
            change[column] = frame[column].astype(object)
        elif frame[column].dtype == object and pd.api.types.infer_dtype(frame[column]) in MIXED:
            change[column] = frame[column].map(str, na_action="ignore")
    return frame.assign(**change)


def first_row(run, column, condition):
    """(value as text, row from 1, how many) of the first row that meets a condition in SQL; None if none does.

    run   runs SQL over `mktlib_rows` and gives its rows: with a relation, partial(relation.query, "mktlib_rows")
    """
    value, row, many = run(f"""
        SELECT arg_min_null(v, row), min(row), count(*) FROM (
            SELECT {quoted(column)}::VARCHAR AS v, row_number() OVER () AS row, coalesce({condition}, false) AS bad FROM mktlib_rows)
        WHERE bad""").fetchall()[0]  # fmt: skip
    return (value, row, many) if many else None


def streamed(execute, sql, vectors):
    """Rows of a query as DataFrames of at most 2,048 x vectors rows, read as they are asked for. execute: of a cursor of ours."""
    execute("SET streaming_buffer_size = '32MB'")  # DuckDB reads on while the last part is worked at
    cursor = execute(sql)
    while len(part := cursor.fetch_df_chunk(vectors)):
        yield part


def local_time(column):
    """The remedy for times with a zone where a day has to be known."""
    return (
        f"Make local times of it: table[{column!r}].dt.tz_convert('Asia/Shanghai').dt.tz_localize(None), or in SQL "
        f"{quoted(column)} AT TIME ZONE 'Asia/Shanghai'."
    )


def check_columns(table, columns):
    """Raise ColumnMissing, with the closest name, unless a DataFrame or relation has each of the columns once."""
    name, known = table_name(table), list(table.columns)
    for column in columns:
        if column not in known:
            raise ColumnMissing(no_column(name, column, known, getattr(table, "index", None)))
        if known.count(column) > 1:
            raise BadValue(f"{name} has {known.count(column)} columns named {column!r}; keep one of them.")


def no_column(name, column, columns, index=None):
    """The sentence for a column that is not there."""
    if index is not None and column in index.names:
        return f"{name} has {column!r} in its index, not as a column; call reset_index() first."
    return f"{name} has no column {column!r}{did_you_mean(column, columns)}"


def table_name(source):
    """A name for messages: the one that load() left in attrs, the file's, or the relation's."""
    if isinstance(source, pd.DataFrame):
        return source.attrs.get("name", "the table")
    return "the table" if source.alias.startswith(("unnamed_relation", "df_")) else source.alias


def quoted(column):
    """A column's name as SQL writes it."""
    return '"' + str(column).replace('"', '""') + '"'


def moment(day):
    """A day or time of day, such as "2026-01-01" or a Timestamp, as a Timestamp. Raises BadValue for anything else."""
    try:
        return pd.Timestamp(day)
    except (ValueError, TypeError):
        raise BadValue(f'{day!r} is no day; write it as "2026-01-01".') from None


def read_yaml(path):
    """The content of a YAML file of ours, by libyaml where PyYAML has it: six times as fast."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_text(encoding="utf-8"), Loader=loader)


@cache
def database():
    """The DuckDB connection of this process, in memory; take a cursor() of it for work of your own."""
    import duckdb

    spill = (
        Path(tempfile.gettempdir()) / f"mktlib-{secrets.token_hex(8)}"
    )  # made when it is needed, and taken away
    return duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": str(spill)})


def close_database():
    """Close that connection before a process forks: its threads would not live on in the child."""
    if database.cache_info().currsize:
        database().close()
        database.cache_clear()


def _open_file(path):
    import duckdb

    if not (Path(path).is_file() or "*" in path):
        raise FileNotFoundError(f"there is no file {path!r}; a table of the course is load('orders')")
    many = "*" in path
    try:
        cursor = database().cursor()
        if path.endswith(".parquet"):
            relation = cursor.read_parquet(path, union_by_name=many)
        else:  # sample_size=-1: the types are right for the whole file, not only for its beginning
            relation = cursor.read_csv(path, sample_size=-1, union_by_name=many)
    except duckdb.Error as error:
        raise ValueError(f"{path!r} cannot be read as a table: {str(error).splitlines()[0]}") from error
    return relation.set_alias(Path(path).name.split(".")[0])
