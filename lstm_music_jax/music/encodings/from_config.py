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
            that encoding. Attributes that are left out have their default values.

    Raises:
        ValueError: the kind or an attribute is unknown, or a value is not allowed.
    """
    attributes = dict(config)
    kind = attributes.pop("kind", None)
    # A kind that is a list or an object cannot be looked up.
    if not isinstance(kind, str) or kind not in ENCODINGS:
        raise ValueError(
            f"kind of encoding is {kind!r}; it must be one of {[*ENCODINGS]}"
        )
    plain = ENCODINGS[kind]()
    for name, value in attributes.items():
        wanted = type(getattr(plain, name, value))
        if type(value) is not wanted:
            raise ValueError(
                f"{name} of encoding {kind!r} is {value!r}; it must be of type "
                f"{wanted.__name__}"
            )
    try:
        return ENCODINGS[kind](**attributes)
    except TypeError as error:
        raise ValueError(
            f"encoding {kind!r} cannot be built from {attributes}: {error}"
        ) from error
