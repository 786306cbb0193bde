"""A long file takes about as long as DuckDB's own reader needs for it."""

import os
import re

import duckdb
import pytest

from mktlib import exports
from mktlib.exports import layout, rows

ROWS = 6_000
BOUND = 2.5  # the aim is 1.5 with a million rows (1.2 to 1.7, by the columns); of fewer rows it is more


@pytest.fixture(autouse=True)
def sooner(monkeypatch):
    """A file counts as long from a tenth of the usual length on, so that its way is tried in a tenth of the time."""
    monkeypatch.setattr(layout, "LONG", layout.LONG // 10)
    monkeypatch.setattr(rows, "MANY", rows.MANY // 10)


@pytest.fixture(scope="module")
def long_file(tmp_path_factory):
    return written(tmp_path_factory.mktemp("long") / "long.csv", ROWS)


def written(path, count):
    """A file with a total as its last row."""
    lines = [
        f'2025-05-{n % 31 + 1:02d},heyu,plan {n % 40},word {n % 20_000},"{n % 9_000 + 1000:,}",{n % 9},{n % 5000 / 100:.2f},{n % 99}.25%'
        for n in range(count)
    ]
    total = '合计,--,--,--,"1,000",2,3.00,0.20%'
    path.write_text(
        "日期,账户,推广计划,关键词,展现,点击,消费,点击率\n" + "\n".join([*lines, total]) + "\n",
        encoding="utf-8",
    )
    return path


def seconds(work):
    """Seconds of processors, which other work on the machine changes less than those of a clock."""
    begun = os.times()
    work()
    ended = os.times()
    return ended.user + ended.system - begun.user - begun.system


def test_a_long_file_takes_not_much_longer_than_duckdb_needs(tmp_path):
    plain = tmp_path / "plain.csv"
    text = written(tmp_path / "long.csv", 20 * ROWS).read_text(encoding="utf-8").partition("合计")[0]
    plain.write_text(re.sub(r'"(\d),(\d+)"', r"\1\2", text), encoding="utf-8")
    query = f"SELECT * FROM read_csv('{plain.as_posix()}')"
    theirs = min(seconds(lambda: duckdb.sql(query).df()) for _ in range(3))
    ours = min(seconds(lambda: exports.read(plain)) for _ in range(3))
    assert ours < BOUND * max(theirs, 0.2), ours / theirs


def test_a_long_file_is_read_as_a_short_one_is(long_file):
    frame = exports.read(long_file)
    assert len(frame) == ROWS and frame.attrs["rows"] == {
        "in": ROWS + 1,
        "out": ROWS,
        "totals": 1,
        "set_aside": 0,
        "blank": 0,
    }
    assert frame.attrs["totals"][0]["row"] == ROWS + 2 and frame.attrs["totals"][0]["impressions"] == 1000
    assert frame["clicks"].sum() == sum(n % 9 for n in range(ROWS))
    assert frame["impressions"].sum() == sum(n % 9_000 + 1000 for n in range(ROWS))
    text = long_file.read_text(encoding="utf-8").splitlines()
    short = exports.read("\n".join(text[:2001]).encode())
    same = frame.iloc[:2000].drop(columns=["cost"]).compare(short.drop(columns=["cost"]))
    assert same.empty and short["cost"].tolist() == frame["cost"].tolist()[:2000]


ODD = [
    "\n",
    "合计,7\n",
    'a,"b\nc",d,e,1,2,3.00,4%\n',
    "x,y\n",
    "2025-05-01,a,b,c,1,2,inf,4%\n",
    "2025-05-01,a,b,c,1,two,3.00,4%\n",
    "日期,账户,推广计划,关键词,展现,点击,消费,点击率\n",
]


@pytest.mark.parametrize("damage", ODD)
def test_a_long_file_with_an_odd_row_loses_nothing(long_file, damage):
    text = long_file.read_text(encoding="utf-8")
    middle = text.index("\n", len(text) // 2) + 1
    frame = exports.read((text[:middle] + damage + text[middle:]).encode())
    rows = frame.attrs["rows"]
    assert rows["out"] == ROWS and rows["in"] == rows["out"] + rows["totals"] + rows[
        "set_aside"
    ] == ROWS + 1 + bool(damage.strip())
    told = {one["row"] for one in [*frame.attrs["totals"], *frame.attrs["set_aside"]]}
    assert text[:middle].count("\n") + 1 in told or not damage.strip()


def test_a_long_file_keeps_what_spreadsheets_do_to_its_numbers(long_file):
    text = long_file.read_text(encoding="utf-8").partition("合计")[0]
    frame = exports.read((text + '2025-05-01,a,b,c,7,"1,234",nan,5\n2025-05-01,a,b,c,7,,0.50,--\n').encode())
    assert len(frame) == ROWS + 2 and frame["clicks"].isna().sum() == 1 and frame["clicks"].iloc[-2] == 1234
    assert frame["cost"].isna().sum() == 1 and frame["cost"].iloc[-1] == 0.5


@pytest.mark.parametrize("head", ["报告\r范围\r\n", "报告\n\n", "\ufeff", ""])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_a_long_file_loses_no_row_below_its_preamble(long_file, head, encoding):
    text = head.replace("\ufeff", "" if encoding == "gb18030" else "\ufeff") + long_file.read_text(
        encoding="utf-8"
    )
    frame = exports.read(text.encode(encoding))
    assert frame.attrs["rows"]["in"] == ROWS + 1
    assert frame.attrs["totals"][0]["row"] == ROWS + 2 + head.count("\n") + head.count("\r范")


LINE, OLD = (
    "日期,推广计划,展现,点击," + "a" * 400_000,
    "日期,推广计划,展现,点击\r" + "2025-05-01,a,2,1\r" * 20_000,
)


@pytest.mark.parametrize(("text", "rows"), [(LINE, 0), (OLD, 20_000)], ids=["one line", "old line ends"])
def test_a_long_file_without_line_feeds_is_read(text, rows):
    assert len(exports.read(text.encode())) == rows


def test_a_column_of_more_texts_than_are_listed_is_read_all_the_same():
    lines = "".join(f"2025-05-01,plan {n},= word {n} ,2,1\n" for n in range(10_100))
    frame = exports.read(f"日期,推广计划,关键词,展现,点击\n{lines}合计,--,--,20200,10100\n".encode())
    assert frame["keyword"].tolist() == [f"word {n}" for n in range(10_100)]
    assert frame["campaign"].iloc[-1] == "plan 10099" and frame.attrs["rows"]["totals"] == 1


def test_a_table_of_very_many_columns_takes_no_longer_than_a_few_seconds():
    header = "日期,推广计划,展现,点击,消费," + ",".join(f"x {n}" for n in range(300))
    row = "2025-05-01,a,2,1,3.50," + ",".join("b" * 300)
    taken = seconds(lambda: exports.read(f"{header}\n{row}\n".encode()))
    assert taken < 8, taken


ROW = "2025-05-01,plan,2,1,3.50\n"


def test_rows_of_a_long_file_keep_their_numbers_below_a_header_of_two_lines():
    frame = exports.read(f'日期,推广计划,展现,点击,"消\n费"\n{ROW * 13_000}x,y\n'.encode())
    assert len(frame) == 13_000 and [one["row"] for one in frame.attrs["set_aside"]] == [13_003]


def test_a_long_file_whose_header_opens_a_quote_and_never_closes_it_is_refused():
    with pytest.raises(exports.ExportError, match="CSV is broken"):
        exports.read(f'日期,推广计划,展现,点击,消费,"\n{ROW * 13_000}'.encode())
