"""Arms: the strategies that are compared, each with at most one number to tune.

This number, a hyperparameter, is the knob of the arm. The expression of a strategy is
the text that makes it, such as "TopP(0.9)". The pieces of an arm may also be drawn by a
decoder, as in "SMC(64) with TopP(0.9)".
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float

from lstm_music_jax.generation.decoders.base import Decoder
from lstm_music_jax.strategies.base import Strategy

# If the ends of a given range are above 0 and differ by this factor or more, values in
# it are spaced by equal ratios.
_WIDE = 10.0
# If a field lacks a bound, the range of its number is from value / 16 to value * 16.
_WIDEST = 16
# If an end of a range is not allowed, values keep this distance from it, as a share of
# the range; of the value if a field lacks a bound. Whole numbers keep a distance of 1.
_INSIDE = 1e-6
# Tuned numbers have this many digits, so that expressions of strategies stay short.
_DIGITS = 4


@dataclass(frozen=True)
class Knob:
    """A hyperparameter of a strategy that is tuned: its value and its range.

    Attributes:
        value: the value before tuning, as it was given.
        low: the smallest value to try.
        high: the largest value to try.
        whole: whether the value must be a whole number.
        by_ratio: whether the values to try are spaced by equal ratios, and not by equal
            distances.
    """

    value: float
    low: float
    high: float
    whole: bool = False
    by_ratio: bool = False

    def __post_init__(self) -> None:
        finite = all(map(np.isfinite, (self.value, self.low, self.high)))
        if not finite or not self.low <= self.value <= self.high:
            raise ValueError(
                f"knob is ({self.value}, {self.low}, {self.high}); it must be a value "
                "and the ends of a range that holds it, such as knob(0.9, 0.1, 1)"
            )

    @classmethod
    def of_range(cls, value: float, low: float, high: float) -> "Knob":
        """Return the knob with a given value and a given range.

        `whole` is True if all three arguments are of type int. `by_ratio` is True if
        `low` is above 0 and `high` is 10 times `low` or more.

        Raises:
            ValueError: a number is not finite, or the value is outside the range.
        """
        whole = all(type(number) is int for number in (value, low, high))
        return cls(value, low, high, whole, low > 0 and high >= _WIDE * low)

    @classmethod
    def of_field(cls, value: float, field: dataclasses.Field) -> "Knob":
        """Return the knob of a hyperparameter whose range is not given.

        The range ends at the bounds that the field declares, if both are finite.
        Otherwise it is from `value / 16` to `16 * value`, cut off at the bounds. A
        bound that is not allowed itself is replaced by a value that is close to it.

        Args:
            value: the hyperparameter's value in the strategy as it was given.
            field: the field of the strategy class that declares the hyperparameter.

        Raises:
            ValueError: the value is 0 and lacks a bound, so it gives no range; or the
                value is so close to a bound that the range does not hold it.
        """
        bounds, whole = field.metadata["bounds"], field.metadata["whole"]
        low, high = bounds.at_least, bounds.at_most
        low = bounds.above if low is None else low
        high = bounds.below if high is None else high
        bounded = low is not None and high is not None and np.isfinite(high)
        # An end that is not allowed itself is replaced by the nearest useful value.
        step = 1 if whole else _INSIDE * (high - low if bounded else abs(value))
        low = -np.inf if low is None else low + step * (bounds.above is not None)
        high = np.inf if high is None else high - step * (bounds.below is not None)
        if not bounded:
            ends = sorted([value / _WIDEST, value * _WIDEST])
            low, high = np.clip(ends, low, high).tolist()
        if whole:
            low, high = np.ceil(low), np.floor(high)
        if low == high:
            raise ValueError(
                f"{field.name} is {value}, which gives no range to tune it in; write "
                f"the range like knob({value}, 0, 1)"
            )
        by_ratio = bool(not bounded and low > 0)
        return cls(value, float(low), float(high), whole, by_ratio)

    def spaced(self, low: float, high: float, count: int) -> Float[np.ndarray, "s"]:
        """Return `count` values from `low` to `high`, at equal distances or ratios.

        The values are rounded to allowed ones, so a value may occur several times.
        """
        first, last = self.scaled(np.array([low, high], float)).tolist()
        return self.allowed(self.unscaled(np.linspace(first, last, count)))

    def scaled(self, values: Float[np.ndarray, "s"]) -> Float[np.ndarray, "s"]:
        """Return the logarithms of values if `by_ratio`, or else the values themselves.

        On this scale the values to try are spaced by equal distances.
        """
        return np.log(values) if self.by_ratio else values

    def unscaled(self, values: Float[np.ndarray, "s"]) -> Float[np.ndarray, "s"]:
        """Undo `scaled`: return the exponentials if `by_ratio`, or else the values."""
        return np.exp(values) if self.by_ratio else values

    def allowed(self, values: Float[np.ndarray, "s"]) -> Float[np.ndarray, "s"]:
        """Return values that are rounded as the knob requires and clipped to its range.

        They are rounded to whole numbers if `whole`, and else to four significant
        digits. The ends of the range are not rounded.
        """
        if self.whole:
            values = np.round(values)
        else:
            values = np.array([float(f"{value:.{_DIGITS}g}") for value in values])
        return np.clip(values, self.low, self.high)


@dataclass(frozen=True)
class Arm:
    """A strategy that is compared, and which of its hyperparameters is tuned.

    Attributes:
        name: the expression of the strategy, as it was given; with a decoder, for
            example "SMC(64) with TopP(0.9)".
        strategy: the strategy.
        knob: the hyperparameter that is tuned, as its value and range; None if none is.
        with_value: a function from a value of the knob to the strategy with this value;
            None if there is no knob.
        written: a function from a value of the knob to the expression of the strategy
            with this value; None if there is no knob.
        decoder: the decoder that draws the pieces; None for single streams.
    """

    name: str
    strategy: Strategy
    knob: Knob | None = None
    with_value: Callable[[float], Strategy] | None = None
    written: Callable[[float], str] | None = None
    decoder: Decoder | None = None

    def setting(self, value: float | None) -> Strategy:
        """Return the strategy with a given value of its knob.

        With None, or if the arm has no knob, return the strategy unchanged.
        """
        if value is None or self.knob is None or self.with_value is None:
            return self.strategy
        return self.with_value(int(value) if self.knob.whole else float(value))

    def expression(self, value: float | None) -> str:
        """Return the expression of the strategy with a given value of its knob.

        With None, or if the arm has no knob, return the name of the arm.
        """
        if value is None or self.knob is None or self.written is None:
            return self.name
        return self.written(int(value) if self.knob.whole else float(value))

    @property
    def tunable(self) -> bool:
        """Whether one compiled program can draw symbols with many values of the knob.

        It is False without a knob, and if the knob fixes the size of arrays, as that of
        `NoRepeatNgram` does.
        """
        if self.knob is None:
            return False
        ends = map(self.setting, {self.knob.low, self.knob.high})
        return len({jax.tree.structure(strategy) for strategy in ends}) == 1


class Tuned(NamedTuple):
    """The result of tuning the knob of an arm to a target entropy.

    The entropy is that of the distributions from which symbols are drawn, averaged over
    symbols and pieces. An arm can also be tuned to a mean surprisal. Then `target` and
    `entropy` are mean surprisals.

    Attributes:
        arm: name of the arm that was tuned.
        target: the target entropy, nats.
        value: the value of the knob that should bring the entropy nearest to the
            target; None if the arm could not be tuned.
        strategy: the expression of the strategy with this value.
        entropy: the entropy that is expected with this value, nats.
        reached: whether `entropy` differs from the target by at most the tolerance that
            `match` was given.
        tried: number of values of the knob with which pieces were drawn; a value that
            was tried twice counts twice.
    """

    arm: str
    target: float
    value: float | None
    strategy: str
    entropy: float
    reached: bool
    tried: int
