"""What a class is given: a folder for each student with notebooks, a sheet and, if asked for, a world of their own."""

import datetime
import json
import re
import secrets
import shutil
from concurrent.futures import ProcessPoolExecutor, as_completed
from html import escape
from pathlib import Path

import mktlib
from mktlib import world
from mktlib.data import OWN_WORLD
from mktlib.trainer import roster
from mktlib.trainer.roster import RosterError

LEVELS = ("start", "junior", "mid", "senior")
LINK = re.compile(r"\[([^\]\n]+)\]\(([^)\s:#]+\.ipynb)(#[^)\s]*)?\)")
SHEET = "START_HERE.html"


def new(
    path,
    out,
    lessons=None,
    level=None,
    worlds=False,
    deadline=None,
    name=None,
    at_once=2,
    progress=lambda steps, **more: steps,
    make=None,
):
    """Make a class, or add to it what is new in the roster: (folder, students, new students, sentences to tell).

    path      the roster
    lessons   ids such as ["J01", "J02"]; level one of LEVELS; neither means all lessons
    worlds    whether each student gets a world of their own
    deadline  text as `roster.parse_deadline` reads it
    progress  wraps long work (tqdm); make(seed, folder) makes a world
    A folder that was handed out is never overwritten: what is missing in it is added. Raises RosterError.
    """
    out, made = Path(out), make or world.make
    before = roster.load(out, unfinished=True) if (out / "class.json").is_file() else []
    info = info_of(out, lessons, level, worlds, deadline, name)
    fresh, told = roster.read(path)
    students, added, gone = roster.merged(before, fresh, info["secret"] if info["worlds"] else None)
    told += [f"{one.name} ({one.id}) is no longer in the roster and stays in the class." for one in gone]
    out.mkdir(parents=True, exist_ok=True)
    roster.write_json(out / "class.json", info)
    roster.save(out, students)
    shelf = notebooks_of(info["lessons"])
    for one in progress(students):
        hand_out(out / "students" / one.folder, one, info, shelf)
    if info["worlds"]:
        give_worlds(out, students, at_once, progress, made)
    return out, students, added, told


# ---------------------------------------------------------------- class.json


def info_of(out, lessons, level, worlds, deadline, name):
    """class.json of a new class, or of one that is there with what is asked for now."""
    if (out / "class.json").is_file():
        return changed(out, lessons, level, worlds, deadline, name)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise RosterError(f"'{out}' holds other things; name a folder that is empty or not there yet.")
    return {
        "name": name or out.resolve().name,
        "created": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "lessons": chosen(lessons, level),
        "deadline": deadline_text(deadline),
        "course": mktlib.__version__,
        "worlds": bool(worlds),
        "secret": secrets.token_hex(16),
    }


def changed(out, lessons, level, worlds, deadline, name):
    """class.json of a class that is there: lessons are added, deadline and name replaced where given."""
    info = roster.class_file(out)
    if worlds and not info.get("worlds"):
        raise RosterError(
            f"The class in '{out}' works in the standard world, and its students may have begun: personal worlds need a new "
            "class in another folder."
        )
    asked = chosen(lessons, level) if lessons or level else []
    return info | {
        "name": name or info.get("name", out.name),
        "lessons": [one for one in known_lessons() if one in {*info["lessons"], *asked}],
        "deadline": deadline_text(deadline) or info.get("deadline"),
    }


def deadline_text(deadline):
    """ISO text with time zone, or None."""
    return roster.parse_deadline(deadline).isoformat(timespec="seconds") if deadline else None


def notebooks_folder():
    """notebooks/ of the repository, which holds what learners are given. Raises RosterError."""
    found = Path(mktlib.__file__).resolve().parents[1] / "notebooks"
    if not found.is_dir():
        raise RosterError(
            f"There are no notebooks beside the package ({found}): run this in the course's repository, after "
            "`python course.py build`."
        )
    return found


def shelf_of_course():
    """{id: path} of all notebooks for learners, in the order of the course."""
    paths = sorted(notebooks_folder().glob("[0-9]_*/*.ipynb"), key=lambda path: place_of(path))
    return {path.name.split("_")[0]: path for path in paths}


def place_of(path):
    """Sorts levels, and the work at the end of a level behind its lessons."""
    return path.parent.name, path.name[1] == "C", path.name


def known_lessons():
    """Ids of the lessons with exercises, in the order of the course."""
    from mktlib.course import registry

    with_exercises = {name.upper() for name in registry.lessons()}
    return [one for one in shelf_of_course() if one in with_exercises]


def chosen(lessons, level):
    """Ids of the lessons asked for. Raises RosterError."""
    known = known_lessons()
    if lessons:
        asked = [one.strip().upper() for one in lessons if one.strip()]
        for one in asked:
            if one not in known:
                raise RosterError(
                    f"There is no lesson '{one}' with exercises; there are: {', '.join(known)}."
                )
        return [one for one in known if one in asked]
    shelf = shelf_of_course()
    return [one for one in known if level is None or shelf[one].parent.name.endswith("_" + level)]


# ---------------------------------------------------------------- one student's folder


def notebooks_of(lessons):
    """{name below the student's folder: notebook as a dict}: the lessons, and the guides without exercises of their levels."""
    shelf, exercised = shelf_of_course(), known_lessons()
    levels = {shelf[one].parent for one in lessons}
    paths = [
        path
        for one, path in shelf.items()
        if one in lessons or (one not in exercised and path.parent in levels)
    ]
    names = {path.parent.name + "/" + path.name for path in paths}
    return {
        Path(path.parent.name, path.name): unlinked(json.loads(path.read_text(encoding="utf-8")), path, names)
        for path in paths
    }


def unlinked(notebook, path, names):
    """The notebook with links to lessons that the class does not get turned into plain words."""

    def words(link):
        target = (path.parent / link[2]).resolve()
        return link[0] if target.parent.name + "/" + target.name in names else link[1]

    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = LINK.sub(words, "".join(cell["source"])).splitlines(keepends=True)
    return notebook


def hand_out(folder, one, info, shelf):
    """Fill a student's folder: notebooks that are not there yet, and the sheet as it is now."""
    for name, notebook in shelf.items():
        target = folder / name
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            roster.write_json(target, marked(notebook, one))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SHEET).write_text(sheet(one, info, shelf), encoding="utf-8")


def marked(notebook, one):
    """The notebook with the student's id in its metadata, so that it is known whatever its file is called later."""
    about = notebook["metadata"].get("mktlib", {}) | {"student": one.id}
    return notebook | {"metadata": notebook["metadata"] | {"mktlib": about}}


# ---------------------------------------------------------------- worlds


def give_worlds(out, students, at_once, progress, make):
    """Make the worlds that are missing, several at a time, and lay a copy of each into its student's folder.

    A run that was stopped goes on where it was: a finished world is not made again. Raises RosterError.
    """
    if at_once < 1:
        raise RosterError(f"--at-once must be 1 or more, not {at_once}.")
    mine = [one for one in students if one.seed is not None]
    missing = [one for one in mine if not is_world(out / "worlds" / str(one.seed))]
    failed = list(made(out, missing, at_once, progress, make))
    for one in mine:
        give_world(out / "worlds" / str(one.seed), out / "students" / one.folder, one.seed)
    if failed:
        raise RosterError(
            "Some worlds could not be made; run the same command again:\n  " + "\n  ".join(failed)
        )


def is_world(folder):
    """True when the folder holds a whole world: datapackage.json is written last."""
    return (folder / "datapackage.json").is_file()


def made(out, students, at_once, progress, make):
    """Make the worlds of these students; gives a sentence for each that could not be made."""
    targets = {one: out / "worlds" / str(one.seed) for one in students}
    if at_once == 1 or len(students) < 2:
        for one in progress(students):
            try:
                make(one.seed, targets[one])
            except Exception as problem:
                yield f"{one.name} (world {one.seed}): {problem}"
        return
    with ProcessPoolExecutor(min(at_once, len(students))) as pool:
        running = {pool.submit(make, one.seed, targets[one]): one for one in students}
        for done in progress(as_completed(running), total=len(running)):
            if problem := done.exception():
                yield f"{running[done].name} (world {running[done].seed}): {problem}"


def give_world(source, folder, seed):
    """Copy a finished world into a student's folder, whole or not at all, with the note by which a notebook finds it."""
    target, draft = folder / "world", folder / "world.part"
    if not is_world(source) or is_world(target):
        return
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(source, draft, ignore=shutil.ignore_patterns(".*"))
    shutil.rmtree(target, ignore_errors=True)
    draft.rename(target)
    roster.write_json(folder / OWN_WORLD, {"seed": seed})


# ---------------------------------------------------------------- the sheet

STYLE = (
    "body{font:16px/1.5 system-ui,'PingFang SC','Microsoft YaHei',sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;"
    "color:#222;background:#fff}h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:1.5rem}code{background:#eee;padding:0 .2em}"
    "table{border-collapse:collapse}th{text-align:left;padding-right:1.5rem;vertical-align:top}li{margin:.3rem 0}"
)


def sheet(one, info, shelf):
    """START_HERE.html: who, what, by when, how to start, how to hand in."""
    deadline = roster.deadline_of(info)
    facts = {
        "Student (学生)": f"{one.name}, {one.id}" + (f", {one.group}" if one.group else ""),
        "Class (班级)": info["name"],
        "Lessons (课程)": ", ".join(info["lessons"]),
        "Hand in by (截止时间)": deadline.strftime("%Y-%m-%d %H:%M (UTC%z)")
        if deadline
        else "as your trainer says",
    }
    rows = "".join(f"<tr><th scope='row'>{escape(k)}</th><td>{escape(v)}</td></tr>" for k, v in facts.items())
    first = next(iter(shelf), Path("1_junior"))
    steps = "".join(f"<li>{step}</li>" for step in start_steps(one, first))
    return (
        "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
        f"<title>{escape(info['name'])}: {escape(one.name)}</title><style>{STYLE}</style></head><body>\n"
        f"<h1>{escape(info['name'])}</h1>\n<table>{rows}</table>\n<h2>Start (开始)</h2>\n<ol>{steps}</ol>\n"
        f"{world_note(one)}{hand_in(one, info)}</body></html>\n"
    )


def start_steps(one, first):
    """Sentences in HTML: from nothing to the first lesson."""
    folder, lesson = escape(one.folder), escape(first.as_posix())
    return (
        "Install Python 3.11 or newer, if you have none, and put the course's folder on your computer "
        "(your trainer says where it is to be had).",
        "In the course's folder, type <code>python3 course.py lab</code> (on Windows <code>py course.py lab</code>). The first "
        "time takes about a minute and needs the network. JupyterLab opens in your browser.",
        f"Copy this whole folder, <code>{folder}</code>, into the folder <code>my_course</code> inside the course's folder.",
        f"In JupyterLab's list of files, on the left, open <code>{folder}</code>, then <code>{lesson}</code>. "
        "Work in the notebooks of this folder, not in others of the same name.",
        "Run the cells from the top with Shift+Enter, replace each <code>...</code> by your answer, and save with Ctrl+S.",
    )


def world_note(one):
    """A paragraph on the personal world, or nothing."""
    if one.seed is None:
        return ""
    return (
        "<h2>Your own data (你的数据)</h2>\n<p>The folder <code>world</code> holds the data of your own brand. Its numbers differ "
        "from those of your colleagues; the lessons are the same. The notebooks find it as long as they stay in this folder: "
        "do not move, rename or edit <code>world</code> or <code>mktlib_world.json</code>.</p>\n"
    )


def hand_in(one, info):
    """How and what to hand in."""
    files = ", ".join(f"<code>{escape(lesson)}_….ipynb</code>" for lesson in info["lessons"][:3])
    more = " and so on" if len(info["lessons"]) > 3 else ""
    return (
        "<h2>Hand in (提交作业)</h2>\n<ul>"
        f"<li>Hand in the notebook files: {files}{more}. Keep their names. Do not send pictures, PDF or HTML.</li>"
        "<li>Before you do: in the menu Run, choose Restart Kernel and Run All Cells, then save.</li>"
        f"<li>Several files in one zip are fine; call it <code>{escape(one.folder)}.zip</code> and leave <code>world</code> out.</li>"
        "<li>You may hand in again; the newest file counts.</li>"
        "<li>If your trainer asks how long you took and which hints helped, hand in your log, too: "
        "<code>.venv/bin/python -m mktlib log export my_log.jsonl</code> in the course's folder (on Windows "
        "<code>.venv\\Scripts\\python</code>) writes it. It holds your answers and their times, nothing else.</li>"
        "<li>Do not delete cells and do not change the cells that begin with <code>check(</code>.</li></ul>\n"
    )
