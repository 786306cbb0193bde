"""Invitations and user content: the tree holds, its people are customers of the shop, and what looks like growth is not all."""

import numpy as np
import pandas as pd
import pytest

from tests.world.conftest import World

# What an advertiser must not say: superlatives, cures, guarantees, running others down, doctors.
FORBIDDEN = (r"全网最好|第一品牌|史上最|国家级|没有比这更好|找不到比这更好|销量第一|100%纯天然|治好|湿疹|杀菌消炎|修复|免疫力|贫血|"
             r"保证|百分之百|包你满意|吊打|千万别买|强十倍|医生|专家认证")  # fmt: skip


def signed(w):
    """Sign-ups, with whether the person ever bought."""
    made = w["referrals"]
    return made[made["accepted_at"].notna()].assign(bought=made["first_order_id"].notna())


def shares(people):
    """Sign-ups whose phone or address another one has, too; a missing address is nobody's."""
    address = (people["address_hash"] != "") & people["address_hash"].duplicated(keep=False)
    return people["device_hash"].duplicated(keep=False) | address


def generations(w):
    """Users by mechanic and generation; generation 0 are the seeds."""
    users = signed(w).groupby(["mechanic", "generation"]).size().unstack(fill_value=0)
    users.insert(0, 0, w["referral_programmes"].groupby("mechanic")["seeds"].sum())
    return users


def first_paid(w):
    """First paid order of each customer, with whether the person ordered again 91 to 180 days later."""
    orders = w["orders"].query("status == 'paid'").sort_values("ordered_at", kind="stable")
    first = orders.drop_duplicates("customer_id").set_index("customer_id")
    days = (orders["ordered_at"] - orders["customer_id"].map(first["ordered_at"])).dt.total_seconds() / 86_400
    again = orders.loc[(days > 90) & (days <= 180), "customer_id"]
    return first.assign(kept=first.index.isin(again)).reset_index()


# The tree


def test_an_invitation_comes_after_the_sign_up_of_who_sent_it(world_tables):
    made = world_tables["referrals"]
    below = made.dropna(subset=["inviter_invite_id"])
    above = made.set_index("invite_id").loc[below["inviter_invite_id"].astype(int)]
    assert (
        above["accepted_at"].notna().all()
        and (above["accepted_at"].to_numpy() < below["invited_at"].to_numpy()).all()
    )
    assert (above["programme"].to_numpy() == below["programme"]).all()
    assert (above["generation"].to_numpy() + 1 == below["generation"]).all()
    role = made["inviter_role"]
    assert (made["inviter_invite_id"].notna() == (role == "invitee")).all()
    assert (made["inviter_customer_id"].notna() == (role == "customer")).all()
    assert ((made["generation"] == 1) == (role != "invitee")).all()
    assert made["invited_at"].is_monotonic_increasing and made["accepted_at"].notna().equals(
        made["signup_id"].notna()
    )


def test_one_link_has_one_owner_and_seeds_are_at_least_those_who_shared(world_tables):
    made = world_tables["referrals"]
    owner = made.fillna({"inviter_customer_id": 0, "inviter_invite_id": 0})
    assert (
        owner.groupby("share_code")[["programme", "inviter_customer_id", "inviter_invite_id"]].nunique() == 1
    ).all(axis=None)
    sharing = made[made["generation"] == 1].groupby("programme")["share_code"].nunique()
    started = world_tables["referral_programmes"].set_index("programme")
    assert (sharing < started["seeds"]).all() and (started["staff_seeds"] < 0.2 * started["seeds"]).all()
    customers = world_tables["customers"].set_index("customer_id")["registered_on"]
    seed = made.dropna(subset=["inviter_customer_id"])
    assert (seed["inviter_customer_id"].map(customers) < seed["programme"].map(started["first_day"])).all()


def test_programmes_keep_their_days_and_unanswered_invitations_cost_nothing(world_tables):
    made, started = world_tables["referrals"], world_tables["referral_programmes"].set_index("programme")
    last = made["programme"].map(started["last_day"]) + pd.Timedelta(days=1)
    assert (made["invited_at"] >= made["programme"].map(started["first_day"])).all()
    assert (made["invited_at"] < last).all() and (
        made["accepted_at"].dropna() < last[made["accepted_at"].notna()]
    ).all()
    silent = made["accepted_at"].isna()
    assert (made.loc[silent, "reward_cost"] == 0).all() and (made.loc[~silent, "reward_cost"] > 0).all()
    assert made.loc[silent, "first_order_id"].isna().all()
    assert (made.loc[silent, ["device_hash", "address_hash"]] == "").all(axis=None)


def test_friends_who_buy_are_customers_whose_first_order_comes_after(world_tables):
    bought = signed(world_tables).query("bought")
    first = first_paid(world_tables).set_index("order_id")
    order = first.loc[bought["first_order_id"].astype(int)]
    assert (
        bought["first_order_id"].is_unique
        and (order["ordered_at"].to_numpy() > bought["accepted_at"].to_numpy()).all()
    )
    customers = world_tables["customers"].set_index("customer_id").loc[order["customer_id"]]
    assert customers["acquired_by"].isin(["private domain", "direct"]).all()
    assert (customers["registered_on"].to_numpy() == order["ordered_at"].dt.normalize().to_numpy()).all()
    wait = (order["ordered_at"].to_numpy() - bought["accepted_at"].to_numpy()) / np.timedelta64(1, "D")
    assert np.median(wait) < 45 and wait.max() <= 151


# Planted truths


def test_t15_half_of_the_cut_price_sign_ups_share_a_phone_or_an_address(world_tables):
    people = signed(world_tables)
    cut = people["mechanic"] == "cut price"
    right = shares(people)[cut].mean()
    assert right == pytest.approx(0.46, abs=0.025) and shares(people)[~cut].mean() < 0.06
    equal = people["device_hash"].duplicated(keep=False) | people["address_hash"].duplicated(keep=False)
    above = people["inviter_invite_id"].map(people.set_index("invite_id")["device_hash"])
    assert equal[cut].mean() > 1.3 * right and (people["device_hash"] == above)[cut].mean() < 0.5 * right
    assert people[cut]["bought"].mean() == pytest.approx(0.12, abs=0.02)
    assert (
        people[cut & shares(people)]["bought"].mean()
        < 0.03
        < 0.18
        < people[cut & ~shares(people)]["bought"].mean()
    )
    found = world_tables.truth["T15"]["found"]
    assert found["share_phone_or_address"] == pytest.approx(right, rel=1e-4) and 3000 < cut.sum() < 4000


def test_t15_what_shares_is_what_was_made_up(world_tables):
    people = signed(world_tables)
    label = people["invite_id"].map(world_tables.hidden("referrals").set_index("invite_id")["fraud"])
    flag = shares(people) & (people["mechanic"] == "cut price")
    assert (
        label[flag].mean() > 0.9
        and flag[label].mean() > 0.88
        and not label[people["mechanic"] != "cut price"].any()
    )
    assert "ring" not in people and "fraud" not in people


def test_k_is_neither_invitations_nor_new_over_all_and_falls(world_tables):
    users, made = generations(world_tables), world_tables["referrals"]
    k = users.loc["cut price", 1] / users.loc["cut price", 0]
    sent = (made["mechanic"] == "cut price").sum() / users.loc["cut price"].sum()
    share = users.loc["cut price"].drop(0).sum() / users.loc["cut price"].sum()
    assert 0.9 < k < 1.25 and sent > 2 * k and share < 0.85 * k
    later = users.loc["cut price", [1, 2, 3, 4]].to_numpy() / users.loc["cut price", [0, 1, 2, 3]].to_numpy()
    assert later[1] < 0.88 * later[0] and later[2] < 0.7 * later[0]
    honest = users.loc["cut price", 1] - (shares(signed(world_tables)) & (signed(world_tables)["mechanic"] == "cut price")
                                          & (signed(world_tables)["generation"] == 1)).sum()  # fmt: skip
    assert honest / users.loc["cut price", 0] < 0.8 * k


def test_the_mechanic_with_the_larger_k_is_the_slower_one(world_tables):
    users, people = generations(world_tables), signed(world_tables)
    k = users[1] / users[0]
    cycle = people["accepted_at"] - people["inviter_invite_id"].map(
        people.set_index("invite_id")["accepted_at"]
    )
    days = (cycle.dt.total_seconds() / 86_400).groupby(people["mechanic"]).median()
    assert days["group buy"] == pytest.approx(2, abs=0.5) and days["gift card"] == pytest.approx(30, abs=7)
    assert k["group buy"] == pytest.approx(0.5, abs=0.12) and k["gift card"] > 1.15 * k["group buy"]


def test_cut_price_is_cheap_per_sign_up_and_gift_cards_per_buyer_who_stays(world_tables):
    people, first = signed(world_tables), first_paid(world_tables).set_index("order_id")
    total = people.groupby("mechanic").agg(
        cost=("reward_cost", "sum"), size=("bought", "size"), buyers=("bought", "sum")
    )
    ripe = people[people["first_order_id"].map(first["ordered_at"]) < "2025-07-04"]
    kept = ripe["first_order_id"].map(first["kept"]).astype(float).groupby(ripe["mechanic"]).mean()
    naive, right = total["cost"] / total["size"], total["cost"] / total["buyers"] / kept
    assert naive.idxmin() == "cut price" and right.idxmin() == "gift card"
    assert (
        right["cut price"] > 2 * right["gift card"]
        and right.drop("gift card").min() > 1.1 * right["gift card"]
    )
    assert naive["gift card"] > 1.3 * naive["cut price"]


def test_invited_customers_stay_because_loyal_friends_are_invited(world_tables):
    people = first_paid(world_tables)
    people = people[people["ordered_at"].between("2024-03-04", "2025-07-03 23:59:59")]
    people["invited"] = people["order_id"].isin(signed(world_tables)["first_order_id"].dropna())

    def ratio(keys):
        cells = (
            people.groupby([*keys, "invited"], observed=True)["kept"]
            .agg(["mean", "size"])
            .unstack("invited")
            .dropna()
        )
        return (cells[("mean", True)] * cells[("size", True)]).sum() / (
            cells[("mean", False)] * cells[("size", True)]
        ).sum()

    raw = people.groupby("invited")["kept"].mean()
    raw = raw[True] / raw[False]
    assert raw == pytest.approx(1.6, abs=0.24)
    assert ratio(["channel"]) < 0.95 * raw and people["invited"].sum() > 400
    loyal = people["customer_id"].map(world_tables.hidden("customers").set_index("customer_id")["loyalty"])
    people["loyal"] = pd.cut(loyal, np.linspace(0, 1, 11))
    assert ratio(["channel", "loyal"]) == pytest.approx(1.0, abs=0.2)


def test_the_short_form_brings_more_sign_ups_and_fewer_buyers_each(world_tables):
    made = world_tables["referrals"]
    made = made[made["mechanic"] != "cut price"].assign(
        came=made["accepted_at"].notna(), bought=made["first_order_id"].notna()
    )
    rate = made.groupby("form")["came"].mean()
    buys = made[made["came"]].groupby("form")["bought"].mean()
    assert rate["short"] > 1.2 * rate["long"] and buys["short"] < buys["long"]
    bare = signed(world_tables).groupby("form")["address_hash"].apply(lambda one: (one == "").mean())
    assert bare["short"] > 0.5 and bare["long"] < 0.08


# User content


def test_authors_show_what_they_bought(world_tables):
    items, orders = world_tables["ugc"], world_tables["orders"].set_index("order_id")
    order = orders.loc[items["order_id"]]
    assert (order["customer_id"].to_numpy() == items["customer_id"]).all() and (
        order["status"] == "paid"
    ).all()
    assert (order["ordered_at"].to_numpy() < items["created_at"].to_numpy()).all()
    lines = world_tables["order_items"].set_index(["order_id", "sku"]).index
    assert pd.MultiIndex.from_frame(items[["order_id", "sku"]]).isin(lines).all()
    assert (
        items["created_at"].max() < pd.Timestamp("2026-01-01") and items["created_at"].is_monotonic_increasing
    )
    assert (items["rating"].notna() == (items["kind"] == "photo review")).all()


def test_texts_are_many_and_likes_are_few_with_a_long_tail(world_tables):
    items = world_tables["ugc"]
    assert 2200 < len(items) < 3600 and items["text_zh"].nunique() > 0.97 * len(items)
    assert not items["text_zh"].str.contains("[{}]").any() and not items["text_en"].str.contains("[{}]").any()
    assert items["likes"].median() < 10 and items["likes"].max() > 300
    lines = world_tables["order_items"]["sku"].value_counts()
    count = items["sku"].value_counts().reindex(lines.index, fill_value=0)
    assert count.corr(lines) > 0.9


def test_a_word_list_finds_forbidden_claims_and_single_characters_do_not(world_tables):
    items = world_tables["ugc"].merge(world_tables.hidden("ugc"), on="ugc_id")
    wrong, found = items["claim"] != "", items["text_zh"].str.contains(FORBIDDEN)
    assert wrong[found].mean() > 0.97 and found[wrong].mean() > 0.97
    naive = items["text_zh"].str.contains("最|第一")
    assert wrong[naive].mean() < 0.6 and naive[wrong].mean() < 0.5
    assert "claim" not in world_tables["ugc"]


def test_few_of_the_best_liked_reviews_may_be_used_again(world_tables):
    items = world_tables["ugc"]
    best = items[items["rating"] == 5].sort_values(["likes", "ugc_id"], ascending=[False, True]).head(50)
    agreed, clean = best["consent_to_reuse"] == "separate", ~best["text_zh"].str.contains(FORBIDDEN)
    usable = (agreed & clean).sum()
    assert len(best) == 50 and 1 <= usable <= 20 and (best["consent_to_reuse"] != "none").sum() > 1.3 * usable
    assert clean.sum() > 1.3 * usable and (~clean).mean() > 0.3
    found = world_tables.truth["ugc_reuse"]["found"]
    assert set(best.loc[agreed & clean, "ugc_id"]) == set(found["usable_ids"])


def test_pages_count_the_orders_of_the_own_shop(world_tables):
    pages, orders = world_tables["product_pages"], world_tables["orders"]
    own = orders[(orders["store"] == "own") & (orders["ordered_at"] >= "2024-01-01")].set_index("order_id")
    lines = world_tables["order_items"]
    lines = lines[lines["order_id"].isin(own.index)]
    month = lines["order_id"].map(own["ordered_at"]).dt.strftime("%Y-%m")
    count = lines.groupby([month, "sku"]).size()
    count.index.names = ["month", "sku"]
    shown = pages.set_index(["month", "sku"])
    assert (count.reindex(shown.index, fill_value=0) == shown["orders"]).all() and count.sum() == shown[
        "orders"
    ].sum()
    assert (pages["page_views"] >= pages["orders"]).all()
    visits = world_tables["web_sessions"]
    seen = visits.loc[visits["started_at"] >= "2025-01-01", "pageviews"].sum()
    assert pages.loc[pages["month"] >= "2025", "page_views"].sum() < 0.7 * seen


def test_pages_with_ugc_convert_twice_as_well_and_ugc_is_not_why(world_tables):
    pages, test = world_tables["product_pages"], world_tables["ugc_test"]
    year = pages[pages["month"] >= "2025"]
    total = year.groupby(year["ugc_items"] > 0)[["orders", "page_views"]].sum()
    rate = total["orders"] / total["page_views"]
    assert rate[True] / rate[False] == pytest.approx(2, abs=0.3)
    arms = test.groupby("arm")[["orders", "page_views"]].sum()
    cvr = arms["orders"] / arms["page_views"]
    assert cvr["with UGC"] / cvr["without"] - 1 == pytest.approx(0.04, abs=0.1)
    assert arms["page_views"].max() / arms["page_views"].min() < 1.03
    both = test.groupby(["month", "sku"])[["page_views", "orders"]].sum()
    shown = pages.set_index(["month", "sku"]).loc[both.index]
    assert (both == shown[["page_views", "orders"]]).all(axis=None) and (shown["ugc_items"] == 0).all()


def test_a_small_world_has_invitations_too(small_world):
    small = World(small_world)
    assert len(small["referrals"]) > 200 and len(small["ugc"]) > 40 and len(small["ugc_test"]) > 10
    assert {"T15", "invitations", "mechanics", "invited_customers", "ugc_pages", "ugc_reuse"} <= set(
        small.truth
    )
