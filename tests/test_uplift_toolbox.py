"""Uplift: time lines, curves and policy values on small worlds that can be checked in the head."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from mktlib import plots
from mktlib.inputs import ColumnMissing
from mktlib.uplift import (
    UpliftError,
    alone,
    board,
    policy_gain,
    policy_value,
    profit_curve,
    qini,
    qini_coefficient,
    snapshots,
    steps,
    transformed_outcome,
    two_models,
)

# ---------------------------------------------------------------- the time line

ORDERS = pd.DataFrame({
    "customer_id": [1, 1, 1, 2, 3, 3],
    "ordered_at": pd.to_datetime(["2025-01-01", "2025-01-11", "2025-02-01", "2025-01-21", "2023-01-01", "2025-02-10"]),
    "status": ["paid", "paid", "paid", "paid", "paid", "unpaid"],
    "amount": [100.0, 50.0, 30.0, 20.0, 10.0, 70.0],
})  # fmt: skip


def test_a_morning_knows_nothing_of_its_own_day_and_its_window_ends_before_its_last():
    found = snapshots(ORDERS, ["2025-02-01"], window=30, today="2025-03-03").set_index("customer_id")
    assert found.loc[1].drop("morning").to_dict() == {
        "recency_days": 21, "orders_365d": 2, "spend_365d": 150.0, "days_known": 31, "silent": False,
    }  # fmt: skip
    assert found.loc[2, "silent"] and found.loc[2, "orders_365d"] == 1
    assert 3 not in found.index  # no paid order in the year before
    assert (
        snapshots(ORDERS, ["2025-01-11"], 21, "2025-03-01").set_index("customer_id").loc[1, "spend_365d"]
        == 100
    )
    late = snapshots(ORDERS, ["2025-01-12"], 20, "2025-03-01")  # 1 February is day 21
    assert late["silent"].tolist() == [True]


def test_a_window_that_is_not_over_is_refused_and_says_until_when():
    with pytest.raises(UpliftError, match="2025-03-03"):
        snapshots(ORDERS, ["2025-02-01"], window=30, today="2025-03-02")
    with pytest.raises(UpliftError, match="window"):
        snapshots(ORDERS, ["2025-02-01"], window=0, today="2025-03-02")
    with pytest.raises(ColumnMissing):
        snapshots(ORDERS.drop(columns="status"), ["2025-02-01"], 30, "2025-12-31")


def test_a_column_that_knows_the_answer_stands_first():
    label = [True, True, False, False]
    table = pd.DataFrame(
        {
            "leak": [9, 8, 1, 0],
            "backwards": [0, 0, 1, 1],
            "some": [3, 1, 2, 0],
            "flat": 1,
            "name": list("abcd"),
        }
    )
    found = alone(table, label)
    assert found.to_dict() == {"leak": 1.0, "backwards": 1.0, "some": 0.75, "flat": 0.5}
    with pytest.raises(UpliftError, match="nothing to sort"):
        alone(table, [True] * 4)


def test_steps_begin_at_their_edge_and_each_row_stands_on_one():
    table = pd.DataFrame(
        {
            "days": [29, 30, 59, 60],
            "channel": ["SEM", "SEO", "SEO", "SEM"],
            "member": [True, False, True, False],
        }
    )
    found = steps(table, {"days": [30, 60], "channel": None, "member": None})
    assert list(found.columns) == [
        "days low",
        "days 30",
        "days 60",
        "channel SEM",
        "channel SEO",
        "member False",
        "member True",
    ]
    assert found.filter(like="days").to_numpy().tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]]
    assert found["member True"].tolist() == [1, 0, 1, 0]
    with pytest.raises(UpliftError, match="rise"):
        steps(table, {"days": [60, 30]})


# ---------------------------------------------------------------- learners

# Two kinds of people, two folds: A orders 0 without and 1 with the offer, B 1 without and 0 with it.
PEOPLE = pd.DataFrame([(kind, arm, fold) for kind in "AB" for arm in ("none", "gift") for fold in (0, 1)],
                      columns=["kind", "arm", "fold"])  # fmt: skip
BOUGHT = ((PEOPLE["kind"] == "A") == (PEOPLE["arm"] == "gift")).astype(float)
TRAITS = (PEOPLE[["kind"]] == "A").astype(float)


def test_two_models_find_whom_the_gift_wins_and_whom_it_puts_off():
    found = two_models(LinearRegression(), TRAITS, PEOPLE["arm"], BOUGHT, PEOPLE["fold"])
    uplift = found["gift"] - found["none"]
    assert uplift[PEOPLE["kind"] == "A"].to_numpy() == pytest.approx([1] * 4)
    assert uplift[PEOPLE["kind"] == "B"].to_numpy() == pytest.approx([-1] * 4)
    chances = two_models(LogisticRegression(), TRAITS, PEOPLE["arm"], BOUGHT, PEOPLE["fold"])
    assert chances.to_numpy().min() > 0 and chances.to_numpy().max() < 1


def test_the_transformed_outcome_finds_the_same_from_one_model():
    found = transformed_outcome(LinearRegression(), TRAITS, PEOPLE["arm"] == "gift", BOUGHT, PEOPLE["fold"])
    # A treated: 1 / 0.5 = 2, A untreated: 0; mean 1. B untreated: -1 / 0.5 = -2, treated 0; mean -1.
    assert found.tolist() == pytest.approx([1, 1, 1, 1, -1, -1, -1, -1])


def test_nobody_is_scored_by_a_model_that_saw_him():
    odd = BOUGHT.copy()
    odd[PEOPLE["fold"] == 1] = 7.0
    found = two_models(LinearRegression(), TRAITS, PEOPLE["arm"], odd, PEOPLE["fold"])
    assert found[PEOPLE["fold"] == 0].to_numpy() == pytest.approx(np.full((4, 2), 7.0))
    assert found[PEOPLE["fold"] == 1].to_numpy().max() <= 1 + 1e-9
    with pytest.raises(UpliftError, match="one value"):
        two_models(LinearRegression(), TRAITS, PEOPLE["arm"], BOUGHT, np.zeros(8))
    with pytest.raises(UpliftError, match="nothing to learn"):
        two_models(LinearRegression(), TRAITS, PEOPLE["arm"], BOUGHT, (PEOPLE["arm"] == "gift").astype(int))
    with pytest.raises(UpliftError, match="same people"):
        two_models(LinearRegression(), TRAITS, PEOPLE["arm"], BOUGHT[:5], PEOPLE["fold"])


# ---------------------------------------------------------------- curves


def test_a_profit_curve_adds_up_from_the_highest_score():
    curve = profit_curve([0.9, 0.1, 0.5, 0.5], [10, -4, 3, -1])
    assert dict(curve) == {0: 0, 0.25: 10, 0.75: 12, 1: 8}  # equal scores together


# Four persuadables (order if treated) and four sleeping dogs (order if not), half of each treated.
QUARTET = pd.DataFrame(
    {"score": [2, 2, 2, 2, 1, 1, 1, 1], "treated": [1, 1, 0, 0] * 2, "ordered": [1, 1, 0, 0, 0, 0, 1, 1]}
)


def test_a_qini_curve_that_can_be_checked_in_the_head():
    curve = qini(QUARTET["score"], QUARTET["treated"], QUARTET["ordered"])
    assert dict(curve) == {0: 0, 0.5: 0.5, 1: 0}  # two of four treated in the first half, none in all
    assert (
        qini_coefficient(QUARTET["score"], QUARTET["treated"], QUARTET["ordered"]) == 0.25
    )  # triangle: 1 x 0.5 / 2
    assert qini_coefficient(-QUARTET["score"], QUARTET["treated"], QUARTET["ordered"]) == -0.25  # dogs first
    assert qini_coefficient(np.ones(8), QUARTET["treated"], QUARTET["ordered"]) == 0  # nobody before anybody


def test_qini_scales_the_untreated_to_the_treated():
    curve = qini([1] * 5, [1, 0, 0, 0, 0], [1, 1, 0, 0, 0])
    assert curve.iloc[-1] == 1 - 1 / 4  # one of one, less one of four


def test_a_high_auc_is_no_qini():
    """Score = who orders anyway: it sorts orders perfectly and the offer changes nothing."""
    sure = pd.DataFrame({"score": [1, 1, 0, 0], "treated": [1, 0, 1, 0], "ordered": [1, 1, 0, 0]})
    assert alone(sure[["score"]], sure["ordered"] == 1)["score"] == 1
    assert qini_coefficient(sure["score"], sure["treated"], sure["ordered"]) == 0


def test_curves_refuse_what_is_missing():
    with pytest.raises(UpliftError, match="missing"):
        qini([1, np.nan], [1, 0], [1, 0])
    with pytest.raises(UpliftError, match="by lot"):
        qini([1, 2], [1, 1], [1, 0])
    with pytest.raises(UpliftError, match="same people"):
        profit_curve([1, 2], [1])


# ---------------------------------------------------------------- policies

ARM = ["none", "none", "gift", "gift"] * 2
NET = [0, 10, 20, 30, 4, 6, 1, 3]  # first four A: 5 without, 25 with; last four B: 5 without, 2 with
EACH_ITS_OWN = ["gift"] * 4 + ["none"] * 4


def test_the_value_of_a_policy_is_that_of_the_people_whose_lot_agrees():
    assert policy_value(["none"] * 8, ARM, NET)["value"] == 5
    assert policy_value(["gift"] * 8, ARM, NET)["value"] == 13.5
    own = policy_value(EACH_ITS_OWN, ARM, NET)
    assert own["value"] == 15 and own["people"] == 4  # 20, 30, 4, 6
    # influences 2 x (5, 15, -11, -9): squares 4 x (25 + 225 + 121 + 81) = 1808, over 7, over 8
    assert own["standard_error"] == pytest.approx((1808 / 7 / 8) ** 0.5)
    assert own["high"] - own["value"] == pytest.approx(1.959964 * own["standard_error"], rel=1e-6)


def test_the_gain_over_another_policy_is_the_difference_of_their_values():
    gain = policy_gain(EACH_ITS_OWN, "gift", ARM, NET)
    assert gain["value"] == 1.5 and gain["people"] == 4
    assert policy_gain(EACH_ITS_OWN, EACH_ITS_OWN, ARM, NET)["standard_error"] == 0
    apart = np.hypot(
        policy_value(EACH_ITS_OWN, ARM, NET)["standard_error"],
        policy_value(["gift"] * 8, ARM, NET)["standard_error"],
    )
    assert gain["standard_error"] < apart  # A gets the gift under both


def test_uneven_lots_are_weighed_back():
    arm, net = ["gift", "none", "none", "none"] * 2, [8, 0, 0, 0, 2, 6, 6, 6]
    mixed = ["gift"] * 4 + ["none"] * 4
    assert policy_value(mixed, arm, net, {"gift": 0.25, "none": 0.75})["value"] == 7  # (4 x 8 + 4 x 6) / 8
    plain = np.mean([8, 6, 6, 6])
    assert plain == 6.5  # without weights B counts three times


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng, hits = np.random.default_rng(7), 0
    for _ in range(300):
        kind, arm = rng.integers(0, 2, 400), rng.choice(["none", "gift"], 400)
        net = rng.normal(0, 10, 400) + 5 * (kind == 1) * (arm == "gift")
        found = policy_gain(np.where(kind == 1, "gift", "none"), "none", arm, net)
        hits += found["low"] < 2.5 < found["high"]
    assert 0.91 < hits / 300 < 0.985


def test_a_log_tells_nothing_of_what_was_not_tried():
    with pytest.raises(UpliftError, match="the lot never did"):
        policy_value(["gifts"] * 8, ARM, NET)
    with pytest.raises(UpliftError, match="nobody"):
        policy_value(["gift", "none"], ["none", "gift"], [1, 2])
    with pytest.raises(UpliftError, match="row by row"):
        policy_value(["gift"], ARM, NET)
    with pytest.raises(UpliftError, match="level"):
        policy_value(EACH_ITS_OWN, ARM, NET, level=95)


def test_the_board_is_a_picture_with_a_sentence():
    picture = board(
        [0.1, 0.6], [0.5, 0.2], [True, False], "One is chosen", alt="Two people, one of them chosen."
    )
    assert isinstance(picture, plots.Picture) and plots.png(picture.figure)[:4] == b"\x89PNG"
