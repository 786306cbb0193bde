"""A class of synthetic submissions, hostile ones among them, is graded, killed, resumed and reported."""

import csv
import json
import math
import os
import random
import signal
import statistics
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import submissions

from mktlib.course import checking, registry
from mktlib.trainer import answers, grading, report, roster, sandbox, walls

LIMITS = sandbox.Limits(cell=2, total=60)
WALLED = walls.landlock_version() and os.uname().machine in walls.MACHINES
needs_walls = pytest.mark.skipif(not WALLED, reason="this kernel keeps no walls: see mktlib.trainer.walls")
RUN = "import sys; from mktlib.trainer import grading, sandbox; grading.grade(sys.argv[1], limits=sandbox.Limits(cell=2, total=60))"


def descendants(pid):
    """Processes below a process."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += [int(child), *descendants(child)]
    return found


def runs(pid):
    """Whether a process runs; one that has ended and that nobody has asked for yet does not."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def kill_half_way(place, students):
    """Start grading in another process, kill it when a third is done; returns {grade file: time of writing}."""
    run = subprocess.Popen([sys.executable, "-c", RUN, str(place)], cwd=submissions.ROOT)
    try:
        until = time.monotonic() + 300
        while len(list(place.glob("grades/*/*.json"))) < students / 3 and time.monotonic() < until:
            assert run.poll() is None, "grading ended by itself"
            time.sleep(0.1)
        below = descendants(run.pid)
    finally:
        run.send_signal(signal.SIGKILL)
        run.wait()
    until = time.monotonic() + 15
    while any(map(runs, below)):
        assert time.monotonic() < until, "a grader outlives the process that started it"
        time.sleep(0.1)
    assert len(below) >= 2
    return {path: path.stat().st_mtime_ns for path in place.glob("grades/*/*.json")}


def graded_class(place, students=0):
    """(place, {id: Submission}, files graded before the kill, report.Class) of a class that was killed and resumed."""
    made = submissions.a_class(place, students, together=not students)
    first = kill_half_way(place, len(made))
    grading.grade(place, limits=LIMITS)
    report.write(place)
    return place, made, first, report.read(place)


@pytest.fixture(scope="module")
def a_class(tmp_path_factory):
    if not WALLED:
        pytest.skip("this kernel keeps no walls: hostile notebooks are not run on it")
    return graded_class(tmp_path_factory.mktemp("class with 空格"))


def assert_as_planned(place, made, first, found):
    """Every student has the grade that was planned."""
    wrong = {}
    for student, planned in made.items():
        grade = found.grades[student, "J01"]
        faults = [
            (id, cell["status"], cell["mistake"])
            for id, cell in grade["cells"].items()
            if cell["status"] not in planned.lost.get(id, {"correct"})
            or cell["mistake"] != planned.mistakes.get(id)
            or cell["points"] != (registry.get(id).points if cell["status"] == "correct" else 0)
        ]
        faults += [part for part in planned.said if not any(part in event for event in grade["events"])]
        faults += [grade["outcome"]] if grade["outcome"] != planned.outcome else []
        if faults:
            wrong[student, planned.kind] = (faults, grade["events"])
    assert not wrong
    assert 0 < len(first) < len(made)
    assert {path: path.stat().st_mtime_ns for path in first} == first, (
        "what was graded before the kill was graded again"
    )


def assert_counts_as_planted(place, made, first, found):
    planted = Counter(pair for one in made.values() for pair in one.mistakes.items())
    assert report.mistakes(found) == planted
    with (place / "report.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert Counter((row["exercise"], row["mistake"]) for row in rows if row["mistake"]) == planted


def assert_gradebook_is_whole(place, made, first, found):
    rows = {row["id"]: row for row in roster.read_csv(place / "gradebook.csv")}
    assert rows.keys() == made.keys()
    for student, planned in made.items():
        points = sum(registry.get(id).points for id in submissions.ids() if id not in planned.lost)
        assert rows[student]["J01"] == ("" if planned.content is None else str(points)), planned.kind
        assert (rows[student]["J01_max"], rows[student]["total"]) == ("14", str(points)), planned.kind


def test_every_submission_of_a_class_gets_the_grade_that_was_planned(a_class):
    assert_as_planned(*a_class)


def test_the_report_counts_the_mistakes_that_were_planted(a_class):
    assert_counts_as_planted(*a_class)


def test_the_gradebook_has_every_student_with_the_points_planned(a_class):
    assert_gradebook_is_whole(*a_class)


def test_a_spreadsheet_runs_nothing_of_what_students_wrote(a_class):
    place, made, _, _ = a_class
    assert any(one.name.startswith("=") for one in made.values())
    for name in ("gradebook.csv", "report.csv"):
        with (place / name).open(encoding="utf-8-sig", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert any(cell.startswith("'=") for cell in cells)
        assert not [
            cell
            for cell in cells
            if cell[:1] in set("=+@\t\r") or (cell[:1] == "-" and not cell[1:2].isdigit())
        ]


class Page(HTMLParser):
    """Tags, attributes and links of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.attributes, self.ids = [], [], set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value for name, value in attrs if name in {"href", "src"}]
        self.ids |= {value for name, value in attrs if name == "id"}


def test_the_report_is_one_page_that_runs_nothing_and_asks_nobody(a_class):
    place, _, _, _ = a_class
    text = (place / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert not {"script", "img", "iframe", "link", "object"} & set(page.tags)
    assert not {name for name in page.attributes if name.startswith("on")}
    assert all(link.startswith("file:") or link[1:] in page.ids for link in page.links)
    assert "&lt;img src=x onerror" in text
    assert "&lt;b&gt;A&lt;/b&gt;" in text


def test_the_report_names_three_mistakes_with_rule_and_cell_to_show(a_class):
    place, made, _, found = a_class
    told = report.to_talk_about(found)
    students = Counter(code for one in made.values() for code in set(one.mistakes.values()))
    assert len(told) == 3
    assert [number for _, number, _ in told] == sorted(students.values(), reverse=True)[:3]
    text = (place / "report.html").read_text(encoding="utf-8")
    for code, number, exercises in told:
        assert students[code] == number
        one = registry.get(exercises[0][0])
        for part in (code, one.section, "solutions/1_junior/J01_metrics_alphabet.ipynb"):
            assert part in text
        assert report.escape(registry.misconceptions()[code]["rule"]) in text


def test_what_has_changed_is_graded_again_and_nothing_else(a_class):
    place, made, _, _ = a_class
    tasks = {task.student: task for task in grading.tasks(place)}
    assert all(grading.is_graded(task, place) for task in tasks.values())
    student = next(id for id, one in made.items() if one.kind == "another lesson")
    path = tasks[student].source(place)
    before = path.read_bytes()
    path.write_bytes(submissions.written(submissions.solved()))
    assert [id for id, task in tasks.items() if not grading.is_graded(task, place)] == [student]
    path.write_bytes(before)
    stored = tasks[student].target(place)
    whole = stored.read_bytes()
    stored.write_bytes(whole[:40])
    assert not grading.is_graded(tasks[student], place)
    stored.write_bytes(whole)


# ---------------------------------------------------------------- without fork


def test_where_a_system_cannot_fork_the_grade_is_the_same(tmp_path):
    made = submissions.attack("1 / 0")
    place = tmp_path / "submissions" / "a"
    place.mkdir(parents=True)
    (place / "J01.ipynb").write_bytes(made)
    with sandbox.Server(fork=False) as server:
        grade = grading.grade_one(grading.Task("1", "a", "J01", ""), tmp_path, LIMITS, server)
    lost = {id: cell["status"] for id, cell in grade["cells"].items() if cell["status"] != "correct"}
    assert lost == {"J01.3": "error"}
    assert grade["cells"]["J01.3"]["said"] == "ZeroDivisionError: division by zero"


# ---------------------------------------------------------------- answers


def through(answer):
    """An answer as it comes out of the sandbox."""
    return answers.decode(json.loads(json.dumps(answers.encode(answer), allow_nan=False)))


def answers_of(one):
    """The right answer to an exercise and one for each of its mistakes, as learners give them."""
    right = one.right(checking.table)
    if one.kind == "parsons":
        yield submissions.first_order(right)
    else:
        yield submissions.memo(right) if one.kind == "memo" else right
    for mistake in one.mistakes:
        yield submissions.answer_with(one, mistake.value(checking.table).value, right)


SLOW_LESSONS = [
    pytest.param(one, marks=pytest.mark.slow) for one in ("n00", "j05", "j10", "m01", "m09", "s06")
]


@pytest.mark.parametrize("lesson", ["j01", *SLOW_LESSONS])
def test_right_and_wrong_answers_are_judged_alike_inside_and_outside(lesson, standard_world):
    checked = 0
    registry.get(f"{lesson}.1".upper())
    for one in list(registry._EXERCISES.values()):
        if one.lesson.lower() != lesson or one.kind == "prediction":
            continue
        for answer in answers_of(one):
            assert repr(checking.judge(one, through(answer))) == repr(checking.judge(one, answer)), one.id
            checked += 1
    assert checked > 10


frame = pd.DataFrame(
    {"day": pd.to_datetime(["2025-06-01", "2025-06-02"]), "ctr": [0.1, np.nan]}, index=["a", "b"]
)
PLAIN = [
    *(
        None,
        True,
        7,
        10**30,
        0.1,
        math.inf,
        "text\ud800",
        ...,
        [1, [2, ...]],
        (1, "b"),
        {"a": {"b": 1.5}},
        {("x", 1): 2},
    ),
    *(
        date(2025, 6, 1),
        datetime(2025, 6, 1, 12),
        Decimal("1.50"),
        np.float64(0.25),
        np.int64(3),
        np.bool_(True),
    ),
    *(
        np.datetime64("2025-06-01"),
        pd.Timestamp("2025-06-01", tz="UTC"),
        pd.Timedelta(days=2),
        pd.Period("2025-06", "M"),
    ),
    *(
        pd.NaT,
        pd.NA,
        np.array([[1, 2], [3, 4]]),
        np.array(["2025-06-01"], dtype="datetime64[D]"),
        frame,
        frame["ctr"],
    ),
    *(frame.set_index(["day", "ctr"]), frame.T, frame.index, pd.MultiIndex.from_tuples([(1, "a"), (2, "b")])),
    *(pd.Series([1, 2], index=pd.period_range("2025-01", periods=2, freq="M")), pd.Categorical(["a", "b"])),
    *(
        pd.Series([1, None], dtype="Int64"),
        pd.Series(["a", "b"], dtype="category"),
        frozenset({"a"}),
        pd.DataFrame(),
    ),
]


@pytest.mark.parametrize("answer", PLAIN, ids=lambda answer: type(answer).__name__)
def test_whatever_a_learner_gives_is_read_alike_inside_and_outside(answer):
    for id in ("J01.1", "J01.5", "J01.9", "J01.r1", "J01.8", "J01.10"):
        one = registry.get(id)
        inside, outside = checking.judge(one, answer), checking.judge(one, through(answer))
        assert (inside.status, inside.mistake) == (outside.status, outside.mistake), (id, inside, outside)


def test_an_object_that_lies_about_itself_comes_out_as_its_name():
    class Liar(dict):
        def __len__(self):
            return 10**12

        def items(self):
            raise SystemExit

        def __repr__(self):
            raise KeyboardInterrupt

    found = through(Liar())
    assert type(found).__mro__[1] is answers.Foreign
    assert isinstance(through(lambda: 1), answers.Foreign)
    assert isinstance(through(pd.DataFrame(np.zeros((200_000, 2)))), answers.Foreign)


@pytest.mark.parametrize(
    "message",
    [
        {"kind": "series", "values": [1, 2], "index": {"labels": [1], "levels": 1}, "name": None},
        {
            "kind": "frame",
            "columns": [[1]],
            "names": {"labels": [], "levels": 1},
            "index": {"labels": [1], "levels": 1},
        },
        {"kind": "array", "shape": [10**9], "values": [1]},
        {"kind": "set", "values": [{"kind": "list", "values": []}]},
        {"kind": "pickle", "values": []},
        {"kind": "list"},
        [1],
        {"kind": "time", "type": "date", "value": 5},
    ],
    ids=str,
)
def test_a_forged_answer_is_refused_and_never_run(message):
    with pytest.raises(answers.Unsafe):
        answers.decode(message)


# ---------------------------------------------------------------- small parts


def test_a_check_cell_is_read_and_only_a_plain_one():
    assert grading.check_call('check("J01.1", ctr)') == ("J01.1", "ctr", None)
    assert grading.check_call('check("J01.1", ctr, convention="per click")') == ("J01.1", "ctr", "per click")
    for other in (
        'check("J01.1", f())',
        'check("J01.1", a); b',
        "check(",
        'check("J01.1", a, key=1)',
        'x = check("J01.1", a)',
    ):
        assert grading.check_call(other) is None


def test_given_cells_lose_what_only_draws_and_keep_the_rest():
    assert (
        grading.without_pictures("bars(a, alt='x')\nb = lines(c)\nexplore(f)\nprint(b)")
        == "b = lines(c)\nprint(b)"
    )
    assert grading.without_pictures("x = (") == "x = ("


def test_hidden_folders_are_left_out_of_what_may_be_read(tmp_path):
    for name in ("a/x", "a/y/z", "b"):
        (tmp_path / name).mkdir(parents=True)
    assert walls.without(tmp_path, {tmp_path / "a" / "y"}) == [tmp_path / "a" / "x", tmp_path / "b"]
    assert walls.without(tmp_path, set()) == [tmp_path]


def test_hints_and_minutes_come_from_the_log_and_nonsense_in_it_is_passed_over(tmp_path):
    path = tmp_path / "log.jsonl"
    lines = [
        {"time": "2026-11-22T10:00:00+00:00", "event": "check", "id": "J01.1"},
        {"time": "2026-11-22T10:05:00+00:00", "event": "hint", "id": "J01.1"},
        {"time": "2026-11-22T15:00:00+00:00", "event": "solution", "id": "J01.1"},
        {"time": "2026-11-22T15:01:00+00:00", "event": "hint", "id": "J02.1"},
        {"time": "yesterday", "event": "hint", "id": "J01.2"},
        {"time": "2026-11-22T15:01:00+00:00", "event": "hint", "id": "J01.99"},
        [],
    ]
    path.write_text("\n".join([*map(json.dumps, lines), "{", "[" * 100_000]), encoding="utf-8")
    assert grading.from_log(path, "J01") == ({"J01.1": 2}, 300.0)
    assert grading.from_log(tmp_path / "none", "J01") == ({}, None)


def test_alike_answers_are_named_and_common_ones_are_not():
    students = [roster.Student(str(n), f"S{n}") for n in range(60)]
    own = "reach = week.query('impressions > 0').drop_duplicates('device_id')['device_id'].size + {}"
    grades = {}
    for n in range(60):
        code = (
            own.format(0)
            if n in (3, 4)
            else "x = week['device_id'].nunique() # what nearly all of the class wrote down here"
        )
        memo = f"The CTR was {n} percent in June\nThe three promotion days number {n * n}\nApprove CNY {n}00"
        memo = (
            "We say that the rate fell by 7 points in June, as 64 % were shown\nAsk Lin for CNY 90"
            if n in (8, 9)
            else memo
        )
        cells = {
            "J01.3": {"mistake": None, "code": code},
            "J01.10": {"mistake": None, "code": "memo", "text": memo if n % 2 or n == 8 else ""},
        }
        grades[str(n), "J01"] = {"cells": cells, "outcome": "graded"}
    found = report.alike(report.Class({}, students, ["J01"], grades))
    assert {pair[:2] for pair in found if "few others" in pair[2]} == {("3", "4")}
    assert ("8", "9", "100% of the memo J01.10") in found


# ---------------------------------------------------------------- slow proofs


@pytest.mark.slow
@needs_walls
def test_a_class_of_200_is_graded_as_planned_in_2_5_seconds_each(tmp_path):
    whole = graded_class(tmp_path / "class", 200)
    assert_as_planned(*whole)
    assert_counts_as_planted(*whole)
    assert_gradebook_is_whole(*whole)
    seconds = [one["seconds"] for one in whole[3].grades.values() if one["outcome"] != "missing"]
    print(f"median {statistics.median(seconds):.2f} s, longest {max(seconds):.1f} s")
    assert statistics.median(seconds) <= 2.5


@pytest.mark.slow
@pytest.mark.parametrize("lesson", ["J07", "M05", "S02"])
def test_the_solution_of_a_heavier_lesson_is_graded_full_marks_without_an_event(lesson):
    trainers = grading.lesson(lesson)
    solved = next((submissions.ROOT / "solutions").glob(f"*/{lesson}_*.ipynb"))
    made = grading.plan(trainers, *grading.read_notebook(solved))
    job = {"steps": made.steps, "world": None, "truth": False, "limits": asdict(sandbox.Limits())}
    job |= {name: getattr(trainers, name) for name in ("tables", "truths", "modules", "stand_ins")}
    with sandbox.Server() as server:
        found = [server.run(job) for _ in range(3)][-1]
    cells = {id: grading.judged(id, made, found) for id, _ in trainers.checks.values()}
    assert {cell["status"] for cell in cells.values()} == {"correct"}
    assert (found["events"], found["errors"], found["fates"]) == ([], {}, {})
    assert random.choice(list(cells.values()))["points"] >= 1


@pytest.mark.slow
def test_answers_are_judged_in_the_world_that_the_student_was_given(tmp_path):
    from conftest import made_world

    (tmp_path / "worlds").mkdir()
    (tmp_path / "worlds" / "7").symlink_to(made_world(7), target_is_directory=True)
    for folder, content in (("a", submissions.solved()), ("b", submissions.wrong({"J01.2": "UNIT_MIX"}))):
        (tmp_path / "submissions" / folder).mkdir(parents=True)
        (tmp_path / "submissions" / folder / "J01.ipynb").write_bytes(submissions.written(content))
    with sandbox.Server() as server:
        for folder, seed, lost in (("a", "7", set()), ("a", "", set()), ("b", "", {"J01.2"})):
            task = grading.Task("1", folder, "J01", seed)
            cells = grading.grade_one(task, tmp_path, LIMITS, server)["cells"]
            assert {id for id, cell in cells.items() if cell["status"] != "correct"} == lost
    grading.use_world(None)
