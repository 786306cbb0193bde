"""Text banks: Chinese sentences with their English gloss, kept as data in `texts/*.yml`."""

import re
from functools import cache
from pathlib import Path

import numpy as np
import yaml

from . import products


@cache
def bank(name):
    """The text bank `texts/<name>.yml`; a block of lines becomes a list of rows, each split at " | "."""
    path = Path(__file__).with_name("texts") / f"{name}.yml"
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return split(yaml.load(path.read_text(encoding="utf-8"), Loader=loader))


def split(part):
    """Blocks of lines as lists of tuples, whatever they are nested in."""
    if isinstance(part, dict):
        return {key: split(value) for key, value in part.items()}
    if isinstance(part, list):
        return [split(value) for value in part]
    if isinstance(part, str) and " | " in part:
        return [tuple(line.split(" | ")) for line in part.strip().split("\n")]
    return part


@cache
def fitting(name, path, article):
    """The lines of bank `name` at `path` (keys) that can be said of an article, by its short Chinese name.

    A line that begins with "一/二; " is meant for articles with one of these words in their name.
    """
    lines = bank(name)
    for key in path:
        lines = lines[key]
    found = []
    for chinese, english in lines:
        words, mark, rest = chinese.rpartition("; ")
        if not mark or any(word in article for word in words.split("/")):
            found.append((rest, english))
    return found


def balanced(rng, share, score=None, block=40):
    """True for rows with the chances `share`, but with nearly the expected number in every block of rows.

    Within a block rows are taken by `score`, highest first; without one by chance in proportion to their share. So single
    rows are luck, and sums are not.
    """
    size = len(share)
    score = np.log(rng.random(size)) / np.maximum(share, 1e-9) if score is None else score
    number = np.arange(size) // block
    order = np.lexsort((-score, number))
    rank = np.empty(size, dtype=np.int64)
    rank[order] = np.arange(size) - number[order] * block
    total = np.cumsum(np.bincount(number, share)) if size else np.zeros(0)
    quota = np.diff(np.floor(np.concatenate([[0.0], total]) + rng.random()))
    return rank < quota[number] if size else np.zeros(0, bool)


@cache
def goods():
    """SKU -> (category, list price, Chinese name, English name), names as people say them, without size and count."""
    found = {}
    for row in products.table().to_dict("records"):
        english = re.sub(r"( newborn)?( [A-Z]+)?( stock-up box)?( \d+.*)?$", "", row["name_en"])
        english = english if english[:2].isupper() else english[0].lower() + english[1:]
        found[row["sku"]] = (row["category"], row["list_price"], row["name_zh"].split(" ")[0], english)
    return found


def short_names(sku):
    """Chinese and English name of an article."""
    return goods()[sku][2:]


def until(draw, fits, tries=2000):
    """The first result of `draw()` for which `fits` is true: luck that a lesson needs, chosen and owned up to in truth."""
    for _ in range(tries):
        found = draw()
        if fits(found):
            return found
    raise ValueError("no draw fits")
