"""The results as a page and as a picture.

The page stands in docs/, so it is on the site as well; the picture is also the README's.
"""

import csv
import math
from pathlib import Path

from benchmarks.cases import CASES

ALT = "Seconds against rows, both in powers of ten, a panel for each function, a line each for mktlib, pandas and other tools"


def read(path):
    """Rows of the results as dicts of texts; none if there is no file."""
    path = Path(path)
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def slopes(rows, way="mktlib"):
    """{case: growth}: the slope of log seconds on log rows by least squares, of cases with two sizes or more. 1 is "ten times the rows,
    ten times the time".
    """
    points = {}
    for row in rows:
        if row["way"] == way and row.get("seconds"):
            points.setdefault(row["case"], []).append(
                (math.log(int(row["rows"])), math.log(float(row["seconds"])))
            )
    return {case: _slope(found) for case, found in points.items() if len(found) > 1}


def _slope(points):
    x, y = (sum(values) / len(points) for values in zip(*points, strict=True))
    return sum((a - x) * (b - y) for a, b in points) / sum((a - x) ** 2 for a, _ in points)


def line(row):
    """One row of the results for a terminal."""
    said = f"{row['case']:18} {row['way']:29} {int(row['rows']):>11,}  "
    if not row.get("seconds"):
        return f"{said}{row['note']} (load {row['load']})"
    return f"{said}{float(row['seconds']):8.3f} s  {row['peak_mb']:>6} MB  {row['runs']} runs, differs {row['differs'] or '-'} (load {row['load']})"


def write(rows, folder):
    """Write speed.md and, where there are two sizes to join, benchmarks.png."""
    from mktlib import plots

    drawn = bool(slopes(rows))
    if drawn:
        (folder / "benchmarks.png").write_bytes(plots.png(picture(rows)))
    (folder / "speed.md").write_text(page(rows, drawn), encoding="utf-8")


def page(rows, drawn=True):
    """The page as Markdown."""
    growth = slopes(rows)
    parts = [
        "# Speed at work size",
        "What a learner has earned serves at work, too: the functions below take a Parquet or CSV path as well as a DataFrame, count "
        "inside DuckDB and give the same answer. Here they are timed beside the obvious pandas way and beside the tools that one would "
        "else pick, in turn on the same made-up data.",
        "Seconds go from the file to the result; of ours nothing comes before. `of it to read` is the part in which others bring the data "
        "into the shape that they take. Peak memory is that of the whole process, Python and its packages included. `differs` is the largest "
        "relative difference from our answer. Each number is the median of as many runs as said, after one on a small file. `times ours` "
        "compares what was measured in turn; where it is empty, another day's machine had other work.",
        *([f"![{ALT}](benchmarks.png)"] if drawn else []),
    ]
    for name, case in CASES.items():
        mine = [row for row in rows if row["case"] == name]
        if mine:
            parts += [f"## {case.title}", *_growth(growth.get(name)), *_words(case), _table(mine, case.unit)]
    parts += [
        "## How it was measured",
        *sorted({f"{row['machine']}, {row['day']}." for row in rows}),
        _versions(rows),
    ]
    parts += [
        "To measure on your own machine (half an hour; peers are installed in `build/`):\n\n    .venv/bin/python -m benchmarks --rows 1e6 1e7 1e8 --peers"
    ]
    return "\n\n".join(parts) + "\n"


def _growth(slope):
    return [] if slope is None else [f"Growth of ours: rows to the power {slope:.2f}."]


def _words(case):
    said = [f"{way}: {one.words}." for way, one in case.ways.items() if one.words]
    return [" ".join(said)] if said else []


def _table(rows, unit):
    head = f"| {unit} | way | seconds | of it to read | times ours | peak MB | runs | differs |\n|---:|---|---:|---:|---:|---:|---:|---:|"
    ours = {_run(row): float(row["seconds"]) for row in rows if row["way"] == "mktlib" and row["seconds"]}
    return "\n".join([head, *(_cells(row, ours.get(_run(row))) for row in rows)])


def _run(row):
    """What rows that were measured in turn have in common."""
    return row["rows"], row["day"], row["load"]


def _cells(row, ours):
    start = f"| {int(row['rows']):,} | {row['way']} | "
    if not row["seconds"]:
        return f"{start}{row['note']} | | | | | |"
    seconds, reading = float(row["seconds"]), float(row["reading"])
    times = f"{seconds / ours:.1f}" if ours else ""
    read = _seconds(reading) if reading else ""
    return f"{start}{_seconds(seconds)} | {read} | {times} | {row['peak_mb']} | {row['runs']} | {row['differs']} |"


def _seconds(value):
    return f"{value:.3f}" if value < 1 else f"{value:.2f}" if value < 10 else f"{value:.0f}"


def _versions(rows):
    said = {}
    for row in rows:
        said.setdefault(row["way"], set()).add(row["versions"])
    return "\n".join(f"- {way}: {'; '.join(sorted(found))}" for way, found in said.items())


def picture(rows):
    """A figure: a panel a case, a line a way, seconds on rows, both on logarithmic scales; all panels have one scale of seconds."""
    import matplotlib.pyplot as plt

    from mktlib import plots

    timed = [row for row in rows if row["seconds"]]
    shown = [name for name in CASES if any(row["case"] == name for row in timed)]
    across = -(-(len(shown) + 1) // 2)
    with plots.style():
        figure, axes = plt.subplots(2, across, figsize=(3.2 * across, 6.8), sharey=True, squeeze=False)
        for panel, name in zip(axes.flat, shown, strict=False):
            _panel(panel, name, [row for row in timed if row["case"] == name])
        for panel in axes.flat[len(shown) :]:
            panel.axis("off")
        lines = {
            way: line
            for panel in axes.flat
            for line, way in zip(*panel.get_legend_handles_labels(), strict=True)
        }
        axes.flat[-1].legend(lines.values(), lines.keys(), loc="center", fontsize=11)
        figure.suptitle(
            f"mktlib: ten times the rows take at most {math.ceil(10 ** (1 + max(slopes(rows).values()))) / 10:g} times the time",
            x=0.02,
            ha="left",
        )
        plt.close(figure)
    return figure


# marker and line, and place in the palette; no two ways of one panel share either
MARKS = {"mktlib": ("o-", 0), "pandas": ("s--", 1), "lifetimes": ("^:", 2), "retentioneering": ("D:", 3)}
MARKS |= {
    "ChannelAttribution": ("v:", 4),
    "marketing-attribution-models": ("P:", 5),
    "pymc-marketing": ("X-.", 4),
}


def _panel(axes, name, rows):
    from matplotlib.ticker import FuncFormatter

    from mktlib.plots import PALETTE

    for way, (mark, place) in MARKS.items():
        mine = [row for row in rows if row["way"] == way]
        if mine:
            x, y = [int(row["rows"]) for row in mine], [float(row["seconds"]) for row in mine]
            axes.plot(x, y, mark, color=PALETTE[place], label=way)
    axes.set(xscale="log", yscale="log", xlabel=CASES[name].unit, ylabel="seconds")
    axes.set_title(CASES[name].title, fontsize=11)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda n, _: f"{n / 1e6:g} M" if n >= 1e6 else f"{n:,.0f}"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda seconds, _: f"{seconds:g}"))
