"""Activations of an LSTM's gates: the logistic function, or a clipped line.

The preactivation, x in the formulas, is the number to which the activation is applied.
In names, `_bar` marks a cotangent: the gradient of the loss with respect to a value.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import jax
import jax.numpy as jnp

from lstm_music_jax.types import Array, Float


@runtime_checkable
class Gate(Protocol):
    """Activation function of the three gates of a layer, with values in [0, 1].

    It is a static argument of compiled programs, so equal activations must compare
    equal and have the same hash.
    """

    def value(self, preactivation: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return the value of each gate, in [0, 1], given its preactivation."""
        ...

    def pull_back(
        self, gate_bar: Float[Array, "..."], gate: Float[Array, "..."]
    ) -> Float[Array, "..."]:
        """Return the cotangent of the preactivation of each gate.

        Args:
            gate_bar: cotangent of the gate.
            gate: the gate's value.
        """
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
        """Return gate_bar * gate * (1 - gate)."""
        return gate_bar * gate * (1 - gate)


@dataclass(frozen=True)
class HardSigmoid:
    """The line `slope * x + 1/2`, clipped to [0, 1] (Courbariaux et al. 2015).

    Keras 2 uses the slope 1/5, Keras 3 and PyTorch use 1/6.
    """

    slope: float

    def value(self, preactivation: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return min(max(slope * x + 1/2, 0), 1)."""
        return jnp.clip(self.slope * preactivation + 0.5, 0, 1)

    def pull_back(
        self, gate_bar: Float[Array, "..."], gate: Float[Array, "..."]
    ) -> Float[Array, "..."]:
        """Return slope * gate_bar where the line is not clipped, and 0 elsewhere."""
        between = (gate > 0) & (gate < 1)
        return jnp.where(between, self.slope * gate_bar, jnp.zeros_like(gate_bar))


SIGMOID = Sigmoid()
