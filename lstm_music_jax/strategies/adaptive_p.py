"""Adaptive-p: symbols whose probability is near a target, on average over the notes."""

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
from lstm_music_jax.types import Array, Bool, Float, Scalar

# llama.cpp's, https://github.com/ggml-org/llama.cpp/pull/17927
_WIDTH = 0.3
_PEAK = 5.0
_SHARPNESS = 10.0


class AdaptivePState(NamedTuple):
    """The weighted sum of drawn probabilities, the weights' sum; the last p."""

    weighted: Scalar
    weight: Scalar
    probabilities: Float[Array, "v"]
    drawing: Bool[Array, ""]


@pytree
class AdaptiveP(Strategy):
    """See `adaptive_p`. Its state: `AdaptivePState`."""

    target: Hyperparameter
    decay: Hyperparameter

    def init(self, vocab_size):
        """Start as if the target had been met for ever."""
        weight = jnp.asarray(1 / (1 - self.decay), jnp.float32)
        return AdaptivePState(
            self.target * weight,
            weight,
            jnp.zeros(vocab_size, jnp.float32),
            jnp.bool_(False),
        )

    def apply(self, logits, state, key):
        """Rebuild the logits by their distance from the probability to aim at."""
        probabilities = jax.nn.softmax(logits)
        mean = state.weighted / state.weight
        aim = jnp.clip(2 * self.target - mean, 0.0, 1.0)
        distance = jnp.abs(probabilities - aim) / _WIDTH
        shaped = _PEAK - _SHARPNESS * distance * distance / (1 + distance)
        possible = logits > -jnp.inf
        return jnp.where(possible, shaped, -jnp.inf), state._replace(
            # Of logits that are all -inf the softmax is no number.
            probabilities=jnp.where(possible, probabilities, 0.0),
            drawing=jnp.bool_(True),
        )

    def observe(self, token, state):
        """Take the drawn symbol's probability into the average; skip the prompt's."""
        drawn = self.decay * state.weighted + state.probabilities[token]
        weight = self.decay * state.weight + 1
        return state._replace(
            weighted=jnp.where(state.drawing, drawn, state.weighted),
            weight=jnp.where(state.drawing, weight, state.weight),
        )


def adaptive_p(target: Setting, decay: Setting = 0.9) -> AdaptiveP:
    """Prefer symbols of a certain probability, so that the drawn ones average to it.

        l'_x = 5 - 10 d^2 / (1 + d)    d = |p_x - aim| / 0.3, where l_x > -inf
        aim  = 2 target - a, in 0 .. 1    a: exponentially weighted mean of drawn p

    p is the distribution handed to the strategy, and what was its order no longer
    counts: truncate before, and put nothing behind. a starts at the target.

    Args:
        target: in (0, 1).
        decay: in [0, 1); a remembers about 1 / (1 - decay) notes.

    Reference: https://github.com/ggml-org/llama.cpp/pull/17927
    """
    return AdaptiveP(
        hyperparameter("target", target, lambda t: (t > 0) & (t < 1), "in (0, 1)"),
        hyperparameter("decay", decay, lambda d: (d >= 0) & (d < 1), "in [0, 1)"),
    )
