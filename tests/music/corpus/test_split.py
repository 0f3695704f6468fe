"""The split: by piece, near-duplicates on one side, close to the wanted share."""

import random

import pytest
from hypothesis import given, settings, strategies as st

from lstm_music_jax.music.corpus.loading import load_chorales
from lstm_music_jax.music.corpus.near_duplicates import near_duplicates
from lstm_music_jax.music.corpus.pieces import Piece
from lstm_music_jax.music.corpus.split import split_corpus
from lstm_music_jax.music.corpus.transposed_windows import SHARED_RUN
from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.encodings.note_names import NoteNames
from lstm_music_jax.music.encodings.performance import Performance
from tests.music.corpus.generated_corpora import (
    corpora,
    corpus_of,
    music,
    noise,
    runs,
    score_of,
    transposed,
)


def size(corpus):
    return sum(len(piece.symbols) for piece in corpus.pieces)


@given(corpora(), st.integers(0, 5), st.floats(0.01, 0.99))
def test_no_run_is_on_both_sides(symbols, seed, share):
    corpus = corpus_of(*symbols)
    train, validation = split_corpus(corpus, None, share, seed)
    assert (train, validation) == split_corpus(corpus, None, share, seed)
    assert train.names
    assert validation.names
    if len(near_duplicates(corpus, None)) > 1:
        assert not runs(train.pieces) & runs(validation.pieces)
        both = [*train.pieces, *validation.pieces]
        assert sorted(both, key=corpus.pieces.index) == list(corpus.pieces)


def test_the_share_is_met_and_seeds_differ():
    corpus = corpus_of(*(noise(i, 80 + i) for i in range(60)))
    sides = [split_corpus(corpus, None, 0.1, seed) for seed in range(5)]
    for train, validation in sides:
        share = size(validation) / (size(train) + size(validation))
        assert share == pytest.approx(0.1, abs=0.01)
    assert len({validation for _, validation in sides}) == 5


def test_the_share_is_met_closely_on_the_chorales(chorale_cache):
    corpus = load_chorales(NoteNames(), cache=chorale_cache)
    train, validation = split_corpus(corpus, NoteNames())
    assert size(validation) / 84_948 == pytest.approx(0.1, abs=0.002)
    assert len(train.names) + len(validation.names) == 350
    assert not runs(train.pieces) & runs(validation.pieces)


@pytest.mark.parametrize("encoding", [Events(), NoteNames(), Performance()])
@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.95))
def test_a_transposed_copy_is_never_on_the_other_side(encoding, seed, share):
    draw = random.Random(seed)
    pieces = [music(draw, draw.randrange(100, 200)) for _ in range(5)]
    for original in pieces[:3]:
        begin = draw.randrange(len(original) - SHARED_RUN)
        copy = original[begin : begin + SHARED_RUN + draw.randrange(10)]
        copy = transposed(copy, draw.randrange(-6, 7))
        pieces.append(music(draw, draw.randrange(40)) + copy)
    corpus = corpus_of(*(encoding.encode(score_of(piece)) for piece in pieces))
    sides = split_corpus(corpus, encoding, share)
    side_of = {name: i for i, side in enumerate(sides) for name in side.names}
    for number in range(3):
        assert side_of[f"piece {number}"] == side_of[f"piece {number + 5}"]


def test_one_large_piece_never_fills_both_sides():
    corpus = corpus_of(noise(0, 500), noise(1, 5))
    for share in (0.001, 0.5, 0.999):
        train, validation = split_corpus(corpus, None, share)
        assert len(train.names) == len(validation.names) == 1


def test_the_end_of_a_single_piece_is_held_out(capsys):
    hundred = tuple(map(str, range(100)))
    train, validation = split_corpus(corpus_of(hundred), None, 0.1)
    assert train.pieces == (Piece("piece 0", hundred[:90]),)
    assert validation.pieces == (Piece("piece 0 (tail)", hundred[90:]),)
    assert "the last 10% of each is held out" in capsys.readouterr().err


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, float("nan")])
def test_a_share_out_of_range_is_an_error(share):
    with pytest.raises(ValueError, match="validation is"):
        split_corpus(corpus_of("ab", "cd"), None, share)


@pytest.mark.parametrize("symbols", [[], ["a"]])
def test_too_little_music_is_an_error(symbols):
    with pytest.raises(ValueError, match="too small to split"):
        split_corpus(corpus_of(*symbols), None)
