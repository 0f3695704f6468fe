"""Notes on a grid: the one form of music that readers make and encodings take.

Time is counted in ticks, 12 to a quarter note, so that sixteenths (3 ticks) and
eighth-note triplets (4 ticks) both fall on whole numbers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

TICKS_PER_QUARTER = 12
HIGHEST_PITCH = 127


class Note(NamedTuple):
    """One sounding note: onset (ticks), MIDI pitch 0..127, duration (ticks, >= 1)."""

    onset: int
    pitch: int
    duration: int


@dataclass(frozen=True)
class Chord:
    """One or more pitches struck together and held equally long.

    `onset` and `duration` are in ticks; a duration of 0 is allowed, since files hold
    such events. `pitches` keep the order of the source. `name` is the spelling of a
    single note where the source spells it ('E-5'); it does not count in comparisons.
    """

    onset: int
    duration: int
    pitches: tuple[int, ...]
    name: str = field(default="", compare=False)

    def __post_init__(self):
        if self.onset < 0:
            raise ValueError(f"onset is {self.onset}; it must be 0 ticks or more")
        if self.duration < 0:
            raise ValueError(f"duration is {self.duration}; it must be 0 ticks or more")
        if not self.pitches:
            raise ValueError("pitches is empty; a chord has at least one pitch")
        for pitch in self.pitches:
            if not 0 <= pitch <= HIGHEST_PITCH:
                raise ValueError(f"pitch is {pitch}; it must be 0 to {HIGHEST_PITCH}")


@dataclass(frozen=True)
class Part:
    """The chords of one instrument or voice, brought into the order of time.

    Order: by onset, zero-length chords first, else as they came.
    """

    name: str
    chords: tuple[Chord, ...]

    def __post_init__(self):
        ordered = sorted(self.chords, key=lambda c: (c.onset, c.duration > 0))
        object.__setattr__(self, "chords", tuple(ordered))


@dataclass(frozen=True)
class Score:
    """The parts of one piece."""

    parts: tuple[Part, ...]

    @classmethod
    def from_notes(cls, notes: Iterable[Note], name: str = "") -> Score:
        """One part of the canonical `notes`; equal onset and duration make a chord."""
        groups: dict[tuple[int, int], list[int]] = {}
        for onset, pitch, duration in canonical_notes(notes):
            groups.setdefault((onset, duration), []).append(pitch)
        chords = (
            Chord(onset, duration, tuple(pitches))
            for (onset, duration), pitches in groups.items()
        )
        return cls((Part(name, tuple(chords)),))

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        """All parts as one keyboard would sound them; see `canonical_notes`."""
        return canonical_notes(
            Note(chord.onset, pitch, chord.duration)
            for part in self.parts
            for chord in part.chords
            for pitch in chord.pitches
        )

    @property
    def end(self) -> int:
        """When the last note has ended, in ticks; 0 for a score without notes."""
        return max((note.onset + note.duration for note in self.notes), default=0)

    def canonical(self) -> Score:
        """The same sound as one part: `from_notes(self.notes)`."""
        return Score.from_notes(self.notes)


def canonical_notes(notes: Iterable[Note]) -> tuple[Note, ...]:
    """`notes` as one keyboard can play them, sorted by (onset, pitch).

    One note for each (onset, pitch), the longest; at least one tick long; a note that
    still sounds when its own pitch is struck again ends there, for a key is either up
    or down and MIDI cannot say otherwise.
    """
    longest: dict[tuple[int, int], int] = {}
    for onset, pitch, duration in notes:
        key = (onset, pitch)
        longest[key] = max(duration, 1, longest.get(key, 0))
    struck_next: dict[int, int] = {}
    result = []
    for onset, pitch in sorted(longest, reverse=True):
        duration = longest[onset, pitch]
        if pitch in struck_next:
            duration = min(duration, struck_next[pitch] - onset)
        struck_next[pitch] = onset
        result.append(Note(onset, pitch, duration))
    return tuple(reversed(result))
