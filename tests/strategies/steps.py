"""Functions that run a strategy step by step: observe symbols, then apply per note."""

import jax
import jax.numpy as jnp
import numpy as np

KEY = jax.random.key(0)
INF = np.inf


def log(*probabilities):
    with np.errstate(divide="ignore"):
        return np.log(probabilities)


# One program for all strategies that differ in their hyperparameters only.
apply = jax.jit(lambda strategy, *arguments: strategy.apply(*arguments, KEY))
observe = jax.jit(lambda strategy, *arguments: strategy.observe(*arguments))


def observed(strategy, vocab_size, seen):
    state = strategy.init(vocab_size)
    for token in seen:
        state = observe(strategy, jnp.int32(token), state)
    return state


def shape(strategy, logits, seen=()):
    """Return the logits that a strategy shapes after it has observed `seen`."""
    state = observed(strategy, len(logits), seen)
    return np.asarray(apply(strategy, jnp.float32(logits), state)[0])


def follow(strategy, notes, prompt=()):
    """Run through `notes`, each (logits, drawn symbol).

    Returns:
        All shaped logits, and the last state.
    """
    notes = list(notes)
    state = observed(strategy, len(notes[0][0]), prompt)
    shaped = []
    for logits, token in notes:
        result, state = apply(strategy, jnp.float32(logits), state)
        state = observe(strategy, jnp.int32(token), state)
        shaped.append(np.asarray(result))
    return shaped, state
