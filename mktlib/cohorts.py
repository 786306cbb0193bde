"""Cohorts: people by the month (or week) of their first order, followed by age and not by calendar. Earned in M03.

Age 0 is the first `days` days of a customer, the day of the first order included, whatever the calendar says. A cell counts
once it is over for everybody in it: "not yet" is no "no". Nothing that happened on `today` or later is known.
"""

import textwrap

import numpy as np
import pandas as pd

from mktlib import plots
from mktlib.errors import did_you_mean
from mktlib.events import counted, events
from mktlib.inputs import BadValue, check_columns, local_time, moment, quoted
from mktlib.weekly import answered_by

# ---------------------------------------------------------------- ages


def lives(orders, today):
    """Paid orders before `today`, each with the age of its customer on that day.

    orders   one row per order: customer_id, ordered_at, status
    today    date or text such as "2026-01-01"; orders from that day on are not known
    Returns the rows of orders in order of time, with three columns more: first_on (day of the customer's first paid order),
    cohort (its month, such as "2025-06") and age (whole days since first_on). Raises ColumnMissing, BadValue.
    """
    check_columns(orders, ["customer_id", "ordered_at", "status"])
    known = orders[(orders["status"] == "paid") & (orders["ordered_at"] < moment(today).normalize())]
    known = known.sort_values("ordered_at", kind="stable")
    first = known.groupby("customer_id")["ordered_at"].transform("min").dt.normalize()
    age = (known["ordered_at"].dt.normalize() - first).dt.days
    return known.assign(first_on=first, cohort=_month(first), age=age)


def triangle(orders, today, days=None, every="month", who="customer_id", at="ordered_at", status="paid"):
    """How many people of each cohort bought, or came, at each age.

    orders   DataFrame, path (a star names many files) or DuckDB relation; one row per order or hit, in any order
    today    date or text such as "2026-01-01"; rows from that day on are not known
    days     length of a step of age; None takes 30 for months and 7 for weeks
    every    "month" or "week": who belongs to one cohort, by the day of the first row; weeks begin on Mondays
    who, at  columns of ids and of local times: "visitor_id" and "at" for hits
    status   rows count whose column status says so; None counts every row, as for hits, which nobody pays
    Returns a DataFrame by cohort ("2025-06"; a week's Monday, "2025-06-02"): people (first seen in it) and a column per age 0, 1,
    2, ...: those with a row from day `days` x age up to the day before `days` x (age + 1). A cell is empty (NaN) until its last
    day is over for the cohort's youngest member, a cohort missing until it is over. Raises ColumnMissing; BadValue where who or
    at is missing or no time, or times have a time zone.
    """
    if every not in STEP:
        raise BadValue(f'every is "month" or "week"; it is {every!r}.')
    days = STEP[every] if days is None else days
    if not (isinstance(days, (int, np.integer)) and days > 0):
        raise BadValue(f"days is the length of a step of age, a whole number above 0; it is {days!r}.")
    day = moment(today).normalize()
    rows = _people_by_first_day(orders, day, int(days), who, at, status)
    rows["cohort"] = _month(rows["began"]) if every == "month" else _monday(rows["began"])
    counts = rows.pivot_table(index="cohort", columns="step", values="people", aggfunc="sum", fill_value=0)
    people = counts[0] if len(counts) else pd.Series(index=counts.index, dtype="int64")
    people = people[[_span(cohort)[1] <= day for cohort in people.index]]
    ripe = np.array([((day - _span(cohort)[1]).days + 1) // days for cohort in people.index], dtype=int)
    steps = np.arange(max(int(ripe.max()), 0) if len(ripe) else 0)
    counts = counts.reindex(index=people.index, columns=steps)
    over = steps[None, :] < ripe.reshape(-1, 1)
    counts = counts.fillna(0).astype("float64").where(over).rename_axis(columns=None)
    counts.insert(0, "people", people)
    return counts


STEP = {"month": 30, "week": 7}


def _people_by_first_day(table, day, days, who, at, status):
    """began (a day), step (an age) and people; who came often on a day is one of them, so days are made different first."""
    log = events(table, who, at, [] if status is None else ["status"])
    if log.zone:
        raise BadValue(
            f"{log.name}, column {at!r}: instants with a time zone have no day of their own. {local_time(at)}"
        )
    kept = "" if status is None else "AND CAST(status AS VARCHAR) = '{}'".format(status.replace("'", "''"))
    found = log.relation.query("mktlib_rows", f"""
        WITH seen AS MATERIALIZED (
            SELECT DISTINCT {log.who} AS who, CAST({quoted(at)} AS DATE) AS day FROM mktlib_rows
            WHERE CAST({quoted(at)} AS TIMESTAMP) < TIMESTAMP '{day:%Y-%m-%d}' {kept}),
        first AS (SELECT who, min(day) AS began FROM seen GROUP BY who),
        aged AS (SELECT who, (day - began) // {days} AS step, min(began) AS began FROM seen JOIN first USING (who) GROUP BY ALL)
        SELECT began, step, count(*) AS people FROM aged GROUP BY ALL""")  # fmt: skip
    rows = counted(log, found)
    return rows.assign(began=pd.to_datetime(rows["began"]))


def retention(table, of="people"):
    """Shares of a triangle, with the denominator named.

    table   what triangle returned
    of      "people": everybody who was ever in the cohort, the usual meaning; or an age: those who bought at that age
    Returns a DataFrame by cohort and age; empty cells stay empty, nobody to divide by gives NaN. Raises BadValue.
    Who bought at age 3 need not have bought at age 2: a share `of` an age may exceed 1.
    """
    if of not in table.columns:
        raise BadValue(
            f"there is no column {of!r} to divide by{did_you_mean(str(of), [str(one) for one in table.columns])}"
        )
    below = table[of].where(table[of] > 0)
    return table.drop(columns="people").div(below, axis=0)


def pooled(table, age, of="people"):
    """One rate for an age from all cohorts that have it: sum over sum, the same cohorts above the line and below.

    table, of   as in retention
    Returns a fraction, NaN if no cohort is as old. Raises BadValue.
    """
    for name in (age, of):
        if name not in table.columns:
            raise BadValue(f"the triangle has no column {name!r}; its oldest age is {table.columns[-1]!r}.")
    ripe = table[table[age].notna() & table[of].notna()]
    return float(ripe[age].sum() / ripe[of].sum()) if ripe[of].sum() else float("nan")


# ---------------------------------------------------------------- silence


def gaps(orders, today):
    """One row per paid order before `today`: when it was placed and when the customer's next one was.

    orders, today   as in lives
    Returns a DataFrame with the index of orders, in order of time: customer_id, number (1 is the first order), ordered_at,
    next_at (missing while the customer is silent). Raises as lives does.
    """
    rows = lives(orders, today)[["customer_id", "ordered_at"]]
    people = rows.groupby("customer_id")["ordered_at"]
    return rows.assign(number=people.cumcount() + 1, next_at=people.shift(-1))[
        ["customer_id", "number", "ordered_at", "next_at"]
    ]


def silence(rows, today):
    """Which share has not ordered again after so many days, those included that are still silent (Kaplan-Meier).

    rows     rows of gaps: those with number 1 for the wait after a first order
    today    the day up to which the gaps were made
    Returns a Series indexed by days, falling from 1: weekly.answered_by seen from the other side, in days. It ends above 0
    where the longest silences are still open: those may never end. Raises as answered_by does, ColumnMissing.
    Source: Kaplan and Meier (1958), J. Am. Stat. Assoc. 53.
    """
    check_columns(rows, ["ordered_at", "next_at"])
    curve = 1 - answered_by(rows["ordered_at"], rows["next_at"], moment(today).normalize())
    curve.index = curve.index / 24
    return curve.rename_axis("days").rename("silent")


def at(curve, days):
    """The value of a step curve (from silence) after so many days; NaN beyond its end, unless it has come down to 0."""
    if not days >= 0:
        raise BadValue(f"days counts from 0 on; it is {days!r}.")
    if days > curve.index[-1] and curve.iloc[-1] > 0:
        return float("nan")
    return float(curve.loc[: float(days)].iloc[-1])


# ---------------------------------------------------------------- a list as of a day


def absent(people, visits, day, days=7):
    """Who was not seen in the `days` days before `day`: the list that could have been made in that morning.

    people   one row per customer: customer_id, registered_on; who registered on `day` or later is not known yet
    visits   one row per visit: customer_id (missing if not logged in), started_at; visits from `day` on are not known yet
    Somebody who was never seen at all is absent, too. Returns a sorted Index of customer ids. Raises ColumnMissing, BadValue.
    """
    check_columns(people, ["customer_id", "registered_on"])
    check_columns(visits, ["customer_id", "started_at"])
    if not days > 0:
        raise BadValue(f"days is the length of the silence, above 0; it is {days!r}.")
    day = moment(day).normalize()
    recent = visits["started_at"].between(day - pd.Timedelta(days=days), day, inclusive="left")
    seen = visits.loc[recent, "customer_id"].dropna().astype("int64").unique()
    known = pd.Index(people.loc[people["registered_on"] < day, "customer_id"])
    return known.difference(pd.Index(seen)).rename("customer_id")


# ---------------------------------------------------------------- the picture


def lexis(table, today, title, alt=None, age=None, days=30):
    """Calendar to the right, age upwards: each cohort climbs as a band, and `today` cuts through the bands.

    table    a triangle made later than `today`, so that the cells that are not over are drawn, too
    today    date or text; cells that were over on it are filled, running ones hatched, later ones empty
    age      the step of age that the title speaks of, framed; None frames nothing
    days     length of a step of age, as in triangle
    Returns a plots.Picture. Raises AltMissing, BadValue.
    """
    from matplotlib.collections import PolyCollection
    from matplotlib.dates import date2num
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    alt, day = plots.one_sentence(alt), moment(today).normalize()
    cells = _cells(table, day, days)
    looks = {
        "over: may be read": {"facecolor": plots.BLUE, "edgecolor": "white"},
        "running: not over for all": {"facecolor": "#fbd9a5", "edgecolor": plots.ORANGE, "hatch": "//"},
        "not begun": {"facecolor": "none", "edgecolor": plots.FAINT},
    }
    with plots.style():
        figure = Figure(figsize=(7.5, 4.8))
        axes = figure.subplots()
        for name, look in looks.items():
            corners = [cell[0] for cell in cells if cell[1] == name]
            axes.add_collection(PolyCollection(corners, linewidth=0.7, **look))
        if age is not None:
            axes.axhspan(age, age + 1, facecolor="none", edgecolor=plots.INK, linewidth=1.6, zorder=3)
        axes.axvline(date2num(day), color=plots.RED, linewidth=2.4)
        axes.autoscale_view()
        axes.xaxis_date()
        axes.tick_params(axis="x", rotation=30)
        axes.grid(False)
        axes.set_ylabel(f"age in steps of {days} days")
        figure.suptitle(textwrap.fill(title, 64), x=0.01, ha="left")
        axes.set_title(f"red line: {day:%Y-%m-%d}", fontsize=11, color=plots.RED, pad=4)
        figure.legend(
            handles=[Patch(label=name, **look) for name, look in looks.items()],
            loc="outside lower center",
            ncols=3,
            fontsize=10.5,
        )
    return plots.Picture(figure, alt)


def _cells(table, day, days):
    """(corners, state) of each cell of a triangle."""
    from matplotlib.dates import date2num

    found = []
    for cohort in table.index:
        begin, end = _span(cohort)
        youngest = end - pd.Timedelta(days=1)
        for step in range(len(table.columns) - 1):
            low, high = pd.Timedelta(days=days * step), pd.Timedelta(days=days * (step + 1))
            state = "not begun" if begin + low >= day else "running: not over for all"
            state = "over: may be read" if youngest + high <= day else state
            x = date2num([begin + low, end + low, end + high, begin + high])
            found.append((np.column_stack([x, [step, step, step + 1, step + 1]]), state))
    return found


def _month(days):
    """Days as months such as "2025-06"; written once a day and not once a row, which is fifty times faster."""
    codes, days = pd.factorize(days)
    return days.strftime("%Y-%m").to_numpy()[codes]


def _monday(days):
    """Days as the Mondays of their weeks, such as "2025-06-02"."""
    return (days - pd.to_timedelta(days.dt.day_of_week, unit="D")).dt.strftime("%Y-%m-%d")


def _span(cohort):
    """The first morning of a cohort and the one after its last day: a month such as "2025-06", or a week by its Monday."""
    begin = pd.Timestamp(cohort)
    return begin, begin + (pd.offsets.MonthBegin(1) if len(cohort) == 7 else pd.Timedelta(days=7))
