"""What students hand in, however it comes: sorted by student and lesson, nothing lost, nothing guessed.

Everything taken is kept once in received/, with a line in received.csv; submissions/ and submissions.csv are made from that
each time, so a second run changes nothing and a moved deadline takes effect.
"""

import datetime
import hashlib
import json
import re
import shutil
from collections import Counter
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from mktlib.trainer import inbox, roster
from mktlib.trainer.roster import RosterError, plain

KNOWN = r"[NJMS](?:\d\d|C)"
IN_GRADE_ID = re.compile(rf"({KNOWN})_")
IN_CELL_ID = re.compile(rf"({KNOWN})-", re.IGNORECASE)
IN_SOURCE = re.compile(rf"""^check\(\s*["']({KNOWN})\.""", re.MULTILINE)
IN_NAME = re.compile(rf"(?<![a-z0-9])({KNOWN})(?![a-z0-9])", re.IGNORECASE)
LOG_LINE = re.compile(rb"""\s*\{[^\n]*"event"\s*:""")
LOST = "_unplaced"
DOWNLOADED = "dated by its download, after the deadline: only the platform knows whether it was late"
HEADER = ("id", "lesson", "status", "received", "source", "note")


@dataclass(frozen=True)
class Kept:
    """A line of received.csv. `kind`: notebook, broken, log, other or refused; `mark`: late, unknown, or empty (the time says)."""

    source: str
    kind: str
    sha: str
    received: str
    mark: str
    note: str


@dataclass(frozen=True)
class Placed:
    """A notebook with its student (None) and lesson (None), and what there is to say."""

    kept: Kept
    student: object
    lesson: str | None
    problem: str = ""
    notes: tuple = ()


@dataclass(frozen=True)
class Row:
    """A line of submissions.csv."""

    id: str
    lesson: str
    status: str
    received: str = ""
    source: str = ""
    note: str = ""


def collect(source, folder, progress=lambda steps, **more: steps):
    """Take what lies in `source` (a folder or a zip) into a class: rows of submissions.csv. Raises RosterError."""
    folder, source = Path(folder), Path(source)
    info, students = roster.class_file(folder), roster.load(folder)
    check_inbox(source, folder)
    kept = ledger(folder)
    zone = (roster.deadline_of(info) or datetime.datetime.now().astimezone()).tzinfo
    for found in progress(inbox.walk(source, zone), unit="file"):
        one = keep(found, folder)
        old = kept.get((one.source, one.sha))
        kept[one.source, one.sha] = old if old and moment(old) <= moment(one) else one
    kept = forget_mended(kept)
    roster.write_csv(folder / "received.csv", [f.name for f in fields(Kept)], map(astuple, kept.values()))
    rows = sort_out(folder, info, students, list(kept.values()))
    roster.write_csv(folder / "submissions.csv", HEADER, map(astuple, rows))
    return rows


def check_inbox(source, folder):
    """Refuse an inbox that is not there, or that holds the class itself."""
    if not source.exists():
        raise RosterError(f"There is no '{source}'; name the folder or zip with what was handed in.")
    there, own = source.resolve(), folder.resolve()
    inner = [own / name for name in ("submissions", "received", "grades", "worlds")]
    if there == own or there in own.parents or any(there == one or one in there.parents for one in inner):
        raise RosterError(
            f"'{source}' holds the class itself; put what was handed in into a folder of its own."
        )


# ---------------------------------------------------------------- the ledger


def ledger(folder):
    """{(source, sha): Kept} of received.csv."""
    path = folder / "received.csv"
    if not path.is_file():
        return {}
    found, header = roster.table(path, lambda cells: cells[:2] == ["source", "kind"])
    rows = [Kept(*(unguarded(cell) for cell in cells[: len(header)])) for _, cells in found]
    return {(one.source, one.sha): one for one in rows}


def unguarded(cell):
    """A cell as it was before write_csv defused it."""
    return cell[1:] if cell.startswith("'") and roster.defused(cell[1:]) == cell else cell


def keep(found, folder):
    """The ledger's line for what was found; the bytes of a notebook go to received/, once."""
    received = found.received.isoformat(timespec="seconds")
    if found.data is None:
        return Kept(found.source, "refused" if found.problem else "other", "", received, "", found.problem)
    is_log = found.source.lower().endswith(".jsonl")
    if is_log and not LOG_LINE.match(found.data):
        return Kept(found.source, "other", "", received, "", "")
    sha = hashlib.sha256(found.data).hexdigest()
    target = stored(folder, sha)
    if not target.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_suffix(".part")
        draft.write_bytes(found.data)
        draft.replace(target)
    if is_log:
        return Kept(found.source, "log", sha, received, found.mark, "")
    broken = read_notebook(found.data)[1]
    return Kept(found.source, "broken" if broken else "notebook", sha, received, found.mark, broken)


def stored(folder, sha):
    """Where the bytes of a notebook or log are kept."""
    return folder / "received" / sha[:2] / f"{sha}.bin"


def forget_mended(kept):
    """Without refusals of files that could be read another time."""
    good = {one.source for one in kept.values() if one.sha}
    return {key: one for key, one in kept.items() if one.kind != "refused" or one.source not in good}


# ---------------------------------------------------------------- what a notebook says of itself


def read_notebook(data):
    """(notebook or None, what is wrong with it or '')."""
    if not data.strip():
        return None, "the file is empty"
    if data.lstrip()[:1] == b"<":
        return None, "a web page saved under the name of a notebook"
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError, MemoryError):
        return None, "broken: it is no JSON, perhaps cut off on its way"
    if not isinstance(found, dict) or not isinstance(found.get("cells"), list):
        return None, "no notebook: it has no cells"
    return found, ""


def lesson_of(notebook, known):
    """(lesson or None, why not): by the ids of cells and the exercises they check, never by a name."""
    votes = Counter(lesson for cell in notebook["cells"] for lesson in lessons_of(cell) if lesson in known)
    best = votes.most_common(2)
    if not best:
        return None, "holds no cell of a lesson"
    if len(best) == 2 and best[0][1] == best[1][1]:
        return None, f"holds as many cells of {best[0][0]} as of {best[1][0]}"
    return best[0][0], ""


def lessons_of(cell):
    """Lessons that a cell names, as a set."""
    if not isinstance(cell, dict):
        return set()
    metadata = cell.get("metadata") if isinstance(cell.get("metadata"), dict) else {}
    nbgrader = metadata.get("nbgrader") if isinstance(metadata.get("nbgrader"), dict) else {}
    source = cell.get("source", "")
    source = "".join(map(str, source)) if isinstance(source, list) else str(source)
    named = (
        IN_GRADE_ID.match(str(nbgrader.get("grade_id", ""))),
        IN_CELL_ID.match(str(cell.get("id", ""))),
        IN_SOURCE.search(source) if cell.get("cell_type") == "code" else None,
    )
    return {one[1].upper() for one in named if one}


def handed_out_to(notebook):
    """The student id that `class new` wrote into the notebook, or ''."""
    about = notebook.get("metadata", {})
    about = about.get("mktlib") if isinstance(about, dict) else None
    return str(about.get("student", "")) if isinstance(about, dict) else ""


# ---------------------------------------------------------------- whose it is

MOODLE = re.compile(r"_\d+_assignsubmission_(?:file|onlinetext)_?")
CANVAS = re.compile(r"(?P<name>.+?)(?:_LATE)?_(?P<user>\d+)_\d+_(?P<file>.+)")
COPY = re.compile(r"[(（]\d+[)）]|[-_ ](?:copy|checkpoint)(?![a-z])|副本", re.IGNORECASE)
ENDING = re.compile(r"(\.(ipynb|zip|jsonl|json|txt))+$", re.IGNORECASE)
NOISE = re.compile("作业|同学|提交|最终版|最终|终版|练习|答案|完成|姓名|学号|的")
LEVEL = re.compile(r"\d_(start|junior|mid|senior)")  # folders of ours, which begin with no student's id
HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
SHORT = (
    4  # an id of fewer characters counts only where a name begins, or it would be found in every "J01 (7)"
)


class Register:
    """Recognises the students of a class in paths."""

    def __init__(self, students):
        self.students = students
        self.ids = [(one, id_pattern(one.id)) for one in students]
        self.mails = [(one, mail_pattern(one.email)) for one in students if one.email]
        self.names = [(one, name_patterns(one.name)) for one in students]
        self.folders = {plain(one.folder): one for one in students}
        self.by_id = {plain(one.id): one for one in students}

    def look_up(self, source, handed_out=""):
        """(student or None, what there is to say)."""
        parts = [one for part in source.split("/") if not LEVEL.fullmatch(part) for one in readable(part)]
        given = self.by_id.get(plain(handed_out)) if handed_out else None
        sure, named = self.sure(parts, source), self.named(parts)
        both = sure or named
        if named and sure and not set(sure) & set(named):
            return None, f"fits {listed(sure)} by id, folder or e-mail and {listed(named)} by name"
        if len(both) > 1 and given in both and not sure:
            return given, f"{listed(named)} have this name; the notebook was handed out to {given.id}"
        if len(both) > 1:
            return None, f"fits {listed(both)}"
        if not both:
            return given, "" if given else "no id, e-mail or name of the roster in its path"
        said = (
            f"the notebook was handed out to {given.name} ({given.id})"
            if given not in (None, both[0])
            else ""
        )
        return both[0], said

    def sure(self, parts, source):
        """Students whose folder, id or e-mail stands in the path."""
        exact = [self.folders[plain(part)] for part in source.split("/") if plain(part) in self.folders]
        ids = [one for one, pattern in self.ids if any(pattern.search(part) for part in parts)]
        mails = [one for one, pattern in self.mails if any(pattern.search(part) for part in parts)]
        return list(dict.fromkeys(exact or ids + mails))

    def named(self, parts):
        """Students whose name stands in the path; Li Ming does not count within Li Ming Hua, if both are students."""
        hits = [
            (place, *match.span(), one)
            for place, part in enumerate(parts)
            for one, patterns in self.names
            for pattern in patterns
            for match in pattern.finditer(part)
        ]
        whole = [
            one
            for place, start, end, one in hits
            if not any(
                p == place and s <= start and e >= end and (e - s) > (end - start) for p, s, e, _ in hits
            )
        ]
        return list(dict.fromkeys(whole))


def readable(part):
    """What a component of a path says, in comparable letters: one text, or several where Moodle or Canvas put them together."""
    stem = ENDING.sub("", part)
    canvas = CANVAS.fullmatch(part)
    pieces = [canvas["name"], canvas["user"], canvas["file"]] if canvas else MOODLE.split(stem)
    return [NOISE.sub(" ", COPY.sub(" ", plain(ENDING.sub("", piece)))).strip() for piece in pieces if piece]


def id_pattern(id):
    """Finds an id that stands by itself; signs in it may have been replaced by others."""
    body = "[^a-z0-9]?".join(re.escape(run) for run in re.findall(r"[^\W_]+", plain(id))) or re.escape(
        plain(id)
    )
    start = "^" if len(id) < SHORT else "(?<![a-z0-9])"
    return re.compile(f"{start}{body}(?![a-z0-9])")


def mail_pattern(email):
    """Finds an e-mail address."""
    return re.compile(rf"(?<![\w.+-]){re.escape(plain(email))}(?![\w-])")


def name_patterns(name):
    """Patterns that find a name: a Chinese one by itself, a Latin one with its parts turned round or run together."""
    text = re.sub("[·•・]", "", plain(name))
    found = []
    han = "".join(re.findall(f"[{HAN}]+", text))
    if len(han) > 1:
        found.append(re.compile(rf"(?<![{HAN}])" + r"\s*".join(han) + rf"(?![{HAN}])"))
    words = re.findall(rf"[^\W\d_{HAN}]+", text)
    if len("".join(words)) > 1:
        turned = {tuple(words), (*words[1:], words[0]), (words[-1], *words[:-1])}
        letter = rf"[^\W\d_{HAN}]"
        found += [
            re.compile(rf"(?<!{letter})" + r"[\W_]*".join(map(re.escape, one)) + rf"(?!{letter})")
            for one in sorted(turned)
        ]
    return found


def listed(students):
    """'Li Ming (1) and Li Ming (2)'."""
    return " and ".join(f"{one.name} ({one.id})" for one in students[:4])


# ---------------------------------------------------------------- into submissions/


def sort_out(folder, info, students, kept):
    """Place everything in the ledger; returns the rows of submissions.csv."""
    from mktlib.course import registry

    known = {name.upper() for name in registry.lessons()}
    register = Register(students)
    placed = [place(one, folder, register, known, info["lessons"]) for one in kept]
    expected, used = [], set()
    for student in students:
        mine = [one for one in placed if one.student is student]
        if logs := newest_first([one for one in mine if one.kept.kind == "log"]):
            lay(folder, logs[0].kept, folder / "submissions" / student.folder / "log.jsonl")
        for lesson in info["lessons"]:
            row, sha = settle(folder, info, student, lesson, mine)
            expected.append(row)
            used.add(sha)
            used |= {one.kept.sha for one in mine if one.lesson == lesson}
    rest = [one for one in placed if not is_settled(one, used, info["lessons"])]
    rest_rows = [row_of_rest(one) for one in sorted(rest, key=lambda one: one.kept.source)]
    lay_out_unplaced(folder, [one for one in rest if one.kept.sha])
    return expected + rest_rows


def place(one, folder, register, known, lessons):
    """A ledger's line with its student and lesson."""
    notebook = None
    if one.kind == "notebook":
        notebook, _ = read_notebook(stored(folder, one.sha).read_bytes())
    student, said = register.look_up(one.source, handed_out_to(notebook) if notebook else "")
    if one.kind == "log":
        return Placed(one, student, None, "a log", (said,))
    in_name = {found.upper() for found in IN_NAME.findall(one.source.rpartition("/")[2])} & known
    if one.kind in ("refused", "other"):
        return Placed(one, student, None, one.note)
    if notebook is None:
        guess = (
            next(iter(in_name))
            if len(in_name) == 1
            else lessons[0]
            if len(lessons) == 1 and not in_name
            else None
        )
        return Placed(one, student, guess, one.note, (said,))
    lesson, why = lesson_of(notebook, known)
    named = (
        f"its name says {', '.join(sorted(in_name))}" if lesson and in_name and lesson not in in_name else ""
    )
    return Placed(one, student, lesson, why, (said, named))


def settle(folder, info, student, lesson, mine):
    """(row, hash of what lies there) of one student and lesson: the newest that can be read is laid into submissions/."""
    target = folder / "submissions" / student.folder / f"{lesson}.ipynb"
    versions = newest_first([one for one in mine if one.lesson == lesson and one.kept.sha])
    good = [one for one in versions if one.kept.kind == "notebook"]
    if by_hand(target, versions):
        data = target.read_bytes()
        when = (
            datetime.datetime.fromtimestamp(target.stat().st_mtime).astimezone().isoformat(timespec="seconds")
        )
        note = "put there by hand" + (f"; also handed in: {versions[0].kept.source}" if versions else "")
        row = Row(student.id, lesson, status("", when, info), when, "", note)
        return row, hashlib.sha256(data).hexdigest()
    if not versions:
        others = [one.kept.source.rpartition("/")[2] for one in mine if one.kept.kind in ("other", "refused")]
        note = f"handed in only {', '.join(others[:3])}: nothing to grade" if others else ""
        return Row(student.id, lesson, "missing", note=note), None
    best = (good or versions)[0]
    lay(folder, best.kept, target)
    state = status(best.kept.mark, best.kept.received, info) if good else "unreadable"
    notes = [*best.notes, "" if good else best.problem, *remarks(best, versions, info)]
    text = "; ".join(dict.fromkeys(one for one in notes if one))
    return Row(student.id, lesson, state, best.kept.received, best.kept.source, text), best.kept.sha


def newest_first(versions):
    """One of each content, with the time it was first seen, newest first; of equal times the one with the higher copy number."""
    first = {}
    for one in sorted(versions, key=lambda one: (moment(one.kept), one.kept.source)):
        first.setdefault(one.kept.sha, one)
    return sorted(first.values(), key=age, reverse=True)


def age(one):
    """Sorts versions by time; of equal times the higher copy number in the name is newer."""
    copies = re.findall(r"[(（](\d{1,4})[)）]", one.kept.source.rpartition("/")[2])
    return moment(one.kept), int(copies[-1]) if copies else 0, one.kept.source


def moment(kept):
    """The time of a ledger's line."""
    return datetime.datetime.fromisoformat(kept.received)


def status(mark, received, info):
    """ok or late; `received` is ISO text."""
    if mark:
        return "late" if mark == "late" else "ok"
    return "late" if is_after(received, info) else "ok"


def is_after(received, info):
    """Whether a time lies behind the deadline."""
    deadline = roster.deadline_of(info)
    return deadline is not None and datetime.datetime.fromisoformat(received) > deadline


def remarks(best, versions, info):
    """What there is to say on other versions."""
    if best.kept.mark == "unknown" and is_after(best.kept.received, info):
        yield DOWNLOADED
    others = [one for one in versions if one is not best]
    was_late = status(best.kept.mark, best.kept.received, info) == "late"
    for one in others[:5]:
        name, when = one.kept.source, one.kept.received[:16].replace("T", " ")
        if one.kept.kind == "broken":
            yield f"another file cannot be read: {name}"
        else:
            in_time = was_late and status(one.kept.mark, one.kept.received, info) == "ok"
            yield f"an older one {'was in time and ' if in_time else ''}was set aside: {name} of {when}"
    if len(others) > 5:
        yield f"and {len(others) - 5} more"


def by_hand(target, versions):
    """True when a trainer put a file there that this student did not hand in under that lesson."""
    if not target.is_file():
        return False
    return hashlib.sha256(target.read_bytes()).hexdigest() not in {one.kept.sha for one in versions}


def lay(folder, kept, target):
    """Copy a notebook to its place, unless it lies there already; its time is that of handing in."""
    source = stored(folder, kept.sha)
    if (
        target.is_file()
        and target.stat().st_size == source.stat().st_size
        and target.read_bytes() == source.read_bytes()
    ):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_suffix(".part")
    shutil.copyfile(source, draft)
    inbox.set_time(draft, moment(kept))
    draft.replace(target)


def is_settled(one, used, lessons):
    """Whether something needs no row of its own: it stands in an expected row, or is a file beside the notebooks."""
    if one.kept.kind == "other" or (one.kept.kind == "log" and one.student is not None):
        return True
    return one.kept.sha in used or (one.student is not None and one.lesson in lessons)


def row_of_rest(one):
    """The row of a notebook that has no place."""
    notes = "; ".join(dict.fromkeys(note for note in (one.problem, *one.notes) if note))
    state = {"broken": "unreadable", "refused": "refused"}.get(
        one.kept.kind, "wrong lesson" if one.student is not None else "unknown student"
    )
    id = one.student.id if one.student is not None else ""
    if state == "wrong lesson" and one.lesson:
        notes = "; ".join(filter(None, [f"{one.lesson} is no lesson of this class", notes]))
    return Row(id, one.lesson or "", state, one.kept.received, one.kept.source, notes)


def lay_out_unplaced(folder, rest):
    """submissions/_unplaced/ with what has no place, and nothing else."""
    place = folder / "submissions" / LOST
    names = {}
    for one in rest:
        stem = re.sub(r"[^\w.-]+", "_", one.kept.source.rpartition("/")[2])[-60:]
        names[f"{one.kept.sha[:8]}_{stem}"] = one
    if place.is_dir():
        for old in place.iterdir():
            if old.name not in names:
                old.unlink()
    for name, one in names.items():
        lay(folder, one.kept, place / name)


# ---------------------------------------------------------------- on the screen


def summary(rows):
    """Sentences for the screen: counts, then what a person has to look at."""
    count = Counter(row.status for row in rows)
    order = ("ok", "late", "missing", "unreadable", "unknown student", "wrong lesson", "refused")
    lines = [", ".join(f"{count[one]} {one}" for one in order if count[one]) or "nothing was handed in"]
    odd = [row for row in rows if row.status not in ("ok", "late", "missing")]
    lines += [f"{row.status}: {row.source} ({row.note})" for row in odd[:12]]
    if len(odd) > 12:
        lines.append(f"and {len(odd) - 12} more; see submissions.csv")
    if unknown := sum(DOWNLOADED in row.note for row in rows):
        lines.append(f"{unknown} are {DOWNLOADED}")
    noted = sum(row.note not in ("", DOWNLOADED) for row in rows if row.status in ("ok", "late", "missing"))
    if noted:
        lines.append(f"{noted} rows with a note (older versions, names that do not fit): see submissions.csv")
    return lines
