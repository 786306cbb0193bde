"""Credit: six rules, removal effects, Shapley values; against hand-made journeys and independent brute force."""

import itertools
import subprocess
import sys
from collections import Counter, defaultdict

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mktlib import attribution
from mktlib.attribution import AttributionError, claims, credit, markov, moves, shapley
from mktlib.inputs import ColumnMissing


def touches(*paths):
    """Rows of ("A B C", bought) or ("A B C", bought, weight): one touch a day, the last at noon of the tenth day."""
    rows = []
    for number, (path, bought, *weight) in enumerate(paths, 1):
        names = path.split()
        for touch, channel in enumerate(names, 1):
            at = pd.Timestamp("2025-03-10 12:00") - pd.Timedelta(days=len(names) - touch)
            rows.append((number, touch, channel, at, "click", number if bought else None, *(weight or [1])))
    columns = ["journey_id", "touch", "channel", "touch_at", "kind", "order_id", "weight"]
    return pd.DataFrame(rows, columns=columns).astype({"order_id": "Int64"})


ONE = touches(("A B B C direct", True))


@pytest.mark.parametrize(
    ("rule", "by", "expected"),
    [
        ("last", "touch", {"direct": 1}),
        ("first", "touch", {"A": 1}),
        ("linear", "touch", {"A": 0.2, "B": 0.4, "C": 0.2, "direct": 0.2}),
        ("linear", "channel", {"A": 0.25, "B": 0.25, "C": 0.25, "direct": 0.25}),
        ("position", "touch", {"A": 0.4, "B": 0.4 / 3, "C": 0.2 / 3, "direct": 0.4}),
        ("position", "channel", {"A": 0.4, "B": 0.1, "C": 0.1, "direct": 0.4}),
        ("time decay", "touch", {"A": 1 / 31, "B": 6 / 31, "C": 8 / 31, "direct": 16 / 31}),
        ("time decay", "channel", {"A": 1 / 29, "B": 4 / 29, "C": 8 / 29, "direct": 16 / 29}),
        ("last non-direct", "touch", {"C": 1}),
    ],
)
def test_the_six_rules_on_one_journey(rule, by, expected):
    found = credit(ONE, rule, by=by, half_life=1)
    assert {k: v for k, v in found.items() if v} == pytest.approx(expected)
    assert set(found.index) == {"A", "B", "C", "direct"}


def test_position_on_two_touches_is_half_and_half_and_one_takes_all():
    assert credit(touches(("A B", True)), "position").to_dict() == {"A": 0.5, "B": 0.5}  # not 0.4 and 0.4
    assert credit(touches(("A", True)), "position").to_dict() == {"A": 1}
    assert credit(touches(("A B A", True)), "position", by="channel").to_dict() == pytest.approx(
        {"A": 0.8, "B": 0.2}
    )


def test_a_window_cuts_what_came_too_early_and_still_gives_the_whole_order():
    assert credit(ONE, "first", window=1).to_dict() == {"C": 1, "A": 0, "B": 0, "direct": 0}
    assert credit(ONE, "linear", window=0)["direct"] == 1
    assert credit(ONE, "linear", window=4).to_dict() == credit(ONE, "linear").to_dict()


def test_a_journey_of_direct_touches_leaves_the_order_with_direct():
    assert credit(touches(("direct direct", True)), "last non-direct").to_dict() == {"direct": 1}


def test_claims_do_not_sum_to_the_orders():
    assert claims(ONE, click_days=30).to_dict() == {
        "A": 1,
        "B": 1,
        "C": 1,
        "direct": 1,
    }  # four claims, one order
    assert claims(ONE, click_days=1).sum() == 2
    views = ONE.assign(kind="view")
    assert claims(views, 30).sum() == 0 and claims(views, 30, view_days=2).sum() == 3


# --- Markov


def test_a_chain_that_can_be_solved_by_hand():
    """B alone sells 1 of 2, A then B 1 of 1: without B nothing is sold; without A the 2 of 3 that start at B buy 2 of 3."""
    found = markov(touches(("B", True), ("B", False), ("A B", True)))
    assert found["removal_effect"].to_dict() == pytest.approx({"B": 1, "A": 1 / 3})
    assert found["orders"].to_dict() == pytest.approx({"B": 1.5, "A": 0.5})


def test_without_null_journeys_every_channel_that_closes_seems_to_be_needed_alike():
    world = [("A", True), ("B", True)] + [("A", False)] * 8
    survivors = [path for path in world if path[1]]
    assert markov(touches(*survivors))["orders"].to_dict() == pytest.approx({"A": 1, "B": 1})
    long = [("A B", True), ("B", True), ("A", False), ("B", False), ("B A", False)]
    alone = [path for path in long if path[1]]
    assert abs(markov(touches(*long)).loc["A", "orders"] - markov(touches(*alone)).loc["A", "orders"]) > 0.05


def test_a_weight_of_three_is_the_journey_three_times():
    heavy = markov(touches(("A B", True), ("A", False, 3), ("B A", False, 2)))
    many = markov(touches(("A B", True), *[("A", False)] * 3, *[("B A", False)] * 2))
    pd.testing.assert_frame_equal(heavy, many)


def test_moves_are_counts_and_what_flows_in_flows_out():
    found = moves(touches(("A B", True), ("A A", False, 2)))
    assert found.loc["start"].to_dict() == {"A": 3, "B": 0, "order": 0, "nothing": 0}
    assert found.loc["A"].to_dict() == {"A": 2, "B": 1, "order": 0, "nothing": 2}
    assert found.loc["B"].to_dict() == {"A": 0, "B": 0, "order": 1, "nothing": 0}


path = st.tuples(
    st.lists(st.sampled_from("ABCD"), min_size=1, max_size=5).map(" ".join), st.booleans(), st.integers(1, 3)
)
small_worlds = st.lists(path, min_size=1, max_size=9).filter(
    lambda paths: any(bought for _, bought, _ in paths)
)


def chance_to_order(paths, removed=None):
    """Chance of an order by following the mass from place to place until none is left: no matrix, no solving."""
    going = defaultdict(Counter)
    for text, bought, weight in paths:
        places = ["^", *text.split(), "order" if bought else "nothing"]
        for here, there in itertools.pairwise(places):
            going[here][there] += weight
    mass, sold = {"^": 1.0}, 0.0
    while sum(mass.values()) > 1e-15:
        after = Counter()
        for here, amount in mass.items():
            total = sum(going[here].values())
            for there, times in going[here].items():
                after[there] += amount * times / total
        sold += after.pop("order", 0.0)
        mass = {place: amount for place, amount in after.items() if place not in ("nothing", removed)}
    return sold


@settings(max_examples=40)
@given(small_worlds)
def test_removal_effects_equal_the_mass_that_is_followed_step_by_step(paths):
    found = markov(touches(*paths))
    whole = chance_to_order(paths)
    orders = sum(weight for _, bought, weight in paths if bought)
    assert whole == pytest.approx(orders / sum(weight for *_, weight in paths), abs=1e-9)
    effect = {one: 1 - chance_to_order(paths, one) / whole for one in found.index}
    assert found["removal_effect"].to_dict() == pytest.approx(effect, abs=1e-9)
    assert found["orders"].to_dict() == pytest.approx(
        {one: orders * value / sum(effect.values()) for one, value in effect.items()}, abs=1e-9
    )
    assert abs(found["orders"].sum() - orders) < 1e-9


@settings(max_examples=4, deadline=None)
@given(small_worlds, st.randoms(use_true_random=False))
def test_rules_chain_and_shapley_give_away_every_order_once(paths, random):
    world = touches(*paths)
    mixed = world.iloc[random.sample(range(len(world)), len(world))]
    orders = sum(weight for _, bought, weight in paths if bought)
    for rule, by, window in itertools.product(attribution.RULES, ["touch", "channel"], [None, 2]):
        assert abs(credit(mixed, rule, by=by, window=window).sum() - orders) < 1e-9, (rule, by, window)
    for worth in ("orders", "rate"):
        assert abs(shapley(mixed, worth).sum() - orders) < 1e-9
    pd.testing.assert_frame_equal(markov(mixed).sort_index(), markov(world).sort_index())


# --- Shapley


def by_permutations(paths, worth):
    """Shapley values from all orders of arrival, v(S) counted from the journeys each time."""
    names = sorted({one for text, *_ in paths for one in text.split()})

    def value(members):
        inside = [(bought, weight) for text, bought, weight in paths if set(text.split()) <= members]
        orders = sum(weight for bought, weight in inside if bought)
        journeys = sum(weight for _, weight in inside)
        return orders if worth == "orders" else orders / journeys if journeys else 0.0

    orders = sum(weight for _, bought, weight in paths if bought)
    total, ways = Counter(), list(itertools.permutations(names))
    for way in ways:
        for place, one in enumerate(way):
            total[one] += value(set(way[: place + 1])) - value(set(way[:place]))
    return {one: total[one] / len(ways) * orders / value(set(names)) for one in names}


@settings(max_examples=25)
@given(small_worlds, st.sampled_from(["orders", "rate"]))
def test_shapley_values_equal_the_mean_over_all_orders_of_arrival(paths, worth):
    found = shapley(touches(*paths), worth).to_dict()
    right = by_permutations(paths, worth)
    assert {one: found.get(one, 0) for one in right} == pytest.approx(right, abs=1e-9)


@settings(max_examples=15)
@given(small_worlds)
def test_with_orders_as_worth_each_order_is_split_equally_over_its_channels(paths):
    found, closed = shapley(touches(*paths)), credit(touches(*paths), "linear", by="channel")
    assert found[closed.index].to_dict() == pytest.approx(closed.to_dict(), abs=1e-9)


def test_another_worth_is_another_answer():
    world = touches(("A", True), ("B", True), *[("A", False)] * 7)
    assert shapley(world, "orders").to_dict() == pytest.approx({"A": 1, "B": 1})
    by_rate = shapley(world, "rate")  # v(A) 1/8, v(B) 1, v(AB) 2/9
    assert by_rate["A"] == pytest.approx(9 * (1 / 8 + 2 / 9 - 1) / 2) and by_rate["A"] < 0
    assert by_rate["B"] == pytest.approx(9 * (1 + 2 / 9 - 1 / 8) / 2)


# --- tables, files, relations; errors


def test_frame_file_and_relation_give_the_same(tmp_path):
    world = touches(("A B", True), ("B", False, 12), ("C A", True), ("A", False, 12))
    file = tmp_path / "journeys of 三月.parquet"
    duckdb.from_df(world).write_parquet(str(file))
    relation = duckdb.connect().read_parquet(str(file))
    for function in (markov, shapley, moves, lambda t: credit(t, "time decay"), lambda t: claims(t, 7)):
        here = function(world)
        for other in (file, str(file), relation):
            there = function(other)
            pd.testing.assert_index_equal(here.index, there.index, exact=False)
            np.testing.assert_allclose(here.to_numpy(float), there.to_numpy(float))


def test_errors_name_the_trouble_and_the_remedy():
    with pytest.raises(ColumnMissing, match="channel"):
        markov(ONE.rename(columns={"channel": "chanel"}))
    with pytest.raises(AttributionError, match="no rule 'lst'; did you mean 'last'"):
        credit(ONE, "lst")
    with pytest.raises(AttributionError, match="'touch' or by 'channel'"):
        credit(ONE, "last", by="visit")
    with pytest.raises(AttributionError, match="half_life is 0"):
        credit(ONE, "time decay", half_life=0)
    with pytest.raises(AttributionError, match="window is -1"):
        credit(ONE, "last", window=-1)
    for function in (markov, shapley, lambda t: credit(t, "last"), lambda t: claims(t, 7)):
        with pytest.raises(AttributionError, match="No journey ends in an order"):
            function(touches(("A", False)))
    with pytest.raises(AttributionError, match="same number twice in a journey"):
        markov(ONE.assign(touch=1))
    with pytest.raises(AttributionError, match="missing"):
        markov(ONE.assign(channel=[None, "B", "B", "C", "direct"]))
    with pytest.raises(AttributionError, match="negative"):
        markov(ONE.assign(weight=-1))
    with pytest.raises(AttributionError, match="called 'order'"):
        markov(ONE.replace({"channel": {"A": "order"}}))
    with pytest.raises(AttributionError, match="worth is 'sales'"):
        shapley(ONE, "sales")
    with pytest.raises(AttributionError, match="17 channels"):
        shapley(touches((" ".join("ABCDEFGHIJKLMNOPQ"), True)))
    with pytest.raises(AttributionError, match="no touch"):
        markov(ONE.iloc[:0])


# --- size

JOURNEYS = 100_000  # a tenth of the million that the toolbox promises in half a second

MEASURE = """
import pathlib, sys, time
from mktlib.attribution import markov, shapley
path = sys.argv[1]
markov(path), shapley(path)
start = time.process_time()
credits = markov(path)["orders"].sum(), shapley(path).sum()
seconds = time.process_time() - start
status = pathlib.Path("/proc/self/status")  # a child's ru_maxrss begins with its parent's
lines = status.read_text(encoding="utf-8").splitlines() if status.exists() else []
kilobytes = next((int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)
print(seconds, kilobytes / 1024, *credits)
"""


def write_journeys(file, journeys):
    """Journeys of 10 channels and about three touches; 6 of 100 end in an order, the others stand for 12."""
    duckdb.connect().execute(f"""
        COPY (
            WITH journey AS (
                SELECT i AS journey_id, least(1 + floor(-2.4 * ln((hash(i) % 9973 + 1) / 9974))::INTEGER, 15) AS length,
                    hash(i, 1) % 100 < 6 AS bought FROM range({journeys}) t(i)
            ), touch AS (SELECT journey_id, unnest(range(1, length + 1)) AS touch, bought FROM journey)
            SELECT journey_id, touch, 'channel ' || (hash(journey_id, touch) % 10) AS channel,
                CASE WHEN bought THEN journey_id END AS order_id, CASE WHEN bought THEN 1 ELSE 12 END AS weight
            FROM touch ORDER BY journey_id, touch
        ) TO '{file}' (FORMAT parquet)""")  # fmt: skip


def test_many_journeys_from_a_file_need_little_time_and_memory(tmp_path):
    file = tmp_path / "journeys.parquet"
    write_journeys(file.as_posix(), JOURNEYS)
    bought = duckdb.sql(f"SELECT count(DISTINCT order_id) FROM '{file.as_posix()}'").fetchall()[0][0]
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, str(file)], capture_output=True, text=True, check=True
    )
    seconds, megabytes, by_chain, by_shapley = map(float, run.stdout.split())
    assert abs(by_chain - bought) < 1e-9 and abs(by_shapley - bought) < 1e-9
    assert seconds < 0.5  # both, of the processor; a tenth of the promise takes about a tenth of its time
    assert megabytes < 300
