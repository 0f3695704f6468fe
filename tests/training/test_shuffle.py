"""An epoch's order is a permutation, and each position can be computed by itself."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.training.shuffle import epoch_order


@pytest.mark.parametrize("count", [1, 2, 3, 7, 64, 1000])
def test_an_epoch_holds_each_item_once(count):
    order = jax.jit(epoch_order, static_argnums=3)
    epochs = [
        np.asarray(order(jax.random.key(1), jnp.int32(e), jnp.arange(count), count))
        for e in range(3)
    ]
    for epoch in epochs:
        np.testing.assert_array_equal(np.sort(epoch), np.arange(count))
    if count > 60:
        assert np.mean(epochs[0] == epochs[1]) < 0.1
        # Neighbours in the order are not neighbours in the corpus.
        distances = np.abs(np.diff(epochs[0]))
        assert abs(distances.mean() / (count / 3) - 1) < 0.25
        assert abs(np.corrcoef(epochs[0], np.arange(count))[0, 1]) < 0.35


def test_any_position_can_be_computed_alone():
    key = jax.random.key(2)
    whole = epoch_order(key, jnp.int32(4), jnp.arange(50), 50)
    part = epoch_order(key, jnp.int32(4), jnp.arange(20, 30), 50)
    np.testing.assert_array_equal(whole[20:30], part)
