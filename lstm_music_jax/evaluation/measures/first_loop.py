"""First loop: the number of symbols of a piece before its first loop.

A loop is a passage that consists of one pattern of symbols, played at least twice in a
row.
"""

import numpy as np
from jaxtyping import Int

from lstm_music_jax.evaluation.measures.base import (
    NOT_NEGATIVE,
    Direction,
    PieceMeasure,
    Sample,
)


def first_loop(shortest: int = 16, longest_period: int = 64) -> PieceMeasure:
    """The number of symbols before the first loop; without a loop, the piece's length.

    A passage is a loop with a pattern of p symbols if it has 2 p symbols or more, and
    each symbol after the first p equals the one p positions earlier. The loop begins
    with the first pass of the pattern. The primer, the given beginning of a piece,
    counts.

    Args:
      shortest: length of the shortest loop that counts, in symbols. Shorter ones are
        ignored, because a note that is struck twice would be one.
      longest_period: length of the longest pattern that is searched, in symbols.
    """

    def function(sample: Sample) -> float:
        return float(symbols_before_loop(sample.ids, shortest, longest_period))

    return PieceMeasure(
        name="first loop",
        unit="symbols",
        source="Holtzman et al. 2020, arXiv 1904.09751 (loops)",
        direction=Direction.HUMAN,
        encodings=None,
        bounds=NOT_NEGATIVE,
        function=function,
    )


def symbols_before_loop(
    ids: Int[np.ndarray, "t"], shortest: int = 16, longest_period: int = 64
) -> int:
    """The position at which the first loop begins; `len(ids)` if there is no loop.

    A loop must have `shortest` symbols or more, and a pattern of at most
    `longest_period` symbols.
    """
    first = len(ids)
    for period in range(1, min(longest_period, len(ids) // 2) + 1):
        equal = np.concatenate([[0], np.cumsum(ids[period:] == ids[:-period])])
        needed = max(period, shortest - period)
        looping = np.flatnonzero(equal[needed:] - equal[:-needed] == needed)
        if len(looping):
            first = min(first, int(looping[0]))
    return first
