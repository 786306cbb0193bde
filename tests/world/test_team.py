"""The team: KPI sheets (T25), goals and targets, control limits, hours, requests, test ideas, leads."""

import numpy as np
import pandas as pd
import pytest

from mktlib import data

MODULES = [
    "strategy_budget",
    "ad_placement",
    "analysis_reporting",
    "content_seo",
    "social_partners",
    "teamwork_learning",
]


@pytest.fixture
def w(world_tables):
    return world_tables


def far_apart(values, least=0.05):
    """True if sorted numbers differ from their neighbours by at least `least`."""
    values = np.sort(np.asarray(values, dtype=float))
    return (values[1:] / values[:-1] - 1 >= least).all()


# T25


def q3_scores(w):
    """Mean raw completion, mean capped completion, capped and weighted, and the agreed score, by person."""
    sheets = w["team_kpi"].query("quarter == '2025-Q3'")
    done = sheets["actual"] / sheets["target"]
    parts = pd.DataFrame({
        "raw": done / sheets.groupby("person")["kpi"].transform("size"),
        "capped": done.clip(upper=1.2) / sheets.groupby("person")["kpi"].transform("size"),
        "weighted": done.clip(upper=1.2) * sheets["weight"] / 100,
        "score": done.clip(upper=1.2) * sheets["weight"] / 100 * sheets["difficulty"],
    })  # fmt: skip
    return parts.groupby(sheets["person"]).sum()


def test_t25_the_ranking_by_raw_completion_reverses(w):
    found, truth = q3_scores(w), w.truth["T25"]["found"]
    order = {name: found[name].sort_values(ascending=False).index.tolist() for name in found}
    assert order["raw"] == ["Wu", "He", "Zhou", "Lin"] and order["score"] == order["raw"][::-1]
    assert order["capped"] != order["raw"] and order["capped"] != order["score"]
    assert order["weighted"] not in (order["raw"], order["score"])
    assert far_apart(found["raw"], 0.04) and far_apart(found["score"])
    assert found["score"].to_dict() == pytest.approx(truth["score"], rel=1e-3)
    assert order["raw"] == truth["ranking_by_raw_mean"] and order["score"] == truth["ranking_by_score"]


def test_t25_one_easy_kpi_hides_three_misses(w):
    sheet = w["team_kpi"].query("quarter == '2025-Q3' and person == 'Wu'")
    done = (sheet["actual"] / sheet["target"]).to_numpy()
    easy = done.argmax()
    assert done[easy] == pytest.approx(2.4, abs=0.02)
    assert sheet["weight"].iloc[easy] == 5 and sheet["difficulty"].iloc[easy] == 0.8
    assert (done < 0.9).sum() == 3 and sheet.loc[done < 0.9, "weight"].sum() == 80


def test_weights_of_a_sheet_sum_to_100_and_sheets_hold_five_or_six_kpis(w):
    sheets = w["team_kpi"].groupby(["quarter", "person"])
    assert (
        (sheets["weight"].sum() == 100).all()
        and sheets.size().between(5, 6).all()
        and len(sheets.size()) == 16
    )


def test_kpi_sheets_count_what_the_shop_counts(w):
    sheets = w["team_kpi"].set_index(["quarter", "kpi"])["actual"]
    orders, words, ads = w["orders"], w["sem_keyword_daily"], w["feed_ads_daily"]
    in_q3 = ("2025-07-01", "2025-09-30 23:59:59")
    placed = orders[orders["ordered_at"].between(*in_q3)]
    new = orders[orders["status"] == "paid"].sort_values("order_id").drop_duplicates("customer_id")
    new = new[new["ordered_at"].between(*in_q3)]
    words, ads = words[words["date"].between(*in_q3)], ads[ads["date"].between(*in_q3)]
    expected = {
        "orders from e-mail and SMS": (placed["channel"] == "e-mail/SMS").sum(),
        "orders from organic search": (placed["channel"] == "SEO").sum(),
        "new customers from Xiaohongshu": (new["channel"] == "Xiaohongshu").sum(),
        "orders without brand keywords": words.query("campaign != 'brand'")["orders"].sum(),
        "orders from feed ads": ads["orders"].sum(),
        "ROAS of search ads": words["revenue"].sum() / words["cost"].sum(),
        "CTR of feed ads": 100 * ads["clicks"].sum() / ads["impressions"].sum(),
    }  # fmt: skip
    for kpi, value in expected.items():
        assert sheets["2025-Q3", kpi] == pytest.approx(value, abs=0.006), kpi


# Goals, targets, control limits


def test_targets_add_up_to_112_per_cent_of_the_goal_while_shares_add_up_to_100(w):
    plan, goals = w["channel_targets"], w["quarter_goals"].set_index("quarter")["gmv_goal"]
    assert plan["goal_share"].sum() == 100
    assert plan["target_gmv"].sum() / goals["2025-Q3"] == pytest.approx(1.12, abs=0.002)
    product = plan["planned_visits"] * plan["planned_cvr"] / 100 * plan["planned_aov"]
    assert np.allclose(product, plan["target_gmv"], rtol=0.01)


def test_one_conversion_rate_for_all_channels_plans_the_wrong_visits(w):
    plan = w["channel_targets"].set_index("channel")
    goal = w["quarter_goals"].set_index("quarter").loc["2025-Q3", "gmv_goal"]
    share = goal * plan["goal_share"] / 100
    right = share / (plan["planned_cvr"] / 100 * plan["planned_aov"])
    visits, orders, gmv = (
        column.sum()
        for column in (
            plan["planned_visits"],
            plan["planned_visits"] * plan["planned_cvr"] / 100,
            plan["target_gmv"],
        )
    )
    average = share / (gmv / visits)
    assert orders < visits and (np.abs(average / right - 1) > 0.05).sum() >= 6
    assert right["feed ads"] > 1.3 * average["feed ads"] and right["e-mail/SMS"] < 0.7 * average["e-mail/SMS"]


def own_weeks(w):
    """Visits and GMV of the own shop by week of the plan, as distances from it in standard deviations."""
    plan = w["weekly_targets"].set_index("week_start")
    orders, visits = w["orders"].query("store == 'own'"), w["web_sessions"]
    visits = visits[visits["started_at"] >= "2025-01-01"]
    week = lambda at: at.dt.normalize() - pd.to_timedelta(at.dt.day_of_week, unit="D")  # noqa: E731
    actual = pd.DataFrame({
        "gmv": orders.groupby(week(orders["ordered_at"]))["amount"].sum().reindex(plan.index),
        "visits": visits.groupby(week(visits["started_at"])).size().reindex(plan.index),
    })  # fmt: skip
    return pd.DataFrame({
        name: (actual[name] - plan[f"{name}_plan"]) / ((plan[f"{name}_upper"] - plan[f"{name}_plan"]) / 3)
        for name in ("gmv", "visits")
    })  # fmt: skip


def test_only_the_autumn_campaign_leaves_the_control_limits_and_many_weeks_leave_one_sd(w):
    away = own_weeks(w)
    campaign = (away.index >= "2025-09-01") & (away.index <= "2025-10-06")
    assert (away.loc["2025-09-01":"2025-09-22"] > 3).all(axis=None)
    for name in ("gmv", "visits"):
        usual = away.loc[~campaign, name].abs()
        assert (usual > 3).sum() <= 3 and 5 <= (usual > 1).sum() <= 24
        found = w.truth["weekly_targets"]["found"][name]
        assert found["weeks_outside_one_sd"] == (away[name].abs() > 1).sum()
        assert found["outside_three_sd"] == away.index[away[name].abs() > 3].strftime("%Y-%m-%d").tolist()


def test_goals_are_near_what_an_ordinary_quarter_brings(w):
    goals = w["quarter_goals"].set_index("quarter")
    own = w["orders"].query("store == 'own' and ordered_at >= '2024-01-01'")
    gmv = own.groupby(
        own["ordered_at"].dt.year.astype(str) + "-Q" + own["ordered_at"].dt.quarter.astype(str)
    )["amount"].sum()
    last = gmv["2024-Q1":"2024-Q4"].to_numpy()
    assert np.allclose(goals["gmv_last_year"], last, atol=0.01)
    reached = gmv["2025-Q1":"2025-Q4"] / goals["gmv_goal"]
    assert reached[["2025-Q1", "2025-Q2", "2025-Q4"]].between(0.88, 1.15).all() and reached["2025-Q3"] > 1.15


# Hours and requests


def test_the_managers_hours_are_not_the_shares_of_the_book(w):
    sheets = w["timesheets"]
    hours = sheets.query("person == 'Qiao'")[MODULES].sum()
    share = hours / hours.sum()
    middle = pd.Series([17.5, 30, 22.5, 17.5, 12.5, 7.5], index=MODULES)
    assert middle.sum() == 107.5 and w.truth["timesheets"]["found"]["sum_of_mid_points"] == 107.5
    gap = share - middle / middle.sum()
    assert (
        gap["analysis_reporting"] > 0.06 and gap["ad_placement"] < -0.06 and gap["teamwork_learning"] > 0.06
    )
    assert share.to_dict() == pytest.approx(w.truth["timesheets"]["found"]["hours_worked"]["Qiao"], abs=1e-4)


def test_weeks_have_five_people_and_plausible_hours(w):
    sheets = w["timesheets"]
    assert (
        sheets["week_start"].dt.day_of_week.eq(0).all() and (sheets.groupby("week_start").size() == 5).all()
    )
    worked = sheets[MODULES].sum(axis=1)
    free = sheets["contract_hours"] - sheets["leave_hours"]
    assert (free >= 0).all() and (worked[free == 0] == 0).all() and worked.max() < 75
    assert 1.0 < worked.sum() / free.sum() < 1.2
    peak = sheets["week_start"].isin(pd.to_datetime(["2025-06-16", "2025-11-10"]))
    assert (worked / free)[peak].mean() > 1.1 * (worked / free)[~peak & (free > 0)].mean()


def test_one_person_is_the_bottleneck_of_requests(w):
    requests = w["work_requests"]
    assert set(requests["owner"]) == {"Lin", "Zhou", "He", "Wu"}
    assert (requests.groupby("task_en")["owner"].nunique() == 1).all()
    assert (
        requests["started_on"].dropna() >= requests.loc[requests["started_on"].notna(), "requested_on"]
    ).all()
    done = requests.dropna(subset=["finished_on"])
    assert (done["finished_on"] >= done["started_on"]).all()
    wait = (requests["finished_on"].fillna(pd.Timestamp("2026-01-31")) - requests["requested_on"]).dt.days
    by = wait.groupby(requests["owner"]).median()
    assert by.idxmax() == "He" and by["He"] > 2 * by.drop("He").max()
    assert requests["finished_on"].isna().groupby(requests["owner"]).sum().idxmax() == "He"
    assert requests["hours"].sum() > 1.1 * requests["estimated_hours"].sum()
    again = requests.groupby("department")["rework"].mean()
    assert again["sales"] > 1.5 * again["tech"]


# Test ideas


def test_finished_tests_found_a_third_of_what_was_expected(w):
    done = w["test_ideas"].query("status == 'done'")
    ratio = done["measured_lift"].sum() / done["expected_lift"].sum()
    assert len(done) >= 12 and 0.15 < ratio < 0.5
    assert ratio == pytest.approx(w.truth["test_ideas"]["found"]["measured_over_expected"], rel=1e-3)
    assert (done["measured_low"] < done["measured_lift"]).all() and (
        done["measured_lift"] < done["measured_high"]
    ).all()
    assert w["test_ideas"].query("status != 'done'")["measured_lift"].isna().all()


def test_ideas_with_the_best_score_need_months_and_others_need_weeks(w):
    ideas = w["test_ideas"].query("status in ('planned', 'idea') and base_rate == base_rate")
    p = ideas["base_rate"] / 100
    q = p * (1 + ideas["expected_lift"] / 100)
    each = (1.96 + 0.84) ** 2 * (p * (1 - p) + q * (1 - q)) / (q - p) ** 2
    days = 2 * each / (ideas["units_a_day"] * ideas["traffic_share"] / 100)
    score = ideas["expected_lift"].abs() * ideas["confidence"] * ideas["ease"]
    best = score.sort_values(ascending=False).index[:2]
    assert days[best].min() > 70 and (days < 35).sum() >= 2
    found = pd.Series(w.truth["test_ideas"]["found"]["days_needed"])
    assert np.allclose(found[ideas["idea_id"]], days, rtol=0.01, atol=0.1)


def test_traffic_of_ideas_is_that_of_the_shop(w):
    ideas = w["test_ideas"].query("traffic == 'SEM' and metric == 'CVR'").iloc[0]
    visits = w["web_sessions"]
    visits = visits[
        visits["started_at"].between("2025-10-13", "2025-12-31 23:59:59") & (visits["source"] == "SEM")
    ]
    assert ideas["units_a_day"] == pytest.approx(len(visits) / 80, abs=0.51)
    assert ideas["base_rate"] == pytest.approx(100 * visits["order_id"].notna().mean(), abs=0.006)


# Leads


def lead_counts(w):
    """Leads, valid, accepted and won a month by form."""
    leads = w["leads"]
    leads = leads.merge(w["sales_followup"], on="lead_id", how="left", validate="one_to_one")
    leads["valid"] = leads["number_ok"] & ~leads.duplicated("contact_id")
    leads["accepted"], leads["won"] = leads["outcome"] == "accepted", leads["order_value"].notna()
    return leads, leads.groupby("form")[["lead_id", "valid", "accepted", "won"]].agg(
        {"lead_id": "size", "valid": "sum", "accepted": "sum", "won": "sum"}
    ) / 3


def test_the_short_form_brings_more_leads_and_fewer_that_sales_accept(w):
    a_month = lead_counts(w)[1]
    long, short = a_month.loc["9 fields"], a_month.loc["4 fields"]
    assert long["lead_id"] == pytest.approx(1200, rel=0.07) and short["lead_id"] == pytest.approx(
        1500, rel=0.07
    )
    assert short["lead_id"] > 1.17 * long["lead_id"]
    valid = (a_month["valid"] / a_month["lead_id"]).to_dict()
    assert valid["9 fields"] == pytest.approx(0.70, abs=0.03) and valid["4 fields"] == pytest.approx(
        0.53, abs=0.03
    )
    assert short["accepted"] < 0.88 * long["accepted"] and short["won"] < long["won"]
    found = w.truth["leads"]["found"]
    assert found["4 fields"]["leads_a_month"] == pytest.approx(short["lead_id"], rel=1e-3)
    assert found["9 fields"]["accepted_a_month"] == pytest.approx(long["accepted"], rel=1e-3)


def test_leads_wait_longer_and_grow_cold(w):
    leads, _ = lead_counts(w)
    wait = (leads["first_call_at"] - leads["submitted_at"]).dt.total_seconds() / 86_400
    assert wait.min() > 0 and wait.max() <= 4.01
    median = wait.groupby(leads["form"]).median()
    assert median["4 fields"] > 1.7 * median["9 fields"]
    earnest = w.hidden("leads").set_index("lead_id")["in_earnest"].reindex(leads["lead_id"]).to_numpy()
    called = leads["valid"] & wait.notna() & earnest
    soon, late = called & (wait < 1), called & (wait > 2.5)
    assert leads.loc[soon, "accepted"].mean() > 1.08 * leads.loc[late, "accepted"].mean()


def test_the_score_promises_more_than_it_keeps_on_the_short_form(w):
    leads, _ = lead_counts(w)
    high = leads[leads["score"] >= 60]
    kept = high.groupby("form")["accepted"].mean()
    assert kept["9 fields"] > 1.4 * kept["4 fields"]


def test_sales_get_the_leads_that_may_be_called_and_no_others(w):
    leads, follow = w["leads"], w["sales_followup"]
    assert set(follow["lead_id"]) == set(leads.loc[leads["may_be_called"], "lead_id"])
    assert leads["submitted_at"].is_monotonic_increasing
    assert leads["submitted_at"].between("2025-05-01", "2025-10-31 23:59:59").all()
    assert ((leads["form"] == "4 fields") == (leads["submitted_at"] >= "2025-08-01")).all()
    assert follow.loc[follow["order_value"].notna(), "outcome"].eq("accepted").all()
    assert (follow["first_call_at"].isna() == (follow["outcome"] == "not called")).all()
    accepted = follow.loc[follow["outcome"] == "accepted", "lead_id"]
    assert leads.set_index("lead_id").loc[accepted, "number_ok"].all()


# Small worlds


def test_a_small_world_has_a_team_too(small_world, active):
    active(small_world)
    assert len(data.load("team_kpi")) == 84 and len(data.load("timesheets")) == 255
    assert (data.load("team_kpi")["target"] >= 0).all() and len(data.load("channel_targets")) == 8
    assert 100 < len(data.load("leads")) < 900
