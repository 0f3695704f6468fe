"""Pitch classes: how far a set's histogram is from the human one."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from lstm_music_jax.evaluation.measures.base import (
    Direction,
    DistanceMeasure,
    OfBothPlaces,
    Sample,
)
from lstm_music_jax.evaluation.measures.notes import notes_of

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

    All notes of a set are counted together. On a circle with cumulative histograms F
    and G, the distance is

        sum over the 12 classes of |F - G - median(F - G)|

    in fifths. Keys that share many notes are close on this circle. The result does not
    depend on the pitch class at which the cumulative sums start.

    References:
      Rabin, Delon & Gousseau 2011, Transportation Distances on the Circle, Journal of
      Mathematical Imaging and Vision.
    """

    def prepare(ours: Sequence[Sample], human: Sequence[Sample]) -> OfBothPlaces:
        sides = [pitch_class_histogram(side)[:, _FIFTHS] for side in (ours, human)]

        def of_places(of_ours: np.ndarray, of_human: np.ndarray) -> float:
            totals = [
                side[places].sum(axis=0)
                for side, places in zip(sides, (of_ours, of_human), strict=True)
            ]
            if not all(total.any() for total in totals):
                return float("nan")
            first, second = (np.cumsum(total / total.sum()) for total in totals)
            difference = first - second
            return float(np.abs(difference - np.median(difference)).sum())

        return of_places

    return DistanceMeasure(
        name="pitch classes, distance",
        unit="fifths",
        source="Rabin, Delon & Gousseau 2011, J. Math. Imaging Vis.",
        direction=Direction.LOWER,
        encodings=None,
        prepare=prepare,
    )
