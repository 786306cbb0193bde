"""Slides of the lessons: one reveal.js deck each, made from the solved notebooks and the teaching guide.

    python tools/slides.py                     all decks, into build/slides
    python tools/slides.py --only J01,J02      some of them
    python tools/slides.py --out elsewhere

A deck shows the desk's message, goals, questions in data, tempting ways, pictures, exercises without their solutions,
votes, board, likely mistakes and recap; the trainer's notes are its speaker notes (key S). Needs the dev packages
(nbconvert comes with JupyterLab) and, on the first run, npm and the network: reveal.js, require, jquery and MathJax
are brought into <out>/vendor, in pinned versions. After that a deck opens offline, by double click.
"""

import argparse
import html
import json
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mktlib.course import registry
from mktlib.errors import Told
from tools import guide

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "build" / "slides"
# package and version, what is copied from it, and where it stands below vendor/
VENDOR = {
    "reveal.js@4.6.1": {
        "dist": "reveal.js/dist",
        "plugin/notes": "reveal.js/plugin/notes",
        "LICENSE": "reveal.js/LICENSE",
    },
    "requirejs@2.3.7": {"require.js": "require.js"},
    "jquery@3.7.1": {"dist/jquery.min.js": "jquery.min.js"},
    "mathjax@3.2.2": {"es5/tex-svg.js": "mathjax/tex-svg.js"},
}
WORDS, EXERCISE_WORDS, FEW_WORDS, CODE_LINES, TEXT_LINES, TABLE_ROWS = 75, 150, 30, 8, 12, 9
ASKS = re.compile(r"\?|tempting", re.IGNORECASE)
OFFERED = ("text/html", "image/png", "text/plain")


class SlidesError(Told):
    """Decks cannot be made: a lesson that is not there, npm missing or without network."""


@dataclass
class Slide:
    """Cells of a slide, and what the speaker has in the notes."""

    cells: list
    notes: list = field(default_factory=list)


# ---------------------------------------------------------------- what stands on the slides


def slides_of(id):
    """The slides of a lesson, in order."""
    outputs = {cell.id: cell for cell in solved(id).cells}
    slides = opening(id)
    for section in guide.sections(id)[1:]:
        if section.title != "Closing":
            slides += section_slides(id, section, outputs)
    return [*slides, board(id), likely(id), *recap(id)]


def solved(id):
    """The solved notebook of a lesson."""
    return nbformat.read(ROOT / "solutions" / f"{guide.lessons()[id].name}.ipynb", as_version=4)


def opening(id):
    """Title with the message from the desk, then the goals."""
    first, *goals = [text for _, text in guide.sections(id)[0].pieces if text]
    title, *rest = paragraphs(first)
    message = [one for one in rest if one.startswith(">")]
    slides = [Slide([text_cell("\n\n".join([title, *message]))])]
    for text in goals:
        listed = [one for one in paragraphs(text) if one.startswith("- ")]
        if listed:
            slides.append(Slide([text_cell("## What you will be able to do\n\n" + "\n\n".join(listed))]))
            break
    return slides


def section_slides(id, section, outputs):
    """A heading with its first words, then questions with their data, pictures, exercises and votes.

    What a vote's right option is comes at the section's end, after the data; the trainer's notes belong to the last slide.
    """
    first = next((text for cell, text in section.pieces if cell.role == "text" and text), "")
    slides = [Slide([text_cell(f"## {section.title}\n\n{opening_words(first)}")])]
    votes = {entry["of"]: guide.vote(entry) for entry in guide.teaching()[id]["votes"]}
    text, answers = "", []
    for cell, source in section.pieces:
        if cell.role == "text" and source:
            text = source
        exercise = asked(text) if cell.role == "answer" else ""
        if cell.exercise in votes and cell.role in ("answer", "predict"):
            question, answer = vote_slides(votes.pop(cell.exercise))
            slides, answers = [*slides, question], [*answers, answer]
            exercise = "" if registry.get(cell.exercise).kind == "choice" else exercise
        if exercise:
            slides.append(Slide([text_cell(exercise)]))
        if cell.role == "code":
            add_data(slides, last_words(text), outputs[cell.id])
            text = ""  # the next cell has no question of its own
    slides += answers
    slides[-1].notes += section.notes
    return slides


def paragraphs(text):
    return [one.strip() for one in re.split(r"\n\s*\n", text) if one.strip()]


def plain(text):
    """Text whose links to other notebooks are only words: a deck stands alone."""
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)


def opening_words(text):
    """The first paragraphs of a section up to its exercise, as many as a slide can hold."""
    kept = []
    for one in paragraphs(text.partition("**Exercise")[0]):
        if kept and (len(" ".join([*kept, one]).split()) > WORDS or one.startswith(("1. ", "**1.**"))):
            break
        kept.append(one)
    return plain("\n\n".join(kept))


def last_words(text):
    """The paragraph right before a cell, shortened from the front to whole sentences."""
    last = (paragraphs(text) or [""])[-1]
    if last.startswith(("|", "-", ">", "**Exercise", "#")):
        return ""
    sentences = re.split(r"(?<=[.?!])\s+", last)
    while len(" ".join(sentences).split()) > WORDS and len(sentences) > 1:
        sentences = sentences[1:]
    return plain(" ".join(sentences))


def asked(text):
    """An exercise's own words, from its number (or a question's, closed book) on, as many as a slide can hold."""
    starts = [found.start() for found in re.finditer(r"^\*\*(Exercise )?\d+\.\*\*", text, re.MULTILINE)]
    parts = paragraphs(text[starts[-1] :]) if starts else []
    kept = [one for n, one in enumerate(parts) if len(" ".join(parts[: n + 1]).split()) <= EXERCISE_WORDS]
    rest = ["*The rest stands in the notebook.*"] if len(kept) < len(parts) else []
    return plain("\n\n".join([*kept, *rest]))


def add_data(slides, question, cell):
    """Add what a code cell shows: under a heading that has said little, else on a slide with its question."""
    shown = data(question, cell)
    heading = slides[-1].cells[0].source if len(slides) == 1 and len(slides[0].cells) == 1 else ""
    if not shown:
        return
    if question and question in heading:
        slides[-1].cells.append(shown)
    elif heading and len(heading.split()) < FEW_WORDS:
        slides[-1].cells += [text_cell(question), shown] if question else [shown]
    else:
        slides.append(Slide([text_cell(question), shown] if question else [shown]))


def data(question, cell):
    """A picture, or, where the text asks about it, code with what it prints; None for the rest."""
    shown = [
        output
        for output in cell.outputs
        if output.output_type in ("display_data", "execute_result", "stream")
    ]
    if any("image/png" in output.get("data", {}) for output in shown):
        return output_cell(shown[:1])
    asks = shown and ASKS.search(question)
    if asks and fits(cell.source, CODE_LINES) and all(small(output) for output in shown):
        return output_cell(shown, cell.source)
    return None


def fits(text, lines):
    return len(text.splitlines()) <= lines


def small(output):
    """True where an output can stand on a slide beside its question."""
    if output.output_type == "stream":
        return fits(output.text, TEXT_LINES)
    page = "".join(output.data.get("text/html", ""))
    return (
        page.count("<tr") <= TABLE_ROWS + 1 if page else fits("".join(output.data["text/plain"]), TEXT_LINES)
    )


def vote_slides(entry):
    """The question with its options, and, after the second vote, what holds."""
    one = registry.get(entry["of"])
    options = [f"- **{letter}**  {text}" for letter, text in entry["options"].items()]
    ask = Slide([text_cell("\n\n".join([f"### Vote: {plain(entry['ask'])}", "\n".join(options)]))])
    tempting = f"Tempting: {entry['tempting']}" + (f" ({entry['code']})." if "code" in entry else ".")
    ask.notes = [f"{one.id}. When: {entry['when']} {tempting}"]
    right = entry["options"][entry["right"]]
    lines = [f"### {plain(entry['ask'])}", f"**{entry['right']}**  {right}"]
    if "code" in entry:
        lines.append(f"> {registry.misconceptions()[entry['code']]['rule']}")
    answer = Slide([text_cell("\n\n".join(lines))], [entry["after"]])
    return [ask, answer]


def board(id):
    notes = guide.teaching()[id]
    return Slide(
        [text_cell(f"## On the board\n\n```text\n{notes['sketch'].rstrip()}\n```")], [notes["board"]]
    )


def likely(id):
    """The three mistakes with their rules; the speaker has the questions to ask."""
    codes, found = registry.misconceptions(), guide.likeliest(id)
    lines = [f"**{codes[m.code]['name']}** ({m.code})\n\n{codes[m.code]['rule']}" for _, m in found]
    notes = [f"{m.code}, {one.id}: {m.repair}" for one, m in found]
    return Slide([text_cell("## Three mistakes to know by name\n\n" + "\n\n".join(lines))], notes)


def recap(id):
    """What was learned, and the questions to discuss."""
    last = guide.sections(id)[-1]
    texts = [text for cell, text in last.pieces if cell.role == "text"] if last.title == "Closing" else []
    listed = [one for one in paragraphs("\n\n".join(texts)) if one.startswith("- **")][:1]
    slides = [Slide([text_cell("## What you learned\n\n" + listed[0])])] if listed else []
    questions = "\n".join(f"{n}. {one}" for n, one in enumerate(guide.teaching()[id]["questions"], 1))
    return [*slides, Slide([text_cell(f"## To discuss\n\n{questions}")])]


# ---------------------------------------------------------------- decks


def text_cell(text):
    return nbformat.v4.new_markdown_cell(text)


def output_cell(outputs, source=""):
    """A code cell with what it showed; of several forms of an output, the best one."""
    kept = []
    for output in outputs:
        one = nbformat.from_dict(output)
        if "data" in one:
            best = next(kind for kind in OFFERED if kind in one.data)
            one.data = {kind: one.data[kind] for kind in {best, "text/plain"}}
        kept.append(one)
    return nbformat.v4.new_code_cell(source, outputs=kept)


def deck(id):
    """The notebook of a deck: a slide's first cell begins it, its notes end it."""
    cells = []
    for slide in slides_of(id):
        for place, cell in enumerate(slide.cells):
            cell.metadata["slideshow"] = {"slide_type": "slide" if place == 0 else "-"}
            if cell.cell_type == "code" and not cell.source:
                cell.metadata["tags"] = ["picture"]
            cells.append(cell)
        for note in slide.notes:
            cells.append(text_cell(note))
            cells[-1].metadata["slideshow"] = {"slide_type": "notes"}
    for number, cell in enumerate(cells):
        cell.id = f"{id.lower()}-slide-{number:03d}"
    return nbformat.v4.new_notebook(
        cells=cells, metadata={"title": f"{id} {guide.lessons()[id].front['title']}"}
    )


def page(id):
    """The deck as one HTML page that reads its scripts from vendor/ beside it."""
    from nbconvert import SlidesExporter
    from nbconvert.preprocessors import TagRemovePreprocessor

    exporter = SlidesExporter(
        template_name="deck",
        extra_template_basedirs=[str(ROOT / "tools")],
        reveal_url_prefix="vendor/reveal.js",
        reveal_theme="white",
        reveal_transition="slide",
        require_js_url="vendor/require.js",
        jquery_url="vendor/jquery.min.js",
        mathjax_url="vendor/mathjax/tex-svg.js",
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    exporter.register_preprocessor(TagRemovePreprocessor(remove_input_tags={"picture"}), enabled=True)
    notebook = deck(id)
    formulas = any("$" in cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return exporter.from_notebook_node(notebook, resources={"formulas": formulas})[0]


def bring_vendor(out):
    """Copy the pinned packages to out/vendor, by npm, unless they are there already."""
    folder, wanted = out / "vendor", json.dumps(sorted(VENDOR))
    stamp = folder / "versions.json"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise SlidesError(
            "npm is not installed; it brings reveal.js, once. Install node.js, then run this again."
        )
    with tempfile.TemporaryDirectory(prefix="mktlib-slides-", ignore_cleanup_errors=True) as place:
        quiet = ["--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        run = subprocess.run(
            [npm, "install", "--prefix", place, *quiet, *VENDOR],
            cwd=place, capture_output=True, encoding="utf-8", errors="replace",
        )  # fmt: skip
        if run.returncode:
            raise SlidesError(
                f"npm could not bring reveal.js ({run.stderr.strip()[-300:]}). Is there a network?"
            )
        shutil.rmtree(folder, ignore_errors=True)
        for package, parts in VENDOR.items():
            for source, target in parts.items():
                copy(Path(place) / "node_modules" / package.rpartition("@")[0] / source, folder / target)
    stamp.write_text(wanted, encoding="utf-8")


def copy(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(
            source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.map", "*.esm.js")
        )
    else:
        shutil.copyfile(source, target)


def build(ids, out=OUT):
    """Write the decks of these lessons and the list of decks below out; returns the paths."""
    out.mkdir(parents=True, exist_ok=True)
    bring_vendor(out)
    paths = []
    for id in tqdm(ids, "decks", unit="deck", disable=None):
        paths.append(out / f"{id}.html")
        paths[-1].write_text(page(id), encoding="utf-8", newline="\n")
    (out / "index.html").write_text(contents(out), encoding="utf-8", newline="\n")
    return paths


def contents(out):
    """A page that lists the decks in a folder."""
    there = [id for id in guide.lessons() if (out / f"{id}.html").is_file()]
    rows = [
        f'<li><a href="{id}.html">{id}</a> {html.escape(guide.lessons()[id].front["title"])}</li>'
        for id in there
    ]
    style = "body{font:18px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Slides</title><style>{style}</style>'
        f"<h1>Slides</h1><p>Space or arrow: next. S: notes. F: full screen. O: all slides.</p><ul>{''.join(rows)}</ul></html>\n"
    )


def chosen(only):
    """Lesson ids of the command line. Raises SlidesError for one that is not there."""
    known = list(guide.lessons())
    ids = known if only is None else [one.strip().upper() for one in only.split(",")]
    if missing := [one for one in ids if one not in known]:
        raise SlidesError(f"There is no lesson {', '.join(missing)}; there are {', '.join(known)}.")
    return ids


def main(arguments=None):
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="slides.py", description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=OUT, help="the folder of the decks (build/slides)")
    parser.add_argument("--only", metavar="J01,J02", help="these lessons")
    options = parser.parse_args(arguments)
    try:
        paths = build(chosen(options.only), options.out.resolve())
    except (SlidesError, OSError) as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"{len(paths)} decks; open {options.out / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
