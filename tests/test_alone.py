"""What a learner has who works alone: map, review, placement, portfolio, and a log that moves to another machine."""

import base64
import datetime
import itertools
import json
import os
import random
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mktlib.__main__ import main
from mktlib.course import checking, log, placement, portfolio, progress, registry, review, transfer, wording
from mktlib.course.placement import QUESTIONS, answers, standing, start
from mktlib.course.progress import Progress, competences, next_steps, practised_in, standings
from mktlib.course.review import SPACING, Card, cards, deck, interleaved, options_of
from mktlib.course.safe_html import Rebuilt

MONDAY = datetime.datetime(2026, 3, 2, 20, tzinfo=datetime.UTC)
REVIEW = sys.modules["mktlib.course.review"]  # the name in the package is the function


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MKTLIB_HOME", str(tmp_path / "home 课程"))
    monkeypatch.setenv("MKTLIB_STRICT", "1")
    monkeypatch.setattr(log, "_unsaved", [])
    monkeypatch.setattr(log, "_reported", set())
    monkeypatch.setattr(portfolio, "found_reports", lambda: [])
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home 课程"


def at(days):
    return MONDAY + datetime.timedelta(days=days)


def entry(event, id, day=0, **fields):
    return {"time": at(day).isoformat(timespec="seconds"), "event": event, "id": id, **fields}


def missed(id, day=0, place=0):
    """A check that made the exercise's first mistake."""
    return entry(
        "check", id, day, status="mistake", mistake=registry.get(id).mistakes[place].code, answer="0.0373"
    )


def solved(id, day=0, **fields):
    return entry("check", id, day, status="correct", mistake=None, answer="1", **fields)


def all_of(lesson, day=0):
    return [solved(one.id, day) for one in registry.exercises() if one.lesson == lesson]


def keep(home, *entries):
    """Write entries into the log of a home."""
    home.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in entries)
    (home / "log.jsonl").write_text(text, encoding="utf-8", newline="\n")
    return list(entries)


@pytest.fixture
def clock(monkeypatch):
    """A function that sets the day: reviews are asked, answered and logged then."""
    append = log.append

    def on(day):
        stamp = at(day).isoformat(timespec="seconds")
        monkeypatch.setattr(REVIEW, "now", lambda: at(day))
        monkeypatch.setattr(log, "append", lambda event, **fields: append(event, **{"time": stamp} | fields))

    return on


def letter(card, right=True):
    """A letter of the card that is right, or one that is not."""
    one = registry.get(card.id)
    wanted = registry.call(one.compute, checking.table) if one.kind == "choice" else card.code
    return next(name for name, (stands_for, _) in options_of(card).items() if (stands_for == wanted) == right)


# ---------------------------------------------------------------- the map


def test_an_empty_log_begins_at_the_beginning_on_every_day(clock):
    clock(0)
    first = progress()
    clock(400)
    assert repr(first) == repr(progress()) and first._repr_html_() == progress()._repr_html_()
    assert "Go on with: N00.1" in repr(first) and first.solved == set()


def test_the_map_counts_each_competence_once():
    counted = [
        state
        for levels in Progress(standings([]))._map().values()
        for mine in levels.values()
        for state in mine
    ]
    assert len(counted) == len(competences()) == 255


def test_a_competence_is_shown_by_an_exercise_solved_before_its_solution_was_read():
    def state(*entries):
        return Progress(standings(entries)).states["R040"][0]

    one, *others = practised_in()["R040"]
    assert state() == "open"
    assert state(missed(one)) == "practised"
    assert state(entry("solution", one), solved(one)) == "practised"
    assert state(solved(one), entry("solution", one)) == "shown"
    assert state(entry("solution", one), solved(one), solved(others[0])) == "shown"


def test_the_next_exercise_is_that_of_the_lesson_in_work_then_of_the_next_lesson():
    def going(*entries):
        return dict(next_steps(list(entries), standings(entries)))["Go on with"].split()[0]

    assert going(solved("M03.r1")) == "M03.r2"
    assert going(*all_of("J02")) == "J03.r1"
    assert going({"time": "2026-03-02", "event": "placed", "start": "M01"}) == "M01.r1"
    assert going(*all_of("SC")) == "N00.1"


def test_the_gap_is_a_competence_of_this_level_that_nothing_solved_practises():
    entries = [*all_of("J01"), solved("J05.1")]
    gap = dict(next_steps(entries, standings(entries)))["Not practised yet"]
    id, exercise = gap[:4], gap.rpartition(" ")[2]
    done = {one["id"] for one in entries}
    assert not done & set(practised_in()[id]) and id in registry.get(exercise).practises
    assert exercise.startswith("J") and not exercise.startswith("J05")


def test_reviews_that_are_due_stand_in_the_next_steps(home, clock):
    keep(home, missed("J01.1"), missed("J01.3"))
    clock(0.1)
    assert "due" not in repr(progress())
    clock(1)
    assert "Review: 2 cards are due" in repr(progress()) and "2 cards are due" in progress()._repr_html_()


def test_a_level_lists_its_competences_and_an_unknown_one_is_told():
    rows = progress("M").rows
    assert len(rows) == sum(row["level"] == "mid" for row in competences()) == 113
    assert repr(progress("middle")) == repr(progress("mid"))
    assert "There is no level 'pro'" in repr(progress("pro"))


class Tags(HTMLParser):
    """Counts of tags, attributes by tag, and whether every tag is closed in its turn."""

    def __init__(self, page):
        super().__init__()
        self.seen, self.attributes, self.open = [], [], []
        self.nested = True
        self.feed(page)
        self.close()
        self.nested &= not self.open

    def handle_starttag(self, tag, attributes):
        self.seen.append(tag)
        self.attributes += [(tag, *one) for one in attributes]
        if tag not in {"img", "br", "hr", "meta"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        self.nested &= bool(self.open) and self.open.pop() == tag


def test_tables_have_captions_headers_and_words(home):
    keep(home, missed("J01.1"), solved("J01.2"))
    for page in (progress()._repr_html_(), progress("junior")._repr_html_()):
        tags = Tags(page)
        assert tags.nested and tags.seen.count("caption") == tags.seen.count("table") > 0
        scopes = [value for tag, name, value in tags.attributes if (tag, name) == ("th", "scope")]
        assert len(scopes) == tags.seen.count("th") and {"row", "col"} == set(scopes)
    assert progress()._repr_html_().count(">J01</th>") == 1


HOSTILE = "<script>alert(1)</script>"


def test_a_log_of_nonsense_is_survived_and_escaped(home, tmp_path):
    odd = [[], {}, None, 7, HOSTILE, True]
    entries = [
        {
            "time": time,
            "event": event,
            "id": id,
            "status": status,
            "mistake": HOSTILE,
            "answer": answer,
            "kept": answer,
        }
        for time, event, id, status, answer in itertools.product(
            ["2026-03-02T10:00:00+00:00", "2026-03-02T10:00:00", 5, "soon"],
            ["check", "review", "placement", "placed"],
            ["J01.1", "J02.r1", "JC.13", HOSTILE, [], None],
            ["mistake", "correct", [], None],
            odd[:5],
        )
    ]
    keep(home, *entries, solved("J01.2"))
    shown = [progress(), progress("junior"), review(), placement()]
    for one in shown:
        assert repr(one) and "<script" not in one._repr_html_()
    portfolio.make(tmp_path / "p.html")
    assert "<script" not in (tmp_path / "p.html").read_text(encoding="utf-8")


# ---------------------------------------------------------------- review


def test_a_card_comes_back_after_1_3_7_and_21_days_and_then_leaves(home, clock):
    keep(home, missed("J01.1"))
    day = 0
    for wait in SPACING:
        clock(day + wait - 0.5)
        assert len(review()) == 0
        day += wait
        clock(day)
        (card,) = review()
        assert review("J01.1", letter(card)).status == "correct"
        assert len(review()) == 0
    clock(day + 400)
    assert len(review()) == 0 and "four times" in repr(review())


def test_a_miss_goes_back_to_one_day(home, clock):
    keep(home, missed("J01.1"))
    for day, right in ((1, True), (4, False)):
        clock(day)
        (card,) = review()
        review("J01.1", letter(card, right))
    assert [day for day in (4.5, 5) if deck(log.read()[0], at(day))] == [5]
    clock(5)
    (card,) = review()
    assert "in 3 days" in repr(review("J01.1", letter(card)))


def test_a_new_mistake_in_the_lesson_brings_a_learned_card_back():
    entries = [missed("J01.1"), missed("J01.1", 100, place=1)]
    entries[1:1] = [entry("review", "J01.1", day, status="correct") for day in (1, 4, 11, 32)]
    assert cards(entries[:-1])["J01.1"].due is None
    assert cards(entries)["J01.1"].code == registry.get("J01.1").mistakes[1].code


def test_a_right_answer_before_its_day_is_practice_and_a_cell_run_twice_changes_nothing(home, clock):
    keep(home, missed("J01.1"), missed("J01.6"))
    clock(1)
    for card in review():
        said = letter(card)
        first = review(card.id, said)
        after = cards(log.read()[0])[card.id]
        again = review(card.id, said)
        assert (first.status, again.status) == ("correct", "correct") and "practice" in repr(again)
        assert cards(log.read()[0])[card.id] == after and after.stage == 1


def test_the_deck_is_the_same_for_a_log_and_a_moment_however_the_lines_stand():
    entries = [missed(one.id, day) for day, one in enumerate(registry.exercises()) if one.mistakes][:40]
    mixed = random.Random(1).sample(entries, len(entries))
    first, second = deck(entries, at(60)), deck(mixed, at(60))
    assert repr(first) == repr(second) and len(first) == 6 and "34 more" in repr(first)


def test_neighbours_come_from_different_lessons():
    waiting = [
        Card(f"{lesson}.{n}", "SIMPSON", "", 0, at(n)) for lesson in ("J01", "J04", "M01") for n in (1, 2, 3)
    ]
    order = [card.id.partition(".")[0] for card in interleaved(waiting)]
    assert len(order) == 9 and all(one != other for one, other in itertools.pairwise(order))


def test_a_card_asks_before_it_tells():
    for one in registry.exercises():
        for mistake in one.mistakes:
            card = Card(one.id, mistake.code, "0.5", 0, MONDAY)
            options = options_of(card)
            texts = [said for _, said in options.values()]
            assert len(options) >= 2 and len(set(texts)) == len(texts), one.id
            assert one.kind == "choice" or [code for code, _ in options.values()].count(mistake.code) == 1
            shown = REVIEW.as_text(card)
            assert mistake.code not in shown and mistake.repair not in shown and one.explain not in shown


def test_the_order_of_a_card_is_not_always_that_of_the_catalogue():
    first = [
        letter(Card(one.id, one.mistakes[0].code, "", 0, MONDAY))
        for one in registry.exercises()
        if one.kind == "number"
    ]
    assert {"A", "B", "C"} <= set(first) and first.count("A") < 0.6 * len(first)


def test_naming_the_mistake_is_judged_with_its_rule(home, clock):
    keep(home, missed("J01.1"))
    clock(1)
    (card,) = review()
    wrong, right = review("J01.1", letter(card, False)), review("J01.1", letter(card))
    assert (wrong.status, wrong.mistake) == ("incorrect", "AVG_OF_RATIOS")
    assert "You averaged thirty daily rates" in repr(wrong) and "Aggregate numerators" in repr(wrong)
    assert right and "That was it: An average of rates" in repr(right)
    logged = [one for one in log.read()[0] if one["event"] == "review"]
    assert [one["status"] for one in logged] == ["incorrect", "correct"]


def test_an_answer_computed_again_is_judged_like_a_check(home, clock):
    keep(home, missed("J01.1"))
    clock(1)
    one = registry.get("J01.1")
    right = one.right(checking.table)
    assert review("J01.1", right * 100).status == "close" and cards(log.read()[0])["J01.1"].stage == 0
    assert review("J01.1", right).status == "correct" and cards(log.read()[0])["J01.1"].stage == 1
    assert review("J01.1", one.mistakes[0].value(checking.table).value).mistake == "AVG_OF_RATIOS"
    assert cards(log.read()[0])["J01.1"].stage == 0
    assert review("J01.1", "abracadabra").status == "unreadable"


def test_a_choice_is_answered_by_the_cards_letters_and_told_without_the_lessons(home, clock):
    keep(home, missed("J02.r1"))
    clock(1)
    (card,) = review()
    said = options_of(card)[letter(card)][1]
    verdict = review("J02.r1", said.upper())
    assert verdict and said in repr(verdict) and f": {said}" not in repr(verdict)
    assert review("J02.r1", "z").status == "unreadable" and review("J02.r1", 3).status == "unreadable"


def test_where_nothing_went_wrong_finished_lessons_bring_their_retrieval_questions(home, clock):
    keep(home, *all_of("J01"), solved("J02.r1"))
    clock(1)
    assert [card.id for card in review()] == ["J01.r1", "J01.r2"]
    (card, _) = review()
    assert review(card.id, letter(card, False)).status == "mistake"
    clock(2)
    assert [card.id for card in review()] == ["J01.r1"] and next(iter(review())).code


def test_a_card_can_be_asked_for_alone_and_what_is_no_card_is_told(home):
    keep(home, missed("J01.1"))
    assert "What had gone wrong?" in repr(review("J01.1")) and "<div" in review("J01.1")._repr_html_()
    assert "no right answer to come back to" in repr(review("N00.1", "a"))
    assert "There is no such question" in repr(review("J99.1", 3)) and "as text" in repr(review(7, 3))
    card = Card("J02.r1", None, "", 0, MONDAY)
    assert "nothing was missed" in repr(review("J02.r1", letter(card)))
    assert "in 1 day" in repr(review("J02.r1", letter(card, False))) and "J02.r1" in cards(log.read()[0])


def test_every_question_has_its_words_and_its_title_where_there_is_no_notebook(monkeypatch, tmp_path):
    alike = {"M03.7", "M08.13"}  # the question of the lesson is the title
    for one in registry.exercises():
        assert (wording.stem(one) == one.title) == (one.id in alike), one.id
    assert "**b**" not in wording.stem(registry.get("J02.r1"))
    monkeypatch.setattr(wording, "notebooks", lambda: tmp_path)
    for kept in (wording.stem, wording._notebook):
        monkeypatch.setattr(wording, kept.__name__, kept.__wrapped__)
    assert wording.stem(registry.get("J02.r1")) == "The CTR of two days together"
    assert wording.title_of("J02") == "J02"


# ---------------------------------------------------------------- placement


def right(id):
    return registry.call(registry.get(id).compute, checking.table)


def walk(say):
    """Answer what placement asks: say(id) gives (letter, confidence). Returns (ids asked, what it shows at the end)."""
    asked, shown = [], placement()
    while hasattr(shown, "one"):
        asked.append(shown.one.id)
        shown = placement(shown.one.id, *say(shown.one.id))
    return asked, shown


def test_who_knows_all_is_asked_nine_questions_and_sent_to_the_last_capstone():
    asked, shown = walk(lambda id: (right(id), 4))
    assert len(asked) == 9 and shown.headline.startswith("Open SC")


def test_who_knows_nothing_is_asked_two_and_begins_at_the_beginning():
    asked, shown = walk(lambda id: ("?", 1))
    assert len(asked) == 2 and shown.headline.startswith("Open J01")


def test_a_coin_toss_is_not_knowing_and_a_confident_error_is_said():
    asked, shown = walk(lambda id: (right(id), 1))
    assert len(asked) == 2 and "coin toss" in repr(shown)
    placement("again")
    wrong = {
        id: next(name for name in registry.get(id).options if name != right(id)) for id in placement_ids()
    }
    _, shown = walk(lambda id: (wrong[id], 5))
    assert "you were sure" in repr(shown)


def placement_ids():
    return [id for questions in QUESTIONS.values() for id, _ in questions]


def test_a_known_first_lesson_is_skipped_with_its_evidence():
    _, shown = walk(lambda id: (right(id), 3) if id in {"J02.r1", "J03.r2"} else ("?", 1))
    assert shown.headline.startswith("Open J03") and "J01 · The metrics alphabet" in repr(shown)
    placed = log.read()[0][-1]
    assert (placed["event"], placed["start"], placed["level"]) == ("placed", "J03", "junior")
    assert "Go on with: J03.r1" in repr(progress())


def test_every_way_ends_within_twelve_questions_at_an_open_lesson():
    names = {name.upper() for name in registry.lessons()}
    for seed in range(300):
        luck, found = random.Random(seed), {}
        while question := standing(found)[1]:
            found[question] = luck.choice(["known", "known", "luck", "unknown", "sure"])
        assert 2 <= len(found) <= 12 and start(found) in names


def test_questions_need_no_data_and_stand_in_the_level_that_teaches_them():
    for level, questions in QUESTIONS.items():
        for id, lesson in questions:
            one = registry.get(id)
            assert one.kind == "choice" and one.compute.__code__.co_argcount == 0
            assert lesson[0] == level[0].upper() and lesson.lower() in registry.lessons()


def test_the_first_answer_counts_and_nothing_tells_the_right_one():
    shown = placement("J02.r1", "a", 4)
    assert "Your first answer, a, is the one that counts" in repr(placement("J02.r1", right("J02.r1"), 5))
    assert answers(log.read()[0]) == {"J02.r1": ("a", 4)}
    assert registry.get("J02.r1").options[right("J02.r1")] not in repr(shown)
    assert "Question 1" in repr(placement("again")) and answers(log.read()[0]) == {}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("J02.r1",), "in place of the dots"),
        (("J02.r1", "z"), "no option"),
        (("J02.r1", "a", 9), "1 (a coin toss) to 5"),
        (("J01.1", "a"), "none of the placement"),
        (("J99.1", "a"), "no such question"),
        ((7, "a"), "as text"),
    ],
)
def test_what_cannot_be_read_is_told_and_not_logged(arguments, said):
    assert said in repr(placement(*arguments)) and answers(log.read()[0]) == {}


# ---------------------------------------------------------------- portfolio

MEMO = ["CTR is 1.9 %", "not 3.7 %, " + HOSTILE, f"Approve it; see {Path.home()}/plan"]


@pytest.fixture
def worked(home):
    judged = {"metrics": 3, "by": "peer", "score": 75.0}
    return keep(
        home,
        missed("J01.1"),
        *all_of("JC"),
        solved("J01.10", kept=MEMO),
        solved("JC.13", kept=judged),
        entry("hint", "J01.1", step=1),
    )


def page_of(**options):
    path, taken, notes = portfolio.make("my.html", **options)
    return path.read_text(encoding="utf-8"), taken, notes


def test_a_portfolio_shows_what_was_solved_and_what_proves_it(worked):
    page, _, _ = page_of(name="Ann <Li> 李")
    for part in (
        "Ann &lt;Li&gt; 李",
        "JC.8",
        "75 of 100",
        "Judged by peer",
        "SEM投放超支预警",
        "CTR is 1.9 %",
    ):
        assert part in page
    assert Tags(page).nested and page.count("<caption>") == page.count("<table>")


def test_a_forecast_is_shown_with_its_score_and_left_out_where_it_cannot_be_scored(worked, home, monkeypatch):
    from mktlib import board

    keep(home, *worked, {"time": "2026-03-02", "event": "forecast", "world": "another", "values": []})
    assert "sealed" not in page_of()[0]
    score = {"grown": -0.05, "below": 0.24, "inside": 9, "widest": 2.0}
    monkeypatch.setattr(board, "_kept", lambda: {"frame": None})
    monkeypatch.setattr(board, "scores", lambda frame: score)
    page, _, _ = page_of()
    assert "5% above" in page and "24% below" in page and "9 of 13 weeks" in page


def test_nothing_private_is_in_a_portfolio(worked):
    page, _, _ = page_of()
    said = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    assert not re.search(r"\d\d:\d\d|2026-\d\d-\d\d", said) and "2026-03" in said
    assert str(Path.home()) + "/" not in said and "~/plan" in said
    assert "AVG_OF_RATIOS" not in said and "0.0373" not in said and "hint" not in said
    assert "<script" not in said and "&lt;script&gt;" in said


def test_nothing_to_show_is_refused_in_words(home):
    keep(home, missed("J01.1"))
    with pytest.raises(portfolio.PortfolioError, match="nothing to show yet"):
        portfolio.make("my.html")
    assert not Path("my.html").exists()


def test_only_a_portfolio_is_written_over(worked):
    page_of()
    assert page_of()[0]
    Path("thesis.html").write_text("mine", encoding="utf-8")
    with pytest.raises(portfolio.PortfolioError, match="is no portfolio"):
        portfolio.make("thesis.html")
    with pytest.raises(portfolio.PortfolioError, match=r"end with \.html"):
        portfolio.make("my.pdf")
    assert Path("thesis.html").read_text(encoding="utf-8") == "mine"


ATTACK = """<!DOCTYPE html><html><head><title>My page</title><style>body{background:url(http://a.b/c)}</style>
<script>fetch('http://a.b')</script><meta http-equiv=refresh content="0;url=http://a.b"><body onload="x()">
<h2 onclick="x()">Kept & shown</h2><p style="background:url(http://a.b/c)">text <a href="javascript:x()">a link</a>
<img src="http://a.b/c.png"><img src="data:image/svg+xml;base64,AAAA"><img src=x onerror=x()><iframe src="http://a.b">in</iframe>
<svg><script>x()</script></svg><table><tr><td class="number evil" colspan="2" onmouseover=x()>1<td class=number>2
<form action="http://a.b"><input value=1></form><base href="http://a.b/"><link rel=stylesheet href="http://a.b/x.css">
<img alt='" onerror="x()' src="data:image/png;base64,iVBORw0KGgo="><<script>script>alert(1)<</script>/script>
<math><mtext></mtext></math></p></div><textarea><script>x()</script></textarea><plaintext>&lt;script&gt;end"""


def test_a_report_is_rebuilt_so_that_nothing_in_it_runs_or_loads():
    tags = Tags(Rebuilt(ATTACK).html())
    assert tags.nested
    assert set(tags.seen) <= {"h3", "p", "img", "table", "tr", "td"}
    assert {name for _, name, _ in tags.attributes} == {"alt", "src", "class", "colspan"}
    assert [value for _, name, value in tags.attributes if name == "src"] == [
        "data:image/png;base64,iVBORw0KGgo="
    ]
    rebuilt = Rebuilt(ATTACK)
    assert rebuilt.title == "My page" and "Kept & shown" in rebuilt.text and "a link" in rebuilt.text
    assert rebuilt.dropped["iframe"] == 1 and rebuilt.dropped["picture from elsewhere"] == 3


def test_a_report_stands_in_the_portfolio_with_its_table_figure_and_sentence(worked):
    from matplotlib.figure import Figure

    from mktlib.report import html_report

    figure = Figure()
    figure.add_subplot().plot([1, 2])
    table, terms = {"visits": [3]}, {"term": ["visit"], "meaning": ["x < y"]}
    html_report("plan.html", "Plan <2026>", MEMO, table, terms, figures=[(figure, "Visits rise.")])
    page, taken, notes = page_of(add=["plan.html", "plan.html"])
    assert taken == ["plan.html"] and notes == []
    assert "<h2>Plan &lt;2026&gt;</h2>" in page and 'alt="Visits rise."' in page and "x &lt; y" in page
    assert page.count("data:image/png") == 1 and Tags(page).nested


def test_reports_are_found_where_lessons_write_them(worked, home, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setenv("MKTLIB_HOME", str(home))
    (home / "reports").mkdir()
    (home / "reports" / "four_weeks.html").write_text("<h1>Four weeks</h1><p>said", encoding="utf-8")
    assert home / "reports" / "four_weeks.html" in portfolio.found_reports()


def test_a_picture_is_written_anew_without_what_the_camera_noted(worked):
    from PIL import Image

    photo = Image.new("RGB", (30, 20), "red")
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    photo.save("board.jpg", exif=exif)
    page, _, _ = page_of(figures=[("board.jpg", 'The "board" of June')])
    data = base64.b64decode(re.search(r"data:image/jpeg;base64,([^\"]+)", page)[1])
    assert b"taken at home" in Path("board.jpg").read_bytes() and b"taken at home" not in data
    assert 'alt="The &quot;board&quot; of June"' in page


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"add": ["note.txt"]}, "takes pages"),
        ({"add": ["gone.html"]}, "cannot be read"),
        ({"figures": [("note.txt", "a note")]}, "is no picture"),
        ({"figures": [("note.txt", " ")]}, "Say in a sentence"),
    ],
)
def test_what_cannot_be_taken_in_is_named(worked, options, said):
    Path("note.txt").write_text("note", encoding="utf-8")
    with pytest.raises(portfolio.PortfolioError, match=said):
        portfolio.make("my.html", **options)
    assert not Path("my.html").exists()


# ---------------------------------------------------------------- a log that moves


@pytest.fixture
def other(tmp_path, monkeypatch):
    """A function that runs its work as another machine, with a home of its own."""

    def there(work):
        with monkeypatch.context() as moved:
            moved.setenv("MKTLIB_HOME", str(tmp_path / "other"))
            return work()

    return there


def test_a_log_arrives_on_another_machine_and_arriving_twice_changes_nothing(worked, other):
    transfer.export("my_log.jsonl")
    before = repr(progress())
    assert other(lambda: transfer.merge("my_log.jsonl")) == (len(worked), 0, 0)
    assert other(lambda: repr(progress())) == before
    first = other(lambda: log.path().read_bytes())
    assert other(lambda: transfer.merge("my_log.jsonl")) == (0, len(worked), 0)
    assert other(lambda: log.path().read_bytes()) == first


def test_two_logs_become_one_in_order_of_time(home, other):
    mine = keep(home, solved("J01.1", 1), solved("J01.1", 1), solved("J01.4", 4))
    theirs = other(lambda: keep(log.folder(), mine[0], solved("J01.2", 2), solved("J01.5", 5)))
    other(lambda: transfer.export("theirs.jsonl"))
    assert transfer.merge("theirs.jsonl") == (2, 1, 0)
    assert [one["id"] for one in log.read()[0]] == ["J01.1", "J01.1", "J01.2", "J01.4", "J01.5"]
    assert len(theirs) == 3


def test_damaged_lines_of_both_are_counted_and_kept_in_their_place(home, other):
    keep(home, solved("J01.1", 1), solved("J01.3", 3))
    content = log.path().read_bytes().splitlines(keepends=True)
    log.path().write_bytes(content[0] + b'{"torn": \xff\n' + content[1].rstrip(b"\n"))
    other(lambda: keep(log.folder(), solved("J01.2", 2)))
    other(lambda: log.path().write_bytes(log.path().read_bytes() + b"half a li"))
    path, entries, damaged = other(lambda: transfer.export("theirs.jsonl"))
    assert (entries, damaged) == (1, 1)
    assert transfer.merge(path) == (1, 0, 1) and transfer.merge(path) == (0, 1, 1)
    lines = log.path().read_bytes().splitlines()
    assert [lines[1], lines[3]] == [b'{"torn": \xff', b"half a li"] and log.read()[1] == 2


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"date,clicks\n2026-03-02,5\n",
        b'{"cells": [],\n "nbformat": 4}\n',
        b'{"time": "2026-03-02", "event": "login"}\n',
        b"PK\x03\x04" + bytes(range(256)) * 20,
        b'{"time": "2026-03-02", "event": "check"}\n' + b"noise\n" * 5,
    ],
)
def test_another_file_is_refused_and_the_own_log_stays(worked, content):
    Path("theirs").write_bytes(content)
    before = log.path().read_bytes()
    with pytest.raises(transfer.LogError, match="is no log of this course"):
        transfer.merge("theirs")
    assert log.path().read_bytes() == before


def test_an_export_replaces_nothing_but_an_export(worked):
    Path("notes.jsonl").write_text("mine\n", encoding="utf-8")
    for target, said in (("notes.jsonl", "is no log"), (log.path(), "the log itself"), (".", "no log")):
        with pytest.raises(transfer.LogError, match=said):
            transfer.export(target)
    transfer.export("a.jsonl")
    assert transfer.export("a.jsonl")[1] == len(worked)
    with pytest.raises(transfer.LogError, match="cannot be read"):
        transfer.merge("gone.jsonl")


def test_an_empty_log_says_so():
    with pytest.raises(transfer.LogError, match="nothing to take along"):
        transfer.export("a.jsonl")


def test_a_disk_that_fills_up_while_merging_leaves_the_log_as_it_was(worked, other, monkeypatch):
    other(lambda: keep(log.folder(), solved("J02.1", 9)))
    other(lambda: transfer.export("theirs.jsonl"))
    before = log.path().read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(transfer.LogError, match="No space left"):
        transfer.merge("theirs.jsonl")
    assert log.path().read_bytes() == before
    assert {one.name for one in log.folder().iterdir()} <= {"log.jsonl", "log.lock"}


# ---------------------------------------------------------------- in a terminal


def test_the_commands_say_in_words_what_is_missing(capsys):
    for command in (
        ["portfolio"],
        ["log", "export", "a.jsonl"],
        ["log", "import", "gone"],
        ["portfolio", "--out", "a.txt"],
    ):
        assert main(command) == 1
        said = capsys.readouterr().err
        assert said.startswith("mktlib: ") and "Traceback" not in said


def test_the_commands_show_what_the_notebook_shows(worked, capsys, clock):
    clock(1)
    for command, part in (
        (["progress"], "Competences shown"),
        (["progress", "junior"], "level junior"),
        (["review"], "Here: python -m mktlib review J01.1 A"),
        (["review", "J01.1", "A"], "J01.1 CTR of the June campaign"),
        (["placement"], "Here: python -m mktlib placement J02.r1"),
        (["placement", "J02.r1", "c", "--confidence", "4"], "Question 2"),
        (["log", "export", "a.jsonl"], "It holds your answers"),
        (["log", "import", "a.jsonl"], "0 entries are new"),
        (["portfolio", "--out", "我的.html", "--name", "李"], "opens without the network"),
    ):
        assert main(command) == 0
        assert part in capsys.readouterr().out


def test_a_terminal_without_the_signs_is_written_to_all_the_same(worked):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-m", "mktlib", "progress"],
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert done.returncode == 0 and "? JC.1 " in done.stdout and done.stderr == ""
