"""Read what platforms export: `read` gives one tidy table, `sniff` says what a file is, `reconcile` compares it with its own
totals, `canonical` stacks several platforms.

    ads = exports.read("campaigns.csv")
    ads.attrs["notes"]                      # what to know before adding anything up
    exports.reconcile(ads)                  # rows against the totals the file states
    exports.canonical([ads, other], without=["conversions", "revenue"])

A file is known by its content, never by its name. Columns get the names of vocabulary.yml; headers of platforms stand in
platforms.yml. Columns that only one platform has are kept under their own names.
"""

from dataclasses import dataclass

import pandas as pd

from mktlib.errors import did_you_mean

from . import ga4, layout, mailchimp, names, orders, search_console
from .compare import canonical, reconcile
from .errors import ExportError
from .frames import frame_of
from .intake import take

__all__ = ["ExportError", "Guess", "canonical", "platforms", "read", "reconcile", "sniff", "tables"]

SPECIAL = (
    ga4.tables,
    mailchimp.tables,
    search_console.tables,
)  # layouts that are no single table with a header
AFTER = {"shopify": orders.fill_down, "jd": orders.once_an_order, "taobao": orders.once_an_order}


def read(source, platform=None, *, table=None, aliases=None, dayfirst=None, personal_data=False):
    """A platform's export as a tidy DataFrame.

    source         path, bytes, or a file opened with "rb": CSV, text with tabs, .xls, .xlsx, .zip, JSON lines
    platform       name of a platform if the guess is wrong; see names.platforms()
    table          name or number of the table, where a file holds several; `tables(source)` lists them
    aliases        {"header in the file": "canonical name"} for headers not known here
    dayfirst       True or False where 03/05/2026 could be two days
    personal_data  True keeps names, addresses and numbers of people in lists of orders and contacts

    Rates are made from the file's counts; the platform's own stand beside them as <rate>_reported. Money is in the
    currency of .attrs["currency"]. .attrs also tells platform, period, encoding, totals, what was set aside and why:
    .attrs["rows"] counts them, and "in" = "out" + "totals" + "set_aside". Raises ExportError, and nothing else.
    """
    content, found = find(source, platform, aliases)
    one = pick(found, table)
    frame = frame_of(one, aliases, dayfirst, personal_data)
    frame = AFTER.get(one.platform, lambda same: same)(frame)
    frame.attrs |= {
        "file": content.name,
        "encoding": content.encoding,
        "tables": [each.name for each in found],
    }
    return frame


@dataclass(frozen=True)
class Guess:
    """What a file seems to be. `confidence` is 0 to 1: the share of header cells known, halved if another platform knows as many."""

    platform: str
    title: str
    confidence: float
    others: tuple
    encoding: str
    delimiter: str
    header_row: int
    columns: tuple
    tables: tuple

    def __str__(self):
        sure = "surely" if self.confidence >= 0.8 else "probably" if self.confidence >= 0.5 else "perhaps"
        others = f", or {', '.join(self.others)}" if self.others else ""
        return f"{sure} {self.title}{others}: {self.encoding}, header in row {self.header_row}, {len(self.columns)} columns"


def sniff(source):
    """What a file is, and how sure that is, as a Guess; raises ExportError if nothing known is in it."""
    content, found = find(source)
    one = pick(found, None)
    return Guess(one.platform, names.platforms()[one.platform]["title"], one.confidence, tuple(one.others), content.encoding,
                 one.delimiter, one.header_row, tuple(one.header), tuple(each.name for each in found))  # fmt: skip


def tables(source, platform=None, aliases=None):
    """Names of the tables in a file: one for most, several for bundles, workbooks and GA4 snapshots."""
    return [one.name for one in find(source, platform, aliases)[1]]


def platforms():
    """Names and titles of the platforms whose exports are read, as a DataFrame."""
    return pd.DataFrame(
        [(name, entry["title"], entry["kind"]) for name, entry in names.platforms().items()],
        columns=["platform", "title", "kind"],
    )


def find(source, platform=None, aliases=None):
    """Content of a source and all tables in it."""
    if platform is not None and platform not in names.platforms():
        raise ExportError(f"There is no platform '{platform}'{did_you_mean(platform, names.platforms())}",
                          "leave platform= out to have it guessed.")  # fmt: skip
    content = take(source)
    for special in SPECIAL:
        found = special(content, platform, aliases)
        if found:
            return content, found
    parts = [(name, one) for name, one in content.members.items()] or [("", content)]
    found, problem = [], None
    for name, part in parts:
        try:
            found += tables_of(part, name, platform, aliases)
        except ExportError as error:
            problem = problem or error
    if not found:
        raise problem or ExportError("There is no table in this file.", "give the report itself.", platform)
    return content, found


def tables_of(part, name, platform, aliases):
    """Tables of one text or workbook; sheets without a header are passed over if another has one."""
    if part.text is not None:
        return [layout.table_of_text(part.text, platform, aliases, name, part.data)]
    found, problem = [], None
    for sheet, cells in part.sheets.items():
        rows = list(enumerate(cells, 1))
        try:
            found.append(
                layout.table_of_rows(rows, layout.candidates(rows, platform, aliases), platform, name=sheet)
            )
        except ExportError as error:
            problem = problem or error
    if not found:
        raise problem or ExportError("The workbook has no sheets.", "download it once more.", platform)
    return found


def pick(found, table):
    """The table asked for by name or number; else the first that has rows."""
    if table is None:
        return next((one for one in found if one.rows or one.text), found[0])
    if isinstance(table, int) and 0 <= table < len(found):
        return found[table]
    for one in found:
        if isinstance(table, str) and one.name.casefold() == table.casefold():
            return one
    listed = [one.name for one in found]
    raise ExportError(f"There is no table {table!r} in this file{did_you_mean(table, listed)}",
                      f"give a name or a number from 0 to {len(found) - 1}.", found[0].platform, found[0].header)  # fmt: skip
