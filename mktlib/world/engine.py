"""One integer makes a world. Run the mechanisms in order and collect the tables."""

import numpy as np

from . import clock, demand, feed, products, sales, search, spend
from .streams import Streams

LANDING = {"618": "/lp/618", "D11": "/lp/double-11", "D12": "/lp/double-12", "38": "/lp/8-march", "61": "/lp/children",
           "CNY": "/lp/new-year", "BASE": "/lp/welcome", "AUT": "/lp/welcome"}  # fmt: skip
SHELF = {"diapers": "/c/diapers", "wipes": "/c/wipes", "skin care": "/c/skin-care", "bottles": "/c/bottles",
         "food": "/c/food", "maternity": "/c/maternity", "care": "/guide/care", "rivals": "/c/diapers"}  # fmt: skip


def join_ads(feed_cells, search_cells):
    """Both kinds of ads as one list of cells; feed first, then search."""
    android = np.unique(feed_cells["android"])
    devices = [demand.DEVICE_OF_VISITOR[demand.SEM]] + [[a, 0.965 - a, 0.035] for a in android]
    devices = np.clip(np.array(devices, dtype=float), 0, None)
    both = {
        "day": (feed_cells["day"], search_cells["day"]),
        "clicks": (feed_cells["clicks"], search_cells["clicks"]),
        "buy": (feed_cells["buy"], search_cells["buy"]),
        "campaign": (feed_cells["campaign"], search_cells["campaign"]),
        "existing": (
            feed.AUDIENCE_EXISTING[feed_cells["audience"]],
            search_cells["campaign"].map(search.EXISTING),
        ),
        "landing": (
            feed_cells["campaign"].str.split("-").str[1].map(LANDING),
            search_cells["ad_group"].map(SHELF).fillna("/"),
        ),
        "star": (feed_cells["campaign"] == feed.STAR, np.zeros(len(search_cells), bool)),
        "channel": (np.full(len(feed_cells), demand.FEED), np.full(len(search_cells), demand.SEM)),
        "device_row": (np.searchsorted(android, feed_cells["android"]) + 1, np.zeros(len(search_cells), int)),
    }
    columns = {name: np.concatenate([np.asarray(part) for part in pair]) for name, pair in both.items()}
    return sales.Ads(devices=devices, **columns)


def simulate(seed, scale=1.0, progress=iter):
    """All tables of a world: dict name -> DataFrame, with helper columns that the writer drops."""
    streams = Streams(seed)
    shopping = clock.demand_index(streams("demand"))
    feed_cells, log, feed_plan = feed.run(streams, scale)
    search_cells, search_plan = search.run(streams, shopping, scale)
    ads = join_ads(feed_cells, search_cells)
    notes = spend.notes_spend(streams)
    shop = demand.Shop(streams, shopping, ads, notes, scale).run(progress)
    tables = sales.tables(streams, shop, ads)
    for cells, first in ((feed_cells, 0), (search_cells, len(feed_cells))):
        cells["orders"], cells["revenue"] = sales.counted(cells, tables["orders"], first)
        cells["date"] = clock.DAYS[cells["day"]]
    feed_cells["audience"] = np.array(feed.AUDIENCES)[feed_cells["audience"]]
    tables["budget"] = spend.table(
        streams,
        tables,
        {"SEM": (search_cells, search_plan), "feed ads": (feed_cells, feed_plan)},
        notes,
        scale,
    )
    tables["all_refunds"] = tables["refunds"]
    tables["refunds"] = tables["all_refunds"].query("refunded_at <= '2025-12-31 23:59:59'")
    return {
        "calendar": clock.table(), "products": products.table(), **tables,
        "feed_ads_daily": feed_cells, "feed_exposures": log,
        "sem_keyword_daily": search_cells.rename(columns={"position": "avg_position"}),
    }  # fmt: skip
