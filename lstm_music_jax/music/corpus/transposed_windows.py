"""Comparison of windows of 64 symbols, in which transpositions count as equal.

A window is any 64 successive symbols of a piece. One window is a transposition of
another if all its pitches, raised by the same number of semitones, are those of the
other, and its symbols without pitches are equal to those of the other. The encoding
`NoteNames` writes chords as pitch classes; these are raised modulo 12.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.transposition import Sound, sound_of

# Pieces that have this many successive symbols in common count as near-duplicates.
SHARED_RUN = 64
_CLASSES = 12
_SETS_OF_CLASSES = 2**_CLASSES
_HIGHEST_INTERVAL = 127
# An odd constant for hashing: the multiplier of Knuth's MMIX generator.
_MULTIPLIER = np.uint64(6364136223846793005)
_POWERS = _MULTIPLIER ** np.arange(SHARED_RUN, dtype=np.uint64)


class WindowComparison:
    """Hashes and compares windows of 64 symbol ids, regardless of transposition.

    Each symbol has a shape: the part of its meaning that transposition does not change.

    - The shape of a symbol without pitches, such as a time shift, is the symbol itself.
    - The shape of a symbol that strikes or releases MIDI pitches is the intervals above
      its lowest pitch, and whether it strikes or releases. The lowest pitch is kept
      beside the shape.
    - The shape of a chord of pitch classes is the same for all its 12 transpositions.
      The classes are kept beside the shape.
    """

    def __init__(self, symbols: Sequence[str], encoding: Encoding | None):
        """Compute the shape of each symbol; see the class.

        Args:
            symbols: `v` distinct symbols; `symbols[i]` has the id i.
            encoding: defines the pitches that each symbol strikes. With None, windows
                are compared symbol by symbol, and no transposition counts as equal.
        """
        shape_of: dict[object, int] = {}
        self._shape = np.zeros(len(symbols), np.int32)
        self._lowest = np.full(len(symbols), -1, np.int16)
        self._classes = np.zeros(len(symbols), np.uint16)
        for number, symbol in enumerate(symbols):
            shape: object = symbol
            sound = Sound(False, frozenset())
            if encoding is not None:
                sound = sound_of(symbol, encoding)
            if sound.are_classes:
                self._classes[number] = sum(1 << each for each in sound.numbers)
                shape = min(_turned(int(self._classes[number]), k) for k in range(12))
            elif sound.numbers:
                lowest = min(sound.numbers)
                self._lowest[number] = lowest
                steps = frozenset(pitch - lowest for pitch in sound.numbers)
                shape = (sound.released, steps)
            self._shape[number] = shape_of.setdefault(shape, len(shape_of))
        random = np.random.default_rng(0)
        self._shape_values = _numbers(random, len(shape_of))
        self._interval_values = _numbers(random, 2 * _HIGHEST_INTERVAL + 1)
        self._classes_values = _numbers(random, _SETS_OF_CLASSES)

    def hashes(self, ids: np.ndarray) -> np.ndarray:
        """Return a hash of each window of 64 symbol ids, uint64 `[n - 63]`.

        Windows that are transpositions of one another have equal hashes. Other pairs of
        windows rarely have equal hashes.

        A window's hash is the sum of three polynomial hashes. The first is made from
        the shapes of its symbols. The second is made from the intervals between the
        lowest pitches of successive symbols that have MIDI pitches. The third is made
        from the pairs of successive chords that are written as pitch classes.

        Args:
            ids: `n` symbol ids, 64 or more.
        """
        shapes = self._shape_values[self._shape[ids]]
        lowest, classes = self._lowest[ids], self._classes[ids]
        struck, chords = np.flatnonzero(lowest >= 0), np.flatnonzero(classes)
        intervals = np.diff(lowest[struck]) + _HIGHEST_INTERVAL
        result = _rolled(shapes)
        result += _successions(struck, self._interval_values[intervals], len(ids))
        result += _successions(chords, self._relations(classes[chords]), len(ids))
        return result

    def same(self, ones: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Return whether window `ones[i]` is a transposition of `others[i]`.

        The result is bool `[m]`.

        Args:
            ones: the symbol ids of `m` windows, `[m, 64]`.
            others: the symbol ids of `m` windows to compare them with, `[m, 64]`.
        """
        shapes_agree = (self._shape[ones] == self._shape[others]).all(1)
        from_pitch = self._lowest[ones].astype(np.int32)
        interval = self._lowest[others] - from_pitch
        struck = from_pitch >= 0
        least = np.where(struck, interval, 128).min(1)
        most = np.where(struck, interval, -128).max(1)
        silent = ~struck.any(1)
        before, after = self._classes[ones], self._classes[others]
        chords_agree = np.zeros(len(ones), bool)
        for semitones in range(_CLASSES):
            by_as_much = silent | (least % _CLASSES == semitones)
            turned = _turned(before, semitones) == after
            chords_agree |= by_as_much & turned.all(1)
        return shapes_agree & (silent | (least == most)) & chords_agree

    def _relations(self, classes: np.ndarray) -> np.ndarray:
        """Return a hash of each pair of successive chords, uint64 `[c - 1]`.

        Transposing both chords of a pair does not change its hash, because the hash is
        the smallest of the hashes of the pair's 12 transpositions.

        Args:
            classes: the pitch classes of `c` chords, as sets of 12 bits, uint16 `[c]`.
        """
        best = np.full(max(len(classes) - 1, 0), np.iinfo(np.uint64).max)
        for semitones in range(_CLASSES):
            values = self._classes_values[_turned(classes, semitones)]
            best = np.minimum(best, values[:-1] * _MULTIPLIER + values[1:])
        return best


def _turned(classes, semitones: int):
    """Return sets of pitch classes, all raised by `semitones`, 0 to 12.

    A set is an integer of 12 bits. Bit k is 1 if the set has pitch class k.
    """
    return ((classes << semitones) | (classes >> (_CLASSES - semitones))) & 0xFFF


def _numbers(random: np.random.Generator, count: int) -> np.ndarray:
    return random.integers(2**63, size=count, dtype=np.uint64)


def _rolled(values: np.ndarray) -> np.ndarray:
    """Return a polynomial hash, modulo 2^64, of each 64 successive values.

    The hash of x[0] to x[63] is the sum of x[k] m^(63 - k), where m is `_MULTIPLIER`.
    So two equal windows have equal hashes, wherever they begin.

    Args:
        values: `n` values, uint64.

    Returns:
        The hash of each window, uint64 `[n - 63]`.
    """
    length = 1
    while length < SHARED_RUN:
        # Two polynomials of this length give one of twice the length.
        values = values[:-length] * _POWERS[length] + values[length:]
        length *= 2
    return values


def _successions(places: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    """Return a polynomial hash, modulo 2^64, of the successions inside each window.

    A succession is two neighbouring entries of `places`, such as two successive chords.
    It is inside a window of 64 symbols if both positions are. The hash is made from the
    `values` of these successions and their distances from the end of the window.

    Args:
        places: positions of some of the symbols, ascending, int64 `[k]`.
        values: `values[i]` describes the succession from `places[i]` to
            `places[i + 1]`, such as by an interval; uint64 `[k - 1]`.
        count: number of all symbols, `n`.

    Returns:
        The hash of each window, uint64 `[n - 63]`.
    """
    spread = np.zeros(count, np.uint64)
    spread[places[1:]] = values
    result = _rolled(spread)
    # The value at a window's first entry of `places` describes a succession that begins
    # before the window, so it is subtracted.
    starts = np.arange(len(result))
    which = np.searchsorted(places, starts)
    inside = which < len(places)
    starts, first = starts[inside], places[which[inside]]
    inside = first < starts + SHARED_RUN
    starts, first = starts[inside], first[inside]
    result[starts] -= spread[first] * _POWERS[starts + SHARED_RUN - 1 - first]
    return result
