"""A vocabulary: turns symbols into integer ids and ids into symbols."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import index
from pathlib import Path
from typing import Any, SupportsIndex

import numpy as np

from lstm_music_jax.system.atomic_write import write_atomically

START = "<start>"
END = "<end>"
_UNKNOWN_SHOWN = 3


class UnknownSymbolError(ValueError):
    """Raised if a symbol is not in the vocabulary."""


@dataclass(frozen=True)
class Vocabulary:
    """An ordered set of symbols; the id of a symbol is its position.

    >>> vocabulary = Vocabulary(("C4", "E4", "G4"))
    >>> vocabulary.ids_of(["G4", "C4"])
    array([2, 0], dtype=int32)
    >>> vocabulary.symbols_of([2, 0])
    ['G4', 'C4']

    Attributes:
        symbols: all symbols, in the order of their ids.
        start: the symbol that stands before every piece, or None if there is none.
        end: the symbol that stands after every piece, or None if there is none.
        unseen: the symbols that a model of this vocabulary was never trained on. Two
            vocabularies that differ only in these are equal, because they give each
            symbol the same id.
    """

    symbols: tuple[str, ...]
    start: str | None = None
    end: str | None = None
    unseen: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self):
        if len(self._id_of) != len(self.symbols):
            twice = [s for s, n in Counter(self.symbols).items() if n > 1]
            raise ValueError(
                f"symbols holds {twice[0]!r} twice; all symbols must be distinct"
            )
        for name, symbol in (("start", self.start), ("end", self.end)):
            if symbol is not None and symbol not in self._id_of:
                raise ValueError(f"{name} is {symbol!r}; it must be one of the symbols")
        if self.start is not None and self.start == self.end:
            raise ValueError(f"end is {self.end!r}; it must differ from start")
        for symbol in self.unseen:
            if symbol not in self._id_of:
                raise ValueError(
                    f"unseen holds {symbol!r}; it must hold some of the symbols"
                )

    @classmethod
    def from_pieces(
        cls,
        pieces: Iterable[Sequence[str]],
        start: bool = True,
        end: bool = True,
        others: Iterable[str] = (),
    ) -> Vocabulary:
        """Return the vocabulary of some pieces, the commonest symbol first.

        Symbols that are equally common keep the order in which they first appear. After
        the symbols of the pieces come `others`, then the start and the end symbol.

        Args:
            pieces: the symbols of each piece.
            start: append the start symbol '<start>' to the vocabulary.
            end: append the end symbol '<end>' to the vocabulary.
            others: symbols to append to the vocabulary, unless the pieces have them.
        """
        counts = Counter(symbol for piece in pieces for symbol in piece)
        by_count = (symbol for symbol, _ in counts.most_common())
        symbols = tuple(dict.fromkeys([*by_count, *others]))
        if start:
            symbols += (START,)
        if end:
            symbols += (END,)
        return cls(symbols, START if start else None, END if end else None)

    @property
    def start_id(self) -> int | None:
        """The id of the start symbol, or None if there is none."""
        return None if self.start is None else self._id_of[self.start]

    @property
    def end_id(self) -> int | None:
        """The id of the end symbol, or None if there is none."""
        return None if self.end is None else self._id_of[self.end]

    @property
    def marker_ids(self) -> list[int]:
        """The ids of the start symbol and the end symbol, which stand for no music."""
        return [marker for marker in (self.start_id, self.end_id) if marker is not None]

    def without_markers(self, ids: np.ndarray) -> np.ndarray:
        """Return symbol ids `[t]` without those of the start and the end symbol."""
        return ids[~np.isin(ids, self.marker_ids)]

    @property
    def unseen_ids(self) -> list[int]:
        """The ids of the unseen symbols."""
        return [self._id_of[symbol] for symbol in self.unseen]

    def __len__(self) -> int:
        return len(self.symbols)

    def ids_of(self, symbols: Sequence[str], source: str = "") -> np.ndarray:
        """Return the ids of `symbols`, int32 `[t]`.

        Args:
            symbols: `t` symbols.
            source: name of the piece or file that they come from, for the error
                message.

        Raises:
            UnknownSymbolError: the vocabulary lacks a symbol; the message names the
                first few unknown symbols, with their positions.
        """
        ids = [self._id_of.get(symbol, -1) for symbol in symbols]
        if -1 in ids:
            unknown = [(symbol, i) for i, symbol in enumerate(symbols) if ids[i] < 0]
            shown = unknown[:_UNKNOWN_SHOWN]
            message = ", ".join(f"{symbol!r} at position {i}" for symbol, i in shown)
            if len(unknown) > len(shown):
                message += f" and {len(unknown) - len(shown)} more"
            place = f" in {source}" if source else ""
            raise UnknownSymbolError(
                f"symbols{place} not in the vocabulary of {len(self)}: {message}"
            )
        return np.asarray(ids, dtype=np.int32)

    def symbols_of(self, ids: Iterable[SupportsIndex]) -> list[str]:
        """Return the symbols of `ids`.

        Raises:
            ValueError: an id is not in 0 to `len(self) - 1`.
        """
        symbols = []
        for number in map(index, ids):
            if not 0 <= number < len(self):
                raise ValueError(f"id is {number}; it must be 0 to {len(self) - 1}")
            symbols.append(self.symbols[number])
        return symbols

    def save(self, path: str | Path) -> None:
        """Write the vocabulary as a JSON file, whole or not at all."""
        write_atomically(Path(path), json.dumps(self.to_json(), indent=0))

    def to_json(self) -> dict[str, Any]:
        """Return the vocabulary as values that JSON can hold."""
        return {
            "symbols": list(self.symbols),
            "start": self.start,
            "end": self.end,
            "unseen": list(self.unseen),
        }

    @classmethod
    def load(cls, path: str | Path) -> Vocabulary:
        """Read a file that `save` wrote.

        A file of an older version may lack `end` and `unseen`. Then there is no end
        symbol, and no symbol is known to be unseen.

        Raises:
            OSError: the file cannot be read.
            ValueError: the content of the file is not a vocabulary.
        """
        text = Path(path).read_bytes()
        try:
            content = json.loads(text)
            symbols, start = content["symbols"], content["start"]
            end, unseen = content.get("end"), content.get("unseen", [])
            strings = _are_strings(symbols) and _are_strings(unseen)
            named = isinstance(start, str | None) and isinstance(end, str | None)
            if not strings or not named:
                raise ValueError(
                    "symbols and unseen must each be a list of strings; start and end "
                    "must each be a string or null"
                )
            return cls(tuple(symbols), start, end, tuple(unseen))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path} is not a vocabulary file: {error}") from error

    @cached_property
    def _id_of(self) -> dict[str, int]:
        return {symbol: i for i, symbol in enumerate(self.symbols)}


def _are_strings(value):
    return isinstance(value, list) and all(isinstance(entry, str) for entry in value)
