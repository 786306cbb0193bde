"""The shop's pages: days on which they loaded slowly on Android phones (T06), and how well search engines show them."""

import numpy as np

from . import clock

LCP_FAULT_DAYS = ("2025-03-11", "2025-03-29")
LCP_FAULT_SECONDS = 1.9
# A new algorithm of the search engine: terms that brought most visits lose places (J05.1).
SEARCH_UPDATE_DAY = "2025-08-01"
SEARCH_LOSS, SEARCH_RECOVERS = (
    0.2,
    ("2025-11-01", 160),
)  # share of organic visits lost; half is back 160 days after


def organic_reach():
    """Factor on visits from organic search: 1 until the update of August 2025; shape (days,)."""
    day = np.arange(clock.N_DAYS)
    start, back = (clock.DAYS.get_loc(date) for date in (SEARCH_UPDATE_DAY, SEARCH_RECOVERS[0]))
    lost = np.clip((day - start + 1) / 5, 0, 1) * (1 - 0.5 * np.clip((day - back) / SEARCH_RECOVERS[1], 0, 1))
    return 1 - SEARCH_LOSS * lost
