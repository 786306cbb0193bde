"""What really holds in organic search, for the end of lesson J05."""

import numpy as np
import pandas as pd

from . import seo_links, seo_pages, seo_ranks, seo_speed
from . import seo_terms as words_of

BEFORE, AFTER = ("2025-07-01", "2025-07-31"), ("2025-08-01", "2025-08-31")
MAY, JUNE = ("2025-05-01", "2025-05-20"), ("2025-06-01", "2025-06-20")
STUFFING_BEFORE, STUFFING_AFTER = ("2025-02-01", "2025-03-30"), ("2025-05-20", "2025-07-20")
OLD_ARTICLES = "2024-06-30"  # articles published by then have been read for 18 months


def truth(life):
    """Every truth of organic search, by name."""
    tables = life.tables
    return {
        **seo_speed.truth(tables["page_speed"]),
        "average_rank": average_rank(tables),
        "clicks_by_rank": clicks_by_rank(tables),
        "articles": articles(tables, life.scale),
        "links": links(tables),
        "keyword_repetitions": repetitions(tables),
        "keyword_tools": tools(tables),
        "seo_work": {
            "what": "A rewritten page does nothing for a month and is at its best after ten weeks; a new title works at once.",
            "cause": {"log_rank_by_rewriting": seo_ranks.REWRITE_GAIN, "half_after_days": seo_ranks.REWRITE_WAIT[0],
                      "log_rank_by_new_title": seo_ranks.TITLE_GAIN, "title_half_after_days": seo_ranks.TITLE_WAIT[0],
                      "daily_noise_of_log_rank": seo_ranks.JITTER, "slow_noise_of_log_rank": seo_ranks.DRIFT},
        },
        "page_audit": audit(tables),
        "brand_searches": {
            "what": "Brand searches follow the money spent on feed ads, Xiaohongshu and live rooms: they carry its effect.",
            "cause": {"power": words_of.BRAND_PULL, "kept_to_the_next_day": words_of.BRAND_CARRY},
        },
    }  # fmt: skip


def ratio(one, other):
    """one / other, nan where there is nothing to divide by."""
    return float(one) / float(other) if other else np.nan


def between(frame, days):
    """Rows from the first to the last of `days`."""
    return frame[frame["date"].between(*map(pd.Timestamp, days))]


def average_rank(tables):
    """J05.1: the mean rank improves while clicks fall."""
    ranks, found = tables["seo_rank_daily"], {}
    for name, days in (("july_2025", BEFORE), ("august_2025", AFTER)):
        month = between(ranks, days)
        rank = month["rank"].astype(float)
        found[name] = {
            "mean_rank_of_ranked": rank.mean(), "mean_rank_with_101_for_missing": rank.fillna(101).mean(),
            "term_days_ranked": int(rank.notna().sum()), "clicks": int(month["clicks"].sum()),
            "visibility": visibility(month),
        }  # fmt: skip
    return {
        "what": "An update of the search engine took places from the terms that bring most clicks, gave some to small ones, "
                "and threw the last ones out of the first hundred.",
        "cause": {"day": seo_pages.UPDATE_DAYS[2], "heads": seo_ranks.HEADS, "log_rank_of_heads": seo_ranks.HEAD_FALL,
                  "log_rank_of_tail": -seo_ranks.TAIL_RISE, "terms_dropped": seo_ranks.DROPPED},
        "found": {**found, "change_of_clicks": ratio(found["august_2025"]["clicks"], found["july_2025"]["clicks"]) - 1},
    }  # fmt: skip


def visibility(ranks):
    """Share of all searches that would click on a Heyu page at its rank."""
    return ratio(
        (ranks["searches"] * words_of.ctr(ranks["rank"].astype(float))).sum(), ranks["searches"].sum()
    )


def clicks_by_rank(tables):
    """J05.2: what a place is worth depends on where it is."""
    ranks = tables["seo_rank_daily"].query("kind != 'brand'")
    by = ranks.groupby("rank")[["clicks", "searches"]].sum()
    rate = {rank: ratio(*by.loc[rank]) if rank in by.index else np.nan for rank in range(1, 21)}
    return {
        "what": "Clicks fall steeply with rank and break between the first page and the second.",
        "cause": {
            "click_rate_by_rank": dict(zip(range(1, 31), words_of.ctr(np.arange(1.0, 31)), strict=True))
        },
        "found": {"click_rate_by_rank": rate, "gain_from_11_to_8": rate[8] - rate[11]},
    }


def articles(tables, scale):
    """J05.5: what an article brings in its first month and later, articles published until mid-2024."""
    costs = tables["content_costs"].query("published_on <= @OLD_ARTICLES")
    visits = tables["article_visits_daily"].merge(costs[["article", "published_on"]], on="article")
    age = (visits["date"] - visits["published_on"]).dt.days
    spent = costs[["writing", "review", "pictures"]].to_numpy().sum()
    by_age = {
        f"first_{days}_days": ratio(visits.loc[age < days, "visits"].sum(), len(costs))
        for days in (30, 90, 180, 365, 540)
    }
    orders = {f"first_{days}_days": int(visits.loc[age < days, "orders"].sum()) for days in (30, 365, 540)}
    return {
        "what": "An article brings nearly nothing in its first month, half of its visits a month after a quarter of a year, "
                "and goes on.",
        "cause": {"log_rank_to_climb": seo_ranks.CLIMB, "half_after_days": seo_ranks.CLIMB_WAIT[0], "untracked_half_after_days": seo_ranks.TAIL_WAIT[0]},
        "found": {"visits_per_article": by_age, "orders_of_all": orders, "cost_per_article": ratio(spent, len(costs)),
                  "articles": len(costs)},
    }  # fmt: skip


def links(tables):
    """J05.6: June's new links, June's clicks, and how much of their rise comes from searches and from ranks."""
    ranks, made = tables["seo_rank_daily"], tables["links"]
    one, other = (
        between(ranks, days).assign(rate=lambda x: words_of.ctr(x["rank"].astype(float))).groupby("term").agg(
            searches=("searches", "sum"), rate=("rate", "mean"), clicks=("clicks", "sum"))
        for days in (MAY, JUNE)
    )  # fmt: skip
    toxic = made["toxic"]
    return {
        "what": "The links of June came with 618: searches rose, ranks did not. A link works slowly and little.",
        "cause": {"log_rank_per_followed_link": seo_ranks.LINK_GAIN, "half_after_days": seo_ranks.LINK_WAIT[0],
                  "campaign": {"days": seo_links.LINK_CAMPAIGN, "links": seo_links.CAMPAIGN_LINKS, "pages": seo_links.CAMPAIGN_PAGES}},
        "found": {
            "new_links_in_june_2025": int(made["first_seen"].between(*map(pd.Timestamp, JUNE)).sum()),
            "clicks_june_over_may": ratio(other["clicks"].sum(), one["clicks"].sum()),
            "by_searches": ratio((other["searches"] * one["rate"]).sum(), (one["searches"] * one["rate"]).sum()),
            "by_ranks": ratio((other["searches"] * other["rate"]).sum(), (other["searches"] * one["rate"]).sum()),
            "toxic_links": int(toxic.sum()), "lost_links": int(made["lost_on"].notna().sum()),
        },
    }  # fmt: skip


def mean_log_rank(ranks, days):
    """Mean logarithm of each term's rank over some days."""
    part = between(ranks, days)
    return np.log(part["rank"].astype(float)).groupby(part["term"]).mean()


def repetitions(tables):
    """J05.7: log rank of pages that were filled with their keyword, before and after, beside other old pages."""
    pages = tables["page_crawl"]
    pages = pages[pages["target_keyword"].notna()]
    change = mean_log_rank(tables["seo_rank_daily"], STUFFING_AFTER) - mean_log_rank(
        tables["seo_rank_daily"], STUFFING_BEFORE
    )
    new = tables["content_costs"].query("published_on > '2024-06-30'")["article"]
    stuffed = pages["faults"].str.contains("keyword stuffed")
    others = ~stuffed & ~pages["url"].isin(new)
    return {
        "what": "More than a few repetitions of the keyword do not help; pages that were filled with it lost places.",
        "cause": {
            "log_rank_of_page_faults": {k: v for k, v in seo_ranks.PLACEMENT.items() if v < 9},
            "day": seo_pages.STUFFING_DAY,
        },
        "found": {
            "pages": int(stuffed.sum()),
            "change_of_log_rank": change.reindex(pages.loc[stuffed, "target_keyword"]).mean(),
            "change_of_others": change.reindex(pages.loc[others, "target_keyword"]).median(),
        },
    }


def tools(tables):
    """J05.8: what the two tools count, against the searches on Baidu in the same months."""
    words = tables["keyword_volumes"].query("tracked")
    own = (
        between(tables["seo_rank_daily"], ("2025-09-01", "2025-11-30")).groupby("term")["searches"].sum()
        / 91
        * 30.4
    )
    own = words["term"].map(own)
    known = (own > 0).to_numpy()
    return {
        "what": "Tool A counts one engine and one spelling, tool B all engines and variants: their mean is nobody's number.",
        "cause": {"tool_a": "searches of exactly this term on Baidu, last three months", "tool_b_over_baidu": words_of.TOOL_B_WIDER,
                  "log_spread": {"tool_a": words_of.TOOL_A_LUCK, "tool_b": words_of.TOOL_B_LUCK}},
        "found": {"tool_a_over_own": (words["volume_a"] / own)[known].median(), "tool_b_over_own": (words["volume_b"] / own)[known].median(),
                  "quoted": dict(zip(("term", "tool_a", "tool_b"), (words_of.CANDIDATES[0][0], *words_of.QUOTED), strict=True))},
    }  # fmt: skip


def audit(tables):
    """R071, R077: how many of the sixty pages carry each fault, and which."""
    pages = tables["page_crawl"]
    names = [*seo_pages.FAULTS, "moved", "gone"]
    found = {
        name: pages.loc[
            pages["faults"].str.split("; ").map(lambda faults, name=name: name in faults), "url"
        ].tolist()
        for name in names
    }
    return {
        "what": "Faults that a script over the crawl finds.",
        "found": {"pages": found, "counts": {k: len(v) for k, v in found.items()}},
    }
