"""Draws: how a symbol is drawn from the logits that a strategy has shaped.

A draw is a rule that picks a symbol. It may keep a state between the symbols of a
stream, which is a sequence that is generated.
"""

from typing import NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp

from lstm_music_jax.pytrees import pytree
from lstm_music_jax.types import (
    Array,
    Float,
    Int,
    Logits,
    PRNGKey,
    PyTree,
    Scalar,
    Token,
)
from lstm_music_jax.xla.bits import keyed_bits
from lstm_music_jax.xla.ordering import largest


@runtime_checkable
class Draw(Protocol):
    """The protocol of a draw, which draws the symbols of one stream.

    A draw is a PyTree. It never draws a symbol whose logit is -inf while another logit
    is finite.
    """

    def init(
        self, key: PRNGKey, stream: Int[Array, ""], streams: Int[Array, ""]
    ) -> PyTree:
        """Return the state of a stream before its first symbol.

        Args:
            key: a random key, the same for all streams of a batch.
            stream: index of the stream within the batch, from 0.
            streams: how many streams the batch has.
        """
        ...

    def draw(self, logits: Logits, state: PyTree, key: PRNGKey) -> tuple[Token, PyTree]:
        """Draw a symbol from softmax(logits); return its id and the new state.

        `state` is that of the stream: from `init`, or from the draw before. `key`
        differs for each symbol of each stream.
        """
        ...


def gumbel(key: PRNGKey, size: int) -> Float[Array, "{size}"]:
    """Return `size` independent values of standard Gumbel noise, -log(-log u).

    u is uniform over 2^23 points of (0, 1), each in the middle of its cell, so that
    neither logarithm is infinite.
    """
    first, second = jax.random.key_data(key)[:2]
    bits = keyed_bits(jnp.arange(size, dtype=jnp.uint32), first, second)
    uniform = (bits >> 9).astype(jnp.float32) * 2**-23 + 2**-24
    return -jnp.log(-jnp.log(uniform))


@pytree
class Gumbel:
    """Independent draws: the largest logit after adding Gumbel noise (Gumbel 1954).

    The noise has 2^23 levels, so that a very improbable symbol is drawn too seldom. At
    a probability of 3e-7 it is drawn 0.7% too seldom, at 6e-8 15%, and below 3e-9 it is
    practically never drawn.
    """

    def init(
        self, key: PRNGKey, stream: Int[Array, ""], streams: Int[Array, ""]
    ) -> PyTree:
        """Return `()`, because independent draws have no state."""
        return ()

    def draw(self, logits: Logits, state: PyTree, key: PRNGKey) -> tuple[Token, PyTree]:
        """Draw a symbol from softmax(logits); return its id, int32, and `()`."""
        return largest(logits + gumbel(key, logits.size)), state


class ArithmeticState(NamedTuple):
    """The point of a stream within the interval of its symbols; see `Arithmetic`.

    The interval is the part of [0, 1) that belongs to the symbols so far. The unit of
    length is the distance between the points of neighbouring streams. In this unit the
    interval has the length `expected`, and the point lies at `rank + offset` in it.
    When `expected` is below 1, the state no longer changes.

    Attributes:
        rank: number of streams that have the same symbols so far and a smaller point,
            int32.
        offset: distance from the beginning of the interval to the smallest point in it,
            in [0, 1).
        expected: length of the interval, which is the expected number of streams with
            these symbols, a real number.
    """

    rank: Int[Array, ""]
    offset: Scalar
    expected: Scalar


@pytree
class Arithmetic:
    """Arithmetic sampling: streams with one prompt cover the distribution evenly.

    Each stream has a point u in [0, 1). The interval [0, 1) is divided among the
    symbols in proportion to their probabilities. The stream draws the symbol whose part
    holds u, and that part is divided in the same way for the next symbol. The points of
    a batch are 1/streams apart and share one random shift. So if n streams are drawn,
    about n p of them have a given sequence of probability p: n p rounded up or down, if
    n p is 1 or more.

    Each single stream is an exact sample, because its u is uniform: a random rotation
    decides which stream gets which point.

    Scaling each part to [0, 1) would amplify rounding errors by 1/p at each symbol. So
    the state measures lengths in another unit: the distance between neighbouring
    points. Then rounding errors add up but are not amplified. When less than 1 stream
    is expected to have the same symbols, the stream is alone, and its point is uniform
    in its part. From then on its symbols are drawn independently, as by `Gumbel`.

    Reference: Vilnis et al. 2022, https://arxiv.org/abs/2210.15458
    """

    def init(
        self, key: PRNGKey, stream: Int[Array, ""], streams: Int[Array, ""]
    ) -> ArithmeticState:
        """Return the point of the stream before its first symbol."""
        shift_key, rotation_key = jax.random.split(key)
        rotation = jax.random.randint(rotation_key, (), 0, streams)
        return ArithmeticState(
            (stream + rotation) % streams,
            jax.random.uniform(shift_key),
            streams.astype(jnp.float32),
        )

    def draw(
        self, logits: Logits, state: ArithmeticState, key: PRNGKey
    ) -> tuple[Token, ArithmeticState]:
        """Draw the symbol whose part of the interval holds the point of the stream.

        A stream that is alone draws its symbol independently.

        Return the id of the symbol, and the point within its part. The point of a
        stream that is alone stays as it is.
        """
        probabilities = jax.nn.softmax(logits)
        ends = jnp.cumsum(probabilities)
        ends = state.expected * (ends / ends[-1])
        begins = jnp.concatenate([jnp.zeros(1), ends[:-1]])
        rank = state.rank.astype(jnp.float32)
        holds = (rank < ends - state.offset) & (probabilities > 0)
        # Rounding may put the point beyond the last part that is not empty.
        last = probabilities.shape[0] - 1 - jnp.argmax(probabilities[::-1] > 0)
        evenly = jnp.where(jnp.any(holds), jnp.argmax(holds), last).astype(jnp.int32)

        passed = jnp.ceil(begins[evenly] - state.offset)
        inside = ArithmeticState(
            jnp.maximum(state.rank - passed.astype(jnp.int32), 0),
            jnp.clip(passed + state.offset - begins[evenly], 0.0, 1.0),
            ends[evenly] - begins[evenly],
        )
        alone = state.expected < 1
        token = jnp.where(alone, largest(logits + gumbel(key, logits.size)), evenly)
        state = jax.tree.map(lambda old, new: jnp.where(alone, old, new), state, inside)
        return token, state
