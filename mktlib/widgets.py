"""Explorers: a picture with sliders, and a sentence that says what it shows (every lesson has one).

A control may be a text box, and what is shown may be a page of HTML in the picture's place (J09: marked copy).

An explorer is published as one output that holds the live widget, a PNG and the sentence. A notebook with a running
kernel shows the sliders; a static page, a printout or a reader without ipywidgets gets the picture of the start
values; a screen reader gets the sentence, which changes with the picture.
"""

import asyncio
import html
import sys
import time
from base64 import b64encode
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real

from mktlib import plots

PAUSE = 0.08  # seconds between two pictures while a slider is being dragged
LONGEST = 300  # letters that a text box hands on
WIDGET = "application/vnd.jupyter.widget-view+json"


@dataclass(frozen=True)
class Page:
    """What an explorer's function returns to show HTML instead of a picture, and one sentence (alt) that says what it shows.

    The function escapes (html.escape) whatever a reader typed or the data hold: html is shown as it stands.
    """

    html: str
    alt: str


def explore(function, alt=None, **sliders):
    """Let a reader move sliders and watch a picture change.

    function     called with one value per slider, by name; returns a matplotlib Figure, a Picture of mktlib.plots,
                 or (Figure, sentence), or a Page. Drawn in the house style; figures it opens are closed.
    alt          one sentence that says what the picture shows, for functions that return a Figure alone; the values
                 of the sliders are added to it
    sliders      name=(lowest, highest, step, start, "label with unit"), or name=[choices], or
                 name=([choices], "label"), or name=("start text", "label") for a text box
    Returns None; publishes one output with the widget, the picture of the start values and the sentence.
    An error in the function is shown as a sentence in the picture's place. Raises ValueError for a slider that
    cannot be read, or a start value outside of it, and AltMissing where there is no sentence.
    """
    controls = {name: _control(name, given) for name, given in sliders.items()}
    start = {name: control["start"] for name, control in controls.items()}
    shown, sentence = _draw(function, alt, controls, start)
    shell = _shell()
    if shell is None:
        print(sentence)
        return
    data = {"text/plain": sentence} | _static(shown)
    if _live(shell):
        data |= Explorer(function, alt, controls, shown, sentence).view()
    shell.display_pub.publish(data, metadata={"image/png": {"alt": sentence}} if "image/png" in data else {})


def _static(shown):
    """The part of an output bundle for those who read without a kernel."""
    if isinstance(shown, Page):
        return {"text/html": shown.html}
    return {"image/png": b64encode(shown).decode("ascii")} if shown else {}


class Explorer:
    """Sliders, image or page, and sentence, wired together. `box` is what is shown, `sliders` the widgets by name."""

    def __init__(self, function, alt, controls, shown, sentence):
        import ipywidgets

        self._function, self._alt, self._controls = function, alt, controls
        self._drawn_at, self._waiting = 0.0, False
        self.sliders = {name: _widget(control) for name, control in controls.items()}
        self.image = ipywidgets.Image(format="png", layout={"max_width": "100%", "align_self": "flex-start"})
        self.page = ipywidgets.HTML()
        self.sentence = ipywidgets.HTML()
        self._set(shown, sentence)
        for slider in self.sliders.values():
            slider.observe(self._moved, names="value")
        self.box = ipywidgets.VBox([*self.sliders.values(), self.image, self.page, self.sentence])

    def view(self):
        """The part of an output bundle that shows the live widget."""
        bundle = self.box._repr_mimebundle_()
        return {WIDGET: bundle[WIDGET]}

    def draw(self):
        """Draw the picture of the values that the sliders have now."""
        self._waiting = False
        values = {name: _tidy(slider.value, self._controls[name]) for name, slider in self.sliders.items()}
        self._set(*_draw(self._function, self._alt, self._controls, values))
        self._drawn_at = time.monotonic()

    def _set(self, shown, sentence):
        page = isinstance(shown, Page)
        png = b"" if page else shown or b""
        self.image.value = png
        self.image.layout.display = None if png else "none"
        self.page.value = shown.html if page else ""
        self.page.layout.display = None if page else "none"
        self.sentence.value = f'<p role="status" aria-live="polite">{html.escape(sentence)}</p>'

    def _moved(self, change):
        """Draw at once if the last picture is old enough, else once the slider has rested."""
        if self._waiting:
            return
        rest = self._drawn_at + PAUSE - time.monotonic()
        loop = _running_loop()
        if rest <= 0 or loop is None:
            self.draw()
        else:
            self._waiting = True
            loop.call_later(rest, self.draw)


# --- drawing -------------------------------------------------------------------------------------


def _draw(function, alt, controls, values):
    """(PNG bytes, Page or None, sentence) for these values; an error of the function becomes a sentence."""
    before = _open_figures()
    try:
        with plots.style():
            drawn = function(**values)
            if isinstance(drawn, Page):
                return drawn, plots.one_sentence(drawn.alt)
            sentence = _sentence(drawn, alt, _in_words(controls, values))
            figure = plots.figure_of(drawn[0] if isinstance(drawn, tuple) else drawn)
        return plots.png(figure, tight=False), sentence
    except plots.AltMissing:
        raise
    except Exception as error:
        why = str(error) or type(error).__name__
        return None, f"There is no picture for {_in_words(controls, values)}: {why}"
    finally:
        for number in _open_figures() - before:
            sys.modules["matplotlib.pyplot"].close(number)


def _sentence(drawn, alt, values):
    if isinstance(drawn, tuple):
        return plots.one_sentence(drawn[1])
    if isinstance(drawn, plots.Picture):
        return drawn.alt
    return f"{plots.one_sentence(alt)} ({values})"


def _open_figures():
    pyplot = sys.modules.get("matplotlib.pyplot")
    return set(pyplot.get_fignums()) if pyplot else set()


def _in_words(controls, values):
    return ", ".join(f"{controls[name]['label']}: {value}" for name, value in values.items())


# --- sliders -------------------------------------------------------------------------------------


def _control(name, given):
    """A slider as the lesson writes it -> dict of kind, start, label and limits, or ValueError."""
    label = name.replace("_", " ")
    if isinstance(given, list):
        given = (given, label)
    if isinstance(given, tuple) and len(given) == 2 and isinstance(given[0], list) and given[0]:
        return {"kind": "choice", "start": given[0][0], "label": given[1], "choices": given[0]}
    if isinstance(given, tuple) and len(given) == 2 and all(isinstance(one, str) for one in given):
        return {"kind": "text", "start": given[0], "label": given[1]}
    if isinstance(given, tuple) and len(given) == 5 and all(isinstance(number, Real) for number in given[:4]):
        low, high, step, start, label = given
        if low < high and step > 0 and low <= start <= high:
            kind = "whole" if all(isinstance(number, int) for number in given[:4]) else "number"
            return {"kind": kind, "start": start, "label": label, "low": low, "high": high, "step": step}
    raise ValueError(
        f"the slider {name!r} is {given!r}; write (lowest, highest, step, start, 'label with unit') with the start "
        "between lowest and highest, or a list of choices, or ([choices], 'label'), or ('start text', 'label')"
    )


def _widget(control):
    import ipywidgets

    shared = {
        "description": control["label"],
        "style": {"description_width": "initial"},
        "layout": {"width": "auto", "max_width": "44rem"},
    }
    if control["kind"] == "choice":
        return ipywidgets.Dropdown(options=control["choices"], value=control["start"], **shared)
    if control["kind"] == "text":
        return ipywidgets.Text(value=control["start"], **shared)
    limits = {
        "min": control["low"],
        "max": control["high"],
        "step": control["step"],
        "value": control["start"],
    }
    if control["kind"] == "whole":
        return ipywidgets.IntSlider(**limits, **shared)
    return ipywidgets.FloatSlider(**limits, readout_format=f".{_digits(control)}f", **shared)


def _digits(control):
    """Decimals that the step needs: 0.05 needs 2."""
    return max(0, -Decimal(str(control["step"])).normalize().as_tuple().exponent)


def _tidy(value, control):
    """0.30000000000000004 is 0.3 on a slider with steps of 0.1; a text is cut where nobody reads on."""
    if control["kind"] == "text":
        return value[:LONGEST]
    return round(value, _digits(control)) if control["kind"] == "number" else value


# --- where we are --------------------------------------------------------------------------------


def _shell():
    """The running IPython, or None in plain Python."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None


def _live(shell):
    """Whether sliders can work here: a kernel, and ipywidgets beside it."""
    if getattr(shell, "kernel", None) is None:
        return False
    try:
        import ipywidgets  # noqa: F401
    except ImportError:
        return False
    return True


def _running_loop():
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
