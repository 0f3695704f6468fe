import jax.numpy as jnp

from lstm_music_jax.fields import Integer, integer, size
from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.strategies.penalties.history import empty_history, extended


class NoRepeatNgram(Strategy):
    """Forbids a symbol that would complete an n-gram which already occurred.

    Only the last `memory` symbols count, including those of the prompt. The strategy
    makes one comparison per remembered symbol, for any n.

    Args:
        n: 1 or more; 1 forbids every remembered symbol.
        memory: number of symbols to remember, 1 or more; changing it recompiles.

    State: the `History` of the last `memory` symbols.

    Reference: Paulus, Xiong & Socher 2017, https://arxiv.org/abs/1705.04304
    """

    n: Integer = integer(at_least=1)
    memory: int = size(at_least=1, default=512)

    def init(self, vocab_size):
        return empty_history(self.memory, vocab_size)

    def apply(self, logits, state, key):
        completes = state.matches >= self.n - 1
        ids = jnp.where(completes, state.symbols, logits.shape[0])
        return logits.at[ids].set(-jnp.inf, mode="drop"), state

    def observe(self, token, state):
        return extended(state, token)
