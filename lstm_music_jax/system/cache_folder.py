"""The folder for caches, such as parsed corpora and compiled programs."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """Return the folder for caches, which need not exist yet.

    It is `$LSTM_MUSIC_CACHE` if that is set, else `$XDG_CACHE_HOME/lstm_music_jax` if
    that is set, else `~/.cache/lstm_music_jax`. An empty variable counts as unset.
    """
    if own := os.environ.get("LSTM_MUSIC_CACHE"):
        return Path(own).expanduser()
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared).expanduser() / "lstm_music_jax"
    return Path("~/.cache/lstm_music_jax").expanduser()
