"""Truths of the core: what the promotion, the budget, the rival, the calendar and growing up do to sales."""

import numpy as np
import pandas as pd
import pytest


def paid(world):
    orders = world["orders"].query("status == 'paid'").copy()
    return orders.assign(date=orders["ordered_at"].dt.normalize())


def daily(world):
    """Paid value by day over the three years."""
    days = pd.date_range("2023-01-01", "2025-12-31")
    return paid(world).groupby("date")["amount"].sum().reindex(days, fill_value=0)


def between(days, *spans):
    return np.any([(days >= first) & (days <= last) for first, last in spans], axis=0)


def ordinary_sales(sales, *clean):
    """Sales by day as trend and weekday of the clean spans foretell them (log-linear, corrected for the log)."""
    days = sales.index
    weekday = (days.day_of_week.to_numpy()[:, None] == np.arange(1, 7)).astype(float)
    design = np.column_stack([np.ones(len(days)), np.arange(len(days)), weekday])
    here = between(days, *clean)
    slope, *_ = np.linalg.lstsq(design[here], np.log(sales[here]), rcond=None)
    rest = np.log(sales[here]) - design[here] @ slope
    return pd.Series(np.exp(design @ slope + rest.var() / 2), index=days)


def test_t16_double_11_sells_much_that_would_have_been_sold_anyway(world_tables):
    truth = world_tables.truth["T16"]["found"]
    sales = daily(world_tables)["2024-08-20":"2025-02-10"]
    usual = ordinary_sales(
        sales, ("2024-08-20", "2024-09-30"), ("2024-10-08", "2024-10-16"), ("2024-12-20", "2025-01-05")
    )
    promo = between(sales.index, ("2024-10-24", "2024-11-11"))
    around = between(sales.index, ("2024-10-17", "2024-12-06"))
    gross = (sales - usual)[promo].sum() / usual[promo].sum()
    net = (sales - usual)[around].sum() / usual[promo].sum()
    right = truth["net_lift_of_the_promotion"], truth["gross_lift_of_the_promotion"]
    assert abs(net - right[0]) < 0.25 and abs(net - right[0]) < 0.9 * abs(net - right[1])
    assert abs(gross - right[1]) < 0.17
    assert gross > truth["net_lift_of_the_promotion"] + 0.2  # the tempting number
    assert truth["gross_lift_on_peak_days"] > 2 and 0.05 < truth["net_lift_of_the_promotion"] < 0.45
    last_week = sales["2024-11-09":"2024-11-11"].sum() / sales["2024-11-02":"2024-11-04"].sum() - 1
    assert last_week > 5 * truth["net_lift_of_the_promotion"]


def test_t16_after_the_peak_the_cupboards_are_full(world_tables):
    sales = daily(world_tables)
    assert sales["2024-11-13":"2024-11-26"].mean() < 0.88 * sales["2024-10-08":"2024-10-20"].mean()


def test_t17_douyin_is_planned_at_forty_per_cent_and_billed_at_more(world_tables):
    quarter = world_tables["budget"].query("item == 'media' and '2025-07-01' <= date <= '2025-09-30'")
    douyin = quarter[quarter["platform"] == "Douyin"]
    planned = douyin["planned"].sum() / quarter["planned"].sum()
    billed = douyin["spent"].sum() / quarter["spent"].sum()
    truth = world_tables.truth["T17"]["found"]
    assert abs(planned - 0.40) < 0.02 and 0.435 < billed < 0.51
    assert (planned, billed) == pytest.approx((truth["planned_share"], truth["billed_share"]), rel=1e-4)
    week = quarter["date"].dt.to_period("W")
    weekly = douyin.groupby(week)["spent"].sum() / quarter.groupby(week)["spent"].sum()
    assert abs(weekly.mean() / billed - 1) > 0.05  # the mean of thirteen weekly shares is another number


def weekly_frame(world):
    """Full weeks: new-customer revenue, media money and what drives demand apart from it."""
    days = pd.date_range("2023-01-02", "2025-12-28")
    orders = paid(world)
    first = orders[~orders["customer_id"].duplicated()]
    calendar = world["calendar"].set_index("date").reindex(days)
    growth = pd.Series(np.exp(0.25 * np.arange(len(days)) / 365), index=days)
    far = calendar["cny_offset"].clip(-12, 20)
    rest = np.interp(far, [-12, -4, 0, 6, 10, 20], [1, 0.6, 0.3, 0.7, 0.9, 1])
    media = world["budget"].query("item == 'media'")
    name = np.where(
        media["channel"] == "feed ads", "feed " + media["platform"].astype(object), media["channel"]
    )
    spent = media.pivot_table(
        index="date", columns=pd.Series(name, media.index), values="spent", aggfunc="sum"
    )
    spent = spent.reindex(days).fillna(0)
    ads = world["feed_ads_daily"]
    spent["one-off"] = (
        ads[ads["campaign"] == "HY-AUT-N"].groupby("date")["cost"].sum().reindex(days).fillna(0)
    )
    frame = pd.DataFrame(
        {"new": first.groupby("date")["amount"].sum().reindex(days).fillna(0), **spent}, index=days
    )
    frame["base"] = growth * rest
    frame["checkout"] = growth * (days >= "2025-09-01")
    frame["sin"], frame["cos"] = (
        frame["base"] * f(2 * np.pi * days.day_of_year / 365.25) for f in (np.sin, np.cos)
    )
    for promo in sorted(set(calendar["promo"]) - {""}):
        here = (calendar["promo"] == promo).to_numpy()
        frame[f"{promo} peak"] = growth * (here & calendar["promo_peak"].to_numpy())
        frame[f"{promo} days"] = growth * (here & ~calendar["promo_peak"].to_numpy())
    return frame.resample("W").sum()


def regression(design, target):
    """Weighted least squares (variance grows with the level): coefficients and standard errors by column."""
    weight = 1 / np.sqrt(target.clip(lower=1))
    a, y = design.to_numpy() * weight.to_numpy()[:, None], (target * weight).to_numpy()
    slope, *_ = np.linalg.lstsq(a, y, rcond=None)
    noise = np.sum((y - a @ slope) ** 2) / (len(y) - a.shape[1])
    error = np.sqrt(np.diag(np.linalg.inv(a.T @ a)) * noise)
    return pd.Series(slope, design.columns), pd.Series(error, design.columns)


def test_t19_douyin_and_live_move_together_and_only_a_calibrated_model_separates_them(world_tables):
    frame, truth = weekly_frame(world_tables), world_tables.truth["T19"]["found"]
    assert 0.82 < np.corrcoef(frame["feed Douyin"], frame["live"])[0, 1] < 0.96
    returns = {name: one["at_once"] for name, one in truth["return_on_spend"].items()}
    assert 0.8 < returns["feed ads Douyin"] < 1.6 and 1.1 < returns["live"] < 1.8
    media = ["feed Douyin", "live", "Xiaohongshu", "SEM", "feed Kuaishou", "feed Weibo", "feed Xiaohongshu"]
    raw, _ = regression(frame[media].assign(one=1.0), frame["new"])
    assert raw["feed Douyin"] > 2 * returns["feed ads Douyin"]  # the tempting model
    control = frame.drop(columns=["new", *media, "affiliate", "e-mail/SMS", "private domain", "one-off"])
    design = control.assign(sem=frame["SEM"], notes=frame["Xiaohongshu"] ** 0.7, rush=frame["one-off"])
    design = design.assign(live=frame["live"] ** 0.75)
    always_on = frame["feed Douyin"] - frame["one-off"]
    calibrated = 0.8 * always_on  # what the holdout of feed ads says, give or take
    slope, error = regression(design, frame["new"] - calibrated)
    share = (frame["live"] ** 0.75).sum() / frame["live"].sum()
    found, noise = slope["live"] * share, error["live"] * share
    assert abs(found - returns["live"]) < 2.6 * noise and noise < 1.4


def test_t21_clicks_are_a_sixth_dearer_since_the_rival_came(world_tables):
    cells = world_tables["sem_keyword_daily"]
    cells = cells[cells["campaign"].isin(["category", "competitor"])]
    before = cells[
        cells["date"].between("2024-12-15", "2025-01-05") | cells["date"].between("2025-02-01", "2025-02-09")
    ]
    after = cells[cells["date"].between("2025-02-10", "2025-02-24")]
    price = [
        part.groupby("keyword")["cost"].sum() / part.groupby("keyword")["clicks"].sum()
        for part in (before, after)
    ]
    weight = after.groupby("keyword")["clicks"].sum()
    rise = np.average((price[1] / price[0]).reindex(weight.index).fillna(1.18), weights=weight) - 1
    assert 0.12 < rise < 0.25
    brand = world_tables["sem_keyword_daily"].query("campaign == 'brand'")
    others = [
        part["cost"].sum() / part["clicks"].sum()
        for part in (brand[brand["date"].between("2024-12-15", "2025-01-05")], brand[brand["date"].between("2025-02-10", "2025-02-24")])
    ]  # fmt: skip
    assert abs(others[1] / others[0] - 1) < 0.08  # nobody else bids on the brand


def test_t26_new_years_day_moves_and_the_month_misleads(world_tables):
    truth, sales = world_tables.truth["T26"]["found"]["2025"], daily(world_tables)
    january = sales["2025-01"].sum() / sales["2024-01"].sum() - 1
    february = sales["2025-02"].sum() / sales["2024-02"].sum() - 1
    new_year = {2024: pd.Timestamp("2024-02-10"), 2025: pd.Timestamp("2025-01-29")}
    same = [
        sales[day - pd.Timedelta(days=21) : day + pd.Timedelta(days=28)].sum() for day in new_year.values()
    ]
    aligned = same[1] / same[0] - 1
    assert aligned == pytest.approx(truth["same_days_around_new_year"], abs=0.02)
    assert february - january > 0.25  # two months, two stories
    year = sales["2025-03":"2025-05"].sum() / sales["2024-03":"2024-05"].sum() - 1
    assert abs(aligned - year) < min(abs(january - year), abs(february - year)) + 0.1


def test_t27_the_older_the_child_the_rarer_the_next_order(world_tables):
    orders, people = paid(world_tables), world_tables["customers"].set_index("customer_id")
    born = pd.to_datetime(orders["customer_id"].map(people["child_birth_month"]))
    age = (orders["date"].dt.year - born.dt.year) * 12 + orders["date"].dt.month - born.dt.month
    following = orders.groupby("customer_id")["ordered_at"].shift(-1)
    again = ((following - orders["ordered_at"]).dt.days <= 120)[orders["date"] < "2025-09-01"]
    rate = again.groupby(pd.cut(age, [-12, 12, 24, 36, 48, 96], right=False), observed=True).agg(
        ["mean", "size"]
    )
    young, old = rate["mean"].iloc[1], rate["mean"].iloc[3]
    assert young - old > 0.06 and rate["mean"].iloc[4] < old
    assert abs(again.mean() - old) > 0.05  # one rate for all ages is wrong for the old
    noise = np.sqrt(young * (1 - young) / rate["size"].iloc[1] + old * (1 - old) / rate["size"].iloc[3])
    assert young - old > 4 * noise


def test_every_cause_is_a_channel_and_labels_agree_with_orders(world_tables):
    labels, orders = world_tables.hidden("orders"), world_tables["orders"].set_index("order_id")
    assert set(labels["order_id"]) == set(orders.index)
    caused = labels[labels["cause"] != ""].set_index("order_id")
    channel = orders.loc[caused.index, "channel"]
    same = (channel == caused["cause"]).mean()
    assert same > 0.75  # the rest was closed by a coupon link, or came through the brand's keyword
    weeks = world_tables.hidden("channel_weeks")
    is_paid = orders.loc[caused.index, "status"] == "paid"
    assert weeks["amount"].sum() == pytest.approx(orders.loc[caused.index, "amount"][is_paid].sum(), abs=1)


def test_last_clicks_claim_far_more_than_ads_cause(world_tables):
    labels = world_tables.hidden("orders").set_index("order_id")["cause"]
    orders = world_tables["orders"].set_index("order_id")
    for channel, most in (("SEM", 0.5), ("feed ads", 0.75), ("affiliate", 0.3)):
        mine = orders[orders["channel"] == channel].index
        assert (labels[mine] == channel).mean() < most
