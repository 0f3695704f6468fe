"""Wasserstein distance of the distribution of a feature from that of human music.

A feature is a property with many values per piece, such as the durations of its notes.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Shaped

from lstm_music_jax.evaluation.measures.base import (
    NOT_NEGATIVE,
    Direction,
    DistanceMeasure,
    OfBothCounts,
    Sample,
)
from lstm_music_jax.evaluation.measures.feature import Feature


def wasserstein(feature: Feature) -> DistanceMeasure:
    """The Wasserstein-1 distance of a feature's values in a set from the human values.

        W = integral of |F(x) - G(x)| dx / (standard deviation of the human values)

    F and G are the distribution functions of the two sets; the values of all pieces of
    a set are pooled. The standard deviation is that of the whole human set, also in a
    resample. NaN if a set has no values, or if the human values do not vary.

    References:
      Ramdas, Garcia Trillos & Cuturi 2017, On Wasserstein Two-Sample Testing,
      https://arxiv.org/abs/1509.02237.
    """

    def prepare(ours: Sequence[Sample], human: Sequence[Sample]) -> OfBothCounts:
        sides = [[feature.values(sample) for sample in side] for side in (ours, human)]
        every = np.concatenate([np.zeros(0), *sides[0], *sides[1]])
        levels = np.unique(every)
        ours_levels, human_levels = (_histograms(side, levels) for side in sides)
        gaps = np.diff(levels)
        human_values = np.concatenate([np.zeros(0), *sides[1]])
        deviation = float(human_values.std()) if len(human_values) else 0.0

        def of_counts(of_ours: np.ndarray, of_human: np.ndarray) -> np.ndarray:
            if not deviation:
                return np.full(len(of_ours), np.nan)
            first = cumulative_shares(of_ours @ ours_levels)
            difference = first - cumulative_shares(of_human @ human_levels)
            return np.abs(difference[:, :-1]) @ gaps / deviation

        return of_counts

    return DistanceMeasure(
        name=f"{feature.name}, distance",
        unit="human standard deviations",
        source="Ramdas, Garcia Trillos & Cuturi 2017, arXiv 1509.02237",
        direction=Direction.LOWER,
        encodings=feature.encodings,
        bounds=NOT_NEGATIVE,
        prepare=prepare,
    )


def cumulative_shares(
    histograms: Float[np.ndarray, "r levels"],
) -> Float[np.ndarray, "r levels"]:
    """The cumulative shares of each row, which end with 1; NaN for a row of zeros."""
    totals = histograms.sum(axis=1, keepdims=True)
    totals[totals == 0] = np.nan
    return np.cumsum(histograms / totals, axis=1)


def _histograms(
    pieces: Sequence[Shaped[np.ndarray, "_"]], levels: Shaped[np.ndarray, "levels"]
) -> Float[np.ndarray, "b levels"]:
    counts = np.zeros((len(pieces), len(levels)))
    for row, values in zip(counts, pieces, strict=True):
        np.add.at(row, np.searchsorted(levels, values), 1)
    return counts
