"""The first quarter of 2026: lived by the same world, told to nobody until a plan is scored against it.

The file future.sealed is packed so that no editor or grep shows it by accident. It is no secret from somebody who reads
this module; a trainer opens it with `python -m mktlib future`.
"""

import hashlib
import io
import zlib

import numpy as np
import pandas as pd

MARK = b"Heyu, first quarter of 2026. Opened when a plan is scored.\n"


def by_day(tables, last):
    """What happened from `last` on, one row per day: visits, orders, paid value, new customers, media money by channel."""
    orders = tables["orders"].query("ordered_at >= @last")
    first = tables["orders"].query("status == 'paid'").drop_duplicates("customer_id")
    first = first[first["ordered_at"] >= last]
    visits = tables["web_sessions"]
    visits = visits[visits["started_at"] >= last]
    paid = orders[orders["status"] == "paid"]
    days = pd.DataFrame({
        "visits": visits.groupby(visits["started_at"].dt.normalize()).size(),
        "orders": orders.groupby(orders["ordered_at"].dt.normalize()).size(),
        "gmv": orders.groupby(orders["ordered_at"].dt.normalize())["amount"].sum(),
        "paid_amount": paid.groupby(paid["ordered_at"].dt.normalize())["amount"].sum(),
        "new_customers": first.groupby(first["ordered_at"].dt.normalize()).size(),
    })  # fmt: skip
    budget = tables["budget"].query("date >= @last and item == 'media'")
    media = budget.pivot_table(index="date", columns="channel", values="spent", aggfunc="sum")
    days = days.join(media.add_prefix("media "))
    return np.round(days.fillna(0), 2).rename_axis("date").reset_index()


def total(paths):
    """Sum of the parts' days as CSV text."""
    days = pd.concat([pd.read_csv(path) for path in paths]).groupby("date", sort=True).sum().round(2)
    return days.reset_index().to_csv(index=False, lineterminator="\n")


def seal(text):
    """CSV text to the bytes of future.sealed."""
    return MARK + _mask(zlib.compress(text.encode("utf-8"), 9))


def unseal(content):
    """Bytes of future.sealed to a DataFrame, one row per day. Raises ValueError if they are damaged."""
    if not content.startswith(MARK):
        raise ValueError("it does not begin as a sealed file does")
    try:
        text = zlib.decompress(_mask(content[len(MARK) :])).decode("utf-8")
    except (zlib.error, UnicodeDecodeError) as problem:
        raise ValueError(str(problem)) from None
    return pd.read_csv(io.StringIO(text), parse_dates=["date"])


def _mask(content):
    """Bytes combined with a stream that the mark grows into; twice gives them back."""
    blocks = (
        hashlib.sha256(MARK + number.to_bytes(8, "big")).digest() for number in range(len(content) // 32 + 1)
    )
    stream = np.frombuffer(b"".join(blocks), dtype=np.uint8)[: len(content)]
    return (np.frombuffer(content, dtype=np.uint8) ^ stream).tobytes()
