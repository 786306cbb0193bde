"""`python -m mktlib data` makes a world, `worlds` one for each student, `future` opens its sealed quarter, `exercises` lists the exercises."""

import argparse
import builtins
import json
import re
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from mktlib.course import cli as course
from mktlib.errors import DataError, Told
from mktlib.trainer import cli as trainer

MOST = 1_000  # worlds of one call


def parser():
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m mktlib", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    data = commands.add_parser("data", help="make a brand world: the same seed gives the same bytes")
    data.add_argument(
        "--seed", type=int, default=20260101, help="the world's number (default: the standard world)"
    )
    data.add_argument("--out", required=True, help="folder to write into")
    data.add_argument("--scale", type=float, default=1.0, help="factor on people and volumes (default 1)")
    data.add_argument("--tables", help="write only these tables, names separated by commas")
    worlds = commands.add_parser(
        "worlds", help="make a world for each student, several at a time (for trainers)"
    )
    worlds.add_argument("--seeds", required=True, help="their numbers, such as 101-130 or 7,11,13")
    worlds.add_argument("--out", required=True, help="folder that gets a folder for each seed")
    worlds.add_argument("--scale", type=float, default=1.0, help="factor on people and volumes (default 1)")
    worlds.add_argument(
        "--at-once", type=int, default=2, help="at a time; each takes 1.6 GB of memory (default 2)"
    )
    future = commands.add_parser("future", help="open the sealed first quarter of 2026 (for trainers)")
    future.add_argument("--out", required=True, help="CSV file to write")
    exercises = commands.add_parser("exercises", help="list all exercises and their named mistakes")
    exercises.add_argument("--json", action="store_true", help="as JSON")
    for command, run in (
        (data, make_data),
        (worlds, make_worlds),
        (future, open_future),
        (exercises, list_exercises),
    ):
        command.set_defaults(run=run)
    course.add(commands)
    trainer.add(commands)
    return top


def bar(sequence):
    """A progress bar on a terminal, nothing elsewhere."""
    from tqdm import tqdm

    return tqdm(sequence, file=sys.stderr, disable=not sys.stderr.isatty(), leave=False)


def make_data(options):
    """The subcommand `data`."""
    from mktlib import world

    names = None
    if options.tables is not None:
        names = [name.strip() for name in options.tables.split(",") if name.strip()]
    folder = world.make(options.seed, options.out, options.scale, names, bar)
    print(f"World {options.seed} is in {folder}")


def seeds_of(text):
    """[101, 102, 103] of '101-103', [7, 11] of '7,11'."""
    found = []
    for part in text.split(","):
        ends = re.fullmatch(r"\s*(\d{1,9})\s*(?:-\s*(\d{1,9}))?\s*", part)
        if not ends:
            raise DataError(f"--seeds '{text}' is no list of numbers; write 101-130 or 7,11,13.")
        first, last = int(ends[1]), int(ends[2] or ends[1])
        if last - first >= MOST or last < first:
            raise DataError(f"--seeds '{part.strip()}' must go up, by at most {MOST:,} worlds.")
        found += range(first, last + 1)
    return sorted(set(found))


def make_worlds(options):
    """The subcommand `worlds`. A world that cannot be made does not stop the others."""
    from tqdm import tqdm

    from mktlib import world

    seeds, out, failed = seeds_of(options.seeds), Path(options.out), []
    if options.at_once < 1:
        raise DataError(f"--at-once must be 1 or more, not {options.at_once}.")
    with ProcessPoolExecutor(min(options.at_once, len(seeds))) as pool:
        made = {pool.submit(world.make, seed, out / str(seed), options.scale): seed for seed in seeds}
        for one in tqdm(as_completed(made), total=len(seeds), disable=not sys.stderr.isatty(), unit="world"):
            problem = one.exception()
            if problem is not None:
                failed.append(f"world {made[one]}: {problem}")
    if failed:
        raise DataError("; ".join(failed))
    print(
        f"{len(seeds)} worlds are in {out}; a student takes one by MKTLIB_WORLD or mktlib.world.use(folder)"
    )


def open_future(options):
    """The subcommand `future`."""
    from mktlib import world

    world.future().to_csv(options.out, index=False, lineterminator="\n")
    print(f"The first quarter of 2026 of the world in {world.folder()} is in {options.out}")


def list_exercises(options):
    """The subcommand `exercises`."""
    from mktlib.course import registry

    found = registry.as_json()
    if options.json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
        return
    for one in found:
        print(f"{one['id']:8} {one['title']}")


def main(arguments=None):
    """Run a command; returns the exit code."""
    options = parser().parse_args(arguments)
    try:
        options.run(options)
    except (Told, OSError) as problem:
        print(f"mktlib: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    code = main()
    if "get_ipython" not in vars(builtins):  # %run would show a SystemExit below our sentence
        sys.exit(code)
