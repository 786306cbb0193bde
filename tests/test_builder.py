"""The builder on two small lessons of its own (tests/fixtures): what it makes, and what it refuses."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent / "fixtures"))

from desk import REGISTRY, Exercise, Registry

from tools import build, exercise_rules, run
from tools.lesson import LessonError, read_lesson
from tools.names import assigns, reads
from tools.notebook import as_text, first_difference, solved_notebook, student_notebook

ROOT = Path(__file__).resolve().parents[1]
FIXTURES = ROOT / "tests" / "fixtures"
TEAPOTS = "1_junior/J91_teapots"
FRAME = "---\nkernelspec: {name: python3, display_name: Python 3}\nmktlib: {id: J92, title: T}\n---\n\n# T\n"


def course(folder):
    """A folder with the two lessons, as a repository has them."""
    shutil.copytree(FIXTURES / "lessons", folder / "lessons")
    return folder


def make(root, *options, registry=REGISTRY):
    return build.main([*options], root, registry, [FIXTURES])


def edit(root, old, new, lesson=TEAPOTS):
    path = root / "lessons" / f"{lesson}.md"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def notebook(root, built, lesson=TEAPOTS):
    return nbformat.read(root / built / f"{lesson}.ipynb", as_version=4)


def cells(node):
    return {cell.id: cell for cell in node.cells}


def lesson_of(folder, *code):
    """A lesson J92 of code cells; a cell with a solution in it is an exercise."""
    text = FRAME
    for one in code:
        tags = ":tags: [exercise]\n" if "### solution" in one else ""
        text += f"\n```{{code-cell}}\n{tags}{one}\n```\n"
    path = folder / "lessons" / "1_junior" / "J92_t.md"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    root = course(tmp_path_factory.mktemp("课程 course"))
    assert make(root, "--no-data") == 0
    return root


@pytest.fixture
def copy(built, tmp_path):
    """The built course, to be changed."""
    shutil.copytree(built, tmp_path / "copy")
    return tmp_path / "copy"


# ---------------------------------------------------------------- what is made


def test_both_copies_share_fixed_ids(built):
    student, solved = (list(cells(notebook(built, one))) for one in build.BUILT)
    assert [one for one in solved if one in student] == student
    assert set(solved) - set(student) == {"j91-m006"}  # the trainer's note
    wanted = ["j91-m001", "j91-c001", "j91-m002", "j91-r1-answer", "j91-r1-check"]
    assert solved[:5] == wanted
    assert {"j91-a-predict", "j91-a-result", "j91-1-answer", "j91-1-check", "j91-m-answer"} <= set(solved)


def test_the_student_gets_stubs_and_no_outputs(built):
    student = cells(notebook(built, "notebooks"))
    assert student["j91-r1-answer"].source == "pots = ..."
    assert student["j91-a-predict"].source == 'predict("J91.a", ..., confidence=...)'
    assert "### solution" not in json.dumps(student)
    code = [cell for cell in student.values() if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)


def test_the_solution_is_run_in_order_and_keeps_the_trainers_note(built):
    solved = notebook(built, "solutions")
    code = [cell for cell in solved.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert cells(solved)["j91-r1-answer"].source == "pots = 3"
    assert cells(solved)["j91-1-check"].outputs[0].data["text/plain"] == "✓ Correct: J91.1 read float"
    assert "divide by three" in cells(solved)["j91-m006"].source


def test_nbgrader_finds_its_metadata_in_both_copies(built):
    for one in build.BUILT:
        made = cells(notebook(built, one))
        common = {"schema_version": 3, "cell_type": "code", "task": False}
        assert made["j91-1-answer"].metadata["nbgrader"] == common | {
            "grade_id": "J91_1", "solution": True, "grade": False, "locked": False,
        }  # fmt: skip
        assert made["j91-1-check"].metadata["nbgrader"] == common | {
            "grade_id": "J91_1_check", "solution": False, "grade": True, "locked": True, "points": 3,
        }  # fmt: skip
        assert "nbgrader" not in made["j91-a-predict"].metadata


def test_widget_state_and_versions_are_stripped_and_the_picture_stays(built):
    solved = notebook(built, "solutions")
    assert "widget-view" not in as_text(solved, "")
    assert set(cells(solved)["j91-c016"].outputs[0].data) == {"text/plain", "image/png"}
    assert set(solved.metadata) == {"kernelspec", "language_info", "mktlib"}
    assert solved.metadata["kernelspec"] == {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    assert "version" not in solved.metadata["language_info"]
    assert all("execution" not in cell.metadata for cell in solved.cells)


def test_only_cells_with_text_are_compared(built):
    solved = cells(notebook(built, "solutions"))
    compared = {one for one, cell in solved.items() if "nbval-check-output" in cell.metadata.get("tags", [])}
    assert {"j91-c007", "j91-c009", "j91-1-check", "j91-a-result"} <= compared  # print, value, text with HTML
    assert not compared & {
        "j91-c011",
        "j91-c016",
        "j91-c001",
        "j91-1-answer",
    }  # picture, widget, nothing shown


def test_a_second_build_gives_the_same_bytes(built, capsys):
    assert make(built, "--no-data", "--check") == 0
    assert "everything is as the lessons say" in capsys.readouterr().out
    text = (built / "solutions" / f"{TEAPOTS}.ipynb").read_bytes()
    assert text.endswith(b"}\n") and b"\r" not in text and "价格".encode() in text
    assert list(json.loads(text)) == ["cells", "metadata", "nbformat", "nbformat_minor"]


# ---------------------------------------------------------------- --check, orphans, data, command line


def test_check_names_the_first_cell_that_differs_and_changes_nothing(copy, capsys):
    edit(copy, "teapots()[0]", "teapots()[1]", lesson="0_start/N00_door")
    before = (copy / "notebooks/0_start/N00_door.ipynb").read_bytes()
    assert make(copy, "--only", "N00", "--check") == 1
    said = capsys.readouterr().out
    assert "would change: notebooks/0_start/N00_door.ipynb (cell n00-c001: source)" in said
    assert "J91" not in said
    assert (copy / "notebooks/0_start/N00_door.ipynb").read_bytes() == before
    assert make(copy, "--only", "N00") == 0 and make(copy, "--only", "N00", "--check") == 0


def test_line_ends_of_a_windows_checkout_do_not_count(copy):
    path = copy / "notebooks" / f"{TEAPOTS}.ipynb"
    text = path.read_text(encoding="utf-8")
    path.write_bytes(text.replace("\n", "\r\n").encode())
    assert build.difference(path, text) == []
    assert build.difference(path, text + "\n")[0].why == "the layout of the file"


def test_a_notebook_whose_lesson_is_gone_is_named_and_removed(copy):
    (copy / "lessons" / f"{TEAPOTS}.md").unlink()
    gone = {copy / one / f"{TEAPOTS}.ipynb" for one in build.BUILT}
    changes = build.orphans(copy)
    assert {change.path for change in changes} == gone
    assert {change.why for change in changes} == {"has no lesson any more"}
    build.settle(changes, check=True)
    assert all(path.exists() for path in gone)
    build.settle(changes, check=False)
    assert not any(path.exists() for path in gone)


def test_differences_are_told_by_their_kind(built):
    path = built / "solutions" / f"{TEAPOTS}.ipynb"
    old = path.read_text(encoding="utf-8")
    cases = {
        ("Hangzhou 120", "Hangzhou 121"): "cell j91-c007: output",
        ("iVBORw0KGgo", "iVBORw0KGgp"): "cell j91-c011: output (a picture only)",
        ('"points": 3', '"points": 4'): "cell j91-1-check: metadata",
        ('"id": "j91-c007"', '"id": "j91-c999"'): "cell j91-c999: stands where j91-c007 stood",
        ('"title": "The price', '"title": "A price'): "notebook metadata",
    }
    for (before, after), why in cases.items():
        assert before in old
        assert first_difference(old, old.replace(before, after, 1)) == why


def test_the_standard_world_is_made_by_the_command_line_and_compared(tmp_path):
    (tmp_path / "mktlib").mkdir()
    (tmp_path / "mktlib" / "__init__.py").touch()
    (tmp_path / "mktlib" / "__main__.py").write_text(
        "import sys, pathlib\n"
        "assert sys.argv[1:5] == ['data', '--seed', '20260101', '--out'], sys.argv\n"
        "folder = pathlib.Path(sys.argv[5])\n"
        "[(folder / name).write_text('1') for name in ('orders.csv', 'truth.json')]\n"
    )
    data = tmp_path / "data"
    data.mkdir()
    for name, text in {"orders.csv": "0", "old.csv": "0", "README.md": "read", ".keep": ""}.items():
        (data / name).write_text(text)
    changes = build.data_changes(tmp_path)
    assert {change.path.name: change.why for change in changes} == {
        "orders.csv": "the simulator makes other bytes",
        "truth.json": "new",
        "old.csv": "the simulator makes no such file",
    }
    build.settle(changes, check=False)
    assert sorted(path.name for path in data.iterdir()) == [".keep", "README.md", "orders.csv", "truth.json"]
    assert build.data_changes(tmp_path) == []


def test_an_unknown_lesson_and_a_double_id_are_said(copy, capsys):
    assert make(copy, "--only", "J99") == 1
    assert "there is no lesson J99; lessons/ holds N00, J91" in capsys.readouterr().out
    problems = []
    build.chosen([Path("J91_a.md"), Path("J91_b.md")], None, problems)
    assert problems == ["J91_b.md: another lesson has this id"]


def test_the_command_line_works_from_any_folder(tmp_path):
    command = [sys.executable, str(ROOT / "tools" / "build.py"), "--help"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=True)
    assert "--check" in done.stdout


# ---------------------------------------------------------------- stub and solution

PARITY = {
    "a name": ("total = ...", "rows = [1]\ntotal = sum(rows)", None),
    "two names": ("low, high = ..., ...", "low, high = 1, 2", None),
    "a name never assigned": ("total = ...", "totals = 3", "never assigns `total`"),
    "one of two names": ("low, high = ..., ...", "low = 1", "never assigns `high`"),
    "a filled gap": ("rows = load(...)\ntotal = sum(...)", "rows = load('a')\nn = 1\ntotal = sum(rows)", None),
    "another line": ("rows = load(...)\ntotal = ...", "rows = read('a')\ntotal = 1", "`rows = load(...)`"),
    "lines in another order": ("a = f(...)\nb = g(...)", "b = g(1)\na = f(1)", "`b = g(...)`"),
    "a dict": ('d = {\n    "x": ...,\n}', 'd = {\n    "x": 1,\n}', None),
    "a dict with another key": ('d = {\n    "x": ...,\n}', 'd = {\n    "y": 1,\n}', '`"x": ...,`'),
    "a function": ("def f(t):\n    ...", "def f(t):\n    return t", None),
    "a memo that became an f-string": ('m = """\n...\n"""', 'm = f"""\n{1}\n"""', None),
    "an instruction": ("# add up first\ntotal = ...", "total = 1", None),
    "no gap": ("total = 0", "total = 0", "no gap"),
}  # fmt: skip


@pytest.mark.parametrize("case", PARITY)
def test_stub_and_solution_agree_in_everything_but_the_gaps(case):
    stub, solution, problem = PARITY[case]
    said = list(exercise_rules.parity(stub, solution))
    assert len(said) == (problem is not None)
    assert problem is None or problem in said[0]


BAD = {
    "no marker": ("### solution\npots = 3", "pots = 3", 41, "needs one line '### solution', has 0"),
    "nothing after it": ("### solution\npots = 3", "### solution", 41, "no solution after"),
    "no Python": ("pots = 3", "pots = = 3", 43, "not plain Python"),
    "a magic": ("sold = teapots()", "%time sold = teapots()", 71, "not plain Python"),
    "no check": ('check("J91.r1", pots)', "pots", 41, "no check call in the code cell after"),
    "no answer": (":tags: [exercise]\n\npots = ...\n### solution\npots = 3", "pots = 3", 43, "no answer cell right before"),
    "asked twice": ('check("J91.2", order)', 'check("J91.1", order)', 139, "has this cell twice, first in line 116"),
    "unknown tag": (":tags: [widget]", ":tags: [wigdet]", 151, "tag 'wigdet' is unknown"),
    "unmarked guess": (
        ':tags: [exercise]\n\npredict("J91.a", ..., confidence=...)\n### solution\n', "", 84, "a prediction is an answer",
    ),
    "wrong id": ("id: J91", "id: J19", 1, "front matter says id J19, the file name J91_teapots"),
    "no front matter": ("mktlib:", "other:", 1, "the front matter has no `mktlib:"),
    "unknown exercise": ('check("J91.r1"', 'check("J91.r7"', 47, "J91.r7 is not in mktlib/exercises/j91.py"),
    "foreign exercise": ('check("J91.r1"', 'check("N00.1"', 47, "N00.1 belongs to another lesson"),
    "check of a prediction": ('check("J91.r1"', 'check("J91.a"', 47, "J91.a is for predict()"),
    "a name the stub lacks": ('check("J91.r1", pots)', 'check("J91.r1", pot)', 47, "check reads `pot`, which the stub"),
    "no name": ('check("J91.r1", pots)', 'check("J91.r1", 3)', 47, "check reads no variable"),
    "parity": ("pots = 3", "pot = 3", 41, "never assigns `pots`"),
    "a learner's name": ("sold = teapots()", "sold = teapots()[:pots]", 71, "reads `pots`, which belongs to the learner"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_bad_lesson_is_refused_with_line_cell_and_reason(case, tmp_path):
    old, new, line, reason = BAD[case]
    path = edit(course(tmp_path), old, new)
    with pytest.raises(LessonError) as caught:
        raise LessonError(exercise_rules.problems(read_lesson(path), REGISTRY))
    assert any(reason in said for said in caught.value.problems), caught.value.problems
    assert any(f"lessons/{TEAPOTS}.md:{line}" in said for said in caught.value.problems), (
        caught.value.problems
    )


def test_the_good_lessons_have_no_problem_and_no_note():
    for path in sorted((FIXTURES / "lessons").glob("*/*.md")):
        lesson = read_lesson(path)
        assert exercise_rules.problems(lesson, REGISTRY) == []
        assert list(exercise_rules.warnings(lesson)) == []


def test_a_module_of_exercises_that_cannot_be_imported_is_named():
    class Broken:
        def get(self, id):
            raise ImportError("no load")

    lesson = read_lesson(FIXTURES / "lessons" / f"{TEAPOTS}.md")
    problems = exercise_rules.problems(lesson, Broken())
    assert problems == ["mktlib/exercises/j91.py cannot be used: ImportError: no load"]


# ---------------------------------------------------------------- whose variable is it

ANSWER = "rate = ...\n### solution\nhelper = 2\nrate = 1 / helper"
CHECK = 'check("J92.1", rate)'
OWNERS = {
    "read by a later cell": ([ANSWER, CHECK, "print(rate)"], "reads `rate`"),
    "a helper of the solution": ([ANSWER, CHECK, "print(helper)"], "reads `helper`"),
    "in another answer": ([ANSWER, CHECK, "x = ...\n### solution\nx = rate", 'check("J92.2", x)'], "reads `rate`"),
    "in a query": ([ANSWER, CHECK, "rows.query('v > @rate')"], "reads `rate`"),
    "in SQL": ([ANSWER, CHECK, "duckdb.sql('select * from helper')"], "reads `helper`"),
    "in a function": ([ANSWER, CHECK, "def f():\n    return rate"], "reads `rate`"),
    "made anew after it": ([ANSWER, CHECK, "rate = 3", "print(rate)"], None),
    "made anew in the same cell": ([ANSWER, CHECK, "rate = 3\nprint(rate)"], None),
    "as a function's own name": ([ANSWER, CHECK, "def f(rate):\n    return rate"], None),
    "a shared helper": (["helper = 2", ANSWER, CHECK, "print(helper)"], None),
    "a shared answer": (["rate = 2", ANSWER, CHECK, "print(rate)"], "reads `rate`"),
}  # fmt: skip


@pytest.mark.parametrize("case", OWNERS)
def test_a_learners_variable_stays_in_its_exercise(case, tmp_path):
    code, problem = OWNERS[case]
    said = list(exercise_rules.learner_names(read_lesson(lesson_of(tmp_path, *code))))
    assert len(said) == (problem is not None), said
    assert problem is None or problem in said[0]


def test_a_name_used_by_answer_and_lesson_is_noted(tmp_path):
    lesson = read_lesson(lesson_of(tmp_path, "helper = 2", ANSWER, CHECK))
    notes = list(exercise_rules.warnings(lesson))
    assert len(notes) == 1 and "`helper` is also assigned in the lesson's own j92-c001" in notes[0]


READS = {
    "a = b": {"b"},
    "a = 1\nc = a": set(),
    "a += 1": {"a"},
    "[x for x in rows if x > low]": {"rows", "low"},
    "x": {"x"},
    "for x in rows:\n    y = x": {"rows"},
    "f = lambda x: x + k": {"k"},
    "def f(x, y=low):\n    z = x\n    return z + k": {"low", "k"},
    "with open(p) as file:\n    t = file.read()": {"open", "p"},
    "import a.b as c, d.e\nc, d": set(),
    "t.groupby('x')['y'].sum()": {"t"},
    "f'{a:{b}}'": {"a", "b"},
    "{k: v for k, v in pairs}": {"pairs"},
    "(n := rows) and n": {"rows"},
    "try:\n    a\nexcept E as e:\n    print(e)": {"a", "E", "print"},
    "class A(B):\n    c = d": {"B", "d"},
}


@pytest.mark.parametrize("code", READS)
def test_names_read_from_outside_are_found(code):
    assert set(reads(code)) == READS[code]


def test_names_left_behind_are_found():
    code = (
        "a, (b, *c) = f()\nfor d in []:\n    e = 1\ndef g():\n    h = 1\nimport i.j\n[k for k in []]\nl.m = 1"
    )
    assert assigns(code) == ["a", "b", "c", "d", "e", "g", "i"]


# ---------------------------------------------------------------- leaks


def test_a_solution_line_is_found_wherever_it_hides(tmp_path):
    line = "total = sum(price for _, price, kept in teapots() if kept)"
    root = course(tmp_path)
    lesson = read_lesson(root / "lessons" / f"{TEAPOTS}.md")
    assert list(exercise_rules.leaks(lesson, student_notebook(lesson, REGISTRY))) == []
    forgotten = solved_notebook(lesson, REGISTRY)
    assert any(line in said for said in exercise_rules.leaks(lesson, forgotten))
    hidden = student_notebook(lesson, REGISTRY)
    hidden.cells[0].metadata["hint"] = {"first": [f"x\n  {line}"]}
    assert len(list(exercise_rules.leaks(lesson, hidden))) == 1


@pytest.mark.parametrize("cover", ["<!-- {} -->", "<details><summary>No</summary>`{}`</details>", "% {}"])
def test_comments_and_folds_hide_no_solution(cover, tmp_path):
    line = "number = len([kept for _, _, kept in teapots() if kept])"
    path = edit(course(tmp_path), "## The memo\n", f"## The memo\n\n{cover.format(line)}\n")
    lesson = read_lesson(path)
    assert len(list(exercise_rules.leaks(lesson, student_notebook(lesson, REGISTRY)))) == 1


def test_a_line_that_the_lesson_shows_is_no_leak(tmp_path):
    line = "number = len([kept for _, _, kept in teapots() if kept])"
    path = edit(course(tmp_path), "sold = teapots()", f"sold = teapots()\n{line}")
    lesson = read_lesson(path)
    assert list(exercise_rules.leaks(lesson, student_notebook(lesson, REGISTRY))) == []


# ---------------------------------------------------------------- running


def test_the_kernel_sees_no_world_grader_or_log_of_ours(monkeypatch, tmp_path):
    monkeypatch.setenv("MKTLIB_WORLD", "mine")
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    monkeypatch.setenv("MKTLIB_HOME", "mine")
    made = run.environment(tmp_path, [tmp_path / "lib"])
    assert "MKTLIB_WORLD" not in made and "NBGRADER_EXECUTION" not in made
    assert made["MKTLIB_HOME"] == str(tmp_path / "home") and made["PYTHONHASHSEED"] == "0"
    assert made["PYTHONPATH"].split(os.pathsep)[0] == str(tmp_path / "lib")


def test_an_exception_is_told_with_lesson_line_and_cell(tmp_path):
    path = lesson_of(tmp_path, "x = 1\n\ny = x / 0", "z = 1")
    with pytest.raises(LessonError) as caught:
        build.build(path, tmp_path, REGISTRY, [])
    said = caught.value.problems[0]
    assert said.startswith("lessons/1_junior/J92_t.md:11, cell j92-c001: the cell raises ZeroDivisionError")
    assert said.endswith("y = x / 0")


def test_a_stub_that_does_not_run_untouched_is_an_error(tmp_path):
    answer = "# how many?\nn = len(...)\n### solution\nn = len('a')"
    path = lesson_of(tmp_path, "from desk import check", answer, 'check("J92.1", n)')
    with pytest.raises(LessonError) as caught:
        build.build(path, tmp_path, Registry(Exercise("J92.1")), [FIXTURES])
    assert "md:15, cell j92-1-answer: the stub raises TypeError" in caught.value.problems[0]


def test_a_solution_that_the_course_calls_wrong_is_an_error(tmp_path):
    path = lesson_of(
        tmp_path, "from desk import check", "n = ...\n### solution\nn = None", 'check("J92.1", n)'
    )
    with pytest.raises(LessonError, match=r"j92-1-check: .* not judged correct \(✓\), but: not it: J92\.1"):
        build.build(path, tmp_path, Registry(Exercise("J92.1")), [FIXTURES])


def test_outputs_that_nbgrader_or_the_next_build_would_trip_over_are_errors(tmp_path):
    widget = "from desk import explore\nexplore(len, alt='')"
    warn = "import sys\nprint('careful', file=sys.stderr)"
    path = lesson_of(tmp_path, warn, "object()", "import os\nos.getcwd()", widget, "1 + 1")
    text = path.read_text(encoding="utf-8").replace("\n1 + 1", "\n:tags: [widget]\n1 + 1")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LessonError) as caught:
        build.build(path, tmp_path, REGISTRY, [FIXTURES])
    reasons = [
        "writes to stderr",
        "a memory address",
        "a temporary folder",
        "tag it `widget`",
        "leaves no picture",
    ]
    assert len(caught.value.problems) == 5
    for number, (said, reason) in enumerate(zip(caught.value.problems, reasons, strict=True), start=1):
        assert f"j92-c00{number}" in said and reason in said


def test_one_bad_lesson_does_not_stop_the_others(copy, capsys):
    edit(copy, "pots = 3", "pot = 3")
    edit(copy, "teapots()[0]", "teapots()[2]", lesson="0_start/N00_door")
    assert make(copy, "--no-data") == 1
    said = capsys.readouterr().out
    assert "changed: solutions/0_start/N00_door.ipynb (cell n00-c001: source)" in said
    assert f"ERROR lessons/{TEAPOTS}.md:41, cell j91-r1-answer" in said


# ---------------------------------------------------------------- what nbval proves


def test_nbval_fails_on_a_changed_number_and_not_on_a_changed_picture(built, tmp_path):
    source = (built / "solutions" / f"{TEAPOTS}.ipynb").read_text(encoding="utf-8")
    numbers = {
        '"Hangzhou 120': '"Hangzhou 121',
        "[120, 90]": "[120, 91]",
        "<b>✓ Correct: J91.1 read float": "<b>✓ Correct: J91.1 read int",
    }
    for name, changes in {"picture": {"iVBORw0KGgo": "iVBORw0KGgp"}, "numbers": numbers}.items():
        text = source
        for old, new in changes.items():
            assert old in source
            text = text.replace(old, new)
        (tmp_path / f"{name}.ipynb").write_text(text, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbval-lax",
        "--nbval-current-env",
        "--nbval-cell-timeout=60",
    ]
    command += [
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-q",
        "-rf",
        "--color=no",
        "--rootdir",
        str(tmp_path),
    ]
    done = subprocess.run(
        [*command, "-c", os.devnull, str(tmp_path)],
        env=run.environment(tmp_path, [FIXTURES]), capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    failed = re.findall(r"^FAILED \S*?(\w+)\.ipynb::Cell (\d+)", done.stdout, re.MULTILINE)
    code = [cell.id for cell in nbformat.reads(source, as_version=4).cells if cell.cell_type == "code"]
    assert {(name, code[int(cell)]) for name, cell in failed} == {
        ("numbers", "j91-c007"), ("numbers", "j91-c009"), ("numbers", "j91-1-check"),
    }, done.stdout + done.stderr  # fmt: skip
