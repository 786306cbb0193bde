"""Headers of platforms and the one vocabulary: two data files, and how names are compared."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from mktlib.errors import did_you_mean
from mktlib.inputs import read_yaml

from .errors import ExportError

UNIT = re.compile(r"\s*[\[(]\s*(?:[A-Z]{3}|元|人民币|CNY|¥|￥|%|秒)\s*[\])]\s*$")
CURRENCY = re.compile(r"\(([A-Z]{3})\)\s*$")


@dataclass(frozen=True)
class Known:
    """What is known of a header: its canonical name or None, its kind, whether it is personal."""

    canonical: str | None
    kind: str
    personal: bool = False


@cache
def vocabulary():
    """Canonical column -> (kind, unit, additive, meaning), in the order of the file; and the rates."""
    content = read_yaml(Path(__file__).with_name("vocabulary.yml"))
    return {name: tuple(entry) for name, entry in content["columns"].items()}, content["rates"]


@cache
def platforms():
    """Platform -> entry of platforms.yml."""
    return read_yaml(Path(__file__).with_name("platforms.yml"))


@lru_cache(maxsize=50_000)
def plain(header):
    """A header as it is compared: full-width forms, case, spaces, and a unit or currency at its end taken off."""
    text = unicodedata.normalize("NFKC", str(header)).replace("\ufeff", "").strip().strip("\"'=").strip()
    text = UNIT.sub("", text)
    text = re.sub(r"\s*%$", "", text) if len(text) > 1 else text
    return re.sub(r"\s+", " ", text).strip().casefold()


@cache
def known(platform):
    """Compared header -> Known, for one platform."""
    entry, columns = platforms()[platform], vocabulary()[0]
    found = {plain(one): Known(None, "personal", True) for one in entry.get("personal", [])}
    found |= {plain(one): Known(None, kind) for one, kind in entry.get("reported", {}).items()}
    for name, headers in entry["columns"].items():
        for one in headers:
            found[plain(one)] = Known(name, columns[name][0])
    return found


def with_aliases(platform, aliases):
    """The same with the learner's own names added, header -> canonical name."""
    columns = vocabulary()[0]
    for name in (aliases or {}).values():
        if name not in columns:
            raise ExportError(f"aliases= names '{name}', which is no canonical column{did_you_mean(name, columns)}",
                              "give {header in the file: canonical name}.", platform)  # fmt: skip
    own = {plain(header): Known(name, columns[name][0]) for header, name in (aliases or {}).items()}
    return {**known(platform), **own}


METRIC = {"count", "money", "number", "rate", "ratio", "seconds"}


def matches(cells, known):
    """How many of the compared cells are headers that `known` has, and whether a metric and a dimension are among them."""
    found = cells & known.keys()
    kinds = {known[one].kind for one in found}
    return len(found), bool(kinds & METRIC), bool(kinds - METRIC)
