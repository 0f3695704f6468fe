import jax.numpy as jnp
import numpy as np

from lstm_music_jax.fields import Integers, ids, integers
from lstm_music_jax.strategies.base import Strategy


class Force(Strategy):
    """Forces drawn symbol number positions[i] to be tokens[i], however improbable.

    The symbol is drawn even if an earlier strategy of a chain forbids it. Put this
    strategy last in a chain.

    Args:
        positions: one or more different positions; 0 is the first drawn symbol.
        tokens: for each position, the id of the symbol.

    State: the number of symbols drawn so far, int32.
    """

    permutation_equivariant = False
    positions: Integers = integers(at_least=0)
    tokens: Integers = ids()

    def check(self):
        if np.any(np.diff(np.sort(self.positions)) == 0):
            raise self.refusal("positions", "different numbers")
        if np.shape(self.tokens) != np.shape(self.positions):
            positions = np.shape(self.positions)[-1]
            raise self.refusal("tokens", f"{positions} ids, one for each position")

    def init(self, vocab_size):
        return jnp.int32(0)

    def apply(self, logits, state, key):
        here = jnp.asarray(self.positions) == state
        token = jnp.sum(jnp.where(here, jnp.asarray(self.tokens), 0))
        # A symbol that an earlier stage forbade becomes possible again, because the
        # user asks for it.
        possible = jnp.where(logits > -jnp.inf, logits, 0.0)
        ids = jnp.arange(logits.shape[0], dtype=jnp.int32)
        forced = jnp.where(ids == token, possible, -jnp.inf)
        return jnp.where(jnp.any(here), forced, logits), state + 1
