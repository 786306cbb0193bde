"""The exercise matrix of the mid level."""

from matrix import *  # noqa: F403  (the tests)

LEVEL = "M"
