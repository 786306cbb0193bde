"""Touchpoints of four months: every visit to the own shop, and what people saw before; and what the platforms claim.

Clicks are visits of web_sessions. Views (an ad seen, a note read, a live room watched, a mail opened) come before them,
more often before visits that such things lead to, and before orders that would not have come without them
(orders.cause). Most views change nothing: people who are about to buy see more, and platforms claim their orders.
"""

import numpy as np
import pandas as pd

from . import clock, credit
from .hits import lot, span
from .people import AFFILIATE, CHANNELS, FEED, LIVE, MAIL, NOTES, PRIVATE, SEM
from .streams import pick

# Journeys end in these days; days that a touch counts for the next.
WINDOW, LOOKBACK = ("2025-03-01", "2025-06-30"), 30
ONE_IN = 12  # of the browsers that did not order this share is kept, with this weight
DAY = 86_400

GROUPS = ["", "brand", "non-brand", "informational", "Douyin", "Kuaishou", "Xiaohongshu", "Weibo"]
SEM_GROUP = {"brand": 1, "category": 2, "competitor": 2, "informational": 3}
FEED_VIEWS_ON = [0.74, 0.13, 0.08, 0.05]  # where ads are seen: Douyin, Kuaishou, Xiaohongshu, Weibo

VIEWED = [FEED, NOTES, LIVE, PRIVATE, MAIL]  # channels that people see without clicking
# Views before a visit, by channel of the visit and channel seen; a visit with an order has BUYERS_SEE times as many.
# Mails that customers opened are those of message_sends; strangers who come by mail are on the list, too.
SEEN = np.array([
    [0.21, 0.05, 0.03, 0.02, 0.0],  # SEM (brand search: SEARCHED times as many of the first three)
    [0.31, 0.02, 0.03, 0.02, 0.0],  # feed ads
    [0.14, 0.05, 0.03, 0.02, 0.0],  # SEO
    [0.09, 0.43, 0.03, 0.02, 0.0],  # Xiaohongshu
    [0.12, 0.03, 0.03, 0.03, 0.9],  # e-mail/SMS: a mail is opened before it is clicked
    [0.12, 0.03, 0.03, 0.50, 0.0],  # private domain
    [0.23, 0.04, 0.04, 0.03, 0.0],  # direct
    [0.22, 0.05, 0.04, 0.02, 0.0],  # affiliate
])  # fmt: skip
BUYERS_SEE, SEARCHED, CAUSED = 1.5, 1.4, 1.1  # CAUSED: more views of the channel that an order is due to
SOON, SOON_DAYS, LATER_DAYS = 0.85, 0.25, 6.0  # share of views shortly before the visit; mean days before it

# Platform: attribution setting, days after a click, days after a view, touches that it knows as (channel, group).
PLATFORMS = {
    "Douyin": ("7-day click, 1-day view", 7, 1, [(FEED, 4)]),
    "Kuaishou": ("7-day click, 1-day view", 7, 1, [(FEED, 5)]),
    "Weibo": ("7-day click, 1-day view", 7, 1, [(FEED, 7)]),
    "Xiaohongshu": ("14-day click or read", 14, 14, [(FEED, 6), (NOTES, 0)]),
    "search ads": ("30-day click", 30, 0, [(SEM, 1), (SEM, 2), (SEM, 3)]),
    "e-mail/SMS": ("5-day open or click", 5, 5, [(MAIL, 0)]),
    "private domain": ("7-day message or click", 7, 7, [(PRIVATE, 0)]),
    "affiliate": ("30-day cookie", 30, 0, [(AFFILIATE, 0)]),
    "live": ("3-day view", 0, 3, [(LIVE, 0)]),
}  # fmt: skip
AD_PLATFORMS = list(PLATFORMS)[:4]
ALIGNED = 7  # days after a click
KEPT = ["visitor", "at", "channel", "group", "session", "order", "weight"]  # what is known of a touch


def window_days():
    """Numbers of the window's first and last day."""
    inside = np.flatnonzero(clock.between(*WINDOW))
    return inside[0], inside[-1]


def seconds_of(times):
    """A column of times as seconds from 1970."""
    return times.to_numpy().astype("datetime64[s]").astype(np.int64)


def groups_of(campaign, ads):
    """Number in GROUPS for each visit: what was searched, or where the ad ran."""
    where = ads.drop_duplicates("campaign").set_index("campaign")["platform"].map(GROUPS.index)
    numbers, names = pd.factorize(campaign)
    return np.array([SEM_GROUP.get(name, where.get(name, 0)) for name in names], dtype=np.int64)[numbers]


def clicks(life):
    """Visits of the browsers that are kept, as arrays, from 30 days before the window on."""
    first, last = window_days()
    visits = span(life.tables["web_sessions"], first - LOOKBACK, last)
    day, browser = visits["day"].to_numpy(), visits["visitor_id"].to_numpy()
    ordering = (day >= first) & (visits["order"].to_numpy() >= 0)
    buyer = np.isin(browser, browser[ordering])
    lucky = lot(visits["visitor"], 2) < 1 / ONE_IN
    kept = visits[buyer | lucky]
    channel = kept["channel"].to_numpy()
    customer = kept["customer"].to_numpy()
    known = customer >= 0
    known[known] = life.people.since[customer[known]] < kept["day"].to_numpy()[known]
    return {
        "visitor": kept["visitor_id"].to_numpy(), "at": seconds_of(kept["started_at"]), "channel": channel,
        "group": groups_of(kept["campaign"], life.tables["feed_ads_daily"]), "session": kept["session_id"].to_numpy(),
        "order": kept["order_id"].fillna(-1).to_numpy(np.int64), "known": known,
        "customer": kept["customer_id"].fillna(-1).to_numpy(np.int64),
        "weight": np.where(buyer, 1, ONE_IN)[buyer | lucky],
    }  # fmt: skip


def views(rng, c, orders):
    """What was seen before the visits `c`: arrays like those of `clicks`, without a session or an order."""
    rate = SEEN[c["channel"]] * np.where(c["order"] >= 0, BUYERS_SEE, 1.0)[:, None]
    rate[c["group"] == 1, :3] *= SEARCHED
    rate[:, 3] *= c["known"] | (c["channel"] == PRIVATE)
    rate[c["known"], 4] = 0
    spot = np.minimum(np.searchsorted(orders["order_id"], c["order"]), len(orders) - 1)
    cause = np.where(c["order"] >= 0, orders["cause"].to_numpy()[spot], -1)
    rate[:, :4] += CAUSED * (cause[:, None] == VIEWED[:4])
    often = rng.poisson(rate)
    visit, seen = np.divmod(np.repeat(np.arange(often.size), often.ravel()), len(VIEWED))
    channel = np.array(VIEWED)[seen]
    wait = rng.exponential(np.where(rng.random(len(visit)) < SOON, SOON_DAYS, LATER_DAYS)) * DAY
    wait = np.where(channel == MAIL, rng.exponential(240, len(visit)), wait)
    at = some_time(rng, c["at"], c["at"][visit] - 20, np.minimum(wait, (LOOKBACK - 2) * DAY).astype(np.int64))
    group = np.where(channel == FEED, 4 + pick(rng, FEED_VIEWS_ON, len(visit)), 0)
    none = np.full(len(visit), -1)
    return {"visitor": c["visitor"][visit], "at": at, "channel": channel, "group": group, "session": none,
            "order": none, "weight": c["weight"][visit]}  # fmt: skip


def opened_mails(life, c):
    """Mails that the customers among the visitors opened, as arrays like those of `views`."""
    sends = life.tables.get("message_sends", pd.DataFrame({"opens": [], "channel": [], "sent_at": []}))
    near = sends["sent_at"].between(clock.DAYS[window_days()[0] - LOOKBACK], pd.Timestamp(WINDOW[1]))
    mails = sends[near & (sends["channel"] == "e-mail") & (sends["opens"] > 0)]
    named = np.flatnonzero(c["customer"] >= 0)[::-1]
    who, latest = np.unique(c["customer"][named], return_index=True)
    if not len(mails) or not len(who):
        return {name: np.zeros(0, np.int64) for name in KEPT}
    person = mails["customer_id"].to_numpy()
    spot = np.minimum(np.searchsorted(who, person), len(who) - 1)
    mine = who[spot] == person
    at = seconds_of(mails["sent_at"]) + 60 * mails["opened_after"].to_numpy(np.int64)
    one, none = named[latest[spot[mine]]], np.full(int(mine.sum()), -1)
    return {"visitor": c["visitor"][one], "at": at[mine], "channel": none * 0 + MAIL, "group": none * 0,
            "session": none, "order": none, "weight": c["weight"][one]}  # fmt: skip


def some_time(rng, usual, before, wait):
    """Times `wait` seconds before `before`; those of more than three hours at hours at which people visit (`usual`)."""
    at = before - wait
    hour = rng.choice(usual, len(at)) % DAY if len(usual) else at
    moved = (at - at % DAY) + hour
    moved = np.where(moved >= before, moved - DAY, moved)
    return np.where(wait > 3 * 3600, moved, at)


def touches(life):
    """Clicks and views in order of browser and time, with their journeys.

    A journey is one browser's touches not more than 30 days apart; an order ends it.
    """
    rng, c = life.streams("touchpoints"), clicks(life)
    parts = [c, views(rng, c, life.tables["orders"]), opened_mails(life, c)]
    t = {name: np.concatenate([part[name] for part in parts]) for name in KEPT}
    rank = np.lexsort((t["session"], t["at"], t["visitor"]))
    t = {name: values[rank] for name, values in t.items()}
    start = np.ones(len(rank), bool)
    start[1:] = (np.diff(t["visitor"]) != 0) | (np.diff(t["at"]) > LOOKBACK * DAY) | (t["order"][:-1] >= 0)
    t["journey"] = np.cumsum(start) - 1
    ends = np.append(np.flatnonzero(start)[1:], len(rank)) - 1
    first = clock.DAYS[window_days()[0]].to_datetime64().astype("datetime64[s]").astype(np.int64)
    inside = (t["at"][ends] >= first)[t["journey"]] if len(rank) else start
    t["ends_in"] = t["order"][ends][t["journey"]] if len(rank) else t["order"]
    t = {name: values[inside] for name, values in t.items()}
    _, t["journey"] = np.unique(t["journey"], return_inverse=True)
    return t


def touchpoints(life, t):
    """The table of touches."""
    first = np.unique(t["journey"], return_index=True)[1]
    return pd.DataFrame({
        "journey_id": t["journey"] + 1 + life.streams.part * 10_000_000,
        "touch": np.arange(len(t["journey"])) - first[t["journey"]] + 1,
        "visitor_id": t["visitor"],
        "touch_at": t["at"].astype("datetime64[s]"),
        "channel": pd.Categorical.from_codes(t["channel"], CHANNELS),
        "campaign_group": pd.Categorical.from_codes(t["group"], GROUPS),
        "kind": pd.Categorical.from_codes((t["session"] >= 0).astype(int), ["view", "click"]),
        "session_id": pd.Series(t["session"]).where(t["session"] >= 0).astype("Int64"),
        "order_id": pd.Series(t["ends_in"]).where(t["ends_in"] >= 0).astype("Int64"),
        "weight": t["weight"],
    })  # fmt: skip


# What the platforms claim


def pairs(t, orders):
    """Touches of the browser that ordered, not more than 30 days before its order: (row of orders, touch, seconds between)."""
    buying = np.flatnonzero(t["order"] >= 0)
    row = np.searchsorted(orders["order_id"], t["order"][buying])
    placed = seconds_of(orders["ordered_at"])[row]
    start = np.searchsorted(t["visitor"], t["visitor"][buying])
    count = buying - start + 1
    one = np.repeat(np.arange(len(buying)), count)
    touch = start[one] + np.arange(len(one)) - (np.cumsum(count) - count)[one]
    wait = placed[one] - t["at"][touch]
    near = (wait >= 0) & (wait <= LOOKBACK * DAY)
    return row[one[near]], touch[near], wait[near]


def platform_reports(life, t):
    """Claims of each platform by day of the order, under its own windows and under 7 days after a click."""
    orders, budget = life.tables["orders"], life.tables["budget"]
    first, last = window_days()
    row, touch, wait = pairs(t, orders)
    day, amount = orders["day"].to_numpy(), orders["amount"].to_numpy()
    inside = (day[row] >= first) & (day[row] <= last)
    row, touch, wait = row[inside], touch[inside], wait[inside]
    click = t["session"][touch] >= 0
    key = t["channel"][touch] * len(GROUPS) + t["group"][touch]
    media = budget[(budget["item"] == "media") & budget["date"].between(*WINDOW)]
    dates, parts = clock.DAYS[first : last + 1], []
    for name, (setting, after_click, after_view, known) in PLATFORMS.items():
        mine = np.isin(key, [channel * len(GROUPS) + group for channel, group in known])
        counts = (
            mine
            & (wait <= np.where(click, after_click, after_view) * DAY)
            & np.where(click, after_click, after_view).astype(bool)
        )
        found = {"date": dates, "platform": name, "attribution": setting,
                 "cost": cost_of(media, name).reindex(dates, fill_value=0).to_numpy().round(2)}  # fmt: skip
        for end, claimed in (("", counts), ("_7d_click", mine & click & (wait <= ALIGNED * DAY))):
            one = np.unique(row[claimed])
            found["orders" + end] = np.bincount(day[one] - first, minlength=len(dates))
            found["revenue" + end] = np.bincount(day[one] - first, amount[one], len(dates)).round(2)
        parts.append(pd.DataFrame(found))
    return pd.concat(parts).sort_values(["date", "platform"], ignore_index=True)


def cost_of(media, name):
    """Media money by day that a platform bills."""
    if name in AD_PLATFORMS:
        mine = media[(media["platform"] == name) & (media["channel"] != "live")]
    else:
        mine = media[media["channel"] == ("SEM" if name == "search ads" else name)]
    return mine.groupby("date")["spent"].sum()


def tables(life):
    """touchpoints and platform_reports."""
    t = touches(life)
    return {"touchpoints": touchpoints(life, t), "platform_reports": platform_reports(life, t)}


def truth(life):
    """What the orders of the window are due to, beside what rules and platforms credit; T05; T28."""
    return {
        "touch": credit.credit(life, *window_days()) | {"cause": causes()},
        "T05": credit.brand_search(life.tables),
        "T28": credit.readers(life.tables),
    }


def causes():
    """What was put in."""
    return {
        "views_before_a_visit": dict(zip(CHANNELS[:8], SEEN, strict=True)),
        "seen": [CHANNELS[channel] for channel in VIEWED],
        "more_before_an_order": BUYERS_SEE,
        "more_of_the_channel_an_order_is_due_to": CAUSED,
        "attribution_settings": {name: row[0] for name, row in PLATFORMS.items()},
        "one_in": ONE_IN,
    }
