"""Parts: the chords of each instrument, by the rules of the classical Keras recipe.

That recipe is a widely copied music generator. The rules reproduce, symbol for symbol,
its training data. They serve only the encoding `NoteNames`, because they lose detail:
they merge notes that are nearly simultaneous, put some notes into two chords, and round
time to fourths and thirds of a quarter note.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from lstm_music_jax.music.instruments import instrument_name
from lstm_music_jax.music.score import TICKS_PER_QUARTER, Chord, Part, Score, Track

# Onsets, or ends, that are at most 1/16 of a quarter apart count as simultaneous.
_TOLERANCES_PER_QUARTER = 16


class _Segment(NamedTuple):
    """A section of a track that one instrument plays.

    Attributes:
        instrument: the name of the instrument; '' if it is unknown.
        start: the first tick of the section, with 12 ticks per quarter.
        end: the tick after the section; infinity for the last section.
    """

    instrument: str
    start: int
    end: float


def parts_of(score: Score) -> tuple[Part, ...]:
    """Return the parts of a score as chords.

    If the source of the score has chords, `score.written` holds its parts, and these
    are returned unchanged. Otherwise the parts have 12 ticks per quarter, and are made
    by these rules:

    1. A note that is in no chord yet forms a chord with those later notes of its track
       whose onset and end differ from its own by at most a sixteenth of a quarter. The
       chord begins at the onset of this first note. Its duration is the time from the
       onset of its last note to the end of its first note, or 0 if the first note ends
       before that onset.
    2. Onsets and durations are rounded to the nearest multiple of a fourth or a third
       of a quarter note. A duration above 0 becomes at least a fourth of a quarter.
    3. The events of a track that name the track or an instrument, and its program
       changes, cut it into segments. The segments of one instrument, over all tracks
       with notes, are a part. A part may be empty, because a segment may hold no chord.
       Drums are treated like everything else.

    """
    if score.written is not None:
        return score.written
    quarter = score.ticks_per_quarter
    parts: dict[str, list[Chord]] = {}
    for track in score.tracks:
        chords = list(_chords(track, quarter))
        if not chords:
            continue
        onsets = [chord.onset for chord in chords]
        for segment in _segments(track, quarter):
            begin, end = (bisect_left(onsets, t) for t in (segment.start, segment.end))
            parts.setdefault(segment.instrument, []).extend(chords[begin:end])
    return tuple(Part(name, tuple(chords)) for name, chords in parts.items())


def _segments(track: Track, ticks_per_quarter: int) -> list[_Segment]:
    """Return the sections of a track, in order of time; one instrument plays each.

    The first section begins at tick 0. The others begin where an event names the track
    or an instrument, or changes the program.
    """
    ticks = np.array([change.tick for change in track.changes], np.int64)
    names: dict[int, list[str]] = {}
    for start, change in zip(
        quantise(ticks, ticks_per_quarter).tolist(), track.changes, strict=True
    ):
        names.setdefault(start, []).append(instrument_name(change))
    changes = [
        (start, name)
        for start, simultaneous in names.items()
        for name in _resolved(simultaneous)
    ] or [(0, "")]
    # If the first instrument is unknown and a later one is known, the first is dropped.
    if not changes[0][1] and any(name for _, name in changes):
        changes = changes[1:]
    # The first instrument also plays the notes before its name.
    starts = [0, *(start for start, _ in changes[1:])]
    ends = [*starts[1:], float("inf")]
    instruments = (name for _, name in changes)
    return [_Segment(*each) for each in zip(instruments, starts, ends, strict=True)]


def _resolved(names: list[str]) -> list[str]:
    """Return the instruments to keep, of those that a track chooses at the same tick.

    '' is an unknown instrument. If there are two or more different known instruments,
    all names are kept, '' too. Otherwise one name is kept: that of the known instrument
    if there is one, else ''.
    """
    known = {name for name in names if name}
    return names if len(known) > 1 else [max(names)]


def _chords(track: Track, ticks_per_quarter: int) -> Iterable[Chord]:
    """Return the chords of a track: notes that begin and end at nearly the same time.

    Onsets and durations are rounded to fourths or thirds of a quarter note, with 12
    ticks per quarter; see rules 1 and 2 of `parts_of`.
    """
    tolerance = ticks_per_quarter // _TOLERANCES_PER_QUARTER
    notes = track.notes
    ends = (notes.onsets + notes.durations).tolist()
    onsets, pitches = notes.onsets.tolist(), notes.pitches.tolist()
    groups = list(_groups(onsets, ends, tolerance))
    first = [onsets[group[0]] for group in groups]
    lengths = np.array(
        [max(ends[group[0]] - onsets[group[-1]], 0) for group in groups], np.int64
    )
    durations = quantise(lengths, ticks_per_quarter)
    durations[(lengths > 0) & (durations == 0)] = TICKS_PER_QUARTER // 4
    starts = quantise(np.array(first, np.int64), ticks_per_quarter)
    return map(
        Chord,
        starts.tolist(),
        durations.tolist(),
        (tuple([pitches[i] for i in group]) for group in groups),
    )


def _groups(onsets: list[int], ends: list[int], tolerance: int) -> Iterator[list[int]]:
    """Yield, for each chord of a track, the positions of its notes in the track.

    The first note that is in no chord yet begins a chord. All later notes whose onset
    and end are nearly the same as those of this note belong to the chord, too, even if
    they are already in another chord.

    Args:
        onsets: the tick at which each note begins, ascending.
        ends: the tick at which each note ends.
        tolerance: onsets, or ends, that differ by at most this many ticks count as
            simultaneous.
    """
    size = len(onsets)
    taken = bytearray(size)
    for i in range(size):
        if taken[i]:
            continue
        members = [i]
        latest, end = onsets[i] + tolerance, ends[i]
        j = i + 1
        while j < size and onsets[j] <= latest:
            # A note of an earlier chord may be in this chord too, as in the original
            # recipe.
            if -tolerance <= ends[j] - end <= tolerance:
                members.append(j)
                taken[j] = 1
            j += 1
        yield members


def quantise(ticks: np.ndarray, ticks_per_quarter: int) -> np.ndarray:
    """Round times to the nearest multiples of a fourth or a third of a quarter note.

    If two multiples are equally near, the earlier one is taken.

    Args:
        ticks: times, int64 `[n]`.
        ticks_per_quarter: the ticks per quarter note of these times.

    Returns:
        The times with 12 ticks per quarter, multiples of 3 or of 4, int64 `[n]`.
    """
    scaled = ticks * TICKS_PER_QUARTER
    units = 3 * ticks_per_quarter, 4 * ticks_per_quarter
    below = [scaled // unit * unit for unit in units]
    candidates = np.sort(
        [*below, *(b + u for b, u in zip(below, units, strict=True))], 0
    )
    # If distances are equal, argmin takes the first, and so the earlier candidate.
    nearest = np.argmin(abs(candidates - scaled), axis=0)
    return candidates[nearest, np.arange(len(ticks))] // ticks_per_quarter
