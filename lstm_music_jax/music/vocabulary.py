"""A vocabulary: turns symbols into integer ids and ids into symbols."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import index
from pathlib import Path
from typing import SupportsIndex

import numpy as np

from lstm_music_jax.system.atomic_write import write_atomically

START = "<start>"
_UNKNOWN_SHOWN = 3


class UnknownSymbolError(ValueError):
    """A symbol is not in the vocabulary."""


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
    """

    symbols: tuple[str, ...]
    start: str | None = None

    def __post_init__(self):
        if len(self._id_of) != len(self.symbols):
            twice = [s for s, n in Counter(self.symbols).items() if n > 1]
            raise ValueError(
                f"symbols holds {twice[0]!r} twice; all symbols must be distinct"
            )
        if self.start is not None and self.start not in self._id_of:
            raise ValueError(f"start is {self.start!r}; it must be one of the symbols")

    @classmethod
    def from_pieces(
        cls, pieces: Iterable[Sequence[str]], start: bool = True
    ) -> Vocabulary:
        """Return the vocabulary of some pieces, the commonest symbol first.

        Symbols that are equally common keep the order in which they first appear.

        Args:
            pieces: the symbols of each piece.
            start: append the start symbol '<start>'.
        """
        counts = Counter(symbol for piece in pieces for symbol in piece)
        symbols = tuple(symbol for symbol, _ in counts.most_common())
        if not start:
            return cls(symbols)
        return cls((*symbols, START), START)

    @property
    def start_id(self) -> int | None:
        """The id of the start symbol, or None if there is none."""
        return None if self.start is None else self._id_of[self.start]

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
                first few that it lacks, with their positions.
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
        content = {"symbols": list(self.symbols), "start": self.start}
        write_atomically(Path(path), json.dumps(content, indent=0))

    @classmethod
    def load(cls, path: str | Path) -> Vocabulary:
        """Read a file that `save` wrote.

        Raises:
            OSError: the file cannot be read.
            ValueError: the file holds anything else.
        """
        text = Path(path).read_bytes()
        try:
            content = json.loads(text)
            symbols, start = content["symbols"], content["start"]
            strings = isinstance(symbols, list) and all(
                isinstance(symbol, str) for symbol in symbols
            )
            if not strings or not isinstance(start, str | None):
                raise ValueError(
                    "symbols must be a list of strings, and start a string or null"
                )
            return cls(tuple(symbols), start)
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path} is not a vocabulary file: {error}") from error

    @cached_property
    def _id_of(self) -> dict[str, int]:
        return {symbol: i for i, symbol in enumerate(self.symbols)}
