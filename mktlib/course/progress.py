"""Where a learner stands, drawn from the log alone."""

from dataclasses import dataclass
from html import escape

from mktlib.course import log, registry


@dataclass(frozen=True)
class Standing:
    """What the log says of one exercise: tries, solved or not, last mistake (code or None), whether the solution was read."""

    id: str
    title: str
    tries: int
    solved: bool
    mistake: str | None
    looked: bool


def standings(entries):
    """{exercise id: Standing} for every exercise of the course."""
    found = {}
    for one in registry.exercises():
        mine = [entry for entry in entries if entry.get("id") == one.id]
        checks = [entry for entry in mine if entry["event"] == "check"]
        mistakes = [entry["mistake"] for entry in checks if entry.get("mistake")]
        found[one.id] = Standing(
            one.id,
            one.title,
            len(checks),
            any(entry.get("status") == "correct" for entry in checks),
            str(mistakes[-1]) if mistakes else None,
            any(entry["event"] == "solution" for entry in mine),
        )
    return found


class Progress:
    """A table of lessons and exercises; `solved` is the set of ids answered correctly."""

    def __init__(self, found, notes):
        self.found = found
        self.notes = [note for note in notes if note]
        self.solved = {id for id, one in found.items() if one.solved}

    def _lessons(self):
        by_lesson = {}
        for one in self.found.values():
            by_lesson.setdefault(one.id.partition(".")[0], []).append(one)
        return by_lesson

    def __repr__(self):
        lines = list(self.notes)
        for lesson, all_of_it in self._lessons().items():
            done = sum(one.solved for one in all_of_it)
            lines.append(f"{lesson}  {done} of {len(all_of_it)} solved")
            lines += [
                f"    {_sign(one)} {one.id} {one.title}{_remark(one)}"
                for one in all_of_it
                if one.tries or one.looked
            ]
        return "\n".join(lines)

    def _repr_html_(self):
        rows = []
        for lesson, all_of_it in self._lessons().items():
            done = sum(one.solved for one in all_of_it)
            cells = " ".join(_cell(one) for one in all_of_it)
            rows.append(
                f"<tr><th style='text-align:left'>{escape(lesson)}</th><td style='text-align:left'>"
                f"{done} of {len(all_of_it)}</td><td style='text-align:left'>{cells}</td></tr>"
            )
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        legend = "<p>✓ solved, ✗ a known mistake last time, ~ tried, · open</p>"
        return f"{notes}<table>{''.join(rows)}</table>{legend}"


def _sign(one):
    return "✓" if one.solved else "✗" if one.mistake else "~" if one.tries else "·"


def _remark(one):
    parts = [f"{one.tries} tries" if one.tries > 1 else ""]
    parts.append(f"last mistake {one.mistake}" if one.mistake and not one.solved else "")
    parts.append("solution read" if one.looked else "")
    said = ", ".join(part for part in parts if part)
    return f" ({said})" if said else ""


def _cell(one):
    number = one.id.partition(".")[2]
    return f"<span title='{escape(one.title + _remark(one), quote=True)}'>{_sign(one)}&nbsp;{escape(number)}</span>"


def progress():
    """Lessons, exercises solved, mistakes made: what the log holds."""
    entries, damaged = log.read()
    return Progress(standings(entries), [log.damage_report(damaged)])
