"""Validity of a measure: whether it tells human music from worse music.

The worse music is called an anchor. Examples are music of a 3-gram model, and human
pieces whose symbols are in random order. A run is a trained model.
"""

from collections.abc import Sequence
from itertools import pairwise, product

import numpy as np

from lstm_music_jax.evaluation.comparison.resampled import Quantity, combined
from lstm_music_jax.evaluation.comparison.results import HUMAN
from lstm_music_jax.evaluation.measures.base import Direction, Measure


def is_valid(
    measure: Measure, runs: Sequence[Quantity], order: Sequence[Sequence[str]]
) -> bool | None:
    """Whether a measure puts human music and worse music into the right order.

    `order` holds groups of names of anchors, the better music first: usually music of a
    3-gram model; then music of a unigram model and shuffled pieces. Human music is the
    group before the first. `runs` holds the measure's values in each run. A measure is
    valid if

    - it is defined for human music and all anchors,
    - no anchor is clearly better than music of the group before it, and
    - every anchor of the last group is clearly worse than human music.

    Music of a unigram model and shuffled pieces are one group, because neither is
    better in every respect: a shuffled piece stays in its key, and the other does not.

    "Clearly" means that the confidence interval of the difference excludes zero.

    Depending on the direction of the measure, a value is worse if it is larger, or if
    it is farther from the human value. Two values that do not differ clearly are in
    order, because two anchors may be equally good in a single measure.

    Returns:
      True or False. None if the measure does not say which values are good, or if
      `Measure.orders` is False: then worse music need not have worse values.
    """
    if measure.direction is Direction.NONE or not measure.orders:
        return None
    steps = (
        pair for groups in pairwise(((HUMAN,), *order)) for pair in product(*groups)
    )
    for better, worse in steps:

        def step_of(
            run: Quantity, worse: str = worse, better: str = better
        ) -> np.ndarray:
            return _badness(measure, run, worse) - _badness(measure, run, better)

        step = combined(runs, step_of, _units(runs, worse, better))
        # A difference of NaN is not in order.
        if np.isnan(step.value) or step.high < 0:
            return False
    return all(_is_worse(measure, runs, anchor) for anchor in order[-1])


def _is_worse(measure: Measure, runs: Sequence[Quantity], anchor: str) -> bool:
    """Whether a measure finds an anchor, given by its name, worse than human music.

    It is worse if the interval of the difference excludes zero; if low values are good,
    the value of the anchor must also be the larger one.
    """
    found = combined(
        runs,
        lambda run: run.values[anchor] - run.values[HUMAN],
        _units(runs, anchor, HUMAN),
    )
    if measure.direction is Direction.LOWER:
        return bool(found.low > 0)
    return bool(found.low > 0 or found.high < 0)


def _badness(measure: Measure, run: Quantity, name: str) -> np.ndarray:
    if measure.direction is Direction.LOWER:
        return run.values[name]
    return np.abs(run.values[name] - run.values[HUMAN])


def _units(runs, *names):
    return min(runs[0].units[name] for name in names)
