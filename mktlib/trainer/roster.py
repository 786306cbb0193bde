"""Who is in a class: rosters as schools have them, and the class's own class.json and roster.csv."""

import csv
import datetime
import hashlib
import hmac
import json
import re
import unicodedata
from dataclasses import dataclass, fields, replace
from pathlib import Path

from mktlib.errors import Told

# Headers in the order in which they are looked for; compared without blanks, marks and case.
HEADERS = {
    "id": "学号 学生学号 学工号 学生编号 学籍号 sisuserid studentid studentnumber studentno idnumber matriculationnumber "
    "id 工号 userid username 用户名 编号",
    "name": "姓名 学生姓名 名字 name fullname studentname student learner",
    "first": "firstname givenname 名",
    "last": "lastname surname familyname 姓",
    "email": "邮箱 电子邮箱 邮箱地址 电子邮件 邮件 邮件地址 email emailaddress mail",
    "group": "班级 行政班 小组 分组 组别 组 group groups class section team",
}
HEADER_ROWS = 15  # in which the header must stand; schools like titles above it
NOTHING = {"", "-", "--", "—", "/", "无", "n/a", "na", "none", "null", "nan"}
LONGEST_ID = 64
TOLD = 10  # problems of a roster that are listed
FORMULA = tuple("=+-@＝＋－＠\t\r\n")
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}


class RosterError(Told):
    """A roster or a class folder cannot be used; the message names file, row and column."""


@dataclass(frozen=True)
class Student:
    """One row of roster.csv. `seed` is None for the standard world; `folder` is safe on every system and unique."""

    id: str
    name: str
    email: str = ""
    group: str = ""
    seed: int | None = None
    folder: str = ""


# ---------------------------------------------------------------- texts


def clean(text):
    """A cell as one line, without invisible characters and without Excel's ways of forcing a text (="007", '007)."""
    text = "".join(" " if char.isspace() else char for char in str(text) if char.isspace() or visible(char))
    text = " ".join(text.split())
    forced = re.fullmatch(r'="(.*)"', text)
    if forced:
        return forced[1].strip()
    return text[1:] if text.startswith("'") and text[1:2] in {*FORMULA, *"0123456789"} else text


def visible(char):
    """False for control and zero-width characters; the joiner inside an emoji goes with them."""
    return unicodedata.category(char) not in {"Cc", "Cf", "Cs"}


def plain(text):
    """A text for comparing: width, case and accents do not count."""
    wide = unicodedata.normalize("NFKD", str(text)).casefold()
    return unicodedata.normalize("NFKC", "".join(c for c in wide if not unicodedata.combining(c)))


def header_key(cell):
    """A header for comparing: letters and digits alone."""
    return "".join(char for char in plain(cell) if char.isalnum())


def defused(text):
    """The text, with an apostrophe before it where a spreadsheet would take it for a formula."""
    text = str(text)
    return "'" + text if text.lstrip(" ").startswith(FORMULA) or text.startswith(FORMULA) else text


def write_csv(path, header, rows):
    """Write a CSV file that Excel opens in any language, whole or not at all. Texts are defused, numbers stay numbers."""
    draft = path.with_name(path.name + ".part")
    with draft.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for row in rows:
            writer.writerow([defused(cell) if isinstance(cell, str) else cell for cell in row])
    draft.replace(path)


def read_csv(path):
    """Rows of a CSV file written by `write_csv` or saved again by Excel, as dicts of clean texts; its first column is id."""
    found, header = table(path, lambda cells: clean(cells[0] if cells else "") == "id")
    names = [clean(name) for name in header]
    return [dict(zip(names, [clean(cell) for cell in cells], strict=False)) for _, cells in found]


def write_json(path, content):
    """Write a JSON file whole or not at all."""
    draft = path.with_name(path.name + ".part")
    draft.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    draft.replace(path)


# ---------------------------------------------------------------- a school's roster


def read(path):
    """(students, notices) of a roster: CSV with any delimiter and encoding, or Excel; columns found by their headers.

    Students have no folder and no seed yet. Raises RosterError, which lists every row that has to be mended.
    """
    rows, header = table(path, lambda cells: "id" in columns_of(cells) or "email" in columns_of(cells))
    if not rows:
        raise RosterError(f"'{Path(path).name}' has a header but no students below it.")
    places = with_content(columns_of(header), rows)
    if not {"id", "email"} & set(places):
        raise RosterError(
            f"'{Path(path).name}': the column of student ids is empty, and so is that of e-mails."
        )
    if not {"name", "first", "last"} & set(places):
        raise no_header(path, [header], "names")
    students, notices, problems, lines = [], [], [], {}
    for line, cells in rows:
        one, wrong = student_of(line, cells, places, header)
        if one is None or wrong:
            problems += wrong
            continue
        before = lines.setdefault(plain(one.id), (line, one))
        if before[1] is one:
            students.append(one)
        elif before[1].name == one.name:
            notices.append(
                f"row {line}: {one.name} ({one.id}) stands already in row {before[0]}; taken once."
            )
        else:
            problems.append(
                f"row {line}, column '{header[places.get('id', places.get('email'))]}': {one.id} is the id of "
                f"{before[1].name} in row {before[0]} and of {one.name} here"
            )
    if problems:
        raise several(path, problems)
    if not students:
        raise RosterError(f"'{Path(path).name}' has a header but no students below it.")
    return students, notices + namesakes(students)


def several(path, problems):
    """The error for rows that have to be mended."""
    more = f"\n  and {len(problems) - TOLD} more" if len(problems) > TOLD else ""
    lines = "".join(f"\n  {one}" for one in problems[:TOLD])
    return RosterError(f"'{Path(path).name}' has to be mended before the class is made:{lines}{more}")


def namesakes(students):
    """Notices about students of one name."""
    count = {}
    for one in students:
        count.setdefault(plain(one.name), []).append(one)
    return [
        f"{len(same)} students are called {same[0].name} ({', '.join(one.id for one in same)}): what they hand in "
        "must carry the id."
        for same in count.values()
        if len(same) > 1
    ]


def table(path, is_header):
    """(rows below the header as pairs of line number and cells, header) of a CSV or Excel file. Raises RosterError."""
    from mktlib.exports import intake, layout
    from mktlib.exports.errors import ExportError

    try:
        content = intake.take(Path(path))
        if content.text is not None:
            parsed = [layout.parse(content.text, mark, strict=False) for mark in ",;\t|"]
        else:
            sheets = content.sheets.values()
            parsed = [[(n, list(cells)) for n, cells in enumerate(rows, 1)] for rows in sheets]
    except ExportError as problem:
        where = f" (row {problem.row})" if problem.row else ""
        raise RosterError(f"{problem.what}{where} Remedy: {problem.remedy}") from None
    best = max(parsed, key=lambda rows: columns_found(rows, is_header), default=[])
    for place, (_, cells) in enumerate(best[:HEADER_ROWS]):
        if is_header(cells) and (len(cells) > 1 or len(best[0][1]) == 1):
            below = [(line, row) for line, row in best[place + 1 :] if any(clean(cell) for cell in row)]
            return below, [clean(cell) for cell in cells]
    raise no_header(path, [cells for _, cells in best[:1]], "student ids")


def columns_found(rows, is_header):
    """How many columns the header would have if the rows were read this way."""
    return max((len(cells) for _, cells in rows[:HEADER_ROWS] if is_header(cells)), default=0)


def no_header(path, first, what):
    """The error for a roster without a header that is known."""
    seen = ", ".join(clean(cell) for cell in first[0] if clean(cell)) if first else ""
    return RosterError(
        f"'{Path(path).name}' has no column of {what} that is known. Its first row says: {seen[:200] or 'nothing'}. Give it a "
        "header with the columns id, name and, if you have them, email and group (学号, 姓名, 邮箱, 班级)."
    )


def columns_of(cells):
    """{field: [places of its columns, best first]} of a header row."""
    keys = [header_key(cell) for cell in cells]
    known = {field: names.split() for field, names in HEADERS.items()}
    found = {f: [keys.index(name) for name in names if name in keys] for f, names in known.items()}
    return {field: places for field, places in found.items() if places}


def with_content(columns, rows):
    """{field: place}: the best column of each field that is not empty in every row."""
    filled = {
        field: [p for p in places if any(has(cells, p) for _, cells in rows)]
        for field, places in columns.items()
    }
    return {field: places[0] for field, places in filled.items() if places}


def has(cells, place):
    """Whether a row has something in that column."""
    return place < len(cells) and plain(clean(cells[place])) not in NOTHING


def student_of(line, cells, places, header):
    """(Student or None, [problems]) of a row. Rows of Canvas that are no students give None."""

    def cell(field):
        place = places.get(field)
        return clean(cells[place]) if place is not None and has(cells, place) else ""

    name = cell("name") or " ".join(part for part in (cell("first"), cell("last")) if part)
    if plain(name) in {"points possible", "student, test"}:
        return None, []
    email = cell("email") if "@" in cell("email") else ""
    given = unicodedata.normalize("NFKC", cell("id")) if "id" in places else email
    given = re.sub(r"(?<=\d)\.0$", "", given)
    where = f"row {line}, column '{header[places.get('id', places.get('email'))]}'"
    problems = []
    if not given:
        problems.append(f"{where}: the id{f' of {name}' if name else ''} is empty")
    elif re.fullmatch(r"\d(\.\d+)?[Ee]\+?\d+", given):
        problems.append(
            f"{where}: {given} was shortened by Excel; format the column as text and fill it again"
        )
    elif len(given) > LONGEST_ID:
        problems.append(f"{where}: the id is longer than {LONGEST_ID} characters")
    if not name:
        column = header[next(places[field] for field in ("name", "first", "last") if field in places)]
        problems.append(f"row {line}, column '{column}': the name{f' of {given}' if given else ''} is empty")
    return Student(given, name, email, cell("group")), problems


# ---------------------------------------------------------------- the class's own files


def class_file(folder):
    """What class.json says (a dict). Raises RosterError where the folder is no class."""
    path = Path(folder) / "class.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return found | {"lessons": list(found["lessons"])}
    except FileNotFoundError:
        raise RosterError(
            f"'{folder}' is no class: it has no class.json. `python -m mktlib class new ROSTER.csv --out DIR` makes one."
        ) from None
    except (ValueError, KeyError, TypeError) as problem:
        raise RosterError(f"'{path}' is damaged ({problem}); put back the copy you have of it.") from None


def load(folder, unfinished=False):
    """The students of a class, in the order of its roster.csv; `unfinished` also those a trainer added by hand.

    Raises RosterError.
    """
    path = Path(folder) / "roster.csv"
    class_file(folder)
    if not path.is_file():
        raise RosterError(f"'{folder}' has no roster.csv; run `class new` with the roster again.")
    known = {field.name for field in fields(Student)}
    found = []
    for number, row in enumerate(read_csv(path), 2):
        seed = row.get("seed", "")
        if not row.get("id") or (seed and not seed.isdecimal()):
            raise RosterError(
                f"'{path}' has to be mended: row {number} has no id, or a seed that is no number."
            )
        if not row.get("folder") and not unfinished:
            raise RosterError(
                f"'{path}', row {number}: {row['id']} has no folder yet; "
                f'run `python -m mktlib class new "{path}" --out "{folder}"`.'
            )
        row = {name: value for name, value in row.items() if name in known}
        found.append(Student(**(row | {"seed": int(seed) if seed else None})))
    return found


def save(folder, students):
    """Write roster.csv."""
    names = [field.name for field in fields(Student)]
    rows = ([getattr(one, name) for name in names] for one in students)
    write_csv(Path(folder) / "roster.csv", names, rows)


def merged(before, fresh, secret):
    """(students, new ones, ones no longer in the fresh roster): folders and seeds that were given stay.

    secret  hexadecimal text from which personal seeds are drawn, or None for the standard world
    """
    kept = {plain(one.id): one for one in before if one.folder}
    taken = {one.folder.casefold() for one in kept.values()}
    seeds = {one.seed for one in kept.values()}
    students, new = [], []
    for one in fresh:
        old = kept.pop(plain(one.id), None)
        if old is not None:
            students.append(replace(old, name=one.name, email=one.email, group=one.group))
            continue
        folder, seed = folder_name(one, taken), seed_of(secret, one.id, seeds) if secret else None
        taken.add(folder.casefold())
        seeds.add(seed)
        new.append(replace(one, folder=folder, seed=seed))
        students.append(new[-1])
    return students + list(kept.values()), new, list(kept.values())


def seed_of(secret, id, taken):
    """The number of a student's world: always the same for a class and an id, whoever else is in the class."""
    for attempt in range(100):
        mixed = hmac.new(bytes.fromhex(secret), f"{plain(id)}/{attempt}".encode(), hashlib.sha256).digest()
        seed = 100_000_000 + int.from_bytes(mixed[:8], "big") % 900_000_000
        if seed not in taken:
            return seed
    raise RosterError(f"No free seed was found for {id}.")


def folder_name(one, taken):
    """'2024001_Li_Ming': letters and digits of id and name, free on every system, not in `taken`."""
    parts = [
        re.sub(r"[^\w.-]+|_+", "_", unicodedata.normalize("NFC", text)).strip("_. ")
        for text in (one.id, one.name)
    ]
    name = "_".join(part[:40] for part in parts if part).strip("_. ") or "student"
    if name.split(".")[0].casefold() in RESERVED:
        name = "_" + name
    number, free = 1, name
    while free.casefold() in taken:
        number += 1
        free = f"{name}-{number}"
    return free


def parse_deadline(text):
    """'2026-12-01T18:00+08:00', '2026-12-01 18:00' or '2026-12-01' (the end of that day) as an aware datetime.

    Without a time zone, this computer's holds. Raises RosterError.
    """
    try:
        found = datetime.datetime.fromisoformat(text.strip())
    except ValueError:
        raise RosterError(
            f"--deadline '{text}' is no date; write 2026-12-01, 2026-12-01T18:00 or 2026-12-01T18:00+08:00."
        ) from None
    if re.fullmatch(r"[\d-]+", text.strip()):
        found = found.replace(hour=23, minute=59, second=59)
    return found if found.tzinfo else found.astimezone()


def deadline_of(info):
    """The deadline of class.json as an aware datetime, or None."""
    return parse_deadline(info["deadline"]) if info.get("deadline") else None
