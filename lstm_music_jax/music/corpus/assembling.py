"""Assembling a corpus: the symbols of many files in one array, numbered anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lstm_music_jax.music.corpus.entries import Entry, Numbered
from lstm_music_jax.music.corpus.pieces import (
    Corpus,
    Fingerprint,
    number_type,
    symbol_words,
)

# Pieces whose symbols are counted together. Counting takes time for every distinct
# symbol, whether or not it occurs.
_COUNTED_AT_ONCE = 64


@dataclass
class Assembly:
    """The pieces of a corpus, each still in the array where its file was read to.

    Attributes:
        names: the name of each piece.
        counts: how many symbols each piece has, int64 `[k]`.
        symbols: the distinct symbols, as in `Corpus`.
        fingerprint: the corpus', once `parts` has come to its end.
    """

    names: tuple[str, ...]
    counts: np.ndarray
    symbols: tuple[str, ...]
    fingerprint: Fingerprint
    _pieces: Sequence[Numbered]
    _new_numbers: dict[int, np.ndarray]

    @classmethod
    def of(cls, entries: Mapping[str, Entry]) -> Assembly:
        """Count the symbols of all pieces, and number them by how common they are."""
        found = {name: e for name, e in entries.items() if isinstance(e, Numbered)}
        names, pieces = tuple(found), [*found.values()]
        # The numbers of first appearance, for each list of symbols that pieces share.
        appearance: dict[int, np.ndarray] = {}
        number_of: dict[str, int] = {}
        occurrences = np.zeros(0, np.int64)
        uncounted: list[np.ndarray] = []
        for position, (symbols, numbers) in enumerate(pieces, 1):
            numbered = appearance.setdefault(id(symbols), np.full(len(symbols), -1))
            found = numbered[numbers]
            if found.min(initial=0) < 0:
                for old in dict.fromkeys(numbers[found < 0].tolist()):
                    numbered[old] = number_of.setdefault(symbols[old], len(number_of))
                found = numbered[numbers]
            uncounted.append(found)
            if position % _COUNTED_AT_ONCE == 0 or position == len(pieces):
                together = np.concatenate(uncounted)
                counted = np.bincount(together, minlength=len(number_of))
                counted[: len(occurrences)] += occurrences
                occurrences = counted
                uncounted.clear()
        order = np.argsort(-occurrences, kind="stable")
        rank = np.empty(len(order) + 1, np.int64)
        rank[order], rank[-1] = np.arange(len(order)), -1
        by_appearance = [*number_of]
        return cls(
            names,
            np.array([len(piece.numbers) for piece in pieces], np.int64),
            tuple(by_appearance[number] for number in order.tolist()),
            Fingerprint(),
            pieces,
            {key: rank[numbered] for key, numbered in appearance.items()},
        )

    @property
    def dtype(self) -> type[np.integer]:
        """The type of the corpus' numbers."""
        return number_type(len(self.symbols))

    def parts(self) -> Iterator[np.ndarray]:
        """Yield the numbers of each piece, and compute the fingerprint."""
        self.fingerprint = Fingerprint()
        words = symbol_words(self.symbols)
        for name, piece in zip(self.names, self._pieces, strict=True):
            numbers = self._new_numbers[id(piece.symbols)][piece.numbers]
            self.fingerprint.add(name, words, numbers)
            yield numbers.astype(self.dtype)

    def corpus(self) -> Corpus:
        """Return the corpus, with all its numbers in memory."""
        numbers = np.empty(self.counts.sum(), self.dtype)
        first = 0
        for part in self.parts():
            numbers[first : first + len(part)] = part
            first += len(part)
        return Corpus(
            numbers,
            np.cumsum(self.counts) - self.counts,
            self.counts,
            self.symbols,
            self.names,
            _fingerprint=self.fingerprint.hexdigest(),
        )
