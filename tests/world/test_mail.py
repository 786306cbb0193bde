"""E-mail and SMS, consents, contacts: what was planted is found, the tempting way misses it, the tables agree."""

import hashlib
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from tests.world.conftest import World


def at_odds(one, other):
    """Standard errors between two shares or means; each is a series of values by row."""
    one, other = one.astype(float), other.astype(float)
    return (one.mean() - other.mean()) / np.sqrt(one.var() / len(one) + other.var() / len(other))


def margins(w):
    """Paid orders with their contribution before refunds: amount - cost of goods - shipping."""
    orders, items = w["orders"], w["order_items"].merge(w["products"][["sku", "unit_cost"]], on="sku")
    goods = (items["quantity"] * items["unit_cost"]).groupby(items["order_id"]).sum()
    paid = orders[orders["status"] == "paid"]
    return paid.assign(margin=paid["amount"] - paid["order_id"].map(goods) - paid["shipping_cost"])


def sends(w):
    """Messages with their kind of mailing and what can be read off at once."""
    rows = w["message_sends"]
    kinds = {name: name.split("-")[0] for name in rows["campaign"].unique()}
    return rows.assign(
        kind=rows["campaign"].map(kinds),
        opened=(rows["opens"] > 0).fillna(False).astype(bool),
        clicked=rows["clicks"] > 0,
        ordered=rows["order_id"].notna(),
    )


def machines(mails):
    """Clients that open thousands of mails at once and never click: programs, not people."""
    by = mails[mails["opened"]].groupby("client").agg(mails=("opened", "size"), clicks=("clicks", "sum"))
    return list(by.index[(by["mails"] > 1000) & (by["clicks"] == 0)])


def agreed(log, asked):
    """Whether marketing in the channel is agreed to at the moment `at`; a bool for each row of `asked`."""
    asked = asked.reset_index(drop=True).reset_index(names="row")
    both = asked.merge(log[log["purpose"] == "marketing"], on=["customer_id", "channel"])
    both = (
        both[both["recorded_at"] < both["at"]].sort_values("recorded_at").drop_duplicates("row", keep="last")
    )
    return asked["row"].isin(both.loc[both["state"] == "given", "row"])


# T08: opens


def test_machine_opens_begin_in_october_and_never_click(world_tables):
    mails = sends(world_tables).query("channel == 'e-mail' and delivered")
    programs = machines(mails)
    assert len(programs) == 1
    alone = mails["client"].isin(programs)
    assert (mails.loc[alone, "opened_after"] == 0).all() and mails.loc[
        alone, "sent_at"
    ].min() >= pd.Timestamp("2024-10-01")
    after = mails[mails["sent_at"] >= "2024-10-15"]
    share = after["client"].isin(programs).mean()
    assert 0.12 < share < 0.165
    wake = mails[mails["kind"] == "WAKE"]
    parts = [wake[wake["sent_at"] < "2024-10-01"], wake[wake["sent_at"] >= "2024-10-15"]]
    people = [(part["opened"] & ~part["client"].isin(programs)).mean() for part in parts]
    counted = [part["opened"].mean() for part in parts]
    assert (
        abs(people[1] - people[0]) < 0.02 and counted[1] / counted[0] > 1.6
    )  # the tempting rate nearly doubles
    found = world_tables.truth["T08"]["found"]["after"]
    assert (
        found["opened_by_machines_only"] == pytest.approx(share, abs=1e-4) and found["clicked_of_those"] == 0
    )


def test_open_rates_stand_apart(world_tables):
    mails = sends(world_tables).query("channel == 'e-mail' and sent_at >= '2024-10-15'")
    delivered, people = mails["delivered"].sum(), mails["opened"] & ~mails["client"].isin(machines(mails))
    rates = sorted([people.sum() / delivered, people.sum() / len(mails), mails["opened"].sum() / delivered,
                    mails["opens"].sum() / len(mails)])  # fmt: skip
    assert all(high / low > 1.05 for low, high in pairwise(rates))


# T09: cadence


def test_two_mails_a_month_are_worth_more_than_one_and_four(world_tables):
    w = world_tables
    test = w["cadence_test"]
    rows = margins(w).merge(test, on="customer_id")
    days = (rows["ordered_at"].dt.normalize() - rows["enrolled_on"]).dt.days
    value = rows[(days >= 0) & (days < 365)].groupby("customer_id")["margin"].sum()
    worth = test["customer_id"].map(value).fillna(0.0)
    arm = {number: worth[test["mails_a_month"] == number] for number in (1, 2, 4)}
    assert at_odds(arm[2], arm[1]) >= 3 and at_odds(arm[2], arm[4]) >= 3
    for number, values in arm.items():
        found = w.truth["T09"]["found"][f"{number} a month"]
        assert found["margin_of_12_months"] == pytest.approx(values.mean(), rel=0.002) and found[
            "people"
        ] == len(values)
    wake = w["message_sends"].query("cadence > 0")
    totals = (
        wake.groupby("cadence")[["clicks", "unsubscribed", "complained"]]
        .sum()
        .div(test.groupby("mails_a_month").size(), axis=0)
    )
    assert (
        totals.loc[4, "clicks"] > 1.1 * totals.loc[2, "clicks"] > 1.3 * totals.loc[1, "clicks"]
    )  # the tempting measure
    assert totals.loc[4, "unsubscribed"] > 5 * totals.loc[2, "unsubscribed"]


def test_arms_are_alike_and_get_what_they_are_meant_to(world_tables):
    w = world_tables
    test, wake = w["cadence_test"], w["message_sends"].query("cadence > 0")
    assert test["mails_a_month"].value_counts(normalize=True).between(0.33, 0.337).all()
    assert (wake["customer_id"].map(test.set_index("customer_id")["mails_a_month"]) == wake["cadence"]).all()
    month = wake.groupby(["customer_id", wake["sent_at"].dt.to_period("M"), "cadence"]).size()
    assert (month <= month.index.get_level_values("cadence")).all()
    wait = (wake["sent_at"] - wake["customer_id"].map(test.set_index("customer_id")["enrolled_on"])).dt.days
    assert wait.between(0, 364).all()


# Hour, subject, segments, lists, SMS


def test_the_best_hour_is_not_the_usual_one(world_tables):
    news = sends(world_tables).query("kind == 'NEWS' and delivered")
    news = news.assign(hour=news["sent_at"].dt.hour)
    lot = news[news["slice"] == "random"]
    rates = lot.groupby("hour")["clicked"].mean().sort_values()
    assert rates.index[-1] == 13
    assert (
        at_odds(lot.loc[lot["hour"] == 13, "clicked"], lot.loc[lot["hour"] == rates.index[-2], "clicked"])
        > 2.5
    )
    for history in (news, news[news["slice"] == "usual"]):
        assert history.groupby("hour")["clicked"].mean().idxmax() == 20
    assert (news.query("slice == 'usual' and hour == 20")["segment"] == "loyal").all()


def test_the_subject_that_is_opened_is_not_the_one_that_sells(world_tables):
    news = sends(world_tables).query("subject != '' and delivered")
    a, b = (
        news[news["subject"] == name].assign(people=lambda x: x["opened"] & (x["client"] != "Mozilla/5.0"))
        for name in "AB"
    )
    assert at_odds(a["people"], b["people"]) > 5
    assert at_odds(b["clicked"], a["clicked"]) > 5 and at_odds(b["ordered"], a["ordered"]) > 2.5
    per_mail = b["clicked"].mean() / a["clicked"].mean()
    per_open = (b["clicked"].sum() / b["people"].sum()) / (a["clicked"].sum() / a["people"].sum())
    assert per_open / per_mail > 1.15


def test_segments_are_as_of_the_day_of_sending(world_tables):
    w = world_tables
    rows, paid = sends(w), w["orders"].query("status == 'paid'")
    day = pd.Timestamp("2024-06-04")
    wake = rows[rows["campaign"] == "WAKE-2024-06-04"]
    last = paid[paid["ordered_at"] < day].groupby("customer_id")["ordered_at"].max().dt.normalize()
    silent = (day - last).dt.days
    assert (silent[wake["customer_id"]] >= 90).all()
    then = set(silent[silent >= 90].index)
    final = paid.groupby("customer_id")["ordered_at"].max()
    now = set(final[final < pd.Timestamp("2025-12-31") - pd.Timedelta(days=90)].index)
    assert len(then - now) > 0.05 * len(then)  # the snapshot of today loses them


def test_two_lists_overlap(world_tables):
    rows = sends(world_tables).query("kind in ('NEW', 'DORM')")
    both = rows["customer_id"].duplicated(keep=False)
    assert 150 < rows.loc[both, "customer_id"].nunique() < 600
    left = rows["unsubscribed"] | rows["complained"]
    assert left[both].sum() / (both.sum() / 2) > 2.5 * left[~both].mean()


def test_a_film_pays_in_revenue_and_not_in_margin(world_tables):
    w = world_tables
    rows, paid = w["message_sends"].query("channel != 'e-mail'"), margins(w).set_index("order_id")
    for channel, pays in (("SMS", True), ("video SMS", False)):
        part = rows[rows["channel"] == channel]
        mine = paid[paid.index.isin(part["order_id"].dropna())]
        cost, revenue, margin = (
            part["cost"].mean(),
            mine["amount"].sum() / len(part),
            mine["margin"].sum() / len(part),
        )
        assert revenue > 1.05 * cost
        assert margin > 1.05 * cost if pays else margin < 0.95 * cost


# T23: consent


def test_some_contacts_lack_consent_for_the_channel_used(world_tables):
    w = world_tables
    log = w["consent_log"]
    some = w["crm_contacts"].dropna(subset=["customer_id", "marketed_on"])
    asked = pd.DataFrame({"customer_id": some["customer_id"].astype("int64"), "channel": some["channel"],
                          "at": some["marketed_on"] + pd.Timedelta(days=1)})  # fmt: skip
    share = 1 - agreed(log, asked).mean()
    assert 0.105 < share < 0.138
    latest = log.sort_values("recorded_at", kind="stable").drop_duplicates("customer_id", keep="last")
    bundled = 1 - asked["customer_id"].map(latest.set_index("customer_id")["state"]).eq("given").mean()
    assert bundled < 0.5 * share  # one tick for all
    assert w.truth["T23"]["found"]["without_consent_for_the_channel"] == pytest.approx(share, abs=1e-4)
    child = log.query("purpose == 'child data' and state == 'given'")["customer_id"]
    assert 0.38 < 1 - w["customers"]["customer_id"].isin(child).mean() < 0.46


def test_the_planned_lists_hold_people_who_may_not_be_written_to(world_tables):
    w = world_tables
    log, plan = w["consent_log"], w["send_plan"]
    found = {}
    for name, rows in plan.groupby("plan"):
        asked = rows[["customer_id", "channel"]]
        found[name] = [
            int((~agreed(log, asked.assign(at=rows[column]))).sum()) for column in ("listed_at", "send_at")
        ]
    assert found["NEW-YEAR-SMS"] == [0, 37]
    size = (plan["plan"] == "SAMPLE-BOX-MAIL").sum()
    assert 0.08 < found["SAMPLE-BOX-MAIL"][1] / size < 0.18
    rows = plan[plan["plan"] == "SAMPLE-BOX-MAIL"]
    before = log[log["recorded_at"] < rows["listed_at"].iloc[0]].sort_values("recorded_at", kind="stable")
    latest = before.drop_duplicates("customer_id", keep="last").set_index("customer_id")["state"]
    assert rows["customer_id"].map(latest).eq("given").mean() > 0.99  # the list was made like this
    sms = plan.query("plan == 'NEW-YEAR-SMS'")
    late = log[(log["recorded_at"] >= sms["listed_at"].iloc[0]) & (log["state"] == "withdrawn")]
    assert (late["recorded_at"] < "2025-12-31 09:00").sum() > 1.2 * 37  # other people, another channel
    assert late["customer_id"].isin(sms["customer_id"]).sum() > 1.2 * 37  # others too late


def test_who_leaves_a_list_is_in_the_log_and_gets_nothing_more(world_tables):
    w = world_tables
    rows, log = w["message_sends"], w["consent_log"]
    gone = rows[rows["unsubscribed"] | rows["complained"]]
    gone = gone.assign(list=np.where(gone["channel"] == "e-mail", "e-mail", "SMS"))
    withdrawn = log.query("purpose == 'marketing' and state == 'withdrawn'")
    both = gone.merge(withdrawn, left_on=["customer_id", "list"], right_on=["customer_id", "channel"])
    wait = both["recorded_at"] - both["sent_at"]
    soon = both[(wait > pd.Timedelta(0)) & (wait < pd.Timedelta(days=1))]
    assert set(gone["customer_id"]) == set(soon["customer_id"])
    left = gone.groupby(["customer_id", "list"])["sent_at"].min()
    later = rows.assign(list=np.where(rows["channel"] == "e-mail", "e-mail", "SMS")).merge(
        left.rename("left").reset_index(), on=["customer_id", "list"]
    )
    assert (later["sent_at"].dt.normalize() <= later["left"].dt.normalize()).all()


# Contacts


def test_contacts_hide_doubles_and_families(world_tables):
    w = world_tables
    contacts = w["crm_contacts"].merge(w.hidden("crm_contacts"), on="contact_id")
    assert len(contacts) == len(w["crm_contacts"])

    def pairs(keys):
        size = (
            contacts[(contacts[keys] != "").all(axis=1) if keys != ["person"] else slice(None)]
            .groupby(keys)
            .size()
        )
        return (size * (size - 1) // 2).sum()

    wanted = pairs(["person"])
    phone = pairs(["phone_md5", "person"]) / pairs(["phone_md5"]), pairs(["phone_md5", "person"]) / wanted
    mail = pairs(["email_md5", "person"]) / pairs(["email_md5"]), pairs(["email_md5", "person"]) / wanted
    assert wanted > 2000 and phone[0] < 0.8 and 0.5 < phone[1] < 0.8  # one phone is not one customer
    assert mail[0] > 0.99 and mail[1] < 0.5
    matched = contacts.dropna(subset=["customer_id"])
    assert not matched.duplicated("customer_id").any() and not matched.duplicated("person").any()
    assert contacts["customer_id"].isna().mean() > 0.08


def test_a_masked_phone_can_be_found_from_its_hash(world_tables):
    contacts = world_tables["crm_contacts"].query("phone_md5 != ''")
    assert contacts["phone_masked"].str.fullmatch(r"12\d\*{4}\d{4}").all()
    first = contacts.iloc[0]
    tried = [first["phone_masked"].replace("****", f"{number:04d}") for number in range(10_000)]
    hashes = [hashlib.md5(one.encode(), usedforsecurity=False).hexdigest()[:8] for one in tried]
    assert first["phone_md5"] in hashes


# Agreement


def test_clicks_are_visits_and_their_orders_are_orders(world_tables):
    w = world_tables
    rows = sends(w)
    bought = rows[rows["ordered"]].merge(w["orders"], on="order_id", suffixes=("", "_o"))
    assert len(bought) == rows["ordered"].sum() and (bought["customer_id"] == bought["customer_id_o"]).all()
    assert (
        bought["ordered_at"].dt.normalize() == bought["sent_at"].dt.normalize() + pd.Timedelta(days=1)
    ).all()
    assert (bought["channel_o"] == "e-mail/SMS").all() and bought["clicked"].all()
    visits = w["web_sessions"].query("source == 'e-mail/SMS'").dropna(subset=["customer_id"])
    seen = set(zip(visits["customer_id"].astype("int64"), visits["started_at"].dt.normalize(), strict=True))
    clicked = rows[rows["clicked"] & (rows["sent_at"] < "2025-12-31")]
    came = [
        pair in seen
        for pair in zip(
            clicked["customer_id"], clicked["sent_at"].dt.normalize() + pd.Timedelta(days=1), strict=True
        )
    ]
    assert 0.6 < np.mean(came) < 0.9  # the others came without logging in


def test_messages_are_whole(world_tables):
    rows = sends(world_tables)
    mail = rows["channel"] == "e-mail"
    assert (rows["opens"].isna() == ~mail).all() and (
        rows["opened_after"].notna() == (rows["opened"] & mail)
    ).all()
    assert (rows["opened"] == (rows["client"] != "")).all()
    assert (
        rows.loc[rows["clicked"] | rows["opened"], "delivered"].all()
        and rows.loc[rows["clicked"] & mail, "opened"].all()
    )
    assert 0.91 < rows.loc[mail, "delivered"].mean() < 0.96
    assert not (rows["unsubscribed"] & rows["complained"]).any()
    assert rows["sent_at"].max() < pd.Timestamp("2026-01-01")
    born = rows["customer_id"].map(world_tables["customers"].set_index("customer_id")["registered_on"])
    assert (rows["sent_at"] > born).all()


def test_messages_cost_less_than_the_budget_of_their_channel(world_tables):
    rows, budget = (
        world_tables["message_sends"],
        world_tables["budget"].query("channel == 'e-mail/SMS' and item == 'media'"),
    )
    spent = budget.groupby(budget["date"].dt.year)["spent"].sum()
    cost = rows.groupby(rows["sent_at"].dt.year)["cost"].sum()
    assert (cost < 0.5 * spent[cost.index]).all()


def test_a_small_world_has_the_tables_too(small_world):
    w = World(small_world)
    for name in ("message_sends", "cadence_test", "consent_log", "crm_contacts", "send_plan"):
        assert len(w[name]), name
    assert len(w.hidden("crm_contacts")) == len(w["crm_contacts"])
