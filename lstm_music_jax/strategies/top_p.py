"""Top-p, the nucleus: the smallest set of symbols that holds probability p."""

import jax

from lstm_music_jax.pytrees import pytree
from lstm_music_jax.strategies.base import (
    Hyperparameter,
    Setting,
    Strategy,
    hyperparameter,
)
from lstm_music_jax.strategies.truncation import forbid_unless
from lstm_music_jax.xla.ordering import keep_mass


@pytree
class TopP(Strategy):
    """See `top_p`."""

    p: Hyperparameter

    def apply(self, logits, state, key):
        """Keep the most probable symbols until they hold p."""
        probabilities = jax.nn.softmax(logits)
        keep = keep_mass(probabilities, probabilities, self.p)
        # Rounding may bring the sum to 1 before the last symbols are in.
        return forbid_unless(keep | (self.p >= 1), logits), state


def top_p(p: Setting) -> TopP:
    """Keep the smallest set V of most probable symbols with sum_V p_x >= p.

    The symbol that crosses p is kept, so at least one always is.

    Args:
        p: in (0, 1]; 1 keeps everything.

    Reference: Holtzman et al. 2019, https://arxiv.org/abs/1904.09751
    """
    return TopP(hyperparameter("top_p", p, lambda p: (p > 0) & (p <= 1), "in (0, 1]"))
