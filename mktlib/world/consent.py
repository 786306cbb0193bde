"""Whom the brand may write to: the log of consents, and two planned sends.

Consent belongs to a person, a purpose, a channel and a moment. About one contact in eight was written to in a channel for
which nobody had agreed to marketing (T23); children's data are kept without a consent of their own for many.
"""

import numpy as np
import pandas as pd

from . import clock, contacts, sales
from .streams import pick

PURPOSES = ["order service", "marketing", "profiling", "partner sharing", "child data"]
SERVICE, MARKETING, PROFILING, PARTNER, CHILD = range(5)
CHANNELS = ["e-mail", "SMS", "WeCom", "phone"]
EMAIL, SMS, WECOM, PHONE = range(4)
SOURCES = ["checkout", "registration form", "Tmall member card", "JD member card", "live room card", "QR code",
           "privacy centre", "customer service", "unsubscribe link", "spam complaint", "SMS reply"]  # fmt: skip
CHECKOUT, FORM, TMALL_CARD, JD_CARD, LIVE_CARD, QR, CENTRE, SERVICE_DESK, LINK, COMPLAINT, REPLY = range(11)
AGREED = np.array([0.88, 0.89, 0.885, 0.86])  # marketing, if the channel is used to write to the person
AGREED_UNUSED = np.array([0.25, 0.35, 0.12, 0.04])  # if it is not
AGREED_ELSE = {PROFILING: 0.52, PARTNER: 0.09, CHILD: 0.58}
CHANGED_MIND = 0.045  # share of customers who take something back in the privacy centre
CHANGED_WHAT = [(MARKETING, SMS, 0.3), (MARKETING, EMAIL, 0.15), (PROFILING, SMS, 0.35), (PARTNER, SMS, 0.2)]
CALLED = (0.17, 0.05)  # of people: last written to in WeCom, last called by phone
SYNC_HOUR = 3  # consents given in a store come into the log with the nightly run

PLANS = [  # name, channel, when the list was made, when it goes out, people
    ("NEW-YEAR-SMS", SMS, "2025-12-30 21:30", "2025-12-31 09:00", 1900),
    ("SAMPLE-BOX-MAIL", EMAIL, "2025-12-17 18:00", "2025-12-18 10:00", 2600),
]
# On the morning of the SMS, from 8:00: leave SMS, e-mail; leave SMS and are not on the list; leave SMS after 9:00.
LATE, LATE_MAIL, LATE_ELSE, TOO_LATE = 37, 9, 14, 11


def seconds(text):
    """A time as datetime64[s]."""
    return np.datetime64(text, "s")


def registered(life):
    """Customers that are told: positions, and when each one's consents came into the log: in the night after the day."""
    who = life.tables["customers"]["customer_id"].to_numpy() - sales.first_customer(life.streams)
    who = who[life.people.since[who] < clock.N_KNOWN - 1]
    return who, sales.stamp(life.people.since[who] + 1, np.full(len(who), SYNC_HOUR * 3600))


def last_message(life, sends, who):
    """Channel (number, -1 none) and day of the last message each of `who` got in 2025, by mail tool, WeCom or phone."""
    rng, first = life.streams("contacted otherwise"), sales.first_customer(life.streams)
    channel, day = np.full(len(who), -1), np.full(len(who), -1)
    start = clock.DAYS.get_loc("2025-01-01")
    recent = sends[(sends["day"] >= start).to_numpy()].sort_values(["customer_id", "sent_at"])
    recent = recent.drop_duplicates("customer_id", keep="last")
    recent = recent[recent["customer_id"].isin(who + first)]
    spot = np.searchsorted(who, recent["customer_id"].to_numpy() - first)
    channel[spot] = np.where(recent["channel"] == "e-mail", EMAIL, SMS)
    day[spot] = recent["day"]
    begin = np.maximum(np.maximum(day, life.people.since[who]) + 1, start)
    when = begin + (rng.random(len(who)) * np.maximum(clock.N_KNOWN - begin, 0)).astype(np.int64)
    u, fits = rng.random(len(who)), begin < clock.N_KNOWN
    for number, low, high in ((WECOM, 0, CALLED[0]), (PHONE, CALLED[0], sum(CALLED))):
        here = fits & (u >= low) & (u < high)
        channel[here], day[here] = number, when[here]
    return channel, day


class Events:
    """Consent events as columns that grow: person, purpose, channel, moment, given or not, source."""

    NAMES = ("who", "purpose", "channel", "moment", "given", "source")

    def __init__(self):
        self.parts = []

    def add(self, *columns):
        """Append events; all but the first column (people) may be one value for all."""
        self.parts.append([np.broadcast_to(one, len(columns[0])) for one in columns])

    def told(self):
        """All events until the last day that is told, in order of time, each once: dict of arrays."""
        columns = [np.concatenate(column) for column in zip(*self.parts, strict=True)]
        found = dict(zip(self.NAMES, columns, strict=True))
        known = found["moment"] < np.datetime64(clock.KNOWN) + np.timedelta64(1, "D")
        found = {name: values[known] for name, values in found.items()}
        since = (found["moment"] - np.datetime64(clock.START)).astype("timedelta64[s]").astype(np.int64)
        key = ((since << 20 | found["who"]) << 5 | found["purpose"] << 2 | found["channel"]) << 1 | found[
            "given"
        ]
        order = np.argsort(key, kind="stable")
        last = np.diff(key[order] >> 1, append=-1) != 0
        return {name: values[order][last] for name, values in found.items()}


def agreements(life, events, who, moment, used):
    """What people agreed to when they registered. `used`: bool (people, channels): written to in the channel."""
    rng, people, size = life.streams("consent"), life.people, len(who)
    card = np.array([CHECKOUT, TMALL_CARD, JD_CARD, LIVE_CARD])[people.store[who]]
    source = np.where(people.orders[who] > 0, card, FORM)
    events.add(who, SERVICE, SMS, moment, True, source)
    for channel in range(len(CHANNELS)):
        chance = np.where(used[:, channel], AGREED[channel], AGREED_UNUSED[channel])
        yes = rng.random(size) < chance
        if channel == WECOM:
            late = moment[yes] + rng.integers(60, 20_000, int(yes.sum())).astype("timedelta64[s]")
            late = late.astype("datetime64[m]").astype("datetime64[s]")
            events.add(who[yes], MARKETING, channel, late, True, QR)
        else:
            events.add(who[yes], MARKETING, channel, moment[yes], True, source[yes])
    for purpose, share in AGREED_ELSE.items():
        yes = rng.random(size) < share
        events.add(who[yes], purpose, SMS, moment[yes], True, source[yes])


def changes_of_mind(life, events, who, moment):
    """Some take a consent back in the privacy centre; the mail tool does not hear of it. Some of them give it again."""
    rng = life.streams("consent withdrawn")
    some = np.flatnonzero(rng.random(len(who)) < CHANGED_MIND)
    what = np.array(CHANGED_WHAT)[pick(rng, [row[2] for row in CHANGED_WHAT], len(some))].astype(np.int64)
    later = moment[some] + (86_400 * (3 + rng.exponential(150, len(some)))).astype("timedelta64[s]")
    source = np.where(rng.random(len(some)) < 0.8, CENTRE, SERVICE_DESK)
    events.add(who[some], what[:, 0], what[:, 1], later, False, source)
    back = rng.random(len(some)) < 0.12
    again = later[back] + (86_400 * (1 + rng.exponential(40, int(back.sum())))).astype("timedelta64[s]")
    events.add(who[some[back]], what[back, 0], what[back, 1], again, True, CENTRE)


def opt_outs(life, events, sends):
    """Everybody who left a list with a message, and those who answered the recall offers with TD."""
    rng, first = life.streams("consent opt-outs"), sales.first_customer(life.streams)
    gone = sends[(sends["unsubscribed"] | sends["complained"]).to_numpy()]
    mail = (gone["channel"] == "e-mail").to_numpy()
    wait = np.minimum(gone["opened_after"].fillna(0).to_numpy(dtype=np.int64), 600) * 60
    wait = wait + rng.integers(20, 900, len(gone))
    source = np.where(~mail, REPLY, np.where(gone["complained"], COMPLAINT, LINK))
    events.add(gone["customer_id"].to_numpy() - first, MARKETING, np.where(mail, EMAIL, SMS),
               gone["sent_at"].to_numpy().astype("datetime64[s]") + wait.astype("timedelta64[s]"), False, source)  # fmt: skip
    people = life.people
    known = np.unique(gone["customer_id"].to_numpy()[~mail] - first)
    left = np.setdiff1d(np.flatnonzero(people.text_off[: people.count] >= 0), known)
    left = left[people.text_off[left] < clock.N_KNOWN]
    moment = sales.stamp(people.text_off[left], 36_000 + rng.integers(30, 20_000, len(left)))
    events.add(left, MARKETING, SMS, moment, False, REPLY)


def agreed(told, size, moment, purpose=None, channel=None):
    """Whether the last event of each person (position) before `moment` is a consent; of one purpose and channel, or any."""
    here = told["moment"] < moment
    if purpose is not None:
        here &= (told["purpose"] == purpose) & (told["channel"] == channel)
    yes = np.zeros(size, bool)
    yes[told["who"][here]] = told["given"][here]
    return yes


def plan(life, events, mailed):
    """The two planned sends; people who leave in the last hour are added to `events`. Returns the table.

    `mailed`: positions of people who got e-mails before.
    """
    told, people, parts = events.told(), life.people, []
    rng, size, first = life.streams("send plan"), life.people.count, sales.first_customer(life.streams)
    for name, channel, made, goes, wanted in PLANS:
        day = clock.DAYS.get_loc(goes[:10])
        recent = (contacts.last_order(life, day) > day - 120) & (people.since[:size] < day - 3)
        asked = (MARKETING, SMS) if channel == SMS else ()
        fit = np.flatnonzero(recent & agreed(told, size, seconds(made), *asked))
        fit = fit if channel == SMS else np.intersect1d(fit, mailed)
        listed = np.sort(rng.permutation(fit)[: max(1, round(wanted * life.scale))])
        parts.append(pd.DataFrame({
            "plan": name, "customer_id": listed + first, "purpose": "marketing", "channel": CHANNELS[channel],
            "listed_at": seconds(made), "send_at": seconds(goes),
        }))  # fmt: skip
        if channel == SMS:
            leave_late(life, events, rng, listed, np.setdiff1d(fit, listed))
    return pd.concat(parts, ignore_index=True)


def leave_late(life, events, rng, listed, others):
    """On the morning of the send some people leave: most of them the SMS list, some of them too late."""
    eight, nine = 8 * 3600, 9 * 3600
    sizes = np.maximum(np.round(np.array([LATE, LATE_MAIL, LATE_ELSE, TOO_LATE]) * life.scale), 1).astype(int)
    listed, at = rng.permutation(listed), np.concatenate([[0], np.cumsum(sizes[[0, 1, 3]])])
    day = clock.DAYS.get_loc("2025-12-31")
    for who, channel, low, high, source in (
        (listed[at[0] : at[1]], SMS, eight, nine, REPLY),
        (listed[at[1] : at[2]], EMAIL, eight, nine, CENTRE),
        (listed[at[2] : at[3]], SMS, nine + 40, nine + 5400, REPLY),
        (rng.permutation(others)[: sizes[2]], SMS, eight, nine, REPLY),
    ):
        events.add(who, MARKETING, channel, sales.stamp(np.full(len(who), day), rng.integers(low, high, len(who))), False, source)  # fmt: skip


def tables(life, sends):
    """consent_log, crm_contacts and send_plan. `sends` is the finished table message_sends."""
    who, moment = registered(life)
    channel, day = last_message(life, sends, who)
    used = np.zeros((len(who), len(CHANNELS)), bool)
    used[np.flatnonzero(channel >= 0), channel[channel >= 0]] = True
    first = sales.first_customer(life.streams)
    for number, kinds in ((EMAIL, ["e-mail"]), (SMS, ["SMS", "video SMS"])):
        got = np.unique(sends["customer_id"].to_numpy()[sends["channel"].isin(kinds)]) - first
        used[:, number] |= np.isin(who, got)
    events = Events()
    agreements(life, events, who, moment, used)
    changes_of_mind(life, events, who, moment)
    opt_outs(life, events, sends)
    plans = plan(life, events, who[used[:, EMAIL]])
    return {"consent_log": log(events.told(), who, moment, first), "crm_contacts": contacts.table(life, who, channel, day, used[:, EMAIL]),
            "send_plan": plans}  # fmt: skip


def log(told, who, moment, first):
    """The table: what was agreed to at registration comes first, by person; then what changed later."""
    began = np.zeros(who.max(initial=0) + 1, "datetime64[s]")
    began[who] = moment
    order = np.lexsort((told["moment"], told["who"], told["moment"] != began[told["who"]]))
    told = {name: values[order] for name, values in told.items()}
    return pd.DataFrame({
        "customer_id": told["who"] + first,
        "purpose": pd.Categorical.from_codes(told["purpose"], PURPOSES),
        "channel": pd.Categorical.from_codes(told["channel"], CHANNELS),
        "recorded_at": told["moment"],
        "state": pd.Categorical.from_codes(told["given"] * 1, ["withdrawn", "given"]),
        "source": pd.Categorical.from_codes(told["source"], SOURCES),
    })  # fmt: skip


def truth(life):
    """T23: contacts without consent for the channel in which they were written to; who is who; the late opt-outs."""
    return {
        "T23": without_consent(life.tables),
        "identity": contacts.identity(life.tables["crm_contacts"]),
        "late": late(life.tables),
    }


def in_force(log, asked):
    """For each row of `asked` (customer_id, channel, at) whether marketing in the channel is agreed to at that moment."""
    mine = log[log["purpose"] == "marketing"]
    asked = asked.reset_index(drop=True).reset_index(names="row")
    both = asked.merge(mine, on=["customer_id", "channel"])
    both = (
        both[both["recorded_at"] < both["at"]].sort_values("recorded_at").drop_duplicates("row", keep="last")
    )
    return asked["row"].isin(both.loc[both["state"] == "given", "row"]).to_numpy()


def without_consent(tables):
    """T23 by a right count, and by the ways that overlook it."""
    log = tables["consent_log"].astype({"channel": str, "purpose": str})
    some = tables["crm_contacts"].dropna(subset=["customer_id", "marketed_on"])
    asked = pd.DataFrame({"customer_id": some["customer_id"].astype(np.int64), "channel": some["channel"],
                          "at": some["marketed_on"] + pd.Timedelta(days=1)})  # fmt: skip
    agreed = in_force(log, asked)
    latest = log.sort_values("recorded_at", kind="stable").drop_duplicates("customer_id", keep="last")
    latest = latest.set_index("customer_id")["state"]
    anything = asked["customer_id"].map(latest).eq("given")
    child = log[(log["purpose"] == "child data") & (log["state"] == "given")]["customer_id"]
    return {
        "what": "Contacts that were written to in a channel for which they had not agreed to marketing; birth months of "
                "children that are kept without a consent of their own.",
        "cause": {"agreed_to_marketing_in_the_channel_used": dict(zip(CHANNELS, AGREED.tolist(), strict=True)),
                  "agreed_to_keep_data_of_the_child": AGREED_ELSE[CHILD]},
        "found": {
            "contacts_written_to": len(asked),
            "without_consent_for_the_channel": 1 - agreed.mean(),
            "if_any_consent_counts": 1 - anything.mean(),
            "child_data_without_consent": 1 - tables["customers"]["customer_id"].isin(child).mean(),
        },
    }  # fmt: skip


def late(tables):
    """J07, J09: people on the two planned lists who may not be written to when the message goes out."""
    log, found = tables["consent_log"].astype({"channel": str, "purpose": str}), {}
    for name, rows in tables["send_plan"].groupby("plan"):
        asked = rows[["customer_id", "channel"]].assign(at=rows["send_at"])
        found[name] = {"listed": len(rows), "not_to_be_written_to": int((~in_force(log, asked)).sum()),
                       "as_of_the_list": int((~in_force(log, asked.assign(at=rows["listed_at"]))).sum())}  # fmt: skip
    return {"what": "Planned sends: people on the list without consent to marketing in the channel at the moment of sending.",
            "cause": {"left_in_the_last_hour": LATE}, "found": found}  # fmt: skip
