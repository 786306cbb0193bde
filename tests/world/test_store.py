"""A world on disk: in parts, all or nothing, resumable, and clear about what it cannot do."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from mktlib import data, world
from mktlib.__main__ import main
from mktlib.errors import DataError
from mktlib.world import engine, sealed, store, write

ROOT = Path(__file__).resolve().parents[2]
TINY = 0.02


def content(folder):
    """Checksum by path of everything in `folder`."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module", autouse=True)
def simulated_once():
    """The tests here ask how worlds are written, so each is simulated once."""
    made, simulate = {}, engine.simulate

    def remembered(seed, scale, progress, part):
        if (seed, scale, part) not in made:
            made[seed, scale, part] = simulate(seed, scale, progress, part)
        return made[seed, scale, part]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "simulate", remembered)
        yield


@pytest.fixture(scope="module")
def in_parts(tmp_path_factory):
    """A world of three parts."""
    folder = tmp_path_factory.mktemp("parts") / "world"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "PART", TINY)
        world.make(3, folder, 3 * TINY)
    return folder


@pytest.mark.simulator
def test_a_large_world_is_the_sum_of_its_parts(in_parts, tmp_path, active):
    world.make(3, tmp_path / "one", TINY)
    active(tmp_path / "one")
    one = {name: data.load(name) for name in data.tables()}
    active(in_parts)
    assert data.tables() == list(one)
    for name, small in one.items():
        large, table = data.load(name), write.tables_yml()[name]
        assert not large.duplicated(table["key"]).any(), name
        if table.get("grows") == "once":
            pd.testing.assert_frame_equal(small, large, check_dtype=False)
        elif table.get("grows", "rows") == "rows" and len(small) > 30:
            assert 1.8 * len(small) < len(large) < 4.5 * len(small), name


@pytest.mark.simulator
def test_a_large_world_keeps_its_sums_and_links(in_parts, active):
    active(in_parts)
    orders, budget = data.load("orders"), data.load("budget").query("item == 'media'")
    for channel, name in (("feed ads", "feed_ads_daily"), ("SEM", "sem_keyword_daily")):
        ads = data.load(name)
        assert ads["cost"].sum() == pytest.approx(
            budget.loc[budget["channel"] == channel, "spent"].sum(), abs=0.01
        )
        assert ads["orders"].sum() == (orders["channel"] == channel).sum()
    position = data.load("sem_keyword_daily")["avg_position"]
    assert position.between(1, 9).all()
    for name, table in write.tables_yml().items():
        for column, other in table.get("links", {}).items():
            found, key = data.load(name)[column].dropna(), write.tables_yml()[other]["key"][0]
            assert found.isin(data.load(other)[column if column in data.load(other) else key]).all(), (
                name,
                column,
            )


@pytest.mark.simulator
def test_labels_and_the_sealed_quarter_are_added_up(in_parts, active):
    active(in_parts)
    assert set(world.truth("orders")["order_id"]) == set(data.load("orders")["order_id"])
    future = world.future()
    assert future["date"].min() == pd.Timestamp("2026-01-01") and future["date"].max() == pd.Timestamp(
        "2026-03-31"
    )
    assert (future["gmv"] >= future["paid_amount"] - 0.01).all() and future["orders"].sum() > 100


def test_no_told_table_knows_the_future(small_world, active):
    active(small_world)
    for name in data.tables():
        if name == "calendar":
            continue
        for column, values in data.load(name).items():
            if column == "due_at":  # a promise, not an event
                continue
            if str(values.dtype).startswith("datetime"):
                assert values.max() < pd.Timestamp("2026-01-01"), (name, column)
    plain = b"".join(
        path.read_bytes() for path in small_world.rglob("*") if path.suffix in (".csv", ".sealed")
    )
    rows = sealed.unseal((small_world / "future.sealed").read_bytes())
    assert f"{rows['gmv'].iloc[40]}".encode() not in plain


def test_the_sealed_quarter_is_opened_by_one_command(small_world, active, tmp_path, capsys):
    active(small_world)
    assert main(["future", "--out", str(tmp_path / "q1.csv")]) == 0
    assert len(pd.read_csv(tmp_path / "q1.csv")) == 90
    active(None)


@pytest.mark.parametrize("spoil", [lambda b: b"", lambda b: b[:-9], lambda b: b.replace(b"Heyu", b"Hoyu")])
def test_a_damaged_sealed_file_is_told(small_world, tmp_path, active, spoil):
    import shutil

    copy = shutil.copytree(small_world, tmp_path / "copy")
    path = copy / "future.sealed"
    path.write_bytes(spoil(path.read_bytes()))
    active(copy)
    with pytest.raises(DataError, match="damaged"):
        world.future()


def test_the_truth_is_asked_by_name(small_world, active):
    active(small_world)
    assert world.truth()["seed"] == 3
    assert world.truth("T03.cause.days") == 15
    assert list(world.truth("orders").columns) == ["order_id", "cause", "origin"]
    with pytest.raises(DataError, match="T3"):
        world.truth("T3")
    with pytest.raises(DataError, match="cause"):
        world.truth("T03.cuase")


@pytest.mark.simulator
def test_single_tables_are_the_same_as_in_the_whole_world(tmp_path, small_world):
    main(["data", "--seed", "3", "--out", str(tmp_path), "--scale", "0.04", "--tables", "refunds,calendar"])
    made = content(tmp_path)
    tables = {name for name in made if not name.startswith(("truth", "future", "exports", "datapackage"))}
    assert tables == {"refunds.parquet", "calendar.csv"}
    assert made["refunds.parquet"] == content(small_world)["refunds.parquet"]


def started(folder, scale, part):
    """A process that makes a world in parts of size `part`."""
    code = f"from mktlib.world import store; store.PART = {part}\nfrom mktlib import world; world.make(3, {str(folder)!r}, {scale})"
    return subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE)


@pytest.mark.simulator
def test_a_killed_run_leaves_nothing_half_written_and_goes_on_where_it_stopped(
    tmp_path, in_parts, monkeypatch
):
    folder = tmp_path / "world"
    run = started(folder, 3 * TINY, TINY)
    until = time.time() + 120
    while (
        not list(folder.glob(".writing-*/part-000/complete")) and time.time() < until and run.poll() is None
    ):
        time.sleep(0.05)
    run.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
    run.wait()
    run.stderr.close()
    assert not [path for path in folder.iterdir() if not path.name.startswith(".writing-")]
    first = next(folder.glob(".writing-*/part-000/complete")).stat().st_mtime_ns
    seen = []
    monkeypatch.setattr(store, "PART", TINY)
    original = store.write_part
    monkeypatch.setattr(
        store, "write_part", lambda place, *rest: (seen.append(place.name), original(place, *rest))
    )
    world.make(3, folder, 3 * TINY)
    assert "part-000" not in seen and seen and first
    assert content(folder) == content(in_parts)


@pytest.fixture
def tiny(tmp_path):
    """A world of two tables."""
    world.make(3, tmp_path / "world", TINY, ["calendar", "products"])
    return tmp_path / "world"


def again(folder):
    """Exit code of the command that makes the tiny world anew, from another seed."""
    return main(
        ["data", "--seed", "4", "--out", str(folder), "--scale", str(TINY), "--tables", "calendar,products"]
    )


@pytest.mark.simulator
def test_a_full_disk_leaves_the_old_world_as_it_was(tiny, monkeypatch, capsys):
    before = content(tiny)

    def full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(store, "write_json", full)
    assert again(tiny) == 1
    assert "no space left" in capsys.readouterr().err and content(tiny) == before


@pytest.mark.simulator
def test_a_disk_that_fills_while_duckdb_writes_is_told_as_well(tiny, monkeypatch, capsys):
    def full(*_):
        raise duckdb.IOException("IO Error: Could not write file: No space left on device")

    before = content(tiny)
    monkeypatch.setattr(store, "write_parquet", full)
    assert again(tiny) == 1
    told = capsys.readouterr().err
    assert "Cannot write into" in told and told.count("\n") == 1 and content(tiny) == before


@pytest.mark.simulator
def test_files_of_the_world_before_do_not_stay_behind(tmp_path):
    folder = tmp_path / "world"
    world.make(3, folder, TINY, ["calendar"])
    (folder / "notes.txt").write_text("the learner's own", encoding="utf-8")
    world.make(3, folder, TINY, ["calendar", "products"])
    assert {"calendar.csv", "products.csv", "notes.txt"} <= set(content(folder))
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    package["extras"].append({"path": "old/thing.csv"})
    (folder / "old").mkdir()
    (folder / "old" / "thing.csv").write_text("x", encoding="utf-8")
    (folder / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
    world.make(4, folder, TINY, ["calendar", "products"])
    assert not (folder / "old").exists() and (folder / "notes.txt").exists()


def test_a_folder_that_cannot_be_written_is_told(tmp_path, capsys):
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    assert main(["data", "--seed", "3", "--out", str(tmp_path / "file"), "--scale", str(TINY)]) == 1
    told = capsys.readouterr().err
    assert told.startswith("mktlib: ") and told.count("\n") == 1


def test_two_runs_do_not_write_the_same_world_at_once(tmp_path):
    from filelock import FileLock

    names = ["calendar"]
    staging = tmp_path / f".writing-{store.key(3, TINY, names)}"
    staging.mkdir()
    with FileLock(staging / "lock"), pytest.raises(DataError, match="Another run"):
        world.make(3, tmp_path, TINY, names)


def test_checksums_of_all_files_stand_in_the_package(small_world):
    package = json.loads((small_world / "datapackage.json").read_text(encoding="utf-8"))
    files = [one for resource in package["resources"] for one in resource["files"]] + package["extras"]
    recorded = {one["path"]: one["hash"].removeprefix("sha256:") for one in files}
    assert recorded == {
        name: value for name, value in content(small_world).items() if name != "datapackage.json"
    }


def test_all_committed_data_are_small(standard_world):
    sizes = [path.stat().st_size for path in standard_world.rglob("*") if path.is_file()]
    assert sum(sizes) < 20e6 and max(sizes) < 4e6
