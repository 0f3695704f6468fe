"""Agreement of listeners: Krippendorff's alpha.

A unit is what listeners vote on, such as a pair of pieces. A vote names one of several
categories, such as the first piece, the second piece, or neither.
"""

import numpy as np
from jaxtyping import Float, Int

from lstm_music_jax.evaluation.statistics.estimate import Estimate
from lstm_music_jax.evaluation.statistics.resampling import (
    CONFIDENCE,
    RESAMPLES,
    interval,
    p_value,
    resampled_counts,
)


def agreement(
    counts: Int[np.ndarray, "u c"],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Estimate how far listeners agree, by Krippendorff's alpha for categories.

        alpha = 1 - (observed disagreement) / (disagreement expected by chance)

    It is 1 if all agree, and 0 if they agree as often as votes in random order would.
    Listeners need not have voted on everything. A unit with fewer than two votes says
    nothing and is left out.

    The interval is that of a bootstrap over the units. It holds for further units with
    these listeners.

    Args:
      counts: for each unit and each category, the number of votes.
      seed: seed of the resamples.
      resamples: number of resamples.
      confidence: confidence of the interval, in (0, 1).

    Returns:
      The estimate; its p-value tests against 0. Its `pieces` is the number of units
      with two votes or more. The value is NaN if there are none, or if all their votes
      are in one category. The interval and the p-value are NaN if that happens in any
      resample, or if there are fewer than two such units.

    Example:
      >>> float(agreement(np.array([[2, 0], [0, 2], [2, 0], [1, 1]])).value)
      0.5333333333333333

    References:
      Krippendorff 2011, Computing Krippendorff's Alpha-Reliability.
    """
    counts = counts[counts.sum(axis=1) >= 2]
    units = len(counts)
    value = float(_alpha(counts, np.ones((1, units)))[0])
    if units < 2:
        return Estimate(value, np.nan, np.nan, np.nan, units)
    drawn = resampled_counts(np.random.default_rng(seed), units, resamples)
    resampled = _alpha(counts, drawn)
    low, high = interval(resampled, units, confidence)
    return Estimate(value, low, high, p_value(resampled, units), units)


def _alpha(
    counts: Int[np.ndarray, "u c"], weights: Float[np.ndarray, "r u"]
) -> Float[np.ndarray, "r"]:
    """Return alpha once per row of `weights`, which says how often each unit counts."""
    votes = counts.sum(axis=1)
    # Ordered pairs of votes in one unit that differ, per other vote.
    differ = (votes**2 - (counts**2).sum(axis=1)) / (votes - 1)
    total, of_category = weights @ votes, weights @ counts
    expected = total**2 - (of_category**2).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return 1 - (total - 1) * (weights @ differ) / np.where(
            expected > 0, expected, np.nan
        )
