"""The cache on disk: used when sound, built again when not, never in the way."""

from pathlib import Path

import pytest

from lstm_music_jax.music.corpus import loading as corpus
from lstm_music_jax.music.corpus.loading import midi_folder
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.system.cache_folder import cache_folder
from tests.music.midi.midi_files import off, on, save_midi


@pytest.fixture
def songs(tmp_path):
    folder = tmp_path / "songs"
    folder.mkdir()
    save_midi(folder / "a.mid", [on(0, 60), off(480, 60)])
    (folder / "bad.mid").write_bytes(b"junk")
    return folder


@pytest.fixture
def reads(monkeypatch):
    """How many files were read, call by call."""
    counts = []

    def counting(paths, kind, **options):
        counts.append(len(paths))
        return read_scores(paths, kind, **options)

    read_scores = corpus.read_scores
    monkeypatch.setattr(corpus, "read_scores", counting)
    return counts


def load(songs, cache, encoding=None):
    return midi_folder(songs, encoding or NoteNames(), cache=cache, progress=False)


def test_the_second_time_nothing_is_read(songs, tmp_path, reads):
    first = load(songs, tmp_path / "cache")
    assert load(songs, tmp_path / "cache") == first
    assert reads == [2]
    assert len(first.skipped) == 1
    assert load(songs, False) == first
    assert reads == [2, 2]


def test_what_the_corpus_depends_on(songs, tmp_path, reads):
    cache = tmp_path / "cache"
    load(songs, cache)
    load(songs, cache, Events())
    load(songs, cache, NoteNames("first"))
    save_midi(songs / "a.mid", [on(0, 61), off(480, 61)])
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
def test_a_damaged_entry_is_built_again(songs, tmp_path, damage, reads, capsys):
    sound = load(songs, tmp_path / "cache")
    (entry,) = (tmp_path / "cache").iterdir()
    content = entry.read_bytes()
    entry.write_bytes(damage(content))
    assert load(songs, tmp_path / "cache") == sound
    assert "damaged cache, building it again" in capsys.readouterr().err
    assert entry.read_bytes() == content
    assert reads == [2, 2]


def test_a_folder_that_cannot_be_written_is_only_a_warning(songs, tmp_path, capsys):
    (tmp_path / "cache").write_text("in the way")
    assert len(load(songs, tmp_path / "cache").pieces) == 1
    warnings = [
        line
        for line in capsys.readouterr().err.splitlines()
        if "cannot cache here" in line
    ]
    assert len(warnings) == 1


def test_nothing_half_written_is_left(songs, tmp_path):
    load(songs, tmp_path / "cache")
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".json"]


def test_default_folder(monkeypatch, songs, tmp_path, reads):
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
