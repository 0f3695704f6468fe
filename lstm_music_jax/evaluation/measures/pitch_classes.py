"""Pitch classes: how often the notes of a set of pieces have each of the 12 classes.

The distance between two sets says how much these numbers differ, as shares of all
notes. Usually one set is generated and the other one human.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from lstm_music_jax.evaluation.measures.base import (
    NOT_NEGATIVE,
    Direction,
    DistanceMeasure,
    OfBothCounts,
    Sample,
)
from lstm_music_jax.evaluation.measures.notes import notes_of
from lstm_music_jax.evaluation.measures.wasserstein import cumulative_shares

_FIFTHS = 7 * np.arange(12) % 12


def pitch_class_histogram(samples: Sequence[Sample]) -> Float[np.ndarray, "b 12"]:
    """The number of notes of each pitch class, C first, in each piece."""
    histograms = [
        np.bincount(notes_of(sample.score).pitches % 12, minlength=12)
        for sample in samples
    ]
    return np.array(histograms, float).reshape(-1, 12)


def pitch_class_distance() -> DistanceMeasure:
    """The Wasserstein-1 distance of pitch-class histograms on the circle of fifths.

    All notes of a set are counted together. F and G are the cumulative histograms of
    both sets along the circle of fifths, as shares of all notes. The distance is

        sum over the 12 classes of |F - G - median(F - G)|

    in fifths. Keys that share many notes are close on this circle. The result does not
    depend on the pitch class at which the cumulative sums start. NaN if a set has no
    notes.

    References:
      Rabin, Delon & Gousseau 2011, Transportation Distances on the Circle, Journal of
      Mathematical Imaging and Vision.
    """

    def prepare(ours: Sequence[Sample], human: Sequence[Sample]) -> OfBothCounts:
        sides = [pitch_class_histogram(side)[:, _FIFTHS] for side in (ours, human)]

        def of_counts(of_ours: np.ndarray, of_human: np.ndarray) -> np.ndarray:
            first = cumulative_shares(of_ours @ sides[0])
            difference = first - cumulative_shares(of_human @ sides[1])
            middle = np.median(difference, axis=1, keepdims=True)
            return np.abs(difference - middle).sum(axis=1)

        return of_counts

    return DistanceMeasure(
        name="pitch classes, distance",
        unit="fifths",
        source="Rabin, Delon & Gousseau 2011, J. Math. Imaging Vis.",
        direction=Direction.LOWER,
        encodings=None,
        bounds=NOT_NEGATIVE,
        prepare=prepare,
    )
