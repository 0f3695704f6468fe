"""Pieces as symbol ids, read from the array of the corpus without a copy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from lstm_music_jax.music.corpus.pieces import Corpus


class PieceIds(Sequence[np.ndarray]):
    """A sequence of pieces; indexing makes a piece as an int32 array of symbol ids.

    >>> PieceIds(np.array([7, 8, 9]), [0, 2], [2, 1], before=5).end_to_end()
    array([5, 7, 8, 5, 9], dtype=int32)

    The ids of all pieces are stored in one array. If the ids `before` and `after` are
    given, they are not stored there: they are added to every piece when it is made.

    Attributes:
        lengths: the number of ids in each piece, int64 `[k]`.
        total: the number of ids in all pieces.
        after: the id that is appended to every piece; None if there is none.
    """

    def __init__(
        self,
        ids: np.ndarray,
        firsts: Sequence[int] | np.ndarray,
        counts: Sequence[int] | np.ndarray,
        before: int | None = None,
        after: int | None = None,
    ) -> None:
        """Make a sequence whose pieces are parts of one array.

        The array may be a memory map.

        Args:
            ids: the symbol ids of all pieces, integers `[n]`.
            firsts: the position in `ids` at which each piece begins.
            counts: the number of ids that each piece has in `ids`.
            before: an id to prepend to every piece.
            after: an id to append to every piece.
        """
        self._ids, self._before, self.after = ids, before, after
        self._firsts = np.asarray(firsts, np.int64)
        self._counts = np.asarray(counts, np.int64)
        self._prefix = int(before is not None)
        self.lengths = self._counts + self._prefix + int(after is not None)
        self._ends = np.cumsum(self.lengths)
        self.total = int(self.lengths.sum())

    @property
    def dtype(self) -> type[np.integer]:
        """A type that can hold all ids of the pieces, uint16 or int32.

        It is uint16 if the array that stores the ids has this type, and if `before` and
        `after` also fit into it.
        """
        largest = max(self._before or 0, self.after or 0)
        narrow = self._ids.dtype == np.uint16 and largest < 2**16
        return np.uint16 if narrow else np.int32

    @classmethod
    def of_corpus(
        cls, corpus: Corpus, before: int | None = None, after: int | None = None
    ) -> PieceIds:
        """Return the pieces of a corpus as symbol ids.

        The id of a symbol is its position in `corpus.symbols`.

        Args:
            corpus: the pieces.
            before: an id to prepend to every piece.
            after: an id to append to every piece.
        """
        return cls(corpus.numbers, corpus.firsts, corpus.counts, before, after)

    @classmethod
    def of(cls, pieces: Sequence[np.ndarray]) -> PieceIds:
        """Return `pieces` as a `PieceIds`; separate arrays are copied into one."""
        if isinstance(pieces, PieceIds):
            return pieces
        counts = np.array([len(piece) for piece in pieces], np.int64)
        ids = np.concatenate([np.zeros(0, np.int32), *pieces])
        return cls(ids, np.cumsum(counts) - counts, counts)

    def __len__(self) -> int:
        """Return the number of pieces."""
        return len(self._firsts)

    def __getitem__(self, position):
        """Return the symbol ids of a piece, or, for a slice, a `PieceIds`."""
        if isinstance(position, slice):
            return self.take(np.arange(len(self))[position])
        position = range(len(self))[position]
        piece = np.empty(self.lengths[position], np.int32)
        first, count = self._firsts[position], self._counts[position]
        piece[self._prefix : self._prefix + count] = self._ids[first : first + count]
        if self._before is not None:
            piece[0] = self._before
        if self.after is not None:
            piece[-1] = self.after
        return piece

    def take(self, positions: np.ndarray) -> PieceIds:
        """Return the pieces at `positions`, integers `[m]`, in that order."""
        return PieceIds(
            self._ids,
            self._firsts[positions],
            self._counts[positions],
            self._before,
            self.after,
        )

    def end_to_end(self, dtype: type[np.integer] = np.int32) -> np.ndarray:
        """Return the ids of all pieces in one array of type `dtype`, `[total]`."""
        laid = np.empty(self.total, dtype)
        for end, piece in zip(self._ends.tolist(), self, strict=True):
            laid[end - len(piece) : end] = piece
        return laid

    def at(self, places: np.ndarray) -> np.ndarray:
        """Return `end_to_end()[places]`, int32, without making the whole array.

        Unlike there, `places` must not be negative.
        """
        pieces = np.searchsorted(self._ends, places, side="right")
        offsets = places - self._ends[pieces] + self.lengths[pieces] - self._prefix
        ids = np.empty(places.shape, np.int32)
        inside = (offsets >= 0) & (offsets < self._counts[pieces])
        ids[inside] = self._ids[self._firsts[pieces][inside] + offsets[inside]]
        if self._before is not None:
            ids[offsets < 0] = self._before
        if self.after is not None:
            ids[offsets == self._counts[pieces]] = self.after
        return ids

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield the ids of each piece."""
        return (self[position] for position in range(len(self)))
