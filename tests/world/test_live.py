"""The live room and the presale: minutes, shows, orders and budget agree; people, money and hosts are what they seem not."""

import numpy as np
import pandas as pd
import pytest

from tests.world.conftest import World

CENT = 0.006
LOGGED = [("2024-11-01", "2024-12-01"), ("2025-06-01", "2025-06-21"), ("2025-10-20", "2026-01-01")]


def shows_of(w, start="2024-11-01", end="2026-01-01"):
    shows = w["live_sessions"]
    return shows[(shows["started_at"] >= start) & (shows["started_at"] < end)].reset_index(drop=True)


def orders_in(w, shows):
    """Orders of the live store with the show they fall into (join on time, as a learner does it)."""
    orders = w["orders"]
    orders = orders[orders["store"] == "live"].sort_values("ordered_at")
    left = shows.sort_values("started_at")[["show_id", "started_at", "minutes"]]
    found = pd.merge_asof(orders, left, left_on="ordered_at", right_on="started_at")
    past = (found["ordered_at"] - found["started_at"]).dt.total_seconds()
    return (
        found[past < found["minutes"] * 60]
        .assign(minute=past // 60 + 1)
        .astype({"show_id": int, "minute": int})
    )


# Agreement


def test_shows_do_not_overlap_and_lie_in_their_months(world_tables):
    shows = shows_of(world_tables)
    assert len(shows) == len(world_tables["live_sessions"]) and 700 < len(shows) < 950
    ends = shows["started_at"] + pd.to_timedelta(shows["minutes"], unit="min")
    assert (shows["started_at"].iloc[1:].to_numpy() >= ends.iloc[:-1].to_numpy()).all()
    assert not shows["started_at"].between("2024-12-01", "2024-12-31 23:59").any()


def test_every_order_of_the_live_store_during_a_show_is_counted_there(world_tables):
    shows = shows_of(world_tables)
    sold = orders_in(world_tables, shows).groupby("show_id")["amount"].agg(["size", "sum"])
    sold = sold.reindex(shows["show_id"], fill_value=0)
    assert (sold["size"].to_numpy() == shows["orders"]).all()
    assert np.allclose(sold["sum"], shows["gmv"], atol=CENT) and shows["orders"].sum() > 4000


def test_minutes_add_up_to_the_show(world_tables):
    log, shows = world_tables["live_minutes"], shows_of(world_tables).set_index("show_id")
    kept = shows[[any(a <= str(day) < b for a, b in LOGGED) for day in shows["started_at"]]]
    by = log.groupby("show_id")
    assert set(log["show_id"]) == set(kept.index)
    pairs = [("entries", "views"), ("new_viewers", "viewers"), ("likes", "likes"), ("comments", "comments"),
             ("coupon_drop", "coupon_drops"), ("product_clicks", "product_clicks"), ("orders", "orders")]  # fmt: skip
    for minute, show in pairs:
        assert (by[minute].sum() == kept[show]).all(), minute
    assert np.allclose(by["gmv"].sum(), kept["gmv"], atol=CENT) and (by.size() == kept["minutes"]).all()
    assert (by["online"].max() == kept["peak_online"]).all()
    stay = 60 * by["online"].sum() / kept["views"]
    assert np.allclose(stay, kept["seconds_per_view"], atol=0.051)


def test_orders_of_a_minute_are_those_of_the_order_table(world_tables):
    log = world_tables["live_minutes"].set_index(["show_id", "minute"])
    sold = (
        orders_in(world_tables, shows_of(world_tables))
        .groupby(["show_id", "minute"])["amount"]
        .agg(["size", "sum"])
    )
    sold = sold.reindex(log.index, fill_value=0)
    assert (sold["size"] == log["orders"]).all() and np.allclose(sold["sum"], log["gmv"], atol=CENT)


def test_people_who_come_and_go_are_the_people_online(world_tables):
    log = world_tables["live_minutes"].sort_values(["show_id", "minute"])
    before = log.groupby("show_id")["online"].shift(fill_value=0)
    assert (before + log["entries"] - log["exits"] == log["online"]).all()
    assert (log["new_viewers"] <= log["entries"]).all() and (log["product_clicks"] >= log["orders"]).all()


def test_traffic_is_paid_from_the_budget_of_the_day(world_tables):
    shows, budget = shows_of(world_tables), world_tables["budget"]
    paid = shows.groupby(shows["started_at"].dt.normalize())["traffic_cost"].sum()
    media = budget[(budget["channel"] == "live") & (budget["item"] == "media")].set_index("date")["spent"]
    assert np.allclose(paid, media.reindex(paid.index, fill_value=0), atol=CENT)
    assert (shows["paid_views"] <= shows["views"]).all()


def test_a_completed_presale_is_an_order_of_the_final_days(world_tables):
    presale, orders = world_tables["presale"], world_tables["orders"].set_index("order_id")
    done = presale[presale["balance_paid"]]
    assert (presale["balance_paid"] == presale["order_id"].notna()).all()
    order = orders.loc[done["order_id"].astype(int)]
    assert (order["customer_id"].to_numpy() == done["customer_id"]).all() and (
        order["status"] == "paid"
    ).all()
    assert (order["store"].to_numpy() == done["store"]).all()
    day = order["ordered_at"].dt.strftime("%m-%d")
    assert (
        day.between("11-09", "11-11").all()
        and (order["ordered_at"].dt.year.to_numpy() == done["deposited_at"].dt.year).all()
    )
    items = world_tables["order_items"].set_index(["order_id", "sku"])
    line = items.loc[pd.MultiIndex.from_arrays([done["order_id"].astype(int), done["sku"]])]
    assert (line["quantity"].to_numpy() == done["quantity"]).all()
    share = order["amount"].to_numpy() * line["gross"].to_numpy() / order["gross_amount"].to_numpy()
    assert (share <= done["price"] + 0.01).all()


def test_who_gave_up_a_deposit_ordered_nothing_in_the_final_days(world_tables):
    presale, orders = world_tables["presale"], world_tables["orders"]
    for year in (2024, 2025):
        gone = presale[~presale["balance_paid"] & (presale["deposited_at"].dt.year == year)]
        final = orders[orders["ordered_at"].between(f"{year}-11-09", f"{year}-11-11 23:59:59")]
        assert len(gone) > 60 and not gone["customer_id"].isin(final["customer_id"]).any()
    assert np.allclose(presale["deposit"] + presale["balance"], presale["price"], atol=CENT)
    known = presale["customer_id"].map(world_tables["customers"].set_index("customer_id")["registered_on"])
    assert (known < presale["deposited_at"]).all() and presale["presale_id"].is_unique
    assert (presale["deposit"] < 0.45 * presale["price"]).all()


# What lessons find


def test_viewers_are_neither_the_sum_of_concurrents_nor_the_peak(world_tables):
    shows, log = shows_of(world_tables, "2025-11-11", "2025-11-12"), world_tables["live_minutes"]
    show = shows[shows["slot"] == "prime"].iloc[0]
    online = log.loc[log["show_id"] == show["show_id"], "online"]
    assert show["viewers"] == log.loc[log["show_id"] == show["show_id"], "new_viewers"].sum()
    assert online.sum() > 1.6 * show["viewers"] and online.max() < 0.15 * show["viewers"]
    assert show["views"] > 1.2 * show["viewers"] and online.sum() > 1.15 * show["views"]


def test_gmv_of_live_shows_is_not_their_revenue(world_tables):
    sold = orders_in(world_tables, shows_of(world_tables, "2025-11-01", "2025-12-01"))
    paid = sold[sold["status"] == "paid"]
    refunds = world_tables["refunds"]
    back = refunds.loc[refunds["order_id"].isin(paid["order_id"]), "amount"].sum()
    gmv, money = sold["amount"].sum(), paid["amount"].sum()
    assert (
        gmv > 1.05 * money and back / money == pytest.approx(0.38, abs=0.08) and (money - back) < 0.68 * gmv
    )
    found = world_tables.truth["live_room"]["found"]["november_2025"]
    assert found["net_of_refunds"] == pytest.approx(money - back, rel=1e-4) and found["gmv"] == pytest.approx(
        gmv, rel=1e-4
    )


def test_gmv_per_thousand_views_and_per_thousand_viewers_differ(world_tables):
    shows = shows_of(world_tables, "2025-11-01", "2025-12-01")
    gpm, mixed = (1000 * shows["gmv"].sum() / shows[name].sum() for name in ("views", "viewers"))
    assert 350 < gpm < 1500 and mixed > 1.2 * gpm


def test_one_deposit_in_six_is_never_followed_by_the_balance(world_tables):
    presale = world_tables["presale"]
    for _, year in presale.groupby(presale["deposited_at"].dt.year):
        assert 400 < len(year) < 1600 and year["balance_paid"].mean() == pytest.approx(0.83, abs=0.03)
    real, tempting = presale.loc[presale["balance_paid"], "price"].sum(), presale["price"].sum()
    assert tempting > 1.13 * real


def by_host(shows, keys):
    """GMV of a show, A over B, at the same mix of cells."""
    cells = (
        shows[shows["host"] != "C"]
        .groupby([*keys, "host"])["gmv"]
        .agg(["mean", "size"])
        .unstack("host")
        .dropna()
    )
    weight = cells["size"].sum(axis=1)
    return (cells[("mean", "A")] * weight).sum() / (cells[("mean", "B")] * weight).sum()


def test_host_a_sells_more_because_of_slots_and_offers(world_tables):
    shows = shows_of(world_tables)
    mean = shows.groupby("host")["gmv"].mean()
    assert mean["A"] / mean["B"] == pytest.approx(1.8, abs=0.12)
    assert by_host(shows, ["slot", "offer"]) == pytest.approx(0.96, abs=0.06)
    assert by_host(shows, ["slot"]) < 1.3
    prime = (
        shows.assign(prime=shows["slot"] == "prime", hero=shows["offer"] == "hero")
        .groupby("host")[["prime", "hero"]]
        .mean()
    )
    assert (prime.loc["A"] > 1.4 * prime.loc["B"]).all()


# The shape of a living room


def test_evenings_and_promotions_draw_the_crowd(world_tables):
    shows = shows_of(world_tables)
    by = shows.groupby("slot")["gmv"].mean()
    assert by["prime"] > 3 * by.drop("prime").max()
    day = shows.groupby(shows["started_at"].dt.normalize())["gmv"].sum()
    assert day["2025-11-09":"2025-11-11"].mean() > 3 * day.median()
    peak = shows["peak_online"]
    assert peak.max() > 3 * peak.median() and (peak / shows["viewers"]).median() < 0.12
    presale = world_tables["presale"]
    assert (presale["deposited_at"].dt.strftime("%m-%d %H") <= "10-24 23").mean() > 0.2


def test_a_small_world_has_a_live_room_too(small_world):
    small = World(small_world)
    shows, log = small["live_sessions"], small["live_minutes"]
    assert (
        log.groupby("show_id")["entries"].sum()
        == shows.set_index("show_id").loc[log["show_id"].unique(), "views"]
    ).all()
    assert {"hosts", "live_room", "presale"} <= set(small.truth) and len(small["presale"]) > 5
