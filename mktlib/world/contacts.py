"""The CRM's contacts: some people are there twice, families share a phone, a number is given out again.

Phones and e-mail addresses are shown as masks and as hashes. No phone in China begins with 12, and nobody has an address
at the hosts that are kept for examples.
"""

import hashlib

import numpy as np
import pandas as pd

from . import clock, sales
from .streams import pick

KEPT_FROM = "2025-09-01"  # contacts without an order or a registration since then were erased from the CRM
DOUBLES, TRIPLES = 0.13, 0.02  # people who are in the CRM twice, three times
DOUBLE_SOURCES = ["WeCom", "pop-up store", "customer service", "mini-program"]
OTHER_PHONE, NO_PHONE, KEEPS_EMAIL, KEEPS_WECHAT = 0.22, 0.14, 0.55, 0.7
HAS_EMAIL, HAS_WECHAT = 0.3, 0.55
FAMILY, RECYCLED = 0.04, 0.004  # customers whose phone is a relative's; was a stranger's before
SCATTER = (2_654_435_761, 2_246_822_519)  # odd factors: no two people get the same address or identity
MAIL_HOSTS = ["example.com", "example.net", "example.org"]
LAST_BY = ["e-mail", "SMS", "WeCom", "phone"]  # channel of the last message, by number


def relatives(life, rng, who):
    """For each of `who` (positions) the person whose phone it is: mostly the own; a relative's, or a stranger's of old."""
    people, owner = life.people, np.arange(len(who))
    order = np.lexsort((people.since[who], people.second[who], people.birth[who], people.city[who]))
    keys = np.stack([people.city[who], people.birth[who], people.second[who]])[:, order]
    alike = np.flatnonzero((keys[:, 1:] == keys[:, :-1]).all(axis=0))
    alike = alike[np.diff(alike, prepend=-9) > 1]
    chosen = rng.permutation(alike)[: int(FAMILY * len(who))]
    owner[order[chosen + 1]] = order[chosen]
    again = np.flatnonzero((owner == np.arange(len(who))) & (rng.random(len(who)) < RECYCLED))
    if len(who) > 400:
        again = again[again > 300]
        owner[again] = rng.integers(0, again - 200)
    return owner


def table(life, who, channel, day, mailed):
    """The CRM's contacts: one row per customer, more for people who came in by several doors.

    `who`: customers that are told (positions); channel and day of the last message to each (-1: none); `mailed`: bool,
    has got e-mails.
    """
    rng, people = life.streams("crm contacts"), life.people
    limit = clock.DAYS.get_loc(KEPT_FROM)
    kept = (people.since[who] >= limit) | (last_order(life)[who] >= limit)
    who, channel, day, mailed = who[kept], channel[kept], day[kept], mailed[kept]
    size = len(who)
    phone = rng.integers(10**8, 10**9, size)[relatives(life, rng, who)]
    number = who + sales.first_customer(life.streams)
    mail, wechat = (
        (number * factor + shift) % 2**28
        for factor, shift in zip(SCATTER, rng.integers(0, 2**28, 2), strict=True)
    )
    has_mail = mailed | (rng.random(size) < HAS_EMAIL)
    store = np.array(["own shop", "tmall", "jd", "live room"])[people.store[who]]
    main = pd.DataFrame({
        "person": np.arange(size), "customer": who, "day": people.since[who], "source": store, "phone": phone,
        "mail": np.where(has_mail, mail, -1), "wechat": np.where(rng.random(size) < HAS_WECHAT, wechat, -1),
        "channel": channel, "marketed": day,
    })  # fmt: skip
    copies = np.flatnonzero(rng.random(size) < DOUBLES)
    copies = np.sort(np.concatenate([copies, copies[rng.random(len(copies)) < TRIPLES / DOUBLES]]))
    more = main.iloc[copies].copy()
    count, u = len(more), rng.random(len(more))
    more["source"] = np.array(DOUBLE_SOURCES)[pick(rng, [5, 2, 2, 4], count)]
    more["phone"] = np.where(u < NO_PHONE, -1, np.where(u < NO_PHONE + OTHER_PHONE, rng.integers(10**8, 10**9, count), more["phone"]))  # fmt: skip
    more["mail"] = np.where(rng.random(count) < KEEPS_EMAIL, more["mail"], -1)
    more["wechat"] = np.where((rng.random(count) < KEEPS_WECHAT) | (u < NO_PHONE), wechat[copies], -1)
    span = np.maximum(clock.N_KNOWN - np.maximum(more["day"], limit), 1)
    more["day"] = np.maximum(more["day"], limit) + (rng.beta(0.9, 1.6, count) * span).astype(np.int64)
    more["customer"], more["channel"], more["marketed"] = -1, -1, -1
    frame = pd.concat([main, more]).sort_values(["day", "person", "customer"], ignore_index=True)
    return disguised(life, frame, who)


def last_order(life, until=clock.N_KNOWN):
    """Day of everybody's last paid order before the day `until`, -1 if none; by person."""
    orders = life.tables["orders"]
    paid = orders[(orders["status"] == "paid").to_numpy() & (orders["day"] < until).to_numpy()]
    last, who = (
        np.full(life.people.count, -1),
        paid["customer_id"].to_numpy() - sales.first_customer(life.streams),
    )
    last[who] = paid["day"].to_numpy()  # orders are in order of time
    return last


def md5(texts):
    """First eight hexadecimal digits of the MD5 sum of each text; empty stays empty."""
    return [
        hashlib.md5(one.encode("ascii"), usedforsecurity=False).hexdigest()[:8] if one else ""
        for one in texts
    ]


def disguised(life, frame, who):
    """Contacts as the CRM shows them: numbers and addresses as masks and as hashes. Phones begin with 12: nobody has one."""
    first = sales.first_customer(life.streams)
    phones = [f"12{one:09d}" if one >= 0 else "" for one in frame["phone"].tolist()]
    letters = "abcdefghjklmnpqrstuvwxyz"
    mails = ["" if one < 0 else f"{letters[one % 24]}{letters[one // 24 % 24]}{one // 576 % 10**6}@{MAIL_HOSTS[one % 5 % 3]}"
             for one in frame["mail"].tolist()]  # fmt: skip
    nullable = lambda values: pd.arrays.IntegerArray(values.astype(np.int64), values < 0)  # noqa: E731
    marketed = frame["marketed"].to_numpy()
    return pd.DataFrame({
        "contact_id": np.arange(len(frame)) + 500_001 + life.streams.part * 10_000_000,
        "customer_id": nullable(np.where(frame["customer"] >= 0, frame["customer"] + first, -1)),
        "source": frame["source"].to_numpy(),
        "created_on": clock.DAYS[frame["day"]],
        "phone_md5": md5(phones),
        "phone_masked": [f"{one[:3]}****{one[-4:]}" if one else "" for one in phones],
        "email_md5": md5(mails),
        "email_masked": [f"{one[0]}***{one[one.index('@') - 1:]}" if one else "" for one in mails],
        "wechat_id": ["" if one < 0 else f"wx{one:07x}" for one in frame["wechat"].tolist()],
        "channel": np.array([*LAST_BY, ""])[frame["channel"]],
        "marketed_on": pd.Series(clock.DAYS[marketed]).where(marketed >= 0),
        "person": frame["person"].to_numpy() + life.streams.part * 10_000_000,
    })  # fmt: skip


def hidden(life):
    """crm_contacts: which contacts are the same person."""
    return {"crm_contacts": life.tables["crm_contacts"][["contact_id", "person"]]}


def identity(contacts):
    """How well rules of merging tell who is who: precision and recall of pairs."""
    rules = {"same phone": ["phone_md5"], "same e-mail": ["email_md5"], "same WeChat": ["wechat_id"]}
    pairs = lambda size: int((size * (size - 1) // 2).sum())  # noqa: E731
    wanted, found = pairs(contacts.groupby("person").size()), {}
    for name, keys in rules.items():
        mine = contacts[(contacts[keys] != "").all(axis=1)]
        all_pairs = pairs(mine.groupby(keys).size())
        right = pairs(mine.groupby([*keys, "person"]).size())
        found[name] = {"precision": right / max(all_pairs, 1), "recall": right / max(wanted, 1)}
    return {
        "what": "Contacts of one person, and phones that a family shares: truth('crm_contacts') tells who is who.",
        "cause": {"people_twice": DOUBLES, "customers_with_a_relatives_phone": FAMILY, "phones_reissued": RECYCLED,
                  "doubles_with_another_phone": OTHER_PHONE, "doubles_without_phone": NO_PHONE},
        "found": {"contacts": len(contacts), "people": contacts["person"].nunique(), "pairs": wanted, "rules": found},
    }  # fmt: skip
