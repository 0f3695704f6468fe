"""Where a step finds the ids that it reads: on the device, or in a block from the host.

A batcher computes the places of the ids in all pieces laid end to end. What stands at
these places comes either from one array with all ids, or from a block that the host
has looked up for some steps.
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
    """The ids that a whole batch reads at each of some steps, from step `first` on."""

    ids: Int[Array, "s b t"]
    first: Int[Array, ""]

    def read(
        self, places: Int[Array, "b t"], step: Int[Array, ""], rows: Int[Array, "b"]
    ) -> Int[Array, "b t"]:
        """Return what was looked up for these rows at this step."""
        return self.ids[step - self.first][rows]
