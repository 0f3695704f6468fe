"""Melodic intervals: how far the highest voice moves."""

import numpy as np

from lstm_music_jax.evaluation.measures.base import Sample
from lstm_music_jax.evaluation.measures.feature import Feature
from lstm_music_jax.evaluation.measures.notes import notes_of


def _sizes(sample: Sample) -> np.ndarray:
    notes = notes_of(sample.score)
    ends = notes.onsets + notes.durations
    # Row i: the notes that sound when note i begins, itself included.
    sounding = (notes.onsets <= notes.onsets[:, None]) & (ends > notes.onsets[:, None])
    highest = np.where(sounding, notes.pitches, -1).max(axis=1, initial=-1)
    return np.abs(np.diff(notes.pitches[notes.pitches == highest]))


INTERVALS = Feature(
    name="melodic interval",
    unit="semitones",
    source="Yang & Lerch 2020, On the Evaluation of Generative Models in Music",
    encodings=None,
    values=_sizes,
)
"""The absolute interval between successive notes of the melody.

The melody is made of the notes above which nothing sounds when they begin.
"""
