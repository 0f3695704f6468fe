"""The random keys of a training run, all derived from its seed.

The random numbers of a step depend on the seed, the step's number and the row of the
batch. So they are the same on any number of devices and after any interruption.
"""

import jax

from lstm_music_jax.types import Array, Int, PRNGKey, PRNGKeys


def parameters_key(seed: int) -> PRNGKey:
    """Key of the initial parameters."""
    return jax.random.fold_in(jax.random.key(seed), 0)


def order_key(seed: int) -> PRNGKey:
    """Key of the order in which the training data is read.

    If a batch reads pieces from beginning to end (`StreamBatcher`), the random
    transpositions of the pieces use this key too.
    """
    return jax.random.split(jax.random.fold_in(jax.random.key(seed), 1))[0]


def dropout_key(seed: int) -> PRNGKey:
    """Key of the dropout masks."""
    return jax.random.split(jax.random.fold_in(jax.random.key(seed), 1))[1]


def transposition_key(seed: int) -> PRNGKey:
    """Key of the random transpositions of windows.

    The transpositions of streams use `order_key` instead.
    """
    return jax.random.fold_in(jax.random.key(seed), 2)


def row_keys(key: PRNGKey, step: Int[Array, ""], rows: Int[Array, "b"]) -> PRNGKeys:
    """Return a key for each of the given rows of the batch of a training step."""
    return jax.vmap(jax.random.fold_in, (None, 0))(jax.random.fold_in(key, step), rows)
