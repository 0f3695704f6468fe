"""Symbols that name a note or the pitch classes of a chord: 'E-5', '4.9'.

The encoding of the classical Keras note generators: it keeps the order of events and
drops when they come and how long they last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from heapq import merge
from typing import Any, ClassVar

from lstm_music_jax.music.encodings.base import Decoded
from lstm_music_jax.music.score import HIGHEST_PITCH, Chord, Part, Score

PARTS = ("first", "first_nonempty", "all")

# music21's default spelling of the twelve pitch classes; '-' is its flat sign.
_CLASS_NAMES = ("C", "C#", "D", "E-", "E", "F", "F#", "G", "G#", "A", "B-", "B")
_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
# 'C-1' is C flat of octave 1, as music21 reads it; it also writes MIDI pitch 0 so.
_NAME = re.compile(r"([A-G])(-{1,4}|#{0,4})(-?\d{1,2})")
_CLASSES = re.compile(r"(?:\d|1[01])(?:\.(?:\d|1[01]))*")
_OCTAVE_4 = 60


@dataclass(frozen=True)
class NoteNames:
    """Note names and chords of pitch classes, one symbol an event.

    Attributes:
      parts: which parts to encode: "first" (the reference's choice, even where that
        part is empty), "first_nonempty", or "all", merged by onset.
      step: ticks from one decoded symbol to the next, and how long each sounds.
    """

    symbols_per_note: ClassVar[int] = 1
    parts: str = "all"
    step: int = 12

    def __post_init__(self):
        if self.parts not in PARTS:
            raise ValueError(f"parts is {self.parts!r}; it must be one of {PARTS}")
        if self.step < 1:
            raise ValueError(f"step is {self.step}; it must be 1 tick or more")

    def encode(self, score: Score) -> list[str]:
        """One symbol for each chord of the chosen parts, in the order of time."""
        return [_symbol(chord) for chord in self._chords(score)]

    def decode(self, symbols: Iterable[str], limit: int | None = None) -> Decoded:
        """Place one note or chord every `step` ticks; skip and count anything else."""
        chords: list[Chord] = []
        skipped = 0
        for symbol in symbols:
            if limit is not None and len(chords) >= limit:
                break
            pitches = symbol_pitches(symbol)
            if pitches:
                onset = len(chords) * self.step
                chords.append(Chord(onset, self.step, pitches))
            else:
                skipped += 1
        return Decoded(Score((Part("", tuple(chords)),)), skipped, len(chords))

    def pitches(self, symbol: str) -> tuple[int, ...]:
        """What `symbol_pitches` finds."""
        return symbol_pitches(symbol)

    def shift(self, symbol: str) -> int:
        """Always 0: there are no rests."""
        return 0

    def duration(self, symbol: str) -> int:
        """Always 0: all notes last one step."""
        return 0

    def config(self) -> dict[str, Any]:
        """`kind` and the two attributes."""
        return {"kind": "note_names", "parts": self.parts, "step": self.step}

    def _chords(self, score: Score) -> Iterator[Chord]:
        if self.parts == "all":
            in_order = (part.chords for part in score.parts)
            return merge(*in_order, key=lambda c: (c.onset, c.duration > 0))
        parts = score.parts
        if self.parts == "first_nonempty":
            parts = tuple(part for part in parts if part.chords)
        return iter(parts[0].chords if parts else ())


def _symbol(chord: Chord) -> str:
    if len(chord.pitches) > 1:
        return ".".join(map(str, normal_order(chord.pitches)))
    return chord.name or pitch_name(chord.pitches[0])


def normal_order(pitches: Iterable[int]) -> tuple[int, ...]:
    """The pitch classes of a chord in normal order, as music21 gives it.

    Of all rotations of the ascending classes: the one with the smallest span, then
    packed most tightly from its first class upwards (Forte, The Structure of Atonal
    Music, 1973), then the lowest first class.
    """
    return _normal_order(frozenset(pitch % 12 for pitch in pitches))


@cache
def _normal_order(classes: frozenset[int]) -> tuple[int, ...]:
    ascending = sorted(classes)
    rotations = (tuple(ascending[i:] + ascending[:i]) for i in range(len(ascending)))
    return min(rotations, key=_packing)


def _packing(rotation: tuple[int, ...]) -> tuple[int, ...]:
    above_first = [(number - rotation[0]) % 12 for number in rotation]
    return (above_first[-1], *above_first, rotation[0])


def pitch_name(pitch: int) -> str:
    """music21's default name of a MIDI pitch: 60 is 'C4', 63 is 'E-4'."""
    octave, pitch_class = divmod(pitch, 12)
    return f"{_CLASS_NAMES[pitch_class]}{octave - 1}"


def symbol_pitches(symbol: str) -> tuple[int, ...]:
    """The MIDI pitches a symbol sounds; () if it names none.

    A chord's pitch classes sound in the octave of middle C, as they do in the
    reference (music21's `Note(int)` below 12).
    """
    if match := _NAME.fullmatch(symbol):
        step, accidental, octave = match.groups()
        shift = accidental.count("#") - accidental.count("-")
        pitch = 12 * (int(octave) + 1) + _STEPS[step] + shift
        return (pitch,) if 0 <= pitch <= HIGHEST_PITCH else ()
    if _CLASSES.fullmatch(symbol):
        classes = dict.fromkeys(int(number) for number in symbol.split("."))
        return tuple(_OCTAVE_4 + number for number in classes)
    return ()
