import jax.numpy as jnp
import numpy as np

from lstm_music_jax.fields import Number, number
from lstm_music_jax.strategies.base import Strategy, where_possible
from lstm_music_jax.strategies.entropy import entropy
from lstm_music_jax.strategies.temperature.temperature import COLDEST


class DynamicTemperature(Strategy):
    """Divides the logits by a temperature that rises with the entropy H.

        T = low + (high - low) (H / ln n)^exponent

    H is the entropy of the distribution that the strategy is given. n is the number of
    symbols that are not forbidden. So H / ln n is 1 if all of them are equally
    probable, and 0 if one is certain.

    Args:
        low: the temperature if one symbol is certain, 1e-6 or more.
        high: the temperature of a flat distribution, `low` or more.
        exponent: above 0. A larger exponent keeps T low up to a higher entropy.

    >>> from lstm_music_jax.strategies import Chain, MinP
    >>> varied = Chain(MinP(0.05), DynamicTemperature(0.5, 1.5))

    References:
        kalomaze 2024, https://github.com/LostRuins/koboldcpp/pull/600; this is
            llama.cpp's "dynatemp", where low = t - range and high = t + range
        Zhu et al. 2023, https://arxiv.org/abs/2309.02772 (a similar method)
    """

    low: Number = number(at_least=COLDEST)
    high: Number = number(at_least=COLDEST)
    exponent: Number = number(above=0, default=1)

    def check(self):
        if np.any(self.high < self.low):
            raise self.refusal("high", f"{self.low} or more")

    def apply(self, logits, state, key):
        count = jnp.sum(jnp.where(logits > -jnp.inf, 1.0, 0.0))
        # With a single symbol, ln 2 replaces ln 1 = 0, and the ratio is 0.
        share = jnp.minimum(entropy(logits) / jnp.log(jnp.maximum(count, 2.0)), 1.0)
        # The slope of 0^exponent may be infinite, so that gradients would be NaN.
        power = jnp.where(share > 0, share, 1.0) ** self.exponent
        rise = jnp.where(share > 0, power, 0.0)
        temperature = self.low + (self.high - self.low) * rise
        return where_possible(logits, lambda finite: finite / temperature), state
