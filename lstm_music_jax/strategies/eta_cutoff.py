"""Eta cutoff: no symbol below a probability that the entropy lowers."""

import jax
import jax.numpy as jnp

from lstm_music_jax.pytrees import pytree
from lstm_music_jax.strategies.base import (
    Hyperparameter,
    Setting,
    Strategy,
    hyperparameter,
)
from lstm_music_jax.strategies.entropy import entropy
from lstm_music_jax.strategies.truncation import forbid_unless


@pytree
class EtaCutoff(Strategy):
    """See `eta_cutoff`."""

    epsilon: Hyperparameter

    def apply(self, logits, state, key):
        """Compare with eta."""
        eta = jnp.minimum(
            self.epsilon, jnp.sqrt(self.epsilon) * jnp.exp(-entropy(logits))
        )
        keep = jax.nn.softmax(logits) >= eta
        return forbid_unless(keep | (logits == jnp.max(logits)), logits), state


def eta_cutoff(epsilon: Setting) -> EtaCutoff:
    """Keep the symbols with p_x >= eta, and always the most probable one.

        eta = min(epsilon, sqrt(epsilon) e^-H)

    An absolute threshold like `epsilon_cutoff`, relative to the flat distribution of
    the same entropy H where that is lower.

    Args:
        epsilon: in (0, 1); for 50,000 words 3e-4 to 4e-3 is suggested.

    Reference: Hewitt, Manning & Liang 2022, https://arxiv.org/abs/2210.15191
    """
    return EtaCutoff(
        hyperparameter("eta_cutoff", epsilon, lambda e: (e > 0) & (e < 1), "in (0, 1)")
    )
