"""Corpora: the chorales, folders good and bad, symbols files."""

import os
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from lstm_music_jax.music.corpus.chorales import chorale_paths, read_chorale
from lstm_music_jax.music.corpus.loading import chorales, midi_folder
from lstm_music_jax.music.corpus.pieces import Corpus, Piece, Skipped
from lstm_music_jax.music.corpus.symbols_file import symbols_file, write_symbols
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames
from tests.music.midi.midi_files import off, on, program, save_midi, track_name


def test_chorales(chorale_cache):
    corpus = chorales(NoteNames(), cache=chorale_cache)
    assert corpus.summary() == (
        "Bach chorales of music21: 350 pieces, 84,948 symbols, 96 distinct"
    )
    assert corpus.skipped == ()
    assert len({piece.name for piece in corpus.pieces}) == 350
    # Riemenschneider 1, 'Aus meines Herzens Grunde': the four voices of its upbeat.
    assert corpus.pieces[0].name == "bwv269"
    assert corpus.pieces[0].symbols[:4] == ("G4", "D4", "B3", "G2")


@pytest.mark.parametrize("index", [0, 17, 200])
def test_a_chorale_sounds_as_music21_says(index):
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
        for part in score.parts
        for chord in part.chords
        for pitch in chord.pitches
    }
    assert found == sounding
    decoded = Events().decode(Events().encode(score))
    assert decoded.score == score.canonical()


def test_a_cached_corpus_needs_neither_music21_nor_time(chorale_cache):
    script = (
        "import sys, time\n"
        "began = time.perf_counter()\n"
        "from lstm_music_jax import NoteNames, chorales\n"
        f"corpus = chorales(NoteNames(), cache={str(chorale_cache)!r})\n"
        "seconds = time.perf_counter() - began\n"
        "assert len(corpus.pieces) == 350\n"
        "heavy = {'music21', 'matplotlib', 'jax', 'flax', 'optax'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert seconds < 2, seconds\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def beat(pitch):
    return [on(0, pitch), off(480, pitch)]


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "songs"
    (folder / "sub.mid").mkdir(parents=True)
    save_midi(folder / "B.MID", beat(60))
    save_midi(folder / "a.midi", beat(61))
    save_midi(folder / "sub.mid" / "c.mid", beat(62))
    (folder / "notes.txt").write_text("not looked at")
    return folder


def read(folder, encoding=None):
    return midi_folder(folder, encoding or NoteNames(), cache=False, progress=False)


def test_folder_in_order(folder):
    corpus = read(folder)
    assert corpus.pieces == (
        Piece("a.midi", ("C#4",)),
        Piece("B.MID", ("C4",)),
        Piece("sub.mid/c.mid", ("D4",)),
    )
    assert corpus.summary() == ("MIDI files of songs: 3 pieces, 3 symbols, 3 distinct")


def test_bad_files_are_left_out_and_named(folder, capsys):
    (folder / "junk.mid").write_bytes(b"junk")
    save_midi(folder / "silent.mid", [track_name("nothing")])
    save_midi(folder / "x.mid", [track_name("Grand Piano"), program(0), *beat(60)])
    (folder / "gone.mid").symlink_to(folder / "nowhere")
    (folder / "loop.mid").symlink_to(folder / "loop.mid")
    os.mkfifo(folder / "pipe.mid")
    corpus = read(folder, NoteNames("first"))
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


def test_each_folder_is_visited_once(folder):
    (folder / "again").symlink_to(folder)
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir()
    save_midi(elsewhere / "d.mid", beat(63))
    (folder / "linked").symlink_to(elsewhere)
    names = [piece.name for piece in read(folder).pieces]
    assert names == ["a.midi", "B.MID", "linked/d.mid", "sub.mid/c.mid"]


def test_no_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no such folder"):
        read(tmp_path / "none")
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match="it is not a folder"):
        read(tmp_path / "file")


def test_nothing_readable(tmp_path):
    with pytest.raises(ValueError, match=r"none of its 0 \.mid and \.midi files"):
        read(tmp_path)
    (tmp_path / "junk.mid").write_bytes(b"junk")
    with pytest.raises(ValueError, match=r"none of its 1 .*; junk\.mid: not a MIDI"):
        read(tmp_path)


def test_fingerprint_is_of_names_and_symbols():
    def fingerprint(*pieces, source="here"):
        return Corpus(tuple(Piece(*piece) for piece in pieces), (), source).fingerprint

    same = fingerprint(("a", ("x", "y")))
    assert same == fingerprint(("a", ("x", "y")), source="there")
    others = [
        fingerprint(("b", ("x", "y"))),
        fingerprint(("a", ("xy",))),
        fingerprint(("a", ("x",)), ("y", ())),
    ]
    assert same not in others


SYMBOL = st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), min_size=1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(SYMBOL, min_size=1), min_size=1, max_size=4))
def test_symbols_file_round_trip(tmp_path, groups):
    pieces = tuple(Piece(str(i), tuple(group)) for i, group in enumerate(groups))
    write_symbols(Corpus(pieces, (), ""), tmp_path / "data.txt")
    read_back = symbols_file(tmp_path / "data.txt")
    assert [p.symbols for p in read_back.pieces] == [p.symbols for p in pieces]


def test_symbols_file_of_another_hand(tmp_path):
    path = tmp_path / "data.txt"
    path.write_bytes(b"\r\n\r\nC4\r\n4.9\r\n\r\n\r\nD4")
    assert symbols_file(path).pieces == (
        Piece("data.txt 1", ("C4", "4.9")),
        Piece("data.txt 2", ("D4",)),
    )
    path.write_text("C4\n")
    assert symbols_file(path).pieces == (Piece("data.txt", ("C4",)),)


def test_symbols_files_that_are_none(tmp_path):
    with pytest.raises(FileNotFoundError):
        symbols_file(tmp_path / "none.txt")
    (tmp_path / "data.txt").write_bytes(b"\n\n")
    with pytest.raises(ValueError, match="holds no symbol"):
        symbols_file(tmp_path / "data.txt")
    (tmp_path / "data.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="not UTF-8"):
        symbols_file(tmp_path / "data.txt")


@pytest.mark.parametrize("symbols", [(), ("",), ("a\nb",), ("a\r",)])
def test_what_a_symbols_file_cannot_hold(tmp_path, symbols):
    with pytest.raises(ValueError, match="'song'"):
        write_symbols(Corpus((Piece("song", symbols),), (), ""), tmp_path / "data.txt")
