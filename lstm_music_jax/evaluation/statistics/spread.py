"""Spread: the variance of a mean over runs, which are trained models."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import special

# Halvings of an interval of p-values.
_HALVINGS = 60


class Spread(NamedTuple):
    """The variance of a mean over runs, in two parts.

    Attributes:
      own: the part that shows in the spread of the runs: the variance between models,
        and that of pieces which each run has for itself.
      shared: the part that all runs have in common, because they share human pieces,
        primers or noise. It is the mean covariance of two runs over the resamples, or
        0 if that is negative, times n / (n - 1) for n pieces.
      runs: number of runs.
      pieces: number of pieces per run.
    """

    own: Float[np.ndarray, "*m"]
    shared: Float[np.ndarray, "*m"]
    runs: int
    pieces: int

    @classmethod
    def of(cls, values: Float[np.ndarray, "k r *m"], pieces: int) -> "Spread":
        """Return the spread of a number from its values in each run.

        Args:
          values: for each run, the values in all resamples, of one measure or of
            several in columns. The first value is that of the pieces themselves.
          pieces: number of pieces per run; 2 or more.
        """
        count, resampled = len(values), values[:, 1:]
        own = values[:, 0].var(axis=0, ddof=1) / count
        of_mean, of_runs = resampled.mean(axis=0).var(axis=0), resampled.var(axis=1)
        # All covariances of two different runs, averaged.
        covariance = (count * of_mean - of_runs.mean(axis=0)) / (count - 1)
        shared = np.maximum(covariance, 0) * pieces / (pieces - 1)
        return cls(np.asarray(own), np.asarray(shared), count, pieces)

    def reach(
        self, quantile: Callable[[int], float | np.ndarray]
    ) -> float | np.ndarray:
        """Return half the width of an interval.

        Args:
          quantile: a function of the degrees of freedom, such as the quantile of
            Student's distribution.
        """
        own = quantile(self.runs - 1) ** 2 * self.own
        return np.sqrt(own + quantile(self.pieces - 1) ** 2 * self.shared)

    def p_value(self, value: float | np.ndarray) -> float | np.ndarray:
        """Return the two-sided p-value of zero for a mean over the runs.

        The interval with confidence 1 - p ends at zero. It is found by halvings, so p
        is 2^-60 if it would be smaller. If the spread is 0, p is 1 for a mean of 0, and
        2^-60 for others.
        """
        low, high = np.zeros_like(self.own), np.ones_like(self.own)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            reach = self.reach(partial(_quantile, tail=middle / 2))
            outside = reach < np.abs(value)
            low, high = np.where(outside, low, middle), np.where(outside, middle, high)
        return high + 0 * reach


def _quantile(freedom: int, tail: float | np.ndarray) -> float | np.ndarray:
    """Return the quantile of Student's distribution at the probability `tail`.

    `freedom` is its degrees of freedom.
    """
    return special.stdtrit(freedom, tail)
