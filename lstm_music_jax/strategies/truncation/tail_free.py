import jax
import jax.numpy as jnp

from lstm_music_jax.fields import Number, number
from lstm_music_jax.strategies.base import Strategy, forbid_unless
from lstm_music_jax.xla.ordering import descending


class TailFree(Strategy):
    """Keeps the symbols before the tail, in which the sorted probabilities fall evenly.

        s_i = |(p_i - p_(i+1)) - (p_(i+1) - p_(i+2))|,    i = 0 .. v-3, p descending

    p_0 is the largest probability, and v the size of the vocabulary. The k most
    probable symbols are kept, and any that tie with the k-th. k is the first i with s_0
    + .. + s_i > z sum s, but at least 1. A flat distribution is kept whole, and so is
    one of fewer than three symbols.

    llama.cpp counted in this way until it dropped the method. text-generation-webui
    keeps one symbol more, but never the least probable symbol.

    Args:
        z: in (0, 1]; 1 keeps everything.

    Reference: Bricken, https://www.trentonbricken.com/Tail-Free-Sampling/
    """

    z: Number = number(above=0, at_most=1)

    def apply(self, logits, state, key):
        if logits.shape[-1] < 3:
            return logits, state
        # The differences are those between neighbours in rank, so this needs a sort.
        ordered = descending(logits)
        bend = jnp.abs(jnp.diff(jax.nn.softmax(ordered), n=2))
        crossed = jnp.cumsum(bend) > self.z * jnp.sum(bend)
        last = jnp.maximum(jnp.argmax(crossed), 1) - 1
        keep = (logits >= ordered[last]) | ~jnp.any(crossed)
        # Rounding may make the running sum larger than the sum.
        return forbid_unless(keep | (self.z >= 1), logits), state
