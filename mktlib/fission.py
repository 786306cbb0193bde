"""Growth that users carry: K and its clock, a forecast that saturates, rings, the lift of a topic, reuse of what users wrote.
Earned in M08.

Four habits: friends are divided by those who could invite them; a K has a cycle and falls; a sign-up is a person only after
it has been looked at; and a user's words become the advertiser's own once the advertiser repeats them.
"""

import math

import numpy as np
import pandas as pd

from mktlib import compliance
from mktlib.errors import did_you_mean
from mktlib.inputs import BadValue, check_columns

SIGNS = ["device_hash", "address_hash"]


def users_by_generation(referrals, programmes, by="mechanic"):
    """Users of each generation: seeds are generation 0, whoever a seed invited is 1, their friends are 2.

    referrals    one row per invitation: `by`, generation, accepted_at (missing if nobody signed up)
    programmes   one row per programme: `by`, seeds
    Returns a DataFrame of counts, one row per group, columns 0, 1, 2, ... Raises ColumnMissing.
    """
    check_columns(referrals, [by, "generation", "accepted_at"])
    check_columns(programmes, [by, "seeds"])
    seeds = programmes.groupby(by)["seeds"].sum()
    came = referrals[referrals["accepted_at"].notna()].groupby([by, "generation"]).size()
    came = came.unstack(fill_value=0).reindex(seeds.index, fill_value=0)
    came = came.reindex(columns=range(1, max(came.columns, default=0) + 1), fill_value=0)
    came.insert(0, 0, seeds)
    return came.rename_axis(columns="generation").astype("int64")


def k_factor(users):
    """K of each generation: its users over those of the generation before, who invited them.

    users   Series of users by generation, or the DataFrame of users_by_generation
    Returns the same shape without generation 0. Nobody before gives NaN. K is not invitations per user (that leaves out
    who declined) and not new over all users (that puts those below the line who had no time to invite).
    """
    table = users.to_frame().T if isinstance(users, pd.Series) else users
    before = table.shift(axis="columns").iloc[:, 1:]
    k = table.iloc[:, 1:] / before.where(before > 0)
    return k.iloc[0].rename("k") if isinstance(users, pd.Series) else k


def cycle_days(referrals, by="mechanic"):
    """Median days from a user's own sign-up to that of a friend whom the user invited, by group.

    referrals   one row per invitation: invite_id, inviter_invite_id (missing for seeds, who do not count here),
                accepted_at, `by`
    Returns a Series of days. Raises ColumnMissing; BadValue if two invitations have one number.
    """
    check_columns(referrals, ["invite_id", "inviter_invite_id", "accepted_at", by])
    if referrals["invite_id"].duplicated().any():
        raise BadValue(
            "an invite_id stands in two rows: one row per invitation is needed to find who invited."
        )
    joined = referrals["inviter_invite_id"].map(referrals.set_index("invite_id")["accepted_at"])
    days = (referrals["accepted_at"] - joined).dt.total_seconds() / 86_400
    return days.groupby(referrals[by]).median().rename("cycle_days")


def forecast(seeds, k, cycle, days, reach=None):
    """Users on each day, seeds included, if each generation brings the next one after `cycle` days.

    seeds    users on day 0; k: friends per user while nobody within reach has joined; cycle: days, more than 0
    days     last day of the forecast
    reach    people who could join at all; each generation's K is k * (1 - users so far / reach), not below 0, and what
             comes never exceeds it. None: nobody runs out of friends
    Returns a Series by day, 0 to `days`. Without reach it is seeds * (1 + K + ... + K^n) with n = days // cycle; for K < 1
    that tends to seeds / (1 - K), however long one waits. Raises BadValue.
    Source: expected size of a Galton-Watson branching process; logistic saturation as in the SI model.
    """
    _refuse_unless(seeds >= 0 and k >= 0 and days >= 0, "seeds, k and days are not negative")
    _refuse_unless(math.isfinite(cycle) and cycle > 0, "cycle is a number of days above 0")
    _refuse_unless(reach is None or reach >= seeds, "reach holds the seeds: it cannot be smaller")
    total, newest, totals = float(seeds), float(seeds), [float(seeds)]
    for _ in range(math.floor(days / cycle + 1e-9)):
        if reach is not None:
            newest = min(newest * k * max(1 - total / reach, 0), reach - total) if reach else 0.0
        else:
            newest *= k
        total += newest
        totals.append(total)
    day = np.arange(math.floor(days) + 1)
    return pd.Series(
        np.array(totals)[np.floor(day / cycle + 1e-9).astype(int)], index=pd.Index(day, name="day")
    )


def saturation(users):
    """The k and reach with which K falls as it did: K = k * (1 - users before / reach), a straight line.

    users   Series of users by generation from 0 on; three generations or more, none of them empty but the last
    Returns (k, reach); a K that does not fall gives an infinite reach. With three generations the line runs through both
    K, with more each K weighs as much as its denominator. Raises BadValue.
    """
    _refuse_unless(len(users) >= 3, "three generations are needed: two K make a line")
    _refuse_unless(bool((users.iloc[:-1] > 0).all()), "a generation without users has no K: leave it out")
    before, k = users.cumsum().to_numpy(float)[:-1], k_factor(users).to_numpy(float)
    slope, start = np.polyfit(before, k, 1, w=np.sqrt(users.to_numpy(float)[:-1]))
    return float(start), float(-start / slope) if slope < -1e-12 else math.inf


def ring_sizes(signups, signs=SIGNS):
    """How many sign-ups hang together by a shared phone or address, over any number of steps.

    signups   one row per sign-up; `signs` are columns of marks: equal marks are the same phone, an empty or missing one is
              nobody's and links nothing
    Returns an int Series with the index of `signups`: the size of the group in which the sign-up stands; 1 is alone.
    A family at one address makes 2: what size is a ring is your decision, to be measured. Raises ColumnMissing.
    Source: connected components of the graph sign-up to mark, scipy.sparse.csgraph.
    """
    check_columns(signups, signs)
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    people, size, rows, marks = np.arange(len(signups)), len(signups), [], []
    for sign in signs:
        values = signups[sign].where(signups[sign] != "")
        code, known = pd.factorize(values)
        rows.append(people[code >= 0])
        marks.append(size + code[code >= 0])
        size += len(known)
    edge = np.concatenate(rows), np.concatenate(marks)
    _, group = connected_components(
        coo_matrix((np.ones(len(edge[0])), edge), shape=(size, size)), directed=False
    )
    group = group[: len(signups)]
    return pd.Series(np.bincount(group, minlength=1)[group], index=signups.index, name="ring_size")


def topic_lift(talk, topic, control, day, start, end):
    """How far a topic rose on a day beyond what rose anyway: growth over the control's growth, minus 1.

    talk         counts, one row per day (dates as index), one column per topic
    topic, control   columns; the control has to be what moves with the platform and not with the campaign
    day          the day of the topic; start, end: first and last day of the usual time before, both included
    Returns a fraction: 0.5 is half as many mentions again as without the campaign. Raises ColumnMissing, BadValue.
    """
    check_columns(talk, [topic, control])
    usual = talk.loc[pd.Timestamp(start) : pd.Timestamp(end), [topic, control]]
    _refuse_unless(len(usual) > 0, f"no day lies between {start} and {end}")
    _refuse_unless(pd.Timestamp(day) in talk.index, f"{day} is not in the table")
    _refuse_unless(
        not usual.index.isin([pd.Timestamp(day)]).any(), "the topic's day lies in its own usual time"
    )
    level = usual.mean()
    _refuse_unless(bool((level > 0).all()), "a topic that nobody mentioned before has no growth")
    rise = talk.loc[pd.Timestamp(day), [topic, control]] / level
    return float(rise[topic] / rise[control] - 1)


def reusable(items, rules, consent="separate"):
    """Which items of user content may go on to the person who decides about their reuse in advertising.

    items     one row per item: text_zh, consent_to_reuse
    rules     rules of mktlib.compliance; a claim that an advertiser must not make is not made lawful by quotation marks
    consent   the only state of consent_to_reuse that counts
    Returns a bool Series with the index of `items`. True is no clearance: a screen finds words, not untruths, and a child
    who can be recognised needs the guardian. Raises ColumnMissing, BadValue. Source: PIPL Art. 14, Advertising Law Art. 2, 9.
    """
    check_columns(items, ["text_zh", "consent_to_reuse"])
    known = sorted(set(items["consent_to_reuse"]))
    if len(items) and consent not in known:
        raise BadValue(f"no item has the consent {consent!r}{did_you_mean(consent, known)}")
    claims = items.index.isin(compliance.screen(items["text_zh"], rules)["line"])
    return ((items["consent_to_reuse"] == consent) & ~claims).rename("reusable")


def _refuse_unless(holds, words):
    if not holds:
        raise BadValue(f"{words}.")
