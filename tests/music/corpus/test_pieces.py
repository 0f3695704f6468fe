"""A corpus: its fingerprint, its numbers, and its pieces."""

import hashlib
import json

from hypothesis import given, strategies as st

from lstm_music_jax.music.corpus.pieces import Corpus, Piece
from lstm_music_jax.music.vocabulary import Vocabulary


def test_the_fingerprint_depends_on_names_and_symbols_alone():
    def fingerprint(*pieces, source="here"):
        named = [Piece(*piece) for piece in pieces]
        return Corpus.from_pieces(named, source=source).fingerprint

    same = fingerprint(("a", ("x", "y")))
    assert same == fingerprint(("a", ("x", "y")), source="there")
    others = [
        fingerprint(("b", ("x", "y"))),
        fingerprint(("a", ("xy",))),
        fingerprint(("a", ("x",)), ("y", ())),
    ]
    assert same not in others


@given(st.lists(st.builds(Piece, st.text(), st.lists(st.text()).map(tuple))))
def test_the_fingerprint_is_that_of_earlier_versions(pieces):
    # The run folders of earlier versions hold it, and their runs can be resumed.
    content = [[piece.name, piece.symbols] for piece in pieces]
    expected = hashlib.sha256(json.dumps(content).encode()).hexdigest()
    assert Corpus.from_pieces(pieces).fingerprint == expected


@given(st.lists(st.lists(st.sampled_from("abcde")), max_size=6))
def test_symbols_are_numbered_as_in_a_vocabulary(symbols):
    pieces = [Piece(str(i), tuple(each)) for i, each in enumerate(symbols)]
    corpus = Corpus.from_pieces(pieces)
    assert (
        corpus.symbols
        == Vocabulary.from_pieces(symbols, start=False, end=False).symbols
    )
    assert corpus.pieces == tuple(pieces)
    chosen = corpus.take(range(len(pieces))[::-2])
    assert chosen.pieces == tuple(pieces[::-2])
