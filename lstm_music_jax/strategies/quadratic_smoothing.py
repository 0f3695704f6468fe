"""Quadratic smoothing: level the top of the distribution, drop the tail."""

import jax.numpy as jnp

from lstm_music_jax.pytrees import pytree
from lstm_music_jax.strategies.base import (
    Hyperparameter,
    Setting,
    Strategy,
    hyperparameter,
)


@pytree
class QuadraticSmoothing(Strategy):
    """See `quadratic_smoothing`."""

    factor: Hyperparameter
    curve: Hyperparameter

    def apply(self, logits, state, key):
        """Bend the logits below the largest."""
        largest = jnp.max(logits)
        # 0 inf would be NaN: the forbidden ones are put back at the end.
        d = jnp.where(logits > -jnp.inf, logits - largest, 0.0)
        bent = largest + self.factor * d**2 * (
            (self.curve - 1.0) / 2.0 * d - (3.0 - self.curve) / 2.0
        )
        return jnp.where(logits > -jnp.inf, bent, -jnp.inf), state


def quadratic_smoothing(factor: Setting, curve: Setting = 1.0) -> QuadraticSmoothing:
    """Bend the logits along a parabola, or a cubic, hung up at the largest.

        l'_x = max l - k factor d^2 + s factor d^3,    d = l_x - max l
        k = (3 - curve) / 2,    s = (curve - 1) / 2

    Logits within 1 / factor of the largest come nearer to it, those further down
    fall (at curve 1; a larger curve makes them fall faster).

    Args:
        factor: above 0; the smaller, the flatter.
        curve: in [1, 3]; 1 is the parabola alone, 3 the cubic alone.

    References: kalomaze 2024, text-generation-webui's "smoothing_factor",
    https://github.com/oobabooga/text-generation-webui/pull/5403, and its
    "smoothing_curve", https://github.com/oobabooga/text-generation-webui/pull/5551
    """
    return QuadraticSmoothing(
        hyperparameter("factor", factor, lambda f: f > 0, "above 0"),
        hyperparameter("curve", curve, lambda c: (c >= 1) & (c <= 3), "in [1, 3]"),
    )
