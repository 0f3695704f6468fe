"""Contexts: which of the symbols so far the model remembers, and how.

What a model keeps of these symbols is its memory. The engine of `generate` gives
`prefill` the prompt without its last symbol, which the first `step` reads. So each step
gives the logits of one drawn symbol, and no logits are computed in vain.
"""

from itertools import pairwise
from typing import NamedTuple

import jax
import jax.numpy as jnp

from lstm_music_jax.generation.arguments import whole_number
from lstm_music_jax.protocols import Model
from lstm_music_jax.pytrees import pytree, static
from lstm_music_jax.types import Array, Int, Logits, PyTree, Token
from lstm_music_jax.xla.barriers import materialise


@pytree
class Carried:
    """Carries the model's state from symbol to symbol, without ever resetting it."""

    def prefill(self, model: Model, prompt: Int[Array, "p"]) -> PyTree:
        """Return the state of the model after reading the prompt."""
        if len(prompt) == 0:
            return model.initial_state()
        states, _ = model.unroll(prompt[None])
        return jax.tree.map(lambda leaf: leaf[0], states)

    def step(self, model: Model, memory: PyTree, token: Token) -> tuple[PyTree, Logits]:
        """Read one symbol; return the new state and the logits of the next symbol."""
        memory = model.advance(memory, token)
        return memory, model.readout(memory)

    def model_state(self, memory: PyTree) -> PyTree:
        """Return the memory, which is the state of the model."""
        return memory


class WindowMemory(NamedTuple):
    """The memory of a model that reads only the last symbols, in a sliding window.

    Attributes:
        states: w states of the model, `[w ...]`. Each began as the initial state at a
            different symbol, and has read this symbol and all later ones. Until w
            symbols have been read, some states are equal.
        youngest: index of the state that began last, int32.
    """

    states: PyTree
    youngest: Int[Array, ""]


@pytree
class SlidingWindow:
    """Predicts each symbol from the last `window` symbols, read from the initial state.

    Apart from rounding, the logits equal those of a model that reads the whole window
    anew for every symbol. While fewer symbols exist, the window is all of them.

    The memory holds `window` states. Each started as the model's initial state, at a
    different one of the last `window` symbols. Each new symbol resets the oldest state,
    which makes it the youngest, and advances all states together, so that a matrix
    product has `window` rows. The state that is now the oldest has read exactly the
    last `window` symbols, so its logits are the result. Until `window` symbols have
    been read, the oldest states all equal the one that started with the first symbol.

    The number of operations is that of reading every window anew. For n symbols, the
    number of sequential steps falls from `window` times n to `window` plus n.

    Args:
        window: number of remembered symbols, 1 or more.

    Raises:
        ValueError: `window` is not a whole number of 1 or more.
    """

    window: int = static()

    def __post_init__(self) -> None:
        """Raise ValueError if `window` is not allowed."""
        whole_number("window", self.window)

    def prefill(self, model: Model, prompt: Int[Array, "p"]) -> WindowMemory:
        """Return the memory after reading the last `window` - 1 symbols of the prompt.

        A shorter prompt is read as a whole. One state starts at each of these symbols.
        The symbols are read in a few parts. Each part advances only the states that
        have started by its end, because advancing all states from the first symbol on
        would waste half of the products.
        """
        read = min(len(prompt), self.window - 1)
        prompt = prompt[len(prompt) - read :]
        ends = sorted({-(-read * part // _PARTS) for part in range(_PARTS + 1)})
        # If no symbol is read, one initial state is repeated.
        states = _initial_states(model, 0 if read else 1)
        for begin, end in pairwise(ends):
            states, _ = jax.lax.scan(
                lambda states, start: (_start(model, states, *start), None),
                jax.tree.map(_joined, states, _initial_states(model, end - begin)),
                (jnp.arange(begin, end), prompt[begin:end]),
            )
        rows = jnp.maximum(jnp.arange(self.window) - (self.window - read), 0)
        states = jax.tree.map(lambda leaf: leaf[rows], states)
        return WindowMemory(states, jnp.int32(self.window - 1))

    def step(
        self, model: Model, memory: WindowMemory, token: Token
    ) -> tuple[WindowMemory, Logits]:
        """Read one symbol; return the new memory and the logits of the next symbol."""
        youngest = (memory.youngest + 1) % self.window
        states = _start(model, memory.states, youngest, token)
        memory = WindowMemory(states, youngest)
        return memory, model.readout(self.model_state(memory))

    def model_state(self, memory: WindowMemory) -> PyTree:
        """Return the state that has read exactly the symbols of the window."""
        oldest = (memory.youngest + 1) % self.window
        return jax.tree.map(lambda leaf: leaf[oldest], memory.states)


# With four parts, 5/8 of the products are computed. More parts would save little more,
# and each part is one more loop to compile.
_PARTS = 4


def _start(model, states, row, token):
    """Reset state number `row`, then let all states read the symbol `token`."""
    states = jax.tree.map(
        lambda leaf, first: leaf.at[row].set(first), states, model.initial_state()
    )
    # If XLA fused the reset into the gates' loop, a CPU could not vectorise the loop.
    states = materialise(states)
    return jax.vmap(model.advance, (0, None))(states, token)


def _initial_states(model, rows):
    return jax.tree.map(
        lambda leaf: jnp.broadcast_to(leaf, (rows, *leaf.shape)), model.initial_state()
    )


def _joined(first, second):
    return jnp.concatenate([first, second])
