"""Validity: whether a measure can tell worse music from better on this corpus."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from lstm_music_jax.evaluation.comparison.resampled import Quantity, combined
from lstm_music_jax.evaluation.comparison.results import HUMAN
from lstm_music_jax.evaluation.measures.base import Direction, Measure


def is_valid(
    measure: Measure, runs: Sequence[Quantity], order: Sequence[str]
) -> bool | None:
    """Whether a measure orders human music and some anchors as it should.

    Take human music first and then the anchors, the better music first: usually music
    of a 3-gram model, of a unigram model, and shuffled pieces. A measure is valid if

    - no step of this row leads to a better value, by more than its interval, and
    - the last anchor is worse than human music, by more than its interval.

    Values are worse the larger they are, or the farther from the human value, depending
    on the measure's direction. Two values that are equal within their intervals are in
    order, because an anchor may be as good as the next one in a single measure.

    Returns:
      None for a measure of which no value is good, and for one that need not order
      music (`Measure.orders`).
    """
    if measure.direction is Direction.NONE or not measure.orders:
        return None
    for better, worse in pairwise((HUMAN, *order)):

        def step_of(
            run: Quantity, worse: str = worse, better: str = better
        ) -> np.ndarray:
            return _badness(measure, run, worse) - _badness(measure, run, better)

        step = combined(runs, step_of, _units(runs, worse, better))
        # NaN is no order.
        if np.isnan(step.value) or step.high < 0:
            return False
    last = combined(
        runs,
        lambda run: run.values[order[-1]] - run.values[HUMAN],
        _units(runs, order[-1], HUMAN),
    )
    if measure.direction is Direction.LOWER:
        return bool(last.low > 0)
    return bool(last.low > 0 or last.high < 0)


def _badness(measure: Measure, run: Quantity, name: str) -> np.ndarray:
    if measure.direction is Direction.LOWER:
        return run.values[name]
    return np.abs(run.values[name] - run.values[HUMAN])


def _units(runs, *names):
    return min(runs[0].units[name] for name in names)
