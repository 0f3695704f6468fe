"""Builds, from known pieces such as the training pieces, an index of their passages.

A passage is a sequence of successive symbols. The index finds the passages of the
pieces in a stream, which is a sequence that is generated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Int

from lstm_music_jax.automata.passages import Passages
from lstm_music_jax.music.corpus.dataset import Dataset
from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.transposition import (
    HALF_OCTAVE,
    spelled_once,
    transposition_table,
)
from lstm_music_jax.music.vocabulary import Vocabulary


@dataclass(frozen=True, eq=False)
class KnownPieces:
    """Pieces whose passages can be recognised in a stream.

    Making an index takes about a second per 100,000 symbols. So each index is made when
    it is first used, and then kept. Two instances are equal only if they are the same
    object.

    Attributes:
        pieces: the symbol ids of each piece, without start and end symbols.
        vocabulary: the vocabulary of the ids.
        encoding: the encoding of the symbols. It gives their pitches, from which the
            transposed symbols are found.

    Raises:
        ValueError: a piece holds an id that is not in the vocabulary.
    """

    pieces: Sequence[Int[np.ndarray, "_"]]
    vocabulary: Vocabulary
    encoding: Encoding

    def __post_init__(self) -> None:
        """Raise ValueError if an id is not in the vocabulary."""
        known = len(self.vocabulary)
        for number, piece in enumerate(self.pieces):
            for symbol in (piece.min(initial=0), piece.max(initial=0)):
                if not 0 <= symbol < known:
                    raise ValueError(
                        f"pieces holds id {symbol} in piece {number}; ids must be 0 to "
                        f"{known - 1}"
                    )

    @classmethod
    def of(cls, data: Dataset) -> "KnownPieces":
        """Make an instance of the training pieces of a dataset."""
        music = [*map(data.vocabulary.without_markers, data.train)]
        return cls(music, data.vocabulary, data.encoding)

    @cached_property
    def exact(self) -> Passages:
        """The index that finds passages only if they are not transposed."""
        same = np.arange(len(self.vocabulary))[None]
        return Passages.of(self.pieces, same)

    @cached_property
    def transposed(self) -> Passages:
        """The index that also finds passages transposed by up to six semitones."""
        table = transposition_table(self.vocabulary, self.encoding, HALF_OCTAVE)
        return Passages.of(self.pieces, spelled_once(table))
