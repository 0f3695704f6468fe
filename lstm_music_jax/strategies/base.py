"""The contract of a sampling strategy, and the two helpers every file here uses.

A strategy shapes the next symbol's distribution of one stream. It is a frozen
dataclass and a PyTree: its leaves are the hyperparameters (so that changing one
never recompiles, and `vmap` over stacked leaves is a sweep), its static fields the
sizes that fix shapes. The engine draws; a strategy never does.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from lstm_music_jax.types import Logits, PRNGKey, PyTree, Token

State = PyTree
Setting = Any  # a number; in a sweep an array of them
Hyperparameter = Any  # a float32 or int32 scalar; stacked in a sweep; traced under jit


class Strategy:
    """Three pure methods, written for one stream; only `apply` must be overridden.

    Two laws hold of most strategies, and one of which they do not hold says so:
    `shift_invariant` (adding a constant to all logits changes no probability) and
    `permutation_equivariant` (renaming the symbols renames the result).
    """

    shift_invariant: ClassVar[bool] = True
    permutation_equivariant: ClassVar[bool] = True

    def init(self, vocab_size: int) -> State:
        """Return the state before the first symbol; `()` for a stateless strategy."""
        return ()

    def apply(self, logits: Logits, state: State, key: PRNGKey) -> tuple[Logits, State]:
        """Return shaped logits, float32 `[v]`; `-inf` forbids a symbol.

        `logits` need not be normalised. `key` is this note's, and the strategy's own.
        """
        raise NotImplementedError

    def observe(self, token: Token, state: State) -> State:
        """Return the state after `token`: told every one once, the prompt's too."""
        return state


def hyperparameter(
    name: str,
    value: Setting,
    valid: Callable[[np.ndarray], np.ndarray],
    allowed: str,
    dtype: type = np.float32,
) -> Hyperparameter:
    """Return `value` as a leaf, checked: a number, or an array of settings to sweep.

    Raises:
        ValueError: naming the argument, its value and what is `allowed`.
    """
    given = np.asarray(value)
    numeric = given.dtype.kind in ("iu" if dtype is np.int32 else "iuf")
    # As float32 a tiny number may be 0 and a huge one infinite: that is what counts.
    with np.errstate(over="ignore"):
        leaf = given.astype(dtype) if numeric else given
    if not numeric or not np.all(np.isfinite(leaf)) or not np.all(valid(leaf)):
        raise ValueError(f"{name} is {value}; it must be {allowed}")
    return leaf[()]
