"""A corpus: the pieces to learn from, and a list of the files that gave no piece."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from lstm_music_jax.music.losses import NO_LOSSES, Losses

_NAMES_SHOWN = 3


@dataclass(frozen=True)
class Piece:
    """One piece of music: its name, and its symbols in some encoding."""

    name: str
    symbols: tuple[str, ...]


@dataclass(frozen=True)
class Skipped:
    """A file that gave no piece, and the reason, in one line."""

    name: str
    reason: str


@dataclass(frozen=True)
class Remark:
    """A remark on a piece whose file was only partly read, in one line."""

    name: str
    text: str


@dataclass(frozen=True, eq=False)
class Corpus:
    """Pieces of music in a fixed order, all in one array of symbol ids.

    The symbol `symbols[i]` has the id i. The ids of piece k are
    `numbers[firsts[k] : firsts[k] + counts[k]]`. The array may be a memory map of a
    file, so a corpus can be larger than the memory.

    >>> corpus = Corpus.from_pieces([Piece("scale", ("C4", "D4", "D4"))])
    >>> corpus.symbols, corpus.numbers.tolist()
    (('D4', 'C4'), [1, 0, 0])
    >>> corpus.pieces[0]
    Piece(name='scale', symbols=('C4', 'D4', 'D4'))

    Attributes:
        numbers: the symbol ids of all pieces, uint16 or int32 `[n]`. After `take`, it
            also holds those of other pieces.
        firsts: the position in `numbers` at which each piece begins, int64 `[k]`.
        counts: the number of symbols of each piece, int64 `[k]`.
        symbols: the distinct symbols. The commonest comes first, and symbols that are
            equally common stand in the order in which they first appear. After `take`,
            they are still those of the whole corpus.
        names: the name of each piece.
        skipped: the files that gave no piece.
        source: a description of the origin of the pieces.
        losses: counts of the notes that are in the files but not in the pieces.
        remarks: one remark for each piece whose file was only partly read.
    """

    numbers: np.ndarray
    firsts: np.ndarray
    counts: np.ndarray
    symbols: tuple[str, ...]
    names: tuple[str, ...]
    skipped: tuple[Skipped, ...] = ()
    source: str = ""
    losses: Losses = NO_LOSSES
    remarks: tuple[Remark, ...] = ()
    _fingerprint: str | None = field(default=None, repr=False)

    @classmethod
    def from_pieces(
        cls,
        pieces: Iterable[Piece],
        skipped: Iterable[Skipped] = (),
        source: str = "",
    ) -> Corpus:
        """Return a corpus of pieces that are in memory already."""
        pieces = tuple(pieces)
        occurrences = Counter(symbol for piece in pieces for symbol in piece.symbols)
        symbols = tuple(symbol for symbol, _ in occurrences.most_common())
        number_of = {symbol: number for number, symbol in enumerate(symbols)}
        counts = np.array([len(piece.symbols) for piece in pieces], np.int64)
        numbers = np.fromiter(
            (number_of[symbol] for piece in pieces for symbol in piece.symbols),
            number_type(len(symbols)),
            counts.sum(),
        )
        names = tuple(piece.name for piece in pieces)
        firsts = np.cumsum(counts) - counts
        return cls(numbers, firsts, counts, symbols, names, tuple(skipped), source)

    def __eq__(self, other: object) -> bool:
        """Return whether the pieces, the skipped files and the sources are equal.

        Pieces are equal if their names and their symbols are.
        """
        if not isinstance(other, Corpus):
            return NotImplemented
        return all(
            mine == theirs
            for mine, theirs in (
                (self.source, other.source),
                (self.skipped, other.skipped),
                (self.fingerprint, other.fingerprint),
            )
        )

    def __hash__(self) -> int:
        """Return a hash of the names and symbols of all pieces."""
        return hash(self.fingerprint)

    @property
    def pieces(self) -> Sequence[Piece]:
        """The pieces as a sequence, whose items are made when they are indexed."""
        return _Pieces(self)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the names and symbols of all pieces, in hexadecimal."""
        if self._fingerprint is not None:
            return self._fingerprint
        fingerprint = Fingerprint()
        words = symbol_words(self.symbols)
        for name, numbers in zip(self.names, self._arrays(), strict=True):
            fingerprint.add(name, words, numbers)
        return fingerprint.hexdigest()

    def take(self, positions: Sequence[int] | np.ndarray) -> Corpus:
        """Return a corpus of the pieces at `positions`, without copying symbols.

        Everything else stays that of this corpus: the distinct symbols, the skipped
        files, the source, the losses and the remarks.
        """
        positions = np.asarray(positions, np.int64)
        return replace(
            self,
            firsts=self.firsts[positions],
            counts=self.counts[positions],
            names=tuple(self.names[position] for position in positions.tolist()),
            _fingerprint=None,
        )

    def summary(self) -> str:
        """Return one line: source, counts, and what is left out.

        The counts are those of pieces, symbols and distinct symbols. Left out are notes
        that gave no symbols and files that gave no piece.
        """
        line = (
            f"{self.source}: {len(self.names):,} pieces, {self.counts.sum():,} "
            f"symbols, {len(self.symbols):,} distinct"
        )
        if lost := str(self.losses):
            line += f"; left out: {lost}"
        if not self.skipped:
            return line
        names = ", ".join(skipped.name for skipped in self.skipped[:_NAMES_SHOWN])
        more = ", ..." if len(self.skipped) > _NAMES_SHOWN else ""
        return f"{line}; {len(self.skipped):,} files skipped: {names}{more}"

    def _arrays(self):
        ends = self.firsts + self.counts
        for first, end in zip(self.firsts.tolist(), ends.tolist(), strict=True):
            yield self.numbers[first:end]


class _Pieces(Sequence[Piece]):
    """The pieces of a corpus as a sequence; indexing makes a `Piece`."""

    def __init__(self, corpus):
        self._corpus = corpus
        self._words = np.array([*corpus.symbols, None], object)

    def __len__(self):
        return len(self._corpus.names)

    def __getitem__(self, position):
        if isinstance(position, slice):
            return tuple(self[each] for each in range(len(self))[position])
        position = range(len(self))[position]
        first = self._corpus.firsts[position]
        numbers = self._corpus.numbers[first : first + self._corpus.counts[position]]
        return Piece(self._corpus.names[position], tuple(self._words[numbers]))

    def __eq__(self, other):
        if not isinstance(other, Sequence):
            return NotImplemented
        return tuple(self) == tuple(other)

    def __hash__(self):
        return hash(tuple(self))

    def __repr__(self):
        return repr(tuple(self))


def number_type(count: int) -> type[np.integer]:
    """Return the type for the ids of `count` symbols: uint16 if it can hold them.

    Otherwise the type is int32.
    """
    return np.uint16 if count <= 2**16 else np.int32


def symbol_words(symbols: Iterable[str]) -> np.ndarray:
    """Return the JSON of each symbol, as an array for `Fingerprint.add`.

    After the last symbol, the array has one more entry, None. No id refers to it.
    """
    # Without the last entry, NumPy might make an array of another shape.
    return np.array([*map(json.dumps, symbols), None], object)


class Fingerprint:
    """The fingerprint of a corpus, computed piece by piece.

    It is the SHA-256 of the JSON of a list that holds the name and the symbols of each
    piece. So it does not depend on how the corpus is stored.
    """

    def __init__(self) -> None:
        """Begin the fingerprint of an empty corpus."""
        self._digest, self._before = hashlib.sha256(b"["), ""

    def add(self, name: str, words: np.ndarray, numbers: np.ndarray) -> None:
        """Update the fingerprint for one more piece of the corpus.

        Args:
            name: the name of the piece.
            words: the symbols of the corpus as JSON, made by `symbol_words`.
            numbers: the symbol ids of the piece, which are positions in `words`, `[t]`.
        """
        listed = ", ".join(words[numbers].tolist())
        self._digest.update(f"{self._before}[{json.dumps(name)}, [{listed}]]".encode())
        self._before = ", "

    def hexdigest(self) -> str:
        """Return the fingerprint of the pieces added so far, in hexadecimal."""
        digest = self._digest.copy()
        digest.update(b"]")
        return digest.hexdigest()
