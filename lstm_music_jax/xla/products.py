"""Matrix products in the precision of the kernel, added up in float32."""

import math

import jax
import jax.numpy as jnp
from jax.custom_batching import custom_vmap

from lstm_music_jax.system.cores import count_cores
from lstm_music_jax.types import Array, Float

# Bytes from which on a kernel is worth sharing between a CPU's cores. Between how many
# has been measured with two only: in four parts a step then takes a tenth longer than
# in two, in eight about as long as whole.
_SHARED_FROM = 2**18
_MOST_PARTS = 8


@jax.custom_vjp
def product(
    inputs: Float[Array, "*b i"], kernel: Float[Array, "i o"]
) -> Float[Array, "*b o"]:
    """Return `inputs @ kernel`; where the kernel is bfloat16, inputs are rounded too.

    The result is float32 either way, and so is all arithmetic around it: what a GPU
    gains in bfloat16 is in the products.

    Differentiated by hand (backwards only). Automatic differentiation would transpose
    the cotangents to form the kernel's gradient, which costs a CPU a copy of them, and
    would multiply float32 cotangents with bfloat16 operands, which no hardware has a
    fast product for.
    """
    inputs = inputs.astype(kernel.dtype)
    multiply = _multiply_row if inputs.ndim == 1 else _multiply
    return multiply(inputs, kernel)


def kernel_gradient(
    inputs: Float[Array, "*b i"],
    kernel: Float[Array, "i o"],
    outputs_bar: Float[Array, "*b o"],
) -> Float[Array, "i o"]:
    """Return the kernel's cotangent from that of `product(inputs, kernel)`.

    One plain product: an einsum over two axes is a fifth slower on a CPU.
    """
    rows, outputs_bar = (
        array.reshape(-1, array.shape[-1]).astype(kernel.dtype)
        for array in (inputs, outputs_bar)
    )
    return _multiply(rows.T, outputs_bar).astype(kernel.dtype)


def transposed(kernel: Float[Array, "i o"]) -> Float[Array, "o i"]:
    """Return the transpose, written out.

    Without the barrier XLA would give the product the kernel and tell it to transpose:
    on a CPU 75 against 70 ms for a hundred products of 64 rows with 2048 x 512.
    """
    return jax.lax.optimization_barrier(kernel.T)


def _multiply(left, right):
    if right.dtype == jnp.bfloat16:
        return jnp.matmul(left, right, preferred_element_type=jnp.float32)
    return left @ right


@custom_vmap
def _multiply_row(row, kernel):
    """Multiply one row with a kernel, which is then read by all cores of a CPU."""
    return jax.lax.platform_dependent(row, kernel, cpu=_in_parts, default=_multiply)


@_multiply_row.def_vmap
def _multiply_rows(_, batched, rows, kernel):
    axes = [0 if is_batched else None for is_batched in batched]
    return jax.vmap(_multiply, axes)(rows, kernel), True


def _in_parts(row, kernel):
    """Form the product part by part of the row, and add up: a core takes a part.

    Whole, it is left to one core: a stream's step with 512 and 256 units then takes 1.6
    to 1.8 times as long as with two (jax 0.10 and 0.12).
    """
    parts = math.gcd(len(row), 2 ** int(math.log2(min(count_cores(), _MOST_PARTS))))
    if parts == 1 or kernel.nbytes < _SHARED_FROM:
        return _multiply(row, kernel)
    size = len(row) // parts
    sums = jax.lax.dot_general(
        row.reshape(parts, 1, size),
        kernel.reshape(parts, size, -1),
        (((2,), (1,)), ((0,), (0,))),
        preferred_element_type=jnp.float32,
    )
    return jnp.sum(sums, (0, 1))


def _forward(inputs, kernel):
    inputs = inputs.astype(kernel.dtype)
    return _multiply(inputs, kernel), (inputs, kernel)


def _backward(saved, outputs_bar):
    inputs, kernel = saved
    inputs_bar = _multiply(outputs_bar.astype(kernel.dtype), transposed(kernel))
    return inputs_bar, kernel_gradient(inputs, kernel, outputs_bar)


product.defvjp(_forward, _backward)
