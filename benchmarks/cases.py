"""What is timed: each case on one table, done our way, the obvious pandas way, and by the peers that a user would pick.

A way is a function of the path of a Parquet file and of a clock. It calls clock.read() when it has the data in the shape that its tool
takes (we take the file itself) and clock.done() when it has the result; what it returns are a few numbers of the answer, so that
answers can be compared. This file also runs in the peers' environments, where mktlib and DuckDB may be missing: all imports stand
inside the functions and happen before the first timed run.
"""

from typing import NamedTuple

STEPS = ["page_view", "view_item", "add_to_cart", "purchase"]
DAY = "2026-01-01"  # nothing of this day or later is known to customers' tables
END = "2026-07-06"  # the same for hits: the Monday after the half year
KPIS = ["ctr", "cpc", "cpm", "cpa", "roas"]


class Way(NamedTuple):
    run: object
    environment: str | None = None  # name in ENVIRONMENTS; None is the course's own
    words: str = ""  # what a reader has to know about it


class Case(NamedTuple):
    title: str
    table: str
    unit: str
    ways: dict
    sizes: tuple | None = None  # where the three sizes of the others mean nothing


class Environment(NamedTuple):
    packages: tuple
    python: tuple = (3, 11)


# ---------------------------------------------------------------- KPI table


def kpi_mktlib(path, clock):
    from mktlib.metrics import kpi

    table = kpi(path, KPIS, by="channel")
    clock.done()
    return _cells(table)


def kpi_pandas(path, clock):
    columns = ["impressions", "clicks", "cost", "orders", "revenue"]
    rows = _frame(path, ["channel", *columns])
    clock.read()
    s = rows.groupby("channel")[columns].sum()
    table = s.assign(
        ctr=s["clicks"] / s["impressions"],
        cpc=s["cost"] / s["clicks"],
        cpm=1000 * s["cost"] / s["impressions"],
        cpa=s["cost"] / s["orders"],
        roas=s["revenue"] / s["cost"],
    )
    clock.done()
    return _cells(table[KPIS])


# ---------------------------------------------------------------- customers


def rfm_mktlib(path, clock):
    from mktlib.customers import rfm

    table = rfm(path, DAY)
    clock.done()
    return _sums(table)


def rfm_pandas(path, clock):
    import pandas as pd

    orders = _frame(path, ["customer_id", "ordered_at", "status", "amount"])
    clock.read()
    day = pd.Timestamp(DAY)
    known = orders[
        (orders["status"] == "paid")
        & (orders["ordered_at"] < day)
        & (orders["ordered_at"] >= day - pd.Timedelta(days=365))
    ]
    table = known.groupby("customer_id").agg(
        last=("ordered_at", "max"), orders=("ordered_at", "size"), spend=("amount", "sum")
    )
    table.insert(0, "recency_days", (day - table.pop("last")).dt.days)
    clock.done()
    return _sums(table)


def recency_frequency_mktlib(path, clock):
    from mktlib.lifetime import recency_frequency

    table = recency_frequency(path, DAY)
    clock.done()
    return _sums(table[SUMMARY])


def recency_frequency_pandas(path, clock):
    import pandas as pd

    orders = _frame(path, ["customer_id", "ordered_at", "status", "amount"])
    clock.read()
    paid = orders[(orders["status"] == "paid") & (orders["ordered_at"] < DAY)]
    days = (
        paid.assign(day=paid["ordered_at"].dt.normalize())
        .groupby(["customer_id", "day"])["amount"]
        .sum()
        .reset_index()
    )
    table = days.groupby("customer_id").agg(first=("day", "min"), last=("day", "max"), n=("day", "size"))
    table["frequency"] = table["n"] - 1
    table["recency"] = (table["last"] - table["first"]).dt.days / 7
    table["T"] = (pd.Timestamp(DAY) - table["first"]).dt.days / 7
    repeats = days[days["day"] > days["customer_id"].map(table["first"])]
    table["monetary_value"] = (
        repeats.groupby("customer_id")["amount"].mean().reindex(table.index, fill_value=0)
    )
    clock.done()
    return _sums(table[SUMMARY])


def recency_frequency_lifetimes(path, clock):
    from lifetimes.utils import summary_data_from_transaction_data

    orders = _frame(path, ["customer_id", "ordered_at", "status", "amount"])
    clock.read()
    paid = orders[orders["status"] == "paid"]
    table = summary_data_from_transaction_data(
        paid,
        "customer_id",
        "ordered_at",
        "amount",
        observation_period_end=DAY,
        freq="D",
        freq_multiplier=7,
    )
    clock.done()
    return _sums(table[SUMMARY])


SUMMARY = ["frequency", "recency", "T", "monetary_value"]


def bgnbd_mktlib(path, clock):
    from mktlib.lifetime import fit_bgnbd

    people = _frame(path, ["frequency", "recency", "T"])
    clock.read()
    model = fit_bgnbd(people)
    clock.done()
    return {name: getattr(model, name) for name in ("r", "alpha", "a", "b")}


def bgnbd_lifetimes(path, clock):
    from lifetimes import BetaGeoFitter

    people = _frame(path, ["frequency", "recency", "T"])
    clock.read()
    model = BetaGeoFitter()
    model.fit(people["frequency"], people["recency"], people["T"])
    clock.done()
    return {name: float(value) for name, value in model.params_.items()}


def bgnbd_pymc(path, clock):
    from pymc_marketing.clv import BetaGeoModel

    people = _frame(path, ["customer_id", "frequency", "recency", "T"])
    clock.read()
    model = BetaGeoModel()
    model.fit(people, method="map", progressbar=False)
    clock.done()
    return {name: float(model.fit_result[name].mean()) for name in ("r", "alpha", "a", "b")}


# ---------------------------------------------------------------- visits, funnel, cohorts


def web_mktlib(path, clock):
    from mktlib.cohorts import triangle
    from mktlib.funnels import funnel_counts
    from mktlib.web import visits

    count = visits(path).aggregate("count(*)").fetchall()[0][0]
    people = funnel_counts(path, STEPS, days=30)["people"]
    table = triangle(path, END, every="week", who="visitor_id", at="at", status=None)
    clock.done()
    return _web(count, people, table.drop(columns="people"))


def web_pandas(path, clock):
    import pandas as pd

    hits = _frame(path, ["visitor_id", "at", "event"])
    clock.read()
    hits = hits.sort_values(["visitor_id", "at"], kind="stable", ignore_index=True)
    new = (hits["visitor_id"] != hits["visitor_id"].shift()) | (hits["at"].diff() >= pd.Timedelta(minutes=30))
    count = int(new.sum())
    hits["place"] = range(len(hits))
    reached = hits[hits["event"] == STEPS[0]].drop_duplicates("visitor_id").set_index("visitor_id")
    until, people = reached["at"] + pd.Timedelta(days=30), {STEPS[0]: len(reached)}
    for step in STEPS[1:]:
        later = hits[hits["event"] == step].join(
            reached["place"].rename("after"), on="visitor_id", how="inner"
        )
        later = later[(later["place"] > later["after"]) & (later["at"] <= later["visitor_id"].map(until))]
        reached = later.drop_duplicates("visitor_id").set_index("visitor_id")
        people[step] = len(reached)
    day = hits["at"].dt.normalize()
    first = day.groupby(hits["visitor_id"]).transform("min")
    once = pd.DataFrame(
        {"who": hits["visitor_id"], "first": first, "age": (day - first).dt.days // 7}
    ).drop_duplicates()
    monday = once["first"] - pd.to_timedelta(once["first"].dt.day_of_week, unit="D")
    table = pd.crosstab(monday.dt.strftime("%Y-%m-%d"), once["age"])
    clock.done()
    return _web(count, people, table)


def web_retentioneering(path, clock):
    from retentioneering import Eventstream
    from retentioneering.tools.funnel import Funnel

    hits = _frame(path, ["visitor_id", "at", "event"])
    clock.read()
    stream = Eventstream(hits, {"path_cols": ["visitor_id"], "event_col": "event", "timestamp_col": "at"})
    stream = stream.split_sessions(timeout="30m")
    count = stream.df["session_id"].nunique()
    Funnel(stream).fit(STEPS, path_col="visitor_id")
    clock.done()
    return _web(count, {})


# ---------------------------------------------------------------- attribution


def markov_mktlib(path, clock):
    from mktlib.attribution import markov

    table = markov(path)
    clock.done()
    return _floats(table["orders"])


def markov_pandas(path, clock):
    import numpy as np
    import pandas as pd

    rows = _frame(path, ["journey_id", "touch", "channel", "order_id"])
    clock.read()
    rows = rows.sort_values(["journey_id", "touch"], ignore_index=True)
    last = rows["journey_id"] != rows["journey_id"].shift(-1)
    end = rows["order_id"].notna().map({True: "(order)", False: "(nothing)"})
    there = rows["channel"].shift(-1).where(~last, end)
    first = rows["channel"][rows["journey_id"] != rows["journey_id"].shift()].value_counts()
    counts = pd.crosstab(rows["channel"], there)
    counts.loc["(start)"] = first.reindex(counts.columns, fill_value=0)
    chance = counts.div(counts.sum(axis=1), axis=0)
    inner = chance.reindex(columns=chance.index, fill_value=0.0)

    def reaches(inner):
        return np.linalg.solve(np.eye(len(inner)) - inner, chance["(order)"])[chance.index.get_loc("(start)")]

    whole, channels = reaches(inner), [name for name in chance.index if name != "(start)"]
    effect = pd.Series({name: 1 - reaches(inner.assign(**{name: 0.0})) / whole for name in channels})
    orders = effect / effect.sum() * (last & (end == "(order)")).sum()
    clock.done()
    return _floats(orders)


def markov_channelattribution(path, clock):
    from ChannelAttribution import markov_model

    paths = _paths(path)
    clock.read()
    found = markov_model(
        paths, "path", "orders", var_null="nothing", ncore=_cores(), verbose=False, flg_pro=False
    )
    clock.done()
    return _floats(found.set_index("channel_name")["total_conversions"])


def markov_mam(path, clock):
    touches = _touches_of_mam(path)
    clock.read()
    effect = _mam(touches).run_markov(transition_to_same_state=True).metadata["removal_effect"]
    clock.done()
    orders = touches["bought"][~touches["journey_id"].duplicated()].sum()
    return _floats(effect["removal_effect"] / effect["removal_effect"].sum() * orders)


def shapley_mktlib(path, clock):
    from mktlib.attribution import shapley

    orders = shapley(path)
    clock.done()
    return _floats(orders)


def shapley_pandas(path, clock):
    """v(S) of orders has a closed form: each order split equally over its different channels."""
    rows = _frame(path, ["journey_id", "channel", "order_id"])
    clock.read()
    rows = rows[rows["order_id"].notna()].drop_duplicates(["journey_id", "channel"])
    part = 1 / rows.groupby("journey_id")["channel"].transform("size")
    orders = part.groupby(rows["channel"]).sum()
    clock.done()
    return _floats(orders)


def shapley_mam(path, clock):
    touches = _touches_of_mam(path)
    clock.read()
    _mam(touches).run_shapley(max_size=10)
    clock.done()
    return {}


# ---------------------------------------------------------------- helpers


def _frame(path, columns):
    """Columns of a Parquet file as a DataFrame: by pandas, or where it has no reader of its own by DuckDB."""
    import importlib.util

    import pandas as pd

    if importlib.util.find_spec("pyarrow"):
        return pd.read_parquet(path, columns=columns)
    import duckdb

    return duckdb.read_parquet(path).project(", ".join(f'"{column}"' for column in columns)).df()


def _paths(path):
    """Journeys as ChannelAttribution wants them: a row per different path, with its orders and its journeys without one."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    rows = pq.read_table(path, columns=["journey_id", "channel", "order_id"]).combine_chunks()
    journey = rows["journey_id"].to_numpy()
    starts = np.flatnonzero(np.diff(journey, prepend=journey[0] - 1))
    channels = rows["channel"].chunk(0)
    lists = pa.ListArray.from_arrays(pa.array(np.append(starts, len(journey)), pa.int32()), channels)
    names = pc.binary_join(lists, " > ").dictionary_encode()
    bought = rows["order_id"].is_valid().to_numpy()[starts]
    size = np.bincount(names.indices.to_numpy())
    orders = np.bincount(names.indices.to_numpy(), bought)
    return pd.DataFrame({"path": names.dictionary.to_pylist(), "orders": orders, "nothing": size - orders})


def _touches_of_mam(path):
    rows = _frame(path, ["journey_id", "channel", "touch_at", "order_id"])
    return rows.assign(bought=rows.pop("order_id").notna())


def _mam(touches):
    from mam import MAM

    return MAM(
        touches,
        "session",
        channels_colname="channel",
        journey_with_conv_colname="bought",
        datetime_colname="touch_at",
        user_id_colname="journey_id",
    )


def _cores():
    import os

    return os.cpu_count()


def _floats(series):
    return {str(name): float(value) for name, value in series.items()}


def _cells(table):
    return {f"{row} {column}": float(table.loc[row, column]) for row in table.index for column in table}


def _sums(table):
    return {"rows": len(table)} | _floats(table.sum())


def _web(visits, people, cohorts=None):
    """cohorts: people by week and age; a cell that is not over is missing in ours and not compared."""
    found = {"visits": float(visits)} | _floats(people)
    return found | ({} if cohorts is None else {name: n for name, n in _cells(cohorts).items() if n == n})


ENVIRONMENTS = {
    "pandas": Environment(("pandas==3.1.1", "pyarrow==26.0.1", "psutil")),
    "ChannelAttribution": Environment(
        ("ChannelAttribution==2.2.5", "matplotlib", "pyarrow==26.0.1", "psutil")
    ),
    "marketing-attribution-models": Environment(
        ("marketing-attribution-models==2.1.1", "pyarrow==26.0.1", "psutil")
    ),
    "lifetimes": Environment(("lifetimes==0.11.3", "pandas==3.1.1", "pyarrow==26.0.1", "psutil")),
    "retentioneering": Environment(("retentioneering==5.2.4", "pyarrow==26.0.1", "psutil")),
    "pymc-marketing": Environment(("pymc-marketing==1.3.0", "pyarrow==26.0.1", "psutil"), python=(3, 12)),
}
CASES = {
    "kpi": Case(
        "KPI table by channel",
        "ads",
        "ad rows",
        {"mktlib": Way(kpi_mktlib), "pandas": Way(kpi_pandas, "pandas")},
    ),
    "rfm": Case("RFM", "orders", "orders", {"mktlib": Way(rfm_mktlib), "pandas": Way(rfm_pandas, "pandas")}),
    "recency_frequency": Case(
        "Recency-frequency table",
        "orders",
        "orders",
        {
            "mktlib": Way(recency_frequency_mktlib),
            "pandas": Way(recency_frequency_pandas, "pandas"),
            "lifetimes": Way(recency_frequency_lifetimes, "lifetimes"),
        },
    ),
    "web": Case(
        "Visits, funnel, cohorts",
        "hits",
        "hits",
        {
            "mktlib": Way(
                web_mktlib,
                words="visits of half an hour, a funnel of four steps within 30 days, cohorts by week",
            ),
            "pandas": Way(web_pandas, "pandas"),
            "retentioneering": Way(
                web_retentioneering,
                "retentioneering",
                "no limit in time, and no cohorts, which version 5 does not have",
            ),
        },
    ),
    "markov": Case(
        "Markov attribution",
        "journeys",
        "journeys",
        {
            "mktlib": Way(markov_mktlib),
            "pandas": Way(markov_pandas, "pandas"),
            "ChannelAttribution": Way(
                markov_channelattribution, "ChannelAttribution", "a simulation, near the truth"
            ),
            "marketing-attribution-models": Way(markov_mam, "marketing-attribution-models"),
        },
    ),
    "shapley": Case(
        "Shapley attribution",
        "journeys",
        "journeys",
        {
            "mktlib": Way(shapley_mktlib),
            "pandas": Way(shapley_pandas, "pandas"),
            "marketing-attribution-models": Way(
                shapley_mam,
                "marketing-attribution-models",
                "another worth of a set, its rate, so the answers are not compared",
            ),
        },
    ),
    "bgnbd": Case(
        "BG/NBD fit",
        "customers",
        "customers",
        {
            "mktlib": Way(bgnbd_mktlib),
            "lifetimes": Way(bgnbd_lifetimes, "lifetimes"),
            "pymc-marketing": Way(
                bgnbd_pymc, "pymc-marketing", "with priors, the likeliest values, so the answers differ"
            ),
        },
        sizes=(2_357, 100_000, 1_000_000),
    ),
}
