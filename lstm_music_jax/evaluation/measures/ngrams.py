"""Counts the n-grams of pieces: the sequences of n successive symbols."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int
from scipy import sparse


def ngram_counts(pieces: Sequence[Int[np.ndarray, "_"]], n: int) -> sparse.csr_array:
    """The count of each n-gram in each piece, sparse [pieces, different n-grams].

    `pieces` holds the symbol ids of each piece. No n-gram crosses the border of two
    pieces.

    Raises:
      ValueError: n is below 1.
    """
    if n < 1:
        raise ValueError(f"n is {n}; it must be 1 or more")
    ids = np.concatenate([np.zeros(0, np.int64), *pieces]).astype(np.int64)
    owners = np.repeat(np.arange(len(pieces)), [len(piece) for piece in pieces])
    _, ids = np.unique(ids, return_inverse=True)
    base = ids.max(initial=0) + 1
    # The code of an n-gram is made of the code of its first n - 1 symbols and its last
    # symbol.
    codes = ids
    for longer in range(1, n):
        joined = codes[: len(ids) - longer] * base + ids[longer:]
        _, codes = np.unique(joined, return_inverse=True)
    first, last = owners[: len(codes)], owners[n - 1 :]
    inside = first == last
    kinds, codes = np.unique(codes[inside], return_inverse=True)
    ones = np.ones(len(codes), np.int64)
    shape = (len(pieces), len(kinds))
    return sparse.coo_array((ones, (first[inside], codes)), shape=shape).tocsr()
