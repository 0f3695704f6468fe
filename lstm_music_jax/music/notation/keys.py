"""Keys: the signature of a piece, and the names of pitches in it.

A name of a pitch is a place on the line of fifths: F is -1, C is 0, G is 1, and B flat
is -2. A signature is the number of its sharps, or minus the number of its flats.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from music21 import note, stream
from music21.pitch import Accidental, Pitch

from lstm_music_jax.music.score import Notes

_STEPS = "FCGDAEB"
# The lowest of twelve neighbours that need neither double flats nor double sharps.
_LOWEST, _HIGHEST = -8, 1


class Key(NamedTuple):
    """A key.

    Attributes:
        sharps: the signature.
        minor: whether it is a minor key.
    """

    sharps: int
    minor: bool


NO_KEY = Key(0, minor=False)


def key_of(notes: Notes) -> Key:
    """Return the key of some notes, by the method of Krumhansl and Schmuckler.

    The profiles of the keys are those of Aarden and Essen, the default of music21. If
    the signature of the key has sharps or flats, but saves no accidentals, the result
    is `NO_KEY`. No notes give `NO_KEY`, too.
    """
    lengths = np.bincount(notes.pitches % 12, notes.durations, minlength=12)
    if not lengths.any():
        return NO_KEY
    sounding = stream.Stream()
    for pitch in np.flatnonzero(lengths).tolist():
        sounding.append(note.Note(60 + pitch, quarterLength=float(lengths[pitch])))
    # D flat major has five flats, and the same notes as C sharp major, seven sharps.
    found = sounding.analyze("key")
    sharps = (found.sharps + 5) % 12 - 5
    inside = [
        np.isin(notes.pitches % 12, [7 * place % 12 for place in _scale(each)]).sum()
        for each in (0, sharps)
    ]
    if sharps and inside[1] <= inside[0]:
        return NO_KEY
    return Key(sharps, minor=found.mode == "minor")


def spelled(pitch: int, key: Key) -> Pitch:
    """Return a MIDI pitch with its usual name in a key, such as A flat for G sharp."""
    # C major has the names from E flat to G sharp, and A minor from B flat to D sharp.
    lowest = min(max(key.sharps - 3 + key.minor, _LOWEST), _HIGHEST)
    place = lowest + (7 * pitch - lowest) % 12
    alter = _alter(place)
    named = Pitch(step=_step(place), octave=(pitch - alter) // 12 - 1)
    named.accidental = Accidental(alter)
    return named


def alters_of(key: Key) -> dict[str, int]:
    """Return the semitones by which a signature raises each step, such as 1 for F."""
    return {_step(place): _alter(place) for place in _scale(key.sharps)}


def _scale(sharps: int) -> range:
    return range(sharps - 1, sharps + 6)


def _step(place: int) -> str:
    return _STEPS[(place + 1) % 7]


def _alter(place: int) -> int:
    return (place + 1) // 7
