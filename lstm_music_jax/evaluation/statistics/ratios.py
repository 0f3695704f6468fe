"""Estimates the mean of a number over all symbols of a set of pieces.

An example is the surprisal of each symbol. The interval comes from a bootstrap over
pieces, because symbols of one piece resemble each other.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int, Num

from lstm_music_jax.evaluation.statistics.estimate import Estimate
from lstm_music_jax.evaluation.statistics.resampling import (
    CONFIDENCE,
    RESAMPLES,
    interval,
    p_value,
    resampled_means,
)


def mean_per_symbol(
    sums: Num[np.ndarray, "b *m"],
    counts: Num[np.ndarray, "b *m"],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Estimate sum(sums) / sum(counts) by a bootstrap over pieces.

    A figure is a number per symbol, such as its surprisal. Symbols of one piece
    resemble each other, so whole pieces are resampled. Long pieces weigh more, as in
    the loss of a model. For the difference of two figures of the same symbols, pass the
    difference of their sums. The p-value tests the estimate against zero.

    Args:
      sums: the sum of a figure over the symbols of each piece, or several figures in
        columns.
      counts: the number of symbols in each sum. If the counts of all pieces are 0, the
        value is NaN. If they are 0 in some resample, the interval and the p-value are
        NaN.
      seed: seed of the resamples.
      resamples: number of resamples.
      confidence: confidence of the interval, in (0, 1).

    Returns:
      The estimate. With one piece or none, its interval and its p-value are NaN.

    Example:
      >>> loss = mean_per_symbol(np.array([2.0, 6.0]), np.array([1, 3]))
      >>> float(loss.value), float(loss.low), float(loss.high)
      (2.0, 2.0, 2.0)
    """
    units = len(sums)
    both = np.stack([sums, counts]).astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = both[0].sum(axis=0) / both[1].sum(axis=0)
        if units < 2:
            unknown = np.full_like(value, np.nan)[()]
            return Estimate(value, unknown, unknown, unknown, units)
        rng = np.random.default_rng(seed)
        means = resampled_means(np.moveaxis(both, 0, 1), rng, resamples)
        resampled = means[:, 0] / means[:, 1]
    low, high = interval(resampled, units, confidence)
    return Estimate(value, low, high, p_value(resampled, units), units)


def sums_by_group(
    values: Sequence[Float[np.ndarray, "_"]],
    groups: Sequence[Int[np.ndarray, "_"]],
    count: int,
) -> tuple[Float[np.ndarray, "b m"], Int[np.ndarray, "b m"]]:
    """Return sums of a figure over groups of symbols, per piece, and the group sizes.

    A figure is a number per symbol, and each symbol belongs to one group. The results
    are the arguments `sums` and `counts` of `mean_per_symbol`.

    Args:
      values: the figure at each symbol, one array per piece.
      groups: the group of each symbol, from 0 to `count` - 1, one array per piece.
      count: the number of groups, m.

    Example:
      >>> values, groups = [np.array([0.5, 2, 3])], [np.array([0, 1, 1])]
      >>> sums, counts = sums_by_group(values, groups, 2)
      >>> sums.tolist(), counts.tolist()
      ([[0.5, 5.0]], [[1, 2]])
    """
    both = zip(groups, values, strict=True)
    sums = [np.bincount(group, each, count) for group, each in both]
    counts = [np.bincount(group, minlength=count) for group in groups]
    return np.stack(sums), np.stack(counts)
