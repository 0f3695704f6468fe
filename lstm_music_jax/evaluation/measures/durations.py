"""Durations of notes, in quarter notes: a feature with one value per note."""

import numpy as np

from lstm_music_jax.evaluation.measures.base import Sample
from lstm_music_jax.evaluation.measures.feature import Feature
from lstm_music_jax.evaluation.measures.notes import notes_of
from lstm_music_jax.music.score import TICKS_PER_QUARTER


def _quarters(sample: Sample) -> np.ndarray:
    return notes_of(sample.score).durations / TICKS_PER_QUARTER


DURATIONS = Feature(
    name="duration",
    unit="quarters",
    source="Yang & Lerch 2020, On the Evaluation of Generative Models in Music",
    encodings=("events",),
    values=_quarters,
)
"""The duration of each note, in quarter notes."""
