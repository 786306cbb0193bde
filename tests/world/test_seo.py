"""Organic search: a fault of loading time (T06), ranks and clicks, articles, links, keyword tools, the page audit (J05)."""

import numpy as np
import pandas as pd
import pytest

from mktlib.world import seo_pages, seo_ranks, seo_speed, seo_terms, site

FEBRUARY_TO_APRIL = ("2025-02-01", "2025-04-30")
JULY, AUGUST = ("2025-07-01", "2025-07-31"), ("2025-08-01", "2025-08-31")
MAY, JUNE = ("2025-05-01", "2025-05-20"), ("2025-06-01", "2025-06-20")
MARGIN = 0.42


@pytest.fixture
def w(world_tables):
    return world_tables


def between(frame, days, column="date"):
    return frame[
        frame[column].between(
            pd.Timestamp(days[0]), pd.Timestamp(days[1]) + pd.Timedelta(hours=23, minutes=59)
        )
    ]


def organic(w):
    visits = w["web_sessions"]
    visits = visits[visits["source"] == "SEO"]
    return visits.assign(date=visits["started_at"].dt.normalize())


def ranks(w):
    """seo_rank_daily with the rank as a float, NaN where the page is not among the first hundred."""
    table = w["seo_rank_daily"]
    return table.assign(rank=table["rank"].astype("float64"))


def log_rank(table, days):
    """Mean logarithm of each term's rank over some days."""
    part = between(table, days)
    return np.log(part["rank"]).groupby(part["term"]).mean()


def android(w):
    """Visit-weighted mean LCP on Android by day."""
    speed = w["page_speed"].query("device == 'android'")
    days = speed.assign(load=speed["lcp"] * speed["visits"]).groupby("date")[["load", "visits"]].sum()
    return days["load"] / days["visits"]


def click_rate(w):
    """Clicks over searches by rank, terms without the brand."""
    table = ranks(w).query("kind != 'brand'").dropna(subset=["rank"])
    by = table.groupby("rank")[["clicks", "searches"]].sum()
    return by["clicks"] / by["searches"]


def costs(w):
    table = w["content_costs"]
    return table.assign(cost=table["writing"] + table["review"] + table["pictures"])


def pages(w):
    """Pages that were found and have a keyword, with the keyword's difficulty."""
    table = w["page_crawl"].query("target_keyword != ''")
    return table.merge(
        w["keyword_volumes"][["term", "difficulty"]], left_on="target_keyword", right_on="term"
    )


# Agreement


def test_every_term_has_every_day_and_one_page(w):
    table = w["seo_rank_daily"]
    terms = table.groupby("term")[["kind", "landing_page"]].nunique()
    days = pd.date_range("2024-07-01", "2025-12-31")
    assert 60 <= len(terms) <= 120 and (terms == 1).all(axis=None)
    assert len(table) == len(terms) * len(days) and set(table["date"]) == set(days)
    assert set(table["kind"]) == {"brand", "category", "informational"}
    assert set(table["landing_page"]) == set(organic(w)["landing_page"])


def test_clicks_are_visits_that_web_sessions_holds(w):
    clicks = w["seo_rank_daily"].groupby(["date", "landing_page"])["clicks"].sum()
    visits = organic(w).groupby(["date", "landing_page"]).size().reindex(clicks.index, fill_value=0)
    assert (clicks <= visits).all() and 0.4 < clicks.sum() / visits.sum() < 0.8


def test_visits_to_articles_are_part_of_those_to_their_section(w):
    table, made = w["article_visits_daily"], w["content_costs"].set_index("article")
    assert (table["date"] >= table["article"].map(made["published_on"])).all() and (
        table["orders"] <= table["visits"]
    ).all()
    table = table[table["date"] >= "2024-01-01"]  # raw visits of 2023 are not kept
    mine = table.groupby(["date", table["article"].map(made["landing_page"])])[["visits", "orders"]].sum()
    all_visits = organic(w).groupby(["date", "landing_page"])
    both = mine.join(all_visits.size().rename("all"), on=["date", "article"]).fillna(0)
    assert (both["visits"] <= both["all"]).all() and 0.3 < both["visits"].sum() / both["all"].sum() < 0.9


def test_measured_visits_and_quick_exits_are_some_of_the_visits_and_of_those_with_one_page(w):
    visits, speed = w["web_sessions"], w["page_speed"].set_index(["date", "page", "device"])
    visits = visits.assign(date=visits["started_at"].dt.normalize(), one=visits["pageviews"] == 1)
    known = (
        visits.groupby(["date", "landing_page", "device"])["one"].agg(["size", "sum"]).reindex(speed.index)
    )
    assert (speed["visits"] <= known["size"]).all() and (speed["bounces"] <= known["sum"]).all()
    assert (speed["bounces"] <= speed["visits"]).all() and speed["lcp"].between(0.5, 12).all()
    assert speed.index.get_level_values("date").min() == pd.Timestamp("2025-01-01")


def test_names_of_pages_and_terms_are_the_same_in_all_tables(w):
    crawl, tools, terms = w["page_crawl"], w["keyword_volumes"], set(w["seo_rank_daily"]["term"])
    urls = set(crawl["url"])
    assert len(crawl) == 60 and set(w["content_costs"]["article"]) <= urls
    assert set(w["seo_log"]["page"]) - {""} <= urls and set(w["links"]["to_page"]) <= urls
    assert set(crawl["target_keyword"]) - {""} <= terms
    assert set(tools.loc[tools["tracked"], "term"]) == terms and (~tools["tracked"]).sum() >= 10
    assert (crawl["title_length"] == crawl["title"].str.len()).all()
    assert w["links"]["from_domain"].str.endswith(".example").all()
    bought = w["sem_keyword_daily"]["keyword"].str.replace(" ", "").unique()
    assert len(terms & set(bought)) >= 25


# T06, J05.3 and J05.4: loading time


def test_t06_daily_means_of_android_show_the_fault_to_the_day(w):
    level = android(w)
    level = level[(level.index >= FEBRUARY_TO_APRIL[0]) & (level.index <= FEBRUARY_TO_APRIL[1])]
    high = level.index[level > level.median() + site.LCP_FAULT_SECONDS / 2]
    assert list(high) == list(pd.date_range(*site.LCP_FAULT_DAYS))
    assert level[high].mean() - level.drop(high).mean() == pytest.approx(
        w.truth["T06"]["cause"]["seconds"], abs=0.25
    )


def test_t06_months_over_all_devices_hide_it(w):
    speed = w["page_speed"]
    month = (
        speed.assign(load=speed["lcp"] * speed["visits"])
        .groupby(speed["date"].dt.month)[["load", "visits"]]
        .sum()
    )
    level = month["load"] / month["visits"]
    assert level.idxmax() != 3 and level[3] - level[2] < 0.4 and level[3] < 1.04 * level[1]


def test_slow_pages_drive_people_away_half_as_much_as_all_devices_together_say(w):
    speed = w["page_speed"]
    within, pooled = seo_speed.slope(speed, within=True), seo_speed.slope(speed, within=False)
    truth = w.truth["page_speed"]["cause"]["leave_per_second"]
    assert within == pytest.approx(truth, abs=0.005) and pooled > 1.6 * truth


# J05.1: mean rank and clicks


def test_mean_rank_improves_while_clicks_fall(w):
    table = ranks(w)
    before, after = between(table, JULY), between(table, AUGUST)
    assert after["rank"].mean() < 0.92 * before["rank"].mean()
    assert after["clicks"].sum() < 0.88 * before["clicks"].sum()
    assert after["rank"].notna().mean() < before["rank"].notna().mean() - 0.05
    assert after["rank"].fillna(101).mean() > 1.08 * before["rank"].fillna(101).mean()


def test_visibility_by_clicks_and_searches_says_what_happened(w):
    rate = click_rate(w)
    table = ranks(w).query("kind != 'brand'")
    table = table.assign(worth=table["searches"] * table["rank"].map(rate).fillna(0))
    seen = [between(table, days)[["worth", "searches"]].sum() for days in (JULY, AUGUST)]
    change = (seen[1]["worth"] / seen[1]["searches"]) / (seen[0]["worth"] / seen[0]["searches"]) - 1
    found = w.truth["average_rank"]["found"]
    assert change < -0.2 and found["august_2025"]["visibility"] < 0.9 * found["july_2025"]["visibility"]


def test_a_weekly_log_with_tolerance_finds_the_update_and_little_else(w):
    table = ranks(w).query("kind != 'brand'").dropna(subset=["rank"])
    week = (
        np.log(table["rank"])
        .groupby([table["term"], table["date"].dt.to_period("W-SUN").dt.start_time])
        .mean()
        .unstack(0)
    )
    moved = (week.diff().abs() > 0.25).mean(axis=1)
    update = pd.Timestamp("2025-07-28"), pd.Timestamp("2025-08-04")
    assert moved[list(update)].sum() > 0.3
    assert moved.drop(list(update)).loc["2025-05-01":"2025-10-31"].max() < 0.15


# J05.2: clicks by rank


def test_places_are_not_worth_the_same(w):
    rate, truth = (
        click_rate(w),
        {float(k): v for k, v in w.truth["clicks_by_rank"]["cause"]["click_rate_by_rank"].items()},
    )
    assert rate[8] == pytest.approx(truth[8], rel=0.15) and rate[11] == pytest.approx(truth[11], rel=0.2)
    assert rate[3] == pytest.approx(truth[3], rel=0.1) and 2.2 < rate[8] / rate[11] < 4
    gain = rate[8] - rate[11]
    first = rate.loc[1:20]
    per_place = -np.polyfit(first.index, first, 1)[0]
    between_ends = (rate[3] - rate[20]) / 17
    assert min(3 * per_place, 3 * between_ends) > 1.15 * gain and rate[11] * 3 / 11 < 0.5 * gain


# J05.5: articles and search ads


def test_an_article_loses_after_a_month_and_wins_after_a_year(w):
    made = costs(w).query("published_on <= '2024-06-30'")
    visits = w["article_visits_daily"].merge(made[["article", "published_on"]], on="article")
    age = (visits["date"] - visits["published_on"]).dt.days
    orders = w["orders"]
    worth = MARGIN * orders.loc[orders["channel"] == "SEO", "amount"].mean()
    back = {
        days: worth * visits.loc[age < days, "orders"].sum() / made["cost"].sum() for days in (30, 365, 540)
    }
    ads = w["sem_keyword_daily"].query("campaign != 'brand' and date >= '2024-01-01'")
    ads_back = MARGIN * ads["revenue"].sum() / ads["cost"].sum()
    assert back[30] < 0.15 * ads_back and back[365] > 1.3 * max(ads_back, 1) and back[540] > 1.5 * back[365]


def test_visits_grow_with_the_age_of_an_article(w):
    made = w["content_costs"].query("published_on <= '2024-12-31'")
    visits = w["article_visits_daily"].merge(made[["article", "published_on"]], on="article")
    month = (visits["date"] - visits["published_on"]).dt.days // 30
    curve = visits.groupby(month)["visits"].sum() / len(made)
    assert curve[0] < 10 and curve[2] < 0.6 * curve[6] and curve[9] > 0.7 * curve[6]


def test_white_papers_pay_back_later_than_checklists(w):
    made = costs(w).query("published_on <= '2024-12-31'").set_index("article")
    visits = w["article_visits_daily"].query("date <= '2025-12-31'").groupby("article")["visits"].sum()
    price = made["cost"].groupby(made["kind"]).sum() / visits.reindex(made.index).groupby(made["kind"]).sum()
    assert price["white paper"] > 2 * price["checklist"]


# J05.6: links in the month of 618


def test_the_new_links_of_june_came_with_searches_not_with_ranks(w):
    table, made = ranks(w), w["links"]
    new = made.groupby(made["first_seen"].dt.to_period("M")).size()
    assert new["2025-06"] == 20 and new["2025-06"] > 2.5 * new["2024-11":"2025-05"].median()
    table = table.assign(rate=seo_terms.ctr(table["rank"].to_numpy()))
    one, other = (
        between(table, days)
        .groupby("term")
        .agg(s=("searches", "sum"), r=("rate", "mean"), c=("clicks", "sum"))
        for days in (MAY, JUNE)
    )
    clicks = other["c"].sum() / one["c"].sum()
    searches = (other["s"] * one["r"]).sum() / (one["s"] * one["r"]).sum()
    by_rank = (other["s"] * other["r"]).sum() / (other["s"] * one["r"]).sum()
    assert clicks > 1.08 and searches > 1.05 and by_rank < 1 + 0.45 * (clicks - 1)
    linked = made.loc[
        (made["first_seen"] >= "2025-06-01") & (made["first_seen"] <= "2025-06-30"), "to_page"
    ].unique()
    change = log_rank(table, JUNE) - log_rank(table, MAY)
    page = table.drop_duplicates("term").set_index("term")["landing_page"]
    informational = page.str.startswith("/guide/")
    mine = page.isin(linked)
    assert abs(change[informational & mine].median() - change[informational & ~mine].median()) < 0.06


def test_worthless_links_can_be_told_by_the_page_on_which_they_stand(w):
    made = w["links"]
    found = set(made.loc[(made["authority"] < 25) & (made["outgoing_links"] > 200), "link_id"])
    toxic = set(w.hidden("toxic_links")["link_id"])
    assert len(found & toxic) >= 0.85 * len(toxic) and len(found & toxic) >= 0.85 * len(found)
    assert 20 < made["lost_on"].notna().sum() < 0.6 * len(made)


# J05.7: repetitions, and the audit


def test_pages_full_of_their_keyword_look_good_and_lost_places(w):
    table, crawl = ranks(w), pages(w).query("kind != 'section'")
    now = np.exp(log_rank(table, ("2025-07-01", "2025-07-14")))
    crawl = crawl.assign(rank=crawl["target_keyword"].map(now)).dropna(subset=["rank"])
    assert crawl[["keyword_repetitions", "rank"]].corr("spearman").iloc[0, 1] < -0.08
    many = crawl["keyword_repetitions"] > 10
    assert crawl.loc[many, "rank"].median() < crawl.loc[~many, "rank"].median()
    assert crawl.loc[many, "difficulty"].mean() < crawl.loc[~many, "difficulty"].mean() - 8
    change = log_rank(table, ("2025-05-20", "2025-07-20")) - log_rank(table, ("2025-02-01", "2025-03-30"))
    young = w["content_costs"].query("published_on > '2024-06-30'")["article"]
    filled = change.reindex(crawl.loc[many, "target_keyword"])
    others = change.reindex(crawl.loc[~many & ~crawl["url"].isin(young), "target_keyword"])
    assert filled.mean() > 0.15 and filled.mean() - others.median() == pytest.approx(
        seo_ranks.PLACEMENT["keyword stuffed"], abs=0.2
    )
    log = w["seo_log"].query("kind == 'keywords added'")
    assert set(log["page"]) == set(crawl.loc[many, "url"]) and log["date"].nunique() == 1


def test_a_script_finds_every_planted_fault(w):
    crawl, labels = (
        w["page_crawl"],
        w.hidden("page_faults").set_index("url")["faults"].str.split("; ").explode(),
    )
    crawl = crawl.set_index("url")
    found, keyword = crawl[crawl["status_code"] == 200], crawl["target_keyword"] != ""

    def lacks(column):
        pairs = zip(found[column], found["target_keyword"], strict=True)
        return found.index[[bool(text) and bool(word) and word not in text for text, word in pairs]]

    rules = {
        "title without keyword": lacks("title"), "title missing": found.index[found["title"] == ""],
        "title too long": crawl.index[crawl["title_length"] > 34], "h1 missing": found.index[found["h1"] == ""],
        "description missing": found.index[(found["meta_description"] == "") & keyword[found.index]],
        "description repeated": found.index[found["meta_description"].duplicated(keep=False) & (found["meta_description"] != "")
                                            & (found["kind"] == "product")],
        "thin": found.index[(found["word_count"] < 300) & (found["kind"] == "product")],
        "canonical missing": found.index[found["canonical"] == ""],
        "canonical to home page": found.index[(found["canonical"] == "/") & (found.index != "/")],
        "orphan": found.index[found["internal_links_in"] == 0],
        "images without alt": found.index[found["images_without_alt"] > 0.5 * found["images"]],
        "keyword stuffed": found.index[found["keyword_repetitions"] > 10],
        "keyword hardly used": found.index[(found["keyword_repetitions"] < 2) & keyword[found.index]],
        "moved": crawl.index[crawl["status_code"] == 301], "gone": crawl.index[crawl["status_code"] == 404],
    }  # fmt: skip
    for fault, urls in rules.items():
        assert set(urls) == set(labels.index[labels == fault]), fault
    assert set(labels.index[labels == "h1 without keyword"]) <= set(lacks("h1"))
    assert (
        w.truth["page_audit"]["found"]["counts"]
        == labels.value_counts().reindex(w.truth["page_audit"]["found"]["counts"]).to_dict()
    )


# J05.8: two tools


def test_each_tool_counts_its_own_people_and_their_mean_is_nobodys_number(w):
    tools = w["keyword_volumes"]
    own = (
        between(w["seo_rank_daily"], ("2025-09-01", "2025-11-30")).groupby("term")["searches"].sum()
        / 91
        * 30.4
    )
    both = tools.set_index("term").join(own.rename("own"), how="inner").query("own > 200")
    assert (both["volume_a"] / both["own"]).median() == pytest.approx(1, abs=0.05)
    assert (both["volume_b"] / both["own"]).median() > 1.4
    mean = (both["volume_a"] + both["volume_b"]) / 2
    assert (mean / both["own"]).median() > 1.15
    quoted = tools.query("not tracked").set_index("term").loc[seo_terms.CANDIDATES[0][0]]
    assert (quoted["volume_a"], quoted["volume_b"]) == (3200, 5900)


# Time to effect; what brand searches carry


def test_a_rewritten_page_needs_ten_weeks(w):
    table, log = ranks(w), w["seo_log"].query("kind == 'page rewritten'")
    words = w.hidden("update_roles")
    daily = np.log(table.query("kind != 'brand'").pivot(index="date", columns="term", values="rank"))
    moved = {days: [] for days in (21, 84)}
    for row in log.itertuples():
        mine = daily.columns.isin(words.loc[words["page"] == row.page, "term"])
        if mine.any():
            base = daily.loc[row.date - pd.Timedelta(days=14) : row.date - pd.Timedelta(days=1)].mean()
            for days, changes in moved.items():
                later = daily.loc[row.date + pd.Timedelta(days=days) :].head(7).mean() - base
                changes.append(later[mine].mean() - later[~mine].median())
    assert abs(np.mean(moved[21])) < 0.15 and np.mean(moved[84]) < -0.25
    assert w.truth["seo_work"]["cause"]["log_rank_by_rewriting"] == seo_ranks.REWRITE_GAIN
    assert set(w["seo_log"].query("kind == 'algorithm update'")["date"]) == set(
        pd.to_datetime(seo_pages.UPDATE_DAYS)
    )


def test_brand_searches_follow_the_money_of_other_channels(w):
    brand = w["seo_rank_daily"].query("kind == 'brand'").groupby("date")["searches"].sum()
    other = w["seo_rank_daily"].query("kind == 'informational'").groupby("date")["searches"].sum()
    budget = w["budget"].query("item == 'media' and channel in ['feed ads', 'Xiaohongshu', 'live']")
    spent = budget.groupby("date")["spent"].sum().ewm(alpha=0.1).mean().reindex(brand.index)
    weeks = pd.DataFrame({"share": brand / other, "spent": spent}).resample("W").mean()
    flat = np.log(weeks) - np.log(weeks).rolling(26, center=True, min_periods=8).mean()
    assert flat["share"].corr(flat["spent"]) > 0.4


# A small world


def test_a_small_world_has_all_of_it(small_world, active):
    from mktlib import data

    active(small_world)
    assert len(data.load("page_crawl")) == 60 and len(data.load("content_costs")) == 26
    assert data.load("seo_rank_daily")["clicks"].sum() > 0 and data.load("page_speed")["visits"].min() == 1
