"""What the marketing team plans to spend, per day and channel, before anything happens."""

import numpy as np

from . import clock

CHANNELS = ["SEM", "feed ads", "SEO", "Xiaohongshu", "e-mail/SMS", "private domain", "live", "affiliate"]
A_DAY = {
    "SEM": 950,
    "Xiaohongshu": 800,
    "e-mail/SMS": 170,
    "private domain": 330,
    "affiliate": 330,
}
AGENCY_A_MONTH = {"SEM": 8500, "feed ads": 15000, "SEO": 8000}
CREATORS_A_MONTH = {"Xiaohongshu": 19000, "live": 16000}
COUPONS_A_DAY = {
    "SEM": 120, "feed ads": 290, "SEO": 55, "Xiaohongshu": 85, "e-mail/SMS": 12, "private domain": 25,
    "live": 120, "affiliate": 75,
}  # fmt: skip


def promo_factor():
    """How much more is planned on promotion days than on ordinary ones; shape (days,)."""
    promo, peak, _ = clock.promo_windows()
    factor = np.ones(clock.N_DAYS)
    for name, (low, high) in {
        "CNY": (1.3, 1.8), "8 March": (1.3, 2.5), "Children's Day": (1.2, 2.0), "618": (0.85, 6.0),
        "Double 11": (2.0, 10.0), "Double 12": (1.4, 3.5),
    }.items():  # fmt: skip
        factor[promo == name] = np.where(peak, high, low)[promo == name]
    for year in clock.YEARS:
        factor[clock.between(f"{year}-06-02", f"{year}-06-04")] = 1.8
        factor[clock.between(f"{year}-11-01", f"{year}-11-03")] = 4.0
    return factor * np.clip(clock.new_year_dip(), 0.45, 1)


def media(channel):
    """Planned media spend of a channel, CNY per day; shape (days,). Feed ads are planned by campaign, live from them."""
    steepness = {"SEM": 1.0, "affiliate": 0.55, "Xiaohongshu": 0.4}.get(channel, 0.3)
    return np.round(A_DAY[channel] * clock.growth() * promo_factor() ** steepness, 0)


def monthly(fees, channel):
    """Planned fee on the first of each month, 0 on other days; the contract is renewed each January."""
    rise = 1.12 ** (clock.DAYS.year.to_numpy() - 2024)
    return np.where(clock.DAYS.day == 1, np.round(fees[channel] * rise, -2), 0.0)


def coupons(channel):
    """Planned new-customer coupons of a channel, CNY per day; shape (days,)."""
    return np.round(COUPONS_A_DAY[channel] * clock.growth() * promo_factor() ** 0.5, 0)
