"""Build notebooks/, solutions/, data/, docs/competences.md and docs/teaching/ from lessons/, exercises and the simulator.

python tools/build.py                 everything
python tools/build.py --only J01      one lesson (or J01,J02), data left alone
python tools/build.py --check         change nothing, say what would change and why; then exit 1
"""

import argparse
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tqdm import tqdm

from tools import competences, exercise_rules, guide
from tools.lesson import LessonError, lesson_files, read_lesson
from tools.notebook import as_text, first_difference, solved_notebook, student_notebook
from tools.run import execute, misjudged

ROOT = Path(__file__).resolve().parents[1]
SEED = 20260101
AT_ONCE = 2
BUILT = ("notebooks", "solutions")


@dataclass
class Change:
    """A file that differs from what the build makes. text: new content (str or bytes), None to remove it."""

    path: Path
    why: str
    text: str | bytes | None

    def apply(self):
        if self.text is None:
            self.path.unlink()
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        content = self.text.encode("utf-8") if isinstance(self.text, str) else self.text
        self.path.write_bytes(content)


def main(arguments=None, root=ROOT, registry=None, pythonpath=None):
    """Run the command line; returns the exit code: 0 built or unchanged, 1 would change or a lesson is wrong.

    root, registry, pythonpath: another course than ours, for tests.
    """
    options = command_line().parse_args(arguments)
    pythonpath = [root] if pythonpath is None else pythonpath
    changes, problems = [], []
    with ThreadPoolExecutor(1) as aside:
        data = None if options.no_data or options.only else aside.submit(data_changes, root)
        if data and not options.check:
            changes += settle(data.result(), False)  # lessons are to run on the new data
        files = chosen(lesson_files(root / "lessons"), options.only, problems)
        registry = registry or course_registry()
        for made in build_all(files, root, registry, pythonpath, not options.check, problems):
            changes += settle(made, options.check)
        if data and options.check:
            changes += data.result()
    if not options.only:
        changes += settle(orphans(root), options.check)
    if root == ROOT:
        unfinished = guide.problems()
        changes += [] if unfinished else settle(pages(), options.check)
        problems += unfinished
    report(changes, problems, options.check, root)
    return 1 if problems or (options.check and changes) else 0


def command_line():
    parser = argparse.ArgumentParser(prog="build.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if a file would change")
    parser.add_argument("--only", metavar="J01,J02", type=lambda text: text.split(","), help="no data either")
    parser.add_argument("--no-data", action="store_true", help="leave data/ alone")
    return parser


def course_registry():
    from mktlib.course import registry

    return registry


def chosen(files, only, problems):
    """Lesson files whose id is among `only`; all when it is None. Unknown and double ids go to `problems`."""
    ids = {path.stem.partition("_")[0]: path for path in reversed(files)}
    ids = dict(reversed(ids.items()))
    known = ", ".join(ids)
    problems += [f"there is no lesson {one}; lessons/ holds {known}" for one in only or () if one not in ids]
    problems += [f"{path.name}: another lesson has this id" for path in files if path not in ids.values()]
    return [path for one, path in ids.items() if only is None or one in only]


def settle(changes, check):
    """Write the changes unless we only check; hand them on for the report."""
    for change in () if check else changes:
        change.apply()
    return changes


def build_all(files, root, registry, pythonpath, try_student, problems):
    """Yield the changes of each lesson as it is done, a few at once; what is wrong goes to `problems`."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        jobs = {pool.submit(build, path, root, registry, pythonpath, try_student): path for path in files}
        done = tqdm(as_completed(jobs), "lessons", len(jobs), unit="lesson", file=sys.stdout, disable=None)
        for job in done:
            try:
                yield job.result()
            except LessonError as wrong:
                problems += wrong.problems


def build(path, root, registry, pythonpath, try_student=True):
    """Changes in notebooks/ and solutions/ that one lesson asks for. Raises LessonError with what is wrong.

    try_student: also run the untouched student's notebook (nbval does in the tests, so --check need not).
    """
    lesson = read_lesson(path)
    problems = exercise_rules.problems(lesson, registry)
    if problems:
        raise LessonError(problems)
    student, solved = student_notebook(lesson, registry), solved_notebook(lesson, registry)
    problems = list(exercise_rules.leaks(lesson, student))
    if problems:
        raise LessonError(problems)
    texts = [as_text(student, f"notebooks/{lesson.name}")]
    execute(lesson, solved, pythonpath)
    problems = list(misjudged(lesson, solved))
    if problems:
        raise LessonError(problems)
    if try_student:
        execute(lesson, student, pythonpath)
    texts.append(as_text(solved, f"solutions/{lesson.name}"))
    for warning in exercise_rules.warnings(lesson):
        tqdm.write(f"note: {warning}")
    paths = [root / built / f"{lesson.name}.ipynb" for built in BUILT]
    return [change for one, text in zip(paths, texts, strict=True) for change in difference(one, text)]


def difference(path, text):
    """[Change] if the file does not hold the text, else []; line ends of a Windows checkout do not count."""
    if not path.exists():
        return [Change(path, "new", text)]
    old = path.read_bytes().decode("utf-8", errors="replace").replace("\r\n", "\n")
    return [] if old == text else [Change(path, first_difference(old, text), text)]


def orphans(root):
    """Changes that remove built notebooks whose lesson is gone or renamed."""
    lessons = {path.relative_to(root / "lessons").with_suffix("") for path in lesson_files(root / "lessons")}
    found = [(root / built, path) for built in BUILT for path in sorted((root / built).glob("*/*.ipynb"))]
    return [
        Change(path, "has no lesson any more", None)
        for top, path in found
        if path.relative_to(top).with_suffix("") not in lessons
    ]


def data_changes(root):
    """Make the standard world anew: changes that turn data/ into it. Raises SystemExit if that fails."""
    with tempfile.TemporaryDirectory(prefix="mktlib-world-") as folder:
        command = [sys.executable, "-m", "mktlib", "data", "--seed", str(SEED), "--out", folder]
        clean = {key: value for key, value in os.environ.items() if key != "MKTLIB_WORLD"}
        print("data: making the standard world", flush=True)
        done = subprocess.run(command, cwd=root, env=clean | {"PYTHONHASHSEED": "0"}, check=False)
        if done.returncode:
            raise SystemExit(f"no standard world: {' '.join(command[1:])} ended with {done.returncode}")
        return folder_difference(Path(folder), root / "data")


def pages():
    """Changes of the pages made from lessons and exercises: docs/competences.md and the teaching guide."""
    made = {competences.PAGE: competences.page()}
    made |= {guide.FOLDER / name: text for name, text in guide.pages().items()}
    changes = [change for path, text in made.items() for change in difference(path, text)]
    gone = sorted(set(guide.FOLDER.glob("*.md")) - set(made) - {guide.FOLDER / "README.md"})
    return changes + [Change(path, "has no lesson any more", None) for path in gone]


def folder_difference(new, old):
    """Changes that make folder `old` hold what `new` holds; hidden files and README.md in `old` stay."""
    made = {path.relative_to(new): path.read_bytes() for path in sorted(new.rglob("*")) if path.is_file()}
    there = {path.relative_to(old): path for path in sorted(old.rglob("*")) if path.is_file()}
    changes = []
    for name, content in made.items():
        if name not in there:
            changes.append(Change(old / name, "new", content))
        elif there[name].read_bytes() != content:
            changes.append(Change(old / name, "the simulator makes other bytes", content))
    gone = [path for name, path in there.items() if name not in made]
    gone = [path for path in gone if path.name[0] != "." and path.name != "README.md"]
    return changes + [Change(path, "the simulator makes no such file", None) for path in gone]


def report(changes, problems, check, root):
    verb = "would change" if check else "changed"
    for change in sorted(changes, key=lambda one: one.path):
        gone = ("would go" if check else "removed") if change.text is None else verb
        print(f"{gone}: {change.path.relative_to(root).as_posix()} ({change.why})")
    for problem in problems:
        print(f"ERROR {problem}")
    if problems:
        print(f"{len(problems)} to mend; the lessons named above were not built")
    elif not changes:
        print("everything is as the lessons say")


if __name__ == "__main__":
    raise SystemExit(main())
