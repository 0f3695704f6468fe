"""In key: only the pitch classes of a scale."""

from collections.abc import Collection

import numpy as np

from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.vocabulary import Vocabulary
from lstm_music_jax.strategies.sizes import whole_number
from lstm_music_jax.strategies.sounds import AllowedSymbols, struck_pitches

MAJOR = (0, 2, 4, 5, 7, 9, 11)
MINOR = (0, 2, 3, 5, 7, 8, 10)
HARMONIC_MINOR = (0, 2, 3, 5, 7, 8, 11)
PENTATONIC = (0, 2, 4, 7, 9)


def in_key(
    vocabulary: Vocabulary, encoding: Encoding, tonic: int, scale: Collection[int]
) -> AllowedSymbols:
    """Forbid symbols that sound any pitch class outside a scale.

    Args:
        vocabulary: whose ids the model draws.
        encoding: in which its symbols sound.
        tonic: pitch class, 0 (C) to 11 (B).
        scale: one or more semitones above the tonic, 0 to 11: `MAJOR`, `MINOR` (the
            natural one), `HARMONIC_MINOR`, `PENTATONIC` or any other.

    Raises:
        ValueError: also where that forbids every symbol that sounds.

    >>> from lstm_music_jax import NoteNames
    >>> g_major = in_key(Vocabulary(("F4", "F#4", "2.7.11")), NoteNames(), 7, MAJOR)
    >>> g_major.allowed.tolist()
    [False, True, True]
    """
    tonic = whole_number("tonic", tonic, 0, 11)
    classes = {(tonic + whole_number("scale", s, 0, 11)) % 12 for s in scale}
    pitches = struck_pitches(vocabulary, encoding)
    inside = np.array([all(p % 12 in classes for p in struck) for struck in pitches])
    if not any(ok for ok, struck in zip(inside, pitches, strict=True) if struck):
        raise ValueError(
            f"tonic is {tonic} and scale is {scale}; "
            "that forbids every symbol that sounds"
        )
    return AllowedSymbols(inside)
