"""train.py: what it saves, and what a resume may change."""

import json

import pytest
import train

from tests.experiments.calling import call, copy_without_vocabulary


def test_train_saves_its_settings_and_resumes(run, midi, capsys):
    assert (run / "loss.png").exists()
    settings = json.loads((run / "config.json").read_text())
    assert settings["model"]["sizes"] == [12, 8]
    assert settings["corpus"]["origin"]["midi"] == str(midi)
    assert call(train, "--run", run, "--resume", "--steps", 6) == 0
    lines = [json.loads(line) for line in (run / "metrics.jsonl").open()]
    steps = [line["step"] for line in lines if "validation_loss" in line]
    assert steps == [2, 4, 6]
    assert call(train, "--run", run, "--resume", "--batch-size", 8) == 2
    assert "batch_size is 8" in capsys.readouterr().err


@pytest.mark.parametrize(
    "given",
    [
        "--steps 2000",
        "--learning-rate 1e-3",
        "--batch-size 64",
        "--window 100",
        "--seed 0",
        "--schedule constant",
        "--no-cross-pieces",
        "--sizes 512 256",
        "--dropout 0.3",
        "--cores 2",
        "--validation 0.1",
        "--split-seed 0",
        "--end-symbol",
        "--encoding events",
        "--parts all",
        "--midi elsewhere",
        "--midi None",
        "--symbols data.txt",
    ],
)
def test_a_setting_that_was_given_is_not_ignored(unusual, given, capsys):
    """This includes default values, because the run was started with other values."""
    files = [unusual / name for name in ("config.json", "metrics.jsonl")]
    before = [path.read_bytes() for path in files]
    assert call(train, "--run", unusual, "--resume", *given.split()) == 2
    name = given.split()[0].removeprefix("--no-").strip("-").replace("-", "_")
    error = capsys.readouterr().err
    assert f"error: {name} is " in error
    assert "the run to resume was started with" in error
    assert [path.read_bytes() for path in files] == before


def test_settings_that_are_the_run_s_own_may_be_given(unusual, midi):
    given = "--learning-rate 5e-3 --cross-pieces --evaluate-every 100 --sizes 12 8"
    given = [*given.split(), "--midi", midi]
    assert call(train, "--run", unusual, "--resume", *given) == 0
    training = json.loads((unusual / "config.json").read_text())["training"]
    assert training["evaluate_every"] == 100
    assert training["steps"] == 4


def test_a_resume_writes_a_missing_vocabulary_again(run, tmp_path):
    folder = copy_without_vocabulary(run, tmp_path / "bare")
    assert call(train, "--run", folder, "--resume") == 0
    found = (folder / "vocabulary.json").read_bytes()
    assert found == (run / "vocabulary.json").read_bytes()


def test_fewer_steps_than_the_run_has_taken_are_refused(run, capsys):
    before = (run / "config.json").read_bytes()
    assert call(train, "--run", run, "--resume", "--steps", 3) == 2
    assert "error: steps is 3; it must be at least" in capsys.readouterr().err
    assert (run / "config.json").read_bytes() == before
