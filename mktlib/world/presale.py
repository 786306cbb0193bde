"""Presale of Double 11: a deposit now, the rest in the final days; one in six deposits is never followed by the rest."""

import numpy as np
import pandas as pd

from . import sales
from .streams import pick

YEARS = (2024, 2025)
OPENS, CLOSES = "10-24 20:00:00", "11-08 23:59:59"
FINAL_DAYS = ("11-09", "11-11")
SHARE = 0.62  # of the final days' orders by known customers in own, tmall and jd that began with a deposit
COMPLETED = 0.83
PRICE = 0.92  # presale price over the usual one; coupons come on top
LEAST_PRICE = 45  # usual price of an article that is offered in the presale
RUSH, RUSH_LOST, RUSH_HOURS = (
    0.3,
    0.4,
    1.3,
)  # share of deposits in the opening rush: completed, lost; its mean length
DEAR_LOST = 0.35  # dearer articles are given up more often: power of the price


def table(life):
    """The presale table, one row per deposit."""
    rng, parts = life.streams("presale"), []
    for year in YEARS:
        orders = final_orders(life.tables, year)
        lines = best_lines(life.tables["order_items"], orders)
        kept = lines[(rng.random(len(lines)) < SHARE) & lines["fits"].to_numpy()]
        parts += [completed(rng, kept, year), lost(rng, life.tables, kept, year)]
    found = pd.concat(parts).sort_values(["deposited_at", "customer_id"], ignore_index=True)
    found.insert(0, "presale_id", np.arange(len(found)) + 1 + life.streams.part * 10_000_000)
    found["order_id"] = sales.nullable(found["order_id"].to_numpy().astype(np.int64))
    return found


def final_orders(tables, year):
    """Paid orders of the final days outside the live room, one per customer who was registered before the presale."""
    here = between(tables["orders"], f"{year}-{FINAL_DAYS[0]}T00:00:00", f"{year}-{FINAL_DAYS[1]}T23:59:59")
    here = here[(here["status"] == "paid") & (here["store"] != "live")]
    customers = tables["customers"]
    known = customers.loc[customers["registered_on"] < f"{year}-{OPENS[:5]}", "customer_id"]
    return here[here["customer_id"].isin(known)].drop_duplicates("customer_id")


def between(orders, first, last):
    """Orders from moment `first` to `last`; orders are in order of time."""
    at = orders["ordered_at"].to_numpy()
    return orders.iloc[
        np.searchsorted(at, np.datetime64(first)) : np.searchsorted(at, np.datetime64(last), side="right")
    ]


def best_lines(items, orders):
    """The line of each order with the dearest article; `fits` if the order's discount covers the presale price."""
    number = items["order_id"].to_numpy()
    first, last = (orders["order_id"].min(), orders["order_id"].max()) if len(orders) else (1, 0)
    lines = items.iloc[np.searchsorted(number, first) : np.searchsorted(number, last, side="right")]
    lines = lines[lines["order_id"].isin(orders["order_id"])]
    lines = lines.sort_values(["unit_price", "line"], ascending=[False, True]).drop_duplicates("order_id")
    known = orders.set_index("order_id").loc[lines["order_id"]].reset_index()
    lines = lines.reset_index(drop=True)
    lines[["customer_id", "store", "ordered_at"]] = known[["customer_id", "store", "ordered_at"]]
    cheap = known["amount"] <= known["gross_amount"] * (PRICE - 0.02)
    lines["fits"] = cheap & (lines["unit_price"] >= LEAST_PRICE) & (lines["quantity"] <= 4)
    return lines.sort_values("order_id", ignore_index=True)


def times(rng, size, year, rush):
    """When deposits come: a share in the first hours, the others over the days, more at the end."""
    opens, closes = (np.datetime64(f"{year}-{moment[:5]}T{moment[6:]}", "s") for moment in (OPENS, CLOSES))
    days = int((closes - opens.astype("datetime64[D]")).astype(np.int64) // 86_400) + 1
    weights = np.exp(-np.arange(1, days) / 9.0) + 0.12
    weights[-1] *= 2.2
    later = (pick(rng, weights, size) + 1) * 86_400 + sales.seconds(rng, sales.HOURS, size)
    early = 20 * 3600 + rng.exponential(RUSH_HOURS * 3600, size).astype(np.int64) % (4 * 3600)
    second = np.where(rng.random(size) < rush, early, later)
    return opens.astype("datetime64[D]").astype("datetime64[s]") + second.astype("timedelta64[s]")


def deposits(lines):
    """Price, deposit and balance of each line, CNY."""
    price = np.floor(lines["unit_price"].to_numpy() * PRICE)
    each = np.select([price < 60, price < 150, price < 300], [10, 20, 30], 50)
    quantity = lines["quantity"].to_numpy()
    return {"price": price * quantity, "deposit": each * quantity, "balance": (price - each) * quantity}


def completed(rng, lines, year):
    """Deposits that were followed by the balance: each belongs to an order of the final days."""
    return pd.DataFrame({
        "customer_id": lines["customer_id"].to_numpy(), "store": lines["store"].to_numpy(), "sku": lines["sku"].to_numpy(),
        "quantity": lines["quantity"].to_numpy(), **deposits(lines), "deposited_at": times(rng, len(lines), year, RUSH),
        "balance_paid": True, "order_id": lines["order_id"].to_numpy(),
    })  # fmt: skip


def lost(rng, tables, lines, year):
    """Deposits that were given up, by customers of the last year who ordered nothing in the final days."""
    wanted = round(len(lines) * (1 - COMPLETED) / COMPLETED * np.exp(rng.normal(0, 0.045)))
    before = tables["orders"]
    at, opens = before["ordered_at"], pd.Timestamp(f"{year}-{OPENS}")
    near = before[
        (at < opens.normalize()) & (at >= opens - pd.Timedelta(days=365)) & (before["store"] != "live")
    ]
    last = near.drop_duplicates("customer_id", keep="last")
    final = before[(at >= f"{year}-{FINAL_DAYS[0]}") & (at <= f"{year}-{FINAL_DAYS[1]} 23:59:59")]
    last = last[~last["customer_id"].isin(final["customer_id"])]
    who = last.iloc[np.sort(rng.permutation(len(last))[:wanted])]
    like = (
        pick(rng, lines["unit_price"].to_numpy() ** DEAR_LOST, len(who))
        if len(lines)
        else np.zeros(0, np.int64)
    )
    who, like = who.iloc[: len(like)], lines.iloc[like]
    return pd.DataFrame({
        "customer_id": who["customer_id"].to_numpy(), "store": who["store"].to_numpy(), "sku": like["sku"].to_numpy(),
        "quantity": like["quantity"].to_numpy(), **deposits(like), "deposited_at": times(rng, len(who), year, RUSH_LOST),
        "balance_paid": False, "order_id": -1,
    })  # fmt: skip


def truth(life):
    """M09.6: one deposit in six is given up, so deposits times price are not revenue."""
    found = {}
    made = life.tables["presale"]
    for year, rows in made.groupby(made["deposited_at"].dt.year):
        found[str(year)] = {
            "deposits": len(rows), "completed": rows["balance_paid"].mean(), "price_of_all": rows["price"].sum(),
            "price_of_completed": rows.loc[rows["balance_paid"], "price"].sum(),
            "deposits_kept_from_the_others": rows.loc[~rows["balance_paid"], "deposit"].sum(),
        }  # fmt: skip
    return {
        "what": "83 per cent of the deposits for Double 11 end in an order; dear articles and the first hours less often.",
        "cause": {"completed": COMPLETED, "share_of_final_orders_with_a_deposit": SHARE, "given_up_by_price_power": DEAR_LOST},
        "found": found,
    }  # fmt: skip
