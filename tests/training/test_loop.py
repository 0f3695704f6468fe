"""The loop and the run folder: what is kept, what is resumed, what is refused."""

import dataclasses
import json

import jax
import numpy as np
import pytest

from lstm_music_jax import figures
from lstm_music_jax.training.checkpoints import CheckpointError, Checkpoints, restore
from lstm_music_jax.training.config import TrainingConfig
from lstm_music_jax.training.loop import NonFiniteLossError, train
from lstm_music_jax.training.run import RunFolder, fresh_progress, load_run
from tests.training.conftest import MODEL, TRAINING

ONE = jax.local_devices()[:1]


@pytest.fixture(scope="module")
def run(tmp_path_factory, dataset):
    folder = tmp_path_factory.mktemp("runs") / "whole"
    return folder, train(folder, dataset, MODEL, TRAINING, devices=ONE, show=False)


def lines_of(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").open()]


def last_state(folder, vocabulary=9):
    like = fresh_progress(MODEL, TRAINING, vocabulary)
    return restore(RunFolder(folder).checkpoints("last"), like)


def test_learns_and_reports(run):
    folder, result = run
    assert result.step == 40
    assert result.best_loss < result.baselines.unigram - 0.2
    lines = lines_of(folder)
    trained = [line["step"] for line in lines if "train_loss" in line]
    assert trained == list(range(4, 41, 4))
    validated = {
        line["step"]: line["validation_loss"]
        for line in lines
        if "validation_loss" in line
    }
    assert list(validated) == [20, 40]
    assert min(validated.values()) == result.best_loss


def test_loads_the_best_model_without_the_data(run):
    folder, result = run
    loaded = load_run(folder)
    assert len(loaded.vocabulary) == 9
    assert loaded.settings["training"] == TRAINING
    assert loaded.encoding.config()["kind"] == "note_names"
    last = last_state(folder)
    if result.best_loss == result.last_loss:
        jax.tree.map(np.testing.assert_array_equal, loaded.model, last.state.model)


def test_resuming_is_exact(tmp_path, dataset, run):
    whole, _ = run
    half = dataclasses.replace(TRAINING, steps=20)
    train(tmp_path, dataset, MODEL, half, devices=ONE, show=False)
    result = train(
        tmp_path, dataset, MODEL, TRAINING, resume=True, devices=ONE, show=False
    )
    assert result.step == 40
    jax.tree.map(np.testing.assert_array_equal, last_state(tmp_path), last_state(whole))

    def without_speed(folder):
        lines = [line for line in lines_of(folder) if "step" in line]
        return [line | {"notes_per_second": 0} for line in lines]

    assert without_speed(tmp_path) == without_speed(whole)


@pytest.mark.parametrize(
    ("model", "training", "message"),
    [
        ({"sizes": (16,)}, {}, r"sizes is \(16,\); the run .* begun with \(16, 8\)"),
        ({}, {"learning_rate": 1e-3}, "learning_rate is 0.001; .* begun with 0.01"),
    ],
)
def test_resuming_another_run_is_refused(dataset, run, model, training, message):
    with pytest.raises(ValueError, match=message):
        train(
            run[0],
            dataset,
            dataclasses.replace(MODEL, **model),
            dataclasses.replace(TRAINING, **training),
            resume=True,
        )


def test_a_folder_in_use_is_refused(dataset, run):
    with pytest.raises(ValueError, match="is not empty; name a new folder, or resume"):
        train(run[0], dataset, MODEL, TRAINING)


def test_a_non_finite_loss_stops_and_keeps_the_last_checkpoint(tmp_path, dataset):
    train(
        tmp_path,
        dataset,
        MODEL,
        dataclasses.replace(TRAINING, steps=20),
        devices=ONE,
        show=False,
    )
    kept = last_state(tmp_path)
    poisoned = jax.tree.map(lambda leaf: leaf, kept)
    poisoned.state.model.head_bias[...] = poisoned.state.model.head_bias[...] * np.nan
    folder = RunFolder(tmp_path).checkpoints("last")
    state = poisoned.state._replace(step=poisoned.state.step + 1)
    with Checkpoints(folder, keep=2) as checkpoints:
        checkpoints.save(21, poisoned._replace(state=state))
    with pytest.raises(NonFiniteLossError, match="not finite at step 22"):
        train(tmp_path, dataset, MODEL, TRAINING, resume=True, devices=ONE, show=False)
    assert sorted(path.name for path in folder.iterdir()) == ["20", "21"]


def test_checkpoints_of_another_model_are_named(tmp_path, run):
    other = fresh_progress(dataclasses.replace(MODEL, sizes=(16, 4)), TRAINING, 9)
    with pytest.raises(
        CheckpointError, match=r"float32\[8, 9\], wanted float32\[4, 9\]"
    ):
        restore(RunFolder(run[0]).checkpoints("last"), other)
    with pytest.raises(CheckpointError, match="does not exist"):
        restore(tmp_path / "none", other)
    with Checkpoints(tmp_path / "empty"):
        pass
    with pytest.raises(CheckpointError, match="holds no complete checkpoint"):
        restore(tmp_path / "empty", other)


def test_no_run_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="must be a run folder"):
        load_run(tmp_path)


def test_loss_curve(run, tmp_path):
    figures.loss_curve(run[0] / "metrics.jsonl", tmp_path / "a" / "loss.png")
    assert (tmp_path / "a" / "loss.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"steps": 0}, "steps is 0; it must be 1 or more"),
        ({"batch_size": -1}, "batch_size is -1"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0; it must be above 0 and finite"),
        ({"clip": 0.0}, "clip is 0.0; it must be above 0, or None"),
        ({"seed": -1}, "seed is -1"),
        ({"warmup": 2000}, "warmup is 2000; it must be 0 or more, and below the 2000"),
    ],
)
def test_a_wrong_setting_is_named(setting, message):
    with pytest.raises(ValueError, match=message):
        TrainingConfig(**setting)
