"""How long every learners' notebook takes under nbval, one at a time, into docs/runtimes.csv; the site's status page shows it.

    python tools/runtimes.py              all of them: run it on a quiet machine

seconds: the whole of a notebook, with the start of its kernel and all imports. floor: the same for a notebook of which only
the imports are left, measured right after it. A notebook that fails stops the run.
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
    rows = []
    for one in tqdm(sorted((ROOT / "notebooks").glob("*/*.ipynb")), unit="notebook"):
        name, python = one.relative_to(ROOT / "notebooks").as_posix(), platform.python_version()
        rows.append((name, f"{seconds(one):.1f}", f"{floor(one):.1f}", python))
        with PAGE.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(
                [("notebook", "seconds", "floor", "python"), *rows]
            )
    whole, least = (sum(float(row[place]) for row in rows) for place in (1, 2))
    longest = max(rows, key=lambda row: float(row[1]))
    print(
        f"{whole:.0f} s in all, {whole / least:.2f} times the floor of {least:.0f} s; the longest {longest[:2]}"
    )


if __name__ == "__main__":
    main()
