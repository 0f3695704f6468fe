"""One LSTM layer: the cell, and its unrolling over time with a fused backward pass.

Gates stand side by side in the order input, forget, candidate, output:

    i, f, o = sigmoid(.)    g = tanh(.)    of    x W + h U + bias
    c' = f c + i g          h' = o tanh(c')

Hochreiter & Schmidhuber 1997; forget gate: Gers, Schmidhuber & Cummins 2000.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx

from lstm_music_jax.types import Array, Float, Int, PRNGKey, Token


class LSTMState(NamedTuple):
    """What a layer carries from note to note: cell and output, `[... h]` each."""

    cell: Float[Array, "*b h"]
    hidden: Float[Array, "*b h"]


class LSTM(nnx.Module):
    """The parameters of one layer, and the two ways to run it.

    `input_kernel` is `[i 4h]`, `recurrent_kernel` `[h 4h]`, `bias` `[4h]`, float32.
    The recurrent kernel of each gate is orthogonal (Saxe et al. 2013), the forget
    gate's bias is 1 (Jozefowicz et al. 2015).
    """

    def __init__(
        self, input_size: int, size: int, *, key: PRNGKey, input_scale: float
    ) -> None:
        """Draw parameters; `input_scale` is the input kernel's standard deviation."""
        input_key, recurrent_key = jax.random.split(key)
        self.size = size
        self.input_kernel = nnx.Param(
            input_scale * jax.random.normal(input_key, (input_size, 4 * size))
        )
        orthogonal = jax.nn.initializers.orthogonal()
        gates = [
            orthogonal(k, (size, size)) for k in jax.random.split(recurrent_key, 4)
        ]
        self.recurrent_kernel = nnx.Param(jnp.concatenate(gates, axis=1))
        self.bias = nnx.Param(jnp.zeros(4 * size).at[size : 2 * size].set(1.0))

    def initial_state(self) -> LSTMState:
        """Return the zero state of one stream, `[h]` each."""
        dtype = self.bias.dtype
        return LSTMState(jnp.zeros(self.size, dtype), jnp.zeros(self.size, dtype))

    def step(self, state: LSTMState, inputs: Float[Array, "i"]) -> LSTMState:
        """Advance one stream by one vector of inputs."""
        projected = inputs @ self.input_kernel[...] + self.bias[...]
        return self._advance(state, projected)

    def step_token(self, state: LSTMState, token: Token) -> LSTMState:
        """Do `step(state, one_hot(token))` by reading a row: no product is formed."""
        projected = self.input_kernel[...][token] + self.bias[...]
        return self._advance(state, projected)

    def unroll(
        self, state: LSTMState, inputs: Float[Array, "t b i"]
    ) -> tuple[LSTMState, Float[Array, "t b h"]]:
        """Run over time from `state` (`[b h]`); returns the last state, all outputs."""
        projected = inputs @ self.input_kernel[...] + self.bias[...][None, None]
        return unroll(projected, self.recurrent_kernel[...], state)

    def unroll_tokens(
        self, state: LSTMState, tokens: Int[Array, "t b"]
    ) -> tuple[LSTMState, Float[Array, "t b h"]]:
        """Do `unroll(state, one_hot(tokens))` by reading rows."""
        rows = self.input_kernel[...] + self.bias[...][None]
        return unroll_rows(rows, tokens, self.recurrent_kernel[...], state)

    def _advance(self, state, projected):
        return _cell(projected + state.hidden @ self.recurrent_kernel[...], state.cell)[
            0
        ]


def _cell(
    preactivation: Float[Array, "*b four_h"], cell: Float[Array, "*b h"]
) -> tuple[LSTMState, Float[Array, "*b four_h"]]:
    i, f, g, o = jnp.split(preactivation, 4, axis=-1)
    i, f, o, g = jax.nn.sigmoid(i), jax.nn.sigmoid(f), jax.nn.sigmoid(o), jnp.tanh(g)
    cell = f * cell + i * g
    return LSTMState(cell, o * jnp.tanh(cell)), jnp.concatenate([i, f, g, o], axis=-1)


@jax.custom_vjp
def unroll(
    projected: Float[Array, "t b four_h"],
    recurrent_kernel: Float[Array, "h four_h"],
    state: LSTMState,
) -> tuple[LSTMState, Float[Array, "t b h"]]:
    """Run the recurrence `h U` over projected inputs `x W + bias`.

    Differentiated by hand: the forward pass keeps the gates' activations, the
    backward scan carries gate gradients only, and the kernel's gradient is one
    product over time x streams at the end, where automatic differentiation of a
    scan adds up a `[h 4h]` product at every step.

    Returns:
        The state after the last step, and every step's output.
    """
    return _forward(lambda now: now, projected, recurrent_kernel, state)[0]


@jax.custom_vjp
def unroll_rows(
    rows: Float[Array, "v four_h"],
    tokens: Int[Array, "t b"],
    recurrent_kernel: Float[Array, "h four_h"],
    state: LSTMState,
) -> tuple[LSTMState, Float[Array, "t b h"]]:
    """Do `unroll(rows[tokens], ...)`, reading each row when it is needed.

    The `[t b 4h]` rows are never stored: on a CPU the scan is bound by what it reads
    and writes, more than by the gates' arithmetic.
    """
    return _forward(lambda now: rows[now], tokens, recurrent_kernel, state)[0]


def _forward(read, inputs, recurrent_kernel, state):
    def advance(state, now):
        after, gates = _cell(read(now) + state.hidden @ recurrent_kernel, state.cell)
        return after, (after.hidden, after.cell, gates)

    last, (hidden, cells, gates) = jax.lax.scan(advance, state, inputs)
    return (last, hidden), (recurrent_kernel, state, hidden, cells, gates)


def _backward(saved, cotangents):
    recurrent_kernel, state, hidden, cells, gates = saved
    last_bar, hidden_bar = cotangents
    previous_cells = jnp.concatenate([state.cell[None], cells[:-1]])
    previous_hidden = jnp.concatenate([state.hidden[None], hidden[:-1]])

    def retreat(state_bar, now):
        hidden_bar, cell, previous_cell, gates = now
        i, f, g, o = jnp.split(gates, 4, axis=-1)
        hidden_bar = hidden_bar + state_bar.hidden
        squashed = jnp.tanh(cell)
        cell_bar = state_bar.cell + hidden_bar * o * (1 - squashed * squashed)
        gates_bar = jnp.concatenate(
            [
                cell_bar * g * i * (1 - i),
                cell_bar * previous_cell * f * (1 - f),
                cell_bar * i * (1 - g * g),
                hidden_bar * squashed * o * (1 - o),
            ],
            axis=-1,
        )
        return LSTMState(cell_bar * f, gates_bar @ recurrent_kernel.T), gates_bar

    state_bar, gates_bar = jax.lax.scan(
        retreat, last_bar, (hidden_bar, cells, previous_cells, gates), reverse=True
    )
    # As one plain product: an einsum over two axes is a fifth slower on a CPU.
    width = recurrent_kernel.shape[0]
    kernel_bar = previous_hidden.reshape(-1, width).T @ gates_bar.reshape(-1, 4 * width)
    return gates_bar, kernel_bar, state_bar


def _forward_projected(projected, recurrent_kernel, state):
    return _forward(lambda now: now, projected, recurrent_kernel, state)


def _forward_rows(rows, tokens, recurrent_kernel, state):
    outputs, saved = _forward(lambda now: rows[now], tokens, recurrent_kernel, state)
    return outputs, (rows, tokens, saved)


def _backward_rows(saved, cotangents):
    rows, tokens, saved = saved
    gates_bar, kernel_bar, state_bar = _backward(saved, cotangents)
    rows_bar = jnp.zeros_like(rows).at[tokens].add(gates_bar)
    return rows_bar, None, kernel_bar, state_bar


unroll.defvjp(_forward_projected, _backward)
unroll_rows.defvjp(_forward_rows, _backward_rows)
