"""What a class gets wrong: report.html and report.csv from the stored grades.

One page without scripts and without links to the network: the three mistakes to talk about, each exercise with its mistakes, each
student, what was attempted against the grader, and open answers that are much alike. Everything that came from a student is escaped.
"""

import datetime
import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass
from html import escape
from itertools import combinations
from pathlib import Path

from mktlib.course import registry
from mktlib.trainer import grading, roster, walls

TALK = 3  # mistakes to talk about
ALIKE = 0.8  # share of common runs of five letters from which two memos are named
COMMON = 0.05  # code that more of the class wrote is nobody's in particular
LETTERS = 60  # shorter code is alike by itself
SIGNS = {
    "correct": ("✓", "correct"),
    "mistake": ("✗", "a known mistake"),
    "close": ("≈", "close"),
    "incorrect": ("–", "not right, no mistake known"),
    "unattempted": ("·", "not attempted"),
    "unreadable": ("!", "cannot be read"),
    "error": ("E", "the cell stopped with an error"),
    "crashed": ("†", "the cell ended or crashed Python"),
    "timed out": ("T", "the cell did not end in time"),
    "memory": ("M", "the cell asked for too much memory"),
    "output": ("W", "the cell wrote too much"),
    "saved": ("✎", "for a person to score"),
}
STYLE = """
body { font: 16px/1.5 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", sans-serif; color: #222; background: #fff;
       max-width: 76em; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.6em; } h2 { font-size: 1.25em; margin-top: 2em; } h3 { font-size: 1.05em; margin-bottom: .2em; }
table { border-collapse: collapse; } th, td { padding: .25em .6em; border-bottom: 1px solid #d0d0d5; text-align: left; vertical-align: top; }
th { position: sticky; top: 0; background: #fff; } td.number { text-align: right; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; } .scroll:focus, a:focus { outline: 3px solid #1565c0; } code { font-size: .9em; }
td.mistake { background: #fdecea; } td.correct { background: #edf7ed; } small { color: #555; } li { margin: .2em 0; }
.bar { display: inline-block; height: .7em; background: #c62828; margin-right: .4em; }
.said { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media print { body { max-width: none; margin: 0; font-size: 11px; } th { position: static; } .scroll { overflow: visible; }
               h2, h3, tr, li { break-inside: avoid; } }
"""


@dataclass(frozen=True)
class Class:
    """A class with its grades: info of class.json, students, lessons, {(student id, lesson): grade}, {(id, lesson)} of late ones."""

    info: dict
    students: list
    lessons: list
    grades: dict
    late: frozenset = frozenset()

    def cells(self):
        """(student, lesson, exercise id, entry) of everything that came."""
        for student in self.students:
            for lesson in self.lessons:
                kept = self.grades.get((student.id, lesson))
                for id, entry in (kept["cells"] if kept and kept["outcome"] != "missing" else {}).items():
                    yield student, lesson, id, entry


def read(folder):
    """The class in a folder. Raises RosterError, and GradingError where nothing was graded yet."""
    place = Path(folder)
    every = grading.tasks(place)
    grades = grading.read_grades(place, every)
    if not grades:
        raise grading.GradingError(
            f"Nothing of '{place}' is graded yet: run `python -m mktlib class grade --class \"{place}\"` first."
        )
    lessons = list(dict.fromkeys(task.lesson for task in every))
    late = frozenset((task.student, task.lesson) for task in every if task.status == "late")
    return Class(roster.class_file(place), roster.load(place), lessons, grades, late)


def write(folder):
    """Write report.html and report.csv into the folder of a class; returns the path of the page."""
    place, found = Path(folder), read(folder)
    roster.write_csv(place / "report.csv", *table(found))
    path = place / "report.html"
    part = path.with_name("report.html.part")
    part.write_text(page(found), encoding="utf-8", errors="replace")
    part.replace(path)
    return path


# ---------------------------------------------------------------- what is counted


def mistakes(found):
    """{(exercise id, code): students} of all named mistakes."""
    return Counter((id, entry["mistake"]) for _, _, id, entry in found.cells() if entry["mistake"])


def to_talk_about(found):
    """The few mistakes of next lesson: [(code, students who made it, [(exercise id, how many)])], most students first."""
    students, exercises = defaultdict(set), defaultdict(Counter)
    for student, _, id, entry in found.cells():
        if entry["mistake"]:
            students[entry["mistake"]].add(student.id)
            exercises[entry["mistake"]][id] += 1
    ranked = sorted(students, key=lambda code: (-len(students[code]), code))
    return [(code, len(students[code]), exercises[code].most_common()) for code in ranked[:TALK]]


def table(found):
    """(header, rows) of report.csv: a row for each student and exercise."""
    header = ["id", "name", "group", "lesson", "exercise", "status", "mistake", "points", "max", "answer"]
    header += ["hints", "minutes", "outcome", "events"]
    rows = []
    for student in found.students:
        for lesson in found.lessons:
            kept = found.grades.get((student.id, lesson))
            rows += _rows(student, lesson, kept) if kept else []
    return header, rows


def _rows(student, lesson, kept):
    who, events = [student.id, student.name, student.group, lesson], "; ".join(kept["events"])
    minutes = "" if kept["seconds_spent"] is None else round(kept["seconds_spent"] / 60)
    for id, one in kept["cells"].items():
        what = [id, one["status"], one["mistake"] or "", one["points"], one["max"], one["answer"]]
        yield [*who, *what, kept["hints"].get(id, ""), minutes, kept["outcome"], events]


# ---------------------------------------------------------------- what is alike


def alike(found):
    """[(student, other, sentence)]: open answers and code that two share and few others have."""
    pairs = defaultdict(list)
    for id, who, other, share in _alike_memos(found):
        pairs[who, other].append(f"{share:.0%} of the memo {id}")
    code = Counter()
    for who, other in _alike_code(found):
        code[who, other] += 1
    for pair, cells in code.items():
        pairs[pair].append(f"the code of {cells} answer cell{'s' * (cells > 1)} that few others wrote so")
    return [(*pair, ", ".join(said)) for pair, said in sorted(pairs.items(), key=lambda one: -len(one[1]))]


def _alike_memos(found):
    by_exercise = defaultdict(dict)
    for student, _, id, entry in found.cells():
        letters = "".join(entry.get("text", "").casefold().split())
        if len(letters) >= LETTERS:
            by_exercise[id][student.id] = {letters[n : n + 5] for n in range(len(letters) - 4)}
    for id, texts in by_exercise.items():
        for (who, one), (other, another) in combinations(texts.items(), 2):
            if min(len(one), len(another)) < ALIKE * max(len(one), len(another)):
                continue
            share = len(one & another) / len(one | another)
            if share >= ALIKE:
                yield id, who, other, share


def _alike_code(found):
    groups = defaultdict(list)
    for student, _, id, entry in found.cells():
        code = "".join(entry.get("code", "").split())
        if len(code) >= LETTERS and not entry.get("text"):
            groups[id, hashlib.sha256(code.encode("utf-8", "replace")).digest()].append(student.id)
    most = max(2, COMMON * len(found.students))
    for who in groups.values():
        if 1 < len(who) <= most:
            yield from combinations(who, 2)


# ---------------------------------------------------------------- the page


def page(found):
    """The report as HTML."""
    name = escape(str(found.info.get("name") or "Class"))
    today = datetime.date.today().isoformat()
    parts = [
        f"<h1>{name}: what the class gets wrong</h1>",
        f"<p>{len(found.students)} students, lessons {escape(', '.join(found.lessons))}; written on {today}.</p>",
        _summary(found),
        "<h2 id='talk'>To talk about next lesson</h2>",
        _talk(found),
        "<h2 id='exercises'>Exercise by exercise</h2>",
        _exercises(found),
        "<h2 id='students'>Student by student</h2>",
        _legend(),
        *[_students(found, lesson) for lesson in found.lessons],
        "<h2 id='noticed'>What the grader noticed</h2>",
        _noticed(found),
        "<h2 id='alike'>Answers much alike</h2>",
        _alike(found),
    ]
    links = (
        ("talk", "talk"),
        ("exercises", "exercises"),
        ("students", "students"),
        ("noticed", "noticed"),
        ("alike", "alike"),
    )
    menu = " · ".join(f"<a href='#{id}'>{said}</a>" for id, said in links)
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
        f"<title>{name}: report</title><style>{STYLE}</style></head><body><nav>{menu}</nav><main>{''.join(parts)}</main></body></html>\n"
    )


def _summary(found):
    outcomes = Counter(one["outcome"] for one in found.grades.values())
    said = ", ".join(f"{number} {escape(outcome)}" for outcome, number in outcomes.most_common())
    return f"<p>Of {len(found.grades)} expected submissions: {said}.</p>"


def _talk(found):
    told = to_talk_about(found)
    if not told:
        return "<p>No answer shows a known mistake.</p>"
    return "<ol>" + "".join(_to_tell(found, *one) for one in told) + "</ol>"


def _to_tell(found, code, students, exercises):
    entry = registry.misconceptions().get(code, {"name": code, "rule": ""})
    id = exercises[0][0]
    one, source = registry.get(id), grading.lesson(id.partition(".")[0]).path
    shown = f"solutions/{source.parent.name}/{source.name}"
    belief = next((mistake.belief for mistake in one.mistakes if mistake.code == code), "")
    where = ", ".join(f"{exercise} ({number})" for exercise, number in exercises)
    section = f", section “{escape(one.section)}”" if one.section else ""
    return (
        f"<li><h3>{escape(entry['name'] or code)} (<code>{escape(code)}</code>): {students} of {len(found.students)} students</h3>"
        f"<p>In {escape(where)}. {escape(belief)}</p><p><strong>Rule:</strong> {escape(entry['rule'])}</p>"
        f"<p><strong>Cell to show:</strong> {escape(one.lesson)}{section}, in "
        f"<a href='{escape((grading.ROOT / shown).as_uri(), quote=True)}'>{escape(shown)}</a></p></li>"
    )


def _exercises(found):
    statuses, wrong = defaultdict(Counter), mistakes(found)
    for _, _, id, entry in found.cells():
        statuses[id][entry["status"]] += 1
    rows = []
    for id, counted in statuses.items():
        named = sorted(((n, code) for (one, code), n in wrong.items() if one == id), reverse=True)
        came = sum(counted.values())
        said = "<br>".join(
            f"<span class='bar' style='width:{8 * n / came:.1f}em'></span>{n} {_name(code)}"
            for n, code in named
        )
        numbers = [came, counted["correct"], counted["mistake"], counted["close"], counted["incorrect"]]
        numbers += [counted["unattempted"], came - sum(numbers[1:]) - counted["unattempted"]]
        cells = "".join(f"<td class='number'>{number}</td>" for number in numbers)
        rows.append(
            f"<tr><td><strong>{escape(id)}</strong> {escape(registry.get(id).title)}</td>{cells}<td>{said}</td></tr>"
        )
    header = (
        "exercise",
        "came",
        "correct",
        "named mistake",
        "close",
        "not right",
        "not attempted",
        "other",
        "which mistake",
    )
    return _table("Exercises", header, rows)


def _name(code):
    entry = registry.misconceptions().get(code, {})
    return f"{escape(entry.get('name') or code)} <small><code>{escape(code)}</code></small>"


def _legend():
    return "<p>" + "; ".join(f"{sign} {said}" for sign, said in SIGNS.values()) + ".</p>"


def _students(found, lesson):
    checks = [id for id, _ in grading.lesson(lesson).checks.values()]
    rows = []
    for student in found.students:
        kept = found.grades.get((student.id, lesson))
        if not kept:
            continue
        points, most = grading.points_of(kept)
        cells = "".join(_cell(kept["cells"].get(id), kept["hints"].get(id)) for id in checks)
        hints = sum(kept["hints"].values()) or ""
        minutes = "" if kept["seconds_spent"] is None else round(kept["seconds_spent"] / 60)
        rows.append(
            f"<tr><td>{escape(student.name)} <small>{escape(student.id)}</small></td><td class='number'>{points}/{most}</td>"
            f"<td>{escape(kept['outcome'])}{', late' * ((student.id, lesson) in found.late)}</td>{cells}<td class='number'>{hints}</td><td class='number'>{minutes}</td></tr>"
        )
    header = ("student", "points", "outcome", *(id.partition(".")[2] for id in checks), "hints", "minutes")
    return f"<h3>{escape(lesson)}</h3>" + _table(f"Students in {lesson}", header, rows)


def _cell(entry, hints):
    if entry is None:
        return "<td></td>"
    sign, word = SIGNS.get(entry["status"], ("?", entry["status"]))
    code = f"<br><small><code>{escape(entry['mistake'])}</code></small>" if entry["mistake"] else ""
    said = escape(f"{word}: {entry['answer']}" if entry["answer"] else word, quote=True)
    return f"<td class='{escape(entry['status'])}' title='{said}'><span aria-hidden='true'>{sign}</span><span class='said'>{said}</span>{code}</td>"


def _noticed(found):
    rows = []
    for student in found.students:
        for lesson in found.lessons:
            kept = found.grades.get((student.id, lesson))
            if kept and kept["events"] and kept["outcome"] != "missing":
                said = "".join(f"<li>{escape(one)}</li>" for one in kept["events"])
                rows.append(
                    f"<tr><td>{escape(student.name)} <small>{escape(student.id)}</small></td><td>{escape(lesson)}</td><td><ul>{said}</ul></td></tr>"
                )
    if not rows:
        return "<p>Nothing.</p>"
    weak = f" {escape(walls.missing())}" if walls.missing() else ""
    said = f"Attempts were refused; a cell that broke a limit cost itself.{weak}"
    return f"<p>{said}</p>" + _table("Noticed", ("student", "lesson", "what"), rows)


def _alike(found):
    names = {student.id: student.name for student in found.students}
    rows = [
        f"<tr><td>{escape(names[who])}</td><td>{escape(names[other])}</td><td>{escape(said)}</td></tr>"
        for who, other, said in alike(found)
    ]
    note = "<p>A hint to look, never a verdict: two who learned together write alike, and a short right answer has few forms.</p>"
    return note + (
        _table("Alike", ("student", "student", "what they share"), rows) if rows else "<p>None.</p>"
    )


def _table(label, header, rows):
    heads = "".join(f"<th scope='col'>{escape(one)}</th>" for one in header)
    return (
        f"<div class='scroll' role='region' tabindex='0' aria-label='{escape(label, quote=True)}'><table><thead><tr>{heads}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )
