"""Fixtures for all tests: the course's own world, two other full worlds, one small world, a home that is nobody's."""

import getpass
import hashlib
import os
import shutil
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile(
    "course", deadline=None
)  # a busy machine is no defect; speeds have tests of their own
settings.load_profile("course")
pytest.register_assert_rewrite("matrix")

ROOT = Path(__file__).resolve().parents[1]
ONE_WORLD = bool(
    os.environ.get("MKTLIB_ONE_WORLD")
)  # for a second Python: the same bytes need no second proof
OTHER_SEEDS = () if ONE_WORLD else tuple(map(int, os.environ.get("MKTLIB_SEEDS", "7").split(",")))
SMALL_SCALE = 0.04

# Nobody's progress is touched, and no world of the caller's shell leaks in.
os.environ.pop("MKTLIB_WORLD", None)
if "MKTLIB_HOME" not in os.environ:
    os.environ["MKTLIB_HOME"] = tempfile.mkdtemp(prefix="mktlib-test-home-")


def _sources():
    """Hash of everything a world depends on in this repository."""
    import duckdb
    import numpy

    from mktlib.world import store

    text = f"{numpy.__version__} {duckdb.__version__} {store.sources()}"
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def _shelf():
    """Folder in the user's temporary folder where made worlds are kept between runs."""
    home = (
        Path(tempfile.gettempdir())
        / f"mktlib-worlds-{hashlib.sha256(getpass.getuser().encode()).hexdigest()[:8]}"
    )
    shelf = home / _sources()
    shelf.mkdir(parents=True, exist_ok=True)
    for old in home.iterdir():
        if old != shelf and time.time() - old.stat().st_mtime > 86_400:
            shutil.rmtree(old, ignore_errors=True)
    return shelf


def made_world(seed, scale=1.0):
    """Folder of a world, made once and shared by all workers and later runs."""
    from filelock import FileLock

    from mktlib import world

    place = _shelf() / f"seed-{seed}-scale-{scale}"
    with FileLock(str(place) + ".lock"):
        if not (place / "datapackage.json").is_file():
            world.make(seed, place, scale)
    return place


@pytest.fixture(scope="session")
def standard_world():
    """Folder of the world that the repository ships."""
    return ROOT / "data"


@pytest.fixture(scope="session")
def small_world():
    """Folder of a world of a few per cent of the size: quick, but too small for the planted truths."""
    return made_world(3, SMALL_SCALE)


@pytest.fixture
def active(monkeypatch):
    """A function that makes a world the active one until the test ends."""
    from mktlib import world

    yield world.use
    world.use(None)


def pytest_collection_modifyitems(items):
    """Tests marked `simulator` make worlds again and again: they run when the simulator is not the one that was proved.
    Tests marked `slow` take minutes and run when asked for."""
    from mktlib.world import store
    from tools import prove_world

    proved = prove_world.noted() == store.sources()
    left_out = {}
    if proved and "MKTLIB_PROVE" not in os.environ:
        left_out["simulator"] = "mktlib/world is as proved: tools/prove_world.py"
    if "MKTLIB_SLOW" not in os.environ:
        left_out["slow"] = "takes minutes: MKTLIB_SLOW=1 runs it"
    for item in items:
        for mark, why in left_out.items():
            if item.get_closest_marker(mark):
                item.add_marker(pytest.mark.skip(reason=why))
