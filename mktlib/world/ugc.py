"""What users show of Heyu: photo reviews, notes, unboxings; the product pages that carry them, and a test of that.

Best sellers are bought more, so they collect more of it, and their pages show it; pages of best sellers convert better
with or without it. Nine reviews in ten are harmless; the most liked ones often claim what an advertiser must not.
"""

import re

import numpy as np
import pandas as pd

from . import clock, phrases, products, sales
from .streams import pick, pick_by_row

RATE = 0.021  # items per paid order
MORE_FROM = {"Xiaohongshu": 1.9, "private domain": 1.5, "live": 0.5, "marketplace": 0.85}
KINDS = ["photo review", "note", "unboxing"]
KIND_OF = np.array(
    [[0.66, 0.2, 0.14], [0.36, 0.5, 0.14], [0.55, 0.1, 0.35]]
)  # usual, Xiaohongshu, large order
STARS = np.array([[0.05, 0.03, 0.06, 0.14, 0.72], [0.27, 0.12, 0.16, 0.18, 0.27]])  # 1 to 5; kept, money back
CLAIMS = ["absolute", "medical", "guarantee", "comparison", "endorsement"]
CLAIM_SHARE = np.array([0, 0, 0, 0.08, 0.28])  # of texts that claim what the law forbids, by stars
CLAIM_WEIGHTS = [0.34, 0.28, 0.17, 0.12, 0.09]
CLAIM_LIKES = 1.9  # loud claims are liked
CONSENT, CONSENT_SHARE = ["none", "terms", "separate"], [0.46, 0.3, 0.24]
CHILD_SHOWN = 0.36

FIRST_MONTH, MONTHS = "2024-01", 24  # of the pages table
ON_PAGE, MOST_ITEMS = 16, 60  # articles with UGC on their page: those sold most in the last three months
CVR, CVR_POWER = 0.096, 0.62  # chance that a page view ends in an order; its power of the article's sales
EFFECT = 0.04  # what UGC on a page does to it, relative
TEST_MONTHS = ("2025-07", "2025-08", "2025-09")


def bought(life):
    """Paid orders until clock.KNOWN with `at` (seconds since 1970), `nth` (the person's how many) and `person` (position)."""
    orders = life.tables["orders"]
    known = orders["ordered_at"].to_numpy() < np.datetime64(clock.KNOWN) + 1
    here = known & (orders["status"] == "paid").to_numpy()
    found = orders.loc[
        here, ["order_id", "customer_id", "ordered_at", "channel", "amount", "day"]
    ].reset_index(drop=True)
    found["at"] = found["ordered_at"].to_numpy().astype("datetime64[s]").astype(np.int64)
    found["nth"] = found.groupby("customer_id").cumcount().to_numpy() + 1
    found["person"] = found["customer_id"].to_numpy() - sales.first_customer(life.streams)
    return found


def authors(life, orders, rng):
    """Orders that lead to an item: frame of orders with the line shown and the age of the child."""
    weight = np.exp(0.9 * (life.people.loyalty[orders["person"]] - 0.6)) * np.where(
        orders["nth"] == 1, 0.75, 1.0
    )
    weight *= orders["channel"].map(MORE_FROM).fillna(1.0).to_numpy()
    found = orders[rng.random(len(orders)) < RATE * weight / max(weight.mean(), 1e-9)].copy()
    items = life.tables["order_items"]
    number = items["order_id"].to_numpy()
    first, last = (
        np.searchsorted(number, found["order_id"].to_numpy(), side=side) for side in ("left", "right")
    )
    line = first + (rng.random(len(found)) * (last - first)).astype(np.int64)
    found["sku"] = items["sku"].iloc[line].to_numpy()
    found["age"] = life.people.age(found["person"].to_numpy(), found["day"].to_numpy())
    return found


def table(life, orders):
    """The ugc table, one row per item, with the hidden columns stars and claim; `orders` are those of `bought`."""
    rng = life.streams("ugc")
    made = authors(life, orders, rng)
    size = len(made)
    wait = (2 + np.exp(rng.normal(1.75, 0.75, size))).astype(np.int64)
    made["created_at"] = sales.stamp(
        np.minimum(made["day"] + wait, clock.N_DAYS - 1), sales.seconds(rng, sales.HOURS, size)
    )
    sort = np.where(made["amount"] > 380, 2, np.where(made["channel"] == "Xiaohongshu", 1, 0))
    kind = pick_by_row(rng, KIND_OF, sort)
    back = made["order_id"].isin(life.tables["all_refunds"]["order_id"]).to_numpy()
    stars = pick_by_row(rng, STARS, back.astype(np.int64)) + 1
    stars = np.where(kind > 0, np.maximum(stars, 3), stars)
    claim = np.where(rng.random(size) < CLAIM_SHARE[stars - 1], pick(rng, CLAIM_WEIGHTS, size), -1)
    liking = np.array([0.5, 2.4, 1.7])[kind] + 0.3 * (stars == 5) + np.log(CLAIM_LIKES) * (claim >= 0)
    made["likes"] = np.floor(
        np.exp(liking + rng.standard_t(6, size) * np.array([0.95, 1.05, 1.0])[kind])
    ).clip(0, 60_000)
    made["consent_to_reuse"] = np.array(CONSENT)[pick(rng, CONSENT_SHARE, size)]
    made["shows_child"] = rng.random(size) < CHILD_SHOWN * (made["age"] >= 0)
    made["kind"], made["stars"], made["claim"] = np.array(KINDS)[kind], stars, claim
    made["rating"] = sales.nullable(np.where(kind == 0, stars, -1)).array
    made["text_zh"], made["text_en"] = texts(rng, made)
    made = made[made["created_at"] < pd.Timestamp(clock.KNOWN) + pd.Timedelta(days=1)]
    made = made.sort_values(["created_at", "order_id"], ignore_index=True)
    made.insert(0, "ugc_id", np.arange(len(made)) + 1 + life.streams.part * sales.IDS_A_PART)
    return made


def texts(rng, made):
    """What people write: lists of Chinese texts and of English ones."""
    bank, goods = phrases.bank("ugc"), products.table()
    names = dict(zip(goods["sku"], map(spoken, goods["name_zh"], goods["name_en"]), strict=True))
    category = dict(zip(goods["sku"], goods["category"], strict=True))
    group = {sku: name for name, skus in bank["groups"].items() for sku in skus}
    promo = clock.promo_windows()[0][made["day"].to_numpy()]
    luck, chinese, english = rng.random((len(made), 12)), [], []
    columns = [made[name].tolist() for name in ("sku", "kind", "stars", "claim", "nth", "age")]
    for u, event, *row in zip(luck, promo, *columns, strict=True):
        sku = row[0]
        parts = said(bank, u, category[sku], group[sku], event, *row[1:])
        zh, en = written(parts, u[10], row[1] == "note")
        age = row[-1]
        facts = {
            "n": max(age, 1),
            "y": max(age // 12, 2),
            "k": row[-2],
            "w": min(max(40 + int(age * 4.3), 12), 39),
        }
        chinese.append(zh.format(p=names[sku][0], **facts))
        english.append(en.format(p=names[sku][1], **facts))
    return chinese, english


def spoken(zh, en):
    """Names of an article as people say them, without size and count."""
    return zh.split(" ")[0], re.sub(r"( newborn)?( [A-Z]+)?( stock-up box)?( \d+.*)?$", "", en).lower()


def one(lines, u):
    """The line of a list that the number `u` below 1 falls on."""
    return lines[int(u * len(lines))]


def said(bank, u, category, group, event, kind, stars, claim, nth, age):
    """Sentences of one item: list of (Chinese, English)."""
    parts = (
        [one(bank["title"], u[0])]
        if kind == "note"
        else [one(bank["opening"]["box"], u[0])]
        if kind == "unboxing"
        else []
    )
    if u[1] < 0.8:
        stage = "expecting" if age < 0 else "young" if age < 24 else "older"
        stage = (
            "promo"
            if event and u[2] < 0.3
            else "first"
            if nth == 1 and u[2] > 0.65
            else "again"
            if nth > 1 and u[2] > 0.6
            else stage
        )
        parts.append(one(bank["opening"][stage], u[3] if stage != "older" or nth > 1 else u[3] * 0.5))
    if stars <= 2:
        return [
            *parts,
            one(bank["bad"][category], u[4]),
            *([one(bank["ending"], u[5])] if u[6] < 0.7 else []),
        ]
    lines = bank["good"][group]
    parts.append(one(lines, u[4]))
    if kind == "note" or u[6] < 0.22:
        zh, en = lines[(int(u[4] * len(lines)) + 1) % len(lines)]
        parts.append((zh.removeprefix("{p}"), en))
    if stars <= 4:
        parts.append(one(bank["mild"], u[5]))
    elif u[7] < 0.5:
        more = (
            bank["more"]["any"] + bank["more"]["lasting" if category in ("bottles", "maternity") else "fresh"]
        )
        parts.append(one(more, u[5]))
    if claim >= 0:
        about = bank["claims"][CLAIMS[claim]]
        parts.append(one(about.get("any", []) + about.get(category, []), u[8]))
    if stars == 5 and u[9] < 0.55:
        parts.append(one(bank["closing"], u[11]))
    return parts


def written(parts, u, titled):
    """Sentences put together with the writer's own punctuation: (Chinese, English)."""
    between, end = one(
        [
            ("，", "。"),
            ("。", "。"),
            ("，", ""),
            ("～", "～"),
            ("！", "！"),
            (" ", ""),
            ("。", "👍"),
            ("，", "🥰"),
            ("。", ""),
        ],
        u,
    )
    zh, en = [pair[0] for pair in parts], [pair[1] for pair in parts]
    head = f"【{zh[0]}】" if titled else ""
    first = f"{en[0]}: " if titled else ""
    return head + between.join(zh[titled:]) + end, first + ". ".join(en[titled:]) + "."


def sold_by_month(life):
    """Own-shop orders that hold the article, by month from October 2023 on; shape (months, articles)."""
    orders, items = life.tables["orders"], life.tables["order_items"]
    first = np.datetime64(FIRST_MONTH, "M") - 3
    own = (orders["store"] == "own").to_numpy()
    month = (orders["ordered_at"].to_numpy().astype("datetime64[M]") - first).astype(np.int64)
    month = np.where(own & (month >= 0) & (month < MONTHS + 3), month, -1)
    at = np.searchsorted(orders["order_id"].to_numpy(), items["order_id"].to_numpy())
    at = month[np.minimum(at, len(orders) - 1)]
    sku = products.table()["sku"]
    here = at >= 0
    cell = at[here] * len(sku) + pd.Index(sku).get_indexer(items["sku"][here])
    return np.bincount(cell, minlength=(MONTHS + 3) * len(sku)).reshape(MONTHS + 3, len(sku))


def pages(life, made):
    """The product_pages table: views and orders of each page and month, and how much UGC it showed."""
    rng, sold, goods = life.streams("product pages"), sold_by_month(life), products.table()
    recent = sold[:-3] + sold[1:-2] + sold[2:-1]
    rank = np.argsort(np.argsort(-recent, axis=1, kind="stable"), axis=1)
    sold = sold[3:]
    months = np.datetime64(FIRST_MONTH, "M") + np.arange(MONTHS)
    nice = made[made["stars"] >= 4]
    kept = nice["created_at"].to_numpy()
    article = pd.Index(goods["sku"]).get_indexer(nice["sku"])
    there = np.stack(
        [np.bincount(article[kept < month.astype("datetime64[s]")], minlength=len(goods)) for month in months]
    )
    items = np.where((rank < ON_PAGE) & (recent > 0), np.minimum(there, MOST_ITEMS), 0)
    wanted = sold.sum(axis=0) / max(sold.sum(axis=0).mean(), 1)
    rate = CVR * np.maximum(wanted, 0.02) ** CVR_POWER * np.exp(rng.normal(0, 0.1, len(goods)))
    rate = np.clip(
        rate * np.exp(rng.normal(0, 0.05, sold.shape)) * np.where(items > 0, 1 + EFFECT, 1), 0.005, 0.6
    )
    launched = goods["launched_on"].to_numpy().astype("datetime64[M]") <= months[:, None]
    views = np.where(launched, sold + rng.poisson((sold + 0.4 * life.scale) * (1 / rate - 1)), 0)
    row, column = np.nonzero(launched)
    return pd.DataFrame({
        "month": months[row].astype(str), "sku": goods["sku"].to_numpy()[column], "page_views": views[row, column],
        "orders": sold[row, column], "ugc_items": items[row, column],
    })  # fmt: skip


def trial(life, shown):
    """The ugc_test table: pages without UGC showed it to a random half of their visitors for three months."""
    rng = life.streams("ugc test")
    part = shown[shown["month"].isin(TEST_MONTHS)]
    quiet = part.groupby("sku")["ugc_items"].transform("max") == 0
    part = part[quiet & (part["page_views"] > 0)]
    views = rng.binomial(part["page_views"], 0.5)
    orders = rng.binomial(part["orders"], (1 + EFFECT) / (2 + EFFECT))
    orders = np.clip(orders, part["orders"] - (part["page_views"] - views), views)
    arms = [part.assign(arm="with UGC", page_views=views, orders=orders),
            part.assign(arm="without", page_views=part["page_views"] - views, orders=part["orders"] - orders)]  # fmt: skip
    return pd.concat(arms).sort_values(["month", "sku", "arm"], ignore_index=True)


def tables(life, orders):
    """ugc, product_pages, ugc_test; `orders` are those of `bought`."""
    made = table(life, orders)
    shown = pages(life, made)
    return {"ugc": made, "product_pages": shown, "ugc_test": trial(life, shown)}


def hidden(life):
    """What each item claims that an advertiser must not say; empty if nothing."""
    made = life.tables["ugc"]
    return {"ugc": pd.DataFrame({"ugc_id": made["ugc_id"], "claim": np.array([*CLAIMS, ""])[made["claim"]]})}


def truth(life):
    """M08.7 and M08.8."""
    shown, test, made = life.tables["product_pages"], life.tables["ugc_test"], life.tables["ugc"]
    by = (
        shown[shown["month"] >= "2025"]
        .assign(has=shown["ugc_items"] > 0)
        .groupby("has")[["orders", "page_views"]]
        .sum()
    )
    rate = (by["orders"] / by["page_views"]).reindex([False, True]).to_numpy()
    arms = test.groupby("arm")[["orders", "page_views"]].sum().reindex(["without", "with UGC"])
    arm = (arms["orders"] / arms["page_views"]).to_numpy()
    best = made[(made["rating"] == 5).fillna(False).astype(bool)]
    best = best.sort_values(["likes", "ugc_id"], ascending=[False, True]).head(50)
    clean, agreed = best["claim"] < 0, best["consent_to_reuse"] == "separate"
    return {
        "ugc_pages": {
            "what": "Pages with UGC convert twice as well because they are those of the best sellers; UGC itself adds 4 per cent.",
            "cause": {"effect_of_ugc_relative": EFFECT, "conversion_is_the_power_of_sales": CVR_POWER, "pages_that_show_it": ON_PAGE},
            "found": {"conversion_without_2025": rate[0], "conversion_with_2025": rate[1], "ratio": rate[1] / rate[0],
                      "lift_in_the_test": arm[1] / arm[0] - 1, "orders_in_the_test": arms["orders"].sum()},
        },
        "ugc_reuse": {
            "what": "Of the 50 most liked five-star reviews few may be used again: separate consent, and no claim an advertiser "
                    "may not make, since quoting it makes it Heyu's own.",
            "cause": {"claims_among_five_stars": CLAIM_SHARE[4], "consent": dict(zip(CONSENT, CONSENT_SHARE, strict=True)),
                      "likes_of_a_claim": CLAIM_LIKES},
            "found": {"top": len(best), "with_separate_consent": agreed.sum(), "without_forbidden_claims": clean.sum(),
                      "usable": (agreed & clean).sum(), "usable_ids": best.loc[agreed & clean, "ugc_id"].tolist()},
        },
    }  # fmt: skip
