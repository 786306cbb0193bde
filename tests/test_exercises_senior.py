"""The exercise matrix of the senior level."""

from matrix import *  # noqa: F403  (the tests)

LEVEL = "S"
