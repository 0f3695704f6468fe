"""Pitch range: nothing lower or higher than an instrument, or a voice, reaches."""

import numpy as np

from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.score import HIGHEST_PITCH
from lstm_music_jax.music.vocabulary import Vocabulary
from lstm_music_jax.strategies.sizes import whole_number
from lstm_music_jax.strategies.sounds import AllowedSymbols, struck_pitches


def pitch_range(
    vocabulary: Vocabulary, encoding: Encoding, low: int, high: int
) -> AllowedSymbols:
    """Forbid symbols that sound any pitch outside low .. high.

    Args:
        vocabulary: whose ids the model draws.
        encoding: in which its symbols sound.
        low: MIDI pitch, 0 to 127.
        high: MIDI pitch, low to 127.

    Raises:
        ValueError: also where that forbids every symbol that sounds.

    >>> from lstm_music_jax import NoteNames
    >>> cello = pitch_range(Vocabulary(("C2", "C6")), NoteNames(), 36, 76)
    >>> cello.allowed.tolist()
    [True, False]
    """
    low = whole_number("low", low, 0, HIGHEST_PITCH)
    high = whole_number("high", high, low, HIGHEST_PITCH)
    pitches = struck_pitches(vocabulary, encoding)
    inside = np.array([all(low <= p <= high for p in struck) for struck in pitches])
    if not any(ok for ok, struck in zip(inside, pitches, strict=True) if struck):
        raise ValueError(
            f"low is {low} and high is {high}; that forbids every symbol that sounds"
        )
    return AllowedSymbols(inside)
