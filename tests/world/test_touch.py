"""Touchpoints and platform reports: views of the same orders; T05, T28."""

import numpy as np
import pandas as pd
import pytest

from mktlib.world import credit, touch
from tests.world.conftest import World

CHANNELS = [
    "SEM",
    "feed ads",
    "SEO",
    "Xiaohongshu",
    "e-mail/SMS",
    "private domain",
    "direct",
    "affiliate",
    "live",
]
WINDOW = ("2025-03-01", "2025-06-30 23:59:59")
PLATFORM = {"Xiaohongshu": "Xiaohongshu", "SEM": "search ads", "e-mail/SMS": "e-mail/SMS", "live": "live",
            "private domain": "private domain", "affiliate": "affiliate"}  # fmt: skip
DAYS = {"Douyin": (7, 1), "Kuaishou": (7, 1), "Weibo": (7, 1), "Xiaohongshu": (14, 14), "search ads": (30, 0),
        "e-mail/SMS": (5, 5), "private domain": (7, 7), "affiliate": (30, 0), "live": (0, 3)}  # fmt: skip


@pytest.fixture
def w(world_tables):
    return world_tables


def far(one, other, least=0.05):
    """True if two numbers differ by at least `least`, relative to the smaller one."""
    return max(one, other) / min(one, other) - 1 >= least


def own_orders(w):
    orders = w["orders"]
    return orders[(orders["store"] == "own") & orders["ordered_at"].between(*WINDOW)]


def converting(w):
    touches = w["touchpoints"]
    return touches[touches["order_id"].notna()]


# Agreement


def test_every_own_order_ends_one_journey_with_its_visit(w):
    paths, orders = converting(w), own_orders(w)
    ends = paths.drop_duplicates("journey_id", keep="last").set_index("order_id")
    assert ends.index.is_unique and set(ends.index) == set(orders["order_id"])
    visits = w["web_sessions"].dropna(subset="order_id").set_index("order_id")
    assert (ends["session_id"] == visits["session_id"].reindex(ends.index)).all() and (
        ends["kind"] == "click"
    ).all()
    assert (ends["channel"] == orders.set_index("order_id")["channel"].reindex(ends.index)).all()
    assert paths.groupby("journey_id")["order_id"].nunique().eq(1).all()


def test_clicks_are_visits_and_all_visits_of_the_kept_browsers_are_clicks(w):
    touches = w["touchpoints"]
    clicks = touches[touches["kind"] == "click"]
    visits = w["web_sessions"].set_index("session_id")
    mine = visits.reindex(clicks["session_id"])
    assert (mine["visitor_id"].to_numpy() == clicks["visitor_id"].to_numpy()).all()
    assert (mine["started_at"].to_numpy() == clicks["touch_at"].to_numpy()).all()
    source = mine["source"].replace("referral", "affiliate").to_numpy()
    assert (source == clicks["channel"].to_numpy()).all() and clicks["session_id"].is_unique
    group = mine["campaign"].map(
        {
            "brand": "brand",
            "category": "non-brand",
            "competitor": "non-brand",
            "informational": "informational",
        }
    )
    sem = (clicks["channel"] == "SEM").to_numpy()
    assert (group.to_numpy()[sem] == clicks["campaign_group"].to_numpy()[sem]).all()
    inside = visits[visits["started_at"].between(*WINDOW) & visits["visitor_id"].isin(touches["visitor_id"])]
    assert inside.index.isin(clicks["session_id"]).all()
    assert touches.loc[touches["kind"] == "view", "session_id"].isna().all()


def test_a_journey_is_one_browser_without_a_gap_of_thirty_days(w):
    touches = w["touchpoints"]
    assert (touches["touch"] == touches.groupby("journey_id").cumcount() + 1).all()
    assert touches.groupby("journey_id")["visitor_id"].nunique().eq(1).all()
    gap = touches.groupby("journey_id")["touch_at"].diff().dropna()
    assert gap.min() >= pd.Timedelta(0) and gap.max() <= pd.Timedelta(days=30)


def test_weights_stand_for_all_browsers_of_the_window(w):
    visits = w["web_sessions"]
    visits = visits[visits["started_at"].between(*WINDOW)]
    buyers = visits.loc[visits["order_id"].notna(), "visitor_id"].unique()
    others = visits.loc[~visits["visitor_id"].isin(buyers), "visitor_id"].nunique()
    kept = w["touchpoints"].query("weight > 1 and touch_at >= '2025-03-01' and kind == 'click'")
    assert kept["visitor_id"].nunique() * kept["weight"].max() == pytest.approx(others, rel=0.05)
    assert set(w["touchpoints"].loc[w["touchpoints"]["visitor_id"].isin(buyers), "weight"]) == {1}


def recomputed(w):
    """Claims of each platform counted from the touchpoints: (order, platform, under own windows, under 7 days)."""
    touches, orders = w["touchpoints"], own_orders(w).set_index("order_id")
    ends = converting(w).drop_duplicates("journey_id", keep="last")[["visitor_id", "order_id", "touch_at"]]
    pairs = ends.rename(columns={"touch_at": "end"}).merge(touches.drop(columns="order_id"), on="visitor_id")
    pairs = pairs[pairs["touch_at"] <= pairs["end"]]
    feed = pairs["campaign_group"].where(pairs["channel"] == "feed ads")
    pairs["platform"] = feed.fillna(pairs["channel"].map(PLATFORM))
    pairs = pairs.dropna(subset="platform")
    wait = (pairs["order_id"].map(orders["ordered_at"]) - pairs["touch_at"]).dt.total_seconds() / 86_400
    click = pairs["kind"] == "click"
    limit = np.where(click, pairs["platform"].map({k: v[0] for k, v in DAYS.items()}),
                     pairs["platform"].map({k: v[1] for k, v in DAYS.items()}))  # fmt: skip
    own = (limit > 0) & (wait <= limit)
    return (
        part.drop_duplicates(["order_id", "platform"]) for part in (pairs[own], pairs[click & (wait <= 7)])
    )


def test_claims_are_a_view_of_the_same_touches(w):
    reports = w["platform_reports"].groupby("platform")[["orders", "orders_7d_click", "revenue"]].sum()
    own, aligned = recomputed(w)
    assert (own.groupby("platform").size().reindex(reports.index, fill_value=0) == reports["orders"]).all()
    assert (
        aligned.groupby("platform").size().reindex(reports.index, fill_value=0) == reports["orders_7d_click"]
    ).all()
    amount = own["order_id"].map(own_orders(w).set_index("order_id")["amount"]).groupby(own["platform"]).sum()
    assert np.allclose(amount.reindex(reports.index), reports["revenue"], rtol=1e-6)


def test_cost_of_the_platforms_is_the_media_money_of_the_budget(w):
    budget = w["budget"].query("item == 'media'")
    budget = budget[budget["date"].between(*WINDOW)]
    assert w["platform_reports"]["cost"].sum() == pytest.approx(budget["spent"].sum(), abs=1)


# M05


def test_m05_platforms_claim_far_more_orders_than_there_are(w):
    claimed = w["platform_reports"]["orders"].sum() / len(own_orders(w))
    assert 1.35 <= claimed <= 1.55
    assert claimed == pytest.approx(w.truth["touch"]["found"]["claimed_over_own_orders"], rel=1e-4)


def test_m05_equal_windows_change_the_ranking_of_douyin_and_search(w):
    sums = w["platform_reports"].groupby("platform")[["cost", "revenue", "revenue_7d_click"]].sum()
    own, aligned = sums["revenue"] / sums["cost"], sums["revenue_7d_click"] / sums["cost"]
    assert own["Douyin"] > 1.05 * own["search ads"] and aligned["search ads"] > 1.05 * aligned["Douyin"]


def shares(values):
    return values.reindex(CHANNELS, fill_value=0) / values.sum()


def test_m05_rules_disagree_and_none_tells_what_orders_are_due_to(w):
    paths = converting(w)
    last = shares(paths.drop_duplicates("journey_id", keep="last")["channel"].value_counts())
    linear = shares(
        (1 / paths.groupby("journey_id")["touch"].transform("size")).groupby(paths["channel"]).sum()
    )
    truth = w.truth["touch"]["found"]
    for name, found in (("share_of_last_click", last), ("share_of_linear", linear)):
        assert all(found[one] == pytest.approx(truth[name][one], abs=1e-4) for one in CHANNELS), name
    due = truth["share_of_incremental"]
    assert linear["feed ads"] > 1.15 * last["feed ads"] and linear["Xiaohongshu"] > 1.15 * last["Xiaohongshu"]
    assert linear["live"] > 0.01 and last["live"] == 0
    assert last["direct"] > 1.2 * linear["direct"] and due["direct"] == 0 and due["SEO"] == 0
    assert due["feed ads"] > 1.3 * last["feed ads"] and due["Xiaohongshu"] > 1.5 * last["Xiaohongshu"]
    assert truth["orders_due_to_no_channel"] > 0.7 * truth["own_orders"]


def test_m05_roles_feed_opens_and_direct_closes(w):
    paths = converting(w)
    length = paths.groupby("journey_id")["touch"].transform("size")
    long = paths[length >= 3]
    opens = shares(long.drop_duplicates("journey_id")["channel"].value_counts())
    closes = shares(long.drop_duplicates("journey_id", keep="last")["channel"].value_counts())
    for channel in ("feed ads", "Xiaohongshu", "live"):
        assert opens[channel] > 1.2 * closes[channel], channel
    for channel in ("direct", "affiliate", "private domain"):
        assert closes[channel] > 1.2 * opens[channel], channel


def test_m05_credit_by_channel_is_not_credit_by_touch(w):
    paths = converting(w)
    by_touch = shares(
        (1 / paths.groupby("journey_id")["touch"].transform("size")).groupby(paths["channel"]).sum()
    )
    once = paths.drop_duplicates(["journey_id", "channel"])
    by_channel = shares(
        (1 / once.groupby("journey_id")["channel"].transform("size")).groupby(once["channel"]).sum()
    )
    assert any(far(by_touch[one], by_channel[one]) for one in ("feed ads", "e-mail/SMS", "SEM"))
    assert (paths.groupby("journey_id").size() == 2).mean() > 0.1


def removal(touches):
    """Removal effects in a first-order chain, solved exactly; shares that sum to 1."""
    data = touches.assign(
        following=touches.groupby("journey_id")["channel"].shift(-1),
        end=np.where(touches["order_id"].notna(), "order", "nothing"),
    )
    data["following"] = data["following"].fillna(data["end"])
    first = touches.drop_duplicates("journey_id")
    moves = pd.concat([
        data.groupby(["channel", "following"])["weight"].sum(),
        first.groupby("channel")["weight"].sum().rename_axis("following").to_frame().assign(channel="start")
        .set_index("channel", append=True)["weight"].swaplevel(),
    ]).unstack(fill_value=0)  # fmt: skip
    chance = moves.div(moves.sum(axis=1), axis=0)
    inner = chance.reindex(columns=chance.index, fill_value=0)

    def reach(matrix):
        return np.linalg.solve(np.eye(len(matrix)) - matrix, chance["order"])[
            list(chance.index).index("start")
        ]

    whole = reach(inner.to_numpy())
    effect = {}
    for one in inner.index.drop("start"):
        cut = inner.copy()
        cut[one] = 0
        effect[one] = whole - reach(cut.to_numpy())
    return shares(pd.Series(effect))


def test_m05_removal_effects_need_null_journeys(w):
    truth, touches = w.truth["touch"]["found"], w["touchpoints"]
    right, wrong = removal(touches), removal(converting(w))
    assert all(right[one] == pytest.approx(truth["share_of_markov"][one], abs=1e-4) for one in CHANNELS)
    assert (
        sum(far(right[one], wrong[one]) for one in ("feed ads", "e-mail/SMS", "private domain", "direct"))
        >= 2
    )


def test_m05_affiliates_close_orders_that_were_already_at_the_till(w):
    visits, orders = w["web_sessions"], own_orders(w)
    visits = visits.sort_values(["visitor_id", "started_at"])
    before = visits.groupby("visitor_id")["started_at"].shift()
    closed = (visits["source"] == "referral") & visits["order_id"].isin(orders["order_id"])
    soon = visits["started_at"] - before < pd.Timedelta(minutes=45)
    assert 0.07 < closed.sum() / len(orders) < 0.11
    assert (closed & soon).sum() / closed.sum() > 0.55
    assert w.truth["touch"]["found"]["coupon_step"]["share_of_closed_orders_due_to_affiliates"] < 0.1


def test_m05_xiaohongshu_is_last_by_first_order_and_first_after_half_a_year(w):
    value = w.truth["touch"]["found"]["value_by_first_channel"]
    first, half_year = pd.Series(value["first_order"]), pd.Series(value["margin_of_180_days"])
    paid = w["orders"].query("status == 'paid'").drop_duplicates("customer_id")
    paid = paid[(paid["store"] == "own") & paid["ordered_at"].between("2024-07-01", "2025-06-30")]
    assert paid.groupby("channel")["amount"].mean()["Xiaohongshu"] == pytest.approx(
        first["Xiaohongshu"], rel=1e-3
    )
    assert first.rank()["Xiaohongshu"] <= 3 and half_year.rank(ascending=False)["Xiaohongshu"] <= 3
    assert half_year["Xiaohongshu"] > 1.1 * half_year.median()


def test_joining_touches_to_orders_multiplies_revenue(w):
    orders = own_orders(w)
    joined = orders.merge(w["touchpoints"][["order_id", "channel"]], on="order_id")["amount"].sum()
    assert 2 < joined / orders["amount"].sum() < 4.5


# T05, T28


def test_t05_brand_keywords_report_what_they_do_not_bring(w):
    words, truth = w["sem_keyword_daily"], w.truth["T05"]["found"]
    brand = words[(words["campaign"] == "brand") & (words["date"] >= "2025-01-01")]
    reported = brand["revenue"].sum() / brand["cost"].sum()
    assert reported == pytest.approx(truth["reported_roas_2025"], rel=1e-4) and reported > 9
    assert truth["incremental_roas_three_years"] < 0.5 and truth["incremental_roas_2025"] < 0.6
    rest = words[(words["campaign"] != "brand") & (words["date"] >= "2025-01-01")]
    assert reported > 4 * rest["revenue"].sum() / rest["cost"].sum()  # the tempting ranking


def returned(visits, group):
    """Visitors who first came through a kind of keyword, and how many of them search the brand within 60 days."""
    visits = visits[visits["started_at"] < "2025-12-31"]
    met = visits[visits["campaign"] == group].drop_duplicates("visitor_id")
    met = met[met["started_at"] < "2025-11-01"].set_index("visitor_id")["started_at"]
    brand = visits[(visits["campaign"] == "brand") & visits["visitor_id"].isin(met.index)]
    wait = (brand["started_at"] - brand["visitor_id"].map(met)).dt.days
    return len(met), brand.loc[(wait >= 0) & (wait < 60), "visitor_id"].nunique()


def test_t28_readers_search_the_brand_later_though_nobody_of_them_orders_at_once(w):
    words, visits = w["sem_keyword_daily"], w["web_sessions"]
    info = words[words["campaign"] == "informational"]
    assert info["orders"].sum() / info["clicks"].sum() < 0.006
    (n_1, k_1), (n_2, k_2) = returned(visits, "informational"), returned(visits, "category")
    pooled = (k_1 + k_2) / (n_1 + n_2)
    z = (k_1 / n_1 - k_2 / n_2) / np.sqrt(pooled * (1 - pooled) * (1 / n_1 + 1 / n_2))
    assert k_1 / n_1 > 2.2 * k_2 / n_2 and z > 10
    found = w.truth["T28"]["found"]["share_that_searches_the_brand_within_60_days"]
    assert k_1 / n_1 == pytest.approx(found["informational"], rel=0.1)


def test_a_small_world_has_touchpoints_too(small_world):
    w = World(small_world)
    assert set(converting(w)["order_id"]) == set(own_orders(w)["order_id"]) and len(own_orders(w)) > 50
    assert len(w["platform_reports"]) == 122 * len(touch.PLATFORMS) and w.truth["T28"]["found"]


def test_removal_effects_of_a_chain_that_can_be_solved_by_hand():
    """SEM alone sells 1 of 2, feed then SEM 1 of 1: without SEM nothing is sold, without feed one of three."""
    channel = np.array([0, 0, 1, 0])
    first, bought, weight = np.array([0, 1, 2]), np.array([True, False, True]), np.ones(3, int)
    share = credit.markov(channel, first, bought, weight)
    whole, without_feed = 2 / 3, 2 / 3 * 2 / 3
    assert share[0] == pytest.approx(whole / (whole + whole - without_feed)) and share.sum() == pytest.approx(
        1
    )
