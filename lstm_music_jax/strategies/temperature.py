"""Temperature: sharpen or flatten the whole distribution."""

from lstm_music_jax.pytrees import pytree
from lstm_music_jax.strategies.base import (
    Hyperparameter,
    Setting,
    Strategy,
    hyperparameter,
)


@pytree
class Temperature(Strategy):
    """See `temperature`."""

    value: Hyperparameter

    def apply(self, logits, state, key):
        """Divide by the temperature."""
        return logits / self.value, state


def temperature(value: Setting) -> Temperature:
    """Divide the logits by T: p_x proportional to exp(l_x / T).

    Args:
        value: T > 0. Below 1 sharpens, above 1 flattens; for the limit 0 use `greedy`.

    Reference: Ackley, Hinton & Sejnowski 1985, https://doi.org/10.1207/s15516709cog0901_7
    """
    return Temperature(
        hyperparameter("temperature", value, lambda t: t > 0, "above 0 (0: greedy)")
    )
