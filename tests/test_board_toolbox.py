"""The desk of SC: what may be handed in, that the first forecast counts, and that a plan is played with the owners' money."""

import pandas as pd
import pytest

from mktlib import board, world
from mktlib.course import log


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch, standard_world):
    monkeypatch.setenv("MKTLIB_HOME", str(tmp_path))
    world.use(standard_world)


def forecast(level):
    return pd.DataFrame({"q10": 0.8 * level, "q50": level, "q90": 1.2 * level}, index=board.WEEKS)


def test_the_first_forecast_counts_and_is_kept(capsys):
    first = board.hand_in(forecast(600_000.0))
    again = board.hand_in(forecast(1.0))
    assert again.equals(first)
    assert "is the one that counts" in capsys.readouterr().out
    assert [entry["event"] for entry in log.read()[0]] == ["forecast"]


def test_a_forecast_that_is_the_quarter_has_no_loss_and_holds_all_weeks():
    actual, _ = board._sealed_weeks()
    found = board.scores(pd.DataFrame({name: actual for name in board.QUANTILES}))
    assert found == {"below": 1.0, "inside": 13}


def test_last_years_weeks_are_not_below_themselves():
    _, sales = board._sealed_weeks()
    before = pd.Series(sales[board.WEEKS - 52 * pd.Timedelta(days=7)].to_numpy(), board.WEEKS)
    found = board.scores(pd.DataFrame({name: before for name in board.QUANTILES}))
    assert found["below"] == pytest.approx(0)
    assert board.verdict(found)["pinball loss"] == "not below"


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
    ],
)
def test_a_frame_that_cannot_be_scored_says_why_and_is_not_kept(change, said):
    with pytest.raises(board.BoardError, match=said):
        board.hand_in(change(forecast(600_000.0)))
    assert log.read()[0] == []


def test_a_forecast_that_was_not_made_yet_is_not_kept():
    assert board.hand_in(...) is ...
    assert log.read()[0] == []


def test_only_the_split_of_a_plan_is_played():
    value = pd.Series(1.0, board.LEVERS)
    plan = pd.Series(range(1, 8), board.LEVERS, dtype=float)
    assert board.play_plan(plan, value)["plan"] == pytest.approx(board.play_plan(3 * plan, value)["plan"])


def test_a_plan_without_a_lever_is_refused():
    with pytest.raises(board.BoardError, match="SEM"):
        board.play_plan(pd.Series(1.0, board.LEVERS[:-1]), pd.Series(1.0, board.LEVERS))
