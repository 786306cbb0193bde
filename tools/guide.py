"""The teaching guide: docs/teaching/*.md, built from lessons, exercises, lessons/*/teaching.yml and lessons/syllabi.yml.

    python tools/guide.py      writes the pages; `course.py build` does so, too

`pages()` gives them as {path below docs/teaching: text}, `problems()` what an author has to mend first. README.md
there is written by hand.
"""

import ast
import sys
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mktlib.course import registry
from mktlib.inputs import read_yaml
from tools import names
from tools.lesson import lesson_files, read_lesson

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "teaching"
OPENING = ("What you will be able to do", "What to hand in")
CLOSING = ("What you learned", "Cheat sheet", "Where to go next")
WORDS_A_MINUTE, CELL_MINUTES, EXPLORER_MINUTES = (220, 120), (0.3, 0.6), (3, 6)
LEVELS = {"0_start": "Start", "1_junior": "Junior", "2_mid": "Mid", "3_senior": "Senior"}


@dataclass
class Section:
    """A part of a lesson between two headings. pieces: (cell, text of the cell that belongs here); minutes: (fast, slow)."""

    title: str
    pieces: list = field(default_factory=list)
    minutes: tuple = (0, 0)

    def cells(self, *roles):
        return [cell for cell, _ in self.pieces if cell.role in roles]

    @property
    def exercises(self):
        return [registry.get(cell.exercise) for cell in self.cells("answer")]

    @property
    def notes(self):
        """What the trainer's cells say, without the label."""
        return [cell.source.strip().removeprefix("**Trainer.** ") for cell in self.cells("trainer")]


# ---------------------------------------------------------------- lessons, as the guide sees them


@cache
def lessons():
    """{id: Lesson} of all that teach, in the order of the course; a guide (N01) has nothing to plan."""
    read = [read_lesson(path) for path in lesson_files(ROOT / "lessons")]
    return {lesson.id: lesson for lesson in read if not lesson.front.get("guide")}


@cache
def teaching():
    """{id: board, questions, votes, skip} as lessons/<level>/teaching.yml holds them."""
    found = {}
    for path in sorted((ROOT / "lessons").glob("*/teaching.yml")):
        found |= read_yaml(path)
    return found


@cache
def sections(id):
    """Sections of a lesson with their minutes, which add up to the front matter's."""
    found = merged(parts(lessons()[id]))
    fast, slow = (shares(found, end, lessons()[id].front["minutes"][end]) for end in (0, 1))
    for section, minutes in zip(found, zip(fast, slow, strict=True), strict=True):
        section.minutes = minutes
    return found


def parts(lesson):
    """Sections as headings of the second level cut the lesson; a text cell may hold several."""
    found = [Section("Opening")]
    for cell in lesson.cells:
        if cell.role != "text":
            found[-1].pieces.append((cell, cell.source))
            continue
        text = []
        for line in cell.source.splitlines():
            if line.startswith("## "):
                found[-1].pieces.append((cell, "\n".join(text).strip()))
                found, text = [*found, Section(line[3:].strip())], []
            else:
                text.append(line)
        found[-1].pieces.append((cell, "\n".join(text).strip()))
    return found


def merged(found):
    """Goals belong to the opening; recap and cheat sheet are one closing."""
    kept = []
    for section in found:
        if section.title in OPENING:
            kept[0].pieces += section.pieces
        elif section.title in CLOSING and kept[-1].title == "Closing":
            kept[-1].pieces += section.pieces
        elif section.title in CLOSING:
            kept.append(Section("Closing", section.pieces))
        else:
            kept.append(section)
    return kept


def weight(section, end):
    """Estimated minutes of a section, fast (0) or slow (1): its exercises, predictions, text and code."""
    words = sum(len(text.split()) for cell, text in section.pieces if cell.role == "text")
    work = sum(one.minutes[end] for one in section.exercises) + len(section.cells("predict"))
    explorers = sum("widget" in cell.tags for cell in section.cells("code"))
    reading = words / WORDS_A_MINUTE[end] + CELL_MINUTES[end] * len(section.cells("code"))
    return work + reading + EXPLORER_MINUTES[end] * explorers


@cache
def scale(id, end):
    """Front matter's minutes over the estimated ones: a class is not slow, nor fast, everywhere."""
    return lessons()[id].front["minutes"][end] / sum(weight(one, end) for one in merged(parts(lessons()[id])))


def shares(found, end, total):
    """Whole minutes by section that sum to the total, by largest remainders."""
    weights = [weight(section, end) for section in found]
    exact = [total * one / sum(weights) for one in weights]
    whole = [int(one) for one in exact]
    by_remainder = sorted(range(len(exact)), key=lambda n: whole[n] - exact[n])
    for place in by_remainder[: total - sum(whole)]:
        whole[place] += 1
    return whole


# ---------------------------------------------------------------- what is made of them


def likeliest(id):
    """Three (Exercise, Mistake): codes in the order of the trainer's cells, then those that most exercises list."""
    listed = [(one, mistake) for one in of_lesson(id) for mistake in one.mistakes]
    counts = Counter(mistake.code for _, mistake in listed)
    order = [code for code in named_by_trainer(id) if code in counts]
    order += [code for code, _ in counts.most_common() if code not in order]
    return [best_place(id, listed, code) for code in order[:3]]


def of_lesson(id):
    return [one for one in registry.exercises() if one.lesson == id]


def named_by_trainer(id):
    """Codes of mistakes in the lesson's trainer cells, each once, in order."""
    codes = registry.misconceptions()
    words = [word for section in sections(id) for note in section.notes for word in note.split("`")[1::2]]
    return list(dict.fromkeys(word for word in words if word in codes))


def best_place(id, listed, code):
    """The exercise where a mistake is met: in the section whose trainer names it, else not a retrieval or a memo."""
    at_home = {
        section.title for section in sections(id) if any(f"`{code}`" in note for note in section.notes)
    }
    places = [(one, mistake) for one, mistake in listed if mistake.code == code]
    return min(places, key=lambda at: (at[0].kind == "memo", ".r" in at[0].id, at[0].section not in at_home))


def left_out(id):
    """[(what, why, minutes saved, names that later cells need)] of teaching.yml's `skip`."""
    return [(one["leave"], one["because"], *saved(id, one["leave"])) for one in teaching()[id]["skip"]]


@cache
def saved(id, what):
    """((fast, slow) minutes saved, names that later code reads) when a section or an exercise is left out."""
    titles = [section.title for section in sections(id)]
    if what not in titles:
        minutes = registry.get(what).minutes
        return tuple(round(minutes[end] * scale(id, end)) for end in (0, 1)), []
    place = titles.index(what)
    made = {name for cell in sections(id)[place].cells("code") for name in names.assigns(cell.solved)}
    later = [cell for section in sections(id)[place + 1 :] for cell in section.cells("code", "answer")]
    return sections(id)[place].minutes, sorted(read_before_made_again(made, later))


def read_before_made_again(made, cells):
    """Names of `made` that the cells read before one of them assigns the name anew."""
    needed = set()
    for cell in cells:
        needed |= made & set(names.reads(cell.solved))
        made = made - set(names.assigns(cell.solved))
    return needed


def short_minutes(id):
    """(fast, slow) minutes of the lesson without what may be left out."""
    return tuple(
        lessons()[id].front["minutes"][end] - sum(one[2][end] for one in left_out(id)) for end in (0, 1)
    )


def vote(entry):
    """A vote with options and right letter; those of a choice come from the exercise and its solution."""
    one = registry.get(entry["of"])
    if "options" in entry or one.kind != "choice":
        return entry
    return {**entry, "options": one.options, "right": right_letter(one)}


def right_letter(one):
    """The letter that the lesson's solution gives to a choice."""
    cell = next(c for c in lessons()[one.lesson].cells if c.exercise == one.id and c.role == "answer")
    return ast.literal_eval(cell.solution.partition("=")[2].strip())


# ---------------------------------------------------------------- pages


def pages():
    """{path below docs/teaching: text} of all built pages. Raises ValueError with what has to be mended."""
    if found := problems():
        raise ValueError("\n".join(found))
    built = {"lessons.md": overview(), "syllabi.md": syllabi_page()}
    return built | {f"{id}.md": lesson_page(id) for id in lessons()}


def span(minutes):
    """'70 to 90', or one number where both ends agree."""
    fast, slow = minutes
    return str(fast) if fast == slow else f"{fast} to {slow}"


def row(*cells):
    return "| " + " | ".join(str(cell).replace("|", "/") for cell in cells) + " |"


def overview():
    """The table of all lessons."""
    lines = [
        "# All lessons",
        "",
        "Minutes from the lessons' front matter; *if late*: without what the lesson's page marks. Built by",
        "`course.py build`.",
    ]
    for folder, level in LEVELS.items():
        lines += [
            "",
            f"## {level}",
            "",
            row("lesson", "minutes", "if late", "exercises", "likeliest mistakes"),
        ]
        lines.append("|---|---|---|---|---|")
        for id, lesson in lessons().items():
            if lesson.folder == folder:
                codes = ", ".join(f"`{mistake.code}`" for _, mistake in likeliest(id))
                title = f"[{id}]({id}.md) {lesson.front['title']}"
                minutes = span(lesson.front["minutes"]), span(short_minutes(id))
                lines.append(row(title, *minutes, len(of_lesson(id)), codes))
    return "\n".join(lines) + "\n"


def lesson_page(id):
    """Everything that a trainer needs beside the solved notebook."""
    lesson, notes = lessons()[id], teaching()[id]
    blocks = [
        [f"# {id} · {lesson.front['title']}", "", *head(lesson)],
        ["## Plan", "", *plan(id)],
        ["## On the board", "", notes["board"], "", "```text", notes["sketch"].rstrip(), "```"],
        ["## The three likeliest mistakes", "", *mistakes(id)],
        ["## Votes", "", *[line for entry in notes["votes"] for line in vote_lines(vote(entry))]],
        ["## To discuss", "", *[f"{n}. {text}" for n, text in enumerate(notes["questions"], 1)]],
        ["## Notes, section by section", "", *note_lines(id)],
    ]
    return "\n\n".join("\n".join(block).rstrip() for block in blocks) + "\n"


def head(lesson):
    needs = ", ".join(f"[{one}]({one}.md)" for one in lesson.front["needs"]) or "nothing"
    points = sum(one.points for one in of_lesson(lesson.id))
    return [
        f"{span(lesson.front['minutes'])} minutes; {span(short_minutes(lesson.id))} if late. Before it: {needs}.",
        f"{len(of_lesson(lesson.id))} exercises, {points} points.",
        f"[Learner's notebook](../../notebooks/{lesson.name}.ipynb), "
        f"[solved notebook](../../solutions/{lesson.name}.ipynb).",
    ]


def plan(id):
    """Table of sections with minutes, and what may be left out."""
    late = {what: number for number, (what, *_) in enumerate(left_out(id), 1)}
    lines = [row("section", "minutes", "exercises", "if late"), "|---|---|---|---|"]
    for section in sections(id):
        ids = [one.id for one in section.exercises]
        marks = [f"leave out ({late[section.title]})"] if section.title in late else []
        marks += [f"leave out {one} ({late[one]})" for one in ids if one in late]
        lines.append(row(section.title, span(section.minutes), ", ".join(ids), ", ".join(marks)))
    lines.append(
        row("**in all**", f"**{span(lessons()[id].front['minutes'])}**", "", span(short_minutes(id)))
    )
    return [*lines, "", *late_lines(id)]


def late_lines(id):
    """Why each thing may be left out, what it saves, and what has to run all the same."""
    for number, (what, why, minutes, needed) in enumerate(left_out(id), 1):
        run = f" Run its cells all the same: later ones need {code_list(needed)}." if needed else ""
        yield f"{number}. *{what}* saves {span(minutes)} minutes. {why}{run}"


def code_list(words):
    return ", ".join(f"`{word}`" for word in words)


def mistakes(id):
    """The likeliest mistakes, each with the belief as the check says it, the question to ask and the rule."""
    codes = registry.misconceptions()
    yield "Named first by the lesson's trainer notes, then listed by most of its exercises."
    for one, mistake in likeliest(id):
        entry = codes[mistake.code]
        also = [x.id for x in of_lesson(id) if mistake.code in {m.code for m in x.mistakes} and x is not one]
        place = f"{one.id}, *{one.section}*" + (f"; also in {', '.join(also)}" if also else "")
        yield from ("", f"### {entry['name']} (`{mistake.code}`)", "")
        yield from (f"- Where: {place}", f"- What the check says: {mistake.belief}")
        yield from (f"- Ask: {mistake.repair}", f"- Rule: {entry['rule']}")


def vote_lines(entry):
    """A vote as a trainer reads it out."""
    one, code = registry.get(entry["of"]), entry.get("code")
    yield from (f"### {one.id}, {one.title}", "", f"When: {entry['when']}", "", f"**{entry['ask']}**", "")
    yield from (f"- **{letter}** {text}" for letter, text in entry["options"].items())
    named = f" (`{code}`)" if code else ""
    yield from (
        "",
        f"Tempting: **{entry['tempting']}**{named}. Holds: **{entry['right']}**. {entry['after']}",
        "",
    )


def note_lines(id):
    """The trainer's cells under their headings."""
    for section in sections(id):
        if section.notes:
            yield from (f"### {section.title}", "")
            for note in section.notes:
                yield from (note, "")


# ---------------------------------------------------------------- syllabi


@cache
def syllabi():
    """[syllabus] of lessons/syllabi.yml: title, text, limit (minutes of a session), sessions, capstone."""
    return read_yaml(ROOT / "lessons" / "syllabi.yml")


def item_minutes(item):
    """(fast, slow) of what a session holds: a lesson, or something else with its minutes."""
    if "lesson" in item:
        return tuple(lessons()[item["lesson"]].front["minutes"])
    minutes = item["minutes"]
    return tuple(minutes) if isinstance(minutes, list) else (minutes, minutes)


def session_minutes(items):
    return tuple(sum(item_minutes(item)[end] for item in items) for end in (0, 1))


def item_text(item):
    if "lesson" in item:
        id = item["lesson"]
        return f"[{id}]({id}.md) {lessons()[id].front['title']} ({span(item_minutes(item))})"
    return f"{item['what']} ({span(item_minutes(item))})"


def syllabi_page():
    """Tables of all syllabi."""
    lines = [
        "# Syllabi",
        "",
        "Minutes of lessons are those of their front matter, from a fast class to a slow one; breaks are not counted. A test",
        "adds them up and checks that what a lesson needs comes before it. Built by `course.py build`.",
    ]
    for one in syllabi():
        lines += ["", f"## {one['title']}", "", one["text"].strip(), ""]
        lines += [row(one["unit"], "at home before", "in class", "minutes in class"), "|---|---|---|---|"]
        for number, session in enumerate(one["sessions"], 1):
            home, here = (session.get(where, []) for where in ("home", "class"))
            cells = ["<br>".join(item_text(item) for item in items) for items in (home, here)]
            lines.append(row(number, *cells, span(session_minutes(here))))
        whole = session_minutes([item for session in one["sessions"] for item in session["class"]])
        home = session_minutes([item for session in one["sessions"] for item in session.get("home", [])])
        lines += [
            row("**in all**", f"{span(home)} minutes", "", f"**{span(whole)}**"),
            "",
            one["capstone"].strip(),
        ]
    return "\n".join(lines) + "\n"


# ---------------------------------------------------------------- what has to be mended


def problems():
    """Sentences on what teaching.yml and syllabi.yml have to mend; [] when all is well."""
    found = [f"teaching.yml: there is no lesson {id}" for id in teaching() if id not in lessons()]
    for id in lessons():
        notes = teaching().get(id)
        found += lesson_problems(id, notes) if notes else [f"teaching.yml: {id} is missing"]
    return found + [sentence for one in syllabi() for sentence in syllabus_problems(one)]


def lesson_problems(id, notes):
    titles = {section.title for section in sections(id)}
    known = {one.id: one for one in registry.every() if one.lesson == id}
    missing = {"board", "sketch", "questions", "votes", "skip"} - set(notes)
    if missing:
        yield f"teaching.yml: {id} lacks {', '.join(sorted(missing))}"
        return
    if not 2 <= len(notes["questions"]) <= 3 or not 1 <= len(notes["votes"]) <= 2:
        yield f"teaching.yml: {id} needs two or three questions and one or two votes"
    for one in notes["skip"]:
        if one["leave"] not in titles | set(known):
            yield f"teaching.yml: {id} has no section or exercise {one['leave']!r} to leave out"
    for entry in notes["votes"]:
        yield from vote_problems(id, entry, known)


def vote_problems(id, entry, known):
    if entry["of"] not in known:
        yield f"teaching.yml: {id} has a vote on {entry['of']}, which is none of its questions"
        return
    if code := entry.get("code"):
        listed = {mistake.code for mistake in known[entry["of"]].mistakes}
        if code not in listed:
            yield f"teaching.yml: {entry['of']} does not list {code}"
    full = vote(entry)
    if not {full.get("right"), full["tempting"]} <= set(full.get("options", {})):
        yield f"teaching.yml: the vote on {entry['of']} has no option of that letter"
    elif full["right"] == full["tempting"]:
        yield f"teaching.yml: the tempting option of {entry['of']} is the right one"


def syllabus_problems(one):
    """Sessions too short or too long, and lessons before what they need."""
    low, high = one["limit"]
    done = set()
    for number, session in enumerate(one["sessions"], 1):
        place = f"syllabi.yml: {one['title']}, {one['unit']} {number}"
        fast, slow = session_minutes(session["class"])
        if fast < low or slow > high:
            yield f"{place} takes {fast} to {slow} minutes, allowed are {low} to {high}"
        for item in [*session.get("home", []), *session["class"]]:
            id = item.get("lesson")
            if id and (early := set(lessons()[id].front["needs"]) - done):
                yield f"{place}: {id} comes before {', '.join(sorted(early))}"
            done |= {id, item.get("part")}
    yield from part_problems(one)


def part_problems(one):
    """A lesson that is given in parts takes as long as it does in one piece."""
    items = [item for session in one["sessions"] for item in [*session.get("home", []), *session["class"]]]
    for id in dict.fromkeys(item["part"] for item in items if "part" in item):
        minutes = session_minutes([item for item in items if item.get("part") == id])
        if minutes != tuple(lessons()[id].front["minutes"]):
            yield f"syllabi.yml: {one['title']}: the parts of {id} take {span(minutes)} minutes"


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in pages().items():
        (FOLDER / path).write_text(text, encoding="utf-8", newline="\n")
    print(f"{len(pages())} pages in {FOLDER.relative_to(ROOT)}")
