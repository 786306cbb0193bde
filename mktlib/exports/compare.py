"""Tables against their own totals, and tables of several platforms in one."""

import pandas as pd

from . import names
from .errors import ExportError
from .frames import with_rates

NOT_ADDED = ("reach", "frequency", "users", "new_users", "readers", "position", "search_volume", "duration")
CLAIMED = ("conversions", "revenue", "purchases", "deep_conversions")


def reconcile(frame):
    """Sums of the rows beside the totals that the file states: one row per total and column that may be added up.

    Columns: total (the label), row (in the file; 0 if the total stands in another table), of (which rows it sums: all, or
    those with a value such as 'Search'), column, rows (their sum), stated, difference (stated - rows) and agrees (to half a
    cent or one in a million). A total may cover more than the rows shown: hidden or removed campaigns.
    """
    if "totals" not in getattr(frame, "attrs", {}):
        raise ExportError(
            "This table was not made by read(), or an operation dropped its .attrs.",
            "call reconcile on what read() gave.",
        )
    columns = names.vocabulary()[0]
    made = []
    for total in frame.attrs["totals"]:
        of, summed = part_of(frame, total["label"])
        for name in frame.columns:
            if name in columns and columns[name][2] and name in total:
                rows, stated = float(summed[name].sum()), float(total[name])
                agrees = abs(stated - rows) <= max(0.005 * max(len(summed), 1) ** 0.5, 1e-6 * abs(stated))
                made.append(
                    (total["label"], total["row"], of, name, rows, stated, round(stated - rows, 6), agrees)
                )
    return pd.DataFrame(
        made, columns=["total", "row", "of", "column", "rows", "stated", "difference", "agrees"]
    )


def part_of(frame, label):
    """Which rows a total sums: those whose type it names ('Total: Search'), else all. A name and the rows."""
    value = label.partition(":")[2].strip()
    for name in ("campaign_type", "campaign_status", "device", "currency"):
        if value and name in frame and (frame[name] == value).any():
            return value, frame[frame[name] == value]
    return "all", frame


def canonical(frames, without=()):
    """Tables of several platforms as one: the columns of the vocabulary that may stand together, with `platform` before them.

    frames   list of tables that read() gave
    without  columns that are left out

    Refuses, naming each: several currencies; conversions and revenue counted by windows that differ or are not told (each
    platform claims by its own rule, and the same order may be in two of them); people, averages and shares, which cannot be
    added up; days beside sums over periods; results of several kinds.
    """
    frames, without = check_frames(frames), {without} if isinstance(without, str) else set(without)
    problems = [one for find in (currencies, claims, people, grains) for one in find(frames, without)]
    if problems:
        raise ExportError("These tables must not be put together: " + "; ".join(problems) + ".",
                          "leave the columns out: canonical(frames, without=[...]), or change the data first.",
                          ", ".join(label(one) for one in frames), columns=None)  # fmt: skip
    known, rates = names.vocabulary()
    kept = [
        one[[name for name in known if name in one and name not in without and name not in rates]]
        for one in frames
    ]
    stacked = pd.concat(
        [part.assign(platform=frame.attrs["platform"]) for part, frame in zip(kept, frames, strict=True)],
        ignore_index=True,
    )
    stacked = with_rates(stacked, without)
    stacked.attrs = {
        "platforms": [one.attrs["platform"] for one in frames],
        "currency": frames[0].attrs["currency"],
        "without": sorted(without),
    }
    return stacked[["platform", *[name for name in stacked if name != "platform"]]]


def check_frames(frames):
    """A list of tables made by read(), or an error."""
    if isinstance(frames, pd.DataFrame):
        frames = [frames]
    frames = list(frames)
    if not frames:
        raise ExportError("There is no table to stack.", "give a list: canonical([read(a), read(b)]).")
    for one in frames:
        if not isinstance(one, pd.DataFrame) or "platform" not in one.attrs:
            raise ExportError(
                "One of the tables was not made by read(), or an operation dropped its .attrs.",
                "give what read() gave.",
            )
    return frames


def label(frame):
    """Platform and file of a table."""
    return f"{frame.attrs['platform']} ({frame.attrs.get('file', '')})"


def currencies(frames, without):
    """Money in several currencies, or in an unknown one beside others."""
    columns, rates = names.vocabulary()  # costs per click and the like go with the cost
    money = {name for name, entry in columns.items() if entry[0] == "money"} - set(rates) - without
    priced = [one for one in frames if money & set(one)]
    told = {str(one.attrs["currency"]) for one in priced}
    if len(told) > 1 or any(isinstance(one.attrs["currency"], list) for one in priced):
        yield "currencies differ: " + ", ".join(f"{label(one)} {one.attrs['currency']}" for one in priced)


def claims(frames, without):
    """Conversions counted by different or untold windows, or of several kinds."""
    for name in CLAIMED:
        having = [one for one in frames if name in one and name not in without]
        windows = {str(one.attrs.get("attribution")) for one in having}
        if len({one.attrs["platform"] for one in having}) > 1 and (len(windows) > 1 or windows == {"None"}):
            told = ", ".join(
                f"{label(one)} by {one.attrs.get('attribution') or 'a window it does not tell'}"
                for one in having
            )
            yield f"{name} are claims by windows that are not one: {told}"
        mixed = [one for one in having if isinstance(one.attrs.get("attribution"), list)]
        kinds = [
            one
            for one in having
            if name == "conversions" and "result_indicator" in one and one["result_indicator"].nunique() > 1
        ]
        if mixed or kinds:
            yield f"{name} of {label((mixed or kinds)[0])} mean several things in one column"


def people(frames, without):
    """People and averages, which cannot be added up."""
    for name in NOT_ADDED:
        having = [label(one) for one in frames if name in one and name not in without]
        if having:
            yield f"{name} must not be added up ({', '.join(having)})"


def grains(frames, without):
    """Days beside rows that stand for a period."""
    dated = [one for one in frames if "date" in one and one["date"].notna().all()]
    if "date" not in without and dated and len(dated) < len(frames):
        others = [label(one) for one in frames if not any(one is each for each in dated)]
        yield f"date: {', '.join(map(label, dated))} by day, {', '.join(others)} by period"
