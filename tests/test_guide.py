"""The teaching guide fits the lessons, its syllabi add up, and its slides show offline what they should and nothing more."""

import ast
import copy
import inspect
import re
import shlex
import shutil
import textwrap

import pytest
from lab_page import QUIET, chromium
from playwright.sync_api import sync_playwright

from mktlib import __main__ as command_line
from mktlib.course import registry
from tools import guide, slides

LESSONS = list(guide.lessons())
VOTES = [entry for id in LESSONS for entry in guide.teaching()[id]["votes"]]
README = guide.FOLDER / "README.md"
CHOICES = [guide.vote(entry) for entry in VOTES if registry.get(entry["of"]).kind == "choice"]


# ---------------------------------------------------------------- pages


def test_the_published_pages_are_those_of_the_lessons():
    built = guide.pages()
    on_disk = {path.name: path.read_text(encoding="utf-8") for path in guide.FOLDER.glob("*.md")}
    on_disk.pop("README.md")
    assert sorted(on_disk) == sorted(built)
    assert [name for name in built if on_disk[name] != built[name]] == [], "run: python course.py build"


@pytest.mark.parametrize("id", LESSONS)
def test_sections_of_a_lesson_take_as_long_as_the_lesson(id):
    minutes = [section.minutes for section in guide.sections(id)]
    assert [sum(end) for end in zip(*minutes, strict=True)] == guide.lessons()[id].front["minutes"]
    assert all(fast <= slow for fast, slow in minutes)
    exercises = [one.id for section in guide.sections(id) for one in section.exercises]
    assert sorted(exercises) == sorted(one.id for one in guide.of_lesson(id))


@pytest.mark.parametrize("id", LESSONS)
def test_what_may_be_left_out_saves_time_and_leaves_a_lesson(id):
    fast, slow = guide.short_minutes(id)
    whole_fast, whole_slow = guide.lessons()[id].front["minutes"]
    assert 0.7 * whole_fast <= fast < whole_fast
    assert 0.7 * whole_slow <= slow < whole_slow


@pytest.mark.parametrize("id", LESSONS)
def test_three_mistakes_begin_with_those_that_the_trainers_notes_name(id):
    codes = [mistake.code for _, mistake in guide.likeliest(id)]
    listed = {mistake.code for one in guide.of_lesson(id) for mistake in one.mistakes}
    named = [code for code in guide.named_by_trainer(id) if code in listed]
    assert len(set(codes)) == 3 and set(codes) <= listed
    assert codes[: len(named[:3])] == named[:3]


def test_a_section_whose_names_are_needed_later_says_so():
    page = guide.lesson_page("M03")
    assert "*Where growth comes from* saves" in page and "later ones need `customers`" in page
    assert guide.read_before_made_again({"a", "b"}, [cell_of("b = 1"), cell_of("print(a, b)")]) == {"a"}


def cell_of(code):
    from tools.lesson import Cell

    return Cell("code", code, [], 1)


def letter_of(function):
    """The letter that a choice's function returns, plain or in wrong(...); read, since some load whole tables for the cost."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    value = [node for node in ast.walk(tree) if isinstance(node, ast.Return)][-1].value
    while not isinstance(value, ast.Constant):
        value = value.body if isinstance(value, ast.IfExp) else value.args[0]
    return value.value


@pytest.mark.parametrize("entry", CHOICES, ids=lambda entry: entry["of"])
def test_a_vote_on_a_choice_has_its_right_letter_and_its_mistakes_letter(entry):
    one = registry.get(entry["of"])
    letters = {found.code: letter_of(found.compute) for found in one.mistakes}
    assert entry["right"] == letter_of(one.compute)
    assert letters[entry["code"]] == entry["tempting"]


def broken(monkeypatch, change):
    """Problems after a change of J01's notes."""
    notes = copy.deepcopy(guide.teaching())
    change(notes["J01"])
    monkeypatch.setattr(guide, "teaching", lambda: notes)
    return guide.problems()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda notes: notes.pop("board"), "J01 lacks board"),
        (
            lambda notes: notes["skip"][0].update(leave="No such part"),
            "no section or exercise 'No such part'",
        ),
        (lambda notes: notes["votes"][1].update(of="J02.8"), "J02.8, which is none of its questions"),
        (lambda notes: notes["votes"][1].update(code="K_DENOM"), "J01.6 does not list K_DENOM"),
        (lambda notes: notes["votes"][1].update(tempting="z"), "J01.6 has no option of that letter"),
        (lambda notes: notes["votes"][1].update(tempting="b"), "J01.6 is the right one"),
        (lambda notes: notes["questions"].clear(), "two or three questions"),
    ],
)
def test_a_slip_in_the_teaching_notes_is_named(monkeypatch, change, said):
    [problem] = broken(monkeypatch, change)
    assert said in problem
    with pytest.raises(ValueError, match="teaching"):
        guide.pages()


# ---------------------------------------------------------------- syllabi


def test_syllabi_are_for_a_day_a_week_and_a_term():
    sizes = {one["title"]: (len(one["sessions"]), one["limit"][1]) for one in guide.syllabi()}
    assert sizes == {"One day": (1, 360), "One week": (5, 360), "One term": (14, 180)}


@pytest.mark.parametrize("one", guide.syllabi(), ids=lambda one: one["title"])
def test_a_syllabus_adds_up_and_no_lesson_comes_before_what_it_needs(one):
    assert list(guide.syllabus_problems(one)) == []
    given = [
        item.get("lesson")
        for session in one["sessions"]
        for item in [*session.get("home", []), *session["class"]]
    ]
    given = [id for id in given if id]
    assert len(given) == len(set(given)), "a lesson is given twice"


def test_a_syllabus_that_does_not_fit_is_named():
    week = copy.deepcopy(guide.syllabi()[1])
    week["sessions"][0]["class"].append({"lesson": "J08"})
    week["sessions"][4]["home"].clear()
    said = "\n".join(guide.syllabus_problems(week))
    assert "One week, day 1 takes 330 to 430 minutes" in said
    assert "the parts of JC take 85 to 120 minutes" in said
    term = copy.deepcopy(guide.syllabi()[2])
    term["sessions"][8]["home"][0]["lesson"] = "M09"
    assert "week 9: M09 comes before M08" in "\n".join(guide.syllabus_problems(term))


# ---------------------------------------------------------------- the trainer's page


def commands_of_readme():
    lines = README.read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.startswith("    python -m mktlib")]


@pytest.mark.parametrize("line", commands_of_readme())
def test_every_command_of_the_trainers_page_is_understood(line):
    words = shlex.split(line)[3:]
    assert callable(command_line.parser().parse_args(words).run)


def test_links_of_the_teaching_pages_lead_to_files():
    missing = []
    for path in guide.FOLDER.glob("*.md"):
        links = re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8"))
        missing += [f"{path.name}: {link}" for link in links if not (path.parent / link).exists()]
    assert missing == []


# ---------------------------------------------------------------- slides


@pytest.mark.parametrize("id", ["J01", "M10", "S05"])
def test_slides_hold_no_solution_and_keep_the_trainers_words_in_the_notes(id):
    cells = slides.deck(id).cells
    shown = "\n".join(cell.source for cell in cells if cell.metadata.slideshow.slide_type != "notes")
    noted = "\n".join(cell.source for cell in cells if cell.metadata.slideshow.slide_type == "notes")
    lesson = guide.lessons()[id]
    solutions = [cell.solution for cell in lesson.cells if cell.role == "answer" and len(cell.solution) > 30]
    assert solutions and [code for code in solutions if code in shown] == []
    notes = [note for section in guide.sections(id) for note in section.notes]
    assert notes and all(note in noted and note not in shown for note in notes)
    assert "To discuss" in shown and "On the board" in shown


def test_what_cannot_be_made_is_said_in_a_sentence(monkeypatch, tmp_path, capsys):
    assert slides.main(["--only", "J99", "--out", str(tmp_path)]) == 1
    assert "There is no lesson J99" in capsys.readouterr().err
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert slides.main(["--only", "J01", "--out", str(tmp_path)]) == 1
    assert "npm is not installed" in capsys.readouterr().err


READY = "body[data-ready]"
STATE = """() => {
    const slide = Reveal.getCurrentSlide();
    const pictures = [...slide.querySelectorAll("img")];
    return {
        place: Reveal.getSlidePastCount(), height: slide.scrollHeight, width: slide.scrollWidth, zoom: Number(slide.dataset.zoom),
        drawn: pictures.every((one) => one.complete && one.naturalWidth > 100 && one.alt.length > 10),
    };
}"""


@pytest.mark.browser
def test_a_deck_works_offline_by_keyboard_and_every_slide_fits(tmp_path):
    chrome_path = chromium()
    if shutil.which("npm") is None:
        pytest.skip("there is no npm on this computer")
    [deck] = slides.build(["J02"], tmp_path / "slides 幻灯片")
    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=chrome_path, args=QUIET)
        context = chrome.new_context(
            viewport={"width": 1280, "height": 720}, offline=True, reduced_motion="reduce"
        )
        page, asked, said = context.new_page(), [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(deck.as_uri())
        page.wait_for_selector(READY)
        total = page.evaluate("Reveal.getTotalSlides()")
        states = [page.evaluate(STATE)]
        for _ in range(total - 1):
            page.keyboard.press("ArrowRight")
            states.append(page.evaluate(STATE))
        page.keyboard.press("ArrowLeft")
        assert page.evaluate(STATE)["place"] == total - 2
        assert page.locator("mjx-container svg").count() > 0
        chrome.close()
    assert [one["place"] for one in states] == list(range(total)) and total > 25
    assert [one for one in states if one["height"] > 720 or one["width"] > 1280 or one["zoom"] < 60] == []
    assert all(one["drawn"] for one in states)
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert said == []
