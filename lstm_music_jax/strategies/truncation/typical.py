import jax
import jax.numpy as jnp

from lstm_music_jax.fields import Number, number
from lstm_music_jax.strategies.base import Strategy, forbid_unless
from lstm_music_jax.strategies.entropy import entropy
from lstm_music_jax.xla.ordering import keep_mass


class Typical(Strategy):
    """Keeps the symbols whose surprisal is nearest to the entropy H.

    The surprisal of symbol x is -ln p_x, where p_x is its probability. Symbols are
    sorted by |-ln p_x - H|, the smallest first. The first symbols are kept, until their
    probabilities sum to `mass` or more. The most probable symbol is forbidden if its
    surprisal is too far below H. All symbols that are as near to H as the last kept one
    are kept too, as in transformers.

    Args:
        mass: in (0, 1]; 1 keeps everything.

    Reference: Meister et al. 2022, https://arxiv.org/abs/2202.00666
    """

    mass: Number = number(above=0, at_most=1)

    def apply(self, logits, state, key):
        surprisals = -jax.nn.log_softmax(logits)
        typicality = -jnp.abs(surprisals - entropy(logits))
        keep = keep_mass(typicality, jnp.exp(-surprisals), self.mass)
        # With mass = 1, rounding may let the sum reach 1 before all symbols are kept.
        return forbid_unless(keep | (self.mass >= 1), logits), state
