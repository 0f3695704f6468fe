"""The fingerprint of a corpus."""

from lstm_music_jax.music.corpus.pieces import Corpus, Piece


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
