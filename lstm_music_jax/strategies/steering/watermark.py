import jax.numpy as jnp

from lstm_music_jax.fields import Integer, Number, integer, number, size
from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.types import Array, Bool, Int
from lstm_music_jax.xla.bits import keyed_bits, mix
from lstm_music_jax.xla.ordering import smallest

# The golden ratio's bits; any number other than 0 would do.
_SECOND_ROUND = 0x9E3779B9


class Watermark(Strategy):
    """Marks music: favours symbols that a secret key and the last symbols select.

        l_x + delta    where x is green

    Of the v symbols, gamma v are green, rounded to a whole number from 1 to v - 1. Each
    run of `width` symbols has its own green symbols: those whose `green_scores` are
    smallest. Until `width` symbols are there, nothing is changed.

    `detect_watermark` finds the mark with the key alone. It is found the sooner, the
    larger delta is and the more even the distributions are. Put it last in a chain.

    The mark is for honest use: it is inaudible and survives excerpts. It does not
    withstand an attacker, because there are 2^31 keys and the hash is not
    cryptographic.

    Args:
        key: the secret, 0 or more.
        gamma: the share of green symbols, in (0, 1).
        delta: 0 or more nats; 0 does nothing.
        width: 1 or more symbols; fixes a shape. A wider one hides the mark better and
            loses more of it where a note is changed.

    State: the last `width` symbols, int32, the oldest first; v where there is none yet.

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
        """Return which symbols are green after the `width` symbols of `context`."""
        first = mix(jnp.asarray(self.key).astype(jnp.uint32))
        for symbol in context.astype(jnp.uint32):
            first = mix(first ^ symbol)
        second = mix(first ^ jnp.uint32(_SECOND_ROUND))
        scores = keyed_bits(jnp.arange(vocab_size, dtype=jnp.uint32), first, second)
        count = jnp.round(jnp.asarray(self.gamma) * jnp.float32(vocab_size))
        count = jnp.clip(count.astype(jnp.int32), 1, vocab_size - 1)
        return smallest(scores, count)
