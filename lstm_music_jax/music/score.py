"""A score: the notes of a piece in ticks, with its tempo and metre.

Readers of files make scores, and encodings turn these into symbols. A score counts time
in ticks. Its number of ticks per quarter note is called its grid. A score that was read
from a MIDI file keeps the file's grid; `Score.on_grid` rounds it to another one.

A score holds its notes by track, as arrays. If the source itself names chords, as the
files of the chorales do, the score also holds a list of chords for each part. MIDI
files name no chords; `parts.py` finds which of their notes form one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from lstm_music_jax.notebooks import shown_html

# The grid of the encodings, unless another one is chosen. Sixteenths (3 ticks) and
# eighth-note triplets (4 ticks) both last a whole number of ticks.
TICKS_PER_QUARTER = 12
HIGHEST_PITCH = 127
HIGHEST_VELOCITY = 127
HIGHEST_PROGRAM = 127
# The velocity that music21 gives to notes that have none.
DEFAULT_VELOCITY = 90
DRUM_CHANNEL = 10


class Note(NamedTuple):
    """One sounding note.

    Attributes:
        onset: time of the strike, in ticks from the start of the piece.
        pitch: MIDI pitch, 0 to 127; 60 is middle C.
        duration: number of ticks for which it sounds. The notes of a track may have 0,
            and `Notes.canonical` makes it 1 or more.
        velocity: loudness of the strike, 1 to 127.
    """

    onset: int
    pitch: int
    duration: int
    velocity: int = DEFAULT_VELOCITY


class Notes(NamedTuple):
    """Many notes as arrays, int64 `[n]`, one for each attribute of `Note`."""

    onsets: np.ndarray
    pitches: np.ndarray
    durations: np.ndarray
    velocities: np.ndarray

    @classmethod
    def of(cls, notes: Iterable[Note]) -> Notes:
        """Return `notes` as arrays, in their order."""
        table = np.array([*notes], np.int64).reshape(-1, len(Note._fields))
        return cls(*table.T)

    def take(self, chosen: np.ndarray) -> Notes:
        """Return the chosen notes; `chosen` is positions, `[m]`, or a mask, `[n]`."""
        return Notes(*(column[chosen] for column in self))

    def canonical(self) -> Notes:
        """Return the notes as one keyboard can play them, sorted by onset, then pitch.

        - Notes with equal onset and pitch become one, as long as the longest and as
          loud as the loudest.
        - A note lasts at least one tick.
        - A note ends when its pitch is struck again, because a key of the keyboard is
          either up or down and MIDI cannot express anything else.
        """
        if not len(self.onsets):
            return self
        ordered = self.take(np.lexsort((self.onsets, self.pitches)))
        onsets, pitches = ordered.onsets, ordered.pitches
        same_pitch = pitches[1:] == pitches[:-1]
        struck_again = same_pitch & (onsets[1:] == onsets[:-1])
        firsts = np.flatnonzero(np.concatenate([[True], ~struck_again]))
        onsets, pitches = onsets[firsts], pitches[firsts]
        durations = np.maximum(np.maximum.reduceat(ordered.durations, firsts), 1)
        velocities = np.maximum.reduceat(ordered.velocities, firsts)
        until_next = np.where(
            pitches[1:] == pitches[:-1], onsets[1:] - onsets[:-1], durations[:-1]
        )
        durations[:-1] = np.minimum(durations[:-1], until_next)
        notes = Notes(onsets, pitches, durations, velocities)
        return notes.take(np.lexsort((pitches, onsets)))


@dataclass(frozen=True)
class Chord:
    """One or more pitches that are struck together and held equally long.

    Attributes:
        onset: time of the strike, in ticks from the start of the piece, 0 or more.
        duration: number of ticks for which it sounds. 0 is allowed, because files hold
            chords of no length.
        pitches: MIDI pitches, 0 to 127, in the order of the source. A single note is a
            chord of one pitch.
        spelling: a single note's name as the source spells it ('E-5'), or ''. Two
            chords that differ only in spelling are equal.
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

    Where chords have equal onsets, chords of zero length come first. Chords with equal
    onsets and positive length keep the order in which they were given.
    """

    name: str
    chords: tuple[Chord, ...]

    def __post_init__(self):
        ordered = sorted(self.chords, key=lambda c: (c.onset, c.duration > 0))
        object.__setattr__(self, "chords", tuple(ordered))


class Tempo(NamedTuple):
    """A change of tempo at a tick, in quarter notes per minute."""

    tick: int
    quarters_per_minute: float


class Metre(NamedTuple):
    """A change of metre at a tick; 3/4 has `beats` 3 and `beat_unit` 4."""

    tick: int
    beats: int
    beat_unit: int


class InstrumentChange(NamedTuple):
    """A change of the instrument of a track at a tick.

    Attributes:
        tick: time of the change.
        channel: MIDI channel, 1 to 16. It is 0 if the event is a name, because names
            have no channel.
        kind: MIDI's number of the event: 0xC0 is a program change, 3 a track's name,
            4 an instrument's name.
        data: the program's number, or the name's bytes.
    """

    tick: int
    channel: int
    kind: int
    data: int | bytes


class Pedal(NamedTuple):
    """A movement of the sustain pedal of a MIDI channel (1 to 16), down or up."""

    tick: int
    channel: int
    down: bool


@dataclass(frozen=True, eq=False)
class Track:
    """The notes of one track of a score, such as a track of a MIDI file.

    Attributes:
        notes: the notes, in the order in which they are struck.
        channels: MIDI channel of each note, 1 to 16, int64 `[n]`.
        programs: MIDI program of each note, 0 to 127, int64 `[n]`.
        changes: the changes of instrument in the track, in the order of time.
    """

    notes: Notes
    channels: np.ndarray
    programs: np.ndarray
    changes: tuple[InstrumentChange, ...] = ()

    @classmethod
    def of(cls, notes: Notes) -> Track:
        """Return a track of `notes`, all on channel 1 with program 0, a piano."""
        size = len(notes.onsets)
        return cls(notes, np.ones(size, np.int64), np.zeros(size, np.int64))

    def where(self, chosen: np.ndarray) -> Track:
        """Return the track with only the notes for which the mask `chosen` is True."""
        return Track(
            self.notes.take(chosen),
            self.channels[chosen],
            self.programs[chosen],
            self.changes,
        )


@dataclass(frozen=True, eq=False)
class Score:
    """The score of one piece.

    Attributes:
        tracks: the notes, by track.
        ticks_per_quarter: the grid, in ticks per quarter note.
        tempos: the changes of tempo, in the order of time. Until the first one, the
            tempo is 120.
        metres: the changes of metre, in the order of time. Until the first one, the
            metre is 4/4.
        pedals: the movements of the sustain pedal, in the order of time.
        written: the parts, as chords, if the source writes chords; otherwise None.
        endless: number of notes that were left out because they never end.
    """

    tracks: tuple[Track, ...]
    ticks_per_quarter: int = TICKS_PER_QUARTER
    tempos: tuple[Tempo, ...] = ()
    metres: tuple[Metre, ...] = ()
    pedals: tuple[Pedal, ...] = ()
    written: tuple[Part, ...] | None = None
    endless: int = 0

    def _repr_html_(self) -> str | None:
        return shown_html(self)

    # IPython's text; all the arrays would take a hundred lines.
    def _repr_pretty_(self, printer, cycle):
        printer.text(f"<Score of {len(self.notes)} notes>")

    @classmethod
    def from_notes(
        cls,
        notes: Iterable[Note] | Notes,
        *,
        ticks_per_quarter: int = TICKS_PER_QUARTER,
        tempos: Sequence[Tempo] = (),
    ) -> Score:
        """Return a score of one track that holds `notes` without overlaps.

        Args:
            notes: the notes in any order. Where notes of one pitch overlap, they are
                merged or shortened by the rules of `Notes.canonical`.
            ticks_per_quarter: the grid on which their time is counted.
            tempos: the changes of tempo, in the order of time.
        """
        table = notes if isinstance(notes, Notes) else Notes.of(notes)
        track = Track.of(table.canonical())
        return cls((track,), ticks_per_quarter, tuple(tempos))

    @classmethod
    def from_parts(
        cls, parts: Iterable[Part], ticks_per_quarter: int = TICKS_PER_QUARTER
    ) -> Score:
        """Return a score of parts: `written` holds them, and each is also a track."""
        parts = tuple(parts)
        tracks = (
            Track.of(
                Notes.of(
                    Note(chord.onset, pitch, chord.duration)
                    for chord in part.chords
                    for pitch in chord.pitches
                )
            )
            for part in parts
        )
        return cls(tuple(tracks), ticks_per_quarter, written=parts)

    @cached_property
    def table(self) -> Notes:
        """The notes of all tracks, put together without overlaps, as arrays.

        Where notes of one pitch overlap, they are merged or shortened by the rules of
        `Notes.canonical`. The property `notes` holds the same notes as a tuple.
        """
        columns = zip(*(track.notes for track in self.tracks), strict=True)
        joined = [np.concatenate(column) for column in columns]
        return Notes(*joined).canonical() if joined else Notes.of(())

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        """The notes of all tracks, put together without overlaps.

        Where notes of one pitch overlap, they are merged or shortened by the rules of
        `Notes.canonical`. The property `table` holds the same notes as arrays.
        """
        columns = (column.tolist() for column in self.table)
        return tuple(map(Note._make, zip(*columns, strict=True)))

    @property
    def end(self) -> int:
        """The tick at which the last note ends; 0 if there are no notes."""
        return int((self.table.onsets + self.table.durations).max(initial=0))

    @property
    def drum_count(self) -> int:
        """The number of drum notes: those of MIDI channel 10."""
        return sum(int((t.channels == DRUM_CHANNEL).sum()) for t in self.tracks)

    @property
    def note_count(self) -> int:
        """The number of notes of all tracks.

        Notes of different tracks with equal pitch and onset are counted separately.
        """
        return sum(len(track.channels) for track in self.tracks)

    def with_drums(self, keep: bool) -> Score:
        """Return the score; unless `keep` is True, remove notes of MIDI channel 10."""
        if keep or not self.drum_count:
            return self
        tracks = (track.where(track.channels != DRUM_CHANNEL) for track in self.tracks)
        return replace(self, tracks=tuple(tracks))

    def on_grid(self, ticks_per_quarter: int) -> Score:
        """Return the score with all times rounded to the nearest tick of a grid.

        The begin and the end of each note are rounded to the nearest tick, but a note
        lasts at least one tick. The result has None as `written`. A score that has this
        grid already is returned unchanged.

        Args:
            ticks_per_quarter: the grid, in ticks per quarter note.
        """
        if ticks_per_quarter == self.ticks_per_quarter:
            return self

        def rounded(ticks):
            doubled = 2 * ticks * ticks_per_quarter + self.ticks_per_quarter
            return doubled // (2 * self.ticks_per_quarter)

        def moved(events):
            return tuple(event._replace(tick=rounded(event.tick)) for event in events)

        tracks = []
        for track in self.tracks:
            notes = track.notes
            onsets = rounded(notes.onsets)
            durations = np.maximum(rounded(notes.onsets + notes.durations) - onsets, 1)
            notes = notes._replace(onsets=onsets, durations=durations)
            tracks.append(replace(track, notes=notes, changes=moved(track.changes)))
        return Score(
            tuple(tracks),
            ticks_per_quarter,
            moved(self.tempos),
            moved(self.metres),
            moved(self.pedals),
            endless=self.endless,
        )
