"""How a symbol is drawn from shaped logits: independently, or evenly over a batch.

A draw is a PyTree with two methods of one stream:

    init(key, stream, streams) -> state      the key is the batch's, one for all streams
    draw(logits, state, key) -> token, state       the key is the note's

Neither ever draws a symbol of logit -inf while another is finite.
"""

from typing import Protocol, runtime_checkable

import jax
import jax.numpy as jnp

from lstm_music_jax.pytrees import pytree
from lstm_music_jax.types import Array, Float, Int, Logits, PRNGKey, PyTree, Token
from lstm_music_jax.xla.bits import keyed_bits
from lstm_music_jax.xla.ordering import largest


@runtime_checkable
class Draw(Protocol):
    """The two methods; see the module's text."""

    def init(
        self, key: PRNGKey, stream: Int[Array, ""], streams: Int[Array, ""]
    ) -> PyTree:
        """Return the state of stream number `stream` of `streams`."""
        ...

    def draw(self, logits: Logits, state: PyTree, key: PRNGKey) -> tuple[Token, PyTree]:
        """Draw a symbol from softmax(logits)."""
        ...


def gumbel(key: PRNGKey, size: int) -> Float[Array, "{size}"]:
    """Return standard Gumbel noise: -log(-log u), u even over 2^23 points of (0, 1)."""
    first, second = jax.random.key_data(key)[:2]
    bits = keyed_bits(jnp.arange(size, dtype=jnp.uint32), first, second)
    # The points' own middles, so that neither logarithm is ever infinite.
    uniform = (bits >> 9).astype(jnp.float32) * 2**-23 + 2**-24
    return -jnp.log(-jnp.log(uniform))


@pytree
class Gumbel:
    """Independent draws: the argmax after Gumbel noise (Gumbel 1954)."""

    def init(
        self, key: PRNGKey, stream: Int[Array, ""], streams: Int[Array, ""]
    ) -> PyTree:
        """Nothing is remembered."""
        return ()

    def draw(self, logits: Logits, state: PyTree, key: PRNGKey) -> tuple[Token, PyTree]:
        """Add noise, take the largest."""
        return largest(logits + gumbel(key, logits.size)), state


@pytree
class Arithmetic:
    """Arithmetic sampling: streams of one prompt cover the distribution evenly.

    A stream is the expansion of a point of [0, 1): each symbol owns an interval as
    long as its probability, the point's interval is drawn and stretched to [0, 1).
    Each stream on its own is an exact sample; the batch's points stand 1/streams
    apart behind one random shift, so that, of the first symbols say, one of
    probability p comes streams x p times, rounded up or down.

    Stretching uses up the point's bits. The state is the point and how wide it is
    uncertain; once that is 2^-16 a fresh random number fills in the lower bits, which
    moves no point further than it was uncertain.

    Reference: Vilnis et al. 2022, https://arxiv.org/abs/2210.15458
    """

    def init(
        self, key: PRNGKey, stream: Int[Array, ""], streams: Int[Array, ""]
    ) -> PyTree:
        """Return the stream's point and its width of uncertainty."""
        shift = jax.random.uniform(key)
        point = (stream.astype(jnp.float32) + shift) / streams.astype(jnp.float32)
        return point, jnp.float32(2**-23)

    def draw(self, logits: Logits, state: PyTree, key: PRNGKey) -> tuple[Token, PyTree]:
        """Find the interval that the point is in, and stretch it."""
        point, width = state
        refreshed = point + width * jax.random.uniform(key)
        coarse = width > 2**-16
        point = jnp.where(coarse, refreshed, point)
        width = jnp.where(coarse, jnp.float32(2**-23), width)

        probabilities = jax.nn.softmax(logits)
        ends = jnp.cumsum(probabilities)
        # Rounding may leave the point behind the last interval that is not empty.
        point = jnp.clip(point, 0.0, 1.0) * ends[-1]
        inside = (point < ends) & (probabilities > 0)
        last = probabilities.shape[0] - 1 - jnp.argmax(probabilities[::-1] > 0)
        token = jnp.where(jnp.any(inside), jnp.argmax(inside), last)
        begin, size = ends[token] - probabilities[token], probabilities[token]
        point = jnp.clip((point - begin) / size, 0.0, 1.0)
        return token.astype(jnp.int32), (point, width / size)
