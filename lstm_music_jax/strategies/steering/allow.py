import jax.numpy as jnp

from lstm_music_jax.fields import Integers, ids
from lstm_music_jax.strategies.base import Strategy, forbid_unless


class Allow(Strategy):
    """Keeps the given symbols only: the complement of `Forbid`.

    If an earlier stage forbade all of them, the strategy is passed over.

    Args:
        ids: one or more ids.
    """

    permutation_equivariant = False
    ids: Integers = ids()

    def apply(self, logits, state, key):
        allowed = jnp.zeros(logits.shape, bool).at[self.ids].set(True)
        return forbid_unless(allowed, logits), state
