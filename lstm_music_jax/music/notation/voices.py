"""Voices: a voice is a series of chords of one staff that do not overlap in time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lstm_music_jax.music.score import Notes

# MuseScore has no more voices on a staff.
MOST_VOICES = 4


@dataclass
class Sounding:
    """Pitches that begin and end together, from tick `onset` to tick `end`."""

    onset: int
    end: int
    pitches: list[int]


class Voiced(NamedTuple):
    """The voices of a staff.

    Attributes:
        voices: the chords of each voice, in the order of time; at least one voice.
        shortened: number of notes that end earlier, because no voice was free.
    """

    voices: list[list[Sounding]]
    shortened: int


def voiced(notes: Notes) -> Voiced:
    """Divide the notes of a staff into at most four voices.

    Notes that begin and end together are a chord. The chords are placed in the order of
    time. Of chords that begin together, the highest is placed first. A chord goes to
    the first voice that is free. If all four voices sound, there are two cases:

    - Some voices sound a chord that began earlier. Of these chords, the one that would
      end first is cut off where the new chord begins. The new chord follows it in its
      voice.
    - All four voices sound a chord that begins together with the new one. The new chord
      is merged with the one of the four whose end is nearest to its own. The merged
      chord ends at the earlier of the two ends.
    """
    chords = _chords(notes)
    ends = {(each.onset, pitch): each.end for each in chords for pitch in each.pitches}
    voices: list[list[Sounding]] = [[]]
    for chord in chords:
        lasts = [voice[-1].end if voice else 0 for voice in voices]
        free = next((i for i, end in enumerate(lasts) if end <= chord.onset), None)
        if free is not None:
            voices[free].append(chord)
            continue
        if len(voices) < MOST_VOICES:
            voices.append([chord])
            continue
        earlier = [voice for voice in voices if voice[-1].onset < chord.onset]
        if earlier:
            voice = min(earlier, key=lambda voice: voice[-1].end)
            voice[-1].end = chord.onset
            voice.append(chord)
            continue
        _join(chord, [voice[-1] for voice in voices])
    shortened = sum(
        each.end < ends[each.onset, pitch]
        for voice in voices
        for each in voice
        for pitch in each.pitches
    )
    return Voiced(voices, shortened)


def _join(chord: Sounding, others: Iterable[Sounding]) -> None:
    """Merge a chord into that one of `others` whose end is nearest to its own.

    This changes the other chord in place: it gets the pitches of both chords, and the
    earlier of the two ends.
    """
    other = min(others, key=lambda other: abs(other.end - chord.end))
    other.end = min(other.end, chord.end)
    other.pitches = sorted(other.pitches + chord.pitches)


def _chords(notes: Notes) -> list[Sounding]:
    """Return notes as chords in order of time, the highest of simultaneous ones first.

    Notes with equal onset and end are one chord.
    """
    pitches: dict[tuple[int, int], list[int]] = {}
    ends = notes.onsets + notes.durations
    order = np.lexsort((notes.pitches, notes.onsets))
    for onset, end, pitch in zip(
        notes.onsets[order].tolist(),
        ends[order].tolist(),
        notes.pitches[order].tolist(),
        strict=True,
    ):
        pitches.setdefault((onset, end), []).append(pitch)
    chords = [Sounding(onset, end, each) for (onset, end), each in pitches.items()]
    return sorted(chords, key=lambda chord: (chord.onset, -chord.pitches[-1]))
