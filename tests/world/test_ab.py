"""A/B tests: what holds, and what seems to hold."""

import numpy as np
import pandas as pd
import pytest

from tests.world.conftest import World


@pytest.fixture
def w(world_tables):
    return world_tables


def part(w, test):
    log = w["ab_tests"]
    return log[log["test"] == test]


def rates(log):
    """Visitors and share converted by arm."""
    found = log.groupby("arm")["converted"].agg(["size", "mean"])
    return found["size"], found["mean"]


def z_test(log):
    """Relative lift, its 95 % interval (log scale), pooled z."""
    size, rate = rates(log)
    pooled = log["converted"].mean()
    z = (rate["B"] - rate["A"]) / np.sqrt(pooled * (1 - pooled) * (1 / size).sum())
    spread = np.sqrt(((1 - rate) / (rate * size)).sum())
    lift = rate["B"] / rate["A"]
    return lift - 1, (lift * np.exp(-1.96 * spread) - 1, lift * np.exp(1.96 * spread) - 1), z


# Agreement


def test_everybody_in_a_test_was_there_on_that_day_from_that_source(w):
    log, visits = w["ab_tests"], w["web_sessions"]
    visits = visits[(visits["started_at"] >= "2025-01-01") & visits["visitor_id"].isin(log["visitor_id"])]
    visits = visits.assign(first_seen_on=visits["started_at"].dt.normalize())
    columns = ["visitor_id", "first_seen_on", "source", "device"]
    found = log.merge(visits[columns], on=columns[:2], suffixes=("", "_there"))
    found = found[(found["source"] == found["source_there"]) & (found["device"] == found["device_there"])]
    assert len(found.drop_duplicates(["test", "visitor_id"])) == len(log)


def test_days_and_visits_are_those_of_the_plan(w):
    plan, log = w["ab_test_plan"].set_index("test"), w["ab_tests"]
    days = log.groupby("test")["first_seen_on"].agg(["min", "max"]).reindex(plan.index)
    assert (days["min"] >= plan["starts_on"]).all() and (days["max"] <= plan["ends_on"]).all()
    assert (log["converted"] == (log["conversions"] > 0)).all() and (
        log["conversions"] <= log["visits"]
    ).all()
    test, row = "landing_page", plan.loc["landing_page"]
    visits = w["web_sessions"]
    inside = visits["started_at"].between(row["starts_on"], row["ends_on"] + pd.Timedelta(seconds=86_399))
    mine = visits[inside & visits["source"].isin(["SEM", "feed ads"])]
    count = mine.groupby("visitor_id").size()
    found = part(w, test).set_index("visitor_id")["visits"]
    assert (found == count.reindex(found.index)).all() and len(found) == len(count)


def test_buyers_count_as_converted(w):
    visits = w["web_sessions"]
    for test in ("landing_page", "aa_check", "till_badge"):
        row = w["ab_test_plan"].set_index("test").loc[test]
        inside = visits["started_at"].between(row["starts_on"], row["ends_on"] + pd.Timedelta(seconds=86_399))
        inside &= visits["source"].isin(["SEM", "feed ads"]) | (test != "landing_page")
        buyers = visits.loc[inside & visits["order_id"].notna(), "visitor_id"]
        log = part(w, test)
        assert log.loc[log["visitor_id"].isin(buyers), "converted"].all(), test


# T11


def test_t11_landing_page_b_wins_on_search_by_twenty_per_cent(w):
    log = part(w, "landing_page")
    lift, interval, z = z_test(log[log["source"] == "SEM"])
    assert z >= 3.5 and 0.15 < lift < 0.26 and interval[0] < 0.2 < interval[1]
    assert lift == pytest.approx(w.truth["T11"]["found"]["SEM"]["lift"], abs=1e-4)


def test_t11_it_does_not_on_feed_and_the_total_tells_neither(w):
    log = part(w, "landing_page")
    _, interval, z = z_test(log[log["source"] == "feed ads"])
    assert interval[0] < 0.02 < interval[1] < 0.2 and abs(z) < 1.96
    total = z_test(log)
    assert total[2] > 2 and 0.05 < total[0] < 0.15  # tempting: a lift for all channels


def test_t11_one_of_six_tests_lost_people_of_one_arm(w):
    low = {}
    for test in w["ab_test_plan"]["test"]:
        size, _ = rates(part(w, test))
        low[test] = (size["A"] - size["B"]) ** 2 / size.sum()
    assert low.pop("till_badge") > 50 and max(low.values()) < 6.7
    log = part(w, "till_badge")
    size, _ = rates(log)
    assert size["A"] / size.sum() == pytest.approx(0.521, abs=0.002) and 36_000 < size.sum() < 44_000
    assert z_test(log)[2] > 2  # tempting: B wins
    share = log.groupby("device")["arm"].apply(lambda arm: (arm == "A").mean())
    assert share["android"] > 0.52 and share.drop("android").max() < 0.515


# J08, M04


def test_the_button_seems_to_win_and_may_be_luck(w):
    log = part(w, "button_colour")
    size, _ = rates(log)
    lift, interval, z = z_test(log)
    assert 900 < size["B"] < 1300 and lift > 0.1 and abs(z) < 1.3 and interval[0] < 0 < interval[1]
    assert w.truth["ab"]["cause"]["true_lift"]["button_colour"] == 0


def test_visits_of_one_person_are_not_independent(w):
    log = part(w, "member_banner")
    sums = log.groupby("arm")[["conversions", "visits"]].sum()
    rate, pooled = sums["conversions"] / sums["visits"], sums["conversions"].sum() / sums["visits"].sum()
    by_visit = (rate["B"] - rate["A"]) / np.sqrt(pooled * (1 - pooled) * (1 / sums["visits"]).sum())
    spread = 0
    for arm, people in log.groupby("arm"):
        left = people["conversions"] - rate[arm] * people["visits"]
        spread += left.var() / len(people) / people["visits"].mean() ** 2
    by_person = (rate["B"] - rate["A"]) / np.sqrt(spread)
    assert by_visit > 2 and by_person < 1.8
    assert by_person == pytest.approx(w.truth["ab"]["found"]["member_banner"]["z_by_person"], rel=0.02)


def test_what_is_new_wears_off(w):
    log = part(w, "home_stream")
    week = (log["first_seen_on"] - log["first_seen_on"].min()).dt.days // 7
    lifts = [z_test(log[week == number]) for number in range(4)]
    assert lifts[0][2] > 4 and lifts[0][0] > 0.3 and lifts[3][0] < 0.12 and abs(lifts[3][2]) < 1.96
    assert z_test(log)[2] > 2.5  # tempting: the mean of four weeks


def test_an_a_a_test_finds_nothing(w):
    assert abs(z_test(part(w, "aa_check"))[2]) < 1.5


def test_a_small_world_has_all_six_tests(small_world):
    w = World(small_world)
    assert w["ab_tests"].groupby("test")["arm"].nunique().eq(2).sum() == 6
