"""Probability of improvement: how often a piece of one strategy is the better one.

Each piece of one strategy is paired with the piece of another strategy that has the
same primer (the given beginning) and the same noise (the random numbers of generation).
"""

import numpy as np
from jaxtyping import Float


def improvements(worse_by: Float[np.ndarray, "b *m"]) -> Float[np.ndarray, "b *m"]:
    """1 where a piece is better than the other of its pair, 1/2 if equal, else 0.

    The mean over the pieces is the probability of improvement. (Agarwal et al. compare
    every run of one algorithm with every run of another, and not pairs.)

    Args:
      worse_by: for each piece, by how much it is worse than the other of its pair;
        negative if it is better. NaN gives NaN. There may be several measures in
        columns.

    References:
      Agarwal et al. 2021, Deep Reinforcement Learning at the Edge of the Statistical
      Precipice, https://arxiv.org/abs/2108.13264.
    """
    better = np.where(worse_by == 0, 0.5, worse_by < 0)
    return np.where(np.isnan(worse_by), np.nan, better)
