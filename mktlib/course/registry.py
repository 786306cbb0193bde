"""Exercises and predictions as lessons define them: right answers and named wrong ones, computed from the active world.

    @exercise("J01.1", title="CTR of one campaign in June", kind="number", unit="fraction", minutes=(3, 6),
              practises=["R180"], section="A rate of rates", selfcheck={"grain": "one row is ..."})
    def june_ctr(feed_ads_daily):
        '''Clicks of the month over impressions of the month.'''
        ...
        return clicks / impressions

    @june_ctr.mistake("AVG_OF_RATIOS", repair="How many impressions stand behind each of the 30 rates?")
    def _(feed_ads_daily):
        '''You averaged thirty daily rates. ...'''          # the belief, as the learner reads it
        return wrong(value, shows={"label": "12%"}, cost="Lin would have ... CNY 12,000")

Parameters are tables by name (and `truth`, the world's answer key); the engine loads its own copies.
"""

import csv
import inspect
import pkgutil
import textwrap
from dataclasses import dataclass, field
from functools import cache, wraps
from importlib import import_module
from importlib.resources import files

from mktlib import data

_EXERCISES = {}


class AuthorError(Exception):
    """An exercise is written wrongly: for authors, raised at import and in tests, never in a lesson."""


@dataclass(frozen=True)
class Wrong:
    """A wrong answer as computed from the world.

    value   in the form of the right answer
    shows   {label: text}: two or more numbers side by side that make the mistake visible; never the answer
    cost    a sentence with the yuan that the decision would have cost, or '' where no decision changes
    """

    value: object
    shows: dict = field(default_factory=dict)
    cost: str = ""


def wrong(value, shows=None, cost=""):
    """A wrong answer with what makes it visible; see Wrong."""
    return Wrong(value, shows or {}, cost)


def unless_near(found, *others, within=0.01):
    """The number of a slip, or None in a world in which it all but comes to the right one or to that of another fault."""
    return None if any(abs(found - one) <= within * max(abs(found), abs(one)) for one in others) else found


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that people really give: its code, the belief behind it and a question that repairs it."""

    code: str
    belief: str
    repair: str
    compute: object

    def value(self, table):
        result = call(self.compute, table)
        return result if isinstance(result, Wrong) else Wrong(result)


@dataclass(frozen=True)
class Criterion:
    """One criterion of a rubric: what is judged, its weight, and per level (1 to 4) a description and an exemplar paragraph.

    An exemplar may quote facts of the world in braces, "{visits}": keys of what the exercise's function returns.
    """

    title: str
    weight: float
    levels: tuple
    exemplars: tuple

    def __post_init__(self):
        if len(self.levels) != 4 or len(self.exemplars) != 4 or not self.weight > 0:
            raise AuthorError(f"the criterion {self.title!r} needs a weight, four levels and four exemplars")


@dataclass(eq=False)
class Exercise:
    """One question of a lesson; see the module's docstring and `exercise` for its fields."""

    id: str
    title: str
    kind: str
    compute: object
    explain: str = ""
    minutes: tuple = (2, 5)
    points: int = 1
    practises: tuple = ()
    section: str = ""
    unit: object = "times"
    tolerance: float = 0.005
    options: dict = field(default_factory=dict)
    lines: dict = field(default_factory=dict)
    bounds: tuple = (None, None)
    selfcheck: dict = field(default_factory=dict)
    mistakes: list = field(default_factory=list)
    slips: list = field(default_factory=list)
    conventions: dict = field(default_factory=dict)
    hint_texts: tuple = ()
    criteria: dict = field(default_factory=dict)
    page: str = ""

    @property
    def lesson(self):
        return self.id.partition(".")[0]

    def right(self, table):
        """The right answer in the world whose tables `table(name)` gives."""
        return call(self.compute, table)

    def mistake(self, code, repair):
        """Decorator: a function of tables that gives the wrong answer; its docstring is the belief."""
        if code not in misconceptions():
            raise AuthorError(f"{self.id}: '{code}' is not a code of misconceptions.csv")
        if code in {m.code for m in self.mistakes}:
            raise AuthorError(f"{self.id}: the mistake {code} is defined twice")

        def add(function):
            self.mistakes.append(Mistake(code, said(function, self.id), repair, function))
            return function

        return add

    def slip(self, what):
        """Decorator: a wrong answer that comes from reading the question loosely, not from a belief.

        what   the key of `selfcheck` that the learner should compare ("window", "filter"); the docstring says what
               was done instead. No code, no cost: the verdict stays "incorrect" and names what to look at.
        """
        if what not in self.selfcheck:
            raise AuthorError(f"{self.id}: the slip '{what}' is no key of selfcheck")

        def add(function):
            self.slips.append((what, said(function, self.id), function))
            return function

        return add

    def also(self, convention):
        """Decorator: another honest definition, accepted when the learner names it with check(..., convention=...)."""

        def add(function):
            self.conventions[convention] = function
            return function

        return add

    def hints(self, *texts):
        self.hint_texts = texts


def exercise(id, *, title, kind, **fields):
    """Decorator that registers an exercise; the function below it computes the right answer from tables.

    id          'J01.1'; retrieval questions are 'J01.r1'
    kind        number, table, set, ranking, choice, parsons, memo, rubric
    minutes     (fast, slow); points for graders; practises: requirement ids; section: heading to go back to
    unit        fraction, pp, CNY, count, times, text, date; a dict by column or key for tables
    tolerance   relative, for numbers
    options     {letter: text} of a choice; lines: {letter: code} of a Parsons task; criteria: {key: Criterion} of a rubric
    page        name of the file in mktlib.workbook.reports() that a rubric judges
    bounds      (low, high) that a number cannot leave, None for open
    selfcheck   {"grain": ..., "denominator": ..., "window": ..., "filter": ...}: what to compare when no mistake matches
    """

    def register(function):
        if id in _EXERCISES:
            raise AuthorError(f"{id} is defined twice")
        fields["practises"] = tuple(fields.get("practises", ()))
        one = Exercise(id, title, kind, function, explain=said(function, id), **fields)
        _EXERCISES[id] = one
        return one

    return register


def prediction(id, *, title, **fields):
    """Decorator that registers a prediction ('J01.a'): a number that the learner commits to before a cell runs."""
    return exercise(id, title=title, kind="prediction", points=0, minutes=(1, 1), **fields)


def said(function, id):
    """The docstring of an author's function as one paragraph; an exercise without words is an author's error."""
    if not function.__doc__:
        raise AuthorError(f"{id}: the function at line {function.__code__.co_firstlineno} has no docstring")
    return " ".join(textwrap.dedent(function.__doc__).split())


def call(function, table):
    """The result of an author's function, whose parameters are names that `table` turns into tables."""
    return function(**{name: table(name) for name in inspect.signature(function).parameters})


def per_world(function):
    """Decorator for what several answers of a lesson need from whole tables: computed once in each world.

    The function's arguments are tables as they are loaded, never a part of one; nobody changes what it returns.
    """
    kept = {}

    @wraps(function)
    def once(*tables):
        world = data.fingerprint()
        if world not in kept:
            while len(kept) >= 4:  # a grader meets a world for each student
                kept.pop(next(iter(kept)))
            kept[world] = function(*tables)
        return kept[world]

    return once


def get(id):
    """The exercise or prediction of that id, or None. Imports the module of its lesson on first use."""
    lesson = id.partition(".")[0].lower()
    if lesson in lessons():
        import_module(f"mktlib.exercises.{lesson}")
    return _EXERCISES.get(id)


@cache
def lessons():
    """Names of the modules in mktlib/exercises, in the order of the course."""
    import mktlib.exercises

    found = [module.name for module in pkgutil.iter_modules(mktlib.exercises.__path__)]
    return sorted(found, key=lambda name: ("njms".find(name[0]), name.endswith("c"), name))


def every():
    """All exercises and predictions, lesson by lesson, in the order in which the lessons define them."""
    for lesson in lessons():
        import_module(f"mktlib.exercises.{lesson}")
    rank = {lesson: place for place, lesson in enumerate(lessons())}
    return sorted(_EXERCISES.values(), key=lambda one: rank.get(one.lesson.lower(), len(rank)))


def exercises():
    """All exercises without the predictions."""
    return [one for one in every() if one.kind != "prediction"]


def as_json():
    """What `python -m mktlib exercises --json` prints: a list of plain dicts."""
    return [
        {
            "id": one.id,
            "lesson": one.lesson,
            "title": one.title,
            "kind": one.kind,
            "points": one.points,
            "minutes": list(one.minutes),
            "practises": list(one.practises),
            "mistakes": [m.code for m in one.mistakes],
            "hints": len(one.hint_texts),
        }
        for one in exercises()
    ]


@cache
def misconceptions():
    """{code: {family, rule, lessons, name}} of the catalogue of mistakes."""
    text = files("mktlib.course").joinpath("misconceptions.csv").read_text(encoding="utf-8")
    return {row.pop("code"): row for row in csv.DictReader(text.splitlines())}
