"""The values of a measure in all resamples of the pieces of an arm.

Everything that a comparison says about a measure is computed from such values. The
first of them belongs to the pieces themselves, each counted once. The others belong to
resamples. All arms and all measures share the resamples, so that a difference of two
values is the value of the difference.
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
      number: how many resamples are drawn.
    """

    def __init__(self, number: int, seed: int):
        """Draw nothing yet, because the number of pieces is not known."""
        self.number = number
        self._seed = seed
        self._counts: dict[int, np.ndarray] = {}

    def counts(self, pieces: int) -> Float[np.ndarray, "r {pieces}"]:
        """How often each resample holds each piece; the first row is all ones.

        Sets with equally many pieces get the same counts, because piece i of one arm
        belongs to piece i of the other. Counts that two unrelated sets share do no
        harm: the covariance of their values is then that of unrelated numbers.
        """
        if pieces not in self._counts:
            rng = np.random.default_rng([self._seed, pieces])
            drawn = resampled_counts(rng, pieces, self.number)
            self._counts[pieces] = np.concatenate([np.ones((1, pieces)), drawn])
        return self._counts[pieces]

    def means(self, values: Float[np.ndarray, "b"]) -> Values:
        """The mean of `values` in each resample, without the pieces that are NaN."""
        counts = self.counts(len(values))
        defined = ~np.isnan(values)
        total = counts @ defined.astype(float)
        total[total == 0] = np.nan
        return counts @ np.where(defined, values, 0.0) / total


class Quantity(NamedTuple):
    """One measure of one run, ready to be resampled.

    Attributes:
      values: the values of each arm and anchor, by name; that of the human pieces has
        the name `HUMAN`. For a distance the human value is 0, because a set has no
        distance from itself.
      of_pieces: the values of single pieces; empty unless it measures pieces.
      units: how many pieces of each arm were measured.
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
    """Measure all sets of pieces of one run.

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
    """An estimate with its interval, p-value and standard error."""

    value: float
    low: float
    high: float
    p: float
    error: float
    units: int


def estimate(runs: Sequence[Values], units: int) -> Found:
    """Estimate a quantity from its values in each run.

    With one run, the interval comes from the resamples. They are moved so that their
    mean is the value of the pieces themselves, because the resamples of some measures
    are biased (see `bootstrap_sets`). With several runs, only the values of the pieces
    themselves count, and the interval is Student's over the runs.

    Args:
      runs: for each run, the values in all resamples.
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
    """Estimate what `formula` makes of the values of each run."""
    return estimate([formula(quantity) for quantity in quantities], units)
