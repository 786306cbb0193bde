"""The log of spend and conversions that Lin types by hand, and what went wrong while typing.

One line per channel and platform and day: search has two lines, feed ads have four. Who joins it by channel and day to
orders counts orders of these channels twice and four times.
"""

import numpy as np
import pandas as pd

LOG_DAYS = ("2025-05-01", "2025-06-30")
LINES = [("SEM", "Baidu"), ("SEM", "360, Sogou"), ("feed ads", "Douyin"), ("feed ads", "Kuaishou"), ("feed ads", "Weibo"),
         ("feed ads", "Xiaohongshu"), ("Xiaohongshu", "Xiaohongshu"), ("live", "Douyin"), ("affiliate", ""), ("e-mail/SMS", ""),
         ("private domain", "")]  # fmt: skip
SPELLINGS = {"SEM": ["sem", "SEM ", "百度"], "feed ads": ["Feed ads", "feed ad", "信息流"], "Xiaohongshu": ["小红书", "XHS", "xiaohongshu"],
             "live": ["直播", "Live"], "affiliate": ["CPS", "affilate"], "e-mail/SMS": ["email/SMS", "EDM"],
             "private domain": ["私域", "private  domain"]}  # fmt: skip
MISSPELT = 0.07  # share of lines whose channel is written in another way
TENFOLD = ("2025-06-17", "feed ads", "Douyin")  # a digit too many on a day when everybody was busy
MISSING = ("2025-06-18", "SEM")  # nobody typed search on the last day of 618
BLANK = ("2025-05-21", "Xiaohongshu")  # line is there, spend is not
TWICE = [("2025-05-13", "affiliate"), ("2025-06-24", "live")]
NOTES = {("2025-06-18", "live"): "618收尾，数据次日补录", ("2025-05-21", "Xiaohongshu"): "后台打不开，待补", ("2025-06-17", "feed ads"): "爆发日加预算",
         ("2025-05-06", "SEM"): "节后第一天", ("2025-06-01", "feed ads"): "六一活动"}  # fmt: skip


def right(life):
    """What the log should say: spend and conversions of every line, from budget, ad tables and orders."""
    days = pd.date_range(*LOG_DAYS)
    grid = pd.MultiIndex.from_tuples(
        [(day, *line) for day in days for line in LINES], names=["date", "channel", "platform"]
    )
    tables = {
        name: cut(life.tables[name], "date") for name in ("budget", "sem_keyword_daily", "feed_ads_daily")
    }
    orders = cut(life.tables["orders"], "ordered_at")
    keys = ["date", "channel", "platform"]
    search = tables["sem_keyword_daily"].assign(channel="SEM")
    search["platform"] = np.where(search["engine"] == "Baidu", "Baidu", "360, Sogou")
    feed = tables["feed_ads_daily"].assign(channel="feed ads")
    ads = pd.concat([part.groupby(keys)[["cost", "orders"]].sum() for part in (search, feed)])
    rest = tables["budget"].query("item == 'media' and channel not in ('SEM', 'feed ads')")
    rest = rest.assign(platform=rest["channel"].map(dict(LINES))).groupby(keys)["spent"].sum()
    bought = orders.assign(
        date=orders["ordered_at"].dt.normalize(), platform=orders["channel"].map(dict(LINES))
    )
    bought = bought[~bought["channel"].isin(["SEM", "feed ads"])].groupby(keys).size()
    made = pd.DataFrame({
        "spend": pd.concat([ads["cost"], rest]).reindex(grid).fillna(0.0).round(2),
        "conversions": pd.concat([ads["orders"], bought]).reindex(grid).fillna(0).astype(np.int64),
    })  # fmt: skip
    return made.reset_index()


def cut(table, column):
    """Rows of the days of the log."""
    last = pd.Timestamp(LOG_DAYS[1]) + pd.Timedelta(days=1)
    return table[(table[column] >= LOG_DAYS[0]) & (table[column] < last)]


def typed(life):
    """The log as it lies in the shared folder. The same lines and spellings in every part of a large world."""
    rng = life.streams.common("typed log")
    log = right(life)
    here = (log["date"] == TENFOLD[0]) & (log["channel"] == TENFOLD[1]) & (log["platform"] == TENFOLD[2])
    log.loc[here, "spend"] *= 10
    log.loc[(log["date"] == BLANK[0]) & (log["channel"] == BLANK[1]), "spend"] = np.nan
    copies = np.ones(len(log), dtype=int)
    for day, channel in TWICE:
        copies[(log["date"] == day) & (log["channel"] == channel)] = 2
    copies[(log["date"] == MISSING[0]) & (log["channel"] == MISSING[1])] = 0
    log = log.loc[np.repeat(np.arange(len(log)), copies)].reset_index(drop=True)
    place = list(zip(log["date"].dt.strftime("%Y-%m-%d"), log["channel"], strict=True))
    log["note"] = [NOTES.get(one, "") for one in place]
    log["note"] = log["note"].where(~log.duplicated(["date", "channel"]), "")
    odd, which = rng.random(len(log)) < MISSPELT, rng.random(len(log))
    log["true_channel"] = log["channel"]
    log["channel"] = [
        SPELLINGS[name][int(luck * len(SPELLINGS[name]))] if strange else name
        for name, luck, strange in zip(log["channel"], which, odd, strict=True)
    ]
    log["line"] = np.arange(len(log)) + 1
    return log


def fan_out(log, orders):
    """Revenue of the log's channels after a join by day and channel, over their revenue before it."""
    mine = cut(orders, "ordered_at")
    mine = mine[mine["channel"].isin(SPELLINGS)]
    lines = log.groupby(["date", "true_channel"]).size()
    keys = pd.MultiIndex.from_arrays([mine["ordered_at"].dt.normalize(), mine["channel"]])
    times = np.maximum(lines.reindex(keys).fillna(0).to_numpy(), 1)
    return float((mine["amount"] * times).sum() / max(mine["amount"].sum(), 0.01))


def truth(life):
    """What was done to the log, and what right counts give."""
    log, true = life.tables["daily_log"], right(life)
    june = true[
        (true["date"] >= "2025-06-01") & (true["channel"] == "feed ads") & (true["platform"] == "Douyin")
    ]
    day = june.loc[june["date"] == TENFOLD[0], "spend"].sum()
    search = true[(true["date"] >= "2025-06-16") & (true["date"] < "2025-06-23") & (true["channel"] == "SEM")]
    return {
        "what": "A day typed tenfold, a day not typed, a blank, two lines typed twice, channels spelt in several ways.",
        "cause": {"tenfold": TENFOLD, "missing": MISSING, "blank": BLANK, "twice": TWICE, "misspelt_share": MISSPELT},
        "found": {
            "true_spend": true.groupby("channel")["spend"].sum().to_dict(),
            "lines": len(log), "lines_misspelt": int((log["channel"] != log["true_channel"]).sum()),
            "douyin_june": {"true": june["spend"].sum(), "as_typed": june["spend"].sum() + 9 * day, "day_dropped": june["spend"].sum() - day},
            "search_week_of_618": {"true": search["spend"].sum(),
                                   "without_the_missing_day": search.loc[search["date"] != MISSING[0], "spend"].sum()},
            "revenue_after_the_join_over_before": fan_out(log, life.tables["orders"]),
        },
    }  # fmt: skip
