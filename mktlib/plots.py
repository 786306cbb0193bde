"""The house style of figures, and the few figures that lessons draw again and again.

A figure states its finding in the title, labels its axes with units, says nothing by colour alone, and carries one
sentence of alternative text (alt) for readers who cannot see it. `show` and the drawing functions refuse to work
without that sentence.

The drawing functions return a Picture, which a notebook shows when it is the last line of a cell; `show` publishes
it, or any matplotlib figure, at once. A Picture is one output: the PNG with the sentence as its alternative text, and
the sentence as plain text. Its bytes depend on the data alone.
"""

import contextlib
import functools
import io
import sys
import textwrap
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mktlib.errors import Told

# matplotlib's petroff6 (M. Petroff 2021, arXiv:2107.02270), chosen for readers with any colour vision. Passed around
# by value, because seaborn.set_theme() resets the cycle.
PALETTE = ("#5790fc", "#f89c20", "#e42536", "#964a8b", "#9c9ca1", "#7a21dd")
BLUE, ORANGE, RED, PURPLE, GREY, VIOLET = PALETTE
INK, FAINT = "#222222", "#d9d9de"
DPI = 100
CHINESE_FONTS = (
    "Noto Sans CJK SC",
    "Microsoft YaHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "SimHei",
    "WenQuanYi Zen Hei",
)


class AltMissing(Told, TypeError):
    """A figure was to be shown without a sentence for readers who cannot see it."""


def rc():
    """The house style as a dict of matplotlib settings; for seaborn: sns.set_theme(rc=rc())."""
    from matplotlib import cycler

    return {
        "axes.prop_cycle": cycler(color=PALETTE),
        "font.family": _font_families(),
        "font.size": 12,
        "axes.titlesize": 14,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.titlepad": 12,
        "figure.titlesize": 14,
        "figure.titleweight": "bold",
        "axes.labelsize": 12,
        "axes.edgecolor": "#666666",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": FAINT,
        "grid.linewidth": 0.8,
        "hatch.color": "white",
        "hatch.linewidth": 1.5,
        "lines.linewidth": 2.2,
        "lines.markersize": 6,
        "legend.frameon": False,
        "text.color": INK,
        "axes.labelcolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "figure.figsize": (7.5, 4.4),
        "figure.dpi": 100,
        "figure.facecolor": "white",
        "figure.constrained_layout.use": True,
        "figure.constrained_layout.w_pad": 0.1,  # inches
        "figure.constrained_layout.h_pad": 0.1,
        "savefig.facecolor": "white",
    }


def style():
    """The house style for a `with` block; settings are put back afterwards."""
    import matplotlib

    return matplotlib.rc_context(rc())


def _in_house_style(draw):
    """Run a function in the house style; parts of a figure take their settings when they are made."""

    @functools.wraps(draw)
    def styled(*args, **kwargs):
        with style(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph")  # png() says it once, in words
            return draw(*args, **kwargs)

    return styled


@dataclass(frozen=True, repr=False)
class Picture:
    """A matplotlib figure together with its sentence; a notebook shows both as one output."""

    figure: object
    alt: str

    def __repr__(self):
        return self.alt

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"image/png": png(self.figure), "text/plain": self.alt}, {"image/png": {"alt": self.alt}}


def show(figure, alt=None):
    """Publish a figure, once, with its alternative text.

    figure       matplotlib Figure or Axes, or a Picture (which has its own sentence)
    alt          one sentence that says what the picture shows: the finding, not "a bar chart"
    Returns None; the figure is closed, so that the notebook does not show it a second time.
    Raises AltMissing without a sentence, TypeError for something that is no figure.
    """
    from IPython.display import display

    display(picture(figure, alt))
    close(figure)


def picture(figure, alt=None):
    """Figure, Axes or Picture -> Picture. Raises as show does."""
    if isinstance(figure, Picture):
        return figure if alt is None else Picture(figure.figure, one_sentence(alt))
    return Picture(figure_of(figure), one_sentence(alt))


def figure_of(drawing):
    """The matplotlib Figure of a Figure, Axes, array of Axes or Picture."""
    from matplotlib.figure import FigureBase

    drawing = drawing.flat[0] if isinstance(drawing, np.ndarray) and drawing.size else drawing
    drawing = getattr(drawing, "figure", drawing)
    if not isinstance(drawing, FigureBase):
        raise TypeError(
            f"this is no figure but {type(drawing).__name__}; pass what plt.subplots() or .plot() returned"
        )
    return drawing


def close(drawing):
    """Take a figure off pyplot's list, if it is there."""
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close(figure_of(drawing))


@_in_house_style
def png(figure, tight=None):
    """The figure as PNG bytes; equal figures give equal bytes.

    tight=False keeps the size of the canvas, which is enough where constrained layout has already made room for every
    label: the default for figures that have it. They are drawn once (0.14 s); savefig draws a second time to lay out (0.2 s).
    """
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    if tight is None:
        tight = not isinstance(figure.get_layout_engine(), ConstrainedLayoutEngine)
    buffer = io.BytesIO()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if tight:
            options = {"bbox_inches": "tight", "pad_inches": 0.15, "metadata": {"Software": None}}
            figure.savefig(buffer, format="png", dpi=DPI, **options)
        else:
            _drawn(figure).save(buffer, "png", dpi=(DPI, DPI))
    if any("missing from font" in str(warning.message) for warning in caught):
        # to stdout: a cell that writes to stderr counts as failed in nbgrader
        print(
            "Some characters have no font here; use English labels, or install a Chinese font (fonts-noto-cjk)."
        )
    return buffer.getvalue()


def _drawn(figure):
    """The figure as a Pillow image of its canvas; its own resolution is put back afterwards."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    before, canvas = figure.dpi, FigureCanvasAgg(figure)
    try:
        figure.dpi = DPI
        with _measured_once(figure):
            canvas.draw()
        return Image.fromarray(np.asarray(canvas.buffer_rgba()))
    finally:
        figure.dpi = before


@contextlib.contextmanager
def _measured_once(figure):
    """Constrained layout measures all labels of an axes twice. They are as large the second time: a sixth of the time saved."""
    free = [axes for axes in figure.axes if axes.get_aspect() == "auto"]
    for axes in free:
        axes.get_tightbbox = _remembering(axes)
    try:
        yield
    finally:
        for axes in free:
            del axes.get_tightbbox


def _remembering(axes):
    """get_tightbbox of an axes that measures what stands around the axes in the first call only."""
    from matplotlib.transforms import Bbox

    around = []

    def get_tightbbox(renderer, **options):
        if not around:
            box = type(axes).get_tightbbox(axes, renderer, **options)
            around.append(None if box is None else box.extents - axes.bbox.extents)
        return None if around[0] is None else Bbox.from_extents(axes.bbox.extents + around[0])

    return get_tightbbox


@_in_house_style
def bars(series, title, ylabel, highlight=None, alt=None, percent=False):
    """Bars from zero, one per entry of a Series, with their values written on them.

    series       numbers indexed by what the bars are called; NaN is shown as "no data"
    title        the finding, as a sentence
    ylabel       what is counted, with its unit
    highlight    label or list of labels that the title speaks of: another colour, hatched, value in bold
    alt          one sentence for readers who cannot see the figure
    percent      True if the values are fractions to be written as percent
    Long labels turn the bars on their side. With more than 12 bars only the highlighted ones are labelled.
    Returns a Picture. Raises AltMissing; KeyError for a highlight that is not in the series.
    """
    alt, marked = one_sentence(alt), _marked(series, highlight)
    names = _names_of(series.index)
    across = max(map(len, names), default=0) * len(names) > 72 and not _many(names)
    figure, axes = _canvas(height=0.44 * len(names) + 1.6 if across else 4.4)
    draw = axes.barh if across else axes.bar
    values = series.to_numpy(dtype=float)
    drawn = draw(range(len(names)), np.nan_to_num(values), color=[ORANGE if m else BLUE for m in marked])
    for bar, mark in zip(drawn, marked, strict=True):
        bar.set_hatch("//" if mark else "")
    shown = marked if _many(names) else [True] * len(names)
    labels = [_written(value, percent, values) if s else "" for value, s in zip(values, shown, strict=True)]
    for text, mark in zip(axes.bar_label(drawn, labels, padding=3), marked, strict=True):
        text.set(fontweight="bold" if mark else "normal", rotation=90 if _many(names) else 0)
    _name_bars(axes, names, across)
    _finish(figure, axes, title, percent, ylabel, across)
    axes.margins(**{"x" if across else "y": 0.3 if _many(names) or (values < 0).any() else 0.12})
    return Picture(figure, alt)


@_in_house_style
def lines(table, title, ylabel, alt=None, xlabel="", percent=False):
    """A line per column, named at its right end, each with its own dashes and marker.

    table        Series or DataFrame indexed by date or number; at most 6 columns; NaN leaves a gap
    title, ylabel, alt, percent   as in bars
    Returns a Picture. Raises AltMissing; ValueError for more than 6 lines, which nobody can tell apart.
    """
    alt, table = one_sentence(alt), table.to_frame() if isinstance(table, pd.Series) else table
    if len(table.columns) > len(PALETTE):
        raise ValueError(f"{len(table.columns)} lines cannot be told apart; show at most {len(PALETTE)}")
    figure, axes = _canvas()
    dashes, markers = ["-", "--", "-.", ":", (0, (6, 1)), (0, (1, 1))], "osD^vP"
    every = max(1, len(table) // 10)
    for i, column in enumerate(table.columns):
        axes.plot(
            table.index,
            table[column],
            color=_dark(PALETTE[i]),
            linestyle=dashes[i],
            marker=markers[i],
            markevery=every,
        )
    _finish(figure, axes, title, percent, ylabel)
    axes.set_xlabel(xlabel)
    if isinstance(table.index, pd.DatetimeIndex):
        _date_axis(axes, table.index)
    if len(table.columns) > 1:
        _name_lines(axes, table)
    return Picture(figure, alt)


@_in_house_style
def scatter_break_even(table, margin_per_order, title, alt=None, label=None, limits=None, named=5):
    """Keywords or ads on the plane of conversion rate and price, cut by the line where a click pays for itself.

    table        columns cpc (yuan per click) and cvr_click (orders per click, a fraction); one row a dot
    margin_per_order   contribution of one order before advertising, in yuan: break-even CPC = margin_per_order x rate
    title, alt   as in bars
    label        column with the dots' names; None takes the index. English; other characters need a font.
    limits       (highest rate, highest CPC) of the axes, to hold them still in an explorer
    named        how many dots to name on each side, those farthest from the line in yuan per click first
    Dots above the line lose money on the first order (crosses), dots on or below it earn (circles).
    Returns a Picture. Raises AltMissing, ColumnMissing.
    """
    alt = one_sentence(alt)
    dots = _dots(table, margin_per_order, label)
    right, top = limits or (1.12 * dots["cvr_click"].max(), 1.15 * dots["cpc"].max())
    figure, axes = _canvas(height=5)
    for loses, marker, colour, words in [(False, "o", BLUE, "earns"), (True, "X", RED, "loses")]:
        side = dots[dots["loses"] == loses]
        name = f"{words} on first order: {len(side)}"
        axes.scatter(
            side["cvr_click"],
            side["cpc"],
            s=55,
            marker=marker,
            color=colour,
            edgecolor="white",
            label=name,
        )
    axes.axline(
        (0, 0), slope=margin_per_order, color=INK, linewidth=1.8, label="break-even: CPC = margin x rate"
    )
    axes.set(xlim=(0, right), ylim=(0, top), xlabel="orders per click (CVR)")
    axes.xaxis.set_major_formatter(_percent_ticks())
    _finish(figure, axes, title, False, "cost per click (CNY)")
    axes.grid(True, axis="x")
    figure.legend(loc="outside lower center", ncols=3, fontsize=10.5, handletextpad=0.3, columnspacing=1.2)
    _name_dots(figure, axes, dots, named)
    return Picture(figure, alt)


@_in_house_style
def funnel(counts, title, alt=None):
    """People left at each step, as bars from the same left edge, with the share of the step before.

    counts       people indexed by step, in the order of the funnel; NaN is shown as "no data"
    title, alt   as in bars
    Returns a Picture. Raises AltMissing. A share above 100% is written as it is: the steps are then no funnel.
    """
    alt = one_sentence(alt)
    values = counts.to_numpy(dtype=float)
    figure, axes = _canvas(height=0.62 * len(values) + 1.3)
    drawn = axes.barh(range(len(values)), np.nan_to_num(values), color=BLUE, height=0.72)
    before = np.array([np.nan, *values[:-1]])[: len(values)]
    kept = values / np.where(before > 0, before, np.nan)
    shares = ["" if np.isnan(share) else f"  {100 * share:.1f}% of the step before" for share in kept]
    texts = [f"{_written(v, False, np.round(values))}{s}" for v, s in zip(values, shares, strict=True)]
    for bar, text in zip(drawn, texts, strict=True):
        far = bar.get_width() > 0.45 * np.nanmax(values, initial=0)
        _write_beside(axes, bar, text, inside=far)
    _name_bars(axes, _names_of(counts.index), across=True)
    _finish(figure, axes, title, False, "people", across=True)
    return Picture(figure, alt)


@_in_house_style
def bridge(start, changes, title, ylabel, alt=None, ends=("last week", "this week"), percent=False):
    """From one level to another by the changes that lead there (waterfall); the changes add up, by construction.

    start        the first level
    changes      what was added by each cause, indexed by cause; the last level is start + changes.sum()
    title, ylabel, alt, percent   as in bars
    ends         what the two levels are called
    Rises are blue, falls orange and hatched. The two levels are grey bars from zero; where the changes would be too small to
    see beside them, the axis is cut and the levels are lines, since a bar that does not start at zero misleads.
    Returns a Picture. Raises AltMissing; ValueError for a change that is missing (NaN), for the sum would not be the end.
    """
    alt, changes = one_sentence(alt), pd.Series(changes, dtype=float)
    if changes.isna().any() or not np.isfinite(start):
        raise ValueError(
            "a bridge needs every change as a number; fill in or leave out what is missing, and say so"
        )
    steps = changes.to_numpy()
    levels = np.array([start, *(start + steps.cumsum())])
    last = len(levels)
    cut = _far_from_zero(levels)
    figure, axes = _canvas()
    for sign, colour, hatch in [(1, BLUE, ""), (-1, ORANGE, "//")]:
        at = np.flatnonzero(np.sign(steps) == sign)
        axes.bar(at + 1, steps[at], bottom=levels[at], color=colour, hatch=hatch, width=0.7)
    if cut:
        axes.hlines(levels[[0, -1]], [-0.35, last - 0.35], [0.35, last + 0.35], color=INK, linewidth=4)
    else:
        axes.bar([0, last], levels[[0, -1]], color=GREY, width=0.7)
    for i, level in enumerate(levels):
        axes.plot([i + 0.35, i + 0.65], [level, level], color="#666666", linewidth=1)
    tops = [start, *np.maximum(levels[:-1], levels[1:]), levels[-1]]
    ends_written = [_written(level, percent, levels) for level in levels[[0, -1]]]
    for x, (top, text) in enumerate(
        zip(tops, [ends_written[0], *_signed(steps, percent), ends_written[1]], strict=True)
    ):
        axes.annotate(text, (x, top), (0, 5), textcoords="offset points", ha="center")
    names = [ends[0], *_names_of(changes.index), ends[1]]
    axes.set_xticks(range(len(names)), [textwrap.fill(name, 13 if len(names) < 7 else 10) for name in names])
    if not cut:
        axes.axhline(0, color="#666666", linewidth=1)
    _finish(figure, axes, title, percent, f"{ylabel}, axis cut" if cut else ylabel)
    low, high = (min(levels), max(levels)) if cut else (min(0, *levels), max(0, *levels))
    axes.set_ylim(low - (0.1 if low else 0) * (high - low), high + 0.12 * (high - low or 1))
    return Picture(figure, alt)


@_in_house_style
def control_chart(series, center, lower, upper, title, ylabel, alt=None, percent=False):
    """A measure in time between the limits that chance alone would keep; what lies outside is marked.

    series       values indexed by date or period
    center, lower, upper   numbers, or Series with the index of series (limits that follow the size of each week)
    title, ylabel, alt, percent   as in bars
    Returns a Picture. Raises AltMissing.
    """
    alt = one_sentence(alt)
    figure, axes = _canvas()
    places = range(len(series))
    line = {
        name: _along(value, series)
        for name, value in [("center", center), ("lower", lower), ("upper", upper)]
    }
    values = series.to_numpy(dtype=float)
    axes.fill_between(places, line["lower"], line["upper"], step="mid", color=GREY, alpha=0.22, linewidth=0)
    for name in ("lower", "upper"):
        axes.step(places, line[name], where="mid", color="#666666", linewidth=1.2, linestyle="--")
    axes.step(places, line["center"], where="mid", color="#666666", linewidth=1.2)
    axes.plot(places, values, color=_dark(BLUE), marker="o")
    outside = np.flatnonzero((values < line["lower"]) | (values > line["upper"]))
    axes.plot(outside, values[outside], "X", color=RED, markersize=12, linestyle="none")
    names = _names_of(series.index)
    every = max(1, -(-len(names) // 8))
    axes.set_xticks(range(0, len(names), every), names[::every])
    _finish(figure, axes, title, percent, ylabel)
    for name, words in [("upper", "upper limit"), ("center", "mean"), ("lower", "lower limit")]:
        axes.annotate(
            words, (1.01, line[name][-1]), xycoords=("axes fraction", "data"), va="center", color="#555555"
        )
    return Picture(figure, alt)


@_in_house_style
def heat_map(table, title, alt=None, percent=False, xlabel="", ylabel=""):
    """A table as coloured cells with their values written in: two factors, or cohorts by age (a triangle).

    table        numbers; rows and columns are named by its index and columns; NaN cells stay blank
    title, alt, percent   as in bars
    Darker is more. Returns a Picture. Raises AltMissing.
    """
    from matplotlib.colors import LinearSegmentedColormap

    alt = one_sentence(alt)
    values = table.to_numpy(dtype=float)
    rows, columns = values.shape
    figure, axes = _canvas(height=min(9, 0.5 * rows + 1.9))
    shades = LinearSegmentedColormap.from_list("blues", ["#f1f5fe", BLUE, "#1b3f86"])
    low, high = (np.nanmin(values), np.nanmax(values)) if np.isfinite(values).any() else (0, 1)
    axes.imshow(np.ma.masked_invalid(values), cmap=shades, vmin=low, vmax=high, aspect="auto")
    size = 12 if columns <= 6 else 10 if columns <= 9 else 8.5
    for (i, j), value in np.ndenumerate(values):
        if np.isfinite(value):
            ground = shades((value - low) / (high - low) if high > low else 0)
            colour = max("white", "black", key=lambda ink: contrast(ink, ground))
            axes.text(
                j, i, _written(value, percent, values), ha="center", va="center", color=colour, fontsize=size
            )
    axes.set_xticks(range(columns), [textwrap.fill(name, 14) for name in _names_of(table.columns)])
    axes.set_yticks(range(rows), _names_of(table.index))
    figure.suptitle(textwrap.fill(title, 64), x=0.01, ha="left")
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.tick_params(length=0)
    axes.grid(False)
    axes.spines[:].set_visible(False)
    return Picture(figure, alt)


@_in_house_style
def small_multiples(table, title, ylabel, alt=None, percent=False):
    """The same line for each of several groups, a panel each, on the same axes: shapes can be compared, no line hides another.

    table        DataFrame indexed by date or number, one column a panel; at most 12; NaN leaves a gap
    title, ylabel, alt, percent   as in bars
    Returns a Picture. Raises AltMissing; ValueError for more than 12 panels.
    """
    from matplotlib.figure import Figure

    alt, count = one_sentence(alt), len(table.columns)
    if count > 12:
        raise ValueError(f"{count} panels cannot be compared at a glance; show at most 12")
    across = min(count, 3 if count in (3, 5, 6, 9) else 4)
    down = -(-count // across)
    figure = Figure(figsize=(7.5, 1.2 + 1.9 * down))
    figure.subplots(down, across, sharex=True, sharey=True, squeeze=False)
    for axes, column in zip(figure.axes, table.columns, strict=False):
        axes.plot(table.index, table[column], color=_dark(BLUE), linewidth=1.8)
        axes.set_title(textwrap.shorten(str(column), 24), fontsize=11.5, pad=5)
        axes.yaxis.set_major_formatter(_percent_ticks() if percent else _number_ticks())
        axes.locator_params(axis="y", nbins=4)
        axes.tick_params(labelsize=10)
        if isinstance(table.index, pd.DatetimeIndex):
            _date_axis(axes, table.index[[0, len(table) // 2]])
    for axes in figure.axes[count:]:
        axes.set_visible(False)
    figure.suptitle(textwrap.fill(title, 64), x=0.01, ha="left")
    figure.supylabel(ylabel, fontsize=12)
    return Picture(figure, alt)


# --- what they share -----------------------------------------------------------------------------


def one_sentence(alt):
    """The alternative text, tidied; AltMissing if there is none."""
    if not isinstance(alt, str) or not alt.strip():
        raise AltMissing(
            "alt is missing: write one sentence that tells a reader who cannot see the picture what it shows, "
            "e.g. alt='Three promotion days hold most of the impressions of June.'"
        )
    return " ".join(alt.split())


def _font_families():
    """The font that comes with matplotlib, then the first Chinese one of this computer, if there is any."""
    from matplotlib import font_manager

    here = {font.name for font in font_manager.fontManager.ttflist}
    return ["DejaVu Sans", *[name for name in CHINESE_FONTS if name in here][:1]]


def _canvas(height=4.4):
    """A figure that pyplot does not know, so that nothing shows or keeps it behind our back."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, height))
    return figure, figure.subplots()


def _finish(figure, axes, title, percent, label, across=False):
    figure.suptitle(textwrap.fill(title, 64), x=0.01, ha="left")
    value_axis = axes.xaxis if across else axes.yaxis
    value_axis.set_label_text(label)
    value_axis.set_major_formatter(_percent_ticks() if percent else _number_ticks())
    axes.locator_params(axis="x" if across else "y", nbins=6)
    axes.grid(False, axis="y" if across else "x")


def _percent_ticks():
    from matplotlib.ticker import FuncFormatter

    return FuncFormatter(lambda value, _: f"{100 * value:.10g}%")


def _number_ticks():
    from matplotlib.ticker import FuncFormatter

    return FuncFormatter(lambda value, _: f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.10g}")


def _written(value, percent, values):
    if np.isnan(value):
        return "no data"
    largest = np.nanmax(np.abs(values)) * (100 if percent else 1)
    digits = (
        0
        if largest >= 100 or (not percent and np.all(values == np.round(values)))
        else 1
        if largest >= 10
        else 2
    )
    return f"{100 * value:.{digits}f}%" if percent else f"{value:,.{digits}f}"


def _names_of(index):
    if isinstance(index, pd.DatetimeIndex):
        return [f"{day.day} {day:%b}" for day in index]
    return [" ".join(map(str, name)) if isinstance(name, tuple) else str(name) for name in index]


def _many(names):
    return len(names) > 12


def _marked(series, highlight):
    """Which bars are highlighted. Dates may be given as text."""
    one = highlight is not None and (np.ndim(highlight) == 0 or isinstance(highlight, tuple))
    wanted = [highlight] if one else list([] if highlight is None else highlight)
    if isinstance(series.index, pd.DatetimeIndex):
        wanted = [pd.Timestamp(label) for label in wanted]
    for label in wanted:
        if label not in series.index:
            raise KeyError(
                f"there is no bar {label!r} to highlight; there are {', '.join(map(str, series.index[:12]))}"
            )
    return [label in wanted for label in series.index]


def _name_bars(axes, names, across):
    step = -(-len(names) // 8) if _many(names) else 1
    places = range(0, len(names), step)
    if across:
        axes.set_yticks(places, names[::step])
        axes.invert_yaxis()
        axes.axvline(0, color="#666666", linewidth=1)
    else:
        crowded = sum(map(len, names[::step])) > 48
        axes.set_xticks(places, names[::step], fontsize=10 if crowded else 12)
        axes.axhline(0, color="#666666", linewidth=1)


def _date_axis(axes, days):
    """At most seven dates, taken from the data; the year, on a second line, only where there is more than one."""
    ticks = days[:: max(1, -(-len(days) // 7))]
    named = "%b" if days.max() - days.min() > pd.Timedelta(days=400) else "%d %b"
    if days.min().year != days.max().year:
        named += "\n%Y"
    axes.set_xticks(ticks, [f"{day:{named}}".removeprefix("0") for day in ticks])


def contrast(one, other):
    """How well two colours can be told apart, from 1 to 21, as WCAG 2.2 counts it: text needs 4.5, a line 3."""
    from matplotlib.colors import to_rgb

    light, dark = sorted((_luminance(to_rgb(one)), _luminance(to_rgb(other))), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(rgb):
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _dark(colour, enough=0.0):
    """Lines on white need more contrast than filled areas do, and letters (enough=4.5) more than lines."""
    from matplotlib.colors import to_rgb

    darker = tuple(0.8 * part for part in to_rgb(colour))
    while contrast(darker, "white") < enough:
        darker = tuple(0.95 * part for part in darker)
    return darker


def _write_beside(axes, bar, text, inside):
    """Text of a lying bar: within it at its right end where there is room, else beside it."""
    x, y = bar.get_width(), bar.get_y() + bar.get_height() / 2
    axes.annotate(
        text.strip(),
        (x, y),
        (-6 if inside else 6, 0),
        textcoords="offset points",
        ha="right" if inside else "left",
        va="center",
        color="black" if inside else INK,
        weight="bold" if inside else "normal",
    )


def _far_from_zero(levels):
    return np.abs(levels).min() > 3 * np.ptp(levels) > 0 and (levels.min() > 0 or levels.max() < 0)


def _signed(values, percent):
    return [f"{'+' if v > 0 else ''}{_written(v, percent, values)}" for v in values]


def _along(limit, series):
    """A limit as one value for each point."""
    return (
        limit.reindex(series.index).to_numpy(dtype=float)
        if isinstance(limit, pd.Series)
        else np.full(len(series), limit)
    )


def _name_lines(axes, table):
    """Names at the right ends, moved apart where they would lie on each other."""
    ends = table.apply(lambda column: column.dropna().iloc[-1] if column.notna().any() else np.nan).dropna()
    low, high = axes.get_ylim()
    heights = _apart(ends.to_numpy(dtype=float), 0.065 * (high - low))
    for column, height in zip(ends.index, heights, strict=True):
        colour = _dark(PALETTE[list(table.columns).index(column)], enough=4.5)
        axes.annotate(
            str(column),
            (1.01, height),
            xycoords=("axes fraction", "data"),
            va="center",
            color=colour,
            weight="bold",
        )


def _apart(heights, distance):
    """Heights, in the order given, moved up as little as needed to lie `distance` apart, then centred again."""
    order = np.argsort(heights, kind="stable")
    moved = heights[order].copy()
    for i in range(1, len(moved)):
        moved[i] = max(moved[i], moved[i - 1] + distance)
    moved -= (moved - heights[order]).mean() if len(moved) else 0
    result = np.empty_like(moved)
    result[order] = moved
    return result


def _dots(table, margin_per_order, label):
    from mktlib.inputs import check_columns

    check_columns(table, ["cpc", "cvr_click"] + ([label] if label else []))
    dots = table[["cpc", "cvr_click"]].astype(float).dropna().reset_index(drop=True)
    names = table[label] if label else table.index.to_series()
    dots["name"] = names.astype(str).to_numpy()[table[["cpc", "cvr_click"]].notna().all(axis="columns")]
    dots["gap"] = dots["cpc"] - margin_per_order * dots["cvr_click"]
    return dots.assign(loses=dots["gap"] > 0)


def _name_dots(figure, axes, dots, named):
    """Names beside the dots that are farthest from the line, where there is room for them."""
    inside = dots[(dots["cvr_click"] <= axes.get_xlim()[1]) & (dots["cpc"] <= axes.get_ylim()[1])]
    drawable = inside[inside["name"].map(_drawable)]
    loses = drawable["loses"]
    chosen = pd.concat([drawable[loses].nlargest(named, "gap"), drawable[~loses].nsmallest(named, "gap")])
    with _measured_once(figure):
        figure.get_layout_engine().execute(figure)
    figure.set_layout_engine("none")  # what is measured now must stay where it is
    line = [axes.lines[0].get_xy1()[1], axes.lines[0].get_slope()]
    taken = [_around(axes, x, line[0] + line[1] * x) for x in np.linspace(*axes.get_xlim(), 60)]
    taken += [_around(axes, x, y) for x, y in zip(inside["cvr_click"], inside["cpc"], strict=True)]
    for dot in chosen.itertuples():
        _name_dot(axes, dot, taken)


def _drawable(name):
    from matplotlib import font_manager

    fonts = [font_manager.get_font(font_manager.findfont(family)) for family in _font_families()]
    return all(any(font.get_char_index(ord(sign)) for font in fonts) for sign in name)


def _around(axes, x, y, radius=5):
    from matplotlib.transforms import Bbox

    x, y = axes.transData.transform((x, y))
    return Bbox.from_extents(x - radius, y - radius, x + radius, y + radius)


def _name_dot(axes, dot, taken):
    frame = axes.get_window_extent()
    for dx, dy, horizontal in [
        (8, 0, "left"),
        (-8, 0, "right"),
        (0, 11, "center"),
        (0, -11, "center"),
        (8, 9, "left"),
    ]:
        text = axes.annotate(
            dot.name,
            (dot.cvr_click, dot.cpc),
            (dx, dy),
            textcoords="offset points",
            fontsize=10,
            ha=horizontal,
            va="center",
        )
        box = text.get_window_extent()
        inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
        if inside and not any(box.overlaps(other) for other in taken):
            taken.append(box)
            return
        text.remove()
