"""The contract of a sampling strategy, and helpers that many strategies use.

A strategy shapes the distribution of the next symbol of one stream, which is a sequence
that is generated. A strategy never draws a symbol; the engine of `generate` does.
"""

import dataclasses
from collections.abc import Callable, Iterator
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from lstm_music_jax.pytrees import Checked
from lstm_music_jax.types import Array, Bool, Int, Logits, PRNGKey, PyTree, Token


class Strategy(Checked):
    """Base class of strategies, with pure methods that are written for one stream.

    Override at least `apply`. The state of a strategy is what it remembers of the
    stream: `init` makes it, and `apply` and `observe` return a new one.

    A subclass is a frozen dataclass and a PyTree without any decorator. Its leaves are
    the hyperparameters: a new value recompiles only if it has another shape. A sweep is
    a `vmap` over stacked leaves, one entry per setting. Static fields are not leaves: a
    new value compiles a new program. Tables are large leaves that all settings of a
    sweep share. Functions of the module `fields` declare the fields. Numbers, ids,
    sizes and flags are checked and cast when the strategy is made.

    Most strategies obey two laws. A strategy that breaks a law sets the class attribute
    with the name of the law to False.
    `shift_invariant`: adding a constant to all logits changes no probability.
    `permutation_equivariant`: if the ids of the symbols are permuted, the shaped logits
    are permuted alike.

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

    A traced number cannot be checked. So make a strategy outside of functions that
    `jit`, `grad` or `vmap` trace, and pass it in: it is a PyTree.
    """

    shift_invariant: ClassVar[bool] = True
    permutation_equivariant: ClassVar[bool] = True

    def check_vocabulary(self, vocab_size: int) -> None:
        """Raise ValueError if the strategy does not fit a vocabulary of this size.

        `generate` and `sweep` call this before they compile, also for the stages of a
        chain. Unless overridden, it checks that all ids in the fields of the strategy
        are below `vocab_size`. `ids`, `one_id` and `sequences` of `fields` declare such
        fields. Traced ids are not checked.
        """
        for field in dataclasses.fields(self):  # type: ignore[arg-type]
            value = getattr(self, field.name)
            if "ids" not in field.metadata or isinstance(value, jax.core.Tracer):
                continue
            rows = value if isinstance(value, tuple) else [np.ravel(value)]
            ids = np.concatenate(rows)
            beyond = ids[ids >= vocab_size]
            if beyond.size:
                raise ValueError(
                    f"{field.name} of {type(self).__name__} holds the id {beyond[0]}; "
                    f"ids must be from 0 to {vocab_size - 1}"
                )

    def init(self, vocab_size: int) -> PyTree:
        """Return the state before the first symbol; `()` for a stateless strategy."""
        return ()

    def apply(
        self, logits: Logits, state: PyTree, key: PRNGKey
    ) -> tuple[Logits, PyTree]:
        """Return shaped logits, float32 `[v]`, and the new state.

        This is called once for every symbol that is drawn, before it is drawn. A logit
        of -inf forbids a symbol. `logits` need not be normalised. Every strategy of a
        chain gets its own `key` for every symbol.
        """
        raise NotImplementedError

    def observe(self, token: Token, state: PyTree) -> PyTree:
        """Return the state after `token` was added to the stream.

        This is called once for every symbol of the stream, first for the symbols of the
        prompt, then for the drawn symbols.
        """
        return state


def parts(strategy: Strategy) -> Iterator[Strategy]:
    """Yield a strategy and all strategies within it, such as the stages of a chain.

    `strategies_of` finds the strategies within another one.
    """
    yield strategy
    for part in strategies_of(strategy):
        yield from parts(part)


def strategies_of(holder: Checked) -> Iterator[Strategy]:
    """Yield the strategies that the fields of an object hold, such as a chain's stages.

    A field holds one strategy, or several in a tuple. A field that is shared between
    the settings of a sweep is left out, because it may hold another stage of the same
    chain.
    """
    for field in dataclasses.fields(holder):  # type: ignore[arg-type]
        if field.metadata.get("shared"):
            continue
        value = getattr(holder, field.name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Strategy):
                yield part


def observe_all(strategy: Strategy, prompt: Int[Array, "p"], vocab_size: int) -> PyTree:
    """Return the state of a strategy after it has observed a prompt."""
    state, _ = jax.lax.scan(
        lambda state, token: (strategy.observe(token, state), None),
        strategy.init(vocab_size),
        prompt,
    )
    return state


def forbid_unless(keep: Bool[Array, "v"], logits: Logits) -> Logits:
    """Return `logits` with -inf where `keep` is False."""
    return jnp.where(keep, logits, -jnp.inf)


def where_possible(logits: Logits, change: Callable[[Logits], Logits]) -> Logits:
    """Return `change(logits)`, but -inf where `logits` is -inf.

    `change` gets 0 in place of each -inf. A -inf times 0 would give NaN, and a NaN
    gradient.
    """
    possible = logits != -jnp.inf  # also NaN, which must not pass for a forbidden one
    changed = change(jnp.where(possible, logits, 0.0))
    return jnp.where(possible, changed, -jnp.inf)


def unless_empty(shaped: Logits, logits: Logits) -> tuple[Logits, Bool[Array, ""]]:
    """Return `shaped`, or `logits` if `shaped` is all -inf.

    Also return whether `shaped` is all -inf.
    """
    empty = jnp.all(shaped == -jnp.inf)
    return jnp.where(empty, logits, shaped), empty
