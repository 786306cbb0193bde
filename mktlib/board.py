"""The desk of SC: the mix of S05 in two calls, a forecast handed in before the sealed quarter is opened, a plan played in it.

The first quarter of 2026 is lived and sealed (mktlib.world.future). What is handed in is scored against it; the first forecast
counts and is kept in the learner's log, as first guesses are. The plan's profit comes from the world's own causes: what each medium
really brought in the last quarter of 2025 (the labels of the orders), bent by the power that the world gives to money.
"""

from functools import lru_cache
from types import SimpleNamespace

import numpy as np
import pandas as pd

from mktlib import forecast, mmm
from mktlib.data import fingerprint, load
from mktlib.errors import Told, did_you_mean

DAYS = pd.date_range("2023-01-02", "2025-12-28")  # 156 full weeks
WEEKS = pd.date_range("2025-12-29", periods=13, freq="7D")  # Mondays of the sealed quarter
FEEDS = ["Douyin feed", "Kuaishou feed", "Weibo feed", "Xiaohongshu feed"]
LEVERS = [*FEEDS, "live", "notes", "SEM"]
FLIGHT = "HY-AUT-N"
STEPS = {"new checkout": ("2025-09-01", None), "pop-up stores": ("2025-05-01", "2025-05-25")}
TEST = ("2025-10-13", "2025-11-24")
QUANTILES = ["q10", "q50", "q90"]
POWER = {"live": 0.75, "notes": 0.7}  # T19.cause.power; feed clicks 0.85, and search is bent alike
LIKE_FEEDS = 0.85
GOOD, ENOUGH = 0.2, 9  # 20 % below the bar; weeks of thirteen that an 80 % range should hold at least
FLAT = 0.1  # below a flat line, which beats the bar by half where New Year has moved
SPREAD = (0.8, 1, 1.25)  # ends and middle of the flat line's range, times the mean of the last eight weeks
WIDEST = 3.0  # a week whose q90 is more than so many times its q10 says nothing to whoever orders by it
IN_YUAN = (1 / 5, 5)  # mean q50 over last year's weeks; outside of it the unit is another one


class BoardError(Told, ValueError):
    """What was handed in cannot be scored; the message names the row, the column and the remedy."""


# ---------------------------------------------------------------- the mix of S05


def mart():
    """The weekly mart of S05 in the active world: sales of first orders, x (spend of seven levers and the flight), rest, claims.

    claims  what last clicks hold of first orders per yuan, by lever, brand search left out. A SimpleNamespace.
    """
    return _mart(fingerprint())


@lru_cache(maxsize=2)
def _mart(world):
    """The mart of a world; the argument only tells worlds apart. Nobody changes what it returns."""
    return mart_of(*(load(name) for name in ("orders", "budget", "feed_ads_daily", "calendar")))


def mart_of(orders, budget, feed_ads_daily, calendar):
    """mart() from tables."""
    first = first_orders(orders, feed_ads_daily)
    media = budget[budget["item"] == "media"]
    channel = media["channel"].astype(object)
    name = channel.mask(channel == "feed ads", media["platform"].astype(object) + " feed").replace(
        "Xiaohongshu", "notes"
    )
    daily = media.assign(medium=name).pivot_table(
        index="date", columns="medium", values="spent", aggfunc="sum"
    )
    x = mmm.by_week(daily, DAYS)[LEVERS]
    ads = feed_ads_daily[feed_ads_daily["campaign"] == FLIGHT]
    x["flight"] = mmm.by_week(ads.groupby("date")["cost"].sum(), DAYS)
    x["Douyin feed"] -= x["flight"]
    sales = mmm.by_week(first.groupby("date")["amount"].sum(), DAYS)
    first = first[first["date"].between(DAYS[0], DAYS[-1])]
    claims = first.groupby("medium")["amount"].sum()[[*LEVERS, "flight"]] / x.sum()
    rest = mmm.controls(calendar, DAYS, growth(sales, calendar), STEPS)
    return SimpleNamespace(sales=sales, x=x, rest=rest, claims=claims, first=first)


def first_orders(orders, feed_ads_daily):
    """First paid order of each customer, one a row: date, medium of its last touch, amount."""
    paid = orders[orders["status"] == "paid"].sort_values("ordered_at", kind="stable")
    first = paid.drop_duplicates("customer_id")
    campaign, channel = first["campaign"].astype(object), first["channel"].astype(object)
    platform = feed_ads_daily.drop_duplicates("campaign").set_index("campaign")["platform"].astype(object)
    medium = channel.mask(channel == "feed ads", campaign.map(platform) + " feed").replace(
        "Xiaohongshu", "notes"
    )
    medium = medium.mask(campaign == FLIGHT, "flight").mask(
        (channel == "SEM") & (campaign == "brand"), "brand search"
    )
    return pd.DataFrame(
        {"date": first["ordered_at"].dt.normalize(), "medium": medium, "amount": first["amount"]}
    )


def growth(sales, calendar):
    """Log growth a year over weeks without a promotion or New Year, before the new checkout."""
    day = calendar.set_index("date").reindex(DAYS)
    busy = (day["promo"] != "") | day["cny_offset"].between(-14, 20)
    quiet = (mmm.by_week(busy.astype(float), DAYS) == 0) & (sales.index < "2025-09-01")
    years = (sales.index - sales.index[0]).days.to_numpy() / 365.25
    return np.polyfit(years[quiet], np.log(sales[quiet]), 1)[0]


def calibrated(one, tested, error):
    """The mix with the beliefs of S05: draws (200 x levers and flight), curve (top, half, low, high), today (weekly spend, last 13 weeks).

    one            from mart()
    tested, error  return of all feed ads that the city test found, first orders per yuan, and its standard error
    A claim times the share of it that was caused: found by the test for feed ads (error widened by 0.2), 1.0 give or take 0.7 for
    notes, 0.6 give or take 0.5 for media that no test has seen. Adstock 0.2, notes 0.6; half at twice the mean week.
    """
    names = list(one.x)
    here = one.first["date"].between(*TEST, inclusive="left") & one.first["medium"].isin([*FEEDS, "flight"])
    cost = one.x.loc[TEST[0] : "2025-11-17", [*FEEDS, "flight"]].sum().sum()
    claimed = one.first.loc[here, "amount"].sum() / cost
    share = pd.DataFrame({"mean": 0.6, "sd": 0.5}, index=names)
    share.loc["notes"] = [1.0, 0.7]
    share.loc[[*FEEDS, "flight"]] = [tested / claimed, np.hypot(error / claimed, 0.2)]
    curves = pd.DataFrame({"alpha": 0.2, "half": 2.0}, index=names)
    curves.loc["notes", "alpha"] = 0.6
    curves.loc["flight", "half"] = np.inf
    draws = mmm.draws(one.sales, one.x, one.rest, curves, share.mul(one.claims[names], axis=0))
    curve = mmm.response(one.x[LEVERS], draws[LEVERS].mean(), curves)
    return SimpleNamespace(draws=draws[LEVERS], curve=curve, today=one.x[LEVERS].tail(13).mean())


# ---------------------------------------------------------------- the sealed quarter: forecast


def read_forecast(frame):
    """The frame in one form: 13 Mondays from 29 December 2025, columns q10, q50, q90, CNY of paid sales a week. Raises BoardError."""
    if not isinstance(frame, pd.DataFrame):
        raise BoardError(
            f"A DataFrame is asked for, not {type(frame).__name__}: 13 Mondays by {', '.join(QUANTILES)}."
        )
    for name in QUANTILES:
        if name not in frame:
            raise BoardError(f"The column {name!r} is missing{did_you_mean(name, list(map(str, frame)))}")
    try:
        days = pd.DatetimeIndex(pd.to_datetime(frame.index))
        values = frame[QUANTILES].astype(float).set_axis(days)
    except (TypeError, ValueError) as problem:
        raise BoardError(
            f"The index holds Mondays and the columns numbers; this cannot be read: {problem}."
        ) from None
    if missing := [day for day in WEEKS if day not in days]:
        raise BoardError(
            f"The week of {missing[0]:%d %B %Y} is missing; 13 Mondays are asked for, 29 December to 23 March."
        )
    values = values.loc[~days.duplicated()].loc[WEEKS]
    if not (np.isfinite(values) & (values > 0)).all(axis=None):
        raise BoardError("Each quantile is a number above 0.")
    out = values.index[(values["q10"] > values["q50"]) | (values["q50"] > values["q90"])]
    if len(out):
        raise BoardError(
            f"In the week of {out[0]:%d %B %Y} the quantiles are not in order: q10, q50, q90 must not fall."
        )
    _check_size(values["q50"].mean())
    return values.round(2)


def _check_size(mean):
    """Refuse a forecast in another unit: the first one handed in counts, and a slip of the pen should not be it."""
    last = forecast.seasonal_naive(_past_weeks(), WEEKS).mean()
    if not IN_YUAN[0] <= mean / last <= IN_YUAN[1]:
        raise BoardError(
            f"The mean of q50 is {mean:,.0f}; the same weeks a year before sold {last:,.0f} a week. Yuan, not thousands? Nothing was handed in."
        )


def hand_in(frame):
    """Hand in a forecast of the sealed quarter. The first one counts and stays in your log; it is scored, and the score is printed.

    frame   index: the 13 Mondays from 29 December 2025; columns q10, q50, q90: CNY of paid sales of the week, all stores
    Returns a Series of two verdicts (texts) for check; a frame that is still ... comes back. Raises BoardError for a frame that cannot be scored.
    """
    if frame is ...:
        return frame
    made, first = read_forecast(frame), _kept()
    if first is None:
        _keep(made)
    elif not np.allclose(first["frame"], made):
        print(
            f"Your first forecast, of {first['time'][:10]}, is the one that counts; this one is not scored."
        )
        made = first["frame"]
    found = scores(made)
    print(
        f"pinball loss {_beside(found['grown'])} that of last year's weeks, grown; {_beside(found['below'])} that of last year's weeks; "
        f"{_beside(found['flat'])} that of a flat line"
    )
    print(
        f"{found['inside']} of 13 weeks in their range; in the widest week q90 is {found['widest']:.1f} times q10"
    )
    return verdict(found)


def _beside(below):
    return f"{abs(below):.0%} {'below' if below >= 0 else 'above'}"


def _kept():
    """The first readable forecast of this world in the log: {"time", "frame"}, or None."""
    from mktlib.course import log

    for entry in log.read()[0]:
        if entry["event"] == "forecast" and entry.get("world") == fingerprint():
            try:
                frame = pd.DataFrame(entry["values"], index=WEEKS, columns=QUANTILES)
                return {"time": entry["time"], "frame": read_forecast(frame)}
            except (KeyError, TypeError, ValueError):
                continue
    return None


def _keep(frame):
    from mktlib.course import log

    if trouble := log.append("forecast", world=fingerprint(), values=frame.to_numpy().tolist()):
        print(trouble)


def scores(frame):
    """How a forecast did in the sealed quarter: grown, below, flat, inside, widest.

    grown, below   1 - pinball loss / that of last year's weeks, grown as forecast.growing_naive does, and as they were
    flat           the same beside the mean of the last eight weeks, with a range from 0.8 to 1.25 of it
    inside         weeks in q10 to q90     widest  the largest q90 / q10
    """
    actual, past = _sealed_weeks()
    levels = [int(name[1:]) / 100 for name in QUANTILES]

    def loss(quantiles):
        return np.mean(
            [forecast.pinball(actual, one, level) for one, level in zip(quantiles, levels, strict=True)]
        )

    mine, grown, last, flat = (
        loss([frame[name] for name in QUANTILES]),
        loss([forecast.growing_naive(past, WEEKS)] * 3),
        loss([forecast.seasonal_naive(past, WEEKS)] * 3),
        loss([pd.Series(past.tail(8).mean() * part, WEEKS) for part in SPREAD]),
    )
    inside = actual.between(frame["q10"], frame["q90"]).sum()
    widest = (frame["q90"] / frame["q10"]).max()
    return {
        "grown": float(1 - mine / grown),
        "below": float(1 - mine / last),
        "flat": float(1 - mine / flat),
        "inside": int(inside),
        "widest": float(widest),
    }


def _by_day():
    orders = load("orders", columns=["ordered_at", "status", "amount"]).query("status == 'paid'")
    past = orders.groupby(orders["ordered_at"].dt.normalize())["amount"].sum()
    return past.reindex(pd.date_range("2023-01-01", "2025-12-31"), fill_value=0)


def _past_weeks():
    """Paid sales of the complete weeks before the sealed quarter."""
    return forecast.complete_weeks(_by_day())


def _sealed_weeks():
    """Paid sales of the 13 weeks, and of the complete weeks before them."""
    from mktlib import world

    past, coming = _by_day(), world.future().set_index("date")["paid_amount"]
    every = forecast.complete_weeks(
        pd.concat([past, coming[coming.index > past.index[-1]]]).asfreq("D", fill_value=0)
    )
    return every[WEEKS], every[: WEEKS[0] - forecast.WEEK]


def verdict(found):
    """What check reads of a score: two texts."""
    good = "at least 20 % below" if found["flat"] >= FLAT else "no better than a flat line"
    loss = good if found["grown"] >= GOOD else "below, by less" if found["grown"] > 0 else "not below"
    ranges = (
        "too wide to order by"
        if found["widest"] > WIDEST
        else "hold"
        if found["inside"] >= ENOUGH
        else "too narrow"
    )
    return pd.Series({"pinball loss": loss, "80 % ranges": ranges})


# ---------------------------------------------------------------- the sealed quarter: money


def play_plan(plan, value):
    """What a split of the money would have left in the sealed quarter, CNY: a Series for the plan, today's split, the owners' own.

    plan    weekly CNY by lever (the seven of the mix); it is scaled to the money that the owners spent on them in the quarter
    value   margin of a newcomer's first year per yuan of first order, by lever
    Left is value x caused first orders less the money. Caused: true return of the last weeks of 2025 (true_returns) x the money
    of the last 13, times (money / that money) to the world's power (notes 0.7, live 0.75, feed and search 0.85). Raises BoardError.
    """
    from mktlib import world

    for name in LEVERS:
        if name not in plan or not plan[name] >= 0:
            raise BoardError(f"The plan needs yuan a week for {name!r}, 0 or more.")
    future, one = world.future(), mart()
    today, weeks = one.x[LEVERS].tail(13).mean(), len(future) / 7
    names = {"SEM": "SEM", "Xiaohongshu": "notes", "live": "live"}
    owners = {lever: future[f"media {channel}"].sum() / weeks for channel, lever in names.items()}
    feeds = future["media feed ads"].sum() / weeks
    owners = pd.Series(owners | (today[FEEDS] / today[FEEDS].sum() * feeds).to_dict())[LEVERS]
    level = true_returns(one.x) * today
    power = pd.Series({name: POWER.get(name, LIKE_FEEDS) for name in LEVERS})
    splits = {"plan": pd.Series(plan)[LEVERS].astype(float), "today's split": today, "owners": owners}
    found = {}
    for name, split in splits.items():
        money = split * owners.sum() / split.sum()
        found[name] = weeks * (value[LEVERS] * level * (money / today) ** power - money).sum()
    return pd.Series(found)


def true_returns(x):
    """First orders that each lever really caused, per yuan; from the labels of the world.

    Of the last 13 weeks those without the flight: it worked otherwise than the everyday money that is planned here, and the labels
    of Douyin hold both.
    """
    from mktlib import world

    book = world.truth("channel_weeks").pivot_table(
        index="week", columns="medium", values="amount", aggfunc="sum"
    )
    book = book.fillna(0).set_axis(pd.to_datetime(book.index))
    closed = (
        book.pop("feed ads, closed by a coupon")
        if "feed ads, closed by a coupon" in book
        else 0 * book.iloc[:, 0]
    )
    feeds = book.filter(like="feed ads")
    book[feeds.columns] += (
        feeds.div(feeds.sum(axis=1).replace(0, np.nan), axis=0).fillna(0).mul(closed, axis=0)
    )
    book = book.rename(
        columns={f"feed ads {one.removesuffix(' feed')}": one for one in FEEDS} | {"Xiaohongshu": "notes"}
    )
    last = x.index[-13:]
    last = last[x.loc[last, "flight"] == 0]
    return book.reindex(index=last, columns=LEVERS).fillna(0).sum() / x.loc[last, LEVERS].sum()
