"""The split: by piece, without near-duplicates across, near the share asked for."""

import random

import pytest
from hypothesis import given, strategies as st

from lstm_music_jax.music.corpus.loading import chorales
from lstm_music_jax.music.corpus.pieces import Corpus, Piece
from lstm_music_jax.music.corpus.split import SHARED_RUN, near_duplicates, split
from lstm_music_jax.music.encodings.note_names import NoteNames


def corpus_of(*symbols):
    pieces = (Piece(f"piece {i}", tuple(each)) for i, each in enumerate(symbols))
    return Corpus(tuple(pieces), (), "test")


def runs(pieces):
    return {
        piece.symbols[i : i + SHARED_RUN]
        for piece in pieces
        for i in range(len(piece.symbols) - SHARED_RUN + 1)
    }


def noise(seed, length):
    draw = random.Random(seed)
    return [str(draw.randrange(50)) for _ in range(length)]


def size(pieces):
    return sum(len(piece.symbols) for piece in pieces)


NOISE = [noise(seed, 150) for seed in range(12)]


@st.composite
def corpora(draw):
    """Symbols of pieces, some quoting others for just long enough, or not quite."""
    pieces = []
    for index in range(draw(st.integers(2, 12))):
        piece = NOISE[index][: draw(st.integers(1, 150))]
        if pieces and draw(st.booleans()):
            source = draw(st.sampled_from(pieces))
            start = draw(st.integers(0, len(source)))
            length = draw(st.integers(SHARED_RUN - 2, SHARED_RUN + 2))
            piece = piece + source[start : start + length]
        pieces.append(piece)
    return pieces


@given(corpora(), st.integers(0, 5), st.floats(0.01, 0.99))
def test_nothing_crosses(symbols, seed, share):
    corpus = corpus_of(*symbols)
    train, validation = split(corpus, share, seed)
    assert (train, validation) == split(corpus, share, seed)
    assert train
    assert validation
    if len(near_duplicates(corpus.pieces)) > 1:
        assert not runs(train) & runs(validation)
        assert sorted([*train, *validation], key=corpus.pieces.index) == list(
            corpus.pieces
        )


@given(corpora())
def test_groups_are_those_of_comparing_all_with_all(symbols):
    corpus = corpus_of(*symbols)
    expected = [{i} for i in range(len(corpus.pieces))]
    for i, one in enumerate(corpus.pieces):
        for j, other in enumerate(corpus.pieces[:i]):
            if runs([one]) & runs([other]):
                joined = [group for group in expected if group & {i, j}]
                expected = [group for group in expected if not group & {i, j}]
                expected.append(set().union(*joined))
    found = [set(group) for group in near_duplicates(corpus.pieces)]
    assert sorted(map(sorted, found)) == sorted(map(sorted, expected))


def test_groups_hang_together_through_others():
    a, b = noise(1, 64), noise(2, 64)
    corpus = corpus_of(a, ["x", *a, *b], [*b, "y"], noise(3, 64), a[:63])
    assert near_duplicates(corpus.pieces) == [[0, 1, 2], [3], [4]]


def test_the_share_is_met_and_seeds_differ():
    corpus = corpus_of(*(noise(i, 80 + i) for i in range(60)))
    sides = [split(corpus, 0.1, seed) for seed in range(5)]
    for train, validation in sides:
        assert size(validation) / size([*train, *validation]) == pytest.approx(
            0.1, abs=0.01
        )
    assert len({validation for _, validation in sides}) == 5


def test_chorales_are_met_closely(chorale_cache):
    corpus = chorales(NoteNames(), cache=chorale_cache)
    train, validation = split(corpus)
    assert size(validation) / 84_948 == pytest.approx(0.1, abs=0.002)
    assert len(train) + len(validation) == 350
    assert not runs(train) & runs(validation)


def test_one_big_piece_is_never_everything():
    corpus = corpus_of(noise(0, 500), noise(1, 5))
    for share in (0.001, 0.5, 0.999):
        train, validation = split(corpus, share)
        assert len(train) == len(validation) == 1


def test_a_single_piece_gives_its_tail(capsys):
    hundred = tuple(map(str, range(100)))
    train, validation = split(corpus_of(hundred), 0.1)
    assert train == (Piece("piece 0", hundred[:90]),)
    assert validation == (Piece("piece 0 (tail)", hundred[90:]),)
    assert "the last 10% of each is held out" in capsys.readouterr().err


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, float("nan")])
def test_share_out_of_range(share):
    with pytest.raises(ValueError, match="validation is"):
        split(corpus_of("ab", "cd"), share)


@pytest.mark.parametrize("symbols", [[], ["a"]])
def test_too_little_to_split(symbols):
    with pytest.raises(ValueError, match="too small to split"):
        split(corpus_of(*symbols))
