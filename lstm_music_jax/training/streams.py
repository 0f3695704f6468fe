"""Contiguous streams: what each reads at a step, when its state begins anew.

Truncated backpropagation through time (Williams & Peng 1990): an epoch lays all pieces
end to end in an order of its own and cuts them into `batch_size` streams of equal
length; a step reads the next `width` symbols of every stream, from the state that the
step before left there.
"""

import jax
import jax.numpy as jnp

from lstm_music_jax.training.data import Batch, Pieces, epoch_order
from lstm_music_jax.training.transpose import draw_shifts
from lstm_music_jax.types import Array, Bool, Int, PRNGKey


def read_streams(
    pieces: Pieces,
    step: Int[Array, ""],
    rows: Int[Array, "b"],
    *,
    streams: int,
    width: int,
    crossing: bool,
    key: PRNGKey,
) -> tuple[Batch, Bool[Array, "b t"]]:
    """Return what the streams `rows`, of `streams` in all, read at a step, and resets.

    The streams are as long as whole steps make them: the last one goes on from the
    epoch's end to its beginning, so that every step is full and every symbol is read
    at least once.

    The state is zero where a piece begins, before its start symbol or, where there is
    none, its first symbol; and where an epoch begins, since what a stream read before
    is not what its place follows on. A piece's first symbol is no target: nothing
    before it tells. With `crossing` the music goes on across pieces: the state is
    zero at an epoch's beginning only, and every symbol is a target.

    A piece is transposed as a whole, anew each epoch.
    """
    total, count = pieces.ids.shape[0], pieces.starts.shape[0]
    steps_an_epoch = -(-total // (streams * width))
    epoch, place = step // steps_an_epoch, step % steps_an_epoch
    order_key, shift_key = jax.random.split(key)
    order = epoch_order(order_key, epoch, jnp.arange(count), count)
    ends = jnp.cumsum(pieces.lengths[order])

    at = (rows * steps_an_epoch + place)[:, None] * width + jnp.arange(width + 1)[None]
    at = at % total
    turn = jnp.searchsorted(ends, at, side="right", method="scan_unrolled")
    piece = order[turn]
    offset = at - ends[turn] + pieces.lengths[piece]
    ids = pieces.ids[pieces.starts[piece] + offset]
    if pieces.table is not None:
        uniform = jax.random.uniform(jax.random.fold_in(shift_key, epoch), (count,))
        ids = pieces.table[draw_shifts(pieces.movable, uniform)[piece], ids]

    begins = (offset == 0) & (not crossing)
    resets = begins[:, :-1].at[:, 0].set(begins[:, 0] | (place == 0))
    return Batch(ids[:, :-1], ids[:, 1:], ~begins[:, 1:]), resets
