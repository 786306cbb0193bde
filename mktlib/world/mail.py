"""What the mail tool tells: one row per message, counted from the log of the actor `Mail`; and who was in its test.

A click is a visit of the next day in web_sessions, its order the one in orders. From October 2024 privacy proxies of some
mail programs open every mail at once (T08): that is a fault of the recording, nobody reads more or less.
"""

import numpy as np
import pandas as pd

from . import clock, consent, contacts, mailing, sales
from .mailing import Mail
from .streams import pick_by_row

__all__ = ["Mail", "hidden", "tables", "truth"]

PROXY_DAYS = ("2024-10-01", "2024-10-14")  # people's mail programs get the proxy between these days
PROXY = np.array([0.08, 0.265, 0.18])  # share of people with a proxy, by device
PROXY_CLIENT = "Mozilla/5.0"
CLIENTS = ["Android Mail", "iPhone Mail", "Windows Mail", "web mail"]
CLIENT_OF_DEVICE = np.array([[0.72, 0.02, 0.06, 0.20], [0.02, 0.78, 0.05, 0.15], [0.05, 0.07, 0.48, 0.40]])
OPENED_AFTER, OPENED_SPREAD, OPENED_LAST = (
    95,
    1.8,
    7 * 1440,
)  # minutes until a person opens: median, log sd, latest
AGAIN = 0.72  # chance that an open, or a click, is the last one (1 - chance of another)


def tables(life):
    """message_sends, cadence_test; and with whom one may speak: consent_log, crm_contacts, send_plan."""
    sends = messages(life)
    return {"message_sends": sends, "cadence_test": enrolled(life), **consent.tables(life, sends)}


def hidden(life):
    """Who the CRM's contacts really are."""
    return contacts.hidden(life)


def enrolled(life):
    """Who is in the test of cadence, from when, in which arm."""
    people, first = life.people, sales.first_customer(life.streams)
    who = np.flatnonzero(people.cadence[: people.count] >= 0)
    return pd.DataFrame({
        "customer_id": who + first,
        "enrolled_on": clock.DAYS[people.enrolled[who]],
        "mails_a_month": np.array(mailing.CADENCE)[people.cadence[who]],
    })  # fmt: skip


def messages(life):
    """The actor's log up to the last day that is told: by kind of mailing, arm, person and time."""
    actor, kinds = life.shop.actors["mail"], ["e-mail", "SMS", "video SMS"]
    log = actor.log.columns()
    family = np.unique([name[:3] for name in actor.names] or [""], return_inverse=True)[1][log["campaign"]]
    key = (((family * 8 + log["arm"] + 1) << 22 | log["customer"]) << 11 | log["day"]) << 5 | log["hour"]
    order = np.argsort(key, kind="stable")
    order = order[log["day"][order] < clock.N_KNOWN]
    log = {name: values[order] for name, values in log.items()}
    channel = np.array([kinds.index(kind) for kind in actor.kinds] or [0])[log["campaign"]]
    mail = channel == 0
    opens, after, client = opened(life, log, mail)
    clicks = np.zeros(len(log["day"]), np.int64)
    clicked = np.flatnonzero(log["clicked"])
    clicks[clicked] = life.streams("clicks again").geometric(AGAIN, len(clicked))
    return pd.DataFrame({
        "campaign": pd.Categorical.from_codes(log["campaign"], actor.names),
        "channel": pd.Categorical.from_codes(channel, kinds),
        "customer_id": log["customer"] + sales.first_customer(life.streams),
        "segment": pd.Categorical.from_codes(log["segment"], mailing.SEGMENTS),
        "cadence": np.array([*mailing.CADENCE, 0])[log["arm"]],
        "slice": pd.Categorical.from_codes(log["slice"], mailing.SLICES),
        "subject": pd.Categorical.from_codes(log["subject"], mailing.SUBJECTS),
        "sent_at": sales.stamp(log["day"], log["hour"] * 3600),
        "delivered": log["delivered"],
        "opens": opens,
        "opened_after": after,
        "client": client,
        "clicks": clicks,
        "unsubscribed": log["left"] == 1,
        "complained": log["left"] == 2,
        "order_id": bought(life, log),
        "cost": np.array(list(mailing.PRICE.values()))[channel],
        "day": log["day"],
    })  # fmt: skip


def opened(life, log, mail):
    """Opens as the tool counts them, minutes to the first, program of the last; people's own and the proxies'."""
    rng, people = life.streams("opens"), life.people
    human = np.flatnonzero(log["opened"] & mail)
    proxy = log["delivered"] & mail & (log["day"] >= proxied_from(life)[log["customer"]])
    count, minutes, code = proxy * 1, np.where(proxy, 0, -1), np.where(proxy, 4, 5)
    count[human] += rng.geometric(AGAIN, len(human))
    wait = np.minimum(OPENED_AFTER * np.exp(rng.normal(0, OPENED_SPREAD, len(human))), OPENED_LAST).astype(
        np.int64
    )
    wait = np.where(wait < 120, wait, wait // 10 * 10)
    minutes[human] = np.where(proxy[human], 0, wait)
    program = pick_by_row(rng, CLIENT_OF_DEVICE, people.device[: people.count])
    code[human] = program[log["customer"][human]]
    return (
        nullable(np.where(mail, count, -1)),
        nullable(minutes),
        pd.Categorical.from_codes(code, [*CLIENTS, PROXY_CLIENT, ""]),
    )


def proxied_from(life):
    """Day from which a proxy opens a person's mails, by person; far in the future for those without."""
    rng, people = life.streams("mail proxies"), life.people
    has = rng.random(people.count) < PROXY[people.device[: people.count]]
    first, last = (clock.DAYS.get_loc(day) for day in PROXY_DAYS)
    return np.where(has, rng.integers(first, last + 1, people.count), 10**6)


def bought(life, log):
    """Order that was placed in the visit after a click, missing if none."""
    orders = life.tables["orders"]
    mine = orders[orders["channel"].to_numpy() == "e-mail/SMS"]
    who = mine["customer_id"].to_numpy() - sales.first_customer(life.streams)
    key = who * 10_000 + mine["day"].to_numpy()
    key, at = np.unique(key, return_index=True)
    number = mine["order_id"].to_numpy()[at]
    wanted = log["customer"] * 10_000 + log["day"] + 1
    spot = np.minimum(np.searchsorted(key, wanted), max(len(key) - 1, 0))
    found = np.zeros(len(wanted), bool) if not len(key) else (key[spot] == wanted) & log["clicked"]
    return nullable(np.where(found, number[spot] if len(key) else -1, -1))


def nullable(values):
    """Integers in which a negative number means missing."""
    return pd.arrays.IntegerArray(np.asarray(values, dtype=np.int64), values < 0)


# What is true, and what a right count finds


def truth(life):
    """T08, T09, T23; what is true of hours, subjects, the two lists, SMS, and of who is who."""
    sends = life.tables["message_sends"]
    family = {one: str(one).split("-")[0] for one in sends["campaign"].unique()}
    sends = sends.assign(family=sends["campaign"].map(family).astype(object), clicked=sends["clicks"] > 0,
                         machine=sends["client"] == PROXY_CLIENT, ordered=sends["order_id"].notna())  # fmt: skip
    news = sends[(sends["family"] == "NEWS") & sends["delivered"]]
    news = news.assign(
        opened=(news["opens"] > 0).astype(bool) & ~news["machine"], hour=news["sent_at"].dt.hour
    )
    return {
        "T08": machine_opens(sends),
        "T09": cadence(life, sends),
        "send_hour": send_hour(news),
        "subject": subjects(news[news["subject"] != ""]),
        "two_lists": two_lists(life, sends),
        "sms": texts(life, sends),
        **consent.truth(life),
    }


def machine_opens(sends):
    """T08: opens of people stay as they were, programs add theirs."""
    mails = sends[(sends["channel"] == "e-mail") & sends["delivered"]]
    mails = mails.assign(opened=(mails["opens"] > 0).astype(bool))
    found = {}
    for name, part in (("before", mails[mails["sent_at"] < PROXY_DAYS[0]]),
                       ("after", mails[mails["sent_at"] >= pd.Timestamp(PROXY_DAYS[1]) + pd.Timedelta(days=1)])):  # fmt: skip
        found[name] = {"opened": part["opened"].mean(), "opened_by_people": (part["opened"] & ~part["machine"]).mean(),
                       "opened_by_machines_only": part["machine"].mean(), "clicked": part["clicked"].mean(),
                       "clicked_of_those": part.loc[part["machine"], "clicked"].mean()}  # fmt: skip
    return {
        "what": "From October 2024 on privacy proxies open mails that nobody reads, at once, and never click.",
        "cause": {"from": PROXY_DAYS, "share_of_people_by_device": PROXY, "client": PROXY_CLIENT},
        "found": found,
    }


def value(life):
    """Contribution of paid orders before refunds: amount - cost of goods - shipping, CNY; frame with customer, time and day."""
    orders = life.tables["orders"]
    paid = orders[(orders["status"] == "paid").to_numpy()]
    goods = life.tables["order_items"].groupby("order_id")["cost"].sum()
    margin = paid["amount"] - paid["order_id"].map(goods) - paid["shipping_cost"]
    return paid[["order_id", "customer_id", "ordered_at", "day", "amount"]].assign(margin=margin)


def cadence(life, sends):
    """T09: what a customer is worth in the year after enrolment, by arm."""
    test, orders = life.tables["cadence_test"], value(life)
    mine = orders.merge(test, on="customer_id")
    wait = (mine["ordered_at"].dt.normalize() - mine["enrolled_on"]).dt.days
    mine = mine[(wait >= 0) & (wait < mailing.TEST_DAYS)]
    test = test.assign(margin=test["customer_id"].map(mine.groupby("customer_id")["margin"].sum()).fillna(0.0),
                       orders=test["customer_id"].map(mine.groupby("customer_id").size()).fillna(0))  # fmt: skip
    wake, found = sends[sends["cadence"] > 0], {}
    for arm, people in test.groupby("mails_a_month"):
        mails = wake[wake["cadence"] == arm]
        found[f"{arm} a month"] = {
            "people": len(people), "margin_of_12_months": people["margin"].mean(),
            "standard_error": people["margin"].std() / np.sqrt(len(people)), "orders": people["orders"].mean(),
            "mails": len(mails) / len(people), "clicks": mails["clicks"].sum() / len(people),
            "unsubscribed": mails["unsubscribed"].sum() / len(people),
            "complained": mails["complained"].sum() / len(people),
        }  # fmt: skip
    return {
        "what": "Two wake-up mails a month are near the best; four bring more clicks, but drive people away.",
        "cause": {"days_without_order": mailing.WAKE_AFTER, "arms": mailing.CADENCE, "chance_to_open": mailing.WAKE_OPEN,
                  "clicks_of_openers": mailing.WAKE_CLICK, "orders_of_clickers": mailing.WAKE_BUY,
                  "other_openers_who_order_later": mailing.WAKE_LATER, "one_mail_too_many": mailing.TIRED,
                  "of_those_never_buy_again": mailing.TIRED_NEVER, "factor_on_loyalty": mailing.TIRED_LOYALTY},
        "found": found,
    }  # fmt: skip


def send_hour(news):
    """J07: the hour as such, from the slice drawn by lot; and how it looks in the usual one."""
    found = {}
    for name in ("random", "usual"):
        hours = news[news["slice"] == name].groupby("hour")[["opened", "clicked"]].mean()
        found[name] = hours.to_dict("index")
    found["all"] = news.groupby("hour")[["opened", "clicked"]].mean().to_dict("index")
    return {
        "what": "The newsletter is read most at 13:00; 20:00 looks best because the loyal get it then.",
        "cause": {
            "factor_on_opens": mailing.NEWS_HOURS,
            "loyal": mailing.LOYAL_OPEN,
            "loyal_at": mailing.USUAL_HOURS[1],
        },
        "found": found,
    }


def subjects(news):
    """J07: subject A is opened more often, B brings more clicks and orders."""
    found = {}
    for name, part in news.groupby("subject", observed=True):
        found[name] = {"delivered": len(part), **part[["opened", "clicked", "ordered"]].mean().to_dict(),
                       "clicked_of_opened": part["clicked"].sum() / max(part["opened"].sum(), 1)}  # fmt: skip
    return {
        "what": "Subject A wins on opens, B on clicks and orders per delivered mail.",
        "cause": {
            "factor_on_opens": mailing.SUBJECT_OPEN,
            "factor_on_clicks_of_openers": mailing.SUBJECT_CLICK,
        },
        "found": found,
    }


def two_lists(life, sends, days=14):
    """J07: people on both lists of 12 March 2025 are counted twice, written to twice, and leave more often."""
    day, orders = pd.Timestamp(mailing.TWO_LISTS_DAY), value(life)
    orders = orders[(orders["ordered_at"] >= day) & (orders["ordered_at"] < day + pd.Timedelta(days=days))]
    lists = {name: sends[sends["family"] == name] for name in ("NEW", "DORM")}
    sizes = {name: set(part["customer_id"]) for name, part in lists.items()}
    both, buyers = sizes["NEW"] & sizes["DORM"], set(orders["customer_id"])
    every = pd.concat(lists.values())
    left = every["unsubscribed"] | every["complained"]
    twice = every["customer_id"].isin(both)
    return {
        "what": "The lists of new registrants and of dormant customers overlap.",
        "cause": {"chance_to_leave": mailing.BATCH_LEAVE, "factor_if_mailed_twice": mailing.OVERLAP_LEAVE},
        "found": {
            "new": len(sizes["NEW"]), "dormant": len(sizes["DORM"]), "both": len(both),
            "buyers_added_up": sum(len(one & buyers) for one in sizes.values()),
            "buyers": len((sizes["NEW"] | sizes["DORM"]) & buyers),
            "left_of_people_on_both": left[twice].sum() / max(len(both), 1), "left_of_others": left[~twice].mean(),
        },
    }  # fmt: skip


def texts(life, sends):
    """J07: what an SMS costs and what the orders after its click bring."""
    orders, found = value(life).set_index("order_id"), {}
    for name, part in sends[sends["channel"] != "e-mail"].groupby("channel", observed=True):
        paid = orders[orders.index.isin(part["order_id"].dropna())]
        found[name] = {"sent": len(part), "cost": part["cost"].mean(), "clicked": part["clicked"].mean(),
                       "paid_orders": len(paid), "revenue_a_message": paid["amount"].sum() / len(part),
                       "margin_a_message": paid["margin"].sum() / len(part)}  # fmt: skip
    return {
        "what": "A message with a film earns more than it costs in revenue, and less in margin; a plain SMS pays.",
        "cause": {"price": mailing.PRICE, "sends": [list(row[:2]) + list(row[3:]) for row in mailing.TEXTS]},
        "found": found,
    }
