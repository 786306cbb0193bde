"""Where a learner stands, drawn from the log alone: lessons, a map of the 255 competences, what to do next."""

import csv
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files

from mktlib.course import log, registry, text
from mktlib.errors import closest

LEVELS = ("any", "junior", "mid", "senior")
LEVEL_OF = {"n": "any", "j": "junior", "m": "mid", "s": "senior"}  # first letter of a lesson
WORDS = {"shown": ("✓", "shown"), "practised": ("~", "practised"), "open": ("·", "open")}


@dataclass(frozen=True)
class Standing:
    """What the log says of one exercise: tries, solved or not, last mistake (code or None), whether the solution was read,
    and whether it was solved before anybody showed the solution (own)."""

    id: str
    title: str
    tries: int
    solved: bool
    mistake: str | None
    looked: bool
    own: bool


def standings(entries):
    """{exercise id: Standing} for every exercise of the course."""
    of = {}
    for entry in entries:
        of.setdefault(str(entry.get("id")), []).append(entry)
    return {one.id: _standing(one, of.get(one.id, [])) for one in registry.exercises()}


def _standing(one, mine):
    checks = [entry for entry in mine if entry["event"] == "check"]
    mistakes = [entry["mistake"] for entry in checks if entry.get("mistake")]
    solved = [place for place, entry in enumerate(mine) if _is_solved(entry)]
    looked = [place for place, entry in enumerate(mine) if entry["event"] == "solution"]
    return Standing(
        one.id,
        one.title,
        len(checks),
        bool(solved),
        str(mistakes[-1])[:60] if mistakes else None,
        bool(looked),
        bool(solved) and not (looked and looked[0] < solved[0]),
    )


def _is_solved(entry):
    return entry["event"] == "check" and entry.get("status") == "correct"


# ---------------------------------------------------------------- competences


@cache
def competences():
    """Rows of the catalogue as dicts: id, level, family, competence, term_zh, lessons (planned)."""
    found = files("mktlib.course").joinpath("competences.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(found.splitlines()))


def practised_in():
    """Competence id -> ids of the exercises and predictions that practise it, in the order of the course."""
    found = {}
    for one in registry.every():
        for competence in one.practises:
            found.setdefault(competence, []).append(one.id)
    return found


def competence_states(found):
    """Competence id -> (state, ids of exercises that say so), from standings.

    shown       an exercise that practises it was solved before its solution was read
    practised   one was tried, or solved after its solution had been read
    open        none was tried
    """
    where = practised_in()
    return {row["id"]: _state(where.get(row["id"], ()), found) for row in competences()}


def _state(ids, found):
    mine = [found[id] for id in ids if id in found]
    own = [one.id for one in mine if one.own]
    tried = [one.id for one in mine if one.tries]
    return ("shown", own) if own else ("practised", tried) if tried else ("open", [])


# ---------------------------------------------------------------- what to do next


def next_steps(entries, found):
    """[(what, how)] for a learner: the exercise to go on with, reviews that are due, a competence of this level still open."""
    from mktlib.course.review import deck

    going = _go_on(entries, found)
    steps = [("Go on with", f"{going} {found[going].title}")] if going else []
    if waiting := len(deck(entries)):
        cards = "1 card is" if waiting == 1 else f"{waiting} cards are"
        steps.append(("Review", f"{cards} due: review()"))
    if going and (gap := _gap(going, found)):
        steps.append(("Not practised yet", gap))
    return steps or [
        ("Done", "Every exercise of the course is solved. `python -m mktlib portfolio` shows it.")
    ]


def _go_on(entries, found):
    """The first unsolved exercise of the lesson in work; of the next unfinished lesson, where that one is done."""
    lessons = {one.id.partition(".")[0]: [] for one in found.values()}
    for one in found.values():
        lessons[one.id.partition(".")[0]] += [] if one.solved else [one.id]
    order = list(lessons)
    start = _in_work(entries, order)
    place = order.index(start) if start in order else 0
    return next((lessons[name][0] for name in order[place:] + order[:place] if lessons[name]), None)


def _in_work(entries, order):
    """The lesson of the newest entry: one that was worked in, or one that a placement names."""
    for entry in reversed(entries):
        if entry["event"] == "placed" and entry.get("start") in order:
            return entry["start"]
        if entry["event"] in {"check", "predict", "hint", "solution"}:
            lesson = str(entry.get("id")).partition(".")[0]
            if lesson in order:
                return lesson
    return None


def _gap(going, found):
    """A competence of this level that nothing solved practises, nor the lesson in work, with the first exercise that does."""
    level, where = level_of(going), practised_in()
    rows = {row["id"]: row for row in competences()}
    for one in found.values():
        if level_of(one.id) != level or _lesson(one.id) == _lesson(going) or ".r" in one.id:
            continue
        for id in registry.get(one.id).practises:
            near = any(_lesson(other) == _lesson(going) for other in where[id])
            if rows[id]["level"] in {level, "any"} and not near and not _solved_any(where[id], found):
                return f"{id} {rows[id]['competence']}: {one.id}"
    return ""


def _lesson(id):
    return id.partition(".")[0]


def _solved_any(ids, found):
    return any(found[id].solved for id in ids if id in found)


def level_of(id):
    """The level of a lesson or exercise by its letter: any (N), junior, mid, senior."""
    return LEVEL_OF.get(str(id)[:1].casefold(), "any")


# ---------------------------------------------------------------- what is shown


class Progress:
    """Lessons, the map of competences and what to do next; `solved` is the set of ids answered correctly."""

    def __init__(self, found, notes=(), steps=()):
        self.found = found
        self.notes = [note for note in notes if note]
        self.steps = list(steps)
        self.solved = {id for id, one in found.items() if one.solved}
        self.states = competence_states(found)

    def _lessons(self):
        by_lesson = {}
        for one in self.found.values():
            by_lesson.setdefault(one.id.partition(".")[0], []).append(one)
        return by_lesson

    def _map(self):
        """{family: {level: [state, ...]}} in the order of the catalogue."""
        found = {}
        for row in competences():
            levels = found.setdefault(row["family"], {level: [] for level in LEVELS})
            levels[row["level"]].append(self.states[row["id"]][0])
        return found

    def _shown(self):
        return sum(state == "shown" for state, _ in self.states.values())

    def __repr__(self):
        lines, untouched = list(self.notes), []
        for lesson, all_of_it in self._lessons().items():
            touched = [one for one in all_of_it if one.tries or one.looked]
            if not touched:
                untouched.append(lesson)
                continue
            done = sum(one.solved for one in all_of_it)
            lines.append(f"{lesson}  {done} of {len(all_of_it)} solved")
            lines += [f"    {_sign(one)} {one.id} {one.title}{_remark(one)}" for one in touched]
        lines += [f"Not begun: {' '.join(untouched)}"] if untouched else []
        lines += ["", f"Competences shown: {self._shown()} of {len(self.states)} (shown/all)"]
        lines.append(" " * 46 + "".join(level.rjust(9) for level in LEVELS))
        for family, levels in self._map().items():
            lines.append(family[:44].ljust(46) + "".join(_count(levels[level]).rjust(9) for level in LEVELS))
        lines += ["", *(f"{what}: {how}" for what, how in self.steps)]
        return "\n".join(lines).rstrip()

    def _repr_html_(self):
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        rows = "".join(_lesson_row(*one) for one in self._lessons().items())
        lessons = _table("Exercises by lesson", ("Lesson", "Solved", "Exercises"), rows)
        legend = "<p>✓ solved, ✗ a known mistake last time, ~ tried, · open</p>"
        head = ("Family", *(level.capitalize() for level in LEVELS))
        rows = "".join(_family_row(*one) for one in self._map().items())
        title = f"Competences: {self._shown()} of {len(self.states)} shown"
        kinds = (
            "<p>Shown: an exercise was solved before its solution was read. Practised: tried, or solved after reading it. "
            '<code>progress("junior")</code> lists those of a level.</p>'
        )
        return f"{notes}{lessons}{legend}{_table(title, head, rows)}{kinds}{_steps(self.steps)}"


class Level:
    """The competences of one level, family by family, with the exercises that show or practise each."""

    def __init__(self, level, found, notes=()):
        self.level = level
        self.notes = [note for note in notes if note]
        states, where = competence_states(found), practised_in()
        self.rows = [
            (row, *states[row["id"]], [id for id in where.get(row["id"], ()) if id in found])
            for row in competences()
            if row["level"] == level
        ]

    def _title(self):
        shown = sum(state == "shown" for _, state, _, _ in self.rows)
        return f"Competences, level {self.level}: {shown} of {len(self.rows)} shown"

    def __repr__(self):
        lines, family = [*self.notes, self._title()], None
        for row, state, proofs, ids in self.rows:
            if row["family"] != family:
                family = row["family"]
                lines.append(family)
            sign, word = WORDS[state]
            lines.append(
                f"    {sign} {row['id']} {row['competence']} ({word}: {', '.join((proofs or ids)[:4])})"
            )
        return "\n".join(lines)

    def _repr_html_(self):
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        rows = "".join(self._row(*one) for one in self.rows)
        head = ("Competence", "中文", "Family", "State", "Exercises")
        return notes + _table(self._title(), head, rows)

    @staticmethod
    def _row(row, state, proofs, ids):
        sign, word = WORDS[state]
        first = f"{escape(row['id'])} {escape(row['competence'])}"
        cells = (row["term_zh"], row["family"], f"{sign} {word}", ", ".join(proofs or ids))
        return _row(first, [escape(cell) for cell in cells])


def _sign(one):
    return "✓" if one.solved else "✗" if one.mistake else "~" if one.tries else "·"


def _remark(one):
    parts = [f"{one.tries} tries" if one.tries > 1 else ""]
    parts.append(f"last mistake {one.mistake}" if one.mistake and not one.solved else "")
    parts.append("solution read" if one.looked else "")
    said = ", ".join(part for part in parts if part)
    return f" ({said})" if said else ""


def _count(states):
    return f"{states.count('shown')}/{len(states)}" if states else "-"


def _cell(one):
    number = one.id.partition(".")[2]
    return f"<span title='{escape(one.title + _remark(one), quote=True)}'>{_sign(one)}&nbsp;{escape(number)}</span>"


def _lesson_row(lesson, all_of_it):
    done = sum(one.solved for one in all_of_it)
    return _row(escape(lesson), [f"{done} of {len(all_of_it)}", " ".join(_cell(one) for one in all_of_it)])


def _family_row(family, levels):
    return _row(escape(family), [_states(levels[level]) for level in LEVELS])


def _states(states):
    """'3 of 12, 2 practised', or a dash where the family has none at this level."""
    if not states:
        return "–"
    practised = f", {states.count('practised')} practised" if "practised" in states else ""
    return f"{states.count('shown')} of {len(states)}{practised}"


def _row(head, cells):
    rest = "".join(f"<td style='text-align:left'>{cell}</td>" for cell in cells)
    return f"<tr><th scope='row' style='text-align:left'>{head}</th>{rest}</tr>"


def _table(caption, head, rows):
    names = "".join(f"<th scope='col' style='text-align:left'>{escape(name)}</th>" for name in head)
    caption = f"<caption style='text-align:left;font-weight:bold'>{escape(caption)}</caption>"
    return f"<table>{caption}<thead><tr>{names}</tr></thead><tbody>{rows}</tbody></table>"


def _steps(steps):
    items = "".join(f"<li><strong>{escape(what)}:</strong> {escape(how)}</li>" for what, how in steps)
    return f"<p><strong>What to do next</strong></p><ul>{items}</ul>" if items else ""


def progress(level=None):
    """Lessons, exercises solved, mistakes made, the map of competences and what to do next: what the log holds.

    level   "junior", "mid", "senior" or "any" (J, M, S, N): the competences of that level, one by one
    """
    entries, damaged = log.read()
    found, notes = standings(entries), [log.damage_report(damaged)]
    if level is None:
        return Progress(found, notes, next_steps(entries, found))
    asked = str(level).strip().casefold()
    name = LEVEL_OF.get(asked) or closest(asked, LEVELS)
    if name is None:
        known = ", ".join(LEVELS)
        notes.append(f"There is no level {text.plain(level, 40)}; there are {known}.")
        return Progress(found, notes, next_steps(entries, found))
    return Level(name, found, notes)
