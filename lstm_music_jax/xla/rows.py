"""The gradient of reading rows of a table, in a form that XLA compiles to fast code."""

import jax
import jax.numpy as jnp

from lstm_music_jax.types import Array, Float, Int


def rows_gradient(
    table: Float[Array, "v o"],
    indices: Int[Array, "*b"],
    rows_bar: Float[Array, "*b o"],
) -> Float[Array, "v o"]:
    """Return the cotangent of a table whose rows were read by `table[indices]`.

    The result is that of `zeros.at[indices].add(rows_bar)`, but in a form for which XLA
    makes no copies.

    Args:
        table: the table that was read.
        indices: the indices of the rows.
        rows_bar: the cotangent of `table[indices]`.
    """
    one_row = jax.lax.ScatterDimensionNumbers((1, 2), (), (0,))
    return jax.lax.scatter_add(
        jnp.zeros_like(table),
        indices.reshape(-1, 1),
        rows_bar.reshape(-1, 1, rows_bar.shape[-1]),
        one_row,
    )
