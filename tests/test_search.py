"""Search ads: shrunk rates, bid curves, a cost per order taken apart, pacing against plan."""

import numpy as np
import pandas as pd
import pytest

from mktlib.inputs import ColumnMissing
from mktlib.search import SearchError, bid_curve, decompose_cpa, overspent, pacing, shrunk_rate


def test_one_order_from_one_click_does_not_beat_ten_from_a_hundred():
    orders, clicks = pd.Series([1, 10]), pd.Series([1, 100])
    raw, shrunk = orders / clicks, shrunk_rate(orders, clicks, like=100, rate=0.02)
    assert raw.tolist() == [1.0, 0.1]
    assert shrunk.tolist() == pytest.approx([3 / 101, 12 / 200])


def test_without_a_click_the_rate_is_that_of_the_group():
    assert shrunk_rate(np.array([0, 5]), np.array([0, 100])) == pytest.approx([0.05, 0.05])


def test_a_group_without_clicks_and_negative_counts_are_told():
    with pytest.raises(SearchError, match="not one chance"):
        shrunk_rate(0, 0)
    with pytest.raises(SearchError, match="negative"):
        shrunk_rate(-1, 10)
    with pytest.raises(SearchError, match="like is 0"):
        shrunk_rate(1, 10, like=0)


def test_todays_bid_gives_what_today_gives():
    today = bid_curve(clicks=50, cpc=4.0, bids=[1.0]).loc[1.0]
    assert today.tolist() == pytest.approx([50, 4.0, 200])


def test_a_higher_bid_buys_dearer_clicks_and_the_next_click_costs_more_than_the_mean_one():
    curve = bid_curve(clicks=50, cpc=4.0, bids=[0.8, 1.0, 1.2])
    assert curve["clicks"].is_monotonic_increasing and curve["cpc"].is_monotonic_increasing
    assert ((curve["cost"].diff() / curve["clicks"].diff()).dropna() > curve["cpc"].iloc[1:]).all()


def test_the_curve_is_the_auction_of_the_world():
    from mktlib.world.search import auction

    bids = np.array([0.5, 1.0, 2.0])
    place, shown, price = auction(None, bids)
    reach = shown * (0.28 + 0.72 * np.exp(-0.55 * (place - 1)))
    curve = bid_curve(clicks=10, cpc=3.0, bids=bids)
    assert curve["clicks"].to_numpy() == pytest.approx(10 * reach / reach[1])
    assert curve["cpc"].to_numpy() == pytest.approx(3 * price)


@pytest.mark.parametrize(("clicks", "bids"), [(0, [1.0]), (5, [0.0, 1.0]), (5, [])])
def test_bids_and_clicks_lie_above_zero(clicks, bids):
    with pytest.raises(SearchError):
        bid_curve(clicks=clicks, cpc=1.0, bids=bids)


def period(brand, category):
    """clicks, cost and orders of two campaigns."""
    rows = {"brand": brand, "category": category}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["clicks", "cost", "orders"])
    return table.rename_axis("campaign").reset_index()


def test_a_change_of_mix_alone_is_all_mix():
    before, after = period((100, 100, 10), (100, 500, 2)), period((50, 50, 5), (150, 750, 3))
    found = decompose_cpa(before, after)
    assert found.tolist() == pytest.approx([50, 50, 0, 0, 100])
    assert (750 + 50) / 200 > (500 + 100) / 200  # the tempting look: the account's click became dearer


def test_the_steps_add_up_even_if_everything_moves():
    found = decompose_cpa(period((100, 100, 10), (100, 500, 2)), period((60, 90, 6), (140, 840, 2)))
    assert found["before"] + found["mix"] + found["cpc"] + found["cvr"] == pytest.approx(found["after"])
    assert found["after"] == pytest.approx(930 / 8)


def test_a_campaign_that_was_switched_off_is_mix_and_nothing_else():
    found = decompose_cpa(period((100, 100, 10), (100, 500, 2)), period((0, 0, 0), (100, 500, 2)).iloc[1:])
    assert found[["mix", "cpc", "cvr"]].tolist() == pytest.approx([200, 0, 0])


def test_a_period_without_orders_has_no_cost_per_order():
    with pytest.raises(SearchError, match="no order"):
        decompose_cpa(period((100, 100, 10), (100, 500, 2)), period((100, 100, 0), (100, 500, 0)))
    with pytest.raises(ColumnMissing, match="orders"):
        decompose_cpa(period((1, 1, 1), (1, 1, 1)).drop(columns="orders"), period((1, 1, 1), (1, 1, 1)))


DAYS = pd.DataFrame(
    {
        "date": pd.to_datetime(["2024-06-11", "2024-06-12", "2024-11-11"]),
        "planned": [100.0, 100.0, 900.0],
        "spent": [110.0, 340.0, 950.0],
    }
)
CALENDAR = DAYS[["date"]].assign(day_type=["ordinary", "ordinary", "promo"])


def test_the_alert_rings_on_the_broken_day_and_sleeps_on_double_11():
    paced = pacing(DAYS, CALENDAR)
    assert overspent(paced).index.tolist() == [pd.Timestamp("2024-06-12")]
    assert paced["spent"].idxmax() == pd.Timestamp("2024-11-11")  # the tempting alert: the largest day
    assert paced["day_type"].tolist() == ["ordinary", "ordinary", "promo"]


def test_platforms_of_a_day_are_added_before_they_are_divided():
    twice = pd.concat([DAYS, DAYS.assign(spent=0.0)])
    assert pacing(twice, CALENDAR)["pace"].tolist() == pytest.approx([0.55, 1.7, 950 / 1800])


def test_money_without_a_plan_rings_and_a_limit_below_the_plan_is_told():
    unplanned = DAYS.assign(planned=[100.0, 100.0, 0.0])
    assert overspent(pacing(unplanned, CALENDAR)).index[0] == pd.Timestamp("2024-11-11")
    with pytest.raises(SearchError, match="above 1"):
        overspent(pacing(DAYS, CALENDAR), limit=0.9)
