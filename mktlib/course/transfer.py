"""The log on its way to another machine: written to a file, and merged from one.

A file is the log itself, JSON lines. Merging keeps every line of both, damaged ones included, in order of time; what stands in
both is kept once, so importing twice changes nothing.
"""

import contextlib
import json
import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from mktlib.course import log
from mktlib.errors import Told

EVENTS = ("check", "predict", "hint", "solution", "review", "placement", "placed", "forecast")
LARGEST = 200_000_000  # bytes; years of work fill a hundredth of it


class LogError(Told):
    """A log cannot be written or taken over; the message says why and what to do."""


def export(path):
    """Write the log to a file; returns (path, entries, damaged lines). An older export of that name is replaced."""
    path = Path(path)
    lines = _local()
    if not lines:
        raise LogError(f"The log in {log.path()} is empty: there is nothing to take along yet.")
    if path.resolve() == log.path().resolve():
        raise LogError(f"{path} is the log itself; give another name, such as my_log.jsonl.")
    if path.exists() and (path.is_dir() or not _is_log(_lines_of(path))):
        raise LogError(f"{path} is there already and is no log of this course; give another name.")
    write_whole(path, b"\n".join(lines) + b"\n")
    good = sum(_entry(line) is not None for line in lines)
    return path, good, len(lines) - good


def merge(path):
    """Take a file's entries into the local log; returns (new entries, entries that were here, damaged lines of the file)."""
    path = Path(path)
    brought = _lines_of(path)
    if not _is_log(brought):
        raise LogError(
            f"{path.name} is no log of this course. `python -m mktlib log export FILE` on the other machine writes one; "
            "your own log is as it was."
        )
    target = log.path()
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(target.with_suffix(".lock"), timeout=5):
            mine = _local()
            new = list((Counter(map(_canonical, brought)) - Counter(map(_canonical, mine))).elements())
            if new:
                write_whole(target, b"\n".join(_in_order(mine, _picked(brought, new))) + b"\n")
    except Timeout:
        raise LogError(f"Another program holds {target}; close other notebooks and try again.") from None
    good = [line for line in brought if _entry(line) is not None]
    fresh = sum(_entry(line.encode("utf-8", "surrogateescape")) is not None for line in new)
    return fresh, len(good) - fresh, len(brought) - len(good)


def _local():
    """The lines of the local log that are not empty, as bytes."""
    try:
        return _split(log.path().read_bytes())
    except FileNotFoundError:
        return []


def _lines_of(path):
    try:
        if path.stat().st_size > LARGEST:
            raise LogError(f"{path.name} is larger than any log of this course.")
        return _split(path.read_bytes())
    except OSError as problem:
        raise LogError(f"{path} cannot be read ({problem.strerror or problem}).") from None


def _split(content):
    return [line for line in content.removeprefix(b"\xef\xbb\xbf").splitlines() if line.strip()]


def _entry(line):
    """The entry of a line, or None where log.read would skip it."""
    try:
        entry = json.loads(line.decode("utf-8"))
        return entry if entry["time"] and entry["event"] else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _is_log(lines):
    """At least half of the lines are entries, and one of them is an event of this course."""
    entries = [entry for entry in map(_entry, lines) if entry is not None]
    return 2 * len(entries) >= len(lines) > 0 and any(entry["event"] in EVENTS for entry in entries)


def _canonical(line):
    """A line as text that is equal for equal entries; a damaged one stands for itself."""
    entry = _entry(line)
    if entry is None:
        return line.decode("utf-8", "surrogateescape")
    return json.dumps(entry, ensure_ascii=False, sort_keys=True)


def _picked(brought, new):
    """Those of the lines that are new, in their order."""
    wanted, found = Counter(new), []
    for line in brought:
        if wanted[_canonical(line)] > 0:
            wanted[_canonical(line)] -= 1
            found.append(line)
    return found


def _in_order(*parts):
    """Lines in order of time; a line without a time stays behind the one it stood behind."""
    placed = []
    for lines in parts:
        last = datetime.min.replace(tzinfo=UTC)
        for line in lines:
            last = _moment(_entry(line)) or last
            placed.append((last, line))
    return [line for _, line in sorted(placed, key=lambda pair: pair[0])]


def _moment(entry):
    try:
        found = datetime.fromisoformat(entry["time"])
    except (ValueError, TypeError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def write_whole(path, content):
    """Write a file in one piece: a disk that fills up or a killed program leaves the older file as it was."""
    path = Path(path)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as problem:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise LogError(f"{path} cannot be written ({problem.strerror or problem}).") from None
