"""Frequency penalty: the more often a symbol has sounded, the less likely it gets."""

import jax.numpy as jnp
import numpy as np

from lstm_music_jax.pytrees import pytree
from lstm_music_jax.strategies.base import (
    Hyperparameter,
    Setting,
    Strategy,
    hyperparameter,
)


@pytree
class FrequencyPenalty(Strategy):
    """See `frequency_penalty`. Its state: how often each was seen, int32 `[v]`."""

    penalty: Hyperparameter

    def init(self, vocab_size):
        """Nothing has been seen."""
        return jnp.zeros(vocab_size, jnp.int32)

    def apply(self, logits, state, key):
        """Subtract the penalty as often as a symbol was seen."""
        return logits - self.penalty * state.astype(jnp.float32), state

    def observe(self, token, state):
        """Count the symbol."""
        return state.at[token].add(1)


def frequency_penalty(penalty: Setting) -> FrequencyPenalty:
    """Subtract a penalty for every time a symbol was seen, in the prompt too.

        l_x - penalty count_x

    Args:
        penalty: any finite number; 0 does nothing, below 0 rewards.

    Reference: https://platform.openai.com/docs/api-reference/chat/create (which
    counts the generated symbols only)
    """
    return FrequencyPenalty(
        hyperparameter("frequency_penalty", penalty, np.isfinite, "a finite number")
    )
