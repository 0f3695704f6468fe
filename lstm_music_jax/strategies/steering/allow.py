import jax.numpy as jnp

from lstm_music_jax.fields import Integers, ids
from lstm_music_jax.strategies.base import Strategy, forbid_unless


class Allow(Strategy):
    """Keeps only the given symbols, and forbids all others.

    If an earlier stage of a chain forbade all given symbols, or a promise in it does,
    such as `Obey`, the strategy is ignored.

    Args:
        ids: one or more ids.
    """

    permutation_equivariant = False
    ids: Integers = ids()

    def apply(self, logits, state, key):
        allowed = jnp.zeros(logits.shape, bool).at[self.ids].set(True)
        return forbid_unless(allowed, logits), state
