"""The weekly report as files: rates are formulas, texts never run, extracts read as they are."""

import csv
import os
import shutil
import subprocess
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from mktlib import workbook
from mktlib.metrics import glossary
from mktlib.weekly import control_limits
from mktlib.workbook import WorkbookError, tidy_extract, weekly_workbook

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
RATES = {"cvr": ("orders", "visits"), "cpa": ("cost", "orders")}
# LibreOffice keeps the stored results of .xlsx unless this asks it to compute them anew
RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>"""


def weeks(**more):
    table = pd.DataFrame(
        {"visits": [1000, 2000, 0], "orders": [50, 80, 0], "cost": [500.5, 1000.25, 0.0]},
        index=pd.Index(["2 June", "9 June", "16 June"], name="week"),
    )
    return table.assign(**more)


def written(folder, table=None, **more):
    table = weeks() if table is None else table
    return weekly_workbook(folder / "week.xlsx", "Weekly report", table, RATES, glossary(list(RATES)), **more)


def parts(path):
    with zipfile.ZipFile(path) as book:
        return {name: book.read(name).decode("utf-8") for name in book.namelist()}


def cells(path, sheet="sheet1", what="v"):
    """{cell: stored value, or with what="f" the formula} of a sheet."""
    tree = ElementTree.fromstring(parts(path)[f"xl/worksheets/{sheet}.xml"])
    space = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    found = {one.get("r"): one.find(f"x:{what}", space) for one in tree.iterfind(".//x:c", space)}
    return {cell: part.text for cell, part in found.items() if part is not None}


def formulas(path, sheet="sheet1"):
    return cells(path, sheet, "f")


def test_rates_are_formulas_over_the_cells_of_their_counts(tmp_path):
    found = formulas(written(tmp_path))
    assert found["E4"] == 'IF(OR(C4="",B4="",B4=0),"",C4/B4)'
    assert found["F5"] == 'IF(OR(D5="",C5="",C5=0),"",D5/C5)'


def test_the_total_of_a_rate_is_a_rate_of_totals(tmp_path):
    found = formulas(written(tmp_path))
    assert found["C7"] == 'IF(COUNT(C4:C6)<ROWS(C4:C6),"",SUM(C4:C6))'
    assert found["E7"] == 'IF(OR(C7="",B7="",B7=0),"",C7/B7)'


def test_notes_come_as_a_list_or_as_one_text_of_lines(tmp_path):
    a_list = formulas(written(tmp_path, notes=["a number", "evidence", "an ask"]))
    path = written(tmp_path, notes="\na number\n  evidence\n\nan ask\n")
    assert formulas(path) == a_list
    shared = parts(path)["xl/sharedStrings.xml"]
    assert all(f">{line}<" in shared for line in ("a number", "evidence", "an ask")) and ">n<" not in shared


def test_notes_move_the_table_and_the_formulas_with_it(tmp_path):
    found = formulas(written(tmp_path, notes=["a number", "evidence", "an ask"]))
    assert found["E7"] == 'IF(OR(C7="",B7="",B7=0),"",C7/B7)' and "E4" not in found


def test_what_a_viewer_shows_before_computing_is_right_too(tmp_path):
    stored = cells(written(tmp_path, weeks().iloc[:2]))
    found = [float(stored[cell]) for cell in ("E4", "F4", "B6", "C6", "D6", "E6", "F6")]
    assert found == pytest.approx([0.05, 10.01, 3000, 130, 1500.75, 130 / 3000, 1500.75 / 130])


def test_text_never_becomes_a_formula(tmp_path):
    evil = ["=1+1", "+1", "-1", "@SUM(1)", '=HYPERLINK("http://x.example")', "http://x.example"]
    table = weeks().set_axis(pd.Index(evil[:3], name="week"))
    path = written(tmp_path, table, notes=evil, tables={"Tiles": pd.DataFrame({"=cmd": evil})})
    assert formulas(path, "sheet2") == {} and formulas(path, "sheet3") == {}
    assert all(formula.startswith("IF(") for formula in formulas(path).values())
    assert (
        "=HYPERLINK" in parts(path)["xl/sharedStrings.xml"]
        and "hyperlink" not in parts(path)["xl/worksheets/sheet1.xml"]
    )


def test_charts_are_native_and_point_at_the_cells(tmp_path):
    limits = {"orders": pd.Series({"center": 60.0, "lower": 10.0, "upper": 90.0})}
    book = parts(written(tmp_path, limits=limits))
    charts = [name for name in book if name.startswith("xl/charts/chart")]
    assert len(charts) == 3
    assert "Report!$C$4:$C$6" in book["xl/charts/chart1.xml"] and "&#39;" not in book["xl/charts/chart1.xml"]
    assert "'Chart data'!$D$2:$D$4" in book["xl/charts/chart1.xml"]
    assert "Report!$E$4:$E$6" in book["xl/charts/chart2.xml"]


def test_limits_may_come_from_the_toolbox(tmp_path):
    table = pd.DataFrame({"visits": 100, "orders": [9, 11, 9, 11, 9, 11], "cost": 1.5}, index=list("abcdef"))
    written(tmp_path, table, limits={"orders": control_limits(table["orders"])})


def test_definitions_stand_in_a_sheet_of_their_own(tmp_path):
    book = parts(written(tmp_path))
    assert 'name="Definitions"' in book["xl/workbook.xml"] and "转化率" in book["xl/sharedStrings.xml"]


def test_what_does_not_fit_is_refused_in_words(tmp_path):
    with pytest.raises(WorkbookError, match=r"'visit'.*'visits'"):
        weekly_workbook(tmp_path / "a.xlsx", "x", weeks(), {"cvr": ("orders", "visit")}, glossary(["cvr"]))
    with pytest.raises(WorkbookError, match="has no definition"):
        weekly_workbook(tmp_path / "a.xlsx", "x", weeks(), RATES, glossary(["cvr"]))
    with pytest.raises(WorkbookError, match="hand over counts"):
        written(tmp_path, weeks(cvr=0.1))
    with pytest.raises(WorkbookError, match="holds no numbers"):
        written(tmp_path, weeks(name="a"))
    with pytest.raises(WorkbookError, match="no week"):
        written(tmp_path, weeks().iloc[:0])
    for name in ("a/b", "", "x" * 32, "definitions"):
        with pytest.raises(WorkbookError, match="cannot be a sheet"):
            written(tmp_path, tables={name: weeks()})
    with pytest.raises(WorkbookError, match=r"\.xlsx"):
        weekly_workbook(tmp_path / "a.xls", "x", weeks(), RATES, glossary(list(RATES)))


def test_a_file_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "week.xlsx").mkdir()
    with pytest.raises(WorkbookError, match="close it there"):
        written(tmp_path)


def test_reports_lie_beside_the_notebook_or_where_the_course_keeps_things(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MKTLIB_HOME", raising=False)
    assert workbook.reports() == tmp_path / "reports" and (tmp_path / "reports").is_dir()
    monkeypatch.setenv("MKTLIB_HOME", str(tmp_path / "kept"))
    assert workbook.reports() == tmp_path / "kept" / "reports"


# Opened by a spreadsheet


def number(cell):
    return float(cell[:-1]) / 100 if cell.endswith("%") else float(cell)


def opened(path, folder):
    """{sheet: rows of text} as LibreOffice computes them anew."""
    profile = folder / "profile" / "user"
    profile.mkdir(parents=True)
    (profile / "registrymodifications.xcu").write_text(RECALCULATE, encoding="utf-8")
    form = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"  # all sheets, values not formats
    place = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [SOFFICE, place, "--headless", "--convert-to", form, "--outdir", str(folder / "out"), str(path)]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    subprocess.run(command, check=True, capture_output=True, timeout=120, env=environment)
    made = sorted(Path(folder / "out").glob("*.csv"))
    return {
        one.stem.partition("-")[2]: list(csv.reader(one.open(encoding="utf-8-sig", newline="")))
        for one in made
    }


@pytest.mark.skipif(
    SOFFICE is None,
    reason="LibreOffice (soffice) is not installed, so no spreadsheet opens the workbook here",
)
def test_a_spreadsheet_computes_the_numbers_of_the_notebook(tmp_path, monkeypatch):
    evil = ["=1+1", "+1", "-1", "@SUM(1)"]
    monkeypatch.setattr(
        workbook, "_value", lambda value: 0
    )  # what is stored is wrong, so what comes back was computed
    table = pd.concat(
        [weeks(), pd.DataFrame({"visits": [10.0], "orders": [None], "cost": [1.0]}, index=["=2+2"])]
    )
    table["orders"] = table["orders"].astype("Float64")
    path = written(
        tmp_path, table, notes=evil, tables={"Tiles": pd.DataFrame({"tile": evil, "n": [1, 2.5, None, 4]})}
    )
    sheets = opened(path, tmp_path)
    report = sheets["Report"]
    head = report.index(["week", "visits", "orders", "cost", "cvr", "cpa"])
    rows = {row[0]: row[1:] for row in report[head + 1 : head + 6]}
    assert [number(cell) for cell in rows["2 June"]] == pytest.approx([1000, 50, 500.5, 0.05, 10.01])
    assert [number(cell) for cell in rows["9 June"]] == pytest.approx([2000, 80, 1000.25, 0.04, 1000.25 / 80])
    assert rows["16 June"][3:] == ["", ""] and rows["=2+2"] == ["10", "", "1", "", ""]
    assert rows["total"][:2] == ["3010", ""] and rows["total"][3:] == ["", ""]
    assert [row[0] for row in report[1:5]] == evil and [row[0] for row in sheets["Tiles"][1:]] == evil
    assert sheets["Definitions"][1][0] == "cvr"


# Extracts

MEANINGS = {
    "day": ("日期", "day", "Day."),
    "channel": ("渠道", "", "Channel."),
    "orders": ("订单数", "orders", "Orders placed."),
    "cost": ("消耗", "CNY", "Media spend."),
    "promo": ("大促", "", "Whether it is a promotion."),
}


def extract():
    return pd.DataFrame(
        {
            "day": pd.to_datetime(["2025-06-01", "2025-06-02"]),
            "channel": ["信息流, Douyin", 'he said "no"'],
            "orders": pd.array([1200, None], dtype="Int64"),
            "cost": [1234567.5, float("nan")],
            "promo": [True, False],
        }
    )


def test_an_extract_is_plain_and_reads_back_as_it_was(tmp_path):
    path, _ = tidy_extract(tmp_path / "week.csv", extract(), MEANINGS)
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf") and raw.decode("utf-8-sig").splitlines() == [
        "day,channel,orders,cost,promo",
        '2025-06-01,"信息流, Douyin",1200,1234567.5,True',
        '2025-06-02,"he said ""no""",,,False',
    ]
    again = pd.read_csv(path, parse_dates=["day"], dtype={"orders": "Int64"}, encoding="utf-8-sig")
    pd.testing.assert_frame_equal(again, extract(), check_dtype=False)


def test_the_dictionary_names_type_unit_and_meaning_of_each_column(tmp_path):
    _, beside = tidy_extract(tmp_path / "week.csv", extract(), MEANINGS)
    rows = pd.read_csv(beside, keep_default_na=False, encoding="utf-8-sig")
    assert beside.name == "week_dictionary.csv" and rows["column"].tolist() == list(extract().columns)
    assert rows["type"].tolist() == ["date", "text", "integer", "number", "boolean"]
    assert rows.loc[3, ["term_zh", "unit", "meaning"]].tolist() == ["消耗", "CNY", "Media spend."]


def test_the_courses_own_dictionary_will_do(tmp_path, standard_world):
    import mktlib

    table = mktlib.load("daily_log").drop(columns="note")
    path, beside = tidy_extract(tmp_path / "log.csv", table, mktlib.describe("daily_log"))
    assert len(pd.read_csv(path)) == len(table) and "消耗" in beside.read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1"])
def test_a_text_that_would_run_in_a_spreadsheet_is_refused_with_its_place(tmp_path, text):
    with pytest.raises(WorkbookError, match="column 'channel', row 1"):
        tidy_extract(tmp_path / "week.csv", extract().assign(channel=["fine", text]), MEANINGS)
    assert not (tmp_path / "week.csv").exists()


def test_negative_numbers_are_no_formulas(tmp_path):
    path, _ = tidy_extract(tmp_path / "week.csv", extract().assign(cost=[-1.5, 0.1]), MEANINGS)
    assert ",-1.5," in path.read_text(encoding="utf-8-sig")


def test_a_column_without_a_meaning_is_refused(tmp_path):
    with pytest.raises(WorkbookError, match=r"'order'.*'orders'"):
        tidy_extract(tmp_path / "week.csv", extract().rename(columns={"orders": "order"}), MEANINGS)
