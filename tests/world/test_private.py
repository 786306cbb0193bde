"""The private domain: contacts, codes, groups, chats and points agree; joining does less than it seems."""

import numpy as np
import pandas as pd
import pytest

from tests.conftest import made_world
from tests.world.conftest import World

CENT = 0.006
CASH = "scan for CNY 20"
DAY = pd.Timedelta(days=1)


def members(w):
    """First contact of every customer who has one, by customer."""
    contacts = w["wecom_contacts"].dropna(subset=["customer_id"]).astype({"customer_id": "int64"})
    return contacts.sort_values("added_at").drop_duplicates("customer_id").set_index("customer_id")


def paid_orders(w):
    orders = w["orders"]
    return orders[orders["status"] == "paid"]


def orders_within(orders, customers, start, days):
    """Orders of each customer from `start` on, for `days` days; shape (customers,)."""
    second = orders["ordered_at"].astype("datetime64[s]").astype("int64")
    key = np.sort((orders["customer_id"].astype("int64") * 10**10 + second).to_numpy())
    first = (customers.astype("int64") * 10**10).to_numpy() + start.astype("datetime64[s]").astype(
        "int64"
    ).to_numpy()
    return np.searchsorted(key, first + days * 86_400) - np.searchsorted(key, first)


# Agreement


def test_contacts_live_in_order_added_grouped_blocked(world_tables):
    contacts = world_tables["wecom_contacts"]
    assert contacts["added_at"].is_monotonic_increasing and contacts["added_at"].min() >= pd.Timestamp(
        "2023-07-03"
    )
    blocked = contacts.dropna(subset=["blocked_at"])
    assert (blocked["blocked_at"] > blocked["added_at"]).all() and blocked["blocked_at"].max() < pd.Timestamp(
        "2026-01-01"
    )
    grouped = contacts[contacts["group_id"].notna()]
    assert (grouped["group_joined_on"] >= grouped["added_at"].dt.normalize()).all()
    left = grouped.dropna(subset=["group_left_on"])
    assert (left["group_left_on"] >= left["group_joined_on"]).all()
    gone = grouped.dropna(subset=["blocked_at"])
    assert (gone["group_left_on"] <= gone["blocked_at"]).all() and contacts["group_id"].isna().mean() > 0.2
    first = world_tables["orders"].groupby("customer_id")["ordered_at"].min()
    strangers = members(world_tables).query("source != 'parcel card'")
    before = strangers["added_at"] < strangers.index.map(first)
    assert 0.1 < before.mean() < 0.6  # people who added an adviser first and ordered later


def test_adds_in_the_funnel_are_the_contacts(world_tables):
    funnel, contacts = world_tables["hook_funnel_daily"], world_tables["wecom_contacts"]
    late = contacts[contacts["added_at"] >= "2025-01-01"]
    counted = late.groupby([late["added_at"].dt.normalize(), "source", "hook"]).size()
    adds = funnel[funnel["adds"] > 0].set_index(["date", "source", "hook"])["adds"]
    assert len(adds) == len(counted) and (counted.reindex(adds.index) == adds).all()
    assert (funnel["adds"] <= funnel["impressions"]).all()
    told = funnel["source"].isin(["official account", "Douyin profile", "live room"])
    assert (funnel["clicks"].notna() == told).all() and (funnel["clicks"] >= funnel["adds"]).dropna().all()


def test_costs_of_the_codes_are_the_costs_of_the_budget(world_tables):
    days = world_tables["hook_funnel_daily"].groupby("date")[["hook_cost", "coupon_cost"]].sum()
    budget = world_tables["budget"].query("channel == 'private domain' and date >= '2025-01-01'")
    for column, item in (("hook_cost", "media"), ("coupon_cost", "new-customer coupons")):
        spent = budget[budget["item"] == item].groupby("date")["spent"].sum()
        assert (
            np.allclose(days[column], spent.reindex(days.index, fill_value=0), atol=CENT) and len(days) == 365
        )
    ads = (
        world_tables["feed_ads_daily"]
        .query("campaign == 'HY-BASE-D' and date >= '2025-01-01'")
        .groupby("date")["cost"]
        .sum()
    )
    sent = (
        world_tables["hook_funnel_daily"].query("source == 'Douyin profile'").groupby("date")["ad_cost"].sum()
    )
    assert np.allclose(sent, (0.08 * ads).reindex(sent.index, fill_value=0), atol=CENT)
    red = world_tables["hook_funnel_daily"].query("hook == @CASH")
    assert red["hook_cost"].sum() / red["adds"].sum() == pytest.approx(20, rel=0.12)


def test_members_of_a_group_are_those_of_yesterday_plus_joined_minus_left(world_tables):
    days, contacts = (
        world_tables["group_days"].sort_values(["group_id", "date"]),
        world_tables["wecom_contacts"],
    )
    before = days.groupby("group_id")["members"].shift()
    known = before.notna()
    assert (days["members"] == before + days["joined"] - days["left"])[known].all()
    inside = (
        contacts[contacts["group_id"].notna() & contacts["group_left_on"].isna()].groupby("group_id").size()
    )
    last = days[days["date"] == "2025-12-31"].set_index("group_id")["members"]
    assert (inside.reindex(last.index, fill_value=0) == last).all()
    assert (days["senders"] <= days["members"]).all() and (days["senders"] <= days["messages"]).all()
    assert (days["messages_top6"] <= days["messages"]).all()
    few = days[days["senders"] <= 6]
    assert (few["messages_top6"] == few["messages"]).all()


def test_orders_of_a_group_are_orders_through_the_private_domain(world_tables):
    contacts, orders = world_tables["wecom_contacts"], paid_orders(world_tables)
    mine = orders[(orders["channel"] == "private domain") & (orders["ordered_at"] >= "2025-01-01")]
    inside = contacts[contacts["group_id"].notna() & contacts["customer_id"].notna()].astype(
        {"customer_id": "int64"}
    )
    pairs = mine.merge(
        inside[["customer_id", "group_id", "group_joined_on", "group_left_on"]], on="customer_id"
    )
    day = pairs["ordered_at"].dt.normalize()
    pairs = pairs[(day >= pairs["group_joined_on"]) & ~(day > pairs["group_left_on"])]
    assert len(pairs) == world_tables["group_days"]["orders"].sum() > 1000
    assert mine["customer_id"].isin(members(world_tables).index).mean() > 0.98


def test_advisers_talk_to_contacts_they_have(world_tables):
    chats, contacts = world_tables["adviser_chats"], world_tables["wecom_contacts"].set_index("contact_id")
    known = contacts.loc[chats["contact_id"]]
    start = chats["started_at"].to_numpy()
    assert (start >= known["added_at"].to_numpy()).all() and not (
        start > known["blocked_at"].to_numpy()
    ).any()
    assert (chats["adviser"].to_numpy() == known["adviser"].to_numpy()).all() and chats[
        "started_at"
    ].dt.year.eq(2025).all()


def test_points_are_two_per_yuan_kept_and_nobody_redeems_what_he_has_not(world_tables):
    book, orders = world_tables["points_ledger"], world_tables["orders"].set_index("order_id")
    earned = book[book["kind"] == "earned"].astype({"order_id": "int64"}).set_index("order_id")
    back = world_tables["refunds"].groupby("order_id")["amount"].sum().reindex(earned.index, fill_value=0)
    kept = orders.loc[earned.index, "amount"].to_numpy() - back.to_numpy()
    assert (np.floor(2 * kept + 1e-6) == earned["points"].to_numpy()).all() and (
        orders.loc[earned.index, "store"] == "own"
    ).all()
    lost = book[book["kind"] == "expired"].astype({"order_id": "int64"}).set_index("order_id")["points"]
    assert (lost.to_numpy() == -earned.loc[lost.index, "points"].to_numpy()).all() and lost.index.is_unique
    sign = book["kind"].map({"earned": 0, "redeemed": 1, "expired": 1})
    ordered = book.assign(sign=sign).sort_values(["customer_id", "date", "sign"], kind="stable")
    assert (ordered.groupby("customer_id")["points"].cumsum() >= 0).all()
    assert ((book["cost"] > 0) == (book["kind"] == "redeemed")).all()


def test_the_test_enrols_customers_without_an_adviser_at_a_parcel(world_tables):
    test, orders = world_tables["private_holdout"], world_tables["orders"].set_index("order_id")
    order = orders.loc[test["order_id"]]
    assert (order["customer_id"].to_numpy() == test["customer_id"]).all() and set(order["status"]) == {"paid"}
    wait = test["start"] - order["ordered_at"].dt.normalize().to_numpy()
    assert wait.between(2 * DAY, 4 * DAY).all()
    added = test["customer_id"].map(members(world_tables)["added_at"])
    assert not (added.to_numpy() < order["ordered_at"].to_numpy()).any()
    assert (test["arm"] == "held out").mean() == pytest.approx(0.1, abs=0.012) and len(test) > 8000
    card = members(world_tables).reindex(test.loc[test["arm"] == "held out", "customer_id"])
    early = card["added_at"].to_numpy() < (test.loc[test["arm"] == "held out", "start"] + 60 * DAY).to_numpy()
    assert not (card["source"].to_numpy()[early] == "parcel card").any()


def test_lots_are_balanced(world_tables):
    test, orders = world_tables["private_holdout"], paid_orders(world_tables)
    past = orders.merge(test[["customer_id", "start", "arm"]], on="customer_id")
    past = past[past["ordered_at"] < past["start"]].groupby("customer_id").size()
    before = test["customer_id"].map(past)
    arms = before.groupby(test["arm"]).agg(["mean", "var", "size"])
    error = np.sqrt((arms["var"] / arms["size"]).sum())
    assert abs(arms["mean"].diff().iloc[-1]) < 3 * error


# T12


def test_t12_members_spend_far_more_than_others(world_tables):
    contacts, orders = world_tables["wecom_contacts"], paid_orders(world_tables)
    first = pd.Timestamp("2025-10-01")
    before = orders[(orders["ordered_at"] < first) & (orders["store"] == "own")]["customer_id"].unique()
    inside = contacts[(contacts["added_at"] < first) & ~(contacts["blocked_at"] < first)][
        "customer_id"
    ].dropna()
    spent = (
        orders[orders["ordered_at"] >= first]
        .groupby("customer_id")["amount"]
        .sum()
        .reindex(before, fill_value=0)
    )
    member = np.isin(before, inside)
    found = world_tables.truth["T12"]["found"]["spend_of_members_over_others_2025_q4"]
    assert (
        spent[member].mean() / spent[~member].mean() == pytest.approx(found, rel=1e-3) and 2.3 < found < 3.4
    )


def matched(w):
    """Orders after an own-shop order of those who join within ten days of it, over those of others alike."""
    orders = paid_orders(w).sort_values(["customer_id", "ordered_at"])
    orders["nth"] = orders.groupby("customer_id").cumcount().clip(upper=4)
    orders["gap"] = (orders["ordered_at"] - orders.groupby("customer_id")["ordered_at"].shift()).dt.days
    rows = orders[
        (orders["store"] == "own") & orders["ordered_at"].between("2025-01-01", "2025-10-31 23:59:59")
    ]
    test = w["private_holdout"]
    rows = rows[~rows["customer_id"].isin(test.loc[test["arm"] == "held out", "customer_id"])]
    day = rows["ordered_at"].dt.normalize()
    added = rows["customer_id"].map(members(w)["added_at"]).fillna(pd.Timestamp("2099-01-01"))
    rows, day, added = rows[added >= day + DAY], day[added >= day + DAY], added[added >= day + DAY]
    people = w["customers"].set_index("customer_id").loc[rows["customer_id"]]
    age = (day.dt.year * 12 + day.dt.month).to_numpy() - pd.to_datetime(people["child_birth_month"]).pipe(
        lambda one: one.dt.year * 12 + one.dt.month
    ).to_numpy()
    frame = pd.DataFrame({
        "nth": rows["nth"].to_numpy(), "gap": np.digitize(rows["gap"].fillna(-1), [0, 30, 60, 120]),
        "age": np.digitize(age, [0, 6, 12, 24, 36]), "channel": people["acquired_by"].to_numpy(),
        "joins": (added < day + 11 * DAY).to_numpy(), "orders": orders_within(orders, rows["customer_id"], day + DAY, 60),
    })  # fmt: skip
    cells = (
        frame.groupby(["nth", "gap", "age", "channel", "joins"])["orders"]
        .agg(["sum", "size"])
        .unstack(fill_value=0)
    )
    cells = cells[(cells["size"] > 0).all(axis=1)]
    weight = cells["size"][True]
    return cells["sum"][True].sum() / (cells["sum"][False] / cells["size"][False] * weight).sum()


def holdout(w):
    """(orders in 60 days by arm, share who joined by arm, effect of joining, standard error), as ratios to the held out."""
    test = w["private_holdout"].assign(
        orders=lambda t: orders_within(paid_orders(w), t["customer_id"], t["start"], 60)
    )
    test["joined"] = test["customer_id"].map(members(w)["added_at"]) < test["start"] + 60 * DAY
    arms = test.groupby("arm")["orders"].agg(["mean", "var", "size"])
    share = test.groupby("arm")["joined"].mean()
    comply, out = share["invited"] - share["held out"], arms.loc["held out", "mean"]
    effect = (arms.loc["invited", "mean"] - out) / comply / out
    return test, share, 1 + effect, np.sqrt((arms["var"] / arms["size"]).sum()) / comply / out


def test_t12_the_holdout_finds_a_fifth_more_orders_and_no_comparison_does(world_tables):
    test, share, effect, error = holdout(world_tables)
    assert 0.70 < share["invited"] < 0.85 and share["held out"] < 0.05
    true = world_tables.truth["T12"]["cause"]["effect_of_joining"]
    assert abs(effect - true) < 2.5 * error and error < 0.072
    alike = matched(world_tables)
    assert (
        1.33 < alike < 1.7
        and effect + 1.96 * error
        < 1.5
        < world_tables.truth["T12"]["found"]["spend_of_members_over_others_2025_q4"]
    )
    invited = test[test["arm"] == "invited"]
    joiners = invited.groupby("joined")["orders"].mean()
    assert joiners[True] / joiners[False] > 1.45  # inside the arm, those who join are better customers
    found = world_tables.truth["T12"]["found"]
    assert effect == pytest.approx(found["effect_of_joining"], rel=1e-3)
    assert alike == pytest.approx(found["orders_over_others_alike"], rel=0.02)


# T13


def test_t13_the_red_packet_adds_fastest_loses_most_and_loses_money(world_tables):
    funnel = world_tables["hook_funnel_daily"].query("source != 'parcel card'")
    rate = (
        funnel.groupby(["source", "hook"])[["adds", "impressions"]]
        .sum()
        .pipe(lambda f: f["adds"] / f["impressions"])
    )
    assert (rate.unstack().idxmax(axis=1) == CASH).all()
    contacts = world_tables["wecom_contacts"].query("source != 'parcel card' and added_at >= '2025-01-01'")
    early = contacts[contacts["added_at"] < "2025-12-25"]
    quick = (early["blocked_at"] - early["added_at"] < 7 * DAY).groupby(early["hook"]).mean()
    assert quick[CASH] == pytest.approx(0.41, abs=0.035) and quick.drop(CASH).max() < 0.12
    early = contacts[contacts["added_at"] < "2025-12-01"]
    goods = world_tables["order_items"].merge(world_tables["products"][["sku", "unit_cost"]], on="sku")
    cost = (goods["quantity"] * goods["unit_cost"]).groupby(goods["order_id"]).sum()
    first = (
        early.dropna(subset=["customer_id"]).drop_duplicates("customer_id").astype({"customer_id": "int64"})
    )
    sold = paid_orders(world_tables).merge(first[["customer_id", "hook", "added_at"]], on="customer_id")
    sold = sold[(sold["ordered_at"] >= sold["added_at"]) & (sold["ordered_at"] < sold["added_at"] + 30 * DAY)]
    back = sold["order_id"].map(world_tables["refunds"].groupby("order_id")["amount"].sum()).fillna(0)
    margin = (
        (sold["amount"] - sold["shipping_cost"] - sold["order_id"].map(cost) - back)
        .groupby(sold["hook"])
        .sum()
    )
    spent = funnel[funnel["date"] < "2025-12-01"].groupby("hook")["hook_cost"].sum()
    per_add = (margin - spent) / early.groupby("hook").size()
    assert per_add[CASH] < -7 and per_add.drop(CASH).min() > 12
    found = world_tables.truth["T13"]["found"]["margin_of_30_days_per_add"]
    assert per_add[CASH] == pytest.approx(found[CASH], rel=0.02)


def test_t13_nine_days_without_a_code_are_seen_by_source_and_day_alone(world_tables):
    funnel = world_tables["hook_funnel_daily"]
    days = funnel.groupby(["source", "date"])[["impressions", "adds", "clicks", "hook_cost"]].sum()
    days = days.reset_index()
    usual = days.groupby("source")[["adds", "impressions"]].sum().pipe(lambda f: f["adds"] / f["impressions"])
    days["due"] = days["impressions"] * days["source"].map(usual)
    alive = (days["adds"] > 0) | (days["source"] != days["source"].shift())
    silent = [run for _, run in days[~alive].groupby(alive.cumsum()[~alive]) if run["due"].sum() > 15]
    assert (
        len(silent) == 1
        and set(silent[0]["source"]) == {"Douyin profile"}
        and (silent[0]["clicks"] > 0).all()
    )
    assert silent[0]["date"].dt.strftime("%m-%d").tolist() == [f"05-{day}" for day in range(12, 21)]
    assert silent[0]["due"].sum() > 30 and silent[0]["hook_cost"].gt(0).all()
    month = funnel.groupby(funnel["date"].dt.month)[["adds", "impressions"]].sum()
    rate = month["adds"] / month["impressions"]
    assert rate[5] > 0.9 * rate[[4, 6]].mean()  # nothing to see in the month


# What the exercises ask besides


def test_add_rates_need_one_denominator(world_tables):
    sums = world_tables["hook_funnel_daily"].groupby("source")[["adds", "clicks", "impressions"]].sum()
    seen, tapped = sums["adds"] / sums["impressions"], sums["adds"] / sums["clicks"]
    assert seen["offline"] > 1.3 * seen["official account"]
    assert tapped["Douyin profile"] > 3 * seen["offline"]  # by taps better, by views far worse


def test_a_buyer_costs_far_more_than_an_add(world_tables):
    funnel, contacts = world_tables["hook_funnel_daily"], world_tables["wecom_contacts"]
    chats = (
        world_tables["adviser_chats"]["minutes"].sum() + world_tables["group_days"]["adviser_minutes"].sum()
    )
    mine = (
        contacts[contacts["added_at"] >= "2025-01-01"]
        .dropna(subset=["customer_id"])
        .astype({"customer_id": "int64"})
    )
    inside = paid_orders(world_tables).query("channel == 'private domain' and ordered_at >= '2025-01-01'")
    buyers = inside["customer_id"].isin(mine["customer_id"]) & ~inside["customer_id"].duplicated()
    whole = funnel[["hook_cost", "coupon_cost", "ad_cost"]].sum().sum() + chats  # an hour costs CNY 60
    per_add = funnel["hook_cost"].sum() / funnel["adds"].sum()
    per_buyer = whole / buyers.sum()
    assert per_buyer > 3 * per_add and per_buyer > 1.25 * funnel["hook_cost"].sum() / buyers.sum()
    assert (
        funnel["ad_cost"].sum() > 0.05 * whole and chats > 0.3 * whole and funnel["coupon_cost"].sum() > 3000
    )


def test_the_loudest_group_is_six_people_and_people_leave_it(world_tables):
    days = world_tables["group_days"].query("members >= 30")
    by = days.groupby("group_id")[["members", "messages", "messages_top6", "left"]].sum()
    large = by["members"].div(days.groupby("group_id").size()).idxmax()
    mean = days[days["group_id"] == large][["members", "messages"]].mean()
    assert 400 < mean["members"] <= 490 and 1500 < mean["messages"] < 2400
    assert by.loc[large, "messages_top6"] / by.loc[large, "messages"] == pytest.approx(0.7, abs=0.03)
    bins = pd.cut(days["messages"] / days["members"], [-1, 0.8, 3, 99])
    rate = (
        days.groupby(bins, observed=True)[["left", "members"]].sum().pipe(lambda f: f["left"] / f["members"])
    )
    assert rate.is_monotonic_increasing and rate.iloc[2] > 3 * rate.iloc[0]
    calm = days[days["group_id"] != large]
    assert calm["left"].sum() / calm["members"].sum() < 0.4 * by.loc[large, "left"] / by.loc[large, "members"]


def test_flash_sale_days_bring_orders(world_tables):
    days = world_tables["group_days"].assign(flash=lambda d: d["date"].dt.day_of_week.isin([2, 4]))
    rate = days.groupby("flash")[["orders", "members"]].sum().pipe(lambda f: f["orders"] / f["members"])
    assert rate[True] > 1.15 * rate[False]


def test_chats_convert_because_of_whom_they_are_with(world_tables):
    chats, contacts = world_tables["adviser_chats"], world_tables["wecom_contacts"].set_index("contact_id")
    own = paid_orders(world_tables).query("store == 'own'")
    who = chats["contact_id"].map(contacts["customer_id"]).astype("int64")
    bought = orders_within(own, who, chats["started_at"], 3) > 0
    by = pd.Series(bought).groupby(chats["lead"]).mean()
    assert (
        bought.mean() == pytest.approx(0.18, abs=0.04)
        and by["rota"] < 0.4 * bought.mean()
        and by["asked"] > 4 * by["rota"]
    )
    days = world_tables["group_days"]
    offers = days[days["offers"] > 0]
    assert offers["orders"].sum() / offers["offer_taps"].sum() == pytest.approx(0.03, abs=0.008)
    assert days["orders"].sum() / days["adviser_minutes"].sum() > 1.3 * bought.sum() / chats["minutes"].sum()


def test_points_cost_neither_their_face_value_nor_nothing(world_tables):
    book = world_tables["points_ledger"]
    totals = book.groupby("kind")["points"].sum().abs()
    old = book[(book["kind"] == "earned") & (book["date"] < "2024-12-31")]
    lost = book[(book["kind"] == "expired") & book["order_id"].isin(old["order_id"])]
    share = 1 + lost["points"].sum() / old["points"].sum()
    final = world_tables.truth["points"]["final"]["share_redeemed"]
    assert share == pytest.approx(final, abs=0.05)
    assert totals["redeemed"] / totals["earned"] < 0.8 * share < 0.8  # so far is not in the end
    cost = book["cost"].sum() / totals["redeemed"] * share
    assert 0.2 < cost / 0.01 < 0.5 and totals["earned"] > 8_000_000


def test_one_phone_is_not_one_person(world_tables):
    contacts = world_tables["wecom_contacts"].merge(world_tables.hidden("wecom_people"), on="contact_id")
    phones = contacts.dropna(subset=["phone_id"]).groupby("phone_id")
    assert 0.02 < (phones["wechat_id"].nunique() > 1).mean() < 0.12

    def pairs(keys):
        groups = contacts.dropna(subset=keys).groupby(keys)
        merged = groups.size().pipe(lambda n: n * (n - 1) / 2).sum()
        return merged, contacts.dropna(subset=keys).groupby([*keys, "person_id"]).size().pipe(
            lambda n: n * (n - 1) / 2
        ).sum()

    true = contacts.groupby("person_id").size().pipe(lambda n: n * (n - 1) / 2).sum()
    by_phone, right_by_phone = pairs(["phone_id"])
    by_account, right_by_account = pairs(["wechat_id"])
    both, right_both = pairs(["phone_id", "gender"])
    assert 0.35 < right_by_phone / by_phone < 0.75 and right_by_phone / true > 0.7
    assert right_by_account == by_account and right_by_account / true < 0.6
    assert right_both / both > right_by_phone / by_phone + 0.1


def test_hand_offs_that_take_long_lose_people(world_tables):
    contacts = world_tables["wecom_contacts"].query("added_at < '2025-12-01'")
    joins = (
        contacts["group_id"]
        .notna()
        .groupby(pd.cut(contacts["group_invite_minutes"], [0, 60, 480, 99_999]))
        .mean()
    )
    assert joins.iloc[0] > 1.3 * joins.iloc[2]


# Small worlds


def test_a_small_world_agrees_as_well():
    w = World(made_world(7, 0.04))
    funnel, budget = (
        w["hook_funnel_daily"],
        w["budget"].query("channel == 'private domain' and date >= '2025-01-01'"),
    )
    assert len(w["wecom_contacts"]) > 300 and len(w["private_holdout"]) > 100
    media = budget.loc[budget["item"] == "media", "spent"].sum()
    assert funnel["hook_cost"].sum() == pytest.approx(media, abs=0.1)
