"""Probability of improvement: how often a piece of one strategy is the better one.

It is compared with the piece of another strategy that has the same primer and noise.
"""

import numpy as np
from jaxtyping import Float


def improvements(worse_by: Float[np.ndarray, "b *m"]) -> Float[np.ndarray, "b *m"]:
    """1 for the better piece of a pair, 1/2 for a tie, and 0 for the worse one.

    The mean over the pieces is the probability of improvement. Only pieces with the
    same primer and the same noise are compared. (Agarwal et al. compare every run of
    one algorithm with every run of another.)

    Args:
      worse_by: by how much each piece is the worse one. NaN gives NaN.

    References:
      Agarwal et al. 2021, Deep Reinforcement Learning at the Edge of the Statistical
      Precipice, https://arxiv.org/abs/2108.13264.
    """
    better = np.where(worse_by == 0, 0.5, worse_by < 0)
    return np.where(np.isnan(worse_by), np.nan, better)
