"""How long every learners' notebook takes under nbval; the site's status page shows it.

    python tools/runtimes.py              all of them, one at a time, into docs/runtimes.csv: run it on a quiet machine
    python tools/runtimes.py J02 J07      these; the rows of the others stay
    python tools/runtimes.py --of FILE    what `python course.py test` measured in passing (FILE: pytest's report in XML), several at
                                          a time, into build/runtimes.csv and on the screen

seconds: the whole of a notebook, with the start of its kernel and all imports. floor: the same for a notebook of which only
the imports are left, measured right after it. A rented machine is not always its tenant's: where the host took more than 3 %
of the time away, a notebook is measured again, up to five times, and the shortest counts. One that fails stops the run.
"""

import ast
import csv
import os
import platform
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
from pathlib import Path

import nbformat
import psutil
from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "runtimes.csv"
IN_PASSING = ROOT / "build" / "runtimes.csv"
NBVAL = ("--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=60", "-p", "no:xdist", "-q")
DRAWS = "import matplotlib.backends.backend_agg, matplotlib.figure"  # mktlib.plots imports them when it draws


def seconds(notebook):
    """Seconds of a notebook's cells, kernel start included. Raises SystemExit when a cell fails."""
    with tempfile.TemporaryDirectory(prefix="mktlib-runtimes-") as home:
        told = Path(home) / "nbval.xml"
        command = [sys.executable, "-m", "pytest", *NBVAL, f"--junitxml={told}", str(notebook)]
        clean = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        run = subprocess.run(
            command, cwd=ROOT, env=clean | {"MKTLIB_HOME": home}, capture_output=True, text=True
        )
        if run.returncode:
            raise SystemExit(f"{notebook.name} fails:\n{run.stdout[-2000:]}")
        return sum(float(case.get("time")) for case in xml.parse(told).iter("testcase"))


def undisturbed(measure, notebook, tries=5, share=0.03):
    """The least of several measurements, no more of them than it takes to get one of which the host stole nothing."""
    found = []
    for _ in range(tries):
        before = _stolen()
        found.append(measure(notebook))
        if _stolen() - before <= share * found[-1]:
            break
    return min(found)


def _stolen():
    """Seconds that the host of a virtual machine has used for others; 0 where the system does not tell."""
    return getattr(psutil.cpu_times(), "steal", 0)


def imports(notebook):
    """What a notebook imports at the top level of its cells, as the source of one cell."""
    found = []
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type == "code":
            found += [
                one for one in ast.parse(cell.source).body if isinstance(one, ast.Import | ast.ImportFrom)
            ]
    lines = list(dict.fromkeys(ast.unparse(one) for one in found))
    return "\n".join([*lines, DRAWS] if any("plots" in line for line in lines) else lines)


def floor(notebook):
    """Seconds of a notebook that only imports what this one does."""
    node = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(imports(notebook))])
    node.metadata = nbformat.read(notebook, as_version=4).metadata
    with tempfile.TemporaryDirectory(prefix="mktlib-floor-") as folder:
        path = Path(folder) / notebook.name
        nbformat.write(node, path)
        return seconds(path)


def in_passing(report):
    """{notebook: [seconds, "", Python]} of a whole run of nbval, as pytest reports it: notebooks.0_start.N00_start_here.ipynb."""
    if not Path(report).is_file():
        raise SystemExit(f"{report} is not there: nbval did not come to its end.")
    found = {}
    for case in xml.parse(report).iter("testcase"):
        found.setdefault(case.get("classname"), []).append(float(case.get("time")))
    names = {one.relative_to(ROOT).as_posix().replace("/", "."): _name(one) for one in _notebooks()}
    return {
        names[key]: [f"{sum(times):.1f}", "", platform.python_version()]
        for key, times in found.items()
        if key in names
    }


def _notebooks():
    return sorted((ROOT / "notebooks").glob("*/*.ipynb"))


def _name(notebook):
    return notebook.relative_to(ROOT / "notebooks").as_posix()


def write(rows, page):
    page.parent.mkdir(exist_ok=True)
    with page.open("w", encoding="utf-8", newline="") as file:
        lines = [("notebook", "seconds", "floor", "python"), *([name, *rows[name]] for name in sorted(rows))]
        csv.writer(file, lineterminator="\n").writerows(lines)


def measure(wanted):
    """Measure; write after each notebook, so that a run that is stopped leaves what it knows."""
    rows = _known() if wanted else {}
    for one in tqdm(
        [one for one in _notebooks() if not wanted or one.stem.split("_")[0] in wanted], unit="notebook"
    ):
        times = [f"{undisturbed(of, one):.1f}" for of in (seconds, floor)]
        rows[_name(one)] = [*times, platform.python_version()]
        write(rows, PAGE)
    whole, least = (sum(float(row[place]) for row in rows.values()) for place in (0, 1))
    print(f"{whole:.0f} s in all, {whole / least:.2f} times the floor of {least:.0f} s")
    return rows


def _known():
    """The rows of the last run, as lists by notebook, of those notebooks that are still there."""
    there = {_name(one) for one in _notebooks()}
    with PAGE.open(encoding="utf-8", newline="") as file:
        return {
            row["notebook"]: [row["seconds"], row["floor"], row["python"]]
            for row in csv.DictReader(file)
            if row["notebook"] in there
        }


def main(arguments):
    if arguments[:1] == ["--of"]:
        rows = in_passing(arguments[1])
        write(rows, IN_PASSING)
    else:
        rows = measure(arguments)
    for name in sorted(rows, key=lambda name: -float(rows[name][0])):
        print(f"{rows[name][0]:>6} s  {name}")


if __name__ == "__main__":
    main(sys.argv[1:])
