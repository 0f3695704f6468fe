"""The split: by piece, near-duplicates on one side, close to the wanted share."""

import pytest
from hypothesis import given, strategies as st

from lstm_music_jax.music.corpus.loading import load_chorales
from lstm_music_jax.music.corpus.near_duplicates import near_duplicates
from lstm_music_jax.music.corpus.pieces import Piece
from lstm_music_jax.music.corpus.split import split_corpus
from lstm_music_jax.music.encodings.note_names import NoteNames
from tests.music.corpus.generated_corpora import corpora, corpus_of, noise, runs


def size(corpus):
    return sum(len(piece.symbols) for piece in corpus.pieces)


@given(corpora(), st.integers(0, 5), st.floats(0.01, 0.99))
def test_no_run_is_on_both_sides(symbols, seed, share):
    corpus = corpus_of(*symbols)
    train, validation = split_corpus(corpus, share, seed)
    assert (train, validation) == split_corpus(corpus, share, seed)
    assert train.names
    assert validation.names
    if len(near_duplicates(corpus.pieces)) > 1:
        assert not runs(train.pieces) & runs(validation.pieces)
        both = [*train.pieces, *validation.pieces]
        assert sorted(both, key=corpus.pieces.index) == list(corpus.pieces)


def test_the_share_is_met_and_seeds_differ():
    corpus = corpus_of(*(noise(i, 80 + i) for i in range(60)))
    sides = [split_corpus(corpus, 0.1, seed) for seed in range(5)]
    for train, validation in sides:
        share = size(validation) / (size(train) + size(validation))
        assert share == pytest.approx(0.1, abs=0.01)
    assert len({validation for _, validation in sides}) == 5


def test_the_share_is_met_closely_on_the_chorales(chorale_cache):
    corpus = load_chorales(NoteNames(), cache=chorale_cache)
    train, validation = split_corpus(corpus)
    assert size(validation) / 84_948 == pytest.approx(0.1, abs=0.002)
    assert len(train.names) + len(validation.names) == 350
    assert not runs(train.pieces) & runs(validation.pieces)


def test_one_large_piece_never_fills_both_sides():
    corpus = corpus_of(noise(0, 500), noise(1, 5))
    for share in (0.001, 0.5, 0.999):
        train, validation = split_corpus(corpus, share)
        assert len(train.names) == len(validation.names) == 1


def test_the_end_of_a_single_piece_is_held_out(capsys):
    hundred = tuple(map(str, range(100)))
    train, validation = split_corpus(corpus_of(hundred), 0.1)
    assert train.pieces == (Piece("piece 0", hundred[:90]),)
    assert validation.pieces == (Piece("piece 0 (tail)", hundred[90:]),)
    assert "the last 10% of each is held out" in capsys.readouterr().err


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, float("nan")])
def test_a_share_out_of_range_is_an_error(share):
    with pytest.raises(ValueError, match="validation is"):
        split_corpus(corpus_of("ab", "cd"), share)


@pytest.mark.parametrize("symbols", [[], ["a"]])
def test_too_little_music_is_an_error(symbols):
    with pytest.raises(ValueError, match="too small to split"):
        split_corpus(corpus_of(*symbols))
