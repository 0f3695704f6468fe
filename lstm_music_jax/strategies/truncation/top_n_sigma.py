import jax.numpy as jnp

from lstm_music_jax.fields import Number, number
from lstm_music_jax.strategies.base import Strategy, forbid_unless


class TopNSigma(Strategy):
    """Keeps the symbols whose logits lie within n standard deviations of the largest.

        l_x >= max l - n sigma

    l_x is the logit of symbol x, and max l is the largest logit. sigma is the standard
    deviation of the m logits that are not forbidden. Its divisor is m, as in llama.cpp.
    The default of PyTorch is m - 1, which makes sigma a little larger. A temperature
    before this strategy scales both sides, so the same symbols are kept.

    Args:
        n: above 0; 1 is the paper's.

    Reference: Tang et al. 2024, https://arxiv.org/abs/2411.07641
    """

    n: Number = number(above=0)

    def apply(self, logits, state, key):
        depth = jnp.max(logits) - logits
        finite = depth < jnp.inf
        count = jnp.sum(jnp.where(finite, 1.0, 0.0))
        mean = jnp.sum(jnp.where(finite, depth, 0.0)) / count
        variance = jnp.sum(jnp.where(finite, (depth - mean) ** 2, 0.0)) / count
        return forbid_unless(depth <= self.n * jnp.sqrt(variance), logits), state
