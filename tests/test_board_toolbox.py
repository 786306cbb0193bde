"""The desk of SC: what may be handed in, that the first forecast counts, and that a plan is played with the owners' money."""

import pandas as pd
import pytest

from mktlib import board, world
from mktlib.course import log
from mktlib.forecast import growing_naive, seasonal_naive


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch, standard_world):
    monkeypatch.setenv("MKTLIB_HOME", str(tmp_path))
    world.use(standard_world)


def forecast(level):
    return pd.DataFrame({"q10": 0.8 * level, "q50": level, "q90": 1.2 * level}, index=board.WEEKS)


def test_the_first_forecast_counts_and_is_kept(capsys):
    first = board.hand_in(forecast(600_000.0))
    again = board.hand_in(forecast(500_000.0))
    assert again.equals(first)
    assert "is the one that counts" in capsys.readouterr().out
    assert [entry["event"] for entry in log.read()[0]] == ["forecast"]


def test_the_score_is_said_in_words_that_hold_on_both_sides_of_the_bar(capsys):
    board.hand_in(forecast(1_900_000.0))
    said = capsys.readouterr().out
    assert "% above that of last year's weeks, grown" in said and "-" not in said


def test_a_forecast_that_is_the_quarter_has_no_loss_and_holds_all_weeks():
    actual, _ = board._sealed_weeks()
    found = board.scores(pd.DataFrame({name: actual for name in board.QUANTILES}))
    assert found == {"grown": 1.0, "below": 1.0, "flat": 1.0, "inside": 13, "widest": 1.0}


def test_a_flat_line_beats_last_years_weeks_but_not_itself():
    _, past = board._sealed_weeks()
    flat = pd.Series(past.tail(8).mean(), board.WEEKS)
    parts = zip(board.QUANTILES, board.SPREAD, strict=True)
    found = board.scores(pd.DataFrame({name: part * flat for name, part in parts}))
    assert found["grown"] > board.GOOD and found["flat"] == pytest.approx(0)
    assert board.verdict(found)["pinball loss"] == "no better than a flat line"


@pytest.mark.parametrize(("bar", "score"), [(seasonal_naive, "below"), (growing_naive, "grown")])
def test_a_bar_is_not_below_itself(bar, score):
    _, past = board._sealed_weeks()
    found = board.scores(pd.DataFrame({name: bar(past, board.WEEKS) for name in board.QUANTILES}))
    assert found[score] == pytest.approx(0)


@pytest.mark.parametrize(
    ("change", "loss", "ranges"),
    [
        ({}, "at least 20 % below", "hold"),
        ({"grown": 0.1}, "below, by less", "hold"),
        ({"flat": 0.05}, "no better than a flat line", "hold"),
        ({"grown": 0.0, "inside": 8}, "not below", "too narrow"),
        ({"widest": 3.1}, "at least 20 % below", "too wide to order by"),
        ({"widest": 3.1, "inside": 8}, "at least 20 % below", "too wide to order by"),
    ],
)
def test_a_score_is_judged_by_its_loss_its_weeks_and_its_width(change, loss, ranges):
    found = {"grown": 0.2, "below": 0.5, "flat": 0.1, "inside": 9, "widest": 3.0} | change
    assert board.verdict(found).tolist() == [loss, ranges]


def test_a_range_that_holds_any_week_is_too_wide():
    _, past = board._sealed_weeks()
    middle = growing_naive(past, board.WEEKS)
    found = board.scores(pd.DataFrame({"q10": 0.2 * middle, "q50": middle, "q90": 3 * middle}))
    assert found["inside"] == 13
    assert board.verdict(found)["80 % ranges"] == "too wide to order by"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda frame: frame["q50"], "A DataFrame is asked for"),
        (lambda frame: frame.rename(columns={"q90": "q95"}), "'q90' is missing"),
        (lambda frame: frame.iloc[1:], "29 December 2025 is missing"),
        (lambda frame: frame.assign(q10=2 * frame["q90"]), "not in order"),
        (lambda frame: frame.assign(q50=float("nan")), "above 0"),
        (lambda frame: frame.assign(q50="many"), "cannot be read"),
        (lambda frame: frame.reset_index(drop=True), "29 December 2025 is missing"),
        (lambda frame: frame / 1000, "Yuan, not thousands"),
        (lambda frame: 10 * frame, "Nothing was handed in"),
    ],
)
def test_a_frame_that_cannot_be_scored_says_why_and_is_not_kept(change, said):
    with pytest.raises(board.BoardError, match=said):
        board.hand_in(change(forecast(600_000.0)))
    assert log.read()[0] == []


def test_a_forecast_that_was_not_made_yet_is_not_kept():
    assert board.hand_in(...) is ...
    assert log.read()[0] == []


def test_true_returns_leave_out_the_weeks_of_the_flight():
    spend = board.mart().x
    before = board.true_returns(spend)
    flown = spend.index[spend["flight"] > 0][
        -1
    ]  # a week of the last quarter, in which Douyin's labels hold the flight, too
    assert flown in spend.index[-13:]
    spend = spend.copy()
    spend.loc[flown, board.LEVERS] *= 10
    assert board.true_returns(spend).equals(before)


def test_only_the_split_of_a_plan_is_played():
    value = pd.Series(1.0, board.LEVERS)
    plan = pd.Series(range(1, 8), board.LEVERS, dtype=float)
    assert board.play_plan(plan, value)["plan"] == pytest.approx(board.play_plan(3 * plan, value)["plan"])


def test_a_plan_without_a_lever_is_refused():
    with pytest.raises(board.BoardError, match="SEM"):
        board.play_plan(pd.Series(1.0, board.LEVERS[:-1]), pd.Series(1.0, board.LEVERS))
