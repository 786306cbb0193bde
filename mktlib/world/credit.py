"""Who earns the credit: what rules, a Markov chain and platforms give to channels, and what orders are really due to.

Truths of the touchpoints: what the last click misses, T05 (brand keywords), T28 (readers who search the brand later).
"""

import numpy as np

from . import demand, search
from .hits import span
from .people import AFFILIATE, CHANNELS, SEM

READ_DAYS = 60  # T28: days in which a reader may search the brand


def own_orders(life, first, last):
    """Orders of the own shop on the days `first` to `last` (numbers)."""
    orders = life.tables["orders"]
    return orders[(orders["store"] == "own") & orders["day"].between(first, last)]


def journeys(touchpoints):
    """Channel of every touch as a number, first row of each journey, whether it ended in an order, its weight."""
    first = np.flatnonzero(touchpoints["touch"] == 1)
    bought = touchpoints["order_id"].notna().to_numpy()[first]
    return (
        touchpoints["channel"].cat.codes.to_numpy(np.int64),
        first,
        bought,
        touchpoints["weight"].to_numpy()[first],
    )


def markov(channel, first, bought, weight):
    """Removal effects of the channels in a chain start -> channels -> order or nothing; shares that sum to 1."""
    size = len(CHANNELS)
    start, order, nothing = size, size + 1, size + 2
    last = np.append(first[1:], len(channel)) - 1
    journey = np.repeat(np.arange(len(first)), last - first + 1)
    step = np.ones(len(channel), bool)
    step[last] = False
    moves = np.zeros((size + 1, size + 3))
    np.add.at(moves, (channel[:-1][step[:-1]], channel[1:][step[:-1]]), weight[journey][:-1][step[:-1]])
    np.add.at(moves, (np.full(len(first), start), channel[first]), weight)
    np.add.at(moves, (channel[last], np.where(bought, order, nothing)), weight)
    chance = moves / np.maximum(moves.sum(1, keepdims=True), 1)
    inner = chance[:, : size + 1]

    def reaches(kept):
        """Chance to get from the start to an order when only the states in `kept` can be passed."""
        return np.linalg.solve(np.eye(size + 1) - inner * kept, chance[:, order])[start]

    whole = reaches(np.ones(size + 1))
    effect = np.array([whole - reaches(np.arange(size + 1) != one) for one in range(size)])
    return effect / max(effect.sum(), 1e-12)


def credit(life, first_day, last_day):
    """Orders by channel: last click, linear, Markov with and without null journeys, claimed, and due to the channel."""
    t, reports, orders = (
        life.tables["touchpoints"],
        life.tables["platform_reports"],
        own_orders(life, first_day, last_day),
    )
    channel, first, bought, weight = journeys(t)
    length = np.diff(np.append(first, len(t)))
    converting = np.repeat(bought, length)
    count = max(int(bought.sum()), 1)
    linear = np.bincount(channel[converting], (1 / np.repeat(length, length))[converting], len(CHANNELS))
    paths = t[converting]
    alone = journeys(paths) if len(paths) else (channel[:0], first[:0], bought[:0], weight[:0])
    last_click = orders["channel"].value_counts().reindex(CHANNELS, fill_value=0)
    cause = np.bincount(orders["cause"][orders["cause"] >= 0], minlength=len(CHANNELS))
    claimed = reports.groupby("platform")[
        ["cost", "orders", "revenue", "orders_7d_click", "revenue_7d_click"]
    ].sum()

    def shares(values):
        return dict(zip(CHANNELS, np.asarray(values, float) / max(np.sum(values), 1e-12), strict=True))

    return {
        "what": "Every rule credits all orders to channels; most would have come anyway. Views and clicks go with orders, "
                "they rarely cause them.",
        "found": {
            "own_orders": len(orders),
            "incremental_orders_by_channel": dict(zip(CHANNELS, cause, strict=True)),
            "orders_due_to_no_channel": len(orders) - int(cause.sum()),
            "share_of_incremental": shares(cause),
            "share_of_last_click": shares(last_click),
            "share_of_linear": shares(linear),
            "share_of_markov": shares(markov(channel, first, bought, weight)),
            "share_of_markov_without_null_journeys": shares(markov(*alone)) if len(paths) else {},
            "touches_per_converting_journey": len(paths) / count,
            "claimed_over_own_orders": claimed["orders"].sum() / max(len(orders), 1),
            "roas_own_windows": (claimed["revenue"] / claimed["cost"].clip(lower=0.01)).to_dict(),
            "roas_7_day_click": (claimed["revenue_7d_click"] / claimed["cost"].clip(lower=0.01)).to_dict(),
            "coupon_step": coupon_step(span(life.tables["web_sessions"], first_day - 1, last_day), orders),
            "value_by_first_channel": value(life),
        },
    }  # fmt: skip


def coupon_step(visits, orders):
    """Orders that an affiliate closed, and those among them whose browser was here less than 45 minutes before."""
    visits = visits[["visitor_id", "started_at", "source", "order_id"]].sort_values(
        ["visitor_id", "started_at"]
    )
    same = visits["visitor_id"].eq(visits["visitor_id"].shift())
    minutes = (visits["started_at"] - visits["started_at"].shift()).dt.total_seconds() / 60
    closed = (visits["source"] == "referral") & visits["order_id"].isin(orders["order_id"])
    return {
        "share_of_orders_closed_by_affiliates": float(closed.sum() / max(len(orders), 1)),
        "share_of_orders_closed_after_another_visit": float((closed & same & (minutes < 45)).sum() / max(len(orders), 1)),
        "share_of_closed_orders_due_to_affiliates": float(
            orders.loc[orders["channel"] == "affiliate", "cause"].eq(AFFILIATE).mean()
        ) if len(orders) else 0.0,
    }  # fmt: skip


def value(life):
    """First order and margin of 180 days per new customer of the own shop, by channel of the first paid order; CNY."""
    paid = life.tables["orders"].query("status == 'paid'")
    first = paid.drop_duplicates("customer_id")
    first = first[(first["store"] == "own") & first["ordered_at"].between("2024-07-01", "2025-06-30")]
    goods = life.tables["order_items"].groupby("order_id")["cost"].sum()
    heads = first.set_index("customer_id")
    mine = paid[paid["customer_id"].isin(heads.index)]
    age = (mine["ordered_at"] - mine["customer_id"].map(heads["ordered_at"])).dt.days
    margin = mine["amount"] - mine["order_id"].map(goods) - mine["shipping_cost"]
    channel = mine["customer_id"].map(heads["channel"])
    size = first.groupby("channel").size()
    half_year = margin[age < 180].groupby(channel).sum() / size
    return {
        "first_order": first.groupby("channel")["amount"].mean().to_dict(),
        "margin_of_180_days": half_year.to_dict(),
        "customers": size.to_dict(),
    }


def brand_search(tables):
    """T05: what the brand keywords report for 2025, and what the orders that needed them bring."""
    words, orders = tables["sem_keyword_daily"], tables["orders"]
    mine = words[(words["campaign"] == "brand") & (words["date"] >= "2025-01-01")]
    due = orders[
        (orders["campaign"] == "brand") & (orders["cause"] == SEM) & (orders["ordered_at"] >= "2025-01-01")
    ]
    every = orders[(orders["campaign"] == "brand") & (orders["cause"] == SEM)]
    cost = max(mine["cost"].sum(), 0.01)
    all_cost = max(words.loc[words["campaign"] == "brand", "cost"].sum(), 0.01)
    return {
        "what": "People who search the brand find it without the ad, too: of what the keywords report, little is due to them.",
        "cause": {"share_of_strangers_orders_due_to_the_ad": search.INCREMENTAL["brand"], "share_of_clicks_by_customers": search.EXISTING["brand"]},
        "found": {
            "reported_roas_2025": mine["revenue"].sum() / cost,
            "incremental_roas_2025": due["amount"].sum() / cost,
            "incremental_roas_three_years": every["amount"].sum() / all_cost,
            "reported_orders_2025": int(mine["orders"].sum()),
            "incremental_orders_2025": len(due),
        },
    }  # fmt: skip


def readers(tables):
    """T28: of people who first came through an informational keyword, who searches the brand later; and others."""
    visits = tables["web_sessions"]
    visits = visits.loc[visits["channel"] == SEM, ["visitor_id", "started_at", "campaign"]]
    found = {}
    brand = visits[visits["campaign"] == "brand"]
    for group in ("informational", "category"):
        met = visits[visits["campaign"] == group].drop_duplicates("visitor_id")
        met = met[met["started_at"] < "2025-11-01"].set_index("visitor_id")["started_at"]
        later = brand[brand["visitor_id"].isin(met.index)]
        wait = (later["started_at"] - later["visitor_id"].map(met)).dt.days
        found[group] = later.loc[(wait >= 0) & (wait < READ_DAYS), "visitor_id"].nunique() / max(len(met), 1)
    words = tables["sem_keyword_daily"].query("campaign == 'informational'")
    return {
        "what": "Informational keywords bring hardly an order by last click, but some of their readers search the brand later.",
        "cause": {"share_that_returns": demand.READERS_RETURN, "mean_days": demand.READERS_AFTER},
        "found": {
            "share_that_searches_the_brand_within_60_days": found,
            "last_click_orders_per_click": words["orders"].sum() / max(words["clicks"].sum(), 1),
        },
    }
