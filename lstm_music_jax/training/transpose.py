"""Transposition of what a step reads, by a shift drawn from those that can be had."""

import jax.numpy as jnp

from lstm_music_jax.training.data import Batch
from lstm_music_jax.types import Array, Bool, Float, Int


def draw_shifts(
    allowed: Bool[Array, "b r"], uniform: Float[Array, "b"]
) -> Int[Array, "b"]:
    """Return one of the allowed rows of the table for each, all equally likely."""
    reached = jnp.cumsum(allowed, axis=1, dtype=jnp.int32)
    count = reached[:, -1]
    rank = jnp.floor(uniform * count.astype(uniform.dtype)).astype(jnp.int32)
    # A product that is rounded up to the count itself would find nothing.
    rank = jnp.minimum(rank, count - 1)
    return jnp.argmax(reached > rank[:, None], axis=1)


def transpose_windows(
    batch: Batch, table: Int[Array, "r v"], uniform: Float[Array, "b"]
) -> Batch:
    """Shift each window by one of the shifts that have all of its symbols.

    No shift at all is always one of them.
    """
    ids = jnp.concatenate([batch.inputs, batch.targets[:, -1:]], axis=1)
    # Up to the last target that counts; what a short window reads behind it does not.
    read = jnp.concatenate([batch.counted[:, :1], batch.counted], axis=1)
    moved = table[:, ids]
    allowed = jnp.all((moved >= 0) | ~read[None], axis=-1).T
    moved = moved[draw_shifts(allowed, uniform), jnp.arange(ids.shape[0])]
    moved = jnp.maximum(moved, 0)
    return batch._replace(inputs=moved[:, :-1], targets=moved[:, 1:])
