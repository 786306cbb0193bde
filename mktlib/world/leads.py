"""Leads for the maternity package and for wholesale samples: the form was cut from nine fields to four on 1 August 2025.

A short form brings people who are not in earnest, and drops the text-message code that kept wrong numbers out. Sales
have as many hours as before: they call in turn, wrong numbers cost as much time as good ones, and who waits grows cold.
"""

from bisect import bisect_right

import numpy as np
import pandas as pd

from . import clock
from .streams import pick

DAYS = ("2025-05-01", "2025-10-31")
CUT = "2025-08-01"
# People a day before and after the cut: in earnest, others; share of them with a number that can be called.
IN_EARNEST, OTHERS = (20.0, 19.9), (18.4, 25.5)
CALLABLE = {True: (0.93, 0.92), False: (0.50, 0.30)}
TWICE = (0.035, 0.085)  # share of leads that are the same person again
ACCEPTED = {True: 0.80, False: 0.17}  # by sales, if called at once
COLD_DAYS = 12.0  # the chance falls by e when this many days pass before the call
BOUGHT = {True: 0.34, False: 0.08}  # of the accepted
CALLS_A_DAY = 122.0  # on working days, all salespeople together
GIVE_UP_DAYS = 4  # nobody calls after that
SALES = ["Gao", "Xu", "Meng", "Tian"]
SPEED = np.array([0.3, 0.27, 0.25, 0.18])
SOURCES = {
    "Xiaohongshu": 0.27,
    "feed ads": 0.25,
    "SEM": 0.2,
    "SEO": 0.12,
    "private domain": 0.1,
    "trade fair": 0.06,
}
OTHERS_FROM = {
    "Xiaohongshu": 0.2,
    "feed ads": 0.46,
    "SEM": 0.14,
    "SEO": 0.08,
    "private domain": 0.08,
    "trade fair": 0.04,
}
WHOLESALE = 0.36  # share of leads from mother-and-baby shops that ask for samples
VALUE = {"maternity package": (5.45, 0.35), "wholesale sample": (7.7, 0.8)}  # first order, log CNY
HOURS = np.array(
    [8, 4, 2, 1, 1, 2, 6, 14, 26, 38, 44, 40, 38, 36, 36, 38, 38, 36, 34, 42, 52, 56, 44, 22], float
)
WEEK = np.array([1.06, 1.05, 1.03, 1.02, 1.0, 0.93, 0.91])


def tables(life):
    """leads and sales_followup."""
    people, follow = history(life)
    return {"leads": people, "sales_followup": follow}


def hidden(life):
    """Label by lead: in earnest or not."""
    return {"leads": life.tables["leads"][["lead_id", "in_earnest"]]}


def history(life):
    """All leads in order of time, and what sales did with those they got."""
    rng = life.streams("leads")
    people = arrivals(rng, life.scale)
    people = repeats(rng, people)
    people["contact_id"] += life.streams.part * 10_000_000
    people.insert(0, "lead_id", np.arange(len(people)) + 1 + life.streams.part * 10_000_000)
    people["score"] = score(rng, people)
    return people, follow_up(life.streams("sales calls"), people, life.scale)


def arrivals(rng, scale):
    """Leads of new people, one row each: when, from where, for what, and hidden: in earnest, callable."""
    days = np.flatnonzero(clock.between(*DAYS))
    after = (clock.DAYS[days] >= CUT).astype(int)
    luck = np.exp(rng.normal(0, 0.07, len(days))) * WEEK[clock.DAY_OF_WEEK[days]]
    parts = []
    for earnest, a_day, weights in ((True, IN_EARNEST, SOURCES), (False, OTHERS, OTHERS_FROM)):
        day = np.repeat(days, rng.poisson(np.array(a_day)[after] * luck * scale))
        size, cut = len(day), (clock.DAYS[day] >= CUT).astype(int)
        parts.append(pd.DataFrame({
            "day": day, "second": pick(rng, HOURS, size) * 3600 + rng.integers(0, 3600, size), "cut": cut, "in_earnest": earnest,
            "source": np.array(list(weights))[pick(rng, np.array(list(weights.values())), size)],
            "product": np.where(rng.random(size) < WHOLESALE, "wholesale sample", "maternity package"),
            "number_ok": rng.random(size) < np.array(CALLABLE[earnest])[cut],
            "may_be_called": rng.random(size) < np.where(cut, 0.955, 0.985),
        }))  # fmt: skip
    people = pd.concat(parts).sort_values(["day", "second"], kind="stable", ignore_index=True)
    people["contact_id"] = rng.permutation(len(people) * 4)[: len(people)] + 10_001
    return people


def repeats(rng, people):
    """Some people send the form again within ten days: the same contact, a lead of its own."""
    again = people[rng.random(len(people)) < np.array(TWICE)[people["cut"]]].copy()
    again["day"] += rng.integers(0, 10, len(again))
    again["second"] = np.maximum(rng.integers(0, 86_400, len(again)), again["second"])
    again = again[again["day"] <= np.flatnonzero(clock.between(*DAYS))[-1]]
    people = pd.concat([people, again]).sort_values(["day", "second"], kind="stable", ignore_index=True)
    people["cut"] = (clock.DAYS[people["day"]] >= CUT).astype(int)
    people["submitted_at"] = clock.DAYS.to_numpy().astype("datetime64[s]")[people["day"]] + people[
        "second"
    ].to_numpy().astype("timedelta64[s]")
    people["form"] = np.where(people["cut"] == 1, "4 fields", "9 fields")
    return people


def score(rng, people):
    """Marketing's lead score, 0 to 100; the short form leaves it little to judge by, and it did not learn that."""
    told = np.where(people["cut"] == 1, 7.0, 17.0)
    value = (
        52
        + np.where(people["in_earnest"], told, -told)
        + np.where(people["cut"] == 1, 6, 0)
        + rng.normal(0, 13, len(people))
    )
    return np.clip(np.round(value), 1, 99).astype(np.int64)


def follow_up(rng, people, scale):
    """Calls in turn: tries cost time, wrong numbers three of them; the valid may be accepted, the sooner the likelier."""
    people = people[people["may_be_called"]]
    first = ~people.duplicated("contact_id").to_numpy()
    tries = np.where(
        people["number_ok"] & first,
        1 + np.minimum(rng.geometric(0.62, len(people)) - 1, 3),
        np.where(first, 3, 1),
    )
    begin = called(people["day"].to_numpy(), people["second"].to_numpy(), tries, CALLS_A_DAY * scale)
    wait = begin - (people["day"] + people["second"] / 86_400).to_numpy()
    reached = ~np.isnan(begin)
    earnest = people["in_earnest"].to_numpy()
    chance = np.where(earnest, ACCEPTED[True], ACCEPTED[False]) * np.exp(
        -np.where(reached, wait, 0) / COLD_DAYS
    )
    valid = reached & people["number_ok"].to_numpy() & first
    taken = valid & (rng.random(len(people)) < chance)
    reason = np.array(["no need", "price", "bought elsewhere", "not reached again"])[
        pick(rng, [0.46, 0.2, 0.16, 0.18], len(people))
    ]
    outcome = np.where(
        ~reached,
        "not called",
        np.where(~first, "duplicate", np.where(~valid, "wrong number", np.where(taken, "accepted", reason))),
    )
    bought = taken & (rng.random(len(people)) < np.where(earnest, BOUGHT[True], BOUGHT[False]))
    middle, spread = (
        people["product"].map({name: pair[k] for name, pair in VALUE.items()}).to_numpy() for k in (0, 1)
    )
    value = np.where(bought, np.round(np.exp(middle + spread * rng.normal(size=len(people))), 0), np.nan)
    frame = pd.DataFrame({
        "lead_id": people["lead_id"].to_numpy(), "salesperson": np.array(SALES)[pick(rng, SPEED, len(people))],
        "first_call_at": moment(begin), "tries": np.where(reached, tries, 0), "outcome": outcome,
        "order_value": value,
    })  # fmt: skip
    frame.loc[~reached, "salesperson"] = ""
    return frame


def called(day, second, tries, a_day):
    """Moment of the first call of each lead, days since the start as a fraction; nan if nobody called in time.

    One queue: on working days from 9 to 18 o'clock, `a_day` tries a day.
    """
    start = int(day[0]) if len(day) else 0
    works = working(start, 400)
    capacity = (np.cumsum(works) * a_day).tolist()
    shift = np.clip((second / 86_400 - 0.375) / 0.375, 0, 1) * works[day - start]
    so_far = np.concatenate([[0.0], capacity])[day - start]
    done, found = 0.0, np.full(len(day), np.nan)
    moments = zip(
        (day - start + second / 86_400).tolist(),
        (so_far + shift * a_day).tolist(),
        tries.tolist(),
        strict=True,
    )
    for one, (came, open_now, cost) in enumerate(moments):
        begin = max(done, open_now)
        turn = bisect_right(capacity, begin)
        call = turn + 0.375 + 0.375 * (begin - (capacity[turn - 1] if turn else 0.0)) / a_day
        if call - came <= GIVE_UP_DAYS:
            done = begin + cost
            found[one] = start + max(call, came + 0.004)
    return found


def working(start, many):
    """1.0 on working days, 0.0 on others, from day number `start` on."""
    index = pd.date_range(clock.DAYS[start], periods=many, freq="D")
    works = np.asarray((index.day_of_week < 5) | index.isin(pd.to_datetime(clock.WORKING_WEEKENDS)))
    for first, last in clock.HOLIDAYS:
        works &= ~np.asarray((index >= first) & (index <= last))
    return works.astype(float)


def moment(days):
    """Local time from day numbers with fractions; NaT where nan."""
    whole = clock.DAYS[0] + pd.to_timedelta(np.round(np.nan_to_num(days) * 86_400), unit="s")
    return pd.Series(whole).where(~np.isnan(days)).astype("datetime64[s]")


def truth(life):
    """J08: more leads, fewer that can be called, fewer that sales accept."""
    people, follow = life.tables["leads"], life.tables["sales_followup"]
    data = people.merge(follow, on="lead_id", how="left")
    data["wait"] = (data["first_call_at"] - data["submitted_at"]).dt.total_seconds() / 86_400
    data["valid"] = data["number_ok"] & ~data.duplicated("contact_id")
    data["accepted"], data["won"] = data["outcome"] == "accepted", data["order_value"].notna()
    found = {}
    for name, rows in data.groupby("form"):
        months = rows["submitted_at"].dt.strftime("%Y-%m").nunique()
        found[name] = {
            "leads_a_month": len(rows) / months, "valid_a_month": rows["valid"].sum() / months, "valid_rate": rows["valid"].mean(),
            "accepted_a_month": rows["accepted"].sum() / months, "accepted_rate": rows["accepted"].mean(),
            "won_a_month": rows["won"].sum() / months, "median_days_to_first_call": rows["wait"].median(),
        }  # fmt: skip
    return {
        "what": "The short form brings a quarter more leads; fewer of them are valid, and sales accept fewer than before.",
        "cause": {"from": CUT, "in_earnest_a_day": IN_EARNEST, "others_a_day": OTHERS, "callable": CALLABLE,
                  "acceptance_if_called_at_once": ACCEPTED, "days_until_it_falls_by_e": COLD_DAYS, "calls_a_day": CALLS_A_DAY},
        "found": found,
    }  # fmt: skip
