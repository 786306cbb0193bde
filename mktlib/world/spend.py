"""The budget: what was planned and what was spent, per day, channel and item."""

import numpy as np
import pandas as pd

from . import clock, creators, feed, plan

COMMISSION = {"affiliate": 0.10}  # of paid amounts
LIVE_PER_DOUYIN = (
    0.34  # traffic for the live rooms is bought by the same people, at the same time, as Douyin feed ads
)
LIVE_LUCK = 0.25  # log sd of a week's live money beside the Douyin money
NOTES_FLIGHT = 0.4  # notes are pushed in flights of three weeks (log sd)
HOUSE_CREATORS = 0.6  # share of the creators' budget that goes to those under yearly contract, since 2024
PLATFORM_OF = {"live": "Douyin", "Xiaohongshu": "Xiaohongshu"}
ITEMS = ["media", "agency fee", "creator fee", "new-customer coupons"]


def live_plan():
    """Planned traffic money of the live rooms, CNY per day at scale 1: follows the Douyin plan of the week."""
    week = np.convolve(np.pad(feed.douyin_plan(), 3, mode="edge"), np.full(7, 1 / 7), mode="valid")
    return np.round(LIVE_PER_DOUYIN * week, 0)


def media_paths(streams):
    """Money spent per day where orders answer to it: "Xiaohongshu" and "live", CNY at scale 1, shape (days,) each."""
    luck = streams.common("spend Xiaohongshu")
    flights = luck.normal(0, NOTES_FLIGHT, clock.N_DAYS // 21 + 1)[np.arange(clock.N_DAYS) // 21]
    notes = plan.media("Xiaohongshu") * np.exp(
        flights - NOTES_FLIGHT**2 / 2 + luck.normal(-0.01, 0.12, clock.N_DAYS)
    )
    pace = feed.douyin_pace(streams)
    luck = streams.common("spend live")
    weeks = luck.normal(0, LIVE_LUCK, clock.N_DAYS // 7 + 2)[(np.arange(clock.N_DAYS) + 6) // 7]
    live = live_plan() * pace * np.exp(weeks + luck.normal(0, 0.12, clock.N_DAYS))
    return {"Xiaohongshu": np.round(notes, 2), "live": np.round(live, 2)}


def daily(frame, column):
    """Sum of a column per day; shape (days,)."""
    return np.round(np.bincount(frame["day"], frame[column], clock.N_DAYS), 2)


def media(streams, channel, tables, paths, scale):
    """Media money spent per day by a channel whose spend is not counted from its ads table."""
    if channel in paths:
        return np.round(paths[channel] * scale, 2)
    if channel in COMMISSION:
        orders = tables["orders"]
        mine = orders[(orders["channel"] == channel) & (orders["status"] == "paid")]
        return np.round(daily(mine, "amount") * COMMISSION[channel], 2)
    luck = streams.common(f"spend {channel}").normal(-0.01, 0.1, clock.N_DAYS)
    return np.round(plan.media(channel) * np.exp(luck) * scale, 2)


def rows(channel, platform, item, planned, spent):
    """Budget rows of one channel, platform and item; days with neither plan nor spend are left out."""
    frame = pd.DataFrame({"date": clock.DAYS, "channel": channel, "platform": platform, "item": item,
                          "planned": planned, "spent": spent})  # fmt: skip
    return frame[(frame["planned"] != 0) | (frame["spent"] != 0)]


def fees(streams, channel, scale):
    """Rows of agency and creator fees of a channel; fees of single collaborations come on top of the house creators'."""
    if channel in plan.AGENCY_A_MONTH:
        fee = np.round(plan.monthly(plan.AGENCY_A_MONTH, channel) * scale, 2)
        yield rows(channel, "", "agency fee", fee, fee)
    if channel in plan.CREATORS_A_MONTH:
        planned = plan.monthly(plan.CREATORS_A_MONTH, channel)
        spent = planned * np.exp(streams.common(f"fees {channel}").normal(0.01, 0.05, clock.N_DAYS))
        if channel == "Xiaohongshu":
            single = creators.fees(streams)
            spent = np.where(clock.DAYS.year >= 2024, HOUSE_CREATORS, 1.0) * spent + single
        yield rows(
            channel, "", "creator fee", np.round(planned * scale, 2), np.round(np.round(spent) * scale, 2)
        )


def table(streams, tables, search_ads, feed_ads, paths, scale):
    """The budget table. `search_ads`: (cells, planned cost per day), `feed_ads`: (cells, {platform: planned})."""
    orders, parts = tables["orders"], []
    for channel in plan.CHANNELS:
        if channel == "feed ads":
            cells, plans = feed_ads
            for platform, planned in plans.items():
                mine = cells[cells["platform"] == platform]
                parts.append(rows(channel, platform, "media", planned, daily(mine, "cost")))
        elif channel == "SEM":
            parts.append(rows(channel, "", "media", search_ads[1], daily(search_ads[0], "cost")))
        elif channel != "SEO":
            planned = live_plan() if channel == "live" else plan.media(channel)
            spent = media(streams, channel, tables, paths, scale)
            parts.append(
                rows(channel, PLATFORM_OF.get(channel, ""), "media", np.round(planned * scale, 2), spent)
            )
        parts += fees(streams, channel, scale)
        coupons = daily(orders[orders["channel"] == channel], "new_customer_coupon")
        parts.append(rows(channel, "", ITEMS[3], np.round(plan.coupons(channel) * scale, 2), coupons))
    return pd.concat(parts).sort_values(["date", "channel", "platform", "item"], ignore_index=True)
