"""How the ranks of terms move: difficulty, faults of pages, work on them, links, chance, and updates of the engine."""

import numpy as np

from . import clock, seo_pages
from .seo_pages import UPDATE_DAYS, day_number
from .seo_terms import ctr

EASY, EASY_RANK, STEEP = 30, 0.95, 0.047  # log rank = 0.95 + 0.047 x (difficulty - 30) + what the page does
NOT_TARGETED, TERM_LUCK = 0.15, 0.14
DRIFT, DRIFT_KEEPS, JITTER = 0.09, 0.97, 0.05  # slow and daily movements of log rank
# What a fault of the page does to the log rank of its keyword.
PLACEMENT = {"title without keyword": 0.3, "title missing": 0.3, "h1 without keyword": 0.12, "h1 missing": 0.12, "thin": 0.2,
             "orphan": 0.2, "keyword hardly used": 0.35, "keyword stuffed": 0.32, "canonical to home page": 9.0}  # fmt: skip
WHOLE_PAGE = ["thin", "orphan", "canonical to home page"]  # these hurt every term of the page
STUFFING_WAIT = (10, 12)  # days until the harm of stuffing is half there, and how gradually it comes
REWRITE_GAIN, REWRITE_WAIT = 0.5, (45, 11)
TITLE_GAIN, TITLE_WAIT = 0.15, (9, 4)
CLIMB, CLIMB_WAIT = 3.3, (88, 27)  # a new article starts 3.3 log ranks behind
TAIL_WAIT = (62, 20)  # days until an article has half of the searches that nobody tracks, and how gradually
LINK_GAIN, LINK_WAIT = 0.012, (95, 22)  # log rank per followed link of a decent site
SMALL_UPDATE = 0.09  # spread of log rank after the two smaller updates
# The update of August 2025: terms that bring most clicks fall, many small ones rise, some far behind drop out.
HEADS, HEAD_FALL, TAIL_RISE, DROPPED, DROP = 18, 0.8, 0.42, 9, 1.0
RECOVERS = 160  # days in which half of the fall is made good, from November on


def grown(age, wait):
    """Share of a slow effect that is there `age` days after its cause; 0 before it."""
    middle, width = wait
    before = 1 / (1 + np.exp(middle / width))
    risen = 1 / (1 + np.exp(np.clip((middle - age) / width, -50, 50)))
    return np.where(age >= 0, (risen - before) / (1 - before), 0.0)


def easy_pages(words, made):
    """Older articles and products whose keyword few others fight for."""
    old = set(made.loc[made["published_on"] < "2024-06-01", "url"])
    aimed = words[words["target"].isin(old) | words["target"].str.startswith("/p/")]
    return set(aimed.nsmallest(13, "difficulty")["target"])


def events(frame, kind, wait, words):
    """Progress of a kind of work on the page of each term; shape (terms, days)."""
    day = np.arange(clock.N_DAYS)
    found = np.zeros((len(words), clock.N_DAYS))
    for row in frame[frame["kind"] == kind].itertuples():
        mine = ((words["answer"] == row.page) & (words["kind"] != "brand")).to_numpy()
        found[mine] = np.maximum(found[mine], grown(day - row.day, wait))
    return found


def wander(rng, count):
    """Slow chance movements of the log rank; shape (count, days)."""
    shocks = rng.normal(0, DRIFT * np.sqrt(1 - DRIFT_KEEPS**2), (count, clock.N_DAYS))
    level = np.empty(shocks.shape)
    level[:, 0] = shocks[:, 0] / np.sqrt(1 - DRIFT_KEEPS**2)
    for day in range(1, clock.N_DAYS):
        level[:, day] = DRIFT_KEEPS * level[:, day - 1] + shocks[:, day]
    return level


def linked(links, words):
    """Strength that a term's page has won by followed links of decent sites; shape (terms, days)."""
    day = np.arange(clock.N_DAYS)
    good = links[~links["nofollow"] & ~links["toxic"]]
    strength = {
        page: grown(day - group["day"].to_numpy()[:, None], LINK_WAIT).sum(0)
        for page, group in good.groupby("to_page")
    }
    none = np.zeros(clock.N_DAYS)
    return np.stack([strength.get(page, none) for page in words["page"]])


def log_ranks(streams, words, made, faulty, log, links):
    """Log rank by term and day before daily jitter, without the update of August 2025; shape (terms, days)."""
    rng, count, day = streams.common("seo ranks"), len(words), np.arange(clock.N_DAYS)
    brand = (words["kind"] == "brand").to_numpy()
    base = EASY_RANK + STEEP * (words["difficulty"].to_numpy() - EASY) + rng.normal(0, TERM_LUCK, count)
    base += np.where(words["target"] == "", NOT_TARGETED, 0)
    for fault, harm in PLACEMENT.items():
        if fault != "keyword stuffed":
            hurt = words["answer" if fault in WHOLE_PAGE else "target"]
            base += harm * hurt.isin(faulty[fault]).to_numpy()
    x = base[:, None] + wander(rng, count)
    x -= REWRITE_GAIN * events(log, "page rewritten", REWRITE_WAIT, words)
    x -= TITLE_GAIN * events(log, "title changed", TITLE_WAIT, words)
    stuffed = words["target"].isin(faulty["keyword stuffed"]).to_numpy()
    x += (
        PLACEMENT["keyword stuffed"]
        * stuffed[:, None]
        * grown(day - day_number(seo_pages.STUFFING_DAY), STUFFING_WAIT)
    )
    strength = linked(links, words)
    x -= LINK_GAIN * (strength - strength.mean(1, keepdims=True))
    for date in UPDATE_DAYS[:2]:
        x += rng.normal(0, SMALL_UPDATE, count)[:, None] * grown(day - day_number(date), (3, 1))
    born = words["article"].map(made.set_index("url")["day"]).fillna(-9999).to_numpy()
    x += CLIMB * (1 - grown(day - born[:, None], CLIMB_WAIT))
    x[day < born[:, None]] = 9.0
    flat = np.log(1 + 0.35 * np.maximum(words["difficulty"].to_numpy() - 8, 0) / 10)[:, None]
    return np.where(brand[:, None], flat + 0.3 * (x - base[:, None]), x)


def big_update(x, words, value):
    """What the update of August 2025 does to the log ranks: (change by term and day, role of each term)."""
    day, start = np.arange(clock.N_DAYS), day_number(UPDATE_DAYS[2])
    before = x[:, start - 31 : start].mean(1)
    other = (words["kind"] != "brand").to_numpy()
    worth = np.where(other & (before < np.log(9)), value * ctr(np.maximum(np.round(np.exp(before)), 1)), 0)
    head = np.isin(np.arange(len(words)), np.argsort(-worth, kind="stable")[:HEADS])
    ranked = other & ~head & (before < np.log(95))
    last = np.argsort(np.where(ranked, -before, 0), kind="stable")[:DROPPED]
    drop = np.isin(np.arange(len(words)), last)
    tail = ranked & ~drop & (before > np.log(17))
    fall = (
        np.where(head, HEAD_FALL, np.where(drop, DROP + np.maximum(np.log(100) - before - 0.6, 0), 0))
        - TAIL_RISE * tail
    )
    back = 1 - 0.5 * np.clip((day - day_number("2025-11-01")) / RECOVERS, 0, 1) * head[:, None]
    role = np.where(head, "head", np.where(drop, "dropped", np.where(tail, "tail", "other")))
    return fall[:, None] * grown(day - start, (2.5, 0.8)) * back, role


def measured(streams, x):
    """Ranks as a tool reads them once a day, from log ranks: whole numbers, nan beyond 100."""
    rng = streams.common("seo daily ranks")
    x = x + rng.normal(0, 1, x.shape) * np.where(x > np.log(20), 1.6 * JITTER, JITTER)
    rank = np.maximum(np.round(np.exp(np.minimum(x, 20))), 1)
    return np.where(rank > 100, np.nan, rank)
