"""J05 The SEO desk: ranks, clicks by place, loading time, age of content. Lesson: lessons/1_junior/J05_seo_desk.md."""

import math

import numpy as np
import pandas as pd

from mktlib.course import exercise, per_world, prediction, unless_near, wrong
from mktlib.course.text import count, percent, points, times, yuan

MARGIN = 0.42
SEARCHES = 5000  # of the term in exercise 2, a month
BEFORE, AFTER = ("2025-07-01", "2025-07-31"), ("2025-08-01", "2025-08-31")
EARLY_MAY, EARLY_JUNE = ("2025-05-01", "2025-05-20"), ("2025-06-01", "2025-06-20")
SPRING = ("2025-02-01", "2025-04-30")
FAULT_SECONDS = 1.0  # a day this much above the usual level is part of the fault
GRAIN = "one row of seo_rank_daily is one search term on one day"


# ---------------------------------------------------------------- what several answers need


@per_world
def terms(seo_rank_daily):
    """Terms without the brand's own, rank as float (NaN: not among the first hundred)."""
    table = seo_rank_daily[seo_rank_daily["kind"] != "brand"]
    return table.assign(rank=table["rank"].astype(float))


@per_world
def rate(seo_rank_daily):
    """Clicks over searches by place."""
    held = terms(seo_rank_daily).groupby("rank")[["clicks", "searches"]].sum()
    return held["clicks"] / held["searches"]


def between(table, days, column="date"):
    return table[table[column].between(*days)]


@per_world
def two_months(seo_rank_daily):
    """July and August 2025 with the worth of each place."""
    table = terms(seo_rank_daily)
    table = table.assign(worth=table["rank"].map(rate(seo_rank_daily)))
    return between(table, BEFORE), between(table, AFTER)


def change(before, after):
    return after / before - 1


@per_world
def click_price(sem_keyword_daily):
    """What a click of the search ads cost in 2025, without the brand's campaign, in yuan."""
    year = sem_keyword_daily[
        (sem_keyword_daily["date"] >= "2025-01-01") & (sem_keyword_daily["campaign"] != "brand")
    ]
    return year["cost"].sum() / year["clicks"].sum()


def lost_visits(seo_rank_daily):
    """Clicks of July less clicks of August."""
    july, august = two_months(seo_rank_daily)
    return july["clicks"].sum() - august["clicks"].sum()


# ---------------------------------------------------------------- two questions from before


@exercise(
    "J05.r1",
    title="What does a yuan of advertising earn at ROAS 3?",
    kind="choice",
    practises=["R180"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "2 yuan: the three that came back, less the one that was spent",
        "b": "3 yuan: what comes back is what it earns",
        "c": "0.26 yuan: the margin of the three, less the one that was spent",
    },
)
def yuan_earned():
    """Of three yuan of revenue 1.26 stay as contribution; the yuan spent goes off. Break-even is a ROAS of 2.38."""
    return "c"


@yuan_earned.mistake("MARGIN_IGNORED", repair="What did the goods cost that brought the three yuan?")
def _():
    """You took revenue for what stays. Goods, shipping and fees have to be paid from it first."""
    return wrong(
        "a", shows={"revenue back per yuan": "3.00", "paid out of it for goods and shipping": "1.74"}
    )


@yuan_earned.mistake("ROAS_AS_ROI", repair="Is the yuan that was spent still there?")
def _():
    """You read a return on ad spend as a profit. It says what came in, before the goods and before the ad itself."""
    return "b"


yuan_earned.hints(
    "Which part of the revenue stays after goods and shipping?",
    "Contribution is revenue times margin; then the ad has to be paid.",
    "3 x 0.42 - 1",
)


@exercise(
    "J05.r2",
    title="Every device stays the same, the total rises",
    kind="choice",
    practises=["R183"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "whether more visits now come from the device on which people leave most often",
        "b": "the tracking, because a total cannot rise while none of its parts does",
        "c": "nothing, because with unchanged parts the rise must be chance",
    },
)
def where_to_look():
    """A total is a weighted mean of its parts: it moves with the rates and with the mix."""
    return "a"


@where_to_look.mistake("SIMPSON", repair="What are the weights with which a total is made of its parts?")
def _():
    """You hold the total to its parts. It is their weighted mean, and the weights are shares of visits, which move."""
    return wrong("b", shows={"share of the leaving device before": "40%", "and after, in an example": "70%"})


@where_to_look.mistake("NOISE_AS_SIGNAL", repair="Which figure, other than the rates, goes into the total?")
def _():
    """You call it chance because no rate moved. Chance would move the rates as well; the mix is left."""
    return "c"


where_to_look.hints(
    "How is a total rate made of the devices' rates?",
    "Rates and weights: which of the two stayed the same?",
    "If the rates stayed, the weights moved.",
)


# ---------------------------------------------------------------- mean rank and visibility


@prediction(
    "J05.a",
    title="Change of organic clicks from July to August 2025, relative",
    unit="fraction",
    practises=["R196"],
    bounds=(-1, 5),
    section="A mean of places",
)
def guess_clicks(seo_rank_daily):
    """The mean place got better and the clicks fell: a mean over terms does not know what is searched."""
    july, august = two_months(seo_rank_daily)
    return change(july["clicks"].sum(), august["clicks"].sum())


@exercise(
    "J05.1",
    title="Change of visibility from July to August 2025",
    kind="number",
    unit="fraction",
    minutes=(5, 8),
    practises=["R196", "R074"],
    bounds=(-1, None),
    section="A mean of places",
    selfcheck={
        "grain": GRAIN,
        "numerator and denominator": "searches times click rate of the place; below it all searches, also those without a place",
        "window": "1 to 31 July against 1 to 31 August 2025; click rates from the whole table",
        "filter": "terms without the kind brand",
    },
)
def visibility_change(seo_rank_daily):
    """Each term votes with its searches, each place with its clicks, and a lost place counts as nothing."""
    seen = [
        (m["searches"] * m["worth"].fillna(0)).sum() / m["searches"].sum() for m in two_months(seo_rank_daily)
    ]
    return change(*seen)


@visibility_change.mistake(
    "AVG_RANK", repair="How often is the most searched term searched, and how often the least?"
)
def _(seo_rank_daily, sem_keyword_daily):
    """You gave each term one vote. The update took places where many people search and gave some where few do, so a
    mean over terms is milder than what happened."""
    july, august = two_months(seo_rank_daily)
    volume = july.groupby("term")["searches"].sum()
    price = click_price(sem_keyword_daily)
    return wrong(
        change(july["worth"].fillna(0).mean(), august["worth"].fillna(0).mean()),
        shows={
            "searches of the largest term in July": count(volume.max()),
            "of the middle one": count(volume.median()),
        },
        cost=f"August had {count(lost_visits(seo_rank_daily))} visits fewer than July. At {yuan(price)} a click in search "
        f"ads they cost {yuan(lost_visits(seo_rank_daily) * price)} a month to buy back, while the agency is paid a bonus.",
    )


@visibility_change.mistake(
    "NULL_DROP", repair="What happens to a term's searches when its page falls out of the first hundred?"
)
def _(seo_rank_daily, sem_keyword_daily):
    """You left out rows without a place, above the line and below it. They are the terms that lost everything: whoever
    searches them no longer sees the shop."""
    july, august = two_months(seo_rank_daily)
    seen = [
        (m["searches"] * m["worth"]).sum() / m.loc[m["worth"].notna(), "searches"].sum()
        for m in (july, august)
    ]
    gone = set(august.loc[august["rank"].isna(), "term"])
    unseen = [m.loc[m["rank"].isna(), "searches"].sum() for m in (july, august)]
    there = july.loc[july["term"].isin(gone) & july["rank"].notna(), "clicks"].sum()
    return wrong(
        change(*seen),
        shows={"searches without a place in July": count(unseen[0]), "in August": count(unseen[1])},
        cost=f"The terms that fell out brought {count(there)} visits in July, worth {yuan(there * click_price(sem_keyword_daily))} "
        "at the price of search ads; nobody would ask for them back.",
    )


@visibility_change.slip("filter")
def _(seo_rank_daily):
    """You kept the brand's own terms, which hold the first place whatever happens."""
    table = seo_rank_daily.assign(rank=seo_rank_daily["rank"].astype(float))
    held = table.groupby("rank")[["clicks", "searches"]].sum()
    worth = table["searches"] * table["rank"].map(held["clicks"] / held["searches"]).fillna(0)
    months = [between(table.assign(worth=worth), days) for days in (BEFORE, AFTER)]
    return change(*[m["worth"].sum() / m["searches"].sum() for m in months])


@visibility_change.slip("numerator and denominator")
def _(seo_rank_daily):
    """You gave the change of the mean place. Visibility is a share of searches."""
    return change(*[m["rank"].mean() for m in two_months(seo_rank_daily)])


@visibility_change.slip("numerator and denominator")
def _(seo_rank_daily):
    """You gave the change of the clicks. They move with the number of searches as well."""
    months = two_months(seo_rank_daily)
    one_vote = change(*[m["worth"].fillna(0).mean() for m in months])
    return unless_near(change(*[m["clicks"].sum() for m in months]), one_vote, within=0.02)


@visibility_change.slip("numerator and denominator")
def _(seo_rank_daily):
    """You gave the difference of the two visibilities. The change is asked relative to July."""
    july, august = (
        (m["searches"] * m["worth"]).sum() / m["searches"].sum() for m in two_months(seo_rank_daily)
    )
    return august - july


@visibility_change.slip("grain")
def _(seo_rank_daily):
    """You took the mean of click_rate over the rows that have one: a term counts as much as any other, and
    lost ones not at all."""
    return change(*[m["worth"].mean() for m in two_months(seo_rank_daily)])


visibility_change.hints(
    "Which rows count above the line, and which below it?",
    "Add up searches x click_rate, with 0 where there is no place, and divide by all searches; once for each month.",
    'm["searches"].mul(m["click_rate"].fillna(0)).sum() / m["searches"].sum(), then August over July minus one.',
)


# ---------------------------------------------------------------- what three places are worth


@prediction(
    "J05.b",
    title="Clicks at place 8 for each click at place 11",
    unit="times",
    practises=["R073"],
    bounds=(0, 100),
    section="What three places are worth",
)
def guess_first_page(seo_rank_daily):
    """Between place 10 and 11 the first page ends, and few people turn it."""
    return rate(seo_rank_daily)[8] / rate(seo_rank_daily)[11]


@exercise(
    "J05.2",
    title="Visits from moving from place 11 to place 8",
    kind="number",
    unit="times",
    minutes=(4, 7),
    practises=["R073"],
    bounds=(0, SEARCHES),
    section="What three places are worth",
    selfcheck={
        "grain": "one place, with the clicks and searches of all terms and days on which a page held it",
        "numerator and denominator": "clicks over searches at place 8, less the same at place 11, times 5,000",
        "filter": "terms without the kind brand",
    },
)
def move_11_to_8(seo_rank_daily):
    """Read the curve at both places: the move crosses the edge of the first page, still far from the top."""
    return SEARCHES * (rate(seo_rank_daily)[8] - rate(seo_rank_daily)[11])


@move_11_to_8.mistake(
    "LINEAR_RANK", repair="How much does the step from 3 to 2 bring, and how much that from 20 to 19?"
)
def _(seo_rank_daily, sem_keyword_daily):
    """You let every place be worth the same. Most of the fall from place 2 to 20 happens in the first four places, and
    your straight line spreads it over places where there is little to win."""
    by = rate(seo_rank_daily)
    linear = SEARCHES * 3 * (by[2] - by[20]) / 18
    real = SEARCHES * (by[17] - by[20])
    return wrong(
        linear,
        shows={
            "one place up from 3": points(by[2] - by[3]),
            "one place up from 20": points(by[19] - by[20], 2),
        },
        cost=f"Your line sells the move from place 20 to 17 with as many visits, while {count(real)} a "
        "month come: a page moved there "
        f"is {yuan(12 * (linear - real) * click_price(sem_keyword_daily))} a year short at the price of "
        "search ads.",
    )


@move_11_to_8.mistake(
    "TOTAL_VS_NET", repair="How many visits does the page have at place 11, before anybody works on it?"
)
def _(seo_rank_daily, sem_keyword_daily):
    """You counted all visits at place 8. Those that came at place 11 already are not won by the move."""
    by = rate(seo_rank_daily)
    year = terms(seo_rank_daily).query("date >= '2025-01-01'")
    had = year.loc[year["rank"].between(11, 20), "clicks"].sum()
    return wrong(
        SEARCHES * by[8],
        shows={
            "clicks of 2025 at places 11 to 20": count(had),
            "click rate at place 50 and beyond, by comparison": "near 0%",
        },
        cost=f"An agency paid in this way for lifting the second page is paid for {count(had)} visits of "
        "a year that came "
        f"before it did anything, {yuan(had * click_price(sem_keyword_daily))} at the price of search ads.",
    )


move_11_to_8.hints(
    "What share of searchers clicks at place 8, what share at place 11?",
    "Take the difference of the two click rates; it holds for each search.",
    "5000 * (by_place[8] - by_place[11])",
)


# ---------------------------------------------------------------- seconds and quick exits


@per_world
def speed(page_speed):
    """page_speed with the share that left, and seconds and share less the mean of the device."""
    table = page_speed.assign(
        load=page_speed["lcp"] * page_speed["visits"], share=page_speed["bounces"] / page_speed["visits"]
    )
    level = table.groupby("device")[["load", "bounces", "visits"]].sum()
    return table.assign(
        seconds_off=table["lcp"] - table["device"].map(level["load"] / level["visits"]),
        share_off=table["share"] - table["device"].map(level["bounces"] / level["visits"]),
    )


def line(x, y, weight):
    """Slope of the weighted least-squares line."""
    return np.polyfit(x, y, 1, w=np.sqrt(weight))[0]


@exercise(
    "J05.3",
    title="What a second of loading costs, within a device",
    kind="number",
    unit="fraction",
    tolerance=0.003,
    minutes=(6, 10),
    practises=["R070"],
    bounds=(0, 1),
    section="What a second costs",
    selfcheck={
        "grain": "one row of page_speed is one page on one device and day",
        "numerator and denominator": "share of measured visits that left at once; each row weighs as many as it has visits",
        "window": "all of 2025",
        "filter": "seconds and share as distances from the mean of the row's own device",
    },
)
def second_within(page_speed):
    """Compared with its own device only, a second makes far fewer people leave than the line over all
    devices says."""
    table = speed(page_speed)
    return line(table["seconds_off"], table["share_off"], table["visits"])


@second_within.mistake(
    "CONFOUND_DEVICE",
    repair="Which device is slow, and whose users leave most often even when a page is quick?",
)
def _(page_speed, sem_keyword_daily):
    """You fitted one line through all devices. Android phones are slower and their users leave more readily anyway, so
    the line charges seconds with what the phone's owner does."""
    table = speed(page_speed)
    pooled = line(table["lcp"], table["share"], table["visits"])
    sums = table.groupby("device")[["bounces", "visits"]].sum()
    left = sums["bounces"] / sums["visits"]
    promised = pooled * sums["visits"].sum()
    return wrong(
        pooled,
        shows={
            "leave at once on Android": percent(left["android"]),
            "on a computer": percent(left["computer"]),
        },
        cost=f"A project that saves one second would be sold as worth {count(promised)} visits a year, "
        f"{yuan(promised * click_price(sem_keyword_daily))} at the price of a bought click, and a good "
        "part of that never comes.",
    )


@second_within.mistake(
    "MIX_UNADJUSTED", repair="On a day with more phone visits, what happens to both means?"
)
def _(page_speed, sem_keyword_daily):
    """You fitted a line through days. A day's mean over all devices gets slower when more people come by phone, and these
    leave more often: the mix moves both."""
    days = speed(page_speed).groupby("date")[["load", "bounces", "visits"]].sum()
    slope = line(days["load"] / days["visits"], days["bounces"] / days["visits"], np.ones(len(days)))
    android = page_speed[page_speed["device"] == "android"].groupby("date")["visits"].sum() / days["visits"]
    promised = slope * days["visits"].sum()
    return wrong(
        slope,
        shows={
            "Android's share on the day with least": percent(android.min(), 0),
            "on the day with most": percent(android.max(), 0),
        },
        cost=f"A second would be sold as worth {count(promised)} visits a year, "
        f"{yuan(promised * click_price(sem_keyword_daily))} at the "
        "price of a bought click, and a part of that never comes.",
    )


second_within.hints(
    "Does an Android page have to be compared with a computer page at all?",
    "Subtract each device's mean from its rows, for the seconds and for the share; then fit one line.",
    'np.polyfit(speed["lcp"] - speed["device"].map(mean_seconds), speed["share"] - speed["device"].map(mean_share), 1, '
    'w=np.sqrt(speed["visits"]))[0]',
)


# ---------------------------------------------------------------- the days of the fault


@per_world
def android_days(page_speed):
    """Mean seconds on Android, weighted by visits, by day of February to April 2025."""
    rows = between(speed(page_speed), SPRING)
    days = rows[rows["device"] == "android"].groupby("date")[["load", "visits"]].sum()
    return days["load"] / days["visits"]


@per_world
def fault_days(page_speed):
    """Days of February to April on which Android was slow."""
    level = android_days(page_speed)
    return level.index[level > level.median() + FAULT_SECONDS]


def as_days(first, last):
    return {"first day": pd.Timestamp(first), "last day": pd.Timestamp(last)}


@exercise(
    "J05.4",
    title="First and last day of the slow pages on Android",
    kind="table",
    unit="date",
    minutes=(4, 8),
    practises=["R070"],
    section="A month hides its days",
    selfcheck={
        "grain": "one day, the mean over pages weighted by visits",
        "window": "February to April 2025",
        "filter": "Android only",
    },
)
def slow_days(page_speed):
    """By day and by device the fault has edges: it came with one release and went with another."""
    days = fault_days(page_speed)
    return as_days(days[0], days[-1])


def android_visits(page_speed, days):
    rows = between(page_speed, days)
    return rows.loc[rows["device"] == "android", "visits"].sum()


@slow_days.mistake(
    "AGG_HIDES", repair="Which single days of that month are slow, and which are as quick as February?"
)
def _(page_speed, sem_keyword_daily):
    """You took the month. A mean over thirty-one days is raised by the slow ones and does not say which they are, so the
    release that caused it cannot be found."""
    days = android_days(page_speed)
    march = days[days.index.month == 3]
    innocent = android_visits(page_speed, ("2025-03-01", "2025-03-31")) - sum(
        android_visits(page_speed, (day, day)) for day in fault_days(page_speed)
    )
    return wrong(
        as_days("2025-03-01", "2025-03-31"),
        shows={
            "quickest day of the month, seconds": f"{march.min():.1f}",
            "slowest day": f"{march.max():.1f}",
        },
        cost=f"The claim against the contractor would hold {count(innocent)} visits of days without a fault, "
        f"{yuan(innocent * click_price(sem_keyword_daily))} at the price of a bought click; it comes back refused.",
    )


@slow_days.mistake("PEAK_AS_UNIQUE", repair="How slow were the days just before and after the slowest?")
def _(page_speed, sem_keyword_daily):
    """You took the slowest day for the fault. The peak is one day of it; its neighbours are nearly as slow."""
    days = android_days(page_speed)
    peak = days.idxmax()
    missed = sum(android_visits(page_speed, (day, day)) for day in fault_days(page_speed)) - android_visits(
        page_speed, (peak, peak)
    )
    return wrong(
        as_days(peak, peak),
        shows={
            "seconds on the slowest day": f"{days.max():.1f}",
            "on the next slowest": f"{days.nlargest(2).iloc[1]:.1f}",
        },
        cost=f"{count(missed)} slow visits would not be in the claim, {yuan(missed * click_price(sem_keyword_daily))} at the price "
        "of a bought click.",
    )


slow_days.hints(
    "Which device, and which grain of time, shows edges?",
    "Keep Android, weight by visits, one mean per day; then look where the line jumps up and where it falls.",
    "android[android > android.median() + 1].index[[0, -1]]",
)


# ---------------------------------------------------------------- articles


@prediction(
    "J05.c",
    title="Days until half of all impressions of an answer on Zhihu are there",
    unit="times",
    practises=["R094"],
    bounds=(0, 400),
    section="An article takes its time",
)
def guess_half_life(post_impressions_daily, social_posts):
    """An answer is found by search for months. A video is shown by the feed for a day or two."""
    return half_life(post_impressions_daily, social_posts)["Zhihu"]


def half_life(post_impressions_daily, social_posts):
    """Days after publication with half of all impressions, by platform."""
    table = post_impressions_daily.merge(social_posts[["post_id", "platform"]], on="post_id")
    shown = table.groupby(["days_after", "platform"])["impressions"].sum().unstack(fill_value=0).cumsum()
    return (shown >= shown.iloc[-1] / 2).idxmax()


@per_world
def old_articles(content_costs, article_visits_daily):
    """Cost of the articles published up to June 2024, and their visits by age in days."""
    made = content_costs[content_costs["published_on"] <= "2024-06-30"]
    visits = article_visits_daily.merge(made[["article", "published_on"]], on="article")
    return made, visits.assign(age=(visits["date"] - visits["published_on"]).dt.days)


@per_world
def contribution_per_order(orders):
    """Contribution of an order that came by SEO, placed, paid or not, in yuan."""
    rows = orders[orders["channel"] == "SEO"]
    return MARGIN * rows.loc[rows["status"] == "paid", "amount"].sum() / len(rows)


def fees(made):
    return made[["writing", "review", "pictures"]].sum().sum()


def back(content_costs, article_visits_daily, orders, days):
    """Contribution of the articles' first days, in yuan."""
    _, visits = old_articles(content_costs, article_visits_daily)
    return contribution_per_order(orders) * visits.loc[visits["age"] < days, "orders"].sum()


@exercise(
    "J05.5",
    title="What a yuan spent on articles brought in their first year",
    kind="number",
    unit="times",
    tolerance=0.0025,
    minutes=(5, 9),
    practises=["R072", "R076", "R094"],
    bounds=(0, None),
    section="An article takes its time",
    selfcheck={
        "grain": "one row of article_visits_daily is one article on one day",
        "numerator and denominator": "orders times contribution per order, over all three fees",
        "window": "the first 365 days of each article: age 0 to 364",
        "filter": "articles published up to 30 June 2024",
    },
)
def first_year(content_costs, article_visits_daily, orders):
    """All orders of the year an article needs, all fees it cost, and what stays of an order."""
    made, _ = old_articles(content_costs, article_visits_daily)
    return back(content_costs, article_visits_daily, orders, 365) / fees(made)


@first_year.mistake(
    "HORIZON_MISMATCH", repair="How many visits has an article in its first month, and how many in its ninth?"
)
def _(content_costs, article_visits_daily, orders, sem_keyword_daily):
    """You gave the articles thirty days, as one gives search ads. An ad works on the day it is paid; a page has to climb
    first, and is hardly seen in its first month."""
    made, visits = old_articles(content_costs, article_visits_daily)
    later = visits.loc[visits["age"].between(30, 364), "visits"].sum()
    month = [visits.loc[visits["age"].between(start, start + 29), "visits"].sum() for start in (0, 240)]
    return wrong(
        back(content_costs, article_visits_daily, orders, 30) / fees(made),
        shows={
            "visits in the first month of all articles": count(month[0]),
            "in their ninth": count(month[1]),
        },
        cost=f"Taken down after a month for bringing nothing, these {len(made)} articles would have "
        f"missed {count(later)} visits in the "
        f"eleven months that follow, {yuan(later * click_price(sem_keyword_daily))} at the price of "
        "search ads.",
    )


@first_year.mistake("COST_PARTIAL", repair="Who else was paid before an article went online?")
def _(content_costs, article_visits_daily, orders):
    """You counted the writer's fee alone. A nurse's check and the pictures are part of what an article costs."""
    made, _ = old_articles(content_costs, article_visits_daily)
    left_out = fees(made) - made["writing"].sum()
    return wrong(
        back(content_costs, article_visits_daily, orders, 365) / made["writing"].sum(),
        shows={"writing": yuan(made["writing"].sum()), "review and pictures": yuan(left_out)},
        cost=f"The next budget would be {yuan(left_out)} short for as many articles.",
    )


@first_year.mistake("MARGIN_IGNORED", repair="What stays of an order after goods and shipping are paid?")
def _(content_costs, article_visits_daily, orders):
    """You set revenue against cost. Only the contribution, 42 percent of it, can pay a fee."""
    made, _ = old_articles(content_costs, article_visits_daily)
    gain = back(content_costs, article_visits_daily, orders, 365)
    return wrong(
        gain / MARGIN / fees(made),
        shows={
            "revenue of a placed order": yuan(contribution_per_order(orders) / MARGIN),
            "contribution": yuan(contribution_per_order(orders)),
        },
        cost=f"The report would show {yuan(gain / MARGIN - gain)} that went to suppliers and couriers.",
    )


@first_year.slip("numerator and denominator")
def _(content_costs, article_visits_daily, orders):
    """You gave each placed order the mean amount of all placed ones, although some were never paid."""
    made, visits = old_articles(content_costs, article_visits_daily)
    amount = orders.loc[orders["channel"] == "SEO", "amount"].mean()
    return MARGIN * amount * visits.loc[visits["age"] < 365, "orders"].sum() / fees(made)


@first_year.slip("numerator and denominator")
def _(content_costs, article_visits_daily, orders):
    """You gave each placed order the mean amount of a paid one, although some were never paid."""
    made, visits = old_articles(content_costs, article_visits_daily)
    seo = orders[orders["channel"] == "SEO"]
    paid, placed = seo.loc[seo["status"] == "paid", "amount"].mean(), seo["amount"].mean()
    amount = unless_near(paid, placed, within=0.005)
    return amount and MARGIN * amount * visits.loc[visits["age"] < 365, "orders"].sum() / fees(made)


@first_year.slip("window")
def _(content_costs, article_visits_daily, orders):
    """You took all orders up to the end of 2025, those of the second and third year included."""
    made, _ = old_articles(content_costs, article_visits_daily)
    return back(content_costs, article_visits_daily, orders, math.inf) / fees(made)


@first_year.slip("filter")
def _(content_costs, article_visits_daily, orders):
    """You took all articles, also those that are younger than a year."""
    visits = article_visits_daily.merge(content_costs[["article", "published_on"]], on="article")
    age = (visits["date"] - visits["published_on"]).dt.days
    return contribution_per_order(orders) * visits.loc[age < 365, "orders"].sum() / fees(content_costs)


first_year.hints(
    "What went in, and what came back within a year of each article's own publication?",
    "Keep ages below 365, add up orders, multiply by the contribution of an order; divide by the sum of all fees.",
    'contribution * old.loc[old["age"] < 365, "orders"].sum() / made[["writing", "review", "pictures"]].sum().sum()',
)


# ---------------------------------------------------------------- links in the month of 618


@per_world
def june_over_may(seo_rank_daily):
    """Relative changes, 1-20 June over 1-20 May: clicks, searches, searches at May's places, places at May's searches."""
    table = terms(seo_rank_daily)
    table = table.assign(worth=table["rank"].map(rate(seo_rank_daily)).fillna(0))
    may, june = (
        between(table, days)
        .groupby("term")
        .agg(searches=("searches", "sum"), worth=("worth", "mean"), clicks=("clicks", "sum"))
        for days in (EARLY_MAY, EARLY_JUNE)
    )
    base = (may["searches"] * may["worth"]).sum()
    return {
        "clicks": change(may["clicks"].sum(), june["clicks"].sum()),
        "searches alone": change(base, (june["searches"] * may["worth"]).sum()),
        "places alone": change(base, (may["searches"] * june["worth"]).sum()),
        "more clicks": june["clicks"].sum() - may["clicks"].sum(),
    }


@exercise(
    "J05.6",
    title="Twenty new links, and more traffic in the same month",
    kind="choice",
    minutes=(3, 6),
    practises=["R075", "R076"],
    section="Twenty links in June",
    options={
        "a": "the links: they came in June, and so did the visits",
        "b": "the season: people searched more before 618, and the places hardly moved",
        "c": "luck: a rise of that size happens from month to month by chance",
    },
)
def what_rose(seo_rank_daily):
    """At May's places the searches alone would have raised the clicks; at May's searches the places
    alone would hardly have."""
    found = june_over_may(seo_rank_daily)
    return "b" if found["searches alone"] > 2 * found["places alone"] else "a"


@what_rose.mistake(
    "POST_HOC", repair="A link can only work through a better place. How far did the places move?"
)
def _(seo_rank_daily, sem_keyword_daily):
    """You credit what came first for what came next. The visits rose on pages with new links and without, because more
    people searched; a link needs months, and can act through the place alone."""
    found = june_over_may(seo_rank_daily)
    worth = found["more clicks"] * click_price(sem_keyword_daily)
    return wrong(
        "a",
        shows={
            "from searches alone": percent(found["searches alone"], 0),
            "from places alone": percent(found["places alone"], 0),
        },
        cost=f"The agency would book the season's {count(found['more clicks'])} extra visits, {yuan(worth)} at the price of search ads, as the "
        "work of its links, and sell twenty more for July, when the season is over.",
    )


@what_rose.mistake("NOISE_AS_SIGNAL", repair="How many terms rose at once, and what do they have in common?")
def _(seo_rank_daily, sem_keyword_daily):
    """You call it luck. Most terms were searched more often at the same time, before a date that stands in the calendar."""
    table = terms(seo_rank_daily)
    sums = [between(table, days).groupby("term")["searches"].sum() for days in (EARLY_MAY, EARLY_JUNE)]
    extra = june_over_may(seo_rank_daily)["more clicks"]
    return wrong(
        "c",
        shows={
            "terms searched more often": count((sums[1] > sums[0]).sum()),
            "less often": count((sums[1] < sums[0]).sum()),
        },
        cost=f"Taken for luck, the {count(extra)} extra visits, {yuan(extra * click_price(sem_keyword_daily))} at the price of search ads, "
        "would not be planned for next June, and the stock would not either.",
    )


what_rose.hints(
    "Clicks are searches times click rate. Which of the two factors moved?",
    "Look at the two bars: one holds the places of May, the other the searches of May.",
    "The bar of the searches is as high as the rise of the clicks; the bar of the places lies near zero.",
)


# ---------------------------------------------------------------- the audit


def audit(page_crawl):
    found = page_crawl[page_crawl["status_code"] == 200]
    aimed = found[found["target_keyword"] != ""]
    pairs = zip(aimed["title"], aimed["target_keyword"], strict=True)
    return {
        "moved or gone": int((page_crawl["status_code"] != 200).sum()),
        "orphans": int((found["internal_links_in"] == 0).sum()),
        "title without keyword": sum(word not in title for title, word in pairs),
        "harmful repetitions": int((aimed["keyword_repetitions"] > 10).sum()),
    }


@exercise(
    "J05.7",
    title="The audit of sixty pages",
    kind="table",
    unit="count",
    minutes=(6, 10),
    practises=["R071", "R077"],
    section="Sixty pages by script",
    selfcheck={
        "grain": "one row of page_crawl is one address",
        "filter": "the last three only among addresses that answer with 200; the last two only where there is a target keyword",
    },
)
def faults(page_crawl):
    """Four lines of script, sixty pages, and the same result whoever runs it."""
    return audit(page_crawl)


@per_world
def filled(page_crawl, seo_rank_daily):
    """Mean log place, by month of 2025, of pages that were filled with their keyword and of the others."""
    aimed = page_crawl[(page_crawl["status_code"] == 200) & (page_crawl["target_keyword"] != "")]
    many = aimed.set_index("target_keyword")["keyword_repetitions"] > 10
    table = terms(seo_rank_daily)
    table = table[table["term"].isin(many.index) & (table["date"] >= "2025-01-01")]
    log = np.log(table["rank"])
    return np.exp(log.groupby([table["date"].dt.strftime("%Y-%m"), table["term"].map(many)]).mean().unstack())


@faults.mistake("DENSITY_MYTH", repair="Where did the filled pages stand in March, and where in July?")
def _(page_crawl, seo_rank_daily, sem_keyword_daily):
    """You took few repetitions for the fault. Pages with many stand higher because they stood higher before they were
    filled; since then they have lost places."""
    aimed = page_crawl[(page_crawl["status_code"] == 200) & (page_crawl["target_keyword"] != "")]
    place = filled(page_crawl, seo_rank_daily)[True]
    by = rate(seo_rank_daily)
    curve = [np.interp(place[month], by.index, by) for month in ("2025-03", "2025-07")]
    words = aimed.loc[aimed["keyword_repetitions"] > 10, "target_keyword"]
    july = between(terms(seo_rank_daily), BEFORE)
    searches = july.loc[july["term"].isin(words), "searches"].sum()
    lost = searches * (curve[0] - curve[1])
    return wrong(
        audit(page_crawl) | {"harmful repetitions": int((aimed["keyword_repetitions"] <= 10).sum())},
        shows={
            "typical place of the filled pages in March": f"{place['2025-03']:.1f}",
            "in July": f"{place['2025-07']:.1f}",
        },
        cost=f"Since they were filled, these pages miss about {count(lost)} visits a month, {yuan(lost * click_price(sem_keyword_daily))} at the "
        "price of search ads; you would fill the others, too.",
    )


@faults.mistake("PROXY_METRIC", repair="Can a short title lack its keyword, and a long one hold it?")
def _(page_crawl):
    """You judged titles by their length. Length is what a tool flags first; whether the keyword stands in the title is
    another question, with other pages for an answer."""
    aimed = page_crawl[(page_crawl["status_code"] == 200) & (page_crawl["target_keyword"] != "")]
    long = aimed["title_length"] > 30
    holds = sum(
        word in title
        for title, word in zip(aimed.loc[long, "title"], aimed.loc[long, "target_keyword"], strict=True)
    )
    return wrong(
        audit(page_crawl) | {"title without keyword": int(long.sum())},
        shows={"titles over 30 characters": count(long.sum()), "of these with their keyword": count(holds)},
    )


faults.hints(
    "Which rows are pages at all, and which of them were made for a term?",
    "A condition on a column and .sum() counts rows; for title and keyword compare the two texts row by row.",
    'sum(word not in title for title, word in zip(aimed["title"], aimed["target_keyword"]))',
)


# ---------------------------------------------------------------- two tools

PLACE = 5


def candidate(keyword_volumes):
    """The row of the term on which the two tools disagree."""
    new = keyword_volumes[~keyword_volumes["tracked"]]
    return new[new["term"] == "新生儿黄疸护理"].iloc[0]


@exercise(
    "J05.8",
    title="Two tools, one candidate term: visits at place 5",
    kind="number",
    unit="times",
    tolerance=0.01,
    minutes=(4, 7),
    practises=["R078"],
    bounds=(0, None),
    section="Two tools, two numbers",
    selfcheck={
        "grain": "one row of keyword_volumes is one term",
        "numerator and denominator": "searches a month on the engine whose places we count, times the click rate of place 5",
        "filter": "the tool whose figures agree with our own console for the terms we track",
    },
)
def candidate_visits(keyword_volumes, seo_rank_daily):
    """The tool that counts the same searches as our console can be read on a term that the console does not have."""
    return candidate(keyword_volumes)["volume_a"] * rate(seo_rank_daily)[PLACE]


@candidate_visits.also("calibrated")
def _(keyword_volumes, seo_rank_daily):
    """Tool A, divided by its median ratio to the console."""
    return (
        candidate_visits.compute(keyword_volumes, seo_rank_daily)
        / over_console(keyword_volumes, seo_rank_daily)["volume_a"]
    )


@per_world
def with_console(keyword_volumes, seo_rank_daily):
    """Tools beside the console (own), terms without the brand with more than 200 searches a month in autumn
    2025."""
    autumn = (
        between(terms(seo_rank_daily), ("2025-09-01", "2025-11-30")).groupby("term")["searches"].sum() / 3
    )
    return keyword_volumes.set_index("term").join(autumn.rename("own"), how="inner").query("own > 200")


def over_console(keyword_volumes, seo_rank_daily):
    """Median of tool over console."""
    both = with_console(keyword_volumes, seo_rank_daily)
    return both[["volume_a", "volume_b"]].div(both["own"], axis=0).median()


@candidate_visits.mistake("TOOL_TRUTH", repair="Whom does tool A count, whom tool B, and whom their mean?")
def _(keyword_volumes, seo_rank_daily, sem_keyword_daily):
    """You took two tools for two measurements of one thing. They count different searches, so the mean of them counts
    nobody's."""
    term, tool = candidate(keyword_volumes), over_console(keyword_volumes, seo_rank_daily)
    by = rate(seo_rank_daily)[PLACE]
    known = with_console(keyword_volumes, seo_rank_daily)
    too_many = 12 * by * (known[["volume_a", "volume_b"]].mean(axis=1) - known["own"]).sum()
    return wrong(
        by * (term["volume_a"] + term["volume_b"]) / 2,
        shows={
            "tool A over our console": times(tool["volume_a"], 2),
            "tool B over our console": times(tool["volume_b"], 2),
        },
        cost=f"At place {PLACE}, the {len(known)} terms that the console knows would be planned in this "
        f"way with {count(too_many)} visits a "
        f"year too many, {yuan(too_many * click_price(sem_keyword_daily))} at the price of search ads.",
    )


@candidate_visits.mistake("DEF_MISMATCH", repair="On how many engines do we hold place 5?")
def _(keyword_volumes, seo_rank_daily, sem_keyword_daily):
    """You took the larger tool. It counts close variants and all engines, while our places and click rates are those of
    exactly this term on Baidu."""
    term, tool = candidate(keyword_volumes), over_console(keyword_volumes, seo_rank_daily)
    by = rate(seo_rank_daily)[PLACE]
    known = with_console(keyword_volumes, seo_rank_daily)
    too_many = 12 * by * (known["volume_b"] - known["own"]).sum()
    return wrong(
        by * term["volume_b"],
        shows={"tool B over our console, typical term": times(tool["volume_b"], 2)},
        cost=f"At place {PLACE}, the {len(known)} terms that the console knows would be planned in this "
        f"way with {count(too_many)} visits a "
        f"year too many, {yuan(too_many * click_price(sem_keyword_daily))} at the price of search ads.",
    )


candidate_visits.hints(
    "For which terms can you test the tools against something you know?",
    "Take the tool that agrees with the console, and multiply its volume by the click rate of place 5.",
    'candidate["volume_a"] * by_place[5]',
)


# ---------------------------------------------------------------- mixed case, memo


@per_world
def fault_bill(page_speed, sem_keyword_daily):
    """Visits lost to the fault and what as many bought clicks cost on those days, with the parts that mistakes need."""
    days = fault_days(page_speed)
    spring = between(page_speed, SPRING)

    def lost(rows):
        sums = rows.groupby(rows["date"].isin(days))[["bounces", "visits"]].sum()
        share = sums["bounces"] / sums["visits"]
        return sums.loc[True, "visits"] * (share[True] - share[False])

    with_brand = sem_keyword_daily[sem_keyword_daily["date"].isin(days)]
    ads = with_brand[with_brand["campaign"] != "brand"]
    words = ads.groupby("keyword")[["cost", "clicks"]].sum().query("clicks > 0")
    return {
        "android": lost(spring[spring["device"] == "android"]),
        "all": lost(spring),
        "cpc": ads["cost"].sum() / ads["clicks"].sum(),
        "mean cpc": (words["cost"] / words["clicks"]).mean(),
        "dearest": words["clicks"].max(),
        "rarest": words["clicks"].min(),
        "bought": ads["clicks"].sum(),
        "brand too": with_brand["cost"].sum() / with_brand["clicks"].sum(),
    }


def bill(visits, price):
    return {"visits lost": visits, "CNY": visits * price}


@exercise(
    "J05.9",
    title="The bill of the March fault",
    kind="table",
    unit={"visits lost": "times", "CNY": "CNY"},
    minutes=(6, 12),
    points=2,
    practises=["R070"],
    section="Mixed case: the bill for March",
    selfcheck={
        "grain": "one row of page_speed is one page, device and day; one row of sem_keyword_daily one keyword and day",
        "numerator and denominator": "quick exits over measured visits, once for the slow days and once for the others; cost over clicks",
        "window": "the slow days against all other days of February to April 2025; the price of a click on the slow days",
        "filter": "the device that had the fault; search ads without the campaign brand",
    },
)
def march_bill(page_speed, sem_keyword_daily):
    """The device with the fault against its own other days, at the price of a bought click."""
    parts = fault_bill(page_speed, sem_keyword_daily)
    return bill(parts["android"], parts["cpc"])


@march_bill.mistake(
    "MIX_UNADJUSTED", repair="Which devices had the fault, and what do the others do to the comparison?"
)
def _(page_speed, sem_keyword_daily):
    """You compared the whole shop. Most of its visits came on devices without a fault, and whatever moved their quick
    exits, a season or other pages, is charged to it or taken off it."""
    parts = fault_bill(page_speed, sem_keyword_daily)
    rows = between(page_speed, SPRING)
    slow = rows["date"].isin(fault_days(page_speed))
    android = rows.loc[slow & (rows["device"] == "android"), "visits"].sum() / rows.loc[slow, "visits"].sum()
    others = rows.loc[slow & (rows["device"] != "android"), "visits"].sum()
    return wrong(
        bill(parts["all"], parts["cpc"]),
        shows={
            "visits of the slow days on Android": percent(android, 0),
            "on devices without a fault": percent(1 - android, 0),
        },
        cost=f"The claim would rest on {count(others)} visits that met no fault, "
        f"{yuan(others * parts['cpc'])} at the price of those days: "
        "whoever shipped it has a reason to send it back.",
    )


@march_bill.mistake("AVG_OF_RATIOS", repair="How many clicks stand behind each keyword's price?")
def _(page_speed, sem_keyword_daily):
    """Your yuan are what the mean of the keywords' prices gives. In that mean a keyword with a handful of
    clicks has as large a vote as the busiest one."""
    parts = fault_bill(page_speed, sem_keyword_daily)
    return wrong(
        bill(parts["android"], parts["mean cpc"]),
        shows={
            "clicks of the rarest keyword": count(parts["rarest"]),
            "of the busiest": count(parts["dearest"]),
        },
        cost="At that price the search ads of the slow days would stand in the books with "
        f"{yuan(abs(parts['cpc'] - parts['mean cpc']) * parts['bought'])} more or less than they cost.",
    )


@march_bill.slip("filter")
def _(page_speed, sem_keyword_daily):
    """You took the price of a click with the campaign brand in it."""
    parts = fault_bill(page_speed, sem_keyword_daily)
    return bill(parts["android"], parts["brand too"])


march_bill.hints(
    "Who left more often than usual, compared with whom, and when?",
    "Share that left on Android, slow days less other days, times the visits of the slow days; then the price of a click.",
    'slow["visits"].sum() * (share_slow - share_other), and that times ads["cost"].sum() / ads["clicks"].sum()',
)


@exercise(
    "J05.10",
    title="Memo: does the agency get its bonus?",
    kind="memo",
    unit="fraction",
    minutes=(5, 8),
    points=2,
    practises=["R196"],
    section="The memo",
    selfcheck={
        "line 1": "the number, with its sign (a fall has a minus) and its period",
        "line 2": "the evidence: what it is compared with, and how large that is",
        "line 3": "the ask: who should do what, by when",
    },
)
def bonus_memo(seo_rank_daily):
    """A number that counts searches and lost places, the evidence for it, and a decision asked for."""
    return visibility_change.compute(seo_rank_daily)


@bonus_memo.mistake("AVG_RANK", repair="Does the number of line 1 know which terms are searched?")
def _(seo_rank_daily, sem_keyword_daily):
    """Your first line carries the improvement of the mean place. It is true, and it is the number by which a month of
    losses earns a bonus."""
    july, august = two_months(seo_rank_daily)
    lost = lost_visits(seo_rank_daily)
    return wrong(
        1 - august["rank"].mean() / july["rank"].mean(),
        shows={
            "term-days with a place in July": count(july["rank"].notna().sum()),
            "in August": count(august["rank"].notna().sum()),
        },
        cost=f"The bonus is paid on top of {yuan(lost * click_price(sem_keyword_daily))} a month that {count(lost)} missing visits cost in search ads.",
    )


@bonus_memo.mistake(
    "DEF_MISMATCH", repair="Which part of a change of clicks comes from people who search more, or less?"
)
def _(seo_rank_daily, sem_keyword_daily):
    """Your first line carries the change of the clicks. It moves with the number of searches, too, and the
    bonus is about places: visibility holds what a place is worth."""
    july, august = two_months(seo_rank_daily)
    lost = lost_visits(seo_rank_daily)
    return wrong(
        change(july["clicks"].sum(), august["clicks"].sum()),
        shows={
            "searches in July": count(july["searches"].sum()),
            "in August": count(august["searches"].sum()),
        },
        cost=f"{count(lost)} visits fewer would cost {yuan(lost * click_price(sem_keyword_daily))} a "
        "month in search ads, and the figure "
        "does not say whether the places fell or people searched less.",
    )


@bonus_memo.mistake("NO_ACTION", repair="Who should do what by when, now that the number is known?")
def _():
    """Your third line asks for nothing. A report without a decision is filed, not used."""
    return None


bonus_memo.hints(
    "Three lines: number, evidence, ask.",
    "Line 2 needs a number of its own, such as the change of the clicks or the mean place that hides it.",
    "Line 3 begins with a verb: pay, stop, ask, replace; and says by when.",
)
