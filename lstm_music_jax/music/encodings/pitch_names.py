"""Names of pitches and chords, spelled as music21 spells them: 'E-5', '4.9'.

A note's name is its letter, its accidental ('#' is sharp, '-' is flat) and its octave.
A chord is named by its pitch classes (0 is C, 11 is B) in normal order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from lstm_music_jax.music.score import HIGHEST_PITCH

# music21's default name of each pitch class.
_CLASS_NAMES = ("C", "C#", "D", "E-", "E", "F", "F#", "G", "G#", "A", "B-", "B")
_CLASS_OF_LETTER = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
# 'C-1' is C flat of octave 1, as music21 reads it. music21 also gives this name to MIDI
# pitch 0, which is C of octave -1.
_NOTE = re.compile(r"([A-G])(-{1,4}|#{0,4})(-?\d{1,2})")
_CHORD = re.compile(r"(?:\d|1[01])(?:\.(?:\d|1[01]))*")
_MIDDLE_C = 60
# Other spellings: small letters, and accidentals as people type them. An accidental is
# repeated and not mixed, so that the minus sign of an octave cannot be taken for one.
_SPELLING = re.compile(r"([A-Ga-g])(-{1,4}|b{1,4}|♭{1,4}|#{1,4}|♯{1,4}|♮|)(-?\d{1,2})")
_SHARP, _FLAT = "#♯", "-b♭"


def pitch_name(pitch: int) -> str:
    """Return music21's default name of a MIDI pitch: 60 is 'C4', 63 is 'E-4'."""
    octave, pitch_class = divmod(pitch, 12)
    return f"{_CLASS_NAMES[pitch_class]}{octave - 1}"


def chord_name(pitches: Iterable[int]) -> str:
    """Return the pitch classes of a chord in normal order: '4.9' for (64, 69, 76)."""
    return ".".join(map(str, normal_order(pitches)))


def normal_order(pitches: Iterable[int]) -> tuple[int, ...]:
    """Return the pitch classes of a chord in normal order, as music21 gives it.

    The normal order is one rotation of the ascending classes. It is the rotation with
    the smallest span. Among several of equal span, it is the one packed most tightly
    from its first class upwards (Forte, The Structure of Atonal Music, 1973). Among
    several of these, it is the one with the lowest first class.

    Args:
        pitches: MIDI pitches or pitch classes, in any order.
    """
    return _normal_order(frozenset(pitch % 12 for pitch in pitches))


@cache
def _normal_order(classes: frozenset[int]) -> tuple[int, ...]:
    ascending = sorted(classes)
    rotations = (tuple(ascending[i:] + ascending[:i]) for i in range(len(ascending)))
    return min(rotations, key=_packing)


def _packing(rotation: tuple[int, ...]) -> tuple[int, ...]:
    """Return a sorting key, smallest for the rotation that is the normal order.

    Args:
        rotation: one of the rotations of the ascending pitch classes of a chord.

    Returns:
        The interval from the first class up to the last, then the interval from the
        first class up to each class, and then the first class.
    """
    above_first = [(number - rotation[0]) % 12 for number in rotation]
    return (above_first[-1], *above_first, rotation[0])


def named_pitches(name: str) -> tuple[int, ...]:
    """Return the MIDI pitches of the note or chord that has this name; () if none has.

    A chord's pitch classes sound in the octave of middle C: '4.9' gives (64, 69). In
    the classical Keras note generators they sound there, too, because they make notes
    by music21's `Note(4)` and `Note(9)`.
    """
    if match := _NOTE.fullmatch(name):
        letter, accidental, octave = match.groups()
        alteration = accidental.count("#") - accidental.count("-")
        pitch = 12 * (int(octave) + 1) + _CLASS_OF_LETTER[letter] + alteration
        return (pitch,) if 0 <= pitch <= HIGHEST_PITCH else ()
    if _CHORD.fullmatch(name):
        classes = dict.fromkeys(int(number) for number in name.split("."))
        return tuple(_MIDDLE_C + number for number in classes)
    return ()


def canonical_name(text: str) -> str:
    """Return the name of the note or the chord that `text` spells.

    A note may be written with a small letter, and its accidental as 'b', '♭', '♯' or
    '♮': 'Eb4' and 'e♭4' are 'E-4'. A sharp stays a sharp. The classes of a chord may
    stand in any order: '9.4' is '4.9'.

    Raises:
        ValueError: `text` spells no note or chord, or a note whose name would be that
            of another note: 'Eb-1' would be 'E--1', the double flat of octave 1.
    """
    if match := _SPELLING.fullmatch(text):
        letter, accidental, octave = match.groups()
        sharps = sum(sign in _SHARP for sign in accidental)
        flats = sum(sign in _FLAT for sign in accidental)
        name = f"{letter.upper()}{'#' * sharps}{'-' * flats}{int(octave)}"
        in_octave = _CLASS_OF_LETTER[letter.upper()] + sharps - flats
        # 'Eb-1' would be 'E--1', which is the name of another note.
        if named_pitches(name) == (12 * (int(octave) + 1) + in_octave,):
            return name
    elif _CHORD.fullmatch(text):
        return chord_name(named_pitches(text))
    raise ValueError(
        f"symbol is {text!r}; it must be a note such as 'C#4' or 'E-5' (E flat), or "
        "the pitch classes of a chord such as '4.9'"
    )
