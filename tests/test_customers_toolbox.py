"""Toolbox of the customer base: equals stay together, later is not known, a share names its denominator."""

import pandas as pd
import pytest

from mktlib.customers import (
    golden_record,
    linked,
    mid_rank_quintiles,
    migration,
    pair_scores,
    rfm,
    score,
    tiers,
    value_per_cell,
)
from mktlib.inputs import BadValue, ColumnMissing


def five_contacts():
    """10 and 11 share a WeChat, 11 and 12 an e-mail, 13 and 14 a phone that is empty in 10 and 12."""
    return pd.DataFrame(
        {
            "wechat": ["wx1", "wx1", "", "", ""],
            "mail": ["", "a", "a", "", None],
            "phone": ["", "1", "", "2", "2"],
            "created_on": pd.to_datetime(
                ["2025-03-01", "2025-01-01", "2025-02-01", "2025-01-01", "2025-02-01"]
            ),
        },
        index=[10, 11, 12, 13, 14],
    )


# Who is one person


def test_a_third_contact_joins_two_and_an_empty_key_joins_nobody():
    person = linked(five_contacts(), ["wechat", "mail"])
    assert person[10] == person[11] == person[12]
    assert person.nunique() == 3
    assert linked(five_contacts(), "phone").nunique() == 4


def test_a_long_chain_is_one_person_and_people_are_numbered_from_0():
    chain = pd.DataFrame(
        {"a": [f"a{n // 2}" for n in range(40)], "b": [f"b{(n + 1) // 2}" for n in range(40)]}
    )
    assert linked(chain.iloc[::-1], ["a", "b"]).nunique() == 1
    assert list(linked(chain, "a"))[:4] == [0, 0, 1, 1]


def test_without_keys_or_contacts_nobody_is_joined():
    assert linked(five_contacts(), []).nunique() == 5
    assert len(linked(five_contacts().iloc[:0], "phone")) == 0
    with pytest.raises(ColumnMissing, match="'phone'"):
        linked(five_contacts(), "phon")


def test_the_golden_record_keeps_the_newest_value_that_is_there():
    contacts = five_contacts()
    people = golden_record(contacts, linked(contacts, ["wechat", "mail"]), newest="created_on")
    first = people[people["wechat"] == "wx1"].iloc[0]
    assert (first["mail"], first["phone"], first["contacts"]) == ("a", "1", 3)
    assert first["created_on"] == pd.Timestamp("2025-03-01")
    assert people["contacts"].sum() == 5


def test_a_contact_without_a_person_is_refused():
    with pytest.raises(BadValue, match="1 contacts have no person"):
        golden_record(five_contacts(), pd.Series([0, 0, 1, 1], index=[10, 11, 12, 13]), newest="created_on")


def test_precision_is_of_the_pairs_joined_and_recall_of_the_pairs_that_are():
    true = pd.Series([1, 1, 1, 2, 3])  # three pairs
    found = pd.Series([7, 7, 8, 9, 9])  # two pairs, one of them right
    scores = pair_scores(found, true)
    assert (scores["pairs"], scores["precision"], scores["recall"]) == (2, 1 / 2, pytest.approx(1 / 3))


def test_a_rule_that_joins_nobody_has_no_precision():
    scores = pair_scores(pd.Series([1, 2, 3]), pd.Series([1, 1, 2]))
    assert pd.isna(scores["precision"]) and scores["recall"] == 0
    with pytest.raises(BadValue, match="different contacts"):
        pair_scores(pd.Series([1, 2]), pd.Series([1, 1, 2]))


# RFM


def book():
    rows = [
        (1, "2025-12-31 20:00", "paid", 50.0),
        (1, "2025-12-01 10:00", "paid", 30.0),
        (1, "2025-12-20 10:00", "unpaid", 99.0),
        (2, "2025-01-01 00:00", "paid", 20.0),
        (3, "2024-12-31 23:59", "paid", 70.0),  # a minute too old
        (4, "2026-01-01 00:00", "paid", 80.0),  # not known yet
    ]
    table = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "status", "amount"])
    return table.assign(ordered_at=pd.to_datetime(table["ordered_at"]))


def test_rfm_knows_paid_orders_of_the_window_before_the_day():
    table = rfm(book(), "2026-01-01")
    assert list(table.index) == [1, 2]
    assert table.loc[1].to_dict() == {"recency_days": 0, "orders": 2, "spend": 80.0}
    assert table.loc[2, "recency_days"] == 365


def test_a_day_that_is_none_is_said_so():
    with pytest.raises(BadValue, match="is no day"):
        rfm(book(), "new year")


def test_the_best_end_of_the_values_gets_the_highest_score():
    days = pd.Series([0, 30, 31, 400])
    assert list(score(days, [30, 90], best="low")) == [3, 3, 2, 1]
    assert list(score(days, [30, 90])) == [1, 1, 2, 3]


def test_cut_points_must_rise_and_missing_values_have_no_score():
    with pytest.raises(BadValue, match="must rise"):
        score(pd.Series([1]), [2, 2])
    with pytest.raises(BadValue, match="1 values are missing"):
        score(pd.Series([1, None]), [2])
    with pytest.raises(BadValue, match="'high' or 'low'"):
        score(pd.Series([1]), [2], best="big")


def test_mid_rank_quintiles_never_split_equals():
    often = pd.Series([1] * 5 + [2] * 3 + [3, 4])
    assert list(mid_rank_quintiles(often)) == [2] * 5 + [4] * 3 + [5, 5]
    first = pd.qcut(often.rank(method="first"), 5, labels=False) + 1  # the tempting answer
    assert first[often == 1].nunique() == 3


def test_mid_rank_quintiles_are_fifths_where_nobody_is_equal():
    days = pd.Series(range(10))
    assert list(mid_rank_quintiles(days)) == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert list(mid_rank_quintiles(days, best="low")) == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]
    assert list(mid_rank_quintiles(pd.Series([7, 7, 7]))) == [3, 3, 3]


# Tiers


def people(*ids):
    return pd.DataFrame({"customer_id": ids, "registered_on": pd.Timestamp("2024-01-01")})


def orders_of(customer, *days):
    table = pd.DataFrame(
        {"customer_id": customer, "ordered_at": pd.to_datetime(list(days)), "status": "paid"}
    )
    return table


def test_tiers_follow_the_last_order_and_their_number():
    orders = pd.concat(
        [
            orders_of(1, "2025-05-01", "2025-06-01", "2025-06-30"),
            orders_of(2, "2025-05-02"),
            orders_of(3, "2025-05-01"),
            orders_of(4, "2025-03-02"),
            orders_of(5, "2025-07-01"),
        ]
    )
    found = tiers(people(1, 2, 3, 4, 5), orders, "2025-07-01")
    assert found.to_dict() == {1: "loyal", 2: "active", 3: "cooling", 4: "dormant", 5: "potential"}


def test_who_registers_later_has_no_tier_yet():
    assert len(tiers(people(1), orders_of(1), "2024-01-01")) == 0


def test_each_row_of_a_migration_adds_up_to_one():
    before = pd.Series(["loyal"] * 4 + ["active"] * 2, index=range(6))
    after = pd.Series(["loyal", "loyal", "loyal", "active", "loyal", "dormant", "active"], index=range(7))
    table = migration(before, after)
    assert table.loc["loyal", "people"] == 4 and table.loc["loyal", "loyal"] == 3 / 4
    assert table.loc["active", "loyal"] == 1 / 2
    assert (table.drop(columns="people").sum(axis=1) == 1).all()
    by_column = pd.crosstab(before, after.reindex(before.index), normalize="columns")
    assert (
        by_column.loc["loyal", "loyal"] == 3 / 4 and by_column.loc["active", "loyal"] == 1 / 4
    )  # the tempting answer


def test_an_empty_tier_has_no_shares():
    names = pd.Categorical(["loyal"], ["loyal", "dormant"])
    table = migration(pd.Series(names, index=[1]), pd.Series(names, index=[1]))
    assert table.loc["dormant", "people"] == 0 and table.loc["dormant"].drop("people").isna().all()


def test_nobody_may_vanish_between_the_two_days():
    with pytest.raises(BadValue, match="1 customers"):
        migration(pd.Series(["loyal"], index=[1]), pd.Series(["loyal"], index=[2]))


# What an action is worth


def small_test():
    return pd.DataFrame(
        {
            "cell": ["champion"] * 4 + ["new"] * 4,
            "offer": ["none", "none", "coupon", "coupon"] * 2,
            "net": [60.0, 40.0, 30.0, 50.0, 0.0, 10.0, 10.0, 20.0],
        }
    )


def test_the_value_of_an_action_is_what_it_adds():
    found = value_per_cell(small_test(), "cell", "offer", "coupon", "net")
    assert found["with_action"].idxmax() == "champion"  # the tempting answer
    assert found["value"].to_dict() == {"champion": -10.0, "new": 10.0}
    assert found.loc["champion", "standard_error"] == pytest.approx((200 / 2 + 200 / 2) ** 0.5)
    assert found["people"].to_dict() == {"champion": 4, "new": 4}


def test_a_cell_without_a_control_has_no_value():
    rows = small_test().query("not (cell == 'new' and offer == 'none')")
    found = value_per_cell(rows, "cell", "offer", "coupon", "net")
    assert pd.isna(found.loc["new", "value"]) and found.loc["new", "people"] == 2


def test_an_action_that_nobody_got_is_named():
    with pytest.raises(BadValue, match="did you mean 'coupon'"):
        value_per_cell(small_test(), "cell", "offer", "coupons", "net")
