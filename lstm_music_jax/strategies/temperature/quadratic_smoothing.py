import jax.numpy as jnp

from lstm_music_jax.fields import Number, number
from lstm_music_jax.strategies.base import Strategy, where_possible


class QuadraticSmoothing(Strategy):
    """Bends the logits along a parabola, or a cubic, whose top is the largest logit.

        l'_x = max l - k factor d^2 + s factor d^3,    d = l_x - max l
        k = (3 - curve) / 2,    s = (curve - 1) / 2

    l_x is the logit of symbol x, and l'_x the new one. The strategy makes the most
    probable symbols more alike and the improbable ones rarer. At curve 1, logits within
    1 / factor of the largest move towards it, and those further down move away. With a
    larger curve, logits more than 1 below the largest end lower.

    Args:
        factor: above 0; the smaller, the flatter.
        curve: in [1, 3]; 1 is the parabola alone, 3 the cubic alone.

    References:
        kalomaze 2024, https://github.com/oobabooga/text-generation-webui/pull/5403;
            its "smoothing_factor"
        text-generation-webui, https://github.com/oobabooga/text-generation-webui/pull/5551;
            its "smoothing_curve"
    """

    factor: Number = number(above=0)
    curve: Number = number(at_least=1, at_most=3, default=1)

    def apply(self, logits, state, key):
        largest = jnp.max(logits)

        def bend(finite):
            d = finite - largest
            return largest + self.factor * d**2 * (
                (self.curve - 1.0) / 2.0 * d - (3.0 - self.curve) / 2.0
            )

        return where_possible(logits, bend), state
