"""Barriers that keep XLA from fusing operations that are faster when not fused."""

import jax

from lstm_music_jax.types import PyTree


def materialise(tree: PyTree) -> PyTree:
    """Return `tree` unchanged; XLA computes all of it before any operation reads it.

    So XLA does not fuse the operations that make `tree` with those that read it.
    """
    return jax.lax.optimization_barrier(tree)


def materialise_on_cpu(tree: PyTree) -> PyTree:
    """Return `materialise(tree)` if the program is compiled for a CPU, else `tree`."""
    return jax.lax.platform_dependent(tree, cpu=materialise, default=lambda tree: tree)
