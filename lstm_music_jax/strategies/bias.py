"""Bias: make chosen symbols more or less likely."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from lstm_music_jax.pytrees import pytree
from lstm_music_jax.strategies.base import Hyperparameter, Strategy, hyperparameter


@pytree
class Bias(Strategy):
    """See `bias`."""

    permutation_equivariant: ClassVar[bool] = False
    ids: Hyperparameter
    values: Hyperparameter

    def apply(self, logits, state, key):
        """Add the values."""
        return logits.at[self.ids].add(self.values), state


def bias(ids: Sequence[int], values: Sequence[float]) -> Bias:
    """Add a value to the logit of each given id: l_x + value_x.

    A value of ln 2 doubles a symbol's odds. A forbidden symbol stays forbidden.

    Args:
        ids: one or more ids, 0 or more each; one beyond the vocabulary does nothing,
            and of one given twice the values add up.
        values: as many finite numbers.
    """
    if len(ids) == 0:
        raise ValueError("ids is empty; bias takes one or more ids")
    if np.shape(values) != np.shape(ids):
        raise ValueError(f"values is {values}; it must be {len(ids)}, one for each id")
    return Bias(
        hyperparameter("ids", list(ids), lambda i: i >= 0, "0 or more", np.int32),
        hyperparameter("values", list(values), np.isfinite, "finite numbers"),
    )
