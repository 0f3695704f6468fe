"""The notes of a score as arrays, and the length that all bars are taken to have."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from lstm_music_jax.music.score import TICKS_PER_QUARTER, Score

# Bars are taken to be four quarters long, whatever the metre.
TICKS_PER_BAR = 4 * TICKS_PER_QUARTER


class Notes(NamedTuple):
    """The notes of a piece, sorted by onset and then by pitch.

    A tick is 1/12 of a quarter note.

    Attributes:
      onsets: when each note begins, in ticks from the beginning of the piece.
      pitches: the MIDI pitch of each note.
      durations: how long each note sounds, in ticks.
    """

    onsets: Int[np.ndarray, "notes"]
    pitches: Int[np.ndarray, "notes"]
    durations: Int[np.ndarray, "notes"]


def notes_of(score: Score) -> Notes:
    """The notes of `score` as arrays, with times rounded to 12 ticks per quarter."""
    table = score.on_grid(TICKS_PER_QUARTER).table
    return Notes(table.onsets, table.pitches, table.durations)
