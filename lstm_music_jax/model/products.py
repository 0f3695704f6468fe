"""Matrix products in the precision of the kernel, added up in float32."""

import jax
import jax.numpy as jnp

from lstm_music_jax.types import Array, Float


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
    return _multiply(inputs.astype(kernel.dtype), kernel)


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


def _forward(inputs, kernel):
    inputs = inputs.astype(kernel.dtype)
    return _multiply(inputs, kernel), (inputs, kernel)


def _backward(saved, outputs_bar):
    inputs, kernel = saved
    inputs_bar = _multiply(outputs_bar.astype(kernel.dtype), transposed(kernel))
    return inputs_bar, kernel_gradient(inputs, kernel, outputs_bar)


product.defvjp(_forward, _backward)
