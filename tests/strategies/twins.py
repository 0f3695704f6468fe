"""Correct strategies, of which many mutants are copies with a planted mistake."""

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.fields import Number, number
from lstm_music_jax.strategies import Greedy, Strategy
from lstm_music_jax.strategies.base import forbid_unless

V = 20
HALF = np.float32(0.53)


class Counts(Strategy):
    """Subtracts a penalty for every time a symbol was seen."""

    penalty: Number = number()

    def init(self, vocab_size):
        return jnp.zeros(vocab_size, jnp.int32)

    def apply(self, logits, state, key):
        return logits - self.penalty * state.astype(jnp.float32), state

    def observe(self, token, state):
        return state.at[token].add(1)


class Sharpened(Strategy):
    """Divides by a number that grows with the entropy."""

    strength: Number = number()

    def apply(self, logits, state, key):
        p = jax.nn.softmax(logits)
        terms = jnp.where(p > 0, p * jnp.log(jnp.where(p > 0, p, 1.0)), 0.0)
        return logits / (1 - self.strength * jnp.sum(terms)), state


class Sparing(Strategy):
    """With some probability, forbids all but the best symbol."""

    probability: Number = number()

    def apply(self, logits, state, key):
        spared = jax.random.uniform(key) >= self.probability
        return forbid_unless(spared | (logits == jnp.max(logits)), logits), state


TWINS = {
    "counts": Counts(HALF),
    "sharpened": Sharpened(HALF),
    "sparing": Sparing(HALF),
    "Greedy": Greedy(),
}
