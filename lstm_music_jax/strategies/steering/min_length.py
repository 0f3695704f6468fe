import jax.numpy as jnp

from lstm_music_jax.fields import Integer, integer, one_id
from lstm_music_jax.strategies.base import Strategy, forbid_unless


class MinLength(Strategy):
    """Forbids the stop symbol until `length` symbols have been drawn.

    The symbols of the prompt do not count. So this is `min_new_tokens` of transformers,
    and not its `min_length`, for which they count.

    Args:
        length: the fewest symbols before the stop symbol, 0 or more.
        stop: the id of the symbol with which a piece ends.

    State: the number of symbols drawn so far, int32.
    """

    permutation_equivariant = False
    length: Integer = integer(at_least=0)
    stop: Integer = one_id()

    def init(self, vocab_size):
        return jnp.int32(0)

    def apply(self, logits, state, key):
        others = jnp.arange(logits.shape[0], dtype=jnp.int32) != self.stop
        return forbid_unless(others | (state >= self.length), logits), state + 1
