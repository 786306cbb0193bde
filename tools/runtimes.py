"""How long every learners' notebook takes under nbval, one at a time, into docs/runtimes.csv; the site's status page shows it.

    python tools/runtimes.py              all of them: run it on a quiet machine
    python tools/runtimes.py J02 J07      these; the rows of the others stay

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


def main():
    """Measure; write after each notebook, so that a run that is stopped leaves what it knows."""
    wanted = sys.argv[1:]
    notebooks = sorted((ROOT / "notebooks").glob("*/*.ipynb"))
    rows = _known({one.relative_to(ROOT / "notebooks").as_posix() for one in notebooks}) if wanted else {}
    chosen = [one for one in notebooks if not wanted or one.stem.split("_")[0] in wanted]
    for one in tqdm(chosen, unit="notebook"):
        times = [f"{undisturbed(measure, one):.1f}" for measure in (seconds, floor)]
        rows[one.relative_to(ROOT / "notebooks").as_posix()] = [*times, platform.python_version()]
        with PAGE.open("w", encoding="utf-8", newline="") as file:
            lines = [
                ("notebook", "seconds", "floor", "python"),
                *([name, *rows[name]] for name in sorted(rows)),
            ]
            csv.writer(file, lineterminator="\n").writerows(lines)
    whole, least = (sum(float(row[place]) for row in rows.values()) for place in (0, 1))
    longest = max(rows, key=lambda name: float(rows[name][0]))
    print(
        f"{whole:.0f} s in all, {whole / least:.2f} times the floor of {least:.0f} s; the longest is {longest}, {rows[longest][0]} s"
    )


def _known(names):
    """The rows of the last run, as lists by notebook, of those notebooks that are still there."""
    with PAGE.open(encoding="utf-8", newline="") as file:
        return {
            row["notebook"]: [row["seconds"], row["floor"], row["python"]]
            for row in csv.DictReader(file)
            if row["notebook"] in names
        }


if __name__ == "__main__":
    main()
