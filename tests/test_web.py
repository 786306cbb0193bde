"""Visits from hits, sources from referrers: numbers that can be checked in the head."""

import pandas as pd
import pytest

from mktlib.inputs import BadValue, ColumnMissing
from mktlib.web import clean_source, sessionise

SITES = {"baidu.com": "search", "tieba.baidu.com": "forum", "xhslink.com": "social"}


def hits(*rows, **columns):
    """Hits of (visitor, minutes after noon)."""
    table = pd.DataFrame(rows, columns=["visitor_id", "at"])
    table["at"] = pd.Timestamp("2025-05-12 12:00") + pd.to_timedelta(table["at"], unit="min")
    return table.assign(**columns)


def test_half_an_hour_of_silence_ends_a_visit():
    assert list(sessionise(hits((1, 0), (1, 29), (1, 59), (1, 70)))) == [1, 1, 2, 2]


def test_a_visit_has_no_greatest_length():
    assert sessionise(hits(*[(1, 20 * step) for step in range(10)])).nunique() == 1


def test_midnight_ends_nothing():
    assert sessionise(hits((1, 715), (1, 725))).nunique() == 1


def test_two_visitors_share_no_visit():
    assert list(sessionise(hits((1, 0), (2, 1), (1, 2)))) == [1, 2, 1]


def test_the_order_of_rows_does_not_matter_and_the_index_stays():
    table = hits((1, 0), (1, 10), (1, 60)).set_axis(["a", "b", "c"])
    shuffled = sessionise(table.loc[["c", "a", "b"]])
    assert shuffled.to_dict() == {"a": 1, "b": 1, "c": 2}
    assert sessionise(table).name == "visit"


def test_a_shorter_time_out_makes_more_visits():
    table = hits((1, 0), (1, 6), (1, 30))
    assert [sessionise(table, minutes).nunique() for minutes in (5, 20, 30)] == [3, 2, 1]


def test_another_site_starts_a_visit_if_asked_to():
    table = hits((1, 0), (1, 1), (1, 2), (1, 3), referrer=["", "shop.example", "coupons.example", None])
    assert sessionise(table).nunique() == 1
    assert list(sessionise(table, own_site="www.Shop.example")) == [1, 1, 2, 2]


def test_no_hits_have_no_visits():
    assert len(sessionise(hits())) == 0


def test_hits_that_cannot_be_placed_are_refused_in_words():
    with pytest.raises(ColumnMissing, match="visitor_id"):
        sessionise(hits((1, 0)).drop(columns="visitor_id"))
    with pytest.raises(ColumnMissing, match="referrer"):
        sessionise(hits((1, 0)), own_site="shop.example")
    with pytest.raises(BadValue, match="1 missing"):
        sessionise(hits((1, 0), (None, 1)))
    with pytest.raises(ValueError, match="more than 0"):
        sessionise(hits((1, 0)), minutes=0)


def test_one_site_has_one_source_however_it_is_spelled():
    spelled = pd.Series(["www.baidu.com", "WWW.BAIDU.COM", " m.baidu.com", "baidu.com"])
    assert set(clean_source(spelled, SITES)) == {"search"}


def test_the_longest_host_decides():
    assert list(clean_source(pd.Series(["tieba.baidu.com", "notbaidu.com"]), SITES)) == [
        "forum",
        "other site",
    ]


def test_a_missing_referrer_is_a_source_of_its_own_so_shares_add_up():
    found = clean_source(pd.Series(["", None, "xhslink.com", "who.example"], index=[5, 6, 7, 8]), SITES)
    assert found.to_dict() == {5: "no referrer", 6: "no referrer", 7: "social", 8: "other site"}
    assert found.value_counts(normalize=True).sum() == 1


def test_a_host_of_two_groups_is_refused():
    with pytest.raises(BadValue, match="two groups"):
        clean_source(pd.Series(["baidu.com"]), {"baidu.com": "search", "www.baidu.com": "social"})
