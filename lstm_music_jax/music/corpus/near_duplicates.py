"""Near-duplicates: pieces that have a long passage in common, perhaps transposed."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from lstm_music_jax.music.corpus.piece_ids import PieceIds
from lstm_music_jax.music.corpus.pieces import Corpus
from lstm_music_jax.music.corpus.transposed_windows import SHARED_RUN, WindowComparison
from lstm_music_jax.music.encodings.base import Encoding

# About this many windows are hashed at a time, to bound the memory.
_HASHED_AT_ONCE = 2**20
_SORTED_AT_ONCE = 2**22
_COMPARED_AT_ONCE = 2**15


def near_duplicates(corpus: Corpus, encoding: Encoding | None) -> list[list[int]]:
    """Return groups of near-duplicates: for each, the positions of its pieces.

    Two pieces are near-duplicates if both contain the same 64 successive symbols,
    perhaps transposed. A group also joins pieces that are linked only through others.
    Each piece is in exactly one group, alone if it has no near-duplicate.

    Args:
        corpus: the pieces.
        encoding: defines the pitches of each symbol. With None, the 64 symbols must be
            equal, and transposed passages do not count.
    """
    comparison = WindowComparison(corpus.symbols, encoding)
    return _Grouping(corpus, comparison).groups()


class _Grouping:
    """Joins pieces into groups if they share 64 successive symbols, perhaps transposed.

    A window is 64 successive symbols of a piece. The position of a window is that of
    its first symbol among all symbols of the corpus.
    """

    def __init__(self, corpus: Corpus, comparison: WindowComparison):
        self._ends = np.cumsum(corpus.counts)
        self._ids = corpus.numbers[: corpus.counts.sum()]
        if (corpus.firsts != self._ends - corpus.counts).any():
            self._ids = PieceIds.of_corpus(corpus).end_to_end()
        self._comparison = comparison
        # For each piece, the first piece of its group.
        self._first = np.arange(len(self._ends))

    def groups(self) -> list[list[int]]:
        """Return the groups, in the order of their first pieces.

        A group is a list of the positions of its pieces in the corpus.
        """
        places, classes = self._repeated_windows()
        owners = np.searchsorted(self._ends, places, side="right")
        # Each window is compared with the first window of its class.
        leaders = np.searchsorted(classes, classes)
        while True:
            one, other = self._first[owners[leaders]], self._first[owners]
            open_ = np.flatnonzero(one != other)
            if not len(open_):
                break
            # Comparing one pair of windows for each pair of groups is enough.
            key = one[open_] * len(self._first) + other[open_]
            open_ = open_[np.unique(key, return_index=True)[1]]
            same = self._same(places[leaders[open_]], places[open_])
            self._join(owners[leaders[open_[same]]], owners[open_[same]])
            # Different windows may have equal hashes. Such a class is compared in full.
            mixed = np.unique(classes[open_[~same]])
            for number in mixed:
                self._join_within(places[classes == number], owners[classes == number])
            left = ~np.isin(classes, mixed)
            places, classes, owners = places[left], classes[left], owners[left]
            leaders = np.searchsorted(classes, classes)
        members: dict[int, list[int]] = {}
        for index, first in enumerate(self._first.tolist()):
            members.setdefault(first, []).append(index)
        return [*members.values()]

    def _repeated_windows(self) -> tuple[np.ndarray, np.ndarray]:
        """Return all windows that have the same hash as another window, by classes.

        A class is the set of all windows with one hash. Windows that are transpositions
        of each other have the same hash.

        Returns:
            The position of each window, and the number of its class. Both are int64
            `[m]`, sorted by the number of the class.
        """
        hashes = np.zeros(len(self._ids), np.uint64)
        for start, end in self._stretches():
            if end - start >= SHARED_RUN:
                found = self._comparison.hashes(self._ids[start:end])
                hashes[start : start + len(found)] = found
        # Sorting a part of the hashes at a time bounds the memory.
        found_places, found_numbers = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        parts = 1 + len(hashes) // _SORTED_AT_ONCE
        borders = [2**64 * part // parts for part in range(parts + 1)]
        count = 0
        for low, high in pairwise(borders):
            inside = (hashes >= np.uint64(low)) & (hashes <= np.uint64(high - 1))
            places = np.flatnonzero(inside)
            # A window must not cross the end of its piece.
            end_of_piece = self._ends[np.searchsorted(self._ends, places, side="right")]
            places = places[places + SHARED_RUN <= end_of_piece]
            places = places[np.argsort(hashes[places])]
            in_order = hashes[places]
            new = np.concatenate([[True], in_order[1:] != in_order[:-1]])
            new = new[: len(in_order)]
            alone = new & np.concatenate([new[1:], [True]])[: len(in_order)]
            numbers = count + np.cumsum(new)
            count += int(new.sum())
            found_places.append(places[~alone])
            found_numbers.append(numbers[~alone])
        return np.concatenate(found_places), np.concatenate(found_numbers)

    def _stretches(self) -> Iterable[tuple[int, int]]:
        """Yield the start and the end of each range of symbols to hash at once.

        A range holds whole pieces.
        """
        start = end = 0
        for end in self._ends.tolist():
            if end - start >= _HASHED_AT_ONCE:
                yield start, end
                start = end
        yield start, end

    def _same(self, ones: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Return whether window `ones[i]` is a transposition of `others[i]`, `[m]`.

        Args:
            ones: the positions of `m` windows.
            others: the positions of `m` windows to compare them with.
        """
        offsets = np.arange(SHARED_RUN)
        parts = [
            self._comparison.same(
                self._ids[ones[i : i + _COMPARED_AT_ONCE, None] + offsets],
                self._ids[others[i : i + _COMPARED_AT_ONCE, None] + offsets],
            )
            for i in range(0, len(ones), _COMPARED_AT_ONCE)
        ]
        return np.concatenate(parts)

    def _join_within(self, places: np.ndarray, owners: np.ndarray) -> None:
        """Join the pieces whose windows are really equal, among windows of equal hash.

        Windows that are transpositions of each other count as equal.

        Args:
            places: the positions of all windows with one hash.
            owners: the index of the piece that each window is in.
        """
        while len(places):
            same = self._same(np.full(len(places), places[0]), places)
            self._join(np.full(same.sum(), owners[0]), owners[same])
            places, owners = places[~same], owners[~same]

    def _join(self, ones: np.ndarray, others: np.ndarray) -> None:
        """Join, for each i, the groups of the pieces `ones[i]` and `others[i]`."""
        first = self._first.tolist()

        def root(index: int) -> int:
            while first[index] != index:
                first[index] = first[first[index]]
                index = first[index]
            return index

        for one, other in zip(ones.tolist(), others.tolist(), strict=True):
            low, high = sorted((root(one), root(other)))
            first[high] = low
        self._first = np.array([root(index) for index in range(len(first))], np.int64)
