"""A world into a folder: part by part, so that a large one never lies in memory; all or nothing; resumable."""

import hashlib
import json
import math
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from mktlib.errors import DataError

from . import STANDARD_SEED, answers, engine, exports, sealed
from .write import (
    casts,
    connection,
    copy_frame,
    file_names,
    in_parts,
    package,
    packing,
    quoted,
    tables_yml,
    write_csv,
    write_json,
    write_parquet,
)

LEFTOVER_HOURS = 24
PART = 1.0  # scale of the largest part: about a gigabyte of memory


def make(seed, scale, folder, names, progress=iter):
    """Simulate the world of `seed` and write the tables `names` into `folder`; returns the folder.

    A world larger than 1 is made of parts: independent people who live through the same market. Each finished part is kept
    in a hidden folder, so that the same call after a killed run goes on where that stopped. Files are exchanged when all
    are there, datapackage.json last, so that its checksums tell an interrupted exchange.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    remove_leftovers(folder)
    staging = folder / f".writing-{key(seed, scale, names)}"
    staging.mkdir(exist_ok=True)
    try:
        with FileLock(staging / "lock", timeout=0):
            fill(staging, seed, scale, names, progress)
            exchange(staging / "whole", folder)
        shutil.rmtree(staging, ignore_errors=True)
    except Timeout:
        raise DataError(
            f"Another run is just writing this world into '{folder}'. Wait until it is done."
        ) from None
    except duckdb.Error as problem:
        raise OSError(f"Cannot write into '{folder}': {str(problem).splitlines()[0]}") from None
    finally:
        if not any(staging.glob("part-*/complete")):
            shutil.rmtree(staging, ignore_errors=True)
    return folder


def key(seed, scale, names):
    """Name of a run: equal for equal requests to the same simulator."""
    text = json.dumps([seed, scale, names, sources()])
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def sources():
    """Checksum of the simulator itself, so that parts of an older one are not continued."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*")):
        if path.suffix in (".py", ".yml"):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def fill(staging, seed, scale, names, progress):
    """Make all parts that are not there yet, then put them together in staging/whole."""
    parts = max(1, math.ceil(scale / PART))
    for part in range(parts):
        place = staging / f"part-{part:03d}"
        if not (place / "complete").is_file():
            shutil.rmtree(place, ignore_errors=True)
            write_part(place, seed, scale / parts, part, parts, names, progress)
    whole = staging / "whole"
    shutil.rmtree(whole, ignore_errors=True)
    whole.mkdir()
    con = connection()
    for name in names:
        join_parts(con, name, staging, whole, parts, packing(seed == STANDARD_SEED))
    con.close()
    places = [staging / f"part-{part:03d}" for part in range(parts)]
    for place in places:
        for path in sorted((place / "extras").rglob("*")):
            if path.is_file():
                target = whole / path.relative_to(place / "extras")
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
    (whole / "future.sealed").write_bytes(sealed.seal(sealed.total(place / "future.csv" for place in places)))
    write_json(whole / "datapackage.json", package(names, whole, seed, scale, parts))


def write_part(place, seed, scale, part, parts, names, progress):
    """Simulate one part and write its tables, labels and, for the first, truth.json and the platforms' exports.

    The packing of tables runs in a thread of its own beside the counting of the truth.
    """
    life = engine.simulate(seed, scale, progress, part)
    extras, packed = place / "extras", packing(seed == STANDARD_SEED)
    (extras / "truth").mkdir(parents=True)
    with ThreadPoolExecutor(1) as packer:
        tables = packer.submit(write_tables, life.tables, place, part if parts > 1 else None, names, packed)
        end = "" if parts == 1 else f"-{part:03d}"
        write_labels(engine.hidden(life), extras / "truth", end, packed)
        life.future.to_csv(place / "future.csv", index=False, lineterminator="\n")
        if part == 0:
            write_json(extras / "truth.json", answers.truth(life, engine.truths(life), seed, scale, parts))
        if parts == 1 and set(names) == set(tables_yml()):
            (extras / "exports").mkdir()
            exports.write(life, extras / "exports")
        tables.result()
    (place / "complete").touch()


def write_tables(tables, place, part, names, packed):
    """Write the tables of a part, all as Parquet; what does not grow is written by the first part alone."""
    con = connection()
    for name in names:
        table = tables_yml()[name]
        if table.get("grows") == "once" and part:
            continue
        numbered = file_names(name, part if in_parts(table) else None)
        write_parquet(
            con, name, tables[name], [place / one.replace(".csv", ".parquet") for one in numbered], packed
        )
    con.close()


def write_labels(labels, folder, end, packed):
    """Write the tables of labels as truth/<name>.parquet."""
    con = connection()
    for name, frame in labels.items():
        copy_frame(con, frame, folder / f"{name}{end}.parquet", packed)
    con.close()


def join_parts(con, name, staging, whole, parts, packed):
    """Files of one table from its parts: copied, so that a run killed here can go on, added up or taken from the first."""
    table = tables_yml()[name]
    if in_parts(table):
        for part in range(parts):
            for one in file_names(name, part if parts > 1 else None):
                shutil.copyfile(staging / f"part-{part:03d}" / one, whole / one)
        return
    grows = table.get("grows", "rows")
    raw = [one.replace(".csv", ".parquet") for one in file_names(name)]
    for number, target in enumerate(file_names(name)):
        files = [
            staging / f"part-{part:03d}" / raw[number] for part in range(1 if grows == "once" else parts)
        ]
        source = f"read_parquet([{', '.join(map(quoted, files))}])"
        query = added(name, source) if grows == "add" and parts > 1 else f"SELECT {casts(name)} FROM {source}"
        if table["format"] == "parquet":
            con.execute(f"COPY ({query}) TO {quoted(whole / target)} ({packed})")
        else:
            write_csv(whole / target, list(table["fields"]), con.execute(query).fetchall())


def added(name, source):
    """SQL that sums rows of equal key over parts; what is the `same` in all is taken over,
    a mean is weighted by the column that `mean_by` names."""
    table = tables_yml()[name]
    columns = []
    for column, field in table["fields"].items():
        weight = table.get("mean_by", {}).get(column)
        if column in table["key"] or column in table.get("same", []):
            value = f'"{column}"' if column in table["key"] else f'any_value("{column}")'
        elif weight:
            value = f'round(sum("{column}" * "{weight}") / sum("{weight}"), 1)'
        elif field[0] in ("integer", "number"):
            value = f'sum("{column}")'
        else:
            value = f'any_value("{column}")'
        columns.append(f'{value} AS "{column}"')
    keys = ", ".join(f'"{column}"' for column in table["key"])
    return f"SELECT {casts(name)} FROM (SELECT {', '.join(columns)} FROM {source} GROUP BY {keys} ORDER BY {keys})"


def exchange(whole, folder):
    """Move the finished files into place, datapackage.json last, and remove those of the world before."""
    before = set(paths_of(folder))
    made = sorted(
        (path for path in whole.rglob("*") if path.is_file()), key=lambda one: one.name == "datapackage.json"
    )
    names = [path.relative_to(whole).as_posix() for path in made]
    for path, name in zip(made, names, strict=True):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        path.replace(folder / name)
    for name in before - set(names):
        (folder / name).unlink(missing_ok=True)
        if (folder / name).parent != folder and not any((folder / name).parent.iterdir()):
            (folder / name).parent.rmdir()


def described(folder):
    """datapackage.json of the world in `folder`; empty if there is none or it cannot be read."""
    try:
        found = json.loads((Path(folder) / "datapackage.json").read_text(encoding="utf-8"))
        return found if isinstance(found.get("resources"), list) else {}
    except (OSError, ValueError, AttributeError):
        return {}


def paths_of(folder):
    """All files of the world that lies in `folder`."""
    found = described(folder)
    files = [file for one in found.get("resources", []) for file in one.get("files", [])]
    return [file["path"] for file in files + found.get("extras", [])]


def check_folder(folder, names):
    """Refuse to replace a whole world by some of its tables."""
    kept = {one["name"] for one in described(folder).get("resources", [])} - set(names)
    if kept:
        raise DataError(
            f"'{folder}' already holds a world with other tables ({', '.join(sorted(kept))}). "
            "Choose another folder for --out, or leave --tables away."
        )


def remove_leftovers(folder):
    """Remove what runs that were killed a day ago or earlier left in `folder`."""
    for path in folder.glob(".writing-*"):
        if time.time() - path.stat().st_mtime > LEFTOVER_HOURS * 3600:
            shutil.rmtree(path, ignore_errors=True)
