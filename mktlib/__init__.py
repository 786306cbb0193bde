"""Helper package of the marketing workbook: course engine, brand world, metric toolbox.

A learner types three calls, `check`, `predict` and `hint`; `load` gives the brand's tables. Everything is imported
on first use, so that `import mktlib` stays below 0.3 s.
"""

from importlib import import_module

__version__ = "0.1.0"

_HOME = {
    "check": "mktlib.course",
    "predict": "mktlib.course",
    "hint": "mktlib.course",
    "solution": "mktlib.course",
    "progress": "mktlib.course",
    "review": "mktlib.course",
    "placement": "mktlib.course",
    "load": "mktlib.data",
    "describe": "mktlib.data",
    "tables": "mktlib.data",
    "explore": "mktlib.widgets",
}
_MODULES = {"course", "data", "exercises", "metrics", "plots", "widgets", "world"}
__all__ = sorted(_HOME | dict.fromkeys(_MODULES))


def __getattr__(name):
    if name in _MODULES:
        return import_module(f"mktlib.{name}")
    if name in _HOME:
        value = getattr(import_module(_HOME[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"mktlib has no '{name}'")


def __dir__():
    return __all__
