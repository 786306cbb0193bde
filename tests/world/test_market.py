"""Survey, interviews, rivals and indices: the right reading finds what is true, the tempting one does not."""

import numpy as np
import pandas as pd
import pytest

CELLS = ["app_user", "city_tier", "parity"]
ATTRIBUTES = ["safe", "gentle", "leak_proof", "value", "easy_to_buy", "trusted", "stylish", "helpful"]


def weights(survey, population):
    """Thousand households that each respondent stands for."""
    count = survey.groupby(CELLS).size().rename("answers").reset_index()
    both = survey[CELLS].merge(population.merge(count, on=CELLS), on=CELLS, how="left")
    return (both["households_thousand"] / both["answers"]).to_numpy()


def needs(survey):
    return survey.filter(like="need_").to_numpy(dtype=float)


def standard(values):
    return (values - values.mean(axis=0)) / values.std(axis=0)


def k_means(values, k, starts=6):
    """(sum of squares, labels) of the best of some k-means runs, started from spread-out points."""
    rng, best = np.random.default_rng(5), (np.inf, None)
    for _ in range(starts):
        centres = values[rng.choice(len(values), 1)]
        while len(centres) < k:
            far = ((values[:, None] - centres) ** 2).sum(axis=2).min(axis=1)
            centres = np.vstack([centres, values[rng.choice(len(values), p=far / far.sum())]])
        for _ in range(40):
            label = ((values[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
            centres = np.array(
                [values[label == j].mean(axis=0) if (label == j).any() else centres[j] for j in range(k)]
            )
        inside = ((values - centres[label]) ** 2).sum()
        best = min(best, (inside, label), key=lambda one: one[0])
    return best


def agreement(one, other):
    """Adjusted Rand index of two partitions: 1 if they are the same, 0 if they agree by chance."""
    table = pd.crosstab(one, other).to_numpy()
    pairs = [(x * (x - 1) / 2).sum() for x in (table.sum(axis=1), table.sum(axis=0), table)]
    expected = pairs[0] * pairs[1] / (table.sum() * (table.sum() - 1) / 2)
    return (pairs[2] - expected) / ((pairs[0] + pairs[1]) / 2 - expected)


def segments(w):
    survey, label = w["survey"], w.hidden("survey")
    return survey, survey["respondent_id"].map(label.set_index("respondent_id")["segment"])


def shares(w):
    """Share of search by week and brand."""
    index = w["competitors"].pivot(index="week_start", columns="brand", values="search_index").fillna(0)
    return index.div(index.sum(axis=1), axis=0), index


def logs(w):
    """Weekly paid amount and the indices, in logs."""
    orders = w["orders"].query("status == 'paid'")
    index = np.log(w["market_index"].set_index("week_start"))
    week = orders["ordered_at"].dt.to_period("W-SUN").dt.start_time
    return np.log(orders.groupby(week)["amount"].sum().reindex(index.index)), index


def changes(index, sales, weeks):
    """Correlation of the weekly changes of an index with the changes of sales some weeks later."""
    one, other = np.diff(index), np.diff(sales)
    return np.corrcoef(one[: len(one) - weeks], other[weeks:])[0, 1]


# The panel and the country


def test_the_panel_likes_heyu_more_than_the_country_and_weights_repair_it(world_tables):
    survey, population = world_tables["survey"], world_tables["survey_population"]
    true = world_tables.truth["panel_bias"]["found"]["prefer_heyu"]["population"]
    likes = survey["preferred_brand"] == "Heyu"
    assert np.average(likes, weights=weights(survey, population)) == pytest.approx(true, abs=0.05)
    assert likes.mean() > true + 0.12
    app = population.groupby("app_user")["households_thousand"].sum()
    assert survey["app_user"].mean() > 3 * app[True] / app.sum()


def test_a_third_fears_additives_though_six_of_eight_interviews_say_so(world_tables):
    survey, talks = world_tables["survey"], world_tables["interviews"]
    share = np.average(
        survey["worries_about_additives"], weights=weights(survey, world_tables["survey_population"])
    )
    afraid = talks[talks["code_a"] == "additives"]["interview"].nunique()
    assert share == pytest.approx(
        world_tables.truth["panel_bias"]["found"]["fear_additives"]["population"], abs=0.06
    )
    assert 0.28 < share < 0.42 and afraid == 6 and talks["interview"].nunique() == 8


def test_two_coders_agree_in_most_quotes_but_not_in_all(world_tables):
    talks = world_tables["interviews"]
    same = (talks["code_a"] == talks["code_b"]).mean()
    assert len(talks) == 40 and 0.7 < same < 0.95


# Segments


def test_raw_yuan_give_spend_bands_and_scaled_needs_give_segments(world_tables):
    survey, true = segments(world_tables)
    spend = survey["spend_month"].to_numpy()
    raw = k_means(np.column_stack([needs(survey), spend]), 4)[1]
    scaled = k_means(standard(needs(survey)), 4)[1]
    bands = pd.qcut(survey["spend_month"].rank(method="first"), 4, labels=False)
    assert agreement(true, raw) < 0.05 and agreement(bands, raw) > 0.3
    assert agreement(true, scaled) > 0.45


def test_the_elbow_does_not_show_the_number_of_segments(world_tables):
    survey, true = segments(world_tables)
    inside = np.array([k_means(standard(needs(survey)), k, 3)[0] for k in range(1, 8)])
    gain = -np.diff(inside)  # of the second, third, ... cluster
    bend = gain[:-1] / gain[1:]
    assert true.nunique() == 4 and bend.argmax() + 2 != 4 and bend.max() < 3


def test_the_largest_segment_is_not_the_one_worth_most(world_tables):
    t = world_tables["segment_targets"]
    won = t["households_thousand"] * t["reachable"] * t["prefer_heyu"]
    worth = won * (t["spend_month"] * 12 * t["share_of_wallet"] * t["margin"] - t["cost_to_win"])
    best, largest = t.loc[worth.idxmax(), "segment"], t.loc[t["households_thousand"].idxmax(), "segment"]
    assert (best, largest) == ("safety", "value")
    assert worth.max() > 1.3 * worth[t["segment"] == "value"].item()


def test_a_persona_prefers_science_videos_more_often_and_still_not_as_a_rule(world_tables):
    survey = world_tables["survey"]
    persona = (survey["parity"] == "first") & survey["birth_year_band"].isin(["1990-1994", "1995-1999"])
    likes = survey["preferred_content"] == "science video"
    assert likes[persona].mean() > likes[~persona].mean() + 0.08 and likes[persona].mean() < 0.5


def test_the_three_questions_of_a_need_hang_together(world_tables):
    answers = needs(world_tables["survey"])
    for first in range(0, 12, 3):
        spread = np.cov(answers[:, first : first + 3].T)
        assert 0.7 < 1.5 * (1 - np.trace(spread) / spread.sum()) < 0.9


def test_the_nearest_rival_on_the_plane_is_not_the_nearest_one(world_tables):
    ratings = world_tables["brand_ratings"]
    centred = ratings[ATTRIBUTES] - ratings[ATTRIBUTES].mean()
    value, axes = np.linalg.eigh(np.cov(centred.T))
    plane = axes[:, ::-1][:, :2]
    assert 0.45 < value[::-1][:2].sum() / value.sum() < 0.57
    brands = centred.groupby(ratings["brand"]).mean()
    far = {
        name: np.linalg.norm(b - b.loc["Heyu"], axis=1)
        for name, b in (("all", brands), ("plane", brands @ plane))
    }
    near = {name: pd.Series(d, brands.index).drop("Heyu").sort_values() for name, d in far.items()}
    assert near["plane"].index[0] == "Qingcheng" and near["all"].index[0] == "Beiduo"
    assert (
        near["plane"].iloc[1] > 1.5 * near["plane"].iloc[0]
        and near["all"].iloc[1] > 1.1 * near["all"].iloc[0]
    )


# Rivals


def test_t21_heyu_loses_six_points_of_search_while_its_own_index_looks_better(world_tables):
    share, index = shares(world_tables)
    before, after = (
        share.loc["2024-08-12":"2025-02-03", "Heyu"].mean(),
        share.loc["2025-04-07":"2025-08-04", "Heyu"].mean(),
    )
    assert before - after == pytest.approx(0.06, abs=0.015)
    assert before - after == pytest.approx(world_tables.truth["T21"]["found"]["lost"], abs=1e-4)
    tempting = (
        index.loc["2025-02-10":"2025-03-03", "Heyu"].mean()
        / index.loc["2025-01-13":"2025-02-03", "Heyu"].mean()
    )
    assert tempting > 1.1


def test_t21_the_week_of_the_entry_can_be_found(world_tables):
    share, _ = shares(world_tables)
    heyu = share["Heyu"].to_numpy()
    step = [
        abs(heyu[:n].mean() - heyu[n:].mean()) * np.sqrt(n * (len(heyu) - n)) for n in range(8, len(heyu) - 8)
    ]
    found = share.index[8 + int(np.argmax(step))]
    assert abs((found - pd.Timestamp("2025-02-10")).days) <= 35
    entrant = world_tables["competitors"].query('brand == "Xu\'an"')["week_start"].min()
    assert entrant == pd.Timestamp("2025-02-10")


def test_reposts_make_the_entrant_louder_than_it_is(world_tables):
    late = (
        world_tables["competitors"]
        .query("week_start >= '2025-03-03'")
        .groupby("brand")[["mentions", "mentions_unique"]]
        .sum()
    )
    share = late / late.sum()
    assert share.loc["Heyu", "mentions_unique"] > 1.15 * share.loc["Heyu", "mentions"]
    assert share.loc["Xu'an", "mentions"] > 1.2 * share.loc["Xu'an", "mentions_unique"]


# Indices


def test_pet_food_goes_with_sales_in_levels_and_with_nothing_in_changes(world_tables):
    sales, index = logs(world_tables)
    assert np.corrcoef(index["pet_food_searches"], sales)[0, 1] > 0.84
    assert abs(changes(index["pet_food_searches"], sales, 0)) < 0.25


def test_carts_lead_sales_by_two_weeks(world_tables):
    sales, index = logs(world_tables)
    by_lead = [changes(index["cart_index"], sales, weeks) for weeks in range(5)]
    assert int(np.argmax(by_lead)) == 2 and by_lead[2] > 0.65 and by_lead[0] < 0.2
    assert changes(index["category_searches"], sales, 0) > 0.65


# Agreement


def test_weeks_are_complete_and_every_cell_of_the_panel_is_in_the_population(world_tables):
    for name in ("competitors", "market_index"):
        weeks = world_tables[name]["week_start"].drop_duplicates()
        assert (weeks.dt.day_of_week == 0).all() and weeks.max() == pd.Timestamp("2025-12-22")
        assert (weeks.diff().dropna().dt.days == 7).all()
    population = world_tables["survey_population"].set_index(CELLS).index
    assert len(population) == 16
    assert pd.MultiIndex.from_frame(world_tables["survey"][CELLS]).isin(population).all()
    assert len(world_tables["survey"]) == 1800
    assert set(world_tables["brand_ratings"]["respondent_id"]) == set(world_tables["survey"]["respondent_id"])
