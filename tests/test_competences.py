"""Every competence of a level that is finished is practised, and the published table says where."""

import re

import pytest

from mktlib.course import registry
from tools import competences
from tools.lesson import lesson_files, read_lesson

ROWS = competences.competences()
WRITTEN = {read_lesson(path).id for path in lesson_files(competences.ROOT / "lessons")}


def test_the_catalogue_has_255_competences_with_known_lessons():
    assert [row["id"] for row in ROWS] == [f"R{n:03d}" for n in range(1, 256)]
    assert all(re.fullmatch(r"(N00|[JMS](\d\d|C))( (N00|[JMS](\d\d|C)))*", row["lessons"]) for row in ROWS)
    assert {row["level"] for row in ROWS} == {"junior", "mid", "senior", "any"}


@pytest.mark.parametrize("row", [row for row in ROWS if row["level"] == "junior"], ids=lambda row: row["id"])
def test_every_junior_competence_is_practised(row):
    assert row["id"] in competences.practised_in(), f"no exercise practises: {row['competence']}"


def test_what_a_written_lesson_is_to_practise_is_practised_there_or_elsewhere():
    where = competences.practised_in()
    missing = {
        row["id"]: row["lessons"]
        for row in ROWS
        if row["id"] not in where and set(row["lessons"].split()) & WRITTEN
    }
    assert not missing


def test_exercises_name_known_competences_only():
    known = {row["id"] for row in ROWS}
    assert {
        one.id: set(one.practises) - known for one in registry.every() if set(one.practises) - known
    } == {}


def test_the_published_table_is_the_one_of_the_exercises():
    assert competences.PAGE.read_text(encoding="utf-8") == competences.page(), "run: python course.py build"
