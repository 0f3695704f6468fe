"""The sort on bit patterns, the largest and the smallest, compared with NumPy."""

import jax
import jax.numpy as jnp
import numpy as np
from hypothesis import given, strategies as st

from lstm_music_jax.xla.ordering import descending, largest, smallest


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=40))
def test_descending_equals_numpy(numbers):
    # All examples have one shape, so that the function is compiled once.
    numbers = np.resize(np.float32(numbers), 40)
    found = descending(jnp.asarray(numbers))
    np.testing.assert_array_equal(found, np.sort(numbers)[::-1])


# Subnormal numbers are left out, because XLA treats them as zeros.
NORMAL = st.floats(width=32, allow_nan=False, allow_subnormal=False)


@given(st.lists(NORMAL, min_size=1, max_size=40))
def test_largest_equals_numpy(numbers):
    numbers = np.resize(np.float32(numbers), 40)
    found = largest(jnp.asarray(numbers))
    assert found.dtype == jnp.int32
    assert found == np.argmax(numbers)


def test_largest_is_an_index_even_if_all_are_minus_infinity_or_nan():
    assert largest(jnp.full(3, -jnp.inf)) == 0
    assert largest(jnp.full(3, jnp.nan)) == 2


@given(st.sets(st.integers(0, 2**32 - 1), min_size=9, max_size=9), st.integers(0, 8))
def test_smallest_equals_numpy(numbers, count):
    numbers = np.array(list(numbers), np.uint32)
    found = jax.jit(smallest)(numbers, jnp.int32(count))
    assert set(np.flatnonzero(found)) == set(np.argsort(numbers)[:count])
