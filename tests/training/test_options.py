"""Options of the step: weight decay, label smoothing, precision, and all together."""

import dataclasses
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from lstm_music_jax.devices import Shard
from lstm_music_jax.training.config import ModelConfig, TrainingConfig
from lstm_music_jax.training.objective import predict
from lstm_music_jax.training.optimizer import optimizer
from lstm_music_jax.training.run_folder import RunFolder, initial_run_state, load_run
from lstm_music_jax.training.step import initial_state, train_steps
from lstm_music_jax.training.train import train
from lstm_music_jax.training.windows import cut_windows
from tests.training.conftest import TRAINING

SMALL = ModelConfig(sizes=(16,), dropout=0.0)
ONE = jax.local_devices()[:1]
ALONE = Shard(jnp.int32(0), 1)


@pytest.fixture(scope="module")
def windows(dataset):
    return cut_windows(dataset.train, TRAINING.window)


@pytest.fixture(scope="module")
def start():
    return initial_state(SMALL, TRAINING, 9)


def test_weight_decay_applies_to_matrices_only(start):
    gradient = jax.tree.map(jnp.ones_like, start.model)

    def update(**settings):
        transform = optimizer(dataclasses.replace(TRAINING, **settings))

        @jax.jit
        def first(model):
            with jax.numpy_dtype_promotion("standard"):
                return transform.update(gradient, transform.init(model), model)[0]

        return first(start.model)

    def check(plain, decayed, parameter):
        taken = 1e-2 * 0.5 * parameter if parameter.ndim == 2 else 0 * parameter
        np.testing.assert_allclose(plain - decayed, taken, atol=1e-8)

    jax.tree.map(check, update(), update(weight_decay=0.5), start.model)


def test_no_weight_decay_is_plain_adam(start):
    plain = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(lambda _: 1e-2))
    states = (transform.init(start.model) for transform in (optimizer(TRAINING), plain))
    ours, theirs = map(jax.tree.structure, states)
    assert ours == theirs


@pytest.mark.slow
def test_label_smoothing(start, windows):
    batch = windows.at(jnp.arange(3), TRAINING.window)
    batch = batch._replace(counted=batch.counted.at[1, 5:].set(False))
    logits = np.asarray(start.model.unroll(batch.inputs)[1], np.float64)
    log_probs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    wanted = 0.8 * np.eye(9)[np.asarray(batch.targets)] + 0.2 / 9
    loss = -(wanted * log_probs).sum(-1)[np.asarray(batch.counted)].sum()
    smoothed = predict(start.model, batch, smoothing=0.2)
    plain = predict(start.model, batch)
    np.testing.assert_allclose(smoothed.minimised, loss, rtol=1e-5)
    assert plain.minimised == plain.totals.loss == smoothed.totals.loss


def test_bfloat16_trains_like_float32(start, windows):
    losses = {}
    for precision in ("float32", "bfloat16"):
        config = dataclasses.replace(TRAINING, precision=precision)
        step = jax.jit(partial(train_steps, ALONE, config=config))
        state, metrics = step(start, windows, jnp.int32(4))
        losses[precision] = metrics.loss
        assert {leaf.dtype for leaf in jax.tree.leaves(state.model)} == {
            jnp.dtype("float32")
        }
    np.testing.assert_allclose(losses["bfloat16"], losses["float32"], rtol=5e-3)
    assert not np.array_equal(losses["bfloat16"], losses["float32"])
    assert losses["bfloat16"][3] < losses["bfloat16"][0]


def test_precisions_are_in_the_program(start, windows):
    def program(**settings):
        config = dataclasses.replace(TRAINING, **settings)
        step = partial(train_steps, ALONE, config=config)
        return str(jax.make_jaxpr(step)(start, windows, jnp.int32(1)))

    plain = program()
    assert "HIGHEST" not in plain
    assert "bf16" not in plain
    assert plain == program(precision="float32", matmul_precision="default")
    highest = program(matmul_precision="highest")
    assert highest.count("(Precision.HIGHEST") == highest.count("dot_general") > 0
    # JAX calls it "high", which is TensorFloat-32 on a GPU that has it.
    assert "(Precision.HIGH," in program(matmul_precision="tensorfloat32")
    assert "bf16" in program(precision="bfloat16")


ALL = dataclasses.replace(
    TRAINING,
    steps=12,
    evaluate_every=6,
    batching="streams",
    weight_decay=0.1,
    label_smoothing=0.1,
    transpose=2,
    precision="bfloat16",
    matmul_precision="highest",
)


@pytest.mark.slow
def test_a_run_with_all_options_is_resumed_exactly(tmp_path, dataset):
    quietly = {"devices": ONE, "show": False}
    whole = train(tmp_path / "whole", dataset, SMALL, ALL, **quietly)
    half = dataclasses.replace(ALL, steps=6)
    train(tmp_path / "parts", dataset, SMALL, half, **quietly)
    parts = train(tmp_path / "parts", dataset, SMALL, ALL, resume=True, **quietly)
    assert parts.last_loss == whole.last_loss
    models = [load_run(tmp_path / run, "last") for run in ("whole", "parts")]
    jax.tree.map(np.testing.assert_array_equal, *(run.model for run in models))
    assert RunFolder(tmp_path / "whole").settings()["training"] == ALL
    carried = initial_run_state(SMALL, ALL, 9).state.carried
    assert carried[0].cell.shape == (8, 16)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"weight_decay": -0.1}, "weight_decay is -0.1; it must be 0 or more"),
        ({"label_smoothing": 1.0}, r"label_smoothing is 1.0; it must be in \[0, 1\)"),
        ({"transpose": -1}, "transpose is -1; it must be 0 to 24"),
    ],
)
def test_a_wrong_setting_is_named(setting, message):
    with pytest.raises(ValueError, match=message):
        TrainingConfig(**setting)


@pytest.mark.parametrize("name", ["batching", "precision", "matmul_precision"])
def test_an_unknown_choice_is_named(name):
    config = TrainingConfig()
    # This bypasses the type checker of the tests, which users' programs do not have.
    object.__setattr__(config, name, "other")
    with pytest.raises(ValueError, match=f"{name} is 'other'; it must be one of"):
        config.__post_init__()
