"""Comparisons that the laws make, and the exception that reports a broken law.

A law is a property that every strategy, or every decoder, must have.
"""

import dataclasses
from collections.abc import Callable
from functools import cache

import jax
import numpy as np

# Tolerance of probabilities and log-probabilities. Sharpening a distribution enlarges
# the rounding errors of float32.
TOLERANCE = 1e-4


class Broken(Exception):  # noqa: N818
    """Raised if a strategy or a decoder breaks a law; the message says how."""


def require(holds, found: str) -> None:
    """Raise Broken with the message `found` unless `holds`."""
    if not holds:
        raise Broken(found)


def require_equal(wanted, found, what: str | Callable[[tuple[int, ...]], str]) -> None:
    """Raise Broken unless two arrays of logits give the same distributions.

    Both arrays must forbid the same symbols, by -inf. Probabilities may differ by
    `TOLERANCE`. NaN counts as -inf here, because `no_nan_or_infinity` looks for it.

    Args:
        wanted: logits, whose last axis is the vocabulary.
        found: logits of the same shape.
        what: a description of the comparison for the message, as in `require_none`.
    """
    differ = (wanted > -np.inf) != (found > -np.inf)
    differ |= np.abs(_probabilities(wanted) - _probabilities(found)) > TOLERANCE
    require_none(differ, what, wanted, found)


def _probabilities(logits):
    finite = np.where(np.isfinite(logits), logits, -np.inf).astype(np.float64)
    top = finite.max(-1, keepdims=True)
    weights = np.exp(finite - np.where(top > -np.inf, top, 0.0))
    return weights / np.maximum(weights.sum(-1, keepdims=True), 1e-300)


def require_none(bad, what: str | Callable[[tuple[int, ...]], str], *arrays) -> None:
    """Raise Broken if any entry of `bad` is True.

    Args:
        bad: True for each entry that is wrong.
        what: a description of the wrong entries for the message. It is a text, or a
            function that returns a text for the index of the first wrong entry.
        *arrays: arrays of the same shape as `bad`. The message holds their values at
            the first wrong entry.
    """
    if bad.any():
        at = tuple(int(i) for i in np.argwhere(bad)[0])
        values = " became ".join(str(array[at]) for array in arrays)
        text = what if isinstance(what, str) else what(at)
        raise Broken(f"{text}: {bad.sum()} entries, the first at {at}: {values}")


def host(tree):
    """Return the leaves of a PyTree as NumPy arrays; a random key becomes its bits."""
    return [
        np.asarray(jax.random.key_data(leaf) if is_key(leaf) else leaf)
        for leaf in jax.tree.leaves(tree)
    ]


def is_key(leaf) -> bool:
    """Return whether a leaf of a PyTree holds random keys, and not numbers."""
    return hasattr(leaf, "dtype") and jax.dtypes.issubdtype(
        leaf.dtype, jax.dtypes.prng_key
    )


def copied(leaf):
    """Return a copy of a leaf that later changes of the leaf do not reach.

    A JAX array cannot change, so it is returned itself.
    """
    return leaf if isinstance(leaf, jax.Array) else np.array(leaf)


def kind(state) -> str:
    """Return the structure of a state, with its dtypes and shapes, as text."""
    described = jax.tree.map(lambda leaf: f"{leaf.dtype}{list(leaf.shape)}", state)
    return str(described).replace("'", "")


@cache
def class_like(fields: tuple[tuple[str, bool], ...]) -> type:
    """Return a dataclass with the given fields that JAX has registered as a PyTree.

    `fields` holds the name of each field, and whether it is static.
    """
    return jax.tree_util.register_dataclass(
        dataclasses.make_dataclass("Other", [name for name, _ in fields]),
        data_fields=[name for name, is_static in fields if not is_static],
        meta_fields=[name for name, is_static in fields if is_static],
    )
