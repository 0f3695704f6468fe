"""Reading MIDI files into scores (writing them is in `midi_writer`).

Reading never builds notation: music21's converter would split notes at barlines, move
measures and hang on long gaps. The rules below are those that reproduce, symbol for
symbol, what the Keras generators of the field were trained on.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from lstm_music_jax.music.midi.events import (
    InstrumentEvent,
    MidiTracks,
    NoteEvent,
    UnreadableMidi,
    read_midi_tracks,
)
from lstm_music_jax.music.midi.writing import write_midi
from lstm_music_jax.music.score import TICKS_PER_QUARTER, Chord, Part, Score

__all__ = ["UnreadableMidi", "read_midi", "write_midi"]

MAX_NOTES = 100_000
MAX_NOTES_AT_ONCE = 256
MAX_QUARTERS = 20_000
# Onsets and ends this much of a quarter apart still count as together.
_TOGETHER = 16


class _Timed(NamedTuple):
    onset: int
    end: int
    pitch: int


class _Segment(NamedTuple):
    """A stretch of a track played by one instrument, in grid ticks."""

    instrument: str
    start: int
    end: float


def read_midi(path: str | Path) -> Score:
    """The score of a MIDI file of format 0 or 1, on the grid of 12 ticks a quarter.

    1. A note runs from its note-on to the first note-off of its pitch and channel that
       no earlier note has taken; a note without an end is dropped.
    2. Notes of a track whose onsets and ends are within a sixteenth of a quarter form a
       chord, which lasts from its last note's onset to its first note's end.
    3. Onsets and lengths go to the nearest multiple of a quarter's fourth or third.
    4. A track's name and program changes cut it into segments; the segments of one
       instrument, over all tracks, are a part. A part may be empty: a track's name is
       enough to make one. Percussion is read like everything else.

    Raises UnreadableMidi, its reason one line, for everything that can be wrong with
    the content, and OSError where the file cannot be opened.
    """
    midi = read_midi_tracks(Path(path))
    notes = [list(_paired_notes(track)) for track in midi.tracks]
    _check_size(notes, midi.ticks_per_quarter)
    return _assemble(midi, notes)


def _paired_notes(track: Sequence[NoteEvent | InstrumentEvent]) -> Iterator[_Timed]:
    """Rule 1; notes in the order of their note-ons."""
    ends: dict[int, int] = {}
    open_notes: dict[tuple[int, int], deque[int]] = defaultdict(deque)
    note_events = [event for event in track if isinstance(event, NoteEvent)]
    for index, event in enumerate(note_events):
        waiting = open_notes[event.channel, event.pitch]
        if event.on:
            waiting.append(index)
        elif waiting:
            ends[waiting.popleft()] = event.tick
    for index in sorted(ends):
        event = note_events[index]
        yield _Timed(event.tick, ends[index], event.pitch)


def _check_size(tracks: Iterable[Sequence[_Timed]], ticks_per_quarter: int) -> None:
    count, last = 0, 0
    for notes in tracks:
        count += len(notes)
        last = max(last, max((note.end for note in notes), default=0))
        for early, late in zip(notes, notes[MAX_NOTES_AT_ONCE:], strict=False):
            if (late.onset - early.onset) * _TOGETHER <= ticks_per_quarter:
                raise UnreadableMidi(f"more than {MAX_NOTES_AT_ONCE} notes at once")
    if count > MAX_NOTES:
        raise UnreadableMidi(f"{count} notes, more than {MAX_NOTES}")
    if last > MAX_QUARTERS * ticks_per_quarter:
        quarters = last // ticks_per_quarter
        raise UnreadableMidi(f"{quarters} quarters long, more than {MAX_QUARTERS}")


def _assemble(midi: MidiTracks, notes: Iterable[Sequence[_Timed]]) -> Score:
    """Rule 4."""
    parts: dict[str, list[Chord]] = {}
    for track, track_notes in zip(midi.tracks, notes, strict=True):
        chords = list(_chords(track_notes, midi.ticks_per_quarter))
        if not chords:
            continue
        for segment in _segments(track, midi.ticks_per_quarter):
            part = parts.setdefault(segment.instrument, [])
            part += [c for c in chords if segment.start <= c.onset < segment.end]
    return Score(tuple(Part(name, tuple(chords)) for name, chords in parts.items()))


def _segments(
    track: Iterable[NoteEvent | InstrumentEvent], quarter: int
) -> list[_Segment]:
    names: dict[int, list[str]] = {}
    for event in track:
        if isinstance(event, InstrumentEvent):
            names.setdefault(quantise(event.tick, quarter), []).append(event.instrument)
    changes = [
        (start, name) for start, at_once in names.items() for name in _kept(at_once)
    ] or [(0, "")]
    # What sounds before the first change is played by that instrument as well.
    starts = [0, *(start for start, _ in changes[1:])]
    ends = [*starts[1:], float("inf")]
    instruments = (name for _, name in changes)
    return [_Segment(*each) for each in zip(instruments, starts, ends, strict=True)]


def _kept(names: list[str]) -> list[str]:
    """Of instruments named at one moment: all if they disagree, else the known one."""
    known = {name for name in names if name}
    return names if len(known) > 1 else [max(names)]


def _chords(notes: Sequence[_Timed], quarter: int) -> Iterator[Chord]:
    """Rules 2 and 3."""
    taken: set[int] = set()
    for i, first in enumerate(notes):
        if i in taken:
            continue
        members = [first]
        for j in range(i + 1, len(notes)):
            if (notes[j].onset - first.onset) * _TOGETHER > quarter:
                break
            # A note that was taken before may be taken again, as in the reference.
            if abs(notes[j].end - first.end) * _TOGETHER <= quarter:
                members.append(notes[j])
                taken.add(j)
        length = max(first.end - members[-1].onset, 0)
        duration = quantise(length, quarter)
        if length and not duration:
            duration = TICKS_PER_QUARTER // 4
        pitches = tuple(note.pitch for note in members)
        yield Chord(quantise(first.onset, quarter), duration, pitches)


def quantise(ticks: int, quarter: int) -> int:
    """File ticks to the nearest multiple of a fourth or a third of a quarter.

    `quarter` is the file's ticks a quarter; the result is in grid ticks, a multiple of
    3 or of 4. Between two that are equally near, the earlier.
    """
    fine = ticks * TICKS_PER_QUARTER
    candidates = []
    for unit in (3 * quarter, 4 * quarter):
        below = fine // unit * unit
        candidates += [below, below + unit]
    return min(candidates, key=lambda c: (abs(c - fine), c)) // quarter
