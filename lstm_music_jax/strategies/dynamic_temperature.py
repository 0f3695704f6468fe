"""Dynamic temperature: the surer the model, the colder."""

import jax.numpy as jnp
import numpy as np

from lstm_music_jax.pytrees import pytree
from lstm_music_jax.strategies.base import (
    Hyperparameter,
    Setting,
    Strategy,
    hyperparameter,
)
from lstm_music_jax.strategies.entropy import entropy


@pytree
class DynamicTemperature(Strategy):
    """See `dynamic_temperature`."""

    low: Hyperparameter
    high: Hyperparameter
    exponent: Hyperparameter

    def apply(self, logits, state, key):
        """Divide by a temperature that the entropy chooses."""
        count = jnp.sum(jnp.where(logits > -jnp.inf, 1.0, 0.0))
        # Of one symbol the entropy is 0, and so then is its part of ln 2.
        part = jnp.minimum(entropy(logits) / jnp.log(jnp.maximum(count, 2.0)), 1.0)
        return logits / (self.low + (self.high - self.low) * part**self.exponent), state


def dynamic_temperature(
    low: Setting, high: Setting, exponent: Setting = 1.0
) -> DynamicTemperature:
    """Divide the logits by a temperature between two, chosen by the entropy H.

        T = low + (high - low) (H / ln n)^exponent

    where n counts the symbols that are not forbidden, so that H / ln n is 1 where
    all of them are equally probable and 0 where one is certain.

    Args:
        low: the temperature of certainty, above 0.
        high: that of a flat distribution, `low` or more.
        exponent: above 0; above 1 stays cold until the model is quite unsure.

    >>> from lstm_music_jax.strategies import chain, dynamic_temperature, min_p
    >>> varied = chain(min_p(0.05), dynamic_temperature(0.5, 1.5))

    References: kalomaze 2024, https://github.com/LostRuins/koboldcpp/pull/600, which is
    llama.cpp's "dynatemp" (there low = t - range, high = t + range); of the kind, Zhu
    et al. 2023, https://arxiv.org/abs/2309.02772
    """
    return DynamicTemperature(
        hyperparameter("low", low, lambda t: t > 0, "above 0"),
        hyperparameter("high", high, lambda t: t >= np.asarray(low), f"{low} or more"),
        hyperparameter("exponent", exponent, lambda e: e > 0, "above 0"),
    )
