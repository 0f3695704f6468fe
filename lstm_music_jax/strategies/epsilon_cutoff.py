"""Epsilon cutoff: no symbol below a fixed probability."""

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
class EpsilonCutoff(Strategy):
    """See `epsilon_cutoff`."""

    epsilon: Hyperparameter

    def apply(self, logits, state, key):
        """Compare with epsilon."""
        keep = jax.nn.softmax(logits) >= self.epsilon
        return forbid_unless(keep | (logits == jnp.max(logits)), logits), state


def epsilon_cutoff(epsilon: Setting) -> EpsilonCutoff:
    """Keep the symbols with p_x >= epsilon, and always the most probable one.

    Args:
        epsilon: in (0, 1); for 50,000 words 3e-4 to 9e-4 is suggested.

    Reference: Hewitt, Manning & Liang 2022, https://arxiv.org/abs/2210.15191
    """
    return EpsilonCutoff(
        hyperparameter(
            "epsilon_cutoff", epsilon, lambda e: (e > 0) & (e < 1), "in (0, 1)"
        )
    )
