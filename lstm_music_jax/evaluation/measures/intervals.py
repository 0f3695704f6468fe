"""Melodic intervals: how far the highest voice moves."""

import numpy as np

from lstm_music_jax.evaluation.measures.base import Sample
from lstm_music_jax.evaluation.measures.feature import Feature
from lstm_music_jax.evaluation.measures.notes import notes_of


def _sizes(sample: Sample) -> np.ndarray:
    notes = notes_of(sample.score)
    # Notes are sorted by onset and pitch: the highest at an onset is the last there.
    highest = np.diff(notes.onsets, append=-1) != 0
    return np.abs(np.diff(notes.pitches[highest]))


INTERVALS = Feature(
    name="melodic interval",
    unit="semitones",
    source="Yang & Lerch 2020, On the Evaluation of Generative Models in Music",
    encodings=None,
    values=_sizes,
)
"""The absolute interval between the highest notes of successive onsets."""
