"""Contexts: what the model remembers of the music so far.

The last symbol of the prompt is read by the first `step`, not by `prefill`. So there is
one step per drawn symbol, and all computed logits are used for a draw.
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
    """Carries the LSTM's state on for ever: one step per note, nothing is forgotten."""

    def prefill(self, model: Model, prompt: Int[Array, "p"]) -> PyTree:
        """Return the model's state after the prompt."""
        if len(prompt) == 0:
            return model.initial_state()
        states, _ = model.unroll(prompt[None])
        return jax.tree.map(lambda leaf: leaf[0], states)

    def step(self, model: Model, memory: PyTree, token: Token) -> tuple[PyTree, Logits]:
        """Advance the state by one symbol and read it out."""
        memory = model.advance(memory, token)
        return memory, model.readout(memory)


class WindowMemory(NamedTuple):
    """The memory of a sliding window.

    Attributes:
        states: w states, `[w ...]`, that started one note apart.
        youngest: index of the state that started last, int32.
    """

    states: PyTree
    youngest: Int[Array, ""]


@pytree
class SlidingWindow:
    """Predicts every note from the last `window` notes, starting at the zero state.

    The logits are those of re-running the model over the window, or over all notes
    while there are fewer. The memory holds `window` states that started one note apart.
    Each new note resets the oldest state to zero, which makes it the youngest, and
    advances all states in one matrix product over `window` rows. The state that is now
    the oldest has read exactly the last `window` notes: its readout is the prediction.

    The amount of arithmetic is that of re-running. The number of sequential steps falls
    from window x notes to window + notes.

    Before `window` notes have been read, the oldest states all equal the one that
    started with the first note.

    Args:
        window: how many notes are remembered, 1 or more.

    Raises:
        ValueError: `window` is not a whole number of 1 or more.
    """

    window: int = static()

    def __post_init__(self) -> None:
        """Check the window."""
        whole_number("window", self.window)

    def prefill(self, model: Model, prompt: Int[Array, "p"]) -> WindowMemory:
        """Return the memory of the prompt's last `window` - 1 symbols.

        A state starts at each symbol. The prompt is read in a few parts. Each part has
        as many rows as states have started by its end. With all rows from the first
        symbol on, half of the products would be wasted.
        """
        read = min(len(prompt), self.window - 1)
        prompt = prompt[len(prompt) - read :]
        ends = sorted({-(-read * part // _PARTS) for part in range(_PARTS + 1)})
        # With an empty prompt, one zero state is repeated.
        states = _zero_states(model, 0 if read else 1)
        for begin, end in pairwise(ends):
            states, _ = jax.lax.scan(
                lambda states, start: (_start(model, states, *start), None),
                jax.tree.map(_joined, states, _zero_states(model, end - begin)),
                (jnp.arange(begin, end), prompt[begin:end]),
            )
        rows = jnp.maximum(jnp.arange(self.window) - (self.window - read), 0)
        states = jax.tree.map(lambda leaf: leaf[rows], states)
        return WindowMemory(states, jnp.int32(self.window - 1))

    def step(
        self, model: Model, memory: WindowMemory, token: Token
    ) -> tuple[WindowMemory, Logits]:
        """Restart the oldest state, advance all, and read out the next oldest."""
        youngest = (memory.youngest + 1) % self.window
        states = _start(model, memory.states, youngest, token)
        oldest = (youngest + 1) % self.window
        logits = model.readout(jax.tree.map(lambda leaf: leaf[oldest], states))
        return WindowMemory(states, youngest), logits


# Four parts compute 5/8 of the products. More parts would gain little, and each part is
# a loop to compile.
_PARTS = 4


def _start(model, states, row, token):
    """Reset the state of one row to zero, and let all states read a symbol."""
    zero = model.initial_state()
    states = jax.tree.map(lambda leaf, zero: leaf.at[row].set(zero), states, zero)
    # If XLA fused the reset into the gates' loop, a CPU could not vectorise the loop.
    states = materialise(states)
    return jax.vmap(model.advance, (0, None))(states, token)


def _zero_states(model, rows):
    return jax.tree.map(
        lambda leaf: jnp.broadcast_to(leaf, (rows, *leaf.shape)), model.initial_state()
    )


def _joined(first, second):
    return jnp.concatenate([first, second])
