"""The contracts between packages: the methods of a model and of a context.

A context decides which of the symbols so far a model remembers. A stream is a sequence
of symbols that is generated.

Strategies and the sampler use models and contexts only through these methods, so any
PyTree that has the methods works.
"""

from typing import Protocol, TypeVar, runtime_checkable

from lstm_music_jax.types import Array, Float, Int, Logits, PyTree, Token, Tokens

State = TypeVar("State")
Memory = TypeVar("Memory")


@runtime_checkable
class Model(Protocol[State]):
    """A recurrent model that predicts the next symbol.

    A model is a PyTree. All methods but `unroll` are written for one stream. A state is
    any PyTree.
    """

    def initial_state(self) -> State:
        """Return the state before the first symbol."""
        ...

    def advance(self, state: State, token: Token) -> State:
        """Return the state after reading one symbol."""
        ...

    def readout(self, state: State) -> Logits:
        """Return the logits of the next symbol."""
        ...

    def unroll(self, tokens: Tokens) -> tuple[State, Float[Array, "b t v"]]:
        """Read one sequence of symbol ids per stream, from the initial state.

        `tokens` is `[b t]`.

        Returns:
            The last states, with a leading axis b, and the logits after each symbol.
        """
        ...


@runtime_checkable
class HiddenModel(Model[State], Protocol):
    """A model that shows the hidden state from which it predicts the next symbol."""

    def hidden(self, state: State) -> Float[Array, "h"]:
        """Return the hidden state that the logits are computed from."""
        ...


@runtime_checkable
class Context(Protocol[Memory]):
    """Starts and updates a model's memory of the symbols so far.

    A context is a PyTree. `prefill` starts the memory and `step` updates it. All
    methods are written for one stream. A memory is any PyTree. For example, it is the
    state of the model if the model is to remember all symbols.
    """

    def prefill(self, model: Model, prompt: Int[Array, "p"]) -> Memory:
        """Return the memory after reading a prompt, which may be empty."""
        ...

    def step(self, model: Model, memory: Memory, token: Token) -> tuple[Memory, Logits]:
        """Read one symbol; return the new memory and the next symbol's logits."""
        ...

    def model_state(self, memory: Memory) -> PyTree:
        """Return the state of the model that gave the last logits."""
        ...
