"""The cache: used if intact, built again if damaged, and never required."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lstm_music_jax.music.corpus import loading
from lstm_music_jax.music.corpus.encoded_file import Failure
from lstm_music_jax.music.corpus.loading import load_midi_folder
from lstm_music_jax.music.corpus.pieces import Corpus, Piece, Skipped
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.system.cache_folder import cache_folder
from tests.music.midi.midi_files import beat, save_midi


def make_old(folder):
    """Date all files an hour back; a file written just now is not trusted by date."""
    for path in folder.iterdir():
        written = path.stat().st_mtime - 3600
        os.utime(path, (written, written))


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
    """The names of the files read by each call that reads any."""
    calls = []

    def recording(paths, **options):
        if paths:
            calls.append([path.name for path in paths])
        return encode_files(paths, **options)

    encode_files = loading.encode_files
    monkeypatch.setattr(loading, "encode_files", recording)
    return calls


def load(songs, cache, encoding=None):
    encoding = encoding or NoteNames()
    return load_midi_folder(songs, encoding, cache=cache, progress=False)


def files_of(cache, kind):
    """Return the files of one kind below the cache folder."""
    return sorted(cache.rglob(f"{kind}-*"))


def test_no_file_is_read_the_second_time(songs, tmp_path, reads):
    first = load(songs, tmp_path / "cache")
    assert load(songs, tmp_path / "cache") == first
    assert reads == [["a.mid", "bad.mid"]]
    assert len(first.skipped) == 1
    assert load(songs, False) == first
    assert len(reads) == 2


def test_only_files_of_new_content_are_read(songs, tmp_path, reads):
    cache = tmp_path / "cache"
    load(songs, cache)
    save_midi(songs / "new.mid", beat(62))
    save_midi(songs / "same.mid", beat(62))
    assert [p.symbols for p in load(songs, cache).pieces] == [("C4",), ("D4",), ("D4",)]
    save_midi(songs / "a.mid", beat(61))
    assert load(songs, cache).pieces[0].symbols == ("C#4",)
    (songs / "a.mid").rename(songs / "c.mid")
    assert load(songs, cache).names == ("c.mid", "new.mid", "same.mid")
    (songs / "new.mid").unlink()
    assert load(songs, cache).names == ("c.mid", "same.mid")
    assert reads == [["a.mid", "bad.mid"], ["new.mid"], ["a.mid"]]


def test_another_encoding_reads_the_files_again(songs, tmp_path, reads):
    for encoding in (NoteNames(), Events(), NoteNames("first")):
        load(songs, tmp_path / "cache", encoding)
    assert len(reads) == 3
    events = load(songs, tmp_path / "cache", Events())
    assert events.pieces[0].symbols == ("duration_12", "pitch_60")
    assert len(reads) == 3


def test_a_change_is_noticed_even_if_size_and_time_stay(songs, tmp_path):
    cache = tmp_path / "cache"
    make_old(songs)
    load(songs, cache)
    before = (songs / "a.mid").stat()
    save_midi(songs / "a.mid", beat(61))
    os.utime(songs / "a.mid", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert load(songs, cache).pieces[0].symbols == ("C#4",)


def test_a_file_that_can_no_longer_be_read_is_skipped(songs, tmp_path):
    save_midi(songs / "b.mid", beat(62))
    load(songs, tmp_path / "cache")
    (songs / "a.mid").unlink()
    (songs / "a.mid").symlink_to(songs / "nowhere")
    corpus = load(songs, tmp_path / "cache")
    assert corpus.names == ("b.mid",)
    assert corpus.skipped[0] == Skipped("a.mid", "No such file or directory")


def test_the_corpus_does_not_depend_on_what_was_cached_before(songs, tmp_path):
    random = np.random.default_rng(0)
    for number in range(12):
        name = f"{random.integers(1000)}.mid"
        pitches = random.integers(60, 60 + 2 * number + 2, size=8)
        save_midi(songs / name, [m for p in pitches for m in beat(int(p))])
        if number % 3 == 0:
            kept = load(songs, tmp_path / "cache")
    kept, anew = load(songs, tmp_path / "cache"), load(songs, False)
    assert kept == anew
    assert kept.symbols == anew.symbols
    np.testing.assert_array_equal(kept.numbers, anew.numbers)
    # The same order of symbols, and the same fingerprint, as of pieces in memory.
    again = Corpus.from_pieces(kept.pieces)
    assert again.symbols == kept.symbols
    assert again.fingerprint == kept.fingerprint


def test_nothing_transient_is_kept(songs, tmp_path, monkeypatch, reads):
    cache, transient = tmp_path / "cache", {"a.mid", "c.mid"}
    save_midi(songs / "c.mid", beat(62))
    save_midi(songs / "d.mid", beat(64))
    recording = loading.encode_files

    def failing(paths, **options):
        for position, outcome in recording(paths, **options):
            fails = paths[position].name in transient
            yield position, Failure("its reader died", True) if fails else outcome

    monkeypatch.setattr(loading, "encode_files", failing)
    for _ in range(2):
        corpus = load(songs, cache)
        assert corpus.names == ("d.mid",)
        assert [skipped.name for skipped in corpus.skipped] == [
            "a.mid",
            "bad.mid",
            "c.mid",
        ]
    transient.remove("a.mid")
    assert load(songs, cache).names == ("a.mid", "d.mid")
    transient.clear()
    corpus = load(songs, cache)
    assert corpus.names == ("a.mid", "c.mid", "d.mid")
    assert [skipped.name for skipped in corpus.skipped] == ["bad.mid"]
    assert load(songs, cache) == corpus
    assert reads == [
        ["a.mid", "bad.mid", "c.mid", "d.mid"],
        ["a.mid", "c.mid"],
        ["a.mid", "c.mid"],
        ["c.mid"],
    ]


def test_a_file_that_appears_later_is_read(songs, tmp_path):
    (songs / "b.mid").symlink_to(tmp_path / "later.mid")
    found = load(songs, tmp_path / "cache")
    assert Skipped("b.mid", "No such file or directory") in found.skipped
    save_midi(tmp_path / "later.mid", beat(62))
    assert load(songs, tmp_path / "cache").names == ("a.mid", "b.mid")


def test_a_file_that_changes_while_it_is_read_is_not_kept(
    songs, tmp_path, monkeypatch, reads
):
    recording = loading.encode_files

    def changing(paths, **options):
        for position, outcome in recording(paths, **options):
            save_midi(songs / "a.mid", [*beat(62), *beat(62)])
            yield position, outcome

    monkeypatch.setattr(loading, "encode_files", changing)
    with pytest.raises(ValueError, match=r"a\.mid: changed while it was read"):
        load(songs, tmp_path / "cache")
    monkeypatch.setattr(loading, "encode_files", recording)
    corpus = load(songs, tmp_path / "cache")
    assert corpus.pieces == (Piece("a.mid", ("D4", "D4")),)
    assert reads == [["a.mid", "bad.mid"], ["a.mid"]]


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:-3],
        lambda content: content.replace(b"C4", b"D4").replace(b"mid", b"mod"),
        lambda content: b"{}",
        lambda content: b"\xff\n\xff",
    ],
)
def test_damaged_cache_files_are_built_again(songs, tmp_path, damage, reads, capsys):
    cache = tmp_path / "cache"
    make_old(songs)
    intact = load(songs, cache)
    for kinds, times in ((["collection"], 1), (["contents"], 1), (["entries"], 1)):
        for path in [each for kind in kinds for each in files_of(cache, kind)]:
            path.write_bytes(damage(path.read_bytes()))
        if kinds == ["entries"]:
            # Entries are opened only if the collection has changed.
            files_of(cache, "collection")[0].unlink()
        assert load(songs, cache) == intact
        err = capsys.readouterr().err
        assert err.count("damaged cache, building it again") == times
        assert load(songs, cache) == intact
        assert "damaged" not in capsys.readouterr().err
    assert reads == [["a.mid", "bad.mid"]] * 2


def test_what_was_read_is_kept_after_an_interruption(
    songs, tmp_path, monkeypatch, reads
):
    recording = loading.encode_files

    def interrupted(paths, **options):
        yield next(recording(paths, **options))
        raise KeyboardInterrupt

    monkeypatch.setattr(loading, "encode_files", interrupted)
    with pytest.raises(KeyboardInterrupt):
        load(songs, tmp_path / "cache")
    monkeypatch.setattr(loading, "encode_files", recording)
    load(songs, tmp_path / "cache")
    assert reads == [["a.mid", "bad.mid"], ["bad.mid"]]


def test_two_processes_may_fill_the_cache_at_once(songs, tmp_path, reads):
    for number in range(20):
        save_midi(songs / f"{number}.mid", beat(40 + number))
    script = (
        "from lstm_music_jax import NoteNames, load_midi_folder\n"
        f"corpus = load_midi_folder({str(songs)!r}, NoteNames(),"
        f" cache={str(tmp_path / 'cache')!r}, progress=False)\n"
        "print(corpus.fingerprint)\n"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", script],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    found = [process.communicate() for process in both]
    corpus = load(songs, tmp_path / "cache")
    assert [out.strip() for out, _ in found] == [corpus.fingerprint] * 2
    assert reads == []
    assert not any("cache" in err for _, err in found)


def test_a_cache_that_cannot_be_written_is_a_warning(songs, tmp_path, capsys):
    (tmp_path / "cache").write_text("a file, where the folder should be")
    assert len(load(songs, tmp_path / "cache").pieces) == 1
    assert len(load(songs, tmp_path / "cache").pieces) == 1
    assert capsys.readouterr().err.count("cannot cache here: Not a directory") == 1


def test_no_temporary_file_is_left(songs, tmp_path):
    load(songs, tmp_path / "cache")
    kinds = [p.name.split("-")[0] for p in (tmp_path / "cache").rglob("*")]
    assert sorted(kinds) == ["collection", "contents", "entries", "midi"]


def test_a_cached_corpus_is_mapped_and_not_read(songs, tmp_path):
    corpus = load(songs, tmp_path / "cache")
    assert isinstance(corpus.numbers.base, np.memmap)
    assert corpus.numbers.dtype == np.uint16


def test_the_environment_sets_the_default_folder(monkeypatch, songs, tmp_path, reads):
    monkeypatch.setenv("LSTM_MUSIC_CACHE", str(tmp_path / "own"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "shared"))
    assert cache_folder() == tmp_path / "own"
    load(songs, None)
    load(songs, None)
    assert len(reads) == 1
    assert len(files_of(tmp_path / "own", "collection")) == 1
    monkeypatch.setenv("LSTM_MUSIC_CACHE", "")
    assert cache_folder() == tmp_path / "shared" / "lstm_music_jax"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache" / "lstm_music_jax"
