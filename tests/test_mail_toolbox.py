"""Toolbox of mailings: what arrived is the denominator, later events are not known yet."""

import pandas as pd
import pytest

from mktlib.inputs import BadValue, ColumnMissing
from mktlib.mail import agreed, dormant, mail_rates, one_segment


def ten_mails(**columns):
    """Ten mails, eight delivered; two opened by a person (one of them five times), two by a program, one clicked."""
    return pd.DataFrame(
        {
            "kind": ["a"] * 5 + ["b"] * 5,
            "delivered": [True] * 4 + [False] + [True] * 4 + [False],
            "opens": pd.array([5, 1, 0, 0, 0, 1, 1, 0, 0, 0], dtype="Int64"),
            "client": ["web mail", "robot", "", "", "", "robot", "web mail", "", "", ""],
            "clicks": [3, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            "unsubscribed": [False] * 7 + [True, False, False],
            "complained": [False] * 8 + [True, False],
        }
    ).assign(**columns)


def test_rates_stand_on_what_was_delivered_and_count_each_mail_once():
    rates = mail_rates(ten_mails(), machines=["robot"])
    assert rates.to_dict() == {"delivered": 0.8, "opened": 2 / 8, "clicked": 1 / 8, "left": 2 / 8}


def test_without_naming_the_machines_their_opens_count():
    assert mail_rates(ten_mails())["opened"] == 4 / 8


def test_one_machine_may_be_named_without_a_list():
    assert mail_rates(ten_mails(), machines="robot")["opened"] == 2 / 8


def test_rates_by_group():
    rates = mail_rates(ten_mails(), machines=["robot"], by="kind")
    assert rates.loc["a"].to_dict() == {"delivered": 0.8, "opened": 0.25, "clicked": 0.25, "left": 0.0}
    assert rates.loc["b", "left"] == 0.5


def test_a_text_message_has_no_open_rate():
    texts = ten_mails(opens=pd.array([pd.NA] * 10, dtype="Int64"))
    assert pd.isna(mail_rates(texts)["opened"]) and mail_rates(texts)["clicked"] == 1 / 8


def test_nothing_delivered_is_no_rate():
    rates = mail_rates(ten_mails(delivered=False))
    assert rates["delivered"] == 0 and rates[["opened", "clicked", "left"]].isna().all()
    by = mail_rates(ten_mails(delivered=[True] * 5 + [False] * 5), by="kind")
    assert by.loc["b", "delivered"] == 0 and by.loc["b", ["opened", "clicked", "left"]].isna().all()


def test_a_missing_column_is_named():
    with pytest.raises(ColumnMissing, match="'clicks'"):
        mail_rates(ten_mails().drop(columns="clicks"))


def orders(*rows):
    table = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "status"])
    return table.assign(ordered_at=pd.to_datetime(table["ordered_at"], format="ISO8601"))


def test_dormant_is_said_of_a_day_and_later_orders_are_not_known():
    book = orders(
        (1, "2024-01-10", "paid"),  # silent for long
        (1, "2024-08-01", "paid"),  # comes back later
        (2, "2024-05-20", "paid"),  # ordered recently
        (3, "2024-01-10", "paid"),
        (3, "2024-05-20", "unpaid"),  # which is no order
        (4, "2024-07-01", "paid"),  # unknown then
    )
    assert list(dormant(book, "2024-06-04")) == [1, 3]


def test_the_last_of_the_silent_days_counts():
    book = orders((1, "2024-03-05 23:59", "paid"), (2, "2024-03-06 00:01", "paid"))
    assert list(dormant(book, "2024-06-04", days=90)) == [1]
    assert list(dormant(book, "2024-06-04", days=89)) == [1, 2]


def test_a_day_that_is_none_is_said_so():
    with pytest.raises(BadValue, match="is no day"):
        dormant(orders((1, "2024-01-10", "paid")), "spring")


def test_nobody_stands_in_two_segments_and_nobody_is_lost():
    found = one_segment({"new registrant": [3, 1], "dormant": [1, 2, 2]})
    assert found.to_dict() == {1: "new registrant", 2: "dormant", 3: "new registrant"}
    with pytest.raises(BadValue, match="no rule"):
        one_segment({})


def log(*rows):
    table = pd.DataFrame(rows, columns=["customer_id", "purpose", "channel", "recorded_at", "state"])
    return table.assign(recorded_at=pd.to_datetime(table["recorded_at"], format="ISO8601"))


def asked(*rows):
    table = pd.DataFrame(rows, columns=["customer_id", "channel", "at"], index=range(10, 10 + len(rows)))
    return table.assign(at=pd.to_datetime(table["at"], format="ISO8601"))


BOOK = log(
    (1, "marketing", "SMS", "2025-12-01", "given"),
    (1, "marketing", "SMS", "2025-12-31 08:00", "withdrawn"),
    (2, "marketing", "e-mail", "2025-12-01", "given"),
    (2, "order service", "SMS", "2025-12-01", "given"),
)


def test_consent_is_that_of_the_moment():
    found = agreed(
        BOOK, asked((1, "SMS", "2025-12-30 21:30"), (1, "SMS", "2025-12-31 09:00"), (1, "SMS", "2025-11-01"))
    )
    assert found.to_dict() == {10: True, 11: False, 12: False}


def test_consent_belongs_to_a_channel_and_a_purpose():
    questions = asked((2, "SMS", "2025-12-31"), (2, "e-mail", "2025-12-31"), (3, "SMS", "2025-12-31"))
    assert list(agreed(BOOK, questions)) == [False, True, False]
    assert list(agreed(BOOK, questions, purpose="order service")) == [True, False, False]


def test_what_is_recorded_at_the_moment_itself_is_not_known_yet():
    assert list(agreed(BOOK, asked((1, "SMS", "2025-12-31 08:00")))) == [True]


def test_a_question_without_a_moment_is_refused():
    with pytest.raises(BadValue, match="no moment"):
        agreed(BOOK, asked((1, "SMS", None)))
