"""The contract of an encoding: a score to symbols, and any symbols to a score."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

from lstm_music_jax.music.score import Score


@dataclass(frozen=True)
class Decoded:
    """What a sequence of symbols decodes to.

    Attributes:
        score: the music.
        skipped: number of symbols that were ignored, because they are unknown or not
            allowed at their place.
        note_count: number of notes struck. In `NoteNames`, a chord counts as one.
    """

    score: Score
    skipped: int
    note_count: int


@runtime_checkable
class Encoding(Protocol):
    """Turns a score into symbols, and any sequence of symbols into a score.

    Symbols are strings; a `Vocabulary` numbers them.

    These symbols are ill-formed, and `decode` skips them:

    - strings that are not symbols of the encoding;
    - if symbols move the clock: a pitch that was struck at the same tick;
    - if symbols release pitches: a pitch that was struck and not released since, a
      release of a pitch that does not sound, and one at the tick of its strike.

    Attributes:
        symbols_per_note: typical number of symbols per note, rounded up.
    """

    symbols_per_note: ClassVar[int]

    @property
    def symbols(self) -> tuple[str, ...] | None:
        """All symbols that there are; None if any pitch or chord may have a name.

        Without this list, the symbols are those that `pitches` knows.
        """
        ...

    @property
    def ticks_per_quarter(self) -> int:
        """The grid on which this encoding counts time, in ticks per quarter note."""
        ...

    @property
    def drums(self) -> bool | None:
        """Whether the notes of MIDI channel 10 are encoded."""
        ...

    def encode(self, score: Score) -> list[str]:
        """Return the symbols of `score`, in the order of time."""
        ...

    def decode(
        self,
        symbols: Iterable[str],
        max_notes: int | None = None,
        after: Iterable[str] = (),
    ) -> Decoded:
        """Return the music of any symbols.

        Args:
            symbols: any strings.
            max_notes: stop after this many notes, if given.
            after: symbols that come before, for example those of a primer. Their music
                is left out, and time counts from their end. What they set for later
                symbols, such as a duration, still applies.
        """
        ...

    def merged(self, score: Score, symbols: Sequence[str]) -> int:
        """Return how many notes `encode` loses because it merges them with others.

        Args:
            score: the music.
            symbols: what `encode` returned for it.
        """
        ...

    def canonical(self, text: str) -> str:
        """Return the symbol that `text` spells, as `encode` would write it.

        Raises:
            ValueError: `text` spells no symbol; the message says what is allowed.
        """
        ...

    def pitches(self, symbol: str) -> tuple[int, ...]:
        """Return the MIDI pitches that `symbol` strikes; () if it strikes none."""
        ...

    def releases(self, symbol: str) -> tuple[int, ...]:
        """Return the MIDI pitches that `symbol` releases; () if there are none."""
        ...

    def time_shift(self, symbol: str) -> int:
        """Return the ticks by which `symbol` moves the clock; 0 if it does not."""
        ...

    def duration(self, symbol: str) -> int:
        """Return the ticks that `symbol` adds to the duration of later notes, or 0."""
        ...

    def stretched(self, symbol: str, factor: float) -> str:
        """Return the symbol that takes `factor` times as long as `symbol`.

        A symbol that takes no time, or takes a number of beats, stays the same.
        """
        ...

    def config(self) -> dict[str, Any]:
        """Return the JSON from which `encoding_from_config` rebuilds this encoding."""
        ...
