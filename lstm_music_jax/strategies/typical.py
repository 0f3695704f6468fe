"""Locally typical sampling: symbols about as surprising as is to be expected."""

import jax
import jax.numpy as jnp

from lstm_music_jax.pytrees import pytree
from lstm_music_jax.strategies.base import (
    Hyperparameter,
    Setting,
    Strategy,
    hyperparameter,
)
from lstm_music_jax.strategies.entropy import entropy
from lstm_music_jax.strategies.truncation import forbid_unless
from lstm_music_jax.xla.ordering import keep_mass


@pytree
class Typical(Strategy):
    """See `typical`."""

    mass: Hyperparameter

    def apply(self, logits, state, key):
        """Keep the most typical symbols until they hold the mass."""
        surprisals = -jax.nn.log_softmax(logits)
        typicality = -jnp.abs(surprisals - entropy(logits))
        keep = keep_mass(typicality, jnp.exp(-surprisals), self.mass)
        # Rounding may bring the sum to 1 before the last symbols are in.
        return forbid_unless(keep | (self.mass >= 1), logits), state


def typical(mass: Setting) -> Typical:
    """Keep the symbols of surprisal nearest the entropy H, until they hold `mass`.

    The smallest set V, in ascending order of |-ln p_x - H|, with sum_V p_x >= mass.
    The most probable symbol is not in it where it is too predictable.

    Args:
        mass: in (0, 1]; 1 keeps everything.

    Reference: Meister et al. 2022, https://arxiv.org/abs/2202.00666
    """
    return Typical(
        hyperparameter("typical", mass, lambda m: (m > 0) & (m <= 1), "in (0, 1]")
    )
