"""A strategy and its reference with the same hyperparameters, and ways to draw them."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from tests.strategies.numpy_references.base import Stateless


class Case(NamedTuple):
    """`draw(rng, v)` returns a strategy and its reference.

    `exact`: the logits of kept symbols are unchanged. `size`: the only v that works.
    """

    draw: Callable
    exact: bool = False
    size: int | None = None


def real(low, high, *edges):
    """Draw a float32 number in low..high, or sometimes one of the edges."""

    def draw(rng, v):
        if edges and rng.random() < 0.15:
            return float(np.float32(rng.choice(edges)))
        return float(np.float32(rng.uniform(low, high)))

    return draw


def whole(low, high):
    return lambda rng, v: int(rng.integers(low, high + 1))


def case(make, reference, *, exact=False, size=None, **draws):
    """The common case: a strategy and its reference take the same arguments."""

    def draw(rng, v):
        values = {
            name: value(rng, v) if callable(value) else value
            for name, value in draws.items()
        }
        if isinstance(reference, type):
            return make(**values), reference(**values)
        return make(**values), Stateless(reference, **values)

    return Case(draw, exact, size)
