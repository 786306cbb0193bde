"""The process in which one way of one case runs: for each path on a line of standard input a line of JSON on standard output.

Started as `python -m benchmarks.worker CASE WAY` from the repository's root, by the Python of the way's environment.
"""

import json
import os
import sys
import time
import traceback
from pathlib import Path

from benchmarks.cases import CASES


class Clock:
    """Seconds from its making to read(), when the data are in the shape the tool takes, and to done(), with the result."""

    def __init__(self):
        self.start, self.cpu_before, self.reading = time.perf_counter(), time.process_time(), 0.0
        self.seconds = self.cpu = self.peak_mb = None

    def read(self):
        self.reading = time.perf_counter() - self.start

    def done(self):
        self.seconds = time.perf_counter() - self.start
        self.cpu, self.peak_mb = time.process_time() - self.cpu_before, peak_mb()


def peak_mb():
    """The most memory this process ever held, in megabytes (of 1,000,000 bytes)."""
    if sys.platform == "linux":  # getrusage would count the parent's memory before exec
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024 / 1e6
    if sys.platform == "win32":
        import psutil

        return psutil.Process().memory_info().peak_wset / 1e6
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def measured(run, path):
    """One run of a way: seconds, cpu (of all cores), reading (seconds before read()), peak_mb, answer; or the error."""
    clock = Clock()
    try:
        answer = run(path, clock)
        told = {name: getattr(clock, name) for name in ("seconds", "cpu", "reading", "peak_mb")}
        return told | {"answer": answer}
    except Exception as error:
        traceback.print_exc()
        return {"error": f"{type(error).__name__}: {error}".splitlines()[0]}


def main(case, way):
    """Answer one path after the other until the input ends. What tools print goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    run = CASES[case].ways[way].run
    for line in sys.stdin:
        print(json.dumps(measured(run, line.strip())), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
