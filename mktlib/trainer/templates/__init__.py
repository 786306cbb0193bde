"""Templates of questions: the same idea as a lesson's exercise, asked of another campaign, month or group each time.

    @template("J01")
    def ctr(draw):
        campaign, month = draw.of(CAMPAIGNS), draw.month()
        rows = ...
        return task(f"Compute the CTR of `{campaign}` in {month.words}.", right, "fraction", AVG_OF_RATIOS=..., WRONG_DENOM=...)

A template draws what it asks about, computes the right answer and the tempting wrong ones from the active world, and names
each wrong one by its code. Nothing in this folder holds an answer: it comes with the seed, which only the trainer has.
"""

import random
from dataclasses import dataclass
from importlib import import_module
from typing import NamedTuple

import pandas as pd

STORES = ["jd", "live", "own", "tmall"]
TIERS = ["active", "cooling", "dormant", "loyal"]

LEVELS = {"J": "junior", "M": "mid", "S": "senior"}
TEMPLATES = {}


class Window(NamedTuple):
    """Days from `start` up to, but not including, `end`, and how a question names them."""

    start: pd.Timestamp
    end: pd.Timestamp
    words: str

    def of(self, table, column="date"):
        """The rows whose `column` (days or times) lies in the window."""
        return table[(table[column] >= self.start) & (table[column] < self.end)]

    @property
    def days(self):
        return (self.end - self.start).days


class Draw(random.Random):
    """The lot of one question: the same text of a seed draws the same."""

    def of(self, values):
        """One of the values (any order that is the same each time)."""
        return self.choice(list(values))

    def month(self, first="2025-01", last="2025-12"):
        """A calendar month between two months, both included."""
        start = self.of(pd.period_range(first, last, freq="M")).to_timestamp()
        return Window(start, start + pd.offsets.MonthBegin(1), f"{start:%B %Y}")

    def quarter(self, first="2024Q1", last="2025Q4"):
        """A calendar quarter between two quarters, both included."""
        one = self.of(pd.period_range(first, last, freq="Q"))
        start = one.to_timestamp()
        return Window(
            start, start + pd.offsets.MonthBegin(3), f"the {_NTH[one.quarter - 1]} quarter of {one.year}"
        )

    def span(self, days, first, last):
        """So many days in a row that lie between two days, both included."""
        start = self.of(pd.date_range(first, pd.Timestamp(last) - pd.Timedelta(days=days - 1)))
        return between(start, start + pd.Timedelta(days=days - 1))


_NTH = ("first", "second", "third", "fourth")


def day(value):
    """The date as a question names it."""
    return f"{value.day} {value:%B %Y}"


def days_of(number):
    return pd.Timedelta(days=number)


def between(first, last):
    """The Window of two days, both included."""
    first, last = pd.Timestamp(first), pd.Timestamp(last)
    words = f"{day(first)} to {day(last)}, both included"
    return Window(first, last + pd.Timedelta(days=1), words)


@dataclass(frozen=True)
class Task:
    """One question with its answers, all of them numbers: `wrongs` is {code: value}, in the order in which they are worth naming."""

    asks: str
    right: float
    unit: str
    wrongs: dict


def task(asks, right, unit="times", **wrongs):
    """A Task. The unit is one of mktlib.course.text.FORMATS; wrong answers are named by their codes."""
    return Task(" ".join(asks.split()), right, unit, wrongs)


@dataclass(frozen=True)
class Template:
    """A named way of making a question of a lesson."""

    lesson: str
    name: str
    title: str
    make: object


def template(lesson):
    """Decorator: a function of a Draw that returns a Task; the first line of its docstring is the title."""

    def add(function):
        title = function.__doc__.strip().splitlines()[0].rstrip(".")
        TEMPLATES.setdefault(lesson, []).append(Template(lesson, function.__name__, title, function))
        return function

    return add


def of_lesson(lesson):
    """The templates of a lesson, in the order in which they are written; an empty list where there are none."""
    level = LEVELS.get(lesson[:1])
    if level:
        import_module(f"{__name__}.{level}")
    return TEMPLATES.get(lesson, [])


def lessons():
    """The lessons that have templates, in the order of the course."""
    for level in LEVELS.values():
        import_module(f"{__name__}.{level}")
    return sorted(TEMPLATES, key=lambda one: (list(LEVELS).index(one[0]), one))


# ---------------------------------------------------------------- what several templates need


def rates(table, numerator, denominator, by):
    """Ratio of sums in each group that has something to divide by: a Series."""
    sums = table.groupby(by)[[numerator, denominator]].sum()
    sums = sums[sums[denominator] > 0]
    return sums[numerator] / sums[denominator]


def over(table, numerator, denominator):
    """Sum over sum of two columns."""
    return table[numerator].sum() / table[denominator].sum()


def paid(orders):
    """Orders that were paid."""
    return orders[orders["status"] == "paid"]
