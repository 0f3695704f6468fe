"""The one place where symbols become integer ids and ids become symbols."""

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


class UnknownSymbol(ValueError):  # noqa: N818
    """A symbol that the vocabulary does not hold."""


@dataclass(frozen=True)
class Vocabulary:
    """An ordered set of symbols; a symbol's id is its place.

    Attributes:
      symbols: distinct symbols, id by id.
      start: the symbol that stands before every piece, or None if there is none.
    """

    symbols: tuple[str, ...]
    start: str | None = None

    def __post_init__(self):
        if len(self._ids) != len(self.symbols):
            twice = [s for s, n in Counter(self.symbols).items() if n > 1]
            raise ValueError(f"symbols holds {twice[0]!r} twice; ids must be distinct")
        if self.start is not None and self.start not in self._ids:
            raise ValueError(f"start is {self.start!r}; it must be one of the symbols")

    @classmethod
    def from_pieces(
        cls, pieces: Iterable[Sequence[str]], start: bool = True
    ) -> Vocabulary:
        """Symbols by falling count, ties by first appearance; '<start>' comes last."""
        counts = Counter(symbol for piece in pieces for symbol in piece)
        symbols = tuple(symbol for symbol, _ in counts.most_common())
        if not start:
            return cls(symbols)
        return cls((*symbols, START), START)

    @property
    def start_id(self) -> int | None:
        """The id of the start symbol, or None."""
        return None if self.start is None else self._ids[self.start]

    def __len__(self) -> int:
        return len(self.symbols)

    def encode(self, symbols: Sequence[str], where: str = "") -> np.ndarray:
        """The ids of `symbols`, int32 [t].

        Raises UnknownSymbol naming what is unknown and its places; `where` says of
        which piece.
        """
        ids = [self._ids.get(symbol, -1) for symbol in symbols]
        if -1 in ids:
            unknown = [(symbol, i) for i, symbol in enumerate(symbols) if ids[i] < 0]
            shown = ", ".join(f"{s!r} at position {i}" for s, i in unknown[:3])
            more = f" and {len(unknown) - 3} more" if len(unknown) > 3 else ""
            place = f" in {where}" if where else ""
            raise UnknownSymbol(
                f"symbols{place} not in the vocabulary of {len(self)}: {shown}{more}"
            )
        return np.asarray(ids, dtype=np.int32)

    def decode(self, ids: Iterable[SupportsIndex]) -> list[str]:
        """The symbols of `ids`; ValueError for an id outside 0..len-1."""
        result = []
        for number in map(index, ids):
            if not 0 <= number < len(self):
                raise ValueError(f"id is {number}; it must be 0 to {len(self) - 1}")
            result.append(self.symbols[number])
        return result

    def save(self, path: str | Path) -> None:
        """Write as JSON, whole or not at all."""
        content = {"symbols": list(self.symbols), "start": self.start}
        write_atomically(Path(path), json.dumps(content, indent=0))

    @classmethod
    def load(cls, path: str | Path) -> Vocabulary:
        """Read what `save` wrote; ValueError naming the file if it is anything else."""
        text = Path(path).read_bytes()
        try:
            content = json.loads(text)
            symbols, start = content["symbols"], content["start"]
            strings = isinstance(symbols, list) and all(
                isinstance(symbol, str) for symbol in symbols
            )
            if not strings or not isinstance(start, str | None):
                raise ValueError("symbols must be a list of strings, start one or null")
            return cls(tuple(symbols), start)
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path} is not a vocabulary file: {error}") from error

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {symbol: i for i, symbol in enumerate(self.symbols)}
