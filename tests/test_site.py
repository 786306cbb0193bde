"""The site: complete, every link and picture there, nothing asked of the network, usable by keyboard and screen reader."""

import functools
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections import defaultdict
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from lab_page import QUIET, chromium, outsiders
from playwright.sync_api import expect, sync_playwright

from mktlib.course import registry
from mktlib.metrics import definitions
from tools import counter_examples, site_pages

pytestmark = pytest.mark.browser
AXE = "4.14.1"
LESSON = "lessons/1_junior/J01_metrics_alphabet.html"
PAGES = [
    "index.html",
    LESSON,
    "glossary.html",
    "mistakes/ratios_units_aggregation.html",
    "data/orders.html",
    "status.html",
]
LOOKS = [*((name, "light") for name in PAGES), *((name, "dark") for name in PAGES[:2])]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Folder of the site, built once; MKTLIB_SITE names one that is built already."""
    if "MKTLIB_SITE" in os.environ:
        return Path(os.environ["MKTLIB_SITE"])
    for module in ("sphinx", "myst_nb", "pydata_sphinx_theme"):
        if find_spec(module) is None:
            pytest.skip(f"{module} is not installed here: it belongs to the site's packages")
    out = tmp_path_factory.mktemp("site 网站") / "site"
    command = [*site_command(), "--quick", "--out", str(out)]
    built = subprocess.run(
        command, capture_output=True, encoding="utf-8", env=os.environ | {"PYTHONUTF8": "1"}
    )
    assert built.returncode == 0, built.stdout + built.stderr
    assert "WARNING" not in built.stderr
    return out


def site_command():
    return [sys.executable, str(site_pages.ROOT / "tools" / "site.py")]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *words):
        pass


@pytest.fixture(scope="module")
def address(site):
    """Where a web server of the standard library shows the site; `.html` pages may be opened below it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.fixture(scope="module")
def chrome():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def page(chrome, address):
    """A tab whose requests beyond this machine are stopped. When the test ends there must have been none, and no error."""
    context = chrome.new_context(base_url=address, viewport={"width": 1280, "height": 900})
    tab = context.new_page()
    asked, errors = [], []
    context.route(lambda url: outsiders([url]) != [], lambda route: route.abort())
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: errors.append(str(error)))
    yield tab
    context.close()
    assert len(asked) > 3
    assert outsiders(asked) == []
    assert errors == []


# --- what is there -------------------------------------------------------------------------------


class Reader:
    """The ids, links and pictures of a page, and its text."""

    def __init__(self, path):
        page = path.read_text(encoding="utf-8")
        self.ids = {found[1] for found in re.findall(r"""<[^>]*\sid=(["'])(.*?)\1""", page)}
        self.links = [
            html.unescape(found[1]) for found in re.findall(r"""<a\b[^>]*\shref=(["'])(.*?)\1""", page)
        ]
        self.pictures = [
            dict(re.findall(r'\s(\w+)="([^"]*)"', tag)) for tag in re.findall(r"<img\b[^>]*>", page)
        ]
        self.text = html.unescape(" ".join(re.sub(r"<[^>]+>", "", page).split()))


@pytest.fixture(scope="module")
def read(site):
    """{path below the site: Reader} of every page."""
    return {path.relative_to(site).as_posix(): Reader(path) for path in site.rglob("*.html")}


def test_every_link_leads_to_a_page_and_a_place_that_are_there(site, read):
    broken = []
    for name, reader in read.items():
        for link in reader.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or link in ("#", ""):
                continue
            target = (site / name).parent / unquote(parts.path) if parts.path else site / name
            place = target.resolve().relative_to(site.resolve()).as_posix()
            if not target.is_file() or (parts.fragment and unquote(parts.fragment) not in read[place].ids):
                broken.append(f"{name}: {link}")
    assert broken == []


def test_every_picture_is_there_and_says_in_words_what_it_shows(site, read):
    pictures = [(name, picture) for name, reader in read.items() for picture in reader.pictures]
    assert len(pictures) > 180  # the lessons hold so many
    for name, picture in pictures:
        assert len(picture.get("alt", "")) > 20, (name, picture)
        assert ((site / name).parent / unquote(picture["src"])).is_file(), (name, picture)


def test_every_lesson_table_metric_and_mistake_has_its_place(read):
    text = {name: reader.text for name, reader in read.items()}
    for one in site_pages.lessons().values():
        assert one["path"] + ".html" in read
    for resource in site_pages.package()["resources"]:
        page = text[f"data/{resource['name']}.html"]
        for field in resource["schema"]["fields"]:
            assert field["name"] in page and field["term_zh"] in page
    for metric in definitions()["metrics"].values():
        assert metric["zh"] in text["glossary.html"] and metric["name"] in text["glossary.html"]
    mistakes = " ".join(page for name, page in text.items() if name.startswith("mistakes/"))
    for one in registry.exercises():
        for mistake in one.mistakes:
            assert mistake.code in mistakes


def test_a_mistake_is_shown_with_claim_counter_example_rule_and_lessons(standard_world, active):
    active(standard_world)
    example = counter_examples.of_lesson("J01", {"AVG_OF_RATIOS": ["J01.1"]})["AVG_OF_RATIOS"]
    shown = site_pages.mistake("AVG_OF_RATIOS", example)
    told = next(one for one in registry.get("J01.1").mistakes if one.code == "AVG_OF_RATIOS")
    places = [
        shown.index(text)
        for text in ("**Rule.**", "**The tempting claim**", told.belief, "**Counter-example**", told.repair)
    ]
    assert places == sorted(places)
    assert len(example["shows"]) == 2 and all(f"**{value}**" in shown for value in example["shows"].values())
    assert "[J01](../lessons/1_junior/J01_metrics_alphabet.ipynb)" in shown


def test_each_mistake_of_the_catalogue_is_planned_once():
    planned = [code for codes in counter_examples.plan().values() for code in codes]
    assert sorted(planned) == sorted(site_pages.catalogue())


def test_what_a_registry_holds_does_not_act_as_markdown():
    text = "a_b *c* [d](e) <f> 5 < 6 | $7$ `g_h`"
    MarkdownIt = pytest.importorskip("markdown_it").MarkdownIt
    assert MarkdownIt().renderInline(site_pages.plain(text)) == (
        "a_b *c* [d](e) &lt;f&gt; 5 &lt; 6 | $7$ <code>g_h</code>"
    )


def test_notes_for_trainers_and_answers_are_folded(site):
    lesson = (site / LESSON).read_text(encoding="utf-8")
    solved = (site_pages.ROOT / "solutions" / LESSON.removeprefix("lessons/")).with_suffix(".ipynb")
    tags = [
        tag
        for cell in json.loads(solved.read_text(encoding="utf-8"))["cells"]
        for tag in cell["metadata"].get("tags", [])
    ]
    notes = re.findall(r'<details[^>]*class="[^"]*trainer[^>]*>', lesson)
    assert len(notes) == tags.count("trainer") > 0 and not any(" open" in note for note in notes)
    assert lesson.count("Show the answer") == tags.count("exercise") > 10


# --- in the browser ------------------------------------------------------------------------------


def search(page, words):
    """Links that the search finds, by their text."""
    page.goto(f"search.html?q={words}")
    expect(page.locator("#search-results .search-summary")).to_contain_text("found", timeout=20_000)
    return page.locator("#search-results ul.search li a").all_inner_texts()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("Simpson", "J01"),
        ("average of rates", "Ratios, units, aggregation"),
        ("点击率", "Glossary"),
        ("展示", "Glossary"),
        ("new_customer_coupon", "orders"),
    ],
)
def test_the_search_finds_english_and_chinese_words(page, words, found):
    assert any(found in text for text in search(page, words))


def test_a_word_that_stands_nowhere_is_not_found(page):
    page.goto("search.html?q=qqqzzz")
    expect(page.locator("#search-results")).to_contain_text("did not match", timeout=20_000)


def test_the_colours_can_be_switched_by_keyboard_and_are_kept(page):
    page.goto("index.html")
    ground = "() => getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    button = page.locator("button.theme-switch-button").first
    for _ in range(3):
        button.press("Enter")
        choice = page.locator(
            ".theme-switch-container .dropdown-menu.show [data-mode=dark], [data-mode=dark].dropdown-item"
        )
        if choice.count() and choice.first.is_visible():
            choice.first.press("Enter")
        if page.evaluate("document.documentElement.dataset.theme") == "dark":
            break
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate(ground) != light
    page.goto(LESSON)
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_reader_with_a_keyboard_skips_to_the_text_and_opens_an_answer(page):
    page.goto(LESSON)
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text(re.compile("Skip to main content"))
    page.keyboard.press("Enter")
    answer = page.locator("details.hide").first
    expect(answer).not_to_have_attribute("open", re.compile(".*"))
    answer.locator("summary").press("Enter")
    expect(answer.locator("pre").first).to_be_visible()


def test_nothing_moves_for_readers_who_asked_for_less_motion(page):
    page.emulate_media(reduced_motion="reduce")
    page.goto(LESSON)
    moving = page.evaluate(
        """() => [...document.querySelectorAll('*')].map(one => getComputedStyle(one)).filter(
            style => style.animationName !== 'none' || style.transitionDuration.split(',').some(
                (seconds, place) => parseFloat(seconds) > 0 && style.transitionProperty.split(',')[place] !== 'none')).length"""
    )
    assert moving == 0


@pytest.fixture(scope="session")
def axe():
    """The text of axe-core, brought by npm once and kept in the temporary folder."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("there is no npm on this computer: the check by axe-core is left out")
    home = Path(tempfile.gettempdir()) / f"mktlib-axe-{AXE}"
    script = home / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        home.mkdir(exist_ok=True)
        brought = subprocess.run(
            [
                npm,
                "install",
                "--prefix",
                str(home),
                "--no-save",
                "--no-audit",
                "--ignore-scripts",
                f"axe-core@{AXE}",
            ],
            capture_output=True,
            encoding="utf-8",
            cwd=home,
        )
        if brought.returncode:
            pytest.skip(f"npm cannot bring axe-core {AXE}: {brought.stderr.strip()[-200:]}")
    return script.read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "theme"), LOOKS)
def test_axe_finds_nothing_serious(page, axe, name, theme):
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.goto(name)
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    page.evaluate(axe)
    found = page.evaluate("() => axe.run({resultTypes: ['violations']})")
    serious = defaultdict(list)
    for violation in found["violations"]:
        if violation["impact"] in ("serious", "critical"):
            serious[violation["id"]] += [node["html"][:200] for node in violation["nodes"][:3]]
    assert dict(serious) == {}
    assert len(found["passes"]) > 10  # it did look


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    asked = subprocess.run([*site_command(), "--out", str(tmp_path)], capture_output=True, encoding="utf-8")
    assert asked.returncode == 1 and "other things than a site" in asked.stderr
    assert (tmp_path / "thesis.txt").read_text(encoding="utf-8") == "mine"
