"""The concept inventory: thirty misconceptions asked before and after a course, in two parallel forms A and B.

    python -m mktlib inventory --form A --out paper.html            a page to print or to fill in, without the key
    python -m mktlib inventory --form A --key --out key.html        the same with the answers, for the trainer
    python -m mktlib inventory --form A --template --out answers.csv
    python -m mktlib inventory score answers.csv --form B --before earlier.csv --before-form A --out DIR

Each wrong option is a named mistake. Options are computed from the values of a form (inventory.yml), so that no key is
typed and none can be wrong. Sources: normalised gain, Hake (1998), Am. J. Phys. 66, 64; its interval is the bootstrap's
(Efron 1979) over students; discrimination is the correlation of an item with the score of all other items.
"""

import ast
import json
import operator
import random
import string
import unicodedata
from functools import cache
from html import escape
from pathlib import Path

from mktlib.errors import Told
from mktlib.inputs import read_yaml
from mktlib.trainer import roster
from mktlib.trainer.bank import page

FORMS = ("A", "B")
LETTERS = "abcd"
LEVELS = ("junior", "mid", "senior")
RESAMPLES = 4_000


class InventoryError(Told):
    """Answers cannot be read; the message names the file, the row or column, and what to do."""


# ---------------------------------------------------------------- items


@cache
def items():
    """The thirty items as inventory.yml holds them: a list of dicts."""
    return read_yaml(Path(__file__).with_name("inventory.yml"))


_OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_FORMATS = {
    "percent": lambda value: f"{value * 100:.6g}%",
    "points": lambda value: f"{value * 100:.6g} percentage points" if value != 0.01 else "1 percentage point",
    "yuan": lambda value: f"{'-' if value < 0 else ''}CNY {abs(value):,.10g}",
    "count": lambda value: f"{value:,.10g}",
    "number": lambda value: f"{value:.6g}",
    "": lambda value: value if isinstance(value, str) else f"{value:,.10g}",
}


def value_of(expression, given):
    """The value of "orders / visits" where given holds orders and visits: + - * / max, names and numbers, nothing else."""

    def of(node):
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return given[node.id]
        if isinstance(node, ast.BinOp):
            return _OPERATORS[type(node.op)](of(node.left), of(node.right))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "max":
            return max(map(of, node.args))
        raise ValueError(f"'{expression}' holds more than + - * / and max")

    value = of(ast.parse(expression, mode="eval").body)
    return round(value, 10) if isinstance(value, float) else value


def numbers_of(text, given):
    """The values that stand in braces in a text of inventory.yml, numbers only."""
    found = [value_of(name, given) for _, name, _, _ in string.Formatter().parse(text) if name]
    return [value for value in found if not isinstance(value, str)]


def filled(text, given):
    """A text of inventory.yml with its braces replaced by values."""
    parts = []
    for before, name, form, _ in string.Formatter().parse(text):
        parts.append(before)
        if name is not None:
            parts.append(_FORMATS[form or ""](value_of(name, given)))
    return "".join(parts)


@cache
def form(name):
    """The items of form "A" or "B" as a list of dicts: number, level, code, asks, options {letter: text}, codes {letter: code}.

    codes holds the mistake behind each wrong letter, and None for the right one; `key` is the right letter.
    """
    if name not in FORMS:
        raise InventoryError(f"There is no form '{name}'; there are A and B.")
    return [_item(number, item, name) for number, item in enumerate(items(), start=1)]


def _item(number, item, name):
    given = item[name]["given"]
    texts = {None: filled(item["right"], given)}
    texts |= {code: filled(text, given) for code, text in item["wrong"].items()}
    codes = dict(zip(LETTERS, _order(list(texts), name, number), strict=True))
    return {
        "number": number,
        "level": item["level"],
        "code": item["code"],
        "asks": filled(item[name]["asks"], given),
        "options": {letter: texts[code][:1].upper() + texts[code][1:] for letter, code in codes.items()},
        "codes": codes,
        "key": next(letter for letter, code in codes.items() if code is None),
    }


@cache
def _places(name):
    """The place of the right option in each item: each letter about as often, never the same in both forms."""
    size = len(items())
    lot = random.Random(f"places of form {name}")
    while True:
        places = [number % len(LETTERS) for number in range(size)]
        lot.shuffle(places)
        if name == "A" or all(mine != other for mine, other in zip(places, _places("A"), strict=True)):
            return places


def _order(codes, name, number):
    """The options of an item in the order in which the form shows them."""
    wrong = codes[1:]
    random.Random(f"{name}{number}").shuffle(wrong)
    place = _places(name)[number - 1]
    return [*wrong[:place], None, *wrong[place:]]


# ---------------------------------------------------------------- paper

_SCRIPT = """
document.getElementById('save').addEventListener('click', function () {
  var safe = function (text) { return '"' + (/^[=+\\-@\\t\\r]/.test(text) ? "'" : '') + text.replace(/"/g, '""') + '"'; };
  var names = ['id', 'name', 'form'], row = [document.getElementById('who').value, document.getElementById('name').value, FORM];
  for (var n = 1; n <= SIZE; n++) {
    var chosen = document.querySelector('input[name=q' + n + ']:checked');
    names.push('q' + n); row.push(chosen ? chosen.value : '');
  }
  var text = '\\ufeff' + names.join(',') + '\\r\\n' + row.map(safe).join(',') + '\\r\\n';
  var link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], {type: 'text/csv'}));
  link.download = 'answers_' + FORM + '.csv';
  link.click();
  document.getElementById('saved').textContent = 'Saved as ' + link.download + ': send it to your trainer.';
});
"""


def paper(name, key=False):
    """A form as one HTML page that needs no network: to print, or to fill in and save as a CSV of one row.

    key   True adds the right letter and the name of the mistake behind each wrong one, for the trainer
    """
    head = "Key of the concept inventory" if key else "What do the numbers say?"
    intro = (
        "<p>For the trainer. The letter behind an option names the mistake it stands for.</p>"
        if key
        else "<p>Thirty short questions, about 45 minutes, no calculator needed. Nothing is marked: answer what you think, and leave a question open rather "
        "than guess. One answer is right.</p>"
        '<p><label>Student number <input id="who"></label> <label>Name <input id="name"></label></p>'
    )
    body = intro + "\n".join(_question(one, key) for one in form(name))
    if not key:
        script = _SCRIPT.replace("FORM", json.dumps(name)).replace("SIZE", str(len(form(name))))
        body += (
            '<p class="screen"><button id="save" type="button">Save my answers as a file</button> '
            f'<span id="saved" role="status"></span></p><script>{script}</script>'
        )
    style = (
        "<style>fieldset{border:1px solid #888;margin:1em 0;break-inside:avoid}label{display:inline-block;margin:.2em 0}legend{font-weight:bold}"
        "ol{list-style:lower-alpha}@media print{.screen{display:none}}</style>"
    )
    return page(f"{head} Form {name}", style + body)


def _question(one, key):
    from mktlib.course.registry import misconceptions

    number, rows = one["number"], []
    for letter, text in one["options"].items():
        if key:
            code = one["codes"][letter]
            said = (
                "<strong>right</strong>"
                if code is None
                else escape(f"{code}: {misconceptions()[code]['name']}")
            )
            rows.append(f"<div>{letter}. {escape(text)} — {said}</div>")
        else:
            box = f'<input type="radio" name="q{number}" value="{letter}">'
            rows.append(f"<div><label>{box} {letter}. {escape(text)}</label></div>")
    return f"<fieldset><legend>{number}</legend><p>{escape(one['asks'])}</p>{''.join(rows)}</fieldset>"


def template():
    """The header of a CSV of answers and one example row, as a text."""
    names = [f"q{number}" for number in range(1, len(items()) + 1)]
    return (
        ",".join(["id", "name", *names])
        + "\r\n"
        + ",".join(["1001", "name of the student", *[""] * len(names)])
        + "\r\n"
    )


# ---------------------------------------------------------------- reading answers


def read_answers(paths, name):
    """Answers to a form from CSV files: (list of (id, name, [letter or "" for each item]), list of sentences on what was odd).

    Columns: id, name (may be missing), q1 to q30 (or 1 to 30). A letter that is none of a to d counts as open and is told; so is a
    row without an id. Raises InventoryError for a file that is no such table, another form, and an id that stands twice.
    """
    found, odd, seen = [], [], {}
    for path in map(Path, paths):
        for line, row in _rows(path):
            id, letters = row.get("id", "").strip(), []
            if row.get("form", name).strip().upper() not in {"", name}:
                raise InventoryError(
                    f"'{path}', line {line}: answers to form {row['form'].strip()}, not to form {name}. Change --form."
                )
            for number in range(1, len(items()) + 1):
                letter = (
                    unicodedata.normalize("NFKC", row.get(f"q{number}", "")).strip().casefold().strip("().")
                )
                if letter and letter not in LETTERS:
                    odd.append(
                        f"'{path}', line {line}, question {number}: {letter[:20]!r} is none of a, b, c, d and counts as open."
                    )
                    letter = ""
                letters.append(letter)
            if not id:
                if any(letters):
                    odd.append(
                        f"'{path}', line {line}: no id, so the row is left out. Write a student number into the column id."
                    )
                continue
            if id in seen:
                raise InventoryError(
                    f"'{path}', line {line}: the id {id!r} stands twice, first in {seen[id]}. Keep one of the rows."
                )
            seen[id] = f"'{path}', line {line}"
            found.append((id, row.get("name", "").strip(), letters))
    if not found:
        raise InventoryError("There are no answers in what you named; --template writes a file to fill in.")
    return found, odd


def _rows(path):
    """(line number, {column: text}) of answers in a CSV (any delimiter, also as a Chinese Excel writes it) or Excel file."""
    wanted = ["id", *(f"q{number}" for number in range(1, len(items()) + 1))]
    found, header = roster.table(path, lambda cells: "id" in map(_column, cells))
    names = [_column(one) for one in header]
    if missing := [one for one in wanted if one not in names]:
        raise InventoryError(
            f"'{path}' has no column '{missing[0]}'. The first line has to hold id, q1, q2, ... q{len(items())}."
        )
    return [(line, dict(zip(names, map(roster.clean, cells), strict=False))) for line, cells in found]


def _column(name):
    name = roster.clean(name).casefold()
    return f"q{name}" if name.isdigit() else name


# ---------------------------------------------------------------- scoring


def score(answers, name):
    """One dict per student: id, name, score, of, percent, a column per level, open, mistakes (codes in the order of the items)."""
    rows = []
    for id, who, letters in answers:
        pairs = list(zip(form(name), letters, strict=True))
        right = [one for one, letter in pairs if letter == one["key"]]
        row = {
            "id": id,
            "name": who,
            "score": len(right),
            "of": len(pairs),
            "percent": round(100 * len(right) / len(pairs), 1),
        }
        row |= {level: sum(one["level"] == level for one in right) for level in LEVELS}
        row["open"] = sum(not letter for letter in letters)
        row["mistakes"] = " ".join(
            one["codes"][letter] for one, letter in pairs if letter and letter != one["key"]
        )
        rows.append(row)
    return rows


def item_statistics(answers, name):
    """One dict per item: code, level, difficulty (share right), discrimination, how often each option was chosen, the leading mistake.

    discrimination is the correlation of the item (1 right, 0 not) with the number of other items that are right; empty where it has
    no value, as with fewer than three students or where everybody is right. Below 0.2 an item tells little, below 0 it misleads.
    """
    import numpy as np

    key = [one["key"] for one in form(name)]
    right = np.array(
        [[letter == one for letter, one in zip(letters, key, strict=True)] for _, _, letters in answers],
        dtype=float,
    )
    rest, rows = right.sum(axis=1), []
    for place, one in enumerate(form(name)):
        chosen = [letters[place] for _, _, letters in answers]
        mine, others = right[:, place], rest - right[:, place]
        tells = len(answers) >= 3 and mine.std() > 0 and others.std() > 0
        counts = {letter: chosen.count(letter) for letter in LETTERS}
        wrong = {letter: number for letter, number in counts.items() if letter != one["key"] and number}
        leading = max(wrong, key=wrong.get, default=None)
        rows.append(
            {"item": one["number"], "code": one["code"], "level": one["level"], "key": one["key"]}
            | {"difficulty": round(float(mine.mean()), 3)}
            | {"discrimination": round(float(np.corrcoef(mine, others)[0, 1]), 3) if tells else ""}
            | counts
            | {"open": chosen.count(""), "leading mistake": one["codes"][leading] if leading else ""}
        )
    return rows


def gain(before, after, seed=1):
    """Normalised gain of the students who took both forms: a dict of pairs, before, after (mean shares), gain, low, high.

    before, after   rows of score()
    gain = (after - before) / (1 - before), of the class's means; low and high hold 95 % of 4,000 bootstrap classes. gain is None where
    nobody took both or nobody could gain anything.
    """
    import numpy as np

    earlier = {row["id"]: row["score"] / row["of"] for row in before}
    pairs = np.array(
        [(earlier[row["id"]], row["score"] / row["of"]) for row in after if row["id"] in earlier]
    ).reshape(-1, 2)
    found = {"pairs": len(pairs), "before": None, "after": None, "gain": None, "low": None, "high": None}
    if not len(pairs):
        return found
    first, last = pairs.mean(axis=0)
    found |= {"before": float(first), "after": float(last)}
    if first < 1:
        found["gain"] = float((last - first) / (1 - first))
    if first < 1 and len(pairs) > 1:
        drawn = np.random.default_rng(seed).integers(len(pairs), size=(RESAMPLES, len(pairs)))
        means = pairs[drawn].mean(axis=1)
        means = means[means[:, 0] < 1]
        low, high = np.quantile((means[:, 1] - means[:, 0]) / (1 - means[:, 0]), [0.025, 0.975])
        found |= {"low": float(low), "high": float(high)}
    return found


def frequent(rows):
    """[(code, how many students)] of the mistakes in rows of score(), most frequent first."""
    counts = {}
    for row in rows:
        for code in set(row["mistakes"].split()):
            counts[code] = counts.get(code, 0) + 1
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def gain_sentence(found):
    """What gain() found, in words."""
    if not found["pairs"]:
        return "Nobody took both forms under the same id, so there is no gain to tell."
    said = f"{found['pairs']} students took both forms: {found['before']:.0%} right before, {found['after']:.0%} after."
    if found["gain"] is None:
        return said + " Everything was right before, so nothing could be gained."
    said += f" Of what could be gained, {found['gain']:.0%} was gained (normalised gain {found['gain']:.2f}"
    said += (
        f", 95 % interval {found['low']:.2f} to {found['high']:.2f})." if found["low"] is not None else ")."
    )
    return said + (" With fewer than ten students the interval is rough." if found["pairs"] < 10 else "")


def report(name, rows, statistics, compared=None, odd=()):
    """The result of a form as one HTML page: mistakes, items, students. Names and ids are escaped."""
    from mktlib.course.registry import misconceptions

    parts = [
        f"<p>{len(rows)} students, {sum(row['score'] for row in rows) / len(rows):.1f} of {rows[0]['of']} right on average.</p>"
    ]
    parts += [f"<p>{escape(gain_sentence(compared))}</p>"] if compared else []
    parts += [f"<p>{escape(sentence)}</p>" for sentence in odd]
    known = misconceptions()
    mistakes = [
        {
            "mistake": f"{known[code]['name']} ({code})",
            "students": number,
            "rule": known[code]["rule"],
            "lessons": known[code]["lessons"],
        }
        for code, number in frequent(rows)
    ]
    for title, table in (
        ("Mistakes, most frequent first", mistakes),
        ("Items", statistics),
        ("Students", rows),
    ):
        parts.append(f"<h2>{title}</h2>{_table(table)}")
    return page(f"Concept inventory, form {name}", "\n".join(parts))


def _table(rows):
    if not rows:
        return "<p>None.</p>"
    head = "".join(f"<th scope='col'>{escape(str(name))}</th>" for name in rows[0])
    lines = ["".join(f"<td>{escape(str(value))}</td>" for value in row.values()) for row in rows]
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


# ---------------------------------------------------------------- command


def add(commands):
    """Add `inventory` to the parsers of `python -m mktlib`."""
    about = "thirty questions before and after a course: the paper, its key, and what the answers say"
    inventory = commands.add_parser("inventory", help=about, description=about)
    inventory.add_argument(
        "--form", choices=FORMS, default="A", help="A or B: two papers on the same ideas (default A)"
    )
    inventory.add_argument("--out", help="file to write")
    inventory.add_argument("--key", action="store_true", help="with the answers, for the trainer")
    inventory.add_argument(
        "--template", action="store_true", help="an empty CSV for answers instead of the paper"
    )
    inventory.set_defaults(run=write_paper)
    parts = inventory.add_subparsers(dest="inventory_command", metavar="score")
    scoring = parts.add_parser("score", help="score answers, and compare them with earlier ones")
    scoring.add_argument("answers", nargs="+", help="CSV files with the columns id, name, q1 to q30")
    scoring.add_argument("--form", choices=FORMS, required=True, help="the form that was answered")
    scoring.add_argument(
        "--before", nargs="+", metavar="CSV", help="answers of the same students before the course"
    )
    scoring.add_argument(
        "--before-form", choices=FORMS, help="the form answered before (default: the other one)"
    )
    scoring.add_argument("--out", required=True, help="folder for students.csv, items.csv and report.html")
    scoring.set_defaults(run=write_scores)


def write_paper(options):
    """The command `inventory`."""
    if not options.out:
        raise InventoryError("--out is missing: name the file to write, such as --out paper.html.")
    out = Path(options.out)
    out.parent.mkdir(parents=True, exist_ok=True)
    if options.template:
        out.write_bytes(template().encode("utf-8-sig"))
    else:
        out.write_text(paper(options.form, options.key), encoding="utf-8")
    print(f"Written: {out}")


def write_scores(options):
    """The command `inventory score`."""
    answers, odd = read_answers(options.answers, options.form)
    rows, compared = score(answers, options.form), None
    if options.before:
        other = options.before_form or next(one for one in FORMS if one != options.form)
        earlier, more = read_answers(options.before, other)
        compared, odd = gain(score(earlier, other), rows), [*odd, *more]
    out, statistics = Path(options.out), item_statistics(answers, options.form)
    out.mkdir(parents=True, exist_ok=True)
    _write(out / "students.csv", rows)
    _write(out / "items.csv", statistics)
    (out / "report.html").write_text(report(options.form, rows, statistics, compared, odd), encoding="utf-8")
    for sentence in [*odd, *([gain_sentence(compared)] if compared else [])]:
        print(sentence)
    print(f"{len(rows)} students: {out / 'students.csv'}, {out / 'items.csv'}, {out / 'report.html'}")


def _write(path, rows):
    """Dicts as a CSV file; texts that begin like a formula are defused."""
    roster.write_csv(path, list(rows[0]), [list(row.values()) for row in rows])
