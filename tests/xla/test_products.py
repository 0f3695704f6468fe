"""The product of one row with a matrix, which the cores of a CPU share."""

import re
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.xla.products import product

KERNEL = jax.random.normal(jax.random.key(0), (256, 300))
ON_TWO = partial(product, cores=2)
ROWS = jax.random.normal(jax.random.key(1), (3, 256))


def parts(function, *arguments):
    """Return the number of parts of each product in the function's program."""
    program = jax.jit(function).lower(*arguments).as_text()
    batched = re.compile(r"batching_dims = \[(\d)\].* : \(tensor<([\dx]+)x\w+>,")
    lines = [line for line in program.splitlines() if "dot_general" in line]
    found = [batched.search(line) for line in lines]
    return [int(match[2].split("x")[int(match[1])]) if match else 1 for match in found]


@pytest.mark.parametrize(("count", "wanted"), [(1, 1), (2, 2), (3, 2), (8, 8), (64, 8)])
def test_the_product_of_one_row_is_split_into_parts(count, wanted):
    multiply = partial(product, cores=count)
    assert parts(multiply, ROWS[0], KERNEL) == [wanted]
    found = jax.jit(multiply)(ROWS[0], KERNEL)
    exact = np.float64(ROWS[0]) @ np.float64(KERNEL)
    np.testing.assert_allclose(found, exact, rtol=1e-5, atol=1e-4)


def test_products_with_bfloat16_kernels_are_summed_in_float32():
    kernel = jnp.tile(KERNEL, (1, 2)).astype(jnp.bfloat16)
    assert parts(ON_TWO, ROWS[0], kernel) == [2]
    found = jax.jit(ON_TWO)(ROWS[0], kernel)
    rounded = np.float64(ROWS[0].astype(jnp.bfloat16))
    assert found.dtype == jnp.float32
    np.testing.assert_allclose(found, rounded @ np.float64(kernel), atol=1e-4)


def test_the_product_of_several_rows_is_not_split():
    rows = jax.vmap(ON_TWO, (0, None))
    assert parts(rows, ROWS, KERNEL) == [1]
    np.testing.assert_allclose(rows(ROWS, KERNEL), ROWS @ KERNEL, atol=1e-4)


def test_each_row_may_have_its_own_kernel():
    kernels = jnp.stack([KERNEL, 2 * KERNEL, -KERNEL])
    found = jax.vmap(ON_TWO)(ROWS, kernels)
    exact = np.einsum("bi,bio->bo", np.float64(ROWS), np.float64(kernels))
    np.testing.assert_allclose(found, exact, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("shape", [(256, 200), (255, 300)], ids=["small", "odd"])
def test_small_and_odd_kernels_are_not_split(shape):
    kernel = jnp.ones(shape)
    assert parts(ON_TWO, jnp.ones(shape[0]), kernel) == [1]


def test_gradients_are_those_of_the_product():
    row_bar, kernel_bar = jax.grad(
        lambda row, kernel: jnp.sum(ON_TWO(row, kernel) ** 2), (0, 1)
    )(ROWS[0], KERNEL)
    outputs_bar = 2 * (ROWS[0] @ KERNEL)
    np.testing.assert_allclose(row_bar, KERNEL @ outputs_bar, rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(
        kernel_bar, jnp.outer(ROWS[0], outputs_bar), rtol=1e-4, atol=1e-3
    )
