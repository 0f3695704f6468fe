"""The ids that a training step reads: all on the device, or a block from the host.

A batcher lays all pieces end to end, and computes the places of the ids that a step
reads. The ids come from an array of all ids, or from a block that holds only the ids of
some steps, which the host has looked up.
"""

from typing import NamedTuple

import jax.numpy as jnp

from lstm_music_jax.types import Array, Int, Integer


class Resident(NamedTuple):
    """The ids of all pieces, end to end, on the device."""

    ids: Integer[Array, "n"]

    def read(
        self, places: Int[Array, "b t"], step: Int[Array, ""], rows: Int[Array, "b"]
    ) -> Int[Array, "b t"]:
        """Return the ids at `places`."""
        return self.at(places)

    def at(self, places: Int[Array, "b t"]) -> Int[Array, "b t"]:
        """Return the ids at `places`."""
        return self.ids[places].astype(jnp.int32)


class Block(NamedTuple):
    """The ids that the batches of successive steps read; `first` is the first step."""

    ids: Int[Array, "s b t"]
    first: Int[Array, ""]

    def read(
        self, places: Int[Array, "b t"], step: Int[Array, ""], rows: Int[Array, "b"]
    ) -> Int[Array, "b t"]:
        """Return the ids of the given rows at a step; `places` is not needed."""
        return self.ids[step - self.first][rows]
