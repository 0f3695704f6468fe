"""Transposition of training data by a random interval.

A row of the table may also change the tempo; see `data.augmentation_table`.
"""

import jax.numpy as jnp

from lstm_music_jax.training.batch import Batch
from lstm_music_jax.types import Array, Bool, Float, Int


def draw_shifts(
    allowed: Bool[Array, "b r"], uniform: Float[Array, "b"]
) -> Int[Array, "b"]:
    """Choose a random row of a transposition table for each sequence.

    The rows that are allowed for a sequence are equally likely.

    Args:
        allowed: `allowed[b, r]` says whether row r may transpose sequence b.
        uniform: a random number in [0, 1) for each sequence, which decides its row.

    Returns:
        The index of the row for each sequence.
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
    """Transpose each window by a random row of a transposition table.

    The random row of a window is one of those that have an id for each symbol up to
    the last counted target. All of these rows are equally likely. A symbol after that
    target becomes 0 if the row has no id for it.

    Args:
        batch: the windows.
        table: row r holds the id that replaces each id, or -1 where there is none.
        uniform: a random number in [0, 1) for each window, which decides its row.
    """
    ids = jnp.concatenate([batch.inputs, batch.targets[:, -1:]], axis=1)
    # After the last counted target, a window may hold symbols of another piece. Those
    # do not restrict the possible rows.
    relevant = jnp.concatenate([batch.counted[:, :1], batch.counted], axis=1)
    shifted = table[:, ids]
    allowed = jnp.all((shifted >= 0) | ~relevant[None], axis=-1).T
    chosen = shifted[draw_shifts(allowed, uniform), jnp.arange(ids.shape[0])]
    chosen = jnp.maximum(chosen, 0)
    return batch._replace(inputs=chosen[:, :-1], targets=chosen[:, 1:])
