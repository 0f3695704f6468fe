"""Mapping over streams in parts gives the same as mapping over all together."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.xla.batching import default_parallel_streams, map_in_parts


@pytest.mark.parametrize("most", [1, 2, 3, 5, 7, 100])
def test_parts_give_the_same_as_the_whole(most):
    rows, tree = jnp.arange(7.0), {"x": jnp.arange(21.0).reshape(7, 3)}
    sums = map_in_parts(lambda row, leaf: row + jnp.sum(leaf["x"]), most, rows, tree)
    np.testing.assert_array_equal(sums, rows + tree["x"].sum(axis=1))


def test_a_cpu_draws_1024_streams_at_once():
    devices = jax.devices("cpu")
    assert default_parallel_streams(4096, devices) == 1024
    assert default_parallel_streams(12, devices) == 12
