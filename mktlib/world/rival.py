"""A rival enters the market (T21)."""

from . import clock

RIVAL_DAY = "2025-02-10"
RIVAL_CPC = 1.18


def present():
    """True from the day on which the rival is in the market; shape (days,)."""
    return clock.between(RIVAL_DAY, clock.END)
