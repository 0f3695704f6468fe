import jax.numpy as jnp

from lstm_music_jax.fields import Integer, Number, integer, number, size
from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.types import Array, Bool, Int
from lstm_music_jax.xla.bits import keyed_bits, mix
from lstm_music_jax.xla.ordering import smallest

# The fractional bits of the golden ratio; any number except 0 would do.
_SECOND_ROUND = 0x9E3779B9


class Watermark(Strategy):
    """Marks music: favours "green" symbols, which a secret key selects anew each time.

        l_x + delta    where x is green

    l_x is the logit of symbol x. gamma v of the v symbols are green, rounded to a whole
    number from 1 to v - 1. A hash of the key and of the last `width` symbols selects
    the green symbols. As long as the stream has fewer than `width` symbols, the logits
    are unchanged.

    `detect_watermark` finds the mark. The detection needs the key, but no model. It
    needs fewer symbols if delta is larger or if the distributions are flatter. Put the
    strategy last in a chain.

    The mark does not withstand an attacker, because there are only 2^31 keys and the
    hash is not cryptographic.

    Args:
        key: the secret, 0 or more.
        gamma: the share of green symbols, in (0, 1).
        delta: 0 or more nats; 0 does nothing.
        width: number of last symbols that are hashed, 1 or more; changing it
            recompiles. A larger width is harder to notice, and an edited symbol then
            erases more of the mark.

    State: the last `width` symbols, int32, the oldest first. Entries not yet filled
    hold the id v, which no symbol has.

    Reference: Kirchenbauer et al. 2023, https://arxiv.org/abs/2301.10226
    """

    permutation_equivariant = False
    key: Integer = integer(at_least=0)
    gamma: Number = number(above=0, below=1, default=0.25)
    delta: Number = number(at_least=0, default=2.0)
    width: int = size(at_least=1, default=1)

    def init(self, vocab_size):
        return jnp.full(self.width, vocab_size, jnp.int32)

    def apply(self, logits, state, key):
        v = logits.shape[0]
        favoured = self.green(state, v) & (state[0] < v)
        return jnp.where(favoured, logits + self.delta, logits), state

    def observe(self, token, state):
        return jnp.concatenate([state[1:], token.astype(jnp.int32)[None]])

    def green(self, context: Int[Array, "w"], vocab_size: int) -> Bool[Array, "v"]:
        """Return a mask of the green symbols.

        Args:
            context: the ids of the last `width` symbols of the stream. They and the key
                select the green symbols.
            vocab_size: number of symbols in the vocabulary.
        """
        first = mix(jnp.asarray(self.key).astype(jnp.uint32))
        for symbol in context.astype(jnp.uint32):
            first = mix(first ^ symbol)
        second = mix(first ^ jnp.uint32(_SECOND_ROUND))
        scores = keyed_bits(jnp.arange(vocab_size, dtype=jnp.uint32), first, second)
        count = jnp.round(jnp.asarray(self.gamma) * jnp.float32(vocab_size))
        count = jnp.clip(count.astype(jnp.int32), 1, vocab_size - 1)
        return smallest(scores, count)
