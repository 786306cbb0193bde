"""Commands of trainers: `python -m mktlib class new | collect | grade | report | export`."""

import argparse
import sys
from pathlib import Path

TO_COME = "the folder that `class new` made"
LESSONS_FOLLOW = "  roster -> new -> (students work) -> collect -> grade -> report -> export"


def add(commands):
    """Add the commands to the parser of `python -m mktlib`."""
    from mktlib.trainer import bank, inventory

    top = commands.add_parser(
        "class",
        help="a class from roster to report (for trainers)",
        description="A class from roster to report:\n" + LESSONS_FOLLOW,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    steps = top.add_subparsers(dest="step", required=True, metavar="step")
    for add_step in (add_new, add_collect, add_grade, add_report, add_export):
        add_step(steps)
    bank.add_class(steps)
    inventory.add(commands)


def step(steps, name, help, run):
    """A parser of one step."""
    one = steps.add_parser(name, help=help, description=help[0].upper() + help[1:] + ".")
    one.set_defaults(run=run)
    return one


def add_new(steps):
    one = step(
        steps, "new", "make a folder for each student of a roster; run again to add students or lessons", new
    )
    one.add_argument(
        "roster",
        help="CSV or Excel file with a header: id and name, or 学号 and 姓名; e-mail and group if you have them",
    )
    one.add_argument("--out", required=True, help="folder of the class, new or made by this command before")
    which = one.add_mutually_exclusive_group()
    which.add_argument("--lessons", help="ids separated by commas, such as J01,J02 (default: all lessons)")
    which.add_argument("--level", choices=("start", "junior", "mid", "senior"), help="all lessons of a level")
    one.add_argument(
        "--worlds",
        action="store_true",
        help="give each student a brand of their own: other numbers, same lessons; 20 to 40 seconds and 40 MB each",
    )
    one.add_argument(
        "--at-once",
        type=int,
        default=2,
        help="worlds made at a time; each takes 1.6 GB of memory (default 2)",
    )
    one.add_argument(
        "--deadline", help="2026-12-01 (end of that day), 2026-12-01T18:00 or 2026-12-01T18:00+08:00"
    )
    one.add_argument("--name", help="the class's name on the sheets (default: the name of its folder)")


def add_collect(steps):
    one = step(
        steps, "collect", "sort what was handed in by student and lesson; nothing is lost or guessed", collect
    )
    one.add_argument(
        "inbox", help="folder or zip: a download from Moodle or Canvas, folders per student, loose files"
    )
    add_class(one)


def add_grade(steps):
    one = step(
        steps,
        "grade",
        "run and check every submission, each locked in by itself; goes on where it stopped",
        grade,
    )
    add_class(one)
    one.add_argument("--at-once", type=int, default=2, help="submissions graded at a time (default 2)")
    one.add_argument("--again", action="store_true", help="grade again what was graded before")


def add_report(steps):
    one = step(
        steps, "report", "write report.html and report.csv: who, which exercise, which mistake", report
    )
    add_class(one)


def add_export(steps):
    one = step(steps, "export", "write the points as a CSV file for Moodle's or Canvas's gradebook", export)
    add_class(one)
    one.add_argument("--to", required=True, choices=("moodle", "canvas"), help="the platform")
    one.add_argument(
        "--out", help="CSV file to write (default: moodle.csv or canvas.csv in the class's folder)"
    )


def add_class(one):
    """The option that all steps but the first share."""
    one.add_argument("--class", dest="folder", required=True, metavar="DIR", help=TO_COME)


def bar(steps, total=None, **more):
    """A progress bar on a terminal, nothing elsewhere."""
    from tqdm import tqdm

    return tqdm(steps, total=total, file=sys.stderr, disable=not sys.stderr.isatty(), leave=False, **more)


def new(options):
    """`class new`."""
    from mktlib.trainer import handout, roster

    lessons = options.lessons.split(",") if options.lessons is not None else None
    folder, students, added, told = handout.new(
        options.roster,
        options.out,
        lessons,
        options.level,
        options.worlds,
        options.deadline,
        options.name,
        options.at_once,
        bar,
    )
    for one in told:
        print(one)
    info = roster.class_file(folder)
    print(
        f"{len(students)} students in '{folder}', {len(added)} of them new; lessons {', '.join(info['lessons'])}."
    )
    if info.get("deadline"):
        print(f"Deadline: {roster.deadline_of(info):%Y-%m-%d %H:%M (UTC%z)}.")
    print(
        f"Hand out the folders in '{folder / 'students'}', each to its student; {handout.SHEET} in it says the rest."
    )
    print("Keep the class's folder to yourself: it holds the e-mails, and later the grades.")


def collect(options):
    """`class collect`."""
    from mktlib.trainer import collect as collecting

    rows = collecting.collect(options.inbox, options.folder, bar)
    for line in collecting.summary(rows):
        print(line)
    print(f"All of it stands in '{Path(options.folder) / 'submissions.csv'}'.")


def grade(options):
    """`class grade`."""
    from mktlib.trainer import grading, walls

    if lacking := walls.missing():
        print(lacking)
    counted = grading.grade(options.folder, options.at_once, options.again, bar)
    print(
        ", ".join(f"{number} {outcome}" for outcome, number in counted.items())
        or "There was nothing to grade."
    )
    print(f"The points are in '{Path(options.folder) / 'gradebook.csv'}'.")


def report(options):
    """`class report`."""
    from mktlib.trainer import report as reporting

    print(f"The report is in '{reporting.write(options.folder)}', its table beside it in report.csv.")


def export(options):
    """`class export`."""
    from mktlib.trainer import gradebook

    path, told = gradebook.export(options.folder, options.to, options.out)
    for one in told:
        print(one)
    print(f"The points are in '{path}'.")
