"""Run folders that have lost checkpoints: no trained model is deleted."""

import dataclasses
import shutil

import jax
import numpy as np
import pytest

from lstm_music_jax.training import loop
from lstm_music_jax.training.checkpoints import CheckpointError, saved_steps
from lstm_music_jax.training.run_folder import RunFolder, load_run
from lstm_music_jax.training.train import train
from tests.training.conftest import MODEL, TRAINING
from tests.training.test_loop import require_same

ONE = {"devices": jax.local_devices()[:1], "show": False}
SHORT = dataclasses.replace(TRAINING, steps=8, evaluate_every=4)
LONGER = dataclasses.replace(SHORT, steps=12)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, dataset):
    """Return a run of twelve steps, and the same run after eight steps."""
    folder = tmp_path_factory.mktemp("runs")
    train(folder / "long", dataset, MODEL, SHORT, **ONE)
    shutil.copytree(folder / "long", folder / "short")
    train(folder / "long", dataset, MODEL, LONGER, resume=True, **ONE)
    return folder


@pytest.fixture
def run(whole, tmp_path):
    return RunFolder(shutil.copytree(whole / "short", tmp_path / "run"))


def content(folder):
    """Return the bytes of every file in a folder, by path."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder): path.read_bytes() for path in files}


def resume(run, dataset):
    return train(run.path, dataset, MODEL, LONGER, resume=True, **ONE)


@pytest.mark.parametrize(
    ("lost", "found"),
    [
        ("checkpoints/last", "metrics and a best checkpoint"),
        ("checkpoints/last/8", "metrics and a best checkpoint"),
        ("checkpoints", "metrics"),
    ],
)
def test_a_run_without_its_last_checkpoint_is_refused(run, dataset, lost, found):
    shutil.rmtree(run.checkpoints("last") / "4")
    shutil.rmtree(run.path / lost)
    before = content(run.path)
    message = f"which has {found}, but .*last holds no .* start anew in a new folder"
    with pytest.raises(ValueError, match=message):
        resume(run, dataset)
    assert content(run.path) == before


def test_a_run_without_metrics_or_checkpoints_starts_anew(run, whole, dataset):
    shutil.rmtree(run.path / "checkpoints")
    run.metrics.unlink()
    resume(run, dataset)
    require_same(run.path, whole / "long")


def test_a_checkpoint_of_another_name_is_refused(run, dataset):
    last = run.checkpoints("last")
    (last / "8").rename(last / "9999")
    before = content(run.path)
    with pytest.raises(CheckpointError, match=r"last/9999 holds step 8; .* rename it"):
        resume(run, dataset)
    with pytest.raises(CheckpointError, match=r"last/9999 holds step 8; .* rename it"):
        load_run(run.path, "last")
    assert content(run.path) == before


def test_a_damaged_checkpoint_is_set_aside(run, whole, dataset):
    last = run.checkpoints("last")
    shutil.rmtree(last / "8" / "arrays")
    with pytest.warns(UserWarning, match="the one of step 4 is used"):
        resume(run, dataset)
    assert (last / "8.damaged" / "about").exists()
    require_same(run.path, whole / "long")


def test_a_run_has_a_checkpoint_before_its_first_line(tmp_path, dataset):
    train(tmp_path, dataset, MODEL, dataclasses.replace(SHORT, steps=4), **ONE)
    assert saved_steps(RunFolder(tmp_path).checkpoints("last")) == [0, 4]


def interrupted(*_):
    raise KeyboardInterrupt


def test_the_best_model_is_kept_until_there_is_another(
    run, whole, dataset, monkeypatch
):
    """Resume from step 0, as after a kill in the middle of the first save."""
    before = load_run(run.path).model
    (best_step,) = saved_steps(run.checkpoints("best"))
    last = run.checkpoints("last")
    fresh = run.path.with_name("fresh")
    train(fresh, dataset, MODEL, dataclasses.replace(SHORT, steps=1), **ONE)
    shutil.rmtree(last)
    last.mkdir()
    shutil.copytree(RunFolder(fresh).checkpoints("last") / "0", last / "0")
    with monkeypatch.context() as patched:
        patched.setattr(loop, "spread", lambda *_: interrupted)
        with pytest.raises(KeyboardInterrupt):
            resume(run, dataset)
    assert saved_steps(run.checkpoints("best")) == [best_step]
    jax.tree.map(np.testing.assert_array_equal, load_run(run.path).model, before)
    resume(run, dataset)
    require_same(run.path, whole / "long")
