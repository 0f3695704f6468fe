import jax.numpy as jnp

from lstm_music_jax.fields import Integer, integer
from lstm_music_jax.strategies.base import Strategy, forbid_unless
from lstm_music_jax.xla.ordering import keep_mass


class TopK(Strategy):
    """Keeps the k most probable symbols, and any that tie with the k-th.

    Args:
        k: 1 or more. If k is at least the size of the vocabulary, every symbol is kept.

    Reference: Fan, Lewis & Dauphin 2018, https://arxiv.org/abs/1805.04833
    """

    k: Integer = integer(at_least=1)

    def apply(self, logits, state, key):
        count = jnp.asarray(self.k).astype(logits.dtype)
        keep = keep_mass(logits, jnp.ones_like(logits), count)
        return forbid_unless(keep, logits), state
