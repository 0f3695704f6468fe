"""Validity of a measure: whether it tells human music from worse music."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from lstm_music_jax.evaluation.comparison.resampled import Quantity, combined
from lstm_music_jax.evaluation.comparison.results import HUMAN
from lstm_music_jax.evaluation.measures.base import Direction, Measure


def is_valid(
    measure: Measure, runs: Sequence[Quantity], order: Sequence[str]
) -> bool | None:
    """Whether a measure puts human music and worse music into the right order.

    Anchors are music that is worse than human music. The row begins with human music.
    Then come the anchors, the better music first: usually music of a 3-gram model,
    music of a unigram model, and shuffled pieces. A measure is valid if

    - no step of this row leads to a clearly better value, and
    - the last anchor is clearly worse than human music.

    "Clearly" means that the confidence interval of the difference excludes zero.

    Depending on the direction of the measure, a value is worse if it is larger, or if
    it is farther from the human value. Two values that do not differ clearly are in
    order, because an anchor may be as good as the next one in a single measure.

    Returns:
      True or False. None if no value of the measure is good, or if the measure need not
      order music (`Measure.orders`).
    """
    if measure.direction is Direction.NONE or not measure.orders:
        return None
    for better, worse in pairwise((HUMAN, *order)):

        def step_of(
            run: Quantity, worse: str = worse, better: str = better
        ) -> np.ndarray:
            return _badness(measure, run, worse) - _badness(measure, run, better)

        step = combined(runs, step_of, _units(runs, worse, better))
        # A difference of NaN is not in order.
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
