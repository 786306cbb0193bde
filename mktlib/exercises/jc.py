"""JC Four weeks on the desk: the junior capstone. Lesson: lessons/1_junior/JC_four_weeks.md.

What each task asks for was earned in J01 to J10; here nothing says which method applies. The rubric stands in mktlib/rubrics/jc.py.
"""

import pandas as pd

from mktlib import data
from mktlib.ab import srm, two_rates
from mktlib.compliance import may_send, screen, standard_rules
from mktlib.course import exercise, per_world, prediction, wrong
from mktlib.course.text import count, percent, yuan
from mktlib.rubrics.jc import CRITERIA, facts
from mktlib.seo import click_curve, visibility
from mktlib.social import engagement_rate, follower_cost
from mktlib.web import sessionise

MAY = ("2025-05-01", "2025-06-01")  # from, up to but not including
MARGIN = 0.42  # of net revenue, as the task states it
SEND_AT = "2025-06-16 09:00"


def within(table, column, period):
    """Rows whose time lies in [first, last)."""
    return table[table[column].between(*period, inclusive="left")]


def columns_of(names, value):
    return dict.fromkeys(names, value)


# ---------------------------------------------------------------- week 1: files and log


@per_world
def files(sem_keyword_daily, feed_ads_daily):
    """Cost and clicks of May in the three back ends, from the tables that the exports were written from."""
    search = within(sem_keyword_daily, "date", MAY).query("engine == 'Baidu'")
    feed = within(feed_ads_daily, "date", MAY).groupby("platform")[["cost", "clicks"]].sum()
    found = feed.loc[["Douyin", "Xiaohongshu"]].copy()
    found.loc["Baidu"] = search[["cost", "clicks"]].sum()
    return found


@per_world
def liked():
    """Engagements (likes and the rest) that the file of Xiaohongshu lists beside its clicks, its total row left out."""
    file = pd.read_csv(data.folder() / "exports" / "xiaohongshu_ads_2025-05.csv")
    return file.loc[file["时间"] != "合计", "互动量"].sum()


@exercise(
    "JC.1",
    title="Three exports, one line each",
    kind="table",
    unit={"clicks to the shop": "count"} | columns_of(["baidu", "douyin", "xiaohongshu"], "CNY"),
    minutes=(8, 12),
    points=2,
    practises=["R063", "R066", "R067", "R083", "R090", "R204", "R021"],
    section="Week 1: what you inherit",
    selfcheck={
        "grain": "one row of each file is a day and a keyword or unit, except those that add up others",
        "window": "1 to 31 May 2025, all rows of each file",
        "filter": "no totals; clicks that lead to the shop, nothing else that people do with an ad",
    },
)
def exports_read(sem_keyword_daily, feed_ads_daily):
    """The rows add up to what our own tables hold. Two sources that agree are worth a line in the report."""
    found = files(sem_keyword_daily, feed_ads_daily)
    cost = {name.lower(): cost for name, cost in found["cost"].items()}
    return {name: cost[name.lower()] for name in ("Baidu", "Douyin", "Xiaohongshu")} | {
        "clicks to the shop": int(found["clicks"].sum())
    }


@exports_read.mistake(
    "TOTAL_ROW", repair="What does the first row of Xiaohongshu's file hold, and the last of Baidu's?"
)
def _(sem_keyword_daily, feed_ads_daily):
    """You added up a column in which one row already is the sum of the others. Where it stands, first or last, is up to the
    platform."""
    right = exports_read.compute(sem_keyword_daily, feed_ads_daily)
    notes = 2 * right["Xiaohongshu"]
    extra = right["Baidu"] + right["Xiaohongshu"]
    return wrong(
        right | {"Xiaohongshu": notes},  # whoever adds up both files is called by the same name
        shows={
            "Xiaohongshu, what the column adds up to": yuan(notes),
            "Baidu, what the column adds up to": yuan(2 * right["Baidu"]),
            "all three search engines in our own table": yuan(
                within(sem_keyword_daily, "date", MAY)["cost"].sum()
            ),
        },
        cost=f"With the totals of both files in it, the report would ask finance for {yuan(extra)} that "
        "no platform billed.",
    )


@exports_read.mistake("DEF_MISMATCH", repair="Which of these taps opens a page of the shop?")
def _(sem_keyword_daily, feed_ads_daily):
    """You counted likes, comments and saves of Xiaohongshu as clicks. Its engagements are taps on the note, and a click is one
    that leaves for the shop."""
    right = exports_read.compute(sem_keyword_daily, feed_ads_daily)
    both = right["clicks to the shop"] + int(liked())
    notes = files(sem_keyword_daily, feed_ads_daily).loc["Xiaohongshu"]
    cheap = notes["cost"] / (notes["clicks"] + liked())
    return wrong(
        right | {"clicks to the shop": both},
        shows={
            "clicks in Xiaohongshu's file": count(notes["clicks"]),
            "engagements beside them": count(liked()),
        },
        cost=f"Xiaohongshu's click would seem to cost {yuan(cheap)} instead of {yuan(notes['cost'] / notes['clicks'])}, and "
        f"next month's {yuan(notes['cost'])} would be planned on clicks that nobody made.",
    )


@exports_read.slip("filter")
def _(sem_keyword_daily, feed_ads_daily):
    """You took all three search engines; the file is Baidu's alone."""
    search = within(sem_keyword_daily, "date", MAY)
    right = exports_read.compute(sem_keyword_daily, feed_ads_daily)
    clicks = right["clicks to the shop"] + int(
        search["clicks"].sum() - files(sem_keyword_daily, feed_ads_daily).loc["Baidu", "clicks"]
    )
    return right | {"Baidu": search["cost"].sum(), "clicks to the shop": clicks}


@exports_read.slip("filter")
def _(sem_keyword_daily, feed_ads_daily):
    """Your cost of Baidu holds the file's last row, which adds up the others."""
    right = exports_read.compute(sem_keyword_daily, feed_ads_daily)
    return right | {"Baidu": 2 * right["Baidu"]}


@exports_read.slip("filter")
def _(sem_keyword_daily, feed_ads_daily):
    """Cost and clicks of Baidu hold the file's last row, which adds up the others."""
    right = exports_read.compute(sem_keyword_daily, feed_ads_daily)
    clicks = right["clicks to the shop"] + int(
        files(sem_keyword_daily, feed_ads_daily).loc["Baidu", "clicks"]
    )
    return right | {"Baidu": 2 * right["Baidu"], "clicks to the shop": clicks}


exports_read.hints(
    "Does each file say somewhere what it adds up to?",
    "exports.read sets the totals aside and gives the same names to the same things.",
    'exports.read(folder / file)["cost"].sum(); clicks are the column clicks of each of the three',
)


NOTES_WEEK, DOUYIN_WEEK = ("2025-05-21", "2025-05-28"), ("2025-06-11", "2025-06-18")


def notes_typed(daily_log):
    """Lines of the log for Xiaohongshu, however somebody spelt it."""
    names = ["Xiaohongshu", "xiaohongshu", "XHS", "小红书"]
    return daily_log[daily_log["channel"].str.strip().isin(names)]


@per_world
def log_and_books(daily_log, budget):
    """Lines of the log by day and rows of the books for the two weeks that the task asks for."""
    media = budget[budget["item"] == "media"]
    typed_notes = within(notes_typed(daily_log), "date", NOTES_WEEK)
    typed_feed = within(daily_log, "date", DOUYIN_WEEK)
    typed_feed = typed_feed[
        (typed_feed["platform"] == "Douyin")
        & ~typed_feed["channel"].str.strip().isin(["live", "Live", "直播"])
    ]
    on_douyin = within(media, "date", DOUYIN_WEEK).query("platform == 'Douyin'")
    booked_feed = on_douyin[on_douyin["channel"] == "feed ads"]
    booked_notes = within(media, "date", NOTES_WEEK).query("channel == 'Xiaohongshu'")
    by_day = [one.groupby("date")["spend"].sum(min_count=1) for one in (typed_notes, typed_feed)]
    booked = pd.DataFrame(
        {
            "Xiaohongshu": booked_notes[["planned", "spent"]].sum(),
            "Douyin": booked_feed[["planned", "spent"]].sum(),
        }
    )
    return *by_day, booked, on_douyin["spent"].sum()


@exercise(
    "JC.2",
    title="Two weeks of the log, mended",
    kind="table",
    unit="CNY",
    minutes=(6, 10),
    points=2,
    practises=["R222", "R205", "R021"],
    section="Week 1: what you inherit",
    tolerance=0.0001,  # the amounts stand in the books, to the fen; a mean of other days comes near
    selfcheck={
        "grain": "one row of the log is what somebody typed for a channel and platform on a day",
        "window": "21 to 27 May for Xiaohongshu, 11 to 17 June for Douyin, both ends included",
        "filter": "media; the channel feed ads on Douyin, not the live rooms there",
        "source": "each day's amount as somebody recorded it, in the log or in the books; nothing made up "
        "from other days",
    },
)
def log_mended(daily_log, budget):
    """What nobody typed and what was typed wrongly stand in the books; the report says which line was mended, and from where."""
    return dict(log_and_books(daily_log, budget)[2].loc["spent"])


@log_mended.mistake("PLAN_AS_ACTUAL", repair="Which column of the books says what left the account?")
def _(daily_log, budget):
    """You took what had been planned for the two weeks. A plan was made before them, and the platforms billed
    something else."""
    _, _, booked, _ = log_and_books(daily_log, budget)
    planned, spent = booked.loc["planned"], booked.loc["spent"]
    return wrong(
        dict(planned),
        shows={"planned, both together": yuan(planned.sum()), "spent, both together": yuan(spent.sum())},
        cost=f"The report would be {yuan((spent - planned).abs().sum())} away from the bills, week by week.",
    )


@log_mended.mistake(
    "TRUST_TABLE",
    repair="What did the day before the largest number cost, and the log's other lines of that day?",
)
def _(daily_log, budget):
    """You took the log as typed. One digit too many on the busiest day weighs more than the other six days together."""
    _, typed, _, _ = log_and_books(daily_log, budget)
    return wrong(
        log_mended.compute(daily_log, budget) | {"Douyin": typed.sum()},
        shows={"largest day as typed": yuan(typed.max()), "next largest": yuan(typed.nlargest(2).iloc[-1])},
        cost=f"The largest day as typed, {yuan(typed.max())}, would be taken from the 618 budget before the last day of the sale.",
    )


@log_mended.mistake("NULL_AS_ZERO", repair="Was nothing spent on the day that nobody typed?")
def _(daily_log, budget):
    """You added up what is there. An empty cell counts as nothing in a sum, and the ads ran all the same."""
    typed, _, _, _ = log_and_books(daily_log, budget)
    return wrong(
        log_mended.compute(daily_log, budget) | {"Xiaohongshu": typed.sum()},
        shows={"days with a number": count(typed.notna().sum()), "days in the week": "7"},
        cost=f"The week looks cheaper than its bill, and each of the {yuan(typed.sum())} in it seems to have brought more than it did.",
    )


@log_mended.mistake("SILENT_FIX", repair="What did the ads of the day that you left out cost?")
def _(daily_log, budget):
    """You left the odd day out. The number was wrong, the money was spent."""
    _, typed, _, _ = log_and_books(daily_log, budget)
    kept = typed.drop(typed.idxmax())
    day_before = typed[typed.index < typed.idxmax()].iloc[-1]
    return wrong(
        log_mended.compute(daily_log, budget) | {"Douyin": kept.sum()},
        shows={"days that are left": count(len(kept)), "days in the week": "7"},
        cost=f"The dearest day of the sale would stand in no report; the day before it alone cost {yuan(day_before)}.",
    )


@log_mended.slip("source")
def _(daily_log, budget):
    """You filled the empty day with the mean of the other six. That is a guess, and the amount is written
    down elsewhere."""
    typed, _, _, _ = log_and_books(daily_log, budget)
    return log_mended.compute(daily_log, budget) | {"Xiaohongshu": 7 * typed.mean()}


@log_mended.slip("source")
def _(daily_log, budget):
    """You filled the empty day with the mean of the day before and the day after. That is a guess, and the
    amount is written down elsewhere."""
    around = notes_typed(daily_log).groupby("date")["spend"].sum(min_count=1).interpolate()
    filled = within(around.reset_index(), "date", NOTES_WEEK)["spend"].sum()
    return log_mended.compute(daily_log, budget) | {"Xiaohongshu": filled}


@log_mended.slip("filter")
def _(daily_log, budget):
    """You took everything that was spent on Douyin; the live rooms there are a channel of their own."""
    return log_mended.compute(daily_log, budget) | {"Douyin": log_and_books(daily_log, budget)[3]}


log_mended.hints(
    "Which line of the two weeks is empty, and which is many times its neighbours?",
    "log_faults finds both once the channels have one spelling; the books say what was spent.",
    'budget rows with item "media" of that channel (and platform), from the first day to the last: the sum of spent',
)


# ---------------------------------------------------------------- week 2: the KPI table


@per_world
def may_visits(web_sessions):
    """Visits of the own shop in May 2025."""
    return within(web_sessions, "started_at", MAY)


@per_world
def page_seconds(events):
    """Seconds from each page view of the raw hits kept of May 2025 to the next one of the same visit; missing for last pages."""
    columns = ["visitor_id", "event_time_utc", "event_id", "event"]
    hits = events.loc[events["event_time_utc"] >= MAY[0], columns]
    hits = hits.sort_values(["visitor_id", "event_time_utc", "event_id"], ignore_index=True)
    visit = sessionise(hits.assign(at=hits["event_time_utc"]))
    views = hits[hits["event"] == "page_view"]
    return -views.groupby(visit[views.index])["event_time_utc"].diff(-1).dt.total_seconds()


def one_page_share(traffic_daily, period):
    days = within(traffic_daily, "date", period)
    return days["one_page_visits"].sum() / days["visits"].sum()


@exercise(
    "JC.3",
    title="KPI table, first half: traffic and interest",
    kind="table",
    unit={"visits": "count", "unique visitors": "count", "seo share": "fraction", "bounce rate": "fraction"},
    minutes=(10, 16),
    points=3,
    tolerance=0.001,  # ratios of counts; visitors of the tools and a mean of daily rates come within 0.3 %
    practises=["R173", "R174", "R175", "R181", "R182", "R200", "R201", "R202"],
    section="Week 2: the two tables of document 003",
    selfcheck={
        "grain": "one row of web_sessions is a visit; visitor_id is a browser, whoever comes back keeps it; "
        "the tools count visits and visitors in columns of their own",
        "numerator and denominator": "shares and rates are of all visits of the month, direct ones included; "
        "sums first, one division",
        "window": "May 2025 by the shop's clock; the raw hits of 12 May to 1 June, all that are kept",
        "filter": "time on page: from a page view to the next one of the same visit, where there is a next one",
    },
)
def interest(web_sessions, traffic_daily, events, tool_daily_a, tool_daily_b):
    """Counted once per month, with the two tools beside them: neither is the truth, and the distance is known."""
    visits = may_visits(web_sessions)
    return {
        "visits": len(visits),
        "unique visitors": visits["visitor_id"].nunique(),
        "SEO share": (visits["source"] == "SEO").mean(),
        "bounce rate": one_page_share(traffic_daily, MAY),
        "time on page": page_seconds(events).median(),
        "tool A over shop": tool_daily_a["visits"].sum() / len(visits),
        "tool B over shop": tool_daily_b["sessions"].sum() / len(visits),
    }


def first_half(web_sessions, traffic_daily, events, tool_daily_a, tool_daily_b):
    return interest.compute(web_sessions, traffic_daily, events, tool_daily_a, tool_daily_b)


@interest.mistake("SUM_UNIQUES", repair="How often does a visitor who came on three days stand in the sum?")
def _(web_sessions, traffic_daily, events, tool_daily_a, tool_daily_b):
    """You added up the visitors of the days. Whoever came on three of them is one visitor of the month."""
    right = first_half(web_sessions, traffic_daily, events, tool_daily_a, tool_daily_b)
    visits = may_visits(web_sessions)
    daily = visits.groupby(visits["started_at"].dt.date)["visitor_id"].nunique()
    bought = visits["order_id"].notna().sum()
    return wrong(
        right | {"unique visitors": int(daily.sum())},
        shows={"visitors of an average day": count(daily.mean()), "days in the sum": count(len(daily))},
        cost=f"At CNY 4 of media a visit, {yuan(4 * (daily.sum() - right['unique visitors']))} of people would be counted as reached "
        f"who were not there; the {count(bought)} orders stay the same.",
    )


@interest.mistake(
    "DEF_MISMATCH",
    repair="From which hit to which do your seconds run, and for which pages is nothing heard?",
)
def _(web_sessions, traffic_daily, events, tool_daily_a, tool_daily_b):
    """Your seconds are not only those from a page view to the next: last pages stand in them with zero, or
    hits that are no page view. How long a last page was read nobody saw; it is unknown, not zero."""
    right = first_half(web_sessions, traffic_daily, events, tool_daily_a, tool_daily_b)
    seconds = page_seconds(events)
    return wrong(
        right | {"time on page": seconds.fillna(0).median()},
        shows={"page views whose end nobody saw": percent(seconds.isna().mean(), 0)},
    )


@interest.mistake("MEAN_SKEW", repair="How long is the longest page view, and was anybody reading?")
def _(web_sessions, traffic_daily, events, tool_daily_a, tool_daily_b):
    """You took the mean. A few phones that lay on a table for half an hour pull it away from the typical reader."""
    right = first_half(web_sessions, traffic_daily, events, tool_daily_a, tool_daily_b)
    seconds = page_seconds(events)
    return wrong(
        right | {"time on page": seconds.mean()},
        shows={"page views over five minutes": percent((seconds > 300).sum() / seconds.notna().sum(), 0)},
    )


@interest.mistake("WRONG_DENOM", repair="Whom or what do you count, above and below the line of your share?")
def _(web_sessions, traffic_daily, events, tool_daily_a, tool_daily_b):
    """Below your share there is something else than all visits of the month: the direct ones are missing, or
    visitors stand there. A direct visit is a visit, and whoever comes twice makes two."""
    right = first_half(web_sessions, traffic_daily, events, tool_daily_a, tool_daily_b)
    visits = may_visits(web_sessions)
    known = visits[visits["source"] != "direct"]
    share = (known["source"] == "SEO").mean()
    fee = 9000 * (share / right["SEO share"] - 1)
    return wrong(
        right | {"SEO share": share},
        shows={
            'visits whose source is "direct"': count((visits["source"] == "direct").sum()),
            "visits by a visitor who was there before in the month": count(
                visits["visitor_id"].duplicated().sum()
            ),
        },
        cost=f"An agency paid by its share of CNY 9,000 a month would get {yuan(fee)} for visits that it did not bring.",
    )


@interest.slip("numerator and denominator")
def _(web_sessions, traffic_daily, events, tool_daily_a, tool_daily_b):
    """Your bounce rate is a mean of the rates of days, so a quiet day weighs as much as a busy one."""
    days = within(traffic_daily, "date", MAY).groupby("date")[["one_page_visits", "visits"]].sum()
    right = first_half(web_sessions, traffic_daily, events, tool_daily_a, tool_daily_b)
    return right | {"bounce rate": (days["one_page_visits"] / days["visits"]).mean()}


@interest.slip("grain")
def _(web_sessions, traffic_daily, events, tool_daily_a, tool_daily_b):
    """You took the visitors that the tools count each day. Asked for are their visits and sessions."""
    right = first_half(web_sessions, traffic_daily, events, tool_daily_a, tool_daily_b)
    return right | {
        "tool A over shop": tool_daily_a["uv"].sum() / right["visits"],
        "tool B over shop": tool_daily_b["users"].sum() / right["visits"],
    }


interest.hints(
    "Which of the seven can be added up over days, and which cannot?",
    "Visits and visitors from web_sessions, bounces from traffic_daily, seconds from the raw hits by sessionise, the tools from "
    "their own tables.",
    'nunique() of visitor_id over the month; the median of the seconds that are there; tool_daily_a["visits"].sum() / visits',
)


@per_world
def paid_media(feed_ads_daily, sem_keyword_daily):
    """Impressions, clicks and cost of SEM and feed ads together, May 2025, by day."""
    columns = ["impressions", "clicks", "cost"]
    both = [
        within(table, "date", MAY).groupby("date")[columns].sum()
        for table in (feed_ads_daily, sem_keyword_daily)
    ]
    return both[0] + both[1]


@per_world
def sales(orders, refunds):
    """Orders of May 2025, all stores: paid, is_first (looked up in all years), net of refunds whenever they came."""
    paid = orders[orders["status"] == "paid"].sort_values("ordered_at", kind="stable")
    paid = within(paid.assign(is_first=~paid.duplicated("customer_id")), "ordered_at", MAY)
    back = refunds.groupby("order_id")["amount"].sum()
    return paid.assign(net=paid["amount"] - paid["order_id"].map(back).fillna(0))


@per_world
def may_leads(leads):
    """Forms of May with what makes them valid: a number that can be called, of a contact who is new."""
    valid = leads["number_ok"] & ~leads["contact_id"].duplicated()
    return within(leads.assign(valid=valid), "submitted_at", MAY)


def spent_in_may(budget):
    return within(budget, "date", MAY)["spent"].sum()


@prediction(
    "JC.a",
    title="ROI of all marketing in May 2025",
    unit="times",
    practises=["R187"],
    section="Week 2: the two tables of document 003",
)
def guess_roi(orders, refunds, budget):
    """A yuan of net revenue leaves less than half a yuan, and the spend itself comes off once more."""
    return MARGIN * sales(orders, refunds)["net"].sum() / spent_in_may(budget) - 1


@guess_roi.mistake("ROAS_AS_ROI", repair="Does a yuan of revenue stay in the house?")
def _(orders, refunds, budget):
    """You guessed near revenue over spend. That is ROAS; ROI takes the goods and the spend off first."""
    return sales(orders, refunds)["net"].sum() / spent_in_may(budget)


@exercise(
    "JC.4",
    title="KPI table, second half: cost, conversion, return",
    kind="table",
    unit={
        "cpm": "CNY",
        "cpc": "CNY",
        "cac": "CNY",
        "net revenue": "CNY",
        "ctr": "fraction",
        "cvr": "fraction",
        "valid leads": "count",
    },
    minutes=(12, 18),
    points=4,
    tolerance=0.002,
    practises=[
        "R028",
        "R176",
        "R177",
        "R178",
        "R180",
        "R183",
        "R184",
        "R186",
        "R187",
        "R188",
        "R189",
        "R002",
    ],
    section="Week 2: the two tables of document 003",
    selfcheck={
        "grain": "one row of orders is an order, of budget a kind of cost on a day, of leads a form",
        "numerator and denominator": "sums over the month first, one division after; CVR per visit of the own shop",
        "window": "May 2025; whether an order is a customer's first is looked up in all years, refunds count whenever they came",
        "filter": "CPM, CPC, CTR: all rows of sem_keyword_daily and feed_ads_daily together; CAC, ROAS, ROI: "
        "everything in the budget, all stores, paid orders; leads: the number can be called, the contact is new",
    },
)
def returns(web_sessions, feed_ads_daily, sem_keyword_daily, orders, refunds, budget, leads):
    """Each class of document 003 has its figure, each its sums. ROI credits marketing with all sales of the month, those that would have come anyway included: say so on the page."""
    media, sold, visits = (
        paid_media(feed_ads_daily, sem_keyword_daily).sum(),
        sales(orders, refunds),
        may_visits(web_sessions),
    )
    spent = spent_in_may(budget)
    return {
        "CPM": 1000 * media["cost"] / media["impressions"],
        "CPC": media["cost"] / media["clicks"],
        "CTR": media["clicks"] / media["impressions"],
        "CAC": spent / sold["is_first"].sum(),
        "CVR": visits["order_id"].notna().sum() / len(visits),
        "valid leads": int(may_leads(leads)["valid"].sum()),
        "net revenue": sold["net"].sum(),
        "ROAS": sold["net"].sum() / spent,
        "ROI": MARGIN * sold["net"].sum() / spent - 1,
    }


def second_half(*tables):
    return returns.compute(*tables)


@returns.mistake(
    "CAC_ALL_ORDERS", repair="Which of these orders were placed by somebody who had ordered before?"
)
def _(web_sessions, feed_ads_daily, sem_keyword_daily, orders, refunds, budget, leads):
    """You divided the spend by all orders. That is the cost of an order; most of its customers had been won before."""
    right = second_half(web_sessions, feed_ads_daily, sem_keyword_daily, orders, refunds, budget, leads)
    sold = sales(orders, refunds)
    naive = spent_in_may(budget) / len(sold)
    gap = (right["CAC"] - naive) * 1000
    return wrong(
        right | {"CAC": naive},
        shows={"paid orders": count(len(sold)), "of them first orders": count(sold["is_first"].sum())},
        cost=f"A plan for 1,000 new customers would be {yuan(gap)} short.",
    )


@returns.mistake("CAC_MEDIA_ONLY", repair="Who pays the agency, the creators and the coupons?")
def _(web_sessions, feed_ads_daily, sem_keyword_daily, orders, refunds, budget, leads):
    """You divided media money by new customers. Fees and coupons were spent to win the same people."""
    right = second_half(web_sessions, feed_ads_daily, sem_keyword_daily, orders, refunds, budget, leads)
    rows = within(budget, "date", MAY)
    media = rows.loc[rows["item"] == "media", "spent"].sum()
    rest = rows["spent"].sum() - media
    return wrong(
        right | {"CAC": media / sales(orders, refunds)["is_first"].sum()},
        shows={"media": yuan(media), "fees and coupons": yuan(rest)},
        cost=f"{yuan(rest)} of the month would belong to nobody.",
    )


@returns.mistake("MARGIN_IGNORED", repair="Who pays for the goods?")
def _(web_sessions, feed_ads_daily, sem_keyword_daily, orders, refunds, budget, leads):
    """You took all net revenue for what was earned. Goods and shipping take more than half of it before marketing is paid."""
    right = second_half(web_sessions, feed_ads_daily, sem_keyword_daily, orders, refunds, budget, leads)
    spent = spent_in_may(budget)
    return wrong(
        right | {"ROI": right["net revenue"] / spent - 1},
        shows={
            "net revenue": yuan(right["net revenue"]),
            "left of it before marketing": yuan(MARGIN * right["net revenue"]),
        },
        cost=f"The page would promise {yuan((1 - MARGIN) * right['net revenue'])} that the goods have cost.",
    )


@returns.mistake("GMV_AS_REVENUE", repair="Which of these yuan arrived, and which of them went back?")
def _(web_sessions, feed_ads_daily, sem_keyword_daily, orders, refunds, budget, leads):
    """You reported what was ordered. Orders that were never paid and money that went back are no revenue."""
    right = second_half(web_sessions, feed_ads_daily, sem_keyword_daily, orders, refunds, budget, leads)
    gmv, spent = within(orders, "ordered_at", MAY)["amount"].sum(), spent_in_may(budget)
    return wrong(
        right | {"net revenue": gmv, "ROAS": gmv / spent, "ROI": MARGIN * gmv / spent - 1},
        shows={"ordered": yuan(gmv), "paid": yuan(sales(orders, refunds)["amount"].sum())},
        cost=f"Of each {yuan(100)} in that line of the report, about {yuan(100 * (1 - right['net revenue'] / gmv), 0)} never came or went back.",
    )


@returns.mistake("TOTAL_VS_NET", repair="What became of the money of orders that were sent back?")
def _(web_sessions, feed_ads_daily, sem_keyword_daily, orders, refunds, budget, leads):
    """You took what was paid and left in it what was paid back. A refund takes its yuan out of the month in
    which the order was placed."""
    right = second_half(web_sessions, feed_ads_daily, sem_keyword_daily, orders, refunds, budget, leads)
    paid, spent = sales(orders, refunds)["amount"].sum(), spent_in_may(budget)
    back = sales(orders, refunds)["amount"] > sales(orders, refunds)["net"]
    return wrong(
        right | {"net revenue": paid, "ROAS": paid / spent, "ROI": MARGIN * paid / spent - 1},
        shows={"paid orders": count(len(back)), "with money paid back": count(back.sum())},
        cost=f"Of each {yuan(100)} that July is planned with, about {yuan(100 * (1 - right['net revenue'] / paid), 0)} would be money that customers have back.",
    )


@returns.mistake("ROAS_AS_ROI", repair="Does a yuan of revenue stay in the house?")
def _(web_sessions, feed_ads_daily, sem_keyword_daily, orders, refunds, budget, leads):
    """Your ROI is about what revenue over spend is. Whatever you took off, the goods in these orders are not
    in it, and they have to be bought."""
    right = second_half(web_sessions, feed_ads_daily, sem_keyword_daily, orders, refunds, budget, leads)
    spent = spent_in_may(budget)
    return wrong(
        right | {"ROI": right["ROAS"]},
        shows={
            "spent": yuan(spent),
            "left of revenue before it, at the stated margin": yuan(MARGIN * right["net revenue"]),
        },
        cost=f"The page would promise {yuan((right['ROAS'] - right['ROI']) * spent)} of profit more than the month left.",
    )


@returns.mistake("PROXY_METRIC", repair="How many of these forms can sales call, and how many are new?")
def _(web_sessions, feed_ads_daily, sem_keyword_daily, orders, refunds, budget, leads):
    """You counted forms. A form with a dead number, or of somebody who sent one before, is no lead to work with."""
    right = second_half(web_sessions, feed_ads_daily, sem_keyword_daily, orders, refunds, budget, leads)
    forms = may_leads(leads)
    return wrong(
        right | {"valid leads": len(forms)},
        shows={
            "forms": count(len(forms)),
            "with a number that can be called": count(forms["number_ok"].sum()),
        },
    )


@returns.mistake(
    "AVG_OF_RATIOS", repair="How many impressions stand behind each of the rates that you averaged?"
)
def _(web_sessions, feed_ads_daily, sem_keyword_daily, orders, refunds, budget, leads):
    """You averaged rates of rows. Each keyword or ad got one vote, whether it was shown ten times or ten thousand times."""
    right = second_half(web_sessions, feed_ads_daily, sem_keyword_daily, orders, refunds, budget, leads)
    columns = ["impressions", "clicks", "cost"]
    rows = pd.concat([within(table, "date", MAY)[columns] for table in (feed_ads_daily, sem_keyword_daily)])
    rows = rows[rows["impressions"] > 0]
    naive = (rows["clicks"] / rows["impressions"]).mean()
    return wrong(
        right | {"CTR": naive},
        shows={
            "impressions of the middle row": count(rows["impressions"].median()),
            "of the largest": count(rows["impressions"].max()),
        },
    )


@returns.slip("numerator and denominator")
def _(web_sessions, feed_ads_daily, sem_keyword_daily, orders, refunds, budget, leads):
    """Your CTR is a mean of the rates of days: each day got one vote."""
    right = second_half(web_sessions, feed_ads_daily, sem_keyword_daily, orders, refunds, budget, leads)
    days = paid_media(feed_ads_daily, sem_keyword_daily)
    return right | {"CTR": (days["clicks"] / days["impressions"]).mean()}


@returns.slip("window")
def _(web_sessions, feed_ads_daily, sem_keyword_daily, orders, refunds, budget, leads):
    """You took off what was paid back in May. A part of it belongs to orders of April, and a part of May's
    was paid back in June."""
    right = second_half(web_sessions, feed_ads_daily, sem_keyword_daily, orders, refunds, budget, leads)
    net = sales(orders, refunds)["amount"].sum() - within(refunds, "refunded_at", MAY)["amount"].sum()
    spent = spent_in_may(budget)
    return right | {"net revenue": net, "ROAS": net / spent, "ROI": MARGIN * net / spent - 1}


@returns.slip("filter")
def _(web_sessions, feed_ads_daily, sem_keyword_daily, orders, refunds, budget, leads):
    """You counted every form with a number that can be called, also of contacts who had sent one before."""
    right = second_half(web_sessions, feed_ads_daily, sem_keyword_daily, orders, refunds, budget, leads)
    return right | {"valid leads": int(may_leads(leads)["number_ok"].sum())}


returns.hints(
    "Which sums does each of the nine need, and are they all from the same month?",
    "Media: two tables added. Books: budget for what was spent, orders and refunds for what came, first orders for who came.",
    "CAC = all spent / first paid orders; ROAS = net revenue / all spent; ROI = 0.42 x ROAS - 1",
)


# ---------------------------------------------------------------- week 2: the channel table

SOCIAL, FEED = ["Xiaohongshu", "Weibo"], ["Douyin", "Kuaishou"]


@per_world
def bought(feed_ads_daily, sem_keyword_daily, web_sessions):
    """Impressions, clicks, cost, visits and orders of SEM and of the feed ads of each platform, May 2025."""
    columns = ["impressions", "clicks", "cost"]
    feed, visits = within(feed_ads_daily, "date", MAY), may_visits(web_sessions)
    table = feed.groupby("platform")[columns].sum()
    table.loc["SEM"] = within(sem_keyword_daily, "date", MAY)[columns].sum()
    platform = feed.drop_duplicates("campaign").set_index("campaign")["platform"]
    where = visits["campaign"].map(platform).where(visits["source"] == "feed ads", visits["source"])
    table["visits"] = where.value_counts()
    table["orders"] = visits["order_id"].notna().groupby(where).sum()
    return table


@per_world
def own_posts(social_posts):
    """Posts of the own accounts on Xiaohongshu and Weibo that were published in May 2025."""
    posts = within(social_posts, "published_at", MAY)
    return posts[posts["platform"].isin(SOCIAL)]


@per_world
def grown(followers_daily):
    """Days of May on which something was done to win followers on these two platforms."""
    days = within(followers_daily, "date", MAY)
    return days[days["platform"].isin(SOCIAL) & (days["promotion_cost"] > 0)].assign(all="all")


CHANNEL_UNITS = {
    "sem cpc": "CNY", "sem ctr": "fraction", "sem cvr": "fraction", "sem cpa": "CNY",
    "social cpm": "CNY", "social engagement": "fraction", "social cpc": "CNY", "social follower": "CNY",
    "feed cpm": "CNY", "feed ctr": "fraction", "feed cvr": "fraction", "feed cost per order": "CNY",
}  # fmt: skip


@exercise(
    "JC.5",
    title="Channel table: what is bought",
    kind="table",
    unit=CHANNEL_UNITS,
    minutes=(12, 18),
    points=4,
    practises=[
        "R065",
        "R080",
        "R081",
        "R082",
        "R084",
        "R085",
        "R092",
        "R126",
        "R179",
        "R193",
        "R194",
        "R219",
    ],
    section="Week 2: the two tables of document 003",
    selfcheck={
        "grain": "one row of the ad tables is an ad or keyword on a day; a visit belongs to the campaign in its own row",
        "numerator and denominator": "CVR: visits with an order over visits; engagement: over people reached; follower: who is still there "
        "after 30 days",
        "window": "May 2025; posts published in May",
        "filter": "social: Xiaohongshu and Weibo; feed: Douyin and Kuaishou; orders as our own visits hold them",
    },
)
def channels_bought(feed_ads_daily, sem_keyword_daily, web_sessions, social_posts, followers_daily):
    """One definition a column, sums first: now the rows may be compared, each by what its channel is for."""
    table = bought(feed_ads_daily, sem_keyword_daily, web_sessions)
    sem, social, feed = table.loc["SEM"], table.loc[SOCIAL].sum(), table.loc[FEED].sum()
    return {
        "SEM CPC": sem["cost"] / sem["clicks"],
        "SEM CTR": sem["clicks"] / sem["impressions"],
        "SEM CVR": sem["orders"] / sem["visits"],
        "SEM CPA": sem["cost"] / sem["orders"],
        "social CPM": 1000 * social["cost"] / social["impressions"],
        "social engagement": engagement_rate(own_posts(social_posts), "reach"),
        "social CPC": social["cost"] / social["clicks"],
        "social follower": follower_cost(grown(followers_daily), "all").loc["all", "per_kept"],
        "feed CPM": 1000 * feed["cost"] / feed["impressions"],
        "feed CTR": feed["clicks"] / feed["impressions"],
        "feed CVR": feed["orders"] / feed["visits"],
        "feed cost per order": feed["cost"] / feed["orders"],
    }


@channels_bought.mistake("WRONG_DENOM_CLICKS", repair="Did every click become a visit?")
def _(feed_ads_daily, sem_keyword_daily, web_sessions, social_posts, followers_daily):
    """You divided orders by clicks. The table says CVR per visit, and between click and page somebody gets lost."""
    right = channels_bought.compute(
        feed_ads_daily, sem_keyword_daily, web_sessions, social_posts, followers_daily
    )
    sem = bought(feed_ads_daily, sem_keyword_daily, web_sessions).loc["SEM"]
    return wrong(
        right | {"SEM CVR": sem["orders"] / sem["clicks"]},  # whoever does so in both rows gets the same name
        shows={"clicks on search ads": count(sem["clicks"]), "visits of them": count(sem["visits"])},
        cost=f"The landing page would be blamed for {count(sem['clicks'] - sem['visits'])} clicks that never "
        f"saw it, {yuan(right['SEM CPC'])} each.",
    )


@channels_bought.mistake("GROSS_FOLLOW", repair="How many of those who came are still there a month later?")
def _(feed_ads_daily, sem_keyword_daily, web_sessions, social_posts, followers_daily):
    """You counted followers on the day they came. A part of them leaves within thirty days."""
    right = channels_bought.compute(
        feed_ads_daily, sem_keyword_daily, web_sessions, social_posts, followers_daily
    )
    made = follower_cost(grown(followers_daily), "all").loc["all"]
    return wrong(
        right | {"social follower": made["per_new"]},
        shows={
            "came on the days with a cost": count(made["new"]),
            "spent on those days": yuan(grown(followers_daily)["promotion_cost"].sum()),
        },
        cost=f"A plan for 10,000 followers who stay would be {yuan(10_000 * (made['per_kept'] - made['per_new']))} short.",
    )


@channels_bought.mistake("ENG_DENOM", repair="Per what does the table ask for engagement?")
def _(feed_ads_daily, sem_keyword_daily, web_sessions, social_posts, followers_daily):
    """You divided by impressions. Whoever is shown a note three times counts three times there, and once in the reach."""
    right = channels_bought.compute(
        feed_ads_daily, sem_keyword_daily, web_sessions, social_posts, followers_daily
    )
    posts = own_posts(social_posts)
    return wrong(
        right | {"social engagement": engagement_rate(posts, "impressions")},
        shows={
            "people reached": count(posts["reach"].sum()),
            "times shown": count(posts["impressions"].sum()),
        },
    )


@channels_bought.mistake("FOLLOWERS_AS_REACH", repair="How many of the followers were shown the post?")
def _(feed_ads_daily, sem_keyword_daily, web_sessions, social_posts, followers_daily):
    """You divided by followers. Most of them are never shown a post, and many who are follow nobody here."""
    right = channels_bought.compute(
        feed_ads_daily, sem_keyword_daily, web_sessions, social_posts, followers_daily
    )
    posts = own_posts(social_posts)
    return wrong(
        right | {"social engagement": engagement_rate(posts, "followers")},
        shows={
            "followers, added up over the posts": count(posts["followers"].sum()),
            "people reached": count(posts["reach"].sum()),
        },
    )


@channels_bought.slip("numerator and denominator")
def _(feed_ads_daily, sem_keyword_daily, web_sessions, social_posts, followers_daily):
    """The CVR of the feed ads stands over clicks in your table; the task asks for it per visit."""
    feed = bought(feed_ads_daily, sem_keyword_daily, web_sessions).loc[FEED].sum()
    right = channels_bought.compute(
        feed_ads_daily, sem_keyword_daily, web_sessions, social_posts, followers_daily
    )
    return right | {"feed CVR": feed["orders"] / feed["clicks"]}


@channels_bought.slip("filter")
def _(feed_ads_daily, sem_keyword_daily, web_sessions, social_posts, followers_daily):
    """Your feed rows hold all four platforms; two of them stand in the rows of social ads already."""
    every = bought(feed_ads_daily, sem_keyword_daily, web_sessions).loc[SOCIAL + FEED].sum()
    right = channels_bought.compute(
        feed_ads_daily, sem_keyword_daily, web_sessions, social_posts, followers_daily
    )
    return right | {
        "feed CPM": 1000 * every["cost"] / every["impressions"],
        "feed CTR": every["clicks"] / every["impressions"],
        "feed CVR": every["orders"] / every["visits"],
        "feed cost per order": every["cost"] / every["orders"],
    }


channels_bought.hints(
    "Which rows of the visits belong to feed ads of Douyin and Kuaishou? Look at their campaigns.",
    "Three groups of sums: SEM, two social platforms, two feed platforms; then four divisions each.",
    'visits[visits["campaign"].isin(campaigns of the two platforms)]; engagement_rate(posts, "reach"); follower_cost(days).per_kept',
)


@per_world
def organic(seo_rank_daily):
    """(visibility in May on the curve of what was seen before May, mean of May's places), terms of the brand left out."""
    others = seo_rank_daily[seo_rank_daily["kind"] != "brand"]
    before, may = others[others["date"] < MAY[0]], within(others, "date", MAY)
    return visibility(may, click_curve(before)), may["rank"].astype("float64").mean()


@per_world
def notes(social_posts, topics_daily, web_sessions):
    """What content on Xiaohongshu did in May: interactions, visits, mentions without copies, mentions."""
    posts = own_posts(social_posts).query("platform == 'Xiaohongshu'")
    said = within(topics_daily, "date", MAY).query("platform == 'Xiaohongshu' and topic == 'Heyu'")
    return {
        "interactions": int(posts[["likes", "comments", "saves", "shares"]].sum().sum()),
        "taps": int(posts["profile_taps"].sum() + posts["opens"].sum()),
        "visits": int((may_visits(web_sessions)["source"] == "Xiaohongshu").sum()),
        "original": int(said["original_mentions"].sum()),
        "all": int(said["mentions"].sum()),
    }


@exercise(
    "JC.6",
    title="Channel table: what is earned",
    kind="table",
    unit={
        "seo visits": "count",
        "seo visibility": "fraction",
        "content interactions": "count",
        "content visits": "count",
        "brand mentions": "count",
    },
    minutes=(8, 12),
    points=2,
    tolerance=0.002,  # visibility with May's own clicks comes within 0.4 % in some worlds
    practises=["R076", "R077", "R094", "R104", "R107", "R108", "R195", "R196", "R219"],
    section="Week 2: the two tables of document 003",
    selfcheck={
        "grain": "one row of seo_rank_daily is a search term on a day; of topics_daily a tag on a platform and day",
        "numerator and denominator": "visibility: searches times the click rate of the place, over all searches, also those without a place",
        "window": "May 2025; the click rates by place are those of the days before May",
        "filter": "visibility without the brand's own terms, in curve and index; content: Xiaohongshu, own accounts; mentions of Heyu without copies; visit length where a second page was seen",
    },
)
def channels_earned(web_sessions, seo_rank_daily, social_posts, topics_daily):
    """What is not bought has numbers of its own, and they move slowly: compare it with itself, not with a campaign."""
    visits, made = may_visits(web_sessions), notes(social_posts, topics_daily, web_sessions)
    search = visits[visits["source"] == "SEO"]
    return {
        "SEO visits": len(search),
        "SEO visibility": organic(seo_rank_daily)[0],
        "SEO seconds": search.loc[search["pageviews"] > 1, "seconds"].median(),
        "content interactions": made["interactions"],
        "content visits": made["visits"],
        "brand mentions": made["original"],
    }


@channels_earned.slip("filter")
def _(web_sessions, seo_rank_daily, social_posts, topics_daily):
    """Your visibility counts the terms with the brand's own name, which stand first whatever happens."""
    right = channels_earned.compute(web_sessions, seo_rank_daily, social_posts, topics_daily)
    before = seo_rank_daily[seo_rank_daily["date"] < MAY[0]]
    return right | {"SEO visibility": visibility(within(seo_rank_daily, "date", MAY), click_curve(before))}


@channels_earned.slip("numerator and denominator")
def _(web_sessions, seo_rank_daily, social_posts, topics_daily):
    """You dropped the searches in which the shop stood nowhere. They were searched all the same and belong
    below the line."""
    right = channels_earned.compute(web_sessions, seo_rank_daily, social_posts, topics_daily)
    others = seo_rank_daily[seo_rank_daily["kind"] != "brand"]
    curve = click_curve(others[others["date"] < MAY[0]])
    seen = within(others, "date", MAY).dropna(subset=["rank"])
    return right | {"SEO visibility": visibility(seen, curve)}


@channels_earned.slip("window")
def _(web_sessions, seo_rank_daily, social_posts, topics_daily):
    """Your visibility is made with May's own clicks, above the line or in the click rates by place."""
    right = channels_earned.compute(web_sessions, seo_rank_daily, social_posts, topics_daily)
    may = within(seo_rank_daily[seo_rank_daily["kind"] != "brand"], "date", MAY)
    return right | {"SEO visibility": may["clicks"].sum() / may["searches"].sum()}


@channels_earned.mistake("DEF_MISMATCH", repair="Which visits does the row ask for?")
def _(web_sessions, seo_rank_daily, social_posts, topics_daily):
    """You kept the visits in which one page was seen. The row asks for those with a second page, and the many
    short ones pull the middle down."""
    right = channels_earned.compute(web_sessions, seo_rank_daily, social_posts, topics_daily)
    search = may_visits(web_sessions).query("source == 'SEO'")
    return wrong(
        right | {"SEO seconds": search["seconds"].median()},
        shows={"visits of one page": count((search["pageviews"] == 1).sum()), "all": count(len(search))},
    )


@channels_earned.mistake("MEAN_SKEW", repair="How long is the longest visit, and was anybody reading?")
def _(web_sessions, seo_rank_daily, social_posts, topics_daily):
    """You took the mean of the visits' length. A few that stayed open for very long pull it away from the
    typical one."""
    right = channels_earned.compute(web_sessions, seo_rank_daily, social_posts, topics_daily)
    search = may_visits(web_sessions).query("source == 'SEO' and pageviews > 1")
    return wrong(
        right | {"SEO seconds": search["seconds"].mean()},
        shows={
            "visits longer than your number": percent(
                (search["seconds"] > search["seconds"].mean()).mean(), 0
            )
        },
    )


@channels_earned.mistake("ROWS_AS_PEOPLE", repair="Is a post that was copied word for word a second voice?")
def _(web_sessions, seo_rank_daily, social_posts, topics_daily):
    """You counted copies and reposts as mentions. A voice that is copied ten times is one voice."""
    right = channels_earned.compute(web_sessions, seo_rank_daily, social_posts, topics_daily)
    made = notes(social_posts, topics_daily, web_sessions)
    return wrong(
        right | {"brand mentions": made["all"]},
        shows={
            "mentions": count(made["all"]),
            "copies among them": percent(1 - made["original"] / made["all"], 0),
        },
        cost=f"At CNY 30 a mention, as agencies bill them, {yuan(30 * (made['all'] - made['original']))} would be paid for copies.",
    )


@channels_earned.mistake("VANITY_ENG", repair="How many of those who tapped came to the shop?")
def _(web_sessions, seo_rank_daily, social_posts, topics_daily):
    """You took interactions for visits. Applause stays on the platform; a visit is counted in the shop."""
    right = channels_earned.compute(web_sessions, seo_rank_daily, social_posts, topics_daily)
    gap = right["content interactions"] - right["content visits"]
    return wrong(
        right | {"content visits": right["content interactions"]},
        shows={"interactions on notes": count(right["content interactions"])},
        cost=f"At the month's conversion the page would promise orders of {count(gap)} visits that did not take place, about "
        f"{yuan(gap * 0.06 * 330)}.",
    )


channels_earned.hints(
    "Which table counts searches, which counts visits, which counts posts?",
    "visibility needs a curve of click rates by place; click_curve makes it from the days before May.",
    'visibility(may_ranks, click_curve(earlier_ranks)), both without kind "brand"; search.loc[search["pageviews"] > 1, "seconds"].median()',
)


# ---------------------------------------------------------------- week 3: the two faults of last year

FAULT = ("2024-03-01", "2024-04-22")  # from, up to but not including: mended on 22 April
AROUND = [("2024-02-16", "2024-03-01"), ("2024-04-22", "2024-05-06")]


@per_world
def bounces(traffic_daily):
    """(visits and one-page visits of the fault, bounce rate of the fourteen days before and after it together)."""
    days = traffic_daily.groupby("date")[["visits", "one_page_visits"]].sum().reset_index()
    fault = within(days, "date", FAULT)[["visits", "one_page_visits"]].sum()
    around = pd.concat([within(days, "date", one) for one in AROUND])[["visits", "one_page_visits"]].sum()
    return fault, around["one_page_visits"] / around["visits"]


@exercise(
    "JC.7",
    title="The first fault: an event sent twice",
    kind="table",
    unit={"first day": "date", "last day": "date", "hidden": "times", "true bounce rate": "fraction"},
    minutes=(10, 15),
    points=3,
    tolerance=0.0005,  # the rate of one half of the 28 days comes within 0.06 %
    practises=["R199", "R182", "R009", "R004"],
    section="Week 3: what last year's figures hide",
    selfcheck={
        "grain": "one row of traffic_daily is a source and device on a day: add up before you divide",
        "window": "the fault's first and last day; the 14 days before and the 14 days after it, taken together",
        "numerator and denominator": "visits of one recorded page over visits; hidden: expected less recorded",
        "last day": "the day before the change was taken back, as the daily counts show",
    },
)
def double_fired(traffic_daily):
    """One metric jumps within a day and back within a day, all others go on: a counter, sized by what it hid."""
    fault, usual = bounces(traffic_daily)
    return {
        "first day": FAULT[0],
        "last day": "2024-04-21",
        "true bounce rate": usual,
        "hidden": usual * fault["visits"] - fault["one_page_visits"],
    }


@double_fired.mistake("DENOM_DRIFT", repair="Which other figure of these weeks moved with it?")
def _(traffic_daily):
    """You took the lower rate for the true one. A release that keeps people would show in orders or in time as well; this one
    changed what is counted."""
    right = double_fired.compute(traffic_daily)
    fault, _ = bounces(traffic_daily)
    rate = fault["one_page_visits"] / fault["visits"]
    return wrong(
        right | {"true bounce rate": rate},
        shows={"days of the jump": "1", "days in between": "52", "days of the jump back": "1"},
        cost="The agency's bonus for a bounce rate below 40 % was CNY 20,000. It would be paid for a bug.",
    )


@double_fired.mistake("INCOMPLETE_PERIOD", repair="On which day does the rate come back?")
def _(traffic_daily):
    """You ended the fault where the raw hits end. The days after them are in the daily counts, and the fault went on."""
    days = traffic_daily.groupby("date")[["visits", "one_page_visits"]].sum().reset_index()
    part = within(days, "date", ("2024-03-01", "2024-03-06"))[["visits", "one_page_visits"]].sum()
    right = double_fired.compute(traffic_daily)
    return wrong(
        right
        | {
            "last day": "2024-03-05",
            "hidden": right["true bounce rate"] * part["visits"] - part["one_page_visits"],
        },
        shows={"days with raw hits after the release": "5"},
    )


@double_fired.mistake("PCT_VS_PP", repair="Is half of a rate half of the visits?")
def _(traffic_daily):
    """You took the relative fall of the rate from all visits. The fall is in points: only that part of the visits changed its side."""
    right = double_fired.compute(traffic_daily)
    fault, usual = bounces(traffic_daily)
    seen = fault["one_page_visits"] / fault["visits"]
    return wrong(
        right | {"hidden": (1 - seen / usual) * fault["visits"]},
        shows={
            "visits in the weeks of the fault": count(fault["visits"]),
            "recorded with one page": count(fault["one_page_visits"]),
        },
        cost=f"At CNY 3 a click, {yuan(3 * ((1 - seen / usual) * fault['visits'] - right['hidden']))} of paid visits more than there "
        "were would be called wasted.",
    )


def of_days(traffic_daily, *periods):
    """Visits and one-page visits of some periods together."""
    found = [within(traffic_daily, "date", one)[["visits", "one_page_visits"]].sum() for one in periods]
    return sum(found[1:], found[0])


@double_fired.slip("window")
def _(traffic_daily):
    """Your rate is that of the 14 days before the fault; the 14 days after it belong to it as well."""
    before, fault = of_days(traffic_daily, AROUND[0]), of_days(traffic_daily, FAULT)
    rate = before["one_page_visits"] / before["visits"]
    hidden = rate * fault["visits"] - fault["one_page_visits"]
    return double_fired.compute(traffic_daily) | {"true bounce rate": rate, "hidden": hidden}


@double_fired.slip("numerator and denominator")
def _(traffic_daily):
    """You gave the one-page visits that were recorded. Hidden are those that were not."""
    return double_fired.compute(traffic_daily) | {"hidden": of_days(traffic_daily, FAULT)["one_page_visits"]}


@double_fired.slip("last day")
def _(traffic_daily):
    """Your last day is the one on which the count was right again."""
    return double_fired.compute(traffic_daily) | {"last day": FAULT[1]}


@double_fired.slip("last day")
def _(traffic_daily):
    """Your fault ends with the day on which the count was right again, and its figures hold that day."""
    fault = of_days(traffic_daily, (FAULT[0], "2024-04-23"))
    around = of_days(traffic_daily, AROUND[0], ("2024-04-23", "2024-05-07"))
    rate = around["one_page_visits"] / around["visits"]
    return double_fired.compute(traffic_daily) | {
        "last day": FAULT[1],
        "true bounce rate": rate,
        "hidden": rate * fault["visits"] - fault["one_page_visits"],
    }


double_fired.hints(
    "On which two days does the bounce rate jump, and what else jumps there?",
    "The 28 days around the fault say what the rate would have been; times the fault's visits, less what was recorded.",
    "usual = one_page.sum() / visits.sum() of the 28 days; hidden = usual * fault_visits - fault_one_page_visits",
)


@per_world
def search_days(budget, orders):
    """Planned and spent media money of SEM in 2024 by day, with the amount of its paid orders."""
    rows = budget[(budget["channel"] == "SEM") & (budget["item"] == "media")]
    days = within(rows, "date", ("2024-01-01", "2025-01-01")).groupby("date")[["planned", "spent"]].sum()
    paid = orders[(orders["status"] == "paid") & (orders["channel"] == "SEM")]
    amount = paid.groupby(paid["ordered_at"].dt.normalize())["amount"].sum()
    return days.assign(amount=amount.reindex(days.index).fillna(0))


def sized(days, day):
    """The figures of one day: over plan, and what its orders left beyond the mean of the seven days before."""
    week = days.loc[day - pd.Timedelta(days=7) : day - pd.Timedelta(days=1), "amount"]
    over = days.loc[day, "spent"] - days.loc[day, "planned"]
    return {
        "day": f"{day:%Y-%m-%d}",
        "over plan": over,
        "came back": MARGIN * (days.loc[day, "amount"] - week.mean()),
    }


@exercise(
    "JC.8",
    title="The second fault: a day of search that left its plan",
    kind="table",
    unit={"day": "date", "over plan": "CNY", "came back": "CNY"},
    minutes=(8, 12),
    points=3,
    practises=["R040", "R064", "R061", "R223", "R022"],
    section="Week 3: what last year's figures hide",
    selfcheck={
        "grain": "one row of budget is a kind of cost of a channel on a day",
        "window": "2024; the seven days before the day for what its orders are compared with",
        "numerator and denominator": "spent less planned; what came back is 42 % of the amount beyond a mean day, below zero if the day was weaker",
        "filter": "channel SEM, item media; paid orders of the channel SEM",
    },
)
def overspend(budget, orders):
    """Against its own plan the day stands alone, and what came back is small beside what went out."""
    days = search_days(budget, orders)
    return sized(days, (days["spent"] / days["planned"]).idxmax())


@overspend.mistake("ALERT_NO_BASELINE", repair="What was planned for the day that you found?")
def _(budget, orders):
    """You looked for the largest bill. The largest bills were planned; the fault is the day that nobody planned."""
    days = search_days(budget, orders)
    dearest = days["spent"].idxmax()
    planned, spent = days.loc[dearest, ["planned", "spent"]]
    return wrong(
        sized(days, dearest),
        shows={"planned for your day": yuan(planned), "spent on it": yuan(spent)},
        cost=f"An alert on the bill rings at {yuan(spent)}, of which {yuan(planned)} were planned, and is silent "
        "on a small day that spends its plan several times over.",
    )


@overspend.mistake("TOTAL_VS_NET", repair="What would the day have cost without the error?")
def _(budget, orders):
    """You took the whole bill of the day for the damage. A part of it was planned and would have been spent anyway."""
    days = search_days(budget, orders)
    right = overspend.compute(budget, orders)
    planned = days.loc[right["day"], "planned"]
    return wrong(
        right | {"over plan": right["over plan"] + planned},
        shows={"planned for the day": yuan(planned)},
        cost=f"The claim against the vendor would be {yuan(planned)} too high, and go back unpaid.",
    )


@overspend.mistake("MARGIN_IGNORED", repair="Who pays for the goods in these orders?")
def _(budget, orders):
    """You set the whole day's orders against the bill, at their full price. Most of them come on any day, and goods cost money."""
    days = search_days(budget, orders)
    right = overspend.compute(budget, orders)
    amount = days.loc[right["day"], "amount"]
    return wrong(
        right | {"came back": amount},
        shows={"paid orders of the day": yuan(amount), "of the mean day of the week before": yuan(
            days["amount"].loc[:right["day"]].iloc[-8:-1].mean())},
    )  # fmt: skip


@overspend.mistake("POST_ONLY", repair="What would this day have brought without the money over plan?")
def _(budget, orders):
    """You counted the margin on all orders of the day. Search brings orders on every day; only what went
    beyond them came for the extra money."""
    days = search_days(budget, orders)
    right = overspend.compute(budget, orders)
    week = days["amount"].loc[: right["day"]].iloc[-8:-1]
    return wrong(
        right | {"came back": MARGIN * days.loc[right["day"], "amount"]},
        shows={
            "orders of search, weakest day of the week before": yuan(week.min()),
            "strongest": yuan(week.max()),
        },
    )


@overspend.slip("window")
def _(budget, orders):
    """You compared with the calendar week before, Monday to Sunday, and not with the seven days just before
    the day."""
    days, right = search_days(budget, orders)["amount"], overspend.compute(budget, orders)
    day = pd.Timestamp(right["day"])
    monday = day - pd.Timedelta(days=day.day_of_week + 7)
    week = days.loc[monday : monday + pd.Timedelta(days=6)]
    return right | {"came back": MARGIN * (days[day] - week.mean())}


@overspend.slip("window")
def _(budget, orders):
    """You compared with one day, the same weekday of the week before. Orders of one day are few, so the mean
    of seven is asked for."""
    days, right = search_days(budget, orders)["amount"], overspend.compute(budget, orders)
    day = pd.Timestamp(right["day"])
    return right | {"came back": MARGIN * (days[day] - days[day - pd.Timedelta(days=7)])}


@overspend.slip("filter")
def _(budget, orders):
    """What came back is taken at full price, goods included."""
    right = overspend.compute(budget, orders)
    return right | {"came back": right["came back"] / MARGIN}


overspend.hints(
    "Spent over planned, day by day: which day stands alone?",
    "Over plan is a difference. What came back is the margin on the amount beyond the mean of the seven days before.",
    "came back = 0.42 * (amount of the day - mean amount of the seven days before)",
)


# ---------------------------------------------------------------- week 4: what may go out, and the readout


@per_world
def text_list(crm_contacts):
    """The agency's list: CRM contacts of the channel SMS that existed on 15 June 2025, in order of customer."""
    listed = crm_contacts[(crm_contacts["channel"] == "SMS") & (crm_contacts["created_on"] <= "2025-06-15")]
    return listed.dropna(subset=["customer_id"])["customer_id"].drop_duplicates()


def last_events(consent_log, people, before, **filters):
    """The last event of each person on the list before a moment, by the filters."""
    rows = consent_log[consent_log["customer_id"].isin(people) & (consent_log["recorded_at"] < before)]
    for column, value in filters.items():
        rows = rows[rows[column] == value]
    return rows.sort_values("recorded_at", kind="stable")


def off(people, agreed):
    """The people of the list that are not among those who agreed, as a set of whole numbers."""
    return {int(one) for one in set(people) - set(agreed)}


@exercise(
    "JC.9",
    title="Who has to come off the list",
    kind="set",
    minutes=(8, 12),
    points=3,
    practises=["R133", "R247", "R248", "R246", "R128"],
    section="Week 4: what goes out",
    selfcheck={
        "grain": "one row of consent_log is one event of one person, purpose and channel",
        "window": "events before the moment of sending, 16 June 2025 at 9:00",
        "filter": "purpose marketing, channel SMS; the last event counts, no event means no",
    },
)
def held_back(crm_contacts, consent_log):
    """Marketing, by text message, at that moment: whoever stays on the list has said yes to this and not taken it back."""
    people = text_list(crm_contacts)
    return {int(one) for one in people[~may_send(people, consent_log, "marketing", "SMS", SEND_AT)]}


@held_back.mistake("CONSENT_BUNDLED", repair="What did they agree to, and in which channel?")
def _(crm_contacts, consent_log):
    """You let a yes to marketing in any channel stand for text messages. Who wants mails has not agreed to be texted."""
    people = text_list(crm_contacts)
    events = last_events(consent_log, people, SEND_AT, purpose="marketing")
    last = events.drop_duplicates(["customer_id", "channel"], keep="last")
    found = off(people, last.loc[last["state"] == "given", "customer_id"])
    leak = len(held_back.compute(crm_contacts, consent_log)) - len(found)
    return wrong(
        found,
        shows={
            "people on the list": count(len(people)),
            "with a yes to marketing somewhere": count(len(people) - len(found)),
        },
        cost=f"{count(leak)} messages would go to people who never agreed to them. PIPL Art. 66 speaks of fines up to CNY 1,000,000 "
        "for the firm and CNY 10,000 to 100,000 for the person in charge.",
    )


@held_back.mistake(
    "OPT_OUT_LATE", repair="At what time does the message go out, and at what time was your list true?"
)
def _(crm_contacts, consent_log):
    """You read the log as it stood at midnight. The message goes out in the morning, and a yes or a no of the
    hours between counts."""
    people = text_list(crm_contacts)
    events = last_events(consent_log, people, SEND_AT[:10], purpose="marketing", channel="SMS")
    last = events.drop_duplicates("customer_id", keep="last")
    hours = consent_log["recorded_at"].between(SEND_AT[:10], SEND_AT, inclusive="left")
    return wrong(
        off(people, last.loc[last["state"] == "given", "customer_id"]),
        shows={
            "events of these people between midnight and nine": count(
                (hours & consent_log["customer_id"].isin(people)).sum()
            )
        },
    )


@held_back.mistake("SNAPSHOT_LEAK", repair="Which of these events had happened at nine on 16 June?")
def _(crm_contacts, consent_log):
    """You read the log to its end. What people said after the sending could not be known then, and does not judge it."""
    people = text_list(crm_contacts)
    found = people[~may_send(people, consent_log, "marketing", "SMS", "2026-01-01")]
    return wrong(
        {int(one) for one in found},
        shows={"events of these people after the sending": count(
            (consent_log["customer_id"].isin(people) & (consent_log["recorded_at"] >= SEND_AT)).sum())},
    )  # fmt: skip


@held_back.slip("filter")
def _(crm_contacts, consent_log):
    """You gave the people who may be written to. Those who have to come off are the others on the list."""
    people = text_list(crm_contacts)
    return {int(one) for one in people} - held_back.compute(crm_contacts, consent_log)


@held_back.slip("filter")
def _(crm_contacts, consent_log):
    """You looked for a yes, whenever it was given. A yes that was taken back later is a no."""
    people = text_list(crm_contacts)
    events = last_events(consent_log, people, SEND_AT, purpose="marketing", channel="SMS")
    return off(people, events.loc[events["state"] == "given", "customer_id"])


@held_back.slip("filter")
def _(crm_contacts, consent_log):
    """You took off those who had taken a yes back, and kept those who never gave one."""
    people = text_list(crm_contacts)
    events = last_events(consent_log, people, SEND_AT, purpose="marketing", channel="SMS")
    last = events.drop_duplicates("customer_id", keep="last")
    return {int(one) for one in last.loc[last["state"] == "withdrawn", "customer_id"]}


@held_back.slip("filter")
def _(crm_contacts, consent_log):
    """You took each person's last event about text messages, whatever its purpose. Who lets the courier write
    has not agreed to marketing."""
    people = text_list(crm_contacts)
    last = last_events(consent_log, people, SEND_AT, channel="SMS").drop_duplicates(
        "customer_id", keep="last"
    )
    return off(people, last.loc[last["state"] == "given", "customer_id"])


@held_back.slip("filter")
def _(crm_contacts, consent_log):
    """You took each person's last event about marketing, in whatever channel. A yes to mails is none to text
    messages, and a no to mails is no no to them."""
    people = text_list(crm_contacts)
    last = last_events(consent_log, people, SEND_AT, purpose="marketing").drop_duplicates(
        "customer_id", keep="last"
    )
    return off(people, last.loc[last["state"] == "given", "customer_id"])


held_back.hints(
    "Consent to what, in which channel, at what moment?",
    "may_send answers for each person on the list; you want those for whom it says no.",
    'people[~may_send(people, consent_log, "marketing", "SMS", "2025-06-16 09:00")]',
)

WORDS = "最|第一|顶级|极致|国家级|唯一|首选|100%|绝对|治疗"  # the list with which J09 begins


@per_world
def sheet(copy_lines):
    """The forty lines of the sheet, with their labels."""
    return copy_lines[copy_lines["line_id"] > 260].set_index("line_id")


@exercise(
    "JC.10",
    title="Which lines of copy may not run",
    kind="set",
    minutes=(8, 12),
    points=3,
    practises=["R245", "R102", "R103", "R249", "R241", "R171"],
    section="Week 4: what goes out",
    selfcheck={
        "grain": "one row is one line of copy, in one place",
        "filter": "a word alone decides nothing: about what is it said, and what does the line claim?",
    },
)
def copy_held(copy_lines):
    """The screen sorts, a person reads: what a line claims about the article decides, in whatever words, and screens both miss and overdo it."""
    lines = sheet(copy_lines)
    return {int(one) for one in lines.index[lines["label"] == "banned"]}


@copy_held.mistake(
    "KEYWORD_ONLY", repair="Read the lines aloud: which sounds like a word that your list does not hold?"
)
def _(copy_lines):
    """You held back what a list of words finds. It stops harmless dates and lets disguised claims and cures pass."""
    lines = sheet(copy_lines)
    found = {int(one) for one in lines.index[lines["text_zh"].str.contains(WORDS)]}
    leak = len(copy_held.compute(copy_lines) - found)
    return wrong(
        found,
        shows={"lines that the list stops": count(len(found)), "clean ones among them": count(
            (lines.loc[sorted(found), "label"] == "clean").sum())},
        cost=f"Banned lines that would run: {count(leak)}. The Advertising Law's Art. 57 sets fines from "
        "CNY 200,000 to 1,000,000 for such claims.",
    )  # fmt: skip


@copy_held.mistake(
    "CONTEXT_BLIND", repair="About what is the word said: the article, a date, or a step of use?"
)
def _(copy_lines):
    """You held back the banned lines and, with them, every line with a listed word. 第一次 and 最后 claim nothing about an article."""
    lines = sheet(copy_lines)
    found = set(lines.index[lines["text_zh"].str.contains(WORDS)]) | copy_held.compute(copy_lines)
    clean = lines.loc[sorted(found), "label"] == "clean"
    return wrong(
        {int(one) for one in found},
        shows={
            "lines held back": count(len(found)),
            "with a word such as 第一次 or 最后": count(clean.sum()),
        },
        cost=f"Good lines to be written anew: {count(clean.sum())}, at CNY 80 a line "
        f"{yuan(80 * clean.sum(), 0)}, in the week before 618.",
    )


@copy_held.slip("filter")
def _(copy_lines):
    """You held back what the standard screen finds. It sorts and does not decide: read what it found, and
    what it let pass."""
    found = {int(one) for one in screen(sheet(copy_lines), standard_rules())["line"]}
    return None if found == copy_held.compute(copy_lines) else found


copy_held.hints(
    "What does each line claim about the article: that it is above all others, that it cures, that it takes the place of milk?",
    "Read all forty aloud, disguises included. A health claim needs no forbidden word, and a first time is no first place.",
    "then screen(sheet, standard_rules()) and read again each line on which you and the screen differ",
)


@per_world
def landing(ab_tests, web_sessions):
    """Visitors of the test landing_page with arm, visits, converted, and whether they ordered in its days."""
    test = ab_tests[ab_tests["test"] == "landing_page"]
    days = within(web_sessions, "started_at", ("2025-02-17", "2025-04-21"))
    buyers = days.loc[days["order_id"].notna(), "visitor_id"]
    return test.assign(ordered=test["visitor_id"].isin(buyers))


@per_world
def arms(ab_tests, web_sessions):
    """Per arm: visitors, visits, converted visitors, visitors with an order."""
    return landing(ab_tests, web_sessions).groupby("arm", observed=True).agg(
        size=("visitor_id", "size"), visits=("visits", "sum"), converted=("converted", "sum"), ordered=("ordered", "sum")
    )  # fmt: skip


def per_thousand(table, what, size="size"):
    a, b = table.loc["A"], table.loc["B"]
    return 1000 * two_rates(a[what], a[size], b[what], b[size])[["difference", "low", "high"]]


@exercise(
    "JC.11",
    title="One clean readout",
    kind="table",
    minutes=(10, 15),
    points=3,
    practises=["R211", "R212", "R214", "R215", "R216", "R009", "R140", "R240"],
    section="Week 4: what goes out",
    selfcheck={
        "grain": "one row of ab_tests is a visitor, which is what was drawn by lot",
        "numerator and denominator": "per 1,000 visitors of each arm; the difference is B less A",
        "window": "the days of the test, 17 February to 20 April 2025, for the orders as well",
        "filter": "all visitors of the test landing_page, both sources",
    },
)
def readout(ab_tests, web_sessions):
    """The split first, then the interval, then what must not be harmed: all three, or it is not read. Then
    hold the interval against what the plan named as its falsifier."""
    table = arms(ab_tests, web_sessions)
    primary, guardrail = per_thousand(table, "converted"), per_thousand(table, "ordered")
    return {
        "SRM p": srm(*table["size"])["p"],
        "at least": primary["low"],
        "at most": primary["high"],
        "orders, at worst": guardrail["low"],
    }


@readout.mistake("NO_UNCERTAINTY", repair="How would the difference look if the lot were drawn again?")
def _(ab_tests, web_sessions):
    """You promised the observed difference, to the digit. It is one draw; the interval says what may be promised."""
    table = arms(ab_tests, web_sessions)
    seen = per_thousand(table, "converted")["difference"]
    right = readout.compute(ab_tests, web_sessions)
    gap = (seen - right["at least"]) * 100
    return wrong(
        right | {"at least": seen, "at most": seen},
        shows={
            "visitors in A": count(table.loc["A", "size"]),
            "converted of them": count(table.loc["A", "converted"]),
        },
        cost=f"Promised for 100,000 visitors, {count(gap)} conversions may fail to come; at CNY 20 of margin each, {yuan(20 * gap)}.",
    )


@readout.mistake("PCT_VS_PP", repair="Per 1,000 visitors, or per 1,000 conversions of A?")
def _(ab_tests, web_sessions):
    """You gave the relative lift. The question is how many conversions more 1,000 visitors bring."""
    right = readout.compute(ab_tests, web_sessions)
    table = arms(ab_tests, web_sessions)
    rate = table.loc["A", "converted"] / table.loc["A", "size"]
    gap = (right["at least"] / rate - right["at least"]) * 100
    return wrong(
        right | {"at least": right["at least"] / rate, "at most": right["at most"] / rate},
        shows={"A, conversions per 1,000 visitors": f"{1000 * rate:.0f}"},
        cost=f"Read as conversions, that is {count(gap)} too many in 100,000 visitors, or {yuan(20 * gap)} at CNY 20 of margin each.",
    )


@readout.mistake("UNIT_MISMATCH", repair="What did the lot draw: a visit, or a person who may come twice?")
def _(ab_tests, web_sessions):
    """You divided by visits. The lot drew visitors, and two visits of one person are no two draws."""
    table = arms(ab_tests, web_sessions)
    seen = per_thousand(table, "converted", size="visits")
    return wrong(
        readout.compute(ab_tests, web_sessions) | {"at least": seen["low"], "at most": seen["high"]},
        shows={
            "visitors in both arms": count(table["size"].sum()),
            "their visits": count(table["visits"].sum()),
        },
    )


@readout.mistake("PROXY_METRIC", repair="Does the form bring orders, or only forms?")
def _(ab_tests, web_sessions):
    """You read the guardrail off the test's own metric. More samples asked for can go with fewer orders; that is why orders are
    watched apart."""
    right = readout.compute(ab_tests, web_sessions)
    table = arms(ab_tests, web_sessions)
    return wrong(
        right | {"orders, at worst": right["at least"]},
        shows={
            "visitors with an order in A": count(table.loc["A", "ordered"]),
            "converted in A": count(table.loc["A", "converted"]),
        },
    )


@readout.slip("numerator and denominator")
def _(ab_tests, web_sessions):
    """You gave the interval as a lift in percent of A's rate. Asked for are conversions more per 1,000
    visitors."""
    right = readout.compute(ab_tests, web_sessions)
    a = arms(ab_tests, web_sessions).loc["A"]
    rate = 10 * a["converted"] / a["size"]
    return right | {"at least": right["at least"] / rate, "at most": right["at most"] / rate}


@readout.slip("numerator and denominator")
def _(ab_tests, web_sessions):
    """You gave the interval as a lift, a fraction of A's rate. Asked for are conversions more per 1,000
    visitors."""
    right = readout.compute(ab_tests, web_sessions)
    a = arms(ab_tests, web_sessions).loc["A"]
    rate = 1000 * a["converted"] / a["size"]
    return right | {"at least": right["at least"] / rate, "at most": right["at most"] / rate}


readout.hints(
    "Which counts does each of the four figures need?",
    "srm for the split; two_rates twice, on conversions and on visitors with an order; times 1,000.",
    "two_rates(hits_a, size_a, hits_b, size_b)[['low', 'high']] * 1000; the guardrail is its low, with orders for hits",
)


# ---------------------------------------------------------------- the page


@exercise(
    "JC.12",
    title="Three lines for Director Shen",
    kind="memo",
    unit="CNY",
    minutes=(8, 12),
    points=4,
    practises=["R221", "R242", "R089", "R178", "R012"],
    section="The page for Director Shen",
    selfcheck={
        "line 1": "what a new customer cost in May 2025, in yuan",
        "line 2": "a figure of your own from the two tables or from a fault, with what it is compared with",
        "line 3": "who should decide what, by when; it begins with a verb",
    },
)
def page_lines(orders, refunds, budget):
    """Line 1 is right, and the three lines are there. Whether line 2 is true and line 3 wise, no check can tell: let somebody read them."""
    return spent_in_may(budget) / sales(orders, refunds)["is_first"].sum()


@page_lines.mistake("CAC_ALL_ORDERS", repair="Does line 1 count customers, or orders?")
def _(orders, refunds, budget):
    """Your first line carries the cost of an order. Most orders come from customers who had been won before."""
    sold = sales(orders, refunds)
    naive = spent_in_may(budget) / len(sold)
    return wrong(
        naive,
        shows={"paid orders": count(len(sold)), "first orders": count(sold["is_first"].sum())},
        cost=f"Director Shen would plan 1,000 new customers for {yuan(1000 * naive)}, a part of what they cost.",
    )


@page_lines.mistake("CAC_MEDIA_ONLY", repair="Who pays the agency, the creators and the coupons?")
def _(orders, refunds, budget):
    """Your first line counts media alone. Fees and coupons were spent to win the same people."""
    rows = within(budget, "date", MAY)
    media, new = rows.loc[rows["item"] == "media", "spent"].sum(), sales(orders, refunds)["is_first"].sum()
    rest = rows["spent"].sum() - media
    return wrong(
        media / new,
        shows={"media": yuan(media), "fees and coupons": yuan(rest)},
        cost=f"{yuan(rest)} of the month would belong to nobody.",
    )


@page_lines.mistake("NO_ACTION", repair="Who should do what by when, now that the number is known?")
def _():
    """Your third line asks for nothing. A page that asks for nothing is filed."""
    return None


page_lines.hints(
    "Which row of your two tables says what a new customer cost, and what would make somebody doubt it?",
    "Line 1 is a row of your KPI table; line 2 another figure beside it, such as first orders of other months by channel.",
    "Line 3 begins with a verb: approve, move, pause, test; and names a day.",
)


@exercise(
    "JC.13",
    title="Your page, judged by six criteria",
    kind="rubric",
    page="four_weeks.html",
    minutes=(15, 25),
    points=24,
    practises=["R221", "R204", "R203"],
    section="How good is it?",
    criteria=CRITERIA,
    selfcheck={
        "grain": "one level for each criterion, 1 to 4, for the page as it is and not as it was meant"
    },
)
def judged(web_sessions, budget, orders, page_speed, ab_tests, send_plan, consent_log):
    """Levels from one to four are saved with the date; judge again after you have mended what comes first below."""
    return facts(web_sessions, budget, orders, page_speed, ab_tests, send_plan, consent_log)
