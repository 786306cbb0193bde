"""Exports about visits and mails: GA4 reports and events, Search Console, Mailchimp-like mail reports."""

import io
import json
import zipfile
from zlib import crc32

import numpy as np
import pandas as pd

from .exports_ads import FIRST, LAST, month, percent, text

EVENT_DAY, EVENT_VISITORS = "2025-05-14", 60
CHANNEL_GROUP = {"SEM": "Paid Search", "feed ads": "Paid Social", "SEO": "Organic Search", "Xiaohongshu": "Organic Social",
                 "e-mail/SMS": "Email", "private domain": "Unassigned", "direct": "Direct", "referral": "Referral"}  # fmt: skip
RARE = 4  # Search Console withholds queries with fewer clicks


def may_visits(life):
    """Visits of May 2025 with the revenue of their orders."""
    visits = life.tables["web_sessions"]
    visits = visits[(visits["started_at"] >= FIRST) & (visits["started_at"] < "2025-06-01")]
    amount = life.tables["orders"].set_index("order_id")["amount"]
    return visits.assign(revenue=visits["order_id"].map(amount).fillna(0.0).astype(float))


def by(visits, key):
    """Visits, users, seconds, orders and revenue by a column, most visits first."""
    found = visits.groupby(key).agg(
        sessions=("session_id", "size"), users=("visitor_id", "nunique"), seconds=("seconds", "sum"), orders=("order_id", "count"),
        revenue=("revenue", "sum"),
    )  # fmt: skip
    return found.reset_index().sort_values(["sessions", key], ascending=[False, True])


def ga4_head(title):
    """The comment lines above a GA4 report."""
    return (
        f"# ----------------------------------------\n# {title}\n# Account: Heyu 禾屿\n# Property: heyu mini-program & site - GA4\n"
        f"# ----------------------------------------\n#\n# All Users\n# Start date: {FIRST.replace('-', '')}\n"
        f"# End date: {LAST.replace('-', '')}\n"
    )


def ga4_pages(life):
    """Landing-page report of May: rates are fractions, durations seconds."""
    header = ["Landing page", "Sessions", "Active users", "Average engagement time per session", "Key events", "Total revenue",
              "Session key event rate"]  # fmt: skip
    rows = [
        [r.landing_page, r.sessions, r.users, f"{r.seconds / r.sessions:.8g}", r.orders, f"{r.revenue:.2f}",
         f"{r.orders / r.sessions:.9g}"]
        for r in by(may_visits(life), "landing_page").itertuples()
    ]  # fmt: skip
    return (ga4_head("Landing page: Landing page") + "\n" + text([header, *rows], end="\n")).encode("utf-8")


def ga4_snapshot(life):
    """Reports snapshot: several tables in one file; the days are counted from the start."""
    visits = may_visits(life)
    day = ((visits["started_at"].dt.normalize() - pd.Timestamp(FIRST)).dt.days).rename("day")
    users = visits.groupby(day)["visitor_id"].nunique()
    channel = by(visits.assign(group=visits["source"].map(CHANNEL_GROUP)), "group")
    parts = [
        text([["Nth day", "Active users"], *([f"{n:04d}", count] for n, count in users.items())], end="\n"),
        text(
            [
                ["Session primary channel group (Default Channel Group)", "Sessions"],
                *channel[["group", "sessions"]].values.tolist(),
            ],
            end="\n",
        ),
        text([["Country", "Active users"], ["China", visits["visitor_id"].nunique()]], end="\n"),
        text([["Cohort", "Week 0", "Week 1", "Week 2", "Week 3", "Week 4"], *retention(visits)], end="\n"),
    ]
    span = f"# Start date: {FIRST.replace('-', '')}\n# End date: {LAST.replace('-', '')}\n"
    return (ga4_head("Reports snapshot") + f"\n{span}".join(parts)).encode("utf-8")


def retention(visits):
    """Share of visitors by week of their first visit in the month who return n weeks later; -1: not seen yet."""
    week = (visits["started_at"].dt.day - 1) // 7
    first = week.groupby(visits["visitor_id"]).transform("min")
    seen = (
        visits.groupby([first.rename("first"), (week - first).rename("later")])["visitor_id"]
        .nunique()
        .unstack(fill_value=0)
    )
    return [
        [
            f"Week {n}",
            *(f"{seen.loc[n].get(k, 0) / seen.loc[n, 0]:.6g}" if n + k <= 4 else -1 for k in range(5)),
        ]
        for n in seen.index
    ]


def ga4_exploration(life):
    """Free-form exploration: the grand total comes first, one field longer than the header."""
    visits = may_visits(life)
    rows = by(visits.assign(group=visits["source"].map(CHANNEL_GROUP) + "|" + visits["device"]), "group")
    body = [
        [*r.group.split("|"), r.sessions, r.users, r.orders, f"{r.revenue:.2f}"] for r in rows.itertuples()
    ]
    total = ["", "", len(visits), visits["visitor_id"].nunique(), int(visits["order_id"].notna().sum()),
             f"{visits['revenue'].sum():.2f}", "Grand total"]  # fmt: skip
    header = [
        "Session default channel group",
        "Device category",
        "Sessions",
        "Active users",
        "Key events",
        "Total revenue",
    ]
    head = "# ----------------------------------------\n# heyu mini-program & site - GA4\n# Free form-Free form 1\n# 20250501-20250531\n# ----------------------------------------\n\n"
    return (head + text([header, total, *body], end="\n")).encode("utf-8")


def ga4_events(life):
    """Hits of one Beijing day as the event export writes them: one JSON object a line, times in UTC microseconds."""
    hits = life.tables["events"]
    local = hits["event_time_utc"] + pd.Timedelta(hours=8)
    hits = hits[local.dt.strftime("%Y-%m-%d") == EVENT_DAY]
    visits = life.tables["web_sessions"]
    today = visits[visits["started_at"].dt.normalize() == pd.Timestamp(EVENT_DAY)]
    chosen = (
        hits.loc[hits["visitor_id"].isin(today["visitor_id"]), "visitor_id"]
        .drop_duplicates()
        .iloc[:EVENT_VISITORS]
    )
    hits = hits[hits["visitor_id"].isin(chosen)].sort_values(["visitor_id", "event_time_utc"], kind="stable")
    visits = visits[visits["visitor_id"].isin(chosen)].sort_values("started_at")
    first_source = visits.drop_duplicates("visitor_id").set_index("visitor_id")["source"]
    visits = today[today["visitor_id"].isin(chosen)].sort_values("started_at")
    amount = life.tables["orders"].set_index("order_id")["amount"]
    lines, number = [], visits.groupby("visitor_id").cumcount() + 1
    starts = {key: group for key, group in visits.assign(number=number).groupby("visitor_id")}
    for hit in hits.itertuples():
        lines.append(
            json.dumps(
                event_json(hit, starts[hit.visitor_id], first_source[hit.visitor_id], amount),
                ensure_ascii=False,
            )
        )
    return ("\n".join(lines) + "\n").encode("utf-8")


def event_json(hit, visits, first_source, amount):
    """One hit with its parameters; the visit is the last one that had begun by then."""
    at = hit.event_time_utc + pd.Timedelta(hours=8)
    begun = visits[visits["started_at"] <= at]
    visit = begun.iloc[-1] if len(begun) else visits.iloc[0]
    parameters = [
        {
            "key": "ga_session_id",
            "value": {"int_value": str(int(visit["started_at"].timestamp()) - 8 * 3600)},
        },
        {"key": "ga_session_number", "value": {"int_value": str(visit["number"])}},
        {"key": "page_location", "value": {"string_value": f"https://shop.heyu.example{hit.page}"}},
    ]
    found = {
        "event_date": EVENT_DAY.replace("-", ""),
        "event_timestamp": str(int(hit.event_time_utc.timestamp() * 1_000_000)),
        "event_name": hit.event,
        "event_params": parameters,
        "user_pseudo_id": f"{crc32(str(hit.visitor_id).encode())}.{1_700_000_000 + hit.visitor_id}",
        "device": {"category": "desktop" if hit.device == "computer" else "mobile",
                   "operating_system": {"android": "Android", "ios": "iOS"}.get(hit.device, "Windows")},
        "geo": {"country": "China"},
        "traffic_source": {"source": CHANNEL_GROUP[first_source]},
        "session_traffic_source_last_click": {"manual_campaign": {"source": CHANNEL_GROUP[visit["source"]]}},
    }  # fmt: skip
    if hit.event == "purchase" and not pd.isna(hit.order_id):
        value = float(amount[hit.order_id])
        found["ecommerce"] = {"transaction_id": str(int(hit.order_id)), "purchase_revenue": value}
        parameters.append({"key": "currency", "value": {"string_value": "CNY"}})
        parameters.append({"key": "value", "value": {"double_value": value}})
    return found


# Search Console


def short_percent(clicks, shown):
    """`4.5%`: two decimals without trailing zeros."""
    rate = f"{100 * clicks / shown:.2f}".rstrip("0").rstrip(".") if shown else "0"
    return f"{rate}%"


def search_rows(frame, key, least=0):
    """Clicks, impressions, CTR and position (weighted by impressions) by a column, most clicks first."""
    seen = frame[frame["rank"].notna()].assign(weighted=lambda d: d["rank"] * d["searches"])
    sums = seen.groupby(key)[["clicks", "searches", "weighted"]].sum().reset_index()
    sums = sums[(sums["searches"] > 0) & (sums["clicks"] >= least)].sort_values(
        ["clicks", key], ascending=[False, True]
    )
    return [
        [
            r[key],
            int(r["clicks"]),
            int(r["searches"]),
            short_percent(r["clicks"], r["searches"]),
            f"{r['weighted'] / r['searches']:.2f}".rstrip("0").rstrip("."),
        ]
        for r in sums.to_dict("records")
    ]


def search_console(life, chinese=False):
    """The bundle of CSV files: queries, pages, days, filters; rare queries are withheld."""
    ranks = month(life.tables["seo_rank_daily"])
    ranks = ranks.assign(
        day=ranks["date"].dt.strftime("%Y-%m-%d"),
        landing_page="https://shop.heyu.example" + ranks["landing_page"],
    )
    days = sorted(search_rows(ranks, "day"))
    if chinese:
        numbers = ["点击次数", "展示", "点击率", "排名"]
        files = {
            "查询数.csv": [["热门查询", *numbers], *search_rows(ranks, "term", RARE)],
            "网页.csv": [["排名靠前的网页", *numbers], *search_rows(ranks, "landing_page")],
            "图表.csv": [["日期", *numbers], *days],
            "过滤器.csv": [["过滤器", "值"], ["搜索类型", "网页"], ["日期", "2025年5月1日-2025年5月31日"]],
        }
    else:
        numbers = ["Clicks", "Impressions", "CTR", "Position"]
        files = {
            "Queries.csv": [["Top queries", *numbers], *search_rows(ranks, "term", RARE)],
            "Pages.csv": [["Top pages", *numbers], *search_rows(ranks, "landing_page")],
            "Chart.csv": [["Date", *numbers], *days],
            "Filters.csv": [
                ["Filter", "Value"],
                ["Search type", "Web"],
                ["Date", "May 1, 2025-May 31, 2025"],
            ],
        }
    return bundle(
        {
            name: text(rows, end="\n").encode("utf-8-sig" if chinese else "utf-8")
            for name, rows in files.items()
        }
    )


def bundle(files):
    """A zip whose bytes depend on nothing but its files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, date_time=(2025, 6, 1, 9, 0, 0))
            entry.create_system, entry.compress_type = 3, zipfile.ZIP_STORED
            archive.writestr(entry, content)
    return out.getvalue()


# Mail


def mailings(life):
    """E-mail campaigns of the second quarter of 2025, one row each."""
    sends = life.tables["message_sends"]
    sends = sends[
        (sends["channel"] == "e-mail")
        & (sends["sent_at"] >= "2025-04-01")
        & (sends["sent_at"] < "2025-07-01")
    ]
    amount = life.tables["orders"].set_index("order_id")["amount"]
    sends = sends.assign(
        sales=sends["order_id"].map(amount).fillna(0.0).astype(float), ordered=sends["order_id"].notna(),
        opened=sends["opens"] > 0, clicked=sends["clicks"] > 0,
    )  # fmt: skip
    return sends.groupby("campaign", sort=True).agg(
        subject=("subject", "first"), sent=("sent_at", "min"), recipients=("customer_id", "size"), delivered=("delivered", "sum"),
        opened=("opened", "sum"), opens=("opens", "sum"), clicked=("clicked", "sum"), clicks=("clicks", "sum"),
        unsubscribed=("unsubscribed", "sum"), complained=("complained", "sum"), orders=("ordered", "sum"), sales=("sales", "sum"),
    ).reset_index().sort_values(["sent", "campaign"])  # fmt: skip


def mail_campaigns(life):
    """Aggregate report: rates per successful delivery, `n/a` where no shop is linked."""
    header = ["Title", "Subject", "Audience", "Send Date", "Send Weekday", "Total Recipients", "Successful Deliveries", "Soft Bounces",
              "Hard Bounces", "Total Bounces", "Times Forwarded", "Forwarded Opens", "Unique Opens", "Open Rate", "Total Opens",
              "Unique Clicks", "Click Rate", "Total Clicks", "Unsubscribes", "Abuse Complaints", "Times Liked on Facebook", "Folder Id",
              "Unique Id", "Total Orders", "Total Gross Sales", "Total Revenue"]  # fmt: skip
    rows = []
    for r in mailings(life).itertuples():
        lost = r.recipients - r.delivered
        rows.append([
            r.campaign, r.subject, "Heyu customers", f"{english(r.sent)}", WEEKDAYS[r.sent.day_of_week], r.recipients, r.delivered,
            lost - lost // 3, lost // 3, lost, 0, 0, r.opened, percent(r.opened, r.delivered), r.opens, r.clicked,
            percent(r.clicked, r.delivered), r.clicks, r.unsubscribed, r.complained, 0, 0, f"{crc32(r.campaign.encode()):08x}"[:10],
            r.orders, f"{r.sales:.2f}", "n/a",
        ])  # fmt: skip
    return text([header, *rows], end="\n").encode("utf-8")


WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def english(at):
    """`Jun 09, 2018 09:30 pm`, whatever the locale."""
    hour = at.hour % 12 or 12
    return f"{MONTHS[at.month - 1]} {at.day:02d}, {at.year} {hour:02d}:{at.minute:02d} {'am' if at.hour < 12 else 'pm'}"


def mail_single(life):
    """Report of the largest campaign: keys and values below each other, counts with their share in brackets."""
    sent = mailings(life)
    if not len(sent):
        return text([["Email Campaign Report"]], end="\n").encode("utf-8")
    r = sent.iloc[int(np.argmax(sent["recipients"].to_numpy()))]
    share = lambda part: f"{part:,} ({percent(part, r['delivered'])})"  # noqa: E731
    rows = [
        ["Email Campaign Report"], ["Title:", r["campaign"]], ["Subject Line:", r["subject"]], ["Delivery Date/Time:", english(r["sent"])],
        [], ["Overall Stats"], ["Total Recipients:", f"{r['recipients']:,}"], ["Successful Deliveries:", f"{r['delivered']:,}"],
        ["Bounces:", f"{r['recipients'] - r['delivered']:,} ({percent(r['recipients'] - r['delivered'], r['recipients'])})"],
        ["Recipients Who Opened:", share(r["opened"])], ["Total Opens:", f"{r['opens']:,}"],
        ["Recipients Who Clicked:", share(r["clicked"])], ["Total Clicks:", f"{r['clicks']:,}"],
        ["Total Unsubs:", f"{r['unsubscribed']:,}"], ["Total Abuse Complaints:", f"{r['complained']:,}"],
    ]  # fmt: skip
    return text(rows, end="\n").encode("utf-8")


FILES = {
    "ga4_landing_pages_2025-05.csv": ga4_pages,
    "ga4_reports_snapshot_2025-05.csv": ga4_snapshot,
    "ga4_exploration_2025-05.csv": ga4_exploration,
    f"ga4_events_{EVENT_DAY.replace('-', '')}.jsonl": ga4_events,
    "search_console_2025-05.zip": search_console,
    "search_console_2025-05_zh.zip": lambda life: search_console(life, chinese=True),
    "mail_campaigns_2025-q2.csv": mail_campaigns,
    "mail_campaign_report.csv": mail_single,
}
