"""The people in the live room, minute by minute: they come, stay, leave, like, click; what they ordered is given.

The audience is simulated around the orders: more people come where something sold, and a coupon drops, or an article is
on display, where orders follow. None of it causes an order.
"""

from functools import cache

import numpy as np
import pandas as pd

from . import clock, products
from .streams import pick

STAYS, LEAVES = 0.5, 0.27  # share that stays beyond the first minute; chance to leave in each later one
LISTENING = 0.62  # factor on it while a coupon is announced and drops
COUPON_EVERY, COUPON_AT_SALES = 34, 0.7  # minutes; share of drops that lie where orders follow
CUT_OFF = 0.03  # share of shows whose stream breaks for some minutes
LONGEST = 190  # minutes


@cache
def goods():
    """The products table."""
    return products.table()


def numbers(sku):
    """Row of each article in the products table."""
    return pd.Index(goods()["sku"]).get_indexer(np.asarray(sku, dtype=object))


def products_on_sale(article, day):
    """Replace articles that were not launched yet by wipes."""
    launched = goods()["launched_on"].to_numpy()[article] <= clock.DAYS.to_numpy()[day]
    return np.where(launched, article, numbers(["HY-W01"])[0])


def grid(shows, sold, values=None):
    """Count (or sum of `values`) per show and minute; shape (shows, minutes of the longest)."""
    cell = sold["show"].to_numpy() * LONGEST + sold["minute"].to_numpy()
    return np.bincount(cell, values, len(shows) * LONGEST).reshape(len(shows), LONGEST)


def coupons(rng, shows, ordered):
    """Minutes in which a coupon drops, mostly where orders follow; bool, shape of `ordered`."""
    soon = np.cumsum(np.pad(ordered, ((0, 0), (0, 5))), axis=1)
    soon = soon[:, 4:-1] - np.pad(soon, ((0, 0), (1, 0)))[:, : ordered.shape[1]]
    wish = np.where(rng.random((len(shows), 1)) < COUPON_AT_SALES, soon, 0) + rng.random(ordered.shape)
    drop, row = np.zeros(ordered.shape, bool), np.arange(len(shows))
    for first in range(8, ordered.shape[1] - COUPON_EVERY, COUPON_EVERY):
        at = first + wish[:, first : first + COUPON_EVERY - 9].argmax(axis=1)
        drop[row, at] = at < shows["minutes"].to_numpy() - 6
    return drop


def displayed(rng, shows, lines, shape):
    """Article on display in each minute: blocks of some minutes, on what was ordered in them, else the main one or any."""
    many = shape[1] // 4
    block = np.cumsum(rng.integers(4, 13, (len(shows), many)), axis=1)
    number = (np.arange(shape[1])[None, :, None] >= block[:, None, :]).sum(axis=2) + np.arange(len(shows))[
        :, None
    ] * many
    popular = products.weights().mean(axis=0)
    article = pick(rng, popular, len(shows) * many)
    main = rng.random(len(article)) < 0.34
    article[main] = np.repeat(shows["article"].to_numpy(), many)[main]
    at = number[lines["show"], np.maximum(lines["minute"] - 1, 0)]
    follows = rng.random(len(at)) < 0.85
    article[at[follows]] = lines["article"].to_numpy()[follows]
    article = products_on_sale(article, np.repeat(shows["day"].to_numpy(), many))
    return article[number]


def arrivals(rng, shows, ordered, drop):
    """Expected entries by show and minute, as a share of the show's views; shape of `ordered`."""
    minute, length = np.arange(ordered.shape[1])[None, :], shows["minutes"].to_numpy()[:, None]
    part = minute / length
    push = (
        1
        + 1.3 * np.exp(-minute / 7)
        + 0.5 * np.exp(-(((part - rng.uniform(0.3, 0.75, length.shape)) / 0.2) ** 2))
    )
    wave = tide(rng, ordered.shape, 0.21)
    near = sum(np.pad(ordered, ((0, 0), (0, step)))[:, step:] for step in (1, 2, 3)) + ordered
    pull = sum(
        np.pad(drop, ((0, 0), (step, 0)))[:, : ordered.shape[1]] * (0.5 - 0.1 * step) for step in range(5)
    )
    shape = (
        push
        * np.exp(wave)
        * (1 + 0.12 * near)
        * (1 + pull)
        * (minute < length)
        * np.minimum(1, 0.35 + minute / 4)
    )
    broken = cut_off(rng, shows, ordered)
    shape[broken] *= 0.02
    return shape / shape.sum(axis=1, keepdims=True), broken


def tide(rng, shape, size):
    """Luck that lasts some minutes: noise of about 1.5 x `size` by show and minute."""
    luck = rng.normal(0, size, shape)
    return sum(np.roll(luck, step, axis=1) * 0.78**step for step in range(7))


def cut_off(rng, shows, ordered):
    """Minutes in which the stream of a few shows broke (nothing was ordered then)."""
    broken = np.zeros(ordered.shape, bool)
    for show in np.flatnonzero(rng.random(len(shows)) < CUT_OFF):
        first, long = 20 + int(rng.integers(0, 40)), int(rng.integers(3, 9))
        if first + long < shows["minutes"].iloc[show] and not ordered[show, first - 1 : first + long].any():
            broken[show, first : first + long] = True
    return broken


def crowd(rng, entries, drop, broken):
    """People in the room at the end of each minute, and those who left in it; both of the shape of `entries`."""
    calm = drop | np.pad(drop, ((0, 0), (0, 2)))[:, 2:] | np.pad(drop, ((0, 0), (1, 0)))[:, :-1]
    leaves = np.where(broken, 0.75, np.where(calm, LEAVES * LISTENING, LEAVES))
    staying = rng.binomial(entries, np.where(broken, 0.1, np.where(calm, STAYS * 1.15, STAYS)))
    online, exits = np.zeros_like(entries), np.zeros_like(entries)
    here = np.zeros(len(entries), dtype=entries.dtype)
    for minute in range(entries.shape[1]):
        gone = rng.binomial(here, leaves[:, minute])
        here = here - gone + staying[:, minute]
        online[:, minute] = here
        exits[:, minute] = gone + entries[:, minute] - staying[:, minute]
    return online, exits


def audience(rng, shows, sold, lines):
    """The minute log of all shows: dict of arrays, shape (shows, minutes)."""
    ordered = grid(shows, sold)
    drop = coupons(rng, shows, ordered)
    share, broken = arrivals(rng, shows, ordered, drop)
    entries = rng.poisson(shows["expected"].to_numpy()[:, None] * share) + (ordered > 0)
    online, exits = crowd(rng, entries, drop, broken)
    minute = np.arange(entries.shape[1])
    fresh = rng.binomial(entries, np.broadcast_to(0.66 + 0.3 * np.exp(-minute / 25), entries.shape))
    fresh[:, 0] = np.maximum(fresh[:, 0], entries[:, 0] > 0)
    mood = rng.gamma(0.9, 1.1, entries.shape) * np.exp(tide(rng, entries.shape, 0.4))
    clicks = rng.poisson(0.035 * online + 0.11 * entries) + rng.poisson(0.6 * ordered) + ordered
    return {
        "online": online, "entries": entries, "new_viewers": fresh, "exits": exits,
        "likes": rng.poisson(2.4 * online * mood), "comments": rng.poisson(online * 0.09 * mood + 0.4 * ordered + 1.5 * drop),
        "article": displayed(rng, shows, lines, entries.shape), "coupon_drop": drop, "product_clicks": clicks,
        "orders": ordered, "gmv": np.round(grid(shows, sold, sold["amount"].to_numpy()), 2),
    }  # fmt: skip
