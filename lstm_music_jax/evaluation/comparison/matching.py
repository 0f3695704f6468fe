"""Matching: tunes each strategy until its mean entropy equals a target.

An arm is a strategy that is compared, and its knob is the hyperparameter that is tuned.
The mean entropy is that of the distributions from which its symbols are drawn. Pieces
are drawn with many values of the knob, in three rounds. In the first round, the values
are spread over the range of the knob. In the second round, they are spread between two
neighbouring values, of which one gives an entropy below the target and the other one
above it. Both rounds use few pieces. The last round uses all pieces and four values
whose entropies should be near the target. The result is interpolated between these
values. All tuned arms get the same number of values. Without a decoder, one compiled
program draws all values of a round. Arms whose strategies differ only in the values of
hyperparameters share this program.

Tuning does not use the noise of the pieces that are reported, because a knob that was
tuned on the reported pieces would fit their noise.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Float
from scipy.optimize import isotonic_regression

from lstm_music_jax.evaluation.comparison.arms import Arm, Knob, Tuned
from lstm_music_jax.evaluation.comparison.drawing import Drawn, draw, draw_settings
from lstm_music_jax.generation.composition import Run
from lstm_music_jax.generation.decoders.base import Decoder
from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.types import Array, Int, PRNGKey

TOLERANCE = 0.02
_COARSE_SETTINGS, _COARSE_PIECES = 16, 32
_LAST_SETTINGS = 4
# In the last round, the expected entropies of the values differ from the target by
# these amounts, nats. The first two rounds have a standard error of about 0.02.
_LAST_OFFSETS = np.array([-0.06, -0.02, 0.02, 0.06])

# A function that returns one figure per piece; tuning brings its mean to the target.
Figure = Callable[[Drawn], Float[np.ndarray, "b"]]


def strategy_entropies(drawn: Drawn) -> Float[np.ndarray, "b"]:
    """Return, for each piece, the mean entropy of its distributions, nats per symbol.

    These are the distributions that the strategy has made of the model's. With a
    decoder, they are the distributions along the picked member.
    """
    return drawn.trace["strategy_entropy"].mean(axis=1)


def surprisals(drawn: Drawn) -> Float[np.ndarray, "b"]:
    """Return, for each piece, the mean surprisal under the model, nats per symbol."""
    return drawn.trace["surprisal"].mean(axis=1)


@dataclass(frozen=True)
class Tuning:
    """The arguments of tuning that all compared strategies share.

    Attributes:
        run: the model, its vocabulary and its encoding.
        prompts: the symbols that each piece continues, one row per piece.
        key: the random key of tuning, which `tuning_key` returns.
        length: number of symbols per piece.
        figure: a function from drawn pieces to a number per piece, such as its mean
            entropy. Tuning brings the mean of this number over pieces to the target.
    """

    run: Run
    prompts: Int[Array, "b p"]
    key: PRNGKey
    length: int
    figure: Figure = strategy_entropies

    def mean(self, strategy: Strategy, decoder: Decoder | None = None) -> float:
        """Draw all pieces with a strategy; return the mean of `figure` over them.

        With a decoder, the pieces are the picked members of its populations.
        """
        drawn = draw(
            self.run,
            self.prompts,
            self.key,
            strategy,
            length=self.length,
            decoder=decoder,
        )
        return float(self.figure(drawn).mean())

    def means(
        self, arm: Arm, values: Float[np.ndarray, "s"], coarse: bool
    ) -> Float[np.ndarray, "s"]:
        """Return the mean of `figure` for each value of the knob of an arm.

        The mean is over all pieces, or over few pieces if `coarse`.
        """
        pieces = _COARSE_PIECES if coarse else len(self.prompts)
        drawn = draw_settings(
            self.run,
            self.prompts[:pieces],
            self.key,
            [*map(arm.setting, values)],
            length=self.length,
            decoder=arm.decoder,
        )
        return np.array([self.figure(each).mean() for each in drawn])


def match(
    arm: Arm, targets: Sequence[float], tuning: Tuning, tolerance: float = TOLERANCE
) -> list[Tuned]:
    """Tune the knob of one arm to each target, and return the values found.

    A target is a value that the mean of `tuning.figure` over the pieces should have,
    such as an entropy in nats. If no value of the knob reaches it, the one with the
    nearest mean is taken among those that were tried last.

    An arm is not tuned if it has no knob, or if its knob fixes the size of arrays. Then
    each result holds None as value, and the mean of the strategy as it is.

    Args:
        arm: the arm.
        targets: the targets.
        tuning: what all arms share.
        tolerance: how far from a target, in nats, a mean may be and still count as
            having reached it (`Tuned.reached`).

    Returns:
        For each target, the result.
    """

    def tuned(target, value, mean, tried):
        expression, reached = arm.expression(value), abs(mean - target) <= tolerance
        return Tuned(arm.name, target, value, expression, mean, reached, tried)

    if arm.knob is None or not arm.tunable:
        mean = tuning.mean(arm.strategy, arm.decoder)
        return [tuned(target, None, mean, 0) for target in targets]
    found = search(arm.knob, targets, partial(tuning.means, arm))
    tried = 2 * _COARSE_SETTINGS + _LAST_SETTINGS
    pairs = zip(targets, found, strict=True)
    return [tuned(target, *value_and_mean, tried) for target, value_and_mean in pairs]


def search(
    knob: Knob,
    targets: Sequence[float],
    means: Callable[[Float[np.ndarray, "s"], bool], Float[np.ndarray, "s"]],
) -> list[tuple[float, float]]:
    """Return, for each target, the value of a knob that reaches it.

    Each value of the knob gives a mean over pieces, such as the mean entropy. The mean
    may rise and fall along the range of the knob. If several values then reach a
    target, one near the original value of the knob is taken. If none does, the one with
    the nearest mean is taken among those that were tried last. The first of the three
    rounds is shared by all targets.

    Args:
        knob: the knob whose range is searched.
        targets: the means to reach.
        means: a function that returns the mean for each of several values of the knob.
            If its second argument is True, it uses few pieces.

    Returns:
        For each target, the value, and the mean that is expected with it.
    """
    first = knob.spaced(knob.low, knob.high, _COARSE_SETTINGS)
    of_first = means(first, True)
    found = []
    for target in targets:
        low, high = _enclosing(knob, first, of_first, target)
        second = knob.spaced(low, high, _COARSE_SETTINGS)
        last = _near(knob, second, means(second, True), target)
        found.append(_interpolated(knob, last, means(last, False), target))
    return found


def spread(
    knob: Knob,
    count: int,
    highest: float,
    means: Callable[[Float[np.ndarray, "s"], bool], Float[np.ndarray, "s"]],
) -> Float[np.ndarray, "s"]:
    """Return values of a knob whose means, such as entropies, are spaced evenly.

    The means go from about the lowest mean in the range of the knob to `highest`. They
    are interpolated between means of few pieces, after smoothing. The values ascend.

    Args:
        knob: the knob whose range is searched.
        count: number of values; a value may occur several times.
        highest: the largest mean, if the knob reaches it; otherwise the values go up to
            about the largest mean in its range.
        means: a function that returns the mean for each of several values of the knob.
            If its second argument is True, it uses few pieces.
    """
    first = knob.spaced(knob.low, knob.high, _COARSE_SETTINGS)
    second = _inverse(
        knob, first, means(first, True), highest=highest, count=_COARSE_SETTINGS
    )
    return _inverse(knob, second, means(second, True), highest=highest, count=count)


def _inverse(knob, values, means, *, highest, count):
    """Return `count` values of a knob whose means are spaced evenly up to `highest`.

    `values` holds values of the knob that were tried, and `means` the mean with each of
    them. First, the nearest monotone sequence replaces `means`, because the knob should
    only raise or only lower them. The results are interpolated between `values`. Their
    means go from the smallest of that sequence to `highest`, or to its largest if that
    is smaller.
    """
    smooth, places = _monotone(means), knob.scaled(values)
    order = 1 if smooth[-1] >= smooth[0] else -1
    wanted = np.linspace(smooth.min(), min(smooth.max(), highest), count)
    found = np.interp(wanted, smooth[::order], places[::order])
    return knob.allowed(knob.unscaled(np.sort(found)))


def _enclosing(
    knob: Knob, values: np.ndarray, means: np.ndarray, target: float
) -> tuple[float, float]:
    """Return the two neighbouring values between which the mean crosses the target.

    If there are several such pairs, the one nearest to the original value of the knob
    is taken. If the mean never crosses the target, the result is the two neighbours of
    the value with the nearest mean. Where this value is the first or the last, it
    stands for the neighbour that it lacks.

    Args:
        knob: the knob.
        values: values of the knob, ascending.
        means: the mean with each value.
        target: the mean to reach.
    """
    signs = np.sign(means - target)
    crossings = np.flatnonzero(signs[:-1] * signs[1:] <= 0)
    if not len(crossings):
        nearest = int(np.abs(means - target).argmin())
        return values[max(nearest - 1, 0)], values[min(nearest + 1, len(values) - 1)]
    places = knob.scaled(values)
    middles = (places[crossings] + places[crossings + 1]) / 2
    own = knob.scaled(np.array([knob.value], float))
    nearest = crossings[np.abs(middles - own).argmin()]
    return values[nearest], values[nearest + 1]


def _near(
    knob: Knob, values: np.ndarray, means: np.ndarray, target: float
) -> np.ndarray:
    """Return the values of the knob to try in the last round.

    Their means should be near the target. `values` were tried before and had the means
    `means`. If the knob must be a whole number, the results are those of `values` whose
    means are nearest to the target; if these are too few, some occur several times.
    Otherwise the nearest monotone sequence replaces `means`, and the results are
    interpolated between `values`.
    """
    if knob.whole:
        distinct, places = np.unique(values, return_index=True)
        nearest = np.abs(means[places] - target).argsort()[:_LAST_SETTINGS]
        return np.resize(np.sort(distinct[nearest]), _LAST_SETTINGS)
    places, smooth = knob.scaled(values), _monotone(means)
    order = 1 if smooth[-1] >= smooth[0] else -1
    found = np.interp(target + _LAST_OFFSETS, smooth[::order], places[::order])
    return knob.allowed(knob.unscaled(np.sort(found)))


def _interpolated(
    knob: Knob, values: np.ndarray, means: np.ndarray, target: float
) -> tuple[float, float]:
    """Return the value of the knob whose mean equals the target, and its expected mean.

    `values` were tried and had the means `means`. If the means do not enclose the
    target, or if the knob must be a whole number, the result is the one of `values`
    with the nearest mean, and its mean. Otherwise the nearest monotone sequence
    replaces `means`, and the result is interpolated between `values`. If that sequence
    does not enclose the target, the result is its nearest end.
    """
    nearest = int(np.abs(means - target).argmin())
    inside = means.min() <= target <= means.max()
    if knob.whole or not inside:
        return float(values[nearest]), float(means[nearest])
    smooth, places = _monotone(means), knob.scaled(values)
    order = 1 if smooth[-1] >= smooth[0] else -1
    place = np.interp(target, smooth[::order], places[::order])
    value = knob.allowed(knob.unscaled(np.array([place])))[0]
    return float(value), float(np.interp(place, places, smooth))


def _monotone(means: np.ndarray) -> np.ndarray:
    """Return the monotone sequence, rising or falling, that is nearest to `means`."""
    fits = [isotonic_regression(means, increasing=up).x for up in (True, False)]
    return min(fits, key=lambda fit: float(((fit - means) ** 2).sum()))
