#!/usr/bin/env python3
# ruff: noqa: E402   the version check comes before the imports
"""The front door of the course. Needs nothing but Python 3.11 or newer.

    python course.py            says what there is, by what you want to do

The first call makes a folder .venv with the exact packages the course was tested with (requirements.lock);
later calls start at once. The notebooks you work in are your own copies, in my_course/.

Old Pythons must be able to read this file, so that it can tell them what is missing: no match, no walrus.
What a learner can repair is raised as Trouble: one sentence with its remedy, no traceback.
"""

import sys

OLDEST = (3, 11)
if sys.version_info < OLDEST:
    sys.exit(
        "This course needs Python 3.11 or newer and this is Python {}.{}: install a newer one from "
        "https://www.python.org/downloads/ and start the course with that one, for example "
        "`python3.12 course.py lab`.".format(*sys.version_info)
    )

import argparse
import contextlib
import datetime
import errno
import hashlib
import importlib.util
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

REPO = Path(__file__).resolve().parent
VENV = REPO / ".venv"
STAMP = VENV / "course-stamp.json"  # what was installed, written when all of it is there
UNFINISHED = VENV / "course-unfinished.txt"  # stands there while packages are being installed
RUNTIME, DEV = "requirements.lock", "requirements-dev.lock"
WORKBOOK = REPO / "my_course"
MANIFEST = WORKBOOK / ".course.json"  # the version of each lesson that the learner was given last
SETTINGS = WORKBOOK / ".jupyter"
TOOLS = ("build", "site", "slides")  # programs of tools/ that the front door opens
ROOM_MB = 1000  # installed packages and downloads together
PY = "py" if os.name == "nt" else "python3"

HELP = f"""\
A marketing course in Jupyter notebooks.

Learn           {PY} course.py lab              open the course (the first time takes about a minute)
                {PY} course.py reset J01        a fresh copy of a lesson; the one you worked in is kept
Repair          {PY} course.py doctor           what is in order, what is not, and what to do about it
Write lessons   {PY} course.py build            make notebooks, solutions and data from lessons/
                {PY} course.py build --check    only say what would change
                {PY} course.py test             everything that continuous integration runs
                {PY} course.py test --quick     the same without the slow browser and install tests
Teach           {PY} course.py site             the course as web pages, in build/site
                {PY} course.py slides           slides of every lesson, in build/slides (needs npm)
                see docs/teaching/README.md for classes and grading

`lab` takes --no-browser and --port N; what else stands there is passed on to JupyterLab.
"""


class Trouble(Exception):
    """What went wrong and what to do about it, in one sentence for the learner."""


# Small things ---------------------------------------------------------------------------------------


def digest(path):
    """SHA-256 of a file, as hexadecimal text."""
    total = hashlib.sha256()
    with Path(path).open("rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            total.update(block)
    return total.hexdigest()


def read_json(path):
    """A dictionary from a JSON file; an empty one when the file is missing or damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def write_json(path, content):
    """Write a JSON file whole or not at all."""
    draft = path.with_name(path.name + ".part")
    text = json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True)
    draft.write_text(text + "\n", encoding="utf-8")
    draft.replace(path)


def copy(source, target):
    """Copy a file whole or not at all."""
    draft = target.with_name(target.name + ".part")
    shutil.copyfile(str(source), str(draft))
    draft.replace(target)


def need_writable(folder):
    """Raise Trouble unless files can be made in the folder, which is made when absent."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=str(folder)):
            pass
    except OSError as problem:
        if problem.errno == errno.ENOSPC:
            raise
        raise Trouble(
            f"The folder {folder} cannot be written to: copy the course to a folder of your own, "
            "for example in Documents, and start it from there."
        ) from None


def free_mb(folder):
    """Free disk space in megabytes where the folder lies."""
    return shutil.disk_usage(str(folder)).free // 1000000


def clean_environment(**more):
    """The environment for programs of the course: no foreign packages or kernels, compiled modules kept."""
    foreign = ("PYTHONPATH", "PYTHONHOME", "JUPYTER_PATH", "PYTHONDONTWRITEBYTECODE")
    own = {key: value for key, value in os.environ.items() if key not in foreign}
    for key in ("MKTLIB_WORLD", "MKTLIB_HOME"):  # notebooks run in another folder than the caller's
        if own.get(key):
            own[key] = str(Path(own[key]).expanduser().resolve())
    return dict(own, JUPYTER_PREFER_ENV_PATH="1", **more)


# The packages: .venv from the pins ------------------------------------------------------------------


def venv_python():
    """The Python inside .venv."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def venv_version():
    """The version of the Python inside .venv as (major, minor); None when it does not start."""
    command = [str(venv_python()), "-I", "-c", "import sys; print(*sys.version_info[:2])"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=60).stdout
        return tuple(int(part) for part in answer.split()) or None
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def is_ready(lock):
    """True when .venv holds everything of a lock file."""
    stamp, version = read_json(STAMP), venv_version()
    return (
        not UNFINISHED.exists()
        and stamp.get(lock) == digest(REPO / lock)
        and version is not None
        and stamp.get("python") == list(version)
    )


def make_ready(lock):
    """Bring .venv to the pins of a lock file. Returns at once when it already holds them."""
    if is_ready(lock):
        return
    need_writable(REPO)
    with one_at_a_time():
        if not is_ready(lock):
            prepare_venv()
            install(lock)


def try_lock(file):
    """Lock an open file for this process; OSError when another process holds it."""
    if os.name == "nt":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.contextmanager
def one_at_a_time():
    """Make a second `course.py` wait while a first one is installing."""
    WORKBOOK.mkdir(exist_ok=True)
    with (WORKBOOK / ".lock").open("w", encoding="ascii") as file:
        for attempt in itertools.count():
            try:
                try_lock(file)
                break
            except OSError as problem:
                if problem.errno not in (errno.EAGAIN, errno.EACCES, errno.EDEADLK):
                    break  # some network drives know no locks
            if attempt == 0:
                print("Another window is installing the course; waiting for it to finish.", flush=True)
            time.sleep(1)
        yield


def prepare_venv():
    """See to it that .venv has a Python of the right age; make it anew when an earlier start was cut short.

    A .venv that somebody else made is never deleted: when its Python is good, the pins are installed into it.
    """
    version, given = venv_version(), read_json(STAMP).get("python")
    if version and version >= OLDEST and given in (None, list(version)) and not UNFINISHED.exists():
        return
    if VENV.exists() and any(VENV.iterdir()) and not (STAMP.exists() or UNFINISHED.exists()):
        raise Trouble(
            "The folder .venv was not made by course.py and has no working Python 3.11 or newer: "
            "rename or delete it and start again."
        )
    if Path(sys.prefix).resolve() == VENV:
        raise Trouble(
            "The folder .venv has to be made anew, but this is the Python inside it: type "
            "`deactivate` and start again."
        )
    if VENV.exists():
        print("An earlier installation was cut short, or its Python is gone: making .venv anew.", flush=True)
        shutil.rmtree(str(VENV))
    create_venv()


def create_venv():
    """Make an empty .venv, marked as unfinished until its packages are there."""
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        raise Trouble(
            "This Python cannot make virtual environments: on Debian or Ubuntu type `sudo apt "
            "install python3-venv`, then start again."
        )
    if free_mb(REPO) < ROOM_MB:
        raise Trouble(
            f"The disk has {free_mb(REPO)} MB left and the course needs about {ROOM_MB} MB: make "
            "room and start again."
        )
    VENV.mkdir(exist_ok=True)
    mark_unfinished()
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True, errors="replace"
    )
    if made.returncode:
        raise Trouble(explain(made.stdout + made.stderr))


def mark_unfinished():
    """Leave a note in .venv that outlives a killed installation."""
    UNFINISHED.write_text("course.py is installing, or was stopped while it did.\n", encoding="utf-8")


def install(lock):
    """Install the pins of a lock file into .venv; every download is compared with its recorded hash.

    Without --no-compile pip compiles every module, most of which no lesson uses; Python does it at first use.
    """
    lines = (REPO / lock).read_text(encoding="utf-8").splitlines()
    count = sum(line[:1].isalnum() for line in lines)
    print(
        f"Installing {count} packages into the folder .venv. This happens once and takes 30 to 90 seconds, "
        "more on a slow network.",
        flush=True,
    )
    started, was_whole = time.monotonic(), not UNFINISHED.exists()
    mark_unfinished()
    failed, complaint = pip("install", "--require-hashes", "--no-compile", "-r", lock)
    if failed:
        if was_whole:  # pip downloads everything before it changes anything: what was there still works
            UNFINISHED.unlink()
        raise Trouble(explain(complaint))
    linked, complaint = inside("link", venv_python())
    if not linked:
        raise Trouble(explain(complaint))
    stamp = dict(read_json(STAMP), python=list(venv_version()))
    stamp.update({name: digest(REPO / name) for name in (lock, RUNTIME)})  # DEV contains RUNTIME
    write_json(STAMP, stamp)
    UNFINISHED.unlink()
    print(f"The packages are ready after {time.monotonic() - started:.0f} seconds.", flush=True)


def pip(*arguments):
    """Run pip in .venv: its progress goes to the screen, its complaints come back as (exit code, text)."""
    command = [str(venv_python()), "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
    run = subprocess.Popen(
        command, cwd=str(REPO), env=clean_environment(), stderr=subprocess.PIPE, text=True, errors="replace"
    )
    complaint = ""
    with run.stderr:
        for line in run.stderr:
            if "Retrying" in line and "Retrying" not in complaint:
                print("The package index does not answer; trying again for a while ...", flush=True)
            complaint += line
    return run.wait(), complaint


CAUSES = (
    (
        ("No space left on device", "Errno 28", "not enough space"),
        f"The disk is full: make about {ROOM_MB} MB of room and start again.",
    ),
    (
        ("DO NOT MATCH THE HASHES",),
        "A downloaded package is not the one that the course was tested with: start again, on another network "
        "if it happens twice.",
    ),
    (
        ("Retrying", "NewConnectionError", "name resolution", "ConnectionError", "ProxyError", "timed out"),
        "The packages could not be downloaded because the network did not answer: connect to the internet "
        "(behind a proxy, set HTTPS_PROXY) and start again; this is needed only once.",
    ),
    (
        ("Permission denied", "Errno 13", "Read-only file system", "Access is denied"),
        "The folder .venv cannot be written to: close every running JupyterLab, or copy the course to a folder "
        "of your own, and start again.",
    ),
    (("No module named pip",), "The folder .venv has no pip: rename or delete the folder and start again."),
)


def explain(complaint):
    """The sentence for a failed installation: cause and remedy, or else what pip said last."""
    for signs, sentence in CAUSES:
        if any(sign in complaint for sign in signs):
            return sentence
    last = [line for line in complaint.splitlines() if line.strip()][-5:]
    return "\n".join(
        [
            "The packages could not be installed: start again, and if it happens twice, show "
            "somebody what was said:",
            *last,
        ]
    )


def lesson_python():
    """(Python, extra environment) of the lessons: an active conda environment with the pins, or else .venv."""
    if (Path(sys.prefix) / "conda-meta").is_dir() and not wrong_pins():
        return sys.executable, {"PYTHONPATH": str(REPO)}
    return str(venv_python()), {}


def ready_for_lessons():
    """lesson_python(), with .venv made or brought to the pins where that is the one.

    Without a network, newer pins wait: what was installed before goes on working.
    """
    python, extra = lesson_python()
    if not extra:
        try:
            make_ready(RUNTIME)
        except Trouble as trouble:
            if UNFINISHED.exists() or not STAMP.exists() or venv_version() is None:
                raise
            print(f"{trouble}\nThe packages of before are still there; going on with them.", flush=True)
    return python, extra


# The workbook: the learner's own copies -------------------------------------------------------------


def fingerprint(path):
    """What a person wrote in a notebook, as a hash: kinds and texts of its cells, without outputs.

    Of any other file, and of a notebook that cannot be read: the hash of its bytes.
    """
    if path.suffix == ".ipynb":
        with contextlib.suppress(ValueError, KeyError, TypeError):
            cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
            words = [[cell["cell_type"], "".join(cell["source"]), cell.get("attachments")] for cell in cells]
            return hashlib.sha256(json.dumps(words, sort_keys=True).encode("utf-8")).hexdigest()
    return digest(path)


def was_run(path):
    """True when a notebook holds outputs or execution counts."""
    cells = read_json(path).get("cells", [])
    return any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


def free_name(path, mark):
    """A name beside the path that is not taken: J01.ipynb gives J01.<mark>.ipynb, then J01.<mark>-2.ipynb."""
    marks = itertools.chain([mark], (f"{mark}-{number}" for number in itertools.count(2)))
    names = (path.with_name(f"{path.stem}.{each}{path.suffix}") for each in marks)
    return next(name for name in names if not name.exists())


def shipped_files():
    """{name below notebooks/: path} of every file there, without hidden ones."""
    root = REPO / "notebooks"
    files = {path.relative_to(root): path for path in sorted(root.rglob("*")) if path.is_file()}
    return {name: path for name, path in files.items() if not any(part[0] == "." for part in name.parts)}


def update_workbook(today=None):
    """Bring new lessons into my_course/ and lay newer versions beside worked ones. Never overwrites work."""
    need_writable(WORKBOOK)
    today = today or datetime.date.today().isoformat()
    given = read_json(MANIFEST)
    for name, shipped in shipped_files().items():
        bring_in(shipped, WORKBOOK / name, given.get(name.as_posix()), today)
        given[name.as_posix()] = fingerprint(shipped)
    write_json(MANIFEST, given)


def bring_in(shipped, own, given, today):
    """One lesson: copy it, refresh an untouched copy, or lay the newer version beside a worked one.

    given is the fingerprint of the version that the learner was given last, None when not known.
    """
    newest = fingerprint(shipped)
    if not own.exists():
        own.parent.mkdir(parents=True, exist_ok=True)
        copy(shipped, own)
    elif newest in (given, fingerprint(own)):
        return
    elif given == fingerprint(own) and not was_run(own):
        copy(shipped, own)
        print(f"Updated, as you had not worked in it yet: {own.relative_to(REPO)}")
    else:
        beside = free_name(own, "new-" + today)
        copy(shipped, beside)
        print(
            f"{own.relative_to(REPO)} has a newer version. Yours is as you left it; the newer one lies "
            f"beside it as {beside.name}."
        )


def find_lesson(lesson_id):
    """The name below notebooks/ of a lesson, by its id such as J01 (or j01)."""
    lessons = {name.name.split("_")[0].upper(): name for name in shipped_files() if name.suffix == ".ipynb"}
    if lesson_id.upper() not in lessons:
        there = ", ".join(sorted(lessons)) or "not built yet"
        raise Trouble(f"There is no lesson {lesson_id}: the lessons are {there}.")
    return lessons[lesson_id.upper()]


def reset(lesson_id):
    """Give a fresh copy of a lesson and keep the worked one under another name."""
    name = find_lesson(lesson_id)
    own = WORKBOOK / name
    need_writable(own.parent)
    if own.exists():
        kept = free_name(own, "kept-" + datetime.datetime.now().strftime("%Y-%m-%d-%H%M%S"))
        own.rename(kept)
        print(f"Your work is kept as {kept.relative_to(REPO)}.")
    copy(REPO / "notebooks" / name, own)
    write_json(MANIFEST, {**read_json(MANIFEST), name.as_posix(): fingerprint(own)})
    print(
        f"A fresh copy is in {own.relative_to(REPO)}. If the lesson is open in JupyterLab, close its tab "
        "and open it again."
    )
    return 0


# lab ------------------------------------------------------------------------------------------------


def lab_command(python, browser=True, port=None):
    """The command line that opens JupyterLab at the start lesson, silent towards the network."""
    start = sorted(path.relative_to(WORKBOOK).as_posix() for path in WORKBOOK.glob("0_start/N00_*.ipynb"))
    options = {
        "ServerApp.root_dir": WORKBOOK,
        "ServerApp.answer_yes": True,  # Ctrl-C ends without a question
        "ServerApp.open_browser": browser,
        "LabApp.default_url": "/lab/tree/" + start[0] if start else "/lab",
        "LabApp.news_url": None,
        "LabApp.check_for_updates_class": "jupyterlab.handlers.announcements.NeverCheckForUpdate",
        "LabApp.extension_manager": "readonly",
        "LanguageServerManager.autodetect": False,  # would call npm
        "Application.log_level": "WARN",
    }
    if port is not None:
        options["ServerApp.port"] = port
    command = [str(python), "-m", "jupyterlab", *(f"--{key}={value}" for key, value in options.items())]
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0  # in a container; Jupyter refuses otherwise
    return [*command, "--allow-root"] if is_root else command


def lab_environment(**more):
    """The environment for JupyterLab, whose settings lie in my_course/.jupyter, apart from other work's."""
    settings = {
        "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
        # an explorer's last picture stays in the saved notebook, and is there before any kernel runs
        "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True},
    }
    folder = SETTINGS / "labconfig"
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "default_setting_overrides.json", settings)
    return clean_environment(JUPYTER_CONFIG_DIR=str(SETTINGS), **more)


def lab(browser, port, more):
    """Open JupyterLab and wait until it is closed."""
    python, extra = ready_for_lessons()
    update_workbook()
    print("Opening the course. Leave this window open; Ctrl-C in it ends the course.", flush=True)
    command = [*lab_command(python, browser, port), *more]
    running = subprocess.Popen(command, cwd=str(WORKBOOK), env=lab_environment(**extra))
    while True:
        try:
            return running.wait()
        except KeyboardInterrupt:  # Jupyter got the same signal and is closing
            continue


# doctor ---------------------------------------------------------------------------------------------


def doctor():
    """Print a line for everything that can go wrong; returns 1 when something has."""
    findings = [
        (True, "Python", "{}.{}.{}".format(*sys.version_info)),  # an older one does not get this far
        *venv_findings(),
        write_finding("course folder", REPO),
        write_finding("progress folder", progress_folder()),
        disk_finding(),
        *data_findings(),
    ]
    for good, name, text in findings:
        print("{:4}  {}: {}".format("OK" if good else "FAIL", name, text))
    bad = sum(not good for good, _, _ in findings)
    print(f"\n{bad} of {len(findings)} checks failed." if bad else "\nEverything is in order.")
    return 1 if bad else 0


def venv_findings():
    """Packages, fonts and kernel, each asked of the Python that runs the lessons."""
    again = f"`{PY} course.py lab` makes it."
    in_conda = bool(lesson_python()[1])
    if not in_conda and (UNFINISHED.exists() or venv_version() is None):
        return [(False, "packages", f"the folder .venv is not there or not finished. Remedy: {again}")]
    return [packages_finding(), inside_finding("fonts", again), inside_finding("kernel", again)]


def packages_finding():
    """Installed versions against the pins."""
    good, answer = inside("packages")
    if good and not answer:
        return True, "packages", "as pinned in requirements.txt"
    what = "; ".join(answer[:5]) if good else answer
    return False, "packages", f"{what}. Remedy: delete the folder .venv; `{PY} course.py lab` makes it anew."


def inside_finding(name, again):
    """One question to the Python of the lessons, which answers [good, text]."""
    good, answer = inside(name)
    if good and answer[0]:
        return True, name, answer[1]
    return False, name, f"{answer[1] if good else answer}. Remedy: delete the folder .venv; {again}"


def progress_folder():
    """Where answers are logged: MKTLIB_HOME, or the user data folder as platformdirs names it."""
    if os.environ.get("MKTLIB_HOME"):
        return Path(os.environ["MKTLIB_HOME"])
    with contextlib.suppress(OSError):  # there is no Python with packages yet
        good, answer = inside("home")
        if good:
            return Path(answer)
    return Path.home()


def write_finding(name, folder):
    """Whether files can be made in the folder, or in the nearest folder above it that exists."""
    there = next(place for place in [folder, *folder.parents] if place.is_dir())
    try:
        need_writable(there)
    except Trouble:
        remedy = (
            "set the environment variable MKTLIB_HOME to a folder of your own."
            if name == "progress folder"
            else "copy the course to a folder of your own, for example in Documents."
        )
        return False, name, f"{there} cannot be written to. Remedy: {remedy}"
    except OSError:
        return False, name, f"{there} has no room left. Remedy: see free disk."
    return True, name, str(folder)


def disk_finding():
    """At least a gigabyte of free disk."""
    free = free_mb(REPO)
    if free < ROOM_MB:
        return False, "free disk", f"{free} MB. Remedy: make room until {ROOM_MB} MB are free."
    return True, "free disk", f"{free} MB"


def data_findings():
    """Every data file against its recorded hash: one line when all agree, else one for each damaged file."""
    package = read_json(REPO / "data" / "datapackage.json")
    files = [file for resource in package.get("resources", []) for file in resource.get("files", [])]
    parts = [(file["path"], file["hash"]) for file in files + package.get("extras", [])]
    if not parts:
        return [
            (
                False,
                "data",
                "data/datapackage.json is missing or damaged. Remedy: `git checkout -- data`, or "
                f"`{PY} course.py build`.",
            )
        ]
    damaged = [name for name, recorded in parts if not is_intact(REPO / "data" / name, recorded)]
    if not damaged:
        return [(True, "data", f"{len(parts)} files as shipped")]
    return [
        (
            False,
            "data",
            f"data/{name} is missing or not as shipped. Remedy: `git checkout -- data/{name}`, or "
            f"`{PY} course.py build`.",
        )
        for name in damaged
    ]


def is_intact(path, recorded):
    """True when the file is there and has the recorded hash, written "sha256:..."."""
    try:
        return "sha256:" + digest(path) == recorded
    except OSError:
        return False


# Questions to the Python of the lessons, which has the packages --------------------------------------


def inside(question, python=None):
    """Ask the Python of the lessons (or another) one of ANSWERS: (True, answer) or (False, end of the error)."""
    found, extra = lesson_python() if python is None else (str(python), {})
    command = [found, "-X", "utf8", str(REPO / "course.py"), "inside", question]
    try:
        asked = subprocess.run(
            command,
            cwd=tempfile.gettempdir(),
            env=clean_environment(**extra),
            capture_output=True,
            timeout=180,
            encoding="utf-8",
            errors="replace",
        )
    except subprocess.TimeoutExpired:
        return False, "no answer within three minutes"
    lines = asked.stdout.splitlines()
    if asked.returncode or not lines:
        return False, (asked.stderr.strip().splitlines() or ["no answer"])[-1]
    return True, json.loads(lines[-1])


def link():
    """Make mktlib importable from any folder, by a .pth file among the packages of .venv.

    The line finds the repository from sys.prefix and is plain ASCII: Python before 3.13 reads .pth files in
    the system's encoding, which may not know the letters of the folder's name.
    """
    import sysconfig

    line = "import sys, os; sys.path.append(os.path.dirname(sys.prefix))\n"
    (Path(sysconfig.get_path("purelib")) / "mktlib_course.pth").write_text(line, encoding="ascii")


def wrong_pins():
    """Packages of this Python that are missing or of another version than pinned, one sentence each."""
    try:
        from packaging.requirements import Requirement
    except ImportError:
        return ["packaging is missing"]
    lines = (REPO / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line.strip()]
    wanted = [pin for pin in pins if pin.marker is None or pin.marker.evaluate()]
    found = {pin.name: installed_version(pin.name) for pin in wanted}
    return [
        f"{pin.name} is {found[pin.name] or 'missing'}, pinned is {str(pin.specifier).lstrip('=')}"
        for pin in wanted
        if not found[pin.name] or not pin.specifier.contains(found[pin.name], True)
    ]


def installed_version(name):
    """The version of an installed package, None when it is not there."""
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


CHINESE_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Serif CJK SC",
    "Source Han Sans SC",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "AR PL UMing CN",
    "Droid Sans Fallback",
    "Microsoft YaHei",
    "SimHei",
    "SimSun",
    "PingFang SC",
    "PingFang HK",
    "Hiragino Sans GB",
    "Heiti TC",
    "STHeiti",
    "Arial Unicode MS",
)


def fonts():
    """[good, text] on the fonts that figures find."""
    from matplotlib import font_manager

    names = {font.name for font in font_manager.fontManager.ttflist}
    if "DejaVu Sans" not in names:
        return False, "matplotlib's own font DejaVu Sans is missing"
    chinese = [name for name in CHINESE_FONTS if name in names]
    return True, "DejaVu Sans; Chinese: " + (chinese[0] if chinese else "none found, figures are in English")


def kernel():
    """[good, text]: start a notebook kernel as JupyterLab does; let it import mktlib and compute 1 + 1."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3", startup_timeout=90)
    try:
        reply = client.execute_interactive(
            "import sys, mktlib",
            timeout=60,
            output_hook=lambda message: None,
            user_expressions={"sum": "1 + 1", "prefix": "sys.prefix"},
        )["content"]
        if reply["status"] != "ok":
            return False, f"{reply['ename']}: {reply['evalue']}"
        values = {key: value["data"]["text/plain"] for key, value in reply["user_expressions"].items()}
        if values != {"sum": "2", "prefix": repr(sys.prefix)}:
            return False, f"another Python answered: {values}"
        return True, "a notebook imports mktlib and computes 1 + 1"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def home():
    """The folder of the learner's log."""
    import platformdirs

    return platformdirs.user_data_dir("mktlib", appauthor=False)


ANSWERS = {"link": link, "packages": wrong_pins, "fonts": fonts, "kernel": kernel, "home": home}


# build and test -------------------------------------------------------------------------------------


def hand_over(tool, more):
    """Run a program of tools/ with the packages that authors need."""
    make_ready(DEV)
    command = [str(venv_python()), str(REPO / "tools" / (tool + ".py")), *more]
    return subprocess.run(command, cwd=str(REPO), env=clean_environment()).returncode


def test_steps(python, quick, more):
    """What continuous integration runs, as (heading, command)."""
    # a file stays on one worker (a notebook must), and files go by name: the longest would come last, and one core idle
    pytest = [python, "-m", "pytest", "-n", "logical", "--dist", "loadfile", "--no-loadscope-reorder"]
    skip = ["-m", "not browser and not install"] if quick else []
    nbval = ["--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=60"]
    times = str(REPO / "build" / "nbval.xml")
    return [
        ("code style", [python, "-m", "ruff", "check", "."]),
        ("code layout", [python, "-m", "ruff", "format", "--check", "."]),
        (
            "built files agree with lessons/; solved notebooks run",
            [python, str(REPO / "tools" / "build.py"), "--check"],
        ),
        ("tests", [*pytest, "tests", *skip, *more]),
        # the build has run every solution and compared it
        ("learners' notebooks run", [*pytest, *nbval, f"--junitxml={times}", "notebooks"]),
        ("run times of the notebooks", [python, str(REPO / "tools" / "runtimes.py"), "--of", times]),
    ]


def test(quick, more):
    """Run every step, also after one has failed; returns 1 if any did."""
    make_ready(DEV)
    results = []
    with tempfile.TemporaryDirectory(prefix="mktlib-test-", ignore_cleanup_errors=True) as folder:
        environment = clean_environment(MKTLIB_HOME=folder)  # nobody's progress is touched
        environment.pop("MKTLIB_WORLD", None)
        for heading, command in test_steps(str(venv_python()), quick, more):
            print(f"\n== {heading}", flush=True)
            started = time.monotonic()
            code = subprocess.run(command, cwd=str(REPO), env=environment).returncode
            results.append((heading, code, time.monotonic() - started))
    print("\n== summary")
    for heading, code, seconds in results:
        print("{:6} {:5.0f} s  {}".format("FAILED" if code else "ok", seconds, heading))
    return 1 if any(code for _, code, _ in results) else 0


# The command line -----------------------------------------------------------------------------------


def parse(words):
    """(command, options, words to pass on) of a command line."""
    parser = argparse.ArgumentParser(prog="course.py", allow_abbrev=False)
    parser.format_help = lambda: HELP
    commands = parser.add_subparsers(dest="command", metavar="command")
    lab_options = commands.add_parser("lab", allow_abbrev=False)
    lab_options.add_argument("--no-browser", action="store_true", help="only say the address")
    lab_options.add_argument("--port", type=int, help="the port to try first")
    test_options = commands.add_parser("test", allow_abbrev=False)
    test_options.add_argument("--quick", action="store_true", help="without browser and install tests")
    commands.add_parser("reset").add_argument("lesson", help="the id of a lesson, such as J01")
    commands.add_parser("inside").add_argument("question", choices=sorted(ANSWERS))
    for name in ("doctor", "help", *TOOLS):
        commands.add_parser(name, allow_abbrev=False)
    options, rest = parser.parse_known_args(words)
    if rest and options.command not in ("lab", "test", *TOOLS):
        parser.error("not known here: " + " ".join(rest))
    return options.command, options, rest


def run(words):
    """Do what the command line asks; returns the exit code."""
    command, options, rest = parse(words)
    if command == "lab":
        return lab(not options.no_browser, options.port, rest)
    if command == "test":
        return test(options.quick, rest)
    if command in TOOLS:
        return hand_over(command, rest)
    if command == "doctor":
        return doctor()
    if command == "reset":
        return reset(options.lesson)
    print(json.dumps(ANSWERS[options.question]()) if command == "inside" else HELP)
    return 0


def main(words):
    """Run, and turn what a learner can repair into one sentence."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # the folder's name may have letters that the terminal lacks
    try:
        return run(words)
    except Trouble as trouble:
        print(f"\n{trouble}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    except OSError as problem:
        if problem.errno not in (errno.ENOSPC, errno.EACCES, errno.EPERM, errno.EROFS):
            raise
        print(f"\n{explain(str(problem))} ({problem.filename})", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
