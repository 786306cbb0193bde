"""What notebooks show is for everybody: figures in words, texts with contrast, nothing by colour alone, feedback for a terminal."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import same_color
from matplotlib.text import Text

from mktlib import plots
from mktlib.course.verdict import COLOURS, COLUMNS, SIGNS, Verdict
from tests.conftest import ROOT

GROUNDS = ("#ffffff", "#111111")  # of JupyterLab, light and dark
SOLUTIONS = sorted((ROOT / "solutions").glob("*/*.ipynb"))
LEVELS = pd.DataFrame(np.linspace(0.0, 1.0, 42).reshape(7, 6), columns=[f"line {i}" for i in range(6)])
SAY = {"title": "One rises", "alt": "A figure for a test."}


# --- figures -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_every_stored_figure_says_in_a_sentence_what_it_shows(path):
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        for output in cell.get("outputs", []):
            if "image/png" not in output.get("data", {}):
                continue
            alt = output["metadata"]["image/png"]["alt"]
            assert len(alt.split()) >= 5 and alt.strip().endswith((".", ")", "!", "?")), (cell["id"], alt)
            assert "".join(output["data"]["text/plain"]).strip() == alt, cell[
                "id"
            ]  # a terminal reads the same


def test_a_page_made_from_a_notebook_keeps_the_sentences():
    from nbconvert import HTMLExporter

    page, _ = HTMLExporter(template_name="classic").from_filename(str(SOLUTIONS[2]))
    pictures = re.findall(r"<img[^>]*>", page)
    assert pictures
    assert all(re.search(r'alt="[^"]{20,}"', picture) for picture in pictures)


def drawings():
    """One figure of every function of the house."""
    series = LEVELS["line 3"].rename(lambda i: f"step {i}")
    dots = pd.DataFrame({"cpc": [1.0, 2.0, 3.0], "cvr_click": [0.02, 0.03, 0.01]}, index=["a", "b", "c"])
    return {
        "bars": plots.bars(series, ylabel="orders", highlight="step 2", **SAY),
        "lines": plots.lines(LEVELS, ylabel="orders", **SAY),
        "scatter": plots.scatter_break_even(dots, 80, **SAY),
        "funnel": plots.funnel(1000 * series[::-1], **SAY),
        "bridge": plots.bridge(10, pd.Series({"up": 3.0, "down": -2.0}), ylabel="orders", **SAY),
        "control chart": plots.control_chart(series, 0.5, 0.2, 0.8, ylabel="orders", **SAY),
        "heat map": plots.heat_map(LEVELS, **SAY),
        "small multiples": plots.small_multiples(LEVELS, ylabel="orders", **SAY),
    }


@pytest.fixture(scope="module")
def drawn():
    return {name: picture.figure for name, picture in drawings().items()}


def test_letters_in_figures_stand_out_from_white(drawn):
    for name in set(drawn) - {"heat map", "funnel"}:
        for text in drawn[name].findobj(Text):
            if text.get_text().strip():
                assert plots.contrast(text.get_color(), "white") >= 4.5, (name, text.get_text())


def test_letters_on_coloured_ground_stand_out_from_it(drawn):
    image = drawn["heat map"].axes[0].images[0]
    values = image.get_array()
    for text in drawn["heat map"].axes[0].texts:
        column, row = map(int, text.get_position())
        assert plots.contrast(text.get_color(), image.to_rgba(values[row, column])) >= 4.5
    grounds = ["white", drawn["funnel"].axes[0].patches[0].get_facecolor()]
    shades = [
        max(plots.contrast(text.get_color(), ground) for ground in grounds)
        for text in drawn["funnel"].axes[0].texts
    ]
    inside = [text for text in drawn["funnel"].axes[0].texts if text.get_ha() == "right"]
    assert inside and all(plots.contrast(text.get_color(), grounds[1]) >= 4.5 for text in inside)
    assert min(shades) >= 4.5


def test_no_figure_tells_things_apart_by_colour_alone(drawn):
    lines = drawn["lines"].axes[0].lines
    assert len({line.get_marker() for line in lines}) == len(lines)
    assert {text.get_text() for text in drawn["lines"].axes[0].texts} == set(LEVELS.columns)
    for name, plain in [("bars", plots.BLUE), ("bridge", plots.BLUE)]:
        bars = [bar for bar in drawn[name].axes[0].patches if not same_color(bar.get_facecolor(), plots.GREY)]
        for bar in bars:
            assert bool(bar.get_hatch()) != same_color(bar.get_facecolor(), plain), name
    marks = drawn["scatter"].axes[0].collections
    assert len({tuple(mark.get_paths()[0].vertices.ravel().round(3)) for mark in marks}) == len(marks) == 2


# --- feedback ------------------------------------------------------------------------------------

LONG = Verdict(
    "J01.1",
    "CTR of the June campaign " * 6,
    "mistake",
    mistake="AVG_OF_RATIOS",
    headline="An average of rates",
    lines=(("", "You averaged thirty daily rates. " * 12), ("Rule", "Add up first, divide once. " * 9)),
    shows={"promotion days among the days": "10%", "promotion days among the impressions": "75% " * 30},
    back="A rate of rates",
)


def test_feedback_in_a_terminal_fits_a_hundred_columns_and_holds_no_html():
    said = repr(LONG)
    assert max(map(len, said.splitlines())) <= COLUMNS == 100
    assert not re.search(r"</?\w+[^>]*>", said)
    words = " ".join(said.split())
    for _, sentence in LONG.lines:
        assert " ".join(sentence.split()) in words  # nothing is cut off
    assert said.splitlines()[0].startswith("✗ An average of rates")


def test_code_in_feedback_keeps_its_lines():
    code = "x = [\n    1,\n]  " + "#" * 120
    assert code in repr(Verdict("J01.1", "t", "shown", code=code))


def test_every_verdict_says_in_a_sign_and_a_word_what_its_bar_says_in_colour():
    assert set(SIGNS) == set(COLOURS)
    for status, (sign, word) in SIGNS.items():
        shown = Verdict("J01.1", "CTR", status)._repr_html_()
        assert f"{sign} {word}" in shown


@pytest.mark.parametrize("status", COLOURS)
def test_verdicts_can_be_read_on_light_and_dark_pages(status):
    shown = Verdict(
        "J01.1", "CTR", status, lines=(("Rule", "r"),), shows={"a": "b"}, back="B", code="c"
    )._repr_html_()
    styles = " ".join(re.findall(r"style='([^']*)'", shown))
    assert not re.search(r"(?<!-)\b(color|background)\b\s*:", styles)  # letters have the page's own colours
    assert f"solid {COLOURS[status]}" in styles
    assert min(plots.contrast(COLOURS[status], ground) for ground in GROUNDS) >= 3


def test_nothing_in_the_package_moves_by_itself():
    for path in (ROOT / "mktlib").rglob("*.py"):
        assert not re.search(
            r"@keyframes|animation\s*:|FuncAnimation|<marquee|<blink", path.read_text(encoding="utf-8")
        ), path
