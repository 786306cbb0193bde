"""Toolbox of the private domain: one denominator, all of the cost, points at their end, joining by the lot."""

import pandas as pd
import pytest

from mktlib.inputs import BadValue, ColumnMissing
from mktlib.private_domain import (
    adviser_minutes,
    break_even_redemption,
    cost_per_buyer,
    flow,
    handoffs,
    holdout_effect,
    matched_effect,
    orders_within,
    points_liability,
    private_buyers,
)


def day(text):
    return pd.Timestamp(f"2025-{text}")


def orders(*rows):
    return pd.DataFrame(
        [
            {"customer_id": who, "ordered_at": day(at), "status": status, "channel": channel}
            for who, at, status, channel in rows
        ]
    )


PRIVATE = "private domain"


# Orders of people


def test_a_window_holds_its_first_second_and_not_its_last_and_paid_orders_alone():
    log = orders(
        (1, "03-01", "paid", "SEM"),
        (1, "03-11", "paid", "SEM"),
        (1, "03-05", "cancelled", "SEM"),
        (2, "03-02", "paid", "SEM"),
    )
    who = pd.Series([1, 1, None], dtype="Int64", index=[5, 6, 7])
    start = pd.Series([day("03-01"), day("03-02"), day("03-02")], index=[5, 6, 7])
    assert orders_within(log, who, start, 10).to_dict() == {5: 1, 6: 1, 7: 0}
    with pytest.raises(BadValue, match="same index"):
        orders_within(log, who, start.reset_index(drop=True), 10)
    with pytest.raises(ColumnMissing, match="ordered_at"):
        orders_within(log.drop(columns="ordered_at"), who, start, 10)


def four_contacts():
    """Customer 1 has two contacts; the second is from a stand. 12 never became a customer."""
    return pd.DataFrame(
        {
            "contact_id": [10, 11, 12, 13],
            "customer_id": pd.array([1, 2, None, 1], dtype="Int64"),
            "source": ["card", "card", "stand", "stand"],
            "added_at": [day("03-01"), day("03-05"), day("03-06"), day("03-20")],
            "group_id": pd.array([7, None, 7, None], dtype="Int64"),
            "group_invite_minutes": [60, 120, 30, 90],
            "group_joined_on": [day("03-01"), pd.NaT, day("03-06"), pd.NaT],
            "group_left_on": [pd.NaT, pd.NaT, day("03-08"), pd.NaT],
            "mini_program_on": [day("03-02"), day("03-07"), pd.NaT, pd.NaT],
        }
    )


def test_a_customer_with_two_contacts_is_one_buyer_and_an_order_elsewhere_is_no_private_one():
    log = orders(
        (1, "03-25", "paid", PRIVATE),
        (2, "03-01", "paid", PRIVATE),
        (2, "03-09", "paid", "SEM"),
        (1, "03-10", "cancelled", PRIVATE),
    )
    assert private_buyers(four_contacts(), log).tolist() == [False, False, False, True]
    earlier = pd.concat([log, orders((1, "03-12", "paid", PRIVATE))])
    assert private_buyers(four_contacts(), earlier).tolist() == [True, False, False, False]


# Hand-offs


def codes():
    return pd.DataFrame(
        {
            "source": ["card", "stand"],
            "impressions": [40, 10],
            "clicks": pd.array([None, 5], dtype="Int64"),
            "adds": [2, 2],
            "hook_cost": [10.0, 20.0],
            "coupon_cost": [0.0, 5.0],
            "ad_cost": [0.0, 15.0],
        }
    )


def test_every_step_has_the_step_before_it_below_the_line():
    table = handoffs(four_contacts(), codes(), orders((1, "03-25", "paid", PRIVATE)))
    assert table.loc["card", ["shown", "adds", "in_group", "members", "buyers"]].tolist() == [40, 2, 1, 1, 0]
    assert table["add_rate"].tolist() == [2 / 40, 2 / 10] and table["group_rate"].tolist() == [0.5, 0.5]
    assert table["lost_to_group"].tolist() == [1, 1] and table["invite_hours"].tolist() == [1.5, 1.0]
    assert table.loc["stand", "buyer_rate"] == 0.5


def test_a_denominator_that_not_every_code_has_is_refused_and_so_are_other_days():
    with pytest.raises(BadValue, match="'clicks' is unknown for card"):
        handoffs(four_contacts(), codes(), orders((1, "03-25", "paid", PRIVATE)), shown="clicks")
    with pytest.raises(BadValue, match="same days"):
        handoffs(four_contacts().iloc[:3], codes(), orders((1, "03-25", "paid", PRIVATE)))


def test_the_time_in_a_group_is_shared_by_its_members_day_by_day():
    days = pd.DataFrame(
        {
            "date": pd.date_range("2025-03-01", periods=10),
            "group_id": 7,
            "members": [1] * 5 + [2, 2] + [1] * 3,
            "adviser_minutes": [12] * 10,
        }
    )
    chats = pd.DataFrame({"contact_id": [10, 10, 11], "minutes": [5, 6, 7]})
    minutes = adviser_minutes(four_contacts(), chats, days)  # 120 minutes over 12 days of members
    assert minutes.tolist() == [11 + 10 * 10, 7, 2 * 10, 0] and minutes.sum() == 18 + 120


def test_a_buyer_costs_all_four_parts():
    minutes, bought = pd.Series({"card": 30, "stand": 60}), pd.Series({"card": 2, "stand": 0})
    table = cost_per_buyer(codes(), minutes, bought, hour=60)
    assert table.loc["card", "per_buyer"] == (10 + 30) / 2
    assert table.loc["stand", "cost"] == 20 + 5 + 15 + 60 and pd.isna(table.loc["stand", "per_buyer"])
    with pytest.raises(BadValue, match="buyers has no value for 'stand'"):
        cost_per_buyer(codes(), minutes, bought.drop("stand"), hour=60)


# Points


def ledger():
    """1000 old points: 600 redeemed, 400 expired. 500 young ones: 100 redeemed so far."""
    return pd.DataFrame(
        [
            ("2024-01-01", "earned", 1000, 1, 0.0),
            ("2024-06-01", "redeemed", -600, None, 3.0),
            ("2024-12-31", "expired", -400, 1, 0.0),
            ("2025-10-01", "earned", 500, 2, 0.0),
            ("2025-11-01", "redeemed", -100, None, 0.5),
            ("2026-03-01", "redeemed", -400, None, 9.0),
        ],
        columns=["date", "kind", "points", "order_id", "cost"],
    ).assign(date=lambda t: pd.to_datetime(t["date"]))


def test_open_points_cost_what_will_be_redeemed_at_what_the_goods_cost():
    found = points_liability(ledger(), "2026-01-01")
    assert (
        found["share_redeemed"] == 0.6 and found["breakage"] == 0.4 and found["cost_per_point"] == 3.5 / 700
    )
    assert found["open"] == 400 and found["face_value"] == 4
    assert found["issued"] == pytest.approx(1500 * 0.6 * 0.005)
    assert found["liability"] == pytest.approx((900 - 700) * 0.005)  # CNY 1, not 4 and not 0


def test_breakage_is_not_known_before_the_first_points_could_expire():
    with pytest.raises(BadValue, match="not known yet"):
        points_liability(ledger(), "2024-09-01")


def test_at_break_even_the_extra_margin_is_what_the_points_cost():
    share = break_even_redemption(uplift=0.25, margin=0.4, points_per_yuan=2, cost_per_point=0.1)
    assert share == pytest.approx(0.4)  # 0.25 x 0.4 = 1.25 x 2 x 0.4 x 0.1
    assert break_even_redemption(0, 0.4, 2, 0.1) == 0
    with pytest.raises(BadValue, match="margin"):
        break_even_redemption(0.1, 0, 2, 0.1)


# What joining does


def six_people():
    """In both cells joiners order once more; most joiners are in the good cell."""
    return pd.DataFrame(
        {
            "cell": ["good"] * 5 + ["poor"] * 4 + ["alone"],
            "joined": [True, True, True, True, False, True, False, False, False, True],
            "orders": [3, 3, 3, 3, 2, 2, 1, 1, 1, 9],
        }
    )


def test_matching_compares_within_cells_and_weighs_them_as_the_joiners_are_spread():
    found = matched_effect(six_people(), "cell", "joined", "orders")
    assert found["people"] == 5 and found["share_matched"] == 5 / 6
    assert found["joiners"] == 14 / 5 and found["others_alike"] == pytest.approx(9 / 5)
    raw = six_people().groupby("joined")["orders"].mean()
    assert raw[True] / raw[False] > found["ratio"] == pytest.approx(14 / 9)  # the tempting answer
    with pytest.raises(BadValue, match="No cell"):
        matched_effect(six_people().query("joined or cell == 'poor'").query("not (joined and cell == 'poor')"), "cell", "joined", "orders")  # fmt: skip
    with pytest.raises(BadValue, match="one kind"):
        matched_effect(six_people().query("joined"), "cell", "joined", "orders")


def test_the_lot_sees_no_effect_where_joiners_are_only_better_customers():
    """In each arm half are good customers (2 orders) and half poor (1); the good of the invited join, nothing changes."""
    people = pd.DataFrame({"arm": ["invited"] * 4 + ["held out"] * 4, "orders": [2, 2, 1, 1] * 2})
    people["joined"] = (people["arm"] == "invited") & (people["orders"] == 2)
    assert holdout_effect(people, "orders")["extra"] == 0
    inside = people[people["arm"] == "invited"].groupby("joined")["orders"].mean()
    assert inside[True] / inside[False] == 2  # the tempting answer


def test_an_effect_of_joining_is_the_difference_of_the_arms_over_who_was_moved():
    people = pd.DataFrame(
        {
            "arm": ["invited"] * 4 + ["held out"] * 4,
            "joined": [True] * 3 + [False] + [True] + [False] * 3,
            "orders": [2, 2, 1, 1, 1, 1, 1, 1],
        }
    )
    found = holdout_effect(people, "orders")
    assert found["per_invitation"] == 0.5 and found["per_joining"] == 1 and found["ratio"] == 2
    assert found["standard_error"] == pytest.approx((1 / 3 / 4) ** 0.5 / 0.5)
    assert found["low"] < found["extra"] < found["high"]
    with pytest.raises(BadValue, match="moved nobody"):
        holdout_effect(people.assign(joined=True), "orders")
    with pytest.raises(BadValue, match="held-out"):
        holdout_effect(people, "orders", held_out="held-out")


# Picture


def test_a_band_only_gets_narrower():
    steps = pd.DataFrame({"add": [10, 6], "group": [5, 6]}, index=["card", "stand"])
    assert flow(steps, "Half of them join", alt="Two bands; the first halves.").alt.startswith("Two bands")
    with pytest.raises(BadValue, match="narrower"):
        flow(steps[["group", "add"]], "No", alt="No.")
