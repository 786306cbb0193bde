"""One page of HTML that a learner shows to somebody else: competences with their proof, capstones, memos, reports, figures.

It is one file that asks nothing of the network, is read by screen readers and prints. Nothing private is in it: no times of day,
no paths, no mistakes, and a name only where one was given. Reports are taken over tag by tag from a short list, so nothing that
stands in them runs, and pictures are written anew, without what a camera or a program noted in them.
"""

import base64
import io
import os
from collections import Counter
from html import escape
from pathlib import Path

from mktlib.course import log, registry
from mktlib.course.kinds import BY
from mktlib.course.progress import LEVELS, competence_states, competences, level_of, standings
from mktlib.course.review import moment_of
from mktlib.course.safe_html import Rebuilt
from mktlib.course.transfer import write_whole
from mktlib.course.wording import title_of
from mktlib.errors import Told

MARK = '<meta name="generator" content="mktlib portfolio">'
CAPSTONES = ("JC", "MC", "SC")
NAMES = {"any": "every level", "junior": "junior", "mid": "mid", "senior": "senior"}
LARGEST = 30_000_000  # bytes of a report or picture
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
MORE_STYLE = """
caption { text-align: left; font-weight: bold; padding: .3em 0; } article { border-top: 2px solid #d9d9de; margin-top: 2em; }
h3 { font-size: 1.1em; } h4 { font-size: 1em; } .memo { border-left: 6px solid #2f5fc4; padding: .2em 1em; margin: 1em 0; }
.memo p { margin: .2em 0; } footer { color: #555555; margin-top: 3em; }
@media print { article { break-before: page; } }
"""


class PortfolioError(Told):
    """A portfolio cannot be made; the message says what is missing and what to do."""


def make(out, name=None, add=(), figures=()):
    """Write the portfolio; returns (path, [names of reports taken in], [sentences about what was left out]).

    out      ends with .html; an older portfolio of that name is replaced, any other file is not
    name     who shows it; None leaves the name out
    add      reports (.html) to take in beside those of html_report that are found in the course's folders
    figures  (picture file, sentence that says what it shows) pairs
    Raises PortfolioError.
    """
    out = _target(Path(out))
    entries, _ = log.read()
    found = standings(entries)
    pages, notes = _pages([Path(one) for one in add], out)
    pictures = [_picture(Path(file), sentence) for file, sentence in figures]
    if not pages and not pictures and not any(one.solved for one in found.values()):
        raise PortfolioError(
            "There is nothing to show yet: no exercise is solved in this log, and no report was found or given with --add. "
            "`python -m mktlib log import FILE` brings a log from another machine."
        )
    sections = [
        _glance(entries, found),
        _capstones(entries, found),
        _forecast(entries),
        _memos(entries),
        *pages.values(),
        _figures(pictures),
        _competences(found),
    ]
    write_whole(out, _page(name, "".join(sections)).encode("utf-8", "replace"))
    return out, list(pages), notes


def _target(out):
    if out.suffix.lower() != ".html":
        raise PortfolioError(f"The name of the file must end with .html, not {out.name!r}.")
    if out.is_dir() or (out.exists() and MARK.encode() not in _read(out)[:4000]):
        raise PortfolioError(f"{out} is there already and is no portfolio; give another name.")
    return out


def _read(path):
    try:
        if path.stat().st_size > LARGEST:
            raise PortfolioError(f"{path.name} is larger than {LARGEST // 1_000_000} MB; take a smaller one.")
        return path.read_bytes()
    except OSError as problem:
        raise PortfolioError(f"{path} cannot be read ({problem.strerror or problem}).") from None


def _page(name, sections):
    from mktlib.report import STYLE

    who = escape(_private(name.strip()[:200])) if name and name.strip() else ""
    title = f"Marketing portfolio{': ' + who if who else ''}"
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n{MARK}\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
        f"<style>{STYLE}{MORE_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{sections}</main>\n"
        "<footer><p>Made with the marketing workbook. Right answers are computed from the data of one brand, and an exercise "
        "counts here if it was solved before its solution was read.</p></footer>\n</body>\n</html>\n"
    )


def _private(said):
    """A text without the path of the home folder."""
    home = str(Path.home())
    return said.replace(home, "~") if len(home) > 3 else said


# ---------------------------------------------------------------- from the log


def _glance(entries, found):
    rows, states = [], competence_states(found)
    level_of_row = {row["id"]: row["level"] for row in competences()}
    for level in LEVELS:
        mine = [one for one in found.values() if level_of(one.id) == level]
        lessons = Counter(one.id.partition(".")[0] for one in mine if not one.solved)
        names = {one.id.partition(".")[0] for one in mine}
        all_of_it = [states[id][0] for id, of in level_of_row.items() if of == level]
        cells = (
            f"{len(names - set(lessons))} of {len(names)}",
            f"{sum(one.own for one in mine)} of {len(mine)}",
            f"{all_of_it.count('shown')} of {len(all_of_it)}",
        )
        rows.append((NAMES[level], *cells))
    months = sorted({f"{moment:%Y-%m}" for entry in entries if (moment := moment_of(entry))})
    when = f"<p>Worked from {months[0]} to {months[-1]}.</p>\n" if months else ""
    head = ("Level", "Lessons finished", "Exercises solved", "Competences shown")
    return f"<h2>At a glance</h2>\n{when}{_table('By level', head, rows)}"


def _capstones(entries, found):
    parts = []
    for capstone in CAPSTONES:
        solved = [one for one in found.values() if one.id.startswith(f"{capstone}.") and one.own]
        tasks = [one for one in solved if registry.get(one.id).kind != "rubric"]
        judged = _judgements(entries, capstone)
        if tasks:
            rows = [(one.id, one.title) for one in tasks]
            parts.append(
                f"<h3>{escape(title_of(capstone))}</h3>\n{_table('Tasks solved', ('Task', 'What it asks'), rows)}"
            )
            parts += [f"<p>{escape(sentence)}</p>\n" for sentence in judged]
    return f"<h2>Work at the end of a level</h2>\n{''.join(parts)}" if parts else ""


def _judgements(entries, capstone):
    """One sentence for each who judged by the rubric: the newest score counts."""
    newest = {}
    for entry in entries:
        kept = entry.get("kept")
        mine = entry["event"] == "check" and str(entry.get("id")).startswith(f"{capstone}.")
        if mine and isinstance(kept, dict) and isinstance(kept.get("score"), (int, float)):
            newest[str(kept.get("by"))] = kept["score"]
    return [
        f"Judged by {by}: {score:.0f} of 100 points of the rubric."
        for by, score in newest.items()
        if by in BY
    ]


def _forecast(entries):
    """How the forecast of the sealed quarter did, where one was handed in for the active world."""
    if not any(entry["event"] == "forecast" for entry in entries):
        return ""
    from mktlib import board

    try:
        first = board._kept()
        score = board.scores(first["frame"]) if first else None
    except Told:
        return ""
    if not score:
        return ""
    said = (
        "A forecast of thirteen weeks was handed in before the quarter was opened. Its loss (pinball, three quantiles) lies "
        f"{_beside(score['grown'])} that of last year's weeks with their growth and {_beside(score['below'])} that of last year's "
        f"weeks as they were; {score['inside']} of 13 weeks fell into its range of 80 %."
    )
    return f"<h2>Scored against a quarter that was sealed</h2>\n<p>{said}</p>\n"


def _beside(less):
    return f"{abs(less):.0%} {'below' if less >= 0 else 'above'}"


def _memos(entries):
    """The newest memo of each exercise that was accepted, in the order of the course."""
    kept = {}
    for entry in entries:
        lines = entry.get("kept")
        if entry["event"] == "check" and entry.get("status") == "correct" and isinstance(lines, list):
            kept[str(entry.get("id"))] = [str(line)[:500] for line in lines[:3]]
    parts = []
    for one in registry.exercises():
        if one.kind == "memo" and one.id in kept:
            lines = "".join(f"<p>{escape(_private(line))}</p>" for line in kept[one.id])
            parts.append(f'<h3>{escape(one.id)} {escape(one.title)}</h3>\n<div class="memo">{lines}</div>\n')
    return f"<h2>Memos: number, evidence, ask</h2>\n{''.join(parts)}" if parts else ""


def _competences(found):
    """A table for each level: competences shown, family by family, with the exercises that show them."""
    states, parts = competence_states(found), []
    for level in LEVELS:
        rows = []
        for row in competences():
            state, proofs = states[row["id"]]
            if row["level"] == level and state == "shown":
                rows.append(
                    (row["competence"], _chinese(row["term_zh"]), row["family"], _proofs(proofs, found))
                )
        if rows:
            head = ("Competence", "中文", "Family", "Shown by")
            parts.append(_table(f"Level: {NAMES[level]}", head, rows))
    return f"<h2>Competences shown</h2>\n{''.join(parts)}" if parts else ""


def _proofs(ids, found):
    first = f"{ids[0]} {found[ids[0]].title}"
    return first + (f"; {', '.join(ids[1:])}" if len(ids) > 1 else "")


class _Html(str):
    """A cell that is HTML already."""


def _chinese(term):
    return _Html(f'<span lang="zh">{escape(term)}</span>')


def _table(caption, head, rows):
    names = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join(f"<tr>{_cells(row)}</tr>\n" for row in rows)
    return f"<table>\n<caption>{escape(caption)}</caption>\n<thead><tr>{names}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n"


def _cells(row):
    shown = [cell if isinstance(cell, _Html) else escape(str(cell)) for cell in row]
    return f'<th scope="row">{shown[0]}</th>' + "".join(f"<td>{cell}</td>" for cell in shown[1:])


# ---------------------------------------------------------------- pictures


def _picture(path, sentence):
    """(PNG or JPEG as a data address, sentence): decoded and written anew, so that only the picture is left."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    if not sentence.strip():
        raise PortfolioError(f"Say in a sentence what {path.name} shows: not every reader sees it.")
    try:
        with Image.open(io.BytesIO(_read(path))) as file:
            photo = file.format == "JPEG"
            image = ImageOps.exif_transpose(file).convert("RGB" if photo else "RGBA")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise PortfolioError(f"{path.name} is no picture that can be read (PNG or JPEG).") from None
    clean, drawn = Image.new(image.mode, image.size), io.BytesIO()
    clean.paste(image)
    clean.save(drawn, "JPEG" if photo else "PNG", **({"quality": 90} if photo else {"optimize": True}))
    kind = "jpeg" if photo else "png"
    return f"data:image/{kind};base64,{base64.b64encode(drawn.getvalue()).decode('ascii')}", sentence.strip()


def _figures(pictures):
    parts = [
        f'<figure>\n<img alt="{escape(said, quote=True)}" src="{data}">\n<figcaption>{escape(said)}</figcaption>\n</figure>\n'
        for data, said in pictures
    ]
    return f"<h2>Figures</h2>\n{''.join(parts)}" if parts else ""


# ---------------------------------------------------------------- reports


def found_reports():
    """Pages that html_report has written: in MKTLIB_HOME, in the learner's course, below the folder one stands in."""
    home = os.environ.get("MKTLIB_HOME")
    places = [Path(home).expanduser()] if home else []
    places += [Path(__file__).resolve().parents[2] / "my_course", Path.cwd()]
    found = [
        page
        for place in places
        for pattern in ("reports/*.html", "*/reports/*.html")
        for page in sorted(place.glob(pattern))
    ]
    return list(dict.fromkeys(page.resolve() for page in found))


def _pages(added, out):
    """({name: section of HTML}, sentences about what was left out), added pages first; each content once."""
    for path in added:
        if path.suffix.lower() not in {".html", ".htm"}:
            raise PortfolioError(
                f'--add takes pages (.html), not {path.name!r}; pictures come with --figure FILE "what it shows".'
            )
    found, seen, notes = {}, set(), []
    for path in [*added, *found_reports()]:
        content = _read(path)
        if content in seen or MARK.encode() in content[:4000] or path.resolve() == out.resolve():
            continue
        seen.add(content)
        taken = Rebuilt(_private(content.decode("utf-8", "replace")))
        if not taken.text.strip():
            notes.append(f"{path.name} holds nothing that can be shown.")
            continue
        if taken.dropped:
            kinds = ", ".join(f"{number} {tag}" for tag, number in taken.dropped.most_common())
            notes.append(f"{path.name}: left out, because a portfolio runs and loads nothing: {kinds}.")
        title = escape(taken.title.strip() or path.stem)
        name = path.name if path.name not in found else f"{path.name} ({len(found) + 1})"
        found[name] = f"<article>\n<h2>{title}</h2>\n{taken.html()}</article>\n"
    return found, notes
