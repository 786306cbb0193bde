"""The two notebooks of a lesson: cells, fixed ids, nbgrader metadata, and the same bytes every time."""

import nbformat
from nbformat import v4

from tools.lesson import LessonError

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}
ABOUT = ("id", "title", "minutes", "needs")
COMPARE = "nbval-check-output"


def student_notebook(lesson, registry):
    """The lesson as a learner opens it: stubs, no outputs, no trainer cells."""
    cells = [as_notebook_cell(cell, cell.shown, registry) for cell in lesson.cells if cell.role != "trainer"]
    return notebook(lesson, cells)


def solved_notebook(lesson, registry):
    """The lesson with every answer filled in and the trainer's notes, not yet executed."""
    return notebook(lesson, [as_notebook_cell(cell, cell.solved, registry) for cell in lesson.cells])


def notebook(lesson, cells):
    about = {key: lesson.front[key] for key in ABOUT if key in lesson.front}
    metadata = {"kernelspec": KERNEL, "language_info": LANGUAGE, "mktlib": about}
    return v4.new_notebook(cells=cells, metadata=nbformat.from_dict(metadata))


def as_notebook_cell(cell, source, registry):
    metadata = {"tags": list(cell.tags)} if cell.tags else {}
    if cell.role in ("answer", "check"):
        metadata["nbgrader"] = nbgrader(cell, registry.get(cell.exercise).points)
    new = v4.new_code_cell if cell.kind == "code" else v4.new_markdown_cell
    return new(source=source, id=cell.id, metadata=nbformat.from_dict(metadata))


def nbgrader(cell, points):
    """nbgrader's metadata, schema 3: the answer cell is the learner's, the check cell gives the points."""
    name = cell.exercise.replace(".", "_")
    both = {"schema_version": 3, "cell_type": "code", "task": False}
    if cell.role == "answer":
        return both | {"grade_id": name, "solution": True, "grade": False, "locked": False}
    graded = {"solution": False, "grade": True, "locked": True, "points": points}
    return both | graded | {"grade_id": f"{name}_check"}


def tag_comparable(node):
    """Let nbval compare a cell's stored output, if all of it is text; see is_text."""
    tags = node.metadata.get("tags", [])
    chosen = "widget" in tags or any(tag.startswith("nbval-") for tag in tags)
    if node.outputs and not chosen and all(is_text(output) for output in node.outputs):
        node.metadata["tags"] = [*tags, COMPARE]


def is_text(output):
    """True for printed text and for bundles of text/plain with or without text/html.

    nbval compares every type in a bundle but pictures and widget views, and a picture's text/plain too
    (`<Figure size ...>`); so one picture in a cell makes the whole cell a cell that is only run.
    """
    if output.output_type == "stream":
        return output.name == "stdout"
    return "text/plain" in output.get("data", {}) and set(output.data) <= {"text/plain", "text/html"}


def as_text(node, place):
    """The notebook as JSON text: sorted keys, one space of indent, newline at the end. Raises LessonError."""
    try:
        nbformat.validate(node)
    except nbformat.ValidationError as problem:
        raise LessonError(f"{place}: not a valid notebook: {problem.message}") from None
    return nbformat.writes(node, version=4) + "\n"


def first_difference(old, new):
    """Where and in what two notebook texts differ, for a person: 'cell j01-c003: output (a picture)'."""
    try:
        old, new = nbformat.reads(old, as_version=4), nbformat.reads(new, as_version=4)
    except ValueError:
        return "the file is not a notebook"
    for before, after in zip(old.cells, new.cells, strict=False):
        if before != after:
            return f"cell {after.id}: {what_differs(before, after)}"
    if len(old.cells) != len(new.cells):
        longer, verb = (new, "is new") if len(new.cells) > len(old.cells) else (old, "goes")
        return f"cell {longer.cells[min(len(old.cells), len(new.cells))].id} {verb}"
    return "notebook metadata" if old.metadata != new.metadata else "the layout of the file"


def what_differs(before, after):
    if before.id != after.id:
        return f"stands where {before.id} stood"
    for part in ("cell_type", "source", "metadata", "outputs"):
        if before.get(part) != after.get(part):
            break
    if part != "outputs":
        return part
    texts = [[without_pictures(one) for one in cell.outputs] for cell in (before, after)]
    return "output (a picture only)" if texts[0] == texts[1] else "output"


def without_pictures(output):
    kept = {key: value for key, value in output.get("data", {}).items() if not key.startswith("image/")}
    return {**output, "data": kept}
