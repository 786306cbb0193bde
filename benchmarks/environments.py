"""The peers' environments: one folder each, made on demand with venv and pip, used as long as its packages are asked for."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from benchmarks.cases import ENVIRONMENTS


def make(name, folder):
    """Make an environment unless it is there. Returns None, or in words why it cannot be."""
    wanted, here = ENVIRONMENTS[name], Path(folder) / name
    note, packages = here / "packages.txt", "\n".join(wanted.packages)
    if note.is_file() and note.read_text(encoding="utf-8") == packages:
        return None
    python = interpreter(wanted.python)
    if python is None:
        return f"needs Python {'.'.join(map(str, wanted.python))} or newer, which is not here"
    shutil.rmtree(here, ignore_errors=True)
    print(f"{name}: installing {', '.join(wanted.packages)}", flush=True)
    quiet = [str(executable(name, folder)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for command in ([python, "-m", "venv", str(here)], [*quiet, *wanted.packages]):
        run = subprocess.run(command, capture_output=True, text=True)
        if run.returncode:
            return f"cannot be installed: {(run.stderr.strip() or 'pip failed').splitlines()[-1]}"
    note.write_text(packages, encoding="utf-8")
    return None


def executable(name, folder):
    """The Python of an environment; None is the one that runs this."""
    if name is None:
        return Path(sys.executable)
    return Path(folder) / name / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


@cache
def interpreter(lowest):
    """A Python on this machine of at least this version, this one first; None if there is none."""
    if sys.version_info[:2] >= lowest:
        return sys.executable
    names = [f"python3.{minor}" for minor in range(14, lowest[1] - 1, -1)]
    found = [path for name in names if (path := shutil.which(name))]
    found += [
        str(path) for name in names for path in Path.home().glob(f".pyenv/versions/{name[6:]}*/bin/python")
    ]
    return next((path for path in found if _version(path) >= lowest), None)


def _version(path):
    asked = subprocess.run(
        [path, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True
    )
    return tuple(map(int, asked.stdout.split())) if asked.returncode == 0 else (0, 0)


def versions(name, folder, packages):
    """Installed versions, as "pandas 3.1.1, Python 3.11"."""
    code = (
        "import sys, importlib.metadata as m\n"
        "for one in sys.argv[1:]: print(one, m.version(one))\n"
        "print('Python', '%d.%d' % sys.version_info[:2])"
    )
    asked = subprocess.run(
        [str(executable(name, folder)), "-c", code, *packages], capture_output=True, text=True
    )
    return ", ".join(asked.stdout.split("\n")[:-1])
