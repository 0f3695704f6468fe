import jax.numpy as jnp

from lstm_music_jax.fields import Number, number
from lstm_music_jax.strategies.base import Strategy


class PresencePenalty(Strategy):
    """Subtracts a penalty from the logit of each symbol that has occurred so far.

        l_x - penalty    for x seen,    l_x    otherwise

    l_x is the logit of symbol x. The symbols of the prompt count too.

    Args:
        penalty: any finite number; 0 does nothing, and a negative one rewards.

    State: which symbols have been seen, bool `[v]`.

    Reference: OpenAI, https://platform.openai.com/docs/api-reference/chat/create
    (which looks at the generated symbols only)
    """

    penalty: Number = number()

    def init(self, vocab_size):
        return jnp.zeros(vocab_size, bool)

    def apply(self, logits, state, key):
        return jnp.where(state, logits - self.penalty, logits), state

    def observe(self, token, state):
        return state.at[token].set(True)
