"""Customers and credit at work size: the same answer from frame, file, many files and relation; damaged tables are refused in words."""

import math

import duckdb
import numpy as np
import pandas as pd
import pytest

from mktlib.attribution import AttributionError, claims, credit, markov, moves, shapley
from mktlib.customers import rfm
from mktlib.errors import Told
from mktlib.inputs import BadValue, ColumnMissing
from mktlib.lifetime import LifetimeError, life_in_steps, recency_frequency

DAY = "2026-01-01"


def orders(rows=3000, people=400, seed=4):
    """Orders of three years in no order, of customers without a gap in their numbers; some have no customer."""
    rng = np.random.default_rng(seed)
    at = pd.Timestamp("2023-03-01") + pd.to_timedelta(rng.integers(0, 1100 * 86_400, rows), unit="s")
    who = pd.Series(rng.integers(1, people, rows), dtype="Int64").mask(pd.Series(rng.random(rows) < 0.01))
    status = rng.choice(["paid", "paid", "paid", "unpaid"], rows)
    return pd.DataFrame(
        {"customer_id": who, "ordered_at": at, "status": status, "amount": rng.integers(1, 9**5, rows) / 100}
    )


def touches(journeys=600, seed=2):
    """Touches of journeys of one to six touches in order; a third ends in an order, the others stand for three."""
    rng = np.random.default_rng(seed)
    size = rng.integers(1, 7, journeys)
    number = np.repeat(np.arange(1, journeys + 1), size)
    touch = np.arange(len(number)) - np.repeat(size.cumsum() - size, size) + 1
    hours = rng.integers(1, 200, len(number))
    bought = number % 3 == 0
    return pd.DataFrame({
        "journey_id": number, "touch": touch, "channel": rng.choice(["SEM", "mail", "direct", "O'Neill", "群"], len(number)),
        "touch_at": pd.Timestamp("2025-03-01") + pd.to_timedelta(pd.Series(hours).groupby(number).cumsum(), unit="h"),
        "kind": rng.choice(["click", "view"], len(number)), "order_id": pd.Series(number + 10**9, dtype="Int64").where(bought),
        "weight": np.where(bought, 1, 3),
    })  # fmt: skip


def as_other_tables(table, folder):
    """The same table as Parquet, CSV, three Parquet files by a star, a DuckDB relation and rows in another order."""
    whole, text, parts = folder / "whole of 三月.parquet", folder / "whole.csv", folder / "part"
    duckdb.from_df(table).write_parquet(str(whole))
    table.to_csv(text, index=False, encoding="utf-8")
    parts.mkdir()
    for i, rows in enumerate(np.array_split(np.arange(len(table)), 3)):
        duckdb.from_df(table.iloc[rows]).write_parquet(str(parts / f"p{i}.parquet"))
    relation = duckdb.connect().read_parquet(str(whole)).filter("true")
    mixed = table.sample(frac=1, random_state=1)
    return [whole, str(whole), text, str(parts / "p*.parquet"), relation, mixed]


ORDER_FUNCTIONS = [
    lambda table: rfm(table, DAY),
    lambda table: rfm(table, "2025-07-01", days=5000),
    lambda table: recency_frequency(table, DAY),
    lambda table: life_in_steps(table, DAY).set_index("customer_id"),
]


@pytest.mark.parametrize("count", ORDER_FUNCTIONS)
@pytest.mark.parametrize("ids", ["without a gap", "far apart", "text"])
def test_orders_give_the_same_from_frame_files_and_relation(tmp_path, count, ids):
    table = orders()
    if ids == "far apart":
        table["customer_id"] = table["customer_id"] * 10**13
    if ids == "text":
        table["customer_id"] = "c" + table["customer_id"].astype("string")
    here = count(table)
    for other in as_other_tables(table, tmp_path):
        pd.testing.assert_frame_equal(count(other), here, check_exact=True, check_dtype=False)


CREDITS = {
    "moves": moves,
    "markov": markov,
    "shapley of orders": shapley,
    "shapley of the rate": lambda table: shapley(table, "rate"),
    "last": lambda table: credit(table, "last"),
    "first in three days": lambda table: credit(table, "first", window=3),
    "linear by channel": lambda table: credit(table, "linear", by="channel"),
    "position by channel": lambda table: credit(table, "position", by="channel", window=10),
    "decay": lambda table: credit(table, "time decay", half_life=2),
    "non-direct": lambda table: credit(table, "last non-direct"),
    "claims": lambda table: claims(table, 7, 1),
}


SOME = {name: CREDITS[name] for name in ("moves", "shapley of orders", "position by channel", "claims")}


@pytest.fixture(scope="module")
def other_journeys(tmp_path_factory):
    return as_other_tables(touches(), tmp_path_factory.mktemp("journeys"))


@pytest.mark.parametrize("name", CREDITS)
def test_journeys_give_the_same_from_frame_files_and_relation(other_journeys, name):
    here = CREDITS[name](touches())
    for other in other_journeys[0 if name in SOME else -3 :]:
        there = CREDITS[name](other)
        assert list(there.index) == list(here.index)
        np.testing.assert_allclose(there.to_numpy(float), here.to_numpy(float), rtol=0, atol=1e-9)


def test_text_ids_of_journeys_and_empty_order_numbers_are_no_orders():
    table = touches()
    named = table.assign(
        journey_id="j" + table["journey_id"].astype(str).str.zfill(5),
        order_id=table["order_id"].astype("string").fillna(""),
    )
    for function in SOME.values():
        np.testing.assert_allclose(function(named), function(table), rtol=0, atol=1e-9)


def test_a_channel_that_only_late_rows_have_is_counted(tmp_path):
    table = pd.DataFrame({"journey_id": np.arange(150_001), "touch": 1, "channel": "SEM", "order_id": 1})
    table.loc[150_000, "channel"] = "late"
    duckdb.from_df(table).write_parquet(str(tmp_path / "j.parquet"))
    assert markov(tmp_path / "j.parquet")["orders"].to_dict() == pytest.approx({"SEM": 150_000, "late": 1})


def test_sums_are_exact_in_any_order():
    table = pd.DataFrame({"customer_id": 1, "ordered_at": pd.Timestamp("2025-05-05"), "status": "paid"}, index=range(5000))  # fmt: skip
    table["amount"] = np.tile([0.1, 0.7, 1e7 / 3, -33.3, 1e-7], 1000)
    for rows in (table, table.sample(frac=1, random_state=0)):
        assert rfm(rows, DAY).loc[1, "spend"] == math.fsum(table["amount"])


def test_one_customer_and_one_journey_with_a_million_rows_are_counted_right(tmp_path):
    n = 1_000_000
    duckdb.sql(f"""SELECT 7 AS customer_id, TIMESTAMP '2025-01-01' + INTERVAL 30 SECOND * i AS ordered_at, 'paid' AS status, 0.1 AS amount
        FROM range({n}) t(i)""").write_parquet(str(tmp_path / "o.parquet"))  # fmt: skip
    found = rfm(tmp_path / "o.parquet", DAY).loc[7]
    assert found["orders"] == n and found["spend"] == pytest.approx(n / 10, abs=1e-9)
    assert recency_frequency(tmp_path / "o.parquet", DAY).loc[7, "frequency"] == 347
    duckdb.sql(f"""SELECT 1 AS journey_id, i AS touch, if(i % 4 = 0, 'a', 'b') AS channel, 5 AS order_id,
        TIMESTAMP '2025-01-01' + INTERVAL 1 SECOND * i AS touch_at FROM range({n}) t(i)""").write_parquet(
        str(tmp_path / "j.parquet")
    )
    assert credit(tmp_path / "j.parquet", "linear").to_dict() == pytest.approx({"b": 0.75, "a": 0.25})
    assert moves(tmp_path / "j.parquet").loc["a", "b"] == n / 4


# ---------------------------------------------------------------- damaged orders


def damaged(table, column, value, row=5):
    table = table.assign(**{column: table[column].astype(object)})
    table.loc[row, column] = value
    return table


@pytest.mark.parametrize("count", ORDER_FUNCTIONS)
def test_a_missing_column_is_named(count):
    with pytest.raises(ColumnMissing, match="'status'"):
        count(orders().rename(columns={"status": "state"}))


@pytest.mark.parametrize("count", ORDER_FUNCTIONS[::2])
def test_text_among_amounts_is_named_with_its_row(tmp_path, count):
    table = damaged(orders().assign(customer_id=1), "amount", "12,50 元")
    with pytest.raises(BadValue, match="'amount': '12,50 元' is no number at index 5"):
        count(table)
    table.to_csv(tmp_path / "o.csv", index=False, encoding="utf-8")
    with pytest.raises(BadValue, match="'amount': '12,50 元' is no number at row 6"):
        count(tmp_path / "o.csv")


def test_a_paid_order_without_amount_or_time_is_named_and_an_unpaid_one_does_no_harm(tmp_path):
    good = orders().assign(customer_id=1, status="paid", ordered_at=pd.Timestamp("2025-06-01"))
    for value in (np.nan, np.inf):
        with pytest.raises(BadValue, match=r"'amount'.* at index 5\."):
            rfm(good.assign(amount=good["amount"].where(good.index != 5, value)), DAY)
    gap = good.assign(ordered_at=good["ordered_at"].where(good.index != 5))
    duckdb.from_df(gap).write_parquet(str(tmp_path / "gap.parquet"))
    for count in ORDER_FUNCTIONS:
        with pytest.raises(BadValue, match=r"'ordered_at'.* without a time at index 5"):
            count(gap)
        with pytest.raises(BadValue, match=r"'ordered_at'.* without a time at row 6"):
            count(tmp_path / "gap.parquet")
    unpaid = gap.assign(status=gap["status"].where(gap.index != 5, "unpaid"))
    assert rfm(unpaid, DAY).loc[1, "orders"] == len(good) - 1


@pytest.mark.parametrize("count", ORDER_FUNCTIONS)
def test_days_of_a_time_zone_are_not_guessed(tmp_path, count):
    zoned = orders().assign(ordered_at=lambda t: t["ordered_at"].dt.tz_localize("Asia/Shanghai"))
    duckdb.from_df(zoned).write_parquet(str(tmp_path / "zoned.parquet"))
    zoned.to_csv(tmp_path / "zoned.csv", index=False, encoding="utf-8")
    for table in (zoned, tmp_path / "zoned.parquet", tmp_path / "zoned.csv"):
        with pytest.raises(BadValue, match=r"time zone.*tz_convert"):
            count(table)


def test_text_that_is_no_time_is_named_and_text_that_is_one_is_read():
    table = orders()
    written = table.assign(ordered_at=table["ordered_at"].astype(str))
    for count in ORDER_FUNCTIONS:
        pd.testing.assert_frame_equal(count(written), count(table))
        with pytest.raises(BadValue, match="'ordered_at': '31/12/2025' is no time at index 5"):
            count(damaged(written, "ordered_at", "31/12/2025"))


def test_without_orders_there_is_nobody(tmp_path):
    orders().iloc[:0].to_csv(tmp_path / "empty.csv", index=False, encoding="utf-8")
    for table in (orders().iloc[:0], tmp_path / "empty.csv"):
        assert list(rfm(table, DAY).columns) == ["recency_days", "orders", "spend"] and rfm(table, DAY).empty
        for count in ORDER_FUNCTIONS[2:]:
            with pytest.raises(LifetimeError, match="No paid order"):
                count(table)
    (tmp_path / "nothing.csv").write_text("", encoding="utf-8")
    with pytest.raises((Told, ValueError)):
        rfm(tmp_path / "nothing.csv", DAY)


def test_an_order_that_stands_there_twice_counts_twice():
    table = orders()
    twice = pd.concat([table, table], ignore_index=True)
    assert (rfm(twice, DAY)["orders"] == 2 * rfm(table, DAY)["orders"]).all()
    once, again = recency_frequency(table, DAY), recency_frequency(twice, DAY)
    assert again["frequency"].equals(once["frequency"])  # days with an order
    assert again["monetary_value"].equals(2 * once["monetary_value"])


# ---------------------------------------------------------------- damaged journeys


def changed(column, value, row=6):
    return damaged(touches(), column, value, row)


DAMAGES = {
    "a touch without a number": (changed("touch", None), "row 7 .* touch"),
    "a touch without a channel": (changed("channel", None), "row 7 .* channel"),
    "an empty channel": (changed("channel", ""), "row 7 .* channel"),
    "a negative weight": (changed("weight", -1), "row 7 .* weight"),
    "no weight": (changed("weight", None), "row 7 .* weight"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damaged_touches_are_named_with_their_row(tmp_path, name):
    table, words = DAMAGES[name]
    table.to_csv(tmp_path / "j.csv", index=False, encoding="utf-8")
    for source in (table, tmp_path / "j.csv"):
        with pytest.raises(AttributionError, match=words):
            moves(source)


def bought():
    """Touches of journeys with an order."""
    return touches().query("order_id.notna()").reset_index(drop=True)


def test_credit_refuses_what_it_cannot_place():
    table = bought().sort_values(["journey_id", "touch"], ignore_index=True)
    long = table.index[table["journey_id"].eq(table["journey_id"].shift())][
        0
    ]  # the second touch of a journey
    times = table.assign(touch_at=table["touch_at"].where(table.index != long))
    with pytest.raises(AttributionError, match=rf"row {long + 1} .*touch_at is missing"):
        credit(times, "last")
    back = times.assign(touch_at=times["touch_at"].fillna(pd.Timestamp("2024-01-01")))
    with pytest.raises(AttributionError, match="before that of the touch it follows"):
        credit(back, "position")
    doubled = pd.concat([table, table.iloc[[long]]], ignore_index=True)
    for function in (lambda t: credit(t, "first"), lambda t: claims(t, 7), moves):
        with pytest.raises(AttributionError, match="same number twice in a journey"):
            function(doubled)
    with pytest.raises(AttributionError, match=rf"row {long + 1} .*kind is 'Klick'"):
        claims(damaged(table, "kind", "Klick", long), 7)


def test_an_order_number_on_the_last_touch_alone_is_refused():
    table = touches()
    last = ~table["journey_id"].duplicated(keep="last")
    for function in SOME.values():
        with pytest.raises(AttributionError, match="has its order on some touches only"):
            function(table.assign(order_id=table["order_id"].where(last)))


def test_weights_of_a_journey_have_to_agree():
    table = touches()
    odd = table.assign(weight=table["weight"] + (table["touch"] == 2))
    for name in ("moves", "shapley of orders", "shapley of the rate", "linear by channel", "claims"):
        with pytest.raises(AttributionError, match="several weights"):
            CREDITS[name](odd)


def test_numbers_of_touches_as_text_are_refused_for_10_comes_before_9():
    with pytest.raises(BadValue, match="'touch': '1' is text"):
        markov(touches().assign(touch=lambda t: t["touch"].astype(str)))


def test_time_zones_of_touches_are_instants(tmp_path):
    table = touches()
    zoned = table.assign(touch_at=table["touch_at"].dt.tz_localize("UTC").dt.tz_convert("Asia/Shanghai"))
    duckdb.from_df(zoned).write_parquet(str(tmp_path / "z.parquet"))
    for name in ("decay", "position by channel", "claims"):
        for source in (zoned, tmp_path / "z.parquet"):
            np.testing.assert_allclose(CREDITS[name](source), CREDITS[name](table), atol=1e-9)


def test_empty_tables_of_journeys_are_said_so(tmp_path):
    touches().iloc[:0].to_csv(tmp_path / "empty.csv", index=False, encoding="utf-8")
    for source in (touches().iloc[:0], tmp_path / "empty.csv"):
        for name, function in SOME.items():
            words = "no touch" if name in ("moves", "shapley of orders") else "No journey ends"
            with pytest.raises(AttributionError, match=words):
                function(source)


@pytest.mark.parametrize("kind", ["TINYINT", "SMALLINT", "HUGEINT"])
def test_ids_of_a_narrow_or_very_wide_type_are_told_apart(tmp_path, kind):
    path = (tmp_path / "orders.parquet").as_posix()
    row = "TIMESTAMP '2025-01-01' AS ordered_at, 'paid' AS status, 1.0 AS amount"
    duckdb.sql(f"COPY (SELECT unnest([-128, 127])::{kind} AS customer_id, {row}) TO '{path}'")
    found = rfm(path, "2025-02-01")
    assert found.index.tolist() == [-128, 127] and found["orders"].tolist() == [1, 1]
