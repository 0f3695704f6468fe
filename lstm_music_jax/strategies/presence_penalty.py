"""Presence penalty: what has sounded before, however often, becomes less likely."""

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
class PresencePenalty(Strategy):
    """See `presence_penalty`. Its state: which symbols have been seen, bool `[v]`."""

    penalty: Hyperparameter

    def init(self, vocab_size):
        """Nothing has been seen."""
        return jnp.zeros(vocab_size, bool)

    def apply(self, logits, state, key):
        """Subtract the penalty from what has been seen."""
        return jnp.where(state, logits - self.penalty, logits), state

    def observe(self, token, state):
        """Mark the symbol as seen."""
        return state.at[token].set(True)


def presence_penalty(penalty: Setting) -> PresencePenalty:
    """Subtract a penalty, once, from all symbols seen so far, the prompt's too.

        l_x - penalty    for x seen,    l_x    otherwise

    Args:
        penalty: any finite number; 0 does nothing, below 0 rewards.

    Reference: https://platform.openai.com/docs/api-reference/chat/create (which
    looks at the generated symbols only)
    """
    return PresencePenalty(
        hyperparameter("presence_penalty", penalty, np.isfinite, "a finite number")
    )
