"""Google Analytics 4: reports under comment lines, several tables in one file, explorations, BigQuery events."""

import json
import re
from datetime import UTC, datetime, timedelta

from . import layout, names, values
from .errors import ExportError

PARAMETERS = (
    "ga_session_number",
    "session_engaged",
    "engagement_time_msec",
    "page_title",
    "page_referrer",
    "value",
    "currency",
)
NTH = {
    "nth day": 1,
    "第 n 天": 1,
    "n. tag": 1,
    "nth week": 7,
    "第 n 周": 7,
    "n. woche": 7,
}  # -> days of one step
DAYS = re.compile(r"(start|end|startdatum|enddatum|开始|结束)\s*(?:date|日期)?\s*[:：]\s*(\d{8})", re.I)


def tables(content, platform=None, aliases=None):
    """All tables of a GA4 file; None if it is none."""
    if platform not in (None, "ga4") or content.text is None:
        return None
    start = content.text.lstrip("\ufeff \n\r")[:400]
    if start.startswith("{"):
        return [events(content.text)]
    if not re.match(r'"?#', start) or len(content.text) > layout.LONG:
        return None
    delimiter, found = layout.locate(content.text, "ga4", aliases)
    if not found:
        return None
    rows = layout.parse(content.text, delimiter)
    return [made for block in blocks(rows) if (made := table_of(block, delimiter, aliases))]


def blocks(rows):
    """Rows cut where a comment block or an empty line is followed by a header; the first preamble is common to all."""
    common, comment, found, gap = None, [], [], False
    for line, cells in rows:
        body = found[-1][1] if found else []
        if not any(cell.strip() for cell in cells):
            gap = True
            continue
        if cells[0].lstrip("\ufeff").startswith("#") and not (body and is_row(cells)):
            comment.append((line, cells))
        elif body and not comment and (not gap or is_row(cells)):
            body.append((line, cells))
        else:
            preamble = comment if common is None else own_days(common, comment)
            common, comment = comment if common is None else common, []
            found.append((preamble, [(line, cells)]))
        gap = False
    return found


def is_row(cells):
    """Whether a number stands behind the first cell: no header and no comment has one, but a page may begin with '#'."""
    return any(re.fullmatch(r"[-+]?\d[\d.,]*\s*%?", cell.strip()) for cell in cells[1:])


def own_days(common, comment):
    """The preamble of a later table: its own first and last day take the place of the common ones."""
    dated = any(DAYS.search(cells[0]) for _, cells in comment)
    return [one for one in common if not (dated and DAYS.search(one[1][0]))] + comment


def table_of(block, delimiter, aliases):
    """The Table of one block: comment rows and the rows below them."""
    preamble, body = block
    place, platform, sure, others = choose(body, aliases)
    line, cells = body[place]
    header = layout.trimmed(cells) or ["column 1"]
    lines = [" ".join(cell for cell in cells if cell.strip()).strip("# ") for _, cells in preamble]
    lines = [one for one in lines if one.strip("- ")]
    rows = body[place + 1 :]
    header, rows = with_days(header, observed(header, rows), lines)
    return layout.Table(
        platform, header, line, lines, rows, delimiter, sure, others, " by ".join((header[-1], header[0]))
    )


def choose(body, aliases):
    """Where the header is. A block that has none known is taken by its first row: GA4 has many names."""
    found = layout.candidates(body, "ga4", aliases)
    return layout.choose(found, body, "ga4") if found else (0, "ga4", 0.5, [])


def with_days(header, rows, lines):
    """'Nth day' 0007 becomes a date and 'Nth week' its days, counted from the start date of the block."""
    unit = NTH.get(names.plain(header[0])) if header else None
    if unit is None:
        return header, rows
    told = {
        found.group(1).casefold(): values.one_date(found.group(2))
        for found in map(DAYS.search, lines)
        if found
    }
    first = told.get("start") or told.get("startdatum") or told.get("开始")
    last = told.get("end") or told.get("enddatum") or told.get("结束")
    if first is None:
        raise ExportError(f"'{header[0]}' counts from a start date that the file does not tell.",
                          "keep the comment lines at the top of the file.", "ga4", header)  # fmt: skip
    made = []
    for line, cells in rows:
        if not cells or not re.fullmatch(r"\d{1,4}", cells[0].strip()):
            made.append((line, cells))
            continue
        day = first + timedelta(days=int(cells[0]) * unit)
        end = day + timedelta(days=unit - 1)
        end = min(end, last) if last and last >= day else end
        made.append(
            (line, [f"{day:%Y-%m-%d}" if unit == 1 else f"{day:%Y-%m-%d} - {end:%Y-%m-%d}", *cells[1:]])
        )
    return ["Date", *header[1:]], made


def observed(header, rows):
    """Rows of a cohort table with its -1, not yet observed, as missing."""
    places = [
        n
        for n, name in enumerate(header)
        if re.fullmatch(r"(?:week|day|month|woche|tag|monat) \d+|第 ?\d+ ?[周天月]", names.plain(name))
    ]
    if len(places) < 2:
        return rows
    return [(line, ["" if n in places and re.fullmatch(r"-1([.,]0+)?", cell.strip()) else cell for n, cell in enumerate(cells)])
            for line, cells in rows]  # fmt: skip


def value_of(parameter):
    """The one typed value of an event parameter as text."""
    value = parameter.get("value") or {}
    return next((str(one) for one in value.values() if one is not None), "")


def events(text):
    """Events of BigQuery's export, a JSON object a line, as a Table: one row an event."""
    header = ["event_date", "event_time_utc", "event_name", "user_pseudo_id", "ga_session_id", "page_location", "source", "medium",
              "device", "country", "purchase_revenue", "transaction_id", *PARAMETERS]  # fmt: skip
    rows = []
    for line, one in enumerate(text.splitlines(), 1):
        if not one.strip():
            continue
        try:
            event = json.loads(one)
            rows.append((line, event_row(event)))
        except (
            ValueError,
            TypeError,
            AttributeError,
            KeyError,
            OverflowError,
            OSError,
            RecursionError,
        ) as problem:
            raise ExportError(f"The line is no GA4 event ({type(problem).__name__}: {str(problem)[:80]}).",
                              "export the table events_YYYYMMDD as newline-delimited JSON.", "ga4", header, line) from None  # fmt: skip
    table = layout.Table("ga4", header, 0, [], rows, name="events")
    return table


def event_row(event):
    """One event as texts, in the order of the header in `events`."""
    if "event_name" not in event or "event_timestamp" not in event:
        raise KeyError("event_name or event_timestamp")
    more = {one["key"]: value_of(one) for one in event.get("event_params") or []}
    time = datetime.fromtimestamp(int(event["event_timestamp"]) / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S")
    source, shop = event.get("session_traffic_source_last_click") or {}, event.get("ecommerce") or {}
    campaign = source.get("manual_campaign") or {}
    device, geo = event.get("device") or {}, event.get("geo") or {}
    made = [event.get("event_date"), time, event["event_name"], event.get("user_pseudo_id"), more.get("ga_session_id"),
            more.get("page_location"), campaign.get("source") or more.get("source"), campaign.get("medium") or more.get("medium"),
            device.get("category"), geo.get("country"), shop.get("purchase_revenue"), shop.get("transaction_id"),
            *(more.get(name) for name in PARAMETERS)]  # fmt: skip
    return ["" if one is None else str(one) for one in made]
