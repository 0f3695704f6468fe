"""Top-n-sigma: logits within n standard deviations of the largest."""

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
class TopNSigma(Strategy):
    """See `top_n_sigma`."""

    n: Hyperparameter

    def apply(self, logits, state, key):
        """Compare with n standard deviations."""
        depth = jnp.max(logits) - logits
        finite = depth < jnp.inf
        count = jnp.sum(jnp.where(finite, 1.0, 0.0))
        mean = jnp.sum(jnp.where(finite, depth, 0.0)) / count
        variance = jnp.sum(jnp.where(finite, (depth - mean) ** 2, 0.0)) / count
        return forbid_unless(depth <= self.n * jnp.sqrt(variance), logits), state


def top_n_sigma(n: Setting) -> TopNSigma:
    """Keep the symbols with l_x >= max l - n sigma.

    sigma is the standard deviation of the logits that are not forbidden, divided by
    their number (as llama.cpp does; torch's default, by one less, is a little wider).
    A temperature before it scales both sides and so changes nothing of what is kept.

    Args:
        n: above 0; 1 is the paper's.

    Reference: Tang et al. 2024, https://arxiv.org/abs/2411.07641
    """
    return TopNSigma(hyperparameter("top_n_sigma", n, lambda n: n > 0, "above 0"))
