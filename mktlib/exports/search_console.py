"""Search Console: a zip with one CSV a dimension, a list of filters, and the days, whose sums are the totals of all."""

from . import layout, names, values
from .errors import ExportError
from .frames import frame_of

FILTERS = {"filter", "filters", "过滤器", "filtre", "フィルタ"}
MAIN = ("search_term", "page", "country", "device", "date")


def tables(content, platform=None, aliases=None):
    """The tables of the bundle, queries first; None if the zip is another."""
    if platform not in (None, "search_console") or len(content.members) < 2:
        return None
    made, lines = [], []
    for name, member in content.members.items():
        if member.text is None:
            continue
        first = member.text.split("\n", 1)[0]
        delimiter = max(",;\t", key=first.count)  # a list of filters has no header by which to choose
        rows = layout.parse(member.text, delimiter, strict=False)
        if rows and names.plain(rows[0][1][0] if rows[0][1] else "") in FILTERS:
            lines = [": ".join(cell for cell in cells if cell.strip()) for _, cells in rows[1:]]
            continue
        try:
            one = layout.table_of_text(member.text, "search_console", aliases, name.rsplit(".", 1)[0])
        except ExportError:
            continue
        made.append(one)
    if len(made) < 2:
        return None
    add_days(made, lines, aliases)
    return sorted(made, key=rank)


def add_days(made, lines, aliases):
    """Give every table the filters, and to the others what the table of days adds up to."""
    stated = []
    for one in made:
        if dimension(one) == "date":
            try:
                days = frame_of(one, aliases)
            except ExportError:
                continue
            if len(days):
                sums = {name: float(days[name].sum()) for name in ("clicks", "impressions") if name in days}
                stated = [{"row": 0, "label": "sum of days", **sums, "cells": []}]
                if values.days_in(lines) is None:
                    lines = [*lines, f"Days: {days['date'].min():%Y-%m-%d} - {days['date'].max():%Y-%m-%d}"]
    for one in made:
        one.preamble, one.stated = lines, stated if dimension(one) in MAIN[:-1] else []


def dimension(table):
    """Canonical name of what the rows of a table are."""
    known = names.known("search_console").get(names.plain(table.header[0]))
    return known.canonical if known else None


def rank(table):
    """Queries before pages before countries, devices, days."""
    return MAIN.index(dimension(table)) if dimension(table) in MAIN else len(MAIN)
