"""Arms: the ways of sampling that are compared, each with one number to tune."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float

from lstm_music_jax.strategies.base import Strategy

# A range whose ends differ by this factor or more is divided by ratios.
_WIDE = 10.0
# By how much a number may be divided and multiplied where its field has no bounds.
_WIDEST = 16
# The distance from an end that is not allowed, as a share of the range.
_INSIDE = 1e-6
# Digits of a tuned number, so that the expression of its strategy stays short.
_DIGITS = 4


@dataclass(frozen=True)
class Knob:
    """The number of an arm that is tuned, and the range in which it may lie.

    Attributes:
        value: the number as it was given.
        low: the smallest value to try.
        high: the largest value to try.
        whole: whether it is a whole number.
        by_ratio: whether the range is divided by ratios, and not by distances.
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
        """Return the knob of a number with a given range.

        It is a whole number if all three are of type int. The range is divided by
        ratios if its ends differ by a factor of 10 or more.
        """
        whole = all(type(number) is int for number in (value, low, high))
        return cls(value, low, high, whole, low > 0 and high >= _WIDE * low)

    @classmethod
    def of_field(cls, value: float, field: dataclasses.Field) -> "Knob":
        """Return the knob of a number that stands for a field of a strategy.

        Its range is the bounds of the field, if both are finite. If not, it is from a
        sixteenth of the value to sixteen times the value, within the bounds.

        Raises:
            ValueError: the value is 0 and has no bounds, so it gives no range.
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

        They are allowed values, so some whole numbers may occur twice.
        """
        first, last = self.scaled(np.array([low, high], float)).tolist()
        return self.allowed(self.unscaled(np.linspace(first, last, count)))

    def scaled(self, values: Float[np.ndarray, "s"]) -> Float[np.ndarray, "s"]:
        """Return values on the scale on which the range is divided evenly."""
        return np.log(values) if self.by_ratio else values

    def unscaled(self, values: Float[np.ndarray, "s"]) -> Float[np.ndarray, "s"]:
        """Return the values that `scaled` gives these values for."""
        return np.exp(values) if self.by_ratio else values

    def allowed(self, values: Float[np.ndarray, "s"]) -> Float[np.ndarray, "s"]:
        """Return the nearest values with few digits, whole numbers where needed."""
        if self.whole:
            values = np.round(values)
        else:
            values = np.array([float(f"{value:.{_DIGITS}g}") for value in values])
        return np.clip(values, self.low, self.high)


@dataclass(frozen=True)
class Arm:
    """A way of sampling.

    Attributes:
        name: the expression of the strategy, as it was given.
        strategy: the strategy.
        knob: the number to tune; None if there is none.
        with_value: returns the strategy with another value of the knob.
        written: returns its expression.
    """

    name: str
    strategy: Strategy
    knob: Knob | None = None
    with_value: Callable[[float], Strategy] | None = None
    written: Callable[[float], str] | None = None

    def setting(self, value: float | None) -> Strategy:
        """Return the strategy with a value of the knob; with None, with its own."""
        if value is None or self.knob is None or self.with_value is None:
            return self.strategy
        return self.with_value(int(value) if self.knob.whole else float(value))

    def expression(self, value: float | None) -> str:
        """Return the expression of the strategy with a value of the knob."""
        if value is None or self.knob is None or self.written is None:
            return self.name
        return self.written(int(value) if self.knob.whole else float(value))

    @property
    def tunable(self) -> bool:
        """Whether one program can draw many values of the knob.

        It cannot if the knob fixes the size of arrays, as that of `NoRepeatNgram` does.
        """
        if self.knob is None:
            return False
        ends = map(self.setting, {self.knob.low, self.knob.high})
        return len({jax.tree.structure(strategy) for strategy in ends}) == 1


class Tuned(NamedTuple):
    """The value of a knob that brings an arm nearest to a target entropy.

    Attributes:
        arm: name of the arm.
        target: the target entropy, nats.
        value: the value of the knob; None if the arm has none that can be tuned.
        strategy: the expression with this value.
        entropy: the mean strategy entropy that the tuning expects with it, nats.
        reached: whether `entropy` is within the tolerance of the target.
        tried: number of settings that were drawn.
    """

    arm: str
    target: float
    value: float | None
    strategy: str
    entropy: float
    reached: bool
    tried: int
