"""Resets: unrolling with resets equals unrolling each piece, and so do the gradients.

Also tests products and models with weights in bfloat16.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.model import unrolling
from lstm_music_jax.model.music_lstm import MusicLSTM
from lstm_music_jax.model.unrolling import LSTMState
from lstm_music_jax.xla.products import product

STEPS, STREAMS, SIZE = 5, 4, 3
# By stream: no reset, one at the start, two in a row, one at the end.
RESETS = np.zeros((STEPS, STREAMS), bool)
RESETS[0, 1] = RESETS[2, 2] = RESETS[3, 2] = RESETS[4, 3] = True


def plain(read, inputs, kernel, state, resets):
    """Compute the recurrence step by step, for automatic differentiation."""
    outputs = []
    for now, reset in zip(inputs, resets, strict=True):
        keep = 1.0 - jnp.asarray(reset, kernel.dtype)[:, None]
        state = LSTMState(state.cell * keep, state.hidden * keep)
        i, f, g, o = jnp.split(read(now) + state.hidden @ kernel, 4, axis=-1)
        i, f, o = (jax.nn.sigmoid(gate) for gate in (i, f, o))
        cell = f * state.cell + i * jnp.tanh(g)
        state = LSTMState(cell, o * jnp.tanh(cell))
        outputs.append(state.hidden)
    return state, jnp.stack(outputs)


@pytest.fixture
def x64():
    with jax.enable_x64(True):
        yield


def test_backward_equals_automatic_differentiation(x64):
    rng = np.random.default_rng(0)
    projected, rows, kernel, cell, hidden, weight, last_weight = (
        jnp.asarray(rng.normal(size=shape))
        for shape in (
            (STEPS, STREAMS, 4 * SIZE),
            (6, 4 * SIZE),
            (SIZE, 4 * SIZE),
            (STREAMS, SIZE),
            (STREAMS, SIZE),
            (STEPS, STREAMS, SIZE),
            (2, STREAMS, SIZE),
        )
    )
    tokens = jnp.asarray(rng.integers(0, 6, (STEPS, STREAMS)))
    resets = jnp.asarray(RESETS)

    def gradients(run, inputs):
        @jax.jit
        def value(inputs, kernel, cell, hidden):
            last, outputs = run(inputs, kernel, LSTMState(cell, hidden))
            ends = jnp.stack([last.cell, last.hidden])
            return jnp.sum(outputs * weight) + jnp.sum(ends * last_weight)

        return jax.value_and_grad(value, (0, 1, 2, 3))(inputs, kernel, cell, hidden)

    nothing = jnp.zeros(4 * SIZE)

    def unroll(x, u, s):
        return unrolling.unroll(x, nothing, u, s, resets=resets)

    pairs = [
        (
            gradients(unroll, projected),
            gradients(
                lambda x, u, s: plain(lambda now: now, x, u, s, resets), projected
            ),
        ),
        (
            gradients(
                lambda r, u, s: unrolling.unroll_rows(r, tokens, u, s, resets=resets),
                rows,
            ),
            gradients(
                lambda r, u, s: plain(lambda now: r[now], tokens, u, s, resets), rows
            ),
        ),
    ]
    for ours, reference in pairs:
        jax.tree.map(
            lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12),
            ours,
            reference,
        )
    # If a stream is reset in its first step, the gradient of its first state is 0.
    state_bars = pairs[0][0][1][2:]
    assert all(not bar[1].any() and bar[0].all() for bar in state_bars)


def test_resets_cut_a_stream_into_pieces():
    model = MusicLSTM(13, (7, 6), key=jax.random.key(0))
    tokens = np.random.default_rng(0).integers(0, 13, (1, 11), np.int32)
    resets = np.zeros((1, 11), bool)
    resets[0, [4, 5]] = True

    @jax.jit
    def both(tokens, resets):
        state, _ = model.unroll(tokens)
        _, first = model.unroll(tokens[:, :4], state)
        _, second = model.unroll(tokens[:, 4:5])
        last, third = model.unroll(tokens[:, 5:])
        in_parts = last, jnp.concatenate([first, second, third], 1)
        return model.unroll(tokens, state, resets=resets), in_parts

    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), *both(tokens, resets)
    )


def test_a_product_in_bfloat16_and_its_gradients():
    rng = np.random.default_rng(0)
    # bfloat16 holds these small whole numbers exactly, but not their sums.
    x, kernel, weight = (
        rng.integers(-8, 9, shape).astype(np.float32)
        for shape in ((3, 4, 300), (300, 5), (3, 4, 5))
    )

    def value(x, kernel):
        return jnp.sum(product(x, kernel) * weight)

    low = jnp.asarray(kernel, jnp.bfloat16)
    found = product(jnp.asarray(x), low)
    assert found.dtype == jnp.float32
    np.testing.assert_array_equal(found, x @ kernel)
    x_bar, kernel_bar = jax.grad(value, (0, 1))(jnp.asarray(x), low)
    assert x_bar.dtype == jnp.float32
    np.testing.assert_array_equal(x_bar, weight @ kernel.T)
    wanted = jnp.asarray(np.einsum("abi,abo->io", x, weight), jnp.bfloat16)
    np.testing.assert_array_equal(kernel_bar, wanted)


def test_stepping_equals_unrolling_in_bfloat16():
    model = MusicLSTM(13, (7, 6), key=jax.random.key(0))
    low = model.in_bfloat16()
    assert {leaf.dtype for leaf in jax.tree.leaves(model)} == {jnp.dtype("float32")}
    rounded = [leaf for leaf in jax.tree.leaves(low) if leaf.dtype == jnp.bfloat16]
    assert len(rounded) == 4  # two recurrent kernels, one input kernel, the head's
    tokens = np.random.default_rng(0).integers(0, 13, (2, 30), np.int32)

    @jax.jit
    def all_three(tokens):
        begin = low.initial_state()
        stepped = jax.vmap(lambda stream: jax.lax.scan(low.step, begin, stream))(tokens)
        return model.unroll(tokens), low.unroll(tokens), stepped

    (_, logits), (last, low_logits), (_, stepped) = all_three(tokens)
    assert {leaf.dtype for leaf in jax.tree.leaves(last)} == {jnp.dtype("float32")}
    assert 0 < np.abs(low_logits - logits).max() < 0.02
    np.testing.assert_allclose(stepped, low_logits, atol=2e-3)
