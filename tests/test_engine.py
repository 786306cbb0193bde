"""The course engine on small exercises whose numbers can be checked in the head."""

import json
import multiprocessing
import sys

import pandas as pd
import pytest
from exercise_forms import Rude
from hypothesis import given
from hypothesis import strategies as st

from mktlib import data
from mktlib.course import checking, kinds, log, reading, registry, text
from mktlib.course.registry import Exercise, Mistake, Wrong


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MKTLIB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MKTLIB_STRICT", "1")
    monkeypatch.setattr(data, "fingerprint", lambda: "test")
    monkeypatch.setattr(log, "_unsaved", [])
    monkeypatch.setattr(log, "_reported", set())
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    checking._misses.clear()
    return tmp_path / "home"


def exercise_of(kind, right, wrongs=(), **fields):
    """A small exercise, registered under T01.1 for the calls that look ids up."""
    mistakes = [
        Mistake(code, f"belief of {code}", "why?", lambda value=value: value) for code, value in wrongs
    ]
    one = Exercise("T01.1", "a test", kind, lambda: right, "Because.", mistakes=mistakes, **fields)
    return one


# inspect.signature of the lambdas above shows a default parameter, which is no table
@pytest.fixture(autouse=True)
def no_tables(monkeypatch):
    monkeypatch.setattr(registry, "call", lambda function, table: function())
    for kept in (checking.key, checking.wrongs, checking.slips):
        kept.cache_clear()


@pytest.fixture
def registered(monkeypatch):
    def register(one):
        monkeypatch.setitem(registry._EXERCISES, one.id, one)
        return one

    return register


RATE = {
    "kind": "number",
    "right": 0.016,
    "wrongs": [("AVG_OF_RATIOS", 0.033)],
    "unit": "fraction",
    "bounds": (0, 1),
}


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (0.016, "correct"),
        (0.01602, "correct"),
        ("1.6%", "correct"),
        ("１.６%", "correct"),
        (pd.Series([0.016]), "correct"),
        (0.033, "mistake"),
        (0.0332, "mistake"),
        (3.3, "mistake"),
        ("3.3 %", "mistake"),
        (1.6, "close"),
        (-0.016, "close"),
        (0.0163, "close"),
        (0.00016, "close"),
        (0.5, "incorrect"),
        (62.5, "incorrect"),
        (0, "incorrect"),
        (..., "unattempted"),
        ("", "unattempted"),
        (None, "unreadable"),
        ("high", "unreadable"),
        (float("nan"), "unreadable"),
        ([1, 2], "unreadable"),
        (True, "unreadable"),
    ],
)
def test_a_rate_is_judged(answer, status):
    assert checking.judge(exercise_of(**RATE), answer).status == status


def test_a_named_mistake_carries_belief_rule_numbers_and_question():
    one = exercise_of(
        "number",
        0.016,
        [("AVG_OF_RATIOS", Wrong(0.033, {"quiet": "3%"}, "It costs CNY 5."))],
        unit="fraction",
    )
    shown = repr(checking.judge(one, 0.033))
    for part in (
        "An average of rates (AVG_OF_RATIOS)",
        "belief of AVG_OF_RATIOS",
        "quiet",
        "It costs CNY 5.",
        "why?",
        "a rate belongs to one denominator",
    ):
        assert part in shown
    assert "0.016" not in shown


def test_a_slip_names_what_to_compare_and_no_mistake():
    one = exercise_of(
        "number", 0.016, unit="fraction", selfcheck={"window": "June only", "filter": "one campaign"}
    )

    @one.slip("window")
    def _():
        """You took May as well."""
        return 0.0162

    verdict = checking.judge(one, 0.0162)
    assert (verdict.status, verdict.mistake) == ("incorrect", None)
    assert "Not yet: window" in repr(verdict) and "You took May as well." in repr(verdict)
    assert "June only" in repr(verdict) and "one campaign" not in repr(verdict)
    with pytest.raises(registry.AuthorError):
        one.slip("moon")


def test_an_upside_down_fraction_is_told_so():
    assert "upside down" in repr(checking.judge(exercise_of("number", 4.0, unit="times"), 0.25))


def test_a_number_beyond_its_bounds_is_told_so():
    assert "cannot be above 1" in repr(checking.judge(exercise_of(**RATE), 40))


def test_a_count_must_be_exact_and_a_near_count_is_close():
    one = exercise_of("number", 1000, unit="count")
    assert checking.judge(one, 1000.0).status == "correct"
    assert checking.judge(one, 1001).status == "close"


def test_another_convention_passes_when_it_is_named():
    one = exercise_of("number", 0.10, [("WRONG_DENOM_CLICKS", 0.08)], unit="fraction")
    one.conventions["per click"] = lambda: 0.08
    assert checking.judge(one, 0.08).mistake == "WRONG_DENOM_CLICKS"
    assert checking.judge(one, 0.08, "per click").status == "correct"
    assert checking.judge(one, 0.08, "per clicks").status == "correct"
    assert checking.judge(one, 0.08, "per moon").status == "unreadable"
    assert checking.judge(one, 0.5, "per click").status == "incorrect"


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"cpa": 10, "cac": 40}, "correct"),
        (pd.Series({"cac": 40.0, "cpa": 10.0}), "correct"),
        ((10, 40), "correct"),
        (pd.DataFrame({"metric": ["cac", "cpa"], "value": [40, 10]}), "correct"),
        ({"CPA": "10", "CAC": "CNY 40"}, "correct"),
        ({"cpa": 10, "cac": 10}, "mistake"),
        ({"cpa": 10, "cac": 40000}, "close"),
        ({"cpa": 10, "cac": 77}, "incorrect"),
        ({"cpa": 10, "cac": ...}, "unattempted"),
        (..., "unattempted"),
        ({"cpa": 10}, "unreadable"),
        ({"cpa": 10, "ca c": 40}, "unreadable"),
        ({"cpa": 10, "cac": None}, "unreadable"),
        ({"cpa": 10, "cac": 40, "roi": 1}, "unreadable"),
        (17, "unreadable"),
    ],
)
def test_a_table_is_judged(answer, status):
    one = exercise_of("table", {"cpa": 10, "cac": 40}, [("CPA_VS_CAC", {"cpa": 10, "cac": 10})], unit="CNY")
    assert checking.judge(one, answer).status == status


def test_a_table_with_columns_says_which_column_is_right():
    right = pd.DataFrame({"ctr": [0.1, 0.2], "cpc": [5.0, 6.0]}, index=["a", "b"])
    one = exercise_of("table", right, unit={"ctr": "fraction", "cpc": "CNY"})
    assert checking.judge(one, right.iloc[::-1].rename_axis("campaign").reset_index()).status == "correct"
    assert "Right: ctr. To look at again: cpc." in repr(checking.judge(one, right.assign(cpc=[50, 70])))
    assert "Is it your 'ctrs'?" in repr(checking.judge(one, right.rename(columns={"ctr": "ctrs"})))


def test_a_table_speaks_of_rows_and_columns_as_they_are_written():
    right = pd.DataFrame({"CTR": [0.1, 0.2]}, index=pd.MultiIndex.from_tuples([("SEM", 1), ("Douyin", 2)]))
    one = exercise_of("table", right.assign(CPC=[5.0, 6.0]), unit={"ctr": "fraction", "cpc": "CNY"})
    told = " ".join(repr(checking.judge(one, right.assign(cpc=[50, 70]))).split())
    assert "SEM / 1 CTR = 0.1 (10.00%)" in told and "Right: CTR. To look at again: CPC." in told
    assert "The column 'CPC' is missing" in repr(checking.judge(one, right))


def test_a_table_of_words_names_the_item_that_was_confused():
    one = exercise_of(
        "table",
        {"report": "execute", "test": "iterate"},
        [("REPORT_AS_FEEDBACK", {"report": "feedback", "test": "iterate"})],
        unit="text",
    )
    assert checking.judge(one, {"report": "Execute ", "test": "iterate"}).status == "correct"
    assert checking.judge(one, {"report": "feedback", "test": "plan"}).mistake == "REPORT_AS_FEEDBACK"
    assert checking.judge(one, {"report": 7, "test": "plan"}).status == "unreadable"


def test_days_are_read_from_dates_and_texts():
    one = exercise_of("table", {"first": "2025-06-01", "last": "2025-06-30"}, unit="date")
    assert checking.judge(one, (pd.Timestamp("2025-06-01"), "30 June 2025")).status == "correct"
    assert checking.judge(one, ("2025-06-02", "2025-06-30")).status == "incorrect"
    assert checking.judge(one, (20250601, "never")).status == "unreadable"


def test_sets_and_rankings_are_judged():
    some = exercise_of("set", {"a", "b", "c"}, [("ZERO_AS_BAD", {"a", "b", "c", "d", "e"})])
    assert checking.judge(some, ["C", "b", "a", "a"]).status == "correct"
    assert checking.judge(some, pd.Series([1, 2, 3], index=list("abc"))).status == "correct"
    assert checking.judge(some, {"a", "b"}).status == "close"
    assert checking.judge(some, "a, b, c, d, e").mistake == "ZERO_AS_BAD"
    order = exercise_of("ranking", ["x", "y", "z"], [("TOP_N_SMALL", ["z", "x", "y"])])
    assert checking.judge(order, pd.Series([9, 5, 1], index=["x", "y", "z"])).status == "correct"
    assert checking.judge(order, ["z", "y", "x"]).status == "close"
    assert checking.judge(order, ["z", "x", "y"]).mistake == "TOP_N_SMALL"
    assert checking.judge(order, {"x", "y", "z"}).status == "unreadable"
    assert checking.judge(order, ["x", "y"]).status == "incorrect"


def test_a_wrong_label_is_named_although_another_was_left_out_for_it():
    some = exercise_of("set", {"a", "b", "c"}, [("ZERO_AS_BAD", {"a", "b", "c", "d"})])
    assert checking.judge(some, {"a", "b", "d"}).mistake == "ZERO_AS_BAD"
    assert checking.judge(some, {"a", "d"}).mistake == "ZERO_AS_BAD"
    assert [checking.judge(some, {"a", "b", *more}).mistake for more in ("", "e", "de")] == [None] * 3


def test_lines_in_order_are_judged():
    lines = dict.fromkeys("abcd", "code")
    one = exercise_of("parsons", ["a b c", "b a c"], [("RATIO_BEFORE_GROUP", "d")], lines=lines)
    assert [
        checking.judge(one, x).status for x in ("bac", "a b c", ["A", "B", "C"], "c b a", "a b", "a z", "")
    ] == ["correct", "correct", "correct", "close", "incorrect", "unreadable", "unattempted"]
    assert checking.judge(one, "d a b c").mistake == "RATIO_BEFORE_GROUP"


@pytest.mark.parametrize(
    ("memo", "status"),
    [
        ("CTR was 1.6%.\nQuiet days had 3.4%.\nPause the broad audience by Friday.", "correct"),
        ("点击率为 1.6%\n平日为 3.4%\n请在周五前暂停宽泛人群。", "correct"),
        ("CTR was 1.6%.\nQuiet days had 3.4%.\nSign my plan by Friday; Zhou caps live.", "correct"),
        ("CTR was 1.6%.\nQuiet days had 3.4%.\nQiao halves live from Monday on.", "correct"),
        ("CTR was 1.6%.\nQuiet days had 3.4%.\nLive tests show more.", "mistake"),
        ("CTR was 1.6%.\nQuiet days had 3.4%.\nThe plan is on track.", "mistake"),
        ("CTR was 3.3%.\nQuiet days had 3.4%.\nPause it today.", "mistake"),
        ("CTR was 1.6%.\nQuiet days had 3.4%.\nWe keep an eye on it.", "mistake"),
        ("CTR was 1.6%.\nQuiet days had 3.4%.\nApprove.", "mistake"),
        ("CTR was 1.6%.\nQuiet days had 3.4%.\nCheck the gifts by Friday.", "correct"),
        ("CTR was 1.6%.\nQuiet days had 3.4%.\nRoll out page B by Friday.", "correct"),
        ("CTR was 1.6%.\nQuiet days had 3.4%.\nDo not sign before Friday.", "correct"),
        ("CTR was 1.6%.\nQuiet days had 3.4%.\nThe programme team keeps it small until Friday.", "correct"),
        ("CTR was 1.6%.\nQuiet days had 3.4%.\nLet Lin count the gifts by 30 June.", "correct"),
        ("点击率1.6%。\n平日为3.4%。\n周五前核对预算。", "correct"),
        ("CTR was low.\nQuiet days had 3.4%.\nPause it today.", "incorrect"),
        ("CTR was 1.6%.\nThat is low.\nPause it today.", "incorrect"),
        ("one line 1.6%", "unreadable"),
        ("...\n...\n...", "unattempted"),
        (17, "unreadable"),
    ],
)
def test_a_memo_is_judged(memo, status):
    one = exercise_of("memo", 0.016, [("AVG_OF_RATIOS", 0.033), ("NO_ACTION", None)], unit="fraction")
    assert checking.judge(one, memo).status == status


@pytest.mark.parametrize(
    "line",
    [
        "39,600 yuan",
        "worth CNY39,600 net",
        "净值39,600元",
        "39.6k",
        "39.6 thousand yuan",
        "3.96万",
        "3.96 万元",
        "0.0396 million",
        "0.0396m",
    ],
)
def test_a_memo_reads_thousands_in_every_notation(line):
    assert reading.numbers_in(line)[0] == pytest.approx(39_600)


def test_a_minus_may_stand_before_or_behind_the_currency():
    assert [reading.number(one, "CNY") for one in ("CNY -59.65", "-CNY 59.65", "-¥1,200")] == [
        -59.65,
        -59.65,
        -1200,
    ]
    with pytest.raises(reading.Unreadable):
        reading.number("--3", "CNY")


@pytest.mark.parametrize("line", ["1.5 pp", "1.5 points", "1.5 percentage points", "1.5个百分点", "1.5%"])
def test_a_memo_reads_points_in_every_notation(line):
    assert reading.numbers_in(line)[0] == pytest.approx(0.015)


def test_the_digits_of_an_id_are_no_number():
    assert reading.numbers_in("C09 brought 3.5 in J08") == [3.5]


def test_a_memo_in_thousands_may_say_the_word():
    one = exercise_of("memo", 987.0, [], unit="thousand CNY")
    lines = "\nLast year it was 400.\nSign it by Friday."
    said = [
        "CNY 987 thousand" + lines,
        "987k" + lines,
        "987" + lines,
        "98.7 million" + lines,
        "98.7万" + lines,
    ]
    assert [checking.judge(one, memo).status for memo in said] == [
        "correct",
        "correct",
        "correct",
        "incorrect",
        "correct",
    ]


@given(st.floats(1e-6, 1e9), st.integers(3, 6))
def test_three_significant_digits_are_enough(right, digits):
    kind = kinds.Number(exercise_of("number", right), right)
    assert kind.same(float(f"{right:.{digits}g}"), right)


@given(st.floats(1e-6, 1e9), st.floats(1.06, 50))
def test_a_wrong_number_is_never_correct(right, factor):
    kind = kinds.Number(exercise_of("number", right), right)
    assert not kind.same(right * factor, right)
    assert kind.apart(right * factor, right)


@given(
    st.recursive(
        st.none() | st.text() | st.floats() | st.integers() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=6,
    )
)
def test_no_answer_breaks_a_kind(answer):
    for kind, right, fields in (
        ("number", 3.0, {}),
        ("table", {"a": 1}, {}),
        ("set", ["a"], {}),
        ("ranking", ["a", "b"], {}),
        ("choice", "a", {"options": {"a": "one", "b": "two"}}),
        ("memo", 3.0, {}),
        ("parsons", "a b", {"lines": {"a": "", "b": ""}}),
    ):
        verdict = checking.judge(exercise_of(kind, right, **fields), answer)
        assert isinstance(repr(verdict) + verdict._repr_html_(), str)


def test_html_in_an_answer_is_escaped(registered):
    registered(exercise_of(**RATE))
    verdict = checking.check("T01.1", "<img src=x onerror=alert(1)>")
    assert "<img" not in verdict._repr_html_()
    assert "&lt;img" in verdict._repr_html_()


def test_an_unknown_id_suggests_the_nearest():
    assert 'Did you mean "J01.1"?' in repr(checking.check("J01,1", 3)) or "J01" in repr(
        checking.check("J01,1", 3)
    )
    for id in (17, None, ["J01.1"], Rude()):
        assert checking.check(id, 3).status == "unreadable"


def test_hints_come_in_steps_and_the_second_miss_points_to_them(registered):
    one = registered(exercise_of(**RATE))
    one.hints("first", "second", "third")
    assert "hint(" not in repr(checking.check("T01.1", 0.5))
    assert 'hint("T01.1")' in repr(checking.check("T01.1", 0.4))
    shown = [repr(checking.hint("T01.1")) for _ in range(4)]
    assert ["first" in shown[0], "second" in shown[1], "third" in shown[2], "third" in shown[3]] == [True] * 4


def test_the_first_guess_counts_and_is_compared(registered):
    registered(exercise_of(**RATE | {"kind": "prediction"}))
    assert checking.predict("T01.1", ..., confidence=...).status == "unattempted"
    assert "no guess here" in repr(checking.predict("T01.1"))
    assert checking.predict("T01.1", 0.033, confidence=5).status == "saved"
    assert "first guess" in repr(checking.predict("T01.1", 0.016, confidence=2))
    compared = repr(checking.predict("T01.1"))
    assert (
        "Guess and result differ" in compared
        and "You were sure" in compared
        and "belief of AVG_OF_RATIOS" in compared
    )
    assert checking.predict("T01.1", 0.03, confidence=9).status == "unreadable"
    assert "how sure" in repr(checking.predict("T01.1", 0.03))


def test_an_nbgrader_run_raises_for_everything_but_correct(registered, monkeypatch):
    registered(exercise_of(**RATE))
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert checking.check("T01.1", 0.016)
    for answer in (0.033, ...):
        with pytest.raises(checking.Failed):
            checking.check("T01.1", answer)


def test_our_own_failure_is_told_without_a_traceback(registered, monkeypatch):
    one = registered(exercise_of(**RATE))
    one.compute = lambda: 1 / 0
    monkeypatch.delenv("MKTLIB_STRICT")
    assert "Our mistake, not yours" in repr(checking.check("T01.1", 0.016))


def test_a_quiz_keeps_the_answers_marks_nothing_and_says_where_to_start(registered):
    letters = {"a": "one", "b": "two"}
    right = {"j1": "a", "j2": "a", "m1": "a", "s1": "a"}
    registered(exercise_of("quiz", right, options=dict.fromkeys(right, letters)))
    junior = {"j1": ("b", 5), "j2": ("?", 1), "m1": ("a", 2), "s1": ("a", 2)}
    assert "start: J01" in repr(checking.check("T01.1", junior))
    assert log.read()[0][0]["kept"] == {key: list(pair) for key, pair in junior.items()}
    assert "start: M01" in repr(
        checking.check("T01.1", {"j1": ("a", 1), "j2": ("a", 1), "m1": ("b", 1), "s1": ("b", 1)})
    )
    assert checking.check("T01.1", junior | {"m1": (..., ...)}).status == "unattempted"
    assert checking.check("T01.1", junior | {"m1": ("z", 1)}).status == "unreadable"
    assert checking.check("T01.1", junior | {"m1": "a"}).status == "unreadable"
    assert checking.check("T01.1", {"j1": ("a", 1)}).status == "unreadable"


def test_a_prediction_can_be_a_choice(registered):
    registered(exercise_of("prediction", "a", [("SIMPSON", "b")], options={"a": "one", "b": "two"}))
    checking.predict("T01.1", "b", confidence=2)
    assert "belief of SIMPSON" in repr(checking.predict("T01.1"))


# ---------------------------------------------------------------- the log


def test_a_check_is_logged_and_a_stub_is_not(registered):
    registered(exercise_of(**RATE))
    checking.check("T01.1", ...)
    checking.check("T01.1", 0.033)
    entries, damaged = log.read()
    assert [(e["id"], e["status"], e["mistake"]) for e in entries] == [("T01.1", "mistake", "AVG_OF_RATIOS")]
    assert damaged == 0


def test_a_torn_line_is_skipped_reported_and_the_next_one_is_whole(home):
    log.append("check", id="A")
    with log.path().open("ab") as file:
        file.write(b'{"time": "2026", "ev')
    log.append("check", id="B")
    entries, damaged = log.read()
    assert [e["id"] for e in entries] == ["A", "B"] and damaged == 1
    assert "1 line" in log.damage_report(damaged) and log.damage_report(damaged) == ""


def test_binary_rubbish_in_the_log_does_no_harm(home):
    log.append("check", id="A")
    with log.path().open("ab") as file:
        file.write(b"\xff\xfe\x00[1,2]\n[1]\n17\nnull\n\n")
    assert [e["id"] for e in log.read()[0]] == ["A"]


def test_a_folder_that_cannot_be_written_is_told_once_and_the_session_remembers(
    tmp_path, monkeypatch, registered
):
    registered(exercise_of(**RATE))
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("MKTLIB_HOME", str(tmp_path / "file"))
    first, second = repr(checking.check("T01.1", 0.016)), repr(checking.check("T01.1", 0.016))
    assert "cannot be saved" in first and "cannot be saved" not in second and "Correct" in second
    assert len(log.read()[0]) == 2


def test_a_full_disk_is_told_once(monkeypatch, registered):
    import errno

    registered(exercise_of(**RATE))

    def full(line):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(log, "_write", full)
    assert "No space left on device" in " ".join(repr(checking.check("T01.1", 0.016)).split())
    assert "No space" not in repr(checking.check("T01.1", 0.016))


def _write_many(home, name):
    import os

    os.environ["MKTLIB_HOME"] = home
    for number in range(100):
        log.append("check", id=name, number=number)


def test_two_notebooks_lose_no_line(home):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_many, args=(str(home), name)) for name in "AB"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    entries, damaged = log.read()
    assert damaged == 0
    assert sorted((e["id"], e["number"]) for e in entries) == [(name, n) for name in "AB" for n in range(100)]


def test_the_log_is_plain_json_lines(home):
    log.append("check", id="A", answer="点击率")
    line = log.path().read_text(encoding="utf-8").splitlines()[0]
    assert json.loads(line)["answer"] == "点击率"


def test_what_is_kept_per_world_is_computed_once_in_each(monkeypatch):
    seen = []
    shared = registry.per_world(lambda orders: seen.append(orders) or len(seen))
    assert [shared("a"), shared("a")] == [1, 1]
    monkeypatch.setattr(data, "fingerprint", lambda: "another")
    assert shared("b") == 2 and seen == ["a", "b"]


# ---------------------------------------------------------------- small things


def test_importing_mktlib_imports_nothing_heavy():
    import subprocess

    code = "import sys, mktlib; print(sorted({'pandas','numpy','duckdb','matplotlib','ipywidgets'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_numbers_read_as_they_are_written_on_the_desk():
    assert text.percent(0.016) == "1.6%"
    assert text.points(0.004) == "+0.4 pp"
    assert text.yuan(1234.5) == "CNY 1,234"
    assert text.yuan(2.5) == "CNY 2.50"
