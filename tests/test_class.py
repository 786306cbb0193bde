"""A class on disk: rosters as schools have them, what is handed out, what comes back, and the points for other gradebooks."""

import csv
import datetime
import io
import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from mktlib import __main__ as command
from mktlib.trainer import collect, gradebook, handout, inbox, roster
from mktlib.trainer.roster import RosterError

ROOT = Path(__file__).resolve().parents[1]
J01 = json.loads((ROOT / "notebooks/1_junior/J01_metrics_alphabet.ipynb").read_text(encoding="utf-8"))
J02 = json.loads((ROOT / "notebooks/1_junior/J02_cost_and_return.ipynb").read_text(encoding="utf-8"))
DEADLINE = "2025-12-01T18:00+08:00"
BEFORE = datetime.datetime(2025, 12, 1, 9, 0, tzinfo=datetime.UTC).timestamp()
AFTER = datetime.datetime(2025, 12, 1, 11, 0, tzinfo=datetime.UTC).timestamp()
STUDENTS = (
    "学号,姓名,邮箱,班级\n"
    "2024001,李明,liming@x.cn,A\n2024002,王伟,,A\n2024003,李明,lm3@x.cn,B\n"
    "2024004,Anna O'Brien,anna@x.cn,B\n2024005,Li Ming Hua,lmh@x.cn,B\n2024006,Li Ming,lmi@x.cn,B\n"
)


def roster_file(folder, content, name="roster file.csv"):
    path = folder / name
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return path


def read(tmp_path, content):
    return roster.read(roster_file(tmp_path, content))


@pytest.fixture
def klass(tmp_path):
    """Folder of a class of six with J01 and J02, in a folder with blanks and Chinese letters."""
    folder, *_ = handout.new(
        roster_file(tmp_path, STUDENTS), tmp_path / "春季 class", ["J01", "J02"], deadline=DEADLINE
    )
    return folder


@pytest.fixture
def box(tmp_path):
    folder = tmp_path / "in box"
    folder.mkdir()
    return folder


def worked(mark="", notebook=J01, student=None):
    """Bytes of a notebook somebody worked in; `mark` makes it another one."""
    changed = json.loads(json.dumps(notebook))
    changed["cells"][0]["source"] = [f"worked {mark}"]
    if student:
        changed["metadata"]["mktlib"]["student"] = student
    return json.dumps(changed).encode("utf-8")


def put(path, data, time=BEFORE):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (time, time))
    return path


def zipped(members, time=BEFORE):
    """Bytes of a zip of {name: bytes}; a name may come with a time of its own: (name, time)."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, data in members.items():
            name, when = name if isinstance(name, tuple) else (name, time)
            local = datetime.datetime.fromtimestamp(when, datetime.timezone(datetime.timedelta(hours=8)))
            pack.writestr(zipfile.ZipInfo(name, local.timetuple()[:6]), data)
    return packed.getvalue()


def collected(box, klass):
    """{(id, lesson): row} of expected rows, and the list of the others."""
    rows = collect.collect(box, klass)
    expected = {(row.id, row.lesson): row for row in rows[:12]}
    assert len(expected) == 12
    return expected, rows[12:]


# ---------------------------------------------------------------- rosters


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_roster_is_read_in_any_encoding_and_delimiter_with_columns_in_any_order(
    tmp_path, encoding, delimiter
):
    text = "2026 春 名单\n序号,电子邮箱,姓名,学号,班级\n1,li@x.cn,李明,2024001,A\n2,无,王伟,2024002,\n,,,,\n"
    students, notices = read(tmp_path, text.replace(",", delimiter).encode(encoding))
    assert students == [
        roster.Student("2024001", "李明", "li@x.cn", "A"),
        roster.Student("2024002", "王伟", "", ""),
    ]
    assert notices == []


def test_an_excel_roster_is_read(tmp_path):
    import xlsxwriter

    path = tmp_path / "名单.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate([["Student ID", "Full Name"], [2024001, "Li Ming"]]):
            sheet.write_row(place, 0, row)
    assert roster.read(path)[0] == [roster.Student("2024001", "Li Ming")]


def test_rosters_exported_by_moodle_and_canvas_are_read(tmp_path):
    moodle = "First name,Surname,ID number,Email address\nAnna,Bo,,a@x.cn\n"
    assert read(tmp_path, moodle)[0] == [roster.Student("a@x.cn", "Anna Bo", "a@x.cn")]
    canvas = 'Student,ID,SIS User ID,SIS Login ID,Section,J01 (77)\n"    Points Possible",,,,,14\n"Bo, Anna",4711,s1,ab,S,\n"Student, Test",9,,,S,\n'
    assert read(tmp_path, canvas)[0] == [roster.Student("s1", "Bo, Anna", "", "S")]


def test_ids_that_excel_forced_to_text_are_cleaned_and_shortened_ones_are_refused(tmp_path):
    assert [one.id for one in read(tmp_path, 'id,name\n="007",A B\n\'008,C D\n１２,E F\n')[0]] == [
        "007",
        "008",
        "12",
    ]
    with pytest.raises(RosterError, match=r"row 2, column '学号': 2\.024E\+11 was shortened by Excel"):
        read(tmp_path, "学号,姓名\n2.024E+11,李明\n")


def test_every_row_that_must_be_mended_is_named(tmp_path):
    with pytest.raises(RosterError) as told:
        read(tmp_path, "学号,姓名\n1,A B\n,C D\n3,\n1,E F\n")
    said = str(told.value)
    assert "row 3, column '学号': the id of C D is empty" in said
    assert "row 4, column '姓名': the name of 3 is empty" in said
    assert "row 5, column '学号': 1 is the id of A B in row 2 and of E F here" in said


def test_a_row_that_comes_twice_is_taken_once_and_namesakes_are_told(tmp_path):
    students, notices = read(tmp_path, "id,name\n1,Li Ming\n2,Li Ming\n1,Li Ming\n")
    assert [one.id for one in students] == ["1", "2"]
    assert any("row 4" in one for one in notices) and any(
        "2 students are called Li Ming" in one for one in notices
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("name,points\nA,1\n", "no column of student ids"),
        ("id,points\n1,1\n", "no column of names"),
        ("id,name\n", "no students below it"),
        ("", "no column of student ids"),
        (b"PK\x03\x04 no zip", "damaged or locked"),
    ],
)
def test_a_file_that_is_no_roster_is_refused_in_words(tmp_path, content, said):
    with pytest.raises(RosterError, match=said):
        read(tmp_path, content)


def test_a_missing_roster_and_a_missing_class_are_told_at_the_command_line(tmp_path, capsys):
    assert command.main(["class", "new", str(tmp_path / "no.csv"), "--out", str(tmp_path / "c")]) == 1
    assert command.main(["class", "collect", str(tmp_path), "--class", str(tmp_path / "c")]) == 1
    said = capsys.readouterr().err
    assert "cannot be opened" in said and "is no class" in said and "Traceback" not in said


def test_folder_names_are_safe_and_unique_on_every_system(tmp_path):
    names = ["../x", "CON", "a/b:c*?", "=cmd()", "😀", "李明", "A" * 200, "a b", "A  B.", "trailing. "]
    fresh = [roster.Student("7" if n else "con", name) for n, name in enumerate(names)]
    students, new, _ = roster.merged(
        [], [roster.Student(f"{n}", one.name) for n, one in enumerate(fresh)], None
    )
    folders = [one.folder for one in students]
    assert len({one.casefold() for one in folders}) == len(names) == len(new)
    assert all(not set('/\\:*?"<>|') & set(one) and len(one) < 90 and one[-1] not in ". " for one in folders)
    same, _, _ = roster.merged(
        [], [roster.Student("a/b", "X"), roster.Student("a:b", "X"), roster.Student("con", "")], None
    )
    assert [one.folder for one in same] == ["a_b_X", "a_b_X-2", "_con"]


def test_a_name_like_a_formula_is_defused_in_files_and_whole_when_read_again(tmp_path):
    folder, students, *_ = handout.new(
        roster_file(tmp_path, "id,name\n1,=1+1\n2,@x\n"), tmp_path / "c", ["J01"]
    )
    text = (folder / "roster.csv").read_text(encoding="utf-8-sig")
    assert "1,'=1+1," in text and "2,'@x," in text
    assert [one.name for one in roster.load(folder)] == ["=1+1", "@x"] == [one.name for one in students]


# ---------------------------------------------------------------- handing out


def test_a_student_gets_the_lessons_in_level_folders_and_every_link_leads_somewhere(klass):
    folder = klass / "students" / "2024001_李明"
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert files == [
        "1_junior/J01_metrics_alphabet.ipynb",
        "1_junior/J02_cost_and_return.ipynb",
        "START_HERE.html",
    ]
    links = 0
    for path in folder.rglob("*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
        for link in handout.LINK.finditer(text):
            links += 1
            assert (path.parent / link[2]).is_file(), link[0]
    assert links


def test_what_is_handed_out_differs_from_the_course_only_in_links_and_the_students_id(klass):
    given = json.loads(
        (klass / "students/2024002_王伟/1_junior/J01_metrics_alphabet.ipynb").read_text(encoding="utf-8")
    )
    assert given["metadata"]["mktlib"].pop("student") == "2024002"
    assert given["metadata"] == J01["metadata"]
    code = [[cell for cell in one["cells"] if cell["cell_type"] == "code"] for one in (given, J01)]
    assert code[0] == code[1] and len(given["cells"]) == len(J01["cells"])


def test_the_sheet_names_the_deadline_and_escapes_what_students_are_called(tmp_path):
    folder, *_ = handout.new(
        roster_file(tmp_path, "id,name,email\n1,<script>x</script>,a@x.cn\n"),
        tmp_path / "c",
        ["J01"],
        deadline=DEADLINE,
        name="A & B",
    )
    text = next((folder / "students").glob("*/START_HERE.html")).read_text(encoding="utf-8")
    assert "2025-12-01 18:00 (UTC+0800)" in text and "A &amp; B" in text and "&lt;script&gt;" in text
    assert "<script" not in text and "http" not in text


def test_a_second_run_adds_students_and_lessons_and_leaves_work_alone(tmp_path, klass):
    work = put(klass / "students/2024001_李明/1_junior/J01_metrics_alphabet.ipynb", b"my work")
    before = roster.load(klass)
    grown = STUDENTS.replace("2024002,王伟,,A\n", "") + "2024007,New One,,A\n"
    _, students, added, told = handout.new(roster_file(tmp_path, grown), klass, ["J03"])
    assert work.read_bytes() == b"my work"
    assert [one.id for one in added] == ["2024007"]
    assert any("王伟 (2024002) is no longer in the roster and stays" in one for one in told)
    assert {one.id: one.folder for one in before}.items() <= {one.id: one.folder for one in students}.items()
    assert roster.class_file(klass)["lessons"] == ["J01", "J02", "J03"]
    assert len(list((klass / "students").glob("*/1_junior/J03_*.ipynb"))) == 7


def test_a_row_added_to_the_classs_own_roster_is_a_new_student(klass):
    path = klass / "roster.csv"
    path.write_text(path.read_text(encoding="utf-8-sig") + "99,New One,,,,\n", encoding="utf-8")
    with pytest.raises(RosterError, match="row 8: 99 has no folder yet; run"):
        roster.load(klass)
    _, students, added, _ = handout.new(path, klass)
    assert [one.folder for one in added] == ["99_New_One"] and len(students) == 7


def test_a_folder_with_other_things_is_not_made_a_class(tmp_path):
    roster_file(tmp_path, STUDENTS)
    with pytest.raises(RosterError, match="holds other things"):
        handout.new(tmp_path / "roster file.csv", tmp_path, ["J01"])


def test_unknown_lessons_and_deadlines_are_refused(tmp_path):
    path = roster_file(tmp_path, STUDENTS)
    with pytest.raises(RosterError, match="There is no lesson 'J99'"):
        handout.new(path, tmp_path / "c", ["J99"])
    with pytest.raises(RosterError, match="is no date"):
        handout.new(path, tmp_path / "c", ["J01"], deadline="tomorrow")
    assert not (tmp_path / "c").exists()


def test_a_level_is_all_its_lessons_and_a_date_lasts_until_its_end(tmp_path):
    folder, *_ = handout.new(
        roster_file(tmp_path, "id,name\n1,A B\n"), tmp_path / "c", level="senior", deadline="2026-12-01"
    )
    info = roster.class_file(folder)
    assert info["lessons"] == [f"S0{n}" for n in range(1, 8)] + ["SC"]
    assert info["deadline"].startswith("2026-12-01T23:59:59") and len(info["deadline"]) > 19


# ---------------------------------------------------------------- personal worlds


def test_seeds_are_drawn_from_the_classs_secret_and_do_not_move_when_the_roster_grows():
    one, two, three = (roster.Student(id, "N") for id in ("1", "2", "3"))
    first, _, _ = roster.merged([], [one, two], "00ff")
    again, _, _ = roster.merged([], [three, two, one], "00ff")
    other, _, _ = roster.merged([], [one, two], "00fe")
    seeds = {student.id: student.seed for student in again}
    assert {student.id: student.seed for student in first} == {id: seeds[id] for id in ("1", "2")}
    assert len(set(seeds.values())) == 3 and not {s.seed for s in first} & {s.seed for s in other}


@pytest.fixture
def with_worlds(tmp_path, small_world):
    """A class of two with worlds, made by copying the small one; and the numbers for which one was made."""
    calls = []

    def make(seed, folder):
        if len(calls) == 1 and not (tmp_path / "second try").exists():
            calls.append(seed)
            raise OSError("the disk is full")
        calls.append(seed)
        shutil.copytree(small_world, folder)

    path = roster_file(tmp_path, "id,name\n1,A B\n2,C D\n")
    with pytest.raises(RosterError, match=r"C D \(world \d+\): the disk is full"):
        handout.new(path, tmp_path / "c", ["J01"], worlds=True, at_once=1, make=make)
    (tmp_path / "second try").touch()
    folder, *_ = handout.new(path, tmp_path / "c", worlds=True, at_once=1, make=make)
    return folder, calls


def test_a_world_that_was_made_is_not_made_again_after_a_run_that_failed(with_worlds):
    folder, calls = with_worlds
    first, second = (one.seed for one in roster.load(folder))
    assert calls == [first, second, second]
    for one in roster.load(folder):
        assert (folder / "worlds" / str(one.seed) / "truth.json").is_file()
        assert (folder / "students" / one.folder / "world" / "datapackage.json").is_file()


def where(cwd, **environment):
    """What a notebook in that folder takes for the active world: (folder, seed)."""
    code = "from mktlib import load, world; load('calendar'); print(world.folder()); print(world.truth()['seed'])"
    clean = {key: value for key, value in os.environ.items() if key != "MKTLIB_WORLD"}
    run = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code],
        cwd=cwd,
        env=clean | {"PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        encoding="utf-8",
    )
    return run.stdout.split("\n")[:2] if run.returncode == 0 else run.stderr


def test_a_notebook_finds_the_world_of_the_folder_it_lies_in_unless_told_another(with_worlds, standard_world):
    folder, _ = with_worlds
    student = folder / "students" / roster.load(folder)[0].folder
    assert where(student / "1_junior") == [str((student / "world").resolve()), "3"]
    assert where(student / "1_junior", MKTLIB_WORLD=str(standard_world)) == [str(standard_world), "20260101"]
    shutil.rmtree(student / "world")
    assert "take the folder `world` again from what your trainer gave you" in where(student / "1_junior")


def test_a_class_that_began_in_the_standard_world_gets_no_worlds_later(tmp_path, klass):
    with pytest.raises(RosterError, match="personal worlds need a new class"):
        handout.new(tmp_path / "roster file.csv", klass, worlds=True)


# ---------------------------------------------------------------- collecting


@pytest.mark.parametrize(
    ("path", "id"),
    [
        ("2024001_李明/1_junior/J01_metrics_alphabet.ipynb", "2024001"),
        ("2024002/J01 (1).ipynb", "2024002"),
        ("王伟_123_assignsubmission_file_/J01-final-FINAL.ipynb", "2024002"),
        ("Anna O'Brien_77_assignsubmission_file_J01.ipynb", "2024004"),
        ("obrienanna_12345_67890_J01.ipynb", "2024004"),
        ("obrienanna_LATE_12345_67890_作业.ipynb", "2024004"),
        ("作业 王伟的J01.ipynb", "2024002"),
        ("anna@x.cn J01.ipynb", "2024004"),
        ("Li Ming Hua/J01.ipynb", "2024005"),
        ("liminghua_1_2_J01.ipynb", "2024005"),
        ("hw_Ming_Li_J01.ipynb", "2024006"),
        ("王伟/2024002/J01.ipynb", "2024002"),
        ("王伟/J01.ipynb.txt", "2024002"),
        ("ｊ０１　２０２４００２.ipynb", "2024002"),
    ],
)
def test_a_student_is_recognised_by_folder_id_e_mail_or_name(klass, box, path, id):
    put(box / path, worked())
    expected, rest = collected(box, klass)
    assert (expected[id, "J01"].status in ("ok", "late")) and rest == []
    assert (
        klass / "submissions" / next(s.folder for s in roster.load(klass) if s.id == id) / "J01.ipynb"
    ).is_file()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("李明/J01.ipynb", "fits 李明 (2024001) and 李明 (2024003)"),
        ("2024002 Anna O'Brien/J01.ipynb", "by id, folder or e-mail and Anna O'Brien (2024004) by name"),
        ("J01.ipynb", "no id, e-mail or name of the roster in its path"),
        ("李明华/J01.ipynb", "no id, e-mail or name of the roster in its path"),
        ("20240011/J01.ipynb", "no id, e-mail or name of the roster in its path"),
    ],
)
def test_what_fits_nobody_or_two_is_kept_apart_and_said(klass, box, path, said):
    put(box / path, worked())
    expected, rest = collected(box, klass)
    assert {row.status for row in expected.values()} == {"missing"}
    assert [(row.status, row.lesson) for row in rest] == [("unknown student", "J01")] and said in rest[0].note
    kept = list((klass / "submissions" / "_unplaced").iterdir())
    assert [path.read_bytes() for path in kept] == [worked()]


def test_a_notebook_knows_to_whom_it_was_handed_out(klass, box):
    put(box / "J01 (3).ipynb", worked(student="2024003"))
    put(box / "李明/homework.ipynb", worked("x", J02, student="2024001"))
    put(box / "王伟/J01.ipynb", worked("y", student="2024004"))
    expected, rest = collected(box, klass)
    assert rest == [] and expected["2024003", "J01"].status == expected["2024001", "J02"].status == "ok"
    assert expected["2024002", "J01"].note == "the notebook was handed out to Anna O'Brien (2024004)"


def test_short_ids_are_not_found_in_copy_numbers_or_level_folders(tmp_path, box):
    folder, *_ = handout.new(
        roster_file(tmp_path, "id,name\n1,Anna Bo\n7,Carl Du\n"), tmp_path / "c", ["J01"]
    )
    put(box / "Carl Du/1_junior/J01 (1).ipynb", worked("a"))
    put(box / "1 J01.ipynb", worked("b"))
    assert [row.status for row in collect.collect(box, folder)] == ["ok", "ok"]


def test_a_lesson_is_recognised_by_its_cells_and_never_by_its_name(klass, box):
    put(box / "2024001/J01.ipynb", worked("a", J02))
    put(box / "2024002/work.ipynb", worked("b", {**J01, "cells": [strip(cell) for cell in J01["cells"]]}))
    put(box / "2024003/J01.ipynb", json.dumps({"cells": [], "metadata": {}, "nbformat": 4}).encode())
    other = json.loads((ROOT / "notebooks/1_junior/J03_who_came.ipynb").read_text(encoding="utf-8"))
    put(box / "2024004/J01.ipynb", worked("c", other))
    expected, rest = collected(box, klass)
    assert (
        expected["2024001", "J02"].note == "its name says J01" and expected["2024002", "J01"].status == "ok"
    )
    assert expected["2024001", "J01"].status == "missing"
    assert [(row.id, row.lesson, row.status) for row in rest] == [
        ("2024003", "", "wrong lesson"),
        ("2024004", "J03", "wrong lesson"),
    ]


def strip(cell):
    """A cell as tools leave it that keep no ids and no metadata."""
    return {"cell_type": cell["cell_type"], "metadata": {}, "source": cell["source"]}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'{"cells": [', "no JSON"),
        (b"", "empty"),
        (b"<!doctype html>", "web page"),
        (b"[1]", "no cells"),
        (b"[" * 100_000, "no JSON"),
        (b"\xff\xfe\x00", "no JSON"),
        (b'{"cells": 7}', "no cells"),
    ],
)
def test_a_file_that_cannot_be_read_stands_in_its_students_row(klass, box, data, said):
    put(box / "2024001/J01.ipynb", data)
    row = collected(box, klass)[0]["2024001", "J01"]
    assert row.status == "unreadable" and said in row.note
    assert (klass / "submissions/2024001_李明/J01.ipynb").read_bytes() == data


def test_strange_but_readable_notebooks_break_nothing(klass, box):
    cells = [
        None,
        7,
        {"metadata": 3, "id": 4, "source": 5},
        {"metadata": {"nbgrader": []}, "source": [1, None]},
    ]
    put(box / "2024001/a.ipynb", json.dumps({"cells": cells, "metadata": [1]}).encode())
    put(
        box / "2024001/b.ipynb",
        json.dumps({"cells": cells + J01["cells"], "metadata": {"mktlib": 1}}).encode(),
    )
    expected, rest = collected(box, klass)
    assert expected["2024001", "J01"].status == "ok" and [row.status for row in rest] == ["wrong lesson"]


def test_the_newest_counts_and_the_others_are_said(klass, box):
    put(box / "2024001/J01.ipynb", worked("old"), BEFORE)
    put(box / "2024001/J01 (1).ipynb", worked("newer"), BEFORE)
    put(box / "2024001/more/J01.ipynb", worked("newest"), AFTER)
    put(box / "2024002/J01.ipynb", worked("good"), BEFORE)
    put(box / "2024002/J01 (2).ipynb", b"{", AFTER)
    put(box / "2024004/J01.ipynb", worked("first"), BEFORE)
    put(box / "2024004/J01 (1).ipynb", worked("second"), BEFORE)
    expected, _ = collected(box, klass)
    row = expected["2024001", "J01"]
    assert row.status == "late" and row.source == "2024001/more/J01.ipynb"
    assert "was in time and was set aside: 2024001/J01.ipynb" in row.note and "J01 (1).ipynb" in row.note
    assert (klass / "submissions/2024001_李明/J01.ipynb").read_bytes() == worked("newest")
    assert expected["2024002", "J01"].status == "ok"
    assert "another file cannot be read: 2024002/J01 (2).ipynb" in expected["2024002", "J01"].note
    assert expected["2024004", "J01"].source.endswith("J01 (1).ipynb")


def test_a_second_run_and_a_moved_inbox_change_nothing(klass, box, tmp_path):
    put(box / "2024001/J01.ipynb", worked("a"), AFTER)
    put(box / "nobody.ipynb", worked("b"), BEFORE)
    put(box / "2024002.zip", zipped({"J01.ipynb": worked("c"), "../x.ipynb": b"{}"}))
    before = collect.collect(box, klass)
    files = snapshot(klass)
    assert collect.collect(box, klass) == before and snapshot(klass) == files
    shutil.copytree(box, tmp_path / "moved", copy_function=shutil.copyfile)  # all times are those of the copy
    assert collect.collect(tmp_path / "moved", klass) == before


def snapshot(folder):
    return {
        path: (path.read_bytes(), path.stat().st_mtime_ns)
        for path in (folder / "submissions").rglob("*.ipynb")
    }


def test_a_second_inbox_adds_to_the_first_and_an_extended_deadline_takes_effect(klass, box, tmp_path):
    put(box / "2024001/J01.ipynb", worked("a"), AFTER)
    put(tmp_path / "later/2024002/J02.ipynb", worked("b", J02), AFTER)
    assert collected(box, klass)[0]["2024001", "J01"].status == "late"
    expected, _ = collected(tmp_path / "later", klass)
    assert expected["2024001", "J01"].status == expected["2024002", "J02"].status == "late"
    handout.new(klass / "roster.csv", klass, deadline="2025-12-05")
    assert collected(box, klass)[0]["2024002", "J02"].status == "ok"


def test_a_trainer_may_place_a_file_by_hand_or_rename_it_in_the_inbox(klass, box):
    put(box / "a.ipynb", worked("a"))
    put(box / "b.ipynb", worked("b"))
    assert len(collected(box, klass)[1]) == 2
    (found,) = (klass / "submissions/_unplaced").glob("*_a.ipynb")
    (klass / "submissions/2024004_Anna_O_Brien").mkdir()
    found.rename(klass / "submissions/2024004_Anna_O_Brien/J01.ipynb")
    (box / "b.ipynb").rename(box / "2024002.ipynb")
    expected, rest = collected(box, klass)
    assert rest == [] and expected["2024002", "J01"].status == "ok"
    assert (
        expected["2024004", "J01"].note == "put there by hand" and expected["2024004", "J01"].status == "ok"
    )
    assert not list((klass / "submissions/_unplaced").iterdir())


def test_a_students_log_goes_beside_the_notebooks_and_other_files_of_that_kind_do_not(klass, box):
    log = b'{"time": "2025-11-30T08:00:00+00:00", "event": "hint", "id": "J01.1"}\n'
    put(box / "2024002/my_log.jsonl", log, BEFORE)
    put(box / "2024002/my_log (1).jsonl", log * 2, AFTER)
    put(box / "2024004/data.jsonl", b'{"a": 1}\n')
    put(box / "my_log.jsonl", log * 3)
    _, rest = collected(box, klass)
    assert (klass / "submissions/2024002_王伟/log.jsonl").read_bytes() == log * 2
    assert [(row.status, row.source) for row in rest] == [("unknown student", "my_log.jsonl")]
    assert not (klass / "submissions/2024004_Anna_O_Brien").exists()


def test_zips_of_moodle_with_zips_in_them_are_read_with_their_times(klass, box):
    inner = zipped(
        {("2024002/J01.ipynb", BEFORE): worked("a"), ("2024002/J02.ipynb", AFTER): worked("b", J02)}
    )
    put(
        box / "class.zip",
        zipped(
            {
                ("王伟_123_assignsubmission_file_/work.zip", AFTER): inner,
                ("Anna O'Brien_124_assignsubmission_file_/J01.ipynb", AFTER): worked("c"),
                ("Li Ming Hua_125_assignsubmission_file_/J01.ipynb", BEFORE): worked("d"),
                ("Li Ming Hua_125_assignsubmission_file_/notes.pdf", BEFORE): b"%PDF",
                "__MACOSX/._J01.ipynb": b"junk",
                "Li Ming Hua_125_assignsubmission_file_/.ipynb_checkpoints/J01-checkpoint.ipynb": b"{",
            }
        ),
    )
    expected, rest = collected(box / "class.zip", klass)
    assert (
        rest == []
        and expected["2024002", "J01"].status == "ok"
        and expected["2024002", "J02"].status == "late"
    )
    assert expected["2024004", "J01"].status == "late" and expected["2024005", "J01"].status == "ok"
    assert expected["2024005", "J02"].note == "handed in only notes.pdf: nothing to grade"


def test_times_of_a_download_make_nobody_late(klass, box):
    names = ("王伟", "Anna O'Brien", "Li Ming Hua")
    members = {f"{name}_{n}_assignsubmission_file_/J01.ipynb": worked(name) for n, name in enumerate(names)}
    put(box / "class.zip", zipped(members, AFTER))
    rows = collect.collect(box, klass)
    assert [row.status for row in rows if row.status != "missing"] == ["ok", "ok", "ok"]
    assert any("3 are dated by its download" in line for line in collect.summary(rows))


def test_work_saved_after_the_deadline_is_late_whatever_the_date_of_the_zip_around_it(klass, box):
    inner = zipped({"J01.ipynb": worked("in")}, AFTER)
    names = ("王伟", "Anna O'Brien", "Li Ming Hua")
    members = {f"{name}_{n}_assignsubmission_file_/work.zip": inner for n, name in enumerate(names)}
    put(box / "class.zip", zipped(members, AFTER))
    assert {row.status for row in collect.collect(box, klass)} == {"late", "missing"}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems know no such names")
def test_a_name_that_is_not_utf_8_is_taken_and_the_second_run_is_the_same(klass, box):
    path = os.fsencode(box / "2024002_") + b"\xff.ipynb"
    with open(path, "wb") as file:  # noqa: PTH123   pathlib has no bytes
        file.write(worked())
    rows = collect.collect(box, klass)
    assert [row.id for row in rows if row.status == "late"] == ["2024002"]
    assert collect.collect(box, klass) == rows


def test_canvas_says_itself_who_was_late(klass, box):
    members = {"obrienanna_LATE_1_2_J01.ipynb": worked("a"), "liminghua_3_4_J01.ipynb": worked("b")}
    put(box / "submissions.zip", zipped(members, AFTER))
    expected, _ = collected(box, klass)
    assert expected["2024004", "J01"].status == "late" and expected["2024005", "J01"].status == "ok"


def test_file_names_of_chinese_windows_zips_are_read(klass, box):
    data = zipped({"XXXX/J01.ipynb": worked()})
    put(box / "a.zip", data.replace(b"XXXX", "王伟".encode("gbk")))
    assert collected(box, klass)[0]["2024002", "J01"].source == "a.zip/王伟/J01.ipynb"


def test_unix_zips_tell_the_time_in_utc():
    member = zipfile.ZipInfo("J01.ipynb", (2026, 12, 1, 23, 0, 0))
    member.extra = b"\x55\x54\x05\x00\x01" + int(BEFORE).to_bytes(4, "little")
    assert inbox.time_of(member, datetime.UTC).timestamp() == BEFORE


def test_paths_out_of_the_folder_links_and_bombs_are_refused_in_words_and_the_rest_is_taken(
    klass, box, monkeypatch
):
    link = zipfile.ZipInfo("link.ipynb")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as pack:
        for name in ("../../evil.ipynb", "/abs.ipynb", "C:\\abs.ipynb", "a\\..\\..\\b.ipynb"):
            pack.writestr(name, worked())
        pack.writestr(link, "/etc/passwd")
        pack.writestr("big.ipynb", bytes(inbox.NOTEBOOK + 1))
        pack.writestr("squeezed.ipynb", bytes(inbox.HARMLESS + 1))
        pack.writestr("J01.ipynb", worked("good"))
        pack.writestr("inner.rar", b"Rar!")
    put(box / "2024002.zip", packed.getvalue())
    put(box / "2024004.zip", b"PK no zip")
    deep = worked()
    for _ in range(5):
        deep = zipped({"x.zip": deep})
    put(box / "2024005.zip", deep)
    (box / "etc").symlink_to("/etc")
    (box / "J01.ipynb").symlink_to("/etc/passwd")
    expected, rest = collected(box, klass)
    assert expected["2024002", "J01"].status != "missing" and {row.status for row in rest} == {"refused"}
    said = {row.source: row.note for row in rest}
    assert sum("leads out of the folder" in note for note in said.values()) == 4
    assert "link" in said["2024002.zip/link.ipynb"] and "link" in said["etc"] and "link" in said["J01.ipynb"]
    assert "two hundred times" in said["2024002.zip/squeezed.ipynb"]
    assert "larger than" in said["2024002.zip/big.ipynb"] and "archive" in said["2024002.zip/inner.rar"]
    assert {row.id for row in rest if row.source.startswith("2024002")} == {"2024002"}
    assert expected["2024004", "J01"].note == "handed in only 2024004.zip: nothing to grade"
    assert "damaged zip" in said["2024004.zip"] and "a zip in a zip" in said["2024005.zip/x.zip/x.zip/x.zip"]
    assert not (box.parent / "evil.ipynb").exists()


def test_a_zip_that_unpacks_to_too_much_stops_there_and_harms_no_other(klass, box, monkeypatch):
    monkeypatch.setattr(inbox, "UNPACKED", 3_000_000)
    put(box / "a.zip", zipped({f"bomb{n}.ipynb": bytes(1_000_000) for n in range(9)}))
    put(box / "b/2024002.ipynb", worked())
    monkeypatch.setattr(inbox, "MEMBERS", 20)
    put(box / "c.zip", zipped({f"{n}.txt": b"" for n in range(21)}))
    expected, rest = collected(box, klass)
    assert expected["2024002", "J01"].status == "ok"
    said = {row.source: row.note for row in rest if row.status == "refused"}
    assert "made to do harm" in said["a.zip"] and "21 files" in said["c.zip"]
    assert len([path for path in (klass / "received").rglob("*") if path.is_file()]) <= 3


def test_damaged_and_locked_members_are_refused(klass, box):
    data = bytearray(zipped({"2024002.ipynb": worked(), "2024004.ipynb": worked("b")}))
    data[60] ^= 0xFF
    put(box / "a.zip", bytes(data))
    locked = bytearray(zipped({"2024005.ipynb": worked()}))
    for place in (6, locked.index(b"PK\x01\x02") + 8):
        locked[place] |= 1
    put(box / "b.zip", bytes(locked))
    expected, rest = collected(box, klass)
    assert expected["2024004", "J01"].status == "ok"
    assert [row.status for row in rest] == ["refused", "refused"]
    assert "cannot be unpacked" in rest[0].note and "password" in rest[1].note


@pytest.mark.parametrize("inner", [".", "..", "submissions", "received"])
def test_the_class_itself_is_no_inbox(klass, inner):
    (klass / "received").mkdir()
    (klass / "submissions").mkdir()
    with pytest.raises(RosterError, match="holds the class itself"):
        collect.collect(klass / inner, klass)


def test_the_command_line_says_what_it_did(klass, box, capsys):
    put(box / "2024002/J01.ipynb", worked())
    put(box / "who.ipynb", worked("b"))
    assert command.main(["class", "collect", str(box), "--class", str(klass)]) == 0
    said = capsys.readouterr().out
    assert "1 ok, 11 missing, 1 unknown student" in said and "unknown student: who.ipynb" in said
    rows = list(csv.reader((klass / "submissions.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert rows[0] == ["id", "lesson", "status", "received", "source", "note"] and len(rows) == 14


# ---------------------------------------------------------------- export


@pytest.fixture
def graded(tmp_path):
    """A class of three with a gradebook as `class grade` writes it."""
    content = 'id,name,email,group\n007,李明,li@x.cn,A\n8,=HYPERLINK(1),,A\n9,"O\'Brien, Anna",a@x.cn,\n'
    folder, *_ = handout.new(roster_file(tmp_path, content), tmp_path / "c", ["J01", "J02"])
    header = ["id", "name", "J01", "J02", "J01_max", "J02_max", "total"]
    rows = [
        ["007", "李明", 12.5, 0, 14, 15, 12.5],
        ["8", "=HYPERLINK(1)", 14, 15, 14, 15, 29],
        ["9", "O'Brien, Anna", "", 3.0, 14, 15, 3],
    ]
    roster.write_csv(folder / "gradebook.csv", header, rows)
    return folder


def exported(folder, to):
    path, told = gradebook.export(folder, to)
    return list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines())), told


def test_moodle_gets_ids_e_mails_and_plain_numbers(graded):
    rows, told = exported(graded, "moodle")
    assert rows == [
        ["ID number", "Email address", "Full name", "J01", "J02"],
        ["007", "li@x.cn", "李明", "12.5", "0"],
        ["8", "", "'=HYPERLINK(1)", "14", "15"],
        ["9", "a@x.cn", "O'Brien, Anna", "", "3"],
    ]
    assert "apostrophe" in told[0] and "J01 14, J02 15" in told[-1]


def test_canvas_gets_its_five_columns_and_the_points_possible(graded):
    rows, _ = exported(graded, "canvas")
    assert rows[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "J01", "J02"]
    assert rows[1] == ["    Points Possible", "", "", "", "", "14", "15"]
    assert rows[2] == ["李明", "", "007", "li@x.cn", "A", "12.5", "0"]


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\tx", "\rx", "  =1", "＝1"])
def test_cells_that_a_spreadsheet_would_run_are_defused(cell):
    assert roster.defused(cell) == "'" + cell


def test_negative_and_other_numbers_stay_numbers(tmp_path):
    roster.write_csv(tmp_path / "a.csv", ["id", "x"], [["1", -2.5]])
    assert (tmp_path / "a.csv").read_text(encoding="utf-8-sig").splitlines()[1] == "1,-2.5"


def test_a_gradebook_that_is_missing_old_or_damaged_is_told(graded, capsys):
    text = (graded / "gradebook.csv").read_text(encoding="utf-8-sig")
    for content, said in (
        (text.replace("12.5,0", "nan,0"), "row 2, column 'J01': 'nan' is no number"),
        (text.replace("9,", "10,"), "has no row of O'Brien, Anna"),
        (None, "class grade"),
    ):
        (graded / "gradebook.csv").unlink() if content is None else (graded / "gradebook.csv").write_text(
            content, encoding="utf-8"
        )
        assert command.main(["class", "export", "--class", str(graded), "--to", "canvas"]) == 1
        assert said in capsys.readouterr().err
