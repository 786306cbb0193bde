"""Counter-examples for the catalogue of mistakes: what the shipped world shows against each of them.

A mistake's function computes, beside its wrong answer, numbers that make it visible (`shows`) and what it would have cost. One
exercise a mistake is enough for the catalogue. Two processes need about 20 seconds for all of them, so the result is kept in
build/ until the package or the data change.
"""

import hashlib
import json
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "build" / "counter_examples.json"


def counter_examples(progress=iter, kept=KEPT):
    """{code of a mistake: {"exercise": id, "shows": {label: text}, "cost": sentence}}; codes with nothing to show are left out.

    progress    wraps the list of lessons, as tqdm does
    kept        file that spares the work when nothing has changed
    """
    now = fingerprint()
    before = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
    if before.get("of") == now:
        return before["found"]
    found = {}
    with ProcessPoolExecutor(2, initializer=_prepare) as processes:
        jobs = [processes.submit(of_lesson, lesson, ids) for lesson, ids in plan().items()]
        for job in progress(jobs):
            for code, example in job.result().items():
                found.setdefault(code, example)
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps({"of": now, "found": found}, ensure_ascii=False), encoding="utf-8")
    return found


def fingerprint():
    """Hash of all that the numbers depend on: exercises, toolbox, and the description of the data, which holds their hashes."""
    package = ROOT / "mktlib"
    paths = [*sorted(package.glob("*.py")), *sorted((package / "exercises").glob("*.py"))]
    paths += [package / "course" / "text.py", ROOT / "data" / "datapackage.json"]
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


def plan():
    """{lesson: {code: ids of its exercises}}: each mistake in the first lesson that knows it, the longest work first."""
    from mktlib.course import registry

    first, jobs = {}, {}
    for one in registry.exercises():
        for mistake in one.mistakes:
            lesson = first.setdefault(mistake.code, one.lesson)
            if lesson == one.lesson:
                jobs.setdefault(lesson, {}).setdefault(mistake.code, []).append(one.id)
    return dict(sorted(jobs.items(), key=lambda job: (job[0] not in ("SC", "MC"), -len(job[1]))))


def of_lesson(lesson, wanted):
    """The counter-examples of one lesson: {code: example} for {code: exercise ids}."""
    found = {}
    for code, ids in wanted.items():
        for id in ids:
            if example := of_exercise(id, code):
                found[code] = example
                break
    return found


def of_exercise(id, code):
    """What one exercise shows against a mistake in the active world, or None."""
    from mktlib.course import checking, registry

    mistake = next(one for one in registry.get(id).mistakes if one.code == code)
    wrong = mistake.value(checking.table)
    return {"exercise": id, "shows": wrong.shows, "cost": wrong.cost} if wrong.shows or wrong.cost else None


def _prepare():
    """In each process: the world that the repository ships, whatever the caller's shell says."""
    os.environ.pop("MKTLIB_WORLD", None)
    from mktlib import world

    world.use(ROOT / "data")
