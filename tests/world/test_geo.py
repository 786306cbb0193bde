"""Cities: the feed-ads holdout (T20), neighbours of the pop-up stores, weeks without brand keywords."""

import numpy as np
import pandas as pd
import pytest

from mktlib import data
from mktlib.world import geo

BEFORE_POP_UPS = ("2025-03-03", "2025-04-30")
BEFORE = geo.BEFORE_TEST  # the pop-up stores closed on 25 May
TEST = geo.GEO_TEST


@pytest.fixture
def w(world_tables):
    return world_tables


def sums(days, *periods):
    """Totals by city over the periods, both ends included."""
    here = np.any([days["date"].between(first, last) for first, last in periods], axis=0)
    return (
        days[here].groupby("city")[["orders", "revenue", "new_customers", "new_revenue", "feed_cost"]].sum()
    )


def groups(w):
    """Totals by city before and during the test, and which cities were held out."""
    days = w["geo_daily"]
    dark = days.drop_duplicates("city").set_index("city")["group"].sort_index() == "holdout"
    return sums(days, BEFORE_POP_UPS, BEFORE), sums(days, TEST), dark


def iroas(before, during, dark):
    """What the held-out cities lost in new revenue, over the feed cost they did not have."""
    expected = during[~dark].sum() * before[dark].sum() / before[~dark].sum()
    return (expected["new_revenue"] - during.loc[dark, "new_revenue"].sum()) / expected["feed_cost"]


def leave_one_out(before, during, dark):
    """Standard error of `iroas` with cities as units."""
    found = [iroas(before.drop(city), during.drop(city), dark.drop(city)) for city in dark.index]
    return np.sqrt((len(found) - 1) * np.var(found))


# Agreement


def test_sixty_cities_in_four_tiers_with_neighbours_among_them(w):
    cities = w["cities"]
    assert cities["city"].is_unique and len(cities) == 60
    assert cities.groupby("tier").size().tolist() == [4, 15, 21, 20]
    near = cities["neighbours"].str.split("|")
    assert near.str.len().between(2, 3).all() and near.explode().isin(cities["city"]).all()
    assert all(city not in names for city, names in zip(cities["city"], near, strict=True))
    assert cities["pop_up"].sum() == 6 and (cities["group"] == "holdout").sum() == 20
    assert cities["audience"].sum() == pytest.approx(geo.AUDIENCE, rel=1e-4)


def test_the_lot_fell_in_every_tier_and_left_most_of_the_audience_lit(w):
    cities = w["cities"]
    dark = cities["group"] == "holdout"
    assert dark.groupby(cities["tier"]).sum().tolist() == [1, 4, 7, 8]
    assert 0.27 < cities.loc[dark, "audience"].sum() / cities["audience"].sum() < 0.315


def test_other_seeds_hold_out_other_cities():
    from mktlib.world.streams import Streams

    drawn = {tuple(geo.holdout(Streams(seed))) for seed in range(20)}
    assert len(drawn) == 20
    assert tuple(geo.holdout(Streams(3))) == tuple(geo.holdout(Streams(3)))


def test_cities_of_a_day_add_up_to_the_paid_orders_of_the_shop(w):
    days, orders = w["geo_daily"], w["orders"]
    assert len(days) == 60 * days["date"].nunique()
    paid = orders[orders["status"] == "paid"]
    new = paid.sort_values("order_id").drop_duplicates("customer_id")
    total = days.groupby("date")[["orders", "revenue", "new_customers", "new_revenue"]].sum()
    for many, money, part in (("orders", "revenue", paid), ("new_customers", "new_revenue", new)):
        shop = part.groupby(part["ordered_at"].dt.normalize())["amount"].agg(["size", "sum"])
        shop = shop.reindex(total.index, fill_value=0)
        assert (total[many] == shop["size"]).all() and np.allclose(total[money], shop["sum"], atol=0.006)


def test_orders_lie_in_the_city_of_their_customer(w):
    days = w["geo_daily"]
    orders = w["orders"].query("status == 'paid'")
    orders = orders[
        orders["ordered_at"].between(days["date"].min(), days["date"].max() + pd.Timedelta(days=1))
    ]
    city = orders["customer_id"].map(w["customers"].set_index("customer_id")["city"])
    assert (city.value_counts().sort_index() == days.groupby("city")["orders"].sum().sort_index()).all()


def test_feed_cost_of_a_day_is_that_of_the_ads_and_dark_cities_had_none(w):
    days = w["geo_daily"]
    ads = w["feed_ads_daily"].groupby("date")["cost"].sum()
    cost = days.groupby("date")["feed_cost"].sum()
    assert np.allclose(cost, ads.reindex(cost.index, fill_value=0), atol=0.006)
    test = days["date"].between(*TEST)
    dark = days["group"] == "holdout"
    assert (days.loc[test & dark, "feed_cost"] == 0).all()
    assert days.loc[test & ~dark, "feed_cost"].gt(0).mean() > 0.99
    assert days.loc[~test & dark, "feed_cost"].gt(0).mean() > 0.99


def test_customers_live_where_the_tiers_say(w):
    customers, cities = w["customers"], w["cities"].set_index("city")
    assert (customers["city"].map(cities["tier"]) == customers["city_tier"]).all()


# T20


def test_t20_the_holdout_finds_what_feed_ads_are_worth(w):
    truth = w.truth["T20"]
    before, during, dark = groups(w)
    found, error = iroas(before, during, dark), leave_one_out(before, during, dark)
    assert truth["cause"]["iroas"] == pytest.approx(0.9, abs=0.25)
    assert 0.1 < error < 0.35
    assert abs(found - truth["cause"]["iroas"]) < 2.6 * error
    assert found == pytest.approx(truth["found"]["iroas"], rel=1e-3)
    assert error == pytest.approx(truth["found"]["standard_error"], rel=0.05)


def test_t20_the_platform_claims_twice_as_much(w):
    truth, ads = w.truth["T20"], w["feed_ads_daily"]
    ads = ads[ads["date"].between(*TEST)]
    claimed = ads["revenue"].sum() / ads["cost"].sum()
    assert claimed > 1.8 * truth["cause"]["iroas"] and claimed > 1.5 * truth["found"]["iroas"]
    assert claimed == pytest.approx(truth["found"]["platform_roas"], rel=1e-3)


def test_t20_comparing_after_alone_overstates_because_dark_cities_are_smaller(w):
    truth = w.truth["T20"]
    before, during, dark = groups(w)
    gap = during.loc[~dark, "new_revenue"].mean() - during.loc[dark, "new_revenue"].mean()
    tempting = gap / during.loc[~dark, "feed_cost"].mean()
    assert tempting > 1.2 * truth["cause"]["iroas"] and tempting > 1.2 * iroas(before, during, dark)
    assert tempting == pytest.approx(truth["found"]["post_only"], rel=1e-3)


def test_t20_before_and_after_in_the_dark_cities_takes_the_season_for_the_ads(w):
    days, truth = w["geo_daily"], w.truth["T20"]
    before, during, dark = groups(w)
    six_weeks = sums(days, geo.SIX_WEEKS_BEFORE)
    cost_before = before.groupby(dark)["feed_cost"].sum()
    saved = during.loc[~dark, "feed_cost"].sum() * cost_before[True] / cost_before[False]
    tempting = (six_weeks.loc[dark, "new_revenue"].sum() - during.loc[dark, "new_revenue"].sum()) / saved
    assert tempting > 1.8 * truth["cause"]["iroas"] and tempting > 1.8 * iroas(before, during, dark)
    assert tempting == pytest.approx(truth["found"]["pre_post"], rel=1e-3)


def test_t20_persons_as_units_pretend_to_a_precision_that_cities_do_not_have(w):
    during, dark = groups(w)[1:]
    people = w["cities"].set_index("city")["population"]
    rate = during["new_customers"] / people
    by_city = np.sqrt(rate[dark].var() / dark.sum() + rate[~dark].var() / (~dark).sum())
    many = during["new_customers"].groupby(dark).sum()
    by_person = np.sqrt((many / people.groupby(dark).sum() ** 2).sum())
    assert by_city > 2 * by_person


def test_the_biggest_cities_are_no_fair_comparison(w):
    """Twenty big cities against forty small ones, before anything was switched off: the true difference is nil."""
    cities, before = w["cities"].set_index("city"), groups(w)[0]
    big = cities["audience"].rank(ascending=False) <= 20
    drawn = cities["group"] == "holdout"

    def gap(chosen):
        return before.loc[chosen, "new_revenue"].mean() / before.loc[~chosen, "new_revenue"].mean() - 1

    assert gap(big) > 1 and abs(gap(drawn)) < 0.4
    assert cities.loc[big, "audience"].sum() > 1.7 * cities.loc[drawn, "audience"].sum()


# Pop-up stores and their neighbours


def test_neighbours_of_a_pop_up_store_gain_too_and_hide_its_effect(w):
    days, cities = w["geo_daily"], w["cities"].set_index("city")
    store = cities["pop_up"]
    near = cities.index.isin("|".join(cities.loc[store, "neighbours"]).split("|")) & ~store
    before = sums(days, ("2025-03-10", "2025-04-28"))["new_customers"]
    during = sums(days, ("2025-05-01", "2025-05-25"))["new_customers"]

    def gain(chosen, control):
        return during[chosen].sum() - before[chosen].sum() * during[control].sum() / before[control].sum()

    far = ~store & ~near
    found = w.truth["pop_up"]["found"]
    assert near.sum() >= 10
    assert gain(store, far) > 200 and gain(near, far) > 60
    assert gain(store, near) < 0.85 * gain(store, far)
    assert found["gain_in_their_cities"] == pytest.approx(gain(store, far), rel=1e-3)


# Weeks without brand keywords


def test_without_brand_keywords_their_orders_are_gone_and_the_shop_hardly_feels_it(w):
    orders, found = w["orders"].query("status == 'paid'"), w.truth["brand_off"]["found"]
    brand = (orders["channel"] == "SEM") & (orders["campaign"] == "brand")
    off, beside, lost = 0, 0, 0
    for first, last in geo.BRAND_OFF:
        first, end = pd.Timestamp(first), pd.Timestamp(last) + pd.Timedelta(days=1)
        size = end - first
        dark = orders["ordered_at"].between(first, end, inclusive="left")
        near = orders["ordered_at"].between(first - size, end + size, inclusive="left") & ~dark
        assert (dark & brand).sum() == 0
        off, beside, lost = off + dark.sum(), beside + near.sum() / 2, lost + (near & brand).sum() / 2
    change, feared = off / beside - 1, -lost / beside
    assert feared < -0.035 and change > feared + 0.005 and abs(change) < 0.05
    assert found["all"]["change"] == pytest.approx(change, abs=1e-4)
    assert found["change_if_every_brand_order_were_lost"] == pytest.approx(feared, abs=1e-4)


def test_brand_keywords_have_no_rows_while_they_are_off(w):
    words = w["sem_keyword_daily"].query("campaign == 'brand'")
    for first, last in geo.BRAND_OFF:
        assert not words["date"].between(first, last).any()
    assert words["date"].nunique() > 1000


# Small worlds


def test_a_small_world_has_all_its_city_days(small_world, active):
    active(small_world)
    days = data.load("geo_daily")
    assert len(days) % 60 == 0 and days["city"].nunique() == 60 and (days["feed_cost"] >= 0).all()
