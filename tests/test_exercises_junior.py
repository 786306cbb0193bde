"""The exercise matrix of the start and the junior level."""

from matrix import *  # noqa: F403  (the tests)

LEVEL = "NJ"
