"""Means over pairs of pieces that a resample may hold several times."""

import numpy as np
from jaxtyping import Float, Int


def weights(places: Int[np.ndarray, "b"], size: int) -> Float[np.ndarray, "{size}"]:
    """How often each of `size` pieces was taken, as shares that sum to 1."""
    return np.bincount(places, minlength=size) / len(places)


def mean_over_pairs(
    matrix: Float[np.ndarray, "b b"], places: Int[np.ndarray, "r"]
) -> float:
    """The mean of `matrix` over ordered pairs of different pieces among `places`.

    The diagonal of `matrix` must be zero. Two copies of one piece are no pair, because
    resampling made them. NaN where only one piece was taken.
    """
    taken = weights(places, len(matrix))
    pairs = 1 - taken @ taken
    if np.isclose(pairs, 0):
        return float("nan")
    return float(taken @ matrix @ taken / pairs)
