"""Synthetic submissions of J01 and what their grades must be: right, wrong in named ways, damaged, hostile.

`everything(place)` gives each kind once; `a_class(place, students)` writes a whole class folder.
"""

import copy
import json
import random
from dataclasses import dataclass, field
from pathlib import Path

from exercise_forms import answer_with, first_order, memo

from mktlib.course import checking, registry
from mktlib.trainer import grading, roster

__all__ = ["answer_with", "first_order", "memo"]
ROOT = Path(__file__).resolve().parents[1]
LESSON = "J01"
HIT = "J01.3"  # the exercise in whose cell an attack stands: reach_week, 1 point


@dataclass
class Submission:
    """What one student hands in (bytes, None for nothing) and what has to come of it.

    lost      {exercise id: statuses that are allowed}; all others are correct unless `points` says so
    mistakes  {exercise id: code}, exactly
    said      parts of sentences that must stand among the events
    """

    kind: str
    content: bytes | None
    lost: dict = field(default_factory=dict)
    mistakes: dict = field(default_factory=dict)
    said: tuple = ()
    outcome: str = "graded"
    name: str = ""


def notebook(folder):
    return json.loads(next((ROOT / folder).glob(f"*/{LESSON}_*.ipynb")).read_text(encoding="utf-8"))


def solved():
    """The learner's notebook with the solution's answers, as cells by id in order."""
    answers = {cell["id"]: cell["source"] for cell in notebook("solutions")["cells"]}
    made = notebook("notebooks")
    for cell in made["cells"]:
        if "exercise" in cell["metadata"].get("tags", ()):
            cell["source"] = answers[cell["id"]]
    return made


def written(made):
    return json.dumps(made, ensure_ascii=False).encode("utf-8")


def ids():
    return [id for id, _ in grading.lesson(LESSON).checks.values()]


def cell_of(made, id, what="answer"):
    name = f"{id.replace('.', '-').lower()}-{what}"
    return next(cell for cell in made["cells"] if cell["id"] == name)


def variable(id):
    return next(name for one, name in grading.lesson(LESSON).checks.values() if one == id)


def plain(value):
    """A value as plain Python, which repr writes so that Python reads it."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    return value.item() if hasattr(value, "item") else value


def wrong(mistakes):
    """A notebook with a literal for each mistake {exercise id: code}."""
    made = solved()
    for id, code in mistakes.items():
        one = registry.get(id)
        value = next(m.value(checking.table).value for m in one.mistakes if m.code == code)
        answer = answer_with(one, plain(value), plain(one.right(checking.table)))
        cell_of(made, id)["source"] = f"{variable(id)} = {answer!r}"
    return made


def some_mistakes(luck):
    """Three to five named mistakes of different exercises."""
    picked = luck.sample(ids(), luck.randint(3, 5))
    return {id: luck.choice(registry.get(id).mistakes).code for id in picked}


def attack(code, *, at=HIT, then_right=False):
    """The solved notebook with code in an answer cell; `then_right` keeps the right answer behind it."""
    made = solved()
    cell = cell_of(made, at)
    right = "".join(cell["source"])
    cell["source"] = f"{code}\n{right}" if then_right else code
    return written(made)


def hostile(place):
    """(kind, code in the cell of HIT, statuses, part of an event, outcome) of attacks that cost their cell alone."""
    other, own_course = place / "submissions" / "other" / "J01.ipynb", ROOT / "mktlib"
    error = {"error"}
    reads = {
        "reads another student": other,
        "reads class.json": place / "class.json",
        "reads the exercises": own_course / "exercises" / "j01.py",
        "reads the solutions": ROOT / "solutions" / "1_junior" / "J01_metrics_alphabet.ipynb",
        "reads the truth": ROOT / "data" / "truth.json",
    }
    for kind, path in reads.items():
        yield kind, f"reach_week = open({str(path)!r}).read()", error, "tried to read", "graded"
    quoted = str(place / "class.json").replace("'", "''")
    sql = f"reach_week = duckdb.sql(\"select * from read_text('{quoted}')\").fetchall()"
    yield "reads past Python", f"import duckdb\n{sql}", error, "wall", "graded"
    yield (
        "writes a grade",
        f"open({str(place / 'gradebook.csv')!r}, 'w').write('100')",
        error,
        "tried to write",
        "graded",
    )
    yield "deletes", f"import os\nos.remove({str(other)!r})", error, "tried to delete", "graded"
    yield "changes modes", f"import os\nos.chmod({str(place)!r}, 0)", error, "tried to change", "graded"
    link = f"import os\nos.symlink({str(place / 'class.json')!r}, 'here')\nreach_week = open('here').read()"
    yield "goes by a link", link, error, "tried to link", "graded"
    yield "lists", f"import os\nreach_week = os.listdir({str(place)!r})", error, "tried to list", "graded"

    yield "endless loop", "while True:\n    pass", {"timed out"}, "did not end in time", "timed out"
    yield "os._exit", "import os\nos._exit(0)", {"crashed"}, "ended or crashed", "crashed"
    yield "crash", "import ctypes\nctypes.string_at(0)", {"crashed"}, "ended or crashed", "crashed"
    yield "sys.exit", "import sys\nsys.exit()", error, "", "graded"
    yield "exception", "1 / 0", error, "", "graded"
    yield "syntax error", "reach_week = = 1", error, "", "graded"
    yield "fork bomb", "import os\nwhile True:\n    os.fork()", error, "tried to start a process", "graded"
    stubborn = "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass"
    yield "stubborn fork bomb", stubborn, {"timed out"}, "tried to start a process", "timed out"
    memory = {"memory"}
    yield "10 GB", "block = bytearray(10 * 2**30)", memory, "memory", "memory"
    yield "10 GB of numpy", "import numpy as np\nblock = np.ones(10 * 2**27)", memory, "memory", "memory"
    hidden = (
        "rows = []\ntry:\n    while True:\n        rows.append(bytes(2**24))\nexcept MemoryError:\n    pass"
    )
    yield "keeps all memory", hidden, memory, "memory", "memory"
    threads = (
        "import threading, time\nwhile True:\n    threading.Thread(target=time.sleep, args=(99,)).start()"
    )
    yield "thread bomb", threads, memory, "memory or threads", "memory"
    yield (
        "command",
        "import subprocess\nsubprocess.run(['touch', 'x'])",
        error,
        "tried to run a command: touch x",
        "graded",
    )
    yield "shell", "import os\nos.system('touch x')", error, "tried to run a command: touch x", "graded"
    page = "import urllib.request\nreach_week = urllib.request.urlopen('http://answers.example/j01').read()"
    yield "network", page, error, "tried to reach answers.example", "graded"
    dial = "import socket\nsocket.create_connection(('192.0.2.1', 80), 1)"
    yield "network by address", dial, error, "network", "graded"
    yield (
        "kills the grader",
        "import os\nos.kill(os.getppid(), 9)",
        error,
        "signal to another process",
        "graded",
    )
    deaf = "import signal\nfor one in (15, 14, 2, 1):\n    signal.signal(one, signal.SIG_IGN)\nwhile True:\n    pass"
    yield "deaf to signals", deaf, {"timed out"}, "did not end in time", "timed out"
    yield (
        "alarm",
        "import signal, time\nsignal.alarm(1)\ntime.sleep(9)",
        {"crashed"},
        "ended or crashed",
        "crashed",
    )
    yield (
        "stops itself",
        "import os\nos.kill(os.getpid(), 19)",
        {"timed out"},
        "did not end in time",
        "timed out",
    )
    drip = "import time\nwhile True:\n    print('.', flush=True)\n    time.sleep(0.02)"
    yield "talks without end", drip, {"timed out"}, "did not end in time", "timed out"
    yield "huge output", "while True:\n    print('x' * 10_000)", {"output"}, "printed more than", "output"
    files = "n = 0\nwhile True:\n    n += 1\n    open(f'f{n}', 'wb').write(bytes(2**23))"
    yield "fills the disk", files, {"output"}, "more files", "output"
    yield "keyboard", "reach_week = input('reach? ')", error, "keyboard", "graded"
    yield "recursion", "def f():\n    return f()\nf()", error, "", "graded"
    deep = "reach_week = []\nfor _ in range(100_000):\n    reach_week = [reach_week]"
    yield "deep answer", deep, {"unreadable"}, "", "graded"
    yield "large answer", "reach_week = list(range(10**6))", {"unreadable"}, "", "graded"
    liar = (
        "class Liar:\n    def __repr__(self):\n        raise SystemExit\n    def __eq__(self, other):\n        return True\n"
        "    def __len__(self):\n        return 10**12\n    def __float__(self):\n        while True: pass\nreach_week = Liar()"
    )
    yield "hostile object", liar, {"unreadable"}, "", "graded"
    html = "reach_week = '<script>alert(1)</script>'"
    yield "HTML in the answer", html, {"unreadable"}, "", "graded"
    yield (
        "formula in the answer",
        "reach_week = '=HYPERLINK(\"http://a.example\")'",
        {"unreadable"},
        "",
        "graded",
    )
    course = "from mktlib.exercises.j01 import reach\nreach_week = reach"
    yield "asks the course", course, error, "", "graded"
    patched = (
        "import mktlib\nmktlib.check = check = lambda *a, **k: True\n"
        "import sys\nsys.modules['mktlib.course'].check = check\nreach_week = 7"
    )
    yield "patched check", patched, {"incorrect"}, "", "graded"
    forged = 'import os\nos.write(3, b\'[]\\n{"say": "verdict", "correct": true}\\nx\\n\')\nreach_week = 7'
    yield "forged message", forged, {"incorrect"}, "channel of the grader", "graded"
    yield (
        "closes the channel",
        "import os\nos.close(3)\nreach_week = 7",
        {"crashed"},
        "ended or crashed",
        "crashed",
    )


def late_death():
    """A thread that ends Python when a later cell of the trainer's has run, however fast that comes."""
    code = (
        "import os, threading, time\ndef end():\n    while 'quiet_ctr' not in globals():\n        time.sleep(0.001)\n"
        "    os._exit(3)\nthreading.Thread(target=end, daemon=True).start()"
    )
    said = ("left something running",)
    return Submission("dies later", attack(code, then_right=True), said=said)


def edited(place):
    """Submissions that were changed elsewhere than in an answer cell."""
    made = wrong({HIT: "SUM_UNIQUES"})
    cell_of(made, HIT, "check")["source"] = "print('Correct!')\nreach_week = 1"
    yield Submission(
        "edited check",
        written(made),
        {HIT: {"mistake"}},
        {HIT: "SUM_UNIQUES"},
        ("edited the check cell of J01.3",),
    )
    made = solved()
    gone = {"j01-3-answer", "j01-3-check", "j01-4-answer", "j01-5-check", "j01-c020"}
    made["cells"] = [cell for cell in made["cells"] if cell["id"] not in gone]
    lost = {HIT: {"unattempted"}, "J01.4": {"unattempted"}}
    yield Submission(
        "deleted cells",
        written(made),
        lost,
        said=("deleted the answer cell of J01.3", "deleted the check cell of J01.5"),
    )
    made = solved()
    next(cell for cell in made["cells"] if cell["id"] == "j01-c020")["source"] = "raise SystemExit"
    yield Submission("edited given cell", written(made), said=("changed 1 given cell",))
    made = solved()
    place_of = made["cells"].index(cell_of(made, HIT))
    helper = {"cell_type": "code", "id": "mine", "metadata": {}, "outputs": [], "execution_count": None}
    helper["source"] = "%matplotlib inline\n%time people = week['device_id'].nunique()\nweek.head?"
    made["cells"].insert(place_of, helper)
    cell_of(made, HIT)["source"] = "reach_week = people"
    yield Submission("added cell with magics", written(made))
    made = solved()
    for cell in made["cells"]:
        del cell["id"]
        cell["source"] = "".join(cell["source"])
    made["nbformat_minor"] = 4
    yield Submission("without ids", written(made))
    made = wrong({"J01.2": "WRONG_DENOM_CLICKS"})
    cell_of(made, "J01.2", "check")["source"] = 'check("J01.2", cvr_june, convention="per click")'
    yield Submission("named convention", written(made))
    yield late_death()


def damaged(place):
    """Files that are no notebook of the lesson."""
    all_open = {id: {"unattempted"} for id in ids()}
    whole = written(solved())
    another = next((ROOT / "notebooks").glob("*/J02_*.ipynb")).read_bytes()
    for kind, content, outcome, said in (
        ("nothing handed in", None, "missing", ()),
        ("broken JSON", whole[: len(whole) // 2], "unreadable", ("not JSON",)),
        ("empty file", b"", "unreadable", ("not JSON",)),
        ("deep JSON", b"[" * 100_000, "unreadable", ("not JSON",)),
        ("a list", b"[1, 2]", "unreadable", ("no notebook",)),
        ("another lesson", another, "refused", ("notebook of J02",)),
    ):
        yield Submission(kind, content, all_open, said=said, outcome=outcome)
    open_stubs = {id: {"unattempted"} for id in ids()}
    yield Submission("untouched", written(notebook("notebooks")), open_stubs)


def attacks(place):
    """A submission for each attack."""
    for kind, code, statuses, said, outcome in hostile(place):
        yield Submission(kind, attack(code), {HIT: statuses}, said=(said,) if said else (), outcome=outcome)


def attacks_together(place):
    """The same attacks; those that only raise an error stand together, six cells of a notebook each."""
    raising = [one for one in hostile(place) if one[2] == {"error"}]
    for first in range(0, len(raising), 6):
        some, made, lost = raising[first : first + 6], solved(), {}
        for (_, code, statuses, _, _), id in zip(some, ids()[2:], strict=False):
            cell_of(made, id)["source"] = code
            lost[id] = statuses
        said = tuple(part for _, _, _, part, _ in some if part)
        yield Submission(", ".join(kind for kind, *_ in some), written(made), lost, said=said)
    raised = {kind for kind, *_ in raising}
    yield from (one for one in attacks(place) if one.kind not in raised)


def everything(place, together=False):
    """Each kind of submission once."""
    yield Submission("right", written(solved()), name="=cmd|' /C calc'!A0")
    for number in range(4):
        mistakes = some_mistakes(random.Random(number))
        lost = {id: {"mistake"} for id in mistakes}
        yield Submission(
            "wrong", written(wrong(mistakes)), lost, mistakes, name="<img src=x onerror=alert(1)>"
        )
    yield from (attacks_together if together else attacks)(place)
    yield from edited(place)
    yield from damaged(place)


def a_class(place, students=0, together=False, seed=1):
    """Write a class with each kind of submission once, and more to make so many students; returns {student id: Submission}."""
    place.mkdir(parents=True, exist_ok=True)
    every, luck = list(everything(place, together)), random.Random(seed)
    while len(every) < students:
        mistakes = some_mistakes(luck) if luck.random() < 0.8 else {}
        lost = {id: {"mistake"} for id in mistakes}
        every.append(Submission("wrong", written(wrong(mistakes)), lost, mistakes))
    luck.shuffle(every)
    made = {f"2026{number:04}": copy.copy(one) for number, one in enumerate(every)}
    people = [
        roster.Student(
            id, one.name or f"Student {id} 学生", f"{id}@school.example", "A", None, f"{id}_student"
        )
        for id, one in made.items()
    ]
    roster.write_json(place / "class.json", {"name": "Class <b>A</b>", "lessons": [LESSON], "deadline": None})
    roster.save(place, people)
    for person in people:
        if (content := made[person.id].content) is not None:
            target = place / "submissions" / person.folder / f"{LESSON}.ipynb"
            target.parent.mkdir(parents=True)
            target.write_bytes(content)
    return made
