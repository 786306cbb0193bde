"""What a column has to hold before it is counted, checked inside DuckDB; errors name the column, the first row and the remedy."""

from pathlib import Path

import pandas as pd

from mktlib.inputs import (
    WHOLE,
    BadValue,
    as_objects,
    check_columns,
    database,
    first_row,
    local_time,
    open_table,
    quoted,
    streamed,
    table_name,
)

NUMBERS = (*WHOLE, "FLOAT", "DOUBLE", "DECIMAL", "BOOLEAN")
ZONE = r"\d:\d\d.*(Z|[+-]\d\d(:?\d\d)?)$"  # the end of a time that names its zone


class Checked:
    """A table whose columns are there and of the right kind.

    table      DataFrame, path or relation
    kinds      kind by column: "any"; "text"; "number"; "time", without a zone; "instant", a time with or without a zone;
               "order", a number or an instant. Numbers and times may be text only if all rows are empty, times also
               if each text is one.
    optional   kinds of columns that need not be there
    A query finds the columns as expressions in `of`: numbers as DOUBLE, times as TIMESTAMP, instants in microseconds.
    Raises ColumnMissing, BadValue.
    """

    def __init__(self, table, kinds, optional=()):
        source = open_table(table)
        check_columns(source, kinds)
        kinds = kinds | {column: kind for column, kind in dict(optional).items() if column in source.columns}
        self.name = table_name(source)
        self.index = source.index if isinstance(source, pd.DataFrame) else None
        self.from_file = isinstance(table, (str, Path))
        self._run = self._runner(source, list(kinds))
        self.types = dict(self._run("DESCRIBE mktlib_rows").df()[["column_name", "column_type"]].to_numpy())
        self.of = {column: self._expression(column, kind) for column, kind in kinds.items()}

    def __contains__(self, column):
        return column in self.of

    def _runner(self, source, columns):
        """A function that runs SQL over `mktlib_rows`, a name that hides no table of a user's connection.

        On a cursor of ours a query costs a quarter of what it does through a relation.
        """
        if self.index is None and not self.from_file:
            return lambda sql: source.query("mktlib_rows", sql)
        cursor = database().cursor()
        if self.from_file:
            cursor.execute(f"CREATE TEMP VIEW mktlib_rows AS {source.sql_query()}")
        else:
            cursor.register("mktlib_rows", as_objects(source[columns]))
        return cursor.execute

    def query(self, sql):
        """Rows of a query over `mktlib_rows` as a DataFrame."""
        return self._run(sql).df()

    def first(self, sql):
        """The first row of a query over `mktlib_rows` as a tuple, or None."""
        return next(iter(self._run(sql).fetchall()), None)

    def parts(self, sql, vectors=250):
        """Rows of a query over `mktlib_rows` as DataFrames of at most 2,048 x vectors rows. A file is read as they are asked for."""
        if self.from_file:
            yield from streamed(self._run, sql, vectors)
        else:
            yield self.query(sql)

    def refuse(self, column, condition, fact, remedy):
        """Raise BadValue, with the first row that meets a condition in SQL. {} in fact is the value of the column there."""
        found = first_row(self._run, column, condition)
        if found:
            value, row, many = found
            place = f"row {row}" if self.index is None else f"index {self.index[row - 1]}"
            rows = "" if many == 1 else f"; {many} such rows"
            raise BadValue(
                f"{self.name}, column {column!r}: {fact.format(repr(value))} at {place}{rows}. {remedy}"
            )

    def _expression(self, column, kind):
        name, type_name = quoted(column), self.types[column]
        if kind == "any":
            return name
        if kind == "text":
            return f"{name}::VARCHAR"
        if kind in ("number", "order") and type_name.startswith(NUMBERS):
            return f"{name}::DOUBLE" if kind == "number" else name
        if kind == "number" or (kind == "order" and not type_name.startswith(("TIME", "DATE"))):
            self._refuse_text(column)
            return f"try_cast({name} AS DOUBLE)"
        if type_name == "TIMESTAMP WITH TIME ZONE":
            if kind == "time":
                self.refuse(column, f"{name} IS NOT NULL", "{} has a time zone", local_time(column))
            return f"epoch_us({name})"
        if not type_name.startswith(("TIMESTAMP", "DATE")):
            self._refuse_times(column)
        time = name if type_name == "TIMESTAMP" else f"try_cast({name} AS TIMESTAMP)"
        return time if kind == "time" else f"epoch_us({time})"

    def _refuse_text(self, column):
        value = f"{quoted(column)}::VARCHAR"
        remedy = f"Make numbers of it: pd.to_numeric(table[{column!r}].str.replace(',', ''))."
        self.refuse(
            column, f"{value} IS NOT NULL AND try_cast({value} AS DOUBLE) IS NULL", "{} is no number", remedy
        )
        self.refuse(column, f"{value} IS NOT NULL", "{} is text, not a number", remedy)

    def _refuse_times(self, column):
        value = f"{quoted(column)}::VARCHAR"
        fact, remedy = "{} is no time", f"Make times of it: pd.to_datetime(table[{column!r}])."
        self.refuse(column, f"{value} IS NOT NULL AND try_cast({value} AS TIMESTAMP) IS NULL", fact, remedy)
        self.refuse(column, f"regexp_matches({value}, '{ZONE}')", "{} has a time zone", local_time(column))
