"""Events: an encoding that keeps rhythm, with 'shift_12', 'duration_6', 'pitch_60'.

This is the grammar, on a grid of 12 ticks per quarter unless another one is chosen:

    piece    = group*
    group    = shift* duration* pitch+
    shift_n      moves the clock forward by n ticks (1 to 48: up to four quarters)
    duration_n   sets the duration of the notes that follow (1 to 96: eight quarters)
    pitch_n      strikes MIDI pitch n now, for the duration set last

A longer time shift or duration is the sum of several symbols in a row, the largest
first. The duration comes before the pitch and holds until it is set again. So a chord
of equal durations costs one symbol per note, and a run of eighths costs two symbols per
note: shift and pitch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from lstm_music_jax.music.encodings.base import Decoded, Use
from lstm_music_jax.music.encodings.event_symbols import EventSymbols
from lstm_music_jax.music.score import (
    HIGHEST_PITCH,
    TICKS_PER_QUARTER,
    Note,
    Notes,
    Score,
)

GRIDS = (12, 24, 48)
_QUARTERS = {"shift": 4, "duration": 8}


@dataclass(frozen=True)
class Events:
    """Encodes pitch, onset and duration of every note.

    >>> quarter_then_eighth = Score.from_notes([Note(0, 60, 12), Note(12, 64, 6)])
    >>> Events().encode(quarter_then_eighth)
    ['duration_12', 'pitch_60', 'shift_12', 'duration_6', 'pitch_64']

    The module's docstring has the grammar.

    Attributes:
        ticks_per_quarter: the grid: 12, 24 or 48 ticks per quarter note.
        drums: keep the notes of MIDI channel 10.
    """

    symbols_per_note: ClassVar[int] = 2
    ticks_per_quarter: int = TICKS_PER_QUARTER
    drums: bool = False

    def __post_init__(self):
        if self.ticks_per_quarter not in GRIDS:
            raise ValueError(
                f"ticks_per_quarter is {self.ticks_per_quarter}; it must be one of "
                f"{GRIDS}"
            )

    @property
    def symbols(self) -> tuple[str, ...]:
        """All symbols of this encoding."""
        return self._events.all

    def encode(self, score: Score) -> list[str]:
        """Return the symbols of the notes of a score; the division into tracks is lost.

        The begin and the end of each note are rounded to the nearest tick, but a note
        lasts at least one tick. Notes of the same pitch that begin at the same tick
        become one note. A note ends when its pitch is struck again.
        """
        score = score.with_drums(self.drums)
        notes = score.on_grid(self.ticks_per_quarter).table
        notes = notes.take(np.lexsort((notes.pitches, notes.durations, notes.onsets)))
        shifts = np.diff(notes.onsets, prepend=0).tolist()
        durations = notes.durations.tolist()
        names, symbols = self._events.names, []
        duration = 0
        for shift, pitch, length in zip(
            shifts, notes.pitches.tolist(), durations, strict=True
        ):
            if shift:
                symbols += self._events.sum_of("shift", shift)
            if length != duration:
                symbols += self._events.sum_of("duration", length)
                duration = length
            symbols.append(names["pitch"][pitch])
        return symbols

    def decode(
        self,
        symbols: Iterable[str],
        max_notes: int | None = None,
        after: Iterable[str] = (),
    ) -> Decoded:
        """Return the notes of a sequence of symbols; ill-formed ones are skipped.

        A symbol is ill-formed if it is unknown, or if it strikes a pitch that was
        already struck at the same tick. Until a duration is set, a note lasts a
        quarter.

        Args:
            symbols: any strings.
            max_notes: stop after this many notes.
            after: symbols that precede `symbols` in the piece. Their music is left out,
                and time counts from their end. The duration that they set still
                applies. If they end with a duration and `symbols` begins with one, the
                two are added.
        """
        reader = _Reader(duration=self.ticks_per_quarter)
        for symbol in after:
            reader.read(*self._events.parse(symbol))
        begin, notes_before = reader.clock, len(reader.durations)
        uses: list[Use] = []
        for symbol in symbols:
            count = len(reader.durations) - notes_before
            if max_notes is not None and count >= max_notes:
                break
            event, value = self._events.parse(symbol)
            if not reader.read(event, value):
                uses.append(None)
            else:
                struck = event == "pitch"
                uses.append(((reader.clock - begin, value),) if struck else ())
        played = [*reader.durations.items()][notes_before:]
        notes = Notes.of(
            Note(onset - begin, pitch, duration) for (onset, pitch), duration in played
        )
        score = Score.from_notes(notes, ticks_per_quarter=self.ticks_per_quarter)
        return Decoded(score, uses.count(None), len(played), tuple(uses))

    def merged(self, score: Score, symbols: Sequence[str]) -> int:
        """Return the number of notes that are lost because they equal another note.

        Of the notes that have the same pitch and, after rounding, begin at the same
        tick, all but one are lost.

        Args:
            score: the music.
            symbols: the result of `encode` for this score.
        """
        struck = sum(symbol.startswith("pitch_") for symbol in symbols)
        return score.note_count - score.drum_count * (not self.drums) - struck

    def canonical(self, text: str) -> str:
        """Return the event that `text` spells: 'pitch_060' is 'pitch_60'.

        Raises:
            ValueError: `text` spells no symbol.
        """
        return self._events.canonical(text)

    def pitches(self, symbol: str) -> tuple[int, ...]:
        """Return the MIDI pitch of 'pitch_n'; () for any other symbol."""
        event, value = self._events.parse(symbol)
        return (value,) if event == "pitch" else ()

    def releases(self, symbol: str) -> tuple[int, ...]:
        """Return (), because the duration of each note is known when it is struck."""
        return ()

    def time_shift(self, symbol: str) -> int:
        """Return the ticks of 'shift_n'; 0 for any other symbol."""
        event, value = self._events.parse(symbol)
        return value if event == "shift" else 0

    def duration(self, symbol: str) -> int:
        """Return the ticks of 'duration_n'; 0 for any other symbol."""
        event, value = self._events.parse(symbol)
        return value if event == "duration" else 0

    def stretched(self, symbol: str, factor: float) -> str:
        """Return `symbol`, because this encoding counts beats, not seconds."""
        return symbol

    def config(self) -> dict[str, Any]:
        """Return "kind", and the attributes whose values differ from the defaults."""
        changed = {
            name: value
            for name, value in vars(self).items()
            if name in ("ticks_per_quarter", "drums") and value != getattr(Events, name)
        }
        return {"kind": "events", **changed}

    @cached_property
    def _events(self) -> EventSymbols:
        longest = {
            event: range(1, quarters * self.ticks_per_quarter + 1)
            for event, quarters in _QUARTERS.items()
        }
        return EventSymbols({**longest, "pitch": range(HIGHEST_PITCH + 1)})


@dataclass
class _Reader:
    """Reads events one after another, and keeps the state between them.

    An event is what a symbol says: 'shift_12' is the event "shift" with the value 12.

    Attributes:
        duration: duration of the next pitch, in ticks.
        clock: the tick of the next pitch.
        previous: the event that was read last, without its value; "" if none was, or if
            its symbol is unknown.
        durations: the duration of each note so far, keyed by onset and pitch, in the
            order of the events.
    """

    duration: int
    clock: int = 0
    previous: str = ""
    durations: dict[tuple[int, int], int] = field(default_factory=dict)

    def read(self, event: str, value: int) -> bool:
        """Read the next event: move the clock, set the duration, or add a note.

        An ill-formed event changes none of them.

        Args:
            event: "shift", "duration" or "pitch"; "" for an unknown symbol.
            value: the ticks of a shift or a duration, or the MIDI pitch.

        Returns:
            Whether the event is well-formed here.
        """
        previous, self.previous = self.previous, event
        if event == "shift":
            self.clock += value
        elif event == "duration":
            begun = self.duration if previous == "duration" else 0
            self.duration = begun + value
        elif event == "pitch" and (self.clock, value) not in self.durations:
            self.durations[self.clock, value] = self.duration
        else:
            return False
        return True
