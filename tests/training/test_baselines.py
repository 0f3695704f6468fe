"""The baselines: by hand, sums of probabilities, and where they are reported."""

import json
import re

import matplotlib
import numpy as np

from lstm_music_jax import loss_curve
from lstm_music_jax.model.ngram_counts import kneser_ney
from lstm_music_jax.training.baselines import evenly_chosen, ngram_cross_entropies
from lstm_music_jax.training.config import TrainingConfig
from lstm_music_jax.training.reporting import Report
from tests.model.random_music import music


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
    *_, found = kneser_ney(short, 3, 5).probabilities([np.array([0, 1, 2])])
    np.testing.assert_allclose(found, 1 / 3)


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
