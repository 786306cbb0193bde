"""Commands of learners: progress, review, placement, portfolio, log."""

import sys


def add(commands):
    """Add the commands to the parser of `python -m mktlib`."""
    _add_progress(commands)
    _add_review(commands)
    _add_placement(commands)
    _add_portfolio(commands)
    _add_log(commands)


def _add_progress(commands):
    one = commands.add_parser(
        "progress", help="what you have solved, the map of competences, what to do next"
    )
    one.add_argument("level", nargs="?", help="junior, mid, senior or any: the competences of that level")
    one.set_defaults(run=show_progress)


def _add_review(commands):
    one = commands.add_parser("review", help="five minutes with your own past mistakes")
    one.add_argument("id", nargs="?", help="of the card that you answer, such as J01.1")
    one.add_argument("answer", nargs="?", help="a letter of the card, or the answer computed again")
    one.set_defaults(run=show_review)


def _add_placement(commands):
    one = commands.add_parser("placement", help="up to twelve questions that say which lesson to open first")
    one.add_argument(
        "id", nargs="?", help='of the question that you answer, such as J02.r1; "again" begins anew'
    )
    one.add_argument("answer", nargs="?", help='a letter, or "?" for no idea')
    one.add_argument("--confidence", type=int, help="1 (a coin toss) to 5 (I would bet on it)")
    one.set_defaults(run=show_placement)


def _add_portfolio(commands):
    one = commands.add_parser(
        "portfolio", help="one page of HTML to show: competences, capstones, memos, reports, figures"
    )
    one.add_argument("--out", default="my_portfolio.html", help="file to write (default my_portfolio.html)")
    one.add_argument("--name", help="your name, if it is to stand there")
    one.add_argument(
        "--add",
        nargs="+",
        action="extend",
        default=[],
        metavar="FILE",
        help="reports (.html) of your own to take in",
    )
    one.add_argument(
        "--figure",
        nargs=2,
        action="append",
        default=[],
        metavar=("FILE", "SENTENCE"),
        help="a picture (PNG or JPEG) and what it shows, in a sentence",
    )
    one.set_defaults(run=make_portfolio)


def _add_log(commands):
    one = commands.add_parser("log", help="take your progress to another machine, and bring it back")
    what = one.add_subparsers(dest="what", required=True)
    export = what.add_parser("export", help="write everything you did into a file")
    export.add_argument("file", help="file to write, such as my_log.jsonl")
    export.set_defaults(run=export_log)
    merge = what.add_parser("import", help="take such a file in; what is here stays, nothing is doubled")
    merge.add_argument("file", help="file that `log export` wrote")
    merge.set_defaults(run=import_log)


def say(shown):
    """Print what Python shows of an object; a terminal without a sign gets a question mark in its place."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    print(shown)


def show_progress(options):
    """The subcommand `progress`."""
    from mktlib.course import progress

    say(progress(options.level))


def show_review(options):
    """The subcommand `review`."""
    from mktlib.course import review

    if options.id is None:
        found = review()
        say(found)
        if len(found):
            say(f"\nHere: python -m mktlib review {found.cards[0].id} A")
        return
    say(review(options.id, ... if options.answer is None else options.answer))


def show_placement(options):
    """The subcommand `placement`."""
    from mktlib.course import placement

    found = placement(options.id, ... if options.answer is None else options.answer, options.confidence)
    say(found)
    if hasattr(found, "one"):
        say(f"Here: python -m mktlib placement {found.one.id} a --confidence 3")


def make_portfolio(options):
    """The subcommand `portfolio`."""
    from mktlib.course import portfolio

    path, taken, notes = portfolio.make(options.out, options.name, options.add, options.figure)
    say(f"Your portfolio is {path}: one file that opens without the network.")
    say(f"Reports in it: {', '.join(taken) or 'none; html_report writes one, --add takes one in'}.")
    for note in notes:
        say(note)
    say("Read it once as somebody who does not know you, before you send it.")


def export_log(options):
    """The subcommand `log export`."""
    from mktlib.course import transfer

    path, entries, damaged = transfer.export(options.file)
    rest = f", and {damaged} damaged lines as they are" if damaged else ""
    say(f"{entries} entries are in {path}{rest}. It holds your answers: it is for you alone.")
    say("On the other machine: python -m mktlib log import FILE")


def import_log(options):
    """The subcommand `log import`."""
    from mktlib.course import transfer

    new, here, damaged = transfer.merge(options.file)
    rest = f" {damaged} lines cannot be read; they were kept as they are." if damaged else ""
    say(f"{new} entries are new, {here} were here already.{rest}")
