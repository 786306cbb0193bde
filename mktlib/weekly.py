"""The weekly report: a log that has been tested, limits of chance, a gap taken apart, waiting with open cases. Earned in J10.

Each function answers a question that stands before a number is sent: are the rows right, is the change more than chance,
which part of it comes from where, and do those who still wait count.
"""

import math

import numpy as np
import pandas as pd

from mktlib.errors import Told, did_you_mean
from mktlib.inputs import BadValue, check_columns

FAULTS = ["row", "date", "line", "column", "fault", "value"]


class WeeklyError(Told, ValueError):
    """A report cannot be made from what was given; the message says what is missing."""


def log_faults(log, lines, amount="spend", day="date", names=None, jump=5):
    """What is wrong with a daily log that somebody types: one row per fault, with the row and the column it stands in.

    log      one row per line typed; its index names the rows: log.set_index("line") gives the numbers of the log itself
    lines    columns that make a line of a day, such as ["channel", "platform"]; missing texts count as ''
    amount   the column that must be there every day
    names    {"channel": [names allowed]}; other spellings are faults of that column
    jump     an amount more than so many times that of the day before and of the day after in its line is a fault
    Tests: a name that is not allowed, a line of a day typed twice, an amount missing, a line of a day not typed (row is NA;
    tested where the line stands on at least half of the days), a jump. While a name is unknown nothing else is tested: a
    misspelt line looks like a gap. Nothing is repaired: a fault is a question to whoever typed it.
    Returns a DataFrame of row, date, line, column, fault, value. Raises ColumnMissing, WeeklyError.
    """
    lines = [lines] if isinstance(lines, str) else list(lines)
    check_columns(log, [*lines, amount, day])
    if not jump > 1:
        raise WeeklyError(f"jump is a factor above 1, such as 5; it is {jump!r}.")
    rows = log[[day, *lines, amount]].assign(row=log.index.to_numpy())
    rows[lines] = rows[lines].astype("str").where(rows[lines].notna(), "")
    faults = []
    for column, allowed in (names or {}).items():
        if column not in lines:
            raise WeeklyError(
                f"names speaks of {column!r}, which is no column of a line{did_you_mean(column, lines)}"
            )
        strange = ~rows[column].isin(list(allowed))
        faults += _faults(rows[strange], lines, day, column, "unknown name", rows.loc[strange, column])
    if not faults:
        faults = _faults_of_amounts(rows, lines, amount, day, jump)
    found = pd.DataFrame(faults, columns=FAULTS).astype({"row": object})
    return found.sort_values("date", kind="stable", ignore_index=True)


def control_limits(series, baseline=None):
    """Mean and limits of an individuals chart (XmR): what a measure does when nothing happens to it.

    series     one value per period, in order of time
    baseline   the periods that the limits are made from: a slice or list of labels; None takes all
    Returns a Series of center, lower, upper: mean +- 2.66 x mean moving range (the mean distance of neighbours) of the
    baseline. A level that shifted inside the baseline hardly widens them, which is why they are not 3 standard deviations.
    Raises WeeklyError for fewer than 6 values, BadValue for missing ones.
    Source: Shewhart's charts; D. J. Wheeler, Understanding Variation, for individual values (2.66 = 3 / 1.128).
    """
    chosen = series if baseline is None else series.loc[baseline]
    if chosen.isna().any():
        raise BadValue(
            f"{series.name or 'the series'}: no value for {chosen.index[chosen.isna()][0]}. Missing is not zero."
        )
    if len(chosen) < 6:
        raise WeeklyError(
            f"{len(chosen)} periods say too little about chance; take at least 6, better 12 or more."
        )
    center, spread = chosen.mean(), 2.66 * chosen.diff().abs().mean()
    return pd.Series({"center": center, "lower": center - spread, "upper": center + spread}, name=series.name)


def share_limits(counts, sizes, baseline=None):
    """Mean and limits of a p-chart: a share whose denominator differs from day to day.

    counts, sizes   Series with one index: the cases (negative reviews) and all (reviews) of each period
    baseline        the periods that the mean is made from; None takes all
    Returns a DataFrame of share, center, lower, upper, outside: center = sum of counts / sum of sizes of the baseline,
    limits center +- 3 sqrt(center (1 - center) / size), within 0 and 1. A period of size 0 has no share and is not outside.
    Raises WeeklyError where counts exceed sizes or the baseline is empty. Source: Shewhart (1931), chart of fraction defective.
    """
    if not counts.index.equals(sizes.index):
        raise WeeklyError("counts and sizes have different rows; make both from one groupby.")
    if (counts > sizes).any():
        raise WeeklyError(
            f"{(counts > sizes).idxmax()}: more cases than there are in all. Have the two changed places?"
        )
    part = slice(None) if baseline is None else baseline
    if not sizes.loc[part].sum() > 0:
        raise WeeklyError("The baseline holds nothing to take a share of.")
    center = counts.loc[part].sum() / sizes.loc[part].sum()
    spread = 3 * np.sqrt(center * (1 - center) / sizes.where(sizes > 0).astype(float))
    table = pd.DataFrame({"share": counts / sizes.where(sizes > 0), "center": center})
    table["lower"], table["upper"] = (center - spread).clip(lower=0), (center + spread).clip(upper=1)
    table["outside"] = (table["share"] < table["lower"]) | (table["share"] > table["upper"])
    return table


def bridge_ratio(before, after, by, numerator="orders", denominator="visits"):
    """Why a rate moved: through the mix of its parts, or through the rates of the parts.

    before, after   tables of two periods with the columns `by`, numerator and denominator, at any grain
    by              column or columns that make the parts, such as "source"
    Returns a Series of before, mix, rate, after, with before + mix + rate = after:
    mix = sum((share after - share before) x rate before), rate = sum(share after x (rate after - rate before)), share = part
    of the denominator. A part without denominator in one period keeps its rate of the other. The order of the steps is that
    of J04: mix first. Raises ColumnMissing, WeeklyError where a period has no denominator.
    """
    old, new = _shares(before, after, by, numerator, denominator)
    start, end = (old["share"] * old["rate"]).sum(), (new["share"] * new["rate"]).sum()
    middle = (new["share"] * old["rate"]).sum()
    return pd.Series({"before": start, "mix": middle - start, "rate": end - middle, "after": end})


def bridge_total(before, after, by, numerator="orders", denominator="visits"):
    """Why a total moved: through volume, through the mix of its parts, or through their rates.

    Arguments as in bridge_ratio. Returns a Series of before, volume, mix, rate, after in units of the numerator, with
    before + volume + mix + rate = after: volume is the change of the denominator at the old rate; mix and rate are those of
    bridge_ratio times the new denominator. Raises ColumnMissing, WeeklyError.
    """
    steps = bridge_ratio(before, after, by, numerator, denominator)
    size, grown = before[denominator].sum(), after[denominator].sum()
    start, end = before[numerator].sum(), after[numerator].sum()
    volume, mix = (grown - size) * steps["before"], grown * steps["mix"]
    return pd.Series(
        {"before": start, "volume": volume, "mix": mix, "rate": end - start - volume - mix, "after": end}
    )


def answered_by(opened, answered, now):
    """Which share of cases is answered after so many hours, those included that still wait (Kaplan-Meier).

    opened     Series of times at which the cases began
    answered   Series of times of the first answer, missing while there is none
    now        when the data end; an answer after it is not known yet
    Returns a Series indexed by hours of waiting, rising from 0: 1 - product over answers of (1 - answers / still waiting).
    A case opened three hours ago counts among the waiting for three hours, then it leaves the count: it is no failure and no
    success. Where the longest waiting are unanswered the curve ends below 1. Raises WeeklyError, BadValue.
    Source: Kaplan and Meier (1958), J. Am. Stat. Assoc. 53.
    """
    now = pd.Timestamp(now)
    if opened.isna().any():
        raise BadValue(
            f"{opened.isna().sum()} cases have no time at which they were opened; leave them out and say so."
        )
    known = opened <= now
    opened, answered = opened[known], answered[known]
    if not len(opened):
        raise WeeklyError(f"No case was opened before {now}.")
    done = answered.notna() & (answered <= now)
    hours = (answered.where(done, now) - opened).dt.total_seconds() / 3600
    if (hours < 0).any():
        raise BadValue(f"row {hours.index[(hours < 0).to_numpy().argmax()]}: answered before it was opened.")
    events = pd.DataFrame({"answers": done.to_numpy(dtype=float), "all": 1.0}).groupby(hours.to_numpy()).sum()
    waiting = len(hours) - events["all"].cumsum() + events["all"]
    curve = 1 - (1 - events["answers"] / waiting).cumprod()
    if 0.0 not in curve.index:
        curve = pd.concat([pd.Series([0.0], index=[0.0]), curve])
    return curve.rename_axis("hours").rename("answered")


def service_level(opened, answered, now, hours=24):
    """What a service desk keeps of its promise, with the open cases in it: see answered_by, whose arguments these are.

    hours   the promise
    Returns a Series: within (share answered within `hours`; NaN if no case is as old as that), median (hours until half are
    answered, NaN if fewer than half are), p90 (the same for nine of ten), cases, waiting (not answered yet).
    """
    curve = answered_by(opened, answered, now)
    known = opened <= pd.Timestamp(now)
    waiting = int((answered[known].isna() | (answered[known] > pd.Timestamp(now))).sum())
    told = curve.index[-1] >= hours or curve.iloc[-1] == 1
    within = float(curve.loc[: float(hours)].iloc[-1]) if told else math.nan
    return pd.Series(
        {
            "within": within,
            "median": _first(curve, 0.5),
            "p90": _first(curve, 0.9),
            "cases": int(known.sum()),
            "waiting": waiting,
        },
        dtype=object,
    )


# --- behind them ---------------------------------------------------------------------------------


def _faults(rows, lines, day, column, fault, values):
    named = [
        " ".join(part for part in parts if part) for parts in rows[lines].itertuples(index=False, name=None)
    ]
    return list(
        zip(rows["row"], rows[day], named, [column] * len(rows), [fault] * len(rows), values, strict=True)
    )


def _faults_of_amounts(rows, lines, amount, day, jump):
    """Faults of a log whose names are known: typed twice, missing, not typed, too high."""
    again = rows.duplicated([day, *lines])
    faults = _faults(rows[again], lines, day, amount, "typed twice", rows.loc[again, amount])
    rows = rows[~again]
    blank = rows[amount].isna()
    faults += _faults(rows[blank], lines, day, amount, "missing", rows.loc[blank, amount])
    table = rows.pivot(index=day, columns=lines, values=amount)
    typed = rows.assign(here=1).pivot(index=day, columns=lines, values="here").notna()
    faults += _not_typed(typed, day, amount)
    beside = np.fmax(table.shift(), table.shift(-1))
    if len(table) > 2:  # the first and the last day have one neighbour each, so the next but one stands in
        beside.iloc[0] = np.fmax(beside.iloc[0], table.iloc[2])
        beside.iloc[-1] = np.fmax(beside.iloc[-1], table.iloc[-3])
    high = (table > jump * beside).stack(list(range(len(lines)))) if len(table) else pd.Series(dtype=bool)
    key = pd.MultiIndex.from_frame(rows[[day, *lines]])
    leaps = high.reindex(key, fill_value=False).to_numpy(dtype=bool)
    faults += _faults(
        rows[leaps], lines, day, amount, f"over {jump:g} times its neighbours", rows.loc[leaps, amount]
    )
    return faults


def _not_typed(typed, day, amount):
    """Faults for the days on which a line is missing that stands on at least half of the days."""
    if not len(typed):
        return []
    days = pd.date_range(typed.index.min(), typed.index.max())
    typed = typed.reindex(days, fill_value=False)
    usual = typed.loc[:, typed.mean() >= 0.5]
    gaps = [(one, line) for line in usual for one in usual.index[~usual[line]]]
    named = [
        " ".join(part for part in (line if isinstance(line, tuple) else (line,)) if part) for _, line in gaps
    ]
    return [
        (pd.NA, one, name, amount, "not typed", np.nan) for (one, _), name in zip(gaps, named, strict=True)
    ]


def _shares(before, after, by, numerator, denominator):
    by = [by] if isinstance(by, str) else list(by)
    tables = []
    for period, table in (("before", before), ("after", after)):
        check_columns(table, [*by, numerator, denominator])
        sums = table.groupby(by)[[numerator, denominator]].sum()
        if not sums[denominator].sum() > 0:
            raise WeeklyError(f"The period {period!r} has no {denominator}, so it has no rate.")
        tables.append(
            pd.DataFrame(
                {
                    "share": sums[denominator] / sums[denominator].sum(),
                    "rate": sums[numerator] / sums[denominator].where(sums[denominator] > 0),
                }
            )
        )
    old, new = tables[0].align(tables[1])
    rates = old["rate"].fillna(new["rate"]).fillna(0), new["rate"].fillna(old["rate"]).fillna(0)
    return [
        one.assign(share=one["share"].fillna(0), rate=rate)
        for one, rate in zip((old, new), rates, strict=True)
    ]


def _first(curve, share):
    """The first hour at which the curve reaches a share, NaN if it does not."""
    reached = curve.index[curve >= share - 1e-12]
    return float(reached[0]) if len(reached) else math.nan
