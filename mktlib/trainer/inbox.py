"""Notebooks out of a folder or zip that strangers filled: read, never unpacked to disk, never more than the limits allow."""

import datetime
import io
import os
import re
import stat
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

NOTEBOOK = 30_000_000  # bytes of one notebook or log
TAKEN = re.compile(
    r"\.ipynb(\.txt|\.json)?$|\.jsonl$", re.IGNORECASE
)  # notebooks, as browsers rename them; learners' logs
NESTED = 400_000_000  # bytes of a zip within a zip
UNPACKED = 4_000_000_000  # bytes that come out of one zip, all that lies in it together
UNPACKED_NESTED = 400_000_000
HARMLESS = 5_000_000  # bytes; what is larger and was squeezed to a 200th of it is no notebook
MEMBERS = 50_000
DEPTH = 3
DOWNLOADED = datetime.timedelta(minutes=10)  # times of a zip that lie closer together are those of its making
JUNK = {"__MACOSX", ".ipynb_checkpoints", "__pycache__", ".git", ".virtual_documents"}
ARCHIVES = {".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz"}
OURS = {"START_HERE.html", "mktlib_world.json"}
PLATFORM = re.compile(r"_\d+_assignsubmission_|^.+?(?:_LATE)?_\d+_\d+_.+")
CANVAS_NAME = re.compile(r"^.+?(?P<late>_LATE)?_\d+_\d+_.+\.(?:ipynb|zip)$")


@dataclass
class Found:
    """A file of an inbox. `data` are the bytes of a notebook or log; without them `problem` says why it was refused, or it is another file.

    `mark` is "late" where the platform says so, "unknown" where the time may be that of a download.
    """

    source: str
    received: datetime.datetime
    data: bytes | None = None
    problem: str = ""
    mark: str = ""


@dataclass
class Budget:
    """Bytes that may still be unpacked, here and in what lies around."""

    left: int
    around: object = None

    def room(self):
        return min(self.left, self.around.room()) if self.around else self.left

    def take(self, size):
        self.left -= size
        if self.around:
            self.around.take(size)


def walk(source, zone):
    """Found, one after the other, in the order of their names. `zone` is that of times in zips, which name none."""
    source = Path(source)
    if source.is_file():
        yield from loose(source, "", zone)
        return
    closed = []
    for folder, subfolders, names in os.walk(source, onerror=closed.append):
        subfolders[:] = sorted(one for one in subfolders if one not in JUNK)
        place = Path(folder).relative_to(source)
        for name in [one for one in subfolders if (Path(folder) / one).is_symlink()]:
            yield Found(
                (place / name).as_posix(), now(zone), problem="a link to another folder; it was not followed"
            )
        for name in sorted(names):
            yield from loose(Path(folder) / name, (place / name).as_posix(), zone)
    for problem in closed:
        label = Path(problem.filename).relative_to(source).as_posix()
        yield Found(whole(label), now(zone), problem=f"cannot be opened ({problem.strerror})")


def whole(label):
    """A path whose letters can be written: names that are not UTF-8 keep the rest of theirs."""
    return label.encode("utf-8", "replace").decode("utf-8")


def loose(path, label, zone):
    """Found of a file on disk; `label` is empty for an inbox that is itself a file."""
    label = whole(label) or ("" if path.suffix.lower() == ".zip" else path.name)
    if is_junk(path.name):
        return
    if path.is_symlink():
        yield Found(label, now(zone), problem="a link to another file; it was not followed")
        return
    try:
        about = path.stat()
        when = datetime.datetime.fromtimestamp(about.st_mtime, zone)
        if not stat.S_ISREG(about.st_mode):
            yield Found(label, when, problem="no ordinary file")
        elif TAKEN.search(path.name):
            yield notebook(path.read_bytes() if about.st_size <= NOTEBOOK else None, label, when)
        elif path.suffix.lower() == ".zip":
            with path.open("rb") as stream:
                yield from unzipped(stream, label, when, zone, 1, Budget(UNPACKED))
        else:
            yield from other(label, when)
    except (OSError, OverflowError, ValueError) as problem:
        yield Found(
            label or path.name,
            now(zone),
            problem=f"cannot be read ({getattr(problem, 'strerror', None) or problem})",
        )


def now(zone):
    """The present, for what has no time of its own."""
    return datetime.datetime.now(zone)


def notebook(data, label, when, mark=""):
    """Found of the bytes of a notebook or log, None when there are too many."""
    if data is None:
        return Found(
            label, when, problem=f"larger than {NOTEBOOK // 1_000_000} MB; ask for it without outputs"
        )
    name = label.rpartition("/")[2]
    canvas = CANVAS_NAME.match(name)
    if canvas and not mark:
        mark = "late" if canvas["late"] else "unknown"
    return Found(label, when, data, mark=mark)


def other(label, when):
    """Found of a file that is no notebook, or nothing for files that this course handed out."""
    parts = PurePosixPath(label).parts
    if parts and (parts[-1] in OURS or "world" in parts[:-1]):
        return
    if PurePosixPath(label).suffix.lower() in ARCHIVES:
        yield Found(label, when, problem="an archive that is not opened here; unpack it, or ask for a zip")
        return
    yield Found(label, when)


def is_junk(name):
    """Files that systems leave behind."""
    return name in JUNK or name.startswith("._") or name in (".DS_Store", "Thumbs.db", "desktop.ini")


# ---------------------------------------------------------------- zips


def unzipped(stream, label, when, zone, depth, budget):
    """Found in a zip; whatever is in it, this comes to an end and says in words what it refused."""
    shown = label or "the zip"
    try:
        with zipfile.ZipFile(stream) as pack:
            members = [one for one in pack.infolist() if not one.is_dir()]
            if len(members) > MEMBERS:
                yield Found(
                    shown, when, problem=f"a zip of {len(members):,} files; at most {MEMBERS:,} are read"
                )
                return
            mark = mark_of(members, zone, when)
            for member in sorted(members, key=name_of):
                yield from unpacked(pack, member, label, when, zone, depth, budget, mark)
    except OutOfRoom:
        yield Found(
            shown,
            when,
            problem="unpacks to more than is allowed, like a file made to do harm; the rest was left in it",
        )
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError, struct.error) as problem:
        yield Found(shown, when, problem=f"a damaged zip ({problem}); ask for it again")


class OutOfRoom(Exception):
    """A zip unpacks to more than its budget."""


def name_of(member):
    """The member's name; zips of Windows in China name no encoding and mean GBK."""
    name = member.filename
    if not member.flag_bits & 0x800:
        for encoding in ("utf-8", "gbk"):
            try:
                name = name.encode("cp437").decode(encoding)
                break
            except ValueError:
                continue
    return name.replace("\\", "/")


def unpacked(pack, member, label, when, zone, depth, budget, mark):
    """Found in a member of a zip."""
    name = name_of(member)
    parts = PurePosixPath(name).parts
    if any(is_junk(part) for part in parts):
        return
    shown = f"{label}/{name}" if label else name
    time = time_of(member, zone) or when
    suffix = PurePosixPath(name).suffix.lower()
    if problem := danger(member, name, parts):
        yield Found(shown, time, problem=problem)
    elif TAKEN.search(name):
        data, problem = content(pack, member, NOTEBOOK, budget)
        yield (
            Found(shown, time, problem=problem)
            if problem
            else notebook(data, shown, time, mark_here(shown, mark))
        )
    elif suffix == ".zip" and depth < DEPTH:
        data, problem = content(pack, member, NESTED, budget)
        if data is None:
            yield Found(shown, time, problem=problem or f"larger than {NESTED // 1_000_000} MB")
        else:
            inner = Budget(UNPACKED_NESTED, budget)
            for one in unzipped(io.BytesIO(data), shown, time, zone, depth + 1, inner):
                one.mark = "late" if mark_here(shown, mark) == "late" else one.mark
                yield one
    elif suffix == ".zip":
        yield Found(shown, time, problem=f"a zip in a zip in a zip; {DEPTH} are opened, no more")
    else:
        yield from other(shown, time)


def danger(member, name, parts):
    """Why a member is refused unread, or ''."""
    if name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in parts or "\0" in name:
        return "its path leads out of the folder, like a file made to do harm"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "a link to another file; it was not followed"
    return "locked by a password; ask for it without" if member.flag_bits & 1 else ""


def content(pack, member, most, budget):
    """(bytes or None when there are more than `most`, problem or ''); never trusts the size that the zip claims."""
    room = min(most, budget.room())
    try:
        with pack.open(member) as source:
            data = source.read(room + 1)
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception as problem:  # zlib.error, LZMAError and their like have no common parent
        return None, f"cannot be unpacked ({problem}); ask for it again"
    budget.take(len(data))
    if budget.room() < 0:
        raise OutOfRoom
    if len(data) > most:
        return None, ""
    if len(data) > HARMLESS and len(data) > 200 * member.compress_size:
        return None, "unpacks to more than two hundred times its size, like a file made to do harm"
    return data, ""


def time_of(member, zone):
    """When a member was last changed: the UTC time that zips of macOS and Linux carry, else the local one; None if absurd."""
    extra = member.extra
    try:
        while len(extra) >= 4:
            tag, size = struct.unpack("<HH", extra[:4])
            if tag == 0x5455 and size >= 5 and extra[4] & 1:
                return datetime.datetime.fromtimestamp(struct.unpack("<i", extra[5:9])[0], zone)
            extra = extra[4 + size :]
        return datetime.datetime(*member.date_time, tzinfo=zone)
    except (ValueError, OSError, OverflowError, struct.error):
        return None


def mark_of(members, zone, when):
    """What the platform tells of lateness in a zip as a whole.

    Moodle and Canvas write the time of the download on every file (zip_writer.php, content_zipper.rb), which says nothing of
    handing in; where three files or more lie within minutes, that is what we have before us.
    """
    names = [name_of(member) for member in members]
    from_platform = [one for one in names if PLATFORM.search(one.split("/")[0])]
    times = [time_of(member, zone) or when for member in members]
    if len(from_platform) >= 3 and len(from_platform) == len(names) and max(times) - min(times) <= DOWNLOADED:
        return "unknown"
    return ""


def mark_here(label, mark):
    """The mark of one file: Canvas says LATE in its name; else that of the zip."""
    names = [CANVAS_NAME.match(part) for part in label.split("/")]
    return "late" if any(one and one["late"] for one in names) else mark


def set_time(path, moment):
    """Give a file the time of handing in."""
    os.utime(path, (moment.timestamp(), moment.timestamp()))
