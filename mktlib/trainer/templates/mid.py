"""Questions of the mid level: M01 to M10."""

import pandas as pd

from mktlib import load
from mktlib.attribution import credit
from mktlib.cohorts import at, gaps, silence
from mktlib.creators import contract_cost, standardised
from mktlib.customers import migration, rfm, tiers, value_per_cell
from mktlib.experiments import false_alarms, sample_size
from mktlib.fission import forecast, k_factor, topic_lift, users_by_generation
from mktlib.live import gpm, host_ratio, net_sales
from mktlib.private_domain import break_even_redemption, points_liability
from mktlib.quarter import day_kinds, kpi_scores, pace_plan, target_tree
from mktlib.segments import cell_weights, interaction, weighted_share
from mktlib.trainer.templates import STORES, TIERS, day, days_of, over, paid, rates, task, template

CHANNELS = [
    "SEM",
    "SEO",
    "Xiaohongshu",
    "affiliate",
    "direct",
    "e-mail/SMS",
    "feed ads",
    "live",
    "marketplace",
    "private domain",
]
END = pd.Timestamp("2026-01-01")


# ---------------------------------------------------------------- M01 the customer base


@template("M01")
def frequency(draw):
    """Orders per buyer."""
    store, window = draw.of(STORES), draw.span(draw.randint(60, 300), "2023-06-01", "2025-12-31")
    rows = window.of(paid(load("orders")), "ordered_at")
    rows = rows[rows["store"] == store]
    lines = load("order_items")
    buyers = rows["customer_id"].nunique()
    known = load("customers")["registered_on"] < window.end
    return task(
        f"""Compute the purchase frequency (购买频次), paid orders per customer who bought, of the store `{store}` from {window.words} (`orders`).""",
        len(rows) / buyers,
        "times",
        LINES_AS_ORDERS=lines["order_id"].isin(rows["order_id"]).sum() / buyers,
        WRONG_DENOM=len(rows) / known.sum(),
    )


@template("M01")
def best_customers(draw):
    """Customers with many and recent orders."""
    least, recent = draw.randint(2, 5), draw.of([20, 30, 45, 60, 90])
    on = draw.of(pd.date_range("2024-03-01", "2025-08-31"))

    def best(when, days):
        found = rfm(load("orders"), when, days)
        return int(((found["orders"] >= least) & (found["recency_days"] <= recent)).sum())

    return task(
        f"""It is the morning of {day(on)}. How many customers had {least} or more paid orders in the 365 days before, the last one at most {recent} full days ago? Table
        `orders`; `mktlib.customers.rfm` counts them.""",
        best(on, 365),
        "count",
        SNAPSHOT_LEAK=best(END, 365),
        WINDOW_MISMATCH=best(on, 5000),
    )


@template("M01")
def coupon_value(draw):
    """What an offer adds per customer of a group."""
    offer, by = draw.of(["advice call", "coupon", "gift"]), draw.of(["tier", "channel"])
    test = load("offer_test")
    cell = draw.of(TIERS if by == "tier" else CHANNELS)
    test = test.assign(net=test["margin_30d"] - test["offer_cost"])
    net = value_per_cell(test, by, "offer", offer, "net").loc[cell]
    gross = value_per_cell(test, by, "offer", offer, "margin_30d").loc[cell]
    return task(
        f"""In `offer_test` the lot decided who got an offer. What did the offer `{offer}` add per customer of the {by} `{cell}`, in yuan of margin in 30 days, the offer's cost taken off,
        against those who got `none`?""",
        float(net["value"]),
        "CNY",
        RESPONSE_AS_UPLIFT=float(net["with_action"]),
        TOTAL_VS_NET=float(gross["value"]),
    )


@template("M01")
def moved_to(draw):
    """Where the customers of a tier went."""
    begin = draw.of(pd.date_range("2023-09-01", "2025-05-01", freq="MS"))
    later = begin + pd.DateOffset(months=draw.randint(3, 6))
    start, end = draw.sample(TIERS, 2)
    before, after = (tiers(load("customers"), load("orders"), when) for when in (begin, later))
    both = ((before == start) & (after.reindex(before.index) == end)).sum()
    return task(
        f"""Tiers by `mktlib.customers.tiers` with its usual limits, on the mornings of {day(begin)} and {day(later)}: which share of the customers who were `{start}` on the first day is `{end}` on the
        second, as a fraction?""",
        float(migration(before, after).loc[start, end]),
        "fraction",
        MATRIX_DENOM=both / (after == end).sum(),
        WRONG_DENOM=both / len(before),
    )


# ---------------------------------------------------------------- M02 segments and markets

CELLS = ["app_user", "city_tier", "parity"]


@template("M02")
def share_of_households(draw):
    """Share of households by a survey."""
    answers = load("survey")
    column = draw.of(["preferred_brand", "main_platform", "preferred_content", "income_band"])
    value = draw.of(sorted(answers[column].unique()))
    weights = cell_weights(answers, load("survey_population"), CELLS, "households_thousand")
    band = draw.of(sorted(answers["birth_year_band"].unique()))
    answers = answers[answers["birth_year_band"] == band]
    weights = weights[answers.index]
    hit = answers[column] == value
    found = weighted_share(hit, weights)
    return task(
        f"""Which share of the households whose mother was born in the years {band} (`birth_year_band`) has `{column}` = `{value}`, as a fraction? `survey` has too many users of the shop's app: weigh all answers by `app_user`,
        `city_tier` and `parity` with the households of `survey_population`, then take those of the band.""",
        float(found["share"]),
        "fraction",
        SAMPLE_BIAS=hit.mean(),
        AVG_OF_RATIOS=hit.groupby(answers["app_user"]).mean().mean(),
        PERSONA_STEREOTYPE=hit[answers["app_user"]].mean(),
    )


@template("M02")
def two_audiences(draw):
    """Does a content work better for one audience."""
    test = load("content_test")
    column = draw.of(["parity", "birth_year_band"])
    one, other = draw.sample(sorted(test[column].unique()), 2)
    content, base = draw.sample(sorted(test["content"].unique()), 2)
    found = interaction(test, column, (one, other), content, base)
    ctr = rates(test, "clicks", "impressions", [column, "content"])
    return task(
        f"""`content_test` was drawn by lot. By how much is the CTR of `{content}` above that of `{base}` for the {column} `{one}`, less the same difference for `{other}`? Give the difference of the
        two differences as a fraction (0.001 is a tenth of a point).""",
        float(found["difference"]),
        "pp",
        NO_COMPARISON=float(found["effect_one"]),
        CONFOUND_SEGMENT=float(ctr[one, content] - ctr[other, content]),
    )


@template("M02")
def platform_of_a_group(draw):
    """Where a group is to be found."""
    answers = load("survey")
    tier, column = draw.of([1, 2, 3, 4]), draw.of(["birth_year_band", "income_band", "parity"])
    answers = answers[answers["city_tier"] == tier]
    group, platform = (
        draw.of(sorted(answers[column].unique())),
        draw.of(sorted(answers["main_platform"].unique())),
    )
    mine, there = answers[column] == group, answers["main_platform"] == platform
    return task(
        f"""Among the respondents of `survey` in cities of tier {tier} with `{column}` = `{group}`, which share names {platform} as main platform, as a fraction (no weights)?""",
        (mine & there).sum() / mine.sum(),
        "fraction",
        MATRIX_DENOM=(mine & there).sum() / there.sum(),
        WRONG_DENOM=(mine & there).mean(),
        NO_COMPARISON=there.mean(),
    )


@template("M02")
def share_of_search(draw):
    """Change of a brand's share of search."""
    table = load("competitors")
    brand = draw.of(sorted(table["brand"].unique()))
    before, after = sorted([draw.quarter("2023Q1"), draw.quarter("2023Q1")])

    def share(window, column):
        sums = window.of(table, "week_start").groupby("brand")[column].sum()
        return sums[brand] / sums.sum(), sums[brand]

    (old, own_before), (new, own_after) = share(before, "search_index"), share(after, "search_index")
    return task(
        f"""How did the share of search (搜索份额) of {brand} among the six brands of `competitors` change from {before.words} to {after.words} (weeks by `week_start`)? A difference of shares as a
        fraction; a fall is negative.""",
        new - old,
        "pp",
        NO_COMPARISON=own_after / own_before - 1,
        WRONG_DENOM=new / old - 1,
        PROXY_METRIC=share(after, "mentions")[0] - share(before, "mentions")[0],
    )


# ---------------------------------------------------------------- M03 cohorts and churn


@template("M03")
def retention_of_cohort(draw):
    """Retention of a cohort in a month of its life."""
    cohort, age = draw.month("2023-02", "2025-03"), draw.randint(2, 8)
    orders = paid(load("orders")).sort_values("ordered_at", kind="stable")
    first = orders.drop_duplicates("customer_id").set_index("customer_id")["ordered_at"].dt.normalize()
    mine = cohort.of(first.to_frame("first"), "first")["first"]
    rows = orders[orders["customer_id"].isin(mine.index)]
    old = (rows["ordered_at"] - rows["customer_id"].map(mine)).dt.days // 30
    active, before = rows[old == age], rows[old == age - 1]
    kept = active["customer_id"].nunique()
    return task(
        f"""Customers whose first paid order lies in {cohort.words}: which share of them ordered (paid) on day {30 * age} to {30 * age + 29} of their life, the day of the first order being day 0, as a fraction?""",
        kept / len(mine),
        "fraction",
        SURVIVORSHIP=kept / before["customer_id"].nunique(),
        ROWS_AS_PEOPLE=len(active) / len(mine),
        RETENTION_DENOM=kept / (first < cohort.end).sum(),
    )


@template("M03")
def repurchase(draw):
    """Who orders again, those included who may still."""
    days, on = draw.of([45, 60, 90, 120]), draw.of(pd.date_range("2024-03-01", "2025-12-01", freq="MS"))
    rows = gaps(load("orders"), on)
    began = on - days_of(draw.of([150, 180, 240]))
    rows = rows[(rows["number"] == 1) & (rows["ordered_at"] >= began)]
    wait = rows["next_at"] - rows["ordered_at"]
    soon = (wait <= days_of(days)).sum()
    return task(
        f"""It is the morning of {day(on)}; first paid orders since {day(began)}. Which share of these customers orders again within {days} days, as a fraction, if those who are still
        silent count for as long as they were watched (Kaplan-Meier; `mktlib.cohorts.gaps` and `silence`)?""",
        1 - float(at(silence(rows, on), days)),
        "fraction",
        RIGHT_CENSOR=soon / len(rows),
        SURVIVORSHIP=soon / wait.notna().sum(),
    )


@template("M03")
def recall_adds(draw):
    """What a recall offer adds."""
    test = load("recall_test")
    tier, weeks = (
        draw.of(["lapsed", "loyal", "never bought", "newly dormant"]),
        draw.span(draw.randint(60, 150), "2025-01-05", "2025-06-29"),
    )
    rows = weeks.of(test, "wave_on")
    rows = rows[rows["tier"] == tier]
    rate = rows.groupby("arm")["ordered_14d"].mean()
    return task(
        f"""Waves from {weeks.words} of `recall_test`, tier `{tier}`: by how much does the offer raise the share that orders within 14 days, against the holdout? A difference of shares as a
        fraction.""",
        float(rate["offer"] - rate["holdout"]),
        "pp",
        NO_CONTROL=float(rate["offer"]),
        PCT_VS_PP=float(rate["offer"] / rate["holdout"] - 1),
    )


@template("M03")
def from_old_customers(draw):
    """Sales that came from earlier customers."""
    store, window = draw.of(STORES), draw.quarter("2024Q1")
    orders = paid(load("orders")).sort_values("ordered_at", kind="stable")
    ever = orders.groupby("customer_id")["ordered_at"].min()
    rows = window.of(orders, "ordered_at")
    rows = rows[rows["store"] == store]
    old = rows["customer_id"].map(ever) < window.start
    return task(
        f"""Paid orders of the store `{store}` in {window.words}: which amount, in yuan, came from customers whose first paid order (in any store, in all years) lies before the quarter?""",
        rows.loc[old, "amount"].sum(),
        "CNY",
        FILTER_BEFORE_MIN=rows.loc[rows.duplicated("customer_id"), "amount"].sum(),
        TOTAL_VS_NET=rows["amount"].sum(),
    )


# ---------------------------------------------------------------- M04 experiments


@template("M04")
def size_of_test(draw):
    """Visitors a test needs."""
    base, lift = draw.randint(10, 90) / 1000, draw.randint(8, 30) / 100
    power = draw.of([0.8, 0.9])
    n = sample_size(base, base * (1 + lift), power=power)
    return task(
        f"""The rate is {base:.1%}. How many visitors per arm does a test of two equal arms need to find a rise of {lift:.0%} of this rate (two-sided 5 %, power {power:.0%}, pooled-average
        formula as `mktlib.experiments.sample_size`)?""",
        n,
        "times",
        N_TOTAL=2 * n,
        PCT_VS_PP=sample_size(base, base + lift, power=power) if base + lift < 1 else n,
    )


@template("M04")
def looks(draw):
    """False winners of many looks."""
    times, share = draw.randint(3, 28), draw.of([1.645, 1.96, 2.576])
    level = {1.645: 0.10, 1.96: 0.05, 2.576: 0.01}[share]
    return task(
        f"""Somebody looks at a test without effect {times} times, after equal numbers of new visitors, and stops at the first |z| above {share}. How often, as a fraction of such tests,
        does a winner come out?""",
        float(false_alarms([share] * times).iloc[-1]),
        "fraction",
        PEEKING=level,
        INDEP_LOOKS=1 - (1 - level) ** times,
        ADD_RATES=level * times,
    )


@template("M04")
def many_segments(draw):
    """Winners among segments without effect."""
    number, level = draw.randint(4, 24), draw.of([0.01, 0.02, 0.05, 0.1])
    return task(
        f"""A test has no effect in any of {number} segments that have no visitor in common. Each is tested at a level of {level:.0%}. What is the chance that at least one segment
        shows a winner or loser, as a fraction?""",
        1 - (1 - level) ** number,
        "fraction",
        MULTI_COMPARE=level,
        ADD_RATES=level * number,
    )


@template("M04")
def days_of_test(draw):
    """How long an idea has to be tested."""
    ideas = load("test_ideas")
    ideas = ideas[(ideas["units_a_day"] > 0) & (ideas["base_rate"] < 60)]
    idea = ideas.iloc[draw.randrange(len(ideas))]
    base, lift, share = idea["base_rate"] / 100, draw.randint(6, 25) / 100, draw.randint(2, 9) / 10
    n = sample_size(base, base * (1 + lift)) if base * (1 + lift) < 1 else float("nan")
    daily = idea["units_a_day"]
    return task(
        f"""Idea `{idea["idea_id"]}` of `test_ideas` has {daily:,} units a day at a base rate of {base:.2%}; {share:.0%} of them may enter the test. Two equal arms, a rise of {lift:.0%} of the
        rate, `mktlib.experiments.sample_size` with its usual limits: how many days does the test take, not rounded?""",
        2 * n / (daily * share),
        "times",
        N_TOTAL=n / (daily * share),
        CAPACITY_BLIND=2 * n / daily,
    )


# ---------------------------------------------------------------- M05 attribution


def converting(draw):
    """Journeys that ended in an order whose last touch lies in some weeks, and what a question calls them."""
    window = draw.span(draw.randint(14, 60), "2025-02-01", "2025-06-30")
    touches = load("touchpoints")
    touches = touches[touches["order_id"].notna()]
    last = touches.groupby("journey_id")["touch_at"].max()
    chosen = window.of(last.to_frame("last"), "last").index
    words = f"journeys of `touchpoints` that ended in an order and have their last touch from {window.words}"
    return touches[touches["journey_id"].isin(chosen)], words


def passed(journeys, channel):
    """Orders with the channel anywhere on the way."""
    return float(journeys[journeys["channel"] == channel].drop_duplicates("journey_id")["weight"].sum())


TOUCHED = ["SEM", "SEO", "Xiaohongshu", "direct", "e-mail/SMS", "feed ads", "private domain"]


@template("M05")
def linear_credit(draw):
    """Linear credit of a channel."""
    journeys, words = converting(draw)
    channel = draw.of(TOUCHED)
    return task(
        f"""Take the {words}. How many orders does linear attribution (线性归因) give to `{channel}`, each touch being one and an order counting with its `weight`?""",
        float(credit(journeys, "linear", by="touch")[channel]),
        "times",
        TOUCH_VS_CHANNEL=float(credit(journeys, "linear", by="channel")[channel]),
        DOUBLE_CREDIT=passed(journeys, channel),
        LASTCLICK_AS_INCREMENTAL=float(credit(journeys, "last")[channel]),
    )


@template("M05")
def position_credit(draw):
    """Position-based credit of a channel."""
    journeys, words = converting(draw)
    channel = draw.of(TOUCHED)
    first, last = credit(journeys, "first")[channel], credit(journeys, "last")[channel]
    return task(
        f"""Take the {words}. How many orders does position-based attribution give to `{channel}`: 0.4 to the first touch, 0.4 to the last, 0.2 shared by those between; half and half where nothing
        is between; a touch alone takes all (`weight` counts)?""",
        float(credit(journeys, "position")[channel]),
        "times",
        CREDIT_NOT_SUM1=float(0.4 * first + 0.4 * last),
        DOUBLE_CREDIT=passed(journeys, channel),
        LASTCLICK_AS_INCREMENTAL=float(last),
    )


@template("M05")
def one_window(draw):
    """Return of a platform under one window."""
    platform = draw.of(
        ["Douyin", "Kuaishou", "Weibo", "Xiaohongshu", "affiliate", "e-mail/SMS", "search ads"]
    )
    days = draw.span(draw.randint(14, 50), "2025-03-01", "2025-06-30")
    rows = days.of(load("platform_reports"))
    rows = rows[rows["platform"] == platform]
    daily = rows[rows["cost"] > 0]
    return task(
        f"""`platform_reports`, {platform}, from {days.words}: the return on ad spend (ROAS, 广告支出回报) under the window that all platforms can be held to, seven days after a click.""",
        over(rows, "revenue_7d_click", "cost"),
        "times",
        WINDOW_MISMATCH=over(rows, "revenue", "cost"),
        ROAS_AS_ROI=over(rows, "revenue_7d_click", "cost") - 1,
        AVG_OF_RATIOS=(daily["revenue_7d_click"] / daily["cost"]).mean(),
    )


@template("M05")
def margin_of_newcomers(draw):
    """Margin of a channel's newcomers."""
    channel, won = draw.of(CHANNELS), draw.quarter("2023Q1", "2025Q1")
    days, margin = draw.of([90, 120, 180]), draw.randint(30, 55) / 100
    orders = paid(load("orders")).sort_values("ordered_at", kind="stable")
    first = won.of(orders.drop_duplicates("customer_id"), "ordered_at")
    first = first[first["channel"] == channel].set_index("customer_id")["ordered_at"]
    rows = orders[orders["customer_id"].isin(first.index)]
    rows = rows[rows["ordered_at"] <= rows["customer_id"].map(first) + days_of(days)]
    total = rows["amount"].sum()
    again = rows[rows.duplicated("customer_id", keep=False)]
    return task(
        f"""Customers whose first paid order came through `{channel}` in {won.words}: what margin per new customer did they leave within {days} days (of 24 hours) of it, the first order included and
        whatever channel brought the later ones, in yuan? The margin is {margin:.0%} of `amount`; refunds are left out.""",
        margin * total / len(first),
        "CNY",
        FIRST_ORDER_ONLY=margin * rows.drop_duplicates("customer_id")["amount"].sum() / len(first),
        MARGIN_IGNORED=total / len(first),
        SURVIVORSHIP=margin * again["amount"].sum() / again["customer_id"].nunique(),
    )


# ---------------------------------------------------------------- M06 private domain


@template("M06")
def add_rate(draw):
    """Add rate of a code."""
    table = load("hook_funnel_daily")
    source, hook = draw.of(sorted(table["source"].unique())), draw.of(sorted(table["hook"].unique()))
    window = draw.span(draw.randint(30, 120), "2025-01-01", "2025-12-31")
    rows = window.of(table)
    rows = rows[(rows["source"] == source) & (rows["hook"] == hook)]
    shown = rows[rows["impressions"] > 0]
    clicks = int(rows["clicks"].sum())
    return task(
        f"""Code `{hook}` shown at `{source}` from {window.words} (`hook_funnel_daily`): advisers added per display (添加率, adds over impressions), as a fraction.""",
        over(rows, "adds", "impressions"),
        "fraction",
        ENG_DENOM=rows["adds"].sum() / clicks if clicks else float("nan"),
        AVG_OF_RATIOS=(shown["adds"] / shown["impressions"]).mean(),
        WRONG_DENOM=rows["adds"].sum() / table.pipe(window.of)["adds"].sum(),
    )


@template("M06")
def open_points(draw):
    """What the open points will cost."""
    on = draw.of(pd.date_range("2025-03-01", "2025-12-31"))
    found = points_liability(load("points_ledger"), on)
    return task(
        f"""It is the morning of {day(on)}. What will the points still open cost, in yuan, if they are redeemed as points old enough to have expired were, at what a redeemed point cost
        so far (`points_ledger`; points live 365 days; `mktlib.private_domain.points_liability`)?""",
        float(found["liability"]),
        "CNY",
        BREAKAGE=float(found["open"] * found["cost_per_point"]),
        MARGIN_IGNORED=float(found["face_value"]),
        TOTAL_VS_NET=float(found["issued"]),
    )


@template("M06")
def points_break_even(draw):
    """Redemption at which points pay."""
    uplift, margin = draw.randint(4, 20) / 1000, draw.randint(30, 50) / 100
    per_yuan, cost = draw.of([1, 2, 5]), draw.randint(40, 95) / 10_000
    right = break_even_redemption(uplift, margin, per_yuan, cost)
    return task(
        f"""A programme gives {per_yuan} points per yuan; a redeemed point costs {cost:.4f} yuan in goods (its face says 0.01). It brings {uplift:.1%} more revenue, of which {margin:.0%} is margin.
        Up to which share of the points redeemed does the programme not lose money (points are given on all revenue), as a fraction?""",
        right,
        "fraction",
        MARGIN_IGNORED=break_even_redemption(uplift, 1.0, per_yuan, cost),
        BREAKAGE=break_even_redemption(uplift, margin, per_yuan, 0.01),
    )


@template("M06")
def blocked_soon(draw):
    """Contacts that blocked the adviser soon."""
    contacts = load("wecom_contacts")
    source, days = draw.of(sorted(contacts["source"].unique())), draw.of([7, 14, 30, 60, 90])
    added = draw.span(draw.randint(60, 240), "2023-07-03", "2025-09-30")
    rows = added.of(contacts, "added_at")
    rows = rows[rows["source"] == source]
    wait = rows["blocked_at"] - rows["added_at"]
    soon = (wait <= days_of(days)).sum()
    return task(
        f"""Contacts that were added through `{source}` from {added.words} (`wecom_contacts`): which share blocked the adviser within {days} days (of 24 hours), as a fraction?""",
        soon / len(rows),
        "fraction",
        HORIZON_MISMATCH=rows["blocked_at"].notna().mean(),
        WRONG_DENOM=soon / rows["blocked_at"].notna().sum(),
    )


# ---------------------------------------------------------------- M07 creators and vendors


@template("M07")
def thousand_mothers(draw):
    """What a thousand views by mothers cost."""
    creators = load("creators")
    row = creators.iloc[draw.randrange(len(creators))]
    fee = round(row["quoted_fee"] * draw.randint(60, 130) / 100, -1)
    mothers = row["mothers_pct"] / 100
    return task(
        f"""{row["name_en"]} (`creator_id` {row["creator_id"]} of `creators`) asks CNY {fee:,.0f} for a post. What does a thousand views by mothers cost, in yuan, at the median views of a post?""",
        1000 * fee / (row["median_views"] * mothers),
        "CNY",
        FOLLOWERS_AS_REACH=1000 * fee / (row["followers"] * mothers),
        WRONG_DENOM=1000 * fee / row["median_views"],
    )


@template("M07")
def fee_per_order(draw):
    """Fees per order with a creator's code."""
    collabs, creators = load("collabs"), load("creators")
    column = draw.of(["platform", "vertical"])
    value, window = (
        draw.of(sorted(creators[column].unique())),
        draw.span(draw.randint(200, 600), "2024-01-01", "2025-12-31"),
    )
    mine = creators.loc[creators[column] == value, "creator_id"]
    rows = window.of(collabs[collabs["creator_id"].isin(mine)], "published_at")
    orders = load("collab_codes")["collab_id"].value_counts().reindex(rows["collab_id"]).fillna(0).to_numpy()
    return task(
        f"""Notes of creators with {column} `{value}` published from {window.words} (`collabs`, `collab_codes`): what did an order with one of their codes cost in fees, in yuan, notes without any order
        included?""",
        rows["fee"].sum() / orders.sum(),
        "CNY",
        SURVIVORSHIP=rows["fee"][orders > 0].sum() / orders.sum(),
        WRONG_DENOM=rows["fee"].sum() / rows["clicks"].sum(),
    )


@template("M07")
def vendor_alike(draw):
    """A vendor at the mix of both."""
    table = load("vendor_monthly")
    vendor, (numerator, denominator, what) = (
        draw.of("AB"),
        draw.of(
            [
                ("cost", "orders", "cost per order, in yuan"),
                ("cost", "clicks", "cost per click, in yuan"),
                ("revenue", "cost", "revenue per yuan"),
            ]
        ),
    )
    months = sorted(draw.sample(sorted(table["month"].unique()), draw.randint(3, 8)))
    rows = table[table["month"].isin(months)]
    found = standardised(rows, numerator, denominator, "vendor", "audience").loc[vendor]
    parts = rates(rows[rows["vendor"] == vendor], numerator, denominator, "audience")
    return task(
        f"""Vendor {vendor} in the months {", ".join(months)} (`vendor_monthly`): the {what}, if both vendors had the same mix of audiences, that is, the audiences' shares of `{denominator}` over both
        vendors.""",
        float(found["adjusted"]),
        "times" if numerator == "revenue" else "CNY",
        MIX_UNADJUSTED=float(found["raw"]),
        AVG_OF_RATIOS=float(parts.mean()),
    )


@template("M07")
def promises_kept(draw):
    """Tasks done in time and accepted."""
    log = load("vendor_service_log")
    vendor, opened = draw.of("ABC"), draw.span(draw.randint(60, 200), "2025-01-01", "2025-12-20")
    rows = opened.of(log, "opened_at")
    rows = rows[rows["vendor"] == vendor]
    in_time = rows["done_at"] <= rows["due_at"]
    kept = (in_time & rows["accepted"]).sum()
    return task(
        f"""Tasks that vendor {vendor} was given from {opened.words} (`vendor_service_log`): which share was done in time and accepted, tasks never done included, as a fraction?""",
        kept / len(rows),
        "fraction",
        PROXY_METRIC=in_time.mean(),
        WRONG_DENOM=kept / in_time.sum(),
    )


@template("M07")
def guaranteed_volume(draw):
    """Cost of a season with a guaranteed volume."""
    offers = load("vendor_contracts")
    offers = offers[offers["guaranteed_a_month"] > 0]
    offer = offers.iloc[draw.randrange(len(offers))]
    used = draw.of([*range(50, 90), *range(108, 160)]) / 100
    need, spot = (
        round(offer["guaranteed_a_month"] * used),
        round(offer["unit_price"] * draw.randint(110, 130) / 100, 2),
    )
    months, price = int(offer["months"]), offer["unit_price"]
    return task(
        f"""Offer `{offer["offer_id"]}` of `vendor_contracts`: {offer["guaranteed_a_month"]:,.0f} units a month are guaranteed at CNY {price:.2f} each for {months} months; what is needed above them costs CNY
        {spot:.2f}. The team needs {need:,} units a month. What does the season cost, in yuan?""",
        float(contract_cost([need], [months], price, offer["guaranteed_a_month"], spot)),
        "CNY",
        OPTION_COST=months * need * price,
        AVERAGE_PLAN=months * need * spot,
    )


# ---------------------------------------------------------------- M08 growth that users carry


@template("M08")
def k_of_generation(draw):
    """K of a generation."""
    by, generation = draw.of(["mechanic", "programme", "programme"]), draw.randint(1, 4)
    referrals = load("referrals")
    group = draw.of(sorted(referrals[by].unique()))
    users = users_by_generation(referrals, load("referral_programmes"), by).loc[group]
    rows = referrals[(referrals[by] == group) & (referrals["generation"] == generation)]
    return task(
        f"""Compute K (裂变系数) of generation {generation} of the {by} `{group}`: users of this generation per user of the generation before, who invited them (`referrals`,
        `referral_programmes`).""",
        float(k_factor(users)[generation]),
        "times",
        INVITES_AS_K=len(rows) / users[generation - 1],
        K_DENOM=users[generation] / users[: generation + 1].sum(),
    )


@template("M08")
def users_after(draw):
    """Users after some weeks."""
    seeds, k, cycle = draw.randint(5, 40) * 10, draw.randint(40, 130) / 100, draw.randint(3, 14)
    rounds = draw.randint(2, 6)
    days = cycle * rounds + draw.randint(0, cycle - 1)
    return task(
        f"""{seeds} seeds, K = {k:.2f} in each generation, and a generation takes {cycle} days. How many users, seeds included, are there on day {days}, if nobody runs out of friends?""",
        float(forecast(seeds, k, cycle, days).iloc[-1]),
        "times",
        K_NO_CYCLE=seeds * (1 + k),
        K_DENOM=seeds * k**rounds,
    )


@template("M08")
def lift_by_content(draw):
    """What user content adds to a page's orders."""
    test = load("ugc_test")
    names = sorted(test["sku"].unique())
    chosen = sorted(draw.sample(names, draw.randint(5, 9)))
    rows = test[test["sku"].isin(chosen)]
    rate = rates(rows, "orders", "page_views", "arm")
    return task(
        f"""`ugc_test` showed product pages with user content or without, by lot. Products {", ".join(chosen)}, all months: by which fraction of the rate without it does user content raise the orders per page view?""",
        float(rate["with UGC"] / rate["without"] - 1),
        "fraction",
        PCT_VS_PP=float(rate["with UGC"] - rate["without"]),
        WRONG_DENOM=float(1 - rate["without"] / rate["with UGC"]),
    )


@template("M08")
def topic_day(draw):
    """How far a topic rose beyond the platform."""
    platform, on = draw.of(["Weibo", "Xiaohongshu"]), draw.of(pd.date_range("2024-03-01", "2025-12-20"))
    usual = (on - days_of(28), on - days_of(1))
    table = load("topics_daily")
    talk = table[table["platform"] == platform].pivot(index="date", columns="topic", values="mentions")
    topic = draw.of(["Heyu", "Qingcheng", "Xiaomaiya", "Xu'an", "Youyou Bear"])
    before = talk.loc[usual[0] : usual[1], [topic, "all parenting"]].mean()
    growth = talk.loc[on, topic] / before[topic] - 1
    control = talk.loc[on, "all parenting"] / before["all parenting"] - 1
    return task(
        f"""{platform}, {day(on)}: how far did the mentions of {topic} rise beyond what all parenting topics did, as a fraction (growth over the control's growth, minus 1)? Usual time: the 28 days before.
        Table `topics_daily`.""",
        float(topic_lift(talk, topic, "all parenting", on, *usual)),
        "fraction",
        NO_CONTROL=float(growth),
        ADD_RATES=float(growth - control),
    )


# ---------------------------------------------------------------- M09 live and promotions


@template("M09")
def gpm_of_host(draw):
    """GPM of a host's shows."""
    host, window = draw.of("ABC"), draw.span(draw.randint(25, 90), "2024-11-01", "2025-12-31")
    rows = window.of(load("live_sessions"), "started_at")
    rows = rows[rows["host"] == host]
    shows = rows[rows["views"] > 0]
    return task(
        f"""Compute the GPM (千次观看成交金额), GMV per thousand views, of the shows of host {host} that started from {window.words}, in yuan (`live_sessions`).""",
        float(gpm(rows, "views")),
        "CNY",
        DEF_MISMATCH=float(gpm(rows, "viewers")),
        AVG_OF_RATIOS=1000 * (shows["gmv"] / shows["views"]).mean(),
    )


@template("M09")
def net_of_month(draw):
    """Net sales of a store."""
    store, window = draw.of(STORES), draw.month("2023-01", "2025-11")
    rows = window.of(load("orders"), "ordered_at")
    rows = rows[rows["store"] == store]
    refunds = load("refunds")
    found = net_sales(rows, refunds)
    return task(
        f"""Net sales of the store `{store}`: the amount of orders placed in {window.words}, less those never paid, less all their refunds, in yuan (`orders`, `refunds`).""",
        float(found["net"]),
        "CNY",
        GMV_AS_REVENUE=float(found["gmv"]),
        TOTAL_VS_NET=float(found["gmv"] - found["unpaid"]),
        LAG_IMMATURE=float(found["gmv"] - found["refunded"]),
    )


@template("M09")
def presale_paid(draw):
    """How much of a presale is paid in the end."""
    table = load("presale")
    store, year = draw.of(["jd", "own", "tmall"]), draw.of([2024, 2025])
    days = draw.randint(2, 14)
    rows = table[(table["store"] == store) & (table["deposited_at"].dt.year == year)]
    start = rows["deposited_at"].min().normalize()
    rows = rows[rows["deposited_at"] < start + days_of(days)]
    done = rows[rows["balance_paid"]]
    return task(
        f"""Presale of {year} at the store `{store}`, deposits of its first {days} days from {day(start)} on (`presale`): which share of the yuan promised (`price`) was paid in the end, as a fraction?""",
        done["price"].sum() / rows["price"].sum(),
        "fraction",
        PARTIAL_FUNNEL=rows["deposit"].sum() / rows["price"].sum(),
        DEF_MISMATCH=rows["balance_paid"].mean(),
        FUNNEL_AS_SURE=1.0,
    )


@template("M09")
def hosts_alike(draw):
    """A host beside another, like with like."""
    a, b = draw.sample("ABC", 2)
    window = draw.span(draw.randint(120, 330), "2024-11-01", "2025-12-31")
    rows = window.of(load("live_sessions"), "started_at")
    shows, total = rows.groupby("host")["gmv"].mean(), rows.groupby("host")["gmv"].sum()
    return task(
        f"""Shows from {window.words} (`live_sessions`): how many times the GMV of a show of host {b} does a show of host {a} sell, at the same mix of `slot` and `offer`
        (`mktlib.live.host_ratio`)?""",
        float(host_ratio(rows, a, b, ["slot", "offer"])),
        "times",
        CONFOUND_SLOT=float(shows[a] / shows[b]),
        SIZE_ONLY=float(total[a] / total[b]),
    )


# ---------------------------------------------------------------- M10 manage a quarter


@template("M10")
def visits_for_goal(draw):
    """Visits that a channel's target needs."""
    table = load("channel_targets").set_index("channel")
    goal, channel = draw.randint(30, 70) * 100_000, draw.of(table.index)
    plan = table.assign(
        share=table["goal_share"] / 100, cvr=table["planned_cvr"] / 100, aov=table["planned_aov"]
    )
    right = target_tree(goal, plan)["visits"][channel]
    row = plan.loc[channel]
    return task(
        f"""The quarter's goal is CNY {goal:,} of GMV. How many visits does `{channel}` have to bring, at its share of the goal, its planned CVR (percent) and its planned order value of
        `channel_targets`?""",
        float(right),
        "times",
        AVERAGE_PLAN=float(goal * row["share"] / plan["aov"].mean() / plan["cvr"].mean()),
        TARGET_SUM=float(goal / len(plan) / row["aov"] / row["cvr"]),
    )


@template("M10")
def score(draw):
    """Score of a person's KPI sheet."""
    sheets, cap = load("team_kpi"), draw.randint(100, 130) / 100
    person, quarter = draw.of(sorted(sheets["person"].unique())), draw.of(sorted(sheets["quarter"].unique()))
    mine = sheets[(sheets["person"] == person) & (sheets["quarter"] == quarter)]
    done = mine["actual"] / mine["target"]
    capped = done.clip(upper=cap)
    return task(
        f"""{person} in {quarter} (`team_kpi`): the score is each KPI's completion (actual over target, at most {cap:.0%}) times its weight and its difficulty, added up. By which fraction does it lie above 1? Below 1 it is
        negative.""",
        float(kpi_scores(mine, cap=cap)[person] - 1),
        "fraction",
        KPI_UNCAPPED=float((done * mine["weight"] / 100 * mine["difficulty"]).sum() - 1),
        KPI_UNWEIGHTED=float((capped * mine["difficulty"]).mean() - 1),
        DEF_MISMATCH=float((capped * mine["weight"] / 100).sum() - 1),
    )


@template("M10")
def pace_of_plan(draw):
    """How much of a budget is planned by a day."""
    quarter = draw.quarter("2023Q1")
    weights = {"ordinary": 1, "promotion": draw.randint(2, 4), "peak": draw.randint(6, 14)}
    kinds = day_kinds(load("calendar"))
    kinds = kinds[(kinds.index >= quarter.start) & (kinds.index < quarter.end)]
    until = draw.randint(20, len(kinds) - 10)
    planned = pace_plan(1.0, kinds, weights)
    flat = pace_plan(1.0, kinds, weights | {"peak": weights["promotion"]})
    return task(
        f"""The budget of {quarter.words} is planned by kind of day: a promotion day gets {weights["promotion"]} times, a peak day {weights["peak"]} times as much as an ordinary one (`calendar`, `mktlib.quarter.day_kinds`). Which share of the
        budget is planned for the first {until} days, as a fraction?""",
        float(planned.iloc[:until].sum()),
        "fraction",
        PACING_LINEAR=until / len(kinds),
        AGG_HIDES=float(flat.iloc[:until].sum()),
    )


@template("M10")
def hours_per_request(draw):
    """Hours that a request takes."""
    table = load("work_requests")
    owner, asked = (
        draw.of(sorted(table["owner"].unique())),
        draw.span(draw.randint(45, 150), "2025-07-01", "2025-12-20"),
    )
    rows = asked.of(table, "requested_on")
    rows = rows[rows["owner"] == owner]
    done = rows[rows["finished_on"].notna()]
    return task(
        f"""Requests to {owner} from {asked.words} that were finished (`work_requests`): how many hours did one take on average?""",
        float(done["hours"].mean()),
        "times",
        PLAN_AS_ACTUAL=float(done["estimated_hours"].mean()),
        COST_PARTIAL=float(done.loc[done["rework"] == 0, "hours"].mean()),
        WRONG_DENOM=float(done["hours"].sum() / asked.days),
    )
