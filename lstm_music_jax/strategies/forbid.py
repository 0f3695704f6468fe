"""Forbid: symbols that must never be drawn."""

from collections.abc import Sequence
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from lstm_music_jax.pytrees import pytree
from lstm_music_jax.strategies.base import Hyperparameter, Strategy, hyperparameter


@pytree
class Forbid(Strategy):
    """See `forbid`."""

    permutation_equivariant: ClassVar[bool] = False
    ids: Hyperparameter

    def apply(self, logits, state, key):
        """Set the forbidden logits to -inf."""
        return logits.at[self.ids].set(-jnp.inf), state


def forbid(ids: Sequence[int]) -> Forbid:
    """Never draw the given ids, such as the start-of-piece symbol.

    Args:
        ids: one or more ids, 0 or more each; one beyond the vocabulary does nothing.
    """
    if len(ids) == 0:
        raise ValueError("ids is empty; forbid takes one or more ids")
    return Forbid(
        hyperparameter("ids", list(ids), lambda i: i >= 0, "0 or more", np.int32)
    )
