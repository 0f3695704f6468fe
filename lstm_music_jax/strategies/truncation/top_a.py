import jax
import jax.numpy as jnp

from lstm_music_jax.fields import Number, number
from lstm_music_jax.strategies.base import Strategy, forbid_unless


class TopA(Strategy):
    """Keeps the symbols at or above `a` times the square of the largest probability.

        p_x >= a (max_y p_y)^2

    p_x is the probability of symbol x. The threshold is low if the model is unsure. The
    threshold of `MinP` is proportional to the largest probability itself, and falls
    more slowly.

    Args:
        a: in [0, 1]; 0 keeps everything.

    Reference: BlinkDL 2021, https://github.com/BlinkDL/RWKV-LM
    """

    a: Number = number(at_least=0, at_most=1)

    def apply(self, logits, state, key):
        p = jax.nn.softmax(logits)
        return forbid_unless(p >= self.a * jnp.max(p) ** 2, logits), state
