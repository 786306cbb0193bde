"""One metric layer: what metric_definitions.yml says becomes SQL, on DuckDB, in other dialects, or on Spark. Earned in S01.

The tables of a world stand around facts (one row per event, measures that add up) and dimensions (one row per key): the
star schema of metric_definitions.yml. A metric is a sum, or a ratio of two sums, over one fact table a side. Sides of
different facts are summed apart and then stacked, so no join can multiply a row.

The last part serves a request for erasure: who else is this person, where does she stand, delete, and search again.
"""

import atexit
import shutil
import tempfile
from functools import cache, lru_cache
from numbers import Number
from pathlib import Path

import pandas as pd

from mktlib import data, metrics
from mktlib.errors import Told, did_you_mean
from mktlib.inputs import moment

SIDES = ("numerator", "denominator")


class LayerError(Told, ValueError):
    """The layer cannot answer; the message says which metric, dimension, dialect or table, and what there is instead."""


# ---------------------------------------------------------------- asking for a metric


def sql(metric, by=None, where=None, start=None, end=None, dialect="duckdb"):
    """The SQL text of one or several metrics of metric_definitions.yml.

    metric      key or list of keys: "cac", ["aov", "refund_rate"]; catalogue() lists those that can be counted
    by          dimension or list of them: "channel", ["channel", "month"]; dimensions(metric) lists them
    where       {dimension: value or list of values}, e.g. {"channel": ["SEM", "feed ads"]}
    start, end  first and last day, both included: "2025-04-01"; the day of the fact table (of the order, of the cost)
    dialect     any that sqlglot writes: "duckdb", "spark", "postgres", "mysql", "bigquery", ...
    The text reads the views of the star schema, views(dialect) makes those. A ratio is a ratio of sums; nothing to divide
    by gives NULL. Raises LayerError; metrics.MetricUnknown with the closest name.
    """
    return _write(_statement(*_asked(metric, by, where), start, end), dialect)


def query(metric, by=None, where=None, start=None, end=None, engine=None):
    """The numbers of one or several metrics, counted by the SQL of `sql`.

    engine      None takes DuckDB over the active world. A DuckDB connection or a SparkSession is asked as it stands: over your
                own data, make the views of star() that the metric reads; connect(spark) lends it those of the active world
    Returns as metrics.kpi does: a Series indexed by metric, or with `by` a DataFrame with one column a metric, indexed by
    the dimensions, ascending (rows without a value last). Units as in metrics.glossary. Other parameters as in sql.
    Raises as sql; LayerError as well where an engine of yours lacks a table or column, or has empty values where numbers
    are added up. Times of day become dates in the time zone of the engine's session.
    """
    keys, groups, filters = _asked(metric, by, where)
    if engine is None:
        got = _shared().sql(_statement(keys, groups, filters, start, end)).df()
    else:
        _check_tables(engine, keys, groups, filters, start is not None or end is not None)
        got = _rows(engine, _statement(keys, groups, filters, start, end, gaps=True))
        if got.pop("gaps").sum() > 0:
            raise LayerError(_first_gap(engine, keys, groups, filters, start, end))
    got[keys] = got[keys].astype("float64")
    if not groups:
        return got.iloc[0].rename(None)
    got = got.sort_values(groups, ignore_index=True)
    return got.set_index(groups[0] if len(groups) == 1 else groups)


def catalogue(metric=None):
    """What the layer knows of each metric, as a DataFrame by key: name, zh, formula (SQL), table, grain, filters, owner.

    metric      key or list of keys; None takes all, also those that cannot be counted (formula empty, `table` says why)
    Made from the same lines as sql and metrics.glossary. Raises metrics.MetricUnknown.
    """
    keys = (
        list(_known()["metrics"]) if metric is None else [metrics.known_metric(one) for one in _names(metric)]
    )
    rows = {key: _card(key) for key in keys}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("metric")


def dimensions(metric):
    """The dimensions by which a metric (or all of several) can be cut: a sorted list of names. Raises as sql."""
    keys = _countable(metric)
    return sorted(set.intersection(*(set(_reach(fact)) for fact in _facts_of(keys))))


def lineage(metric):
    """Where a metric comes from: a DataFrame with one row per step, `from` and `to`.

    Tables of the world feed fact tables, fact tables feed the metric. Raises as sql.
    """
    (key,) = _countable(metric)
    steps = [(table, fact) for fact in _facts_of([key]) for table in _known()["fact_tables"][fact]["tables"]]
    steps += [(fact, key) for fact in _facts_of([key])]
    return pd.DataFrame(steps, columns=["from", "to"])


def star():
    """The star schema: a DataFrame by table name with grain, tables (of the world), keys and owner."""
    rows = {
        name: {
            "grain": one["grain"],
            "tables": ", ".join(one["tables"]),
            "keys": ", ".join(one.get("keys", [one.get("key")])),
            "owner": one["owner"],
        }
        for name, one in _star().items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("table")


def lineage_map(light, metric=None):
    """The way from tables over facts to metrics, drawn; what hangs together with `light` is lit, the rest is grey.

    light    a metric ("cac") lights its tables, filters and owner; a table ("refunds") lights every metric that reads it
    metric   key or list of keys to draw; None takes all that can be counted
    Returns a plots.Picture whose title and sentence say what is lit. Raises LayerError for a light that is not drawn.
    """
    keys = _countable(metric if metric is not None else list(catalogue().query("formula != ''").index))
    steps = pd.concat([lineage(key) for key in keys]).drop_duplicates()
    columns = [
        list(dict.fromkeys(steps["from"][~steps["from"].isin(steps["to"])])),
        list(dict.fromkeys(steps["from"][steps["from"].isin(steps["to"])])),
        keys,
    ]
    known = [name for column in columns for name in column]
    if light not in known:
        raise LayerError(f"{light!r} is not drawn{did_you_mean(light, known)}")
    lit = _connected(light, steps)
    return _draw_map(columns, steps, lit, light, _said(light, lit, keys))


def _connected(light, steps):
    """Everything before and after a node."""
    lit = {light}
    for here, there in (("from", "to"), ("to", "from")):
        edge = {light}
        while edge:
            edge = set(steps.loc[steps[here].isin(edge), there]) - lit
            lit |= edge
    return lit


def _said(light, lit, keys):
    if light in keys:
        card = _card(light)
        tables = ", ".join(
            sorted({name for fact in _facts_of([light]) for name in _known()["fact_tables"][fact]["tables"]})
        )
        kept = f", only {card['filters']}" if card["filters"] else ""
        return f"{light} hangs on {tables}{kept}; owner: {card['owner']}"
    moved = [key for key in keys if key in lit]
    owners = sorted({_known()["metrics"][key]["owner"] for key in moved})
    return f"{light} feeds {len(moved)} metrics of {len(owners)} owners: {', '.join(owners)}"


def _draw_map(columns, steps, lit, light, said):
    import textwrap

    from matplotlib.figure import Figure

    from mktlib import plots

    with plots.style():
        figure = Figure(figsize=(9, 0.34 * max(map(len, columns)) + 1.4), layout="constrained")
        axes = figure.subplots()
        place = {
            name: (x, 1 - (y + 0.5) / len(column))
            for x, column in enumerate(columns)
            for y, name in enumerate(column)
        }
        for step in steps.itertuples(index=False):
            (x0, y0), (x1, y1) = place[step[0]], place[step[1]]
            on = step[0] in lit and step[1] in lit
            colour = plots.BLUE if on else plots.FAINT
            axes.plot(
                [x0 + 0.02, x1 - 0.02],
                [y0, y1],
                color=colour,
                linewidth=2 if on else 0.8,
                zorder=2 if on else 1,
            )
        for name, (x, y) in place.items():
            weight = "bold" if name in lit else "normal"
            box = {
                "boxstyle": "round,pad=0.25",
                "facecolor": "white",
                "edgecolor": plots.BLUE if name in lit else plots.FAINT,
            }
            if name == light:
                box |= {"facecolor": "#fde3bd", "edgecolor": plots.ORANGE}
            axes.text(x, y, name, ha="center", va="center", fontsize=10, weight=weight, zorder=3, bbox=box,
                      color=plots.INK if name in lit else "#6e6e74")  # fmt: skip
        axes.set(xlim=(-0.4, 2.4), ylim=(0, 1.06))
        axes.axis("off")
        for x, heading in enumerate(("tables of the world", "fact tables", "metrics")):
            axes.text(x, 1.04, heading, ha="center", va="center", fontsize=11, color=plots.INK)
        axes.set_title(textwrap.fill(said, 78), fontsize=12)
    return plots.picture(figure, f"Map from tables over fact tables to metrics. {said}.")


# ---------------------------------------------------------------- engines


def connect(spark=None, metric=None):
    """A DuckDB connection with every table of the active world and every table of the star schema, as views.

    spark    a SparkSession to be used instead: it gets the star schema and what that reads as temporary views, which hide
             tables of the same names as long as the session lives; over data of your own do not call this
    metric   key or list of keys: the SparkSession gets only what these read, which is quicker; None takes all
    Texts are never NULL where load() says empty. Nothing is read before it is asked for. Make temporary tables in it
    (create temp table ...): others share the views, and what is temporary is yours alone.
    """
    return (
        _shared() if spark is None else _lend(spark, list(_star()) if metric is None else _tables_of(metric))
    )


def views(dialect="duckdb"):
    """The star schema as SQL: {name of the view: CREATE VIEW statement} over the tables of a world. Raises LayerError."""
    return {
        name: _write(f"CREATE OR REPLACE VIEW {name} AS {one['sql']}", dialect)
        for name, one in _star().items()
    }


@lru_cache(maxsize=8)
def _connection(place, world_id):
    """The connection of a world; the arguments only tell worlds apart."""
    con = _empty()
    for name in data.tables():
        con.execute(f'CREATE VIEW "{name}" AS {_read(name)}')
    for name, one in _star().items():
        con.execute(f"CREATE VIEW {name} AS {one['sql']}")
    return con


def _empty():
    import duckdb

    con = duckdb.connect()
    con.execute("SET enable_progress_bar = false")
    return con


def _shared():
    return _connection(str(data.folder()), data.fingerprint()).cursor()


def _read(name):
    """SELECT over the files of a table; empty texts of a csv come back as ''."""
    resource = data._resource(name)
    texts = [
        field["name"] for field in resource["schema"]["fields"] if field["type"] in ("string", "yearmonth")
    ]
    filled = ", ".join(f'coalesce("{text}", \'\') AS "{text}"' for text in texts)
    replaced = f" REPLACE ({filled})" if filled and resource["format"] != "parquet" else ""
    files = "[" + ", ".join(data._quoted(path) for path in _files(resource)) + "]"
    return f"SELECT *{replaced} FROM {data._scan(resource, files)}"


def _files(resource):
    paths = resource["path"] if isinstance(resource["path"], list) else [resource["path"]]
    return [(data.folder() / path).as_posix() for path in paths]


def _is_spark(engine):
    return type(engine).__module__.partition(".")[0] == "pyspark"


def _lend(spark, names):
    """The session, with temporary views; Spark reads the tables itself, the small csv ones are laid out as Parquet for it."""
    for table in dict.fromkeys(table for name in names for table in _star()[name]["tables"]):
        resource = data._resource(table)
        files = (
            _files(resource) if resource["format"] == "parquet" else [_as_parquet(table, data.fingerprint())]
        )
        spark.read.parquet(*files).createOrReplaceTempView(table)
    for name in names:
        spark.sql(f"CREATE OR REPLACE TEMPORARY VIEW {name} AS {_write(_star()[name]['sql'], 'spark')}")
    return spark


@cache
def _as_parquet(table, world):
    """Path of a copy of a small table, kept until this process ends: rows of Python would need Spark's Python workers."""
    folder = Path(tempfile.mkdtemp(prefix="mktlib-spark-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = (folder / f"{table}.parquet").as_posix()
    _shared().sql(f'SELECT * FROM "{table}"').write_parquet(path)
    return path


def _rows(engine, statement):
    """Rows of a statement as a DataFrame, of the same types from every engine."""
    if not _is_spark(engine):
        return engine.sql(statement).df()
    answer = engine.sql(_write(statement, "spark"))
    got = pd.DataFrame([tuple(row) for row in answer.collect()], columns=answer.columns)
    kinds = {"date": "datetime64[us]", "int": "int32"}
    return got.astype(
        {
            name: kinds[kind]
            for name, kind in answer.dtypes
            if kind in kinds and (kind == "date" or got[name].notna().all())
        }
    )


def _check_tables(engine, keys, groups, filters, dated):
    """Raise LayerError where an engine lacks a table or a column that a statement reads."""
    whose = "the Spark session" if _is_spark(engine) else "the DuckDB connection"
    for table, wanted in _reads(keys, groups, filters, dated).items():
        known, columns = _columns_in(engine, table), ", ".join(sorted(wanted))
        if not known:
            lend = "connect(spark)" if _is_spark(engine) else "connect()"
            raise LayerError(
                f"{whose} has no table or view {table!r} ({_star()[table]['grain']}). Make a view of that name over your "
                f"own data, with {columns}; the course's own come with layer.{lend}."
            )
        for column in sorted(wanted - known.keys()):
            raise LayerError(
                f"{table!r} has no column {column!r}{did_you_mean(column, sorted(known))} "
                f"{', '.join(keys)} needs {columns} there."
            )
        for column in _gap_tests(table, keys).values():
            if known.get(column, "").lower().startswith(("varchar", "string")):
                raise LayerError(
                    f"{table!r}, column {column!r} is text, and text is not added up. Make it a number in the view: "
                    f"cast({column} as double)."
                )


def _columns_in(engine, table):
    """{column: type} of a table, in small letters as engines compare names; empty where there is no such table."""
    if _is_spark(engine):
        found = engine.table(table).dtypes if engine.catalog.tableExists(table) else []
    else:
        import duckdb

        try:
            relation = engine.table(table)
            found = zip(relation.columns, map(str, relation.dtypes), strict=True)
        except duckdb.CatalogException:
            found = []
    return {name.lower(): kind for name, kind in found}


def _first_gap(engine, keys, groups, filters, start, end):
    """The sentence for rows that have nothing where numbers are added up."""
    for fact in _facts_of(keys):
        day = "date" if "date" in _columns_in(engine, fact) else "cast(null as date)"
        for test, added in _gap_tests(fact, keys).items():
            picks = (
                f"sum(case when {test} then 1 else 0 end) as n, min(case when {test} then {day} end) as day"
            )
            gap = _rows(engine, f"select {picks} {_source(fact, [], filters, start, end)}").iloc[0]
            if gap["n"] > 0:
                since = f", the first on {gap['day']:%Y-%m-%d}" if pd.notna(gap["day"]) else ""
                return (
                    f"{fact!r}, column {added!r}: {int(gap['n'])} rows are empty{since}. Missing is not zero: "
                    "fill them where zero is meant, or leave those rows out of the view."
                )


def _reads(keys, groups, filters, dated):
    """{table: its columns} that a statement reads."""
    from sqlglot import exp, parse_one

    found = {}
    for fact in _facts_of(keys):
        texts = [_measure(key, side) for key in keys for side in _sides(key) if _fact(key, side) == fact]
        columns = {one.name for text in texts for one in parse_one(text, read="duckdb").find_all(exp.Column)}
        columns |= {"date"} if dated else set()
        for name in [*groups, *filters]:
            table = _reach(fact)[name]
            columns.add(_star()[table]["key"] if table else name)
            if table:
                found.setdefault(table, {_star()[table]["key"]}).add(name)
        found[fact] = columns
    return found


# ---------------------------------------------------------------- definitions


def _known():
    return metrics.definitions()


def _star():
    return _known()["dimension_tables"] | _known()["fact_tables"]


def _names(given):
    return [given] if isinstance(given, str) else list(given or [])


def _countable(metric):
    keys = list(dict.fromkeys(metrics.known_metric(one) for one in _names(metric)))
    if not keys:
        raise LayerError("name at least one metric, such as 'aov'.")
    for key in keys:
        if "not_in_layer" in _known()["metrics"][key]:
            why = _known()["metrics"][key]["not_in_layer"]
            raise LayerError(f"{key} stands in the glossary, and no table holds it ready: {why}.")
    return keys


def _fact(key, side):
    table = _known()["metrics"][key]["table"]
    return table if isinstance(table, str) else table[side]


def _sides(key):
    return [side for side in SIDES if side in _known()["metrics"][key]]


def _facts_of(keys):
    return list(dict.fromkeys(_fact(key, side) for key in keys for side in _sides(key)))


def _tables_of(metric):
    """Fact tables behind metrics, and the dimension tables by which they can be cut."""
    facts = _facts_of(_countable(metric))
    return list(dict.fromkeys(table for fact in facts for table in [*_reach(fact).values(), fact] if table))


@cache
def _reach(fact):
    """{dimension: the dimension table that holds it, or None for the fact's own column}."""
    one = _known()["fact_tables"][fact]
    found = dict.fromkeys(["date", *one["dimensions"]])
    for name, table in _known()["dimension_tables"].items():
        if table["key"] in one["keys"]:
            found |= {attribute: name for attribute in table["attributes"] if attribute not in found}
    return found


def _asked(metric, by, where):
    keys, groups, filters = _countable(metric), _names(by), dict(where or {})
    for fact in _facts_of(keys):
        for name in [*groups, *filters]:
            if name not in _reach(fact):
                grain = _known()["fact_tables"][fact]["grain"]
                raise LayerError(
                    f"{', '.join(keys)} cannot be cut by {name!r}: {fact} ({grain}) has no such dimension"
                    f"{did_you_mean(name, dimensions(keys))}"
                )
    return keys, groups, filters


def _card(key):
    metric = _known()["metrics"][key]
    card = {"name": metric["name"], "zh": metric["zh"], "formula": "", "table": "", "grain": metric["grain"]}
    if "not_in_layer" in metric:
        card["table"] = f"none: {metric['not_in_layer']}"
    else:
        card |= {"formula": _formula(key), "table": ", ".join(_facts_of([key]))}
    filters = "; ".join(f"{name} = {value}" for name, value in metric.get("filters", {}).items())
    return card | {"filters": filters, "owner": metric["owner"]}


# ---------------------------------------------------------------- SQL


def _added(key, side):
    """What a side adds up, on which conditions, and whether it is people, who are counted instead."""
    metric, columns = _known()["metrics"][key], _known()["columns"]
    expression, reach = metric[side], _reach(_fact(key, side))
    tests = [
        f"{name} = {_literal(value)}" for name, value in metric.get("filters", {}).items() if name in reach
    ]
    people = columns.get(expression, {}).get("kind") == "people"
    return (columns[expression]["counted_as"] if people else expression), tests, people


def _measure(key, side):
    """The sum of one side over its fact table; people are counted, not added."""
    counted, tests, people = _added(key, side)
    if tests:
        counted = f"case when {' and '.join(tests)} then {counted} end"
    return f"count(distinct {counted})" if people else f"sum({counted})"


def _formula(key):
    sides = [_measure(key, side) for side in _sides(key)]
    return _ratio(key, sides)


def _ratio(key, sides):
    """Sum over sum as a double, because engines that divide decimals round after six digits; or the sum alone."""
    if len(sides) == 1:
        return f"coalesce({sides[0]}, 0)"
    scale = _known()["metrics"][key].get("scale")
    return f"{f'{scale} * ' if scale else ''}cast({sides[0]} as double) / nullif({sides[1]}, 0)"


def _statement(keys, groups, filters, start, end, gaps=False):
    """SELECT of the metrics; with `gaps` also how many rows have nothing where numbers are added up."""
    facts = _facts_of(keys)
    if len(facts) == 1:
        picks = [*groups, *(f"{_formula(key)} as {key}" for key in keys)]
        picks += [f"{_gaps(facts[0], keys)} as gaps"] if gaps else []
        return f"select {', '.join(picks)} {_source(facts[0], groups, filters, start, end)}{_order(groups)}"
    parts = " union all ".join(_part(fact, keys, groups, filters, start, end, gaps) for fact in facts)
    ratios = [f"{_ratio(key, [f'sum({key}_{side})' for side in _sides(key)])} as {key}" for key in keys]
    ratios += ["sum(gaps) as gaps"] if gaps else []
    grouped = f" group by {', '.join(groups)}" if groups else ""
    return f"with sums as ({parts}) select {', '.join([*groups, *ratios])} from sums{grouped}{_order(groups)}"


def _part(fact, keys, groups, filters, start, end, gaps):
    """The sums of one fact table; sides that live in another fact stand there as 0, for the stack."""
    sides = [(key, side) for key in keys for side in _sides(key)]
    picks = [
        f"{_measure(key, side) if _fact(key, side) == fact else '0'} as {key}_{side}" for key, side in sides
    ]
    picks += [f"{_gaps(fact, keys)} as gaps"] if gaps else []
    return f"select {', '.join([*groups, *picks])} {_source(fact, groups, filters, start, end)}"


def _gap_tests(fact, keys):
    """{condition of a row that has nothing where numbers are added up: what is added}; people without an id are not counted."""
    found = {}
    for key in keys:
        for side in _sides(key):
            counted, tests, people = _added(key, side)
            if _fact(key, side) == fact and not people:
                found[" and ".join([*tests, f"({counted}) is null"])] = counted
    return found


def _gaps(fact, keys):
    tests = [f"({test})" for test in _gap_tests(fact, keys)]
    return f"sum(case when {' or '.join(tests)} then 1 else 0 end)" if tests else "0"


def _source(fact, groups, filters, start, end):
    needed = dict.fromkeys(_reach(fact)[name] for name in [*groups, *filters])
    star = _known()["dimension_tables"]
    joins = "".join(f" left join {table} using ({star[table]['key']})" for table in needed if table)
    tests = [_test(name, value) for name, value in filters.items()]
    tests += [f"date >= {_day(start)}"] if start is not None else []
    tests += [f"date <= {_day(end)}"] if end is not None else []
    kept = f" where {' and '.join(tests)}" if tests else ""
    return f"from {fact}{joins}{kept}" + (f" group by {', '.join(groups)}" if groups else "")


def _order(groups):
    return f" order by {', '.join(groups)}" if groups else ""


def _test(name, value):
    if isinstance(value, (list, tuple, set)):
        return f"{name} in ({', '.join(map(_literal, value))})"
    return f"{name} = {_literal(value)}"


def _literal(value):
    return str(value) if isinstance(value, Number) else data._quoted(value)


def _day(value):
    return f"cast('{moment(value):%Y-%m-%d}' as date)"


def _write(statement, dialect):
    import sqlglot
    from sqlglot.dialects.dialect import Dialects

    known = sorted(one.value for one in Dialects if one.value)
    if dialect not in known:
        raise LayerError(f"there is no dialect {dialect!r}{did_you_mean(dialect, known)}")
    return sqlglot.transpile(statement, read="duckdb", write=dialect, pretty=True)[0]


# ---------------------------------------------------------------- erasure


def ids_of(con, customer_id):
    """Under which names the tables know a customer, as far as links tell: {name of an id: sorted list of values}.

    con          DuckDB connection with the tables of a world
    customer_id  number of the customer
    Followed are: CRM contacts without a number that share a WeChat, an e-mail or a phone with one of hers (a phone behind
    which another customer stands joins nobody, as in M01), the WeChat accounts and WeCom contacts found for the customer, the browsers in which only she logged in, and
    her orders. An id "table.column" is looked for in that one place, because the same number means another thing elsewhere.
    Raises LayerError where nobody has that number.
    """
    one = int(customer_id)
    if not con.sql(f"select 1 from customers where customer_id = {one}").fetchall():
        raise LayerError(f"nobody has the customer number {one}.")
    contacts = con.sql(f"""
        with hers as (select * from crm_contacts where customer_id = {one}),
        own_phones as (
            select phone_md5 from crm_contacts where phone_md5 <> ''
            group by phone_md5 having count(distinct customer_id) = 1)
        select * from crm_contacts where customer_id = {one} or (customer_id is null and (
          (wechat_id <> '' and wechat_id in (select wechat_id from hers))
          or (email_md5 <> '' and email_md5 in (select email_md5 from hers))
          or phone_md5 in (select phone_md5 from hers join own_phones using (phone_md5))))
    """).df()
    found = {"customer_id": [one], "crm_contacts.contact_id": sorted(contacts["contact_id"])}
    for key in ("phone_md5", "email_md5", "wechat_id"):
        found[key] = sorted(set(contacts[key]) - {""})
    found["phone_md5"] = [phone for phone in found["phone_md5"] if _is_only_hers(con, phone, one)]
    wecom = con.sql(f"select contact_id, wechat_id from wecom_contacts where customer_id = {one}").df()
    found["wecom_contacts.wechat_id"] = sorted(wecom["wechat_id"].unique())
    found["adviser_chats.contact_id"] = sorted(wecom["contact_id"])
    found["visitor_id"] = _first_column(
        con,
        f"""
        select visitor_id from web_sessions where visitor_id in (select visitor_id from web_sessions where customer_id = {one})
        group by visitor_id having count(distinct customer_id) = 1
    """,
    )
    orders = _first_column(con, f"select order_id from orders where customer_id = {one}")
    for place in ("reviews", "service_tickets"):
        found[f"{place}.order_id"] = orders
    found["referrals.first_order_id"] = orders
    return {name: [_plain(value) for value in values] for name, values in found.items() if len(values)}


def traces(con, ids, per="column"):
    """Where a person still stands: a DataFrame with one row per place that holds her, and how many rows of it.

    con   DuckDB connection; every table and view of it is searched but those of the star schema
    ids   what ids_of returned
    per   "column" gives table, column, id, rows; "table" gives table, rows, a row counted once
    Numbers are looked for in every column of that name or ending in it ("inviter_customer_id"); texts, such as hashes, in
    every text column whatever its name; an id "table.column" in that place. No rows in the result are the proof.
    Raises LayerError for an empty ids.
    """
    if not ids:
        raise LayerError("no id was given, so nothing could be found: take ids_of(con, customer_id).")
    rows = []
    for table, columns in _columns(con).items():
        tests = _tests(table, columns, ids)
        hit = dict.fromkeys(column for column, _, _ in tests)
        # one look at each column for all names at once; which name it was is asked only where something was found
        wide = {column: " or ".join(test for other, _, test in tests if other == column) for column in hit}
        hit = [column for column, n in zip(hit, _counted(con, table, wide.values()), strict=True) if n]
        tests = [one for one in tests if one[0] in hit]
        if per == "table":
            tests = [("", "", " or ".join(test for _, _, test in tests))] if tests else []
        counts = _counted(con, table, [test for _, _, test in tests])
        rows += [(table, column, name, n) for (column, name, _), n in zip(tests, counts, strict=True) if n]
    found = pd.DataFrame(rows, columns=["table", "column", "id", "rows"])
    return found[["table", "rows"]] if per == "table" else found


def _tests(table, columns, ids):
    """(column, id, condition) for each place of a table that may hold the person."""
    return [
        (column, name, _in(column, ids[name]))
        for column, kind in columns
        for name in ids
        if _may_hold(table, column, kind, name, ids[name])
    ]


def _counted(con, table, tests):
    """How many rows meet each condition, in one pass over the table."""
    counts = ", ".join(f"count(*) filter (where {test})" for test in tests)
    return con.sql(f'select {counts} from "{table}"').fetchall()[0] if counts else ()


def _columns(con):
    """{table: [(column, type), ...]} of every table and view, the star schema left out."""
    found = {}
    for table, column, kind in con.sql("""
        select table_name, column_name, data_type from information_schema.columns order by table_name, ordinal_position
    """).fetchall():
        if table not in _star():
            found.setdefault(table, []).append((column, kind))
    return found


def erase(con, ids, keep=None):
    """Delete a person from every table of a copy, and say what was done: a DataFrame with table, rows and done.

    con    DuckDB connection whose tables are real ones (rehearsal makes such a copy; views cannot lose rows)
    ids    what ids_of returned
    keep   {table: column to be emptied}: rows that a law keeps stay, without the person, e.g. {"orders": "customer_id"}
    All or nothing: a failure leaves the copy as it was, and so does a trace that is left. Raises LayerError.
    """
    keep, done = dict(keep or {}), []
    con.execute("begin")
    try:
        for table, found in traces(con, ids).groupby("table", sort=False):
            tests = " or ".join(_in(row.column, ids[row.id]) for row in found.itertuples())
            if table in keep:
                statement, what = (
                    f'update "{table}" set "{keep[table]}" = null',
                    f"kept, {keep[table]} emptied",
                )
            else:
                statement, what = f'delete from "{table}"', "deleted"
            ((rows,),) = con.execute(f"{statement} where {tests}").fetchall()
            done.append((table, rows, what))
        left = traces(con, ids)
        if len(left):
            raise LayerError(f"{left['table'].iloc[0]} still holds the person in {left['column'].iloc[0]}")
        con.execute("commit")
    except Exception as problem:
        con.execute("rollback")
        raise LayerError(f"nothing was erased: {str(problem).splitlines()[0]}") from problem
    return pd.DataFrame(done, columns=["table", "rows", "done"])


KNOW_A_PERSON = ("customer_id", "visitor_id", "contact_id", "order_id", "phone_md5", "share_code")

COPIES = {
    "mart_customer_value": """
        select customer_id, count(*) as orders, round(sum(amount), 2) as spend, max(cast(ordered_at as date)) as last_order
        from orders where status = 'paid' group by customer_id""",
    "upload_lookalike_2025_q4": """
        select distinct phone_md5 as hash from crm_contacts
        where phone_md5 <> '' and marketed_on is not null""",
    "train_churn_2025": """
        select customer_id, max(tier) as tier, count(*) as waves, max(case when ordered_14d then 1 else 0 end) as label
        from recall_test group by customer_id""",
}


def rehearsal(views=False):
    """A copy of the active world to practise erasure on: DuckDB in memory, nothing of it reaches the files.

    Holds every table that knows a person (customer, contact, browser or order), and three copies as teams make them: a
    mart of customers' values, a list of hashed phones uploaded to a platform, the training table of a churn model.
    views   True makes views instead of tables, which is faster, and enough to search in
    """
    con, kind = _empty(), "VIEW" if views else "TABLE"
    for name in data.tables():
        if _knows_a_person(name):
            con.execute(f'CREATE {kind} "{name}" AS {_read(name)}')
    for name, text in COPIES.items():
        con.execute(f"CREATE {kind} {name} AS {text}")
    return con


def _knows_a_person(name):
    columns = [field["name"] for field in data._resource(name)["schema"]["fields"]]
    return any(column.endswith(KNOW_A_PERSON) for column in columns)


def _is_only_hers(con, phone, customer_id):
    owners = con.sql(
        f"select distinct customer_id from crm_contacts where phone_md5 = {data._quoted(phone)}"
    ).fetchall()
    return {owner for (owner,) in owners} <= {customer_id, None}


def _may_hold(table, column, kind, name, values):
    if "." in name:
        return name == f"{table}.{column}"
    if isinstance(values[0], str):
        return kind == "VARCHAR"
    return (column == name or column.endswith("_" + name)) and kind != "VARCHAR"


def _in(column, values):
    return f'"{column}" in ({", ".join(map(_literal, values))})'


def _first_column(con, statement):
    return sorted(row[0] for row in con.sql(statement).fetchall())


def _plain(value):
    return value if isinstance(value, str) else int(value)
