"""Shuffled pieces: the symbols of human music in random order."""

from collections.abc import Collection, Sequence

import numpy as np
from jaxtyping import Int


def shuffled(
    pieces: Sequence[Int[np.ndarray, "_"]],
    random: np.random.Generator,
    *,
    markers: Collection[int] = (),
    primer: int = 0,
) -> list[Int[np.ndarray, "_"]]:
    """Return pieces whose symbols are in random order; symbols stay in their piece.

    A shuffled piece has the symbols of human music, but none of its order. A measure of
    order that finds it as good as human music is of no use.

    >>> pieces = [np.array([9, 1, 2, 3, 4, 8])]
    >>> shuffled(pieces, np.random.default_rng(0), markers=(9, 8), primer=1)
    [array([9, 1, 4, 2, 3, 8])]

    Args:
        pieces: the symbol ids of each piece.
        random: the random generator that draws the order.
        markers: ids of the symbols that stay where they are, which are the start and
            the end symbol.
        primer: how many symbols at the beginning of each piece stay too; `markers` do
            not count.
    """
    mixed = []
    for piece in pieces:
        places = np.flatnonzero(~np.isin(piece, list(markers)))[primer:]
        copy = piece.copy()
        copy[places] = random.permutation(piece[places])
        mixed.append(copy)
    return mixed
