"""A learner's answer as plain JSON, out of a process that is not trusted into one that judges; nothing is unpickled.

`encode` runs inside, where an object may lie about itself and only harms its own answer. `decode` runs outside and makes
numbers, texts, lists, dicts and pandas tables, whatever came. `mktlib.course.kinds` judges both alike: its kinds take plain
values. What is none becomes a `Foreign`, which only has the name of its type.
"""

import datetime
import decimal
import math

LARGEST = 100_000  # values of one answer, as in mktlib.course.reading
LONGEST = 20_000  # letters of a text: no kind reads more than 5,000
DEEPEST = 12


class Unsafe(Exception):
    """What came is not what `encode` writes."""


class Foreign:
    """Stands for an object that no exercise asks for."""

    def __init__(self, shown):
        self._shown = shown

    def __repr__(self):
        return self._shown


# ---------------------------------------------------------------- inside


def encode(answer, depth=0, room=None):
    """A JSON value: plain ones as they are, all others as {"kind": ..., ...}. `room` counts down the values that may come."""
    room = [LARGEST * 4] if room is None else room
    room[0] -= 1
    if depth > DEEPEST or room[0] < 0:
        return _foreign(answer)
    try:
        return _encode(answer, depth + 1, room)
    except (MemoryError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException:
        return _foreign(answer)


def _foreign(answer):
    name = str(type(answer).__name__)[:60]
    shape = getattr(answer, "shape", None)
    if isinstance(shape, tuple) and all(type(one) is int for one in shape[:3]):
        return {"kind": "foreign", "type": name, "shown": f"{name} of shape {shape[:3]}"}
    try:
        shown = " ".join(repr(answer)[:200].split())[:80]
    except BaseException:
        shown = f"an object of type {name} that cannot be shown"
    return {"kind": "foreign", "type": name, "shown": shown}


def _encode(answer, depth, room):
    if answer is None or isinstance(answer, (bool, int, float, str)):
        return _plain(answer)
    if answer is Ellipsis:
        return {"kind": "open"}
    for types, write in (((list, tuple, set, frozenset), _sequence), ((dict,), _mapping)):
        if isinstance(answer, types):
            return write(answer, depth, room)
    if isinstance(answer, decimal.Decimal):
        return {"kind": "decimal", "value": str(answer)[:60]}
    if (
        isinstance(answer, (datetime.date, datetime.time)) and answer == answer
    ):  # NaT is a datetime unlike itself
        return {"kind": "time", "type": type(answer).__name__, "value": answer.isoformat()[:60]}
    if type(answer).__module__.partition(".")[0] in {"pandas", "numpy"}:
        return _of_pandas(answer, depth, room)
    if hasattr(answer, "numerator") and hasattr(answer, "denominator"):
        return _plain(float(answer))
    return _foreign(answer)


def _plain(answer):
    if isinstance(answer, bool) or answer is None:
        return answer
    if isinstance(answer, int):
        answer = int(answer)
        return answer if abs(answer) < 2**63 else {"kind": "number", "value": repr(float(answer))}
    if isinstance(answer, float):
        answer = float(answer)
        return answer if math.isfinite(answer) else {"kind": "number", "value": repr(answer)}
    return str.__str__(answer)[:LONGEST]


def _sequence(answer, depth, room):
    name = next(one for one in (list, tuple, frozenset, set) if isinstance(answer, one)).__name__
    if len(answer) > LARGEST:
        return _foreign_of(answer, name)
    return {"kind": name, "values": [encode(one, depth, room) for one in answer]}


def _foreign_of(answer, name):
    return {"kind": "foreign", "type": name, "shown": f"{name} with {len(answer)} values"}


def _mapping(answer, depth, room):
    if len(answer) > LARGEST:
        return _foreign_of(answer, "dict")
    pairs = [[encode(key, depth, room), encode(value, depth, room)] for key, value in answer.items()]
    return {"kind": "dict", "pairs": pairs}


def _of_pandas(answer, depth, room):
    import numpy as np
    import pandas as pd

    if isinstance(answer, pd.DataFrame):
        return _frame(answer, depth, room)
    if isinstance(answer, pd.Series):
        if len(answer) > LARGEST:
            return _foreign(answer)
        values, index = _values(answer, depth, room), _labels(answer.index, depth, room)
        return {"kind": "series", "values": values, "index": index, "name": encode(answer.name, depth, room)}
    if isinstance(answer, pd.Index):
        return (
            {"kind": "index", **_labels(answer, depth, room)} if len(answer) <= LARGEST else _foreign(answer)
        )
    if isinstance(answer, np.ndarray) and answer.shape:
        if answer.size > LARGEST:
            return _foreign(answer)
        values = (
            [encode(one, depth, room) for one in answer.ravel().tolist()]
            if answer.dtype.kind != "M"
            else None
        )
        if values is None:
            values = [encode(pd.Timestamp(one), depth, room) for one in answer.ravel()]
        return {"kind": "array", "shape": list(answer.shape), "values": values}
    if isinstance(answer, pd.api.extensions.ExtensionArray):
        if len(answer) > LARGEST:
            return _foreign(answer)
        return {
            "kind": "array",
            "shape": [len(answer)],
            "values": [encode(one, depth, room) for one in answer],
        }
    return _scalar(answer, depth, room)


def _scalar(answer, depth, room):
    import numpy as np
    import pandas as pd

    if answer is pd.NaT or answer is pd.NA:
        return {"kind": "missing", "type": type(answer).__name__}
    if isinstance(answer, np.datetime64):
        answer = pd.Timestamp(answer)
    if isinstance(answer, pd.Period):
        return {"kind": "period", "value": str(answer), "every": answer.freqstr}
    if isinstance(answer, pd.Interval):
        return {"kind": "interval", "value": str(answer)[:100]}
    if isinstance(answer, pd.Timedelta):
        return {"kind": "timedelta", "value": answer.isoformat()}
    if isinstance(answer, (np.generic, np.ndarray)):
        return encode(answer.item(), depth, room)
    return _foreign(answer)


def _frame(answer, depth, room):
    if len(answer) > LARGEST or answer.size > 2 * LARGEST:
        return _foreign(answer)
    columns = [_values(answer.iloc[:, place], depth, room) for place in range(answer.shape[1])]
    index = _labels(answer.index, depth, room)
    return {
        "kind": "frame",
        "columns": columns,
        "names": _labels(answer.columns, depth, room),
        "index": index,
    }


def _values(series, depth, room):
    return [encode(one, depth, room) for one in series]


def _labels(index, depth, room):
    return {"labels": [encode(one, depth, room) for one in index], "levels": int(index.nlevels)}


# ---------------------------------------------------------------- outside


def decode(value):
    """The answer that `encode` wrote. Raises Unsafe for anything else."""
    try:
        return _decode(value)
    except (Unsafe, RecursionError, MemoryError):
        raise Unsafe("what came is no answer") from None
    except (
        Exception
    ) as problem:  # whatever pandas says of lists of unlike lengths and texts that are no dates
        raise Unsafe(f"what came is no answer ({type(problem).__name__})") from None


def _decode(value):
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if not isinstance(value, dict) or value.get("kind") not in READERS:
        raise Unsafe
    return READERS[value["kind"]](value)


def _many(values):
    if not isinstance(values, list):
        raise Unsafe
    return [_decode(one) for one in values]


def _a_set(value):
    return frozenset(_many(value["values"]))


def _a_dict(value):
    return {_decode(key): _decode(one) for key, one in value["pairs"]}


def _objects(values):
    """An array of Python objects, one of each value: numpy must not look into tuples."""
    import numpy as np

    found = np.empty(len(values), dtype=object)
    for place, one in enumerate(values):
        found[place] = one
    return found


def _an_index(value):
    import pandas as pd

    labels = _many(value["labels"])
    if value["levels"] > 1:
        return pd.MultiIndex.from_tuples([tuple(one) for one in labels])
    return pd.Index(_objects(labels), dtype=object)


def _a_series(value):
    import pandas as pd

    name = _decode(value["name"])
    name = name if name is None or isinstance(name, (str, int, tuple)) else str(name)
    return pd.Series(
        _objects(_many(value["values"])), index=_an_index(value["index"]), dtype=object, name=name
    )


def _a_frame(value):
    import pandas as pd

    columns = [pd.Series(_objects(_many(one)), dtype=object) for one in value["columns"]]
    index = _an_index(value["index"])
    if any(len(one) != len(index) for one in columns):
        raise Unsafe
    frame = pd.DataFrame(dict(enumerate(columns)), index=range(len(index)), dtype=object)
    frame.index, frame.columns = index, _an_index(value["names"])
    return frame


def _an_array(value):
    shape = [int(one) for one in value["shape"]]
    return _objects(_many(value["values"])).reshape(shape)


def _a_time(value):
    import pandas as pd

    read = {"date": datetime.date, "datetime": datetime.datetime, "time": datetime.time}.get(value["type"])
    return read.fromisoformat(value["value"]) if read else pd.Timestamp(value["value"])


def _a_timedelta(value):
    import pandas as pd

    return pd.Timedelta(value["value"])


def _a_period(value):
    import pandas as pd

    return pd.Period(value["value"], freq=value["every"])


def _missing(value):
    import pandas as pd

    return pd.NaT if value["type"] == "NaTType" else pd.NA


def _a_foreign(value):
    name = "".join(one for one in str(value["type"]) if one.isalnum() or one == "_")[:60] or "object"
    return type(name, (Foreign,), {})(str(value["shown"])[:80])


READERS = {
    "open": lambda value: ...,
    "number": lambda value: float(value["value"]),
    "decimal": lambda value: decimal.Decimal(value["value"]),
    "interval": lambda value: str(value["value"]),
    "list": lambda value: _many(value["values"]),
    "tuple": lambda value: tuple(_many(value["values"])),
    "set": _a_set,
    "frozenset": _a_set,
    "dict": _a_dict,
    "array": _an_array,
    "index": _an_index,
    "series": _a_series,
    "frame": _a_frame,
    "time": _a_time,
    "timedelta": _a_timedelta,
    "period": _a_period,
    "missing": _missing,
    "foreign": _a_foreign,
}
