"""J10 The weekly report: log, join, weeks, limits, service level, voices, charts. Lesson: lessons/1_junior/J10_weekly_report.md."""

import pandas as pd

from mktlib.course import exercise, per_world, prediction, wrong
from mktlib.course.text import count, percent, times, yuan
from mktlib.weekly import bridge_total, control_limits, service_level, share_limits

SPELT = {
    "sem": "SEM", "百度": "SEM", "Feed ads": "feed ads", "feed ad": "feed ads", "信息流": "feed ads", "小红书": "Xiaohongshu",
    "XHS": "Xiaohongshu", "xiaohongshu": "Xiaohongshu", "直播": "live", "Live": "live", "CPS": "affiliate", "affilate": "affiliate",
    "email/SMS": "e-mail/SMS", "EDM": "e-mail/SMS", "私域": "private domain",
}  # fmt: skip
KEYS = ["date", "channel", "platform"]
DATA_END = pd.Timestamp("2026-01-01")
REPORTED, PROMOTION, COMPARABLE = "2025-06-23", "2025-06-16", "2025-05-12"
QUIET = slice("2025-06-30", "2025-08-18")  # eight Mondays without a promotion


@per_world
def clean_log(daily_log):
    """The log with one name a channel and each line once; a blank stays a blank."""
    names = daily_log["channel"].str.split().str.join(" ").replace(SPELT)
    return daily_log.assign(channel=names).drop_duplicates(KEYS)


@per_world
def log_orders(orders, daily_log):
    """Orders of May and June in the channels of the log, with their day."""
    rows = orders[orders["ordered_at"].between("2025-05-01", "2025-07-01", inclusive="left")]
    rows = rows[rows["channel"].isin(clean_log(daily_log)["channel"])]
    return rows.assign(date=rows["ordered_at"].dt.normalize())[["order_id", "date", "channel", "amount"]]


@per_world
def joined(orders, daily_log):
    """The same orders after a join with the log by day and channel."""
    return log_orders(orders, daily_log).merge(
        clean_log(daily_log)[[*KEYS, "spend"]], on=["date", "channel"], how="left"
    )


@per_world
def shop_weeks(traffic_daily):
    """Visits and orders of the own shop by week, Monday to Sunday, since 28 April 2025; the last one is not complete."""
    days = traffic_daily[traffic_daily["date"] >= "2025-04-28"]
    monday = days["date"] - pd.to_timedelta(days["date"].dt.day_of_week, unit="D")
    return days.groupby(monday)[["visits", "orders"]].sum()


@per_world
def week_parts(traffic_daily):
    """Visits and orders by source: of the week of 12 May and of the week of 23 June."""
    found = []
    for first in (COMPARABLE, REPORTED):
        last = pd.Timestamp(first) + pd.Timedelta(days=6)
        found.append(traffic_daily[traffic_daily["date"].between(first, last)])
    return found


def order_value(orders):
    """Mean amount of an order of the own shop in June 2025."""
    june = orders[orders["ordered_at"].between("2025-06-01", "2025-07-01", inclusive="left")]
    return june.loc[june["store"] == "own", "amount"].mean()


@per_world
def tickets_2025(service_tickets):
    """Complaints of 2025 with hours until the first answer."""
    rows = service_tickets[service_tickets["opened_at"] >= "2025-01-01"]
    return rows.assign(hours=(rows["first_response_at"] - rows["opened_at"]).dt.total_seconds() / 3600)


# ---------------------------------------------------------------- two questions from before


@exercise(
    "J10.r1",
    title="The week's CTR from seven daily rows",
    kind="choice",
    practises=["R204"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "the mean of the seven daily rates, because each day is a seventh of the week",
        "b": "the clicks of the seven days over the impressions of the seven days",
        "c": "the rate of the middle day, because it is typical of the week",
    },
)
def week_ctr():
    """A rate belongs to its denominator: add up both counts, divide once."""
    return "b"


@week_ctr.mistake("AVG_OF_RATIOS", repair="Do all seven days have as many impressions?")
def _(feed_ads_daily):
    """You gave each day one vote. The days of a promotion hold most of the impressions and have a rate of their own."""
    rows = feed_ads_daily[feed_ads_daily["date"].between("2025-06-16", "2025-06-22")]
    days = rows.groupby("date")["impressions"].sum()
    return wrong(
        "a", shows={"impressions of the quietest day": count(days.min()), "of the busiest": count(days.max())}
    )


@week_ctr.mistake("AGG_HIDES", repair="Which of the seven days would you leave out, and why?")
def _():
    """You took one day for the week. A typical day hides what the others did."""
    return "c"


week_ctr.hints(
    "Which two counts stand behind each of the seven rates?",
    "Counts may be added over days, rates may not.",
    "Sum of clicks over sum of impressions.",
)


@exercise(
    "J10.r2",
    title="What may a higher open rate mean?",
    kind="choice",
    practises=["R223"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "that more people read the mails, because the mails did not change",
        "b": "nothing about people until somebody has looked at what counts as an open",
        "c": "that more people will buy, because whoever opens is interested",
    },
)
def open_rate_jump():
    """A rate that jumps within days asks a question about its definition first. In October 2024 it was machines."""
    return "b"


@open_rate_jump.mistake("MACHINE_OPENS", repair="Which opens come in the minute of arrival and never click?")
def _():
    """You took each open for a reader. Mail programs load pictures without anybody looking at them."""
    return "a"


@open_rate_jump.mistake("PROXY_METRIC", repair="What do orders per delivered mail say?")
def _():
    """You took an open for a step towards an order. Subject A of J07 was opened more often and sold less."""
    return "c"


open_rate_jump.hints(
    "J07: what happened to open rates in the autumn of 2024?",
    "Who or what loaded the picture?",
    "First the definition, then the people.",
)


# ---------------------------------------------------------------- the log


@exercise(
    "J10.2",
    title="Two gaps in the log, closed in the open",
    kind="table",
    unit="CNY",
    minutes=(5, 8),
    practises=["R222", "R021"],
    section="A day that was typed tenfold",
    selfcheck={
        "grain": "one line of the log is a channel and platform on a day",
        "window": "Douyin: 1 to 30 June 2025; search: Monday 16 to Sunday 22 June 2025",
        "filter": "Douyin: feed ads only; search: all engines",
        "source": "what the platform and the finance book say about the days that were mistyped or not typed",
    },
)
def repaired(sem_keyword_daily, feed_ads_daily):
    """A typed number is repaired from a second source, and the report says which line was changed and why."""
    days = feed_ads_daily["date"].between("2025-06-01", "2025-06-30")
    douyin = feed_ads_daily.loc[days & (feed_ads_daily["platform"] == "Douyin"), "cost"].sum()
    week = sem_keyword_daily["date"].between("2025-06-16", "2025-06-22")
    return {"Douyin in June": douyin, "search, week of 16 June": sem_keyword_daily.loc[week, "cost"].sum()}


@per_world
def log_sums(daily_log):
    """Douyin's days of June and search of the week, as typed."""
    log = clean_log(daily_log)
    douyin = log[
        (log["channel"] == "feed ads") & (log["platform"] == "Douyin") & (log["date"] >= "2025-06-01")
    ]
    search = log[(log["channel"] == "SEM") & log["date"].between("2025-06-16", "2025-06-22")]
    return douyin.set_index("date")["spend"], search.groupby("date")["spend"].sum()


@repaired.mistake("TRUST_TABLE", repair="What did Douyin cost on the day before and on the day after?")
def _(sem_keyword_daily, feed_ads_daily, daily_log):
    """You took the log as it stands. On the busiest day somebody typed a digit too many, and a sum does not ask back."""
    right = repaired.compute(sem_keyword_daily, feed_ads_daily)
    douyin, _ = log_sums(daily_log)
    return wrong(
        right | {"Douyin in June": douyin.sum()},
        shows={
            "typed for 17 June": yuan(douyin["2025-06-17"]),
            "typed for 16 June": yuan(douyin["2025-06-16"]),
        },
        cost=f"Finance would look for an invoice of {yuan(douyin['2025-06-17'])} for one day, and July's "
        "plan would be cut for money that nobody spent.",
    )


@repaired.mistake("SILENT_FIX", repair="Did the ads of the busiest day cost nothing?")
def _(sem_keyword_daily, feed_ads_daily, daily_log):
    """You left the odd day out. The mistyped number was wrong, the money of that day was real, and a sum
    does not tell that a day is missing."""
    right = repaired.compute(sem_keyword_daily, feed_ads_daily)
    douyin, _ = log_sums(daily_log)
    left = douyin.drop(pd.Timestamp("2025-06-17"))
    peak = feed_ads_daily["date"].between("2025-06-16", "2025-06-18") & (
        feed_ads_daily["platform"] == "Douyin"
    )
    return wrong(
        right | {"Douyin in June": left.sum()},
        shows={"days with a number": count(len(left)), "days in June": "30"},
        cost=f"The three days of the peak cost {yuan(feed_ads_daily.loc[peak, 'cost'].sum())} at Douyin. "
        "Whoever plans the next peak by your sum funds two of them.",
    )


@repaired.mistake("NULL_AS_ZERO", repair="Was search switched off on the last day of 618?")
def _(sem_keyword_daily, feed_ads_daily, daily_log):
    """You added up what is there. A day that nobody typed then counts as a day on which nothing was spent."""
    right = repaired.compute(sem_keyword_daily, feed_ads_daily)
    _, search = log_sums(daily_log)
    return wrong(
        right | {"search, week of 16 June": search.sum()},
        shows={"days with a number": count(len(search)), "days in the week": "7"},
        cost=f"The day before, search cost {yuan(search['2025-06-17'])}. The report would leave out a "
        "day of that kind, and search would be given its money a second time.",
    )


@repaired.slip("source")
def _(sem_keyword_daily, feed_ads_daily, daily_log):
    """You put the mean of the other days for the day of search that is missing. It was the last day of a promotion."""
    right = repaired.compute(sem_keyword_daily, feed_ads_daily)
    _, search = log_sums(daily_log)
    return right | {"search, week of 16 June": search.mean() * 7}


repaired.hints(
    "Which source knows the two days that the log does not?",
    "feed_ads_daily holds Douyin's cost by day, sem_keyword_daily that of search.",
    "Take the typed sum, without the wrong day, and add that day's cost from the platform.",
)


# ---------------------------------------------------------------- the join


@prediction(
    "J10.a",
    title="Revenue after the join with the log, per yuan before it",
    unit="times",
    practises=["R205"],
    bounds=(0, None),
    section="A join never changes a total",
)
def guess_join(orders, daily_log):
    """Search has two lines a day, feed ads have four: each of their orders came back two or four times."""
    return joined(orders, daily_log)["amount"].sum() / log_orders(orders, daily_log)["amount"].sum()


@guess_join.mistake("JOIN_FANOUT", repair="How many lines has the log for one day of feed ads?")
def _():
    """You expected that a join adds columns and leaves rows alone. It does so only if the key is there once."""
    return 1.0


@exercise(
    "J10.1",
    title="Revenue of the log's channels, beside their spend",
    kind="number",
    unit="CNY",
    minutes=(4, 7),
    practises=["R021", "R205"],
    bounds=(0, None),
    section="A join never changes a total",
    selfcheck={
        "grain": "one row of orders is one order; bring the log to one row a day and channel before the join",
        "window": "orders placed from 1 May to 30 June 2025",
        "filter": "the seven channels of the log; paid or not, as the log counts conversions",
    },
)
def log_revenue(orders, daily_log):
    """Both tables were brought to one row a day and channel first; then a join cannot multiply anything."""
    return log_orders(orders, daily_log)["amount"].sum()


@log_revenue.mistake(
    "JOIN_FANOUT", repair="How many rows do the orders have before the join, how many after?"
)
def _(orders, daily_log):
    """You joined orders to a log that has several lines a day for one channel. Each line took its own
    copy of that day's orders."""
    before, after = log_orders(orders, daily_log), joined(orders, daily_log)
    feed = [table.loc[table["channel"] == "feed ads", "amount"].sum() for table in (before, after)]
    return wrong(
        after["amount"].sum(),
        shows={"orders": count(len(before)), "with a copy for each line of the log": count(len(after))},
        cost=f"For feed ads alone the report would show {yuan(feed[1] - feed[0])} of orders that no "
        "customer has placed. The agency's bonus hangs on that line.",
    )


@log_revenue.mistake("SILENT_FIX", repair="How many orders were left after your repair?")
def _(orders, daily_log):
    """You kept one amount for each day and channel, by throwing rows away or by a mean. They were not
    only doubles: most of them were other customers' orders of the same day."""
    table = joined(orders, daily_log)
    feed = log_orders(orders, daily_log)
    feed = feed[feed["channel"] == "feed ads"]
    kept = table.drop_duplicates(["date", "channel"])
    return wrong(
        kept["amount"].sum(),
        shows={"orders": count(table["order_id"].nunique()), "days and channels": count(len(kept))},
        cost=f"Feed ads alone brought {yuan(feed['amount'].sum())} of orders. Almost all of it would be "
        "gone, and every channel would look as if it lost money.",
    )


@log_revenue.slip("filter")
def _(orders, daily_log):
    """You left out the orders that were not paid. The log counts an order when it is placed, so here they
    stay in."""
    rows = log_orders(orders, daily_log)
    paid = orders.loc[orders["status"] == "paid", "order_id"]
    return rows.loc[rows["order_id"].isin(paid), "amount"].sum()


log_revenue.hints(
    "How many rows has each day and channel on either side?",
    "Group both tables by day and channel first; then merge, and compare the sums before and after.",
    'orders.groupby(["date", "channel"])["amount"].sum(), merged with the same grouping of the log.',
)


# ---------------------------------------------------------------- two weeks


@exercise(
    "J10.3",
    title="The orders of the week, against a fair week",
    kind="number",
    unit="fraction",
    minutes=(4, 7),
    practises=["R219"],
    bounds=(-1, None),
    section="Which week is fair?",
    selfcheck={
        "grain": "one row is a week of the own shop, Monday to Sunday",
        "window": "the last complete week, against the last complete week before it without a day of a promotion",
        "numerator and denominator": "difference of the two weeks over the earlier one",
    },
)
def week_change(traffic_daily):
    """Two complete weeks of the same kind. What is left of the fall is no effect of the calendar, or at least of this one."""
    orders = shop_weeks(traffic_daily)["orders"]
    return orders[REPORTED] / orders[COMPARABLE] - 1


@week_change.mistake("PROMO_BASE", repair="What was sold in the week before, and why?")
def _(traffic_daily, orders):
    """You compared with the week before, which held the peak of 618. After a promotion every shop falls."""
    week = shop_weeks(traffic_daily)["orders"]
    lost = week[PROMOTION] - week[REPORTED]
    return wrong(
        week[REPORTED] / week[PROMOTION] - 1,
        shows={
            "orders of the week with the peak": count(week[PROMOTION]),
            "orders of the week reported": count(week[REPORTED]),
        },
        cost=f"Director Shen would read {count(lost)} lost orders, {yuan(lost * order_value(orders))}, and pay for an emergency "
        "campaign against the end of a promotion.",
    )


@week_change.mistake("INCOMPLETE_PERIOD", repair="How many days of the newest week are in the file?")
def _(traffic_daily, orders):
    """You took the week in which the file ends. It holds one day, and reads like a collapse."""
    week = shop_weeks(traffic_daily)["orders"]
    day = traffic_daily.loc[traffic_daily["date"] == "2025-06-30", "orders"].sum()
    lost = week[REPORTED] - day
    return wrong(
        day / week[REPORTED] - 1,
        shows={"days in it": "1", "days in the week before": "7"},
        cost=f"{count(lost)} orders, {yuan(lost * order_value(orders))}, would be reported as lost: they had not been placed yet.",
    )


week_change.hints(
    "Which weeks of the table are complete, and which hold a day of a promotion?",
    "Report the week of 23 June. Go back until you meet a complete week without a promotion.",
    "weeks.loc[the later Monday] over weeks.loc[the earlier Monday], minus one.",
)


@exercise(
    "J10.13",
    title="The gap, taken apart",
    kind="table",
    unit="times",
    minutes=(5, 9),
    practises=["R219", "R223"],
    section="Where the gap comes from",
    selfcheck={
        "grain": "one row is a source, with its share of the visits and its orders per visit",
        "numerator and denominator": "orders per visit; shares of all visits of the week",
        "window": "week of 12 May and week of 23 June 2025",
        "filter": "volume first, then mix at the old rates, then the rates; the three add up to the gap",
    },
)
def gap_parts(traffic_daily):
    """Three steps, each on top of the one before, add up to the gap to the last order."""
    steps = bridge_total(*week_parts(traffic_daily), "source")
    return steps[["volume", "mix", "rate"]].to_dict()


def week_rates(traffic_daily):
    """Visits and orders per visit of the two weeks: (visits before, visits after, rate before, rate after)."""
    old, new = (part[["visits", "orders"]].sum() for part in week_parts(traffic_daily))
    return old["visits"], new["visits"], old["orders"] / old["visits"], new["orders"] / new["visits"]


@gap_parts.mistake("MIX_UNADJUSTED", repair="Which sources have a larger share of the visits than in May?")
def _(traffic_daily, orders):
    """You gave the whole fall of the shop's rate to its sources. A part of it is who came: visits moved to sources that order
    less often, at any rate."""
    right = gap_parts.compute(traffic_daily)
    asked = abs(right["mix"] + right["rate"])
    return wrong(
        right | {"mix": 0.0, "rate": right["mix"] + right["rate"]},
        shows={
            "sources in the table": count(week_parts(traffic_daily)[0]["source"].nunique()),
            "share of the mix in your answer": "0%",
        },
        cost=f"The shop would be asked to win back {yuan(asked * order_value(orders))} a week by mending "
        "its pages; a good part of that fell away because other visitors came, and no page brings it "
        "back.",
    )


@gap_parts.mistake("DOUBLE_CREDIT", repair="Add your three up: do they give the gap?")
def _(traffic_daily, orders):
    """You priced the additional visits at the new rate. The fall of the rate is then in the volume as well as in mix and rate,
    and the three do not add up."""
    right = gap_parts.compute(traffic_daily)
    before, after, _, new = week_rates(traffic_daily)
    mine = right | {"volume": (after - before) * new}
    return wrong(
        mine,
        shows={
            "your three, added up": f"{sum(mine.values()):+.0f} orders",
            "the gap": f"{sum(right.values()):+.0f} orders",
        },
        cost=f"{yuan(abs(sum(mine.values()) - sum(right.values())) * order_value(orders))} a week would be explained twice, and somebody "
        "would be asked to win it back twice.",
    )


@gap_parts.slip("filter")
def _(traffic_daily):
    """You priced mix and rate with the visits of May. The volume was changed first, so what comes after
    it happens to the new visits; as you have them, the three do not add up to the gap."""
    right = gap_parts.compute(traffic_daily)
    before, after, _, _ = week_rates(traffic_daily)
    return right | {part: right[part] * before / after for part in ("mix", "rate")}


gap_parts.hints(
    "What would the week have sold with its visits, but with May's rate?",
    "volume = more visits x old rate. mix = visits x sum of (change of share x old rate of the source).",
    "rate = gap - volume - mix, or visits x sum of (new share x change of the source's rate).",
)


# ---------------------------------------------------------------- noise


@exercise(
    "J10.4",
    title="The deepest fall of the summer: an alarm?",
    kind="choice",
    practises=["R223", "R004"],
    minutes=(3, 5),
    section="Is it more than chance?",
    options={
        "a": "yes: a fall has a cause; ask the owners of the channels for their reasons today",
        "b": "no: the week lies within the limits of ordinary weeks; report it as usual, and look at the level next Monday",
        "c": "it depends on its size alone: below 5 % nobody asks, above 5 % everybody does, for each measure and each week",
        "d": "yes: it left the limits; write down what happened in that week, and check next Monday whether it came back",
    },
)
def summer_alarm(traffic_daily):
    """Between the limits a week differs from the last one as weeks do. The loop goes on: monitor, and act on a signal."""
    orders = shop_weeks(traffic_daily)["orders"].loc[QUIET]
    limits, fall = control_limits(orders), orders.pct_change().idxmin()
    return "b" if limits["lower"] <= orders[fall] <= limits["upper"] else "d"


def falls(traffic_daily):
    """Changes from week to week in the eight quiet weeks."""
    return shop_weeks(traffic_daily)["orders"].loc[QUIET].pct_change().dropna()


@summer_alarm.mistake(
    "NOISE_AS_SIGNAL", repair="How often did such a change come back by itself within a week?"
)
def _(traffic_daily):
    """You look for a cause of each change. Weeks differ without one; reasons found for chance are stories, and people learn to
    have one ready every Monday."""
    weeks = falls(traffic_daily)
    hours = 7 * 2 * 120
    return wrong(
        "a",
        shows={"weeks that fell": count((weeks < 0).sum()), "weeks that rose": count((weeks > 0).sum())},
        cost=f"Seven owners of channels, two hours each at CNY 120 an hour: {yuan(hours)} for one Monday, and "
        f"{yuan(hours * (weeks < 0).sum())} for the falls of this summer alone.",
    )


@summer_alarm.mistake(
    "ALERT_NO_BASELINE", repair="How large are the changes of ordinary weeks of this measure?"
)
def _(traffic_daily):
    """You hold all measures to one percentage. What is much for visits is little for complaints; each measure has its own
    ordinary spread."""
    weeks = falls(traffic_daily).abs()
    return wrong(
        "c",
        shows={
            "changes above 5 %": count((weeks > 0.05).sum()),
            "changes from week to week in all": count(len(weeks)),
        },
    )


@summer_alarm.mistake("CHART_TRUNC", repair="Where do the dashed lines stand, and where does the point?")
def _(traffic_daily):
    """You read the limits from the look of the line. Where the point lies is decided by numbers, not by how steep a picture is."""
    orders = shop_weeks(traffic_daily)["orders"].loc[QUIET]
    limits = control_limits(orders)
    return wrong(
        "d",
        shows={
            "lower limit": count(limits["lower"]),
            "orders of the week": count(orders[orders.pct_change().idxmin()]),
        },
    )


summer_alarm.hints(
    "Where does the week lie: inside or outside of the dashed lines?",
    "Limits come from how much neighbouring ordinary weeks differ.",
    "Compare the week's orders with the lower limit that the cell printed.",
)


# ---------------------------------------------------------------- waiting


@prediction(
    "J10.b",
    title="Share of the complaints of 2025 that were answered within 24 hours",
    unit="fraction",
    practises=["R170"],
    bounds=(0, 1),
    section="Who still waits?",
)
def guess_sla(service_tickets):
    """Whoever waits for an answer is in no table of closed tickets."""
    rows = tickets_2025(service_tickets)
    return service_level(rows["opened_at"], rows["first_response_at"], DATA_END)["within"]


@guess_sla.mistake("SLA_CENSORED", repair="Which tickets are never closed?")
def _(service_tickets):
    """You guessed near the desk's own figure. It counts the tickets that were closed, that is, those that went well."""
    rows = tickets_2025(service_tickets)
    return (rows.loc[rows["closed_at"].notna(), "hours"] <= 24).mean()


@exercise(
    "J10.5",
    title="The service level, with those who still wait",
    kind="table",
    unit={"within 24 hours": "fraction", "median hours": "times"},
    minutes=(5, 9),
    practises=["R170", "R172"],
    section="Who still waits?",
    selfcheck={
        "grain": "one row of service_tickets is one complaint",
        "window": "opened in 2025; the data end when 2025 ends",
        "filter": "all of them: answered, open and closed",
        "numerator and denominator": "answered within 24 hours, over all that are old enough to tell",
    },
)
def sla(service_tickets):
    """Open tickets wait in the denominator; the newest leave it when nobody can know yet."""
    rows = tickets_2025(service_tickets)
    level = service_level(rows["opened_at"], rows["first_response_at"], DATA_END)
    return {"within 24 hours": level["within"], "median hours": level["median"]}


def late_value(rows, orders):
    """Amount of the orders of customers without an answer in 24 hours."""
    late = rows[~(rows["hours"] <= 24)]
    return orders.set_index("order_id")["amount"].reindex(late["order_id"].unique()).sum()


@sla.mistake(
    "SLA_CENSORED", repair="How many of the tickets that are not closed have waited for more than a day?"
)
def _(service_tickets, orders):
    """You counted closed tickets. A ticket that nobody answers is never closed, so the worst cases are not in your table; and a
    desk that closes nothing difficult looks best."""
    rows = tickets_2025(service_tickets)
    closed = rows[rows["closed_at"].notna()]
    return wrong(
        {"within 24 hours": (closed["hours"] <= 24).mean(), "median hours": closed["hours"].median()},
        shows={
            "tickets opened": count(len(rows)),
            "tickets closed": count(len(closed)),
            "open tickets among the worst (severity 3)": percent(
                rows.loc[rows["severity"] == 3, "closed_at"].isna().mean(), 0
            ),
            "open tickets among the mildest": percent(
                rows.loc[rows["severity"] == 1, "closed_at"].isna().mean(), 0
            ),
        },
        cost=f"The promise would count as kept while orders worth {yuan(late_value(rows, orders))} wait for an answer, or waited "
        "for more than a day.",
    )


@sla.mistake("SLA_MEAN", repair="How many customers have a mean waiting time?")
def _(service_tickets, orders):
    """You gave the mean of the answered for the median. It is far below 24 hours, so all seems well; but
    a mean says nothing about the share that is late, a few long waits pull it, and those who wait still
    are not in it."""
    rows = tickets_2025(service_tickets)
    hours = rows["hours"]
    return wrong(
        sla.compute(service_tickets) | {"median hours": hours.mean()},
        shows={
            "mean of the answered": f"{hours.mean():.1f} hours",
            "answered, but after more than 24 hours": count((hours > 24).sum()),
            "not answered yet": count(hours.isna().sum()),
        },
        cost=f"Nobody would call the customers behind {yuan(late_value(rows, orders))} of orders: the mean has no names.",
    )


@sla.slip("filter")
def _(service_tickets):
    """You took the tickets that have an answer. Those without one wait too."""
    hours = tickets_2025(service_tickets)["hours"].dropna()
    return {"within 24 hours": (hours <= 24).mean(), "median hours": hours.median()}


@sla.slip("filter")
def _(service_tickets):
    """Your share counts those who wait, your median leaves them out: median() passes over a missing
    answer. A wait without an end is longer than each of the others."""
    hours = tickets_2025(service_tickets)["hours"]
    return {"within 24 hours": (hours <= 24).mean(), "median hours": hours.median()}


@sla.slip("filter")
def _(service_tickets):
    """You took the desk's two figures over. Both are of closed tickets, and the hours are a mean, no
    median."""
    rows = tickets_2025(service_tickets)
    hours = rows.loc[rows["closed_at"].notna(), "hours"]
    return {"within 24 hours": (hours <= 24).mean(), "median hours": hours.mean()}


sla.hints(
    "What does a ticket look like that nobody has answered?",
    "A missing answer is a wait that lasts until now: keep these rows below the line.",
    "Share: (hours <= 24).mean() over all that were opened at least 24 hours before the end. Median: fill the missing with infinity.",
)


# ---------------------------------------------------------------- voices


@per_world
def review_days(reviews):
    """Reviews and those of one or two stars, by day."""
    low = reviews["rating"] <= 2
    return low.groupby(reviews["created_at"].dt.normalize()).agg(low="sum", all="size")


@per_world
def summer_reviews(reviews, orders):
    """Low reviews, all reviews, orders placed and orders paid of July and August 2025."""
    days = review_days(reviews)
    rows = orders[orders["ordered_at"].between("2025-07-01", "2025-09-01", inclusive="left")]
    found = {}
    for name, first, last in (("July", "2025-07-01", "2025-07-31"), ("August", "2025-08-01", "2025-08-31")):
        here = rows[rows["ordered_at"].dt.strftime("%Y-%m") == first[:7]]
        sums = days.loc[first:last].sum()
        found[name] = [
            sums["low"],
            sums["all"],
            len(here),
            (here["status"] == "paid").sum(),
            here["amount"].mean(),
        ]
    return pd.DataFrame(found, index=["low", "all", "placed", "paid", "value"])


@prediction(
    "J10.c",
    title="Low reviews per paid order, August over July",
    unit="times",
    practises=["R169"],
    bounds=(0, None),
    section="Louder, or fewer voices?",
)
def guess_reviews(reviews, orders):
    """As many buyers were unhappy as before. The happy ones were no longer asked."""
    table = summer_reviews(reviews, orders)
    rate = table.loc["low"] / table.loc["paid"]
    return rate["August"] / rate["July"]


@guess_reviews.mistake("DENOM_DRIFT", repair="Who stopped writing?")
def _(reviews, orders):
    """You carried the change of the share over to the buyers. The share doubled because its denominator halved."""
    table = summer_reviews(reviews, orders)
    share = table.loc["low"] / table.loc["all"]
    return share["August"] / share["July"]


@exercise(
    "J10.6",
    title="Unhappy buyers in July and August",
    kind="table",
    unit="times",
    minutes=(4, 7),
    practises=["R169", "R171", "R195"],
    section="Louder, or fewer voices?",
    selfcheck={
        "grain": "one row of reviews is the only review of one order",
        "numerator and denominator": "reviews with one or two stars, per 1,000 paid orders of the same month",
        "window": "July and August 2025",
        "filter": "orders of all stores, paid",
    },
)
def low_per_order(reviews, orders):
    """Paid orders do not depend on who is invited to write: a denominator that stays."""
    table = summer_reviews(reviews, orders)
    return (1000 * table.loc["low"] / table.loc["paid"]).to_dict()


@low_per_order.mistake("DENOM_DRIFT", repair="Who was asked to write in July, and who in August?")
def _(reviews, orders):
    """You divided by reviews. Invitations stopped at the end of July, and it was the content who had needed one; the angry
    write unasked. A share moves when its denominator does."""
    table = summer_reviews(reviews, orders)
    fake = (
        table.loc["low", "August"]
        - table.loc["all", "August"] * table.loc["low", "July"] / table.loc["all", "July"]
    )
    return wrong(
        (1000 * table.loc["low"] / table.loc["all"]).to_dict(),
        shows={
            "reviews in July": count(table.loc["all", "July"]),
            "reviews in August": count(table.loc["all", "August"]),
        },
        cost=f"A crisis of {count(fake)} additional unhappy buyers, {yuan(fake * table.loc['value', 'August'])} of orders, would be "
        "announced. It does not exist; an agency paid to post kind words against it would break the law and mend nothing.",
    )


@low_per_order.mistake("TOTAL_VS_NET", repair="Can somebody review an order that was never paid?")
def _(reviews, orders):
    """You divided by all orders placed. An order that was not paid is not delivered, and nobody reviews it."""
    table = summer_reviews(reviews, orders)
    return wrong(
        (1000 * table.loc["low"] / table.loc["placed"]).to_dict(),
        shows={
            "orders placed in August": count(table.loc["placed", "August"]),
            "of these paid": count(table.loc["paid", "August"]),
        },
    )


@low_per_order.slip("numerator and denominator")
def _(reviews, orders):
    """You counted reviews with three stars as well."""
    months = reviews["created_at"].dt.strftime("%m").map({"07": "July", "08": "August"})
    low = (reviews["rating"] <= 3).groupby(months).sum()
    return (1000 * low / summer_reviews(reviews, orders).loc["paid"]).to_dict()


low_per_order.hints(
    "Which denominator does not change when invitations stop?",
    "Count reviews with rating <= 2 by month, and paid orders by month.",
    "1000 * low / paid, month by month.",
)


@exercise(
    "J10.11",
    title="The days on which the voice of the customer rang",
    kind="set",
    minutes=(4, 7),
    practises=["R169", "R223", "R020", "R058"],
    section="The day of a crisis",
    selfcheck={
        "grain": "one row is a day: reviews, and those of one or two stars",
        "numerator and denominator": "share of the day; its limit depends on the reviews of that day",
        "window": "1 May to 31 July 2025, while invitations ran",
        "filter": "days whose share lies above the upper limit",
    },
)
def crisis_days(reviews):
    """Measured against what so many reviews would show by chance, few days stand out, and they stand together."""
    table = share_limits(*spring(reviews))
    return named(table.index[table["share"] > table["upper"]])


def spring(reviews):
    days = review_days(reviews).loc["2025-05-01":"2025-07-31"]
    return days["low"], days["all"]


def named(days):
    return {f"{day:%Y-%m-%d}" for day in days}


@crisis_days.mistake("NOISE_AS_SIGNAL", repair="How wide is the range of a day with ten reviews?")
def _(reviews):
    """You took each day above one standard deviation. That many days lie there in every quarter, crisis or not."""
    low, every = spring(reviews)
    share = low / every
    days = share.index[share > share.mean() + share.std()]
    hours = len(days) * 5 * 3 * 120
    return wrong(
        named(days),
        shows={
            "days on which it rings": count(len(days)),
            "reviews of the smallest of them": count(every[days].min()),
        },
        cost=f"Five people, three hours each, CNY 120 an hour: {yuan(hours)} for alarms in a quarter with one crisis.",
    )


@crisis_days.mistake("DENOM_DRIFT", repair="How many reviews came on those days in all?")
def _(reviews):
    """You counted low reviews without their denominator. After a promotion many parcels arrive, so many reviews of all kinds
    are written."""
    low, every = spring(reviews)
    limits = control_limits(low.astype(float))
    days = low.index[low > limits["upper"]]
    return wrong(
        named(days),
        shows={
            "days on which it rings": count(len(days)),
            "most reviews on one of them": count(every[days].max()),
        },
    )


crisis_days.hints(
    "Which days does the table mark as outside?",
    "share_limits(low, all) gives share and limits for each day.",
    'table.index[table["share"] > table["upper"]].',
)


# ---------------------------------------------------------------- the page


@exercise(
    "J10.7",
    title="One chart for the week's orders",
    kind="choice",
    practises=["R202", "R203"],
    minutes=(2, 4),
    section="The page for Director Shen",
    options={
        "a": "bars of the orders by week, the axis from the lowest week to the highest, so that each change can be seen",
        "b": "a line of the orders by week between their limits, the title says what was found",
        "c": "orders on the left axis, spend on the right, with the title that spend drives orders",
        "d": "a pie of the orders of eight weeks, so that each week's share can be compared",
    },
)
def chart_choice():
    """A line in time with limits shows level, change and chance at once; nothing in it is larger than in the data."""
    return "b"


@chart_choice.mistake(
    "CHART_TRUNC", repair="How many times as long is one bar as the other, and how many times as many orders?"
)
def _(traffic_daily):
    """You cut the axis. A bar says its number by its length, and a bar that does not start at zero says another one."""
    weeks = shop_weeks(traffic_daily)["orders"].loc[QUIET]
    floor = weeks.min() * 0.95
    return wrong(
        "a",
        shows={
            "largest over smallest week, in orders": times(weeks.max() / weeks.min()),
            "as long a bar, with the axis cut below the smallest": times(
                (weeks.max() - floor) / (weeks.min() - floor)
            ),
        },
    )


@chart_choice.mistake("CAUSAL_WORDS", repair="What else went up in the weeks in which spend did?")
def _(budget, traffic_daily):
    """Your title claims a cause. Spend is planned high when demand is expected, so the two rise together whoever drives whom; and two
    axes can be scaled until any two lines agree."""
    weeks = shop_weeks(traffic_daily).loc["2025-04-28":"2025-12-22"]
    media = budget[(budget["item"] == "media") & budget["date"].between("2025-04-28", "2025-12-28")]
    spent = media.groupby(media["date"] - pd.to_timedelta(media["date"].dt.day_of_week, unit="D"))[
        "spent"
    ].sum()
    extra = spent.max() - spent.median()
    return wrong(
        "c",
        shows={
            "weeks drawn": count(len(weeks)),
            "correlation of spend and orders": f"{spent.corr(weeks['orders']):.2f}",
        },
        cost=f"With that title nobody asks before the next {yuan(extra)} a week are added, the step from a usual week to the dearest.",
    )


@chart_choice.mistake("NO_COMPARISON", repair="In which slice do you see whether a week was unusual?")
def _(traffic_daily):
    """You cut the weeks into shares of their sum. Weeks follow each other; a slice shows neither the
    level nor the change nor what is ordinary, and slices so alike cannot be told apart."""
    weeks = shop_weeks(traffic_daily)["orders"].loc[QUIET]
    return wrong(
        "d",
        shows={
            "largest slice": percent(weeks.max() / weeks.sum(), 0),
            "smallest slice": percent(weeks.min() / weeks.sum(), 0),
        },
    )


chart_choice.hints(
    "What should be seen: level, change, or parts of a whole?",
    "Bars start at zero; two axes invite a story; time runs in a line.",
    "Limits belong to the picture, a cause does not belong into its title.",
)


@exercise(
    "J10.12",
    title="The formula of a total",
    kind="choice",
    practises=["R204", "R205", "R203"],
    minutes=(2, 4),
    section="The page for Director Shen",
    options={
        "a": "=AVERAGE(E5:E12), the mean of the eight rates above it",
        "b": "=SUM(C5:C12)/SUM(B5:B12), orders of all weeks over visits of all weeks",
        "c": "=SUM(E5:E12), as in the other columns of that row",
    },
)
def total_formula():
    """The total of a rate is a rate of totals, in Excel as in pandas."""
    return "b"


@total_formula.mistake("AVG_OF_RATIOS", repair="Have all weeks of the year as many visits?")
def _(traffic_daily):
    """You averaged rates. As long as the weeks are alike nobody notices; in the first table with a campaign in it the total is
    another number."""
    weeks = shop_weeks(traffic_daily).loc["2025-08-04":"2025-09-22"]
    rates = weeks["orders"] / weeks["visits"]
    return wrong(
        "a",
        shows={
            "mean of the rates, August and September": percent(rates.mean(), 2),
            "orders over visits of the same weeks": percent(weeks["orders"].sum() / weeks["visits"].sum(), 2),
        },
    )


@total_formula.mistake("ADD_RATES", repair="Can more than all visits end in an order?")
def _(traffic_daily):
    """You added up rates. Counts may be added, rates may not: with enough weeks the sum passes one."""
    weeks = shop_weeks(traffic_daily).loc[QUIET]
    return wrong(
        "c",
        shows={
            "sum of the eight rates": percent((weeks["orders"] / weeks["visits"]).sum(), 0),
            "a share at most": "100%",
        },
    )


total_formula.hints(
    "Which cells hold counts, which hold rates?",
    "Column B is visits, C is orders, E is orders per visit.",
    "Add up counts, divide once.",
)


@exercise(
    "J10.8",
    title="Three lines for Director Shen",
    kind="choice",
    practises=["R242", "R221"],
    minutes=(2, 4),
    section="The page for Director Shen",
    options={
        "a": "Visits, orders, CVR, spend and ROAS of the week are in the table. All figures were checked. We keep watching them.",
        "b": "Orders fell against a fair week. More people came, from sources that order less, and at lower rates. "
        "Approve a check of the landing pages of the paid sources by Thursday.",
        "c": "Orders fell because 618 had used up the demand. The campaign was therefore a mistake. Stop such campaigns.",
    },
)
def summary_choice():
    """A number, the evidence beside it, and who should decide what by when."""
    return "b"


@summary_choice.mistake("NO_ACTION", repair="What should Director Shen do after reading it?")
def _():
    """You chose a list. Whoever reads it knows more and does the same as before."""
    return "a"


@summary_choice.mistake(
    "CAUSAL_WORDS", repair="Which of these figures was measured against a shop without 618?"
)
def _(traffic_daily, orders):
    """You chose a cause that nobody has measured. A week after a promotion is low in any case; whether the promotion sold more
    than it borrowed is a question for a test."""
    week = shop_weeks(traffic_daily)["orders"]
    gained = week[PROMOTION] - week[COMPARABLE]
    return wrong(
        "c",
        shows={
            "orders of the week with the peak": count(week[PROMOTION]),
            "orders of a fair week": count(week[COMPARABLE]),
        },
        cost=f"One such week brought {count(gained)} orders more than a usual one, {yuan(gained * order_value(orders))}. The sentence "
        "would end it on the evidence of one other week.",
    )


summary_choice.hints(
    "Which of the three asks somebody for something?",
    "Which of them says more than was measured?",
    "Number, evidence, ask.",
)


# ---------------------------------------------------------------- mixed case, memo


@exercise(
    "J10.9",
    title="The bot's row in the report",
    kind="table",
    unit="fraction",
    minutes=(5, 9),
    points=2,
    practises=["R165", "R202"],
    bounds=(0, 1),
    section="Mixed case: the bot's row",
    selfcheck={
        "grain": "one row of ai_service_logs is one dialogue",
        "numerator and denominator": "escalated: of all; wrong when kept: of the dialogues the bot kept; wrong on allergies: of those about allergies",
        "window": "all dialogues of the log",
        "filter": "an answer is wrong if a colleague judged it not correct",
    },
)
def bot_row(ai_service_logs):
    """Three rates with three denominators; the topic that can hurt a child stands for itself."""
    kept = ai_service_logs[ai_service_logs["contained"]]
    allergy = ai_service_logs[ai_service_logs["topic"] == "allergy"]
    return {
        "escalated": 1 - ai_service_logs["contained"].mean(),
        "wrong when kept": 1 - kept["correct"].mean(),
        "wrong on allergies": 1 - allergy["correct"].mean(),
    }


@bot_row.mistake("AGG_HIDES", repair="On which topics is a wrong answer dangerous?")
def _(ai_service_logs):
    """You gave one error rate for all topics. The many easy questions hide the few on which a wrong answer harms a child."""
    wrong_ones = ~ai_service_logs["correct"]
    allergy = ai_service_logs["topic"] == "allergy"
    return wrong(
        bot_row.compute(ai_service_logs) | {"wrong on allergies": wrong_ones.mean()},
        shows={
            "wrong answers": count(wrong_ones.sum()),
            "of these about allergies": count((wrong_ones & allergy).sum()),
        },
    )


@bot_row.mistake("WRONG_DENOM", repair="Of which dialogues is this a share?")
def _(ai_service_logs):
    """You divided the wrong answers about allergies by all dialogues. Somebody who asks about allergies wants to know how often
    such a question is answered wrongly."""
    hit = (~ai_service_logs["correct"]) & (ai_service_logs["topic"] == "allergy")
    return wrong(
        bot_row.compute(ai_service_logs) | {"wrong on allergies": hit.mean()},
        shows={
            "dialogues": count(len(ai_service_logs)),
            "about allergies": count((ai_service_logs["topic"] == "allergy").sum()),
        },
    )


@bot_row.slip("numerator and denominator")
def _(ai_service_logs):
    """You gave the share that the bot kept where the share that went to a person is asked for."""
    return bot_row.compute(ai_service_logs) | {"escalated": ai_service_logs["contained"].mean()}


@bot_row.slip("numerator and denominator")
def _(ai_service_logs):
    """You divided the wrong answers by all dialogues, those that went to a person among them."""
    kept_and_wrong = ai_service_logs["contained"] & ~ai_service_logs["correct"]
    return bot_row.compute(ai_service_logs) | {"wrong when kept": kept_and_wrong.mean()}


bot_row.hints(
    "What is one row, and of which rows is each line a share?",
    "escalated: not contained. wrong when kept: not correct among the contained. wrong on allergies: not correct in that topic.",
    'Filter first, then (~rows["correct"]).mean().',
)


@exercise(
    "J10.10",
    title="Memo: do we keep our promise of 24 hours?",
    kind="memo",
    unit="fraction",
    minutes=(5, 8),
    points=2,
    practises=["R221", "R242"],
    section="The memo",
    selfcheck={
        "line 1": "the share of all complaints of 2025 that were answered within 24 hours",
        "line 2": "the evidence: what the desk reports, and who is missing there",
        "line 3": "the ask: who should do what, by when",
    },
)
def sla_memo(service_tickets):
    """A number that holds when somebody opens the list of open tickets, the evidence, and a decision."""
    return sla.compute(service_tickets)["within 24 hours"]


@sla_memo.mistake(
    "SLA_CENSORED", repair="Is the share of line 1 one of all complaints, or of the closed ones?"
)
def _(service_tickets, orders):
    """Your first line carries the desk's figure. It leaves out everybody whom nobody has answered."""
    rows = tickets_2025(service_tickets)
    closed = rows[rows["closed_at"].notna()]
    return wrong(
        (closed["hours"] <= 24).mean(),
        shows={"tickets opened": count(len(rows)), "tickets closed": count(len(closed))},
        cost=f"Director Shen would leave things as they are, and orders worth {yuan(late_value(rows, orders))} without an answer in time.",
    )


@sla_memo.mistake("NO_ACTION", repair="Who should own the tickets that nobody owns, from when?")
def _():
    """No ask was found in your third line. Begin it with a verb such as give, move, start or approve;
    otherwise open tickets stay open."""
    return None


sla_memo.hints(
    "Three lines: number, evidence, ask.",
    "Line 2 needs a number of its own, such as the desk's figure or the number of tickets without an answer.",
    "Line 3 begins with a verb: give, approve, move, start; and says by when.",
)
