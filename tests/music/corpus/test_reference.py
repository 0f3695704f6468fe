"""Our symbols equal those that the original Keras recipe was trained on."""

import json
import os
from pathlib import Path

import pytest

from lstm_music_jax.music.corpus.loading import load_midi_folder
from lstm_music_jax.music.encodings.note_names import NoteNames

FOLDER = os.environ.get("LSTM_MUSIC_REFERENCE")

# In newer versions of music21, two parts of this file have the same name.
KNOWN_DIFFERENCE = "ff1battp.mid"


@pytest.mark.skipif(
    not FOLDER, reason="LSTM_MUSIC_REFERENCE does not name the reference corpus"
)
def test_symbols_equal_those_of_the_original():
    folder = Path(FOLDER)
    expected = json.loads((folder / "expected_symbols.json").read_text())
    corpus = load_midi_folder(folder / "midi", NoteNames("first"), cache=False)
    found = {piece.name: list(piece.symbols) for piece in corpus.pieces}
    found |= {skipped.name: [] for skipped in corpus.skipped}
    assert list(expected) == sorted(found, key=str.upper)
    differing = [name for name in expected if found[name] != expected[name]]
    assert differing == [KNOWN_DIFFERENCE]
    assert {skipped.reason for skipped in corpus.skipped} == {
        "no notes in its first part"
    }
    assert sum(map(bool, expected.values())) == 34
