"""Energy distance: how far a set of pieces is from human ones in many measures."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from scipy.spatial.distance import cdist

from lstm_music_jax.evaluation.measures.base import (
    Direction,
    DistanceMeasure,
    OfBothCounts,
    PieceMeasure,
    Sample,
)
from lstm_music_jax.evaluation.measures.pairs import mean_over_pairs, shares


def energy(measures: Sequence[PieceMeasure]) -> DistanceMeasure:
    """The energy distance between the pieces of a set and the human ones.

        E = 2 mean |x - y| - mean |x - x'| - mean |y - y'|

    x is the vector of measures of a piece of the set, and y is the vector of measures
    of a human piece, both in standard deviations of the human pieces. x and x' belong
    to different pieces, and so do y and y'. So the expectation is zero if both sets
    come from one distribution, and an estimate may be negative. NaN if either set has
    only one piece. A measure that does not vary among human pieces, or is NaN for all
    of them, is left out. Where a measure is NaN for a piece, its value is taken to be
    as far above the human mean as the farthest human value is from it.

    Raises:
      ValueError: `measures` is empty.

    References:
      Székely & Rizzo 2013, Energy Statistics: A Class of Statistics Based on Distances.
    """
    if not measures:
        raise ValueError("measures is empty; a distance needs one or more")

    def prepare(ours: Sequence[Sample], human: Sequence[Sample]) -> OfBothCounts:
        x, y = _standardised(_vectors(ours), _vectors(human))
        between, within_ours, within_human = cdist(x, y), cdist(x, x), cdist(y, y)

        def of_counts(of_ours: np.ndarray, of_human: np.ndarray) -> np.ndarray:
            across = ((shares(of_ours) @ between) * shares(of_human)).sum(axis=1)
            return (
                2 * across
                - mean_over_pairs(within_ours, of_ours)
                - mean_over_pairs(within_human, of_human)
            )

        return of_counts

    def _vectors(samples: Sequence[Sample]) -> Float[np.ndarray, "b m"]:
        return np.array([[measure(s) for measure in measures] for s in samples])

    return DistanceMeasure(
        name=f"energy distance over {len(measures)} measures",
        unit="human standard deviations",
        source="Székely & Rizzo 2013",
        direction=Direction.LOWER,
        encodings=_common([measure.encodings for measure in measures]),
        more="is less like human music",
        less="is more like human music",
        prepare=prepare,
    )


def _standardised(
    ours: Float[np.ndarray, "b m"], human: Float[np.ndarray, "c m"]
) -> tuple[Float[np.ndarray, "b n"], Float[np.ndarray, "c n"]]:
    mean, deviation = np.nanmean(human, axis=0), np.nanstd(human, axis=0)
    varies = deviation > 0
    scaled = [(side - mean)[:, varies] / deviation[varies] for side in (ours, human)]
    farthest = np.nanmax(np.abs(scaled[1]), axis=0)
    first, second = (np.where(np.isnan(side), farthest, side) for side in scaled)
    return first, second


def _common(encodings: Sequence[tuple[str, ...] | None]) -> tuple[str, ...] | None:
    """The encodings, by name, for which all measures are valid; None for all encodings.

    `encodings` has an entry per measure: the encodings for which this measure is valid,
    or None if it is valid for all.
    """
    limits = [set(kinds) for kinds in encodings if kinds is not None]
    return tuple(sorted(set.intersection(*limits))) if limits else None
