"""The assessment bank: the concept inventory in its two forms, and the questions that a trainer's seed draws."""

import argparse
import contextlib
import io
import json
import re

import pytest

from mktlib import data, world
from mktlib.course import checking, registry
from mktlib.errors import Told
from mktlib.trainer import bank, inventory, roster, templates
from tests.conftest import OTHER_SEEDS, made_world

SEEDS = ("autumn 7F2Q", "spring K90X")
LESSONS = (
    [f"J{n:02}" for n in range(1, 11)]
    + [f"M{n:02}" for n in range(1, 11)]
    + [f"S{n:02}" for n in range(1, 8)]
)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MKTLIB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MKTLIB_STRICT", "1")


def command(*arguments):
    """Run the parsers of this part alone; what it prints."""
    top = argparse.ArgumentParser()
    commands = top.add_subparsers(required=True)
    inventory.add(commands)
    bank.add_class(commands)
    options = top.parse_args([str(one) for one in arguments])
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        options.run(options)
    return said.getvalue()


# ---------------------------------------------------------------- inventory: items


def test_thirty_frequent_mistakes_are_asked_each_once():
    uses = [code for one in registry.exercises() for code in {m.code for m in one.mistakes}]
    codes = [one["code"] for one in inventory.items()]
    assert len(set(codes)) == 30
    assert [sum(one["level"] == level for one in inventory.items()) for level in inventory.LEVELS] == [
        12,
        10,
        8,
    ]
    assert min(uses.count(code) for code in codes) >= 5


@pytest.mark.parametrize("item", inventory.items(), ids=lambda one: one["code"])
def test_each_wrong_option_is_a_named_mistake_and_the_tempting_one_comes_first(item):
    assert next(iter(item["wrong"])) == item["code"]
    assert len(item["wrong"]) == 3
    assert all(registry.misconceptions()[code]["name"] for code in item["wrong"])


@pytest.mark.parametrize("item", inventory.items(), ids=lambda one: one["code"])
@pytest.mark.parametrize("name", inventory.FORMS)
def test_options_stand_apart_and_their_numbers_can_be_worked_in_the_head(item, name):
    given = item[name]["given"]
    options = [item["right"], *item["wrong"].values()]
    shown = [inventory.filled(one, given) for one in options]
    assert len(set(shown)) == 4
    alone = [inventory.numbers_of(one, given) for one in options if re.fullmatch(r"(CNY )?\{[^{}]*\}", one)]
    alone = [found[0] for found in alone if found]
    for place, one in enumerate(alone):
        for other in alone[place + 1 :]:
            assert abs(one - other) >= 0.05 * max(abs(one), abs(other))
    for text in [*options, item[name]["asks"]]:
        for number in inventory.numbers_of(text, given):
            digits = f"{abs(number):.10f}".replace(".", "").strip("0")
            assert len(digits) <= 3, f"{number} is no number for the head"
    assert "{" not in "".join(shown) + inventory.filled(item[name]["asks"], given)


# What a person gets who works form A by hand; None where the right option is a sentence.
BY_HAND = [
    "4%",
    "1.4%",
    "None",
    "CNY 200",
    "None",
    "CNY 60,000",
    "450",
    "350",
    "25%",
    "25%",
    "None",
    "None",
    "CNY 1",
    "80",
    "50",
    "CNY 30",
    "CNY 44",
    "CNY 100",
    "CNY 130",
    "20",
    "1,080",
    "CNY 50",
    "CNY 20",
    "None",
    "CNY 480",
    "None",
    "40%",
    "None",
    "None",
    "20",
]
BY_HAND_B = [
    "5%",
    "1.6%",
    "None",
    "-CNY 500",
    "None",
    "CNY 27,000",
    "1,000",
    "280",
    "60%",
    "-20%",
    "None",
    "None",
    "CNY 0.5",
    "120",
    "120",
    "CNY 40",
    "CNY 20",
    "CNY 120",
    "CNY 150",
    "40",
    "960",
    "CNY 60",
    "CNY 50",
    "None",
    "CNY 540",
    "None",
    "30%",
    "None",
    "None",
    "40",
]


@pytest.mark.parametrize("name, answers", [("A", BY_HAND), ("B", BY_HAND_B)])
def test_the_computed_key_is_what_a_person_works_out_by_hand(name, answers):
    for one, expected in zip(inventory.form(name), answers, strict=True):
        if expected != "None":
            assert one["options"][one["key"]] == expected, one["asks"]


def test_the_forms_are_parallel_and_no_letter_gives_the_key_away():
    a, b = (inventory.form(name) for name in inventory.FORMS)
    for one, other in zip(a, b, strict=True):
        assert sorted(map(str, one["codes"].values())) == sorted(map(str, other["codes"].values()))
        assert one["asks"] != other["asks"] and one["key"] != other["key"]
    for form in (a, b):
        keys = [one["key"] for one in form]
        assert sorted(keys.count(letter) for letter in "abcd") == [7, 7, 8, 8]
        assert all(text[0].upper() == text[0] for one in form for text in one["options"].values())


def test_an_expression_of_an_item_can_do_arithmetic_and_nothing_else():
    assert inventory.value_of("max(a, b) / 4 - 1", {"a": 2, "b": 8}) == 1
    for text in ("__import__('os')", "a.real", "[a]", "a ** 9"):
        with pytest.raises((ValueError, KeyError)):
            inventory.value_of(text, {"a": 2})


def test_the_paper_holds_every_question_and_no_key():
    paper, key = inventory.paper("A"), inventory.paper("A", key=True)
    for one in inventory.form("A"):
        assert one["asks"].replace("'", "&#x27;") in paper
        assert one["code"] not in paper and one["code"] in key
    assert "right</strong>" not in paper and paper.count('type="radio"') == 120
    assert "http" not in paper and "src=" not in paper


# ---------------------------------------------------------------- inventory: scoring


def letters_of(name, wrong=()):
    """Answers to a form: right everywhere but at the numbers in `wrong`, where the tempting option is chosen."""
    found = []
    for one in inventory.form(name):
        code = one["code"] if one["number"] in wrong else None
        found.append(next(letter for letter, it in one["codes"].items() if it == code))
    return found


def table(path, rows, form="A", encoding="utf-8-sig", mark=","):
    """A CSV of answers from (id, name, letters)."""
    head = ["id", "name", *(f"q{n}" for n in range(1, 31))]
    lines = [mark.join(head), *(mark.join([id, name, *letters]) for id, name, letters in rows)]
    path.write_bytes("\r\n".join(lines).encode(encoding))
    return path


def test_a_score_counts_what_is_right_and_names_what_is_not(tmp_path):
    blank = letters_of("A", wrong={1, 30})
    blank[4] = ""
    answers, odd = inventory.read_answers(
        [table(tmp_path / "a.csv", [("1", "Li", letters_of("A")), ("2", "Wu", blank)])], "A"
    )
    first, second = inventory.score(answers, "A")
    assert odd == [] and first["score"] == 30 and first["mistakes"] == ""
    assert (second["score"], second["open"], second["mistakes"]) == (27, 1, "WRONG_DENOM PRE_POST")
    assert (second["junior"], second["mid"], second["senior"]) == (10, 10, 7)


def test_item_statistics_find_what_was_planted(tmp_path):
    strong = [(f"s{n}", "", letters_of("B")) for n in range(6)]
    weak = [(f"w{n}", "", letters_of("B", wrong={2, 3, 9})) for n in range(4)]
    answers, _ = inventory.read_answers([table(tmp_path / "b.csv", strong + weak)], "B")
    items = {one["item"]: one for one in inventory.item_statistics(answers, "B")}
    assert items[2]["difficulty"] == 0.6 and items[2]["leading mistake"] == "AVG_OF_RATIOS"
    assert items[2]["discrimination"] == 1.0 and items[1]["discrimination"] == ""
    assert sum(items[2][letter] for letter in "abcd") == 10
    assert inventory.frequent(inventory.score(answers, "B")) == [
        ("AVG_OF_RATIOS", 4),
        ("NO_ACTION", 4),
        ("PCT_VS_PP", 4),
    ]


def rows_of(shares):
    return [{"id": str(n), "score": round(30 * share), "of": 30} for n, share in enumerate(shares)]


def test_the_gain_is_what_was_won_of_what_could_be_won():
    found = inventory.gain(rows_of([0.4, 0.5, 0.6] * 10), rows_of([0.7, 0.7, 0.85] * 10))
    assert found["pairs"] == 30
    assert found["gain"] == pytest.approx((0.75 - 0.5) / 0.5, abs=0.02)
    assert found["low"] < found["gain"] < found["high"]
    assert "half" not in inventory.gain_sentence(found) and "normalised gain" in inventory.gain_sentence(
        found
    )


def test_a_class_without_pairs_or_without_room_gets_a_sentence_instead_of_a_number():
    nobody = inventory.gain(rows_of([0.5]), [{"id": "x", "score": 3, "of": 30}])
    assert "Nobody took both" in inventory.gain_sentence(nobody)
    assert "Everything was right" in inventory.gain_sentence(inventory.gain(rows_of([1, 1]), rows_of([1, 1])))
    assert "rough" in inventory.gain_sentence(inventory.gain(rows_of([0.5, 0.6]), rows_of([0.7, 0.8])))


@pytest.mark.parametrize(
    "encoding, mark", [("utf-8-sig", ","), ("gb18030", ","), ("utf-8", ";"), ("utf-8", "\t")]
)
def test_answers_are_read_as_any_excel_writes_them(tmp_path, encoding, mark):
    letters = [letter.upper() for letter in letters_of("A")]
    letters[0] = "ABCDＡＢＣＤ"[
        "abcd".index(letters[0].lower()) + 4
    ]  # full width, as a Chinese keyboard gives it
    path = table(tmp_path / "答案 1.csv", [("001", "李明", letters)], encoding=encoding, mark=mark)
    answers, odd = inventory.read_answers([path], "A")
    assert odd == [] and answers[0][:2] == ("001", "李明")
    assert inventory.score(answers, "A")[0]["score"] == 30


def test_odd_answers_are_told_and_lose_nobody_else(tmp_path):
    odd = letters_of("A")
    odd[6] = "x"
    answers, said = inventory.read_answers(
        [table(tmp_path / "a.csv", [("1", "", odd), ("", "", letters_of("A")), ("3", "", letters_of("A"))])],
        "A",
    )
    assert [one[0] for one in answers] == ["1", "3"]
    assert "question 7" in said[0] and "no id" in said[1]


@pytest.mark.parametrize(
    "content, said",
    [
        ("name,q1\nLi,a\n", "id"),
        ("id,q1,q2\n1,a,b\n", "no column 'q3'"),
        ("", "id"),
        ("id,form," + ",".join(f"q{n}" for n in range(1, 31)) + "\n1,B,a\n", "not to form A"),
        ("id," + ",".join(f"q{n}" for n in range(1, 31)) + "\n1,a\n1,b\n", "stands twice"),
        ("id," + ",".join(f"q{n}" for n in range(1, 31)) + "\n", "no answers"),
    ],
)
def test_a_file_that_is_no_table_of_answers_says_what_is_missing(tmp_path, content, said):
    path = tmp_path / "a.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(Told, match=said):
        inventory.read_answers([path], "A")


def test_before_and_after_from_the_command_line_with_nothing_run_and_nothing_shown_raw(tmp_path):
    names = [("=1+1", "<script>alert(1)</script>"), ("2", "王伟"), ("3", "Ann")]
    before = table(
        tmp_path / "before.csv", [(id, name, letters_of("A", wrong=set(range(1, 16)))) for id, name in names]
    )
    after = table(tmp_path / "after.csv", [(id, name, letters_of("B", wrong={1, 2})) for id, name in names])
    said = command("inventory", "score", after, "--form", "B", "--before", before, "--out", tmp_path / "out")
    assert "normalised gain 0.87" in said
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<script>" not in page and "&lt;script&gt;" in page
    raw = (tmp_path / "out" / "students.csv").read_text(encoding="utf-8-sig")
    assert "\n'=1+1," in raw and "\n=" not in raw
    assert len((tmp_path / "out" / "items.csv").read_text(encoding="utf-8-sig").splitlines()) == 31


def test_the_paper_the_key_and_the_template_are_written(tmp_path):
    command("inventory", "--form", "B", "--out", tmp_path / "sub folder" / "问卷.html")
    command("inventory", "--form", "B", "--key", "--out", tmp_path / "key.html")
    command("inventory", "--template", "--out", tmp_path / "answers.csv")
    assert "Form B" in (tmp_path / "sub folder" / "问卷.html").read_text(encoding="utf-8")
    found, header = roster.table(tmp_path / "answers.csv", lambda cells: "id" in cells)
    assert header[-1] == "q30" and len(found) == 1
    with pytest.raises(Told, match="--out"):
        command("inventory")


# ---------------------------------------------------------------- bank: drawing


def test_each_lesson_has_three_templates_or_more():
    assert templates.lessons() == LESSONS
    assert min(len(templates.of_lesson(lesson)) for lesson in LESSONS) >= 3


@pytest.mark.parametrize("lesson", LESSONS)
def test_two_seeds_ask_differently_and_every_answer_is_judged_by_its_name(lesson, standard_world):
    world.use(standard_world)
    sets = []
    for seed in SEEDS:
        questions, left_out = bank.draw(seed, lesson)
        assert left_out == []
        assert len(questions) == len(templates.of_lesson(lesson))
        for one in questions:
            right, mistakes = one.exercise.compute(), one.exercise.mistakes
            assert checking.judge(one.exercise, right).status == "correct", one.asks
            assert len({m.code for m in mistakes}) == len(mistakes) >= 2
            for mistake in mistakes:
                wrong = mistake.compute()
                assert abs(wrong - right) >= 0.05 * max(abs(wrong), abs(right))
                assert checking.judge(one.exercise, wrong).mistake == mistake.code, one.asks
            assert len(one.asks) < 700 and "{" not in one.asks and "  " not in one.asks
        sets.append([(one.asks, one.exercise.compute()) for one in questions])
    same = sum(mine[1] == other[1] for mine, other in zip(*sets, strict=True))
    assert same == 0, f"{same} answers of {lesson} are equal for both seeds"


@pytest.mark.parametrize("lesson", ["J10", "M04", "S06"])
def test_the_same_seed_draws_the_same_set(lesson, standard_world):
    world.use(standard_world)
    once = bank.key(SEEDS[0], lesson)
    bank._draw.cache_clear()
    assert bank.key(f" {SEEDS[0]} ", lesson) == once


@pytest.mark.parametrize("seed", OTHER_SEEDS)
def test_another_world_has_other_answers_and_judges_them_by_name(seed, standard_world, active):
    world.use(standard_world)
    here = {lesson: bank.key(SEEDS[0], lesson)["set"] for lesson in ("J04", "M08", "S06")}
    active(made_world(seed))
    for lesson, name in here.items():
        assert bank.key(SEEDS[0], lesson)["set"] != name
        for question in bank.draw(SEEDS[0], lesson)[0]:
            found = {
                m.code: checking.judge(question.exercise, m.compute()).mistake
                for m in question.exercise.mistakes
            }
            assert all(code == named for code, named in found.items())


def test_a_template_that_never_stands_apart_is_left_out_in_words(monkeypatch, standard_world):
    world.use(standard_world)
    near = templates.Template(
        "J01", "near", "Too near", lambda draw: templates.task("?", 100, WRONG_DENOM=101, AVG_OF_RATIOS=99)
    )
    empty = templates.Template("J01", "empty", "Nothing there", lambda draw: templates.task("?", 1 / 0))
    monkeypatch.setitem(templates.TEMPLATES, "J01", [near, empty])
    questions, left_out = bank.draw("a seed of its own", "J01")
    assert questions == [] and len(left_out) == 2 and "Too near" in left_out[0]
    with pytest.raises(Told, match="leave J01 out"):
        bank.write("a seed of its own", ["J01"], "nowhere")


@pytest.mark.parametrize(
    "arguments, said",
    [
        (("--seed", " ", "--lessons", "J01"), "empty"),
        (("--seed", "s", "--lessons", "J0"), "did you mean"),
        (("--seed", "s", "--lessons", ","), "empty"),
    ],
)
def test_a_seed_or_lesson_that_cannot_be_used_is_told(tmp_path, arguments, said):
    with pytest.raises(Told, match=said):
        command("bank", *arguments, "--out", tmp_path)


# ---------------------------------------------------------------- bank: notebook, key, grading


@pytest.fixture
def made(tmp_path, standard_world):
    """Folder of a set of J02, drawn from the command line."""
    world.use(standard_world)
    command("bank", "--seed", SEEDS[0], "--lessons", "j02", "--out", tmp_path / "my set")
    return tmp_path / "my set"


def run(notebook, answers=None):
    """Run the cells of a student's notebook, with answers in place of stubs, and keep the last cell's output in it."""
    names = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        source = "".join(cell["source"])
        number = cell["id"].removeprefix("b").removesuffix("-answer")
        if cell["id"].endswith("-answer") and answers:
            source = f"answer_{number} = {answers[int(number) - 1]}"
        if cell["id"] == "hand-in":
            shown = repr(eval(source, names))
            cell["outputs"] = [
                {
                    "output_type": "execute_result",
                    "data": {"text/plain": shown},
                    "metadata": {},
                    "execution_count": 1,
                }
            ]
        else:
            exec(source, names)
    return notebook


def handed_in(folder, name, notebook):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(notebook if isinstance(notebook, str) else json.dumps(notebook), encoding="utf-8")
    return path


def test_the_students_notebook_holds_no_answer_and_runs_untouched(made):
    text = (made / "students" / "J02_bank.ipynb").read_text(encoding="utf-8")
    notebook = json.loads(text)
    assert SEEDS[0] not in text and not any(cell.get("outputs") for cell in notebook["cells"])
    for question in json.loads((made / "trainer" / "key.json").read_text(encoding="utf-8"))[0]["questions"]:
        assert f"{question['right']:.6g}" not in text
        assert all(
            one["code"] not in text and f"{one['value']:.6g}" not in text for one in question["mistakes"]
        )
    import nbformat

    nbformat.validate(nbformat.from_dict(notebook))
    done = run(notebook)
    assert done["cells"][-1]["outputs"][0]["data"]["text/plain"].count("not answered yet") == len(
        bank.draw(SEEDS[0], "J02")[0]
    )
    stubs = [cell["source"] for cell in notebook["cells"] if cell["id"].endswith("-answer")]
    assert all(re.fullmatch(r"answer_\d+ = \.\.\.", "".join(one)) for one in stubs)


def test_a_set_is_graded_from_what_was_handed_in_without_running_it(made, tmp_path):
    questions = bank.draw(SEEDS[0], "J02")[0]
    blank = json.loads((made / "students" / "J02_bank.ipynb").read_text(encoding="utf-8"))
    right = [repr(one.exercise.compute()) for one in questions]
    wrong = repr(questions[0].exercise.mistakes[0].compute())
    class_ = tmp_path / "handed in"
    good = run(json.loads(json.dumps(blank)), [f"pd.Series([{right[0]}])", *right[1:]])
    good["cells"].insert(
        0,
        {
            "cell_type": "code",
            "source": f"open({str(tmp_path / 'ran.txt')!r}, 'w')",
            "outputs": [],
            "metadata": {},
            "id": "x",
        },
    )
    mixed = run(json.loads(json.dumps(blank)), [wrong, "object()", *["..."] * (len(right) - 2)])
    handed_in(class_, "李明/J02_bank.ipynb", good)
    handed_in(class_, "=cmd/J02_bank.ipynb", mixed)
    handed_in(class_, "unrun/J02_bank.ipynb", blank)
    handed_in(class_, "broken/J02_bank.ipynb", "{not json")
    handed_in(class_, "deep/J02_bank.ipynb", "[" * 100_000)
    foreign = run(json.loads(json.dumps(blank)))
    foreign["cells"][-1]["outputs"][0]["data"]["text/plain"] = (
        bank.MARK + '{"set": "J02-0", "world": "", "answers": []}'
    )
    handed_in(class_, "foreign/J02_bank.ipynb", foreign)
    elsewhere = json.dumps(good).replace(data.fingerprint(), "0123456789abcdef")
    handed_in(class_, "elsewhere/J02_bank.ipynb", elsewhere)
    cut = json.loads(json.dumps(foreign))
    cut["cells"][-1]["outputs"][0]["data"]["text/plain"] = bank.MARK + '{"set": "J02'
    handed_in(class_, "cut/J02_bank.ipynb", cut)
    command("bank", "--seed", SEEDS[0], "--lessons", "J02", "--grade", class_, "--out", tmp_path / "out")
    found = roster.table(tmp_path / "out" / "bank_grades.csv", lambda cells: "file" in cells)
    rows = [dict(zip(found[1], cells, strict=True)) for _, cells in found[0]]
    of = {
        name: [row for row in rows if f"{name}/" in row["file"].replace("\\", "/")]
        for name in ("李明", "=cmd", "unrun", "broken", "deep", "foreign", "elsewhere", "cut")
    }
    assert [row["points"] for row in of["李明"]] == ["1"] * len(questions)
    assert not (tmp_path / "ran.txt").exists()
    assert of["=cmd"][0]["mistake"] == questions[0].exercise.mistakes[0].code
    assert [row["status"] for row in of["=cmd"]][1:] == [
        "unreadable",
        *["unattempted"] * (len(questions) - 2),
    ]
    assert [of[name][0]["status"] for name in ("unrun", "broken", "deep", "foreign", "elsewhere", "cut")] == [
        "unreadable"
    ] * 6
    assert "not run" in of["unrun"][0]["said"] and "Another set" in of["foreign"][0]["said"]
    assert "another world" in of["elsewhere"][0]["said"]
    assert "cannot be read" in of["broken"][0]["said"] and "changed or cut off" in of["cut"][0]["said"]


def test_a_trainer_can_judge_answers_by_id(standard_world):
    world.use(standard_world)
    first, second, *_ = bank.draw(SEEDS[0], "J02")[0]
    found = bank.judge(
        SEEDS[0],
        "J02",
        {first.id: first.exercise.compute(), second.id: second.exercise.mistakes[0].compute()},
    )
    assert found[first.id].status == "correct"
    assert found[second.id].mistake == second.exercise.mistakes[0].code
    assert {one.status for id, one in found.items() if id not in {first.id, second.id}} == {"unattempted"}


def test_the_key_names_each_mistake_and_is_escaped(made):
    page = (made / "trainer" / "key.html").read_text(encoding="utf-8")
    for one in bank.draw(SEEDS[0], "J02")[0]:
        assert one.id in page and all(m.code in page for m in one.exercise.mistakes)
    keys = bank.key(SEEDS[0], "J02")
    keys["questions"][0]["title"] = "<script>"
    assert "<script>" not in bank.key_page([keys])


def test_a_folder_without_notebooks_or_without_a_world_is_told(tmp_path):
    with pytest.raises(Told, match="no notebook"):
        command("bank", "--seed", "s", "--lessons", "J01", "--grade", tmp_path, "--out", tmp_path)
    with pytest.raises(Told, match="no world"):
        command("bank", "--seed", "s", "--lessons", "J01", "--world", tmp_path, "--out", tmp_path)
    assert data.fingerprint()
