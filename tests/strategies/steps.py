"""Functions that run a strategy with a state symbol by symbol."""

import jax
import jax.numpy as jnp
import numpy as np

KEY = jax.random.key(0)
INF = np.inf


def log(*probabilities):
    with np.errstate(divide="ignore"):
        return np.log(probabilities)


# Strategies that differ only in their hyperparameters share a program.
apply = jax.jit(lambda strategy, *arguments: strategy.apply(*arguments, KEY))
observe = jax.jit(lambda strategy, *arguments: strategy.observe(*arguments))


def observed(strategy, vocab_size, seen):
    state = strategy.init(vocab_size)
    for token in seen:
        state = observe(strategy, jnp.int32(token), state)
    return state


def shape(strategy, logits, seen=()):
    """Return the shaped logits after the strategy has observed the symbols `seen`."""
    state = observed(strategy, len(logits), seen)
    return np.asarray(apply(strategy, jnp.float32(logits), state)[0])


def follow(strategy, notes, prompt=()):
    """Run a strategy over `notes`, pairs of logits and the drawn symbol.

    Returns the shaped logits of each note, and the last state.
    """
    notes = list(notes)
    state = observed(strategy, len(notes[0][0]), prompt)
    shaped = []
    for logits, token in notes:
        result, state = apply(strategy, jnp.float32(logits), state)
        state = observe(strategy, jnp.int32(token), state)
        shaped.append(np.asarray(result))
    return shaped, state
