"""E-mail and SMS: rates of mailings, segments as of a day, consent at a moment. Earned in J07.

A mailing counts on two grounds: what arrived is the denominator, and somebody who opens one mail five times opened
one mail. A segment and a consent belong to a moment: what was recorded later does not count.
"""

import pandas as pd

from mktlib.inputs import BadValue, check_columns, moment

FLAGS = ["delivered", "clicks", "unsubscribed", "complained"]
RATES = ["delivered", "opened", "clicked", "left"]


def mail_rates(sends, machines=(), by=None):
    """Rates of mailings, each message counted once.

    sends      one row per message sent: delivered, opens, clicks, unsubscribed, complained; client if machines are named
    machines   values of `client` that are programs: what only they opened, nobody opened
    by         column or columns to group by; None gives a Series
    Returns fractions: delivered (of the messages sent); opened, clicked, left (unsubscribed or complained), all three
    of the messages delivered. SMS carry no opens: they do not count in `opened`, which is NaN where there is no e-mail.
    Nothing delivered gives NaN, never 0.
    Raises ColumnMissing.
    Source: open rate = unique opens / delivered, as Mailchimp reports it; machines left out by us.
    """
    keys = [by] if isinstance(by, str) else list(by or [])
    machines = [machines] if isinstance(machines, str) else list(machines)
    check_columns(sends, [*FLAGS, "opens", *keys] + (["client"] if machines else []))
    arrived = sends["delivered"].astype(bool)
    opened = (sends["opens"] > 0).where(sends["opens"].notna())
    if machines:
        opened = opened.mask(sends["client"].isin(machines) & opened.notna(), False)
    left = sends["unsubscribed"] | sends["complained"]
    once = pd.DataFrame({"opened": opened, "clicked": sends["clicks"] > 0, "left": left}).astype("Float64")
    once = once.where(arrived).astype("float64").assign(delivered=arrived.astype(float))[RATES]
    return once.groupby([sends[key] for key in keys]).mean() if keys else once.mean()


def dormant(orders, day, days=90):
    """Customers who were dormant when `day` began: they had ordered before, and not in the `days` days up to it.

    orders   one row per order: customer_id, ordered_at, status; unpaid orders are no orders
    day      date or text like "2024-06-04"; orders from that day on are not known yet and are not looked at
    Returns a sorted Index of customer ids. Raises ColumnMissing, BadValue.
    """
    check_columns(orders, ["customer_id", "ordered_at", "status"])
    day = moment(day)
    known = orders[(orders["status"] == "paid") & (orders["ordered_at"] < day)]
    last = known.groupby("customer_id")["ordered_at"].max()
    return last.index[last < day - pd.Timedelta(days=days)]


def one_segment(rules):
    """One segment for each customer: the first rule, in the order given, that holds the customer.

    rules   {"new registrant": customer ids, "dormant": customer ids, ...}, the most important first
    Returns a Series of names indexed by customer id: nobody stands in it twice, nobody of the rules is missing.
    """
    named = [pd.Series(name, index=pd.Index(ids, name="customer_id").unique()) for name, ids in rules.items()]
    if not named:
        raise BadValue('no rule was given: one_segment({"dormant": customer ids, ...})')
    both = pd.concat(named)
    return both[~both.index.duplicated(keep="first")].rename("segment").sort_index()


def agreed(consent_log, asked, purpose="marketing"):
    """Whether a consent was in force at a moment: the last event before it, of that purpose and channel, says given.

    consent_log   one row per event: customer_id, purpose, channel, recorded_at, state (given or withdrawn)
    asked         one row per question: customer_id, channel, at (a moment; what is recorded at it or later is not known)
    Returns a bool Series with the index of `asked`. No event means no consent. Raises ColumnMissing, BadValue.
    """
    check_columns(consent_log, ["customer_id", "purpose", "channel", "recorded_at", "state"])
    check_columns(asked, ["customer_id", "channel", "at"])
    if asked["at"].isna().any():
        raise BadValue(
            f"{int(asked['at'].isna().sum())} rows have no moment in 'at': consent has a time, so name it."
        )
    rows = asked[["customer_id", "channel", "at"]].reset_index(drop=True).reset_index(names="row")
    events = rows.merge(consent_log[consent_log["purpose"] == purpose], on=["customer_id", "channel"])
    events = events[events["recorded_at"] < events["at"]].sort_values("recorded_at", kind="stable")
    last = events.drop_duplicates("row", keep="last")
    given = rows["row"].isin(last.loc[last["state"] == "given", "row"])
    return given.set_axis(asked.index).rename("agreed")
