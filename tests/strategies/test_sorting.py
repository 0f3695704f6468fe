"""The sort by bit patterns against NumPy's."""

import jax.numpy as jnp
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lstm_music_jax.strategies.sorting import descending


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=40))
def test_descending_equals_numpy(numbers):
    # In one shape, so that it is compiled once.
    numbers = np.resize(np.float32(numbers), 40)
    found = descending(jnp.asarray(numbers))
    np.testing.assert_array_equal(found, np.sort(numbers)[::-1])
