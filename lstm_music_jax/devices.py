"""The only module that knows about several devices.

One device runs a function under `jit`; several devices run the same function under
`pmap`. The function receives a `Shard`, which tells it its part of the work. It sums or
gathers over all shards, and need not know how many devices there are.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.types import Array, Int, PyTree

_AXIS = "devices"


@dataclass(frozen=True)
class Shard:
    """The part of the work that one device does.

    Attributes:
        index: number of this part, from 0.
        count: number of parts.
    """

    index: Int[Array, ""]
    count: int

    def rows(self, total: int) -> Int[Array, "b"]:
        """Return the indices of this shard's rows; `count` must divide `total`."""
        require_divisible(total, self.count)
        return self.index * (total // self.count) + jnp.arange(total // self.count)

    def padded_rows(self, total: int) -> Int[Array, "b"]:
        """Return the indices of this shard's rows, padded with the last row.

        All shards get the same number of indices.
        """
        padded = -(-total // self.count) * self.count
        return jnp.minimum(self.rows(padded), total - 1)

    def sum(self, tree: PyTree) -> PyTree:
        """Return the sum over all shards."""
        return tree if self.count == 1 else jax.lax.psum(tree, _AXIS)

    def gather(self, tree: PyTree, axis: int = 0) -> PyTree:
        """Return the rows of all shards along an axis, in the order of `rows`."""
        if self.count == 1:
            return tree
        return jax.lax.all_gather(tree, _AXIS, axis=axis, tiled=True)


def require_divisible(batch_size: int, devices: int) -> None:
    """Raise ValueError unless the number of devices divides the batch size."""
    if batch_size % devices:
        raise ValueError(
            f"batch_size is {batch_size}; {devices} devices must divide it"
        )


def spread(
    function: Callable[..., PyTree], devices: Sequence[jax.Device] | None = None
) -> Callable[..., PyTree]:
    """Compile `function(shard, *arguments)` for devices, by default for all.

    Every shard gets the same arguments and must return the same result. So values that
    differ between shards have to go through `shard.sum` or `shard.gather`. If some
    devices belong to other processes, those processes must call the compiled function
    too, with equal arguments.
    """
    devices = jax.devices() if devices is None else devices
    count = len(devices)
    if count == 1:
        return _on_one(function, devices[0])

    def run(index, arguments):
        return function(Shard(index, count), *arguments)

    compiled = jax.pmap(
        run, axis_name=_AXIS, in_axes=(0, None), out_axes=None, devices=devices
    )
    ours = jax.process_index()
    indices = np.array(
        [i for i in range(count) if devices[i].process_index == ours], np.int32
    )
    return lambda *arguments: compiled(indices, arguments)


def _on_one(function, device):
    """Compile for one device; move arguments to it if it is not the default one."""
    compiled = jax.jit(lambda *arguments: function(Shard(jnp.int32(0), 1), *arguments))
    if device == jax.devices()[0]:
        return compiled
    return lambda *arguments: compiled(*jax.device_put(arguments, device))
