"""Tables of the active brand world: `load("orders")`, `tables()`, `describe("orders")`.

Which world is active is told to `mktlib.world.use`, or by the environment variable MKTLIB_WORLD; otherwise, below a folder
that a trainer handed out with a world of its own, it is that one; otherwise the course's own, in `data/`.
"""

import json
import os
from functools import lru_cache
from pathlib import Path

import numpy as np

from mktlib import world
from mktlib.errors import DataError, did_you_mean
from mktlib.inputs import database

REMEDY = "Remedy: `python course.py doctor` says what is missing, `python course.py build` makes it again."
DUCK = {
    "integer": "INTEGER",
    "number": "DOUBLE",
    "string": "VARCHAR",
    "yearmonth": "VARCHAR",
    "date": "DATE",
    "datetime": "TIMESTAMP",
    "boolean": "BOOLEAN",
}
TEXTS = ("string", "yearmonth")
OWN_WORLD = "mktlib_world.json"  # in a student's folder, beside its world/; written by mktlib.trainer.handout


def find_own_world():
    """Folder of the world that was handed out with the folder this process works in, or None. Looks upwards."""
    try:
        here = Path.cwd()
    except OSError:  # the working folder was deleted
        return None
    return next((place / "world" for place in (here, *here.parents) if (place / OWN_WORLD).is_file()), None)


def take_own_world():
    """Make that world active for this process and those it starts, unless MKTLIB_WORLD names another."""
    if not os.environ.get("MKTLIB_WORLD") and (own := find_own_world()):
        os.environ["MKTLIB_WORLD"] = str(own)


take_own_world()


def folder():
    """Folder of the active world (pathlib.Path)."""
    return world.folder()


def tables():
    """Names of the tables of the active world."""
    return list(_resources())


def load(name, columns=None, start=None, end=None):
    """A table of the active world as a DataFrame.

    `columns` limits and orders the columns. `start` and `end` (dates or texts like "2025-06-30", both included) limit
    the rows by the table's first date column. Integers that may be missing have dtype Int64, dates datetime64, texts
    str. What you get is yours: changing it changes neither the files nor what the next `load` returns. Raises DataError.
    """
    resource = _resource(name)
    frame = _cached(str(folder()), fingerprint(), name)
    if start is not None or end is not None:
        frame = _window(frame, name, _date_column(resource), start, end)
    if columns is None:
        return frame.copy(deep=False)
    columns = [columns] if isinstance(columns, str) else list(columns)
    for column in columns:
        if column not in frame.columns:
            raise DataError(f"'{name}' has no column '{column}'{did_you_mean(column, frame.columns)}")
    return frame[columns].copy(deep=False)


def describe(name):
    """The data dictionary of a table: DataFrame with column, term_zh, unit, meaning."""
    import pandas as pd

    fields = _resource(name)["schema"]["fields"]
    rows = [(f["name"], f["term_zh"], f["unit"], f["description"]) for f in fields]
    return pd.DataFrame(rows, columns=["column", "term_zh", "unit", "meaning"])


def fingerprint():
    """Short text that is the same for equal worlds and differs between different ones."""
    return _package()["fingerprint"]


def _package():
    path = folder() / "datapackage.json"
    if not path.is_file():
        raise DataError(
            f"There are no data in '{path.parent}': datapackage.json is missing. {_remedy(path.parent)}"
        )
    stamp = path.stat()
    return _read_package(str(path), stamp.st_mtime_ns, stamp.st_size)


def _remedy(place):
    """What to do about a world that is not there."""
    if place == find_own_world():
        return "Your folder was handed out with data of its own: take the folder `world` again from what your trainer gave you."
    named = "MKTLIB_WORLD names that folder: correct or remove it. " if os.environ.get("MKTLIB_WORLD") else ""
    return named + REMEDY


@lru_cache(maxsize=32)
def _read_package(path, changed, size):
    """datapackage.json, read again only after it changed."""
    import hashlib

    content = Path(path).read_bytes()
    try:
        found = json.loads(content)
    except ValueError as problem:
        raise DataError(f"'{path}' is damaged: it is not JSON ({problem}). {REMEDY}") from None
    return {
        "fingerprint": hashlib.sha256(content).hexdigest()[:16],
        "resources": {one["name"]: one for one in found["resources"]},
    }


def _resources():
    return _package()["resources"]


def _resource(name):
    known = _resources()
    if name not in known:
        raise DataError(f"There is no table '{name}'{did_you_mean(name, known)}")
    return known[name]


def _date_column(resource):
    for field in resource["schema"]["fields"]:
        if field["type"] in ("date", "datetime"):
            return field["name"]
    return None


def _window(frame, name, column, start, end):
    import pandas as pd

    if column is None:
        raise DataError(f"'{name}' has no date column, so start and end have no meaning for it.")
    keep = np.ones(len(frame), dtype=bool)
    if start is not None:
        keep &= (frame[column] >= pd.Timestamp(start)).to_numpy()
    if end is not None:
        last = pd.Timestamp(end)
        whole_day = last == last.normalize()
        keep &= (
            frame[column] < last + pd.Timedelta(days=1) if whole_day else frame[column] <= last
        ).to_numpy()
    return frame[keep].reset_index(drop=True)


def _quoted(text):
    return "'" + str(text).replace("'", "''") + "'"


@lru_cache(maxsize=64)
def _cached(place, world_id, name):
    """The whole table; the first two arguments only tell worlds apart."""
    resource = _resource(name)
    paths = resource["path"] if isinstance(resource["path"], list) else [resource["path"]]
    paths = [folder() / path for path in paths]
    for path in paths:
        if not path.is_file():
            raise DataError(
                f"The file '{path.name}' of table '{name}' is missing in '{path.parent}'. {REMEDY}"
            )
    return _read(name, resource, paths)


def _read(name, resource, paths):
    """Files of a table to a DataFrame. Texts of large ones come as codes and a list, ten times faster than one by one."""
    import duckdb
    import pandas as pd

    fields, con = resource["schema"]["fields"], database().cursor()
    source = _scan(resource, "[" + ", ".join(_quoted(path.as_posix()) for path in paths) + "]")
    try:
        con.execute("SET enable_progress_bar = false")  # or a notebook on a slow machine keeps it
        values = _few_values(con, source, fields) if resource["format"] == "parquet" else {}
        casts = [_cast(field, values.get(field["name"])) for field in fields]
        got = con.execute(f"SELECT {', '.join(casts)} FROM {source}").df()
    except duckdb.Error as problem:
        first = str(problem).splitlines()[0]
        raise DataError(
            f"Table '{name}' cannot be read, its file is damaged or not ours ({first}). {REMEDY}"
        ) from None
    columns = {field["name"]: _column(got[field["name"]], field) for field in fields}
    frame = pd.DataFrame(columns, copy=False)
    frame.attrs["name"] = name
    return frame


def _scan(resource, files):
    """What a query selects from. The csv files are small and ours: nothing about them has to be guessed."""
    if resource["format"] == "parquet":
        return f"read_parquet({files})"
    types = ", ".join(f"'{field['name']}': '{DUCK[field['type']]}'" for field in resource["schema"]["fields"])
    return f"read_csv({files}, header = true, delim = ',', quote = '\"', auto_detect = false, columns = {{{types}}})"


def _few_values(con, source, fields):
    """The different values of each text column that has at most 2,000."""
    texts = [field["name"] for field in fields if field["type"] in TEXTS]
    if not texts:
        return {}
    lists = ", ".join(f"list(DISTINCT coalesce(\"{name}\", ''))" for name in texts)
    found = con.execute(f"SELECT {lists} FROM {source}").fetchone()
    return {
        name: sorted(values)
        for name, values in zip(texts, found, strict=True)
        if values and len(values) <= 2000
    }


def _cast(field, values):
    """SQL that gives a column in the type wanted; a text whose values are known as an ENUM of them."""
    name, kind = field["name"], field["type"]
    if kind not in TEXTS:
        return f'CAST("{name}" AS {DUCK[kind]}) AS "{name}"'
    text = f"coalesce(\"{name}\", '')"
    if values:
        text = f"CAST({text} AS ENUM({', '.join(map(_quoted, values))}))"
    return f'{text} AS "{name}"'


def _column(values, field):
    import pandas as pd

    if field["type"] in TEXTS:
        if isinstance(values.dtype, pd.CategoricalDtype):
            texts = np.asarray(values.cat.categories, dtype=object)
            return pd.Series(texts[values.cat.codes.to_numpy()], dtype="str")
        return values.astype("str")
    if field["type"] == "integer":
        required = field.get("constraints", {}).get("required", False)
        return values.astype("int64") if required else values.astype("Int64")
    return values
