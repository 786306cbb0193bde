"""Grades what a class handed in: `grade(folder)` runs every submission in the sandbox and judges the answers outside of it.

Of a submission only the answer cells and the cells that a student added are run; given cells and checks are the trainer's own.
Answers come out as plain values and meet the same `judge` as in a lesson, in the world of that student. One file for each
submission, grades/<folder>/<LESSON>.json, makes the work resumable: what has not changed is not graded again.
"""

import ast
import hashlib
import itertools
import json
import multiprocessing
import os
import re
import threading
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path

from filelock import FileLock, Timeout

from mktlib.errors import Told
from mktlib.trainer import answers, roster, sandbox

ROOT = Path(__file__).resolve().parents[2]
LARGEST = 50 * 2**20  # bytes of a notebook
BY_HAND = {"rubric", "quiz"}  # kinds that no machine scores
OUTCOMES = ("graded", "crashed", "timed out", "memory", "output", "refused", "unreadable", "missing")
WITH_TRUTH = {"MC", "SC"}  # their given cells play on from the world's causes before the last exercise
LONGEST_PAUSE = 600  # seconds: a longer pause between two entries of a log is no work


class GradingError(Told):
    """A class cannot be graded as it stands; the message says what is missing."""


class Unusable(Exception):
    """A submission is no notebook of the lesson: (outcome, sentence)."""


# ---------------------------------------------------------------- notebooks


@dataclass(frozen=True)
class Cell:
    """A code cell: its id, nbgrader's grade_id or '', source, tags."""

    id: str
    grade_id: str
    source: str
    tags: tuple = ()


def read_notebook(path):
    """(metadata, code cells) of a notebook file. Raises Unusable."""
    if path.is_symlink():
        raise Unusable("refused", "it is a link to another file")
    if path.stat().st_size > LARGEST:
        raise Unusable("refused", f"it is larger than {LARGEST // 2**20} MB")
    try:
        content = json.loads(path.read_bytes().decode("utf-8-sig"))
        return content.get("metadata") or {}, [_cell(one) for one in content["cells"] if _is_code(one)]
    except (ValueError, RecursionError):
        raise Unusable("unreadable", "it is not JSON, so Jupyter did not save it whole") from None
    except (KeyError, TypeError, AttributeError):
        raise Unusable("unreadable", "it is no notebook of version 4") from None


def _is_code(cell):
    return cell["cell_type"] == "code"


def _cell(cell):
    source, metadata = cell.get("source", ""), cell.get("metadata") or {}
    source = "".join(source) if isinstance(source, list) else str(source)
    marks = metadata.get("nbgrader") or {}
    tags = tuple(str(one) for one in metadata.get("tags") or ())
    return Cell(str(cell.get("id", "")), str(marks.get("grade_id", "")), source, tags)


@dataclass(frozen=True)
class Lesson:
    """The trainer's copy of a lesson.

    cells, rest     code cells up to the last check, and those after it, which nobody needs to run
    checks          {cell id: (exercise id, variable)}; answers: {cell id: exercise id, or '' for a prediction}
    modules, tables, truths, stand_ins      what the sandbox prepares: see mktlib.trainer.sandbox
    """

    id: str
    path: Path
    cells: tuple
    rest: tuple
    checks: dict
    answers: dict
    modules: tuple
    stand_ins: dict
    tables: tuple
    truths: tuple


@lru_cache
def lesson(id):
    """The learner's notebook of a lesson, as the course ships it."""
    found = sorted((ROOT / "notebooks").glob(f"*/{id}_*.ipynb"))
    if not found:
        raise GradingError(
            f"There is no notebook of lesson {id} in {ROOT / 'notebooks'}. Grading needs a copy of the course; "
            "`python course.py build` makes its notebooks."
        )
    _, cells = read_notebook(found[0])
    checks = {cell.id: call[:2] for cell in cells if (call := check_call(cell.source))}
    last = max((place for place, cell in enumerate(cells) if cell.id in checks), default=-1)
    cells, rest = tuple(cells[: last + 1]), tuple(cells[last + 1 :])
    texts = "\n".join(cell.source for cell in cells)
    modules, stand_ins = _imports(cells)
    marked = {cell.id: _exercise_of(cell) for cell in cells if "exercise" in cell.tags}
    tables = tuple(dict.fromkeys(re.findall(r'\bload\(\s*"(\w+)"', texts)))
    return Lesson(id, found[0], cells, rest, checks, marked, modules, stand_ins, tables, _truths(cells))


def _exercise_of(cell):
    """'J01.1' of the answer cell j01-1-answer; '' for a prediction."""
    name, _, kind = cell.id.rpartition("-")
    return name.upper().replace("-", ".", 1).replace(".R", ".r") if kind == "answer" else ""


def _imports(cells):
    """(modules that given cells import, {module of right answers: names taken from it})."""
    modules, hidden = {}, {}
    for cell in cells:
        for node in ast.walk(_parsed(cell.source)):
            if isinstance(node, ast.Import):
                modules |= dict.fromkeys(one.name for one in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules[node.module] = None
                if node.module == "mktlib":
                    modules |= dict.fromkeys(f"mktlib.{one.name}" for one in node.names)
                if node.module.startswith("mktlib.exercises"):
                    hidden.setdefault(node.module, []).extend(one.name for one in node.names)
    kept = (one for one in modules if not one.startswith(("mktlib.course", "mktlib.exercises")))
    return tuple(kept), hidden


def _truths(cells):
    """Names of what the lesson itself opens of the world's truth; None is the whole of it."""
    found = {}
    for cell in cells:
        for node in ast.walk(_parsed(cell.source)):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "truth":
                names = [one.value for one in node.args if isinstance(one, ast.Constant)]
                found |= dict.fromkeys(names or [None])
    return tuple(found)


def _parsed(source):
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def check_call(source):
    """(exercise id, variable, convention or None) of a cell that is one call of check, else None."""
    body = _parsed(source).body
    if len(body) != 1 or not isinstance(body[0], ast.Expr) or not isinstance(body[0].value, ast.Call):
        return None
    call = body[0].value
    named = {one.arg: one.value for one in call.keywords}
    if getattr(call.func, "id", "") != "check" or len(call.args) != 2 or named.keys() - {"convention"}:
        return None
    id, answer = call.args
    if not isinstance(id, ast.Constant) or not isinstance(id.value, str) or not isinstance(answer, ast.Name):
        return None
    convention = named.get("convention")
    if convention is not None and not isinstance(convention, ast.Constant):
        return None
    return id.value, answer.id, convention.value if convention is not None else None


# ---------------------------------------------------------------- the plan of a submission


@dataclass
class Plan:
    """Steps for the sandbox and what was noticed; code and step {exercise id: ...} are of the answer cells."""

    steps: list = field(default_factory=list)
    events: list = field(default_factory=list)
    conventions: dict = field(default_factory=dict)
    code: dict = field(default_factory=dict)
    step: dict = field(default_factory=dict)


def plan(trainers, metadata, cells):
    """The steps of a submission: the trainer's cells, with the student's answers and added cells in their places.

    Raises Unusable for a notebook of another lesson.
    """
    their_lesson = (
        (metadata.get("mktlib") or {}).get("id") if isinstance(metadata.get("mktlib"), dict) else None
    )
    matched, added = _match(trainers, cells)
    if isinstance(their_lesson, str) and their_lesson != trainers.id:
        raise Unusable("refused", f"it is a notebook of {their_lesson[:20]}, not of {trainers.id}")
    if not any(id in trainers.checks or id in trainers.answers for id in matched):
        raise Unusable("refused", f"no cell of {trainers.id} is in it")
    made = Plan()
    _add_all(made, added.get("", ()))
    edited = 0
    for cell in trainers.cells:
        theirs = matched.get(cell.id)
        if cell.id in trainers.checks:
            _add_check(made, trainers.checks[cell.id], cell, theirs)
        elif cell.id in trainers.answers:
            _add_answer(made, trainers.answers[cell.id], cell, theirs)
        else:
            made.steps.append({"by": "trainer", "id": cell.id, "code": without_pictures(cell.source)})
            edited += theirs is not None and _squeezed(theirs.source) != _squeezed(cell.source)
        _add_all(made, added.get(cell.id, ()))
    if edited:
        made.events.append(f"changed {edited} given cell{'s' * (edited > 1)}; the trainer's text was run")
    return made


def _match(trainers, cells):
    """({trainer's cell id: the student's cell}, {id of the cell before, or '': [cells that the student added]})."""
    every = (*trainers.cells, *trainers.rest)
    known = {cell.id for cell in every}
    graded = {cell.grade_id: cell.id for cell in every if cell.grade_id}
    by_check = {call[0]: id for id, call in trainers.checks.items()}
    by_text = {_squeezed(cell.source): cell.id for cell in every}
    matched, added, before = {}, {}, ""
    for cell in cells:
        call = check_call(cell.source)
        id = cell.id if cell.id in known else graded.get(cell.grade_id)
        id = id or by_check.get(call[0] if call else None) or by_text.get(_squeezed(cell.source))
        if id and id not in matched:
            matched[id] = cell
            before = id
        elif cell.source.strip():
            added.setdefault(before, []).append(cell)
    return matched, added


def _squeezed(source):
    """Source without what a formatter changes."""
    return "".join(source.split())


def _add_all(made, cells):
    for cell in cells:
        if not check_call(cell.source):
            made.steps.append({"by": "student", "id": cell.id or "added", "code": plain_python(cell.source)})


def _add_answer(made, exercise, cell, theirs):
    if theirs is None:
        if exercise:
            made.events.append(f"deleted the answer cell of {exercise}")
        return
    untouched = _squeezed(theirs.source) == _squeezed(cell.source)
    if exercise:
        made.code[exercise] = "" if untouched else theirs.source
        made.step[exercise] = len(made.steps)
    by = "trainer" if untouched else "student"
    made.steps.append({"by": by, "id": exercise or cell.id, "code": plain_python(theirs.source)})


def _add_check(made, call, cell, theirs):
    id, variable = call
    if theirs is None:
        made.events.append(f"deleted the check cell of {id}")
    elif _squeezed(theirs.source) != _squeezed(cell.source):
        edited = check_call(theirs.source)
        if edited and edited[:2] == call and isinstance(edited[2], str):
            made.conventions[id] = edited[2][:100]
        else:
            made.events.append(f"edited the check cell of {id}; the trainer's was used")
    made.steps.append({"by": "check", "id": id, "name": variable})


def plain_python(source):
    """A cell with magics as Python, as IPython reads it."""
    if not re.search(r"^\s*[%!?]|[?!]", source, re.MULTILINE):
        return source
    from IPython.core.inputtransformer2 import TransformerManager

    try:
        return TransformerManager().transform_cell(source)
    except (SyntaxError, ValueError, RecursionError):
        return source


@lru_cache(maxsize=4096)
def without_pictures(source):
    """A given cell without statements that only draw: nobody looks while a machine grades."""
    tree = _parsed(source)
    kept = [node for node in tree.body if not _draws(node)]
    if len(kept) == len(tree.body):
        return source
    return ast.unparse(ast.Module(kept, []))


def _draws(node):
    call = node.value if isinstance(node, ast.Expr) else None
    return isinstance(call, ast.Call) and getattr(call.func, "id", "") in _drawing()


@lru_cache
def _drawing():
    """Names of calls that only show something."""
    tree = _parsed((ROOT / "mktlib" / "plots.py").read_text(encoding="utf-8"))
    drawn = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    return frozenset(
        {name for name in drawn if not name.startswith("_")} | {"explore", "glossary", "draw_funnel"}
    )


# ---------------------------------------------------------------- one submission


@dataclass(frozen=True)
class Task:
    """One submission to grade: id and safe folder of the student, lesson, seed ('' = standard world), what collect noted."""

    student: str
    folder: str
    lesson: str
    seed: str
    status: str = ""
    note: str = ""

    def source(self, place):
        return place / "submissions" / self.folder / f"{self.lesson}.ipynb"

    def target(self, place):
        return place / "grades" / self.folder / f"{self.lesson}.json"

    def world(self, place):
        """Folder of the student's world, the course's own without a seed (None: the package's copy of it)."""
        own = ROOT / "data"
        chosen = place / "worlds" / self.seed if self.seed else own if own.is_dir() else None
        return str(chosen) if chosen else None


def grade_one(task, place, limits, server):
    """The grade (a dict, see the module) of one submission; writes nothing."""
    trainers, stamp = lesson(task.lesson), sha(task.source(place))
    if not stamp:
        return blank(task, stamp, _outcome_of(task.status), task.note)
    began = time.monotonic()
    try:
        made = plan(trainers, *read_notebook(task.source(place)))
    except Unusable as why:
        return blank(task, stamp, *why.args)
    job = {"steps": made.steps, "world": task.world(place), "truth": task.lesson in WITH_TRUTH}
    job |= {name: getattr(trainers, name) for name in ("tables", "truths", "modules", "stand_ins")}
    found = server.run(job | {"limits": asdict(limits)})
    use_world(task.world(place))
    fates = list(found["fates"].values())
    hints, spent = from_log(task.source(place).with_name("log.jsonl"), task.lesson)
    return blank(task, stamp, fates[0] if fates else "graded") | {
        "seconds": round(time.monotonic() - began, 3),
        "events": [*made.events, *_of_fates(found["fates"], made), *found["events"]],
        "cells": {id: judged(id, made, found) for id, _ in trainers.checks.values()},
        "hints": hints,
        "seconds_spent": spent,
    }


def blank(task, stamp, outcome, event=""):
    """The grade of a submission of which nothing was run."""
    result = {"student": task.student, "lesson": task.lesson, "sha": stamp, "seed": task.seed, "seconds": 0.0}
    result |= {"outcome": outcome, "events": [event] if event else [], "hints": {}, "seconds_spent": None}
    return result | {"cells": unattempted(lesson(task.lesson))}


def _outcome_of(status):
    """The outcome where no notebook was placed, from what collect said of it."""
    return {"unreadable": "unreadable", "refused": "refused", "wrong lesson": "refused"}.get(
        status, "missing"
    )


def _of_fates(fates, made):
    """A sentence for each cell that ended its process."""
    words = {
        "crashed": "ended or crashed Python",
        "timed out": "did not end in time",
        "memory": "asked for too much memory",
        "output": "wrote too much",
    }
    return [f"the cell {made.steps[int(number)]['id']} {words[fate]}" for number, fate in fates.items()]


def sha(path):
    """sha256 of a file, '' where there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def use_world(folder):
    """Make the world of a student the active one, here, where answers are judged."""
    from mktlib import data, world

    if use_world.now != folder:
        data._cached.cache_clear()
        use_world.now = folder
    world.use(folder)


use_world.now = None


def unattempted(trainers):
    """The cells of a lesson of which nothing came."""
    return {id: _entry(_exercise(id), "unattempted") for id, _ in trainers.checks.values()}


def _exercise(id):
    from mktlib.course import registry

    return registry.get(id)


def _entry(one, status, mistake=None, answer="", said="", **more):
    by_hand = one.kind in BY_HAND
    most = 0 if by_hand else one.points
    points = most if status == "correct" else 0
    status = "saved" if by_hand and status == "correct" else status
    said = f"{said} (not scored by a machine)".strip() if by_hand else said
    return {
        "status": status,
        "mistake": mistake,
        "points": points,
        "max": most,
        "answer": answer,
        "said": said,
        **more,
    }


def judged(id, made, found):
    """The entry of one exercise."""
    from mktlib.course import text

    one, number = _exercise(id), str(made.step.get(id))
    code = {"code": made.code[id][:2000]} if made.code.get(id) else {}
    fate, error = found["fates"].get(number), found["errors"].get(number)
    if id not in found["answers"]:
        return _entry(one, fate or ("error" if error else "unattempted"), said=error or "", **code)
    try:
        answer = answers.decode(found["answers"][id])
    except answers.Unsafe:
        return _entry(one, "unreadable", said="what came is no answer", **code)
    verdict = _verdict(one, answer, made.conventions.get(id))
    if verdict.status == "unattempted" and (fate or error):
        return _entry(one, fate or "error", said=error or "", **code)
    if one.kind == "memo":
        code["text"] = _memo(answer)
    return _entry(one, verdict.status, verdict.mistake, text.plain(answer), verdict.headline, **code)


def _verdict(one, answer, convention):
    """What the lesson's own check would say."""
    from mktlib.course import checking

    return checking._guarded(one.id, lambda exercise: checking.judge(exercise, answer, convention))


def _memo(answer):
    if isinstance(answer, (list, tuple)):
        answer = "\n".join(str(one) for one in answer[:20])
    return answer[:1500] if isinstance(answer, str) else ""


def from_log(path, lesson):
    """({exercise: hints shown}, seconds at work or None) from the learner's log, where one was handed in."""
    hints, times = {}, []
    try:
        lines = path.read_bytes()[: 20 * 2**20].splitlines() if path.is_file() else []
    except OSError:
        lines = []
    for line in lines:
        try:
            entry = json.loads(line)
            id, event = str(entry.get("id", "")), entry["event"]
            if id.partition(".")[0] != lesson or not _exercise(id):
                continue
            times.append(_seconds(entry["time"]))
            if event in {"hint", "solution"}:
                hints[id] = hints.get(id, 0) + 1
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
    times.sort()
    gaps = [later - now for now, later in itertools.pairwise(times)]
    return hints, round(sum(one for one in gaps if one <= LONGEST_PAUSE), 1) if times else None


def _seconds(time_text):
    import datetime

    return datetime.datetime.fromisoformat(time_text).timestamp()


# ---------------------------------------------------------------- a class


def tasks(place):
    """Every expected submission of a class, lesson by lesson, and world by world. Raises RosterError."""
    lessons, students = roster.class_file(place)["lessons"], roster.load(place)
    path = place / "submissions.csv"
    noted = {
        (row.get("id"), row.get("lesson")): row for row in (roster.read_csv(path) if path.is_file() else ())
    }
    found = []
    for one in lessons:
        for student in sorted(students, key=lambda student: student.seed or 0):
            row = noted.get((student.id, one), {})
            seed = "" if student.seed is None else str(student.seed)
            found.append(
                Task(student.id, student.folder, one, seed, row.get("status", ""), row.get("note", ""))
            )
    return found


def grade(folder, at_once=2, again=False, progress=None, limits=None):
    """Grade all submissions of a class and write gradebook.csv; returns {outcome: how many}.

    at_once    submissions at a time; each needs up to a processor and 3 GB of memory
    again      grade also what has not changed since it was graded
    progress   wraps a sequence (tqdm)
    Raises GradingError. A run that was stopped goes on where it was.
    """
    place = Path(folder).resolve()
    if at_once < 1:
        raise GradingError(f"--at-once must be 1 or more, not {at_once}.")
    every = tasks(place)
    try:
        with FileLock(place / ".grading.lock", timeout=0):
            return _grade(place, every, at_once, again, progress, limits or sandbox.Limits())
    except Timeout:
        raise GradingError(
            f"'{place}' is being graded by another process; wait until it has ended."
        ) from None


def _grade(place, every, at_once, again, progress, limits):
    for one in dict.fromkeys(task.lesson for task in every):
        lesson(one)
    open_ones = [task for task in every if again or not is_graded(task, place)]
    make_worlds(place, open_ones, progress)
    if open_ones:
        _all(open_ones, place, limits, at_once, progress)
    grades = read_grades(place, every)
    write_gradebook(place, every, grades)
    counted = [one["outcome"] for one in grades.values()]
    return {outcome: counted.count(outcome) for outcome in OUTCOMES if outcome in counted}


def is_graded(task, place):
    """Whether the stored grade is of the file that lies there now, in the same world."""
    kept = read_grade(task.target(place))
    if not kept or kept["seed"] != task.seed or kept["sha"] != sha(task.source(place)):
        return False
    return bool(kept["sha"]) or kept["outcome"] == _outcome_of(task.status)


def read_grade(path):
    """A stored grade, or None where there is none or a torn one."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return kept if {"sha", "seed", "outcome", "cells", "events"} <= kept.keys() else None
    except (OSError, ValueError, AttributeError):
        return None


def read_grades(place, every):
    """{(student, lesson): grade} of all tasks."""
    found = {(task.student, task.lesson): read_grade(task.target(place)) for task in every}
    return {key: one for key, one in found.items() if one}


def make_worlds(place, every, progress):
    """The personal worlds that answers are judged in, where the trainer has no copy yet."""
    from mktlib import world

    seeds = dict.fromkeys(task.seed for task in every if task.seed and task.source(place).is_file())
    missing = [seed for seed in seeds if not (place / "worlds" / seed / "datapackage.json").is_file()]
    for seed in (progress or iter)(missing) if missing else ():
        world.make(int(seed), place / "worlds" / seed)


def write_gradebook(place, every, grades):
    """gradebook.csv: a row for each student of the roster; a lesson of which nothing came is left empty."""
    lessons = list(dict.fromkeys(task.lesson for task in every))
    names = ["id", "name", *(column for one in lessons for column in (one, f"{one}_max")), "total"]
    rows = []
    for student in roster.load(place):
        row, total = [student.id, student.name], 0
        for one in lessons:
            points, most = points_of(grades.get((student.id, one)))
            row += [points, most]
            total += points or 0
        rows.append([*row, total])
    roster.write_csv(place / "gradebook.csv", names, rows)


def points_of(kept):
    """(points, or '' where nothing came; most points) of a stored grade."""
    if not kept:
        return "", ""
    most = sum(cell["max"] for cell in kept["cells"].values())
    return "" if kept["outcome"] == "missing" else sum(
        cell["points"] for cell in kept["cells"].values()
    ), most


# ---------------------------------------------------------------- several at a time


class _Coming:
    """Finished tasks as they come, with a length for the progress bar."""

    def __init__(self, futures):
        self._futures = futures

    def __len__(self):
        return len(self._futures)

    def __iter__(self):
        return as_completed(self._futures)


def _all(open_ones, place, limits, at_once, progress):
    """Grade tasks in worker processes; each has a sandbox of its own."""
    spawn = multiprocessing.get_context("spawn")
    workers = min(at_once, len(open_ones))
    with ProcessPoolExecutor(workers, mp_context=spawn, initializer=_end_with_parent) as pool:
        futures = [pool.submit(_work, task, place, limits) for task in open_ones]
        try:
            for future in (progress or iter)(_Coming(futures)):
                future.result()
        except BrokenProcessPool:
            raise GradingError(
                "A grader process was ended from outside. Run the same command again: it goes on."
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)


def _end_with_parent():
    """A worker whose trainer's process was killed ends, too, and its sandbox with it."""

    def wait():
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _work(task, place, limits):
    """Grade one task and store the grade; whatever goes wrong costs this submission and no other."""
    try:
        result = grade_one(task, place, limits, _server())
    except Exception as problem:
        said = str(problem) if isinstance(problem, Told) else f"{type(problem).__name__}: {problem}"
        result = blank(task, "", "crashed", f"the grader itself failed: {said}")
    store(result, task.target(place))


@lru_cache
def _server():
    """The sandbox of this worker process."""
    from multiprocessing.util import Finalize

    server = sandbox.Server()
    Finalize(None, server.close, exitpriority=10)
    return server


def store(result, path):
    """Write a grade in one piece."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_text(json.dumps(result, ensure_ascii=False, indent=1), encoding="utf-8", errors="replace")
    part.replace(path)
