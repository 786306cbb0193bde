"""Toolbox of feed and social: denominators are named, followers counted after 30 days, extremes compared with extremes."""

import pandas as pd
import pytest

from mktlib.inputs import BadValue, ColumnMissing
from mktlib.social import content_effects, engagement_rate, follower_cost, left_by_contact, worst_and_after


def two_posts():
    """A post with 9 engagements of 100 reached, and one with 91 of 900, before 5,000 followers each."""
    return pd.DataFrame(
        {
            "platform": ["Weibo", "Douyin"],
            "likes": [4, 81],
            "comments": [3, 4],
            "shares": [1, 3],
            "saves": [1, 3],
            "reach": [100, 900],
            "impressions": [200, 1800],
            "followers": [5000, 5000],
        }
    )


def test_engagement_is_divided_once_by_the_base_that_was_named():
    assert engagement_rate(two_posts(), per="reach") == 100 / 1000
    assert engagement_rate(two_posts(), per="followers") == 100 / 10_000
    assert engagement_rate(two_posts(), per="impressions", by="platform").to_dict() == {
        "Weibo": 9 / 200,
        "Douyin": 91 / 1800,
    }


def test_an_engagement_rate_without_a_known_base_is_refused():
    with pytest.raises(BadValue, match="did you mean 'followers'"):
        engagement_rate(two_posts(), per="follower")
    with pytest.raises(ColumnMissing, match="saves"):
        engagement_rate(two_posts().drop(columns="saves"), per="reach")


def test_nobody_reached_is_no_rate():
    assert pd.isna(engagement_rate(two_posts().assign(reach=0), per="reach"))
    assert engagement_rate(two_posts().assign(reach=[0, 910]), per="reach", by="platform").isna()["Weibo"]


def lottery():
    return pd.DataFrame(
        {
            "promotion": ["lottery", "lottery", "follow ads"],
            "promotion_cost": [60.0, 40.0, 100.0],
            "new": [60, 40, 50],
            "left_30d": pd.array([50, 30, 0], dtype="Int64"),
        }
    )


def test_a_follower_who_leaves_makes_those_who_stay_dearer():
    cost = follower_cost(lottery())
    assert cost.loc["lottery"].to_dict() == {"new": 100, "kept": 20, "per_new": 1.0, "per_kept": 5.0}
    assert cost.loc["follow ads", ["per_new", "per_kept"]].to_list() == [2.0, 2.0]


def test_days_whose_30_days_are_not_over_are_refused_and_nobody_kept_has_no_price():
    young = lottery().assign(left_30d=pd.array([50, None, 0], dtype="Int64"))
    with pytest.raises(BadValue, match="1 days have no left_30d"):
        follower_cost(young)
    gone = lottery().assign(left_30d=lottery()["new"])
    assert follower_cost(gone)["per_kept"].isna().all()


def four_cells():
    """Science helps the first audience by 2 points and the second not at all."""
    return pd.DataFrame(
        {
            "parity": ["first", "first", "second", "second"],
            "content": ["diary", "science"] * 2,
            "impressions": [1000] * 4,
            "clicks": [40, 60, 30, 30],
        }
    )


def test_a_content_is_compared_within_its_audience():
    effects = content_effects(four_cells(), base="diary", audience="parity")
    assert effects.loc[("science", "first"), "effect"] == pytest.approx(0.02)
    assert effects.loc[("science", "second"), "effect"] == 0
    assert effects.loc[("diary", "first"), "effect"] == 0
    assert pd.isna(effects.loc[("diary", "first"), "half_width"])


def test_the_half_width_is_that_of_a_difference_of_two_shares():
    effects = content_effects(four_cells(), base="diary", audience="parity")
    by_hand = 1.96 * (0.04 * 0.96 / 1000 + 0.06 * 0.94 / 1000) ** 0.5
    assert effects.loc[("science", "first"), "half_width"] == pytest.approx(by_hand)


def test_an_unknown_base_is_named():
    with pytest.raises(BadValue, match="did you mean 'diary'"):
        content_effects(four_cells(), base="dairy", audience="parity")


def two_weeks():
    """In each desk the ad with bad luck in week 1 has its usual 2 % in week 2; desk A's was edited and has 2.2 %."""
    weeks = pd.to_datetime(["2025-01-06", "2025-01-13"])
    return pd.DataFrame(
        {
            "week_start": weeks.repeat(4),
            "ad": ["a1", "a2", "b1", "b2"] * 2,
            "desk": ["A", "A", "B", "B"] * 2,
            "impressions": 1000,
            "clicks": [10, 20, 10, 20, 22, 20, 20, 20],
        }
    )


def test_the_worst_recover_unedited_and_an_edit_is_what_is_beyond_that():
    rise = worst_and_after(two_weeks(), group="desk", worst=1)["rise"]
    assert rise.to_dict() == pytest.approx({"A": 1.2, "B": 1.0})
    assert (1 + rise["A"]) / (1 + rise["B"]) - 1 == pytest.approx(0.1)


def test_the_worst_of_the_last_week_have_no_week_after_and_a_gap_is_no_next_week():
    ads = two_weeks()
    assert worst_and_after(ads[ads["week_start"] == "2025-01-13"], group="desk", worst=1).empty
    ads.loc[4:, "week_start"] += pd.Timedelta(days=7)
    assert worst_and_after(ads, group="desk", worst=1).empty


def test_an_ad_has_one_row_a_week():
    with pytest.raises(BadValue, match="two rows"):
        worst_and_after(pd.concat([two_weeks(), two_weeks()]), group="desk")


def contacts():
    """In the core audience the fifth contact brings half of the first; newcomers of the broad audience hide it."""
    return pd.DataFrame(
        {
            "ad": "AD-1",
            "audience": ["core", "core", "broad"],
            "contact": ["1", "5-7", "1"],
            "impressions": [1000, 1000, 9000],
            "clicks": [40, 20, 90],
        }
    )


def test_fatigue_is_read_within_one_audience():
    assert left_by_contact(contacts(), audience="core").loc["AD-1"].to_dict() == {"1": 1.0, "5-7": 0.5}
    total = contacts().groupby("contact")[["clicks", "impressions"]].sum()
    mixed = total["clicks"] / total["impressions"]
    assert (
        mixed["5-7"] / mixed["1"] > 1.5
    )  # the tempting answer: the ad gets better the more often it is seen


def test_an_audience_that_is_not_there_is_named():
    with pytest.raises(BadValue, match="did you mean 'core'"):
        left_by_contact(contacts(), audience="cor")
