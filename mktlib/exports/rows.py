"""Rows of a table: totals, irregular rows and unreadable cells are set aside and counted, never lost."""

import math
import re
import tempfile
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from . import layout, names, values
from .errors import ExportError

TOTAL = re.compile(
    r"(?:grand |sub)?totals?(?:\s*[:：(].*|\s*-\s.*)?|(?:gesamt|gesamtsumme|summe|insgesamt|totale|totaux|total general|总计|合计|汇总|小计|全部汇总)(?:\s*[:：（(].*|\d.*)?",
    re.I,
)
TOTAL_START = (
    "total",
    "grand",
    "subto",
    "gesam",
    "summe",
    "insge",
    "totau",
    "总计",
    "合计",
    "汇总",
    "小计",
    "全部汇总",
)
ENDS = 20_000  # characters at each end of a long text by which the types of columns are guessed
BUFFER = 16_000_000  # bytes that DuckDB parses at once; with less, pieces of the table are copied together
MANY = 100_000  # different texts of a column that are listed
LABELS = 8  # leading columns in which the word for a total may stand
FOOTER = re.compile(r"grand totals? \(|confidential information|copyright \(c\)", re.I)
PERSONAL = re.compile(
    r"\b(e-?mail|phone|mobile|address|zip|postcode|first name|last name|full name|contact name)\b|姓名|电话|手机|地址|邮箱|身份证|会员名|收货人|昵称"
)
LISTS_OF_PEOPLE = {"orders", "crm"}
ID = re.compile(
    r"(?i:(?:\b|_|(?<=[^\x00-\x7f]))ids?)$|(?<=[a-z])ID$|编号$|单号$"
)  # headers of numbers that are names
TYPED = {"keyword", "search_term"}  # columns in which people's own words stand, "total" among them


def is_total(cells):
    """Whether one of the first cells says that the row is a sum."""
    return any(TOTAL.fullmatch(cell.strip()) for cell in cells[:LABELS])


def is_footer(cells):
    """Whether the row is a line that programs write below a table."""
    filled = [cell for cell in cells if cell.strip()]
    return len(filled) == 1 and bool(FOOTER.match(filled[0].strip()))


class Rows:
    """Rows of a table in DuckDB: texts and numbers; what is no data row is taken out, kept and counted."""

    def __init__(self, con, table, known, dayfirst, personal_data):
        self.con, self.table, self.dayfirst = con, table, dayfirst
        self.entry = names.platforms()[table.platform]
        self.totals, self.aside, self.blank, self.notes = [], [], 0, []
        self.seen, self.hashes, self.typed = {}, {}, {}
        self.lines = []  # number of each row in the file, by the rowid in `cells`
        self.known = [
            known.get(names.plain(one)) or names.Known(None, self.kind_of(one)) for one in table.header
        ]
        self.personal = [] if personal_data else [n for n in range(len(self.known)) if self.is_personal(n)]

    def kind_of(self, header):
        """Kind of a column that has no entry: a date where the platform's pattern for headers says so, else open."""
        pattern = self.entry.get("dates")
        return "date" if pattern and re.search(pattern, names.plain(header)) else "?"

    def is_personal(self, n):
        """Whether column n holds names, addresses or numbers of people."""
        if self.known[n].personal:
            return True
        listed = self.entry.get("kind") in LISTS_OF_PEOPLE
        return (
            listed
            and self.known[n].canonical is None
            and bool(PERSONAL.search(self.table.header[n].casefold()))
        )

    def fault(self, what, remedy, row=None):
        """An ExportError about this table."""
        return ExportError(what, remedy, self.table.platform, self.table.header, row)

    # Rows

    def load(self):
        """Fill the DuckDB table `cells`: texts c0, c1, ... (but for columns in `typed`) and numbers v0, ...; irregular rows are
        set aside."""
        if self.table.text and self.load_long():
            return
        rows = (
            layout.parse(self.table.text[self.table.start :], self.table.delimiter)
            if self.table.text
            else self.table.rows
        )
        width = len(self.table.header)
        data = []
        for line, cells in rows:
            line += self.table.before
            while len(cells) > width and not cells[-1].strip():
                cells = cells[:-1]
            filled = sum(bool(cell.strip()) for cell in cells)
            if not filled:
                self.blank += 1
            elif len(cells) != width or is_footer(cells) or (width > 3 and filled == 1):
                self.irregular(line, cells)
            elif [cell.strip() for cell in cells] == self.table.header:
                self.set_aside(line, "the header once more", cells)
            else:
                data.append(cells)
                self.lines.append(line)
        columns = [f"c{n}" for n in range(width)]
        self.con.register("given", pd.DataFrame(data, columns=columns, dtype=object))
        self.fill(f"SELECT {', '.join(f'CAST({one} AS VARCHAR) AS {one}' for one in columns)} FROM given")
        self.con.unregister("given")
        self.drop_infinite()

    def fill(self, source):
        """Make the table `cells` of a query that gives texts (of columns in `typed`: numbers), in the order of the file."""
        width, typed = len(self.table.header), self.typed
        numbers = [n for n in self.maybe_numeric() if n not in typed]
        given = [f"c{n} AS v{n}" if n in typed else f"c{n}" for n in range(width)]
        given += [f"{values.number_sql(f'c{n}')} AS v{n}" for n in numbers]
        self.run(f"CREATE OR REPLACE TEMP TABLE cells AS SELECT {', '.join(given)} FROM ({source})")

    def cell(self, n):
        """SQL of the text of a cell in column n; of a column that was parsed as numbers it is made anew."""
        return f"CAST(v{n} AS VARCHAR)" if n in self.typed else f"c{n}"

    def drop_infinite(self):
        """Make numbers NULL that are infinite or 'nan': `as_number` is to say what their texts are. False if a column that
        was parsed as numbers, so that its texts are gone, holds one."""
        places = [n for n in self.maybe_numeric() if self.typed.get(n) != "BIGINT"]
        found = self.having("NOT isfinite(v{n})", places)
        for n in found:
            self.con.execute(f"UPDATE cells SET v{n} = NULL WHERE NOT isfinite(v{n})")
        return not any(n in self.typed for n in found)

    def highest(self, expression, places):
        """The highest value of an expression about each of the columns, by place: all in one query."""
        if not places:
            return {}
        parts = ", ".join(f"max({expression.format(n=n)})" for n in places)
        return dict(zip(places, self.con.execute(f"SELECT {parts} FROM cells").fetchall()[0], strict=True))

    def having(self, condition, places):
        """Those of the columns in which some row fulfils the condition."""
        return [n for n, some in self.highest(condition, places).items() if some]

    def run(self, query):
        """The frame of a query about all columns. The optimizer takes minutes over hundreds of long expressions, and gains nothing."""
        self.con.execute("PRAGMA disable_optimizer")
        try:
            return self.con.execute(query).df()
        finally:
            self.con.execute("PRAGMA enable_optimizer")

    def load_long(self):
        """The same by DuckDB's own parser, for a long text in which all rows are alike; False if they are not.

        Columns that look like plain numbers at both ends of the text are parsed as such, which takes half the time; where one
        cell then is none, all are parsed as texts.
        """
        data = self.table.data or self.table.text.encode("utf-8")
        start = len(self.table.text[: self.table.start].encode("utf-8"))
        count = data.count(b"\n", start) + (not data.endswith(b"\n"))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows.csv"
            path.write_bytes(memoryview(data)[start:])
            if not any(self.filled(path, types) for types in (self.plain_numbers(), {})):
                return False
        if self.con.execute("SELECT count(*) FROM cells").fetchall()[0][0] != count:
            self.con.execute("DROP TABLE cells")
            self.typed = {}
            return False  # blank lines or cells of several lines: numbers of rows would be wrong
        self.lines = range(self.table.before + 1, self.table.before + 1 + count)
        self.take_odd_rows(len(self.table.header))
        return True

    def filled(self, path, types):
        """Whether the rows of a file could be parsed into `cells` with these types."""
        self.typed = types
        try:
            self.fill(self.csv_sql(path))
        except duckdb.Error:
            return False
        return self.drop_infinite()

    def csv_sql(self, path):
        """SQL that parses the rows of a file strictly."""
        columns = ", ".join(
            f"'c{n}': '{self.typed.get(n, 'VARCHAR')}'" for n in range(len(self.table.header))
        )
        return (
            f"FROM read_csv({values.quoted(path.as_posix())}, header=false, auto_detect=false, delim='{self.table.delimiter}', "
            f"quote='\"', escape='\"', columns={{{columns}}}, strict_mode=true, null_padding=false, buffer_size={BUFFER})"
        )

    def plain_numbers(self):
        """SQL types by place of the columns whose cells, in the first and last rows, are whole numbers, or numbers of which a
        decimal point is sure ('1.234' alone may be a thousand)."""
        text, start = self.table.text, self.table.start
        ends = text[start : start + ENDS].rpartition("\n")[0] + "\n" + text[-ENDS:].partition("\n")[2]
        rows = [cells for _, cells in layout.parse(ends, self.table.delimiter, strict=False)]
        if any(len(cells) != len(self.table.header) for cells in rows):
            return {}
        found = {}
        for n in self.maybe_numeric():
            cells = {cells[n] for cells in rows}
            if self.known[n].kind == "?" or n in self.personal:
                continue
            if all(re.fullmatch(r"-?(0|[1-9]\d{0,14})|", cell) for cell in cells):
                found[n] = "BIGINT"
            elif all(re.fullmatch(r"-?(0|[1-9]\d{0,14})(\.\d+)?|", cell) for cell in cells) and any(
                re.search(values.DOT_ONLY, cell) for cell in cells
            ):
                found[n] = "DOUBLE"
        return found

    def take_odd_rows(self, width):
        """What `load` does with blank rows, lone cells and a repeated header, for rows that DuckDB parsed."""
        cell = [self.cell(n) for n in range(width)]
        filled = " + ".join(f"(v{n} IS NOT NULL)::INT" if n in self.typed else f"(c{n} IS NOT NULL AND trim(c{n}) <> '')::INT"
                            for n in range(width))  # fmt: skip
        header = " AND ".join(
            f"{c} = {values.quoted(one)}" for c, one in zip(cell, self.table.header, strict=True)
        )
        if any(values.as_number(self.table.header[n]) is None for n in self.typed):
            header = "false"  # it would have been no number
        sparse = (
            " + ".join(f"({'v' if n in self.typed else 'c'}{n} IS NULL)::INT" for n in range(min(width, 3)))
            + f" >= {min(width, 3) - 1}"
        )
        rows = self.con.execute(
            f"SELECT {', '.join(cell)}, rowid, {filled} AS filled FROM cells "
            f"WHERE ({sparse} AND {filled} < 2) OR ({header})"
        ).fetchall()
        for row in rows:
            line, cells = self.lines[row[width]], ["" if cell is None else cell for cell in row[:width]]
            if row[-1] == 0:
                self.blank += 1
            elif row[-1] == 1 and width > 3:
                self.irregular(line, cells)
            elif row[-1] > 1:
                self.set_aside(line, "the header once more", cells)
        kept = {row[width] for row in rows if row[-1] == 1 and width <= 3}
        self.drop([row[width] for row in rows if row[width] not in kept])

    def drop(self, rowids):
        """Delete rows of `cells`."""
        if rowids:
            self.con.execute(f"DELETE FROM cells WHERE rowid IN ({', '.join(map(str, rowids))})")

    def irregular(self, line, cells):
        """A row with more or fewer cells than the header: a total, a footer, or set aside."""
        extra = cells[len(self.table.header) :]
        if is_footer(cells):
            self.set_aside(line, "footer", cells)
        elif is_total(cells) or is_total(extra):
            self.totals.append(self.total(line, cells))
        else:
            told = (
                len(cells) if len(cells) != len(self.table.header) else 1
            )  # a lone cell, padded to the width of the header
            self.set_aside(
                line, f"has {told} cells, the header {len(self.table.header)}", [] if self.personal else cells
            )

    def set_aside(self, line, reason, cells):
        """Keep a row that is no data."""
        self.aside.append({"row": int(line), "reason": reason, "cells": [str(cell) for cell in cells]})

    def total(self, line, cells):
        """A total as a dict: its label, row, raw cells; and numbers by column, where they can be told."""
        header, width = self.table.header, len(self.table.header)
        found = {
            "row": int(line),
            "label": next((c.strip() for c in reversed(cells) if TOTAL.fullmatch(c.strip())), ""),
        }
        if len(cells) < width or self.shifted(
            cells
        ):  # the numbers of a short row follow those of the header, shares of the total left out
            places = [n for n in range(width) if self.kinds[n] in names.METRIC and "占比" not in header[n]]
            filled = [cell for cell in cells if self.number(cell) is not None]
            pairs = zip(places, filled, strict=True) if len(places) == len(filled) else []
        else:
            pairs = [(n, cells[n]) for n in range(width) if self.kinds[n] in names.METRIC]
        for n, cell in pairs:
            number = self.number(cell)
            if number is not None:
                found[self.labels[n]] = number if "%" in cell else number * self.factor(n)
        found["cells"] = [str(cell) for cell in cells]
        return found

    def shifted(self, cells):
        """Whether a short total was padded by a spreadsheet: it ends empty and has numbers under names."""
        names_ = [n for n, kind in enumerate(self.kinds) if kind == "text" and self.known[n].canonical]
        return not cells[-1].strip() and any(self.number(cells[n]) is not None for n in names_)

    def number(self, cell):
        """A cell as a number by the file's locale, or None."""
        value = values.as_number(cell or "", self.decimal)
        return None if value is None or math.isnan(value) else value

    # Columns

    def name_columns(self):
        """Canonical names and kinds; a second header with the same meaning keeps its own name."""
        self.labels, taken = list(self.table.header), {}
        for n, one in enumerate(self.known):
            if one.canonical:
                listed = [names.plain(h) for h in self.entry["columns"].get(one.canonical, [])]
                plain = names.plain(self.table.header[n])
                rank = listed.index(plain) if plain in listed else -1  # the learner's own alias comes first
                if one.canonical not in taken or rank < taken[one.canonical][0]:
                    taken[one.canonical] = (rank, n)
        for name, (_, n) in taken.items():
            self.labels[n] = name
        for n, label in enumerate(self.labels):
            if label in taken and taken[label][1] != n:
                self.labels[n] = f"{label} (as written)"
        self.kinds = [one.kind for one in self.known]

    def settle_kinds(self):
        """A column nobody knows is a number if all its cells are, and none looks like an id."""
        unknown = [n for n, kind in enumerate(self.kinds) if kind == "?"]
        numbers = [n for n in unknown if not self.bad[n] and not ID.search(self.table.header[n])]
        numbers = self.having("v{n} IS NOT NULL", numbers)
        odd = self.having("strlen(c{n}) > 15 OR regexp_matches(c{n}, '^[''=]|^0\\d')", numbers)
        for n in unknown:
            self.kinds[n] = "number" if n in numbers and n not in odd else "text"

    def maybe_numeric(self):
        """Places of columns that are numbers or may be."""
        return [n for n, kind in enumerate(self.kinds) if kind in names.METRIC - {"seconds"} or kind == "?"]

    def numeric(self):
        """Places of columns that are numbers."""
        return [n for n, kind in enumerate(self.kinds) if kind in names.METRIC - {"seconds"}]

    # Totals inside regular rows

    def rows(self, where):
        """Rows of `cells` as dicts: rowid, line, cells (texts), numbers by place."""
        width, numeric = len(self.table.header), self.maybe_numeric()
        picked = ", ".join([*(self.cell(n) for n in range(width)), "rowid", *(f"v{n}" for n in numeric)])
        found = self.con.execute(f"SELECT {picked} FROM cells WHERE {where} ORDER BY rowid").fetchall()
        return [{"cells": ["" if cell is None else cell for cell in row[:width]], "rowid": row[width], "line": self.lines[row[width]],
                 "numbers": dict(zip(numeric, row[width + 1 :], strict=True))} for row in found]  # fmt: skip

    def texts(self, n):
        """Different texts of column n; all that begin like a total where there are too many to list."""
        if n not in self.seen:
            query = f"SELECT DISTINCT {self.cell(n)} AS c{n} FROM cells WHERE c{n} IS NOT NULL"
            found = self.con.execute(f"SELECT c{n}, hash(c{n}) FROM ({query} LIMIT {MANY + 1})").fetchall()
            if len(found) <= MANY:
                self.hashes[n] = np.array([one for _, one in found], dtype="uint64")
            else:
                pattern = values.quoted(rf"^\s*(?i:{'|'.join(TOTAL_START)})")
                found = self.con.execute(f"{query} AND regexp_matches(c{n}, {pattern})").fetchall()
            self.seen[n] = [text for text, *_ in found]
        return self.seen[n]

    def take_totals(self):
        """Move rows that are sums out of `cells`."""
        texts = [n for n in range(min(LABELS, len(self.kinds))) if self.kinds[n] not in names.METRIC] or [0]
        said = {n: [text for text in self.texts(n) if is_total([text])] for n in texts}
        places = [f"c{n} IN ({', '.join(map(values.quoted, words))})" for n, words in said.items() if words]
        found = self.rows(" OR ".join(places)) if places else []
        found = [row for row in found if not self.searched(row, found, texts)]
        unlabelled = [
            row for row in self.unlabelled_total() if row["rowid"] not in {one["rowid"] for one in found}
        ]
        for row in [*found, *unlabelled]:
            self.totals.append(self.total(row["line"], row["cells"]))
        self.drop([row["rowid"] for row in [*found, *unlabelled]])

    def searched(self, row, found, texts):
        """Whether the word for a total in a row is only what people searched for: its other names are filled or its numbers too small."""
        cells = row["cells"]
        said = [n for n in texts if is_total([cells[n]])]
        if any(self.known[n].canonical not in TYPED or ":" in cells[n] or "：" in cells[n] for n in said):
            return False
        others = [
            cells[n]
            for n, kind in enumerate(self.kinds)
            if kind in ("text", "id") and self.known[n].canonical and n not in said
        ]
        if others:
            return not any(values.is_missing(cell) for cell in others)
        rowids = ", ".join(str(one["rowid"]) for one in found)
        for n in self.additive():
            rest = self.con.execute(f"SELECT sum(v{n}) FROM cells WHERE rowid NOT IN ({rowids})").fetchall()[
                0
            ][0]
            if rest:
                return (row["numbers"][n] or 0) < 0.99 * rest
        return False

    def additive(self):
        """Places of columns that may be added up."""
        columns = names.vocabulary()[0]
        return [n for n in self.numeric() if self.known[n].canonical and columns[self.known[n].canonical][2]]

    def unlabelled_total(self):
        """A first or last row without any name whose numbers are those of all others together, or more; a list of one or none."""
        dimensions = [n for n, kind in enumerate(self.kinds) if kind in ("text", "id")
                      and self.known[n].canonical not in ("attribution", "currency", "result_indicator", "account")]  # fmt: skip
        if not dimensions or not self.additive():
            return []
        first, last = self.con.execute("SELECT min(rowid), max(rowid) FROM cells").fetchall()[0]
        ends = self.rows(f"rowid IN ({first}, {last})") if first is not None else []
        nameless = [row for row in ends if all(values.is_missing(row["cells"][n]) for n in dimensions)]
        if len(ends) < 2 or len(nameless) != 1:
            return []
        for n in self.additive():
            own = nameless[0]["numbers"][n]
            others = self.con.execute(
                f"SELECT sum(v{n}) FROM cells WHERE rowid <> {nameless[0]['rowid']}"
            ).fetchall()[0][0]
            if own and others and own >= 0.99 * others:
                return nameless
        return []

    # Numbers

    def leftovers(self, n, all_of_them=False):
        """Different texts of column n that SQL did not read as a number."""
        where = "c{n} IS NOT NULL" if all_of_them else "v{n} IS NULL AND c{n} IS NOT NULL AND c{n} <> ''"
        query = "SELECT DISTINCT c{n} FROM cells WHERE " + where
        return [text for (text,) in self.con.execute(query.format(n=n)).fetchall()]

    def settle_decimal(self, left):
        """'.' or ',' for the whole file, by cells that allow one reading only."""
        commas = {n: next((text for text in texts if values.COMMA_ONLY.search(text)), None)
                  for n, texts in left.items() if self.kinds[n] != "?"}  # fmt: skip
        comma = next(((n, text) for n, text in commas.items() if text), None)
        if not comma and self.table.delimiter != ";":
            return "."
        for n in self.numeric():
            dots = self.con.execute(
                f"SELECT {self.cell(n)} AS c FROM cells WHERE contains(c, '.') AND regexp_matches(c, {values.quoted(values.DOT_ONLY)}) LIMIT 1"
            ).fetchall()
            if dots and comma:
                header = self.table.header
                raise self.fault(
                    f"Numbers with decimal comma ('{comma[1]}' in '{header[comma[0]]}') and with decimal point "
                    f"('{dots[0][0]}' in '{header[n]}') in one file.",
                    "export it once more without opening it in a spreadsheet, and set one number format.",
                )
            if dots:
                return "."
        return ","

    def read_numbers(self):
        """Read what SQL left over; note which texts are censored and which are no numbers."""
        left = dict.fromkeys(self.maybe_numeric(), ())
        unread = self.highest(
            "CASE WHEN v{n} IS NULL THEN c{n} END", [n for n in left if n not in self.typed]
        )
        for n, text in unread.items():
            if text and self.kinds[n] == "?" and all(values.as_number(text, sign) is None for sign in ".,"):
                left[n] = [text]  # one is enough to know that the column holds texts
            elif text:
                left[n] = self.leftovers(n)
        self.decimal = self.settle_decimal(left)
        if self.decimal == ",":
            texts = [n for n in left if n not in self.typed]
            left |= {n: self.leftovers(n, True) for n in texts}
            if texts:
                self.con.execute("UPDATE cells SET " + ", ".join(f"v{n} = NULL" for n in texts))
        self.bad, self.censored = {}, {}
        for n, texts in left.items():
            found = {text: values.as_number(text, self.decimal) for text in texts}
            self.bad[n] = [text for text, value in found.items() if value is None]
            self.censored[n] = [text for text in texts if values.CENSORED.fullmatch(values.bare(text))]
            told = pd.DataFrame([(text, value) for text, value in found.items() if value is not None and not math.isnan(value)],
                                columns=["text", "value"])  # fmt: skip
            if len(told):
                self.con.register("told", told.astype({"text": object}))
                self.con.execute(f"UPDATE cells SET v{n} = told.value FROM told WHERE c{n} = told.text")
                self.con.unregister("told")

    def take_unreadable(self):
        """Set rows aside whose number columns hold something else."""
        bad = {n: set(self.bad[n]) for n in self.numeric() if self.bad[n]}
        if not bad:
            return
        rows = self.rows(" OR ".join(f"(v{n} IS NULL AND c{n} IS NOT NULL)" for n in bad))
        rows = [
            (row, n)
            for row in rows
            if (n := next((n for n in bad if row["cells"][n] in bad[n]), None)) is not None
        ]
        for row, n in rows:
            kept = [cell for place, cell in enumerate(row["cells"]) if place not in self.personal]
            self.set_aside(
                row["line"], f"'{row['cells'][n][:40]}' in '{self.table.header[n]}' is no number", kept
            )
        self.drop([row["rowid"] for row, _ in rows])

    def factor(self, n):
        """What a number of column n is multiplied by when its cell has no % sign: 0.01 where the platform leaves it out."""
        header = self.table.header[n]
        plain = self.entry.get("percent") == "plain" or re.search(r"%\s*[)）]?\s*$|（%）", header)
        return 0.01 if self.kinds[n] == "rate" and plain else 1.0
