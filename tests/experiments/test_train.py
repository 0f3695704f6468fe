"""train.py: what it saves, and what a resume may change."""

import json
import shutil
import sys

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


def test_a_file_in_place_of_the_tensorboard_folder_is_named(run, tmp_path, capsys):
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    (copy / "tensorboard").touch()
    before = (copy / "metrics.jsonl").read_bytes()
    capsys.readouterr()
    arguments = ["--run", copy, "--resume", "--steps", 20, "--tensorboard"]
    assert call(train, *arguments) == 2
    out, error = capsys.readouterr()
    folder = copy / "tensorboard"
    assert (out, error) == (
        "",
        f"error: tensorboard is {folder}, and {folder} is a file; it must be a "
        "folder\n",
    )
    assert (copy / "metrics.jsonl").read_bytes() == before


def test_a_missing_extra_is_named_before_anything_is_written(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    assert call(train, "--run", tmp_path / "new", "--tensorboard") == 2
    assert capsys.readouterr().err == (
        "error: tensorboardX is missing; tensorboard needs it: pip install "
        "'lstm-music-jax[tensorboard]'\n"
    )
    assert not (tmp_path / "new").exists()


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


MISSING = object()


@pytest.mark.parametrize(
    ("keys", "value", "message"),
    [
        ("validation", MISSING, "corpus.validation is missing; it must be a number"),
        ("validation", "0.2", "corpus.validation is '0.2'; it must be a number"),
        ("split_seed", [3], "corpus.split_seed is [3]; it must be an integer"),
        ("fingerprint", MISSING, "corpus.fingerprint is missing; it must be a string"),
        ("start", None, "corpus.start is None; it must be true or false"),
        ("origin", ["data.txt"], "corpus.origin is ['data.txt']; it must be an object"),
        ("origin midi", MISSING, "corpus.origin.midi is missing; it must be a string"),
        ("origin midi", 3, "corpus.origin.midi is 3; it must be a string or null"),
        ("origin tracks", ["1"], "tracks is ['1']; it must be a list of integers"),
        ("origin encoding", "morse", "encoding is 'morse'; it must be one of 'events'"),
        ("origin mid", "a", "corpus.origin.mid is unknown; corpus.origin has the keys"),
    ],
)
def test_damage_to_the_description_of_the_corpus_is_one_line(
    unusual, tmp_path, capsys, keys, value, message
):
    folder = shutil.copytree(unusual, tmp_path / "copy")
    config = json.loads((folder / "config.json").read_text())
    *parents, last = keys.split()
    part = config["corpus"]
    for parent in parents:
        part = part[parent]
    if value is MISSING:
        del part[last]
    else:
        part[last] = value
    (folder / "config.json").write_text(json.dumps(config))
    assert call(train, "--run", folder, "--resume") == 2
    error = capsys.readouterr().err
    assert "config.json" in error
    assert message in error
    assert len(error.splitlines()) == 1
