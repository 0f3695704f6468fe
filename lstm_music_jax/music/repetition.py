"""How much a sequence repeats itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Repetition(NamedTuple):
    """Of one sequence.

    repeated: share of its n-grams that occurred before in it, 0 to 1.
    distinct: how many different n-grams it has.
    longest_loop: symbols in the longest stretch that repeats itself at least once at
        once, with a period of up to the longest one looked for.
    """

    repeated: float
    distinct: int
    longest_loop: int


def repetition(
    ids: Sequence[int] | np.ndarray, n: int = 4, longest_period: int = 64
) -> Repetition:
    """Measure repeated n-grams (Welleck et al. 2019, seq-rep-n) and loops.

    >>> repetition([1, 2, 3, 1, 2, 3, 1, 2, 4])
    Repetition(repeated=0.3333333333333333, distinct=4, longest_loop=8)
    """
    ids = np.asarray(ids)
    grams = np.lib.stride_tricks.sliding_window_view(ids, n) if len(ids) >= n else []
    distinct = len({gram.tobytes() for gram in grams})
    repeated = 1 - distinct / len(grams) if len(grams) else 0.0
    loops = (_loop(ids, period) for period in range(1, longest_period + 1))
    return Repetition(repeated, distinct, max(loops))


def _loop(ids: np.ndarray, period: int) -> int:
    # A stretch of two periods or more, in which each symbol is the one a period ago.
    equal = np.concatenate([[False], ids[period:] == ids[:-period], [False]])
    edges = np.flatnonzero(equal[1:] != equal[:-1])
    runs = edges[1::2] - edges[::2]
    longest = int(runs.max(initial=0))
    return longest + period if longest >= period else 0
