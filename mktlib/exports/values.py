"""From texts to numbers, dates and durations. One locale a file; what is missing stays missing; what is no number is told."""

import math
import re
import unicodedata
from datetime import datetime

import numpy as np
import pandas as pd

from .errors import ExportError

MISSING = ("", "-", "--", "—", "n/a", "na", "nan", "null", "none", "(not set)", "#n/a", "#div/0!", "∞")
NO_NAME = ("", "-", "--", "—", "n/a", "(not set)")  # a keyword may be called "none"
SPACES = "\u00a0\u202f "  # which some countries put between thousands
SIGN = re.compile(r"^(?:[¥￥$€£]|CNY|USD|EUR|GBP)\s*|\s*(?:[¥￥$€£元]|CNY|USD|EUR|GBP)$")
CENSORED = re.compile(r"[<>＜＞]\s*[\d.,]+\s*%?")
DOTTED = re.compile(r"[-+]?(?:\d+|[1-9]\d{0,2}(?:,\d{2,3})*,\d{3})?(?:\.\d*)?(?:[eE][-+]?\d+)?")
COMMAED = re.compile(rf"[-+]?(?:\d+|\d{{1,3}}(?:[.{SPACES}']\d{{3}})+)?(?:,\d*)?")
COMMA_ONLY = re.compile(rf"\d,\d{{1,2}}\s*%?$|\d\.\d{{3}},\d|\d,\d{{4,}}|[{SPACES}]\d{{3}},\d|^[-+]?0,\d")
DOT_ONLY = r"\d\.\d{1,2}\s*%?$|,\d{3}\.\d|\d\.\d{4,}|^[-+]?0\.\d"


def quoted(text):
    """An SQL string."""
    return "'" + text.replace("'", "''") + "'"


def bare(text):
    """A cell without what spreadsheets wrap around it: ="..." and a leading apostrophe."""
    text = text.strip()
    if text.startswith("="):
        return text.lstrip("=").replace('"', "").strip()
    return text.lstrip("'").strip() if text.startswith("'") else text


def is_missing(text):
    """Whether a cell stands for a number that is not there."""
    return text is None or text.strip().casefold() in MISSING


def as_number(text, decimal="."):
    """A cell as a float, percent as a fraction; NaN where it is missing or censored ('< 10%'); None if it is no number."""
    if is_missing(text) or CENSORED.fullmatch(bare(text)):
        return math.nan
    plain = unicodedata.normalize("NFKC", bare(text)) if not text.isascii() else bare(text)
    percent = plain.endswith("%")
    plain = SIGN.sub("", plain.rstrip("% ")).strip()
    if not any(letter.isdigit() for letter in plain):
        return None
    if decimal == ",":
        if not COMMAED.fullmatch(plain):
            return None
        plain = re.sub(r"[^0-9,+-]", "", plain).replace(",", ".")
    elif not DOTTED.fullmatch(plain):
        return None
    try:
        value = float(plain.replace(",", ""))
    except ValueError:
        return None
    return None if math.isinf(value) else value / 100 if percent else value


def number_sql(cell):
    """SQL that reads the usual ways to write a number with decimal point; NULL leaves the others to `as_number`."""
    grouped = r"'[-+]?[1-9]\d{0,2}(,\d{2,3})*,\d{3}(\.\d*)?'"
    return (
        f"CASE WHEN ends_with({cell}, '%') THEN TRY_CAST(substring({cell}, 1, strlen({cell}) - 1) AS DOUBLE) / 100 "
        f"WHEN contains({cell}, ',') THEN CASE WHEN regexp_full_match({cell}, {grouped}) "
        f"THEN TRY_CAST(replace({cell}, ',', '') AS DOUBLE) END ELSE TRY_CAST({cell} AS DOUBLE) END"
    )


def name(text):
    """A text trimmed and unwrapped; None where it is missing."""
    return None if text.strip().casefold() in NO_NAME else bare(text)


def name_sql(cell):
    """SQL of the same."""
    missing = " OR ".join(
        f"lower(trim({cell})) = {quoted(one)}" for one in NO_NAME
    )  # IN would become a join a column
    return (
        f"CASE WHEN strlen({cell}) < 12 AND ({missing}) THEN NULL "
        f"WHEN starts_with({cell}, '=') THEN trim(replace(ltrim({cell}, '='), '\"', '')) "
        f"WHEN starts_with({cell}, '''') THEN trim(ltrim({cell}, '''')) ELSE trim({cell}) END"
    )


MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
CLOCK = r"(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([ap]m)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?)?"
YEAR_FIRST = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?" + CLOCK + "$", re.I)
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})" + CLOCK + "$", re.I)
NAMED = re.compile(r"([a-z]{3})[a-z]*\.?\s+(\d{1,2}),?\s+(\d{4})" + CLOCK + "$", re.I)
DAY_NAMED = re.compile(r"(\d{1,2})[- ]([a-z]{3})[a-z]*\.?[- ](\d{4})" + CLOCK + "$", re.I)
SLASHED = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})" + CLOCK + "$", re.I)
BETWEEN = re.compile(r"\s*(?:至|到|~|～|—|–| - | to )\s*")
COMPACT_PAIR = re.compile(r"(\d{8})\s*[-~至]\s*(\d{8})$")


def one_date(text, dayfirst=None):
    """A datetime (in the zone as written, naive) from the ways in which platforms write days and times, or None."""
    text = unicodedata.normalize("NFKC", text).strip().strip("\"'=").strip()
    for pattern, order in ((YEAR_FIRST, "ymd"), (COMPACT, "ymd"), (NAMED, "bdy"), (DAY_NAMED, "dby"),
                           (SLASHED, "dmy" if dayfirst else "mdy")):  # fmt: skip
        found = pattern.match(text)
        if found:
            part = dict(zip(order, found.groups()[:3], strict=True))
            month = MONTHS.get(part["b"].casefold()) if "b" in part else int(part["m"])
            hour, minute, second, half, _ = found.groups()[3:]
            hour = int(hour or 0) % 12 + 12 * (half.casefold() == "pm") if half else int(hour or 0)
            try:
                return datetime(
                    int(part["y"]), month or 0, int(part["d"]), hour, int(minute or 0), int(second or 0)
                )
            except ValueError:
                return None
    return None


def span(text, dayfirst=None):
    """First and last moment that a cell names, equal for a single day; None if it names none."""
    pair = COMPACT_PAIR.match(text.strip().strip("\"'=").strip())
    parts = pair.groups() if pair else BETWEEN.split(text.strip(), maxsplit=1)
    moments = [one_date(part, dayfirst) for part in parts]
    return None if None in moments or moments[0] > moments[-1] else (moments[0], moments[-1])


def order_of_days(texts, dayfirst, platform, header):
    """Whether the day stands before the month in dates such as 03/05/2026; an error if nothing tells."""
    if dayfirst is not None:
        return dayfirst
    pairs = [tuple(map(int, found.groups()[:2])) for found in map(SLASHED.match, texts) if found]
    first, second = any(one > 12 for one, _ in pairs), any(two > 12 for _, two in pairs)
    if first and second:
        raise ExportError("Dates with the day first and dates with the month first stand in one file.",
                          "export the report once more.", platform, header)  # fmt: skip
    if pairs and not first and not second and any(one != two for one, two in pairs):
        raise ExportError(f"'{next(t for t in texts if SLASHED.match(t))}' may be two days: day or month first?",
                          "say it: read(..., dayfirst=True) or dayfirst=False.", platform, header)  # fmt: skip
    return first


def as_dates(column, dayfirst, platform, header):
    """Start and end of each cell (datetime64) and the mask of cells that are filled but no date."""
    codes, texts = pd.factorize(column)
    order = order_of_days(list(texts), dayfirst, platform, header)
    spans = [span(text, order) for text in texts]
    none = np.array(
        [text.strip().startswith("0000-00-00") for text in texts] + [False], dtype=bool
    )  # a database's way to say: never
    starts = pd.Series([one[0] if one else pd.NaT for one in spans] + [pd.NaT], dtype="datetime64[s]")
    ends = pd.Series([one[1] if one else pd.NaT for one in spans] + [pd.NaT], dtype="datetime64[s]")
    start, end = (one.take(codes).reset_index(drop=True) for one in (starts, ends))
    return start, end, (codes >= 0) & start.isna().to_numpy() & ~none[codes]


def as_seconds(text):
    """Seconds of '00:02:31', '02:31' or '151.3'; None if it is no duration."""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    if re.fullmatch(r"(\d+:)?\d{1,3}:\d{2}(\.\d+)?", text):
        total = 0.0
        for part in text.split(":"):
            total = total * 60 + float(part)
        return total
    return None


def days_in(lines):
    """First and last day that the preamble names, without the moment at which the report was made; or None."""
    found = []
    for line in lines:
        if re.search(r"生成时间|generated|Keyword Stats|downloaded", line, re.I):
            continue
        text = unicodedata.normalize("NFKC", line)
        for pattern in (
            r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}",
            r"(?<!\d)20\d{6}(?!\d)",
            r"[A-Z][a-z]{2,8}\.? \d{1,2}, \d{4}",
        ):
            found += [day for day in map(one_date, re.findall(pattern, text)) if day]
    return (min(found), max(found)) if found else None
