"""Transposition: tables that map each id to the id that sounds n semitones higher."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.vocabulary import Vocabulary

# Copied passages are searched for up to this many semitones higher and lower.
HALF_OCTAVE = 6


class Sound(NamedTuple):
    """The pitches that a symbol strikes or releases.

    Two symbols have equal sounds if both strike the same pitches, or both release the
    same pitches, or both strike the same pitch classes.

    Attributes:
        are_classes: whether `numbers` holds pitch classes, 0 to 11, which wrap around
            at the octave. Otherwise it holds MIDI pitches.
        numbers: the pitch classes or MIDI pitches; empty if the symbol neither strikes
            nor releases a pitch.
        released: whether the pitches are released, not struck.
    """

    are_classes: bool
    numbers: frozenset[int]
    released: bool = False


def sound_of(symbol: str, encoding: Encoding) -> Sound:
    """Return the pitches that `symbol` strikes or releases."""
    pitches = encoding.pitches(symbol)
    if pitches and symbol[0].isdigit():
        return Sound(True, frozenset(pitch % 12 for pitch in pitches))
    if released := encoding.releases(symbol):
        return Sound(False, frozenset(released), released=True)
    return Sound(False, frozenset(pitches))


def transposition_table(
    vocabulary: Vocabulary, encoding: Encoding, max_semitones: int
) -> np.ndarray:
    """Return the symbol id that replaces each id in each transposition.

    The result is int32 `[2 max_semitones + 1, v]`. Row `max_semitones + s` transposes
    by `s` semitones. The entry is -1 where the vocabulary has no symbol for the
    transposed sound.

    - A symbol that neither strikes nor releases a pitch stays the same.
    - The pitch classes of a chord wrap around at the octave: '4.9' up 3 is '0.7'.
    - If several symbols spell the same sound ('D#5', 'E-5'), the first one of the
      vocabulary is taken. `Vocabulary.from_pieces` puts the commonest one first. Only
      the row for 0 semitones leaves every id as it is.
    - Chords are compared as sets of classes, because a vocabulary may write the classes
      of one chord in any order.

    Args:
        vocabulary: its `v` symbols are transposed.
        encoding: defines the pitches that each symbol strikes or releases.
        max_semitones: the largest transposition, up and down, 0 or more.

    Raises:
        ValueError: `max_semitones` is negative.
    """
    if max_semitones < 0:
        raise ValueError(f"max_semitones is {max_semitones}; it must be 0 or more")
    ids = np.arange(len(vocabulary), dtype=np.int32)
    table = np.tile(ids, (2 * max_semitones + 1, 1))
    sounds = [sound_of(symbol, encoding) for symbol in vocabulary.symbols]
    first_id: dict[Sound, int] = {}
    for number, sound in enumerate(sounds):
        first_id.setdefault(sound, number)
    for semitones in range(-max_semitones, max_semitones + 1):
        if semitones == 0:
            continue
        for number, sound in enumerate(sounds):
            if sound.numbers:
                transposed = _transposed(sound, semitones)
                table[max_semitones + semitones, number] = first_id.get(transposed, -1)
    return table


def spelled_once(table: np.ndarray) -> np.ndarray:
    """Return a table whose row for 0 semitones gives every sound one spelling.

    Several ids may have the same sound, such as those of C#4 and D-4. Wherever the
    given table transposes to this sound, it chooses the same one of these ids. But its
    row for 0 semitones leaves every id as it is. In the result, this row replaces the
    ids of a sound by the chosen one. All other rows stay the same.

    If the table has -1 for all transpositions of a sound, its ids are left as they are.

    Args:
        table: int `[2 n + 1, v]`, from `transposition_table`.
    """
    highest = len(table) // 2
    result = np.array(table)
    same = result[highest]
    found = np.zeros(len(same), bool)
    for semitones in range(1, highest + 1):
        for up, down in ((semitones, -semitones), (-semitones, semitones)):
            there = table[highest + up]
            # Up and back down leads from all ids of one sound to the same id.
            back = np.where(there >= 0, table[highest + down][there], -1)
            new = (back >= 0) & ~found
            same[new] = back[new]
            found |= new
    return result


def _transposed(sound: Sound, semitones: int) -> Sound:
    raised = (number + semitones for number in sound.numbers)
    if sound.are_classes:
        raised = (number % 12 for number in raised)
    return sound._replace(numbers=frozenset(raised))
