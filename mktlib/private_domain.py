"""From public to private: hand-offs, their cost, points, and what joining does to people. Earned in M06.

A contact comes by a code, may join a group and the mini-program, may buy through the private domain. Each step has the
step before it below the line; a buyer costs all that was spent on the way; a point costs what is given for it in the
end; and joining is worth what a lot says, not what members spend.
"""

import math

import numpy as np
import pandas as pd

from mktlib.errors import did_you_mean
from mktlib.inputs import BadValue, check_columns
from mktlib.plots import PALETTE, one_sentence, picture, style

# ---------------------------------------------------------------- orders of people


def orders_within(orders, customer_id, start, days):
    """Paid orders of each customer from `start` on, for `days` days (24 hours each).

    orders        one row per order: customer_id, ordered_at, status
    customer_id   Series of customers, one per row wanted; missing gives 0
    start         Series of times with the same index
    Returns an int Series with that index. Raises ColumnMissing; BadValue for a missing start.
    """
    check_columns(orders, ["customer_id", "ordered_at", "status"])
    if not customer_id.index.equals(start.index) or start.isna().any():
        raise BadValue("each customer needs a start: two Series with the same index, no start missing.")
    paid = orders[orders["status"] == "paid"]
    placed = np.sort(_key(paid["customer_id"], paid["ordered_at"]))
    first = _key(customer_id.fillna(-1), start)
    found = np.searchsorted(placed, first + int(days * 86_400)) - np.searchsorted(placed, first)
    return pd.Series(found, index=start.index, name="orders")


def _key(customer, at):
    """Customer and second in one whole number, so that a window of a customer is a range."""
    second = at.astype("datetime64[s]").astype("int64").to_numpy()
    return customer.astype("int64").to_numpy() * 10**11 + second


def private_buyers(contacts, orders, channel="private domain"):
    """Whether each contact became a buyer: a paid order through the channel after the adviser was added.

    contacts   one row per contact: customer_id (missing if unknown), added_at
    orders     one row per order: customer_id, ordered_at, status, channel
    A customer with two contacts is one buyer: the latest contact before the first such order has the credit.
    Returns a bool Series with the index of contacts. Raises ColumnMissing.
    """
    check_columns(contacts, ["customer_id", "added_at"])
    check_columns(orders, ["customer_id", "ordered_at", "status", "channel"])
    bought = orders[(orders["status"] == "paid") & (orders["channel"] == channel)]
    known = contacts.dropna(subset=["customer_id"])[["customer_id", "added_at"]]
    known = known.astype({"customer_id": "int64"}).reset_index(names="row")
    pairs = known.merge(bought[["customer_id", "ordered_at"]], on="customer_id")
    pairs = pairs[pairs["ordered_at"] >= pairs["added_at"]].sort_values(["ordered_at", "added_at"])
    first = pairs.groupby("customer_id")["ordered_at"].transform("first")
    credited = pairs[pairs["ordered_at"] == first].drop_duplicates("customer_id", keep="last")
    return pd.Series(contacts.index.isin(credited["row"]), index=contacts.index, name="buyer")


# ---------------------------------------------------------------- hand-offs and their cost


def handoffs(contacts, funnel, orders, by="source", shown="impressions"):
    """The path public -> add -> group -> mini-program -> buyer, group by group, every step over the step before it.

    contacts   one row per contact added in the window: `by`, group_id, group_invite_minutes, mini_program_on and what
               private_buyers needs
    funnel     one row per code and day of the same window: `by`, adds and the column `shown`
    shown      the ONE denominator of all add rates, "impressions" (displays) or another counted everywhere
    Returns a DataFrame by group: shown, adds, in_group, members (group and mini-program), buyers (any contact that bought),
    add_rate, group_rate (of adds), buyer_rate (of adds), lost_to_group (adds without a group) and invite_hours (median).
    Raises ColumnMissing; BadValue where `shown` is unknown for a group, or the adds are not the contacts.
    """
    check_columns(contacts, [by, "group_id", "group_invite_minutes", "mini_program_on"])
    check_columns(funnel, [by, "adds", shown])
    unknown = funnel.loc[funnel[shown].isna(), by].unique()
    if len(unknown):
        raise BadValue(
            f"{shown!r} is unknown for {', '.join(map(str, sorted(unknown)))}: rates over it cannot stand beside each other. "
            "Take one denominator that every code has, such as 'impressions'."
        )
    table = funnel.groupby(by)[[shown, "adds"]].sum().rename(columns={shown: "shown"})
    steps = contacts.assign(
        in_group=contacts["group_id"].notna(),
        members=contacts["group_id"].notna() & contacts["mini_program_on"].notna(),
        buyers=private_buyers(contacts, orders),
    ).groupby(by)
    counted = steps.size().reindex(table.index, fill_value=0)
    if not (counted == table["adds"]).all():
        worst = (counted - table["adds"]).abs().idxmax()
        raise BadValue(
            f"{worst}: {counted[worst]} contacts, but {table['adds'][worst]} adds in the funnel. Cut both tables to the same days."
        )
    table = table.join(steps[["in_group", "members", "buyers"]].sum()).fillna(0).astype("int64")
    adds = table["adds"].where(table["adds"] > 0)
    return table.assign(
        add_rate=table["adds"] / table["shown"].where(table["shown"] > 0),
        group_rate=table["in_group"] / adds,
        buyer_rate=table["buyers"] / adds,
        lost_to_group=table["adds"] - table["in_group"],
        invite_hours=steps["group_invite_minutes"].median() / 60,
    )


def adviser_minutes(contacts, chats, group_days):
    """Minutes of advisers on each contact: own chats, and an equal share of the group's time for each day in the group.

    contacts     one row per contact: contact_id, group_id, group_joined_on, group_left_on
    chats        one row per chat: contact_id, minutes
    group_days   one row per group and day: date, group_id, members, adviser_minutes
    Returns a float Series with the index of contacts. A group's minutes per member and day are taken as their mean over the
    table, so contacts of all years have to be given for the minutes to add up. Raises ColumnMissing.
    """
    check_columns(contacts, ["contact_id", "group_id", "group_joined_on", "group_left_on"])
    check_columns(chats, ["contact_id", "minutes"])
    check_columns(group_days, ["date", "group_id", "members", "adviser_minutes"])
    own = chats.groupby("contact_id")["minutes"].sum()
    groups = group_days.groupby("group_id")[["adviser_minutes", "members"]].sum()
    rate = groups["adviser_minutes"] / groups["members"].where(groups["members"] > 0)
    first, after = group_days["date"].min(), group_days["date"].max() + pd.Timedelta(days=1)
    inside = contacts["group_left_on"].fillna(after).clip(upper=after) - contacts["group_joined_on"].clip(
        lower=first
    )
    in_groups = inside.dt.days.clip(lower=0) * contacts["group_id"].map(rate).astype("float64")
    return contacts["contact_id"].map(own).fillna(0) + in_groups.fillna(0)


def cost_per_buyer(funnel, minutes, buyers, hour, by="source"):
    """What a private-domain buyer costs, part by part: the promise, the coupon, the ad that led there, the adviser's time.

    funnel    one row per code and day: `by`, hook_cost, coupon_cost, ad_cost, CNY
    minutes   Series of adviser minutes by group (index: the values of `by`)
    buyers    Series of buyers by group
    hour      CNY of an adviser's hour
    Returns a DataFrame by group: hook, coupon, ad, adviser, cost (their sum, CNY), buyers, per_buyer. No buyers give NaN.
    Raises ColumnMissing, BadValue.
    """
    parts = ["hook_cost", "coupon_cost", "ad_cost"]
    check_columns(funnel, [by, *parts])
    table = (
        funnel.groupby(by)[parts].sum().set_axis(["hook", "coupon", "ad"], axis="columns").astype("float64")
    )
    for name, given in (("minutes", minutes), ("buyers", buyers)):
        if len(missing := table.index.difference(given.index)):
            raise BadValue(f"{name} has no value for {missing[0]!r}{did_you_mean(missing[0], given.index)}")
    if not hour >= 0:
        raise BadValue(f"hour is the cost of an adviser's hour in CNY, 0 or more; it is {hour!r}.")
    table["adviser"] = minutes.reindex(table.index) / 60 * hour
    table["cost"] = table.sum(axis=1)
    table["buyers"] = buyers.reindex(table.index)
    return table.assign(per_buyer=table["cost"] / table["buyers"].where(table["buyers"] > 0))


# ---------------------------------------------------------------- points


def points_liability(ledger, day, life_days=365, face=0.01):
    """What points cost in the end: those that will be redeemed, at what the goods cost.

    ledger      one row per booking: date, kind (earned, redeemed, expired), points (negative if they go), order_id (earned and
                expired), cost (CNY, of redeemed goods)
    day         date or text: the morning on which we look; bookings of that day and later are not known
    life_days   days that a point lives
    face        what the shop promises for a point, CNY
    Returns a Series: earned, redeemed, expired, open (points), share_redeemed (of points old enough to have expired: earned
    at least life_days before; 1 - breakage), breakage, cost_per_point (CNY per redeemed point), issued (expected cost of all points
    earned, CNY), liability (expected cost of those still open, CNY), face_value (of those still open).
    Formula: share_redeemed = 1 - expired of the old points / earned old points; liability = (share_redeemed x earned -
    redeemed) x cost_per_point. Source: IFRS 15, B39-B43 and B46 (customer options, breakage).
    Raises ColumnMissing; BadValue where no point is old enough, or none was redeemed.
    """
    check_columns(ledger, ["date", "kind", "points", "order_id", "cost"])
    day = pd.Timestamp(day)
    known = ledger[ledger["date"] < day]
    kinds = {kind: known[known["kind"] == kind] for kind in ("earned", "redeemed", "expired")}
    total = {kind: float(abs(rows["points"].sum())) for kind, rows in kinds.items()}
    old = kinds["earned"][kinds["earned"]["date"] < day - pd.Timedelta(days=life_days)]
    if old.empty or not total["redeemed"]:
        raise BadValue(
            f"Before {day:%Y-%m-%d} no points are {life_days} days old, or none was redeemed: breakage is not known yet."
        )
    lost = kinds["expired"][kinds["expired"]["order_id"].isin(old["order_id"])]["points"].sum()
    share = 1 + lost / old["points"].sum()
    cost = kinds["redeemed"]["cost"].sum() / total["redeemed"]
    open_points = total["earned"] - total["redeemed"] - total["expired"]
    return pd.Series({
        **total, "open": open_points, "share_redeemed": share, "breakage": 1 - share, "cost_per_point": cost,
        "issued": total["earned"] * share * cost, "liability": max(total["earned"] * share - total["redeemed"], 0) * cost,
        "face_value": open_points * face,
    })  # fmt: skip


def break_even_redemption(uplift, margin, points_per_yuan, cost_per_point):
    """The share of points that may be redeemed until a programme costs what it brings.

    uplift            extra revenue because of the points, as a share of what would have come anyway (0.01 is one percent)
    margin            contribution per yuan of revenue, before points (0.42)
    points_per_yuan   points given per yuan; cost_per_point: CNY per redeemed point
    Returns a share; above 1 means that even full redemption pays.
    Formula: uplift x margin = (1 + uplift) x points_per_yuan x share x cost_per_point, solved for share. Raises BadValue.
    """
    for name, value in (
        ("margin", margin),
        ("points_per_yuan", points_per_yuan),
        ("cost_per_point", cost_per_point),
    ):
        if not value > 0:
            raise BadValue(f"{name} must be above 0; it is {value!r}.")
    if not uplift >= 0:
        raise BadValue(f"uplift is a share of the revenue without points, 0 or more; it is {uplift!r}.")
    return uplift * margin / ((1 + uplift) * points_per_yuan * cost_per_point)


# ---------------------------------------------------------------- what joining does


def matched_effect(people, cells, joined, outcome):
    """Those who joined over those alike who did not: others are weighted as the joiners are spread over the cells.

    people    one row per person or person and moment: the columns of cells, joined (bool), outcome (number)
    cells     names of columns known BEFORE joining; equal values make a cell. Cells without both kinds are left out
    Returns a Series: people (joiners compared), share_matched (of all joiners), joiners, others_alike (mean outcome), ratio,
    extra (ratio - 1). Alike is said of the columns alone: what is not in them stays in the ratio.
    Source: exact matching, effect on the treated; Stuart (2010), Matching methods for causal inference. Raises BadValue.
    """
    cells = [cells] if isinstance(cells, str) else list(cells)
    check_columns(people, [*cells, joined, outcome])
    _both(people[joined].astype(bool), "joined and not joined")
    rows = people.assign(_joined=people[joined].astype(bool))
    found = (
        rows.groupby([*cells, "_joined"], observed=True)[outcome].agg(["sum", "size"]).unstack(fill_value=0)
    )
    found = found[(found["size"] > 0).all(axis=1)]
    weight = found["size"][True]
    if found.empty:
        raise BadValue(
            "No cell has both who joined and who did not; take fewer columns or coarser steps for the cells."
        )
    mine = found["sum"][True].sum() / weight.sum()
    others = (found["sum"][False] / found["size"][False] * weight).sum() / weight.sum()
    ratio = mine / others if others else math.nan
    return pd.Series({
        "people": float(weight.sum()), "share_matched": weight.sum() / rows["_joined"].sum(), "joiners": mine,
        "others_alike": others, "ratio": ratio, "extra": ratio - 1,
    })  # fmt: skip


def holdout_effect(people, outcome, joined="joined", arm="arm", invited="invited", held_out="held out"):
    """What joining does, from an invitation by lot: the difference of the arms over the difference in who joined.

    people     one row per person who was in the lot: arm, joined (bool), outcome (number)
    Returns a Series: invited, held_out (mean outcome by arm), share_invited, share_held_out (who joined), per_invitation
    (difference of the arms), per_joining (that over the difference of the shares), ratio (1 + per_joining / held_out), extra
    (ratio - 1), standard_error (of extra), low, high (95 % interval of extra).
    Formula: Wald estimator; Imbens and Angrist (1994). The lot must act through joining alone. The standard error takes the
    shares who joined and the held-out mean as known. Raises ColumnMissing, BadValue.
    """
    check_columns(people, [arm, joined, outcome])
    for name in (invited, held_out):
        if not (people[arm] == name).any():
            raise BadValue(f"nobody has {arm} {name!r}{did_you_mean(name, people[arm].unique())}")
    means = people.groupby(arm)[outcome].agg(["mean", "var", "size"])
    share = people.groupby(arm)[joined].mean()
    moved = share[invited] - share[held_out]
    base = means.loc[held_out, "mean"]
    if not moved > 0 or not base > 0:
        raise BadValue(
            "The invitation moved nobody, or the held out did nothing: there is no ratio to be told. Look at the arms."
        )
    gap = means.loc[invited, "mean"] - base
    extra = gap / moved / base
    error = math.sqrt((means["var"] / means["size"]).loc[[invited, held_out]].sum()) / moved / base
    return pd.Series({
        "invited": means.loc[invited, "mean"], "held_out": base, "share_invited": share[invited],
        "share_held_out": share[held_out], "per_invitation": gap, "per_joining": gap / moved, "ratio": 1 + extra,
        "extra": extra, "standard_error": error, "low": extra - 1.96 * error, "high": extra + 1.96 * error,
    })  # fmt: skip


def _both(flags, what):
    if flags.all() or not flags.any():
        raise BadValue(f"There have to be both {what}; here all rows are of one kind.")


# ---------------------------------------------------------------- picture


def flow(steps, title, alt=None):
    """People on their way, as bands that get narrower: one band per row, one stop per column (a Sankey picture).

    steps     DataFrame of counts, rows are sources, columns are stops in order; no count above the one before it
    title     the finding, as a sentence
    alt       one sentence for readers who cannot see the figure
    Returns a Picture. Raises AltMissing; BadValue for a count that grows along the way.
    """
    from matplotlib.figure import Figure

    alt = one_sentence(alt)
    values = steps.to_numpy(dtype=float)
    if (np.diff(values, axis=1) > 1e-9).any() or (values < 0).any():
        raise BadValue(
            "A band may only get narrower: each column counts people of the column before it, 0 or more."
        )
    with style():
        figure = Figure(figsize=(7.5, 4.2), layout="constrained")
        axes = figure.add_subplot()
        gap = 0.09 * values[:, 0].sum()
        tops = np.cumsum(np.r_[0, values[:-1, 0] + gap])
        bend = np.linspace(0, 1, 30)
        ease = 3 * bend**2 - 2 * bend**3
        for row, name in enumerate(steps.index):
            color = PALETTE[row % len(PALETTE)]
            for stop in range(values.shape[1] - 1):
                width = values[row, stop] + (values[row, stop + 1] - values[row, stop]) * ease
                axes.fill_between(
                    stop + bend, tops[row], tops[row] + width, color=color, alpha=0.55, linewidth=0
                )
            axes.text(-0.05, tops[row] + values[row, 0] / 2, str(name), ha="right", va="center", fontsize=10)
            for stop, value in enumerate(values[row]):
                axes.text(
                    stop + 0.02, tops[row] - gap * 0.1, f"{value:,.0f}", ha="left", va="bottom", fontsize=9
                )
        axes.set_ylim(tops[-1] + values[-1, 0] + gap, -gap)
        axes.set_xlim(-0.9, values.shape[1] - 1 + 0.35)
        axes.set_xticks(range(values.shape[1]), [str(name) for name in steps.columns])
        axes.set_yticks([])
        axes.grid(False)
        axes.spines["left"].set_visible(False)
        axes.set_title(title)
    return picture(figure, alt)
