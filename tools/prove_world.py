"""Prove the planted truths in six worlds, and note for which simulator this was done.

    python tools/prove_world.py      several minutes: makes five worlds, runs tests/world in six

`course.py test` runs tests/world in the standard world; a test there asks for this tool when the simulator has changed since.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

NOTE = ROOT / "tests" / "world" / "proved.txt"
SEEDS = "7,20261122,11,512,90210"  # beside the standard world


def main():
    """Exit code of the tests; the note is written when all passed."""
    from mktlib.world import store

    command = [sys.executable, "-m", "pytest", "-n", "logical", "--dist", "loadfile", "tests/world"]
    command += ["--deselect", "tests/world/test_proved.py"]
    code = subprocess.run(command, cwd=ROOT, env=os.environ | {"MKTLIB_SEEDS": SEEDS}).returncode
    if code == 0:
        NOTE.write_text(f"{store.sources()}\n", encoding="utf-8", newline="\n")
        print(f"proved in six worlds: {NOTE.relative_to(ROOT)}")
    return code


if __name__ == "__main__":
    sys.exit(main())
