"""Creators and what Heyu did with them: who is offered, who has bought followers, what a collaboration moved.

All collaborations are planned from the seed alone, before anybody orders: `lift` tells the shop how many more visits
come of them each day. The tables then count what came; a code is only ever used by somebody whose order came through
Xiaohongshu in the days after a note.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from . import clock, plan
from .streams import Streams, pick

FIRST = "2024-01-01"
N_BOUGHT = 12  # T14: of 60
PLATFORMS = {"Xiaohongshu": 46, "Douyin": 9, "Bilibili": 5}
AGENCIES = ["", "星桥文化", "半夏传媒", "向野MCN"]
STAGES = ["pregnancy", "0-6 months", "7-12 months", "13-24 months", "25-36 months"]
CITIES = ["tier 1-2", "tier 3-4"]
VERTICALS = {  # share of viewers who are mothers of the clusters; their stages
    "pregnancy": (0.60, [0.62, 0.22, 0.08, 0.05, 0.03]),
    "newborn care": (0.68, [0.18, 0.50, 0.20, 0.08, 0.04]),
    "feeding": (0.66, [0.04, 0.20, 0.42, 0.24, 0.10]),
    "product tests": (0.58, [0.22, 0.26, 0.22, 0.18, 0.12]),
    "early learning": (0.52, [0.02, 0.08, 0.20, 0.35, 0.35]),
    "family life": (0.40, [0.12, 0.18, 0.20, 0.25, 0.25]),
    "beauty and fashion": (0.26, [0.15, 0.20, 0.20, 0.20, 0.25]),
    "humour": (0.22, [0.10, 0.15, 0.20, 0.25, 0.30]),
}
NAMES = {  # invented; Chinese/English
    "pregnancy": "孕期小满/Xiaoman expects, 待产的阿梨/Ali before birth, 柚子准妈妈/Yuzu mother-to-be, 双胎妈妈木木/Mumu and her twins, "
    "产科护士鹿鹿/Lulu obstetric nurse, 孕反日记本/Morning sickness diary, 大肚婆上班记/Pregnant at the office, 月子里的南南/Nannan after birth",
    "newborn care": "糖妈育儿记/Mama Tang, 儿科老周说/Old Zhou paediatrician, 护理师芸姐/Sister Yun newborn nurse, 奶爸阿川/Achuan the milk dad, "
    "小汤圆他妈/Little Dumpling's mum, 睡整觉计划/Sleeping through, 夜奶研究所/Night feed institute, 一只慢妈妈/A slow mother, "
    "红屁股救兵/Nappy rash relief, 早产宝妈阿果/Aguo born early, 新手妈妈七七/Qiqi new mother, 奶嗝先生/Mister Burp",
    "feeding": "辅食小灶台/The small stove, 糊糊妈妈/Mama Mash, 吃饭困难户/The fussy eater, 营养师林晚/Lin Wan dietitian, "
    "手指食物厨房/Finger food kitchen, 果果的餐盘/Guoguo's plate, 一岁吃点啥/What to eat at one, 无盐小星球/Planet without salt",
    "product tests": "宝贝好物局/Bureau of baby goods, 成分控妈妈/The ingredients mum, 尿裤实验室/Diaper laboratory, 奶瓶十级学者/Bottle scholar, "
    "省钱妈妈账本/The thrifty ledger, 囤货小美/Xiaomei stocks up, 拆箱的妈妈/The unboxing mum, 不踩坑妈妈/No bad buys",
    "early learning": "绘本妈妈青青/Qingqing reads, 地板时间/Floor time, 在家玩早教/Learning at home, 积木爸爸/The brick dad, "
    "蒙氏小角落/Montessori corner, 三岁以前/Before three, 认知卡小课堂/Card class",
    "family life": "三口之家在杭州/Three in Hangzhou, 二胎妈妈大满/Daman and her two, 小城妈妈一天/A day in a small town, 外婆带娃记/Grandma minds the baby, "
    "全职爸爸老陈/Old Chen at home, 早八妈妈/The eight o'clock mum, 院子里的小孩/Children of the yard, 周末遛娃地图/Weekend pram map, "
    "阿姨今天休息/Nanny's day off, 四口人的早餐/Breakfast for four",
    "beauty and fashion": "辣妈小衣橱/Mum's wardrobe, 产后小鱼/Xiaoyu after birth, 精致宝妈薇薇/Weiwei the neat, 哺乳期穿搭/Nursing outfits",
    "humour": "当妈后我裂开了/Cracked since motherhood, 爸爸带娃翻车/Dad's crash, 人类幼崽观察员/Watching human cubs",
}
CLUSTER_PEOPLE = np.array([[5200, 8200], [5900, 9600], [5600, 9400], [7800, 13800], [7000, 13200]])
REAL_FOLLOWERS = (26_000, 1.15)  # median and log sd
BOUGHT_SHARE = (0.45, 0.75)  # T14: of the followers of those who bought
VIEWS = {"graphic": 0.62, "short video": 1.05}  # x real followers ^ 0.85; a play counts sooner than a read
RATES = {
    "graphic": (0.055, 0.0062, 0.036, 0.0060),
    "short video": (0.034, 0.0040, 0.0105, 0.0085),
}  # per view
KINDS = ["likes", "comments", "saves", "shares"]
BOUGHT_PER_FOLLOWER = np.array([0.011, 0.0012, 0.0, 0.0003])  # bots like and comment, they never save
FEE, FEE_POWER = 0.15, 0.84
BARGAIN = 0.7  # the under-priced KOC's cost per mother's view over that of the next cheapest
PANEL = 12  # creators who work for Heyu every quarter
OTHERS_A_QUARTER = (5, 9)
TALENT, LUCK = 0.12, 0.9  # log sd of what a creator's viewers do for Heyu: lasting, and of a single note
LIFT_A_DAY = 6.5  # mean extra visits a day in 2024 and 2025, own shop
LIFT_AT_MOST = 420  # visits of one collaboration
DECAY_DAYS, LIFT_DAYS = 2.8, 12
BY_LINK = 0.75  # part of the extra visits that come by the note's link
CODE_USE = 0.5  # buyers brought by a note who use its code
SHARE_OF_BUDGET = 0.8  # of the month's planned creator fee that may go to collaborations


@dataclass
class Programme:
    """What was planned: creators and collaborations with their hidden causes; visits[c, day] caused by each."""

    creators: pd.DataFrame
    audiences: np.ndarray
    collabs: pd.DataFrame
    visits: np.ndarray


@cache
def programme(seed):
    """Everything about creators in the world of `seed`; the same in every part of a large world."""
    rng = Streams(seed).common("collabs")
    creators = profiles(rng)
    audiences = viewers(rng, creators)
    price(rng, creators, audiences)
    collabs = collaborations(rng, creators)
    visits = effects(rng, creators, audiences, collabs)
    return Programme(creators, audiences, collabs, visits)


def lift(streams, scale):
    """Expected extra visits of prospects a day that collaborations cause; shape (days,)."""
    return programme(streams.seed).visits.sum(axis=0) * scale


def fees(streams):
    """Fees of collaborations per day, CNY at scale 1, booked on the first of the month; shape (days,)."""
    collabs = programme(streams.seed).collabs
    first = clock.DAYS.get_indexer(clock.DAYS[collabs["day"]].to_period("M").start_time)
    return np.bincount(first, collabs["fee"], clock.N_DAYS)


def luck(rng, sd, size):
    """Factors around 1 with the given standard deviation of their logarithm."""
    return np.exp(rng.normal(0, sd, size))


# Creators


def profiles(rng):
    """The 60 creators with their audience as it is and as it looks; columns `bought`, `real` are hidden."""
    names = [(*name.split("/"), vertical) for vertical, group in NAMES.items() for name in group.split(", ")]
    zh, en, vertical = zip(*names, strict=True)
    size = len(names)
    real = REAL_FOLLOWERS[0] * np.exp(np.clip(rng.normal(0, REAL_FOLLOWERS[1], size), -2.0, 2.8))
    bought = np.zeros(size, bool)
    tempted = np.where((real > 7_000) & (real < 160_000), real**0.85, 0)
    bought[rng.choice(size, N_BOUGHT, replace=False, p=tempted / tempted.sum())] = True
    share = np.where(bought, rng.uniform(*BOUGHT_SHARE, size), rng.uniform(0.01, 0.06, size))
    followers = np.round(real / (1 - share)).astype(np.int64)
    platform = rng.permutation(np.repeat(list(PLATFORMS), list(PLATFORMS.values())))
    video = rng.random(size) < np.where(platform == "Xiaohongshu", 0.38, 1.0)
    form = np.where(video, "short video", "graphic")
    frame = pd.DataFrame({
        "creator_id": [f"C{n:02d}" for n in range(1, size + 1)], "name": zh, "name_en": en, "platform": platform,
        "vertical": vertical, "main_form": form, "followers": followers, "real": real, "bought": bought,
        "fake_share": share, "talent": rng.normal(0, TALENT, size),
    })  # fmt: skip
    represented = (rng.random(size) < np.interp(np.log(followers), [9.5, 12.5], [0.1, 0.85])).astype(int)
    frame["agency"] = np.array(AGENCIES)[represented * rng.integers(1, len(AGENCIES), size)]
    frame["posts_a_month"] = rng.poisson(9, size) + 4
    return frame.join(engagement(rng, frame)).join(traces(rng, frame))


def engagement(rng, frame):
    """Views and interactions of a median post: real people's, plus what was bought with the followers."""
    size, followers = len(frame), frame["followers"].to_numpy()
    fake = followers * frame["fake_share"].to_numpy() * frame["bought"].to_numpy()
    views = frame["main_form"].map(VIEWS).to_numpy() * frame["real"].to_numpy() ** 0.85
    real_views = views * luck(rng, 0.25, size)
    rates = np.array([RATES[form] for form in frame["main_form"]]) * luck(rng, 0.25, (size, 4))
    counts = rates * real_views[:, None] + fake[:, None] * BOUGHT_PER_FOLLOWER * luck(rng, 0.3, (size, 4))
    made = pd.DataFrame(np.round(counts).astype(np.int64), columns=KINDS)
    made.insert(0, "median_views", np.round(real_views + 0.02 * fake).astype(np.int64))
    return made.assign(real_views=real_views)


def traces(rng, frame):
    """What buying followers leaves behind; some honest creators show one trace, for honest reasons, but not all."""
    size, bought = len(frame), frame["bought"].to_numpy()
    share = np.where(bought, frame["fake_share"], 0)
    draw_fans, went_viral, early = rng.random((3, size)) < np.array([[0.09], [0.14], [0.08]])
    entropy = 7.1 + rng.normal(0, 0.42, size) - 2.4 * share - 0.9 * (draw_fans & ~bought)
    first = 0.16 + 0.05 * rng.standard_t(6, size) + 0.36 * share + 0.15 * (early & ~bought)
    days = np.where(bought, 3 + rng.poisson(4, size), rng.poisson(0.6, size) + 4 * went_viral)
    part = rng.beta(2, 12, size) + 0.45 * went_viral
    part = np.where(bought, rng.uniform(0.4, 0.88, size), part)
    growth = rng.gamma(2, 0.05, size) + np.where(bought, 0.35 * share, 0.12 * went_viral)
    return pd.DataFrame({
        "comment_entropy": np.round(np.clip(entropy, 3, 8.4), 2),
        "first_10min_pct": np.round(100 * np.clip(first, 0.03, 0.9), 1),
        "growth_180d_pct": np.round(100 * growth, 1),
        "burst_days": days,
        "burst_pct": np.round(np.where(days == 0, 0.0, 100 * np.clip(part, 0.02, 0.95)), 1),
    })  # fmt: skip


def viewers(rng, creators):
    """Share of each creator's viewers by cluster: stage of the child x size of the city; shape (creators, 5, 2).

    Sums to the share of mothers among the viewers, which is less than 1.
    """
    made = np.empty((len(creators), len(STAGES), 2))
    for row, vertical in enumerate(creators["vertical"]):
        mothers, stages = VERTICALS[vertical]
        large = rng.beta(5, 4.5)
        mix = rng.dirichlet(np.array(stages) * 45)[:, None] * np.array([large, 1 - large])
        made[row] = np.clip(mothers * np.exp(rng.normal(0, 0.1)), 0.1, 0.85) * mix
    return made


def price(rng, creators, audiences):
    """Quoted fees follow the followers, whoever they are; one mid-size KOC asks far too little. In place."""
    size, form = len(creators), creators["main_form"] == "short video"
    fee = FEE * creators["followers"] ** FEE_POWER * np.where(form, 1.25, 1.0) * luck(rng, 0.15, size)
    value = creators["real_views"].to_numpy() * audiences.sum(axis=(1, 2))
    fits = (~creators["bought"] & (creators["platform"] == "Xiaohongshu") & ~form).to_numpy()
    mid = fits & creators["followers"].between(20_000, 80_000).to_numpy()
    mid = mid if mid.any() else fits
    best = int(np.argmax(np.where(mid, value / fee, 0)))
    fee = np.maximum(np.round(fee, -1), 150.0)
    others = np.delete(fee / value, best).min()
    fee[best] = max(np.floor(BARGAIN * others * value[best] / 10) * 10, 100.0)
    creators["quoted_fee"] = fee
    creators["underpriced"] = np.arange(size) == best
    creators.loc[best, "agency"] = ""
    creators["minimum_posts"] = np.where(creators["agency"] != "", 2, 1)


# Collaborations


def busy():
    """How much more is published on a day: before and in the promotions, late in the week; shape (days,)."""
    promo, _, _ = clock.promo_windows()
    soon = sum(np.roll(promo == name, -12) | (promo == name) for name in ("618", "Double 11", "8 March"))
    weekday = np.array([0.9, 1.1, 1.1, 1.2, 1.2, 0.8, 0.8])[clock.DAY_OF_WEEK]
    return weekday * np.where(soon > 0, 3.0, 1.0) * np.where(clock.new_year_dip() < 0.7, 0.1, 1.0)


def collaborations(rng, creators):
    """Who publishes when and for which fee: a panel of twelve every quarter, others once in a while."""
    own = (creators["platform"] == "Xiaohongshu").to_numpy()
    fee = creators["quoted_fee"].to_numpy()
    close = creators["vertical"].map(lambda name: VERTICALS[name][0] >= 0.5).to_numpy()
    steady = np.flatnonzero(own & close & (fee > 250) & (fee < 1900) & ~creators["underpriced"].to_numpy())
    panel = rng.permutation(steady)[:PANEL]
    rest = np.setdiff1d(np.flatnonzero(own & (fee < 9000)), panel)
    quarter = clock.DAYS.to_period("Q").astype(str).to_numpy()
    room = SHARE_OF_BUDGET * plan.monthly(plan.CREATORS_A_MONTH, "Xiaohongshu")
    left = np.bincount(clock.MONTH, room)
    rows = []
    for name in np.unique(quarter[clock.DAYS >= FIRST]):
        days = np.flatnonzero(quarter == name)
        who = np.concatenate([panel, rng.permutation(rest)[: rng.integers(*OTHERS_A_QUARTER, endpoint=True)]])
        when = days[pick(rng, busy()[days], len(who))]
        paid = np.round(fee[who] * np.exp(rng.normal(-0.06, 0.06, len(who))), -1)
        for creator, day, cost in zip(who.tolist(), when.tolist(), paid.tolist(), strict=True):
            if left[clock.MONTH[day]] >= cost:
                left[clock.MONTH[day]] -= cost
                rows.append((day, creator, cost))
    made = pd.DataFrame(sorted(rows), columns=["day", "creator", "fee"])
    minute = rng.choice([12 * 60, 18 * 60, 20 * 60, 21 * 60], len(made), p=[0.2, 0.2, 0.35, 0.25])
    made["minute"] = minute + rng.integers(0, 55, len(made))
    swap = rng.random(len(made)) < 0.15
    video = (creators["main_form"].to_numpy()[made["creator"]] == "short video") ^ swap
    made["form"] = np.where(video, "short video", "graphic")
    return made


def effects(rng, creators, audiences, collabs):
    """Views of each collaboration (added in place) and the visits it causes; shape (collaborations, days)."""
    who, size = collabs["creator"].to_numpy(), len(collabs)
    own = creators["main_form"].map(VIEWS).to_numpy()[who]
    real = creators["real_views"].to_numpy()[who] * collabs["form"].map(VIEWS).to_numpy() / own
    real = real * luck(rng, 0.45, size) * np.where(rng.random(size) < 0.04, 3.0, 1.0)
    collabs["real_views"] = real
    response = np.exp(creators["talent"].to_numpy()[who] + rng.normal(0, LUCK, size) - LUCK**2 / 2)
    strength = np.minimum(real, 45_000) * audiences.sum(axis=(1, 2))[who] * np.minimum(response, 4.0)
    told = (collabs["day"] < clock.N_KNOWN).to_numpy()
    days = clock.N_KNOWN - clock.DAYS.get_loc(pd.Timestamp(FIRST))
    caused = np.minimum(strength / strength[told].sum() * LIFT_A_DAY * days, LIFT_AT_MOST)
    collabs["visits"] = caused / caused[told].sum() * LIFT_A_DAY * days
    fade = np.exp(-np.arange(LIFT_DAYS) / DECAY_DAYS)
    fade[0] = 0.55  # published in the evening
    visits = np.zeros((size, clock.N_DAYS + LIFT_DAYS))
    for after, part in enumerate(fade / fade.sum()):
        visits[np.arange(size), collabs["day"] + after] += part * collabs["visits"]
    return visits[:, : clock.N_DAYS]


# Tables


def tables(life):
    """creators, creator_audience_overlap, collabs, collab_codes."""
    known = programme(life.streams.seed)
    collabs = told_collabs(life.streams.common("collab counts"), known)
    return {
        "creators": told_creators(known),
        "creator_audience_overlap": overlap(known),
        "collabs": collabs,
        "collab_codes": codes(life, known, collabs),
    }


def told_creators(known):
    """The creators as an agency's list shows them."""
    frame, mothers = known.creators.copy(), known.audiences.sum(axis=(1, 2))
    frame["mothers_pct"] = np.round(100 * mothers, 1)
    frame["tier12_pct"] = np.round(100 * known.audiences[:, :, 0].sum(axis=1) / mothers, 1)
    return frame


def overlap(known):
    """Share of each creator's viewers in each cluster of mothers, and how many mothers the cluster has."""
    size = len(known.creators)
    stage, city = np.divmod(np.tile(np.arange(10), size), 2)
    return pd.DataFrame({
        "creator_id": np.repeat(known.creators["creator_id"].to_numpy(), 10),
        "child_stage": np.array(STAGES)[stage],
        "city": np.array(CITIES)[city],
        "cluster_people": np.tile(CLUSTER_PEOPLE.ravel(), size),
        "viewers_pct": np.round(100 * known.audiences.reshape(-1), 2),
    })  # fmt: skip


def told_collabs(rng, known):
    """Collaborations until clock.KNOWN as the platform counts them within 30 days."""
    made = known.collabs[known.collabs["day"] < clock.N_KNOWN]
    who, size = made["creator"].to_numpy(), len(made)
    creators = known.creators.iloc[who].reset_index(drop=True)
    fake = (creators["followers"] * creators["fake_share"] * creators["bought"]).to_numpy()
    rates = np.array([RATES[form] for form in made["form"]]) * luck(rng, 0.25, (size, 4))
    counts = rng.poisson(rates * made["real_views"].to_numpy()[:, None] + fake[:, None] * BOUGHT_PER_FOLLOWER)
    midnight = clock.DAYS.to_numpy().astype("datetime64[s]")[made["day"]]
    frame = pd.DataFrame({
        "collab_id": collab_ids(size),
        "creator_id": creators["creator_id"],
        "published_at": midnight + (made["minute"].to_numpy() * 60).astype("timedelta64[s]"),
        "form": made["form"].to_numpy(),
        "fee": made["fee"].to_numpy(),
        "views": rng.poisson(made["real_views"] + 0.02 * fake),
        **dict(zip(KINDS, counts.T, strict=True)),
        "clicks": rng.poisson(made["visits"].to_numpy() * BY_LINK * 1.2),
    })  # fmt: skip
    frame["code"] = "HY" + frame["creator_id"].str[1:] + "-" + frame["collab_id"].str[1:]
    return frame


def codes(life, known, collabs):
    """Which orders used which code: about half of the buyers whom a note brought to the own shop."""
    rng, orders, visits = life.streams("collab codes"), life.tables["orders"], life.tables["web_sessions"]
    first = orders.drop_duplicates("customer_id")
    first = first[(first["channel"] == "Xiaohongshu") & (first["store"] == "own")].query("status == 'paid'")
    came = visits["day"].to_numpy()[visits["source"].to_numpy() == "Xiaohongshu"]
    came = np.maximum(np.bincount(came, minlength=clock.N_DAYS), 1)
    caused = known.visits[: len(collabs)] * life.scale / came
    edges = np.cumsum(caused * CODE_USE, axis=0)[:, first["day"]]
    found = (edges < rng.random(len(first))).sum(axis=0)
    used = found < len(collabs)
    return pd.DataFrame({
        "order_id": first["order_id"].to_numpy()[used],
        "collab_id": collabs["collab_id"].to_numpy()[found[used]],
    })  # fmt: skip


def hidden(life):
    """Who bought followers, and what every collaboration caused."""
    known = programme(life.streams.seed)
    labels = known.creators[["creator_id", "bought", "fake_share", "underpriced", "talent"]]
    size = int((known.collabs["day"] < clock.N_KNOWN).sum())
    causes = pd.DataFrame({"collab_id": collab_ids(size), "visits": known.collabs["visits"][:size]})
    return {"creators": labels, "collabs": causes}


def collab_ids(size):
    """Numbers of the first `size` collaborations."""
    return [f"K{n:03d}" for n in range(1, size + 1)]


def truth(life):
    """Who bought followers, who is cheap, what collaborations moved."""
    frame, tables = programme(life.streams.seed).creators, life.tables
    ids, shown = frame["creator_id"], told_creators(programme(life.streams.seed))
    price = shown["quoted_fee"] / (shown["median_views"] * shown["mothers_pct"] / 100)
    price.index = ids
    cheap = frame.loc[frame["underpriced"], "creator_id"].iloc[0]
    return {
        "T14": {
            "what": "12 of 60 creators have bought followers; one mid-size KOC asks far too little.",
            "cause": {"bought_share_of_followers": BOUGHT_SHARE, "price_of_the_cheap_one_over_the_next": BARGAIN},
            "found": {"bought": ids[frame["bought"]].tolist(), "underpriced": cheap,
                      "fee_per_mother_view": price[cheap], "next_cheapest": price.drop(cheap).min(),
                      "bought_among_the_five_with_most_followers": int(frame.nlargest(5, "followers")["bought"].sum())},
        },
        "collaborations": {
            "what": "Collaborations bring visits for about ten days; codes count only part of the orders.",
            "cause": {"visits_a_day": LIFT_A_DAY, "decay_days": DECAY_DAYS, "clicks_per_visit": BY_LINK, "buyers_who_use_the_code": CODE_USE,
                      "log_sd_of_creators": TALENT, "log_sd_of_single_posts": LUCK},
            "found": {"fees": tables["collabs"]["fee"].sum(), "code_orders": len(tables["collab_codes"])},
        },
    }  # fmt: skip
