"""Damaged exports by the thousand: what `read`, `sniff` and `tables` must keep to, and a script that looks for files that break it.

    python tools/fuzz_exports.py --files 20000 --seed 1
    python tools/fuzz_exports.py --atheris --minutes 10      # needs: pip install atheris

A file that breaks the rules is kept in --keep, with the seed that made it.
"""

import argparse
import csv
import io
import json
import random
import sys
import time
import traceback
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from mktlib import exports  # noqa: E402
from mktlib.exports import layout  # noqa: E402

SLOW = 5  # seconds of the processor; a file of 400 kB that takes longer is kept and named
LONG = layout.LONG, 300  # characters from which on DuckDB parses; every second file goes that way
SHOWN = 500  # files after which a line tells how far it is, with the last message
SAID = ("Looks like:", "Columns found:", "Remedy:")
ODD = ["", " --", "--", "nan", "inf", "-inf", "1e999", "9" * 400, "-0", "1_000", "0x10", "1,23", "1.234,5", "< 10%", "> 90%", "100%%",
       "0000-00-00", "99999999", "00000000", "9999-12-31", "0001-01-01", "2025-02-30", "03/05/2026", "31/12/2025", "12:99:99", "合计", "Total",
       "总计：5", "Total: Campaigns", "=1+1", "=cmd|' /C calc'!A0", "'0012", "\x00", "\ufeff", "\u2028", "\x85", "\x1c", "\U0001f600", "x" * 5000, '"', '""',
       '"a\nb"', "\\", "\r", "٣٤", "²", "一二", "1\u00a0234,5", "1e308", "２０２５-０５-０１", "Jun 99, 2018 09:30 pm", "Foo 10, 2020"]  # fmt: skip
WRONG = [
    None,
    True,
    0,
    -1,
    1e400,
    10**400,
    "x",
    [],
    {},
    [[]],
    [None],
    {"key": 1},
    "\ud800",
    {"value": []},
    [{"key": "a", "value": 3}],
    [{"key": []}],
]


def google(rows=8):
    """A small Google Ads report."""
    lines = [
        f'2025-05-{n:02d},Brand {n},1700{n},"1,{n:03d}",{n},{n}.50%,{n}.25,< 10%' for n in range(1, rows + 1)
    ]
    head = 'Campaign report\n"May 1, 2025 - May 31, 2025"\nDay,Campaign,Campaign ID,Impr.,Clicks,CTR,Cost,Search impr. share\n'
    return head + "\n".join(lines) + f'\nTotal: Campaigns, --, --,"{8036:,}",36, --,38.00, --\n'


def baidu(rows=8):
    """A small Baidu report."""
    head = "数据生成时间：2025-06-01 09:12\n1. 时间范围：20250501-20250531\n\n日期,账户,推广计划,展现,点击,消费,点击率\n"
    return head + "".join(f"2025-05-{n:02d},禾屿,计划{n},{n}00,{n},{n}.5,1.00%\n" for n in range(1, rows + 1))


def sogou():
    """A report whose total is short and second."""
    return "编号,日期,账户,推广计划,消耗,点击数,展示数,点击率,点击均价\n总计,--,--,--,9.5,3,300,1%,3.2\n1,2025-05-01,a,b,9.5,3,300,1%,3.2\n"


def workbook():
    """An .xlsx with dates, numbers and an empty sheet."""
    import xlsxwriter

    kept = io.BytesIO()
    book = xlsxwriter.Workbook(kept, {"in_memory": True})
    sheet = book.add_worksheet("报告")
    for place, row in enumerate(csv.reader(baidu().splitlines())):
        for column, cell in enumerate(row):
            sheet.write(place, column, cell)
    book.add_worksheet("empty")
    book.close()
    return kept.getvalue()


def old_workbook():
    """An .xls."""
    import xlwt

    book, kept = xlwt.Workbook(), io.BytesIO()
    sheet = book.add_sheet("one")
    for place, row in enumerate(csv.reader(baidu().splitlines())):
        for column, cell in enumerate(row):
            sheet.write(place, column, cell)
    book.save(kept)
    return kept.getvalue()


def zipped(files):
    """A zip of name -> bytes."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, data in files.items():
            pack.writestr(name, data)
    return kept.getvalue()


def event(n=1):
    """One GA4 event."""
    return {"event_date": "20250514", "event_timestamp": str(1747161116000000 + n), "event_name": "page_view", "user_pseudo_id": f"1.{n}",
            "event_params": [{"key": "ga_session_id", "value": {"int_value": str(n)}}], "device": {"category": "mobile"},
            "geo": {"country": "China"}, "ecommerce": {"purchase_revenue": 1.5, "transaction_id": f"T{n}"}}  # fmt: skip


def built():
    """Name -> bytes of the small files that are damaged."""
    console = {"Queries.csv": "Top queries,Clicks,Impressions,CTR,Position\na,1,10,10%,1.5\nb,2,20,10%,2\n",
               "Chart.csv": "Date,Clicks,Impressions,CTR,Position\n2025-05-01,3,30,10%,1.8\n", "Filters.csv": "Filter,Value\nSearch type,Web\n"}  # fmt: skip
    return {
        "google_utf8": google().encode(), "google_utf16": google().replace('"1,', "1").replace(",", "\t").replace('"', "").encode("utf-16"),
        "google_utf16be": google().encode("utf-16-be"), "baidu_gbk": baidu().encode("gbk"), "baidu_bom": baidu().encode("utf-8-sig"),
        "sogou": sogou().encode("gbk"), "semicolon": baidu().replace(",", ";").replace(".5", ",5").replace(".00%", ",00%").encode(),
        "crlf": google().replace("\n", "\r\n").encode(), "console": zipped(console), "zip_of_two": zipped({"a.csv": google(), "b.csv": baidu()}),
        "xlsx": workbook(), "xls": old_workbook(), "events": "\n".join(json.dumps(event(n)) for n in range(5)).encode(),
        "ga4": b"# ----\n# Pages\n# Start date: 20250501\n\nNth day,Active users,Sessions\n0000,5,6\n0001,7,8\n\n# Start date: 20250401\nNth day,Active users,Sessions\n0000,5,6\n",
        "mail": b'Email Campaign Report\nTitle:,A\nSubject Line:,B\nDelivery Date/Time:,"Jun 09, 2018 09:30 pm"\nTotal Recipients:,10\nBounces:,"1 (10.0%)"\n',
    }  # fmt: skip


def world(largest=20_000):
    """Name -> bytes of the world's exports; of large texts the first and last lines."""
    made = {}
    for path in sorted((ROOT / "data" / "exports").glob("*.*")):
        data = path.read_bytes()
        if len(data) > largest and path.suffix in (".csv", ".jsonl") and not data.startswith(b"\xff\xfe"):
            lines = data.splitlines(keepends=True)
            data = b"".join(lines[:40] + lines[-8:])
        elif len(data) > largest and path.suffix == ".csv":
            data = data[:largest]
        made[path.name] = data
    return made


def starts():
    """All files that are damaged."""
    return {**built(), **world()}


# Damage: functions (random, bytes) -> bytes


def flip(rng, data):
    """A few bits."""
    data = bytearray(data)
    for _ in range(rng.randint(1, 12)):
        if data:
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def cut(rng, data):
    """The end, the start or a piece goes."""
    one, two = sorted((rng.randint(0, len(data)), rng.randint(0, len(data))))
    return rng.choice([data[:one], data[one:], data[:one] + data[two:]])


def insert(rng, data):
    """Bytes come in."""
    place = rng.randint(0, len(data))
    new = rng.choice([b"\0", b"\0" * 50, b'"', b"'", b",", b"\r", b"\n\n", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\x80", b"\\", b"#", b"{", b"PK\x03\x04",
                      rng.randbytes(rng.randint(1, 20)), rng.choice(ODD).encode("utf-8", "surrogatepass")])  # fmt: skip
    return data[:place] + new + data[place:]


def double(rng, data):
    """A piece stands twice."""
    one, two = sorted((rng.randint(0, len(data)), rng.randint(0, len(data))))
    return data[:two] + data[one:two] + data[two:]


def lines(rng, data):
    """Lines change places, go, or come twice."""
    parts = data.split(b"\n")
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(parts))
        act = rng.randrange(5)
        if act == 0:
            rng.shuffle(parts)
        elif act == 1 and len(parts) > 1:
            del parts[place]
        elif act == 2:
            parts.insert(place, parts[rng.randrange(len(parts))])
        elif act == 3:
            parts.insert(place, rng.choice([b"", b",,,,,", b"\t\t\t", b"# x", b"   "]))
        else:
            parts[place] = parts[place][: rng.randint(0, len(parts[place]))]
    return b"\n".join(parts)


def cells(rng, data):
    """Cells become something odd."""
    encoding = next((one for one in ("utf-8", "gb18030", "utf-16") if decodes(data, one)), None)
    if encoding is None or data[:2] == b"PK":
        return insert(rng, data)
    rows = data.decode(encoding).split("\n")
    sign = max(",;\t", key=lambda one: rows[len(rows) // 2].count(one))
    for _ in range(rng.randint(1, 6)):
        place = rng.randrange(len(rows))
        row = rows[place].split(sign)
        row[rng.randrange(len(row))] = rng.choice(ODD)
        rows[place] = sign.join(row)
    return "\n".join(rows).encode(encoding, "surrogatepass")


def decodes(data, encoding):
    """Whether bytes are a text in this encoding."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def swap_signs(rng, data):
    """One sign becomes another everywhere."""
    one, two = rng.sample(
        [b",", b";", b"\t", b"|", b'"', b"'", b".", b"\n", b"\r\n", b"\r", b":", b"%", b"-", b"#", b" "], 2
    )
    return data.replace(one, two)


def recode(rng, data):
    """Other encoding, or the wrong name for it."""
    old = next((one for one in ("utf-8", "gb18030", "utf-16") if decodes(data, one)), "latin-1")
    new = rng.choice(
        [
            "utf-8",
            "utf-8-sig",
            "utf-16",
            "utf-16-le",
            "utf-16-be",
            "gb18030",
            "utf-32",
            "utf-7",
            "big5",
            "latin-1",
        ]
    )
    return data.decode(old, "replace").encode(new, "replace")


def rewrite_json(rng, data):
    """Values of JSON lines get wrong types, or nest deeply."""
    made = []
    for line in data.splitlines():
        try:
            one = json.loads(line)
        except (ValueError, RecursionError):
            made.append(line)
            continue
        if isinstance(one, dict) and one and rng.random() < 0.5:
            key = rng.choice(list(one))
            one[key] = rng.choice(WRONG)
        text = json.dumps(rng.choice([one, one, one, [one], rng.choice(WRONG)]))
        if rng.random() < 0.05:
            depth = rng.choice([50, 3000, 200_000])
            text = '{"event_name": ' + "[" * depth + "]" * depth + "}"
        made.append(text.encode("utf-8", "surrogatepass"))
    return b"\n".join(made)


def in_zip(rng, data):
    """Members of a zip are damaged and packed again, or the file is packed."""
    if data[:2] != b"PK":
        return zipped(
            {rng.choice(["a.csv", "查询.csv", "../a.csv", "/a.csv", "a/b.CSV", ""]) or "x.txt": data}
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as pack:
            files = {name: pack.read(name) for name in pack.namelist()}
    except Exception:
        return flip(rng, data)
    if files:
        name = rng.choice(list(files))
        files[name] = rng.choice(SIMPLE)(rng, files[name])
    return zipped(files)


SIMPLE = [flip, cut, insert, double, lines, cells, swap_signs]
DAMAGE = [*SIMPLE, cells, cells, lines, recode, rewrite_json, in_zip, in_zip]


def damaged(rng, data, times=3):
    """Bytes after a few kinds of damage."""
    for _ in range(rng.randint(1, times)):
        data = rng.choice(DAMAGE)(rng, data)[:400_000]
    return data


# What must hold


def check(data):
    """Raises AssertionError unless the three functions keep to their word on these bytes; returns the frame or the error."""
    for function in (exports.sniff, exports.tables):
        try:
            function(data)
        except exports.ExportError as problem:
            check_error(problem)
    try:
        frame = exports.read(data)
    except exports.ExportError as problem:
        check_error(problem)
        return problem
    check_frame(frame, data)
    return frame


def check_error(problem):
    """The message tells what the file looks like, its columns and what to do."""
    text = str(problem)
    assert all(one in text for one in SAID), text
    assert len(text) < 5_000, len(text)


def check_frame(frame, data):
    """Rows are all accounted for, columns are named once, the frame can be reconciled."""
    rows = frame.attrs["rows"]
    assert rows["in"] == rows["out"] + rows["totals"] + rows["set_aside"], rows
    assert rows["out"] == len(frame) and rows["totals"] == sum(
        one["row"] > 0 for one in frame.attrs["totals"]
    ), rows
    assert rows["set_aside"] == len(frame.attrs["set_aside"]), rows
    assert frame.columns.is_unique, list(frame.columns)
    told = exports.reconcile(frame)
    assert set(told["total"].map(type)) <= {str}
    counted = count_rows(frame, data)
    if counted is not None:
        assert counted == rows["in"], (counted, rows, frame.attrs["platform"], frame.attrs["encoding"])


def count_rows(frame, data):
    """Non-blank rows below the header, counted by Python's csv on its own; None where the file is no single CSV table."""
    told = frame.attrs
    if (
        told["encoding"] in ("zip", "xlsx", "xls")
        or told["platform"] in ("ga4", "mailchimp")
        or len(told["tables"]) > 1
    ):
        return None
    reader = csv.reader(io.StringIO(data.decode(told["encoding"]), newline=""), delimiter=told["delimiter"])
    count, line = 0, 1
    for row in reader:
        count += line > told["header_row"] and any(cell.strip() for cell in row)
        line = reader.line_num + 1
    return count


def fuzz(files, seed, keep, seconds=None):
    """Damage so many files; prints what broke; returns how many broke."""
    begun, broken, read, seen, slow = time.monotonic(), 0, 0, set(), 0.0
    known, problems = starts(), []
    for number in range(files):
        if seconds and time.monotonic() - begun > seconds:
            files = number
            break
        rng = random.Random(f"{seed}:{number}")
        name = rng.choice(list(known))
        data = damaged(rng, known[name])
        layout.LONG = LONG[number % 2]
        start = time.process_time()
        try:
            told = check(data)
            read += not isinstance(told, Exception)
            problems += [told] if isinstance(told, Exception) else []
        except BaseException as problem:
            if isinstance(problem, KeyboardInterrupt):
                raise
            broken += 1
            tail = traceback.extract_tb(problem.__traceback__)[-1]
            mark = (type(problem).__name__, tail.filename, tail.lineno)
            if mark not in seen:
                seen.add(mark)
                keep.mkdir(parents=True, exist_ok=True)
                path = keep / f"{seed}_{number}_{name}"
                path.write_bytes(data)
                print(
                    f"{path}: {type(problem).__name__}: {str(problem)[:300]}\n  {tail.filename}:{tail.lineno} {tail.line}",
                    flush=True,
                )
        took = time.process_time() - start
        slow = max(slow, took)
        if took > SLOW:
            keep.mkdir(parents=True, exist_ok=True)
            path = keep / f"slow_{seed}_{number}_{name}"
            path.write_bytes(data)
            print(f"{path}: {took:.1f} s for {len(data):,} bytes", flush=True)
        if number % SHOWN == SHOWN - 1:
            show(number + 1, read, broken, slow, problems)
    took = time.monotonic() - begun
    print(
        f"{files} files, {read} read as tables, {broken} broke a rule in {len(seen)} places; {took:.0f} s, the slowest {slow:.1f} s"
    )
    return broken


def show(files, read, broken, slow, problems):
    """One line on how far it is, and one message."""
    rows = sum(one.row is not None for one in problems)
    last = str(problems[-1]) if problems else "none"
    print(
        f"{files} files, {read} tables, {len(problems)} refused in words, {rows} of them name a row, {broken} broke a rule, "
        f"slowest {slow:.1f} s; last message: {last[:400]}",
        flush=True,
    )


def guided(minutes):
    """The same under atheris, which looks for inputs that reach new lines."""
    try:
        import atheris
    except ImportError:
        print(
            "atheris is not installed, so the guided mode is skipped: pip install atheris (Linux, CPython), then run this again."
        )
        return 0
    corpus = ROOT / ".fuzz" / "exports"
    corpus.mkdir(parents=True, exist_ok=True)
    for name, data in starts().items():
        (corpus / name).write_bytes(data)
    for name, module in list(sys.modules.items()):
        if name.startswith("mktlib.exports."):
            for one in vars(module).values():
                if getattr(one, "__module__", None) == name and callable(one) and hasattr(one, "__code__"):
                    setattr(module, one.__name__, atheris.instrument_func(one))
    atheris.Setup(
        [
            sys.argv[0],
            str(corpus),
            f"-max_total_time={minutes * 60}",
            "-max_len=60000",
            "-rss_limit_mb=4000",
            "-timeout=60",
        ],
        check,
    )
    atheris.Fuzz()
    return 0


def main():
    """Read the options and fuzz."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--files", type=int, default=1000)
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--seconds", type=float)
    ask.add_argument("--keep", type=Path, default=ROOT / ".fuzz" / "broken")
    ask.add_argument("--atheris", action="store_true")
    ask.add_argument("--minutes", type=int, default=10)
    told = ask.parse_args()
    return (
        guided(told.minutes)
        if told.atheris
        else int(fuzz(told.files, told.seed, told.keep, told.seconds) > 0)
    )


if __name__ == "__main__":
    sys.exit(main())
