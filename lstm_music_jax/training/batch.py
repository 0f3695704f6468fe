"""The batch of sequences that a training step reads."""

from typing import NamedTuple

import jax.numpy as jnp

from lstm_music_jax.types import Array, Bool, Int


class Batch(NamedTuple):
    """Sequences of input ids, and the target id that follows each input.

    Only targets where `counted` is True enter the loss. Where `resets` is True, the
    LSTM state is set to zero before the input is read. If `resets` is None, no state is
    reset.
    """

    inputs: Int[Array, "b t"]
    targets: Int[Array, "b t"]
    counted: Bool[Array, "b t"]
    resets: Bool[Array, "b t"] | None = None


def sequence_places(
    starts: Int[Array, "b"], width: int, total: Int[Array, ""] | int
) -> Int[Array, "b t"]:
    """Return, for each start, the positions of the `width + 1` symbols from there on.

    They are positions in all pieces laid end to end. Past the end of the last piece,
    the last position is repeated.

    Args:
        starts: the position of the first symbol of each sequence.
        width: number of input symbols of a sequence. The additional symbol is the last
            target.
        total: number of symbols of all pieces.
    """
    return jnp.minimum(starts[:, None] + jnp.arange(width + 1)[None], total - 1)


def as_batch(sequences: Int[Array, "b t"], lengths: Int[Array, "b"]) -> Batch:
    """Return a batch in which ids of a sequence are predicted from those before them.

    Args:
        sequences: the ids of the sequences. All but the last of each are inputs, and
            all but the first are targets.
        lengths: number of targets of each sequence, from its first one on, that enter
            the loss.
    """
    offsets = jnp.arange(sequences.shape[1] - 1)[None]
    return Batch(sequences[:, :-1], sequences[:, 1:], offsets < lengths[:, None])
