"""Top-k: only the k most probable symbols."""

import jax.numpy as jnp
import numpy as np

from lstm_music_jax.pytrees import pytree
from lstm_music_jax.strategies.base import (
    Hyperparameter,
    Setting,
    Strategy,
    hyperparameter,
)
from lstm_music_jax.strategies.truncation import forbid_unless
from lstm_music_jax.xla.ordering import keep_mass


@pytree
class TopK(Strategy):
    """See `top_k`."""

    k: Hyperparameter

    def apply(self, logits, state, key):
        """Keep entries until they are k."""
        count = jnp.asarray(self.k).astype(logits.dtype)
        keep = keep_mass(logits, jnp.ones_like(logits), count)
        return forbid_unless(keep, logits), state


def top_k(k: Setting) -> TopK:
    """Keep the k most probable symbols, and any that tie with the k-th.

    Args:
        k: 1 or more; a k of the vocabulary's size or more keeps everything.

    Reference: Fan, Lewis & Dauphin 2018, https://arxiv.org/abs/1805.04833
    """
    return TopK(hyperparameter("top_k", k, lambda k: k >= 1, "1 or more", np.int32))
