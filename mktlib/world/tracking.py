"""What tracking made of visits: recording faults, raw hits, the tracking plan, two tools that disagree, daily traffic.

`start_times` and `recorded_pageviews` are called by the core when it makes web_sessions.
"""

import numpy as np
import pandas as pd

from . import clock, hits
from .people import CHANNELS, DEVICES

DETOUR_AFTER = (240, 2400)  # seconds from the start of a visit to the coupon site's
SOURCES = [*CHANNELS[:7], "referral"]

TOOL_MONTH = ("2025-05-01", "2025-05-31")  # Beijing days; tool B's days are those of UTC
CONSENT = np.array([0.955, 0.94, 0.965])  # visitors who allow tool B its cookie, by device
BOTS = 0.027  # visits of crawlers over those of people; tool A counts them, tool B filters them
BOT_SOURCES = np.array([0.0, 0.0, 0.22, 0.0, 0.0, 0.0, 0.7, 0.08])
ENGAGED = 10  # seconds from which tool B calls a one-page visit engaged
# Visits that tool B shows as direct, by channel.
UNTAGGED = np.array([0.0, 0.04, 0.03, 0.3, 0.35, 0.4, 0.0, 0.05])
LABELS_A = ["搜索推广", "信息流推广", "自然搜索", "小红书", "邮件短信", "企业微信", "直接访问", "外部链接"]
LABELS_B = [
    "Paid Search",
    "Paid Social",
    "Organic Search",
    "Organic Social",
    "Email",
    "Unassigned",
    "Direct",
    "Referral",
]

# Event, Chinese, when it fires, parameters, platforms on which it should, last change of its code.
PLAN = [
    ("page_view", "页面浏览", "A page has loaded; once a page.", "page, referrer", "android ios computer", "2024-04-22"),
    ("view_item", "商品浏览", "A product page has loaded.", "sku, price", "android ios computer", "2023-06-05"),
    ("add_to_cart", "加入购物车", "The button 加入购物车 on a product page or in a list. Not 立即购买, which skips the cart.",
     "sku, quantity, price", "android ios computer", "2023-06-05"),
    ("begin_checkout", "发起结算", "The checkout page has loaded, from the cart or by 立即购买.", "items, value",
     "android ios computer", "2024-10-14"),
    ("payment_info", "选择支付方式", "A way to pay is chosen; not if the saved one is used. On computers people pay by scanning "
     "a code, so it does not fire there.", "method", "android ios", "2025-05-19"),
    ("purchase", "提交订单", "An order has been placed, paid or not; once an order.", "order_id, value, coupon",
     "android ios computer", "2024-10-14"),
]  # fmt: skip


# What the core asks


def start_times(rng, visits, length, draw):
    """Second of the day at which each visit starts; `length` is in seconds, `draw(n)` gives n usual times of day.

    A browser's next visit starts half an hour after the one before or later, as half an hour of silence is what ends
    a visit. A detour to a coupon site comes minutes after the visit it leaves (that one's number is in `after`).
    An order is placed on the day of its visit.
    """
    after, day, visitor = visits["after"], visits["day"], visits["visitor"]
    latest = np.where(visits["order"] >= 0, 86_399 - np.ceil(0.85 * length).astype(np.int64), 86_399)
    detour = np.flatnonzero(after >= 0)
    delay, busy = rng.integers(*DETOUR_AFTER, len(detour)), np.array(length)
    busy[after[detour]] = np.maximum(busy[after[detour]], delay + length[detour])
    latest[after[detour]] = latest[detour] - delay
    second = np.minimum(draw(len(length)), latest)
    rows = np.flatnonzero(after < 0)
    rows = rows[np.argsort(visitor[rows] * 4096 + day[rows], kind="stable")]
    near = (np.diff(visitor[rows]) == 0) & (np.diff(day[rows]) <= 1)
    rows = rows[np.append(near, False) | np.insert(near, 0, False)]
    for _ in range(100):
        rows = rows[np.lexsort((day[rows] * 86_400 + second[rows], visitor[rows]))]
        wait = np.diff(day[rows] * 86_400 + second[rows])
        again = rows[1:][(np.diff(visitor[rows]) == 0) & (wait < busy[rows[:-1]] + hits.IDLE)]
        if not len(again):
            break
        second[again] = np.minimum(draw(len(again)), latest[again])
    second[detour] = second[after[detour]] + delay
    return second


def recorded_pageviews(frame):
    """Pageviews of visits as the tracker counted them: twice, in half of the browsers, while T01 lasts.

    `frame` has the columns day, visitor and pageviews (pages really seen).
    """
    return frame["pageviews"].to_numpy() * (1 + hits.faulty(frame))


# Tables


def tracking_plan():
    """What should be sent where, one row per event and platform."""
    rows = [
        (event, device, zh, when, parameters, device in platforms.split(), pd.Timestamp(changed))
        for event, zh, when, parameters, platforms, changed in PLAN
        for device in DEVICES
    ]
    names = ["event", "device", "name_zh", "fires_when", "parameters", "expected", "changed_on"]
    return pd.DataFrame(rows, columns=names)


def distinct(groups, visitors, count):
    """Number of different visitors in each group (0 to count - 1)."""
    if not len(groups):
        return np.zeros(count, dtype=np.int64)
    size = visitors.max() + 1
    pairs = np.sort(groups * size + visitors)
    fresh = np.append(True, np.diff(pairs) != 0)
    return np.bincount(pairs[fresh] // size, minlength=count)


def traffic_daily(visits):
    """Visits by day, source and device over all three years."""
    channel, device = visits["channel"].to_numpy(), visits["device_number"].to_numpy()
    group = (visits["day"].to_numpy() * len(SOURCES) + channel) * len(DEVICES) + device
    count = clock.N_KNOWN * len(SOURCES) * len(DEVICES)
    one = visits["pageviews"].to_numpy() == 1
    bought = visits["order"].to_numpy() >= 0
    found = {
        "visits": np.bincount(group, minlength=count),
        "visitors": distinct(group, visits["visitor"].to_numpy(), count),
        "one_page_visits": np.bincount(group[one], minlength=count),
        "orders": np.bincount(group[bought], minlength=count),
    }
    here = np.flatnonzero(found["visits"])
    day, source = here // (len(SOURCES) * len(DEVICES)), here // len(DEVICES) % len(SOURCES)
    keys = {
        "date": clock.DAYS[day],
        "source": np.array(SOURCES)[source],
        "device": np.array(DEVICES)[here % len(DEVICES)],
    }
    return pd.DataFrame({**keys, **{name: values[here] for name, values in found.items()}})


def days_of(visits, hours):
    """Visits whose day, in the time zone `hours` ahead of UTC, lies in TOOL_MONTH: (rows, day of the month from 0)."""
    first, last = np.flatnonzero(clock.between(*TOOL_MONTH))[[0, -1]]
    near = hits.span(visits, first - 1, last + 1)
    local = near["started_at"] + pd.Timedelta(hours=hours - 8)
    day = (local - clock.DAYS[first]).dt.days.to_numpy()
    inside = (day >= 0) & (day <= last - first)
    return near[inside], day[inside]


def counts(group, size, **columns):
    """Sum of each column by group; a column may be a mask."""
    return {
        name: np.bincount(group, np.asarray(values), size).astype(np.int64)
        for name, values in columns.items()
    }


def labelled(found, labels):
    """Rows by day and source from counts over day x source; empty groups are left out."""
    size = len(next(iter(found.values())))
    here = np.flatnonzero(np.sum(list(found.values()), axis=0))
    days = pd.date_range(TOOL_MONTH[0], periods=size // len(labels))
    keys = {"date": days[here // len(labels)], "source": np.array(labels)[here % len(labels)]}
    return pd.DataFrame({**keys, **{name: values[here] for name, values in found.items()}})


def tool_a(rng, visits):
    """Export of tool A: every browser and every crawler, days of Beijing."""
    visits, day = days_of(visits, 8)
    group, size = day * len(SOURCES) + visits["channel"].to_numpy(), (day.max(initial=0) + 1) * len(SOURCES)
    pages, visitor = visits["pageviews"].to_numpy(), visits["visitor"].to_numpy()
    found = counts(group, size, pv=pages, visits=np.ones(len(pages)), one_page_visits=pages == 1)
    a_day = np.bincount(day, minlength=size // len(SOURCES)).mean() * BOTS if len(day) else 0
    rough = a_day * rng.gamma(9, 1 / 9, size // len(SOURCES))
    bots = rng.poisson((rough[:, None] * BOT_SOURCES).ravel())
    machines = rng.binomial(bots, 0.93)
    found["uv"] = distinct(group, visitor, size) + machines
    found["visits"] += bots
    found["one_page_visits"] += rng.binomial(bots, 0.88)
    found["pv"] += bots + rng.binomial(bots * 3, 0.12)
    frame = labelled(found, LABELS_A)
    return frame[["date", "source", "pv", "visits", "uv", "one_page_visits"]], int(bots.sum())


def tool_b(rng, visits, bots):
    """Export of tool B: people who allow its cookie, crawlers filtered, days of UTC."""
    visits, day = days_of(visits, 0)
    visitor, device = visits["visitor"].to_numpy(), visits["device_number"].to_numpy()
    _, first, back = np.unique(visitor, return_index=True, return_inverse=True)
    allows = (rng.random(len(first)) < CONSENT[device[first]])[back]
    channel = visits["channel"].to_numpy()
    channel = np.where(rng.random(len(channel)) < UNTAGGED[channel], SOURCES.index("direct"), channel)
    group, size = day * len(SOURCES) + channel, (day.max(initial=0) + 1) * len(SOURCES)
    pages, seconds = visits["pageviews"].to_numpy(), visits["seconds"].to_numpy()
    engaged = (pages > 1) | (seconds > ENGAGED)
    found = counts(
        group[allows], size, views=pages[allows], sessions=np.ones(allows.sum()), engaged=engaged[allows]
    )
    found["users"] = distinct(group[allows], visitor[allows], size)
    found["asked_users"] = distinct(group, visitor, size)
    filtered = np.zeros(size, np.int64)
    filtered[SOURCES.index("direct") :: len(SOURCES)] = rng.multinomial(
        bots, np.full(size // len(SOURCES), len(SOURCES) / size)
    )
    found["filtered_sessions"] = filtered
    frame = labelled(found, LABELS_B).rename(columns={"engaged": "engaged_sessions"})
    names = ["views", "sessions", "users", "engaged_sessions", "asked_users", "filtered_sessions"]
    return frame[["date", "source", *names]]


def tables(life):
    """events, tracking_plan, tool_daily_a, tool_daily_b, traffic_daily."""
    visits, rng = life.tables["web_sessions"], life.streams("web analytics tools")
    tool, bots = tool_a(rng, visits)
    return {
        "events": hits.events(life),
        "tracking_plan": tracking_plan(),
        "tool_daily_a": tool,
        "tool_daily_b": tool_b(rng, visits, bots),
        "traffic_daily": traffic_daily(visits),
    }


# Truth


def truth(life):
    """T01, the event that is missing, and why the two tools differ."""
    return {
        "T01": double_fire(life.tables["traffic_daily"]),
        "tracking": missing_event(life.tables["events"]),
        "tools": tools(life.tables),
    }


def double_fire(traffic):
    """Bounce rate and visits a day in the week before the release, after it, and after the repair."""
    start, repaired = (pd.Timestamp(hits.DOUBLE_FIRE[i]) + pd.Timedelta(days=i) for i in (0, 1))
    weeks = {"before": start - pd.Timedelta(days=7), "after": start, "repaired": repaired}
    found = {}
    for name, first in weeks.items():
        part = traffic[(traffic["date"] >= first) & (traffic["date"] < first + pd.Timedelta(days=7))]
        sums = part[["visits", "one_page_visits"]].sum()
        found[name] = {
            "bounce": sums["one_page_visits"] / max(sums["visits"], 1),
            "visits_a_day": sums["visits"] / 7,
        }
    return {
        "what": "page_view fires twice in half of the browsers: one-page visits look like two, nobody stays longer.",
        "cause": {
            "from": hits.DOUBLE_FIRE[0],
            "until": hits.DOUBLE_FIRE[1],
            "share_of_browsers": 0.5,
            "second_hit_one_second_later": hits.DOUBLE_SECOND,
        },
        "found": found,
    }


def missing_event(events):
    """Visitors who begin to pay and who choose how to, on iOS, before and after the release."""
    ios = events[(events["device"] == "ios") & (events["event_time_utc"] >= "2025-05-01")]
    late = ios["event_time_utc"] + pd.Timedelta(hours=8) >= hits.PAYMENT_LOST_FROM
    people = ios.groupby([late, "event"])["visitor_id"].nunique()
    named = {False: "before", True: "after"}
    return {
        "what": "payment_info is not sent from iOS since a release; people go on paying.",
        "cause": {
            "event": "payment_info",
            "device": "ios",
            "from": hits.PAYMENT_LOST_FROM,
            "share_that_chooses": hits.PAYMENT_SHARE,
        },
        "found": {
            when: {event: int(people.get((flag, event), 0)) for event in hits.EVENTS}
            for flag, when in named.items()
        },
    }


def tools(tables):
    """Sums over May 2025 of what the two tools call visitors, visits and bounce."""
    a, b = tables["tool_daily_a"], tables["tool_daily_b"]
    return {
        "what": "Tool A counts crawlers, tool B only people who allow its cookie, and its days are those of UTC.",
        "cause": {
            "consent_by_device": dict(zip(DEVICES, CONSENT, strict=True)),
            "crawler_visits_per_visit": BOTS,
            "hours_between_their_days": 8,
            "untagged_visits_of_tool_b_by_source": dict(zip(SOURCES, UNTAGGED, strict=True)),
        },
        "found": {
            "uv_of_a_over_users_of_b": a["uv"].sum() / max(b["users"].sum(), 1),
            "asked_users_over_users_of_b": b["asked_users"].sum() / max(b["users"].sum(), 1),
            "bounce_of_a": a["one_page_visits"].sum() / max(a["visits"].sum(), 1),
            "bounce_of_b": 1 - b["engaged_sessions"].sum() / max(b["sessions"].sum(), 1),
        },
    }
