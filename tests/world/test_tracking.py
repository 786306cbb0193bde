"""Hits, tools and traffic: they agree with web_sessions, their faults are there to be found."""

import numpy as np
import pandas as pd
import pytest

from mktlib.world.hits import WINDOWS
from tests.world.conftest import World

OWN_SITE = "shop.heyu.example"
BEIJING = pd.Timedelta(hours=8)
HALF_AN_HOUR = pd.Timedelta(minutes=30)


@pytest.fixture
def w(world_tables):
    return world_tables


def far(one, other, least=0.05):
    """True if two numbers differ by at least `least`, relative to the smaller one."""
    return max(one, other) / min(one, other) - 1 >= least


def hits_in_order(w):
    """Raw hits by browser and time, with local time, silence before each and whether the browser came from outside."""
    hits = w["events"].sort_values(["visitor_id", "event_time_utc", "event_id"], ignore_index=True)
    hits["at"] = hits["event_time_utc"] + BEIJING
    hits["silence"] = hits["at"] - hits.groupby("visitor_id")["at"].shift()
    hits["referrer"] = hits["referrer"].where(hits["referrer"] != "")
    hits["from_outside"] = hits["referrer"].notna() & (hits["referrer"] != OWN_SITE)
    return hits


def with_visits(hits):
    """The same with the number of the visit: a new one after half an hour of silence or from another site."""
    starts = hits["silence"].isna() | (hits["silence"] >= HALF_AN_HOUR) | hits["from_outside"]
    return hits.assign(visit=starts.cumsum())


def visits_of_the_windows(w):
    """Rows of web_sessions on the days of which hits are kept, in the order of the hits' visits."""
    visits = w["web_sessions"]
    day = visits["started_at"].dt.normalize()
    visits = visits[np.any([day.between(*window) for window in WINDOWS], axis=0)]
    return visits.sort_values(["visitor_id", "started_at"], ignore_index=True)


def may(hits):
    return hits[hits["at"] >= "2025-05-01"]


# Agreement


def test_half_an_hour_of_silence_or_another_site_gives_the_visits_of_web_sessions(w):
    hits = with_visits(hits_in_order(w))
    found = hits.groupby("visit").agg(
        visitor_id=("visitor_id", "first"),
        started_at=("at", "first"),
        landing_page=("page", "first"),
        device=("device", "first"),
        order_id=("order_id", "max"),
        end=("at", "last"),
    )
    found["pageviews"] = (hits["event"] == "page_view").groupby(hits["visit"]).sum()
    visits = visits_of_the_windows(w)
    assert len(found) == len(visits)
    for column in ("visitor_id", "started_at", "landing_page", "device", "pageviews"):
        assert (found[column].to_numpy() == visits[column].to_numpy()).all(), column
    assert (found["order_id"].fillna(-1).to_numpy() == visits["order_id"].fillna(-1).to_numpy()).all()
    length = (found["end"] - found["started_at"]).dt.total_seconds().to_numpy()
    assert (length <= visits["seconds"].to_numpy() + 1).mean() > 0.98


def test_silence_alone_merges_only_the_detours_to_coupon_sites(w):
    hits = hits_in_order(w)
    count = (hits["silence"].isna() | (hits["silence"] >= HALF_AN_HOUR)).sum()
    assert 0.985 < count / len(visits_of_the_windows(w)) < 1


def test_purchases_are_the_orders_at_their_time(w):
    hits = hits_in_order(w)
    bought = hits[hits["event"] == "purchase"]
    orders = w["orders"].set_index("order_id")
    assert bought["order_id"].is_unique and bought["order_id"].notna().all()
    assert (bought["order_id"].map(orders["ordered_at"]) == bought["at"]).all()
    assert hits.loc[hits["event"] != "purchase", "order_id"].isna().all()


def test_daily_traffic_is_web_sessions_counted(w):
    traffic, visits = w["traffic_daily"], w["web_sessions"]
    day = visits["started_at"].dt.normalize().rename("date")
    counted = visits.groupby([day, "source", "device"]).agg(
        visits=("session_id", "size"), visitors=("visitor_id", "nunique"), orders=("order_id", "count")
    )
    counted["one_page_visits"] = (
        (visits["pageviews"] == 1).groupby([day, visits["source"], visits["device"]]).sum()
    )
    told = traffic[traffic["date"] >= day.min()].set_index(["date", "source", "device"])
    assert len(counted) == len(told)
    for column in counted:
        assert (counted[column] == told[column].reindex(counted.index)).all(), column
    assert traffic["date"].min() == pd.Timestamp("2023-01-01")
    assert traffic["date"].max() == pd.Timestamp("2025-12-31")


# T01: page_view fires twice


def bounce(traffic, start, end):
    part = traffic[traffic["date"].between(start, end)]
    return part["one_page_visits"].sum() / part["visits"].sum()


def test_t01_bounce_halves_on_the_day_of_the_release_and_is_back_after_the_repair(w):
    traffic = w["traffic_daily"]
    before, after = bounce(traffic, "2024-02-15", "2024-02-29"), bounce(traffic, "2024-03-01", "2024-03-15")
    repaired = bounce(traffic, "2024-04-22", "2024-05-06")
    assert 0.5 < before < 0.66
    assert after / before == pytest.approx(0.5, abs=0.04)
    assert repaired == pytest.approx(before, abs=0.035)
    truth = w.truth["T01"]["found"]
    assert after == pytest.approx(truth["after"]["bounce"], abs=0.02)


def test_t01_visits_orders_and_looked_at_articles_do_not_change_with_it(w):
    hits = with_visits(hits_in_order(w))
    days = hits[hits["at"] < "2024-03-06"].groupby(hits["at"].dt.normalize())
    visits = days["visit"].nunique()
    assert visits["2024-03-01":"2024-03-05"].mean() / visits["2024-02-26":"2024-02-29"].mean() < 1.25
    each = {}
    for event in ("page_view", "view_item", "purchase"):
        count = days["event"].apply(lambda events, event=event: (events == event).sum()) / visits
        each[event] = count["2024-03-01":].mean() / count[:"2024-02-29"].mean()
    assert each["page_view"] > 1.35
    assert each["view_item"] == pytest.approx(1, abs=0.13) and each["purchase"] < 1.2


def test_t01_without_hits_of_one_page_in_the_same_second_bounce_is_what_it_was(w):
    hits = with_visits(hits_in_order(w))
    views = hits[(hits["event"] == "page_view") & (hits["at"] < "2025")]
    same = views["page"].eq(views["page"].shift()) & views["visit"].eq(views["visit"].shift())
    twice = same & (views["at"].diff() <= pd.Timedelta(seconds=1))
    new = views["at"] >= "2024-03-01"
    assert twice[~new].mean() < 0.005 and twice[new].mean() == pytest.approx(1 / 3, abs=0.02)
    right = (views[~twice].groupby("visit").size() == 1).groupby(new.groupby(views["visit"]).first()).mean()
    naive = (views.groupby("visit").size() == 1).groupby(new.groupby(views["visit"]).first()).mean()
    assert right[True] == pytest.approx(right[False], abs=0.035)
    assert naive[True] < 0.6 * right[True]


# Other exercises of J03 and J08


def test_monthly_visitors_are_fewer_than_the_sum_of_days_and_than_visits(w):
    visits = w["web_sessions"]
    visits = visits[visits["started_at"].between("2025-05-01", "2025-05-31 23:59:59")]
    month = visits["visitor_id"].nunique()
    daily = visits.groupby(visits["started_at"].dt.normalize())["visitor_id"].nunique().sum()
    assert far(daily, month) and far(len(visits), month)


def test_visits_of_a_fixed_length_are_more_than_visits_by_silence(w):
    hits = may(with_visits(hits_in_order(w)))
    right = hits["visit"].nunique()
    slots = hits.groupby(["visitor_id", hits["at"].dt.floor("30min")]).ngroups
    five_minutes = (hits["silence"].isna() | (hits["silence"] >= pd.Timedelta(minutes=5))).sum()
    assert far(slots, right) and far(five_minutes, right)


def test_dropping_missing_referrers_inflates_the_share_of_search(w):
    hits = with_visits(hits_in_order(w))
    entry = may(hits[hits["event"] == "page_view"]).drop_duplicates("visit")
    host = entry["referrer"].str.lower()
    assert 0.3 < host.isna().mean() < 0.55
    search = host.str.contains("baidu|so.com|sogou|bing", na=False)
    assert far(search.sum() / host.notna().sum(), search.mean(), 0.3)
    assert entry["referrer"].dropna().nunique() > host.dropna().nunique()  # labels to repair


def test_pages_that_were_read_last_have_no_time_and_the_tail_is_heavy(w):
    hits = may(with_visits(hits_in_order(w)))
    views = hits[hits["event"] == "page_view"]
    read = (views.groupby("visit")["at"].shift(-1) - views["at"]).dt.total_seconds()
    assert far(read.mean(), read.fillna(0).mean(), 0.3) and far(read.mean(), read.median(), 1.0)


def test_one_event_of_the_plan_is_missing_where_it_should_fire(w):
    hits, plan = may(hits_in_order(w)), w["tracking_plan"]
    late = hits[hits["at"] >= "2025-05-20"]
    sent = late.groupby(["event", "device"]).size()
    planned = plan[plan["expected"]].set_index(["event", "device"]).index
    assert [pair for pair in planned if sent.get(pair, 0) == 0] == [("payment_info", "ios")]
    assert not plan.set_index(["event", "device"]).loc[("payment_info", "computer"), "expected"]
    people = (
        hits[hits["device"] == "ios"].groupby([hits["at"] >= "2025-05-19", "event"])["visitor_id"].nunique()
    )
    assert (
        people[False, "payment_info"] > 0.6 * people[False, "begin_checkout"]
        and (True, "payment_info") not in people
    )
    rate = people[:, "purchase"] / people[:, "begin_checkout"]
    assert rate[True] == pytest.approx(rate[False], rel=0.1)


def test_open_funnels_exceed_one_and_ordered_ones_do_not(w):
    hits = may(hits_in_order(w))
    people = hits.groupby("event")["visitor_id"].nunique()
    wrong = people["begin_checkout"] / people["add_to_cart"]
    reached, counts = None, []
    for step in ("view_item", "add_to_cart", "begin_checkout", "purchase"):
        mine = hits[hits["event"] == step]
        if reached is not None:
            mine = mine[mine["visitor_id"].isin(reached.index)]
            mine = mine[mine["at"] >= mine["visitor_id"].map(reached)]
        reached = mine.groupby("visitor_id")["at"].min()
        counts.append(len(reached))
    rates = np.divide(counts[1:], counts[:-1])
    assert wrong > 1.1 and people["purchase"] / people["payment_info"] > 1.1
    assert (rates < 1).all() and far(wrong, rates[1], 0.5)


def test_days_of_utc_are_not_days_of_beijing(w):
    hits = may(hits_in_order(w))
    right = hits.groupby(hits["at"].dt.normalize()).size()
    wrong = hits.groupby(hits["event_time_utc"].dt.normalize()).size()
    assert wrong.index.min() < right.index.min()
    assert far(right["2025-06-01"], wrong["2025-06-01"])
    hours = hits["event_time_utc"].dt.hour.value_counts(normalize=True)
    assert hours[[12, 13, 14]].sum() > 0.2  # the evening of Beijing


def test_two_tools_differ_in_visitors_and_both_count_as_they_say(w):
    a, b = w["tool_daily_a"], w["tool_daily_b"]
    assert 1.05 < a["uv"].sum() / b["users"].sum() < 1.11
    assert a["uv"].sum() - b["filtered_sessions"].sum() == pytest.approx(b["asked_users"].sum(), rel=0.02)
    assert far(
        a["one_page_visits"].sum() / a["visits"].sum(),
        1 - b["engaged_sessions"].sum() / b["sessions"].sum(),
        0.3,
    )
    day = a.groupby("date")["uv"].sum() / b.groupby("date")["users"].sum()
    assert day.std() > 0.01 and len(day) == 31
    visits = w["web_sessions"]
    visits = visits[visits["started_at"].between("2025-05-01", "2025-05-31 23:59:59")]
    assert a["visits"].sum() == pytest.approx(len(visits) * 1.027, rel=0.015)
    assert b["sessions"].sum() < 0.97 * len(visits)


def test_a_small_world_has_hits_and_tools_too(small_world):
    w = World(small_world)
    hits = with_visits(hits_in_order(w))
    assert hits["visit"].nunique() == len(visits_of_the_windows(w)) > 500
    assert len(w["tool_daily_a"]) > 100 and len(w["tool_daily_b"]) > 100 and len(w["tracking_plan"]) == 18
