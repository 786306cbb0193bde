"""Random streams: one per mechanism, so that a new mechanism never moves the numbers of an old one."""

from zlib import crc32

import numpy as np


class Streams:
    """Hands out one generator per name, all grown from one integer seed.

    `Streams(7)("refunds")` gives the same numbers whatever else was drawn before it.
    """

    def __init__(self, seed, part=0):
        self.seed, self.part = int(seed), int(part)
        self._made = {}

    def __call__(self, name):
        """The generator of mechanism `name`; the same object on every call."""
        return self._stream(name, (self.part,) if self.part else ())

    def common(self, name):
        """The generator of `name` that is the same in every part of a large world: luck that hits the whole brand."""
        return self._stream(name + " (common)", ())

    def _stream(self, name, key):
        if name not in self._made:
            child = np.random.SeedSequence(self.seed, spawn_key=(crc32(name.encode("utf-8")), *key))
            self._made[name] = np.random.Generator(np.random.PCG64(child))
        return self._made[name]


def pick(rng, weights, size):
    """`size` positions drawn with probabilities in proportion to `weights` (1-d, not negative)."""
    edges = np.cumsum(weights, dtype=float)
    return np.minimum(np.searchsorted(edges, rng.random(size) * edges[-1], side="right"), len(edges) - 1)


def pick_by_row(rng, table, rows):
    """One column per element of `rows`, drawn with the weights in that row of `table` (rows x columns)."""
    edges = np.cumsum(table, axis=1)
    edges /= edges[:, -1:]
    u = rng.random(len(rows))
    found = np.zeros(len(rows), dtype=np.int64)
    for column in range(edges.shape[1] - 1):
        found += u >= edges[rows, column]
    return found
