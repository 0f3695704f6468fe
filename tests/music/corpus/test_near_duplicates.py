"""Near-duplicates: the groups of pieces that share a run."""

from hypothesis import given

from lstm_music_jax.music.corpus.near_duplicates import near_duplicates
from tests.music.corpus.generated_corpora import corpora, corpus_of, noise, runs


@given(corpora())
def test_groups_equal_those_of_comparing_all_pairs(symbols):
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


def test_pieces_are_joined_through_other_pieces():
    a, b = noise(1, 64), noise(2, 64)
    corpus = corpus_of(a, ["x", *a, *b], [*b, "y"], noise(3, 64), a[:63])
    assert near_duplicates(corpus.pieces) == [[0, 1, 2], [3], [4]]
