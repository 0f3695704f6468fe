"""Says how far each piece is from human music, and picks two pieces by this distance.

They are the piece with the median distance and the piece with the largest distance.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from lstm_music_jax.evaluation.comparison.figures import Figures
from lstm_music_jax.evaluation.measures.base import Direction, PieceMeasure, Sample


class Chosen(NamedTuple):
    """Two pieces, picked by their distances from human music.

    A distance of NaN counts as larger than all others.

    Attributes:
        median: index of the piece with the median distance.
        worst: index of the piece with the largest distance.
    """

    median: int
    worst: int


def distances_from_human(
    measures: Sequence[PieceMeasure],
    samples: Sequence[Sample],
    human: Sequence[Sample],
    table: Mapping[Sample, Figures],
) -> Float[np.ndarray, "b"]:
    """Return the distance of each piece from human music, in human standard deviations.

    It is the mean of |value - human mean| over the measures that should be near the
    human value. Left out are measures that do not vary among human pieces, and those
    that are not defined for the piece. The distance is NaN if no measure is left.

    Args:
        measures: measures of single pieces.
        samples: the pieces whose distances are returned.
        human: the human pieces.
        table: for each piece of `samples` and `human`, its value of each measure, by
            the name of the measure.
    """
    names = [each.name for each in measures if each.direction is Direction.HUMAN]
    ours = np.array([[table[sample][name] for name in names] for sample in samples])
    theirs = np.array([[table[sample][name] for name in names] for sample in human])
    deviations = np.nanstd(theirs, axis=0)
    varies = deviations > 0
    scaled = np.abs(ours - np.nanmean(theirs, axis=0))[:, varies] / deviations[varies]
    return np.nanmean(scaled, axis=1)


def chosen(distances: Float[np.ndarray, "b"]) -> Chosen:
    """Return the indices of the pieces with the median and the largest distance.

    If the number of pieces is even, the median is the smaller one of the two in the
    middle. NaN counts as larger than all others.
    """
    order = np.argsort(distances, kind="stable")
    return Chosen(int(order[(len(order) - 1) // 2]), int(order[-1]))
