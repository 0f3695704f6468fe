"""A score: the notes of a piece on a grid of 12 ticks per quarter note.

Readers make scores and encodings turn them into symbols. With 12 ticks per quarter,
sixteenths (3 ticks) and eighth-note triplets (4 ticks) both last a whole number of
ticks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

TICKS_PER_QUARTER = 12
HIGHEST_PITCH = 127


class Note(NamedTuple):
    """One sounding note.

    Attributes:
        onset: when it is struck, in ticks from the start of the piece.
        pitch: MIDI pitch, 0 to 127; 60 is middle C.
        duration: how long it sounds, in ticks, 1 or more.
    """

    onset: int
    pitch: int
    duration: int


@dataclass(frozen=True)
class Chord:
    """Pitches that are struck together and held equally long; a single note has one.

    Attributes:
        onset: when it is struck, in ticks from the start of the piece, 0 or more.
        duration: how long it sounds, in ticks. 0 is allowed, because files hold chords
            of no length.
        pitches: MIDI pitches, 0 to 127, one or more, in the order of the source.
        spelling: a single note's name as the source spells it ('E-5'), or ''. Two
            chords that differ in spelling alone are equal.
    """

    onset: int
    duration: int
    pitches: tuple[int, ...]
    spelling: str = field(default="", compare=False)

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
    """The chords of one instrument or voice, sorted by onset.

    Of chords with equal onsets, those of zero length come first; others keep the order
    in which they were given.
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
        """Return a score of one part that holds the canonical form of `notes`.

        Notes with equal onset and duration become one chord.

        Args:
            notes: in any order; see `canonical_notes` for what is done with overlaps.
            name: the name of the part.
        """
        pitches: dict[tuple[int, int], list[int]] = {}
        for onset, pitch, duration in canonical_notes(notes):
            pitches.setdefault((onset, duration), []).append(pitch)
        chords = (
            Chord(onset, duration, tuple(together))
            for (onset, duration), together in pitches.items()
        )
        return cls((Part(name, tuple(chords)),))

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        """The notes of all parts as one keyboard plays them: see `canonical_notes`."""
        return canonical_notes(
            Note(chord.onset, pitch, chord.duration)
            for part in self.parts
            for chord in part.chords
            for pitch in chord.pitches
        )

    @property
    def end(self) -> int:
        """The tick at which the last note ends; 0 if there are no notes."""
        return max((note.onset + note.duration for note in self.notes), default=0)

    def canonical(self) -> Score:
        """Return a score of one part that sounds the same: `from_notes(self.notes)`."""
        return Score.from_notes(self.notes)


def canonical_notes(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Return `notes` as one keyboard can play them, sorted by onset, then pitch.

    - Notes with equal onset and pitch become one, as long as the longest.
    - A note lasts at least one tick.
    - A note ends when its pitch is struck again, because a key of the keyboard is
      either up or down and MIDI cannot express anything else.
    """
    durations: dict[tuple[int, int], int] = {}
    for onset, pitch, duration in notes:
        others = durations.get((onset, pitch), 0)
        durations[onset, pitch] = max(duration, 1, others)
    next_onset: dict[int, int] = {}
    result = []
    for onset, pitch in sorted(durations, reverse=True):
        duration = durations[onset, pitch]
        if pitch in next_onset:
            duration = min(duration, next_onset[pitch] - onset)
        next_onset[pitch] = onset
        result.append(Note(onset, pitch, duration))
    return tuple(reversed(result))
