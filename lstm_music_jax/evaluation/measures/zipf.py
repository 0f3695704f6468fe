"""Zipf slope: the unevenness with which a piece uses its symbols."""

import numpy as np
from jaxtyping import Int

from lstm_music_jax.evaluation.measures.base import (
    NOT_NEGATIVE,
    Direction,
    PieceMeasure,
)


def zipf() -> PieceMeasure:
    """The exponent s of frequency ~ rank^-s, fitted to the symbols of a piece.

    -s is the slope of the least-squares line through (log rank, log frequency). Rank 1
    is the most frequent symbol. NaN for a piece with fewer than two distinct symbols.
    The primer, the given beginning of a piece, counts.

    References:
      Holtzman et al. 2020, https://arxiv.org/abs/1904.09751.
      Manaris et al. 2005, Zipf's Law, Music Classification, and Aesthetics.
    """
    return PieceMeasure(
        name="Zipf slope",
        unit="",
        source="Holtzman et al. 2020, arXiv 1904.09751; Manaris et al. 2005",
        direction=Direction.HUMAN,
        encodings=None,
        bounds=NOT_NEGATIVE,
        function=lambda sample: zipf_slope(sample.ids),
    )


def zipf_slope(ids: Int[np.ndarray, "t"]) -> float:
    """The exponent s of frequency ~ rank^-s, fitted to one sequence of symbol ids."""
    _, counts = np.unique(ids, return_counts=True)
    if len(counts) < 2:
        return float("nan")
    frequency = np.log(np.sort(counts)[::-1])
    rank = np.log(np.arange(1, len(counts) + 1))
    rank -= rank.mean()
    return float(-(rank @ frequency) / (rank @ rank))
