"""AI and automation at work: assets written by machine or by hand, service bot, bidding, a pilot, trends.

Several tables hold chosen luck (a sample with three defects, a pilot above its target): the lesson is about reading
it, and the truth owns up to it.
"""

import numpy as np
import pandas as pd

from . import phrases, products
from .sales import HOURS
from .streams import pick, pick_by_row

ASSETS, AI_SHARE = 2_000, 0.62
DEFECT = np.array([0.028, 0.085])  # true share of defects: human, AI
SAMPLE, FOUND = 60, (2, 3)  # assets of each kind that were reviewed, defects found in them
DEFECT_KINDS, DEFECT_WEIGHT = (
    ["unproven fact", "absolute term", "wrong price", "medical claim", "off tone"],
    [0.38, 0.22, 0.18, 0.1, 0.12],
)
SLOTS = ["search brand page", "product page", "member message", "feed ad", "promotion poster", "note"]
SLOT_CTR = np.array([0.062, 0.047, 0.038, 0.0135, 0.016, 0.0115])  # the first three are evergreen
SLOT_OF = np.array([[0.07, 0.13, 0.12, 0.31, 0.17, 0.20], [0.27, 0.26, 0.20, 0.12, 0.06, 0.09]])  # human, AI
AI_CTR = 0.93  # factor on the CTR of an AI asset in the same slot
MINUTES = {
    "draft": [(52, 0.35), (3.5, 0.3)],
    "editing": [(11, 0.5), (27, 0.6)],
    "review": [(4, 0.3), (7, 0.35)],
}  # median, log sd
ACCEPTED = np.array([0.89, 0.63])

DIALOGUES, CONTAINED = 500, 0.92
WRONG = {"allergy": 0.11}  # share of wrong answers; of the other topics:
WRONG_ELSEWHERE = 0.027
FROM_BOT = pd.Timestamp("2025-10-13")  # first of four weeks of dialogues

BID_DAYS, SWITCH = ("2025-06-30", "2025-10-19"), "2025-08-25"
AUTO = 0.97  # true factor on the cost of a contact within an audience
SEASON = 0.93  # autumn and the lower cap: factor on cost in both accounts after the switch
RETARGETING = {"south": (0.20, 0.285), "north": (0.20, 0.20)}  # share of cost before and after the switch
COST_OF_CONTACT = {"prospecting": 24.0, "retargeting": 9.5}
CAP = (4_200, 3_500)  # CNY a day and account, before and after the switch: finance lowered both

LIVES, TARGET, TRUE_MEAN = 14, 2_000.0, 1_450.0  # pilot: lives, contribution wanted and true mean of one, CNY
LIVE_SPREAD = 0.7

TRENDS = {  # peak of media mentions a quarter, quarter of the peak, width, use among parents at the end, pilot cost, back from the pilot
    "virtual shop in a metaverse": ("元宇宙虚拟店铺", 8600, 0.6, 3.2, 0.004, 180_000, 9_000),
    "membership tokens (Web3)": ("Web3会员数字藏品", 3400, 1.2, 2.2, 0.002, 60_000, 3_000),
    "AI service bot": ("AI智能客服", 2300, 11.5, 5.0, 0.31, 90_000, 132_000),
    "AI copy assistant": ("AI文案助手", 2900, 10.0, 4.5, 0.12, 25_000, 31_000),
    "live on messaging app": ("视频号直播", 1500, 9.0, 5.5, 0.23, 70_000, 52_000),
    "smart diaper sensor": ("智能纸尿裤传感器", 1200, 4.5, 2.5, 0.006, 120_000, 14_000),
    "refill subscription": ("周期购", 420, 12.0, 9.0, 0.17, 30_000, 64_000),
    "search inside short video": ("短视频搜索", 980, 11.0, 5.0, 0.38, 45_000, 83_000),
}  # fmt: skip


def around(rng, median, spread, size):
    """Numbers with a heavy right tail: log-normal by median and log sd."""
    return median * np.exp(rng.normal(0, spread, size))


def ai_copy(life):
    """2,000 assets, some written by AI; 60 of each kind were reviewed; helper column true_defect."""
    rng = life.streams("AI copy")
    machine = (np.arange(ASSETS) < round(ASSETS * AI_SHARE)).astype(int)[rng.permutation(ASSETS)]
    slot = pick_by_row(rng, SLOT_OF, machine)
    defect = rng.random(ASSETS) < DEFECT[machine]
    reviewed = np.zeros(ASSETS, bool)
    for kind, wanted in enumerate(FOUND):
        for has, amount in ((True, wanted), (False, SAMPLE - wanted)):
            here = np.flatnonzero((machine == kind) & (defect == has))
            reviewed[rng.permutation(here)[:amount]] = True
    shown = np.round(around(rng, 2600, 0.8, ASSETS)).astype(np.int64)
    rate = SLOT_CTR[slot] * np.where(machine == 1, AI_CTR, 1) * np.exp(rng.normal(0, 0.16, ASSETS))
    minutes = {
        name: np.round(sum(around(rng, *pair, ASSETS) * (machine == n) for n, pair in enumerate(pairs)), 0)
        for name, pairs in MINUTES.items()
    }
    kind = np.array(DEFECT_KINDS)[pick(rng, DEFECT_WEIGHT, ASSETS)]
    return pd.DataFrame({
        "asset_id": np.arange(ASSETS) + 1,
        "made_on": pd.Timestamp("2025-04-01") + pd.to_timedelta(np.sort(rng.integers(0, 240, ASSETS)), unit="D"),
        "author": np.array(["human", "AI"])[machine], "slot": np.array(SLOTS)[slot],
        "sku": products.table()["sku"].to_numpy()[rng.integers(0, len(products.ROWS), ASSETS)],
        "impressions": shown, "clicks": rng.binomial(shown, np.clip(rate, 0, 0.5)),
        "draft_minutes": minutes["draft"], "editing_minutes": minutes["editing"], "review_minutes": minutes["review"],
        "accepted": rng.random(ASSETS) < ACCEPTED[machine], "reviewed": reviewed,
        "review_result": np.where(~reviewed, "", np.where(defect, "defect", "pass")),
        "defect_kind": np.where(reviewed & defect, kind, ""), "true_defect": defect,
    })  # fmt: skip


def dialogues(life):
    """500 dialogues of the service bot, judged by a colleague."""
    rng, bank = life.streams("AI service"), phrases.bank("ai_service")
    topics = list(bank)
    share = np.array([bank[name]["share"] for name in topics])
    topic = np.repeat(topics, np.round(share / share.sum() * DIALOGUES).astype(int))[:DIALOGUES]
    wrong = np.zeros(len(topic), bool)
    careful = topic == "allergy"
    for here, part in ((careful, WRONG["allergy"]), (~careful, WRONG_ELSEWHERE)):
        places = np.flatnonzero(here)
        wrong[rng.permutation(places)[: round(part * len(places))]] = True
    talk = [
        bank[name]["talk"][int(luck * len(bank[name]["talk"]))]
        for name, luck in zip(topic, rng.random(len(topic)), strict=True)
    ]
    handed = np.array([not bad and "转人工" in line[2] for line, bad in zip(talk, wrong, strict=True)])
    score = rng.random(len(topic)) + handed * 2 + np.isin(topic, ["quality", "returns"]) * 0.15 - wrong * 0.25
    asked = np.zeros(len(topic), bool)
    asked[np.argsort(-score, kind="stable")[: round((1 - CONTAINED) * len(topic))]] = True
    stars = np.clip(np.round(4.3 - 0.9 * asked - 0.5 * wrong + rng.normal(0, 0.9, len(topic))), 1, 5)
    frame = pd.DataFrame({
        "topic": topic, "question_zh": [line[0] for line in talk], "question_en": [line[1] for line in talk],
        "answer_zh": [line[4] if bad else line[2] for line, bad in zip(talk, wrong, strict=True)],
        "answer_en": [line[5] if bad else line[3] for line, bad in zip(talk, wrong, strict=True)],
        "contained": ~asked, "correct": ~wrong, "severity": [bank[name]["harm"] for name in topic],
        "stars": pd.Series(stars).where(rng.random(len(topic)) < 0.34).astype("Int64"),
    }).iloc[rng.permutation(len(topic))].reset_index(drop=True)  # fmt: skip
    seconds = (
        rng.integers(0, 28, len(topic)) * 86_400
        + pick(rng, HOURS, len(topic)) * 3600
        + rng.integers(0, 3600, len(topic))
    )
    seconds = np.sort(seconds)
    frame.insert(0, "started_at", (FROM_BOT + pd.to_timedelta(seconds, unit="s")).astype("datetime64[s]"))
    frame.insert(0, "dialogue_id", np.arange(len(topic)) + 1)
    return frame


def auto_bid(life):
    """Two accounts by day and audience; south went over to automatic bidding, north did not, the cap fell in both."""
    rng, days = life.streams("auto bid"), pd.date_range(*BID_DAYS)
    after = (days >= SWITCH).astype(int)
    week = np.array([0.97, 0.96, 0.97, 0.99, 1.0, 1.06, 1.05])[days.day_of_week]
    shared = np.exp(rng.normal(0, 0.05, len(days))) * np.where(after, SEASON, 1.0)
    rows = []
    for account, shares in RETARGETING.items():
        cost = np.array(CAP)[after] * week * np.exp(rng.normal(-0.06, 0.05, len(days)))
        auto = (account == "south") & (after == 1)
        part = np.clip(np.array(shares)[after] + rng.normal(0, 0.02, len(days)), 0.05, 0.6)
        for audience, piece in (("prospecting", 1 - part), ("retargeting", part)):
            spent = cost * piece
            each = COST_OF_CONTACT[audience] * shared * np.where(auto, AUTO, 1.0)
            clicks = rng.poisson(spent / (1.9 if audience == "prospecting" else 1.3))
            rows.append(pd.DataFrame({
                "date": days, "account": account, "audience": audience, "bidding": np.where(auto, "automatic", "manual"),
                "daily_cap": np.array(CAP)[after], "impressions": rng.poisson(clicks / 0.016), "clicks": clicks, "cost": np.round(spent, 2),
                "contacts": np.minimum(rng.poisson(spent / each), clicks),
            }))  # fmt: skip
    return pd.concat(rows).sort_values(["date", "account", "audience"], kind="stable", ignore_index=True)


def pilot(life):
    """Fourteen lives on a new platform. Their luck is chosen: one evening with a guest lifts the mean above the target."""
    rng = life.streams("pilot lives")
    level = np.log(TRUE_MEAN + 900) - LIVE_SPREAD**2 / 2

    def draw():
        return np.round(np.exp(rng.normal(level, LIVE_SPREAD, LIVES)) - 900)

    def tempting(gain):
        others = np.sort(gain)[:-1].mean()
        return (
            1.08 * TARGET < gain.mean() < 1.3 * TARGET
            and 0.65 * TARGET < others < 0.9 * TARGET
            and np.median(gain) < 0.9 * TARGET
        )

    gain = phrases.until(draw, tempting)
    guest = np.where(gain == gain.max(), "Mama Tang", "")
    viewers = np.round(
        1300 * np.exp(0.55 * np.log((gain + 900) / 2350)) * np.exp(rng.normal(0, 0.12, LIVES))
    ).astype(np.int64)
    paid = np.round((gain + 1400) / 0.42, 2)
    start = pd.Timestamp("2025-09-03")
    return pd.DataFrame({
        "live_id": np.arange(LIVES) + 1, "date": start + pd.to_timedelta(np.sort(np.r_[np.arange(7) * 7, np.arange(7) * 7 + 3]), unit="D"),
        "minutes": rng.integers(90, 181, LIVES), "host": np.where(np.arange(LIVES) % 3 == 2, "B", "A"), "guest": guest, "viewers": viewers,
        "orders": np.maximum(np.round(paid / 290 * np.exp(rng.normal(0, 0.06, LIVES))), 1).astype(np.int64), "net_amount": paid,
        "cost": np.full(LIVES, 1400.0), "contribution": gain, "target_contribution": TARGET,
    })  # fmt: skip


def radar(life):
    """Eight trends by quarter: how much is written, how many parents use it, what the pilot cost and brought."""
    rng, rows = life.streams("trend radar"), []
    quarters = pd.date_range("2023-01-01", "2025-10-01", freq="QS")
    for name, (chinese, height, top, width, use, cost, back) in TRENDS.items():
        n = np.arange(len(quarters))
        press = height * np.exp(-(((n - top) / width) ** 2) / 2) * np.exp(rng.normal(0, 0.12, len(n))) + 40
        used = use * (0.25 + 0.75 * n / n[-1]) * np.exp(rng.normal(0, 0.06, len(n)))
        rows.append(pd.DataFrame({
            "quarter": quarters, "trend": name, "trend_zh": chinese, "media_mentions": np.round(press).astype(np.int64),
            "users_percent": np.round(100 * used, 2), "kill_below_users_percent": 5.0, "kill_below_return": 1.0,
            "pilot_cost": float(cost), "pilot_return": np.round(back * np.exp(rng.normal(0, 0.03)), -2),
        }))  # fmt: skip
    return pd.concat(rows).sort_values(["quarter", "trend"], kind="stable", ignore_index=True)


def tables(life):
    """ai_copy, ai_service_logs, auto_bid_daily, pilot_lives, trend_radar."""
    return {"ai_copy": ai_copy(life), "ai_service_logs": dialogues(life), "auto_bid_daily": auto_bid(life),
            "pilot_lives": pilot(life), "trend_radar": radar(life)}  # fmt: skip


def cost_change(bids, account, audience=None):
    """Cost of a contact after the switch over before it, in one account and, if named, one audience."""
    part = bids[(bids["account"] == account) & ((bids["audience"] == audience) if audience else True)]
    total = part.groupby(part["date"] >= SWITCH)[["cost", "contacts"]].sum()
    each = total["cost"] / total["contacts"]
    return each[True] / each[False]


def truth(life):
    """What is true of the assets, the bot, the bidding, the pilot and the trends."""
    t = life.tables
    assets, talk, bids, lives = t["ai_copy"], t["ai_service_logs"], t["auto_bid_daily"], t["pilot_lives"]
    by = assets.groupby("author")[
        ["clicks", "impressions", "draft_minutes", "editing_minutes", "review_minutes", "accepted"]
    ].sum()
    cells = assets.groupby(["slot", "author"])[["clicks", "impressions"]].sum()
    ctr = (cells["clicks"] / cells["impressions"]).unstack()
    minutes = by[["draft_minutes", "editing_minutes", "review_minutes"]].sum(axis=1)
    fair = np.mean(
        [cost_change(bids, "south", one) / cost_change(bids, "north", one) for one in COST_OF_CONTACT]
    )
    allergy = talk["topic"] == "allergy"
    return {
        "ai_assets": {
            "what": "Three defects in a sample of sixty; the share of all AI assets is higher. AI got the evergreen slots.",
            "cause": {"true_defect_share": dict(zip(["human", "AI"], DEFECT, strict=True)), "ai_ctr_in_the_same_slot": AI_CTR,
                      "chosen_luck": "the reviewed sample holds exactly three defects of AI"},
            "found": {"ai_defect_share": assets.loc[assets["author"] == "AI", "true_defect"].mean(),
                      "ctr_pooled": (by["clicks"] / by["impressions"]).to_dict(),
                      "ai_over_human_in_the_same_slot": (ctr["AI"] / ctr["human"]).mean(),
                      "draft_minutes_an_asset": (by["draft_minutes"] / assets.groupby("author").size()).to_dict(),
                      "all_minutes_an_accepted_asset": (minutes / by["accepted"]).to_dict()},
        },
        "ai_service_logs": {
            "what": "The bot keeps 92 of 100 dialogues to itself and is wrong in one of nine about allergies.",
            "cause": {"contained": CONTAINED, "wrong_on_allergies": WRONG["allergy"], "wrong_elsewhere": WRONG_ELSEWHERE},
            "found": {"contained": talk["contained"].mean(), "wrong": (~talk["correct"]).mean(),
                      "wrong_on_allergies": (~talk.loc[allergy, "correct"]).mean(),
                      "wrong_and_contained": int((~talk["correct"] & talk["contained"]).sum())},
        },
        "auto_bid_daily": {
            "what": "Cost of a contact fell by a sixth after the switch; season, cap and cheap audiences made most of it.",
            "cause": {"auto": AUTO, "season_and_cap": SEASON, "retargeting_share": RETARGETING},
            "found": {"before_after": cost_change(bids, "south"), "against_control": cost_change(bids, "south") / cost_change(bids, "north"),
                      "against_control_by_audience": fair},
        },
        "pilot_lives": {
            "what": "The mean of fourteen lives is above the target, thanks to one of them; the true mean is below it.",
            "cause": {"true_mean": TRUE_MEAN, "target": TARGET, "chosen_luck": "the mean of the fourteen is above the target"},
            "found": {"mean": lives["contribution"].mean(), "median": lives["contribution"].median(),
                      "mean_without_the_best": lives["contribution"].sort_values().iloc[:-1].mean()},
        },
        "trend_radar": {
            "what": "The trend with most press is used by nobody; the one nobody writes about pays.",
            "cause": {"users_share_at_the_end": {name: row[4] for name, row in TRENDS.items()}},
        },
    }  # fmt: skip
