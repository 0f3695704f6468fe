"""Probability of improvement: the share of pieces better than their partners."""

import numpy as np
from jaxtyping import Float


def improvements(worse_by: Float[np.ndarray, "b *m"]) -> Float[np.ndarray, "b *m"]:
    """1 for a piece that is better than its partner, 1/2 for a tie, and 0 otherwise.

    Agarwal et al. compare every run of one algorithm with every run of another. Here a
    piece of one strategy has a partner with the same primer and the same noise, and
    only partners are compared. The mean over the pieces is the probability:

        P(better) = mean over i of [worse_by_i < 0] + [worse_by_i = 0] / 2

    Args:
      worse_by: by how much each piece is worse than its partner. NaN gives NaN.

    References:
      Agarwal et al. 2021, Deep Reinforcement Learning at the Edge of the Statistical
      Precipice, https://arxiv.org/abs/2108.13264.
    """
    better = np.where(worse_by == 0, 0.5, worse_by < 0)
    return np.where(np.isnan(worse_by), np.nan, better)
