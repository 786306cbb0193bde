"""From rows to a typed frame with its metadata."""

import re

import duckdb
import numpy as np
import pandas as pd

from mktlib.inputs import database

from . import names, values
from .errors import ExportError
from .rows import Rows


def frame_of(table, aliases=None, dayfirst=None, personal_data=False):
    """The typed DataFrame of a Table; what was set aside stands in its .attrs."""
    con = database().cursor()
    try:
        con.execute("SET enable_progress_bar = false")
        return Reading(
            con, table, names.with_aliases(table.platform, aliases), dayfirst, personal_data
        ).frame()
    except duckdb.Error as problem:
        raise ExportError(f"The rows cannot be read: {str(problem).splitlines()[0][:200]}.", "download the file once more.",
                          table.platform, table.header, table.header_row) from None  # fmt: skip
    finally:
        con.close()


class Reading(Rows):
    """One pass from texts to a frame."""

    def select(self):
        """SQL of all columns kept."""
        parts = []
        for n, kind in enumerate(self.kinds):
            if n in self.personal:
                continue
            if kind in names.METRIC - {"seconds"}:
                factor = self.factor(n)
                scaled = (
                    f"v{n}"
                    if factor == 1
                    else f"v{n} * CASE WHEN contains({self.cell(n)}, '%') THEN 1 ELSE {factor} END"
                )
                parts.append(f"{scaled} AS v{n}")
                if self.censored[n]:
                    texts = ", ".join(map(values.quoted, self.censored[n]))
                    parts.append(f"CASE WHEN c{n} IN ({texts}) THEN {values.name_sql(f'c{n}')} END AS x{n}")
            elif self.few(n):
                parts.append(f"hash(c{n}) AS v{n}")
            else:
                parts.append(f"{values.name_sql(f'c{n}')} AS v{n}")
        return f"SELECT {', '.join([*parts, 'rowid'])} FROM cells"

    def few(self, n):
        """Whether the texts of column n are few enough to be read once each, and their hashes differ."""
        texts = self.texts(n)
        return n in self.hashes and len(np.unique(self.hashes[n])) == len(texts)

    def cleaned(self, n, column):
        """Column n as read by `name_sql`: texts, or a categorical column made of their hashes where they are few."""
        if not self.few(n):
            return column.astype("str")
        places = pd.Index(self.hashes[n]).get_indexer(column)  # -1, the last, for what is missing
        codes, known = pd.factorize(np.array([*map(values.name, self.texts(n)), None], dtype=object))
        known = pd.array(known, dtype="str")
        return pd.Series(pd.Categorical.from_codes(codes[places], known), index=column.index)

    # The frame

    def frame(self):
        """The typed frame."""
        self.decimal = "."
        self.name_columns()
        self.load()
        self.con.begin()  # until its end no row gets another rowid
        self.read_numbers()
        self.totals = [
            self.total(one["row"], one["cells"]) for one in self.totals
        ]  # now that the locale is known
        self.settle_kinds()
        self.take_totals()
        self.take_unreadable()
        raw = self.run(self.select())
        if not raw["rowid"].is_monotonic_increasing:  # sorted here: in SQL it takes gigabytes
            raw = raw.sort_values("rowid", ignore_index=True)
        found = self.columns(raw)
        if found.empty and self.aside and not self.totals:
            worst = next((one for one in self.aside if one["reason"] != "footer"), None)
            if worst:
                raise self.fault(f"No row could be read; the first: {worst['reason']}.", "download the file once more, or tell "
                                 "the columns by aliases={header: canonical name}.", worst["row"])  # fmt: skip
        found.attrs = self.about(found)
        return found

    def columns(self, raw):
        """Typed columns in the order of the vocabulary, the platform's own ones after them."""
        made, bad = {}, np.zeros(len(raw), bool)
        for n, kind in enumerate(self.kinds):
            if n not in self.personal and kind not in names.METRIC - {"seconds"}:
                raw[f"v{n}"] = self.cleaned(n, raw[f"v{n}"])
        dates = [
            raw[f"v{n}"].dropna().unique()
            for n, kind in enumerate(self.kinds)
            if kind == "date" and n not in self.personal
        ]
        texts = [text for column in dates for text in column]  # one order of day and month for all columns
        dayfirst = values.order_of_days(texts, self.dayfirst, self.table.platform, self.table.header)
        for n, kind in enumerate(self.kinds):
            if n in self.personal:
                continue
            column, label = raw[f"v{n}"], self.labels[n]
            if kind == "date":
                start, end, wrong = values.as_dates(column, dayfirst, self.table.platform, self.table.header)
                bad |= self.report(raw, n, wrong & ~bad, "is no date")
                made[label] = start
                if (
                    label == "date"
                    and not start.equals(end)
                    and (start.dt.normalize() != end.dt.normalize()).where(end.notna(), False).any()
                ):
                    made[label] = start.where(start.dt.normalize() == end.dt.normalize())
                    made.setdefault("period_start", start)
                    made.setdefault("period_end", end)
            elif kind == "seconds":
                seconds = column.map(values.as_seconds, na_action="ignore").astype(float)
                bad |= self.report(
                    raw, n, (column.notna() & seconds.isna()).to_numpy() & ~bad, "is no duration"
                )
                made[label] = seconds
            elif kind in names.METRIC:
                made[label] = whole(column) if kind == "count" else column.astype(float)
            elif kind == "hour":
                made[label] = whole(pd.to_numeric(column.str.extract(r"^(\d{1,2})")[0], errors="coerce"))
            else:
                made[label] = column.astype("str")
                if kind == "id" and any(
                    re.fullmatch(r"\d(?:\.\d+)?[eE]\+\d+", text) for text in self.texts(n)
                ):
                    self.notes.append(
                        f"'{self.table.header[n]}' was rounded by a spreadsheet: its ids cannot be trusted."
                    )
            if self.censored.get(n) and kind in names.METRIC:
                made[f"{label}_censored"] = raw[f"x{n}"].astype("str")
        found = pd.DataFrame(made, index=raw.index, copy=False)
        found = found.loc[~bad].reset_index(drop=True) if bad.any() else found
        return self.finish(found)

    def report(self, raw, n, wrong, what):
        """Set aside the rows of the mask, which cannot be read in column n; returns the mask."""
        for at in np.flatnonzero(wrong):
            cells = ["" if pd.isna(cell) else str(cell) for cell in raw.iloc[at].drop("rowid")]
            self.set_aside(
                self.lines[raw["rowid"].iloc[at]],
                f"'{str(raw[f'v{n}'].iloc[at])[:40]}' in '{self.table.header[n]}' {what}",
                cells,
            )
        return wrong

    def finish(self, found):
        """Days, periods, rates made from counts; columns in order."""
        if {"period_start", "period_end"} <= set(found):
            one_day = found["period_start"].dt.normalize() == found["period_end"].dt.normalize()
            day = found["period_start"].where(one_day)
            found["date"] = found["date"].fillna(day) if "date" in found else day
            periods = int(found["date"].isna().sum())
            if periods:
                self.notes.append(
                    f"{periods} rows stand for a period, not for a day; do not chart them by date."
                )
        columns, rates = names.vocabulary()
        found = with_rates(found.rename(columns={rate: f"{rate}_reported" for rate in rates}))
        order = [name for name in columns if name in found]
        return found[order + [name for name in found if name not in order]]

    def about(self, found):
        """What .attrs tells."""
        table, entry = self.table, self.entry
        period = values.days_in(table.preamble) or span_of(found)
        for column in ("reach", "users", "readers", "frequency", "position", "new_users"):
            if column in found:
                self.notes.append(f"{column} must not be added up over rows.")
        rows = {"out": len(found), "totals": len(self.totals), "set_aside": len(self.aside)}
        return {
            "platform": table.platform, "platform_title": entry["title"], "confidence": table.confidence,
            "title": title_of(table), "table": table.name, "period": period and tuple(day.strftime("%Y-%m-%d") for day in period),
            "currency": self.currency(found), "time_zone": self.time_zone(), "attribution": one_of(found, "attribution"),
            "delimiter": table.delimiter, "decimal": self.decimal, "header_row": table.header_row,
            "headers": dict(zip(self.labels, table.header, strict=True)),
            "rows": {"in": sum(rows.values()), **rows, "blank": self.blank}, "totals": [*self.totals, *table.stated],
            "set_aside": sorted(self.aside, key=lambda one: one["row"]),
            "dropped_columns": [table.header[n] for n in self.personal],
            "preamble": table.preamble, "notes": [*self.notes, *entry.get("notes", [])],
        }  # fmt: skip

    def currency(self, found):
        """Currency of the money: from headers, a column, or the platform; a list if there are several, None if unknown."""
        told = {match.group(1) for one in self.table.header if (match := names.CURRENCY.search(one))}
        if not told and "currency" in found:
            told = set(found["currency"].dropna().unique())
        if not told and any("(元)" in one.replace("（", "(").replace("）", ")") for one in self.table.header):
            told = {"CNY"}
        told = sorted(told) or [self.entry["currency"]] if told or self.entry.get("currency") else [None]
        return told[0] if len(told) == 1 else told

    def time_zone(self):
        """Zone that the preamble names, or the offset that all times carry; None if there is none."""
        found = re.search(
            r"\b(?:GMT|UTC)\s*[+-]\s*\d{1,2}(?::?\d{2})?|(?:time ?zone|时区)\s*[:：]\s*(\S.*)",
            " ".join(self.table.preamble),
            re.I,
        )
        if found:
            return (found.group(1) or found.group(0)).strip()
        places = [n for n, kind in enumerate(self.kinds) if kind == "date" and n not in self.personal]
        zones = set()
        for n in places:
            query = f"SELECT DISTINCT regexp_extract(c{n}, '\\d:\\d{{2}}\\s*([+-]\\d{{2}}:?\\d{{2}}|Z|UTC)$', 1) FROM cells WHERE contains(c{n}, ':')"
            zones |= {zone for (zone,) in self.con.execute(query).fetchall() if zone}
        return sorted(zones) if len(zones) > 1 else next(iter(zones), None)


def with_rates(frame, without=()):
    """The frame with every rate that its counts give, NaN where there is nothing to divide by."""
    made, bases = {}, {}
    for rate, (over, under, factor) in names.vocabulary()[1].items():
        if over in frame and under in frame and rate not in without:
            if under not in bases:
                base = frame[under].astype(float)
                bases[under] = base.where(base > 0)
            top = frame[over].astype(float)
            made[rate] = (top if factor == 1 else factor * top) / bases[under]
    return frame.assign(**made)


def whole(column):
    """Integers where all values are whole (nullable if some are missing), else the column as it is."""
    if column.dtype.kind == "i" and (column.abs() <= 2**53).all():
        return column
    numbers = column.to_numpy(dtype=float)
    filled = ~np.isnan(numbers)
    if (np.abs(numbers[filled]) > 2**53).any() or (numbers[filled] % 1 != 0).any():
        return column
    return column.astype("int64") if filled.all() else column.astype("Int64")


def span_of(found):
    """First and last day of the rows, or None."""
    for first, last in (("period_start", "period_end"), ("date", "date"), ("created_at", "created_at")):
        if first in found and last in found and found[first].notna().any() and found[last].notna().any():
            return found[first].min(), found[last].max()
    return None


def one_of(found, column):
    """The one value of a column, the list of several, None without the column or a value."""
    told = sorted(found[column].dropna().unique()) if column in found else []
    return told[0] if len(told) == 1 else told or None


def title_of(table):
    """The report's own title: the first line of the preamble that is a name and no date."""
    for line in table.preamble:
        text = line.strip('# -"').strip()
        if text and not re.search(r"\d{4}", text) and ":" not in text.split(" ")[0] and "：" not in text:
            return text
    return None
