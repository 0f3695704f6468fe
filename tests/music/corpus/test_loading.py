"""Loading corpora: the chorales, and folders of good and bad MIDI files."""

import os
import subprocess
import sys

import pytest

from lstm_music_jax.music.corpus.chorale_files import chorale_paths, read_chorale
from lstm_music_jax.music.corpus.loading import load_chorales, load_midi_folder
from lstm_music_jax.music.corpus.pieces import Piece, Skipped
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames
from tests.music.midi.midi_files import (
    beat,
    off,
    on,
    program,
    save_midi,
    track_name,
)


@pytest.mark.slow
def test_the_chorales_are_loaded(chorale_cache):
    corpus = load_chorales(NoteNames(), cache=chorale_cache)
    assert corpus.summary() == (
        "Bach chorales of music21: 350 pieces, 84,948 symbols, 96 distinct"
    )
    assert corpus.skipped == ()
    assert len({piece.name for piece in corpus.pieces}) == 350
    # Riemenschneider 1, 'Aus meines Herzens Grunde': the four voices of its upbeat.
    assert corpus.pieces[0].name == "bwv269"
    assert corpus.pieces[0].symbols[:4] == ("G4", "D4", "B3", "G2")


@pytest.mark.parametrize("index", [0, 17, 200])
def test_a_chorale_sounds_as_in_music21(index):
    from music21 import converter

    path = chorale_paths()[index]
    stream = converter.parse(path, forceSource=True, storePickle=False)
    sounding = {
        (round(12 * note.offset), pitch.midi, round(12 * note.quarterLength))
        for note in stream.stripTies().flatten().notes
        for pitch in note.pitches
    }
    score = read_chorale(path)
    found = {
        (chord.onset, pitch, chord.duration)
        for part in score.written
        for chord in part.chords
        for pitch in chord.pitches
    }
    assert found == sounding
    decoded = Events().decode(Events().encode(score))
    assert decoded.score.notes == score.notes


def test_a_cached_corpus_needs_neither_music21_nor_time(chorale_cache):
    script = (
        "import sys, time\n"
        "began = time.perf_counter()\n"
        "from lstm_music_jax import NoteNames, load_chorales\n"
        f"corpus = load_chorales(NoteNames(), cache={str(chorale_cache)!r})\n"
        "seconds = time.perf_counter() - began\n"
        "assert len(corpus.pieces) == 350\n"
        "heavy = {'music21', 'matplotlib', 'jax', 'flax', 'optax'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert seconds < 2, seconds\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.fixture
def folder(tmp_path):
    """A folder with three MIDI files, one of them in a folder named like a file."""
    folder = tmp_path / "songs"
    (folder / "sub.mid").mkdir(parents=True)
    save_midi(folder / "B.MID", beat(60))
    save_midi(folder / "a.midi", beat(61))
    save_midi(folder / "sub.mid" / "c.mid", beat(62))
    (folder / "notes.txt").write_text("not read")
    return folder


def load(folder, encoding=None):
    encoding = encoding or NoteNames()
    return load_midi_folder(folder, encoding, cache=False, progress=False)


def test_the_files_of_a_folder_are_sorted(folder):
    corpus = load(folder)
    assert corpus.pieces == (
        Piece("a.midi", ("C#4",)),
        Piece("B.MID", ("C4",)),
        Piece("sub.mid/c.mid", ("D4",)),
    )
    assert corpus.summary() == ("MIDI files of songs: 3 pieces, 3 symbols, 3 distinct")


def test_bad_files_are_skipped_and_named(folder, capsys):
    (folder / "junk.mid").write_bytes(b"junk")
    save_midi(folder / "silent.mid", [track_name("nothing")])
    save_midi(folder / "x.mid", [track_name("Grand Piano"), program(0), *beat(60)])
    (folder / "gone.mid").symlink_to(folder / "nowhere")
    (folder / "loop.mid").symlink_to(folder / "loop.mid")
    os.mkfifo(folder / "pipe.mid")
    corpus = load(folder, NoteNames("first"))
    assert len(corpus.pieces) == 3
    assert corpus.skipped == (
        Skipped("gone.mid", "No such file or directory"),
        Skipped("junk.mid", "not a MIDI file: it does not begin with 'MThd'"),
        Skipped("loop.mid", "Too many levels of symbolic links"),
        Skipped("pipe.mid", "not a regular file"),
        Skipped("silent.mid", "no notes"),
        Skipped("x.mid", "no notes in its first part"),
    )
    lines = capsys.readouterr().err.splitlines()
    assert lines == [f"skipped {s.name}: {s.reason}" for s in corpus.skipped]
    assert "6 files skipped: gone.mid, junk.mid, loop.mid, ..." in corpus.summary()


def test_a_file_of_drums_alone_is_skipped(folder):
    save_midi(folder / "drums.mid", [on(0, 36, channel=9), off(480, 36, channel=9)])
    skipped = (Skipped("drums.mid", "no notes but drums"),)
    assert load(folder, Events()).skipped == skipped


def test_files_of_all_endings_are_read(tmp_path):
    for number, ending in enumerate(["mid", "MIDI", "kar", "Smf", "rmi"]):
        save_midi(tmp_path / f"{number}.{ending}", beat(60 + number))
    save_midi(tmp_path / "no.mid.txt", beat(60))
    names = [piece.name for piece in load(tmp_path).pieces]
    assert names == ["0.mid", "1.MIDI", "2.kar", "3.Smf", "4.rmi"]


def test_names_of_any_bytes_are_read_cached_and_printed(tmp_path, capsys):
    folder = tmp_path / os.fsdecode(b"\xff \n\xc3\xbc")
    folder.mkdir()
    good, bad = os.fsdecode(b"good \xff\n\xc3\xbc.mid"), os.fsdecode(b"bad \xff\n.mid")
    save_midi(folder / good, beat(60))
    (folder / bad).write_bytes(b"bad")
    for processes in (1, 2):
        for cache in (False, tmp_path / f"cache {processes}", tmp_path / "cache 2"):
            corpus = load_midi_folder(
                folder, NoteNames(), cache=cache, processes=processes, progress=False
            )
            assert [piece.name for piece in corpus.pieces] == [good]
            assert len(corpus.fingerprint) == 64
            for text in (corpus.summary(), *capsys.readouterr().err.splitlines()):
                assert r"bad \udcff\n.mid" in text
                assert len(text.encode().splitlines()) == 1
    assert corpus.summary().startswith(r"MIDI files of \udcff \nü: 1 pieces")


def test_each_folder_is_visited_once(folder):
    (folder / "again").symlink_to(folder)
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir()
    save_midi(elsewhere / "d.mid", beat(63))
    (folder / "linked").symlink_to(elsewhere)
    names = [piece.name for piece in load(folder).pieces]
    assert names == ["a.midi", "B.MID", "linked/d.mid", "sub.mid/c.mid"]


def test_missing_music21_is_an_error_about_files(monkeypatch):
    for name in ("music21", "music21.corpus.chorales"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(FileNotFoundError, match="music21 is not installed"):
        chorale_paths()


def test_a_path_that_is_no_folder_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no such folder"):
        load(tmp_path / "none")
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match="it is not a folder"):
        load(tmp_path / "file")


def test_a_folder_without_any_music_is_an_error(tmp_path):
    with pytest.raises(
        ValueError, match=r"none of its 0 files with the endings \.mid, \.m"
    ):
        load(tmp_path)
    (tmp_path / "junk.mid").write_bytes(b"junk")
    with pytest.raises(ValueError, match=r"none of its 1 .*; junk\.mid: not a MIDI"):
        load(tmp_path)
