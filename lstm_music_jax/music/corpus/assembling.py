"""Assembling a corpus: the symbols of many files get ids, all in one array."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from lstm_music_jax.music.corpus.entries import Entry, Numbered
from lstm_music_jax.music.corpus.pieces import (
    Corpus,
    Fingerprint,
    Remark,
    number_type,
    symbol_words,
)
from lstm_music_jax.music.losses import NO_LOSSES, Losses

# Number of pieces whose symbols are counted together. Each count takes time in
# proportion to the number of distinct symbols, however short the pieces are.
_COUNTED_AT_ONCE = 64


@dataclass
class Assembly:
    """The pieces of a corpus before their symbols are copied into one array.

    Attributes:
        names: the name of each piece.
        counts: the number of symbols of each piece, int64 `[k]`.
        symbols: the distinct symbols, the commonest first; `symbols[i]` has the id i.
        losses: counts of the notes that are in the files but not in the pieces.
        remarks: for each piece with notes that never end, a sentence that says how many
            there are.
        fingerprint: computes a hash of the names and symbols of all pieces. It is
            complete once the method `parts` has yielded the last piece.
    """

    names: tuple[str, ...]
    counts: np.ndarray
    symbols: tuple[str, ...]
    losses: Losses
    remarks: tuple[Remark, ...]
    fingerprint: Fingerprint
    _pieces: Sequence[Numbered]
    _new_ids: dict[int, np.ndarray]

    @classmethod
    def of(cls, entries: Mapping[str, Entry]) -> Assembly:
        """Return the assembly of the files that gave symbols.

        Each symbol gets an id. The commonest symbol has the id 0, the next one 1.

        Args:
            entries: the symbols of each file, or why it gave none, keyed by the names
                of the pieces.
        """
        found = {name: e for name, e in entries.items() if isinstance(e, Numbered)}
        names, pieces = tuple(found), [*found.values()]
        # For each list of symbols that pieces share, this holds a provisional id of
        # each symbol. These ids count the symbols in the order in which they first
        # appear in the corpus.
        appearance: dict[int, np.ndarray] = {}
        id_of: dict[str, int] = {}
        occurrences = np.zeros(0, np.int64)
        uncounted: list[np.ndarray] = []
        for position, (symbols, numbers, _) in enumerate(pieces, 1):
            numbered = appearance.setdefault(id(symbols), np.full(len(symbols), -1))
            found = numbered[numbers]
            if found.min(initial=0) < 0:
                for old in dict.fromkeys(numbers[found < 0].tolist()):
                    numbered[old] = id_of.setdefault(symbols[old], len(id_of))
                found = numbered[numbers]
            uncounted.append(found)
            if position % _COUNTED_AT_ONCE == 0 or position == len(pieces):
                together = np.concatenate(uncounted)
                counted = np.bincount(together, minlength=len(id_of))
                counted[: len(occurrences)] += occurrences
                occurrences = counted
                uncounted.clear()
        order = np.argsort(-occurrences, kind="stable")
        rank = np.empty(len(order) + 1, np.int64)
        rank[order], rank[-1] = np.arange(len(order)), -1
        by_appearance = [*id_of]
        return cls(
            names,
            np.array([len(piece.numbers) for piece in pieces], np.int64),
            tuple(by_appearance[number] for number in order.tolist()),
            reduce(Losses.plus, (piece.losses for piece in pieces), NO_LOSSES),
            _remarks(names, pieces),
            Fingerprint(),
            pieces,
            {key: rank[numbered] for key, numbered in appearance.items()},
        )

    @property
    def dtype(self) -> type[np.integer]:
        """The type of the symbol ids in the corpus, uint16 or int32."""
        return number_type(len(self.symbols))

    def parts(self) -> Iterator[np.ndarray]:
        """Yield the symbol ids of each piece, `[t]`, and update the fingerprint."""
        self.fingerprint = Fingerprint()
        words = symbol_words(self.symbols)
        for name, piece in zip(self.names, self._pieces, strict=True):
            numbers = self._new_ids[id(piece.symbols)][piece.numbers]
            self.fingerprint.add(name, words, numbers)
            yield numbers.astype(self.dtype)

    def corpus(self) -> Corpus:
        """Return the corpus, with all its symbol ids in memory."""
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
            losses=self.losses,
            remarks=self.remarks,
            _fingerprint=self.fingerprint.hexdigest(),
        )


def _remarks(names: Sequence[str], pieces: Sequence[Numbered]) -> tuple[Remark, ...]:
    endless = ((name, p.losses.endless) for name, p in zip(names, pieces, strict=True))
    return tuple(
        Remark(name, f"{count} of its notes never end, and are left out")
        for name, count in endless
        if count
    )
