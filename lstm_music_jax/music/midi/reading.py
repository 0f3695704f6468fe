"""Reading: the musical rules by which a MIDI file becomes a score.

The rules work on MIDI events and do not build notation, because music21's converter
splits notes at bar lines, moves measures and hangs on long gaps. They reproduce, symbol
for symbol, the training data of the classical Keras generators.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from lstm_music_jax.music.midi.tracks import (
    Event,
    InstrumentEvent,
    MidiTracks,
    NoteEvent,
    UnreadableMidiError,
    read_midi_tracks,
)
from lstm_music_jax.music.score import TICKS_PER_QUARTER, Chord, Part, Score

MAX_NOTES = 100_000
MAX_NOTES_AT_ONCE = 256
MAX_QUARTERS = 20_000
# Onsets, or ends, that are at most 1/16 of a quarter apart count as simultaneous.
_TOLERANCES_PER_QUARTER = 16


class _PlayedNote(NamedTuple):
    """A note as a track has it; times are in the file's ticks."""

    onset: int
    end: int
    pitch: int


class _Segment(NamedTuple):
    """A stretch of a track that one instrument plays; times are in grid ticks."""

    instrument: str
    start: int
    end: float


def read_midi(path: str | Path) -> Score:
    """Return the score of a MIDI file of format 0 or 1.

    1. A note lasts from its note-on to a note-off of its pitch and channel: the first
       one that no earlier note has taken. A note without an end is dropped.
    2. Notes of a track form a chord if their onsets and ends are within a sixteenth of
       a quarter of each other. The chord lasts from its last note's onset to its first
       note's end.
    3. Onsets and durations are rounded to the nearest multiple of a quarter's fourth or
       third, and counted in ticks, 12 per quarter.
    4. A track's name and its program changes cut the track into segments. The segments
       of one instrument, over all tracks, are a part. A part may be empty, because a
       track's name is enough to make one. Percussion is read like everything else.

    Raises:
        UnreadableMidiError: the file's content is wrong; the message is one line.
        OSError: the file cannot be opened.
    """
    midi = read_midi_tracks(Path(path))
    notes = [list(_paired_notes(track)) for track in midi.tracks]
    _check_size(notes, midi.ticks_per_quarter)
    return _score(midi, notes)


def _paired_notes(track: Sequence[Event]) -> Iterator[_PlayedNote]:
    """Apply rule 1; yield the notes in the order of their note-ons."""
    ends: dict[int, int] = {}
    sounding: dict[tuple[int, int], deque[int]] = defaultdict(deque)
    note_events = [event for event in track if isinstance(event, NoteEvent)]
    for index, event in enumerate(note_events):
        waiting = sounding[event.channel, event.pitch]
        if event.on:
            waiting.append(index)
        elif waiting:
            ends[waiting.popleft()] = event.tick
    for index in sorted(ends):
        event = note_events[index]
        yield _PlayedNote(event.tick, ends[index], event.pitch)


def _check_size(
    tracks: Iterable[Sequence[_PlayedNote]], ticks_per_quarter: int
) -> None:
    """Raise UnreadableMidiError if the file exceeds a limit of this module."""
    count, last = 0, 0
    for notes in tracks:
        count += len(notes)
        last = max(last, max((note.end for note in notes), default=0))
        for early, late in zip(notes, notes[MAX_NOTES_AT_ONCE:], strict=False):
            if _simultaneous(early.onset, late.onset, ticks_per_quarter):
                raise UnreadableMidiError(
                    f"more than {MAX_NOTES_AT_ONCE} notes at once"
                )
    if count > MAX_NOTES:
        raise UnreadableMidiError(f"{count} notes, more than {MAX_NOTES}")
    if last > MAX_QUARTERS * ticks_per_quarter:
        quarters = last // ticks_per_quarter
        raise UnreadableMidiError(f"{quarters} quarters long, more than {MAX_QUARTERS}")


def _simultaneous(tick: int, other: int, ticks_per_quarter: int) -> bool:
    return abs(tick - other) * _TOLERANCES_PER_QUARTER <= ticks_per_quarter


def _score(midi: MidiTracks, notes: Iterable[Sequence[_PlayedNote]]) -> Score:
    """Apply rule 4 to the tracks and their notes."""
    parts: dict[str, list[Chord]] = {}
    for track, track_notes in zip(midi.tracks, notes, strict=True):
        chords = list(_chords(track_notes, midi.ticks_per_quarter))
        if not chords:
            continue
        for segment in _segments(track, midi.ticks_per_quarter):
            part = parts.setdefault(segment.instrument, [])
            part += [c for c in chords if segment.start <= c.onset < segment.end]
    return Score(tuple(Part(name, tuple(chords)) for name, chords in parts.items()))


def _segments(track: Iterable[Event], ticks_per_quarter: int) -> list[_Segment]:
    """Return a track's segments, in the order of time."""
    names: dict[int, list[str]] = {}
    for event in track:
        if isinstance(event, InstrumentEvent):
            start = quantise(event.tick, ticks_per_quarter)
            names.setdefault(start, []).append(event.instrument)
    changes = [
        (start, name)
        for start, simultaneous in names.items()
        for name in _resolved(simultaneous)
    ] or [(0, "")]
    # The first instrument also plays what sounds before its change.
    starts = [0, *(start for start, _ in changes[1:])]
    ends = [*starts[1:], float("inf")]
    instruments = (name for _, name in changes)
    return [_Segment(*each) for each in zip(instruments, starts, ends, strict=True)]


def _resolved(names: list[str]) -> list[str]:
    """Return which of the instruments named at one tick to keep.

    All are kept if two or more known ones differ; otherwise the known one is kept.
    """
    known = {name for name in names if name}
    return names if len(known) > 1 else [max(names)]


def _chords(notes: Sequence[_PlayedNote], ticks_per_quarter: int) -> Iterator[Chord]:
    """Apply rules 2 and 3 to the notes of a track."""
    taken: set[int] = set()
    for i, first in enumerate(notes):
        if i in taken:
            continue
        members = [first]
        for j in range(i + 1, len(notes)):
            if not _simultaneous(notes[j].onset, first.onset, ticks_per_quarter):
                break
            # A note of an earlier chord may be taken again, as in the original recipe.
            if _simultaneous(notes[j].end, first.end, ticks_per_quarter):
                members.append(notes[j])
                taken.add(j)
        length = max(first.end - members[-1].onset, 0)
        duration = quantise(length, ticks_per_quarter)
        if length and not duration:
            duration = TICKS_PER_QUARTER // 4
        pitches = tuple(note.pitch for note in members)
        yield Chord(quantise(first.onset, ticks_per_quarter), duration, pitches)


def quantise(ticks: int, ticks_per_quarter: int) -> int:
    """Return the multiple of a quarter's fourth or third that is nearest to a time.

    Of two that are equally near, the earlier is returned.

    Args:
        ticks: the time, in the file's ticks.
        ticks_per_quarter: how many of the file's ticks make a quarter.

    Returns:
        The time in grid ticks, 12 per quarter: a multiple of 3 or of 4.
    """
    scaled = ticks * TICKS_PER_QUARTER
    candidates = []
    for unit in (3 * ticks_per_quarter, 4 * ticks_per_quarter):
        below = scaled // unit * unit
        candidates += [below, below + unit]
    nearest = min(candidates, key=lambda c: (abs(c - scaled), c))
    return nearest // ticks_per_quarter
