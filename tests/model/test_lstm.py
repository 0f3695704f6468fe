"""The LSTM layer: equal to NumPy; its gradients equal automatic differentiation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.model import unrolling
from lstm_music_jax.model.gates import SIGMOID, HardSigmoid
from lstm_music_jax.model.lstm import LSTM
from lstm_music_jax.model.unrolling import LSTMState
from tests.references import (
    hard_sigmoid_keras_2,
    hard_sigmoid_keras_3,
    layer_parameters,
    numpy_lstm,
    sigmoid,
)

GATES = [
    (SIGMOID, sigmoid),
    (HardSigmoid(1 / 5), hard_sigmoid_keras_2),
    (HardSigmoid(1 / 6), hard_sigmoid_keras_3),
]


@pytest.mark.parametrize(("gate", "reference"), GATES)
def test_unroll_is_the_textbook_lstm(gate, reference):
    rng = np.random.default_rng(0)
    # The inputs have a wide range, so that hard gates saturate too.
    layer = LSTM(3, 5, key=jax.random.key(0), input_scale=2.0, gate=gate)
    x, cell, hidden = (rng.normal(size=s) for s in ((7, 2, 3), (2, 5), (2, 5)))
    state = LSTMState(jnp.float32(cell), jnp.float32(hidden))
    last, outputs = layer.unroll(state, jnp.float32(x))
    wanted = numpy_lstm(x, *layer_parameters(layer), cell, hidden, reference)
    for got, want in zip((*last, outputs), wanted, strict=True):
        np.testing.assert_allclose(got, want, atol=1e-6)


def test_tokens_are_one_hot_inputs():
    layer = LSTM(6, 4, key=jax.random.key(1), input_scale=0.5)
    tokens = jax.random.randint(jax.random.key(2), (5, 3), 0, 6)
    state = LSTMState(jnp.ones((3, 4)), jnp.ones((3, 4)))
    by_row = layer.unroll_tokens(state, tokens)
    by_product = layer.unroll(state, jax.nn.one_hot(tokens, 6))
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), *(by_row, by_product)
    )
    jaxpr = str(jax.make_jaxpr(lambda t: layer.unroll_tokens(state, t))(tokens))
    assert jaxpr.count("dot_general") == 1  # the recurrent product only


def test_initial_parameters():
    layer = LSTM(3, 16, key=jax.random.key(0), input_scale=0.5)
    for gate in np.split(np.asarray(layer.recurrent_kernel[...]), 4, axis=1):
        np.testing.assert_allclose(gate @ gate.T, np.eye(16), atol=1e-5)
    bias = np.asarray(layer.bias[...]).reshape(4, 16)
    np.testing.assert_array_equal(bias.mean(1), [0, 1, 0, 0])


@pytest.fixture
def x64():
    with jax.enable_x64(True):
        yield


@pytest.mark.slow
@pytest.mark.parametrize(
    ("steps", "streams", "size"), [(1, 1, 1), (2, 3, 4), (9, 2, 7)]
)
@pytest.mark.parametrize("gate", [gate for gate, _ in GATES])
def test_backward_equals_automatic_differentiation(x64, gate, steps, streams, size):
    rng = np.random.default_rng(steps)
    projected, bias, kernel, cell, hidden, weight, last_weight = (
        jnp.asarray(2 * rng.normal(size=shape))
        for shape in (
            (steps, streams, 4 * size),
            (4 * size,),
            (size, 4 * size),
            (streams, size),
            (streams, size),
            (steps, streams, size),
            (2, streams, size),
        )
    )
    rows = jnp.asarray(rng.normal(size=(5, 4 * size)))
    tokens = jnp.asarray(rng.integers(0, 5, (steps, streams)))

    def loss(run, *inputs):
        def value(kernel, cell, hidden, *inputs):
            last, outputs = run(*inputs, kernel, LSTMState(cell, hidden), gate)
            return (
                jnp.sum(outputs * weight)
                + jnp.sum(last.cell * last_weight[0])
                + jnp.sum(last.hidden * last_weight[1])
            )

        arguments = kernel, cell, hidden, *inputs
        return jax.grad(value, range(len(arguments)))(*arguments)

    def plain(x, b, u, s, gate):
        return unrolling._forward(lambda t: x[t] + b[None], steps, u, s, gate)[0]

    def plain_rows(r, u, s, gate):
        return unrolling._forward(lambda t: r[tokens[t]], steps, u, s, gate)[0]

    def by_row(r, u, s, gate):
        return unrolling.unroll_rows(r, tokens, u, s, gate)

    pairs = [
        (loss(unrolling.unroll, projected, bias), loss(plain, projected, bias)),
        (loss(by_row, rows), loss(plain_rows, rows)),
    ]
    for ours, reference in pairs:
        for got, want in zip(ours, reference, strict=True):
            np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-12)
