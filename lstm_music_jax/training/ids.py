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
        """Return the symbol ids at these positions in the pieces."""
        return self.at(places)

    def at(self, places: Int[Array, "b t"]) -> Int[Array, "b t"]:
        """Return the symbol ids at these positions in the pieces."""
        return self.ids[places].astype(jnp.int32)


class Block(NamedTuple):
    """The symbol ids that a few successive training steps read.

    `ids[i]` is the batch of step `first + i`.
    """

    ids: Int[Array, "s b t"]
    first: Int[Array, ""]

    def read(
        self, places: Int[Array, "b t"], step: Int[Array, ""], rows: Int[Array, "b"]
    ) -> Int[Array, "b t"]:
        """Return the symbol ids that some rows of the batch read at a step.

        `places` is ignored, because the block holds the ids in the order of the steps.
        """
        return self.ids[step - self.first][rows]
