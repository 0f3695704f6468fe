"""Transposition of training data by a random shift, among those that are possible."""

import jax.numpy as jnp

from lstm_music_jax.training.batch import Batch
from lstm_music_jax.types import Array, Bool, Float, Int


def draw_shifts(
    allowed: Bool[Array, "b r"], uniform: Float[Array, "b"]
) -> Int[Array, "b"]:
    """Return a shift for each entry: one of its allowed rows, all equally likely.

    Args:
        allowed: which rows, the shifts, each entry allows.
        uniform: a random number in [0, 1) for each entry.
    """
    so_far = jnp.cumsum(allowed, axis=1, dtype=jnp.int32)
    count = so_far[:, -1]
    rank = jnp.floor(uniform * count.astype(uniform.dtype)).astype(jnp.int32)
    # Rounding may make the product equal to the count, but no row has that rank.
    rank = jnp.minimum(rank, count - 1)
    return jnp.argmax(so_far > rank[:, None], axis=1)


def transpose_windows(
    batch: Batch, table: Int[Array, "r v"], uniform: Float[Array, "b"]
) -> Batch:
    """Transpose each window by a random shift that the table has for all its symbols.

    The shift by 0 semitones is always possible.
    """
    ids = jnp.concatenate([batch.inputs, batch.targets[:, -1:]], axis=1)
    # After the last counted target, a window may hold symbols of another piece. They do
    # not restrict the possible shifts.
    relevant = jnp.concatenate([batch.counted[:, :1], batch.counted], axis=1)
    shifted = table[:, ids]
    allowed = jnp.all((shifted >= 0) | ~relevant[None], axis=-1).T
    chosen = shifted[draw_shifts(allowed, uniform), jnp.arange(ids.shape[0])]
    chosen = jnp.maximum(chosen, 0)
    return batch._replace(inputs=chosen[:, :-1], targets=chosen[:, 1:])
