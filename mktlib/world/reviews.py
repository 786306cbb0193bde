"""Reviews: who writes, what about, and in which tone; invitations bring the content ones, until they stop."""

from bisect import bisect_left
from functools import cache

import numpy as np
import pandas as pd

from . import complaints, phrases
from .streams import pick

REVIEWS_FROM, INVITE_STOP = "2025-05-01", "2025-08-01"
UNHAPPY, MIXED, UNHAPPY_AFTER_REFUND = 0.058, 0.07, 0.35  # share of paid orders
WRITE = np.array([0.46, 0.12, 0.060])  # chance to write unasked: unhappy, mixed, happy
WRITE_INVITED = np.array([0.02, 0.09, 0.175])  # further chance if invited
INVITED, INVITED_AFTER = 0.85, 7  # share of orders invited; days after the order
SILENT = np.array([0.14, 0.3, 0.5])  # share that leaves stars only
IRONY, NEGATED, DOUBLE = (
    0.17,
    0.10,
    0.13,
)  # share of unhappy texts with irony, with a negation; of happy ones with two
IRONY_STARS = 0.22  # ironic reviews that give five stars
STARS = np.array([[0.66, 0.29, 0.03, 0.0, 0.02], [0.0, 0.16, 0.62, 0.22, 0.0], [0.01, 0.0, 0.02, 0.13, 0.84]])
TILT = {
    "first": {"skin": 1.6, "additive": 1.9, "safe": 1.5, "smell": 1.3},
    "second or later": {"price": 2.4, "size": 1.3, "pack": 1.4},
}
BANK = {"complementary food": "food"}  # categories whose bank has a shorter name
SENTIMENTS = ["negative", "neutral", "positive"]
LABELLED = 300  # reviews that two colleagues have labelled by hand
SLIP = 0.05  # share of labels that a colleague gets wrong
TYPOS = [
    ("的", "滴"),
    ("在", "再"),
    ("没有", "没得"),
    ("不知道", "不造"),
    ("喜欢", "稀饭"),
    ("宝宝", "宝贝"),
    ("真", "贞"),
]


def writers(life, rng):
    """Paid orders whose buyers write: frame with order, sku, mood (0 unhappy, 1 mixed, 2 happy), invited, created_at."""
    orders = life.tables["orders"]
    orders = orders[
        (orders["status"] == "paid")
        & (orders["ordered_at"] >= pd.Timestamp(REVIEWS_FROM) - pd.Timedelta(days=45))
    ]
    orders = orders[["order_id", "customer_id", "ordered_at"]].reset_index(drop=True)
    back = orders["order_id"].isin(life.tables["refunds"]["order_id"]).to_numpy()
    size = len(orders)
    unhappy = phrases.balanced(rng, np.where(back, UNHAPPY_AFTER_REFUND, UNHAPPY), block=120)
    mood = np.where(unhappy, 0, np.where(rng.random(size) < MIXED, 1, 2))
    asked_on = orders["ordered_at"] + pd.to_timedelta(
        INVITED_AFTER * 24 + rng.integers(0, 20, size), unit="h"
    )
    asked = (asked_on < INVITE_STOP).to_numpy() & (rng.random(size) < INVITED)
    unasked = phrases.balanced(rng, WRITE[mood], block=120)
    follows = ~unasked & asked & (rng.random(size) < WRITE_INVITED[mood])
    delay = np.where(
        follows, INVITED_AFTER + 0.8 + rng.exponential(0.9, size), 4 + 6 * np.exp(rng.normal(0, 0.55, size))
    )
    writes = unasked | follows
    found = orders[writes].reset_index(drop=True)
    found = found.assign(mood=mood[writes], invited=follows[writes], batch=False)
    return complaints.at_hours(rng, found, delay[writes]).rename(columns={"opened_at": "created_at"})


def all_writers(life, rng):
    """`writers` and those of the faulty batch, one review per order, in order of time."""
    crowd = complaints.batch(life, rng, complaints.BATCH_REVIEWS, "created_at")
    crowd["customer_id"] = crowd["order_id"].map(life.tables["orders"].set_index("order_id")["customer_id"])
    both = pd.concat([crowd.assign(mood=0, invited=False), writers(life, rng)], ignore_index=True)
    both = complaints.known(both[both["created_at"] >= REVIEWS_FROM], "created_at").drop_duplicates(
        "order_id"
    )
    return both.sort_values(["created_at", "order_id"], kind="stable", ignore_index=True)


@cache
def topics(category, article, child):
    """What can be said of an article: [(part, theme)] and their cumulated weights, tilted by whether it is the first child."""
    bank, part = phrases.bank("reviews"), BANK.get(category, category)
    names = [(part, name) for name in bank[part]] + [("any", name) for name in bank["any"]]
    names = [
        one
        for one in names
        if all(phrases.fitting("reviews", (*one, tone), article) for tone in ("good", "bad"))
    ]
    weight = np.array([TILT[child].get(name, 1.0) * (1.0 if part != "any" else 0.7) for part, name in names])
    return names, (np.cumsum(weight) / weight.sum()).tolist()


def sentence(lines, luck):
    """One of `lines`, chosen by a number from 0 to 1."""
    return lines[int(luck * len(lines))]


def compose(mood, category, article, child, u):
    """Parts of one review as (Chinese, English) pairs, its theme and its trick; `u` holds 12 random numbers."""
    bank = phrases.bank("reviews")
    if mood == 0 and u[0] < IRONY:
        return [sentence(phrases.fitting("reviews", ("irony",), article), u[1])], "", "irony"
    if mood == 0 and u[0] < IRONY + NEGATED:
        return [sentence(phrases.fitting("reviews", ("negated",), article), u[1])], "", "negation"
    if mood == 2 and u[0] < DOUBLE:
        return [sentence(phrases.fitting("reviews", ("double",), article), u[1])], "", "double negation"
    names, edges = topics(category, article, child)

    def about(luck):
        return names[min(bisect_left(edges, luck), len(names) - 1)]

    def said(topic, tone, luck):
        return sentence(phrases.fitting("reviews", (*topic, tone), article), luck)

    topic, other, tone = about(u[1]), about(u[3] if mood == 1 else u[4]), "bad" if mood == 0 else "good"
    parts = [said(topic, tone, u[2])]
    if mood == 1:
        zh, en = said(("any", "delivery") if other[1] == topic[1] else other, "bad", u[4])
        parts = [
            sentence(bank["openings"]["mixed"], u[5]),
            parts[0],
            ("就是" + zh, "but " + en[0].lower() + en[1:]),
        ]
        return parts + ([sentence(bank["closings"]["mixed"], u[6])] if u[7] < 0.35 else []), topic[1], ""
    if u[3] < 0.28 and other[1] != topic[1]:
        parts.append(said(other, tone, u[5]))
    if u[6] < 0.42:
        parts.insert(0, sentence(bank["openings"][tone], u[7]))
    if u[8] < 0.36:
        parts.append(sentence(bank["closings"][tone], u[9]))
    return parts, topic[1], ""


def spoken(parts, u, emoji):
    """Parts joined as people type: commas or blanks, an end or none, now and then an emoji or a slip of the thumb."""
    chinese = ("，" if u[10] < 0.82 else " ").join(part[0] for part in parts)
    if u[11] < 0.05:
        for right, wrong in TYPOS:
            if right in chinese:
                chinese = chinese.replace(right, wrong, 1)
                break
    end = (
        "。"
        if u[11] < 0.35
        else "！"
        if u[11] < 0.5
        else "！！！"
        if u[11] < 0.54
        else emoji
        if u[11] < 0.62
        else ""
    )
    return chinese + end, ". ".join(part[1] for part in parts).replace(". but", ", but")


def texts(rng, found, category, article, child):
    """Chinese and English text, theme and trick of every review; stars only get the platform's sentence."""
    bank = phrases.bank("reviews")
    luck = rng.random((len(found), 12))
    silent = (rng.random(len(found)) < SILENT[found["mood"]]) & ~found["batch"].to_numpy()
    made = []
    for n, (mood, is_batch) in enumerate(zip(found["mood"].tolist(), found["batch"].tolist(), strict=True)):
        u = luck[n].tolist()
        if silent[n]:
            made.append((*bank["silent"][0], "", "silent"))
            continue
        if is_batch:
            parts, theme, trick = [sentence(bank["batch"], u[1])], "absorb", ""
        else:
            parts, theme, trick = compose(mood, category[n], article[n], child[n], u)
        faces = bank["emoji"]
        face = faces[int(u[5] * 4)] if mood == 2 else faces[4 + int(u[5] * 4) % 5]
        made.append((*spoken(parts, u, face), theme, trick))
    return np.array(made, dtype=object).reshape(-1, 4).T


def reviews(life):
    """Reviews from May 2025 on; helper columns sentiment, theme, trick, batch."""
    rng = life.streams("reviews")
    found = all_writers(life, rng)
    found["sku"], category = complaints.products_of(life, found)
    child = (
        found["customer_id"]
        .map(life.tables["customers"].set_index("customer_id")["parity"])
        .fillna("first")
        .to_numpy()
    )
    article = [phrases.short_names(sku)[0] for sku in found["sku"]]
    chinese, english, theme, trick = texts(rng, found, category, article, child)
    edges = np.cumsum(STARS, axis=1)[found["mood"].to_numpy(dtype=int)]
    stars = 1 + (rng.random(len(found))[:, None] > edges).sum(axis=1).clip(0, 4)
    stars = np.where((trick == "irony") & (rng.random(len(found)) < IRONY_STARS), 5, stars)
    return pd.DataFrame({
        "review_id": np.arange(len(found)) + complaints.FIRST_REVIEW + life.streams.part * 10_000_000,
        "created_at": found["created_at"].dt.floor("min"), "order_id": found["order_id"], "sku": found["sku"].astype(str),
        "rating": stars, "invited": found["invited"].to_numpy(dtype=bool), "text_zh": chinese.astype(str), "text_en": english.astype(str),
        "sentiment": np.array(SENTIMENTS)[found["mood"].to_numpy(dtype=int)], "theme": theme.astype(str), "trick": trick.astype(str),
        "batch": found["batch"].to_numpy(dtype=bool),
    })  # fmt: skip


def labels(life, table):
    """What two colleagues think of 300 reviews with a text: a sample to measure a word list on."""
    rng = life.streams("review labels")
    written = table[table["trick"] != "silent"]
    chosen = written.iloc[np.sort(rng.permutation(len(written))[:LABELLED])]
    true = np.array([SENTIMENTS.index(one) for one in chosen["sentiment"]], dtype=int)
    made = {"review_id": chosen["review_id"].to_numpy()}
    for name in ("label_a", "label_b"):
        wrong = np.where(true == 1, pick(rng, [1, 0, 1], len(true)), 1)
        made[name] = np.array(SENTIMENTS)[np.where(rng.random(len(true)) < SLIP, wrong, true)]
    return pd.DataFrame(made)


def month(table, first, last):
    """Reviews created from `first` to before `last`: number, number of one and two stars, their share."""
    part = table[(table["created_at"] >= first) & (table["created_at"] < last)]
    low = int((part["rating"] <= 2).sum())
    return {"reviews": len(part), "negative": low, "negative_share": low / max(len(part), 1)}
