"""The quarter simulator: the same plan gives the same quarter, every lever acts, reviews act only afterwards, errors can be read."""

import json
from functools import cache

import numpy as np
import pandas as pd
import pytest

from mktlib import load, simulator
from mktlib.simulator import PlanError, effect, reference

SHARE = 0.15


@cache
def owners():
    return reference()


def play(seed=1, **fields):
    """A play of the owners' plan with some fields changed; budget and private are merged."""
    base = owners()
    for name in ("budget", "private"):
        if name in fields:
            fields[name] = base[name] | fields[name]
    return simulator.play(base | fields, seed, SHARE)


def net(seed, lever, **fields):
    """What a change of one lever did, in CNY: (net, error)."""
    return effect(play(seed, **fields), play(seed)).loc[lever, ["net", "error"]]


# ---------------------------------------------------------------- the same again


def test_the_same_plan_and_seed_give_the_same_quarter():
    one = play()
    simulator._played.clear()
    again = play()
    assert one.id == again.id
    pd.testing.assert_frame_equal(one.weeks, again.weeks)
    pd.testing.assert_series_equal(one.result, again.result)


def test_another_seed_is_another_quarter_of_the_same_size():
    one, other = play(1), play(2)
    assert one.id != other.id and one.result["orders"] != other.result["orders"]
    assert one.result["orders"] == pytest.approx(other.result["orders"], rel=0.08)


def test_the_name_of_a_plan_is_no_part_of_its_identity():
    assert simulator.identifier(owners() | {"name": "禾屿 Q3"}) == simulator.identifier(owners())


def test_a_saved_plan_is_replayed_to_the_same_numbers(tmp_path):
    (tmp_path / "计划").mkdir()
    path = simulator.save(
        {"name": "少投直播", "budget": owners()["budget"] | {"live": 0}}, tmp_path / "计划" / "plan.json"
    )
    assert "少投直播" in path.read_text(encoding="utf-8")
    played = simulator.replay(path)
    assert played.id == json.loads(path.read_text(encoding="utf-8"))["id"]
    pd.testing.assert_series_equal(played.result, simulator.play(played.plan).result)


def test_a_saved_plan_that_was_changed_by_hand_is_refused(tmp_path):
    path = simulator.save(owners(), tmp_path / "plan.json")
    path.write_text(path.read_text(encoding="utf-8").replace('"seed": 1', '"seed": 2'), encoding="utf-8")
    with pytest.raises(PlanError, match="changed since"):
        simulator.replay(path)
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(PlanError, match="no saved plan"):
        simulator.replay(path)


def test_a_plan_is_not_saved_into_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(PlanError, match=r"no folder '.*rep0rts'; make it first"):
        simulator.save(owners(), tmp_path / "rep0rts" / "plan.json")
    assert not (tmp_path / "rep0rts").exists()


# ---------------------------------------------------------------- it is the world


def test_the_owners_plan_comes_near_what_the_books_hold():
    """The tests of that summer are not played, and they sold by mail: all else is the world's own quarter, within its luck."""
    paid = load("orders", start=simulator.FIRST, end=simulator.LAST).query(
        "status == 'paid' and channel != 'e-mail/SMS'"
    )
    played = play().channels.drop(index="e-mail/SMS")
    assert played["orders"].sum() == pytest.approx(len(paid), rel=0.08)
    assert played["revenue"].sum() == pytest.approx(paid["amount"].sum(), rel=0.1)
    visits = load("traffic_daily", start=simulator.FIRST, end=simulator.LAST)["visits"].sum()
    assert played["visits"].sum() == pytest.approx(visits, rel=0.08)


def test_what_was_billed_is_what_the_books_say():
    books = load("budget", start=simulator.FIRST, end=simulator.LAST).query("item == 'media'")
    spent = play().money.groupby("channel")["spent"].sum()
    assert spent["Douyin feed"] == pytest.approx(
        books.query("channel == 'feed ads' and platform == 'Douyin'")["spent"].sum(), rel=0.01
    )
    assert spent["live"] == pytest.approx(books.query("channel == 'live'")["spent"].sum(), rel=0.01)


def test_the_result_adds_up():
    result, channels = play().result, play().channels
    costs = result[["media", "creators", "fission", "gifts", "commission", "fixed"]].sum()
    assert result["profit"] == pytest.approx(result["margin"] - costs, abs=0.1)
    assert result["worth"] == pytest.approx(result["profit"] + result["later"], abs=0.1)
    assert channels[["orders", "revenue", "margin"]].sum().tolist() == pytest.approx(
        result[["orders", "revenue", "margin"]].tolist(), abs=0.1
    )
    assert channels["spent"].sum() == pytest.approx(result["media"], abs=0.1)


def test_a_bill_beyond_the_money_there_is_is_said_and_paid():
    all_in = play(budget=dict.fromkeys(simulator.CHANNELS, 0) | {"Douyin feed": 620_000})
    billed = all_in.result[["media", "creators", "fission"]].sum()
    assert all_in.result["over"] == pytest.approx(billed - simulator.total(), abs=0.1) and billed > 700_000
    said = " ".join(all_in.notes)
    assert (
        f"CNY {billed:,.0f}, and there was CNY 620,000" in said
        and "3.3 times what the owners planned" in said
    )
    assert all(note in repr(all_in) for note in all_in.notes)
    small = play(budget={"Douyin feed": 50_000})
    assert small.result["over"] == 0 and small.notes == []


def test_the_likely_bill_is_known_before_a_plan_is_played():
    for budget in ({}, {"Douyin feed": 100_000, "live": 0, "brand search": 5_000}):
        plan = simulator.check_plan(owners() | {"budget": owners()["budget"] | budget})
        assert simulator.cost_of(plan)["bill, about"] == pytest.approx(
            simulator.play(plan).result["media"], rel=0.01
        )


def test_a_share_of_the_people_gives_the_same_quarter_scaled_back():
    small, large = simulator.play(owners(), share=0.1).result, play().result
    assert small["revenue"] == pytest.approx(large["revenue"], rel=0.12)
    assert small["media"] == pytest.approx(large["media"], rel=0.02)


# ---------------------------------------------------------------- every lever acts, in several seeds

SEEDS = [1, 2]


def test_without_brand_ads_people_find_another_way():
    """T05: the brand's clicks and their money are gone; the orders come by search and by the address typed, over three seeds."""
    off, on = (
        sum(play(seed, budget=budget).channels for seed in (1, 2, 3)) for budget in ({"brand search": 0}, {})
    )
    free = ["SEO", "direct"]
    assert off.loc["SEM", "orders"] < 0.7 * on.loc["SEM", "orders"]
    assert off.loc[free, "orders"].sum() > 1.05 * on.loc[free, "orders"].sum()
    lost = on.loc["SEM", "orders"] - off.loc["SEM", "orders"]
    found = off.loc[free, "orders"].sum() - on.loc[free, "orders"].sum()
    assert found > 0.25 * lost
    own = [one.drop(index=["live", "marketplace"])["orders"].sum() for one in (off, on)]
    assert own[0] == pytest.approx(own[1], rel=0.045)
    assert off.loc["SEM", "spent"] < on.loc["SEM", "spent"] - 0.9 * 3 * owners()["budget"]["brand search"]


@pytest.mark.parametrize("seed", SEEDS)
def test_less_douyin_brings_fewer_customers(seed):
    less = play(seed, budget={"Douyin feed": 0.5 * owners()["budget"]["Douyin feed"]})
    assert (
        less.channels.loc["feed ads", "new_customers"]
        < 0.75 * play(seed).channels.loc["feed ads", "new_customers"]
    )
    assert less.channels.loc["feed ads", "visits"] < 0.75 * play(seed).channels.loc["feed ads", "visits"]


@pytest.mark.parametrize("lever", ["search", "other feed", "Xiaohongshu", "live"])
def test_money_of_a_channel_brings_orders_in_its_books(lever):
    book = {"search": "SEM", "other feed": "feed ads"}.get(lever, lever)
    more = play(budget={"brand search": 0, "Douyin feed": 0} | {lever: 3 * owners()["budget"][lever]})
    none = play(budget={"brand search": 0, "Douyin feed": 0} | {lever: 0})
    assert more.channels.loc[book, "new_customers"] > 1.2 * none.channels.loc[book, "new_customers"]


def test_money_works_less_and_less():
    """Twice the money of a channel brings less than twice the visits that are due to it."""
    usual = owners()["budget"]["other feed"]
    none, one, two = (play(budget={"other feed": times * usual, "Douyin feed": 0}) for times in (0, 1, 2))
    visits = [played.channels.loc["feed ads", "visits"] for played in (none, one, two)]
    assert 0.6 < (visits[2] - visits[1]) / (visits[1] - visits[0]) < 0.95


@pytest.mark.parametrize("seed", SEEDS)
def test_a_cash_hook_costs_more_than_it_wins(seed):
    cash = net(seed, "private domain", private={"hooks": {"scan for CNY 20": 1.0}})
    talk = net(seed, "private domain", private={"hooks": {"mothers' group": 0.5, "size adviser": 0.5}})
    assert cash["net"] < 0 < talk["net"]


def test_more_codes_win_more_members():
    some = play()._orders.query("lever == 'private domain'")["value"].sum()
    many = play(budget={"private domain": 60_000})._orders.query("lever == 'private domain'")["value"].sum()
    assert many > 1.1 * some


@pytest.mark.parametrize("seed", SEEDS)
def test_the_recall_pays_for_the_newly_dormant_and_not_for_all(seed):
    newly = net(seed, "recall", private={"recall": ["newly dormant"]})
    everybody = net(seed, "recall", private={"recall": simulator.TIERS})
    assert newly["net"] > 0 > everybody["net"]


def test_creators_bring_visits_and_those_who_are_seen_bring_more():
    views = load("creators").set_index("creator_id")["median_views"].reindex(simulator.creator_costs().index)
    seen, unseen = list(views.nlargest(5).index), list(views.nsmallest(5).index)
    without = play().channels.loc["Xiaohongshu", "visits"]
    assert (
        play(creators=seen, budget={"Douyin feed": 100_000}).channels.loc["Xiaohongshu", "visits"]
        > 1.03 * without
    )
    plans = [simulator.check_plan({"creators": some, "budget": {}}) for some in (seen, unseen)]
    lifts = [
        sum(simulator._Run(plan, simulator.state(SHARE), seed).lift.sum() for seed in SEEDS) for plan in plans
    ]
    assert lifts[0] > 3 * lifts[1] > 0
    caused = play(creators=seen, budget={"Douyin feed": 100_000})._orders.groupby("lever")["value"].sum()
    assert 0 < caused["creators"] < caused["Xiaohongshu"] and "creators" not in set(play()._orders["lever"])


@pytest.mark.parametrize("seed", SEEDS)
def test_gift_cards_win_more_than_cut_price(seed):
    asked = {"seeds": 400, "rewards": 20_000, "week": 1}
    gift, cut = (
        net(seed, "fission", fission=asked | {"mechanic": name}) for name in ("gift card", "cut price")
    )
    assert gift["net"] > cut["net"] and gift["net"] > 0


def test_rewards_end_where_the_money_ends():
    rich, poor = (
        play(fission={"mechanic": "cut price", "seeds": 400, "rewards": money}) for money in (20_000, 1_000)
    )
    assert poor.result["fission"] <= 1_000 < rich.result["fission"]


def test_weeks_move_money_and_keep_its_sum():
    early = [2.0] * 6 + [1.0] * 7
    moved = play(weeks={"other feed": early}).money.query("channel == 'other feed'")
    assert moved["planned"].sum() == pytest.approx(owners()["budget"]["other feed"], rel=1e-6)
    assert moved["planned"].head(6).mean() == pytest.approx(2 * moved["planned"].tail(7).mean(), rel=1e-6)


# ---------------------------------------------------------------- reviews


@pytest.mark.parametrize("week", simulator.REVIEWS)
def test_a_review_acts_only_afterwards(week):
    acted = play(reviews=[{"after_week": week, "change": {"Douyin feed": 0.2, "live": 0, "brand search": 0}}])
    before = [one.weeks[one.weeks["week"] <= week].reset_index(drop=True) for one in (acted, play())]
    pd.testing.assert_frame_equal(*before)
    after = [
        one.money[(one.money["week"] > week) & (one.money["channel"] == "live")]["spent"].sum()
        for one in (acted, play())
    ]
    assert after[0] == 0 < after[1]


def test_a_trigger_fires_where_its_limit_is_passed_and_not_else():
    rule = {"watch": "pace", "channel": "Douyin feed"}
    loud = {"after_week": 4, "if": rule | {"above": 1.15}, "change": {"Douyin feed": 0.75}}
    calm = {"after_week": 4, "if": rule | {"above": 3.0}, "change": {"Douyin feed": 0.75}}
    acted = play(reviews=[loud, calm])
    assert acted.reviews["acted"].tolist() == [True, False]
    money = play().money.query("channel == 'Douyin feed' and week <= 4")
    assert acted.reviews["value"][0] == pytest.approx(money["spent"].sum() / money["planned"].sum())
    spent = [
        one.money.query("channel == 'Douyin feed' and week == 6")["spent"].sum() for one in (acted, play())
    ]
    assert spent[0] == pytest.approx(0.75 * spent[1])


def test_a_review_may_stop_the_mechanic_and_begin_the_recall():
    asked = {"mechanic": "gift card", "seeds": 400, "rewards": 20_000}
    changed = play(
        fission=asked, reviews=[{"after_week": 4, "change": {"fission": "stop", "recall": ["newly dormant"]}}]
    )
    assert changed.result["fission"] < play(fission=asked).result["fission"]
    assert changed.result["gifts"] > 0 == play().result["gifts"]


def test_cac_can_be_watched():
    rule = {"watch": "cac", "channel": "other feed", "above": 1.0}
    played = play(reviews=[{"after_week": 8, "if": rule, "change": {"other feed": 0.5}}])
    money = play().money.query("channel == 'other feed' and week <= 8")["spent"].sum()
    assert played.reviews["acted"].all() and 50 < played.reviews["value"][0] < money


# ---------------------------------------------------------------- effects


def test_effect_names_the_levers_in_which_plans_differ_and_no_other():
    table = effect(play(budget={"live": 0}), play())
    assert table.index.tolist() == ["live", "all changes", "luck and the rest"]
    assert table.loc["live", "net"] == pytest.approx(
        table.loc["live", "caused"] - table.loc["live", "spent"], abs=1
    )
    gap = play(budget={"live": 0}).result["worth"] - play().result["worth"]
    assert table.loc[["all changes", "luck and the rest"], "net"].sum() == pytest.approx(gap, abs=2)


def test_effect_refuses_two_different_lucks():
    with pytest.raises(PlanError, match="same luck"):
        effect(play(1), play(2))


def test_effect_refuses_plays_of_different_shares():
    with pytest.raises(PlanError, match=r"the shares 0.15 and 0.1; play both with the same"):
        effect(play(), simulator.play(owners(), share=0.1))


@pytest.mark.parametrize(
    ("pair", "said"),
    [
        (("plan", "play"), "the first is a plan.*write effect"),
        (("play", "plan"), "the second is a plan"),
        (("play", "7"), "the second is '7'"),
        ((None, None), "the first is None"),
    ],
)
def test_effect_wants_quarters_that_were_played(pair, said):
    known = {"plan": owners(), "play": play()}
    with pytest.raises(PlanError, match=said):
        effect(*(known.get(one, one) for one in pair))


def test_the_same_plan_has_no_effect():
    assert (effect(play(), play())["net"] == 0).all()


# ---------------------------------------------------------------- plans that cannot be played

BAD = [
    ({"name": 7}, "a name in words"),
    ({"budgets": {}}, "budgets.*did you mean 'budget'"),
    ({"budget": {"Duoyin feed": 5}}, "did you mean 'Douyin feed'"),
    ({"budget": {"live": -5}}, "budget.*live.*-5"),
    ({"budget": {"live": "much"}}, "is no number"),
    ({"budget": {"live": 700_000}}, "there are 620,000. Take 80,000 out"),
    ({"weeks": {"live": [1] * 12}}, "12 weights for 13 weeks"),
    ({"weeks": {"live": [0] * 13}}, "set the budget to 0"),
    ({"private": {"hooks": {"free trial": 0.4}}}, "sum to 0.40"),
    ({"private": {"recall": ["newly dorment"]}}, "did you mean 'newly dormant'"),
    ({"creators": ["C01", "C02"]}, "book 3 to 5"),
    ({"creators": ["C01", "C02", "C99"]}, "C99"),
    ({"fission": {"mechanic": "cut prise", "seeds": 50, "rewards": 500}}, "did you mean 'cut price'"),
    ({"fission": {"mechanic": "cut price", "seeds": 50}}, "'rewards' is missing"),
    ({"reviews": [{"after_week": 6, "change": {"live": 0}}]}, "after week 4 or 8 only"),
    ({"reviews": [{"after_week": 4}]}, "needs after_week and change"),
    ({"reviews": [{"after_week": 4, "change": {"live": 0}, "if": {"watch": "pace", "channel": "live"}}]}, "'above' or 'below'"),
    ({"budget": {"live": True}}, "budget.*live.*True is no number"),
    ({"budget": 5}, "give yuan by channel"),
    ({"weeks": [1] * 13}, "weeks: .* is no dict; write it as .'live'"),
    ({"weeks": {"live": 3}}, "weeks.*live.*3 is no list"),
    ({"private": "newly dormant"}, "private: 'newly dormant' is no dict; write it as"),
    ({"private": {"hooks": "free trial"}}, "private, hooks: 'free trial' is no dict"),
    ({"private": {"recall": 3}}, "recall: 3 is no list"),
    ({"creators": "C10"}, "creators: 'C10' is no list; write it as a list of 3 to 5"),
    ({"creators": 10}, "creators: 10 is no list"),
    ({"fission": "gift card"}, "fission: 'gift card' is no dict; write it as .'mechanic'"),
    ({"fission": {"mechanic": "cut price", "seeds": 20.5, "rewards": 500}}, "seeds: 20.5 is not possible; give a whole number from 10 to 400"),
    ({"reviews": {"after_week": 4}}, "reviews: .* is no list; write it as"),
    ({"reviews": [{"after_week": 4, "change": "live"}]}, "change: 'live' is no dict"),
    ({"reviews": [{"after_week": 4, "change": {"live": 0}, "if": "pace"}]}, "if: 'pace' is no dict"),
]  # fmt: skip


@pytest.mark.parametrize(("plan", "said"), BAD)
def test_a_plan_that_cannot_be_played_names_field_and_remedy(plan, said):
    with pytest.raises(PlanError, match=said):
        simulator.check_plan(plan)


@pytest.mark.parametrize("seed", ["a", -1, 1.5, True, None, 2**40])
def test_a_seed_is_a_whole_number_of_zero_or_more(seed):
    with pytest.raises(PlanError, match=r"^seed: .*give"):
        simulator.play(owners(), seed, SHARE)
    with pytest.raises(PlanError, match=r"^seed: .*give"):
        simulator.save(owners(), "plan.json", seed)


def test_a_whole_number_may_come_as_any_number():
    assert simulator.identifier(owners(), 2.0) == simulator.identifier(owners(), np.int64(2))
    asked = {"mechanic": "cut price", "seeds": 50.0, "rewards": 500}
    assert simulator.check_plan({"fission": asked})["fission"]["seeds"] == 50


def test_a_plan_is_no_list():
    with pytest.raises(PlanError, match="a plan is a dict"):
        simulator.check_plan([1, 2])


def test_the_search_curve_goes_through_today_and_flattens():
    money, clicks = simulator.state(SHARE).curve
    assert np.interp(1.0, money, clicks) == pytest.approx(1.0, abs=0.01)
    assert 0.4 < np.interp(2.0, money, clicks) - 1 < 0.9
