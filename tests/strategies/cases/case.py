"""Cases: a strategy and its reference with the same random hyperparameters."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from tests.strategies.numpy_references.base import Stateless


class Case(NamedTuple):
    """A way to draw a strategy and its reference: `draw(rng, v)` returns both.

    `exact` is True if the strategy does not change the logits of symbols that it keeps.
    `size` is the only vocabulary size that works; None for any size.
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
    """Return a case in which strategy and reference take the same arguments."""

    def draw(rng, v):
        values = {
            name: value(rng, v) if callable(value) else value
            for name, value in draws.items()
        }
        if isinstance(reference, type):
            return make(**values), reference(**values)
        return make(**values), Stateless(reference, **values)

    return Case(draw, exact, size)
