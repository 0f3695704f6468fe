"""Min-p: symbols at least a fraction as probable as the most probable one."""

import jax.numpy as jnp

from lstm_music_jax.pytrees import pytree
from lstm_music_jax.strategies.base import (
    Hyperparameter,
    Setting,
    Strategy,
    hyperparameter,
)
from lstm_music_jax.strategies.truncation import forbid_unless


@pytree
class MinP(Strategy):
    """See `min_p`."""

    p: Hyperparameter

    def apply(self, logits, state, key):
        """Keep logits within log p of the largest."""
        return forbid_unless(logits >= jnp.max(logits) + jnp.log(self.p), logits), state


def min_p(p: Setting) -> MinP:
    """Keep the symbols with p_x >= p max_y p_y.

    Args:
        p: in (0, 1]; 1 keeps the most probable one and its equals.

    Reference: Nguyen et al. 2024, https://arxiv.org/abs/2407.01082
    """
    return MinP(hyperparameter("min_p", p, lambda p: (p > 0) & (p <= 1), "in (0, 1]"))
