"""Probability of improvement: how often a piece of one strategy is the better one.

It is compared with the piece of another strategy that has the same primer and noise.
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


def probability_of_improvement(
    ours: Float[np.ndarray, "b *m"],
    theirs: Float[np.ndarray, "b *m"],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
    confidence: float = CONFIDENCE,
) -> Estimate:
    """Estimate the probability that piece i of ours exceeds piece i of theirs.

    These two pieces have the same primer and the same noise, and no others are
    compared. (Agarwal et al. compare every run of one algorithm with every run of
    another.)

        P(ours > theirs) = mean over i of [ours_i > theirs_i] + [ours_i = theirs_i] / 2

    Larger values count as better, so negate a measure if its smaller values are better.
    The p-value tests against 1/2. If all pairs agree, the interval is a single point,
    because all resamples agree too. NaN in a piece gives NaN.

    References:
      Agarwal et al. 2021, Deep Reinforcement Learning at the Edge of the Statistical
      Precipice, https://arxiv.org/abs/2108.13264.
    """
    wins = (ours > theirs) + 0.5 * (ours == theirs) + 0 * (ours - theirs)
    units = len(wins)
    resampled = resampled_means(wins, np.random.default_rng(seed), resamples)
    low, high = interval(resampled, units, confidence)
    return Estimate(wins.mean(axis=0), low, high, p_value(resampled, units, 0.5), units)
