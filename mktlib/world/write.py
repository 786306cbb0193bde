"""Tables to files: types from the dictionary, Parquet by DuckDB, CSV that Excel opens, datapackage.json."""

import csv
import hashlib
import json
import re
from functools import cache
from pathlib import Path

import duckdb
import yaml

from mktlib.world import clock

TYPES = {
    "integer": "INTEGER",
    "number": "DECIMAL(9,2)",
    "string": "VARCHAR",
    "yearmonth": "VARCHAR",
    "date": "DATE",
    "datetime": "TIMESTAMP",
    "boolean": "BOOLEAN",
}
DICTIONARIES = [
    "core",
    "geo",
    "tracking",
    "ab",
    "seo",
    "social",
    "creators",
    "live",
    "fission",
    "mail",
    "recall",
    "private",
    "touch",
    "market",
    "service",
    "team",
    "copy",
    "exports",
]  # files of dictionary/ in the order in which tables are listed
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # six times as fast where it was compiled
MEDIA = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}


@cache
def tables_yml():
    """The data dictionary: table -> title, format, key, fields, links, and how it grows and is split."""
    found = {}
    for name in DICTIONARIES:
        text = (Path(__file__).with_name("dictionary") / f"{name}.yml").read_text(encoding="utf-8")
        found.update(yaml.load(text, Loader=LOADER))
    for table in found.values():
        table["fields"] = {
            name: list(field) + [{}] * (5 - len(field)) for name, field in table["fields"].items()
        }
    return found


def packing(tight):
    """Options of Parquet files; `tight` takes four times as long for files a tenth smaller."""
    return f"FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL {19 if tight else 3}, PARQUET_VERSION v2, ROW_GROUP_SIZE 1000000"


def connection():
    """DuckDB in memory with one thread, so that the same table gives the same bytes."""
    con = duckdb.connect()
    con.execute("SET threads = 1")
    return con


def quoted(path):
    """A path as an SQL string."""
    return "'" + Path(path).as_posix().replace("'", "''") + "'"


def file_names(name, part=None):
    """File names of a table, in order; `part` is the number of the part in a world that is made of several."""
    table = tables_yml()[name]
    end = ("" if part is None else f"-{part:03d}") + f".{table['format']}"
    if table.get("split") == "half-year":
        return [f"{name}_{year}_h{half}{end}" for year in range(first_year(table), 2026) for half in (1, 2)]
    return [name + end]


def first_year(table):
    """Year of the first rows that are kept of a table."""
    return int(str(table.get("told_from", clock.START))[:4])


def casts(name):
    """SQL that gives the columns of a table in the order and types of the dictionary."""
    fields = tables_yml()[name]["fields"]
    return ", ".join(f'CAST("{c}" AS {TYPES[f[0]]}) AS "{c}"' for c, f in fields.items())


def told(name, frame):
    """The rows of a table that are kept: raw visits of early years are not."""
    table = tables_yml()[name]
    if "told_from" not in table:
        return frame
    return frame[frame[table["split_by"]] >= str(table["told_from"])]


def write_parquet(con, name, frame, paths, packed):
    """Write a table as Parquet into one file, or one a half-year."""
    frame, parts = told(name, frame), [frame]
    table = tables_yml()[name]
    if table.get("split") == "half-year":
        day = frame[table["split_by"]].dt
        half = (day.year - first_year(table)) * 2 + (day.month > 6)
        parts = [frame[half == number] for number in range(len(paths))]
    for path, part in zip(paths, parts, strict=True):
        copy_frame(con, part[list(table["fields"])], path, packed, casts(name))


def copy_frame(con, frame, path, packed, columns="*"):
    """Write a frame as one Parquet file; `packed` are its options, `columns` is the SQL that selects and casts them."""
    con.register("part", frame)
    con.execute(f"COPY (SELECT {columns} FROM part) TO {quoted(path)} ({packed})")
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


def fingerprint(path, folder):
    """Path in the folder, size and checksum of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while block := source.read(1 << 20):
            digest.update(block)
    return {
        "path": path.relative_to(folder).as_posix(),
        "bytes": path.stat().st_size,
        "hash": "sha256:" + digest.hexdigest(),
    }


def resource(name, folder, parts=1):
    """The Frictionless resource of a table whose files lie in `folder`."""
    table = tables_yml()[name]
    numbers = [None] if parts == 1 or not in_parts(table) else range(parts)
    files = [fingerprint(folder / path, folder) for number in numbers for path in file_names(name, number)]
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
    made = {
        "name": name,
        "title": table["title"],
        "profile": "tabular-data-resource",
        "path": files[0]["path"] if len(files) == 1 else [one["path"] for one in files],
        "format": table["format"],
        "mediatype": MEDIA[table["format"]],
        "encoding": "utf-8",
        "bytes": sum(one["bytes"] for one in files),
        "hash": files[0]["hash"]
        if len(files) == 1
        else sha256("".join(one["hash"] for one in files).encode()),
        "files": files,
    }
    if table["format"] == "csv":
        made["dialect"] = {"delimiter": ",", "lineTerminator": "\n", "header": True}
    return {**made, "schema": schema}


def in_parts(table):
    """Whether the files of a large world's table stay apart by part."""
    return table.get("grows", "rows") == "rows" and table["format"] == "parquet"


def package(names, folder, seed, scale, parts=1):
    """datapackage.json of a world; `extras` are its files that are no tables."""
    resources = [resource(name, folder, parts) for name in names]
    tables = {file["path"] for one in resources for file in one["files"]}
    others = [fingerprint(path, folder) for path in sorted(folder.rglob("*")) if path.is_file()]
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
        "resources": resources,
        "extras": [one for one in others if one["path"] not in tables],
    }


def write_json(path, content):
    """JSON with its structure kept as given, the outer three levels on lines of their own, ended by a line break."""
    text = json.dumps(content, ensure_ascii=False, indent=1)
    text = re.sub(r"\n {4,}", " ", text)
    text = re.sub(r"\n {3}([\]}])", r" \1", text)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
