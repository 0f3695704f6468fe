"""The parsed chorales, which several of these tests share."""

import pytest

from lstm_music_jax.music.corpus.loading import load_chorales
from lstm_music_jax.music.encodings.note_names import NoteNames


@pytest.fixture(scope="session")
def chorale_cache(tmp_path_factory):
    """A cache folder that holds the chorales as note names."""
    folder = tmp_path_factory.mktemp("cache")
    load_chorales(NoteNames(), cache=folder, progress=False)
    return folder
