"""Toolbox of live rooms and promotions: people once, money that stays, all days counted, the longest chain."""

import math

import numpy as np
import pandas as pd
import pytest

from mktlib.inputs import BadValue, ColumnMissing
from mktlib.live import (
    audience,
    completion,
    critical_path,
    gantt,
    gpm,
    host_ratio,
    net_sales,
    orders_in_shows,
    promotion_lift,
    usual_sales,
    uv_value,
)

# The minute log


def three_minutes():
    """Two people stay for three minutes, one comes for the second and comes back for the third."""
    return pd.DataFrame(
        {
            "show_id": 1,
            "minute": [1, 2, 3],
            "online": [2, 3, 3],
            "entries": [2, 1, 1],
            "new_viewers": [2, 1, 0],
        }
    )


def test_viewers_are_neither_the_sum_of_concurrents_nor_the_peak():
    log = pd.concat([three_minutes(), three_minutes().assign(show_id=2, online=[1, 1, 1])])
    found = audience(log)
    assert found["viewers"].tolist() == [3, 3] and found["views"].tolist() == [4, 4]
    assert found.loc[1, "peak_online"] == 3 and found.loc[2, "peak_online"] == 1
    assert found.loc[1, "seconds_per_view"] == 60 * 8 / 4
    assert log.loc[log["show_id"] == 1, "online"].sum() == 8  # the tempting answer


def test_a_minute_that_stands_twice_is_refused():
    with pytest.raises(BadValue, match="show 1, minute 1"):
        audience(pd.concat([three_minutes(), three_minutes()]))
    with pytest.raises(ColumnMissing, match="online"):
        audience(three_minutes().drop(columns="online"))


def test_nobody_in_the_room_is_no_number():
    empty = audience(three_minutes().assign(entries=0, new_viewers=0, online=0))
    assert math.isnan(empty.loc[1, "seconds_per_view"])


def test_a_thousand_needs_a_name():
    shows = pd.DataFrame({"gmv": [100.0, 300.0], "views": [100, 900], "viewers": [100, 700]})
    assert gpm(shows, "views") == 400 and gpm(shows, "viewers") == 500 and uv_value(shows) == 0.5
    assert (1000 * shows["gmv"] / shows["views"]).mean() != 400  # the mean of the shows is another number
    with pytest.raises(BadValue, match="per thousand of what"):
        gpm(shows, "visits")
    with pytest.raises(ColumnMissing, match="net"):
        gpm(shows, "views", money="net")
    assert math.isnan(gpm(shows.assign(views=0), "views"))


# Money


def test_an_order_belongs_to_the_show_that_runs_when_it_is_placed():
    shows = pd.DataFrame(
        {
            "show_id": [7, 8],
            "started_at": pd.to_datetime(["2025-11-01 20:00", "2025-11-02 20:00"]),
            "minutes": [60, 60],
        }
    )
    times = [
        "2025-11-01 19:59",
        "2025-11-01 20:00",
        "2025-11-01 20:59",
        "2025-11-01 21:00",
        "2025-11-02 20:30",
    ]
    orders = pd.DataFrame({"order_id": range(5), "store": "live", "ordered_at": pd.to_datetime(times)})
    orders.loc[len(orders)] = [5, "own", pd.Timestamp("2025-11-02 20:31")]
    assert orders_in_shows(shows, orders)[["order_id", "show_id"]].to_numpy().tolist() == [
        [1, 7],
        [2, 7],
        [4, 8],
    ]


def test_net_sales_are_paid_and_not_sent_back():
    orders = pd.DataFrame(
        {"order_id": [1, 2, 3], "status": ["paid", "paid", "unpaid"], "amount": [100.0, 50.0, 30.0]}
    )
    refunds = pd.DataFrame({"order_id": [2, 9], "amount": [40.0, 500.0]})
    assert net_sales(orders, refunds).to_dict() == {"gmv": 180, "unpaid": 30, "refunded": 40, "net": 110}


# Promotion


def weeks_with_a_promotion():
    """100 a day, 200 on Sundays; three days sell 300 more, and the ten days after 20 less each."""
    days = pd.date_range("2024-09-02", "2024-12-29")  # Monday to Sunday, 17 weeks
    usual = pd.Series(np.where(days.day_of_week == 6, 200.0, 100.0), index=days)
    sales = usual.copy()
    sales["2024-11-04":"2024-11-06"] += 300
    sales["2024-11-07":"2024-11-16"] -= 20
    return sales, usual


QUIET = [("2024-09-02", "2024-10-20"), ("2024-12-02", "2024-12-29")]


def test_the_baseline_knows_weekdays_and_never_saw_the_promotion():
    sales, usual = weeks_with_a_promotion()
    assert np.allclose(usual_sales(sales, QUIET), usual)


def test_a_baseline_grows_with_the_trend():
    days = pd.date_range("2024-09-02", periods=70)
    sales = pd.Series(100 * 1.01 ** np.arange(70), index=days)
    found = usual_sales(sales, [("2024-09-02", "2024-10-06")])
    assert np.allclose(found, sales)


def test_a_net_lift_counts_the_empty_days_in():
    sales, usual = weeks_with_a_promotion()
    found = promotion_lift(sales, usual, ("2024-11-04", "2024-11-06"), ("2024-10-28", "2024-11-20"))
    assert found.to_dict() == pytest.approx(
        {"before": 0, "during": 900, "after": -200, "net": 700, "gross_lift": 3, "net_lift": 7 / 3}
    )


def test_a_baseline_needs_three_weeks_and_a_window_its_promotion():
    sales, usual = weeks_with_a_promotion()
    with pytest.raises(BadValue, match="14 quiet days"):
        usual_sales(sales, [("2024-09-02", "2024-09-15")])
    with pytest.raises(BadValue, match="around has to hold"):
        promotion_lift(sales, usual, ("2024-11-04", "2024-11-06"), ("2024-11-05", "2024-11-20"))
    with pytest.raises(BadValue, match="same days"):
        promotion_lift(sales, usual.iloc[1:], ("2024-11-04", "2024-11-06"), ("2024-10-28", "2024-11-20"))


def test_a_deposit_is_not_a_balance():
    presale = pd.DataFrame(
        {
            "deposited_at": pd.to_datetime(["2024-10-24", "2024-11-01", "2025-10-24"]),
            "balance_paid": [True, False, True],
            "price": [100.0, 300.0, 80.0],
            "deposit": [10.0, 30.0, 8.0],
        }
    )
    found = completion(presale)
    assert found.loc[2024, ["deposits", "paid", "rate", "completed", "price_rate", "forfeited"]].tolist() == [
        2, 1, 0.5, 100, 0.25, 30,
    ]  # fmt: skip
    assert found.loc[2025, "rate"] == 1


# Hosts


def six_shows():
    """In the evening everybody sells 900, in the morning 100; A has the evenings."""
    rows = (
        [("A", "prime", 900)] * 3
        + [("A", "morning", 100)]
        + [("B", "prime", 900)]
        + [("B", "morning", 100)] * 3
    )
    return pd.DataFrame(rows, columns=["host", "slot", "gmv"])


def test_hosts_are_equal_in_equal_slots():
    shows = six_shows()
    assert host_ratio(shows, "A", "B") == pytest.approx(700 / 300)  # the tempting answer
    assert host_ratio(shows, "A", "B", ["slot"]) == 1


def test_a_cell_with_one_host_says_nothing_about_two():
    shows = pd.concat([six_shows(), pd.DataFrame({"host": ["A"], "slot": ["late"], "gmv": [9999]})])
    assert host_ratio(shows, "A", "B", ["slot"]) == 1
    apart = shows[(shows["host"] == "A") == (shows["slot"] == "prime")]
    assert math.isnan(host_ratio(apart, "A", "B", ["slot"]))
    with pytest.raises(BadValue, match="no show of host 'D'"):
        host_ratio(shows, "A", "D")


# Preparation


def four_tasks():
    """Budget 5, then copy 3 or shooting 4, then approval 2: 5 + 4 + 2 = 11 days; copy may slip by a day."""
    return pd.DataFrame(
        {
            "task": ["approval", "budget", "copy", "shooting"],
            "days": [2, 5, 3, 4],
            "after": ["copy, shooting", "", "budget", "budget"],
        }
    )


def test_a_plan_is_as_long_as_its_longest_chain():
    plan = critical_path(four_tasks())
    assert plan["end"].max() == 11 and four_tasks()["days"].sum() == 14  # the sum is tempting
    assert plan.index[plan["critical"]].tolist() == ["budget", "shooting", "approval"]
    assert plan.loc["copy", ["start", "end", "slack"]].tolist() == [5, 8, 1]


def test_tasks_that_cannot_begin_are_named():
    circle = four_tasks()
    circle.loc[1, "after"] = "approval"
    with pytest.raises(BadValue, match="nobody can begin"):
        critical_path(circle)
    unknown = four_tasks()
    unknown.loc[0, "after"] = "copi, shooting"
    with pytest.raises(BadValue, match="did you mean 'copy'"):
        critical_path(unknown)
    with pytest.raises(BadValue, match="stands there once"):
        critical_path(pd.concat([four_tasks(), four_tasks()]))


def test_a_plan_can_be_looked_at():
    drawn = gantt(
        critical_path(four_tasks()), "2025-10-24", "Eleven days", alt="Four bars, three of them in one chain."
    )
    assert drawn.alt.startswith("Four bars") and len(drawn.figure.axes[0].patches) == 4
