"""Live rooms and big promotions: people in a room, money that stays, what a promotion adds. Earned in M09.

A minute log counts who is there, not who came. A show's GMV is not its money. A promotion is held against what its days would
have sold, and the days before and after it count in. A plan is as long as its longest chain of tasks.
"""

import graphlib

import numpy as np
import pandas as pd

from mktlib.errors import did_you_mean
from mktlib.inputs import BadValue, check_columns
from mktlib.plots import BLUE, ORANGE, one_sentence, picture, style

BASES = {"views": "entries into the room", "viewers": "different people in the show"}

# ---------------------------------------------------------------- the minute log


def audience(minutes):
    """Who was in each show, from its minute log.

    minutes   one row per show and minute: show_id, minute, online (people at the minute's end), entries, new_viewers
    Returns a DataFrame by show_id: viewers (people, sum of new_viewers), views (sum of entries), peak_online, mean_online and
    seconds_per_view = 60 x sum of online / views (NaN without views). Viewers count once in a show; over shows they do not add up.
    Raises ColumnMissing; BadValue for a minute that stands twice.
    """
    check_columns(minutes, ["show_id", "minute", "online", "entries", "new_viewers"])
    if minutes.duplicated(["show_id", "minute"]).any():
        show, minute = minutes.loc[minutes.duplicated(["show_id", "minute"]), ["show_id", "minute"]].iloc[0]
        raise BadValue(
            f"show {show}, minute {minute} stands there twice: drop_duplicates() before you count."
        )
    by = minutes.groupby("show_id")
    table = by[["new_viewers", "entries"]].sum().set_axis(["viewers", "views"], axis="columns")
    table["peak_online"], table["mean_online"] = by["online"].max(), by["online"].mean()
    table["seconds_per_view"] = 60 * by["online"].sum() / table["views"].where(table["views"] > 0)
    return table


def gpm(shows, per, money="gmv"):
    """Money per thousand of a base that has to be named: 1000 x sum of money / sum of base.

    shows   one row per show: the column `money` (CNY) and the base
    per     "views" (the platforms' 千次观看成交金额) or "viewers"; there is no default, because the two are never comparable
    Returns CNY, NaN where nobody came. Raises ColumnMissing; BadValue for another base.
    """
    if per not in BASES:
        named = ", ".join(f"{name!r} ({words})" for name, words in BASES.items())
        raise BadValue(f"per thousand of what? There is no base {per!r}; name one of {named}.")
    check_columns(shows, [money, per])
    below = shows[per].sum()
    return float(1000 * shows[money].sum() / below) if below else float("nan")


def uv_value(shows, money="gmv"):
    """Money per viewer (UV 价值): sum of money / sum of viewers, each counted once a show. CNY; raises as gpm does."""
    return gpm(shows, "viewers", money) / 1000


# ---------------------------------------------------------------- the money that stays


def orders_in_shows(shows, orders):
    """Orders of the live store that were placed while a show ran, with its show_id.

    shows    one row per show: show_id, started_at, minutes; shows do not overlap
    orders   one row per order: store, ordered_at
    Returns these rows of orders with the column show_id; orders of replays and the shop window are left out. Raises ColumnMissing.
    """
    check_columns(shows, ["show_id", "started_at", "minutes"])
    check_columns(orders, ["store", "ordered_at"])
    live = orders[orders["store"] == "live"].sort_values("ordered_at")
    left = shows.sort_values("started_at")[["show_id", "started_at", "minutes"]]
    found = pd.merge_asof(live, left, left_on="ordered_at", right_on="started_at")
    ends = found["started_at"] + pd.to_timedelta(found["minutes"], unit="min")
    found = found[found["ordered_at"] < ends].astype({"show_id": "int64"})
    return found.drop(columns=["started_at", "minutes"]).reset_index(drop=True)


def net_sales(orders, refunds):
    """From GMV to the money that stays.

    orders    one row per order: order_id, status, amount
    refunds   one row per refund: order_id, amount; wait until they are mature (15 days in the course's world)
    Returns a Series, CNY: gmv, unpaid, refunded, net, where net = gmv - unpaid - refunded. Raises ColumnMissing.
    """
    check_columns(orders, ["order_id", "status", "amount"])
    check_columns(refunds, ["order_id", "amount"])
    paid = orders[orders["status"] == "paid"]
    gmv, kept = orders["amount"].sum(), paid["amount"].sum()
    back = refunds.loc[refunds["order_id"].isin(paid["order_id"]), "amount"].sum()
    return pd.Series({"gmv": gmv, "unpaid": gmv - kept, "refunded": back, "net": kept - back})


# ---------------------------------------------------------------- what a promotion adds


def usual_sales(sales, quiet):
    """What each day would have sold without promotions: a trend in percent and a weekday, fitted on quiet days.

    sales    Series of money or orders by day, above 0 on quiet days
    quiet    (first day, last day) pairs, both included, before AND after the promotion, 21 days or more in all
    Returns a Series with the index of sales. Log-linear least squares; the mean of e^rest (half its variance) is put back.
    Raises BadValue.
    """
    days = sales.index
    here = _inside(days, quiet)
    if here.sum() < 21 or len(set(days[here].day_of_week)) < 7 or not (sales[here] > 0).all():
        raise BadValue(
            f"{here.sum()} quiet days are not enough, or one of them sold nothing: name at least three weeks with every weekday "
            "in them, on which no promotion ran and nobody waited for one."
        )
    weekday = days.day_of_week.to_numpy()[:, None] == np.arange(1, 7)
    design = np.column_stack([np.ones(len(days)), np.arange(len(days)), weekday])
    logs = np.log(sales[here].to_numpy(dtype=float))
    fitted, *_ = np.linalg.lstsq(design[here], logs, rcond=None)
    rest = logs - design[here] @ fitted
    return pd.Series(np.exp(design @ fitted + rest.var() / 2), index=days, name="usual")


def promotion_lift(sales, usual, promotion, around):
    """What a promotion added: on its own days (gross), and with the days before and after it counted in (net).

    sales, usual   Series by day with the same index
    promotion      (first day, last day) of the promotion
    around         (first day, last day) from before anybody waited until the cupboards are empty again
    Returns a Series: before, during, after and net (money beyond usual, net their sum), gross_lift = during / usual of the
    promotion's days and net_lift = net / the same denominator. Raises BadValue.
    """
    if not sales.index.equals(usual.index):
        raise BadValue(
            "sales and usual are two Series with the same days: usual_sales(sales, ...) gives them."
        )
    first, last, start, end = map(pd.Timestamp, (*promotion, *around))
    if not start <= first <= last <= end or start < sales.index.min() or end > sales.index.max():
        raise BadValue("around has to hold all days of the promotion, and sales all days of around.")
    extra, days = sales - usual, sales.index
    before = extra[(days >= start) & (days < first)].sum()
    during = extra[(days >= first) & (days <= last)].sum()
    after = extra[(days > last) & (days <= end)].sum()
    below, net = usual[(days >= first) & (days <= last)].sum(), before + during + after
    parts = {"before": before, "during": during, "after": after, "net": net}
    return pd.Series(parts | {"gross_lift": during / below, "net_lift": net / below})


def _inside(days, windows):
    return np.any([(days >= pd.Timestamp(a)) & (days <= pd.Timestamp(b)) for a, b in windows], axis=0)


def completion(presale):
    """How much of a presale is paid in the end, by year of the deposit.

    presale   one row per deposit: deposited_at, balance_paid, price and deposit (CNY)
    Returns a DataFrame by year: deposits, paid (deposits whose balance came), rate (of deposits), price, completed (price of those
    paid), price_rate (of yuan) and forfeited (deposits kept from the others). Raises ColumnMissing.
    """
    check_columns(presale, ["deposited_at", "balance_paid", "price", "deposit"])
    paid = presale["balance_paid"].astype(bool)
    rows = presale.assign(
        paid=paid, completed=presale["price"].where(paid, 0), forfeited=presale["deposit"].where(~paid, 0)
    )
    by = rows.groupby(rows["deposited_at"].dt.year.rename("year"))
    table = by[["paid", "price", "completed", "forfeited"]].sum().assign(deposits=by.size())
    table["rate"], table["price_rate"] = (
        table["paid"] / table["deposits"],
        table["completed"] / table["price"],
    )
    return table[["deposits", "paid", "rate", "price", "completed", "price_rate", "forfeited"]]


# ---------------------------------------------------------------- hosts


def host_ratio(shows, a, b, cells=(), money="gmv"):
    """What a show of host a sells over a show of host b, at the same mix of cells.

    shows   one row per show: host, `money`, and the columns of `cells`
    cells   columns that decide much about a show and are not the host's doing, e.g. ["slot", "offer"]; none gives the raw ratio
    Cells in which only one of the two stood are left out; the others weigh as many shows as both had in them (direct
    standardisation). Returns a number of times, NaN where they share no cell. Raises ColumnMissing, BadValue.
    """
    check_columns(shows, ["host", money, *cells])
    for host in (a, b):
        if not (shows["host"] == host).any():
            raise BadValue(
                f"there is no show of host {host!r}{did_you_mean(host, sorted(set(shows['host'])))}"
            )
    both = shows[shows["host"].isin([a, b])]
    if not cells:
        mean = both.groupby("host")[money].mean()
        return float(mean[a] / mean[b])
    table = both.groupby([*cells, "host"])[money].agg(["mean", "size"]).unstack("host").dropna()
    weight = table["size"].sum(axis=1)
    below = (table["mean"][b] * weight).sum() if len(table) else 0
    return float((table["mean"][a] * weight).sum() / below) if below else float("nan")


# ---------------------------------------------------------------- preparation


def critical_path(tasks):
    """When each task can start and must end, and which tasks may not slip by a day (critical path method, 关键路径).

    tasks   one row per task: task (its name), days (elapsed days, 0 or more) and after (names of the tasks that have to be
            finished first, separated by commas; "" for none)
    Returns a DataFrame by task in working order: days, start and end (days from the beginning of the plan; end is the day on
    which the next may start), slack (days it may slip) and critical (slack is 0). The plan's length is end.max().
    Raises ColumnMissing; BadValue for a task that is twice there, unknown, or waits for itself.
    """
    check_columns(tasks, ["task", "days", "after"])
    days = tasks.set_index("task")["days"]
    if days.index.has_duplicates or (days < 0).any() or days.isna().any():
        raise BadValue("each task stands there once, with its days, 0 or more.")
    after = {name: _names(text) for name, text in zip(tasks["task"], tasks["after"], strict=True)}
    for name in {one for names in after.values() for one in names} - set(days.index):
        raise BadValue(f"a task waits for {name!r}, which is no task{did_you_mean(name, list(days.index))}")
    try:
        order = list(graphlib.TopologicalSorter(after).static_order())
    except graphlib.CycleError as circle:
        names = " waits for ".join(reversed(circle.args[1]))
        raise BadValue(f"nobody can begin: {names}. Take one of these waits out.") from None
    start = {}
    for name in order:
        start[name] = max((start[one] + days[one] for one in after[name]), default=0)
    length = max(start[name] + days[name] for name in order)
    latest = {name: length - days[name] for name in order}
    for name in reversed(order):
        for one in after[name]:
            latest[one] = min(latest[one], latest[name] - days[one])
    rows = [
        (name, days[name], start[name], start[name] + days[name], latest[name] - start[name])
        for name in order
    ]
    plan = pd.DataFrame(rows, columns=["task", "days", "start", "end", "slack"]).set_index("task")
    plan = plan.sort_values(["start", "end"], kind="stable")
    return plan.assign(critical=plan["slack"] == 0)


def _names(text):
    return [one.strip() for one in str(text).split(",") if one.strip()]


def gantt(plan, ready, title, alt=None):
    """A plan as bars in time (甘特图): critical tasks hatched, the slack of the others as a thin line behind the bar.

    plan    what critical_path returned
    ready   date by which all is done; the plan is drawn so that its last day is the day before
    title, alt   as in mktlib.plots
    Returns a Picture. Raises AltMissing, ColumnMissing.
    """
    from matplotlib.dates import DateFormatter, WeekdayLocator, date2num
    from matplotlib.figure import Figure

    alt = one_sentence(alt)
    check_columns(plan.reset_index(), ["days", "start", "end", "slack", "critical"])
    first = date2num(pd.Timestamp(ready) - pd.Timedelta(days=float(plan["end"].max())))
    with style():
        figure = Figure(figsize=(7.5, 0.36 * len(plan) + 1.3), layout="constrained")
        axes = figure.add_subplot()
        for row, task in enumerate(plan.itertuples()):
            axes.plot(
                [first + task.end, first + task.end + task.slack], [row, row], color="#8a8f98", linewidth=2
            )
            color, hatch = (ORANGE, "///") if task.critical else (BLUE, None)
            axes.barh(
                row,
                task.days,
                left=first + task.start,
                color=color,
                hatch=hatch,
                edgecolor="white",
                height=0.7,
            )
        axes.set_yticks(range(len(plan)), [str(name) for name in plan.index], fontsize=10)
        axes.invert_yaxis()
        axes.xaxis_date()
        axes.xaxis.set_major_locator(WeekdayLocator(byweekday=0, interval=1 + int(plan["end"].max()) // 60))
        axes.xaxis.set_major_formatter(DateFormatter("%d %b"))
        axes.set_xlabel("Mondays")
        axes.grid(False, axis="y")
        axes.set_title(title)
    return picture(figure, alt)
