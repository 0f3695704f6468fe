import jax.numpy as jnp

from lstm_music_jax.fields import Number, number
from lstm_music_jax.strategies.base import Strategy, where_possible
from lstm_music_jax.strategies.entropy import entropy
from lstm_music_jax.strategies.temperature.temperature import COLDEST

# theta 0 divided by an entropy of 0 must be 0, not NaN. The gradient divides by the
# square, which must not be 0 in float32.
LEAST_ENTROPY = 1e-18
# No base below 1 to this power differs from 0. The gradient multiplies by the power.
LARGEST_POWER = 1e30


class EDT(Strategy):
    """Divides the logits by a temperature that falls steeply with the entropy H.

        T = temperature base^(theta / H),    l'_x = (l_x - max l) / T

    l_x is the logit of symbol x, and l'_x the new one. This is entropy-based dynamic
    temperature; H is in nats. T tends to `temperature` as H grows. If theta is above 0,
    T falls to 1e-6 as H tends to 0. Then the most probable symbol is nearly certain. T
    is never below 1e-6.

    Args:
        temperature: the highest T, above 0; less than 1e-6 counts as 1e-6.
        theta: 0 or more; 0 is a plain `Temperature`.
        base: in (0, 1); 0.8 is the paper's.

    Reference: Zhang, Bao & Huang 2024, https://arxiv.org/abs/2403.14541
    """

    temperature: Number = number(above=0)
    theta: Number = number(at_least=0)
    base: Number = number(above=0, below=1, default=0.8)

    def apply(self, logits, state, key):
        power = self.theta / jnp.maximum(entropy(logits), LEAST_ENTROPY)
        power = jnp.minimum(power, LARGEST_POWER)
        temperature = jnp.maximum(self.temperature * self.base**power, COLDEST)
        # With the maximum at 0, no small temperature takes a logit to +inf.
        largest = jnp.max(logits)
        return where_possible(
            logits, lambda finite: (finite - largest) / temperature
        ), state
