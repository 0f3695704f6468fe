"""Which symbol sounds as another does, some semitones higher or lower."""

from __future__ import annotations

import numpy as np

from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.vocabulary import Vocabulary


def transposition_table(
    vocabulary: Vocabulary, encoding: Encoding, semitones: int
) -> np.ndarray:
    """The transposed id of every id, int32 [2 semitones + 1, v]; -1 where none is.

    Row `semitones + s` is the shift by s semitones. Symbols that strike nothing stay
    what they are. A chord of pitch classes keeps to its octave: '4.9' up 3 is '0.7'.
    Where several symbols spell the same sound ('D#5', 'E-5') the first of the
    vocabulary is taken, which `Vocabulary.from_pieces` makes the commonest; and what
    a chord's classes are called is looked up too, so that the order of its numbers is
    the vocabulary's own.

    Raises:
      ValueError: a negative number of semitones.
    """
    if semitones < 0:
        raise ValueError(f"semitones is {semitones}; it must be 0 or more")
    ids = np.arange(len(vocabulary), dtype=np.int32)
    table = np.tile(ids, (2 * semitones + 1, 1))
    sounds = [_sound(symbol, encoding) for symbol in vocabulary.symbols]
    first: dict[tuple[bool, frozenset[int]], int] = {}
    for number, sound in enumerate(sounds):
        first.setdefault(sound, number)
    for shift in range(-semitones, semitones + 1):
        for number, (wraps, pitches) in enumerate(sounds):
            if shift and pitches:
                shifted = (pitch + shift for pitch in pitches)
                if wraps:
                    shifted = (pitch % 12 for pitch in shifted)
                sound = wraps, frozenset(shifted)
                table[semitones + shift, number] = first.get(sound, -1)
    return table


def _sound(symbol: str, encoding: Encoding) -> tuple[bool, frozenset[int]]:
    """Whether a symbol holds pitch classes, and those or its pitches."""
    pitches = encoding.pitches(symbol)
    if pitches and symbol[0].isdigit():
        return True, frozenset(pitch % 12 for pitch in pitches)
    return False, frozenset(pitches)
