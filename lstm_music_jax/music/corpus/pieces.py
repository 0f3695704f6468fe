"""A corpus: the pieces to learn from, as symbols, with what had to be left out."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property

_SHOWN = 3


@dataclass(frozen=True)
class Piece:
    """One piece of music, as the symbols of some encoding."""

    name: str
    symbols: tuple[str, ...]


@dataclass(frozen=True)
class Skipped:
    """A file that gave no piece, and why, in one line."""

    name: str
    reason: str


@dataclass(frozen=True)
class Corpus:
    """Pieces in a fixed order, the files left out, and in words where they are from."""

    pieces: tuple[Piece, ...]
    skipped: tuple[Skipped, ...]
    source: str

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256, in hexadecimal, over the names and symbols of all pieces."""
        content = [[piece.name, piece.symbols] for piece in self.pieces]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def summary(self) -> str:
        """One line: how much music there is, and how many files were skipped."""
        symbols = [symbol for piece in self.pieces for symbol in piece.symbols]
        line = (
            f"{self.source}: {len(self.pieces):,} pieces, {len(symbols):,} symbols, "
            f"{len(set(symbols)):,} distinct"
        )
        if not self.skipped:
            return line
        names = ", ".join(skipped.name for skipped in self.skipped[:_SHOWN])
        more = ", ..." if len(self.skipped) > _SHOWN else ""
        return f"{line}; {len(self.skipped):,} files skipped: {names}{more}"
