"""Encodings are rebuilt from their settings."""

import pytest

from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.from_config import encoding_from_config
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.music.encodings.performance import Performance


@pytest.mark.parametrize(
    "encoding",
    [
        NoteNames("first", 6),
        NoteNames(),
        Events(),
        Events(24, True),
        Performance(),
        NoteNames(drums=True),
    ],
)
def test_config_rebuilds_the_encoding(encoding):
    assert isinstance(encoding, Encoding)
    assert encoding_from_config(encoding.config()) == encoding


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "kind of encoding is None"),
        ({"kind": "morse"}, "kind of encoding is 'morse'"),
        ({"kind": "events", "ticks_per_note": 1}, "ticks_per_note"),
        ({"kind": "note_names", "parts": "second"}, "parts is 'second'"),
        ({"kind": "note_names", "ticks_per_note": 0}, "ticks_per_note is 0"),
        ({"kind": "note_names", "ticks_per_note": 1.5}, "1.5; it must be of type int"),
        ({"kind": "events", "drums": "no"}, "drums of encoding 'events' is 'no'"),
    ],
)
def test_a_wrong_config_is_an_error(config, message):
    with pytest.raises(ValueError, match=message):
        encoding_from_config(config)
