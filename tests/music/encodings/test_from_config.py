"""Encodings are rebuilt from their settings, those of older versions included."""

import pytest

from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.from_config import encoding_from_config
from lstm_music_jax.music.encodings.note_names import NoteNames


@pytest.mark.parametrize("encoding", [NoteNames("first", 6), NoteNames(), Events()])
def test_config_rebuilds_the_encoding(encoding):
    assert isinstance(encoding, Encoding)
    assert encoding_from_config(encoding.config()) == encoding


def test_the_old_name_of_ticks_per_note_is_read():
    old = {"kind": "note_names", "parts": "all", "step": 6}
    assert encoding_from_config(old) == NoteNames(ticks_per_note=6)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "kind of encoding is None"),
        ({"kind": "morse"}, "kind of encoding is 'morse'"),
        ({"kind": "events", "step": 1}, "step"),
        ({"kind": "note_names", "parts": "second"}, "parts is 'second'"),
        ({"kind": "note_names", "ticks_per_note": 0}, "ticks_per_note is 0"),
        ({"kind": "note_names", "step": 0}, "ticks_per_note is 0"),
    ],
)
def test_a_wrong_config_is_an_error(config, message):
    with pytest.raises(ValueError, match=message):
        encoding_from_config(config)
