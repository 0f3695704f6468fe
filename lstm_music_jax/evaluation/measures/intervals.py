"""Melodic intervals: the intervals between successive notes of the highest voice."""

import numpy as np

from lstm_music_jax.evaluation.measures.base import Sample
from lstm_music_jax.evaluation.measures.feature import Feature
from lstm_music_jax.evaluation.measures.notes import notes_of


def _sizes(sample: Sample) -> np.ndarray:
    notes = notes_of(sample.score)
    ends = notes.onsets + notes.durations
    # Row i marks the notes that sound when note i begins, note i included.
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
"""Absolute intervals between successive notes of the melody.

A note belongs to the melody if no higher note sounds when it begins.
"""
