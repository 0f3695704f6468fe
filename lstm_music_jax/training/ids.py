"""The symbol ids that training steps read: all on the device, or those of a few steps.

A batcher (`data.Batcher`) computes which symbols a step reads, as positions in all
pieces laid end to end. It looks their ids up in a `Resident`, which holds the ids of
all pieces, or in a `Block`, which holds only the ids that a few steps read. The host
fills a block before it calls the compiled steps.
"""

from typing import NamedTuple

import jax.numpy as jnp

from lstm_music_jax.types import Array, Int, Integer


class Resident(NamedTuple):
    """The symbol ids of all pieces, laid end to end on the device."""

    ids: Integer[Array, "n"]

    def read(
        self, places: Int[Array, "b t"], step: Int[Array, ""], rows: Int[Array, "b"]
    ) -> Int[Array, "b t"]:
        """Return the ids of the symbols at `places`.

        Places are positions in all pieces laid end to end. `step` and `rows` are
        ignored; only a `Block` needs them.
        """
        return self.at(places)

    def at(self, places: Int[Array, "b t"]) -> Int[Array, "b t"]:
        """Return the ids of the symbols at `places`.

        Places are positions in all pieces laid end to end.
        """
        return self.ids[places].astype(jnp.int32)


class Block(NamedTuple):
    """The symbol ids that a few successive training steps read.

    `ids[i]` holds the ids that step `first + i` reads. A row of `ids[i]` is a row of
    the batch of this step.
    """

    ids: Int[Array, "s b t"]
    first: Int[Array, ""]

    def read(
        self, places: Int[Array, "b t"], step: Int[Array, ""], rows: Int[Array, "b"]
    ) -> Int[Array, "b t"]:
        """Return the symbol ids that a training step reads, in some rows of its batch.

        Args:
            places: ignored, because the block holds the ids in the order of the steps.
            step: number of the training step.
            rows: indices of the rows of the batch.
        """
        return self.ids[step - self.first][rows]
