"""One LSTM layer over time, with a backward pass written by hand.

The four parts of `x W + h U + bias` are, in this order, the preactivations of the input
gate i, the forget gate f, the candidate g and the output gate o:

    i, f, o = gate(their parts)       g = tanh(its part)
    c' = f c + i g                    h' = o tanh(c')

`gate` is the logistic function, or another one of the module `gates`.

References:
    Hochreiter & Schmidhuber 1997, Long Short-Term Memory.
    Gers, Schmidhuber & Cummins 2000, Learning to Forget (the forget gate).

In names, `_bar` marks a cotangent: the gradient of the loss with respect to a value.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from lstm_music_jax.model.gates import SIGMOID, Gate
from lstm_music_jax.types import Array, Bool, Float, Int
from lstm_music_jax.xla.products import kernel_gradient, product, transposed
from lstm_music_jax.xla.rows import rows_gradient


class LSTMState(NamedTuple):
    """The state that a layer carries between symbols: cell and hidden, `[... h]`."""

    cell: Float[Array, "*b h"]
    hidden: Float[Array, "*b h"]


def cell_step(
    preactivation: Float[Array, "*b four_h"], cell: Float[Array, "*b h"], gate: Gate
) -> tuple[LSTMState, Float[Array, "*b four_h"]]:
    """Return the state after one step, and the activations i, f, g, o in one array."""
    i, f, g, o = jnp.split(preactivation, 4, axis=-1)
    i, f, o, g = gate.value(i), gate.value(f), gate.value(o), jnp.tanh(g)
    cell = f * cell + i * g
    return LSTMState(cell, o * jnp.tanh(cell)), jnp.concatenate([i, f, g, o], axis=-1)


@partial(jax.custom_vjp, nondiff_argnums=(4,))
def unroll(
    projected: Float[Array, "t b four_h"],
    bias: Float[Array, "four_h"],
    recurrent_kernel: Float[Array, "h four_h"],
    state: LSTMState,
    gate: Gate = SIGMOID,
    resets: Bool[Array, "t b"] | None = None,
) -> tuple[LSTMState, Float[Array, "t b h"]]:
    """Run a layer over time, given the projected inputs `x W`.

    Where `resets` is True, the state is set to zero before the input is read.

    The backward pass is written by hand. The forward pass keeps the activations of the
    gates. The backward loop replaces them by gradients. At the end, one matrix product,
    which sums over all steps and streams, gives the kernel's gradient. Automatic
    differentiation of a scan would form a `[h 4h]` product at every step.

    Args:
        projected: the inputs times the input kernel.
        bias: the bias of all four parts.
        recurrent_kernel: the kernel U of the hidden state.
        state: the state to begin with, `[b h]` each.
        gate: activation of the three gates.
        resets: where to reset the state; None for nowhere.

    Returns:
        The state after the last step, and the hidden state after every step.
    """
    return _forward_projected(projected, bias, recurrent_kernel, state, gate, resets)[0]


@partial(jax.custom_vjp, nondiff_argnums=(4,))
def unroll_rows(
    rows: Float[Array, "v four_h"],
    tokens: Int[Array, "t b"],
    recurrent_kernel: Float[Array, "h four_h"],
    state: LSTMState,
    gate: Gate = SIGMOID,
    resets: Bool[Array, "t b"] | None = None,
) -> tuple[LSTMState, Float[Array, "t b h"]]:
    """Run a layer over time, given the projected input of each possible symbol.

    The result is that of `unroll(rows[tokens], 0, ...)`, with a bias of 0. But each row
    is read only at the step that needs it. So `rows[tokens]`, which is `[t b 4h]`, is
    never stored. On a CPU, memory traffic limits the speed more than arithmetic does.

    Args:
        rows: for each symbol id, its row of the input kernel plus the bias.
        tokens: the symbol ids that each stream reads.
        recurrent_kernel: the kernel U of the hidden state.
        state: the state to begin with, `[b h]` each.
        gate: activation of the three gates.
        resets: where True, the state is set to zero before the symbol is read; None for
            nowhere.

    Returns:
        The state after the last step, and the hidden state after every step.
    """
    return _forward_rows(rows, tokens, recurrent_kernel, state, gate, resets)[0]


class _Saved(NamedTuple):
    """The values that the forward pass saves for the backward pass.

    Attributes:
        recurrent_kernel: the kernel of the hidden state.
        state: the state before the first step.
        hidden: the hidden states after each step, `[t b h]`.
        cells: the cells after each step, `[t b h]`.
        gates: the activations i, f, g, o of each step in one array, `[t b 4h]`.
        resets: where the state was set to zero before the step, `[t b]`, or None.
    """

    recurrent_kernel: Array
    state: LSTMState
    hidden: Array
    cells: Array
    gates: Array
    resets: Array | None


def _forward(read, steps, recurrent_kernel, state, gate, resets=None):
    def advance(time, carry):
        state, hidden, cells, gates = carry
        state = _zero_where(_at(resets, time), state)
        preactivation = read(time) + product(state.hidden, recurrent_kernel)
        state, now = cell_step(preactivation, state.cell, gate)
        return (
            state,
            _put(hidden, state.hidden, time),
            _put(cells, state.cell, time),
            _put(gates, now, time),
        )

    # The initial values of the buffers are overwritten. They are not constants, because
    # XLA would keep one constant per shape and copy it into each buffer.
    *_, fill = cell_step(read(0), state.cell, gate)
    shapes = [(steps, *state.hidden.shape)] * 2 + [(steps, *fill.shape)]
    buffers = (
        jnp.broadcast_to(fill[0, number], shape) for number, shape in enumerate(shapes)
    )
    begin = (state, *buffers)
    last, hidden, cells, gates = jax.lax.fori_loop(0, steps, advance, begin)
    saved = _Saved(recurrent_kernel, begin[0], hidden, cells, gates, resets)
    return (last, hidden), saved


def _at(sequence, time):
    if sequence is None:
        return None
    return jax.lax.dynamic_index_in_dim(sequence, time, keepdims=False)


def _put(buffer, value, time):
    return jax.lax.dynamic_update_index_in_dim(buffer, value, time, 0)


def _zero_where(resets, state):
    if resets is None:
        return state
    return jax.tree.map(
        lambda leaf: jnp.where(resets[..., None], jnp.zeros_like(leaf), leaf), state
    )


def _backward(gate, saved, cotangents):
    recurrent_kernel, state, hidden, cells, gates, resets = saved
    last_bar, hidden_bar = cotangents
    steps = len(hidden)
    kernel_transposed = transposed(recurrent_kernel)

    def retreat(index, carry):
        state_bar, buffer, now, cell = carry
        time = steps - 1 - index
        earlier = jnp.maximum(time - 1, 0)
        previous_cell = jnp.where(time > 0, _at(cells, earlier), state.cell)
        reset = _at(resets, time)
        state_bar = state_bar._replace(hidden=state_bar.hidden + _at(hidden_bar, time))
        read_cell = _zero_where(reset, previous_cell)
        gates_bar, cell_bar = _pull_back(gate, state_bar, now, cell, read_cell)
        previous_bar = LSTMState(cell_bar, product(gates_bar, kernel_transposed))
        # The gates for the next iteration are read here, after the write. If the next
        # iteration read them before its own write, XLA would copy the buffer.
        buffer = _put(buffer, gates_bar, time)
        return (
            _zero_where(reset, previous_bar),
            buffer,
            _at(buffer, earlier),
            previous_cell,
        )

    begin = (last_bar, gates, gates[-1], cells[-1])
    state_bar, gates_bar, *_ = jax.lax.fori_loop(0, steps, retreat, begin)
    before = jnp.concatenate([state.hidden[None], hidden[:-1]])
    before = _zero_where(resets, before)
    kernel_bar = kernel_gradient(before, recurrent_kernel, gates_bar)
    return gates_bar, kernel_bar, state_bar


def _pull_back(gate, state_bar, gates, cell, previous_cell):
    """Return the cotangents of the preactivations and the previous cell of one step.

    Args:
        gate: activation of the three gates.
        state_bar: cotangent of the state after the step.
        gates: the activations i, f, g, o in one array.
        cell: the cell after the step.
        previous_cell: the cell before the step.
    """
    i, f, g, o = jnp.split(gates, 4, axis=-1)
    squashed = jnp.tanh(cell)
    cell_bar = state_bar.cell + state_bar.hidden * o * (1 - squashed * squashed)
    gates_bar = [
        gate.pull_back(cell_bar * g, i),
        gate.pull_back(cell_bar * previous_cell, f),
        cell_bar * i * (1 - g * g),
        gate.pull_back(state_bar.hidden * squashed, o),
    ]
    return jnp.concatenate(gates_bar, axis=-1), cell_bar * f


def _forward_projected(projected, bias, recurrent_kernel, state, gate, resets):
    def read(time):
        return _at(projected, time) + bias[None]

    return _forward(read, len(projected), recurrent_kernel, state, gate, resets)


def _backward_projected(gate, saved, cotangents):
    gates_bar, kernel_bar, state_bar = _backward(gate, saved, cotangents)
    return gates_bar, jnp.sum(gates_bar, (0, 1)), kernel_bar, state_bar, None


def _forward_rows(rows, tokens, recurrent_kernel, state, gate, resets):
    def read(time):
        return rows[_at(tokens, time)]

    outputs, saved = _forward(read, len(tokens), recurrent_kernel, state, gate, resets)
    return outputs, (rows, tokens, saved)


def _backward_rows(gate, saved, cotangents):
    rows, tokens, saved = saved
    gates_bar, kernel_bar, state_bar = _backward(gate, saved, cotangents)
    return rows_gradient(rows, tokens, gates_bar), None, kernel_bar, state_bar, None


unroll.defvjp(_forward_projected, _backward_projected)
unroll_rows.defvjp(_forward_rows, _backward_rows)
