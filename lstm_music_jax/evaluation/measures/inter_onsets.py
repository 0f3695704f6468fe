"""Inter-onset times: the times from each onset to the next one."""

import numpy as np

from lstm_music_jax.evaluation.measures.base import Sample
from lstm_music_jax.evaluation.measures.feature import Feature
from lstm_music_jax.evaluation.measures.notes import notes_of
from lstm_music_jax.music.score import TICKS_PER_QUARTER


def _quarters(sample: Sample) -> np.ndarray:
    return np.diff(np.unique(notes_of(sample.score).onsets)) / TICKS_PER_QUARTER


INTER_ONSETS = Feature(
    name="inter-onset time",
    unit="quarters",
    source="Yang & Lerch 2020, On the Evaluation of Generative Models in Music",
    encodings=("events",),
    values=_quarters,
)
"""Times between successive onsets of a piece; the notes of a chord share one onset."""
