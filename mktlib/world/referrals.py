"""Invitations: who invited whom, by which mechanic, and which sign-ups are no people at all."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from . import people, sales
from .streams import pick


@dataclass
class Mechanic:
    """How a way of inviting works."""

    name: str
    invites: float  # per user, on average; few send most
    accept: float  # chance that an invitation is accepted while nobody in reach has heard of it
    cycle: float  # days from one user's sign-up to that of a friend, median
    reach: float  # people within reach, per seed
    buys: float  # chance that an invited person ever buys
    delay: float  # days from sign-up to first order, mean
    reward: tuple  # CNY per sign-up, and more at the first order
    friends: int  # which friends come: -1 the least loyal at hand, 1 the most


MECHANICS = [
    Mechanic("cut price", 3.6, 0.275, 1.5, 3.3, 0.245, 14, (9.0, 0.0), -1),
    Mechanic("group buy", 2.5, 0.23, 1.65, 9.0, 0.44, 3, (10.0, 20.0), 0),
    Mechanic("gift card", 1.9, 0.46, 30.0, 7.0, 0.42, 10, (4.0, 25.0), 1),
    Mechanic("try free", 1.7, 0.24, 8.0, 9.0, 0.2, 16, (32.0, 0.0), 0),
]
PROGRAMMES = [  # mechanic, first and last day, seeds
    (0, "2024-03-04", "2024-03-27", 240), (0, "2024-06-03", "2024-06-26", 240), (0, "2024-09-02", "2024-09-25", 250),
    (0, "2025-03-03", "2025-03-26", 260), (0, "2025-06-02", "2025-06-25", 260), (0, "2025-09-01", "2025-09-24", 270),
    (1, "2024-10-08", "2024-11-20", 140), (1, "2025-04-07", "2025-05-20", 190), (2, "2024-04-01", "2025-09-30", 300),
    (3, "2024-05-06", "2024-07-21", 270), (3, "2025-05-06", "2025-07-20", 300),
]  # fmt: skip
STAFF = 0.06  # of seeds
GENERATIONS, SHAPE = 7, 0.65  # longest chain; shape of the number of invitations: small is uneven
SHORT_FORM = 1.22  # of two sign-up forms, tossed for each link: the short one is filled in more often,
SHORT_BUYS = 0.85  # by people who buy less often, and mostly without an address
NO_ADDRESS = (0.04, 0.6)  # share of sign-ups without an address: long form, short form
RING_SHARE = 0.482  # of all sign-ups of cut price are made up by rings
RING_SIZE = (3, 6.0, 28)  # least, mean above it, most
RING_CHAINED = 0.3  # share of ring sign-ups that come by the link of another one
ON_A_PHONE, AT_AN_ADDRESS, CAREFUL = (
    4,
    9,
    0.05,
)  # ring sign-ups that share a phone; an address; that share neither
RELATIVES = 0.06  # honest sign-ups at the address of another one: grandparents, flatmates
CHANNELS, DIRECT_WEIGHT = ("private domain", "direct"), 0.3  # where invited customers come from
LOYAL_FRIENDS = 5.0  # people pick friends whom they know to be loyal: log weight per unit of hidden loyalty
POOL_SHARE = 0.62  # of the customers who came that way stand in reach of somebody who invites
GROUP = 1  # number of the mechanic in which buying is the point: its people find their orders first
LATEST = 150  # days from sign-up to first order at most
DAY = 86_400


def seconds_of(values):
    """Moments as seconds since 1970."""
    return np.asarray(values).astype("datetime64[s]").astype(np.int64)


def drawn(rng, chance):
    """True with the given chances; single cases are luck, their number is as expected to within one."""
    order, found = rng.permutation(len(chance)), np.zeros(len(chance), bool)
    upto = np.cumsum(np.append(rng.random(), chance[order]))
    found[order] = np.diff(np.floor(upto)) > 0
    return found


def sharing(rng, mean, size):
    """Invitations that each of `size` users sends: few send most (negative binomial), their sum near the expected one."""
    share = mean / (SHAPE + mean)
    many = np.arange(200)
    weight = np.cumprod(np.append((1 - share) ** SHAPE, (many[:-1] + SHAPE) / (many[:-1] + 1) * share))
    even = (rng.permutation(size) + rng.random(size)) / max(size, 1)
    return np.searchsorted(np.cumsum(weight), even).clip(0, 199)


def later(rng, since, days, spread):
    """Moments some days after `since` (log-normal around the median `days`), at the hours at which people are up."""
    at = since + (days * DAY * np.exp(rng.normal(0, spread, len(since)))).astype(np.int64)
    hour = at // DAY * DAY + sales.seconds(rng, sales.HOURS, len(at))
    return np.where(hour > since + 120, hour, hour + DAY)


def seeds(rng, life, first, last, wanted):
    """Seeds of a programme: customer numbers (-1 for staff) and the moments they joined."""
    customers = life.tables["customers"]
    known = np.flatnonzero(customers["registered_on"].to_numpy() < np.datetime64(first))
    size = min(rng.poisson(wanted * life.scale), len(known))
    number = customers["customer_id"].to_numpy()[known]
    loyal = life.people.loyalty[number - sales.first_customer(life.streams)]
    who = number[np.unique(pick(rng, np.exp(2.5 * loyal), size))] if size else number[:0]
    who = who[rng.permutation(len(who))]
    start, long = (
        seconds_of(np.datetime64(first)),
        int((np.datetime64(last) - np.datetime64(first)).astype(np.int64)),
    )
    day = np.minimum(rng.exponential(max(long, 20) * 0.2, len(who)), long * 0.75).astype(np.int64)
    return np.where(rng.random(len(who)) < STAFF, -1, who), start + day * DAY + sales.seconds(
        rng, sales.HOURS, len(who)
    )


def spread(rng, life, number):
    """Invitations of one programme between people who exist: (arrays by name, seeds' customers and times).

    `parent` is the row of the invitation by which the inviter came, or -1, -2, ... for the seeds.
    """
    kind, first, last, wanted = PROGRAMMES[number]
    how, ends = MECHANICS[kind], seconds_of(np.datetime64(last)) + DAY
    customer, joined = seeds(rng, life, first, last, wanted)
    reach, heard = how.reach * max(len(joined), 1), len(joined)
    users, times, parts, rows = -1 - np.arange(len(joined)), joined, [], 0
    for generation in range(1, GENERATIONS + 1):
        by = np.repeat(np.arange(len(users)), sharing(rng, how.invites, len(users)))
        at = later(rng, times[by], how.cycle * 0.3, 0.8)
        short = rng.random(len(by)) < 0.5
        chance = how.accept * max(1 - heard / reach, 0) * np.where(short, SHORT_FORM, 2 - SHORT_FORM)
        came = later(rng, at, how.cycle * 0.55, 0.8)
        came = np.where(drawn(rng, chance) & (came < ends), came, -1)
        sent = at < ends
        level = np.full(int(sent.sum()), generation)
        parts.append(
            {
                "parent": users[by][sent],
                "generation": level,
                "invited": at[sent],
                "short": short[sent],
                "accepted": came[sent],
            }
        )
        users, times = rows + np.flatnonzero(came[sent] >= 0), came[sent][came[sent] >= 0]
        rows, heard = rows + len(level), heard + len(users)
        if not len(users):
            break
    made = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return {**made, "ring": np.zeros(rows, np.int64)}, customer, joined


def ring_sizes(rng, wanted):
    """Sizes of rings that add up to `wanted`."""
    least, mean, most = RING_SIZE
    sizes = np.minimum(least + rng.geometric(1 / mean, wanted // least + 1) - 1, most)
    total = np.cumsum(sizes)
    sizes = sizes[total <= wanted]
    left = wanted - sizes.sum()
    return np.append(sizes, left) if left >= 2 else sizes


def add_rings(rng, made, joined, ends, first_ring):
    """The invitations of a cut-price programme with those of its rings, whose leaders are users of it."""
    honest = np.flatnonzero(made["accepted"] >= 0)
    sizes = ring_sizes(rng, round(len(honest) * RING_SHARE / (1 - RING_SHARE)))
    users = np.concatenate([-1 - np.arange(len(joined)), honest])
    times = np.concatenate([joined, made["accepted"][honest]])
    level = np.concatenate([np.zeros(len(joined), np.int64), made["generation"][honest]])
    leader = rng.permutation(np.flatnonzero(times < ends - 4 * DAY))[: len(sizes)]
    sizes = sizes[: len(leader)]
    size, ring = int(sizes.sum()), np.repeat(np.arange(len(sizes)), sizes)
    nth = np.arange(size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    chained = (rng.random(size) < RING_CHAINED) & (nth > 0)
    depth = np.zeros(size, dtype=np.int64)
    for place in np.flatnonzero(chained):
        depth[place] = depth[place - 1] + 1
    gaps = np.where(
        nth > 0, 90 + rng.exponential(1500, size), 300 + np.minimum(rng.exponential(0.7 * DAY, size), 2 * DAY)
    )
    total = np.cumsum(gaps.astype(np.int64))
    accepted = times[leader[ring]] + total - np.repeat((total - gaps.astype(np.int64))[nth == 0], sizes)
    false = {
        "parent": np.where(chained, len(made["parent"]) + np.arange(size) - 1, users[leader[ring]]),
        "generation": level[leader[ring]] + 1 + depth, "invited": accepted - 15 - rng.integers(0, 40, size),
        "short": rng.random(size) < 0.5, "accepted": accepted, "ring": first_ring + ring + 1,
    }  # fmt: skip
    return {name: np.concatenate([made[name], false[name]]) for name in made}


def forest(life):
    """All invitations of all programmes in order of time: frame with inviter and link; and the seeds of each programme."""
    parts, counts, start, rings = [], [], 0, 0
    for number, (kind, _, last, _) in enumerate(PROGRAMMES):
        rng = life.streams(f"referrals {number}")
        made, customer, joined = spread(rng, life, number)
        if MECHANICS[kind].name == "cut price":
            made = add_rings(rng, made, joined, seconds_of(np.datetime64(last)) + DAY, rings)
            rings = max(rings, int(made["ring"].max(initial=0)))
        parent, size = made["parent"], len(made["parent"])
        by_seed, seed = parent < 0, np.where(parent < 0, -1 - parent, 0)
        made["seed"] = np.where(by_seed, np.append(customer, -1)[seed], -1)
        made["staff"] = by_seed & (made["seed"] < 0)
        made["code"] = start + np.where(by_seed, seed, len(joined) + parent)
        made["inviter"] = np.where(by_seed, -1, start + len(joined) + parent)
        made["row"] = start + len(joined) + np.arange(size)
        made["programme"], made["mechanic"] = np.full(size, number), np.full(size, kind)
        start += len(joined) + size
        parts.append(made)
        counts.append((len(joined), int((customer < 0).sum())))
    made = pd.DataFrame({name: np.concatenate([part[name] for part in parts]) for name in parts[0]})
    return made.sort_values(["invited", "row"], ignore_index=True), counts


def newcomers(life, orders):
    """First paid orders: frame with `kept` (ordered again 91 to 180 days later) and `usable`: may have been invited.

    Usable are those who came by private domain or directly, and were not registered before.
    """
    first = orders[(orders["nth"] == 1).to_numpy()].reset_index(drop=True)
    begun = np.full(int(orders["person"].max()) + 1 if len(orders) else 0, -1)
    begun[first["person"]] = first["at"]
    days = (orders["at"].to_numpy() - begun[orders["person"]]) / DAY
    again = np.zeros(len(begun), bool)
    again[orders["person"].to_numpy()[(days > 90) & (days <= 180)]] = True
    first["kept"], first["loyal"] = again[first["person"]], life.people.loyalty[first["person"]]
    fresh = life.people.since[first["person"]] == first["day"].to_numpy()
    here = np.isin(
        life.people.first_channel[first["person"]], [people.CHANNELS.index(one) for one in CHANNELS]
    )
    first["usable"] = fresh & here & first["channel"].isin(CHANNELS).to_numpy()
    return first


def inclination(here):
    """Chance of each usable person to have been among the friends that somebody might invite."""
    weight = np.exp(LOYAL_FRIENDS * (here["loyal"].to_numpy() - 1)) * np.where(
        here["channel"] == "direct", DIRECT_WEIGHT, 1
    )
    level = 1.0
    for _ in range(12):
        level *= POOL_SHARE / max(np.minimum(weight * level, 1).mean(), 1e-9) if len(weight) else 1.0
    return np.minimum(weight * level, 1)


def matched(rng, made, people):
    """Row in `people` of the person who stands behind each sign-up that ever buys, else -1."""
    here = people[people["usable"].to_numpy()]
    near = rng.random(len(here)) < inclination(here)
    at, loyal, person = (
        values[near] for values in (here["at"].to_numpy(), here["loyal"].to_numpy(), here.index.to_numpy())
    )
    kind, accepted = made["mechanic"].to_numpy(), made["accepted"].to_numpy()
    buys, mean = (np.array([getattr(how, name) for how in MECHANICS])[kind] for name in ("buys", "delay"))
    chance = buys * np.where(made["short"], SHORT_BUYS, 2 - SHORT_BUYS)
    wanted = accepted + (rng.exponential(mean) * DAY).astype(np.int64)
    real = (accepted >= 0) & (made["ring"] == 0).to_numpy()
    among = [np.flatnonzero(real & (kind == number)) for number in range(len(MECHANICS))]
    rows = np.concatenate([mine[drawn(rng, chance[mine])] for mine in among])
    rows = rows[np.lexsort((wanted[rows], kind[rows] != GROUP))]
    first = np.searchsorted(at, np.maximum(accepted[rows] + 600, wanted[rows] - 3 * DAY))
    first = np.minimum(first, np.searchsorted(at, accepted[rows] + 100 * DAY))
    last = np.searchsorted(at, accepted[rows] + LATEST * DAY)
    found, free = np.full(len(made), -1), np.ones(len(at), bool)
    for row, low, high in zip(rows.tolist(), first.tolist(), last.tolist(), strict=True):
        near = low + np.flatnonzero(free[low:high])[:3]
        if len(near):
            best = near[np.argmax(MECHANICS[kind[row]].friends * loyal[near])]
            found[row], free[best] = person[best], False
    return found


def hashes(rng, made):
    """Phone and address of each sign-up as numbers, -1 where none: rings share few."""
    size, ring = len(made), made["ring"].to_numpy()
    phone, address = rng.integers(2**28, 2**32, size), rng.integers(2**28, 2**32, size)
    order = np.lexsort((made["accepted"], ring))
    begins = np.append(True, ring[order][1:] != ring[order][:-1])
    false = (ring > 0) & (rng.random(size) >= CAREFUL)
    for values, many in ((phone, ON_A_PHONE), (address, AT_AN_ADDRESS)):
        group = np.empty(size, dtype=np.int64)
        group[order] = np.cumsum(begins[:size] | (rng.random(size) < 1 / many)) - 1
        values[false] = values[order][np.searchsorted(group[order], group[false])]
    known = np.flatnonzero((made["accepted"] >= 0) & (ring == 0))
    moved = known[1:][rng.random(max(len(known) - 1, 0)) < RELATIVES / 2]
    address[moved] = address[known[np.searchsorted(known, moved) - 1]]
    bare = rng.random(size) < np.array(NO_ADDRESS)[made["short"].to_numpy().astype(np.int64)]
    signed = made["accepted"].to_numpy() >= 0
    return np.where(signed, phone, -1), np.where(signed & ~bare, address, -1)


def hexed(values):
    """Numbers as eight hexadecimal digits, empty for -1."""
    return np.array([f"{value:08x}" if value >= 0 else "" for value in values.tolist()], dtype=object)


def rewards(rng, made, bought):
    """What each invitation cost in rewards, samples and postage, CNY."""
    signing, buying = (np.array([how.reward[n] for how in MECHANICS])[made["mechanic"]] for n in (0, 1))
    cost = signing * rng.gamma(6, 1 / 6, len(made)) + np.where(bought, buying, 0)
    return np.where(made["accepted"] >= 0, np.round(cost, 2), 0.0)


def referrals(life, orders):
    """referrals (with the hidden column ring) and referral_programmes; `orders` are those of ugc.bought."""
    made, counts = forest(life)
    people, rng = newcomers(life, orders), life.streams("referrals")
    person = matched(rng, made, people)
    order = np.where(person >= 0, np.append(people["order_id"].to_numpy(), -1)[person], -1)
    base, size, signed = life.streams.part * sales.IDS_A_PART, len(made), made["accepted"].to_numpy() >= 0
    place = np.full(int(made["row"].max() if size else 0) + 2, -1)
    place[made["row"]] = np.arange(size)
    inviter = place[made["inviter"]]
    phone, address = hashes(rng, made)
    codes, code = np.unique(made["code"], return_inverse=True)
    table = pd.DataFrame({
        "invite_id": np.arange(size) + 1 + base,
        "programme": np.array([f"P{n + 1:02d}" for n in range(len(PROGRAMMES))])[made["programme"]],
        "mechanic": np.array([how.name for how in MECHANICS])[made["mechanic"]],
        "generation": made["generation"],
        "inviter_role": np.where(inviter >= 0, "invitee", np.where(made["staff"], "staff", "customer")),
        "share_code": rng.permutation(len(codes))[code] + 100_001 + base,
        "inviter_customer_id": sales.nullable(made["seed"].to_numpy()),
        "inviter_invite_id": sales.nullable(np.where(inviter >= 0, inviter + 1 + base, -1)),
        "invited_at": made["invited"].to_numpy().astype("datetime64[s]"),
        "form": np.where(made["short"], "short", "long"),
        "accepted_at": np.where(signed, made["accepted"].to_numpy().astype("datetime64[s]"), np.datetime64("NaT")),
        "signup_id": sales.nullable(np.where(signed, np.cumsum(signed) + base, -1)),
        "device_hash": hexed(phone), "address_hash": hexed(address),
        "first_order_id": sales.nullable(order), "reward_cost": rewards(rng, made, person >= 0), "ring": made["ring"],
    })  # fmt: skip
    return table, programmes(counts)


def programmes(counts):
    """The referral_programmes table: who started each programme, and what it offered."""
    rows = [(f"P{n + 1:02d}", MECHANICS[kind].name, pd.Timestamp(first), pd.Timestamp(last), *counts[n])
            for n, (kind, first, last, _) in enumerate(PROGRAMMES)]  # fmt: skip
    return pd.DataFrame(
        rows, columns=["programme", "mechanic", "first_day", "last_day", "seeds", "staff_seeds"]
    )
