"""Loading times: what a speed tool measured on a share of the visits, by day, page and device (T06, J05.3).

Two things make the visits that load slowly leave more often: the seconds themselves, and the phones, on which people
leave more readily whatever the seconds. Who looks at all visits at once sees both as one.
"""

import numpy as np
import pandas as pd

from . import clock, site
from .people import DEVICES

SPEED_FROM = "2025-01-01"
MEASURED = np.array([0.62, 0.7, 0.74])  # share of visits whose browser reports, by device
LCP_OF_DEVICE = np.array([3.15, 2.05, 1.55])  # seconds until the largest element is painted
LEAVE_OF_DEVICE = np.array([0.275, 0.165, 0.105])  # share that leaves at once, at the device's usual seconds
LEAVE_PER_SECOND = 0.035  # what a second does, on every device
IMAGES_DAY, IMAGES_GAIN = (
    "2025-03-04",
    np.array([0.0, 0.42, 0.36]),
)  # smaller images: iOS and computers load faster
WEIGHT_OF_PAGE = {"/": 0.4, "/offers": 0.35}  # seconds, before the factor of the device
WEIGHT_OF_KIND = {"/lp": 0.7, "/c/": 0.15, "/gu": -0.25}
PROMO_WEIGHT = 0.55  # banners and crowds during the large promotions, on every device
DEVICE_FACTOR = np.array([1.25, 0.9, 0.75])
LCP_LEAST = 0.7
DRIFT = 0.24  # spread of the steps by which releases change a page


def seconds(streams, pages):
    """LCP by page, device and day, seconds (75th percentile); the same in every part of a large world."""
    rng = streams.common("page speed")
    weight = np.array([WEIGHT_OF_PAGE.get(page, WEIGHT_OF_KIND.get(page[:3], 0.0)) for page in pages])
    shape = (len(pages), 3, clock.N_DAYS)
    release = (rng.random((len(pages), 1, clock.N_DAYS)) < 1 / 55) * rng.normal(
        0, DRIFT, (len(pages), 1, clock.N_DAYS)
    )
    drift = np.zeros((*shape[:1], 1, *shape[2:]))
    for day in range(1, clock.N_DAYS):  # releases add up, and the worst ones are repaired
        drift[..., day] = 0.985 * drift[..., day - 1] + release[..., day]
    promo, peak, _ = clock.promo_windows()
    busy = PROMO_WEIGHT * np.isin(promo, ["618", "Double 11", "CNY"]) + 0.15 * peak
    own = rng.normal(0, 0.2, shape) + rng.normal(0, 0.12, (1, 3, clock.N_DAYS))
    page_seconds = weight[:, None, None] + rng.normal(0, 0.12, (len(pages), 1, 1)) + drift + busy
    usual = LCP_OF_DEVICE[:, None] - IMAGES_GAIN[:, None] * clock.between(IMAGES_DAY, clock.END)
    fault = np.zeros((3, clock.N_DAYS))
    fault[DEVICES.index("android")] = site.LCP_FAULT_SECONDS * clock.between(*site.LCP_FAULT_DAYS)
    spread = LCP_OF_DEVICE[None, :, None] / LCP_OF_DEVICE[1]
    made = usual + DEVICE_FACTOR[:, None] * page_seconds + spread * own
    return np.round(LCP_LEAST + 0.3 * np.logaddexp(0, (made - LCP_LEAST) / 0.3) + fault, 2)


def one_page_share(one, cell, cells):
    """Share of one-page visits in each cell, drawn towards that of all where a cell is small."""
    total = np.bincount(cell, minlength=cells)
    return (np.bincount(cell, one, cells) + 20 * one.mean()) / (total + 20)


def page_speed(life):
    """The table page_speed. Visits that leave at once are some of the visits with one page."""
    rng, visits, pages = life.streams("page speed of visits"), life.tables["web_sessions"], page_names()
    first = clock.DAYS.get_loc(pd.Timestamp(SPEED_FROM))
    visits = visits[["landing_page", "device", "day", "pageviews"]].iloc[
        np.searchsorted(visits["day"], first) :
    ]
    page = pd.Index(pages).get_indexer(visits["landing_page"])
    device = pd.Index(DEVICES).get_indexer(visits["device"])
    day, one = visits["day"].to_numpy(), visits["pageviews"].to_numpy() == 1
    page, device, day, one = (values[page >= 0] for values in (page, device, day, one))
    lcp = seconds(life.streams, pages)
    leave = LEAVE_OF_DEVICE[device] + LEAVE_PER_SECOND * (lcp[page, device, day] - LCP_OF_DEVICE[device])
    slow = clock.between(*site.LCP_FAULT_DAYS)[day]
    cell = (page * 3 + device) * 2 + slow
    share = leave / one_page_share(one, cell, len(pages) * 6)[cell]
    measured = rng.random(len(day)) < MEASURED[device]
    left = measured & one & (rng.random(len(day)) < share)
    key = (day * len(pages) + page) * 3 + device
    size = clock.N_KNOWN * len(pages) * 3
    count = np.bincount(key[measured], minlength=size)
    here = np.flatnonzero(count)
    day, page, device = here // 3 // len(pages), here // 3 % len(pages), here % 3
    return pd.DataFrame(
        {
            "date": clock.DAYS[day],
            "page": np.array(pages)[page],
            "device": np.array(DEVICES)[device],
            "lcp": lcp[page, device, day],
            "visits": count[here],
            "bounces": np.bincount(key[left], minlength=size)[here],
        }
    )


def page_names():
    """Pages on which visits begin and that carry the tool (member pages do not), in a fixed order."""
    kinds = ["bottles", "diapers", "food", "maternity", "skin-care", "wipes"]
    lands = ["8-march", "618", "children", "double-11", "double-12", "new-year", "welcome"]
    return [
        "/", *("/c/" + kind for kind in kinds), *("/guide/" + kind for kind in ("care", "diapers", "food", "pregnancy")),
        *("/lp/" + land for land in lands), "/offers",
    ]  # fmt: skip


def truth(table):
    """T06 and the slope of J05.3: causes, and what a right and a tempting count of the table give."""
    days = (
        table.assign(load=table["lcp"] * table["visits"])
        .groupby(["date", "device"])[["load", "visits"]]
        .sum()
    )
    android = days["load"].xs("android", level="device") / days["visits"].xs("android", level="device")
    first, last = map(pd.Timestamp, site.LCP_FAULT_DAYS)
    near = android[
        (android.index >= first - pd.Timedelta(days=28)) & (android.index <= last + pd.Timedelta(days=28))
    ]
    inside = (near.index >= first) & (near.index <= last)
    month = days.groupby(days.index.get_level_values("date").strftime("%Y-%m")).sum()
    return {
        "T06": {
            "what": "From 11 to 29 March 2025 pages painted 1.9 seconds later on Android phones, and only there.",
            "cause": {"days": site.LCP_FAULT_DAYS, "seconds": site.LCP_FAULT_SECONDS, "device": "android"},
            "found": {
                "android_seconds_more": near[inside].mean() - near[~inside].mean(),
                "month_means_over_all_devices": (month["load"] / month["visits"]).to_dict(),
            },
        },
        "page_speed": {
            "what": "A second more makes the same share of visits leave on every device; Android phones are slow and "
                    "their users leave more readily, so the slope over all devices is too steep.",
            "cause": {
                "leave_per_second": LEAVE_PER_SECOND,
                "leave_of_device": dict(zip(DEVICES, LEAVE_OF_DEVICE, strict=True)),
                "lcp_of_device": dict(zip(DEVICES, LCP_OF_DEVICE, strict=True)),
                "images": {"day": IMAGES_DAY, "seconds": dict(zip(DEVICES, IMAGES_GAIN, strict=True))},
            },
            "found": {"slope_within_device": slope(table, within=True), "slope_over_all": slope(table, within=False)},
        },
    }  # fmt: skip


def slope(table, within):
    """Weighted least-squares slope of the bounce share on seconds, with or without a level of its own per device."""
    weight, seconds = table["visits"].to_numpy(float), table["lcp"].to_numpy()
    share = table["bounces"].to_numpy() / weight
    group = pd.Index(DEVICES).get_indexer(table["device"]) if within else np.zeros(len(table), int)
    total = np.maximum(np.bincount(group, weight, 3), 1)
    x = seconds - (np.bincount(group, weight * seconds, 3) / total)[group]
    y = share - (np.bincount(group, weight * share, 3) / total)[group]
    return (weight * x * y).sum() / (weight * x * x).sum()
