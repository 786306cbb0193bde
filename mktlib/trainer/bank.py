"""A second set of exercises, drawn from a seed that only the trainer has: notebooks for students, a key for the trainer.

    python -m mktlib class bank --seed "autumn 7F2Q" --lessons J01,J02 --out DIR        draw a set
    python -m mktlib class bank --seed "autumn 7F2Q" --lessons J01,J02 --grade FILES --out DIR

The repository holds templates (mktlib/trainer/templates), no answers: the seed decides which campaign, month or group is
asked about, and the answers are computed from the active world. Grading reads the answers that the last cell of the
notebook printed; it runs nothing that a student wrote.

What the seed hides is which questions will come. Whoever holds a question and reads its template can of course compute
the answer, with more work than by answering it.
"""

import hashlib
import json
import warnings
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path

from mktlib import data
from mktlib.errors import DataError, Told, did_you_mean

TRIES = 80  # draws of one question, until its answers stand apart
LEAST_MISTAKES = 2
MARK = "answers to hand in: "
LARGEST = 50_000_000  # bytes of a notebook that is read


class BankError(Told):
    """A set cannot be drawn or graded; the message says which lesson, template or file, and what helps."""


# ---------------------------------------------------------------- drawing


@dataclass(frozen=True)
class Question:
    """One drawn question: its text, and an Exercise that judges answers as the lessons' checks do."""

    asks: str
    exercise: object

    @property
    def id(self):
        return self.exercise.id


def lessons():
    """The lessons of which a set can be drawn, in the order of the course."""
    from mktlib.trainer import templates

    return templates.lessons()


def draw(seed, lesson):
    """The questions of a lesson that a seed draws in the active world: (list of Question, list of sentences on those left out).

    seed     text, the trainer's secret; the same text, lesson and world give the same questions
    lesson   such as "J01"
    Raises BankError for a lesson without templates and an empty seed.
    """
    return _draw(_seed(seed), lesson, data.fingerprint())


def _seed(seed):
    seed = str(seed).strip()
    if not seed:
        raise BankError(
            "--seed is empty. Give a text that students do not know, such as --seed 'autumn 7F2Q'."
        )
    return seed


@lru_cache(maxsize=64)
def _draw(seed, lesson, world):
    from mktlib.trainer import templates

    found, left_out = [], []
    known = templates.of_lesson(lesson)
    if not known:
        raise BankError(
            f"There are no templates of a lesson {lesson!r}{did_you_mean(lesson, templates.lessons())}"
        )
    for one in known:
        question = _question(one, seed, f"{lesson}.b{len(found) + 1}")
        if question:
            found.append(question)
        else:
            left_out.append(
                f"{lesson}, '{one.title}': left out. In {TRIES} draws its wrong answers never stood 5 % apart in this world."
            )
    return found, left_out


def _question(one, seed, id):
    """The first draw of a template whose answers stand apart, or None."""
    import numpy as np

    from mktlib.trainer.templates import Draw

    for attempt in range(TRIES):
        lot = Draw(hashlib.sha256(f"{seed}/{one.lesson}/{one.name}/{attempt}".encode()).hexdigest())
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            try:
                task = one.make(lot)
            except DataError:
                raise
            except (ZeroDivisionError, LookupError, Told):
                continue  # nothing to divide by, a group that is not there, too few to compute with: another draw
        exercise = _exercise(id, one.title, task)
        if exercise and len(exercise.mistakes) >= LEAST_MISTAKES and _told_apart(exercise):
            return Question(task.asks, exercise)
    return None


def _exercise(id, title, task):
    """An Exercise with those wrong answers that stand apart from the right one and from each other, or None."""
    from mktlib.course.kinds import Number
    from mktlib.course.reading import Unreadable
    from mktlib.course.registry import AuthorError, Exercise, Mistake, misconceptions

    exercise = Exercise(id, title, "number", _always(task.right), unit=task.unit)
    try:
        kind = Number(exercise, task.right)
    except Unreadable:
        return None
    if not kind.right:
        return None
    taken = [kind.right]
    for code, value in task.wrongs.items():
        if code not in misconceptions():
            raise AuthorError(f"{id} ({title}): '{code}' is not a code of misconceptions.csv")
        try:
            wrong = kind.target(value)
        except Unreadable:
            continue
        if all(kind.apart(wrong, other) for other in taken):
            taken.append(wrong)
            rule = misconceptions()[code]["rule"]
            exercise.mistakes.append(Mistake(code, rule, "", _always(wrong)))
    return exercise


def _told_apart(exercise):
    """Whether a check calls the right answer correct, and each wrong one by its own name."""
    from mktlib.course.checking import judge

    right = judge(exercise, exercise.compute()).status == "correct"
    return right and all(judge(exercise, one.compute()).mistake == one.code for one in exercise.mistakes)


def _always(value):
    """A function without parameters: what an exercise calls with tables."""
    return lambda: float(value)


def set_id(lesson, questions):
    """Short text that names a set: equal for equal questions in the same world."""
    text = "\n".join([data.fingerprint(), *(one.asks for one in questions)])
    return f"{lesson}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


# ---------------------------------------------------------------- answers, handed in and judged


class Answers:
    """What the last cell of a set's notebook shows: one line an answer, and a line that the trainer's command reads."""

    def __init__(self, set_id, values):
        self.set_id, self.values = set_id, values

    def __repr__(self):
        from mktlib.course import text
        from mktlib.trainer.answers import encode

        shown = [
            f"answer_{n}: {'not answered yet' if value is ... else text.plain(value)}"
            for n, value in enumerate(self.values, start=1)
        ]
        packed = {
            "set": self.set_id,
            "world": data.fingerprint(),
            "answers": [encode(value) for value in self.values],
        }
        return "\n".join([*shown, "Save the notebook and hand it in.", MARK + json.dumps(packed)])


def hand_in(set_id, *answers):
    """Show the answers of a set, and a line that holds them for the trainer."""
    return Answers(set_id, answers)


def judge(seed, lesson, answers):
    """Verdicts on the answers of a lesson's set, in the order of the questions; the active world is the student's.

    answers   {"J01.b1": value, ...} or a list in the order of the questions; missing ones are not attempted
    Returns {id: Verdict}. A named mistake carries its code in `mistake`. Raises BankError.
    """
    from mktlib.course import checking

    questions, _ = draw(seed, lesson)
    if not isinstance(answers, dict):
        answers = dict(zip([one.id for one in questions], answers, strict=False))
    return {one.id: checking.judge(one.exercise, answers.get(one.id, ...)) for one in questions}


# ---------------------------------------------------------------- notebook and key


def notebook(lesson, questions):
    """The students' notebook of a set as nbformat writes it: no answer and no check stand in it."""
    import nbformat.v4 as v4

    name = set_id(lesson, questions)
    title = f"""# {lesson} · a second set of questions

There are no checks here: answer each question in its own cell, under `answer_1 = ...`, in as many lines as you need. Then run the last cell, save the
notebook, and hand it in. Rates are fractions (0.05, not 5), money is yuan, and nothing is rounded."""
    setup = "import pandas as pd\n\nfrom mktlib import load\nfrom mktlib.trainer.bank import hand_in"
    cells = [_cell(v4.new_markdown_cell, "title", title), _cell(v4.new_code_cell, "setup", setup)]
    for number, one in enumerate(questions, start=1):
        asked = f"**Question {number}. {one.exercise.title}.** {one.asks}"
        cells.append(_cell(v4.new_markdown_cell, f"b{number}-question", asked))
        cells.append(_cell(v4.new_code_cell, f"b{number}-answer", f"answer_{number} = ..."))
    names = ", ".join(f"answer_{number}" for number in range(1, len(questions) + 1))
    cells.append(_cell(v4.new_code_cell, "hand-in", f'hand_in("{name}", {names})'))
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return v4.new_notebook(cells=cells, metadata=kernel)


def _cell(make, id, source):
    return make(source, id=id)


def key(seed, lesson):
    """The trainer's key of a lesson's set: a dict with right answers and named wrong ones."""
    from mktlib.course.registry import misconceptions

    questions, left_out = draw(seed, lesson)
    return {
        "lesson": lesson,
        "seed": _seed(seed),
        "set": set_id(lesson, questions),
        "world": data.fingerprint(),
        "left out": left_out,
        "questions": [
            {
                "id": one.id,
                "title": one.exercise.title,
                "asks": one.asks,
                "unit": one.exercise.unit,
                "right": one.exercise.compute(),
                "mistakes": [
                    {
                        "code": m.code,
                        "name": misconceptions()[m.code]["name"],
                        "value": m.compute(),
                        "rule": m.belief,
                    }
                    for m in one.exercise.mistakes
                ],
            }
            for one in questions
        ],
    }


STYLE = """body{font:16px/1.5 system-ui,sans-serif;max-width:56em;margin:2em auto;padding:0 1em;color:#222}
table{border-collapse:collapse;margin:.5em 0 1.5em}td,th{border:1px solid #888;padding:.3em .7em;text-align:left;vertical-align:top}
@media print{h2{break-after:avoid}section{break-inside:avoid}}"""


def page(title, body):
    """A complete HTML page of ours; `body` is HTML, `title` is text."""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<style>{STYLE}</style></head>\n'
        f"<body><h1>{escape(title)}</h1>\n{body}\n</body></html>\n"
    )


def key_page(keys):
    """The keys of several lessons as one HTML page."""
    parts = ["<p>For the trainer: keep this page and the seed away from the students' folder.</p>"]
    for one in keys:
        parts.append(f"<h2>{escape(one['lesson'])}, set {escape(one['set'])}</h2>")
        parts += [f"<p>{escape(sentence)}</p>" for sentence in one["left out"]]
        for question in one["questions"]:
            parts.append(_key_section(question))
    return page("Key of the second set", "\n".join(parts))


def _key_section(question):
    from mktlib.course.text import number

    rows = [
        f"<tr><th scope='row'>right</th><td>{escape(number(question['right'], question['unit']))}</td><td></td></tr>"
    ]
    rows += [
        f"<tr><th scope='row'>{escape(one['code'])}</th><td>{escape(number(one['value'], question['unit']))}</td>"
        f"<td>{escape(one['name'])}</td></tr>"
        for one in question["mistakes"]
    ]
    head = f"<h3>{escape(question['id'])} {escape(question['title'])}</h3><p>{escape(question['asks'])}</p>"
    return f"<section>{head}<table>{''.join(rows)}</table></section>"


def write(seed, names, out):
    """Write sets of several lessons: out/students/<lesson>_bank.ipynb, out/trainer/key.json and key.html.

    Returns the keys. Raises BankError, OSError.
    """
    import nbformat
    from tqdm import tqdm

    students, trainer = Path(out) / "students", Path(out) / "trainer"
    keys = []
    for lesson in tqdm(names, unit="lesson", disable=None, leave=False):
        questions, _ = draw(seed, lesson)
        if not questions:
            raise BankError(f"No question of {lesson} can be drawn in this world; leave {lesson} out.")
        keys.append(key(seed, lesson))
        students.mkdir(parents=True, exist_ok=True)
        text = nbformat.writes(notebook(lesson, questions))
        (students / f"{lesson}_bank.ipynb").write_text(text + "\n", encoding="utf-8")
    trainer.mkdir(parents=True, exist_ok=True)
    (trainer / "key.json").write_text(json.dumps(keys, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    (trainer / "key.html").write_text(key_page(keys), encoding="utf-8")
    return keys


# ---------------------------------------------------------------- grading


def answers_of(path):
    """(set, world, answers) of the last hand-in cell that ran in a notebook; nothing in it is executed. Raises BankError."""
    from mktlib.trainer.answers import Unsafe, decode

    path = Path(path)
    if path.stat().st_size > LARGEST:
        raise BankError(f"'{path}' has more than 50 MB. Ask for the notebook without its pictures.")
    try:
        cells = json.loads(path.read_text(encoding="utf-8-sig"))["cells"]
        texts = [text for cell in cells for text in _texts(cell)]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BankError(
            f"'{path}' cannot be read as a notebook. Ask the student to save and send it again."
        ) from None
    lines = [line for text in texts for line in text.splitlines() if line.startswith(MARK)]
    if not lines:
        raise BankError(f"'{path}' holds no answers: its last cell was not run before it was saved.")
    try:
        packed = json.loads(lines[-1].removeprefix(MARK))
        return str(packed["set"]), packed["world"], [decode(one) for one in packed["answers"]]
    except (ValueError, KeyError, TypeError, RecursionError, Unsafe):
        raise BankError(
            f"'{path}': the line of answers was changed or cut off. Ask for the notebook again."
        ) from None


def _texts(cell):
    for output in cell.get("outputs", ()):
        text = output.get("text") or output.get("data", {}).get("text/plain") or ""
        yield "".join(text)


COLUMNS = ("file", "set", "question", "status", "mistake", "name", "points", "answer", "said")


def grade(seed, names, files):
    """One row per file and question: dicts of COLUMNS.

    A file that cannot be read, or belongs to another set, has one row that says so; it stops nobody else's.
    """
    from tqdm import tqdm

    bar = tqdm(names, unit="lesson", disable=None, leave=False)
    sets = {set_id(lesson, draw(seed, lesson)[0]): lesson for lesson in bar}
    return [row for path in files for row in _graded(seed, sets, path)]


def _graded(seed, sets, path):
    base = dict.fromkeys(COLUMNS, "") | {"file": str(path), "points": 0}
    try:
        found, where, answers = answers_of(path)
        if found not in sets:
            raise BankError("Another set: its seed, lesson or world is not the one that is graded here.")
        if where != data.fingerprint():
            raise BankError("The answers were computed in another world than the set was drawn from.")
    except (BankError, OSError) as problem:
        return [base | {"status": "unreadable", "said": str(problem)}]
    verdicts = judge(seed, sets[found], answers)
    given = dict(zip(verdicts, answers, strict=False))
    return [base | {"set": found} | _row(one, given.get(id, ...)) for id, one in verdicts.items()]


def _row(verdict, answer):
    from mktlib.course import text
    from mktlib.course.registry import misconceptions

    return {
        "question": verdict.id,
        "status": verdict.status,
        "mistake": verdict.mistake or "",
        "name": misconceptions()[verdict.mistake]["name"] if verdict.mistake else "",
        "points": int(bool(verdict)),
        "answer": "" if answer is ... else text.plain(answer),
        "said": verdict.headline or (verdict.lines[0][1] if verdict.lines else ""),
    }


# ---------------------------------------------------------------- command


def add_class(commands):
    """Add `bank` to the parsers of `python -m mktlib class`."""
    about = "draw a second set of exercises whose answers only you have, or grade what students hand in of it"
    bank = commands.add_parser("bank", help=about, description=about)
    bank.add_argument(
        "--seed",
        required=True,
        help="ten letters or more that students do not know; the same text draws the same set",
    )
    bank.add_argument("--lessons", required=True, help="lessons such as J01,J02, or all")
    bank.add_argument("--out", required=True, help="folder to write into")
    bank.add_argument("--world", help="folder of the world to draw from (default: the course's own)")
    bank.add_argument(
        "--grade", nargs="+", metavar="FILE", help="notebooks, or folders of them, to grade instead"
    )
    bank.set_defaults(run=run)


def _lessons(text):
    if text.strip().casefold() == "all":
        return lessons()
    names = list(dict.fromkeys(part.strip().upper() for part in text.split(",") if part.strip()))
    for name in names:
        if name not in lessons():
            raise BankError(f"--lessons: there are no templates of '{name}'{did_you_mean(name, lessons())}")
    if not names:
        raise BankError("--lessons is empty; write J01,J02 or all.")
    return names


def _files(paths):
    found = []
    for path in map(Path, paths):
        if path.is_dir():
            found += sorted(one for one in path.rglob("*.ipynb") if ".ipynb_checkpoints" not in one.parts)
        else:
            found.append(path)
    if not found:
        raise BankError("--grade: there is no notebook in what you named.")
    return found


def run(options):
    """The command `class bank`."""
    from mktlib import world
    from mktlib.trainer import roster

    if options.world:
        if not (Path(options.world) / "datapackage.json").is_file():
            raise DataError(
                f"--world: there is no world in '{options.world}'; `python -m mktlib data` makes one."
            )
        world.use(options.world)
    names, out = _lessons(options.lessons), Path(options.out)
    if options.grade:
        rows = grade(options.seed, names, _files(options.grade))
        out.mkdir(parents=True, exist_ok=True)
        roster.write_csv(out / "bank_grades.csv", list(rows[0]), [list(row.values()) for row in rows])
        print(f"{len({row['file'] for row in rows})} notebooks are graded: {out / 'bank_grades.csv'}")
        return
    keys = write(options.seed, names, out)
    for sentence in (sentence for one in keys for sentence in one["left out"]):
        print(sentence)
    count = sum(len(one["questions"]) for one in keys)
    print(
        f"{count} questions of {len(keys)} lessons: give out {out / 'students'}, keep {out / 'trainer'} and the seed."
    )
