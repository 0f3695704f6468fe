import jax.numpy as jnp

from lstm_music_jax.fields import Integer, Number, integer, number, one_id
from lstm_music_jax.strategies.base import Strategy

# Without a limit, the logit would become infinite, and the probabilities NaN.
_MOST_GROWTH = 1e18


class ExponentialDecayLength(Strategy):
    """Raises the stop symbol's logit by a factor per symbol, to end a long piece.

        l'_stop = l_stop + |l_stop| (factor^(n - start) - 1)    where n > start

    l_stop is the logit of the stop symbol, and l'_stop the new one. n is the number of
    symbols drawn so far; those of the prompt do not count. The longer the piece, the
    more probable is its end. The model still influences the position of the end.

    The formula is that of transformers. It has three peculiarities. It depends on the
    size of the logit, so adding a constant to all logits changes the result. A logit of
    0 never changes. A factor below 1 lowers the logit: a positive one never below 0, a
    negative one never below twice its value. Two details differ from transformers. A
    forbidden stop symbol stays forbidden; transformers gives NaN unless the factor is
    below 1. The power is at most 1e18, so that the logit stays finite.

    Args:
        start: number of symbols after which the growth begins, 0 or more.
        factor: above 0; 1 does nothing, 1.01 is mild.
        stop: the id of the symbol with which a piece ends.

    State: the number of symbols drawn so far, int32.

    Reference: `ExponentialDecayLengthPenalty` of transformers,
    https://huggingface.co/docs/transformers/internal/generation_utils
    """

    shift_invariant = False
    permutation_equivariant = False
    start: Integer = integer(at_least=0)
    factor: Number = number(above=0)
    stop: Integer = one_id()

    def init(self, vocab_size):
        return jnp.int32(0)

    def apply(self, logits, state, key):
        late = jnp.maximum(state - self.start, 0).astype(jnp.float32)
        power = jnp.exp(
            jnp.minimum(late * jnp.log(self.factor), jnp.log(jnp.float32(_MOST_GROWTH)))
        )
        is_stop = jnp.arange(logits.shape[0], dtype=jnp.int32) == self.stop
        # A gradient through -inf would be NaN.
        size = jnp.where(is_stop & (logits > -jnp.inf), jnp.abs(logits), 0.0)
        return logits + size * (power - 1), state + 1
