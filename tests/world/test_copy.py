"""Copy, compliance, AI and automation: the right reading finds what is true, the tempting one does not."""

import numpy as np
import pandas as pd
import pytest

WORDS = ["最", "第一", "顶级", "极致", "国家级", "唯一", "首选", "100%", "绝对", "治疗"]


def flagged(lines):
    return lines["text_zh"].map(lambda text: any(word in text for word in WORDS))


def rates(table, by):
    total = table.groupby(by)[["clicks", "impressions"]].sum()
    return total["clicks"] / total["impressions"]


def cost_change(bids, account, audience=None):
    """Cost of a contact after the switch over before it."""
    part = bids[(bids["account"] == account) & ((bids["audience"] == audience) if audience else True)]
    total = part.groupby(part["date"] >= "2025-08-25")[["cost", "contacts"]].sum()
    return (total["cost"] / total["contacts"]).loc[True] / (total["cost"] / total["contacts"]).loc[False]


# The word list


def test_seven_of_a_hundred_lines_are_banned_and_a_word_list_is_worse_than_no_list(world_tables):
    lines = world_tables["copy_lines"]
    hit, banned = flagged(lines), lines["label"] == "banned"
    assert len(lines) == 300 and banned.sum() == 21
    recall, precision = hit[banned].mean(), banned[hit].mean()
    assert 0.15 < recall < 0.5 and precision < 0.35
    assert (hit == banned).mean() < 0.93 == round((~banned).mean(), 2)


def test_context_decides_about_the_words_of_the_list(world_tables):
    lines = world_tables["copy_lines"]
    false_alarm = lines[flagged(lines) & (lines["label"] == "clean")]
    assert len(false_alarm) >= 20 and (false_alarm["reason"] != "").all()
    guide = lines[lines["article"].str.startswith("SAMR guide")]
    assert len(guide) >= 5 and (guide["label"] == "clean").all()


def test_milk_claims_and_disguises_hold_no_word_of_the_list(world_tables):
    lines = world_tables["copy_lines"]
    milk = lines[lines["rule"] == "MILK"]
    assert len(milk) == 4 and milk["text_zh"].str.contains("奶|乳").all() and not flagged(milk).any()
    missed = lines[(lines["label"] == "banned") & ~flagged(lines)]
    assert set(missed["rule"]) == {"ABS", "MED", "MILK"}


def test_the_hold_out_is_new_and_labelled_in_the_same_way(world_tables):
    lines, rest = world_tables["copy_lines"], world_tables.hidden("copy_holdout")
    assert len(rest) == 200 and (rest["label"] == "banned").sum() == 14
    assert not rest["text_zh"].isin(lines["text_zh"]).any() and lines["text_zh"].is_unique
    assert set(rest.loc[rest["label"] == "banned", "rule"]) == {"ABS", "MED", "MILK"}


def test_some_lines_name_a_price_that_is_no_longer_true(world_tables):
    lines = world_tables["copy_lines"].dropna(subset=["price_claim"])
    stale = lines["price_claim"] != lines["sku"].map(world_tables["products"].set_index("sku")["list_price"])
    assert len(lines) >= 10 and 0.08 < stale.mean() < 0.6


def test_two_raters_of_tone_agree_in_part(world_tables):
    lines = world_tables["copy_lines"]
    assert 0.35 < np.corrcoef(lines["tone_a"], lines["tone_b"])[0, 1] < 0.85


def test_every_label_cites_a_rule_of_the_log_and_every_rule_a_date(world_tables):
    rules, lines = world_tables["rules_log"], world_tables["copy_lines"]
    law = rules[rules["source"].str.startswith("Advertising Law")]
    cited = lines.loc[lines["label"] == "banned", "article"].str.replace("Advertising Law ", "")
    assert cited.isin(law["article"]).all() and (lines.loc[lines["label"] == "banned", "rule"] != "").all()
    assert rules["rule_id"].is_unique and rules["in_force_from"].notna().all()
    notice = rules[rules["in_force_from"] == "2024-08-15"]
    assert notice["gist_en"].str.contains("Recommendation").all() and len(notice) == 1
    privacy = rules[rules["source"].str.startswith("Personal Information")]["article"]
    assert {"Art. 24", "Art. 28", "Art. 29", "Art. 31"} <= set(privacy)


# Ten variants


def test_the_winner_of_ten_is_not_allowed_and_the_next_one_is_not_as_good_as_it_looks(world_tables):
    test, true = (
        world_tables["ai_variant_test"],
        world_tables.hidden("ai_variant_test").set_index("variant")["true_ctr"],
    )
    first = test[test["round"] == 1].set_index("variant")
    allowed = first["facts_proven"] & (first["breaks_rule"] == "")
    assert len(first) == 10 and (first["impressions"] == 500).all() and allowed.sum() == 7
    assert not allowed[first["clicks"].idxmax()]
    winner = first.loc[allowed, "clicks"].idxmax()
    seen = first.loc[winner, "clicks"] / 500
    again = test[(test["round"] == 2) & (test["variant"] == winner)]
    assert seen > 1.25 * true[winner] and true[winner] < true[allowed].max()
    assert (again["clicks"] / again["impressions"]).item() < seen


# The AI desk


def test_three_defects_in_sixty_leave_room_for_more(world_tables):
    assets, true = (
        world_tables["ai_copy"],
        world_tables.hidden("ai_copy").set_index("asset_id")["true_defect"],
    )
    ai = assets[assets["author"] == "AI"]
    sample = ai[ai["reviewed"]]
    share = ai["asset_id"].map(true).mean()
    assert len(assets) == 2000 and len(sample) == 60 and (sample["review_result"] == "defect").sum() == 3
    assert 0.01 < 0.05 < share < 0.139 and share > 1.2 * 0.05
    assert (sample["asset_id"].map(true) == (sample["review_result"] == "defect")).all()


def test_ai_copy_gets_more_clicks_because_of_its_slots(world_tables):
    assets = world_tables["ai_copy"]
    pooled, cells = rates(assets, "author"), rates(assets, ["slot", "author"]).unstack()
    assert pooled["AI"] > 1.3 * pooled["human"] and (cells["AI"] / cells["human"]).mean() < 0.98


def test_drafting_alone_saves_nine_tenths_and_all_the_work_a_fraction(world_tables):
    by = world_tables["ai_copy"].groupby("author")
    draft = by["draft_minutes"].mean()
    minutes = (
        by[["draft_minutes", "editing_minutes", "review_minutes"]].sum().sum(axis=1) / by["accepted"].sum()
    )
    assert draft["AI"] < 0.1 * draft["human"] and 0.75 < minutes["AI"] / minutes["human"] < 1


def test_the_bot_contains_nearly_all_and_is_wrong_about_allergies(world_tables):
    talk = world_tables["ai_service_logs"]
    allergy = talk["topic"] == "allergy"
    wrong = ~talk["correct"]
    assert len(talk) == 500 and talk["contained"].mean() == pytest.approx(0.92, abs=0.005)
    assert wrong[allergy].mean() == pytest.approx(0.11, abs=0.02) and wrong[~allergy].mean() < 0.05
    assert (wrong & talk["contained"])[allergy].sum() >= 5 and (talk.loc[allergy, "severity"] == 3).all()
    weighed = (wrong * talk["severity"]).groupby(talk["topic"]).sum()
    assert weighed.idxmax() == "allergy" and weighed["allergy"] > 0.4 * weighed.sum()


def test_automatic_bidding_gets_the_credit_of_season_cap_and_cheap_audiences(world_tables):
    bids = world_tables["auto_bid_daily"]
    naive = cost_change(bids, "south")
    fair = np.mean(
        [
            cost_change(bids, "south", one) / cost_change(bids, "north", one)
            for one in ("prospecting", "retargeting")
        ]
    )
    against = naive / cost_change(bids, "north")
    assert naive == pytest.approx(0.82, abs=0.04) and fair == pytest.approx(0.97, abs=0.045)
    assert fair > 1.07 * against > 1.0 * against and against > 1.03 * naive


def test_the_pilot_is_above_its_target_by_one_evening(world_tables):
    lives = world_tables["pilot_lives"]
    gain, target = lives["contribution"], lives["target_contribution"].iloc[0]
    half = 2.16 * gain.std() / np.sqrt(len(gain))
    assert len(lives) == 14 and gain.mean() > 1.05 * target > target > gain.mean() - half
    assert gain.drop(gain.idxmax()).mean() < 0.95 * target and gain.median() < target
    assert world_tables.truth["pilot_lives"]["cause"]["true_mean"] < target


def test_the_loudest_trend_is_the_one_to_drop(world_tables):
    radar = world_tables["trend_radar"]
    loudest = radar.groupby("trend")["media_mentions"].sum().idxmax()
    last = radar[radar["quarter"] == radar["quarter"].max()].set_index("trend")
    keep = (last["users_percent"] >= last["kill_below_users_percent"]) & (
        last["pilot_return"] >= last["pilot_cost"]
    )
    assert "metaverse" in loudest and not keep[loudest] and 3 <= keep.sum() <= 5
    assert (
        last.loc["refill subscription", "media_mentions"] < last["media_mentions"].median()
        and keep["refill subscription"]
    )


def test_assets_and_dialogues_lie_in_2025_and_texts_are_whole(world_tables):
    talk, assets = world_tables["ai_service_logs"], world_tables["ai_copy"]
    assert talk["started_at"].between("2025-10-13", "2025-11-10").all()
    assert (
        assets["made_on"].between("2025-04-01", "2025-12-31").all()
        and (assets["clicks"] <= assets["impressions"]).all()
    )
    for table, columns in (
        (talk, ["question_zh", "answer_zh", "answer_en"]),
        (world_tables["copy_lines"], ["text_zh", "text_en"]),
    ):
        for column in columns:
            assert not table[column].str.contains("[{}|]").any() and (table[column] != "").all()
    assert assets["sku"].isin(world_tables["products"]["sku"]).all()
    lines = world_tables["copy_lines"]["sku"]
    assert lines[lines != ""].isin(world_tables["products"]["sku"]).all()
    assert pd.Series(talk["stars"].dropna()).between(1, 5).all()
