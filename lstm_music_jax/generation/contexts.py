"""What the model remembers of the music so far.

A context turns a model into two functions of one stream:

    prefill(model, prompt [p]) -> memory, logits    of the symbol after the prompt
    step(model, memory, token) -> memory, logits    of the symbol after the token

A model is known here by `initial_state`, `step` and `unroll` alone.
"""

from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp

from lstm_music_jax.strategies.base import pytree, static
from lstm_music_jax.types import Array, Int, Logits, PyTree, Token

Model = Any
Memory = PyTree


@runtime_checkable
class Context(Protocol):
    """The two functions; see the module's text."""

    def prefill(self, model: Model, prompt: Int[Array, "p"]) -> tuple[Memory, Logits]:
        """Read a prompt of at least one symbol."""
        ...

    def step(self, model: Model, memory: Memory, token: Token) -> tuple[Memory, Logits]:
        """Read one more symbol."""
        ...


@pytree
class Carried:
    """The LSTM's state goes on for ever: one step a note, nothing forgotten by rule."""

    def prefill(self, model: Model, prompt: Int[Array, "p"]) -> tuple[Memory, Logits]:
        """Unroll over the prompt from the zero state."""
        states, logits = model.unroll(prompt[None])
        return jax.tree.map(lambda leaf: leaf[0], states), logits[0, -1]

    def step(self, model: Model, memory: Memory, token: Token) -> tuple[Memory, Logits]:
        """Take one step."""
        return model.step(memory, token)


@pytree
class SlidingWindow:
    """Every note is predicted from the last `window` notes, from the zero state.

    This is what re-running the model over the window gives (over all notes, while
    they are fewer), at depth one: `window` states are kept whose starts are one note
    apart. Each new note advances all of them, in one matrix product over `window`
    rows; the oldest, which has then read exactly the last `window` notes, is read
    out and leaves, and a zero state joins. The arithmetic is that of re-running, the
    number of sequential steps falls from window x notes to window + notes.

    Before `window` notes have been read, the oldest states all equal the one that
    started with the first note.
    """

    window: int = static()

    def __post_init__(self) -> None:
        """Raise ValueError for a window below 1."""
        if self.window < 1:
            raise ValueError(f"window is {self.window}; it must be at least 1")

    def prefill(self, model: Model, prompt: Int[Array, "p"]) -> tuple[Memory, Logits]:
        """Step over the last `window` symbols of the prompt from zero states."""
        states = jax.tree.map(
            lambda leaf: jnp.zeros((self.window, *leaf.shape), leaf.dtype),
            model.initial_state(),
        )
        prompt = prompt[-self.window :]
        states, logits = self.step(model, states, prompt[0])
        (states, logits), _ = jax.lax.scan(
            lambda carry, token: (self.step(model, carry[0], token), None),
            (states, logits),
            prompt[1:],
        )
        return states, logits

    def step(self, model: Model, memory: Memory, token: Token) -> tuple[Memory, Logits]:
        """Advance all states, read the oldest, let it go, let a zero state join."""
        states, logits = jax.vmap(model.step, (0, None))(memory, token)
        memory = jax.tree.map(
            lambda leaf, zero: jnp.concatenate([leaf[1:], zero[None]]),
            states,
            model.initial_state(),
        )
        return memory, logits[0]
