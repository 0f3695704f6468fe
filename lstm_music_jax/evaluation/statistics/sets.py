"""Bootstrap for measures that are defined for a set of pieces and not for one piece."""

from collections.abc import Callable

import numpy as np

from lstm_music_jax.evaluation.statistics.estimate import Estimate
from lstm_music_jax.evaluation.statistics.resampling import (
    CONFIDENCE,
    RESAMPLES,
    interval,
    p_value,
)


def bootstrap_sets(
    statistic: Callable[..., float],
    *sizes: int,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Estimate a statistic of one or more sets by resampling each of them.

    The statistic takes one array of indices per set and returns a number for the pieces
    at these places. A distance to human music resamples both sides:
    `bootstrap_sets(distance, 256, 80)`. Two strategies that share primer and noise are
    resampled alike: `lambda i, j: ours(i, j) - theirs(i, j)`.

    A resample holds some pieces twice. This lowers the diversity of every resample, so
    the resamples as they are would not even surround the estimate. Their deviations
    from their own mean are therefore added to the estimate.

    The p-value is against zero. It is meant for differences, such as that of two
    distances. A distance by itself is rarely below zero, so its p-value means nothing.

    Args:
      statistic: maps index arrays, one per set, to a number.
      *sizes: number of pieces of each set, 2 or more.
      seed: of the resamples.
      resamples: number of resamples.
      confidence: of the interval.
    """
    rng = np.random.default_rng(seed)
    value = float(statistic(*map(np.arange, sizes)))
    resampled = np.array(
        [
            statistic(*(rng.integers(size, size=size) for size in sizes))
            for _ in range(resamples)
        ]
    )
    centred = value + resampled - resampled.mean()
    units = min(sizes)
    low, high = interval(centred, units, confidence)
    return Estimate(value, low, high, p_value(centred, units), units)
