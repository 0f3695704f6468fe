"""The result of every analysis: a value, an interval and a p-value."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Estimate:
    """A value with its uncertainty.

    `value`, `low`, `high` and `p` are arrays `[m]` if several measures were given.

    Attributes:
      value: the estimate.
      low: lower end of the confidence interval.
      high: upper end of the confidence interval.
      p: two-sided p-value; the null hypothesis is "no difference".
      pieces: number of pieces per run; the size of the smallest set if there are
        several sets.
      runs: number of trained models that the pieces come from.
    """

    value: float | np.ndarray
    low: float | np.ndarray
    high: float | np.ndarray
    p: float | np.ndarray
    pieces: int
    runs: int = 1

    @property
    def scope(self) -> str:
        """The data behind the result, in words: "256 pieces, one model".

        With one run, the interval holds for further pieces of that model. It says
        nothing about a model trained with another seed.
        """
        models = "one model" if self.runs == 1 else f"{self.runs} models"
        return f"{self.pieces} pieces, {models}"
