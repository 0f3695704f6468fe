"""Sets of whole numbers, stored as bits of 32-bit words.

Bit i of word j is 1 if the set holds the number 32 j + i.
"""

from lstm_music_jax.types import Array, Bool, Int, UInt32

WORD = 32


def holds(
    words: UInt32[Array, "..."], members: Int[Array, "..."]
) -> Bool[Array, "..."]:
    """Return for each number whether the set holds it.

    Args:
        words: for each number m, the word of the set in which its bit is: word m // 32.
        members: the numbers. The result means nothing for a negative one.
    """
    return (words >> (members % WORD).astype(words.dtype)) % 2 == 1
