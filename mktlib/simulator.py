"""The quarter simulator of MC: a plan for the third quarter of 2025 is lived by the world, week by week.

Where the quarter begins, the shop stands as the books and the labels of the active world leave it: customers with their loyalty and
rhythm, members of the private domain, ads that ran. From there `mktlib.world.demand.Shop` lives on, the same code that made
the data, with the plan's money and choices. Two plays of one luck draw from the same streams, so they are the same until they differ.

    base = reference()                               # a plan as the owners had it
    mine = base | {"name": "less brand search", "budget": base["budget"] | {"brand search": 0}}
    played = play(mine)
    played.weeks, played.channels, played.result, played.id
    effect(played, play(base))                       # what the difference did, apart from luck
    save(mine, "plan.json"); replay("plan.json")

What the world has no mechanism for is modelled here from its causes, and named: creators bring visits as in
`world.creators.effects`, with their luck drawn anew; a fission mechanic is the branching process of `world.referrals`, whose buyers
become customers, ANYWAY of them people who would have come without it (an assumption, no label tells it); more search is bought by higher
bids in the world's own auction. The tests of that summer (offers, cadence, brand pause) are not played.
"""

import copy
import dataclasses
import hashlib
import json
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from mktlib.data import load
from mktlib.errors import Told, did_you_mean

VERSION = 1
FIRST, LAST, WEEKS = "2025-06-30", "2025-09-28", 13
REVIEWS = (4, 8)  # a review follows these weeks
TOTAL = 620_000  # CNY for media, creators and fission of the quarter, at the size of the standard world
CHANNELS = ["search", "brand search", "Douyin feed", "other feed", "Xiaohongshu", "live", "private domain"]
HOOKS = ["mothers' group", "size adviser", "free trial", "scan for CNY 20"]
TIERS = ["newly dormant", "loyal", "lapsed", "never bought"]
MECHANICS = ["cut price", "group buy", "gift card", "try free"]
ANYWAY = 0.4  # invited buyers who would have come without the invitation: assumed
YEAR = 365
SHARE = 0.5  # part of the people that a play simulates unless it is told otherwise
HOOK_GIFT = np.array([2.6, 1.2, 9.0, 20.0])  # CNY per add, as in world.groups
RECALL_GIFT = 22.0
MOST_SEED = 2**32 - 1
KNOWN_GROUND = 2.0  # times the owners' money of a channel; beyond it a play says that nobody has been there
LETTERS = {"search": "SEM", "brand search": "SEM", "Douyin feed": "feed ads", "other feed": "feed ads"}


class PlanError(Told, ValueError):
    """A plan that cannot be played; the message names the field, what stands there, and what to write."""


# ---------------------------------------------------------------- plans


def owners_budget():
    """What the owners planned for the quarter, CNY by channel of the simulator; a Series that sums to less than TOTAL."""
    return pd.Series(reference()["budget"], name="planned")


def reference():
    """The plan as the owners had it: their media, the hooks as they were shown, no recall, creators beyond the contract, or fission."""
    return copy.deepcopy(_reference(_facts()["fingerprint"]))


@lru_cache(maxsize=4)
def _reference(fingerprint):
    books = load("budget", start=FIRST, end=LAST).query("item == 'media'")
    sums = books.groupby(["channel", "platform"])["planned"].sum()
    feed = sums["feed ads"]
    search, brand = _search_money()
    budget = {
        "search": sums["SEM"].sum() * search, "brand search": sums["SEM"].sum() * brand, "Douyin feed": feed["Douyin"],
        "other feed": feed.drop("Douyin").sum(), "Xiaohongshu": sums["Xiaohongshu"].sum(), "live": sums["live"].sum(),
        "private domain": sums["private domain"].sum(),
    }  # fmt: skip
    return {
        "name": "as the owners planned",
        "budget": {name: float(round(value, -2)) for name, value in budget.items()},
        "weeks": {},
        "private": {"hooks": _usual_hooks(), "recall": []},
        "creators": [],
        "fission": None,
        "reviews": [],
    }


def _usual_hooks():
    """How the hooks share what is shown, by the world's own plan."""
    from mktlib.world import private

    views = private.VIEWS @ private.HOOK_SHARE / private.VIEWS.sum()
    hooks = dict(zip(HOOKS, np.round(views, 2).tolist(), strict=True))
    return hooks | {HOOKS[0]: round(1 - sum(list(hooks.values())[1:]), 2)}


def _search_money():
    """Parts of the search money that go to other words and to the brand's own, from the quarter before."""
    cost = load("sem_keyword_daily", start="2025-03-31", end="2025-06-29").groupby("campaign")["cost"].sum()
    brand = float(cost["brand"] / cost.sum())
    return 1 - brand, brand


def total():
    """CNY that a plan may spend, for the size of the active world."""
    return TOTAL * _facts()["scale"]


def creator_costs():
    """What each creator of Xiaohongshu costs in a plan, CNY: the quoted fee times the fewest posts sold. Series by creator_id."""
    creators = load("creators").set_index("creator_id")
    creators = creators[creators["platform"] == "Xiaohongshu"]
    return (creators["quoted_fee"] * creators["minimum_posts"]).rename("cost")


def check_plan(plan):
    """The plan, complete and in one form: fields that are not given are those of `reference()`. Raises PlanError.

    name       any text
    budget     CNY of the quarter by channel (CHANNELS); a channel that is not named gets nothing
    weeks      {channel: 13 weights}, how the channel's money is spread; else as the owners' plan of each day
    private    hooks: shares of what is shown, by hook, that sum to 1; recall: tiers that get the recall offer on Sundays
    creators   none, or 3 to 5 creator_ids of Xiaohongshu; they publish in turn from the second week
    fission    None, or {"mechanic", "seeds" (10 to 400), "week" (1 to 10), "rewards" (CNY at most)}
    reviews    [{"after_week": 4 or 8, "change": {channel: factor}, "if": {"watch", "channel", "above" or "below"}}]: from the next
               day on the channel's money is multiplied; "if" may be left out. watch: "pace" (spent over planned so far) or "cac"
               (spend over new customers by last click so far). change may hold "recall": tiers and "fission": "stop", too
    """
    base = reference()
    if not isinstance(plan, dict):
        raise PlanError(f"a plan is a dict such as simulator.reference() gives, not {type(plan).__name__}.")
    for field in plan:
        if field not in base:
            raise PlanError(f"plan: there is no field {field!r}{did_you_mean(field, base)}")
    full = base | copy.deepcopy(plan)
    if not isinstance(full["name"], str):
        raise PlanError(f"name: a plan has a name in words, not {full['name']!r}.")
    full["budget"] = _budget(full["budget"])
    weeks = {} if full["weeks"] is None else _fields("weeks", full["weeks"], "{'live': [1] * 13}")
    full["weeks"] = {name: _weights(name, row) for name, row in weeks.items()}
    private = {} if full["private"] is None else _fields("private", full["private"], "{'recall': ['loyal']}")
    full["private"] = _private(base["private"] | private)
    full["creators"] = _creators(full["creators"])
    full["fission"] = _fission(full["fission"])
    reviews = _list("reviews", full["reviews"], "[{'after_week': 4, 'change': {'live': 0.5}}]")
    full["reviews"] = [_review(n, one) for n, one in enumerate(reviews)]
    _within_total(full)
    return full


def _fields(where, value, example):
    """What stands in a field that is written as a dict."""
    if not hasattr(value, "items"):
        raise PlanError(f"{where}: {value!r} is no dict; write it as {example}.")
    return dict(value.items())


def _list(where, value, example):
    """What stands in a field that is written as a list, None being an empty one."""
    if value is None:
        return []
    if isinstance(value, (str, bytes, dict)) or not hasattr(value, "__iter__"):
        raise PlanError(f"{where}: {value!r} is no list; write it as {example}.")
    return list(value)


def _whole(where, value, low, high):
    """A whole number from low to high; 300.0 is one, 20.5 and True are none."""
    found = _number(where, value)
    if found != int(found) or not low <= found <= high:
        raise PlanError(f"{where}: {value!r} is not possible; give a whole number from {low} to {high:,}.")
    return int(found)


def _seed(value):
    """The luck of a play, a whole number of 0 or more."""
    return _whole("seed", value, 0, MOST_SEED)


def _number(where, value, low=0.0, high=None):
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = None
    if found is None or isinstance(value, (bool, np.bool_)):
        raise PlanError(f"{where}: {value!r} is no number; give one such as {low or 1:g}.")
    if not np.isfinite(found) or found < low or (high is not None and found > high):
        raise PlanError(
            f"{where}: {found:,.6g} is not possible; give a number from {low:g} to {'any size' if high is None else f'{high:g}'}."
        )
    return found


def _known(where, name, names):
    if name not in names:
        raise PlanError(f"{where}: there is no {name!r}{did_you_mean(name, names)}")
    return name


def _budget(budget):
    if not hasattr(budget, "items"):
        raise PlanError("budget: give yuan by channel, such as {'search': 90000, 'live': 60000}.")
    found = {
        name: _number(f"budget[{name!r}]", value)
        for name, value in budget.items()
        if _known("budget", name, CHANNELS)
    }
    return {name: found.get(name, 0.0) for name in CHANNELS}


def _weights(name, row):
    _known("weeks", name, CHANNELS)
    row = _list(f"weeks[{name!r}]", row, "[1] * 13")
    if len(row) != WEEKS:
        raise PlanError(f"weeks[{name!r}]: {len(row)} weights for {WEEKS} weeks; give one for each.")
    row = [_number(f"weeks[{name!r}], week {n}", one) for n, one in enumerate(row, 1)]
    if not sum(row):
        raise PlanError(f"weeks[{name!r}]: all weights are 0; to spend nothing, set the budget to 0.")
    return row


def _private(fields):
    for name in fields:
        _known("private", name, ["hooks", "recall"])
    hooks = _fields("private, hooks", fields["hooks"], "{'free trial': 1.0}")
    hooks = {name: _number(f"private, hooks[{name!r}]", share, 0, 1) for name, share in hooks.items()
             if _known("private, hooks", name, HOOKS)}  # fmt: skip
    if abs(sum(hooks.values()) - 1) > 0.005:
        raise PlanError(
            f"private, hooks: the shares sum to {sum(hooks.values()):.2f}. They are parts of what is shown and sum to 1."
        )
    return {"hooks": {name: hooks.get(name, 0.0) for name in HOOKS}, "recall": _recall(fields["recall"])}


def _recall(tiers):
    tiers = [tiers] if isinstance(tiers, str) else _list("recall", tiers, "['newly dormant']")
    return sorted({_known("private, recall", one, TIERS) for one in tiers})


def _creators(chosen):
    chosen = _list("creators", chosen, "a list of 3 to 5 creator_ids, such as ['C01', 'C02', 'C03']")
    chosen = sorted({str(one) for one in chosen})
    if chosen and not 3 <= len(chosen) <= 5:
        raise PlanError(f"creators: {len(chosen)} are booked; book 3 to 5 different ones, or none.")
    known = list(creator_costs().index) if chosen else []
    return [_known("creators (of Xiaohongshu)", one, known) for one in chosen]


def _fission(fields):
    if fields is None or fields == {}:
        return None
    example = "{'mechanic': 'gift card', 'seeds': 100, 'week': 2, 'rewards': 5000}"
    for name in _fields("fission", fields, example):
        _known("fission", name, ["mechanic", "seeds", "week", "rewards"])
    for name in ("mechanic", "seeds", "rewards"):
        if name not in fields:
            raise PlanError(f"fission: {name!r} is missing.")
    return {"mechanic": _known("fission, mechanic", fields["mechanic"], MECHANICS),
            "seeds": _whole("fission, seeds", fields["seeds"], 10, 400),
            "week": _whole("fission, week", fields.get("week", 2), 1, 10),
            "rewards": _number("fission, rewards", fields["rewards"], 1)}  # fmt: skip


def _review(n, fields):
    where = f"reviews[{n}]"
    if not isinstance(fields, dict) or "after_week" not in fields or not fields.get("change"):
        raise PlanError(
            f"{where}: a review needs after_week and change, such as {{'after_week': 4, 'change': {{'live': 0.5}}}}."
        )
    for name in fields:
        _known(where, name, ["after_week", "if", "change"])
    if fields["after_week"] not in REVIEWS:
        raise PlanError(
            f"{where}: after_week is {fields['after_week']!r}. You may act after week {REVIEWS[0]} or {REVIEWS[1]} only; "
            "between reviews the plan runs."
        )
    change = {}
    for name, value in _fields(f"{where}, change", fields["change"], "{'live': 0.5}").items():
        _known(f"{where}, change", name, [*CHANNELS, "recall", "fission"])
        if name == "recall":
            change[name] = _recall(value)
        elif name == "fission":
            change[name] = _known(f"{where}, change, fission", value, ["stop"])
        else:
            change[name] = _number(f"{where}, change[{name!r}]", value, 0, 10)
    return {"after_week": fields["after_week"], "if": _condition(where, fields.get("if")), "change": change}


def _condition(where, fields):
    if fields is None or fields == {}:
        return None
    for name in _fields(f"{where}, if", fields, "{'watch': 'pace', 'channel': 'live', 'above': 1.15}"):
        _known(f"{where}, if", name, ["watch", "channel", "above", "below"])
    if ("above" in fields) == ("below" in fields):
        raise PlanError(f"{where}, if: give 'above' or 'below', one of them.")
    side = "above" if "above" in fields else "below"
    return {"watch": _known(f"{where}, if, watch", fields.get("watch"), ["pace", "cac"]),
            "channel": _known(f"{where}, if, channel", fields.get("channel"), CHANNELS),
            side: _number(f"{where}, if, {side}", fields[side])}  # fmt: skip


def cost_of(plan):
    """What a plan reserves, CNY: a Series of media, creators, fission, total and left (of the money there is); and `bill, about`: the
    total if each platform bills what it billed over its plan that summer; gifts of the hooks beyond the usual ones come on top. The
    money there is binds the plan and not the bill."""
    media = sum(plan["budget"].values())
    billed = sum(
        plan["budget"][name] * pace
        for name, pace in _paces(_facts()["fingerprint"]).items()
        if name in plan["budget"]
    )
    creators = float(creator_costs()[plan["creators"]].sum()) * _facts()["scale"] if plan["creators"] else 0.0
    fission = plan["fission"]["rewards"] if plan["fission"] else 0.0
    spent = media + creators + fission
    return pd.Series({"media": media, "creators": creators, "fission": fission, "total": spent, "left": total() - spent,
                      "bill, about": billed + creators + fission})  # fmt: skip


@lru_cache(maxsize=4)
def _paces(fingerprint):
    """What each channel's platform billed over its plan that summer; dict."""
    books = load("budget", start=FIRST, end=LAST).query("item == 'media'")
    sums = books.groupby(["channel", books["platform"] == "Douyin"])[["planned", "spent"]].sum()
    pace = sums["spent"] / sums["planned"]
    whole = books.groupby("channel")[["planned", "spent"]].sum()
    usual = whole["spent"] / whole["planned"]
    return {"search": usual["SEM"], "brand search": usual["SEM"], "Douyin feed": pace[("feed ads", True)],
            "other feed": pace[("feed ads", False)], "Xiaohongshu": usual["Xiaohongshu"], "live": usual["live"], "private domain": 1.0}  # fmt: skip


def _within_total(plan):
    parts = cost_of(plan)
    if parts["left"] < -0.5:
        raise PlanError(
            f"budget: media {parts['media']:,.0f}, creators {parts['creators']:,.0f} and fission {parts['fission']:,.0f} sum to "
            f"CNY {parts['total']:,.0f}, and there are {total():,.0f}. Take {-parts['left']:,.0f} out somewhere."
        )


def identifier(plan, seed=1, share=SHARE):
    """Ten letters that stand for a play: the same plan, seed, world and version give the same, another one another."""
    facts = _facts()
    known = {"plan": {key: value for key, value in check_plan(plan).items() if key != "name"}, "seed": _seed(seed),
             "share": share, "world": facts["fingerprint"], "version": VERSION}  # fmt: skip
    return hashlib.sha256(json.dumps(known, sort_keys=True).encode("utf-8")).hexdigest()[:10]


def save(plan, path, seed=1):
    """Write a plan as JSON (UTF-8), with the seed and the identifier of its play; returns the path. The folder is there already.
    Raises PlanError."""
    full, path = check_plan(plan), Path(path)
    text = json.dumps(
        {"plan": full, "seed": _seed(seed), "id": identifier(full, seed)}, ensure_ascii=False, indent=1
    )
    if not path.parent.is_dir():
        raise PlanError(
            f"save: there is no folder '{path.parent}'; make it first, or save into one that is there, such as "
            f"workbook.reports() / '{path.name}'."
        )
    try:
        path.write_text(text + "\n", encoding="utf-8", newline="\n")
    except OSError as problem:
        raise PlanError(f"{path.name} cannot be written ({problem.strerror or problem}).") from None
    return path


def replay(path):
    """Play a plan that was saved: the same numbers on the same world. Raises PlanError for a file that is none, or of another world."""
    path = Path(path)
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
        plan, seed, known = saved["plan"], saved["seed"], saved["id"]
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise PlanError(
            f"{path.name} holds no saved plan ({problem}). Write one with simulator.save(plan, path)."
        ) from None
    if identifier(plan, seed) != known:
        raise PlanError(
            f"{path.name} was saved with another world or version, or changed since: its id is {known}. "
            "Use the world it was made with, or play it as a new plan: play(json.load(...)['plan'])."
        )
    return play(plan, seed)


# ---------------------------------------------------------------- the shop as the quarter begins


def _facts():
    """Seed, scale and fingerprint of the active world."""
    from mktlib.data import _package
    from mktlib.world import folder

    known = _package()["fingerprint"]
    return _read_facts(known, str(folder()))


@lru_cache(maxsize=8)
def _read_facts(fingerprint, folder):
    known = json.loads((Path(folder) / "datapackage.json").read_text(encoding="utf-8"))
    return {"seed": known["seed"], "scale": float(known["scale"]), "fingerprint": fingerprint}


def _day_streams():
    from zlib import crc32

    from mktlib.world.streams import Streams

    class DayStreams(Streams):
        """One generator per mechanism and day: what a choice moves on one day does not move the draws of the next."""

        def __init__(self, seed, luck):
            super().__init__(seed)
            self.luck, self.day, self._day = int(luck), -1, None

        def common(self, name):
            return self(name + " (common)")

        def __call__(self, name):
            if self._day != self.day:
                self._day, self._made = self.day, {}
            if name not in self._made:
                key = (crc32(name.encode("utf-8")), crc32(b"quarter"), self.luck, self.day + 1)
                self._made[name] = np.random.Generator(
                    np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=key))
                )
            return self._made[name]

    return DayStreams


def _days():
    from mktlib.world import clock

    first, last = (clock.DAYS.get_loc(pd.Timestamp(day)) for day in (FIRST, LAST))
    return np.arange(first, last + 1)


def state(share=SHARE):
    """The shop on the evening before the quarter, with `share` of its people; built once a session and world."""
    facts = _facts()
    share = min(share, 1 / facts["scale"])
    return _state(facts["fingerprint"], facts["seed"], facts["scale"], share)


@lru_cache(maxsize=2)
def _state(fingerprint, seed, scale, share):
    from mktlib.world import clock, creators, demand, feed, mailing, private, recall, spend
    from mktlib.world.streams import Streams

    streams, size = Streams(seed), scale * share
    rng = streams("simulator, state")
    cells, ads = _cells(rng, share)
    feed.douyin_pace(streams)  # drawn once before by the ads, as when the world was made
    paths = spend.media_paths(streams)
    crew = [mailing.Mail(streams, size), recall.Recall(streams, size), private.Private(streams, size)]
    index = clock.demand_index(streams.common("demand"))
    shop = demand.Shop(streams, index, ads, paths, creators.lift(streams, 1.0), size, crew)
    who = _settle(shop, rng, share)
    _private_state(shop, who)
    _recent(shop, rng)
    shop.actors["recall"].waves = set()
    return SimpleNamespace(shop=shop, cells=cells, paths=paths, owners=_owners_by_day(), seed=seed, scale=scale, share=share,
                           fixed=_fixed(), curve=_bid_curve(), creators=creators.programme(seed))  # fmt: skip


def _cells(rng, share):
    """Cells of the quarter's ads with what their visits are worth, feed first; and the Ads of the world made from them."""
    from mktlib.world import engine, feed, search

    table = load("feed_ads_daily", start=FIRST, end=LAST)
    known = {one.name: one for one in feed.campaigns()}
    own = {
        name: [getattr(known.get(campaign), name, usual) for campaign in table["campaign"]]
        for name, usual in (("buy", 1.1), ("android", 0.56), ("incremental", 0.0))
    }
    audience = table["audience"].map(feed.AUDIENCES.index).to_numpy()
    buy = (
        feed.BUY * table["platform"].map({k: v[2] for k, v in feed.PLATFORM.items()})
        * table["creative"].map({k: v[1] for k, v in feed.CREATIVE.items()}) * feed.AUDIENCE_BUY[audience] * own["buy"]
    )  # fmt: skip
    incremental = np.array(own["incremental"])
    feeds = pd.DataFrame({
        "day": _day_numbers(table["date"]), "clicks": table["clicks"], "cost": table["cost"], "buy": buy,
        "campaign": table["campaign"], "audience": audience, "android": own["android"],
        "incremental": np.where(incremental > 0, incremental, feed.AUDIENCE_INCREMENTAL[audience]),
        "lever": np.where(table["platform"] == "Douyin", "Douyin feed", "other feed"),
    })  # fmt: skip
    words = load("sem_keyword_daily", start=FIRST, end=LAST)
    words = _brand_back(words)
    chance = {(group, row[1]): row[5] for group, rows in search.GROUPS.items() for row in rows}
    pairs = zip(words["campaign"], words["keyword"], strict=True)
    searches = pd.DataFrame({
        "day": _day_numbers(words["date"]), "clicks": words["clicks"], "cost": words["cost"], "buy": [chance[pair] for pair in pairs],
        "campaign": words["campaign"], "ad_group": words["ad_group"], "dark": False,
        "lever": np.where(words["campaign"] == "brand", "brand search", "search"),
    })  # fmt: skip
    dark = searches[searches["lever"] == "brand search"].assign(
        dark=True, lever="brand search, off", cost=0.0
    )
    searches = pd.concat([searches, dark], ignore_index=True)
    ads = engine.join_ads(feeds, searches)
    both = pd.concat(
        [feeds[["day", "clicks", "cost", "lever"]], searches[["day", "clicks", "cost", "lever"]]],
        ignore_index=True,
    )
    return both.assign(clicks=both["clicks"] * share, luck=rng.random(len(both))), ads


def _day_numbers(dates):
    from mktlib.world import clock

    return clock.DAYS.get_indexer(dates)


def _brand_back(words):
    """The keywords as if the brand's had not been paused for two weeks: those days are filled with the two weeks before."""
    off = words["date"].between("2025-07-14", "2025-07-27") & (words["campaign"] == "brand")
    before = words[words["date"].between("2025-06-30", "2025-07-13") & (words["campaign"] == "brand")]
    return pd.concat(
        [words[~off], before.assign(date=before["date"] + pd.Timedelta(days=14))], ignore_index=True
    )


def _settle(shop, rng, share):
    """Put the customers of before the quarter into the shop: (customer ids, their positions are 0, 1, ...)."""
    from mktlib.world import truth
    from mktlib.world.people import BANDS, CHANNELS, DEVICES, STORES

    table = load("customers")
    table = table[table["registered_on"] < FIRST].merge(truth("customers"), on="customer_id", how="left")
    if share < 1:
        table = table[(table["customer_id"] * 2654435761 % 2**32 / 2**32) < share]
    one, count = shop.people, len(table)
    while one.capacity < count + 1000:
        one._resize(one.capacity * 2)
    new, day = np.arange(count), _days()[0]
    one.count = count
    one.since[new] = _day_numbers(table["registered_on"])
    born = pd.to_datetime(table["child_birth_month"])
    for name, values in {
        "first_channel": table["acquired_by"].map(CHANNELS.index), "store": table["store"].map({n: i for i, n in enumerate(STORES)}).fillna(0),
        "device": table["device"].map(DEVICES.index), "birth": born.dt.year * 12 + born.dt.month - 1,
        "second": table["parity"] != "first", "tier": table["city_tier"], "band": table["birth_year_band"].map(BANDS.index),
        "city": table["city"].map({n: i for i, n in enumerate(_city_names())}),
    }.items():  # fmt: skip
        getattr(one, name)[new] = values.to_numpy()
    one.loyalty[new] = table["loyalty"].fillna(0.6)
    one.cycle[new] = table["cycle_days"].fillna(42)
    orders = load("orders", ["customer_id", "ordered_at", "status"], end="2025-06-29").query(
        "status == 'paid'"
    )
    sums = orders.groupby("customer_id")["ordered_at"].agg(["size", "max"]).reindex(table["customer_id"])
    one.orders[new] = sums["size"].fillna(0)
    bought = sums["size"].notna().to_numpy()
    one.last[new[bought]] = _day_numbers(sums["max"].dropna().dt.normalize())
    one.login[new] = np.maximum(one.last[new], one.since[new])
    who = table["customer_id"].to_numpy()
    _membership(one, who, day)
    _draw_needs(rng, one, new[bought], day)
    idle = new[~bought]
    soon = (day - one.since[idle] < 60) & (rng.random(len(idle)) < 0.2)
    one.need[idle[soon]] = day + rng.exponential(20, int(soon.sum()))
    return who


def _city_names():
    from mktlib.world import geo

    return geo.cities()["city"].tolist()


def _membership(one, who, day):
    """Who is a member of the private domain on the morning of `day`; the rhythm of later joiners and leavers is set back."""
    from mktlib.world.private import SPEED

    contacts = load("wecom_contacts", ["customer_id", "added_at", "blocked_at"]).dropna(
        subset=["customer_id"]
    )
    contacts = contacts.drop_duplicates("customer_id").set_index("customer_id").reindex(who)
    added, blocked = contacts["added_at"] < FIRST, contacts["blocked_at"]
    inside = (added & ~(blocked < FIRST)).to_numpy()
    at_end = (contacts["added_at"].notna() & blocked.isna()).to_numpy()
    new = np.arange(len(who))
    one.member[new] = inside
    one.contact[new] = np.where(added, 0, -1)
    one.cycle[new] *= np.where(at_end, SPEED, 1.0) / np.where(inside, SPEED, 1.0)
    gone = inside & blocked.notna().to_numpy()
    one.leaving = list(
        zip(_day_numbers(blocked[gone].dt.normalize()).tolist(), new[gone].tolist(), strict=True)
    )


def _draw_needs(rng, one, who, day):
    """When customers need something next, drawn by the world's own rule (People.bought) given that they have not come since."""
    from mktlib.world import clock, demand
    from mktlib.world.people import GROWN_AGE, GROWN_STAY, OWN, RETURN

    last, left = one.last[who], np.arange(len(who))
    age = clock.MONTH[last] - one.birth[who]
    stays = one.loyalty[who] * np.interp(age, GROWN_AGE, GROWN_STAY)
    stocked = np.where(clock.promo_windows()[1][last], 1.45, 1.0)
    own = one.store[who] == OWN
    hazard = demand.ACT * np.where(
        own, 0.14 + 0.86 * demand.NEED_BUY * demand.DEVICE_NEED[one.device[who]], 0.9
    )
    need = np.full(len(who), np.inf)
    for _ in range(60):
        size = len(left)
        if not size:
            break
        wait = np.maximum(one.cycle[who[left]] * np.exp(rng.normal(0, 0.3, size)) * stocked[left], 3)
        away = np.where(rng.random(size) < RETURN, 120 + rng.exponential(300, size), np.inf)
        drawn = last[left] + np.where(rng.random(size) < stays[left], wait, away)
        silent = np.exp(-hazard[left] * np.maximum(day - drawn, 0))
        fits = rng.random(size) < silent
        need[left[fits]] = drawn[fits]
        left = left[~fits]
    one.need[who] = need


def _private_state(shop, who):
    """Members, those who will leave, cards of the hold-out, strangers among the contacts."""
    actor, one, day = shop.actors["private"], shop.people, _days()[0]
    actor.put_up_codes(shop)
    actor.members = [np.flatnonzero(one.member[: one.count] > 0)]
    actor.known, actor.done = one.count, 0
    for end, person in one.leaving:
        actor.leaves.setdefault(max(end, day), []).append(person)
    test = load("private_holdout")
    test = test[(test["start"] < FIRST) & test["customer_id"].isin(who)]
    at = pd.Index(who).get_indexer(test["customer_id"])
    start = _day_numbers(test["start"])
    one.enrolled[at] = start
    one.card_from[at] = np.where(test["arm"] == "invited", 1, start + 60)


def _recent(shop, rng):
    """Browsers of the last days that may come back."""
    from mktlib.world.demand import DEVICE_OF_VISITOR
    from mktlib.world.people import FEED
    from mktlib.world.streams import pick

    size = int(6000 * shop.scale + 200)
    shop.recent = np.stack([np.arange(size), pick(rng, DEVICE_OF_VISITOR[FEED], size)], 1)
    shop.visitors = size


def _owners_by_day():
    """The owners' money of each day of the quarter, CNY: array (days,) by channel."""
    books = load("budget", start=FIRST, end=LAST).query("item == 'media'")
    days, (search, brand) = pd.date_range(FIRST, LAST), _search_money()

    def daily(rows):
        return rows.groupby("date")["planned"].sum().reindex(days, fill_value=0.0).to_numpy()

    found = {
        name: daily(books[books["channel"] == name])
        for name in ("SEM", "Xiaohongshu", "live", "private domain")
    }
    feed = books[books["channel"] == "feed ads"]
    return {"search": found["SEM"] * search, "brand search": found["SEM"] * brand,
            "Douyin feed": daily(feed[feed["platform"] == "Douyin"]), "other feed": daily(feed[feed["platform"] != "Douyin"]),
            "Xiaohongshu": found["Xiaohongshu"], "live": found["live"], "private domain": found["private domain"]}  # fmt: skip


def _fixed():
    """What runs on whatever the plan: agencies, creators and hosts under contract, mails; CNY of the quarter."""
    books = load("budget", start=FIRST, end=LAST)
    fees = books["item"].isin(["agency fee", "creator fee"])
    mails = (books["channel"] == "e-mail/SMS") & (books["item"] == "media")
    return float(books.loc[fees | mails, "planned"].sum())


def _bid_curve():
    """What more search money buys: (money, clicks) over today's, for bids from a third to five times today's; arrays.

    The auction is the world's: a higher bid is shown more often and higher up, and pays more a click.
    """
    from mktlib.world import search

    words = search.keywords().query("campaign != 'brand'")
    bids = np.geomspace(0.2, 6.0, 60)
    place, shown, price = search.auction(words, words["bid"].to_numpy()[:, None] * bids)
    top = words["campaign"].map(search.FULL_CTR).to_numpy()[:, None]
    clicks = words["searches"].to_numpy()[:, None] * shown * top * (0.28 + 0.72 * np.exp(-0.55 * (place - 1)))
    money = (clicks * words["price"].to_numpy()[:, None] * price).sum(axis=0)
    clicks = clicks.sum(axis=0)
    today = np.interp(0.0, np.log(bids), np.arange(len(bids)))
    at = lambda row: np.interp(today, np.arange(len(bids)), row)  # noqa: E731
    return np.append(0.0, money / at(money)), np.append(0.0, clicks / at(clicks))


# ---------------------------------------------------------------- a play


@dataclasses.dataclass(repr=False)
class Play:
    """A quarter that was played. `id` stands for plan, seed and world; `result` is a Series, `notes` a list of sentences, the others
    are frames."""

    id: str
    plan: dict
    seed: int
    result: pd.Series
    weeks: pd.DataFrame
    channels: pd.DataFrame
    money: pd.DataFrame
    reviews: pd.DataFrame
    notes: list
    _orders: pd.DataFrame = dataclasses.field(repr=False, default=None)
    _spent: pd.Series = dataclasses.field(repr=False, default=None)

    def __repr__(self):
        first = (
            f"{self.plan['name']!r}, seed {self.seed}: worth CNY {self.result['worth']:,.0f} (play {self.id})"
        )
        return "\n".join([first, *self.notes])


def play(plan, seed=1, share=SHARE):
    """Live through the thirteen weeks under a plan: a Play.

    plan    as check_plan says; what is not given is as in reference()
    seed    the luck of the quarter, a whole number; two plans are compared under the same
    share   part of the people that is simulated, 0.02 to 1; results are scaled back up, their luck is that of a brand of this share:
            a half has 1.4 times the noise of the whole. In a world larger than the standard at most one standard brand is simulated
    weeks     one row per week (1 to 13) and channel of the books (last click): spent, visits, orders, new_customers, revenue (paid),
              refunds (expected), margin (revenue less refunds, goods, shipping)
    channels  the same, over the quarter
    money     one row per week and channel of the plan: planned (by the plan as it was written) and spent (as billed), CNY
    reviews   one row per review of the plan: after_week, watch, channel, value, acted
    result    orders, new_customers, revenue, net_revenue, margin, media, creators, fission, gifts, commission, fixed, profit
              (margin less all costs), later (margin that the customers won will leave in the year after, expected), worth
              (profit and later), over (what media, creators and fission were billed beyond the money there is; profit has paid it)
    notes     sentences to read before the numbers are believed: a bill beyond the money there is, money where nobody has been
    The same plan, seed, share and world give the same numbers. Raises PlanError.
    """
    share, seed = _number("share", share, 0.02, 1), _seed(seed)
    name = identifier(plan, seed, share)
    if name not in _played:
        run = _Run(check_plan(plan), state(share), seed)
        for day in run.days:
            run.live(day)
        while len(_played) >= KEPT:
            _played.pop(next(iter(_played)))
        _played[name] = run.told(name)
    return copy.deepcopy(dataclasses.replace(_played[name], plan=check_plan(plan)))


KEPT, _played = 40, {}  # plays of this session, so that a cell that is run again costs nothing


class _Run:
    """One play while it runs: the forked shop, what is left of the plan, what was spent."""

    def __init__(self, plan, base, seed):
        self.plan, self.base, self.seed, self.days = plan, base, seed, _days()
        self.streams = _day_streams()(base.seed, seed)
        self.shop = base.shop.fork()
        self.shop.streams = self.streams
        self.start = self.shop.people.count
        self.new_before = self.shop.people.orders[: self.start] == 0
        self.factor = {name: self._factor(name) for name in CHANNELS}
        self.recall = plan["private"]["recall"]
        self.treated, self.notes, self.stop_fission = [], [], len(self.days)
        self.lift = self._creator_lift()
        self.hooks(0)
        self.fission = self._fission()
        self.invited = np.zeros(0, np.int64)
        self._apply(0)

    def _factor(self, name):
        """The plan's money over the owners' by day; shape (days,)."""
        owners, money = self.base.owners[name], self.plan["budget"][name]
        weights = self.plan["weeks"].get(name)
        if weights is None:
            return np.full(len(owners), money / owners.sum())
        week = owners.reshape(WEEKS, 7)
        wanted = money * np.array(weights) / sum(weights)
        return np.repeat(wanted / week.sum(axis=1), 7)

    def _apply(self, begin):
        """Clicks and paths of money from day `begin` of the quarter on."""
        from mktlib.world import demand

        cells, ads, factor = self.base.cells, self.base.shop.ads, self.factor
        place = cells["day"].to_numpy() - self.days[0]
        part = np.ones(len(cells))
        for name in ("search", "Douyin feed", "other feed", "brand search", "brand search, off"):
            here = (cells["lever"] == name).to_numpy()
            part[here] = self._clicks(name, factor[name.split(",")[0]])[place[here]]
        clicks = np.floor(cells["clicks"].to_numpy() * part + cells["luck"].to_numpy()).astype(np.int64)
        if begin:
            clicks = np.where(place < begin, self.shop.ads.clicks, clicks)
        self.shop.ads = dataclasses.replace(ads, clicks=clicks)
        for name, carry, power in (
            ("Xiaohongshu", demand.NOTES_CARRY, demand.NOTES_POWER),
            ("live", demand.LIVE_CARRY, demand.LIVE_POWER),
        ):
            path = self.base.paths[name].copy()
            path[self.days] *= factor[name]
            level = demand.carried(path, carry) ** power
            if name == "live":
                self.shop.live = level
            else:
                self.shop.notes = level
        self.shop.extra_notes = self.base.shop.extra_notes.copy()
        self.shop.extra_notes[self.days] += self.lift

    def _clicks(self, name, factor):
        """Clicks over the owners' that a channel's money buys, by day."""
        from mktlib.world import feed

        if name == "search":
            return np.interp(factor, *self.base.curve)
        if name == "brand search":
            return np.minimum(factor, 1.0)
        if name == "brand search, off":
            return 1 - np.minimum(factor, 1.0)
        return factor ** (1 - feed.CROWDING)

    def _creator_lift(self):
        """Extra visits a day that the booked creators bring, at size 1; shape (days,)."""
        from mktlib.world import creators

        known, found = self.base.creators, np.zeros(len(self.days) + 60)
        table = known.creators
        mothers = known.audiences.sum(axis=(1, 2))
        done = known.collabs
        usual = (
            np.minimum(done["real_views"], 45_000)
            * mothers[done["creator"]]
            * np.exp(table["talent"].to_numpy()[done["creator"]])
        )
        a_view = done["visits"].sum() / (0.9 * usual.sum())
        fade = np.exp(-np.arange(creators.LIFT_DAYS) / creators.DECAY_DAYS)
        fade[0] = 0.55
        row = {name: n for n, name in enumerate(table["creator_id"])}
        for place, name in enumerate(self.plan["creators"]):
            n = row[name]
            for post in range(int(table["minimum_posts"][n])):
                rng = np.random.default_rng([self.base.seed, self.seed, n, post])
                views = (
                    table["real_views"][n]
                    * np.exp(rng.normal(0, 0.45))
                    * (3.0 if rng.random() < 0.04 else 1.0)
                )
                reply = min(
                    np.exp(table["talent"][n] + rng.normal(0, creators.LUCK) - creators.LUCK**2 / 2), 4.0
                )
                visits = min(min(views, 45_000) * mothers[n] * reply * a_view, creators.LIFT_AT_MOST)
                day = 7 + 14 * (place % 5) + 7 * post + 3
                found[day : day + len(fade)] += visits * fade / fade.sum()
        return found[: len(self.days)]

    def hooks(self, begin):
        """Codes shown from day `begin` on: who of the customers will scan them, which hooks strangers came by, what the gifts cost."""
        from mktlib.world import private

        actor, days = self.shop.actors["private"], self.days
        mix = np.array([self.plan["private"]["hooks"][name] for name in HOOKS])
        views = actor.views[days].sum(axis=2) * self.factor["private domain"][:, None]
        rng = np.random.default_rng([self.base.seed, self.seed, 7])
        rate = private.ADD_RATE[:, None] * private.HOOK_ADD
        adds = views[:, :, None] * mix * rate
        mine = adds * np.minimum(private.CUSTOMERS[:, None] * private.HOOK_CUSTOMERS, 0.9)
        counted = np.floor(mine + rng.random(mine.shape)).astype(np.int64).reshape(len(days), 16)
        actor.mine = actor.mine.copy()
        actor.mine[days[begin:]] = counted[begin:]
        added, hooks = actor.strangers
        edges = np.cumsum((adds - mine).sum(axis=(0, 1)))
        late = added >= days[begin]
        drawn = np.searchsorted(edges / max(edges[-1], 1e-9), rng.random(len(added)))
        if mix.any() and edges[-1] > 0:
            actor.strangers = added, np.where(late, np.minimum(drawn, 3), hooks)
        usual = views[:, :, None] * np.array(list(_usual_hooks().values())) * rate
        gifts = (adds * HOOK_GIFT).sum(axis=(1, 2)) - (usual * HOOK_GIFT).sum(axis=(1, 2))
        adds = adds.sum(axis=(1, 2))
        if begin:
            gifts[:begin], adds[:begin] = self.gifts[:begin], self.adds[:begin]
        self.gifts, self.adds = gifts, adds

    def _fission(self):
        """Sign-ups of the mechanic: frame with day, ring, buys (day of the first order or -1), reward; in order of the day."""
        from mktlib.world import referrals

        fields, size = self.plan["fission"], len(self.days)
        empty = pd.DataFrame({"day": [], "ring": [], "buys": [], "reward": [], "reward_buy": []})
        if not fields:
            return empty
        how = next(one for one in referrals.MECHANICS if one.name == fields["mechanic"])
        rng = np.random.default_rng([self.base.seed, self.seed, 11])
        seeds = max(round(fields["seeds"] * self.base.share), 1)
        reach, heard = how.reach * seeds, seeds
        times, parts = 7.0 * (fields["week"] - 1) + rng.exponential(4, seeds), []
        for _ in range(referrals.GENERATIONS):
            by = np.repeat(np.arange(len(times)), referrals.sharing(rng, how.invites, len(times)))
            came = rng.random(len(by)) < how.accept * max(1 - heard / reach, 0)
            times = times[by[came]] + how.cycle * np.exp(rng.normal(0, 0.8, int(came.sum())))
            times = times[times < size]
            if not len(times):
                break
            parts.append(times)
            heard += len(times)
        honest = np.concatenate(parts) if parts else np.zeros(0)
        rings = (
            round(len(honest) * referrals.RING_SHARE / (1 - referrals.RING_SHARE))
            if how.name == "cut price"
            else 0
        )
        false = rng.choice(honest, rings) if rings else np.zeros(0)
        table = pd.DataFrame(
            {"at": np.concatenate([honest, false]), "ring": np.repeat([False, True], [len(honest), rings])}
        )
        table["buys_at"] = np.where(
            ~table["ring"] & (rng.random(len(table)) < how.buys),
            table["at"] + rng.exponential(how.delay, len(table)),
            np.inf,
        )
        table["reward"], table["reward_buy"] = how.reward[0], how.reward[1]
        table = table.sort_values("at", ignore_index=True)
        owed = (
            table["reward"] + np.where(table["buys_at"] < size, table["reward_buy"], 0)
        ).cumsum() / self.base.share
        table = table[owed <= fields["rewards"]]
        self.friends = how.friends
        return table.assign(
            day=table["at"].astype(int),
            buys=np.where(table["buys_at"] < size, table["buys_at"], -1).astype(int),
        )

    def live(self, day):
        """One day: reviews of the morning, invited people, the recall of Sundays, then the shop's own day."""
        n = int(day - self.days[0])
        self.streams.day = n
        if n and n % 7 == 0 and n // 7 in REVIEWS:
            self.review(n // 7, n)
        if len(self.fission):
            self.invite(n, day)
        if self.recall and (n % 7) == 6:
            self.send_recall(day)
        self.shop.run([day])

    def invite(self, n, day):
        """Invited people who place their first order today, as new customers of the own shop."""
        from mktlib.world.people import LOYALTY, LOYALTY_SPREAD, OWN, PRIVATE

        due = self.fission[(self.fission["buys"] == n) & (self.fission["day"] < self.stop_fission)]
        rng = self.streams("simulator, invited")
        size = int((rng.random(len(due)) >= ANYWAY).sum())
        if not size:
            return
        ones, none = np.ones(size, np.int64), np.full(size, -1)
        new = self.shop.people.join(
            rng,
            day,
            ones * PRIVATE,
            ones * OWN,
            rng.integers(0, 2, size),
            none,
            ones * PRIVATE,
            none,
            ones * PRIVATE,
        )
        mean = LOYALTY[PRIVATE]
        three = rng.beta(mean * LOYALTY_SPREAD, (1 - mean) * LOYALTY_SPREAD, (3, size))
        self.shop.people.loyalty[new] = {-1: three.min(0), 0: three[0], 1: three.max(0)}[self.friends]
        self.shop.place(day, new, OWN, ones * PRIVATE, none, none, ones * PRIVATE)
        self.invited = np.append(self.invited, new)

    def send_recall(self, day):
        """The recall offer by SMS to the chosen tiers, as world.recall does it, without a hold-out."""
        from mktlib.world import recall
        from mktlib.world.people import OWN

        actor, one, rng = self.shop.actors["recall"], self.shop.people, self.streams("simulator, recall")
        tier, count = actor.tiers(day, one), one.count
        chosen = np.array([recall.TIERS.index(name) for name in self.recall])
        fits = np.isin(tier, chosen) & (day - one.login[:count] > recall.NO_LOGIN) & (one.last[:count] < day)
        fits &= (
            (one.store[:count] == OWN)
            & (one.text_off[:count] < 0)
            & (day - one.listed[:count] >= recall.REST[tier])
        )
        who = np.flatnonzero(fits)
        tier, one.listed[who] = tier[who], day
        lost = rng.random(len(who)) < recall.COMPLAIN[tier] + recall.LEAVE[tier]
        one.text_off[who[lost]] = day
        actor.answer(day, self.shop, who, tier)
        self.treated.append(np.stack([np.full(len(who), day), who], 1))

    def review(self, week, n):
        """Act where the plan says so: from day `n` on."""
        for one in self.plan["reviews"]:
            if one["after_week"] != week:
                continue
            rule, value, acts = one["if"], np.nan, True
            if rule:
                value = self.watched(rule, n)
                acts = value > rule["above"] if "above" in rule else value < rule["below"]
            self.notes.append({"after_week": week, "watch": rule["watch"] if rule else "", "channel": rule["channel"] if rule else "",
                               "value": value, "acted": bool(acts)})  # fmt: skip
            if acts:
                self.change(one["change"], n)

    def watched(self, rule, n):
        """Pace or CAC of a channel up to day `n`."""
        name = rule["channel"]
        spent = self.spent()[name][:n].sum()
        if rule["watch"] == "pace":
            planned = (self.base.owners[name] * self._factor(name))[:n].sum()
            return spent / planned if planned else np.nan
        orders = self.orders_so_far()
        won = (orders["new"] & (orders["lever"] == name)).sum() / self.base.share
        return spent / won if won else np.inf

    def change(self, change, n):
        for name, value in change.items():
            if name == "recall":
                self.recall = value
            elif name == "fission":
                self.stop_fission = n
            else:
                self.factor[name] = self.factor[name].copy()
                self.factor[name][n:] *= value
        if "private domain" in change:
            self.hooks(n)
        self._apply(n)

    # what happened

    def spent(self):
        """CNY a day by channel, as billed: the platforms' pace of that quarter included; arrays by name, size of the world."""
        found, cells = {}, self.base.cells
        day, scale = cells["day"].to_numpy() - self.days[0], self.base.scale
        for name in ("search", "brand search", "Douyin feed", "other feed"):
            here = (cells["lever"] == name).to_numpy()
            bill = np.bincount(day[here], cells["cost"].to_numpy()[here], len(self.days))
            found[name] = bill * (
                np.minimum(self.factor[name], 1) if name == "brand search" else self.factor[name]
            )
        for name in ("Xiaohongshu", "live"):
            found[name] = self.base.paths[name][self.days] * scale * self.factor[name]
        found["private domain"] = (
            self.base.owners["private domain"] * self.factor["private domain"] + self.gifts / self.base.share
        )
        return found

    def orders_so_far(self):
        """Orders of the quarter until now: frame with day, customer, channel, lever, cause, paid, new (first paid one)."""
        from mktlib.world.people import CHANNELS, FEED, SEM

        o = self.shop.orders.columns()
        frame = pd.DataFrame(
            {name: o[name] for name in ("day", "customer", "store", "channel", "ad", "paid", "cause")}
        )
        frame = frame.sort_values("day", kind="stable", ignore_index=True)
        fresh = np.append(self.new_before, np.ones(self.shop.people.count - self.start, bool))[
            frame["customer"]
        ]
        frame["new"] = (
            fresh
            & frame["paid"].astype(bool)
            & ~frame["customer"].where(frame["paid"].astype(bool), -1 - frame.index).duplicated()
        )
        levers = self.base.cells["lever"].to_numpy()
        names = np.array(CHANNELS, dtype=object)
        frame["book"] = names[frame["channel"]]
        by_ad = np.where(frame["ad"] >= 0, levers[frame["ad"]], "")
        frame["lever"] = np.where(by_ad != "", by_ad, frame["book"])
        cause = np.append(names, "")[frame["cause"]]
        paid_for = np.isin(frame["cause"], [FEED, SEM])
        usual = {FEED: "Douyin feed", SEM: "search"}
        frame["caused"] = np.where(
            paid_for, np.where(by_ad != "", by_ad, frame["cause"].map(usual).fillna("")), cause
        )
        frame.loc[frame["customer"].isin(self.invited) & (frame["cause"] >= 0), "caused"] = "fission"
        return frame

    def told(self, name):
        """The Play: books by week and channel, costs, profit, and what each channel caused."""
        from mktlib.world import sales

        share, orders = self.base.share, self.orders_so_far()
        week = (orders["day"] - self.days[0]) // 7
        prices = []
        for n, weeks in enumerate(
            np.split(np.arange(WEEKS), REVIEWS)
        ):  # by part, so that a later choice does not move an earlier week
            self.streams.day = 1000 + n
            prices.append(self.priced(orders[week.isin(weeks)]))
        orders = pd.concat([orders, pd.concat(prices)], axis=1)
        orders["week"] = week + 1
        paid = orders[orders["paid"].astype(bool)].copy()
        visits = self.shop.visits.columns()
        names = np.array([*sales.CHANNELS], dtype=object)
        seen = (
            pd.Series(
                1,
                index=pd.MultiIndex.from_arrays(
                    [(visits["day"] - self.days[0]) // 7 + 1, names[visits["channel"]]]
                ),
            )
            .groupby(level=[0, 1])
            .sum()
        )
        by = [paid["week"], paid["book"]]
        table = paid.groupby(by).agg(orders=("amount", "size"), new_customers=("new", "sum"), revenue=("amount", "sum"),
                                     refunds=("refund", "sum"), margin=("margin", "sum"))  # fmt: skip
        table.insert(0, "visits", seen.reindex(table.index).fillna(0))
        table = table / share
        spent = {key: row.reshape(WEEKS, 7).sum(axis=1) for key, row in self.spent().items()}
        books = (
            pd.DataFrame(spent, index=pd.RangeIndex(1, WEEKS + 1))
            .rename(columns=LETTERS)
            .T.groupby(level=0)
            .sum()
            .T
        )
        table = table.join(books.stack().rename("spent").rename_axis(["week", "book"]), how="outer").fillna(
            0.0
        )
        table = table.rename_axis(["week", "channel"])[
            ["spent", "visits", "orders", "new_customers", "revenue", "refunds", "margin"]
        ]
        planned = {
            key: (self.base.owners[key] * self._factor(key)).reshape(WEEKS, 7).sum(axis=1) for key in CHANNELS
        }
        money = pd.DataFrame(
            {"planned": pd.DataFrame(planned).stack(), "spent": pd.DataFrame(spent)[CHANNELS].stack()}
        )
        money = (
            money.rename_axis(["week", "channel"]).reset_index().assign(week=lambda rows: rows["week"] + 1)
        )
        rewards = self.rewards()
        media = pd.Series({key: float(row.sum()) for key, row in spent.items()})
        later = self.later(paid)
        result = self.result(paid, media, rewards, later)
        channels = table.groupby(level="channel").sum()
        caused = self.caused(paid, later)
        channel_spent = pd.concat(
            [
                media,
                pd.Series(
                    {"creators": result["creators"], "fission": result["fission"], "recall": result["gifts"]}
                ),
            ]
        )
        return Play(name, self.plan, self.seed, result, table.reset_index(), channels, money,
                    pd.DataFrame(self.notes, columns=["after_week", "watch", "channel", "value", "acted"]), self.words(media, result),
                    caused, channel_spent)  # fmt: skip

    def words(self, media, result):
        """What has to be said beside the numbers; a list of sentences."""
        found = []
        if result["over"] > 0:
            plan = pd.Series(self.plan["budget"])
            most = (media[CHANNELS] - plan[CHANNELS]).idxmax()
            found.append(
                f"Billed for media, creators and mechanic: CNY {total() + result['over']:,.0f}, and there was CNY {total():,.0f}. The money "
                f"binds the plan; the platforms bill as they did that summer, {most} most above its plan. All of it is taken off `profit`."
            )
        for name in CHANNELS:
            owners = self.base.owners[name]
            times = (owners * self.factor[name]).sum() / owners.sum()
            if times > KNOWN_GROUND:
                found.append(
                    f"{name}: {times:.1f} times what the owners planned. The books of this quarter do not reach there; the play follows the "
                    "world's curve, and outside, a test would come first."
                )
        return found

    def priced(self, orders):
        """Amount, expected refund and margin of orders, CNY; frame with their index."""
        from mktlib.world import sales

        if orders.empty:
            return pd.DataFrame(columns=["amount", "refund", "margin"], index=orders.index, dtype=float)
        o = {name: orders[name].to_numpy() for name in ("day", "customer", "store", "channel", "paid")}
        o["paid"], o["first"] = o["paid"].astype(bool), orders["new"].to_numpy()
        items, _, (_, _, amount, shipping) = sales.priced(self.streams, o, self.shop.people)
        goods = np.bincount(items["order"], items["cost"], len(orders))
        refund = amount * np.where(o["store"] == 3, sales.REFUND_SHARE["live"], sales.REFUND_SHARE["other"])
        return pd.DataFrame(
            {"amount": amount, "refund": refund, "margin": amount - refund - goods - shipping},
            index=orders.index,
        )

    def rewards(self):
        """What the fission mechanic cost, CNY."""
        if not len(self.fission):
            return 0.0
        ran = self.fission[self.fission["day"] < self.stop_fission]
        return float(
            (ran["reward"] + np.where(ran["buys"] >= 0, ran["reward_buy"], 0)).sum() / self.base.share
        )

    def gift_costs(self, paid):
        """Gifts of the recall: one for each person treated who orders within fourteen days, CNY."""
        if not self.treated:
            return 0.0
        sent = np.concatenate(self.treated)
        key = np.sort(paid["customer"].to_numpy() * 10_000 + paid["day"].to_numpy())
        base = sent[:, 1] * 10_000 + sent[:, 0]
        hit = np.searchsorted(key, base + 14) > np.searchsorted(key, base)
        return float(hit.sum() * RECALL_GIFT / self.base.share)

    def later(self, paid):
        """Margin that each customer won in the quarter is expected to leave in the year after it, CNY; Series by customer."""
        who = paid.loc[paid["new"], "customer"].to_numpy()
        return pd.Series(self.expected(who, paid), index=who)

    def expected(self, who, paid):
        """Margin that people are expected to leave in the year after the quarter, from their loyalty, rhythm and next need; CNY."""
        one, end = self.shop.people, self.days[-1]
        again = paid[~paid["new"]].groupby("store")["margin"].mean().reindex(range(4)).fillna(0).to_numpy()
        gap = np.maximum(one.need[who] - end, 0)
        left = np.clip(1 - gap / YEAR, 0, 1)
        loyal = np.minimum(one.loyalty[who], 0.97)
        most = np.maximum((YEAR - gap) / (1.15 * one.cycle[who] + 12), 0)
        orders = np.where(
            np.isfinite(gap) & (left > 0), (1 - loyal ** np.maximum(most, 1)) / (1 - loyal), 0.0
        ) * np.minimum(most, 1)
        return orders * again[one.store[who]]

    def result(self, paid, media, rewards, later):
        """The quarter in one column."""
        share = self.base.share
        commission = 0.10 * paid.loc[paid["book"] == "affiliate", "amount"].sum() / share
        found = {
            "orders": len(paid) / share, "new_customers": paid["new"].sum() / share, "revenue": paid["amount"].sum() / share,
            "net_revenue": (paid["amount"] - paid["refund"]).sum() / share, "margin": paid["margin"].sum() / share,
            "media": media.sum(), "creators": cost_of(self.plan)["creators"], "fission": rewards, "gifts": self.gift_costs(paid),
            "commission": commission, "fixed": self.base.fixed,
        }  # fmt: skip
        costs = ["media", "creators", "fission", "gifts", "commission", "fixed"]
        found["profit"] = found["margin"] - sum(found[name] for name in costs)
        found["later"] = float(later.sum() / share)
        found["worth"] = found["profit"] + found["later"]
        found["over"] = max(found["media"] + found["creators"] + found["fission"] - total(), 0.0)
        return pd.Series(found).round(2)

    def caused(self, paid, later):
        """Orders of the quarter with the lever without which they would not be: their own, or that of the customer's first order."""
        won = (
            paid[paid["new"] & (paid["caused"] != "")]
            .drop_duplicates("customer")
            .set_index("customer")["caused"]
        )
        lever = paid["caused"].where(paid["caused"] != "", paid["customer"].map(won).fillna(""))
        value = paid["margin"] + np.where(
            paid["new"] & (lever != ""), paid["customer"].map(later).fillna(0), 0
        )
        rows = pd.DataFrame({"lever": lever, "value": value, "share": self.base.share})
        return pd.concat([*self.by_creators(rows, paid, won), self.members_value(paid)], ignore_index=True)

    def by_creators(self, rows, paid, won):
        """The rows, those of Xiaohongshu split between pushed notes and booked creators as the day's visits are (two frames)."""
        from mktlib.world import demand

        market = self.shop.market.demand[self.days]
        notes = (
            demand.NOTES_RESPONSE * self.shop.notes[self.days] * market**0.4
            + self.shop.extra_notes[self.days]
        )
        part = self.lift / notes
        begun = paid[paid["new"]].drop_duplicates("customer").set_index("customer")["day"]
        day = (
            paid["day"]
            .where(paid["caused"] != "", paid["customer"].map(begun).fillna(paid["day"]))
            .astype(int)
            - self.days[0]
        )
        mine = np.where(rows["lever"] == "Xiaohongshu", part[day.to_numpy()], 0.0)
        booked = rows.assign(lever="creators", value=rows["value"] * mine)[mine > 0]
        return rows.assign(value=rows["value"] * (1 - mine)), booked

    def members_value(self, paid):
        """What joining by a code adds to the margin of those who joined in the quarter (private.EFFECT, as the lot of M06 finds it)."""
        from mktlib.world import private

        log = self.shop.actors["private"].contacts.columns()
        joined = (log["customer"] >= 0) & (log["source"] != private.CARD) & (log["day"] >= self.days[0])
        since = pd.Series(log["day"][joined], index=log["customer"][joined]).groupby(level=0).min()
        after = paid[paid["day"] >= paid["customer"].map(since).fillna(1e9)]
        value = after["margin"].to_numpy() * (1 - 1 / private.EFFECT)
        ahead = self.expected(since.index.to_numpy(), paid) * (1 - 1 / private.EFFECT)
        value = np.append(value, ahead)
        return pd.DataFrame({"lever": "private domain", "value": value, "share": self.base.share})


def effect(mine, other=None):
    """What the difference of two plans did, channel by channel, as only a simulator knows: by the hidden cause of each order.

    mine, other   two plays of one seed; without other, what each channel caused in the play itself, for what was spent on it
    Returns a DataFrame, one row per lever in which the plans differ: spent (CNY more than in other), caused (margin of the quarter and of
    the year after it, more than in other, of orders that would not have come without the lever), net (caused less spent), error
    (standard error of net: the luck of single orders). "all changes" sums them. "luck and the rest" is what is left of the difference in worth:
    orders without a lever, which differ mostly by luck. Raises PlanError.
    """
    for where, one in (("first", mine), ("second", other)):
        if not isinstance(one, Play) and not (one is None and where == "second"):
            raise PlanError(
                f"effect: the {where} is {'a plan' if isinstance(one, dict) else repr(one)[:60]}, and a played quarter is "
                "needed; write effect(play(plan), play(base))."
            )
    if other is None:
        return _alone(mine)
    if mine.seed != other.seed:
        raise PlanError(
            f"the plays have the seeds {mine.seed} and {other.seed}; compare plans under the same luck."
        )
    shares = [one._orders["share"].iloc[0] for one in (mine, other)]
    if shares[0] != shares[1]:
        raise PlanError(
            f"the plays have the shares {shares[0]:g} and {shares[1]:g}; play both with the same, such as share={SHARE:g}."
        )
    rows, both = (
        {},
        [
            one._orders.assign(lever=one._orders["lever"].replace({"e-mail/SMS": "recall"}))
            for one in (mine, other)
        ],
    )
    for name in sorted(_changed(mine.plan, other.plan), key=LEVERS.index):
        values = [one.loc[one["lever"] == name, "value"] / one["share"].iloc[0] for one in both]
        spent = mine._spent.get(name, 0.0) - other._spent.get(name, 0.0)
        caused = values[0].sum() - values[1].sum()
        rows[name] = {
            "spent": spent,
            "caused": caused,
            "net": caused - spent,
            "error": np.sqrt(sum((one**2).sum() for one in values)),
        }
    table = pd.DataFrame(rows, index=["spent", "caused", "net", "error"]).T
    whole = table.sum()
    whole["error"] = np.sqrt((table["error"] ** 2).sum())
    rest = mine.result["worth"] - other.result["worth"] - whole["net"]
    table.loc["all changes"] = whole
    table.loc["luck and the rest"] = {"net": rest}
    return table.round(0)


def _alone(played):
    """What each lever on which money was spent caused in one play; DataFrame as effect gives it, without sums."""
    orders = played._orders.assign(lever=played._orders["lever"].replace({"e-mail/SMS": "recall"}))
    rows = {}
    for name in LEVERS:
        value, spent = (
            orders.loc[orders["lever"] == name, "value"] / orders["share"].iloc[0],
            played._spent.get(name, 0.0),
        )
        if spent > 0:
            rows[name] = {
                "spent": spent,
                "caused": value.sum(),
                "net": value.sum() - spent,
                "error": np.sqrt((value**2).sum()),
            }
    return pd.DataFrame(rows, index=["spent", "caused", "net", "error"]).T.round(0)


LEVERS = [*CHANNELS, "creators", "fission", "recall"]


def _changed(mine, other):
    """Names of the levers in which two plans differ."""
    found = {
        name
        for name in CHANNELS
        if mine["budget"][name] != other["budget"][name]
        or mine["weeks"].get(name) != other["weeks"].get(name)
    }
    found |= {"private domain"} if mine["private"]["hooks"] != other["private"]["hooks"] else set()
    found |= {"recall"} if mine["private"]["recall"] != other["private"]["recall"] else set()
    found |= {name for name in ("creators", "fission") if mine[name] != other[name]}
    if mine["reviews"] != other["reviews"]:
        found |= {name for one in (*mine["reviews"], *other["reviews"]) for name in one["change"]}
    return found
