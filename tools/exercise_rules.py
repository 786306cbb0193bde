"""What makes an exercise sound: stub and solution agree, nothing leaks, a learner's variables stay theirs.

Each rule takes a Lesson and yields sentences that name file, line and cell; no sentence, no problem.
"""

import ast
import re

from tools.lesson import Cell, course_call
from tools.names import assigns, reads
from tools.structure import is_capstone, is_guide

TRIVIAL = 16  # a solution line shorter than this gives nothing away: `answer = "B"`, `plt.show()`


def problems(lesson, registry):
    """All problems of a lesson's exercises. registry: has get(id) -> exercise with `points`, or None."""
    rules = (unregistered(lesson, registry), stub_parity(lesson), check_names(lesson), learner_names(lesson))
    return [problem for rule in rules for problem in rule]


def unregistered(lesson, registry):
    if is_guide(lesson):
        return
    module = f"mktlib/exercises/{lesson.id.lower()}.py"
    try:
        registry.get(f"{lesson.id}.1")
    except Exception as problem:  # whatever an author's module raises while it is imported
        yield f"{module} cannot be used: {type(problem).__name__}: {problem}"
        return
    for cell in lesson.cells:
        if cell.role not in ("check", "predict", "result"):
            continue
        if cell.exercise.partition(".")[0] != lesson.id:
            yield f"{lesson.at(cell)}: {cell.exercise} belongs to another lesson than {lesson.id}"
        elif registry.get(cell.exercise) is None:
            yield f"{lesson.at(cell)}: {cell.exercise} is not in {module}"
        elif (registry.get(cell.exercise).kind == "prediction") == (cell.role == "check"):
            right = "predict" if cell.role == "check" else "check"
            yield f"{lesson.at(cell)}: {cell.exercise} is for {right}(), says mktlib/exercises"


def stub_parity(lesson):
    """Stub and solution agree in everything but the gaps."""
    for cell in lesson.cells:
        if cell.stub:
            for problem in parity(cell.stub, cell.solution):
                yield f"{lesson.at(cell)}: {problem}"


def parity(stub, solution):
    """Sentences for each stub line that the solution does not honour.

    `name = ...` asks for the name to be assigned; any other line must come back, in order, with each
    `...` filled. Comments in the stub are instructions and need not come back.
    """
    if "..." not in stub:
        yield "the stub has no gap `...` to fill"
    given = set(assigns(solution))
    rest = [line.rstrip() for line in solution.splitlines()]
    for line in stub.splitlines():
        names = blank_names(line)
        if names:
            for name in sorted(names - given):
                yield f"the solution never assigns `{name}`, which the stub asks for"
        elif line.strip() and not line.strip().startswith("#"):
            found = next((n for n, one in enumerate(rest) if re.fullmatch(filled(line), one)), None)
            if found is None:
                yield f"the solution has no line (from here on) like the stub's `{line.strip()}`"
            else:
                rest = rest[found + 1 :]


def filled(line):
    """Pattern of a stub line with its gaps filled; a text may have become an f-string."""
    pattern = ".+".join(re.escape(part) for part in line.rstrip().split("..."))
    return pattern.replace('"""', 'f?"""')


def blank_names(line):
    """{'a', 'b'} for `a, b = ..., ...` at the top level, else nothing."""
    if line[:1].isspace():
        return set()
    try:
        body = ast.parse(line).body
    except SyntaxError:
        return set()
    one = body[0] if len(body) == 1 else None
    if not isinstance(one, ast.Assign | ast.AnnAssign) or one.value is None:
        return set()
    values = one.value.elts if isinstance(one.value, ast.Tuple) else [one.value]
    blank = all(isinstance(value, ast.Constant) and value.value is ... for value in values)
    return set(assigns(line)) if blank else set()


def check_names(lesson):
    """Every name that a check reads is one that its stub defines, and there is at least one."""
    stubs = {cell.exercise: cell for cell in lesson.cells if cell.role == "answer"}
    for cell in lesson.cells:
        if cell.role != "check" or cell.exercise not in stubs:
            continue
        call, _ = course_call(cell.tree)
        wanted = answers_read(call)
        defined = assigns(stubs[cell.exercise].stub)
        if not wanted:
            yield f"{lesson.at(cell)}: check reads no variable; the answer belongs into the cell before"
        for name in wanted:
            if name not in defined:
                yield f"{lesson.at(cell)}: check reads `{name}`, which the stub before it does not define"


def answers_read(call):
    """Names among the arguments of a check call, the function's own name left out."""
    inner = ast.Module([ast.Expr(one) for one in [*call.args, *(key.value for key in call.keywords)]], [])
    return list(reads(ast.fix_missing_locations(inner)))


def learner_names(lesson):
    """No cell outside an exercise reads a name of its answer cell, unless the lesson made it anew.

    In a capstone an answer may build on earlier answers: the page at its end is made from them.
    """
    made_by = {}
    plain = set()
    for cell in lesson.cells:
        if cell.kind != "code" or cell.role in ("trainer", "result"):
            continue
        for name in foreign_names(cell):
            owner = made_by.get(name)
            if owner is None or owner.exercise == cell.exercise or (cell.stub and is_capstone(lesson)):
                continue
            if name in assigns(owner.stub) or name not in plain:
                yield (
                    f"{lesson.at(cell)}: reads `{name}`, which belongs to the learner's answer to "
                    f"{owner.exercise}; compute it again in the open or name it otherwise"
                )
        if cell.stub:
            made_by |= dict.fromkeys([*assigns(cell.stub), *assigns(cell.solution)], cell)
        else:
            again = assigns(cell.source)
            plain |= set(again)
            made_by = {name: owner for name, owner in made_by.items() if name not in again}


def foreign_names(cell):
    if not cell.stub:
        return reads(cell.source)
    return reads(cell.stub) | reads(cell.solution)


def warnings(lesson):
    """What is allowed but worth a look: a name used by an answer cell and by the lesson's own cells."""
    plain = {}
    for cell in lesson.cells:
        if cell.role == "code":
            plain |= {name: cell for name in assigns(cell.source) if name not in plain}
    for cell in lesson.cells:
        if not cell.stub:
            continue
        for name in dict.fromkeys([*assigns(cell.stub), *assigns(cell.solution)]):
            if name in plain:
                yield f"{lesson.at(cell)}: `{name}` is also assigned in the lesson's own {plain[name].id}"


def leaks(lesson, student):
    """Solution lines that the student's notebook holds anywhere but in stubs and shown text.

    student: the built notebook. Comments (`<!-- -->`, `% `) and folded blocks (<details>) are not shown.
    """
    shown = squeeze("\n".join(visible(cell) for cell in lesson.cells))
    everything = squeeze("\n".join(strings(student)))
    for cell in lesson.cells:
        for line in cell.solution.splitlines():
            line = squeeze(line)
            if len(line) >= TRIVIAL and line not in shown and line in everything:
                yield f"{lesson.at(cell)}: leak: notebooks/{lesson.name}.ipynb holds the solution's `{line}`"


def visible(cell: Cell):
    if cell.kind == "code":
        return cell.shown
    text = re.sub(r"<!--.*?-->|<details.*?</details>", "", cell.shown, flags=re.DOTALL)
    return re.sub(r"^% .*$", "", text, flags=re.MULTILINE)


def strings(node):
    """Every string in a notebook: sources, outputs, metadata, keys."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from (key, *strings(value))
    elif isinstance(node, list):
        for value in node:
            yield from strings(value)
    elif isinstance(node, str):
        yield node


def squeeze(text):
    """Text with every run of blanks within a line as one; lines stay lines."""
    return "\n".join(" ".join(line.split()) for line in text.splitlines())
