"""Questions of the senior level: S01 to S07. No model of minutes: what a question asks is computed in a second."""

from functools import lru_cache

import numpy as np
import pandas as pd

from mktlib import data, load
from mktlib.forecast import complete_weeks, wape
from mktlib.geo import iroas, lost
from mktlib.lifetime import fit_bgnbd, orders_ahead, recency_frequency
from mktlib.live import promotion_lift, usual_sales
from mktlib.mmm import geometric
from mktlib.trainer.templates import STORES, TIERS, day, days_of, over, paid, rates, task, template
from mktlib.uplift import policy_gain, policy_value, snapshots

CHANNELS = ["SEM", "SEO", "Xiaohongshu", "affiliate", "e-mail/SMS", "feed ads", "live", "private domain"]
OFFERS = ["advice call", "coupon", "gift"]


# ---------------------------------------------------------------- S01 one metric layer


@template("S01")
def revenue_with_category(draw):
    """Revenue of orders that hold a category."""
    products = load("products")
    category, window = draw.of(sorted(products["category"].unique())), draw.month("2023-02")
    rows = window.of(paid(load("orders")), "ordered_at")
    lines = load("order_items")
    lines = lines[lines["sku"].isin(products.loc[products["category"] == category, "sku"])]
    joined = rows.merge(lines, on="order_id")
    return task(
        f"""Which amount, in yuan, do the paid orders of {window.words} have that hold at least one article of the category `{category}` (`orders.amount`, the whole order; `order_items`,
        `products`)?""",
        rows.loc[rows["order_id"].isin(lines["order_id"]), "amount"].sum(),
        "CNY",
        JOIN_FANOUT=joined["amount"].sum(),
        DEF_MISMATCH=joined["gross"].sum(),
    )


@template("S01")
def orders_per_newcomer(draw):
    """Orders per newcomer."""
    joined, days = draw.span(draw.randint(30, 120), "2023-01-10", "2025-08-31"), draw.of([30, 60, 90, 120])
    people = joined.of(load("customers"), "registered_on")[["customer_id", "registered_on"]]
    rows = load("orders").merge(people, on="customer_id")
    rows = rows[
        (rows["ordered_at"] >= rows["registered_on"])
        & (rows["ordered_at"] < rows["registered_on"] + days_of(days))
    ]
    done = paid(rows)
    return task(
        f"""Customers who registered from {joined.words}: how many paid orders per customer did they place from the day of registration on, before {days} days (of 24 hours from its midnight) were over? Whoever did not order
        counts, too (`customers`, `orders`).""",
        len(done) / len(people),
        "times",
        LEFT_TO_INNER=len(done) / done["customer_id"].nunique(),
        GMV_AS_REVENUE=len(rows) / len(people),
        ROWS_AS_PEOPLE=done["customer_id"].nunique() / len(people),
    )


@template("S01")
def refund_per_order(draw):
    """Refund per paid order."""
    store, window = draw.of(STORES), draw.month("2023-02", "2025-11")
    placed = window.of(load("orders"), "ordered_at")
    placed = placed[placed["store"] == store]
    rows, refunds = paid(placed), load("refunds")
    back = refunds[refunds["order_id"].isin(rows["order_id"])]
    return task(
        f"""How many yuan of refunds fall on a paid order of the store `{store}` placed in {window.words}, orders without a refund included (`orders`, `refunds`)?""",
        back["amount"].sum() / len(rows),
        "CNY",
        NULL_SEMANTICS=back["amount"].mean(),
        WRONG_DENOM=back["amount"].sum() / len(placed),
        LAG_IMMATURE=window.of(refunds, "refunded_at")
        .loc[lambda table: table["order_id"].isin(rows["order_id"]), "amount"]
        .sum()
        / len(rows),
    )


@template("S01")
def new_customers(draw):
    """New customers of a store."""
    store, window = draw.of(STORES), draw.span(draw.randint(40, 120), "2023-09-01", "2025-12-31")
    orders = paid(load("orders")).sort_values("ordered_at", kind="stable")
    first = window.of(orders.drop_duplicates("customer_id"), "ordered_at")
    rows = window.of(orders, "ordered_at")
    rows = rows[rows["store"] == store]
    registered = window.of(load("customers"), "registered_on")
    return task(
        f"""How many customers placed the first paid order of their life (in any store, in all years) from {window.words}, and placed it in the store `{store}` (`orders`)?""",
        int((first["store"] == store).sum()),
        "count",
        FILTER_BEFORE_MIN=rows["customer_id"].nunique(),
        DEF_MISMATCH=int((registered["store"] == store).sum()),
        ROWS_AS_PEOPLE=len(rows),
    )


# ---------------------------------------------------------------- S02 lifetime value


@template("S02")
def ltv_over_cac(draw):
    """Margin of a newcomer over what the newcomer cost."""
    channel, won = draw.of(CHANNELS), draw.quarter("2023Q2", "2024Q4")
    days, margin = draw.of([180, 270, 365]), draw.randint(30, 55) / 100
    orders = paid(load("orders")).sort_values("ordered_at", kind="stable")
    first = won.of(orders.drop_duplicates("customer_id"), "ordered_at")
    first = first[first["channel"] == channel].set_index("customer_id")["ordered_at"]
    rows = orders[orders["customer_id"].isin(first.index)]
    rows = rows[rows["ordered_at"] <= rows["customer_id"].map(first) + days_of(days)]
    cost = won.of(load("budget"))
    cost = cost[cost["channel"] == channel]
    spent, media = cost["spent"].sum(), cost.loc[cost["item"] == "media", "spent"].sum()
    total, once = rows["amount"].sum(), rows.drop_duplicates("customer_id")["amount"].sum()
    return task(
        f"""Customers whose first paid order came through `{channel}` in {won.words}: their margin of the first {days} days (of 24 hours from it, first order included, any channel; {margin:.0%} of `amount`) over
        everything that was spent on the channel in the quarter (`budget`, all items).""",
        margin * total / spent,
        "times",
        LTV_REVENUE=total / spent,
        CAC_MEDIA_ONLY=margin * total / media,
        FIRST_ORDER_ONLY=margin * once / spent,
    )


@template("S02")
def discounted(draw):
    """Today's worth of a customer's months."""
    margin, kept = draw.randint(80, 400) / 10, draw.randint(80, 95) / 100
    months, rate = draw.of([12, 18, 24, 36]), draw.randint(10, 30) / 100
    monthly = (1 + rate) ** (1 / 12) - 1
    month = np.arange(1, months + 1)
    left = margin * kept**month
    return task(
        f"""A customer leaves CNY {margin:.2f} of margin in each month in which the customer is still there; each month {kept:.0%} of those still there stay, from the first month on (month 1: {kept:.0%}). What are {months} months worth today, in yuan, if
        money costs {rate:.0%} a year, discounted month by month at (1 + rate)^(1/12) - 1 from month 1 on?""",
        float((left / (1 + monthly) ** month).sum()),
        "CNY",
        DISCOUNT_IGNORED=float(left.sum()),
        CONTRACTUAL_FORMULA=float(margin * kept / (1 + monthly - kept)),
        HIST_AS_FUTURE=float(margin * months),
    )


@lru_cache(maxsize=8)
def _bgnbd(world, until):
    """BG/NBD of the customers of a world who first ordered in the year before `until`."""
    summary = recency_frequency(load("orders"), until)
    return fit_bgnbd(summary[summary["T"] <= 52])


@template("S02")
def coming_orders(draw):
    """Orders that the BG/NBD model expects."""
    until = draw.of(["2024-07-01", "2025-01-01", "2025-07-01"])
    model = _bgnbd(data.fingerprint(), until)
    frequency, span = draw.randint(2, 7), draw.randint(36, 52)
    recency, weeks = draw.randint(14, span - 6), draw.of([26, 39, 52])

    def ahead(seen):
        return float(
            orders_ahead(
                model, pd.DataFrame({"frequency": [frequency], "recency": [seen], "T": [span]}), weeks
            ).iloc[0]
        )

    return task(
        f"""Fit the BG/NBD model (`mktlib.lifetime`) to the customers known on the morning of {day(pd.Timestamp(until))} whose first paid order lies at most 52 weeks back (`recency_frequency`, `T` <= 52). How many orders does it expect
        in the next {weeks} weeks of a customer with {frequency} repeat orders, the last one {recency} weeks after the first, who is {span} weeks old?""",
        ahead(recency),
        "times",
        HIST_AS_FUTURE=frequency / span * weeks,
        RECENCY_DIRECTION=ahead(span - recency),
    )


# ---------------------------------------------------------------- S03 prediction and uplift


@template("S03")
def found_by_rule(draw):
    """How many of the silent a rule finds."""
    morning, window = draw.of(pd.date_range("2024-07-01", "2025-09-01", freq="MS")), draw.of([60, 75, 90])
    limit = draw.of([30, 45, 60, 90, 120, 150])
    table = snapshots(load("orders"), [morning], window, "2026-01-01")
    flagged, silent = table["recency_days"] > limit, table["silent"]
    return task(
        f"""Customers with a paid order in the 365 days before {day(morning)}. A rule calls those silent whose last order is more than {limit} full days ago (`recency_days`). Which share of those
        who then placed no paid order in the next {window} days does the rule find (recall, 召回率), as a fraction? `mktlib.uplift.snapshots` makes the table (`orders`, today is 1 January 2026).""",
        (flagged & silent).sum() / silent.sum(),
        "fraction",
        ACCURACY_IMBALANCE=(flagged == silent).mean(),
        WRONG_DENOM=(flagged & silent).sum() / flagged.sum(),
    )


@template("S03")
def threshold(draw):
    """The chance from which acting pays."""
    cost, gain = draw.randint(20, 95) / 10, draw.randint(100, 600) / 10
    return task(
        f"""Acting on a person costs CNY {cost:.2f} whatever happens. If the person is one of those who would leave, acting brings CNY {gain:.2f} (before this cost); otherwise nothing. From which predicted chance of leaving on does
        acting pay, as a fraction?""",
        cost / gain,
        "fraction",
        THRESH_HALF=0.5,
        WRONG_DENOM=cost / (gain + cost),
    )


@template("S03")
def policy(draw):
    """What an offer to some tiers earns."""
    offer, chosen = draw.of(OFFERS), sorted(draw.sample(TIERS, draw.randint(1, 3)))
    test, column = load("offer_test"), draw.of(["tier", "tier", "channel"])
    if column == "channel":
        chosen = sorted(draw.sample(CHANNELS, 3))
    rows = test[test["offer"].isin([offer, "none"])]
    net, gross = rows["margin_30d"] - rows["offer_cost"], rows["margin_30d"]
    choice = pd.Series(np.where(rows[column].isin(chosen), offer, "none"), index=rows.index)
    mine = rows[rows[column].isin(chosen) & (rows["offer"] == offer)]
    return task(
        f"""From the people of `offer_test` whose lot was `{offer}` or `none`: what would giving the offer `{offer}` to the customers with {column} {", ".join(chosen)}, and nothing to the others, earn per person of
        all of them beyond giving nothing to anybody, in yuan of margin in 30 days less the offer's cost (`mktlib.uplift.policy_gain`, chances as in these rows)?""",
        float(policy_gain(choice, "none", rows["offer"], net)["value"]),
        "CNY",
        NO_CONTROL=float(policy_value(choice, rows["offer"], net)["value"]),
        RESPONSE_AS_UPLIFT=float((mine["margin_30d"] - mine["offer_cost"]).mean()),
        TOTAL_VS_NET=float(policy_gain(choice, "none", rows["offer"], gross)["value"]),
    )


# ---------------------------------------------------------------- S04 forecasts


def daily_sales(store):
    """Amount of paid orders of a store, or of all, by day of the three years."""
    return _daily_sales(data.fingerprint(), store)


@lru_cache(maxsize=16)
def _daily_sales(world, store):
    rows = paid(load("orders"))
    if store != "all":
        rows = rows[rows["store"] == store]
    sums = rows.groupby(rows["ordered_at"].dt.normalize())["amount"].sum()
    return sums.reindex(pd.date_range("2023-01-01", "2025-12-31"), fill_value=0.0)


@template("S04")
def error_of_naive(draw):
    """Error of last week as a forecast."""
    store, number = draw.of(["all", *STORES]), draw.randint(8, 30)
    weeks = complete_weeks(daily_sales(store))
    first = draw.of(weeks.index[20 : len(weeks) - number])
    actual = weeks[first:].iloc[:number]
    forecast = weeks.shift(1).reindex(actual.index)
    off = (actual - forecast).abs()
    which = "all stores" if store == "all" else f"the store `{store}`"
    return task(
        f"""Weekly amounts of paid orders of {which} (Monday to Sunday, `orders`). The week before is the forecast. What is its weighted absolute percentage error (WAPE), sum of errors over sum of sales,
        in the {number} weeks from Monday {day(first)} on, as a fraction?""",
        float(wape(actual, forecast)),
        "fraction",
        MAPE_ZERO=float((off / actual).mean()),
        AGG_HIDES=float(abs(actual.sum() - forecast.sum()) / actual.sum()),
    )


PROMOTIONS = {
    "618": ("06-02", "06-18"),
    "Double 11": ("10-24", "11-11"),
    "8 March": ("03-01", "03-08"),
    "Children's Day": ("05-25", "06-01"),
}
QUIET = {"618": ("04-01", "05-10", "07-20", "08-31"), "Double 11": ("09-01", "10-10", "12-14", "12-31")}


@template("S04")
def promotion_adds(draw):
    """What a promotion added."""
    store, name, year = (
        draw.of(["all", "jd", "own", "tmall"]),
        draw.of(list(QUIET)),
        draw.of([2023, 2024, 2025]),
    )
    sales = daily_sales(store)
    quiet = [f"{year}-{one}" for one in QUIET[name]]
    first, last = (pd.Timestamp(f"{year}-{one}") for one in PROMOTIONS[name])
    around = (first - days_of(draw.of([7, 10, 14])), last + days_of(draw.of([14, 21, 28])))
    span = sales[quiet[0] : quiet[-1]]
    usual = usual_sales(span, [(quiet[0], quiet[1]), (quiet[2], quiet[3])])
    found = promotion_lift(span, usual, (first, last), around)
    which = "all stores" if store == "all" else f"the store `{store}`"
    return task(
        f"""What did {name} ({day(first)} to {day(last)}) add to the paid amounts of {which}, in yuan, with the days from {day(around[0])} to {day(around[1])} counted in, on which sales were brought forward? Usual sales from the quiet
        days {quiet[0]} to {quiet[1]} and {quiet[2]} to {quiet[3]} (`mktlib.live.usual_sales` on the days {quiet[0]} to {quiet[-1]}, `promotion_lift`).""",
        float(found["net"]),
        "CNY",
        PULL_FORWARD=float(found["during"]),
        PROMO_BASE=float(sales[first:last].sum()),
    )


NEW_YEAR = {2023: "2023-01-22", 2024: "2024-02-10", 2025: "2025-01-29"}


@template("S04")
def around_new_year(draw):
    """Growth around Chinese New Year."""
    store, (old, new) = draw.of(["all", "jd", "own", "tmall"]), draw.of([(2023, 2024), (2024, 2025)])
    before, after = draw.randint(2, 14), draw.randint(2, 14)
    sales = daily_sales(store)

    def around(middle):
        return sales[middle - days_of(before) : middle + days_of(after)].sum()

    feasts = {year: pd.Timestamp(NEW_YEAR[year]) for year in (old, new)}
    same_dates = feasts[new].replace(year=old)
    which = "all stores" if store == "all" else f"the store `{store}`"
    months = [sales[f"{feasts[year]:%Y-%m}"].sum() for year in (old, new)]
    return task(
        f"""How did the paid amount of {which} grow around Chinese New Year's day, from {old} to {new}: the {before} days before it, the day, and the {after} days after it (`orders`; New Year's day was {day(feasts[old])} and
        {day(feasts[new])})? A fraction.""",
        float(around(feasts[new]) / around(feasts[old]) - 1),
        "fraction",
        HOLIDAY_FIXED_MONTH=float(around(feasts[new]) / around(same_dates) - 1),
        WINDOW_MISMATCH=float(months[1] / months[0] - 1),
    )


# ---------------------------------------------------------------- S05 media mix


@template("S05")
def next_yuan(draw):
    """What the next yuan a week brings."""
    top, half = draw.randint(60, 200) * 1000, draw.randint(15, 60) * 1000
    spend = draw.randint(10, 80) * 1000
    return task(
        f"""A channel that gets x yuan a week brings {top:,} x / (x + {half:,}) yuan of margin a week. It gets CNY {spend:,} a week. What does the next yuan bring?""",
        top * half / (spend + half) ** 2,
        "times",
        AVG_VS_MARGINAL=top / (spend + half),
        EXTRAP_SATURATION=top / half,
    )


@template("S05")
def works_this_week(draw):
    """Money that works in a week."""
    channel, keeps = draw.of(["Xiaohongshu", "feed ads", "live", "SEM"]), draw.randint(40, 85) / 100
    lags = draw.randint(4, 8)
    budget = load("budget")
    rows = budget[(budget["channel"] == channel) & (budget["item"] == "media")]
    daily = (
        rows.groupby("date")["spent"].sum().reindex(pd.date_range("2023-01-01", "2025-12-31"), fill_value=0.0)
    )
    weeks = complete_weeks(daily)
    monday = draw.of(weeks.index[12:])
    past = weeks[:monday]
    carried = geometric(past, keeps, lags)
    whole = geometric(past, keeps, lags, normalise=False)
    return task(
        f"""The media money of `{channel}` (`budget`, item `media`, weeks from Monday to Sunday) keeps the share {keeps:.2f} of its effect from week to week, over {lags} weeks with its own, the weights brought to the sum 1
        (`mktlib.mmm.geometric`). How many yuan work in the week of {day(monday)}?""",
        float(np.asarray(carried)[-1]),
        "CNY",
        NO_ADSTOCK=float(past.iloc[-1]),
        DOUBLE_CREDIT=float(np.asarray(whole)[-1]),
    )


@template("S05")
def slope_in_quiet_weeks(draw):
    """Sales per yuan of ads, promotions apart."""
    channel, store = draw.of(["SEM", "feed ads", "Xiaohongshu", "e-mail/SMS"]), draw.of(["all", "own"])
    weeks = draw.span(7 * draw.randint(40, 100), "2023-01-02", "2025-12-28")
    budget = load("budget")
    rows = budget[(budget["channel"] == channel) & (budget["item"] == "media")]
    daily = (
        rows.groupby("date")["spent"].sum().reindex(pd.date_range("2023-01-01", "2025-12-31"), fill_value=0.0)
    )
    table = pd.DataFrame(
        {"spend": complete_weeks(daily), "sales": complete_weeks(daily_sales(store))}
    ).dropna()
    calendar = load("calendar")
    busy = set(calendar.loc[calendar["promo"] != "", "week_start"])
    table = table[(table.index >= weeks.start) & (table.index < weeks.end)]
    calm = table[~table.index.isin(busy)]
    which = "all stores" if store == "all" else f"the store `{store}`"
    return task(
        f"""Weekly paid amounts of {which} on the weekly media money of `{channel}` (`orders`; `budget`, item `media`; complete weeks whose Monday lies in the days from {weeks.words}). What is the slope of the least-squares line through the weeks
        without any day of a promotion (`calendar.promo`), in yuan per yuan?""",
        float(np.polyfit(calm["spend"], calm["sales"], 1)[0]),
        "times",
        ENDOGENOUS_SPEND=float(np.polyfit(table["spend"], table["sales"], 1)[0]),
        AVG_VS_MARGINAL=over(calm, "sales", "spend"),
    )


# ---------------------------------------------------------------- S06 geo tests

TEST = ("2025-10-13", "2025-11-23")


def by_city(table, first, last):
    """Sums of the numbers by city from first to last day."""
    rows = table[table["date"].between(first, last)]
    return rows.groupby("city")[["orders", "revenue", "new_customers", "new_revenue", "feed_cost"]].sum()


def geo_windows(draw):
    """(before, during, dark, words): a window before the test, a part of it, which cities were dark, and how they are called."""
    first = draw.of(pd.date_range("2025-06-30", "2025-08-25", freq="W-MON"))
    last = first + days_of(7 * draw.randint(4, 6) - 1)
    end = pd.Timestamp(TEST[0]) + days_of(7 * draw.randint(3, 6) - 1)
    table, cities = load("geo_daily"), load("cities").set_index("city")
    both = cities.groupby("tier")["group"].value_counts().unstack(fill_value=0).min(axis=1)
    region = draw.of(["all", *both.index[both >= 2]])
    if region != "all":
        table = table[table["city"].map(cities["tier"]) == region]
    before, during = by_city(table, first, last), by_city(table, TEST[0], end)
    dark = cities["group"].reindex(before.index) == "holdout"
    words = f"""Feed ads were off in the cities of the group `holdout` from 13 October to {day(end)} 2025 (`geo_daily`, `cities`; {"all cities" if region == "all" else f"cities of tier {region} only"}); the time before is {day(first)} to {day(last)}"""
    return before, during, dark, words.replace(" 2025 2025", " 2025")


@template("S06")
def lost_without_ads(draw):
    """What the dark cities lost."""
    before, during, dark, words = geo_windows(draw)
    column = draw.of(["new_revenue", "new_customers", "orders", "revenue"])
    found = lost(before[column], during[column], dark)
    share = dark.sum() / (~dark).sum()
    return task(
        f"""{words}. What did the dark cities lose in `{column}`, if without the test they had gone the way of the others (`mktlib.geo.lost`)?""",
        float(found["lost"]),
        "times",
        PRE_POST=float(before.loc[dark, column].sum() - during.loc[dark, column].sum()),
        POST_ONLY=float(during.loc[~dark, column].sum() * share - during.loc[dark, column].sum()),
    )


@template("S06")
def return_of_ads(draw):
    """Incremental return of the ads."""
    before, during, dark, words = geo_windows(draw)
    column = draw.of(["new_revenue", "revenue"])
    found = iroas(before[column], during[column], before["feed_cost"], during["feed_cost"], dark)
    lit = during[~dark]
    fall = before.loc[dark, column].sum() - during.loc[dark, column].sum()
    return task(
        f"""{words}. How much `{column}` did the ads bring per yuan (incremental return, iROAS; `mktlib.geo.iroas` with `feed_cost`)?""",
        float(found["iroas"]),
        "times",
        WRONG_DENOM=float(found["lost"] / lit["feed_cost"].sum()),
        PRE_POST=float(fall / found["saved"]),
        LASTCLICK_AS_INCREMENTAL=float(over(lit, column, "feed_cost")),
    )


@template("S06")
def worth_of_places(draw):
    """How many independent people a geo test has."""
    places, people = draw.randint(10, 60), draw.randint(200, 900)
    alike = draw.randint(5, 40) / 1000
    return task(
        f"""A test draws {places} places by lot, with {people} people each; people of one place are alike, with an intraclass correlation of {alike:.3f}. As many independent people would tell as much about a mean: how many
        (people over the design effect 1 + (people of a place - 1) x correlation)?""",
        places * people / (1 + (people - 1) * alike),
        "times",
        CLUSTER_SE=places * people,
        UNIT_MISMATCH=places,
    )


# ---------------------------------------------------------------- S07 machines at the desk


@template("S07")
def clicks_of_ai(draw):
    """Clicks of AI copy against human copy in the same places."""
    made = draw.span(draw.randint(60, 200), "2025-04-01", "2025-11-26")
    rows = made.of(load("ai_copy"), "made_on")
    machine, human = rows[rows["author"] == "AI"], rows[rows["author"] == "human"]
    usual = rates(human, "clicks", "impressions", "slot")
    shown = machine.groupby("slot")["impressions"].sum()
    clicks = machine["clicks"].sum()
    return task(
        f"""Copy made from {made.words} (`ai_copy`): how many clicks more did AI copy get than its impressions would have had at the human rates (clicks per impression) of the same `slot`? Fewer is
        negative.""",
        float(clicks - (shown * usual).sum()),
        "times",
        CONFOUND_SLOT=float(clicks - shown.sum() * over(human, "clicks", "impressions")),
        AVG_OF_RATIOS=float(clicks - shown.sum() * usual.mean()),
        SIZE_ONLY=float(clicks - human["clicks"].sum()),
    )


@template("S07")
def minutes_per_piece(draw):
    """Minutes per piece that was accepted."""
    author, slot = (
        draw.of(["AI", "human"]),
        draw.of(
            ["feed ad", "member message", "note", "product page", "promotion poster", "search brand page"]
        ),
    )
    made = draw.span(draw.randint(60, 200), "2025-04-01", "2025-11-26")
    rows = made.of(load("ai_copy"), "made_on")
    rows = rows[(rows["author"] == author) & (rows["slot"] == slot)]
    minutes = rows[["draft_minutes", "editing_minutes", "review_minutes"]].sum().sum()
    return task(
        f"""Copy of author `{author}` for the slot `{slot}` made from {made.words} (`ai_copy`): how many minutes of draft, editing and review does a piece take that is accepted, the minutes of the others included?""",
        minutes / rows["accepted"].sum(),
        "times",
        COST_PARTIAL=rows["draft_minutes"].sum() / rows["accepted"].sum(),
        WRONG_DENOM=minutes / len(rows),
    )


@template("S07")
def bot_where_it_hurts(draw):
    """How often the bot is right where it matters."""
    logs = load("ai_service_logs")
    topics = sorted(draw.sample(sorted(logs["topic"].unique()), draw.randint(1, 3)))
    days = draw.span(draw.randint(12, 28), "2025-10-13", "2025-11-09")
    logs = days.of(logs, "started_at")
    rows = logs[logs["topic"].isin(topics)]
    return task(
        f"""Dialogues of `ai_service_logs` on {", ".join(topics)}, begun from {days.words}: which share did the bot settle alone (`contained`) with a correct answer, as a fraction?""",
        (rows["contained"] & rows["correct"]).mean(),
        "fraction",
        PROXY_METRIC=rows["contained"].mean(),
        AGG_HIDES=(logs["contained"] & logs["correct"]).mean(),
        WRONG_DENOM=rows.loc[rows["contained"], "correct"].mean(),
    )


@template("S07")
def bidding(draw):
    """What automatic bidding changed beyond the other account."""
    table = load("auto_bid_daily")
    audience, days = draw.of(["prospecting", "retargeting"]), draw.randint(12, 50)
    start = table.loc[table["bidding"] == "automatic", "date"].min()
    changed = table.loc[table["bidding"] == "automatic", "account"].iloc[0]
    rows = table[table["audience"] == audience]
    before = rows[rows["date"].between(start - days_of(days), start - days_of(1))]
    after = rows[rows["date"].between(start, start + days_of(days - 1))]
    price = {
        name: rates(part, "cost", "contacts", "account")
        for name, part in (("before", before), ("after", after))
    }
    other = next(one for one in price["before"].index if one != changed)
    own, control = (price["after"][one] / price["before"][one] for one in (changed, other))
    return task(
        f"""Automatic bidding began in the account `{changed}` on {day(start)} (`auto_bid_daily`, audience `{audience}`). How did its cost per contact change from the {days} days before to the first {days} days with it, beyond the other account, as a
        fraction (ratio of the account over ratio of the other, minus 1)?""",
        float(own / control - 1),
        "fraction",
        PRE_POST=float(own - 1),
        POST_ONLY=float(price["after"][changed] / price["after"][other] - 1),
    )
