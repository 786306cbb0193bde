"""The brand simulator: one integer makes a world, a folder holds it, its truth is known."""

import json
import os
from pathlib import Path

from mktlib.errors import DataError, did_you_mean

STANDARD_SEED = 20260101
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


def truth():
    """What really holds in the active world: every causal parameter and planted truth, as a dict."""
    path = folder() / "truth.json"
    if not path.is_file():
        raise DataError(f"truth.json is missing in '{path.parent}'. Remedy: python course.py build")
    return json.loads(path.read_text(encoding="utf-8"))


def make(seed, out, scale=1.0, tables=None, progress=None):
    """Simulate the world of `seed` and write it into the folder `out`; returns the folder.

    `scale` multiplies people and volumes, `tables` limits what is written. `progress` wraps the loops (tqdm).
    """
    from mktlib.world import answers
    from mktlib.world.engine import simulate
    from mktlib.world.write import check_folder, tables_yml, write_world

    known = list(tables_yml())
    if tables is not None:
        _check_names(tables, known)
    if not 0 < scale <= 1000:
        raise DataError(f"scale must be above 0 and at most 1000, not {scale}.")
    if seed < 0:
        raise DataError(f"seed must be 0 or more, not {seed}.")
    names = known if tables is None else [name for name in known if name in set(tables)]
    check_folder(out, names)
    wrap = progress or iter
    made = simulate(seed, scale, wrap)
    return write_world(made, answers.truth(made, seed, scale), out, names, seed, scale, wrap)


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
