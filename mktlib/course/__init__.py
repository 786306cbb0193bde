"""How a lesson talks to a learner: exercises with named mistakes, predictions, hints, progress.

Authors use `exercise` and `prediction` (and `wrong`, `per_world`, the formatters) in mktlib/exercises; learners use the rest.
"""

from mktlib.course.checking import check, hint, predict, solution
from mktlib.course.placement import placement
from mktlib.course.progress import progress
from mktlib.course.registry import exercise, per_world, prediction, unless_near, wrong
from mktlib.course.review import review
from mktlib.course.verdict import Verdict

__all__ = [
    "Verdict",
    "check",
    "exercise",
    "hint",
    "per_world",
    "placement",
    "predict",
    "prediction",
    "progress",
    "review",
    "solution",
    "unless_near",
    "wrong",
]
