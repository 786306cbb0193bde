"""The exercise matrix: every exercise of a level, in several worlds, with right, wrong, equivalent and nonsensical answers.

test_exercises_<level>.py names its LEVEL and imports these tests: a file a level, so that a worker takes one.
"""

import re
from functools import cache
from itertools import combinations

import pytest
from exercise_forms import answer_with, equivalent, nonsense, right_answer

from mktlib import data, world
from mktlib.course import checking, log, registry
from tests.conftest import OTHER_SEEDS, made_world


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
    """Right answer and wrong answers as the author's functions give them in the active world."""
    return _raw(one, data.fingerprint())


@cache
def _raw(one, world):
    return one.right(checking.table), [(m.code, w.value) for m, w, _ in checking.wrongs(one, world)]


def pytest_generate_tests(metafunc):
    """`one` is each exercise of the module's LEVEL, `question` also its predictions, `lesson` each of its lessons."""
    mine = [one for one in registry.every() if one.id[0] in metafunc.module.LEVEL]
    exercises = [one for one in mine if one.kind != "prediction"]
    asked = {
        "one": exercises,
        "question": mine,
        "sloppy": [one for one in exercises if one.slips],
        "lesson": sorted({one.lesson for one in exercises}),
    }
    for name in set(asked) & set(metafunc.fixturenames):
        metafunc.parametrize(name, asked[name], ids=lambda one: getattr(one, "id", one))


def in_one_line(verdict):
    """A verdict's text without the line breaks of a terminal."""
    return " ".join(repr(verdict).split())


def test_the_solution_is_correct_in_every_world(one, a_world):
    right, _ = raw(one)
    verdict = checking.judge(one, right_answer(one, right))
    assert verdict.status == "correct", repr(verdict)


def test_every_mistake_is_called_by_its_own_name(one, a_world):
    right, wrongs = raw(one)
    for code, value in wrongs:
        assert checking.judge(one, answer_with(one, value, right)).mistake == code


def test_every_slip_says_what_to_compare(sloppy, a_world):
    for what, done, compute in sloppy.slips:  # computed here again: judge compares canonical forms
        value = registry.call(compute, checking.table)
        if value is None:  # right in this world
            continue
        verdict = checking.judge(sloppy, value)
        assert (verdict.status, verdict.headline) == ("incorrect", f"Not yet: {what}"), f"{done}: {verdict!r}"
        assert done in in_one_line(verdict)


def test_right_and_wrong_answers_stand_apart(question, a_world):
    kind = checking.key(question, data.fingerprint())
    values = [(m.code, value) for m, _, value in checking.wrongs(question, data.fingerprint())]
    if question.kind not in {"parsons", "quiz", "rubric"}:
        values.append(("right", kind.right))
    for (name, value), (other, other_value) in combinations(values, 2):
        assert kind.apart(value, other_value), f"{question.id}: {name} and {other} are less than 5 % apart"


def test_feedback_on_a_mistake_never_gives_the_answer(one, a_world):
    right, wrongs = raw(one)
    kind = checking.key(one, data.fingerprint())
    for code, value in wrongs:
        verdict = checking.judge(one, answer_with(one, value, right))
        told = {"choice": lambda v: one.options[right], "number": lambda v: kind.show(kind.right)}.get(
            one.kind
        )
        if told:
            assert told(verdict) not in in_one_line(verdict), f"{one.id} {code} tells the answer"


def test_what_a_mistake_shows_is_no_cell_of_the_right_table(one, standard_world):
    kind = checking.key(one, data.fingerprint())
    for mistake, found, wrong in checking.wrongs(one, data.fingerprint()) if one.kind == "table" else ():
        shows = map(str, (found.shows or {}).values())
        said = " ".join([mistake.belief, mistake.repair, found.cost or "", *shows])
        right = {kind.right[cell] for cell in kind.different(wrong, kind.right)}
        numbers = [value for value in right if value and not isinstance(value, str)]
        given = [told for told in shown_numbers(said) if any(rounded(value, told) for value in numbers)]
        assert not given, f"{one.id} {mistake.code} tells {given}"


def shown_numbers(text):
    """(number, its significant digits) of each number with three and more in a text; a percentage as a fraction."""
    for digits, sign in re.findall(r"(?<![\w.])(\d[\d,]*(?:\.\d+)?)(%?)", text):
        number = float(digits.replace(",", ""))
        significant = len(digits.replace(",", "").replace(".", "").strip("0"))
        if significant >= 3:
            yield number / 100 if sign else number, significant


def rounded(value, told):
    """Whether a number of so many digits is the value, rounded."""
    number, significant = told
    return abs(number / value - 1) < 0.5 * 10 ** (1 - significant)


def test_equivalent_forms_pass(one, standard_world):
    right, _ = raw(one)
    for name, form in equivalent(one, right).items():
        verdict = checking.judge(one, form)
        assert verdict.status == "correct", f"{name}: {verdict!r}"


def test_nonsense_gets_a_readable_verdict(one, standard_world):
    for name, answer in nonsense().items():
        verdict = checking.check(one.id, answer)
        assert verdict.status in {"unreadable", "unattempted", "incorrect"}, f"{name}: {verdict!r}"
        assert len(repr(verdict)) > 20
        assert "<script>" not in verdict._repr_html_(), name


def test_an_untouched_stub_is_not_attempted(one, standard_world):
    assert checking.check(one.id, ...).status == "unattempted"
    if one.kind == "table" and isinstance(raw(one)[0], dict):
        assert checking.check(one.id, dict.fromkeys(raw(one)[0], ...)).status == "unattempted"
    assert log.read()[0] == []


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


def test_a_solution_is_what_the_solved_lesson_says(one):
    assert checking.solution(one.id).code == checking._lesson_solution(one) != ""


def test_half_of_the_mistakes_say_what_they_would_have_cost(lesson, standard_world):
    found = []
    for one in registry.exercises():
        if one.lesson == lesson and ".r" not in one.id:
            made = checking.wrongs(one, data.fingerprint())
            found += [bool(w.cost) for m, w, _ in made if m.code != "NO_ACTION"]
    assert sum(found) >= len(found) / 2, f"{sum(found)} of {len(found)} mistakes of {lesson} have a cost"
