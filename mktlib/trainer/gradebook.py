"""Points for the gradebooks of Moodle and Canvas, from gradebook.csv.

Moodle: Grades > Import > CSV file; a column for the id number, one for the e-mail, one for each grade item.
Canvas: Grades > Import; the columns Student, ID, SIS User ID, SIS Login ID, Section in this order, then one for each assignment,
and a row "Points Possible" (lib/gradebook_importer.rb of canvas-lms). Canvas looks a student up by ID, else by SIS User ID, else by
SIS Login ID, else by name.
"""

import math
from pathlib import Path

from mktlib.trainer import roster
from mktlib.trainer.roster import RosterError

PLATFORMS = ("moodle", "canvas")


def export(folder, platform, out=None):
    """Write the points of a class in the platform's form: (path, sentences to tell). Raises RosterError."""
    folder = Path(folder)
    students, points, most = graded(folder)
    lessons = [lesson for lesson in roster.class_file(folder)["lessons"] if lesson in most]
    path = Path(out) if out else folder / f"{platform}.csv"
    header, rows = FORMS[platform](students, points, most, lessons)
    roster.write_csv(path, header, rows)
    odd = [
        one for one in students if roster.defused(one.name) != one.name or roster.defused(one.id) != one.id
    ]
    told = [
        f"{one.name} ({one.id}) begins like a formula and has an apostrophe before it; look after that row by hand."
        for one in odd
    ]
    return path, told + HINTS[platform](most, lessons)


def graded(folder):
    """(students, {id: {lesson: points or None}}, {lesson: most points}) from gradebook.csv. Raises RosterError."""
    path = folder / "gradebook.csv"
    students = roster.load(folder)
    if not path.is_file():
        raise RosterError(
            f"'{folder}' has no gradebook.csv: run `python -m mktlib class grade --class \"{folder}\"` first."
        )
    points, most = {}, {}
    for number, row in enumerate(roster.read_csv(path), 2):
        lessons = [name.removesuffix("_max") for name in row if name.endswith("_max")]
        points[roster.plain(row["id"])] = {
            one: numeric(row.get(one, ""), path, number, one) for one in lessons
        }
        for one in lessons:
            highest = numeric(row[f"{one}_max"], path, number, f"{one}_max")
            most[one] = max(most.get(one, 0), highest or 0)
    absent = [one.name for one in students if roster.plain(one.id) not in points]
    if absent:
        raise RosterError(
            f"'{path}' has no row of {', '.join(absent[:5])}{' and others' if len(absent) > 5 else ''}: run `class grade` again."
        )
    return students, {one.id: points[roster.plain(one.id)] for one in students}, most


def numeric(text, path, row, column):
    """A number of the gradebook, None where the cell is empty. Raises RosterError."""
    try:
        found = float(text.replace(",", ".")) if text else None
    except ValueError:
        found = math.nan
    if found is not None and not math.isfinite(found):
        raise RosterError(f"'{path}', row {row}, column '{column}': '{text}' is no number.")
    return int(found) if found is not None and found == int(found) else found


def moodle(students, points, most, lessons):
    """Header and rows of Moodle's import."""
    header = ["ID number", "Email address", "Full name", *lessons]
    rows = [[one.id, one.email, one.name, *cells(points[one.id], lessons)] for one in students]
    return header, rows


def canvas(students, points, most, lessons):
    """Header and rows of Canvas's import."""
    header = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *lessons]
    possible = ["    Points Possible", "", "", "", "", *(most[one] for one in lessons)]
    rows = [[one.name, "", one.id, one.email, one.group, *cells(points[one.id], lessons)] for one in students]
    return header, [possible, *rows]


def cells(mine, lessons):
    """A student's points; an empty cell where nothing was graded."""
    return ["" if mine.get(one) is None else mine[one] for one in lessons]


def moodle_hints(most, lessons):
    """What Moodle has to be told by hand."""
    greatest = ", ".join(f"{one} {most[one]}" for one in lessons)
    return [
        "In Moodle: Grades, Import, CSV file; map 'ID number' to 'ID number' (or 'Email address' to 'Email address') and each "
        f"lesson to its grade item. Maximum grades to set there: {greatest}."
    ]


def canvas_hints(most, lessons):
    """What Canvas has to be told by hand."""
    return [
        "In Canvas: Grades, Import. Assignments whose names are the lessons' ids are filled; for others Canvas asks. It finds "
        "students by SIS User ID, then by SIS Login ID, then by name."
    ]


FORMS = {"moodle": moodle, "canvas": canvas}
HINTS = {"moodle": moodle_hints, "canvas": canvas_hints}
