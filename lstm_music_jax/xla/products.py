"""Products of inputs and kernels, multiplied in the kernel's dtype, summed in float32.

A kernel is a matrix of parameters. It is float32 or bfloat16.
"""

import math
from functools import cache, partial

import jax
import jax.numpy as jnp
from jax.custom_batching import custom_vmap

from lstm_music_jax.types import Array, Float
from lstm_music_jax.xla.barriers import materialise

# If a kernel has this many bytes or more, sharing its product among cores saves time.
_SHARED_FROM = 2**18
# On two cores, a product in four parts takes a tenth longer than one in two parts. A
# product in eight parts takes as long as an undivided one. More cores have not been
# measured.
_MOST_PARTS = 8


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def product(
    inputs: Float[Array, "*b i"], kernel: Float[Array, "i o"], cores: int = 1
) -> Float[Array, "*b o"]:
    """Return `inputs @ kernel` in float32, after rounding inputs to the kernel's dtype.

    The result is float32 for a bfloat16 kernel too, because bfloat16 speeds up only
    products.

    The backward pass is written by hand. Automatic differentiation would transpose the
    cotangents to form the kernel's gradient, and a CPU would copy them for that. It
    would also multiply float32 cotangents by bfloat16 operands, for which no hardware
    has a fast product.

    Args:
        inputs: one row, or many rows.
        kernel: float32 or bfloat16.
        cores: number of CPU cores that share the product if `inputs` is one row. It
            decides the order of the sum, and so the rounding.
    """
    inputs = inputs.astype(kernel.dtype)
    multiply = _row_product(cores) if inputs.ndim == 1 else _multiply
    return multiply(inputs, kernel)


def kernel_gradient(
    inputs: Float[Array, "*b i"],
    kernel: Float[Array, "i o"],
    outputs_bar: Float[Array, "*b o"],
) -> Float[Array, "i o"]:
    """Return the cotangent of the kernel in `product(inputs, kernel)`.

    It is computed by one matrix product. An einsum over two axes is a fifth slower on a
    CPU.

    Args:
        inputs: the inputs of the product.
        kernel: the kernel of the product.
        outputs_bar: the cotangent of the result of the product.
    """
    rows, outputs_bar = (
        array.reshape(-1, array.shape[-1]).astype(kernel.dtype)
        for array in (inputs, outputs_bar)
    )
    return _multiply(rows.T, outputs_bar).astype(kernel.dtype)


def transposed(kernel: Float[Array, "i o"]) -> Float[Array, "o i"]:
    """Return the transpose of a kernel, stored as an array of its own.

    Otherwise XLA would read the original kernel column by column in every product. On a
    CPU, a hundred products of 64 rows with 2048 x 512 would take 75 ms instead of 70.
    """
    return materialise(kernel.T)


def _multiply(left, right):
    if right.dtype == jnp.bfloat16:
        return jnp.matmul(left, right, preferred_element_type=jnp.float32)
    return left @ right


@cache
def _row_product(cores):
    """Return a function that multiplies one row by a kernel on several CPU cores.

    Under `vmap`, it multiplies many rows in one ordinary product.
    """
    in_parts = partial(_in_parts, cores)

    @custom_vmap
    def multiply_row(row, kernel):
        return jax.lax.platform_dependent(row, kernel, cpu=in_parts, default=_multiply)

    @multiply_row.def_vmap
    def multiply_rows(_, batched, rows, kernel):
        axes = [0 if is_batched else None for is_batched in batched]
        return jax.vmap(_multiply, axes)(rows, kernel), True

    return multiply_row


def _in_parts(cores, row, kernel):
    """Return `row @ kernel`, as a sum of products that several CPU cores compute.

    The row and the kernel are cut into parts, and each core multiplies one part. XLA
    alone would give the whole product to one core. Then a step of one stream with 512
    and 256 units takes 1.6 to 1.8 times as long as with two cores (jax 0.10 and 0.12).

    Args:
        cores: number of cores to use. The number of parts is the largest power of two
            that is at most `cores` and at most 8, and that divides the length of the
            row. A small kernel is not cut.
        row: one row of inputs.
        kernel: the kernel.
    """
    parts = math.gcd(len(row), 2 ** int(math.log2(min(cores, _MOST_PARTS))))
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


def _forward(inputs, kernel, cores):
    inputs = inputs.astype(kernel.dtype)
    return _multiply(inputs, kernel), (inputs, kernel)


def _backward(cores, saved, outputs_bar):
    inputs, kernel = saved
    inputs_bar = _multiply(outputs_bar.astype(kernel.dtype), transposed(kernel))
    return inputs_bar, kernel_gradient(inputs, kernel, outputs_bar)


product.defvjp(_forward, _backward)
