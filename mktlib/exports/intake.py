"""From a path, bytes or a buffer to text or sheets: encodings, Excel files, zips. Nothing is unpacked to disk or executed."""

import io
import re
import zipfile
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

from .errors import ExportError

LIMIT = 500_000_000  # bytes of a file
UNPACKED = 250_000_000  # bytes of what a zip or workbook unpacks to
MEMBERS = 2_000
CELLS = (
    3_000_000  # of a sheet, empty ones included: a single cell in the last corner makes 17 thousand million
)
BOM = b"\xef\xbb\xbf"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass
class Content:
    """What a file holds: `text` or `sheets` (name -> rows of texts) or `members` of a zip (name -> Content); `data` are the
    bytes of the text if they are UTF-8."""

    name: str
    encoding: str
    text: str | None = None
    data: bytes = b""
    sheets: dict = field(default_factory=dict)
    members: dict = field(default_factory=dict)


def take(source):
    """Content of a path, bytes or a binary or text buffer."""
    name, data = fetch(source)
    return unwrap(name, data)


def fetch(source):
    """Name and bytes of a source; refuses what is too large to hold."""
    try:
        if isinstance(source, str | Path):
            path = Path(source)
            if path.stat().st_size > LIMIT:
                raise too_large(path.name, path.stat().st_size)
            return path.name, path.read_bytes()
        if isinstance(source, bytes | bytearray | memoryview):
            name, data = "bytes", bytes(source)
        elif hasattr(source, "read"):
            data = source.read(LIMIT + 1)
            name = Path(str(getattr(source, "name", "buffer"))).name
            data = data.encode("utf-8") if isinstance(data, str) else bytes(data)
        else:
            raise ExportError(
                f"{type(source).__name__} is no file.",
                "give a path, bytes or a file opened with open(..., 'rb').",
            )
    except OSError as problem:
        reason = problem.strerror or type(problem).__name__
        raise ExportError(
            f"'{source}' cannot be opened: {reason}.",
            "check the path; pathlib.Path(...).resolve() shows where it points.",
        ) from None
    except (ValueError, TypeError) as problem:
        if isinstance(problem, ExportError):
            raise
        raise ExportError(
            f"The source cannot be read: {problem}.", "give a path, or a file opened with 'rb'."
        ) from None
    if len(data) > LIMIT:
        raise too_large(name, len(data))
    return name, data


def too_large(name, size):
    """The error for a file that would not fit."""
    return ExportError(
        f"'{name}' has {size / 1e6:,.0f} MB or more; files up to {LIMIT / 1e6:,.0f} MB are read.",
        "export a shorter period or fewer columns, and stack the parts with canonical([...]).",
    )


def unwrap(name, data):
    """Content of bytes: a workbook, a zip or text."""
    if data.startswith(b"PK\x03\x04") or data.startswith(b"PK\x05\x06"):
        return unzip(name, data)
    if data.startswith(OLE):
        return Content(name, "xls", sheets=old_sheets(data))
    text, encoding = decode(data)
    return Content(name, encoding, text, data.removeprefix(BOM) if encoding.startswith("utf-8") else b"")


def unzip(name, data):
    """A workbook, or the CSV files of a bundle; counts what comes out before anything is read."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as pack:
            members = pack.infolist()
            if len(members) > MEMBERS:
                raise ExportError(
                    f"'{name}' holds {len(members)} files.", "give the one file that is the report."
                )
            if any(one.filename.startswith(("xl/", "word/", "ppt/")) for one in members):
                check_corners(name, unpacked(pack, [one for one in members if not one.is_dir()]))
                return Content(name, "xlsx", sheets=sheets(data))
            wanted = [one for one in members if one.filename.lower().endswith((".csv", ".tsv", ".txt"))]
            if not wanted:
                raise ExportError(
                    f"The zip '{name}' holds no CSV file.", "unpack it and give the report itself."
                )
            texts = unpacked(pack, wanted)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, ValueError) as problem:
        if isinstance(problem, ExportError):
            raise
        raise ExportError(
            f"'{name}' is a damaged or locked zip or Excel file ({problem}).", "download it once more."
        ) from None
    except Exception as problem:  # zlib.error and its like have no common parent
        raise ExportError(
            f"'{name}' is a damaged zip or Excel file ({problem}).", "download it once more."
        ) from None
    return Content(name, "zip", members={Path(key).name: unwrap(key, text) for key, text in texts.items()})


def unpacked(pack, members):
    """Bytes of zip members by name, never more than UNPACKED in all, whatever their sizes claim."""
    found, left = {}, UNPACKED
    for one in members:
        with pack.open(one) as source:
            found[one.filename] = source.read(left + 1)
        left -= len(found[one.filename])
        if left < 0:
            raise ExportError(
                f"'{one.filename}' unpacks to more than {UNPACKED / 1e6:,.0f} MB, like a file made to do harm.",
                "do not open it; ask for the report once more.",
            )
    return found


def check_corners(name, parts):
    """Refuse a workbook with a cell so far out that the sheet would not fit in memory; its reader makes room for all between."""
    for part, xml in parts.items():
        if "worksheets/" not in part:
            continue
        if re.search(rb"""\br\s*=\s*["'][^"']*&""", xml):
            raise ExportError(
                f"'{name}' hides where its cells are.", "do not open it; ask for the report once more."
            )
        places = re.findall(rb"""\br\s*=\s*["']\s*([A-Za-z]{0,4})(\d{1,9})\s*["']""", xml)
        rows = max((int(row) for _, row in places), default=0)
        columns = max((column_number(letters) for letters, _ in places), default=0)
        if rows * max(columns, 1) > CELLS:
            raise ExportError(f"A sheet of '{name}' reaches to row {rows:,} and column {columns:,}.",
                              "delete what stands far away from the table, or save it as CSV UTF-8.")  # fmt: skip


def column_number(letters):
    """1 for A, 27 for AA."""
    number = 0
    for letter in letters.upper():
        number = 26 * number + letter - 64
    return number


def old_sheets(data):
    """Sheets of an .xls file as rows of texts; read by xlrd, because calamine ends the whole process on some damaged ones."""
    import xlrd

    try:
        book = xlrd.open_workbook(file_contents=data, logfile=io.StringIO(), ragged_rows=True, on_demand=True)
        found = {}
        for sheet in map(book.sheet_by_index, range(book.nsheets)):
            found[sheet.name] = [
                [old_cell(cell, book.datemode) for cell in sheet.row(n)] for n in range(sheet.nrows)
            ]
        return found
    except Exception as problem:  # struct.error, IndexError, AssertionError and more come out of damaged ones
        raise broken_workbook(problem) from None


def old_cell(cell, datemode):
    """What a cell of xlrd would say in a CSV file."""
    import xlrd

    if cell.ctype == xlrd.XL_CELL_DATE:
        return cell_text(xlrd.xldate_as_datetime(cell.value, datemode))
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(cell.value, "#N/A")
    return cell_text(bool(cell.value) if cell.ctype == xlrd.XL_CELL_BOOLEAN else cell.value)


def broken_workbook(problem):
    """The error for a workbook that cannot be read."""
    reason = str(problem).splitlines()[0][:200] if str(problem).strip() else type(problem).__name__
    return ExportError(
        f"The Excel file cannot be read ({reason}).", "open it in Excel and save it as CSV UTF-8."
    )


def sheets(data):
    """Sheets of an .xlsx file as rows of texts. Formulas are not evaluated: their last values are taken."""
    import python_calamine

    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        found = {}
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            if (sheet.total_height or 0) * (sheet.total_width or 0) > CELLS:
                raise ExportError(
                    f"The sheet '{name}' has more than {CELLS / 1e6:.0f} million cells.",
                    "save it as CSV UTF-8.",
                )
            found[name] = [
                [cell_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)
            ]
        return found
    except ExportError:
        raise
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as problem:  # calamine's errors are several; where it panics it raises no Exception
        raise broken_workbook(problem) from None


def cell_text(cell):
    """What a spreadsheet cell would say in a CSV file."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d") if cell.time() == time(0) else cell.isoformat(" ", "seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return f"{int(cell.total_seconds()) // 3600:02d}:{int(cell.total_seconds()) // 60 % 60:02d}:{int(cell.total_seconds()) % 60:02d}"
    return str(cell)


def decode(data):
    """Text and name of its encoding, by the bytes alone."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return strictly(data, "utf-16")
    if data.startswith(BOM):
        return strictly(data, "utf-8-sig")
    head = data[:2000]
    if len(head) > 3 and head[1::2].count(0) > 0.4 * len(head[1::2]):
        return strictly(data, "utf-16-le")
    if len(head) > 3 and head[::2].count(0) > 0.4 * len(head[::2]):
        return strictly(data, "utf-16-be")
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return strictly(data, "cp1252" if is_western(data) else "gb18030")


def is_western(data):
    """Whether letters above ASCII stand alone between others, as in Latin-1; in GB18030 nearly all stand in pairs or more."""
    runs = re.findall(rb"(?<=[\x00-\x7f])[\x80-\xff]+(?=[\x00-\x7f])", data[:1_000_000])
    alone = [run for run in runs if len(run) == 1 and b"\xc0" <= run <= b"\xfd"]
    return len(alone) > 0.7 * len(runs) > 0


def strictly(data, encoding):
    """Text in this encoding, or an error; never with letters left out. A byte cut off at the end is named."""
    try:
        return data.decode(encoding), encoding
    except UnicodeDecodeError as problem:
        row = data[: problem.start].count(b"\n") + 1
        raise ExportError(
            f"Byte {problem.start} fits no encoding that platforms use (UTF-8, UTF-16, GB18030); the file may be cut off.",
            "download it once more, and do not open it in Excel before.",
            row=row,
        ) from None
