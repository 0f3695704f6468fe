"""Greedy: always the most probable symbol."""

from typing import ClassVar

import jax.numpy as jnp

from lstm_music_jax.pytrees import pytree
from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.strategies.truncation import forbid_unless
from lstm_music_jax.xla.ordering import largest


@pytree
class Greedy(Strategy):
    """See `greedy`."""

    permutation_equivariant: ClassVar[bool] = False

    def apply(self, logits, state, key):
        """Forbid all but the first maximum."""
        best = jnp.arange(logits.shape[-1]) == largest(logits)
        return forbid_unless(best, logits), state


def greedy() -> Greedy:
    """Keep the most probable symbol only, the lowest id of equals: argmax_x l_x.

    The limit of `temperature` as T goes to 0.
    """
    return Greedy()
