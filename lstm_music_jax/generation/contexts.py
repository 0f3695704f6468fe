"""What the model remembers of the music so far.

A context turns a model into two functions of one stream:

    prefill(model, prompt [p]) -> memory            of the prompt, which may be empty
    step(model, memory, token) -> memory, logits    of the symbol after the token

The last symbol of what is to be continued is read by the first step, not by `prefill`:
so there are as many steps as symbols drawn, none for logits that nobody draws from.

A model is known here by `initial_state`, `step` and `unroll`, and by the two halves of
`step`, `advance(state, token) -> state` and `readout(state) -> logits`.
"""

from itertools import pairwise
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp

from lstm_music_jax.pytrees import pytree, static
from lstm_music_jax.types import Array, Int, Logits, PyTree, Token

Model = Any
Memory = PyTree


@runtime_checkable
class Context(Protocol):
    """The two functions; see the module's text."""

    def prefill(self, model: Model, prompt: Int[Array, "p"]) -> Memory:
        """Read symbols, none perhaps."""
        ...

    def step(self, model: Model, memory: Memory, token: Token) -> tuple[Memory, Logits]:
        """Read one more symbol."""
        ...


@pytree
class Carried:
    """The LSTM's state goes on for ever: one step a note, nothing forgotten by rule."""

    def prefill(self, model: Model, prompt: Int[Array, "p"]) -> Memory:
        """Unroll over the prompt from the zero state."""
        if len(prompt) == 0:
            return model.initial_state()
        states, _ = model.unroll(prompt[None])
        return jax.tree.map(lambda leaf: leaf[0], states)

    def step(self, model: Model, memory: Memory, token: Token) -> tuple[Memory, Logits]:
        """Take one step."""
        return model.step(memory, token)


class WindowMemory(NamedTuple):
    """States whose starts are one note apart, `[w ...]`, and which came last."""

    states: PyTree
    youngest: Int[Array, ""]


@pytree
class SlidingWindow:
    """Every note is predicted from the last `window` notes, from the zero state.

    This is what re-running the model over the window gives (over all notes, while
    they are fewer), at depth one: `window` states are kept whose starts are one note
    apart. Each new note sets the oldest to zero, makes it the youngest, and advances
    all of them, in one matrix product over `window` rows; the one that is now the
    oldest has then read exactly the last `window` notes, and is read out. The
    arithmetic is that of re-running, the number of sequential steps falls from
    window x notes to window + notes.

    Before `window` notes have been read, the oldest states all equal the one that
    started with the first note.
    """

    window: int = static()

    def __post_init__(self) -> None:
        """Raise ValueError for a window below 1."""
        if self.window < 1:
            raise ValueError(f"window is {self.window}; it must be at least 1")

    def prefill(self, model: Model, prompt: Int[Array, "p"]) -> WindowMemory:
        """Read what a window has room for beside the next; a state starts with each.

        In a few parts, each with as many rows as states have started by its end: with
        all rows from the first symbol on, half of the products would be for nothing.
        """
        read = min(len(prompt), self.window - 1)
        prompt = prompt[len(prompt) - read :]
        ends = sorted({-(-read * part // _PARTS) for part in range(_PARTS + 1)})
        # What has read nothing is the zero state, as often as it is asked for below.
        states = _fresh(model, 0 if read else 1)
        for begin, end in pairwise(ends):
            states, _ = jax.lax.scan(
                lambda states, start: (_start(model, states, *start), None),
                jax.tree.map(_joined, states, _fresh(model, end - begin)),
                (jnp.arange(begin, end), prompt[begin:end]),
            )
        rows = jnp.maximum(jnp.arange(self.window) - (self.window - read), 0)
        states = jax.tree.map(lambda leaf: leaf[rows], states)
        return WindowMemory(states, jnp.int32(self.window - 1))

    def step(
        self, model: Model, memory: WindowMemory, token: Token
    ) -> tuple[WindowMemory, Logits]:
        """Start with the oldest anew, advance all states, read the oldest out."""
        youngest = (memory.youngest + 1) % self.window
        states = _start(model, memory.states, youngest, token)
        oldest = (youngest + 1) % self.window
        logits = model.readout(jax.tree.map(lambda leaf: leaf[oldest], states))
        return WindowMemory(states, youngest), logits


# Four parts do 5/8 of the products. More would gain little, and each is compiled.
_PARTS = 4


def _start(model, states, row, token):
    """Set one state to zero, and let all read a symbol."""
    zero = model.initial_state()
    states = jax.tree.map(lambda leaf, zero: leaf.at[row].set(zero), states, zero)
    # Done within the gates' loop it would keep a CPU from vectorising that.
    states = jax.lax.optimization_barrier(states)
    return jax.vmap(model.advance, (0, None))(states, token)


def _fresh(model, rows):
    return jax.tree.map(
        lambda leaf: jnp.broadcast_to(leaf, (rows, *leaf.shape)), model.initial_state()
    )


def _joined(first, second):
    return jnp.concatenate([first, second])
