import base64
import io
import json
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from matplotlib.colors import to_hex
from matplotlib.image import imread

from mktlib import plots
from mktlib.inputs import ColumnMissing
from mktlib.plots import (
    AltMissing,
    bars,
    bridge,
    control_chart,
    funnel,
    heat_map,
    lines,
    scatter_break_even,
    show,
    small_multiples,
)

plt.switch_backend("agg")
SPEND = pd.Series({"search": 300.0, "feed": 200.0, "mail": 50.0})
KEYWORDS = pd.DataFrame(
    {"cpc": [1.0, 5.0, 2.0], "cvr_click": [0.02, 0.02, 0.02]}, index=["low", "high", "even"]
)


@pytest.fixture
def published(monkeypatch):
    """What a notebook would receive: a list of (data, metadata)."""
    outputs = []
    shell = InteractiveShell.instance()
    monkeypatch.setattr(
        shell.display_pub, "publish", lambda data, metadata=None, **_: outputs.append((data, metadata))
    )
    yield outputs
    InteractiveShell.clear_instance()


def axes_of(picture):
    return picture.figure.axes[0]


def texts_of(picture):
    axes = axes_of(picture)
    return {text.get_text() for text in axes.texts}


# --- show


def test_a_shown_figure_is_one_output_with_its_sentence(published):
    figure, axes = plt.subplots()
    axes.plot([1, 2])
    show(figure, alt="The line rises.")
    ((data, metadata),) = published
    assert data["text/plain"] == "The line rises." and metadata["image/png"]["alt"] == "The line rises."
    assert imread(io.BytesIO(_bytes(data["image/png"]))).shape[2] == 4
    assert not plt.fignum_exists(figure.number)


def _bytes(png):
    return png if isinstance(png, bytes) else base64.b64decode(png)


@pytest.mark.parametrize("alt", [None, "", "   ", 3])
def test_a_figure_without_a_sentence_is_refused_with_the_remedy(alt):
    figure, axes = plt.subplots()
    with pytest.raises(AltMissing, match="write one sentence"):
        show(axes, alt=alt)
    plt.close(figure)


@pytest.mark.parametrize(
    "draw", [lambda **k: bars(SPEND, "t", "y", **k), lambda **k: lines(SPEND, "t", "y", **k)]
)
def test_drawing_functions_refuse_to_draw_without_a_sentence(draw):
    with pytest.raises(AltMissing):
        draw()
    assert draw(alt="Search costs most.").alt == "Search costs most."


def test_axes_and_pandas_plots_and_pictures_can_be_shown(published):
    show(SPEND.plot.bar(), alt="One.")
    show(plt.subplots(1, 2)[1], alt="Two.")
    show(bars(SPEND, "t", "y", alt="Three."))
    assert [data["text/plain"] for data, _ in published] == ["One.", "Two.", "Three."]
    assert plt.get_fignums() == []


def test_something_that_is_no_figure_is_named():
    with pytest.raises(TypeError, match="no figure but list"):
        show([1, 2], alt="A list.")


def test_equal_figures_give_equal_bytes_without_a_program_name():
    one, two = (plots.png(bars(SPEND, "t", "y", alt="a").figure) for _ in range(2))
    assert one == two and one.startswith(b"\x89PNG")
    assert b"Software" not in one and b"matplotlib" not in one
    assert one != plots.png(bars(SPEND + 1, "t", "y", alt="a").figure)


def test_a_picture_at_the_end_of_a_cell_shows_itself():
    data, metadata = bars(SPEND, "t", "y", alt="Search costs most.")._repr_mimebundle_()
    assert set(data) == {"image/png", "text/plain"} and metadata["image/png"]["alt"] == "Search costs most."
    assert repr(bars(SPEND, "t", "y", alt="Search costs most.")) == "Search costs most."


def test_drawing_leaves_no_figure_and_no_setting_behind():
    before = dict(plt.rcParams)
    bars(SPEND, "t", "y", alt="a"), lines(SPEND, "t", "y", alt="a")
    assert plt.get_fignums() == [] and dict(plt.rcParams) == before


def test_characters_without_a_font_are_said_on_stdout_and_not_on_stderr(capsys, monkeypatch):
    monkeypatch.setattr(plots, "CHINESE_FONTS", ())
    plots.png(bars(pd.Series({"纸尿裤": 1}), "t", "y", alt="a").figure)
    out, err = capsys.readouterr()
    assert "Chinese font" in out and err == ""


# --- house style


def test_the_house_palette_survives_seaborn(monkeypatch):
    seaborn = pytest.importorskip("seaborn")
    with plt.rc_context():
        seaborn.set_theme(rc=plots.rc())
        assert [to_hex(c) for c in plt.rcParams["axes.prop_cycle"].by_key()["color"]] == list(plots.PALETTE)


def test_the_palette_is_petroff6():
    import matplotlib

    assert [to_hex(colour) for colour in matplotlib.color_sequences["petroff6"]] == list(plots.PALETTE)


def test_the_style_ends_with_its_block():
    with plots.style():
        assert not plt.rcParams["axes.spines.top"]
    assert plt.rcParams["axes.spines.top"]


# --- bars


def test_bars_stand_on_zero_and_carry_their_values():
    picture = bars(pd.Series({"a": 900, "b": 1000}), "B is a little more", "orders", alt="a")
    assert axes_of(picture).get_ylim()[0] == 0 and texts_of(picture) == {"900", "1,000"}
    assert picture.figure.get_suptitle() == "B is a little more" and axes_of(picture).get_ylabel() == "orders"


def test_a_highlight_differs_by_more_than_colour():
    patches = axes_of(bars(SPEND, "t", "y", highlight="feed", alt="a")).patches
    assert [patch.get_hatch() or "" for patch in patches] == ["", "//", ""]
    assert patches[0].get_facecolor() == patches[2].get_facecolor() != patches[1].get_facecolor()


def test_a_highlight_that_is_no_bar_is_named():
    with pytest.raises(KeyError, match=r"no bar 'radio'.*search, feed, mail"):
        bars(SPEND, "t", "y", highlight=["radio"], alt="a")


def test_of_many_bars_only_the_highlighted_ones_are_labelled():
    days = pd.Series(range(30), index=pd.date_range("2025-06-01", periods=30))
    picture = bars(days, "t", "y", highlight=["2025-06-03", "2025-06-05"], alt="a")
    assert texts_of(picture) - {""} == {"2", "4"}
    assert 4 <= len(axes_of(picture).get_xticks()) <= 10


def test_fractions_are_written_as_percent_and_gaps_as_no_data():
    picture = bars(
        pd.Series({"core": 0.031, "broad": 0.0081, "new": np.nan}), "t", "CTR", percent=True, alt="a"
    )
    assert texts_of(picture) == {"3.10%", "0.81%", "no data"}


def test_long_labels_turn_the_bars_on_their_side():
    long = pd.Series(1.0, index=[f"a channel with a long name {i}" for i in range(5)])
    axes = axes_of(bars(long, "t", "spend (CNY)", alt="a"))
    assert axes.get_xlabel() == "spend (CNY)" and axes.get_xlim()[0] == 0


def test_bars_of_nothing_do_not_fail():
    assert plots.png(bars(pd.Series(dtype=float), "t", "y", alt="a").figure)


# --- lines


def test_lines_are_named_at_their_ends_and_differ_by_dashes():
    table = pd.DataFrame({"mean of rates": [3, 3], "rate of totals": [3, 1]}, index=[0.0, 1.0])
    picture = lines(table, "t", "CTR", alt="a")
    assert texts_of(picture) == {"mean of rates", "rate of totals"}
    assert len({line.get_linestyle() for line in axes_of(picture).lines}) == 2


def test_names_of_lines_that_end_together_do_not_overlap():
    table = pd.DataFrame({name: [0, end] for name, end in zip("abcd", [1, 1, 1.01, 5], strict=True)})
    picture = lines(table, "t", "y", alt="a")
    picture.figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in axes_of(picture).texts]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_heights_are_moved_apart_and_stay_in_order():
    assert plots._apart(np.array([1.0, 1.0, 5.0]), 1).tolist() == pytest.approx([2 / 3, 5 / 3, 14 / 3])
    assert plots._apart(np.array([3.0, 1.0]), 1).tolist() == [3, 1]


def test_seven_lines_are_too_many():
    with pytest.raises(ValueError, match="at most 6"):
        lines(pd.DataFrame(np.zeros((2, 7))), "t", "y", alt="a")


def test_dates_on_an_axis_are_read_by_people():
    table = pd.Series(range(30), index=pd.date_range("2025-06-01", periods=30))
    axes = axes_of(lines(table, "t", "y", alt="a"))
    assert [label.get_text() for label in axes.get_xticklabels()][:2] == ["1 Jun", "6 Jun"]


# --- break-even plane


def test_dots_above_the_line_lose_and_dots_on_it_earn():
    picture = scatter_break_even(KEYWORDS, 100, "t", alt="a")  # break-even CPC is 100 x 0.02 = 2
    earns, loses = axes_of(picture).collections
    assert earns.get_offsets().tolist() == [[0.02, 1], [0.02, 2]] and loses.get_offsets().tolist() == [
        [0.02, 5]
    ]
    assert not np.array_equal(
        earns.get_paths()[0].vertices, loses.get_paths()[0].vertices
    )  # shape, not colour alone
    assert "high" in texts_of(picture)
    assert axes_of(picture).lines[0].get_slope() == 100


def test_names_of_dots_do_not_overlap_and_stay_inside():
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"cpc": rng.gamma(3, 1.2, 60), "cvr_click": rng.beta(2, 50, 60)}).rename(
        lambda i: f"word {i}"
    )
    picture = scatter_break_even(table, 90, "t", alt="a")
    boxes = [text.get_window_extent() for text in axes_of(picture).texts]
    frame = axes_of(picture).get_window_extent()
    assert len(boxes) >= 6
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert all(frame.x0 <= box.x0 and box.x1 <= frame.x1 for box in boxes)


def test_limits_hold_the_axes_still():
    axes = axes_of(scatter_break_even(KEYWORDS, 100, "t", alt="a", limits=(0.1, 9)))
    assert axes.get_xlim() == (0, 0.1) and axes.get_ylim() == (0, 9)


def test_names_that_no_font_can_draw_are_left_out(capsys, monkeypatch):
    monkeypatch.setattr(plots, "CHINESE_FONTS", ())
    picture = scatter_break_even(
        KEYWORDS.assign(word=["纸尿裤", "wipes", "奶瓶"]), 100, "t", alt="a", label="word"
    )
    assert texts_of(picture) == {"wipes"}
    assert plots.png(picture.figure) and capsys.readouterr() == ("", "")


def test_keywords_without_orders_or_clicks_do_not_break_the_plane():
    table = KEYWORDS.assign(cvr_click=[0.0, np.nan, 0.02])
    earns, loses = axes_of(scatter_break_even(table, 100, "t", alt="a")).collections
    assert len(earns.get_offsets()) == 1 and len(loses.get_offsets()) == 1


def test_a_missing_column_of_the_plane_is_named():
    with pytest.raises(ColumnMissing, match="'cpc'"):
        scatter_break_even(KEYWORDS.rename(columns={"cpc": "cpcs"}), 100, "t", alt="a")


@pytest.mark.parametrize(
    "draw",
    [
        lambda: bars(
            SPEND,
            "A title that is long enough to need a second line in every figure of the course",
            "y",
            alt="a",
        ),
        lambda: lines(pd.DataFrame({"a line with a long name": [1, 2]} | {"b": [2, 1]}), "t", "y", alt="a"),
        lambda: scatter_break_even(KEYWORDS, 100, "t", alt="a"),
    ],
    ids=["bars", "lines", "plane"],
)
def test_nothing_is_cut_off_at_the_edge_of_the_canvas(draw):
    pixels = imread(io.BytesIO(plots.png(draw().figure, tight=False)))[:, :, :3]
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    assert edge.min() == 1  # white all around


def test_importing_plots_leaves_matplotlib_alone():
    code = "import json, sys, mktlib.plots; print(json.dumps('matplotlib' in sys.modules))"
    root = Path(plots.__file__).parents[1]
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root
    )
    assert json.loads(result.stdout) is False


# --- funnel, bridge, control chart, heat map, small multiples


def test_a_funnel_writes_people_and_the_share_of_the_step_before():
    steps = pd.Series({"view": 1000, "cart": 250, "pay": 50})
    axes = axes_of(funnel(steps, "Most leave before the cart", alt="a"))
    assert texts_of(funnel(steps, "t", alt="a")) == {
        "1,000",
        "250  25.0% of the step before",
        "50  20.0% of the step before",
    }
    assert axes.get_xlim()[0] == 0 and [bar.get_width() for bar in axes.patches] == [1000, 250, 50]


def test_a_funnel_with_an_empty_step_or_none_at_all_does_not_fail():
    assert plots.png(funnel(pd.Series({"view": 0, "cart": np.nan, "pay": 3}), "t", alt="a").figure)
    assert plots.png(funnel(pd.Series(dtype=float), "t", alt="a").figure)


def test_a_bridge_ends_where_its_changes_lead():
    axes = axes_of(bridge(100, {"visits": -40, "rate": 25}, "t", "orders", alt="a"))
    assert texts_of(bridge(100, {"visits": -40, "rate": 25}, "t", "orders", alt="a")) == {
        "100",
        "-40",
        "+25",
        "85",
    }
    rise, fall, *ends = axes.patches
    assert (rise.get_y(), rise.get_height()) == (60, 25) and (fall.get_y(), fall.get_height()) == (100, -40)
    assert [bar.get_height() for bar in ends] == [100, 85] and axes.get_ylim()[0] == 0
    assert fall.get_hatch() and not rise.get_hatch()


def test_the_levels_of_a_cut_bridge_are_no_bars():
    axes = axes_of(bridge(1000, {"visits": -40, "rate": 25}, "t", "orders", alt="a"))
    assert len(axes.patches) == 2 and axes.get_ylabel() == "orders, axis cut" and axes.get_ylim()[0] > 900


def test_a_bridge_refuses_a_change_that_is_missing():
    with pytest.raises(ValueError, match="every change as a number"):
        bridge(1, {"rate": np.nan}, "t", "y", alt="a")


def test_only_points_outside_their_own_limits_are_marked():
    weeks = pd.Series([5.0, 9.0, 9.0], index=pd.date_range("2025-01-06", periods=3, freq="7D"))
    upper = pd.Series([8.0, 8.0, 10.0], index=weeks.index)
    marks = axes_of(control_chart(weeks, 6, 4, upper, "t", "y", alt="a")).lines[-1]
    assert marks.get_xdata().tolist() == [1] and marks.get_ydata().tolist() == [9]


def test_cells_of_a_heat_map_without_a_value_stay_blank():
    table = pd.DataFrame([[1.0, 0.5], [1.0, np.nan]], index=["Jan", "Feb"], columns=[0, 1])
    picture = heat_map(table, "t", alt="a", percent=True)
    assert sorted(text.get_text() for text in axes_of(picture).texts) == ["100%", "100%", "50%"]
    assert plots.png(heat_map(table * np.nan, "t", alt="a").figure)


def test_panels_share_their_axes_and_the_empty_places_are_hidden():
    table = pd.DataFrame(np.arange(50.0).reshape(10, 5), columns=list("abcde"))
    axes = small_multiples(table, "t", "CTR", alt="a").figure.axes
    assert [panel.get_title(loc="left") for panel in axes[:5]] == list("abcde")
    assert len({panel.get_ylim() for panel in axes[:5]}) == 1
    assert [panel.get_visible() for panel in axes] == [True] * 5 + [False]
    with pytest.raises(ValueError, match="at most 12"):
        small_multiples(pd.DataFrame(np.zeros((2, 13))), "t", "y", alt="a")
