from typing import NamedTuple

import jax
import jax.numpy as jnp

from lstm_music_jax.fields import Number, number, tree
from lstm_music_jax.protocols import Model
from lstm_music_jax.strategies.base import Strategy, where_possible
from lstm_music_jax.types import Logits, PyTree

_LEAST_PROBABILITY = 1e-30


class ProductOfExpertsState(NamedTuple):
    """The state of the second model, and its logits of the next symbol."""

    model_state: PyTree
    logits: Logits


class ProductOfExperts(Strategy):
    """Multiplies the probabilities by a power of those of a second model.

        l'_x = l_x + weight ln q_x

    q is the distribution of the second model after all symbols so far. It starts from
    its initial state and reads the prompt too. Probabilities q_x below 1e-30 are raised
    to 1e-30. Each symbol costs one step of the second model.

    The distribution is normalised at each symbol. As the target of the decoder `SMC`,
    the product p(x) q(x)^weight of whole sequences is normalised once instead.

    Args:
        weight: any finite number; 0 does nothing, below 0 avoids what the second model
            finds probable.
        model: the second model, of the same vocabulary. Only its `initial_state`,
            `advance` and `readout` are called.

    State: `ProductOfExpertsState`.

    Reference: Hinton 2002, https://doi.org/10.1162/089976602760128018
    """

    permutation_equivariant = False
    weight: Number = number()
    model: Model = tree()

    def init(self, vocab_size):
        # These logits only give the state its shape. The first symbol replaces them.
        return ProductOfExpertsState(
            self.model.initial_state(), jnp.zeros(vocab_size, jnp.float32)
        )

    def apply(self, logits, state, key):
        least = jnp.log(jnp.float32(_LEAST_PROBABILITY))
        log_q = jnp.maximum(jax.nn.log_softmax(state.logits), least)
        bonus = self.weight * log_q
        return where_possible(logits, lambda finite: finite + bonus), state

    def observe(self, token, state):
        model_state = self.model.advance(state.model_state, token)
        logits = self.model.readout(model_state)
        return ProductOfExpertsState(model_state, logits.astype(jnp.float32))
