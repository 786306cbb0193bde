"""How long every learners' notebook takes under nbval, one at a time, into docs/runtimes.csv; the site's status page shows it.

    python tools/runtimes.py              all of them: run it on a quiet machine

seconds: the whole of a notebook, with the start of its kernel and all imports; a notebook that fails stops the run.
"""

import csv
import os
import platform
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
from pathlib import Path

from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "runtimes.csv"
NBVAL = ("--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=60", "-p", "no:xdist", "-q")


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
            raise SystemExit(f"{notebook.relative_to(ROOT)} fails:\n{run.stdout[-2000:]}")
        return sum(float(case.get("time")) for case in xml.parse(told).iter("testcase"))


def main():
    """Measure and write."""
    notebooks = sorted((ROOT / "notebooks").glob("*/*.ipynb"))
    rows = [
        (one.relative_to(ROOT / "notebooks").as_posix(), f"{seconds(one):.1f}", platform.python_version())
        for one in tqdm(notebooks, unit="notebook")
    ]
    with PAGE.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("notebook", "seconds", "python"), *rows])
    print(
        f"{sum(float(row[1]) for row in rows):.0f} s in all; the longest {max(rows, key=lambda row: float(row[1]))[:2]}"
    )


if __name__ == "__main__":
    main()
