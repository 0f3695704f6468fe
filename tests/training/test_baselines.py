"""The baselines: by hand, against a simple implementation, sums of probabilities."""

import json
import re
import time
from collections import Counter, defaultdict

import matplotlib
import numpy as np
import pytest

from lstm_music_jax import loss_curve
from lstm_music_jax.training.baselines import (
    evenly_chosen,
    kneser_ney_probabilities,
    ngram_cross_entropies,
)
from lstm_music_jax.training.config import TrainingConfig
from lstm_music_jax.training.reporting import Report


def test_by_hand():
    # Train on a b a b c (0 1 0 1 2). Predict b after a, and b after a b.
    train = [np.array([0, 1, 0, 1, 2])]
    validation = [np.array([0, 1, 1])]
    found = ngram_cross_entropies(train, validation, 4)
    # The targets are b a b c, so n=4 and d=3, interpolated with the uniform 1/4.
    unigram_b = (2 + 3 / 4) / 7
    # After a: b twice (n=2, d=1). After b: a, c (n=2, d=2). After a b: a, c (n=2, d=2).
    after_a = (2 + unigram_b) / 3
    after_b = (0 + 2 * unigram_b) / 4
    after_a_b = (0 + 2 * after_b) / 4
    np.testing.assert_allclose(found.unigram, -np.log(unigram_b))
    np.testing.assert_allclose(
        found.trigram, -(np.log(after_a) + np.log(after_a_b)) / 2
    )


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


def test_probabilities_add_up_to_one():
    rng = np.random.default_rng(0)
    train = [rng.integers(0, 5, 40) for _ in range(3)]
    for context in ([0, 1], [4, 4], [2, 0]):
        # A piece has two targets. Subtract the loss of the first, which is the same.
        first = ngram_cross_entropies(train, [np.array(context)], 5).trigram
        total = sum(
            np.exp(
                first
                - 2 * ngram_cross_entropies(train, [np.array([*context, x])], 5).trigram
            )
            for x in range(5)
        )
        np.testing.assert_allclose(total, 1)


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


def music(seed):
    """Return random pieces with a start symbol, some of them very short.

    Two symbols never occur in training.
    """
    random = np.random.default_rng(seed)
    vocab_size = 12
    moves = random.dirichlet(np.full(vocab_size - 3, 0.3), (vocab_size,) * 2)

    def piece(length):
        ids = [vocab_size - 1]
        while len(ids) < length:
            ids.append(random.choice(vocab_size - 3, p=moves[tuple(ids[-2:] * 2)[-2:]]))
        return np.array(ids[:length], np.uint16)

    train = [piece(length) for length in (0, 1, 2, 3, *random.integers(4, 90, 20))]
    strange = random.integers(0, vocab_size, 30, np.uint16)
    return train, [piece(2), piece(5), piece(60), strange], vocab_size


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


def test_a_pattern_is_learnt_by_long_contexts_only():
    period = np.tile([0, 0, 1, 1], 50)
    found = ngram_cross_entropies([period], [period], 2)
    assert found.unigram > 0.65
    assert found.trigram < 0.05
    # The next symbol depends on the fourth before it.
    period = np.tile([0, 0, 0, 1, 1, 0, 1], 50)
    found = ngram_cross_entropies([period], [period], 2)
    assert found.trigram > 0.3
    assert found.five_gram < 0.05


def test_nothing_to_count_or_to_predict():
    short = [np.array([], int), np.array([1])]
    assert ngram_cross_entropies(short, short, 3) == (0, 0, 0)
    found = kneser_ney_probabilities(short, [np.array([0, 1, 2])], 3)
    np.testing.assert_allclose(found, 1 / 3)


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


def test_the_baselines_are_written_printed_and_drawn(tmp_path, capsys):
    baselines = ngram_cross_entropies(*music(0))
    path = tmp_path / "metrics.jsonl"
    with Report(path, TrainingConfig(), baselines, 0, show=True) as report:
        report.validated(1, 1.0, 2.0, 0.5)
    perplexity = f"{np.exp(baselines.five_gram):.2f}"
    printed = " ".join(capsys.readouterr().out.split())
    assert f"Kneser-Ney 5-gram {perplexity}" in printed
    assert f", 5-gram {perplexity})" in printed
    first = json.loads(path.read_text().splitlines()[0])
    assert first["five_gram_loss"] == baselines.five_gram
    assert {"unigram", "interpolated 3-gram", "Kneser-Ney 5-gram"} == drawn(path)


def test_metrics_from_before_the_5_gram_are_drawn(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"unigram_loss": 3.0, "trigram_loss": 2.5}\n')
    assert drawn(path) == {"unigram", "interpolated 3-gram"}


def drawn(path):
    """Return the names of the baselines in the loss curve."""
    picture = path.with_suffix(".svg")
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        loss_curve(path, picture)
    return set(re.findall(r">([\w -]+), validation<", picture.read_text()))


def test_of_many_pieces_some_are_chosen_evenly():
    pieces = [np.full(10, number) for number in range(20)]
    for most, expected in ((200, 20), (199, 10), (100, 10), (70, 7), (10, 1)):
        chosen = evenly_chosen(pieces, most)
        assert len(chosen) == expected
        steps = np.diff([piece[0] for piece in chosen])
        assert len(set(steps.tolist())) <= 1
    np.testing.assert_array_equal(evenly_chosen(pieces, 200), pieces)
