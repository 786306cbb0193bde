"""Time the toolbox beside pandas and the tools a user would else pick, and keep the table, its page and its picture.

    python -m benchmarks --rows 1e6 1e7 1e8 --peers      all of it, into benchmarks/results.csv
    python -m benchmarks --rows 1e6 --only markov        one case, ours and pandas: nothing is installed
    python -m benchmarks --page                          only docs/speed.md and docs/benchmarks.png, from results.csv

Of a case and size all ways run in turn (first run of each, second run of each, ...), each in a process of its own that has
done the same with a small file before. A case and size that stands in the results with all its ways is not run again, so
a run that was stopped goes on where it was; --again measures it anew. Run it on a quiet machine.
"""

import argparse
import csv
import json
import os
import platform
import queue
import subprocess
import sys
import threading
import time
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import median

import psutil

from benchmarks import environments, generate, report
from benchmarks.cases import CASES

ROOT = Path(__file__).resolve().parents[1]
COLUMNS = ["case", "way", "rows", "seconds", "cpu", "reading", "peak_mb", "runs", "differs", "note"]
COLUMNS += ["versions", "load", "day", "machine"]
PATIENCE = 120  # seconds that one run may take
SMALL = 10_000  # units of the file with which each process warms up
SHARE = 0.7  # of the machine's memory that one process may have
WARM_UP = 300  # seconds for the first run: imports and what is compiled


def main(arguments=None):
    """Run the command line; returns the exit code."""
    options = _options().parse_args(arguments)
    results = Path(options.results)
    print(f"{machine()}; Python {platform.python_version()}, {own_versions()}; load {load()}")
    for rows in [] if options.page else sorted(int(float(one)) for one in options.rows):
        for name in options.only or CASES:
            for size in sizes(CASES[name], rows):
                run_case(name, size, options, results)
    report.write(report.read(results), Path(options.page_folder))
    return 0


def _options():
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.split("\n")[0])
    parser.add_argument("--rows", nargs="+", default=["1e6"], help="sizes, such as 1e6 1e7 1e8 (default 1e6)")
    parser.add_argument("--only", nargs="+", choices=list(CASES), help="these cases only")
    parser.add_argument(
        "--peers", action="store_true", help="also the peers, each installed in a folder of its own"
    )
    parser.add_argument("--again", action="store_true", help="measure again what stands in the results")
    parser.add_argument(
        "--page", action="store_true", help="measure nothing; page and picture from the results"
    )
    parser.add_argument(
        "--data", default=ROOT / "build" / "benchmarks", help="folder for tables and environments"
    )
    parser.add_argument("--results", default=ROOT / "benchmarks" / "results.csv")
    parser.add_argument("--page-folder", default=ROOT / "docs")
    return parser


def sizes(case, rows):
    """The sizes of a case that a number of rows asks for: itself, or for a case with sizes of its own the one in its place."""
    if case.sizes is None:
        return [rows]
    return [size for size, asked in zip(case.sizes, (10**6, 10**7, 10**8), strict=True) if asked == rows]


def run_case(name, rows, options, results):
    """Measure all ways of a case at a size and write them into the results."""
    case, kept = CASES[name], report.read(results)
    ways = {
        way: one for way, one in case.ways.items() if options.peers or one.environment in (None, "pandas")
    }
    done = {row["way"] for row in kept if (row["case"], int(row["rows"])) == (name, rows)}
    if done >= set(ways) and not options.again:
        return
    folder = Path(options.data)
    environment = folder / "environments"
    small, path = (
        generate.write(case.table, size, folder / f"{case.table}-{size}.parquet") for size in (SMALL, rows)
    )
    started = {"load": load(), "day": date.today().isoformat(), "machine": machine()}
    workers, refused = {}, {}
    for way, one in ways.items():
        used = one.environment if options.peers else None
        why = beyond(kept, name, way, rows) if way != "mktlib" else None
        why = why or (environments.make(used, environment) if used else None)
        if why:
            refused[way] = why
        else:
            workers[way] = Worker(name, way, environments.executable(used, environment))
    found = in_turn(workers, small, path)
    for way, one in ways.items():
        used = one.environment if options.peers else None
        row = {"case": name, "way": way, "rows": rows} | started
        row |= {
            "versions": own_versions()
            if way == "mktlib"
            else environments.versions(used, environment, packages(one, used))
        }
        row |= (
            {"note": refused[way]}
            if way in refused
            else summary(found[way], [] if way == "mktlib" else found.get("mktlib", []))
        )
        kept = [old for old in kept if (old["case"], old["way"], int(old["rows"])) != (name, way, rows)] + [
            row
        ]
        print(report.line(row), flush=True)
    save(kept, results)


class Worker:
    """A process for one way of a case."""

    def __init__(self, case, way, python):
        quiet = {"RETENTIONEERING_NO_TRACK": "1", "DO_NOT_TRACK": "1"}  # peers that report their use
        command = [str(python), "-m", "benchmarks.worker", case, way]
        self.answers = queue.Queue()
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | quiet,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.process.stdout:
            self.answers.put(json.loads(line))
        self.answers.put({"error": "the process ended (out of memory?)"})

    def run(self, path, patience):
        """What one run found; {"error": why} where it fails, takes too long or too much memory, and the process ends."""
        self.process.stdin.write(f"{path}\n")
        self.process.stdin.flush()
        most, until = SHARE * psutil.virtual_memory().total, time.monotonic() + patience
        while True:
            try:
                found = self.answers.get(timeout=0.2)
                break
            except queue.Empty:
                if time.monotonic() > until:
                    found = {"error": f"more than {patience} seconds"}
                    break
                if self.held() > most:
                    found = {"error": f"more than {most / 1e9:.0f} GB of memory"}
                    break
        if "error" in found:
            self.end()
        return found

    def held(self):
        try:
            return psutil.Process(self.process.pid).memory_info().rss
        except psutil.Error:
            return 0

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()


def in_turn(workers, small, path):
    """{way: its runs}: the first of each, the second of each, ..., up to `wanted` of each. A way that fails has its error last."""
    found = {way: [] for way in workers}
    try:
        for way, worker in workers.items():
            first = worker.run(small, WARM_UP)
            found[way] += [first] if "error" in first else []
        for _ in range(5):
            for way, worker in workers.items():
                if not (found[way] and "error" in found[way][-1]) and len(found[way]) < wanted(found[way]):
                    found[way].append(worker.run(path, PATIENCE))
    finally:
        for worker in workers.values():
            worker.end()
    return found


def wanted(runs):
    """How many runs: five; three of more than ten seconds; one of more than half a minute."""
    seconds = runs[0]["seconds"] if runs else 0
    return 5 if seconds <= 10 else 3 if seconds <= 30 else 1


def summary(runs, ours):
    """The columns of the results that runs of one way say; `ours`: the runs of mktlib, with whose answer it is compared."""
    if "error" in runs[-1]:
        return {"note": runs[-1]["error"], "runs": len(runs) - 1}
    return {
        "seconds": f"{median(run['seconds'] for run in runs):.4g}",
        "cpu": f"{median(run['cpu'] for run in runs):.4g}",
        "reading": f"{median(run['reading'] for run in runs):.4g}",
        "peak_mb": f"{max(run['peak_mb'] for run in runs):.0f}",
        "runs": len(runs),
        "differs": difference(runs[-1]["answer"], ours[-1].get("answer", {}) if ours else {}),
    }


def difference(answer, ours):
    """The largest relative difference between numbers of one name in two answers; empty if there is none to compare."""
    shared = [(answer[name], ours[name]) for name in answer if name in ours]
    if not shared:
        return ""
    return f"{max(abs(a - b) / max(abs(a), abs(b), 1e-300) for a, b in shared):.1g}"


def beyond(kept, case, way, rows):
    """In words why a size is not tried: what a smaller one took, times as many rows, is more than there is. None if it may fit."""
    smaller = [row for row in kept if (row["case"], row["way"]) == (case, way) and int(row["rows"]) < rows]
    if not smaller:
        return None
    last = max(smaller, key=lambda row: int(row["rows"]))
    if not last["seconds"]:
        return f"not tried: at {int(last['rows']):,} {last['note'].removeprefix('not tried: ')}"
    times, most = min(rows / int(last["rows"]), 10), SHARE * psutil.virtual_memory().total / 1e6
    if float(last["seconds"]) * times > PATIENCE:
        return f"not tried: {float(last['seconds']):.0f} s at {int(last['rows']):,}"
    if float(last["peak_mb"]) * times > 2 * most:
        return f"not tried: {float(last['peak_mb']) / 1000:.1f} GB at {int(last['rows']):,}"
    return None


def packages(way, used):
    """The packages whose versions tell about a way."""
    first = [way.environment] if way.environment != "pandas" else []
    return list(dict.fromkeys([*first, "pandas", "pyarrow" if used else "duckdb"]))


def save(rows, path):
    """Write the results, in order of case, rows and way, in one step."""
    order = {name: place for place, name in enumerate(CASES)}
    rows = sorted(
        rows,
        key=lambda row: (
            order[row["case"]],
            int(row["rows"]),
            list(CASES[row["case"]].ways).index(row["way"]),
        ),
    )
    half = path.with_suffix(".half")
    with half.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    half.replace(path)


def machine():
    """Cores, memory and system in a few words."""
    memory = psutil.virtual_memory().total / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}"


def own_versions():
    return ", ".join(f"{name} {version(name)}" for name in ("duckdb", "pandas", "numpy"))


def load():
    """How many processes wanted to run in the last minute, on average; 0 and a bit is quiet."""
    return f"{psutil.getloadavg()[0]:.1f}"


if __name__ == "__main__":
    sys.exit(main())
