"""The recall test and the test of offers: effects are found by lot, rates and risks mislead, the tables agree."""

import numpy as np
import pandas as pd
import pytest

from tests.world.conftest import World
from tests.world.test_mail import at_odds, margins

OFFERS = {
    "none": (0, 0),
    "coupon": (20, 0),
    "gift": (14, 0),
    "advice call": (0, 3.5),
}  # CNY an order, a person


def arms(rows):
    """Rows with the offer and of the holdout."""
    rows = rows.assign(net=rows["margin_14d"] - rows["offer_cost"])
    return rows[rows["arm"] == "offer"], rows[rows["arm"] == "holdout"]


def counted(w, rows, day, window):
    """Paid orders and their margin within `window` days from the column `day`, by row, counted from orders."""
    orders = margins(w)[["customer_id", "ordered_at", "margin"]]
    both = rows[["customer_id", day]].reset_index(names="row").merge(orders, on="customer_id")
    wait = (both["ordered_at"].dt.normalize() - both[day]).dt.days
    both = both[(wait >= 0) & (wait < window)].groupby("row")["margin"].agg(["size", "sum"])
    return both.reindex(range(len(rows)), fill_value=0)


# T10


def test_recall_works_on_the_newly_dormant_only(world_tables):
    test = world_tables["recall_test"]
    effect, z, net, rate = {}, {}, {}, {}
    for tier, rows in test.groupby("tier"):
        offer, holdout = arms(rows)
        effect[tier] = offer["ordered_14d"].mean() - holdout["ordered_14d"].mean()
        z[tier], net[tier] = (
            at_odds(offer["ordered_14d"], holdout["ordered_14d"]),
            offer["net"].mean() - holdout["net"].mean(),
        )
        rate[tier] = offer["ordered_14d"].mean()
        found = world_tables.truth["T10"]["found"][tier]["ordered"]
        assert found["effect"] == pytest.approx(effect[tier], abs=1e-4)
    spread = effect["newly dormant"] / z["newly dormant"]
    assert abs(effect["newly dormant"] - 0.031) < 2.5 * spread and z["newly dormant"] > 4
    assert abs(z["loyal"]) < 2.5 and net["loyal"] < 0 < net["newly dormant"]
    assert -0.007 < effect["never bought"] < -0.0015
    assert max(rate, key=rate.get) == "loyal"  # the tempting tier: highest rate, no effect
    offer, holdout = arms(test)
    assert (
        offer["ordered_14d"].mean() > 5 * (offer["ordered_14d"].mean() - holdout["ordered_14d"].mean()) > 0
    )  # no control


def test_recall_annoys_those_who_never_bought(world_tables):
    offer, holdout = arms(world_tables["recall_test"])
    never = offer["tier"] == "never bought"
    for column in ("complained", "opted_out"):
        assert not holdout[column].any()
        assert at_odds(offer.loc[never, column], offer.loc[~never, column]) > 5


def test_recall_outcomes_are_those_of_the_orders(world_tables):
    test = world_tables["recall_test"]
    real = counted(world_tables, test, "wave_on", 14)
    assert ((real["size"] > 0).to_numpy() == test["ordered_14d"].to_numpy()).all()
    assert np.allclose(real["sum"], test["margin_14d"], atol=0.011)
    cost = np.where(test["ordered_14d"] & (test["arm"] == "offer"), 22.0, 0.0)
    assert np.allclose(cost, test["offer_cost"])


def test_recall_lists_hold_who_had_not_logged_in_and_their_tier(world_tables):
    w = world_tables
    test, visits = w["recall_test"], w["web_sessions"].dropna(subset=["customer_id"])
    visits = visits[visits["started_at"] >= "2024-12-01"]
    paid = w["orders"].query("status == 'paid'")
    for wave in ("2025-03-02", "2025-06-01"):
        rows, day = test[test["wave_on"] == wave], pd.Timestamp(wave)
        week = visits[(visits["started_at"] >= day - pd.Timedelta(days=7)) & (visits["started_at"] < day)]
        assert not rows["customer_id"].isin(week["customer_id"].astype("int64")).any()
        before = paid[paid["ordered_at"] < day].groupby("customer_id")["ordered_at"].agg(["max", "size"])
        before = before.reindex(rows["customer_id"])
        ago = (day - before["max"].dt.normalize()).dt.days
        tier = np.select(
            [ago.isna(), ago > 120, ago > 60], ["never bought", "lapsed", "newly dormant"], "loyal"
        )
        assert (tier == rows["tier"].to_numpy()).all() and (before["size"][tier == "loyal"] >= 3).all()


def test_a_list_made_from_todays_logins_loses_people(world_tables):
    w = world_tables
    visits, day = w["web_sessions"].dropna(subset=["customer_id"]), pd.Timestamp("2025-06-01")
    people = w["customers"].query("store in ('own', '') and registered_on < @day")["customer_id"]
    limit, found = day - pd.Timedelta(days=7), []
    for known in (visits[visits["started_at"] < day], visits):
        last = known.groupby(known["customer_id"].astype("int64"))["started_at"].max()
        found.append((~(people.map(last) >= limit)).sum())
    assert found[1] < 0.8 * found[0]


def test_lots_of_the_recall_are_even(world_tables):
    test = world_tables["recall_test"]
    share = (test["arm"] == "offer").groupby(test["tier"]).mean()
    assert share.between(0.48, 0.52).all()
    assert test["wave_on"].dt.day_of_week.eq(6).all() and test["wave_on"].nunique() == 26


# The test of offers


def signs(test):
    """What an analyst would put into a model, known on the day: columns of numbers."""
    deals = test["channel"].isin(["feed ads", "live", "affiliate"])
    young, old = test["child_age_months"] < 12, test["child_age_months"] >= 30
    step = np.searchsorted([15, 30, 45, 60, 90, 150, 220], test["recency_days"])
    recent, often = step < 6, test["orders_365d"] >= 3
    columns = [np.ones(len(test)), np.log1p(test["orders_365d"]), often, young, old, deals, young & recent, deals & recent,
               often & (step < 3), old & recent & (test["orders_365d"] >= 2), *(step == k for k in range(1, 8))]  # fmt: skip
    return np.column_stack([np.asarray(one, dtype=float) for one in columns])


def fitted(x, y, to):
    """Predictions of a ridge regression, trained on (x, y), for `to`."""
    return to @ np.linalg.solve(x.T @ x + 20 * np.eye(x.shape[1]), x.T @ y)


def gain(test, choice):
    """Net margin a person of a policy over doing nothing, with its standard error; from people whose lot agrees."""
    net, offer = (test["margin_30d"] - test["offer_cost"]).to_numpy(), test["offer"].to_numpy()
    total, variance = 0.0, 0.0
    for name in sorted(set(choice) - {"none"}):
        here = choice == name
        one, other = net[here & (offer == name)], net[here & (offer == "none")]
        total += here.mean() * (one.mean() - other.mean())
        variance += here.mean() ** 2 * (one.var() / len(one) + other.var() / len(other))
    return total, np.sqrt(variance)


def policies(test):
    """The offer each person gets by uplift, and by risk (coupon to the 30 % most likely to stay away)."""
    x, offer, bought = signs(test), test["offer"].to_numpy(), test["ordered_30d"].to_numpy(dtype=float)
    worth = test.loc[test["ordered_30d"], "margin_30d"].mean()
    half = np.arange(len(test)) % 2
    uplift, risk = np.empty(len(test), dtype=object), np.empty(len(test))
    for fold in (0, 1):
        new, gains = half == fold, {}
        for name, (each, everybody) in OFFERS.items():
            old = (half != fold) & (offer == name)
            gains[name] = fitted(x[old], bought[old], x[new]) * (worth - each) - everybody
        uplift[new] = np.array(list(gains))[np.argmax(list(gains.values()), axis=0)]
        risk[new] = -gains["none"]
    return uplift, np.where(risk >= np.quantile(risk, 0.7), "coupon", "none").astype(object)


def auc(positive, score):
    """Chance that a positive row scores higher than another."""
    rank = pd.Series(np.asarray(score)).rank().to_numpy()
    positive = np.asarray(positive, dtype=bool)
    size = positive.sum()
    return (rank[positive].sum() - size * (size + 1) / 2) / (size * (~positive).sum())


def test_offers_by_uplift_earn_more_than_by_risk(world_tables):
    test = world_tables["offer_test"]
    uplift, risk = policies(test)
    by_uplift, by_risk = gain(test, uplift), gain(test, risk)
    assert by_uplift[0] > 2.5 * by_uplift[1]
    assert by_uplift[0] - by_risk[0] > 2 * np.hypot(by_uplift[1], by_risk[1])


def test_kinds_of_people_answer_as_the_labels_say(world_tables):
    w = world_tables
    test, kinds = w["offer_test"], w.hidden("offer_test")
    assert len(kinds) == len(test)
    test = test.merge(kinds, on="customer_id")
    none, some = test[test["offer"] == "none"], test[test["offer"] != "none"]
    z = {kind: at_odds(some.loc[some["kind"] == kind, "ordered_30d"], none.loc[none["kind"] == kind, "ordered_30d"])
         for kind in test["kind"].unique()}  # fmt: skip
    assert (
        z["persuadable"] > 6
        and z["sleeping dog"] < -3
        and abs(z["sure thing"]) < 3
        and abs(z["lost cause"]) < 3
    )
    rate = none.groupby("kind")["ordered_30d"].mean()
    assert rate.idxmax() == "sure thing" and rate.idxmin() == "lost cause"
    for offer in ("coupon", "gift", "advice_call"):
        mine = test["offer"] == offer.replace("_", " ")
        for _, rows in test[mine | (test["offer"] == "none")].groupby("kind"):
            arm = rows["offer"] != "none"
            real = rows.loc[arm, "ordered_30d"].mean() - rows.loc[~arm, "ordered_30d"].mean()
            error = np.sqrt(sum(part["ordered_30d"].var() / len(part) for _, part in rows.groupby(arm)))
            assert abs(real - rows[f"effect_{offer}"].mean()) < 3.5 * error + 0.01


def test_the_column_added_later_knows_the_answer(world_tables):
    test = world_tables["offer_test"]
    silent = ~test["ordered_30d"]
    assert auc(silent, test["days_since_last_order"]) > 0.95
    assert auc(silent, test["recency_days"]) < 0.78
    none = test[test["offer"] == "none"]
    x, half = signs(none), np.arange(len(none)) % 2 == 0
    score = fitted(x[half], (~none["ordered_30d"]).to_numpy(dtype=float)[half], x[~half])
    assert auc((~none["ordered_30d"]).to_numpy()[~half], score) < 0.85


def test_offer_features_and_outcomes_are_those_of_the_orders(world_tables):
    w = world_tables
    test = w["offer_test"]
    real = counted(w, test, "assigned_on", 30)
    assert ((real["size"] > 0).to_numpy() == test["ordered_30d"].to_numpy()).all()
    assert np.allclose(real["sum"], test["margin_30d"], atol=0.011)
    paid = w["orders"].query("status == 'paid'").merge(test[["customer_id", "assigned_on"]], on="customer_id")
    ago = (paid["assigned_on"] - paid["ordered_at"].dt.normalize()).dt.days
    year = paid[(ago > 0) & (ago <= 365)].assign(ago=ago).groupby("customer_id").agg(
        recency=("ago", "min"), orders=("ago", "size"), spend=("amount", "sum")
    )  # fmt: skip
    year = year.loc[test["customer_id"]]
    assert (year["recency"].to_numpy() == test["recency_days"].to_numpy()).all()
    assert (year["orders"].to_numpy() == test["orders_365d"].to_numpy()).all()
    assert np.allclose(year["spend"], test["spend_365d"], atol=0.51)
    each, everybody = (test["offer"].map({name: pair[k] for name, pair in OFFERS.items()}) for k in (0, 1))
    assert np.allclose(np.where(test["ordered_30d"], each, 0) + everybody, test["offer_cost"])
    assert test["offer"].value_counts(normalize=True).between(0.24, 0.26).all()


def test_a_small_world_has_the_tests_too(small_world):
    w = World(small_world)
    assert len(w["recall_test"]) and len(w["offer_test"]) == len(w.hidden("offer_test"))
