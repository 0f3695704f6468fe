"""Populations on a small model whose sequences can all be listed."""

import jax
import jax.numpy as jnp
import numpy as np
from scipy import stats

from lstm_music_jax.generation import population
from lstm_music_jax.generation.draws import Gumbel
from lstm_music_jax.generation.engine import Plan, Sampler
from lstm_music_jax.generation.generate import CARRIED, MODEL_ALONE
from lstm_music_jax.testing.oracle import exact
from lstm_music_jax.testing.runner import quickly
from lstm_music_jax.testing.toy_model import ToyModel

KEY = jax.random.key(11)
# 5 symbols have 625 sequences of 4 symbols.
V, LENGTH = 5, 4
MODEL = ToyModel(np.random.default_rng(2).normal(0, 1.2, (V, V)).astype(np.float32))
PROMPT = np.array([3, 1], np.int32)


def decode(
    decoder,
    strategy=MODEL_ALONE,
    populations=1,
    *,
    model=MODEL,
    prompt=PROMPT,
    length=LENGTH,
    context=CARRIED,
    stop=None,
    trace=False,
    key=KEY,
):
    """Continue the prompt by many populations.

    Return the populations, their notes and their members, as NumPy arrays. The engine
    is compiled anew, so that a mistake that a test plants in it takes effect.
    """
    sampler = Sampler(strategy, context, Gumbel(), stop, decoder)
    plan = Plan(length, trace, populations * decoder.members)

    def run(model, prompts, key, sampler):
        numbers = jnp.arange(populations, dtype=jnp.int32)
        return population.begin_and_decode(
            model, prompts, key, numbers, jnp.int32(populations), sampler, plan
        )

    prompts = np.tile(prompt, (populations, 1))
    return jax.tree.map(np.asarray, quickly(run)(model, prompts, key, sampler))


def require_replay(decoded, truth):
    """Check that the log-probabilities of all members are those of their symbols.

    They are not if a state of another member was continued.
    """
    last, notes, members = decoded
    alive = members.log_weights > -np.inf
    index = truth.model.find(notes.tokens[alive])
    for drawn, distribution, total in (
        (notes.log_probs, truth.model, last.total_log_prob),
        (notes.strategy_log_probs, truth.strategy, last.total_strategy_log_prob),
    ):
        wanted = distribution.log_probs[index]
        np.testing.assert_allclose(drawn[alive].sum(-1), wanted, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(total[alive], wanted, rtol=1e-4, atol=1e-4)


def truth_of(strategy=MODEL_ALONE, **arguments):
    arguments = {"model": MODEL, "prompt": PROMPT, "length": LENGTH} | arguments
    return exact(strategy=strategy, **arguments)


def p_value(samples, mean):
    """Return the p-value of the hypothesis that `samples` have a given mean.

    This is Hotelling's test, a chi-square test of a sum of independent rows. Columns
    that are hardly ever other than 0 are added up, because their mean is not normal.

    Args:
        samples: independent rows, `[rows d]`.
        mean: the mean of a row, `[d]`.
    """
    samples, mean = np.asarray(samples, np.float64), np.asarray(mean, np.float64)
    rare = np.count_nonzero(samples, axis=0) < 25
    samples, mean = (
        np.concatenate([a[..., ~rare], a[..., rare].sum(-1, keepdims=True)], axis=-1)
        for a in (samples, mean)
    )
    off = samples.mean(0) - mean
    covariance = np.cov(samples.T) / len(samples)
    values, vectors = np.linalg.eigh(covariance)
    free = values > 1e-9 * values.max()
    distances = (vectors[:, free].T @ off) ** 2 / values[free]
    # A direction without variance must not differ at all.
    certain = np.abs(vectors[:, ~free].T @ off)
    if np.any(certain > 1e-4 * np.abs(mean).max()):
        return 0.0
    return stats.chi2.sf(distances.sum(), free.sum())


def one_hot(index, size):
    return np.eye(size)[index]
