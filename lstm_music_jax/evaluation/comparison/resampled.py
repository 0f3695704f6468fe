"""The values of a measure in all resamples of a set of pieces.

All results of a comparison are computed from such values. The first value belongs to
the pieces themselves, each counted once. All other values belong to resamples of a
bootstrap, which hold some pieces several times, and lack others. All arms (the
strategies that are compared) share the resamples. So a difference of two arms is
computed in each resample, by subtracting their values.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from lstm_music_jax.evaluation.measures.base import (
    DistanceMeasure,
    PieceMeasure,
    Sample,
    SetMeasure,
)
from lstm_music_jax.evaluation.statistics.estimate import Estimate, estimate
from lstm_music_jax.evaluation.statistics.resampling import Resamples

Values = Float[np.ndarray, "r"]
AnyMeasure = PieceMeasure | SetMeasure | DistanceMeasure


class Quantity(NamedTuple):
    """The values of one measure for all sets of pieces of one trained model.

    Attributes:
      values: for each arm and anchor, by name, the values in all resamples. (An anchor
        is other music beside the arms.) The human pieces have the name `HUMAN`. For a
        distance, their value is 0, because a set has no distance from itself.
      of_pieces: for each arm and anchor, by name, the values of single pieces. It is
        empty for measures of sets and distances.
      units: for each arm and anchor, by name, the number of pieces for which the
        measure is defined; 2 if there are fewer, because an interval needs that many.
        For a measure of sets, it is the size of the smallest set. For a distance, it is
        the number of pieces of the arm or anchor, or of human pieces if they are fewer.
    """

    values: dict[str, Values]
    of_pieces: dict[str, Float[np.ndarray, "b"]]
    units: dict[str, int]


def quantity(
    measure: AnyMeasure,
    sets: dict[str, Sequence[Sample]],
    human: str,
    resamples: Resamples,
) -> Quantity:
    """Apply a measure to all sets of pieces of one trained model.

    Measures of sets depend on the number of pieces. For them, every set is cut to the
    number of pieces of the smallest one.

    Args:
      measure: the measure.
      sets: the pieces of each arm and anchor, and the human pieces, by name.
      human: the name of the human pieces in `sets`.
      resamples: the resamples, which all sets share.
    """
    if isinstance(measure, PieceMeasure):
        of_pieces = {
            name: np.array([measure(sample) for sample in samples], float)
            for name, samples in sets.items()
        }
        values = {name: resamples.means(each) for name, each in of_pieces.items()}
        units = {name: defined(each) for name, each in of_pieces.items()}
        return Quantity(values, of_pieces, units)
    if isinstance(measure, SetMeasure):
        size = min(map(len, sets.values()))
        values = {
            name: measure.prepare(samples[:size])(resamples.counts(size))
            for name, samples in sets.items()
        }
        return Quantity(values, {}, dict.fromkeys(sets, size))
    values = {human: np.zeros(resamples.number + 1)}
    of_human = resamples.counts(len(sets[human]))
    for name, samples in sets.items():
        if name != human:
            of_counts = measure.prepare(samples, sets[human])
            values[name] = of_counts(resamples.counts(len(samples)), of_human)
    smallest = {name: min(len(s), len(sets[human])) for name, s in sets.items()}
    return Quantity(values, {}, smallest)


def defined(values: Float[np.ndarray, "b"]) -> int:
    """Return the number of values that are not NaN; 2 if there are fewer."""
    return max(2, int(np.count_nonzero(~np.isnan(values))))


def combined(
    quantities: Sequence[Quantity], formula: Callable[[Quantity], Values], units: int
) -> Estimate:
    """Estimate a function of the values of one measure, such as a difference of arms.

    Args:
      quantities: the values of the measure for each run, which is one trained model.
      formula: computes the number to estimate, in all resamples, from those values.
      units: number of pieces per run.
    """
    return estimate([formula(quantity) for quantity in quantities], units)
