"""Answers for the exercise matrix: equivalent forms of a right answer, a learner's answer that makes a mistake, nonsense."""

from decimal import Decimal

import numpy as np
import pandas as pd


class Rude:
    """An object that refuses everything a check may ask of it."""

    def __repr__(self):
        raise RuntimeError("no repr for you")

    __str__ = __float__ = __len__ = __iter__ = __eq__ = __hash__ = __bool__ = __repr__


def nonsense():
    """Answers that no exercise asks for, by name."""
    return {
        "None": None,
        "a word": "abracadabra",
        "HTML": "<script>alert(1)</script>",
        "NaN": float("nan"),
        "NaT": pd.NaT,
        "NA": pd.NA,
        "infinity": float("inf"),
        "a huge integer": 10**400,
        "a bool": True,
        "a complex number": 1j,
        "an empty frame": pd.DataFrame(),
        "an empty Series": pd.Series(dtype=float),
        "an empty list": [],
        "an empty dict": {},
        "a dict of objects": {"a": object()},
        "a nested list": [[1, [2]], [3]],
        "a list that holds itself": _loop(),
        "a frame with a column twice": pd.DataFrame([[1, 2]], columns=["a", "a"]),
        "a frame of ten million rows": pd.DataFrame({"x": np.broadcast_to(np.float64(1), 10_000_000)}),
        "an array of ten million": np.broadcast_to(np.float64(1), 10_000_000),
        "a text of a megabyte": "9" * 1_000_000,
        "a function": len,
        "a type": int,
        "a rude object": Rude(),
        "bytes": b"12",
        "a generator": (one for one in [1]),
    }


def _loop():
    loop = []
    loop.append(loop)
    return loop


def equivalent(one, right):
    """Other honest ways to write the right answer of an exercise, by name."""
    return {
        "number": _numbers,
        "choice": lambda one, right: {
            "capital": right.upper(),
            "option's text": one.options[right],
            "with dot": f" {right}. ",
        },
        "parsons": _orders,
        "set": lambda one, right: {
            "list": list(right),
            "tuple": tuple(right),
            "Series": pd.Series(sorted(right)),
            "text": ", ".join(map(str, right)),
        },
        "ranking": lambda one, right: {
            "tuple": tuple(right),
            "Series": pd.Series(list(right)),
            "text": ", ".join(right),
            "index": pd.Series(range(len(right)), index=list(right)),
        },
        "table": _tables,
        "quiz": lambda one, right: {
            "lists": {key: [letter.upper(), 1.0] for key, letter in right.items()},
            "no idea": dict.fromkeys(right, ("?", 1)),
        },
        "rubric": lambda one, right: {
            "Series": pd.Series(levels(one)),
            "capitals and texts": {key.upper(): str(level) for key, level in levels(one).items()},
            "another judge": levels(one) | {"by": "Peer"},
        },
        "memo": lambda one, right: {
            "list of lines": memo(right).splitlines(),
            "blank lines": memo(right).replace("\n", "\n\n"),
        },
    }[one.kind](one, right)


def _numbers(one, right):
    forms = {
        "float": float(right),
        "numpy": np.float64(right),
        "Series of one": pd.Series([right]),
        "list of one": [right],
        "array": np.array(right),
        "Decimal": Decimal(repr(float(right))),
        "frame of one": pd.DataFrame([[right]]),
    }
    if one.unit == "fraction":
        forms["percent text"] = f"{right * 100:.6f}%"
    if one.unit == "count":
        forms |= {"int": int(right), "text with commas": f"{int(right):,}"}
    if one.unit == "CNY":
        forms["text with currency"] = f"CNY {right:,.4f}"
    return forms


def _orders(one, right):
    first = first_order(right)
    every = [right] if isinstance(right, str) else right
    return {f"order {n}": order for n, order in enumerate(every)} | {
        "list": first.split(),
        "no blanks": first.replace(" ", ""),
    }


def _tables(one, right):
    if isinstance(right, dict):
        series = pd.Series(right, dtype=object)
        return {
            "Series": series,
            "shuffled": series.iloc[::-1],
            "frame with index": series.to_frame("value"),
            "frame with key column": series.rename_axis("name").reset_index(name="value"),
            "list in order": list(right.values()),
            "capitals": {key.upper(): value for key, value in right.items()},
        }
    frame = right.to_frame("value") if isinstance(right, pd.Series) else right
    named = frame.rename_axis("name")
    return {
        "shuffled": frame.iloc[::-1],
        "reset index": named.reset_index(),
        "columns turned": frame[frame.columns[::-1]],
    }


def memo(
    number,
    evidence="Last year it was 12345.678, so this is another size.",
    ask="Approve the change by Friday.",
):
    """A three-line memo that states a number."""
    return f"The figure is {number:.6g}.\n{evidence}\n{ask}"


def levels(one, level=3):
    """The same level for each criterion of a rubric."""
    return dict.fromkeys(one.criteria, level)


def first_order(right):
    """One of the right orders of lines."""
    return right if isinstance(right, str) else right[0]


def right_answer(one, right):
    """What a learner who knows would answer."""
    if one.kind == "memo":
        return memo(right)
    if one.kind == "quiz":
        return {key: (letter, 3) for key, letter in right.items()}
    if one.kind == "rubric":
        return levels(one)
    return first_order(right) if one.kind == "parsons" else right


def answer_with(one, value, right):
    """What a learner who makes a mistake would answer; value is what the author's function gives for it."""
    if one.kind == "memo":
        return memo(value) if value is not None else memo(right, ask="We keep an eye on it.")
    if one.kind == "parsons":
        return value.split() + first_order(right).split()
    return value
