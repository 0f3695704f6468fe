"""Performance: an encoding that keeps expression, with 'note_on_60' and 'shift_25'.

These are the symbols of Oore et al. 2018, https://arxiv.org/abs/1808.03715:

    note_on_n     strikes MIDI pitch n now, with the velocity that was set last
    note_off_n    releases MIDI pitch n
    shift_n       moves the clock forward by n times 10 ms (1 to 100: up to a second)
    velocity_n    sets how hard the following notes are struck (1 to 32)

Time is counted in seconds, by the tempo of the source, so beats are not kept. A note
that the sustain pedal holds lasts until the pedal comes up, or its pitch is struck
again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from lstm_music_jax.music.encodings.base import Decoded, Use
from lstm_music_jax.music.encodings.event_symbols import EventSymbols
from lstm_music_jax.music.pedal import sustained_ends
from lstm_music_jax.music.score import (
    DEFAULT_VELOCITY,
    HIGHEST_PITCH,
    HIGHEST_VELOCITY,
    Note,
    Notes,
    Score,
)
from lstm_music_jax.music.tempo_map import DEFAULT_TEMPO, TempoMap

TICKS_PER_SECOND = 100
LONGEST_SHIFT = 100
VELOCITY_BINS = 32
_BIN_WIDTH = (HIGHEST_VELOCITY + 1) // VELOCITY_BINS
_EVENTS = EventSymbols(
    {
        "note_on": range(HIGHEST_PITCH + 1),
        "note_off": range(HIGHEST_PITCH + 1),
        "shift": range(1, LONGEST_SHIFT + 1),
        "velocity": range(1, VELOCITY_BINS + 1),
    }
)


@dataclass(frozen=True)
class Performance:
    """Encodes the strike and the release of each note, to 10 ms, and its loudness.

    >>> Performance().encode(Score.from_notes([Note(0, 60, 12, velocity=90)]))
    ['velocity_23', 'note_on_60', 'shift_50', 'note_off_60']

    The module's docstring has the symbols.

    Attributes:
        drums: keep the notes of MIDI channel 10.
    """

    symbols_per_note: ClassVar[int] = 4
    # At the default tempo, a tick of this grid lasts 10 ms.
    ticks_per_quarter: ClassVar[int] = round(TICKS_PER_SECOND * 60 / DEFAULT_TEMPO)
    drums: bool = False

    @property
    def symbols(self) -> tuple[str, ...]:
        """All symbols of this encoding."""
        return _EVENTS.all

    def encode(self, score: Score) -> list[str]:
        """Return the symbols of the notes of a score; the division into tracks is lost.

        Onsets and ends are rounded to the nearest 10 ms, and a note lasts at least
        10 ms. A note ends when its pitch is struck again. Where events have the same
        time, the ends of notes come first; then come the onsets, by velocity and pitch.
        """
        notes = self._notes(score)
        ends = notes.onsets + notes.durations
        bins = velocity_bins(notes.velocities)
        size = len(ends)
        times = np.concatenate([notes.onsets, ends])
        strikes = np.concatenate([np.ones(size, bool), np.zeros(size, bool)])
        pitches = np.concatenate([notes.pitches, notes.pitches])
        loudness = np.concatenate([bins, np.zeros(size, np.int64)])
        order = np.lexsort((pitches, loudness, strikes, times))
        names, symbols = _EVENTS.names, []
        clock, velocity = 0, 0
        for time, on, pitch, level in zip(
            *(column[order].tolist() for column in (times, strikes, pitches, loudness)),
            strict=True,
        ):
            if time > clock:
                symbols += _EVENTS.sum_of("shift", time - clock)
                clock = time
            if not on:
                symbols.append(names["note_off"][pitch])
                continue
            if level != velocity:
                symbols.append(names["velocity"][level])
                velocity = level
            symbols.append(names["note_on"][pitch])
        return symbols

    def decode(
        self,
        symbols: Iterable[str],
        max_notes: int | None = None,
        after: Iterable[str] = (),
    ) -> Decoded:
        """Return the notes of a sequence of symbols; ill-formed ones are skipped.

        These symbols are ill-formed: unknown ones, a note-on of a pitch that already
        sounds, a note-off of a pitch that does not sound, and a note-off at the same
        time as the note-on of its pitch. A note that is never released ends with the
        last symbol.

        Args:
            symbols: any strings.
            max_notes: strike no more than this many notes, and stop when all of them
                are released.
            after: symbols that precede `symbols` in the piece. Their music is left out,
                and time counts from their end. Notes that sound at their end are still
                held, and the velocity that they set still applies.
        """
        keyboard = _Keyboard()
        for symbol in after:
            keyboard.apply(*_EVENTS.parse(symbol))
        keyboard.forget_notes()
        uses: list[Use] = []
        for symbol in symbols:
            event, value = _EVENTS.parse(symbol)
            if max_notes is not None and len(keyboard.notes) >= max_notes:
                # Notes that sound already get their ends, and no more notes begin.
                if not keyboard.heard():
                    break
                if event == "note_on" or (
                    event == "note_off" and value not in keyboard.sounding
                ):
                    uses.append(())
                    continue
            uses.append(keyboard.apply(event, value))
        notes = keyboard.released()
        score = Score.from_notes(notes, ticks_per_quarter=self.ticks_per_quarter)
        return Decoded(score, uses.count(None), len(notes), tuple(uses))

    def merged(self, score: Score, symbols: Sequence[str]) -> int:
        """Return the number of notes that are lost because they equal another note.

        Of the notes that have the same pitch and begin at the same time, rounded to
        10 ms, all but one are lost.

        Args:
            score: the music.
            symbols: the result of `encode` for this score.
        """
        struck = sum(symbol.startswith("note_on_") for symbol in symbols)
        return score.note_count - score.drum_count * (not self.drums) - struck

    def canonical(self, text: str) -> str:
        """Return the event that `text` spells: 'note_on_060' is 'note_on_60'.

        Raises:
            ValueError: `text` spells no symbol.
        """
        return _EVENTS.canonical(text)

    def pitches(self, symbol: str) -> tuple[int, ...]:
        """Return the MIDI pitch of 'note_on_n'; () for any other symbol."""
        event, value = _EVENTS.parse(symbol)
        return (value,) if event == "note_on" else ()

    def releases(self, symbol: str) -> tuple[int, ...]:
        """Return the MIDI pitch of 'note_off_n'; () for any other symbol."""
        event, value = _EVENTS.parse(symbol)
        return (value,) if event == "note_off" else ()

    def time_shift(self, symbol: str) -> int:
        """Return the ticks of 'shift_n', 10 ms each; 0 for any other symbol."""
        event, value = _EVENTS.parse(symbol)
        return value if event == "shift" else 0

    def duration(self, symbol: str) -> int:
        """Return 0, because notes last until they are released."""
        return 0

    def stretched(self, symbol: str, factor: float) -> str:
        """Return the 'shift_n' that is `factor` times as long, rounded to 10 ms.

        The result is at most 'shift_100' and at least 'shift_1'. So the longest shift
        is not made longer, and the shortest is not made shorter. Any symbol that is not
        a shift is returned unchanged.
        """
        event, value = _EVENTS.parse(symbol)
        if event != "shift":
            return symbol
        return f"shift_{min(max(round(value * factor), 1), LONGEST_SHIFT)}"

    def config(self) -> dict[str, Any]:
        """Return "kind", and `drums` if it is True."""
        return {"kind": "performance", **({"drums": True} if self.drums else {})}

    def _notes(self, score: Score) -> Notes:
        """Return the notes of a score, prolonged by the pedal, in ticks of 10 ms."""
        score = score.with_drums(self.drums)
        tempo = TempoMap(score.tempos, score.ticks_per_quarter)
        parts = []
        for track in score.tracks:
            ends = tempo.seconds(sustained_ends(track, score.pedals))
            begins = tempo.seconds(track.notes.onsets)
            onsets = np.rint(begins * TICKS_PER_SECOND).astype(np.int64)
            durations = np.rint(ends * TICKS_PER_SECOND).astype(np.int64) - onsets
            parts.append(track.notes._replace(onsets=onsets, durations=durations))
        columns = zip(*parts, strict=True)
        joined = [np.concatenate(column) for column in columns]
        return Notes(*joined).canonical() if joined else Notes.of(())


class _Keyboard:
    """A keyboard whose keys are pressed and released by events.

    It makes the notes of a sequence of symbols. An event is what a symbol says:
    'note_on_60' is the event "note_on" with the value 60.

    Attributes:
        notes: the notes that were struck; a note that still sounds has duration 0.
        sounding: for each pitch that sounds, the position of its note in `notes`. It is
            -1 if the method `forget_notes` has removed the note.
    """

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self.sounding: dict[int, int] = {}
        self._clock, self._velocity = 0, DEFAULT_VELOCITY
        self._struck_now: set[int] = set()

    def apply(self, event: str, value: int) -> Use:
        """Apply an event, such as ("note_on", 60), and return the note that it changes.

        The result is as in `Decoded.uses`: one pair of onset and pitch for a note that
        the event strikes or releases, () for a shift or a velocity. An ill-formed event
        changes nothing, and gives None.
        """
        if event == "shift":
            self._clock += value
            self._struck_now.clear()
        elif event == "velocity":
            self._velocity = bin_velocity(value)
        elif event == "note_on" and value not in self.sounding:
            self.sounding[value] = len(self.notes)
            self.notes.append(Note(self._clock, value, 0, self._velocity))
            self._struck_now.add(value)
            return ((self._clock, value),)
        elif (
            event == "note_off"
            and value in self.sounding
            and value not in self._struck_now
        ):
            place = self.sounding.pop(value)
            self._end(place)
            return ((self.notes[place].onset if place >= 0 else -1, value),)
        else:
            return None
        return ()

    def forget_notes(self) -> None:
        """Empty `notes`, and count time from now; pressed keys stay pressed."""
        self.notes = []
        self.sounding = dict.fromkeys(self.sounding, -1)
        self._clock = 0

    def heard(self) -> bool:
        """Return whether any of `notes` still sounds."""
        return any(place >= 0 for place in self.sounding.values())

    def released(self) -> list[Note]:
        """Release all keys, and return `notes`, which then all have durations."""
        for place in self.sounding.values():
            self._end(place)
        self.sounding.clear()
        return self.notes

    def _end(self, place: int) -> None:
        if place >= 0:
            note = self.notes[place]
            duration = max(self._clock - note.onset, 1)
            self.notes[place] = note._replace(duration=duration)


def velocity_bins(velocities: np.ndarray) -> np.ndarray:
    """Return the bin, 1 to 32, of each MIDI velocity, `[n]`; a bin has 4 velocities."""
    return velocities // _BIN_WIDTH + 1


def bin_velocity(number: int) -> int:
    """Return the MIDI velocity in the middle of a bin: bin 1 (0 to 3) gives 2."""
    return (number - 1) * _BIN_WIDTH + _BIN_WIDTH // 2
