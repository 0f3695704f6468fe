"""Means over all pairs of different pieces of a set, in each resample of a bootstrap.

A resample may hold a piece several times. Copies of one piece do not form a pair.
"""

import numpy as np
from jaxtyping import Float


def shares(counts: Float[np.ndarray, "r b"]) -> Float[np.ndarray, "r b"]:
    """The counts of each resample, divided by their sum; rows sum to 1."""
    return counts / counts.sum(axis=1, keepdims=True)


def mean_over_pairs(
    matrix: Float[np.ndarray, "b b"], counts: Float[np.ndarray, "r b"]
) -> Float[np.ndarray, "r"]:
    """The mean of `matrix` over all ordered pairs of different pieces in each resample.

    Two copies of one piece are not a pair, because they come from resampling. NaN for
    a resample that holds only one piece.

    Args:
      matrix: a value for each pair of pieces, 0 on the diagonal.
      counts: number of times that each resample holds each piece.
    """
    taken = shares(counts)
    pairs = 1 - (taken * taken).sum(axis=1)
    pairs[np.isclose(pairs, 0)] = np.nan
    return ((taken @ matrix) * taken).sum(axis=1) / pairs
