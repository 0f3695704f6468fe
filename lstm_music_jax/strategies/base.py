"""The contract of a sampling strategy, and helpers that many strategies use.

A strategy shapes the distribution of the next symbol of one stream. It never draws a
symbol, because the engine does that.
"""

from typing import ClassVar

import jax.numpy as jnp

from lstm_music_jax.pytrees import Checked
from lstm_music_jax.types import Array, Bool, Logits, PRNGKey, PyTree, Token


class Strategy(Checked):
    """Base class of strategies, with pure methods that are written for one stream.

    Override at least `apply`.

    A subclass is a frozen dataclass and a PyTree without any decorator. Its leaves are
    the hyperparameters: changing one never recompiles, and `vmap` over stacked leaves
    is a sweep. Its static fields fix shapes. Each field is declared by a function of
    `fields`. Its value is checked and cast when the strategy is made.

    Most strategies obey two laws. A strategy that breaks one sets its flag to False.
    `shift_invariant`: adding a constant to all logits changes no probability.
    `permutation_equivariant`: renaming the symbols renames the result.

    >>> from lstm_music_jax.fields import Number, number
    >>> class Sharpen(Strategy):
    ...     power: Number = number(above=0, at_most=8, default=2)
    ...     def apply(self, logits, state, key):
    ...         return self.power * logits, state
    >>> Sharpen(0.5)
    Sharpen(0.5)
    >>> Sharpen(9)
    Traceback (most recent call last):
        ...
    ValueError: power of Sharpen is 9; it must be in (0, 8]
    """

    shift_invariant: ClassVar[bool] = True
    permutation_equivariant: ClassVar[bool] = True

    def init(self, vocab_size: int) -> PyTree:
        """Return the state before the first symbol; `()` for a stateless strategy."""
        return ()

    def apply(
        self, logits: Logits, state: PyTree, key: PRNGKey
    ) -> tuple[Logits, PyTree]:
        """Return shaped logits, float32 `[v]`, and the new state.

        A logit of -inf forbids a symbol. `logits` need not be normalised. Every
        strategy of a chain gets its own `key` for every symbol that is drawn.
        """
        raise NotImplementedError

    def observe(self, token: Token, state: PyTree) -> PyTree:
        """Return the state after `token`; called once for every symbol of the stream.

        The symbols of the prompt come first.
        """
        return state


def forbid_unless(keep: Bool[Array, "v"], logits: Logits) -> Logits:
    """Return `logits` with -inf where `keep` is false."""
    return jnp.where(keep, logits, -jnp.inf)


def unless_empty(shaped: Logits, logits: Logits) -> tuple[Logits, Bool[Array, ""]]:
    """Return `shaped`, or `logits` if `shaped` is all -inf; and whether it is."""
    empty = jnp.all(shaped == -jnp.inf)
    return jnp.where(empty, logits, shaped), empty
