"""Means over pairs of different pieces, in a resample that may hold a piece twice."""

import numpy as np
from jaxtyping import Float, Int


def weights(places: Int[np.ndarray, "b"], size: int) -> Float[np.ndarray, "{size}"]:
    """How often each of `size` pieces occurs in `places`, as shares that sum to 1."""
    return np.bincount(places, minlength=size) / len(places)


def mean_over_pairs(
    matrix: Float[np.ndarray, "b b"], places: Int[np.ndarray, "r"]
) -> float:
    """The mean of `matrix` over ordered pairs of different pieces among `places`.

    Two copies of one piece are not a pair, because they come from resampling. NaN if
    `places` holds only one piece.

    Args:
      matrix: a value for each pair of pieces, 0 on the diagonal.
      places: indices of the resampled pieces.
    """
    taken = weights(places, len(matrix))
    pairs = 1 - taken @ taken
    if np.isclose(pairs, 0):
        return float("nan")
    return float(taken @ matrix @ taken / pairs)
