"""A model without training or gates, and its logits in NumPy."""

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.pytrees import pytree
from lstm_music_jax.types import Array


@pytree
class Toy:
    """A model whose logits halve with each symbol, which adds a row of a table."""

    table: Array
    fading: Array

    def initial_state(self):
        return jnp.zeros(self.table.shape[-1])

    def step(self, state, token):
        state = self.advance(state, token)
        return state, self.readout(state)

    def advance(self, state, token):
        return self.fading * state + self.table[token]

    def readout(self, state):
        return state

    def unroll(self, tokens):
        def one(stream):
            return jax.lax.scan(self.step, self.initial_state(), stream)

        return jax.vmap(one)(tokens)


def toy(table, fading):
    return Toy(np.float32(table), np.float32(fading))


def toy_logits(model, symbols):
    state = np.zeros(model.table.shape[-1])
    for symbol in symbols:
        state = np.float64(model.fading) * state + model.table[symbol]
    return state
