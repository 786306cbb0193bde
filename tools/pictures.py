"""A page of pictures of a world, for its authors: does it look alive?

    python tools/pictures.py --out page.png [--world data]

Weekly sales, weekday and hour, funnel, cohorts, spend, prices, repeat orders, refunds, sources, messages. Look for what a
practitioner would not believe: straight lines, missing holidays, thin tails, days without a zero.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import pandas as pd

from mktlib import world
from mktlib.data import load

COLORS = "petroff10"


def weekly_sales(ax, t):
    paid = t["orders"].query("status == 'paid'")
    week = paid["ordered_at"].dt.to_period("W").dt.start_time
    sales = paid.groupby([week, "store"])["amount"].sum().unstack().iloc[1:-1] / 1000
    sales.plot(ax=ax, lw=1)
    peaks = t["calendar"].query("promo_peak and date < '2026'").drop_duplicates(["promo", "week_start"])
    for day, name in zip(peaks["date"], peaks["promo"], strict=True):
        ax.axvline(day, color="0.9", zorder=0)
        if day.year == 2025:
            ax.text(day, ax.get_ylim()[1], name, rotation=90, fontsize=6, va="top")
    ax.set(title="Paid value by week and store, thousand CNY", xlabel="")


def daily_sales(ax, t):
    paid = t["orders"].query("status == 'paid' and ordered_at >= '2025'")
    paid.groupby(paid["ordered_at"].dt.normalize())["amount"].sum().plot(ax=ax, lw=0.8)
    ax.set(title="Paid value by day 2025, CNY (log)", yscale="log", xlabel="")


def week_and_hour(ax, t):
    at = t["orders"]["ordered_at"].dt
    grid = t["orders"].groupby([at.day_of_week, at.hour]).size().unstack(fill_value=0)
    ax.imshow(grid, aspect="auto", cmap="viridis")
    ax.set(
        title="Orders by weekday and hour",
        yticks=range(7),
        yticklabels=["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    )


def funnel(ax, t):
    ads = t["feed_ads_daily"].query("date >= '2025'")
    visits = t["web_sessions"].query("started_at >= '2025' and source == 'feed ads'")
    paid = t["orders"].query("ordered_at >= '2025' and channel == 'feed ads' and status == 'paid'")
    steps = {
        "impressions": ads["impressions"].sum(), "clicks": ads["clicks"].sum(), "visits": len(visits),
        "two pages": (visits["pageviews"] > 1).sum(), "orders": visits["order_id"].notna().sum(), "paid": len(paid),
    }  # fmt: skip
    ax.barh(list(steps)[::-1], list(steps.values())[::-1])
    for row, number in enumerate(list(steps.values())[::-1]):
        ax.text(number, row, f" {number:,}", va="center", fontsize=7)
    ax.set(title="Feed ads 2025, from impression to paid order", xscale="log")


def cohorts(ax, t):
    paid = t["orders"].query("status == 'paid'")
    first = paid.groupby("customer_id")["ordered_at"].transform("min")
    month = ((paid["ordered_at"] - first).dt.days // 30).rename("month")
    start = first.dt.to_period("Q").rename("quarter")
    active = paid.groupby([start, month])["customer_id"].nunique().unstack()
    share = active.div(active[0], axis=0)
    for quarter, row in share.iloc[::2].iterrows():
        age = (pd.Timestamp("2025-12-31") - quarter.end_time).days // 30
        row.loc[1:age].plot(ax=ax, lw=1, label=str(quarter))
    ax.set(title="Share of a quarter's new customers who order n months later", ylim=(0, None))
    ax.legend(fontsize=6)


def spend(ax, t):
    budget = t["budget"].query("item == 'media'")
    week = budget["date"].dt.to_period("W").dt.start_time
    wide = budget.groupby([week, "channel"])["spent"].sum().unstack().iloc[1:-1] / 1000
    wide.plot(ax=ax, lw=0.9)
    ax.set(title="Media money by week, thousand CNY", xlabel="")
    ax.legend(fontsize=6)


def order_values(ax, t):
    amount = t["orders"]["amount"]
    ax.hist(np.log10(amount[amount > 0]), bins=120)
    ax.set(title="Order value, CNY (log scale)", xticks=[1, 2, 3], xticklabels=["10", "100", "1,000"])


def repeats(ax, t):
    count = t["orders"].query("status == 'paid'").groupby("customer_id").size().value_counts().sort_index()
    ax.plot(count.index, count, "o", ms=3)
    ax.set(title="Customers by number of paid orders (log-log)", xscale="log", yscale="log")


def gaps(ax, t):
    paid = t["orders"].query("status == 'paid'")
    wait = paid.groupby("customer_id")["ordered_at"].diff().dt.days.dropna()
    ax.hist(wait.clip(upper=365), bins=120)
    ax.set(title="Days between orders of a customer")


def refund_delay(ax, t):
    back = t["refunds"].merge(t["orders"][["order_id", "ordered_at", "store"]], on="order_id")
    days = (back["refunded_at"] - back["ordered_at"]).dt.total_seconds() / 86_400
    for live, part in days.groupby(back["store"] == "live"):
        ax.hist(part, bins=60, histtype="step", density=True, label="live" if live else "other")
    ax.set(title="Days from order to refund")
    ax.legend(fontsize=6)


def sources(ax, t):
    visits = t["web_sessions"]
    month = visits["started_at"].dt.to_period("M").dt.start_time
    visits.groupby([month, "source"]).size().unstack().plot.area(ax=ax, lw=0)
    ax.set(title="Visits by month and source", xlabel="")
    ax.legend(fontsize=6, loc="upper left")


def bounce(ax, t):
    visits = t["web_sessions"]
    day = visits["started_at"].dt.normalize()
    (visits["pageviews"] == 1).groupby([day, visits["device"]]).mean().unstack().rolling(3).mean().plot(
        ax=ax, lw=0.8
    )
    ax.set(title="One-page visits by device (T01, T06)", xlabel="")


def keywords(ax, t):
    words = t["sem_keyword_daily"].groupby("keyword")[["clicks", "cost", "revenue"]].sum()
    ax.scatter(words["cost"], (words["revenue"] / words["cost"]).clip(upper=40), s=8)
    ax.set(title="Keywords: cost and ROAS", xscale="log", yscale="symlog")


def creatives(ax, t):
    cells = t["feed_ads_daily"].query("campaign == 'HY-BASE-D'")
    week = cells["date"].dt.to_period("W").dt.start_time
    total = cells.groupby([week, "creative"])[["clicks", "impressions"]].sum()
    (total["clicks"] / total["impressions"]).unstack().plot(ax=ax, lw=0.8)
    ax.set(title="CTR by week of an always-on campaign", xlabel="")
    ax.legend(fontsize=6)


PICTURES = [weekly_sales, daily_sales, week_and_hour, funnel, cohorts, spend, order_values, repeats, gaps, refund_delay,
            sources, bounce, keywords, creatives]  # fmt: skip
TABLES = ["orders", "calendar", "feed_ads_daily", "web_sessions", "budget", "refunds", "sem_keyword_daily"]


def page(path):
    """Draw all pictures of the active world into one image."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    plt.style.use(COLORS)
    tables = {name: load(name) for name in TABLES}
    rows = (len(PICTURES) + 2) // 3
    figure, axes = plt.subplots(rows, 3, figsize=(20, 4 * rows), layout="constrained")
    for ax, picture in zip(axes.flat, PICTURES, strict=False):
        picture(ax, tables)
    for ax in axes.flat[len(PICTURES) :]:
        ax.remove()
    figure.savefig(path, dpi=70)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", required=True, help="image file to write, for instance page.png")
    parser.add_argument("--world", help="folder of a world (default: the course's own)")
    options = parser.parse_args()
    if options.world:
        world.use(options.world)
    page(options.out)


if __name__ == "__main__":
    main()
