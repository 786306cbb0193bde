"""Days of the simulation: calendar table, demand index, willingness to buy."""

from functools import cache

import numpy as np
import pandas as pd

START, KNOWN, END = "2023-01-01", "2025-12-31", "2026-03-31"  # what comes after KNOWN is lived, but not told
DAYS = pd.date_range(START, END, freq="D")
N_DAYS = len(DAYS)
N_KNOWN = DAYS.get_loc(pd.Timestamp(KNOWN)) + 1
MIDDLE = 548  # day on which growth is 1
YEARS = (2023, 2024, 2025, 2026)
MONTH = (DAYS.year * 12 + DAYS.month - 1).to_numpy()  # months since year 0
DAY_OF_WEEK = DAYS.day_of_week.to_numpy()

NEW_YEARS = pd.to_datetime(
    ["2022-02-01", "2023-01-22", "2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06"]
)

# Public holidays as announced by the State Council, first and last day of each.
HOLIDAYS = [
    ("2023-01-01", "2023-01-02"), ("2023-01-21", "2023-01-27"), ("2023-04-05", "2023-04-05"),
    ("2023-04-29", "2023-05-03"), ("2023-06-22", "2023-06-24"), ("2023-09-29", "2023-10-06"),
    ("2023-12-30", "2024-01-01"), ("2024-02-10", "2024-02-17"), ("2024-04-04", "2024-04-06"),
    ("2024-05-01", "2024-05-05"), ("2024-06-08", "2024-06-10"), ("2024-09-15", "2024-09-17"),
    ("2024-10-01", "2024-10-07"), ("2025-01-01", "2025-01-01"), ("2025-01-28", "2025-02-04"),
    ("2025-04-04", "2025-04-06"), ("2025-05-01", "2025-05-05"), ("2025-05-31", "2025-06-02"),
    ("2025-10-01", "2025-10-08"), ("2026-01-01", "2026-01-03"), ("2026-02-15", "2026-02-23"),
]  # fmt: skip
WORKING_WEEKENDS = [
    "2023-01-28", "2023-01-29", "2023-04-23", "2023-05-06", "2023-06-25", "2023-10-07", "2023-10-08",
    "2024-02-04", "2024-02-18", "2024-04-07", "2024-04-28", "2024-05-11", "2024-09-14", "2024-09-29",
    "2024-10-12", "2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11",
    "2026-01-04", "2026-02-14", "2026-02-28",
]  # fmt: skip

# Promotion: first day, last day, first and last peak day (month-day), visits on other and on peak days.
PROMOS = {
    "8 March": ("03-01", "03-08", "03-07", "03-08", 1.12, 1.75),
    "Children's Day": ("05-25", "06-01", "05-30", "05-31", 1.08, 1.6),
    "618": ("06-02", "06-18", "06-16", "06-18", 1.12, 2.6),
    "Double 11": ("10-24", "11-11", "11-09", "11-11", 1.06, 2.3),
    "Double 12": ("12-08", "12-12", "12-11", "12-12", 1.12, 1.8),
}
CNY_PROMO = (-21, -8, -16, -14, 1.15, 1.5)
WEEKDAY = np.array([1.0, 0.97, 0.96, 0.98, 1.01, 1.1, 1.08])
GROWTH_A_YEAR = 0.25


@cache
def between(first, last):
    """True on the days from `first` to `last`, both included."""
    return np.asarray((pd.Timestamp(first) <= DAYS) & (pd.Timestamp(last) >= DAYS))


@cache
def cny_offset():
    """Days from the nearest Chinese New Year's day: -1 is its eve."""
    gaps = np.stack([(DAYS - day).days for day in NEW_YEARS])
    return gaps[np.abs(gaps).argmin(axis=0), np.arange(N_DAYS)]


@cache
def promo_windows():
    """Name of the promotion, whether the day is a peak, factor on visits; one entry per day."""
    name, peak, lift = np.full(N_DAYS, "", dtype=object), np.zeros(N_DAYS, bool), np.ones(N_DAYS)
    for promo, (first, last, peak1, peak2, low, high) in PROMOS.items():
        for year in YEARS:
            name[between(f"{year}-{first}", f"{year}-{last}")] = promo
            lift[between(f"{year}-{first}", f"{year}-{last}")] = low
            peak |= between(f"{year}-{peak1}", f"{year}-{peak2}")
            lift[between(f"{year}-{peak1}", f"{year}-{peak2}")] = high
    offset, (first, last, peak1, peak2, low, high) = cny_offset(), CNY_PROMO
    name[(offset >= first) & (offset <= last)] = "CNY"
    lift[(offset >= first) & (offset <= last)] = low
    top = (offset >= peak1) & (offset <= peak2)
    lift[top] = high
    return name.astype(str), peak | top, lift


def table():
    """The calendar table, one row per day."""
    promo, peak, _ = promo_windows()
    weekday = DAYS.day_of_week.to_numpy() + 1
    kind = np.where(weekday >= 6, "weekend", "ordinary").astype(object)
    kind[DAYS.isin(pd.to_datetime(WORKING_WEEKENDS))] = "ordinary"
    for first, last in HOLIDAYS:
        kind[between(first, last)] = "holiday"
    kind[promo != ""] = "promo"
    return pd.DataFrame({
        "date": DAYS,
        "week_start": DAYS - pd.to_timedelta(weekday - 1, unit="D"),
        "weekday": weekday.astype(np.int32),
        "day_type": kind.astype(str),
        "promo": promo,
        "promo_peak": peak,
        "cny_offset": cny_offset().astype(np.int32),
    })  # fmt: skip


def growth():
    """The brand's trend, 1 in the middle of the three years."""
    return np.exp(GROWTH_A_YEAR * (np.arange(N_DAYS) - MIDDLE) / 365)


@cache
def new_year_dip():
    """Factor on demand around Chinese New Year, when couriers rest: 1 on normal days."""
    offset = cny_offset().astype(float)
    shape = [-12, -7, -3, 0, 3, 7, 12, 18]
    return np.interp(offset, shape, [1, 0.86, 0.5, 0.3, 0.42, 0.75, 0.96, 1])


def pull():
    """Chance that a customer who is not out of stock yet fills up on the day; shape (days,)."""
    promo, peak, _ = promo_windows()
    at_peak = {
        "CNY": 0.08,
        "8 March": 0.07,
        "Children's Day": 0.06,
        "618": 0.14,
        "Double 11": 0.18,
        "Double 12": 0.08,
    }
    chance = np.where(promo != "", 0.03, 0.0)
    for name, high in at_peak.items():
        chance[peak & (promo == name)] = high
    return chance


@cache
def after_effect(days_before=6, days_after=10):
    """Factor on visits in the days before a peak (people wait) and after it (people are stocked)."""
    _, peak, _ = promo_windows()
    at = np.flatnonzero(peak)
    following = np.searchsorted(at, np.arange(N_DAYS))
    to_next = np.append(at, N_DAYS + 999)[following] - np.arange(N_DAYS)
    since = np.arange(N_DAYS) - np.insert(at, 0, -999)[following]
    waiting = np.where((to_next > 0) & (to_next <= days_before), 0.92, 1.0)
    sated = 1 - 0.2 * np.exp(-(since - 1) / 4) * ((since > 0) & (since <= days_after))
    return np.where(peak, 1.0, waiting * sated)


def demand_index(rng):
    """How much the market of the day shops, 1 on average mid-2024: trend, season, week, promotions, luck."""
    day = np.arange(N_DAYS)
    season = 1 + 0.06 * np.cos(2 * np.pi * (DAYS.day_of_year - 320) / 365.25)
    luck, shocks = np.zeros(N_DAYS), rng.standard_t(5, N_DAYS) * 0.035
    for t in day[1:]:
        luck[t] = 0.55 * luck[t - 1] + shocks[t]
    _, _, lift = promo_windows()
    shape = season * WEEKDAY[DAYS.day_of_week] * lift * after_effect() * new_year_dip()
    return np.asarray(growth() * shape * np.exp(np.clip(luck, -0.3, 0.3)))


def willingness():
    """Factor on the chance that a visit ends in an order: promotions raise it, waiting lowers it."""
    promo, peak, _ = promo_windows()
    factor = np.where(peak, 1.25, np.where(promo != "", 1.04, 1.0))
    return factor * np.where(after_effect() < 0.95, 0.93, 1.0)
