"""A folder of MIDI files, and runs that a script has trained on it."""

import mido
import numpy as np
import pytest
import train

from lstm_music_jax import Note, Score, write_midi
from tests.experiments.calling import TINY, call


@pytest.fixture(scope="session")
def midi(tmp_path_factory):
    """Return a folder of six short MIDI files, one damaged file, one without notes."""
    folder = tmp_path_factory.mktemp("midi")
    random = np.random.default_rng(0)
    for number in range(6):
        notes = [
            Note(6 * k, int(random.integers(55, 70)), 6) for k in range(60 + number)
        ]
        write_midi(Score.from_notes(notes), folder / "deep" / f"{number}.mid")
    (folder / "noise.mid").write_bytes(b"no music")
    mido.MidiFile(tracks=[mido.MidiTrack()]).save(folder / "silence.mid")
    return folder


@pytest.fixture(scope="session")
def run(midi, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "events"
    assert call(train, "--run", folder, "--midi", midi, *TINY) == 0
    return folder


@pytest.fixture(scope="session")
def names_run(midi, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "names"
    arguments = ["--midi", midi, "--encoding", "note-names", *TINY]
    assert call(train, "--run", folder, *arguments) == 0
    return folder


@pytest.fixture(scope="session")
def unusual(midi, tmp_path_factory):
    """Return a complete run in which no setting has its default value."""
    folder = tmp_path_factory.mktemp("runs") / "unusual"
    settings = "--validation 0.2 --split-seed 3 --encoding note-names --parts first "
    settings += "--dropout 0.1 --cores 1 --learning-rate 5e-3 --schedule cosine "
    settings += "--cross-pieces --seed 7 --no-end-symbol"
    assert call(train, "--run", folder, "--midi", midi, *TINY, *settings.split()) == 0
    return folder
