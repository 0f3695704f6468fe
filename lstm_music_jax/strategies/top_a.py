"""Top-a: symbols whose probability reaches a share of the largest one squared."""

import jax
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
class TopA(Strategy):
    """See `top_a`."""

    a: Hyperparameter

    def apply(self, logits, state, key):
        """Compare with the largest probability squared."""
        p = jax.nn.softmax(logits)
        return forbid_unless(p >= self.a * jnp.max(p) ** 2, logits), state


def top_a(a: Setting) -> TopA:
    """Keep the symbols with p_x >= a (max_y p_y)^2.

    Strict where the model is sure and lenient where it is not, more so than `min_p`.

    Args:
        a: in [0, 1]; 0 keeps everything.

    Reference: BlinkDL 2021, https://github.com/BlinkDL/RWKV-LM
    """
    return TopA(hyperparameter("top_a", a, lambda a: (a >= 0) & (a <= 1), "in [0, 1]"))
