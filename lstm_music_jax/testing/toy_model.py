"""A small model for tests of the engine, the part of `generate` that draws symbols."""

from typing import Any

import jax.numpy as jnp
import numpy as np

from lstm_music_jax.pytrees import pytree


@pytree
class ToyModel:
    """A simple model whose state is the logits of the next symbol.

    Reading symbol x halves the state and adds `table[x]` to it; `table` is `[v v]`.
    """

    table: Any

    def initial_state(self):
        """Return the initial state, which is zero for every symbol."""
        return jnp.zeros_like(self.table[0])

    def step(self, state, token):
        """Read a symbol; return the new state and the next symbol's logits."""
        state = self.advance(state, token)
        return state, self.readout(state)

    def advance(self, state, token):
        """Return the state after reading a symbol."""
        return 0.5 * state + self.table[token]

    def readout(self, state):
        """Return the next symbol's logits, which are the state."""
        return state

    def hidden(self, state):
        """Return the hidden state, which is the state."""
        return state

    def unroll(self, tokens):
        """Read sequences of ids, `[b t]`; return the last states and all logits."""
        # A sum over all earlier symbols compiles faster than a scan.
        places = np.arange(tokens.shape[1])
        age = places[:, None] - places[None]
        weights = np.where(age < 0, 0.0, 0.5 ** np.abs(age)).astype(np.float32)
        read = self.table[tokens]
        states = jnp.einsum("st,btv->bsv", weights, read, precision="highest")
        return states[:, -1], states
