"""Symbols to ids and back, on disk too."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from lstm_music_jax.music.vocabulary import UnknownSymbol, Vocabulary

PIECES = [["b", "a", "b"], ["c", "a", "b"]]


def test_falling_count_then_first_appearance_then_start():
    vocabulary = Vocabulary.from_pieces([*PIECES, ["d", "c"]])
    assert vocabulary.symbols == ("b", "a", "c", "d", "<start>")
    assert vocabulary.start_id == 4
    assert len(vocabulary) == 5


def test_without_start():
    vocabulary = Vocabulary.from_pieces(PIECES, start=False)
    assert vocabulary.symbols == ("b", "a", "c")
    assert vocabulary.start_id is None


@given(st.lists(st.lists(st.text())), st.booleans())
def test_round_trip(pieces, start):
    pieces = [[s for s in piece if s != "<start>"] for piece in pieces]
    vocabulary = Vocabulary.from_pieces(pieces, start=start)
    for piece in pieces:
        ids = vocabulary.encode(piece)
        assert ids.dtype == np.int32
        assert vocabulary.decode(ids) == piece


def test_unknown_symbols_are_named_with_their_places():
    vocabulary = Vocabulary.from_pieces(PIECES)
    with pytest.raises(UnknownSymbol) as caught:
        vocabulary.encode(["x", "a", "y", "x", "x"], where="song.mid")
    message = str(caught.value)
    assert "song.mid" in message
    assert "'x' at position 0, 'y' at position 2, 'x' at position 3" in message
    assert "1 more" in message


@pytest.mark.parametrize("number", [-1, 4])
def test_id_out_of_range(number):
    with pytest.raises(ValueError, match=f"id is {number}; it must be 0 to 3"):
        Vocabulary.from_pieces(PIECES).decode([number])


def test_save_and_load(tmp_path):
    vocabulary = Vocabulary.from_pieces([["é", "4.9", "C\n4"]])
    vocabulary.save(tmp_path / "new" / "vocabulary.json")
    assert Vocabulary.load(tmp_path / "new" / "vocabulary.json") == vocabulary


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"symbols": ["a"]}',
        '{"symbols": "ab", "start": null}',
        '{"symbols": [1], "start": null}',
        '{"symbols": ["a", "a"], "start": null}',
        '{"symbols": ["a"], "start": "b"}',
        '{"symbols": ["a"], "start": 0}',
        '{"symbols": ["a"], "start":',
    ],
)
def test_damaged_file(tmp_path, content):
    path = tmp_path / "vocabulary.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"vocabulary\.json is not a vocabulary file"):
        Vocabulary.load(path)
