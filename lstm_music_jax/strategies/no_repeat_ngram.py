"""No repeated n-gram: never the same n symbols in a row twice."""

import jax.numpy as jnp
import numpy as np

from lstm_music_jax.pytrees import pytree, static
from lstm_music_jax.strategies.base import (
    Hyperparameter,
    Setting,
    Strategy,
    hyperparameter,
)
from lstm_music_jax.strategies.history import empty_history, extended
from lstm_music_jax.strategies.sizes import whole_number


@pytree
class NoRepeatNgram(Strategy):
    """See `no_repeat_ngram`. Its state: the `History` of the last `memory` symbols."""

    n: Hyperparameter
    memory: int = static()

    def init(self, vocab_size):
        """Nothing has been seen."""
        return empty_history(self.memory, vocab_size)

    def apply(self, logits, state, key):
        """Set to -inf what came after the last n - 1 symbols before."""
        completes = state.matches >= self.n - 1
        ids = jnp.where(completes, state.symbols, logits.shape[0])
        return logits.at[ids].set(-jnp.inf, mode="drop"), state

    def observe(self, token, state):
        """Remember the symbol."""
        return extended(state, token)


def no_repeat_ngram(n: Setting, memory: int = 512) -> NoRepeatNgram:
    """Forbid a symbol that would complete n symbols in a row for the second time.

    Looks at the last `memory` symbols, the prompt's too. The work is one comparison
    a remembered symbol, whatever n is.

    Args:
        n: 1 or more; 1 forbids everything remembered.
        memory: 1 or more symbols; fixes a shape, so changing it recompiles.

    Reference: Paulus, Xiong & Socher 2017, https://arxiv.org/abs/1705.04304
    """
    return NoRepeatNgram(
        hyperparameter("n", n, lambda n: n >= 1, "1 or more", np.int32),
        whole_number("memory", memory, 1),
    )
