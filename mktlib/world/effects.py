"""What marketing really did: truths that need the hidden causes of orders or a world without an event.

Counted by engine and answers; the labels by channel and week go to truth/channel_weeks.parquet.
"""

import numpy as np
import pandas as pd

from . import clock, demand, feed, people, plan, rival, search, spend, without

FOLLOW_UP_DAYS = 56


def paid_orders(tables):
    """Paid orders with their day and whether they are the customer's first."""
    orders = tables["orders"].query("status == 'paid'")
    return orders.assign(date=orders["ordered_at"].dt.normalize(), first=~orders.duplicated("customer_id"))


def monday(date):
    """First day of the week of each date (Series)."""
    return date - pd.to_timedelta(date.dt.day_of_week, unit="D")


def media_name(life, orders):
    """Medium that caused each order: a channel, feed ads by platform; empty where none did."""
    names = people.channel_names(orders["cause"]).astype(object)
    platforms = life.feed_cells["platform"].to_numpy()
    feeds = (orders["cause"] == people.FEED).to_numpy() & (orders["ad"] >= 0).to_numpy()
    names[feeds] = "feed ads " + platforms[orders["ad"].to_numpy()[feeds]].astype(object)
    hidden = (names == "feed ads").nonzero()[0]  # closed by a coupon link: the ad itself is not on the order
    names[hidden] = "feed ads, closed by a coupon"
    return names.astype(str)


def channel_weeks(life):
    """Per medium and week (Monday): what it caused at once and with the follow-up orders of 56 days."""
    orders = paid_orders(life.tables)
    orders["medium"] = media_name(life, orders)
    direct = orders[orders["medium"] != ""]
    won = direct[direct["first"]].set_index("customer_id")
    later = orders[~orders["first"] & orders["customer_id"].isin(won.index)]
    start = later["customer_id"].map(won["ordered_at"])
    later = later[(later["ordered_at"] - start).dt.days <= FOLLOW_UP_DAYS]
    follow = pd.DataFrame({
        "medium": later["customer_id"].map(won["medium"]), "date": later["customer_id"].map(won["date"]), "amount": later["amount"],
    })  # fmt: skip
    keys = ["medium", "week"]
    for frame in (direct, follow):
        frame["week"] = monday(frame["date"])
    found = direct.groupby(keys).agg(orders=("amount", "size"), amount=("amount", "sum"))
    found["follow_up_amount"] = follow.groupby(keys)["amount"].sum()
    return found.fillna(0).round(2).reset_index()


def return_on_spend(life):
    """T19: revenue caused per yuan of media, at once and with 56 days of follow-up, over all weeks."""
    weeks = channel_weeks(life).groupby("medium")[["amount", "follow_up_amount"]].sum()
    budget = life.tables["budget"].query("item == 'media'")
    spent = budget.groupby(["channel", "platform"])["spent"].sum()
    found = {}
    for medium, key in {
        "feed ads Douyin": ("feed ads", "Douyin"), "live": ("live", "Douyin"), "Xiaohongshu": ("Xiaohongshu", "Xiaohongshu"),
        "SEM": ("SEM", ""), "affiliate": ("affiliate", ""),
    }.items():  # fmt: skip
        row = weeks.loc[medium] if medium in weeks.index else weeks.sum() * 0
        found[medium] = {
            "spent": spent.get(key, 0.0),
            "at_once": row["amount"] / spent.get(key, np.nan),
            "with_follow_up": (row["amount"] + row["follow_up_amount"]) / spent.get(key, np.nan),
        }
    return found


def weekly_spend(life):
    """Douyin feed money and live money by full week; frame with a column each."""
    budget = life.tables["budget"].query("item == 'media' and platform == 'Douyin'")
    wide = budget.pivot_table(index="date", columns="channel", values="spent", aggfunc="sum").fillna(0.0)
    weeks = wide.groupby(monday(wide.index.to_series()))
    return weeks.sum()[weeks.size() == 7]


def double_11(life):
    """T16: Double 11 of 2024 against the same world without it."""
    orders = paid_orders(life.tables)
    real = np.bincount(orders["day"], orders["amount"], clock.N_DAYS)
    calm = life.without["Double 11 2024"]
    window, promo = clock.between(*without.WINDOW), clock.between(*without.PROMO)
    peak = clock.between("2024-11-09", "2024-11-11")
    extra = real[window].sum() - calm[window].sum()
    return {
        "what": "Of what Double 11 sells beyond a usual week, more than half would have been sold before or after it.",
        "cause": {
            "visits_and_willingness": "clock.PROMOS",
            "stocking_up": "clock.pull",
            "window": without.WINDOW,
        },
        "found": {
            "gross_lift_on_peak_days": real[peak].sum() / calm[peak].sum() - 1,
            "gross_lift_of_the_promotion": real[promo].sum() / calm[promo].sum() - 1,
            "net_lift_of_the_promotion": extra / calm[promo].sum(),
            "gross_extra_amount": real[promo].sum() - calm[promo].sum(),
            "net_extra_amount": extra,
        },
    }


def third_quarter(life):
    """T17: share of Douyin in the media money of the third quarter 2025, planned and billed."""
    budget = life.tables["budget"].query("item == 'media' and '2025-07-01' <= date <= '2025-09-30'")
    total = budget.groupby(budget["platform"] == "Douyin")[["planned", "spent"]].sum()
    share = total.loc[True] / total.sum()
    return {
        "what": "Douyin was planned at 40 % of the quarter's media and billed at more.",
        "cause": {"billed_over_plan": feed.DOUYIN_RUSH, "days": feed.DOUYIN_RUSH_DAYS},
        "found": {"planned_share": share["planned"], "billed_share": share["spent"]},
    }


def rival_entry(life):
    """T21, its part in search ads: cost per click of category and competitor keywords before and after the rival came."""
    cells = life.tables["sem_keyword_daily"]
    cells = cells[cells["campaign"].isin(search.RIVAL_FROM)]
    day = pd.Timestamp(rival.RIVAL_DAY)
    before = cells[(cells["date"] >= day - pd.Timedelta(days=35)) & (cells["date"] < day)]
    after = cells[(cells["date"] >= day) & (cells["date"] < day + pd.Timedelta(days=35))]
    price = [part["cost"].sum() / part["clicks"].sum() for part in (before, after)]
    return {
        "cause": {
            "from": rival.RIVAL_DAY,
            "factor_on_click_price": rival.RIVAL_CPC,
            "brand_searches": search.RIVAL_BRAND,
        },
        "found": {"cpc_five_weeks_before": price[0], "cpc_five_weeks_after": price[1]},
    }


def new_year(life):
    """T26: January and February against last year, by the month and by the distance from Chinese New Year."""
    orders = paid_orders(life.tables)
    amount = pd.Series(np.bincount(orders["day"], orders["amount"], clock.N_DAYS), index=clock.DAYS)
    offset = pd.Series(clock.cny_offset(), index=clock.DAYS)
    aligned = {
        year: amount[(offset.index.year == year) & offset.between(-21, 28)] for year in (2023, 2024, 2025)
    }
    found = {}
    for year in (2024, 2025):
        month = {m: amount[f"{year}-{m:02d}"].sum() / amount[f"{year - 1}-{m:02d}"].sum() - 1 for m in (1, 2)}
        same = aligned[year].sum() / aligned[year - 1].sum() - 1
        found[str(year)] = {"january": month[1], "february": month[2], "same_days_around_new_year": same}
    return {"cause": {"new_years_day": [f"{day:%Y-%m-%d}" for day in clock.NEW_YEARS[1:4]]}, "found": found}


def growing_up(life):
    """T27: chance that a customer orders again within 120 days, by the child's age at the order."""
    orders, persons = paid_orders(life.tables), life.tables["customers"].set_index("customer_id")
    born = pd.to_datetime(orders["customer_id"].map(persons["child_birth_month"]))
    age = (orders["date"].dt.year - born.dt.year) * 12 + orders["date"].dt.month - born.dt.month
    following = orders.groupby("customer_id")["ordered_at"].shift(-1)
    again = (following - orders["ordered_at"]).dt.days <= 120
    seen = orders["date"] < pd.Timestamp(clock.KNOWN) - pd.Timedelta(days=120)
    bands = pd.cut(
        age[seen],
        [-12, 0, 12, 24, 30, 36, 48, 96],
        labels=["unborn", "0-11", "12-23", "24-29", "30-35", "36-47", "48+"],
        right=False,
    )
    return {
        "what": "The older the child, the less likely the next order: babies outgrow the product.",
        "cause": {"age_in_months": people.GROWN_AGE, "factor_on_going_on": people.GROWN_STAY},
        "found": {"again_within_120_days": again[seen].groupby(bands, observed=True).mean().to_dict()},
    }


def causes():
    """Parameters of the media response that T19 and the planner of a quarter need."""
    return {
        "carried_to_the_next_day": {"Xiaohongshu": demand.NOTES_CARRY, "live": demand.LIVE_CARRY},
        "power": {"Xiaohongshu": demand.NOTES_POWER, "live": demand.LIVE_POWER, "feed ads clicks": 1 - feed.CROWDING},
        "response_a_day": {"Xiaohongshu visits": demand.NOTES_RESPONSE, "Xiaohongshu tmall customers": demand.NOTES_TMALL,
                           "live customers": demand.LIVE_RESPONSE},
        "incremental_share": {"feed ads by audience": dict(zip(feed.AUDIENCES, feed.AUDIENCE_INCREMENTAL, strict=True)),
                              "search by campaign": search.INCREMENTAL, "affiliate": demand.AFFILIATE_INCREMENTAL},
        "people_a_day_who_come_anyway": demand.WILLING,
        "coupon_detour": demand.COUPON_DETOUR,
        "planned_a_day": plan.A_DAY,
        "live_money_per_douyin_money": spend.LIVE_PER_DOUYIN,
    }  # fmt: skip


def truth(life):
    """Entries of the answer key."""
    weekly = weekly_spend(life)
    together = float(np.corrcoef(weekly["feed ads"], weekly["live"])[0, 1])
    return {
        "T16": double_11(life),
        "T17": third_quarter(life),
        "T19": {"what": "Douyin feed and live money move together, what they bring differs.", "cause": causes(),
                "found": {"correlation_by_week": together, "return_on_spend": return_on_spend(life)}},
        "T21": rival_entry(life),
        "T26": new_year(life),
        "T27": growing_up(life),
    }  # fmt: skip


def hidden(life):
    """Labels: what each medium caused, by week."""
    return {"channel_weeks": channel_weeks(life)}
