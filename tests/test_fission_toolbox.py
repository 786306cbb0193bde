"""Toolbox of fission: K has a denominator and a clock, growth ends, rings hang together, topics have controls, quotes have law."""

import numpy as np
import pandas as pd
import pytest

from mktlib import compliance
from mktlib.fission import (
    cycle_days,
    forecast,
    k_factor,
    reusable,
    ring_sizes,
    saturation,
    topic_lift,
    users_by_generation,
)
from mktlib.inputs import BadValue, ColumnMissing


def tree():
    """Two seeds send five invitations, three are accepted; the first friend invites one more after two days."""
    day = pd.to_datetime
    return pd.DataFrame(
        {
            "invite_id": [1, 2, 3, 4, 5, 6],
            "mechanic": ["gift"] * 6,
            "generation": [1, 1, 1, 1, 1, 2],
            "inviter_invite_id": pd.array([None, None, None, None, None, 1], dtype="Int64"),
            "accepted_at": day(["2025-03-01", "2025-03-01", "2025-03-02", None, None, "2025-03-03"]),
        }
    )


SEEDS = pd.DataFrame({"mechanic": ["gift"], "seeds": [2]})


def test_k_divides_by_those_who_could_invite():
    users = users_by_generation(tree(), SEEDS)
    assert users.loc["gift"].to_dict() == {0: 2, 1: 3, 2: 1}
    assert k_factor(users).loc["gift"].to_dict() == {1: 3 / 2, 2: 1 / 3}
    assert k_factor(users.loc["gift"]).to_dict() == {1: 3 / 2, 2: 1 / 3}
    assert len(tree()) / users.loc["gift"].sum() == 1 and users.loc["gift", 1:].sum() / 6 == 4 / 6  # tempting


def test_a_mechanic_that_nobody_used_has_seeds_and_no_friends():
    both = pd.DataFrame({"mechanic": ["gift", "lottery"], "seeds": [2, 5]})
    users = users_by_generation(tree(), both)
    assert users.loc["lottery"].tolist() == [5, 0, 0] and k_factor(users).loc["lottery"].isna().tolist() == [
        False,
        True,
    ]


def test_a_programme_that_nobody_joined_is_its_seeds():
    silent = tree().assign(accepted_at=pd.NaT)
    assert users_by_generation(silent, SEEDS).loc["gift"].to_dict() == {0: 2}


def test_the_cycle_runs_from_sign_up_to_sign_up_and_seeds_have_none():
    assert cycle_days(tree())["gift"] == 2
    with pytest.raises(BadValue, match="two rows"):
        cycle_days(pd.concat([tree(), tree()]))
    with pytest.raises(ColumnMissing, match="inviter_invite_id"):
        cycle_days(tree().drop(columns="inviter_invite_id"))


def test_the_smaller_k_wins_the_campaign_and_the_larger_one_the_quarter():
    fast, slow = forecast(1000, 0.5, 2, 90), forecast(1000, 0.7, 30, 90)
    assert fast[21] == pytest.approx(2000, abs=1) and slow[21] == 1000
    assert fast[90] == pytest.approx(2000, abs=1) and slow[90] == pytest.approx(2533)
    assert forecast(1000, 0.7, 1, 400).iloc[-1] == pytest.approx(1000 / (1 - 0.7))


def test_without_a_limit_the_sum_of_powers_is_the_forecast():
    assert forecast(10, 2, 1, 3).tolist() == [10, 30, 70, 150]
    for k in (0.0, 0.3, 1.1):
        assert forecast(5, k, 3, 10)[10] == pytest.approx(5 * sum(k**n for n in range(4)))
    assert forecast(100, 0.9, 0.1, 1)[1] == pytest.approx(
        100 * sum(0.9**n for n in range(11))
    )  # 1 // 0.1 would be 9


def test_who_can_be_reached_ends_the_growth():
    full = forecast(100, 3, 1, 60, reach=1000)
    assert full.is_monotonic_increasing and full.iloc[-1] <= 1000 and full[1] == 100 + 100 * 3 * 0.9
    assert forecast(100, 1.1, 1, 200, reach=1000).iloc[-1] < 600 < forecast(100, 1.1, 1, 200).iloc[-1]
    assert (
        forecast(100, 3, 1, 3, reach=100).tolist() == [100] * 4
        and forecast(0, 3, 1, 2, reach=0).tolist() == [0] * 3
    )


def test_a_forecast_refuses_what_has_no_meaning():
    for wrong in ({"seeds": -1}, {"k": -0.1}, {"cycle": 0}, {"cycle": np.nan}, {"days": -1}, {"reach": 5}):
        with pytest.raises(BadValue):
            forecast(**({"seeds": 10, "k": 1, "cycle": 1, "days": 5} | wrong))


def test_the_line_through_falling_ks_gives_back_what_made_them():
    """Users made with k = 2 and 400 in reach: K is 2 * (1 - 100/400) = 1.5, then 2 * (1 - 250/400) = 0.75."""
    users = pd.Series([100, 150, 112.5])
    assert saturation(users) == (pytest.approx(2), pytest.approx(400))
    assert saturation(pd.Series([100, 50, 25]))[1] == np.inf
    with pytest.raises(BadValue, match="three"):
        saturation(pd.Series([100, 150]))


def ring():
    """1 and 2 share a phone, 2 and 3 an address: three in one ring; 4 and 5 gave no address; 6 and 7 are a family."""
    return pd.DataFrame(
        {
            "device_hash": ["a", "a", "b", "c", "d", "e", "f"],
            "address_hash": ["x", "y", "y", "", "", "z", "z"],
        },
        index=list("ABCDEFG"),
    )


def test_a_ring_hangs_together_over_phones_and_addresses():
    assert ring_sizes(ring()).tolist() == [3, 3, 3, 1, 1, 2, 2]
    assert ring_sizes(ring(), ["device_hash"]).tolist() == [2, 2, 1, 1, 1, 1, 1]
    assert ring_sizes(ring()).index.tolist() == list("ABCDEFG")


def test_a_missing_address_is_nobodys():
    missing = ring().replace("", np.nan)
    assert ring_sizes(missing).equals(ring_sizes(ring())) and ring_sizes(ring().iloc[:0]).empty
    with pytest.raises(ColumnMissing, match="address_hash"):
        ring_sizes(ring().drop(columns="address_hash"))


def test_an_equal_text_in_two_columns_is_not_the_same_thing():
    assert ring_sizes(pd.DataFrame({"device_hash": ["7", "8"], "address_hash": ["9", "7"]})).tolist() == [
        1,
        1,
    ]


def test_rings_agree_with_merging_by_hand_on_random_sign_ups():
    rng = np.random.default_rng(8)
    for _ in range(30):
        signs = rng.integers(0, 12, (14, 2)).astype(str)
        group = list(range(len(signs)))
        for _ in signs:
            for i in range(len(signs)):
                for j in range(len(signs)):
                    if (signs[i] == signs[j]).any():
                        group[i] = group[j] = min(group[i], group[j])
        table = pd.DataFrame(signs, columns=["device_hash", "address_hash"])
        assert ring_sizes(table).tolist() == [group.count(one) for one in group]


def talk():
    days = pd.date_range("2025-05-22", "2025-05-24")
    return pd.DataFrame({"Heyu": [10, 10, 90], "all parenting": [100, 100, 600]}, index=days)


def test_a_topic_is_held_against_what_rose_anyway():
    lift = topic_lift(talk(), "Heyu", "all parenting", "2025-05-24", "2025-05-22", "2025-05-23")
    assert lift == pytest.approx(9 / 6 - 1)  # the tempting answers: 9 - 1 = 8, and 9 - 6 = 3


def test_a_topic_without_a_usual_time_is_refused():
    for given in (
        ("2025-06-24", "2025-05-22", "2025-05-23"),
        ("2025-05-24", "2025-05-22", "2025-05-24"),
        ("2025-05-24", "2025-04-01", "2025-04-02"),
    ):
        with pytest.raises(BadValue):
            topic_lift(talk(), "Heyu", "all parenting", *given)
    with pytest.raises(ColumnMissing, match="Heyu"):
        topic_lift(talk(), "Heju", "all parenting", "2025-05-24", "2025-05-22", "2025-05-23")


def test_quotation_marks_make_no_claim_lawful_and_a_bundled_tick_is_no_consent():
    items = pd.DataFrame(
        {
            "text_zh": ["很软，宝宝喜欢。", "“全网最好！”", "很软。", "很软。"],
            "consent_to_reuse": ["separate", "separate", "terms", "none"],
        }
    )
    assert reusable(items, compliance.standard_rules()).tolist() == [True, False, False, False]
    with pytest.raises(BadValue, match="did you mean 'separate'"):
        reusable(items, compliance.standard_rules(), consent="seperate")
