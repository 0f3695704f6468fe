"""Stretching of time: tables that map each id to the id of a longer or shorter symbol.

Each row of such a table is for one tempo. If every id of a piece is replaced by its
entry in one row, the piece becomes slower or faster.
"""

from __future__ import annotations

import numpy as np

from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.vocabulary import Vocabulary

_TEMPOS = 5


def stretch_table(
    vocabulary: Vocabulary, encoding: Encoding, largest: float
) -> np.ndarray:
    """Return, for each of five tempos, the id that replaces each id, int32 `[5, v]`.

    Each row has one factor. The new symbol takes about that factor times as long as the
    replaced one; it is the result of `encoding.stretched`. The five factors are equally
    spaced, from `1 - largest` to `1 + largest`; Oore et al. 2018 use 0.05. An entry is
    -1 where the vocabulary lacks the new symbol.

    Args:
        vocabulary: its `v` symbols are stretched.
        encoding: defines the time that each symbol takes.
        largest: the largest change of the duration, as a share of it, above 0 and below
            1.

    Raises:
        ValueError: all rows are equal. The vocabulary has no symbols that take a time
            in seconds, or `largest` is too small to change them.
    """
    factors = np.linspace(1 - largest, 1 + largest, _TEMPOS)
    id_of = {symbol: number for number, symbol in enumerate(vocabulary.symbols)}
    rows = [
        [id_of.get(encoding.stretched(s, factor), -1) for s in vocabulary.symbols]
        for factor in factors
    ]
    table = np.array(rows, np.int32)
    if (table == table[_TEMPOS // 2]).all():
        raise ValueError(
            f"stretch is {largest}; it must be 0, because it changes no symbol of this "
            f"vocabulary of {encoding}"
        )
    return table


def combined(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the table that applies a row of one table and then a row of another.

    Args:
        first: the id that replaces each id, or -1 where there is none, int32 `[r, v]`.
        second: another such table, int32 `[s, v]`.

    Returns:
        A table with a row for every pair of rows, int32 `[r s, v]`. Row `i s + j`
        replaces each id by row `i` of `first`, and the new id by row `j` of `second`.
    """
    both = np.where(first >= 0, second[:, first], -1)
    return both.swapaxes(0, 1).reshape(-1, first.shape[1])
