"""Prove the planted truths in six worlds, and note for which simulator this was done.

    python tools/prove_world.py      several minutes: makes five worlds, runs tests/world in six, and the tests marked `simulator`

`course.py test` runs tests/world in the standard world, and leaves out the tests that make worlds anew (marked `simulator`) as
long as the simulator is the one that was proved; a test asks for this tool when it is not.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

NOTE = ROOT / "tests" / "world" / "proved.txt"
SEEDS = "7,20261122,11,512,90210"  # beside the standard world


def noted():
    """Hash of the sources that were proved, see mktlib.world.store.sources()."""
    return NOTE.read_text(encoding="utf-8").strip()


def main():
    """Exit code of the tests; the note is written when all passed."""
    from mktlib.world import store

    command = [sys.executable, "-m", "pytest", "-n", "logical", "--dist", "loadfile"]
    command += ["tests/world", "tests/test_world.py", "--deselect", "tests/world/test_proved.py"]
    settings = os.environ | {"MKTLIB_SEEDS": SEEDS, "MKTLIB_PROVE": "1"}
    code = subprocess.run(command, cwd=ROOT, env=settings).returncode
    if code == 0:
        NOTE.write_text(f"{store.sources()}\n", encoding="utf-8", newline="\n")
        print(f"proved in six worlds: {NOTE.relative_to(ROOT)}")
    return code


if __name__ == "__main__":
    sys.exit(main())
