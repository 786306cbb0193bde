"""The team: KPI sheets, hours, requests of other departments. Goals, test ideas and leads stand in modules of their own.

What a KPI sheet says of orders and customers is counted from the shop's tables; targets and process figures are set.
"""

import numpy as np
import pandas as pd

from . import clock, goals, ideas, leads
from .people import CHANNELS

PEOPLE = {  # role
    "Qiao": "manager", "Lin": "search ads", "Zhou": "feed ads", "He": "content and SEO", "Wu": "private domain and partners",
}  # fmt: skip

# T25. KPI: name, Chinese, unit, weight %, difficulty, completion in Q3, what is counted (or the usual target).
KPIS = {
    "Lin": [
        ("orders without brand keywords", "搜索广告非品牌订单数", "orders", 30, 1.2, 0.98, "SEM orders"),
        ("ROAS of search ads", "搜索广告投产比", "ratio", 25, 1.2, 0.97, "SEM ROAS"),
        ("new customers from search ads", "搜索广告新客数", "people", 20, 1.15, 1.00, "SEM new"),
        ("search terms reviewed", "搜索词复核条数", "terms", 10, 1.0, 0.93, 1800),
        ("daily logs complete", "日报完整率", "%", 15, 1.0, 0.88, 98),
    ],
    "Zhou": [
        ("orders from feed ads", "信息流成交订单数", "orders", 30, 1.05, 1.02, "feed orders"),
        ("CTR of feed ads", "信息流点击率", "%", 20, 1.0, 1.05, "feed CTR"),
        ("ROAS of feed ads", "信息流投产比", "ratio", 20, 1.05, 0.98, "feed ROAS"),
        ("creative tests finished", "素材测试完成数", "tests", 15, 1.0, 1.00, 24),
        ("days within the budget band", "预算节奏达标天数", "days", 15, 1.0, 0.98, 84),
    ],
    "He": [
        ("notes published", "笔记发布篇数", "notes", 10, 0.85, 1.45, 60),
        ("comments answered", "评论回复条数", "comments", 10, 0.9, 1.30, 900),
        ("new customers from Xiaohongshu", "小红书新客数", "people", 30, 1.0, 0.88, "Xiaohongshu new"),
        ("orders from organic search", "自然搜索订单数", "orders", 30, 1.0, 0.84, "SEO orders"),
        ("deadlines kept", "选题按时交付率", "%", 10, 1.0, 0.95, 95),
        ("pages optimised", "页面优化数", "pages", 10, 1.0, 1.06, 33),
    ],
    "Wu": [
        ("group check-ins", "社群打卡次数", "times", 5, 0.8, 2.40, 5000),
        ("orders from the private domain", "私域成交订单数", "orders", 30, 1.0, 0.80, "private domain orders"),
        ("orders from e-mail and SMS", "邮件短信成交订单数", "orders", 25, 1.0, 0.74, "e-mail/SMS orders"),
        ("orders from affiliates", "联盟成交订单数", "orders", 25, 1.0, 0.84, "affiliate orders"),
        ("partner reports on time", "合作方报告按时率", "%", 15, 0.9, 1.02, 92),
    ],
}  # fmt: skip
CAP = 1.2  # completion above it does not count
TEMPER = 0.06  # how far a KPI's completion strays from that of Q3 in other quarters
ADS = ["impressions", "clicks", "cost", "orders", "revenue"]
EASY = {"group check-ins": (1.35, 1.7, 2.4, 1.9)}

# Hours: share of the six modules of a promotion manager's week, by person.
MODULES = [
    "strategy_budget",
    "ad_placement",
    "analysis_reporting",
    "content_seo",
    "social_partners",
    "teamwork_learning",
]
SHARES = {
    "Qiao": (0.11, 0.16, 0.31, 0.10, 0.12, 0.20), "Lin": (0.04, 0.57, 0.21, 0.06, 0.03, 0.09),
    "Zhou": (0.06, 0.52, 0.18, 0.08, 0.08, 0.08), "He": (0.05, 0.06, 0.12, 0.55, 0.14, 0.08),
    "Wu": (0.06, 0.08, 0.14, 0.12, 0.52, 0.08),
}  # fmt: skip
EVENNESS = 60  # of a week's shares (Dirichlet)
PROMO_PULL = np.array([0.8, 1.7, 1.1, 0.9, 1.15, 0.45])  # of a week with a peak day on the modules
LEAVE = {"Qiao": ((7, 3), (31, 5)), "Lin": ((20, 2), (40, 3)), "Zhou": ((5, 5), (33, 5)), "He": ((16, 5), (17, 5), (35, 3)),
         "Wu": ((10, 3), (29, 5))}  # week number, days  # fmt: skip

# Requests of other departments in the second half of 2025: task, module, owner, departments, mean hours, a week.
TASKS = [
    ("商品详情页文案", "product page copy", "content_seo", "He", ("product", "design"), 4.5, 1.2),
    ("海报与主图需求", "poster and main picture", "content_seo", "He", ("design", "sales"), 3.0, 1.3),
    ("专题落地页", "campaign landing page", "content_seo", "He", ("product", "tech"), 7.0, 0.45),
    ("埋点与代码核对", "tracking tags checked", "analysis_reporting", "Lin", ("tech", "product"), 3.5, 0.8),
    ("数据取数", "data extract", "analysis_reporting", "Lin", ("sales", "customer service", "product"), 1.5, 1.4),
    ("投放人群包", "audience for ads", "ad_placement", "Zhou", ("sales", "product"), 2.0, 0.9),
    ("素材合规修改", "creative corrected", "ad_placement", "Zhou", ("design", "customer service"), 2.5, 0.9),
    ("渠道物料", "material for dealers", "social_partners", "Wu", ("sales",), 3.0, 0.9),
    ("社群活动支持", "group event", "social_partners", "Wu", ("customer service", "product"), 2.5, 0.8),
]  # fmt: skip
HOURS_A_DAY = {"Lin": 2.1, "Zhou": 1.9, "He": 2.4, "Wu": 2.2}  # that are free for requests
PROMISED = 5  # working days
REWORK = {"design": 0.16, "product": 0.32, "sales": 0.45, "tech": 0.12, "customer service": 0.2}
REQUEST_DAYS = ("2025-07-01", "2025-12-31")


def tables(life):
    """team_kpi, timesheets, work_requests, quarter_goals, channel_targets, weekly_targets, test_ideas, leads, sales_followup."""
    return {
        "team_kpi": kpi_sheets(life),
        "timesheets": timesheets(life.streams.common("timesheets")),
        "work_requests": work_requests(life.streams.common("work requests")),
        **goals.tables(life),
        "test_ideas": ideas.table(life),
        **leads.tables(life),
    }


def hidden(life):
    """Which leads were in earnest."""
    return leads.hidden(life)


def truth(life):
    """T25 and what else a right count of these tables gives."""
    return {
        "T25": scores(life.tables["team_kpi"]),
        "channel_targets": goals.target_sum(life.tables),
        "weekly_targets": goals.special_weeks(life),
        "timesheets": hours_by_module(life.tables["timesheets"]),
        "test_ideas": ideas.truth(life.tables["test_ideas"]),
        "leads": leads.truth(life),
    }


# KPI sheets


def kpi_sheets(life):
    """Target and actual of each person's KPIs by quarter of 2025."""
    stray, rows, found = life.streams.common("team KPI").normal(0, TEMPER, (4, 64)), [], counted(life.tables)
    for number, name in enumerate(goals.QUARTERS):
        one = 0
        for person, sheet in KPIS.items():
            for kpi, kpi_zh, unit, weight, difficulty, done, basis in sheet:
                share = (
                    EASY[kpi][number] if kpi in EASY else done + (0 if number == 2 else stray[number, one])
                )
                actual = found[basis][number] if isinstance(basis, str) else None
                target, actual = set_target(actual, basis, share, unit, number)
                rows.append(
                    (name, person, PEOPLE[person], kpi, kpi_zh, unit, target, actual, weight, difficulty)
                )
                one += 1
    columns = [
        "quarter",
        "person",
        "role",
        "kpi",
        "kpi_zh",
        "unit",
        "target",
        "actual",
        "weight",
        "difficulty",
    ]
    return pd.DataFrame(rows, columns=columns)


def set_target(actual, basis, share, unit, number):
    """Target and actual: the target that makes a counted actual `share` of it, or the actual that makes a usual target so."""
    if actual is not None:
        return goals.nice(actual / share), float(np.round(actual, 2))
    target = float(basis) if unit in ("%", "days") else goals.nice(basis * (0.9, 1.0, 1.0, 1.1)[number], 2)
    actual = np.round(target * share, 1 if unit == "%" else 0)
    return target, float(min(actual, 99.6) if unit == "%" else actual)


def counted(tables):
    """What the KPI sheets take from the shop's tables: name -> four values, one a quarter."""
    number = np.where(clock.DAYS.year == 2025, clock.DAYS.quarter - 1, 4)
    orders = tables["orders"]
    paid = np.flatnonzero((orders["status"] == "paid").to_numpy())
    first = np.zeros(len(orders), bool)
    first[paid[np.unique(orders["customer_id"].to_numpy()[paid], return_index=True)[1]]] = True
    when = number[orders["day"]]
    found = {}
    for name, rows in (("orders", when < 4), ("new", first & (when < 4))):
        many = orders.loc[rows, "channel"].groupby(when[rows]).value_counts().unstack(fill_value=0)
        many = many.reindex(index=range(4), columns=CHANNELS, fill_value=0)
        found |= {f"{channel} {name}": many[channel].to_numpy() for channel in CHANNELS}
    words, feed = tables["sem_keyword_daily"], tables["feed_ads_daily"]
    of_words, of_feed = (
        {column: np.bincount(number[ads["day"]], ads[column], 5)[:4] for column in ADS}
        for ads in (words, feed)
    )
    own = (words["campaign"] != "brand").to_numpy()
    found["SEM orders"] = np.bincount(number[words["day"]][own], words["orders"].to_numpy()[own], 5)[:4]
    found["SEM ROAS"] = of_words["revenue"] / np.maximum(of_words["cost"], 1)
    found["feed orders"], found["feed ROAS"] = (
        of_feed["orders"],
        of_feed["revenue"] / np.maximum(of_feed["cost"], 1),
    )
    found["feed CTR"] = 100 * of_feed["clicks"] / np.maximum(of_feed["impressions"], 1)
    return found


def scores(sheets):
    """T25: raw completion and the agreed score of Q3, and the rankings by both."""
    q3 = sheets[sheets["quarter"] == "2025-Q3"]
    done = q3["actual"] / q3["target"].clip(lower=0.01)
    weighted = q3["weight"] / 100 * done.clip(upper=CAP)
    by = q3["person"]
    raw, capped = done.groupby(by).mean(), done.clip(upper=CAP).groupby(by).mean()
    plain, score = weighted.groupby(by).sum(), (weighted * q3["difficulty"]).groupby(by).sum()
    found = {"raw_mean": raw, "capped_mean": capped, "capped_and_weighted": plain, "score": score}
    ranks = {
        f"ranking_by_{name}": values.sort_values(ascending=False).index.tolist()
        for name, values in found.items()
    }
    return {
        "what": "Ranking of four people by the mean of raw completion reverses once it is capped, weighted and made fair.",
        "cause": {"cap": CAP, "quarter": "2025-Q3", "completion": {p: {k[0]: k[5] for k in s} for p, s in KPIS.items()}},
        "found": {**{name: values.to_dict() for name, values in found.items()}, **ranks},
    }  # fmt: skip


# Hours and requests


def working_days():
    """True on working days; shape (days,)."""
    works = np.asarray((clock.DAY_OF_WEEK < 5) | clock.DAYS.isin(pd.to_datetime(clock.WORKING_WEEKENDS)))
    for first, last in clock.HOLIDAYS:
        works &= ~clock.between(first, last)
    return works


def timesheets(rng):
    """Hours of each person and week by module; promotions cost overtime, and learning."""
    days, peaks = (
        goals.by_week(working_days().astype(int)),
        goals.by_week(clock.promo_windows()[1].astype(int)),
    )
    busy = 1 + 0.09 * np.minimum(peaks, 3) + 0.1 * np.append(peaks[1:] > 0, False)
    rows = []
    for person, shares in SHARES.items():
        off = np.zeros(len(goals.WEEKS))
        for week, many in LEAVE[person]:
            off[week] = min(many, days[week])
        usual = 1.12 if person == "Qiao" else 1.03
        total = (days - off) * 8 * busy * usual * np.exp(rng.normal(0, 0.05, len(goals.WEEKS)))
        mean = np.array(shares) * np.where(peaks[:, None] > 0, PROMO_PULL, 1.0)
        split = rng.gamma(EVENNESS * mean / mean.sum(axis=1, keepdims=True))
        hours = np.round(2 * total[:, None] * split / split.sum(axis=1, keepdims=True)) / 2
        frame = pd.DataFrame(hours, columns=MODULES)
        frame.insert(0, "week_start", goals.WEEKS)
        frame.insert(1, "person", person)
        frame.insert(2, "role", PEOPLE[person])
        frame.insert(3, "contract_hours", days * 8)
        frame.insert(4, "leave_hours", (off * 8).astype(np.int64))
        rows.append(frame)
    return pd.concat(rows).sort_values("week_start", kind="stable", ignore_index=True)


def hours_by_module(sheets):
    """M10.8: shares of the manager's hours, beside the mid-points of the table of document 003."""
    middle = np.array([17.5, 30, 22.5, 17.5, 12.5, 7.5])
    total = sheets.groupby("person")[MODULES].sum()
    share = total.div(total.sum(axis=1), axis=0)
    return {
        "what": "Mid-points of the table of time shares sum to 107.5 %; hours really worked are another matter.",
        "cause": {"shares": {person: dict(zip(MODULES, values, strict=True)) for person, values in SHARES.items()}},
        "found": {"sum_of_mid_points": middle.sum(), "normalised": dict(zip(MODULES, middle / middle.sum(), strict=True)),
                  "hours_worked": {person: row.to_dict() for person, row in share.iterrows()}},
    }  # fmt: skip


def work_requests(rng):
    """What other departments asked for; each owner works them off in turn, in the hours that the desk leaves."""
    works = working_days() & clock.between(*REQUEST_DAYS)
    days, parts = np.flatnonzero(works), []
    for zh, en, module, owner, departments, hours, a_week in TASKS:
        asked = np.repeat(days, rng.poisson(a_week / 5, len(days)))
        size = len(asked)
        parts.append(pd.DataFrame({
            "day": asked, "department": np.array(departments)[rng.integers(0, len(departments), size)], "task_zh": zh,
            "task_en": en, "module": module, "owner": owner,
            "estimated_hours": np.maximum(np.round(2 * hours * np.exp(rng.normal(-0.1, 0.3, size))) / 2, 0.5),
            "hours": np.maximum(np.round(4 * hours * np.exp(rng.normal(0.05, 0.45, size))) / 4, 0.25),
            "rework": 0,
        }))  # fmt: skip
    frame = pd.concat(parts).sort_values(["day", "task_en"], kind="stable", ignore_index=True)
    again = rng.random((len(frame), 2)) < frame["department"].map(REWORK).to_numpy()[:, None]
    frame["rework"] = again[:, 0] + (again[:, 0] & again[:, 1]).astype(int)
    frame["hours"] = np.round(4 * frame["hours"] * (1 + 0.4 * frame["rework"])) / 4
    frame["started"], frame["finished"] = -1, -1
    for owner, mine in frame.groupby("owner"):
        frame.loc[mine.index, ["started", "finished"]] = in_turn(mine, days, HOURS_A_DAY[owner])
    for name, column in (("requested_on", "day"), ("started_on", "started"), ("finished_on", "finished")):
        frame[name] = pd.Series(clock.DAYS[frame[column]]).where(frame[column] >= 0)
    frame.insert(0, "request_id", np.arange(len(frame)) + 1)
    return frame


def in_turn(mine, days, a_day):
    """Days on which one owner starts and finishes each request, first come, first served; -1 if not by the year's end."""
    free, found = 0.0, []
    for asked, hours in zip(mine["day"], mine["hours"], strict=True):
        begin = max(free, float(np.searchsorted(days, asked)) + 0.5)
        free = begin + hours / a_day
        found.append([days[int(at)] if at < len(days) else -1 for at in (begin, free)])
    return np.array(found)
