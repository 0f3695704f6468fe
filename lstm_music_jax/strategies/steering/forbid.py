import jax.numpy as jnp
import numpy as np

from lstm_music_jax.fields import Integers, ids
from lstm_music_jax.strategies.promise import Promise


class Forbid(Promise):
    """Forbids the given symbols, such as the start-of-piece symbol.

    Args:
        ids: one or more ids.
    """

    permutation_equivariant = False
    ids: Integers = ids()

    def never(self):
        return np.ravel(self.ids)

    def apply(self, logits, state, key):
        return logits.at[self.ids].set(-jnp.inf), state
