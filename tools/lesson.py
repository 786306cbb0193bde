"""A lesson as the builder sees it: cells of a MyST notebook, each with role, exercise, line and fixed id.

Role of a cell    what it is
answer            tagged `exercise`: stub, a line `### solution`, solution; the check comes right after it
check             the only statement is check("J01.1", ...)
predict, result   the only statement is predict("J01.a", guess, ...) or predict("J01.a")
trainer           tagged `trainer`
code, text        everything else
"""

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path

from jupytext.myst import MystMetadataParsingError, myst_to_notebook

MARKER = "### solution"
LEVELS = {"N": "0_start", "J": "1_junior", "M": "2_mid", "S": "3_senior"}


class LessonError(Exception):
    """What an author has to mend; `problems` is a list of sentences, each beginning with file and line."""

    def __init__(self, problems):
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        super().__init__("\n".join(self.problems))


@dataclass
class Cell:
    """One cell. line: where it begins in the file, from 1; stub_line, solution_line: within it, from 0."""

    kind: str
    source: str
    tags: list
    line: int
    role: str = ""
    exercise: str = ""
    id: str = ""
    stub: str = ""
    solution: str = ""
    stub_line: int = 0
    solution_line: int = 0
    tree: ast.Module = None

    @property
    def shown(self):
        """Source as a student sees it; '' for a trainer's cell."""
        if self.role == "trainer":
            return ""
        return self.stub if self.stub else self.source

    @property
    def solved(self):
        return self.solution if self.solution else self.source


@dataclass
class Lesson:
    """A lesson file: where it stands, its front matter (key `mktlib`) and its cells in order."""

    path: Path
    folder: str
    front: dict
    cells: list = field(default_factory=list)

    @property
    def id(self):
        return self.front["id"]

    @property
    def name(self):
        """'1_junior/J01_alphabet', the same below lessons/, notebooks/ and solutions/."""
        return f"{self.folder}/{self.path.stem}"

    def at(self, cell, line=0):
        """'lessons/1_junior/J01_alphabet.md:57, cell j01-c003': where an author has to look."""
        place = f"lessons/{self.name}.md:{cell.line + line}"
        return f"{place}, cell {cell.id}" if cell.id else place


def lesson_files(folder):
    """Lesson files below a lessons/ folder in the order of the course: levels, then file names."""
    return sorted(path for path in Path(folder).glob("*/*.md") if path.name[0] not in "._")


def read_lesson(path):
    """The lesson in a file. Raises LessonError with all that keeps it from being understood."""
    path = Path(path)
    text = path.read_text(encoding="utf-8")
    place = f"lessons/{path.parent.name}/{path.name}"
    try:
        notebook = myst_to_notebook(text, add_source_map=True)
    except (MystMetadataParsingError, ValueError) as problem:
        raise LessonError(f"{place}:1: not a MyST notebook: {problem}") from None
    lesson = Lesson(path, path.parent.name, front_matter(notebook.metadata, path, place))
    starts = notebook.metadata["source_map"]
    lesson.cells = [as_cell(cell, start, text) for cell, start in zip(notebook.cells, starts, strict=True)]
    problems = [problem for cell in lesson.cells for problem in understand(lesson, cell)]
    problems += join_answers_to_checks(lesson)
    give_ids(lesson)
    problems += twice(lesson)
    if problems:
        raise LessonError(problems)
    return lesson


def front_matter(metadata, path, place):
    """The `mktlib` entry of the front matter as a plain dict; its id must be the one in the file name."""
    front = metadata.get("mktlib")
    if not isinstance(front, dict) or "id" not in front:
        raise LessonError(f"{place}:1: the front matter has no `mktlib: {{id: ..., title: ..., ...}}`")
    if front["id"] != path.stem.partition("_")[0]:
        raise LessonError(f"{place}:1: front matter says id {front['id']}, the file name {path.stem}")
    return dict(front)


def as_cell(cell, start, text):
    """Our Cell for a notebook cell; start is the line (from 0) at which jupytext saw it begin."""
    lines = text.splitlines()
    first = next((line for line in cell.source.splitlines() if line.strip()), "")
    inside = (n for n in range(start, len(lines)) if lines[n].strip() == first.strip())
    return Cell(cell.cell_type, cell.source, list(cell.metadata.get("tags", [])), next(inside, start) + 1)


def understand(lesson, cell):
    """Set role, exercise, stub, solution and syntax tree of a cell; yield what is wrong with it."""
    known = {"exercise", "trainer", "widget"}
    for tag in cell.tags:
        if tag not in known and not tag.startswith("nbval-"):
            yield f"{lesson.at(cell)}: tag '{tag}' is unknown; there are exercise, trainer, widget"
    if cell.kind != "code":
        cell.role = "trainer" if "trainer" in cell.tags else "text"
        if "```{code-cell}" in cell.source:
            yield f"{lesson.at(cell)}: a code-cell stands inside a list or quotation, where it is not one"
        return
    if "exercise" in cell.tags:
        yield from split_answer(lesson, cell)
    cell.tree = parse(cell.solved)
    both = [(cell.stub, cell.stub_line), (cell.solution, cell.solution_line)]
    for part, start in both if cell.stub else [(cell.source, 0)]:
        problem = syntax_problem(part)
        if problem:
            yield f"{lesson.at(cell, start + problem.lineno - 1)}: not plain Python: {problem.msg}"
    call, cell.exercise = course_call(cell.tree)
    cell.role = role(cell, call)
    if cell.role == "predict" and "exercise" not in cell.tags:
        yield f"{lesson.at(cell)}: a prediction is an answer: tag the cell `exercise`, with stub and solution"


def split_answer(lesson, cell):
    """Set stub and solution from what stands before and after the marker line."""
    lines = [line.rstrip() for line in cell.source.splitlines()]
    if lines.count(MARKER) != 1:
        yield f"{lesson.at(cell)}: an exercise cell needs one line '{MARKER}', has {lines.count(MARKER)}"
        return
    cell.source = "\n".join(lines)
    where = lines.index(MARKER)
    cell.stub = "\n".join(lines[:where]).strip("\n")
    cell.solution = "\n".join(lines[where + 1 :]).strip("\n")
    cell.stub_line = next((n for n in range(where) if lines[n]), 0)
    cell.solution_line = next((n for n in range(where + 1, len(lines)) if lines[n]), where)
    if not cell.stub or not cell.solution:
        missing = "stub before" if not cell.stub else "solution after"
        yield f"{lesson.at(cell)}: there is no {missing} '{MARKER}'"


def parse(code):
    try:
        return ast.parse(code)
    except SyntaxError:
        return ast.Module([], [])


def syntax_problem(code):
    try:
        ast.parse(code)
    except SyntaxError as problem:
        return problem
    return None


def course_call(tree):
    """(call, 'J01.1') if the only statement is check("J01.1", ...) or predict(...), else (None, '')."""
    only = tree.body[0] if len(tree.body) == 1 else None
    call = only.value if isinstance(only, ast.Expr) and isinstance(only.value, ast.Call) else None
    if call is None or called(call) not in ("check", "predict") or not call.args:
        return None, ""
    first = getattr(call.args[0], "value", None)
    return (call, first) if isinstance(first, str) else (None, "")


def called(call):
    """'check' for check(...), course.check(...) and mktlib.course.check(...)."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def role(cell, call):
    if "trainer" in cell.tags:
        return "trainer"
    if call and called(call) == "check":
        return "check"
    if call:
        guess = len(call.args) > 1 or call.keywords
        return "predict" if guess else "result"
    return "answer" if "exercise" in cell.tags else "code"


def join_answers_to_checks(lesson):
    """Give each answer cell the exercise of the check right after it; say what stands alone."""
    problems = []
    code = [cell for cell in lesson.cells if cell.kind == "code" and cell.role != "trainer"]
    for cell, after in zip(code, [*code[1:], None], strict=True):
        if cell.role == "answer":
            if after is None or after.role != "check":
                problems.append(f"{lesson.at(cell)}: no check call in the code cell after this answer cell")
            else:
                cell.exercise = after.exercise
    for before, cell in zip([None, *code], code, strict=False):
        if cell.role == "check" and (before is None or before.role != "answer"):
            problems.append(f"{lesson.at(cell)}: check({cell.exercise!r}) has no answer cell right before it")
    return problems


def give_ids(lesson):
    """Fixed ids: exercises by number, the rest by kind and ordinal (trainer cells count, so copies agree)."""
    start = lesson.id.lower()
    counted = {"c": 0, "m": 0}
    for cell in lesson.cells:
        letter = "c" if cell.kind == "code" else "m"
        counted[letter] += 1
        if cell.exercise and cell.role in ("answer", "check", "predict", "result"):
            cell.id = f"{slug(cell.exercise)}-{cell.role}"
        else:
            cell.id = f"{start}-{letter}{counted[letter]:03d}"


def slug(exercise):
    """'j01-1' for 'J01.1'; only what nbformat allows in a cell id."""
    return re.sub(r"[^a-z0-9]+", "-", exercise.lower())


def twice(lesson):
    """Sentences for ids that two cells share: an exercise checked or a prediction made twice."""
    seen = {}
    for cell in lesson.cells:
        if cell.id in seen:
            first = seen[cell.id]
            yield f"{lesson.at(cell)}: {cell.exercise} has this cell twice, first in line {first.line}"
        seen.setdefault(cell.id, cell)
