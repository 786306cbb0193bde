"""A learner in a browser: a mistake is named on the page, corrected, an explorer moved, and progress outlives the kernel."""

import re

import pytest
from lab_page import QUIET, Lab, LessonPage, chromium, outsiders
from playwright.sync_api import expect, sync_playwright

pytestmark = pytest.mark.browser
LESSON = "1_junior/J01_metrics_alphabet.ipynb"
ANSWER, CHECK = "j01-1-answer", "j01-1-check"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    chromium()
    lab = Lab(tmp_path_factory.mktemp("learner 学员"))
    yield lab
    lab.close()


@pytest.fixture
def browser(lab):
    """A browser without history. `asked` collects the address of every request that its pages make."""
    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=chromium(), args=QUIET)
        context = chrome.new_context(viewport={"width": 1280, "height": 900})
        context.asked = []
        context.on("request", lambda request: context.asked.append(request.url))
        context.on("page", lambda page: page.on("websocket", lambda socket: context.asked.append(socket.url)))
        yield context
        chrome.close()


def test_the_course_opens_at_the_start_lesson_without_any_dialog_and_asks_nobody(lab, browser):
    start = LessonPage(browser, lab.url).page
    expect(start.locator(".lm-TabBar-tab.jp-mod-current", has_text="N00_")).to_be_visible()
    start.wait_for_timeout(2000)  # news and update checks come a moment after the page
    expect(start.locator(".jp-Dialog, .Toastify__toast")).to_have_count(0)
    assert len(browser.asked) > 10
    assert [address for address in browser.asked if "/api/news" in address or "/api/update" in address] == []
    assert outsiders(browser.asked) == []
    assert lab.calls_out() == []


def test_a_mistake_is_named_corrected_and_remembered_after_the_kernel_died(lab, browser):
    lesson = LessonPage(browser, lab.address_of(LESSON))
    cells = lesson.ids()
    for cell in cells[: cells.index(ANSWER)]:
        lesson.run(cell)

    lesson.write(ANSWER, 'ctr_june = days["ctr"].mean()')
    lesson.run(ANSWER)
    expect(lesson.run(CHECK)).to_contain_text("AVG_OF_RATIOS")

    lesson.write(ANSWER, 'ctr_june = june["clicks"].sum() / june["impressions"].sum()')
    lesson.run(ANSWER)
    feedback = lesson.run(CHECK)
    expect(feedback).to_contain_text("Correct")
    expect(feedback).not_to_contain_text("AVG_OF_RATIOS")

    explorer = lesson.ids(tag="widget")[0]
    lesson.run(cells[cells.index(explorer) - 1])
    shown = lesson.run(explorer)
    picture = shown.locator(".widget-image, img.jupyter-widgets")
    before = picture.get_attribute("src")
    shown.locator(".noUi-handle").first.press("ArrowLeft")
    expect(picture).not_to_have_attribute("src", before)
    assert picture.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") > 100

    lesson.save()
    lesson.kill_kernel()
    lesson.page.close()
    again = LessonPage(browser, lab.address_of(LESSON))
    expect(again.cell(explorer).locator(".widget-image, img.jupyter-widgets")).to_be_visible()
    said = again.run(again.add_cell("import mktlib\nmktlib.progress()"))
    expect(said.get_by_role("row", name="J01")).to_contain_text(re.compile(r"✓\s1(?!\d)"))

    assert outsiders(browser.asked) == []
    assert lab.calls_out() == []
