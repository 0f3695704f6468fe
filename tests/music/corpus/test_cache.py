"""The cache: used if intact, built again if damaged, and never required."""

from pathlib import Path

import pytest

from lstm_music_jax.music.corpus import loading
from lstm_music_jax.music.corpus.loading import load_midi_folder
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.system.cache_folder import cache_folder
from tests.music.midi.midi_files import beat, save_midi


@pytest.fixture
def songs(tmp_path):
    """A folder with one good file and one bad file."""
    folder = tmp_path / "songs"
    folder.mkdir()
    save_midi(folder / "a.mid", beat(60))
    (folder / "bad.mid").write_bytes(b"junk")
    return folder


@pytest.fixture
def reads(monkeypatch):
    """The number of files read by each call that does not use the cache."""
    counts = []

    def counting(paths, file_format, **options):
        counts.append(len(paths))
        return read_scores(paths, file_format, **options)

    read_scores = loading.read_scores
    monkeypatch.setattr(loading, "read_scores", counting)
    return counts


def load(songs, cache, encoding=None):
    encoding = encoding or NoteNames()
    return load_midi_folder(songs, encoding, cache=cache, progress=False)


def test_no_file_is_read_the_second_time(songs, tmp_path, reads):
    first = load(songs, tmp_path / "cache")
    assert load(songs, tmp_path / "cache") == first
    assert reads == [2]
    assert len(first.skipped) == 1
    assert load(songs, False) == first
    assert reads == [2, 2]


def test_files_are_read_again_if_anything_changes(songs, tmp_path, reads):
    cache = tmp_path / "cache"
    load(songs, cache)
    load(songs, cache, Events())
    load(songs, cache, NoteNames("first"))
    save_midi(songs / "a.mid", beat(61))
    assert load(songs, cache).pieces[0].symbols == ("C#4",)
    (songs / "a.mid").rename(songs / "c.mid")
    assert load(songs, cache).pieces[0].name == "c.mid"
    assert reads == [2, 2, 2, 2, 2]
    assert load(songs, cache, Events()).pieces[0].symbols == ("duration_12", "pitch_61")


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:-3],
        lambda content: content.replace(b"C4", b"D4"),
        lambda content: b"{}",
        lambda content: b"\xff\n\xff",
    ],
)
def test_a_damaged_cache_file_is_built_again(songs, tmp_path, damage, reads, capsys):
    intact = load(songs, tmp_path / "cache")
    (path,) = (tmp_path / "cache").iterdir()
    content = path.read_bytes()
    path.write_bytes(damage(content))
    assert load(songs, tmp_path / "cache") == intact
    assert "damaged cache, building it again" in capsys.readouterr().err
    assert path.read_bytes() == content
    assert reads == [2, 2]


def test_a_cache_that_cannot_be_written_is_a_warning(songs, tmp_path, capsys):
    (tmp_path / "cache").write_text("a file, where the folder should be")
    assert len(load(songs, tmp_path / "cache").pieces) == 1
    warnings = [
        line
        for line in capsys.readouterr().err.splitlines()
        if "cannot cache here" in line
    ]
    assert len(warnings) == 1


def test_no_temporary_file_is_left(songs, tmp_path):
    load(songs, tmp_path / "cache")
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".json"]


def test_the_environment_sets_the_default_folder(monkeypatch, songs, tmp_path, reads):
    monkeypatch.setenv("LSTM_MUSIC_CACHE", str(tmp_path / "own"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "shared"))
    assert cache_folder() == tmp_path / "own"
    load(songs, None)
    load(songs, None)
    assert reads == [2]
    assert len(list((tmp_path / "own").iterdir())) == 1
    monkeypatch.setenv("LSTM_MUSIC_CACHE", "")
    assert cache_folder() == tmp_path / "shared" / "lstm_music_jax"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "lstm_music_jax"
