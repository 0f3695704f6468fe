"""Barriers that keep XLA from fusing operations that are faster when not fused."""

import jax

from lstm_music_jax.types import PyTree


def materialise(tree: PyTree) -> PyTree:
    """Return `tree`, which is computed in full before any operation reads it.

    XLA does not fuse operations across this point.
    """
    return jax.lax.optimization_barrier(tree)


def materialise_on_cpu(tree: PyTree) -> PyTree:
    """Return `materialise(tree)` in programs for a CPU, and `tree` in all others."""
    return jax.lax.platform_dependent(tree, cpu=materialise, default=lambda tree: tree)
