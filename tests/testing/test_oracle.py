"""The oracle against a Python loop over all sequences."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lstm_music_jax.generation.engine import stream_keys
from lstm_music_jax.generation.generate import generate
from lstm_music_jax.strategies import XTC, Chain, RepetitionPenalty, Temperature, TopK
from lstm_music_jax.testing.oracle import exact
from lstm_music_jax.testing.toy_model import ToyModel

V, LENGTH, STOP = 4, 3, 2
PROMPT = np.array([1, 3, 1], np.int32)
MODEL = ToyModel(np.random.default_rng(0).normal(0, 1.5, (V, V)).astype(np.float32))


def log_softmax(logits):
    return logits - np.log(np.sum(np.exp(logits)))


def by_hand(stop=None):
    """Return three dictionaries from a sequence to its log-probability.

    They hold the log-probabilities of the model, those of top-3 after a repetition
    penalty of 1.3, and the logarithms of the factors of a temperature of 0.7.
    """
    table = np.float64(MODEL.table)
    model, strategy, target = {}, {}, {}
    for sequence in itertools.product(range(V), repeat=LENGTH):
        read, totals = list(PROMPT), np.zeros(3)
        for symbol in sequence:
            if read[-1] == stop:
                totals += 0 if symbol == stop else -np.inf
                continue
            logits = sum(table[x] * 0.5**age for age, x in enumerate(read[::-1]))
            log_probs = log_softmax(logits)
            shaped = np.where(np.isin(range(V), read), logits / 1.3, logits)
            shaped[np.argmin(shaped)] = -np.inf
            allowed = log_softmax(shaped)[symbol]
            factor = log_probs[symbol] / 0.7 if allowed > -np.inf else -np.inf
            totals += log_probs[symbol], allowed, factor
            read.append(symbol)
        if totals[0] > -np.inf:
            for found, total in zip((model, strategy, target), totals, strict=True):
                found[sequence] = total
    return model, strategy, target


STRATEGY = Chain(RepetitionPenalty(1.3), TopK(3))


@pytest.mark.parametrize("stop", [None, STOP])
def test_all_distributions_equal_those_of_a_loop(stop):
    found = exact(MODEL, PROMPT, LENGTH, STRATEGY, target=Temperature(0.7), stop=stop)
    model, strategy, target = by_hand(stop)
    np.testing.assert_array_equal(found.model.sequences, list(model))
    assert len(model) == (V**LENGTH if stop is None else 3**3 + 3**2 + 3 + 1)
    normaliser = np.log(np.sum(np.exp(list(target.values()))))
    np.testing.assert_allclose(found.log_normaliser, normaliser, atol=1e-5)
    for distribution, wanted in zip(found, (model, strategy, target), strict=False):
        wanted = np.array(list(wanted.values()))
        wanted = wanted - normaliser if distribution is found.target else wanted
        np.testing.assert_allclose(distribution.log_probs, wanted, atol=1e-5)
        np.testing.assert_allclose(distribution.probs.sum(), 1, atol=1e-5)


def test_the_summaries_of_a_distribution():
    distribution = exact(MODEL, PROMPT, LENGTH, STRATEGY).strategy
    probs = dict(
        zip(map(tuple, distribution.sequences), distribution.probs, strict=True)
    )
    by_probability = sorted(probs, key=lambda sequence: -probs[sequence])
    assert tuple(distribution.mode()) == by_probability[0]
    best = distribution.sequences[distribution.top(7)]
    assert list(map(tuple, best)) == by_probability[:7]
    np.testing.assert_array_equal(distribution.find(best), distribution.top(7))
    last = [sum(p for s, p in probs.items() if s[-1] == x) for x in range(V)]
    np.testing.assert_allclose(distribution.marginals()[-1], last, atol=1e-6)
    first = distribution.mode()[0]
    after = [sum(p for s, p in probs.items() if s[:2] == (first, x)) for x in range(V)]
    conditional = distribution.conditional(np.array([first]))
    np.testing.assert_allclose(conditional, after / np.sum(after), atol=1e-6)
    impossible = np.flatnonzero(distribution.marginals()[0] == 0)[:1]
    assert np.isnan(distribution.conditional(impossible)).all()


def test_a_strategy_that_uses_its_key_has_the_noise_of_one_stream():
    key, strategy = jax.random.key(5), XTC(threshold=0.05, probability=0.5)
    strategy_keys = [stream_keys(key, jnp.int32(number))[0] for number in (0, 1)]
    one = generate(
        MODEL, jnp.asarray(PROMPT[None]), key, length=LENGTH, strategy=strategy
    )
    found = exact(MODEL, PROMPT, LENGTH, strategy, key=strategy_keys[0])
    wanted = found.strategy.log_probs[found.strategy.find(np.asarray(one.tokens))]
    np.testing.assert_allclose(one.strategy_log_probs.sum(1), wanted, atol=1e-5)
    other = exact(MODEL, PROMPT, LENGTH, strategy, key=strategy_keys[1])
    assert np.abs(other.strategy.probs - found.strategy.probs).max() > 0.01


def test_too_many_sequences_and_sequences_that_are_not_listed():
    with pytest.raises(ValueError, match="length is 10; 4 symbols then have 1048576 s"):
        exact(MODEL, PROMPT, 10)
    distribution = exact(MODEL, PROMPT, LENGTH, stop=STOP).model
    with pytest.raises(ValueError, match="tokens holds a sequence that is not listed"):
        distribution.find(np.array([[STOP, 1, STOP]]))
