"""Every lesson keeps the rules of tools/structure.py, and every rule can fail."""

import shutil
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent / "fixtures"))

from desk import REGISTRY, Exercise, Registry

from tools import exercise_rules, structure
from tools.lesson import lesson_files, read_lesson

ROOT = Path(__file__).resolve().parents[1]
FIXTURES = ROOT / "tests" / "fixtures"
TEAPOTS = "1_junior/J91_teapots"
LESSONS = lesson_files(ROOT / "lessons")
read = cache(read_lesson)


def name(thing):
    return thing.stem.partition("_")[0] if isinstance(thing, Path) else thing.__name__


@pytest.fixture(scope="module")
def ours():
    from mktlib.course import registry

    return structure.Course(ROOT, registry)


# ---------------------------------------------------------------- the lessons of the course


def test_the_course_has_lessons():
    assert LESSONS


KEPT = [
    pytest.param(path, rule, id=f"{name(path)}-{name(rule)}")
    for path in LESSONS
    for rule in structure.rules_for(read(path))
]


@pytest.mark.parametrize(("path", "rule"), KEPT)
def test_a_lesson_keeps_the_rules(path, rule, ours):
    problems = list(rule(read(path), ours))
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("path", LESSONS, ids=name)
def test_a_lessons_exercises_are_sound(path, ours):
    problems = exercise_rules.problems(read(path), ours.registry)
    assert not problems, "\n".join(problems)


# ---------------------------------------------------------------- the rules, on small lessons of their own


@pytest.mark.parametrize("rule", structure.RULES, ids=name)
def test_the_small_lessons_keep_the_rules(rule):
    course = structure.Course(FIXTURES, REGISTRY)
    assert [said for path in lesson_files(FIXTURES / "lessons") for said in rule(read(path), course)] == []


DESK = "> The shop window wants one price on its sign. Which one would you paint?\n>\n> Wen, shop\n"
EXPLORED = "def f(x):\n    return plots.bars(x, {})\n```\n\n```{{code-cell}}\nexplore(f)"
BREAKS = [   # rule, what is replaced, by what, what is said and in which line
    ("front_matter_is_complete", "minutes: [60, 90]", "minutes: [20, 90]", ":1: minutes must be"),
    ("front_matter_is_complete", "minutes: [60, 90]", "minutes: 60", ":1: minutes must be"),
    ("front_matter_is_complete", "needs: [N00]", "needs: [J77]", "needs J77"),
    ("front_matter_is_complete", "  needs: [N00]\n", "", "no list `needs`"),
    ("front_matter_is_complete", "> Wen, shop", "> Minutes: 50 to 90", "the text says 'Minutes: 50 to 90'"),
    ("title_is_the_heading", "# J91 · The price of teapots", "# The price of teapots", "'# J91 · The price"),
    ("title_is_the_heading", "## The memo", "# The memo", "only first-level heading"),
    ("a_message_from_the_desk_comes_first", "> The shop window", "The shop window", None),
    ("a_message_from_the_desk_comes_first", DESK, "", "no message from the desk"),
    ("sections_stand_in_order", "## Cheat sheet", "## Terms", "no section '## Cheat sheet'"),
    ("sections_stand_in_order", "## Two questions from before", "## Warm-up", "## Two questions from before"),
    ("sections_stand_in_order", "## Cheat sheet", "## What you learned", "no section '## Cheat sheet'"),
    ("goals_come_back_in_the_recap", "- We **stated** what a row is.\n", "", "3 goals, but 2 bullets"),
    ("goals_come_back_in_the_recap", "We **stated** what", "We stated what", "without a bold verb"),
    ("goals_come_back_in_the_recap", "**stated**", "**state**", "must be its past tense"),
    ("goals_come_back_in_the_recap", "**stated**", "**counted**", "recap of 'state'"),
    ("goals_come_back_in_the_recap", "**wrote**", "**writed**", "recap of 'write'"),
    ("the_cheat_sheet_is_bilingual", "(价格)", "", "no Chinese terms"),
    ("two_questions_come_from_before", "What is a row?", "## A row", "does not ask two questions"),
    ("there_is_a_trainer_note", '+++ {"tags": ["trainer"]}', "+++", "no trainer's note"),
    ("there_is_an_explorer", ":tags: [widget]", "", "no explorer"),
    ("every_exercise_is_asked_once", '"J91.m"', '"J91.x"', "no cell calls check('J91.m', ...)"),
    ("every_exercise_is_asked_once", '"J91.m"', '"J91.x"', "J91.x is not defined"),
    ("every_exercise_is_asked_once", '```{code-cell}\npredict("J91.a")\n```', "", "no cell after the guess"),
    ("options_are_in_the_text", "- b) one *customer*", "- b) one person", "no option 'b) one *customer*'"),
    ("options_are_in_the_text", "- a) one teapot", "- c) one teapot", "no option 'a) one teapot"),
    ("parsons_lines_are_in_the_text", "A  kept", "C  kept", "does not show line A"),
    ("the_way_back_exists", "## A price of prices", "## Prices", "sends back to 'A price of prices'"),
    ("cells_are_short", "sold = teapots()", "sold = teapots()\n" * 13, ":71, cell j91-c006: 13 lines of code"),
    ("cells_are_short", "sold = teapots()", "sold = teapots()\n" * 12, None),
    ("lines_are_short", "sold = teapots()", f"sold = teapots()\n# {'o' * 119}", ": 121 characters of code"),
    ("lines_are_short", "sold = teapots()", f"# {'o' * 118}\nsold = \"\"\"\n{'o' * 130}\n\"\"\"", None),
    ("figures_have_alternative_text", ', alt="three bars of which one is tall"', "", ":100, cell j91-c011"),
    ("figures_have_alternative_text", "three bars of which one is tall", "", ":100, cell j91-c011"),
    ("figures_have_alternative_text", "sold = teapots()", "sold.plot.bar()", ":71, cell j91-c006"),
    ("figures_have_alternative_text", "sold = teapots()", "def f():\n    sold.plot.bar()", None),
    ("figures_have_alternative_text", "sold = teapots()", EXPLORED.format("alt=said"), None),
    ("figures_have_alternative_text", "sold = teapots()", EXPLORED.format("title=said"), ":76, cell j91-c007"),
    ("numbers_are_printed_not_quoted", "**State** what", "**State** 1.6% of what", ":26, cell j91-m001"),
    ("numbers_are_printed_not_quoted", "what the sign says", "CNY 1,200.50", "quotes 'CNY 1,200.50'"),
    ("numbers_are_printed_not_quoted", "what the sign says", "12,000 pots", "quotes '12,000'"),
    ("numbers_are_printed_not_quoted", "what the sign says", "3 percentage points", "quotes '3 percentage points'"),
    ("numbers_are_printed_not_quoted", "divide by three", "lose 300 元", "quotes '300 元'"),
    ("numbers_are_printed_not_quoted", "what the sign says", "`12,000` or\n\n```text\n5%\n```", None),
    ("numbers_are_printed_not_quoted", "a definition holds in every world", "", "has no reason"),
    ("numbers_are_printed_not_quoted", '{"100 %"', '{"99 %": why, "100 %"', "'99 %' is not in the text"),
    ("numbers_are_printed_not_quoted", "guess before the next cell.", "guess: 20% or less.", "quotes '20%'"),
    ("numbers_are_printed_not_quoted", "The price was", "Of 50% more.\n\nThe price was", "quotes '50%'"),
    ("numbers_are_printed_not_quoted", "The price was", "**Exercise 1.** Of 50%.\n\nThe price was", None),
    ("the_voice_is_plain", "a mean that holds", "simply a mean", "'simply'"),
    ("the_voice_is_plain", "divide by three", "Just divide", "'Just'"),
    ("the_voice_is_plain", "what the sign says.", "what the sign says!", "an exclamation mark"),
    ("the_voice_is_plain", "what the sign says.", "![a sign](../../README.md) `!`", None),
    ("markdown_is_what_jupyter_shows", "what the sign says.", "x\n\n:::{note}\nA\n:::", ":::{note}"),
    ("markdown_is_what_jupyter_shows", "what the sign says.", "{ref}`x`", "shows this as it stands"),
    ("markdown_is_what_jupyter_shows", "what the sign says.", "$x_{a}$ `{}`", None),
    ("links_resolve", "N00_door.ipynb", "N00_gate.ipynb", "a notebook that no lesson makes"),
    ("links_resolve", "../0_start/N00_door.ipynb", "../../lessons/0_start/N00_door.md", "a lesson's source"),
    ("links_resolve", "../0_start/N00_door.ipynb", "nowhere.png", "leads nowhere"),
    ("links_resolve", "#The-memo", "#the-memo", "no heading for the link"),
    ("links_resolve", "../0_start/N00_door.ipynb", "https://example.org/a.html", None),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "old", "new", "said"), BREAKS)
def test_a_rule_says_what_is_wrong(rule, old, new, said, tmp_path):
    shutil.copytree(FIXTURES / "lessons", tmp_path / "lessons")
    (tmp_path / "README.md").touch()
    path = tmp_path / "lessons" / f"{TEAPOTS}.md"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    problems = list(getattr(structure, rule)(read_lesson(path), structure.Course(tmp_path, REGISTRY)))
    assert any(said in one for one in problems) if said else problems == [], problems


def test_the_other_fixed_rules_fail_on_other_exercises():
    lesson = read(FIXTURES / "lessons" / f"{TEAPOTS}.md")
    memo, slow = REGISTRY.get("J91.m"), replace(REGISTRY.get("J91.1"), minutes=(4, 70))
    no_memo = Registry(*[one for one in REGISTRY.every() if one is not memo])
    assert list(structure.a_memo_is_written(lesson, structure.Course(FIXTURES, no_memo)))
    too_slow = Registry(slow, *[one for one in REGISTRY.every() if one.id != slow.id])
    said = list(structure.exercises_fit_the_minutes(lesson, structure.Course(FIXTURES, too_slow)))
    assert len(said) == 1 and "(slow)" in said[0]
    door = read(FIXTURES / "lessons" / "0_start" / "N00_door.md")
    quiz = Registry(replace(REGISTRY.get("N00.q"), options={"j1": {"a": "a pot"}, "m1": {"a": "a fork"}}))
    said = list(structure.options_are_in_the_text(door, structure.Course(FIXTURES, quiz)))
    assert said == ["lessons/0_start/N00_door.md:1: N00.q: the text has no option 'a) a fork'"]
    stray = Registry(*REGISTRY.every(), Exercise("J91.9"))
    said = list(structure.every_exercise_is_asked_once(lesson, structure.Course(FIXTURES, stray)))
    assert said == [f"lessons/{TEAPOTS}.md:1: J91.9 is defined, but no cell calls check('J91.9', ...)"]


def test_a_capstone_has_tasks_and_a_rubric_and_needs_no_recap(tmp_path):
    shutil.copytree(FIXTURES / "lessons", tmp_path / "lessons")
    path = tmp_path / "lessons" / f"{TEAPOTS}.md"
    text = path.read_text(encoding="utf-8").replace(
        "minutes: [60, 90]", "minutes: [150, 240]\n  capstone: true", 1
    )
    path.write_text(text.replace("## Cheat sheet", "## Terms", 1), encoding="utf-8")
    course, lesson = structure.Course(tmp_path, REGISTRY), read_lesson(path)
    said = [one for rule in structure.rules_for(lesson) for one in rule(lesson, course)]
    assert len(said) == 2 and "kind 'rubric'" in said[0] and "no section '## What to hand in'" in said[1], (
        said
    )
    hand_in = "## What to hand in\n\n- a price\n- a page\n- a copy of both\n\n## Terms"
    path.write_text(path.read_text(encoding="utf-8").replace("## Terms", hand_in, 1), encoding="utf-8")
    judged = Registry(*REGISTRY.every(), Exercise("J91.j", kind="rubric"))
    course, lesson = structure.Course(tmp_path, judged), read_lesson(path)
    said = [one for rule in structure.rules_for(lesson) for one in rule(lesson, course)]
    assert said == [f"lessons/{TEAPOTS}.md:1: J91.j is defined, but no cell calls check('J91.j', ...)"]


def test_every_rule_is_broken_once_above():
    elsewhere = {"a_memo_is_written", "exercises_fit_the_minutes"}
    assert {rule.__name__ for rule in structure.RULES} == {one[0] for one in BREAKS} | elsewhere
