"""The five files that say which packages the course runs on agree with each other."""

import os
import re
import subprocess
import tomllib
import venv
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PINNED = ("requirements.txt", "requirements.lock", "requirements-dev.lock", "requirements-spark.lock")
PYTHONS = ("3.11.7", "3.12.1", "3.13.0")


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def project():
    return tomllib.loads(read("pyproject.toml"))["project"]


def pins(name):
    """Requirements of a pin file, with the continuation lines that hold the hashes left out."""
    lines = [line.rstrip("\\ ") for line in read(name).splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith((" ", "#"))]


def versions(name, python):
    """{package: version} that a pin file gives a Linux computer with this Python."""
    here = {
        "python_version": python.rpartition(".")[0],
        "python_full_version": python,
        "sys_platform": "linux",
        "os_name": "posix",
        "implementation_name": "cpython",
    }
    found = [pin for pin in pins(name) if pin.marker is None or pin.marker.evaluate(here)]
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in found}


def pip_section():
    """The lines of environment.yml that conda hands to pip."""
    parts = yaml.safe_load(read("environment.yml"))["dependencies"]
    return next(part["pip"] for part in parts if isinstance(part, dict))


@pytest.mark.parametrize("name", PINNED)
def test_every_line_pins_one_version(name):
    for pin in pins(name):
        assert re.fullmatch(r"==[0-9][^,*]*", str(pin.specifier)), f"{name}: {pin}"


@pytest.mark.parametrize("name", PINNED[1:])
def test_every_locked_package_has_its_hashes(name):
    blocks = re.split(r"\n(?=[A-Za-z0-9])", read(name).strip())
    assert len(blocks) == len(pins(name))
    for block in blocks:
        first, *rest = block.split("\\\n")
        assert rest, f"{name}: {first} has no hash"
        assert all(re.fullmatch(r" +--hash=sha256:[0-9a-f]{64} *", line) for line in rest), first


@pytest.mark.parametrize("name", [*PINNED, "environment.yml"])
def test_no_pin_file_names_an_address_or_a_folder_of_somebodys_machine(name):
    assert not re.search(
        r"://|file:| @ |--index|--find-links|--extra|/home/|/root/|/work/|\\Users\\", read(name)
    )


def test_the_list_with_hashes_and_the_list_without_say_the_same():
    assert sorted(map(str, pins("requirements.txt"))) == sorted(map(str, pins("requirements.lock")))


@pytest.mark.parametrize("python", PYTHONS)
def test_developers_run_the_versions_that_learners_run(python):
    learner, developer = versions("requirements.lock", python), versions("requirements-dev.lock", python)
    assert learner.items() <= developer.items()


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(("extra", "name"), [(None, "requirements.txt"), ("dev", "requirements-dev.lock")])
def test_every_dependency_of_the_package_is_met_by_its_pin(python, extra, name):
    wanted = project()["dependencies"] + (project()["optional-dependencies"][extra] if extra else [])
    given = versions(name, python)
    for line in wanted:
        wish = Requirement(line)
        pin = given.get(canonicalize_name(wish.name))
        assert pin, f"{wish.name} is not pinned in {name}"
        assert wish.specifier.contains(pin, prereleases=True), (
            f"{name} pins {wish.name} {pin}, wanted is {wish}"
        )


def test_conda_gets_the_same_pins_by_reference():
    assert pip_section() == ["-r requirements.txt"]


def test_conda_offers_the_pythons_that_the_package_supports():
    parts = yaml.safe_load(read("environment.yml"))["dependencies"]
    python = SpecifierSet(
        next(part for part in parts if str(part).startswith("python")).removeprefix("python")
    )
    assert all(python.contains(version) for version in PYTHONS)
    assert not python.contains("3.10.14")
    assert SpecifierSet(project()["requires-python"]).contains("3.11.0")
    assert not SpecifierSet(project()["requires-python"]).contains("3.10.14")


def test_the_front_door_asks_for_the_python_that_the_package_asks_for():
    oldest = re.search(r"^OLDEST = \((\d+), (\d+)\)", read("course.py"), re.M)
    assert project()["requires-python"] == ">={}.{}".format(*oldest.groups())


RUN_LESSON = """
import sys
import nbformat
from nbclient import NotebookClient
lesson = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(lesson, timeout=60, kernel_name="python3").execute()
print("ran", sum(cell.cell_type == "code" for cell in lesson.cells), "cells")
"""


@pytest.mark.install
def test_a_lesson_runs_in_a_fresh_environment_made_from_condas_pip_section(tmp_path):
    folder = tmp_path / "fresh 环境"
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = [word for line in pip_section() for word in line.split()]
    pip = [python, "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "uv==0.13.9"], cwd=ROOT, check=True)  # installs the same in a fifth of pip's time
    uv = [python, "-m", "uv", "--no-config", "pip", "install", "--quiet", "--python", python]
    subprocess.run([*uv, *wanted], cwd=ROOT, check=True)
    lesson = next(ROOT.glob("notebooks/1_junior/J01_*.ipynb"))
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "MKTLIB_HOME": str(tmp_path / "home"),
        "JUPYTER_PREFER_ENV_PATH": "1",
    }
    ran = subprocess.run(
        [python, "-c", RUN_LESSON, lesson],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    assert int(ran.stdout.split()[1]) > 5
