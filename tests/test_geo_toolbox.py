"""Toolbox of geo tests: panels for the head, statsmodels beside it, and how often it errs when nothing happens."""

import numpy as np
import pandas as pd
import pytest

from mktlib import plots
from mktlib.geo import by_precision, design_picture, did, iroas, lost, lots, placebo, power, synthetic
from mktlib.inputs import BadValue, ColumnMissing

FOUR = ["A", "B", "C", "D"]
DARK = pd.Series([True, True, False, False], FOUR)


def by_city(*values):
    return pd.Series(values, FOUR[: len(values)], dtype=float)


# What went missing


def test_the_others_say_what_would_have_been():
    found = lost(by_city(100, 200, 300, 300), by_city(90, 150, 300, 300), DARK)
    assert found.to_dict() == {"expected": 300, "actual": 240, "lost": 60, "share": 0.2}


def test_a_season_that_moves_all_cities_alike_is_no_loss():
    before, after = by_city(100, 200, 300, 300), by_city(150, 300, 450, 450)
    assert lost(before, after, DARK)["lost"] == pytest.approx(0)
    assert after[DARK].sum() - before[DARK].sum() == 150  # the tempting answer: before and after
    assert after[~DARK].mean() - after[DARK].mean() == 225  # the other one: after alone


def test_iroas_is_what_was_lost_over_what_was_saved():
    before, after = by_city(100, 200, 300, 300), by_city(90, 150, 300, 300)
    found = iroas(before, after, by_city(10, 20, 30, 30), by_city(0, 0, 30, 30), DARK)
    assert found[["iroas", "lost", "saved"]].tolist() == [2, 60, 30]


def test_the_error_of_iroas_leaves_each_city_out_once():
    before, after = by_city(100, 200, 300, 300), by_city(90, 150, 330, 270)
    cost_before, cost = by_city(10, 20, 30, 30), by_city(0, 0, 30, 30)
    without = []
    for city in FOUR:
        kept = [one for one in FOUR if one != city]
        expected = (
            before[kept][DARK[kept]].sum() * after[kept][~DARK[kept]].sum() / before[kept][~DARK[kept]].sum()
        )
        saved = cost_before[kept][DARK[kept]].sum()
        without.append((expected - after[kept][DARK[kept]].sum()) / saved)
    error = (3 / 4 * sum((one - np.mean(without)) ** 2 for one in without)) ** 0.5
    found = iroas(before, after, cost_before, cost, DARK)
    assert found["standard_error"] == pytest.approx(error)
    assert found["high"] - found["low"] == pytest.approx(2 * 1.959964 * error, rel=1e-6)


def test_the_order_of_cities_does_not_matter():
    before, after = by_city(100, 200, 300, 300), by_city(90, 150, 300, 300)
    assert lost(before[::-1], after, DARK).equals(lost(before, after, DARK))


def test_what_cannot_be_compared_is_refused_in_words():
    good = by_city(1, 2, 3, 4)
    with pytest.raises(BadValue, match="not of the same cities"):
        lost(good.rename({"A": "X"}), good, DARK)
    with pytest.raises(BadValue, match="1 cities are dark"):
        lost(good, good, pd.Series([True, False, False, False], FOUR))
    with pytest.raises(BadValue, match="a zero, not a gap"):
        lost(good, by_city(1, np.nan, 3, 4), DARK)
    with pytest.raises(BadValue, match="no scale"):
        lost(by_city(1, 2, 0, 0), good, DARK)
    with pytest.raises(BadValue, match="wrong way round"):
        iroas(good, good, good, by_city(9, 9, 3, 4), DARK)


# Rows that belong together


def rows_of(weeks=3, effect=-2.0, copies=1):
    """Four cities, whose level is 10 to 13; all gain 5 after, the treated ones gain `effect` beside it."""
    found = []
    for place, city in enumerate(FOUR):
        for week in range(2 * weeks):
            after = week >= weeks
            value = 10 + place + 5 * after + effect * (after and DARK[city]) + 0.1 * (week % 3) * (place % 2)
            found += [{"city": city, "treated": DARK[city], "after": after, "rate": value}] * copies
    return pd.DataFrame(found)


def test_did_is_the_difference_of_two_differences():
    found = did(rows_of(), "rate")
    assert found["effect"] == pytest.approx(-2)
    assert found["clusters"] == 4


def test_copies_of_a_row_make_users_surer_and_cities_no_surer():
    once, often = (
        pd.concat([rows_of(copies=n), rows_of(effect=-3, copies=n).assign(city=lambda t: t["city"] + "2")])
        for n in (1, 100)
    )
    assert did(often, "rate")["standard_error"] == pytest.approx(
        did(once, "rate")["standard_error"], rel=0.05
    )
    assert (
        did(often, "rate", cluster=None)["standard_error"]
        < 0.12 * did(once, "rate", cluster=None)["standard_error"]
    )


@pytest.mark.parametrize("cluster", ["city", None])
def test_did_agrees_with_statsmodels(cluster):
    import statsmodels.formula.api as smf

    rng = np.random.default_rng(5)
    rows = pd.DataFrame({"city": np.repeat(np.arange(12), 8), "after": np.tile(np.arange(8) >= 5, 12)})
    rows["treated"] = rows["city"] < 5
    rows["rate"] = (
        rng.normal(size=12)[rows["city"]] + rng.normal(size=96) - 0.5 * (rows["treated"] & rows["after"])
    )
    whole = rows.astype({"treated": int, "after": int})
    how = (
        {"cov_type": "cluster", "cov_kwds": {"groups": whole["city"]}, "use_t": True}
        if cluster
        else {"cov_type": "HC1"}
    )
    theirs = smf.ols("rate ~ treated * after", whole).fit(**how)
    mine = did(rows, "rate", cluster=cluster)
    assert mine["effect"] == pytest.approx(theirs.params["treated:after"])
    assert mine["standard_error"] == pytest.approx(theirs.bse["treated:after"])
    if cluster:
        assert mine["p"] == pytest.approx(theirs.pvalues["treated:after"])


def test_did_refuses_what_it_cannot_read():
    with pytest.raises(ColumnMissing, match="rate"):
        did(rows_of(), "rates")
    with pytest.raises(BadValue, match="logarithm of zero"):
        did(rows_of().assign(rate=-np.inf), "rate")
    with pytest.raises(BadValue, match="four cells"):
        did(rows_of().query("after"), "rate")
    with pytest.raises(BadValue, match="1 treated"):
        did(rows_of().assign(treated=lambda t: t["city"] == "A"), "rate")


def test_a_test_at_five_per_cent_errs_in_five_of_a_hundred_by_city_and_in_many_by_user():
    """No effect anywhere: 40 cities with a luck of their own in each time, 60 users in each, 20 cities drawn."""
    rng = np.random.default_rng(11)
    by_cities, by_users = 0, 0
    base = pd.DataFrame({"city": np.repeat(np.arange(40), 2), "after": np.tile([False, True], 40)})
    users = pd.DataFrame(
        {"city": np.repeat(np.arange(40), 120), "after": np.tile(np.repeat([False, True], 60), 40)}
    )
    for _ in range(200):
        luck = rng.normal(0, 0.3, (40, 2))
        treated = np.isin(np.arange(40), rng.permutation(40)[:20])
        spent = luck[users["city"], users["after"].astype(int)] + rng.normal(0, 1, len(users))
        means = spent.reshape(40, 2, 60).mean(axis=2).ravel()
        by_cities += did(base.assign(treated=treated[base["city"]], y=means), "y")["p"] < 0.05
        by_users += did(users.assign(treated=treated[users["city"]], y=spent), "y", cluster=None)["p"] < 0.05
    assert 0.02 < by_cities / 200 < 0.09
    assert by_users / 200 > 0.3


def test_the_interval_of_iroas_covers_the_truth_as_often_as_it_says():
    """60 cities of unequal size, a true iROAS of 1, luck of cities and of counts: about 95 of 100 intervals hold it."""
    rng = np.random.default_rng(3)
    names = [f"c{i}" for i in range(60)]
    size, covered, seen = np.geomspace(20, 200, 60), 0, 0
    strata = pd.Series(np.arange(60) // 3, names)
    for draw in lots(strata, 1, 200, seed=4).to_numpy():
        luck = np.exp(rng.normal(0, 0.05, 60))
        before, cost_before = rng.poisson(size * 3) * 10.0, size * 6
        cost = np.where(draw, 0, size * 2)
        after = (
            rng.poisson(size * luck * np.where(draw, 0.8, 1)) * 10.0
        )  # 2 yuan of 10 for each 2 yuan of cost
        found = iroas(*(pd.Series(one, names) for one in (before, after, cost_before, cost, draw)))
        covered += found["low"] < 1 < found["high"]
        seen += found["low"] > 0
    assert 0.90 < covered / 200 <= 0.985
    assert seen / 200 > 0.9


# Design


def test_lots_hold_out_as_many_in_each_stratum_and_differ():
    strata = pd.Series([1, 1, 2, 2, 2, 2], list("abcdef"))
    drawn = lots(strata, {1: 1, 2: 2}, draws=200)
    assert drawn.shape == (200, 6)
    assert (drawn[["a", "b"]].sum(axis=1) == 1).all() and (drawn[["c", "d", "e", "f"]].sum(axis=1) == 2).all()
    assert len(drawn.drop_duplicates()) == 12  # 2 x 6 ways, all of them drawn
    assert drawn.equals(lots(strata, {1: 1, 2: 2}, draws=200)) and not drawn.equals(
        lots(strata, {1: 1, 2: 2}, draws=200, seed=2)
    )
    assert (lots(strata, 1, draws=3).sum(axis=1) == 2).all()
    with pytest.raises(BadValue, match="has 2 cities"):
        lots(strata, 3, draws=1)


def test_a_placebo_is_the_loss_of_a_test_that_never_was():
    before, after = by_city(100, 100, 100, 100), by_city(90, 110, 100, 100)
    assignments = pd.DataFrame([[True, True, False, False], [True, False, True, False]], columns=FOUR)
    found = placebo(before, after, assignments)
    assert found == pytest.approx([0, 1 - 190 / 210])
    assert found[1] == pytest.approx(lost(before, after, assignments.iloc[1])["share"])
    with pytest.raises(BadValue, match="same cities"):
        placebo(before, after, assignments[FOUR[::-1]])


def test_power_counts_placebos_that_an_effect_lifts_over_the_limit():
    placebos = np.linspace(-0.1, 0.1, 201)
    assert power(placebos, 0) == pytest.approx(0.05, abs=0.01)
    assert power(placebos, 0.3) == 1
    assert power(placebos, 0.1) == pytest.approx(0.5, abs=0.05)
    assert power(placebos - 0.1, 0.1) < 0.2  # a biased design sees less
    with pytest.raises(BadValue, match="20 numbers"):
        power([0.1], 0.1)
    with pytest.raises(BadValue, match="between 0 and 1"):
        power(placebos, 0.1, alpha=5)


def test_a_lot_in_blocks_of_like_cities_is_surer_than_a_lot_among_all():
    rng = np.random.default_rng(8)
    names = [f"c{i}" for i in range(60)]
    size = np.geomspace(200, 8000, 60)
    before = pd.Series(rng.poisson(size), names)
    after = pd.Series(
        rng.poisson(size * np.linspace(0.8, 1.2, 60)), names
    )  # large cities grow, small ones shrink
    blocks = lots(pd.Series(np.arange(60) // 3, names), 1, 1000)
    anywhere = lots(pd.Series(0, names), 20, 1000)
    biggest = pd.DataFrame([np.arange(60) >= 40], columns=names)
    spread = {
        name: placebo(before, after, one).std() for name, one in (("blocks", blocks), ("anywhere", anywhere))
    }
    assert spread["blocks"] < 0.7 * spread["anywhere"]
    assert placebo(before, after, biggest)[0] < -3 * spread["blocks"]  # a bias that no standard error knows


# Synthetic control


def test_a_city_made_of_two_others_is_found_again():
    rng = np.random.default_rng(2)
    donors = pd.DataFrame(rng.normal(size=(30, 4)), columns=FOUR)
    city = 5 + 0.7 * donors["A"] + 0.3 * donors["C"]  # above all of them: its level is its own
    fit = np.arange(30) < 25
    city[~fit] -= 2
    found = synthetic(city, donors, fit)
    assert found.weights.to_numpy() == pytest.approx([0.7, 0, 0.3, 0], abs=1e-4)
    assert (city - found.expected)[~fit].to_numpy() == pytest.approx([-2] * 5, abs=1e-3)
    assert (city - found.expected)[fit].to_numpy() == pytest.approx([0] * 25, abs=1e-3)


def test_weights_are_shares_whatever_the_donors():
    rng = np.random.default_rng(3)
    donors = pd.DataFrame(rng.normal(size=(10, 30)))
    weights = synthetic(pd.Series(rng.normal(size=10)), donors, np.full(10, True)).weights
    assert (weights >= 0).all() and weights.sum() == pytest.approx(1)


def test_synthetic_refuses_gaps_and_too_few_times():
    donors = pd.DataFrame({"A": [1.0, 2, 3, 4]})
    with pytest.raises(BadValue, match="missing"):
        synthetic(pd.Series([1, np.nan, 3, 4]), donors, [True] * 4)
    with pytest.raises(BadValue, match="three times"):
        synthetic(pd.Series([1.0, 2, 3, 4]), donors, [True, True, False, False])


# Several sources


def test_a_source_twice_as_sure_weighs_four_times_as_much():
    found = by_precision([1.0, 2.0], [0.1, 0.2])
    assert found["value"] == pytest.approx(1.2)
    assert found["standard_error"] == pytest.approx(0.1 * 0.8**0.5)
    assert found["chi2"] == pytest.approx((0.2 / 0.1) ** 2 + (0.8 / 0.2) ** 2)
    assert by_precision([1.0, 2.0], [1, 1])["value"] == 1.5  # the mean, where both are equally sure


def test_one_source_is_itself_and_no_error_is_refused():
    assert by_precision([0.9], [0.2])[["value", "standard_error"]].tolist() == pytest.approx([0.9, 0.2])
    with pytest.raises(BadValue, match="above 0"):
        by_precision([1, 2], [0.1, 0])
    with pytest.raises(BadValue, match="same length"):
        by_precision([1, 2], [0.1])


# Picture


def test_the_picture_needs_places_and_a_sentence():
    cities = pd.DataFrame(
        {"latitude": [30.0, 31, 32, 33], "longitude": [110.0, 111, 112, 113], "audience": 10.0}
    )
    chance = np.linspace(-0.1, 0.1, 50)
    drawn = design_picture(
        cities, DARK.to_numpy(), chance, 0.2, "Two of four", alt="A map and a histogram of placebos."
    )
    assert plots.png(drawn.figure).startswith(b"\x89PNG")
    with pytest.raises(plots.AltMissing):
        design_picture(cities, DARK.to_numpy(), chance, 0.2, "Two of four")
    with pytest.raises(ColumnMissing, match="latitude"):
        design_picture(
            cities.drop(columns="latitude"), DARK.to_numpy(), chance, 0.2, "x", alt="A map of cities."
        )
