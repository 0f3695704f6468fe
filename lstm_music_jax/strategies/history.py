"""The last symbols, and how far the music now repeats what led up to each of them."""

from typing import NamedTuple

import jax.numpy as jnp

from lstm_music_jax.types import Array, Bool, Int, Token


class History(NamedTuple):
    """The last w symbols, the oldest first, and the match before each.

    `matches[i]` is how many symbols right before `symbols[i]`, of those kept, equal
    the last symbols of all: had the music gone on then as it does now, `symbols[i]`
    would come next. Places not yet filled hold the id v, which no symbol has.
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
    """Append `token`; where it does not `joins`, no match reaches over it.

    A match before some symbol goes on where that symbol equals the new one, and is
    then the match before the symbol after it; and as all symbols move one place
    towards the start, its place in the array stays the same.
    """
    goes_on = (history.symbols == token) & joins
    matches = jnp.where(goes_on, history.matches + 1, 0)
    # The oldest symbol has left: none of those before symbols[i] but i are kept.
    kept_before = jnp.arange(matches.shape[0], dtype=jnp.int32)
    return History(
        jnp.concatenate([history.symbols[1:], token.astype(jnp.int32)[None]]),
        jnp.minimum(matches, kept_before),
    )
