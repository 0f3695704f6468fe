"""Transposition of training data, by a random one of the shifts that are possible."""

import jax.numpy as jnp

from lstm_music_jax.training.batch import Batch
from lstm_music_jax.types import Array, Bool, Float, Int


def draw_shifts(
    allowed: Bool[Array, "b r"], uniform: Float[Array, "b"]
) -> Int[Array, "b"]:
    """Return for each entry one of its allowed rows, all equally likely.

    `uniform` holds random numbers in [0, 1).
    """
    so_far = jnp.cumsum(allowed, axis=1, dtype=jnp.int32)
    count = so_far[:, -1]
    rank = jnp.floor(uniform * count.astype(uniform.dtype)).astype(jnp.int32)
    # The product may be rounded up to the count, and no allowed row has that rank.
    rank = jnp.minimum(rank, count - 1)
    return jnp.argmax(so_far > rank[:, None], axis=1)


def transpose_windows(
    batch: Batch, table: Int[Array, "r v"], uniform: Float[Array, "b"]
) -> Batch:
    """Shift each window by one of the shifts that the table has for all its symbols.

    The shift by nothing is always one of them.
    """
    ids = jnp.concatenate([batch.inputs, batch.targets[:, -1:]], axis=1)
    # A short window is followed by symbols of another piece. Only symbols up to the
    # last counted target decide which shifts are possible.
    relevant = jnp.concatenate([batch.counted[:, :1], batch.counted], axis=1)
    shifted = table[:, ids]
    allowed = jnp.all((shifted >= 0) | ~relevant[None], axis=-1).T
    chosen = shifted[draw_shifts(allowed, uniform), jnp.arange(ids.shape[0])]
    chosen = jnp.maximum(chosen, 0)
    return batch._replace(inputs=chosen[:, :-1], targets=chosen[:, 1:])
