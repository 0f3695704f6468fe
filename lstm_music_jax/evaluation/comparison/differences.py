"""How an arm differs from the reference in one measure.

An arm is a strategy that is compared, and the reference is the arm with which the
others are compared. A run is one trained model.
"""

import math
from collections.abc import Sequence

import numpy as np

from lstm_music_jax.evaluation.comparison.resampled import Quantity, combined, defined
from lstm_music_jax.evaluation.comparison.results import HUMAN, Difference, Interval
from lstm_music_jax.evaluation.measures.base import (
    SHARE,
    Direction,
    Measure,
    PieceMeasure,
)
from lstm_music_jax.evaluation.statistics.estimate import estimate
from lstm_music_jax.evaluation.statistics.improvement import improvements
from lstm_music_jax.evaluation.statistics.power import detectable
from lstm_music_jax.evaluation.statistics.resampling import Resamples


def difference(
    measure: Measure,
    runs: Sequence[Quantity],
    arm: str,
    reference: str,
    resamples: Resamples,
    level: float,
) -> Difference:
    """Return how an arm differs from the reference, without Holm's correction.

    `runs` holds, for each run, the measure's values. `level` is the significance level
    of a single test. The detectable difference is the smallest true difference that a
    test at this level finds with a probability of 80%.
    """
    paired = [_paired(run, arm, reference, resamples) for run in runs]
    units = min(paired[0].units[arm], paired[0].units[reference])
    changes = [run.values[arm] - run.values[reference] for run in paired]
    change = estimate(changes, units, _errors(paired, arm, reference, resamples))
    low, high = measure.bounds
    bounds = low - high, high - low

    def farther(run):
        values = run.values
        return worse_by(measure, values[arm], values[reference], values[HUMAN])

    worse = None
    if measure.direction is Direction.LOWER:
        worse = Interval.of(change, bounds)
    if measure.direction is Direction.HUMAN:
        found = combined(paired, farther, min(units, runs[0].units[HUMAN]))
        worse = Interval.of(found, bounds)
    return Difference(
        change=Interval.of(change, bounds),
        worse_by=worse,
        p=float(change.p),
        adjusted=None,
        improvement=_improvement(measure, paired, arm, reference, resamples),
        detectable=_possible(float(detectable(changes, units, level=level)), bounds),
        left_out=sum(
            int(np.isnan(run.of_pieces[arm] + run.of_pieces[reference]).sum())
            for run in runs
            if run.of_pieces
        ),
    )


def worse_by(
    measure: Measure, ours: np.ndarray, theirs: np.ndarray, human: np.ndarray | float
) -> np.ndarray | None:
    """Return by how much `ours` is worse than `theirs`; negative where it is better.

    Larger values are worse if low values are good. Values farther from the human value
    are worse if those near it are good.

    Args:
      measure: says which values are good: low ones, or those near the human value.
      ours: values of the measure.
      theirs: values of the measure, compared one by one with `ours`.
      human: the human value, or one human value per entry of `ours`.

    Returns:
      The differences. None if the measure does not say which values are good.
    """
    if measure.direction is Direction.NONE:
        return None
    if measure.direction is Direction.LOWER:
        return ours - theirs
    return np.abs(ours - human) - np.abs(theirs - human)


def _errors(
    paired: Sequence[Quantity], arm: str, reference: str, resamples: Resamples
) -> np.ndarray | None:
    """Return, for each resample, the standard error of the mean difference of an arm.

    The difference is that between piece i of the arm and piece i of the reference. The
    result is None for a measure of sets or distances, which has no value per piece, and
    for several runs.
    """
    if len(paired) > 1 or not paired[0].of_pieces:
        return None
    ours, theirs = paired[0].of_pieces[arm], paired[0].of_pieces[reference]
    return resamples.errors(ours - theirs)


def _paired(run: Quantity, arm: str, reference: str, resamples: Resamples) -> Quantity:
    """Return a measure's values in a run, without pairs of pieces in which one is NaN.

    A pair is piece i of the arm and piece i of the reference. The means over pieces, in
    all resamples, are then taken over the other pairs.
    """
    if not run.of_pieces:
        return run
    ours, theirs = run.of_pieces[arm], run.of_pieces[reference]
    undefined = np.isnan(ours) | np.isnan(theirs)
    if not undefined.any():
        return run
    both = {
        name: np.where(undefined, np.nan, each)
        for name, each in ((arm, ours), (reference, theirs))
    }
    values = {name: resamples.means(each) for name, each in both.items()}
    units = dict.fromkeys(both, defined(both[arm]))
    return run._replace(
        values=run.values | values,
        of_pieces=run.of_pieces | both,
        units=run.units | units,
    )


def _improvement(measure, runs, arm, reference, resamples):
    """Return the probability that piece i of the arm is better than the reference's.

    Piece i of both has the same given beginning and the same random numbers. A tie
    counts as half. This is the probability of improvement of Agarwal et al. 2021, arXiv
    2108.13264, but for pairs. None if the measure is not one of single pieces, or does
    not say which values are good.
    """
    if not isinstance(measure, PieceMeasure) or measure.direction is Direction.NONE:
        return None

    def wins(run):
        # Every piece is compared with the mean of the human pieces themselves.
        farther = worse_by(
            measure,
            run.of_pieces[arm],
            run.of_pieces[reference],
            float(run.values[HUMAN][0]),
        )
        return resamples.means(improvements(farther))

    return Interval.of(combined(runs, wins, runs[0].units[arm]), SHARE)


def _possible(size: float, bounds: tuple[float, float]) -> float:
    """Return the size of a difference, or infinity if no difference is so large.

    Args:
        size: the size, 0 or more.
        bounds: the lowest and the highest difference that is possible.
    """
    return size if math.isnan(size) or size <= bounds[1] else math.inf
