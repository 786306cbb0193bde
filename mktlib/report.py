"""The report as one page of HTML: what a learner keeps and shows. Earned in JC, beside mktlib.workbook of J10.

One file without links to others: figures are inside it, with their sentence for readers who cannot see them. Every text is
escaped, so a review or a campaign's name is read and never run.
"""

import base64
import math
from html import escape
from pathlib import Path

import pandas as pd

from mktlib.errors import Told

LINES = ("number", "evidence", "ask")
SHORT = 12  # letters of a text that stays on one line, such as a date
STYLE = """
body { font: 16px/1.5 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", sans-serif; color: #222222;
       max-width: 60em; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.6em; margin-bottom: .2em; } h2 { font-size: 1.15em; margin-top: 1.8em; }
.lines { border-left: 6px solid #2f5fc4; padding: .2em 1em; }
.lines dt { font-weight: bold; float: left; clear: left; width: 6em; } .lines dd { margin: 0 0 .4em 6em; }
table { border-collapse: collapse; } th, td { padding: .3em .8em; border-bottom: 1px solid #d9d9de; vertical-align: top; }
th { text-align: left; } td.number { text-align: right; font-variant-numeric: tabular-nums; }
td.number, td.short { white-space: nowrap; }
img { max-width: 100%; height: auto; } figure { margin: 1em 0; } figcaption { color: #555555; }
@media print { body { margin: 0; max-width: none; } h2, figure, tr { break-inside: avoid; } }
"""


class ReportError(Told, ValueError):
    """A page cannot be written as it was asked for; the message says what to change."""


def html_report(path, title, lines, table, definitions, figures=(), tables=None, percent=(), lang="en"):
    """Write a report as one self-contained HTML page; returns its path.

    path         ends with .html; an older file of that name is replaced. workbook.reports() / "page.html" is found easily
    title        says what and when
    lines        three texts, or one of three lines: number, evidence, ask
    table        the KPI table; its index is its first column. Texts stay as they are, numbers get four digits
    definitions  glossary([...]), or any table of terms
    figures      Pictures of mktlib.plots (each has its sentence), or (figure, sentence) pairs
    tables       {"Channels": frame} further tables, in order
    percent      names of rows or columns that hold fractions and are shown as percent: ["CTR", "CVR"]
    lang         language of the page's text for screen readers, such as "en" or "zh-CN"
    Nothing in the file points elsewhere: figures are PNG inside it. Every text is escaped.
    Raises ReportError: another ending, not three lines, an empty table, a file that cannot be written; AltMissing for a figure
    without a sentence.
    """
    path = Path(path)
    if path.suffix.lower() != ".html":
        raise ReportError(f"the name of the file must end with .html, not {path.name!r}.")
    parts = [_lines(lines), _table("Indicators", table, percent)]
    parts += [_figure(one) for one in figures]
    parts += [_table(name, one, percent) for name, one in (tables or {}).items()]
    parts.append(_table("Definitions", definitions))
    page = (
        f'<!DOCTYPE html>\n<html lang="{escape(lang, quote=True)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{escape(str(title))}</title>\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n<h1>{escape(str(title))}</h1>\n{''.join(parts)}</body>\n</html>\n"
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8", newline="\n")
    except OSError as problem:
        raise ReportError(f"{path.name} cannot be written ({problem.strerror or problem}).") from None
    return path


def _lines(lines):
    """The three lines as a list of terms and what is said to each."""
    lines = lines.splitlines() if isinstance(lines, str) else list(lines)
    said = [str(line).strip() for line in lines if str(line).strip()]
    if len(said) != len(LINES):
        raise ReportError(f"a report opens with three lines (number, evidence, ask); {len(said)} came.")
    rows = "".join(
        f"<dt>{name}</dt><dd>{escape(line)}</dd>\n" for name, line in zip(LINES, said, strict=True)
    )
    return f'<dl class="lines">\n{rows}</dl>\n'


def _table(heading, table, percent=()):
    """A table with its index as the first column, unless that only counts the rows."""
    table = table.to_frame() if isinstance(table, pd.Series) else pd.DataFrame(table)
    if not len(table):
        raise ReportError(f"the table {heading!r} has no rows.")
    if not isinstance(table.index, pd.RangeIndex):
        names = [name or "" for name in table.index.names]
        table = table.reset_index(names=names if len(names) > 1 else names[0], allow_duplicates=True)
    percent = {percent} if isinstance(percent, str) else set(percent)
    shares = [name in percent for name in table.columns]
    head = "".join(f'<th scope="col">{escape(_text(name))}</th>' for name in table.columns)
    rows = "".join(
        f"<tr>{_row(row, [share or row[0] in percent for share in shares])}</tr>\n"
        for row in table.itertuples(index=False, name=None)
    )
    return f"<h2>{escape(str(heading))}</h2>\n<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"


def _row(row, shares):
    cells = zip(row[1:], shares[1:], strict=True)
    return f'<th scope="row">{escape(_text(row[0]))}</th>' + "".join(_cell(*one) for one in cells)


def _cell(value, share):
    number = _is_number(value) and math.isfinite(value)
    shown = f"{value:.2%}" if number and share else _text(value)
    kind = ' class="number"' if number else ' class="short"' if len(shown) <= SHORT else ""
    return f"<td{kind}>{escape(shown)}</td>"


def _is_number(value):
    return pd.api.types.is_number(value) and not isinstance(value, bool)


def _text(value):
    """A value as a reader wants it: 12,345 and 0.01234; nothing for missing."""
    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return ""
    if isinstance(value, pd.Timestamp) and value == value.normalize():
        return f"{value:%Y-%m-%d}"
    if not _is_number(value) or not math.isfinite(value):
        return str(value)
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 1000 else f"{value:,.4g}"


def _figure(figure):
    """A figure as PNG inside the page; its sentence stands for it and below it."""
    from mktlib.plots import picture, png

    drawing, alt = figure if isinstance(figure, tuple) else (figure, None)
    shown = picture(drawing, alt)
    data = base64.b64encode(png(shown.figure)).decode("ascii")
    said = escape(shown.alt, quote=True)
    image = f'<img alt="{said}" src="data:image/png;base64,{data}">'
    return f"<figure>\n{image}\n<figcaption>{said}</figcaption>\n</figure>\n"
