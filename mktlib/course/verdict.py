"""What `check` gives back: a verdict that shows itself as HTML and as plain text.

The status is said by a word and a sign, never by colour alone. Texts have the colours of the page they stand on, so that they can
be read in light and dark mode; only the bar beside them is coloured. Every text that may come from a learner is escaped.
"""

import textwrap
from dataclasses import dataclass, field
from html import escape

SIGNS = {
    "correct": ("✓", "Correct"),
    "mistake": ("✗", "A known mistake"),
    "close": ("≈", "Close"),
    "incorrect": ("✗", "Not yet"),
    "unattempted": ("…", "Not attempted yet"),
    "unreadable": ("!", "Cannot read this answer"),
    "saved": ("✎", "Saved"),
    "shown": ("→", "Shown"),
}
COLUMNS = 100  # of a terminal
COLOURS = {  # of the bar: at least 3 to 1 on white and on the dark ground of JupyterLab
    "correct": "#2e7d32",
    "mistake": "#c62828",
    "close": "#b26a00",
    "incorrect": "#b26a00",
    "unattempted": "#777777",
    "unreadable": "#9c4dcc",
    "saved": "#1565c0",
    "shown": "#1565c0",
}


@dataclass(frozen=True)
class Verdict:
    """The outcome of one check.

    id, title   of the exercise
    status      correct, mistake, close, incorrect, unattempted, unreadable
    mistake     a code of misconceptions.csv, or None
    lines       [(heading or '', sentence)] in the order of the feedback
    shows       {label: text}: numbers side by side
    back        heading of the lesson's section to go back to, or ''
    code        source text to show, or ''
    kept        what the log keeps of the answer beside its short text, or None
    """

    id: str
    title: str
    status: str
    mistake: str | None = None
    headline: str = ""
    lines: tuple = ()
    shows: dict = field(default_factory=dict)
    back: str = ""
    code: str = ""
    kept: object = None

    def __bool__(self):
        return self.status == "correct"

    def _opening(self):
        sign, word = SIGNS[self.status]
        return f"{sign} {self.headline or word}"

    def __repr__(self):
        parts = [f"{self._opening()} · {self.id} {self.title}"]
        parts += [f"  {heading + ': ' if heading else ''}{sentence}" for heading, sentence in self.lines]
        if self.shows:
            width = max(len(name) for name in self.shows)
            parts.insert(
                2, "\n".join(f"    {name.ljust(width)}  {value}" for name, value in self.shows.items())
            )
        if self.back:
            parts.append(f"  Back to: {self.back}")
        told = [_wrapped(line) for part in parts for line in part.splitlines()]
        return "\n".join([*told, *([self.code] if self.code else [])])

    def _repr_html_(self):
        colour = COLOURS[self.status]
        lines = [f"<p style='margin:.4em 0'>{_heading(h)}{escape(s)}</p>" for h, s in self.lines]
        if self.shows:
            lines.insert(1, _side_by_side(self.shows))
        if self.back:
            lines.append(
                f"<p style='margin:.4em 0'>Back to: <a href='#{_anchor(self.back)}'>{escape(self.back)}</a></p>"
            )
        if self.code:
            lines.append(f"<pre style='margin:.4em 0'>{escape(self.code)}</pre>")
        return (
            f"<div class='mktlib-verdict' data-exercise='{escape(self.id)}' data-status='{self.status}' "
            f"style='border-left:6px solid {colour};padding:.3em .9em;max-width:52em'>"
            f"<p style='margin:.2em 0'><strong>{escape(self._opening())}</strong> "
            f"· {escape(self.id)} {escape(self.title)}</p>{''.join(lines)}</div>"
        )


def _wrapped(line):
    """A line for a terminal: what does not fit goes on below, under the text."""
    if len(line) <= COLUMNS:
        return line
    indent = line[: len(line) - len(line.lstrip())]
    rules = {"break_long_words": False, "break_on_hyphens": False}
    return textwrap.fill(
        line.strip(), COLUMNS, initial_indent=indent, subsequent_indent=indent or "  ", **rules
    )


def _heading(heading):
    return f"<strong>{escape(heading)}:</strong> " if heading else ""


def _anchor(section):
    """JupyterLab's anchor of a heading."""
    return escape(section.replace(" ", "-"), quote=True)


def _side_by_side(shows):
    cells = "".join(
        f"<td style='text-align:left;padding:.2em 1.4em .2em 0'><span style='font-size:1.25em'>"
        f"<strong>{escape(value)}</strong></span><br>{escape(name)}</td>"
        for name, value in shows.items()
    )
    return f"<table style='margin:.3em 0;border:none'><tr>{cells}</tr></table>"
