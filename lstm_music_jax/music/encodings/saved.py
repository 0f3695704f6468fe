"""Rebuilding an encoding from the settings that a run has kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames


def encoding_from_config(config: Mapping[str, Any]) -> Encoding:
    """The encoding whose `config()` was kept; ValueError if it names no encoding."""
    arguments = dict(config)
    kind = arguments.pop("kind", None)
    kinds = {"note_names": NoteNames, "events": Events}
    if kind not in kinds:
        raise ValueError(f"kind of encoding is {kind!r}; it must be one of {[*kinds]}")
    try:
        return kinds[kind](**arguments)
    except TypeError as error:
        raise ValueError(f"encoding {kind!r} is not built so: {error}") from error
