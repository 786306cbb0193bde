"""The words of a question as its lesson asks it, for those who meet it again outside the lesson.

Options and answers stand in mktlib/exercises; the question itself stands in the notebook above its answer cell. Where the
package stands without notebooks, the title of the exercise takes its place.
"""

import json
import re
from functools import cache
from html import escape
from pathlib import Path

_START = re.compile(r"\*\*(?:Exercise )?\d+\.\*\*")
_OPTION = re.compile(r"^- \*\*\w\*\* .*(?:\n(?!- |\n).*)*", re.MULTILINE)
_LONGEST = 700  # letters of a question on a card
CARD = "border-left:6px solid #1565c0;padding:.3em .9em;margin:.8em 0;max-width:52em"


def notebooks():
    """The folder of the students' notebooks; it may be missing."""
    return Path(__file__).resolve().parents[2] / "notebooks"


@cache
def _notebook(lesson):
    path = next(iter(notebooks().glob(f"*/{lesson}_*.ipynb")), None)
    try:
        return json.loads(path.read_text(encoding="utf-8")) if path else {}
    except (OSError, ValueError):
        return {}


def title_of(lesson):
    """ "J01 · The metrics alphabet", or the bare id."""
    title = _notebook(lesson).get("metadata", {}).get("mktlib", {}).get("title")
    return f"{lesson} · {title}" if title else lesson


@cache
def stem(one):
    """The question of an exercise as plain Markdown, without its options; its title where no notebook is at hand."""
    asked = _asked(_notebook(one.lesson).get("cells", []), one.id.replace(".", "-").lower() + "-answer")
    asked = _OPTION.sub("", asked) if one.kind == "choice" else asked
    return _short(re.sub(r"(?<!\n)\n(?![\n\-|])", " ", asked).strip()) or one.title


def _asked(cells, answer):
    """What stands from the last "**Exercise 3.**" on above an answer cell, code between them left out; '' if there is none."""
    place = next((place for place, cell in enumerate(cells) if cell.get("id") == answer), 0)
    for cell in reversed(cells[:place]):
        source = "".join(cell["source"])
        starts = [found.end() for found in _START.finditer(source)]
        if starts and cell["cell_type"] == "markdown":
            return source[starts[-1] :]
        if str(cell.get("id")).endswith("-answer"):
            break
    return ""


def _short(asked):
    if len(asked) <= _LONGEST:
        return asked
    return asked[:_LONGEST].rpartition(" ")[0] + " ... (the rest stands in the lesson)"


def as_text(markdown):
    """Markdown as a terminal shows it: the stars and ticks are left out."""
    return re.sub(r"\*\*|`", "", markdown)


def as_html(markdown):
    """Markdown with its paragraphs, lines, bold words and code; everything is escaped."""
    found = escape(markdown)
    found = re.sub(r"`([^`\n]+)`", r"<code>\1</code>", found)
    found = re.sub(r"\*\*([^*\n]+)\*\*", r"<strong>\1</strong>", found)
    parts = [part.strip().replace("\n", "<br>") for part in found.split("\n\n") if part.strip()]
    return "".join(f"<p style='margin:.4em 0'>{part}</p>" for part in parts)
