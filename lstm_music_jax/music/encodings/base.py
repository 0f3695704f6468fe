"""The contract of an encoding, which turns scores into symbols and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, runtime_checkable

from lstm_music_jax.music.score import Score

# The notes that a symbol strikes or releases, as pairs of onset and pitch: () for a
# symbol that makes no note, such as one that sets a time, and None for a skipped one. A
# note of the symbols before has -1 in place of its onset.
Use = tuple[tuple[int, int], ...] | None


@dataclass(frozen=True)
class Decoded:
    """The result of decoding a sequence of symbols.

    Attributes:
        score: the music.
        skipped: number of symbols that were ignored, because they are unknown or not
            allowed at their position.
        note_count: number of notes struck. In `NoteNames`, a chord counts as one.
        uses: for each symbol that was read, the notes that it strikes or releases, as
            pairs of onset and pitch. The onset is -1 if the note was struck earlier, by
            a symbol in the argument `after` of `Encoding.decode`. A symbol that sets a
            time, a duration or a loudness has (). So has, in `Performance`, a symbol
            that was left out because of `max_notes`. A symbol that was skipped has
            None.
    """

    score: Score
    skipped: int
    note_count: int
    uses: tuple[Use, ...]


def known_symbols(encoding: Encoding, symbols: Iterable[str]) -> set[str]:
    """Return the set of those strings in `symbols` that the encoding can decode."""
    if encoding.symbols is None:
        return {symbol for symbol in symbols if encoding.pitches(symbol)}
    return set(encoding.symbols).intersection(symbols)


@runtime_checkable
class Encoding(Protocol):
    """Turns a score into symbols, and any sequence of symbols into a score.

    Symbols are strings. A `Vocabulary` gives each of them an integer id.

    These symbols are ill-formed, and `decode` skips them:

    - strings that are not symbols of the encoding;
    - if the encoding has symbols that move the clock: a symbol that strikes a pitch
      which was already struck at the same tick;
    - if the encoding has symbols that release pitches: a symbol that strikes a sounding
      pitch, one that releases a silent pitch, and one that releases a pitch at the tick
      at which it was struck.

    Attributes:
        symbols_per_note: typical number of symbols per note, rounded up.
    """

    symbols_per_note: ClassVar[int]

    @property
    def symbols(self) -> tuple[str, ...] | None:
        """All symbols of the encoding; None if there are too many to list.

        If it is None, a string is a symbol if `pitches` returns pitches for it.
        """
        ...

    @property
    def ticks_per_quarter(self) -> int:
        """The grid on which the encoding counts time, in ticks per quarter note."""
        ...

    @property
    def drums(self) -> bool | None:
        """Whether the notes of MIDI channel 10 are encoded; None means False."""
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
        """Return the music of a sequence of symbols; ill-formed ones are skipped.

        Args:
            symbols: any strings.
            max_notes: strike at most this many notes, if given. In `NoteNames`, a chord
                counts as one.
            after: symbols that precede `symbols` in the piece. Their music is left out,
                and time counts from their end. A setting that they make for later
                symbols, such as a duration, still applies.
        """
        ...

    def merged(self, score: Score, symbols: Sequence[str]) -> int:
        """Return the number of notes that `encode` loses because it merges notes.

        Args:
            score: the music.
            symbols: the result of `encode` for this score.
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
        """Return the ticks that `symbol` gives to the duration of the notes after it.

        If several such symbols stand in a row, the duration is the sum of their ticks.
        The result is 0 if `symbol` sets no duration.
        """
        ...

    def stretched(self, symbol: str, factor: float) -> str:
        """Return the symbol that takes about `factor` times as long as `symbol`.

        The time is rounded, and limited to what one symbol can last. A symbol stays the
        same if it takes no time, or if its time is counted in beats.
        """
        ...

    def config(self) -> dict[str, Any]:
        """Return the JSON from which `encoding_from_config` rebuilds this encoding."""
        ...
