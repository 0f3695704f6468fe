import jax
import jax.numpy as jnp

from lstm_music_jax.fields import Number, number
from lstm_music_jax.strategies.base import Strategy, forbid_unless


class EpsilonCutoff(Strategy):
    """Keeps the symbols with p_x >= epsilon, and always the most probable one.

    p_x is the probability of symbol x. All other symbols are forbidden.

    Args:
        epsilon: in (0, 1); the paper suggests 3e-4 to 9e-4 for 50,000 words.

    Reference: Hewitt, Manning & Liang 2022, https://arxiv.org/abs/2210.15191
    """

    epsilon: Number = number(above=0, below=1)

    def apply(self, logits, state, key):
        keep = jax.nn.softmax(logits) >= self.epsilon
        return forbid_unless(keep | (logits == jnp.max(logits)), logits), state
