"""`python -m mktlib data` makes a world, `future` opens its sealed quarter, `exercises` lists the exercises."""

import argparse
import json
import sys

from mktlib.errors import Told


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
    future = commands.add_parser("future", help="open the sealed first quarter of 2026 (for trainers)")
    future.add_argument("--out", required=True, help="CSV file to write")
    exercises = commands.add_parser("exercises", help="list all exercises and their named mistakes")
    exercises.add_argument("--json", action="store_true", help="as JSON")
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
        {"data": make_data, "future": open_future, "exercises": list_exercises}[options.command](options)
    except (Told, OSError) as problem:
        print(f"mktlib: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
