"""Runs submissions one after the other, each in a process of its own behind the walls of mktlib.trainer.walls.

`Server` belongs to the trainer's side: it starts `python -m mktlib.trainer.sandbox`, which imports pandas and the tables of a
world once and forks a child for each submission (where a system cannot fork, a new Python is started: slower, the same result).
The child runs the steps of a job and writes answers, as `mktlib.trainer.answers` encodes them, into a pipe. It holds no right
answer: mktlib.exercises and solutions are neither loaded nor readable, and `check` is a stand-in.

A step that ends the child, hangs, or writes too much costs that step: the others run again without it in a new child.

    job     {"steps": [...], "world": folder or null, "truth": whether truth.json is readable, "truths": [...] names of what is at hand
             from it, "tables": [...] and "modules": [...] to have in memory, "stand_ins": {module: names}, "limits": {...}}
    step    {"by": "trainer" | "student", "id": text, "code": text} or {"by": "check", "id": "J01.1", "name": variable}
    result  {"answers": {id: encoded}, "errors": {step: sentence}, "fates": {step: word}, "events": [sentence], "seconds": float}

Step numbers are keys of JSON, so texts. A fate is "crashed", "timed out", "memory" or "output".
"""

import builtins
import contextlib
import copy
import gc
import importlib
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import types
from dataclasses import asdict, dataclass, field
from pathlib import Path

from mktlib.trainer import answers, walls

PACKAGE = Path(__file__).resolve().parents[1]
HIDDEN = {PACKAGE / name for name in ("exercises", "trainer", "course", "rubrics")}
CELL = "<cell "  # prefix of the file names of cells
EVENTS, SENTENCE = 30, 240  # at most so many, so long
MESSAGES = 32 * 2**20  # bytes of all messages of a child
LOOK, GRACE = (
    0.2,
    5,
)  # seconds between two looks at the limits; from the end of a child to the end of its pipes
ALWAYS = (
    "pandas",
    "matplotlib.pyplot",
    "matplotlib.font_manager",
    "mktlib.plots",
    "mktlib.widgets",
    "scipy.stats",
)
FORKS = hasattr(os, "fork") and sys.platform != "win32"


@dataclass(frozen=True)
class Limits:
    """Of one submission: seconds of a cell and of all together, bytes of memory, printed output, one file, all files."""

    cell: float = 30
    total: float = 240
    memory: int = 2 * 2**30
    output: int = 10 * 2**20
    file: int = 50 * 2**20
    folder: int = 200 * 2**20


class SandboxError(RuntimeError):
    """The sandbox itself failed, not a submission."""


# ---------------------------------------------------------------- the trainer's side


class Server:
    """A sandbox process that runs jobs; use it in a `with`. `walls` says which walls the kernel keeps."""

    def __init__(self, fork=FORKS):
        self._home = tempfile.mkdtemp(prefix="mktlib-sandbox-")
        self._fork = fork
        self._process = None

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self.close()

    def run(self, job):
        """The result of a job. Raises SandboxError where the sandbox cannot work at all."""
        if self._process is None:
            self._start()
        try:
            self._process.stdin.write(json.dumps(job).encode("ascii") + b"\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
            result = json.loads(line)
        except (OSError, ValueError) as problem:
            self._stop()
            raise SandboxError(f"the sandbox ended ({problem})") from None
        if "failed" in result:
            raise SandboxError(result["failed"])
        return result

    def _start(self):
        kept = ("PATH", "SYSTEMROOT", "TZ", "LANG", "LC_ALL", "LD_LIBRARY_PATH")
        one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        env = {name: os.environ[name] for name in kept if name in os.environ} | one
        env |= {"HOME": self._home, "USERPROFILE": self._home, "MKTLIB_HOME": self._home, "MPLBACKEND": "Agg"}
        env |= {"TMPDIR": self._home, "TEMP": self._home, "TMP": self._home, "PYTHONUTF8": "1"}
        env |= {"MPLCONFIGDIR": _fonts(), "PYTHONPATH": str(PACKAGE.parent), "PYTHONWARNINGS": "ignore"}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "mktlib.trainer.sandbox", "fork" if self._fork else "spawn"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=env,
            cwd=self._home,
        )

    def _stop(self):
        if self._process is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process.stdout.close()
            self._process = None

    def close(self):
        self._stop()
        shutil.rmtree(self._home, ignore_errors=True)


def _fonts():
    """The folder of matplotlib's font list, which takes seconds to make."""
    import matplotlib

    return matplotlib.get_cachedir()


# ---------------------------------------------------------------- the server process


def serve(fork):
    """Read jobs from stdin, write results to stdout, one line each, until stdin ends."""
    jobs, results = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    _nothing(0)
    _nothing(1)
    for line in jobs:
        try:
            job = json.loads(line)
            result = Run(job, fork).whole()
        except Exception as problem:
            result = {"failed": f"{type(problem).__name__}: {problem}"}
        results.write(json.dumps(result).encode("ascii") + b"\n")
        results.flush()


def _nothing(number):
    """Point a file descriptor to the null device."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, number)
    os.close(null)


@dataclass
class Found:
    """What the children of a job said."""

    answers: dict = field(default_factory=dict)
    errors: dict = field(default_factory=dict)
    fates: dict = field(default_factory=dict)
    events: list = field(default_factory=list)

    def event(self, sentence):
        sentence = str(sentence)[:SENTENCE]
        if sentence not in self.events and len(self.events) < EVENTS:
            self.events.append(sentence)


class Run:
    """All children of one job, until every step has run or has its fate."""

    def __init__(self, job, fork):
        self.job, self.fork = job, fork
        self.limits = Limits(**job["limits"])
        self.found = Found()
        self.steps = job["steps"]
        self.mine = [n for n, step in enumerate(self.steps) if step["by"] == "student"]
        self.began = time.monotonic()

    def whole(self):
        if self.fork:
            prepare(self.job)
        self.began = time.monotonic()
        self.deadline = self.began + self.limits.total
        while True:
            at, fate = self._child(set(self.found.fates), len(self.steps))
            if fate is None:
                break
            guilty = max((n for n in self.mine if n <= at and n not in self.found.fates), default=None)
            if guilty is None:
                self.found.event(f"the notebook {fate} outside of the student's cells")
                break
            again = fate == "crashed" and "crashed" in self.found.fates.values()
            self.found.fates[guilty] = fate
            if again:  # a thread or an alarm of an earlier cell may be at work: each cell alone
                self._alone()
                break
            if time.monotonic() >= self.deadline:
                self._unreached(at)
                break
        self._acquit()
        return asdict(self.found) | {"seconds": round(time.monotonic() - self.began, 3)}

    def _alone(self):
        """Run the student's cells one at a time, with the trainer's cells alone."""
        found = self.found
        found.event("a cell left something running that ended Python later, or several cells ended it")
        for number in self.mine:
            check = next((n for n in range(number, len(self.steps)) if self.steps[n]["by"] == "check"), None)
            if check is None or self.steps[check]["id"] in found.answers:
                continue
            if found.fates.get(number, "crashed") != "crashed":
                continue
            found.fates.pop(number, None)
            _, fate = self._child(set(self.mine) - {number}, check + 1)
            if fate:
                found.fates[number] = fate

    def _acquit(self):
        """A cell whose answer came was blamed for what another left behind."""
        for number in list(self.found.fates):
            id = self.steps[number]["id"]
            if id in self.found.answers and any(
                one["by"] == "check" and one["id"] == id for one in self.steps
            ):
                del self.found.fates[number]

    def _unreached(self, at):
        """Without time left, the cells behind the last one count as timed out."""
        for number in self.mine:
            if number > at:
                self.found.fates.setdefault(number, "timed out")

    def _child(self, skip, until):
        """Run the steps before `until` without those of `skip`: (the last step begun, its fate or None)."""
        folder = Path(tempfile.mkdtemp(prefix="work-"))
        try:
            child = (Forked if self.fork else Spawned)(self.job, sorted(skip), until, folder)
            return Watch(self, child, folder).until_end()
        finally:
            shutil.rmtree(folder, ignore_errors=True)


class Forked:
    """A child made by fork: it has everything imported."""

    def __init__(self, job, skip, until, folder):
        said, say = os.pipe()
        printed, out = os.pipe()
        gc.freeze()
        self.pid = os.fork()
        if self.pid == 0:
            with contextlib.suppress(BaseException):
                inside(job, skip, until, folder, say, out)
            os._exit(70)
        os.close(say)
        os.close(out)
        self.said, self.printed = os.fdopen(said, "rb", 0), os.fdopen(printed, "rb", 0)

    def end(self):
        """Kill what is left; True if it was killed for its processor time."""
        with contextlib.suppress(OSError):
            os.killpg(self.pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU


class Spawned:
    """A child made as a new Python, for systems without fork."""

    def __init__(self, job, skip, until, folder):
        own = dict.fromkeys(("HOME", "USERPROFILE", "MKTLIB_HOME", "TMPDIR", "TEMP", "TMP"), str(folder))
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", "mktlib.trainer.sandbox", "one"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            cwd=folder,
            env=os.environ | own,
            start_new_session=True,
        )
        with contextlib.suppress(OSError):
            self.process.stdin.write(json.dumps([job, skip, until, str(folder)]).encode("ascii") + b"\n")
            self.process.stdin.close()
        self.said, self.printed = self.process.stdout, self.process.stderr

    def end(self):
        if hasattr(os, "killpg"):
            with contextlib.suppress(OSError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()
        return self.process.wait() == -getattr(signal, "SIGXCPU", 0)


class Watch:
    """Reads what a child says and prints, and ends it when a limit is passed."""

    def __init__(self, run, child, folder):
        self.run, self.child, self.folder = run, child, folder
        self.news = queue.Queue(maxsize=64)
        self.at, self.fate, self.done = -1, None, False
        self.rest, self.bytes, self.printed = b"", 0, 0
        self.ends, self.looked = run.deadline, time.monotonic()

    def until_end(self):
        """(last step begun, fate or None)."""
        readers = [
            threading.Thread(target=self._read, args=(name, file), daemon=True)
            for name, file in (("said", self.child.said), ("printed", self.child.printed))
        ]
        for reader in readers:
            reader.start()
        by_time, ended, open_ones = False, None, len(readers)
        while open_ones and (ended is None or time.monotonic() < ended + GRACE):
            name, data = self._next()
            if name and not data:
                open_ones -= 1
            elif name:  # what was said before the end still counts
                getattr(self, f"_{name}")(data)
            self._look_at_limits()
            if ended is None and (self.fate or self.done):
                by_time, ended = self.child.end(), time.monotonic()
        by_time = self.child.end() if ended is None else by_time
        if not self.done and not self.fate:
            self.fate = "timed out" if by_time else "crashed"
        return self.at, None if self.done else self.fate

    def _read(self, name, file):
        with file:
            while data := file.read(65536):
                self.news.put((name, data))
        self.news.put((name, b""))

    def _next(self):
        try:
            return self.news.get(timeout=LOOK)
        except queue.Empty:
            return None, None

    def _look_at_limits(self):
        """Time, and now and then the files: also while the child keeps talking."""
        now = time.monotonic()
        if self.fate or self.done:
            return
        if now > self.ends:
            self.fate = "timed out"
        elif now > self.looked + LOOK:
            if _used(self.folder) > self.run.limits.folder:
                self.fate = "output"
                self.run.found.event("wrote more files than its folder may hold")
            self.looked = time.monotonic()

    def _printed(self, data):
        self.printed += len(data)
        if self.printed > self.run.limits.output and not self.fate:
            self.fate = "output"
            self.run.found.event(f"printed more than {self.run.limits.output // 2**20 or 1} MB")

    def _said(self, data):
        self.bytes += len(data)
        if self.bytes > MESSAGES:
            self.fate = self.fate or "output"
            return
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            try:
                self._message(json.loads(line))
            except (ValueError, KeyError, TypeError, IndexError, RecursionError):
                self.run.found.event("wrote into the channel of the grader")

    def _message(self, message):
        """Take one message; the child may have forged it, so nothing in it is trusted."""
        found, kind = self.run.found, message["say"]
        if kind == "event":
            found.event(message["text"])
        elif kind == "done":
            self.done = True
        elif kind == "at":
            self.at = self._step(message)
            cell = self.run.limits.cell if self.run.steps[self.at]["by"] == "student" else float("inf")
            self.ends = min(self.run.deadline, time.monotonic() + cell)
        elif kind == "error":
            found.errors[str(self._step(message))] = str(message["text"])[:SENTENCE]
        elif kind == "memory" and not self.fate:
            self.fate = "memory"
            found.event("asked for more memory or threads than a submission may have")
        elif kind == "answer":
            step = self.run.steps[self._step(message)]
            found.answers.setdefault(step["id"], message["value"])

    def _step(self, message):
        number = message["step"]
        if type(number) is not int or not 0 <= number < len(self.run.steps):
            raise ValueError
        return number


def _used(folder):
    """Bytes of the files of a folder, an empty file counting as 4 kB; stops counting far above any limit."""
    used = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                used += max((Path(place) / name).lstat().st_size, 4096)
        if used > 2**40:
            break
    return used


# ---------------------------------------------------------------- prepared once


def prepare(job):
    """Import what the lesson imports and read the tables of its world, so that children find them in memory."""
    from mktlib import data, inputs, world

    for name in (*ALWAYS, *job["modules"]):
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    chosen = Path(job["world"]) if job["world"] else None
    if chosen != prepare.world:
        data._cached.cache_clear()
        prepare.truths.clear()
        prepare.world = chosen
    world.use(chosen)
    for name in job["truths"]:
        if name not in prepare.truths:
            prepare.truths[name] = world.truth(name)
    for name in job["tables"]:
        with contextlib.suppress(Exception):
            data.load(name)
    inputs.close_database()


prepare.world, prepare.truths = None, {}

# ---------------------------------------------------------------- inside: code that runs beside a submission


def inside(job, skip, until, folder, say, out):
    """The child: closes itself in, runs the steps, ends. Never returns."""
    with contextlib.suppress(AttributeError, OSError):
        os.setsid()
    _nothing(0)
    os.dup2(out, 1)
    os.dup2(out, 2)
    say = _only(say)
    os.chdir(folder)
    voice = Voice(say)
    for name in ("HOME", "USERPROFILE", "MKTLIB_HOME", "TMPDIR", "TEMP", "TMP", "MPLCONFIGDIR"):
        os.environ[name] = str(folder)
    os.environ.pop("PYTHONPATH", None)
    tempfile.tempdir = None
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = sys.stderr = os.fdopen(1, "w", encoding="utf-8", errors="replace", closefd=False)
    sys.dont_write_bytecode = True
    sys.path[:] = [one for one in sys.path if one and Path(one) != PACKAGE.parent]
    sys.argv = [""]
    stand_ins(job)
    close_in(job, folder, voice)
    namespace = main_module()
    for number in range(until):
        if number not in skip:
            step(number, job["steps"][number], namespace, voice)
    voice.say("done")
    os._exit(0)


def _only(say):
    """Close everything but stdin, stdout, stderr and the voice, which gets the number 3."""
    if say != 3:
        os.dup2(say, 3)
    os.closerange(4, 4096)
    return 3


class Voice:
    """Writes messages into the pipe."""

    def __init__(self, number):
        self._number = number
        self._lock = threading.Lock()

    def say(self, what, step=None, **fields):
        message = {"say": what, "step": step, **fields}
        data = json.dumps(message, allow_nan=False).encode("ascii") + b"\n"
        with self._lock:
            while data:
                data = data[os.write(self._number, data) :]

    def event(self, sentence):
        self.say("event", text=sentence)


def close_in(job, folder, voice):
    """Amounts, files, processes, network: what the kernel keeps, then the guard that names attempts."""
    limits = Limits(**job["limits"])
    readable, listable = readable_paths(job)
    walls.limit(int(limits.total) + 1, limits.memory, limits.file)
    walls.no_privileges()
    walls.close_files(readable, listable, folder)
    walls.close_calls()
    sys.addaudithook(walls.Guard(readable, listable, folder, CELL, voice.event))


def readable_paths(job):
    """(Python, its packages, the toolbox without right answers, and the world without its truth; folders to list)."""
    from mktlib import world

    home = Path(world.folder()).resolve()
    hidden = set() if job["truth"] else {home / "truth.json", home / "truth"}
    return [*walls.SYSTEM, *walls.python_paths(HIDDEN), *walls.without(home, hidden)], [home, PACKAGE]


def main_module():
    """The namespace of the notebook: a fresh `__main__`."""
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    module.get_ipython, module.display = Shell, lambda *what, **how: None
    return module.__dict__


def step(number, one, namespace, voice):
    """Run a cell, or read the answer that a check asks for."""
    voice.say("at", number)
    if one["by"] == "check":
        if one["name"] in namespace:
            voice.say("answer", number, value=answers.encode(namespace[one["name"]]))
        return
    try:
        exec(compile(one["code"], f"{CELL}{one['id']}>", "exec", dont_inherit=True), namespace)
    except BaseException as problem:  # SystemExit of exit(), too
        said = in_words(problem)
        voice.say("error", number, text=said)
        if isinstance(problem, MemoryError) or said.startswith("RuntimeError: can't start new thread"):
            voice.say(
                "memory", number
            )  # what holds the memory may stay, so this child is not used any longer
            time.sleep(60)
        if "ermission denied" in said or "Operation not permitted" in said:
            voice.event(f"met a wall: {said}")
    with contextlib.suppress(BaseException):
        sys.stdout.flush()
    pyplot = sys.modules.get("matplotlib.pyplot")
    with contextlib.suppress(BaseException):
        pyplot.close("all")


def in_words(problem):
    """Type and message of an exception, short; its own methods may fail."""
    try:
        return " ".join(f"{type(problem).__name__}: {problem}".split())[:SENTENCE]
    except BaseException:
        return "an error that cannot be shown"


class Inert:
    """Stands for whatever a submission needs not have while it is graded: any call and any attribute give it again."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *arguments, **named):
        return self

    def __bool__(self):
        return False

    def __repr__(self):
        return ""


class Shell:
    """What get_ipython() gives: magics that measure run their code, the others do nothing."""

    def run_line_magic(self, name, line, *more):
        if name in {"time", "timeit", "prun"}:
            exec(line, sys.modules["__main__"].__dict__)

    def run_cell_magic(self, name, line, cell):
        if name in {"time", "timeit", "capture", "prun"}:
            exec(cell, sys.modules["__main__"].__dict__)

    def system(self, command):
        os.system(command)

    getoutput = system

    def __getattr__(self, name):
        return Inert()


def stand_ins(job):
    """Put nothing in the place of check, hint, pictures' explorers and the lessons' right answers."""
    import mktlib
    import mktlib.widgets
    from mktlib import world

    world.truth = opened(world.truth, {name: prepare.truths[name] for name in job["truths"]})
    inert = Inert()
    course = types.ModuleType("mktlib.course")
    for name in ("check", "predict", "hint", "solution", "progress", "review", "placement", "explore"):
        setattr(course, name, inert)
        setattr(mktlib, name, inert)
    course.log = types.SimpleNamespace(read=lambda: ([], 0), append=lambda *a, **k: "", folder=Path.cwd)
    mktlib.course = sys.modules["mktlib.course"] = course
    mktlib.widgets.explore = inert
    exercises = types.ModuleType("mktlib.exercises")
    mktlib.exercises = sys.modules["mktlib.exercises"] = exercises
    for name, wanted in job["stand_ins"].items():
        module = types.ModuleType(name)
        for one in wanted:
            setattr(module, one, inert)
        sys.modules[name] = module
    builtins.exit = builtins.quit = _leave


def opened(read, known):
    """world.truth for a submission: what the lesson itself opens is at hand, for the rest the file would be needed."""

    def truth(name=None):
        return copy.deepcopy(known[name]) if name in known else read(name)

    return truth


def _leave(*code):
    raise SystemExit("the cell asked Python to end")


def one():
    """The child of a system without fork: job from stdin, messages to stdout, prints to stderr."""
    job, skip, until, folder = json.loads(sys.stdin.buffer.readline())
    prepare(job)
    inside(job, skip, until, folder, os.dup(1), os.dup(2))


if __name__ == "__main__":
    one() if sys.argv[1] == "one" else serve(sys.argv[1] == "fork")
