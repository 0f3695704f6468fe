"""The sort by bit patterns, and the place of the largest, against NumPy's."""

import jax.numpy as jnp
import numpy as np
from hypothesis import given, strategies as st

from lstm_music_jax.xla.ordering import descending, largest


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=40))
def test_descending_equals_numpy(numbers):
    # In one shape, so that it is compiled once.
    numbers = np.resize(np.float32(numbers), 40)
    found = descending(jnp.asarray(numbers))
    np.testing.assert_array_equal(found, np.sort(numbers)[::-1])


# XLA takes subnormal numbers for zeros.
NORMAL = st.floats(width=32, allow_nan=False, allow_subnormal=False)


@given(st.lists(NORMAL, min_size=1, max_size=40))
def test_largest_equals_numpy(numbers):
    numbers = np.resize(np.float32(numbers), 40)
    found = largest(jnp.asarray(numbers))
    assert found.dtype == jnp.int32
    assert found == np.argmax(numbers)


def test_largest_is_a_place_even_where_there_is_none():
    assert largest(jnp.full(3, -jnp.inf)) == 0
    assert largest(jnp.full(3, jnp.nan)) == 2
