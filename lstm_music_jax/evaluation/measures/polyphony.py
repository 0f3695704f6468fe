"""Polyphony: the number of notes that sound at the same time."""

import numpy as np

from lstm_music_jax.evaluation.measures.base import Sample
from lstm_music_jax.evaluation.measures.feature import Feature
from lstm_music_jax.evaluation.measures.notes import notes_of


def _sounding(sample: Sample) -> np.ndarray:
    notes = notes_of(sample.score)
    ends = notes.onsets + notes.durations
    changes = np.zeros(ends.max(initial=0) + 1, int)
    np.add.at(changes, notes.onsets, 1)
    np.add.at(changes, ends, -1)
    sounding = np.cumsum(changes)
    return sounding[sounding > 0]


POLYPHONY = Feature(
    name="polyphony",
    unit="notes",
    source="Dong et al. 2020, MusPy, arXiv 2008.01951",
    encodings=("events",),
    values=_sounding,
)
"""The number of sounding notes at each tick; silent ticks are left out.

A tick is 1/12 of a quarter note. The mean of this feature is MusPy's polyphony.
"""
