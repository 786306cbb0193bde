"""Everything a learner did: one append-only file of JSON lines in MKTLIB_HOME, or in the user's data folder.

A line is written under a lock and in one piece, so two open notebooks lose nothing; a line that cannot be read is
skipped and counted, never deleted; a disk that cannot be written is reported once and the lesson goes on.
"""

import datetime
import json
import os
from pathlib import Path

_unsaved = []  # entries that the disk refused, kept for this session
_reported = set()  # troubles already told


def folder():
    """The folder of the learner's log."""
    if home := os.environ.get("MKTLIB_HOME"):
        return Path(home).expanduser()
    import platformdirs

    return Path(platformdirs.user_data_dir("mktlib", appauthor=False))


def path():
    return folder() / "log.jsonl"


def append(event, **fields):
    """Write one entry; returns a sentence for the learner when it could not be saved (once), else ''."""
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    entry = {"time": now, "event": event, **fields}
    try:
        _write(json.dumps(entry, ensure_ascii=False))
        return ""
    except (OSError, _timeout()) as error:
        _unsaved.append(entry)
        return _once(
            "unsaved",
            f"Progress cannot be saved in {folder()} ({_reason(error)}). The lesson goes on; "
            "`python course.py doctor` says what to do.",
        )


def _timeout():
    from filelock import Timeout

    return Timeout


def _reason(error):
    return getattr(error, "strerror", None) or "another program holds the file"


def _write(line):
    from filelock import FileLock

    target = path()
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(target.with_suffix(".lock"), timeout=5), target.open("ab+") as file:
        torn = file.seek(0, os.SEEK_END) and _last_byte(file) != b"\n"
        file.write(b"\n" * bool(torn) + line.encode("utf-8", "replace") + b"\n")


def _last_byte(file):
    file.seek(-1, os.SEEK_END)
    return file.read(1)


def read():
    """(entries, number of lines that cannot be read), oldest first, with what this session could not save."""
    entries, damaged = [], 0
    try:
        lines = path().read_bytes().splitlines()
    except OSError:
        lines = []
    for line in lines:
        try:
            entry = json.loads(line.decode("utf-8"))
            entries.append({**entry, "time": str(entry["time"]), "event": str(entry["event"])})
        except (ValueError, KeyError, TypeError, RecursionError):
            damaged += bool(line.strip())
    return entries + _unsaved, damaged


def damage_report(damaged):
    """A sentence about unreadable lines, once a session, else ''."""
    if not damaged:
        return ""
    lines = "1 line" if damaged == 1 else f"{damaged} lines"
    return _once("damaged", f"{lines} of {path()} cannot be read and were skipped; everything else counts.")


def _once(trouble, sentence):
    if trouble in _reported:
        return ""
    _reported.add(trouble)
    return sentence
