"""Errors that speak to a learner: one sentence with the remedy, shown in a notebook without a traceback."""

import difflib
import traceback


class Told(Exception):
    """An error whose message is all that a notebook shows, with the learner's own line that led to it.

    In scripts and tests it is an ordinary exception; IPython asks `_render_traceback_` what to show.
    """

    def __str__(self):
        return str(self.args[0]) if self.args else type(self).__name__

    def _render_traceback_(self):
        frames = traceback.extract_tb(self.__traceback__)
        cell = next(
            (frame for frame in frames if "ipykernel" in frame.filename or "<ipython" in frame.filename), None
        )
        where = [f"In your line {cell.lineno}: {cell.line}"] if cell and cell.line else []
        return [f"{type(self).__name__}: {self}", *where]


class DataError(Told):
    """A world or a table cannot be given: unknown name, missing or damaged file, a folder that cannot be written."""


def closest(name, known):
    """The known name that was most probably meant, or None. "crt" is ctr rather than cvr."""
    word, by_lower = str(name).casefold(), {str(one).casefold(): one for one in known}
    near = difflib.get_close_matches(word, by_lower, cutoff=0.6)
    best = max(near, key=lambda one: sorted(one) == sorted(word), default=None)
    return by_lower.get(best)


def did_you_mean(name, known):
    """'; did you mean 'ctr'?', or, where nothing is near, '; there are: ...'."""
    near = closest(name, known)
    return f"; did you mean {near!r}?" if near is not None else f"; there are: {', '.join(map(str, known))}."
