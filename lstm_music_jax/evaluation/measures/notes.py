"""The notes of a score as arrays, and its bars."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from lstm_music_jax.music.score import TICKS_PER_QUARTER, Score

# A Score has no metre, so each bar is taken to be four quarters long.
TICKS_PER_BAR = 4 * TICKS_PER_QUARTER


class Notes(NamedTuple):
    """Onsets (ticks), MIDI pitches and durations (ticks), sorted by onset and pitch."""

    onsets: Int[np.ndarray, "notes"]
    pitches: Int[np.ndarray, "notes"]
    durations: Int[np.ndarray, "notes"]


def notes_of(score: Score) -> Notes:
    """The notes of `score.notes` as arrays."""
    return Notes(*np.array(score.notes, int).reshape(-1, 3).T)
