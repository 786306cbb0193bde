"""The customer base: who is one person, what a customer has done, which tier, what an action is worth. Earned in M01.

Everything is said as of a day: what was recorded on that day or later is not known yet. Equal customers get equal
scores. A share of a migration belongs to the tier it starts from, and the value of an action is what it adds.
"""

import numpy as np
import pandas as pd

from mktlib.checks import Checked
from mktlib.errors import did_you_mean
from mktlib.inputs import NARROW, BadValue, check_columns, moment

TIERS = ["potential", "active", "loyal", "cooling", "dormant"]


# ---------------------------------------------------------------- who is one person


def linked(contacts, keys):
    """Contacts that are one person: two rows belong together if they share a key, or a third row joins them.

    contacts   one row per contact, any index
    keys       name or list of names of columns, e.g. ["wechat_id", "email_md5"]; empty or missing joins nobody
    Returns a Series with the index of contacts: whole numbers from 0, equal for contacts of one person.
    Raises ColumnMissing. Source: connected components, the transitive closure of record linkage.
    """
    keys = [keys] if isinstance(keys, str) else list(keys)
    check_columns(contacts, keys)
    codes = [pd.factorize(contacts[key].replace("", None))[0] for key in keys]
    person, before = np.arange(len(contacts)), None
    while before is None or (person != before).any():
        before = person.copy()
        for code in codes:
            rows = code >= 0
            lowest = np.full(code.max(initial=-1) + 1, len(person))
            np.minimum.at(lowest, code[rows], person[rows])
            person[rows] = lowest[code[rows]]
    return pd.Series(pd.factorize(person)[0], index=contacts.index, name="person")


def golden_record(contacts, person, newest):
    """One row per person: in each column the newest value that is there, and how many contacts stand behind it.

    contacts   one row per contact
    person     Series with the index of contacts, equal for one person (from linked)
    newest     name of the column of days that orders the contacts of a person, e.g. "created_on"
    Returns a DataFrame by person: the columns of contacts, and `contacts`, a count. Raises ColumnMissing, BadValue.
    """
    check_columns(contacts, [newest])
    person = pd.Series(person).reindex(contacts.index)
    if person.isna().any():
        raise BadValue(f"{int(person.isna().sum())} contacts have no person; give a Series with their index.")
    rows = contacts.replace("", None).sort_values(newest, kind="stable")
    people = rows.groupby(person.reindex(rows.index)).last()
    return people.assign(contacts=person.value_counts().reindex(people.index)).rename_axis("person")


def pair_scores(found, true):
    """How well a rule tells who is who, in pairs of contacts.

    found, true   Series with one index: who the rule takes each contact for, and who it is
    Returns a dict: pairs (joined by the rule), precision (share of them that are one person) and recall (share of the
    pairs of one person that the rule joins), fractions. No pairs give NaN, never 0. Raises BadValue.
    """
    if not found.index.sort_values().equals(true.index.sort_values()):
        raise BadValue(
            "the two Series have different contacts in their index; give the labels of the same contacts."
        )
    both = pd.DataFrame({"found": found, "true": true})
    joined, wanted, right = (_pairs(both, keys) for keys in (["found"], ["true"], ["found", "true"]))
    return {
        "pairs": joined,
        "precision": right / joined if joined else float("nan"),
        "recall": right / wanted if wanted else float("nan"),
    }


def _pairs(table, keys):
    size = table.groupby(keys).size()
    return int((size * (size - 1) // 2).sum())


# ---------------------------------------------------------------- RFM


def rfm(orders, day, days=365):
    """Recency, frequency and money of each customer when `day` began, from paid orders.

    orders   one row per order: customer_id, ordered_at, status, amount; a DataFrame, the path of a file, or a DuckDB relation
    day      date or text like "2026-01-01"; orders from that day on are not known yet
    days     length of the window before `day`; who did not order in it is not in the table
    Returns a DataFrame by customer: recency_days (full days since the last order), orders (count), spend (CNY). Orders without a
    customer are passed over. Raises ColumnMissing, BadValue. Source: Hughes (1994), Strategic Database Marketing.
    """
    day = moment(day).normalize()
    people, parts = paid_orders(orders, day, since=day - pd.Timedelta(days=days), full_days=True)
    spend, visits = Sums(len(people)), [np.zeros(0, "int64")]
    for visit, money in parts:
        visits.append(visit)
        spend.add(visit >> DAYS, money)
    visits = np.concatenate(visits)
    visits.sort()
    who = visits >> DAYS
    starts = np.flatnonzero(first_of_each(who))
    here = who[starts]
    table = {
        "recency_days": visits[starts] & LATEST,
        "orders": np.diff(starts, append=len(who)),
        "spend": spend.total()[here],
    }
    return pd.DataFrame(table, index=people[here])


def first_of_each(numbers):
    """Whether each of ascending numbers differs from the one before it."""
    new = np.ones(len(numbers), bool)
    np.not_equal(numbers[1:], numbers[:-1], out=new[1:])
    return new


DAYS = 22  # bits that hold the days of a visit: ten thousand years
LATEST = (1 << DAYS) - 1


def paid_orders(orders, until, since=None, value="amount", full_days=False):
    """Paid orders before `until`, part by part, so that a file is never in memory as a whole.

    orders   customer_id, ordered_at, status and the value column; a DataFrame, the path of a file, or a DuckDB relation
    until, since   midnights, as Timestamps; since=None takes the orders from the first on
    full_days      count days of 24 hours before `until`, not dates
    Returns an Index of customer_id, ascending (not all of them need have an order), and a generator of arrays (visit, value); a visit is
    place in the index << DAYS | days before `until`. Orders without a customer are passed over. Raises ColumnMissing, BadValue.
    """
    rows, paid = checked_orders(orders, {value: "number"})
    at = rows.of["ordered_at"]
    low, high, count = rows.first("SELECT min(customer_id), max(customer_id), count(*) FROM mktlib_rows")
    known = f"{paid} AND {at} < TIMESTAMP '{until}'"
    if since is not None:
        known += f" AND {at} >= TIMESTAMP '{since}'"
    ago = f"DATE '{until:%Y-%m-%d}' - {at}::DATE"
    if full_days:
        ago = f"(epoch_us(TIMESTAMP '{until}') - epoch_us({at})) // 86_400_000_000"
    if rows.types["customer_id"] in NARROW and low is not None and high - low < 4 * count + 1_000_000:
        people = pd.RangeIndex(low, high + 1, name="customer_id")
        place, table = f"customer_id::BIGINT - {low}", "mktlib_rows"
    else:
        people, table = _numbered(rows, known)
        place = "place"
    sql = f"SELECT ((({place})::BIGINT << {DAYS}) | ({ago})) AS visit, {rows.of[value]} AS value FROM {table} WHERE {known}"
    return people, _visits(rows, sql, value, known)


def checked_orders(orders, more=()):
    """Orders as Checked, and SQL of those that are paid and have a customer. Raises ColumnMissing, BadValue."""
    kinds = {"customer_id": "any", "ordered_at": "time", "status": "text"} | dict(more)
    rows = Checked(orders, kinds)
    at, paid = rows.of["ordered_at"], f"{rows.of['status']} = 'paid' AND customer_id IS NOT NULL"
    if rows.first(f"SELECT count(*) > count({at}) FROM mktlib_rows")[0]:
        untimed = f"{paid} AND {at} IS NULL"
        rows.refuse(
            "ordered_at", untimed, "a paid order without a time", "Leave the row out, or find its time."
        )
    return rows, paid


def _numbered(rows, known):
    """Customers in order, and SQL of the orders with the place of each customer among them; for ids that are text, or far apart."""
    some = f"SELECT DISTINCT customer_id FROM mktlib_rows WHERE {known}"
    found = rows.query(f"{some} ORDER BY customer_id")["customer_id"]
    places = f"SELECT customer_id, row_number() OVER (ORDER BY customer_id) - 1 AS place FROM ({some})"
    return pd.Index(found.tolist(), name="customer_id"), f"mktlib_rows JOIN ({places}) USING (customer_id)"


def _visits(rows, sql, column, known):
    for part in rows.parts(sql):
        visit, value = part["visit"].to_numpy(), part["value"].to_numpy()
        if not np.isfinite(value).all():
            unfit = f"{known} AND NOT coalesce(isfinite({rows.of[column]}), false)"
            rows.refuse(
                column, unfit, "{} for a paid order", "Missing is not zero: leave the row out, or find it."
            )
        yield visit, value


class Sums:
    """Sums by place that do not depend on the order of what is added: multiples of 2^-20 add up without rounding, the rest is tiny.

    The two stand in one complex number, so that each value costs one walk through memory.
    """

    def __init__(self, places):
        self.sums = np.zeros(places, complex)

    def add(self, places, values):
        both = np.empty(len(values), complex)
        both.real = np.rint(values * 2.0**20) / 2.0**20
        both.imag = values - both.real
        np.add.at(self.sums, places, both)

    def total(self):
        return self.sums.real + self.sums.imag


def score(values, cuts, best="high"):
    """Scores from 1 by fixed cut points: equal values get equal scores, this year and next.

    values   numbers, a Series
    cuts     rising upper ends of all steps but the last: [1, 2, 3, 5] makes the steps 1, 2, 3, 4-5 and 6 or more
    best     "high" (orders, spend) or "low" (days since the last order): the best step gets len(cuts) + 1
    Returns an int Series. Raises BadValue for cuts that do not rise and for missing values.
    """
    cuts = list(cuts)
    if not cuts or sorted(set(cuts)) != cuts:
        raise BadValue(f"the cut points {cuts} must rise, each above the one before.")
    _all_there(values)
    if best not in ("high", "low"):
        raise BadValue(f"best is {best!r}; say 'high' or 'low': which end of the values is the good one?")
    step = np.searchsorted(cuts, values.to_numpy(), side="left")
    return pd.Series(
        step + 1 if best == "high" else len(cuts) - step + 1, index=values.index, name=values.name
    )


def mid_rank_quintiles(values, best="high"):
    """Scores 1 to 5 by the share of customers below, ties kept together: each value scores as the middle of its equals.

    values, best   as in score
    Where many are equal a score may stay empty: there is no honest fifth to give. Returns an int Series; BadValue.
    """
    _all_there(values)
    ranks = (values if best == "high" else -values).rank(method="average") - 0.5
    return np.ceil(5 * ranks / len(values)).clip(1, 5).astype("int64")


def _all_there(values):
    if values.isna().any():
        raise BadValue(
            f"{int(values.isna().sum())} values are missing: missing is not a score. Leave them out first."
        )


# ---------------------------------------------------------------- tiers and their migration


def tiers(customers, orders, day, active=60, cooling=120, loyal=3):
    """The tier of each customer registered before `day`, from paid orders before it.

    customers   one row per customer: customer_id, registered_on
    orders      one row per order: customer_id, ordered_at, status
    day         date or text; nothing from that day on is known
    potential: no order yet; last order at most `active` days ago: loyal from `loyal` orders on, else active; cooling: at
    most `cooling` days; dormant: longer ago. Returns an ordered categorical Series by customer. Raises as rfm does.
    """
    check_columns(customers, ["customer_id", "registered_on"])
    check_columns(orders, ["customer_id", "ordered_at", "status"])
    day = moment(day).normalize()
    known = customers.loc[customers["registered_on"] < day, "customer_id"]
    paid = orders[(orders["status"] == "paid") & (orders["ordered_at"] < day)]
    past = (
        paid.groupby("customer_id")["ordered_at"]
        .agg(["max", "size"])
        .reindex(pd.Index(known).union(paid["customer_id"].unique()))
    )
    ago, often = (day - past["max"]).dt.days, past["size"]
    rules = [ago.isna(), (ago <= active) & (often >= loyal), ago <= active, ago <= cooling]
    names = np.select(rules, ["potential", "loyal", "active", "cooling"], "dormant")
    return pd.Series(
        pd.Categorical(names, TIERS, ordered=True), index=past.index.rename("customer_id"), name="tier"
    )


def migration(before, after):
    """Where the people of each tier went: shares of the tier they started from, so that each row adds up to 1.

    before, after   Series of tiers by customer, e.g. of 1 July and 1 January
    Returns a DataFrame: rows are tiers before, `people` counts who was there (the denominator), the other columns are
    tiers after. Customers that only `after` knows have no tier to start from and are left out; one that only `before`
    knows raises BadValue. A tier without people gives NaN, never 0.
    """
    gone = before.index.difference(after.index)
    if len(gone):
        raise BadValue(
            f"{len(gone)} customers of before are not in after, first {gone[0]}; a share needs them all."
        )
    counts = pd.crosstab(before, after.reindex(before.index), dropna=False)
    people = counts.sum(axis=1)
    shares = counts.div(people.where(people > 0), axis=0).rename_axis(index="before", columns="after")
    shares.insert(0, "people", people)
    return shares


# ---------------------------------------------------------------- what an action is worth


def value_per_cell(test, cell, arm, action, outcome, control="none"):
    """What an action adds per customer in each cell of a randomised test: mean with it minus mean without it.

    test      one row per customer of the test
    cell      name of the column that holds the cell, known before the lot was drawn
    arm       name of the column of what was drawn; action, control: two of its values
    outcome   name of a column in yuan, the cost of the action already taken off
    Returns a DataFrame by cell: people (of the two arms), with_action, without, value (difference), standard_error, CNY.
    An arm with fewer than two people in a cell gives NaN. Raises ColumnMissing, BadValue.
    """
    check_columns(test, [cell, arm, outcome])
    for name in (action, control):
        if not (test[arm] == name).any():
            raise BadValue(f"nobody has {arm} {name!r}{did_you_mean(name, test[arm].unique())}")
    groups = test.groupby([cell, arm], observed=True)[outcome].agg(["size", "mean", "var"])
    treated, others = (groups.xs(name, level=arm) for name in (action, control))
    both = treated.join(others, how="outer", suffixes=("_1", "_0"))
    error = np.sqrt(both["var_1"] / both["size_1"] + both["var_0"] / both["size_0"])
    return pd.DataFrame({
        "people": (both["size_1"].fillna(0) + both["size_0"].fillna(0)).astype("int64"),
        "with_action": both["mean_1"], "without": both["mean_0"],
        "value": both["mean_1"] - both["mean_0"], "standard_error": error,
    })  # fmt: skip
