"""N-grams by hand, against simple implementations, and sums of probabilities."""

import time
from collections import Counter, defaultdict

import numpy as np
import pytest

from lstm_music_jax.model.ngram_counts import kneser_ney, witten_bell
from lstm_music_jax.training.baselines import ngram_cross_entropies
from tests.model.random_music import music


def kneser_ney_probabilities(train, validation, vocab_size, *, order=5):
    return kneser_ney(train, vocab_size, order).probabilities(validation)[-1]


def test_kneser_ney_by_hand():
    # Train on a b a b c (0 1 0 1 2). The bigrams are a b twice, b a, b c.
    train = [np.array([0, 1, 0, 1, 2])]
    # Predict b after a, b after b, a after b, d after a, and d after d.
    validation = [np.array([0, 1, 1, 0, 3, 3])]
    found = kneser_ney_probabilities(train, validation, 4, order=2)
    # No count occurs often enough, so counts of 1 and 2 are discounted by 0.5 and 1.
    # Each of a, b and c comes after one distinct symbol, so their counts are 1 of 3.
    # The discounts free 3 * 0.5 of 3, which goes to the uniform 1/4.
    a = b = (1 - 0.5 + 1.5 / 4) / 3
    d = (0 + 1.5 / 4) / 3
    # After a: b twice. After b: a and c once each. After d: nothing.
    wanted = [
        (2 - 1 + 1 * b) / 2,
        (0 + 1 * b) / 2,
        (1 - 0.5 + 1 * a) / 2,
        (0 + 1 * d) / 2,
        d,
    ]
    np.testing.assert_allclose(found, wanted, rtol=1e-14)


def test_discounts_by_hand():
    # Four of the symbols after 0 occur once, two twice, one 3 times, one 4 times.
    # So Y = 4 / (4 + 2 * 2) = 1/2, and the discounts are 1 - 2 Y 2/4 = 0.5,
    # 2 - 3 Y 1/2 = 1.25 and 3 - 4 Y 1/1 = 1.
    counts = [1, 1, 1, 1, 2, 2, 3, 4]
    train = [np.array([0, k]) for k, n in enumerate(counts, 1) for _ in range(n)]
    validation = [np.array([0, k]) for k in range(10)]
    found = kneser_ney_probabilities(train, validation, 10, order=2)
    # Each of the 8 symbols comes after one distinct symbol and is discounted by 0.5.
    lower = np.array([0, *[0.5] * 8, 0]) / 8 + 0.5 / 10
    freed = 4 * 0.5 + 2 * 1.25 + 2 * 1
    kept = np.array([0, *[0.5] * 4, *[0.75] * 2, 2, 3, 0])
    np.testing.assert_allclose(found, (kept + freed * lower) / 15, rtol=1e-14)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("order", [1, 2, 5])
def test_kneser_ney_probabilities_add_up_to_one(order, seed):
    train, validation, vocab_size = music(seed)
    random = np.random.default_rng(seed)
    contexts = [piece[: random.integers(1, len(piece))] for piece in validation]
    contexts += [random.integers(0, vocab_size, random.integers(1, 9))]
    for context in contexts:
        pieces = [np.append(context, symbol) for symbol in range(vocab_size)]
        found = kneser_ney_probabilities(train, pieces, vocab_size, order=order)
        found = found.reshape(vocab_size, -1)[:, -1]
        np.testing.assert_allclose(found.sum(), 1, rtol=1e-12)
        assert found.min() > 0


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("order", [1, 2, 3, 5, 6])
def test_kneser_ney_is_the_plain_implementation(order, seed):
    train, validation, vocab_size = music(seed)
    plain = Plain([piece.tolist() for piece in train], vocab_size, order)
    wanted = [
        plain.probability(piece[:place], piece[place])
        for piece in map(np.ndarray.tolist, validation)
        for place in range(1, len(piece))
    ]
    found = kneser_ney_probabilities(train, validation, vocab_size, order=order)
    np.testing.assert_allclose(found, wanted, rtol=1e-10)
    # The cases cover both estimated discounts and those of a small corpus.
    assert order < 5 or set(plain.estimated.values()) == {True, False}
    if order == 5:
        found = ngram_cross_entropies(train, validation, vocab_size).five_gram
        np.testing.assert_allclose(found, -np.mean(np.log(wanted)))


class Plain:
    """Modified Kneser-Ney smoothing in dictionaries, simple and slow."""

    def __init__(self, pieces, vocab_size, order):
        self.vocab_size, self.order = vocab_size, order
        occurrences = [Counter() for _ in range(order + 1)]
        before = [defaultdict(set) for _ in range(order + 1)]
        for piece in pieces:
            marked = ["mark"] * order + piece
            for end in range(order + 2, len(marked) + 1):
                for length in range(1, order + 1):
                    gram = tuple(marked[end - length : end])
                    occurrences[length][gram] += 1
                    before[length][gram].add(marked[end - length - 1])
        self.counts, self.discounts, self.estimated = {}, {}, {}
        for length in range(1, order + 1):
            counts = {gram: len(found) for gram, found in before[length].items()}
            if length == order:
                counts = occurrences[length]
            self.discounts[length] = self._discounts(counts, length)
            self.counts[length] = defaultdict(dict)
            for gram, count in counts.items():
                self.counts[length][gram[:-1]][gram[-1]] = count

    def _discounts(self, counts, length):
        n = Counter(counts.values())
        self.estimated[length] = bool(n[1] and n[2] and n[3])
        if self.estimated[length]:
            y = n[1] / (n[1] + 2 * n[2])
            d1 = 1 - 2 * y * n[2] / n[1]
            d2 = 2 - 3 * y * n[3] / n[2]
            d3 = 3 - 4 * y * n[4] / n[3]
            self.estimated[length] = d1 > 0 and d2 > 0 and d3 > 0
        return (d1, d2, d3) if self.estimated[length] else (0.5, 1.0, 1.5)

    def probability(self, past, symbol):
        marked = ["mark"] * self.order + past
        return self._interpolated(tuple(marked[len(marked) - self.order + 1 :]), symbol)

    def _interpolated(self, context, symbol):
        length = len(context) + 1
        shorter = 1 / self.vocab_size
        if context:
            shorter = self._interpolated(context[1:], symbol)
        following = self.counts[length].get(context)
        if not following:
            return shorter
        d1, d2, d3 = self.discounts[length]
        once = sum(count == 1 for count in following.values())
        twice = sum(count == 2 for count in following.values())
        more = len(following) - once - twice
        count = following.get(symbol, 0)
        kept = count - {0: 0, 1: d1, 2: d2}.get(count, d3)
        total = sum(following.values())
        return kept / total + (d1 * once + d2 * twice + d3 * more) / total * shorter


def test_a_large_vocabulary_does_not_overflow():
    train = [np.array([99_999, 99_998, 99_997, 99_996, 99_995, 99_994])] * 4
    found = kneser_ney_probabilities(train, train[:1], 100_000)
    assert found.min() > 0.5


def test_a_corpus_of_chorales_takes_less_than_two_seconds():
    random = np.random.default_rng(0)
    pieces = [random.zipf(1.4, 410) % 83 for _ in range(350)]
    started = time.perf_counter()
    kneser_ney_probabilities(pieces[35:], pieces[:35], 83)
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_witten_bell_is_the_plain_implementation(order, seed):
    train, validation, vocab_size = music(seed)
    following = defaultdict(Counter)
    for piece in map(np.ndarray.tolist, train):
        for place in range(1, len(piece)):
            for length in range(min(order - 1, place) + 1):
                following[tuple(piece[place - length : place])][piece[place]] += 1
    wanted = []
    for piece in map(np.ndarray.tolist, validation):
        for place in range(1, len(piece)):
            probability = 1 / vocab_size
            for length in range(min(order - 1, place) + 1):
                after = following[tuple(piece[place - length : place])]
                if after:
                    kept = after[piece[place]] + len(after) * probability
                    probability = kept / (after.total() + len(after))
            wanted.append(probability)
    found = witten_bell(train, vocab_size, order).probabilities(validation)
    np.testing.assert_allclose(found[-1], wanted, rtol=1e-12)
    unigram = witten_bell(train, vocab_size, 1).probabilities(validation)[-1]
    np.testing.assert_array_equal(found[0], unigram)
