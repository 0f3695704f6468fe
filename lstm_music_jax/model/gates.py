"""What opens the gates: the logistic function, or a line cut off at 0 and 1."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import jax
import jax.numpy as jnp

from lstm_music_jax.types import Array, Float


@runtime_checkable
class Gate(Protocol):
    """The activation of a layer's three gates, into [0, 1].

    Part of the compiled program: equal ones must compare and hash equal.
    """

    def value(self, preactivation: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return how far the gates are open."""
        ...

    def pull_back(
        self, gate_bar: Float[Array, "..."], gate: Float[Array, "..."]
    ) -> Float[Array, "..."]:
        """Return the preactivation's cotangent from `gate`'s, the value known."""
        ...


@dataclass(frozen=True)
class Sigmoid:
    """The logistic function."""

    def value(self, preactivation: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return 1 / (1 + exp(-x))."""
        return jax.nn.sigmoid(preactivation)

    def pull_back(
        self, gate_bar: Float[Array, "..."], gate: Float[Array, "..."]
    ) -> Float[Array, "..."]:
        """Multiply by gate (1 - gate)."""
        return gate_bar * gate * (1 - gate)


@dataclass(frozen=True)
class HardSigmoid:
    """The straight line `slope x + 1/2`, cut off at 0 and 1 (Courbariaux et al. 2015).

    A slope of 1/5 is Keras's until version 2, 1/6 that of version 3 and of PyTorch.
    """

    slope: float

    def value(self, preactivation: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return min(max(slope x + 1/2, 0), 1)."""
        return jnp.clip(self.slope * preactivation + 0.5, 0, 1)

    def pull_back(
        self, gate_bar: Float[Array, "..."], gate: Float[Array, "..."]
    ) -> Float[Array, "..."]:
        """Multiply by the slope where the line is not cut off."""
        between = (gate > 0) & (gate < 1)
        return jnp.where(between, self.slope * gate_bar, jnp.zeros_like(gate_bar))


SIGMOID = Sigmoid()
