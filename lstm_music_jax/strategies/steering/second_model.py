"""A second model that reads a stream beside the model that generates it."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from lstm_music_jax.protocols import Model
from lstm_music_jax.types import Logits, PyTree, Token

_LEAST_PROBABILITY = 1e-30


class SecondModelState(NamedTuple):
    """The state of a second model, and its logits of the next symbol."""

    model_state: PyTree
    logits: Logits


def first_state(model: Model, vocab_size: int) -> SecondModelState:
    """Return the state before the first symbol of the prompt."""
    # These logits only give the state its shape. The first symbol replaces them.
    logits = jnp.zeros(vocab_size, jnp.float32)
    return SecondModelState(model.initial_state(), logits)


def state_after(
    model: Model, state: SecondModelState, token: Token
) -> SecondModelState:
    """Return the state after the second model has read one more symbol."""
    model_state = model.advance(state.model_state, token)
    logits = model.readout(model_state)
    return SecondModelState(model_state, logits.astype(jnp.float32))


def log_probs_of(state: SecondModelState) -> Logits:
    """Return the log-probabilities of the next symbol under the second model.

    Probabilities below 1e-30 are raised to 1e-30.
    """
    least = jnp.log(jnp.float32(_LEAST_PROBABILITY))
    return jnp.maximum(jax.nn.log_softmax(state.logits), least)
