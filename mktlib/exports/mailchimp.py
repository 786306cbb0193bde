"""Mailchimp's report of one campaign: a list of 'Name:,value' lines, with a share in brackets behind some counts."""

import re

from . import layout

FIELDS = {  # what stands before the colon -> header of the table of all campaigns
    "title": "Title", "subject line": "Subject", "delivery date/time": "Send Date", "total recipients": "Total Recipients",
    "successful deliveries": "Successful Deliveries", "bounces": "Total Bounces", "recipients who opened": "Unique Opens",
    "total opens": "Total Opens", "recipients who clicked": "Unique Clicks", "total clicks": "Total Clicks",
    "total unsubs": "Unsubscribes", "total abuse complaints": "Abuse Complaints", "times liked on facebook": "Facebook Likes",
    "times forwarded": "Times Forwarded", "forwarded opens": "Forwarded Opens", "total orders": "Total Orders",
    "total gross sales": "Total Gross Sales", "total revenue": "Total Revenue",
}  # fmt: skip


def tables(content, platform=None, aliases=None):
    """The report as a table of one row; None if the file is no such report."""
    if platform not in (None, "mailchimp") or content.text is None or len(content.text) > 200_000:
        return None
    if not re.search(r"^\W*(Email Campaign Report|Title:)", content.text, re.I):
        return None
    rows = layout.parse(content.text, ",", strict=False)
    header, cells, lines = [], [], []
    for _, row in rows:
        name = row[0].strip().rstrip(":").strip() if row else ""
        if len(row) < 2 or not row[0].strip().endswith(":"):
            lines.append(" ".join(row))
            continue
        value = row[1].strip()
        share = re.fullmatch(r"([\d.,]+)\s*\(([\d.]+%)\)", value)
        header.append(FIELDS.get(name.casefold(), name))
        cells.append(share.group(1) if share else value)
    if not header:
        return None
    return [
        layout.Table(
            "mailchimp",
            layout.trimmed(header),
            1,
            [one for one in lines if one.strip()],
            [(1, cells)],
            name=cells[0],
        )
    ]
