"""Matrix products in the precision of the kernel, added up in float32."""

import jax
import jax.numpy as jnp

from lstm_music_jax.types import Array, Float


def product(
    inputs: Float[Array, "*b i"], kernel: Float[Array, "i o"]
) -> Float[Array, "*b o"]:
    """Return `inputs @ kernel`; where the kernel is bfloat16, inputs are rounded too.

    The result is float32 either way, and so is all arithmetic around it: what a GPU
    gains in bfloat16 is in the products.
    """
    if kernel.dtype != jnp.bfloat16:
        return inputs @ kernel
    return _rounded(inputs, kernel)


@jax.custom_vjp
def _rounded(inputs, kernel):
    return jnp.matmul(
        inputs.astype(kernel.dtype), kernel, preferred_element_type=jnp.float32
    )


def _forward(inputs, kernel):
    inputs = inputs.astype(kernel.dtype)
    return _rounded(inputs, kernel), (inputs, kernel)


def _backward(saved, outputs_bar):
    # By hand, because automatic differentiation would multiply float32 cotangents
    # with bfloat16 operands, which no hardware has a fast product for.
    inputs, kernel = saved
    outputs_bar = outputs_bar.astype(kernel.dtype)
    rows = inputs.reshape(-1, inputs.shape[-1])
    kernel_bar = _rounded(rows.T, outputs_bar.reshape(-1, outputs_bar.shape[-1]))
    return _rounded(outputs_bar, kernel.T), kernel_bar.astype(kernel.dtype)


_rounded.defvjp(_forward, _backward)
