"""The report as one HTML page: whole, escaped, readable without pictures."""

import base64
import re
from html.parser import HTMLParser

import pandas as pd
import pytest

from mktlib.metrics import glossary
from mktlib.plots import AltMissing, bars
from mktlib.report import ReportError, html_report

LINES = ["CAC is CNY 120.", "A year ago it was CNY 98.", "Approve the test by Friday."]
RUDE = "<script>alert('x')</script> & \"quoted\""


class Page(HTMLParser):
    """Tags with their attributes, and the text between them."""

    def __init__(self, path):
        super().__init__()
        self.tags, self.text, self.source = [], "", path.read_text(encoding="utf-8")
        self.feed(self.source)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def kpi():
    return pd.DataFrame(
        {"value": [0.0123456, 120.0, 1234567.8]}, index=pd.Index(["CTR", "CAC", "net revenue"], name="KPI")
    )


def figure(alt="three bars, the last twice as high"):
    return bars(pd.Series({"a": 1, "b": 1, "c": 2}), title="C is twice as high", ylabel="orders", alt=alt)


def written(folder, **more):
    given = {
        "title": "May 2025",
        "lines": LINES,
        "table": kpi(),
        "definitions": glossary(["ctr", "cac"]),
    } | more
    return Page(html_report(folder / "一页 report" / "page.html", **given))


def test_the_page_holds_the_three_lines_by_name(tmp_path):
    page = written(tmp_path)
    assert re.search(r"<dt>ask</dt><dd>Approve the test by Friday\.</dd>", page.source)
    assert [name for name in ("number", "evidence", "ask") if f"<dt>{name}</dt>" in page.source] == [
        "number",
        "evidence",
        "ask",
    ]


def test_one_text_of_three_lines_is_as_good_as_three(tmp_path):
    assert written(tmp_path, lines="\n".join(LINES)).source == written(tmp_path).source


def test_numbers_are_written_for_readers(tmp_path):
    page = written(tmp_path)
    for shown in (">0.01235<", ">120<", ">1,234,568<"):
        assert shown in page.source
    assert {"scope": "row"} in page.all("th") and {"scope": "col"} in page.all("th")


def test_fractions_are_percent_where_they_are_named(tmp_path):
    assert (
        ">1.23%<" in written(tmp_path, percent=["CTR"]).source
        and ">120<" in written(tmp_path, percent="CTR").source
    )
    table = pd.DataFrame({"share": [0.5, "unknown"], "visits": [2, 3]}, index=["A", "B"])
    source = written(tmp_path, table=table, percent="share").source
    assert ">50.00%<" in source and ">unknown<" in source and ">2<" in source


def test_missing_is_an_empty_cell_and_a_day_is_a_day(tmp_path):
    table = pd.DataFrame(
        {"day": [pd.Timestamp("2025-06-18"), pd.NaT], "orders": [3.0, float("nan")]}, index=["x", "y"]
    )
    source = written(tmp_path, table=table).source
    assert ">2025-06-18</td>" in source and "nan" not in source.lower().partition("<h2>definitions")[0]


def test_nothing_that_came_as_text_runs(tmp_path):
    table = pd.DataFrame({RUDE: [RUDE]}, index=pd.Index([RUDE], name=RUDE))
    page = written(
        tmp_path, title=RUDE, lines=[RUDE] * 3, table=table, tables={RUDE: table}, definitions=table,
        figures=[figure(alt=f"three bars {RUDE}")], lang='en" onload="x',
    )  # fmt: skip
    assert not page.all("script") and not any("onload" in one for _, one in page.tags)
    assert page.text.count("alert('x')") >= 10  # shown as text, not lost


def test_figures_are_inside_and_have_their_sentence(tmp_path):
    (image,) = written(tmp_path, figures=[figure()]).all("img")
    head, _, data = image["src"].partition(",")
    assert head == "data:image/png;base64" and base64.b64decode(data).startswith(b"\x89PNG")
    assert image["alt"] == "three bars, the last twice as high"


def test_a_matplotlib_figure_comes_with_a_sentence_or_not_at_all(tmp_path):
    drawn = figure().figure
    (image,) = written(tmp_path, figures=[(drawn, "the last bar is twice as high as the others")]).all("img")
    assert "twice as high" in image["alt"]
    with pytest.raises(AltMissing):
        written(tmp_path, figures=[drawn])


def test_the_page_asks_for_nothing_from_elsewhere(tmp_path):
    page = written(tmp_path, figures=[figure()])
    assert not page.all("link") and not page.all("script")
    assert not re.search(r"(?:src|href)=[\"'](?!data:)|url\(|@import", page.source)
    assert {"charset": "utf-8"} in page.all("meta") and page.all("html") == [{"lang": "en"}]


def test_definitions_close_the_page_with_both_languages(tmp_path):
    last = written(tmp_path).source.rpartition("<h2>")[2]
    assert last.startswith("Definitions") and "点击率" in last


def test_the_same_report_is_the_same_bytes(tmp_path):
    assert (
        written(tmp_path / "a", figures=[figure()]).source
        == written(tmp_path / "b", figures=[figure()]).source
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"lines": LINES[:2]}, "2 came"),
        ({"lines": "one line"}, "1 came"),
        ({"table": pd.DataFrame()}, "no rows"),
        ({"tables": {"Channels": pd.DataFrame()}}, "'Channels' has no rows"),
    ],
)
def test_what_cannot_be_a_report_is_refused(tmp_path, more, said):
    with pytest.raises(ReportError, match=said):
        written(tmp_path, **more)


def test_another_ending_is_refused_and_a_folder_in_the_way_is_told(tmp_path):
    with pytest.raises(ReportError, match=r"must end with \.html"):
        html_report(tmp_path / "page.pdf", "t", LINES, kpi(), kpi())
    (tmp_path / "page.html").mkdir()
    with pytest.raises(ReportError, match="cannot be written"):
        html_report(tmp_path / "page.html", "t", LINES, kpi(), kpi())
