"""EDT, entropy-based dynamic temperature: T falls steeply as the model grows sure."""

import jax.numpy as jnp

from lstm_music_jax.pytrees import pytree
from lstm_music_jax.strategies.base import (
    Hyperparameter,
    Setting,
    Strategy,
    hyperparameter,
)
from lstm_music_jax.strategies.entropy import entropy

COLDEST = 1e-6
# The smallest normal float32: theta 0 over an entropy of 0 must be 0, not NaN.
TINY = 1.1754944e-38


@pytree
class EDT(Strategy):
    """See `edt`."""

    temperature: Hyperparameter
    theta: Hyperparameter
    base: Hyperparameter

    def apply(self, logits, state, key):
        """Divide by a temperature that the entropy chooses."""
        power = self.theta / jnp.maximum(entropy(logits), TINY)
        temperature = jnp.maximum(self.temperature * self.base**power, COLDEST)
        # With the maximum at 0, no small temperature takes a logit to +inf.
        cooled = (logits - jnp.max(logits)) / temperature
        return jnp.where(logits > -jnp.inf, cooled, -jnp.inf), state


def edt(temperature: Setting, theta: Setting, base: Setting = 0.8) -> EDT:
    """Divide the logits by a temperature that falls with the entropy H (in nats).

        T = temperature base^(theta / H),    l'_x = (l_x - max l) / T

    T tends to `temperature` as H grows and to 0, the greedy choice, as H does; it is
    held at 1e-6 or more.

    Args:
        temperature: the highest there is, above 0.
        theta: 0 or more; 0 is a plain `temperature`.
        base: in (0, 1); the paper's is 0.8.

    Reference: Zhang, Bao & Huang 2024, https://arxiv.org/abs/2403.14541
    """
    return EDT(
        hyperparameter("temperature", temperature, lambda t: t > 0, "above 0"),
        hyperparameter("theta", theta, lambda t: t >= 0, "0 or more"),
        hyperparameter("base", base, lambda b: (b > 0) & (b < 1), "in (0, 1)"),
    )
