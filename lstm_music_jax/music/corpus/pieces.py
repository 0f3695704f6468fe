"""A corpus: the pieces to learn from, as symbols, and the files that gave no piece."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property

_NAMES_SHOWN = 3


@dataclass(frozen=True)
class Piece:
    """One piece of music, as the symbols of some encoding."""

    name: str
    symbols: tuple[str, ...]


@dataclass(frozen=True)
class Skipped:
    """A file that gave no piece, and the reason, in one line."""

    name: str
    reason: str


@dataclass(frozen=True)
class Corpus:
    """Pieces of music in a fixed order.

    Attributes:
        pieces: the pieces.
        skipped: the files that gave no piece.
        source: where the pieces come from, in words.
    """

    pieces: tuple[Piece, ...]
    skipped: tuple[Skipped, ...]
    source: str

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the names and symbols of all pieces, in hexadecimal."""
        content = [[piece.name, piece.symbols] for piece in self.pieces]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def summary(self) -> str:
        """Return one line: the amount of music, and the files skipped."""
        symbols = [symbol for piece in self.pieces for symbol in piece.symbols]
        line = (
            f"{self.source}: {len(self.pieces):,} pieces, {len(symbols):,} symbols, "
            f"{len(set(symbols)):,} distinct"
        )
        if not self.skipped:
            return line
        names = ", ".join(skipped.name for skipped in self.skipped[:_NAMES_SHOWN])
        more = ", ..." if len(self.skipped) > _NAMES_SHOWN else ""
        return f"{line}; {len(self.skipped):,} files skipped: {names}{more}"
