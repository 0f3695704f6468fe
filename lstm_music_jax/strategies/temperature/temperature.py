from lstm_music_jax.fields import Number, number
from lstm_music_jax.strategies.base import Strategy


class Temperature(Strategy):
    """Sharpens or flattens the distribution: divides the logits by a temperature T.

        p'_x proportional to exp(l_x / T)

    Args:
        value: T, above 0. T below 1 sharpens, and T above 1 flattens. For T = 0 use
            `Greedy`.

    Reference: Ackley, Hinton & Sejnowski 1985, https://doi.org/10.1207/s15516709cog0901_7
    """

    value: Number = number(above=0, hint="(0: Greedy)")

    def apply(self, logits, state, key):
        return logits / self.value, state
