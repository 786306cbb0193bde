"""M06 Public to private: hand-offs, hooks, groups, points, what joining does. Lesson: lessons/2_mid/M06_public_to_private.md."""

import numpy as np
import pandas as pd

from mktlib.course import exercise, per_world, prediction, wrong
from mktlib.course.text import count, percent, times, yuan
from mktlib.private_domain import (
    adviser_minutes,
    break_even_redemption,
    cost_per_buyer,
    handoffs,
    holdout_effect,
    matched_effect,
    orders_within,
    points_liability,
    private_buyers,
)

YEAR = "2025-01-01"
DOUYIN, CASH = "Douyin profile", "scan for CNY 20"
MARGIN, HOUR, COUPON, BASKET = (
    0.42,
    60,
    20,
    180,
)  # yuan kept of a yuan; an adviser's hour; coupon; a usual order
DAY = pd.Timedelta(days=1)
SOON, LATE = "within an hour", "after eight hours"
CODE_ROW = "one row of hook_funnel_daily is one code (source and hook) on one day"
CONTACT = "one row of wecom_contacts is one contact"


@per_world
def new_contacts(wecom_contacts):
    """Contacts added in 2025."""
    return wecom_contacts[wecom_contacts["added_at"] >= YEAR]


@per_world
def joined_at(wecom_contacts):
    """When each customer first added an adviser, by customer."""
    known = wecom_contacts.dropna(subset=["customer_id"]).astype({"customer_id": "int64"})
    return known.drop_duplicates("customer_id").set_index("customer_id")["added_at"]


@per_world
def order_margin(orders):
    """Margin of a paid own-shop order of 2025, CNY."""
    rows = orders[(orders["status"] == "paid") & (orders["store"] == "own") & (orders["ordered_at"] >= YEAR)]
    return MARGIN * rows["amount"].mean()


@per_world
def add_cost(hook_funnel_daily):
    """Hook cost of an add outside the parcels, CNY."""
    rows = hook_funnel_daily[hook_funnel_daily["source"] != "parcel card"]
    return rows["hook_cost"].sum() / rows["adds"].sum()


@per_world
def path(wecom_contacts, hook_funnel_daily, orders):
    """The hand-offs of 2025 by source."""
    return handoffs(new_contacts(wecom_contacts), hook_funnel_daily, orders)


@per_world
def bill(wecom_contacts, hook_funnel_daily, orders, adviser_chats, group_days):
    """What the buyers of 2025 cost, by source."""
    mine = new_contacts(wecom_contacts)
    minutes = adviser_minutes(wecom_contacts, adviser_chats, group_days)[mine.index]
    table = path(wecom_contacts, hook_funnel_daily, orders)
    return cost_per_buyer(hook_funnel_daily, minutes.groupby(mine["source"]).sum(), table["buyers"], HOUR)


# ---------------------------------------------------------------- two questions from before


@exercise(
    "M06.r1",
    title="Which visitors of a test are compared?",
    kind="choice",
    practises=["R157"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "those of B who scrolled down, with all of A",
        "b": "those of B who scrolled down, with those of B who did not",
        "c": "all of B, with all of A",
    },
)
def who_is_compared():
    """The lot made all of A and all of B alike. Who scrolls was not drawn by lot."""
    return "c"


@who_is_compared.mistake(
    "POST_TREATMENT_DENOM", repair="Whom does A lose, when B keeps only those who scrolled?"
)
def _():
    """You kept the interested part of one arm and all of the other. What makes people scroll makes them buy, too."""
    return wrong("a")


@who_is_compared.mistake("SELECTION_AS_EFFECT", repair="Did the lot decide who scrolls?")
def _():
    """You compared two kinds of visitors who saw the same page. Those who scroll chose to, and would buy more on any page."""
    return wrong("b")


who_is_compared.hints(
    "What was drawn by lot?",
    "Groups made after the lot are no longer alike.",
    "Everybody stays in the arm that was drawn.",
)


@exercise(
    "M06.r2",
    title="Which cost belongs into the price of a new customer?",
    kind="choice",
    practises=["R150"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "the media bill, the agency's fee and the coupons that the new customers used",
        "b": "the media bill alone, because fees and coupons stand in other budgets",
        "c": "the media bill and the agency's fee, because coupons are already deducted from revenue",
    },
)
def whole_price():
    """All that was spent to win them, whichever budget pays it."""
    return "a"


@whole_price.mistake(
    "CAC_MEDIA_ONLY", repair="Would these customers have come without the fee and the coupon?"
)
def _():
    """You counted what the platform bills. The other yuan are gone as well, and were spent for the same customers."""
    return wrong("b")


@whole_price.mistake("COST_PARTIAL", repair="If the coupon had not been given, whose yuan would it be?")
def _():
    """You left out the coupon because revenue is net of it. It is a yuan given to win a customer; in the revenue of which report it
    is missing does not make it free."""
    return wrong("c")


whole_price.hints(
    "Which yuan would have been kept without these customers?",
    "Three kinds of yuan were spent.",
    "Nothing of it is left out because another budget pays.",
)


# ---------------------------------------------------------------- one denominator


def rates(sums, below):
    """adds / below by source, as a dict of floats."""
    return (sums["adds"] / sums[below]).astype(float).to_dict()


@exercise(
    "M06.1",
    title="Add rate by source, in 2025",
    kind="table",
    unit="fraction",
    minutes=(3, 6),
    practises=["R149", "R154"],
    section="One denominator",
    selfcheck={
        "grain": CODE_ROW,
        "numerator and denominator": "contacts added, over showings of the code, both summed first",
        "window": "the year 2025",
    },
)
def add_rate(hook_funnel_daily):
    """One numerator, one denominator, counted for every code. Low is not bad yet: a profile is seen by many in passing."""
    return rates(hook_funnel_daily.groupby("source")[["adds", "impressions"]].sum(), "impressions")


@add_rate.mistake("ENG_DENOM", repair="For which sources is the column clicks filled at all?")
def _(hook_funnel_daily):
    """You divided by taps where taps are counted and by showings elsewhere. The rates stand in one column and answer two
    questions: of those who tapped, and of those who saw."""
    sums = hook_funnel_daily.groupby("source")[["adds", "impressions", "clicks"]].sum(min_count=1)
    mixed = sums["adds"] / sums["clicks"].fillna(sums["impressions"]).astype(float)
    place = pd.DataFrame({"mine": mixed, "right": sums["adds"] / sums["impressions"]}).rank(ascending=False)
    lost = (place["right"] - place["mine"]).idxmax()
    return wrong(
        mixed.astype(float).to_dict(),
        shows={
            "sources whose taps are counted": count((sums["clicks"] > 0).sum()),
            "sources in your column": count(len(sums)),
        },
        cost=f"The next showings would go to {lost}, place {count(place['mine'][lost])} of {len(sums)} in your column: "
        f"by one denominator it has place {count(place['right'][lost])}.",
    )


@add_rate.mistake(
    "AVG_OF_RATIOS", repair="How many showings has a code on a quiet Tuesday, and how many on a Saturday?"
)
def _(hook_funnel_daily):
    """You averaged the rates of codes and days. A day with three showings gets the vote of a day with three hundred."""
    rows = hook_funnel_daily[hook_funnel_daily["impressions"] > 0]
    daily = (rows["adds"] / rows["impressions"]).groupby(rows["source"]).mean()
    stand = rows[rows["source"] == "offline"]["impressions"]
    return wrong(
        daily.to_dict(),
        shows={
            "fewest showings of a code and day at the stand": count(stand.min()),
            "most": count(stand.max()),
        },
    )


@add_rate.slip("window")
def _(hook_funnel_daily):
    """You took the month of May alone."""
    may = hook_funnel_daily[hook_funnel_daily["date"].dt.month == 5]
    return rates(may.groupby("source")[["adds", "impressions"]].sum(), "impressions")


add_rate.hints(
    "Which denominator has a number for all five sources?",
    "Sum adds and impressions by source, then divide once.",
    'sums = codes.groupby("source")[["adds", "impressions"]].sum()',
)


# ---------------------------------------------------------------- the hand-off has a clock


def speed(wecom_contacts):
    """Contacts of January to November 2025 whose invitation came soon or late: (joined a group, SOON or LATE)."""
    rows = new_contacts(wecom_contacts)
    rows = rows[rows["added_at"] < "2025-12-01"]
    steps = pd.cut(rows["group_invite_minutes"], [0, 60, 480, np.inf], labels=[SOON, "between", LATE])
    return rows.assign(step=steps.astype(str), joined=rows["group_id"].notna())


def two_speeds(column):
    return {name: float(column[name]) for name in (SOON, LATE)}


@exercise(
    "M06.15",
    title="Joining a group, by how soon the invitation came",
    kind="table",
    unit="fraction",
    minutes=(3, 6),
    practises=["R152", "R149"],
    section="A hole in the path",
    selfcheck={
        "grain": CONTACT,
        "numerator and denominator": "contacts with a group, over all contacts invited that soon",
        "window": "added from January to November 2025, so that December's have had their time",
        "filter": "minutes to the invitation: at most 60; more than 480",
    },
    tolerance=0.002,
)
def join_rate(wecom_contacts):
    """Of those who were asked that soon, who came. Below the line stand all who were asked, also those who did not come."""
    return two_speeds(speed(wecom_contacts).groupby("step")["joined"].mean())


@join_rate.mistake("SURVIVORSHIP", repair="What happened to those who joined and left again?")
def _(wecom_contacts):
    """You counted those who are in the group today. Joining is one hand-off and staying is another; who left did join."""
    rows = speed(wecom_contacts)
    inside = rows["joined"] & rows["group_left_on"].isna()
    return wrong(
        two_speeds(inside.groupby(rows["step"]).mean()),
        shows={
            "contacts who joined": count(rows["joined"].sum()),
            "of them still in a group": count(inside.sum()),
        },
    )


@join_rate.mistake("WRONG_DENOM", repair="Of whom do you want the share: of the invited, or of the joined?")
def _(wecom_contacts, hook_funnel_daily):
    """You divided by all who joined. That says how many invitations went out soon; it says nothing about what waiting
    does."""
    rows = speed(wecom_contacts)
    joined = rows[rows["joined"]]["step"].value_counts(normalize=True)
    late, rate = (rows["step"] == LATE).sum(), rows.groupby("step")["joined"].mean()
    promised, won = late * (joined[SOON] - joined[LATE]), late * (rate[SOON] - rate[LATE])
    return wrong(
        two_speeds(joined),
        shows={
            "invited within an hour": count((rows["step"] == SOON).sum()),
            "after eight hours": count(late),
        },
        cost=f"By your shares a night shift wins {count(promised)} members a year, by the rates {count(won)}: at the price of an add, "
        f"{yuan((promised - won) * add_cost(hook_funnel_daily))} would be paid for nobody.",
    )


@join_rate.slip("filter")
def _(wecom_contacts):
    """You took all that came after the first hour as late."""
    rows = speed(wecom_contacts)
    soon = rows["step"] == SOON
    return {SOON: rows["joined"][soon].mean(), LATE: rows["joined"][~soon].mean()}


join_rate.hints(
    "Who stands below the line: all invited, or those who came?",
    "Two groups by group_invite_minutes; the share of each with a group_id.",
    'asked.loc[asked["group_invite_minutes"] <= 60, "group_id"].notna().mean()',
)


# ---------------------------------------------------------------- a hole in the path


@per_world
def douyin_days(hook_funnel_daily):
    """Adds and showings of the Douyin profile by day."""
    rows = hook_funnel_daily[hook_funnel_daily["source"] == DOUYIN]
    return rows.groupby("date")[["impressions", "clicks", "adds"]].sum()


def zero_run(adds):
    """(first day, number of days) of the longest run without an add; adds by date, days without a row are zeros."""
    adds = adds.reindex(pd.date_range(YEAR, "2025-12-31"), fill_value=0)
    number = (adds > 0).cumsum()[adds == 0]
    longest = number.value_counts().idxmax()
    run = number[number == longest]
    return run.index[0], len(run)


@per_world
def hole(hook_funnel_daily):
    """(first day, days, adds lost) of the hole on the Douyin profile, at the rate of its other days."""
    days = douyin_days(hook_funnel_daily)
    first, size = zero_run(days["adds"])
    inside = days.index.isin(pd.date_range(first, periods=size))
    rate = days["adds"][~inside].sum() / days["impressions"][~inside].sum()
    return first, size, days["impressions"][inside].sum() * rate


def hole_answer(first, size, lost):
    return {"first day": first.strftime("%Y-%m-%d"), "days": int(size), "adds lost": float(lost)}


@exercise(
    "M06.7",
    title="The hole on the Douyin profile",
    kind="table",
    unit={"first day": "date", "days": "count", "adds lost": "times"},
    minutes=(4, 7),
    practises=["R152"],
    section="A hole in the path",
    tolerance=0.01,
    selfcheck={
        "grain": "one day of one source, all its hooks together",
        "numerator and denominator": "the rate of the source's other days, times the showings of the hole",
        "window": "days in a row without an add",
    },
)
def broken_code(hook_funnel_daily):
    """By source and day it is plain: people saw the code, tapped it, and nobody arrived."""
    return hole_answer(*hole(hook_funnel_daily))


@broken_code.mistake(
    "AGG_HIDES", repair="What share of all adds of May could have come from the Douyin profile?"
)
def _(hook_funnel_daily, wecom_contacts, orders):
    """You looked for the hole in the months. The profile is a small part of all adds, and the parcel cards of the same month cover
    what it lost."""
    first, size, _ = hole(hook_funnel_daily)
    months = hook_funnel_daily.groupby(hook_funnel_daily["date"].dt.month)[["adds", "impressions"]].sum()
    rate = months["adds"] / months["impressions"]
    profile = hook_funnel_daily.query("source == @DOUYIN")
    spent = (
        profile[profile["date"].isin(pd.date_range(first, periods=size))][["hook_cost", "ad_cost"]]
        .sum()
        .sum()
    )
    return wrong(
        hole_answer(first, size, 0),
        shows={
            "add rate of all codes in April": percent(rate[4], 2),
            "in May": percent(rate[5], 2),
            "in June": percent(rate[6], 2),
        },
        cost=f"While the month looked well, {yuan(spent)} were spent on a code that led nowhere.",
    )


@broken_code.mistake("ZERO_AS_BAD", repair="How many adds were due on these days, by the code's usual rate?")
def _(hook_funnel_daily):
    """You took the longest run of zeros among all codes. A code that brings one contact in four days has such runs by
    chance; what counts is how many adds were due."""
    codes = hook_funnel_daily.groupby(["source", "hook"])
    runs = {key: zero_run(rows.set_index("date")["adds"]) for key, rows in codes if key[0] != "parcel card"}
    key = max(runs, key=lambda one: runs[one][1])
    first, size = runs[key]
    rows = codes.get_group(key).set_index("date")
    due = rows["adds"].mean() * size
    return wrong(
        hole_answer(first, size, due),
        shows={
            "adds a day of that code, over the year": f"{rows['adds'].mean():.2f}",
            "of the Douyin profile": f"{douyin_days(hook_funnel_daily)['adds'].mean():.1f}",
        },
    )


@broken_code.slip("window")
def _(hook_funnel_daily):
    """You took every day without an add, single ones included."""
    days = douyin_days(hook_funnel_daily)
    zero = days["adds"] == 0
    rate = days["adds"].sum() / days["impressions"][~zero].sum()
    return hole_answer(days.index[zero].min(), zero.sum(), days["impressions"][zero].sum() * rate)


broken_code.hints(
    "Which days in a row have no add at all?",
    "Sum by day, find the longest stretch of zeros; then showings of these days times the rate of the others.",
    'lost = days.loc[silent, "impressions"].sum() * days.loc[~silent, "adds"].sum() / days.loc[~silent, "impressions"].sum()',
)


# ---------------------------------------------------------------- what a buyer costs


@exercise(
    "M06.2",
    title="Cost of a private-domain buyer from the Douyin profile",
    kind="number",
    unit="CNY",
    minutes=(5, 9),
    practises=["R150", "R151"],
    bounds=(0, None),
    section="From video to order",
    selfcheck={
        "grain": "a buyer is a customer with a paid order of channel private domain after adding; counted once",
        "numerator and denominator": "hook, coupon, ad and adviser's time, over buyers",
        "window": "codes, contacts, hours and orders of 2025",
        "filter": "source Douyin profile",
    },
)
def buyer_cost(wecom_contacts, hook_funnel_daily, orders, adviser_chats, group_days):
    """All four costs of the path over the people at its end: video, profile, adviser, group, order."""
    return float(
        bill(wecom_contacts, hook_funnel_daily, orders, adviser_chats, group_days).loc[DOUYIN, "per_buyer"]
    )


@buyer_cost.mistake("PARTIAL_FUNNEL", repair="How many of a hundred who added an adviser bought through one?")
def _(wecom_contacts, hook_funnel_daily, orders, adviser_chats, group_days):
    """You stopped at the add: hook cost over contacts. A contact is not a buyer, and the hook is only the first bill."""
    row = bill(wecom_contacts, hook_funnel_daily, orders, adviser_chats, group_days).loc[DOUYIN]
    adds = path(wecom_contacts, hook_funnel_daily, orders).loc[DOUYIN, "adds"]
    paid = row["hook"] / adds
    return wrong(
        row["hook"] / adds,
        shows={"contacts added": count(adds), "private-domain buyers among them": count(row["buyers"])},
        cost=f"A budget for 100 buyers at your price, {yuan(100 * paid)}, would be gone before the "
        f"{count(np.ceil(100 * paid / row['per_buyer'] / 10) * 10)}th of them has bought.",
    )


@buyer_cost.mistake("COST_PARTIAL", repair="Who pays the adviser who answers at nine in the evening?")
def _(wecom_contacts, hook_funnel_daily, orders, adviser_chats, group_days):
    """The advisers' time is missing in your cost, or stands there with next to nothing. No invoice comes for it, and yet each
    hour is paid: hours spent here are not spent elsewhere."""
    row = bill(wecom_contacts, hook_funnel_daily, orders, adviser_chats, group_days).loc[DOUYIN]
    return wrong(
        (row["cost"] - row["adviser"]) / row["buyers"],
        shows={"parts of the cost": "4", "parts with an invoice": "3"},
        cost=f"Of every CNY 100 that these buyers cost, about {yuan(round(100 * row['adviser'] / row['cost'], -1), 0)} would stand in no plan.",
    )


@buyer_cost.mistake(
    "DOUBLE_CREDIT", repair="Through which channel did the order come that you count for the adviser?"
)
def _(wecom_contacts, hook_funnel_daily, orders, adviser_chats, group_days):
    """You counted everybody who bought anything in the own shop after adding. Orders that came through SEM or mail are counted
    there already; the same order would pay two budgets."""
    row = bill(wecom_contacts, hook_funnel_daily, orders, adviser_chats, group_days).loc[DOUYIN]
    mine = new_contacts(wecom_contacts)
    own = orders[orders["store"] == "own"].assign(channel="any")
    everybody = private_buyers(mine, own, channel="any")[mine["source"] == DOUYIN].sum()
    return wrong(
        row["cost"] / everybody,
        shows={
            "customers with any order in the own shop after adding": count(everybody),
            "through the private domain": count(row["buyers"]),
        },
        cost=f"The orders of {count(everybody - row['buyers'])} customers would be credited twice; at {yuan(order_margin(orders))} of margin "
        f"each that is {yuan((everybody - row['buyers']) * order_margin(orders))} that the shop earns once.",
    )


@buyer_cost.slip("numerator and denominator")
def _(wecom_contacts, hook_funnel_daily, orders, adviser_chats, group_days):
    """You counted each minute of an adviser as an hour: the price is CNY 60 an hour."""
    row = bill(wecom_contacts, hook_funnel_daily, orders, adviser_chats, group_days).loc[DOUYIN]
    return float((row["cost"] + 59 * row["adviser"]) / row["buyers"])


buyer_cost.hints(
    "Which four bills does the path run up?",
    "Sum hook_cost, coupon_cost and ad_cost of the profile, add the advisers' minutes at CNY 60 an hour, divide by buyers.",
    '(profile[["hook_cost", "coupon_cost", "ad_cost"]].sum().sum() + minutes_of_douyin) / buyers_of_douyin',
)


# ---------------------------------------------------------------- the hook that fills the list


@per_world
def hooks(wecom_contacts, hook_funnel_daily, orders, order_items, products, refunds):
    """By hook outside the parcels, January to November: shown, adds, quick (blocked within seven days), margin (30 days), cost, buyers."""
    mine = new_contacts(wecom_contacts)
    mine = mine[(mine["source"] != "parcel card") & (mine["added_at"] < "2025-12-01")]
    codes = hook_funnel_daily[
        (hook_funnel_daily["source"] != "parcel card") & (hook_funnel_daily["date"] < "2025-12-01")
    ]
    table = codes.groupby("hook")[["impressions", "adds", "hook_cost"]].sum()
    first = (
        mine.dropna(subset=["customer_id"]).drop_duplicates("customer_id").astype({"customer_id": "int64"})
    )
    sold = orders[orders["status"] == "paid"].merge(
        first[["customer_id", "hook", "added_at"]], on="customer_id"
    )
    sold = sold[(sold["ordered_at"] >= sold["added_at"]) & (sold["ordered_at"] < sold["added_at"] + 30 * DAY)]
    lines = order_items[order_items["order_id"].isin(sold["order_id"])]
    goods = lines["quantity"] * lines["sku"].map(products.set_index("sku")["unit_cost"])
    goods = sold["order_id"].map(goods.groupby(lines["order_id"]).sum())
    back = sold["order_id"].map(refunds.groupby("order_id")["amount"].sum()).fillna(0)
    sold["margin"] = sold["amount"] - sold["shipping_cost"] - goods - back
    sums = sold.groupby("hook").agg(
        margin=("margin", "sum"), revenue=("amount", "sum"), buyers=("customer_id", "nunique")
    )
    quick = (mine["blocked_at"] - mine["added_at"] < 7 * DAY).groupby(mine["hook"]).mean()
    table = table.join(sums).assign(quick=quick)
    return table.assign(net=table["margin"] - table["hook_cost"])


@prediction(
    "M06.b",
    title="Share of 'scan for CNY 20' contacts who block the adviser within seven days",
    unit="fraction",
    practises=["R154"],
    bounds=(0, 1),
    section="The hook that fills the list",
)
def guess_blocked(wecom_contacts, hook_funnel_daily, orders, order_items, products, refunds):
    """About four in ten take the packet and go. The dashboard of adds does not know them, because an add is never taken back."""
    return hooks(wecom_contacts, hook_funnel_daily, orders, order_items, products, refunds).loc[CASH, "quick"]


@guess_blocked.mistake("DEAL_SEEKER", repair="What does the promise select people for?")
def _(wecom_contacts, hook_funnel_daily, orders, order_items, products, refunds):
    """You expected them to be like the others. Who comes for money has what they came for on the first day."""
    return (
        hooks(wecom_contacts, hook_funnel_daily, orders, order_items, products, refunds)["quick"]
        .drop(CASH)
        .mean()
    )


def best_first(column):
    return column.sort_values(ascending=False).index.tolist()


@exercise(
    "M06.4",
    title="Rank the hooks by what a thousand showings earn",
    kind="ranking",
    minutes=(4, 7),
    practises=["R154"],
    section="The hook that fills the list",
    selfcheck={
        "grain": "one hook outside the parcels",
        "numerator and denominator": "margin of 30 days less hook cost, per showing of the code",
        "window": "codes and contacts of January to November 2025, so that each has had its 30 days",
    },
)
def hook_rank(wecom_contacts, hook_funnel_daily, orders, order_items, products, refunds):
    """A stand has so many visitors, whatever it promises: what counts is what a showing earns, its promise paid."""
    table = hooks(wecom_contacts, hook_funnel_daily, orders, order_items, products, refunds)
    return best_first(table["net"] / table["impressions"])


@hook_rank.mistake("DEAL_SEEKER", repair="What are those worth, thirty days later, who add fastest?")
def _(wecom_contacts, hook_funnel_daily, orders, order_items, products, refunds):
    """You ranked by adds per showing. A red packet wins that race by design: it selects people who want twenty yuan."""
    table = hooks(wecom_contacts, hook_funnel_daily, orders, order_items, products, refunds)
    cash = table.loc[CASH]
    return wrong(
        best_first(table["adds"] / table["impressions"]),
        shows={
            f"adds per 1,000 showings, {CASH}": f"{1000 * cash['adds'] / cash['impressions']:.1f}",
            "of these, gone within seven days": percent(cash["quick"], 0),
        },
        cost=f"Launched on 100,000 showings, it would lose {yuan(-100_000 * cash['net'] / cash['impressions'])}.",
    )


@hook_rank.mistake("PARTIAL_FUNNEL", repair="What else do you need to know about an add than its price?")
def _(wecom_contacts, hook_funnel_daily, orders, order_items, products, refunds):
    """The hook whose adds cost least, or stay longest, comes first with you. An add is the middle of the path: a promise that
    costs little brings few, and a place has only so many showings."""
    table = hooks(wecom_contacts, hook_funnel_daily, orders, order_items, products, refunds)
    price, per_view = table["hook_cost"] / table["adds"], table["net"] / table["impressions"]
    mine, best = price.idxmin(), per_view.idxmax()
    return wrong(
        price.sort_values().index.tolist(),
        shows={
            f"adds per 1,000 showings, {name}": f"{1000 * table.loc[name, 'adds'] / table.loc[name, 'impressions']:.1f}"
            for name in (mine, best)
        },
        cost=f"On 100,000 showings your first choice earns {yuan(100_000 * (per_view.max() - per_view[mine]))} less than the best.",
    )


@hook_rank.slip("numerator and denominator")
def _(wecom_contacts, hook_funnel_daily, orders, order_items, products, refunds):
    """You ranked by what an add earns. A hook may bring few good contacts and leave most of its showings unused; what it uses
    up is the place."""
    table = hooks(wecom_contacts, hook_funnel_daily, orders, order_items, products, refunds)
    found, cheapest = (
        best_first(table["net"] / table["adds"]),
        best_first(-table["hook_cost"] / table["adds"]),
    )
    return None if found in (best_first(table["net"] / table["impressions"]), cheapest) else found


hook_rank.hints(
    "What is given away when a poster is printed: adds, or views?",
    "Net is margin of 30 days minus hook cost, both summed; below the line stand the showings.",
    '(by_hook["net"] / by_hook["impressions"]).sort_values(ascending=False).index',
)


# ---------------------------------------------------------------- groups


@per_world
def large_group(group_days):
    """Days of the group with the most members on average."""
    return group_days[group_days["group_id"] == group_days.groupby("group_id")["members"].mean().idxmax()]


@exercise(
    "M06.5",
    title="The health of the largest group",
    kind="table",
    unit="fraction",
    minutes=(3, 6),
    practises=["R153", "R158"],
    section="The busiest group",
    selfcheck={
        "grain": "one row of group_days is one group on one day",
        "numerator and denominator": "senders over members, summed over days; messages of the six loudest over messages",
        "window": "all days of 2025",
    },
)
def health(group_days):
    """Most members of the group are silent on a day, and six people write most of what there is to read."""
    sums = large_group(group_days)[["members", "messages", "messages_top6", "senders"]].sum()
    return {
        "members who write": sums["senders"] / sums["members"],
        "written by six": sums["messages_top6"] / sums["messages"],
    }


@health.mistake("VANITY_ENG", repair="If one member writes a hundred messages, how many members are active?")
def _(group_days, hook_funnel_daily):
    """You divided messages by members and read it as activity. A message has no second person in it: a few can write all of
    them."""
    days = large_group(group_days)
    sums = days[["members", "messages", "messages_top6", "left"]].sum()
    others = group_days[group_days["group_id"] != days["group_id"].iloc[0]][["left", "members"]].sum()
    lost = sums["left"] - sums["members"] * others["left"] / others["members"]
    return wrong(
        {
            "members who write": sums["messages"] / sums["members"],
            "written by six": sums["messages_top6"] / sums["messages"],
        },
        shows={
            "messages a day of each of the six": count(sums["messages_top6"] / len(days) / 6),
            "leaving a year, beyond what other groups lose": count(lost),
        },
        cost=f"Called healthy and copied, it loses {count(lost)} members a year more than other groups do: at {yuan(add_cost(hook_funnel_daily))} an add, "
        f"{yuan(add_cost(hook_funnel_daily) * lost)} to bring them in again.",
    )


@health.mistake("SUM_UNIQUES", repair="How often does a member count who writes on every day?")
def _(group_days):
    """You added up the writers of all days and divided by the members of a day. Who writes daily stands there 365 times."""
    days = large_group(group_days)
    sums = days[["messages", "messages_top6", "senders"]].sum()
    return wrong(
        {
            "members who write": sums["senders"] / days["members"].mean(),
            "written by six": sums["messages_top6"] / sums["messages"],
        },
        shows={
            "writers, added up over the days": count(sums["senders"]),
            "members of the group": count(days["members"].mean()),
        },
    )


health.hints(
    "Which column counts people, and which counts messages?",
    "Member-days below the first line, messages below the second; sum over the days before dividing.",
    'largest["senders"].sum() / largest["members"].sum()',
)


@per_world
def loudness(group_days):
    """Groups of at least 20 members: each day louder or quieter than the median day of its own group; messages per member."""
    days = group_days[group_days["members"] >= 20]
    density = days["messages"] / days["members"]
    middle = density.groupby(days["group_id"]).transform("median")
    return days.assign(density=density, loud=density > middle)


def within(days):
    """Leave rate on the louder days over that on the quieter days, group by group, weighted by member-days."""
    cells = days.groupby(["group_id", "loud"])[["left", "members"]].sum().unstack().dropna()
    rate = cells["left"] / cells["members"]
    weight = cells["members"].sum(axis=1)
    return (rate[True] * weight).sum() / (rate[False] * weight).sum()


@exercise(
    "M06.12",
    title="Leaving on loud days, within groups",
    kind="number",
    unit="times",
    minutes=(4, 7),
    practises=["R155"],
    bounds=(0, None),
    section="The busiest group",
    selfcheck={
        "grain": "one group on one day, groups of at least 20 members",
        "numerator and denominator": "leavers per member-day on louder days, over the same on quieter days",
        "comparison": "each group with itself; groups weighted by their member-days",
    },
    tolerance=0.003,
)
def loud_days(group_days):
    """Each group is its own control: kind of group, adviser and members stay the same, the noise of the day does not."""
    return float(within(loudness(group_days)))


@loud_days.mistake("MIX_UNADJUSTED", repair="What else differs between a loud group and a quiet one?")
def _(group_days, hook_funnel_daily):
    """You compared loud groups with quiet ones. They are groups of other people: who came to stock up leaves sooner, in any
    noise."""
    days = loudness(group_days)
    by = days.groupby("group_id")[["left", "members", "messages"]].sum()
    loud = by["messages"] / by["members"] > (by["messages"] / by["members"]).median()
    rate = by.groupby(loud)[["left", "members"]].sum()
    rate = rate["left"] / rate["members"]
    promised = (1 - 1 / (rate[True] / rate[False])) - (1 - 1 / within(days))
    leavers = days.loc[days["loud"], "left"].sum()
    return wrong(
        rate[True] / rate[False],
        shows={
            "groups that are loud on average": count(loud.sum()),
            "quiet on average": count((~loud).sum()),
        },
        cost=f"A rule of silence would be to keep {percent(promised, 0)} more of the leavers than it can: "
        f"{count(promised * leavers)} members a year, {yuan(add_cost(hook_funnel_daily) * promised * leavers)} of adds.",
    )


@loud_days.mistake(
    "WRONG_DENOM", repair="How many members could have left on a loud day, and how many on a quiet one?"
)
def _(group_days):
    """You compared the messages instead of the leavers: how much louder the louder days are says nothing about who goes."""
    days = loudness(group_days)
    sums = days.groupby("loud")[["messages", "members"]].sum()
    rate = sums["messages"] / sums["members"]
    return wrong(
        rate[True] / rate[False],
        shows={
            "leavers on the louder days": count(days[days["loud"]]["left"].sum()),
            "on the others": count(days[~days["loud"]]["left"].sum()),
        },
    )


loud_days.hints(
    "With whom should a loud day of a group be compared?",
    "Leave rate by group and loud; weight both columns with the group's member-days, sum, divide.",
    "(rate[True] * weight).sum() / (rate[False] * weight).sum()",
)


# ---------------------------------------------------------------- advisers


@per_world
def chat_orders(adviser_chats, wecom_contacts, orders):
    """Chats with `bought`: a paid own-shop order within three days."""
    who = adviser_chats["contact_id"].map(wecom_contacts.set_index("contact_id")["customer_id"])
    own = orders[orders["store"] == "own"]
    return adviser_chats.assign(
        bought=orders_within(own, who.astype("Int64"), adviser_chats["started_at"], 3) > 0
    )


@per_world
def per_hour(adviser_chats, wecom_contacts, orders, group_days):
    """Orders per hour of chats, of rota chats and of groups."""
    chats = chat_orders(adviser_chats, wecom_contacts, orders)
    rota = chats[chats["lead"] == "rota"]
    return {
        "chats": 60 * chats["bought"].sum() / chats["minutes"].sum(),
        "rota chats": 60 * rota["bought"].sum() / rota["minutes"].sum(),
        "groups": 60 * group_days["orders"].sum() / group_days["adviser_minutes"].sum(),
    }


@exercise(
    "M06.8",
    title="What an adviser's hour brings",
    kind="table",
    unit="times",
    minutes=(4, 7),
    practises=["R156"],
    section="An adviser has eight hours",
    selfcheck={
        "grain": "one chat; one group and day",
        "numerator and denominator": "chats with an order within three days, or orders of the group, over hours of advisers",
        "filter": "rota chats: contacts drawn at random, neither asking nor chosen",
    },
)
def hours(adviser_chats, wecom_contacts, orders, group_days):
    """Hours are what is scarce, and the next chat is with somebody who did not ask."""
    return per_hour(adviser_chats, wecom_contacts, orders, group_days)


@hours.mistake("CAPACITY_BLIND", repair="How many taps does an adviser serve in the time of one chat?")
def _(adviser_chats, wecom_contacts, orders, group_days):
    """You compared orders per chat with orders per tap. A chat takes a quarter of an hour and a tap takes no adviser at all;
    what you can hire is hours."""
    chats = chat_orders(adviser_chats, wecom_contacts, orders)
    offers = group_days[group_days["offers"] > 0]
    right = per_hour(adviser_chats, wecom_contacts, orders, group_days)
    loss = 160 * (HOUR - right["rota chats"] * order_margin(orders))
    return wrong(
        {
            "chats": chats["bought"].mean(),
            "rota chats": chats[chats["lead"] == "rota"]["bought"].mean(),
            "groups": offers["orders"].sum() / offers["offer_taps"].sum(),
        },
        shows={
            "minutes of a chat": count(chats["minutes"].mean()),
            "minutes of a group a day": count(group_days["adviser_minutes"].mean()),
        },
        cost=f"An adviser hired for more chats works 160 hours a month; with contacts who did not ask these lose {yuan(loss)}.",
    )


@hours.mistake("SELECTION_AS_EFFECT", repair="Who is left to talk to, when all who ask are answered already?")
def _(adviser_chats, wecom_contacts, orders, group_days):
    """You promised the average chat to everybody. Most chats are with people who asked because they were about to buy."""
    right = per_hour(adviser_chats, wecom_contacts, orders, group_days)
    lead = adviser_chats["lead"].value_counts(normalize=True)
    gap = 160 * (right["chats"] - right["rota chats"]) * order_margin(orders)
    return wrong(
        right | {"rota chats": right["chats"]},
        shows={
            "chats with people who asked": percent(lead["asked"], 0),
            "chats by the rota": percent(lead["rota"], 0),
        },
        cost=f"A plan for one more adviser would expect {yuan(gap)} of margin a month too much.",
    )


hours.hints(
    "What is scarce: contacts, taps or hours?",
    "Orders summed, minutes summed, divided, times 60; three times.",
    '60 * chats["bought"].sum() / chats["minutes"].sum()',
)


# ---------------------------------------------------------------- points


@per_world
def liability(points_ledger):
    """Points as of 1 January 2026."""
    return points_liability(points_ledger, "2026-01-01")


def earned(points_ledger):
    """Points earned in 2025."""
    rows = points_ledger[(points_ledger["kind"] == "earned") & (points_ledger["date"] >= YEAR)]
    return rows["points"].sum()


@prediction(
    "M06.c",
    title="Share of points that is redeemed before it expires",
    unit="fraction",
    practises=["R141"],
    bounds=(0, 1),
    section="Points are a promise",
)
def guess_redeemed(points_ledger):
    """Less than two thirds. The rest expires in accounts that nobody opens: breakage."""
    return liability(points_ledger)["share_redeemed"]


@guess_redeemed.mistake("BREAKAGE", repair="When did you last redeem all of your points?")
def _():
    """You took a promise for a bill: some of those who hold points never look."""
    return 0.97


@exercise(
    "M06.6",
    title="What the points of 2025 will cost",
    kind="number",
    unit="CNY",
    minutes=(5, 9),
    practises=["R141", "R142"],
    bounds=(0, None),
    section="Points are a promise",
    tolerance=0.002,
    selfcheck={
        "grain": "one row of points_ledger is one booking",
        "numerator and denominator": "expired over earned, of points old enough to expire; cost over points redeemed",
        "window": "earned in 2025; the share from points earned before 1 January 2025",
        "filter": "expired bookings of these points, by order_id",
    },
)
def points_cost(points_ledger):
    """Points times the share that will be redeemed, times what the goods of a redeemed point cost us."""
    found = liability(points_ledger)
    return float(earned(points_ledger) * found["share_redeemed"] * found["cost_per_point"])


@points_cost.mistake("BREAKAGE", repair="What became of the points of 2024?")
def _(points_ledger):
    """You booked the full face value. Some points expire, and those that do not buy goods that cost less than they sell for."""
    face, right = earned(points_ledger) / 100, points_cost.compute(points_ledger)
    idle = round(100 * (1 - right / face), -1)
    return wrong(
        face,
        shows={
            "points earned in 2025": count(earned(points_ledger)),
            "expired so far": count(liability(points_ledger)["expired"]),
        },
        cost=f"Of every CNY 100 of your budget about {yuan(idle, 0)} would lie idle.",
    )


@points_cost.mistake("LAG_IMMATURE", repair="How long has a point of November had to be redeemed?")
def _(points_ledger):
    """You took redeemed over earned so far. Points of the last months have hardly had time; your share is too low."""
    found = liability(points_ledger)
    low, right = (
        earned(points_ledger) * found["redeemed"] / found["earned"] * found["cost_per_point"],
        points_cost.compute(points_ledger),
    )
    return wrong(
        low,
        shows={
            "share of all points that are still open": percent(found["open"] / found["earned"], 0),
            "days that a point lives": "365",
        },
        cost=f"Of every CNY 100 that the points will cost, about {yuan(round(100 * (1 - low / right), -1), 0)} would be missing "
        "when the late ones come.",
    )


@points_cost.mistake(
    "MARGIN_IGNORED", repair="What does Heyu pay for a travel pack that is given for CNY 5 of points?"
)
def _(points_ledger):
    """You took what the member gets for what Heyu pays. The goods are its own, and cost about half of their face value."""
    found = liability(points_ledger)
    value = earned(points_ledger) * found["share_redeemed"] / 100
    return wrong(
        value,
        shows={
            "face value of a hundred points": "CNY 1",
            "cost of a hundred redeemed points": yuan(100 * found["cost_per_point"]),
        },
        cost="Heyu's own margin on the goods would be set aside as if it were a cost.",
    )


@points_cost.slip("window")
def _(points_ledger):
    """You took the points of both years."""
    return liability(points_ledger)["issued"]


@points_cost.slip("numerator and denominator")
def _(points_ledger):
    """You let every point be redeemed. Some expire."""
    return float(earned(points_ledger) * liability(points_ledger)["cost_per_point"])


points_cost.hints(
    "Which points are old enough that their end is known?",
    "Share redeemed = 1 - expired / earned of the points of 2024; cost per point = cost over points of all redemptions.",
    "points_of_2025 * share_redeemed * cost_per_point",
)

UPLIFT, PER_YUAN = 0.01, 2


@exercise(
    "M06.13",
    title="Break-even redemption rate",
    kind="number",
    unit="fraction",
    minutes=(3, 6),
    practises=["R142", "R141"],
    bounds=(0, None),
    section="Points are a promise",
    tolerance=0.003,
    selfcheck={
        "grain": "a hundred yuan of revenue without points",
        "numerator and denominator": "extra margin, over the cost if every point were redeemed",
        "filter": "points are given on all revenue, the extra included",
    },
)
def break_even(points_ledger):
    """Above this share the points cost more than they bring. Compare it with the share that is redeemed."""
    return float(break_even_redemption(UPLIFT, MARGIN, PER_YUAN, liability(points_ledger)["cost_per_point"]))


def yearly_points_yuan(points_ledger):
    return earned(points_ledger) / PER_YUAN


@break_even.mistake("BREAKAGE", repair="What leaves the till when a hundred points are redeemed?")
def _(points_ledger):
    """You priced a point at its face value. Redeemed, it costs what the goods cost."""
    return wrong(
        UPLIFT * MARGIN / ((1 + UPLIFT) * PER_YUAN * 0.01),
        shows={
            "face value of a hundred points": "CNY 1",
            "cost of a hundred redeemed points": yuan(100 * liability(points_ledger)["cost_per_point"]),
        },
    )


@break_even.mistake("MARGIN_IGNORED", repair="How much of an extra yuan of revenue is left for the points?")
def _(points_ledger):
    """You set the extra revenue against the cost. Of a yuan of revenue 42 fen are left, and only they can pay."""
    found = liability(points_ledger)
    base = yearly_points_yuan(points_ledger) / (1 + UPLIFT)
    loss = (
        yearly_points_yuan(points_ledger) * PER_YUAN * found["share_redeemed"] * found["cost_per_point"]
        - base * UPLIFT * MARGIN
    )
    return wrong(
        UPLIFT / ((1 + UPLIFT) * PER_YUAN * found["cost_per_point"]),
        shows={
            "extra revenue per 100 yuan": yuan(100 * UPLIFT),
            "extra margin per 100 yuan": yuan(100 * UPLIFT * MARGIN),
        },
        cost=f"You would keep the programme as it is; at one percent of extra revenue it costs {yuan(loss)} a year more than it brings.",
    )


@break_even.slip("filter")
def _(points_ledger):
    """You gave points on the revenue without the extra. The extra earns points, too."""
    return float(UPLIFT * MARGIN / (PER_YUAN * liability(points_ledger)["cost_per_point"]))


break_even.hints(
    "What comes in per hundred yuan, and what goes out if every point is redeemed?",
    "In: 1 x 0.42. Out: 101 x 2 points x cost per point. The share at which both are equal.",
    "0.01 * 0.42 / (1.01 * 2 * cost_per_point)",
)


# ---------------------------------------------------------------- birthdays


@per_world
def birthday(wecom_contacts, customers, orders):
    """Reachable mini-program members with a child's first or later birthday in October 2025: (share who ordered, mean order)."""
    rows = wecom_contacts.dropna(subset=["customer_id"])
    rows = rows[(rows["mini_program_on"] < "2025-10-01") & ~(rows["blocked_at"] < "2025-10-01")]
    born = customers["child_birth_month"]
    mine = customers[born.str.endswith("-10") & (born < "2025-01")]["customer_id"]
    mine = mine[mine.isin(rows["customer_id"])]
    october = orders[
        (orders["status"] == "paid") & (orders["store"] == "own") & orders["customer_id"].isin(mine)
    ]
    october = october[october["ordered_at"].between("2025-10-01", "2025-11-01", inclusive="left")]
    return len(mine), mine.isin(october["customer_id"]).mean(), october["amount"].mean()


@exercise(
    "M06.14",
    title="A birthday coupon: who orders anyway, and what it must add",
    kind="table",
    unit="fraction",
    minutes=(5, 8),
    practises=["R143", "R144"],
    section="A birthday gift",
    selfcheck={
        "grain": "one reachable member whose child has its birthday in October 2025",
        "numerator and denominator": "members with a paid own-shop order in October, over members",
        "formula": "extra x (margin - coupon) = anyway x coupon",
    },
)
def birthday_coupon(wecom_contacts, customers, orders):
    """Those who order anyway take the coupon, too. What is added has to pay for them and for itself."""
    _, anyway, amount = birthday(wecom_contacts, customers, orders)
    return {"anyway": anyway, "must add": anyway * COUPON / (MARGIN * amount - COUPON)}


@birthday_coupon.mistake(
    "RESPONSE_AS_UPLIFT", repair="How many would redeem the coupon without having been moved by it?"
)
def _(wecom_contacts, customers, orders):
    """You took every redemption for an extra order: then each earns more than its coupon, and any number pays. In October there was
    no coupon, and yet they ordered."""
    size, anyway, _ = birthday(wecom_contacts, customers, orders)
    return wrong(
        {"anyway": anyway, "must add": 0},
        shows={"members with a birthday in October": count(size), "coupons offered in that month": "0"},
        cost=f"Coupons for orders that come anyway: {yuan(size * anyway * COUPON)} in one month.",
    )


@birthday_coupon.mistake("COST_PARTIAL", repair="Who pays the coupon of the order that it brought?")
def _(wecom_contacts, customers, orders):
    """You let the extra orders pay for the coupons of the others, and forgot their own. They redeem one as well."""
    size, anyway, amount = birthday(wecom_contacts, customers, orders)
    extra = anyway * COUPON / (MARGIN * amount)
    return wrong(
        {"anyway": anyway, "must add": extra},
        shows={
            "margin of an order": yuan(MARGIN * amount),
            "the same with its coupon paid": yuan(MARGIN * amount - COUPON),
        },
        cost=f"At your rate the month ends {yuan(size * extra * COUPON)} below zero.",
    )


@birthday_coupon.mistake(
    "MARGIN_IGNORED", repair="What is left of an order when goods and shipping are paid?"
)
def _(wecom_contacts, customers, orders):
    """You let revenue pay for the coupons. Goods and parcels are paid first."""
    _, anyway, amount = birthday(wecom_contacts, customers, orders)
    return wrong(
        {"anyway": anyway, "must add": anyway * COUPON / (amount - COUPON)},
        shows={"mean order": yuan(amount), "its margin": yuan(MARGIN * amount)},
    )


birthday_coupon.hints(
    "How many of these members ordered in October, without any coupon?",
    "Each of them costs a coupon; each extra order leaves its margin less a coupon.",
    "must_add = anyway * 20 / (0.42 * amount - 20)",
)


# ---------------------------------------------------------------- what joining does


@prediction(
    "M06.a",
    title="How many more orders joining makes people place in 60 days, as a fraction",
    unit="fraction",
    practises=["R157"],
    bounds=(-1, None),
    section="What is joining worth?",
)
def guess_effect(private_holdout, wecom_contacts, orders):
    """About a fifth more. The rest of the gap was there before anybody scanned a code."""
    return lot(private_holdout, wecom_contacts, orders)["extra"]


@guess_effect.mistake(
    "SELECTION_AS_EFFECT", repair="Who scans a card in a parcel: somebody who will come back, or anybody?"
)
def _(wecom_contacts, orders):
    """You took what members spend for what joining does."""
    return raw_ratio(wecom_contacts, orders) - 1


@per_world
def raw_ratio(wecom_contacts, orders):
    """Spend of members over others in the last quarter of 2025, customers of the own shop before it."""
    paid, day = orders[orders["status"] == "paid"], pd.Timestamp("2025-10-01")
    before = paid[(paid["ordered_at"] < day) & (paid["store"] == "own")]["customer_id"].unique()
    inside = wecom_contacts[(wecom_contacts["added_at"] < day) & ~(wecom_contacts["blocked_at"] < day)]
    spent = (
        paid[paid["ordered_at"] >= day].groupby("customer_id")["amount"].sum().reindex(before, fill_value=0)
    )
    member = spent.index.isin(inside["customer_id"].dropna())
    return spent[member].mean() / spent[~member].mean()


@per_world
def moments(orders, wecom_contacts, private_holdout, customers):
    """Own-shop orders of January to October 2025 by people without an adviser: what was known then, whether they joined within ten
    days, orders of the 60 days from the next day on."""
    paid = orders[orders["status"] == "paid"].sort_values(["customer_id", "ordered_at"])
    before = paid.groupby("customer_id")["ordered_at"].shift()
    rows = paid.assign(
        nth=paid.groupby("customer_id").cumcount().clip(upper=4), gap=(paid["ordered_at"] - before).dt.days
    )
    rows = rows[(rows["store"] == "own") & rows["ordered_at"].between(YEAR, "2025-11-01", inclusive="left")]
    held = private_holdout.loc[private_holdout["arm"] == "held out", "customer_id"]
    rows = rows[~rows["customer_id"].isin(held)]
    rows["start"] = rows["ordered_at"].dt.normalize() + DAY
    rows["added"] = rows["customer_id"].map(joined_at(wecom_contacts))
    rows = rows[~(rows["added"] < rows["start"])]
    people = customers.set_index("customer_id")
    born = rows["customer_id"].map(pd.to_datetime(people["child_birth_month"]))
    rows["age"] = np.digitize((rows["ordered_at"] - born).dt.days / 30.44, [0, 6, 12, 24, 36])
    rows["channel"] = rows["customer_id"].map(people["acquired_by"])
    rows["gap"] = np.digitize(rows["gap"].fillna(-1), [0, 30, 60, 120])
    rows["joined"] = rows["added"] < rows["start"] + 10 * DAY
    rows["after"] = orders_within(paid, rows["customer_id"], rows["start"], 60)
    return rows


CELLS = ["nth", "gap", "age", "channel"]


@per_world
def alike(orders, wecom_contacts, private_holdout, customers):
    """The matched comparison."""
    return matched_effect(
        moments(orders, wecom_contacts, private_holdout, customers), CELLS, "joined", "after"
    )


@exercise(
    "M06.11",
    title="Those who join against others alike",
    kind="number",
    unit="times",
    minutes=(4, 7),
    practises=["R157"],
    bounds=(0, None),
    section="What is joining worth?",
    tolerance=0.003,
    selfcheck={
        "grain": "one own-shop order of somebody without an adviser",
        "numerator and denominator": "mean orders of the joiners, over the mean of the others, cell by cell",
        "weights": "cells weighted by their joiners, in both means",
    },
)
def matched_ratio(orders, wecom_contacts, private_holdout, customers):
    """Like with like, as far as the table knows what people are like. What it does not know is still in the ratio."""
    return float(alike(orders, wecom_contacts, private_holdout, customers)["ratio"])


@matched_ratio.mistake("SELECTION_AS_EFFECT", repair="Which kind had ordered more before anybody joined?")
def _(orders, wecom_contacts, private_holdout, customers):
    """You set all members against all others. The others hold everybody who tried the shop once, years ago, and left."""
    found = alike(orders, wecom_contacts, private_holdout, customers)
    rows = moments(orders, wecom_contacts, private_holdout, customers)
    ratio = raw_ratio(wecom_contacts, orders)
    gap = (ratio - found["ratio"]) * found["others_alike"] * rows["joined"].sum()
    return wrong(
        ratio,
        shows={
            "cells in your comparison": "1",
            "cells of people alike": count(rows[CELLS].drop_duplicates().shape[0]),
        },
        cost=f"For the {count(rows['joined'].sum())} joiners here it claims {yuan(gap * order_margin(orders))} of margin beyond what others alike "
        "bring.",
    )


@matched_ratio.mistake("SNAPSHOT_LEAK", repair="How does somebody get a card who never orders again?")
def _(orders, wecom_contacts, private_holdout, customers):
    """You called everybody a joiner who is a contact by now. Cards lie in parcels: who ordered again got another one, so joining
    later is made of the orders that you want to explain."""
    rows = moments(orders, wecom_contacts, private_holdout, customers)
    rows = rows.assign(ever=rows["added"].notna())
    return wrong(
        float(matched_effect(rows, CELLS, "ever", "after")["ratio"]),
        shows={
            "joined within ten days": count(rows["joined"].sum()),
            "joined some day": count(rows["ever"].sum()),
        },
    )


@matched_ratio.slip("weights")
def _(orders, wecom_contacts, private_holdout, customers):
    """You gave one side or both the weights of the others. Then cells in which few join count more."""
    rows = moments(orders, wecom_contacts, private_holdout, customers)
    cells = rows.groupby([*CELLS, "joined"])["after"].agg(["sum", "size"]).unstack(fill_value=0)
    sums = cells[(cells["size"] > 0).all(axis=1)].sum()
    return float(sums["sum", True] / sums["size", True] / (sums["sum", False] / sums["size", False]))


matched_ratio.hints(
    "Within a cell, who is the joiner's other self?",
    "Mean of the others in each cell, weighted by the joiners of the cell.",
    '(cells["sum"][False] / cells["size"][False] * weight).sum() / weight.sum() goes below the line',
)


@per_world
def enrolled(private_holdout, wecom_contacts, orders):
    """People of the test with their orders in 60 days and whether they joined in that time."""
    test = private_holdout
    return test.assign(
        orders=orders_within(orders, test["customer_id"], test["start"], 60),
        joined=test["customer_id"].map(joined_at(wecom_contacts)) < test["start"] + 60 * DAY,
    )


@per_world
def lot(private_holdout, wecom_contacts, orders):
    """What the test says."""
    return holdout_effect(enrolled(private_holdout, wecom_contacts, orders), "orders")


def value_gap(private_holdout, claimed, wecom_contacts, orders):
    """Yuan by which a claimed extra overstates a year's joining, for the people of the test who joined."""
    found = lot(private_holdout, wecom_contacts, orders)
    joined = enrolled(private_holdout, wecom_contacts, orders)["joined"].sum()
    return abs(claimed - found["extra"]) * found["held_out"] * joined * order_margin(orders)


@exercise(
    "M06.3",
    title="What joining adds, by the lot",
    kind="number",
    unit="fraction",
    minutes=(5, 9),
    points=2,
    practises=["R157", "R141"],
    bounds=(-1, None),
    section="What is joining worth?",
    selfcheck={
        "grain": "one customer of the test",
        "numerator and denominator": "difference of the arms' mean orders, over the difference of their shares who joined; then over the mean of the held out",
        "window": "sixty days from the day on which the parcel arrived",
        "filter": "everybody of an arm, joined or not",
    },
)
def joining(private_holdout, wecom_contacts, orders):
    """The arms are alike but for the card. What they differ in, the card did, through those whom it made join."""
    return float(lot(private_holdout, wecom_contacts, orders)["extra"])


@joining.mistake("SELECTION_AS_EFFECT", repair="Who of the invited did not scan the card?")
def _(private_holdout, wecom_contacts, orders):
    """You compared joiners with those who did not join. Inside the invited arm the lot says nothing about who scans: those who
    mean to come back do."""
    test = enrolled(private_holdout, wecom_contacts, orders)
    mean = test[test["arm"] == "invited"].groupby("joined")["orders"].mean()
    claimed = mean[True] / mean[False] - 1
    return wrong(
        claimed,
        shows={
            "groups that the lot made": "invited, held out",
            "groups that you compared": "joined, not joined",
        },
        cost=f"The case for the private domain would claim {yuan(value_gap(private_holdout, claimed, wecom_contacts, orders))} of margin that is not there.",
    )


@joining.mistake("ROLLOUT_GENERALISE", repair="How many of the invited did what the card asks?")
def _(private_holdout, wecom_contacts, orders):
    """You gave the effect of the card as that of joining. A part of the invited never joined, and a few of the held out did: the
    difference of the arms is diluted by both."""
    found = lot(private_holdout, wecom_contacts, orders)
    claimed = found["invited"] / found["held_out"] - 1
    return wrong(
        claimed,
        shows={
            "joined among the invited": percent(found["share_invited"], 0),
            "among the held out": percent(found["share_held_out"], 1),
        },
        cost=f"Each joiner is worth more than you say: {yuan(value_gap(private_holdout, claimed, wecom_contacts, orders))} of margin are missing.",
    )


@joining.mistake(
    "POST_TREATMENT_DENOM", repair="Who is missing when only the joiners of the invited arm are kept?"
)
def _(private_holdout, wecom_contacts, orders):
    """You set the joiners of the invited arm beside all of the held out. The lot made the arms alike, and you kept of one of them
    only those who scanned."""
    found, test = (
        lot(private_holdout, wecom_contacts, orders),
        enrolled(private_holdout, wecom_contacts, orders),
    )
    claimed = test[(test["arm"] == "invited") & test["joined"]]["orders"].mean() / found["held_out"] - 1
    return wrong(
        claimed,
        shows={"of the invited you kept": percent(found["share_invited"], 0), "of the held out": "100%"},
    )


joining.hints(
    "What did the lot decide: who joins, or who gets a card?",
    "Difference of the arms in orders, over their difference in the share who joined, over the held-out mean.",
    "(orders_invited - orders_held) / (joined_invited - joined_held) / orders_held",
)


# ---------------------------------------------------------------- mixed case, memo


@per_world
def cities_of_may(geo_daily, cities):
    """New customers before (10 March to 28 April) and during (1 to 25 May 2025) by kind of city: store, near, far."""
    kinds = cities.set_index("city")
    near = set("|".join(kinds.loc[kinds["pop_up"], "neighbours"]).split("|"))
    kind = pd.Series(
        np.where(kinds["pop_up"], "store", np.where(kinds.index.isin(near), "near", "far")), index=kinds.index
    )
    days = geo_daily.assign(kind=geo_daily["city"].map(kind))
    windows = {"before": ("2025-03-10", "2025-04-28"), "during": ("2025-05-01", "2025-05-25")}
    return pd.DataFrame(
        {
            name: days[days["date"].between(*window)].groupby("kind")["new_customers"].sum()
            for name, window in windows.items()
        }
    )


def gain(table, control):
    """New customers in the store cities beyond what the control cities let expect."""
    ratio = table.loc[control, "during"] / table.loc[control, "before"]
    return table.loc["store", "during"] - table.loc["store", "before"] * ratio


@per_world
def by_code(wecom_contacts, orders):
    """Offline contacts of 1 to 25 May who placed their first paid order within 30 days after adding."""
    rows = wecom_contacts[
        (wecom_contacts["source"] == "offline")
        & wecom_contacts["added_at"].between("2025-05-01", "2025-05-26", inclusive="left")
    ]
    first = orders[orders["status"] == "paid"].groupby("customer_id")["ordered_at"].min()
    rows = rows.dropna(subset=["customer_id"]).drop_duplicates("customer_id")
    wait = rows["customer_id"].astype("int64").map(first) - rows["added_at"]
    return int(((wait >= 0 * DAY) & (wait < 30 * DAY)).sum())


@exercise(
    "M06.9",
    title="What the pop-up stores brought",
    kind="table",
    unit={"by code": "count", "by cities": "times"},
    minutes=(8, 13),
    points=2,
    practises=["R099", "R149"],
    section="Mixed case: six pop-up stores",
    tolerance=0.002,
    selfcheck={
        "grain": "by code: one customer with an offline contact; by cities: one city",
        "window": "adds and days of 1 to 25 May 2025; before: 10 March to 28 April",
        "comparison": "cities without a store and not next to one, as a ratio of the same windows",
    },
)
def pop_up(wecom_contacts, orders, geo_daily, cities):
    """The code counts those who scanned; the cities count all who came. Neither the calendar nor a neighbour may stand in for the
    cities that had no store."""
    return {
        "by code": by_code(wecom_contacts, orders),
        "by cities": float(gain(cities_of_may(geo_daily, cities), "far")),
    }


@pop_up.mistake(
    "CODE_ONLY", repair="Does everybody who visits a store scan the code and buy by the same phone?"
)
def _(wecom_contacts, orders, geo_daily, cities):
    """You let the code speak for the store. Who saw it and ordered at home without scanning leaves no trace in it."""
    code, found = by_code(wecom_contacts, orders), gain(cities_of_may(geo_daily, cities), "far")
    return wrong(
        {"by code": code, "by cities": float(code)},
        shows={
            "adds at the stands, 1 to 25 May": count(
                (
                    (wecom_contacts["source"] == "offline")
                    & wecom_contacts["added_at"].between("2025-05-01", "2025-05-26")
                ).sum()
            ),
            "of them first orders within 30 days": count(code),
        },
        cost=f"First orders worth {yuan((found - code) * order_margin(orders))} of margin would not be counted when the next pop-up is decided.",
    )


@pop_up.mistake("POST_ONLY", repair="Who would have come to the shop in May without a store?")
def _(wecom_contacts, orders, geo_daily, cities):
    """You counted all new customers of the six cities in May. Many of them would have come anyway, as they did in April."""
    table = cities_of_may(geo_daily, cities)
    share = 1 - gain(table, "far") / table.loc["store", "during"]
    return wrong(
        {"by code": by_code(wecom_contacts, orders), "by cities": float(table.loc["store", "during"])},
        shows={
            "new customers of the six cities in the 50 days before": count(table.loc["store", "before"]),
            "in the 25 days of the stores": count(table.loc["store", "during"]),
        },
        cost=f"About {count(round(10 * share))} in ten of them would have come in any spring: the margin of their first orders, "
        f"{yuan(order_margin(orders))} each, would be booked for the stores.",
    )


@pop_up.mistake("SPILLOVER", repair="Where do people live who travel an hour to a pop-up store?")
def _(wecom_contacts, orders, geo_daily, cities):
    """You took the neighbouring cities as the control because they are most alike. They are also where visitors come from, so they
    gained, too, and hide the effect."""
    table = cities_of_may(geo_daily, cities)
    share = 1 - gain(table, "near") / gain(table, "far")
    grown = table["during"] / table["before"]
    return wrong(
        {"by code": by_code(wecom_contacts, orders), "by cities": float(gain(table, "near"))},
        shows={
            "neighbours: new customers of May per 100 of before": count(100 * grown["near"]),
            "far cities": count(100 * grown["far"]),
        },
        cost=f"Of ten customers whom the stores brought, about {count(round(10 * share))} would be missing, and with each the margin of a "
        f"first order, {yuan(order_margin(orders))}.",
    )


@pop_up.slip("comparison")
def _(wecom_contacts, orders, geo_daily, cities):
    """You took all cities without a store, the neighbours among them, from which people come to the stores."""
    table = cities_of_may(geo_daily, cities)
    both = pd.concat([table, table.loc[["near", "far"]].sum().to_frame("both").T])
    return {"by code": by_code(wecom_contacts, orders), "by cities": float(gain(both, "both"))}


@pop_up.slip("comparison")
def _(wecom_contacts, orders, geo_daily, cities):
    """You took the same cities, fewer days, as if May were like the weeks before. Which cities show what May was like?"""
    table = cities_of_may(geo_daily, cities)
    due = float(table.loc["store", "during"] - table.loc["store", "before"] / 2)
    right = gain(table, "far")
    return (
        {"by code": by_code(wecom_contacts, orders), "by cities": due}
        if abs(due / right - 1) > 0.002
        else None
    )


@pop_up.slip("grain")
def _(wecom_contacts, orders, geo_daily, cities):
    """You counted contacts. Somebody who added two advisers is one customer."""
    right = pop_up.compute(wecom_contacts, orders, geo_daily, cities)
    rows = wecom_contacts[wecom_contacts["source"] == "offline"].dropna(subset=["customer_id"])
    rows = rows[rows["added_at"].between("2025-05-01", "2025-05-26", inclusive="left")]
    first = orders[orders["status"] == "paid"].groupby("customer_id")["ordered_at"].min()
    wait = rows["customer_id"].astype("int64").map(first) - rows["added_at"]
    mine = int(((wait >= 0 * DAY) & (wait < 30 * DAY)).sum())
    return right | {"by code": mine} if mine != right["by code"] else None


pop_up.hints(
    "Which cities show what May would have been without a store?",
    "by code: first paid order within 30 days after an offline add. by cities: store cities minus before times the far cities' ratio.",
    'store["during"] - store["before"] * far["during"] / far["before"]',
)


@exercise(
    "M06.10",
    title="Memo: what the private domain is worth",
    kind="memo",
    unit="fraction",
    minutes=(4, 7),
    points=2,
    practises=["R157", "R151"],
    section="The memo",
    selfcheck={
        "line 1": "what joining adds to the orders of 60 days, by the lot",
        "line 2": "the evidence: members' spend over others', and why it is no effect",
        "line 3": "the ask: who should do what, by when",
    },
)
def memo(private_holdout, wecom_contacts, orders):
    """The effect, the tempting number beside it, and a decision."""
    return joining.compute(private_holdout, wecom_contacts, orders)


@memo.mistake(
    "SELECTION_AS_EFFECT", repair="Would these members have been average customers without an adviser?"
)
def _(private_holdout, wecom_contacts, orders):
    """Your first line promises what members spend. Good customers join; the director would pay for what was there."""
    ratio = raw_ratio(wecom_contacts, orders)
    return wrong(
        ratio,
        shows={"spend of members over others": times(ratio), "groups that the lot made": "2"},
        cost=f"For the joiners of the test alone it claims {yuan(value_gap(private_holdout, ratio - 1, wecom_contacts, orders))} too much.",
    )


@memo.mistake("NO_ACTION", repair="Who should do what by when, now that the effect is known?")
def _():
    """Your third line asks for nothing. A report without a decision is filed, not used."""
    return None


memo.hints(
    "Three lines: number, evidence, ask.",
    "Line 2 sets the raw ratio beside it: how many times as much members spend.",
    "Line 3 begins with a verb: keep, move, stop, test; and says by when.",
)
