import jax.numpy as jnp

from lstm_music_jax.fields import Number, number
from lstm_music_jax.strategies.base import Strategy, forbid_unless


class MinP(Strategy):
    """Keeps the symbols at least p times as probable as the most probable one.

        p_x >= p max_y p_y

    p_x is the probability of symbol x.

    Args:
        p: in (0, 1]; 1 keeps only the most probable symbol and its ties.

    Reference: Nguyen et al. 2024, https://arxiv.org/abs/2407.01082
    """

    p: Number = number(above=0, at_most=1)

    def apply(self, logits, state, key):
        return forbid_unless(logits >= jnp.max(logits) + jnp.log(self.p), logits), state
