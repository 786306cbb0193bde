"""The brand's own accounts: posts in their weekly slots, what people did with them, followers, topics.

A post's reach is the platform's doing (its public, its week, the hour, the form it favours) and luck; what people then
do depends on form, topic and platform together. All of it belongs to the brand and not to single customers, so it does
not grow with the world.
"""

import numpy as np
import pandas as pd

from . import clock, creators, rival
from .creators import luck
from .streams import pick, pick_by_row

FIRST = "2024-01-01"
FIRST_DAY = clock.DAYS.get_loc(pd.Timestamp(FIRST))
PLATFORMS = {  # reach of a usual post, impressions per reach, days until half of the impressions are made, follows per reach
    "Douyin": (9500, 1.22, 1.8, 0.0011), "Xiaohongshu": (3200, 1.45, 6.0, 0.0026), "Weibo": (6200, 1.85, 0.7, 0.0003),
    "Bilibili": (3600, 1.15, 9.0, 0.0042), "Zhihu": (1500, 1.3, 45.0, 0.0030), "Kuaishou": (5600, 1.25, 1.5, 0.0013),
}  # fmt: skip
ACCOUNTS = [  # platform, account, reach over that of the usual post, weekly slots (weekday 0-6, hour:minute)
    ("Xiaohongshu", "禾屿官方", 1.25, "0 12:10 2 12:10 4 20:30 5 20:30 6 20:30"),
    ("Xiaohongshu", "禾屿育儿课堂", 1.0, "1 12:10 3 12:10 3 20:30 5 20:30 6 20:30"),
    ("Xiaohongshu", "禾屿生活志", 0.8, "0 12:10 2 12:10 4 12:10 5 12:10 6 20:30"),
    ("Douyin", "禾屿官方", 1.0, "0 18:00 1 20:00 2 18:00 3 20:00 5 19:00 6 20:00"),
    ("Weibo", "禾屿官方", 1.0, "0 10:00 1 10:00 2 10:00 3 10:00 4 17:30"),
    ("Kuaishou", "禾屿官方", 1.0, "1 19:30 3 19:30 5 19:30 6 12:00"),
    ("Bilibili", "禾屿实验室", 1.0, "4 18:00 6 18:00"),
    ("Zhihu", "禾屿育儿研究", 1.0, "1 09:30 3 09:30"),
]
FORMS = [  # platform, form, weight in the calendar, reach, clicks, likes, saves per reach, hours of work
    ("Xiaohongshu", "short video", 0.82, 1.0, 0.0026, 0.028, 0.010, 8.0), ("Xiaohongshu", "graphic", 0.18, 1.0, 0.0045, 0.033, 0.030, 3.5),
    ("Douyin", "short video", 0.82, 1.0, 0.0048, 0.034, 0.006, 9.0), ("Douyin", "graphic", 0.18, 0.75, 0.0023, 0.020, 0.007, 3.0),
    ("Weibo", "graphic", 0.60, 1.0, 0.0017, 0.006, 0.001, 2.0), ("Weibo", "short video", 0.25, 1.1, 0.0011, 0.005, 0.001, 7.0),
    ("Weibo", "text", 0.15, 0.8, 0.0008, 0.004, 0.001, 0.8),
    ("Kuaishou", "short video", 0.80, 1.0, 0.0034, 0.041, 0.004, 7.0), ("Kuaishou", "graphic", 0.20, 0.7, 0.0016, 0.019, 0.004, 2.5),
    ("Bilibili", "long video", 0.60, 1.0, 0.0029, 0.052, 0.024, 26.0), ("Bilibili", "short video", 0.40, 1.1, 0.0013, 0.040, 0.009, 7.0),
    ("Zhihu", "answer", 0.70, 1.0, 0.0027, 0.021, 0.026, 6.0), ("Zhihu", "text", 0.30, 0.8, 0.0014, 0.015, 0.015, 5.0),
]  # fmt: skip
VIEWED = {  # opened of impressions; of these kept for 3 seconds, and seen to the end
    "short video": (0.62, 0.58, 0.24), "graphic": (0.16, 0.8, 0.46), "long video": (0.12, 0.75, 0.17),
    "text": (0.3, 0.85, 0.6), "answer": (0.22, 0.82, 0.38),
}  # fmt: skip
TOPICS = {  # weight, reach, likes, saves, clicks; titles
    "nappy care": (0.17, 1.0, 0.9, 1.5, 1.2, "红屁股反复？先看这3点|换纸尿裤的5个细节|夜里漏尿怎么选尺码|纸尿裤多久换一次|男宝女宝贴法不一样"),
    "complementary food": (0.16, 1.05, 1.0, 1.7, 1.1, "6月龄辅食第一口吃什么|一周辅食安排表|高铁米粉怎么冲|宝宝不爱吃的4个原因|手指食物清单"),
    "newborn care": (0.15, 1.1, 1.0, 1.5, 0.9, "新生儿洗澡全流程|脐带护理别踩坑|黄疸要不要多晒太阳|拍嗝的3个姿势|月子里的作息表"),
    "hospital bag": (0.10, 1.0, 0.8, 2.0, 1.4, "待产包清单，别多买|产科护士看待产包|二胎妈妈只带了这些|待产包打包实录"),
    "sleep": (0.10, 1.1, 1.1, 1.1, 0.6, "睡整觉前我们试过什么|抱睡放下就醒|夜奶怎么慢慢减|小月龄接觉记录"),
    "young parents line": (0.11, 1.0, 1.2, 0.8, 1.0, "第一次当爸妈，允许手忙脚乱|00后新手爸妈的一天|奶爸上线第30天|新系列开箱：年轻一点又何妨|带娃也要做自己"),
    "promotion": (0.13, 0.8, 0.6, 0.4, 1.6, "大促囤货怎么算更省|满减到手价帮你算好了|直播间今晚见|囤货尺码建议"),
    "brand story": (0.08, 0.9, 1.3, 0.4, 0.5, "去工厂看一片纸尿裤|禾屿的第1000封来信|实验室的一天|我们为什么不做奶粉"),
}  # fmt: skip
TAILS = ["", "", "", "｜妈妈提问", "｜实测", "｜看完再买", "（建议收藏）", "｜小课堂第{}期", "｜评论区都在问"]
# Factors on likes and clicks of the young parents line.
YOUNG = {"Douyin": (2.0, 0.25), "Bilibili": (1.9, 0.35), "Kuaishou": (1.2, 0.5), "Xiaohongshu": (1.0, 1.6)}
NOISE, VIRAL = 0.27, 0.03  # log sd of a post's reach; share of posts that run away
EVENING, WEEKEND = 1.12, 1.22  # factor on reach (R110)
MISSED = 0.06  # share of slots without a post

# T22: from this day the platform shows less of everybody, and still less of brands' short videos.
CHANGE_DAY, MARKET_LEFT = "2024-08-15", 0.80
OWN_LEFT = {"short video": 0.65, "graphic": 0.74}
TRIAL_FROM = "2024-11-04"  # from then on the form of every Xiaohongshu slot is drawn by lot
N_CONTROLS = 24

# Followers: at the start, new a day without posts, share of new ones that leave within 30 days, daily loss of old ones.
FOLLOWERS = {"Douyin": (86_000, 46), "Xiaohongshu": (41_000, 30), "Weibo": (212_000, 22), "Bilibili": (16_500, 7),
             "Zhihu": (7_400, 3), "Kuaishou": (33_000, 19)}  # fmt: skip
LEAVE, LEAVE_LATER = 0.12, 0.0003
PROMOTIONS = [  # name, platform, first and last day, new a day, cost of one (CNY), share that leaves within 30 days
    ("lottery", "Weibo", "2025-09-01", "2025-09-30", 820, 0.95, 0.85),
    ("challenge", "Douyin", "2025-06-20", "2025-07-10", 240, 2.1, 0.58),
    ("follow ads", "Xiaohongshu", "2025-03-03", "2025-05-04", 70, 3.7, 0.10),
]
TOPIC_DAY, TOPIC_LIFT, FESTIVAL = "2025-05-24", 1.6, 5.7  # M08: all of parenting was talked about that day
BRANDS = {  # mentions a day on Weibo and Xiaohongshu under the brand's own tags, share that are copies, searches a day
    "Heyu": (42, 17, 0.18, 150), "Qingcheng": (39, 27, 0.33, 250), "Youyou Bear": (17, 12, 0.25, 140), "Xiaomaiya": (7, 5, 0.15, 70),
    "Xu'an": (64, 42, 0.53, 175), "all parenting": (21_000, 34_000, 0.35, 61_000),
}  # fmt: skip
SEARCH_PER_VISIT = 2.4  # searches in the app, a day or two later, per visit that a collaboration causes


def tables(life):
    """social_posts, post_impressions_daily, followers_daily, control_accounts_weekly, topics_daily."""
    common = life.streams.common
    posts = slots(common("social calendar"))
    weeks = weather(common("social weeks"))
    add_reach(common("social reach"), posts, weeks)
    add_reactions(common("social reactions"), posts)
    followers = followers_daily(common("followers"), posts)
    at = followers.set_index(["date", "platform"])["total"]
    before = posts["published_at"].dt.normalize() - pd.Timedelta(days=1)
    known = at.reindex(pd.MultiIndex.from_arrays([before, posts["platform"]])).to_numpy()
    start = posts["platform"].map({name: values[0] for name, values in FOLLOWERS.items()})
    posts["followers"] = np.where(np.isnan(known), start, known)
    return {
        "social_posts": posts,
        "post_impressions_daily": by_age(common("post ages"), posts),
        "followers_daily": followers,
        "control_accounts_weekly": controls(common("control accounts"), weeks),
        "topics_daily": topics(life),
    }


# Posts


def slots(rng):
    """The calendar as it was kept: one row per post, with form, topic, title and what it took to make."""
    parts = []
    for platform, account, factor, plan in ACCOUNTS:
        words = plan.split()
        for weekday, time in zip(words[::2], words[1::2], strict=True):
            days = np.flatnonzero(clock.DAY_OF_WEEK[: clock.N_KNOWN] == int(weekday))
            hour, minute = map(int, time.split(":"))
            parts.append(pd.DataFrame({"platform": platform, "account": account, "factor": factor,
                                       "day": days[days >= FIRST_DAY], "slot": hour * 60 + minute}))  # fmt: skip
    made = pd.concat(parts, ignore_index=True)
    quiet = np.where(clock.new_year_dip()[made["day"]] < 0.7, 0.4, 0.0)
    made = made[rng.random(len(made)) > MISSED + quiet]
    size = len(made)
    late = np.where(rng.random(size) < 0.05, rng.integers(40, 200, size), 0)
    minute = np.minimum(made["slot"] + np.round(rng.gamma(1.3, 4, size)) + late, 1439).astype(int)
    midnight = clock.DAYS.to_numpy().astype("datetime64[s]")[made["day"]]
    made["planned_at"] = midnight + (made["slot"].to_numpy() * 60).astype("timedelta64[s]")
    second = minute.to_numpy() * 60 + rng.integers(0, 60, size)
    made["published_at"] = midnight + second.astype("timedelta64[s]")
    made = made.sort_values(["published_at", "platform", "account"], ignore_index=True)
    made.insert(0, "post_id", [f"P{n:04d}" for n in range(1, size + 1)])
    return made.join(content(rng, made))


def content(rng, posts):
    """Form, topic, title, format and work of each post."""
    size = len(posts)
    row = np.full(size, 0)
    for platform in PLATFORMS:
        here = (posts["platform"] == platform).to_numpy()
        rows = np.flatnonzero([form[0] == platform for form in FORMS])
        row[here] = rows[pick(rng, [FORMS[n][2] for n in rows], int(here.sum()))]
    drawn = (posts["platform"] == "Xiaohongshu") & (posts["published_at"] >= TRIAL_FROM)
    row = np.where(drawn, np.where(rng.random(size) < 0.5, 0, 1), row)
    form = np.array([form[1] for form in FORMS])[row]
    promo = np.where(clock.promo_windows()[0][posts["day"]] != "", 3.0, 0.5)
    weights = np.tile([values[0] for values in TOPICS.values()], (size, 1))
    weights[:, list(TOPICS).index("promotion")] *= promo
    topic = np.array(list(TOPICS))[pick_by_row(rng, weights, np.arange(size))]
    u = rng.random(size)
    video = np.isin(form, ["short video", "long video"])
    long = form == "long video"
    seconds = np.round(np.where(long, 240, 28) * luck(rng, 0.4, size))
    hours = np.array([form[7] for form in FORMS])[row] * np.exp(rng.normal(-0.05, 0.35, size))
    tall = np.where(posts["platform"] == "Xiaohongshu", "3:4", "9:16")
    return pd.DataFrame({
        "row": row, "form": form, "topic": topic,
        "title": titles(topic, u, rng.integers(0, len(TAILS), size)),
        "seconds": np.where(video, seconds, 0).astype(int),
        "aspect": np.select([long, video, form == "graphic"], ["16:9", tall, np.where(u < 0.7, "3:4", "1:1")], ""),
        "safe_area": rng.random(size) < np.where(video, 0.82, 1.0),
        "person_hours": np.round(np.maximum(hours, 0.2), 1),
        "production_cost": np.round(hours * 62 + np.where(long, 400, 0) * rng.random(size), 0),
    })  # fmt: skip


def titles(topic, u, tail):
    """Titles of posts: one of the topic's own, with what such titles are lengthened by; u is a draw from 0 to 1."""
    known = {name: values[5].split("|") for name, values in TOPICS.items()}
    number = pd.Series(topic).groupby(topic).cumcount().tolist()
    rows = zip(topic.tolist(), u.tolist(), tail.tolist(), number, strict=True)
    return [
        known[name][int(part * len(known[name]))] + TAILS[end].format(nth // 9 + 1)
        for name, part, end, nth in rows
    ]


def weather(rng):
    """Luck of a platform's weeks, as factors on reach: DataFrame by day and platform."""
    crowded = np.where(clock.promo_windows()[1], 0.93, 1.0) * np.where(clock.new_year_dip() < 0.7, 0.88, 1.0)
    return pd.DataFrame(tides(rng, 0.056, len(PLATFORMS)) * crowded[:, None], columns=list(PLATFORMS))


def tides(rng, sd, columns):
    """Factors that last for weeks, one column each: exp of an AR(1) by week; shape (days, columns)."""
    weeks = clock.N_DAYS // 7 + 2
    level = np.zeros((weeks, columns))
    shocks = rng.normal(0, 0.8 * sd, level.shape)
    for week in range(1, weeks):
        level[week] = 0.6 * level[week - 1] + shocks[week]
    return np.exp(level[(np.arange(clock.N_DAYS) + 6) // 7])


def add_reach(rng, posts, weeks):
    """Reach and impressions, the bought part of them apart; counted until clock.KNOWN. In place."""
    size, day = len(posts), posts["day"].to_numpy()
    base, frequency, half, _ = np.array([PLATFORMS[name] for name in posts["platform"]]).T
    place = np.array([list(PLATFORMS).index(name) for name in posts["platform"]])
    notes = (posts["platform"] == "Xiaohongshu").to_numpy()
    changed = notes & (posts["published_at"] >= CHANGE_DAY).to_numpy()
    left = posts["form"].map(OWN_LEFT).fillna(1.0).to_numpy()
    hour = np.where(posts["slot"] >= 19 * 60, EVENING, 1.0)
    weekend = np.where(clock.DAY_OF_WEEK[day] >= 5, WEEKEND, 1.0)
    form = np.array([values[3] for values in FORMS])[posts["row"]]
    topic = posts["topic"].map({name: values[1] for name, values in TOPICS.items()})
    usual = base * posts["factor"] * form * topic * hour * weekend * weeks.to_numpy()[day, place]
    viral = np.where(rng.random(size) < VIRAL, np.exp(rng.uniform(0.8, 2.6, size)), 1.0)
    ripe = 1 - 0.5 ** ((clock.N_KNOWN - day - 0.5) / half)
    reach = usual * np.where(changed, left, 1.0) * luck(rng, NOISE, size) * viral * ripe
    boosted = posts["platform"].isin(["Xiaohongshu", "Douyin", "Kuaishou"]) & (rng.random(size) < 0.12)
    posts["boost_cost"] = np.where(
        boosted, rng.choice([100, 200, 300, 500, 1000], size, p=[0.3, 0.28, 0.2, 0.15, 0.07]), 0
    )
    bought = posts["boost_cost"] / 42 * 1000 * luck(rng, 0.2, size)
    posts["paid_impressions"] = np.round(bought).astype(int)
    posts["reach"] = np.maximum(np.round(reach + bought * 0.8), 1).astype(int)
    seen = np.round(reach * np.maximum(frequency * luck(rng, 0.06, size), 1.02)).astype(int)
    posts["impressions"] = np.maximum(seen + posts["paid_impressions"], posts["reach"])


def add_reactions(rng, posts):
    """What people did with the posts. In place."""
    size, reach = len(posts), posts["reach"].to_numpy()
    factor = np.array([TOPICS[name][2:5] for name in posts["topic"]])
    rates = np.array([row[4:7] for row in FORMS])[posts["row"]]
    young = np.array([YOUNG.get(name, (1.0, 1.0)) for name in posts["platform"]])
    young = np.where((posts["topic"] == "young parents line").to_numpy()[:, None], young, 1.0)
    mood = luck(rng, 0.3, size)
    like = rates[:, 1] * factor[:, 0] * young[:, 0] * mood * luck(rng, 0.25, size)
    opened, kept, done = np.array([VIEWED[form] for form in posts["form"]]).T
    tiring = np.where(posts["form"] == "short video", (np.maximum(posts["seconds"], 5) / 30) ** -0.35, 1.0)
    done = done * tiring / kept * luck(rng, 0.2, size)
    posts["opens"] = rng.binomial(posts["impressions"], np.minimum(opened * luck(rng, 0.15, size), 0.95))
    posts["kept_3s"] = rng.binomial(posts["opens"], np.minimum(kept * luck(rng, 0.1, size), 0.97))
    posts["completed"] = rng.binomial(posts["kept_3s"], np.minimum(done, 0.95))
    posts["likes"] = rng.poisson(reach * like)
    chatty = np.where(posts["topic"].isin(["sleep", "young parents line", "brand story"]), 1.6, 1.0)
    posts["comments"] = rng.poisson(reach * like * 0.085 * chatty * luck(rng, 0.5, size))
    posts["shares"] = rng.poisson(reach * like * 0.11 * luck(rng, 0.5, size))
    posts["saves"] = rng.poisson(reach * rates[:, 2] * factor[:, 1] * mood * luck(rng, 0.3, size))
    click = rates[:, 0] * factor[:, 2] * young[:, 1] * luck(rng, 0.3, size)
    posts["link_clicks"] = rng.poisson(reach * click)
    follow = np.array([PLATFORMS[name][3] for name in posts["platform"]]) * mood
    posts["profile_taps"] = rng.poisson(reach * follow * 3.2 * luck(rng, 0.25, size))
    posts["follows"] = rng.binomial(posts["profile_taps"], 0.3)


def by_age(rng, posts):
    """Impressions of 30 posts of early 2025 by days since publication; sums to the post's impressions."""
    early = posts[(posts["published_at"] >= "2025-01-06") & (posts["published_at"] < "2025-03-24")]
    some = early[early["boost_cost"] == 0].groupby("platform").head(5)
    parts = []
    for post in some.itertuples():
        age = np.arange(clock.N_KNOWN - post.day) + 0.5
        half = PLATFORMS[post.platform][2]
        weight = (0.5 ** (age / half) + 0.02 * 0.5 ** (age / (8 * half))) * luck(rng, 0.25, len(age))
        seen = rng.multinomial(post.impressions, weight / weight.sum())
        days = np.flatnonzero(seen)
        parts.append(pd.DataFrame({"post_id": post.post_id, "days_after": days, "impressions": seen[days]}))
    return pd.concat(parts, ignore_index=True)


# Followers


def followers_daily(rng, posts):
    """New and lost followers by platform and day; `left_30d` is known once 30 days have passed."""
    parts = [one_platform(rng, name, posts[posts["platform"] == name]) for name in PLATFORMS]
    return pd.concat(parts, ignore_index=True).sort_values(["date", "platform"], ignore_index=True)


def one_platform(rng, platform, posts):
    """Followers of one platform."""
    days = clock.N_KNOWN - FIRST_DAY
    start, usual = FOLLOWERS[platform]
    week = clock.WEEKDAY[clock.DAY_OF_WEEK[FIRST_DAY : clock.N_KNOWN]]
    slow = tides(rng, 0.3, 1)[FIRST_DAY : clock.N_KNOWN, 0]
    new = rng.poisson(usual * week * slow * luck(rng, 0.2, days))
    after = rng.multinomial(posts["follows"].to_numpy(), [0.6, 0.28, 0.12])
    for lag in range(3):
        day = np.minimum(posts["day"].to_numpy() - FIRST_DAY + lag, days - 1)
        new = new + np.bincount(day, after[:, lag], days).astype(int)
    name, cost = np.full(days, "", dtype=object), np.zeros(days)
    gone, left = leaving(rng, new, LEAVE, 9.0)
    for title, where, first, last, a_day, price, leave in PROMOTIONS:
        if where == platform:
            on = clock.between(first, last)[FIRST_DAY : clock.N_KNOWN]
            shape = np.where(np.cumsum(on) == 1, 1.8, 1.0) * luck(rng, 0.22, days)
            more = rng.poisson(np.where(on, a_day * shape, 0))
            name[on] = title
            cost += np.round(np.where(on, more * price * luck(rng, 0.1, days), 0), 2)
            more_gone, more_left = leaving(rng, more, leave, 7.0)
            new, gone, left = new + more, gone + more_gone, left + more_left
    steady = start + np.concatenate([[0], np.cumsum(new - gone)[:-1]]) - LEAVE_LATER * start * np.arange(days)
    lost = gone + rng.poisson(LEAVE_LATER * np.maximum(steady, 1000) * slow**0.5)
    dates = clock.DAYS[FIRST_DAY : clock.N_KNOWN]
    settled = np.arange(days) < days - 30
    return pd.DataFrame({
        "date": dates, "platform": platform, "new": new, "lost": lost, "total": start + np.cumsum(new - lost),
        "left_30d": pd.Series(left).where(settled).astype("Int64"), "promotion": name.astype(str), "promotion_cost": cost,
    })  # fmt: skip


def leaving(rng, new, share, mean_days):
    """Followers who go within 30 days: (how many leave on each day, how many of each day's new ones leave)."""
    wait = np.exp(-np.arange(1, 31) / mean_days)
    chances = np.append(share * wait / wait.sum(), 1 - share)
    left = rng.multinomial(new, chances)[:, :30]
    gone = np.zeros(len(new) + 30, dtype=int)
    for lag in range(30):
        gone[lag + 1 : lag + 1 + len(new)] += left[:, lag]
    return gone[: len(new)], left.sum(axis=1)


# Other accounts, other brands


def controls(rng, weeks):
    """Reach per week of 24 accounts of the same public on Xiaohongshu that belong to no brand."""
    monday = np.flatnonzero((clock.DAY_OF_WEEK == 0) & (np.arange(clock.N_DAYS) >= FIRST_DAY))
    monday = monday[monday + 7 <= clock.N_KNOWN]
    size = np.exp(rng.normal(np.log(3800), 0.7, N_CONTROLS))
    habit = rng.uniform(2.5, 7.5, N_CONTROLS)
    posts = rng.poisson(habit, (len(monday), N_CONTROLS))
    after = np.clip((clock.DAYS.get_loc(pd.Timestamp(CHANGE_DAY)) - monday) / 7, 0, 1)
    level = after + (1 - after) * MARKET_LEFT
    public = weeks["Xiaohongshu"].to_numpy()[monday[:, None] + np.arange(7)].sum(axis=1)
    reach = posts * size * luck(rng, 0.2, posts.shape) * (level * public / 7)[:, None]
    week, account = np.divmod(np.arange(posts.size), N_CONTROLS)
    frame = pd.DataFrame({
        "week_start": clock.DAYS[monday[week]], "account": [f"R{n + 1:02d}" for n in account],
        "posts": posts.ravel(), "reach": np.round(reach.ravel()).astype(int),
    })  # fmt: skip
    return frame[frame["posts"] > 0].reset_index(drop=True)


def topics(life):
    """Mentions of the brand, of rivals and of all parenting topics, by day, on two platforms."""
    rng, days = life.streams.common("topics"), np.arange(FIRST_DAY, clock.N_KNOWN)
    talk = np.convolve(creators.lift(life.streams, 1.0), [0.1, 0.4, 0.3, 0.2])[days]
    promo, peak, _ = clock.promo_windows()
    season = (np.where(peak, 1.9, np.where(promo != "", 1.2, 1.0)) * clock.WEEKDAY[clock.DAY_OF_WEEK])[days]
    feast = np.where(clock.between("2025-05-23", "2025-05-25"), 1.9, 1.0)[days]
    feast[clock.between(TOPIC_DAY, TOPIC_DAY)[days]] = FESTIVAL
    known = 1 - np.exp(-np.maximum(days - clock.DAYS.get_loc(pd.Timestamp(rival.RIVAL_DAY)) + 7, 0) / 21)
    parts = []
    for place, platform in enumerate(["Weibo", "Xiaohongshu"]):
        common = season * luck(rng, 0.06, len(days)) * (feast if platform == "Weibo" else 1.0)
        slow = tides(rng, 0.03, len(BRANDS))[days]
        for column, (brand, values) in enumerate(BRANDS.items()):
            own = slow[:, column] * luck(rng, 0.03, len(days)) * (known if brand == "Xu'an" else 1.0)
            usual, searches = values[place] * common * own, values[3] * season * own * (0.35, 1.0)[place]
            if brand == "Heyu":
                lifted = np.where((feast == FESTIVAL) & (place == 0), TOPIC_LIFT, 1.0)
                usual = usual * lifted + 0.1 * talk * place
                searches = searches + SEARCH_PER_VISIT * talk * place
            mentions = rng.poisson(usual)
            parts.append(pd.DataFrame({
                "date": clock.DAYS[days], "platform": platform, "topic": brand, "mentions": mentions,
                "original_mentions": rng.binomial(mentions, 1 - values[2]), "searches": rng.poisson(searches),
            })[(known > 0) | (brand != "Xu'an")])  # fmt: skip
    return pd.concat(parts).sort_values(["date", "platform", "topic"], ignore_index=True)


def truth(life):
    """What was put into the brand's own accounts, and what a right count gives."""
    tables = life.tables
    posts, control = tables["social_posts"], tables["control_accounts_weekly"]
    notes = posts[(posts["platform"] == "Xiaohongshu") & (posts["boost_cost"] == 0)]
    notes = notes.assign(log=np.log(notes["reach"]), after=notes["published_at"] >= CHANGE_DAY)
    videos = notes[notes["form"] == "short video"]
    own = np.exp(gap(videos, "after")) - 1
    control = control.assign(log=np.log(control["reach"] / control["posts"]))
    others = control.groupby(control["week_start"] >= CHANGE_DAY)["log"].mean()
    others = np.exp(others[True] - others[False]) - 1
    graphic = np.exp(-gap(notes[notes["published_at"] >= TRIAL_FROM], "form")) - 1
    daily = tables["followers_daily"]
    won = daily[daily["promotion"] != ""].groupby("promotion")[["promotion_cost", "new", "left_30d"]].sum()
    weibo = tables["topics_daily"].query("platform == 'Weibo'")
    talk = weibo.pivot(index="date", columns="topic", values="mentions")
    day = talk.loc[TOPIC_DAY] / talk.loc["2025-04-26":"2025-05-22"].mean()
    return {
        "T22": {
            "what": "On 15 August 2024 Xiaohongshu began to show less of everybody, and less still of brands' short videos.",
            "cause": {"left_of_reach": {"others": MARKET_LEFT, **OWN_LEFT}, "form_drawn_by_lot_from": TRIAL_FROM},
            "found": {"own_short_video": own, "control_accounts": others, "own_beyond_controls": own - others,
                      "graphic_over_short_video": graphic, "recovered_by_graphics": graphic * (1 + own)},
        },
        "posting_hour": {
            "what": "Evening posts reach more people; the calendar puts them on weekends, which reach more as well.",
            "cause": {"evening": EVENING, "weekend": WEEKEND},
        },
        "follower_cost": {
            "what": "The lottery's followers are the cheapest when they come and the dearest when 30 days are over.",
            "cause": {name: {"leave_within_30_days": leave} for name, *_, leave in PROMOTIONS},
            "found": {"per_new_follower": (won["promotion_cost"] / won["new"]).to_dict(),
                      "per_follower_kept": (won["promotion_cost"] / (won["new"] - won["left_30d"])).to_dict()},
        },
        "topic_day": {
            "what": "On the topic day all of parenting was talked about; only what Heyu rose beyond that is its own.",
            "cause": {"day": TOPIC_DAY, "factor_on_heyu_alone": TOPIC_LIFT, "factor_on_all": FESTIVAL},
            "found": {"heyu": day["Heyu"], "all_parenting": day["all parenting"], "lift": day["Heyu"] / day["all parenting"] - 1},
        },
        "content_forms": {
            "what": "Which form brings people to the shop depends on the platform.",
            "cause": {"clicks_per_reach": {f"{platform} {form}": click for platform, form, _, _, click, *_ in FORMS}},
        },
    }  # fmt: skip


def gap(posts, column):
    """Mean difference of `log` between the second and the first value of a column.

    Weekly slots are made equal, and posts that ran away (beyond 1) are left out.
    """
    beside = posts["log"] - posts.groupby(["account", posts["day"] % 7, "slot"])["log"].transform("median")
    level = beside[beside.abs() < 1].groupby(posts[column]).mean()
    return level.iloc[1] - level.iloc[0]
