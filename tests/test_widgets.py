import asyncio
import builtins
import html
import time
from pathlib import Path

import ipywidgets
import matplotlib.pyplot as plt
import nbclient
import nbformat
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

from mktlib import plots, widgets
from mktlib.plots import AltMissing
from mktlib.widgets import WIDGET, Explorer, Page, explore

plt.switch_backend("agg")
ROOT = Path(widgets.__file__).parents[1]
PRICE = (1, 10, 1, 3, "price of a click (CNY)")


def draw(price):
    figure, axes = plt.subplots()
    axes.bar(["CPC"], [price])
    axes.set_ylim(0, 10)
    return figure, f"A click costs <{price}> yuan."


@pytest.fixture(autouse=True)
def no_figures_of_other_tests():
    plt.close("all")


@pytest.fixture
def kernel(monkeypatch):
    """A shell that believes to be a kernel; gives the list of published outputs."""
    outputs, shell = [], InteractiveShell.instance()
    shell.kernel = object()
    monkeypatch.setattr(
        shell.display_pub, "publish", lambda data, metadata=None, **_: outputs.append((data, metadata))
    )
    yield outputs
    del shell.kernel
    InteractiveShell.clear_instance()


def explorer(function, alt=None, **sliders):
    controls = {name: widgets._control(name, given) for name, given in sliders.items()}
    start = {name: control["start"] for name, control in controls.items()}
    return Explorer(function, alt, controls, *widgets._draw(function, alt, controls, start))


def move(box, **values):
    for name, value in values.items():
        time.sleep(widgets.PAUSE)
        box.sliders[name].value = value


# --- what is published


def test_one_output_holds_widget_and_picture_and_sentence(kernel):
    assert explore(draw, price=PRICE) is None
    ((data, metadata),) = kernel
    assert set(data) == {WIDGET, "image/png", "text/plain"}
    assert data["text/plain"] == metadata["image/png"]["alt"] == "A click costs <3> yuan."
    assert len(data[WIDGET]["model_id"]) == 32


def test_without_ipywidgets_the_picture_stands_alone(kernel, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith("ipywidgets"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    explore(draw, price=PRICE)
    assert set(kernel[0][0]) == {"image/png", "text/plain"}


def test_without_a_kernel_the_picture_stands_alone(kernel):
    InteractiveShell.instance().kernel = None
    explore(draw, price=PRICE)
    assert set(kernel[0][0]) == {"image/png", "text/plain"}


def test_in_plain_python_the_sentence_is_printed(capsys, monkeypatch):
    monkeypatch.setattr(widgets, "_shell", lambda: None)
    explore(draw, price=PRICE)
    assert capsys.readouterr().out == "A click costs <3> yuan.\n"


def test_a_static_page_gets_the_same_bytes_every_time(kernel):
    explore(draw, price=PRICE)
    explore(draw, price=PRICE)
    assert kernel[0][0]["image/png"] == kernel[1][0]["image/png"]


# --- what moves


def test_moving_a_slider_changes_picture_and_sentence():
    box = explorer(draw, price=PRICE)
    before = box.image.value
    move(box, price=8)
    assert box.image.value != before and bytes(box.image.value).startswith(b"\x89PNG")
    assert "A click costs &lt;8&gt; yuan." in box.sentence.value
    move(box, price=3)
    assert box.image.value == before


def test_no_figure_stays_open():
    box = explorer(draw, price=PRICE)
    for price in (4, 5, 6):
        move(box, price=price)
    assert plt.get_fignums() == []


def test_a_figure_of_somebody_else_stays_open():
    mine = plt.figure()
    explorer(draw, price=PRICE)
    assert plt.get_fignums() == [mine.number]
    plt.close(mine)


def test_a_dragged_slider_draws_few_pictures_and_ends_at_the_last_value():
    drawn = []

    def count(price):
        drawn.append(price)
        return draw(price)

    async def drag():
        box = explorer(count, price=(0, 1000, 1, 0, "price"))
        for price in range(1, 500):
            box.sliders["price"].value = price
        await asyncio.sleep(3 * widgets.PAUSE)
        return box

    box = asyncio.run(drag())
    assert drawn[-1] == 499 and len(drawn) < 10
    assert "&lt;499&gt;" in box.sentence.value


def test_an_error_in_the_function_is_a_sentence_and_the_next_value_draws_again():
    def touchy(price):
        plt.subplots()
        if price == 7:
            raise ValueError("no keyword is <that> dear")
        return draw(price)

    box = explorer(touchy, price=PRICE)
    move(box, price=7)
    assert box.image.layout.display == "none" and plt.get_fignums() == []
    assert (
        "There is no picture for price of a click (CNY): 7: no keyword is &lt;that&gt; dear"
        in box.sentence.value
    )
    move(box, price=8)
    assert box.image.layout.display is None and box.image.value


def test_an_error_at_the_start_publishes_a_sentence(kernel):
    explore(lambda price: 1 / 0, price=PRICE)
    data, metadata = kernel[0]
    assert "image/png" not in data and "division by zero" in data["text/plain"] and metadata == {}


def test_what_is_no_figure_is_said_in_a_sentence(kernel):
    explore(lambda price: ([1], "A list."), price=PRICE)
    assert "no figure but list" in kernel[0][0]["text/plain"]


# --- sentences


def test_a_figure_alone_needs_alt_and_gets_the_values_added():
    box = explorer(lambda price: draw(price)[0], alt="The bar grows with the price.", price=PRICE)
    assert "The bar grows with the price. (price of a click (CNY): 3)" in box.sentence.value


def test_a_figure_without_any_sentence_is_refused():
    with pytest.raises(AltMissing):
        explore(lambda price: draw(price)[0], price=PRICE)
    assert plt.get_fignums() == []


def test_a_house_picture_brings_its_sentence():
    def bars(price):
        return plots.bars(pd.Series({"CPC": price}), "t", "CNY", alt=f"One bar at {price}.")

    box = explorer(bars, price=PRICE)
    move(box, price=5)
    assert "One bar at 5." in box.sentence.value


# --- sliders


def test_sliders_and_choices_become_widgets_with_names():
    box = explorer(
        lambda margin, store: draw(margin),
        margin=(0.0, 1.0, 0.05, 0.4, "margin (fraction)"),
        store=(["own", "live"], "shop"),
    )
    margin, store = box.sliders["margin"], box.sliders["store"]
    assert isinstance(margin, ipywidgets.FloatSlider) and isinstance(store, ipywidgets.Dropdown)
    assert (margin.value, margin.readout_format, margin.description) == (0.4, ".2f", "margin (fraction)")
    assert (store.options, store.value, store.description) == (("own", "live"), "own", "shop")


def test_a_choice_redraws_too():
    box = explorer(lambda store: (draw(3)[0], f"Shop {store}."), store=["own", "live"])
    move(box, store="live")
    assert "Shop live." in box.sentence.value


def test_a_value_has_no_more_digits_than_its_step():
    seen = []
    box = explorer(lambda share: (seen.append(share), draw(share))[1], share=(0.0, 1.0, 0.1, 0.5, "share"))
    move(box, share=0.1 + 0.2)
    assert seen == [0.5, 0.3]


@pytest.mark.parametrize(
    "given", [(1, 10, 1, 30, "x"), (10, 1, 1, 3, "x"), (1, 10, 0, 3, "x"), (1, 10), [], "1-10", 3]
)
def test_a_slider_that_cannot_be_read_is_named_with_the_remedy(given):
    with pytest.raises(ValueError, match=r"slider 'price' is .*lowest, highest, step, start"):
        explore(draw, price=given)


# --- text boxes and pages


def shout(words):
    return Page(f"<b>{html.escape(words.upper())}</b>", f"You wrote {len(words)} letters.")


def test_a_text_box_redraws_a_page_at_each_word():
    box = explorer(shout, words=("soft", "a line"))
    assert isinstance(box.sliders["words"], ipywidgets.Text) and box.sliders["words"].description == "a line"
    assert box.page.value == "<b>SOFT</b>" and box.page.layout.display is None
    assert box.image.layout.display == "none" and "You wrote 4 letters." in box.sentence.value
    move(box, words="<i>")
    assert box.page.value == "<b>&lt;I&gt;</b>" and "You wrote 3 letters." in box.sentence.value


def test_a_page_is_published_for_those_without_a_kernel(kernel):
    explore(shout, words=("soft", "a line"))
    ((data, metadata),) = kernel
    assert set(data) == {WIDGET, "text/html", "text/plain"} and metadata == {}
    assert data["text/html"] == "<b>SOFT</b>" and data["text/plain"] == "You wrote 4 letters."


def test_a_page_without_a_sentence_is_refused():
    with pytest.raises(AltMissing):
        explore(lambda words: Page("<b>x</b>", ""), words=("soft", "a line"))


def test_what_is_typed_is_escaped_where_an_error_repeats_it():
    def touchy(words):
        if words != "soft":
            raise ValueError(f"no rule {words}")
        return shout(words)

    box = explorer(touchy, words=("soft", "a line"))
    move(box, words="<img src=x>")
    assert "<img" not in box.sentence.value and "&lt;img src=x&gt;" in box.sentence.value
    assert box.page.value == "" and box.page.layout.display == "none"
    move(box, words="soft")
    assert box.page.value == "<b>SOFT</b>"


def test_a_text_of_any_length_is_cut():
    box = explorer(shout, words=("soft", "a line"))
    move(box, words="x" * 10_000)
    assert f"You wrote {widgets.LONGEST} letters." in box.sentence.value


# --- in a real kernel


def test_a_notebook_runs_and_keeps_the_picture():
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(
                "import matplotlib.pyplot as plt\n"
                "from mktlib.widgets import explore\n"
                "def draw(price):\n"
                "    figure, axes = plt.subplots()\n"
                "    axes.bar(['CPC'], [price])\n"
                "    return figure, f'A click costs {price} yuan.'\n"
                "explore(draw, price=(1, 10, 1, 3, 'price (CNY)'))"
            ),
            nbformat.v4.new_code_cell("plt.get_fignums()"),
        ]
    )
    client = nbclient.NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(ROOT)}})
    client.execute()
    (output,) = notebook.cells[0].outputs
    assert set(output.data) == {WIDGET, "image/png", "text/plain"}
    assert output.metadata["image/png"]["alt"] == output.data["text/plain"] == "A click costs 3 yuan."
    assert notebook.cells[1].outputs[0].data["text/plain"] == "[]"
