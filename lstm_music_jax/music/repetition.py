"""Repetition: counts of repeated n-grams and loops in a sequence of symbol ids.

A loop is a passage that consists of one pattern, played at least twice in a row. The
last repeat may stop before the end of the pattern.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Repetition(NamedTuple):
    """Counts of the repetitions in one sequence of symbol ids.

    Attributes:
        repeated: share of n-grams that occur earlier in the sequence, 0 to 1; 0 if
            there are no n-grams.
        distinct: number of different n-grams.
        longest_loop: length in symbols of the longest loop, with all repeats of its
            pattern; 0 if there is no loop.
    """

    repeated: float
    distinct: int
    longest_loop: int


def repetition(
    ids: Sequence[int] | np.ndarray, n: int = 4, longest_period: int = 64
) -> Repetition:
    """Measure repeated n-grams (Welleck et al. 2019, seq-rep-n) and loops.

    >>> repetition([1, 2, 1, 2, 1, 2, 9])
    Repetition(repeated=0.25, distinct=3, longest_loop=6)

    Args:
        ids: the sequence, integers `[t]`.
        n: length of the n-grams.
        longest_period: loops whose pattern is longer than this many symbols are not
            counted; 1 or more.
    """
    ids = np.asarray(ids)
    grams = [ids[start : start + n].tobytes() for start in range(len(ids) - n + 1)]
    distinct = len(set(grams))
    repeated = 1 - distinct / len(grams) if len(grams) else 0.0
    loops = (_longest_loop(ids, period) for period in range(1, longest_period + 1))
    return Repetition(repeated, distinct, max(loops))


def _longest_loop(ids: np.ndarray, period: int) -> int:
    """Return the length of the longest loop with patterns of `period` symbols, or 0."""
    # A run of `repeats` symbols, each equal to the one a period earlier, belongs to a
    # stretch of `repeats + period` symbols.
    repeats = np.concatenate([[False], ids[period:] == ids[:-period], [False]])
    edges = np.flatnonzero(repeats[1:] != repeats[:-1])
    runs = edges[1::2] - edges[::2]
    longest = int(runs.max(initial=0))
    return longest + period if longest >= period else 0
