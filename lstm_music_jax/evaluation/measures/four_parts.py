"""The slices of a piece in which exactly four notes sound: one note for each voice.

A slice is the time between two successive moments at which any note begins or ends.
The voices are, from the lowest note to the highest, bass, tenor, alto and soprano.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int

from lstm_music_jax.evaluation.measures.notes import notes_of
from lstm_music_jax.music.score import Score

VOICES = ("bass", "tenor", "alto", "soprano")


class FourParts(NamedTuple):
    """The slices of a piece in which exactly four notes sound.

    A slice is the time between two successive moments at which any note begins or ends.
    Voices are told apart by pitch alone, so they never cross.

    Attributes:
      pitches: the pitches of each slice, ascending: bass, tenor, alto, soprano.
      follows: for each of these slices, whether another of them, with other pitches,
        follows it at once.
    """

    pitches: Int[np.ndarray, "slices 4"]
    follows: Bool[np.ndarray, "slices"]

    def transitions(
        self,
    ) -> tuple[Int[np.ndarray, "transitions 4"], Int[np.ndarray, "transitions 4"]]:
        """The pitches before and after each transition.

        A transition leads from a slice of four notes directly to another slice of four
        notes with other pitches. Each row is a slice; each column is a voice, the bass
        first.
        """
        first = np.flatnonzero(self.follows)
        return self.pitches[first], self.pitches[first + 1]


def four_parts(score: Score) -> FourParts:
    """The slices of `score` in which exactly four notes sound."""
    notes = notes_of(score)
    ends = notes.onsets + notes.durations
    times = np.unique(np.concatenate([notes.onsets, ends]))[:-1]
    sounding = (notes.onsets <= times[:, None]) & (ends > times[:, None])
    four = np.flatnonzero(sounding.sum(axis=1) == len(VOICES))
    places = np.nonzero(sounding[four])[1].reshape(-1, len(VOICES))
    pitches = np.sort(notes.pitches[places], axis=1)
    follows = np.zeros(len(four), bool)
    changes = (pitches[1:] != pitches[:-1]).any(axis=1)
    follows[:-1] = (np.diff(four) == 1) & changes
    return FourParts(pitches, follows)
