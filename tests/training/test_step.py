"""The training step: compared with NumPy, and the same on any number of devices."""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.devices import spread
from lstm_music_jax.training.objective import predict
from lstm_music_jax.training.optimizer import learning_rate
from lstm_music_jax.training.step import evaluate, initial_state, train_steps
from lstm_music_jax.training.windows import cut_windows
from tests.references import numpy_logits
from tests.training.conftest import MODEL, TRAINING
from tests.training.devices import train_on_devices


@pytest.fixture(scope="module")
def windows(dataset):
    return cut_windows(dataset.train, TRAINING.window)


def numpy_loss(model, batch):
    """Return the mean cross-entropy of the counted targets, in float64."""
    logits = numpy_logits(model, batch.inputs)
    log_probs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    targets = np.asarray(batch.targets)[..., None]
    of_targets = np.take_along_axis(log_probs, targets, -1)[..., 0]
    return -of_targets[np.asarray(batch.counted)].mean()


@pytest.mark.parametrize("objective", ["all", "last"])
def test_cross_entropy_equals_numpy(windows, objective):
    model = initial_state(MODEL, TRAINING, 9).model
    batch = windows.at(jnp.arange(5), TRAINING.window)
    totals = predict(model, batch, objective).totals
    if objective == "last":
        last = np.zeros(batch.counted.shape, bool)
        last[:, -1] = True
        batch = batch._replace(counted=last)
    np.testing.assert_allclose(
        totals.loss / totals.targets, numpy_loss(model, batch), rtol=1e-5
    )


def test_evaluate_counts_every_window_once(dataset):
    windows = cut_windows(dataset.validation, 12, stride=12)
    windows = dataclasses.replace(windows, size=windows.size - 1)
    model = initial_state(MODEL, TRAINING, 9).model
    assert windows.size % TRAINING.batch_size != 0
    whole = windows.at(jnp.arange(windows.size), 12)
    for devices in (1, 4):
        evaluate_on = spread(
            partial(evaluate, config=TRAINING), jax.local_devices()[:devices]
        )
        totals = evaluate_on(model, windows)
        assert int(totals.targets) == int(whole.counted.sum())
        np.testing.assert_allclose(
            totals.loss / totals.targets, numpy_loss(model, whole), rtol=1e-5
        )


@pytest.fixture(scope="module")
def runs(windows):
    """Return the last state and losses of eight steps on one, two and four devices."""
    return train_on_devices(MODEL, TRAINING, windows, (4, 4))


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, 4])
def test_several_devices_compute_what_one_computes(runs, count):
    (one, losses), (several, losses_of_several) = runs[1], runs[count]
    np.testing.assert_allclose(losses_of_several, losses, rtol=1e-5)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=2e-5),
        several.model,
        one.model,
    )
    assert int(several.step) == 8


def test_learns(runs):
    losses = runs[1][1]
    assert losses[-1] < losses[0] - 0.1


def test_a_dispatch_of_fewer_steps(windows):
    step = spread(partial(train_steps, config=TRAINING), jax.local_devices()[:1])
    start = initial_state(MODEL, TRAINING, 9)
    whole, metrics = step(start, windows, jnp.int32(4))
    part, some = step(start, windows, jnp.int32(3))
    assert np.isnan(some.loss[3])
    np.testing.assert_array_equal(some.loss[:3], metrics.loss[:3])
    part, _ = step(part, windows, jnp.int32(1))
    jax.tree.map(np.testing.assert_array_equal, whole, part)


def test_the_first_update_is_adam_on_the_clipped_gradient(windows):
    config = dataclasses.replace(TRAINING, clip_norm=0.01)
    still = dataclasses.replace(MODEL, dropout=0.0)
    start = initial_state(still, config, 9)
    step = spread(partial(train_steps, config=config), jax.local_devices()[:1])
    after, metrics = step(start, windows, jnp.int32(1))
    assert metrics.gradient_norm[0] > 0.01
    # Adam's first update is the learning rate times the gradient's sign.
    moved = jnp.abs(after.model.head_kernel[...] - start.model.head_kernel[...])
    np.testing.assert_allclose(np.median(moved), 1e-2, rtol=1e-2)


def test_learning_rates():
    cosine = dataclasses.replace(TRAINING, schedule="cosine", warmup_steps=4, steps=14)
    rates = np.array([learning_rate(cosine)(step) for step in range(15)])
    np.testing.assert_allclose(rates[:5] * 500, [1, 2, 3, 4, 5], rtol=1e-5)
    np.testing.assert_allclose(rates[9], 0.5e-2, rtol=1e-5)
    np.testing.assert_allclose(rates[14], 0, atol=1e-9)
    assert learning_rate(TRAINING)(1000) == 1e-2


def test_a_batch_that_the_devices_do_not_divide_is_an_error(windows):
    config = dataclasses.replace(TRAINING, batch_size=6)
    step = spread(partial(train_steps, config=config), jax.local_devices())
    with pytest.raises(ValueError, match="batch_size is 6; 4 devices must divide it"):
        step(initial_state(MODEL, config, 9), windows, jnp.int32(1))
