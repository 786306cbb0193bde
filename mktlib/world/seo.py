"""Organic search: terms, their ranks, and which of them the visits from search engines came through.

How many people come by organic search is lived elsewhere; here each of these visits gets the term that it was searched
with (or none of those that Heyu tracks) and the article that it landed on. The chance of a term is its searches times
the click rate of its rank, so whoever counts clicks by rank finds the curve that was put in.
"""

import numpy as np
import pandas as pd

from . import clock, geo, seo_links, seo_pages, seo_ranks, seo_speed, seo_terms, seo_truth
from .seo_pages import UPDATE_DAYS, day_number
from .seo_terms import CANDIDATES, QUOTED, TERMS, TOOL_A_LUCK, TOOL_B_LUCK, TOOL_B_WIDER

TRACKED_FROM = "2024-07-01"
# Share of a page's organic visits that come through tracked terms, mean over the window.
TRACKED, TRACKED_USUAL = {"/": 0.78, "/offers": 0.5}, 0.6
OTHER_TERMS = (
    0.75  # share of a guide's organic visits through other terms that fresh, mature articles would share
)
FADES_FROM, FADES_HALF = 420, 900  # days: an article loses readers from then on, half of them in so many


def expected_visits(life, counted):
    """Organic visits a day as the market would bring them: demand times a slow trend; shape (days,).

    The trend is learned until the update of August 2025, without the weeks in which brand keywords were paused: what
    the update took, and what then came instead of ads, is not a change of searches.
    """
    demand, last = life.shop.market.demand, day_number(UPDATE_DAYS[2])
    usual = np.arange(clock.N_DAYS) < last
    for days in geo.BRAND_OFF:
        usual &= ~clock.between(*days)
    keep = np.flatnonzero(usual)
    seen, could = (np.bincount(keep // 28, values[keep]) for values in (counted, demand))
    when = np.arange(len(seen)) + 0.5
    fitted = np.polyfit(when, np.log((seen + 0.5) / could), 2, w=np.sqrt(could))
    return demand * np.exp(np.polyval(fitted, np.minimum(np.arange(clock.N_DAYS), last) / 28))


def damped(counted, expected):
    """Factor on the chance of tracked terms where visits keep away from what the market brings; shape (days,)."""
    week = np.ones(7)
    brought, came = np.convolve(expected, week, "same"), np.convolve(counted, week, "same")
    return np.clip(brought / np.maximum(came, 1), 0.1, 1.5)


class Search:
    """All of organic search in one world: words, ranks, searches and clicks as matrices (terms x days)."""

    def __init__(self, life):
        streams = life.streams
        self.words = seo_terms.terms()
        self.made = seo_pages.articles(streams)
        self.faulty = seo_pages.faults(streams, self.made, seo_ranks.easy_pages(self.words, self.made))
        self.log = seo_pages.seo_log(streams, self.made, self.faulty)
        self.links = seo_links.links(streams)
        self.pages = list(TERMS)
        self.page = self.words["page"].map({page: n for n, page in enumerate(self.pages)}).to_numpy()
        self.wanted = self.words["weight"].to_numpy()[:, None] * seo_terms.tides(
            streams, self.words, seo_terms.brand_pull(life)
        )
        self.rank = self.ranks(streams)
        self.chance, self.size = self.chances()
        self.visits_of_terms(life)

    def ranks(self, streams):
        """Rank by term and day, nan beyond 100."""
        x = seo_ranks.log_ranks(streams, self.words, self.made, self.faulty, self.log, self.links)
        start = day_number(UPDATE_DAYS[2])
        change, self.role = seo_ranks.big_update(x, self.words, self.wanted[:, start - 31 : start].mean(1))
        return seo_ranks.measured(streams, x + change)

    def chances(self):
        """Chance that a visit to a term's page came through it (terms x days); searches per visit of each page."""
        window = clock.between(TRACKED_FROM, clock.KNOWN)
        pressed = self.wanted * seo_terms.ctr(self.rank)
        size = np.empty(len(self.pages))
        for number, page in enumerate(self.pages):
            mine = pressed[self.page == number].sum(0)[window].mean()
            size[number] = TRACKED.get(page, TRACKED_USUAL) / mine
        return pressed * size[self.page][:, None], size

    def visits_of_terms(self, life):
        """Give each organic visit its term and article; sets visits, searches and clicks."""
        visits = life.tables["web_sessions"][["source", "landing_page", "day", "order_id"]]
        visits = visits[visits["source"] == "SEO"]
        place = pd.Index(self.pages).get_indexer(visits["landing_page"])
        visits, place = visits[place >= 0], place[place >= 0]
        day = visits["day"].to_numpy()
        counted = np.bincount(day, minlength=clock.N_DAYS)
        expected = expected_visits(life, counted)
        term = self.terms_of(life, place, day, damped(counted, expected))
        share = np.bincount(place, minlength=len(self.pages)) / max(len(place), 1)
        searched = self.wanted * (self.size * share)[self.page][:, None] * expected
        self.searches = life.streams("seo searches").poisson(searched)
        tracked = term >= 0
        clicks = np.bincount(term[tracked] * clock.N_DAYS + day[tracked], minlength=self.rank.size)
        self.clicks = clicks.reshape(self.rank.shape)
        self.visits = visits.assign(article=self.articles_of(life, place, day, term))

    def terms_of(self, life, place, day, less):
        """Number of the term through which each visit came, -1 for those that nobody tracks."""
        rng, term = life.streams("seo terms of visits"), np.full(len(place), -1)
        paused = np.any([clock.between(*days) for days in geo.BRAND_OFF], axis=0)
        for number in range(len(self.pages)):
            here, rows = np.flatnonzero(place == number), np.flatnonzero(self.page == number)
            # While brand ads are paused, what comes on top to the home page are searches for the brand.
            chance = self.chance[rows] * (np.where(paused, 1.0, less) if number == 0 else less)
            edges = np.cumsum(chance / np.maximum(chance.sum(0) / 0.97, 1), axis=0)
            drawn = (rng.random(len(here)) >= edges[:, day[here]]).sum(0)
            term[here] = np.append(rows, -1)[drawn]
        return term

    def articles_of(self, life, place, day, term):
        """Number of the article on which each visit landed, -1 for the section itself.

        A tracked term leads to the article that answers it; other searches are shared by the articles of a section as
        they grow up, and decline slowly from their second year on.
        """
        rng, made = life.streams("seo articles of visits"), self.made
        number = pd.Series(made.index, index=made["url"])
        found = np.append(self.words["article"].map(number).fillna(-1).astype(int), -1)[term]
        appeal = np.exp(life.streams.common("seo appeal of articles").normal(0, 0.35, len(made)))
        appeal[made["url"].isin(self.faulty["canonical to home page"])] = 0
        age = np.arange(clock.N_DAYS) - made["day"].to_numpy()[:, None]
        fades = 0.5 ** (np.maximum(age - FADES_FROM, 0) / FADES_HALF)
        weight = appeal[:, None] * seo_ranks.grown(age, seo_ranks.TAIL_WAIT) * fades
        for section, page in enumerate(self.pages):
            rows = np.flatnonzero(made["section"] == page)
            here = np.flatnonzero((place == section) & (term < 0))
            if len(rows):
                edges = OTHER_TERMS * np.cumsum(weight[rows], axis=0) / appeal[rows].sum()
                drawn = (rng.random(len(here)) >= edges[:, day[here]]).sum(0)
                found[here] = np.append(rows, -1)[drawn]
        return found


def rank_table(found):
    """The table seo_rank_daily."""
    first, words = day_number(TRACKED_FROM), found.words
    days = np.arange(first, clock.N_KNOWN)
    day, term = (part.ravel() for part in np.meshgrid(days, np.arange(len(words)), indexing="ij"))
    return pd.DataFrame({
        "date": clock.DAYS[day], "term": words["term"].to_numpy()[term], "kind": words["kind"].to_numpy()[term],
        "landing_page": words["page"].to_numpy()[term], "searches": found.searches[term, day],
        "rank": pd.Series(found.rank[term, day]).astype("Int64"), "clicks": found.clicks[term, day], "day": day,
    })  # fmt: skip


def article_table(found):
    """The table article_visits_daily: from the day of publication on, days without a visit included."""
    made, visits = found.made, found.visits[found.visits["article"] >= 0]
    key = visits["article"].to_numpy() * clock.N_DAYS + visits["day"].to_numpy()
    bought = visits["order_id"].notna().to_numpy()
    size = len(made) * clock.N_DAYS
    day, article = (
        part.ravel() for part in np.meshgrid(np.arange(clock.N_KNOWN), np.arange(len(made)), indexing="ij")
    )
    out = day >= made["day"].to_numpy()[article]
    day, article = day[out], article[out]
    at = article * clock.N_DAYS + day
    return pd.DataFrame({
        "date": clock.DAYS[day], "article": made["url"].to_numpy()[article],
        "visits": np.bincount(key, minlength=size)[at], "orders": np.bincount(key[bought], minlength=size)[at],
    })  # fmt: skip


def two_digits(values):
    """Numbers as tools print them: two digits, then zeros."""
    values = np.asarray(values, dtype=float)
    step = 10.0 ** np.maximum(np.floor(np.log10(np.maximum(values, 1))) - 1, 0)
    return (np.round(values / step) * step).astype(np.int64)


def volumes(found, streams, scale):
    """The table keyword_volumes: what two tools say in December 2025. They count different people.

    Helper columns: role in the update of August 2025, page that answers the term.
    """
    rng = streams.common("seo tools")
    recent, year = day_number("2025-09-01"), day_number("2024-12-01")
    last = day_number("2025-12-01")
    words = found.words[["term", "kind", "difficulty"]].assign(
        tracked=True, role=found.role, page=found.words["answer"]
    )
    words["three"] = found.searches[:, recent:last].mean(1) * 30.4
    words["year"] = found.searches[:, year:last].mean(1) * 30.4
    other = pd.DataFrame(CANDIDATES, columns=["term", "three", "difficulty"]).assign(
        kind="informational", tracked=False
    )
    other["role"], other["page"] = "", ""
    other["three"] = other["three"] * scale
    words = pd.concat([words, other.assign(year=other["three"])], ignore_index=True)
    words["volume_a"] = two_digits(words["three"] * np.exp(rng.normal(0, TOOL_A_LUCK, len(words))))
    wider = words["kind"].map(TOOL_B_WIDER) * np.exp(rng.normal(0, TOOL_B_LUCK, len(words)))
    words["volume_b"] = two_digits(words["year"] * wider)
    quoted = words["term"] == CANDIDATES[0][0]
    words.loc[quoted, ["volume_a", "volume_b"]] = two_digits(np.array(QUOTED) * scale)
    words["difficulty"] = np.clip(words["difficulty"] + rng.integers(-2, 3, len(words)), 1, 100)
    return words.sort_values("term", ignore_index=True)


def tables(life):
    """All tables of organic search; some carry helper columns that `truth` and `hidden` read."""
    found = Search(life)
    return {
        "seo_rank_daily": rank_table(found),
        "keyword_volumes": volumes(found, life.streams, life.scale),
        "article_visits_daily": article_table(found),
        "content_costs": seo_pages.content_costs(found.made, life.scale),
        "page_crawl": seo_pages.page_crawl(life.streams, found.made, found.faulty, found.log),
        "links": found.links,
        "seo_log": found.log,
        "page_speed": seo_speed.page_speed(life),
    }


def truth(life):
    """Causes, and what right and tempting counts of the tables give."""
    return seo_truth.truth(life)


def hidden(life):
    """Which pages carry which fault, which links are worthless, what the update of August 2025 did to each term."""
    words = life.tables["keyword_volumes"]
    pages = life.tables["page_crawl"][["url", "faults"]]
    return {
        "page_faults": pages[pages["faults"] != ""].reset_index(drop=True),
        "toxic_links": life.tables["links"].query("toxic")[["link_id"]].reset_index(drop=True),
        "update_roles": words.loc[words["tracked"], ["term", "page", "role"]].reset_index(drop=True),
    }
