"""Stretching of symbols: tables of the ids that play a piece slower or faster."""

from __future__ import annotations

import numpy as np

from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.vocabulary import Vocabulary

_TEMPOS = 5


def stretch_table(
    vocabulary: Vocabulary, encoding: Encoding, largest: float
) -> np.ndarray:
    """Return, for each of five tempos, the id that replaces each id, int32 `[5, v]`.

    The replacing symbol takes a factor times as long as the replaced one. Each row has
    one factor. The five factors are equally spaced, from `1 - largest` to
    `1 + largest`; Oore et al. 2018 use 0.05. An entry is -1 where the vocabulary lacks
    the replacing symbol.

    Args:
        vocabulary: its `v` symbols are stretched.
        encoding: defines the time that each symbol takes.
        largest: the largest change, above 0 and below 1.

    Raises:
        ValueError: no symbol of the encoding takes a time in seconds.
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
            f"stretch is {largest}; it must be 0, because no symbol of {encoding} "
            "takes a time in seconds"
        )
    return table


def combined(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the table that applies a row of one table and then a row of another.

    The result has a row for every pair of rows of the two tables. Such a row replaces
    each id by the row of `first`, and the result by the row of `second`.

    Args:
        first: the id that replaces each id, or -1 where there is none, int32 `[r, v]`.
        second: another such table, int32 `[s, v]`.

    Returns:
        The table of `r` times `s` rows, int32 `[r s, v]`.
    """
    both = np.where(first >= 0, second[:, first], -1)
    return both.swapaxes(0, 1).reshape(-1, first.shape[1])
