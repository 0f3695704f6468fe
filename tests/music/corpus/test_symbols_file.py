"""Symbols files: written and read, including files of other programs."""

from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from lstm_music_jax.music.corpus.pieces import Corpus, Piece
from lstm_music_jax.music.corpus.symbols_file import load_symbols, write_symbols
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.music.encodings.pitch_names import chord_name, pitch_name

CHORDS = (chord_name(c) for n in range(1, 5) for c in combinations(range(12), n))
NAME = st.sampled_from([*map(pitch_name, range(128)), *dict.fromkeys(CHORDS)])
EVENT = st.builds(
    "{}_{}".format, st.sampled_from(["shift", "duration", "pitch"]), st.integers(1, 48)
)


def corpora(encoding, symbol):
    groups = st.lists(st.lists(symbol, min_size=1), min_size=1, max_size=4)
    return st.tuples(st.just(encoding), groups)


def load(path, content, encoding=None):
    path.write_bytes(content)
    return load_symbols(path, encoding or NoteNames())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(corpora(NoteNames(), NAME) | corpora(Events(), EVENT))
def test_written_symbols_are_read_again(tmp_path, given_corpus):
    encoding, groups = given_corpus
    pieces = tuple(Piece(str(i), tuple(group)) for i, group in enumerate(groups))
    write_symbols(Corpus.from_pieces(pieces), tmp_path / "data.txt")
    read_back = load_symbols(tmp_path / "data.txt", encoding)
    assert [p.symbols for p in read_back.pieces] == [p.symbols for p in pieces]


def test_a_file_of_another_program_is_read(tmp_path):
    path = tmp_path / "data.txt"
    assert load(path, b"\r\n\r\nC4\r\n4.9\r\n\r\n\r\nD4").pieces == (
        Piece("data.txt 1", ("C4", "4.9")),
        Piece("data.txt 2", ("D4",)),
    )
    assert load(path, b"C4\n").pieces == (Piece("data.txt", ("C4",)),)


@pytest.mark.parametrize(
    "content",
    [
        "C4\nE-4\n4.9\n\nF#4",
        "\ufeffC4\r\nE-4\r\n4.9\r\n\r\nF#4\r\n",
        "C4\rE-4\r4.9\r\rF#4\r",
        "  C4\t\nE-4 \n 4.9\n \t \n\n\u00a0F#4",
        "# C4\nC4\n#\nE-4\n#4.9\n4.9\n\n# the second\n\nF#4\n# end",
        # Two files with byte-order marks, one appended to the other.
        "\ufeffC4\nE-4\n4.9\n\n\ufeffF#4",
        "\ufeff# a comment\nc4\nEb4\n9.4\n\nf♯4",
        "C04\ne♭4\n9.4.9\n\nF♯04",
        "C♮4\ne-4\n4.9\n\nf#4",
    ],
)
def test_what_people_write_is_understood(tmp_path, content):
    corpus = load(tmp_path / "data.txt", content.encode())
    groups = [piece.symbols for piece in corpus.pieces]
    assert groups == [("C4", "E-4", "4.9"), ("F#4",)]


def test_events_are_understood(tmp_path):
    content = b"# 3/4\nduration_06\r\n pitch_060 \nshift_6"
    (piece,) = load(tmp_path / "data.txt", content, Events()).pieces
    assert piece.symbols == ("duration_6", "pitch_60", "shift_6")


@pytest.mark.parametrize(
    "text",
    [
        "H4",
        "C",
        "E--b4",
        "Eb-1",
        "Es4",
        "60",
        "4.12",
        "4,9",
        "C4 E4",
        "C4 # c",
        "<start>",
    ],
)
def test_what_is_no_note_name_is_an_error(tmp_path, text):
    with pytest.raises(ValueError, match="it must be a note such as") as caught:
        load(tmp_path / "data.txt", f"C4\n\n# text\n{text}\n".encode())
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'data.txt'}, line 4: symbol is {text!r}; ")
    assert "looks like" not in message


@pytest.mark.parametrize(
    ("encoding", "text", "message"),
    [
        (NoteNames(), "pitch_60", "looks like a symbol of events$"),
        (
            Events(),
            "Eb4",
            "shift_1 to .*; it looks like a symbol of note_names",
        ),
        (Events(), "4.9", "it looks like a symbol of note_names"),
        (
            Events(),
            "shift_0",
            "must be shift_1 to shift_48, or .* to pitch_127$",
        ),
    ],
)
def test_symbols_of_another_encoding_are_an_error(tmp_path, encoding, text, message):
    with pytest.raises(ValueError, match=message):
        load(tmp_path / "data.txt", text.encode(), encoding)


def test_a_file_without_symbols_is_an_error(tmp_path):
    path = tmp_path / "data.txt"
    with pytest.raises(FileNotFoundError):
        load_symbols(path, NoteNames())
    for content in (b"\n\n", b"", b"# nothing\n \n", b"\xef\xbb\xbf"):
        with pytest.raises(ValueError, match="holds no symbol"):
            load(path, content)
    for content in (b"\xff\xfeC\x004\x00", b"\xe4 comment\nC4"):
        with pytest.raises(ValueError, match=r"data.txt, line 1: it is not UTF-8"):
            load(path, content)
    with pytest.raises(ValueError, match=r"data.txt, line 3: it is not UTF-8"):
        load(path, b"C4\nD4\n# \xe4\n")


SYMBOLS_THAT_DO_NOT_FIT = [("",), ("a\nb",), ("a\r",), (" a",), ("#a",), ("\ufeffa",)]


@pytest.mark.parametrize("symbols", [(), *SYMBOLS_THAT_DO_NOT_FIT])
def test_what_a_file_cannot_hold_is_an_error(tmp_path, symbols):
    with pytest.raises(ValueError, match="'song'"):
        write_symbols(
            Corpus.from_pieces([Piece("song", symbols)]), tmp_path / "data.txt"
        )
