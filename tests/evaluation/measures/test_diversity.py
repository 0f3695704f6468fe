"""Diversity of sets, by hand and against independent computations."""

import math
from collections import Counter

import numpy as np
import pytest

from lstm_music_jax.evaluation.measures import distinct, overlap, self_bleu
from lstm_music_jax.evaluation.measures.base import Sample
from lstm_music_jax.evaluation.measures.ngrams import ngram_counts
from lstm_music_jax.evaluation.measures.self_bleu import bleu_of_each


def samples(*pieces, primer=0):
    return [Sample(np.array(piece, int), primer=primer) for piece in pieces]


def random_pieces(seed, kinds=4, sizes=(3, 20)):
    rng = np.random.default_rng(seed)
    return [rng.integers(kinds, size=rng.integers(*sizes)) for _ in range(8)]


def grams(piece, n):
    piece = list(piece)
    return [tuple(piece[i : i + n]) for i in range(len(piece) - n + 1)]


@pytest.mark.parametrize("n", [1, 2, 3, 6])
def test_ngrams_are_counted_within_pieces(n):
    pieces = [*random_pieces(0), np.zeros(0, int), np.array([3])]
    found = ngram_counts(pieces, n).toarray()
    kinds = {gram for piece in pieces for gram in grams(piece, n)}
    assert found.shape == (len(pieces), len(kinds))
    for row, piece in zip(found, pieces, strict=True):
        assert sorted(row[row > 0]) == sorted(Counter(grams(piece, n)).values())


def test_ids_may_be_large_and_n_long():
    pieces = [np.arange(40) * 10**8, np.arange(40)[::-1] * 10**8]
    assert ngram_counts(pieces, 30).toarray().sum(axis=1).tolist() == [11, 11]


def test_distinct_by_hand():
    # 2-grams: 12 23 31 12 and 12 25: of six, four are distinct.
    assert distinct(2)(samples([1, 2, 3, 1, 2], [1, 2, 5])) == 4 / 6
    assert distinct(2)(samples([7] * 10)) == 1 / 9
    assert math.isnan(distinct(2)(samples([1], [2])))


def test_overlap_by_hand():
    # 2-grams: {12 23}, {12 25 51 12}, {99}: 1/2 and 2/4 are shared, of six pairs.
    pieces = samples([1, 2, 3], [1, 2, 5, 1, 2], [9, 9])
    assert overlap(2)(pieces) == pytest.approx((1 / 2 + 2 / 4) / 6)


@pytest.mark.parametrize("measure", [distinct(2), overlap(2), self_bleu(2)])
def test_the_primer_does_not_count(measure):
    tails = [[1, 2, 3, 4], [2, 3, 1, 1]]
    primed = samples(*([8, 9, *tail] for tail in tails), primer=2)
    assert measure(primed) == measure(samples(*tails))


@pytest.mark.parametrize("seed", range(5))
def test_overlap_is_the_mean_over_pairs(seed):
    pieces = random_pieces(seed)
    shares = [
        sum(gram in grams(b, 2) for gram in grams(a, 2)) / len(grams(a, 2))
        for i, a in enumerate(pieces)
        for j, b in enumerate(pieces)
        if i != j
    ]
    assert overlap(2)(samples(*pieces)) == pytest.approx(np.mean(shares))


def test_a_resample_holds_no_pair_of_one_piece():
    of_counts = overlap(2).prepare(samples([1, 2, 3], [1, 2, 5], [9, 9, 9]))
    values = of_counts(np.array([[2.0, 1, 0], [2, 0, 1], [0, 3, 0]]))
    np.testing.assert_allclose(values, [1 / 2, 0, np.nan])


def test_a_resample_of_distinct_counts_all_its_ngrams():
    of_counts = distinct(2).prepare(samples([1, 2, 3], [1, 2, 5]))
    assert of_counts(np.array([[2.0, 0], [1, 1]])).tolist() == [2 / 4, 3 / 4]


def test_distinct_of_many_resamples_is_that_of_each():
    pieces = random_pieces(0)
    resamples = np.random.default_rng(1).integers(len(pieces), size=(250, len(pieces)))
    counts = [np.bincount(taken, minlength=len(pieces)) for taken in resamples]
    values = distinct(2).prepare(samples(*pieces))(np.array(counts, float))
    for taken, value in zip(resamples, values, strict=True):
        every = [gram for place in taken for gram in grams(pieces[place], 2)]
        assert value == pytest.approx(len(set(every)) / len(every))


def bleu_by_definition(hypothesis, references, n):
    logs = []
    for order in range(1, n + 1):
        counts = Counter(grams(hypothesis, order))
        clipped = sum(
            min(count, max(Counter(grams(r, order))[gram] for r in references))
            for gram, count in counts.items()
        )
        if order == 1 and not clipped:
            return 0.0
        logs.append(math.log((clipped or 0.1) / max(sum(counts.values()), 1)))
    size = len(hypothesis)
    closest = min((abs(len(r) - size), len(r)) for r in references)[1]
    brevity = 1 if size >= closest else math.exp(1 - closest / size)
    return brevity * math.exp(sum(logs) / n)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("n", [2, 4])
def test_self_bleu_is_bleu_against_all_others(seed, n):
    pieces = random_pieces(seed, kinds=3 + 5 * seed)
    expected = [
        bleu_by_definition(piece, pieces[:i] + pieces[i + 1 :], n)
        for i, piece in enumerate(pieces)
    ]
    np.testing.assert_allclose(bleu_of_each(pieces, n), expected)
    assert self_bleu(n)(samples(*pieces)) == pytest.approx(np.mean(expected))


def test_self_bleu_by_hand():
    assert self_bleu()(samples(*[[1, 2, 3, 4, 5]] * 3)) == pytest.approx(1)
    assert self_bleu()(samples([1, 2, 3], [4, 5, 6])) == 0


def test_copies_planted_into_a_set_are_seen():
    rng = np.random.default_rng(0)
    pieces = [rng.integers(50, size=64) for _ in range(16)]
    planted = [*pieces[:8], *pieces[:8]]
    varied, copied = samples(*pieces), samples(*planted)
    assert distinct()(copied) < 0.6 < 0.9 < distinct()(varied)
    assert overlap()(copied) == pytest.approx(1 / 15, abs=0.01)
    assert overlap()(varied) < 0.01
    assert self_bleu()(copied) == pytest.approx(1)
    assert self_bleu()(varied) < 0.5


def test_one_piece_has_no_self_bleu():
    with pytest.raises(ValueError, match="pieces holds 1; Self-BLEU needs 2 or more"):
        self_bleu()(samples([1, 2, 3]))
