"""Where the table is in a text: delimiter, header row, what stands before it, and which platform writes such headers."""

import csv
import io
import re
from dataclasses import dataclass, field

from . import names
from .errors import ExportError

HEAD = 100_000  # characters in which the header must be found
SEARCHED = 250  # rows of them
DELIMITERS = ",\t;|"
COLUMNS = 500  # more are a file whose lines ran together, and would take minutes

csv.field_size_limit(10_000_000)


@dataclass
class Table:
    """A table found in a file: rows of texts below a header.

    `rows` are pairs (number of the row in the file, cells); for a long regular file they stay in `text`, from `start` on,
    `before` rows of the file before them; `data` are the bytes of the text if they are UTF-8.
    """

    platform: str
    header: list
    header_row: int
    preamble: list
    rows: list
    delimiter: str = ","
    confidence: float = 1.0
    others: list = field(default_factory=list)
    name: str = ""
    text: str = ""
    start: int = 0
    before: int = 0
    data: bytes = b""
    stated: list = field(default_factory=list)  # totals told outside of the table


def parse(text, delimiter, strict=True):
    """Rows of a CSV text as pairs (number of the row's first line, cells)."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)
    rows, line = [], 1
    try:
        for cells in reader:
            rows.append((line, cells))
            line = reader.line_num + 1
    except csv.Error as problem:
        raise ExportError(
            f"The CSV is broken: {problem}.", "download the file once more; do not edit it by hand.", row=line
        ) from None
    return rows


def head_of(text):
    """The first lines of a text, whole lines only."""
    if len(text) <= HEAD:
        return text
    return text[: text.rfind("\n", 0, HEAD) + 1] or text[:HEAD]


def candidates(rows, platform=None, aliases=None):
    """Possible headers, best first: (score, -place in rows, platform, matched, cells filled)."""
    texts = [cell.strip() for _, cells in rows[:60] for cell in cells if cell.strip()]
    compared = [
        (place, [names.plain(cell[:100]) for cell in cells if cell.strip()])
        for place, (_, cells) in enumerate(rows[:SEARCHED])
    ]
    compared = [(place, cells, set(cells)) for place, cells in compared if len(cells) > 1]
    found = []
    for one in [platform] if platform else names.platforms():
        known = names.with_aliases(one, aliases)
        possible = [(place, cells, *names.matches(unique, known)) for place, cells, unique in compared]
        possible = [(place, cells, count) for place, cells, count, metric, dimension in possible
                    if count >= 3 or (count == 2 and metric and dimension)]  # fmt: skip
        marks = names.platforms()[one].get("marks", []) if possible else []
        seen = sum(any(re.search(mark, text) for text in texts) for mark in marks)
        found += [
            (count + 2 * min(seen, 2), -place, one, count, len(cells)) for place, cells, count in possible
        ]
    return sorted(found, reverse=True)


def locate(text, platform=None, aliases=None):
    """Delimiter and candidates of a text; the delimiter under which most header cells are known."""
    head, best = head_of(text), (",", [])
    for delimiter in DELIMITERS:
        rows = parse(head, delimiter, strict=False)
        found = candidates(rows, platform, aliases)
        if found and (not best[1] or found[0][0] > best[1][0][0]):
            best = (delimiter, found)
    return best


def choose(found, rows, platform=None):
    """The best header as (place, platform, confidence, other platforms), or an error that tells what was found."""
    if not found:
        widest = max(
            (cells for _, cells in rows[:SEARCHED]),
            key=lambda cells: sum(bool(c.strip()) for c in cells),
            default=[],
        )
        raise ExportError(
            "No row of this file is a header that this course knows: a dimension and a metric in one row."
            if rows else "The file is empty.",
            "tell what the columns are: read(path, platform='google_ads', aliases={'Header in the file': 'cost', ...}); "
            "any platform will do." if rows else "download it once more.",
            platform, widest,
        )  # fmt: skip
    score, place, best, count, filled = found[0]
    rivals = [one for one in found if one[1] == place and one[2] != best]
    share, lead = count / filled, score - (rivals[0][0] if rivals else 0)
    sure = min(1.0, share) * (1.0 if lead > 0 else 0.5)
    return -place, best, round(sure, 2), [one[2] for one in rivals if one[0] >= 0.8 * score][:4]


def table_of_rows(rows, found, platform=None, delimiter=",", name=""):
    """The table in rows of cells."""
    place, best, sure, others = choose(found, rows, platform)
    number, cells = rows[place]
    if len(cells) > COLUMNS:
        raise ExportError(
            f"The header has {len(cells):,} columns; a report has at most {COLUMNS:,}.",
            "download the file once more: its line breaks may be lost.",
            best, cells[:20], number,
        )  # fmt: skip
    preamble = [" ".join(cell for cell in cells if cell.strip()) for _, cells in rows[:place]]
    return Table(best, trimmed(cells), number, [line for line in preamble if line.strip()], rows[place + 1 :],
                 delimiter, sure, others, name)  # fmt: skip


def trimmed(cells):
    """Header cells without empty ones at the end, each named: an empty header is its place, a repeated one is numbered."""
    cells = [cell.replace("\ufeff", "").strip() for cell in cells]
    while cells and not cells[-1]:
        cells.pop()
    seen, found = {}, []
    for place, cell in enumerate(cells, 1):
        name = cell or f"column {place}"
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found


LONG = 3_000_000  # characters from which on DuckDB parses the rows


def table_of_text(text, platform=None, aliases=None, name="", data=b""):
    """The table in a CSV text; `data` are its bytes if they are UTF-8."""
    delimiter, found = locate(text, platform, aliases)
    if len(text) < LONG or not found:
        return table_of_rows(parse(text, delimiter, bool(found)), found, platform, delimiter, name)
    head = parse(head_of(text), delimiter, strict=False)
    table = table_of_rows(head, found, platform, delimiter, name)
    if not table.rows:  # the header may go on behind the head
        return table_of_rows(parse(text, delimiter), found, platform, delimiter, name)
    table.before = table.rows[0][0] - 1
    lines = io.StringIO(head_of(text), newline="")
    table.start = sum(len(lines.readline()) for _ in range(table.before))
    table.rows, table.text, table.data = [], text, data
    return table
