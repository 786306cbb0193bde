"""Feed and social: rates with a named denominator, followers who stay, content by audience, edits, contacts. Earned in J06.

Four habits: say what a rate is divided by; count a follower after 30 days; read a content within one audience; and before an
edit gets the credit, look at what rose without it.
"""

import numpy as np
import pandas as pd

from mktlib.errors import did_you_mean
from mktlib.inputs import BadValue, check_columns

ENGAGEMENTS = ["likes", "comments", "shares", "saves"]
BASES = ["reach", "impressions", "followers"]


def engagement_rate(posts, per, by=None):
    """Engagements over a base that has to be named: sums over posts, divided once.

    posts   one row per post: likes, comments, shares, saves and the base
    per     "reach" (people who were shown it), "impressions" (times shown), or "followers" (people who might have been)
    by      column or columns to group by; None gives a number
    Returns fractions. A base of 0 gives NaN. Rates of different bases cannot be compared, whatever platforms call them.
    Raises ColumnMissing, BadValue.
    """
    if per not in BASES:
        raise BadValue(
            f"an engagement rate is per reach, impressions or followers, not {per!r}{did_you_mean(per, BASES)}"
        )
    keys = _names(by)
    check_columns(posts, [*ENGAGEMENTS, per, *keys])
    sums = posts.assign(engagements=posts[ENGAGEMENTS].sum(axis=1))
    return _rate(sums, "engagements", per, keys)


def follower_cost(days, by="promotion"):
    """What a follower costs on the day, and what one costs who is still there 30 days later.

    days    one row per day and platform: promotion_cost, new, left_30d (those of `new` who left within 30 days)
    by      column or columns to group by
    Returns a DataFrame, one row per group: new, kept (people), per_new, per_kept (CNY). Nobody kept gives NaN.
    Raises ColumnMissing, and BadValue for days whose 30 days are not over (left_30d is missing): leave them out.
    """
    keys = _names(by)
    check_columns(days, ["promotion_cost", "new", "left_30d", *keys])
    if days["left_30d"].isna().any():
        raise BadValue(
            f"{int(days['left_30d'].isna().sum())} days have no left_30d: their 30 days are not over. Leave them out."
        )
    kept = (days["new"] - days["left_30d"]).astype("float64")
    sums = days.assign(kept=kept).groupby(keys)[["promotion_cost", "new", "kept"]].sum()
    cost = sums["promotion_cost"]
    return sums[["new", "kept"]].assign(per_new=_over(cost, sums["new"]), per_kept=_over(cost, sums["kept"]))


def content_effects(test, base, audience, content="content"):
    """How far each content is above or below a base content, within each audience.

    test      one row per group of impressions drawn by lot: the columns `audience` and `content`, impressions, clicks
    base      the content that the others are compared with
    Returns a DataFrame indexed by content and audience: ctr, effect (ctr minus that of the base in the same audience),
    half_width (of the 95 % interval of the effect, 1.96 standard errors of a difference of two shares; NaN for the base).
    If effects differ by audience beyond their half widths, content and audience interact: no average describes them.
    Raises ColumnMissing, BadValue. Source of the interval: Wald, two independent proportions.
    """
    check_columns(test, [content, audience, "impressions", "clicks"])
    if base not in set(test[content]):
        raise BadValue(f"there is no content {base!r}{did_you_mean(base, sorted(set(test[content])))}")
    sums = test.groupby([content, audience])[["clicks", "impressions"]].sum()
    ctr = _over(sums["clicks"], sums["impressions"])
    variance = ctr * (1 - ctr) / sums["impressions"]
    beside = ctr.index.get_level_values(audience)
    effect = ctr - ctr[base].reindex(beside).to_numpy()
    half = 1.96 * np.sqrt(variance + variance[base].reindex(beside).to_numpy())
    half = half.mask(ctr.index.get_level_values(content) == base)
    return pd.DataFrame({"ctr": ctr, "effect": effect, "half_width": half})


def worst_and_after(ads, group, worst=10):
    """The worst ads of each week and group, in that week and in the next: what luck alone does, and what an edit adds.

    ads     one row per week and ad: week_start, ad, impressions, clicks, and the column `group` (desks drawn by lot)
    worst   how many ads with the lowest CTR are taken in each week and group; ads without a next week do not count
    Returns a DataFrame, one row per group: ctr (in the week that made them the worst), next_ctr, rise (next / ctr - 1).
    Choosing extremes chooses bad luck, and it does not last: what an edit did is (1 + rise of the edited) / (1 + rise of
    the others) - 1. Raises ColumnMissing, BadValue.
    """
    check_columns(ads, ["week_start", "ad", group, "impressions", "clicks"])
    if ads.duplicated(["week_start", "ad"]).any():
        raise BadValue("an ad has two rows in one week: add them up first, then look for the worst.")
    rows = ads.assign(
        ctr=_over(ads["clicks"], ads["impressions"]), last=ads["week_start"] + pd.Timedelta(days=7)
    )
    later = ads.assign(last=ads["week_start"])[["last", "ad", "clicks", "impressions"]]
    low = rows[rows.groupby(["week_start", group])["ctr"].rank(method="first") <= worst]
    both = low.merge(later, on=["last", "ad"], suffixes=("", "_next"))
    sums = both.groupby(group)[["clicks", "impressions", "clicks_next", "impressions_next"]].sum()
    ctr = _over(sums["clicks"], sums["impressions"])
    after = _over(sums["clicks_next"], sums["impressions_next"])
    return pd.DataFrame({"ctr": ctr, "next_ctr": after, "rise": after / ctr - 1})


def left_by_contact(ads, audience):
    """What is left of an ad's CTR when people see it again, within one audience: fatigue without the mix of audiences.

    ads        one row per ad, audience and contact (how often the person had seen the ad; "1" is the first), any weeks
    audience   the audience that is looked at, e.g. "core"
    Returns a DataFrame, one row per ad, one column per contact: CTR over that of contact "1". No impressions give NaN.
    Raises ColumnMissing, BadValue.
    """
    check_columns(ads, ["ad", "audience", "contact", "clicks", "impressions"])
    rows = ads[ads["audience"] == audience]
    if not (rows["contact"] == "1").any():
        known = did_you_mean(audience, sorted(set(ads["audience"])))
        raise BadValue(f"no first contact (contact '1') of an audience {audience!r}{known}")
    rate = _rate(rows, "clicks", "impressions", ["ad", "contact"]).unstack()
    return rate.div(rate["1"], axis=0)


def _names(by):
    return [by] if isinstance(by, str) else list(by or [])


def _rate(table, top, bottom, keys):
    sums = (table.groupby(keys) if keys else table)[[top, bottom]].sum()
    if keys:
        return _over(sums[top], sums[bottom])
    return float(sums[top] / sums[bottom]) if sums[bottom] else float("nan")


def _over(top, bottom):
    return top / bottom.where(bottom != 0)
