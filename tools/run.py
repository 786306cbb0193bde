"""Run a notebook the same way everywhere and refuse what would not be the same next time.

The kernel is this Python's own, in the standard world, with empty folders for work, IPython and the log.
"""

import os
import re
import tempfile
from pathlib import Path

import ipykernel.kernelspec
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from tools.lesson import LessonError
from tools.notebook import KERNEL, LANGUAGE, tag_comparable

SECONDS = 120
QUIET = "import duckdb; duckdb.execute('SET enable_progress_bar = false')"  # on a slow machine it would be kept as a widget
CORRECT = "✓"  # how a verdict begins, whatever its words
WIDGET = "application/vnd.jupyter.widget-view+json"
UNSET = ("MKTLIB_WORLD", "NBGRADER_EXECUTION", "PYTHONSTARTUP", "MATPLOTLIBRC")
ANSI = re.compile(r"\x1b\[[0-9;]*m")
CHANGING = {
    "a memory address": re.compile(r"\bat 0x[0-9a-f]{6,}"),
    "a random id of a pandas Styler (give it .set_uuid('...'))": re.compile(r"#T_[0-9a-f]{5}\b"),
    "the name of a temporary folder": re.compile(re.escape(tempfile.gettempdir()) + r"[\\/]"),
}


class ThisPython(KernelSpecManager):
    """Finds one kernel only, that of the running Python, whatever `python3` kernel a user installed."""

    def get_kernel_spec(self, kernel_name):
        spec = ipykernel.kernelspec
        return KernelSpec(resource_dir=spec.RESOURCES, **spec.get_kernel_dict())


def execute(lesson, node, pythonpath):
    """Run all cells of a lesson's notebook in place and clean what they leave. Raises LessonError.

    pythonpath: folders from which cells import, before what is installed.
    """
    with tempfile.TemporaryDirectory(prefix="mktlib-build-", ignore_cleanup_errors=True) as folder:
        work = Path(folder) / "work"
        work.mkdir()
        manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=ThisPython())
        client = NotebookClient(
            node,
            km=manager,
            timeout=SECONDS,
            resources={"metadata": {"path": str(work)}},
            store_widget_state=False,
            record_timing=False,
            coalesce_streams=True,
            extra_arguments=["--IPKernelApp.log_level=ERROR", f"--IPKernelApp.exec_lines={QUIET}"],
        )
        try:
            client.execute(env=environment(Path(folder), pythonpath))
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as problem:
            raise LessonError(failure(lesson, node, problem)) from None
    problems = [problem for cell, one in code_cells(lesson, node) for problem in unwanted(lesson, cell, one)]
    if problems:
        raise LessonError(problems)
    clean(node)


def environment(folder, pythonpath):
    """The environment variables of a build's kernel."""
    path = [*(str(one) for one in pythonpath), os.environ.get("PYTHONPATH", "")]
    kept = {key: value for key, value in os.environ.items() if key not in UNSET}
    return kept | {
        "MKTLIB_HOME": str(folder / "home"),
        "IPYTHONDIR": str(folder / "ipython"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": os.pathsep.join(one for one in path if one),
    }


def code_cells(lesson, node):
    """(our cell, notebook cell) for each code cell of the notebook."""
    ours = {cell.id: cell for cell in lesson.cells}
    return [(ours[one.id], one) for one in node.cells if one.cell_type == "code"]


def failure(lesson, node, problem):
    """Lesson, cell, line and the error of the cell that stopped the run."""
    pairs = code_cells(lesson, node)
    started = [(cell, one) for cell, one in pairs if one.get("execution_count") or one.outputs]
    for cell, one in started:
        for output in one.outputs:
            if output.output_type == "error":
                return said(lesson, cell, one, output)
    cell = started[-1][0] if started else lesson.cells[0]
    return f"{lesson.at(cell)}: did not finish: {type(problem).__name__}: {problem}"


def said(lesson, cell, one, output):
    trace = ANSI.sub("", "\n".join(output.traceback))
    found = re.search(r"Cell In\s?\[\d+\], line (\d+)", trace)
    line = int(found[1]) if found else 1
    stubbed = cell.stub and one.source == cell.stub
    start = cell.stub_line if stubbed else cell.solution_line
    which = "the stub" if stubbed else "the solution" if cell.solution else "the cell"
    return (
        f"{lesson.at(cell, start + line - 1)}: {which} raises {output.ename}: {ANSI.sub('', output.evalue)}\n"
        f"    {one.source.splitlines()[line - 1].strip()}"
    )


def unwanted(lesson, cell, one):
    """Sentences for outputs that a built notebook must not hold."""
    for output in one.outputs:
        text = "".join(texts(output))
        if output.get("name") == "stderr":
            yield f"{lesson.at(cell)}: writes to stderr, which nbgrader scores 0: {text.strip()[:300]}"
        for what, pattern in CHANGING.items():
            if pattern.search(text):
                yield f"{lesson.at(cell)}: the output holds {what}, which is another one next time"
    kinds = {kind for output in one.outputs for kind in output.get("data", {})}
    if "widget" in cell.tags and not kinds & {"image/png", "image/svg+xml", "text/html"}:
        yield f"{lesson.at(cell)}: tagged widget, but leaves no picture for those who read without a kernel"
    if WIDGET in kinds and "widget" not in cell.tags:
        yield f"{lesson.at(cell)}: shows a widget; tag it `widget`"


def misjudged(lesson, solved):
    """Sentences for solutions that the course itself does not call correct."""
    for cell, one in code_cells(lesson, solved):
        said = "".join(output.get("data", {}).get("text/plain", "") for output in one.outputs)
        if cell.role == "check" and not said.startswith(CORRECT):
            yield f"{lesson.at(cell)}: the solution is not judged correct ({CORRECT}), but: {said.strip()[:300] or 'nothing'}"


def texts(output):
    if output.output_type == "stream":
        return [output.text]
    return [value for kind, value in output.get("data", {}).items() if kind.startswith("text/")]


def clean(node):
    """Keep of a run what is the same every time: text, pictures and the order of cells."""
    count = 0
    for cell in node.cells:
        if cell.cell_type != "code":
            continue
        count += 1
        cell.execution_count = count
        tag_comparable(cell)
        for output in cell.outputs:
            output.get("data", {}).pop(WIDGET, None)
            output.get("metadata", {}).pop(WIDGET, None)
            if output.output_type == "execute_result":
                output.execution_count = count
        cell.outputs = [one for one in cell.outputs if one.output_type == "stream" or one.data]
        cell.metadata.pop("execution", None)
    kept = {key: value for key, value in node.metadata.items() if key != "widgets"}
    node.metadata = type(node.metadata)(kept | {"kernelspec": KERNEL, "language_info": LANGUAGE})
