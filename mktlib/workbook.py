"""The weekly report as files: a workbook for people, tidy extracts for Tableau and Power BI. Earned in J10.

In the workbook a rate is a formula over the cells of its counts, so a reader sees where it comes from, and a corrected count
corrects it. Nothing that came as text ever runs: a text that begins with = + - @ is written as text. An extract holds counts
and no totals, with a dictionary beside it: a tool that adds up must find what may be added up.
"""

import csv
import math
import os
import re
from pathlib import Path

import pandas as pd

from mktlib.errors import Told, did_you_mean

HEAD = 1  # rows above the notes: the title
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # beginnings of a text that a spreadsheet may run
SHEET = re.compile(r"[\[\]:*?/\\]")
LIMITS = ["center", "lower", "upper"]
WIDEST = 60


class WorkbookError(Told, ValueError):
    """A report cannot be written as it was asked for; the message says what to change."""


def reports():
    """The folder for reports, made if it is not there: `reports` beside the notebook, or in MKTLIB_HOME where that is set."""
    folder = Path(os.environ.get("MKTLIB_HOME") or Path.cwd()) / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def weekly_workbook(path, title, weeks, rates, definitions, notes=(), limits=None, tables=None):
    """Write the weekly report as an Excel workbook; returns its path.

    path         ends with .xlsx; an older file of that name is replaced
    weeks        counts: one row per week in order of time, indexed by what the week is called; columns are count or money
                 columns. A missing count stays empty, its rates and its total too: missing is not zero.
    rates        {"cvr": ("orders", "visits")}: numerator and denominator, columns of weeks; the cells hold formulas
    definitions  glossary([...]) of the rates: one row each in sheet Definitions
    notes        lines between title and table: number, evidence, ask. A list, or one text of several lines (empty ones are left out)
    limits       {"orders": control_limits(...)}: center, lower, upper that the chart of that column shows
    tables       {"Tiles": frame} further sheets (DataFrame or Series), written as they are, names of rows first
    Sheets: Report (title, notes, table with a row of totals, a native line chart for each rate and for each column that has
    limits), one for each of tables, Definitions, and Chart data where there are limits. The total of a rate is a rate of totals.
    Raises WorkbookError: no such column, a rate without definition, a sheet's name that Excel refuses, a file that is open.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    path, limits, tables = _target(path, ".xlsx"), limits or {}, tables or {}
    _check(weeks, rates, definitions, limits, tables)
    weeks = weeks.astype("float64")
    book = xlsxwriter.Workbook(
        str(path),
        {
            "strings_to_formulas": False,
            "strings_to_urls": False,
        },
    )
    formats = _formats(book)
    sheet = book.add_worksheet("Report")
    first = _report(sheet, formats, title, weeks, rates, _lines(notes))
    for name, table in tables.items():
        _plain_table(book.add_worksheet(name), formats, _with_names(table))
    terms = definitions.reset_index() if definitions.index.name == "key" else definitions
    _plain_table(book.add_worksheet("Definitions"), formats, terms)
    lines = _chart_data(book, formats, weeks, limits) if limits else {}
    _charts(book, sheet, weeks, rates, lines, first)
    try:
        book.close()
    except FileCreateError as problem:
        raise WorkbookError(
            f"{path.name} cannot be written ({problem}). If it is open in Excel, close it there."
        ) from None
    return path


def tidy_extract(path, table, meanings):
    """Write a table as CSV that Tableau and Power BI read as it is, and its dictionary beside it; returns both paths.

    path       ends with .csv; the dictionary gets the same name with _dictionary before .csv
    table      one row per observation, counts and no totals; the index is not written, reset_index() makes columns of it
    meanings   {column: (term_zh, unit, meaning)}, or rows of mktlib.describe(...); every column has one
    The file: UTF-8 with a mark at its beginning, one header, dates as 2025-06-30, points in decimals, nothing between thousands,
    an empty cell for missing, True and False. Raises WorkbookError for a column without meaning, for two of one name, and for a
    text that a spreadsheet would run as a formula.
    """
    path = _target(path, ".csv")
    if isinstance(meanings, pd.DataFrame):
        meanings = {
            row["column"]: (row["term_zh"], row["unit"], row["meaning"]) for _, row in meanings.iterrows()
        }
    if table.columns.duplicated().any():
        raise WorkbookError(
            f"two columns are called {table.columns[table.columns.duplicated()][0]!r}; keep one."
        )
    for column in table.columns:
        if column not in meanings:
            raise WorkbookError(f"no meaning is given for column {column!r}{did_you_mean(column, meanings)}")
        _refuse_formulas(table[column], column)
    written = {column: _as_csv(table[column]) for column in table.columns}
    _write_csv(path, list(table.columns), zip(*written.values(), strict=True))
    beside = path.with_name(f"{path.stem}_dictionary.csv")
    rows = [(column, _kind(table[column]), *meanings[column]) for column in table.columns]
    _write_csv(beside, ["column", "type", "term_zh", "unit", "meaning"], rows)
    return path, beside


# --- the workbook --------------------------------------------------------------------------------


def _target(path, suffix):
    path = Path(path)
    if path.suffix.lower() != suffix:
        raise WorkbookError(f"the name of the file must end with {suffix}, not {path.name!r}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _check(weeks, rates, definitions, limits, tables):
    if not len(weeks):
        raise WorkbookError("there is no week to report.")
    for rate, (above, below) in rates.items():
        for column in (above, below):
            if column not in weeks.columns:
                raise WorkbookError(
                    f"{rate} needs {column!r}, which is no column of weeks{did_you_mean(column, weeks.columns)}"
                )
        if rate not in definitions.index:
            raise WorkbookError(
                f"{rate} has no definition; add it: glossary([..., {rate!r}]), or a row of your own."
            )
        if rate in weeks.columns:
            raise WorkbookError(
                f"{rate} is a column of weeks already; hand over counts, the workbook makes the rates."
            )
    for column in limits:
        if column not in weeks.columns:
            raise WorkbookError(
                f"limits speak of {column!r}, which is no column of weeks{did_you_mean(column, weeks.columns)}"
            )
    for column in weeks.columns:
        if not pd.api.types.is_numeric_dtype(weeks[column]):
            raise WorkbookError(
                f"column {column!r} holds no numbers; weeks holds counts, the names of the weeks are its index."
            )
    taken = {"report", "definitions", "chart data"}
    for name in tables:
        if SHEET.search(name) or not 0 < len(name) <= 31 or name.casefold() in taken:
            raise WorkbookError(
                f"{name!r} cannot be a sheet: up to 31 characters without [ ] : * ? / \\, and not a name in use."
            )
        taken.add(name.casefold())


def _with_names(table):
    """A table of which the names of the rows are a column; numbers from 0 on are no names."""
    table = table.to_frame() if isinstance(table, pd.Series) else table
    return (
        table if isinstance(table.index, pd.RangeIndex) and table.index.name is None else table.reset_index()
    )


def _formats(book):
    return {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "note": book.add_format({"text_wrap": False}),
        "head": book.add_format(
            {"bold": True, "bottom": 1, "bg_color": "#E8EEFC", "text_wrap": True, "valign": "top"}
        ),
        "head of numbers": book.add_format(
            {"bold": True, "bottom": 1, "bg_color": "#E8EEFC", "align": "right", "valign": "top"}
        ),
        "count": book.add_format({"num_format": "#,##0"}),
        "money": book.add_format({"num_format": "#,##0.00"}),
        "rate": book.add_format({"num_format": "0.00%"}),
        "text": book.add_format({"text_wrap": True, "valign": "top"}),
        "total": {},
        "book": book,
    }


def _total_of(formats, kind):
    """The format of a kind in the row of totals: bold, with a line above."""
    if kind not in formats["total"]:
        number = {"count": "#,##0", "money": "#,##0.00", "rate": "0.00%", "text": "@"}[kind]
        formats["total"][kind] = formats["book"].add_format({"num_format": number, "bold": True, "top": 1})
    return formats["total"][kind]


def _lines(notes):
    """The notes as a list of lines; one text holds several of them, and empty ones."""
    if isinstance(notes, str):
        return [line.strip() for line in notes.splitlines() if line.strip()]
    return [str(line) for line in notes]


def _report(sheet, formats, title, weeks, rates, notes):
    """Title, notes, table; returns the row (from 0) of the first week."""
    from xlsxwriter.utility import xl_col_to_name

    sheet.write_string(0, 0, str(title), formats["title"])
    for row, line in enumerate(notes, HEAD):
        sheet.write_string(row, 0, line, formats["note"])
    head = HEAD + len(notes) + 1
    first, last = head + 1, head + len(weeks)
    for place, name in enumerate(["week", *weeks.columns, *rates]):
        sheet.write_string(head, place, str(name), formats["head of numbers" if place else "head"])
    letter = {column: xl_col_to_name(place) for place, column in enumerate(weeks.columns, 1)}
    sheet.set_column(0, 0, max(12, *(len(str(name)) + 2 for name in weeks.index)))
    sheet.set_column(1, len(weeks.columns) + len(rates), 13)
    for row, (week, counts) in enumerate(weeks.iterrows(), first):
        sheet.write_string(row, 0, str(week))
        for place, column in enumerate(weeks.columns, 1):
            _number(sheet, row, place, counts[column], formats[_count_or_money(weeks[column])])
        _rates(sheet, row, letter, rates, counts, len(weeks.columns), lambda scaled: formats[scaled])
    sums = weeks.sum(skipna=False, min_count=1)
    sheet.write_string(last + 1, 0, "total", _total_of(formats, "text"))
    for place, column in enumerate(weeks.columns, 1):
        cells = f"{letter[column]}{first + 1}:{letter[column]}{last + 1}"
        formula = f'=IF(COUNT({cells})<ROWS({cells}),"",SUM({cells}))'
        kind = _total_of(formats, _count_or_money(weeks[column]))
        sheet.write_formula(last + 1, place, formula, kind, _value(sums[column]))
    _rates(
        sheet, last + 1, letter, rates, sums, len(weeks.columns), lambda scaled: _total_of(formats, scaled)
    )
    sheet.freeze_panes(first, 1)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 1)
    return first


def _rates(sheet, row, letter, rates, counts, before, format_of):
    """The formulas of one row: nothing where a count is missing or there is nothing to divide by."""
    for place, (above, below) in enumerate(rates.values(), before + 1):
        top, bottom = f"{letter[above]}{row + 1}", f"{letter[below]}{row + 1}"
        formula = f'=IF(OR({top}="",{bottom}="",{bottom}=0),"",{top}/{bottom})'
        value = counts[above] / counts[below] if counts[below] else math.nan
        kind = "rate" if _is_share(above, below) else "money"
        sheet.write_formula(row, place, formula, format_of(kind), _value(value))


MONEY = {"cost", "spend", "revenue", "amount", "gmv", "net", "profit", "margin"}


def _is_share(above, below):
    """A rate with money in it is no percentage: CNY per order, or times for money over money."""
    return not {above, below} & MONEY


def _count_or_money(column):
    return "count" if (column.dropna() % 1 == 0).all() else "money"


def _value(value):
    """What a formula shows before somebody computes it anew."""
    return "" if pd.isna(value) else float(value)


def _number(sheet, row, place, value, kind):
    if pd.isna(value):
        sheet.write_blank(row, place, None, kind)
    else:
        sheet.write_number(row, place, float(value), kind)


def _plain_table(sheet, formats, table):
    """Any table as it is: numbers as numbers, everything else as text."""
    for place, column in enumerate(table.columns):
        sheet.write_string(0, place, str(column), formats["head"])
        texts = [len(str(value)) for value in table[column]]
        sheet.set_column(place, place, min(WIDEST, max([len(str(column)), *texts]) + 2))
        for row, value in enumerate(table[column], 1):
            _cell(sheet, row, place, value, formats)
    sheet.freeze_panes(1, 0)


def _cell(sheet, row, place, value, formats):
    missing = value is None or (pd.api.types.is_scalar(value) and pd.isna(value))
    if missing:
        sheet.write_blank(row, place, None)
    elif isinstance(value, bool) or not pd.api.types.is_number(value) or not math.isfinite(value):
        sheet.write_string(row, place, _text(value), formats["text"])
    else:
        sheet.write_number(row, place, float(value))


def _text(value):
    return (
        f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) and value == value.normalize() else str(value)
    )


def _chart_data(book, formats, weeks, limits):
    """The limits as columns, for charts need cells; returns {column: {name: column of the sheet}}."""
    sheet, lines, place = book.add_worksheet("Chart data"), {}, 1
    sheet.write_string(0, 0, "week", formats["head"])
    for row, week in enumerate(weeks.index, 1):
        sheet.write_string(row, 0, str(week))
    for column, limit in limits.items():
        lines[column] = {}
        for name in LIMITS:
            sheet.write_string(0, place, f"{column}: {name}", formats["head"])
            values = pd.Series(limit[name], index=weeks.index)
            for row, value in enumerate(values, 1):
                _number(sheet, row, place, value, None)
            lines[column][name] = place
            place += 1
    sheet.set_column(0, place, 16)
    return lines


def _charts(book, sheet, weeks, rates, lines, first):
    """Native line charts below the table: they follow the cells."""
    columns = ["week", *weeks.columns, *rates]
    last = first + len(weeks) - 1
    for number, name in enumerate([*lines, *rates]):
        chart = book.add_chart({"type": "line"})
        weeks_at = ["Report", first, 0, last, 0]
        place = columns.index(name)
        chart.add_series(
            {
                "name": str(name),
                "categories": weeks_at,
                "values": ["Report", first, place, last, place],
                "marker": {"type": "circle"},
                "line": {"color": "#2F5FC4", "width": 2.25},
            }
        )
        for kind, at in lines.get(name, {}).items():
            dash = "solid" if kind == "center" else "dash"
            chart.add_series(
                {
                    "name": kind,
                    "categories": weeks_at,
                    "values": ["Chart data", 1, at, len(weeks), at],
                    "line": {"color": "#777777", "width": 1.25, "dash_type": dash},
                }
            )
        chart.set_title({"name": f"{name} by week", "name_font": {"size": 12}})
        chart.set_legend({"position": "bottom"} if name in lines else {"none": True})
        axis = {"name": str(name), "major_gridlines": {"visible": True, "line": {"color": "#D9D9DE"}}}
        if name in rates and _is_share(*rates[name]):
            axis["num_format"] = "0.0%"
        if (weeks.fillna(0) >= 0).all(axis=None):
            axis["min"] = 0
        chart.set_y_axis(axis)
        chart.show_blanks_as("gap")
        place_on_page = {"x_offset": 500 * (number % 2), "description": f"Line chart of {name} by week."}
        sheet.insert_chart(last + 3 + 16 * (number // 2), 0, chart, place_on_page)


# --- extracts ------------------------------------------------------------------------------------


def _refuse_formulas(column, name):
    texts = column[[isinstance(value, str) and value.startswith(FORMULA) for value in column]]
    if len(texts):
        raise WorkbookError(
            f"column {name!r}, row {texts.index[0]}: the text {texts.iloc[0][:40]!r} begins like a formula, and a spreadsheet "
            "that opens the file would run it. Leave the column out, or put it into the workbook, which keeps it as text."
        )


def _kind(column):
    types = pd.api.types
    if types.is_bool_dtype(column):
        return "boolean"
    if types.is_datetime64_any_dtype(column):
        whole = (column.dropna() == column.dropna().dt.normalize()).all()
        return "date" if whole else "datetime"
    if types.is_integer_dtype(column):
        return "integer"
    return "number" if types.is_numeric_dtype(column) else "text"


def _as_csv(column):
    kind = _kind(column)
    form = {
        "date": "{:%Y-%m-%d}",
        "datetime": "{:%Y-%m-%d %H:%M:%S}",
        "integer": "{:d}",
        "number": "{!r}",
    }.get(kind, "{}")
    cast = {"number": float, "integer": int}.get(kind, lambda value: value)
    return ["" if pd.isna(value) else form.format(cast(value)) for value in column]


def _write_csv(path, header, rows):
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(header)
        writer.writerows(rows)
