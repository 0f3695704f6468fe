"""The loop and the run folder: what is kept, resumed and refused."""

import dataclasses
import json
import shutil

import jax
import numpy as np
import pytest
from tensorboardX.proto.event_pb2 import Event

from lstm_music_jax import loss_curve
from lstm_music_jax.training.checkpoints import (
    CheckpointError,
    Checkpoints,
    restore,
    saved_steps,
)
from lstm_music_jax.training.config import TrainingConfig
from lstm_music_jax.training.loop import NonFiniteLossError
from lstm_music_jax.training.run_folder import RunFolder, initial_run_state, load_run
from lstm_music_jax.training.tally import dispatch_end
from lstm_music_jax.training.train import train
from tests.training.conftest import MODEL, TRAINING

ONE = jax.local_devices()[:1]


@pytest.fixture(scope="module")
def run(tmp_path_factory, dataset):
    folder = tmp_path_factory.mktemp("runs") / "whole"
    return folder, train(folder, dataset, MODEL, TRAINING, devices=ONE, show=False)


def lines_of(folder):
    return [json.loads(line) for line in (folder / "metrics.jsonl").open()]


def initial(folder, vocab_size=9):
    """Return the state of a run before its first step."""
    settings = RunFolder(folder).settings()
    return initial_run_state(settings["model"], settings["training"], vocab_size)


def last_state(folder):
    return restore(RunFolder(folder).checkpoints("last"), initial(folder))


def best_model(folder):
    return restore(RunFolder(folder).checkpoints("best"), initial(folder).best)


def without_speed(folder):
    clock = {"notes_per_second": 0, "save_seconds": 0}
    return [line | clock if "train_loss" in line else line for line in lines_of(folder)]


def require_same(one, other):
    """Compare two run folders bit for bit, except the measured times."""
    assert without_speed(one) == without_speed(other)
    for kept in (last_state, best_model):
        assert kept(one).step == kept(other).step
        assert kept(one).facts == kept(other).facts
        jax.tree.map(np.testing.assert_array_equal, kept(one).tree, kept(other).tree)


def require_same_points(folder):
    """Check that TensorBoard gets each number of the metrics file, and each once."""
    metrics = [
        (name, line.get("step", 0), np.float32(value))
        for line in lines_of(folder)
        for name, value in line.items()
        if name != "step"
    ]
    found = []
    for path in (folder / "tensorboard").iterdir():
        content = path.read_bytes()
        while content:
            # A record: its length, a checksum, an event, and a checksum.
            end = 12 + int.from_bytes(content[:8], "little")
            event = Event.FromString(content[12:end])
            found += [
                (value.tag, event.step, np.float32(value.simple_value))
                for value in event.summary.value
            ]
            content = content[end + 4 :]
    assert sorted(found) == sorted(metrics)


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
    folder, _ = run
    loaded = load_run(folder)
    assert len(loaded.vocabulary) == 9
    assert loaded.settings["training"] == TRAINING
    assert loaded.encoding.config()["kind"] == "note_names"
    last = last_state(folder).tree
    jax.tree.map(np.testing.assert_array_equal, loaded.model, last.best)
    loaded = load_run(folder, "last")
    jax.tree.map(np.testing.assert_array_equal, loaded.model, last.state.model)


def test_resuming_is_exact_from_any_step(tmp_path, dataset, run):
    # The end is at a validation, between two validations, or inside a dispatch.
    for steps in (20, 28, 31, 40):
        shorter = dataclasses.replace(TRAINING, steps=steps)
        resume = {"resume": steps > 20, "devices": ONE, "show": False}
        result = train(tmp_path, dataset, MODEL, shorter, **resume, tensorboard=True)
        assert result.step == steps
        require_same_points(tmp_path)
        reported = [line["step"] for line in lines_of(tmp_path) if "step" in line]
        assert reported[-1] == steps
    require_same(tmp_path, run[0])
    assert result[:3] == run[1][:3]


def resume_as_it_is(folder, dataset):
    return train(folder, dataset, MODEL, TRAINING, resume=True, devices=ONE, show=False)


def test_resuming_a_complete_run_changes_nothing(tmp_path, dataset, run):
    shutil.copytree(run[0], tmp_path / "copy")
    again = resume_as_it_is(tmp_path / "copy", dataset)
    require_same(tmp_path / "copy", run[0])
    assert again[:4] == run[1][:4]


def test_a_half_written_line_of_metrics_is_dropped(tmp_path, dataset, run):
    shutil.copytree(run[0], tmp_path / "copy")
    with (tmp_path / "copy" / "metrics.jsonl").open("a") as metrics:
        metrics.write('{"step": 44, "train_lo')
    resume_as_it_is(tmp_path / "copy", dataset)
    require_same(tmp_path / "copy", run[0])


def test_a_wrong_best_folder_is_repaired(tmp_path, dataset, run):
    shutil.copytree(run[0], tmp_path / "copy")
    best = RunFolder(tmp_path / "copy").checkpoints("best")
    (step,) = saved_steps(best)
    shutil.rmtree(best / str(step) / "arrays")
    (best / "99").mkdir()
    resume_as_it_is(tmp_path / "copy", dataset)
    require_same(tmp_path / "copy", run[0])


def test_where_dispatches_end_depends_on_the_step_alone():
    config = dataclasses.replace(
        TRAINING, evaluate_every=20, save_every=14, steps_per_dispatch=4
    )
    ends, step = [], 0
    while step < 60:
        step = dispatch_end(config, step)
        ends.append(step)
    assert ends == [4, 8, 12, 14, 18, 20, 24, 28, 32, 36, 40, 42, 46, 50, 54, 56, 60]
    for step in range(60):
        assert dispatch_end(config, step) == min(end for end in ends if end > step)


@pytest.mark.slow
@pytest.mark.parametrize("devices", [(1, 4), (4, 2), (2, 1)])
def test_resumes_on_another_number_of_devices(tmp_path, dataset, run, devices):
    for steps, count in zip((20, 40), devices, strict=True):
        train(
            tmp_path,
            dataset,
            MODEL,
            dataclasses.replace(TRAINING, steps=steps),
            resume=steps > 20,
            devices=jax.local_devices()[:count],
            show=False,
        )
    found, expected = without_speed(tmp_path), without_speed(run[0])
    assert len(found) == len(expected)
    for line, other in zip(found, expected, strict=True):
        assert line == pytest.approx(other, rel=1e-3)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4),
        last_state(tmp_path).tree.state.model,
        last_state(run[0]).tree.state.model,
    )


@pytest.mark.parametrize(
    ("model", "training", "message"),
    [
        ({"sizes": (16,)}, {}, r"sizes is \(16,\); the run .* started with \(16, 8\)"),
        ({}, {"learning_rate": 1e-3}, "learning_rate is 0.001; .* started with 0.01"),
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
    poisoned = jax.tree.map(lambda leaf: leaf, kept.tree)
    poisoned.state.model.head_bias[...] = poisoned.state.model.head_bias[...] * np.nan
    folder = RunFolder(tmp_path).checkpoints("last")
    state = poisoned.state._replace(step=poisoned.state.step + 1)
    with Checkpoints(folder, {}, keep=2) as checkpoints:
        checkpoints.save(21, poisoned._replace(state=state), kept.facts)
    with pytest.raises(NonFiniteLossError, match="not finite at step 22"):
        train(tmp_path, dataset, MODEL, TRAINING, resume=True, devices=ONE, show=False)
    assert saved_steps(folder) == [20, 21]


def test_a_checkpoint_of_another_vocabulary_or_model_is_named(tmp_path, run):
    copy = shutil.copytree(run[0], tmp_path / "copy")
    text = (copy / "vocabulary.json").read_text()
    (copy / "vocabulary.json").write_text(text.replace('"G4"', '"G9"'))
    with pytest.raises(
        CheckpointError, match=r"vocabulary.symbols\[\d\]: saved G4, wa"
    ):
        load_run(copy)
    (copy / "vocabulary.json").write_text(text)
    text = (copy / "config.json").read_text()
    (copy / "config.json").write_text(text.replace('"dropout": 0.2', '"dropout": 0.1'))
    with pytest.raises(CheckpointError, match=r"model.dropout: saved 0.2, wanted 0.1"):
        load_run(copy, "last")


def test_a_missing_run_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="must be a run folder"):
        load_run(tmp_path)


@pytest.mark.parametrize(
    ("kind", "when"),
    [("best", "after its first validation"), ("last", "before its first step")],
)
def test_a_missing_checkpoint_is_an_error(tmp_path, dataset, kind, when):
    RunFolder(tmp_path).describe(MODEL, TRAINING, dataset)
    with pytest.raises(CheckpointError, match=f"no {kind} checkpoint; .* one {when}"):
        load_run(tmp_path, kind)


def test_loss_curve(run, tmp_path):
    loss_curve(run[0] / "metrics.jsonl", tmp_path / "a" / "loss.png")
    assert (tmp_path / "a" / "loss.png").read_bytes()[:4] == b"\x89PNG"


def test_loss_curve_of_a_run_that_is_writing(run, tmp_path):
    metrics = tmp_path / "metrics.jsonl"
    metrics.write_bytes((run[0] / "metrics.jsonl").read_bytes()[:-9])
    loss_curve(metrics, tmp_path / "loss.png")
    assert (tmp_path / "loss.png").exists()


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"steps": 0}, "steps is 0; it must be 1 or more"),
        ({"batch_size": -1}, "batch_size is -1"),
        ({"learning_rate": 0.0}, "learning_rate is 0.0; it must be above 0 and finite"),
        ({"clip_norm": 0.0}, "clip_norm is 0.0; it must be above 0, or None"),
        ({"seed": -1}, "seed is -1"),
        ({"save_every": 0}, "save_every is 0; it must be 1 or more, or None"),
        (
            {"warmup_steps": 2000},
            "warmup_steps is 2000; it must be 0 or more, and below the 2000",
        ),
    ],
)
def test_a_wrong_setting_is_named(setting, message):
    with pytest.raises(ValueError, match=message):
        TrainingConfig(**setting)
