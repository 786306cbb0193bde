"""The finished tables of the standard world (tools/prove_world.py: of six), as a learner loads them, with their truth."""

import json
import os

import pytest

from tests.conftest import ROOT, made_world

SEEDS = (20260101, *map(int, filter(None, os.environ.get("MKTLIB_SEEDS", "").split(","))))


class World:
    """A world on disk: `w["orders"]` is a table, `w.truth` the answer key, `w.hidden("people")` a table of labels."""

    def __init__(self, folder):
        self.folder = folder
        self._tables = {}

    def __getitem__(self, name):
        from mktlib import data, world

        if name not in self._tables:
            world.use(self.folder)
            try:
                self._tables[name] = data.load(name)
            finally:
                world.use(None)
        return self._tables[name].copy(deep=False)

    @property
    def truth(self):
        return json.loads((self.folder / "truth.json").read_text(encoding="utf-8"))

    def hidden(self, name):
        import duckdb

        path = (self.folder / "truth" / f"{name}.parquet").as_posix()
        return duckdb.sql(f"SELECT * FROM read_parquet('{path}')").df()


@pytest.fixture(scope="session", params=SEEDS, ids=str)
def world_tables(request):
    """One of the worlds (a World)."""
    return World(ROOT / "data" if request.param == SEEDS[0] else made_world(request.param))
