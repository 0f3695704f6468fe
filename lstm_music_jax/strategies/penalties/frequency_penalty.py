import jax.numpy as jnp

from lstm_music_jax.fields import Number, number
from lstm_music_jax.strategies.base import Strategy


class FrequencyPenalty(Strategy):
    """Subtracts a penalty from the logit of a symbol for each of its occurrences.

        l_x - penalty count_x

    l_x is the logit of symbol x, and count_x the number of its occurrences so far. The
    symbols of the prompt count too.

    Args:
        penalty: any finite number; 0 does nothing, and a negative one rewards.

    State: the number of occurrences of each symbol so far, int32 `[v]`.

    Reference: OpenAI, https://platform.openai.com/docs/api-reference/chat/create
    (which counts the generated symbols only)
    """

    penalty: Number = number()

    def init(self, vocab_size):
        return jnp.zeros(vocab_size, jnp.int32)

    def apply(self, logits, state, key):
        return logits - self.penalty * state.astype(jnp.float32), state

    def observe(self, token, state):
        return state.at[token].add(1)
