import jax.numpy as jnp

from lstm_music_jax.strategies.base import Strategy, forbid_unless
from lstm_music_jax.xla.ordering import largest


class Greedy(Strategy):
    """Keeps only the most probable symbol, argmax_x l_x.

    If several symbols are equally probable, it keeps the one with the lowest id.
    Otherwise, this is the limit of `Temperature` as T goes to 0.
    """

    permutation_equivariant = False

    def apply(self, logits, state, key):
        best = jnp.arange(logits.shape[-1]) == largest(logits)
        return forbid_unless(best, logits), state
