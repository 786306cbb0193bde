"""The exercise matrix: every exercise, in several worlds, with right, wrong, equivalent and nonsensical answers."""

import os
import re
from itertools import combinations

import pytest
from exercise_forms import answer_with, equivalent, nonsense, right_answer

from mktlib import data, world
from mktlib.course import checking, log, registry
from mktlib.course.text import plain
from tests.conftest import OTHER_SEEDS, made_world

EXERCISES = registry.exercises()
QUESTIONS = registry.every()


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MKTLIB_HOME", str(tmp_path))
    monkeypatch.setenv("MKTLIB_STRICT", "1")


@pytest.fixture(scope="module", params=["standard", *OTHER_SEEDS])
def a_world(request, standard_world):
    folder = standard_world if request.param == "standard" else made_world(request.param)
    world.use(folder)
    yield folder
    world.use(standard_world)


def raw(one):
    """Right answer and wrong answers as the author's functions give them."""
    return one.right(checking.table), [(m.code, m.value(checking.table).value) for m in one.mistakes]


def by_id(one):
    return one.id


@pytest.mark.parametrize("one", EXERCISES, ids=by_id)
def test_the_solution_is_correct_in_every_world(one, a_world):
    right, _ = raw(one)
    verdict = checking.judge(one, right_answer(one, right))
    assert verdict.status == "correct", repr(verdict)


@pytest.mark.parametrize("one", QUESTIONS, ids=by_id)
def test_every_mistake_is_called_by_its_own_name(one, a_world):
    right, wrongs = raw(one)
    for code, value in wrongs:
        if one.kind != "prediction":
            assert checking.judge(one, answer_with(one, value, right)).mistake == code


@pytest.mark.parametrize("one", [one for one in EXERCISES if one.slips], ids=by_id)
def test_every_slip_says_what_to_compare(one, a_world):
    for what, done, compute in one.slips:
        verdict = checking.judge(one, registry.call(compute, checking.table))
        assert (verdict.status, verdict.headline) == ("incorrect", f"Not yet: {what}"), f"{done}: {verdict!r}"
        assert done in repr(verdict)


@pytest.mark.parametrize("one", QUESTIONS, ids=by_id)
def test_right_and_wrong_answers_stand_apart(one, a_world):
    kind, wrongs, _ = checking.key(one, data.fingerprint())
    values = [(m.code, value) for m, _, value in wrongs]
    if one.kind not in {"parsons", "quiz", "rubric"}:
        values.append(("right", kind.right))
    for (name, value), (other, other_value) in combinations(values, 2):
        assert kind.apart(value, other_value), f"{one.id}: {name} and {other} are less than 5 % apart"


@pytest.mark.parametrize("one", EXERCISES, ids=by_id)
def test_feedback_on_a_mistake_never_gives_the_answer(one, a_world):
    right, wrongs = raw(one)
    kind, _, _ = checking.key(one, data.fingerprint())
    for code, value in wrongs:
        verdict = checking.judge(one, answer_with(one, value, right))
        told = {"choice": lambda v: one.options[right], "number": lambda v: kind.show(kind.right)}.get(
            one.kind
        )
        if told:
            assert told(verdict) not in repr(verdict), f"{one.id} {code} tells the answer"


@pytest.mark.parametrize("one", EXERCISES, ids=by_id)
def test_equivalent_forms_pass(one, standard_world):
    right, _ = raw(one)
    for name, form in equivalent(one, right).items():
        verdict = checking.judge(one, form)
        assert verdict.status == "correct", f"{name}: {verdict!r}"


@pytest.mark.parametrize("one", EXERCISES, ids=by_id)
def test_nonsense_gets_a_readable_verdict(one, standard_world):
    for name, answer in nonsense().items():
        verdict = checking.check(one.id, answer)
        assert verdict.status in {"unreadable", "unattempted", "incorrect"}, f"{name}: {verdict!r}"
        assert len(repr(verdict)) > 20
        assert "<script>" not in verdict._repr_html_(), name


@pytest.mark.parametrize("one", EXERCISES, ids=by_id)
def test_an_untouched_stub_is_not_attempted(one, standard_world):
    assert checking.check(one.id, ...).status == "unattempted"
    if one.kind == "table" and isinstance(raw(one)[0], dict):
        assert checking.check(one.id, dict.fromkeys(raw(one)[0], ...)).status == "unattempted"
    assert log.read()[0] == []


@pytest.mark.parametrize("one", EXERCISES, ids=by_id)
def test_an_exercise_is_complete(one):
    assert one.mistakes or one.kind in {"quiz", "rubric"}, "no named mistake"
    assert len(one.hint_texts) == 3 or one.kind in {"quiz", "rubric"}
    assert one.practises and all(re.fullmatch(r"R\d{3}", requirement) for requirement in one.practises)
    assert one.section and one.explain.endswith((".", "?"))
    assert one.minutes[0] < one.minutes[1]
    assert one.kind in {"choice", "parsons", "quiz"} or one.selfcheck, (
        "nothing to compare when no mistake matches"
    )
    for mistake in one.mistakes:
        assert mistake.repair.endswith("?"), f"{mistake.code}: the repair is a question"
        assert registry.misconceptions()[mistake.code]["name"], (
            f"{mistake.code} has no name in misconceptions.csv"
        )
        assert "Answer" not in mistake.belief


@pytest.mark.parametrize("one", EXERCISES, ids=by_id)
def test_a_solution_is_what_the_solved_lesson_says(one):
    assert checking.solution(one.id).code == checking._lesson_solution(one) != ""


@pytest.mark.parametrize("lesson", sorted({one.lesson for one in EXERCISES}))
def test_half_of_the_mistakes_say_what_they_would_have_cost(lesson, standard_world):
    found = []
    for one in EXERCISES:
        if one.lesson == lesson and ".r" not in one.id:
            found += [bool(m.value(checking.table).cost) for m in one.mistakes if m.code != "NO_ACTION"]
    assert sum(found) >= len(found) / 2, f"{sum(found)} of {len(found)} mistakes of {lesson} have a cost"


def test_the_course_lists_enough_exercises_and_mistakes():
    listed = registry.as_json()
    assert len(listed) >= 22
    assert sum(len(one["mistakes"]) for one in listed) >= 40
    assert set(listed[0]) == {
        "id",
        "lesson",
        "title",
        "kind",
        "points",
        "minutes",
        "practises",
        "mistakes",
        "hints",
    }


def test_a_warm_check_takes_less_than_50_ms(standard_world):
    from statistics import median
    from time import perf_counter

    checking.check("J01.1", 0.5)
    seconds = []
    for _ in range(15):
        start = perf_counter()
        checking.check("J01.1", 0.5)._repr_html_()
        seconds.append(perf_counter() - start)
    assert median(seconds) < 0.05 * float(os.environ.get("MKTLIB_SLOW_MACHINE", "1"))


def test_plain_text_of_a_rude_object_says_its_type():
    from exercise_forms import Rude

    assert plain(Rude()) == "an object of type Rude that cannot be shown"
