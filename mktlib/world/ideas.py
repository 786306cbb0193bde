"""What the team would like to test: ideas with their expected effect, cost and traffic, and what became of the finished ones."""

import numpy as np
import pandas as pd

from . import clock

MEASURED = ("2025-10-13", "2025-12-31")  # days from which traffic and base rates are counted
OPTIMISM = 0.3  # what tests find, over what their authors expected; truth of the finished ones
Z = 2.8  # 1.96 + 0.84: two-sided 5 %, power 80 %

# Chinese, English, area, owner, traffic, metric, base rate % (None: counted CVR), units a day (None: counted visits),
# expected lift %, confidence, ease, cost CNY, share of the traffic %, status.
IDEAS = [
    ("落地页首屏加顾客评价", "reviews on the first screen of the landing page", "landing page", "Lin", "SEM", "CVR", None, None, 15, 4, 4, 3000, 100, "done"),
    ("按钮文案改为“领券下单”", "button says: take the coupon and order", "landing page", "Lin", "SEM", "CVR", None, None, 8, 3, 5, 500, 100, "done"),
    ("结账页减少一步", "one step less at checkout", "checkout", "Zhou", "all visits", "CVR", None, None, 18, 4, 2, 42000, 100, "done"),
    ("结账页展示退换承诺", "returns promise at checkout", "checkout", "Zhou", "all visits", "CVR", None, None, 9, 4, 4, 2500, 100, "done"),
    ("详情页视频自动播放", "product video plays by itself", "product page", "He", "feed ads", "CVR", None, None, 12, 3, 3, 9000, 50, "done"),
    ("详情页尺码助手", "size finder on the product page", "product page", "He", "all visits", "CVR", None, None, 14, 3, 2, 28000, 50, "done"),
    ("短信加宝宝月龄", "text message names the child's age", "e-mail/SMS", "Wu", "messages", "order rate", 0.9, 2600, 25, 3, 4, 1200, 100, "dropped"),
    ("邮件主题带优惠额", "subject line names the discount", "e-mail/SMS", "Wu", "messages", "click rate", 4.2, 2600, 20, 4, 5, 0, 100, "done"),
    ("周三改周五推送", "send on Friday instead of Wednesday", "e-mail/SMS", "Wu", "messages", "click rate", 4.2, 2600, 10, 2, 5, 0, 100, "done"),
    ("群内新人礼包", "welcome gift in groups", "private domain", "Wu", "new group members", "first-order rate", 11.0, 38, 30, 3, 4, 6000, 100, "done"),
    ("运费门槛由59降到39元", "free shipping from CNY 39 instead of 59", "price", "Qiao", "all visits", "CVR", None, None, 16, 4, 4, 68000, 50, "done"),
    ("首单券由30改25元", "first-order coupon CNY 25 instead of 30", "price", "Qiao", "feed ads", "CVR", None, None, -4, 3, 5, 0, 100, "done"),
    ("科普视频只投一胎妈妈", "science video for first-time mothers alone", "feed ads", "Zhou", "ad impressions", "CTR", 1.6, 180000, 20, 4, 4, 4000, 30, "done"),
    ("开屏前三秒换问题", "first three seconds ask a question", "feed ads", "Zhou", "ad impressions", "CTR", 1.6, 180000, 10, 3, 4, 6000, 30, "done"),
    ("待产包专题页重做", "hospital-bag page made anew", "landing page", "He", "SEO", "CVR", None, None, 25, 4, 3, 15000, 100, "running"),
    ("品牌词页面加套装", "bundles on the page for brand searches", "landing page", "Lin", "SEM", "CVR", None, None, 6, 3, 5, 800, 40, "running"),
    ("落地页B逐步全渠道推广", "landing page B on all channels, with a holdback", "landing page", "Lin", "feed ads", "CVR", None, None, 5, 3, 4, 2000, 90, "planned"),
    ("小红书跳转直达商品", "links from notes lead to the article", "landing page", "He", "Xiaohongshu", "CVR", None, None, 12, 5, 5, 1000, 100, "planned"),
    ("会员专享价展示", "member price is shown to everybody", "price", "Qiao", "direct", "CVR", None, None, 12, 3, 3, 8000, 50, "planned"),
    ("自动补货提醒", "reminder when diapers run out", "private domain", "Wu", "members due", "repeat rate in 30 days", 31.0, 210, 12, 4, 2, 36000, 80, "planned"),
    ("客服主动弹窗", "service opens a chat", "product page", "He", "SEO", "CVR", None, None, 10, 2, 3, 12000, 50, "planned"),
    ("加购后两小时提醒", "reminder two hours after a filled cart", "e-mail/SMS", "Wu", "carts left", "order rate", 8.5, 95, 20, 5, 4, 2500, 90, "planned"),
    ("首页换成按月龄导航", "front page leads by the child's age", "front page", "He", "direct", "CVR", None, None, 8, 3, 1, 55000, 100, "planned"),
    ("支付页加分期付款", "pay in instalments", "checkout", "Qiao", "all visits", "CVR", None, None, 4, 3, 2, 30000, 50, "planned"),
    ("小红书停投地域试验", "Xiaohongshu off in held-out cities", "geo test", "Qiao", "cities", "new customers", None, 60, 10, 3, 2, 90000, 33, "planned"),
    ("直播引流停投地域试验", "traffic for live rooms off in held-out cities", "geo test", "Qiao", "cities", "new customers", None, 60, 12, 3, 2, 140000, 33, "planned"),
    ("信息流再做一次地域试验", "feed ads off in cities once more", "geo test", "Zhou", "cities", "new customers", None, 60, 15, 4, 3, 110000, 33, "idea"),
    ("品牌词长期小流量停投", "brand keywords off for a small part, always", "search ads", "Lin", "SEM", "orders", None, None, -2, 4, 3, 0, 10, "idea"),
    ("达人挂车改图文", "creators post pictures instead of videos", "creators", "He", "Xiaohongshu", "CVR", None, None, 15, 2, 3, 20000, 50, "idea"),
    ("AI 客服先答", "AI answers first", "service", "He", "chats", "order rate", 12.0, 160, 5, 2, 2, 48000, 50, "idea"),
    ("生日月礼券", "coupon in the month of birth", "private domain", "Wu", "members", "repeat rate in 30 days", 28.0, 140, 18, 3, 4, 9000, 80, "idea"),
    ("站内搜索纠错", "shop search mends typing errors", "front page", "He", "all visits", "CVR", None, None, 3, 3, 2, 26000, 100, "idea"),
]  # fmt: skip
FIRST, LAST = pd.Timestamp("2025-01-13"), pd.Timestamp("2025-12-15")


def table(life):
    """The test_ideas table; traffic and conversion rates of the shop's own pages are counted from the last quarter."""
    rng = life.streams.common("test ideas")
    visits, rate = traffic(life.tables)
    names = ["idea_zh", "idea_en", "area", "owner", "traffic", "metric", "base_rate", "units_a_day", "expected_lift", "confidence",
             "ease", "cost", "traffic_share", "status"]  # fmt: skip
    frame = pd.DataFrame(IDEAS, columns=names)
    frame["units_a_day"] = (
        frame["units_a_day"].fillna(frame["traffic"].map(visits)).fillna(0).round().astype(np.int64)
    )
    counted = frame["traffic"].map(rate).where(frame["metric"].isin(["CVR", "orders"]))
    frame["base_rate"] = frame["base_rate"].astype(float).fillna(counted).round(2)
    when = FIRST + pd.to_timedelta(np.sort(rng.integers(0, (LAST - FIRST).days, len(frame))), unit="D")
    frame.insert(0, "idea_id", [f"T{number:02d}" for number in range(1, len(frame) + 1)])
    frame.insert(1, "proposed_on", when)
    return measured(rng, frame)


def traffic(tables):
    """Visits a day and conversion rate (%) of the own shop by source, and of all visits."""
    days = clock.between(*MEASURED)
    seen = tables["web_sessions"]
    seen = seen.loc[days[seen["day"]], ["source", "order_id"]]
    by = seen.groupby("source")["order_id"].agg(["size", "count"])
    by.loc["all visits"] = by.sum()
    return (by["size"] / days.sum()).to_dict(), (100 * by["count"] / by["size"].clip(lower=1)).to_dict()


def measured(rng, frame):
    """Add what the finished tests found: relative lift with its 95 % interval, %."""
    done = (frame["status"] == "done").to_numpy()
    true = OPTIMISM * frame["expected_lift"].to_numpy() * rng.gamma(6.0, 1 / 6, len(frame))
    error = rng.uniform(1.4, 2.8, len(frame))
    found = np.where(done, np.round(true + error * rng.normal(size=len(frame)), 1), np.nan)
    frame["measured_lift"] = found
    frame["measured_low"], frame["measured_high"] = (
        np.round(found - 1.96 * error, 1),
        np.round(found + 1.96 * error, 1),
    )
    return frame


def days_needed(frame):
    """Days until a test of two halves finds the expected lift with power 80 %: 2 n / (units a day x share)."""
    p, lift = frame["base_rate"] / 100, frame["expected_lift"] / 100
    q = p * (1 + lift)
    n = Z**2 * (p * (1 - p) + q * (1 - q)) / (q - p) ** 2
    return 2 * n / (frame["units_a_day"] * frame["traffic_share"] / 100).clip(lower=1e-9)


def truth(frame):
    """Expected and measured lift of the finished tests; which planned ideas score high and could never be read."""
    done = frame[frame["status"] == "done"]
    todo = frame[frame["status"].isin(["planned", "idea"]) & frame["base_rate"].notna()]
    days = days_needed(todo)
    score = todo["expected_lift"].abs() * todo["confidence"] * todo["ease"]
    return {
        "what": "Finished tests found about a third of the lift that their authors expected.",
        "cause": {"measured_over_expected": OPTIMISM},
        "found": {
            "mean_expected_lift": done["expected_lift"].mean(), "mean_measured_lift": done["measured_lift"].mean(),
            "measured_over_expected": done["measured_lift"].sum() / done["expected_lift"].sum(),
            "days_needed": dict(zip(todo["idea_id"], days.round(1), strict=True)),
            "first_by_score": todo.loc[score.sort_values(ascending=False).index[:5], "idea_id"].tolist(),
        },
    }  # fmt: skip
