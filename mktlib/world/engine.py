"""One integer makes a world. Run the mechanisms in order and collect the tables."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from . import (
    abroad,
    clock,
    copy_texts,
    creators,
    demand,
    effects,
    feed,
    fission,
    geo,
    mail,
    mailing,
    market,
    offers,
    private,
    products,
    recall,
    sales,
    sealed,
    search,
    search_terms,
    seo,
    service,
    social,
    spend,
    team,
    tests_ab,
    touch,
    tracking,
    vendors,
    without,
)
from . import live as live_shows
from .people import CITY_SHARE, FEED, SEM, People, channel_names
from .streams import Streams

LANDING = {"618": "/lp/618", "D11": "/lp/double-11", "D12": "/lp/double-12", "38": "/lp/8-march", "61": "/lp/children",
           "CNY": "/lp/new-year", "BASE": "/lp/welcome", "AUT": "/lp/welcome"}  # fmt: skip
SHELF = {"diapers": "/c/diapers", "wipes": "/c/wipes", "skin care": "/c/skin-care", "bottles": "/c/bottles",
         "food": "/c/food", "maternity": "/c/maternity", "care": "/guide/care", "rivals": "/c/diapers"}  # fmt: skip


@dataclass
class Life:
    """All that happened in one world: what modules count their tables from.

    `tables` holds the tables made so far, with helper columns that the writer drops; `streams("name")` is a random
    generator, `streams.common("name")` one that is the same in every part of a large world (for luck that hits the whole
    brand, not single people); `scale` multiplies people and volumes; `future` counts the days after clock.KNOWN, which no table tells;
    `without` holds what a fork of the world did without an event, value by day.
    """

    streams: Streams
    scale: float
    people: People
    shop: demand.Shop
    feed_cells: pd.DataFrame
    tables: dict
    future: pd.DataFrame
    without: dict


def join_ads(feed_cells, search_cells):
    """Both kinds of ads as one list of cells; feed first, then search."""
    android = np.unique(feed_cells["android"])
    devices = [demand.DEVICE_OF_VISITOR[SEM]] + [[a, 0.965 - a, 0.035] for a in android]
    devices = np.clip(np.array(devices, dtype=float), 0, None)
    never, no = np.zeros(len(feed_cells), bool), np.zeros(len(search_cells), bool)
    campaign = search_cells["campaign"]
    both = {
        "day": (feed_cells["day"], search_cells["day"]),
        "clicks": (feed_cells["clicks"], search_cells["clicks"]),
        "buy": (feed_cells["buy"], search_cells["buy"]),
        "campaign": (feed_cells["campaign"], campaign),
        "existing": (feed.AUDIENCE_EXISTING[feed_cells["audience"]], campaign.map(search.EXISTING)),
        "incremental": (feed_cells["incremental"], campaign.map(search.INCREMENTAL)),
        "landing": (
            feed_cells["campaign"].str.split("-").str[1].map(LANDING),
            search_cells["ad_group"].map(SHELF).fillna("/"),
        ),
        "star": (feed_cells["campaign"] == feed.STAR, no),
        "brand": (never, campaign == "brand"),
        "informational": (never, campaign == "informational"),
        "dark": (never, search_cells["dark"]),
        "channel": (np.full(len(feed_cells), FEED), np.full(len(search_cells), SEM)),
        "device_row": (np.searchsorted(android, feed_cells["android"]) + 1, np.zeros(len(search_cells), int)),
    }  # fmt: skip
    columns = {name: np.concatenate([np.asarray(part) for part in pair]) for name, pair in both.items()}
    return sales.Ads(devices=devices, **columns)


def live(seed, scale=1.0, progress=iter, part=0, actors=()):
    """The core of a world: people, ads, visits, orders, budget."""
    streams = Streams(seed, part)
    shopping = clock.demand_index(streams.common("demand"))
    feed_cells, log, feed_plan = feed.run(streams, scale)
    search_cells, search_plan = search.run(streams, shopping, scale)
    ads = join_ads(feed_cells, search_cells)
    paths = spend.media_paths(streams)
    crew = [actor(streams, scale) for actor in actors]
    shop = demand.Shop(streams, shopping, ads, paths, creators.lift(streams, 1.0), scale, crew)
    days, fork = progress(range(clock.N_DAYS)), without.first_day()
    for day in days:
        if day == fork:
            twin = shop.fork()
        shop.run([day])
    tables = sales.tables(streams, shop, ads)
    switch_off(streams, feed_cells, shop.not_shown, search_cells)
    for cells, first in ((feed_cells, 0), (search_cells, len(feed_cells))):
        cells["orders"], cells["revenue"] = sales.counted(cells, tables["orders"], first)
        cells["date"] = clock.DAYS[cells["day"]]
    feed_cells["audience"] = np.array(feed.AUDIENCES)[feed_cells["audience"]]
    search_cells = search_cells.rename(columns={"position": "avg_position"})
    tables["budget"] = spend.table(
        streams, tables, (search_cells, search_plan), (feed_cells, feed_plan), paths, scale
    )
    tables["calendar"], tables["products"], tables["feed_exposures"] = clock.table(), products.table(), log
    tables["feed_ads_daily"] = feed_cells[feed_cells["impressions"] > 0]
    tables["sem_keyword_daily"] = search_cells[search_cells["impressions"] > 0]
    tables, future = split(tables)
    calm = without.double_11(twin)
    return Life(streams, scale, shop.people, shop, feed_cells, tables, future, {"Double 11 2024": calm})


def switch_off(streams, feed_cells, not_shown, search_cells):
    """Take out of the ad cells what was not shown: held-out cities of the geo test, brand keywords in their dark weeks."""
    rng = streams("not shown")
    tested = clock.between(*geo.GEO_TEST)[feed_cells["day"].to_numpy()]
    share = CITY_SHARE[geo.holdout(streams)].sum()
    shown = feed_cells["impressions"].to_numpy()
    kept = np.where(tested, rng.binomial(shown, 1 - share), shown)
    feed_cells["clicks"] -= not_shown[: len(feed_cells)]
    kept = np.maximum(kept, feed_cells["clicks"])
    part = kept / np.maximum(shown, 1)
    feed_cells["cost"] = np.round(feed_cells["cost"] * part, 2)
    feed_cells["reach"] = np.clip(
        np.round(feed_cells["reach"] * part), np.minimum(kept, 1), np.maximum(kept, 1)
    )
    feed_cells["impressions"] = kept
    search_cells.loc[search_cells["dark"], ["impressions", "clicks", "cost"]] = 0


def split(tables):
    """What is told of a world (until clock.KNOWN) and what is kept for later: (tables, future by day)."""
    last = pd.Timestamp(clock.KNOWN) + pd.Timedelta(days=1)
    orders, visits = tables["orders"], tables["web_sessions"]
    future = sealed.by_day(tables, last)
    known = orders["ordered_at"] < last
    told = dict(tables)
    told["orders"] = orders[known]
    limit = told["orders"]["order_id"].iloc[-1]
    for name in ("order_items", "refunds"):
        told[name] = tables[name][tables[name]["order_id"] <= limit]
    told["web_sessions"] = visits[visits["started_at"] < last]
    told["customers"] = tables["customers"][tables["customers"]["registered_on"] < last]
    for name in ("feed_ads_daily", "sem_keyword_daily", "budget"):
        told[name] = tables[name][tables[name]["date"] < last].reset_index(drop=True)
    told["all_refunds"] = told["refunds"]
    told["refunds"] = told["all_refunds"][told["all_refunds"]["refunded_at"] < last]
    return told, future


# Modules that count further tables from a life, in this order; each may read the tables of those before it.
MODULES = [geo, seo, social, creators, vendors, live_shows, fission, market, service, team, tracking, tests_ab, mail, recall, private,
           touch, search_terms, copy_texts, abroad]  # fmt: skip
# Mechanisms that act on people day by day.
ACTORS = [mailing.Mail, recall.Recall, offers.Offers, private.Private]


def simulate(seed, scale=1.0, progress=iter, part=0):
    """A whole world: Life with all tables."""
    life = live(seed, scale, progress, part, ACTORS)
    for module in MODULES:
        life.tables.update(module.tables(life))
    return life


def hidden(life):
    """Labels that nobody sees before the end: name -> DataFrame."""
    orders, people = life.tables["orders"], life.people
    found = {
        "orders": orders.assign(cause=channel_names(orders["cause"]), origin=channel_names(orders["origin"]))[
            ["order_id", "cause", "origin"]
        ],
    }
    who = life.tables["customers"]["customer_id"].to_numpy()
    at = who - sales.first_customer(life.streams)
    found["customers"] = pd.DataFrame({
        "customer_id": who, "loyalty": np.round(people.loyalty[at], 2), "cycle_days": np.round(people.cycle[at]).astype(np.int16),
    })  # fmt: skip
    for module in (effects, *MODULES):
        if hasattr(module, "hidden"):
            found.update(module.hidden(life))
    return found


def truths(life):
    """Entries of the answer key from all modules; two that know parts of one truth are joined."""
    found = {}
    for module in (effects, *MODULES):
        if hasattr(module, "truth"):
            for name, entry in module.truth(life).items():
                found[name] = merged(found.get(name, {}), entry)
    return found


def merged(one, other):
    """Two dicts as one, and so within."""
    both = dict(one)
    for key, value in other.items():
        inner = isinstance(value, dict) and isinstance(both.get(key), dict)
        both[key] = merged(both[key], value) if inner else value
    return both
