"""The notes of a score as arrays, and its bars."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from lstm_music_jax.music.score import TICKS_PER_QUARTER, Score

# Scores know no metre, so bars of four quarters are counted from the beginning.
TICKS_PER_BAR = 4 * TICKS_PER_QUARTER


class Notes(NamedTuple):
    """Onsets (ticks), pitches and durations (ticks), sorted by onset and pitch."""

    onsets: Int[np.ndarray, "notes"]
    pitches: Int[np.ndarray, "notes"]
    durations: Int[np.ndarray, "notes"]


def notes_of(score: Score) -> Notes:
    """The notes that sound, as `Score.notes` has them, with 12 ticks per quarter."""
    table = score.on_grid(TICKS_PER_QUARTER).table
    return Notes(table.onsets, table.pitches, table.durations)
