"""The budget: what was planned and what was spent, per day, channel and item."""

import numpy as np
import pandas as pd

from . import clock, plan

COMMISSION = {"live": 0.12, "affiliate": 0.10}  # of paid amounts
ITEMS = ["media", "agency fee", "creator fee", "new-customer coupons"]


def notes_spend(streams):
    """Xiaohongshu media spent per day, CNY at scale 1; shape (days,)."""
    rng = streams("spend Xiaohongshu")
    return np.round(plan.media("Xiaohongshu") * np.exp(rng.normal(-0.01, 0.12, clock.N_DAYS)), 2)


def daily(frame, column):
    """Sum of a column per day; shape (days,)."""
    return np.round(np.bincount(frame["day"], frame[column], clock.N_DAYS), 2)


def media(streams, channel, tables, notes, scale):
    """Media money spent per day by a channel whose spend is not counted from its ads table."""
    rng, orders = streams(f"spend {channel}"), tables["orders"]
    if channel == "Xiaohongshu":
        return np.round(notes * scale, 2)
    if channel in COMMISSION:
        mine = orders[(orders["channel"] == channel) & (orders["status"] == "paid")]
        return np.round(daily(mine, "amount") * COMMISSION[channel], 2)
    return np.round(plan.media(channel) * np.exp(rng.normal(-0.01, 0.1, clock.N_DAYS)) * scale, 2)


def rows(channel, item, planned, spent):
    """Budget rows of one channel and item; days with neither plan nor spend are left out."""
    frame = pd.DataFrame(
        {"date": clock.DAYS, "channel": channel, "item": item, "planned": planned, "spent": spent}
    )
    return frame[(frame["planned"] != 0) | (frame["spent"] != 0)]


def table(streams, tables, ads, notes, scale):
    """The budget table. `ads`: channel -> (cells, planned cost per day)."""
    orders, parts = tables["orders"], []
    for channel in plan.CHANNELS:
        if channel in ads:
            cells, planned = ads[channel]
            parts.append(rows(channel, "media", planned, daily(cells, "cost")))
        elif channel != "SEO":
            spent = media(streams, channel, tables, notes, scale)
            parts.append(rows(channel, "media", np.round(plan.media(channel) * scale, 2), spent))
        for item, fees in (("agency fee", plan.AGENCY_A_MONTH), ("creator fee", plan.CREATORS_A_MONTH)):
            if channel in fees:
                fee = np.round(plan.monthly(fees, channel) * scale, 2)
                more = np.exp(streams(f"fees {channel}").normal(0.01, 0.05, clock.N_DAYS))
                spent = np.round(fee * more, 0) if item == "creator fee" else fee
                parts.append(rows(channel, item, fee, spent))
        coupons = daily(orders[orders["channel"] == channel], "new_customer_coupon")
        parts.append(rows(channel, ITEMS[3], np.round(plan.coupons(channel) * scale, 2), coupons))
    return pd.concat(parts).sort_values(["date", "channel", "item"], ignore_index=True)
