"""The rubric kind: levels that a person gives, a weighted score, and the paragraph of the next level up."""

from pathlib import Path

import pytest

from mktlib.course import checking, log, registry
from mktlib.course.registry import AuthorError, Criterion, Exercise

LEVELS = ("wrong", "mostly right", "right", "right twice")


def criterion(title="Numbers", weight=80):
    return Criterion(
        title, weight, LEVELS, ("It went up.", "It rose.", "It rose by {rise}.", "Twice {rise}.")
    )


@pytest.fixture
def one(monkeypatch, tmp_path, standard_world):
    """A rubric of two criteria, 80 and 20 per cent, registered as J99.1."""
    criteria = {"numbers": criterion(), "words": criterion("Words", 20)}
    made = Exercise("J99.1", "A page", "rubric", lambda: {"rise": 7}, explain="Judged.", criteria=criteria)
    monkeypatch.setitem(registry._EXERCISES, "J99.1", made)
    monkeypatch.setenv("MKTLIB_HOME", str(tmp_path))
    monkeypatch.setenv("MKTLIB_STRICT", "1")
    return made


def test_the_score_weighs_the_criteria_and_level_four_is_all_of_it(one):
    assert "60 of 100" in repr(checking.check("J99.1", {"numbers": 2, "words": 4}))  # 80 x 2/4 + 20
    assert "100 of 100" in repr(checking.check("J99.1", {"numbers": 4, "words": 4}))
    assert "25 of 100" in repr(checking.check("J99.1", {"numbers": 1, "words": 1}))


def test_the_verdict_shows_the_next_level_and_its_paragraph_with_the_worlds_facts(one):
    verdict = checking.check("J99.1", {"numbers": 2, "words": 4})
    assert verdict.status == "correct" and bool(verdict)
    assert ("Numbers, now 2, level 3", "right") in verdict.lines
    assert ("Reads like", "It rose by 7.") in verdict.lines
    assert "Words, now" not in repr(verdict)  # nothing above level 4


def test_levels_without_a_page_are_saved_and_told_so(one, tmp_path):
    one.page = "four_weeks.html"
    assert "There is no four_weeks.html" in repr(checking.check("J99.1", {"numbers": 2, "words": 4}))
    assert "No page" not in repr(checking.check("J99.1", {"numbers": 2, "words": 4, "by": "trainer"}))
    (tmp_path / "reports" / "four_weeks.html").touch()
    assert "No page" not in repr(checking.check("J99.1", {"numbers": 2, "words": 4}))


def test_the_criterion_that_can_win_most_comes_first(one):
    said = repr(checking.check("J99.1", {"numbers": 3, "words": 1}))
    assert said.index("Numbers, now 3") < said.index("Words, now 1")  # 80 x 1 against 20 x 3
    said = repr(checking.check("J99.1", {"numbers": 4, "words": 1}))
    assert "Numbers, now" not in said and "Words, now 1" in said


def test_all_at_the_top_asks_for_another_judge(one):
    assert "somebody else" in repr(checking.check("J99.1", {"numbers": 4, "words": 4}))


def test_levels_score_and_judge_are_kept_in_the_log(one):
    checking.check("J99.1", {"numbers": 2, "words": 4, "by": "Trainer"})
    (entry,) = log.read()[0]
    assert entry["status"] == "correct"
    assert entry["kept"] == {"numbers": 2, "words": 4, "by": "trainer", "score": 60.0}


def test_without_a_judge_it_is_the_learner(one):
    assert "judged by self" in repr(checking.check("J99.1", {"numbers": 2, "words": 4}))


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        ({"numbers": 2}, "unreadable", "level of 'words' is missing"),
        ({"numbers": 2, "word": 3}, "unreadable", "did you mean 'words'?"),
        ({"numbers": 2, "words": 5}, "unreadable", "whole number from 1 (beginning) to 4"),
        ({"numbers": 2.5, "words": 1}, "unreadable", "2.5 came"),
        ({"numbers": "good", "words": 1}, "unreadable", "In 'numbers'"),
        ({"numbers": True, "words": 1}, "unreadable", "In 'numbers'"),
        ({"numbers": 2, "words": 3, "by": "my mother"}, "unreadable", "one of self, peer, trainer"),
        ({"numbers": 2, "words": 3, "by": 7}, "unreadable", "one of self, peer, trainer"),
        ([3, 3], "unreadable", "A dict of levels"),
        ({"numbers": 2, "words": ...}, "unattempted", "1 of 2 levels are still open, first 'words'"),
        (..., "unattempted", "Replace the ..."),
    ],
)
def test_what_cannot_be_read_says_why(one, answer, status, said):
    verdict = checking.check("J99.1", answer)
    assert verdict.status == status and said in repr(verdict)


def test_a_criterion_needs_four_levels_four_paragraphs_and_a_weight():
    for levels, paragraphs, weight in (
        (LEVELS[:3], LEVELS, 10),
        (LEVELS, LEVELS[:3], 10),
        (LEVELS, LEVELS, 0),
    ):
        with pytest.raises(AuthorError, match="four levels"):
            Criterion("Numbers", weight, levels, paragraphs)


RUBRICS = [one for one in registry.exercises() if one.kind == "rubric"]


@pytest.mark.parametrize("one", RUBRICS, ids=lambda one: one.id)
def test_every_exemplar_can_be_read_and_all_its_facts_are_there(one, standard_world):
    kind = checking.kind_of(one)(one, one.right(checking.table))
    assert sum(criterion.weight for criterion in one.criteria.values()) == 100
    for level in (1, 2, 3):
        said = [line for _, line in kind.further(dict.fromkeys(kind.criteria, level) | {"by": "self"})]
        assert len(said) == 2 * len(one.criteria)
        assert all(len(line) > 20 and "{" not in line and "nan" not in line for line in said)


@pytest.mark.parametrize("one", RUBRICS, ids=lambda one: one.id)
def test_a_rubric_weighs_two_fifths_of_its_capstone(one):
    points = sum(other.points for other in registry.exercises() if other.lesson == one.lesson)
    assert one.points / points == pytest.approx(0.4, abs=0.01)


@pytest.mark.parametrize("one", RUBRICS, ids=lambda one: one.id)
def test_the_lesson_shows_the_weights_and_levels_that_the_check_uses(one):
    (path,) = Path(__file__).resolve().parents[1].glob(f"lessons/*/{one.lesson}_*.md")
    text = path.read_text(encoding="utf-8")
    for name, criterion in one.criteria.items():
        assert f"| `{name}`, {criterion.weight} | {' | '.join(criterion.levels)} |" in text
