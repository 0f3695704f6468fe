"""The only module that knows about several devices.

The same function runs under `jit` on one device and under `pmap` on several. It is
given the shard that it works on, sums over all shards where it must, and never asks
how many devices there are.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.types import Array, Int, PyTree

_AXIS = "devices"


class Shard(NamedTuple):
    """The part of the work that a device does: part `index` of `count`."""

    index: Int[Array, ""]
    count: int

    def rows(self, total: int) -> Int[Array, "b"]:
        """Return this shard's rows; the number of shards must divide `total`."""
        require_divisible(total, self.count)
        return self.index * (total // self.count) + jnp.arange(total // self.count)

    def sum(self, tree: PyTree) -> PyTree:
        """Sum over all shards."""
        return tree if self.count == 1 else jax.lax.psum(tree, _AXIS)

    def gather(self, tree: PyTree) -> PyTree:
        """Return the rows of all shards, in the order of `rows`."""
        if self.count == 1:
            return tree
        return jax.lax.all_gather(tree, _AXIS, tiled=True)


def require_divisible(batch_size: int, devices: int) -> None:
    """Raise ValueError if the number of devices does not divide the batch."""
    if batch_size % devices:
        raise ValueError(
            f"batch_size is {batch_size}; {devices} devices must divide it"
        )


def spread(
    function: Callable[..., PyTree], devices: Sequence[jax.Device] | None = None
) -> Callable[..., PyTree]:
    """Compile `function(shard, *arguments)` for all `devices` (default: every device).

    Every shard is given the same arguments and must return the same result. Values
    that differ between shards must go through `shard.sum` or `shard.gather`. If some
    devices belong to other processes, those call the compiled function too, with equal
    arguments.
    """
    devices = jax.devices() if devices is None else devices
    count = len(devices)
    if count == 1:
        return jax.jit(lambda *arguments: function(Shard(jnp.int32(0), 1), *arguments))

    def run(index, arguments):
        return function(Shard(index, count), *arguments)

    compiled = jax.pmap(
        run, axis_name=_AXIS, in_axes=(0, None), out_axes=None, devices=devices
    )
    ours = jax.process_index()
    indices = np.int32([i for i in range(count) if devices[i].process_index == ours])
    return lambda *arguments: compiled(indices, arguments)
