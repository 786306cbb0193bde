"""J01 The metrics alphabet: rates, uniques, changes, mixes. Lesson: lessons/1_junior/J01_metrics_alphabet.md."""

from mktlib.course import exercise, per_world, prediction, wrong
from mktlib.course.text import count, percent, times, yuan
from mktlib.metrics import ratio

CAMPAIGN = "HY-618-A"
GRAIN = "one row of feed_ads_daily is one creative, shown to one audience, on one day"


@per_world
def june(feed_ads_daily):
    """Rows of the campaign in June 2025."""
    rows = feed_ads_daily[feed_ads_daily["date"].between("2025-06-01", "2025-06-30")]
    return rows[rows["campaign"] == CAMPAIGN]


@per_world
def by_day(feed_ads_daily):
    """Impressions, clicks and cost of the campaign, one row a day of June 2025."""
    return june(feed_ads_daily).groupby("date")[["impressions", "clicks", "cost"]].sum()


def promo_days(calendar):
    """The days of June 2025 on which the promotion peaks."""
    return calendar.loc[calendar["promo_peak"] & calendar["date"].between("2025-06-01", "2025-06-30"), "date"]


@per_world
def june_visits(web_sessions):
    """Visits of the campaign in June 2025."""
    visits = web_sessions[web_sessions["started_at"].between("2025-06-01", "2025-07-01", inclusive="left")]
    return visits[visits["campaign"] == CAMPAIGN]


def week(feed_exposures):
    """The person-days of the week from Monday 9 to Sunday 15 June 2025."""
    return feed_exposures[feed_exposures["date"].between("2025-06-09", "2025-06-15")]


# ---------------------------------------------------------------- two questions from before


@exercise(
    "J01.r1",
    title="What is one row of order_items?",
    kind="choice",
    practises=["R180"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "one order",
        "b": "one product within one order",
        "c": "one customer's purchases of a day",
    },
)
def row_of_order_items(order_items):
    """Each product of an order has a line of its own; a basket of three products stands there three times."""
    return "b" if order_items["order_id"].duplicated().any() else "a"


@row_of_order_items.mistake(
    "LINES_AS_ORDERS", repair="Take one order_id: how often does it occur in order_items?"
)
def _(order_items):
    """You read a line of a basket as an order. Counting such rows counts products, not orders."""
    lines, orders = len(order_items), order_items["order_id"].nunique()
    return wrong("a", shows={"rows of order_items": count(lines), "orders in it": count(orders)})


@row_of_order_items.mistake(
    "ROWS_AS_PEOPLE", repair="Which column would tell you that two rows belong to one person?"
)
def _():
    """You read a row as a person. A customer who orders twice, three products each time, fills six rows."""
    return "c"


row_of_order_items.hints(
    "What do the columns order_id and line say together?",
    "Count the rows, then the different order ids.",
    "The pair of order_id and line occurs once; order_id alone occurs several times.",
)


@exercise(
    "J01.r2",
    title="Which is the last week that may be compared?",
    kind="choice",
    practises=["R180"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "the week in which the data end, because it is the newest",
        "b": "the last week with all seven days in the data",
        "c": "the last week with any order in it",
    },
)
def last_comparable_week():
    """A week with three days in the data is three days long, whatever happened in it."""
    return "b"


@last_comparable_week.mistake("INCOMPLETE_PERIOD", repair="How many days of that week does the file hold?")
def _(orders):
    """You compare a part of a week with whole ones: the missing days read as a slump."""
    days = orders["ordered_at"].max().weekday() + 1
    return wrong("a", shows={"days of it in the data": str(days), "days in the weeks before": "7"})


@last_comparable_week.mistake(
    "LAG_IMMATURE", repair="Could a week with one order on its Monday stand beside a whole week?"
)
def _():
    """You take any order for a whole week. A week counts when it is complete, not when it has begun."""
    return "c"


last_comparable_week.hints(
    "On which weekday do the data end?",
    "Count the days of the last week that have any row.",
    "Compare only weeks with seven days.",
)


# ---------------------------------------------------------------- a rate of rates


@prediction(
    "J01.a",
    title="The click-through rate of the June campaign, as a fraction",
    unit="fraction",
    practises=["R180"],
    bounds=(0, 1),
    section="A rate of rates",
)
def guess_ctr(feed_ads_daily):
    """The month belongs to its busy days: they hold most of the impressions, so they pull the rate to their side."""
    return ratio(june(feed_ads_daily), "clicks", "impressions")


@guess_ctr.mistake("AVG_OF_RATIOS", repair="Which days hold most of the impressions?")
def _(feed_ads_daily):
    """Your guess is nearer to the mean of the daily rates than to the month's own. Most days are quiet, most impressions
    are not."""
    days = by_day(feed_ads_daily)
    return (days["clicks"] / days["impressions"]).mean()


@exercise(
    "J01.1",
    title="CTR of the June campaign",
    kind="number",
    unit="fraction",
    minutes=(3, 6),
    practises=["R180", "R189"],
    bounds=(0, 1),
    section="A rate of rates",
    selfcheck={
        "grain": GRAIN,
        "numerator and denominator": "clicks per impression, both summed",
        "window": "1 to 30 June 2025, both included",
        "filter": f"campaign {CAMPAIGN} only",
    },
)
def june_ctr(feed_ads_daily):
    """Clicks of the month over impressions of the month."""
    rows = june(feed_ads_daily)
    return rows["clicks"].sum() / rows["impressions"].sum()


@june_ctr.mistake("AVG_OF_RATIOS", repair="How many impressions stand behind each of the thirty rates?")
def _(feed_ads_daily, calendar):
    """You averaged thirty daily rates. A promotion day weighs as much as any other day in that mean, yet holds far
    more of the impressions."""
    days = by_day(feed_ads_daily)
    naive = (days["clicks"] / days["impressions"]).mean()
    promo = days.index.isin(promo_days(calendar))
    return wrong(
        naive,
        shows={
            "promotion days among the days": percent(promo.mean(), 0),
            "promotion days among the impressions": percent(
                days["impressions"][promo].sum() / days["impressions"].sum(), 0
            ),
        },
        cost=missing_clicks(days, naive),
    )


def missing_clicks(days, promised):
    """What it costs to buy the clicks that a too high CTR promises for the same impressions."""
    clicks, impressions = days["clicks"].sum(), days["impressions"].sum()
    missing = promised * impressions - clicks
    price = days["cost"].sum() / clicks
    return (
        f"A plan with that rate expects {count(missing)} more clicks from the same impressions than came. "
        f"Bought at this month's price per click they cost {yuan(missing * price)}."
    )


@june_ctr.mistake(
    "RATIO_BEFORE_GROUP", repair="How many impressions has the smallest row, how many the largest?"
)
def _(feed_ads_daily):
    """You divided in every row and averaged the rows. A creative seen by a few hundred people got the same vote as
    one that filled a promotion day."""
    rows = june(feed_ads_daily)
    rows = rows[rows["impressions"] > 0]
    naive = (rows["clicks"] / rows["impressions"]).mean()
    return wrong(
        naive,
        shows={
            "impressions of the smallest row": count(rows["impressions"].min()),
            "impressions of the largest row": count(rows["impressions"].max()),
        },
        cost=missing_clicks(by_day(feed_ads_daily), naive),
    )


@june_ctr.mistake("WRONG_DENOM", repair="Is a person who saw the ad four times one chance to click, or four?")
def _(feed_ads_daily):
    """You divided by reach, that is by people a day. A click-through rate counts every time the ad was shown."""
    rows = june(feed_ads_daily)
    return wrong(
        rows["clicks"].sum() / rows["reach"].sum(),
        shows={
            "impressions": count(rows["impressions"].sum()),
            "reach, summed over days": count(rows["reach"].sum()),
        },
    )


@june_ctr.slip("filter")
def _(feed_ads_daily):
    """You took all campaigns of June."""
    days = feed_ads_daily["date"].between("2025-06-01", "2025-06-30")
    return ratio(feed_ads_daily[days], "clicks", "impressions")


@june_ctr.slip("window")
def _(feed_ads_daily):
    """You took the whole run of the campaign, its days in May included."""
    return ratio(feed_ads_daily[feed_ads_daily["campaign"] == CAMPAIGN], "clicks", "impressions")


june_ctr.hints(
    "What is one row, and how many rows does the month have?",
    "Write numerator and denominator in words: clicks of the month, impressions of the month.",
    'Sum each column first, then divide once: rows["clicks"].sum() / rows["impressions"].sum().',
)


# ---------------------------------------------------------------- from click to visit to order


@exercise(
    "J01.2",
    title="CVR per visit of the June campaign",
    kind="number",
    unit="fraction",
    minutes=(4, 8),
    practises=["R183", "R190"],
    bounds=(0, 1),
    section="From click to visit to order",
    selfcheck={
        "grain": "one row of web_sessions is one visit; order_id is empty where nothing was bought",
        "numerator and denominator": "orders per visit",
        "window": "visits that started in June 2025",
        "filter": f"campaign {CAMPAIGN} only",
    },
)
def june_cvr(web_sessions):
    """Orders over visits, both of the campaign and the month."""
    visits = june_visits(web_sessions)
    return visits["order_id"].notna().sum() / len(visits)


@june_cvr.also("per click")
def _(web_sessions, feed_ads_daily):
    orders = june_visits(web_sessions)["order_id"].notna().sum()
    return orders / june(feed_ads_daily)["clicks"].sum()


@june_cvr.mistake(
    "WRONG_DENOM_CLICKS",
    repair="How many clicks does the platform count, and how many visits does the shop see?",
)
def _(web_sessions, feed_ads_daily):
    """You divided orders by clicks. Some clicks never become a visit: the page is closed before it has loaded, or a
    person clicks twice. Platforms use this denominator; if you mean theirs, say so: check("J01.2", cvr,
    convention="per click")."""
    visits, clicks = june_visits(web_sessions), june(feed_ads_daily)["clicks"].sum()
    lost = clicks - len(visits)
    price = june(feed_ads_daily)["cost"].sum() / clicks
    return wrong(
        visits["order_id"].notna().sum() / clicks,
        shows={"clicks billed": count(clicks), "visits seen": count(len(visits))},
        cost=f"The {count(lost)} clicks without a visit were paid: {yuan(lost * price)}. This rate hides them in the "
        "shop's conversion, where nobody can mend them.",
    )


@june_cvr.mistake("UNIT_MIX", repair="Can one person place two orders in a month?")
def _(web_sessions, orders):
    """You counted the people who ordered, or only the orders that were paid. Above the line stands every order that a
    visit brought: a buyer who orders twice made two orders in two visits."""
    visits = june_visits(web_sessions)
    bought = visits[visits["order_id"].notna()]
    paid = bought["order_id"].isin(orders.loc[orders["status"] == "paid", "order_id"])
    return wrong(
        bought["customer_id"].nunique() / len(visits),
        shows={
            "orders": count(len(bought)),
            "people who ordered": count(bought["customer_id"].nunique()),
            "orders that were paid": count(paid.sum()),
        },
    )


@june_cvr.mistake("SESSIONS_AS_USERS", repair="How often did the average visitor come back within the month?")
def _(web_sessions):
    """You divided by visitors. People come more than once before they buy; per visitor is another, larger rate."""
    visits = june_visits(web_sessions)
    return wrong(
        visits["order_id"].notna().sum() / visits["visitor_id"].nunique(),
        shows={"visits": count(len(visits)), "visitors": count(visits["visitor_id"].nunique())},
    )


@june_cvr.slip("filter")
def _(web_sessions):
    """You took all visits of June, whatever brought them."""
    visits = web_sessions[web_sessions["started_at"].between("2025-06-01", "2025-07-01", inclusive="left")]
    return visits["order_id"].notna().mean()


june_cvr.hints(
    "The question says per visit. Which table has one row per visit?",
    "Orders are the rows whose order_id is there: .notna().sum().",
    "Divide by the number of rows of the campaign in June: len(visits).",
)


# ---------------------------------------------------------------- people cannot be added


@prediction(
    "J01.b",
    title="People reached in the week, as a share of the seven daily reaches added up",
    unit="fraction",
    practises=["R191"],
    bounds=(0, 1),
    section="People cannot be added",
)
def guess_overlap(feed_exposures):
    """Whoever saw the ad on three days is three in the sum and one in the week."""
    rows = week(feed_exposures)
    return rows["device_id"].nunique() / len(rows)


@guess_overlap.mistake("SUM_UNIQUES", repair="Did everybody who saw the ad on Monday stay away on Tuesday?")
def _():
    """A share of one means that nobody saw the ad on two days. Reach is not a count of clicks: people come back."""
    return 1.0


@exercise(
    "J01.3",
    title="Reach of one week",
    kind="number",
    unit="count",
    minutes=(3, 6),
    practises=["R191"],
    bounds=(0, None),
    section="People cannot be added",
    selfcheck={
        "grain": "one row of feed_exposures is one device on one day",
        "window": "Monday 9 to Sunday 15 June 2025",
        "filter": "every device once, however many days it was there",
    },
)
def week_reach(feed_exposures):
    """Different devices of the week, each counted once."""
    return week(feed_exposures)["device_id"].nunique()


@week_reach.mistake("SUM_UNIQUES", repair="Which device stands in the log on more than one day?")
def _(feed_exposures, feed_ads_daily):
    """You added daily reach. Whoever saw the ad on three days was counted three times: people are not clicks."""
    rows = week(feed_exposures)
    people, cost = rows["device_id"].nunique(), week_cost(feed_ads_daily)
    seem, does = cost / len(rows) * 1000, cost / people * 1000
    offer = round((seem * does) ** 0.5, -1)  # between the two, and round: neither can be read off it
    return wrong(
        len(rows),
        shows={
            "days on which the average device was reached": times(len(rows) / people),
            "devices on at least two days": percent((rows["device_id"].value_counts() > 1).mean(), 0),
        },
        cost=f"A thousand people reached seem to cost {yuan(seem)}. A creator's offer of {yuan(offer, 0)} would be turned "
        "down, and it is the cheaper one.",
    )


def week_cost(feed_ads_daily):
    """What the campaign spent in the week of the log."""
    days = feed_ads_daily["date"].between("2025-06-09", "2025-06-15")
    return feed_ads_daily.loc[days & (feed_ads_daily["campaign"] == CAMPAIGN), "cost"].sum()


@week_reach.mistake(
    "PEAK_AS_UNIQUE", repair="Were all people of the quieter days also there on the busiest one?"
)
def _(feed_exposures):
    """You took the busiest day for the week. The other days brought people who were not there on that one."""
    daily = week(feed_exposures).groupby("date")["device_id"].nunique()
    return wrong(
        int(daily.max()), shows={"busiest day": count(daily.max()), "quietest day": count(daily.min())}
    )


@week_reach.slip("window")
def _(feed_exposures):
    """You counted both weeks of the log."""
    return feed_exposures["device_id"].nunique()


@week_reach.slip("window")
def _(feed_exposures):
    """You left the last day of the week out."""
    return week(feed_exposures).query("date < '2025-06-15'")["device_id"].nunique()


@week_reach.slip("grain")
def _(feed_ads_daily):
    """You added the column reach of the platform's export. It has a line per creative, audience and day, and counts a
    person anew in each."""
    days = feed_ads_daily["date"].between("2025-06-09", "2025-06-15")
    return int(feed_ads_daily.loc[days & (feed_ads_daily["campaign"] == CAMPAIGN), "reach"].sum())


@week_reach.slip("grain")
def _(feed_exposures):
    """You added the impressions. They count how often the ad was shown, not how many people saw it."""
    return int(week(feed_exposures)["impressions"].sum())


week_reach.hints(
    "What is one row of feed_exposures?",
    "A device that was there on three days has three rows, and is one device.",
    'Count different values: rows["device_id"].nunique().',
)


@exercise(
    "J01.4",
    title="Frequency of that week",
    kind="number",
    unit="times",
    minutes=(3, 6),
    practises=["R191"],
    bounds=(1, None),
    section="People cannot be added",
    selfcheck={
        "numerator and denominator": "impressions per person reached, both of the week",
        "window": "Monday 9 to Sunday 15 June 2025",
        "filter": "the exposure log holds this campaign only",
    },
)
def week_frequency(feed_exposures):
    """Impressions of the week over people reached in the week."""
    rows = week(feed_exposures)
    return rows["impressions"].sum() / rows["device_id"].nunique()


@week_frequency.mistake("SUM_UNIQUES", repair="Over which period were the people below the line counted?")
def _(feed_exposures, feed_ads_daily):
    """You divided by daily reach added up. That is how often a person saw the ad on a day, not in the week."""
    rows = week(feed_exposures)
    heavy = rows.groupby("device_id")["impressions"].sum()
    beyond = (heavy - 5).clip(lower=0).sum() / heavy.sum()
    return wrong(
        rows["impressions"].sum() / len(rows),
        shows={
            "average per person and day": f"{rows['impressions'].sum() / len(rows):.2f}",
            "most for one person in the week": count(heavy.max()),
        },
        cost=f"{percent(beyond, 0)} of the impressions went to people who had seen the ad five times already. That part of "
        f"the week's bill, {yuan(beyond * week_cost(feed_ads_daily))}, stays out of sight in a daily figure.",
    )


@week_frequency.mistake(
    "WRONG_DENOM", repair="Does frequency ask how often people saw the ad, or how often they reacted?"
)
def _(feed_exposures):
    """You divided impressions by clicks. That says how many showings one click takes; frequency is how often a person
    saw the ad, clicked or not."""
    rows = week(feed_exposures)
    return wrong(
        rows["impressions"].sum() / rows["clicks"].sum(),
        shows={
            "people who saw it": count(rows["device_id"].nunique()),
            "clicks": count(rows["clicks"].sum()),
        },
    )


@week_frequency.slip("window")
def _(feed_exposures):
    """You took both weeks of the log."""
    return feed_exposures["impressions"].sum() / feed_exposures["device_id"].nunique()


@week_frequency.slip("numerator and denominator")
def _(feed_exposures):
    """You counted the days on which a device saw the ad. On one day it may have seen it several times."""
    rows = week(feed_exposures)
    return len(rows) / rows["device_id"].nunique()


week_frequency.hints(
    "Frequency is a number of showings per what?",
    "Both counts must cover the same week.",
    'rows["impressions"].sum() over the reach from the exercise before.',
)


# ---------------------------------------------------------------- how much did it change


@exercise(
    "J01.5",
    title="From quiet days to promotion days: how much did the CTR change?",
    kind="table",
    unit={"points": "pp", "relative": "fraction"},
    minutes=(3, 6),
    practises=["R180", "R204"],
    section="Points and percent",
    selfcheck={
        "numerator and denominator": "two rates, each a ratio of sums: promotion days and all other days of June",
        "base": "relative change is measured against where it started, the quiet days",
    },
)
def ctr_change(feed_ads_daily, calendar):
    """The difference of the two rates in points, and that difference over the rate it started from."""
    before, after = quiet_and_promo(feed_ads_daily, calendar)
    return {"points": after - before, "relative": (after - before) / before}


def quiet_and_promo(feed_ads_daily, calendar):
    """CTR on quiet days and on promotion days of June."""
    days = by_day(feed_ads_daily)
    promo = days.index.isin(promo_days(calendar))
    return ratio(days[~promo], "clicks", "impressions"), ratio(days[promo], "clicks", "impressions")


@ctr_change.mistake("PCT_VS_PP", repair="If a rate goes from 2% to 1%, has it lost 1% or 50%?")
def _(feed_ads_daily, calendar):
    """You took points for percent. A rate that falls from 3 in 100 to 1 in 100 lost two percentage points, and two
    thirds of itself."""
    before, after = quiet_and_promo(feed_ads_daily, calendar)
    days = by_day(feed_ads_daily)
    quiet = days[~days.index.isin(promo_days(calendar))]
    clicks = quiet["clicks"].sum()
    meant, read = clicks * (after - before) / before, clicks * (after - before)
    price = quiet["cost"].sum() / clicks
    return wrong(
        {"points": (after - before) / before, "relative": after - before},
        shows={"quiet days": percent(before, 2), "promotion days": percent(after, 2)},
        cost=f"Director Shen would plan for {count(-read)} lost clicks on a quiet month's impressions instead of "
        f"{count(-meant)}: a gap of {yuan((read - meant) * price)} at the quiet days' price.",
    )


@ctr_change.mistake(
    "WRONG_DENOM", repair="Change compared with which of the two: where it started or where it ended?"
)
def _(feed_ads_daily, calendar):
    """You divided by the new rate. A change is told against where it started."""
    before, after = quiet_and_promo(feed_ads_daily, calendar)
    return wrong(
        {"points": after - before, "relative": (after - before) / after},
        shows={"start": percent(before, 2), "end": percent(after, 2)},
    )


@ctr_change.slip("base")
def _(feed_ads_daily, calendar):
    """Your relative figure is the new rate over the old one. It says how much is left, not how much it changed."""
    before, after = quiet_and_promo(feed_ads_daily, calendar)
    return {"points": after - before, "relative": after / before}


ctr_change.hints(
    "Compute the two rates first, each as a ratio of sums.",
    "points: after minus before. A fall is negative.",
    "relative: the same difference over the rate of the quiet days.",
)


# ---------------------------------------------------------------- a total against its parts


@per_world
def device_months(web_sessions):
    """Visits and orders by month (August and September 2025) and device."""
    months = web_sessions["started_at"].between("2025-08-01", "2025-10-01", inclusive="left")
    visits = web_sessions.loc[months, ["started_at", "device", "order_id"]]
    month = visits["started_at"].dt.month.map({8: "2025-08", 9: "2025-09"}).rename("month")
    counts = visits.groupby([month, "device"])["order_id"].agg(["size", "count"])
    return counts.set_axis(["visits", "orders"], axis=1)


@prediction(
    "J01.c",
    title="Change of the shop's CVR from August to September 2025, relative (minus for a fall)",
    unit="fraction",
    practises=["R190"],
    section="When the total goes against its parts",
)
def guess_total(web_sessions):
    """A total is its parts weighted by their shares; when the shares move, the total can go where no part goes."""
    total = device_months(web_sessions).groupby("month").sum()
    rate = total["orders"] / total["visits"]
    return rate.iloc[1] / rate.iloc[0] - 1


@guess_total.mistake("SIMPSON", repair="What do the shares of the devices do between the two months?")
def _(web_sessions):
    """You let the total follow its parts. Every device rose; but the visits moved to the devices that buy less."""
    counts = device_months(web_sessions)
    rate = (counts["orders"] / counts["visits"]).unstack("month")
    return (rate.iloc[:, 1] / rate.iloc[:, 0] - 1).mean()


@exercise(
    "J01.6",
    title="The total fell, every device rose: what happened?",
    kind="choice",
    minutes=(3, 6),
    practises=["R190", "R028"],
    section="When the total goes against its parts",
    options={
        "a": "one of the figures is a calculation error: a total must move with its parts",
        "b": "the visits moved to devices that buy less often, and that weighs more than the rise on each device",
        "c": "the shop became worse, and the rise on each device is chance",
        "d": "September has fewer days than August",
    },
)
def total_against_parts(web_sessions):
    """The total is a weighted mean of the devices' rates. The rates rose, the weights moved, and the weights won."""
    rate = (
        device_months(web_sessions).pipe(lambda counts: counts["orders"] / counts["visits"]).unstack("month")
    )
    rose = (rate.iloc[:, 1] > rate.iloc[:, 0]).all()
    return "b" if rose and guess_total.compute(web_sessions) < 0 else "c"


def phone_share(counts):
    """Share of android and ios among the visits, by month, as text for the feedback."""
    visits = counts["visits"].unstack("device")
    share = (visits["android"] + visits["ios"]) / visits.sum(axis=1)
    return {f"phones among the visits in {month}": percent(value, 0) for month, value in share.items()}


@total_against_parts.mistake(
    "SIMPSON", repair="Multiply each device's rate by its share of visits, month by month. What comes out?"
)
def _(web_sessions):
    """You hold the total to its parts. It is their weighted mean, and the weights changed: Simpson's reversal."""
    counts = device_months(web_sessions)
    return wrong(
        "a",
        shows=phone_share(counts),
        cost=f"While someone hunts for the error, nobody asks what the new phone visits cost: {count(extra_phones(counts))} "
        "more of them in a month.",
    )


def extra_phones(counts):
    """Phone visits of September beyond those of August."""
    visits = counts["visits"].unstack("device")
    phones = visits["android"] + visits["ios"]
    return phones.iloc[1] - phones.iloc[0]


@total_against_parts.mistake("NOISE_AS_SIGNAL", repair="How many orders stand behind each device's rate?")
def _(web_sessions):
    """You explain three rises at once by chance and the fall by quality. Each rate rests on many orders, and all
    three moved the same way."""
    orders = device_months(web_sessions)["orders"]
    revenue_at_risk = f"Rolling back the new checkout would give up the rise on all devices, {percent(checkout_gain(web_sessions), 0)} of the orders of September."
    return wrong("c", shows={"fewest orders behind a rate": count(orders.min())}, cost=revenue_at_risk)


def checkout_gain(web_sessions):
    """Share of September's orders that the devices' higher rates brought, at September's visits."""
    counts = device_months(web_sessions)
    rate = (counts["orders"] / counts["visits"]).unstack("month")
    september = counts.xs("2025-09")
    return 1 - (rate["2025-08"] * september["visits"]).sum() / september["orders"].sum()


@total_against_parts.mistake("WRONG_DENOM", repair="Is a rate per visit larger in a longer month?")
def _():
    """You looked for fewer days. A rate has visits below the line; the length of the month cancels out."""
    return wrong("d", shows={"days in August": "31", "days in September": "30"})


total_against_parts.hints(
    "Which device has the highest CVR, and which the lowest?",
    "How did the share of visits of each device move?",
    "Write the total as share times rate, summed over devices, for both months.",
)


# ---------------------------------------------------------------- which average


def june_orders(orders):
    """Paid orders of June 2025."""
    days = orders["ordered_at"].between("2025-06-01", "2025-07-01", inclusive="left")
    return orders[days & (orders["status"] == "paid")]


@exercise(
    "J01.7",
    title="Average order value, per order and per customer",
    kind="table",
    unit="CNY",
    tolerance=0.002,
    minutes=(4, 8),
    practises=["R204", "R183"],
    section="Per what?",
    selfcheck={
        "grain": "one row of orders is one order; a customer may have several",
        "numerator and denominator": "the same amount above the line twice; orders below it, then customers",
        "window": "orders of June 2025",
        "filter": "paid orders only",
    },
)
def value_per(orders):
    """One sum of money, divided by orders and by customers."""
    rows = june_orders(orders)
    amount = rows["amount"].sum()
    return {"per order": amount / len(rows), "per customer": amount / rows["customer_id"].nunique()}


@value_per.mistake(
    "AVG_OF_RATIOS", repair="What does a customer with four orders add above the line, and what below?"
)
def _(orders):
    """Your figure per customer is too low. It averages orders, or each customer's own average, so that how often somebody
    bought drops out; or it has people below the line who paid nothing."""
    rows = june_orders(orders)
    right = value_per.compute(orders)
    bought = rows["customer_id"].value_counts()
    everybody = orders.loc[
        orders["ordered_at"].between("2025-06-01", "2025-07-01", inclusive="left"), "customer_id"
    ]
    gap = right["per customer"] - rows["amount"].sum() / everybody.nunique()  # the smallest of the three
    missing = gap * len(bought) // 20_000 * 20_000
    return wrong(
        right | {"per customer": rows.groupby("customer_id")["amount"].mean().mean()},
        shows={
            "customers of the month with several orders": percent((bought > 1).mean(), 0),
            "people who ordered and paid nothing": count(everybody.nunique() - len(bought)),
        },
        cost=f"By that figure the month's customers seem to have brought at least {yuan(missing)} less than they paid: "
        "money that is missing from the case for keeping them.",
    )


@value_per.mistake(
    "GMV_AS_REVENUE", repair="What does the column status say, and which of its values brought money?"
)
def _(orders):
    """You kept orders that were never paid. An order that is not paid brings no money and is not counted here."""
    days = orders["ordered_at"].between("2025-06-01", "2025-07-01", inclusive="left")
    rows = orders[days]
    paid = len(june_orders(orders))
    unpaid = 1 - june_orders(orders)["amount"].sum() / rows["amount"].sum()
    return wrong(
        {
            "per order": rows["amount"].sum() / paid,
            "per customer": rows["amount"].sum() / june_orders(orders)["customer_id"].nunique(),
        },
        shows={"orders placed": count(len(rows)), "orders never paid": count(len(rows) - paid)},
        cost=f"Of each 100 yuan in the report, {yuan(100 * unpaid, 0)} never arrived.",
    )


@value_per.slip("filter")
def _(orders):
    """You kept unpaid orders, above the line and below it."""
    rows = orders[orders["ordered_at"].between("2025-06-01", "2025-07-01", inclusive="left")]
    amount = rows["amount"].sum()
    return {"per order": amount / len(rows), "per customer": amount / rows["customer_id"].nunique()}


@value_per.slip("filter")
def _(orders, refunds):
    """You took refunds off. The question asks for the amount of the paid orders, as it was paid."""
    rows = june_orders(orders)
    amount = rows["amount"].sum() - refunds.loc[refunds["order_id"].isin(rows["order_id"]), "amount"].sum()
    return {"per order": amount / len(rows), "per customer": amount / rows["customer_id"].nunique()}


@value_per.slip("window")
def _(orders):
    """You took the paid orders of all three years."""
    rows = orders[orders["status"] == "paid"]
    amount = rows["amount"].sum()
    return {"per order": amount / len(rows), "per customer": amount / rows["customer_id"].nunique()}


value_per.hints(
    "Which orders brought money? Filter first.",
    "The numerator is the same for both: the sum of amount.",
    'Divide by len(rows), then by rows["customer_id"].nunique().',
)


# ---------------------------------------------------------------- order of lines


@exercise(
    "J01.8",
    title="Put the lines of the campaign table in order",
    kind="parsons",
    minutes=(3, 6),
    practises=["R028", "R204"],
    section="The order of the steps",
    lines={
        "a": 'june = feed_ads_daily[feed_ads_daily["date"].between("2025-06-01", "2025-06-30")]',
        "b": 'counts = june.groupby("campaign")[["impressions", "clicks", "cost"]].sum()',
        "c": 'counts["ctr"] = counts["clicks"] / counts["impressions"]',
        "d": 'counts["cpc"] = counts["cost"] / counts["clicks"]',
        "e": 'campaigns = counts.sort_values(["ctr", "cpc"], ascending=[False, True])',
        "f": 'june["ctr"] = june["clicks"] / june["impressions"]',
        "g": 'counts = june.groupby("campaign")[["impressions", "clicks", "cost"]].mean()',
    },
)
def campaign_lines():
    """Filter, group and sum, divide, sort: a rate is made after its sums."""
    return ["a b c d e", "a b d c e"]


@campaign_lines.mistake("RATIO_BEFORE_GROUP", repair="What would the groupby do with a column of rates?")
def _(feed_ads_daily):
    """You made a rate in every row. For a campaign it would have to be added up or averaged, and a rate allows neither."""
    days = feed_ads_daily["date"].between("2025-06-01", "2025-06-30") & (feed_ads_daily["impressions"] > 0)
    rows = feed_ads_daily[days].assign(ctr=lambda t: t["clicks"] / t["impressions"])
    early, late = rows.groupby("campaign")["ctr"].mean(), ratio(rows, "clicks", "impressions", by="campaign")
    worst = (early / late - 1).abs().idxmax()
    return wrong(
        "f",
        shows={
            f"{worst}: rate made first, then averaged": percent(early[worst], 2),
            f"{worst}: sums first, then the rate": percent(late[worst], 2),
        },
    )


@campaign_lines.mistake("AVG_OF_RATIOS", repair="What would the column cost mean after this line?")
def _(feed_ads_daily):
    """You averaged the counts. The rates survive by luck, but the table shows the cost of an average row as if it were
    the campaign's."""
    days = feed_ads_daily["date"].between("2025-06-01", "2025-06-30")
    cost = feed_ads_daily[days].groupby("campaign")["cost"]
    return wrong(
        "g",
        shows={
            "mean cost of a row, summed over campaigns": yuan(cost.mean().sum()),
            "cost of the month": yuan(cost.sum().sum()),
        },
        cost=f"Lin would report {yuan(cost.mean().sum())} as June's spend instead of {yuan(cost.sum().sum())}.",
    )


campaign_lines.hints(
    "Which line makes the name june, which one counts?",
    "A rate needs its sums: group and sum before you divide.",
    "Five of the seven lines are needed; sort last.",
)


# ---------------------------------------------------------------- mixed case, memo

LAST_WEEK = ("2025-12-22", "2025-12-29")  # Monday to the Monday after: the last week with seven days


def shop_week(web_sessions, start, end):
    """Visits that started in [start, end)."""
    return web_sessions[web_sessions["started_at"].between(start, end, inclusive="left")]


def week_row(visits):
    """The three figures of the weekly report."""
    return {
        "visits": len(visits),
        "visitors": visits["visitor_id"].nunique(),
        "cvr": visits["order_id"].notna().sum() / len(visits),
    }


@exercise(
    "J01.9",
    title="The own shop's row in the weekly report",
    kind="table",
    unit={"visits": "count", "visitors": "count", "cvr": "fraction"},
    minutes=(5, 10),
    points=2,
    practises=["R002", "R183", "R204"],
    section="Mixed case: one row for Director Shen",
    selfcheck={
        "grain": "one row of web_sessions is one visit; a visitor may have several",
        "window": "Monday 00:00 up to the Monday after; the last week with seven days",
        "numerator and denominator": "orders per visit",
    },
)
def report_row(web_sessions):
    """The last complete week: visits, the people behind them, orders per visit."""
    return week_row(shop_week(web_sessions, *LAST_WEEK))


@report_row.mistake("INCOMPLETE_PERIOD", repair="On which weekday does the file end?")
def _(web_sessions):
    """You reported the week in which the data end. It holds three days, and reads like a slump."""
    part, whole = shop_week(web_sessions, "2025-12-29", "2026-01-01"), shop_week(web_sessions, *LAST_WEEK)
    lost = whole["order_id"].notna().sum() - part["order_id"].notna().sum()
    return wrong(
        week_row(part),
        shows={"days in it": "3", "visits": count(len(part)), "days in the week before": "7"},
        cost=f"Director Shen would see {count(lost)} orders fewer than the week before, and ask for an emergency budget "
        "against a fall that the calendar made.",
    )


@report_row.mistake("SESSIONS_AS_USERS", repair="How many visits has the visitor who came most often?")
def _(web_sessions):
    """Your visitors are visits, or the visitors of each day added up. Whoever came on three evenings is one visitor."""
    visits = shop_week(web_sessions, *LAST_WEEK)
    most = visits["visitor_id"].value_counts().max()
    return wrong(
        week_row(visits) | {"visitors": len(visits)},
        shows={"visits": count(len(visits)), "most visits of one visitor": count(most)},
    )


@report_row.mistake("WRONG_DENOM", repair="The report says per visit. What stands below your line?")
def _(web_sessions):
    """You divided orders by visitors. The report's conversion rate is per visit, in this week as in all others."""
    visits = shop_week(web_sessions, *LAST_WEEK)
    row = week_row(visits)
    per_visitor = visits["order_id"].notna().sum() / row["visitors"]
    before = week_row(shop_week(web_sessions, "2025-12-15", "2025-12-22"))["cvr"]
    return wrong(
        row | {"cvr": per_visitor},
        cost=f"Beside the rate per visit of the week before ({percent(before)}) it looks like a jump of "
        f"{percent(per_visitor / before - 1, 0)}. A bonus for it would be paid, at least in part, on a change of definition.",
    )


@report_row.slip("window")
def _(web_sessions):
    """You reported all of December."""
    return week_row(shop_week(web_sessions, "2025-12-01", "2026-01-01"))


@report_row.slip("window")
def _(web_sessions):
    """You reported the last seven days. They are seven, but they do not run from Monday to Sunday."""
    return week_row(shop_week(web_sessions, "2025-12-25", "2026-01-01"))


@report_row.slip("window")
def _(web_sessions):
    """Your week stops where its Sunday begins: a date without a time means midnight, so that day's visits are left out."""
    return week_row(shop_week(web_sessions, "2025-12-22", "2025-12-28"))


report_row.hints(
    "What is the last Sunday in the data? The week ends there.",
    "Filter started_at from Monday up to, but not including, the Monday after.",
    "visits: rows. visitors: different visitor_id. cvr: rows with an order over rows.",
)


@exercise(
    "J01.10",
    title="Memo: what the June campaign's CTR was",
    kind="memo",
    unit="fraction",
    minutes=(5, 8),
    points=2,
    practises=["R028"],
    section="The memo",
    selfcheck={
        "line 1": "the number, with its unit and period",
        "line 2": "the evidence: what it is compared with, and how large that is",
        "line 3": "the ask: who should do what, by when",
    },
)
def ctr_memo(feed_ads_daily):
    """A number that can be checked, the evidence for it, and a decision asked for: that is what gets read."""
    return june_ctr.compute(feed_ads_daily)


@ctr_memo.mistake("AVG_OF_RATIOS", repair="Is the number of line 1 a ratio of sums?")
def _(feed_ads_daily):
    """Your first line carries the mean of the daily rates. It is the number that the campaign did not have."""
    days = by_day(feed_ads_daily)
    naive = (days["clicks"] / days["impressions"]).mean()
    return wrong(
        naive,
        shows={
            "quietest day's impressions": count(days["impressions"].min()),
            "busiest day's impressions": count(days["impressions"].max()),
        },
        cost=missing_clicks(days, naive),
    )


@ctr_memo.mistake("NO_ACTION", repair="Who should do what by when, now that the number is known?")
def _():
    """Your third line asks for nothing. A report without a decision is filed, not used."""
    return None


ctr_memo.hints(
    "Three lines: number, evidence, ask.",
    "Line 2 needs a number of its own, such as the promotion days' share of impressions.",
    "Line 3 begins with a verb: approve, move, pause, test; and says by when.",
)
