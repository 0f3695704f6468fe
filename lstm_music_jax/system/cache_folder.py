"""Where everything that can be computed again is kept."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """The folder for caches; it need not exist yet.

    `$LSTM_MUSIC_CACHE`, else `$XDG_CACHE_HOME/lstm_music_jax`, else
    `~/.cache/lstm_music_jax`; an empty variable counts as unset.
    """
    if own := os.environ.get("LSTM_MUSIC_CACHE"):
        return Path(own).expanduser()
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared).expanduser() / "lstm_music_jax"
    return Path("~/.cache/lstm_music_jax").expanduser()
