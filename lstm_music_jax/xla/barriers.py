"""Keeping XLA from fusing what is faster apart."""

import jax

from lstm_music_jax.types import PyTree


def materialise(tree: PyTree) -> PyTree:
    """Return `tree`, computed in full before anything that reads it.

    XLA fuses no operation across this point.
    """
    return jax.lax.optimization_barrier(tree)


def materialise_on_cpu(tree: PyTree) -> PyTree:
    """Return `tree`; only a program for a CPU computes it in full first."""
    return jax.lax.platform_dependent(tree, cpu=materialise, default=lambda tree: tree)
