"""The service desk and the weekly report: complaints, reviews, the typed log; and what is true of them."""

from . import complaints, reviews, typed_log

YEAR, LAST_WEEKS = ("2025-01-01", "2026-01-01"), ("2025-12-04", "2026-01-01")
BEFORE, AFTER = ("2025-07-01", "2025-08-01"), ("2025-08-01", "2025-09-01")


def tables(life):
    """service_tickets, reviews, review_labels, daily_log."""
    written = reviews.reviews(life)
    return {
        "service_tickets": complaints.tickets(life),
        "reviews": written,
        "review_labels": reviews.labels(life, written),
        "daily_log": typed_log.typed(life),
    }


def hidden(life):
    """What every review means, what it is about and how it is said."""
    names = ["review_id", "sentiment", "theme", "trick", "batch"]
    return {"reviews": life.tables["reviews"][names]}


def window(table, column, days):
    """Rows whose `column` lies from the first to before the second of `days`."""
    return table[(table[column] >= days[0]) & (table[column] < days[1])]


def truth(life):
    """T24, the end of the invitations, the faulty batch, the typed log."""
    tickets, written = life.tables["service_tickets"], life.tables["reviews"]
    orders = life.tables["orders"].query("status == 'paid'")
    found = {name: reviews.month(written, *days) for name, days in (("before", BEFORE), ("after", AFTER))}
    for name, days in (("before", BEFORE), ("after", AFTER)):
        found[name]["paid_orders"] = len(window(orders, "ordered_at", days))
    spoken = written[written["trick"] != "silent"]
    tricks = spoken[spoken["trick"] != ""].groupby("trick").size()
    return {
        "T24": {
            "what": "Of the closed tickets nine of ten were answered within 24 hours; of all tickets fewer than eight: those "
                    "that nobody owns stay open, and the severe ones most of all.",
            "cause": {"share_that_nobody_owns": complaints.STUCK, "odds_by_severity": complaints.STUCK_BY_SEVERITY},
            "found": {"2025": complaints.sla(window(tickets, "opened_at", YEAR)),
                      "last_four_weeks": complaints.sla(window(tickets, "opened_at", LAST_WEEKS))},
        },
        "review_invitations": {
            "what": "Invitations to review stop: content buyers fall silent, so the negative share doubles while as many "
                    "unhappy buyers write as before.",
            "cause": {"stop": reviews.INVITE_STOP, "write_unasked": dict(zip(reviews.SENTIMENTS, reviews.WRITE, strict=True)),
                      "more_if_invited": dict(zip(reviews.SENTIMENTS, reviews.WRITE_INVITED, strict=True))},
            "found": {"before": found["before"] | {"month": BEFORE[0][:7]}, "after": found["after"] | {"month": AFTER[0][:7]}},
        },
        "review_tone": {
            "what": "Irony, negations and double negations defeat a word list.",
            "cause": {"irony": reviews.IRONY, "negated": reviews.NEGATED, "double_negation": reviews.DOUBLE},
            "found": {"texts": len(spoken), "distinct_texts": spoken["text_zh"].nunique(), "tricks": tricks.to_dict(),
                      "negative_share_of_texts": (spoken["sentiment"] == "negative").mean()},
        },
        "faulty_batch": {
            "what": "A batch of pull-ups XL leaks: a wave of complaints and reviews that is a real cause, not noise.",
            "cause": {"sku": complaints.BATCH_SKU, "days": complaints.BATCH_DAYS},
            "found": {"tickets": int(tickets["batch"].sum()), "reviews": int(written["batch"].sum())},
        },
        "daily_log": typed_log.truth(life),
    }  # fmt: skip
