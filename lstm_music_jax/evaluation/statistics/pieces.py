"""Paired comparison of two strategies over the pieces that one model generated.

Pieces with the same primer and the same noise make a pair.
"""

import numpy as np
from jaxtyping import Float

from lstm_music_jax.evaluation.statistics.estimate import Estimate
from lstm_music_jax.evaluation.statistics.resampling import (
    CONFIDENCE,
    RESAMPLES,
    interval,
    p_value,
    resampled_means,
)


def paired_difference(
    ours: Float[np.ndarray, "b *m"],
    theirs: Float[np.ndarray, "b *m"],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Estimate mean(ours - theirs) by a bootstrap over pieces.

    Piece i of ours and piece i of theirs have the same primer and the same noise. So
    the differences of these pairs are resampled. Interval and p-value are those of
    `resampling.py`. NaN in a piece gives NaN, so leave such pairs out and say how many.

    Args:
      ours: a measure of each piece, or several measures in columns.
      theirs: the same for the other strategy, in the same order of pieces.
      seed: seed of the resamples.
      resamples: number of resamples.
      confidence: confidence of the interval, in (0, 1).

    Raises:
      ValueError: there are fewer than 2 pieces, or `confidence` is outside (0, 1).

    Example:
      >>> result = paired_difference(np.arange(8.0) + 1, np.arange(8.0))
      >>> float(result.value), float(result.low), float(result.high)
      (1.0, 1.0, 1.0)
    """
    differences = ours - theirs
    units = len(differences)
    resampled = resampled_means(differences, np.random.default_rng(seed), resamples)
    low, high = interval(resampled, units, confidence)
    p = p_value(resampled, units)
    return Estimate(differences.mean(axis=0), low, high, p, units)
