"""Questions of the junior level: J01 to J10."""

import pandas as pd

from mktlib import load
from mktlib.ab import per_visit, two_rates
from mktlib.compliance import may_send
from mktlib.funnels import funnel, step_rates
from mktlib.mail import dormant
from mktlib.search import decompose_cpa
from mktlib.seo import click_curve, click_rate, extra_visits
from mktlib.social import left_by_contact
from mktlib.trainer.templates import STORES, between, day, over, paid, rates, task, template
from mktlib.web import sessionise
from mktlib.weekly import bridge_total, service_level

FEEDS = ["Douyin", "Kuaishou", "Weibo", "Xiaohongshu"]
SOURCES = ["SEM", "SEO", "Xiaohongshu", "direct", "e-mail/SMS", "feed ads", "private domain", "referral"]
BOUGHT = ["SEM", "SEO", "Xiaohongshu", "affiliate", "e-mail/SMS", "feed ads", "live", "private domain"]
DEVICES = ["android", "computer", "ios"]
BEIJING = pd.Timedelta(hours=8)
MACHINE = "Mozilla/5.0"


# ---------------------------------------------------------------- J01 the metrics alphabet


@template("J01")
def ctr(draw):
    """CTR of two platforms' ads together."""
    two, month = sorted(draw.sample(FEEDS, 2)), draw.month("2023-01")
    rows = month.of(load("feed_ads_daily"))
    rows = rows[rows["platform"].isin(two)]
    shown, each = rows[rows["impressions"] > 0], rates(rows, "clicks", "impressions", "platform")
    return task(
        f"""Compute the click-through rate (CTR, 点击率) of all feed ads on {two[0]} and {two[1]} together in {month.words}, as a fraction (table
        `feed_ads_daily`).""",
        over(rows, "clicks", "impressions"),
        "fraction",
        AVG_OF_RATIOS=each.mean(),
        RATIO_BEFORE_GROUP=(shown["clicks"] / shown["impressions"]).mean(),
        ADD_RATES=each.sum(),
        WRONG_DENOM=over(rows, "clicks", "reach"),
    )


@template("J01")
def cvr(draw):
    """CVR per visit of a source on a device."""
    source, device, month = draw.of(SOURCES), draw.of(DEVICES), draw.month("2024-01")
    rows = month.of(load("web_sessions"), "started_at")
    rows = rows[(rows["source"] == source) & (rows["device"] == device)]
    ordered = rows[rows["order_id"].notna()]
    return task(
        f"""Compute the conversion rate (CVR, 转化率), orders per visit, of the visits from `{source}` on `{device}` that started in
        {month.words}, as a fraction (table `web_sessions`).""",
        len(ordered) / len(rows),
        "fraction",
        SESSIONS_AS_USERS=len(ordered) / rows["visitor_id"].nunique(),
        WRONG_DENOM=len(ordered) / rows["pageviews"].sum(),
        UNIT_MIX=ordered["customer_id"].nunique() / len(rows),
    )


@template("J01")
def reach(draw):
    """Reach of some days."""
    days = draw.span(draw.randint(3, 9), "2025-06-09", "2025-06-22")
    rows = days.of(load("feed_exposures"))
    return task(
        f"""How many people (devices) did the campaign of the exposure log reach (触达人数) from {days.words}? Table
        `feed_exposures`, one row per device and day.""",
        rows["device_id"].nunique(),
        "count",
        SUM_UNIQUES=len(rows),
        PEAK_AS_UNIQUE=int(rows.groupby("date")["device_id"].nunique().max()),
    )


@template("J01")
def value_per_customer(draw):
    """Order value per customer of a store."""
    store, month = draw.of(STORES), draw.month("2023-01")
    placed = month.of(load("orders"), "ordered_at")
    placed = placed[placed["store"] == store]
    rows = paid(placed)
    return task(
        f"""Compute the average amount of paid orders per customer (客单价, per customer) of the store `{store}` in {month.words}, in
        yuan (table `orders`, column `amount`).""",
        rows["amount"].sum() / rows["customer_id"].nunique(),
        "CNY",
        AVG_OF_RATIOS=rows.groupby("customer_id")["amount"].mean().mean(),
        GMV_AS_REVENUE=placed["amount"].sum() / rows["customer_id"].nunique(),
        WRONG_DENOM=rows["amount"].sum() / len(rows),
    )


# ---------------------------------------------------------------- J02 cost and return


@template("J02")
def cpm(draw):
    """CPM of a platform."""
    platform, month = draw.of(FEEDS), draw.month("2023-01")
    rows = month.of(load("feed_ads_daily"))
    rows = rows[rows["platform"] == platform]
    return task(
        f"""Compute the cost per thousand impressions (CPM, 千次展示成本) of the feed ads on {platform} in {month.words}, in yuan
        (`feed_ads_daily`).""",
        1000 * over(rows, "cost", "impressions"),
        "CNY",
        UNITS_CPM=over(rows, "cost", "impressions"),
        WRONG_DENOM=1000 * over(rows, "cost", "reach"),
        AVG_OF_RATIOS=1000 * rates(rows, "cost", "impressions", "audience").mean(),
    )


@template("J02")
def cac(draw):
    """CAC of a channel."""
    channel, quarter = draw.of(BOUGHT), draw.quarter("2023Q2")
    cost = quarter.of(load("budget"))
    cost = cost[cost["channel"] == channel]
    rows = paid(load("orders")).sort_values("ordered_at", kind="stable")
    rows = quarter.of(rows.assign(first=~rows.duplicated("customer_id")), "ordered_at")
    rows = rows[rows["channel"] == channel]
    new = rows["first"].sum()
    return task(
        f"""Compute the customer acquisition cost (CAC, 获客成本) of the channel `{channel}` in {quarter.words}, in yuan: everything
        that was spent on the channel (`budget`, all items) per new customer (`orders`: the first paid order of all
        years lies in the quarter and came through the channel).""",
        cost["spent"].sum() / new,
        "CNY",
        CAC_ALL_ORDERS=cost["spent"].sum() / len(rows),
        CAC_MEDIA_ONLY=cost.loc[cost["item"] == "media", "spent"].sum() / new,
        FILTER_BEFORE_MIN=cost["spent"].sum() / rows["customer_id"].nunique(),
    )


@template("J02")
def roi(draw):
    """ROI of a platform's campaigns."""
    platform, month, margin = draw.of(FEEDS), draw.month("2023-01"), draw.randint(30, 55) / 100
    ads = month.of(load("feed_ads_daily"))
    ads = ads[ads["platform"] == platform]
    rows = month.of(paid(load("orders")), "ordered_at")
    rows = rows[rows["campaign"].isin(ads["campaign"].unique())]
    refunds = load("refunds")
    net = rows["amount"].sum() - refunds.loc[refunds["order_id"].isin(rows["order_id"]), "amount"].sum()
    cost = ads["cost"].sum()
    return task(
        f"""The contribution margin is {margin:.0%} of net revenue. Compute the ROI (投资回报率) of the feed campaigns on {platform} in {month.words} as
        a fraction: (net revenue x margin - cost) / cost. Net revenue: the month's paid `orders` of these campaigns, less
        all their `refunds`. Cost: `feed_ads_daily`.""",
        (net * margin - cost) / cost,
        "fraction",
        ROAS_AS_ROI=net / cost,
        MARGIN_IGNORED=(net - cost) / cost,
        GMV_AS_REVENUE=(ads["revenue"].sum() * margin - cost) / cost,
    )


# ---------------------------------------------------------------- J03 web analytics


@template("J03")
def visitors(draw):
    """Visitors of some days."""
    source, days = draw.of(SOURCES), draw.span(draw.randint(5, 28), "2024-01-08", "2025-12-28")
    rows = days.of(load("web_sessions"), "started_at")
    rows = rows[rows["source"] == source]
    daily = rows.groupby(rows["started_at"].dt.normalize())["visitor_id"].nunique()
    return task(
        f"""How many different visitors (独立访客, UV) came from `{source}` from {days.words}? Table `web_sessions`.""",
        rows["visitor_id"].nunique(),
        "count",
        SUM_UNIQUES=int(daily.sum()),
        SESSIONS_AS_USERS=len(rows),
        PEAK_AS_UNIQUE=int(daily.max()),
    )


@template("J03")
def visits_from_hits(draw):
    """Visits in a log of hits."""
    minutes, days = draw.of([10, 15, 20, 45, 60]), draw.span(draw.randint(3, 9), "2025-05-13", "2025-05-31")
    hits = load("events")
    hits = hits.assign(at=hits["event_time_utc"] + BEIJING).sort_values("event_id")
    hits = days.of(hits, "at")
    visits = sessionise(hits, minutes=minutes)
    return task(
        f"""A team ends a visit after {minutes} minutes without a hit. How many visits are there in the hits of {days.words}, by the shop's
        clock (UTC + 8 hours)? Table `events`; other referrers start no new visit.""",
        int(visits.nunique()),
        "count",
        SESSIONS_AS_USERS=hits["visitor_id"].nunique(),
        SESSION_RULE=len(hits.assign(hour=hits["at"].dt.floor("h")).drop_duplicates(["visitor_id", "hour"])),
        DEF_MISMATCH=int(sessionise(hits, minutes=300).nunique()),
    )


@template("J03")
def share_of_source(draw):
    """Share of a source in the visits."""
    source, month = draw.of([one for one in SOURCES if one != "direct"]), draw.month("2023-01")
    device = draw.of(DEVICES)
    rows = month.of(load("traffic_daily"))
    rows = rows[rows["device"] == device]
    mine = rows[rows["source"] == source]
    return task(
        f"""Which share of all visits on `{device}` in {month.words} came from `{source}`, as a fraction? Table `traffic_daily`; visits
        without a label (`direct`) are visits, too.""",
        mine["visits"].sum() / rows["visits"].sum(),
        "fraction",
        DROP_DIRECT=mine["visits"].sum() / rows.loc[rows["source"] != "direct", "visits"].sum(),
        WRONG_DENOM=mine["orders"].sum() / rows["orders"].sum(),
    )


# ---------------------------------------------------------------- J04 search ads


@template("J04")
def highest_cpc(draw):
    """The highest price of a click that pays."""
    group, margin = (
        draw.of(["bottles", "care", "diapers", "food", "maternity", "skin care", "wipes"]),
        draw.randint(30, 55) / 100,
    )
    quarter = draw.quarter("2023Q1")
    rows = quarter.of(load("sem_keyword_daily"))
    rows = rows[rows["ad_group"] == group]
    return task(
        f"""Search ads, ad group `{group}`, {quarter.words} (`sem_keyword_daily`). The margin is {margin:.0%} of revenue. What may a click cost at most,
        so that the orders still pay for the clicks, in yuan?""",
        over(rows, "revenue", "clicks") * margin,
        "CNY",
        MARGIN_IGNORED=over(rows, "revenue", "clicks"),
        AVG_VS_MARGINAL=over(rows, "cost", "clicks"),
        WRONG_DENOM=over(rows, "revenue", "orders") * margin,
    )


@template("J04")
def cvr_of_group(draw):
    """CVR of search ads in a match type."""
    match, quarter = draw.of(["broad", "exact", "phrase"]), draw.quarter("2023Q1")
    campaign = draw.of(["brand", "category", "competitor", "informational"])
    rows = quarter.of(load("sem_keyword_daily"))
    rows = rows[(rows["match_type"] == match) & (rows["campaign"] == campaign)]
    return task(
        f"""Search ads, campaign `{campaign}`, match type `{match}`, {quarter.words} (`sem_keyword_daily`): orders per click, as a fraction.""",
        over(rows, "orders", "clicks"),
        "fraction",
        AVG_OF_RATIOS=rates(rows, "orders", "clicks", "keyword").mean(),
        WRONG_DENOM=over(rows, "orders", "impressions"),
    )


@template("J04")
def wasted(draw):
    """What search terms without an order cost."""
    limit, campaign = draw.randint(8, 30), draw.of(["category", "competitor", "informational"])
    rows = load("sem_search_terms")
    rows = rows[rows["campaign"] == campaign]
    terms = rows.groupby("search_term")[["clicks", "cost", "orders"]].sum()
    none = terms[terms["orders"] == 0]
    per_row = rows[(rows["orders"] == 0) & (rows["clicks"] >= limit)]
    return task(
        f"""Campaign `{campaign}`, table `sem_search_terms` (a term has several rows). What did the search terms cost in all, in yuan, that have at
        least {limit} clicks and no order over the whole table?""",
        none.loc[none["clicks"] >= limit, "cost"].sum(),
        "CNY",
        NOISE_AS_SIGNAL=none["cost"].sum(),
        AGG_HIDES=per_row["cost"].sum(),
        TOTAL_VS_NET=terms.loc[terms["clicks"] >= limit, "cost"].sum(),
    )


@template("J04")
def pace(draw):
    """How much of its plan a channel has spent."""
    channel, month = draw.of(["SEM", "Xiaohongshu", "feed ads", "live"]), draw.month("2023-01")
    until = draw.randint(8, 24)
    rows = month.of(load("budget"))
    rows = rows[rows["channel"] == channel]
    done = rows[rows["date"].dt.day <= until]
    return task(
        f"""The morning of day {until + 1} of {month.words}: what has `{channel}` spent from day 1 to day {until} per yuan that was planned for the same
        days (`budget`, all items)?""",
        over(done, "spent", "planned"),
        "times",
        PACING_LINEAR=done["spent"].sum() / (rows["planned"].sum() * until / month.days),
        INCOMPLETE_PERIOD=done["spent"].sum() / rows["planned"].sum(),
    )


@template("J04")
def mix_of_cpa(draw):
    """What the mix did to the cost per order."""
    before, after = sorted([draw.month("2023-01"), draw.month("2023-01")])
    rows = load("sem_keyword_daily")
    parts = decompose_cpa(before.of(rows), after.of(rows))
    return task(
        f"""Search ads, from {before.words} to {after.words} (`sem_keyword_daily`): by how many yuan did the cost per order (CPA) move because clicks moved
        between campaigns, the price and the conversion of a click staying as they were in each campaign? A fall is negative.""",
        parts["mix"],
        "CNY",
        SINGLE_CAUSE=parts["after"] - parts["before"],
        DECOMP_RESIDUAL=-decompose_cpa(after.of(rows), before.of(rows))["mix"],
    )


# ---------------------------------------------------------------- J05 organic search


def unbranded():
    """Ranks without the brand's own terms, the place as a float."""
    table = load("seo_rank_daily")
    table = table[table["kind"] != "brand"]
    return table.assign(rank=table["rank"].astype(float))


@template("J05")
def better_place(draw):
    """Visits from a better place."""
    low, searches = draw.randint(6, 18), draw.randint(20, 90) * 100
    high = draw.randint(3, low - 2)
    curve = click_curve(unbranded())
    linear = searches * (low - high) * (curve[1] - curve[20]) / 19
    return task(
        f"""A term is searched {searches:,} times a month. How many visits more a month does a page bring that moves from place {low} to place {high}? Use the
        click rates by place of the terms without the kind `brand` (`mktlib.seo.click_curve` on `seo_rank_daily`, all days).""",
        float(extra_visits(curve, searches, low, high)),
        "times",
        LINEAR_RANK=linear,
        TOTAL_VS_NET=float(searches * click_rate(curve, high)),
    )


@template("J05")
def quick_exits(draw):
    """Quick exits of a device on days that were slow."""
    device, month = draw.of(DEVICES), draw.month()
    rows = month.of(load("page_speed"))
    mine = rows[rows["device"] == device]
    slow = mine["lcp"].quantile(draw.of([0.5, 0.6, 0.7, 0.8]))
    slow = round(float(slow), 1)
    found = mine[mine["lcp"] > slow]
    everybody = rows[rows["lcp"] > slow]
    return task(
        f"""Pages on `{device}` in {month.words} (`page_speed`): of the visits to a page on a day on which it took more than {slow} seconds to show its main part (`lcp`), which share
        left at once (bounces per visit), as a fraction?""",
        over(found, "bounces", "visits"),
        "fraction",
        CONFOUND_DEVICE=over(everybody, "bounces", "visits"),
        WRONG_DENOM=found["bounces"].sum() / mine["visits"].sum(),
        AVG_OF_RATIOS=(found["bounces"] / found["visits"]).mean(),
    )


@template("J05")
def article_orders(draw):
    """What the orders of an article's first days cost."""
    days, costs = draw.of([180, 240, 300, 365, 420]), load("content_costs")
    kind = draw.of(sorted(costs["kind"].unique()))
    made = costs[(costs["kind"] == kind) & (costs["published_on"] <= "2024-10-01")]
    visits = load("article_visits_daily").merge(made[["article", "published_on"]], on="article")
    visits = visits.assign(age=(visits["date"] - visits["published_on"]).dt.days)
    orders = visits.loc[visits["age"] < days, "orders"].sum()
    fees = made[["writing", "review", "pictures"]].sum().sum()
    return task(
        f"""Articles of the kind `{kind}` published up to 1 October 2024: what did an order of an article's first {days} days (age 0 to {days - 1}) cost, in
        yuan? All three fees of `content_costs` over the orders of `article_visits_daily`.""",
        fees / orders,
        "CNY",
        COST_PARTIAL=made["writing"].sum() / orders,
        HORIZON_MISMATCH=fees / visits["orders"].sum(),
        WRONG_DENOM=fees / visits.loc[visits["age"] < days, "visits"].sum(),
    )


# ---------------------------------------------------------------- J06 feed and social

PLATFORMS = ["Bilibili", "Douyin", "Kuaishou", "Weibo", "Xiaohongshu", "Zhihu"]
ENGAGED = ["likes", "comments", "shares", "saves"]


@template("J06")
def engagement(draw):
    """Engagement rate of the people reached."""
    platform, quarter = draw.of(PLATFORMS), draw.quarter()
    posts = quarter.of(load("social_posts"), "published_at")
    posts = posts[posts["platform"] == platform]
    posts = posts.assign(engaged=posts[ENGAGED].sum(axis=1))
    seen = posts[posts["reach"] > 0]
    return task(
        f"""Compute the engagement rate (互动率) of the posts on {platform} published in {quarter.words}: likes, comments, shares and saves per person
        reached, as a fraction (`social_posts`).""",
        over(posts, "engaged", "reach"),
        "fraction",
        ENG_DENOM=over(posts, "engaged", "impressions"),
        AVG_OF_RATIOS=(seen["engaged"] / seen["reach"]).mean(),
        WRONG_DENOM=over(posts, "engaged", "followers"),
    )


@template("J06")
def cost_of_a_click(draw):
    """What a click to the shop costs."""
    platform, year = draw.of(PLATFORMS), draw.of([2024, 2025])
    form = draw.of(["graphic", "short video", "long video"])
    posts = load("social_posts")
    posts = posts[
        (posts["platform"] == platform) & (posts["form"] == form) & (posts["published_at"].dt.year == year)
    ]
    cost = posts["production_cost"].sum() + posts["boost_cost"].sum()
    return task(
        f"""What did a click to the shop (`link_clicks`) from a {form} on {platform} cost in {year}, in yuan? Production and boost of all these
        posts (`social_posts`; the team's hours are left out).""",
        cost / posts["link_clicks"].sum(),
        "CNY",
        COST_PARTIAL=posts["production_cost"].sum() / posts["link_clicks"].sum(),
        VANITY_ENG=cost / posts[ENGAGED].sum().sum(),
        WRONG_DENOM=cost / posts["opens"].sum(),
    )


@template("J06")
def kept_follower(draw):
    """What a follower costs who stays."""
    platform = draw.of(PLATFORMS)
    chosen = sorted(draw.sample(["challenge", "follow ads", "lottery"], draw.randint(1, 2)))
    days = load("followers_daily")
    window = draw.span(draw.randint(120, 400), "2024-01-01", "2025-12-31")
    days = window.of(days)
    days = days[(days["platform"] == platform) & days["promotion"].isin(chosen)]
    days = days[days["left_30d"].notna()]
    cost = days["promotion_cost"].sum()
    kept = days["new"].sum() - int(days["left_30d"].sum())
    return task(
        f"""{platform} from {window.words}, days with the promotion {" or ".join(chosen)} whose 30 days are over (`followers_daily`): what did a follower cost who is still there
        after 30 days, in yuan?""",
        cost / kept,
        "CNY",
        GROSS_FOLLOW=cost / days["new"].sum(),
        WINDOW_MISMATCH=cost / (days["new"].sum() - days["lost"].sum()),
    )


@template("J06")
def left_of_ctr(draw):
    """What is left of an ad's CTR at later contacts."""
    ads = load("ad_frequency_weekly")
    contact = draw.of(["2", "3-4", "5-7", "8+"])
    weeks = draw.span(7 * draw.randint(4, 10), "2025-07-07", "2025-09-28")
    rows = weeks.of(ads, "week_start")
    ad = draw.of(sorted(ads["ad"].unique()))
    mine = rows[rows["ad"] == ad]
    audience = draw.of(sorted(mine["audience"].unique()))
    left = left_by_contact(mine, audience).loc[ad, contact]
    ctr = rates(mine, "clicks", "impressions", "contact")
    everybody = rates(rows, "clicks", "impressions", "contact")
    same = mine[mine["audience"] == audience]
    return task(
        f"""Ad `{ad}`, audience `{audience}`, weeks that begin from {weeks.words} (`ad_frequency_weekly`): the CTR at contact {contact} as a fraction of the CTR at contact 1.""",
        float(left),
        "fraction",
        MIX_UNADJUSTED=ctr[contact] / ctr["1"],
        MAIN_EFFECT_ONLY=everybody[contact] / everybody["1"],
        WRONG_DENOM=over(same[same["contact"] == contact], "clicks", "impressions"),
    )


# ---------------------------------------------------------------- J07 e-mail and SMS


def mails(segment, window):
    """E-mails to a segment sent in a window, with opened (by a person), any_open and clicked."""
    rows = window.of(load("message_sends"), "sent_at")
    rows = rows[(rows["channel"] == "e-mail") & (rows["segment"] == segment)]
    any_open = (rows["opens"] > 0).fillna(False).astype(bool)
    return rows.assign(
        any_open=any_open, opened=any_open & (rows["client"] != MACHINE), clicked=rows["clicks"] > 0
    )


SEGMENTS = ["active", "dormant", "loyal", "new registrant"]


@template("J07")
def open_rate(draw):
    """Open rate by people."""
    segment, quarter = draw.of(SEGMENTS), draw.quarter()
    rows = mails(segment, quarter)
    opens = rows.loc[rows["opened"], "opens"].sum()
    return task(
        f"""E-mails to the segment `{segment}` sent in {quarter.words} (`message_sends`): which share of the mails delivered did a person open (打开率), as a
        fraction? Each mail counts once; the client `{MACHINE}` is a program.""",
        rows["opened"].sum() / rows["delivered"].sum(),
        "fraction",
        MACHINE_OPENS=rows["any_open"].sum() / rows["delivered"].sum(),
        NON_UNIQUE=int(opens) / rows["delivered"].sum(),
        SENT_VS_DELIVERED=rows["opened"].sum() / len(rows),
    )


@template("J07")
def click_rate_of_mails(draw):
    """Click rate of mails delivered."""
    segment, month = draw.of(SEGMENTS), draw.month("2024-01")
    rows = mails(segment, month)
    return task(
        f"""E-mails to the segment `{segment}` sent in {month.words} (`message_sends`): mails with at least one click per mail delivered (点击率), as a fraction.""",
        rows["clicked"].sum() / rows["delivered"].sum(),
        "fraction",
        POST_TREATMENT_DENOM=rows["clicked"].sum() / rows["opened"].sum(),
        NON_UNIQUE=rows["clicks"].sum() / rows["delivered"].sum(),
        SENT_VS_DELIVERED=rows["clicked"].sum() / len(rows),
    )


@template("J07")
def dormant_as_of(draw):
    """Dormant customers as of a day."""
    days, on = draw.of([60, 75, 90, 120, 150]), draw.of(pd.date_range("2024-03-01", "2025-06-30"))
    orders = paid(load("orders"))
    last = orders.groupby("customer_id")["ordered_at"].max()
    known = orders.loc[orders["ordered_at"] < on, "customer_id"].unique()
    gap = pd.Timedelta(days=days)
    ends = pd.Timestamp("2026-01-01")
    return task(
        f"""It is the morning of {day(on)}. How many customers had ordered before (paid orders, `orders`), but not in the {days} days (of 24 hours) up to that midnight?""",
        len(dormant(load("orders"), on, days)),
        "count",
        FUTURE_LEAK=int((last < on - gap).sum()),
        SNAPSHOT_LEAK=int((last.reindex(known) < ends - gap).sum()),
        TOTAL_VS_NET=len(known),
    )


# ---------------------------------------------------------------- J08 funnels and tests

STEPS = ["view_item", "add_to_cart", "begin_checkout", "purchase"]


@template("J08")
def lost_on_the_road(draw):
    """Lost on the road from a view to an order."""
    days, device = draw.randint(2, 9), draw.of(["all", *DEVICES])
    until = pd.Timestamp("2025-06-01") - pd.Timedelta(days=days)
    hits = load("events")
    hits = hits[hits["event_time_utc"] >= "2025"].sort_values("event_id")
    if device != "all":
        hits = hits[hits["device"] == device]
    hits = hits.assign(at=hits["event_time_utc"] + BEIJING)
    road = step_rates(funnel(hits, STEPS, days, starts_before=until))
    losses = 1 - road["of_step_before"].iloc[1:]
    which = "all devices" if device == "all" else f"hits on `{device}` only"
    return task(
        f"""Events of 2025 by the shop's clock (`events`, UTC + 8 hours), {which}. Of the visitors whose first `view_item` lies before {day(until)}, which
        share did NOT come to `purchase` by `add_to_cart` and `begin_checkout`, in this order, within {days} days (of 24 hours) of that
        view? A fraction; `mktlib.funnels` helps.""",
        1 - road["of_first"].iloc[-1],
        "fraction",
        ADD_RATES=losses.sum(),
        AVG_OF_RATIOS=losses.mean(),
    )


@template("J08")
def lift_of_test(draw):
    """Lift of a test in one source."""
    log, plan = load("ab_tests"), load("ab_test_plan")
    test = draw.of(sorted(set(log["test"]) - {"aa_check"}))
    column = draw.of(["device", "source"])
    group = draw.of(sorted(log.loc[log["test"] == test, column].unique()))
    rows = log[(log["test"] == test) & (log[column] == group)]
    a, b = (rows[rows["arm"] == arm] for arm in "AB")
    found = two_rates(a["converted"].sum(), len(a), b["converted"].sum(), len(b))
    per = per_visit(rows)
    name = plan.set_index("test").loc[test, "name_zh"]
    return task(
        f"""Test `{test}` ({name}), visitors with the {column} `{group}` (`ab_tests`): the lift of B over A in the share of visitors who converted, as a fraction of A's rate.""",
        float(found["lift"]),
        "fraction",
        PCT_VS_PP=float(found["difference"]),
        UNIT_MISMATCH=float(per["lift"]),
        WRONG_DENOM=float(found["difference"] / found["rate_b"]),
    )


@template("J08")
def came_back(draw):
    """Retention of those who joined in some weeks."""
    days, joined = (
        draw.of([30, 45, 60, 90, 120]),
        draw.span(7 * draw.randint(5, 13), "2023-04-01", "2025-08-15"),
    )
    people = joined.of(load("customers"), "registered_on")
    orders = paid(load("orders"))
    orders = orders[orders["customer_id"].isin(people["customer_id"])]
    first = orders.groupby("customer_id")["ordered_at"].min()
    last = pd.Timestamp("2026-01-01") - pd.Timedelta(days=days)
    first = first[first < last]
    orders = orders[orders["customer_id"].isin(first.index)]
    began = orders["customer_id"].map(first)
    again = orders[(orders["ordered_at"] > began) & (orders["ordered_at"] <= began + pd.Timedelta(days=days))]
    return task(
        f"""Customers who registered from {joined.words} and whose first paid order lies before {day(last)} (`customers`, `orders`): which share of them ordered again within {days} days (of 24
        hours) of the own first order, as a fraction?""",
        again["customer_id"].nunique() / len(first),
        "fraction",
        ROWS_AS_PEOPLE=len(again) / len(first),
        RETENTION_DENOM=again["customer_id"].nunique() / len(people),
        HORIZON_MISMATCH=(orders.groupby("customer_id").size() > 1).sum() / len(first),
    )


# ---------------------------------------------------------------- J09 copy, consent, AI


@template("J09")
def may_be_written_to(draw):
    """People who may be written to."""
    channel = draw.of(["SMS", "e-mail"])
    joined, on = (
        draw.span(draw.randint(40, 150), "2023-01-01", "2024-12-31"),
        draw.of(pd.date_range("2025-03-01", "2025-12-31")),
    )
    people, log = joined.of(load("customers"), "registered_on")["customer_id"], load("consent_log")
    log = log[log["customer_id"].isin(people)]
    before = log[log["recorded_at"] < on].sort_values("recorded_at", kind="stable")
    last = before.drop_duplicates("customer_id", keep="last")
    mine = before[(before["purpose"] == "marketing") & (before["channel"] == channel)]
    left = mine.drop_duplicates("customer_id", keep="last")["state"] == "withdrawn"
    return task(
        f"""Of the customers who registered from {joined.words}, how many may get a marketing message by {channel} when {day(on)} begins? Consent to
        the purpose `marketing` in this channel has to be in force (`consent_log`; the last event before that moment decides, and no event means no).""",
        int(may_send(people, log, "marketing", channel, on).sum()),
        "count",
        NULL_SEMANTICS=int(len(people) - left.sum()),
        CONSENT_BUNDLED=int((last["state"] == "given").sum()),
        OPT_OUT_LATE=mine.loc[mine["state"] == "given", "customer_id"].nunique(),
    )


@template("J09")
def list_quality(draw):
    """Recall of a word list."""
    written = draw.span(draw.randint(70, 150), "2025-03-04", "2025-09-18")
    lines = written.of(load("copy_lines"), "written_on")
    words = sorted(
        draw.sample(
            ["最", "第一", "顶级", "极致", "国家级", "唯一", "首选", "100%", "绝对", "治疗"],
            draw.randint(4, 8),
        )
    )
    flagged = lines["text_zh"].map(lambda text: any(word in text for word in words))
    banned = lines["label"] == "banned"
    return task(
        f"""A tool flags a line that holds one of the words {"、".join(words)}. Which share of the banned lines of `copy_lines` written from {written.words} does it flag (recall, 召回率), as a fraction?""",
        (flagged & banned).sum() / banned.sum(),
        "fraction",
        WRONG_DENOM=(flagged & banned).sum() / flagged.sum(),
        ACCURACY_IMBALANCE=(flagged == banned).mean(),
    )


@template("J09")
def child_data(draw):
    """Birth months that may be used."""
    joined = draw.span(draw.randint(60, 200), "2023-01-01", "2025-06-30")
    on = draw.of(pd.date_range("2025-07-01", "2025-12-31"))
    people, log = joined.of(load("customers"), "registered_on"), load("consent_log")
    log = log[log["customer_id"].isin(people["customer_id"])]
    return task(
        f"""Of the customers who registered from {joined.words}: for how many may the child's birth month be used when {day(on)} begins? It needs the guardian's separate consent,
        in force then: purpose `child data`, kept under the channel `SMS` (`consent_log`).""",
        int(may_send(people, log, "child data", "SMS", on).sum()),
        "count",
        CHILD_DATA=int((people["child_birth_month"] != "").sum()),
        CONSENT_BUNDLED=int(may_send(people, log, "marketing", "SMS", on).sum()),
    )


# ---------------------------------------------------------------- J10 the weekly report


@template("J10")
def promise_kept(draw):
    """A service promise, with those who still wait."""
    hours, desk = draw.of([6, 8, 12, 24, 36, 48]), draw.of(["WeCom", "mini-program", "phone", "store chat"])
    opened = draw.month("2024-07")
    rows = opened.of(load("service_tickets"), "opened_at")
    rows = rows[rows["desk"] == desk]
    wait = (rows["first_response_at"] - rows["opened_at"]).dt.total_seconds() / 3600
    level = service_level(
        rows["opened_at"], rows["first_response_at"], opened.end + pd.Timedelta(days=14), hours
    )
    return task(
        f"""Complaints at the desk `{desk}` opened in {opened.words} (`service_tickets`), as known fourteen days after the month's last day (at midnight): which share was answered within {hours} hours,
        those included that were still waiting, as a fraction? `mktlib.weekly.service_level` counts them.""",
        float(level["within"]),
        "fraction",
        SLA_CENSORED=(wait[rows["closed_at"].notna()] <= hours).mean(),
        SLA_MEAN=wait.mean() / hours,
        WRONG_DENOM=(wait <= hours).sum() / wait.notna().sum(),
    )


def week_from(draw, first, last):
    """A Window from Monday to Sunday, among the Mondays from first to last."""
    monday = draw.of(pd.date_range(first, last, freq="W-MON"))
    return between(monday, monday + pd.Timedelta(days=6))


@template("J10")
def gap_by_rates(draw):
    """What the sources' rates did to a week's orders."""
    before = week_from(draw, "2023-01-02", "2025-05-05")
    after = week_from(draw, "2025-06-02", "2025-12-15")
    table = load("traffic_daily")
    steps = bridge_total(before.of(table), after.of(table), "source")
    return task(
        f"""Orders of the own shop in two weeks (`traffic_daily`): from {before.words}, and from {after.words}. Volume first, then the mix of sources at the old rates, then the sources'
        orders per visit: how many orders did the rates add (negative: take away)?""",
        float(steps["rate"]),
        "times",
        MIX_UNADJUSTED=float(steps["mix"] + steps["rate"]),
        SINGLE_CAUSE=float(steps["after"] - steps["before"]),
    )


@template("J10")
def joined_revenue(draw):
    """Revenue of the log's channels, beside their spend."""
    days = draw.span(draw.randint(10, 40), "2025-05-01", "2025-06-30")
    log = load("daily_log")
    channel = draw.of(["SEM", "feed ads"])
    lines = log[log["channel"] == channel]
    orders = days.of(load("orders"), "ordered_at")
    orders = orders[orders["channel"] == channel]
    orders = orders.assign(date=orders["ordered_at"].dt.normalize())
    joined = orders.merge(days.of(lines)[["date", "channel", "spend"]], on=["date", "channel"], how="left")
    first = joined.drop_duplicates(["date", "channel"])
    return task(
        f"""A report lays the revenue of `{channel}` beside its spend in `daily_log`. What is the amount of all `orders` of this channel, paid or not, placed from {days.words}, in yuan? (The log has several lines a day.)""",
        orders["amount"].sum(),
        "CNY",
        JOIN_FANOUT=joined["amount"].sum(),
        SILENT_FIX=first["amount"].sum(),
    )


@template("J10")
def fair_week(draw):
    """A week against the one before."""
    week = week_from(draw, "2023-03-06", "2025-12-08")
    source = draw.of(SOURCES)
    table = load("traffic_daily")
    table = table[table["source"] == source].groupby("date")["visits"].sum()
    now, before = (
        table[week.start : week.end - pd.Timedelta(days=1)],
        table[week.start - pd.Timedelta(days=7) : week.start - pd.Timedelta(days=1)],
    )
    until = draw.randint(2, 5)
    return task(
        f"""By which fraction did the visits from `{source}` (`traffic_daily`) change in the first {until} days of the week from {week.words}, against the same {until} weekdays of the week before? A fall is negative.""",
        now.iloc[:until].sum() / before.iloc[:until].sum() - 1,
        "fraction",
        INCOMPLETE_PERIOD=now.iloc[:until].sum() / before.sum() - 1,
        WRONG_DENOM=1 - before.iloc[:until].sum() / now.iloc[:until].sum(),
        PACING_LINEAR=now.iloc[:until].sum() / (before.mean() * until) - 1,
    )
