"""Events: an encoding that keeps rhythm, with 'shift_12', 'duration_6', 'pitch_60'.

This is the grammar, on the grid of 12 ticks per quarter:

    piece    = group*
    group    = shift* duration* pitch+
    shift_n      moves the clock forward by n ticks (1 to 48)
    duration_n   sets the duration of the notes that follow (1 to 96 ticks)
    pitch_n      strikes MIDI pitch n now, for the duration set last

A longer time shift or duration is the sum of several symbols in a row, the largest
first. The duration comes before the pitch and holds until it is set again. So a chord
of equal durations costs one symbol per note, and a run of eighths costs two symbols per
note: shift and pitch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from lstm_music_jax.music.encodings.base import Decoded
from lstm_music_jax.music.score import HIGHEST_PITCH, TICKS_PER_QUARTER, Note, Score

LONGEST_SHIFT = 48
LONGEST_DURATION = 96
_ALLOWED = {
    "shift": range(1, LONGEST_SHIFT + 1),
    "duration": range(1, LONGEST_DURATION + 1),
    "pitch": range(HIGHEST_PITCH + 1),
}


@dataclass(frozen=True)
class Events:
    """Encodes pitch, onset and duration of every note.

    >>> quarter_then_eighth = Score.from_notes([Note(0, 60, 12), Note(12, 64, 6)])
    >>> Events().encode(quarter_then_eighth)
    ['duration_12', 'pitch_60', 'shift_12', 'duration_6', 'pitch_64']

    The module's docstring has the grammar.
    """

    symbols_per_note: ClassVar[int] = 2

    def encode(self, score: Score) -> list[str]:
        """Return the symbols of `score.notes`; the division into parts is lost."""
        symbols: list[str] = []
        clock, duration = 0, 0
        ordered = sorted(score.notes, key=lambda n: (n.onset, n.duration, n.pitch))
        for note in ordered:
            symbols += _summands("shift", note.onset - clock, LONGEST_SHIFT)
            if note.duration != duration:
                symbols += _summands("duration", note.duration, LONGEST_DURATION)
            symbols.append(f"pitch_{note.pitch}")
            clock, duration = note.onset, note.duration
        return symbols

    def decode(
        self,
        symbols: Iterable[str],
        max_notes: int | None = None,
        after: Iterable[str] = (),
    ) -> Decoded:
        """Return the notes of any symbols; skip and count the ill-formed ones.

        Ill-formed are unknown symbols, and a pitch that is struck already at the same
        tick. Before any duration is set, a note lasts a quarter.

        Args:
            symbols: any strings.
            max_notes: stop after this many notes.
            after: symbols that come before, for example those of a primer. Their music
                is left out, and time counts from their end. The duration that they
                set is in force, and it may go on as a sum.
        """
        reader = _Reader()
        for symbol in after:
            reader.read(symbol)
        begin, notes_before = reader.clock, len(reader.durations)
        reader.skipped = 0
        for symbol in symbols:
            count = len(reader.durations) - notes_before
            if max_notes is not None and count >= max_notes:
                break
            reader.read(symbol)
        notes = [
            Note(onset - begin, pitch, duration)
            for (onset, pitch), duration in reader.durations.items()
        ][notes_before:]
        return Decoded(Score.from_notes(notes), reader.skipped, len(notes))

    def canonical(self, text: str) -> str:
        """Return the event that `text` spells: 'pitch_060' is 'pitch_60'.

        Raises:
            ValueError: `text` spells none.
        """
        event, value = _parse(text)
        if not event:
            raise ValueError(
                f"symbol is {text!r}; it must be shift_1 to shift_{LONGEST_SHIFT}, "
                f"duration_1 to duration_{LONGEST_DURATION}, or pitch_0 to "
                f"pitch_{HIGHEST_PITCH}"
            )
        return f"{event}_{value}"

    def pitches(self, symbol: str) -> tuple[int, ...]:
        """Return the MIDI pitch of 'pitch_n'; () for any other symbol."""
        event, value = _parse(symbol)
        return (value,) if event == "pitch" else ()

    def time_shift(self, symbol: str) -> int:
        """Return the ticks of 'shift_n'; 0 for any other symbol."""
        event, value = _parse(symbol)
        return value if event == "shift" else 0

    def duration(self, symbol: str) -> int:
        """Return the ticks of 'duration_n'; 0 for any other symbol."""
        event, value = _parse(symbol)
        return value if event == "duration" else 0

    def config(self) -> dict[str, Any]:
        """Return the encoding's kind alone, because it has no settings."""
        return {"kind": "events"}


@dataclass
class _Reader:
    """Reads one symbol after another, and keeps what is in force for the next.

    Attributes:
        clock: the tick of the next pitch.
        duration: ticks that the next pitch lasts.
        previous: the event of the symbol that was read last.
        durations: the notes so far, by onset and pitch, in the order of the symbols.
        skipped: number of ill-formed symbols.
    """

    clock: int = 0
    duration: int = TICKS_PER_QUARTER
    previous: str = ""
    durations: dict[tuple[int, int], int] = field(default_factory=dict)
    skipped: int = 0

    def read(self, symbol: str) -> None:
        """Read the next symbol."""
        event, value = _parse(symbol)
        if event == "shift":
            self.clock += value
        elif event == "duration":
            begun = self.duration if self.previous == "duration" else 0
            self.duration = begun + value
        elif event == "pitch" and (self.clock, value) not in self.durations:
            self.durations[self.clock, value] = self.duration
        else:
            self.skipped += 1
        self.previous = event


def _summands(event: str, ticks: int, largest: int) -> list[str]:
    """Return symbols whose values add up to `ticks`."""
    full, rest = divmod(ticks, largest)
    return [f"{event}_{largest}"] * full + ([f"{event}_{rest}"] if rest else [])


def _parse(symbol: str) -> tuple[str, int]:
    """Return event ("shift", "duration", "pitch") and value; ("", 0) if ill-formed."""
    event, _, digits = symbol.partition("_")
    if event in _ALLOWED and digits.isascii() and digits.isdigit() and len(digits) <= 3:
        value = int(digits)
        if value in _ALLOWED[event]:
            return event, value
    return "", 0
