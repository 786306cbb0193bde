"""The brand simulator: one integer makes a world, a folder holds it, its truth is known."""

import json
import os
from pathlib import Path

from mktlib.errors import DataError, did_you_mean

STANDARD_SEED = 20260101
LARGEST = 200  # numbers of people and orders stay below 2^31
_active = None


def use(folder):
    """Make the world in `folder` the one that `mktlib.data.load` reads, in this process. `None` goes back to the default."""
    global _active
    if folder is None:
        _active = None
        return None
    folder = Path(folder)
    if not (folder / "datapackage.json").is_file():
        raise DataError(
            f"There is no world in '{folder}': it holds no datapackage.json. "
            f'Make one with: python -m mktlib data --seed 7 --out "{folder}"'
        )
    _active = folder.resolve()
    return _active


def folder():
    """Folder of the active world: that of `use`, else MKTLIB_WORLD, else the course's own data."""
    if _active is not None:
        return _active
    if os.environ.get("MKTLIB_WORLD"):
        return Path(os.environ["MKTLIB_WORLD"])
    beside = Path(__file__).resolve().parents[2] / "data"
    return beside if (beside / "datapackage.json").is_file() else _own_copy()


def truth(name=None):
    """What really holds in the active world; lessons open it only at their end.

    `truth()` is the whole answer key as a dict, `truth("T20")` one entry of it, `truth("T20.found.iroas")` a value in it.
    `truth("orders")` is a table of labels (DataFrame): the hidden cause of each order. An entry says what was put in
    (`cause`) and what a right count of the tables gives (`found`), so an estimate is scored by comparing it with these.
    Raises DataError.
    """
    path = folder() / "truth.json"
    if not path.is_file():
        raise DataError(f"truth.json is missing in '{path.parent}'. Remedy: python course.py build")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as problem:
        raise DataError(f"'{path}' is damaged ({problem}). Remedy: python course.py build") from None
    labels = sorted({one.stem.split("-")[0] for one in (folder() / "truth").glob("*.parquet")})
    if name is None:
        return found
    if name in labels:
        return _labels(name)
    for key in str(name).split("."):
        if not isinstance(found, dict) or key not in found:
            known = [*found, *labels] if isinstance(found, dict) else []
            raise DataError(f"The truth has no '{key}' in '{name}'{did_you_mean(key, known)}")
        found = found[key]
    return found


def _labels(name):
    """A table of labels as a DataFrame."""
    import duckdb

    files = sorted((folder() / "truth").glob(f"{name}.parquet")) + sorted(
        (folder() / "truth").glob(f"{name}-[0-9]*.parquet")
    )
    listed = ", ".join("'" + one.as_posix().replace("'", "''") + "'" for one in files)
    with duckdb.connect() as con:
        return con.execute(f"SELECT * FROM read_parquet([{listed}])").df()


def future():
    """The first quarter of 2026 in the active world, one row per day (DataFrame): what a plan is scored against.

    Columns: date, visits, orders, gmv, paid_amount, new_customers (counts and CNY a day), and media money by channel.
    Raises DataError.
    """
    from mktlib.world import sealed

    path = folder() / "future.sealed"
    try:
        return sealed.unseal(path.read_bytes())
    except (OSError, ValueError) as problem:
        raise DataError(
            f"'{path}' is missing or damaged ({problem}). Remedy: python course.py build"
        ) from None


def make(seed, out, scale=1.0, tables=None, progress=None):
    """Simulate the world of `seed` and write it into the folder `out`; returns the folder.

    `scale` multiplies people and volumes (above 1 in parts of at most 1, so memory does not grow), `tables` limits what is
    written. `progress` wraps the days of each part (tqdm). A run that was killed goes on when it is called again.
    """
    from mktlib.world import store
    from mktlib.world.write import tables_yml

    known = list(tables_yml())
    if tables is not None:
        _check_names(tables, known)
    if not 0 < scale <= LARGEST:
        raise DataError(f"scale must be above 0 and at most {LARGEST}, not {scale}.")
    if seed < 0:
        raise DataError(f"seed must be 0 or more, not {seed}.")
    names = known if tables is None else [name for name in known if name in set(tables)]
    store.check_folder(out, names)
    return store.make(seed, scale, out, names, progress or iter)


def _check_names(tables, known):
    """Refuse table names that are not in the dictionary, and an empty list."""
    if not tables:
        raise DataError(f"No table was named; there are: {', '.join(known)}.")
    for name in tables:
        if name not in known:
            raise DataError(f"There is no table '{name}'{did_you_mean(name, known)}")


def _own_copy():
    """The standard world in the user's own data folder, made once when the package is used without the repository."""
    from filelock import FileLock
    from platformdirs import user_data_dir
    from tqdm.auto import tqdm

    home = Path(user_data_dir("mktlib", appauthor=False)) / f"world-{STANDARD_SEED}"
    if not (home / "datapackage.json").is_file():
        home.mkdir(parents=True, exist_ok=True)
        with FileLock(home / ".lock"):
            if not (home / "datapackage.json").is_file():
                make(
                    STANDARD_SEED,
                    home,
                    progress=lambda steps: tqdm(steps, desc="Making the brand's data, once"),
                )
    return home
