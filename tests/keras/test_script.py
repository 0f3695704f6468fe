"""The script that imports a file of Keras; other scripts then use the run."""

import generate
import import_keras as script
import mido
import numpy as np
import pytest
import train

from lstm_music_jax import NoteNames, load_run, load_symbols
from tests.experiments.calling import call
from tests.keras.runs import dataset, greedy_notes
from tests.keras.writing import SIZES, WINDOW, corpus, stack, write

pytestmark = pytest.mark.slow


@pytest.fixture
def symbols(tmp_path):
    path = tmp_path / "data.txt"
    path.write_text("\n".join(corpus()) + "\n")
    assert load_symbols(path, NoteNames()).pieces[0].symbols == tuple(corpus())
    return path


def onsets(path):
    return sorted(
        {
            (tick, message.note)
            for track in mido.MidiFile(path).tracks
            for tick, message in zip(
                np.cumsum([message.time for message in track]), track, strict=True
            )
            if message.type == "note_on" and message.velocity
        }
    )


def test_script_then_generate_then_train(symbols, tmp_path, capsys):
    weights = write(tmp_path / "model.hdf5", stack("hard_sigmoid"))
    run = tmp_path / "run"
    assert call(script, weights, "--symbols", symbols, "--run", run) == 0
    assert "Keras 2.3.1: LSTM 12-9, gates hard_sigmoid_fifth" in capsys.readouterr().out
    arguments = ["--run", run, "--context", "window", "--greedy", "--notes", 40]
    primed = ["--primer", "corpus", "--primer-length", WINDOW]
    out = ["--out", tmp_path / "music"]
    assert call(generate, *arguments, *out, *primed) == 0
    loaded = load_run(run)
    begin = np.random.default_rng(0)
    begin.integers(1)
    begin = begin.integers(len(corpus()) - WINDOW + 1)
    primer = dataset().train[0][begin : begin + WINDOW]
    wanted = loaded.encoding.decode(
        loaded.vocabulary.symbols_of(greedy_notes(loaded, primer, 40))
    )
    found = onsets(tmp_path / "music/piece-000.mid")
    heard = [note.pitch for note in wanted.score.notes]
    assert sorted(pitch for _, pitch in found) == sorted(heard)
    assert len({tick for tick, _ in found}) == 40

    assert call(generate, *arguments, *out) == 2
    assert "without a start symbol" in capsys.readouterr().err
    assert call(train, "--run", run, "--resume", "--steps", 2) == 0
    assert load_run(run, "last").model.sizes == SIZES
    assert call(script, weights, "--symbols", symbols, "--run", run) == 2
    assert "which is not empty" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no.hdf5", "--symbols", "data.txt"], "weights is no.hdf5; it must be a file"),
        (["data.txt", "--symbols", "data.txt"], "cannot be read as a model of Keras"),
        (["model.hdf5", "--symbols", "no.txt"], "no.txt"),
        (
            ["model.hdf5", "--symbols", "few.txt"],
            "symbols has 2 distinct ones, and weights has a head over 7",
        ),
        (["model.hdf5"], "symbols"),
    ],
)
def test_wrong_arguments(arguments, message, symbols, monkeypatch, capsys):
    monkeypatch.chdir(symbols.parent)
    write(symbols.parent / "model.hdf5", stack())
    (symbols.parent / "few.txt").write_text("C4\nD4\n")
    assert call(script, *arguments, "--run", "new") == 2
    (error,) = capsys.readouterr().err.strip().splitlines()
    assert error.startswith("error: ")
    assert message in error
    assert not (symbols.parent / "new").exists()
