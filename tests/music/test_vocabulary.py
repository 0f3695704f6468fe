"""Vocabularies: symbols to ids and back, and saving them."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from lstm_music_jax.music.vocabulary import UnknownSymbolError, Vocabulary

PIECES = [["b", "a", "b"], ["c", "a", "b"]]


def test_common_symbols_come_first_and_start_and_end_come_last():
    vocabulary = Vocabulary.from_pieces([*PIECES, ["d", "c"]])
    assert vocabulary.symbols == ("b", "a", "c", "d", "<start>", "<end>")
    assert vocabulary.start_id == 4
    assert vocabulary.end_id == 5
    assert vocabulary.marker_ids == [4, 5]
    assert len(vocabulary) == 6


@pytest.mark.parametrize("start", [True, False])
@pytest.mark.parametrize("end", [True, False])
def test_start_and_end_can_each_be_left_out(start, end):
    vocabulary = Vocabulary.from_pieces(PIECES, start=start, end=end)
    assert vocabulary.symbols[:3] == ("b", "a", "c")
    assert vocabulary.start_id == (3 if start else None)
    assert vocabulary.end_id == (3 + start if end else None)
    assert vocabulary.marker_ids == list(range(3, 3 + start + end))
    assert len(vocabulary) == 3 + start + end


def test_other_symbols_come_behind_those_of_the_pieces():
    vocabulary = Vocabulary.from_pieces(PIECES, others=("z", "a", "y"))
    assert vocabulary.symbols == ("b", "a", "c", "z", "y", "<start>", "<end>")


@given(st.lists(st.lists(st.text())), st.booleans(), st.booleans())
def test_ids_give_the_symbols_back(pieces, start, end):
    pieces = [[s for s in piece if s not in ("<start>", "<end>")] for piece in pieces]
    vocabulary = Vocabulary.from_pieces(pieces, start=start, end=end)
    for piece in pieces:
        ids = vocabulary.ids_of(piece)
        assert ids.dtype == np.int32
        assert vocabulary.symbols_of(ids) == piece


def test_unknown_symbols_are_named_with_their_positions():
    vocabulary = Vocabulary.from_pieces(PIECES)
    with pytest.raises(UnknownSymbolError) as caught:
        vocabulary.ids_of(["x", "a", "y", "x", "x"], source="song.mid")
    message = str(caught.value)
    assert "song.mid" in message
    assert "'x' at position 0, 'y' at position 2, 'x' at position 3" in message
    assert "1 more" in message


@pytest.mark.parametrize("number", [-1, 5])
def test_an_id_out_of_range_is_an_error(number):
    with pytest.raises(ValueError, match=f"id is {number}; it must be 0 to 4"):
        Vocabulary.from_pieces(PIECES).symbols_of([number])


def test_a_saved_vocabulary_is_loaded_again(tmp_path):
    vocabulary = Vocabulary.from_pieces([["é", "4.9", "C\n4"]])
    vocabulary.save(tmp_path / "new" / "vocabulary.json")
    assert Vocabulary.load(tmp_path / "new" / "vocabulary.json") == vocabulary
    vocabulary = Vocabulary(("a", "b", "c"), unseen=("c", "a"))
    assert vocabulary.unseen_ids == [2, 0]
    # Models of equal ids fit together, whatever each was trained on.
    assert vocabulary == Vocabulary(("a", "b", "c"), unseen=("b",))
    vocabulary.save(tmp_path / "vocabulary.json")
    loaded = Vocabulary.load(tmp_path / "vocabulary.json")
    assert (loaded, loaded.unseen) == (vocabulary, ("c", "a"))


def test_a_file_from_before_the_end_symbol_has_none(tmp_path):
    path = tmp_path / "vocabulary.json"
    path.write_text('{"symbols": ["a", "<start>"], "start": "<start>"}')
    assert Vocabulary.load(path) == Vocabulary(("a", "<start>"), "<start>")


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
        '{"symbols": ["a"], "start": null, "end": "b"}',
        '{"symbols": ["a"], "start": null, "end": 0}',
        '{"symbols": ["a"], "start": null, "unseen": ["b"]}',
        '{"symbols": ["a"], "start": null, "unseen": "a"}',
        '{"symbols": ["a"], "start": "a", "end": "a"}',
        '{"symbols": ["a"], "start":',
    ],
)
def test_a_file_of_anything_else_is_an_error(tmp_path, content):
    path = tmp_path / "vocabulary.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"vocabulary\.json is not a vocabulary file"):
        Vocabulary.load(path)
