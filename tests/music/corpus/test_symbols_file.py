"""Symbols files: written and read, also those of other programs."""

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from lstm_music_jax.music.corpus.pieces import Corpus, Piece
from lstm_music_jax.music.corpus.symbols_file import load_symbols, write_symbols

SYMBOL = st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), min_size=1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(SYMBOL, min_size=1), min_size=1, max_size=4))
def test_written_symbols_are_read_again(tmp_path, groups):
    pieces = tuple(Piece(str(i), tuple(group)) for i, group in enumerate(groups))
    write_symbols(Corpus.from_pieces(pieces), tmp_path / "data.txt")
    read_back = load_symbols(tmp_path / "data.txt")
    assert [p.symbols for p in read_back.pieces] == [p.symbols for p in pieces]


def test_a_file_of_another_program_is_read(tmp_path):
    path = tmp_path / "data.txt"
    path.write_bytes(b"\r\n\r\nC4\r\n4.9\r\n\r\n\r\nD4")
    assert load_symbols(path).pieces == (
        Piece("data.txt 1", ("C4", "4.9")),
        Piece("data.txt 2", ("D4",)),
    )
    path.write_text("C4\n")
    assert load_symbols(path).pieces == (Piece("data.txt", ("C4",)),)


def test_a_file_without_symbols_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_symbols(tmp_path / "none.txt")
    (tmp_path / "data.txt").write_bytes(b"\n\n")
    with pytest.raises(ValueError, match="holds no symbol"):
        load_symbols(tmp_path / "data.txt")
    (tmp_path / "data.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="not UTF-8"):
        load_symbols(tmp_path / "data.txt")


@pytest.mark.parametrize("symbols", [(), ("",), ("a\nb",), ("a\r",)])
def test_what_a_file_cannot_hold_is_an_error(tmp_path, symbols):
    with pytest.raises(ValueError, match="'song'"):
        write_symbols(
            Corpus.from_pieces([Piece("song", symbols)]), tmp_path / "data.txt"
        )
