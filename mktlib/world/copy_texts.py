"""Lines of ad copy with labels, ten variants of one ad, the log of rules. Legal content is a teaching aid, not legal advice."""

from functools import cache

import numpy as np
import pandas as pd

from . import ai_desk, phrases
from .streams import pick

LINES = {  # lines by kind in the labelled table and in the hold-out
    "copy_lines": {"plain": 6, "disguised": 6, "medical": 5, "milk": 4, "context": 38, "clean": 241},
    "copy_holdout": {"plain": 4, "disguised": 4, "medical": 3, "milk": 3, "context": 25, "clean": 161},
}  # fmt: skip
BANNED = ["plain", "disguised", "medical", "milk"]
PRICE_LINES, STALE = (
    0.1,
    0.3,
)  # share of clean lines that name a price; share of those whose price is an old one
WRITTEN = pd.Timestamp("2025-03-03")  # first of 200 days on which the lines were written
PLACES = ["product page", "feed ad", "note", "text message", "poster"]
TONE_SPREAD, TONE_NOISE = 0.75, 0.55  # of a line, of a rater

TEST, RETEST = 500, 6_000  # impressions of a variant
TRUE_CTR = {
    "hero": 0.0215,
    "offer": 0.0245,
    "list": 0.023,
    "story": 0.026,
    "question": 0.0225,
    "proof": 0.0205,
    "claim": 0.0295,
    "absolute": 0.028,
}
CTR_LUCK = 0.05  # log sd of a variant's true CTR
WINNER_OVER = (1.3, 2.0)  # how far the winner of the allowed ones looks better than it is


def named(text):
    """SKU of the article whose name stands in a line, None if there is none; the longest name wins, the first SKU of it."""
    names = {sku: row[2] for sku, row in phrases.goods().items() if row[2] in text}
    return max(names, key=lambda sku: len(names[sku]), default=None)


@cache
def articles(meant):
    """SKUs for which a line is meant: a category, "any" (what all babies use every day), or words of the name "一/二"."""
    goods = phrases.goods().items()
    categories = ["diapers", "wipes", "skin care"] if meant == "any" else [meant]
    found = [sku for sku, row in goods if row[0] in categories]
    return found or [sku for sku, row in goods if any(word in row[2] for word in meant.split("/"))]


def body(rng, kind, line):
    """One line without hook and call: dict with sku, Chinese and English text, kind, price that it names."""
    bank, price, (chinese, english) = phrases.bank("copy"), np.nan, line
    head, _, chinese = chinese.rpartition("; ")
    kind, meant = (head, "any") if kind == "context" else (kind, head or "any")
    if meant == "milk":
        sku, (zh, en) = None, bank["planned_milk"]
    else:
        sku = articles(meant)[rng.integers(0, len(articles(meant)))]
        zh, en = phrases.short_names(sku)
    if kind == "clean" and rng.random() < PRICE_LINES:
        chinese, english = bank["price"][rng.integers(0, len(bank["price"]))]
        price = phrases.goods()[sku][1]
        if rng.random() < STALE:
            price = float(np.round(price * rng.choice([0.85, 0.9, 1.1, 1.15])))
    if "{p}" not in chinese:
        sku = named(chinese)
    english = english.replace("{x}", f"{price:g}").replace("{p}", en)
    chinese = chinese.replace("{x}", f"{price:g}").replace("{p}", zh)
    return {
        "sku": sku,
        "text_zh": chinese,
        "text_en": english[0].upper() + english[1:],
        "kind": kind,
        "price_claim": price,
    }


def dressed(rng, line, hook, call):
    """A body with a hook before and a call after it, each with its chance."""
    bank = phrases.bank("copy")
    if rng.random() < hook:
        zh, en = bank["hooks"][rng.integers(0, len(bank["hooks"]))]
        mark = "" if zh.endswith("？") else "，"
        line["text_zh"], line["text_en"] = (
            zh + mark + line["text_zh"],
            f"{en}{'' if en.endswith('?') else '.'} {line['text_en']}",
        )
    if rng.random() < call:
        zh, en = bank["calls"][rng.integers(0, len(bank["calls"]))]
        line["text_zh"], line["text_en"] = f"{line['text_zh']}，{zh}", f"{line['text_en']}. {en}"
    return line


def clean_lines(rng, size):
    """`size` different clean lines."""
    lines = [(category, *line) for category, part in phrases.bank("copy")["clean"].items() for line in part]
    bank = [(zh if "; " in zh else f"{category}; {zh}", en) for category, zh, en in lines]
    made = {}
    while len(made) < size:
        line = dressed(rng, body(rng, "clean", bank[rng.integers(0, len(bank))]), 0.4, 0.55)
        made[line["text_zh"]] = line
    return list(made.values())


def copy_lines(rng):
    """Both tables of labelled lines, without a line in common."""
    bank, amounts = (
        phrases.bank("copy"),
        {kind: [part[kind] for part in LINES.values()] for kind in LINES["copy_lines"]},
    )
    parts = [[], []]
    for kind, sizes in amounts.items():
        if kind == "clean":
            made = clean_lines(rng, sum(sizes))
        else:
            lines = bank["context"] if kind == "context" else bank["banned"][kind]
            chosen = rng.permutation(len(lines))[: sum(sizes)]
            made = [dressed(rng, body(rng, kind, lines[n]), 0.15, 0.35) for n in chosen]
        parts[0] += made[: sizes[0]]
        parts[1] += made[sizes[0] :]
    return {
        name: finished(rng, lines, first) for name, lines, first in zip(LINES, parts, (1, 1001), strict=True)
    }


def finished(rng, lines, first):
    """Lines in random order with number, date, place, two marks for tone, label, rule and reason."""
    frame = pd.DataFrame(lines).iloc[rng.permutation(len(lines))].reset_index(drop=True)
    rules = phrases.bank("copy")["rules"]
    size = len(frame)
    tone = 3.5 + rng.normal(0, TONE_SPREAD, size)
    marks = np.clip(
        np.round(tone[:, None] + np.array([0.0, -0.25]) + rng.normal(0, TONE_NOISE, (size, 2))), 1, 5
    ).astype(int)
    return frame.assign(
        line_id=np.arange(size) + first,
        written_on=WRITTEN + pd.to_timedelta(np.sort(rng.integers(0, 200, size)), unit="D"),
        place=np.array(PLACES)[pick(rng, [0.3, 0.28, 0.2, 0.1, 0.12], size)],
        tone_a=marks[:, 0],
        tone_b=marks[:, 1],
        label=np.where(frame["kind"].isin(BANNED), "banned", "clean"),
        rule=[rules[kind][0] for kind in frame["kind"]],
        article=[rules[kind][1] for kind in frame["kind"]],
        reason=[rules[kind][2] for kind in frame["kind"]],
    )


def variants(rng):
    """Ten variants of one ad in a small test and in a large one; helper column true_ctr.

    The luck of the small test is chosen: a variant that may not run looks best of all, and the best of those that may
    run looks a third better than it is and is not the best of them.
    """
    bank = phrases.bank("copy")["variants"]
    kinds = np.array([zh.split("; ", 1)[0] for zh, _ in bank])
    true = np.array([TRUE_CTR[kind] for kind in kinds]) * np.exp(rng.normal(0, CTR_LUCK, len(bank)))
    order = rng.permutation(len(bank))
    may = ~np.isin(kinds, ["claim", "absolute"])

    def tempting(clicks):
        best, allowed = clicks.argmax(), np.where(may, clicks, -1)
        winner = allowed.argmax()
        over = allowed[winner] / TEST / true[winner]
        unique = np.sum(clicks == clicks[best]) == 1 and np.sum(allowed == allowed[winner]) == 1
        return (
            unique
            and not may[best]
            and WINNER_OVER[0] < over < WINNER_OVER[1]
            and true[winner] < 0.97 * true[may].max()
        )

    small = phrases.until(lambda: rng.binomial(TEST, true), tempting)
    large = rng.binomial(RETEST, true)
    frame = pd.DataFrame({
        "text_zh": [zh.split("; ", 1)[1] for zh, _ in bank], "text_en": [en for _, en in bank], "kind": kinds,
        "breaks_rule": np.where(kinds == "absolute", "ABS", ""), "facts_proven": kinds != "claim",
        "tone": rng.integers(3, 6, len(bank)), "true_ctr": true,
    }).iloc[order]  # fmt: skip
    frame.insert(0, "variant", [f"V{n:02d}" for n in range(1, len(bank) + 1)])
    rounds = [
        frame.assign(round=n, impressions=seen, clicks=clicks[order])
        for n, seen, clicks in ((1, TEST, small), (2, RETEST, large))
    ]
    return pd.concat(rounds, ignore_index=True)


def rules_log():
    """Rules of law and of platforms by date; the platforms' notices are invented."""
    names = ["rule_id", "kind", "in_force_from", "issued_by", "source", "article", "affects", "gist_zh"]
    rows = [(*left.split("; "), right) for left, right in phrases.bank("rules")["rules"]]
    frame = pd.DataFrame(rows, columns=[*names, "gist_en"])
    frame["in_force_from"] = pd.to_datetime(frame["in_force_from"])
    return frame.sort_values(["in_force_from", "rule_id"], kind="stable", ignore_index=True)


def tables(life):
    """copy_lines, ai_variant_test, rules_log, the tables of the AI desk: once a brand; copy_holdout is for the truth only."""
    if life.streams.part:
        return {}
    return copy_lines(life.streams("copy lines")) | {
        "ai_variant_test": variants(life.streams("copy variants")),
        "rules_log": rules_log(),
        **ai_desk.tables(life),
    }


def hidden(life):
    """200 further labelled lines, true CTR of the variants, defects of all AI assets."""
    if life.streams.part:
        return {}
    t = life.tables
    names = ["line_id", "sku", "text_zh", "text_en", "label", "rule", "article", "reason", "kind"]
    return {
        "copy_holdout": t["copy_holdout"][names],
        "ai_variant_test": t["ai_variant_test"].query("round == 1")[["variant", "kind", "true_ctr"]],
        "ai_copy": t["ai_copy"][["asset_id", "true_defect"]],
    }


def truth(life):
    """The labelled lines, the winner's curse, and what holds on the AI desk."""
    t = life.tables
    lines, test = t["copy_lines"], t["ai_variant_test"]
    first = test[test["round"] == 1]
    may = first[first["facts_proven"] & (first["breaks_rule"] == "")]
    winner, best = may.loc[may["clicks"].idxmax()], may.loc[may["true_ctr"].idxmax()]
    return {
        "copy_lines": {
            "what": "Seven lines of a hundred break a rule; most lines with a listed word do not, and most that break one hold none.",
            "cause": {"lines": LINES["copy_lines"], "holdout": LINES["copy_holdout"]},
            "found": {"banned_share": (lines["label"] == "banned").mean(), "by_kind": lines.groupby("kind").size().to_dict()},
        },
        "ai_variants": {
            "what": "The best of ten noisy numbers is not the best and not as good as it looks. The luck of the small test is chosen so.",
            "cause": {"true_ctr": dict(zip(first["variant"], first["true_ctr"], strict=True)), "impressions": [TEST, RETEST]},
            "found": {
                "best_of_all": first.loc[first["clicks"].idxmax(), "variant"], "best_of_allowed": winner["variant"],
                "its_ctr_in_the_test": winner["clicks"] / winner["impressions"], "its_true_ctr": winner["true_ctr"],
                "truly_best_of_allowed": best["variant"],
            },
        },
        **ai_desk.truth(life),
    }  # fmt: skip
