"""Numbers, objects and answers as text that is safe to show: short, readable, never raising."""

import numbers
import re
import reprlib

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


class _Short(reprlib.Repr):
    def repr_instance(self, answer, level):
        return _ADDRESS.sub("", repr(answer))  # reprlib would hide an error and show an address


_SHORT = _Short()
_SHORT.maxstring = _SHORT.maxother = 60
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxset = _SHORT.maxdict = 4
_SHORT.maxlevel = 2


def percent(fraction, digits=1):
    """0.016 -> '1.6%'."""
    return f"{fraction * 100:.{digits}f}%"


def points(fraction, digits=1):
    """A difference of two rates in percentage points: 0.004 -> '+0.4 pp'."""
    return f"{fraction * 100:+.{digits}f} pp"


def yuan(amount, digits=None):
    """1234.5 -> 'CNY 1,234'; amounts below 100 keep two decimals, unless digits says otherwise."""
    if digits is None:
        digits = 2 if abs(amount) < 100 else 0
    return f"CNY {amount:,.{digits}f}"


def count(number):
    """1234567 -> '1,234,567'."""
    return f"{number:,.0f}"


def times(ratio, digits=1):
    """2.4 -> '2.4 times'."""
    return f"{ratio:.{digits}f} times"


FORMATS = {
    "fraction": lambda value: f"{value:.4g} ({percent(value, 2)})",
    "pp": points,
    "CNY": yuan,
    "count": count,
    "times": lambda value: count(value) if abs(value) >= 10_000 else f"{value:.4g}",
    "text": str,
    "date": str,
}


def number(value, unit="times"):
    """A value in its unit, for feedback."""
    return FORMATS[unit](value)


def plain(answer, limit=80):
    """One short line for any object: never raises, never walks a large one."""
    try:
        return _plain(answer)[:limit]
    except Exception:
        return f"an object of type {type(answer).__name__} that cannot be shown"


def _plain(answer):
    if isinstance(answer, numbers.Real) and not isinstance(answer, int):
        return f"{float(answer):.6g}"
    if (
        type(answer).__module__.partition(".")[0] in {"pandas", "numpy"}
        and hasattr(answer, "shape")
        and answer.shape
    ):
        return f"{type(answer).__name__} of shape {answer.shape}"
    return " ".join(_SHORT.repr(answer).split())
