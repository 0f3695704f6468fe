"""What every encoding offers: a score to symbols, and any symbols back to a score."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

from lstm_music_jax.music.score import Score


@dataclass(frozen=True)
class Decoded:
    """What a run of symbols decoded to.

    Attributes:
      score: the music.
      skipped: how many symbols were ill-formed where they stood.
      count: how many symbols, of those that ask for a note or chord, were honoured.
    """

    score: Score
    skipped: int
    count: int


@runtime_checkable
class Encoding(Protocol):
    """Turns a score into symbols and any sequence of symbols into a score.

    `symbols_per_note` is about how many symbols a note takes, rounded up.
    """

    symbols_per_note: ClassVar[int]

    def encode(self, score: Score) -> list[str]:
        """The symbols of `score`, in the order of time."""
        ...

    def decode(self, symbols: Iterable[str], limit: int | None = None) -> Decoded:
        """The music of `symbols`, whatever they are; stops after `limit` notes."""
        ...

    def pitches(self, symbol: str) -> tuple[int, ...]:
        """The MIDI pitches that `symbol` strikes; () if it strikes none."""
        ...

    def shift(self, symbol: str) -> int:
        """By how many ticks `symbol` moves the clock and strikes nothing; else 0."""
        ...

    def duration(self, symbol: str) -> int:
        """How many ticks `symbol` gives, or adds, to the length of notes; else 0."""
        ...

    def config(self) -> dict[str, Any]:
        """What `encoding_from_config` needs to build this encoding again (JSON)."""
        ...
