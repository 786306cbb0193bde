"""mktlib.seo: the curve of clicks by place, and what is read from it."""

import math

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_series_equal

from mktlib.inputs import BadValue, ColumnMissing
from mktlib.seo import BadPlace, NoCurve, click_curve, click_rate, extra_visits, visibility


def terms(**columns):
    table = pd.DataFrame(
        {"rank": [1.0, 1.0, 2.0, 4.0], "searches": [100, 300, 100, 100], "clicks": [50, 50, 20, 10]}
    )
    return table.assign(**columns)


def test_a_place_has_clicks_over_searches_not_the_mean_of_its_days():
    curve = click_curve(terms())
    assert curve[1] == 100 / 400 and curve[2] == 0.2 and curve[4] == 0.1
    assert terms().query("rank == 1").eval("clicks / searches").mean() == pytest.approx(
        1 / 3
    )  # the tempting one


def test_a_place_that_nobody_held_lies_between_its_neighbours_and_the_end_goes_on():
    curve = click_curve(terms())
    assert curve[3] == pytest.approx(0.15) and curve[5] == curve[100] == 0.1 and len(curve) == 100


def test_a_lower_place_never_gets_more_than_a_higher_one():
    luck = click_curve(terms(clicks=[50, 50, 10, 20]))  # place 4 seems better than place 2
    assert luck[2] == luck[4] == pytest.approx(30 / 200)
    assert (luck.diff().dropna() <= 0).all()


def test_pooling_goes_back_as_far_as_it_must():
    table = pd.DataFrame({"rank": [1, 2, 3], "searches": [100, 100, 200], "clicks": [10, 8, 40]})
    assert click_curve(table)[[1, 2, 3]].tolist() == pytest.approx([58 / 400] * 3)


def test_rows_without_a_rank_teach_the_curve_nothing():
    table = terms()
    unseen = pd.DataFrame({"rank": [np.nan], "searches": [1000], "clicks": [0]})
    assert_series_equal(click_curve(pd.concat([table, unseen])), click_curve(table))


def test_integers_that_may_be_missing_are_read_as_loaded():
    table = terms(rank=pd.array([1, None, 2, 4], dtype="Int64"))
    assert click_curve(table)[1] == 0.5


def test_visibility_keeps_searches_without_a_place_below_the_line():
    curve = click_curve(terms())
    table = pd.DataFrame({"rank": [2.0, np.nan], "searches": [100, 300]})
    assert visibility(table, curve) == pytest.approx(20 / 400)
    assert visibility(table.dropna(), curve) == pytest.approx(0.2)  # the tempting one


def test_visibility_by_group_keeps_groups_that_are_shown_nowhere():
    curve = click_curve(terms())
    table = pd.DataFrame({"month": ["a", "b", "c"], "rank": [1.0, np.nan, 2.0], "searches": [10, 10, 0]})
    found = visibility(table, curve, by="month")
    assert found["a"] == 0.25 and found["b"] == 0 and math.isnan(found["c"])


def test_nothing_searched_has_no_visibility():
    table = pd.DataFrame({"rank": [1.0], "searches": [0]})
    assert math.isnan(visibility(table, click_curve(terms())))


def test_a_move_is_worth_the_difference_of_two_rates():
    curve = click_curve(terms())
    assert extra_visits(curve, 1000, before=2, after=1) == pytest.approx(50)
    assert extra_visits(curve, 1000, before=1, after=2) == pytest.approx(-50)
    assert extra_visits(curve, 1000, before=None, after=4) == pytest.approx(100)


def test_a_mean_place_is_read_between_two_places_and_series_keep_their_index():
    curve = click_curve(terms())
    found = extra_visits(
        curve,
        pd.Series({"x": 100, "y": 200}),
        pd.Series({"x": 2.0, "y": np.nan}),
        pd.Series({"x": 1.5, "y": 2}),
    )
    assert found.to_dict() == pytest.approx({"x": 2.5, "y": 40})


@pytest.mark.parametrize("place", [0, -1, 101])
def test_a_place_that_does_not_exist_is_refused(place):
    with pytest.raises(BadPlace, match="missing rank"):
        click_curve(terms(rank=[1, 1, 2, place]))
    with pytest.raises(BadPlace):
        click_rate(click_curve(terms()), place)


def test_errors_name_what_is_missing():
    with pytest.raises(ColumnMissing, match="clicks"):
        click_curve(terms().drop(columns="clicks"))
    with pytest.raises(NoCurve, match="filter"):
        click_curve(terms(rank=np.nan))
    with pytest.raises(NoCurve):
        click_curve(terms(searches=0, clicks=0))
    with pytest.raises(BadValue):
        click_curve(terms(clicks=[50.0, np.nan, 20, 10]))
