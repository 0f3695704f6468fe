"""The baselines: a case computed by hand, and probabilities that add up to one."""

import numpy as np

from lstm_music_jax.training.baselines import ngram_cross_entropies


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


def test_a_pattern_is_learnt_by_the_trigram_only():
    period = np.tile([0, 0, 1, 1], 50)
    found = ngram_cross_entropies([period], [period], 2)
    assert found.unigram > 0.65
    assert found.trigram < 0.05
