"""Running one function on one device or on several.

Only this module spreads work over devices; other modules may choose which ones. One
device runs the function under `jit`; several devices run it under `pmap`. The function
receives a `Shard`, which says which part of the work this device does. Through the
shard, it sums or gathers the results of all devices. So it need not know how many
devices there are.
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

    Work is split by the rows of a batch.

    Attributes:
        index: index of this part, from 0.
        count: how many parts there are, one per device.
    """

    index: Int[Array, ""]
    count: int

    def rows(self, total: int) -> Int[Array, "b"]:
        """Return the indices of the rows that this shard computes, of `total` rows.

        Shard 0 computes the first `total / count` rows, shard 1 the next ones, and so
        on. `count` must divide `total`.
        """
        require_divisible(total, self.count)
        return self.index * (total // self.count) + jnp.arange(total // self.count)

    def padded_rows(self, total: int) -> Int[Array, "b"]:
        """Return the indices of the rows that this shard computes, for any `total`.

        This differs from `rows` only if `count` does not divide `total`. Then the index
        of the last row is repeated, so that all shards get equally many indices. After
        `gather`, the first `total` rows are those of the batch, and the caller must
        drop the rest.
        """
        padded = -(-total // self.count) * self.count
        return jnp.minimum(self.rows(padded), total - 1)

    def sum(self, tree: PyTree) -> PyTree:
        """Return the sum of a PyTree over all shards, leaf by leaf."""
        return tree if self.count == 1 else jax.lax.psum(tree, _AXIS)

    def gather(self, tree: PyTree, axis: int = 0) -> PyTree:
        """Join the arrays of all shards along an axis; every shard gets the result.

        The arrays are joined in the order of the shards. So if each shard computed the
        rows that `rows` gave it, the result has the rows of the batch in their order.
        """
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
    """Compile `function(shard, *arguments)` for the given devices, by default for all.

    The compiled function takes `arguments` only. On each device it calls `function`
    with the shard of the device and with these arguments. All devices must return the
    same result. So a function that computes different values in each shard must combine
    them by `shard.sum` or `shard.gather`. If some devices belong to other processes,
    those processes must call the compiled function too, with equal arguments.
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
    """Compile a function for one device.

    Arguments are moved to the device, unless it is the first one, which JAX uses by
    default.
    """
    compiled = jax.jit(lambda *arguments: function(Shard(jnp.int32(0), 1), *arguments))
    if device == jax.devices()[0]:
        return compiled
    return lambda *arguments: compiled(*jax.device_put(arguments, device))
