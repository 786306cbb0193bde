"""Toolbox of segments: answers count for households, distances need one scale, a winner must survive other weights."""

import numpy as np
import pandas as pd
import pytest

from mktlib.inputs import BadValue, ColumnMissing
from mktlib.segments import (
    cell_weights,
    cronbach_alpha,
    distances,
    draw_map,
    effective_size,
    interaction,
    perceptual_map,
    points,
    scaled,
    segments,
    stability,
    target_scores,
    weight_space,
    weighted_share,
)


def panel():
    """Six of eight answers come from the app; of the households it is a fifth."""
    answers = pd.DataFrame(
        {"app": [True] * 6 + [False] * 2, "likes": [True] * 6 + [False] * 2}, index=range(10, 18)
    )
    return answers, pd.DataFrame({"app": [True, False], "households": [20.0, 80.0]})


# Weights


def test_an_answer_counts_for_the_households_it_stands_for():
    answers, population = panel()
    weight = cell_weights(answers, population, ["app"], "households")
    assert weight.sum() == pytest.approx(100) and list(weight.index) == list(answers.index)
    assert weighted_share(answers["likes"], weight)["share"] == pytest.approx(0.2)
    assert answers["likes"].mean() == 0.75  # the tempting answer


def test_unequal_weights_leave_fewer_answers_than_rows():
    assert effective_size([1, 1, 1, 1]) == 4
    assert effective_size([3, 1]) == pytest.approx(1.6)
    found = weighted_share([True, False, True, False], [1, 1, 1, 1])
    assert found["high"] - found["share"] == pytest.approx(1.96 * 0.25)


def test_a_cell_that_only_one_table_knows_is_named():
    answers, population = panel()
    with pytest.raises(BadValue, match="not in the answers"):
        cell_weights(answers[answers["app"]], population, "app", "households")
    with pytest.raises(BadValue, match="not in the population"):
        cell_weights(answers, population[:1], "app", "households")
    with pytest.raises(BadValue, match="more than once"):
        cell_weights(answers, pd.concat([population, population]), "app", "households")
    with pytest.raises(ColumnMissing, match="did you mean 'app'"):
        cell_weights(answers, population, ["ap"], "households")
    with pytest.raises(BadValue, match="not all 0"):
        effective_size([0, 0])
    with pytest.raises(BadValue, match="as many answers"):
        weighted_share([True], [1, 1])


def test_questions_that_say_the_same_have_an_alpha_of_one():
    same = pd.DataFrame({"a": [1, 2, 3, 6], "b": [1, 2, 3, 6], "c": [1, 2, 3, 6]})
    assert cronbach_alpha(same) == pytest.approx(1)
    assert cronbach_alpha(pd.DataFrame({"a": [1, 1, 2, 2], "b": [1, 2, 1, 2]})) == pytest.approx(0)
    with pytest.raises(BadValue, match="at least two"):
        cronbach_alpha(same[["a"]])


# Segments


def two_kinds(people=60):
    """Two kinds that differ in two questions by far, and a third column in yuan that says nothing of them."""
    rng = np.random.default_rng(3)
    kind = np.arange(people) % 2
    needs = 2 + 4 * kind[:, None] + rng.normal(0, 0.3, (people, 2))
    return kind, pd.DataFrame({"a": needs[:, 0], "b": needs[:, 1], "yuan": rng.normal(5000, 2000, people)})


def test_scaling_lets_needs_speak_where_yuan_would_decide_alone():
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score

    kind, people = two_kinds()
    assert adjusted_rand_score(kind, segments(people, 2)) > 0.9
    raw = KMeans(2, n_init=10, random_state=1).fit_predict(people)
    assert adjusted_rand_score(kind, raw) < 0.2  # the tempting answer: spend bands
    assert scaled(people).std(ddof=0).tolist() == pytest.approx([1, 1, 1])


def test_the_largest_segment_comes_first_and_a_seed_repeats_it():
    _, people = two_kinds()
    people = pd.concat([people, people[people["a"] > 4]], ignore_index=True)
    found = segments(people, 2)
    assert found.value_counts().index[0] == 0 and (found == 0).sum() == 60
    assert found.equals(segments(people, 2))


def test_two_kinds_come_again_in_each_half_and_five_do_not():
    _, people = two_kinds()
    again = stability(people[["a", "b"]], [2, 5], rounds=4)
    assert again[2].mean() > 0.99 and again[5].mean() < 0.8 and again.shape == (4, 2)


def test_a_column_that_says_nothing_cannot_be_scaled():
    with pytest.raises(BadValue, match="one value only"):
        scaled(pd.DataFrame({"a": [1, 1]}))
    with pytest.raises(BadValue, match="missing"):
        scaled(pd.DataFrame({"a": [1, np.nan, 2]}))


# Targets


def facts():
    return pd.DataFrame({"size": [10, 20], "cost": [100, 300]}, index=["small", "large"])


def test_points_run_from_the_worst_to_the_best_and_cost_is_turned_around():
    table = points(facts(), less_is_better=["cost"])
    assert table.loc["small"].to_dict() == {"size": 0, "cost": 1}
    assert target_scores(table, {"size": 1, "cost": 3}).to_dict() == {"small": 0.75, "large": 0.25}
    assert target_scores(table, {"size": 5}).index[0] == "large"


def test_two_opposite_segments_share_the_space_of_weights():
    table = points(facts(), less_is_better=["cost"])
    assert weight_space(table)["small"] == pytest.approx(0.5, abs=0.01)
    best = pd.DataFrame({"a": [1.0, 0.5, 0], "b": [1.0, 0.5, 0]}, index=list("xyz"))
    assert weight_space(best).to_dict() == {"x": 1, "y": 0, "z": 0}
    one_of_three = pd.DataFrame(np.eye(3), index=list("xyz"), columns=list("abc"))
    assert weight_space(one_of_three).tolist() == pytest.approx([1 / 3] * 3, abs=0.01)


def test_a_scorecard_says_what_is_wrong_with_it():
    with pytest.raises(ColumnMissing, match="did you mean 'cost'"):
        points(facts(), less_is_better=["costs"])
    with pytest.raises(BadValue, match="the same for all"):
        points(pd.DataFrame({"a": [1, 1]}))
    table = points(facts())
    with pytest.raises(BadValue, match="did you mean 'size'"):
        target_scores(table, {"sizes": 1})
    with pytest.raises(BadValue, match="at least one"):
        target_scores(table, {"size": 0})


# Position


def test_the_plane_can_hide_the_dimension_in_which_brands_differ():
    """Noise fills two attributes; the brands A and C differ in the third, which the plane leaves out."""
    rng = np.random.default_rng(1)
    rows = []
    for name, third in (("A", 0.0), ("B", 0.1), ("C", 2.0)):
        noise = rng.normal(0, 6, (100, 2))
        noise -= noise.mean(axis=0)
        noise[:, 0] += 0.5 * (name == "B")
        rows.append(pd.DataFrame({"u": noise[:, 0], "v": noise[:, 1], "w": third, "brand": name}))
    found = perceptual_map(pd.concat(rows), ["u", "v", "w"])
    assert 0.9 < found["explained"] < 1
    assert distances(found["brands"], "A").index[0] == "C"  # the tempting answer
    assert distances(found["means"], "A").index[0] == "B"
    assert distances(found["means"], "A")["C"] == pytest.approx(2)


def test_a_map_of_two_attributes_holds_everything():
    ratings = pd.DataFrame({"brand": list("AABB"), "u": [1, 3, 4, 6], "v": [1, 1, 5, 6]})
    found = perceptual_map(ratings, ["u", "v"])
    assert found["explained"] == pytest.approx(1)
    assert distances(found["brands"], "A")["B"] == pytest.approx(distances(found["means"], "A")["B"])
    assert (found["attributes"].sum() >= 0).all()
    assert draw_map(found, "A and B", "A", alt="two dots far apart").alt == "two dots far apart"
    with pytest.raises(BadValue, match="there is no 'Z'"):
        distances(found["means"], "Z")


# Personas


def message_test():
    """The video adds 2 points for one audience, nothing for the other, who click more on everything."""
    return pd.DataFrame({
        "who": ["new", "new", "old", "old"], "content": ["video", "diary"] * 2,
        "impressions": [10_000] * 4, "clicks": [400, 200, 600, 600],
    })  # fmt: skip


def test_a_persona_is_the_difference_of_two_effects():
    found = interaction(message_test(), "who", ("new", "old"), "video", "diary")
    assert found["effect_one"] == pytest.approx(0.02) and found["effect_other"] == pytest.approx(0)
    assert found["difference"] == pytest.approx(0.02)
    variance = (0.04 * 0.96 + 0.02 * 0.98 + 2 * 0.06 * 0.94) / 10_000
    assert found["high"] - found["difference"] == pytest.approx(1.96 * variance**0.5)


def test_a_persona_or_content_that_is_not_there_is_named():
    with pytest.raises(BadValue, match="did you mean 'new'"):
        interaction(message_test(), "who", ("news", "old"), "video", "diary")
    with pytest.raises(BadValue, match="did you mean 'video'"):
        interaction(message_test(), "who", ("new", "old"), "videos", "diary")
