"""docs/nbgrader.md as it stands there: release, grading, feedback and formgrader with the learners' notebooks as they are."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

pytest.importorskip("nbgrader", reason="nbgrader is for trainers: pip install nbgrader")
pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
GUIDE = (ROOT / "docs" / "nbgrader.md").read_text(encoding="utf-8")
NAME = "1_junior/J01_metrics_alphabet.ipynb"
TOTAL = 14
STEPS = [
    "generate_assignment 1_junior",
    "autograde 1_junior",
    "generate_feedback 1_junior",
    "export --to grades.csv",
]


def cells(folder):
    """The notebook J01 of a folder of the repository."""
    return json.loads((ROOT / folder / NAME).read_text(encoding="utf-8"))


def submission(**answers):
    """J01 as a student hands it in: {cell id with _ for -: source}."""
    notebook = cells("notebooks")
    for cell in notebook["cells"]:
        cell["source"] = answers.get(cell["id"].replace("-", "_"), cell["source"])
    return json.dumps(notebook)


def right():
    """The answers of the solved notebook."""
    solved = cells("solutions")["cells"]
    return {cell["id"].replace("-", "_"): cell["source"] for cell in solved if cell["id"].endswith("-answer")}


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A class's folder after the steps of the guide, run in this process by nbgrader's own interface."""
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import PyFileConfigLoader

    folder = tmp_path_factory.mktemp("nbgrader class")
    write(folder / "nbgrader_config.py", re.search(r"```python\n(.*?)```", GUIDE, re.DOTALL)[1])
    (folder / "source/1_junior").mkdir(parents=True)
    shutil.copy(ROOT / "notebooks" / NAME, folder / "source" / NAME)
    tempting = right() | {
        "j01_1_answer": 'ctr_june = days["ctr"].mean()',
        "j01_1_check": "pass  # a check that was edited",
    }
    for student, answers in {"right": right(), "wrong": tempting, "empty": {}}.items():
        write(folder / "submitted" / student / NAME, submission(**answers))
    config = PyFileConfigLoader("nbgrader_config.py", path=str(folder)).load_config()
    config.CourseDirectory.root = str(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MKTLIB_HOME", str(folder / "home"))
        patch.setenv("PYTHONPATH", str(ROOT))
        patch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)  # nbgrader calls alembic
        api = NbGraderAPI(config=config)
        done = [api.generate_assignment("1_junior")]
        done += [api.autograde("1_junior", student) for student in ("right", "wrong", "empty")]
        done += [api.generate_feedback("1_junior", "wrong")]
    assert all(one["success"] for one in done), [one.get("error") or one.get("log") for one in done]
    return folder


def test_the_guide_names_the_steps_that_are_tested_here():
    assert re.findall(r"nbgrader (\w+ (?:1_junior|--to grades.csv))$", GUIDE, re.MULTILINE) == STEPS


def test_the_release_is_the_learners_notebook_with_its_stubs(course):
    released = json.loads((course / "release" / NAME).read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in released]
    assert sources == ["".join(cell["source"]) for cell in cells("notebooks")["cells"]]


def test_the_database_has_the_points_of_a_right_a_wrong_and_an_empty_submission(course):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "marketing") as book:
        found = {
            one.student.id: (one.score, one.max_score) for one in book.assignment_submissions("1_junior")
        }
        wrong = book.find_submission_notebook("J01_metrics_alphabet", "1_junior", "wrong").grades
        missed = [grade.name for grade in wrong if grade.auto_score == 0]
    assert found == {"right": (TOTAL, TOTAL), "wrong": (TOTAL - 1, TOTAL), "empty": (0, TOTAL)}
    assert missed == ["J01_1_check"]


def test_the_feedback_names_the_mistake(course):
    page = (course / "feedback" / "wrong" / NAME).with_suffix(".html").read_text(encoding="utf-8")
    assert "AVG_OF_RATIOS" in page
    assert "AVG_OF_RATIOS" not in (course / "autograded" / "right" / NAME).read_text(encoding="utf-8")


def test_the_formgrader_opens(course):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", f"--port={port}", "--ServerApp.port_retries=0",
         "--IdentityProvider.token=let-me-in", "--ServerApp.jpserver_extensions=nbgrader.server_extensions.formgrader=True"],
        cwd=course, env=os.environ | {"JUPYTER_CONFIG_DIR": str(course / "config"), "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert answer(f"http://127.0.0.1:{port}/formgrader/manage_assignments?token=let-me-in") == 200
        listed = f"http://127.0.0.1:{port}/formgrader/api/submissions/1_junior?token=let-me-in"
        with urllib.request.urlopen(listed, timeout=30) as page:
            scores = {one["student"]: one["score"] for one in json.load(page)}
        assert scores == {"right": TOTAL, "wrong": TOTAL - 1, "empty": 0}
    finally:
        server.terminate()
        server.wait(30)


def answer(address):
    """The status of a page, after waiting until its server is up."""
    for _ in range(120):
        try:
            with urllib.request.urlopen(address, timeout=30) as page:
                return page.status
        except (urllib.error.URLError, ConnectionError) as problem:
            if isinstance(problem, urllib.error.HTTPError):
                return problem.code
            time.sleep(0.5)
    return None
