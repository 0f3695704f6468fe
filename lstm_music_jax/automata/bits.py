"""Sets as bits: bit i of word j stands for member number 32 j + i."""

from lstm_music_jax.types import Array, Bool, Int, UInt32

WORD = 32


def holds(
    words: UInt32[Array, "..."], members: Int[Array, "..."]
) -> Bool[Array, "..."]:
    """Return whether each word holds each member.

    Args:
        words: the word of each member.
        members: the number of each member. The result means nothing for a negative one.
    """
    return (words >> (members % WORD).astype(words.dtype)) % 2 == 1
