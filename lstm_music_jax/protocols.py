"""What the sampling side needs of a model, and of what a model remembers."""

from typing import Protocol, runtime_checkable

from lstm_music_jax.types import Array, Float, Int, Logits, PyTree, Token, Tokens


@runtime_checkable
class Model(Protocol):
    """A recurrent model of symbols; a PyTree. All but `unroll` are of one stream."""

    def initial_state(self) -> PyTree:
        """Return the state before the first symbol."""
        ...

    def step(self, state: PyTree, token: Token) -> tuple[PyTree, Logits]:
        """Read one symbol; return the logits of the next."""
        ...

    def advance(self, state: PyTree, token: Token) -> PyTree:
        """Read one symbol: the first half of `step`."""
        ...

    def readout(self, state: PyTree) -> Logits:
        """Return the logits of the next symbol: the second half of `step`."""
        ...

    def unroll(self, tokens: Tokens) -> tuple[PyTree, Float[Array, "b t v"]]:
        """Read sequences from the initial state; return the last states, all logits."""
        ...


@runtime_checkable
class Context(Protocol):
    """What a model remembers of the music so far: two functions of one stream."""

    def prefill(self, model: Model, prompt: Int[Array, "p"]) -> PyTree:
        """Return the memory after a prompt, which may be empty."""
        ...

    def step(self, model: Model, memory: PyTree, token: Token) -> tuple[PyTree, Logits]:
        """Read one symbol; return the logits of the next."""
        ...
