"""Runs imported from files that Keras writes give the logits of Keras; needs Keras."""

import importlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.keras.runs import greedy_notes, imported, loop, random_windows
from tests.keras.writing import SIZES, VOCAB, WINDOW

# The package `keras` is version 3, the package `tf_keras` version 2.
GENUINE = [("keras", "h5"), ("keras", "keras"), ("tf_keras", "hdf5")]
GENUINE += [("tf_keras", "keras")]


@pytest.fixture
def lenient():
    """Allow dtype promotion, because Keras may run on JAX and uses promotion."""
    with (
        jax.numpy_rank_promotion("allow"),
        jax.numpy_dtype_promotion("standard"),
    ):
        yield


@pytest.mark.parametrize("kind", ["Sequential", "Functional"])
@pytest.mark.parametrize("gates", ["sigmoid", "hard_sigmoid"])
@pytest.mark.parametrize(("package", "end"), GENUINE)
def test_against_keras(lenient, package, end, gates, kind, tmp_path):
    pytest.importorskip(package, exc_type=ImportError)
    keras = importlib.import_module(package)
    layers = keras.layers
    first, second = SIZES
    notes = layers.Input((WINDOW, VOCAB))
    stack = [
        layers.LSTM(first, recurrent_activation=gates, return_sequences=True),
        layers.Dropout(0.3),
        layers.LSTM(second, recurrent_activation=gates),
        layers.Dropout(0.3),
        layers.Dense(VOCAB),
    ]
    softmax = layers.Activation("softmax")
    if kind == "Sequential":
        model = keras.Sequential([notes, *stack])
        logits_alone = keras.Model(model.inputs, model.outputs)
        model.add(softmax)
    else:
        logits = notes
        for layer in stack:
            logits = layer(logits)
        logits_alone = keras.Model(notes, logits)
        model = keras.Model(notes, softmax(logits))
    model.compile("rmsprop", "categorical_crossentropy")
    random = np.random.default_rng(7)
    model.set_weights([random.normal(size=w.shape) for w in model.get_weights()])
    path = tmp_path / f"model.{end}"
    model.save(path)

    run = imported(path, tmp_path / "run")
    windows = random_windows(8)
    one_hot = np.eye(VOCAB, dtype=np.float32)
    wanted = logits_alone.predict(one_hot[windows], verbose=0)
    got = run.model.unroll(jnp.asarray(windows, jnp.int32))[1][:, -1]
    np.testing.assert_allclose(got, wanted, atol=1e-5)
    probabilities = model.predict(one_hot[windows], verbose=0)
    np.testing.assert_allclose(jax.nn.softmax(got), probabilities, atol=1e-5)
    primer = windows[0].tolist()
    assert greedy_notes(run, primer, 40) == loop(
        lambda window: model.predict(one_hot[window], verbose=0), primer, 40
    )
