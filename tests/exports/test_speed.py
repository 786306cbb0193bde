"""A long file takes about as long as DuckDB's own reader needs for it."""

import time

import duckdb
import pytest

from mktlib import exports

ROWS = 120_000
BOUND = 4.0  # 1.5 is the aim; with a million rows 1.1 with totals at the end, 2.5 for a plain file


@pytest.fixture(scope="module")
def long_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("long") / "long.csv"
    lines = [
        f'2025-05-{n % 31 + 1:02d},heyu,plan {n % 40},word {n % 20_000},"{n % 9_000 + 1000:,}",{n % 9},{n % 5000 / 100:.2f},{n % 99}.25%'
        for n in range(ROWS)
    ]
    total = '合计,--,--,--,"1,000",2,3.00,0.20%'
    path.write_text(
        "日期,账户,推广计划,关键词,展现,点击,消费,点击率\n" + "\n".join([*lines, total]) + "\n",
        encoding="utf-8",
    )
    return path


def seconds(work):
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def test_a_long_file_takes_not_much_longer_than_duckdb_needs(long_file):
    query = f"SELECT * FROM read_csv('{long_file.as_posix()}', all_varchar=true)"
    plain = min(seconds(lambda: duckdb.sql(query).df()) for _ in range(3))
    ours = min(seconds(lambda: exports.read(long_file)) for _ in range(3))
    assert ours < BOUND * max(plain, 0.2)


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


@pytest.mark.parametrize("damage", ["\n", "合计,7\n", 'a,"b\nc",d,e,1,2,3.00,4%\n', "x,y\n"])
def test_a_long_file_with_an_odd_row_loses_nothing(long_file, damage):
    text = long_file.read_text(encoding="utf-8")
    middle = text.index("\n", len(text) // 2) + 1
    frame = exports.read((text[:middle] + damage + text[middle:]).encode())
    rows = frame.attrs["rows"]
    assert rows["out"] == ROWS and rows["in"] == rows["out"] + rows["totals"] + rows[
        "set_aside"
    ] == ROWS + 1 + bool(damage.strip())
