"""The last symbols of a stream, and which of them would continue a repetition.

A stream is a sequence that is generated.
"""

from typing import NamedTuple

import jax.numpy as jnp

from lstm_music_jax.types import Array, Bool, Int, Token


class History(NamedTuple):
    """The last w symbols of a stream, and which of them would continue a repetition.

    Attributes:
        symbols: ids of the symbols, the oldest first. Entries that are not filled yet
            hold the id v, which no symbol has.
        matches: for each of `symbols`, the length of its match: how many symbols right
            before it equal, in order, the last symbols of the stream. A symbol that
            belongs to no repetition counts as equal to none. If the stream goes on
            repeating the earlier passage, this symbol comes next.
    """

    symbols: Int[Array, "w"]
    matches: Int[Array, "w"]


def empty_history(memory: int, vocab_size: int) -> History:
    """Return the history before the first symbol, for `memory` symbols."""
    return History(
        jnp.full(memory, vocab_size, jnp.int32), jnp.zeros(memory, jnp.int32)
    )


def extended(
    history: History, token: Token, joins: Bool[Array, ""] | bool = True
) -> History:
    """Return the history after adding `token`.

    If `symbols[i]` equals `token`, the match of `symbols[i]` grows by one symbol, and
    becomes the match of `symbols[i + 1]`. All symbols move one position towards the
    start, so this match is again at index i. All other matches become 0. If `joins` is
    False, `token` belongs to no repetition, and all matches become 0.
    """
    grows = (history.symbols == token) & joins
    matches = jnp.where(grows, history.matches + 1, 0)
    # Only i symbols are kept before symbols[i], so its match has at most i symbols.
    kept_before = jnp.arange(matches.shape[0], dtype=jnp.int32)
    return History(
        jnp.concatenate([history.symbols[1:], token.astype(jnp.int32)[None]]),
        jnp.minimum(matches, kept_before),
    )
