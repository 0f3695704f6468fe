"""The last symbols, and for each how far the music now matches what came before it."""

from typing import NamedTuple

import jax.numpy as jnp

from lstm_music_jax.types import Array, Bool, Int, Token


class History(NamedTuple):
    """The last w symbols, the oldest first, and the match before each.

    `matches[i]` counts the symbols right before `symbols[i]` that equal the last
    symbols of the music. If the music now continues as it did then, `symbols[i]` comes
    next. Entries not yet filled hold the id v, which no symbol has.
    """

    symbols: Int[Array, "w"]
    matches: Int[Array, "w"]


def empty_history(memory: int, vocab_size: int) -> History:
    """Return the history before the first symbol."""
    return History(
        jnp.full(memory, vocab_size, jnp.int32), jnp.zeros(memory, jnp.int32)
    )


def extended(
    history: History, token: Token, joins: Bool[Array, ""] | bool = True
) -> History:
    """Return the history after `token`; if not `joins`, all matches end at it.

    The match before a symbol grows if that symbol equals the new one. It is then the
    match before the symbol that followed. All symbols move one place towards the
    start, so the match keeps its place in the array.
    """
    grows = (history.symbols == token) & joins
    matches = jnp.where(grows, history.matches + 1, 0)
    # The oldest symbol has left, so only i symbols are kept before symbols[i].
    kept_before = jnp.arange(matches.shape[0], dtype=jnp.int32)
    return History(
        jnp.concatenate([history.symbols[1:], token.astype(jnp.int32)[None]]),
        jnp.minimum(matches, kept_before),
    )
