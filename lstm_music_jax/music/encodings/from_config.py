"""Rebuilding an encoding from the settings that a run folder keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lstm_music_jax.music.encodings.base import Encoding
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.music.encodings.performance import Performance

# The classes of encodings by their kinds, as `config()` names them.
ENCODINGS = {"note_names": NoteNames, "events": Events, "performance": Performance}


def encoding_from_config(config: Mapping[str, Any]) -> Encoding:
    """Return the encoding whose `config()` is given.

    Args:
        config: "kind" ("note_names", "events" or "performance"), and the attributes of
            that encoding.

    Raises:
        ValueError: the kind, an attribute or its value is unknown.
    """
    attributes = dict(config)
    kind = attributes.pop("kind", None)
    # A kind that is a list or an object cannot be looked up.
    if not isinstance(kind, str) or kind not in ENCODINGS:
        raise ValueError(
            f"kind of encoding is {kind!r}; it must be one of {[*ENCODINGS]}"
        )
    try:
        return ENCODINGS[kind](**attributes)
    except TypeError as error:
        raise ValueError(
            f"encoding {kind!r} cannot be built from {attributes}: {error}"
        ) from error
