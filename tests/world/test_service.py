"""Complaints, reviews and the typed log: the right count finds what is true, the tempting one does not."""

import numpy as np
import pandas as pd
import pytest

from tests.world.conftest import World

END = pd.Timestamp("2026-01-01")
GOOD = [
    "好",
    "棒",
    "喜欢",
    "满意",
    "推荐",
    "舒服",
    "柔软",
    "干爽",
    "快",
    "香",
    "值",
    "回购",
    "放心",
    "不错",
    "感谢",
]
BAD = ["漏", "差", "红", "异味", "失望", "退", "破", "慢", "贵", "硬", "过敏", "不好", "无语", "刺鼻"]
NOTHING = "此用户没有填写评价。"
SPELT = {"sem": "SEM", "SEM ": "SEM", "百度": "SEM", "Feed ads": "feed ads", "feed ad": "feed ads", "信息流": "feed ads",
         "小红书": "Xiaohongshu", "XHS": "Xiaohongshu", "xiaohongshu": "Xiaohongshu", "直播": "live", "Live": "live", "CPS": "affiliate",
         "affilate": "affiliate", "email/SMS": "e-mail/SMS", "EDM": "e-mail/SMS", "私域": "private domain", "private  domain": "private domain"}  # fmt: skip


def within(table, column, first, last):
    return table[(table[column] >= first) & (table[column] < last)]


def sla(tickets):
    """Shares answered within 24 hours: of closed tickets, of all that are old enough to tell; mean hours of the answered."""
    hours = (tickets["first_response_at"] - tickets["opened_at"]).dt.total_seconds() / 3600
    told = tickets["first_response_at"].notna() | (tickets["opened_at"] <= END - pd.Timedelta(hours=24))
    in_time = hours <= 24
    return in_time[tickets["closed_at"].notna()].mean(), in_time[told].mean(), hours.mean()


def written(w):
    """Reviews with a text."""
    return w["reviews"][w["reviews"]["text_zh"] != NOTHING]


def clean_log(w):
    """The log with channels as they are called, duplicates out."""
    log = w["daily_log"]
    log["channel"] = log["channel"].replace(SPELT)
    return log.drop_duplicates(["date", "channel", "platform", "spend", "conversions"])


# T24


def test_t24_nine_of_ten_closed_tickets_are_in_time_and_fewer_than_eight_of_all(world_tables):
    for name, first, tolerance in (("2025", "2025-01-01", 0.025), ("last_four_weeks", "2025-12-04", 0.05)):
        closed, every, mean = sla(within(world_tables["service_tickets"], "opened_at", first, END))
        found = world_tables.truth["T24"]["found"][name]
        assert closed == pytest.approx(0.91, abs=tolerance) and every == pytest.approx(0.785, abs=tolerance)
        assert closed > 1.07 * every and 7 < mean < 12
        assert (found["of_closed"], found["of_all"]) == pytest.approx((closed, every), abs=1e-4)


def test_t24_the_worst_complaints_are_the_ones_that_stay_open(world_tables):
    tickets = within(world_tables["service_tickets"], "opened_at", "2025-01-01", "2025-12-01")
    opened = tickets["closed_at"].isna().groupby(tickets["severity"]).mean()
    assert opened[3] > 1.8 * opened[1] and 0.13 < tickets["closed_at"].isna().mean() < 0.22


def test_a_ticket_has_its_order_and_its_times_in_order(world_tables):
    tickets, orders = world_tables["service_tickets"], world_tables["orders"].set_index("order_id")
    assert tickets["ticket_id"].is_unique and 2_400 < len(tickets) < 4_200
    mine = orders.loc[tickets["order_id"]]
    assert (mine["status"] == "paid").all() and (
        tickets["opened_at"].to_numpy() > mine["ordered_at"].to_numpy()
    ).all()
    answered, closed = tickets.dropna(subset=["first_response_at"]), tickets.dropna(subset=["closed_at"])
    assert (answered["first_response_at"] > answered["opened_at"]).all()
    assert (closed["closed_at"] > closed["first_response_at"]).all()
    assert tickets[["opened_at", "first_response_at", "closed_at"]].max().max() < END
    lines = world_tables["order_items"][["order_id", "sku"]].drop_duplicates()
    assert len(tickets.merge(lines, on=["order_id", "sku"])) == len(tickets)


# Reviews


def test_invitations_stop_and_the_negative_share_doubles_without_more_unhappy_buyers(world_tables):
    reviews, orders = world_tables["reviews"], world_tables["orders"].query("status == 'paid'")
    share, rate, happy = [], [], []
    for first, last in (("2025-07-01", "2025-08-01"), ("2025-08-01", "2025-09-01")):
        part = within(reviews, "created_at", first, last)
        low = (part["rating"] <= 2).sum()
        share.append(low / len(part))
        rate.append(low / len(within(orders, "ordered_at", first, last)))
        happy.append(len(part) - low)
    assert 1.65 < share[1] / share[0] < 2.7
    assert 0.75 < rate[1] / rate[0] < 1.3 and happy[1] < 0.6 * happy[0]
    invited = within(reviews, "created_at", "2025-08-15", END)["invited"]
    assert (
        not invited.any()
        and within(reviews, "created_at", "2025-06-01", "2025-08-01")["invited"].mean() > 0.4
    )


def test_control_limits_find_the_days_of_the_faulty_batch_and_hardly_any_other(world_tables):
    reviews = within(world_tables["reviews"], "created_at", "2025-05-01", "2025-08-01")
    days = (reviews["rating"] <= 2).groupby(reviews["created_at"].dt.normalize()).agg(["sum", "size"])
    usual = days["sum"].sum() / days["size"].sum()
    limit = usual + 3 * np.sqrt(usual * (1 - usual) / days["size"])
    out = days.index[days["sum"] / days["size"] > limit].strftime("%Y-%m-%d").tolist()
    assert "2025-05-20" in out and len([day for day in out if not "2025-05-20" <= day <= "2025-05-23"]) <= 1
    leaks = world_tables["service_tickets"].query("category == 'leak' and sku == 'HY-D06'")
    by_day = leaks.groupby(leaks["opened_at"].dt.normalize()).size()
    assert by_day.idxmax() in pd.to_datetime(["2025-05-20", "2025-05-21", "2025-05-22", "2025-05-23"])


def test_a_word_list_misses_half_of_the_unhappy_and_colleagues_do_not(world_tables):
    texts, true = written(world_tables), world_tables.hidden("reviews").set_index("review_id")
    score = texts["text_zh"].map(lambda text: sum(map(text.count, GOOD)) - sum(map(text.count, BAD)))
    sentiment, trick = texts["review_id"].map(true["sentiment"]), texts["review_id"].map(true["trick"])
    unhappy, flagged = sentiment == "negative", score < 0
    labels = world_tables["review_labels"]
    by_hand = (labels["label_a"] == "negative").mean()
    assert by_hand == pytest.approx(unhappy.mean(), abs=0.1)
    assert flagged.mean() < 0.8 * unhappy.mean() and flagged[unhappy].mean() < 0.6
    assert flagged[trick == "irony"].mean() < 0.35 and flagged[trick == "double negation"].mean() > 0.3
    assert 0.85 < (labels["label_a"] == labels["label_b"]).mean() < 0.99


def test_reviews_belong_to_paid_orders_and_read_differently(world_tables):
    reviews, orders = world_tables["reviews"], world_tables["orders"].set_index("order_id")
    mine = orders.loc[reviews["order_id"]]
    assert (
        reviews["review_id"].is_unique and reviews["order_id"].is_unique and (mine["status"] == "paid").all()
    )
    assert (reviews["created_at"].to_numpy() > mine["ordered_at"].to_numpy()).all() and reviews[
        "created_at"
    ].max() < END
    texts = written(world_tables)["text_zh"]
    assert texts.nunique() > 2_000 and not texts.str.contains("[{}|;]").any()
    assert not reviews["text_en"].str.contains("[{}|]").any()


def test_second_time_mothers_talk_of_prices(world_tables):
    theme = world_tables["reviews"].merge(
        world_tables.hidden("reviews")[["review_id", "theme"]], on="review_id"
    )
    who = world_tables["orders"].set_index("order_id")["customer_id"]
    parity = theme["order_id"].map(who).map(world_tables["customers"].set_index("customer_id")["parity"])
    price = (theme["theme"] == "price").groupby(parity).mean()
    skin = (theme["theme"] == "skin").groupby(parity).mean()
    assert price["second or later"] > 1.5 * price["first"] and skin["first"] > 1.2 * skin["second or later"]


# The typed log


def test_a_join_by_day_and_channel_nearly_doubles_revenue(world_tables):
    log, orders = (
        clean_log(world_tables),
        within(world_tables["orders"], "ordered_at", "2025-05-01", "2025-07-01"),
    )
    orders = orders.assign(date=orders["ordered_at"].dt.normalize())[["date", "channel", "amount"]]
    orders = orders[orders["channel"].isin(log["channel"].unique())]
    joined = orders.merge(log[["date", "channel", "platform"]], on=["date", "channel"], how="left")
    assert 1.55 < joined["amount"].sum() / orders["amount"].sum() < 2.1
    assert log.groupby(["date", "channel"]).size().max() == 4


def test_the_log_agrees_with_the_budget_but_for_what_was_mistyped(world_tables):
    budget = within(world_tables["budget"], "date", "2025-05-01", "2025-07-01").query("item == 'media'")
    true = budget.groupby(["date", "channel"])["spent"].sum()
    typed = clean_log(world_tables).groupby(["date", "channel"])["spend"].sum(min_count=1)
    both = pd.concat([true, typed], axis=1)
    off = both[~np.isclose(both["spend"], both["spent"], atol=0.05)]
    assert sorted((day.strftime("%m-%d"), channel) for day, channel in off.index) == [
        ("05-21", "Xiaohongshu"), ("06-17", "feed ads"), ("06-18", "SEM"),
    ]  # fmt: skip
    assert (
        off.loc[(pd.Timestamp("2025-06-17"), "feed ads"), "spend"]
        > 4 * off.loc[(pd.Timestamp("2025-06-17"), "feed ads"), "spent"]
    )


def test_each_repair_of_the_log_gives_another_number(world_tables):
    log = clean_log(world_tables)
    june = log[(log["channel"] == "feed ads") & (log["platform"] == "Douyin") & (log["date"] >= "2025-06-01")]
    wrong = june.loc[june["date"] == "2025-06-17", "spend"].item()
    kept, dropped, right = june["spend"].sum(), june["spend"].sum() - wrong, june["spend"].sum() - 0.9 * wrong
    assert kept > 1.5 * right and dropped < 0.93 * right
    assert right == pytest.approx(world_tables.truth["daily_log"]["found"]["douyin_june"]["true"], rel=1e-4)
    week = log[(log["channel"] == "SEM") & (log["date"] >= "2025-06-16") & (log["date"] < "2025-06-23")]
    true = world_tables.truth["daily_log"]["found"]["search_week_of_618"]["true"]
    assert week["spend"].sum() < 0.9 * true and week["date"].nunique() == 6


def test_the_log_has_duplicates_odd_spellings_and_a_blank(world_tables):
    log = world_tables["daily_log"]
    assert log.duplicated(["date", "channel", "platform", "spend", "conversions"]).sum() >= 1
    assert len(log) - len(clean_log(world_tables)) == 2
    assert 20 < log["channel"].isin(SPELT).sum() < 80 and log["spend"].isna().sum() == 1


def test_a_small_world_has_them_as_well(small_world):
    w = World(small_world)
    for name, least in (("service_tickets", 60), ("reviews", 150), ("review_labels", 80), ("daily_log", 600)):
        assert len(w[name]) > least
    for name in ("survey", "competitors", "market_index", "copy_lines", "ai_copy", "rules_log"):
        assert len(w[name]) > 0
