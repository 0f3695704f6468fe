"""The music model: stacked LSTM layers over symbols, and a linear head.

The defaults are those of the recipe that this project reproduces: 512 units, then 256,
and dropout 0.3 after each layer.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from flax import nnx

from lstm_music_jax.model.gates import SIGMOID, Gate
from lstm_music_jax.model.lstm import LSTM
from lstm_music_jax.model.unrolling import LSTMState
from lstm_music_jax.types import (
    Array,
    Bool,
    Float,
    Logits,
    PRNGKey,
    PRNGKeys,
    Token,
    Tokens,
)
from lstm_music_jax.xla.bits import keyed_bits
from lstm_music_jax.xla.products import product

State = tuple[LSTMState, ...]

# Standard deviation of the first layer's kernel. A symbol's row of the kernel is its
# input to the gates. With Glorot's value (0.03) the symbols hardly differ at first, and
# learning starts late.
_TOKEN_SCALE = 0.3


class MusicLSTM(nnx.Module):
    """A stacked LSTM language model: reads symbol ids, returns logits of the next one.

    It holds parameters and nothing else, so it passes through `jax.jit`, `jax.grad`,
    `jax.tree.map` and optax like any PyTree. `step`, `advance` and `readout` are
    written for one stream, `unroll` for a batch.

    >>> model = MusicLSTM(96, (32, 16), key=jax.random.key(0))
    >>> state, logits = model.step(model.initial_state(), jnp.int32(7))
    >>> logits.shape
    (96,)
    """

    def __init__(
        self,
        vocab_size: int,
        sizes: Sequence[int] = (512, 256),
        *,
        dropout: float = 0.3,
        gate: Gate = SIGMOID,
        cores: int = 2,
        key: PRNGKey,
    ) -> None:
        """Make a model with random parameters.

        Args:
            vocab_size: number of symbols, v.
            sizes: number of units of each layer, the first layer first.
            dropout: share of units that training drops after each layer, in [0, 1).
            gate: activation of all gates.
            cores: number of CPU cores that share each matrix-vector product when one
                stream is generated. It changes the rounding of that stream's logits.
            key: the key for the random parameters.

        Raises:
            ValueError: an empty vocabulary, no layers, a size or `cores` below 1, or a
                dropout outside [0, 1).
        """
        sizes = tuple(sizes)
        if vocab_size < 1:
            raise ValueError(f"vocab_size is {vocab_size}; it must be at least 1")
        if not sizes or min(sizes) < 1:
            raise ValueError(
                f"sizes is {sizes}; it takes one or more sizes of 1 or more"
            )
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout is {dropout}; it must be in [0, 1)")
        _require_cores(cores)
        *layer_keys, head_key = jax.random.split(key, len(sizes) + 1)
        inputs = (vocab_size, *sizes[:-1])
        scales = (_TOKEN_SCALE, *(size**-0.5 for size in sizes[:-1]))
        self.vocab_size = vocab_size
        self.sizes = sizes
        self.dropout = dropout
        self.cores = cores
        self.layers = nnx.List(
            LSTM(*shape, key=k, input_scale=scale, gate=gate, cores=cores)
            for *shape, k, scale in zip(inputs, sizes, layer_keys, scales, strict=True)
        )
        self.head_kernel = nnx.Param(
            sizes[-1] ** -0.5 * jax.random.normal(head_key, (sizes[-1], vocab_size))
        )
        self.head_bias = nnx.Param(jnp.zeros(vocab_size))

    def initial_state(self) -> State:
        """Return the state of one stream before its first symbol, which is zero."""
        return tuple(layer.initial_state() for layer in self.layers)

    def initial_states(self, streams: int) -> State:
        """Return the zero states of a batch of streams; each array is `[streams h]`."""
        return jax.tree.map(
            lambda leaf: jnp.broadcast_to(leaf, (streams, *leaf.shape)),
            self.initial_state(),
        )

    def in_bfloat16(self) -> "MusicLSTM":
        """Return a copy whose matrix products have bfloat16 operands and float32 sums.

        Only the kernels of matrix products are rounded. The biases, the states, the
        arithmetic of the gates, and the first layer's input kernel, which is only read
        row by row, stay float32. Gradients flow back through the copy to the parameters
        of this model.
        """
        copy = jax.tree.map(lambda leaf: leaf, self)
        for index, layer in enumerate(copy.layers):
            if index:
                layer.input_kernel = _rounded(layer.input_kernel)
            layer.recurrent_kernel = _rounded(layer.recurrent_kernel)
        copy.head_kernel = _rounded(copy.head_kernel)
        return copy

    def with_cores(self, cores: int) -> "MusicLSTM":
        """Return a copy that computes one stream with the given number of CPU cores.

        The cores share each matrix-vector product when one stream is generated.

        Raises:
            ValueError: `cores` is below 1.
        """
        _require_cores(cores)
        copy = jax.tree.map(lambda leaf: leaf, self)
        for module in (copy, *copy.layers):
            module.cores = cores
        return copy

    def step(self, state: State, token: Token) -> tuple[State, Logits]:
        """Read one symbol; return the new state and the next symbol's logits."""
        state = self.advance(state, token)
        return state, self.readout(state)

    def advance(self, state: State, token: Token) -> State:
        """Return the state after reading one symbol."""
        first, *rest = self.layers
        states = [first.step_token(state[0], token)]
        for layer, layer_state in zip(rest, state[1:], strict=True):
            states.append(layer.step(layer_state, states[-1].hidden))
        return tuple(states)

    def hidden(self, state: State) -> Float[Array, "h"]:
        """Return the hidden state of the last layer, which the head reads."""
        return state[-1].hidden

    def readout(self, state: State) -> Logits:
        """Return the logits of the next symbol, given the state."""
        return self.logits(self.hidden(state))

    def unroll(
        self,
        tokens: Tokens,
        state: State | None = None,
        dropout_keys: PRNGKeys | None = None,
        resets: Bool[Array, "b t"] | None = None,
    ) -> tuple[State, Float[Array, "b t v"]]:
        """Read a sequence of symbols per stream; return the last states and all logits.

        Args:
            tokens: symbol ids.
            state: the states to begin with, `[b h]` each; zero by default.
            dropout_keys: one key per stream; without keys there is no dropout. A
                stream's mask depends only on its own key, so it is the same on any
                number of devices.
            resets: where True, the state is set to zero before the symbol is read.

        Returns:
            The last states, and logits: `logits[:, k]` predict the symbol after
            `tokens[:, k]`.
        """
        state, hidden = self.unroll_hidden(tokens, state, dropout_keys, resets)
        return state, self.logits(hidden)

    def unroll_hidden(
        self,
        tokens: Tokens,
        state: State | None = None,
        dropout_keys: PRNGKeys | None = None,
        resets: Bool[Array, "b t"] | None = None,
    ) -> tuple[State, Float[Array, "b t h"]]:
        """Read sequences as `unroll` does, but do not apply the head.

        Returns:
            The last states, and the inputs of the head: the hidden states of the last
            layer, after dropout.
        """
        if state is None:
            state = self.initial_states(tokens.shape[0])
        if resets is not None:
            resets = resets.T
        last_states = []
        for index, (layer, layer_state) in enumerate(
            zip(self.layers, state, strict=True)
        ):
            if index == 0:
                last, hidden = layer.unroll_tokens(layer_state, tokens.T, resets)
            else:
                last, hidden = layer.unroll(layer_state, hidden, resets)
            last_states.append(last)
            if dropout_keys is not None and self.dropout > 0:
                keys = jax.vmap(jax.random.fold_in, (0, None))(dropout_keys, index)
                hidden = _dropout(hidden, self.dropout, keys)
        return tuple(last_states), jnp.moveaxis(hidden, 0, 1)

    def logits(self, hidden: Float[Array, "*b h"]) -> Float[Array, "*b v"]:
        """Return the head's logits, given the hidden states of the last layer."""
        bias = self.head_bias[...]
        bias = bias.reshape((1,) * (hidden.ndim - 1) + bias.shape)
        return product(hidden, self.head_kernel[...], self.cores) + bias


def _require_cores(cores):
    if cores < 1:
        raise ValueError(f"cores is {cores}; it must be at least 1")


def _rounded(kernel: nnx.Param) -> nnx.Param:
    return nnx.Param(kernel[...].astype(jnp.bfloat16))


def _dropout(
    hidden: Float[Array, "t b h"], rate: float, keys: PRNGKeys
) -> Float[Array, "t b h"]:
    steps, _, size = hidden.shape
    place = jnp.arange(steps * size, dtype=jnp.uint32).reshape(steps, 1, size)
    words = jax.vmap(lambda key: jax.random.bits(key, (2, 1)), 0, 1)(keys)
    bits = keyed_bits(place, words[:1], words[1:])
    kept = bits < jnp.uint32(round((1 - rate) * 2**32))
    return jnp.where(kept, hidden / (1 - rate), jnp.zeros_like(hidden))
