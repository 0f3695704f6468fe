"""Bootstrap for measures that are only defined for a set of pieces."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from lstm_music_jax.evaluation.statistics.estimate import Estimate
from lstm_music_jax.evaluation.statistics.resampling import (
    CONFIDENCE,
    RESAMPLES,
    interval,
    p_value,
    resampled_counts,
)


def bootstrap_sets(
    statistic: Callable[..., Float[np.ndarray, "r"]],
    *sizes: int,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Estimate a statistic of one or more sets by resampling each of them.

    The statistic is a function. For each set, it takes the number of times that each
    resample holds each piece; it returns a number for each resample. For a distance
    from human music, both sets are resampled: `bootstrap_sets(distance, 256, 80)`. Two
    strategies that share primers and noise must be resampled with the same counts, so
    pass a statistic that is a difference: `lambda i, j: ours(i, j) - theirs(i, j)`.

    A resample holds some pieces twice, so its diversity is lower than that of the set,
    and the values of the resamples may all lie below the estimate. The interval is
    therefore formed by the deviations of the resamples from their mean, added to the
    estimate.

    The p-value tests against zero. It is meant for differences, such as that of two
    distances. It has no meaning for a single distance, which is rarely below zero.

    Args:
      statistic: maps counts, one array `[r b]` per set, to one number per resample.
      *sizes: number of pieces of each set, 2 or more.
      seed: seed of the resamples.
      resamples: number of resamples.
      confidence: confidence of the interval, in (0, 1).
    """
    rng = np.random.default_rng(seed)
    value = float(statistic(*(np.ones((1, size)) for size in sizes))[0])
    resampled = statistic(*(resampled_counts(rng, size, resamples) for size in sizes))
    centred = value + resampled - resampled.mean()
    units = min(sizes)
    low, high = interval(centred, units, confidence)
    return Estimate(value, low, high, p_value(centred, units), units)
