from typing import NamedTuple

import jax
import jax.numpy as jnp

from lstm_music_jax.fields import Number, number
from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.types import Array, Bool, Float, Scalar

# The constants of https://github.com/ggml-org/llama.cpp/pull/17927
_WIDTH = 0.3
_PEAK = 5.0
_SHARPNESS = 10.0


class AdaptivePState(NamedTuple):
    """The mean probability of the drawn symbols, and the last distribution.

    The weighted mean, `a` in the formula of `AdaptiveP`, is `weighted / weight`. Both
    sums start as if infinitely many drawn symbols had had the target probability.

    Attributes:
        weighted: weighted sum of the probabilities of the drawn symbols. A symbol
            weighs `decay` times as much as the symbol after it.
        weight: sum of the weights.
        probabilities: the distribution that the strategy was given last.
        drawing: False until the first symbol is drawn, so that the prompt does not
            count.
    """

    weighted: Scalar
    weight: Scalar
    probabilities: Float[Array, "v"]
    drawing: Bool[Array, ""]


class AdaptiveP(Strategy):
    """Prefers symbols that bring the mean probability of drawn symbols to a target.

        l'_x = 5 - 10 d^2 / (1 + d)    d = |p_x - aim| / 0.3, where l_x > -inf
        aim  = 2 target - a

    l_x is the logit of symbol x that the strategy is given, p_x its probability, and
    l'_x the new logit. The mean `a` is the exponentially weighted mean of the
    probabilities p_x of the drawn symbols. It starts at the target. The aim is clipped
    to [0, 1]. The new logits have another order than the old ones. So truncate before
    this strategy, and put it last in a chain.

    Args:
        target: the mean probability to reach, in (0, 1).
        decay: in [0, 1); the mean is over about the last 1 / (1 - decay) symbols.

    State: `AdaptivePState`.

    Reference: llama.cpp, https://github.com/ggml-org/llama.cpp/pull/17927
    """

    target: Number = number(above=0, below=1)
    decay: Number = number(at_least=0, below=1, default=0.9)

    def init(self, vocab_size):
        # These are the sums after infinitely many symbols whose probability was the
        # target.
        weight = jnp.asarray(1 / (1 - self.decay), jnp.float32)
        return AdaptivePState(
            self.target * weight,
            weight,
            jnp.zeros(vocab_size, jnp.float32),
            jnp.bool_(False),
        )

    def apply(self, logits, state, key):
        probabilities = jax.nn.softmax(logits)
        mean = state.weighted / state.weight
        aim = jnp.clip(2 * self.target - mean, 0.0, 1.0)
        distance = jnp.abs(probabilities - aim) / _WIDTH
        shaped = _PEAK - _SHARPNESS * distance * distance / (1 + distance)
        possible = logits > -jnp.inf
        return jnp.where(possible, shaped, -jnp.inf), state._replace(
            # The softmax of logits that are all -inf is NaN.
            probabilities=jnp.where(possible, probabilities, 0.0),
            drawing=jnp.bool_(True),
        )

    def observe(self, token, state):
        drawn = self.decay * state.weighted + state.probabilities[token]
        weight = self.decay * state.weight + 1
        return state._replace(
            weighted=jnp.where(state.drawing, drawn, state.weighted),
            weight=jnp.where(state.drawing, weight, state.weight),
        )
