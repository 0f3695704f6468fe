"""What a training step reads: a batch of sequences, gathered from one array of ids."""

from typing import NamedTuple

import jax.numpy as jnp

from lstm_music_jax.types import Array, Bool, Int


class Batch(NamedTuple):
    """Sequences of input symbols, and the target symbol that follows each input.

    Only targets where `counted` is True enter the loss. Where `resets` is True, the
    state is reset to zero before the input is read. If `resets` is None, no state is
    reset.
    """

    inputs: Int[Array, "b t"]
    targets: Int[Array, "b t"]
    counted: Bool[Array, "b t"]
    resets: Bool[Array, "b t"] | None = None


def gather(
    ids: Int[Array, "n"],
    starts: Int[Array, "b"],
    lengths: Int[Array, "b"],
    width: int,
) -> Batch:
    """Read `width` inputs from each start, and count the first `lengths` targets.

    A sequence that would run past the end of `ids` repeats the last id there.
    """
    offsets = jnp.arange(width + 1)[None]
    sequences = ids[jnp.minimum(starts[:, None] + offsets, ids.shape[0] - 1)]
    counted = offsets[:, :-1] < lengths[:, None]
    return Batch(sequences[:, :-1], sequences[:, 1:], counted)
