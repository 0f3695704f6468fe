"""Comparisons that the laws make, and the exception that reports a broken law."""

import dataclasses
from collections.abc import Callable
from functools import cache

import jax
import numpy as np

# Tolerance of probabilities and log-probabilities. Sharpening a distribution enlarges
# the rounding errors of float32.
TOLERANCE = 1e-4


class Broken(Exception):  # noqa: N818
    """Raised if a strategy breaks a law; the message says what was found."""


def require(holds, found: str) -> None:
    """Raise Broken with the message `found` unless `holds`."""
    if not holds:
        raise Broken(found)


def require_equal(wanted, found, what: str | Callable[[tuple[int, ...]], str]) -> None:
    """Raise Broken unless two arrays of logits give the same distributions.

    Both arrays must forbid the same symbols. Probabilities may differ by `TOLERANCE`.
    `what` describes the comparison in the message; see `require_none`.
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
        what: a description of these entries for the message. It is a text, or a
            function from the index of the first entry to a text.
        *arrays: arrays of the same shape. The message holds their values at the first
            such entry.
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
    """Return a copy of a NumPy array, or a JAX array itself, which cannot change."""
    return leaf if isinstance(leaf, jax.Array) else np.array(leaf)


def kind(state) -> str:
    """Return the dtypes and shapes of the leaves of a state, as text."""
    described = jax.tree.map(lambda leaf: f"{leaf.dtype}{list(leaf.shape)}", state)
    return str(described).replace("'", "")


@cache
def class_like(fields: tuple[tuple[str, bool], ...]) -> type:
    """Return a new dataclass that `jax.tree_util` has registered as a PyTree.

    `fields` holds the name of each field, and whether it is static.
    """
    return jax.tree_util.register_dataclass(
        dataclasses.make_dataclass("Other", [name for name, _ in fields]),
        data_fields=[name for name, is_static in fields if not is_static],
        meta_fields=[name for name, is_static in fields if is_static],
    )
