"""The other scripts, and what all scripts have in common."""

import ast
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import jax
import numpy as np
import pytest
import quickstart
import reproduce_lstm_music
import sweep_strategy
import train

from lstm_music_jax import Note, NoteNames, Score, load_run, read_midi, write_midi
from lstm_music_jax.system.cache_folder import cache_folder
from tests.experiments.calling import call, onsets


@pytest.mark.slow
@pytest.mark.parametrize(
    "variables", [{"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"PYTHONUTF8": "1"}]
)
def test_names_of_files_never_stop_a_script(variables, tmp_path):
    """The script reads one note and stops, because that is too little to split."""
    folder = tmp_path / os.fsdecode("Stücke \n".encode() + b"\xff")
    folder.mkdir()
    write_midi(Score.from_notes([Note(0, 60, 3)]), folder / "a.kar")
    (folder / os.fsdecode(b"bad \xff\n.mid")).write_bytes(b"bad")
    command = [sys.executable, train.__file__, "--midi", folder, "--run", "new"]
    command += ["--encoding", "note-names"]
    result = subprocess.run(
        command, cwd=tmp_path, env=os.environ | variables, capture_output=True
    )
    # Without a terminal, the progress bar may leave an empty line.
    errors = [line for line in result.stderr.decode().splitlines() if line]
    assert errors[0].startswith("skipped bad \\udcff\\n.mid: not a MIDI file")
    assert errors[-1].startswith(
        "error: corpus is too small to split: MIDI files of St"
    )
    assert len(errors) == 2
    assert result.returncode == 2
    assert len(result.stdout.decode().splitlines()) == 1


@dataclass(frozen=True)
class NoArguments:
    """Of a script that does nothing."""


def nothing(arguments):
    pass


@pytest.mark.parametrize("chosen", [None, "/elsewhere"])
def test_compiled_programs_are_kept_where_the_user_says(chosen):
    before = jax.config.jax_compilation_cache_dir
    script = SimpleNamespace(__name__="nothing", main=nothing, Arguments=NoArguments)
    try:
        jax.config.update("jax_compilation_cache_dir", chosen)
        assert call(script) == 0
        folder = jax.config.jax_compilation_cache_dir
    finally:
        jax.config.update("jax_compilation_cache_dir", before)
    assert folder == (chosen or str(cache_folder() / "compiled"))


@pytest.mark.slow
def test_reproduce(tmp_path):
    random = np.random.default_rng(0)
    symbols = random.choice(["C4", "E4", "4.9", "G5", "0"], 400)
    (tmp_path / "data.txt").write_text("\n".join(symbols) + "\n")
    arguments = ["--epochs", 2, "--batch-size", 152, "--sizes", 12, 8, "--notes", 35]
    run = tmp_path / "run"
    source = ["--symbols", tmp_path / "data.txt"]
    assert call(reproduce_lstm_music, *source, "--run", run, *arguments) == 0
    notes = read_midi(run / "music.mid").on_grid(12).notes
    assert len({note.onset for note in notes}) == 135
    # The music begins with the window of the corpus that it was started from.
    windows = [NoteNames().decode(symbols[i : i + 100]).score for i in range(300)]
    begin = tuple(note for note in notes if note.onset < windows[0].end)
    assert begin in [window.notes for window in windows]
    lines = [json.loads(line) for line in (run / "metrics.jsonl").open()]
    assert lines[-1]["step"] == 4  # 300 windows: two steps per epoch


@pytest.mark.parametrize(
    ("strategy", "name", "first"),
    [
        ("Chain(Temperature(0.9), TopP(sweep(0.5, 1)))", "Temperature-0.9-TopP", 0.5),
        # The knob fixes a size: a program per value.
        ("NoRepeatNgram(2, memory=sweep(4, 8))", "NoRepeatNgram-2-memory", 4),
        ("PitchRange(sweep(55, 60), 72)", "PitchRange", 55),
    ],
)
def test_sweep(run, tmp_path, strategy, name, first):
    arguments = ["--length", 20, "--pieces", 2, "--out", tmp_path]
    assert call(sweep_strategy, "--run", run, "--strategy", strategy, *arguments) == 0
    (table,) = tmp_path.glob("*.json")
    assert name in table.name
    assert table.with_name(f"{table.stem}.png").exists()
    rows = json.loads(table.read_text())
    assert rows[0]["value"] == first
    assert rows[0]["kept count"] <= rows[1]["kept count"] or "TopP" not in strategy


def test_a_sweep_draws_no_symbol_that_decoding_skips(run):
    loaded = load_run(run)
    arguments = sweep_strategy.Arguments(run, "", length=40, pieces=3)
    _, settings = sweep_strategy.settings_of("Temperature(sweep(1, 9))", loaded, ())
    for tokens, _ in sweep_strategy.generate_all(loaded, settings, arguments):
        for piece in tokens:
            symbols = loaded.vocabulary.symbols_of(piece)
            assert loaded.encoding.decode(symbols).skipped == 0


def test_the_seed_of_quickstart_seeds_its_training(tmp_path, monkeypatch):
    seeds = []

    def record(folder, data, model, training):
        seeds.append(training.seed)
        raise ValueError("no training is needed")

    # Reading the chorales takes 16 seconds.
    monkeypatch.setattr(quickstart, "dataset", lambda *_, **options: None)
    monkeypatch.setattr(quickstart, "train", record)
    assert call(quickstart, "--run", tmp_path / "run", "--seed", 5) == 2
    assert seeds == [5]


@pytest.mark.very_slow
def test_quickstart(tmp_path, capsys):
    assert call(quickstart, "--run", tmp_path / "run") == 0
    assert len(onsets(tmp_path / "run" / "music.mid")) == 1000
    last = capsys.readouterr().out.splitlines()[-1]
    assert f"open {tmp_path / 'run' / 'report.html'} in a browser" in last
    assert (tmp_path / "run" / "report.html").exists()
    lines = [json.loads(line) for line in (tmp_path / "run/metrics.jsonl").open()]
    best = min(line["validation_loss"] for line in lines if "validation_loss" in line)
    trigram = next(line["trigram_loss"] for line in lines if "trigram_loss" in line)
    assert np.exp(best) < 0.8 * np.exp(trigram)
    assert np.exp(best) < 0.9 * np.exp(lines[0]["five_gram_loss"])


def test_scripts_use_the_public_api_only():
    import lstm_music_jax

    for path in Path(train.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "lstm_music_jax":
                names = {alias.name for alias in node.names}
                assert names <= set(lstm_music_jax.__all__), path
    assert len(jax.devices()) == 4
