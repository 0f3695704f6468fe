"""What both versions of Mirostat share: a limit steered by the surprise of the drawn.

Basu et al. 2020, https://arxiv.org/abs/2007.14966
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp

from lstm_music_jax.pytrees import pytree
from lstm_music_jax.strategies.base import (
    Hyperparameter,
    Setting,
    Strategy,
    hyperparameter,
)
from lstm_music_jax.types import Array, Float, Logits, Scalar


class MirostatState(NamedTuple):
    """The limit mu, and what a drawn symbol would have been surprising by: bits."""

    mu: Scalar
    surprisals: Float[Array, "v"]


@pytree
class Mirostat(Strategy):
    """The control loop; a version of Mirostat adds how mu truncates."""

    tau: Hyperparameter
    eta: Hyperparameter

    def init(self, vocab_size):
        """Start at mu = 2 tau."""
        # Symbols of the prompt, not drawn, are exactly as surprising as wanted: none
        # of them moves mu.
        wanted = jnp.full(vocab_size, self.tau, jnp.float32)
        return MirostatState(jnp.asarray(2 * self.tau, jnp.float32), wanted)

    def observe(self, token, state):
        """Lower mu where the symbol was more surprising than tau, else raise it."""
        surprisal = state.surprisals[token]
        # A symbol of probability 0 was not drawn from this distribution.
        error = jnp.where(jnp.isfinite(surprisal), surprisal - self.tau, 0.0)
        return state._replace(mu=state.mu - self.eta * error)


def surprisals_in_bits(logits: Logits) -> Float[Array, "v"]:
    """Return -log2 p."""
    return jax.nn.log_softmax(logits) / -math.log(2)


def checked_tau(tau: Setting) -> Hyperparameter:
    """Return the surprise to keep, above 0 bits."""
    return hyperparameter("tau", tau, lambda t: t > 0, "above 0 bits")


def checked_eta(eta: Setting) -> Hyperparameter:
    """Return the rate of learning, above 0."""
    return hyperparameter("eta", eta, lambda e: e > 0, "above 0")
