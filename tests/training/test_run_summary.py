"""Summaries of run folders: what they read, and how they tell the states of a run."""

import dataclasses
import json
import shutil
import zipfile
from pathlib import Path

import pytest

from lstm_music_jax.system.folder_lock import locked
from lstm_music_jax.training.baselines import Baselines
from lstm_music_jax.training.run_folder import RunFolder
from lstm_music_jax.training.run_summary import (
    RunSummary,
    differing_settings,
    run_folders,
    summarize_run,
)
from tests.training.conftest import MODEL, TRAINING
from tests.training.test_versions import forget_version_3

METRICS = (
    {"unigram_loss": 2.1, "trigram_loss": 1.5, "five_gram_loss": 1},
    {"step": 4, "train_loss": 2.0},
    {"step": 20, "train_loss": 1.6},
    {"step": 20, "validation_loss": 1.25},
    {"step": 24, "train_loss": 1.7},
    {"step": 24, "validation_loss": 1.5},
)


def make_run(path, dataset, saved=24, lines=METRICS, **settings):
    """Write a run folder; its checkpoint is an empty folder, which is never read."""
    folder = RunFolder(path)
    path.mkdir(parents=True)
    folder.describe(MODEL, dataclasses.replace(TRAINING, **settings), dataset)
    folder.metrics.write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder.checkpoints("last") / str(saved)).mkdir(parents=True)
    return path


def contents(folder):
    return {path: path.is_dir() or path.read_bytes() for path in folder.rglob("*")}


def test_a_stopped_run(tmp_path, dataset):
    path = make_run(tmp_path / "run", dataset)
    before = contents(tmp_path)
    summary = summarize_run(path)
    assert contents(tmp_path) == before
    assert summary == RunSummary(
        path, "stopped", "", summary.settings, 40, 24, 1.7, 1.25, Baselines(2.1, 1.5, 1)
    )
    assert summary.settings["sizes"] == (16, 8)
    assert summary.settings["encoding.kind"] == "note_names"
    assert summary.settings["corpus.source"] == "noisy scales"


def test_a_run_is_finished_when_its_last_step_is_saved(tmp_path, dataset):
    path = make_run(tmp_path / "run", dataset, saved=20, steps=24)
    assert summarize_run(path).state == "stopped"
    (path / "checkpoints" / "last" / "24").mkdir()
    assert summarize_run(path).state == "finished"


def test_a_run_is_going_on_while_its_lock_is_held(tmp_path, dataset):
    path = make_run(tmp_path / "run", dataset)
    with locked(path):
        assert summarize_run(path).state == "going on"
    assert (path / ".lock").exists()
    assert summarize_run(path).state == "stopped"


def test_a_run_before_its_first_step(tmp_path, dataset):
    path = make_run(tmp_path / "run", dataset, lines=())
    shutil.rmtree(path / "checkpoints")
    for _ in range(2):
        summary = summarize_run(path)
        assert (summary.state, summary.step, summary.steps) == ("stopped", 0, 40)
        assert summary.train_loss is summary.best_loss is summary.baselines is None
        (path / "metrics.jsonl").unlink(missing_ok=True)


def test_the_incomplete_last_line_of_a_killed_run_is_left_out(tmp_path, dataset):
    path = make_run(tmp_path / "run", dataset)
    before = summarize_run(path)
    with (path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 28, "train_lo')
    assert summarize_run(path) == before


@pytest.mark.parametrize(
    "line",
    [b"noise", b"\xff", b"", b"[1]", b'{"step": "4"}', b'{"validation_loss": null}'],
)
def test_metrics_that_cannot_be_read_are_damage(tmp_path, dataset, line):
    path = make_run(tmp_path / "run", dataset)
    with (path / "metrics.jsonl").open("ab") as file:
        file.write(line + b"\n")
    summary = summarize_run(path)
    assert summary.state == "damaged"
    problem = f"line 7 of {path / 'metrics.jsonl'} is not a line of metrics"
    assert summary.problem.startswith(problem)


def test_other_damage(tmp_path, dataset):
    def problem():
        summary = summarize_run(path)
        assert summary.state == "damaged"
        return summary.problem

    path = make_run(tmp_path / "run", dataset)
    shutil.rmtree(path / "checkpoints")
    assert "holds no checkpoint to resume from" in problem()
    (path / "config.json").write_bytes(b"\xffnoise")
    assert "is not JSON in UTF-8" in problem()
    (path / "config.json").unlink()
    assert "it must be a run folder" in problem()
    assert run_folders(tmp_path) == [path]


def test_runs_of_earlier_versions(tmp_path, dataset):
    with zipfile.ZipFile(Path(__file__).with_name("version_1.zip")) as archive:
        archive.extractall(tmp_path / "one")
    genuine = summarize_run(tmp_path / "one")
    assert (genuine.state, genuine.step, genuine.steps) == ("finished", 9, 9)
    assert genuine.settings["clip_norm"] == 1.0
    assert genuine.train_loss is not None
    assert genuine.best_loss is not None
    path = make_run(tmp_path / "two", dataset)
    config = json.loads((path / "config.json").read_text()) | {"version": 2}
    forget_version_3(config)
    (path / "config.json").write_text(json.dumps(config))
    summary = summarize_run(path)
    assert summary.state == "stopped"
    assert summary.settings["initial_bias"] == "zeros"


def test_runs_are_found_at_any_depth(tmp_path, dataset):
    paths = [make_run(tmp_path / name, dataset) for name in ("a", "a/b", "c/d")]
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "config.json").write_text("of another program")
    assert run_folders(tmp_path) == paths
    assert run_folders(paths[-1]) == paths[-1:]


def test_settings_that_differ(tmp_path, dataset):
    runs = [
        make_run(tmp_path / "a", dataset),
        make_run(tmp_path / "b", dataset, learning_rate=0.5, seed=3),
        make_run(tmp_path / "c", dataset, seed=3),
    ]
    damaged = RunSummary(tmp_path, "damaged", "for a reason")
    summaries = [*map(summarize_run, runs), damaged]
    assert differing_settings(summaries) == [
        {"learning_rate": 0.01, "seed": 0},
        {"learning_rate": 0.5, "seed": 3},
        {"learning_rate": 0.01, "seed": 3},
        {},
    ]
    assert differing_settings(summaries[:1]) == [{}]
    assert differing_settings([]) == []
