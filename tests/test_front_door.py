"""course.py: what it says when something is missing, and that it never loses a learner's work."""

import ast
import errno
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LESSON = Path("1_junior/J01_metrics_alphabet.ipynb")


def notebook(*sources, outputs=()):
    """The text of a notebook with code cells."""
    cells = [
        {
            "cell_type": "code",
            "id": f"c{number}",
            "metadata": {},
            "source": source,
            "outputs": list(outputs),
            "execution_count": 1 if outputs else None,
        }
        for number, source in enumerate(sources)
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def course(tmp_path):
    """course.py in a small repository of its own, in a folder with a space and Chinese letters."""
    repo = tmp_path / "营销 课程"
    write(repo / "notebooks" / "0_start" / "N00_start.ipynb", notebook("'welcome'"))
    write(repo / "notebooks" / LESSON, notebook("ctr = ..."))
    for name in ("course.py", "requirements.txt", "requirements.lock", "requirements-dev.lock"):
        shutil.copy(ROOT / name, repo / name)
    spec = importlib.util.spec_from_file_location("course_under_test", repo / "course.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def own(course):
    """The learner's copy of J01."""
    return course.WORKBOOK / LESSON


def names(course):
    return sorted(path.name for path in own(course).parent.iterdir())


# Old Pythons


def test_any_python_3_from_3_6_on_can_read_the_file():
    ast.parse((ROOT / "course.py").read_text(encoding="utf-8"), feature_version=(3, 6))


@pytest.mark.parametrize("version", [(3, 6, 15), (3, 10, 13)])
def test_an_old_python_gets_one_sentence_with_the_remedy(version):
    pretend = (
        f"import sys, runpy; sys.version_info = {version}; runpy.run_path('course.py', run_name='__main__')"
    )
    said = subprocess.run([sys.executable, "-c", pretend], cwd=ROOT, capture_output=True, encoding="utf-8")
    assert said.returncode == 1
    assert said.stdout == ""
    assert len(said.stderr.splitlines()) == 1
    assert f"this is Python {version[0]}.{version[1]}:" in said.stderr
    assert "python.org/downloads" in said.stderr


# The command line


def test_without_a_command_it_says_what_there_is(course, capsys):
    assert course.main([]) == 0
    said = capsys.readouterr().out
    for command in ("lab", "reset J01", "doctor", "build --check", "test --quick"):
        assert f"course.py {command}" in said


def test_an_option_that_doctor_does_not_know_is_refused(course, capsys):
    with pytest.raises(SystemExit):
        course.main(["doctor", "--speed"])
    assert "--speed" in capsys.readouterr().err


def test_what_lab_does_not_know_is_passed_on_to_jupyter(course):
    command, options, rest = course.parse(
        ["lab", "--no-browser", "--port", "9001", "--expose-app-in-browser"]
    )
    assert (command, options.no_browser, options.port, rest) == (
        "lab",
        True,
        9001,
        ["--expose-app-in-browser"],
    )


# The workbook


def test_lessons_are_copied_into_the_workbook_on_the_first_start(course):
    course.update_workbook()
    assert own(course).read_bytes() == (course.REPO / "notebooks" / LESSON).read_bytes()
    assert (course.WORKBOOK / "0_start" / "N00_start.ipynb").exists()


def test_a_second_start_changes_nothing_and_says_nothing(course, capsys):
    course.update_workbook()
    write(own(course), notebook("ctr = 0.03"))
    course.update_workbook()
    assert names(course) == [LESSON.name]
    assert "0.03" in own(course).read_text(encoding="utf-8")
    assert capsys.readouterr().out == ""


def test_an_untouched_copy_follows_the_newer_lesson(course, capsys):
    course.update_workbook()
    write(course.REPO / "notebooks" / LESSON, notebook("ctr = ...", "cvr = ..."))
    course.update_workbook()
    assert names(course) == [LESSON.name]
    assert "cvr" in own(course).read_text(encoding="utf-8")
    assert "Updated" in capsys.readouterr().out


def test_a_copy_that_jupyter_only_saved_again_counts_as_untouched(course):
    course.update_workbook()
    saved = json.loads(own(course).read_text(encoding="utf-8"))
    saved["metadata"]["language_info"] = {"name": "python"}
    saved["cells"][0]["source"] = ["ctr = ..."]
    write(own(course), json.dumps(saved, indent=1))
    write(course.REPO / "notebooks" / LESSON, notebook("cvr = ..."))
    course.update_workbook()
    assert names(course) == [LESSON.name]
    assert "cvr" in own(course).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "worked",
    [
        notebook("ctr = 0.03"),
        notebook("ctr = ...", outputs=[{"output_type": "stream", "name": "stdout", "text": "seen"}]),
        notebook("ctr = ...", "# a note of my own"),
        "{ half a notebook",
    ],
    ids=["answered", "only run", "a cell added", "damaged"],
)
def test_a_copy_with_anything_of_the_learners_is_kept_and_the_newer_one_laid_beside_it_once(
    course, worked, capsys
):
    course.update_workbook()
    write(own(course), worked)
    write(course.REPO / "notebooks" / LESSON, notebook("cvr = ..."))
    course.update_workbook(today="2026-11-22")
    course.update_workbook(today="2026-11-23")
    beside = own(course).with_name("J01_metrics_alphabet.new-2026-11-22.ipynb")
    assert names(course) == sorted([LESSON.name, beside.name])
    assert own(course).read_text(encoding="utf-8") == worked
    assert "cvr" in beside.read_text(encoding="utf-8")
    assert capsys.readouterr().out.count(beside.name) == 1


def test_two_newer_versions_on_one_day_do_not_overwrite_each_other(course):
    course.update_workbook()
    write(own(course), notebook("ctr = 0.03"))
    for newer in ("second", "third"):
        write(course.REPO / "notebooks" / LESSON, notebook(newer))
        course.update_workbook(today="2026-11-22")
    beside = own(course).with_name("J01_metrics_alphabet.new-2026-11-22.ipynb")
    again = own(course).with_name("J01_metrics_alphabet.new-2026-11-22-2.ipynb")
    assert "second" in beside.read_text(encoding="utf-8")
    assert "third" in again.read_text(encoding="utf-8")


@pytest.mark.parametrize("manifest", [None, "{ half", "[]"], ids=["lost", "damaged", "of another kind"])
def test_without_a_readable_manifest_a_worked_copy_is_kept(course, manifest):
    course.update_workbook()
    write(own(course), notebook("ctr = 0.03"))
    course.MANIFEST.unlink()
    if manifest is not None:
        write(course.MANIFEST, manifest)
    course.update_workbook(today="2026-11-22")
    assert "0.03" in own(course).read_text(encoding="utf-8")
    assert "J01_metrics_alphabet.new-2026-11-22.ipynb" in names(course)


def test_a_lesson_that_is_no_longer_shipped_stays_in_the_workbook(course):
    course.update_workbook()
    (course.REPO / "notebooks" / LESSON).unlink()
    course.update_workbook()
    assert own(course).exists()


def test_reset_gives_a_fresh_copy_and_keeps_the_old(course, capsys):
    course.update_workbook()
    write(own(course), notebook("ctr = 0.03"))
    assert course.main(["reset", "j01"]) == 0
    kept = [name for name in names(course) if ".kept-" in name]
    assert len(kept) == 1
    assert "0.03" in (own(course).parent / kept[0]).read_text(encoding="utf-8")
    assert own(course).read_bytes() == (course.REPO / "notebooks" / LESSON).read_bytes()
    assert kept[0] in capsys.readouterr().out


def test_two_resets_in_one_second_keep_both(course):
    course.update_workbook()
    for _ in range(3):
        course.main(["reset", "J01"])
    assert len(names(course)) == 4


def test_reset_of_an_unknown_lesson_names_the_lessons_there_are(course, capsys):
    assert course.main(["reset", "J99"]) == 1
    assert capsys.readouterr().err.strip() == "There is no lesson J99: the lessons are J01, N00."


# The packages


def fake_installation(course, monkeypatch, failure=None):
    """A .venv with this Python in it and a pip that only says how it went. Returns the list of pip calls."""
    calls = []

    def create():
        course.VENV.mkdir(exist_ok=True)
        course.mark_unfinished()

    def pip(*arguments):
        calls.append(arguments)
        return (1, failure) if failure else (0, "")

    monkeypatch.setattr(course, "create_venv", create)
    monkeypatch.setattr(course, "pip", pip)
    monkeypatch.setattr(course, "inside", lambda *question: (True, None))
    monkeypatch.setattr(course, "venv_version", lambda: (3, 11) if course.VENV.exists() else None)
    return calls


def test_packages_are_installed_once_with_their_hashes(course, monkeypatch):
    calls = fake_installation(course, monkeypatch)
    course.make_ready(course.RUNTIME)
    course.make_ready(course.RUNTIME)
    assert len(calls) == 1
    assert "--require-hashes" in calls[0]
    assert calls[0][-1] == "requirements.lock"
    assert not course.UNFINISHED.exists()


def test_developers_packages_come_on_top_in_the_same_place(course, monkeypatch):
    calls = fake_installation(course, monkeypatch)
    course.make_ready(course.RUNTIME)
    course.make_ready(course.DEV)
    course.make_ready(course.RUNTIME)
    assert [call[-1] for call in calls] == ["requirements.lock", "requirements-dev.lock"]


def test_changed_pins_are_installed_again(course, monkeypatch):
    calls = fake_installation(course, monkeypatch)
    course.make_ready(course.RUNTIME)
    (course.REPO / "requirements.lock").write_text("tqdm==4.70.1\n", encoding="utf-8")
    course.make_ready(course.RUNTIME)
    assert len(calls) == 2


def test_an_installation_that_was_killed_is_made_anew(course, monkeypatch):
    fake_installation(course, monkeypatch)
    course.create_venv()
    (course.VENV / "half a package").write_text("", encoding="utf-8")
    course.make_ready(course.RUNTIME)
    assert not (course.VENV / "half a package").exists()
    assert course.is_ready(course.RUNTIME)


def test_a_venv_of_somebody_else_is_never_deleted(course, monkeypatch):
    monkeypatch.setattr(course, "venv_version", lambda: None)
    course.VENV.mkdir()
    (course.VENV / "treasure").write_text("", encoding="utf-8")
    with pytest.raises(course.Trouble, match="not made by course"):
        course.make_ready(course.RUNTIME)
    assert (course.VENV / "treasure").exists()


def test_new_pins_without_a_network_leave_the_learner_with_the_packages_of_before(
    course, monkeypatch, capsys
):
    fake_installation(course, monkeypatch)
    course.ready_for_lessons()
    fake_installation(course, monkeypatch, failure="WARNING: Retrying (Retry(total=4")
    (course.REPO / "requirements.lock").write_text("tqdm==4.70.1\n", encoding="utf-8")
    python, _ = course.ready_for_lessons()
    assert python == str(course.venv_python())
    assert "going on with them" in capsys.readouterr().out
    assert not course.is_ready(course.RUNTIME)


def test_started_from_the_activated_venv_it_still_brings_changed_pins(course, monkeypatch):
    calls = fake_installation(course, monkeypatch)
    monkeypatch.setattr(sys, "executable", str(course.venv_python()))
    course.ready_for_lessons()
    assert len(calls) == 1


def test_a_world_named_by_a_relative_path_is_the_callers(course, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MKTLIB_WORLD", "my world")
    assert course.clean_environment()["MKTLIB_WORLD"] == str((tmp_path / "my world").resolve())


def test_an_active_conda_environment_with_the_pins_is_used_as_it_is(course, monkeypatch, tmp_path):
    (tmp_path / "conda" / "conda-meta").mkdir(parents=True)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "conda"))
    monkeypatch.setattr(course, "wrong_pins", list)
    monkeypatch.setattr(course, "make_ready", lambda lock: pytest.fail("made a .venv beside it"))
    assert course.ready_for_lessons() == (sys.executable, {"PYTHONPATH": str(course.REPO)})


@pytest.mark.parametrize(
    ("complaint", "remedy"),
    [
        (
            "WARNING: Retrying (Retry(total=4 ... Temporary failure in name resolution",
            "connect to the internet",
        ),
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            "make about 1000 MB",
        ),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "another network"),
        ("ERROR: [Errno 13] Permission denied: '.venv/bin/jupyter'", "close every running JupyterLab"),
        ("No module named pip", "delete the folder"),
        ("ERROR: something new", "ERROR: something new"),
    ],
)
def test_a_failed_installation_is_explained_with_its_remedy(course, monkeypatch, capsys, complaint, remedy):
    fake_installation(course, monkeypatch, failure=complaint)
    assert course.main(["lab"]) == 1
    said = capsys.readouterr().err
    assert remedy in said
    assert "Traceback" not in said


def test_a_debian_without_python3_venv_is_told_the_package(course, monkeypatch, capsys):
    real = importlib.util.find_spec
    monkeypatch.setattr(
        course.importlib.util, "find_spec", lambda name: None if name == "ensurepip" else real(name)
    )
    assert course.main(["lab"]) == 1
    assert "sudo apt install python3-venv" in capsys.readouterr().err


def test_a_disk_with_too_little_room_is_said_before_anything_is_downloaded(course, monkeypatch, capsys):
    monkeypatch.setattr(course, "free_mb", lambda folder: 120)
    assert course.main(["lab"]) == 1
    assert "The disk has 120 MB left" in capsys.readouterr().err
    assert not course.VENV.exists()


def test_a_disk_that_fills_up_on_the_way_is_one_sentence(course, monkeypatch, capsys):
    def full(lock):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(course, "make_ready", full)
    assert course.main(["build"]) == 1
    assert "The disk is full" in capsys.readouterr().err


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that nobody can write to")
def test_a_read_only_folder_is_one_sentence(course):
    with pytest.raises(course.Trouble, match="/proc/self cannot be written to: copy the course to a folder"):
        course.need_writable(Path("/proc/self"))


def test_ctrl_c_ends_without_a_traceback(course, monkeypatch, capsys):
    def interrupted(lock):
        raise KeyboardInterrupt

    monkeypatch.setattr(course, "make_ready", interrupted)
    assert course.main(["lab"]) == 130
    assert capsys.readouterr().err.strip() == "Stopped."


def test_mktlib_is_found_from_a_folder_with_chinese_letters_in_any_locale(course, tmp_path):
    venv.create(course.VENV, with_pip=False)
    write(course.REPO / "mktlib" / "__init__.py", "place = 'here'\n")
    plain = {**course.clean_environment(), "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    linked = subprocess.run([course.venv_python(), course.REPO / "course.py", "inside", "link"], env=plain)
    said = subprocess.run(
        [course.venv_python(), "-c", "import mktlib; print(mktlib.place)"],
        cwd=tmp_path,
        env=plain,
        capture_output=True,
        text=True,
    )
    assert linked.returncode == 0
    assert said.stdout == "here\n", said.stderr


# lab


def test_jupyterlab_opens_at_the_start_lesson_and_asks_nobody_for_news(course):
    course.update_workbook()
    command = course.lab_command("python", browser=False, port=9001)
    assert f"--ServerApp.root_dir={course.WORKBOOK}" in command
    for setting in (
        "--LabApp.default_url=/lab/tree/0_start/N00_start.ipynb",
        "--LabApp.news_url=None",
        "--LabApp.extension_manager=readonly",
        "--ServerApp.open_browser=False",
        "--ServerApp.port=9001",
        "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
    ):
        assert setting in command


def test_lessons_run_without_the_packages_and_settings_of_the_learners_other_work(course, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", "/elsewhere")
    environment = course.lab_environment()
    assert "PYTHONPATH" not in environment
    assert environment["JUPYTER_CONFIG_DIR"] == str(course.WORKBOOK / ".jupyter")
    overrides = course.SETTINGS / "labconfig" / "default_setting_overrides.json"
    assert '"fetchNews": "false"' in overrides.read_text(encoding="utf-8")


# doctor


def data_package(course, **texts):
    """A data folder with the given files and a package that records their hashes."""
    files = []
    for name, text in texts.items():
        write(course.REPO / "data" / f"{name}.csv", text)
        digest = hashlib.sha256(text.encode()).hexdigest()
        files.append({"path": f"{name}.csv", "bytes": len(text), "hash": f"sha256:{digest}"})
    resources = [{"name": "first", "files": files[:1]}, {"name": "in parts", "files": files[1:]}]
    write(course.REPO / "data" / "datapackage.json", json.dumps({"resources": resources}))


def test_doctor_counts_intact_data_files(course):
    data_package(course, orders="1", clicks_1="2", clicks_2="3")
    assert course.data_findings() == [(True, "data", "3 files as shipped")]


@pytest.mark.parametrize("name", ["orders.csv", "clicks_2.csv"])
def test_doctor_names_the_damaged_data_file_and_the_remedy(course, name):
    data_package(course, orders="1", clicks_1="2", clicks_2="3")
    write(course.REPO / "data" / name, "opened in a spreadsheet and saved")
    (finding,) = course.data_findings()
    assert not finding[0]
    assert f"data/{name} is missing or not as shipped" in finding[2]
    assert f"git checkout -- data/{name}" in finding[2]


def test_doctor_says_when_the_data_package_itself_is_damaged(course):
    write(course.REPO / "data" / "datapackage.json", "{ half")
    assert "data/datapackage.json is missing or damaged" in course.data_findings()[0][2]


def test_doctor_notices_a_data_file_that_is_gone(course):
    data_package(course, orders="1", clicks_1="2")
    (course.REPO / "data" / "orders.csv").unlink()
    assert "data/orders.csv is missing" in course.data_findings()[0][2]


def test_doctor_works_before_anything_is_installed(course, capsys):
    data_package(course, orders="1", clicks_1="2")
    assert course.main(["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("FAIL")] == [
        "FAIL  packages: the folder .venv is not there or not finished. Remedy: "
        f"`{course.PY} course.py lab` makes it."
    ]


def test_doctor_names_packages_of_another_version_than_pinned(course):
    (course.REPO / "requirements.txt").write_text(
        "pandas==0.1\nno-such-package==1.0\nappnope==1.0.0 ; sys_platform == 'nowhere'\n", encoding="utf-8"
    )
    first, second = course.wrong_pins()
    assert first.startswith("pandas is ") and first.endswith("pinned is 0.1")
    assert second == "no-such-package is missing, pinned is 1.0"


@pytest.mark.skipif(
    Path(sys.prefix).resolve() != ROOT / ".venv", reason="runs where course.py test runs, in .venv"
)
def test_doctor_finds_everything_in_order_here(tmp_path):
    environment = {**os.environ, "MKTLIB_HOME": str(tmp_path)}
    said = subprocess.run(
        [sys.executable, "course.py", "doctor"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=240,
    )
    assert said.returncode == 0, said.stdout
    assert "Everything is in order" in said.stdout


# What belongs to the repository


def test_data_are_the_same_bytes_on_every_system():
    lines = [line.split() for line in (ROOT / ".gitattributes").read_text(encoding="utf-8").splitlines()]
    assert ["data/**", "-text"] in lines


@pytest.mark.parametrize("words", ["MIT License", "CC BY 4.0", "lessons/"])
def test_the_licence_covers_code_and_lesson_text(words):
    assert words in (ROOT / "LICENSE").read_text(encoding="utf-8")
