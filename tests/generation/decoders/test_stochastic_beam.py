"""Stochastic beams: exact samples without replacement, and unbiased estimates."""

import itertools
from decimal import Decimal, localcontext

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from lstm_music_jax.generation.decoders import stochastic_beam
from lstm_music_jax.generation.decoders.base import Choice, best_candidates
from lstm_music_jax.generation.decoders.stochastic_beam import (
    StochasticBeam,
    log_importance_weights,
)
from lstm_music_jax.strategies import Chain, RepetitionPenalty, TopK
from tests.generation.decoders.enumerated import (
    decode,
    p_value,
    require_replay,
    truth_of,
)

# 3 of 5 symbols, in sequences of 2: at most 9 sequences are possible.
STRATEGY, LENGTH = Chain(RepetitionPenalty(1.3), TopK(3)), 2
MEMBERS, BEAMS = 2, 5000


def draw(decoder):
    decoded = decode(decoder, STRATEGY, BEAMS, length=LENGTH)
    truth = truth_of(STRATEGY, length=LENGTH)
    require_replay(decoded, truth)
    return decoded, truth.strategy, truth.strategy.find(decoded[1].tokens)


@pytest.fixture(scope="module")
def drawn():
    return draw(StochasticBeam(MEMBERS))


def law(probs, members):
    """Return the probability of every ordered sample without replacement."""
    found = {}
    for order in itertools.permutations(np.flatnonzero(probs), members):
        left, p = 1.0, 1.0
        for index in order:
            p, left = p * probs[index] / left, left - probs[index]
        found[order] = p
    return found


def goodness_of_fit(samples, probs):
    """Return the p-value of a chi-square test of ordered samples, and its power.

    The power is that against samples with replacement, of which those without repeats
    are kept, at the level 0.001.
    """
    orders = law(probs, MEMBERS)
    wanted = np.array(list(orders.values()))
    counted = dict.fromkeys(orders, 0)
    for sample in map(tuple, samples):
        counted[sample] += 1
    other = np.array([np.prod(probs[list(order)]) for order in orders])
    observed = np.array(list(counted.values())) / len(samples)
    common = len(samples) * wanted >= 5
    wanted, observed, other = (
        np.append(each[common], each[~common].sum())
        for each in (wanted, observed, other / other.sum())
    )
    statistic = len(samples) * np.sum((observed - wanted) ** 2 / wanted)
    distance = len(samples) * np.sum((other - wanted) ** 2 / wanted)
    freedom = len(wanted) - 1
    limit = stats.chi2.isf(1e-3, freedom)
    return (
        stats.chi2.sf(statistic, freedom),
        stats.ncx2.sf(limit, freedom, distance),
    )


def test_the_order_of_the_members_has_the_exact_probabilities(drawn):
    p, power = goodness_of_fit(drawn[2], drawn[1].probs)
    assert p > 1e-3
    assert power > 0.99


def test_inclusion_probabilities_are_exact(drawn):
    _, distribution, index = drawn
    wanted = np.zeros(len(distribution.probs))
    for order, p in law(distribution.probs, MEMBERS).items():
        wanted[list(order)] += p
    included = np.eye(len(wanted))[index].sum(1)
    assert p_value(included, wanted) > 1e-3


def test_estimates_are_unbiased(drawn):
    (_, notes, members), distribution, index = drawn
    log_probs = jnp.asarray(notes.strategy_log_probs.sum(-1))
    perturbed = jnp.asarray(members.log_weights)
    weights = np.exp(log_importance_weights(log_probs, perturbed))
    np.testing.assert_array_equal(weights[:, -1], 0)
    of_each = np.eye(len(distribution.probs))[index]
    estimates = np.einsum("bm,bmk->bk", weights, of_each)
    assert p_value(estimates, distribution.probs) > 1e-3
    # Weights that forget the threshold are biased.
    biased = np.einsum("bm,bmk->bk", np.exp(log_probs[:, :-1]), of_each[:, :-1])
    assert p_value(biased, distribution.probs) < 1e-9
    normalised = log_importance_weights(log_probs, perturbed, normalised=True)
    shares = weights / weights.sum(1, keepdims=True)
    np.testing.assert_allclose(np.exp(normalised), shares, atol=1e-5)


def test_weights_of_very_improbable_sequences_are_finite():
    # By the formula, in 200 digits.
    log_probs = np.array([-300.0, -95.0, -20.0, -9.0, 3.0, -50.0], np.float32)
    threshold = -52.0
    with localcontext(prec=200):
        wanted = [
            float(log_prob - (1 - (-(log_prob - Decimal(threshold)).exp()).exp()).ln())
            for log_prob in map(Decimal, log_probs[:-1].tolist())
        ]
    perturbed = jnp.asarray([0.0, 0, 0, 0, 0, threshold])
    found = log_importance_weights(jnp.asarray(log_probs), perturbed)
    np.testing.assert_allclose(found[:-1], wanted, rtol=1e-6)
    assert found[-1] == -np.inf


def test_a_beam_of_all_sequences_gives_exact_means():
    decoded = decode(StochasticBeam(12), STRATEGY, 2, length=LENGTH)
    distribution = truth_of(STRATEGY, length=LENGTH).strategy
    alive = decoded[2].log_weights > -np.inf
    np.testing.assert_array_equal(alive.sum(1), np.sum(distribution.probs > 0))
    log_probs = jnp.asarray(decoded[1].strategy_log_probs.sum(-1))
    weights = log_importance_weights(log_probs, jnp.asarray(decoded[2].log_weights))
    for row in range(2):
        index = distribution.find(decoded[1].tokens[row, alive[row]])
        wanted = distribution.probs[index]
        np.testing.assert_allclose(np.exp(weights[row, alive[row]]), wanted, rtol=1e-4)


class FreshNoise(StochasticBeam):
    """Forgets the noise of the members: continuations have noise of their own."""

    def choose(self, candidates, state, key):
        totals = candidates.total_strategy_log_prob[:, None]
        totals = totals + candidates.strategy_log_probs
        alive = (candidates.log_weights > -jnp.inf)[:, None]
        noisy = totals + jax.random.gumbel(key, totals.shape)
        noisy = jnp.where(alive, noisy, -jnp.inf)
        return Choice(*best_candidates(noisy, self.members)), state


class SharedNoise(StochasticBeam):
    """Gives the continuations of all members the same noise."""

    def choose(self, candidates, state, key):
        totals = candidates.total_strategy_log_prob[:, None]
        totals = totals + candidates.strategy_log_probs
        noisy = totals + jax.random.gumbel(key, (1, totals.shape[1]))
        moved = stochastic_beam._with_maximum(noisy, candidates.log_weights[:, None])
        alive = (candidates.log_weights > -jnp.inf)[:, None] & (totals > -jnp.inf)
        moved = jnp.where(alive, moved, -jnp.inf)
        return Choice(*best_candidates(moved, self.members)), state


@pytest.mark.parametrize("mutant", [FreshNoise(MEMBERS), SharedNoise(MEMBERS)])
def test_mutants_are_caught(mutant):
    _, distribution, index = draw(mutant)
    assert goodness_of_fit(index, distribution.probs)[0] < 1e-6
