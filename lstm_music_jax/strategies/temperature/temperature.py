from lstm_music_jax.fields import Number, number
from lstm_music_jax.strategies.base import Strategy, where_possible

# The quotient of a logit and a smaller temperature may be infinite.
COLDEST = 1e-6


class Temperature(Strategy):
    """Sharpens or flattens the distribution: divides the logits by a temperature T.

        p'_x proportional to exp(l_x / T)

    l_x is the logit of symbol x, and p'_x its new probability.

    Args:
        value: T, 1e-6 or more. T below 1 sharpens, and T above 1 flattens. For T = 0
            use `Greedy`.

    Reference: Ackley, Hinton & Sejnowski 1985, https://doi.org/10.1207/s15516709cog0901_7
    """

    value: Number = number(at_least=COLDEST, instead="(0: Greedy)")

    def apply(self, logits, state, key):
        return where_possible(logits, lambda finite: finite / self.value), state
