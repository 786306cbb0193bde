"""check, predict, hint, solution: what a learner types, and what comes back.

Nothing here raises into a lesson: whatever the answer is, a Verdict says what was understood. In an nbgrader run
(NBGRADER_EXECUTION is set) a check that is not correct raises, so that the grader sees it.
"""

import inspect
import json
import os
import textwrap
from collections import Counter
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from mktlib import data
from mktlib.course import log, reading, registry, text
from mktlib.course.kinds import KINDS
from mktlib.course.reading import Unattempted, Unreadable
from mktlib.course.verdict import Verdict
from mktlib.errors import DataError, closest

_misses = Counter()


class Failed(Exception):
    """Raised only in an nbgrader run: the answer is not correct."""


def check(id, answer=..., convention=None):
    """Judge an answer and say which mistake was made.

    id          of the exercise, "J01.1"
    answer      the learner's value; `...` means not attempted
    convention  name of another honest definition, where the feedback offers one
    Returns a Verdict; its display is the feedback.
    """
    verdict = _guarded(id, lambda one: _beside_its_page(one, judge(one, answer, convention)))
    if verdict.status in {"mistake", "close", "incorrect"}:
        _misses[id] += 1
        if _misses[id] >= 2:
            verdict = _with(verdict, ("Stuck", f'hint("{id}") gives the next of three steps.'))
    if verdict.status != "unattempted":
        kept = {"kept": verdict.kept} if verdict.kept else {}
        verdict = _logged(verdict, "check", mistake=verdict.mistake, answer=text.plain(answer), **kept)
    if os.environ.get("NBGRADER_EXECUTION") and verdict.status != "correct":
        raise Failed(repr(verdict))
    return verdict


def _beside_its_page(one, verdict):
    """The verdict of a rubric says so where the page is missing. Who judges for others has it elsewhere."""
    if not one.page or not verdict.kept or verdict.kept["by"] != "self":
        return verdict
    from mktlib.workbook import reports

    if (reports() / one.page).is_file():
        return verdict
    sentence = f"There is no {one.page} in {reports()}. Levels are for a page that others can open."
    return _with(verdict, ("No page", sentence))


def _with(verdict, line):
    return replace(verdict, lines=(*verdict.lines, line))


def _logged(verdict, event, **fields):
    """The verdict, written into the log; with a note where that is not possible."""
    trouble = log.append(event, id=verdict.id, status=verdict.status, **fields)
    return _with(verdict, ("Note", trouble)) if trouble else verdict


def _guarded(id, work):
    """The verdict of work(exercise), or one that says in words what went wrong with the question itself."""
    try:
        one = registry.get(id) if isinstance(id, str) else None
        return work(one) if one else _unknown(id)
    except DataError as error:
        return Verdict(
            text.plain(id, 20),
            "",
            "unreadable",
            headline="The data cannot be read",
            lines=(("", str(error)),),
        )
    except Exception as error:
        if os.environ.get("MKTLIB_STRICT"):
            raise
        sentence = f"The check itself failed ({type(error).__name__}). Your answer is kept; please report it with its id."
        return Verdict(
            text.plain(id, 20), "", "unreadable", headline="Our mistake, not yours", lines=(("", sentence),)
        )


def _unknown(id):
    if not isinstance(id, str):
        sentence = 'The first argument is the id of the question as text, such as check("J01.1", answer).'
    else:
        meant = closest(id[:20], [one.id for one in registry.every()])
        sentence = f'Did you mean "{meant}"?' if meant else "Ids look like J01.1."
    return Verdict(
        text.plain(id, 20), "", "unreadable", headline="There is no such question", lines=(("", sentence),)
    )


# ---------------------------------------------------------------- judging


def kind_of(one):
    """The class of an exercise's answers; a prediction is a number, or a choice where it has options."""
    if one.kind == "prediction":
        return KINDS["choice" if one.options else "number"]
    return KINDS[one.kind]


@lru_cache(maxsize=512)
def key(one, world):
    """The kind of an exercise's answers, holding the right one of a world."""
    return kind_of(one)(one, one.right(table))


@lru_cache(maxsize=512)
def wrongs(one, world):
    """[(mistake, Wrong, its canonical value)]: computed when an answer is not the right one."""
    kind = key(one, world)
    return [(m, w, kind.target(w.value)) for m in one.mistakes for w in [m.value(table)]]


@lru_cache(maxsize=512)
def slips(one, world):
    """[(key of selfcheck, what was done instead, canonical value)]: looked at only when no mistake fits.

    A slip that gives the right answer in this world returns None and is left out.
    """
    kind = key(one, world)
    found = [(what, done, registry.call(compute, table)) for what, done, compute in one.slips]
    return [(what, done, kind.target(value)) for what, done, value in found if value is not None]


def table(name):
    """What an author's function asks for by the name of a parameter: a table of the active world, or `truth`."""
    if name == "truth":
        from mktlib import world

        return world.truth()
    return data.load(name)


def judge(one, answer, convention=None):
    """The verdict on an answer, without logging or counting."""
    base = {"id": one.id, "title": one.title}
    if reading.untouched(answer):  # before anything is computed: most cells of an open lesson
        return _unattempted(base)
    world = data.fingerprint()
    kind = key(one, world)
    try:
        value = kind.read(answer)
    except Unattempted as why:
        return _unattempted(base, str(why))
    except Unreadable as why:
        return Verdict(**base, status="unreadable", lines=_lines(str(why)))
    if kind.same(value, kind.right):
        lines = (*_lines(kind.show(value), one.explain), *kind.further(value))
        kept = kind.record(value)
        return Verdict(**base, status="correct", headline=kind.headline, lines=lines, kept=kept)
    if convention is not None:
        verdict = _by_convention(base, one, kind, value, convention)
        if verdict is not None:
            return verdict
    for mistake, found, wrong in wrongs(one, world):
        if kind.resembles(value, wrong):
            return _named(base, one, kind.show(value), mistake, found)
    for what, done, slipped in slips(one, world):
        if kind.same(value, slipped):
            return _slipped(base, one, kind.show(value), what, done)
    for mistake, found, wrong in wrongs(one, world):
        if kind.contains(value, wrong):
            return _named(base, one, kind.show(value), mistake, found)
    if why := kind.near(value):
        return Verdict(
            **base, status="close", lines=_lines(f"Yours: {kind.show(value)}.", why), back=one.section
        )
    return _unnamed(base, one, kind, value)


def _unattempted(base, why=""):
    said = _lines(why or "Replace the ... in the cell above and run both again.")
    return Verdict(**base, status="unattempted", lines=said)


def _lines(*sentences):
    return tuple(("", one) for one in sentences if one)


def _by_convention(base, one, kind, value, convention):
    name = closest(convention, one.conventions)
    if name is None:
        known = ", ".join(f'"{one}"' for one in one.conventions) or "none here"
        return Verdict(
            **base, status="unreadable", lines=_lines(f"No convention of that name; known: {known}.")
        )
    if kind.same(value, kind.target(registry.call(one.conventions[name], table))):
        note = f"By the convention '{name}', which you named. Another reader may expect the other one: always say which."
        return Verdict(**base, status="correct", lines=_lines(kind.show(value), note))
    return None


def _named(base, one, shown, mistake, found):
    entry = registry.misconceptions()[mistake.code]
    lines = [("", mistake.belief), ("Yours", shown), ("Rule", entry["rule"])]
    if found.cost:
        lines.append(("What it would have cost", found.cost))
    lines.append(("Ask yourself", mistake.repair))
    return Verdict(
        **base,
        status="mistake",
        mistake=mistake.code,
        headline=f"{entry['name'] or mistake.code} ({mistake.code})",
        lines=tuple(lines),
        shows=found.shows,
        back=one.section,
    )


def _slipped(base, one, shown, what, done):
    lines = (("Yours", shown), ("", done), (f"Compare {what}", one.selfcheck[what]))
    return Verdict(**base, status="incorrect", headline=f"Not yet: {what}", lines=lines, back=one.section)


def _unnamed(base, one, kind, value):
    lines = [("Yours", kind.show(value)), *_lines(*kind.advice(value))]
    lines += [(f"Compare {what}", said) for what, said in one.selfcheck.items()]
    return Verdict(**base, status="incorrect", lines=tuple(lines), back=one.section)


# ---------------------------------------------------------------- hints and solutions


def hint(id):
    """The next of the exercise's hints, in steps from a question to nearly the answer."""
    return _guarded(id, _next_hint)


def _next_hint(one):
    if not one.hint_texts:
        return Verdict(
            one.id, one.title, "shown", headline="No hints here", lines=_lines(one.selfcheck.get("grain", ""))
        )
    step = min(_steps_shown(one.id), len(one.hint_texts) - 1)
    lines = [("", one.hint_texts[step])]
    if step == len(one.hint_texts) - 1:
        lines.append(("", f'That was the last step; solution("{one.id}") shows one way.'))
    headline = f"Hint {step + 1} of {len(one.hint_texts)}"
    return _logged(
        Verdict(one.id, one.title, "shown", headline=headline, lines=tuple(lines)), "hint", step=step + 1
    )


def _steps_shown(id):
    """How many hints of an exercise the learner has read, by the log: a new kernel goes on where the last one was."""
    mine = [entry for entry in log.read()[0] if entry["event"] == "hint" and entry.get("id") == id]
    return max([0, *(entry["step"] for entry in mine if isinstance(entry.get("step"), int))])


def solution(id):
    """One way to the right answer, as the lesson's solved notebook holds it. Looking is logged, not punished."""
    return _guarded(id, _show_solution)


def _show_solution(one):
    code = _lesson_solution(one) or _source(one)
    lines = _lines(one.explain)
    return _logged(
        Verdict(one.id, one.title, "shown", headline="One way", lines=lines, code=code), "solution"
    )


def _lesson_solution(one):
    """The solved answer cell of solutions/, or '' where the package stands alone."""
    cell_id = one.id.replace(".", "-").lower() + "-answer"
    folder = Path(__file__).resolve().parents[2] / "solutions"
    for notebook in folder.glob(f"*/{one.lesson}_*.ipynb"):
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        return "".join(line for cell in cells if cell["id"] == cell_id for line in cell["source"])
    return ""


def _source(one):
    """The function that computes the right answer."""
    source = textwrap.dedent(inspect.getsource(one.compute))
    return source[source.index("def ") :].rstrip()


# ---------------------------------------------------------------- predictions


def predict(id, guess=None, confidence=None):
    """Commit a guess before a cell runs, or, without a guess, lay the first guess beside the result.

    guess       a number in the unit that the question names
    confidence  1 (a coin toss) to 5 (I would bet on it)
    """
    if guess is None and confidence is None:
        return _guarded(id, _compare)
    return _guarded(id, lambda one: _commit(one, guess, confidence))


def _commit(one, guess, confidence):
    base = {"id": one.id, "title": one.title}
    if guess is Ellipsis:
        return _no_guess(base)
    kind = key(one, data.fingerprint())
    try:
        value = kind.read(guess)
        if confidence is None:
            raise Unreadable(f'Say how sure you are, too: predict("{one.id}", ..., confidence=3).')
        sure = reading.confidence(confidence)
    except Unattempted:
        return _no_guess(base)
    except Unreadable as why:
        return Verdict(**base, status="unreadable", lines=_lines(str(why)))
    first = _first_guess(one, kind)
    said = f"{kind.show(value)}, confidence {sure} of 5."
    if first:
        said += f" Your first guess, {kind.show(first[0])}, is the one that counts."
    return _logged(
        Verdict(**base, status="saved", lines=_lines(said)), "predict", guess=value, confidence=sure
    )


def _no_guess(base):
    said = _lines("A wrong guess helps as much as a right one, if it comes before the answer.")
    return Verdict(**base, status="unattempted", headline="No guess yet", lines=said)


def _first_guess(one, kind):
    """(value, confidence) of the first readable guess in the log, or None."""
    for entry in log.read()[0]:
        if entry["event"] == "predict" and entry.get("id") == one.id:
            try:
                return kind.read(entry.get("guess")), reading.confidence(entry.get("confidence"))
            except (Unreadable, Unattempted):
                continue
    return None


def _compare(one):
    world = data.fingerprint()
    kind = key(one, world)
    made = _first_guess(one, kind)
    base = {"id": one.id, "title": one.title, "status": "shown"}
    if not made:
        said = _lines(
            "You made no guess here. Next time, commit one: that is what makes the result stick.", one.explain
        )
        return Verdict(**base, headline=f"The result is {kind.show(kind.right)}", lines=said)
    guess, sure = made
    shows = {
        "your guess": kind.show(guess),
        "the result": kind.show(kind.right),
        "your confidence": f"{sure} of 5",
    }
    if not kind.apart(guess, kind.right):
        return Verdict(**base, headline="Your guess holds", lines=_lines(one.explain), shows=shows)
    lines = _lines(one.explain)
    for mistake, found, wrong in wrongs(one, world):
        if kind.leans(guess, wrong):
            rule = registry.misconceptions()[mistake.code]["rule"]
            lines = (*_lines(mistake.belief), ("Rule", rule), *lines)
            shows |= found.shows
    if sure >= 4:
        lines = (*lines, *_why_it_felt_right(one))
    return Verdict(**base, headline="Guess and result differ", lines=lines, shows=shows)


def _why_it_felt_right(one):
    """The long explanation after a confident miss: errors held with confidence are corrected best when explained."""
    yield (
        "You were sure",
        "What felt certain to you is what a colleague will say, too. Know how to answer it:",
    )
    for mistake in one.mistakes:
        entry = registry.misconceptions()[mistake.code]
        yield (entry["name"], f"{mistake.repair} {entry['rule']} It comes back in {entry['lessons']}.")
