"""Curves: a measure as a function of the entropy, for each arm.

An arm is a strategy that is compared, and its knob is the hyperparameter that is tuned.
The entropy is that of the distributions from which an arm draws symbols, averaged over
symbols and pieces. Moving the knob over its range changes the entropy and the measure,
which gives a curve.

One value of the knob says little, because lower entropy nearly always gives better
values of a measure. The curve shows the measure at every entropy. Two arms are compared
by the mean height of their curves over the entropies that all arms reach. It is about
the area under the curve, divided by the width of this range.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from lstm_music_jax.evaluation.comparison.resampled import quantity
from lstm_music_jax.evaluation.comparison.results import HUMAN, Interval
from lstm_music_jax.evaluation.measures.base import (
    DistanceMeasure,
    PieceMeasure,
    Sample,
    SetMeasure,
)
from lstm_music_jax.evaluation.measures.uncertainty import strategy_entropy
from lstm_music_jax.evaluation.statistics.resampling import Resamples, interval

# Number of entropies at which each curve is computed.
_PLACES = 33


class Swept(NamedTuple):
    """The pieces of one strategy, drawn with several values of its knob.

    Attributes:
        name: name of the strategy.
        values: the values of the knob.
        samples: for each value, the pieces. Piece i has the same random numbers for all
            values and all strategies.
    """

    name: str
    values: Sequence[float]
    samples: Sequence[Sequence[Sample]]


class Curve(NamedTuple):
    """The curve of one strategy: a measure as a function of the entropy.

    Attributes:
        name: name of the strategy.
        settings: one row per value of the knob: the value, the mean entropy and the
            measure.
        entropies: entropies at which the curve is computed, nats. All compared
            strategies reach them.
        heights: the measure at these entropies, interpolated.
        low: lower ends of the 95% confidence intervals of the heights.
        high: upper ends of these intervals.
        mean_height: the mean of the heights, with its interval.
        change: the mean height minus the mean height of the first strategy's curve.
    """

    name: str
    settings: Float[np.ndarray, "s 3"]
    entropies: Float[np.ndarray, "g"]
    heights: Float[np.ndarray, "g"]
    low: Float[np.ndarray, "g"]
    high: Float[np.ndarray, "g"]
    mean_height: Interval
    change: Interval


def curves(
    arms: Sequence[Swept],
    human: Sequence[Sample],
    measure: PieceMeasure | SetMeasure | DistanceMeasure,
    resamples: Resamples,
) -> list[Curve]:
    """Return the curve of each strategy, with intervals by a bootstrap over pieces.

    All strategies share the resamples. So the pieces are paired in the difference of
    two strategies, `Curve.change`.

    Args:
        arms: the pieces of each strategy, equally many for all values of all knobs.
        human: the human pieces, with which some measures compare.
        measure: the measure that gives the heights.
        resamples: the resamples of the pieces.

    Raises:
        ValueError: the strategies share no range of entropies, or there are fewer than
            2 pieces.
    """
    entropy = [_of_settings(arm, human, strategy_entropy(), resamples) for arm in arms]
    height = [_of_settings(arm, human, measure, resamples) for arm in arms]
    low = max(of_arm[:, 0].min() for of_arm in entropy)
    high = min(of_arm[:, 0].max() for of_arm in entropy)
    if low >= high:
        raise ValueError(
            f"arms reach no common entropy; one begins at {low:.3g} nats, and another "
            f"ends at {high:.3g}"
        )
    places = np.linspace(low, high, _PLACES)
    lines = [_interpolated(places, x, y) for x, y in zip(entropy, height, strict=True)]
    return [
        _curve(arm, places, x[:, 0], y[:, 0], line, lines[0])
        for arm, x, y, line in zip(arms, entropy, height, lines, strict=True)
    ]


def _of_settings(arm, human, measure, resamples) -> Float[np.ndarray, "s r"]:
    """Return the measure of the pieces of an arm, for each value of its knob.

    Rows are values of the knob, and columns are resamples. Column 0 is the measure of
    the pieces themselves. `human` holds the human pieces, with which some measures
    compare.
    """
    sets = {str(place): samples for place, samples in enumerate(arm.samples)}
    found = quantity(measure, {HUMAN: human} | sets, HUMAN, resamples)
    return np.stack([found.values[name] for name in sets])


def _interpolated(
    places: Float[np.ndarray, "g"],
    entropies: Float[np.ndarray, "s r"],
    heights: Float[np.ndarray, "s r"],
) -> Float[np.ndarray, "r g"]:
    """Return the height of the curve of each resample at the entropies `places`.

    Args:
        places: the entropies at which heights are interpolated, nats.
        entropies: the entropy of each value of the knob, in each resample.
        heights: the measure of each value of the knob, in each resample.
    """
    order = np.argsort(entropies, axis=0)
    x = np.take_along_axis(entropies, order, axis=0)
    y = np.take_along_axis(heights, order, axis=0)
    return np.stack([np.interp(places, *each) for each in zip(x.T, y.T, strict=True)])


def _curve(arm, places, entropies, heights, line, reference) -> Curve:
    units = min(map(len, arm.samples))
    low, high = interval(line[1:], units)
    return Curve(
        arm.name,
        np.column_stack([arm.values, entropies, heights]),
        places,
        line[0],
        np.asarray(low),
        np.asarray(high),
        _mean(line, units),
        _mean(line - reference, units),
    )


def _mean(line, units):
    means = line.mean(axis=1)
    low, high = interval(means[1:], units)
    return Interval(float(means[0]), float(low), float(high))
