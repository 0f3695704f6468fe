"""Allow: symbols beside which nothing may be drawn."""

from collections.abc import Sequence
from typing import ClassVar

import jax.numpy as jnp
import numpy as np

from lstm_music_jax.pytrees import pytree
from lstm_music_jax.strategies.base import Hyperparameter, Strategy, hyperparameter
from lstm_music_jax.strategies.truncation import forbid_unless


@pytree
class Allow(Strategy):
    """See `allow`."""

    permutation_equivariant: ClassVar[bool] = False
    ids: Hyperparameter

    def apply(self, logits, state, key):
        """Forbid all but the allowed."""
        allowed = jnp.zeros(logits.shape, bool).at[self.ids].set(True)
        return forbid_unless(allowed, logits), state


def allow(ids: Sequence[int]) -> Allow:
    """Draw the given ids only: the complement of `forbid`.

    Args:
        ids: one or more ids, 0 or more each; one beyond the vocabulary does nothing.
            One of them at least must be in the vocabulary and not forbidden before.
    """
    if len(ids) == 0:
        raise ValueError("ids is empty; allow takes one or more ids")
    return Allow(
        hyperparameter("ids", list(ids), lambda i: i >= 0, "0 or more", np.int32)
    )
