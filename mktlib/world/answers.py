"""truth.json: the causes that were set, and what they amount to in this world.

Every entry says what was put in (`cause`) and what a right count of the finished tables gives (`found`); where the
data end too early to tell, it says what will be (`final`).
"""

import numpy as np
import pandas as pd

from . import clock, demand, feed, people, plan, sales, search, spend


def truth(life, others, seed, scale, parts=1):
    """Everything that a lesson may score an estimate against, as a dict that JSON can hold; `others` are the
    entries of the other modules.
    """
    tables = life.tables
    return plain({
        "seed": seed,
        "scale": scale,
        "parts": parts,
        "about": "Opened only at the end of a lesson. Rates are fractions, money is CNY. In a world of several parts "
                 "the amounts are those of the first.",
        "causes": causes(),
        "T02": promo_days(tables),
        "T03": refunds(tables),
        "T04": script_fault(tables),
        "checkout": checkout(tables),
        "star_campaign": star(tables),
        "acquisition": acquisition(tables),
        "margin": margin(tables),
        **others,
    })  # fmt: skip


def plain(value):
    """Numbers of numpy as numbers of Python, floats with six digits."""
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(one) for one in value]
    if isinstance(value, (float, np.floating)):
        return None if np.isnan(value) else float(f"{value:.6g}")
    return value.item() if isinstance(value, np.generic) else value


def named(values, names=people.CHANNELS):
    """A dict from names to values."""
    return dict(zip(names, values, strict=True))


def causes():
    """Every causal parameter, with the module that uses it."""
    return {
        "growth_a_year": clock.GROWTH_A_YEAR,
        "weekday_factor": clock.WEEKDAY,
        "chance_to_go_on_after_an_order": named(people.LOYALTY),
        "share_of_lost_customers_who_return": people.RETURN,
        "days_between_orders": {"median": people.CYCLE_DAYS, "log_sd": people.CYCLE_SPREAD},
        "device_factor_prospects": named(demand.DEVICE_BUY, people.DEVICES),
        "device_factor_customers": named(demand.DEVICE_NEED, people.DEVICES),
        "chance_that_a_visit_with_a_need_buys": demand.NEED_BUY,
        "free_visits_a_day_and_chance_to_buy": {people.CHANNELS[c]: v for c, v in demand.VISITS.items()},
        "newcomers_elsewhere_a_day": [[people.CHANNELS[c], people.STORES[s], n] for c, s, n in demand.NEWCOMERS],
        "clicks": {"lost_before_the_page_loads": demand.CLICK_LOST, "second_click_in_one_visit": demand.CLICK_AGAIN},
        "unpaid_by_store": named(demand.UNPAID, people.STORES),
        "checkout": {"from": demand.CHECKOUT_DAY, "factor_on_conversion": demand.CHECKOUT_LIFT},
        "broad_phone_campaign": {"campaign": feed.BROAD_PHONES, "from": "2025-09-01", "to": "2025-09-30"},
        "xiaohongshu_response": {"visits_a_day": [demand.NOTES_RESPONSE, demand.NOTES_POWER],
                                 "tmall_newcomers_a_day": [demand.NOTES_TMALL, demand.NOTES_POWER]},
        "feed_ctr_by_audience": named(feed.AUDIENCE_CTR, feed.AUDIENCES),
        "feed_ctr_and_purchase_factor_by_creative": feed.CREATIVE,
        "feed_price_ctr_purchase_by_platform": feed.PLATFORM,
        "search_purchase_chance_by_keyword": {
            row[1]: row[5] for group in search.GROUPS.values() for row in group
        },
        "refund_share_of_paid_value": sales.REFUND_SHARE,
        "refund_days": sales.REFUND_DAYS,
        "basket": {"log_size_per_loyalty": sales.BASKET_OF_LOYAL, "factor_of_first_order": sales.BASKET_OF_FIRST},
        "commission": spend.COMMISSION,
        "new_customer_coupon": sales.COUPON,
        "plan_a_day": plan.A_DAY,
    }  # fmt: skip


def june_star(tables):
    """HY-618-A in June 2025, by cell and day."""
    cells = tables["feed_ads_daily"]
    return cells[
        (cells["campaign"] == feed.STAR) & (cells["date"] >= "2025-06-01") & (cells["date"] <= "2025-06-30")
    ]


def promo_days(tables):
    """T02: three promotion days hold most impressions, at a lower CTR, because the campaign opens to everybody."""
    cells = june_star(tables)
    days = cells.groupby("date")[["impressions", "clicks"]].sum()
    peak = days.index.isin(pd.to_datetime(["2025-06-16", "2025-06-17", "2025-06-18"]))
    rate = days["clicks"] / days["impressions"]
    log = tables["feed_exposures"]
    week = log[log["date"] >= "2025-06-16"]
    return {
        "cause": {"impressions_a_day_ordinary": named(feed.STAR_ORDINARY, feed.AUDIENCES),
                  "impressions_a_day_peak": named(feed.STAR_PEAK, feed.AUDIENCES),
                  "ctr_of_the_first_contact": named(feed.STAR_CTR, feed.AUDIENCES)},
        "found": {
            "ctr_of_the_month": days["clicks"].sum() / days["impressions"].sum(),
            "mean_of_daily_ctr": rate.mean(),
            "mean_of_cell_ctr": (cells["clicks"] / cells["impressions"]).mean(),
            "share_of_impressions_on_peak_days": days["impressions"][peak].sum() / days["impressions"].sum(),
            "ctr_on_peak_days": days["clicks"][peak].sum() / days["impressions"][peak].sum(),
            "ctr_on_other_days": days["clicks"][~peak].sum() / days["impressions"][~peak].sum(),
            "reach_of_the_week_16_22_june": week["device_id"].nunique(),
            "sum_of_daily_reach_16_22_june": len(week),
        },
    }  # fmt: skip


def refunds(tables):
    """T03: refunds arrive up to 15 days after the order; young weeks look better than they will be."""
    orders = tables["orders"].query("status == 'paid'")
    every = tables["all_refunds"].groupby("order_id")["amount"].sum()
    known = tables["refunds"].groupby("order_id")["amount"].sum()
    data = orders.assign(
        kind=np.where(orders["store"] == "live", "live", "other"),
        final=orders["order_id"].map(every).fillna(0.0),
        recorded=orders["order_id"].map(known).fillna(0.0),
        week=orders["ordered_at"].dt.to_period("W-SUN").dt.start_time.dt.strftime("%Y-%m-%d"),
    )
    total = data.groupby("kind")[["amount", "final", "recorded"]].sum()
    late = (
        data[data["ordered_at"] >= "2025-12-01"]
        .groupby(["week", "kind"])[["amount", "final", "recorded"]]
        .sum()
    )
    weeks = {}
    for (week, kind), row in late.iterrows():
        weeks.setdefault(week, {})[kind] = {
            "recorded": row["recorded"] / row["amount"],
            "final": row["final"] / row["amount"],
        }
    return {
        "cause": {"final_share": sales.REFUND_SHARE, "days": sales.REFUND_DAYS},
        "found": {kind: row["final"] / row["amount"] for kind, row in total.iterrows()},
        "final": {"refund_share_by_week_of_order": weeks},
    }


def script_fault(tables):
    """T04: a script bid without a decimal point on one day; Double 11 costs more, but was planned."""
    budget = tables["budget"].query("channel == 'SEM' and item == 'media'").set_index("date")
    day = pd.Timestamp(search.FAULT_DAY)
    year = budget.loc["2024-01-01":"2024-12-31"]
    limit = year["spent"].mean() + 2 * year["spent"].std()
    ratio = (budget["spent"] / budget["planned"]).drop(day)
    return {
        "cause": {"day": search.FAULT_DAY, "factor_on_plan": search.FAULT_FACTOR},
        "found": {
            "planned": budget.loc[day, "planned"], "spent": budget.loc[day, "spent"],
            "spent_over_planned": budget.loc[day, "spent"] / budget.loc[day, "planned"],
            "largest_spent_over_planned_on_other_days": ratio.max(),
            "mean_plus_two_sd_of_2024": limit,
            "days_above_it": year.index[year["spent"] > limit].strftime("%Y-%m-%d").tolist(),
        },
    }  # fmt: skip


def checkout(tables):
    """J01: the checkout got better on 1 September 2025, and every device converts better; the total converts less."""
    visits = tables["web_sessions"]
    visits = visits[(visits["started_at"] >= "2025-08-01") & (visits["started_at"] < "2025-10-01")]
    bought, month = visits["order_id"].notna(), visits["started_at"].dt.strftime("%Y-%m")
    by_device = bought.groupby([visits["device"], month]).mean().unstack()
    total = bought.groupby(month).mean()
    share = visits.groupby([month, "device"]).size() / visits.groupby(month).size()
    return {
        "cause": {"from": demand.CHECKOUT_DAY, "factor_on_conversion": demand.CHECKOUT_LIFT},
        "found": {
            "cvr": {**{name: row.to_dict() for name, row in by_device.iterrows()}, "all": total.to_dict()},
            "change": {**(by_device["2025-09"] / by_device["2025-08"] - 1).to_dict(),
                       "all": total["2025-09"] / total["2025-08"] - 1},
            "share_of_visits": {f"{m} {d}": value for (m, d), value in share.items()},
        },
    }  # fmt: skip


def star(tables):
    """J01: orders, visits, clicks and buyers of HY-618-A in June 2025: three different conversion rates."""
    cells, orders, visits = june_star(tables), tables["orders"], tables["web_sessions"]
    orders = orders[(orders["campaign"] == feed.STAR) & (orders["ordered_at"].dt.month == 6)]
    visits = visits[(visits["campaign"] == feed.STAR) & (visits["started_at"].dt.month == 6)]
    clicks = cells["clicks"].sum()
    return {"found": {
        "clicks": clicks, "visits": len(visits), "orders": len(orders), "buyers": orders["customer_id"].nunique(),
        "orders_per_click": len(orders) / clicks, "orders_per_visit": len(orders) / len(visits),
        "buyers_per_visit": orders["customer_id"].nunique() / len(visits),
    }}  # fmt: skip


def first_orders(tables):
    """First paid order of every customer."""
    return tables["orders"].query("status == 'paid'").drop_duplicates("customer_id")


def contribution_share(tables):
    """Contribution margin of paid orders: (amount - cost of goods - shipping) / amount."""
    orders = tables["orders"].query("status == 'paid'")
    goods = tables["order_items"].groupby("order_id")["cost"].sum()
    return 1 - (orders["order_id"].map(goods).sum() + orders["shipping_cost"].sum()) / orders["amount"].sum()


def margin(tables):
    """J02: contribution margin of the product mix, before media."""
    return {"found": {"contribution_margin_of_paid_orders": contribution_share(tables)}}


def margin_of_a_year(tables):
    """Contribution of a customer's first 365 days by channel of the first paid order, people of 2024; CNY each."""
    first = first_orders(tables)
    people = first[first["ordered_at"].dt.year == 2024].set_index("customer_id")
    orders = tables["orders"].query("status == 'paid'")
    orders = orders[orders["customer_id"].isin(people.index)]
    start = orders["customer_id"].map(people["ordered_at"])
    orders = orders[orders["ordered_at"] < start + pd.Timedelta(days=365)]
    back = orders["order_id"].map(tables["all_refunds"].groupby("order_id")["amount"].sum()).fillna(0)
    kept = (orders["amount"] - back) * contribution_share(tables)
    channel = orders["customer_id"].map(people["channel"])
    size = people.groupby("channel").size()
    return (kept.groupby(channel).sum() / size).to_dict(), (orders.groupby(channel).size() / size).to_dict()


def acquisition(tables):
    """J02: cost of a new customer, counted rightly and in the two tempting ways; per channel; what a customer returns."""
    budget, orders, first = tables["budget"], tables["orders"], first_orders(tables)
    found = {}
    for name, start, end in (("2025-Q2", "2025-04-01", "2025-07-01"), ("2025", "2025-01-01", "2026-01-01")):
        cost = budget[(budget["date"] >= start) & (budget["date"] < end)]
        new = first[(first["ordered_at"] >= start) & (first["ordered_at"] < end)]
        many = orders[(orders["ordered_at"] >= start) & (orders["ordered_at"] < end)]
        by = cost.groupby("channel")["spent"].sum() / new.groupby("channel").size()
        found[name] = {
            "cac": cost["spent"].sum() / len(new),
            "all_cost_per_order": cost["spent"].sum() / len(many),
            "media_only_per_new_customer": cost.loc[cost["item"] == "media", "spent"].sum() / len(new),
            "cac_by_channel": by.dropna().to_dict(),
        }
    year, often = margin_of_a_year(tables)
    return {
        "found": found,
        "xiaohongshu": {
            "marginal_cac_2025": marginal_notes(tables, first),
            "why": "Its customers cost more than the average and order again more often; the margin of their first "
                   "year exceeds what the next one costs, so the channel should be kept.",
        },
        "margin_of_first_365_days_by_channel": year,
        "orders_in_first_365_days_by_channel": often,
    }  # fmt: skip


def marginal_notes(tables, first):
    """Cost of the next new Xiaohongshu customer in 2025, CNY: slope of the response that was put in, plus coupon.

    new = base + k x spend^0.7 a day, so d new / d spend = 0.7 x (new - base) / spend. The part that is base is known
    from the causes: its visits over all expected visits.
    """
    budget = tables["budget"].query("channel == 'Xiaohongshu' and item == 'media' and date >= '2025-01-01'")
    new = first[(first["channel"] == "Xiaohongshu") & (first["ordered_at"] >= "2025-01-01")]
    base = demand.VISITS[demand.NOTES][0]
    paid = demand.NOTES_RESPONSE * budget["spent"].mean() ** demand.NOTES_POWER
    share = paid / (paid + base)
    return budget["spent"].sum() / (demand.NOTES_POWER * len(new) * share) + sales.COUPON["Xiaohongshu"]
