"""Links from other sites: found, bought by an agency in June 2025, and worthless ones that nobody asked for."""

import numpy as np
import pandas as pd

from . import clock
from .seo_pages import SECTIONS, day_number
from .streams import pick

LINK_CAMPAIGN, CAMPAIGN_LINKS = ("2025-06-03", "2025-06-20"), 20
CAMPAIGN_PAGES = ["/guide/diapers", "/guide/food"]
LINKS_A_MONTH = 4.5
TOXIC_DAYS, TOXIC_LINKS = [("2024-10-08", "2024-10-20"), ("2025-08-18", "2025-08-28")], 15
SITE_NAMES = (["mama", "baobao", "yuer", "qinzi", "nuanbao", "xiaoya", "huaiyun", "muying", "doudou", "tangtang", "niuniu", "yunma"],
              ["riji", "bang", "ke", "shuo", "quan", "wu", "zhidao", "shiguang", "biji", "jia", "tong", "fang"])  # fmt: skip
TOXIC_NAMES = ["slot", "dubo", "cheap-pills", "loan-fast", "seo-links", "bet", "gift-card", "replica"]
ANCHORS = [
    "禾屿",
    "禾屿官网",
    "禾屿纸尿裤",
    "官网",
    "这里",
    "原文",
    "纸尿裤推荐",
    "辅食表",
    "待产包清单",
    "heyu.example",
]
TOPICS = ["parenting", "forum", "news", "shopping guide", "directory"]


def links(streams):
    """Links from other sites, with the label `toxic`: bought by nobody here, they point to us all the same."""
    rng = streams.common("seo links")
    month = pd.date_range(clock.START, clock.KNOWN, freq="MS")
    count = np.where(month == "2025-06-01", 0, rng.poisson(LINKS_A_MONTH * np.linspace(0.7, 1.3, len(month))))
    first = clock.DAYS.get_indexer(np.repeat(month, count))
    day = np.minimum(first + rng.integers(0, 28, len(first)), clock.N_KNOWN - 1)
    start, end = map(day_number, LINK_CAMPAIGN)
    campaign = rng.integers(start, end, CAMPAIGN_LINKS)
    toxic = np.concatenate([rng.integers(*map(day_number, days), TOXIC_LINKS) for days in TOXIC_DAYS])
    frame = pd.DataFrame({
        "day": np.concatenate([day, campaign, toxic]),
        "origin": np.repeat(["found", "campaign", "toxic"], [len(day), len(campaign), len(toxic)]),
    })  # fmt: skip
    frame = described(rng, frame)
    frame = frame.sort_values(["day", "from_domain", "to_page"], kind="stable", ignore_index=True)
    frame["link_id"] = np.arange(len(frame)) + 1
    frame["first_seen"], frame["toxic"] = clock.DAYS[frame["day"]], frame["origin"] == "toxic"
    life = np.round(rng.exponential(np.where(frame["toxic"], 300, 1500), len(frame))).astype(np.int64) + 7
    gone = frame["day"] + life
    frame["lost_on"] = pd.Series(clock.DAYS[np.minimum(gone, clock.N_KNOWN - 1)]).where(gone < clock.N_KNOWN)
    return frame


def described(rng, frame):
    """Where each link stands and where it points."""
    size, toxic = len(frame), (frame["origin"] == "toxic").to_numpy()
    campaign = (frame["origin"] == "campaign").to_numpy()
    first, second = (rng.choice(part, size) for part in SITE_NAMES)
    names = np.char.add(np.char.add(first, np.where(rng.random(size) < 0.35, "-", "")), second)
    number = rng.integers(10, 99, size).astype(str)
    names = np.where(toxic, np.char.add(np.char.add(rng.choice(TOXIC_NAMES, size), "-"), number), names)
    frame["from_domain"] = np.char.add(names, ".example")
    guides = [section[0] for section in SECTIONS]
    usual = np.array(guides)[pick(rng, [30, 8, 3, 4, 4, 5, 6, 5, 8, 11, 9, 7], size)]
    aimed = np.where(np.arange(size) % 2 == 0, *CAMPAIGN_PAGES)
    frame["to_page"] = np.where(campaign, aimed, np.where(toxic, "/", usual))
    topic = np.array(TOPICS)[pick(rng, [34, 26, 12, 18, 10], size)]
    frame["topic"] = np.where(toxic, "unrelated", np.where(campaign, "parenting", topic))
    frame["nofollow"] = rng.random(size) < np.where(
        toxic, 0.1, np.where(frame["topic"] == "forum", 0.8, 0.22)
    )
    worth = np.where(toxic, rng.beta(1.5, 18, size), rng.beta(2.2, 5, size))
    frame["authority"] = np.round(worth * 100).astype(np.int64)
    crowd = np.where(toxic, 900 * np.exp(rng.normal(0, 0.7, size)), 28 * np.exp(rng.normal(0, 0.8, size)))
    frame["outgoing_links"] = 1 + np.round(crowd).astype(np.int64)
    frame["anchor"] = np.where(
        toxic, rng.choice(["click here", "best price", "官网", "888"], size), rng.choice(ANCHORS, size)
    )
    return frame
