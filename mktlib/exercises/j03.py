"""J03 Who came: visits, UV, source share, dwell, bounce, tracking. Lesson: lessons/1_junior/J03_who_came.md."""

import pandas as pd

from mktlib import data
from mktlib.course import exercise, per_world, prediction, wrong
from mktlib.course.text import count, percent, yuan
from mktlib.metrics import ratio
from mktlib.web import sessionise

MAY = ("2025-05-01", "2025-06-01")  # each window: first day, day after the last
WEEK = ("2025-05-19", "2025-05-26")
LOG = ("2025-05-12", "2025-06-02")  # the three weeks of raw hits
MARCH = ("2024-03-01", "2024-03-06")
OWN_SITE = "shop.heyu.example"
BEIJING = pd.Timedelta(hours=8)
HIT = "one row of events is one hit; page_view is one page"
GROUPS = {
    "baidu.com": "search", "m.baidu.com": "search", "so.com": "search", "sogou.com": "search", "cn.bing.com": "search",
    "douyin.com": "social", "v.kuaishou.com": "social", "weibo.com": "social", "xiaohongshu.com": "social",
    "xhslink.com": "social", "mail.qq.com": "mail", "mail.163.com": "mail", "servicewechat.com": "WeChat",
    "quan.shengmama.example": "coupon sites", "quanduoduo.example": "coupon sites",
}  # fmt: skip


def within(rows, column, window):
    """Rows whose time lies in a window (first day, day after the last)."""
    return rows[(rows[column] >= window[0]) & (rows[column] < window[1])]


def in_order(events):
    """Hits of one browser after the other, in order of time, with Beijing time and the number of the visit."""
    hits = events.sort_values(["visitor_id", "event_time_utc", "event_id"], ignore_index=True)
    hits = hits.assign(at=hits["event_time_utc"] + BEIJING)
    return hits.assign(visit=sessionise(hits))


@per_world
def hits_2025(events):
    """The three weeks of hits of May 2025."""
    return in_order(events[events["event_time_utc"] >= "2025"])


@per_world
def views_2024(events):
    """Page views of 26 February to 5 March 2024."""
    hits = in_order(events[events["event_time_utc"] < "2025"])
    return hits[hits["event"] == "page_view"]


def views_2025(events):
    """Page views of the three weeks of May 2025."""
    hits = hits_2025(events)
    return hits[hits["event"] == "page_view"]


@per_world
def may_days():
    """Visits of May 2025: visitor and day. Read from the files, because the whole table takes a second to load."""
    import duckdb

    files = [str(path) for path in sorted(data.folder().glob("web_sessions*.parquet"))]
    visits = duckdb.read_parquet(files).project("visitor_id, date_trunc('day', started_at) AS day")
    return within(visits.filter(f"day >= '{MAY[0]}' AND day < '{MAY[1]}'").df(), "day", MAY)


def media(budget, window, channels=("SEM", "feed ads")):
    """Media money spent in a window by some channels of the own shop."""
    rows = within(budget, "date", window)
    return rows.loc[rows["channel"].isin(channels) & (rows["item"] == "media"), "spent"].sum()


def visit_price(budget, traffic_daily, window):
    """What a visit from bought traffic (SEM, feed ads) cost in a window, in yuan."""
    rows = within(traffic_daily, "date", window)
    return media(budget, window) / rows.loc[rows["source"].isin(["SEM", "feed ads"]), "visits"].sum()


# ---------------------------------------------------------------- two questions from before


@exercise(
    "J03.r1",
    title="Every source rose, the shop fell",
    kind="choice",
    practises=["R180"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "how the visits are shared out among the sources, in both months",
        "b": "the calculation, because a total has to move with its parts",
        "c": "the number of days in the two months, because one is shorter",
    },
)
def mix_first():
    """A total rate is a weighted mean of its parts; when it moves against them, the weights have moved."""
    return "a"


@mix_first.mistake("SIMPSON", repair="Of what is the total a weighted mean, and which weights does it take?")
def _():
    """You hold the total to its parts. It is their weighted mean, and the weights can move as well as the parts."""
    return "b"


@mix_first.mistake("WRONG_DENOM", repair="Is a rate per visit larger in a longer month?")
def _():
    """You looked for days. A rate has visits below the line, so the length of the month cancels out."""
    return "c"


mix_first.hints(
    "What stands below the line of the shop's rate?",
    "Write the total as share times rate, summed over sources.",
    "The rates rose. What else is in that sum?",
)


@exercise(
    "J03.r2",
    title="A campaign that brought twice its cost",
    kind="choice",
    practises=["R187"],
    minutes=(1, 2),
    section="Two questions from before",
    options={
        "a": "it earned CNY 1,000, what came in less what was spent",
        "b": "it lost CNY 160, because goods and shipping have to be paid as well",
        "c": "its ROI is 200%, two yuan back for each yuan spent",
    },
)
def twice_its_cost():
    """2,000 x 0.42 = 840 are left after goods and shipping; the ads cost 1,000."""
    return "b"


@twice_its_cost.mistake("MARGIN_IGNORED", repair="Who pays for the goods that were sent?")
def _():
    """You took revenue for profit. Of each yuan that comes in, goods and shipping are paid first."""
    return "a"


@twice_its_cost.mistake("ROAS_AS_ROI", repair="Which value has an ROI where cost and profit are equal?")
def _():
    """You read a return on ad spend as a return on investment. The first compares revenue with cost, the second profit."""
    return "c"


twice_its_cost.hints(
    "How much of the net revenue is left after goods and shipping?",
    "Multiply net revenue by the contribution margin.",
    "2,000 x 0.42, and then subtract the cost of the ads.",
)


# ---------------------------------------------------------------- people over a day, a week, a month


@exercise(
    "J03.1",
    title="Visitors of a day, a week and a month",
    kind="table",
    unit="times",
    minutes=(4, 7),
    practises=["R174"],
    section="People over a day, a week, a month",
    selfcheck={
        "grain": "one row of web_sessions is one visit; a visitor_id may have several",
        "window": "the mean of the 31 days of May; Monday 19 to Sunday 25 May; 1 to 31 May 2025",
        "filter": "all sources, all devices; each browser once per window",
    },
)
def visitors_by_window():
    """Different visitors, each counted once in each window. Every window has its own count."""
    visits = may_days()
    return {
        "average day": visits.groupby("day")["visitor_id"].nunique().mean(),
        "week of 19 May": within(visits, "day", WEEK)["visitor_id"].nunique(),
        "May": visits["visitor_id"].nunique(),
    }


@visitors_by_window.mistake("SUM_UNIQUES", repair="Which visitor came on Monday and again on Thursday?")
def _(budget):
    """You added up the visitors of days (or counted visits, which is nearly the same here). Whoever came on three days
    is three in that sum and one in the week."""
    visits, right = may_days(), visitors_by_window.compute()
    daily = visits.groupby("day")["visitor_id"].nunique()
    spent = media(budget, MAY)
    return wrong(
        right
        | {
            "week of 19 May": within(daily.reset_index(), "day", WEEK)["visitor_id"].sum(),
            "May": daily.sum(),
        },
        shows={
            "visits of the visitor who came most often": count(visits["visitor_id"].value_counts().max()),
            "visitors of May who came on at least two days": percent(
                (visits.drop_duplicates(["visitor_id", "day"])["visitor_id"].value_counts() > 1).mean(), 0
            ),
        },
        cost=f"May's media money seems to be {yuan(spent / daily.sum())} a visitor. It was more, so a partner who offers "
        "visitors a little above that price would be turned down wrongly.",
    )


@visitors_by_window.mistake(
    "HORIZON_MISMATCH", repair="Does a visitor who comes on two days belong to one day, or to both?"
)
def _():
    """You spread the month's visitors over its days. A visitor of the month may come on several days and belongs to each
    of them, so a day has more visitors than its share of the month."""
    visits, right = may_days(), visitors_by_window.compute()
    daily = visits.groupby("day")["visitor_id"].nunique()
    days_of_each = visits.drop_duplicates(["visitor_id", "day"])["visitor_id"].value_counts()
    return wrong(
        right | {"average day": right["May"] / 31},
        shows={
            "visitors on the quietest day": count(daily.min()),
            "on the busiest day": count(daily.max()),
            "visitors of May who came on at least two days": percent((days_of_each > 1).mean(), 0),
        },
        cost=f"Vouchers of CNY 1 for as many visitors would lack {yuan(daily.max() - right['May'] / 31)} on the busiest day, "
        "and some on most others.",
    )


@visitors_by_window.slip("window")
def _():
    """Your week has no Sunday: the filter stops at the beginning of 25 May."""
    right = visitors_by_window.compute()
    days = may_days()
    return right | {"week of 19 May": within(days, "day", (WEEK[0], "2025-05-25"))["visitor_id"].nunique()}


@visitors_by_window.slip("filter")
def _():
    """You added up the daily figures of the week. Whoever came on Monday and on Thursday is two in that sum."""
    days = may_days().groupby("day")["visitor_id"].nunique().reset_index()
    return visitors_by_window.compute() | {"week of 19 May": within(days, "day", WEEK)["visitor_id"].sum()}


visitors_by_window.hints(
    "For each of the three: which rows belong to the window?",
    "Filter the window first, then count different visitor ids; for the average day do so in each day.",
    'visits.groupby("day")["visitor_id"].nunique().mean(), and .nunique() over the rows of the week and the month.',
)


# ---------------------------------------------------------------- what is a visit


@prediction(
    "J03.a",
    title="Visits with a five-minute rule, per visit of the half-hour rule",
    unit="times",
    practises=["R173"],
    bounds=(0, None),
    section="What is a visit",
)
def guess_five_minutes(events):
    """Many people lay the phone aside for some minutes and go on; a short time-out makes two visits of one."""
    return five_minutes(events) / visits_in_log.compute(events)


@guess_five_minutes.mistake(
    "SESSION_RULE", repair="How many visits hold an interruption of more than five minutes?"
)
def _():
    """So low a ratio means that hardly anybody is silent for five minutes and then goes on. Parents are interrupted."""
    return 1.0


def five_minutes(events):
    """Visits where five minutes of silence end one."""
    return sessionise(hits_2025(events), minutes=5).nunique()


@exercise(
    "J03.2",
    title="Visits in three weeks of hits",
    kind="number",
    unit="count",
    minutes=(4, 8),
    practises=["R173"],
    bounds=(0, None),
    section="What is a visit",
    selfcheck={
        "grain": HIT + "; silence is counted within one visitor's hits",
        "window": "all hits from 12 May to 1 June 2025, Beijing time",
        "rule": "a visit ends with half an hour of silence, by nothing else",
    },
)
def visits_in_log(events):
    """Each visitor's first hit starts a visit, and so does each hit after half an hour of silence."""
    return hits_2025(events)["visit"].nunique()


@visits_in_log.also("another site starts a visit")
def _(events):
    return sessionise(hits_2025(events), own_site=OWN_SITE).nunique()


@visits_in_log.mistake("SESSION_RULE", repair="Someone reads from 20:50 to 21:10. How many visits is that?")
def _(events, budget, traffic_daily):
    """You cut the log into half hours of the clock. A visit has no fixed length: it goes on as long as hits follow one
    another, across the full hour too."""
    hits = hits_2025(events)
    cut = hits.groupby(["visitor_id", hits["at"].dt.floor("30min")]).ngroups
    span = hits.groupby("visit")["at"].agg(["min", "max"])
    crossed = span["min"].dt.floor("30min") != span["max"].dt.floor("30min")
    longest = (span["max"] - span["min"]).max().total_seconds() / 60
    price = visit_price(budget, traffic_daily, LOG)
    return wrong(
        cut,
        shows={
            "minutes of the longest visit": count(longest),
            "visits that cross a full or half hour": percent(crossed.mean(), 0),
        },
        cost=f"The clock makes visits that nobody paid. At the price of a bought visit, {yuan(price)}, a report would boast of "
        f"{yuan(1000 * price)} of free traffic for each thousand of them.",
    )


@visits_in_log.mistake("SESSIONS_AS_USERS", repair="How many visits has the visitor who came most often?")
def _(events, budget):
    """You counted visitors. Whoever came on three evenings is one visitor and made three visits."""
    hits = hits_2025(events)
    spent, people = media(budget, LOG), hits["visitor_id"].nunique()
    most = hits.groupby("visitor_id")["visit"].nunique().max()
    return wrong(
        people,
        shows={"visits of one visitor, at most": count(most), "visits of one visitor, at least": "1"},
        cost=f"The media money of the three weeks per visit seems to be {yuan(spent / people)}. It was less, so a source "
        "that costs a little less than that would be kept, and it is dear.",
    )


@visits_in_log.slip("rule")
def _(events):
    """You ended a visit after five minutes of silence."""
    return five_minutes(events)


@visits_in_log.slip("rule")
def _(events):
    """You started a new visit at midnight as well; people who shop at midnight are one visit."""
    hits = hits_2025(events)
    previous = hits.groupby("visit")["at"].shift()
    over = previous.notna() & (previous.dt.normalize() != hits["at"].dt.normalize())
    return hits["visit"].nunique() + over.sum()


@visits_in_log.slip("rule")
def _(events):
    """You ended each visit half an hour after its first hit, though its hits went on."""
    hits = hits_2025(events)
    seconds = (hits["at"] - pd.Timestamp("2025-01-01")).dt.total_seconds()
    visits, whose, began = 0, None, 0
    for visitor, second in zip(hits["visitor_id"].to_numpy(), seconds.to_numpy(), strict=True):
        if visitor != whose or second - began >= 1800:
            visits, whose, began = visits + 1, visitor, second
    return visits


@visits_in_log.slip("rule")
def _(events):
    """You let a click on another site's link start a visit, too. Many shops do; here half an hour of silence ends a visit, and
    nothing else does."""
    return sessionise(hits_2025(events), own_site=OWN_SITE).nunique()


@visits_in_log.slip("grain")
def _(events):
    """You counted only hits that come after a silence. A visitor's first hit has no silence before it, and starts a visit."""
    hits = hits_2025(events)
    return hits["visit"].nunique() - hits["visitor_id"].nunique()


@visits_in_log.slip("grain")
def _(events):
    """You counted page views."""
    return len(views_2025(events))


visits_in_log.hints(
    "Which hits start a visit?",
    "A hit starts one where its silence is missing (the visitor's first hit) or at least half an hour.",
    'starts = hits["silence"].isna() | (hits["silence"] >= pd.Timedelta(minutes=30)), and then count them.',
)


# ---------------------------------------------------------------- where they came from


def entry_hosts(events):
    """Referrer of each visit's first page, in small letters and without www; '' where the browser sent none."""
    first = views_2025(events).drop_duplicates("visit")
    return first["referrer"].str.lower().str.removeprefix("www.")


@prediction(
    "J03.b",
    title="Share of visits that name no site they came from",
    unit="fraction",
    practises=["R175"],
    bounds=(0, 1),
    section="Where they came from",
)
def guess_no_referrer(events):
    """Apps, mails and typed addresses send no referrer. On a phone that is a large part of all visits."""
    return (entry_hosts(events) == "").mean()


@guess_no_referrer.mistake("DROP_DIRECT", repair="Which of your own apps tells a shop where you come from?")
def _():
    """You expected few visits without a site that they came from. A browser names it, most apps do not."""
    return 0.0


@exercise(
    "J03.3",
    title="Share of each group of sources",
    kind="table",
    unit="fraction",
    minutes=(5, 9),
    practises=["R175", "R096", "R097"],
    bounds=(0, 1),
    section="Where they came from",
    selfcheck={
        "grain": "one visit, with the referrer of its first page",
        "numerator and denominator": "visits of the group per visit, all visits below the line; the shares add up to one",
        "filter": "no visit left out; each host in small letters, without www",
    },
)
def source_share(events):
    """Each visit has one source, a missing label included, so the shares add up to one."""
    groups = entry_hosts(events).map(GROUPS).fillna("no referrer")
    return groups.value_counts(normalize=True).to_dict()


@source_share.mistake("DROP_DIRECT", repair="Do the visits without a referrer buy nothing?")
def _(events, budget):
    """You left out the visits without a referrer. They came, looked and bought; without them every other group looks
    larger than it is."""
    right = source_share.compute(events)
    named = 1 - right["no referrer"]
    shares = {group: share / named for group, share in right.items()} | {"no referrer": 0.0}
    bought = hits_2025(events).groupby("visit")["order_id"].count()
    first = views_2025(events).drop_duplicates("visit").set_index("visit")["referrer"]
    silent = bought[first.index][first == ""].sum() / bought.sum()
    moved = (shares["search"] - right["search"]) * media(budget, MAY)
    return wrong(
        shares,
        shows={
            "visits in your shares": percent(named, 0),
            "orders of the visits you left out": percent(silent, 0),
        },
        cost=f"If May's media money followed these shares, search would be given {yuan(moved)} that visits do not speak for.",
    )


@source_share.mistake("TRUST_TABLE", repair="How many spellings has www.douyin.com in the log?")
def _(events, budget):
    """You looked the hosts up as the browser spelled them. "www." and capital letters are not in the list, and what was
    not found went to the visits without a referrer."""
    first = views_2025(events).drop_duplicates("visit")["referrer"]
    right = source_share.compute(events)
    shares = (
        dict.fromkeys(right, 0.0)
        | first.map(GROUPS).fillna("no referrer").value_counts(normalize=True).to_dict()
    )
    moved = (right["search"] - shares["search"]) * media(budget, MAY)
    return wrong(
        shares,
        shows={
            "spellings in the log": count(first[first != ""].nunique()),
            "hosts behind them": count(entry_hosts(events).loc[lambda host: host != ""].nunique()),
        },
        cost=f"If May's media money followed these shares, {yuan(moved)} would be taken from search for a matter of spelling.",
    )


@source_share.slip("grain")
def _(events):
    """You counted page views, not visits: the pages inside of a visit have the shop itself as referrer."""
    host = views_2025(events)["referrer"].str.lower().str.removeprefix("www.")
    shares = host.map(GROUPS).fillna("no referrer").value_counts(normalize=True)
    return shares.to_dict()


@source_share.slip("numerator and denominator")
def _(events):
    """You divided the groups by the visits that name a site, and the visits without a referrer by all; your shares add up to
    more than one."""
    right = source_share.compute(events)
    named = 1 - right["no referrer"]
    return {group: share / named for group, share in right.items()} | {"no referrer": right["no referrer"]}


@source_share.slip("filter")
def _(events):
    """You took "www." away and left the capital letters. A host that is spelled with them is not in the list."""
    first = views_2025(events).drop_duplicates("visit")["referrer"]
    groups = first.str.removeprefix("www.").map(GROUPS).fillna("no referrer")
    return dict.fromkeys(source_share.compute(events), 0.0) | groups.value_counts(normalize=True).to_dict()


source_share.hints(
    "How many different sites are behind the spellings, and what becomes of a missing one?",
    "Small letters, no www, look up the group, and name what has no referrer.",
    'hosts.map(site_groups).fillna("no referrer").value_counts(normalize=True)',
)


# ---------------------------------------------------------------- time on a page


def time_on_page(events):
    """Seconds from a page view to the next one of the visit; missing for a visit's last page."""
    views = views_2025(events)
    return (views.groupby("visit")["at"].shift(-1) - views["at"]).dt.total_seconds()


@exercise(
    "J03.4",
    title="Typical time on a page",
    kind="number",
    unit="times",
    minutes=(4, 8),
    practises=["R181"],
    bounds=(0, None),
    section="How long they stayed",
    selfcheck={
        "grain": "one page view; its time is the way to the visit's next page view",
        "average": "the time that half of the observed page views exceed",
        "filter": "page views with a later one in the same visit; the last page has no time",
    },
)
def typical_time(events):
    """The median of what was observed: half of the pages are left sooner, half later."""
    return time_on_page(events).median()


@typical_time.mistake(
    "LASTPAGE_ZERO", repair="At which moment does the tracker learn that somebody has left?"
)
def _(events, budget):
    """You counted the last page of each visit as zero seconds. Nobody saw that time; it was not zero, it is unknown."""
    seconds = time_on_page(events)
    lost = seconds.isna().mean() * media(budget, LOG)
    return wrong(
        seconds.fillna(0).median(),
        shows={
            "page views whose time nobody saw": percent(seconds.isna().mean(), 0),
            "of which you read as": "0 seconds",
        },
        cost=f"By views, {yuan(lost)} of the three weeks' media money led to such pages; a report in seconds would say that all "
        "of it bought not one second of reading.",
    )


@typical_time.mistake(
    "MEAN_SKEW", repair="How much of the time belongs to the longest tenth of the page views?"
)
def _(events):
    """You took the mean. A few page views that lay open while the child was fed hold most of the seconds, and the mean
    follows them."""
    seconds = time_on_page(events).dropna()
    longest = seconds > 300
    return wrong(
        seconds.mean(),
        shows={
            "page views longer than five minutes": percent(longest.mean(), 0),
            "their part of all seconds": percent(seconds[longest].sum() / seconds.sum(), 0),
        },
    )


@typical_time.slip("average")
def _(events):
    """You took a mean, with zeros in it."""
    return time_on_page(events).fillna(0).mean()


@typical_time.slip("filter")
def _(events):
    """You let the last page of a visit run on to the visitor's next visit, days later, or you took a median of medians (one
    for each visit or page) instead of the median of all page views."""
    views = views_2025(events)
    return (views.groupby("visitor_id")["at"].shift(-1) - views["at"]).dt.total_seconds().median()


@typical_time.slip("grain")
def _(events):
    """You added up the seconds of each visit. A visit of one page has none that anybody saw, and such visits are many."""
    return time_on_page(events).groupby(views_2025(events)["visit"]).sum().median()


typical_time.hints(
    "Which page views have a time at all?",
    "pandas leaves missing values out of .median(); do not fill them.",
    'views["seconds"].median(), with seconds from .shift(-1) within the visit.',
)


# ---------------------------------------------------------------- bounce


def twice(views):
    """True for a page view that repeats the one before it, in the same visit, within a second."""
    before = views.groupby("visit")[["page", "at"]].shift()
    return (views["page"] == before["page"]) & (views["at"] - before["at"] <= pd.Timedelta(seconds=1))


def march_bounce(views):
    """One-page visits over visits, of visits that began from 1 to 5 March 2024."""
    visits = views.groupby("visit").agg(began=("at", "min"), pages=("page", "size"))
    return (visits.loc[visits["began"] >= MARCH[0], "pages"] == 1).mean()


@exercise(
    "J03.5",
    title="Bounce rate of the first days of March",
    kind="number",
    unit="fraction",
    minutes=(5, 9),
    practises=["R182", "R199"],
    bounds=(0, 1),
    tolerance=0.002,
    section="The day the bounce rate halved",
    selfcheck={
        "grain": "one page view, counted once; a visit is half an hour's silence apart from the next",
        "numerator and denominator": "visits of one page per visit",
        "window": "visits that began from 1 to 5 March 2024",
        "filter": "a repeat of the same page in the same visit within one second is the same view",
    },
)
def bounce_counted_once(events):
    """Each page counted once, the bounce rate of March is about what it was in February."""
    views = views_2024(events)
    return march_bounce(views[~twice(views)])


@bounce_counted_once.mistake(
    "DENOM_DRIFT", repair="How many of the visits with two pages saw two different pages?"
)
def _(events, budget):
    """You believed the counter. Since the release it counts many a page twice, so a visit of one page looks like two;
    the people did what they did before."""
    views = views_2024(events)
    new = views["at"] >= MARCH[0]
    return wrong(
        march_bounce(views),
        shows={
            "page views that repeat the one before within a second, February": percent(
                twice(views)[~new].mean(), 0
            ),
            "the same in March": percent(twice(views)[new].mean(), 0),
        },
        cost=judged_by_the_counter(budget),
    )


def judged_by_the_counter(budget):
    """What is decided by the counter's figure: the money for bought visits of the five days."""
    return (
        f"The bonus is paid for visits that nobody kept, and {yuan(media(budget, MARCH))} of media money in these five days are "
        "judged by a page that only seems to hold people."
    )


@bounce_counted_once.mistake("WRONG_DENOM", repair="Does a bounce rate ask about visits or about people?")
def _(events):
    """You divided one-page visits by visitors. Whoever came three times can bounce three times; below the line stand
    visits."""
    views = views_2024(events)
    views = views[~twice(views)]
    visits = views.groupby("visit").agg(
        began=("at", "min"), pages=("page", "size"), visitor=("visitor_id", "first")
    )
    visits = visits[visits["began"] >= MARCH[0]]
    return wrong(
        (visits["pages"] == 1).sum() / visits["visitor"].nunique(),
        shows={"visits": count(len(visits)), "visitors": count(visits["visitor"].nunique())},
    )


@bounce_counted_once.slip("filter")
def _(events):
    """You removed only repeats of the very same second; some second hits are sent one second later."""
    views = views_2024(events)
    before = views.groupby("visit")[["page", "at"]].shift()
    return march_bounce(views[~((views["page"] == before["page"]) & (views["at"] == before["at"]))])


bounce_counted_once.hints(
    "Which rows are the same view, sent twice?",
    "Drop the rows of `twice`, count the pages of each visit, keep the visits that began in March.",
    'pages = views[~twice].groupby("visit").agg(began=("at", "min"), pages=("page", "size")), then (pages == 1).mean()',
)


# ---------------------------------------------------------------- two tools


@prediction(
    "J03.c",
    title="Bounce rate of May by tool B",
    unit="fraction",
    practises=["R200"],
    bounds=(0, 1),
    section="Two tools, two truths",
)
def guess_bounce_b(tool_daily_b):
    """For tool B somebody who reads one article for eleven seconds has not bounced; for tool A they have."""
    return 1 - ratio(tool_daily_b, "engaged_sessions", "sessions")


@guess_bounce_b.mistake(
    "TOOL_TRUTH", repair="What must somebody do so that each of the tools calls it a bounce?"
)
def _(tool_daily_a):
    """Your guess lies nearer to tool A's figure. The name is the same, the rule behind it is not."""
    return ratio(tool_daily_a, "one_page_visits", "visits")


@exercise(
    "J03.6",
    title="Why tool A counts more visitors in May",
    kind="set",
    minutes=(3, 6),
    practises=["R200"],
    section="Two tools, two truths",
    selfcheck={
        "grain": "one row of each export is one day and source",
        "window": "the sum of May; a cause that moves visitors from one day to the next does not change it",
        "filter": "causes that the exports themselves put a number on",
    },
)
def causes_of_the_gap(tool_daily_a, tool_daily_b):
    """Who was asked for consent and said no, and the crawlers: with both of them the month closes."""
    gap = tool_daily_a["uv"].sum() - tool_daily_b["users"].sum()
    known = {
        "cookie consent": tool_daily_b["asked_users"].sum() - tool_daily_b["users"].sum(),
        "crawlers": tool_daily_b["filtered_sessions"].sum(),
    }
    assert abs(gap - sum(known.values())) < 0.1 * gap
    return {cause for cause, size in known.items() if size > 0.1 * gap}


@causes_of_the_gap.mistake(
    "TOOL_TRUTH", repair="What would each tool have to count so that you call it right?"
)
def _(tool_daily_a, tool_daily_b, budget):
    """You took one tool for wrong. Each counts what it says, and the two say different things; there is no one true
    number of visitors."""
    a, b = tool_daily_a["uv"].sum(), tool_daily_b["users"].sum()
    spent = media(budget, MAY)
    return wrong(
        {"a broken tool"},
        shows={"tool A, added up": count(a), "tool B, added up": count(b)},
        cost=f"Whoever switches from A to B in the middle of a plan sees media money rise from {yuan(spent / a)} to "
        f"{yuan(spent / b)} a daily visitor, and cuts a budget that works as before.",
    )


@causes_of_the_gap.mistake(
    "SINGLE_CAUSE", repair="How much of the gap is left when the people who said no are added?"
)
def _(tool_daily_a, tool_daily_b, budget, traffic_daily):
    """You stopped at the largest cause. What it leaves over is not small, and another column accounts for it."""
    gap = tool_daily_a["uv"].sum() - tool_daily_b["users"].sum()
    consent = tool_daily_b["asked_users"].sum() - tool_daily_b["users"].sum()
    rest = (gap - consent) * visit_price(budget, traffic_daily, MAY)
    return wrong(
        {"cookie consent"},
        shows={"the gap": count(gap), "explained so far": count(consent)},
        cost=f"At the price of a bought visit, the rest looks like {yuan(rest)} of traffic. Nobody can say whether it is any, and "
        "the two tools are argued about again next month.",
    )


@causes_of_the_gap.mistake("TZ_CUTOFF", repair="Where does a visitor go whom tool B books a day earlier?")
def _(tool_daily_a, tool_daily_b):
    """You named the time zone. It is real, and moves visitors from one day to the day before; the sum of the month
    hardly notices."""
    left = (tool_daily_a.groupby("date")["uv"].sum() - people_seen_by_b(tool_daily_b)).abs()
    total = tool_daily_a["uv"].sum() - people_seen_by_b(tool_daily_b).sum()
    return wrong(
        {"cookie consent", "crawlers", "time zone"},
        shows={"left over on the worst day": count(left.max()), "left over in the month": count(abs(total))},
    )


@causes_of_the_gap.mistake("DEF_MISMATCH", repair="Does a visitor become two when a visit is cut in two?")
def _(tool_daily_a, tool_daily_b):
    """You named the rule of a visit. It decides how many visits one visitor makes; the gap is one of visitors, and they are
    counted once a day and source, however their hits are cut."""
    return wrong(
        {"cookie consent", "crawlers", "the rule of a visit"},
        shows={
            "the gap": count(tool_daily_a["uv"].sum() - tool_daily_b["users"].sum()),
            "tool A, visits beyond its visitors": count(
                tool_daily_a["visits"].sum() - tool_daily_a["uv"].sum()
            ),
            "tool B, sessions beyond its users": count(
                tool_daily_b["sessions"].sum() - tool_daily_b["users"].sum()
            ),
        },
    )


def people_seen_by_b(tool_daily_b):
    """Everybody who came by tool B's own columns, by day: asked for consent, or taken for a crawler."""
    return tool_daily_b.groupby("date")[["asked_users", "filtered_sessions"]].sum().sum(axis="columns")


causes_of_the_gap.hints(
    "Which columns of tool B count people who are not in `users`?",
    "Add asked_users and filtered_sessions over the month, and compare with tool A's uv.",
    "If the month closes with two causes, a third one has nothing left to explain.",
)


# ---------------------------------------------------------------- the missing event


@exercise(
    "J03.7",
    title="payment_info disappears on ios",
    kind="choice",
    minutes=(3, 6),
    practises=["R199"],
    section="The event that is not there",
    options={
        "a": "since 19 May people with an iPhone stop at the choice of payment, so the payment page has to be rebuilt",
        "b": "computers send the event against the plan, so the log of computers is at fault and the zero of ios can be believed",
        "c": "since the release of 19 May ios sends no payment_info, while people there go on ordering as before",
        "d": "fewer people with an iPhone reached the checkout after 19 May, so fewer of them chose how to pay",
    },
)
def missing_event(events):
    """No event is no record. What people did shows in the events around it, and the orders went on."""
    return "c" if ios_orders_per_checkout(events).pct_change().abs().iloc[1] < 0.2 else "a"


def ios_orders_per_checkout(events):
    """Visitors with an order per visitor at the checkout, ios, before 19 May and since."""
    ios = hits_2025(events).query("device == 'ios'")
    people = ios.groupby([ios["at"] >= "2025-05-19", "event"])["visitor_id"].nunique()
    return people[:, "purchase"] / people[:, "begin_checkout"]


def amount_ordered(events, orders, device):
    """(orders, yuan) from one platform since 19 May."""
    bought = hits_2025(events).query("device == @device and event == 'purchase' and at >= '2025-05-19'")[
        "order_id"
    ]
    return len(bought), orders.set_index("order_id")["amount"].reindex(bought).sum()


@missing_event.mistake("MISSING_AS_ZERO", repair="Can somebody order without having chosen how to pay?")
def _(events, orders):
    """You took no record for no behaviour. If people had stopped there, the orders behind it would have stopped as
    well."""
    number, amount = amount_ordered(events, orders, "ios")
    return wrong(
        "a",
        shows={"payment_info from ios since 19 May": "0", "orders from ios since 19 May": count(number)},
        cost=f"A payment page that takes orders for {yuan(amount)} in two weeks would be rebuilt; every day that the new one "
        f"is worse than the old puts {yuan(amount / 14)} at risk.",
    )


@missing_event.mistake(
    "TRUST_TABLE", repair="If the zero of ios were real, where would its orders come from?"
)
def _(events, orders):
    """You believed one part of the table because another part is at fault. Two deviations are two findings; that computers
    send too much says nothing about ios."""
    number, amount = amount_ordered(events, orders, "ios")
    sent = hits_2025(events).query("device == 'computer' and event == 'payment_info' and at >= '2025-05-19'")
    return wrong(
        "b",
        shows={
            "payment_info from computers since 19 May": count(len(sent)),
            "orders from ios since 19 May": count(number),
        },
        cost=f"A report without the lost event would show no choice of payment behind orders for {yuan(amount)} in two weeks, "
        "and the test of the next payment page would be judged by it.",
    )


@missing_event.mistake("WRONG_DENOM", repair="How many people reached the checkout a day, before and after?")
def _(events):
    """You explain a zero by a smaller crowd. People at the checkout did not become fewer a day; a smaller crowd would
    leave fewer events, not none."""
    ios = hits_2025(events).query("device == 'ios' and event == 'begin_checkout'")
    late = ios["at"] >= "2025-05-19"
    return wrong(
        "d",
        shows={
            "ios, checkouts a day before 19 May": count((~late).sum() / 7),
            "since 19 May": count(late.sum() / 14),
        },
    )


missing_event.hints(
    "Which event comes after payment_info, and did it stop, too?",
    "Compare orders per checkout on ios before and since 19 May, and read the plan for computers.",
    "Zero on one platform from one day on, orders unchanged, a release on that day: what broke?",
)


# ---------------------------------------------------------------- whose midnight


def last_day(views, clock):
    """Page views of 1 June and the hour with the most page views, by a clock (Series of times)."""
    return {
        "page views on 1 June": int((clock.dt.normalize() == "2025-06-01").sum()),
        "busiest hour": int(clock.dt.hour.value_counts().idxmax()),
    }


@exercise(
    "J03.8",
    title="1 June by the shop's clock",
    kind="table",
    unit="count",
    minutes=(4, 7),
    practises=["R199", "R173"],
    section="Whose midnight",
    selfcheck={
        "grain": HIT + ", so keep the rows of page_view",
        "clock": "Beijing, eight hours ahead of UTC",
        "window": "the calendar day 1 June 2025; the hour over all three weeks, 0 to 23",
    },
)
def first_of_june(events):
    """The day and the hour as the people in the shop lived them."""
    views = views_2025(events)
    return last_day(views, views["at"])


@first_of_june.mistake("TZ_CUTOFF", repair="When it is midnight in London, what do parents in Beijing do?")
def _(events, orders):
    """You read the log's clock as the shop's. It tells UTC: the shop's day begins at 16:00 of the day before, and its
    evening looks like noon."""
    views = views_2025(events)
    bought = hits_2025(events).query("event == 'purchase'")
    amount = (
        orders.set_index("order_id")["amount"]
        .reindex(bought["order_id"])
        .groupby(bought["at"].dt.hour.to_numpy())
        .sum()
    )
    right, utc = first_of_june.compute(events), last_day(views, views["event_time_utc"])
    here, there = amount.get(right["busiest hour"], 0), amount.get(utc["busiest hour"], 0)
    return wrong(
        utc,
        shows={
            "first hit of the three weeks, by the log's clock": f"{views['event_time_utc'].min():%d %B, %H:%M}",
            "by the shop's": f"{views['at'].min():%d %B, %H:%M}",
        },
        cost=f"A live hour would be booked when orders for {yuan(there)} came in in three weeks, and not when orders for "
        f"{yuan(here)} did.",
    )


@first_of_june.mistake("DEF_MISMATCH", repair="What besides a page is a row in this log?")
def _(events):
    """You counted all hits. A hit may be a page, a look at an article, a click on the cart; page views are one kind."""
    hits = hits_2025(events)
    kinds = hits["event"].value_counts(normalize=True)
    return wrong(
        first_of_june.compute(events)
        | {"page views on 1 June": int((hits["at"].dt.normalize() == "2025-06-01").sum())},
        shows={
            "page_view among the hits": percent(kinds["page_view"], 0),
            "kinds of hits": count(len(kinds)),
        },
    )


@first_of_june.slip("clock")
def _(events):
    """You moved the clock to the wrong side: Beijing is ahead of UTC, so its time is later."""
    views = views_2025(events)
    return last_day(views, views["event_time_utc"] - BEIJING)


@first_of_june.slip("clock")
def _(events):
    """You moved the hour to the shop's clock and left the day on the log's: 1 June begins eight hours earlier in Beijing."""
    views = views_2025(events)
    utc = last_day(views, views["event_time_utc"])
    return first_of_june.compute(events) | {"page views on 1 June": utc["page views on 1 June"]}


@first_of_june.slip("window")
def _(events):
    """Your hour is the busiest of 1 June alone; the busiest of the three weeks is asked for."""
    views, right = views_2025(events), first_of_june.compute(events)
    alone = int(within(views, "at", ("2025-06-01", "2025-06-02"))["at"].dt.hour.value_counts().idxmax())
    return None if alone == right["busiest hour"] else right | {"busiest hour": alone}


first_of_june.hints(
    "Which clock does the column event_time_utc tell?",
    "Add eight hours, then take day and hour.",
    'at = views["event_time_utc"] + pd.Timedelta(hours=8); at.dt.normalize(), at.dt.hour',
)


# ---------------------------------------------------------------- mixed case, memo

EXPORT = "ga4_exploration_2025-05.csv"
COLUMNS = ["channel", "device", "sessions", "users", "key_events", "revenue", "note"]


@per_world
def ga_export():
    """The GA-style export of May, its total row included."""
    return pd.read_csv(data.folder() / "exports" / EXPORT, comment="#", header=0, names=COLUMNS)


def feed_row(rows, budget):
    """Share of sessions, orders per session and media cost per order of Paid Social in rows of the export."""
    social = rows[rows["channel"] == "Paid Social"]
    return {
        "share of sessions": social["sessions"].sum() / rows["sessions"].sum(),
        "cvr": social["key_events"].sum() / social["sessions"].sum(),
        "cost per order": media(budget, MAY, ["feed ads"]) / social["key_events"].sum(),
    }


@exercise(
    "J03.9",
    title="Paid Social in May, from an export",
    kind="table",
    unit={"share of sessions": "fraction", "cvr": "fraction", "cost per order": "CNY"},
    minutes=(6, 10),
    points=2,
    practises=["R201", "R175"],
    section="Mixed case: an export from the overseas desk",
    selfcheck={
        "grain": "one row of the export is one channel and device; one row is neither",
        "numerator and denominator": "orders per session, both summed over the devices; media cost per order",
        "window": "May 2025, in the export and in the budget",
        "filter": "feed ads are the brand's name for Paid Social; item media",
    },
)
def paid_social(budget):
    """Sums first, the total left out, then one division each."""
    rows = ga_export()
    return feed_row(rows[rows["note"].isna()], budget)


@paid_social.mistake(
    "TOTAL_ROW", repair="What do the sessions of the first row have to do with all the others?"
)
def _(budget):
    """You kept the grand total as a row. Then the sum of the sessions is double, and each share is half of what it
    was."""
    rows, right = ga_export(), paid_social.compute(budget)
    halved = feed_row(rows, budget)["share of sessions"]
    lost = (right["share of sessions"] - halved) * media(budget, MAY)
    return wrong(
        right | {"share of sessions": halved},
        shows={
            "rows of the file": count(len(rows)),
            "rows without a channel": count(rows["channel"].isna().sum()),
        },
        cost=f"Shared out by sessions, {yuan(lost)} of May's media money would be taken from the channel because of one line.",
    )


@paid_social.mistake("AVG_OF_RATIOS", repair="How many sessions stand behind each device's rate?")
def _(budget):
    """You averaged the rates of the devices. The device with the fewest sessions got the same vote as the one with the
    most."""
    rows, right = ga_export(), paid_social.compute(budget)
    social = rows[rows["channel"] == "Paid Social"].set_index("device")
    naive = (social["key_events"] / social["sessions"]).mean()
    missing = (naive - right["cvr"]) * social["sessions"].sum()
    return wrong(
        right | {"cvr": naive},
        shows={f"sessions on {device}": count(number) for device, number in social["sessions"].items()},
        cost=f"A plan with that rate expects {count(missing)} orders more a month than the channel brings. At its cost per "
        f"order they would have to be bought for {yuan(missing * right['cost per order'])}.",
    )


@paid_social.mistake(
    "SESSIONS_AS_USERS", repair="The question says per session. What stands below your line?"
)
def _(budget):
    """You divided by active users. Some people come several times before they order, and each visit is a session."""
    rows, right = ga_export(), paid_social.compute(budget)
    social = rows[rows["channel"] == "Paid Social"]
    per_user = social["key_events"].sum() / social["users"].sum()
    extra = (per_user - right["cvr"]) * social["sessions"].sum()
    return wrong(
        right | {"cvr": per_user},
        shows={
            "sessions": count(social["sessions"].sum()),
            "users, added over devices": count(social["users"].sum()),
        },
        cost=f"Beside other channels' rates per session it looks like {count(extra)} extra orders, worth "
        f"{yuan(extra * right['cost per order'])} of media money at this channel's price.",
    )


@paid_social.slip("filter")
def _(budget):
    """You took all costs of feed ads, fees and coupons included."""
    rows = within(budget, "date", MAY)
    ga = ga_export()
    orders = ga.loc[ga["channel"] == "Paid Social", "key_events"].sum()
    return paid_social.compute(budget) | {
        "cost per order": rows.loc[rows["channel"] == "feed ads", "spent"].sum() / orders
    }


paid_social.hints(
    "Which row of the file is no channel?",
    "Drop it, sum the three devices of Paid Social, then divide; the money stands in budget.",
    'rows = export[export["note"].isna()]; social = rows[rows["channel"] == "Paid Social"]; budget: feed ads, media, May.',
)


@exercise(
    "J03.10",
    title="Memo: did the new page halve the bounce rate?",
    kind="memo",
    unit="fraction",
    minutes=(5, 8),
    points=2,
    practises=["R182", "R199"],
    section="The memo",
    selfcheck={
        "line 1": "the bounce rate of 1 to 5 March 2024, each page counted once",
        "line 2": "the evidence: what the counter showed, or what it was before",
        "line 3": "the ask: who should do what, by when",
    },
)
def bounce_memo(events):
    """A number that can be checked, a figure beside it, and an ask. By these numbers the page earned no bonus."""
    return bounce_counted_once.compute(events)


@bounce_memo.mistake("DENOM_DRIFT", repair="What happened to the counter on the day on which the rate fell?")
def _(events, budget):
    """Your first line carries the counter's figure. It is what the agency wants to be paid for."""
    views = views_2024(events)
    days = views["at"].dt.normalize()
    each = views.groupby(days).size() / views.groupby(days)["visit"].nunique()
    return wrong(
        march_bounce(views),
        shows={
            "page views per visit, 29 February": f"{each['2024-02-29']:.1f}",
            "1 March": f"{each['2024-03-01']:.1f}",
        },
        cost=judged_by_the_counter(budget),
    )


@bounce_memo.mistake("NO_ACTION", repair="Who should do what by when, now that the fall is explained?")
def _():
    """Your third line asks for nothing. A finding that stops no payment and mends no counter changes nothing."""
    return None


bounce_memo.hints(
    "Three lines: number, evidence, ask.",
    "Line 2 needs a number of its own: what the counter showed, or the rate of February.",
    "Line 3 begins with a verb: hold, decide, change, test; and says by when.",
)
