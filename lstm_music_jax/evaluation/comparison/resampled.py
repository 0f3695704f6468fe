"""The values of a measure in all resamples of a set of pieces.

All results of a comparison are computed from such values. The first value belongs to
the pieces themselves, each counted once. All other values belong to resamples. All arms
(the strategies that are compared) and all measures share the resamples. So a difference
of two arms is computed in each resample, by subtracting their values.
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
from lstm_music_jax.evaluation.statistics.resampling import (
    interval,
    p_value,
    resampled_counts,
)
from lstm_music_jax.evaluation.statistics.runs import over_runs

Values = Float[np.ndarray, "r"]
AnyMeasure = PieceMeasure | SetMeasure | DistanceMeasure


class Resamples:
    """The resamples that all sets of pieces share.

    Attributes:
      number: number of resamples.
    """

    def __init__(self, number: int, seed: int):
        """Store the arguments; resamples are drawn later, by `counts`."""
        self.number = number
        self._seed = seed
        self._counts: dict[int, np.ndarray] = {}

    def counts(self, pieces: int) -> Float[np.ndarray, "r {pieces}"]:
        """The number of times that each resample holds each piece.

        The first row is all ones: it counts each piece once.

        Sets with equally many pieces get the same counts, because piece i has the same
        primer and noise in all arms. If two unrelated sets share the counts, that does
        no harm: the expected covariance of their values is 0.
        """
        if pieces not in self._counts:
            rng = np.random.default_rng([self._seed, pieces])
            drawn = resampled_counts(rng, pieces, self.number)
            self._counts[pieces] = np.concatenate([np.ones((1, pieces)), drawn])
        return self._counts[pieces]

    def means(self, values: Float[np.ndarray, "b"]) -> Values:
        """The mean of `values` over the pieces of each resample; NaN is left out."""
        counts = self.counts(len(values))
        defined = ~np.isnan(values)
        total = counts @ defined.astype(float)
        total[total == 0] = np.nan
        return counts @ np.where(defined, values, 0.0) / total


class Quantity(NamedTuple):
    """The values of one measure for all sets of pieces of one trained model.

    Attributes:
      values: for each arm and anchor, by name, the values in all resamples. The human
        pieces have the name `HUMAN`. For a distance, their value is 0, because a set
        has no distance from itself.
      of_pieces: for each arm and anchor, by name, the values of single pieces. It is
        empty for measures of sets and distances.
      units: for each arm and anchor, by name, the number of pieces measured.
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

    Measures of sets depend on the number of pieces. So every set is cut to the number
    of pieces of the smallest one.
    """
    if isinstance(measure, PieceMeasure):
        of_pieces = {
            name: np.array([measure(sample) for sample in samples], float)
            for name, samples in sets.items()
        }
        values = {name: resamples.means(each) for name, each in of_pieces.items()}
        return Quantity(values, of_pieces, {name: len(s) for name, s in sets.items()})
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


class Found(NamedTuple):
    """An estimate with its confidence interval, p-value and standard error."""

    value: float
    low: float
    high: float
    p: float
    error: float
    units: int


def estimate(runs: Sequence[Values], units: int) -> Found:
    """Estimate a number from its values in each run; a run is one trained model.

    With one run, the interval comes from the resamples. The values in resamples are
    shifted, so that their mean is the value of the pieces themselves, because resamples
    of some measures are biased (see `bootstrap_sets`). With several runs, only the
    values of the pieces themselves count, and the interval is Student's over the runs.

    Args:
      runs: for each run, the values in all resamples; the first is that of the pieces
        themselves.
      units: number of pieces per run.
    """
    if len(runs) > 1:
        firsts = np.array([values[0] for values in runs])
        found = over_runs(firsts, units)
        return Found(
            float(found.value),
            float(found.low),
            float(found.high),
            float(found.p),
            float(firsts.std(ddof=1) / np.sqrt(len(runs))),
            len(runs),
        )
    value, resampled = runs[0][0], runs[0][1:]
    centred = value + resampled - resampled.mean()
    low, high = interval(centred, units)
    error = resampled.std() * np.sqrt(units / (units - 1))
    p = float(p_value(centred, units))
    return Found(float(value), float(low), float(high), p, float(error), units)


def combined(
    quantities: Sequence[Quantity], formula: Callable[[Quantity], Values], units: int
) -> Found:
    """Estimate a function of the values of one measure, such as a difference of arms.

    Args:
      quantities: the values of the measure for each run, which is one trained model.
      formula: computes the number to estimate, in all resamples, from those values.
      units: number of pieces per run.
    """
    return estimate([formula(quantity) for quantity in quantities], units)
