"""Toolbox of machines at the desk: plans, shrinking, bandits, steps, pilots, redaction, cards; numbers for the head first."""

import numpy as np
import pandas as pd
import pytest

from mktlib.ab import wilson
from mktlib.automation import (
    card_gaps,
    exact,
    personal,
    pilot,
    practice_lines,
    redact,
    redactor_quality,
    regret,
    reviews_needed,
    shrink,
    slips_through,
    step,
)
from mktlib.inputs import BadValue, ColumnMissing

# Reviews


def test_three_of_sixty_reach_from_one_to_fourteen_per_cent():
    low, high = exact(3, 60)
    assert (round(low, 3), round(high, 3)) == (0.010, 0.139)
    assert wilson(3, 60)[1] < high  # the narrower one
    assert 0.05 + 1.96 * np.sqrt(0.05 * 0.95 / 60) < high  # the tempting one


def test_nothing_found_is_not_nothing_there():
    low, high = exact(0, 60)
    assert low == 0 and high == pytest.approx(1 - 0.025 ** (1 / 60))
    assert exact(60, 60) == (pytest.approx(0.025 ** (1 / 60)), 1)


def test_the_exact_interval_keeps_its_level_where_the_usual_one_does_not():
    hits = np.arange(61)
    chance = np.random.default_rng(1).binomial(60, 0.03, 4000)
    ends = {hit: exact(int(hit), 60) for hit in hits}
    usual = hits / 60 + 1.96 * np.sqrt(hits / 60 * (1 - hits / 60) / 60)
    assert np.mean([ends[hit][0] <= 0.03 <= ends[hit][1] for hit in chance]) >= 0.95
    assert np.mean(usual[chance] >= 0.03) < 0.9


def test_the_rule_of_three_says_how_many_to_review():
    assert reviews_needed(0.01) == 299 and reviews_needed(0.05) == 59
    assert 0.99**299 <= 0.05 < 0.99**298
    assert slips_through(0.5, 2) == pytest.approx(0.25) and slips_through(0.5, 2, allowed=1) == pytest.approx(
        0.75
    )


@pytest.mark.parametrize("allowed", [0, 1, 3])
def test_a_plan_is_the_smallest_that_keeps_its_promise(allowed):
    size = reviews_needed(0.02, allowed)
    assert slips_through(0.02, size, allowed) <= 0.05 < slips_through(0.02, size - 1, allowed)


def test_a_plan_refuses_what_is_no_count_or_share():
    for call in (
        lambda: exact(4, 3),
        lambda: exact(1.5, 3),
        lambda: reviews_needed(0),
        lambda: reviews_needed(1),
    ):
        with pytest.raises(BadValue):
            call()
    with pytest.raises(BadValue, match="fraction"):
        slips_through(1.2, 10)


# Many variants


def test_arms_that_differ_by_luck_alone_get_their_mean():
    even = shrink([10, 11, 12], [100, 100, 100])
    assert even.tolist() == pytest.approx([0.11] * 3)


def test_arms_that_differ_by_more_keep_most_of_it():
    found = shrink([100, 200, 300], [1000, 1000, 1000])
    assert found[1] == pytest.approx(0.2) and 0.29 < found[2] < 0.3


def test_shrinking_halves_the_error_of_many_small_tests():
    random = np.random.default_rng(2)
    raw, drawn = [], []
    for _ in range(100):
        true = random.uniform(0.02, 0.03, 10)
        hits = pd.Series(random.binomial(500, true))
        rates = hits / 500
        raw.append(np.mean((rates - true) ** 2))
        drawn.append(np.mean((shrink(hits, pd.Series([500] * 10)) - true) ** 2))
    assert np.mean(drawn) < 0.5 * np.mean(raw)


def test_two_arms_say_nothing_of_their_spread():
    with pytest.raises(BadValue, match="three"):
        shrink([1, 2], [10, 10])


def test_an_equal_split_loses_what_can_be_reckoned():
    lost = regret([0.1, 0.2], 6000, rule="split", runs=3)
    assert lost.shape == (3, 60) and lost[:, -1].tolist() == [300, 300, 300]


def test_thompson_loses_less_and_flattens():
    rates = [0.02, 0.03, 0.05]
    split, learning = (regret(rates, 20_000, rule, runs=50) for rule in ("split", "thompson"))
    assert learning[:, -1].mean() < 0.4 * split[:, -1].mean()
    growth = np.diff(learning.mean(axis=0))
    assert growth[-10:].mean() < 0.3 * growth[:10].mean()


def test_the_winner_of_a_short_test_is_a_bet():
    late = regret([0.02, 0.021, 0.03], 30_000, rule="winner", test=200, runs=100)[:, -1]
    assert np.quantile(late, 0.9) > 3 * np.median(late)


def test_a_bandit_refuses_unknown_rules_and_rates():
    with pytest.raises(BadValue, match="thompson"):
        regret([0.1, 0.2], 100, rule="best")
    with pytest.raises(BadValue):
        regret([0.1], 100)


# A shock with a date


def weeks(values):
    return pd.Series(values, pd.date_range("2024-01-01", periods=len(values), freq="7D"), dtype=float)


def test_a_step_is_the_difference_of_two_means():
    assert step(weeks([1, 2, 1, 2, 5, 6, 5, 6]), "2024-01-29")["effect"] == pytest.approx(4)


@pytest.mark.parametrize("trend", [False, True])
def test_the_error_is_that_of_statsmodels(trend):
    import statsmodels.api as sm

    random = np.random.default_rng(3)
    series = weeks(np.convolve(random.normal(size=110), np.ones(8), "valid"))
    x = np.column_stack(
        [np.ones(len(series)), series.index >= "2024-10-07", *([np.arange(len(series))] if trend else [])]
    )
    fitted = sm.OLS(series.to_numpy(), x.astype(float)).fit(
        cov_type="HAC", cov_kwds={"maxlags": 4, "use_correction": False}
    )
    found = step(series, "2024-10-07", trend=trend, lags=4)
    assert found[["effect", "standard_error"]].tolist() == pytest.approx([fitted.params[1], fitted.bse[1]])
    assert found["standard_error"] > 1.4 * found["error_if_independent"]  # weeks that hang together


def test_gaps_and_one_sided_series_are_refused():
    with pytest.raises(BadValue, match="gaps"):
        step(weeks([1, 2, np.nan, 4, 5, 6, 7, 8]), "2024-01-29")
    with pytest.raises(BadValue, match="fewer than four"):
        step(weeks(range(8)), "2024-01-08")


# A pilot


def test_one_great_evening_is_no_result():
    gains = [1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 60]
    found = pilot(gains, target=1.4)
    assert found["mean"].iloc[-1] > 5 and found["verdict"].tolist() == ["not yet", "stop"]


def test_a_clear_pilot_goes_on_and_a_young_one_waits():
    gains = [9, 11, 10, 9, 11, 10, 10] * 2
    assert pilot(gains, target=5)["verdict"].tolist() == ["go on", "go on"]
    assert pilot(gains, target=9.9)["verdict"].tolist() == ["not yet", "stop"]
    assert pilot(gains[:9], target=9.9)["verdict"].tolist() == ["not yet"]


def test_the_rule_keeps_its_false_alarms():
    random = np.random.default_rng(4)
    wins = [(pilot(random.normal(0, 1, 14), 0)["verdict"] == "go on").any() for _ in range(200)]
    assert np.mean(wins) < 0.06  # one side of 5 %


def test_looks_have_to_be_even():
    with pytest.raises(BadValue, match="equal steps"):
        pilot([1, 2, 3], 0, looks=(5, 14))


# Texts that leave the house


def test_each_kind_is_taken_out():
    line = "收件人：王晓梅，电话138 0013 8000，微信号：hehe_2024，邮箱a.b@example.com，订单号HY1234567890，宝宝生日2024-03-08"
    assert (
        redact(line)
        == "收件人：[name]，电话[phone]，微信号：[wechat]，邮箱[e-mail]，订单号[order number]，宝宝生日[birth date]"
    )
    assert redact("寄到杭州市西湖区文三路12号3栋，谢谢") == "寄到[address]，谢谢"


@pytest.mark.parametrize(
    "line", ["HY-W02满199元减30", "商品条码6901234567892", "2025-11-11开抢", "微信支付可以吗", "400-820-0000"]
)
def test_what_is_nobodys_stays(line):
    assert personal(line) == [] and redact(line) == line


def test_recall_counts_pieces_and_precision_what_was_taken():
    lines = pd.DataFrame({
        "text": ["13800138000", "我是王丽", "姓名可以改吗"],
        "pieces": [[("phone", 0, 11)], [("name", 2, 4)], []],
    })  # fmt: skip
    found = redactor_quality(lines)
    assert found.loc["all", ["pieces", "covered", "recall"]].tolist() == [2, 1, 0.5]
    blunt = redactor_quality(lines, lambda text: [("name", 0, len(text))])
    assert blunt.loc["all", "recall"] == 1 and blunt.loc["all", "precision"] == pytest.approx(2 / 3)
    with pytest.raises(ColumnMissing):
        redactor_quality(lines[["text"]])


def test_half_a_number_left_is_not_covered():
    lines = pd.DataFrame({"text": ["13800138000"], "pieces": [[("phone", 0, 11)]]})
    assert redactor_quality(lines, lambda text: [("phone", 0, 7)]).loc["all", "recall"] == 0


def test_the_redactor_misses_what_no_word_announces():
    found = redactor_quality(practice_lines(2000, seed=3))
    assert 0.65 < found.loc["all", "recall"] < 0.85 and found.loc["all", "precision"] > 0.9
    assert found.loc["e-mail", "recall"] == 1 and found.loc["name", "recall"] < 0.9


def test_practice_lines_mark_what_they_hold_and_come_from_their_seed():
    lines = practice_lines(50, seed=5)
    assert lines.equals(practice_lines(50, seed=5)) and not lines["text"].equals(
        practice_lines(50, seed=6)["text"]
    )
    phones = [
        text[start:end]
        for text, pieces in zip(lines["text"], lines["pieces"], strict=True)
        for kind, start, end in pieces
        if kind == "phone"
    ]
    assert phones and all(len(one.replace(" ", "")) == 11 for one in phones)


# A model's paper


def card():
    return {
        "purpose": "answers about parcels", "not for": "allergies", "data": {"from": "2025-10-13", "to": "2025-11-09", "rows": 500},
        "measure": {"name": "wrong", "value": 0.04, "low": 0.03, "high": 0.06, "sample": 500},
        "worst case": {"group": "allergy", "value": 0.11, "sample": 90}, "owner": "Lin", "off switch": "flag bot_on",
        "review": {"date": "2026-02-01"}, "failures": ["lanolin on 13 October"],
    }  # fmt: skip


def test_a_whole_card_has_no_gaps():
    assert card_gaps(card()) == {}


@pytest.mark.parametrize(("field", "value", "gap"), [
    ("owner", "", "missing"), ("measure", "92 %", "lacks name, value, low, high, sample"), ("failures", [], "missing"),
    ("measure", card()["measure"] | {"value": 0.2}, "value outside its interval"),
    ("worst case", card()["worst case"] | {"value": 0.01}, "better than the mean"),
])  # fmt: skip
def test_each_gap_is_named(field, value, gap):
    assert card_gaps(card() | {field: value}) == {field: gap}
