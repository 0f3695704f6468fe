"""Epsilon-perplexity: by hand, and its best epsilon by search."""

import numpy as np
import pytest

from lstm_music_jax.evaluation.epsilon_perplexity import (
    best_epsilon,
    log_epsilon_perplexities,
)

# The strategy forbids the third symbol.
LOG_PROBS = np.log(np.array([0.5, 0.9, 1e-45, 1.0])).astype(np.float32)
LOG_PROBS[2] = -np.inf


def test_by_hand():
    found = log_epsilon_perplexities(LOG_PROBS, 6, 0.1)
    probabilities = np.array([0.6, 1.0, 0.1, 1.1]) / 1.6
    np.testing.assert_allclose(found, -np.log(probabilities), rtol=1e-6)


def test_epsilon_0_is_the_perplexity():
    found = log_epsilon_perplexities(LOG_PROBS, 6, 0)
    np.testing.assert_allclose(found, -LOG_PROBS, atol=1e-6)


def test_the_best_epsilon_is_the_best_of_many():
    best = best_epsilon(LOG_PROBS, 6)
    tried = [best, *np.geomspace(1e-4, 10, 2001)]
    means = [log_epsilon_perplexities(LOG_PROBS, 6, each).mean() for each in tried]
    assert means[0] <= min(means[1:])
    assert means[0] == pytest.approx(min(means[1:]), abs=1e-4)


def test_good_probabilities_need_no_epsilon():
    assert best_epsilon(np.log(np.array([0.5, 0.9])), 6) == 0


def test_useless_probabilities_give_way_to_the_uniform_distribution():
    useless = np.full(3, -np.inf)
    epsilon = best_epsilon(useless, 6)
    found = log_epsilon_perplexities(useless, 6, epsilon)
    np.testing.assert_allclose(found, np.log(6), rtol=1e-6)


@pytest.mark.parametrize("epsilon", [-0.1, np.inf, np.nan])
def test_a_wrong_epsilon(epsilon):
    with pytest.raises(ValueError, match=r"epsilon is .*; it must be 0 or more"):
        log_epsilon_perplexities(LOG_PROBS, 6, epsilon)
