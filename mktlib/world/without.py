"""The world without Double 11 of 2024: forked from the real one before anybody waited for it (T16)."""

import dataclasses

import numpy as np

from . import clock, plan, sales

WINDOW = ("2024-10-14", "2025-01-07")  # from before the waiting until after the cupboards are empty again
PROMO = ("2024-10-24", "2024-11-11")


def first_day():
    """Number of the day on which the fork is taken."""
    return int(np.flatnonzero(clock.between(*WINDOW))[0])


def ordinary(values, calm):
    """`values` by day with those of the promotion replaced by `calm`."""
    here = clock.between("2024-10-18", "2024-11-22")
    return np.where(here, calm, values)


def without_promotion(shop):
    """Take Double 11 of 2024 out of a fork: no offer, no waiting, no rush of ads."""
    market, lift = shop.market, clock.promo_windows()[2] * clock.after_effect()
    calm = dataclasses.replace(
        market, demand=ordinary(market.demand, market.demand / lift), will=ordinary(market.will, 1.0),
        peak=ordinary(market.peak, False).astype(bool), pull=ordinary(market.pull, 0.0), ready=ordinary(market.ready, 1.0),
    )  # fmt: skip
    push = ordinary(plan.promo_factor(), 1.0) / plan.promo_factor()
    shop.market = calm
    shop.notes, shop.live = shop.notes * push**0.3, shop.live * push**0.45
    ads, rng = shop.ads, shop.streams("fewer clicks")
    seasonal = np.char.find(ads.campaign.astype(str), "-D11-") >= 0
    share = np.where(seasonal & clock.between(*PROMO)[ads.day], 0.0, push[ads.day] ** 0.6)
    shop.ads = dataclasses.replace(ads, clicks=rng.binomial(ads.clicks, np.minimum(share, 1.0)))
    return shop


def paid_by_day(shop):
    """Paid value of the orders that a fork saw, by day; shape (days,)."""
    o = shop.orders.columns()
    rank = np.argsort(o["day"], kind="stable")
    o = {name: values[rank] for name, values in o.items()}
    o["first"] = sales.first_paid(o) & (shop.people.since[o["customer"]] >= first_day())
    _, _, (_, _, amount, _) = sales.priced(shop.streams, o, shop.people)
    return np.bincount(o["day"][o["paid"]], amount[o["paid"]], clock.N_DAYS)


def double_11(twin):
    """Paid value by day in the world without Double 11 2024 (only the days of WINDOW count); shape (days,)."""
    days = np.flatnonzero(clock.between(*WINDOW))
    return paid_by_day(without_promotion(twin).run(days))
