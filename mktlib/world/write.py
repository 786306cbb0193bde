"""Tables to files: types from tables.yml, Parquet by DuckDB, CSV that Excel opens, datapackage.json."""

import csv
import hashlib
import json
import shutil
import tempfile
import time
from functools import cache
from pathlib import Path

import duckdb
import yaml

from mktlib.errors import DataError

TYPES = {
    "integer": "INTEGER",
    "number": "DECIMAL(9,2)",
    "string": "VARCHAR",
    "yearmonth": "VARCHAR",
    "date": "DATE",
    "datetime": "TIMESTAMP",
    "boolean": "BOOLEAN",
}
MEDIA = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}
PARQUET = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 15, PARQUET_VERSION v2, ROW_GROUP_SIZE 1000000"


@cache
def tables_yml():
    """The data dictionary: table -> title, format, key, fields, links, split."""
    text = Path(__file__).with_name("tables.yml").read_text(encoding="utf-8")
    found = yaml.safe_load(text)
    for table in found.values():
        table["fields"] = {
            name: list(field) + [{}] * (5 - len(field)) for name, field in table["fields"].items()
        }
    return found


def connection():
    """DuckDB in memory with one thread, so that the same table gives the same bytes."""
    con = duckdb.connect()
    con.execute("SET threads = 1")
    return con


def quoted(path):
    """A path as an SQL string."""
    return "'" + Path(path).as_posix().replace("'", "''") + "'"


def file_names(name):
    """File names of a table, in order."""
    table = tables_yml()[name]
    if table.get("split") == "half-year":
        return [f"{name}_{year}_h{half}.{table['format']}" for year in (2023, 2024, 2025) for half in (1, 2)]
    return [f"{name}.{table['format']}"]


def write_table(con, name, frame, folder):
    """Write one table into `folder`; columns, order and types are those of tables.yml."""
    table = tables_yml()[name]
    parts = [frame]
    if table.get("split") == "half-year":
        day = frame["started_at"].dt
        half = (day.year - 2023) * 2 + (day.month > 6)
        parts = [frame[half == number] for number in range(6)]
    for path, part in zip(file_names(name), parts, strict=True):
        columns = list(table["fields"])
        con.register("part", part[columns])
        casts = ", ".join(f'CAST("{c}" AS {TYPES[f[0]]}) AS "{c}"' for c, f in table["fields"].items())
        if table["format"] == "parquet":
            con.execute(f"COPY (SELECT {casts} FROM part) TO {quoted(folder / path)} ({PARQUET})")
        else:
            write_csv(folder / path, columns, con.execute(f"SELECT {casts} FROM part").fetchall())
        con.unregister("part")


def write_csv(path, columns, rows):
    """CSV in UTF-8 with the mark that lets Excel see it, lines ended alike on every system."""
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([str(v).lower() if isinstance(v, bool) else v for v in row] for row in rows)


def field_json(name, field):
    """One column as a Frictionless field with unit and Chinese term."""
    kind, unit, term, meaning, extra = field
    limits = {key: value for key, value in extra.items() if key != "nullable"}
    made = {"name": name, "type": kind, "title": term, "description": meaning, "unit": unit, "term_zh": term}
    if kind == "datetime":
        made["format"] = "%Y-%m-%d %H:%M:%S"
    elif kind == "date":
        made["format"] = "%Y-%m-%d"
    # An empty text is a value here, so "required" (which Frictionless reads as not empty) is left out of such columns.
    if not extra.get("nullable") and "" not in extra.get("enum", []) and name not in ("campaign", "promo"):
        limits = {"required": True, **limits}
    return {**made, "constraints": limits} if limits else made


def sha256(content):
    """Checksum as Frictionless writes it."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def resource(name, folder):
    """The Frictionless resource of a table whose files lie in `folder`."""
    table = tables_yml()[name]
    files = [folder / path for path in file_names(name)]
    schema = {
        "fields": [field_json(*pair) for pair in table["fields"].items()],
        "primaryKey": table["key"],
        "missingValues": [""] if table["format"] == "csv" else [],
    }
    keys = [
        {"fields": [column], "reference": {"resource": other, "fields": [column]}}
        for column, other in table.get("links", {}).items()
    ]
    if keys:
        schema["foreignKeys"] = keys
    contents = [path.read_bytes() for path in files]
    made = {
        "name": name,
        "title": table["title"],
        "profile": "tabular-data-resource",
        "path": files[0].name if len(files) == 1 else [path.name for path in files],
        "format": table["format"],
        "mediatype": MEDIA[table["format"]],
        "encoding": "utf-8",
        "bytes": sum(map(len, contents)),
        "hash": sha256(b"".join(contents)),
        "files": [
            {"path": path.name, "bytes": len(content), "hash": sha256(content)}
            for path, content in zip(files, contents, strict=True)
        ],
    }
    if table["format"] == "csv":
        made["dialect"] = {"delimiter": ",", "lineTerminator": "\n", "header": True}
    return {**made, "schema": schema}


def package(names, folder, seed, scale):
    """datapackage.json of a world."""
    return {
        "profile": "data-package",
        "name": "heyu-world",
        "title": "Heyu: three years of a fictional mother-and-baby brand",
        "description": "Simulated data of a brand that does not exist. Causes are simulated, metrics are counted.",
        "version": "1",
        "licenses": [
            {
                "name": "CC-BY-4.0",
                "title": "Creative Commons Attribution 4.0",
                "path": "https://creativecommons.org/licenses/by/4.0/",
            }
        ],
        "seed": seed,
        "scale": scale,
        "resources": [resource(name, folder) for name in names],
    }


def write_json(path, content):
    """JSON with sorted structure kept as given, ended by a line break."""
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")


def files_of(folder):
    """Table name -> file names of the world that lies in `folder`; empty if there is none or it cannot be read."""
    try:
        package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
        return {one["name"]: [file["path"] for file in one["files"]] for one in package["resources"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def check_folder(folder, names):
    """Refuse to replace a whole world by some of its tables."""
    kept = set(files_of(Path(folder))) - set(names)
    if kept:
        raise DataError(
            f"'{folder}' already holds a world with other tables ({', '.join(sorted(kept))}). "
            "Choose another folder for --out, or leave --tables away."
        )


def remove_leftovers(folder, seconds=3600):
    """Remove what runs that were killed an hour ago or earlier left in `folder`."""
    for path in folder.glob(".writing-*"):
        if time.time() - path.stat().st_mtime > seconds:
            shutil.rmtree(path, ignore_errors=True)


def write_world(tables, truth, folder, names, seed, scale, progress=iter):
    """Write the tables `names` of a world into `folder`; files are replaced only when all are written.

    datapackage.json goes last, so that its checksums tell an interrupted exchange. Files of the world that was there
    before, and that the new one does not have, are removed. Raises OSError if the disk is full or not writable.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    remove_leftovers(folder)
    before = {path for paths in files_of(folder).values() for path in paths}
    fresh = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder))
    try:
        con = connection()
        for name in progress(names):
            write_table(con, name, tables[name], fresh)
        con.close()
        write_json(fresh / "truth.json", truth)
        write_json(fresh / "datapackage.json", package(names, fresh, seed, scale))
        made = sorted(fresh.iterdir(), key=lambda one: one.name == "datapackage.json")
        for path in made:
            path.replace(folder / path.name)
        for name in before - {path.name for path in made}:
            (folder / name).unlink(missing_ok=True)
    except duckdb.Error as problem:
        raise OSError(f"Cannot write into '{folder}': {str(problem).splitlines()[0]}") from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return folder
