"""From whatever a learner typed to plain values: numbers, labels, days. Says in words what cannot be read."""

import math
import numbers
import re

from mktlib.course import text

LARGEST = 100_000  # labels or rows; a longer answer is refused before it is walked


class Unreadable(Exception):
    """The answer is of another type than the exercise asks for; the message says what was expected and what came."""


class Unattempted(Exception):
    """The answer, or a part of it, still is the stub's `...`."""


def untouched(answer):
    """Whether an answer is the stub's `...`, or a dict or list of nothing else."""
    parts = answer.values() if type(answer) is dict else answer if type(answer) in (list, tuple) else ()
    return answer is Ellipsis or (0 < len(parts) <= 100 and all(one is Ellipsis for one in parts))


def came(answer):
    return f"what came is {text.plain(answer)} (type {type(answer).__name__})"


def of_pandas(answer):
    return type(answer).__module__.partition(".")[0] in {"pandas", "numpy"}


def is_array(answer):
    """A pandas or numpy container with at least one axis."""
    return of_pandas(answer) and bool(getattr(answer, "shape", ()))


_NUMBER = re.compile(
    r"^(?:(-?)(?:CNY|RMB|¥|￥))?\s*([+-]?[\d,]*\.?\d+(?:e[+-]?\d{1,3})?)\s*(%|％|pp|元|万)?$", re.IGNORECASE
)
_FACTORS = {"%": 0.01, "％": 0.01, "pp": 0.01, "万": 10_000}


def number(answer, unit="times"):
    """A finite float from a number, a text like '1.6%' or 'CNY 1,234', or a container that holds exactly one."""
    if answer is Ellipsis:
        raise Unattempted
    if answer is None:
        raise Unreadable(
            "None came. A cell that ends with print(...), or a function without return, gives None."
        )
    if isinstance(answer, str):
        return _from_text(answer, unit)
    if isinstance(answer, (list, tuple)) or is_array(answer):
        return number(_only_element(answer), unit)
    if of_pandas(answer) and getattr(answer, "shape", None) == () and hasattr(answer, "item"):
        answer = answer.item()
    if type(answer).__name__ in {"bool", "bool_"}:
        raise Unreadable("True or False came; a number is asked for.")
    if type(answer).__name__ in {"NaTType", "NAType"}:
        raise Unreadable("A missing value came. Which step had nothing to compute with?")
    if not isinstance(answer, numbers.Number) and type(answer).__name__ != "Decimal":
        raise Unreadable(f"A number is asked for; {came(answer)}.")
    return _finite(answer)


def _finite(answer):
    try:
        value = float(answer)
    except (TypeError, ValueError, OverflowError):
        raise Unreadable(f"A plain number is asked for; {came(answer)}.") from None
    if math.isnan(value):
        raise Unreadable(
            "NaN came: a missing value took part, or nothing was divided by nothing. Which rows are left?"
        )
    if math.isinf(value):
        raise Unreadable(
            "An infinite number came: something was divided by zero. Which denominator is empty?"
        )
    return value


def _from_text(answer, unit):
    if not answer.strip():
        raise Unattempted
    found = _NUMBER.match(answer.strip()) if len(answer) <= 40 else None
    if not found:
        raise Unreadable(f"A number is asked for; a text came: {text.plain(answer)}.")
    sign, digits, suffix = found[1], found[2].replace(",", ""), (found[3] or "").casefold()
    if suffix in {"%", "％", "pp"} and unit not in {"fraction", "pp"}:
        raise Unreadable(f"A percentage came, {text.plain(answer)}; this question is not asked in percent.")
    return (-1 if sign else 1) * _finite(digits) * _FACTORS.get(suffix, 1)


def _only_element(answer):
    size = answer.size if hasattr(answer, "size") else len(answer)
    if size != 1:
        what = f"{type(answer).__name__} with {size:,} values"
        raise Unreadable(f"One number is asked for; a {what} came. Which step brings it down to one?")
    if hasattr(answer, "to_numpy"):
        answer = answer.to_numpy()
    element = answer.item() if hasattr(answer, "item") else answer[0]
    if isinstance(element, (list, tuple)):
        raise Unreadable(f"One number is asked for; {came(answer)}.")
    return element


def label(value):
    """A key or label as text: dates as 2025-06-01, whole floats as integers, letters folded, tuples joined by ' / '."""
    if isinstance(value, tuple):
        return " / ".join(map(label, value))
    if hasattr(value, "isoformat"):
        return value.isoformat().removesuffix("T00:00:00")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, (str, numbers.Number)) and not of_pandas(value):
        raise Unreadable(f"A label is asked for; {came(value)}.")
    return str(value)[:200].strip().casefold()


def labels(answer):
    """A list of labels from a list, set, Series, Index, array, dict, one-column frame or 'a, b, c'."""
    if answer is Ellipsis:
        raise Unattempted
    if answer is None:
        raise Unreadable("None came; several labels are asked for, as a list.")
    if isinstance(answer, str):
        answer = [part for part in re.split(r"[,;，；、\n]", answer[:5000]) if part.strip()]
        if not answer:
            raise Unattempted
    if hasattr(answer, "columns") and is_array(answer):
        if answer.shape[1] != 1:
            raise Unreadable(
                f"One column of labels is asked for; a table with {answer.shape[1]} columns came."
            )
        answer = answer.iloc[:, 0]
    if not isinstance(answer, (list, tuple, set, frozenset, dict)) and not is_array(answer):
        raise Unreadable(f"A list of labels is asked for; {came(answer)}.")
    if len(answer) > LARGEST:
        raise Unreadable(f"A few labels are asked for; {len(answer):,} came.")
    if any(one is Ellipsis for one in answer):
        raise Unattempted
    return [label(one) for one in answer]


def index_labels(answer):
    """The labels of a Series' index, or an empty list: a ranked Series holds its labels there."""
    if (
        of_pandas(answer)
        and hasattr(answer, "index")
        and not hasattr(answer, "columns")
        and len(answer) <= LARGEST
    ):
        return [label(one) for one in answer.index]
    return []


def day(value):
    """A calendar day as 'YYYY-MM-DD' from a date, Timestamp or text."""
    if value is Ellipsis:
        raise Unattempted
    import pandas as pd

    asked = f'a day is asked for, such as "2025-06-01"; {came(value)}'
    if isinstance(value, numbers.Number):
        raise Unreadable(asked)
    try:
        found = pd.Timestamp(value[:40] if isinstance(value, str) else value)
    except (ValueError, TypeError, OverflowError):
        raise Unreadable(asked) from None
    if found is pd.NaT:
        raise Unreadable(asked)
    return found.date().isoformat()


def word(value):
    """A folded word."""
    if value is Ellipsis:
        raise Unattempted
    if not isinstance(value, str):
        raise Unreadable(f"a word is asked for; {came(value)}")
    return label(value)


def confidence(value):
    """A whole number from 1 to 5."""
    found = number(value)
    if found not in {1, 2, 3, 4, 5}:
        raise Unreadable("Confidence is a whole number from 1 (a coin toss) to 5 (you would bet on it).")
    return int(found)


_IN_LINE = re.compile(
    r"(?:(?<![A-Za-z\d_.])|(?<=CNY)|(?<=RMB))([-+]?\d[\d,]*(?:\.\d+)?)\s*(%|％|pp\b|(?:percentage )?points?\b|个?百分点|万|亿|千|k\b|thousand\b|million\b|(?<=\d)m\b)?",
    re.IGNORECASE,
)
_IN_WORDS = {"万": 1e4, "亿": 1e8, "千": 1e3, "k": 1e3, "thousand": 1e3, "million": 1e6, "m": 1e6}
_IN_WORDS |= dict.fromkeys(
    ("point", "points", "percentage point", "percentage points", "百分点", "个百分点"), 0.01
)


def numbers_in(line):
    """All numbers of a line, not those of ids such as C09; percentages as fractions. "12k", "12 thousand" and "1.2万" give both readings, 12000 and the
    bare 12 (or 1.2): the question may have asked for thousands. So does "1.5 points", 0.015 and 1.5."""
    found = []
    for one, suffix in _IN_LINE.findall(line):
        value, suffix = float(one.replace(",", "")), suffix.casefold()
        found.append(value * _FACTORS.get(suffix, 1))
        if suffix in _IN_WORDS:
            found[-1:] = [value * _IN_WORDS[suffix], value]
    return found
